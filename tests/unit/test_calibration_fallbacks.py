"""What is taken where there is little to learn from, and what is said of it; histories nothing can be learnt from."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import fireplan as fp
from fireplan.calibration import held_out_runs
from fireplan.calibration._calibrate import held_out_table, told
from fireplan.calibration._curve_and_spread import Curve, spread_of
from fireplan.calibration._study import study_of
from fireplan.drive_times._calibration import times_fingerprint
from fireplan.errors import InputError
from fireplan.progress import silent
from fireplan.roads import DriveCurve
from tests.support import driven_towns
from tests.support.made_calibrations import made

MANY = 1200


class Drawn:
    """A town and the history of drives through it."""

    def __init__(self, seed=3):
        rng = np.random.default_rng(seed)
        self.truth = driven_towns.written(rng)
        self.town = driven_towns.department(rng, driven_towns.grid(rng))
        self.history = driven_towns.history(rng, self.town, self.truth, MANY)

    def first(self, n):
        """The first so many incidents."""
        calls = self.history.incidents.iloc[:n]
        rows = self.history.responses[self.history.responses["incident_id"].isin(calls.index)]
        return self.history._replace(incidents=calls, responses=rows)

    def learn(self, history=None, **given):
        with silent():
            return fp.calibrate(
                self.history if history is None else history, given.pop("town", self.town),
                **{"emergency_priorities": ("1",), "draws": 0, **given},
            )  # fmt: skip


@pytest.fixture(scope="module")
def drawn():
    return Drawn()


@pytest.fixture(scope="module")
def found(drawn):
    return drawn.learn(draws=30)


@pytest.mark.parametrize(
    ("n", "tried"),
    [
        (5, ["planning"]),
        (25, ["planning", "factor", "rand"]),
        (80, ["planning", "factor", "rand", "rand_fitted", "linear"]),
        (300, ["planning", "factor", "rand", "rand_fitted", "linear", "class"]),
    ],
)
def test_of_few_runs_simpler_models_alone_are_tried_and_what_others_take_is_said(n, tried, drawn):
    found = drawn.learn(drawn.first(n))
    assert [step.model for step in found.ladder] == tried
    assert found.model in tried
    assert 0.97 * n <= found.runs == dict(found.ledger)["used"]
    assert f"{found.runs} runs" in found.reason
    assert "too few" in found.reason
    assert f"too few for others: it takes, for {'planning speeds times one factor' if n == 5 else ''}" in found.reason
    assert " 0" not in found.reason
    assert "delays at turns" in found.reason  # what the fullest would take
    assert found.error.n == found.runs


def test_of_five_runs_planning_speeds_hold_and_nothing_is_claimed(drawn):
    found = drawn.learn(drawn.first(5))
    assert (found.model, found.spread, found.draws) == ("planning", None, ())
    calibrated = drawn.town.calibrated(found)
    np.testing.assert_array_equal(calibrated.roads.there_s, drawn.town.roads.there_s)


@pytest.mark.parametrize("n", [25, 80, 300])
def test_what_is_driven_by_a_simple_model_tells_what_was_fitted(n, drawn):
    """Whatever model is taken, the engine on calibrated roads gives it: here on all runs that were learnt from."""
    history = drawn.first(n)
    found = drawn.learn(history)
    there = fp.Scenario(drawn.town.roads, drawn.town.stations, drawn.town.units, incidents=history.incidents)
    times = fp.travel.travel_times(there.calibrated(found), to="incidents")
    rows = history.responses.set_index("incident_id")
    unit = drawn.town.units["station_id"].reindex(rows["unit_id"]).to_numpy()
    told_s = (
        times.to_pandas()
        .T.reindex(rows.index)
        .to_numpy()[np.arange(n), times["station_id"].to_index().get_indexer(unit)]
    )
    off_s = told_s - rows["travel_s"].to_numpy()
    assert abs(np.median(off_s)) < 6.0
    assert np.median(np.abs(off_s)) == pytest.approx(found.error.median_error_s, abs=4.0)


def test_everything_has_an_interval_and_a_count(found):
    assert found.model == "full"
    for one in (*found.speeds_kph.values(), *found.delay_estimates.values(), *found.period_estimates.values()):
        assert one.low <= one.value <= one.high
        assert one.n >= 0
    assert found.start.low < found.start.value < found.start.high
    assert len(found.draws) == 30
    assert np.std([d.start_s for d in found.draws]) > 0
    assert {"numpy", "scipy", "fireplan"} <= set(found.versions)


def test_periods_hold_every_hour_once_and_their_factors_are_nothing_on_average(found, drawn):
    minutes = sum(p.minutes.astype(int) for p in found.periods)
    assert (minutes == 1).all()
    n = np.array([found.period_estimates[p.name].n for p in found.periods])
    assert np.average(np.log([p.factor for p in found.periods]), weights=n) == pytest.approx(0.0, abs=1e-6)
    assert all(p.basis == "calibrated" for p in found.periods)
    begin = drawn.truth.slow_hours[0]
    slow = min(found.periods, key=lambda p: p.factor)
    assert slow.minutes[2 * 1440 + 60 * (begin + 1)]


def test_the_order_of_rows_does_not_matter(drawn):
    few = drawn.first(300)
    shuffled = few._replace(
        incidents=few.incidents.sample(frac=1, random_state=1), responses=few.responses.sample(frac=1, random_state=2)
    )
    one, other = drawn.learn(few), drawn.learn(shuffled)
    assert one.history == other.history
    assert one.model == other.model
    for name, speed in one.speeds_kph.items():
        assert other.speeds_kph[name].value == pytest.approx(speed.value, rel=1e-6)
    assert other.error.median_error_s == pytest.approx(one.error.median_error_s, rel=1e-6)


def test_the_same_seed_gives_the_same_and_a_calibration_goes_into_a_file_and_back(found, drawn, tmp_path):
    again = drawn.learn(draws=30)
    assert again.fingerprint == found.fingerprint
    file = tmp_path / "calibration.toml"
    fp.drive_times.write_calibration(found, file)
    assert fp.drive_times.read_calibration(file).fingerprint == found.fingerprint


def test_one_station_has_nothing_particular_and_that_is_said(drawn):
    rows = drawn.history.responses
    rows = rows[rows["unit_id"] == rows["unit_id"].mode()[0]]
    calls = drawn.history.incidents.loc[rows["incident_id"]]
    found = drawn.learn(drawn.history._replace(incidents=calls, responses=rows))
    assert "one station alone" in found.reason
    assert found.by_station is None


def test_stamps_to_the_minute_are_told_and_widen_the_spread(found, drawn):
    rows = drawn.history.responses.copy()
    for name in ("received", "dispatched", "enroute", "arrived", "cleared"):
        rows[name] = rows[name].dt.floor("min")
    rows["travel_s"] = (rows["arrived"] - rows["enroute"]).dt.total_seconds()
    rows["turnout_s"] = (rows["enroute"] - rows["dispatched"]).dt.total_seconds()
    coarse = drawn.learn(drawn.history._replace(responses=rows))
    assert any("full minute" in note for note in coarse.notes)
    assert coarse.error.median_error_s > found.error.median_error_s
    assert coarse.turnouts is None
    assert any("turnout is as planned" in note for note in coarse.notes)


def test_stamps_that_are_all_equal_leave_no_run_and_every_rule_is_counted(drawn):
    rows = drawn.history.responses.copy()
    for name in ("dispatched", "enroute", "arrived", "cleared"):
        rows[name] = rows["received"]
    rows[["turnout_s", "travel_s"]] = 0.0
    with pytest.raises(InputError, match=r"no run is left.*1,200.*travel not from 10"):
        drawn.learn(drawn.history._replace(responses=rows))


def test_a_history_without_a_row_is_refused(drawn):
    with pytest.raises(InputError):
        drawn.learn(drawn.first(0))


def test_times_in_another_unit_are_no_runs(drawn):
    rows = drawn.history.responses.copy()
    taken = (rows["arrived"] - rows["enroute"]) / 60  # minutes, written down as seconds
    rows["arrived"] = (rows["enroute"] + taken).astype("datetime64[us, UTC]")
    with pytest.raises(InputError, match="travel not from 10"):
        drawn.learn(drawn.history._replace(responses=rows))


def test_a_class_that_no_run_drives_is_told_by_the_planning_ratio(drawn):
    highway = drawn.town.roads.highway.copy().astype("<U12")
    begins = drawn.town.roads.node_xy_m[drawn.town.roads.first]
    highway[np.argsort(begins.sum(axis=1))[:4]] = "trunk"  # at one corner of the town
    roads = replace(drawn.town.roads, highway=highway)
    town = fp.Scenario(roads, drawn.town.stations, drawn.town.units, timezone=driven_towns.ZONE)
    found = drawn.learn(town=town)
    assert found.speeds_kph["trunk"].source == "planning"
    assert found.speeds_kph["residential"].source == "fitted"
    wide = found.speeds_kph["trunk"].high / found.speeds_kph["trunk"].low
    assert wide > 1.5 * found.speeds_kph["residential"].high / found.speeds_kph["residential"].low


def test_a_network_that_tells_no_classes_apart_is_told_of(drawn, found):
    roads = replace(drawn.town.roads, highway=np.full(drawn.town.roads.n_streets, "residential"))
    town = fp.Scenario(roads, drawn.town.stations, drawn.town.units, timezone=driven_towns.ZONE)
    told = drawn.learn(drawn.first(300), town=town)
    assert "100 % of all driving is on streets of the class 'residential'" in told.reason
    assert "of all driving" not in found.reason


def test_without_a_word_on_emergencies_the_reason_says_what_is_missing(drawn):
    told = drawn.learn(drawn.first(80), emergency_priorities=None)
    assert "with emergency_priorities the others would be left out" in told.reason


def test_what_is_calibrated_is_not_calibrated_again(found, drawn):
    with pytest.raises(InputError, match="calibrated already"):
        drawn.learn(town=drawn.town.calibrated(found))


@pytest.mark.parametrize(
    ("given", "said"), [({"longest_s": 5.0}, "longest_s"), ({"draws": -1}, "draws"), ({"seed": -1}, "seed")]
)
def test_numbers_that_make_no_sense_are_refused(given, said, drawn):
    with pytest.raises(InputError, match=said):
        drawn.learn(**given)


def test_runs_are_set_beside_what_is_modelled_without_their_day(found, drawn):
    with silent():
        runs = held_out_runs(drawn.history, drawn.town, emergency_priorities=("1",))
    assert runs.attrs["model"] == "full"
    assert len(runs) == found.runs
    off_s = runs["median_s"] - runs["observed_s"]
    assert off_s.abs().median() == pytest.approx(found.error.median_error_s)
    assert (runs["p90_s"] > runs["median_s"]).all()
    assert runs["elsewhere_s"].notna().all()
    assert 0.4 < runs["later_s"].notna().mean() < 0.6
    assert set(runs["highway"]) <= set(driven_towns.CLASSES)
    told = fp.calibration.diagnostics(runs, found, drawn.town)
    assert int(told.over_all["n"].iloc[0]) == found.runs
    assert isinstance(runs, pd.DataFrame)


@pytest.mark.parametrize("n", [1, 5, 25, 80])
def test_whatever_was_learnt_goes_into_a_file_and_back(n, drawn, tmp_path):
    found = drawn.learn(drawn.first(n), draws=5)
    file = fp.drive_times.write_calibration(found, tmp_path / "calibration.toml")
    again = fp.drive_times.read_calibration(file)
    assert again.fingerprint == found.fingerprint
    assert [step.model for step in again.ladder] == [step.model for step in found.ladder]
    assert again.ledger == found.ledger


def test_a_factor_is_refused_on_other_planned_times():
    town = fp.examples.line_town()
    roads = town.roads
    factor = replace(
        made(roads, DriveCurve()), model="factor", speeds_kph={}, factor=0.8, times=times_fingerprint(roads)
    )
    slower = roads.with_times(there_s=roads.there_s * 2, back_s=roads.back_s * 2)
    assert town.calibrated(factor).roads.there_s[0] == pytest.approx(roads.there_s[0] / 0.8)
    with pytest.raises(InputError, match="multiplies planned times, and those were others"):
        fp.Scenario(slower, town.stations, town.units, town.zones).calibrated(factor)
    with pytest.raises(InputError, match="multiplies planned times"):
        fp.Scenario(roads.with_turns("exact"), town.stations, town.units, town.zones).calibrated(factor)


def test_few_runs_are_a_factor_on_the_times_of_their_own_network():
    drawn = Drawn()
    found = drawn.learn(drawn.first(45))
    assert found.model in {"factor", "linear", "planning", "rand", "rand_fitted"}
    assert found.times == ("" if found.speeds_kph else times_fingerprint(drawn.town.roads))


@pytest.fixture(scope="module")
def studied():
    drawn = Drawn()
    few = drawn.first(300)
    with silent():
        study = study_of(
            few, drawn.town, emergency_priorities=("1",), first_types=("engine",), longest_s=None, draws=0, seed=1
        )
    return study, few, drawn.town


@pytest.mark.parametrize("model", ["rand", "rand_fitted", "linear", "class"])
def test_drives_drawn_anew_lie_about_the_drive_that_is_told(model, studied):
    """However much of a fit stands in the factor that makes its median right."""
    study, few, town = studied
    rung = study.rungs[model]
    if model in {"linear", "class"}:
        p = rung.learnt.parameters
        more = p._replace(start_s=p.start_s * 1.25, paces=p.paces * 1.25)
        learnt = rung.learnt._replace(parameters=more, curve=Curve(0.0, 0.8 * rung.learnt.curve.scale, 1.0))
        rung = rung._replace(learnt=learnt)
    found = told(replace(study, model=model, rungs={**study.rungs, model: rung}), few, town, draws=40, seed=1)
    for added_s in (40.0, 80.0):
        curves = [DriveCurve(d.start_s, d.offset_s, d.scale, d.power, found.curve.ramp_s) for d in found.draws]
        drawn_s = [float(c.clock_s(np.array(added_s), c.start_s)) for c in curves]
        own_s = float(found.curve.clock_s(np.array(found.curve.start_s + added_s)))
        assert np.median(drawn_s) == pytest.approx(own_s, rel=0.03)


def test_times_in_another_unit_are_refused_for_what_they_are():
    drawn = Drawn()
    rows = drawn.history.responses
    taken = rows["arrived"] - rows["enroute"]
    times = 1.2 * 1800 / taken.dt.total_seconds().median()  # so that most, and not all, take too long
    slow = rows.assign(arrived=(rows["enroute"] + taken * times).astype(rows["arrived"].dtype))
    with pytest.raises(InputError, match=r"runs took less than 10 s or more than .* in another unit"):
        drawn.learn(drawn.history._replace(responses=slow))


def test_priorities_of_a_history_without_any_are_refused_in_words():
    drawn = Drawn()
    bare = drawn.history._replace(incidents=drawn.history.incidents.drop(columns="priority"))
    with pytest.raises(InputError, match="have no column 'priority'"):
        drawn.learn(bare)


@pytest.mark.parametrize("n", [200, 2000])
@pytest.mark.parametrize("off", [0.7, 1.35])
def test_a_model_that_was_fitted_to_nothing_is_told_with_how_far_it_is_off(off, n):
    rng = np.random.default_rng(n)
    modelled_s = rng.uniform(60, 400, n)
    observed_s = off * modelled_s * np.exp(0.25 * rng.standard_normal(n))
    spread = spread_of(modelled_s, observed_s, fitted=False)
    for limit_s in (120.0, 240.0, 400.0):
        assert spread.chance(modelled_s, limit_s).mean() == pytest.approx((observed_s <= limit_s).mean(), abs=0.05)
    assert (observed_s <= spread.quantile_s(modelled_s, 0.9)).mean() == pytest.approx(0.9, abs=0.02)
    assert (observed_s <= spread.quantile_s(modelled_s, 0.5)).mean() == pytest.approx(0.5, abs=0.03)
    # About its own median it would be a share of other drives.
    about = spread_of(modelled_s, observed_s)
    assert abs(about.chance(modelled_s, 240.0).mean() - (observed_s <= 240.0).mean()) > 0.1


@pytest.mark.parametrize("model", ["planning", "rand"])
def test_shares_by_a_published_model_are_those_of_the_drives_its_bias_included(model, studied):
    few, town = studied[1:]
    taken = 1.4 * (few.responses["arrived"] - few.responses["enroute"])
    slower = few.responses.assign(arrived=(few.responses["enroute"] + taken).astype(few.responses["arrived"].dtype))
    few = few._replace(responses=slower)
    with silent():
        study = study_of(
            few, town, emergency_priorities=("1",), first_types=("engine",), longest_s=None, draws=0, seed=1
        )
    found = told(replace(study, model=model), few, town, draws=0, seed=1)
    observed_s, modelled_s = study.ground.runs.travel_s, study.rungs[model].by_day.median_s
    step = next(s for s in found.ladder if s.model == model)
    assert abs(np.median(np.log(observed_s / modelled_s))) > 0.1
    for limit_s in np.quantile(observed_s, [0.3, 0.6, 0.9]):
        share = found.spread.chance(modelled_s, limit_s).mean()
        assert share == pytest.approx((observed_s <= limit_s).mean(), abs=0.06)
    assert step.error.below_p90 == pytest.approx(0.9, abs=0.04)
    below = observed_s <= held_out_table(replace(study, model=model))["p90_s"].to_numpy()
    assert below.mean() == pytest.approx(step.error.below_p90)
    half_s = float(found.spread.quantile_s(np.array([240.0]), 0.5)[0])
    card = " ".join(fp.calibration.model_card(found)["What it is"])
    assert f"where it says 4:00 half of them take {fp.wording.clock(half_s)} or less" in card
    assert "is the median of such drives" not in card


def test_a_factor_that_cannot_be_is_refused_and_not_cut_off():
    drawn = Drawn()
    few = drawn.first(60)
    rows = few.responses
    fast = rows.assign(arrived=(rows["enroute"] + pd.Timedelta(seconds=11)).astype(rows["arrived"].dtype))
    roads = drawn.town.roads
    slow = roads.with_times(there_s=roads.there_s * 20, back_s=roads.back_s * 20)
    town = fp.Scenario(slow, drawn.town.stations, drawn.town.units, timezone=driven_towns.ZONE)
    with silent():
        study = study_of(
            few._replace(responses=fast), town, emergency_priorities=("1",), first_types=("engine",), longest_s=None,
            draws=0, seed=1,
        )  # fmt: skip
    with pytest.raises(InputError, match=r"engines would drive [0-9.]+ times as fast as planned, and no .* 5 times"):
        told(replace(study, model="factor"), few, town, draws=0, seed=1)


def test_speeds_far_from_those_planned_are_doubted_whatever_the_model():
    drawn = Drawn()
    rows = drawn.history.responses
    taken = rows["arrived"] - rows["enroute"]
    slow = rows.assign(arrived=(rows["enroute"] + taken * 4).astype(rows["arrived"].dtype))
    found = drawn.learn(drawn.history._replace(responses=slow))
    assert found.speeds_kph
    assert sum("times as fast as planned" in note for note in found.notes) == 1
    assert not any("times as fast as planned" in note for note in drawn.learn().notes)


def test_one_model_alone_says_what_it_says_among_others(found, drawn):
    with silent():
        every = held_out_runs(drawn.history, drawn.town, emergency_priorities=("1",))
        alone = held_out_runs(drawn.history, drawn.town, emergency_priorities=("1",), model="full")
        linear = held_out_runs(drawn.history, drawn.town, emergency_priorities=("1",), model="linear")
    pd.testing.assert_frame_equal(alone, every)
    assert linear.attrs["model"] == "linear"
    step = next(s for s in found.ladder if s.model == "linear")
    assert (linear["median_s"] - linear["observed_s"]).abs().median() == pytest.approx(step.error.median_error_s)
    with pytest.raises(InputError, match="model is 'best': use planning, factor"):
        held_out_runs(drawn.history, drawn.town, model="best")
    with pytest.raises(InputError, match="with 20 runs 'full' is not tried: models that are, are planning, factor"):
        held_out_runs(drawn.first(20), drawn.town, emergency_priorities=("1",), model="full")
