"""The nearest few sources of a place are those that a search from each would find, however a scenario came about."""

from dataclasses import replace

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
from fireplan._result_cache import Memo
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
    found_s, found = table.lists()
    assert table.depth == depth
    np.testing.assert_array_equal(found_s, time_s)
    np.testing.assert_array_equal(found, source)


@given(networks(), st.integers(1, 4))
def test_one_search_finds_what_a_search_from_each_does(town, depth):
    n, rows, sources = town
    graph = graph_of(n, rows)
    same(kernel.nearest_sources(graph, seeds_of(sources, range(len(sources))), depth), graph, n, sources, depth)


def test_of_sources_at_the_same_time_the_first_comes_first():
    graph = graph_of(3, [(0, 2, 7.0), (1, 2, 3.0)])
    found = kernel.nearest_sources(graph, seeds_of([(0, 0.0), (1, 4.0), (2, 7.0)], range(3)), 3)
    time_s, source = found.lists()
    assert source[2].tolist() == [0, 1, 2]
    assert time_s[2].tolist() == [7.0, 7.0, 7.0]


def test_one_that_goes_keeps_its_place_among_equals_until_it_has_gone():
    """Three at the same time: the second and third are known, the third goes and the first comes."""
    graph, alike = graph_of(1, []), [(0, 5.0)] * 3
    table = kernel.nearest_sources(graph, seeds_of(alike[1:], [0, 1]), 2)
    rank = np.array([1, -1, 0], dtype=np.int32)
    table, moved = kernel.followed(graph, table, seeds_of(alike[2:], [1]), seeds_of(alike[:1], [2]), rank)
    assert table.lists()[1].tolist() == [[0]]
    assert moved.place.tolist() == [0]


@given(networks(), st.integers(2, 5), st.data())
def test_sources_that_come_and_go_leave_no_trace(town, depth, data):
    """Several come and go at once, three times over; ties stay in order, and what moved is said."""
    n, rows, sources = town
    graph, every = graph_of(n, rows), range(len(sources))
    here = sorted(data.draw(st.sets(st.sampled_from(every))))
    table = kernel.nearest_sources(graph, seeds_of([sources[i] for i in here], range(len(here))), depth)
    number = {i: k for k, i in enumerate(here)}  # of each source in the table
    for _ in range(3):
        gone = sorted(data.draw(st.sets(st.sampled_from(here), max_size=table.depth - 1))) if here else []
        come = sorted(data.draw(st.sets(st.sampled_from([i for i in every if i not in here])))) if len(here) < len(
            sources
        ) else []  # fmt: skip
        old, old_depth = table.lists(), table.depth
        was = here
        here = sorted({*here, *come} - {*gone})
        out = seeds_of([sources[i] for i in gone], [number[i] for i in gone])
        number |= {i: len(table.rank) + k for k, i in enumerate(come)}
        rank = np.full(len(table.rank) + len(come), -1, dtype=np.int32)
        rank[[number[i] for i in here]] = np.arange(len(here))
        table, moved = kernel.followed(
            graph, table, out, seeds_of([sources[i] for i in come], [number[i] for i in come]), rank
        )
        same(table, graph, n, [sources[i] for i in here], old_depth - len(gone))
        says_what_moved(graph, n, moved, [sources[i] for i in was], [sources[i] for i in here], old_depth)
        assert old[0].shape == (n, old_depth)  # and the old one is as it was
        if table.depth < 2:
            return


def says_what_moved(graph, n, moved, was, here, depth):
    """Where nothing is said to have moved, the lists are the same; elsewhere they are up to the time that is said."""
    (was_s, was_who), (here_s, here_who) = lists(graph, n, was, depth), lists(graph, n, here, depth)
    since, place = np.full(n, np.inf), np.full(n, depth)
    since[moved.node], place[moved.node] = moved.time_s, moved.place
    for node in range(n):
        # Above the place that is said nothing changed.
        above = min(place[node], depth - 1)
        named = [
            [was[w] if w >= 0 else None for w in was_who[node]],
            [here[w] if w >= 0 else None for w in here_who[node]],
        ]
        assert named[0][:above] == named[1][:above]
        assert was_s[node, :above].tolist() == here_s[node, :above].tolist()
        before = [(t, was[w]) for t, w in zip(was_s[node], was_who[node], strict=True) if t < since[node]]
        after = [(t, here[w]) for t, w in zip(here_s[node], here_who[node], strict=True) if t < since[node]]
        if since[node] < np.inf:
            assert before[: len(after)] == after[: len(before)]
            continue
        # What came to a list that has become shorter is not asked for.
        assert before[: depth - 1] == after[: depth - 1]


@given(networks(), st.integers(1, 4), st.data())
def test_the_nodes_of_a_source_are_those_that_have_it_in_their_list(town, depth, data):
    n, rows, sources = town
    graph = graph_of(n, rows)
    table = kernel.nearest_sources(graph, seeds_of(sources, range(len(sources))), depth)
    some = sorted(data.draw(st.sets(st.sampled_from(range(len(sources))), min_size=1)))
    found = kernel.domain(graph, table, seeds_of([sources[i] for i in some], some))
    time_s, who = table.lists()
    held = np.isin(who, some)
    earliest_s = np.where(held, time_s, np.inf).min(axis=1)
    assert sorted(found.node.tolist()) == np.flatnonzero(held.any(axis=1)).tolist()
    np.testing.assert_array_equal(found.time_s, earliest_s[found.node].astype(np.float32))


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
    zones = gpd.GeoDataFrame({"zone_id": [f"Z{i}" for i in range(12)]}, geometry=points(12))
    zones["population"] = rng.integers(0, 40, 12) + rng.choice(
        [0.0, 0.1, 1 / 3], 12
    )  # shares of people, as some data have
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


@settings(max_examples=2000 if THOROUGH else 15, deadline=None)
@given(towns())
def test_twenty_changes_on_end_agree_with_the_dense_engine(drawn):
    """From one scenario to the next, from a parent two back, and undone again."""
    scenario, rng = drawn
    line = [scenario]
    for k in range(20):
        line.append(changed(line[-1] if rng.random() < 0.8 else line[max(0, len(line) - 3)], rng, k))
        agrees(line[-1], rng)


STANDARD = fp.Standard(
    "quick",
    "quick",
    tuple(
        fp.Objective(f"need_{i}", f"need {i}", limit_s, interval, needs=needs)
        for i, (needs, limit_s, interval) in enumerate(
            zip(NEEDS, [30.0, 45.0, 60.0, 50.5, 120.0, 60.0], 3 * ["travel_s", "turnout_and_travel_s"], strict=True)
        )
    ),
)


@settings(max_examples=500 if THOROUGH else 8, deadline=None)
@given(towns())
def test_followed_figures_are_those_of_a_scenario_that_comes_from_nowhere_to_the_bit(drawn):
    scenario, rng = drawn
    for k in range(8):
        scenario = changed(scenario, rng, k)
        try:
            fresh = fp.assess(replace(scenario, parent=None, memo=Memo()), standard=STANDARD)
        except UnreachableStationError:
            return
        followed = fp.assess(scenario, standard=STANDARD)
        pd.testing.assert_frame_equal(followed.summary(), fresh.summary(), check_exact=True)
        for one, other in zip(followed.arrivals, fresh.arrivals, strict=True):
            np.testing.assert_array_equal(one.arrival_s, other.arrival_s)


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
