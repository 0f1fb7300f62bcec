"""Every covering model against trying all choices, on hundreds of small instances."""

from itertools import combinations, combinations_with_replacement

import numpy as np
import pytest
from how_many import tries

from fireplan.errors import InputError, TableError
from fireplan.siting import models
from fireplan.siting._equity import District, WorstWeigher, worst_first
from fireplan.siting._fleet import Fleet, place_fleet
from fireplan.siting._problem.aggregation import cover_problem
from fireplan.siting._problem.constraints import Choice
from fireplan.siting._problem.cover_matrix import covers_of
from fireplan.siting._solvers.incumbent import searching
from fireplan.siting._solvers.solve_cover import solve_cover

N_SITES, N_PLACES = 7, 14
SEEDS = range(tries(300))


def instance(seed):
    rng = np.random.default_rng(seed)
    density = rng.uniform(0.1, 0.5)
    covers = rng.random((N_SITES, N_PLACES)) < density
    weights = rng.integers(0, 10, N_PLACES).astype(float)
    return rng, covers, weights, int(rng.integers(1, 4))


def times(covers, chosen, base=0):
    return base + sum((covers[j].astype(int) for j in chosen), np.zeros(covers.shape[1], dtype=int))


def best(worth, choices, allowed=lambda _: True):
    """The greatest worth of any choice that is allowed; None where none is."""
    found = [worth(c) for c in choices if allowed(c)]
    return max(found, default=None)


def up_to(p, *, several=False):
    pick = combinations_with_replacement if several else combinations
    return [c for k in range(p + 1) for c in pick(range(N_SITES), k)]


def agree(answer, expected):
    if expected is None:
        assert answer.status == "infeasible"
        assert answer.reason
    else:
        assert answer.status == "optimal"
        assert answer.objective == pytest.approx(expected, abs=1e-6)
        assert answer.bound == answer.objective


@pytest.mark.parametrize("seed", SEEDS)
def test_maximal_covering(seed):
    rng, covers, weights, p = instance(seed)
    base = rng.integers(0, 2, N_PLACES) if seed % 3 == 0 else np.zeros(N_PLACES, dtype=int)
    answer = models.max_coverage_matrix(covers, weights, p, base=base, points=rng.random((N_PLACES, 2)))
    agree(answer, best(lambda c: weights[times(covers, c, base) > 0].sum(), up_to(p)))
    assert weights[times(covers, answer.chosen, base) > 0].sum() == answer.objective


@pytest.mark.parametrize("seed", SEEDS)
def test_maximal_covering_with_groups_pairs_and_a_budget(seed):
    rng, covers, weights, _ = instance(seed)
    group = np.repeat([0, 1], [4, 3])
    pairs = ((0, 1), (2, 5)) if seed % 2 else ()
    cost = rng.integers(1, 6, N_SITES).astype(float) if seed % 3 else None
    budget = float(rng.integers(3, 9)) if seed % 3 else np.inf
    choice = Choice(N_SITES, (2, 1), group=group, cost=cost, budget=budget, forbidden=pairs)

    def allowed(c):
        used = list(c)
        return (
            sum(group[j] == 0 for j in used) <= 2
            and sum(group[j] == 1 for j in used) <= 1
            and (cost is None or cost[used].sum() <= budget)
            and not any(a in used and b in used for a, b in pairs)
        )

    answer = models.max_coverage_matrix(covers, weights, choice=choice)
    agree(answer, best(lambda c: weights[times(covers, c) > 0].sum(), up_to(3), allowed))
    assert allowed(answer.chosen)


@pytest.mark.parametrize("seed", SEEDS)
def test_expected_covering(seed):
    rng, covers, weights, p = instance(seed)
    busy = float(rng.uniform(0.05, 0.7))
    base = rng.integers(0, 3, N_PLACES) if seed % 2 else np.zeros(N_PLACES, dtype=int)
    answer = models.expected_coverage_matrix(covers, weights, p, busy=busy, base=base)
    expected = best(lambda c: (weights * (1 - busy ** times(covers, c, base))).sum(), up_to(p, several=True))
    assert answer.objective == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
def test_expected_covering_with_nobody_busy_is_maximal_covering(seed):
    _, covers, weights, p = instance(seed)
    expected = models.expected_coverage_matrix(covers, weights, p, busy=0.0)
    assert expected.objective == models.max_coverage_matrix(covers, weights, p).objective


@pytest.mark.parametrize("seed", SEEDS)
def test_reliable_covering(seed):
    rng, covers, weights, p = instance(seed)
    busy, reliability = float(rng.uniform(0.1, 0.5)), float(rng.choice([0.7, 0.9, 0.95]))
    enough = models.units_for(busy, reliability)
    assert 1 - busy**enough >= reliability - 1e-9
    assert enough == 1 or 1 - busy ** (enough - 1) < reliability
    base = rng.integers(0, 3, N_PLACES) if seed % 2 else np.zeros(N_PLACES, dtype=int)
    answer = models.reliable_coverage_matrix(covers, weights, p, busy=busy, reliability=reliability, base=base)
    worth = lambda c: weights[times(covers, c, base) >= enough].sum()  # noqa: E731
    agree(answer, best(worth, up_to(p, several=True)))


@pytest.mark.parametrize("seed", SEEDS[:80])
def test_units_as_busy_as_those_near_each_place(seed):
    rng, covers, weights, p = instance(seed)
    base = rng.integers(0, 2, N_PLACES) if seed % 3 == 0 else np.zeros(N_PLACES, dtype=int)
    busy = rng.choice([0.0, 0.05, 0.3, 0.5, 0.8], N_PLACES)
    choices = up_to(p, several=True)
    expected = models.expected_coverage_matrix(covers, weights, p, busy=busy, base=base)
    worth = {c: float(weights @ (1 - busy ** times(covers, c, base))) for c in choices}
    assert expected.status == "optimal"
    assert expected.objective == pytest.approx(max(worth.values()), rel=1e-6)
    assert worth[tuple(sorted(expected.chosen))] == pytest.approx(expected.objective, rel=1e-6)
    enough = np.array([models.units_for(float(b), 0.9) for b in busy])
    reliable = models.reliable_coverage_matrix(covers, weights, p, busy=busy, reliability=0.9, base=base)
    agree(reliable, best(lambda c: float(weights[times(covers, c, base) >= enough].sum()), choices))


@pytest.mark.parametrize("seed", SEEDS[:10])
def test_places_whose_units_are_alike_are_as_one_share(seed):
    _, covers, weights, p = instance(seed)
    alike = np.full(N_PLACES, 0.3)
    one = models.expected_coverage_matrix(covers, weights, p, busy=0.3)
    assert models.expected_coverage_matrix(covers, weights, p, busy=alike).objective == pytest.approx(one.objective)
    one = models.reliable_coverage_matrix(covers, weights, p, busy=0.3, reliability=0.8)
    same = models.reliable_coverage_matrix(covers, weights, p, busy=alike, reliability=0.8)
    assert same.objective == pytest.approx(one.objective)


@pytest.mark.parametrize(
    ("busy", "match"),
    [(1.0, "busy is 1: give"), ([0.1] * 3, r"shape \(3,\)"), ([0.1] * 13 + [1.2], "1.2 at place 13"),
     ([float("nan")] * 14, "nan at place 0")],
)  # fmt: skip
def test_busy_shares_that_are_none_are_refused(busy, match):
    _, covers, weights, p = instance(0)
    with pytest.raises(TableError, match=match):
        models.expected_coverage_matrix(covers, weights, p, busy=busy)
    with pytest.raises(TableError, match=match):
        models.reliable_coverage_matrix(covers, weights, p, busy=busy, reliability=0.9)


def test_busy_shares_by_place_go_with_no_floors():
    _, covers, weights, p = instance(0)
    with pytest.raises(InputError, match="neither required places nor floors"):
        models.expected_coverage_matrix(covers, weights, p, busy=[0.2] * 14, required=np.ones(14, dtype=bool))


@pytest.mark.parametrize("seed", SEEDS)
def test_backup_covering_with_everything_covered_once(seed):
    rng, covers, weights, p = instance(seed)
    covers = covers | (rng.random(covers.shape) < 0.35)
    answer = models.backup_coverage_matrix(covers, weights, p + 1)
    worth = lambda c: weights[times(covers, c) >= 2].sum()  # noqa: E731
    agree(answer, best(worth, up_to(p + 1), lambda c: (times(covers, c) > 0).all()))


@pytest.mark.parametrize("seed", SEEDS)
def test_backup_covering_that_weighs_first_and_second(seed):
    rng, covers, weights, p = instance(seed)
    first = float(rng.uniform(0, 1))
    base = rng.integers(0, 3, N_PLACES) if seed % 2 else np.zeros(N_PLACES, dtype=int)
    answer = models.backup_coverage_matrix(covers, weights, p, first=first, base=base)

    def worth(c):
        n = times(covers, c, base)
        return first * weights[n >= 1].sum() + (1 - first) * weights[n >= 2].sum()

    agree(answer, best(worth, up_to(p)))


@pytest.mark.parametrize("seed", SEEDS)
def test_double_standard(seed):
    rng, near, weights, p = instance(seed)
    far = near | (rng.random(near.shape) < 0.5)
    share = float(rng.uniform(0.2, 0.8))
    answer = models.double_standard_matrix(near, far, weights, p + 1, share=share)

    def allowed(c):
        once = weights[times(near, c) > 0].sum()
        return (times(far, c)[weights > 0] > 0).all() and once >= share * weights.sum() * (1 - 1e-9)

    agree(answer, best(lambda c: weights[times(near, c) >= 2].sum(), up_to(p + 1), allowed))


@pytest.mark.parametrize("seed", SEEDS)
def test_floors(seed):
    rng, covers, weights, p = instance(seed)
    part = rng.random(N_PLACES) < 0.4
    share = float(rng.uniform(0.2, 0.9))
    base = rng.integers(0, 2, N_PLACES) if seed % 2 else np.zeros(N_PLACES, dtype=int)
    answer = models.max_coverage_matrix(covers, weights, p, floors={"the hills": (part, share)}, base=base)

    def allowed(c):
        return weights[part & (times(covers, c, base) > 0)].sum() >= share * weights[part].sum() * (1 - 1e-9)

    agree(answer, best(lambda c: weights[times(covers, c, base) > 0].sum(), up_to(p), allowed))


@pytest.mark.parametrize("seed", SEEDS)
def test_floors_where_only_the_second_time_counts(seed):
    # What is covered once before anything is chosen must not count twice towards a floor.
    rng, covers, weights, p = instance(seed)
    part, base = rng.random(N_PLACES) < 0.5, rng.integers(0, 2, N_PLACES)
    share = float(rng.uniform(0.5, 1.0))
    problem = cover_problem(
        covers_of(covers), weights, Choice(N_SITES, (p,)), worth=(0.0, 1.0), base=base, floors={"part": (part, share)}
    )
    with searching(sense=1, what="test", time_limit_s=20) as search:
        solve_cover(problem, search)

    def allowed(c):
        return weights[part & (times(covers, c, base) > 0)].sum() >= share * weights[part].sum() * (1 - 1e-9)

    agree(search.answer(), best(lambda c: weights[times(covers, c, base) >= 2].sum(), up_to(p), allowed))


@pytest.mark.parametrize("seed", SEEDS)
def test_set_covering(seed):
    rng, covers, _, _ = instance(seed)
    covers = covers | (rng.random(covers.shape) < 0.3)
    cost = rng.integers(1, 6, N_SITES).astype(float) if seed % 2 else np.ones(N_SITES)
    required = rng.random(N_PLACES) < 0.8 if seed % 3 == 0 else np.ones(N_PLACES, dtype=bool)
    pairs = ((0, 1), (2, 5)) if seed % 5 == 0 else ()
    choice = Choice(N_SITES, (N_SITES,), forbidden=pairs) if pairs else None
    answer = models.set_cover_matrix(covers, cost=cost, required=required, choice=choice)

    def allowed(c):
        return (times(covers, c)[required] > 0).all() and not any(a in c and b in c for a, b in pairs)

    least = best(lambda c: -cost[list(c)].sum(), up_to(N_SITES), allowed)
    agree(answer, None if least is None else -least)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_worst_off_district(seed):
    rng, covers, weights, p = instance(seed)
    weights = weights + 1
    district = rng.integers(0, 3, N_PLACES)
    base = rng.integers(0, 2, N_PLACES) * (seed % 2)
    parts = {str(d): (district == d, 0.0) for d in np.unique(district)}
    problem = cover_problem(covers_of(covers), weights, Choice(N_SITES, (p,)), base=base, floors=parts)
    districts = tuple(District(f.name, f.weight, -f.least, weights[parts[f.name][0]].sum()) for f in problem.floors)
    answer = worst_first(WorstWeigher(problem, districts), time_limit_s=20, gap=0.0)

    def least(c):
        reached = times(covers, c, base) > 0
        return min(weights[m & reached].sum() / weights[m].sum() for m, _ in parts.values())

    def both(c):
        return round(least(c), 9), weights[times(covers, c, base) > 0].sum()

    worst, whole = best(both, up_to(p))
    agree(answer, pytest.approx(worst, abs=1e-6))
    assert weights[times(covers, answer.chosen, base) > 0].sum() == whole


@pytest.mark.parametrize("seed", SEEDS)
def test_fleets(seed):
    rng, engines, weights, p = instance(seed)
    trucks = engines | (rng.random(engines.shape) < 0.3)
    n_new, stations, count = 5, p, (int(rng.integers(0, 3)), int(rng.integers(0, 3)))
    already = rng.random((2, N_PLACES)) < 0.2
    asked = Fleet(
        ("engine", "truck"), (covers_of(engines), covers_of(trucks)), already, weights, count, stations, n_new
    )
    with searching(sense=1, what="fleet", time_limit_s=20) as search:
        place_fleet(asked, search)
    answer = search.answer()

    def worth(e, t):
        by_engine = already[0] | (times(engines, e) > 0)
        return weights[by_engine & (already[1] | (times(trucks, t) > 0))].sum()

    def allowed(e, t):
        return len({j for j in (*e, *t) if j < n_new}) <= stations

    places = [[c for k in range(n + 1) for c in combinations(range(N_SITES), k)] for n in count]
    agree(answer, max(worth(e, t) for e in places[0] for t in places[1] if allowed(e, t)))
    assert asked.objective(answer.chosen) == answer.objective


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("gap", [0.02, 0.3])
def test_a_gap_that_is_close_enough_leaves_a_bound_that_holds(seed, gap):
    rng, covers, weights, _ = instance(seed)
    cost = rng.integers(1, 6, N_SITES).astype(float)
    choice = Choice(N_SITES, (3,), cost=cost, budget=float(rng.integers(3, 9)))
    first = float(rng.uniform(0, 1))

    def worth(c):
        n = times(covers, c)
        return first * weights[n >= 1].sum() + (1 - first) * weights[n >= 2].sum()

    found = models.backup_coverage_matrix(covers, weights, choice=choice, first=first, gap=gap)
    optimum = best(worth, up_to(3), lambda c: cost[list(c)].sum() <= choice.budget)
    holds(found, optimum, gap)
    wider = covers | (rng.random(covers.shape) < 0.3)
    fewest = models.set_cover_matrix(wider, cost=cost, gap=gap)
    least = best(lambda c: -cost[list(c)].sum(), up_to(N_SITES), lambda c: (times(wider, c) > 0).all())
    if least is not None:
        holds(fewest, -least, gap, sense=-1)


def holds(found, optimum, gap, *, sense=1):
    """The optimum lies between what was found and its bound, and what is called optimal is."""
    assert found.status in {"optimal", "gap_limit"}
    assert sense * found.objective <= sense * optimum + 1e-6
    assert sense * found.bound >= sense * optimum - 1e-6
    assert found.gap <= gap + 1e-9
    if found.status == "optimal":
        assert found.objective == pytest.approx(optimum, abs=1e-6)
