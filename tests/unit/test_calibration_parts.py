"""The parts of which a calibration is made: bands, curves, spreads, shrinkage, choice."""

import numpy as np
import pytest

from fireplan.calibration._choice import chosen
from fireplan.calibration._curve_and_spread import Curve, bent_curve, scaled_curve, spread_of, upper_of
from fireplan.calibration._held_out import error_of, folds_by_day, standard_error
from fireplan.calibration._hours import Evidence, HourBand, _round_the_clock, bands_of
from fireplan.calibration._models import RAND_KPH, RAND_RAMP_S, FitMaterial, Learnt, learn, station_effects
from fireplan.calibration._speeds_and_delays import Design, Parameters, bounded, fit
from fireplan.calibration._value import _week_sd
from fireplan.drive_times import NORMAL_SHAPE, HeldOutError, LadderStep
from fireplan.roads import DriveCurve

PRICE = 2 * np.log(24)
NO_BAND = np.zeros(1)


def plain_design(seconds, log_s, **given):
    n = len(log_s)
    parts = {"turns": np.empty((n, 0)), "fixed_s": np.zeros(n), "band": np.zeros(n, dtype=np.int64)}
    return Design(np.asarray(seconds, dtype=float), log_s=log_s, usual_s=np.empty(0), **{**parts, **given})


def test_hours_that_differ_are_told_apart_and_others_are_merged():
    log_h = np.zeros(24)
    log_h[[7, 8]] = -0.2
    log_h[[22, 23, 0, 1]] = 0.1
    bands, _ = _round_the_clock(Evidence(np.full(24, 4000.0), log_h), PRICE)
    assert set(bands) == {HourBand(7, 9), HourBand(9, 22), HourBand(2, 7), HourBand(22, 2)}
    assert sorted(h for b in bands for h in b.hours) == list(range(24))


@pytest.mark.parametrize("strength", [0.0, 5.0])
def test_few_runs_tell_no_hours_apart(strength):
    log_h = np.random.default_rng(1).normal(0, 0.1, 24)
    bands, _ = _round_the_clock(Evidence(np.full(24, strength), log_h), PRICE)
    assert bands == (HourBand(0, 24),)


def test_bands_of_days_hold_their_hours():
    bands = (HourBand(0, 24, "weekend"), HourBand(0, 12, "weekdays"), HourBand(12, 0, "weekdays"))
    hour = np.array([3, 3, 15, 23])
    weekend = np.array([True, False, False, False])
    assert bands_of(bands, hour, weekend).tolist() == [0, 1, 2, 2]


def test_a_curve_that_was_written_is_found():
    rng = np.random.default_rng(2)
    x = rng.uniform(30, 900, 20_000)
    observed = Curve(8.0, 2.6, 0.82).clock_s(x) * np.exp(0.3 * rng.standard_normal(len(x)))
    found = bent_curve(x, np.log(observed))
    at = np.array([40.0, 120.0, 300.0, 800.0])
    np.testing.assert_allclose(found.clock_s(at), Curve(8.0, 2.6, 0.82).clock_s(at), rtol=0.025)
    assert found.power < 1


def test_a_curve_never_bends_upwards_and_half_of_the_runs_lie_on_either_side():
    rng = np.random.default_rng(3)
    x = rng.uniform(30, 900, 4000)
    log_s = np.log(0.02 * x**1.5) + rng.standard_normal(len(x)) * 0.2
    found = bent_curve(x, log_s)
    assert found.power <= 1
    assert (np.diff(found.clock_s(np.linspace(1, 900, 50))) > 0).all()
    assert np.mean(found.clock_s(x) < np.exp(log_s)) == pytest.approx(0.5, abs=0.001)
    assert np.mean(scaled_curve(x, log_s).clock_s(x) < np.exp(log_s)) == pytest.approx(0.5, abs=0.001)


@pytest.mark.parametrize(("sd", "slope"), [(0.14, 0.0), (0.3, -0.15)])
def test_a_spread_that_was_written_is_found(sd, slope):
    rng = np.random.default_rng(4)
    median_s = rng.uniform(60, 600, 20_000)
    upper = 1.28155 * sd + slope * np.log(median_s / 240)
    observed_s = median_s * np.exp(upper / 1.28155 * rng.standard_normal(len(median_s)))
    found = spread_of(median_s, observed_s)
    assert found.upper == pytest.approx(1.28155 * sd, rel=0.03)
    assert found.slope == pytest.approx(slope, abs=0.02)
    assert found.shape_is == "observed"
    np.testing.assert_allclose(found.shape[5:95], NORMAL_SHAPE[5:95], atol=0.06)
    assert (observed_s <= found.quantile_s(median_s, 0.9)).mean() == pytest.approx(0.9, abs=0.003)


def test_of_few_runs_the_shape_is_lognormal():
    rng = np.random.default_rng(5)
    median_s = rng.uniform(60, 600, 299)
    assert spread_of(median_s, median_s * np.exp(0.2 * rng.standard_normal(299))).shape == NORMAL_SHAPE


def test_runs_that_all_fit_exactly_have_a_spread_still():
    found = spread_of(np.full(400, 200.0), np.full(400, 200.0))
    assert found.upper > 0


def test_a_quantile_is_regressed_exactly():
    away = np.linspace(-1, 1, 1001)
    upper, slope = upper_of(away, 0.3 - 0.2 * away)
    assert (upper, slope) == (pytest.approx(0.3, abs=1e-3), pytest.approx(-0.2, abs=2e-3))


def test_robust_fit_finds_start_and_paces_under_wild_stamps():
    rng = np.random.default_rng(6)
    seconds = rng.uniform(0, 200, (4000, 2))
    truth = 25 + seconds @ [0.8, 1.3]
    log_s = np.log(truth) + 0.1 * rng.standard_normal(4000)
    log_s[:200] += 1.5  # one in twenty had a stop on the way
    found = fit(plain_design(seconds, log_s)).parameters
    assert found.start_s == pytest.approx(25, abs=1.5)
    np.testing.assert_allclose(found.paces, [0.8, 1.3], rtol=0.03)


def test_a_class_that_nobody_drives_keeps_to_the_others():
    rng = np.random.default_rng(7)
    seconds = np.column_stack([rng.uniform(50, 300, 3000), np.zeros(3000)])
    log_s = np.log(10 + 0.7 * seconds[:, 0]) + 0.05 * rng.standard_normal(3000)
    found = fit(plain_design(seconds, log_s)).parameters
    assert found.paces[1] == pytest.approx(found.paces[0], rel=1e-3)


def test_no_class_is_driven_faster_than_the_vehicle_can():
    rng = np.random.default_rng(8)
    seconds = rng.uniform(50, 300, (3000, 1))
    log_s = np.log(10 + 0.3 * seconds[:, 0])
    found = fit(plain_design(seconds, log_s, least_pace=np.array([0.5]))).parameters
    assert found.paces[0] == pytest.approx(0.5)


def test_a_step_within_bounds_holds_what_would_leave_them():
    matrix, target = np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([-1.0, 4.0])
    found = bounded(matrix, target, np.zeros(2), np.full(2, 10.0))
    np.testing.assert_allclose(found, [0.0, 2.0])


def test_what_is_particular_to_stations_is_shrunk_by_their_runs():
    rng = np.random.default_rng(9)
    station = np.repeat([0, 1, 2], [1200, 12, 0])
    seconds = rng.uniform(100, 200, (len(station), 1))
    later = np.array([0.0, 30.0, 0.0])
    log_s = np.log(20 + seconds[:, 0] + later[station])
    parameters = Parameters(20.0, np.ones(1), np.empty(0), NO_BAND)
    found = station_effects(plain_design(seconds, log_s), parameters, 0.05, station, 3)
    assert found[1] == pytest.approx(15.0, abs=1.0)  # 12 runs: half
    assert abs(found[0]) < 1.0
    assert found[2] == 0.0


def test_no_station_is_at_speed_before_it_is_under_way():
    station = np.zeros(500, dtype=np.int64)
    station[:100] = 1
    seconds = np.full((500, 1), 100.0)
    log_s = np.log(np.where(station == 1, 40.0, 110.0))
    parameters = Parameters(10.0, np.ones(1), np.empty(0), NO_BAND)
    found = station_effects(plain_design(seconds, log_s), parameters, 0.1, station, 2)
    assert found[1] == -10.0


def test_rand_as_published_is_its_formula():
    """T = 0.65 + 1.7 D minutes from 0.38 miles on, 2.1 times the root of D below (Kolesar, Walker and Hausner 1975)."""
    miles = np.array([0.1, 0.25, 0.5, 1.0, 3.0])
    seconds = miles * 1.609344 / RAND_KPH * 3600
    material = FitMaterial({"rand": plain_design(seconds[:, None], np.zeros(5))}, np.zeros(5, dtype=np.int64), 1)
    learnt = learn("rand", material)
    told_min = learnt.median_s(material.designs["rand"], material.station) / 60
    expected = np.where(miles < 0.38, 2.10 * np.sqrt(miles), 0.65 + 1.7 * miles)
    np.testing.assert_allclose(told_min, expected, rtol=0.002)
    assert learnt.as_drive_curve(0.0) == DriveCurve(ramp_s=RAND_RAMP_S)


def test_errors_are_summed_up_as_they_say():
    found = error_of(np.array([10.0, 20.0, 30.0, np.nan]), np.array([12.0, 20.0, 25.0, 9.0]), "days")
    assert found[:4] == (3, "days", 0.0, 2.0)
    assert found.spearman == pytest.approx(1.0)
    assert np.isnan(error_of(np.full(2, np.nan), np.ones(2), "days").bias_s)


def test_standard_error_of_runs_that_come_in_days():
    assert standard_error(np.array([1.0, 3.0]), np.array([1, 1])) == pytest.approx(1.0)
    assert standard_error(np.array([2.0, 2.0]), np.array([2, 2])) == 0.0
    assert standard_error(np.array([2.0]), np.array([2])) == np.inf


def test_the_simplest_model_within_one_standard_error_is_taken():
    error = HeldOutError(100, "days", 0.0, 1.0, 2.0, 0.5)
    ladder = [
        LadderStep("factor", error, 0.40, 0.01), LadderStep("linear", error, 0.31, 0.01),
        LadderStep("full", error, 0.30, 0.01),
    ]  # fmt: skip
    assert chosen(ladder, [0.02, 0.012, 0.0]) == "linear"
    assert chosen(ladder, [0.02, 0.008, 0.0]) == "full"


def test_days_are_left_out_whole():
    class EngineRuns:
        day = np.repeat(np.arange(20), 5)

        def __len__(self):
            return 100

    folds = folds_by_day(EngineRuns(), 1)
    assert folds.what == "days"
    assert all(len(np.unique(folds.fold[EngineRuns.day == d])) == 1 for d in range(20))
    assert len(np.unique(folds.fold)) == 14


@pytest.mark.parametrize("n", [25, 60, 120])
def test_of_few_runs_a_spread_does_not_swing_with_the_time(n):
    rng = np.random.default_rng(12)
    ends_s, swings = np.array([100.0, 400.0]), []
    for _ in range(60):
        median_s = np.exp(rng.normal(np.log(170.0), 0.3, n))
        found = spread_of(median_s, median_s * np.exp(0.3 * rng.standard_normal(n)))
        swings.append(np.abs(np.diff(found.upper_at(ends_s)))[0])
    assert max(swings) < 0.6 * n / 300 * np.log(4.0) + 1e-9
    assert np.mean(swings) < 0.1


@pytest.mark.parametrize(("start_s", "sd"), [(0.0, 0.2), (100.0, 0.0998)])
def test_hours_widen_drives_by_as_much_as_they_move_them(start_s, sd):
    """Half of a drive is its start, which no hour slows: it differs by half as much as the factors."""
    band, log_h = np.arange(40) % 2, np.array([-0.2, 0.2])
    design = plain_design(np.full((40, 1), 100.0), np.zeros(40), band=band)
    learnt = Learnt(Parameters(start_s, np.ones(1), np.empty(0), log_h))
    slow_s, quick_s = start_s + 100 * np.exp(-log_h)
    found = _week_sd(design, learnt, np.zeros(40, dtype=np.int64))
    assert found == pytest.approx(abs(np.log(slow_s / quick_s)) / 2)
    assert found == pytest.approx(sd, abs=2e-3)
