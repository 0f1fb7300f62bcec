"""Learn from a dispatch history how long a department's drives take, and how wrong that still is."""

from fireplan.calibration._diagnostics import Diagnostics, diagnostics

__all__ = ["Diagnostics", "diagnostics"]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
