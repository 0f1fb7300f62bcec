"""Learn from a dispatch history how long a department's drives take, and how wrong that still is."""

from fireplan.calibration._calibrate import calibrate, held_out_runs
from fireplan.calibration._diagnostics import Diagnostics, diagnostics
from fireplan.calibration._model_card import CardPart, ModelCard, model_card
from fireplan.calibration._runs import history_fingerprint
from fireplan.calibration._total_response import total_response
from fireplan.calibration._turnout import turnout_times
from fireplan.drive_times import (
    Calibration,
    Estimate,
    HeldOutError,
    StationStart,
    TravelSpread,
    TurnoutTimes,
    read_calibration,
    write_calibration,
)

__all__ = [
    "Calibration",
    "CardPart",
    "Diagnostics",
    "Estimate",
    "HeldOutError",
    "ModelCard",
    "StationStart",
    "TravelSpread",
    "TurnoutTimes",
    "calibrate",
    "diagnostics",
    "held_out_runs",
    "history_fingerprint",
    "model_card",
    "read_calibration",
    "total_response",
    "turnout_times",
    "write_calibration",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
