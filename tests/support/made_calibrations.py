"""Calibrations written by hand, to try what follows from one without learning it first."""

import numpy as np

from fireplan.drive_times import Calibration, Draw, Estimate, HeldOutError, StationStart, TravelSpread
from fireplan.drive_times._calibration import network_fingerprint
from fireplan.roads import DriveCurve, SpeedPeriod, TurnDelays

ERROR = HeldOutError(1919, "days", 0.0, 31.0, 101.0, 0.53, 0.9)
SPEEDS_KPH = {
    "motorway": 92.0, "trunk": 70.0, "motorway_link": 54.0, "primary": 59.0, "secondary": 53.0, "tertiary": 44.0,
    "unclassified": 36.0, "residential": 32.0,
}  # fmt: skip
CURVES = {
    "start": DriveCurve(start_s=9.0),
    "power": DriveCurve(start_s=12.0, offset_s=4.0, scale=2.6, power=0.82),
    "rand": DriveCurve(start_s=20.0, offset_s=1.0, scale=1.1, ramp_s=30.0),
}


def estimate(value, n=1000):
    return Estimate(value, 0.95 * value, 1.05 * value, n)


def draws(curve, upper, n=40):
    """Curves and spreads a little off the ones given."""
    rng = np.random.default_rng(3)
    return tuple(
        Draw(
            curve.start_s, curve.offset_s + float(rng.normal(0, 1.5)), curve.scale * float(rng.normal(1, 0.01)),
            curve.power, upper * float(rng.normal(1, 0.05)), 0.0,
        )
        for _ in range(n)
    )  # fmt: skip


def made(roads, curve="power", *, upper=0.3, stations=None, **given):
    """A calibration of some streets; of stations how much later each is."""
    curve = CURVES[curve] if isinstance(curve, str) else curve
    values = {
        "speeds_kph": {name: estimate(kph) for name, kph in SPEEDS_KPH.items()},
        "delays": TurnDelays(left_s=4.5, right_s=2.0, signal_s=3.5, stop_s=0.0, give_way_s=0.0, roundabout_s=0.0),
        "delay_estimates": {"left_s": estimate(4.5), "right_s": estimate(2.0), "signal_s": estimate(3.5)},
        "periods": (
            SpeedPeriod("midday", hours=(10, 15), factor=1.05, basis="calibrated"),
            SpeedPeriod("afternoon peak", hours=(16, 18), factor=0.88, basis="calibrated"),
        ),
        "week_sd": 0.06,
        "spread": TravelSpread(upper),
        "draws": draws(curve, upper),
        "stations": {name: StationStart(later_s, 200) for name, later_s in (stations or {}).items()},
    }
    return Calibration("full", ERROR, network_fingerprint(roads), "f" * 16, curve=curve, **values | given)
