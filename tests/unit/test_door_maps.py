"""By which street places meet the roads, stated on drawn towns, with turns left out and with turns reckoned."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from ascii_roads import EQUATOR_DEG_M, MERIDIAN_DEG_M, drawn

import fireplan as fp

UNDER = """
a-----b
|     |
c-----d
"""
YARD = """
a-----b-----------------c

  e-f
"""
HOUSE = """
a---b---c
    |
    h
d---e---f
"""
ENGINES = pytest.mark.parametrize("turns", ["none", "exact"])


def at(column, row, *, east_m=0.0, north_m=0.0):
    """Place in a picture, by its column and its line, and metres from there."""
    return (column * 100 + east_m) / EQUATOR_DEG_M, (-row * 100 + north_m) / MERIDIAN_DEG_M


def scenario(town, turns, station, zones, **columns):
    table = gpd.GeoDataFrame(
        {"station_id": ["S1"], "name": ["One"], **columns}, geometry=[shapely.Point(station)], crs=4326
    )
    index = pd.Index([f"Z{i}" for i in range(len(zones))], name="zone_id")
    area = gpd.GeoDataFrame({"population": 1}, geometry=[shapely.Point(z) for z in zones], crs=4326, index=index)
    return fp.Scenario(town.network.with_turns(turns), table, zones=area)


def seconds(asked):
    return fp.travel_times(asked).to_numpy()[0].tolist()


def names(asked, kind="zones"):
    street = fp.travel.places(asked, kind).on_road.street
    return [str(asked.roads.street_name[s]) for s in street]


@ENGINES
def test_nobody_leaves_by_a_tunnel_under_the_station_nor_comes_by_it(tmp_path, turns):
    ways = {
        "ab": "name=Street maxspeed=36",
        "cd": "tunnel=yes name=Tunnel maxspeed=36",
        "ac": "maxspeed=36",
        "bd": "maxspeed=36",
    }
    town = drawn(UNDER, ways=ways, folder=tmp_path)
    assert set(town.network.highway) == {"residential"}
    # 60 m above the tunnel, 140 m below the street.
    found = scenario(town, turns, at(3, 3, north_m=60), [at(4, 3, north_m=60), at(2, 3, north_m=60)])
    assert names(found) == ["Street", "Street"]
    assert seconds(found) == pytest.approx([10, 10], abs=0.1)
    (note,) = fp.travel.station_notes(found)
    assert note == (
        "station 'S1' is snapped to 'Street', 140 m away; the nearest street, 'Tunnel' at 60 m, is in a tunnel, where"
        " no door opens"
    )


@ENGINES
def test_a_ramp_has_no_doors(tmp_path, turns):
    ways = {"ab": "name=Street", "cd": "motorway_link name=Ramp", "ac": "", "bd": ""}
    found = scenario(drawn(UNDER, ways=ways, folder=tmp_path), turns, at(3, 3, north_m=60), [at(4, 3, north_m=60)])
    assert names(found) == ["Street"]
    assert "'Ramp' at 60 m, is a freeway" in fp.travel.station_notes(found)[0]


@ENGINES
@pytest.mark.parametrize(("line", "street"), [(2, "Main"), (9, "Yard")])
def test_a_yard_without_a_gate_is_left_where_a_street_is_near(tmp_path, turns, line, street):
    picture = YARD if line == 2 else YARD.replace("\n\n", "\n" * 8)
    ways = {"abc": "name=Main", "ef": "service name=Yard"}
    town = drawn(picture, ways=ways, folder=tmp_path)
    row = next(i for i, text in enumerate(picture.splitlines()) if "e" in text)
    found = scenario(town, turns, at(3, row, north_m=1), [at(3, row, north_m=1)])
    on_road = fp.roads.snap(town.network, found.stations.geometry, freeways=False)
    assert town.network.street_name[on_road.street].tolist() == [street]


@ENGINES
def test_a_drawn_driveway_says_by_which_street_a_station_leaves(tmp_path, turns):
    """The house stands 100 m from both; its driveway leads to the upper street."""
    ways = {
        "abc": "name=Upper maxspeed=36", "def": "name=Lower maxspeed=36", "bh": "service service=driveway maxspeed=36",
        "ad": "maxspeed=36", "cf": "maxspeed=36",
    }  # fmt: skip
    plain = {way: tags for way, tags in ways.items() if way != "bh"}
    station, door = at(4, 3, north_m=-5), [at(4, 1, north_m=1)]
    engine = fp.roads.Vehicle.preset("engine", to_doors=True)
    by_drive = scenario(drawn(HOUSE, ways=ways, folder=tmp_path, vehicle=engine), turns, station, door)
    without = scenario(drawn(HOUSE, ways=plain, folder=tmp_path), turns, station, door)
    assert seconds(without)[0] > 60
    assert by_drive.roads.features.any()
    assert seconds(by_drive)[0] < 50


@ENGINES
def test_the_street_of_the_table_goes_before_the_nearest(tmp_path, turns):
    ways = {
        "ab": "name=Street maxspeed=36",
        "cd": "name=Alley ref='K 7' maxspeed=36",
        "ac": "maxspeed=36",
        "bd": "maxspeed=36",
    }
    town = drawn(UNDER, ways=ways, folder=tmp_path)
    for named, least_s, most_s in (("", 10, 10), ("k7", 10, 10), ("street", 70, 70)):
        found = scenario(town, turns, at(3, 3, north_m=60), [at(4, 3)], street=[named])
        assert least_s - 0.1 < seconds(found)[0] < most_s + 0.1


@ENGINES
def test_a_one_way_out_of_town_is_no_way_home(tmp_path, turns):
    picture = "a-b-c\n  | \nd-e-f\n"
    ways = {"abc": "name=Upper", "be": "oneway=yes name=Out", "def": "name=Lower"}
    town = drawn(picture, ways=ways, folder=tmp_path)
    assert (town.network.doors.to_reach.all(), town.network.part.max()) == (True, 0)
    found = scenario(town, turns, at(0, 0), [at(1, 2), at(2, 1)])
    assert names(found) == ["Lower", "Out"]
