"""Cover of this minute on Line Street: zones at the very limit, who is first, who is counted."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from live_towns import at_us, call, line_picture, line_town, run, told

import fireplan as fp
from fireplan.operations._as_json import cover_shown
from fireplan.operations._status.drawdown import Usual
from fireplan.operations._status.live_cover import ELSEWHERE, LOST, ONCE, TWICE, CoverNow
from fireplan.standards import Objective, Standard

ONE = (("E1", "S1"),)
TEN_BLOCKS = 9  # row of the tenth zone: S1 reaches ten zones no later than it
MIDDLE = (-140.0, 30.015)


def within(limit_s, *, engines=ONE, interval="travel_s", **needs):
    goal = Objective("goal", "Goal", limit_s, interval, needs=needs or {"engine": 1})
    return CoverNow(line_town(engines=engines), standard=Standard("own", "own", (goal,))).within()


@pytest.fixture(scope="module")
def tenth_s():
    """When E1 is at the tenth zone, to the last bit: 9.5 blocks of 11.0852 s."""
    reached_s = float(CoverNow(line_town(engines=ONE), standard=fp.standards.NFPA_1710).first()[2][TEN_BLOCKS])
    assert reached_s == pytest.approx(9.5 * 11.0852, abs=0.01)
    return reached_s


def test_a_zone_reached_at_the_very_limit_is_reached_in_time(tenth_s):
    assert within(tenth_s).sum() == 10
    assert within(tenth_s - 0.001).sum() == 9


def test_a_zone_that_a_force_reaches_at_the_very_limit_is_reached_in_time(tenth_s):
    # E1 alone brings the four people.
    assert within(tenth_s, people=4).sum() == 10
    assert within(tenth_s - 0.001, people=4).sum() == 9
    assert not within(tenth_s, people=5).any()


def test_a_force_of_two_kinds_is_there_with_the_last_of_them(tenth_s):
    # E1 and T1 leave S1 together; with the truck at S2, thirty blocks away, the tenth zone waits 20.5 blocks for it.
    assert within(tenth_s, engines=(*ONE, ("T1", "S1")), engine=1, truck=1).sum() == 10
    assert not within(tenth_s, engines=(*ONE, ("T1", "S2")), engine=1, truck=1).any()
    assert within(20.6 * 11.0852, engines=(*ONE, ("T1", "S2")), engine=1, truck=1).sum() == 12  # zones 10 to 21


def test_turnout_counts_in_quarters_and_on_the_road_it_is_over(tenth_s):
    limit_s = tenth_s + 80  # the planning turnout
    assert within(limit_s + 1e-3, interval="turnout_and_travel_s").sum() == 10
    goal = Objective("goal", "Goal", limit_s + 1e-3, "turnout_and_travel_s")
    picture = line_picture(Standard("own", "own", (goal,)), scenario=line_town(engines=ONE))
    told(picture, [call("1", 0, at=MIDDLE), *run("1", "E1", 10, 20, 200, 900)])
    # Free at block 15 it needs no turnout: 185.3 s are 16.7 blocks, as far as 31.7; the middle of zone 32 lies at 31.5.
    assert picture.scene(at_us(901)).within.sum() == 32


def test_of_two_units_as_near_as_each_other_the_first_of_the_table_is_first_due():
    cover = CoverNow(line_town(engines=(("E5", "S1"), ("E1", "S1"))), standard=fp.standards.NFPA_1710)
    units, row, _ = cover.first()
    assert (units, set(row)) == (["E1", "E5"], {0})  # a scenario keeps units by id, however they are given
    cover.put("E1", None)
    assert (cover.first()[0], set(cover.first()[1])) == (["E5"], {0})


def test_a_unit_that_comes_and_goes_leaves_cover_as_it_was():
    cover = CoverNow(line_town(), standard=fp.standards.NFPA_1710)
    depth = cover.depth().copy()
    version = cover.version
    assert cover.put("E1", None)
    assert not cover.put("E1", None)  # it is away already
    assert not cover.put("X9", cover.at("S1"))  # nobody's
    assert cover.version == version + 1
    # E2, thirty blocks up, reaches 21.65 of them down: zones 1 to 8 are lost, and 9 to 22 have one unit instead of two.
    assert (cover.codes()[:8] == LOST).all()
    assert (cover.codes()[8:] == ONCE).all()
    assert cover.put("E1", cover.home("E1"))
    np.testing.assert_array_equal(cover.depth(), depth)
    assert (cover.codes() == TWICE).sum() == 14


def test_what_would_be_reached_changes_nothing():
    cover = CoverNow(line_town(), standard=fp.standards.NFPA_1710)
    before = cover.within().copy()
    assert cover.within_if([("E2", None)]).sum() == 22
    assert cover.within_if([("E2", cover.at("S1")), ("E1", cover.at("S2"))]).all()  # they change places
    assert cover.within_if([("E2", cover.at("S1"))]).sum() == 22
    np.testing.assert_array_equal(cover.within(), before)


def test_a_force_is_asked_anew_when_a_unit_has_left():
    # Sixteen people are four engines; without one of them nobody is reached.
    engines = (("E1", "S1"), ("E2", "S2"), ("E3", "S1"), ("E4", "S2"))
    cover = CoverNow(line_town(engines=engines), standard=fp.standards.NFPA_1710)
    assert cover.within_force().all()
    cover.put("E4", None)
    assert not cover.within_force().any()
    assert cover.within().all()
    cover.put("E4", cover.home("E4"))
    assert cover.within_force().all()


def test_units_free_are_counted_by_what_they_bring():
    cover = CoverNow(line_town(engines=(*ONE, ("Q1", "S2"), ("T1", "S1"))), standard=fp.standards.NFPA_1710)
    cover.put("T1", None)
    assert cover.free_of("engine") == (2, 2)  # a quint is one
    assert cover.free_of("truck") == (1, 2)
    assert cover.free_of("ambulance") == (0, 0)
    assert cover.counted() == ["E1", "Q1"]


# --- an objective that speaks of a part of the ground, and of some incidents

HIGH = {"risk_class": ("high",)}


def bound_town():
    """Zones 1 to 10 are of high risk, one of them blank; three fires among them, one far north, and one in no zone."""
    town = line_town()
    risk = ["high"] * 9 + [None] + ["low"] * 30
    calls = gpd.GeoDataFrame(
        {"incident_id": list("ABCDEF"), "category": ["fire"] * 5 + ["ems"]},
        geometry=gpd.points_from_xy([-140.0] * 4 + [-140.05, -140.0], [30.0005, 30.0015, 30.0085, 30.035, 30.0, 30.0]),
        crs=4326,
    )
    return replace(town, zones=town.zones.assign(risk_class=risk), incidents=calls)


def test_cover_is_counted_on_the_ground_of_the_objective_and_the_rest_is_neutral():
    first = Objective("first", "First engine", 100, needs={"engine": 1}, where=HIGH)
    force = Objective("force", "Two engines", 340, needs={"engine": 2}, where={"risk_class": ("low",)})
    town = bound_town()
    standard = Standard("own", "own", (first, force))
    cover = CoverNow(town, standard=standard)
    summary = fp.assess(town, standard=standard).summary()
    people, forced = cover.measures[0], cover.force_measures[0]
    assert (people.unit, people.n, people.share(cover.within())) == ("people where risk_class is high", 90, 1)
    assert (forced.unit, forced.n) == ("people where risk_class is low", 300)
    for key, weighed, within in (("first", people, cover.within()), ("force", forced, cover.within_force())):
        row = summary.loc[(key, "population")]
        assert (row["n"], row["share"], row["unit"]) == (weighed.n, weighed.share(within), weighed.unit)
    assert (cover.codes()[:9] == ONCE).all()
    assert (cover.codes()[9:] == ELSEWHERE).all()  # the blank zone too: it is not known to be asked of there
    cover.put("E1", None)
    assert (cover.codes()[:9] == LOST).all()
    assert (cover.codes()[9:] == ELSEWHERE).all()


def test_incidents_in_no_zone_are_left_out_and_counted_as_such():
    goal = Objective("fires", "First engine", 100, needs={"engine": 1}, weight="incidents", categories=("fire",))
    town, standard = bound_town(), Standard("own", "own", (goal,))
    cover = CoverNow(town, standard=standard)
    fires = cover.measures[0]
    assert (fires.name, fires.unit, fires.n, fires.left_out) == ("incidents", "incidents (fire)", 4, 1)
    assert fires.n + fires.left_out == fp.assess(town, standard=standard).summary().loc[("fires", "incidents"), "n"]
    picture = line_picture(standard, scenario=town)
    shown = cover_shown(picture.scene(at_us(0)), picture.cover, Usual(picture.cover, None))
    assert {k: shown["measures"][0][k] for k in ("unit", "n", "left_out", "home")} == {
        "unit": "incidents (fire)", "n": 4.0, "left_out": 1.0, "home": 1.0,
    }  # fmt: skip


def test_an_ambulance_alone_is_first_due_for_an_ambulance():
    town = line_town(engines=(*ONE, ("M1", "S2")))
    goal = Objective("als", "Ambulance", 480, needs={"ambulance": 1})
    cover = CoverNow(town, standard=Standard("own", "own", (goal,)))
    assert (cover.first()[0], set(cover.ground_of)) == (["M1"], {"S2"})


def test_an_incident_off_the_ground_of_an_objective_has_no_clock():
    high = Objective("high", "First engine", 100, needs={"engine": 1}, where=HIGH)
    standard = Standard("own", "own", (high, Objective("all", "First engine", 300, needs={"engine": 1})))
    events = [call("1", 0, at=(-140.0, 30.0005)), call("2", 0, at=MIDDLE), call("3", 0, at=(-140.05, 30.0))]
    scene = told(line_picture(standard, scenario=bound_town()), events).scene(at_us(10))
    keys = {i: [c.objective.key for c in clocks] for i, clocks in scene.clocks.items()}
    assert keys == {"1": ["high", "all"], "2": ["all"], "3": ["all"]}  # the third lies in no zone
