"""The view of where drives were slower or faster than predicted, by hexagon or zone, where there are runs enough."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._checked import takes
from fireplan._page_kit import style
from fireplan.colours import UNKNOWN
from fireplan.crs import WGS84, reproject
from fireplan.demand import hexagons, zone_of
from fireplan.disclosure import PUBLIC_NOTE, Publication
from fireplan.disclosure._marks import SMALLEST
from fireplan.disclosure._page_series import EVERYWHERE, coarse, days_of, enough_for, settled, zone_keys
from fireplan.errors import Faults, InputError, quoted
from fireplan.maps._layers import attribute_tables, vector_layers
from fireplan.maps._layers.legend import Entry, Legend, station_entries
from fireplan.maps._layers.scenario_layers import draw_open_stations, draw_streets
from fireplan.maps._pages.disclosure_profile import for_audience, marked, today
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import footer_of
from fireplan.response_performance._statistics import FEWEST
from fireplan.scenario import held

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.disclosure import Profile, Publications
    from fireplan.scenario import Scenario

BANDS = style.change_bands(10, 30, 60)
RESOLUTIONS = (9, 8, 7, 6)
"""H3 resolutions, the finest first."""

HELD = 0.5
"""Hexagons are the finest in which at least this share of the runs lies where there are enough for a figure."""

TOO_FEW = f"n below {FEWEST}: no figure"
NO_FIGURE = "too few runs for a figure"
METHOD = "Observed less modelled travel of single runs; median by area."
NOTICE = f"RESTRICTED: shows places with {SMALLEST - 1} runs or fewer"
PREDICTED = ("predicted_s", "median_s")
"""Names of the column that says how long a run was predicted to take. [s]"""


@takes
def residuals(
    runs: pd.DataFrame,
    scenario: Scenario,
    *,
    by: Literal["hexagons", "zones"] = "hexagons",
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
    published: Publications | None = None,
) -> OfflineMap:
    """
    Draw where runs were slower or faster than predicted: the median of observed less predicted travel, by area.

    Parameters
    ----------
    runs
        One row per run: `observed_s` and `predicted_s` (or `median_s`) travel [s], and where it went: points with a
        CRS, or `incident_id`s of the scenario's incidents. With `station_id` the stations are told apart too.
        `fireplan.calibration.held_out_runs` gives them.
    scenario
        Streets, stations and zones, and how wrong its drives are.
    by
        "hexagons", of a size at which half of the runs lie where there are enough, or the scenario's "zones".
    title
        What stands over the map; left out: the scenario's name.
    basemap
        As in `coverage`.
    profile
        "public": no count of runs is said, medians are to half a minute, of 22 runs or more, and change only with
        eleven new ones; an area of fewer is not drawn, or has no figure; "internal": marked RESTRICTED.
        Left out: marked so where hexagons show places with ten runs or fewer.
    published
        As in `performance`.

    Returns
    -------
    A map of areas, orange where runs took longer than predicted, blue where they were quicker. Areas with fewer than
    ten runs are grey, without a figure.

    Raises
    ------
    InputError
        If a column is missing, times are no numbers, or it is not known where runs went.

    Examples
    --------
    >>> import geopandas as gpd, fireplan as fp
    >>> town = fp.examples.line_town()
    >>> where = gpd.points_from_xy([-140.0] * 12, [30.01] * 12, crs="EPSG:4326")
    >>> runs = gpd.GeoDataFrame({"predicted_s": [111.0] * 12, "observed_s": [140.0] * 12}, geometry=where)
    >>> fp.maps.residuals(runs, town).subtitle
    'Half of 12 runs within 0:29 of what was predicted; the median run 0:29 slower'
    """
    if not isinstance(by, str) or by not in {"hexagons", "zones"}:
        raise InputError(f"by is {quoted(by)}: choose 'hexagons' or 'zones'")
    placed, lost = _placed(runs, scenario)
    public = profile == "public"
    drawn = for_audience(scenario, profile)
    if by == "zones":
        inside = zone_of(placed, drawn.zones)
        areas, kind = attribute_tables.as_areas(drawn.zones, drawn), "zone"
    else:
        areas, inside = _hexagons(placed)
        kind = "hexagon"
    areas = _figures(areas, inside, placed, kind=kind)
    told: _Told | None = None
    if public:
        told = _in_series(areas, inside, placed, scenario, published, title, by=by)
        areas = told.areas
    many = wording.counted(len(placed), "run")
    page = OfflineMap(
        title=title or f"Observed against predicted drives: {scenario.name}",
        subtitle=_headline(placed, many) if told is None else told.headline,
        footer=footer_of(scenario, method=METHOD),
        legends=[_legend(areas, many, inside, lost, kind=kind, public=public)],
        basemap=basemap,
    )
    draw_streets(page, drawn)
    lines = [("", "area"), ("Median", "said")]
    lines += [("Days counted", "days_said")] if public and (areas["days_said"] != "").any() else []
    lines += [] if public else [("Middle half", "half_said"), ("Runs (n)", "n")]
    lines += [] if public or "from_said" not in areas else [("Mostly from", "from_said")]
    if len(areas):
        name = f"Slower or faster by {kind}"
        vector_layers.polygons(areas, name=name, fill="colour", popup=lines, tooltip="said").add_to(page)
    if "station_id" in placed and len(placed):
        page.legends.append(_stations(placed, scenario, told=told))
    draw_open_stations(page, drawn)
    few = by == "hexagons" and not public and len(areas) > 0 and int(areas["n"].min()) < SMALLEST
    if few and page.footer is not None and profile is None:
        page.footer = replace(page.footer, notice=NOTICE)
    if told is not None:
        page.publications = told.publications
    return marked(page, profile, note=PUBLIC_NOTE)


def _placed(runs: pd.DataFrame, scenario: Scenario) -> tuple[gpd.GeoDataFrame, int]:
    """Give runs with their times and points in WGS 84, and say how many lack either."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    faults = Faults("runs")
    predicted = next((name for name in PREDICTED if name in runs), "")
    if not predicted:
        faults.add("there is no column 'predicted_s' (or 'median_s'): say how long runs were to take, in seconds")
    for name in ["observed_s", *([predicted] if predicted else [])]:
        if name not in runs:
            faults.add(f"there is no column {quoted(name)}: say how long runs took, in seconds")
        elif not pd.api.types.is_numeric_dtype(runs[name]):
            faults.add(f"{name} holds something else than numbers: give seconds")
        elif (runs[name] < 0).any():
            row = runs.index[int(np.argmax((runs[name] < 0).to_numpy()))]
            faults.add(f"{name} of row {quoted(row)} is below zero: leave such runs out")
    points = _points(runs, scenario, faults)
    faults.raise_if_any()
    table = gpd.GeoDataFrame(
        {"observed_s": runs["observed_s"].to_numpy(float), "predicted_s": runs[predicted].to_numpy(float)},
        geometry=points.to_numpy(), crs=points.crs,
    )  # fmt: skip
    for name in ("station_id", "category", "priority", "received"):
        if name in runs:
            table[name] = runs[name].to_numpy(object)
    calls = held(scenario).incidents
    if "received" not in table and "incident_id" in runs and calls is not None and "received" in calls:
        table["received"] = calls["received"].reindex(runs["incident_id"].astype(str).to_numpy()).to_numpy(object)
    there = np.isfinite(shapely.get_x(table.geometry.to_numpy()))
    known = there & np.isfinite(table[["observed_s", "predicted_s"]].to_numpy()).all(axis=1)
    table["slower_s"] = table["observed_s"] - table["predicted_s"]
    return reproject(table[known], WGS84), int((~known).sum())


def _points(runs: pd.DataFrame, scenario: Scenario, faults: Faults) -> gpd.GeoSeries:
    """Give the points of runs: their own, or those of the scenario's incidents."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    if isinstance(runs, gpd.GeoDataFrame) and runs.active_geometry_name is not None:
        if runs.crs is None:
            faults.add("the points have no CRS: give them one by set_crs")
        elif not set(runs.geom_type.dropna()) <= {"Point"}:
            faults.add("the geometry holds something else than points: give where each run went")
        return runs.geometry
    calls = held(scenario).incidents
    if "incident_id" not in runs:
        faults.add("it is not known where runs went: give points with a CRS, or 'incident_id'")
    elif calls is None:
        faults.add("the scenario has no incidents to find 'incident_id' in: give it the history's, or runs with points")
    else:
        found = calls.geometry.reindex(runs["incident_id"].astype(str).to_numpy())
        if len(runs) and found.isna().all():
            faults.add("no 'incident_id' of the runs is one of the scenario's incidents: give those of one history")
        return gpd.GeoSeries(found.to_numpy(), crs=calls.crs)
    return gpd.GeoSeries([], crs=WGS84)


def _hexagons(runs: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, NDArray[np.int64]]:
    """Lay hexagons over runs, the finest in which enough of them lie where there are enough; and each run's."""
    import h3  # noqa: PLC0415 - slow to import

    if not len(runs):
        return runs[["geometry"]], np.zeros(0, dtype=np.int64)
    for resolution in RESOLUTIONS:
        areas = hexagons(runs, resolution=resolution)
        n = areas["incidents"]
        if n[n >= FEWEST].sum() >= HELD * len(runs):
            break
    at = zip(runs.geometry.y, runs.geometry.x, strict=True)
    inside = areas.index.get_indexer([h3.latlng_to_cell(lat, lon, resolution) for lat, lon in at])
    return areas[["geometry"]], inside


def _figures(
    areas: gpd.GeoDataFrame, inside: NDArray[np.int64], runs: gpd.GeoDataFrame, *, kind: str
) -> gpd.GeoDataFrame:
    """Add to areas what runs there were, with colours and words; an area of few has no figure."""
    here = pd.Series(runs["slower_s"].to_numpy()[inside >= 0]).groupby(inside[inside >= 0])
    rows = np.arange(len(areas))
    table = areas[["geometry"]].assign(n=here.size().reindex(rows, fill_value=0).to_numpy(int))
    few = table["n"].to_numpy() < FEWEST
    low, median, high = (
        np.where(few, np.nan, here.quantile(q).reindex(rows).to_numpy(float)) for q in (0.25, 0.5, 0.75)
    )
    table["slower_s"] = median
    table["colour"] = style.colours_of(table["slower_s"], BANDS)
    table["area"] = [f"{wording.capital(kind)} {i}" for i in table.index] if kind == "zone" else wording.capital(kind)
    counts = [wording.count(n) for n in table["n"]]
    table["said"] = [
        TOO_FEW if small else f"{slower_said(s)} (n = {n})" for s, n, small in zip(median, counts, few, strict=True)
    ]
    ends = zip(low, high, few, strict=True)
    table["half_said"] = [TOO_FEW if small else f"{slower_said(a)} to {slower_said(b)}" for a, b, small in ends]
    if "station_id" in runs:
        own = pd.Series(runs["station_id"].to_numpy(object)[inside >= 0]).groupby(inside[inside >= 0])
        table["from_said"] = own.agg(_commonest).reindex(rows, fill_value="").to_numpy(object)
    return table


def _commonest(stations: pd.Series[Any]) -> str:
    """Name the station that most runs came from; of several the first in order."""
    return str(stations.dropna().astype(str).mode().min()) if stations.notna().any() else ""


class _Told(NamedTuple):
    """What a public page shows: areas, a word for each station, the headline, and what to record."""

    areas: gpd.GeoDataFrame
    stations: dict[str, str]
    headline: str
    publications: tuple[Publication, ...]


def _in_series(
    areas: gpd.GeoDataFrame,
    inside: NDArray[np.int64],
    runs: gpd.GeoDataFrame,
    scenario: Scenario,
    published: Publications | None,
    title: str,
    *,
    by: str,
) -> _Told:
    """Give each area and station the figure it may show; a hexagon without one is blank, and may have had runs."""
    if by == "zones":
        called, keys = zone_keys(scenario.zones, published)
    else:
        called, keys = "hexagons", [f"hexagon {cell}" for cell in areas.index]
    records = pd.DataFrame(index=pd.RangeIndex(len(runs)))
    for name in ("category", "priority"):
        if name in runs:
            records[name] = runs[name].to_numpy(object)
    if "received" in runs:
        records["day"] = days_of(pd.Series(runs["received"].to_numpy(object)), "UTC")
    slower_s = runs["slower_s"].to_numpy(float)
    owner = runs["station_id"].astype(str).to_numpy(object) if "station_id" in runs else np.full(len(runs), "")
    stations = sorted(set(owner)) if "station_id" in runs else []
    chosen = [(key, inside == row) for row, key in enumerate(keys)]
    chosen += [(f"station {station}", owner == station) for station in stations]
    chosen += [(EVERYWHERE, np.ones(len(runs), dtype=bool))]
    asked = [(key, flags, _median(slower_s[flags], whole=key == EVERYWHERE)) for key, flags in chosen]
    of = Publication(today(), "residuals", title, called, measure="slower_s", scenario=scenario.name)
    shown, entries = settled(records, asked, of=of, published=published)
    here, of_stations, whole = shown[: len(keys)], shown[len(keys) : -1], shown[-1]
    table = areas[["area", "geometry"]].assign(slower_s=[s.numbers.get("slower_s", np.nan) for s in here])
    table["colour"] = style.colours_of(table["slower_s"], BANDS)
    table["said"] = [_median_said(s.numbers) for s in here]
    table["days_said"] = [s.days() for s in here]
    kept = table[table["slower_s"].notna()] if by == "hexagons" else table
    words = {station: _median_said(s.numbers) for station, s in zip(stations, of_stations, strict=True)}
    return _Told(kept, words, _public_headline(whole.numbers) if len(runs) else "There are no runs.", entries)


def _median(slower_s: NDArray[np.float64], *, whole: bool) -> dict[str, float]:
    """Give the median of runs, where there are enough, to half a minute; of all runs also how far half are off. [s]"""
    if len(slower_s) < enough_for(0.5):
        return {}
    off = {"off_s": coarse(float(np.median(np.abs(slower_s))))} if whole else {}
    return {"slower_s": coarse(float(np.median(slower_s))), **off}


def _median_said(numbers: Mapping[str, float]) -> str:
    return slower_said(numbers["slower_s"]) if "slower_s" in numbers else NO_FIGURE


def _public_headline(numbers: Mapping[str, float]) -> str:
    """Say how far half of the runs are off, to half a minute."""
    if "off_s" not in numbers:
        return f"No figure: {NO_FIGURE}"
    half = f"Half of the runs within about {wording.clock(numbers['off_s'])} of what was predicted"
    return f"{half}; the median run {slower_said(numbers['slower_s'])}"


def slower_said(slower_s: float) -> str:
    """
    Say how much longer runs took than predicted.

    Examples
    --------
    >>> slower_said(29.0), slower_said(-4.2), slower_said(0.2)
    ('0:29 slower', '0:04 faster', 'as predicted')
    """
    said = wording.change(slower_s)
    return "as predicted" if said == wording.change(0) else said


def _headline(runs: gpd.GeoDataFrame, many: str) -> str:
    """Say how far half of the runs are off; `many`: how many there are."""
    if not len(runs):
        return "There are no runs."
    off_s, slower_s = float(runs["slower_s"].abs().median()), float(runs["slower_s"].median())
    half = f"Half of {many} within {wording.clock(off_s)} of what was predicted"
    return f"{half}; the median run {slower_said(slower_s)}"


def _legend(
    areas: gpd.GeoDataFrame, many: str, inside: NDArray[np.int64], lost: int, *, kind: str, public: bool
) -> Legend:
    """Say what the colours mean, and how many runs lie in areas of each."""
    colours = areas["colour"].to_numpy()

    def held_in(chosen: NDArray[np.bool_]) -> str:
        return "" if public else wording.count(float(areas["n"].to_numpy()[chosen].sum()))

    few = areas["slower_s"].isna().to_numpy()
    entries = [Entry(label=b.label, colour=b.colour, note=held_in((colours == b.colour) & ~few)) for b in BANDS]
    if few.any() or not len(areas):
        entries.append(Entry(label=NO_FIGURE if public else TOO_FEW, colour=UNKNOWN, note=held_in(few)))
    outside = int((inside < 0).sum())
    n = f"n = {'' if public else f'{many}, '}{wording.counted(len(areas), kind)}"
    if public:
        n += ", times to half a minute"
    else:
        n += f"; {wording.counted(outside, 'run')} in no {kind}" if outside else ""
        n += f"; {wording.count(lost)} more without a time or a place" if lost else ""
    blank = f" No colour: fewer than {enough_for(0.5)} runs, or none." if public and kind == "hexagon" else ""
    return Legend(
        title="Slower or faster than predicted",
        unit=f"median of observed less predicted travel, min:s, by {kind}{'' if public else '; runs'}",
        entries=[*entries, *station_entries("existing")],
        n=n,
        note=f"A median of few runs is uncertain.{blank}",
    )


def _stations(runs: gpd.GeoDataFrame, scenario: Scenario, *, told: _Told | None) -> Legend:
    """Say of each station how its runs differ from what was predicted."""
    names = scenario.stations["name"].to_dict()
    entries = []
    for station, slower_s in runs.groupby("station_id")["slower_s"]:
        many = len(slower_s)
        if told is not None:
            said = told.stations[str(station)]
        elif many < FEWEST:
            said = TOO_FEW
        else:
            said = f"{slower_said(float(slower_s.median()))}, n = {wording.count(many)}"
        called = wording.called(str(station), str(names.get(station, station)))
        entries.append(Entry(label=called, sign="dot", note=said))
    return Legend(title="By station", unit="median of its runs", entries=entries, folded=True)
