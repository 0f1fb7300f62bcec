"""Scenarios side by side: the same measures, and who gains and who loses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan._frozen_tables import FrozenTable, freeze_own
from fireplan._map_calls import MapCalls
from fireplan._one_release import OfOneRelease
from fireplan._processes import workers
from fireplan.errors import FireplanError, InputError, UnknownIdError, listed, quoted
from fireplan.measures import Assessment, assess
from fireplan.measures._assessment import SUMMARY_COLUMNS, chosen_measure, chosen_objective, headline_table
from fireplan.measures._demand_measures import in_zones
from fireplan.roads._network import take_over, worked_out
from fireplan.scenario import counted_columns, held, root, token
from fireplan.standards._library import standard_of
from fireplan.travel import first_due
from fireplan.travel._force import force_arrival
from fireplan.travel._same_pieces import same_pieces

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.measures._assessment import Arrival
    from fireplan.scenario import Change, Scenario
    from fireplan.standards import Objective, Standard

__all__ = ["Comparison", "compare", "compare_many"]

NOTICEABLE_S = 10.0
"""A zone is faster or slower when its first-due time changes by more than this, in tables and on maps. [s]"""


@takes
@dataclass(frozen=True, eq=False, repr=False)
class Comparison(OfOneRelease):
    """
    Several scenarios under one standard; the first is what the others are compared with.

    Attributes
    ----------
    assessments
        One for each scenario, in the order given.
    """

    assessments: tuple[Assessment, ...]

    maps: ClassVar[MapCalls] = MapCalls(
        "comparison",
        (
            ("compare", "two to six scenarios side by side, in step"),
            ("difference", "who is reached sooner, and who later"),
            ("swipe", "two scenarios on one map, with a divider between them"),
            ("grid", "up to six scenarios, each with the share it reaches"),
        ),
    )
    """The calls that draw it: names to read, and to type."""

    def __repr__(self) -> str:
        """Say the shares of each scenario."""
        summary = self.summary()
        held = zip(summary["share"], summary["required_share"], strict=True)
        told = pd.Series([wording.share(share, goal=goal) for share, goal in held], index=summary.index)
        shares = told.unstack("scenario")  # noqa: PD010 - one column per scenario
        expected = ", expected over drives" if summary["median_share"].notna().any() else ""
        head = f"Comparison by {self.standard.name} (modelled shares within each objective{expected})"
        return f"{head}\n{shares.to_string()}\n{self.maps.line}"

    @property
    def baseline(self) -> Assessment:
        """What the others are compared with."""
        return self.assessments[0]

    @property
    def standard(self) -> Standard:
        """What all were held to."""
        return self.baseline.standard

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the scenarios."""
        return tuple(a.scenario.name for a in self.assessments)

    def __getitem__(self, name: str) -> Assessment:
        """Give the assessment of the scenario of that name."""
        for assessment in self.assessments:
            if assessment.scenario.name == name:
                return assessment
        raise KeyError(f"no scenario {name!r}; there are {listed(self.names)}")

    def summary(self) -> pd.DataFrame:
        """
        The headline figures of every scenario.

        Returns
        -------
        By `scenario`, `objective` and `measure`: the columns of `Assessment.summary`, and `change`: the share less that
        of the first scenario (0.05: five percentage points more).
        """
        before = [row["share"] for row in self.baseline.headlines]
        rows = [
            {"scenario": a.scenario.name, **row, "change": row["share"] - share}
            for a in self.assessments
            for row, share in zip(a.headlines, before, strict=True)
        ]
        return headline_table(rows, ["scenario", "objective", "measure"], [*SUMMARY_COLUMNS, "change"])

    def gains(self) -> pd.DataFrame:
        """
        Who comes within an objective, and who falls out of it, place by place.

        Returns
        -------
        By `scenario` (all but the first), `objective` and `measure`: `gained` (outside before, within now), `lost`
        (with a calibration both are expected: how much likelier, or less likely, each place is reached in time),
        `net`, `n`, `faster` and `slower` (arrival changed by more than 10 s) and the `unit`. Pairs are the same places
        with the first scenario's weights; a street that only one of them has is in no pair.
        """
        rows = []
        for after in self.assessments[1:]:
            for old, new in zip(self.baseline.arrivals, after.arrivals, strict=True):
                weight = np.where(old.measure.known, old.measure.weight, 0.0)
                new, there = paired(old, new)  # noqa: PLW2901 - the same places of it
                weight = np.where(there, weight, 0.0)
                with np.errstate(invalid="ignore"):
                    change_s = np.nan_to_num(new.arrival_s - old.arrival_s, nan=0.0)
                likelier = new.chance - old.chance
                gained = (weight * np.maximum(likelier, 0.0)).sum()
                lost = (weight * np.maximum(-likelier, 0.0)).sum()
                rows.append(
                    {
                        "scenario": after.scenario.name,
                        "objective": old.objective.key,
                        "measure": old.measure.name,
                        "gained": gained,
                        "lost": lost,
                        "net": gained - lost,
                        "n": weight.sum(),
                        "faster": weight[change_s < -NOTICEABLE_S].sum(),
                        "slower": weight[change_s > NOTICEABLE_S].sum(),
                        "unit": old.measure.unit,
                    }
                )
        columns = ["scenario", "objective", "measure"]
        return pd.DataFrame(rows).set_index(columns) if rows else pd.DataFrame(columns=columns).set_index(columns)

    @property
    def zones(self) -> pd.DataFrame:
        """The zones of every scenario, one below the other, by `scenario` and `zone_id`."""
        return self._zones.view()

    @cached_property
    def _zones(self) -> FrozenTable[pd.DataFrame]:
        zones = {a.scenario.name: a.zones for a in self.assessments}
        return freeze_own(pd.DataFrame(pd.concat(zones, names=["scenario"])))

    @takes
    def changes(self, scenario: str | None = None, *, objective: str | None = None) -> gpd.GeoDataFrame:
        """
        What changes for each zone.

        Parameters
        ----------
        scenario
            Name of the scenario; left out: the second.
        objective
            Key of the objective whose arrival is compared; left out: the first of the standard.

        Returns
        -------
        The zones of the first scenario with `before_s` and `after_s` (arrival of what the objective asks for) [s],
        `change_s` (negative: sooner; NaN: never reached, before and after), `first_due_before`, `first_due_after` (of
        what it asks for), and for each objective `<key>_change`: "gained", "lost" or "" (also where it does not apply).
        Where both scenarios are calibrated all these are of the median drive, and `<key>_chance_change` says besides
        how much likelier each zone is reached in time (0.05: five percentage points; NaN: it does not apply there).
        `.attrs` hold the `objective` and its `title`.
        """
        after = self._after(scenario)
        goal = chosen_objective(self.baseline, objective)
        old, new = self.baseline.zones, after.zones
        table = old[[*self.baseline.scenario.zones.columns]].copy()
        table["before_s"], table["after_s"] = old[f"{goal.key}_s"], new[f"{goal.key}_s"]
        with np.errstate(invalid="ignore"):
            table["change_s"] = table["after_s"] - table["before_s"]
        table["first_due_before"] = first_due(self.baseline.scenario, objective=goal)["first_due"].to_numpy(object)
        table["first_due_after"] = first_due(after.scenario, objective=goal)["first_due"].to_numpy(object)
        for other in self.standard.planned:
            was, now = old[f"{other.key}_within"], new[f"{other.key}_within"]
            if other.where:
                was, now = was & old[f"{other.key}_applies"], now & old[f"{other.key}_applies"]
            table[f"{other.key}_change"] = np.where(now & ~was, "gained", np.where(was & ~now, "lost", ""))
            chance = f"{other.key}_chance"
            if chance in old and chance in new:
                likelier = new[chance] - old[chance]
                table[f"{chance}_change"] = likelier.where(old[f"{other.key}_applies"]) if other.where else likelier
        table.attrs |= {"objective": goal.key, "title": goal.title}
        return table

    @takes
    def top(
        self,
        n: int = 10,
        *,
        by: Literal["seconds", "person_seconds"] = "seconds",
        to: Literal["zones", "addresses"] = "zones",
        scenario: str | None = None,
        objective: str | None = None,
        count: str | None = None,
        losses: bool = False,
    ) -> pd.DataFrame:
        """
        Name the places that gain most, or lose most.

        Parameters
        ----------
        n
            How many at most.
        by
            "seconds": how much sooner help comes; "person_seconds": that, times what is counted there.
        to
            "zones", or "addresses": by the column `address` of the incidents, which dispatch histories do not carry.
        scenario
            Name of the scenario; left out: the second.
        objective
            Key of the objective whose arrival is compared; left out: the first of the standard.
        count
            What is counted in the zones; left out: what the objective weighs, else people.
        losses
            Name those that lose.

        Returns
        -------
        By `zone_id` or `address` (means of its incidents), the greatest first: `before_s`, `after_s` and `change_s`
        (negative: sooner; -inf: reached now, and not before) [s], what is counted there (the column is named after it),
        `weighted_s` (the two multiplied), and `first_due_before`, `first_due_after`. Places of which nothing counts,
        and those that do not change, are left out. `.attrs` hold `objective`, `title`, `unit` and `changed`: how many
        places gain (or lose).

        Raises
        ------
        InputError
            If addresses are asked for and the incidents have none.
        """
        if n < 1:
            raise InputError(f"n is {n}: ask for one place or more")
        after = self._after(scenario)
        goal = chosen_objective(self.baseline, objective)
        counted = "incidents" if to == "addresses" else chosen_measure(self.baseline, goal.key, count=count)
        table, unit = (self._by_address if to == "addresses" else self._by_zone)(after, goal, counted)
        table = table.astype({"before_s": float, "after_s": float})
        with np.errstate(invalid="ignore"):
            table["change_s"] = table["after_s"] - table["before_s"]
            table["weighted_s"] = table["change_s"] * table[counted]
        table = table[(table[counted] > 0) & ((table["change_s"] > 0) if losses else (table["change_s"] < 0))]
        order = ["change_s", counted] if by == "seconds" else ["weighted_s", "change_s"]
        ranked = table.sort_values(order, ascending=[not losses, by != "seconds"], kind="stable")
        columns = ["before_s", "after_s", "change_s", counted, "weighted_s", "first_due_before", "first_due_after"]
        found = ranked[columns].head(n)
        found.attrs = {"objective": goal.key, "title": goal.title, "unit": unit, "changed": len(ranked)}
        return found

    def _after(self, scenario: str | None) -> Assessment:
        """Give the scenario of that name, or the second."""
        if scenario is not None and scenario not in self.names:
            raise UnknownIdError("scenario", scenario, self.names)
        return self[scenario] if scenario is not None else self.assessments[min(1, len(self.assessments) - 1)]

    def _by_zone(self, after: Assessment, goal: Objective, counted: str) -> tuple[pd.DataFrame, str]:
        """Zones with their arrival before and after, and how much of what is counted lies in each."""
        table = pd.DataFrame(self.changes(after.scenario.name, objective=goal.key).drop(columns="geometry"))
        measure = self.baseline.arrival(goal.key, counted).measure
        table[counted] = in_zones(self.baseline.scenario, measure)
        return table, measure.unit

    def _by_address(self, after: Assessment, goal: Objective, counted: str) -> tuple[pd.DataFrame, str]:
        """Addresses of incidents with their arrival before and after, and how many incidents each had."""
        calls = held(self.baseline.scenario).incidents
        if calls is None or "address" not in calls.columns:
            raise InputError(
                "the incidents have no column 'address' (dispatch histories are read without): ask for zones, or add it"
            )
        was, now = (a.arrival(goal.key, counted) for a in (self.baseline, after))
        table = pd.DataFrame(
            {
                "address": calls["address"].to_numpy(object),
                "before_s": was.arrival_s.astype(float),
                "after_s": now.arrival_s.astype(float),
                counted: np.where(was.measure.known, was.measure.weight, 0.0),
                "first_due_before": first_due(self.baseline.scenario, to="incidents", objective=goal)["first_due"],
                "first_due_after": first_due(after.scenario, to="incidents", objective=goal)["first_due"],
            }
        )
        table = table[table["address"].notna() & (table[counted] > 0)]
        by = table.groupby("address", sort=False)
        firsts = by.first()
        firsts[counted] = by[counted].sum()
        # An address may have many points: its time is the mean of its incidents', as what it gains is theirs.
        firsts[["before_s", "after_s"]] = by[["before_s", "after_s"]].mean()
        return firsts, was.measure.unit


def paired(before: Arrival, after: Arrival) -> tuple[Arrival, NDArray[np.bool_]]:
    """
    Give the arrival of another scenario at the same places, and which of them it has.

    Pieces of street are other rows where a street was built: they are found by where they lie.
    """
    places = before.measure.places
    streets = after.scenario.roads.geometry_fingerprint
    if places.kind != "roads" or before.scenario.roads.geometry_fingerprint == streets:
        return after, np.ones(len(places.ids), dtype=bool)
    same = same_pieces(before.scenario, places, after.scenario)
    times = force_arrival(after.scenario, same, after.objective.needs, after.objective.interval)
    return replace(after, measure=before.measure._replace(places=same), times=times), same.on_road.street >= 0


@takes
def compare(*scenarios: Scenario, standard: Standard | str) -> Comparison:
    """
    Hold several scenarios to one standard.

    Parameters
    ----------
    scenarios
        Two or more; the first is what the others are compared with. Their zones have the same ids.
    standard
        See `fireplan.standards`.

    Returns
    -------
    `Comparison`, with `.summary()`, `.gains()` and `.changes()`.

    Raises
    ------
    InputError
        If there are fewer than two, two have the same name, or their zones, weights, incidents or streets differ.
    """
    if len(scenarios) < 2:
        raise InputError("compare at least two scenarios, such as compare(today, new, standard=...)")
    names = [s.name for s in scenarios]
    twice = {n for n in names if names.count(n) > 1}
    if twice:
        raise InputError(f"scenarios need different names: {quoted(min(twice))} stands twice; pass name= to apply")
    for other in scenarios[1:]:
        unlike = _unlike(scenarios[0], other)
        if unlike:
            raise InputError(
                f"{quoted(other.name)} and {quoted(scenarios[0].name)} have different {listed(unlike)}: compare"
                " scenarios that come from one another by apply; assess roads of two vehicles each by itself"
            )
    return Comparison(tuple(assess(s, standard=standard) for s in scenarios))


@takes(own=("changes",))
def compare_many(
    scenario: Scenario,
    changes: Mapping[str, Change | Sequence[Change]] | Sequence[Change | Sequence[Change]],
    *,
    standard: Standard | str,
    processes: int = 1,
) -> pd.DataFrame:
    """
    Make many what-ifs of one scenario, and hold each to a standard beside it.

    Parameters
    ----------
    scenario
        What each is compared with.
    changes
        The what-ifs: by name one change, or several that are made one after the other; or a list of these, each
        called by its changes in words.
    standard
        See `fireplan.standards`.
    processes
        How many processes share the work, this one included. The figures are the same for any number. Another process
        takes a second or two to start, so more than one pays off from about a hundred what-ifs on.

    Returns
    -------
    By `what_if`, `objective` and `measure`, in the order given: the columns of `Comparison.summary`, with `change` (the
    share less that of `scenario`), and `gained`, `lost`, `net`, `faster` and `slower` of `Comparison.gains`. For maps
    and zones of one of them: `compare(scenario, scenario.apply(...), standard=...)`.

    Raises
    ------
    InputError
        If there is none, or two have the same name.
    UnknownIdError
        As from `Scenario.apply`; the note of the error names the what-if.

    Notes
    -----
    The roads and tables go to the other processes once, as a file that all of them map into memory, with what is known
    of `scenario` already. An interrupt ends them. In a script of one's own for Windows or macOS no
    `if __name__ == "__main__":` is needed.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town()
    >>> sites = {f"at {lat}": fp.OpenStation("S2", at=(-140.0, lat), units=("E2",)) for lat in (30.02, 30.03)}
    >>> found = fp.compare_many(town, sites, standard="NFPA_1710", processes=1)
    >>> found["change"].round(2).loc[:, "first_engine", "population"].to_dict()
    {'at 30.02': 0.45, 'at 30.03': 0.45}
    """
    options = _named_options(scenario, changes)
    if processes < 1:
        raise InputError(f"processes is {processes}: ask for one or more")
    with workers(_what_if, processes=min(processes, len(options))) as crew:
        question, first = _asked(scenario, standard_of(standard), options[0])
        rest = crew.do(options[1:], shared=question, what="what-ifs")
    return pd.DataFrame(pd.concat([first, *rest]))


class _Option(NamedTuple):
    """One what-if."""

    name: str
    changes: tuple[Change, ...]


def _named_options(
    scenario: Scenario, changes: Mapping[str, Change | Sequence[Change]] | Sequence[Change | Sequence[Change]]
) -> list[_Option]:
    """Take the what-ifs in, each with its name."""
    if isinstance(changes, str) or not isinstance(changes, Mapping | Iterable):
        raise InputError('compare_many: give what-ifs by name, such as {"without S1": fp.CloseStation("S1")}')
    named = changes.items() if isinstance(changes, Mapping) else ((None, one) for one in changes)
    options = []
    for name, given in named:
        several = tuple(given) if isinstance(given, Iterable) and not callable(given) else (given,)
        options.append(_Option(str(name) if name is not None else "; ".join(map(str, several)), several))
    if not options:
        raise InputError("compare_many: there is no what-if to make")
    counts = Counter([scenario.name, *(option.name for option in options)])
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise InputError(f"what-ifs need different names, and not that of the scenario: {listed(map(quoted, twice))}")
    return options


class _Question(NamedTuple):
    """What all what-ifs share: the scenario, the standard, and what is known of the scenario and its roads already."""

    scenario: Scenario
    standard: Standard
    known: dict[Hashable, object]
    of_roads: dict[str, Any]


def _asked(scenario: Scenario, standard: Standard, option: _Option) -> tuple[_Question, pd.DataFrame]:
    """Make the first what-if, and see what it takes of what is known: the others will need it too."""
    assess(scenario, standard=standard).summary()
    before = scenario.memo.kept()
    mark = object()
    scenario.memo.put(mark, None)
    first = _what_if(_Question(scenario, standard, {}, {}), option)
    after = list(scenario.memo.kept().items())
    used = after[[key for key, _ in after].index(mark) + 1 :]
    known = {key: value for key, value in used if key in before}
    return _Question(scenario, standard, known, worked_out(scenario.roads)), first


def _what_if(question: _Question, option: _Option) -> pd.DataFrame:
    """Make one what-if, and tell its figures."""
    scenario, standard, known, of_roads = question
    take_over(scenario.roads, of_roads)
    for key, value in known.items():  # where it came from all are at hand, and in a process that it was sent to
        if key not in scenario.memo:
            scenario.memo.put(key, value)
    try:
        made = compare(scenario, scenario.apply(*option.changes, name=option.name), standard=standard)
        told, moved = (table.loc[[option.name]] for table in (made.summary(), made.gains()))
    except FireplanError as error:
        error.add_note(f"in the what-if {quoted(option.name)}")
        raise
    table = told.join(moved[["gained", "lost", "net", "faster", "slower"]])
    return table.rename_axis(index={"scenario": "what_if"})


def _unlike(first: Scenario, other: Scenario) -> list[str]:
    """What two scenarios do not share, so that their places cannot be paired."""
    if (
        token(first, "zones") is token(other, "zones")
        and token(first, "incidents") is token(other, "incidents")
        and first.weights == other.weights
        and first.roads is other.roads
    ):
        return []
    tables = [held(s) for s in (first, other)]
    calls = [t.incidents.index if t.incidents is not None else pd.Index([]) for t in tables]
    weights = [counted_columns(s) for s in (first, other)]
    shared = {
        "zones": tables[0].zones.index.equals(tables[1].zones.index),
        "weights": weights[0] == weights[1],
        "incidents": calls[0].equals(calls[1]),
        "streets": other.roads.geometry_fingerprint == first.roads.geometry_fingerprint or _built_on(first, other),
    }
    return [part for part, same in shared.items() if not same]


def _built_on(one: Scenario, other: Scenario) -> bool:
    """Whether two networks come from the same one, to which streets were added."""
    roots = root(one).roads, root(other).roads
    return roots[0].geometry_fingerprint == roots[1].geometry_fingerprint


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
