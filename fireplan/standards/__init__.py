"""Standards as data: what must be reached, how fast, for what share, and who says so."""

from fireplan._conversions import MILE_M
from fireplan.standards._cpse import PROGRAMS, RISKS, cpse_objective
from fireplan.standards._critical_tasks import force_for_risk
from fireplan.standards._density_classes import RURAL_PER_MI2, URBAN_PER_MI2, demand_zones, remote_zone
from fireplan.standards._library import FORMER, named, names
from fireplan.standards._objectives import (
    CALL_INTERVALS,
    INTERVALS,
    OBSERVED_INTERVALS,
    Objective,
    Standard,
    local_rule,
)
from fireplan.standards._reference_figures import ReferenceFigure, reference_figures
from fireplan.standards._road_distances import DistanceGoal, distance_goals, rand_distance_m, rand_travel_s

__all__ = [
    "CALL_INTERVALS",
    "INTERVALS",
    "MILE_M",
    "OBSERVED_INTERVALS",
    "PROGRAMS",
    "RISKS",
    "RURAL_PER_MI2",
    "URBAN_PER_MI2",
    "DistanceGoal",
    "Objective",
    "ReferenceFigure",
    "Standard",
    "cpse_objective",
    "demand_zones",
    "distance_goals",
    "force_for_risk",
    "local_rule",
    "named",
    "names",
    "rand_distance_m",
    "rand_travel_s",
    "reference_figures",
    "remote_zone",
]


def __getattr__(name: str) -> Standard:
    """Give a standard of the library by its name, such as `standards.NFPA_1710`."""
    if name.startswith("_") or name not in {*names(), *FORMER}:
        raise AttributeError(f"fireplan.standards has no {name!r}; it has {', '.join(names())}")
    return named(name)


def __dir__() -> list[str]:
    """List the public names, and the standards of the library."""
    return sorted([*__all__, *names()])
