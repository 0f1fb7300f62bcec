"""What has to hold for any siting, on matrices and on Line Street."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from how_many import tries
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan import siting
from fireplan.siting import models
from fireplan.siting._problem.prepared_problem import setting_of

TOWN = fp.examples.line_town()
MANY, FEW = settings(max_examples=tries(150), deadline=None), settings(max_examples=tries(30), deadline=None)


@st.composite
def matrices(draw):
    n, m = draw(st.integers(2, 9)), draw(st.integers(1, 25))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    times = rng.uniform(0, 100, (n, m)).round(1)
    weights = rng.integers(0, 30, m).astype(float)
    return times, weights, draw(st.integers(1, n)), draw(st.floats(5, 90))


def most(times, weights, p, limit_s):
    return models.max_coverage_matrix(times <= limit_s, weights, p)


@MANY
@given(matrices(), st.integers(2, 9))
def test_weights_times_a_number_change_nothing_but_the_unit(drawn, k):
    times, weights, p, limit_s = drawn
    assert most(times, weights * k, p, limit_s).objective == k * most(times, weights, p, limit_s).objective


@MANY
@given(matrices())
def test_one_more_site_is_never_worse(drawn):
    times, weights, p, limit_s = drawn
    one, more = (most(times, weights, min(k, len(times)), limit_s).objective for k in (p, p + 1))
    assert more >= one


@MANY
@given(matrices(), st.floats(1, 50))
def test_a_longer_limit_is_never_worse(drawn, more_s):
    times, weights, p, limit_s = drawn
    assert most(times, weights, p, limit_s + more_s).objective >= most(times, weights, p, limit_s).objective


@MANY
@given(matrices())
def test_the_optimum_is_no_worse_than_greedy_and_greedy_not_much(drawn):
    times, weights, p, limit_s = drawn
    covers, left, got = times <= limit_s, weights.copy(), 0.0
    for _ in range(p):
        best = int(np.argmax(covers @ left))
        got += float(covers[best] @ left)
        left[covers[best]] = 0.0
    optimum = most(times, weights, p, limit_s).objective
    assert optimum >= got >= (1 - 1 / np.e) * optimum - 1e-9


@MANY
@given(matrices())
def test_the_order_of_sites_and_places_changes_nothing(drawn):
    times, weights, p, limit_s = drawn
    rng = np.random.default_rng(1)
    rows, columns = rng.permutation(len(times)), rng.permutation(len(weights))
    moved = most(times[rows][:, columns], weights[columns], p, limit_s)
    assert moved.objective == most(times, weights, p, limit_s).objective


@MANY
@given(matrices())
def test_a_site_that_is_there_twice_changes_nothing(drawn):
    times, weights, p, limit_s = drawn
    doubled = np.concatenate([times, times])
    assert most(doubled, weights, p, limit_s).objective == most(times, weights, p, limit_s).objective


@MANY
@given(matrices())
def test_the_fewest_sites_cover_what_p_sites_cover(drawn):
    times, weights, _, limit_s = drawn
    covers = times <= limit_s
    reached = covers.any(axis=0) & (weights > 0)
    fewest = models.set_cover_matrix(covers, required=reached)
    assert fewest.status == "optimal"
    enough = most(times, weights, int(fewest.objective), limit_s)
    assert enough.objective == weights[reached].sum()
    if fewest.objective >= 1:
        assert most(times, weights, int(fewest.objective) - 1, limit_s).objective < weights[reached].sum()


@MANY
@given(matrices(), st.floats(0.01, 0.9))
def test_a_busier_department_is_expected_to_reach_less(drawn, busy):
    times, weights, p, limit_s = drawn
    covers = times <= limit_s
    calm = models.expected_coverage_matrix(covers, weights, p, busy=busy / 2).objective
    assert models.expected_coverage_matrix(covers, weights, p, busy=busy).objective <= calm + 1e-6 * weights.sum()


@MANY
@given(matrices())
def test_mean_and_longest_cost_fall_with_every_site(drawn):
    times, weights, p, _ = drawn
    weights = weights + 1
    more = min(p + 1, len(times))
    for model in (models.p_median_matrix, lambda c, _w, p: models.p_center_matrix(c, p)):
        assert model(times, weights, more).objective <= model(times, weights, p).objective + 1e-9


@FEW
@given(
    st.lists(st.integers(0, 20), min_size=40, max_size=40).filter(any),
    st.lists(st.integers(0, 40), min_size=1, max_size=6, unique=True),
    st.integers(1, 3),
    st.integers(30, 400),
)
def test_what_a_model_claims_is_what_assessing_its_plan_finds(weights, blocks, stations, limit_s):
    zones = TOWN.zones.assign(population=np.array(weights, float))
    town = fp.Scenario(TOWN.roads, TOWN.stations, TOWN.units, zones)
    sites = gpd.GeoSeries([shapely.Point(-140, 30 + b / 1000) for b in blocks], crs=4326)
    asked = siting.Aim("population", limit_s)
    setting = setting_of(town, sites.set_axis([f"B{b}" for b in blocks]), siting.Rules())
    covers, _, _ = setting.covers(asked)
    assume((zones["population"].to_numpy()[covers.place] > 0).any())  # else it is refused
    found = siting.max_coverage(
        town, stations=min(stations, len(blocks)), candidates=setting.candidates, within_s=limit_s
    )
    rule = fp.standards.local_rule("r", limit_s=limit_s, weight="population", share=0.9)
    row = fp.assess(found.after(), standard=rule).summary().loc[("r", "population")]
    assert row["within"] == pytest.approx(found.objective)
    assert row["n"] == found.total == sum(weights)
    assert found.objective >= found.before
