"""From the text of coordinates to points: what is wrong with the whole file, and what with one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from fireplan import wording
from fireplan.errors import InputError, quoted
from fireplan.incidents._columns.placeholders import is_placeholder
from fireplan.incidents._formats.text_table import TEXT
from fireplan.incidents._places.great_circle import GLOBE, centre_of, distance_m, longest_m, near_zone
from fireplan.incidents._places.written_points import points_apart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fireplan.errors import Faults
    from fireplan.incidents._columns.mapping import Point
    from fireplan.incidents._columns_and_types import Flags, Floats, Ints
    from fireplan.incidents._ledger.ledger import Ledger
    from fireplan.incidents._rows import OrderedRows

FAR_M = 100_000.0  # from the centre of all points ...
FAR_MEDIANS = 10.0  # ... and this many times the median distance
NEAR_GROUND_M = 25_000.0  # from a road or a zone: a wrong point seldom falls so near one, a rural call seldom beyond
TOWN_COUNT = 5  # calls so near one another, far from the others, are a town and no slip of a geocoder
ZERO_DEG = 0.01  # 0, 0 is written for "not geocoded", and points within this of it are its noise
FARTHEST = 1e12  # of a coordinate in any unit: micro-degrees and feet are far below
FARTHEST_SOUTH_DEG = -60.0  # beyond it there are research stations only, and they have no swapped twin
HOME_SHARE = 0.25  # of the points near the time zone's place, from which on these make the centre
APART_M = 500.0  # units of one incident
DEFAULT_POINT_SHARE = 0.004  # of the incidents: far more than one address has
DEFAULT_POINT_COUNT = 10  # ... and at least so many of them
_SWAPPED = (
    "latitude and longitude are swapped in {} of {} rows: swap them by a mapping that gives the 'longitude' column"
    " as latitude and the 'latitude' column as longitude"
)
_IN_NUMBERS = np.isin(np.arange(256), np.frombuffer(b"0123456789.-", dtype=np.uint8))
EXACT_LENGTH = 15  # characters
FEWEST_POINTS = 20  # to speak of how points are rounded
COARSE = {True: (1.0, 0.1, 0.01, 0.001), False: (1000.0, 100.0)}  # degrees, and units of a projection
ROUNDING_LEFT = 1e-6


@dataclass(frozen=True)
class RowCoordinates:
    """Latitude and longitude of each row, NaN where it has none. [degrees, EPSG:4326]"""

    latitude: Floats
    longitude: Floats


def read_places(
    frame: pd.DataFrame,
    point: Point | None,
    *,
    timezone: str,
    faults: Faults,
    ledger: Ledger,
    ground: Sequence[gpd.GeoSeries] = (),
    names: Mapping[str, str] | None = None,
) -> RowCoordinates:
    """
    Read the points of all rows.

    A bad value costs the row its location and is counted; a fault of the whole file (axes swapped, a sign lost
    everywhere, projected coordinates, micro-degrees) is an error, for nothing is corrected by guess.

    Parameters
    ----------
    frame
        Text columns `latitude` and `longitude`, or `point`, indexed by physical line.
    point
        How they are written.
    timezone
        Its principal place tells which side of the globe the data should lie on.
    faults, ledger
        Take what is found.
    ground
        Where roads and zones are known to be: a point near them is right, however far it is from the others.
    names
        What to call the columns in errors.
    """
    lines = frame.index.to_numpy()
    if point is None or not {"point", "latitude"} & set(frame.columns):  # a file may have none
        return RowCoordinates(np.full(len(frame), np.nan), np.full(len(frame), np.nan))
    one_column = point.column is not None
    pair = points_apart(frame["point"], order=point.order) if one_column else frame[["latitude", "longitude"]]
    first, second = pair["latitude"], pair["longitude"]
    missing = np.array((first == "") | (second == ""), dtype=bool)
    comma = _comma(first) | _comma(second)
    lat, lon = _number(first) * point.scale, _number(second) * point.scale
    # Zeros are a placeholder among dates, but a place, if a wrong one, among coordinates.
    unread = np.flatnonzero(~np.isfinite(lat) & ~missing)
    missing[unread] = [is_placeholder(text) for text in first.iloc[unread]]
    wrong = ~missing & ~(np.isfinite(lat) & np.isfinite(lon))
    ledger.add("location_missing", lines[missing], column="latitude, longitude")
    ledger.add("location_not_numeric", lines[wrong], column="latitude, longitude")
    ledger.add("decimal_comma", lines[comma & ~wrong], column="latitude, longitude")
    if wrong.any() and (wrong | missing).all():
        called = [(names or {}).get(name, quoted(name)) for name in (("point",) if one_column else pair.columns)]
        what = (
            f"column {called[0]} holds no points" if one_column else f"columns {' and '.join(called)} hold no numbers"
        )
        faults.add(f"{what}: name the right {'one' if one_column else 'columns'} in a mapping")
        return RowCoordinates(lat, lon)
    # What is beyond any place stays so, and no sum of it overflows.
    lat, lon = (np.clip(np.where(wrong | missing, np.nan, x), -FARTHEST, FARTHEST) for x in (lat, lon))
    _note_coarse(lat, lon, point, lines=lines, ledger=ledger)
    if point.west_positive:
        lon = -np.abs(lon)
    if point.crs is not None:
        lat, lon = _unprojected(lat, lon, crs=point.crs)
    home = near_zone(lat, lon, timezone=timezone)
    fault = _whole_file_fault(lat, lon, home=home, timezone=timezone)
    if fault:
        faults.add(fault)
        return RowCoordinates(lat, lon)
    bad = _bad_rows(lat, lon, lines=lines, home=home, ledger=ledger, ground=ground)
    return RowCoordinates(np.where(bad, np.nan, lat), np.where(bad, np.nan, lon))


def _comma(text: pd.Series[str]) -> Flags:
    """Flag numbers with a decimal comma."""
    if not text.str.contains(",", regex=False).any():
        return np.zeros(len(text), dtype=bool)
    return text.str.fullmatch(r"[+-]?\d{1,3},\d+").to_numpy(dtype=bool)


def _number(text: pd.Series[str]) -> Floats:
    plain = _plain_number(text)
    if plain is not None:
        return plain
    dotted = text.str.replace(",", ".", regex=False)
    return np.asarray(pd.to_numeric(dotted, errors="coerce"), dtype=np.float64)


def _plain_number(text: pd.Series[str]) -> Floats | None:
    """
    Read a column that has nothing but short decimal numbers and blanks, ten times as fast; None if it has more.

    Up to 15 digits there is one nearest number, and every way to read them finds it.
    """
    column = pa.array(text.array, type=TEXT)
    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    codes = np.frombuffer(column.buffers()[2] or b"", dtype=np.uint8)
    if not _IN_NUMBERS[codes].all() or (pc.max(pc.binary_length(column)).as_py() or 0) > EXACT_LENGTH:
        return None
    try:
        read = pc.cast(pc.if_else(pc.equal(column, ""), pa.scalar(None, TEXT), column), pa.float64())
    except pa.ArrowInvalid:
        return None
    return np.asarray(read.to_numpy(zero_copy_only=False), dtype=np.float64)


def _note_coarse(lat: Floats, lon: Floats, point: Point, *, lines: Ints, ledger: Ledger) -> None:
    """Note points that are rounded to about 100 m or more: to three decimals of a degree, or to hundreds of metres."""
    there = np.flatnonzero(np.isfinite(lat) & np.isfinite(lon))
    for rows in (there[:FEWEST_POINTS], there):  # of most files the first few tell
        if len(rows) < FEWEST_POINTS:
            return
        each = next((step for step in COARSE[point.crs is None] if _rounded(lat[rows], lon[rows], step)), None)
        if each is None:
            return
    if len(np.unique(lat[there])) < FEWEST_POINTS / 2:
        return  # a few points that many share say nothing of how points are written
    said = f"to {each:g} degrees" if point.crs is None else f"to {each:g} units of {point.crs}"
    ledger.add("location_coarse", lines[there], column="latitude, longitude", detail=said)


def _rounded(lat: Floats, lon: Floats, step: float) -> bool:
    values = np.concatenate([lat, lon]) / step
    return bool((np.abs(values - np.round(values)) < ROUNDING_LEFT).all())


def _unprojected(lat: Floats, lon: Floats, *, crs: str) -> tuple[Floats, Floats]:
    try:
        points = gpd.GeoSeries(gpd.points_from_xy(lon, lat), crs=crs).to_crs(4326)
    except Exception as error:
        if type(error).__module__.startswith("pyproj"):
            raise InputError(f"mapping [point]: unknown crs {quoted(crs)}: give a code such as 'EPSG:2272'") from error
        raise
    lat, lon = np.asarray(points.y, dtype=np.float64), np.asarray(points.x, dtype=np.float64)
    return np.where(np.isfinite(lat), lat, np.nan), np.where(np.isfinite(lon), lon, np.nan)


def _out_of_range(lat: Floats, lon: Floats) -> Flags:
    return (np.abs(lat) > 90) | (np.abs(lon) > 180)


def _at_zero(lat: Floats, lon: Floats) -> Flags:
    return (np.abs(lat) < ZERO_DEG) & (np.abs(lon) < ZERO_DEG)


def _whole_file_fault(lat: Floats, lon: Floats, *, home: Flags, timezone: str) -> str:
    use = np.isfinite(lat) & ~_at_zero(lat, lon)
    lat, lon, home = lat[use], lon[use], home[use]
    if not len(lat):
        return ""
    outside = _out_of_range(lat, lon)
    if _most(outside):
        return _off_scale(lat, lon, timezone=timezone)
    return _wrong_side(lat[~outside], lon[~outside], home=home[~outside], timezone=timezone)


def _off_scale(lat: Floats, lon: Floats, *, timezone: str) -> str:
    """Say what numbers are that cannot be degrees."""
    inside = ~_out_of_range(lon, lat)
    if _most(inside):
        return _SWAPPED.format(inside.sum(), len(lat))
    if _most(near_zone(lat / 1e6, lon / 1e6, timezone=timezone)):
        return "latitude and longitude are in micro-degrees: say so by a mapping with [point] scale = 1e-6"
    return (
        "latitude and longitude are no degrees but projected coordinates (state plane, UTM?): name their coordinate"
        " reference system by a mapping with [point] crs = 'EPSG:...', longitude being x and latitude y"
    )


def _wrong_side(lat: Floats, lon: Floats, *, home: Flags, timezone: str) -> str:
    """Say whether most points would lie where the zone is kept if they were swapped or had their sign."""
    antarctic = (lat < FARTHEST_SOUTH_DEG) & ~_out_of_range(lon, lat)
    swapped = ~home & (antarctic | near_zone(lon, lat, timezone=timezone, where=~home))
    if _most(swapped):
        return _SWAPPED.format(swapped.sum(), len(lat))
    for name, flipped in (("longitude", (lat, -lon)), ("latitude", (-lat, lon))):
        unsigned = near_zone(*flipped, timezone=timezone, where=~home)
        if _most(unsigned):
            count = f"{unsigned.sum()} of {len(lat)} rows"
            west = name == "longitude" and bool((flipped[1][unsigned] < 0).all())
            mend = (
                ": if all lie west of Greenwich, say so by a mapping with [point] west_positive = true" if west else ""
            )
            return (
                f"the {name} has lost its sign in {count}, or the timezone {timezone} is not that of the points{mend}"
            )
    return ""


def _most(flags: Flags) -> bool:
    return bool(2 * flags.sum() > len(flags))


def _bad_rows(
    lat: Floats, lon: Floats, *, lines: Ints, home: Flags, ledger: Ledger, ground: Sequence[gpd.GeoSeries]
) -> Flags:
    """Count the rows whose location is to be dropped, each under the likeliest reason; `home` is near the time zone."""
    located = np.isfinite(lat)
    zero = located & _at_zero(lat, lon)
    outside = located & ~zero & _out_of_range(lat, lon)
    good = located & ~zero & ~outside
    suspect = outside.copy()
    reach = FAR_M
    centre: tuple[float, float] | None = None
    if good.any():
        sure = good & home if (good & home).sum() >= HOME_SHARE * good.sum() else good
        centre = centre_of(lat[sure], lon[sure])
        near = good & (longest_m(lat, lon, to=centre) <= FAR_M)
        close = sure & (longest_m(lat, lon, to=centre) <= FAR_M / FAR_MEDIANS)
        if 2 * close.sum() <= sure.sum():  # else the median is less than that, and all that is near is near enough
            away = distance_m(lat, lon, to=centre, where=sure)
            reach = max(FAR_M, FAR_MEDIANS * float(np.median(away[sure])))
        away = distance_m(lat, lon, to=centre, where=good & ~near)
        suspect |= good & (away > reach) & ~_near_ground(lat, lon, where=good & (away > reach), ground=ground)
    left = suspect.copy()
    swapped = np.zeros(len(lat), dtype=bool)
    unsigned = swapped.copy()
    if centre is not None and suspect.any():

        def at_home(lat: Floats, lon: Floats, *, where: Flags) -> Flags:
            near = distance_m(lat, lon, to=centre, where=where) <= reach
            return near | _near_ground(lat, lon, where=where & ~near, ground=ground)

        swapped = at_home(lon, lat, where=suspect & ~_out_of_range(lon, lat))
        left &= ~swapped
        asked = left & ~outside
        unsigned = at_home(lat, -lon, where=asked) | at_home(-lat, lon, where=asked)
        left &= ~unsigned
    town = np.zeros(len(lat), dtype=bool)
    if not ground:  # nobody knows whether there are roads: calls that keep one another company are no slip
        town = _in_company(lat, lon, where=left & ~outside)
        left, suspect = left & ~town, suspect & ~town
        ledger.add("location_apart", lines[town], column="latitude, longitude", detail=_share(town, located))
    for code, rows in (
        ("location_zero", zero),
        ("location_swapped", swapped),
        ("location_sign_lost", unsigned),
        ("location_out_of_range", left & outside),
        ("location_far", left & ~outside),
    ):
        ledger.add(code, lines[rows], column="latitude, longitude", detail=_share(rows, located) if rows.any() else "")
    return zero | suspect


def _share(rows: Flags, located: Flags) -> str:
    n, of = rows.sum(), located.sum()
    return f"{wording.count(n)} of {wording.count(of)} points, {wording.share(n / max(of, 1))}"


def _near_ground(lat: Floats, lon: Floats, *, where: Flags, ground: Sequence[gpd.GeoSeries]) -> Flags:
    """Tell which of the points asked about lie near a road or a zone."""
    near = np.zeros(len(lat), dtype=bool)
    rows = np.flatnonzero(where)
    if not len(rows) or not ground:
        return near
    up = np.degrees(NEAR_GROUND_M / GLOBE.a)
    aside = np.minimum(up / np.maximum(np.cos(np.radians(np.minimum(np.abs(lat[rows]) + up, 90.0))), 1e-6), 180.0)
    for outlines in ground:
        tree = shapely.STRtree(outlines.to_crs(4326).to_numpy())
        for turn in (-360.0, 0.0, 360.0):  # what is near across the antimeridian is near
            at = lon[rows] + turn
            boxes = shapely.box(at - aside, lat[rows] - up, at + aside, lat[rows] + up)
            near[rows[np.unique(tree.query(boxes, predicate="intersects")[0])]] = True
    return near


def _in_company(lat: Floats, lon: Floats, *, where: Flags) -> Flags:
    """Tell which of the points asked about have so many of the others beside them that they are a town."""
    from scipy.spatial import KDTree  # noqa: PLC0415 - slow to import

    company = np.zeros(len(lat), dtype=bool)
    rows = np.flatnonzero(where)
    if len(rows) < TOWN_COUNT:
        return company
    phi, lam = np.radians(lat[rows]), np.radians(lon[rows])
    vectors = np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
    places = np.unique(vectors, axis=0)  # one point given to many calls is a default, and no town
    counts = KDTree(places).query_ball_point(vectors, NEAR_GROUND_M / GLOBE.a, return_length=True)
    company[rows] = counts >= TOWN_COUNT
    return company


def check_incident_points(rows: OrderedRows, *, ledger: Ledger) -> None:
    """
    Note incidents whose units' points differ, and a point that too many incidents share.

    Parameters
    ----------
    rows
        With `latitude` and `longitude`, sorted so that each incident's own point comes first.
    ledger
        Takes the notes.
    """
    lat, lon = (rows.table[name].to_numpy()[rows.order] for name in ("latitude", "longitude"))
    located = ~np.isnan(lat)
    if not located.any():
        return
    points = pd.DataFrame({name: rows.first(name) for name in ("latitude", "longitude")})
    first = points["latitude"].to_numpy()[rows.incident], points["longitude"].to_numpy()[rows.incident]
    away = distance_m(lat, lon, to=first, where=located & ((lat != first[0]) | (lon != first[1])))
    apart = np.flatnonzero(away > APART_M)
    number = rows.incident[apart]
    for incident in np.unique(number)[:8]:
        detail = f"incident {quoted(rows.ids[incident])}"
        ledger.add(
            "incident_points_differ", rows.lines[apart[number == incident]], column="latitude, longitude", detail=detail
        )
    ledger.add("incident_points_differ", rows.lines[apart])
    points = points[points["latitude"].notna()]
    fewest = max(DEFAULT_POINT_COUNT, DEFAULT_POINT_SHARE * len(points))
    if np.bincount(pd.factorize(points["latitude"])[0]).max() < fewest:
        return  # no latitude is shared by so many, and so no point
    counts = points.value_counts()
    counts = counts[counts >= fewest]
    for at_lat, at_lon, count in counts.reset_index().itertuples(index=False, name=None):
        part = f"{wording.count(count)} of {wording.count(len(points))} incidents, {wording.share(count / len(points))}"
        detail = f"{at_lat:.5f}, {at_lon:.5f}: {part}"
        there = (lat == at_lat) & (lon == at_lon)
        ledger.add("location_default_point", rows.lines[there], column="latitude, longitude", detail=detail)
