"""Covering by chance against trying all choices: on matrices of chances, and on small towns, assessed plan by plan."""

from dataclasses import replace
from itertools import combinations, combinations_with_replacement

import geopandas as gpd
import numpy as np
import pytest
import shapely

import fireplan as fp
from fireplan import siting
from fireplan.drive_times import (
    Calibration,
    Estimate,
    HeldOutError,
    StationStart,
    StationTurnout,
    TravelSpread,
    TurnoutLaw,
    TurnoutTimes,
)
from fireplan.drive_times._calibration import network_fingerprint
from fireplan.roads import DriveCurve
from fireplan.siting._equity import District, WorstWeigher, worst_first
from fireplan.siting._problem.aggregation import cover_problem
from fireplan.siting._problem.constraints import Choice
from fireplan.siting._problem.cover_matrix import covers_of
from fireplan.siting._problem.stepped_demand import Chanced, beside, stepped_problem
from fireplan.siting._problem.worth_by_place import enough_worth, expected_worth
from fireplan.siting._solvers.incumbent import searching
from fireplan.siting._solvers.solve_cover import solve_cover

N_SITES, N_PLACES = 7, 14
SEEDS = range(40)
BRANCHED = "fireplan.siting._solvers.solve_cover.CORE_ENTRIES"
CUT = "fireplan.siting._solvers.solve_cover.STEPPED_ROWS"


@pytest.fixture(params=[False, True], ids=["whole", "by cuts"])
def by_cuts(request, monkeypatch):
    """What HiGHS solves in one program, and by cuts."""
    if request.param:
        monkeypatch.setattr(CUT, -1)
    return request.param


class Instance:
    """Random chances of sites, and of two units that are there."""

    def __init__(self, seed):
        self.rng = rng = np.random.default_rng(seed)
        steps = np.round(np.sort(rng.uniform(0.02, 1, 6)), 3) if seed % 2 else np.round(rng.uniform(0.01, 1, 200), 3)
        self.chance = np.where(rng.random((N_SITES, N_PLACES)) < 0.6, rng.choice(steps, (N_SITES, N_PLACES)), 0.0)
        self.there = np.where(rng.random((2, N_PLACES)) < 0.5, rng.choice(steps, (2, N_PLACES)), 0.0)
        if seed % 3 == 0:
            self.there[:] = 0.0
        self.weight = rng.integers(0, 10, N_PLACES).astype(float)
        self.points = rng.random((N_PLACES, 2))
        self.p = int(rng.integers(1, 4))

    def problem(self, choice, worth=(1.0,), **more):
        levels = len(worth)
        stays = np.concatenate([-np.sort(-self.there, axis=0), np.zeros((levels, N_PLACES))])[:levels]
        site, place = np.nonzero(self.chance)
        chanced = Chanced(
            np.searchsorted(site, np.arange(N_SITES + 1)), place.astype(np.int32), self.chance[site, place],
            np.zeros(len(site), dtype=np.float32), np.ones(N_SITES, dtype=np.int64), stays,
        )  # fmt: skip
        return stepped_problem(chanced, self.weight, choice, worth=worth, points=self.points, **more).problem

    def reached(self, chosen, rank=0):
        """Chance of the unit of that rank at each place, the best first."""
        ranked = -np.sort(-np.concatenate([self.there, self.chance[list(chosen)], np.zeros((3, N_PLACES))]), axis=0)
        return ranked[rank]

    def expected(self, chosen, worth=(1.0,)):
        return sum(w * (self.weight * self.reached(chosen, k)).sum() for k, w in enumerate(worth))


def solved(problem):
    with searching(sense=1, what="test", time_limit_s=20) as search:
        solve_cover(problem, search)
    return search.answer()


def up_to(p, *, several=False):
    pick = combinations_with_replacement if several else combinations
    return [c for k in range(p + 1) for c in pick(range(N_SITES), k)]


def agrees(answer, best):
    if best is None:
        assert answer.status == "infeasible"
        return
    assert answer.status == "optimal"
    assert answer.objective == pytest.approx(best, rel=1e-6, abs=1e-6)
    assert answer.bound == answer.objective


@pytest.mark.parametrize("seed", SEEDS[:20])
def test_by_chance_and_as_busy_as_the_units_near_each_place(seed):
    one = Instance(seed)
    busy = one.rng.choice([0.0, 0.1, 0.4, 0.7], N_PLACES)
    choice = Choice(N_SITES, (one.p,), most=np.full(N_SITES, 2))
    whole = one.weight
    for worth in (expected_worth(busy, 3), enough_worth(one.rng.integers(1, 4, N_PLACES), 3)):
        parts = []
        for part in worth.parts:
            one.weight = whole * part.share
            parts.append(one.problem(choice, worth=part.worth))
        one.weight = whole
        answer = solved(worth.joined(parts, whole.sum()))
        tried = [c for c in up_to(one.p, several=True) if all(c.count(j) <= 2 for j in c)]
        agrees(answer, max(by_place(one, c, worth.at) for c in tried))
        assert by_place(one, answer.chosen, worth.at) == pytest.approx(answer.objective)


def by_place(one, chosen, worth):
    """What a choice attains where levels are worth more at some places than at others."""
    return sum(float((w * one.weight * one.reached(chosen, k)).sum()) for k, w in enumerate(worth))


@pytest.mark.parametrize("how", ["whole", "by branches", "by cuts"])
@pytest.mark.parametrize("seed", SEEDS)
def test_most_expected_in_time(seed, how, monkeypatch):
    if how != "whole":
        monkeypatch.setattr(BRANCHED if how == "by branches" else CUT, -1)
    one = Instance(seed)
    problem = one.problem(Choice(N_SITES, (one.p,)))
    answer = solved(problem)
    agrees(answer, max(one.expected(c) for c in up_to(one.p)))
    assert one.expected(answer.chosen) == pytest.approx(answer.objective)
    assert problem.total == one.weight.sum()


@pytest.mark.parametrize("seed", SEEDS)
def test_any_choice_is_worth_what_its_chances_add_up_to(seed):
    one = Instance(seed)
    for worth in ((1.0,), (0.0, 1.0), (0.8, 0.16, 0.03)):
        problem = one.problem(Choice(N_SITES, (N_SITES,)), worth)
        chosen = one.rng.integers(0, N_SITES, one.p)
        assert problem.objective(chosen) == pytest.approx(one.expected(chosen, worth))
        more = problem.value(problem.counted(chosen)) + problem.gains(problem.counted(chosen))
        assert more == pytest.approx([one.expected([*chosen, j], worth) for j in range(N_SITES)])


@pytest.mark.usefixtures("by_cuts")
@pytest.mark.parametrize("seed", SEEDS)
def test_with_pairs_groups_and_a_budget(seed):
    one = Instance(seed)
    group, pairs = np.repeat([0, 1], [4, 3]), ((0, 1), (2, 5)) if seed % 2 else ()
    cost, budget = one.rng.integers(1, 6, N_SITES).astype(float), float(one.rng.integers(3, 9))

    def allowed(c):
        counts = np.bincount(group[list(c)], minlength=2)
        return (counts <= [2, 1]).all() and cost[list(c)].sum() <= budget and not any({*pair} <= {*c} for pair in pairs)

    answer = solved(one.problem(Choice(N_SITES, (2, 1), group=group, cost=cost, budget=budget, forbidden=pairs)))
    agrees(answer, max(one.expected(c) for c in up_to(3) if allowed(c)))
    assert allowed(answer.chosen)


@pytest.mark.usefixtures("by_cuts")
@pytest.mark.parametrize("seed", SEEDS)
def test_what_has_to_be_reached_is_reached(seed):
    one = Instance(seed)
    choice, must = Choice(N_SITES, (one.p + 1,)), one.rng.random(N_PLACES) < 0.4
    by_median = one.chance > 0.5
    required = cover_problem(covers_of(by_median), np.zeros(N_PLACES), choice, required=must, points=one.points)
    answer = solved(beside(one.problem(choice), required))

    def allowed(c):
        return by_median[list(c)].any(axis=0)[must].all()

    agrees(answer, max((one.expected(c) for c in up_to(one.p + 1) if allowed(c)), default=None))


@pytest.mark.parametrize("seed", SEEDS)
def test_busy_units(seed):
    one = Instance(seed)
    busy = float(one.rng.uniform(0.05, 0.7))
    worth = tuple((1 - busy) * busy**k for k in range(5))
    answer = solved(one.problem(Choice(N_SITES, (one.p,), most=np.full(N_SITES, 2)), worth))
    allowed = [c for c in up_to(one.p, several=True) if max(map(c.count, c), default=0) <= 2]
    agrees(answer, max(one.expected(c, worth[:5]) for c in allowed))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_second_unit(seed):
    one = Instance(seed)
    answer = solved(one.problem(Choice(N_SITES, (one.p + 1,)), (0.0, 1.0)))
    agrees(answer, max(one.expected(c, (0.0, 1.0)) for c in up_to(one.p + 1)))


@pytest.mark.usefixtures("by_cuts")
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("worth", [(1.0,), (0.0, 1.0)])
def test_floors_hold_for_what_is_expected(seed, worth):
    one = Instance(seed)
    part, share = one.rng.random(N_PLACES) < 0.4, float(one.rng.uniform(0.2, 0.9))
    answer = solved(one.problem(Choice(N_SITES, (one.p,)), worth, floors={"the hills": (part, share)}))

    def allowed(c):
        return (one.weight * one.reached(c))[part].sum() >= share * one.weight[part].sum() * (1 - 1e-9)

    agrees(answer, max((one.expected(c, worth) for c in up_to(one.p) if allowed(c)), default=None))
    assert answer.status == "infeasible" or allowed(answer.chosen)


@pytest.mark.usefixtures("by_cuts")
@pytest.mark.parametrize("seed", SEEDS)
def test_two_aims_beside_each_other(seed):
    one, other = Instance(seed), Instance(seed + 1000)
    choice = Choice(N_SITES, (one.p,))
    answer = solved(beside(one.problem(choice), other.problem(choice)))
    agrees(answer, max(one.expected(c) + other.expected(c) for c in up_to(one.p)))


@pytest.mark.usefixtures("by_cuts")
@pytest.mark.parametrize("seed", SEEDS)
def test_the_worst_off_district(seed):
    one = Instance(seed)
    one.weight += 1
    district = one.rng.integers(0, 3, N_PLACES)
    parts = {str(d): (district == d, 0.0) for d in np.unique(district)}
    problem = one.problem(Choice(N_SITES, (one.p,)), floors=parts)
    whole = {name: one.weight[inside].sum() for name, (inside, _) in parts.items()}
    districts = tuple(District(f.name, f.weight, -f.least, whole[f.name]) for f in problem.floors)
    answer = worst_first(WorstWeigher(problem, districts), time_limit_s=20, gap=0.0)

    def least(c):
        return min((one.weight * one.reached(c))[m].sum() / one.weight[m].sum() for m, _ in parts.values())

    best = max(least(c) for c in up_to(one.p))
    assert answer.objective == pytest.approx(best, rel=1e-5)
    assert least(answer.chosen) == pytest.approx(answer.objective)
    among = [c for c in up_to(one.p) if least(c) >= answer.objective * (1 - 1e-6)]
    assert one.expected(answer.chosen) == pytest.approx(max(map(one.expected, among)), rel=1e-5)


TOWN = fp.examples.line_town()
CURVES = (DriveCurve(start_s=7.0), DriveCurve(start_s=5.0, offset_s=2.0, scale=1.6, power=0.93))


def calibrated(seed):
    """Line Street with random people and stations, drives that differ, and turnouts house by house."""
    rng = np.random.default_rng(seed)
    stations = TOWN.stations
    speeds = {name: Estimate(v, v, v, 1) for name, v in zip(np.unique(TOWN.roads.highway), rng.uniform(25, 60, 9))}  # noqa: B905
    law = TurnoutLaw(
        "engine", "fire", (0, 24), 100, float(rng.uniform(40, 90)), 40.0, 90.0, float(rng.uniform(0.1, 0.5))
    )
    factors = {str(s): StationTurnout(float(rng.uniform(0.8, 1.25)), 0.7, 1.3, 40) for s in stations.index}
    turnout = TurnoutTimes(100, (law,), factors)
    error = HeldOutError(100, "days", 0.0, 20.0, 60.0, 0.6, 0.9)
    found = Calibration(
        "full", error, network_fingerprint(TOWN.roads), "made for a test",
        speeds_kph=speeds, curve=CURVES[seed % 2], spread=TravelSpread(float(rng.uniform(0.1, 0.5))), turnouts=turnout,
        stations={str(stations.index[0]): StationStart(float(rng.uniform(-4, 9)), 40)}, basis="invented",
    )  # fmt: skip
    zones = TOWN.zones.assign(population=rng.integers(0, 50, len(TOWN.zones)).astype(float))
    town = fp.Scenario(TOWN.roads, stations, TOWN.units, zones).calibrated(found)
    blocks = rng.choice(40, 5, replace=False)
    sites = gpd.GeoSeries(
        [shapely.Point(-140, 30 + float(b) / 1000) for b in blocks], index=[f"B{b}" for b in blocks], crs=4326
    )
    return town, sites


def assessed(scenario, rule):
    found = fp.assess(scenario, standard=rule).arrival("r", "population")
    return float((found.measure.weight * found.chance).sum())


@pytest.mark.parametrize("interval", ["travel_s", "turnout_and_travel_s"])
@pytest.mark.parametrize("seed", range(8))
def test_no_plan_of_a_town_is_expected_to_reach_more_than_the_one_found(seed, interval):
    town, sites = calibrated(seed)
    limit_s = 150.0 + 10 * (seed % 7)
    rule = fp.standards.local_rule("r", limit_s=limit_s, weight="population", share=0.9, interval=interval)
    asked = {"candidates": sites, "rules": siting.Rules(interval=interval), "within_s": limit_s}
    found = siting.max_coverage(town, stations=2, **asked)
    assert found.status == "optimal"
    each = {
        site: siting.max_coverage(town, stations=1, **asked | {"candidates": sites[[site]]}) for site in sites.index
    }
    plans = [each[a].plan + each[b].plan for a, b in combinations(sites.index, 2) if each[a].plan and each[b].plan]
    tried = [assessed(town.apply(*plan), rule) for plan in plans]
    assert max(tried) == pytest.approx(found.objective, rel=1e-6)
    assert assessed(found.after(), rule) == pytest.approx(found.objective, rel=1e-6)
    assert assessed(town, rule) == pytest.approx(found.before, rel=1e-6)
    row = fp.assess(found.after(), standard=rule).summary().loc[("r", "population")]
    assert row["within"] == pytest.approx(found.objective, rel=1e-6)
    assert row["n"] == found.total
    gains = fp.compare(town, found.after(), standard=rule).gains().xs("population", level="measure").iloc[0]
    assert gains["gained"] - gains["lost"] == pytest.approx(found.objective - found.before, abs=1e-4)
    assert found.sites["alone"].max() <= found.objective - found.before + 1e-9


@pytest.mark.parametrize("interval", ["travel_s", "turnout_and_travel_s"])
@pytest.mark.parametrize("seed", range(6))
def test_every_question_answers_on_calibrated_roads_and_is_proven_by_its_assessment(seed, interval):
    # Each call assesses its plan and refuses an answer that the assessment does not bear out.
    town, sites = calibrated(seed)
    rules = siting.Rules(interval=interval)
    asked = {"candidates": sites, "rules": rules, "within_s": 240.0}
    assert siting.relocate(town, stations=1, **asked).status == "optimal"
    assert siting.expected_coverage(town, units=2, busy=0.3, **asked).status == "optimal"
    assert siting.reliable_coverage(town, units=2, busy=0.3, reliability=0.9, **asked).status == "optimal"
    assert siting.backup_coverage(town, stations=2, first=0.6, **asked).status == "optimal"
    aims = [siting.Aim("population", 200), siting.Aim("population", 300)]
    assert siting.max_coverage(town, stations=2, aims=aims, candidates=sites, rules=rules).status == "optimal"
    curve = siting.marginal_curve(town, up_to=3, **asked)
    assert (np.diff(curve["objective"]) >= -1e-9).all()
    best = siting.max_coverage(town, stations=2, **asked)
    assert curve.loc[2, "objective"] == pytest.approx(best.objective)
    held = siting.robustness(best, within_s=240.0, rules=rules, runs=3)
    assert (held.runs["behind_share"] >= -1e-9).all()


def test_questions_of_medians_say_so_and_others_say_what_they_count():
    town, sites = calibrated(1)
    by_chance = siting.max_coverage(town, stations=1, candidates=sites)
    assert any("by how likely it is reached in time" in note for note in by_chance.notes)
    assert any(note.startswith("drive times: median error 20 s, p90 60 s") for note in by_chance.notes)
    for found in (
        siting.set_cover(town, candidates=sites, within_s=300.0),
        siting.p_median(town, candidates=sites),
        siting.p_center(town, candidates=sites),
        siting.fleet(town, units={"engine": 1}, within_s={"engine": 300.0}, candidates=sites),
    ):
        assert any("by its median drive" in note for note in found.notes)
        assert not any("by how likely" in note for note in found.notes)
    planned = fp.Scenario(TOWN.roads, TOWN.stations, TOWN.units, TOWN.zones)
    assert not any("drive" in note for note in siting.max_coverage(planned, stations=1, candidates=sites).notes)


def test_set_cover_tells_what_is_to_be_expected_of_its_plan():
    town, sites = calibrated(3)
    found = siting.set_cover(town, candidates=sites, within_s=300.0)
    rule = fp.standards.local_rule("r", limit_s=300.0, weight="population", share=0.9)
    whole, within = town.zones["population"].sum(), assessed(found.after(), rule)
    assert within < whole
    assert any(f"({fp.wording.share(within / whole)}) are to be expected" in note for note in found.notes)


def test_figures_of_chances_are_told_with_the_error_of_drives_and_those_of_planned_ones_are_not():
    town, sites = calibrated(2)
    found = siting.max_coverage(town, stations=1, candidates=sites)
    assert "each place by how likely it is" in found.question
    curve = siting.marginal_curve(town, up_to=1, candidates=sites)
    assert curve.attrs["drives"].startswith("drive times: median error 20 s, p90 60 s, held out, n = 100")
    planned = fp.Scenario(TOWN.roads, TOWN.stations, TOWN.units, TOWN.zones)
    assert "likely" not in siting.max_coverage(planned, stations=1, candidates=sites).question
    assert "drives" not in siting.marginal_curve(planned, up_to=1, candidates=sites).attrs


def test_an_aim_of_an_objective_counts_the_turnout_of_its_incidents():
    town, sites = calibrated(4)
    turnout = town.calibration.turnouts
    slow = turnout.laws[0]._replace(category="ems", median_s=200.0, low_s=190.0, high_s=210.0)
    changed = replace(town.calibration, turnouts=replace(turnout, laws=(*turnout.laws, slow)))
    base = fp.Scenario(TOWN.roads, TOWN.stations, TOWN.units, town.zones).calibrated(changed)
    rules = siting.Rules(interval="turnout_and_travel_s")
    shares = {}
    for category in ("fire", "ems"):
        rule = fp.standards.local_rule(
            "r", limit_s=300, weight="population", share=0.9, interval=rules.interval, categories=[category]
        )
        aim = siting.aim_of(base, rule.objectives[0])
        assert aim.categories == (category,)
        found = siting.max_coverage(base, stations=1, candidates=sites, aims=[aim], rules=rules)
        assert assessed(found.after(), rule) == pytest.approx(found.objective, rel=1e-6)
        shares[category] = found.share
    assert shares["ems"] < shares["fire"]
