"""Who may drive where, one small map a rule: the short way b-c is open to a vehicle, in a direction, or it is not."""

import math

import numpy as np
import pytest
from ascii_roads import EQUATOR_DEG_M, drawn, written
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

from fireplan import roads
from fireplan.roads import Feature, Vehicle
from fireplan.roads._rules.access import READ, passage
from fireplan.roads._rules.barriers import NODE_KEYS, met_at
from fireplan.roads._rules.driving_rules import driving_rules
from fireplan.roads._rules.limits import read_size, read_weight
from fireplan.roads._rules.reading_notes import LEFT_OUT, OPENED

BLOCK = """
a-b---c-d
  |   |
  e---f
"""
AROUND = {"ab": "primary", "cd": "primary", "be": "primary maxspeed=20", "ef": "primary maxspeed=20", "fc": "primary"}


def block(tmp_path, tags, nodes=None, **reading):
    return drawn(BLOCK, ways={**AROUND, "bc": tags}, nodes=nodes, folder=tmp_path, **reading)


# --- access, by class and by vehicle


@pytest.mark.parametrize(
    ("tags", "engine", "car"),
    [
        ("residential", "both", "both"),
        ("residential access=yes", "both", "both"),
        ("residential access=private", "both", "none"),
        ("residential access=destination", "both", "both"),
        ("residential access=no", "none", "none"),
        ("residential access=agricultural", "none", "none"),
        ("residential access=agricultural;forestry", "none", "none"),
        ("residential access=forestry;destination", "both", "both"),
        ("residential access=no;permissive", "both", "both"),
        ("residential access=emergency", "both", "none"),
        ("residential access=no motor_vehicle=yes", "both", "both"),
        ("residential access=no motorcar=yes", "both", "both"),
        ("residential access=yes motor_vehicle=no", "none", "none"),
        ("residential vehicle=no motor_vehicle=destination", "both", "both"),
        ("residential motor_vehicle=private", "both", "none"),
        ("residential motor_vehicle=no motorcar=yes", "both", "both"),
        ("residential motorcar=no", "none", "none"),
        ("residential motorcar=no motor_vehicle=yes", "both", "none"),
        ("residential bicycle=no foot=no hgv=no", "both", "both"),
        ("residential access=no emergency=yes", "both", "none"),
        ("residential access=no emergency=designated", "both", "none"),
        ("residential emergency=no", "none", "both"),
        ("residential access=no bus=yes", "both", "none"),
        ("residential access=no psv=designated", "both", "none"),
        ("residential vehicle=no bus=yes taxi=yes", "both", "none"),
        ("residential motor_vehicle=bus", "both", "none"),
        ("service access=no hgv=yes", "both", "none"),
        ("busway", "both", "none"),
        ("bus_guideway", "none", "none"),
        ("emergency_access", "both", "none"),
        ("emergency_access access=no", "both", "none"),
        ("emergency_access emergency=no", "none", "none"),
        ("service service=emergency_access access=private", "both", "none"),
        ("living_street", "both", "both"),
        ("pedestrian", "none", "none"),
        ("pedestrian access=yes", "none", "none"),
        ("pedestrian motor_vehicle=yes", "both", "both"),
        ("pedestrian motor_vehicle=delivery", "both", "both"),
        ("pedestrian motor_vehicle=private", "both", "none"),
        ("pedestrian motor_vehicle=no", "none", "none"),
        ("pedestrian bus=yes", "both", "none"),
        ("pedestrian emergency=yes", "both", "none"),
        ("footway emergency=designated", "both", "none"),
        ("footway emergency=designated width=4", "both", "none"),
        ("footway emergency=designated width=2", "none", "none"),
        ("footway emergency=no motor_vehicle=yes", "none", "both"),
        ("footway access=emergency", "both", "none"),
        ("footway service=emergency_access", "both", "none"),
        ("footway emergency=fire_lane", "both", "none"),
        ("service service=fire_lane", "both", "none"),
        ("service service=emergency_access access=no", "both", "none"),
        ("cycleway vehicle=yes", "both", "both"),
        ("path motor_vehicle=yes", "none", "none"),
        ("path motor_vehicle=yes width=3", "both", "both"),
        ("path emergency=yes", "both", "none"),
        ("bridleway", "none", "none"),
        ("steps emergency=yes", "none", "none"),
        ("path;service", "both", "both"),
        ("service service=alley", "both", "both"),
        ("service service=driveway", "none", "none"),
        ("service service=parking_aisle", "none", "none"),
        ("service service=drive-through", "none", "none"),
        ("residential area=yes", "none", "none"),
        ("construction construction=primary", "none", "none"),
        ("proposed", "none", "none"),
        ("raceway", "none", "none"),
        ("track", "none", "none"),
        ("track emergency=yes", "both", "none"),
        ("track tracktype=grade1", "both", "both"),
        ("track tracktype=grade1 motor_vehicle=no", "none", "none"),
        ("track tracktype=grade1 motor_vehicle=forestry", "none", "none"),
        ("track tracktype=grade3", "none", "none"),
        ("track surface=asphalt", "both", "both"),
        ("track surface=mud", "none", "none"),
        ("residential smoothness=bad", "both", "both"),
        ("residential smoothness=very_bad", "both", "none"),
        ("residential smoothness=horrible", "none", "none"),
        ("residential smoothness=impassable", "none", "none"),
        ("residential smoothness=lovely", "both", "both"),
        ("residential impassable=yes", "none", "none"),
        ("residential ford=yes", "both", "both"),
        ("Residential", "both", "both"),
        ("residential access=agricultural emergency=fire_brigade", "both", "none"),
        ("residential construction=yes", "none", "none"),
        ("residential construction=minor", "both", "both"),
        ("residential smoothness=Impassable", "none", "none"),
        ("residential smoothness=bad;impassable", "none", "none"),
        ("busway access=no", "both", "none"),
        ("busway access=no emergency=no", "none", "none"),
        ("service service=Driveway", "none", "none"),
        ("service service=driveway emergency=yes", "both", "none"),
        ("service service=parking_aisle emergency=no", "none", "none"),
        ("Emergency_Access", "both", "none"),
        ("track tracktype=Grade1", "both", "both"),
        ("track tracktype=grade2;grade3", "none", "none"),
        ("track surface=Asphalt", "both", "both"),
    ],
)
def test_who_may_drive_there(tmp_path, tags, engine, car):
    assert block(tmp_path, tags).open("b", "c") == engine
    assert block(tmp_path, tags, vehicle="car").open("b", "c") == car


@pytest.mark.parametrize(
    ("vehicle", "tags", "open_to"),
    [
        (Vehicle.preset("brush"), "track tracktype=grade4", "both"),
        (Vehicle.preset("brush"), "track tracktype=grade5", "none"),
        (Vehicle.preset("truck"), "track tracktype=grade2", "none"),
        (Vehicle.preset("brush"), "residential smoothness=horrible", "both"),
        (Vehicle.preset("engine", fire_lanes=False), "footway emergency=designated", "none"),
        (Vehicle.preset("engine", fire_lanes=False), "emergency_access", "none"),
        (Vehicle.preset("engine", bus_roads=False), "residential access=no bus=yes", "none"),
        (Vehicle.preset("engine", bus_roads=False), "busway", "none"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_what_a_vehicle_is_said_to_do_it_does(tmp_path, vehicle, tags, open_to):
    assert block(tmp_path, tags, vehicle=vehicle).open("b", "c") == open_to


YARD = """
    p-q
a-b-c-d-e-f
  g-h i---j
"""


def test_driveways_lead_to_doors_and_never_through(tmp_path):
    ways = {"ab": "primary", "ef": "primary", "fj": "primary maxspeed=20", "bg": "primary maxspeed=20"}
    yard = {"bcde": "service service=driveway", "cpqd": "service service=parking_aisle", "gh": "primary",
            "hc": "service service=driveway", "di": "service service=driveway", "ij": "primary"}  # fmt: skip
    town = drawn(YARD, ways={**ways, **yard}, folder=tmp_path, vehicle=Vehicle.preset("engine", to_doors=True))
    assert (town.route("a", "c"), town.route("f", "d")) == ("abghc", "fjid")  # by the nearest way in
    assert town.route("a", "f") == ""  # nothing but the yard joins the two
    doors = town.network.features & Feature.TO_DOORS > 0
    assert town.network.length_m[doors].sum() == pytest.approx(600 + 400 + 100 + 100, rel=1e-3)
    assert (town.network.highway[doors] == "service").all()


def test_a_straight_driveway_between_two_streets_is_reached_from_both(tmp_path):
    ways = {"ab": "primary", "bc": "service service=driveway", "cd": "primary", "be": "primary", "ef": "primary",
            "fc": "primary"}  # fmt: skip
    town = drawn(BLOCK, ways=ways, folder=tmp_path, vehicle=Vehicle.preset("engine", to_doors=True))
    assert town.route("b", "c") == "befc"
    doors = town.network.features == Feature.TO_DOORS
    assert town.network.length_m[doors] == pytest.approx([200, 200], rel=1e-3)
    told = "driven though most may not, in kilometres: driveways and parking aisles, to their doors 0.4"
    assert told in town.network.notes


# --- directions


@pytest.mark.parametrize(
    ("tags", "engine", "car"),
    [
        ("oneway=yes", "there", "there"),
        ("oneway=-1", "back", "back"),
        ("oneway=yes oneway:emergency=no", "both", "there"),
        ("oneway=no oneway:motor_vehicle=yes", "there", "there"),
        ("oneway:motor_vehicle=-1", "back", "back"),
        ("oneway=yes oneway:motor_vehicle=no", "both", "both"),
        ("oneway:vehicle=yes", "there", "there"),
        ("oneway=yes oneway:bicycle=no", "there", "there"),
        ("oneway=yes oneway:bus=no", "there", "there"),
        ("motor_vehicle:backward=no", "there", "there"),
        ("motor_vehicle:forward=no", "back", "back"),
        ("access:backward=no", "there", "there"),
        ("access=no access:forward=yes", "there", "there"),
        ("motor_vehicle:backward=private", "both", "there"),
        ("vehicle:forward=no emergency:forward=yes", "both", "back"),
        ("oneway=yes motor_vehicle:forward=no", "none", "none"),
        ("junction=roundabout", "there", "there"),
        ("junction=roundabout oneway=no", "both", "both"),
        ("junction=circular", "there", "there"),
        ("oneway=reversible", "both", "both"),
        ("junction=Roundabout", "there", "there"),
        ("oneway=yes emergency:backward=yes", "both", "there"),
        ("oneway=-1 emergency:forward=designated", "both", "back"),
        ("oneway=yes emergency:backward=yes oneway:emergency=yes", "there", "there"),
        ("oneway=yes emergency=yes", "there", "there"),
        ("maxheight:forward=2 maxheight:backward=4", "back", "both"),
    ],
)
def test_in_which_direction(tmp_path, tags, engine, car):
    assert block(tmp_path, f"residential {tags}").open("b", "c") == engine
    assert block(tmp_path, f"residential {tags}", vehicle="car").open("b", "c") == car


# --- limits of weight and size


@pytest.mark.parametrize(
    ("tags", "open_to"),
    [
        ("maxheight=3.2", "none"), ("maxheight=3.3", "both"), ("maxheight='3.2 m'", "none"),
        ("""maxheight="10'6\\"" """, "none"), ("""maxheight="13'6\\"" """, "both"), ("maxheight=default", "both"),
        ("maxheight=none", "both"), ("maxheight=below_default", "both"), ("maxheight=tall", "both"),
        ("maxheight=3 maxheight:physical=3.6", "both"), ("maxheight:physical=3", "none"),
        ("maxwidth=2.2", "none"), ("maxwidth=3", "both"), ("maxlength=8", "none"), ("maxlength=12", "both"),
        ("maxweight=12", "both"), ("maxweight=12 bridge=yes", "none"), ("maxweight=20 bridge=yes", "both"),
        ("maxweight='12 st' bridge=viaduct", "none"), ("maxweight='40000 lbs' bridge=yes", "both"),
        ("maxweightrating=7.5 bridge=yes", "none"), ("maxweight=12 bridge=no", "both"),
        ("maxweight=3 maxweight:emergency=none bridge=yes", "both"), ("maxweight:hgv=3 bridge=yes", "both"),
        ("maxweight='7.5;26' bridge=yes", "none"),
        ("maxheight='2100 mm'", "none"), ("maxheight='2.1 metres'", "none"),
    ],
)  # fmt: skip
def test_what_is_too_much_is_shut_out(tmp_path, tags, open_to):
    assert block(tmp_path, f"residential {tags}").open("b", "c") == open_to


@pytest.mark.parametrize(
    ("text", "tonnes"),
    [("3.5", 3.5), ("3.5 t", 3.5), ("3.5t", 3.5), ("7,5", 7.5), ("3500 kg", 3.5), ("12 st", 10.886), ("10 lt", 10.160),
     ("10000 lbs", 4.536), ("200 cwt", 10.160), ("none", math.inf), ("default", math.inf), ("26;7.5", 7.5),
     ("7.5;heavy", 7.5), ("heavy", None), ("", None), ("3500", None), ("-3", None), ("0", None), ("3.5 m", None)],
)  # fmt: skip
def test_a_weight_is_read_or_given_up(text, tonnes):
    assert read_weight(text) == (None if tonnes is None else pytest.approx(tonnes, abs=1e-3))


@pytest.mark.parametrize(
    ("text", "metres"),
    [("2.1", 2.1), ("2.1 m", 2.1), ("2,1", 2.1), ("210 cm", 2.1), ("7'6\"", 2.286), ("7'", 2.134), ("7' 6\"", 2.286),
     ("7 ft 6 in", 2.286), ("7ft", 2.134), ('90"', 2.286), ("7\u20326\u2033", 2.286), ("12' 6''", 3.81),
     ("none", math.inf), ("below_default", None), ("2.1 t", None), ("low", None), ("210", None)],
)  # fmt: skip
def test_a_size_is_read_or_given_up(text, metres):
    assert read_size(text) == (None if metres is None else pytest.approx(metres, abs=1e-3))


# --- barriers on nodes

BARRED = """
a-b-x-c-d
  |   |
  e---f
"""


def passed(tmp_path, tags, **reading):
    """Seconds lost at x between b and c; inf if it is shut."""
    ways = {**AROUND, "bxc": "primary maxspeed=36"}
    town = drawn(BARRED, ways=ways, nodes={"x": tags}, folder=tmp_path, **reading)
    plain = drawn(BARRED, ways=ways, folder=tmp_path, **reading)
    if -town.letters["x"] in town.network.node_ids:
        assert town.route("b", "c") == "befc"
        return math.inf
    return round(town.seconds("b", "c") - plain.seconds("b", "c"), 2)


@pytest.mark.parametrize(
    ("tags", "engine", "car"),
    [
        ("barrier=gate", 15, 15),
        ("barrier=gate access=private", 15, math.inf),
        ("barrier=gate access=no", math.inf, math.inf),
        ("barrier=gate access=no emergency=yes", 15, math.inf),
        ("barrier=gate emergency=no", math.inf, 15),
        ("barrier=gate locked=yes", 30, math.inf),
        ("barrier=lift_gate", 15, 15),
        ("barrier=swing_gate", 15, 15),
        ("barrier=sliding_gate", 15, 15),
        ("barrier=chain", 15, 15),
        ("barrier=bump_gate", 0, 0),
        ("barrier=bollard", math.inf, math.inf),
        ("barrier=bollard bollard=removable", 30, math.inf),
        ("barrier=bollard bollard=rising", 30, math.inf),
        ("barrier=bollard bollard=flexible", 0, 0),
        ("barrier=bollard bollard=fixed", math.inf, math.inf),
        ("barrier=bollard motor_vehicle=yes", 0, 0),
        ("barrier=bollard motor_vehicle=private", 0, math.inf),
        ("barrier=bollard emergency=yes", 0, math.inf),
        ("barrier=bollard bollard=removable access=no", math.inf, math.inf),
        ("barrier=bollard access=no bus=yes", 0, math.inf),
        ("barrier=block", math.inf, math.inf),
        ("barrier=jersey_barrier", math.inf, math.inf),
        ("barrier=planter", math.inf, math.inf),
        ("barrier=cycle_barrier", math.inf, math.inf),
        ("barrier=kissing_gate", math.inf, math.inf),
        ("barrier=bus_trap", 0, math.inf),
        ("barrier=kerb", 0, 0),
        ("barrier=cattle_grid", 0, 0),
        ("barrier=toll_booth", 0, 0),
        ("barrier=entrance", 0, 0),
        ("barrier=no", 0, 0),
        ("barrier=thing", 0, 0),
        ("barrier=Bollard", math.inf, math.inf),
        ("barrier=gate;bollard", math.inf, math.inf),
        ("barrier=gate;kerb", 15, 15),
        ("barrier=bollard bollard=Removable", 30, math.inf),
        ("railway=Level_crossing crossing:barrier=full", 10, 10),
        ("barrier=height_restrictor maxheight=2.2", math.inf, 0),
        ("barrier=height_restrictor maxheight=4.2", 0, 0),
        ("maxwidth=2", math.inf, 0),
        ("railway=level_crossing crossing:barrier=full", 10, 10),
        ("railway=level_crossing tram=yes", 0, 0),
        ("railway=tram_level_crossing", 0, 0),
        ("ford=yes", 0, 0),
        ("traffic_calming=bump", 0, 0),
    ],
)
def test_what_stands_on_a_street_bars_it_or_takes_time(tmp_path, tags, engine, car):
    assert passed(tmp_path, tags) == engine
    assert passed(tmp_path, tags, vehicle="car") == car


def test_a_vehicle_that_opens_no_gate_is_shut_out(tmp_path):
    closed = Vehicle.preset("engine", opens_gates=False, removes_bollards=False)
    assert passed(tmp_path, "barrier=gate", vehicle=closed) == math.inf
    assert passed(tmp_path, "barrier=bollard bollard=removable", vehicle=closed) == math.inf


@pytest.mark.parametrize(
    ("way", "bollard", "route"),
    [
        ("footway emergency=designated", "barrier=bollard", "axb"),
        ("footway emergency=designated", "barrier=bollard bollard=fixed", ""),
        ("footway emergency=designated", "barrier=bollard access=no", ""),
        ("footway emergency=designated", "barrier=block", ""),
        ("pedestrian motor_vehicle=yes", "barrier=bollard", ""),
        ("residential", "barrier=bollard", ""),
    ],
)
def test_a_way_kept_open_for_engines_has_bollards_that_can_be_taken_out(tmp_path, way, bollard, route):
    town = drawn("a-x-b", ways={"axb": way}, nodes={"x": bollard}, folder=tmp_path)
    assert town.route("a", "b") == route
    assert town.network.wait_s.sum() == (30 if route else 0)


def test_a_barrier_that_is_drawn_as_a_way_bars_no_street(tmp_path):
    ways = {"axb": "primary", "cxd": "- barrier=fence"}
    town = drawn(" c\na-x-b\n d", ways=ways, folder=tmp_path)
    assert town.route("a", "b") == "ab"


def test_a_barrier_where_a_path_leaves_a_street_shuts_the_path_alone(tmp_path):
    ways = {"axb": "primary", "xc": "service"}
    town = drawn("a-x-b\n  |\n  c", ways=ways, nodes={"x": "barrier=bollard"}, folder=tmp_path)
    assert town.route("a", "b") == "ab"
    assert town.route("a", "c") == ""
    assert "1 barrier at junctions: only streets that end there are shut off" in town.network.notes
    assert "1 barrier shut streets there: bollard (1)" in town.network.notes


def test_where_ways_end_at_a_barrier_nothing_passes(tmp_path):
    town = drawn("a-x-b", ways={"ax": "primary", "xb": "primary"}, nodes={"x": "barrier=block"}, folder=tmp_path)
    assert town.route("a", "b") == ""
    assert town.network.n_nodes == 4


def test_what_stands_on_no_street_is_not_told(tmp_path):
    ways = {"ab": "primary", "cd": "footway"}
    town = drawn("a-b\nc-d", ways=ways, nodes={"c": "barrier=bollard", "d": "barrier=gate"}, folder=tmp_path)
    assert not any("barrier" in note for note in town.network.notes)


@pytest.mark.parametrize(
    ("picture", "ways", "wait_s"),
    [
        ("a--x--b\n   |\n", {"axb": "primary"}, 10),
        ("r\na--x--b\n   s\n", {"axb": "primary", "rxs": "- railway=rail"}, 10),
        ("r\na--x--b\n   s\n", {"axb": "primary", "rxs": "- railway=tram"}, 0),
        ("a--x--b\n   s\n", {"axb": "primary", "xs": "residential"}, 0),  # at a junction: what else but a tram
        ("r\na--x--b\n   s\n   t", {"axb": "primary", "xs": "residential", "rxt": "- railway=rail"}, 10),
    ],
)
def test_a_level_crossing_of_trains_costs_a_mean_wait_and_one_of_trams_none(tmp_path, picture, ways, wait_s):
    town = drawn(picture, ways=ways, nodes={"x": "railway=level_crossing"}, folder=tmp_path)
    assert town.network.wait_s.max() == wait_s


@pytest.mark.parametrize(("apart_m", "waits"), [(100, 2), (20, 1)])
def test_of_two_tracks_side_by_side_one_waits_once(tmp_path, apart_m, waits):
    picture, nodes = "   rt\na--xy--b\n   su", {"x": "railway=level_crossing", "y": "railway=level_crossing"}
    ways = {"axyb": "primary", "rxs": "- railway=rail", "tyu": "- railway=rail"}
    text, letters = written(picture, ways=ways, nodes=nodes)
    east = text.index("lon=", text.index(f'<node id="{letters["y"]}"'))
    lon = f'lon="{(300 + apart_m) / EQUATOR_DEG_M:.9f}"'
    file = tmp_path / "town.osm"
    file.write_text(text[:east] + lon + text[text.index('"', east + 5) + 1 :], encoding="utf-8")
    network = roads.from_osm(file)
    assert network.wait_s.sum() == 10 * waits
    assert f"{waits} level crossing{'s' * (waits > 1)} passed, with a mean wait" in network.notes


# --- speeds


def kph(tmp_path, tags, **reading):
    town = drawn("a-b", ways={"ab": tags}, folder=tmp_path, **reading)
    network = town.network
    return tuple(round(float(network.length_m[0] / t[0] * 3.6), 2) for t in (network.there_s, network.back_s))


@pytest.mark.parametrize(
    ("tags", "there", "back"),
    [
        ("residential", 40, 40), ("residential maxspeed=30", 30, 30), ("residential 'maxspeed=20 mph'", 32.19, 32.19),
        ("residential maxspeed=60", 60, 60), ("residential maxspeed:forward=30", 30, 40),
        ("residential maxspeed=50 maxspeed:backward=30", 50, 30), ("primary maxspeed=RO:urban", 50, 50),
        ("primary maxspeed=RO:rural", 90, 90), ("primary maxspeed:type=DE:urban", 50, 50),
        ("primary maxspeed=40 maxspeed:type=DE:urban", 40, 40), ("primary source:maxspeed=sign", 56, 56),
        ("primary maxspeed=GB:nsl_single", 96.56, 96.56), ("primary zone:maxspeed=DE:30", 30, 30),
        ("primary zone:maxspeed=30", 30, 30), ("primary zone:traffic=DE:urban", 50, 50),
        ("motorway oneway=no maxspeed:type=DE:motorway", 109, 109),
        ("motorway oneway=no maxspeed=none", 109, 109), ("motorway oneway=no maxspeed=130", 109, 109),
        ("motorway oneway=no maxspeed=DE:motorway", 109, 109), ("trunk maxspeed=none", 109, 109),
        ("primary maxspeed=none", 56, 56), ("residential maxspeed=walk", 15, 15), ("residential maxspeed=5", 15, 15),
        ("living_street", 16, 16), ("primary 'maxspeed=70|100'", 70, 70), ("primary maxspeed=signals", 56, 56),
        ("primary 'maxspeed:lanes=60|80'", 60, 60), ("primary maxspeed=50 'maxspeed:lanes=60|80'", 50, 50),
        ("primary maxspeed=fast", 56, 56), ("trunk maxspeed=100 maxspeed:hgv=60", 60, 60),
        ("trunk maxspeed:hgv=60", 60, 60), ("residential maxspeed:hgv=60", 40, 40),
        ("residential maxspeed=50 maxspeed:emergency=80", 80, 80), ("primary smoothness=very_bad", 20, 20),
        ("footway emergency=yes maxspeed=30", 16, 16), ("track tracktype=grade2", 24, 24),
        ("track tracktype=grade1 maxspeed=20", 20, 20), ("emergency_access", 24, 24),
    ],
)  # fmt: skip
def test_how_fast_it_is_driven(tmp_path, tags, there, back):
    assert kph(tmp_path, tags) == (there, back)


@pytest.mark.parametrize(
    ("tags", "there"),
    [("residential maxspeed=30", 40), ("residential maxspeed=80", 40), ("primary maxspeed=70", 56),
     ("motorway oneway=no maxspeed=100", 100), ("motorway oneway=no maxspeed=60", 88), ("trunk maxspeed=none", 109)],
)  # fmt: skip
def test_by_class_a_posted_limit_counts_on_fast_roads_alone(tmp_path, tags, there):
    assert kph(tmp_path, tags, vehicle=Vehicle.preset("engine", speeds="class"))[0] == there


@pytest.mark.parametrize(("vehicle", "there"), [("engine", 60), ("car", 100), ("ambulance", 60)])
def test_limits_of_lorries_are_those_of_heavy_vehicles(tmp_path, vehicle, there):
    assert kph(tmp_path, "trunk maxspeed=100 maxspeed:hgv=60", vehicle=vehicle)[0] == there


# --- what streets are


@pytest.mark.parametrize(
    ("tags", "bits"),
    [
        ("primary", 0), ("primary bridge=yes", Feature.BRIDGE), ("primary bridge=no", 0),
        ("primary tunnel=yes layer=-1", Feature.TUNNEL), ("primary tunnel=building_passage", 0),
        ("primary junction=roundabout", Feature.ROUNDABOUT), ("residential access=no bus=yes", Feature.FIRE_LANE),
        ("primary bridge=viaduct junction=roundabout", Feature.BRIDGE | Feature.ROUNDABOUT),
    ],
)  # fmt: skip
def test_streets_know_what_they_are(tmp_path, tags, bits):
    town = drawn("a-b", ways={"ab": tags}, folder=tmp_path)
    assert town.network.features.tolist() == [bits]


def test_numbers_of_roads_are_kept(tmp_path):
    town = drawn("a-b-c", ways={"ab": "primary 'ref=A 8; B 10;'", "bc": "primary"}, folder=tmp_path)
    assert sorted(town.network.street_ref) == ["", "A 8;B 10"]


# --- what is told


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ("residential access=no", "left out, in kilometres: closed to motor vehicles 0.4"),
        ("track", "left out, in kilometres: tracks 0.4"),
        ("footway", "ways on foot or by bicycle are not driven: 0.4 km"),
        ("service service=parking_aisle", "left out, in kilometres: driveways and parking aisles 0.4"),
        ("raceway", "left out, in kilometres: of other kinds 0.4"),
        ("residential access=no bus=yes", "driven though most may not, in kilometres: for buses 0.4"),
        (
            "residential access:conditional='no @ (Su)'",
            "conditions by time or vehicle are not reckoned with, on 0.4 km:",
        ),
        ("residential oneway:conditional='yes @ (07:00-09:00)'", "conditions by time or vehicle are not reckoned with"),
        ("residential maxspeed=signals", "1 way (0.4 km) whose speed limit changes by signals, class speed used"),
        (
            "residential maxheight=below_default",
            "limits that cannot be read, and do not count, on 1 way: 'maxheight=below",
        ),
        ("residential bridge=yes maxaxleload=8", "1 way (0.4 km) on bridges with a limit of axle load"),
        ("residential oneway=yes oneway:psv=no", "1 way (0.4 km) with a lane of buses against one-way traffic"),
        (
            "residential bridge=yes maxweight:hgv=3.5",
            "conditions by time or vehicle are not reckoned with, on 0.4 km: maxweight:hgv (1)",
        ),
        ("residential ford=yes", "1 ford driven through"),
        ("residential oneway=alternating", "1 reversible ways are driven both ways"),
    ],
)
def test_what_is_left_out_or_passed_over_is_told(tmp_path, tags, told):
    notes = block(tmp_path, tags).network.notes
    assert any(note.startswith(told) for note in notes), notes


# --- whatever the tags

KEYS = st.sampled_from(sorted(READ))
VALUES = st.sampled_from(
    ["yes", "no", "private", "emergency", "bus", "-1", "reversible", "3", "7.5 t", "12'6\"", "none", "default",
     "grade1", "walk", "RO:urban", "50|70", "signals", "very_bad", "impassable", "roundabout", "no;yes", "", ";",
     "🚒", "x" * 300]
)  # fmt: skip
CLASSES = st.sampled_from(
    ["primary", "service", "track", "footway", "path", "busway", "emergency_access", "motorway", "steps", "x", "", ";"]
)


@settings(max_examples=tries(400))
@given(st.dictionaries(KEYS, VALUES, max_size=6), CLASSES, st.sampled_from(["engine", "truck", "brush", "car"]))
def test_whatever_the_tags_a_way_is_driven_within_what_a_vehicle_can_or_it_is_said_why_not(tags, highway, name):
    vehicle = Vehicle.preset(name)
    found = passage({**tags, "highway": highway}, vehicle)
    if not found.highway:
        assert found.left_out in {*LEFT_OUT, "on_foot", ""}
        return
    speeds = np.array([found.forward_kph, found.backward_kph])
    assert np.isfinite(speeds).any()
    assert np.nanmax(speeds) <= vehicle.top_kph
    assert np.nanmin(speeds) >= min(rule.figure for rule in driving_rules("track").values())
    assert all(key.removeprefix("only ") in OPENED for key in found.told if key.startswith("only "))


@settings(max_examples=tries(200))
@given(st.dictionaries(st.sampled_from(sorted(NODE_KEYS)), VALUES, max_size=5))
def test_whatever_stands_at_a_node_is_passed_in_a_time_or_shut(tags):
    met = met_at(tags, Vehicle())
    assert met is None or (0 <= met.wait_s <= 30 and not (met.shut and met.wait_s))


@pytest.mark.parametrize(("tag", "told"), [("motor_vehicle=no", True), ("access=no", True), ("access=private", False)])
def test_a_node_that_lets_nobody_pass_without_saying_by_what_is_told(tag, told, tmp_path):
    town = drawn("a---b---c", ways={"abc": "residential"}, nodes={"b": tag}, folder=tmp_path)
    assert np.isfinite(town.seconds("a", "c"))
    said = [note for note in town.network.notes if "passed as if open" in note]
    assert said == ([f"1 barrier of unknown kinds passed as if open: '{tag}' (1)"] if told else [])
