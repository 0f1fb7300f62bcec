"""A covering question of a scenario, as a problem on rows, and its answer as a `Siting`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import numpy as np

from fireplan import wording
from fireplan.demand import zone_of
from fireplan.errors import InputError, UnknownIdError
from fireplan.siting._problem.aggregation import cover_problem
from fireplan.siting._problem.stepped_demand import beside, stepped_problem
from fireplan.siting._results.build_result import siting_of
from fireplan.siting._results.plan_proof import Proven, covered_weight
from fireplan.siting._results.site_values import CoverWeigher
from fireplan.siting._solvers.incumbent import check_limits, searching
from fireplan.siting._solvers.solve_cover import solve_cover
from fireplan.siting.models import stack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from fireplan.scenario import Change
    from fireplan.siting._problem.aims_and_rules import Aim
    from fireplan.siting._problem.constraints import Choice
    from fireplan.siting._problem.cover_matrix import Covers
    from fireplan.siting._problem.cover_problem import CoverProblem
    from fireplan.siting._problem.prepared_problem import Demand, Setting
    from fireplan.siting._problem.stepped_demand import Steps
    from fireplan.siting._problem.worth_by_place import WorthByPlace
    from fireplan.siting._results.siting_result import Siting


def covered(  # noqa: PLR0913 - a question has this many parts
    setting: Setting,
    aims: Sequence[Aim],
    *,
    what: str,
    stations: int,
    worth: tuple[float, ...],
    time_limit_s: float,
    gap: float,
    several: int = 1,
    closing: int | None = None,
    all_once: bool = False,
    goal: float | None = None,
    by_place: WorthByPlace | None = None,
    notes: tuple[str, ...] = (),
) -> Siting:
    """Ask a covering question of a scenario; of one aim, `by_place` may say what levels are worth at each place."""
    check_limits(time_limit_s=time_limit_s, gap=gap)
    checked_goal(goal)
    demands = [setting.demand(aim) for aim in aims]
    ids = setting.times(aims[0]).candidate_ids
    if by_place is None:
        asked = stated(
            setting, demands, ids, stations, worth=worth, several=several, closing=closing, all_once=all_once
        )
    else:
        asked = stated_by_place(setting, demands[0], ids, stations, by_place=by_place, several=several)
    problem = asked.problem
    with searching(sense=1, what=what, time_limit_s=time_limit_s, gap=gap, step=problem.step) as search:
        solve_cover(problem, search)

    def prove(plan: tuple[Change, ...]) -> Proven:
        levels = problem.worth if by_place is None else by_place.at
        found = [covered_weight(setting, plan, demand, worth=levels) for demand in demands]
        each = list(zip(scales(demands), found, strict=True))
        return Proven(sum(s * f.value for s, f in each), sum(s * f.rounded for s, f in each))

    wanted = "; ".join(str(d.aim) for d in demands) + (", each place by how likely it is" if asked.steps else "")
    return siting_of(
        setting,
        CoverWeigher(problem),
        problem.choice,
        search.answer(),
        ids=ids,
        question=f"{what}; {wanted}; up to {problem.choice.quota[0]} of {wording.counted(len(ids), 'candidate')}",
        unit=demands[0].unit if len(demands) == 1 else "weighted share",
        total=problem.total,
        prove=prove,
        tie_s=tie_breaker(setting, demands, asked),
        notes=notes,
        move=closing is not None,
        goal=math.nan if goal is None or len(demands) > 1 else goal,
        set_aside=setting.times(demands[0].aim).set_aside,
    )


def checked_goal(goal: float | None) -> None:
    """Make sure that a goal is a share."""
    if goal is not None and not 0 < goal <= 1:
        raise InputError(f"goal is {goal}: give a share such as 0.9 for 90 %")


class Stated(NamedTuple):
    """
    A question of a scenario as a covering problem.

    Attributes
    ----------
    problem
        The problem.
    steps
        Where the chances of each aim lie in it, and from which row on; (): places are reached or not.
    shares
        Parts of the one aim that are rows of their own, as shares of the weight of each place; (): there are none.
    """

    problem: CoverProblem
    steps: tuple[Steps, ...] = ()
    shares: tuple[NDArray[np.float64], ...] = ()


def problem_of(
    setting: Setting,
    demands: Sequence[Demand],
    ids: pd.Index,
    stations: int,
    *,
    floors: dict[str, tuple[NDArray[np.bool_], float]] | None = None,
    all_once: bool = False,
) -> CoverProblem:
    """State a question of a scenario as a covering problem in which being covered once is worth all there is."""
    return stated(setting, demands, ids, stations, floors=floors, all_once=all_once).problem


def stated(  # noqa: PLR0913 - a question has this many parts
    setting: Setting,
    demands: Sequence[Demand],
    ids: pd.Index,
    stations: int,
    *,
    worth: tuple[float, ...] = (1.0,),
    several: int = 1,
    closing: int | None = None,
    all_once: bool = False,
    floors: dict[str, tuple[NDArray[np.bool_], float]] | None = None,
) -> Stated:
    """
    State a question of a scenario as a covering problem: the places of each aim are rows of their own.

    Where it is known how drives differ, a place is covered by chance, and has a row for each step of it.
    """
    must_stand(setting, ids)
    choice = setting.choice(ids, stations=stations, closing=closing, several=several)
    floors = _floors(setting, demands) if floors is None else floors
    if setting.law(demands[0].aim) is not None:
        steps = steps_of(setting, demands, choice, n_new=len(ids), worth=worth, floors=floors)
        must = [must_be_reached(setting, demands, choice, worth=worth)] if all_once else []
        return Stated(beside(*(s.problem for s in steps), *must), steps)
    parts = [setting.covers(d.aim) for d in demands]
    covers = stack(*(p[0] for p in parts))
    must_reach(covers, len(ids), demands)
    weight = np.concatenate([d.weight * s for d, s in zip(demands, scales(demands), strict=True)])
    base = np.concatenate([p[2] for p in parts])
    required = None
    if all_once:
        reached = base > 0
        reached[covers.place] = True
        required = (weight > 0) & reached
    problem = cover_problem(
        covers, weight, choice, worth=worth, base=base, units=parts[0][1],
        points=np.concatenate([d.points for d in demands]), required=required, floors=floors,
    )  # fmt: skip
    return Stated(problem)


def stated_by_place(
    setting: Setting, demand: Demand, ids: pd.Index, stations: int, *, by_place: WorthByPlace, several: int
) -> Stated:
    """State a question whose levels are worth more at some places than at others: see `WorthByPlace`."""
    if setting.rules.floor_by:
        raise InputError(
            "floor_by asks whom anybody reaches, and busy shares that differ ask who is free: leave it out"
        )
    must_stand(setting, ids)
    choice = setting.choice(ids, stations=stations, several=several)
    law = setting.law(demand.aim)
    if law is not None:
        steps = []
        for part in by_place.parts:
            chanced = setting.chanced(demand.aim, law, levels=len(part.worth))
            steps.append(
                stepped_problem(chanced, demand.weight * part.share, choice, worth=part.worth, points=demand.points)
            )
        if not any(s.problem.runs.start[len(ids)] for s in steps):
            _nothing_reached([demand])
        joined = by_place.joined([s.problem for s in steps], math.fsum(demand.weight))
        return Stated(joined, tuple(steps), tuple(part.share for part in by_place.parts))
    covers, units, base = setting.covers(demand.aim)
    must_reach(covers, len(ids), [demand])
    problems = [
        cover_problem(
            covers, demand.weight * part.share, choice, worth=part.worth, base=base, units=units, points=demand.points
        )
        for part in by_place.parts
    ]
    joined = by_place.joined(problems, math.fsum(demand.weight))
    return Stated(joined, shares=tuple(part.share for part in by_place.parts))


def steps_of(
    setting: Setting,
    demands: Sequence[Demand],
    choice: Choice,
    *,
    n_new: int,
    worth: tuple[float, ...],
    floors: dict[str, tuple[NDArray[np.bool_], float]],
) -> tuple[Steps, ...]:
    """Lay out the chances of each aim in steps: see `stepped_problem`."""
    found, first, reached = [], 0, False
    for demand, scale in zip(demands, scales(demands), strict=True):
        law = setting.law(demand.aim)
        if law is None:
            raise InputError(f"{demand.aim}: its conditions leave the calibration, and another aim keeps it")
        chanced = setting.chanced(demand.aim, law, levels=len(worth))
        mine = slice(first, first + chanced.n_places)
        new = chanced.place[: chanced.start[n_new]]
        reached |= bool((demand.weight[new][chanced.chance[: len(new)] > 0] > 0).any())
        of_mine = {name: (inside[mine], share) for name, (inside, share) in floors.items()}
        found.append(
            stepped_problem(
                chanced, demand.weight * scale, choice, worth=worth, points=demand.points, floors=of_mine
            )
        )  # fmt: skip
        first = mine.stop
    if not reached:
        _nothing_reached(demands)
    return tuple(found)


def must_be_reached(
    setting: Setting, demands: Sequence[Demand], choice: Choice, *, worth: tuple[float, ...]
) -> CoverProblem:
    """State that all that can be reached has to be, at the median drive: rows of no weight."""
    parts = [setting.covers(d.aim) for d in demands]
    covers, base = stack(*(p[0] for p in parts)), np.concatenate([p[2] for p in parts])
    reached = base > 0
    reached[covers.place] = True
    counts = np.concatenate([d.weight for d in demands]) > 0
    return cover_problem(
        covers, np.zeros(len(counts)), choice, worth=worth, base=base, units=parts[0][1],
        points=np.concatenate([d.points for d in demands]), required=counts & reached,
    )  # fmt: skip


def must_stand(setting: Setting, ids: pd.Index) -> None:
    """Make sure that some candidate can be used."""
    if len(ids) == 0:
        raise InputError(
            f"none of {wording.count(len(setting.candidates))} candidates stands on a road that an engine may"
            " leave by:"
            " check their coordinates"
        )


def scales(demands: Sequence[Demand]) -> list[float]:
    """Say what one unit of each aim's weight is worth: 1 where there is one aim, else importance by share."""
    if len(demands) == 1:
        return [1.0]
    return [d.aim.importance / float(d.weight.sum()) for d in demands]


def must_reach(covers: Covers, n_new: int, demands: Sequence[Demand]) -> None:
    """Make sure that some candidate reaches something that counts."""
    weight = np.concatenate([d.weight for d in demands])
    if not (weight[covers.place[: covers.start[n_new]]] > 0).any():
        _nothing_reached(demands)


def _nothing_reached(demands: Sequence[Demand]) -> NoReturn:
    limits = ", ".join(str(d.aim) for d in demands)
    raise InputError(f"no candidate reaches anything that counts ({limits}): give others, or a longer limit")


def _floors(setting: Setting, demands: Sequence[Demand]) -> dict[str, tuple[NDArray[np.bool_], float]]:
    """Districts with the share that has to be reached in each: rows of the first aim."""
    rules = setting.rules
    if not rules.floor_by:
        return {}
    rest = np.zeros(sum(len(d.weight) for d in demands[1:]), dtype=bool)
    parts = districts(setting, demands[0], rules.floor_by)
    return {name: (np.concatenate([inside, rest]), rules.floor) for name, inside in parts.items()}


def districts(setting: Setting, demand: Demand, by: str) -> dict[str, NDArray[np.bool_]]:
    """Part the places of an aim by a column of the zones; parts without weight are left out."""
    zones = setting.scenario.zones
    if by not in zones.columns:
        raise UnknownIdError("column of the zones", by, zones.columns)
    if demand.places.kind == "zones":
        named = zones[by].astype(str).to_numpy()
    else:
        zone = zone_of(setting.scenario.incidents, zones)
        named = np.append(zones[by].astype(str).to_numpy(), "outside every zone")[zone]
    return {name: named == name for name in sorted(set(named[demand.weight > 0]))}


def tie_breaker(
    setting: Setting, demands: Sequence[Demand], asked: Stated
) -> Callable[[NDArray[np.int64]], NDArray[np.float64]]:
    """Say how soon each candidate is, on average, at what it would add to others."""
    problem = asked.problem
    if asked.steps:
        who = np.concatenate([s.column for s in asked.steps])
        time_s = np.concatenate([s.time_s for s in asked.steps]).astype(float)
        first = np.cumsum([0, *(s.problem.runs.n_rows for s in asked.steps)])
        lo = np.concatenate([s.lo + n for s, n in zip(asked.steps, first, strict=False)])
        hi = np.concatenate([s.hi + n for s, n in zip(asked.steps, first, strict=False)])
    else:
        weights = [d.weight * s for d, s in zip(demands, scales(demands), strict=True)]
        if asked.shares:
            demands, weights = list(demands) * len(asked.shares), [weights[0] * share for share in asked.shares]
        several = [setting.times(d.aim) for d in demands]
        first = np.cumsum([0, *(len(d.weight) for d in demands)])
        who = np.concatenate([np.repeat(np.arange(len(t.candidate_ids)), np.diff(t.start)) for t in several])
        place = np.concatenate([t.place + first[i] for i, t in enumerate(several)])
        time_s = np.concatenate([t.travel_s for t in several])
        weight = np.concatenate(weights)
    worth = np.append(problem.worth, 0.0)

    def gain_beside(others: NDArray[np.int64]) -> NDArray[np.float64]:
        count = problem.counted(others)
        if asked.steps:
            sums = np.append(0.0, np.cumsum(problem.weight * worth[np.minimum(count, len(problem.worth))]))
            return np.asarray(sums[hi] - sums[lo])
        level = np.where(problem.row >= 0, np.minimum(count[problem.row], len(problem.worth)), len(problem.worth))
        return np.asarray((weight * worth[level])[place])

    def of(others: NDArray[np.int64]) -> NDArray[np.float64]:
        gain = gain_beside(others)
        total = np.bincount(who, weights=gain, minlength=problem.runs.n)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean_s = np.bincount(who, weights=gain * time_s, minlength=problem.runs.n) / total
        return np.where(total > 0, mean_s, np.inf)

    return of
