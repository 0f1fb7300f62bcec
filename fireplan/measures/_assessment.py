"""How much lies within each objective of a standard: over all, by zone and by station."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from fireplan import changes, wording
from fireplan._checked import takes
from fireplan._frozen_tables import FrozenTable, freeze_own
from fireplan._limits import last_within
from fireplan._map_calls import MapCalls
from fireplan._one_release import OfOneRelease
from fireplan._result_cache import Memo
from fireplan._selection import kind_texts
from fireplan.changes._drive_error import error_said
from fireplan.demand._overlaps import overlap_notes
from fireplan.errors import InputError, UnknownIdError, listed, quoted
from fireplan.measures._demand_groups import groups_at
from fireplan.measures._demand_measures import ON, UNITS, Measure, applies_to, chosen_of, in_zones, measures_of
from fireplan.measures._drives_said import expected_said, is_expected, share_ends
from fireplan.measures._expected import chances_for, expected
from fireplan.measures._tally import ROUNDING, percentile_s, tally, weighted_percentile
from fireplan.scenario import held, missing_said
from fireplan.standards._objectives import LEFT_OUT
from fireplan.stations import own_stations
from fireplan.stations._agencies import neighbours_said
from fireplan.stations._shared_crews import crew_notes, crews_said
from fireplan.travel import first_due, force_times, station_notes
from fireplan.travel._first_due import first_due_rows
from fireplan.travel._force import ForceTimes, force_arrival, whole
from fireplan.travel._network_parts import part_notes
from fireplan.travel._on_duty import duty_notes
from fireplan.travel._places import place_notes, places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.standards import Objective, Standard


NO_PLACE_SHARE = 0.005
"""Of the rows left out of n for want of a place, above which that is said beside n."""

ADDED = {f"{nth}_due{end}" for nth in ("first", "second", "third") for end in ("", "_s")} | {"incidents_n", "road_km"}
"""Columns that `Assessment.zones` has besides those of each objective."""


SUMMARY_COLUMNS = [
    "objective", "measure", "title", "limit_s", "interval", "n", "within", "outside", "share", "unreachable",
    "not_located", "p90_s", "unit", "required_share", "at_most_outside", "met", "elsewhere", "untold", "basis",
    "share_low", "share_high", "median_within", "median_share", "all_p90_s", "calibration",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Arrival:
    """Arrival under one objective at every place where one measure is counted."""

    objective: Objective
    measure: Measure
    scenario: Scenario = field(repr=False)
    times: ForceTimes = field(repr=False)

    @property
    def arrival_s(self) -> NDArray[np.float32]:
        """At every place of the measure. [s]"""
        return whole(self.scenario, self.times)

    @property
    def within(self) -> NDArray[np.bool_]:
        """Places reached in time; where drives are known to differ, at the median."""
        return np.asarray(self.arrival_s <= last_within(self.objective.limit_s))

    @property
    def chance(self) -> NDArray[np.float64]:
        """How likely each place is reached in time: by how drives differ, or yes and no where that is not known."""
        law = chances_for(self.scenario, self.objective)
        return self.within.astype(float) if law is None else law.at(self.arrival_s)


@takes
@dataclass(frozen=True, eq=False, repr=False)
class Assessment(OfOneRelease):
    """
    What a scenario achieves under a standard; every figure is modelled, with all units at home and free.

    Attributes
    ----------
    scenario, standard
        What was assessed, and against what.
    arrivals
        Arrival at every place, for each objective and measure.
    """

    scenario: Scenario
    standard: Standard
    arrivals: tuple[Arrival, ...]

    maps: ClassVar[MapCalls] = MapCalls(
        "assessment",
        (
            ("coverage", "how soon help arrives, zone by zone, with the gaps outlined"),
            ("gaps", "where an objective is not reached, and why"),
            ("erf", "how much of the force comes in time"),
        ),
    )
    """The calls that draw it: names to read, and to type."""

    def __repr__(self) -> str:
        """Say the shares in a few lines."""
        lines = [f"Assessment of {quoted(self.scenario.name)} by {self.standard.name} (modelled)"]
        lines += [_line(row) for row in self.headlines]
        return "\n  ".join([*lines, *self.notes(), self.maps.line])

    def summary(self) -> pd.DataFrame:
        """
        The headline figures.

        Returns
        -------
        By `objective` and `measure`: what is to arrive (`title`), `limit_s` [s], `interval`, `n` in all, `within` the
        limit and `outside` it, `share` (of n), `unreachable` (part of n: no road leads there), `not_located` (not in
        n: its place is not known), `p90_s` (weighted, inverted_cdf; inf if more than a tenth is never reached) [s],
        `unit` (with the ground and the incidents that the objective speaks of), `required_share`, `at_most_outside`,
        `met` (missing: the objective sets nothing for this measure), `elsewhere` (not in n: the objective speaks of
        other ground or other incidents), `untold` (not in n: the data do not say whether it speaks of them), and
        `basis`. `n`, `elsewhere` and `untold` add up to everything.

        With a calibration `within`, `outside` and `share` are what is to be expected: how likely each place is reached
        in time, summed over what is counted. `share_low` and `share_high` are the 95 % interval of the share, from
        curve and spread of drives as fitted to days drawn anew; `median_within` and `median_share` count what is
        reached in time at the median drive, yes or no; `all_p90_s` is the 90th percentile of all arrivals, places and
        drives together [s]; and `calibration` names it. Without one they are missing, and the last is "".
        """
        return headline_table(self.headlines, ["objective", "measure"], SUMMARY_COLUMNS)

    @cached_property
    def headlines(self) -> tuple[dict[str, Any], ...]:
        """The rows of the summary."""
        return tuple(_headline(a) for a in self.arrivals)

    @property
    def zones(self) -> gpd.GeoDataFrame:
        """
        What is reached in time, zone by zone.

        Returns
        -------
        The scenario's zones with `first_due`, `first_due_s` (and second, third; of what the first objective asks
        for) [s], `incidents_n`, `road_km`, and for each objective `<key>_s` [s], `<key>_within`, with a calibration
        `<key>_chance` (how likely it is reached in time; the two before are at the median drive),
        `<key>_incidents_share` and `<key>_road_share` (NaN: nothing to share), and, where it speaks of a part of the
        ground, `<key>_applies`.
        """
        return self._zones.view()

    @property
    def stations(self) -> pd.DataFrame:
        """
        What each station is first due to.

        Returns
        -------
        By station, objective and measure: `n` for which the station is first due with what the objective asks for, how
        much of it lies `within` the objective (by whichever station), the `share`, and the `unit`; where some stations
        are of neighbours, `own` says which are not.
        """
        return self._stations.view()

    @cached_property
    def memo(self) -> Memo:
        """Where what is worked out from it is kept."""
        return Memo()

    @cached_property
    def _zones(self) -> FrozenTable[gpd.GeoDataFrame]:
        return freeze_own(_by_zone(self.scenario, self.arrivals))

    @cached_property
    def _stations(self) -> FrozenTable[pd.DataFrame]:
        return freeze_own(_by_station(self.scenario, self.arrivals))

    @takes
    def by(
        self,
        groups: str | pd.Series[Any] | gpd.GeoDataFrame | gpd.GeoSeries,
        of: str | None = None,
        *,
        objective: str | None = None,
        name: str | None = None,
    ) -> pd.DataFrame:
        """
        Break a figure down by groups of the ground.

        Parameters
        ----------
        groups
            A column of the zones, or "first_due"; a value for each zone by `zone_id`, such as quintiles of income; or
            outlines with a CRS, such as council districts, which do not overlap.
        of
            What is counted: a measure of the assessment; left out: what the objective weighs, else people.
        objective
            Key of the objective; left out: the first of the standard.
        name
            Column of the outlines that names them; left out: their index, or their only column of text.

        Returns
        -------
        By group: `n`, `within` the limit, `outside` it, `share` (of n; NaN if n is 0), `p90_s` (as in `summary`) [s],
        `unreachable` and `unit`. What has no value is a group of its own, "not known", and what lies in none of the
        outlines "in none of them", so that the groups add up to the total. `.attrs` hold `objective`, `title`,
        `limit_s` [s] and `required_share`.

        Raises
        ------
        UnknownIdError
            If the zones have no such column, or the outlines none of that name.
        InputError
            If a value belongs to no zone, the outlines have no CRS, or places lie in more than one of them.

        Examples
        --------
        >>> import pandas as pd, fireplan as fp
        >>> found = fp.assess(fp.examples.line_town(), standard="NFPA_1710")
        >>> half = (found.zones.index < "Z21").astype(str)
        >>> found.by(pd.Series(half, index=found.zones.index))["share"].round(2).to_dict()
        {'False': 0.1, 'True': 1.0}
        """
        goal = chosen_objective(self, objective)
        arrival = self.arrival(goal.key, of or chosen_measure(self, goal.key))
        code, labels, what, rest = groups_at(self.scenario, goal, arrival.measure, groups, name)
        weight = np.where(arrival.measure.known, arrival.measure.weight, 0.0)
        rows, named = [], []
        for i, label in [*enumerate(labels), (-1, rest)]:
            here = np.flatnonzero((code == i) & (weight > 0))
            if i < 0 and not len(here):
                continue
            total, inside = weight[here].sum(), (weight[here] * arrival.chance[here]).sum()
            named.append(label)
            rows.append(
                {
                    "n": total,
                    "within": inside,
                    "outside": total - inside,
                    "share": inside / total if total > 0 else np.nan,
                    "p90_s": weighted_percentile(arrival.arrival_s[here], weight[here], 90),
                    "unreachable": weight[here][np.isinf(arrival.arrival_s[here])].sum(),
                    "unit": arrival.measure.unit,
                }
            )
        table = pd.DataFrame(rows, index=pd.Index(named, name=what))
        table.attrs = {
            "objective": goal.key, "title": goal.title, "limit_s": goal.limit_s, "required_share": goal.share,
        }  # fmt: skip
        return table

    def notes(self) -> list[str]:
        """Say what a reader of the figures has to know."""
        return _notes(self.scenario, self.standard, self.arrivals)

    def arrival(self, objective: str, measure: str) -> Arrival:
        """Arrival under one objective at the places of one measure."""
        for arrival in self.arrivals:
            if (arrival.objective.key, arrival.measure.name) == (objective, measure):
                return arrival
        raise UnknownIdError(
            "objective and measure",
            f"{objective}, {measure}",
            [f"{a.objective.key}, {a.measure.name}" for a in self.arrivals],
        )


def assessed(scenario: Scenario, standard: Standard) -> Assessment:
    """Hold a scenario to a standard as it stands; see `fireplan.assess`."""
    if not len(held(scenario).units):
        standard = standard.by_stations()
    measures = {o.key: measures_of(scenario, o) for o in standard.planned}
    for objective in standard.planned:
        names = [m.name for m in measures[objective.key]]
        if objective.weight and objective.weight not in names:
            raise UnknownIdError(f"weight of objective {quoted(objective.key)}", objective.weight, names)
    _check_columns(scenario, standard)
    return Assessment(scenario, standard, tuple(_arrivals(scenario, standard, measures)))


def _check_columns(scenario: Scenario, standard: Standard) -> None:
    """Every column that the assessment adds to the zones is new."""
    ends = ("s", "within", "chance", "incidents_share", "road_share")
    added = [*ADDED, *(f"{o.key}_{end}" for o in standard.planned for end in ends)]
    added += [f"{o.key}_applies" for o in standard.planned if o.where]
    twice = sorted({c for c in added if added.count(c) > 1})
    if twice:
        raise InputError(
            f"objectives and results would share the column {quoted(twice[0])}: choose another key or name"
        )
    taken = [c for c in held(scenario).zones.columns if c in added]
    if taken:
        raise InputError(f"the zones already have columns that an assessment adds: drop or rename {listed(taken)}")


def _arrivals(scenario: Scenario, standard: Standard, measures: dict[str, list[Measure]]) -> list[Arrival]:
    """Arrival under each objective at the places of each measure."""
    found = []
    for objective in standard.planned:
        for measure in measures[objective.key]:
            times = force_arrival(scenario, measure.places, objective.needs, objective.interval)
            found.append(Arrival(objective, measure, scenario, times))
    return found


def headline_table(rows: Sequence[Mapping[str, Any]], keys: list[str], columns: list[str]) -> pd.DataFrame:
    """Make a table of headlines, as `set_index` and `concat` would, at a third of the cost, which what-ifs feel."""
    levels = [list(dict.fromkeys(row[key] for row in rows)) for key in keys]
    levels = [level if key == "scenario" else sorted(level) for key, level in zip(keys, levels, strict=True)]
    codes = [[level.index(row[key]) for row in rows] for level, key in zip(levels, keys, strict=True)]
    index = pd.MultiIndex(levels=levels, codes=codes, names=keys)
    return pd.DataFrame({c: [row[c] for row in rows] for c in columns if c not in keys}, index=index)


def index_in_order(rows: Sequence[Mapping[Any, Any]], keys: list[str]) -> pd.MultiIndex:
    """Index rows in the order in which they stand, so that a block of them is found without a search."""
    levels = [list(dict.fromkeys(row[key] for row in rows)) for key in keys]
    codes = [[level.index(row[key]) for row in rows] for level, key in zip(levels, keys, strict=True)]
    return pd.MultiIndex(levels=levels, codes=codes, names=keys)


def _line(row: Mapping[str, Any]) -> str:
    """Say a share; one that is expected, with its interval and what is reached at the median drive."""
    told = wording.share_of(row["share"], row["n"], row["unit"], goal=row["required_share"], **share_ends(row))
    within = f"within {wording.clock(row['limit_s'])}"
    if not is_expected(row):
        return f"{row['objective']}: {told} {within}"
    return f"{row['objective']}: {told} expected {within} ({expected_said(row)})"


def _headline(arrival: Arrival) -> dict[str, object]:
    objective, measure = arrival.objective, arrival.measure
    found = tally(arrival.scenario, measure, arrival.times, objective.limit_s)
    total, median_within = found.total, found.within
    law = expected(arrival.scenario, measure, arrival.times, objective, found)
    within = median_within if law is None else law.within
    within = total if total - within <= ROUNDING * total else within  # what is left over is the rounding of sums
    share = within / total if total > 0 else np.nan
    speaks = objective.weight in {"", measure.name}
    met = verdict_of(objective, measure, total, within)
    return {
        "objective": objective.key,
        "measure": measure.name,
        "title": objective.title,
        "limit_s": objective.limit_s,
        "interval": objective.interval,
        "n": total,
        "within": within,
        "outside": total - within,
        "share": share,
        "unreachable": found.unreachable,
        "not_located": measure.not_located,
        "p90_s": percentile_s(arrival.scenario, measure, arrival.times, found, 90),
        "unit": measure.unit,
        "required_share": objective.share if speaks and objective.share is not None else np.nan,
        "at_most_outside": objective.at_most_outside if speaks and objective.at_most_outside is not None else np.nan,
        "met": met,
        "elsewhere": measure.elsewhere,
        "untold": measure.untold,
        "basis": "modelled",
        "share_low": np.nan if law is None else law.low,
        "share_high": np.nan if law is None else law.high,
        "median_within": np.nan if law is None else median_within,
        "median_share": median_within / total if law is not None and total > 0 else np.nan,
        "all_p90_s": np.nan if law is None else law.p90_s,
        "calibration": ""
        if law is None or arrival.scenario.calibration is None
        else arrival.scenario.calibration.fingerprint,
    }


def verdict_of(objective: Objective, measure: Measure, total: float, within: float) -> object:
    """Say whether an objective is met by what lies within its limit; missing: it sets nothing for this measure."""
    met: object = pd.NA
    speaks = objective.weight in {"", measure.name}
    if speaks and total > 0 and objective.share is not None:
        met = bool(within >= objective.share * total * (1 - ROUNDING))
    if speaks and objective.at_most_outside is not None:
        met = bool(total - within <= objective.at_most_outside) and (met is pd.NA or bool(met))
    return met


def _by_zone(scenario: Scenario, arrivals: tuple[Arrival, ...]) -> gpd.GeoDataFrame:
    objectives = list({a.objective.key: a.objective for a in arrivals}.values())
    table = scenario.zones.join(first_due(scenario, objective=objectives[0] if objectives else None))
    zones = places(scenario, "zones")
    for objective in objectives:
        # Zones without a weight are reached or not all the same.
        arrival_s = force_times(scenario, zones, needs=objective.needs, interval=objective.interval)
        table[f"{objective.key}_s"] = arrival_s
        table[f"{objective.key}_within"] = arrival_s <= last_within(objective.limit_s)
        law = chances_for(scenario, objective)
        if law is not None:
            table[f"{objective.key}_chance"] = law.at(arrival_s)
        if objective.where:
            table[f"{objective.key}_applies"] = applies_to(scenario, objective, zones) == ON
    whole: dict[str, NDArray[np.float64]] = {}
    for arrival in arrivals:
        key, measure = arrival.objective.key, arrival.measure
        if measure.places.kind == "zones":
            continue
        kind = measure.places.kind
        total = in_zones(scenario, measure)
        within = in_zones(scenario, measure, share=arrival.chance)
        if kind not in whole:
            whole[kind] = _all_in_zones(scenario, kind)
            table["incidents_n" if kind == "incidents" else "road_km"] = whole[kind]
        with np.errstate(divide="ignore", invalid="ignore"):
            table[f"{key}_{'incidents' if kind == 'incidents' else 'road'}_share"] = within / total
    return table


def _all_in_zones(scenario: Scenario, name: str) -> NDArray[np.float64]:
    """All incidents, or road, in each zone, whatever an objective speaks of."""
    return in_zones(scenario, next(m for m in measures_of(scenario) if m.places.kind == name))


def _by_station(scenario: Scenario, arrivals: tuple[Arrival, ...]) -> pd.DataFrame:
    """What each station is first due to, and how much of that lies within each objective."""
    stations = held(scenario).stations
    columns: dict[str, list[object]] = {c: [] for c in ("objective", "measure", "unit", "n", "within")}
    for arrival in arrivals:
        objective = arrival.objective
        due = first_due_rows(scenario, arrival.measure.places, needs=objective.needs, interval=objective.interval)
        counted = (due >= 0) & arrival.measure.known
        weight = arrival.measure.weight[counted]
        columns["n"].extend(np.bincount(due[counted], weights=weight, minlength=len(stations)))
        weight = weight * arrival.chance[counted]
        columns["within"].extend(np.bincount(due[counted], weights=weight, minlength=len(stations)))
        columns["objective"] += [arrival.objective.key] * len(stations)
        columns["measure"] += [arrival.measure.name] * len(stations)
        columns["unit"] += [arrival.measure.unit] * len(stations)
    table = pd.DataFrame({"station_id": np.tile(stations.index.to_numpy(object), len(arrivals)), **columns})
    table["name"] = np.tile(stations["name"].to_numpy(object), len(arrivals))
    table["open"] = np.tile(stations["open"].to_numpy(), len(arrivals))
    table["share"] = (table["within"] / table["n"]).where(table["n"] > 0)
    own = own_stations(stations).to_numpy()
    if not own.all():
        table["own"] = np.tile(own, len(arrivals))
    return table.set_index(["station_id", "objective", "measure"])


def _notes(scenario: Scenario, standard: Standard, arrivals: tuple[Arrival, ...]) -> list[str]:
    notes = ["modelled with all units at home and free; no call processing", *scenario.roads.time_notes]
    notes += dict.fromkeys(note for o in standard.planned for note in duty_notes(scenario, o.needs))
    notes += calibration_notes(scenario)
    tables = held(scenario)
    if not standard.planned:
        notes.append(f"no objective of {standard.name} can be held to a plan: it is for dispatch history alone")
    notes += missing_said(scenario)
    notes += neighbours_said(tables.stations, tables.units)
    notes += [*crews_said(tables.units), *crew_notes(tables.units)]
    notes += [line for line in standard.note.splitlines() if line.startswith(LEFT_OUT)]
    housed = set(tables.units["station_id"]) if len(tables.units) else set(tables.stations.index)
    empty = [s for s in tables.stations.index[tables.stations["open"]] if s not in housed]
    if empty:
        notes.append(f"open stations without a unit cover nothing: {listed(empty)}; move or add a unit")
    notes += [
        f"the figure of {quoted(o.title)} ({wording.clock(o.limit_s)}) was not seen in its source: check it before"
        " stating it"
        for o in standard.planned
        if not o.verified
    ]
    notes += [str(selection) for selection in scenario.selections]
    notes += changes.notes(scenario)
    notes += _ground_notes(scenario, arrivals)
    notes += overlap_notes(held(scenario).zones)
    notes += station_notes(scenario)
    notes += part_notes(scenario)
    kinds = dict.fromkeys(arrival.measure.places.kind for arrival in arrivals)
    notes += [note for kind in kinds for note in place_notes(scenario, kind)]
    seen = set()
    for arrival in arrivals:
        counted = int((arrival.measure.weight != 0).sum())
        nowhere = left_out(int((~arrival.measure.known).sum()), counted)
        if nowhere and arrival.measure.places.kind not in seen:
            notes.append(f"{nowhere}: these {arrival.measure.places.kind} are in no share")
        off = int(((arrival.measure.places.on_road.street < 0) & (arrival.measure.weight > 0)).sum())
        if off and arrival.measure.places.kind not in seen:
            seen.add(arrival.measure.places.kind)
            # Of incidents those that an objective speaks of, not of all there are.
            kind = arrival.measure.unit if arrival.measure.places.kind == "incidents" else arrival.measure.places.kind
            notes.append(
                f"{wording.count(off)} of {wording.count(counted)} {kind} lie more than"
                f" {wording.distance(scenario.snap_limit_m)} from any road and count as not reached"
            )
    return notes


def calibration_notes(scenario: Scenario) -> list[str]:
    """Say how wrong the modelled drives are, or that nobody knows."""
    calibration = scenario.calibration
    if calibration is None or not scenario.roads.calibrated:
        return []
    how = "shares are expected over drives, which differ" if calibration.spread is not None else "drives are medians"
    return [f"{error_said(scenario)} ({calibration.basis} runs); {how}", *calibration.notes]


def _ground_notes(scenario: Scenario, arrivals: tuple[Arrival, ...]) -> list[str]:
    """Say which objectives have no ground, and how much of the demand cannot be told to be on it."""
    notes = []
    zones = held(scenario).zones
    ignored = [c for c in zones.select_dtypes("number").columns if c not in {a.measure.name for a in arrivals}]
    if ignored:
        notes.append(
            f"numeric columns of the zones that are not counted: {listed(ignored)}; name those that are demand in"
            " weights="
        )
    untold: dict[tuple[str, float, float], list[str]] = {}
    for arrival in arrivals:
        objective, measure = arrival.objective, arrival.measure
        if objective.where and measure.places.kind == "zones" and not (measure.weight > 0).any():
            column = next(iter(objective.where))
            values = sorted(set(kind_texts(zones[column]).dropna())) if column in zones else []
            notes.append(
                f"{quoted(objective.title)} holds {objective.ground}: no {measure.name} lie there (the zones have"
                f" {listed(values) or 'no value'})"
            )
        if (
            objective.calls
            and measure.places.kind == "incidents"
            and measure.elsewhere
            and not (measure.weight > 0).any()
        ):
            notes.append(
                f"{quoted(objective.title)} speaks of incidents ({objective.calls})"
                f"{f' {objective.ground}' if objective.where else ''}, and there are none: see how the data write them"
            )
        if measure.untold > 0:
            whole = measure.untold + measure.elsewhere + float(np.nansum(measure.weight))
            untold.setdefault((measure.name, measure.untold, whole), []).append(quoted(objective.title))
    for (name, part, whole), titles in untold.items():
        notes.append(
            f"of {wording.count(part)} of {wording.count(whole)} {UNITS.get(name, name)} the data do not say whether"
            f" {listed(dict.fromkeys(titles))} {'speaks' if len(set(titles)) == 1 else 'speak'} of them: they lie in no"
            " zone, have no place, or a column is blank or missing; they are in no figure of it"
        )
    return notes


def left_out(not_located: float, rows: float) -> str:
    """Say how much is left out of n for want of a place; nothing where it is half a percent or less."""
    if not rows or not_located <= NO_PLACE_SHARE * rows:
        return ""
    return f"{wording.count(not_located)} of {wording.count(rows)} without a place, {wording.share(not_located / rows)}"


def untold_said(row: pd.Series[Any]) -> str:
    """Say how much the data do not say of whether a figure speaks of it; nothing where it is half a percent or less."""
    whole = row["n"] + row["elsewhere"] + row["untold"]
    if not row["untold"] > NO_PLACE_SHARE * whole:
        return ""
    return f"of {wording.count(row['untold'])} more ({wording.share(row['untold'] / whole)}) the data do not say"


def chosen_measure(assessment: Assessment, objective: str | None = None, *, count: str | None = None) -> str:
    """
    Say what a figure of an objective counts.

    Parameters
    ----------
    assessment
        Whose.
    objective
        Key; left out: the first of the standard.
    count
        What is asked for: a measure of the assessment. Left out: what the objective weighs; incidents, if the scenario
        was narrowed to some; else people, incidents, dwellings, or whatever there is.
    """
    goal = chosen_objective(assessment, objective)
    measures = [a.measure for a in assessment.arrivals if a.objective.key == goal.key]
    return chosen_of(assessment.scenario, measures, goal, count=count).name


def headline_row(assessment: Assessment, objective: str | None = None, *, count: str | None = None) -> pd.Series[Any]:
    """Give the row of the summary that a figure of an objective is read from: see `chosen_measure`."""
    goal = chosen_objective(assessment, objective)
    name = chosen_measure(assessment, goal.key, count=count)
    return pd.Series(_headline(assessment.arrival(goal.key, name)))


def chosen_objective(assessment: Assessment, objective: str | None) -> Objective:
    """Give the objective of that key; left out: the first of the standard."""
    if objective is None and not assessment.standard.planned:
        raise InputError(f"standard {quoted(assessment.standard.name)} holds no objective that a plan can be held to")
    if objective is None:
        return assessment.standard.planned[0]
    try:
        return assessment.standard[objective]
    except KeyError as error:
        raise InputError(str(error.args[0])) from error
