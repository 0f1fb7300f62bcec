"""How far a plan holds when demand, speeds and limits are not what was assumed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan._schema import natural_order
from fireplan.changes import CloseStation, OpenStation
from fireplan.crs import WGS84, project
from fireplan.errors import Faults, InputError
from fireplan.progress import silent, steps
from fireplan.response_performance._statistics import share_interval
from fireplan.siting._problem.aggregation import cover_problem
from fireplan.siting._problem.aims_and_rules import Aim, Rules
from fireplan.siting._problem.prepared_problem import setting_of
from fireplan.siting._problem.stepped_demand import stepped_problem
from fireplan.siting._problem.what_counts import default_weight
from fireplan.siting._results.plan_proof import is_text, placed
from fireplan.siting._results.site_values import CoverWeigher, as_good
from fireplan.siting._solvers.incumbent import offer, searching
from fireplan.siting._solvers.solve_cover import solve_cover

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.siting._problem.constraints import Choice
    from fireplan.siting._problem.cover_problem import CoverProblem
    from fireplan.siting._problem.prepared_problem import Demand, Setting
    from fireplan.siting._results.siting_result import Siting
    from fireplan.siting._solvers.incumbent import Answer

LEEWAY_S = 1.0
"""Times are solved to so much beyond the farthest limit. [s]"""

RUN_S = 10.0
"""A run is given so long; what it has then counts. [s]"""


@takes
@dataclass(frozen=True, eq=False, repr=False)
class Robustness:
    """
    How often each site is chosen, and how much the plan is behind, when the assumptions are drawn anew.

    Attributes
    ----------
    sites
        By `candidate_id`, most often chosen first: `chosen_runs`, in how many of `n` runs the site is in a best plan
        (the one found, or one that attains the same with one site exchanged), `chosen_share` with its interval `low` to
        `high` (95 %, Wilson), `near_share`, the share of runs in which this site is, or one within `near_m`, and
        `place`, what people call it.
    runs
        One row for each run: `speed` (times as fast), `within_s`, `sites`, `objective` of the best plan found, `plan`,
        what the plan attains then, `behind_share`, how much less that is, and `status`.
    plan
        Sites of the plan that was tried.
    near_m
        How near is near. [m]
    seed
        What the runs were drawn with.
    """

    sites: pd.DataFrame
    runs: pd.DataFrame
    plan: tuple[str, ...]
    near_m: float
    seed: int

    def __repr__(self) -> str:
        """Say it in a few lines."""
        return self.summary

    @property
    def summary(self) -> str:
        """How far the plan is behind, and how often its sites are in a best plan, in words."""
        behind = self.runs["behind_share"]
        shares = self.sites.loc[list(self.plan), ["chosen_share", "near_share", "place"]].itertuples()
        held = "; ".join(
            f"{wording.called(str(site), place)} is in a best plan in {wording.share(share)} of runs, a site within"
            f" {wording.distance(self.near_m)} of it in {wording.share(near)}"
            for site, share, near, place in shares
        )
        return (
            f"Robustness: {wording.counted(len(self.runs), 'run')}, seed {self.seed} (modelled)\n  the plan is behind"
            " the best of each run"
            f" by {wording.share(behind.median())} (median), {wording.share(behind.max())} at most\n  {held}"
        )


@takes
def robustness(  # noqa: PLR0913 - a question has this many parts
    found: Siting,
    *,
    within_s: float = 240.0,
    weight: str | None = None,
    stations: int | None = None,
    candidates: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    rules: Rules | None = None,
    runs: int = 100,
    seed: int = 1,
    speeds: tuple[float, float] = (0.9, 1.1),
    limits_s: Sequence[float] = (),
    near_m: float = 1000.0,
) -> Robustness:
    """
    Draw demand, speeds and limits anew, site again each time, and see how far a plan holds.

    Parameters
    ----------
    found
        The plan to be tried, of `max_coverage`.
    within_s, weight, rules
        As in the question the plan answers.
    stations
        How many may be opened in each run; left out: as many as the plan opens.
    candidates
        Sites to choose from; left out: those of the plan.
    runs
        How many times.
    seed
        The same seed gives the same runs.
    speeds
        Everybody drives this many times as fast, drawn evenly between the two.
    limits_s
        Limits to draw from; left out: `within_s` alone. [s]
    near_m
        Sites this near to one another, as the crow flies, count as the same place in `near_share`. [m]

    Returns
    -------
    How often each site is chosen, with intervals; and for each run how far the plan is behind the best: `Robustness`.

    Notes
    -----
    Incidents, or zones with their weight, are drawn with replacement, as many as there are (bootstrap, Efron 1979).
    Incidents that come in storms depend on each other, so their true spread is somewhat wider.
    """
    _check(runs=runs, speeds=speeds, limits_s=limits_s, near_m=near_m)
    scenario = found.scenario
    setting = setting_of(scenario, found.sites if candidates is None else candidates, rules or Rules())
    limits = tuple(limits_s) or (within_s,)
    aim = Aim(weight or default_weight(scenario), within_s)
    demand = setting.demand(aim)
    # Driving faster is having longer: times are solved once, to the farthest any run looks.
    within_reach_s = max(setting.reach_s(replace(aim, within_s=s)) for s in limits)
    farthest_s = within_reach_s * max(1.0, speeds[1]) + LEEWAY_S
    ids = setting.times(aim, cutoff_s=farthest_s).candidate_ids
    opened = [c.station_id for c in found.plan if isinstance(c, OpenStation)]
    at = ids.get_indexer(pd.Index(opened))
    if (at < 0).any() or not opened:
        raise InputError("the plan opens no station, or one that is not among the candidates: try a plan that does")
    closed = {c.station_id for c in found.plan if isinstance(c, CloseStation)}
    keep = [len(ids) + i for i, station in enumerate(setting.closable) if station not in closed]
    plan = np.concatenate([at, np.array(keep, dtype=np.int64)])
    choice = setting.choice(ids, stations=len(opened) if stations is None else stations)
    rng = np.random.default_rng(seed)
    order = natural_order(demand.places.ids)  # draws are of places by id, in whatever order they stand
    rows, picked = [], np.zeros((runs, len(ids)), dtype=bool)
    with steps(runs, what="runs") as step, silent():
        # Times were solved once; a run draws a speed, a limit and weights. All draws come from one generator in one
        # order, whatever the solver does in between, so the same seed gives the same runs.
        for run in range(runs):
            speed, limit_s = float(rng.uniform(*speeds)), float(rng.choice(limits))
            drawn = _drawn(rng, demand, order) * demand.weight
            tried = replace(aim, within_s=limit_s)
            problem = _problem(setting, tried, demand, drawn, choice, speed=speed, to=farthest_s)
            answer = _best(problem, plan)
            picked[run] = as_good(CoverWeigher(problem), answer.chosen, choice, n_new=len(ids))
            value = problem.objective(plan)
            sites = "; ".join(ids[answer.chosen[answer.chosen < len(ids)]])
            behind = (answer.objective - value) / answer.objective if answer.objective else 0.0
            rows.append((speed, limit_s, sites, answer.objective, value, behind, answer.status))
            step()
    named = ["speed", "within_s", "sites", "objective", "plan", "behind_share", "status"]
    table = pd.DataFrame(rows, columns=named).rename_axis("run")
    by_site = _by_site(setting, ids, picked, near_m=near_m)
    at = placed(setting, by_site.index)
    called = at["name"].where(at["name"].map(is_text), at["place"]) if "name" in at else at["place"]
    return Robustness(by_site.assign(place=called), table, tuple(opened), near_m, seed)


def _drawn(rng: np.random.Generator, demand: Demand, order: NDArray[np.intp] | None) -> NDArray[np.int64]:
    """Draw as many places as count, with replacement: how often each is drawn."""
    counts, chance = (demand.weight > 0).sum(), _evenly(demand.weight)
    if order is None:
        return rng.multinomial(counts, chance)
    times = np.empty(len(chance), dtype=np.int64)
    times[order] = rng.multinomial(counts, chance[order])
    return times


def _evenly(weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chance of each place that counts to be drawn."""
    counts = weight > 0
    return np.asarray(counts / counts.sum())


def _problem(
    setting: Setting, aim: Aim, demand: Demand, drawn: NDArray[np.float64], choice: Choice, *, speed: float, to: float
) -> CoverProblem:
    law = setting.law(aim)
    if law is not None:
        chanced = setting.chanced(aim, law, speed=speed, solved_to_s=to)
        return stepped_problem(chanced, drawn, choice, points=demand.points).problem
    covers, units, base = setting.covers(aim, speed=speed, solved_to_s=to)
    return cover_problem(covers, drawn, choice, base=base, units=units, points=demand.points)


def _best(problem: CoverProblem, plan: NDArray[np.int64]) -> Answer:
    """Best plan of one run; the plan that is tried is known from the start, so that no run is better than its best."""
    with searching(sense=1, what="run", time_limit_s=RUN_S, step=problem.step) as search:
        offer(problem, search, plan)
        solve_cover(problem, search)
    if search.status == "interrupted":
        raise KeyboardInterrupt
    return search.answer()


def _by_site(setting: Setting, ids: pd.Index, picked: NDArray[np.bool_], *, near_m: float) -> pd.DataFrame:
    """Count by site, and by site and its neighbours."""
    from scipy.spatial import cKDTree  # noqa: PLC0415 - slow to import

    n = len(picked)
    points = setting.candidates.loc[ids].geometry
    xy = project(np.column_stack([points.x, points.y]), source=WGS84, target=setting.scenario.roads.crs)
    tree = cKDTree(xy)
    times = picked.sum(axis=0)
    used = np.flatnonzero(times)
    near = np.zeros(len(ids))
    for j, others in enumerate(tree.query_ball_point(xy, near_m)):
        mine = np.intersect1d(others, used)
        near[j] = picked[:, mine].any(axis=1).sum() if len(mine) else 0
    between = [share_interval(int(k), n) for k in times]
    table = pd.DataFrame(
        {
            "chosen_runs": times,
            "n": n,
            "chosen_share": times / n,
            "low": [b.low for b in between],
            "high": [b.high for b in between],
            "near_share": near / n,
        },
        index=ids,
    )
    return table.sort_values(["chosen_share", "near_share"], ascending=False, kind="stable")


def _check(*, runs: int, speeds: tuple[float, float], limits_s: Sequence[float], near_m: float) -> None:
    faults = Faults("robustness")
    if runs < 1:
        faults.add(f"runs is {runs}: give one or more")
    if len(speeds) != 2 or not 0 < speeds[0] <= speeds[1] < np.inf:
        faults.add(f"speeds is {speeds}: give the slowest and the fastest, such as (0.9, 1.1)")
    if any(not 0 < s < np.inf for s in limits_s):
        faults.add(f"limits_s is {tuple(limits_s)}: give seconds above zero")
    if not 0 <= near_m < np.inf:
        faults.add(f"near_m is {near_m}: give metres, zero or more")
    faults.raise_if_any()
