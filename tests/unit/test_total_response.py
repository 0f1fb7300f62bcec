"""Total response as the sum of its parts' distributions, on a street where they are known."""

import numpy as np
import pytest

import fireplan as fp
from fireplan.calibration import total_response, turnout_times
from fireplan.calibration._total_response import MEASURES
from fireplan.drive_times import Calibration, HeldOutError, TravelSpread
from fireplan.drive_times._calibration import network_fingerprint
from fireplan.errors import InputError
from fireplan.response_performance import Policy, attend
from fireplan.roads import DriveCurve
from tests.support.histories import history, went

ERROR = HeldOutError(1919, "days", 0.0, 31.0, 101.0, 0.5, 0.9)
UPPER = 0.3


@pytest.fixture(scope="module")
def plain():
    return fp.examples.line_town()


def calibrated(plain, **more):
    given = {"curve": DriveCurve(), "spread": TravelSpread(UPPER), **more}
    return plain.calibrated(Calibration("full", ERROR, network_fingerprint(plain.roads), "x", **given))


@pytest.fixture(scope="module")
def calls(plain):
    """Eight hundred calls with handling of 60 s, turnout of 80 s and drives of 50 to 300 s, at the median."""
    rng = np.random.default_rng(5)
    rows, points = [], []
    for i in range(800):
        along = rng.uniform(0.005, 0.027)
        drive_s = along * 111_320 / 10 * np.exp(UPPER / 1.28155 * rng.normal())
        begin = i * 9000
        stamps = np.cumsum(
            [begin, 60 * np.exp(0.3 * rng.normal()), 80 * np.exp(0.4 * rng.normal()), drive_s, 900]
        ).round()
        rows.append(went(f"A{i}", "E1", *stamps.tolist()))
        points.append((-140.0, 30.0 + along))
    return attend(history(*rows, points=points), scenario=plain, policy=Policy())


def test_the_sum_of_the_parts_is_the_total_that_was_observed(plain, calls):
    found = total_response(calls, calibrated(plain))
    assert list(found.index) == list(MEASURES)
    assert (found["n"] == 800).all()
    for name in ("p50", "p90"):
        assert found[f"predicted_{name}_s"].to_numpy() == pytest.approx(found[f"observed_{name}_s"], rel=0.06)
    total = found.loc["total_response_s"]
    assert total["predicted_p90_s"] == pytest.approx(total["observed_p90_s"], rel=0.035)
    # Each part's own p90 adds up to more: they are not all late at once.
    assert total["predicted_p90_s"] < found["predicted_p90_s"].iloc[:3].sum() - 20
    assert found.attrs["drive_error"] == ERROR_LINE
    assert "beside modelled" in found.attrs["basis"]


ERROR_LINE = "drive times: median error 31 s, p90 101 s, held out, n = 1,919"


def test_groups_have_their_own_figures(plain, calls):
    town = calibrated(plain)
    by = total_response(calls, town, by="hour")
    assert by.index.names == ["hour", "measure"]
    assert by.xs("travel_s", level=1)["n"].sum() == 800
    assert total_response(calls, town).equals(total_response(calls, town))


def test_parts_are_predicted_from_other_days(plain, calls):
    # Turnout that only one day knows is not known of it.
    assert turnout_times(calls).median_s() == pytest.approx(80, rel=0.05)
    found = total_response(calls, calibrated(plain))
    assert found.loc["turnout_s", "predicted_p50_s"] == pytest.approx(80, rel=0.06)


@pytest.mark.parametrize(
    ("town", "said"),
    [(lambda p: p, "not calibrated"), (lambda p: calibrated(p, spread=None), "no spread")],
)
def test_what_cannot_be_predicted_is_said(plain, calls, town, said):
    with pytest.raises(InputError, match=said):
        total_response(calls, town(plain))


def test_too_few_incidents_are_told(plain):
    few = history(went("A", "E1", 0, 60, 140, 300, 900))
    with pytest.raises(InputError, match="of 1 incidents"):
        total_response(few, calibrated(plain))
