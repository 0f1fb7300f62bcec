"""Learn from a dispatch history how long a department's drives take, and how wrong that still is."""

from fireplan.calibration._calibrate import calibrate, held_out_runs
from fireplan.calibration._runs import history_fingerprint

__all__ = ["calibrate", "held_out_runs", "history_fingerprint"]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
