"""Tables of the measures made ready to be drawn: in WGS 84, with colours and with words a resident can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._page_kit import style
from fireplan.colours import NEWLY as NEWLY_COLOUR
from fireplan.colours import NO_LONGER as NO_LONGER_COLOUR
from fireplan.colours import UNKNOWN
from fireplan.comparison import NOTICEABLE_S
from fireplan.demand import DISC_RADIUS_M
from fireplan.measures._assessment import chosen_objective
from fireplan.measures._demand_measures import UNITS
from fireplan.measures._gaps import gap_reasons

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan._page_kit.style import Band
    from fireplan.measures import Assessment

COUNTED = {"population": "People", "dwellings": "Dwelling units", "incidents_n": "Incidents", "incidents": "Incidents"}
NO_STATION = "none"
NEWLY, NO_LONGER = wording.change(-np.inf), wording.change(np.inf)
NEVER = "reached neither before nor after"
MEASURED = ("population", "incidents_n", "incidents", "dwellings", "road_km")
"""What zones are summed up by: the first of these that they have any of."""


class Counted(NamedTuple):
    """
    What the zones of a map are summed up by.

    Attributes
    ----------
    weight
        How much of it each zone holds; a zone each where nothing is known.
    unit
        Such as "people".
    """

    weight: NDArray[np.float64]
    unit: str

    @property
    def total(self) -> float:
        """How much there is in all."""
        return float(self.weight.sum())

    def number(self, inside: NDArray[np.bool_]) -> str:
        """Say how much lies in some of the zones."""
        return wording.count(float(self.weight[inside].sum()))

    def percent(self, inside: NDArray[np.bool_]) -> str:
        """Say which share lies in some of the zones."""
        return share_in(float(self.weight[inside].sum()), self.total)

    def part(self, inside: NDArray[np.bool_]) -> str:
        """Say how much lies in some of the zones, and what share that is."""
        return f"{self.number(inside)} ({self.percent(inside)})" if self.total > 0 else self.number(inside)


def share_in(part: float, total: float) -> str:
    """Say which share of a total a part is; of nothing there is none."""
    return wording.share(part / total if total > 0 else None)


def counted_of(zones: pd.DataFrame) -> Counted:
    """Give what the zones are summed up by: people if they hold any, else incidents, dwellings, road or zones."""
    for column in MEASURED:
        if column in zones.columns and zones[column].fillna(0).sum() > 0:
            name = "incidents" if column == "incidents_n" else column
            return Counted(zones[column].fillna(0).to_numpy(float), UNITS[name])
    return Counted(np.ones(len(zones)), "zones")


def is_weighted(zones: pd.DataFrame) -> bool:
    """Whether the zones carry what gaps are found by."""
    return len(zones) > 0 and any(column in zones.columns for column in MEASURED[:3])


def as_areas(zones: gpd.GeoDataFrame, *, metric_crs: object) -> gpd.GeoDataFrame:
    """Zones in WGS 84, those without an outline as small discs."""
    metric = zones.geometry.to_crs(metric_crs)
    flat = shapely.get_dimensions(metric.array) < 2
    if flat.any():
        metric = metric.where(~flat, metric.buffer(DISC_RADIUS_M))
    return zones.set_geometry(metric).to_crs(4326)


def zone_table(assessment: Assessment, *, objective: str, bands: Sequence[Band]) -> gpd.GeoDataFrame:
    """Zones with a `colour` by arrival, and in words who is due when, whether in time, and how many live there."""
    zones = as_areas(assessment.zones, metric_crs=assessment.scenario.roads.crs)
    arrival = zones[f"{objective}_s"]
    zones["colour"] = style.colours_of(arrival, bands)
    zones["zone"] = [f"Zone {z}" for z in zones.index]
    limit_s = assessment.standard[objective].limit_s
    zones["arrival"] = [wording.clock(seconds, limit_s=limit_s) for seconds in arrival]
    zones["in_time"] = in_time(assessment, objective=objective)
    for word in ("first", "second", "third"):
        zones[f"{word}_said"] = due_said(assessment, zones, word, limit_s=limit_s)
    return zones


def due_said(assessment: Assessment, zones: pd.DataFrame, word: str, *, limit_s: float) -> list[str]:
    """Say which station is first, second or third due to each zone, and when; a time over the limit looks it."""
    names = assessment.scenario.stations["name"]
    return [
        f"{names.get(station, station)}, {wording.clock(seconds, limit_s=limit_s)}"
        if isinstance(station, str)
        else NO_STATION
        for station, seconds in zip(zones[f"{word}_due"], zones[f"{word}_due_s"], strict=True)
    ]


def in_time(assessment: Assessment, *, objective: str) -> list[str]:
    """Say of each zone whether an objective is reached, and why not: the reasons are those of `fireplan.gaps`."""
    goal = chosen_objective(assessment, objective)
    zones = assessment.zones
    limit = wording.clock(goal.limit_s)
    if not len(zones):
        return []
    points = zones.geometry.to_crs(assessment.scenario.roads.crs).representative_point()
    why = gap_reasons(assessment, goal, shapely.get_coordinates(points.array))["reason"]
    within = zones[f"{goal.key}_within"]
    return [
        f"yes, limit {limit}" if inside else f"no, limit {limit}: {reason}"
        for inside, reason in zip(within, why, strict=True)
    ]


def zone_popup(zones: pd.DataFrame, *, arrival: str) -> list[tuple[str, str]]:
    """Lines of a zone's card."""
    lines = [("", "zone"), (arrival, "arrival"), ("In time", "in_time")]
    lines += [("First due", "first_said"), ("Second due", "second_said"), ("Third due", "third_said")]
    return lines + counted_lines(zones)


def add_others(zones: pd.DataFrame, others: Sequence[Assessment], *, objective: str) -> list[tuple[str, str]]:
    """
    Add columns that say when each zone is reached in other scenarios.

    Parameters
    ----------
    zones
        From `zone_table`; gets the columns.
    others
        Assessments of the same zones.
    objective
        Key of the objective.

    Returns
    -------
    A line for each scenario, with its name, for the zone's card.
    """
    lines = []
    for i, other in enumerate(others):
        table = other.zones
        names = other.scenario.stations["name"]
        goal = other.standard[objective]
        first = [str(names.get(s, s)) if isinstance(s, str) else NO_STATION for s in table["first_due"]]
        zones[f"other_{i}"] = [
            f"{wording.clock(seconds, limit_s=goal.limit_s)}{'' if seconds <= goal.limit_s else ', not in time'};"
            f" first due {station}"
            for seconds, station in zip(table[f"{objective}_s"], first, strict=True)
        ]
        lines.append((other.scenario.name, f"other_{i}"))
    return lines


def counted_lines(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Lines for what is counted; incidents once, at their own points if those are known."""
    there = [column for column in COUNTED if column in table.columns]
    if "incidents_n" in there and "incidents" in there:
        there.remove("incidents")
    return [(COUNTED[column], column) for column in there]


def change_classes(bands: Sequence[Band]) -> dict[str, str]:
    """Give each class of change its colour: those of the bands, and what is reached now, no longer, or never."""
    marked = {NEWLY: NEWLY_COLOUR, NO_LONGER: NO_LONGER_COLOUR, NEVER: UNKNOWN}
    return {**{band.label: band.colour for band in bands}, **marked}


def change_colours(change_s: pd.Series[float], bands: Sequence[Band]) -> pd.Series[str]:
    """Colours of changes; what is reached now and was not, or the other way round, has its own."""
    colours = style.colours_of(change_s, bands)
    return colours.mask(np.isneginf(change_s), NEWLY_COLOUR).mask(np.isposinf(change_s), NO_LONGER_COLOUR)


def change_said(change_s: float) -> str:
    """Say a change of arrival; what cannot be subtracted was never reached."""
    return NEVER if np.isnan(change_s) else wording.change(change_s)


def change_table(changes: gpd.GeoDataFrame, *, bands: Sequence[Band], limit_s: float | None = None) -> gpd.GeoDataFrame:
    """
    Zones that change, each with its card; those that do not, or are never reached, as one area each.

    Parameters
    ----------
    changes
        From `Comparison.changes`, as areas.
    bands
        Classes of change.
    limit_s
        What times are held to [s]: one over it looks it. Left out: nothing.
    """
    change_s = changes["change_s"]
    never, same = change_s.isna(), change_s.abs() <= NOTICEABLE_S
    table = changes[~same & ~never][["change_s", "geometry"]].assign(
        zone=lambda t: [f"Zone {z}" for z in t.index],
        said=lambda t: [wording.change(s) for s in t["change_s"]],
        before=[wording.clock(s, limit_s=limit_s) for s in changes["before_s"][~same & ~never]],
        after=[wording.clock(s, limit_s=limit_s) for s in changes["after_s"][~same & ~never]],
    )
    for rest, said in ((same, wording.change(0)), (never, NEVER)):
        if rest.any():
            whole = changes[rest][["change_s", "geometry"]].iloc[:1].copy()
            whole.geometry = [changes.geometry[rest].union_all()]
            zones = wording.counted(int(rest.sum()), "zone")
            whole = whole.assign(zone=zones, said=said, before="", after="").set_axis([said])
            table = pd.concat([table, whole]) if len(table) else whole
    table["colour"] = change_colours(table["change_s"], bands)
    return table.set_geometry("geometry", crs=changes.crs)


def gap_table(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Gaps with words for their cards."""
    table = found.to_crs(4326)
    table["gap_said"] = [f"Gap {gap}: {reason}" for gap, reason in zip(table.index, table["reason"], strict=True)]
    table["nearest_said"] = table["nearest_name"].fillna(NO_STATION)
    limit_s = found.attrs.get("limit_s")
    for column in ("travel", "worst"):
        table[f"{column}_said"] = [wording.clock(s, limit_s=limit_s) for s in table[f"{column}_s"]]
    # Where no station is the nearest of most of a gap, the time of the rest is not that of the gap.
    table.loc[found["nearest_name"].isna().to_numpy(), "travel_said"] = wording.NOT_REACHED
    table["area_said"] = table["area_km2"].map(wording.area)
    return table


def gap_popup(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Lines of a gap's card."""
    lines = [("", "gap_said")]
    lines += counted_lines(table)
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
    what = f"{wording.lower(goal.title)} within {wording.clock(goal.limit_s)}"
    said = wording.share_of(row["share"], row["n"], str(row["unit"]), goal=row["required_share"])
    asked = wording.goal_verdict(row["met"], goal=row["required_share"], at_most_outside=row["at_most_outside"])
    return f"{said}: {what}" + (f" ({asked})" if asked else ""), f"{wording.count(float(row['n']))} {row['unit']}"
