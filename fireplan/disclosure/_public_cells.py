"""Incidents counted into areas that may be published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import available_timezones

import numpy as np
import pandas as pd
import shapely

from fireplan._checked import takes
from fireplan.crs import WGS84
from fireplan.demand._zones import COARSEST_H3, FINEST_H3, HEXAGON
from fireplan.disclosure._areas import joined, outlines
from fireplan.disclosure._marks import PUBLIC_NOTE, SMALLEST
from fireplan.disclosure._publication_scope import EVERYWHERE_ELSE, Slice, exposures, month_number
from fireplan.errors import InputError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

PLACE_DIGITS = 5
"""Incidents nearer than this, in decimals of a degree, are at one place: about a metre."""


class Published(NamedTuple):
    """A publication, read back from its table."""

    part: Slice
    counts: dict[tuple[str, ...], int]


@takes
def public_cells(
    incidents: gpd.GeoDataFrame,
    *,
    smallest: int = SMALLEST,
    resolution: int = HEXAGON,
    months: tuple[str, str] | None = None,
    categories: Sequence[str] | None = None,
    timezone: str = "UTC",
    earlier: Sequence[gpd.GeoDataFrame] = (),
) -> gpd.GeoDataFrame:
    """
    Count incidents into areas that may be published: no small count, and none to be had by subtraction.

    Hexagons with too few incidents, or with incidents at too few places, are joined with their neighbours in the H3
    hierarchy, and left out if they still hold too few. What is left out is itself nothing or at least `smallest`. Give
    all that was published of the same incidents before as `earlier`: its areas are then kept as they are, and a count
    is left out wherever the publications together would give away a small one.

    Parameters
    ----------
    incidents
        Points with a CRS; those without a place are left out. `received` where months are told apart, `category` where
        categories are. For `earlier` to be safe, all incidents that it counted must be among them.
    smallest
        Fewest incidents, and fewest different places, in an area.
    resolution
        H3 resolution of the hexagons, 6 to 12; 9 is about 0.1 km2.
    months
        First and last month to count, such as ("2024-01", "2024-12"); left out: those of the data.
    categories
        What to count; left out: all.
    timezone
        IANA zone in which months begin.
    earlier
        What `public_cells` gave before, of other months or categories.

    Returns
    -------
    By `area_id`, in WGS 84: `incidents`, `hexagons` (how many), `cells` (their H3 indexes) and the outline. It holds no
    id, no point, no text of the data and no time finer than a month. An area that is not shown may hold none, a few or
    many. `attrs` say what was counted, `n` shown, and which share is left out at most, in whole percents.

    Raises
    ------
    InputError
        If an option makes no sense, a column is missing, or `earlier` is of another resolution.

    References
    ----------
    .. [1] CMS, "Cell Size Suppression Policy": no cell of 1 to 10, nor one that can be derived.
    .. [2] Hundepool et al., "Statistical Disclosure Control", Wiley 2012, chapter 4.
    """
    if smallest < 2 or not COARSEST_H3 + 2 <= resolution <= FINEST_H3:
        raise InputError(
            f"smallest is {smallest}, resolution {resolution}: choose 2 or more, and {COARSEST_H3 + 2} to {FINEST_H3}"
        )
    located = _located(incidents, resolution=resolution, timezone=timezone)
    part = _part(located, months, categories)
    counted = located[_inside(located, part)]
    before = [published(table, resolution=resolution) for table in earlier]
    old = sorted({area for p in before for area in p.counts})
    taken = frozenset(cell for area in old for cell in area)
    if len(taken) != sum(map(len, old)):
        raise InputError("the earlier publications overlap: give those that were made from one another only")
    places = counted.groupby("cell", sort=True)["place"].nunique()
    new = joined(places.to_dict(), taken=taken, smallest=smallest, resolution=resolution)  # type: ignore[arg-type]
    areas = sorted([*old, *new])
    shown = np.full((len(areas), len(before) + 1), np.nan)
    for column, p in enumerate(before):
        shown[:, column] = [p.counts.get(area, np.nan) for area in areas]
    shown[:, -1] = _counts(areas, counted, smallest=smallest)
    slices = [*(p.part for p in before), part]
    totals = np.array([_total(located, p) for p in before] + [float(len(counted))])
    _withhold(slices, shown, totals, smallest=smallest)
    return _table(areas, shown[:, -1], part, total=len(counted), smallest=smallest, resolution=resolution)


def published(table: gpd.GeoDataFrame, *, resolution: int | None = None) -> Published:
    """Read a publication back from the table that `public_cells` gave."""
    missing = [c for c in ("incidents", "cells") if c not in table.columns]
    if missing or "resolution" not in table.attrs:
        raise InputError("this is no table of `public_cells`: it has no `incidents`, no `cells` or no attrs")
    if resolution is not None and table.attrs["resolution"] != resolution:
        raise InputError(
            f"an earlier publication has hexagons of resolution {table.attrs['resolution']}, not {resolution}: "
            "maps on two sizes of hexagon give small counts away; use the earlier one"
        )
    months, categories = table.attrs["months"], table.attrs["categories"]
    part = Slice(None if months is None else tuple(months), None if categories is None else tuple(categories))
    return Published(part, {tuple(c.split()): int(n) for c, n in zip(table["cells"], table["incidents"], strict=True)})


def _located(incidents: gpd.GeoDataFrame, *, resolution: int, timezone: str) -> pd.DataFrame:
    """Give cell, place, month and category of each incident that has a place, and nothing else of it."""
    import h3  # noqa: PLC0415 - slow to import

    if incidents.crs is None:
        raise InputError("the incidents have no CRS: use .set_crs()")
    there = incidents[~(incidents.geometry.isna() | incidents.geometry.is_empty)]
    points = there.geometry.to_crs(WGS84).to_numpy()
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    found = pd.DataFrame(index=pd.RangeIndex(len(there)))
    found["cell"] = [h3.latlng_to_cell(a, o, resolution) for a, o in zip(lat, lon, strict=True)]
    found["place"] = lon.round(PLACE_DIGITS) + 1j * lat.round(PLACE_DIGITS)
    if "received" in there:
        if timezone not in available_timezones():
            raise InputError(f"timezone {quoted(timezone)} is not an IANA time zone, such as 'America/Los_Angeles'")
        local = pd.to_datetime(there["received"], utc=True).dt.tz_convert(timezone)
        found["month"] = (12 * local.dt.year + local.dt.month - 1).to_numpy(float)
    if "category" in there:
        found["category"] = there["category"].astype(object).to_numpy()
    return found


def _part(located: pd.DataFrame, months: tuple[str, str] | None, categories: Sequence[str] | None) -> Slice:
    """Say what is counted, once it is sure that it can be."""
    for wanted, column, source in ((months, "month", "received"), (categories, "category", "category")):
        if wanted is not None and column not in located:
            raise InputError(f"the incidents have no column {source!r}, so they cannot be told apart by it")
    if categories is not None:
        known = set(located["category"].dropna())
        unknown = sorted(set(categories) - known)
        if unknown:
            raise InputError(f"no incident is of category {quoted(unknown[0])}: there are {listed(sorted(known))}")
    if months is not None and month_number(months[0]) > month_number(months[1]):
        raise InputError(f"months go from {months[0]} to {months[1]}: the first comes first")
    if months is None and "month" in located and located["month"].notna().all() and len(located):
        first, last = int(located["month"].min()), int(located["month"].max())
        months = (f"{first // 12}-{first % 12 + 1:02d}", f"{last // 12}-{last % 12 + 1:02d}")
    return Slice(months, None if categories is None else tuple(sorted(set(categories))))


def _inside(located: pd.DataFrame, part: Slice) -> NDArray[np.bool_]:
    """Flag the incidents that a publication counts."""
    inside = np.ones(len(located), dtype=bool)
    if part.months is not None and "month" in located:
        inside &= located["month"].between(month_number(part.months[0]), month_number(part.months[1])).to_numpy()
    if part.categories is not None and "category" in located:
        inside &= located["category"].isin(part.categories).to_numpy()
    return inside


def _total(located: pd.DataFrame, earlier: Published) -> float:
    """Count the incidents of an earlier publication; NaN if they are not all here."""
    total = float(_inside(located, earlier.part).sum())
    return total if total >= sum(earlier.counts.values()) else np.nan


def _counts(areas: Sequence[tuple[str, ...]], counted: pd.DataFrame, *, smallest: int) -> NDArray[np.float64]:
    """Count the incidents in each area, NaN where there are none, too few, or too few places."""
    area_of = {cell: number for number, area in enumerate(areas) for cell in area}
    number = counted["cell"].map(area_of)
    groups = counted.groupby(number)["place"]
    enough = (groups.nunique() >= smallest).reindex(range(len(areas)), fill_value=False)
    n = groups.size().reindex(range(len(areas)), fill_value=0).astype(float)
    return np.asarray(n.where(enough), dtype=np.float64)


def _withhold(
    slices: Sequence[Slice], shown: NDArray[np.float64], totals: NDArray[np.float64], *, smallest: int
) -> None:
    """Take counts out of the last publication, in place, until all together give away nothing small."""
    while True:
        found = [e for e in exposures(slices, shown, totals, smallest=smallest) if e.signs[-1]]
        if not found:
            return
        inside = [e.area for e in found if e.area != EVERYWHERE_ELSE]
        if inside:
            shown[inside, -1] = np.nan
            continue
        signs = np.array(found[0].signs)
        made = shown[:, signs != 0] @ signs[signs != 0]
        helps = np.flatnonzero(np.nan_to_num(made) != 0)
        # with the fewest of these the rest is large enough; where none helps, nothing more can be shown
        least = helps[np.argmin(made[helps])] if len(helps) else np.flatnonzero(~np.isnan(made))
        shown[least, -1] = np.nan


def _table(
    areas: Sequence[tuple[str, ...]],
    counts: NDArray[np.float64],
    part: Slice,
    *,
    total: int,
    smallest: int,
    resolution: int,
) -> gpd.GeoDataFrame:
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    kept = [(area, int(n)) for area, n in zip(areas, counts, strict=True) if not np.isnan(n)]
    chosen = [area for area, _ in kept]
    ids = [area[0] + (f"+{len(area) - 1}" if len(area) > 1 else "") for area in chosen]
    columns: dict[str, Any] = {
        "incidents": np.array([n for _, n in kept], dtype=np.int64),
        "hexagons": np.array([len(area) for area in chosen], dtype=np.int64),
        "cells": pd.array([" ".join(area) for area in chosen], dtype="str"),
    }
    shapes = outlines(chosen, resolution=resolution).to_numpy()
    table = gpd.GeoDataFrame(columns, geometry=shapes, index=pd.Index(ids, name="area_id", dtype="str"), crs=WGS84)
    n = int(table["incidents"].sum())
    left_out = int(np.ceil(100 * (total - n) / total)) if total else 0
    table.attrs = {
        "n": n,
        "unit": "incidents",
        "left_out_percent_at_most": left_out,
        "months": None if part.months is None else list(part.months),
        "categories": None if part.categories is None else list(part.categories),
        "smallest": smallest,
        "resolution": resolution,
        "counted": part.told(),
        "note": PUBLIC_NOTE,
    }
    return table
