"""Where to put stations: optima and their proofs, beside spopt with CBC and beside HiGHS alone."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measuring import CannotRunError, Contest, Way
from benchmarks.tasks.shared import demand
from benchmarks.tasks.siting_cases import CITY, COUNTRY, FARMS, QUICK, Case, forget, or_library, stores
from fireplan.siting._solvers.highs import solve
from fireplan.siting._solvers.incumbent import Answer, relative_gap, searching
from fireplan.siting.models import (
    expected_coverage_matrix,
    max_coverage_matrix,
    p_center_matrix,
    p_median_matrix,
    set_cover_matrix,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fireplan.siting._problem.integer_program import IntegerProgram

BUSY = 0.2
SAME = 1e-6
"""Objectives that differ by a smaller share are the same: solvers leave whole numbers and conditions unmet by this."""

OURS_LIMIT_S, HIGHS_LIMIT_S, CBC_LIMIT_S = 60.0, 180.0, 600.0
HIGHS_CLOSE_S = 60.0
HIGHS, BARE_HIGHS, SPOPT = "HiGHS, same reduced model", "HiGHS, the same, no presolve", "spopt + CBC"
NO_PRESOLVE = {"presolve": "off"}
"""HiGHS's presolve of covering programs takes longer than it saves, and does not stop at the time limit."""
SIMPLY_HIGHS = "places covered alike merged; stating the program not counted"
SIMPLY_SPOPT = "building counted; CBC's own process does not show in MB"

NO_SPOPT = "spopt not run: it would build for minutes"


@dataclass(frozen=True)
class Theirs:
    """What another program found, and how long it built."""

    objective: float
    built_s: float
    solved_s: float


def contests(*, quick: bool) -> Iterator[Contest]:
    # Contests on the same places follow each other: only those of one case are kept.
    if quick:
        yield from _on_towns(Case(QUICK, 60, 400, 3))
    else:
        yield from _on_country()
    forget()
    count = 3 if quick else 20
    yield _median(count, judged=not quick)
    yield _center(count, judged=not quick)
    yield _stores(judged=not quick)


def _on_towns(case: Case) -> Iterator[Contest]:
    """All kinds, small."""
    yield _max_cover(case, times_faster={SPOPT: 50}, judged=False)
    yield _set_cover(case, spopt=True, judged=False)
    yield _what_is_left(case, judged=False)
    yield _expected(case, judged=False)


def _on_country() -> Iterator[Contest]:
    case = Case(COUNTRY, 200, 2_000, 8)
    yield _max_cover(case, times_faster={SPOPT: 50})
    yield _set_cover(case, spopt=True)
    case = Case(COUNTRY, 1_000, 20_000, 15)
    yield _max_cover(case, times_faster={SPOPT: 100, HIGHS: 3, BARE_HIGHS: 3}, most_ms=1_000.0)
    yield _set_cover(case, spopt=False)
    yield _what_is_left(case)
    yield _expected(case)
    case = Case(COUNTRY, 5_000, 100_000, 30, reach_s=480.0)
    yield _max_cover(case, times_faster={HIGHS: 8, BARE_HIGHS: 8}, most_ms=6_000.0, spopt=False)
    case = Case(COUNTRY, 5_000, 100_000, 30, limit_s=480.0, reach_s=480.0)
    yield _close(case, time_limit_s=20.0, gap=0.005)
    case = Case(FARMS, 5_000, 100_000, 30, limit_s=480.0, reach_s=480.0)
    yield _close(case, time_limit_s=20.0, gap=0.005)
    case = Case(CITY, 1_000, 20_000, 15)
    yield _close(case, time_limit_s=20.0)


@cache
def compile_ahead() -> None:
    """Solve something tiny by each model."""
    rng = np.random.default_rng(0)
    covers, weights = rng.random((12, 60)) < 0.3, np.ones(60)
    costs, points = rng.random((12, 60)), rng.random((60, 2))
    max_coverage_matrix(covers, weights, 3, points=points, time_limit_s=20.0)
    expected_coverage_matrix(covers, weights, 3, busy=BUSY, points=points, time_limit_s=20.0)
    set_cover_matrix(covers, required=covers.any(axis=0), time_limit_s=20.0)
    p_median_matrix(costs, weights, 3, time_limit_s=20.0)
    p_center_matrix(costs, 3, time_limit_s=20.0)


def by_highs(program: IntegerProgram, time_limit_s: float, options: dict[str, object] | None = None) -> Answer:
    """Solve a program by HiGHS alone; what it chose is not read, its objective and bound are."""
    with searching(sense=program.sense, what="HiGHS", time_limit_s=time_limit_s) as search:
        solved = solve(program, search, options=options)
        if solved.values is not None:
            search.improve(np.empty(0), float(program.cost @ solved.values + program.offset))
        if not solved.finished:
            search.end("time_limit")
    return search.answer()


def _max_cover(
    case: Case,
    *,
    times_faster: dict[str, float],
    most_ms: float | None = None,
    spopt: bool = True,
    judged: bool = True,
) -> Contest:
    def check(ours, theirs):
        return _cover_remark(case, ours, theirs), ours.status == "optimal"

    peers = [_highs(case, HIGHS, HIGHS_LIMIT_S), _highs(case, BARE_HIGHS, HIGHS_LIMIT_S)]
    if spopt:
        peers.insert(0, Way(SPOPT, lambda: _spopt_max_cover(case), _with_spopt(case), note=SIMPLY_SPOPT))
    return Contest(
        task="siting",
        title=f"MCLP {case.size}, {case.limit_s:.0f} s, p={case.p}",
        place=case.place,
        ours=Way("fireplan", lambda: _ours_max_cover(case, OURS_LIMIT_S), _ready(case)),
        peers=tuple(peers),
        check=check,
        times_faster=times_faster,
        most_ms=most_ms,
        quality="proven",
        clock="wall",
        judged=judged,
    )


def _highs(case: Case, name: str, time_limit_s: float, *, same_work: bool = True) -> Way:
    """HiGHS alone on the problem that fireplan solves, as it comes or without its presolve."""
    then = ": if it takes as long, the ratio is a lower bound" if same_work else ""
    options = NO_PRESOLVE if name == BARE_HIGHS else {}
    return Way(
        name,
        lambda: by_highs(case.program, time_limit_s, options),
        prepare=lambda: case.program,
        note=f"{SIMPLY_HIGHS}; {time_limit_s:.0f} s at most{then}",
        same_work=same_work,
    )


def _close(case: Case, *, time_limit_s: float, gap: float | None = None) -> Contest:
    """How close both come where the optimum is hard to prove; without a gap there is no target."""

    def check(ours, theirs):
        return _cover_remark(case, ours, theirs), gap is None or ours.gap <= gap

    where = {CITY: "one city", FARMS: "towns and farms"}.get(case.land, "towns")
    return Contest(
        task="siting",
        title=f"MCLP {case.size}, {case.limit_s:.0f} s, p={case.p}, {where}: how close",
        place=case.place,
        ours=Way("fireplan", lambda: _ours_max_cover(case, time_limit_s, gap or 0.0), _ready(case)),
        peers=(_highs(case, BARE_HIGHS, HIGHS_CLOSE_S, same_work=False),),
        check=check,
        most_ms=None if gap is None else time_limit_s * 1000,
        quality="" if gap is None else f"gap {gap:.1%}",
        clock="wall",
    )


def _set_cover(case: Case, *, spopt: bool, judged: bool = True) -> Contest:
    def check(ours, theirs):
        demand(_covers_all(case, ours), "the choice leaves places uncovered")
        said = [f"{ours.objective:.0f} sites", _ended(ours)]
        said += [_compared(name, ours, their) for name, their in theirs.items()]
        return "; ".join(filter(None, said)), ours.status == "optimal"

    peer = Way(SPOPT, lambda: _spopt_set_cover(case), _with_spopt(case), note=SIMPLY_SPOPT)
    return Contest(
        task="siting",
        title=f"LSCP {case.size}, {case.limit_s:.0f} s, reduction and all",
        place=case.place,
        ours=Way("fireplan", lambda: _ours_set_cover(case), _ready(case), note="" if spopt else NO_SPOPT),
        peers=(peer,) if spopt else (),
        check=check,
        quality="proven",
        clock="wall",
        judged=judged,
    )


def _what_is_left(case: Case, *, judged: bool = True) -> Contest:
    """Time of HiGHS on the set cover that reduction leaves."""
    left: list[Answer] = []

    def prepare():
        _ready(case)()
        left[:] = [_ours_set_cover(case)]

    def check(ours, _):
        demand(math.isclose(ours.objective, left[0].objective, rel_tol=SAME), f"{ours.objective} sites")
        program = left[0].model
        candidates = int((program.upper > 0).sum())
        said = f"{candidates} candidates, {len(program.row_lower)} rows are left"
        return f"{said}; {_ended(ours)}", ours.status == "optimal"

    return Contest(
        task="siting",
        title=f"LSCP {case.size}, what reduction leaves",
        place=case.place,
        ours=Way("fireplan", lambda: by_highs(left[0].model, OURS_LIMIT_S), prepare),
        check=check,
        most_ms=50.0,
        quality="proven",
        clock="wall",
        judged=judged,
    )


def _expected(case: Case, *, judged: bool = True) -> Contest:
    def ours():
        how = {"busy": BUSY, "points": case.points, "time_limit_s": 10.0, "gap": 0.001}
        return expected_coverage_matrix(case.covers, case.weights, case.p, **how)

    def check(found, _):
        plainly = case.expected(found.chosen, BUSY)
        demand(math.isclose(found.objective, plainly, rel_tol=SAME), f"the choice is worth {plainly:,.2f}")
        return f"{found.objective / case.weights.sum():.1%} expected; {_ended(found)}", found.gap <= 0.001

    return Contest(
        task="siting",
        title=f"MEXCLP {case.size}, {case.limit_s:.0f} s, p={case.p}, busy {BUSY}",
        place=case.place,
        ours=Way("fireplan", ours, _ready(case)),
        check=check,
        most_ms=10_000.0,
        quality="gap 0.1%",
        clock="wall",
        judged=judged,
    )


def _median(count: int, *, judged: bool) -> Contest:
    def ours():
        return [
            p_median_matrix(k.costs, np.ones(len(k.costs)), k.p, time_limit_s=OURS_LIMIT_S) for k in or_library(count)
        ]

    def check(found, _):
        return _against_known(found, [k.median for k in or_library(count)])

    return Contest(
        task="siting",
        title=f"p-median, OR-Library pmed1-{count}, all",
        place="-",
        ours=Way("fireplan", ours, lambda: (compile_ahead(), or_library(count))),
        check=check,
        most_ms=60_000.0,
        quality=f"{count} known optima",
        clock="wall",
        judged=judged,
    )


def _center(count: int, *, judged: bool) -> Contest:
    def ours():
        return [p_center_matrix(k.costs, k.p, time_limit_s=OURS_LIMIT_S) for k in or_library(count)]

    def check(found, _):
        return _against_known(found, [k.center for k in or_library(count)])

    return Contest(
        task="siting",
        title=f"p-center, OR-Library pmed1-{count}, all",
        place="-",
        ours=Way("fireplan", ours, lambda: (compile_ahead(), or_library(count))),
        check=check,
        quality=f"{count} known optima",
        clock="wall",
        judged=judged,
    )


def _stores(*, judged: bool) -> Contest:
    def ours():
        distance_m, people, _ = stores()
        near = distance_m <= 5_000
        return [
            set_cover_matrix(near, time_limit_s=OURS_LIMIT_S),
            max_coverage_matrix(near, people, 4, time_limit_s=OURS_LIMIT_S),
            p_median_matrix(distance_m, people, 4, time_limit_s=OURS_LIMIT_S),
            p_center_matrix(distance_m, 4, time_limit_s=OURS_LIMIT_S),
        ]

    def check(found, _):
        known = stores()[2]
        return _against_known(
            found, [known["lscp_5000"], known["mclp_5000_p4"][0], known["pmedian_p4_total"], known["pcenter_p4"]]
        )

    return Contest(
        task="siting",
        title="San Francisco's stores, 16 x 205: LSCP, MCLP, p-median, p-center",
        place="-",
        ours=Way("fireplan", ours, lambda: (compile_ahead(), stores())),
        check=check,
        quality="4 known optima",
        clock="wall",
        judged=judged,
    )


def _against_known(found: list[Answer], known: list[float]) -> tuple[str, bool]:
    """Say how many are the known optimum, and proven; a proof of another optimum fails."""
    same = [math.isclose(a.objective, k, rel_tol=SAME) for a, k in zip(found, known, strict=True)]
    for one, (answer, other) in zip(same, zip(found, known, strict=True), strict=True):
        demand(one or answer.status != "optimal", f"{answer.objective:,.6g} is called optimal, {other:,.6g} is known")
    worst = max(a.gap for a in found)
    proven = sum(a.status == "optimal" for a in found)
    return f"{sum(same)} of {len(known)} at the optimum, {proven} proven, worst gap {worst:.2%}", all(same)


def _cover_remark(case: Case, ours: Answer, theirs: dict[str, Answer | Theirs]) -> str:
    """Demand that the choice covers what it says, and that nobody finds better; say how all ended."""
    covered = case.covered(ours.chosen)
    demand(covered == ours.objective, f"the choice covers {covered:,.0f}, not {ours.objective:,.0f}")
    said = [f"covers {covered / case.weights.sum():.1%}", _ended(ours)]
    return "; ".join(filter(None, [*said, *(_compared(name, ours, their) for name, their in theirs.items())]))


def _ready(case: Case) -> Callable[[], object]:
    return lambda: (compile_ahead(), case.covers, case.points)


def _ours_max_cover(case: Case, time_limit_s: float, gap: float = 0.0) -> Answer:
    how = {"points": case.points, "time_limit_s": time_limit_s, "gap": gap}
    return max_coverage_matrix(case.covers, case.weights, case.p, **how)


def _ours_set_cover(case: Case) -> Answer:
    return set_cover_matrix(case.covers, required=case.reached, time_limit_s=OURS_LIMIT_S)


def _covers_all(case: Case, answer: Answer) -> bool:
    return case.covered(answer.chosen) == case.weights[case.reached].sum()


def _with_spopt(case: Case) -> Callable[[], object]:
    def prepare():
        _locate()
        return case.dense

    return prepare


def _locate():
    try:
        locate = import_module("spopt.locate")  # optional: the `bench` extra
    except ImportError as reason:
        raise CannotRunError("spopt is not installed") from reason
    return locate


def _spopt_max_cover(case: Case) -> Theirs:
    model = _locate().MCLP
    return _spopt(
        lambda: model.from_cost_matrix(
            case.dense, case.weights, service_radius=case.limit_s, p_facilities=case.p, name="mclp"
        )
    )


def _spopt_set_cover(case: Case) -> Theirs:
    model = _locate().LSCP
    return _spopt(lambda: model.from_cost_matrix(case.dense[case.reached], case.limit_s))


def _spopt(build: Callable[[], object]) -> Theirs:
    pulp = import_module("pulp")
    began = time.perf_counter()
    model = build()
    built = time.perf_counter()
    model.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=CBC_LIMIT_S))
    return Theirs(float(pulp.value(model.problem.objective)), built - began, time.perf_counter() - built)


def _ended(answer: Answer) -> str:
    """How a search ended, in a few words."""
    return "proven" if answer.status == "optimal" else f"{answer.status.replace('_', ' ')}, gap {answer.gap:.2%}"


def _compared(name: str, ours: Answer, theirs: Answer | Theirs) -> str:
    """Demand that two answers do not contradict each other; say how the other ended where that is worth saying."""
    if isinstance(theirs, Theirs):
        demand(
            not (ours.status == "optimal" and theirs.solved_s < CBC_LIMIT_S)
            or math.isclose(ours.objective, theirs.objective, rel_tol=SAME),
            f"{name} attains {theirs.objective:,.6g}, fireplan {ours.objective:,.6g}",
        )
        return f"{name}: {theirs.built_s:.1f} s building, {theirs.solved_s:.1f} s solving"
    (a, b), (c, d) = _ends(ours), _ends(theirs)
    demand(  # both optima lie between what is attained and the bound
        math.isnan(theirs.objective) or max(a, c) <= min(b, d) + max(1.0, abs(ours.objective)) * SAME,
        f"{name} says {c:,.6g} to {d:,.6g}, fireplan {a:,.6g} to {b:,.6g}",
    )
    if theirs.status == "optimal":
        return ""
    if math.isnan(theirs.objective):
        return f"{name} found nothing in its time"
    gap = relative_gap(theirs.objective, theirs.bound)
    far = f"gap {gap:.2%}" if gap < 1 else f"best {theirs.objective:,.0f}, bound {theirs.bound:,.0f}"
    return f"{name} is not done in its time, {far}"


def _ends(answer: Answer) -> tuple[float, float]:
    return min(answer.objective, answer.bound), max(answer.objective, answer.bound)
