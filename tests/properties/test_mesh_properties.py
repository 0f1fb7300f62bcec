"""The mesh laid block by block is one mesh, and an isochrone the same whatever was asked before."""

from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import Delaunay

from fireplan import Scenario, changes, roads, travel
from fireplan.travel import _mesh_blocks as blocks_of
from fireplan.travel._arrival_surface import ArrivalSurface
from fireplan.travel._mesh import build_mesh
from fireplan.travel._mesh_vertices import UNITS_PER_M, survey

CORNER = np.array([500_000.0, 4_400_000.0])
STATIONS = 6


def network(nodes_m, pairs, *, kph=40.0):
    """Streets between pairs of nodes, driven both ways."""
    nodes = pd.DataFrame(np.array(nodes_m, dtype=float) + CORNER, columns=["x", "y"])
    u, v = np.array(pairs, dtype=int).reshape(-1, 2).T
    length = np.maximum(np.hypot(*(nodes.to_numpy()[u] - nodes.to_numpy()[v]).T), 1.0)
    edges = pd.DataFrame({"u": [*u, *v], "v": [*v, *u], "length": np.tile(length, 2)})
    return roads.from_frames(nodes, edges.assign(travel_time=edges["length"] / kph * 3.6), crs="EPSG:32618")


@cache
def town(kind):
    """Six kilometres square: with a lake, a lattice on which many points lie on one circle, or a comb of dead ends."""
    rng = np.random.default_rng(8)
    side, step_m = 26, 240.0
    row, column = np.divmod(np.arange(side * side), side)
    at = np.column_stack([column, row]) * step_m
    dry = np.ones(len(at), dtype=bool)
    if kind == "lake":
        at += rng.uniform(-70, 70, at.shape)
        dry = np.hypot(*(at - [2_600, 3_900]).T) > 1_100
    east = [(i, i + 1) for i in range(side * side) if column[i] < side - 1]
    north = [(i, i + side) for i in range(side * side) if row[i] < side - 1]
    pairs = np.array(east + north)
    keep = dry[pairs].all(axis=1)
    if kind == "lake":
        keep &= rng.random(len(pairs)) < 0.85
    if kind == "comb":
        keep[: len(east)] = row[pairs[: len(east), 0]] == 0
    number = np.cumsum(dry) - 1
    return network(at[dry], number[pairs[keep]])


def plan(net, *, n=STATIONS):
    """A scenario that nothing has been asked of."""
    rng = np.random.default_rng(4)
    spots = net.xy_m[net.offsets[rng.choice(net.n_streets, n)]]
    ids = pd.Index([f"S{i}" for i in range(n)], name="station_id")
    stations = gpd.GeoDataFrame({"name": "S"}, geometry=shapely.points(spots), crs=net.crs, index=ids)
    zones = gpd.GeoDataFrame(geometry=shapely.points(spots[:1]), crs=net.crs, index=pd.Index(["Z"], name="zone_id"))
    units = pd.DataFrame({"station_id": []}, index=pd.Index([], name="unit_id", dtype=str))
    return Scenario(net, stations, units, zones)


def outlines(scenario, **asked):
    """Each outline to the last bit, by station and limit."""
    table = travel.isochrones(scenario, **asked)
    names = table["station_id"] if "station_id" in table else [""] * len(table)
    wkb = shapely.to_wkb(table.geometry.to_numpy())
    return {(name, s): w for name, s, w in zip(names, table["within_s"], wkb, strict=True)}


QUESTIONS = {
    "one": lambda p: outlines(p, within_s=[90], stations=["S2"]),
    "another": lambda p: outlines(p, within_s=[90], stations=["S4"]),
    "farther": lambda p: outlines(p, within_s=[150], stations=["S0"]),
    "two limits": lambda p: outlines(p, within_s=[60, 90]),
    "together": lambda p: outlines(p, within_s=[90], dissolve=True) is None or {},
    "everywhere": lambda p: travel.first_due_areas(p) is None or {},
    "forces": lambda p: travel.erf_areas(p, needs=[{"engine": 2}], within_s=[120]) is None or {},
    "matrix": lambda p: travel.time_rows(p, travel.places(p, "roads")) is None or {},
    "moved": lambda p: outlines(p.apply(changes.CloseStation("S1")), within_s=[90]),
}


@cache
def alone(kind, name, s):
    return outlines(plan(town(kind)), within_s=[s], stations=[name])[name, s]


@pytest.mark.parametrize("kind", ["lake", "lattice", "comb"])
@settings(max_examples=tries(40), deadline=None)
@given(asked=st.lists(st.sampled_from(sorted(QUESTIONS)), min_size=2, max_size=6))
def test_an_isochrone_is_the_same_whatever_was_asked_before(kind, asked):
    scenario = plan(town(kind))
    for question in asked:
        for (name, s), drawn in QUESTIONS[question](scenario).items():
            assert drawn == alone(kind, name, s)


@pytest.mark.parametrize("kind", ["lake", "lattice"])
def test_what_all_reach_together_is_the_same_from_any_mesh(kind):
    first = outlines(plan(town(kind)), within_s=[60, 120], dissolve=True)
    scenario = plan(town(kind))
    travel.first_due_areas(scenario)
    assert outlines(scenario, within_s=[60, 120], dissolve=True) == first


def in_places(mesh):
    """Triangles by the places of their corners, in order."""
    return [tuple(map(tuple, corners)) for corners in mesh.xy_m[mesh.triangles].tolist()]


@pytest.mark.parametrize("kind", ["lake", "lattice"])
@settings(max_examples=tries(40), deadline=None)
@given(data=st.data())
def test_some_blocks_have_the_triangles_that_all_have_there(kind, data):
    net = town(kind)
    known = survey(net)
    every = blocks_of.blocks_near(known, np.arange(net.n_streets))
    some = np.array(sorted(data.draw(st.sets(st.sampled_from(every.tolist()), min_size=1))), dtype=np.uint64)
    part = build_mesh(net, known, [piece for _, piece in blocks_of.lay(net, known, some)])
    pieces = dict(blocks_of.lay(net, known, every))
    assert in_places(part) == in_places(build_mesh(net, known, [pieces[b] for b in some.tolist()]))


def arrays_in(value):
    return [a for part in value for a in arrays_in(part)] if isinstance(value, tuple) else [value]


@pytest.mark.parametrize("at_once", [7, 1])
@pytest.mark.parametrize("kind", ["lake", "lattice"])
def test_it_is_one_mesh_however_many_blocks_are_laid_at_once(kind, at_once, monkeypatch):
    whole = build_mesh(town(kind))
    monkeypatch.setattr(blocks_of, "AT_ONCE", at_once)
    for one, other in zip(arrays_in(whole), arrays_in(build_mesh(town(kind))), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("kind", ["lake", "lattice"])
def test_the_blocks_join_without_cracks_or_overlaps(kind):
    mesh = build_mesh(town(kind))
    corners = shapely.polygons(mesh.xy_m[mesh.triangles])
    union = shapely.union_all(corners)
    assert shapely.area(corners).sum() == pytest.approx(union.area, rel=1e-9)
    # Qhull's triangles over all vertices at once. Beside a lake there may be more: only nine blocks are asked whether
    # a circle is empty.
    units = np.unique(np.rint((mesh.xy_m - mesh.xy_m.min(axis=0)) * UNITS_PER_M), axis=0)
    at = units / UNITS_PER_M + mesh.xy_m.min(axis=0)
    a, b, c = at[Delaunay(units - units.mean(axis=0)).simplices].transpose(1, 0, 2)
    sides = [np.hypot(*(p - q).T) for p, q in ((a, b), (b, c), (c, a))]
    short = np.max(sides, axis=0) <= blocks_of.LONGEST_EDGE_M
    whole = shapely.union_all(shapely.polygons(np.stack([a, b, c], axis=1)[short]), grid_size=1e-3)
    assert shapely.difference(whole, union, grid_size=1e-3).area < 1.0
    assert shapely.difference(union, whole, grid_size=1e-3).area < 1e-3 * whole.area
    # No slit either: every hole is a block or the lake.
    holes = [ring for part in shapely.get_parts(union) for ring in part.interiors]
    assert all(shapely.Polygon(ring).buffer(-1).area > 100 for ring in holes)


def test_the_mesh_of_a_wide_network_is_laid_in_parts_that_can_be_told_exactly():
    far = [(300_000.0 * i + x, 200_000.0 * i + y) for i in range(3) for x, y in ((0, 0), (200, 30), (90, 180))]
    net = network(far, [(3 * i + a, 3 * i + b) for i in range(3) for a, b in ((0, 1), (1, 2), (2, 0))])
    mesh = build_mesh(net)
    near = build_mesh(network(far[:3], [(0, 1), (1, 2), (2, 0)]))
    assert len(near.triangles) > 10
    assert len(mesh.triangles) == pytest.approx(3 * len(near.triangles), abs=6)


@pytest.mark.parametrize(
    ("nodes", "pairs"),
    [
        ([(0, 0)], []),
        ([(0, 0), (900, 0)], []),
        ([(0, 0), (0, 0)], [(0, 1)]),
        ([(0, 0), (0.2, 0)], [(0, 1)]),
    ],
)
def test_roads_without_extent_have_a_mesh_without_streets(nodes, pairs):
    mesh = build_mesh(network(nodes, pairs))
    assert len(mesh.at_node.start) == len(nodes) + 1
    assert len(mesh.triangles) <= 16
    assert shapely.area(shapely.polygons(mesh.xy_m[mesh.triangles])).sum() < 60**2


@pytest.mark.parametrize("turn", [0.0, 0.7, np.pi / 2])
def test_roads_on_one_line_have_a_strip(turn):
    along = np.arange(12) * 400.0
    net = network(np.column_stack([along * np.cos(turn), along * np.sin(turn)]), [(i, i + 1) for i in range(11)])
    mesh = build_mesh(net)
    strip = shapely.union_all(shapely.polygons(mesh.xy_m[mesh.triangles]))
    assert strip.geom_type == "Polygon"
    assert strip.area == pytest.approx(50 * (4_400 + 50), rel=0.02)
    (drawn,) = outlines(plan(net, n=1), within_s=[36_000]).values()
    assert shapely.from_wkb(drawn).area == pytest.approx(strip.area, rel=1e-6)


def test_streets_drawn_twice_are_meshed_once():
    square = [(0, 0), (600, 0), (600, 600), (0, 600)]
    sides = [(0, 1), (1, 2), (2, 3), (3, 0)]
    once, twice = network(square, sides), network(square + square, [*sides, *[(a + 4, b + 4) for a, b in sides]])
    meshes = build_mesh(once), build_mesh(twice)
    assert len(meshes[1].xy_m) > len(meshes[0].xy_m)
    one, both = (shapely.union_all(shapely.polygons(m.xy_m[m.triangles])) for m in meshes)
    assert one.area == pytest.approx(both.area, rel=0.02)


def test_a_surface_knows_only_the_ground_of_the_origins_it_was_made_for():
    surface = ArrivalSurface(plan(town("lattice")), [(0, 0.5)], farthest_s=60)
    assert surface.outline((0, 0.5), 60).area > 0
    with pytest.raises(LookupError, match="no mesh was laid"):
        surface.outline((900, 0.5), 60)
