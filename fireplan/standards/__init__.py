"""Standards as data: what must be reached, how fast, for what share, and who says so."""

from fireplan.standards.cpse import PROGRAMS as PROGRAMS
from fireplan.standards.cpse import RISKS as RISKS
from fireplan.standards.cpse import cpse_objective as cpse_objective
from fireplan.standards.density import demand_zones as demand_zones
from fireplan.standards.density import remote_zone as remote_zone
from fireplan.standards.distances import MILE_M as MILE_M
from fireplan.standards.distances import DistanceGoal as DistanceGoal
from fireplan.standards.distances import distance_goals as distance_goals
from fireplan.standards.distances import rand_distance_m as rand_distance_m
from fireplan.standards.distances import rand_travel_s as rand_travel_s
from fireplan.standards.library import named as named
from fireplan.standards.library import names as names
from fireplan.standards.objectives import INTERVALS as INTERVALS
from fireplan.standards.objectives import OBSERVED_INTERVALS as OBSERVED_INTERVALS
from fireplan.standards.objectives import Objective as Objective
from fireplan.standards.objectives import Standard as Standard
from fireplan.standards.objectives import local_rule as local_rule


def __getattr__(name: str) -> Standard:
    """Give a standard of the library by its name, such as `standards.NFPA_1710`."""
    if name.startswith("_") or name not in names():
        raise AttributeError(f"fireplan.standards has no {name!r}; it has {', '.join(names())}")
    return named(name)


def __dir__() -> list[str]:
    """List the library beside the functions."""
    return [*globals(), *names()]
