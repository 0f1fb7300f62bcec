"""Departments calibrated by hand, with what was learnt chosen so that results can be reckoned."""

from fireplan.drive_times import Calibration, Draw, Estimate, HeldOutError, TravelSpread
from fireplan.drive_times._calibration import network_fingerprint
from fireplan.roads import DriveCurve

UPPER = 0.3
"""Way from the median to the 90th percentile, on the logarithmic scale."""

SPREAD = TravelSpread(UPPER)
HEADLINE = "Drive times: median error 31 s, p90 101 s, held out, n = 1,919"


def calibration_of(scenario, *, kph=36.0, start_s=0.0, spread=SPREAD, **given):
    """A calibration of a network of residential streets."""
    draws = tuple(Draw(start_s, 0.0, scale, 1.0, UPPER, 0.0) for scale in (0.98, 0.99, 1.0, 1.01, 1.02))
    return Calibration(
        "class", HeldOutError(1919, "days", 0.0, 31.0, 101.0, 0.5, 0.9), network_fingerprint(scenario.roads), "history",
        speeds_kph={"residential": Estimate(kph, kph, kph, 1919)}, curve=DriveCurve(start_s=start_s), spread=spread,
        **{"draws": draws if spread is not None else (), **given},
    )  # fmt: skip


def calibrated(scenario, **given):
    """The same department, driven by it."""
    return scenario.calibrated(calibration_of(scenario, **given))
