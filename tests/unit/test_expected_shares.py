"""Shares that are expected over drives: what they mean, that they add up, and what they are without a calibration."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sample_city import sample_city

import fireplan as fp
from fireplan.drive_times import LEVELS, Draw, StationStart, TravelSpread, TurnoutLaw, TurnoutTimes
from fireplan.drive_times._calibration import network_fingerprint
from fireplan.errors import InputError
from fireplan.measures._expected import chances_for
from fireplan.standards import NFPA_1710, Objective, Standard
from tests.support.made_calibrations import CURVES, draws, made

LIMIT_S = 120.0
ONE = Standard("one", "one", (Objective("first", "First engine", LIMIT_S, share=0.5),))
TOTAL = Standard("total", "t", (Objective("total", "First engine", 200.0, interval="turnout_and_travel_s"),))
TURNOUT = TurnoutTimes(500, (TurnoutLaw("engine", "", (0, 24), 500, 60.0, 58.0, 62.0, 0.3),))


def line(curve="start", **given):
    town = fp.examples.line_town()
    return town.calibrated(made(town.roads, curve, **{"periods": (), "week_sd": 0.0} | given))


def times(town):
    return fp.travel.travel_times(town).to_numpy()[0].astype(float)


def test_a_share_is_the_mean_of_the_chances():
    town = line(upper=0.4)
    found = fp.assess(town, standard=ONE)
    row = found.summary().loc[("first", "population")]
    whole = np.floor(times(town)) + 0.5
    chance = TravelSpread(0.4).chance(whole, LIMIT_S)
    assert row["share"] == pytest.approx(chance.mean(), abs=1e-12)
    assert row["within"] == pytest.approx(400 * chance.mean())
    assert row["n"] == 400
    assert row["median_share"] == (times(town) <= LIMIT_S).mean()
    np.testing.assert_allclose(found.zones["first_chance"], chance)
    assert row["calibration"] == town.calibration.fingerprint
    assert row["met"] == (row["share"] >= 0.5)


def test_a_chance_is_how_often_drives_drawn_come_in_time():
    rng = np.random.default_rng(1)
    spread = TravelSpread(0.4, slope=-0.05)
    for median_s in (60.0, 110.0, 130.0, 240.0):
        z = rng.normal(size=200_000) / 1.2815515655446004
        drawn = median_s * np.exp(spread.upper_at(np.array([median_s]))[0] * z)
        assert spread.chance(np.array([median_s]), LIMIT_S)[0] == pytest.approx((drawn <= LIMIT_S).mean(), abs=0.006)
        for level in (0.1, 0.5, 0.9):
            expected = np.quantile(drawn, level)
            assert spread.quantile_s(np.array([median_s]), level)[0] == pytest.approx(expected, rel=0.01)


def test_with_turnout_it_is_how_often_both_together_do():
    town = line(turnouts=TURNOUT, upper=0.3)
    found = fp.assess(town, standard=TOTAL)
    rng = np.random.default_rng(2)
    drive_s = times(town)[:, None] * np.exp(0.3 * rng.normal(size=(40, 20_000)) / 1.2815515655446004)
    turnout_s = rng.choice(np.array(TURNOUT.quantiles_s), size=drive_s.shape)
    drawn = (drive_s + turnout_s <= 200.0).mean(axis=1)
    np.testing.assert_allclose(found.zones["total_chance"], drawn, atol=0.02)
    row = found.summary().loc[("total", "population")]
    assert row["share"] == pytest.approx(drawn.mean(), abs=0.005)
    assert row["all_p90_s"] == pytest.approx(np.quantile(drive_s + turnout_s, 0.9), rel=0.01)
    np.testing.assert_allclose(found.zones["total_s"], times(town) + np.median(TURNOUT.quantiles_s), atol=0.5)


def test_the_p90_of_all_is_that_of_places_and_drives_together():
    town = line(upper=0.4)
    row = fp.assess(town, standard=ONE).summary().loc[("first", "population")]
    rng = np.random.default_rng(2)
    drive_s = times(town)[:, None] * np.exp(0.4 * rng.normal(size=(40, 20_000)) / 1.2815515655446004)
    assert row["all_p90_s"] == pytest.approx(np.quantile(drive_s, 0.9), rel=0.01)
    assert row["all_p90_s"] > row["p90_s"]


@pytest.mark.parametrize("curve", list(CURVES))
def test_parts_add_up_to_the_whole(curve):
    today = sample_city(calibrated=False).today
    town = today.calibrated(made(today.roads, curve))
    found = fp.assess(town, standard=NFPA_1710)
    people = found.summary().loc[("first_engine", "population")]
    assert (found.zones["population"] * found.zones["first_engine_chance"]).sum() == pytest.approx(people["within"])
    stations = found.stations.xs(("first_engine", "population"), level=("objective", "measure"))
    assert stations["within"].sum() == pytest.approx(people["within"])
    halves = found.by(pd.Series(found.zones.index < "Z0800", index=found.zones.index).astype(str))
    assert halves["within"].sum() == pytest.approx(people["within"])
    then = town.apply(fp.CloseStation("S3"), name="without")
    table = fp.compare(town, then, standard=NFPA_1710)
    shares = table.summary()["within"]
    gains = table.gains()
    for key in (("first_engine", "population"), ("full_alarm", "road_km")):
        net = shares[("without", *key)] - shares[(town.name, *key)]
        assert gains.loc[("without", *key), "net"] == pytest.approx(net, abs=1e-6)
        assert gains.loc[("without", *key), "lost"] >= -gains.loc[("without", *key), "net"] - 1e-9
        assert (gains[["gained", "lost"]] >= 0).all(axis=None)


def test_hours_together_differ_more_than_hours_alike():
    town = fp.examples.line_town()
    town = town.calibrated(made(town.roads, "start", week_sd=0.2, upper=0.2))
    in_one, in_all = (chances_for(s, ONE.objectives[0]).spread.upper for s in (town.during("midday"), town))
    assert in_one == pytest.approx(0.2)
    assert in_all == pytest.approx(1.2815515655446004 * np.hypot(0.2 / 1.2815515655446004, 0.2))


def test_the_interval_holds_the_share_and_follows_the_draws():
    curve, upper = CURVES["power"], 0.3
    same = tuple(Draw(curve.start_s, curve.offset_s, curve.scale, curve.power, upper, 0.0) for _ in range(20))
    wide, narrow = (
        fp.assess(line("power", draws=law), standard=ONE).summary().loc[("first", "population")]
        for law in (draws(curve, upper), same)
    )
    assert wide["share_low"] < wide["share"] < wide["share_high"]
    assert narrow["share_low"] == narrow["share_high"] == pytest.approx(narrow["share"], abs=2e-3)
    none = fp.assess(line(draws=()), standard=ONE).summary().loc[("first", "population")]
    assert np.isnan(none["share_low"])
    assert 0 < none["share"] < 1


def test_without_a_spread_it_is_yes_or_no_at_the_median():
    town = line(spread=None, draws=())
    row = fp.assess(town, standard=ONE).summary().loc[("first", "population")]
    assert row["share"] == (times(town) <= LIMIT_S).mean()
    assert np.isnan(row["median_share"])
    assert row["calibration"] == ""


def test_planned_drives_are_yes_or_no():
    town = fp.examples.line_town()
    found = fp.assess(town, standard=ONE)
    row = found.summary().loc[("first", "population")]
    assert row["share"] == (times(town) <= LIMIT_S).mean()
    assert row[["share_low", "share_high", "median_share", "all_p90_s"]].isna().all()
    assert "first_chance" not in found.zones
    assert set(np.unique(found.arrivals[0].chance)) == {0.0, 1.0}


def test_what_is_never_reached_is_never_in_time():
    assert TravelSpread(0.4).chance(np.array([np.inf, 10.0]), np.array([1e6, 0.0])).tolist() == [0.0, 0.0]
    law = chances_for(line(), ONE.objectives[0])
    assert law.at(np.array([np.inf, np.nan, 0.0, 90_000.0])).tolist()[:2] == [0.0, 0.0]
    assert law.at(np.array([90_000.0]))[0] < 1e-6


def test_the_levels_are_the_middles_of_a_hundred_shares():
    assert len(LEVELS) == 100
    assert LEVELS[0] == 0.005
    assert LEVELS[-1] == 0.995


def test_a_calibration_is_for_its_own_streets():
    town = fp.examples.line_town()
    other = made(sample_city(calibrated=False).today.roads, "start")
    with pytest.raises(InputError, match="made on other streets"):
        town.calibrated(other)
    with pytest.raises(InputError, match="calibrated already"):
        line().calibrated(made(town.roads, "start"))


def test_a_closed_street_is_another_network_and_a_change_of_speed_is_not():
    roads = fp.examples.line_town().roads
    faster = roads.with_times(there_s=roads.there_s / 2, back_s=roads.back_s / 2)
    there_s = roads.there_s.copy()
    there_s[3] = np.inf
    shut = roads.with_times(there_s=there_s, back_s=roads.back_s)
    assert network_fingerprint(faster) == network_fingerprint(roads) != network_fingerprint(shut)
    # Other machines project to other last digits.
    nudged = replace(roads, node_xy_m=roads.node_xy_m * (1 + 1e-15), length_m=np.nextafter(roads.length_m, np.inf))
    assert nudged.fingerprint != roads.fingerprint
    assert network_fingerprint(nudged) == network_fingerprint(roads)
    assert network_fingerprint(replace(roads, length_m=roads.length_m + 1.0)) != network_fingerprint(roads)


def test_changes_are_made_anew_on_calibrated_roads():
    town = fp.examples.line_town()
    calibration = made(town.roads, "power", stations={"S1": 7.0})
    change = fp.ScaleSpeeds(0.5), fp.MoveStation("S1", at=(-140.0, 30.02))
    there, here = town.apply(*change, name="slow").calibrated(calibration), town.calibrated(calibration).apply(*change)
    np.testing.assert_array_equal(times(there), times(here))
    assert there.name == "slow"
    assert there.parent is not None
    assert there.stations["later_s"].isna().all()  # it has moved
    part = town.only(area=town.zones.iloc[:10]).calibrated(calibration)
    assert len(part.zones) == 10
    assert part.parent.roads.calibrated
    slow = town.with_periods(fp.roads.SpeedPeriod("night", hours=(0, 6), factor=0.5)).during("night")
    with pytest.raises(InputError, match="as in one period"):
        slow.calibrated(made(slow.roads, "start"))


def test_the_exit_of_a_station_is_where_its_engines_leave():
    town = fp.examples.line_town()
    start = StationStart(0.0, 9, "", (-140.0, 30.0105))
    moved = town.calibrated(replace(made(town.roads, "start"), stations={"S1": start}))
    assert int(np.argmin(times(moved))) in {9, 10, 11}
    assert times(moved).min() == pytest.approx(9.0, abs=7.0)
    gone = moved.apply(fp.MoveStation("S1", at=(-140.0, 30.03)))
    assert int(np.argmin(times(gone))) in {29, 30, 31}


def test_the_error_is_that_of_speeds_before_they_were_scaled():
    town = line()
    slower = town.apply(fp.ScaleSpeeds(0.5)).apply(fp.SetTurnout(60.0))
    said = [note for note in fp.assess(slower, standard=ONE).notes() if note.startswith("drive times: median error")]
    assert "n = 1,919, before speeds were scaled (observed runs)" in said[0]
    assert not any("scaled" in note for note in fp.assess(town, standard=ONE).notes())
