"""Units, incidents, clocks, cover, advice and alerts on a street that can be worked out by hand."""

import numpy as np
import pytest
from live_towns import NORTH, SOUTH, T0_US, at_us, call, line_picture, line_town, run, say, told

import fireplan as fp
from fireplan.errors import InputError
from fireplan.operations._as_scenario import changes_of
from fireplan.operations._events.feed_health import FeedHealth
from fireplan.operations._events.to_history import history_of_incidents
from fireplan.operations._status.hourly import hours_of
from fireplan.operations._status.live_cover import LOST, NEVER, ONCE, TWICE, CoverNow
from fireplan.response_performance import Policy

MIDDLE = (-140.0, 30.015)
BLOCK_S = 11.09  # a block of Line Street at 36 km/h


def unit(scene, unit_id):
    return next(u for u in scene.units if u.unit_id == unit_id)


def test_all_are_at_home_before_anything_is_heard():
    scene = line_picture().scene(at_us(0))
    assert [(u.unit_id, u.status, u.post, u.free) for u in scene.units] == [
        ("E1", "in_quarters", "S1", True),
        ("E2", "in_quarters", "S2", True),
    ]
    assert unit(scene, "E1").flags == ("nothing heard of it yet",)
    assert set(scene.codes) == {ONCE, TWICE}


def test_a_unit_goes_through_its_states_and_comes_home():
    picture = line_picture()
    events = [call("1", 0, at=MIDDLE), *run("1", "E1", 30, 90, 250, 900)]
    seen = []
    for event in events:
        picture.take(event, now_us=event.ts_us)
        now = unit(picture.scene(event.ts_us), "E1")
        seen.append((now.status, now.incident_id, now.free))
    assert seen == [
        ("in_quarters", None, True),
        ("dispatched", "1", False),
        ("enroute", "1", False),
        ("on_scene", "1", False),
        ("returning", None, True),
    ]
    back = unit(picture.scene(at_us(901)), "E1")
    assert back.at == MIDDLE
    assert (back.home_by_us - at_us(900)) / 1e6 == pytest.approx(15 * BLOCK_S, abs=1)
    assert unit(picture.scene(back.home_by_us), "E1").status == "in_quarters"


def test_a_unit_called_off_before_it_left_is_still_at_home():
    events = [call("1", 0, at=MIDDLE), *run("1", "E1", 30), say("unit.cancelled", 60, "E1", "1")]
    scene = told(line_picture(), events).scene(at_us(60))
    assert unit(scene, "E1").status == "in_quarters"
    assert scene.incidents[0].closed_us == at_us(60)


def test_an_incident_closes_with_its_last_unit_and_opens_with_the_next():
    picture = told(line_picture(), [call("1", 0, at=MIDDLE), *run("1", "E1", 30, 90, 250, 900)])
    assert picture.scene(at_us(901)).incidents[0].closed_us == at_us(900)
    told(picture, run("1", "E2", 950))
    assert picture.scene(at_us(951)).incidents[0].closed_us is None


@pytest.mark.parametrize(("later_s", "shown"), [(1, 1), (3 * 3600 - 1, 1), (3 * 3600, 0)])
def test_a_closed_incident_is_shown_for_three_hours(later_s, shown):
    picture = told(line_picture(), [call("1", 0, at=MIDDLE), *run("1", "E1", 30, 90, 250, 900)])
    assert len(picture.scene(at_us(900 + later_s)).incidents) == shown


def test_units_of_an_incident_that_is_closed_are_free_and_pointed_out():
    events = [call("1", 0, at=MIDDLE), *run("1", "E1", 30, 90, 250), say("incident.closed", 900, incident="1")]
    found = unit(told(line_picture(), events).scene(at_us(901)), "E1")
    assert (found.status, found.free) == ("returning", True)
    assert "cleared with its incident, not by itself" in found.flags


def test_a_unit_cleared_and_sent_in_the_same_second_is_at_work():
    one = [call("1", 0, at=MIDDLE), *run("1", "E1", 30, 90, 250, 900)]
    two = [call("2", 890, at=NORTH), *run("2", "E1", 900)]
    for events in ([*one, *two], [*two, *one]):
        found = unit(told(line_picture(), events).scene(at_us(900)), "E1")
        assert (found.status, found.incident_id) == ("dispatched", "2")


def test_arrived_without_dispatch_is_shown_on_scene_and_flagged():
    found = unit(told(line_picture(), [say("unit.arrived", 5, "E1", "1", at=MIDDLE)]).scene(at_us(6)), "E1")
    assert (found.status, found.at) == ("on_scene", MIDDLE)
    assert any("no such transition" in f for f in found.flags)


def test_a_unit_nobody_knows_is_shown_and_counts_for_nothing():
    scene = told(line_picture(), [call("1", 0, at=MIDDLE), *run("1", "X9", 30, 60)]).scene(at_us(60))
    stranger = unit(scene, "X9")
    assert (stranger.known, stranger.status, stranger.free) == (False, "enroute", False)
    assert set(scene.codes) == {ONCE, TWICE}


@pytest.mark.parametrize("kind", ["unit.position", "unit.in_quarters", "unit.in_service", "unit.out_of_service"])
def test_strangers_may_say_anything(kind):
    scene = told(line_picture(), [say(kind, 5, "X9", at=MIDDLE)]).scene(at_us(6))
    assert not unit(scene, "X9").free


def test_out_of_service_and_back():
    picture = told(line_picture(), [say("unit.out_of_service", 10, "E2")])
    assert unit(picture.scene(at_us(11)), "E2").status == "out_of_service"
    assert (picture.cover.codes() == LOST).any()
    told(picture, [say("unit.in_service", 20, "E2")])
    assert unit(picture.scene(at_us(21)), "E2").status == "in_quarters"
    assert not (picture.cover.codes() == LOST).any()


def test_a_position_of_its_own_moves_a_free_unit():
    events = [call("1", 0, at=MIDDLE), *run("1", "E1", 30, 90, 250, 900), say("unit.position", 910, "E1", at=NORTH)]
    found = unit(told(line_picture(), events).scene(at_us(911)), "E1")
    assert found.at == NORTH
    assert (found.home_by_us - at_us(900)) / 1e6 == pytest.approx(30 * BLOCK_S, abs=1)


def test_a_unit_on_the_road_is_shown_on_its_way():
    picture = told(line_picture(), [call("1", 0, at=MIDDLE), *run("1", "E1", 30, 90)])
    way = picture.way(unit(picture.scene(at_us(95)), "E1"))
    assert way.points[0] == pytest.approx(SOUTH, abs=1e-5)
    assert way.points[-1] == pytest.approx(MIDDLE, abs=1e-5)
    assert (way.to_us - way.from_us) / 1e6 == pytest.approx(15 * BLOCK_S, abs=1)


def test_cover_is_that_of_an_assessment_on_the_units_left():
    town = line_town()
    picture = told(line_picture(scenario=town), [call("1", 0, at=MIDDLE), *run("1", "E1", 30, 90)])
    scene = picture.scene(at_us(95))
    left = fp.assess(town.apply(fp.RemoveUnit("E1")), standard=fp.standards.NFPA_1710)
    assert (scene.within == left.zones["first_engine_within"].to_numpy()).all()
    assert picture.cover.measures[0].share(scene.within) == left.summary().loc[("first_engine", "population"), "share"]


def test_codes_tell_lost_from_never():
    picture = line_picture(scenario=line_town(engines=(("E1", "S1"),)))
    codes = picture.scene(at_us(0)).codes
    assert (codes[:21] == ONCE).all()
    assert (codes[23:] == NEVER).all()
    told(picture, run("1", "E1", 10))
    after = picture.scene(at_us(11)).codes
    assert ((after == LOST) == (codes == ONCE)).all()


def test_soon_counts_those_on_the_way_back():
    picture = told(line_picture(), [call("1", 0, at=NORTH), *run("1", "E1", 30, 90, 450, 900)])
    scene = picture.scene(at_us(901))
    assert not scene.within[0]
    (soon_s, soon), (later_s, later) = scene.soon
    assert (soon_s, later_s) == (300, 600)
    assert not soon[0]  # 30 blocks take 333 s
    assert later[0]


def test_one_on_the_way_back_counts_soon_if_it_is_home_by_then_and_not_a_moment_later():
    # E1 is free at block 27.2 and home 301.5 s later; from where it is it does not reach the first zone.
    picture = told(line_picture(), [call("1", 0, at=(-140.0, 30.0272)), *run("1", "E1", 30, 90, 450, 900)])
    home_us = unit(picture.scene(at_us(901)), "E1").home_by_us
    assert (home_us - at_us(900)) / 1e6 == pytest.approx(27.2 * BLOCK_S, abs=1)
    for ahead_us, home in ((300_000_000, True), (300_000_001, False)):
        scene = picture.scene(home_us - ahead_us)
        assert not scene.within[0]
        assert scene.soon[0][1][0] == home


def test_clocks_run_stop_and_are_late():
    picture = line_picture(policy=Policy(emergency_priorities=("1",)))
    told(picture, [call("1", 0, at=NORTH, call_type="STRUCTURE FIRE")])
    goals = {"turnout_fire": 80, "first_engine": 240, "full_alarm": 480}

    def states(seconds):
        incident = picture.board.incident("1")
        return {c.objective.key: c.state for c in picture.clocks.on(incident, now_us=at_us(seconds))}

    assert states(64) == dict.fromkeys(goals, "waiting")
    told(picture, run("1", "E1", 70, 120))
    assert states(121) == {"turnout_fire": "met", "first_engine": "running", "full_alarm": "running"}
    assert states(361)["first_engine"] == "late"
    told(picture, [say("unit.arrived", 365, "E1", "1")])
    assert states(400)["first_engine"] == "missed"
    assert {c.objective.limit_s for c in picture.clocks.on(picture.board.incident("1"), now_us=0)} == set(
        goals.values()
    )
    told(picture, [call("2", 0, at=NORTH, priority="3")])
    assert picture.clocks.on(picture.board.incident("2"), now_us=at_us(1)) == []


def test_a_force_is_counted_in_people():
    engines = (("E1", "S1"), ("E2", "S2"), ("E3", "S1"), ("E4", "S2"))
    picture = line_picture(scenario=line_town(engines=engines))
    told(picture, [call("1", 0, at=MIDDLE)])
    for i, name in enumerate(("E1", "E2", "E3", "E4")):
        told(picture, run("1", name, 30, 60, 200 + i))
        force = picture.scene(at_us(203 + i)).forces["1"]
        assert force.have == {"people": 4.0 * (i + 1)}
    assert force.state == "met"


def test_a_force_that_never_comes_is_an_alert():
    picture = told(line_picture(), [call("1", 0, at=MIDDLE), *run("1", "E1", 30, 60, 200)])
    scene = picture.scene(at_us(700))
    alerts = picture.alerts(scene, health=FeedHealth().now(at_us(700)), minutes=10)
    force = next(a for a in alerts if a.kind == "force")
    assert force.since_us == at_us(60 + 480)
    assert "4 of 16 people on scene after 8:00" in force.text
    assert force.level == "serious"


def test_ground_out_of_cover_is_told_after_so_many_minutes():
    picture = told(line_picture(), run("1", "E1", 0))
    for seconds in (0, 599, 601):
        scene = picture.scene(at_us(seconds))
    alerts = picture.alerts(scene, health=FeedHealth().now(at_us(601)), minutes=10)
    assert [(a.key, a.since_us) for a in alerts] == [("ground:S1", T0_US)]
    lost = int((scene.codes == LOST).sum())
    assert f"{lost * 10} people around South" in alerts[0].title
    told(picture, [say("unit.in_quarters", 602, "E1")])
    assert picture.alerts(picture.scene(at_us(603)), health=FeedHealth().now(at_us(603)), minutes=10) == []


def test_advice_is_the_best_of_all_moves_by_hand():
    engines = (("E1", "S1"), ("E3", "S1"), ("E2", "S2"))
    town = line_town(engines=engines)
    picture = told(line_picture(scenario=town), [call("1", 0, at=NORTH), *run("1", "E2", 10)])
    scene = picture.scene(at_us(11))
    best = scene.moves[0]
    assert (best.unit_id, best.origin, best.to, best.loses) == ("E1", "S1", "S2", 0.0)
    assert best.drive_s == pytest.approx(30 * BLOCK_S, abs=1)
    now = fp.assess(town.apply(fp.RemoveUnit("E2")), standard=fp.standards.NFPA_1710).summary()
    moved = town.apply(fp.RemoveUnit("E2"), fp.MoveUnit("E1", to="S2"))
    then = fp.assess(moved, standard=fp.standards.NFPA_1710).summary()
    row = ("first_engine", "population")
    assert best.net == pytest.approx(then.loc[row, "within"] - now.loc[row, "within"])
    assert best.per_minute == pytest.approx(best.net / (best.drive_s / 60))
    assert "E2 is at 1" in best.reason
    assert len({m.to for m in scene.moves}) == len(scene.moves)


def test_no_advice_where_a_move_would_only_shift_the_gap_or_come_too_late():
    picture = told(line_picture(), [call("1", 0, at=SOUTH), *run("1", "E1", 10)])
    assert picture.scene(at_us(11)).moves == ()  # E2 alone would uncover more than it covers
    engines = (("E1", "S1"), ("E3", "S1"), ("E2", "S2"))
    picture = line_picture(scenario=line_town(engines=engines))
    told(picture, [call("1", 0, at=NORTH), *run("1", "E2", 10, 20, 30, 40)])
    assert picture.scene(at_us(41)).moves == ()  # E2 is home long before


def test_a_moved_up_unit_stands_by_elsewhere():
    events = [say("unit.moved_up", 10, "E1", station_id="S2")]
    picture = told(line_picture(), events)
    on_the_way = unit(picture.scene(at_us(11)), "E1")
    assert (on_the_way.status, on_the_way.post) == ("returning", "S2")
    there = unit(picture.scene(at_us(10 + 31 * BLOCK_S)), "E1")
    assert (there.status, there.post, there.free) == ("moved_up", "S2", True)


def test_a_department_without_units_has_no_live_view():
    town = fp.examples.line_town()
    empty = fp.Scenario(town.roads, town.stations, town.units.iloc[:0], town.zones, name="none")
    with pytest.raises(InputError, match="follows units"):
        CoverNow(empty, standard=fp.standards.NFPA_1710)


def test_without_an_objective_for_a_share_there_is_no_live_view():
    rule = fp.standards.local_rule("Growth", limit_s=300, weight="population", at_most_outside=10)
    with pytest.raises(InputError, match="no objective for travel"):
        CoverNow(line_town(), standard=rule)


def test_a_standard_of_a_force_alone_is_followed_by_its_force():
    town = line_town(engines=(("E1", "S1"), ("E3", "S1"), ("E4", "S1"), ("E2", "S2")))
    urban = fp.Scenario(town.roads, town.stations, town.units, town.zones.assign(demand_zone="urban"))
    force = fp.Standard("urban", "urban", (fp.standards.NFPA_1720["urban_force"],))
    cover = CoverNow(urban, standard=force)
    found = fp.assess(urban, standard=force)
    assert (cover.within() == found.zones["urban_force_within"].to_numpy()).all()
    cover.put("E4", None)
    left = fp.assess(urban.apply(fp.RemoveUnit("E4")), standard=force)
    assert (cover.within() == left.zones["urban_force_within"].to_numpy()).all()


def test_history_of_the_board_measures_as_the_clocks_do():
    picture = told(line_picture(), [call("1", 0, at=MIDDLE), *run("1", "E1", 30, 90, 250, 900)])
    history = history_of_incidents(picture.board.incidents(), timezone="UTC", units=line_town().units)
    row = history.responses.iloc[0]
    assert (row["call_processing_s"], row["turnout_s"], row["travel_s"]) == (30, 60, 160)
    assert history.incidents.geometry.iloc[0].coords[0] == MIDDLE


def test_hours_count_calls_and_the_fewest_left():
    events = [
        call("1", 0, at=MIDDLE),
        *run("1", "E1", 30, 90, 250, 4000),
        call("2", 100, at=NORTH),
        *run("2", "E2", 120),
    ]
    picture = told(line_picture(), events)
    hours = hours_of(picture.board.incidents(), units={"E1", "E2"}, now_us=at_us(7300), timezone="UTC")
    assert [tuple(h) for h in hours][-3:] == [(19, 2, 0), (20, 0, 0), (21, 0, 1)]
    assert all(tuple(h)[1:] == (0, 2) for h in hours[:19])


def test_first_due_now_is_the_nearest_free_unit():
    picture = told(line_picture(), run("1", "E1", 0))
    units, row, best_s = picture.cover.first()
    assert units == ["E2"]
    assert set(row) == {0}
    assert np.isfinite(best_s).all()


def test_units_as_they_stand_are_changes_to_the_department_at_home():
    def stands(unit_id, status, *, free=True, at=None, post=None):
        return {"unit_id": unit_id, "status": status, "free": free, "at": at, "post": post}

    town = line_town(engines=(("E1", "S1"), ("E2", "S2"), ("E3", "S1"), ("E4", "S2"), ("E5", "S1")))
    units = [
        stands("E1", "in_quarters", at=SOUTH, post="S1"),
        stands("E2", "moved_up", at=SOUTH, post="S1"),
        stands("E3", "on_scene", free=False, at=MIDDLE),
        stands("E4", "returning", at=MIDDLE, post="S2"),
        stands("E5", "returning", post="S1"),  # from a place not known: it can be counted nowhere
        stands("X9", "enroute", free=False),  # nobody's
    ]
    found = changes_of(units, home=town)
    assert found == (
        fp.MoveUnit("E2", to="S1"),
        fp.RemoveUnit("E3"),
        fp.OpenStation("E4 on the road", at=MIDDLE, name="E4 on the road"),
        fp.MoveUnit("E4", to="E4 on the road"),
        fp.RemoveUnit("E5"),
    )
    assert town.apply(*found).units["station_id"].to_dict() == {"E1": "S1", "E2": "S1", "E4": "E4 on the road"}
