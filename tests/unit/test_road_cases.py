"""A short cut of 81 s beside a detour of 351 s, tagged in every way that says who may drive it and how."""

from pathlib import Path

import numpy as np
import pytest

import fireplan as fp
from fireplan import roads
from fireplan.roads import Control, Feature, Vehicle

CASES = Path(__file__).parents[1] / "data" / "cases" / "roads"
SHORT_S, LONG_S = 81.0, 351.0


def over(network, start=1, end=4):
    return float(fp.travel.node_times(network, start).get(end, np.inf))


def short_cut_kph(network):
    row = int(np.flatnonzero(network.street_name == "Short Cut")[0])
    return network.length_m[row] / network.there_s[row] * 3.6


@pytest.mark.parametrize(
    ("case", "there_s", "back_s", "told"),
    [
        ("barrier_bollard", LONG_S, LONG_S, "1 barrier shut streets there: bollard (1)"),
        ("barrier_block", LONG_S, LONG_S, "1 barrier shut streets there: block (1)"),
        ("maxheight_2m", LONG_S, LONG_S, "left out, in kilometres: too low for the vehicle 0.3"),
        (
            "maxweight_3t5",
            SHORT_S,
            SHORT_S,
            "1 way (0.3 km) with a posted weight under that of the vehicle and no bridge",
        ),
        ("motor_vehicle_backward_no", SHORT_S, LONG_S, ""),
        ("oneway_motor_vehicle", SHORT_S, LONG_S, ""),
        ("oneway_minus1", LONG_S, SHORT_S, ""),
        ("oneway_emergency_no", SHORT_S, SHORT_S, ""),
        ("smoothness_impassable", LONG_S, LONG_S, "left out, in kilometres: too rough for the vehicle 0.3"),
        ("construction", LONG_S, LONG_S, "1 way under construction or proposed left out"),
        ("driveway_long", LONG_S, LONG_S, "left out, in kilometres: driveways and parking aisles 0.3"),
        ("restriction_conditional", SHORT_S, SHORT_S, "turn restrictions that are not kept: 1 at certain times alone"),
        ("restriction_conditional", SHORT_S, SHORT_S, "1 turn restriction relations are not modelled"),
        ("restriction_no_straight", SHORT_S, SHORT_S, "1 turn restriction relations are not modelled"),
        ("level_crossing", SHORT_S + 10, SHORT_S + 10, "1 level crossing passed, with a mean wait"),
    ],
)
def test_a_short_cut_is_driven_or_not(case, there_s, back_s, told):
    network = roads.from_osm(CASES / f"{case}.osm")
    assert over(network, 1, 4) == pytest.approx(there_s, abs=0.1)
    assert over(network, 4, 1) == pytest.approx(back_s, abs=0.1)
    assert any(note.startswith(told) for note in network.repairs) or not told


@pytest.mark.parametrize(
    ("case", "kph", "bits"),
    [
        ("pedestrian_motor_vehicle_yes", 16, Feature.FIRE_LANE),
        ("footway_emergency_designated", 16, Feature.FIRE_LANE),
        ("highway_emergency_access", 24, Feature.FIRE_LANE),
        ("service_emergency_access", 24, 0),
        ("access_emergency", 24, Feature.FIRE_LANE),
        ("access_bus_only", 24, Feature.FIRE_LANE),
        ("track_grade1", 30, 0),
    ],
)
def test_what_is_open_to_engines_is_driven_and_slow(case, kph, bits):
    network = roads.from_osm(CASES / f"{case}.osm")
    assert short_cut_kph(network) == pytest.approx(kph)
    assert SHORT_S < over(network) < LONG_S
    assert network.features[network.street_name == "Short Cut"].tolist() == [bits]
    told = "" if case == "service_emergency_access" else "driven though most may not, in kilometres: "
    assert any(note.startswith(told) and "0.3" in note for note in network.repairs) or not told
    other = roads.from_osm(CASES / f"{case}.osm", vehicle="car")
    open_to_all = case in {"pedestrian_motor_vehicle_yes", "track_grade1"}
    assert over(other) == (pytest.approx(over(network)) if open_to_all else pytest.approx(LONG_S, abs=0.1))


@pytest.mark.parametrize(
    ("case", "kph", "told"),
    [
        ("motorway_none", 109, ""),
        ("maxspeed_5", 15, ""),
        ("maxspeed_hgv", 60, "1 way (0.3 km) driven at the speed posted for lorries"),
        ("maxspeed_ro_urban", 50, ""),
        ("maxspeed_pipe", 70, ""),
        ("maxspeed_conditional", 50, "conditions by time or vehicle are not reckoned with, on 0.3 km: maxspeed:cond"),
    ],
)
def test_posted_speeds_are_read_in_every_form(case, kph, told):
    network = roads.from_osm(CASES / f"{case}.osm")
    assert short_cut_kph(network) == pytest.approx(kph)
    assert any(note.startswith(told) for note in network.repairs) == bool(told)


def test_a_motorway_without_a_limit_is_no_slower_than_one_signed_130(tmp_path):
    text = (CASES / "motorway_none.osm").read_text(encoding="utf-8")
    (tmp_path / "signed.osm").write_text(text.replace('v="none"', 'v="130"'), encoding="utf-8")
    signed, unsigned = roads.from_osm(tmp_path / "signed.osm"), roads.from_osm(CASES / "motorway_none.osm")
    assert short_cut_kph(unsigned) == short_cut_kph(signed) == Vehicle().top_kph
    ambulance = Vehicle.preset("ambulance")
    assert short_cut_kph(roads.from_osm(tmp_path / "signed.osm", vehicle=ambulance)) == ambulance.top_kph == 130


def test_a_vehicle_of_ones_own_is_let_through_or_not():
    low, light = Vehicle.preset("engine", height_m=2.0), Vehicle.preset("engine", weight_limits="all")
    assert over(roads.from_osm(CASES / "maxheight_2m.osm", vehicle=low)) == pytest.approx(SHORT_S, abs=0.1)
    assert over(roads.from_osm(CASES / "maxweight_3t5.osm", vehicle=light)) == pytest.approx(LONG_S, abs=0.1)
    assert over(roads.from_osm(CASES / "maxweight_3t5.osm", vehicle="car")) == pytest.approx(SHORT_S, abs=0.1)


def test_signals_within_a_street_are_met_by_both_directions():
    network = roads.from_osm(CASES / "traffic_signals.osm")
    assert network.control[network.street_name == "Short Cut"].tolist() == [[Control.SIGNALS, Control.SIGNALS]]
    assert not network.control[network.street_name != "Short Cut"].any()
    assert over(network) == pytest.approx(SHORT_S, abs=0.1)  # turns are not reckoned unless asked for
    assert over(network.with_turns("mean")) >= over(network)


def test_a_turn_that_is_forbidden_is_known():
    network = roads.from_osm(CASES / "restriction_no_straight.osm")
    ((begin, end),) = network.banned.tolist()
    assert [network.street_name[state >> 1] for state in (begin, end)] == ["West", "Short Cut"]
    ends = [(network.first, network.last)[1 - state % 2][state >> 1] for state in (begin, end)]
    assert network.node_ids[ends].tolist() == [2, 3]
    assert len(roads.from_osm(CASES / "restriction_conditional.osm").banned) == 0


def test_both_sides_of_a_barrier_stay_in_reach():
    network = roads.from_osm(CASES / "barrier_bollard.osm")
    assert set(network.node_ids) == {1, 2, 3, 4, 7, -7}
    assert over(network, 1, 7) < over(network, 1, -7)
    assert over(network, 4, -7) < over(network, 4, 7)


def test_roads_have_their_numbers():
    assert set(roads.from_osm(CASES / "ref_only.osm").street_ref) == {"A 8"}


@pytest.mark.parametrize(
    ("case", "nodes", "streets"),
    [
        ("dup_consecutive_nodes", 2, 1),
        ("lollipop", 2, 2),
        ("closed_loop_only", 1, 1),
        ("two_nodes_same_place", 3, 2),
        ("single_node_way", 2, 1),
        ("roundabout_left_hand", 4, 4),
        ("name_unicode_rtl", None, None),
    ],
)
def test_what_worked_works(case, nodes, streets):
    network = roads.from_osm(CASES / f"{case}.osm")
    assert network.n_nodes == (nodes or network.n_nodes)
    assert network.n_streets == (streets or network.n_streets)
    assert network.repairs == ()
    assert np.isfinite(network.length_m).all()


def test_streets_that_shut_out_the_vehicle_by_its_size_are_named():
    low = roads.from_osm(CASES / "maxheight_2m.osm")
    assert "streets whose posted limits shut out the vehicle: Short Cut (1)" in low.notes
    assert not [note for note in roads.from_osm(CASES / "maxheight_2m.osm", vehicle="car").notes if "shut out" in note]
