"""Tables of the measures made ready to be drawn: in WGS 84, with colours and with words a resident can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan.maps import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from fireplan.maps.style import Band
    from fireplan.measures import Assessment

POINT_ZONE_M = 60.0
"""How large a zone without an outline is drawn. [m]"""

COUNTED = {"population": "People", "dwellings": "Dwelling units", "incidents_n": "Incidents", "incidents": "Incidents"}
NO_STATION = "none"


def as_areas(zones: gpd.GeoDataFrame, *, metric_crs: object) -> gpd.GeoDataFrame:
    """Zones in WGS 84, those without an outline as small discs."""
    metric = zones.geometry.to_crs(metric_crs)
    flat = shapely.get_dimensions(metric.array) < 2
    if flat.any():
        metric = metric.where(~flat, metric.buffer(POINT_ZONE_M))
    return zones.set_geometry(metric).to_crs(4326)


def zone_table(assessment: Assessment, *, objective: str, bands: Sequence[Band]) -> gpd.GeoDataFrame:
    """Zones with a `colour` by arrival, and in words who is due when and how many live there."""
    zones = as_areas(assessment.zones, metric_crs=assessment.scenario.roads.crs)
    names = assessment.scenario.stations["name"]
    arrival = zones[f"{objective}_s"]
    zones["colour"] = style.colours_of(arrival, bands)
    zones["zone"] = [f"Zone {z}" for z in zones.index]
    zones["arrival"] = arrival.map(style.minutes)
    for word in ("first", "second", "third"):
        zones[f"{word}_said"] = [
            f"{names.get(station, station)}, {style.minutes(seconds)}" if station is not None else NO_STATION
            for station, seconds in zip(zones[f"{word}_due"], zones[f"{word}_due_s"], strict=True)
        ]
    return zones


def zone_popup(zones: pd.DataFrame, *, arrival: str) -> list[tuple[str, str]]:
    """Lines of a zone's card."""
    lines = [("", "zone"), (arrival, "arrival")]
    lines += [("First due", "first_said"), ("Second due", "second_said"), ("Third due", "third_said")]
    return lines + _counted(zones)


def _counted(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Lines for what is counted; incidents once, at their own points if those are known."""
    there = [column for column in COUNTED if column in table.columns]
    if "incidents_n" in there and "incidents" in there:
        there.remove("incidents")
    return [(COUNTED[column], column) for column in there]


def change_table(changes: gpd.GeoDataFrame, *, bands: Sequence[Band]) -> gpd.GeoDataFrame:
    """Zones that change, each with its card; those that do not, as one area."""
    same = changes["change_s"].abs().fillna(0) <= style.NOTICEABLE_S
    table = changes[~same][["change_s", "geometry"]].copy()
    table["zone"] = [f"Zone {z}" for z in table.index]
    table["said"] = table["change_s"].map(style.change)
    table["before"] = changes["before_s"].map(style.minutes)
    table["after"] = changes["after_s"].map(style.minutes)
    if same.any():
        rest = {"change_s": 0.0, "zone": f"{style.number(int(same.sum()))} zones", "said": "no change"}
        rest |= {"before": "", "after": "", "geometry": changes.geometry[same].union_all()}
        table.loc["rest"] = rest
    table["colour"] = style.colours_of(table["change_s"], bands)
    return table.set_geometry("geometry", crs=changes.crs)


def gap_table(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Gaps with words for their cards."""
    table = found.to_crs(4326)
    table["gap_said"] = [f"Gap {gap}: {reason}" for gap, reason in zip(table.index, table["reason"], strict=True)]
    table["nearest_said"] = table["nearest_name"].fillna(NO_STATION)
    table["travel_said"] = table["travel_s"].map(style.minutes)
    table["worst_said"] = table["worst_s"].map(style.minutes)
    table["area_said"] = [f"{area:.2f} km²" for area in table["area_km2"]]
    return table


def gap_popup(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Lines of a gap's card."""
    lines = [("", "gap_said")]
    lines += _counted(table)
    lines += [("Zones", "zones"), ("Area", "area_said"), ("Nearest station", "nearest_said")]
    return [*lines, ("Usual travel from it", "travel_said"), ("Longest", "worst_said")]


def station_table(assessment: Assessment, *, baseline: Assessment | None = None) -> gpd.GeoDataFrame:
    """Stations with what becomes of each, its units, and how many it is first due to."""
    scenario = assessment.scenario
    stations = scenario.stations.to_crs(4326)
    was_open = stations["open"] if baseline is None else _open_before(stations, baseline)
    stations["status"] = np.where(
        stations["open"] & ~was_open, "opened", np.where(~stations["open"], "closed", "existing")
    )
    stations["short"] = stations.index
    units = scenario.units.groupby("station_id").groups if len(scenario.units) else {}
    stations["units_said"] = [", ".join(map(str, units.get(s, []))) or NO_STATION for s in stations.index]
    due = assessment.stations
    first = due[due.index.get_level_values("objective") == assessment.standard.planned[0].key]
    for measure in ("population", "incidents"):
        own = first[first.index.get_level_values("measure") == measure].droplevel(["objective", "measure"])
        if len(own):
            stations[f"due_{measure}"] = own["n"].reindex(stations.index)
    stations = stations[stations["open"] | was_open]
    return stations


def _open_before(stations: pd.DataFrame, baseline: Assessment) -> pd.Series[bool]:
    before = baseline.scenario.stations["open"]
    return pd.Series(before.reindex(stations.index, fill_value=False).astype(bool))


def station_popup(stations: pd.DataFrame) -> list[tuple[str, str]]:
    """Lines of a station's card."""
    lines = [("", "name"), ("Status", "status"), ("Units", "units_said")]
    words = {"due_population": "First due to people", "due_incidents": "First due to incidents"}
    return lines + [(label, column) for column, label in words.items() if column in stations.columns]


def counted_said(assessment: Assessment, *, objective: str) -> tuple[str, str]:
    """Share within an objective, and what it is a share of: of people if they are known, else of incidents or road."""
    summary = assessment.summary().loc[objective]
    measure = next(m for m in ("population", "incidents", *summary.index) if m in summary.index)
    row = summary.loc[measure]
    goal = assessment.standard[objective]
    what = f"{goal.title.lower()} within {style.minutes(goal.limit_s)}"
    said = style.share(float(row["share"]), of=float(row["n"]), unit=str(row["unit"]))
    return f"{said}: {what}", f"{style.number(float(row['n']))} {row['unit']}"
