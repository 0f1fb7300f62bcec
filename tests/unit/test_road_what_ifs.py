"""What changes of roads find, close, open, build and limit, and what they say of it."""

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sample_city import sample_city

import fireplan as fp
from fireplan import changes
from fireplan.errors import InputError, UnknownIdError
from fireplan.roads import Feature

CASES = Path(__file__).parents[1] / "data" / "cases" / "roads"
OUTER, INNER = (-139.9948, -29.9954895), (-139.9948, -29.9953091)
"""On the two carriageways of Grand Avenue, 20 m apart."""


def placed(roads):
    """A department of one station and two zones on some roads."""
    at = fp.crs.project(roads.node_xy_m[[0, -1]], source=roads.crs, target="EPSG:4326")
    points = gpd.points_from_xy(*at.T)
    stations = gpd.GeoDataFrame({"station_id": ["S1"], "name": ["One"]}, geometry=points[:1], crs="EPSG:4326")
    zones = gpd.GeoDataFrame({"zone_id": ["a", "b"], "population": [1, 1]}, geometry=points, crs="EPSG:4326")
    return fp.Scenario(roads, stations, None, zones)


@pytest.fixture(scope="module")
def county():
    """Two towns with a Main Street each, a dual carriageway, and an overpass."""
    return placed(fp.roads.from_osm(CASES / "closures.osm"))


@pytest.fixture(scope="module")
def motorway():
    """A road that has a number and no name."""
    roads = fp.roads.from_osm(CASES / "ref_only.osm")
    return placed(replace(roads, street_ref=np.full(roads.n_streets, "A 8;B 10")))


@pytest.fixture(scope="module")
def grid():
    """Five by five streets of 100 m, two-way, named by row and column; nodes are numbered along the rows."""
    return placed(grid_roads(5))


def grid_roads(n, *, text=False):
    step = 0.001
    y, x = np.divmod(np.arange(n * n), n)
    nodes = pd.DataFrame(
        {"x": -140 + step * x, "y": 30 + step * y}, index=[str(i) if text else i for i in range(n * n)]
    )
    pairs = [(i, i + 1, f"Row {i // n}") for i in range(n * n) if i % n < n - 1]
    pairs += [(i, i + n, f"Column {i % n}") for i in range(n * n - n)]
    rows = [(a, b, name) for a, b, name in pairs] + [(b, a, name) for a, b, name in pairs]
    key = str if text else int
    edges = pd.DataFrame(
        {
            "u": [key(a) for a, _, _ in rows],
            "v": [key(b) for _, b, _ in rows],
            "key": 0,
            "name": [name for *_, name in rows],
            "highway": "residential",
            "speed_kph": 36.0,
        }
    )
    return fp.roads.from_frames(nodes, edges.set_index(["u", "v", "key"]), crs="EPSG:4326")


def shut(before, after):
    """Streets whose way as drawn was closed, and whose way back was."""
    a, b = before.roads, after.roads
    return [
        set(np.flatnonzero(np.isfinite(x) & np.isinf(y))) for x, y in ((a.there_s, b.there_s), (a.back_s, b.back_s))
    ]


def rows_of(scenario, name):
    return set(np.flatnonzero(scenario.roads.street_name == name))


# --- by name


def test_a_name_in_two_towns_is_refused_until_it_is_said_which(county):
    with pytest.raises(InputError) as caught:
        county.apply(fp.CloseRoad("Main Street"))
    said = str(caught.value)
    assert "2 streets of that name stand in 2 places up to 10.0 km apart" in said
    assert "(-139.99482, -30.00000): 1 street, 1.0 km" in said
    assert "(-139.99482, -29.90979): 1 street, 1.0 km" in said
    assert "give near or area, or everywhere=True" in said
    south = [(-140.1, -30.1), (-139.9, -30.1), (-139.9, -29.95), (-140.1, -29.95)]
    for change, n in (
        (fp.CloseRoad("Main Street", area=south), 1),
        (fp.CloseRoad("Main Street", near=(-139.995, -30.0)), 1),
        (fp.CloseRoad("Main Street", everywhere=True), 2),
    ):
        there, back = shut(county, county.apply(change))
        assert len(there) == len(back) == n
        assert there <= rows_of(county, "Main Street")


def test_case_and_blanks_of_a_name_are_forgiven_and_others_are_asked_for(county):
    for written in ("north  road", "NORTH ROAD", "N Rd"):
        assert shut(county, county.apply(fp.CloseRoad(written)))[0] == rows_of(county, "North Road")
    with pytest.raises(UnknownIdError, match="unknown road 'Nort Road': did you mean 'North Road'"):
        county.apply(fp.CloseRoad("Nort Road"))
    with pytest.raises(InputError, match=r"unknown road 'Nort Road': did you mean .* unknown road 'A 99'"):
        county.apply(fp.CloseRoad("Nort Road", ref="A 99"))


@pytest.mark.parametrize("asked", [{"road": "A 8"}, {"ref": "A8"}, {"ref": "a-8"}, {"ref": "B10"}, {"road": "b 10"}])
def test_a_road_is_found_by_its_number(motorway, asked):
    closed = motorway.apply(fp.CloseRoad(**asked))
    assert len(shut(motorway, closed)[0]) == motorway.roads.n_streets
    assert "A 8;B 10" in changes.notes(closed)[0]


def test_a_road_without_a_name_is_found_by_its_number_as_it_is_read():
    town = placed(fp.roads.from_osm(CASES / "ref_only.osm"))
    closed = town.apply(fp.CloseRoad("A8"))
    assert np.isinf(closed.roads.there_s).all()
    assert changes.notes(closed)[0].startswith("'Close A8': 1 street, 1.2 km, one-way: A 8")


def test_a_number_is_not_found_within_another(motorway):
    with pytest.raises(UnknownIdError, match=r"unknown road 'A 80'.*A 8"):
        motorway.apply(fp.CloseRoad(ref="A 80"))
    with pytest.raises(UnknownIdError):
        motorway.apply(fp.CloseRoad("8"))


def test_twenty_streets_of_a_name_are_told():
    closed = sample_city(calibrated=False).today.apply(fp.CloseRoad("Camino del Norte"))
    said = "20 streets, 4.7 km, both directions: Camino del Norte (20); 1 of them on a bridge"
    assert changes.notes(closed) == [f"'Close Camino del Norte': {said}"]
    assert closed.roads.notes[-1] == f"Close Camino del Norte: {said}"


# --- both carriageways, one direction


def test_both_carriageways_are_closed_near_a_place(county):
    closed = county.apply(fp.CloseRoad("Grand Avenue", near=OUTER))
    there, back = shut(county, closed)
    assert there | back == rows_of(county, "Grand Avenue")
    assert changes.notes(closed)[0] == (
        "'Close Grand Avenue near -29.99549, -139.99480': 2 streets, 2.0 km, one-way: Grand Avenue (2);"
        " both carriageways"
    )
    assert shut(county, county.apply(fp.CloseRoad("", near=INNER))) == [there, back]


@pytest.mark.parametrize(("direction", "place"), [("eastbound", OUTER), ("West", INNER)])
def test_one_direction_of_a_dual_carriageway_is_one_of_the_two(county, direction, place):
    by_name = county.apply(fp.CloseRoad("Grand Avenue", direction=direction))
    (row,) = set.union(*shut(county, by_name))
    line = county.roads.streets.geometry[row]
    here = shapely.Point(fp.crs.project(np.array([place]), source="EPSG:4326", target=county.roads.crs)[0])
    assert line.distance(here) < 1
    assert "1 street, 1.0 km, one direction" in changes.notes(by_name)[0]


def test_one_direction_of_a_street(grid):
    closed = grid.apply(fp.CloseRoad("Row 2", direction="east"))
    there, back = shut(grid, closed)
    roads = grid.roads
    assert there | back == rows_of(grid, "Row 2")
    assert not there & back
    eastward = {
        s for s in rows_of(grid, "Row 2") if roads.node_xy_m[roads.last[s], 0] > roads.node_xy_m[roads.first[s], 0]
    }
    assert there == eastward
    toward = grid.apply(fp.CloseRoad("Row 2", toward=(-139.0, 30.002)))
    assert shut(grid, toward) == [there, back]
    with pytest.raises(InputError, match="run across that direction"):
        grid.apply(fp.CloseRoad("Row 2", direction="north"))


def test_a_winding_road_is_one_direction_from_end_to_end():
    # A hairpin: it runs 300 m north in all, half of the way southward.
    xy = [
        (-140.0, 30.0),
        (-140.0, 30.003),
        (-139.999, 30.003),
        (-139.999, 30.001),
        (-139.998, 30.001),
        (-139.998, 30.004),
    ]
    nodes = pd.DataFrame({"x": [x for x, _ in xy], "y": [y for _, y in xy]})
    going = [(i, i + 1) for i in range(5)]
    edges = pd.DataFrame([*going, *((b, a) for a, b in going)], columns=["u", "v"]).assign(
        key=0, name="Pass", highway="residential", speed_kph=30.0
    )
    roads = fp.roads.from_frames(nodes, edges.set_index(["u", "v", "key"]), crs="EPSG:4326")
    pass_road = placed(roads)
    closed = pass_road.apply(fp.CloseRoad("Pass", direction="northbound")).roads
    ids = {int(node): i for i, node in enumerate(closed.node_ids)}
    for i in range(5):
        row = next(s for s in range(5) if {closed.first[s], closed.last[s]} == {ids[i], ids[i + 1]})
        up = closed.there_s[row] if closed.first[row] == ids[i] else closed.back_s[row]
        down = closed.back_s[row] if closed.first[row] == ids[i] else closed.there_s[row]
        assert np.isinf(up)
        assert np.isfinite(down)


# --- by ground, by a line across


def test_a_flood_closes_what_lies_in_it_and_may_spare_bridges(county):
    flood = shapely.box(-139.9960, -29.96, -139.993, -29.95)
    all_of = county.apply(fp.CloseRoad(area=flood))
    assert shut(county, all_of)[0] == rows_of(county, "Overpass") | rows_of(county, "Under Road")
    assert (
        "1 of them on a bridge; 2 of them lie in the area with a part alone and count whole" in changes.notes(all_of)[0]
    )
    spared = county.apply(fp.CloseRoad(area=flood, spare="bridges"))
    assert shut(county, spared)[0] == rows_of(county, "Under Road")
    assert "left as it is: 1 bridge or tunnel (Overpass)" in changes.notes(spared)[0]
    with pytest.raises(InputError, match="no street that is meant lies in the area"):
        county.apply(fp.CloseRoad("North Road", area=flood))


@pytest.mark.parametrize("form", ["wkt", "pairs", "shape", "layer", "file"])
def test_a_ground_is_given_in_any_form(grid, form, tmp_path):
    box = shapely.box(-140.0005, 30.0005, -139.9985, 30.0015)
    layer = gpd.GeoDataFrame(geometry=[box], crs="EPSG:4326").to_crs(32607)
    layer.to_crs(4326).to_file(tmp_path / "flood.geojson")
    given = {
        "wkt": box.wkt, "pairs": list(box.exterior.coords), "shape": box, "layer": layer,
        "file": tmp_path / "flood.geojson",
    }  # fmt: skip
    closed = shut(grid, grid.apply(fp.CloseRoad(area=given[form])))
    assert closed == shut(grid, grid.apply(fp.CloseRoad(area=box)))
    assert len(closed[0]) == 6  # two pieces of row 1 and two of columns 0 and 1 each, counted on both sides of it
    again = changes.from_dict(fp.CloseRoad(area=given[form]).to_dict())
    assert shut(grid, grid.apply(again)) == closed


def test_a_line_closes_what_it_crosses(county):
    line = [(-139.9948, -29.96), (-139.9948, -29.95)]
    closed = county.apply(fp.CloseRoad(across=line))
    assert rows_of(county, "Overpass") <= shut(county, closed)[0]
    assert "on a bridge" in changes.notes(closed)[0]
    with pytest.raises(InputError, match="all streets found are bridges"):
        county.apply(fp.CloseRoad("Overpass", across=line, spare=("bridges",)))
    with pytest.raises(InputError, match="no street that is meant crosses the line"):
        county.apply(fp.CloseRoad("North Road", across=line))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"area": "POLYGON ((1 2, 3))"}, "area 'POLYGON .* cannot be read as WKT"),
        ({"area": "the flood"}, "area is 'the flood': give WKT"),
        ({"area": "flood.gpkg"}, "'flood.gpkg' does not exist"),
        ({"area": [(33.1, -117.2), (33.2, -117.2), (33.2, -117.3)]}, "swapped: write longitude first"),
        ({"area": [(500000.0, 4e6), (500100.0, 4e6), (500100.0, 4.1e6)]}, "not in longitude and latitude"),
        ({"area": [(-117.2, 33.1), (-117.3, 33.1)]}, "give three corners at least"),
        ({"area": shapely.Point(1, 2)}, "area holds no outline, but Point"),
        ({"area": gpd.GeoSeries([shapely.box(0, 0, 1, 1)])}, "has no CRS"),
        ({"across": [(-117.2, 33.1)]}, "give two places at least"),
        ({"across": 7}, "across is the number 7: give WKT"),
        ({"road": "x", "direction": "up"}, "direction is 'up': use north"),
        ({"road": "x", "direction": "north", "toward": (1, 2)}, "both say which way"),
        ({"road": "x", "spare": "fords"}, "spare names 'fords': use bridges, tunnels"),
        ({"road": "x", "hours": (7, 7)}, "hours is .*two different hours"),
        ({"road": "x", "hours": 7}, "hours is '7'"),
        ({"road": "x", "weekdays": "Sonntag"}, "weekdays names 'Sonntag'"),
        ({"road": "x", "dates": ("2025-13-01", "2025-12-01")}, "dates is .*give the first and the last day"),
        ({"road": "x", "dates": ("2025-12-02", "2025-12-01")}, "dates ends before it starts"),
        ({"area": "nowhere", "hours": (1, 30)}, "area is 'nowhere'.*; hours is"),
        ({"road": "x", "direction": "up", "spare": "fords"}, "direction is .*; spare names"),
        ({}, "name the road"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_all_faults(asked, said):
    with pytest.raises(InputError, match=said):
        fp.CloseRoad(**asked)


# --- hours and dates


def test_a_change_with_hours_says_that_it_speaks_of_them_alone(grid):
    slow = grid.apply(
        fp.CloseRoad("Row 2", hours=(7, 9.5), weekdays=("mon", "Tuesday"), dates=("2025-06-01", "2025-08-31"))
    )
    when = "07:00 to 09:30, Monday, Tuesday, 2025-06-01 to 2025-08-31"
    assert slow.name == f"Close Row 2, {when}"
    assert changes.notes(slow)[1] == (
        f"'Close Row 2, {when}': every figure of this scenario is of {when} alone; ask of the calls of that time by"
        " only(hours=(7, 9.5), weekdays=['Monday', 'Tuesday'], dates=('2025-06-01', '2025-08-31')) before it is applied"
    )


# --- opened again


def test_closing_and_opening_give_the_same_times(grid):
    asked = {"area": shapely.box(-140.0005, 30.0005, -139.9985, 30.0015)}
    again = grid.apply(fp.CloseRoad(**asked), fp.OpenRoad(**asked, speed_kph=36))
    np.testing.assert_allclose(again.roads.there_s, grid.roads.there_s, rtol=1e-9)
    np.testing.assert_allclose(again.roads.back_s, grid.roads.back_s, rtol=1e-9)
    opened = grid.apply(fp.CloseRoad("Row 1"), fp.OpenRoad("Row 1", direction="west"))
    assert "4 streets, 386 m, one direction: Row 1 (4)" in changes.notes(opened)[1]


# --- speeds


def test_speeds_are_scaled_within_an_area_and_classes_that_lack_are_passed_over_when_told_to(grid):
    ground = shapely.box(-140.0005, 30.0005, -139.9985, 30.0015)
    slow = grid.apply(fp.ScaleSpeeds(0.5, area=ground))
    changed = slow.roads.there_s != grid.roads.there_s
    assert changed.sum() == 6
    np.testing.assert_allclose(slow.roads.there_s[changed], 2 * grid.roads.there_s[changed])
    assert "6 streets, 636 m; 5 of them lie in the area with a part alone" in changes.notes(slow)[0]
    with pytest.raises(UnknownIdError, match="class of road 'motorway'"):
        grid.apply(fp.ScaleSpeeds(0.5, ("residential", "motorway")))
    some = grid.apply(fp.ScaleSpeeds(0.5, ("residential", "motorway"), skip_missing=True))
    assert changes.notes(some)[0].endswith("; passed over, as there are none: 'motorway'")
    lane = grid.apply(fp.ScaleSpeeds(0.5, ("residential", "emergency_access"), skip_missing=True))
    assert changes.notes(lane)[0].endswith("; passed over, as there are none: 'emergency_access'")
    with pytest.raises(UnknownIdError, match="residentail"):  # a slip of the pen is none that the city lacks
        grid.apply(fp.ScaleSpeeds(0.5, ("residentail",), skip_missing=True))


# --- limits and turns


def test_a_weak_bridge_is_closed_to_what_is_heavier(county):
    light = county.apply(fp.SetRestriction("Overpass", max_weight_t=26.0))
    assert shut(county, light) == [set(), set()]
    assert changes.notes(light)[0].endswith("1 of them on a bridge; this engine may pass")
    assert changes.notes(light)[1].endswith("changes nothing: the vehicle is under the limit")
    weak = county.apply(fp.SetRestriction("Overpass", max_weight_t=7.5, max_height_m=3, note="survey 2025"))
    assert shut(county, weak)[0] == rows_of(county, "Overpass")
    assert weak.name == "Limit Overpass to 7.5 t of weight, 3 m of height (survey 2025)"
    assert changes.notes(weak)[0].endswith(
        "; closed to this engine: 18 t of weight, above 7.5 t and 3.3 m of height, above 3 m"
    )
    brush = replace(county.roads, vehicle=fp.roads.Vehicle.preset("brush"))
    quick = placed(brush).apply(fp.SetRestriction("Overpass", max_weight_t=9))
    assert np.isfinite(quick.roads.there_s).all() == np.isfinite(brush.there_s).all()


@pytest.mark.parametrize(
    ("asked", "said"), [({}, "give max_weight_t"), ({"max_weight_t": 0}, "max_weight_t must be a number above zero")]
)
def test_a_limit_that_limits_nothing_is_refused(asked, said):
    with pytest.raises(InputError, match=said):
        fp.SetRestriction("Overpass", **asked)


def test_a_turn_is_forbidden_where_two_streets_meet(grid):
    banned = grid.apply(fp.BanTurn("Row 2", onto="Column 3"))
    roads = banned.roads
    # Two ways of Row 2 come to the corner, and two of Column 3 leave it.
    assert len(roads.banned) == 4
    node = {int(n): i for i, n in enumerate(roads.node_ids)}[2 * 5 + 3]
    for a, b in roads.banned.tolist():
        assert (roads.last if a % 2 == 0 else roads.first)[a // 2] == node
        assert (roads.first if b % 2 == 0 else roads.last)[b // 2] == node
        assert roads.street_name[a // 2] == "Row 2"
        assert roads.street_name[b // 2] == "Column 3"
    assert (
        "4 turns at 30.00200, -139.99700; it changes no time, as turns are reckoned as 'none'"
        in changes.notes(banned)[0]
    )
    with pytest.raises(InputError, match="no way along 'Row 2' ends where one along 'Row 3'"):
        grid.apply(fp.BanTurn("Row 2", onto="Row 3"))


# --- built


def test_a_road_is_joined_at_its_ends_and_where_it_crosses(grid):
    # From the middle of Row 0 to that of Row 4, between columns 2 and 3: it crosses rows 1 to 3.
    road = fp.BuildRoad([(-139.9975, 30.00001), (-139.9975, 30.004)], "secondary", "Cut", 72)
    built = grid.apply(road)
    roads = built.roads
    assert roads.n_nodes == 25 + 5
    assert roads.n_streets == 40 + 5 + 4
    assert roads.length_m.sum() == pytest.approx(grid.roads.length_m.sum() + 4 * 110.85, rel=1e-3)
    assert changes.notes(built)[0] == (
        "'Build Cut': 443 m, secondary at 72 km/h, both directions; joined at its start to Row 0 (1 m away), at its end"
        " to Row 4, on the way 3 times, to Row 1, Row 2, Row 3"
    )
    mine = roads.street_name == "Cut"
    assert set(roads.highway[mine]) == {"secondary"}
    np.testing.assert_allclose(roads.there_s[mine], roads.length_m[mine] / 20)
    bridge = grid.apply(replace(road, bridge=True)).roads
    assert (bridge.n_nodes, bridge.n_streets) == (25 + 2, 40 + 2 + 1)
    assert bridge.features[bridge.street_name == "Cut"].tolist() == [Feature.BRIDGE]
    assert "passes without a joint: Row 1, Row 2, Row 3" in changes.notes(grid.apply(replace(road, crossings=False)))[0]
    oneway = grid.apply(replace(road, oneway=True)).roads
    assert np.isinf(oneway.there_s).sum() + np.isinf(oneway.back_s).sum() == 4


def test_an_end_far_from_any_street_is_refused_unless_it_may_be_loose(grid):
    spur = fp.BuildRoad([(-140.0, 30.0), (-140.002, 30.0)], name="Spur")
    with pytest.raises(InputError, match=r"'Build Spur': its end lies 193 m from the nearest street .*loose=True"):
        grid.apply(spur)
    built = grid.apply(replace(spur, loose=True))
    assert built.roads.n_streets == 41
    assert "its end is a dead end, 193 m from the nearest street" in changes.notes(built)[0]
    with pytest.raises(InputError, match="'Build a residential road' joins no street"):
        grid.apply(fp.BuildRoad([(-141.0, 30.0), (-141.002, 30.0)], loose=True))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: fp.BuildRoad([(-140, 30)]), "line has 1 of them: give two places"),
        (lambda: fp.BuildRoad([(-140, 30), (-140, 30)]), "line has no length"),
        (
            lambda: fp.BuildRoad([(-140, 30), (-140, 31)], "secundary"),
            "class of road 'secundary': did you mean 'secondary'",
        ),
        (lambda: fp.BuildRoad([(-140, 30), (-140, 31)], speed_kph=0), "speed_kph must be a number above zero"),
        (lambda: fp.BuildRoad([(-140, 30), (-140, 31)], bridge=True, tunnel=True), "bridge and tunnel are both given"),
        (lambda: fp.BuildRoad("MULTILINESTRING ((0 0, 1 1), (5 5, 6 6))"), "line holds 2 lines that do not join"),
    ],
)
def test_a_road_that_cannot_be_is_refused(make, said):
    with pytest.raises(InputError, match=said):
        make()


def test_what_is_known_of_the_streets_is_carried_over():
    roads = grid_roads(3)
    ways = range(24)
    banned = np.array(
        [
            (a, b)
            for a in ways
            for b in ways
            if a // 2 != b // 2 and end_of(roads, *divmod(a, 2)) == start_of(roads, *divmod(b, 2))
        ]
    )
    control = np.arange(24, dtype=np.uint8).reshape(12, 2) % 4
    wait_s = np.arange(9, dtype=float)
    known = replace(
        roads, banned=banned.astype(np.int32), control=control, wait_s=wait_s, turns="mean",
        street_ref=roads.street_name, vehicle=fp.roads.Vehicle.preset("truck"), notes=("a note",),
    )  # fmt: skip
    town = placed(known)
    built = town.apply(fp.BuildRoad([(-139.9995, 30.0), (-139.9995, 30.002)], "residential", "Cut")).roads
    assert built.vehicle == known.vehicle
    assert built.turns == "mean"
    assert built.notes[0] == "a note"
    where = {tuple(xy): i for i, xy in enumerate(built.node_xy_m.round(6).tolist())}
    for node, xy in enumerate(roads.node_xy_m.round(6).tolist()):
        new = where[tuple(xy)]
        assert built.node_ids[new] == roads.node_ids[node]
        assert built.wait_s[new] == wait_s[node]
    assert (built.wait_s != 0).sum() == (wait_s != 0).sum()
    # Every forbidden turn is there once, between the pieces at the same corner.
    assert turns_of(built) == turns_of(known)
    # What is met at the end of a street is met at the end of its last piece, and nothing where it was cut.
    assert controls_of(built) == controls_of(known)
    assert (built.street_ref[built.street_name == "Cut"] == "").all()


def end_of(roads, street, way):
    return int(roads.last[street] if way == 0 else roads.first[street])


def start_of(roads, street, way):
    return int(roads.first[street] if way == 0 else roads.last[street])


def turns_of(roads):
    """Forbidden turns, by names, corner, and heading of both ways."""
    return sorted(
        (
            str(roads.street_name[a >> 1]), str(roads.street_name[b >> 1]),
            int(roads.node_ids[end_of(roads, a >> 1, a & 1)]), heading(roads, a), heading(roads, b),
        )
        for a, b in roads.banned.tolist()
    )  # fmt: skip


def heading(roads, way):
    step = roads.node_xy_m[end_of(roads, way >> 1, way & 1)] - roads.node_xy_m[start_of(roads, way >> 1, way & 1)]
    return round(float(np.degrees(np.arctan2(step[1], step[0]))) / 90) % 4


def controls_of(roads):
    return sorted(
        (int(roads.node_ids[end_of(roads, s, way)]), heading(roads, 2 * s + way), int(roads.control[s, way]))
        for s in range(roads.n_streets)
        for way in (0, 1)
        if roads.control[s, way]
    )


def test_nodes_that_are_named_by_text_stay_so():
    town = placed(grid_roads(3, text=True))
    built = town.apply(fp.BuildRoad([(-139.9995, 30.0), (-139.9995, 30.002)])).roads
    new = set(built.node_ids) - set(town.roads.node_ids)
    assert new == {"new 1", "new 2", "new 3"}
    assert {type(i) for i in built.node_ids} == {str}


def test_a_road_drawn_in_josm_is_built(tmp_path):
    drawing = CASES / "josm_new_road_negative_ids.osm"
    (road,) = fp.BuildRoad.from_osm(drawing)
    assert (road.name, road.highway, road.loose, len(road.line)) == ("New Road", "residential", True, 3)
    old = drawing.read_text(encoding="utf-8").split('<way id="-10"')[0] + "</osm>"
    (tmp_path / "today.osm").write_text(old, encoding="utf-8")
    town = placed(fp.roads.from_osm(tmp_path / "today.osm"))
    built = town.apply(road)
    assert (town.roads.n_streets, built.roads.n_streets) == (1, 3)
    assert changes.notes(built)[0].startswith(
        "'Build New Road': 600 m, residential at 40 km/h, both directions; its end is a dead end, 600 m"
    )
    assert changes.from_dicts([{"drawing": drawing.name}], folder=CASES) == (road,)
    with pytest.raises(InputError, match="holds no new road"):
        fp.BuildRoad.from_osm(tmp_path / "today.osm")
    with pytest.raises(InputError, match="expected a file that JOSM saved"):
        fp.BuildRoad.from_osm(CASES.parent / "incidents.geojson")
    with pytest.raises(InputError, match="name stand in the drawing"):
        changes.from_dicts([{"drawing": drawing.name, "name": "X"}], folder=CASES)


def test_drawn_roads_come_in_an_order_in_which_each_can_be_joined(tmp_path):
    def node(i, lon, lat):
        return f'<node id="{i}" lat="{lat}" lon="{lon}"/>'

    def way(i, refs, tags):
        inside = "".join(f'<nd ref="{r}"/>' for r in refs) + "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())
        return f'<way id="{i}">{inside}</way>'

    first = {"highway": "tertiary", "name": "Second", "maxspeed": "30 mph", "bridge": "yes", "oneway": "-1"}
    parts = [
        node(1, -140.0, 30.0), node(-1, -140.001, 30.0), node(-2, -140.002, 30.0), node(-3, -140.003, 30.0),
        way(-5, [-1, -2], first),
        way(-6, [1, -1], {"highway": "proposed", "proposed": "secondary", "name": "First"}),
        way(-7, [-2, -3], {"highway": "footway"}),
    ]  # fmt: skip
    file = tmp_path / "new.osm"
    file.write_text(f'<osm version="0.6">{"".join(parts)}</osm>', encoding="utf-8")
    with pytest.raises(InputError, match="is of class 'footway', which no engine drives"):
        fp.BuildRoad.from_osm(file)
    file.write_text(f'<osm version="0.6">{"".join(parts[:-1])}</osm>', encoding="utf-8")
    one, two = fp.BuildRoad.from_osm(file)
    assert (one.name, one.highway, two.name) == ("First", "secondary", "Second")
    assert two.bridge
    assert two.oneway
    assert two.line[0] == (-140.002, 30.0)
    assert two.speed_kph == pytest.approx(48.28, abs=0.01)
    roads = placed(grid_roads(3)).apply(one, two).roads
    assert roads.n_streets == 12 + 2
    assert roads.component.max() <= 1


@pytest.mark.parametrize(
    ("tags", "oneway", "turned"),
    [
        ({"junction": "roundabout"}, True, False), ({"highway": "motorway"}, True, False), ({}, False, False),
        ({"highway": "motorway", "oneway": "no"}, False, False), ({"oneway": "-1"}, True, True),
        ({"oneway": "yes", "oneway:emergency": "no"}, False, False), ({"oneway": "reversible"}, False, False),
    ],
)  # fmt: skip
def test_a_drawn_road_is_one_way_as_one_that_is_read(tmp_path, tags, oneway, turned):
    told = "".join(f'<tag k="{k}" v="{v}"/>' for k, v in ({"highway": "residential"} | tags).items())
    nodes = '<node id="1" lat="30" lon="-140"/><node id="-1" lat="30.001" lon="-140"/>'
    file = tmp_path / "new.osm"
    file.write_text(f'<osm>{nodes}<way id="-5"><nd ref="1"/><nd ref="-1"/>{told}</way></osm>', encoding="utf-8")
    (road,) = fp.BuildRoad.from_osm(file)
    assert (road.oneway, road.line[0] == (-140.0, 30.001)) == (oneway, turned)
    for refs in ("", '<nd ref="1"/>'):
        file.write_text(f'<osm>{nodes}<way id="-5">{refs}{told}</way></osm>', encoding="utf-8")
        with pytest.raises(InputError, match="'way -5' has fewer than two places"):
            fp.BuildRoad.from_osm(file)


@pytest.mark.parametrize("broken", ["<osm>", '<osm><node id="1"/></osm>', "<!DOCTYPE x><osm></osm>", ""])
def test_a_drawing_that_is_none_is_refused(tmp_path, broken):
    file = tmp_path / "new.osm"
    file.write_text(broken, encoding="utf-8")
    with pytest.raises(InputError):
        fp.BuildRoad.from_osm(file)


# --- periods of the week


def test_speeds_are_scaled_within_one_period_alone(grid):
    peak = fp.roads.SpeedPeriod("pm peak", hours=(16, 19), factor=0.5)
    night = fp.roads.SpeedPeriod("night", hours=(22, 6), factor={"primary": 1.2})
    town = grid.with_periods(peak, night)
    slow = town.apply(fp.ScaleSpeeds(0.8, period="pm peak"))
    assert slow.name == "Speeds x 0.8, in period 'pm peak'"
    np.testing.assert_array_equal(slow.roads.there_s, grid.roads.there_s)
    np.testing.assert_allclose(slow.roads.during("pm peak").there_s, grid.roads.there_s / 0.4)
    np.testing.assert_allclose(slow.roads.during("night").there_s, grid.roads.there_s)
    some = town.apply(fp.ScaleSpeeds(0.8, ("residential",), period="night"))
    np.testing.assert_allclose(some.roads.during("night").there_s, grid.roads.there_s / 0.8)
    assert not any("changes nothing" in note for note in changes.notes(some))
    assert changes.from_dict(some.changes[0].to_dict()) == some.changes[0]
    with pytest.raises(UnknownIdError, match="unknown period 'pm peek': did you mean 'pm peak'"):
        town.apply(fp.ScaleSpeeds(0.8, period="pm peek"))
    with pytest.raises(
        InputError, match=r"leave out area or period; .* leave out hours, weekdays and dates, or period"
    ):
        fp.ScaleSpeeds(0.8, period="night", area=shapely.box(0, 0, 1, 1), hours=(1, 2))


def test_hours_of_a_change_are_none_of_the_network_s_periods(grid):
    peak = fp.roads.SpeedPeriod("pm peak", hours=(16, 19), factor=0.5)
    closed = grid.with_periods(peak).apply(fp.CloseRoad("Row 2", hours=(16, 19)))
    assert "the network's own periods ('pm peak') are not in it: ask for one by during" in changes.notes(closed)[1]
    built = grid.with_periods(peak).apply(fp.BuildRoad([(-139.9975, 30.0), (-139.9975, 30.001)]))
    assert built.roads.periods == (peak,)


def test_a_plan_names_drawings_and_grounds_beside_it(tmp_path):
    town = fp.examples.line_town()
    folder = fp.project.write_project(town, tmp_path / "town")
    folder = folder if folder is not None and Path(folder).is_dir() else tmp_path / "town"
    box = gpd.GeoDataFrame(geometry=[shapely.box(-140.001, 30.0101, -139.999, 30.0119)], crs="EPSG:4326")
    box.to_file(Path(folder) / "flood.geojson")
    drawn = '<osm version="0.6"><node id="-1" lat="30.0" lon="-140.0"/><node id="-2" lat="30.02" lon="-139.99"/>'
    drawn += (
        '<way id="-3"><nd ref="-1"/><nd ref="-2"/><tag k="highway" v="primary"/><tag k="name" v="New"/></way></osm>'
    )
    (Path(folder) / "new.osm").write_text(drawn, encoding="utf-8")
    plan = Path(folder) / "plan.toml"
    entries = '[{ close_road = "", area = "flood.geojson" }, { drawing = "new.osm" }]'
    more = f'\n[[scenario]]\nname = "flood"\nchanges = {entries}\n'
    plan.write_text(plan.read_text(encoding="utf-8") + more, encoding="utf-8")
    (flood,) = fp.open_project(folder).scenarios
    assert [str(c) for c in flood.changes] == ["Close all streets in the area drawn", "Build New"]
    assert changes.notes(flood)[0].startswith("'Close all streets in the area drawn': 2 streets, 222 m")
    plan.write_text(plan.read_text(encoding="utf-8").replace("new.osm", "old.osm"), encoding="utf-8")
    with pytest.raises(InputError, match=r"scenario 'flood' of plan.toml: drawing 'old.osm' does not exist"):
        fp.open_project(folder)


def test_a_forbidden_turn_is_driven_round_where_turns_are_exact(grid):
    free = fp.roads.TurnDelays(0, 0, 0, 0, 0, 0, 0, 0)
    town = placed(grid.roads.with_turns("exact", free))
    banned = town.apply(fp.BanTurn("Row 0", onto="Column 4", near=(-139.996, 30.0)))
    assert "changes no time" not in changes.notes(banned)[0]
    north_s, east_s = float(town.roads.there_s.max()), float(town.roads.there_s.min())
    before, after = (fp.travel.node_times(s.roads, 3).loc[9] for s in (town, banned))  # one block east, one north
    assert before == pytest.approx(north_s + east_s, rel=1e-3)
    assert after == pytest.approx(north_s + east_s, rel=1e-3)  # north first, then east
    only = town.apply(fp.CloseRoad("Row 1", area=shapely.box(-139.9969, 30.0009, -139.9961, 30.0011)))
    round_s = fp.travel.node_times(only.apply(*banned.changes).roads, 3).loc[9]
    assert fp.travel.node_times(only.roads, 3).loc[9] == pytest.approx(north_s + east_s, rel=1e-3)
    assert round_s == pytest.approx(3 * north_s + east_s, rel=1e-3)  # by Row 2, and back south


def test_a_line_drawn_up_to_a_street_or_a_corner_does_not_close_it(grid):
    for end in ((-139.998, 30.002), (-139.9985, 30.002)):  # a corner, and a place between two
        with pytest.raises(InputError, match="it ends where it meets one: draw it on"):
            grid.apply(fp.CloseRoad(across=[(-139.9985, 30.0015), end]))


@pytest.mark.parametrize("slant", [0.0003, 0.0004, 0.0005, 0.00061])
def test_a_line_over_a_corner_closes_every_street_there_and_says_so(grid, slant):
    line = [(-139.998 - slant, 30.0015), (-139.998 + slant, 30.0025)]
    closed = grid.apply(fp.CloseRoad(across=line))
    assert sum(map(len, shut(grid, closed))) == 8
    assert changes.notes(closed)[0].endswith("the line meets 4 of them at their ends alone, at a corner")


def couplet(apart_m):
    """A road of two one-way carriageways that run east and west, and a street at each end."""
    far = apart_m / 111_240
    nodes = pd.DataFrame({"x": [10, 10.01, 10.01, 10], "y": [50, 50, 50 + far, 50 + far]}, index=[1, 2, 3, 4])
    edges = pd.DataFrame(
        [(1, 2, "Avenue"), (3, 4, "Avenue"), (2, 3, "East"), (3, 2, "East"), (4, 1, "West"), (1, 4, "West")],
        columns=["u", "v", "name"],
    ).assign(key=0, highway="residential", speed_kph=36.0)
    return placed(fp.roads.from_frames(nodes, edges.set_index(["u", "v", "key"]), crs="EPSG:4326"))


@pytest.mark.parametrize(
    ("apart_m", "said"), [(40, "; both carriageways"), (70, "; left as it is: the other carriageway, 70 m away")]
)
def test_a_carriageway_that_is_left_open_is_told(apart_m, said):
    town = couplet(apart_m)
    closed = town.apply(fp.CloseRoad("Avenue", near=(10.005, 50.0)))
    assert changes.notes(closed)[0].endswith(said)
    assert sum(map(len, shut(town, closed))) == (2 if apart_m == 40 else 1)


def test_opening_a_one_way_street_says_that_it_is_driven_both_ways():
    town = couplet(70)
    note = changes.notes(town.apply(fp.OpenRoad("Avenue")))[0]
    assert "both directions: Avenue (2); 2 of them were one-way and are now driven both ways" in note
    assert "one-way and" not in changes.notes(town.apply(fp.OpenRoad("Avenue", direction="east")))[0].replace(
        "1 of them was one-way and is now driven both ways", ""
    )


@pytest.mark.parametrize(
    "line",
    [
        [(-139.9995, 30.0), (-139.9995, 30.00105)],  # 6 m beyond the street it joins
        [(-139.9999, 30.0), (-139.9999, 30.0009)],  # up to 10 m from the corner it joins
        [(-139.9995, 30.0), (-139.9975, 30.004)],
        [(-140, 30), (-139.9985, 30)],
    ],
)
def test_the_length_that_is_told_is_that_by_which_the_roads_grew(grid, line):
    built = grid.apply(fp.BuildRoad(line, name="New"))
    more_m = built.roads.length_m.sum() - grid.roads.length_m.sum()
    assert changes.notes(built)[0].startswith(f"'Build New': {more_m:.0f} m, ")
    drawn = changes.changed_roads(built)
    assert drawn.loc[drawn["kind"] == "built", "length_m"].sum() == pytest.approx(more_m)


def test_a_road_on_a_street_that_is_there_says_what_counts_twice(grid):
    twice = fp.BuildRoad([(-140, 30), (-139.9985, 30)], name="New")
    assert changes.notes(grid.apply(twice))[0].endswith("145 m of it lie on Row 0 and count twice as road")
    across = fp.BuildRoad([(-139.9995, 30.0), (-139.9975, 30.004)], name="New")
    assert "twice" not in changes.notes(grid.apply(across))[0]
    again = grid.apply(across).apply(across)
    assert "of it lie on New and count twice as road" in changes.notes(again)[-1]


def test_a_road_that_crosses_itself_is_told(grid):
    places = [(-140, 30), (-139.9992, 30.0008), (-139.9992, 30.0002), (-139.9999, 30.0009), (-140, 30.001)]
    assert "crosses itself without a joint" in changes.notes(grid.apply(fp.BuildRoad(places)))[0]


def test_a_street_crossed_just_before_the_end_is_joined():
    y = 12 / 111_195
    nodes = pd.DataFrame(
        {"x": [10, 10.01, 10.01, 10, 10, 10.01], "y": [50, 50, 50 + y, 50 + y, 49.99, 49.99]}, index=range(1, 7)
    )
    pairs = [(1, 2, "A"), (3, 4, "B"), (2, 3, "East"), (5, 6, "South"), (6, 2, "Up")]
    edges = pd.DataFrame(pairs + [(b, a, n) for a, b, n in pairs], columns=["u", "v", "name"]).assign(key=0)
    edges = edges.assign(highway="residential", speed_kph=36.0).set_index(["u", "v", "key"])
    town = placed(fp.roads.from_frames(nodes, edges, crs="EPSG:4326"))
    built = town.apply(fp.BuildRoad([(10.005, 49.99), (10.005, 50 + y)], name="New"))
    assert "at its end to B, on the way 1 time, to A" in changes.notes(built)[0]
    assert built.roads.n_streets == town.roads.n_streets + 3 + 2


def test_a_station_whose_streets_are_closed_is_told_so(grid):
    flood = shapely.box(-140.02, 29.98, -139.97, 30.02)
    with pytest.raises(fp.errors.UnreachableStationError, match=r"within 200 m are closed \('S1' by 'Row 0', 0 m away"):
        fp.assess(grid.apply(fp.CloseRoad(area=flood)), standard="NFPA_1710")


DATELINE_FORMS = [
    shapely.box(179.9, -17.0, 180.1, -16.7955),
    shapely.box(-180.1, -17.0, -179.9, -16.7955),
    shapely.MultiPolygon([shapely.box(179.9, -17.0, 180, -16.7955), shapely.box(-180, -17.0, -179.9, -16.7955)]),
    [(179.9, -17.0), (-179.9, -17.0), (-179.9, -16.7955), (179.9, -16.7955)],
]


def test_grounds_and_lines_are_drawn_across_the_180th_meridian_in_any_way():
    town = fp.open_project(CASES / "antimeridian").today
    roads = town.roads
    ys = fp.crs.project(np.array([[179.99, -16.7955]]), source="EPSG:4326", target=roads.crs)[0, 1]
    south = np.flatnonzero(roads.streets.geometry.bounds["miny"] < ys - 1)
    for form in DATELINE_FORMS:
        assert set(shut(town, town.apply(fp.CloseRoad(area=form)))[0]) == set(south)
    halves = [[(179.999, -16.7955), (180, -16.7955)], [(-180, -16.7955), (-179.999, -16.7955)]]
    lines = [
        [(179.999, -16.7955), (-179.999, -16.7955)],
        [(179.999, -16.7955), (180.001, -16.7955)],
        shapely.MultiLineString(halves),
    ]
    found = {tuple(fp.CloseRoad(across=line).across[-1]) for line in lines}
    assert found == {(-179.999, -16.7955)}
    assert len({frozenset(shut(town, town.apply(fp.CloseRoad(across=line)))[0]) for line in lines}) == 1


@pytest.mark.parametrize(
    ("more", "n", "partly"),
    [
        ({}, 14, 10),
        ({"near": (-139.9985, 30.0)}, 1, 1),
        ({"direction": "north"}, 4, 0),
        ({"direction": "east"}, 10, 10),
    ],
)
def test_streets_that_count_whole_are_counted_among_those_that_are_meant(grid, more, n, partly):
    note = changes.notes(grid.apply(fp.CloseRoad(area=shapely.box(-139.9995, 29.9, -139.9985, 30.1), **more)))[0]
    assert f": {n} street" in note
    assert ("with a part alone" in note) == bool(partly)
    lies = "lies" if partly == 1 else "lie"
    assert not partly or f"; {partly} of them {lies} in the area with a part alone" in note


def test_changes_of_different_times_in_one_scenario_are_told(grid):
    early, late = fp.CloseRoad("Row 0", hours=(7, 9)), fp.CloseRoad("Row 1", hours=(22, 6))
    assert changes.notes(grid.apply(early).apply(late))[-1] == (
        "the changes of this scenario are of different times (07:00 to 09:00, 22:00 to 06:00): its figures are as if"
        " all held at once; give a scenario to each"
    )
    assert not any("different times" in note for note in changes.notes(grid.apply(early, fp.CloseRoad("Row 1"))))


@pytest.mark.parametrize(("asked", "found"), [("A 1-1", [0]), ("a1 - 1", [0]), ("A11", [1]), ("A-11", [1])])
def test_two_numbers_of_a_road_are_not_one(asked, found):
    nodes = pd.DataFrame({"x": [10.0, 10.001, 10.002], "y": 50.0}, index=range(3))
    edges = pd.DataFrame({"u": [0, 1, 1, 2], "v": [1, 0, 2, 1], "key": 0, "ref": ["A 1-1", "A 1-1", "A 11", "A 11"]})
    edges = edges.assign(highway="primary", speed_kph=50.0).set_index(["u", "v", "key"])
    town = placed(fp.roads.from_frames(nodes, edges, crs="EPSG:4326"))
    for change in (fp.CloseRoad(asked), fp.CloseRoad(ref=asked)):
        assert sorted(shut(town, town.apply(change))[0]) == found


@pytest.mark.parametrize("shift", [-3e-8, 0.0, 3e-8])
def test_a_ground_drawn_from_corner_to_corner_closes_what_lies_in_it_alone(grid, shift):
    block = shapely.box(-139.999 + shift, 30.001 + shift, -139.997 + shift, 30.003 + shift)  # two by two blocks
    closed = grid.apply(fp.CloseRoad(area=block))
    assert changes.notes(closed)[0].endswith(": 4 streets, 415 m, both directions: Row 2 (2), Column 2 (2)")


def test_a_road_that_joins_a_closed_street_says_so(grid):
    link = fp.BuildRoad([(-140, 30), (-139.999, 30.001)], name="Link", crossings=False)
    note = changes.notes(grid.apply(fp.CloseRoad("Row 0"), link))[1]
    assert "joined at its start to Row 0 (closed), at its end to Column 1" in note
