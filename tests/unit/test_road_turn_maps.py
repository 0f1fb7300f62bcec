"""Which turns are forbidden, and what is met at the end of a street, one small map a rule."""

import pytest
from ascii_roads import drawn, written

from fireplan import roads
from fireplan.roads import Control, TurnDelays, Vehicle

CROSS = """
    n
    |
w---x---e
    |
    s
"""
ARMS = {"wx": "primary", "xe": "primary", "nx": "residential", "xs": "residential"}
ALL_FROM_W = {("wx", "xe"), ("wx", "xn"), ("wx", "xs"), ("wx", "xw")}


def cross(tmp_path, *turns, ways=ARMS, **more):
    return drawn(CROSS, ways=ways, turns=turns, folder=tmp_path, **more)


@pytest.mark.parametrize(
    ("turn", "banned"),
    [
        ("wx x nx no_left_turn", {("wx", "xn")}),
        ("wx x xs no_right_turn", {("wx", "xs")}),
        ("wx x xe no_straight_on", {("wx", "xe")}),
        ("nx x wx no_right_turn", {("nx", "xw")}),
        ("xs x wx no_left_turn", {("sx", "xw")}),
        ("wx x wx no_u_turn", {("wx", "xw")}),
        ("wx x xe only_straight_on", ALL_FROM_W - {("wx", "xe")}),
        ("wx x nx only_left_turn", ALL_FROM_W - {("wx", "xn")}),
        ("wx x nx - restriction:hgv=no_left_turn", {("wx", "xn")}),
        ("wx x nx - restriction:motorcar=no_left_turn", {("wx", "xn")}),
        ("wx x nx - restriction:bicycle=no_left_turn", set()),
        ("wx x nx - restriction:bus=no_left_turn", set()),
        ("wx x nx no_left_turn except=bicycle", {("wx", "xn")}),
        ("wx x nx no_left_turn except=emergency", set()),
        ("wx x nx no_left_turn except=motor_vehicle", set()),
        ("wx x nx no_left_turn except=bicycle;emergency", set()),
        ("wx x nx no_left_turn except=psv", set()),
        ("wx x nx - 'restriction:conditional=no_left_turn @ (07:00-19:00)'", set()),
        ("wx x nx no_way_at_all", {("wx", "xn")}),
        ("wx x nx stop", set()),
    ],
)
def test_which_turns_are_forbidden(tmp_path, turn, banned):
    assert cross(tmp_path, turn).banned == banned


@pytest.mark.parametrize(
    ("turn", "vehicle", "banned"),
    [
        ("wx x nx no_left_turn", Vehicle.preset("engine", obeys_turn_restrictions=False), set()),
        ("wx x nx no_left_turn except=emergency", Vehicle.preset("car"), {("wx", "xn")}),
        ("wx x nx no_left_turn except=motorcar", Vehicle.preset("car"), set()),
        ("wx x nx no_left_turn except=psv", Vehicle.preset("engine", bus_roads=False), {("wx", "xn")}),
        ("wx x nx - restriction:hgv=no_left_turn", Vehicle.preset("car"), set()),
    ],
)
def test_whose_turns_are_forbidden(tmp_path, turn, vehicle, banned):
    assert cross(tmp_path, turn, vehicle=vehicle).banned == banned


@pytest.mark.parametrize(
    ("turn", "told"),
    [
        ("wx x nx no_left_turn except=emergency", "1 from which the vehicle is excepted"),
        ("wx x nx no_left_turn day_on=Monday hour_on=07:00", "1 at certain times alone"),
        ("wx x nx - 'restriction:conditional=no_left_turn @ (07:00-19:00)'", "1 at certain times alone"),
        ("wx x nx stop", "1 of which it cannot be told which turn is meant"),
        ("wx xe xe no_left_turn", "1 over a way and not a node"),
        ("wx n nx only_left_turn", "1 with ways that are not driven"),
    ],
)
def test_turns_that_are_not_kept_are_told(tmp_path, turn, told):
    notes = cross(tmp_path, turn).network.notes
    assert f"turn restrictions that are not kept: {told}" in notes
    assert "1 turn restriction relations are not modelled: every turn is allowed" in notes


def test_ways_that_run_on_beyond_the_node_are_told_apart_by_the_turn(tmp_path):
    through = {"wxe": "primary", "nxs": "residential"}
    assert cross(tmp_path, "wxe x nxs no_left_turn", ways=through).banned == set()  # from west or from east?
    one_way = {"wxe": "primary oneway=yes", "nxs": "residential"}
    assert cross(tmp_path, "wxe x nxs no_left_turn", ways=one_way).banned == {("wx", "xn")}
    assert cross(tmp_path, "wxe x nxs no_right_turn", ways=one_way).banned == {("wx", "xs")}
    told = "turn restrictions that are not kept: 1 of which it cannot be told which turn is meant"
    assert told in cross(tmp_path, "wxe x nxs no_left_turn", ways=through).network.notes


def test_no_entry_holds_for_every_way_it_names(tmp_path):
    town = cross(tmp_path, "wx x xs no_right_turn", "xe x xs no_left_turn")
    assert town.banned == {("wx", "xs"), ("ex", "xs")}


def test_what_is_noted_follows_how_turns_are_reckoned(tmp_path):
    network = cross(tmp_path, "wx x nx no_left_turn").network
    exact = network.with_turns("exact")
    assert not any("every turn is allowed" in note for note in exact.notes)
    assert any(note.startswith("1 turn restriction relations: kept") for note in exact.notes)
    assert exact.with_turns("mean").notes == network.notes


def test_new_roads_of_an_editor_may_have_restrictions(tmp_path):
    text, letters = written(CROSS, ways=ARMS, nodes={"x": "barrier=gate"}, turns=["wx x nx no_left_turn"])
    for number in (*letters.values(), *range(101, 105), 1):
        for key in ("id", "ref"):
            text = text.replace(f'{key}="{number}"', f'{key}="-{number}"')
    (tmp_path / "new.osm").write_text(text, encoding="utf-8")
    network = roads.from_osm(tmp_path / "new.osm")
    assert len(network.banned) == 1
    assert network.wait_s[network.node_ids == -letters["x"]].tolist() == [15]
    deleted = text.replace('<relation id="-1"', '<relation id="-1" action="delete"')
    (tmp_path / "less.osm").write_text(deleted, encoding="utf-8")
    assert len(roads.from_osm(tmp_path / "less.osm").banned) == 0


def test_of_new_roads_both_sides_of_a_barrier_have_numbers_of_their_own(tmp_path):
    text, letters = written("a-x-b-y-c", ways={"axbyc": "primary"}, nodes={"x": "barrier=block", "y": "barrier=block"})
    for number in letters.values():
        for key in ("id", "ref"):
            text = text.replace(f'{key}="{number}"', f'{key}="-{number}"')
    (tmp_path / "new.osm").write_text(text, encoding="utf-8")
    ids = roads.from_osm(tmp_path / "new.osm").node_ids.tolist()
    assert len(ids) == len(set(ids)) == 6
    assert {-letters["a"], -letters["c"], -letters["x"], -letters["y"]} < set(ids)


# --- signals and signs

S, STOP, GIVE = Control.SIGNALS, Control.STOP, Control.GIVE_WAY


def met(town):
    """What is met at the end of each street, by the letters it is driven over."""
    ends = {}
    for row, (there, back) in enumerate(town.network.control.tolist()):
        ids = town.network.node_ids
        first, last = (town.names[ids[n]] for n in (town.network.first[row], town.network.last[row]))
        ends |= {k: v for k, v in {first + last: there, last + first: back}.items() if v}
    return ends


@pytest.mark.parametrize(
    ("nodes", "ends"),
    [
        ({"x": "highway=traffic_signals"}, {"wx": S, "ex": S, "nx": S, "sx": S}),
        ({"x": "highway=stop stop=all"}, {"wx": STOP, "ex": STOP, "nx": STOP, "sx": STOP}),
        ({"x": "highway=stop stop=minor"}, {"nx": STOP, "sx": STOP}),
        ({"x": "highway=give_way"}, {"nx": GIVE, "sx": GIVE}),
        ({"x": "highway=crossing crossing=marked"}, {}),
    ],
)
def test_what_is_met_at_a_junction(tmp_path, nodes, ends):
    assert met(cross(tmp_path, nodes=nodes)) == ends


@pytest.mark.parametrize(
    ("picture", "nodes", "ends"),
    [
        ("a----p----b", {"p": "highway=traffic_signals"}, {"ab": S, "ba": S}),
        ("a----p----b", {"p": "highway=traffic_signals traffic_signals:direction=forward"}, {"ab": S}),
        ("a----p----b", {"p": "highway=traffic_signals direction=backward"}, {"ba": S}),
        ("a----p----b", {"p": "highway=traffic_signals traffic_signals:direction=both"}, {"ab": S, "ba": S}),
        ("a-------p-b", {"p": "highway=stop"}, {"ab": STOP}),
        ("a-p-------b", {"p": "highway=stop"}, {"ba": STOP}),
        ("a-p-------b", {"p": "highway=stop direction=forward"}, {"ab": STOP}),
        ("a-p-------b", {"p": "highway=stop stop:direction=forward"}, {"ab": STOP}),
        ("a-------p-b", {"p": "highway=give_way"}, {"ab": GIVE}),
        ("a-------p-b", {"p": "highway=give_way direction=backward"}, {"ba": GIVE}),
        ("a-------p-b", {"p": "highway=stop", "b": "highway=traffic_signals"}, {"ab": S}),
    ],
)
def test_what_stands_within_a_street_is_met_at_its_end(tmp_path, picture, nodes, ends):
    assert met(drawn(picture, ways={"apb": "primary"}, nodes=nodes, folder=tmp_path)) == ends


def test_a_signal_close_to_a_junction_stands_for_those_who_come_to_it(tmp_path):
    ways = {"apb": "primary", "bc": "primary"}
    town = drawn("a----pb----c", ways=ways, nodes={"p": "highway=traffic_signals"}, folder=tmp_path)
    assert met(town) == {"ab": S, "ba": S}  # 100 m off: it may stand for both
    near = (tmp_path / "town.osm").read_text(encoding="utf-8")
    east = near.index("lon=", near.index('<node id="4"'))
    moved = near[:east] + 'lon="0.005210"' + near[near.index('"', east + 5) + 1 :]  # b at 600 m, p 20 m before it
    (tmp_path / "near.osm").write_text(moved, encoding="utf-8")
    town.network = roads.from_osm(tmp_path / "near.osm")
    assert met(town) == {"ab": S}


# --- over both engines: a state for each node, and one for each street and direction

NO_DELAYS = TurnDelays(left_s=0.0, right_s=0.0, signal_s=0.0, stop_s=0.0, give_way_s=0.0, roundabout_s=0.0)
TOWN = """
a-b-x-c-d
  |   |
  e---f
"""
STREETS = {"ab": "primary", "cd": "primary", "be": "primary maxspeed=20", "ef": "primary maxspeed=20", "fc": "primary"}


@pytest.mark.parametrize(
    ("way", "nodes"),
    [
        ("primary", {"x": "barrier=gate"}),
        ("primary", {"x": "barrier=bollard"}),
        ("primary", {"x": "railway=level_crossing crossing:barrier=full"}),
        ("primary", {"b": "barrier=gate", "c": "highway=stop"}),
        ("primary oneway=yes", {}),
        ("primary oneway=yes oneway:emergency=no", {"x": "highway=traffic_signals"}),
        ("footway emergency=designated", {}),
        ("primary maxheight=2", {}),
        ("primary motor_vehicle:backward=no", {"x": "barrier=lift_gate"}),
    ],
)
def test_access_and_barriers_are_the_same_over_both_engines(tmp_path, way, nodes):
    town = drawn(TOWN, ways={**STREETS, "bxc": way}, nodes=nodes, folder=tmp_path)
    times = {}
    for turns in ("none", "exact"):
        town.network = town.network.with_turns(turns, NO_DELAYS)
        times[turns] = [town.seconds(start, end) for start, end in ("ad", "da", "ac", "ed", "fa")]
    assert times["exact"] == pytest.approx(times["none"])


def test_a_forbidden_turn_is_driven_by_nodes_and_not_by_streets(tmp_path):
    ways = {**STREETS, "bx": "primary", "xc": "primary"}
    for turns, detour in (([], False), (["bx x xc no_straight_on"], True), (["ab b be only_right_turn"], True)):
        town = drawn(TOWN, ways=ways, turns=turns, folder=tmp_path)
        by_nodes = town.seconds("a", "d")
        town.network = town.network.with_turns("exact", NO_DELAYS)
        assert (town.seconds("a", "d") > by_nodes + 60) == detour
        assert town.seconds("d", "a") == pytest.approx(by_nodes, rel=1e-3)  # the other way nothing is forbidden
