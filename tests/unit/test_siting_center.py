"""The p-center on matrices: hand-solved cases, every choice tried, and how a search ends."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import fireplan as fp
from fireplan.errors import TableError
from fireplan.siting._solvers import p_center as center
from fireplan.siting._solvers.p_center import p_center_matrix
from tests.support.serving_cases import least_of_all, random_problem

LINE = np.abs(np.arange(5.0)[:, None] - np.arange(5.0))


def brute_force(costs, weights, base, choice):
    """The least greatest cost over every choice that is allowed; inf: none serves everybody."""
    return least_of_all(costs, base, choice, lambda least: least[weights > 0].max(initial=0.0))


def random_case(rng):
    """Costs, weights, base and choice of a small problem."""
    n, m = rng.integers(2, 9), rng.integers(1, 12)
    costs = rng.integers(0, 20, (n, m)).astype(float) if rng.random() < 0.5 else rng.random((n, m))
    return random_problem(rng, costs, rng.integers(0, 4, m).astype(float))


@pytest.mark.parametrize("seed", range(6))
def test_every_choice_tried(seed):
    rng = np.random.default_rng(100 + seed)
    for _ in range(50):
        costs, weights, base, choice = random_case(rng)
        best = brute_force(costs, weights, base, choice)
        found = p_center_matrix(costs, weights=weights, base=base, choice=choice)
        if np.isinf(best):
            assert found.status == "infeasible"
            assert found.reason
            assert np.isnan(found.objective)
        else:
            assert (found.status, found.objective, found.bound) == ("optimal", best, best)
            assert choice.allows(found.chosen)


def test_one_and_two_on_a_line():
    assert p_center_matrix(LINE, 1).chosen.tolist() == [2]
    found = p_center_matrix(LINE, 2)
    assert (found.objective, found.bound, found.status) == (1.0, 1.0, "optimal")


def test_weightless_places_do_not_count():
    found = p_center_matrix(LINE, 1, weights=[1, 0, 0, 0, 0])
    assert (found.objective, found.chosen.tolist()) == (0.0, [0])
    assert p_center_matrix(LINE, 1, weights=np.zeros(5)).objective == 0.0


def test_what_stands_already_serves():
    found = p_center_matrix(LINE, 1, base=[0, 1, 2, 3, 4])
    assert (found.objective, found.status) == (1.0, "optimal")
    assert p_center_matrix(LINE, 0, base=LINE[0]).objective == 4.0
    assert p_center_matrix(LINE, 0).status == "infeasible"


def test_sparse_costs():
    found = p_center_matrix(sparse.csr_array(LINE + 1.0), 2)
    assert found.objective == 2.0


def test_why_there_is_no_choice():
    costs = LINE.copy()
    costs[:, 1] = np.inf
    found = p_center_matrix(costs, 2)
    assert (found.status, found.reason) == ("infeasible", "1 of 5 places cannot be served by any candidate")
    found = p_center_matrix(np.where(LINE == 0, 0.0, np.inf), 4)
    assert found.status == "infeasible"
    assert "no choice" in found.reason
    with pytest.raises(TableError, match="either p or a choice"):
        p_center_matrix(LINE)


def hard_case():
    points = np.random.default_rng(3).random((150, 2))
    return np.hypot(*(points[:, None] - points).transpose(2, 0, 1))


def test_no_time_gives_an_honest_answer():
    found = p_center_matrix(hard_case(), 5, time_limit_s=0)
    assert found.status == "time_limit"
    assert len(found.chosen) == 5
    assert found.bound < found.objective


def test_close_enough_stops_the_search():
    found = p_center_matrix(hard_case(), 5, gap=0.3)
    assert found.status == "gap_limit"
    assert found.gap <= 0.3


def test_an_interrupt_returns_the_best(monkeypatch):
    def interrupt(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(center, "solve", interrupt)
    found = p_center_matrix(hard_case(), 5)
    assert found.status == "interrupted"
    assert found.objective >= found.bound >= 0
    assert len(found.chosen) == 5


def test_a_site_that_leaves_an_island_unreached_gains_nothing_alone():
    nodes = pd.DataFrame({"x": [0.01, 0.02, 0.05, 0.06], "y": 50.0}, index=range(4))
    edges = pd.DataFrame({"u": [0, 1, 2, 3], "v": [1, 0, 3, 2], "key": 0, "highway": "primary", "speed_kph": 50.0})
    roads = fp.roads.from_frames(nodes, edges.set_index(["u", "v", "key"]), crs="EPSG:4326")
    at = gpd.points_from_xy(nodes["x"], nodes["y"], crs="EPSG:4326")
    stations = gpd.GeoDataFrame({"station_id": ["S1"], "name": ["One"]}, geometry=at[:1])
    zones = gpd.GeoDataFrame({"zone_id": list("abcd"), "population": 1}, geometry=at)
    town = fp.Scenario(roads, stations, None, zones)
    sites = gpd.GeoDataFrame(geometry=at[[1, 2]], index=pd.Index(["near", "island"], name="candidate_id"))
    found = fp.siting.p_center(town, stations=1, candidates=sites)
    assert found.sites["chosen"].to_dict() == {"near": 0, "island": 1}
    assert found.sites["alone"].to_dict() == {"near": 0.0, "island": np.inf}
