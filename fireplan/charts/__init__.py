"""
Charts: what was measured, on one page each, for the screen and for print.

`Chart` is a value that shows and saves itself. `distribution`, `by_group`, `by_month`, `hour_by_weekday`, `workload`,
`staffing_sheet` and `reasons` draw the tables of `fireplan.response_performance`; `marginal_curve`, `trade_off` and
`robustness` those of `fireplan.siting`; `drive_times`, `drive_errors` and `ladder` those of `fireplan.calibration`;
`cover_by_hour` those of `fireplan.assess(..., at="by hour")`. They compute nothing that the tables do not hold.
"""

from fireplan.charts._bars import reasons, workload
from fireplan.charts._by_group import by_group, by_month
from fireplan.charts._chart import About, Chart
from fireplan.charts._cover_by_hour import cover_by_hour
from fireplan.charts._distribution import distribution
from fireplan.charts._drive_times import drive_errors, drive_times, ladder
from fireplan.charts._hour_by_weekday import hour_by_weekday
from fireplan.charts._robustness import robustness
from fireplan.charts._staffing_sheet import staffing_sheet
from fireplan.charts._trade_offs import marginal_curve, trade_off

__all__ = [
    "About",
    "Chart",
    "by_group",
    "by_month",
    "cover_by_hour",
    "distribution",
    "drive_errors",
    "drive_times",
    "hour_by_weekday",
    "ladder",
    "marginal_curve",
    "reasons",
    "robustness",
    "staffing_sheet",
    "trade_off",
    "workload",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
