"""What a plan achieves: shares within objectives, and where it falls short."""

from fireplan.measures._assess import assess
from fireplan.measures._assessment import Assessment
from fireplan.measures._by_period import by_period
from fireplan.measures._gaps import gaps
from fireplan.measures._iso import by_distance, iso_added_area, iso_distribution, iso_zones
from fireplan.measures._over_week import StateOfWeek, WeekOfCover
from fireplan.measures._when_busy import CoverWhenBusy

__all__ = [
    "Assessment",
    "CoverWhenBusy",
    "StateOfWeek",
    "WeekOfCover",
    "assess",
    "by_distance",
    "by_period",
    "gaps",
    "iso_added_area",
    "iso_distribution",
    "iso_zones",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
