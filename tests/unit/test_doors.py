"""By which street stations, zones and incidents meet the roads, and what is told where that was not plain."""

import re
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan import changes, travel
from fireplan.errors import TableError
from fireplan.roads import Feature
from fireplan.roads._corners import place_names
from fireplan.roads._snapping import nearest
from fireplan.travel._places import place_notes
from tests.support.how_many import tries
from tests.support.metre_towns import boxes, network, points, town

CASES = Path(__file__).parents[1] / "data" / "cases" / "roads"
TUNNEL, BRIDGE, TO_DOORS = ({"features": int(f)} for f in (Feature.TUNNEL, Feature.BRIDGE, Feature.TO_DOORS))
MAIN = ("Main Street", [(0, 0), (500, 0), (510, 0), (1000, 0), (2000, 0)], {})
HIGH = ("High Street", [(0, 0), (0, 400), (1000, 400), (1000, 0)], {})


def street_of(roads, place, **how):
    """Name of the street on which a place is put; "": off the road."""
    on_road = fp.roads.snap(roads, points([place]), **how)
    return str(np.append(roads.street_name, "")[on_road.street[0]])


def reached_by(scenario, kind="zones"):
    """Name of the street by which each zone or incident is reached."""
    return [str(s) for s in np.append(scenario.roads.street_name, "")[travel.places(scenario, kind).on_road.street]]


def test_no_door_opens_in_a_tunnel_and_calls_near_one_are_beside_it():
    roads = network(MAIN, ("Low Tunnel", [(0, 0), (500, 60), (1000, 0)], TUNNEL))
    assert street_of(roads, (500, 45), freeways=False) == "Main Street"
    assert street_of(roads, (500, 45)) == "Main Street"  # 45 m for 15 m
    assert street_of(roads, (500, 70)) == "Low Tunnel"  # 70 m for 10 m: more than 50 m farther off
    assert street_of(roads, (500, 70), freeways=False) == "Main Street"


def test_a_tunnel_is_all_there_is():
    roads = network(("Low Tunnel", [(0, 0), (500, 0)], TUNNEL), ("Far Street", [(500, 0), (900, 0)], {}))
    assert street_of(roads, (100, 10), freeways=False) == "Low Tunnel"


def test_a_place_beside_a_bridge_stands_under_it_where_a_street_is_near():
    roads = network(MAIN, ("High Bridge", [(0, 0), (500, 60), (1000, 0)], BRIDGE))
    assert street_of(roads, (500, 50), freeways=False) == "Main Street"
    assert street_of(roads, (500, 70), freeways=False) == "High Bridge"
    assert street_of(roads, (500, 50)) == "High Bridge"  # calls come from bridges


def test_a_yard_that_is_drawn_without_its_gate_is_left_for_the_street():
    yard = ("Yard", [(400, 30), (500, 30)], {})
    roads = network(MAIN, yard)
    assert street_of(roads, (450, 29), freeways=False) == "Main Street"
    assert street_of(roads, (450, 29)) == "Main Street"
    alone = network(MAIN, ("Yard", [(400, 250), (500, 250)], {}))
    assert street_of(alone, (450, 249), freeways=False) == "Yard"  # nothing else within 200 m


def test_an_island_is_no_scrap():
    """Its other shore lies within the limit: who lives on it is not put across the water."""
    island = ("Island Street", [(0, 100), (700, 100), (1400, 100)], {})
    roads = network(("Shore Road", [(0, 0), (20_000, 0)], {}), island)
    assert street_of(roads, (700, 90), freeways=False) == "Island Street"
    scenario = town(roads, {"S1": (10, 0)}, zones=[(700, 90)])
    assert reached_by(scenario) == ["Island Street"]
    assert place_notes(scenario, "zones") == ()


def test_a_station_does_not_leave_by_a_street_from_which_there_is_no_way_and_a_zone_is_not_reached_by_it():
    loop = ("Loop", [(0, 0), (0, 900), (900, 900), (900, 0), (0, 0)], {})
    into = ("Way In", [(0, 0), (0, -300)], {"back": False})
    out = ("Way Out", [(900, 0), (900, -300)], {"there": False})
    roads = network(loop, into, out)
    scenario = town(roads, {"S1": (60, -150), "S2": (840, -150)}, zones=[(10, -40), (890, -40)])
    at = [
        str(roads.street_name[s])
        for s in fp.roads.snap(roads, points([(60, -150), (840, -150)]), freeways=False).street
    ]
    assert at == ["Loop", "Way Out"]
    assert reached_by(scenario) == ["Way In", "Loop"]
    assert re.search(r"'Way In' at 60 m, cannot be left for the other roads", travel.station_notes(scenario)[0])


def test_a_drawn_driveway_goes_before_the_street_beside_it():
    drive = ("", [(500, 0), (500, 80)], TO_DOORS)
    side = ("Side Street", [(510, 0), (510, 400), (1000, 400), (1000, 0)], {})
    roads = network(MAIN, drive, side)
    scenario = town(roads, {"S1": (506, 70)})
    on_road = fp.roads.snap(roads, points([(506, 70)]), freeways=False)
    assert (roads.features[on_road.street[0]], on_road.offset_m[0]) == (Feature.TO_DOORS, pytest.approx(6))
    (note,) = travel.station_notes(scenario)
    assert note == (
        "station 'S1' is snapped to a residential street without a name, 6 m away; the nearest street, 'Side Street' at"
        " 4 m, is not its driveway"
    )
    assert street_of(roads, (540, 70), freeways=False) == "Side Street"


@pytest.mark.parametrize(
    "named", ["Main Street", "main  STREET", "Main St", "MAIN ST.", "12 Main Street", "B 10", "b10"]
)
def test_a_station_leaves_by_the_street_of_its_table(named):
    main = ("Main Street", [(0, 0), (1000, 0)], {"ref": "A 8;B 10"})
    side = ("Side Street", [(500, 30), (0, 30), (0, 0)], {})
    roads = network(main, side)
    scenario = town(roads, {"S1": (300, 25)}, streets={"S1": named}, zones=[(310, 0)])
    assert travel.travel_times(scenario).to_numpy()[0, 0] == pytest.approx(1.0, abs=0.01)
    assert travel.station_notes(scenario) == [
        "station 'S1' is snapped to 'Main Street', 25 m away, as its table says; 'Side Street' at 5 m is nearer"
    ]
    plain = town(roads, {"S1": (300, 25)}, zones=[(310, 0)])
    assert travel.travel_times(plain).to_numpy()[0, 0] == pytest.approx(64.0, abs=0.1)
    assert travel.station_notes(plain) == []


def test_a_street_that_is_not_there_is_a_fault_with_what_may_be_meant():
    roads = network(MAIN, HIGH)
    with pytest.raises(TableError, match=r"'S1' is to leave by 'Mian Street' .*did you mean 'Main Street'\?") as caught:
        town(roads, {"S1": (10, 5), "S2": (10, 5)}, streets={"S1": "Mian Street", "S2": "Nowhere"})
    assert len(caught.value.faults) == 2
    town(roads, {"S1": (10, 5)}, streets={"S1": "120 Old Mill Road"})  # an address may be another street's


def test_a_street_that_is_named_and_closed_is_told():
    side = ("Side Street", [(1990, 30), (2200, 30), (2200, 0)], {})
    scenario = town(network(MAIN, HIGH, side), {"S1": (1990, 5)}, streets={"S1": "Main Street"})
    note = travel.station_notes(scenario.apply(fp.CloseRoad("Main Street")))[0]
    assert note == (
        "station 'S1' is snapped to 'Side Street', 25 m away: 'Main Street', which its table names, is closed there,"
        " 5 m away"
    )


def test_a_street_that_is_too_far_is_told_and_the_nearest_used():
    roads = network(MAIN, HIGH)
    scenario = town(roads, {"S1": (1990, 5)}, streets={"S1": "High Street"})
    assert travel.station_notes(scenario) == [
        (
            "station 'S1' is snapped to 'Main Street', 5 m away: no piece of 'High Street', which its table names, lies"
            " within 200 m of it"
        )
    ]


def test_a_station_that_moves_leaves_by_another_street():
    roads = network(MAIN, HIGH)
    scenario = town(roads, {"S1": (5, 300)}, streets={"S1": "High Street"})
    west, south = points([(1990, 5)], crs=4326).iloc[0].coords[0]
    moved = scenario.apply(changes.MoveStation("S1", at=(west, south)))
    assert travel.station_notes(moved) == []
    opened = scenario.apply(changes.OpenStation("S2", at=(west, south)))
    assert travel.station_notes(opened) == []


def test_a_street_that_is_shut_moves_nobody_across_to_another():
    """What lies behind the closure is not reached, though a street lies behind its back fence."""
    lane = ("Lane", [(500, 0), (500, 100), (600, 100)], {})
    roads = network(MAIN, lane, ("Back Street", [(1000, 0), (1000, 130), (550, 130)], {}))
    scenario = town(roads, {"S1": (0, 0)}, zones=[(560, 105)])
    near = points([(500, 50)], crs=4326).iloc[0].coords[0]
    shut = scenario.apply(changes.CloseRoad("Lane", near=near))
    assert reached_by(shut) == ["Lane"]
    assert np.isinf(travel.travel_times(shut)).all()


def test_places_that_were_moved_are_counted_with_their_metres():
    roads = network(MAIN, ("Yard", [(400, 30), (500, 30)], {}), ("Low Tunnel", [(0, 0), (700, 60), (1000, 0)], TUNNEL))
    scenario = town(roads, {"S1": (0, 0)}, zones=[(450, 28), (700, 45), (100, 1)], calls=[(450, 28), (100, 1)])
    assert reached_by(scenario) == ["Main Street"] * 3
    (note,) = place_notes(scenario, "zones")
    assert note == (
        "2 zones are not reached by the nearest street but by another, at most 30 m farther off: 1 because that is in a"
        " tunnel, where no door opens, 1 because that is joined to no other road"
    )
    assert place_notes(scenario, "incidents")[0].startswith("1 incident is not reached by the nearest street")
    told = fp.assess(scenario, standard=fp.standards.NFPA_1710).notes()
    assert note in told


def test_a_large_zone_is_reached_by_the_nearest_road_of_its_own_block():
    other = ("Far Bank", [(0, 1290), (2000, 1290), (2000, 1000)], {})  # 290 m from the middle, in no block of its
    roads = network(("South Road", [(0, 0), (2000, 0), (2000, 1000)], {}), other)
    block, small = (200, 20, 1800, 1000), (900, 10, 910, 20)
    scenario = town(roads, {"S1": (0, 0)}, zones=boxes(block, small, (3000, 3000, 4000, 4000)), people=[50, 1, 7])
    assert reached_by(scenario) == ["South Road", "South Road", ""]
    assert place_notes(scenario, "zones") == (
        "1 zone is large: reached at the nearest road of its own block, up to 510 m from the middle",
    )
    assert travel.travel_times(scenario).to_numpy()[0] == pytest.approx([100.0, 90.5, np.inf], rel=0.01)


def test_unnamed_roads_are_called_by_their_number():
    roads = network(("", [(0, 0), (1000, 0)], {"ref": "A 8"}), ("Mill Lane", [(1000, 0), (1000, 500)], {}))
    assert roads.called.tolist().count("A 8") == 1
    scenario = town(roads, {"S1": (400, 80)})
    assert travel.station_notes(scenario) == [
        "station 'S1' is snapped to 'A 8', 80 m away: check that it opens on that street"
    ]
    assert place_names(roads, points([(990, 5)]).get_coordinates().to_numpy()) == ["A 8 / Mill Lane"]


@settings(max_examples=tries(40), deadline=None)
@given(st.data())
def test_only_places_on_unfit_streets_are_moved_and_none_farther_than_it_says(data):
    kinds = [{}, TUNNEL, BRIDGE, {"back": False}, {"highway": "motorway"}]
    spot = st.tuples(st.integers(0, 6).map(lambda v: v * 60), st.integers(0, 6).map(lambda v: v * 60))
    streets = []
    for i in range(data.draw(st.integers(2, 9))):
        a, b = data.draw(spot), data.draw(spot)
        if a != b:
            streets.append((f"Street {i}", [a, b], data.draw(st.sampled_from(kinds))))
    if not streets:
        return
    roads = network(*streets)
    at = data.draw(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=8))
    xy = points(at).get_coordinates().to_numpy()
    for doors in (True, False):
        allowed = roads.has_doors if doors else roads.drivable
        plain, found = (
            nearest(roads, xy, limit_m=200, allowed=allowed),
            fp.roads.snap(roads, points(at), freeways=not doors),
        )
        assert ((plain.street < 0) == (found.street < 0)).all()
        there = plain.street >= 0
        assert (found.offset_m[there] >= plain.offset_m[there] - 1e-6).all()
        assert allowed[found.street[there]].all()
        assert (found.offset_m[there] <= 200).all()
        bad = roads.doors.carried | roads.doors.scrap | ~roads.doors.to_leave | ~roads.doors.to_reach
        still = there & ~bad[plain.street]
        assert (plain.street == found.street)[still].all()


@pytest.mark.parametrize(
    ("header", "extra"), [("street", ""), ("Exit Street", ""), ("OUT", '[stations.columns]\nstreet = "OUT"\n')]
)
def test_a_plan_reads_the_street_of_a_station(tmp_path, header, extra):
    folder = tmp_path / "yard"
    shutil.copytree(CASES / "station_in_loose_yard", folder)
    table = (folder / "stations.csv").read_text(encoding="utf-8").splitlines()
    (folder / "stations.csv").write_text(f"{table[0]},{header}\n{table[1]},YARD\n", encoding="utf-8")
    plan = folder / "plan.toml"
    plan.write_text(plan.read_text(encoding="utf-8") + "\n" + extra, encoding="utf-8")
    project = fp.open_project(folder)
    assert project.today.stations["street"].tolist() == ["YARD"]
    notes = travel.station_notes(project.today)
    assert notes == [
        (
            "station 'S1' stands on a part that holds 1.0 % of the streets and reaches nothing else: 0 people there are"
            " reached from it alone; check its place, or whether a connecting road is missing"
        )
    ]
    (folder / "stations.csv").write_text(f"{table[0]},{header}\n{table[1]},Yrad\n", encoding="utf-8")
    with pytest.raises(TableError, match="did you mean 'Yard'"):
        fp.open_project(folder)


def test_the_case_of_a_station_over_a_tunnel():
    roads = fp.roads.from_osm(CASES / "snap_tunnel_under_station.osm")
    scenario = at_station(roads, -140.0, -29.999955)
    assert travel.station_notes(scenario) == [
        (
            "station 'S1' is snapped to 'Surface Street', 20 m away; the nearest street, 'Long Tunnel' at 5 m, is in a"
            " tunnel, where no door opens"
        )
    ]


def at_station(roads, longitude, latitude):
    table = gpd.GeoDataFrame(
        {"station_id": ["S1"], "name": ["One"]}, geometry=[shapely.Point(longitude, latitude)], crs=4326
    )
    return fp.Scenario(roads, table)


def test_the_case_of_a_station_in_a_loose_yard():
    project = fp.open_project(CASES / "station_in_loose_yard")
    found = fp.assess(project.today, standard=project.standard)
    assert found.summary().loc[("first_engine", "population"), "share"] == pytest.approx(0.75)
    assert (
        "station 'S1' is snapped to 'Main Street', 31 m away; the nearest street, 'Yard' at 1 m, belongs to 100 m of"
        " road, 1.0 % of all, that are joined to no other"
    ) in found.notes()


def test_the_case_of_rural_blocks():
    project = fp.open_project(CASES / "rural_blocks")
    found = fp.assess(project.today, standard=project.standard)
    assert found.summary()["unreachable"].tolist() == [0, 0]
    assert (
        "3 zones are large: reached at the nearest road of their own block, up to 500 m from the middle"
        in found.notes()
    )
    village, farm = found.zones["project_travel_s"].loc[["B0", "B3"]]
    assert village < 60
    assert 120 < farm < 480


def test_places_on_a_closed_street_are_told_to_be_reached_by_the_next():
    """The next street may lie nearer to a station, so that a closure seems to bring somebody help sooner."""
    lane = ("Lane", [(500, 0), (500, 100), (600, 100)], {})
    scenario = town(network(MAIN, lane), {"S1": (0, 0)}, zones=[(495, 40), (600, 1)])
    near = points([(500, 50)], crs=4326).iloc[0].coords[0]
    shut = scenario.apply(changes.CloseRoad("Lane", near=near))
    assert place_notes(scenario, "zones") == ()
    (told,) = place_notes(shut, "zones")
    assert told.startswith("1 zone on a closed street is reached from the next street that is open, up to 40 m away")
