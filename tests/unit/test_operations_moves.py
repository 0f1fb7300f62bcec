"""Move-up advice: when the own unit is back sooner, what is worth an engine on the road, who goes where."""

import dataclasses

import numpy as np
import pytest
from live_towns import SOUTH, at_us, call, line_picture, line_town, run, told

import fireplan as fp
from fireplan.operations._advice.move_up import best_moves
from fireplan.operations._status.live_cover import CoverNow

MIDDLE = (-140.0, 30.015)
BLOCK_S = 11.0852
THREE = (("E1", "S1"), ("E3", "S1"), ("E2", "S2"))


def people(town, *counts):
    return fp.Scenario(town.roads, town.stations, town.units, town.zones.assign(population=counts))


def coming_back(*, own_at=SOUTH, town=None):
    """
    E1 stands at S1; E2 of S2, thirty blocks north, and E3 of S1 are free since 900 s, E3 fifteen blocks up the street.

    240 s are 21.65 blocks, and the middle of block n lies at n - 1/2: from where it is, E3 covers blocks up to
    37. The 30 people of blocks 38 to 40 wait for somebody at S2.
    """
    picture = line_picture(scenario=town or line_town(engines=THREE))
    events = [call("1", 0, at=own_at), *run("1", "E2", 10, 20, 30, 900)]
    events += [call("2", 0, at=MIDDLE), *run("2", "E3", 10, 20, 30, 900)]
    return told(picture, events)


def test_a_unit_goes_that_is_there_before_the_own_one():
    # E3 drives 15 blocks, 166 s; E2 is back after 30, 333 s; E1 would drive 30 as well and start a second later.
    moves = coming_back().scene(at_us(901)).moves
    assert [(m.unit_id, m.to, m.regains, m.loses) for m in moves] == [("E3", "S2", 30, 0)]
    assert moves[0].drive_s == pytest.approx(15 * BLOCK_S, abs=0.1)


def test_no_unit_goes_that_would_come_after_the_own_one():
    # Now E2 is free at block 15 too: it is back after 166 s, E3 would be there after 166 s and one more.
    scene = coming_back(own_at=MIDDLE).scene(at_us(901))
    assert not scene.within[-1]  # there would be something to regain
    assert scene.moves == ()


@pytest.mark.parametrize(("later_s", "goes"), [(-1, False), (0, False), (1, True)])
def test_a_move_is_made_only_if_it_is_sooner_than_the_own_unit(later_s, goes):
    picture = coming_back()
    now_us = at_us(901)
    scene = picture.scene(now_us)
    drive_us = int(scene.moves[0].drive_s * 1e6)
    units = [
        dataclasses.replace(u, home_by_us=now_us + drive_us + int(later_s * 1e6)) if u.unit_id == "E2" else u
        for u in scene.units
    ]
    moves = best_moves(picture.cover, units, now_us=now_us)
    assert [m.unit_id for m in moves if m.to == "S2"] == (["E3"] if goes else [])


def test_the_first_of_several_own_units_is_waited_for():
    # E2 is back after 333 s, E4, of S2 too and free at block 15, after 166 s: E3 would come a second after E4.
    picture = coming_back(town=line_town(engines=(*THREE, ("E4", "S2"))))
    told(picture, [call("3", 0, at=MIDDLE), *run("3", "E4", 10, 20, 30, 900)])
    assert picture.scene(at_us(901)).moves == ()


@pytest.mark.parametrize(("northern", "goes"), [(1.0, True), (0.99, False)])
def test_a_hundredth_of_all_demand_is_worth_a_move(northern, goes):
    # 396 people in the south and four in blocks 38 to 40, who are regained: a hundredth of them all, or a little less.
    town = people(line_town(engines=THREE), *[11.0] * 36, 0.0, 2.0, 1.0, northern)
    assert len(coming_back(town=town).scene(at_us(901)).moves) == goes


def test_a_unit_is_advised_once_and_a_station_filled_once():
    # S3 at the north end; E2 and E5 are out, E1 and E3 at S1 are as good as each other.
    town = line_town(engines=THREE).apply(fp.OpenStation("S3", at=(-140.0, 30.04), units=("E5",)))
    picture = told(line_picture(scenario=town), [call("1", 0, at=SOUTH), *run("1", "E2", 10), *run("1", "E5", 10)])
    moves = picture.scene(at_us(11)).moves
    # An engine at S2 regains the 180 people of blocks 23 to 40 after thirty blocks; at S3, after forty, the same. S2 is
    # sooner; of E1 and E3 the first by id goes there, and the other is left for S3.
    assert [(m.unit_id, m.to, m.regains) for m in moves] == [("E1", "S2", 180), ("E3", "S3", 180)]
    assert moves[0].per_minute == pytest.approx(moves[1].per_minute * 4 / 3, rel=1e-3)


def test_what_is_gained_is_told_by_minute_and_short_drives_count_as_one():
    cover = CoverNow(line_town(engines=THREE), standard=fp.standards.NFPA_1710)
    picture = coming_back()
    move = picture.scene(at_us(901)).moves[0]
    assert move.net == 30
    assert move.per_minute == pytest.approx(30 / (15 * BLOCK_S / 60), rel=1e-3)
    assert dataclasses.replace(move, drive_s=30.0).per_minute == 30
    assert dataclasses.replace(move, drive_s=60.0).per_minute == 30
    assert dataclasses.replace(move, regains=50.0, loses=20.0).net == 30
    assert best_moves(cover, [], now_us=at_us(0)) == []


def test_advice_leaves_the_cover_as_it_was():
    picture = coming_back()
    before = picture.scene(at_us(901))
    depth, version = picture.cover.depth().copy(), picture.cover.version
    best_moves(picture.cover, before.units, now_us=at_us(901))
    np.testing.assert_array_equal(picture.cover.depth(), depth)
    assert picture.cover.version == version
