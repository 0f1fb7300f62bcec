"""The nearest few sources of a place are those that a search from each would find, however a scenario came about."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from dense_engine import dense
from how_many import THOROUGH
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan import _kernel as kernel
from fireplan.errors import UnreachableStationError
from fireplan.roads import from_frames
from fireplan.scenario import held
from fireplan.travel import first_due, force_times, places

SECONDS = st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 7.0, 33.25, 60.0, 400.0])


# The kernel


@st.composite
def networks(draw, most=12):
    """Arcs with self loops, parallel ones, lengths of zero, and nodes that cannot be left; and sources, some alike."""
    n = draw(st.integers(1, most))
    node = st.integers(0, n - 1)
    rows = draw(st.lists(st.tuples(node, node, SECONDS), max_size=40))
    sources = draw(st.lists(st.tuples(node, SECONDS), min_size=1, max_size=7))
    return n, rows, sources


def graph_of(n, rows):
    tail, head = np.array([r[:2] for r in rows], dtype=np.int64).reshape(-1, 2).T
    return kernel.build_graph(tail, head, np.array([r[2] for r in rows], dtype=float), n_nodes=n)


def seeds_of(sources, numbers):
    return kernel.Seeds(
        np.array([node for node, _ in sources], dtype=np.int32),
        np.array([spent for _, spent in sources], dtype=float),
        np.array(numbers, dtype=np.int32),
    )


def lists(graph, n, sources, depth):
    """The nearest sources of each node by a search from each: the oracle."""
    rows = np.full((len(sources), n), np.inf)
    for i, (node, spent) in enumerate(sources):
        nodes, node_s = kernel.reach(graph, np.array([node], dtype=np.int32), np.array([spent]))
        rows[i, nodes] = node_s
    order = np.argsort(rows, axis=0, kind="stable")[:depth]
    time_s = np.take_along_axis(rows, order, axis=0)
    source = np.where(np.isfinite(time_s), order, -1)
    more = ((0, depth - len(order)), (0, 0))
    return np.pad(time_s, more, constant_values=np.inf).T, np.pad(source, more, constant_values=-1).T


def same(table, graph, n, sources, depth):
    time_s, source = lists(graph, n, sources, depth)
    np.testing.assert_array_equal(table.time_s[:, :depth], time_s)
    np.testing.assert_array_equal(table.source[:, :depth], source)


@given(networks(), st.integers(1, 4))
def test_one_search_finds_what_a_search_from_each_does(town, depth):
    n, rows, sources = town
    graph = graph_of(n, rows)
    same(kernel.nearest_sources(graph, seeds_of(sources, range(len(sources))), depth), graph, n, sources, depth)


def test_of_sources_at_the_same_time_the_first_comes_first():
    graph = graph_of(3, [(0, 2, 7.0), (1, 2, 3.0)])
    found = kernel.nearest_sources(graph, seeds_of([(0, 0.0), (1, 4.0), (2, 7.0)], range(3)), 3)
    assert found.source[2].tolist() == [0, 1, 2]
    assert found.time_s[2].tolist() == [7.0, 7.0, 7.0]


@given(networks(), st.integers(2, 5), st.data())
def test_sources_that_come_and_go_leave_no_trace(town, depth, data):
    n, rows, sources = town
    graph, every = graph_of(n, rows), range(len(sources))
    early = sorted(data.draw(st.sets(st.sampled_from(every), max_size=len(sources))))
    late = [i for i in every if i not in early]
    table = kernel.nearest_sources(graph, seeds_of([sources[i] for i in early], early), depth)
    before = table.source.copy(), table.time_s.copy()
    touched = np.zeros(n, dtype=bool)
    kernel.enter(graph, table, seeds_of([sources[i] for i in late], late), touched=touched)
    same(table, graph, n, sources, depth)
    changed = (table.source != before[0]).any(axis=1) | (table.time_s != before[1]).any(axis=1)
    assert not (changed & ~touched).any()
    gone = data.draw(st.sampled_from(every))
    number = np.array([-1 if i == gone else i - (i > gone) for i in every], dtype=np.int32)
    left, lost = kernel.without(table, number, depth - 1)
    rest = [s for i, s in enumerate(sources) if i != gone]
    if rest:
        same(left, graph, n, rest, depth - 1)
    np.testing.assert_array_equal(lost, (table.source == gone).any(axis=1))


@given(networks(), st.integers(1, 20))
def test_nodes_reached_are_counted_no_further_than_asked(town, most):
    n, rows, sources = town
    graph = graph_of(n, rows)
    nodes = np.array([sources[0][0]], dtype=np.int32)
    reached = len(kernel.reach(graph, nodes, np.zeros(1))[0])
    count = kernel.count_reached(graph, nodes, most=most)
    assert min(count, most) == min(reached, most)


# Scenarios

SIDE, STEP = 5, 0.002
NEEDS = (
    {"engine": 1.0}, {"truck": 1.0}, {"engine": 2.0, "truck": 1.0}, {"people": 9.0}, {"people": 24.0}, {"engine": 4.0},
)  # fmt: skip


@st.composite
def towns(draw):
    """A small grid of streets, some one-way, with a few stations, units of three kinds, zones and calls."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    x, y = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    nodes = pd.DataFrame({"x": -140 + STEP * x.ravel(), "y": 30 + STEP * y.ravel()})
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    beside, above = (number[:, :-1], number[:, 1:]), (number[:-1], number[1:])
    pairs = np.concatenate([np.stack(two, -1).reshape(-1, 2) for two in (beside, above)])
    both = np.concatenate([pairs, pairs[:, ::-1][rng.random(len(pairs)) < 0.8]])
    edges = pd.DataFrame({"u": both[:, 0], "v": both[:, 1], "key": 0, "name": "Street", "highway": "residential"})
    edges["speed_kph"] = rng.choice([30.0, 40.0, 50.0], len(edges))
    roads = from_frames(nodes, edges.set_index(["u", "v", "key"]), crs="EPSG:4326", source="made up")

    def points(n):
        at = rng.integers(0, len(pairs), n)
        ends = nodes[["x", "y"]].to_numpy()
        along = rng.random(n)[:, None]
        xy = ends[pairs[at, 0]] * (1 - along) + ends[pairs[at, 1]] * along
        return gpd.GeoSeries([shapely.Point(*p) for p in xy], crs="EPSG:4326")

    n = draw(st.integers(2, 14))  # more than a node keeps: so lists that closures have made too short are met
    stations = gpd.GeoDataFrame({"station_id": [f"S{i}" for i in range(n)], "name": "x"}, geometry=points(n))
    stations["name"] = stations["station_id"]
    homes = rng.integers(0, n, n + 3)
    units = pd.DataFrame(
        {
            "unit_id": [f"{'ETB'[i % 3]}{i}" for i in range(len(homes))],
            "station_id": [f"S{i}" for i in homes],
            "type": [("engine", "truck", "battalion")[i % 3] for i in range(len(homes))],
            "crew": rng.integers(1, 6, len(homes)),
            "turnout_s": rng.choice([60, 80, 95], len(homes)),
        }
    )
    zones = gpd.GeoDataFrame({"zone_id": [f"Z{i}" for i in range(12)], "population": 1.0}, geometry=points(12))
    calls = gpd.GeoDataFrame({"incident_id": [f"I{i}" for i in range(15)]}, geometry=points(15))
    return fp.Scenario(roads, stations, units, zones, incidents=calls), rng


def changed(scenario, rng, k):
    """One change that can be made, whichever comes up."""
    tables = held(scenario)
    opened = list(tables.stations.index[tables.stations["open"]])
    at = tuple(float(v) for v in shapely.get_coordinates(tables.zones.geometry.iloc[int(rng.integers(12))])[0])
    unit = str(rng.choice(tables.units.index)) if len(tables.units) else ""
    asked = [
        fp.OpenStation(f"N{k}", at=at, units=[f"E{100 + k}"]),
        fp.CloseStation(str(rng.choice(opened))),
        fp.MoveStation(str(rng.choice(opened)), at=at),
        fp.AddUnit(f"T{200 + k}", to=str(rng.choice(opened))),
        fp.RemoveUnit(unit),
        fp.MoveUnit(unit, to=str(rng.choice(opened))),
        fp.SetTurnout(float(rng.choice([50.0, 70.0, 90.0]))),
        fp.ScaleSpeeds(float(rng.choice([0.5, 0.8, 1.25]))),
    ][int(rng.integers(8))]
    try:
        return scenario.apply(asked, name=f"{k}")
    except fp.FireplanError:  # the last station or unit, or the same place twice
        return scenario


@settings(max_examples=2000 if THOROUGH else 25, deadline=None)
@given(towns())
def test_twenty_changes_on_end_agree_with_the_dense_engine(drawn):
    """From one scenario to the next, from a parent two back, and undone again."""
    scenario, rng = drawn
    line = [scenario]
    for k in range(20):
        line.append(changed(line[-1] if rng.random() < 0.8 else line[max(0, len(line) - 3)], rng, k))
        agrees(line[-1], rng)


def agrees(scenario, rng):
    kind = str(rng.choice(["zones", "incidents", "roads"]))
    needs = NEEDS[int(rng.integers(len(NEEDS)))]
    interval = str(rng.choice(["travel_s", "turnout_and_travel_s"]))
    ends = places(scenario, kind)
    try:
        row, best_s, force_s = dense(scenario, ends, needs, interval)
    except UnreachableStationError:  # a station on a scrap of road: both say so
        with pytest.raises(UnreachableStationError):
            force_times(scenario, ends, needs=needs, interval=interval)
        return
    found_s = force_times(scenario, ends, needs=needs, interval=interval)
    np.testing.assert_allclose(found_s, force_s, atol=2e-3)
    if kind == "roads":
        return
    due = first_due(scenario, to=kind, needs=needs, interval=interval)
    ids = np.append(held(scenario).stations.index.to_numpy(object), None)
    for k, word in enumerate(("first", "second", "third")):
        np.testing.assert_allclose(due[f"{word}_due_s"], best_s[k], atol=2e-3)
        if interval == "travel_s":
            named = [name if isinstance(name, str) else None for name in due[f"{word}_due"]]
            assert named == ids[row[k]].tolist()
            np.testing.assert_array_equal(due[f"{word}_due_s"], best_s[k])
