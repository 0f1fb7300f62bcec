"""In the live view a unit whose crew is out with another is not there, and a crew covers once."""

import numpy as np
import pytest
from live_towns import NORTH, at_us, call, line_picture, line_town, run, say

import fireplan as fp


@pytest.fixture(scope="module")
def town():
    """The first station's crew takes out its engine or a quint, which is an engine as well."""
    return line_town().apply(fp.AddUnit("Q1", to="S1", type="quint", shared_crew="E1"), name="line town")


def pictured(town, events, seconds):
    picture = line_picture(scenario=town)
    picture.rebuild(events, now_us=at_us(seconds))
    return {u.unit_id: u for u in picture.scene(at_us(seconds)).units}, picture


OUT = [call("1", 0, at=NORTH), *run("1", "Q1", 10, 70, 400, 2000)]


def test_a_unit_whose_crew_is_out_does_not_count(town):
    found, picture = pictured(town, OUT[:3], 100)
    assert found["Q1"].status == "enroute"
    assert found["E1"].status == "out_of_service"
    assert "its crew is out with Q1" in found["E1"].flags
    alone = line_picture(scenario=line_town().apply(fp.RemoveUnit("E1")))
    alone.rebuild([], now_us=at_us(100))
    assert np.array_equal(picture.cover.depth(), alone.cover.depth())
    back, picture = pictured(town, OUT, 2005)
    assert (back["Q1"].status, back["E1"].free) == ("returning", False)
    home, picture = pictured(town, OUT, 9000)
    assert home["E1"].free
    assert home["Q1"].free


def test_a_crew_covers_once(town):
    _, picture = pictured(town, [], 0)
    before = line_picture()
    before.rebuild([], now_us=at_us(0))
    assert np.array_equal(picture.cover.depth(), before.cover.depth())
    assert picture.cover.free_of("engine") == before.cover.free_of("engine")
    both = town.apply(fp.ShareCrew(("E1", "Q1"), apart=True), name="line town")
    _, other = pictured(both, [], 0)
    assert (other.cover.depth() >= picture.cover.depth()).all()
    assert other.cover.depth().sum() > picture.cover.depth().sum()


def test_events_taken_one_by_one_come_to_the_same(town):
    picture = line_picture(scenario=town)
    picture.rebuild([], now_us=at_us(0))
    for event in OUT[:3]:
        picture.take(event, now_us=event.ts_us)
    _, anew = pictured(town, OUT[:3], 100)
    assert np.array_equal(picture.cover.depth(), anew.cover.depth())


def test_who_moves_up_takes_the_crew_along(town):
    _, picture = pictured(town, [], 0)
    cover = picture.cover
    if_moved = cover.within_if([("Q1", cover.at("S2"))])
    _, moved = pictured(town, [say("unit.moved_up", 10, "Q1", station_id="S2")], 5000)
    assert np.array_equal(if_moved, moved.cover.within())
    assert moved.cover.standing("E1") is None
