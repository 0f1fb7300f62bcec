"""What the department did: response performance and why it fell short, workload, reliability."""

from fireplan.response_performance._attendance import Attendance, History, attend
from fireplan.response_performance._baselines import baseline_sentences, baselines
from fireplan.response_performance._busy_shares import busy_shares
from fireplan.response_performance._groups import Shifts
from fireplan.response_performance._performance import performance
from fireplan.response_performance._period_differences import Period, between, difference, split
from fireplan.response_performance._policy import Policy
from fireplan.response_performance._reliability import reliability
from fireplan.response_performance._sensitivity import sensitivity
from fireplan.response_performance._staffing_sheet import StaffingSheet, staffing_sheet
from fireplan.response_performance._why_missed import Missed, why_missed
from fireplan.response_performance._workload import concurrency, drawdown, hour_by_weekday, workload

__all__ = [
    "Attendance",
    "History",
    "Missed",
    "Period",
    "Policy",
    "Shifts",
    "StaffingSheet",
    "attend",
    "baseline_sentences",
    "baselines",
    "between",
    "busy_shares",
    "concurrency",
    "difference",
    "drawdown",
    "hour_by_weekday",
    "performance",
    "reliability",
    "sensitivity",
    "split",
    "staffing_sheet",
    "why_missed",
    "workload",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
