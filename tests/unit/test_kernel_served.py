"""Arrival at points kept beside a field: after any change, what a fresh computation finds."""

import numpy as np
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

from fireplan import _kernel as kernel
from fireplan._kernel import Field, Seeds, Served, Sources, Streets, count_within
from fireplan.examples import line_town

N_NODES, N_STREETS, N_POINTS, N_SOURCES = 25, 45, 120, 5


class Town:
    """A random town: one-way streets, dead ends, points and sources on streets."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        first, last = rng.integers(0, N_NODES, (2, N_STREETS)).astype(np.int32)
        there_s = np.where(rng.random(N_STREETS) < 0.15, np.inf, rng.uniform(0, 60, N_STREETS))
        back_s = np.where(rng.random(N_STREETS) < 0.15, np.inf, rng.uniform(0, 60, N_STREETS))
        self.streets = Streets(first, last, there_s, back_s)
        tail, head = np.concatenate([first, last]), np.concatenate([last, first])
        self.graph = kernel.build_graph(tail, head, np.concatenate([there_s, back_s]), n_nodes=N_NODES)
        self.point_street = rng.integers(-1, N_STREETS, N_POINTS).astype(np.int32)
        self.point_along = rng.random(N_POINTS)
        self.source_street = rng.integers(0, N_STREETS, N_SOURCES).astype(np.int32)
        self.source_along = rng.random(N_SOURCES)

    def seeds(self, ids):
        rows = []
        for i in ids:
            street, along = self.source_street[i], self.source_along[i]
            rows.append((self.streets.last[street], (1 - along) * self.streets.there_s[street], i))
            rows.append((self.streets.first[street], along * self.streets.back_s[street], i))
        rows = [row for row in rows if np.isfinite(row[1])]
        node, spent_s, owner = zip(*rows, strict=True) if rows else ((), (), ())
        return Seeds(np.array(node, dtype=np.int32), np.array(spent_s, dtype=float), np.array(owner, dtype=np.int32))

    def sources(self, ids):
        return Sources(self.source_street[list(ids)], self.source_along[list(ids)])

    def served(self, ids):
        field = Field(self.graph)
        field.fill(self.seeds(ids))
        served = Served(field, self.streets, street=self.point_street, along=self.point_along)
        served.refresh(self.sources(ids))
        return field, served


@settings(max_examples=tries(100))
@given(st.integers(0, 10_000))
def test_served_is_the_least_over_single_sources(seed):
    town = Town(seed)
    alone = []
    for i in range(N_SOURCES):
        seeds = town.seeds([i])
        nodes, node_s = kernel.reach(town.graph, seeds.node, seeds.spent_s)
        alone.append(
            kernel.point_times(
                nodes,
                node_s,
                origin=(int(town.source_street[i]), float(town.source_along[i])),
                streets=tuple(town.streets),
                points=(town.point_street, town.point_along),
                workspace=kernel.Workspace(N_NODES),
            )
        )
    _, served = town.served(range(N_SOURCES))
    np.testing.assert_allclose(served.arrival_s, np.min(alone, axis=0), rtol=1e-5)


@settings(max_examples=tries(100))
@given(st.integers(0, 10_000), st.integers(0, N_SOURCES - 1))
def test_opening_closing_and_rolling_back_follow_the_field(seed, which):
    town = Town(seed)
    others = [i for i in range(N_SOURCES) if i != which]
    field, served = town.served(others)
    before = served.arrival_s.copy()
    undo = field.spread(town.seeds([which]))
    own = town.source_street[[which]]
    points, stood = served.follow(undo.node, town.sources(range(N_SOURCES)), also=own)
    assert np.array_equal(served.arrival_s, town.served(range(N_SOURCES))[1].arrival_s)
    assert np.array_equal(before[points], stood)

    gone = field.withdraw(which, left=town.seeds(others))
    served.follow(gone.node, town.sources(others), also=own)
    assert np.array_equal(served.arrival_s, before)


@given(
    st.lists(st.floats(0, 900, width=32) | st.floats(7100, 7300, width=32) | st.just(np.inf), min_size=1, max_size=60)
)
def test_counts_and_percentile_are_those_of_a_hand_sort(values):
    arrival_s = np.array(values, dtype=np.float32)
    counts, p90_s = count_within(arrival_s, np.array([240.0, 480.0]), percent=90)
    assert counts.tolist() == [(arrival_s <= 240).sum(), (arrival_s <= 480).sum()]
    ordered = np.sort(arrival_s)
    assert p90_s == ordered[int(np.ceil(0.9 * len(ordered) * (1 - 1e-12))) - 1]


def test_of_no_arrivals_there_is_no_percentile():
    counts, p90_s = count_within(np.empty(0, dtype=np.float32), np.array([240.0]), percent=90)
    assert (counts.tolist(), p90_s) == ([0], np.inf)


def test_points_off_the_road_are_never_served():
    roads = line_town().roads
    streets = Streets(roads.first, roads.last, roads.there_s, roads.back_s)
    served = Served(Field(roads.graph), streets, street=np.array([-1, 0], dtype=np.int32), along=np.zeros(2))
    served.refresh(Sources(np.array([0], dtype=np.int32), np.array([0.0])))
    assert served.arrival_s.tolist() == [np.inf, 0.0]
