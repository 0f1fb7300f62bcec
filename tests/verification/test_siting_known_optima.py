"""p-median and p-center against published and proven optima: OR-Library (Beasley 1985) and San Francisco's stores."""

import csv
import gzip
import json

import numpy as np
import pytest
from scipy.sparse.csgraph import shortest_path

from fireplan.siting._solvers.p_center import p_center_matrix
from fireplan.siting._solvers.p_median import p_median_matrix

pytestmark = pytest.mark.realdata

TIME_LIMIT_S = 60.0  # each takes under a second, p-center up to five


@pytest.fixture(scope="session")
def location(shared_data):
    return shared_data / "location"


@pytest.fixture(scope="session")
def optima(location):
    with (location / "pmed_optima.csv").open() as file:
        return {row["instance"]: row for row in csv.DictReader(file)}


def shortest_ways(file):
    """All shortest ways of an OR-Library graph (the last of a repeated edge counts), and its p."""
    numbers = np.array(gzip.decompress(file.read_bytes()).split(), dtype=int)
    n, m, p = numbers[:3]
    edges = numbers[3 : 3 + 3 * m].reshape(-1, 3)
    graph = np.zeros((n, n))
    for i, j, cost in edges:
        graph[i - 1, j - 1] = graph[j - 1, i - 1] = cost
    return shortest_path(graph, directed=False), int(p)


@pytest.mark.parametrize("number", range(1, 21))
def test_or_library(number, location, optima):
    known = optima[f"pmed{number}"]
    costs, p = shortest_ways(location / f"pmed{number}.txt.gz")
    assert (len(costs), p) == (int(known["n"]), int(known["p"]))

    median = p_median_matrix(costs, np.ones(len(costs)), p, time_limit_s=TIME_LIMIT_S)
    assert (median.objective, median.bound, median.status) == (*[float(known["pmedian_opt"])] * 2, "optimal")
    assert len(median.chosen) == p
    assert costs[median.chosen].min(axis=0).sum() == median.objective

    center = p_center_matrix(costs, p, time_limit_s=TIME_LIMIT_S)
    assert (center.objective, center.bound, center.status) == (*[float(known["pcenter_opt"])] * 2, "optimal")
    assert len(center.chosen) == p
    assert costs[center.chosen].min(axis=0).max() == center.objective


@pytest.fixture(scope="session")
def stores(location):
    """Metres from each store to each tract, and people by tract, joined by the tract's name."""
    with (location / "SF_network_distance_candidateStore_16_censusTract_205_new.csv").open() as file:
        rows = list(csv.DictReader(file))
    with (location / "SF_demand_205_centroid_uniform_weight.csv").open() as file:
        people = {row["NAME"]: float(row["POP2000"]) for row in csv.DictReader(file)}
    names = sorted({row["name"] for row in rows})
    tracts = sorted({row["DestinationName"] for row in rows})
    distance_m = np.full((len(names), len(tracts)), np.inf)
    for row in rows:
        distance_m[names.index(row["name"]), tracts.index(row["DestinationName"])] = float(row["distance"])
    return distance_m, np.array([people[tract] for tract in tracts])


def test_san_francisco_stores(stores, location):
    distance_m, people = stores
    assert distance_m.shape == (16, 205)
    known = json.loads((location / "sf_stores_optima.json").read_text())
    median = p_median_matrix(distance_m, people, 4)
    assert median.status == "optimal"
    assert median.objective == pytest.approx(known["pmedian_p4_total"], rel=1e-12)
    assert median.objective / people.sum() == pytest.approx(known["pmedian_p4_mean"], rel=1e-12)
    center = p_center_matrix(distance_m, 4)
    assert center.status == "optimal"
    assert center.objective == pytest.approx(known["pcenter_p4"], rel=1e-12)
