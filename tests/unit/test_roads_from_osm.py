import bz2
import gzip

import numpy as np
import pytest

from fireplan import roads
from fireplan.errors import NetworkError
from fireplan.roads._rules.speeds import class_speeds, drivable_class, planning_caveat, posted_kph, response_kph

SOUTH = 40.0
DEG_M = 111_035.0  # of latitude at 40 N, within 0.01 %


def osm(*ways, nodes=4, relations=""):
    """Nodes 1, 2, 3 ... 0.001 degrees apart going north, and ways given as (refs, tags)."""
    places = "".join(f'<node id="{i}" version="1" lat="{SOUTH + i / 1000}" lon="-75"/>' for i in range(1, nodes + 1))
    drawn = ""
    for number, (refs, tags) in enumerate(ways, start=10):
        inside = "".join(f'<nd ref="{r}"/>' for r in refs) + "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items())
        drawn += f'<way id="{number}" version="1">{inside}</way>'
    return f'<?xml version="1.0"?><osm version="0.6">{places}{drawn}{relations}</osm>'


def read(tmp_path, *ways, **more):
    file = tmp_path / "town.osm"
    file.write_text(osm(*ways, **more), encoding="utf-8")
    return roads.from_osm(file)


def times(network):
    """Seconds by (from, to)."""
    return {(u, v): t for (u, v, _), t in network.edges["travel_time"].items()}


def street(refs=(1, 2), /, **tags):
    every = {"highway": "residential"} | {k.replace("__", ":"): v for k, v in tags.items()}
    return list(refs), {k: v for k, v in every.items() if v is not None}


def test_a_street_has_its_length_on_the_ground_and_its_posted_speed(tmp_path):
    network = read(tmp_path, street(maxspeed="36"))
    assert network.length_m == pytest.approx([DEG_M / 1000], rel=1e-4)
    assert times(network) == pytest.approx({(1, 2): DEG_M / 1e4, (2, 1): DEG_M / 1e4}, rel=1e-4)


def test_ways_are_cut_where_they_meet_and_only_there(tmp_path):
    network = read(tmp_path, street([1, 2, 3, 4]), street([3, 5], highway="primary"), nodes=5)
    assert sorted(network.node_ids) == [1, 3, 4, 5]
    assert sorted(times(network)) == [(1, 3), (3, 1), (3, 4), (3, 5), (4, 3), (5, 3)]


def test_a_way_that_crosses_itself_is_cut_there(tmp_path):
    network = read(tmp_path, street([1, 2, 3, 4, 2]))
    assert sorted(times(network)) == [(1, 2), (2, 1), (2, 2), (2, 2)] or sorted(network.node_ids) == [1, 2]


@pytest.mark.parametrize("value", ["yes", "true", "1"])
def test_oneway_is_driven_as_drawn(tmp_path, value):
    assert list(times(read(tmp_path, street(oneway=value)))) == [(1, 2)]


@pytest.mark.parametrize("value", ["-1", "reverse"])
def test_oneway_minus_one_is_driven_against_the_drawing(tmp_path, value):
    assert list(times(read(tmp_path, street(oneway=value)))) == [(2, 1)]


@pytest.mark.parametrize(
    "tags", [{"highway": "motorway"}, {"junction": "roundabout"}, {"junction": "circular"}], ids=str
)
def test_motorways_and_roundabouts_are_one_way_unless_mapped_otherwise(tmp_path, tags):
    assert list(times(read(tmp_path, street(**tags)))) == [(1, 2)]
    assert len(times(read(tmp_path, street(**tags, oneway="no")))) == 2


def test_a_closed_roundabout_is_driven_round_one_way(tmp_path):
    network = read(tmp_path, street([1, 2, 3, 1], junction="roundabout"), street([2, 4]))
    assert {(u, v) for u, v in times(network) if 4 not in (u, v)} == {(1, 2), (2, 1)}
    there, back = times(network)[1, 2], times(network)[2, 1]
    assert back == pytest.approx(3 * there, rel=1e-3)


def test_speeds_may_differ_by_direction(tmp_path):
    network = read(tmp_path, street(maxspeed__forward="36", maxspeed__backward="72"))
    assert times(network)[1, 2] == pytest.approx(2 * times(network)[2, 1])


def test_reversible_ways_are_driven_both_ways_and_noted(tmp_path):
    network = read(tmp_path, street(oneway="reversible"))
    assert len(times(network)) == 2
    assert any("1 reversible" in note for note in network.notes)


@pytest.mark.parametrize(
    ("text", "kph"),
    [
        ("50", 50.0), ("35 mph", 56.32704), ("25mph", 40.2336), ("30 km/h", 30.0), ("walk", 6.0), ("10 knots", 18.52),
        ("25;35", 25.0), ("60|40", 40.0), (["50", "30"], 30.0), (["fast", "30"], 30.0),
        ("RO:urban", 50.0), ("RU:urban", 60.0), ("GB:nsl_single", 96.56064), ("UK:zone:20", 32.18688),
        ("DE:zone30", 30.0), ("DE:motorway", None), ("XX:urban", None), ("signals", None), ("none", None),
        ("fast", None), ("", None), ("0", None), ("-30", None), ("900", None),
        ("4e1", None), ("٣٠", None), ("nan", None), ("inf", None),
    ],
)  # fmt: skip
def test_a_posted_speed_is_read_or_given_up(text, kph):
    assert posted_kph(text) == (None if kph is None else pytest.approx(kph))


def test_an_unreadable_maxspeed_gives_the_class_speed_and_is_listed(tmp_path):
    network = read(tmp_path, street(maxspeed="fast"), street([2, 3], maxspeed="none"), street([3, 4]))
    assert len({round(t, 3) for t in times(network).values()}) == 1
    assert "maxspeed not readable as a speed on 2 ways, class speed used: 'fast' (1), 'none' (1)" in network.notes


def test_the_class_of_a_street_is_the_first_that_is_driven():
    assert drivable_class(["footway", "primary", "residential"]) == "primary"
    assert drivable_class("path;service") == "service"
    assert drivable_class("construction") is None
    assert drivable_class(None) is None


def test_class_speeds_are_plausible_and_ordered():
    speeds = class_speeds()
    assert all(5 <= s.speed_kph <= 130 for s in speeds.values())
    assert speeds["motorway"].speed_kph > speeds["primary"].speed_kph > speeds["residential"].speed_kph
    assert response_kph("residential", None) == speeds["residential"].speed_kph
    assert all(s.source for s in speeds.values())


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "footway"}, {"highway": "construction"}, {"highway": "proposed"},
        {"highway": None, "route": "ferry"},
        {"access": "no"}, {"motor_vehicle": "no"}, {"access": "agricultural"}, {"area": "yes"},
        {"highway": "service", "service": "driveway"}, {"highway": "service", "service": "parking_aisle"},
    ],
    ids=str,
)  # fmt: skip
def test_what_no_engine_drives_is_left_out(tmp_path, tags):
    network = read(tmp_path, street([1, 2]), street([2, 3], **tags))
    assert sorted(network.node_ids) == [1, 2]


@pytest.mark.parametrize(
    "tags",
    [
        {"access": "private"}, {"access": "no", "emergency": "yes"}, {"access": "no", "motor_vehicle": "yes"},
        {"highway": "service", "service": "alley"}, {"highway": "living_street"},
    ],
    ids=str,
)  # fmt: skip
def test_what_an_engine_may_use_is_kept(tmp_path, tags):
    assert sorted(read(tmp_path, street([1, 2]), street([2, 3], **tags)).node_ids) == [1, 2, 3]


def test_ferries_construction_and_closed_ways_are_counted(tmp_path):
    network = read(
        tmp_path, street(), street([2, 3], highway="construction"), street([2, 3], highway=None, route="ferry"),
        street([3, 4], access="no"),
    )  # fmt: skip
    assert "1 way under construction or proposed and 1 ferry route left out" in network.notes
    assert "1 way closed to motor vehicles left out" in network.notes


def test_a_way_with_absent_nodes_ends_there_and_no_street_is_made_up(tmp_path):
    network = read(tmp_path, street([1, 2, 999, 998, 3, 4]))
    assert sorted(times(network)) == [(1, 2), (2, 1), (3, 4), (4, 3)]
    assert any("clipped extract: 2 nodes" in n and "node 999 of way 10" in n for n in network.notes)


def test_a_way_of_which_one_node_is_left_is_no_street(tmp_path):
    network = read(tmp_path, street([1, 2]), street([998, 3, 999]))
    assert sorted(network.node_ids) == [1, 2]


def test_turn_restrictions_are_counted_and_said_not_to_be_modelled(tmp_path):
    rule = (
        '<relation id="1" version="1"><member type="way" ref="10" role="from"/><member type="node" ref="2" role="via"/>'
        '<member type="way" ref="11" role="to"/><tag k="type" v="restriction"/>'
        '<tag k="restriction" v="no_left_turn"/></relation>'
    )
    network = read(tmp_path, street(), street([2, 3]), relations=rule)
    assert "1 turn restriction relations are not modelled: every turn is allowed" in network.notes
    assert network.repairs == ("1 turn restriction relations are not modelled: every turn is allowed",)


def test_a_clean_extract_has_only_the_caveat_on_speeds(tmp_path):
    network = read(tmp_path, street())
    assert network.notes == (planning_caveat(),)
    assert network.repairs == ()


def test_one_way_ends_are_named(tmp_path):
    network = read(tmp_path, street([1, 2]), street([2, 3], oneway="yes"), street([4, 2], oneway="yes"))
    assert any("1 nodes can be entered but never left" in n and n.endswith(": 3") for n in network.repairs)
    assert any("1 nodes can be left but never entered" in n and n.endswith(": 4") for n in network.repairs)


@pytest.mark.parametrize(("ending", "pack"), [(".osm.gz", gzip.compress), (".osm.bz2", bz2.compress)])
def test_packed_extracts_read_the_same(tmp_path, ending, pack):
    plain = read(tmp_path, street(name="Main Street"))
    file = tmp_path / f"town{ending}"
    file.write_bytes(pack(osm(street(name="Main Street")).encode()))
    packed = roads.from_osm(file)
    assert packed.fingerprint == plain.fingerprint
    assert packed.street_name.tolist() == ["Main Street"]


@pytest.mark.parametrize(("ending", "pack"), [(".osm.gz", gzip.compress), (".osm.bz2", bz2.compress)])
def test_a_torn_packed_extract_is_damaged(tmp_path, ending, pack):
    file = tmp_path / f"town{ending}"
    whole = pack(osm(street()).encode())
    for kept in (len(whole) // 2, 12, 3):
        file.write_bytes(whole[:kept])
        with pytest.raises(NetworkError, match=f"town{ending}"):
            roads.from_osm(file)
    file.write_bytes(whole[:20] + b"\xff" * 20 + whole[40:])
    with pytest.raises(NetworkError, match=f"town{ending}"):
        roads.from_osm(file)


HEAD = '<?xml version="1.0"?>'
ENTITY = '<!DOCTYPE osm [<!ENTITY a "aaaa">]>'


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html><body>429 Too Many Requests</body></html>", "HTML page"),
        (f'{HEAD}{ENTITY}<osm version="0.6"/>'.encode(), "DTD"),
        (f'{HEAD}<!--{" " * 70_000}-->{ENTITY}<osm version="0.6"/>'.encode(), "DTD"),
        (f'<?xml version="1.0" encoding="utf-16"?>{ENTITY}<osm version="0.6"/>'.encode("utf-16"), "DTD"),
        (b'<gpx version="1.1"></gpx>', "not OpenStreetMap XML"),
        (b"PK\x03\x04 a zip", "not XML"),
        (osm(street(highway="footway")).encode(), "no drivable way"),
        (osm().encode(), "no drivable way"),
        (osm(street()).encode()[:-40], "cannot be read"),
        (osm(street()).replace('lat="40.001"', 'lat="north"').encode(), "cannot be read"),
    ],
    ids=["empty", "html", "dtd", "late-dtd", "utf-16-dtd", "gpx", "zip", "footway", "no-way", "torn", "lat"],
)  # fmt: skip
def test_what_is_no_road_map_is_refused_with_its_name_and_reason(tmp_path, content, told):
    file = tmp_path / "town.osm"
    file.write_bytes(content)
    with pytest.raises(NetworkError, match=told) as raised:
        roads.from_osm(file)
    assert "town.osm" in str(raised.value)


def test_a_missing_file_a_folder_and_another_format_are_refused(tmp_path):
    (tmp_path / "town.shp").write_bytes(b"x")
    (tmp_path / "folder.osm").mkdir()
    for name, told in [("none.osm", "does not exist"), ("folder.osm", "folder"), ("town.shp", "expected one of")]:
        with pytest.raises(NetworkError, match=told):
            roads.from_osm(tmp_path / name)


def test_a_pbf_that_is_none_is_refused(tmp_path):
    file = tmp_path / "town.osm.pbf"
    file.write_bytes(bytes(range(256)) * 4)
    with pytest.raises(NetworkError, match="cannot be read"):
        roads.from_osm(file)


def test_street_names_are_kept_as_they_are(tmp_path):
    network = read(tmp_path, street(name="&lt;script&gt;O&apos;Neill"))
    assert network.street_name.tolist() == ["<script>O'Neill"]
    assert np.array_equal(network.highway, ["residential"])
