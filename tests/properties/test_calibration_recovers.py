"""What drives through a random town were made of is found again in their history."""

import numpy as np
import pytest

import fireplan as fp
from fireplan.progress import silent
from tests.support import driven_towns
from tests.support.how_many import tries

RUNS = 2500


@pytest.mark.parametrize("seed", range(tries(20)))
def test_written_speeds_start_delays_hours_and_spread_are_found(seed):
    rng = np.random.default_rng(seed)
    truth = driven_towns.written(rng)
    town = driven_towns.department(rng, driven_towns.grid(rng))
    history = driven_towns.history(rng, town, truth, RUNS)
    with silent():
        found = fp.calibrate(history, town, emergency_priorities=("1",), draws=0)
    assert found.model == "full"
    assert sum(n for _, n in found.ledger) == len(history.responses)
    slow, quick = (_factor(found, hour) for hour in (truth.slow_hours[0] + 1, (truth.slow_hours[1] + 8) % 24))
    assert slow / quick == pytest.approx(truth.slow, rel=0.05)
    for name, kph in truth.kph.items():
        assert found.speeds_kph[name].value * quick == pytest.approx(kph, rel=0.08), name
    assert found.start.value == pytest.approx(truth.start_s, abs=3.0)
    assert found.delays.left_s == pytest.approx(truth.left_s, abs=1.6)
    assert found.delays.right_s == pytest.approx(truth.right_s, abs=1.6)
    usual_s = np.array([history.responses["travel_s"].median()])
    assert found.spread.upper_at(usual_s)[0] / 1.28155 == pytest.approx(truth.sigma, rel=0.1)
    assert abs(found.error.bias_s) < 2.0
    assert 0.87 < found.error.below_p90 < 0.93


def _factor(found, hour):
    """Factor of an hour on a Wednesday."""
    minute = 2 * 1440 + 60 * hour
    return next((p.factor for p in found.periods if p.minutes[minute]), 1.0)
