"""
Charts: what was measured, on one page each, for the screen and for print.

`chart` is the value that shows and saves itself; `sheet` is the page it is drawn on, with its words above and below;
`palette` holds the colours. `spread`, `weekly`, `grouped` and `bars` draw the tables of `fireplan.response_performance`,
`siting_charts` and `siting_runs` those of `fireplan.siting`. They compute nothing that the tables do not hold.
"""

from fireplan.charts._bars import reasons, workload
from fireplan.charts._by_group import by_group, by_month
from fireplan.charts._chart import About, Chart
from fireplan.charts._distribution import distribution
from fireplan.charts._hour_by_weekday import hour_by_weekday
from fireplan.charts._robustness import robustness
from fireplan.charts._trade_offs import marginal_curve, trade_off

__all__ = [
    "About",
    "Chart",
    "by_group",
    "by_month",
    "distribution",
    "hour_by_weekday",
    "marginal_curve",
    "reasons",
    "robustness",
    "trade_off",
    "workload",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
