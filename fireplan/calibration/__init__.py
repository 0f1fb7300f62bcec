"""Learn from a dispatch history how long a department's drives take, and how wrong that still is."""

from fireplan.calibration._total_response import total_response
from fireplan.calibration._turnout import turnout_times

__all__ = ["total_response", "turnout_times"]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
