"""Tables of the measures made ready to be drawn: in WGS 84, with colours and with words a resident can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._limits import last_within
from fireplan._page_kit import style
from fireplan.colours import ELSEWHERE, UNKNOWN
from fireplan.colours import NEWLY as NEWLY_COLOUR
from fireplan.colours import NO_LONGER as NO_LONGER_COLOUR
from fireplan.comparison import NOTICEABLE_S
from fireplan.crs import WGS84, reproject
from fireplan.demand._zones import DISC_RADIUS_M
from fireplan.maps._layers.chance_words import arrivals_said, chance_said, chances, known
from fireplan.maps._layers.station_labels import station_labels
from fireplan.measures._assessment import chosen_measure, chosen_objective, headline_row, untold_said
from fireplan.measures._demand_measures import UNTOLD, applies_to, in_zones
from fireplan.measures._drives_said import share_ends
from fireplan.measures._gaps import gap_reasons
from fireplan.scenario import token
from fireplan.travel import first_due
from fireplan.travel._places import places, zones_m

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan._page_kit.style import Band
    from fireplan.measures import Assessment
    from fireplan.measures._demand_measures import Measure
    from fireplan.scenario import Scenario
    from fireplan.standards import Objective

COUNTED = {"population": "People", "dwellings": "Dwelling units", "incidents_n": "Incidents", "incidents": "Incidents"}
NO_STATION = "none"
NEWLY, NO_LONGER = wording.change(-np.inf), wording.change(np.inf)
NEVER = "reached neither before nor after"
NOT_ASKED, NOT_TOLD = "not asked of here", "not known whether it is asked of here"
"""What a zone off the ground of an objective says, and one of which the data do not say whether it is on it."""


class Counted(NamedTuple):
    """
    What a map counts: the same, and at the same places, as the summary of the assessment.

    Attributes
    ----------
    weight
        How much of it is at each of its places, which need not be zones; 0 where an objective does not speak of it.
    unit
        Such as "people where risk_class is high".
    measure
        What is counted, and where.
    """

    weight: NDArray[np.float64]
    unit: str
    measure: Measure

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


def counted(measure: Measure) -> Counted:
    """Count a measure; what has no known place weighs nothing."""
    return Counted(np.where(measure.known, measure.weight, 0.0), measure.unit, measure)


def counted_of(assessment: Assessment, goal: Objective, *, count: str | None = None) -> Counted:
    """Give what the figures of an objective count: see `chosen_measure`."""
    name = chosen_measure(assessment, goal.key, count=count)
    return counted(assessment.arrival(goal.key, name).measure)


def is_weighted(assessment: Assessment, goal: Objective, *, count: str | None = None) -> bool:
    """Whether there is what gaps are found by: zones, and something to count besides the streets."""
    return len(assessment.scenario.zones) > 0 and chosen_measure(assessment, goal.key, count=count) != "road_km"


def asked_here(assessment: Assessment, goal: Objective) -> NDArray[np.bool_]:
    """Zones that lie on the ground of an objective."""
    zones = assessment.zones
    column = f"{goal.key}_applies"
    return zones[column].to_numpy(bool) if column in zones else np.ones(len(zones), dtype=bool)


def ground_said(assessment: Assessment, goal: Objective) -> list[str]:
    """Say of each zone that it is off the ground of an objective, or that the data do not say; "" where it is on it."""
    if not goal.where:
        return [""] * len(assessment.zones)
    codes = applies_to(assessment.scenario, goal, places(assessment.scenario, "zones"))
    return ["" if code > 0 else NOT_TOLD if code == UNTOLD else NOT_ASKED for code in codes]


def zones_said(assessment: Assessment, goal: Objective) -> str:
    """Say on how many zones an objective holds."""
    asked = asked_here(assessment, goal)
    whole = wording.counted(len(asked), "zone")
    return whole if asked.all() else f"{wording.count(int(asked.sum()))} of {whole}"


def total_said(scenario: Scenario, part: Counted, zones: str) -> str:
    """Say how much is counted, and in how many zones; what lies in none of them is not said to."""
    outside = part.total - float(in_zones(scenario, part.measure).sum())
    whole = f"{wording.count(part.total)} {part.unit}"
    if outside < 1 / 2:
        return f"{whole} in {zones}"
    return f"{whole}, {wording.count(outside)} of them in no zone; {zones}"


def as_areas(zones: gpd.GeoDataFrame, scenario: Scenario) -> gpd.GeoDataFrame:
    """Zones of a scenario, with columns of any kind, in WGS 84, those without an outline as small discs."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    def make() -> gpd.GeoSeries:
        shapes = zones_m(scenario).shapes
        flat = shapely.get_dimensions(shapes) < 2
        areas = np.where(flat, shapely.buffer(shapes, DISC_RADIUS_M, quad_segs=16), shapes) if flat.any() else shapes
        return reproject(gpd.GeoSeries(areas, crs=scenario.roads.crs), WGS84)

    areas = scenario.memo.get(("zones as areas", token(scenario, "zones"), scenario.roads.crs), make)
    return zones.set_geometry(areas.set_axis(zones.index))


def zone_table(assessment: Assessment, *, objective: str, bands: Sequence[Band]) -> gpd.GeoDataFrame:
    """Zones with a `colour` by arrival, and in words who is due when, whether in time, and how many live there."""
    zones = as_areas(assessment.zones, assessment.scenario)
    arrival = zones[f"{objective}_s"]
    goal = assessment.standard[objective]
    zones["colour"] = style.colours_of(arrival, bands).mask(~asked_here(assessment, goal), ELSEWHERE)
    zones["zone"] = [f"Zone {z}" for z in zones.index]
    zones["arrival"] = [wording.clock(seconds, limit_s=goal.limit_s) for seconds in arrival]
    zones["reached"], zones["in_time"] = arrivals_said(assessment, goal), in_time(assessment, objective=objective)
    said = zip(zones["arrival"], ground_said(assessment, goal), strict=True)
    zones["tip"] = [", ".join(filter(None, parts)) for parts in said]
    for word in ("first", "second", "third"):
        zones[f"{word}_said"] = due_said(assessment, goal, word)
    return zones


def due_said(assessment: Assessment, goal: Objective, word: str) -> list[str]:
    """
    Say which station is first, second or third due to each zone, and when.

    Due is who brings any of what the objective asks for, on the objective's clock; a time over the limit looks it.
    """
    names = assessment.scenario.stations["name"].to_dict()
    due = first_due(assessment.scenario, objective=goal)
    said = zip(due[f"{word}_due"].tolist(), due[f"{word}_due_s"].tolist(), strict=True)
    return [
        f"{names.get(station, station)}, {wording.clock(seconds, limit_s=goal.limit_s)}"
        if isinstance(station, str)
        else NO_STATION
        for station, seconds in said
    ]


def due_label(word: str, goal: Objective | None) -> str:
    """Name who is first, second or third due: an engine, unless another unit or a whole force is asked for."""
    needs = {"engine": 1.0} if goal is None else goal.needs
    if set(needs) == {"engine"}:
        return f"{word} due"
    who = wording.joined(list(needs)) if sum(needs.values()) <= 1 else "any of the force"
    return f"{word} due ({who})"


def in_time(assessment: Assessment, *, objective: str) -> list[str]:
    """Say of each zone whether an objective is reached, and why not: the reasons are those of `fireplan.gaps`."""
    goal = chosen_objective(assessment, objective)
    zones = assessment.zones
    limit = wording.clock(goal.limit_s)
    if not len(zones):
        return []
    why = gap_reasons(assessment, goal)["reason"]
    within = zones[f"{goal.key}_within"]
    yes = no = [""] * len(zones)
    if known(goal, assessment):
        yes = no = [f"{chance_said(chance)} likely" for chance in chances(assessment, goal)]
        no = ["no" if never else said for never, said in zip(np.isinf(zones[f"{goal.key}_s"]), no, strict=True)]
    return [
        off or (f"{sure or 'yes'}, limit {limit}" if inside else f"{unsure or 'no'}, limit {limit}: {reason}")
        for inside, sure, unsure, reason, off in zip(within, yes, no, why, ground_said(assessment, goal), strict=True)
    ]


def zone_popup(zones: pd.DataFrame, *, goal: Objective) -> list[tuple[str, str]]:
    """Lines of a zone's card."""
    lines = [("", "zone"), (goal.title, "reached"), ("In time", "in_time")]
    lines += [(due_label(word.capitalize(), goal), f"{word}_said") for word in ("first", "second", "third")]
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
        names = other.scenario.stations["name"].to_dict()
        goal = other.standard[objective]
        due = first_due(other.scenario, objective=goal)["first_due"].tolist()
        first = [str(names.get(s, s)) if isinstance(s, str) else NO_STATION for s in due]
        off = ground_said(other, goal)
        late = np.where(table[f"{objective}_s"] <= last_within(goal.limit_s), "", ", not in time").tolist()
        if known(goal, other):
            late = [f", {chance_said(chance)} likely in time" for chance in chances(other, goal)]
        zones[f"other_{i}"] = [
            f"{wording.clock(seconds, limit_s=goal.limit_s)}{'' if out else how}; {due_label('first', goal)} {station}"
            for seconds, how, station, out in zip(table[f"{objective}_s"].tolist(), late, first, off, strict=True)
        ]
        lines.append((other.scenario.name, f"other_{i}"))
    return lines


def counted_lines(table: pd.DataFrame) -> list[tuple[str, str]]:
    """
    Lines for what is counted; incidents once, at their own points if those are known.

    A table with a column `counted`, from `add_counted`, says how much of it an objective counts.
    """
    there = [column for column in COUNTED if column in table.columns]
    if "incidents_n" in there and "incidents" in there:
        there.remove("incidents")
    lines = [(COUNTED[column], column) for column in there]
    unit = str(table.attrs.get("counted", ""))
    return [*lines, (wording.capital(unit), "counted")] if unit else lines


def add_counted(zones: pd.DataFrame, scenario: Scenario, measure: Measure) -> None:
    """Add how much of each zone is counted, where that is another thing, or less, than the usual lines say."""
    column = "incidents_n" if measure.places.kind == "incidents" else measure.name
    value = in_zones(scenario, measure)
    if measure.places.kind == "roads" or (column in COUNTED and np.array_equal(value, zones[column].fillna(0))):
        return
    zones["counted"] = value
    zones.attrs["counted"] = measure.unit


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


def change_table(
    changes: gpd.GeoDataFrame, *, bands: Sequence[Band], asked: NDArray[np.bool_], limit_s: float | None = None
) -> gpd.GeoDataFrame:
    """
    Zones that change, each with its card; those that do not, are never reached, or are not asked of, as one each.

    Parameters
    ----------
    changes
        From `Comparison.changes`, as areas.
    bands
        Classes of change.
    asked
        Which zones the objective speaks of.
    limit_s
        What times are held to [s]: one over it looks it. Left out: nothing.
    """
    change_s = changes["change_s"]
    never, same = change_s.isna() & asked, (change_s.abs() <= NOTICEABLE_S) & asked
    each = asked & ~same & ~never
    table = changes[each][["change_s", "geometry"]].assign(
        zone=lambda t: [f"Zone {z}" for z in t.index],
        said=lambda t: [wording.change(s) for s in t["change_s"]],
        before=[wording.clock(s, limit_s=limit_s) for s in changes["before_s"][each]],
        after=[wording.clock(s, limit_s=limit_s) for s in changes["after_s"][each]],
    )
    off = pd.Series(~asked, index=changes.index)
    for rest, said in ((same, wording.change(0)), (never, NEVER), (off, NOT_ASKED)):
        if rest.any():
            whole = changes[rest][["change_s", "geometry"]].iloc[:1].copy()
            whole.geometry = [changes.geometry[rest].union_all()]
            zones = wording.counted(int(rest.sum()), "zone")
            whole = whole.assign(zone=zones, said=said, before="", after="").set_axis([said])
            table = pd.concat([table, whole]) if len(table) else whole
    table["colour"] = change_colours(table["change_s"], bands)
    table.loc[table["said"] == NOT_ASKED, "colour"] = ELSEWHERE
    return table.set_geometry("geometry", crs=changes.crs)


def station_table(
    assessment: Assessment, goal: Objective, *, baseline: Assessment | None = None, count: str | None = None
) -> gpd.GeoDataFrame:
    """Stations with what becomes of each, its units, and how much it is first due to with what the objective asks."""
    scenario = assessment.scenario
    stations = scenario.stations.to_crs(4326)
    was_open = stations["open"] if baseline is None else _open_before(stations, baseline)
    stations["status"] = np.where(
        stations["open"] & ~was_open, "opened", np.where(~stations["open"], "closed", "existing")
    )
    stations["id"], stations["short"] = stations.index.astype(str), station_labels(stations)
    units = scenario.units.groupby("station_id").groups if len(scenario.units) else {}
    stations["units_said"] = [", ".join(map(str, units.get(s, []))) or NO_STATION for s in stations.index]
    first = assessment.stations.xs(goal.key, level="objective")
    words = {}
    for measure in dict.fromkeys([chosen_measure(assessment, goal.key, count=count), "population", "incidents"]):
        own = first[first.index.get_level_values("measure") == measure].droplevel("measure")
        if len(own) and measure != "road_km":
            stations[f"due_{measure}"] = own["n"].reindex(stations.index)
            words[f"due_{measure}"] = f"{due_label('First', goal)} to {own['unit'].iloc[0]}"
    stations = stations[stations["open"] | was_open]
    stations.attrs["due"] = words
    return stations


def _open_before(stations: pd.DataFrame, baseline: Assessment) -> pd.Series[bool]:
    before = baseline.scenario.stations["open"]
    return pd.Series(before.reindex(stations.index, fill_value=False).astype(bool))


def station_popup(stations: pd.DataFrame) -> list[tuple[str, str]]:
    """Lines of a station's card."""
    lines = [("", "name"), ("Status", "status"), ("Units", "units_said")]
    lines += [("Id", "id")] if (stations["short"] != stations["id"]).any() else []
    return [*lines, *((label, column) for column, label in stations.attrs["due"].items())]


def counted_said(assessment: Assessment, *, objective: str, count: str | None = None) -> tuple[str, str]:
    """Share within an objective, and what it is a share of, with what was left out of it: see `chosen_measure`."""
    row = headline_row(assessment, objective, count=count)
    goal = assessment.standard[objective]
    what = f"{wording.lower(goal.title)} within {wording.clock(goal.limit_s)}"
    said = wording.share_of(row["share"], row["n"], str(row["unit"]), goal=row["required_share"])
    asked = wording.goal_verdict(
        row["met"], goal=row["required_share"], at_most_outside=row["at_most_outside"], **share_ends(row)
    )
    left_out = untold_said(row)
    ends = [row["share_low"], row["share_high"]]
    sure = f"95 % interval {wording.share_interval(*ends)}" if np.isfinite(ends).all() else ""
    asked = "; ".join(filter(None, (sure, asked)))
    what += ", expected" if row["calibration"] and row["n"] > 0 else ""
    return (
        f"{said}: {what}{f' ({asked})' if asked else ''}{f'; {left_out}' if left_out else ''}",
        f"{wording.count(float(row['n']))} {row['unit']}",
    )
