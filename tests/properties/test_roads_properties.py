"""What holds of every road network, whatever it looks like."""

from itertools import pairwise
from typing import NamedTuple

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from how_many import tries
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fireplan import Scenario, assess, changes, examples, roads, travel
from fireplan import _kernel as kernel
from fireplan.roads._build_network import build_network
from fireplan.roads._snapping import in_crs, put
from fireplan.standards import local_rule

SECONDS = st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 7.0, 33.25, 60.0, 400.0])


@st.composite
def multigraphs(draw, most=12):
    """Arcs with self loops, parallel ones, lengths of zero, and nodes that cannot be left."""
    n = draw(st.integers(1, most))
    node = st.integers(0, n - 1)
    rows = draw(st.lists(st.tuples(node, node, SECONDS), max_size=40))
    return n, rows


def graph_of(n, rows):
    tail, head = np.array([r[:2] for r in rows], dtype=np.int64).reshape(-1, 2).T
    return kernel.build_graph(tail, head, np.array([r[2] for r in rows], dtype=float), n_nodes=n)


def matrix(n, rows):
    """Times between all nodes, by the kernel."""
    graph = graph_of(n, rows)
    out = np.full((n, n), np.inf)
    for seed in range(n):
        nodes, node_s = kernel.reach(graph, np.array([seed], dtype=np.int32), np.zeros(1))
        out[seed, nodes] = node_s
    return out


@given(multigraphs(), st.sampled_from([0.0, 1.0, 2.5, 61.0, 500.0]))
def test_a_limit_hides_what_lies_beyond_it_and_alters_nothing_else(town, limit_s):
    n, rows = town
    graph, whole = graph_of(n, rows), matrix(n, rows)
    for seed in range(n):
        nodes, node_s = kernel.reach(graph, np.array([seed], dtype=np.int32), np.zeros(1), limit_s=limit_s)
        found = np.full(n, np.inf)
        found[nodes] = node_s
        np.testing.assert_array_equal(found, np.where(whole[seed] <= limit_s, whole[seed], np.inf))


@given(multigraphs())
def test_no_detour_is_quicker_than_the_way_it_was_given_for(town):
    times = matrix(*town)
    assert (times[:, None, :] <= times[:, :, None] + times[None, :, :]).all()


@given(multigraphs(), st.data())
def test_deleting_an_edge_never_speeds_anything_up(town, data):
    n, rows = town
    assume(rows)
    gone = data.draw(st.integers(0, len(rows) - 1))
    assert (matrix(n, rows[:gone] + rows[gone + 1 :]) >= matrix(n, rows)).all()


@given(multigraphs())
def test_reversing_all_edges_transposes_the_times(town):
    n, rows = town
    turned = matrix(n, [(head, tail, s) for tail, head, s in rows])
    np.testing.assert_array_equal(turned, matrix(n, rows).T)


@given(multigraphs(), st.sampled_from([0.25, 0.5, 2.0, 4.0]))
def test_all_speeds_times_k_give_times_over_k_and_reach_the_same(town, k):
    n, rows = town
    np.testing.assert_array_equal(matrix(n, [(u, v, s / k) for u, v, s in rows]), matrix(n, rows) / k)


@given(multigraphs(), st.data())
def test_a_slower_parallel_edge_or_a_self_loop_changes_nothing(town, data):
    n, rows = town
    assume(rows)
    u, v, seconds = rows[data.draw(st.integers(0, len(rows) - 1))]
    more = [*rows, (u, v, seconds + data.draw(SECONDS)), (u, u, data.draw(SECONDS))]
    np.testing.assert_array_equal(matrix(n, more), matrix(n, rows))


@given(multigraphs(), st.data())
def test_splitting_an_edge_changes_nothing(town, data):
    n, rows = town
    assume(rows)
    at = data.draw(st.integers(0, len(rows) - 1))
    share = data.draw(st.sampled_from([0.0, 0.25, 0.5, 1.0]))
    u, v, seconds = rows[at]
    split = [*rows[:at], *rows[at + 1 :], (u, n, seconds * share), (n, v, seconds * (1 - share))]
    np.testing.assert_array_equal(matrix(n + 1, split)[:n, :n], matrix(n, rows))


@given(multigraphs(), st.randoms(use_true_random=False))
def test_the_order_of_arcs_and_the_numbers_of_nodes_leave_no_trace(town, random):
    n, rows = town
    new = list(range(n))
    random.shuffle(new)
    mixed = [(new[u], new[v], s) for u, v, s in rows]
    random.shuffle(mixed)
    np.testing.assert_array_equal(matrix(n, mixed)[np.ix_(new, new)], matrix(n, rows))


# Towns: nodes on the ground, with streets, stations and zones. They are small, and what can be made once is made once,
# so that two hundred of them take seconds.

UTM = pyproj.CRS.from_epsg(32632)
INF = np.inf
WAYS_S = [(10.0, 10.0), (15.0, 15.0), (22.5, 40.0), (41.0, 22.5), (15.0, INF), (INF, 40.0), (INF, INF)]
"""Times there and back along a block: both ways, one way or closed. [s]"""

CORNERS_M = {
    f"{i}-{j}": (500_000.0 + east_m, 55_000.0 + north_m)
    for i, east_m in enumerate([0, 200, 430])
    for j, north_m in enumerate([0, 180, 390])
}
BLOCKS = [(f"{i}-{j}", f"{i + 1}-{j}") for i in range(2) for j in range(3)]
BLOCKS += [(f"{i}-{j}", f"{i}-{j + 1}") for i in range(3) for j in range(2)]


def beside(u, v):
    """Points for which only one street is the nearest, if it is open: beside it, and away from its ends."""
    a, b = np.array(CORNERS_M[u]), np.array(CORNERS_M[v])
    aside = np.array([a[1] - b[1], b[0] - a[0]]) / np.hypot(*(b - a))
    return [tuple((a + f * (b - a) + m * aside).tolist()) for f in (0.21, 0.37, 0.48, 0.66) for m in (-13, 17)]


OFF_M = [-40.0, 0.0, 3.0, 90.0, 100.0, 180.0, 200.0, 311.0, 430.0, 470.0]
ANYWHERE = [(500_000.0 + x, 55_000.0 + y) for x in OFF_M for y in OFF_M]
"""On, near and outside the grid; corners and the middles of streets among them. [m]"""

FAR = (509_000.0, 64_000.0)
BESIDE = {block: beside(*block) for block in BLOCKS}
PLACES = [*ANYWHERE, FAR, *(place for places in BESIDE.values() for place in places)]
ROW = {place: row for row, place in enumerate(PLACES)}
POINTS = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*zip(*PLACES, strict=True)), crs=UTM).to_crs(4326)


class Town(NamedTuple):
    """Corners of a grid by name [m], and blocks: from, to, time there, time back (inf: not that way) [s]."""

    corners: dict[str, tuple[float, float]]
    blocks: list[tuple[str, str, float, float]]


@st.composite
def towns(draw):
    """A grid of two or three streets each way; some are one-way, some are closed."""
    across, up = draw(st.sampled_from(["01", "012"])), draw(st.sampled_from(["01", "012"]))
    corners = {name: xy for name, xy in CORNERS_M.items() if name[0] in across and name[2] in up}
    pairs = [(u, v) for u, v in BLOCKS if u in corners and v in corners]
    ways = draw(st.tuples(*[st.sampled_from(WAYS_S)] * len(pairs)))
    assume(any(np.isfinite(way).any() for way in ways))
    return Town(corners, [(*pair, *way) for pair, way in zip(pairs, ways, strict=True)])


def frames(town):
    """Nodes and directed edges, as OSMnx gives them."""
    nodes = pd.DataFrame.from_dict(town.corners, orient="index", columns=["x", "y"])
    rows = [
        row for u, v, there_s, back_s in town.blocks for row in ((u, v, there_s), (v, u, back_s)) if np.isfinite(row[2])
    ]
    return nodes, pd.DataFrame(rows, columns=["u", "v", "travel_time"])


def from_frames(nodes, edges):
    return roads.from_frames(nodes, edges, crs=UTM, source="town")


def network(town):
    """The town without the detour through tables."""
    ids = list(town.corners)
    xy = np.array(list(town.corners.values()))
    first, last = (np.array([ids.index(block[end]) for block in town.blocks]) for end in (0, 1))
    n = len(first)
    return build_network(
        crs=UTM,
        node_ids=np.array(ids, dtype=object),
        node_xy_m=xy,
        first=first,
        last=last,
        length_m=np.hypot(*(xy[first] - xy[last]).T),
        there_s=np.array([block[2] for block in town.blocks]),
        back_s=np.array([block[3] for block in town.blocks]),
        lines=shapely.linestrings(np.stack([xy[first], xy[last]], axis=1)),
        highway=np.full(n, "residential"),
        street_name=np.full(n, ""),
        source="town",
        notes=(),
    )


def places_in(most, *, least=1):
    return st.lists(st.sampled_from(ANYWHERE), min_size=least, max_size=most)


def places_beside(town, most):
    """Points beside streets that can be driven."""
    drivable = [block[:2] for block in town.blocks if np.isfinite(block[2:]).any()]
    return st.lists(
        st.sampled_from([place for block in drivable for place in BESIDE[block]]), min_size=1, max_size=most
    )


def points(places, id_name):
    ids = pd.Index([f"{id_name[0].upper()}{i}" for i in range(len(places))], name=id_name)
    return POINTS.iloc[[ROW[place] for place in places]].set_axis(ids)


CHECKED = examples.line_town()


def scenario(town_roads, stations, zones):
    """A plan whose tables are said to be checked: checking its tables would take most of the time."""
    stations_table = points(stations, "station_id").assign(name="", open=True)
    zones_table = points(zones, "zone_id").assign(population=np.arange(1.0, len(zones) + 1))
    return on_roads(town_roads, stations_table, zones_table)


def on_roads(town_roads, stations_table, zones_table):
    units = CHECKED.units.iloc[:0]
    return Scenario(town_roads, stations_table, units, zones_table, snap_limit_m=1000.0, _checked=True)


def departments(*, stations=1):
    """A town with three stations at most, and so many at least."""
    drawn = st.tuples(towns(), places_in(3, least=stations), places_in(6))
    return drawn.map(lambda parts: scenario(network(parts[0]), *parts[1:]))


def times_of(town_roads):
    """Times between nodes by name."""
    found = {}
    for node in town_roads.node_ids:
        for other, seconds in travel.node_times(town_roads, node).items():
            found[node, other] = seconds
    return found


def due(plan):
    return travel.first_due(plan)["first_due_s"]


TIMES = ["first_due_s", "second_due_s", "third_due_s"]


def due_times(plan):
    return travel.first_due(plan)[TIMES]


@given(towns(), st.randoms(use_true_random=False))
def test_row_order_leaves_no_trace_in_the_fingerprint(town, random):
    nodes, edges = frames(town)
    seed = random.randrange(10**6)
    mixed = nodes.sample(frac=1, random_state=seed), edges.sample(frac=1, random_state=seed + 1)
    assert from_frames(*mixed).fingerprint == from_frames(nodes, edges).fingerprint


@given(towns(), st.randoms(use_true_random=False))
def test_other_ids_leave_no_trace_in_the_fingerprint(town, random):
    nodes, edges = frames(town)
    names = list(range(1000, 1000 + len(nodes)))
    random.shuffle(names)
    new = dict(zip(nodes.index, names, strict=True))
    renamed = nodes.rename(index=new), edges.assign(u=edges["u"].map(new), v=edges["v"].map(new))
    assert from_frames(*renamed).fingerprint == from_frames(nodes, edges).fingerprint


@given(towns(), st.sampled_from([1.0, 5.0]))
def test_the_geometry_fingerprint_forgets_times_and_the_other_does_not(town, more_s):
    slower = Town(town.corners, [(u, v, there_s + more_s, back_s + more_s) for u, v, there_s, back_s in town.blocks])
    before, after = network(town), network(slower)
    assert after.fingerprint != before.fingerprint
    assert after.geometry_fingerprint == before.geometry_fingerprint


@settings(max_examples=tries(60))  # OSMnx's graphs are slow to make
@given(towns())
def test_a_network_survives_its_round_trip_through_osmnx(town):
    there = from_frames(*frames(town))
    back = roads.from_graph(there.to_graph())
    for name in ("node_ids", "first", "last", "there_s", "back_s"):
        np.testing.assert_array_equal(getattr(back, name), getattr(there, name))


@given(towns())
def test_times_on_the_ground_agree_with_networkx(town):
    nodes, edges = frames(town)
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(nodes.index)
    graph.add_weighted_edges_from(edges.itertuples(index=False))
    expected = {(u, v): s for u, found in nx.all_pairs_dijkstra_path_length(graph) for v, s in found.items()}
    assert times_of(from_frames(nodes, edges)) == pytest.approx(expected, rel=1e-6)


@given(towns(), st.data())
def test_splitting_a_street_with_a_node_changes_no_due_time(town, data):
    row = data.draw(st.integers(0, len(town.blocks) - 1))
    share = data.draw(st.sampled_from([0.25, 0.5]))
    u, v, there_s, back_s = town.blocks[row]
    middle = tuple(np.array(town.corners[u]) * (1 - share) + np.array(town.corners[v]) * share)
    halves = [(u, "mid", there_s * share, back_s * share), ("mid", v, there_s * (1 - share), back_s * (1 - share))]
    cut = Town({**town.corners, "mid": middle}, [*town.blocks[:row], *town.blocks[row + 1 :], *halves])
    stations, zones = data.draw(places_beside(town, 3)), data.draw(places_beside(town, 6))
    before = scenario(network(town), stations, zones)
    after = on_roads(network(cut), before.stations, before.zones)
    np.testing.assert_allclose(due_times(after), due_times(before), atol=0.02)


LOOP_M = np.array([(0, 0), (3, 5), (-3, 5), (0, 0)])


def stand_on_the_nearest(plan):
    """Whether no place was taken off a street that cannot be left or reached, for another that may be the loop."""
    found = [
        put(plan.roads, in_crs(plan.roads, table.geometry), limit_m=plan.snap_limit_m, what=what)
        for table, what in ((plan.stations, "station"), (plan.zones, "zone"))
    ]
    return all((one.on_road.street == one.nearest.street).all() for one in found)


@given(towns(), st.data())
def test_a_slower_parallel_street_or_a_loop_changes_no_due_time(town, data):
    nodes, edges = frames(town)
    u, v, seconds = edges.loc[data.draw(st.integers(0, len(edges) - 1))]
    later_s = data.draw(st.sampled_from([0.0, 0.5, 60.0]))
    drawn = shapely.LineString(LOOP_M + town.corners[v])
    more = pd.DataFrame({"u": [u, v, v], "v": v, "travel_time": [seconds + later_s, later_s, later_s + 5]})
    more["geometry"] = [None, None, drawn]
    plain = from_frames(nodes, edges.assign(geometry=None))  # as below, without the streets that nobody drives
    before = scenario(plain, data.draw(places_beside(town, 3)), data.draw(places_beside(town, 6)))
    assume(stand_on_the_nearest(before))
    crowded = from_frames(nodes, pd.concat([edges.assign(geometry=None), more], ignore_index=True))
    assert crowded.n_streets == sum(np.isfinite(block[2:]).any() for block in town.blocks) + 2
    after = on_roads(crowded, before.stations, before.zones)
    np.testing.assert_array_equal(due_times(after), due_times(before))


@given(departments(), st.sampled_from(ANYWHERE))
def test_opening_a_station_never_worsens_a_first_due_time(plan, place):
    at = POINTS.geometry.iloc[ROW[place]]
    assert (due(plan.apply(changes.OpenStation("new", at=(at.x, at.y)))) <= due(plan)).all()


@given(departments(stations=2), st.data())
def test_closing_a_station_never_improves_a_first_due_time(plan, data):
    gone = data.draw(st.sampled_from(list(plan.stations.index)))
    assert (due(plan.apply(changes.CloseStation(gone))) >= due(plan)).all()


@given(departments(), st.data())
def test_a_second_station_at_the_same_place_changes_no_first_due_time(plan, data):
    point = plan.stations.geometry.loc[data.draw(st.sampled_from(list(plan.stations.index)))]
    twin = plan.apply(changes.OpenStation("twin", at=(point.x, point.y)))
    pd.testing.assert_series_equal(due(twin), due(plan))
    assert travel.first_due(twin)["first_due"].equals(travel.first_due(plan)["first_due"])


@given(departments(), st.sampled_from([0.5, 2.0, 3.0]))
def test_all_speeds_times_k_give_first_due_times_over_k_and_reach_the_same(plan, k):
    quick = plan.apply(changes.ScaleSpeeds(k))
    np.testing.assert_array_equal(np.isinf(due(quick)), np.isinf(due(plan)))
    np.testing.assert_allclose(due(quick), due(plan) / k, rtol=1e-5)


@given(towns(), places_in(3), places_in(6), st.randoms(use_true_random=False))
def test_order_and_ids_of_nodes_streets_stations_and_zones_leave_no_trace(town, stations, zones, random):
    plan = scenario(network(town), stations, zones)
    new = dict(zip(town.corners, random.sample(range(1000, 2000), len(town.corners)), strict=True))
    blocks = [(new[u], new[v], there_s, back_s) for u, v, there_s, back_s in town.blocks]
    blocks = [(v, u, b, a) if random.random() < 0.5 else (u, v, a, b) for u, v, a, b in blocks]
    mixed = Town(
        {new[name]: town.corners[name] for name in random.sample(list(new), len(new))},
        random.sample(blocks, len(blocks)),
    )
    called = dict(zip(plan.stations.index, random.sample(["A", "B", "C"], len(stations)), strict=True))
    other = on_roads(
        network(mixed),
        plan.stations.rename(index=called).sample(frac=1, random_state=random.randrange(99)),
        plan.zones.sample(frac=1, random_state=random.randrange(99)),
    )
    before, after = travel.first_due(plan), travel.first_due(other).loc[plan.zones.index]
    np.testing.assert_array_equal(after[TIMES], before[TIMES])
    clear = before["first_due_s"] < before["second_due_s"]  # of two as near the one that stands first is named
    assert (after["first_due"][clear] == before["first_due"].map(called)[clear]).all()


@given(departments())
def test_the_second_due_is_no_earlier_than_the_first_and_another_station(plan):
    table = travel.first_due(plan)
    assert (table["first_due_s"] <= table["second_due_s"]).all()
    both = table["second_due"].notna()
    assert (table["first_due"] != table["second_due"])[both].all()
    assert table["first_due"].isna().equals(np.isinf(table["first_due_s"]))


@given(towns(), places_in(3), places_in(8), st.data())
def test_what_cannot_be_reached_stays_in_the_denominator(town, stations, zones, data):
    cut = data.draw(st.sets(st.integers(0, len(town.blocks) - 1), max_size=len(town.blocks) - 1))
    blocks = [(u, v, INF, INF) if i in cut else (u, v, a, b) for i, (u, v, a, b) in enumerate(town.blocks)]
    fewer = Town(town.corners, blocks)
    assume(any(np.isfinite(block[2:]).any() for block in blocks))
    for t in (town, fewer):
        plan = scenario(network(t), stations, [*zones, FAR])
        row = assess(plan, standard=local_rule("r", limit_s=30, weight="population", share=0.9)).summary().iloc[0]
        people = plan.zones["population"]
        assert np.isinf(due(plan).iloc[-1])
        assert row["n"] == people.sum()
        assert row["within"] == people[due(plan) <= 30].sum()
        assert row["share"] == pytest.approx(row["within"] / row["n"])


@given(departments(), st.sampled_from([6.0, 12.0]))
def test_a_smaller_isochrone_lies_inside_a_larger_one(plan, slower):
    ground = travel.isochrones(plan.apply(changes.ScaleSpeeds(1 / slower)), within_s=[120, 240, 480])
    assert ground.geometry.is_valid.all()
    ground = ground.to_crs(plan.roads.crs)
    for _, rows in ground.groupby("station_id"):
        outlines = list(rows.sort_values("within_s").geometry)
        for smaller, larger in pairwise(outlines):
            assert shapely.difference(smaller, larger.buffer(0.01)).area < 1.0
