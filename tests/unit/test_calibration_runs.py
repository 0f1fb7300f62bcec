"""Which responses are runs that drive times are learnt from: by a fixed rule, and every one accounted for."""

import numpy as np
import pandas as pd
import pytest

import fireplan as fp
from fireplan.calibration import _runs
from fireplan.calibration._runs import _longest_s, history_fingerprint, runs_of
from fireplan.errors import InputError
from tests.support.histories import NOON, department, history, went

TOWN = department(E1=("engine", 4), E2=("engine", 4), T1=("truck", 4))
POLICY = fp.Policy(first_types=("engine",), emergency_priorities=("1",), aid_given=True)
HOUR = pd.Timedelta(hours=1)


def chosen(told, **given):
    return runs_of(told, TOWN, policy=POLICY, **{"longest_s": 1800.0, "seed": 1, **given})


def out(runs):
    """What was left out, by the beginning of its rule."""
    return {rule: n for rule, n in runs.ledger if n}


def test_a_plain_run_is_used():
    runs = chosen(history(went("a", "E1", 0, 30, 90, 290, 900)))
    assert runs.travel_s.tolist() == [200.0]
    assert out(runs) == {"used": 1}
    assert (runs.hour.tolist(), runs.weekend.tolist()) == ([12], [False])


@pytest.mark.parametrize(
    ("rule", "row"),
    [
        ("never arrived", went("a", "E1", 0, 30, 90, None, 900)),
        ("unit of no table", went("a", "E7", 0, 30, 90, 290, 900)),
        ("unit of another type than engine", went("a", "T1", 0, 30, 90, 290, 900)),
        ("a stamp is missing", went("a", "E1", 0, 30, None, 290, 900)),
        ("travel not from 10 to 1800 s", went("a", "E1", 0, 30, 90, 99, 900)),
        ("travel not from 10 to 1800 s", went("a", "E1", 0, 30, 90, 1891, 2900)),
        ("on the road already: turnout under 15 s", went("a", "E1", 0, 30, 44, 290, 900)),
        ("turnout over 600 s", went("a", "E1", 0, 30, 631, 790, 900)),
    ],
)
def test_each_rule_takes_out_what_it_names(rule, row):
    told = history(row, went("b", "E2", 0, 30, 90, 290, 900, at=NOON + 9 * HOUR))
    runs = chosen(told)
    assert out(runs) == {rule: 1, "used": 1}
    assert runs.incident.tolist() == ["b"]


@pytest.mark.parametrize("at_limit", [went("a", "E1", 0, 30, 45, 55, 900), went("a", "E1", 0, 30, 630, 2430, 2900)])
def test_limits_themselves_are_within(at_limit):
    assert len(chosen(history(at_limit))) == 1


def test_no_rule_looks_at_speed():
    slow, quick = went("a", "E1", 0, 30, 90, 1690, 1900), went("b", "E2", 0, 30, 90, 100, 900)
    told = history(slow, quick, points=[(-140.0, 30.0001), (-140.0, 30.039)])
    assert len(chosen(told)) == 2


def test_of_two_engines_the_first_to_arrive_counts_and_others_are_told():
    told = history(went("a", "E1", 0, 30, 90, 290, 900), went("a", "E2", 0, 30, 90, 280, 900))
    runs = chosen(told)
    assert runs.unit.tolist() == ["E2"]
    assert out(runs) == {"not the first of its type to arrive": 1, "used": 1}


def test_a_truck_that_came_before_does_not_take_the_engine_s_place():
    told = history(went("a", "E1", 0, 30, 90, 290, 900), went("a", "T1", 0, 30, 90, 200, 900))
    assert chosen(told).unit.tolist() == ["E1"]


def test_what_is_no_emergency_is_left_out():
    told = history(went("a", "E1", 0, 30, 90, 290, 900), went("b", "E2", 0, 30, 90, 290, 900), priority=["1", "3"])
    assert out(chosen(told)) == {"no emergency": 1, "used": 1}


@pytest.mark.parametrize(("gap_s", "used"), [(299, 1), (300, 2)])
def test_a_unit_has_to_be_clear_for_five_minutes(gap_s, used):
    again = NOON + pd.Timedelta(seconds=900 + gap_s - 30)
    told = history(went("a", "E1", 0, 30, 90, 290, 900), went("b", "E1", 0, 30, 90, 290, 900, at=again))
    assert out(chosen(told))["used"] == used


def test_places_that_are_missing_or_off_the_road_are_left_out():
    rows = [went(name, "E1", 0, 30, 90, 290, 900, at=NOON + i * HOUR) for i, name in enumerate("abcde")]
    told = history(*rows, points=[None, (-140.2, 30.01), (-140.0, 30.01), (-140.0, 30.02), (-140.0, 30.03)])
    assert out(chosen(told)) == {"place not known": 1, "place off the road": 1, "used": 3}


def test_a_geocoder_s_default_is_left_out_and_a_busy_corner_is_not():
    rows = [went(f"i{i}", "E1", 0, 30, 90, 290, 900, at=NOON + i * HOUR) for i in range(400)]
    alone = [(-140.0, 30.0001 + i * 1e-4) for i in range(360)]
    default = history(*rows, points=[*alone, *[(-140.0, 30.02005)] * 40])
    assert out(chosen(default)) == {"at a point that a geocoder gives where it knows none": 40, "used": 360}
    shared = [(-140.0, 30.001 + 1e-3 * (i % 30)) for i in range(360)]
    assert out(chosen(history(*rows, points=[*shared, *[(-140.0, 30.02005)] * 40]))) == {"used": 400}


def test_the_history_of_another_city_is_refused():
    rows = [went(name, "E1", 0, 30, 90, 290, 900, at=NOON + i * HOUR) for i, name in enumerate("abc")]
    with pytest.raises(InputError, match="another city"):
        chosen(history(*rows, points=[(-120.0, 37.0)] * 3))


def test_the_units_of_another_city_are_refused():
    with pytest.raises(InputError):
        chosen(history(went("a", "RESCUE 77", 0, 30, 90, 290, 900)))


def test_without_units_nobody_knows_who_drove_from_where():
    told = history(went("a", "E1", 0, 30, 90, 290, 900))
    with pytest.raises(InputError, match="no units"):
        runs_of(told, fp.Scenario(TOWN.roads, TOWN.stations), policy=POLICY, longest_s=900.0, seed=1)
    each = told._replace(responses=told.responses.drop(columns="unit_id"))
    with pytest.raises(InputError, match="one row per incident"):
        chosen(each)


def test_stamps_to_the_minute_are_said():
    rows = [went(f"i{i}", "E1", 0, 60, 120, 300, 900, at=NOON + i * HOUR) for i in range(9)]
    assert any("full minute" in note for note in chosen(history(*rows)).notes)


def test_without_priorities_all_count_and_that_is_said():
    told = history(went("a", "E1", 0, 30, 90, 290, 900), priority="9")
    every = fp.Policy(first_types=("engine",), aid_given=True)
    runs = runs_of(told, TOWN, policy=every, longest_s=1800.0, seed=1)
    assert len(runs) == 1
    assert any("emergency_priorities" in note for note in runs.notes)


def test_of_very_many_runs_whole_days_are_drawn(monkeypatch):
    monkeypatch.setattr(_runs, "MOST_RUNS", 50)
    rows = [went(f"i{i}", "E1", 0, 30, 90, 290, 900, at=NOON + 3 * i * HOUR) for i in range(200)]
    told = history(*rows)
    runs = chosen(told)
    assert 0 < len(runs) <= 50
    assert sum(n for _, n in runs.ledger) == 200
    assert out(runs)["on a day that was not drawn"] == 200 - len(runs)
    every = chosen(told, seed=2)
    monkeypatch.setattr(_runs, "MOST_RUNS", 10**6)
    whole = pd.Series(chosen(told).day).value_counts()
    drawn = pd.Series(runs.day).value_counts()
    assert sorted(drawn.to_numpy()) == sorted(whole.loc[_days(runs, whole)].to_numpy())
    assert not np.array_equal(every.incident, runs.incident)


def _days(runs, whole):
    """The days drawn, counted from the first of all."""
    shift = (runs.first_day - NOON.tz_convert("America/Los_Angeles").tz_localize(None).normalize()).days
    return [day + shift for day in np.unique(runs.day) if day + shift in whole.index]


def test_a_history_is_named_by_its_stamps_in_whatever_order():
    rows = [went(f"i{i}", "E1", 0, 30, 90, 290 + i, 900, at=NOON + i * HOUR) for i in range(5)]
    told = history(*rows)
    assert history_fingerprint(history(*rows[::-1])) == history_fingerprint(told)
    rows[2] = went("i2", "E1", 0, 30, 90, 293, 900, at=NOON + 2 * HOUR)
    assert history_fingerprint(history(*rows)) != history_fingerprint(told)


def test_drives_over_a_quarter_of_an_hour_count_where_they_are_more_than_one_in_a_hundred():
    usual = pd.Series(np.full(1000, 240.0))
    assert _longest_s(usual) == 900.0
    rare, common = usual.copy(), usual.copy()
    rare[:10], common[:11] = 1000.0, 1000.0
    assert (_longest_s(rare), _longest_s(common)) == (900.0, 1800.0)
    forgotten = usual.copy()
    forgotten[:300] = 9000.0  # no drives at any rate
    assert _longest_s(forgotten) == 900.0
