"""Learn from a dispatch history how long a department's drives take, and how wrong that still is."""

from fireplan.calibration._calibrate import calibrate, held_out_runs
from fireplan.calibration._diagnostics import Diagnostics, diagnostics
from fireplan.calibration._model_card import CardPart, ModelCard, model_card
from fireplan.calibration._runs import history_fingerprint
from fireplan.calibration._total_response import total_response
from fireplan.calibration._turnout import turnout_times

__all__ = [
    "CardPart",
    "Diagnostics",
    "ModelCard",
    "calibrate",
    "diagnostics",
    "held_out_runs",
    "history_fingerprint",
    "model_card",
    "total_response",
    "turnout_times",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
