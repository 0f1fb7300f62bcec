"""
Where to put stations: models of station location, with existing stations, and proof of how good the answer is.

Each call takes a scenario and candidates and gives a `Siting`: a plan that `apply` takes, its bound, and what came
close. `models` holds the same models on a matrix.
"""

from fireplan.siting import models
from fireplan.siting._candidates.candidate_sites import grid_sites, intersection_sites, listed_sites, parcel_sites
from fireplan.siting._coverage import backup_coverage, expected_coverage, max_coverage, reliable_coverage, relocate
from fireplan.siting._double_standard import double_standard
from fireplan.siting._equity import fairest
from fireplan.siting._fleet import fleet
from fireplan.siting._problem.aims_and_rules import Aim, Rules
from fireplan.siting._problem.what_counts import aim_of
from fireplan.siting._results.siting_result import Siting
from fireplan.siting._robustness import Robustness, robustness
from fireplan.siting._set_cover import set_cover
from fireplan.siting._trade_offs import marginal_curve, trade_off
from fireplan.siting._travel_time import p_center, p_median

__all__ = [
    "Aim",
    "Robustness",
    "Rules",
    "Siting",
    "aim_of",
    "backup_coverage",
    "double_standard",
    "expected_coverage",
    "fairest",
    "fleet",
    "grid_sites",
    "intersection_sites",
    "listed_sites",
    "marginal_curve",
    "max_coverage",
    "models",
    "p_center",
    "p_median",
    "parcel_sites",
    "reliable_coverage",
    "relocate",
    "robustness",
    "set_cover",
    "trade_off",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
