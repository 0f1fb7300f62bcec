"""Instances of station siting: towns on generated networks, and those with optima that others have published."""

from __future__ import annotations

import csv
import gzip
import json
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse.csgraph import shortest_path

from benchmarks import networks
from benchmarks.measuring import CannotRunError
from fireplan import Scenario
from fireplan.siting._problem.aggregation import cover_problem
from fireplan.siting._problem.constraints import Choice
from fireplan.siting._problem.cover_matrix import Covers
from fireplan.travel import candidate_times

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.siting._problem.integer_program import IntegerProgram

SEED = 3
FOLDER = networks.SHARED / "location"
FAR_S = 1e6
"""Stands for no way there in the matrix that spopt takes. [s]"""


@dataclass(frozen=True)
class Land:
    """
    A generated network, and towns that demand is drawn about.

    Attributes
    ----------
    n_nodes
        Size of the network.
    towns
        How many.
    spread_m
        Least and greatest of their standard deviations. [m]
    elsewhere
        Density of demand outside them.
    """

    n_nodes: int
    towns: int
    spread_m: tuple[float, float]
    elsewhere: float


COUNTRY = Land(240_000, 40, (400.0, 1_500.0), 0.005)
FARMS = Land(240_000, 40, (400.0, 1_500.0), 0.02)
CITY = Land(60_000, 25, (600.0, 3_500.0), 0.15)
QUICK = Land(20_000, 10, (400.0, 1_500.0), 0.005)


@dataclass(frozen=True)
class Times:
    """Times from candidates to places, compressed, and the places."""

    start: NDArray[np.int64]
    place: NDArray[np.int32]
    time_s: NDArray[np.float32]
    weights: NDArray[np.float64]
    points: NDArray[np.float64]


@lru_cache(maxsize=1)
def roads_of(n_nodes: int):
    return networks.generated(n_nodes)


@lru_cache(maxsize=1)
def drawn(land: Land, n_candidates: int, n_places: int, within_s: float) -> Times:
    """Draw places on streets, more of them in towns, and candidates on nodes; drive between them."""
    roads = roads_of(land.n_nodes)
    rng = np.random.default_rng(SEED)
    low, high = roads.node_xy_m.min(axis=0), roads.node_xy_m.max(axis=0)
    centre = rng.uniform(low, high, (land.towns, 2))
    spread_m = rng.uniform(*land.spread_m, land.towns)
    size = rng.pareto(1.5, land.towns) + 0.3
    street_m = roads.xy_m[roads.offsets[:-1]]
    density = np.full(roads.n_streets, land.elsewhere)
    for about, wide_m, much in zip(centre, spread_m, size, strict=True):
        density += much * np.exp(-((street_m - about) ** 2).sum(axis=1) / (2 * wide_m * wide_m))
    street = rng.choice(roads.n_streets, n_places, p=density / density.sum())
    points = street_m[street] + rng.normal(0.0, 40.0, (n_places, 2))
    node = rng.choice(np.flatnonzero(roads.component == 0), n_candidates, replace=False)
    weights = rng.integers(1, 20, n_places).astype(float)
    times = candidate_times(_scenario(roads, points), _sites(roads, node), cutoff_s=within_s)
    return Times(times.start, times.place, times.travel_s, weights, points)


def _scenario(roads, points: NDArray[np.float64]) -> Scenario:
    zones = gpd.GeoDataFrame(
        {"population": np.ones(len(points), dtype=int)},
        geometry=gpd.points_from_xy(*points.T),
        crs=roads.crs,
        index=pd.Index([str(i) for i in range(len(points))], name="zone_id"),
    )
    stations = gpd.GeoDataFrame(
        {"name": ["One"]},
        geometry=gpd.points_from_xy(*roads.node_xy_m[:1].T),
        crs=roads.crs,
        index=pd.Index(["S1"], name="station_id"),
    )
    return Scenario(roads, stations, pd.DataFrame(), zones)


def _sites(roads, node: NDArray[np.int64]) -> gpd.GeoSeries:
    names = [f"c{i}" for i in range(len(node))]
    return gpd.GeoSeries(gpd.points_from_xy(*roads.node_xy_m[node].T), crs=roads.crs, index=names)


@dataclass(frozen=True)
class Case:
    """
    A covering problem; made when first asked for.

    Attributes
    ----------
    land
        Where.
    n_candidates, n_places, p
        Its size.
    limit_s
        A candidate covers what it reaches within this time. [s]
    reach_s
        Times are measured to here, where another case with the same places needs them. [s]
    """

    land: Land
    n_candidates: int
    n_places: int
    p: int
    limit_s: float = 240.0
    reach_s: float = 240.0

    @property
    def size(self) -> str:
        return f"{self.n_candidates:,} x {self.n_places:,}"

    @property
    def place(self) -> str:
        return f"generated {self.land.n_nodes // 1000}k"

    @property
    def times(self) -> Times:
        """The times, also those beyond the limit."""
        return drawn(self.land, self.n_candidates, self.n_places, self.reach_s)

    @property
    def weights(self) -> NDArray[np.float64]:
        return self.times.weights

    @property
    def points(self) -> NDArray[np.float64]:
        return self.times.points

    @cached_property
    def covers(self) -> Covers:
        """Who covers what."""
        near = self.times.time_s <= self.limit_s
        start = np.concatenate([[0], np.cumsum(near)])[self.times.start].astype(np.int64)
        return Covers(start, self.times.place[near], self.n_places)

    @cached_property
    def reached(self) -> NDArray[np.bool_]:
        """Places that some candidate covers."""
        return np.bincount(self.covers.place, minlength=self.n_places) > 0

    @cached_property
    def dense(self) -> NDArray[np.float32]:
        """Times as spopt takes them: places x candidates."""
        times = np.full((self.n_places, self.n_candidates), FAR_S, dtype=np.float32)
        candidate = np.repeat(np.arange(self.n_candidates), np.diff(self.times.start))
        times[self.times.place, candidate] = self.times.time_s
        return times

    @cached_property
    def program(self) -> IntegerProgram:
        """Maximal covering with places that are covered alike merged, for HiGHS."""
        choice = Choice(self.n_candidates, (self.p,))
        return cover_problem(self.covers, self.weights, choice, points=self.points).program()

    def covered(self, chosen: NDArray[np.int64]) -> float:
        """Weight that a choice covers, worked out plainly."""
        hit = np.zeros(self.n_places, dtype=bool)
        for j in chosen:
            hit[self.covers.place[self.covers.start[j] : self.covers.start[j + 1]]] = True
        return float(self.weights[hit].sum())

    def expected(self, chosen: NDArray[np.int64], busy: float) -> float:
        """Weight expected to find a unit free, worked out plainly."""
        times = np.zeros(self.n_places, dtype=int)
        for j in chosen:
            times[self.covers.place[self.covers.start[j] : self.covers.start[j + 1]]] += 1
        return float((self.weights * (1 - busy**times)).sum())


def forget() -> None:
    """Let go of the network and the places."""
    roads_of.cache_clear()
    drawn.cache_clear()


@dataclass(frozen=True)
class Known:
    """A matrix of candidates x places whose optima are known."""

    name: str
    costs: NDArray[np.float64]
    p: int
    median: float
    center: float


def _lines(name: str) -> list[dict[str, str]]:
    file = FOLDER / name
    if not file.exists():
        raise CannotRunError(f"{file.name} is not here")
    with file.open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@cache
def or_library(count: int) -> tuple[Known, ...]:
    """Read the first p-median instances of the OR-Library (Beasley 1985)."""
    known = []
    for line in _lines("pmed_optima.csv")[:count]:
        numbers = np.array(gzip.decompress((FOLDER / f"{line['instance']}.txt.gz").read_bytes()).split(), dtype=int)
        n, m, p = (int(x) for x in numbers[:3])
        graph = np.zeros((n, n))
        for i, j, length in numbers[3 : 3 + 3 * m].reshape(-1, 3):
            graph[i - 1, j - 1] = graph[j - 1, i - 1] = length  # the last of a repeated edge counts
        costs = shortest_path(graph, directed=False)
        known.append(Known(line["instance"], costs, p, float(line["pmedian_opt"]), float(line["pcenter_opt"])))
    return tuple(known)


@cache
def stores() -> tuple[NDArray[np.float64], NDArray[np.float64], dict[str, object]]:
    """Read San Francisco's stores: metres to each tract, people by tract (joined by its name), and known optima."""
    rows = _lines("SF_network_distance_candidateStore_16_censusTract_205_new.csv")
    people = {r["NAME"]: float(r["POP2000"]) for r in _lines("SF_demand_205_centroid_uniform_weight.csv")}
    names, tracts = sorted({r["name"] for r in rows}), sorted({r["DestinationName"] for r in rows})
    store, tract = ({name: i for i, name in enumerate(several)} for several in (names, tracts))
    distance_m = np.full((len(names), len(tracts)), np.inf)
    for r in rows:
        distance_m[store[r["name"]], tract[r["DestinationName"]]] = float(r["distance"])
    known = json.loads((FOLDER / "sf_stores_optima.json").read_text(encoding="utf-8"))
    return distance_m, np.array([people[name] for name in tracts]), known
