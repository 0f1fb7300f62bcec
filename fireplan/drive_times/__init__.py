"""How long engines really take: what was learnt from a dispatch history, as a value."""

from fireplan.drive_times._calibration import (
    MODELS,
    Calibration,
    Draw,
    Estimate,
    HeldOutError,
    LadderStep,
    StationStart,
)
from fireplan.drive_times._calibration_toml import read_calibration, write_calibration
from fireplan.drive_times._travel_spread import LEVELS, NORMAL_SHAPE, TravelSpread
from fireplan.drive_times._turnout_times import StationTurnout, TurnoutLaw, TurnoutTimes

__all__ = [
    "LEVELS",
    "MODELS",
    "NORMAL_SHAPE",
    "Calibration",
    "Draw",
    "Estimate",
    "HeldOutError",
    "LadderStep",
    "StationStart",
    "StationTurnout",
    "TravelSpread",
    "TurnoutLaw",
    "TurnoutTimes",
    "read_calibration",
    "write_calibration",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
