"""Learn from a dispatch history how long a department's drives take, and how wrong that still is."""

from fireplan.calibration._diagnostics import Diagnostics, diagnostics
from fireplan.calibration._model_card import CardPart, ModelCard, model_card

__all__ = ["CardPart", "Diagnostics", "ModelCard", "diagnostics", "model_card"]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
