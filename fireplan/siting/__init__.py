"""
Where to put stations: models of station location, with existing stations, and proof of how good the answer is.

Each call takes a scenario and candidates and gives a `Siting`: a plan that `apply` takes, its bound, and what came
close. `models` holds the same models on a matrix.
"""

from fireplan.siting import models as models
from fireplan.siting.aims import Aim as Aim
from fireplan.siting.aims import Rules as Rules
from fireplan.siting.covering_calls import backup_coverage as backup_coverage
from fireplan.siting.covering_calls import expected_coverage as expected_coverage
from fireplan.siting.covering_calls import max_coverage as max_coverage
from fireplan.siting.covering_calls import reliable_coverage as reliable_coverage
from fireplan.siting.covering_calls import relocate as relocate
from fireplan.siting.equity_calls import fairest as fairest
from fireplan.siting.fewest_calls import set_cover as set_cover
from fireplan.siting.fleet_calls import fleet as fleet
from fireplan.siting.frontier_calls import marginal_curve as marginal_curve
from fireplan.siting.frontier_calls import trade_off as trade_off
from fireplan.siting.result import Siting as Siting
from fireplan.siting.robustness_calls import Robustness as Robustness
from fireplan.siting.robustness_calls import robustness as robustness
from fireplan.siting.sites import grid_sites as grid_sites
from fireplan.siting.sites import intersection_sites as intersection_sites
from fireplan.siting.sites import listed_sites as listed_sites
from fireplan.siting.sites import parcel_sites as parcel_sites
from fireplan.siting.time_calls import p_center as p_center
from fireplan.siting.time_calls import p_median as p_median
from fireplan.siting.two_limit_calls import double_standard as double_standard
