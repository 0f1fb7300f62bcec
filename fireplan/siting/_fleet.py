"""Siting of stations and units of several kinds together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan.changes import AddUnit
from fireplan.errors import Faults, FireplanError, InputError
from fireplan.siting._cover_question import must_reach, must_stand
from fireplan.siting._problem.aims_and_rules import Aim, Rules
from fireplan.siting._problem.cover_matrix import Covers
from fireplan.siting._problem.integer_program import ProgramRows
from fireplan.siting._problem.prepared_problem import setting_of
from fireplan.siting._problem.what_counts import default_weight
from fireplan.siting._results.build_result import NOTE, drives_said
from fireplan.siting._results.plan_proof import assessed, must_agree, new_unit, openings, placed, reached_by
from fireplan.siting._results.siting_result import Siting
from fireplan.siting._solvers.highs import TOLERANCE, conclude, solve
from fireplan.siting._solvers.incumbent import searching

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.siting._problem.integer_program import IntegerProgram
    from fireplan.siting._problem.prepared_problem import Demand, Setting
    from fireplan.siting._solvers.incumbent import Search


@dataclass(frozen=True, eq=False)
class Fleet:
    """
    Where units of each kind may stand, and whom they would reach.

    Columns are places to stand, candidates first, then open stations; a choice names (kind, column) as
    kind * columns + column, once for each unit.
    """

    kinds: tuple[str, ...]
    reaches: tuple[Covers, ...]
    already: NDArray[np.bool_]
    weight: NDArray[np.float64]
    count: tuple[int, ...]
    stations: int
    n_new: int

    @property
    def n(self) -> int:
        """How many places to stand there are."""
        return self.reaches[0].n

    def reached(self, chosen: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say which places a unit of each kind reaches; kinds x places."""
        found = self.already.copy()
        for one in chosen:
            kind, column = divmod(int(one), self.n)
            there = self.reaches[kind]
            found[kind, there.place[there.start[column] : there.start[column + 1]]] = True
        return found

    def objective(self, chosen: NDArray[np.int64]) -> float:
        """Weight reached by every kind."""
        return float(self.weight[self.reached(chosen).all(axis=0)].sum())

    def one_of_each(self, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
        """Say what one unit of each kind at each candidate would add."""
        have = self.reached(chosen)
        found = np.empty(self.n_new)
        for j in range(self.n_new):
            there = have.copy()
            for kind, covers in enumerate(self.reaches):
                there[kind, covers.place[covers.start[j] : covers.start[j + 1]]] = True
            found[j] = self.weight[there.all(axis=0)].sum()
        return np.asarray(found - self.weight[have.all(axis=0)].sum())

    def allows(self, chosen: NDArray[np.int64]) -> bool:
        """Say whether numbers of stations and units are kept."""
        kind, column = np.divmod(chosen, self.n)
        used = np.bincount(kind, minlength=len(self.kinds))
        opened = len(np.unique(column[column < self.n_new]))
        return bool((used <= np.array(self.count)).all() and opened <= self.stations)

    def program(self) -> IntegerProgram:
        """State it as an integer program: open candidate, units of each kind, then each place reached by all."""
        n, n_new, k = self.n, self.n_new, len(self.kinds)
        rows = ProgramRows()
        rows.add(np.arange(n_new), 1.0, upper=float(self.stations))
        first = n_new + np.arange(k) * n
        for kind in range(k):
            rows.add(first[kind] + np.arange(n), 1.0, upper=float(self.count[kind]))
            housed = np.stack([first[kind] + np.arange(n_new), np.arange(n_new)], axis=1).ravel()
            most = np.tile([1.0, -1.0], n_new)  # a second unit of the kind at one site reaches nobody more
            rows.add(housed, most, count=np.full(n_new, 2), upper=0.0)
        group, weight = self._rows()
        row_at = n_new + k * n
        for kind in range(k):
            self._add_reach(rows, group, kind, first=int(first[kind]), row_at=row_at)
        size = row_at + len(weight)
        return rows.program(
            sense=1,
            cost=np.concatenate([np.zeros(row_at), weight]),
            upper=np.ones(size),
            integer=np.arange(size) < row_at,
            name={
                "open candidate": (0, n_new),
                **{f"{name} at": (int(first[i]), int(first[i]) + n) for i, name in enumerate(self.kinds)},
                "reached by all": (row_at, size),
            },
            offset=float(self.weight[self.already.all(axis=0)].sum()),
        )

    def _rows(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Merge places that the same units would reach and that lack the same kinds; -1: nothing can be gained."""
        key = np.random.default_rng(0).integers(1, 2**62, (len(self.kinds), self.n))
        seen = np.zeros((len(self.kinds), len(self.weight)), dtype=np.int64)
        for kind, covers in enumerate(self.reaches):
            who = np.repeat(np.arange(self.n), np.diff(covers.start))
            np.add.at(seen[kind], covers.place, key[kind][who])
        lacking = ~self.already
        open_places = lacking.any(axis=0) & ((seen != 0) | self.already).all(axis=0) & (self.weight > 0)
        signature = np.where(lacking, seen, 0).T[open_places]
        group = np.full(len(self.weight), -1, dtype=np.int64)
        if not open_places.any():
            return group, np.empty(0)
        _, inverse = np.unique(signature, axis=0, return_inverse=True)
        group[open_places] = inverse.ravel()
        return group, np.bincount(group[open_places], weights=self.weight[open_places]).astype(float)

    def _add_reach(self, rows: ProgramRows, group: NDArray[np.int64], kind: int, *, first: int, row_at: int) -> None:
        """Add for each row that lacks a kind: reached by all - units of the kind that reach it <= 0."""
        covers, lacks = self.reaches[kind], ~self.already[kind]
        _, leader = np.unique(group, return_index=True)
        leads = np.zeros(len(group), dtype=bool)
        leads[leader] = True
        leads &= (group >= 0) & lacks
        who = np.repeat(np.arange(self.n), np.diff(covers.start))
        used = leads[covers.place]
        row = np.concatenate([group[covers.place[used]], group[leads]])
        column = np.concatenate([first + who[used], row_at + group[leads]])
        value = np.repeat([-1.0, 1.0], [int(used.sum()), int(leads.sum())])
        order = np.argsort(row, kind="stable")
        count = np.bincount(row, minlength=1)
        rows.add(column[order], value[order], count=count[count > 0], upper=0.0)


@takes
def fleet(  # noqa: PLR0913 - a question has this many parts
    scenario: Scenario,
    *,
    stations: int = 1,
    units: Mapping[str, int],
    within_s: Mapping[str, float],
    candidates: gpd.GeoDataFrame | gpd.GeoSeries,
    weight: str | None = None,
    interval: str = "travel_s",
    time_limit_s: float = 60.0,
    gap: float = 0.0,
) -> Siting:
    """
    Site stations and units of several kinds together, so that as much as possible is reached by all kinds (FLEET).

    Parameters
    ----------
    scenario, candidates, weight, time_limit_s, gap
        As in `max_coverage`. New units may also go to stations that are open.
    stations
        How many stations may be opened.
    units
        How many units of each kind there are to place, such as `{"engine": 2, "truck": 1}`.
    within_s
        Limit of each kind, such as `{"engine": 240, "truck": 480}`. [s]
    interval
        "travel_s" or "turnout_and_travel_s".

    Returns
    -------
    The plan; its objective is the weight reached in time by a unit of every kind. In `sites`, `chosen` counts the new
    units at a site, and `alone` is what one unit of each kind there would add.

    Notes
    -----
    After FLEET (Schilling, Elzinga, Cohon, Church and ReVelle 1979), beside existing stations. HiGHS solves it.
    """
    faults = Faults("the fleet")
    if not units or set(units) != set(within_s):
        faults.add("units and within_s have to name the same kinds, such as engine and truck")
    if any(n < 0 or n != int(n) for n in units.values()) or stations < 0:
        faults.add("numbers of stations and units have to be whole, zero or more")
    if len(scenario.units) == 0:
        faults.add("the scenario has no units: say which each station houses")
    faults.raise_if_any()
    name = weight or default_weight(scenario)
    aims = {kind: Aim(name, limit_s) for kind, limit_s in within_s.items()}
    rules = {k: Rules(unit=k, interval=interval) for k in units}
    settings = {k: setting_of(scenario, candidates, rules[k], medians=True) for k in units}
    first = next(iter(units))
    demand, ids = settings[first].demand(aims[first]), settings[first].times(aims[first]).candidate_ids
    must_stand(settings[first], ids)
    if stations > len(ids):
        raise InputError(
            f"{wording.counted(stations, 'station is', 'stations are')} to be opened at"
            f" {wording.counted(len(ids), 'candidate')}: ask for fewer"
        )
    homes = list(map(str, scenario.stations.index[scenario.stations["open"]]))
    reach = [_reach(settings[k], aims[k], homes) for k in units]
    asked = Fleet(
        tuple(units), tuple(r[0] for r in reach), np.stack([r[1] for r in reach]), demand.weight,
        tuple(map(int, units.values())), stations, len(ids),
    )  # fmt: skip
    must_reach(asked.reaches[0], asked.n, [demand])
    with searching(sense=1, what="fleet", time_limit_s=time_limit_s, gap=gap) as search:
        place_fleet(asked, search)
    return _siting(settings, asked, search, demand, ids=ids, homes=homes, aims=aims)


def _reach(setting: Setting, aim: Aim, homes: list[str]) -> tuple[Covers, NDArray[np.bool_]]:
    """Whom a new unit would reach from each candidate and each open station, and who is reached already."""
    covers, _, base = setting.covers(aim)
    everywhere = setting.from_stations(aim, homes)
    start, place = [covers.start], [covers.place]
    for row in everywhere:
        near = np.flatnonzero(row).astype(np.int32)
        start.append(start[-1][-1:] + len(near))
        place.append(near)
    return Covers(np.concatenate(start), np.concatenate(place), covers.n_places), base > 0


def place_fleet(asked: Fleet, search: Search) -> None:
    """Find the best places, telling the search."""
    search.tighten(float(asked.weight.sum()))
    none = np.empty(0, dtype=np.int64)
    search.improve(none, asked.objective(none))
    search.check()
    program = asked.program()
    search.model = program
    solved = solve(program, search)
    if solved[0] is not None:
        values = solved[0]
        chosen = np.flatnonzero(values[asked.n_new : asked.n_new + len(asked.kinds) * asked.n] > 0.5)
        value, claimed = asked.objective(chosen), float(program.cost @ values + program.offset)
        if not asked.allows(chosen) or value < claimed - 10 * TOLERANCE * max(1.0, claimed):
            raise FireplanError(f"HiGHS claims {claimed:.9g} for a choice that attains {value:.9g}: report it")
        search.improve(chosen, value)
    conclude(solved, search, infeasible=lambda: "no choice meets these conditions")


def _siting(
    settings: Mapping[str, Setting],
    asked: Fleet,
    search: Search,
    demand: Demand,
    *,
    ids: pd.Index,
    homes: list[str],
    aims: Mapping[str, Aim],
) -> Siting:
    """Turn the answer into a plan, assess it, and score the candidates."""
    answer, setting = search.answer(), next(iter(settings.values()))
    kind, column = np.divmod(answer.chosen, asked.n)
    sites = placed(setting, ids)
    sites["chosen"] = np.bincount(column[column < len(ids)], minlength=len(ids))
    none = np.empty(0, dtype=np.int64)
    sites["alone"], sites["beside"] = asked.one_of_each(none), asked.one_of_each(answer.chosen)
    plan = openings(sites[sites["chosen"] > 0])
    taken = set(setting.scenario.units.index)
    named = [*map(str, ids), *homes]
    for k, j in zip(kind, column, strict=True):
        unit = new_unit(asked.kinds[k], named[j], taken)
        plan.append(AddUnit(unit, to=named[j], type=asked.kinds[k]))
    within = [
        assessed(settings[k], tuple(plan), demand._replace(aim=aims[k]), levels=1).arrival("units_1", demand.aim.weight)
        for k in asked.kinds
    ]
    found = float(demand.weight[np.all([w.within for w in within], axis=0)].sum())
    may_change = [
        reached_by(settings[k], demand._replace(aim=aims[k]), w)[1] for k, w in zip(asked.kinds, within, strict=True)
    ]
    must_agree(answer.objective, found, demand.unit, float((demand.weight * np.max(may_change, axis=0)).sum()))
    wanted = ", ".join(
        f"{n} {k} ({wording.clock(aims[k].within_s)})" for k, n in zip(asked.kinds, asked.count, strict=True)
    )
    before = asked.objective(none)
    curve = pd.DataFrame({"take": ["", "all"], "objective": [before, answer.objective]})
    curve["gain"] = curve["objective"].diff().fillna(0.0)
    curve["share"] = curve["objective"] / float(demand.weight.sum())
    curve.index = pd.Index([0, int((sites["chosen"] > 0).sum())], name="stations")
    return Siting(
        scenario=setting.scenario,
        question=f"most {demand.aim.weight} reached by all kinds; up to {asked.stations} of"
        f" {wording.counted(len(ids), 'candidate')},"
        f" {wanted}",
        plan=tuple(plan),
        objective=answer.objective,
        bound=answer.bound,
        unit=demand.unit,
        before=before,
        total=float(demand.weight.sum()),
        status=answer.status,
        reason=answer.reason,
        sites=sites,
        set_aside=setting.times(demand.aim).set_aside,
        runner_ups=pd.DataFrame(columns=["leave_out", "take", "objective", "behind"]),
        curve=curve,
        model=answer.model,
        notes=(NOTE, *drives_said(setting), "runner-ups and an order of building are not worked out for a fleet"),
    )
