"""Where units were through some hours: in one state at a time, on their way by road, and nothing lost on the way."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import fireplan as fp
from fireplan.response_performance import attend
from fireplan.response_performance._time_bins import LocalPeriod
from fireplan.response_performance._whereabouts import STATES, unwrapped, whereabouts
from tests.support.histories import NOON, ZONE, department, history, went

TWO = {"E1": ("engine", 4), "E2": ("engine", 4)}
FAR = (-140.0, 30.03)  # three kilometres up the one street


def found(*rows, hours=2.0, start=NOON, units=None, schedule=None, **more):
    town = department(**(units or TWO))
    if schedule:
        table = town.units.assign(schedule=pd.Series(schedule)).fillna({"schedule": "always"})
        town = fp.Scenario(town.roads, town.stations, table, town.zones)
    seen = attend(history(*rows, **more), scenario=town, policy=fp.Policy(aid_received=True))
    return whereabouts(seen, town, LocalPeriod(start, start + pd.Timedelta(hours=hours), ZONE))


def told(day, unit):
    """Spells of a unit: state, and from and until which second."""
    start = NOON.value // 1000
    return [
        (STATES[s.state], (s.begin_us - start) / 1e6, (s.end_us - start) / 1e6) for s in day.spells if s.unit_id == unit
    ]


ONE = went("a", "E1", 0, 60, 120, 420, 1200)


def test_states_follow_the_stamps_and_the_way_home_follows_the_road():
    day = found(ONE, points=[FAR])
    spells = told(day, "E1")
    assert spells[:4] == [
        ("in quarters", 0, 60), ("dispatched", 60, 120), ("en route", 120, 420), ("at the call", 420, 1200),
    ]  # fmt: skip
    assert [state for state, _, _ in spells[4:]] == ["returning", "in quarters"]
    town = department(**TWO)
    back_s = fp.travel.route(town, (-140.0, 30.03), "S1").attrs["travel_s"]
    assert spells[4][2] - spells[4][1] == pytest.approx(back_s, abs=1)
    assert told(day, "E2") == [("in quarters", 0, 7200)]


def test_a_way_goes_from_the_station_to_the_call_by_road_and_is_stretched_over_its_stamps():
    day = found(ONE, points=[FAR])
    drive = next(s for s in day.spells if STATES[s.state] == "en route")
    way = day.ways[drive.way]
    assert np.allclose(way[0], (-140.0, 30.0), atol=1e-6)
    assert np.allclose(way[-1], FAR, atol=1e-6)
    assert np.abs(way[:, 0] + 140.0).max() < 1e-4  # along the one street there is
    assert (drive.to_us - drive.from_us) / 1e6 == 300


def test_spells_of_own_units_leave_no_gap_and_do_not_overlap():
    rows = [went(f"i{n}", "E1", 700 * n, 700 * n + 30, 700 * n + 60, 700 * n + 200, 700 * n + 650) for n in range(8)]
    day = found(*rows, points=[(-140.0, 30.0 + 0.004 * n) for n in range(8)])
    for unit in TWO:
        spells = told(day, unit)
        assert spells[0][1] == 0
        assert spells[-1][2] == 7200
        assert all(a[2] == b[1] for a, b in pairwise(spells))


def test_a_unit_sent_on_its_way_home_starts_from_where_it_is():
    again = went("b", "E1", 1210, 1230, 1240, 1300, 1500)
    day = found(ONE, again, points=[FAR, (-140.0, 30.01)])
    home = next(s for s in day.spells if STATES[s.state] == "returning")
    sent = [s for s in day.spells if s.unit_id == "E1" and s.call == 1]
    _, lat = stands = sent[0].at
    assert (home.end_us - home.begin_us) / 1e6 == 30
    assert 30.01 < lat < 30.03  # neither at the call that is over nor at home
    assert np.allclose(day.ways[sent[1].way][0], stands)


def test_of_two_calls_at_once_a_unit_is_at_the_one_it_was_sent_to_last_until_that_is_over():
    other = went("b", "E1", 500, 600, 610, 700, 900)
    day = found(ONE, other, points=[FAR, (-140.0, 30.02)])
    spells = [(s.call, STATES[s.state]) for s in day.spells if s.unit_id == "E1" and s.call >= 0]
    assert spells == [
        (0, "dispatched"), (0, "en route"), (0, "at the call"), (1, "dispatched"), (1, "en route"), (1, "at the call"),
        (0, "at the call"),
    ]  # fmt: skip
    assert day.counts["responses_overlapping"] == 1


@pytest.mark.parametrize(
    ("schedule", "states"),
    [
        ("00:00-13:00", ["in quarters", "off duty"]),
        ("13:00-14:00", ["off duty", "in quarters"]),
        ("always", ["in quarters"]),
    ],
)
def test_off_duty_is_never_in_quarters(schedule, states):
    day = found(ONE, points=[FAR], schedule={"E2": schedule})
    assert [state for state, _, _ in told(day, "E2")] == states
    if len(states) > 1:
        assert told(day, "E2")[0][2] == 3600  # noon and an hour


def test_at_a_station_that_is_closed_nobody_is_in_quarters():
    town = department(**TWO)
    shut = fp.Scenario(town.roads, town.stations.assign(open=False), town.units, town.zones)
    seen = attend(history(ONE, points=[FAR]), scenario=shut)
    day = whereabouts(seen, shut, LocalPeriod(NOON, NOON + pd.Timedelta(hours=2), ZONE))
    assert {state for state, _, _ in told(day, "E2")} == {"off duty"}
    assert "in quarters" not in {state for state, _, _ in told(day, "E1")}


def test_places_on_both_sides_of_the_180th_meridian_lie_side_by_side():
    turned = unwrapped(np.array([[179.9, 0.0], [-179.9, 1.0]]))
    assert np.allclose(turned, [[179.9, 0.0], [180.1, 1.0]])
    plain = np.array([[-140.0, 30.0], [-139.0, 31.0]])
    assert unwrapped(plain) is plain


def test_a_unit_out_beyond_its_hours_is_out_and_then_off_duty():
    day = found(ONE, points=[FAR], schedule={"E1": "06:00-12:10"})
    states = [state for state, _, _ in told(day, "E1")]
    assert states == ["in quarters", "dispatched", "en route", "at the call", "returning", "off duty"]


def test_what_began_before_the_hours_runs_into_them():
    day = found(ONE, points=[FAR], start=NOON + pd.Timedelta(seconds=600), hours=1)
    assert told(day, "E1")[0] == ("at the call", 600, 1200)
    assert day.counts["calls"] == day.counts["responses"] == 1


def test_a_unit_that_cleared_shortly_before_is_still_on_its_way_home():
    day = found(ONE, points=[FAR], start=NOON + pd.Timedelta(seconds=1210), hours=1)
    assert told(day, "E1")[0][0] == "returning"


def test_counts_add_up_and_say_what_is_left_out():
    rows = [
        ONE,
        went("b", "E2", 100, 130, 150, None, 400),
        went("c", "OX9", 100, 130, 160, 300, 500),
        went("d", "E2", 700, None, None, None, None),
        went("e", "E2", 800, 830, None, 900, None),
        went("e", None, 800, 830, 850, 900, 950),
    ]
    day = found(*rows, points=[FAR, None, (-140.0, 30.01), FAR, FAR])
    n = day.counts
    parts = ("own", "of_neighbours", "of_no_unit", "without_dispatch")
    assert n["responses"] == sum(n[f"responses_{part}"] for part in parts) == 6
    assert [n[f"responses_{part}"] for part in parts] == [3, 1, 1, 1]
    assert (n["calls"], n["calls_without_place"], n["calls_without_end"]) == (5, 1, 1)
    assert (n["responses_not_cleared"], n["responses_not_arrived"], n["responses_not_enroute"]) == (1, 1, 1)
    assert len(day.calls) == 4


def test_a_call_without_a_place_leaves_its_unit_out_and_nowhere():
    day = found(went("b", "E1", 0, 30, 60, 300, 600), points=[None])
    out = [s for s in day.spells if s.unit_id == "E1" and STATES[s.state] in {"en route", "at the call", "returning"}]
    assert [STATES[s.state] for s in out] == ["en route", "at the call", "returning"]
    assert all(s.at is None and s.way < 0 for s in out)


def test_a_neighbour_is_shown_at_the_call_alone():
    day = found(went("c", "OX9", 0, 30, 60, 300, 500), points=[FAR])
    assert told(day, "OX9") == [("at the call", 300, 500)]


def test_a_unit_called_off_on_its_way_turns_back_where_it_is():
    day = found(went("a", "E1", 0, 60, 120, None, 180, cancelled=True), points=[FAR])
    spells = [s for s in day.spells if s.unit_id == "E1"]
    assert [STATES[s.state] for s in spells] == ["in quarters", "dispatched", "en route", "returning", "in quarters"]
    way = day.ways[spells[3].way]
    assert 30.0 < way[0, 1] < 30.03
    assert np.allclose(way[-1], (-140.0, 30.0), atol=1e-6)


def test_committed_time_is_from_dispatch_to_clear_whatever_is_drawn():
    day = found(ONE, went("b", "E2", 100, 130, 150, None, 400), points=[FAR, None])
    lasts = (day.committed.end_us - day.committed.begin_us) / 1e6
    assert sorted(lasts.tolist()) == [270, 1140]
