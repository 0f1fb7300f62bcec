"""The live view counts no unit outside the hours of its schedule."""

from dataclasses import replace

import pandas as pd
import pytest
from live_towns import NORTH, at_us, call, line_picture, line_town, run, say

import fireplan as fp
from fireplan.errors import InputError

ZONE = "Etc/GMT+9"
"""T0 is a Tuesday, ten in the morning by this clock."""

HOUR_S = 3600


def town(schedule="08:00-12:00", timezone=ZONE):
    return replace(line_town().apply(fp.SetSchedule(schedule, units=("E1",)), name="line town"), timezone=timezone)


def units(events, seconds, scenario=None):
    picture = line_picture(scenario=scenario or town())
    picture.rebuild(events, now_us=at_us(seconds))
    scene = picture.scene(at_us(seconds))
    return {u.unit_id: u for u in scene.units}, picture


@pytest.mark.parametrize(
    ("seconds", "free"), [(0, True), (2 * HOUR_S - 1, True), (2 * HOUR_S, False), (23 * HOUR_S, True)]
)
def test_a_unit_is_there_in_its_hours_alone(seconds, free):
    found, picture = units([], seconds)
    assert found["E1"].free == free
    assert ("off duty by its schedule" in found["E1"].flags) == (not free)
    assert found["E2"].free
    alone = line_picture(scenario=line_town().apply(fp.RemoveUnit("E1")))
    alone.rebuild([], now_us=at_us(seconds))
    both = line_picture()
    both.rebuild([], now_us=at_us(seconds))
    assert (picture.cover.depth() == (both if free else alone).cover.depth()).all()


def test_a_feed_that_says_it_is_in_quarters_does_not_make_it_work():
    found, _ = units([say("unit.in_quarters", 3 * HOUR_S, "E1")], 3 * HOUR_S + 60)
    assert found["E1"].status == "out_of_service"
    assert not found["E1"].free


def test_a_unit_held_over_at_work_is_at_work_until_it_is_cleared():
    """Sent two minutes before its watch ends, cleared an hour after."""
    begin = 2 * HOUR_S - 120
    events = [call("1", begin - 30, at=NORTH), *run("1", "E1", begin, begin + 60, begin + 400, begin + HOUR_S)]
    found, _ = units(events[:-1], begin + 600)
    assert found["E1"].status == "on_scene"
    found, _ = units(events, begin + HOUR_S + 5)
    assert found["E1"].status == "out_of_service"


def test_schedules_need_a_clock():
    with pytest.raises(InputError, match="E1 work by a schedule, and the scenario names no time zone"):
        line_picture(scenario=town(timezone=""))


@pytest.mark.parametrize(("seconds", "gone"), [(0, []), (3 * HOUR_S, ["E1"])])
def test_the_department_at_an_instant_has_those_on_duty_then(seconds, gone):
    """As it is, the scenario would be asked for the moment at which the fewest are on duty."""
    at = pd.Timestamp(at_us(seconds), unit="us", tz="UTC")
    found = fp.operations.scenario_at(town(), [], at=at)
    assert sorted({"E1", "E2"} - set(found.units.index)) == gone
    there = line_town() if not gone else line_town().apply(fp.RemoveUnit("E1"))
    got, want = (fp.first_due(s, needs={"engine": 1})["first_due_s"] for s in (found, there))
    pd.testing.assert_series_equal(got, want)
