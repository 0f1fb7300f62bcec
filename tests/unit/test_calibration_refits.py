"""What is modelled of runs that are left out owes nothing to them: not speeds, nor hours, nor exits."""

from dataclasses import replace

import numpy as np
import pytest

from fireplan.calibration import _study
from fireplan.calibration._calibrate import told
from fireplan.calibration._fitting import exits_tried, full_ground, ground_of, settled
from fireplan.calibration._models import FitMaterial
from fireplan.calibration._refits import Refits
from fireplan.calibration._runs import runs_of
from fireplan.progress import silent
from fireplan.response_performance import Policy
from fireplan.roads import OnRoad
from tests.support.driven_towns import department, grid, history, written

N = 1200


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(8)
    town = department(rng, grid(rng))
    truth = written(rng)._replace(sigma=0.08)
    runs = runs_of(history(rng, town, truth, N), town, policy=Policy(), longest_s=900.0, seed=1)
    return town, ground_of(town, runs)


def refits(town, ground, model="full"):
    """As a study makes them."""
    fold = ground.runs.day % 5
    others = exits_tried(ground, town)
    with silent():
        if model == "full":
            ground, design, whole = full_ground(ground, others, fold, seed=1, effects=True)
        else:
            design, whole = settled(ground, model, None, effects=False)
    material = FitMaterial({model: design}, ground.runs.station, len(ground.runs.stations))
    return Refits(model, ground, material, others, whole, fold, 1, effects=True)


def slower(ground, which, by):
    """The same runs, some of them slower."""
    travel_s = np.where(which, ground.runs.travel_s * by, ground.runs.travel_s)
    return replace(ground, runs=replace(ground.runs, travel_s=travel_s))


def test_days_that_are_left_out_may_take_any_time(drawn):
    """On three days in five engines are slow, and slower in the morning: nothing of that shows on these days."""
    town, ground = drawn
    left = ground.runs.day % 5 < 3
    morning = left & (ground.runs.hour >= 5) & (ground.runs.hour < 9)
    as_is, other = refits(town, ground), refits(town, slower(slower(ground, left, 1.5), morning, 1.8))
    assert other.ground.bands != as_is.ground.bands
    fold = np.where(left, 0, -1)
    np.testing.assert_allclose(other.left_out(fold).median_s[left], as_is.left_out(fold).median_s[left], rtol=0.01)
    assert np.isnan(as_is.left_out(fold).median_s[~left]).all()


@pytest.mark.parametrize("model", ["class", "full"])
def test_a_station_that_is_left_out_may_take_any_time(drawn, model):
    town, ground = drawn
    left = ground.runs.station == 1
    as_is = refits(town, ground, model)
    fold = np.where(left, 0, -1)
    want = as_is.left_out(fold, what="stations").median_s[left]
    other = replace(as_is, ground=slower(as_is.ground, left, 2.5))
    np.testing.assert_allclose(other.left_out(fold, what="stations").median_s[left], want, rtol=1e-9)


def test_a_station_that_is_left_out_leaves_by_the_nearest_street(drawn):
    town, ground = drawn
    as_is = refits(town, ground)
    at = ground.runs.exits
    far = int((ground.runs.exits.street[1] + 200) % town.roads.n_streets)
    elsewhere = OnRoad(np.where(np.arange(len(at)) == 1, far, at.street), at.along, at.offset_m)
    moved = replace(as_is, ground=replace(as_is.ground, exits=elsewhere))
    left = ground.runs.station == 1
    fold = np.where(left, 0, -1)
    found = (one.left_out(fold, what="stations").median_s[left] for one in (moved, as_is))
    np.testing.assert_allclose(*found, rtol=0.01)


@pytest.mark.parametrize("model", ["planning", "factor", "rand", "rand_fitted", "linear", "class"])
def test_models_that_are_not_told_hours_and_exits_have_none(drawn, model, monkeypatch):
    """Only the full model is tried with them, so only it may bring them."""
    town, ground = drawn
    few = history(np.random.default_rng(3), town, written(np.random.default_rng(3)), 700)
    monkeypatch.setattr(_study, "chosen", lambda *_: model)
    with silent():
        study = _study.study_of(
            few, town, emergency_priorities=("1",), first_types=("engine",), longest_s=None, draws=0, seed=1
        )
        found = told(study, few, town, draws=0, seed=1)
    assert len(study.ground.bands) == 1
    assert found.periods == ()
    assert all(start.at is None for start in found.stations.values())
    np.testing.assert_array_equal(study.ground.exits.street, ground.exits.street)


def test_progress_has_a_step_for_every_fold(drawn):
    town, ground = drawn
    done = []
    with_steps = replace(refits(town, ground), step=lambda: done.append(1))
    with_steps.left_out(ground.runs.day % 5)
    assert len(done) == 5


def test_a_start_elsewhere_ends_at_the_same_times(drawn):
    """Where fits begin is no part of what they say."""
    town, ground = drawn
    as_is = refits(town, ground)
    p = as_is.whole.parameters
    off = replace(as_is, whole=as_is.whole._replace(parameters=p._replace(paces=p.paces * 1.15, start_s=p.start_s + 5)))
    fold = np.where(ground.runs.day % 5 == 0, 0, -1)
    tested = fold == 0
    np.testing.assert_allclose(off.left_out(fold).median_s[tested], as_is.left_out(fold).median_s[tested], rtol=0.01)
