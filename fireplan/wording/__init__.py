"""
Figures in words: shares, times, counts, distances, intervals, verdicts and names, each said in one way everywhere.

Map, report, chart, command line, live page and notebook take their words from here. The live page's `words.js` keeps
the same rule: both pass the same cases (``tests/support/wording_cases.json``).

One rounding rule:

- A share has one decimal, and as many more, up to four, as it takes that it is not rounded across the goal it is held
  to, nor to all or nothing; where four do not do, it is "just under" or "just over". All is ``100 %``, nothing ``0 %``.
- A time is told to the nearest second as minutes and seconds, from an hour on with hours; a time over its limit is
  never rounded to it. A 90th percentile is rounded up, because it says what nine in ten did not exceed. The ends of an
  interval are rounded outwards.
- A count is whole, with separators. Halves are rounded up. Parts that stand beside their whole add up to it.
- Infinite is "not reached", missing is "not known". Changes carry their sign; the minus is a minus, not a hyphen.
- A verdict stands with what was asked for, never beside a share alone: ``89.99 % (goal 90 %: missed)``. A share that is
  expected carries its interval, ``72.7 % (71.9 % to 73.5 %)``; a goal within it is met or missed, "not sure".
- What is told as 1 is one: ``1 zone``, ``1 person``.
"""

from fireplan.wording._counts import amount as amount
from fireplan.wording._counts import count as count
from fireplan.wording._counts import counted as counted
from fireplan.wording._counts import figure as figure
from fireplan.wording._counts import force as force
from fireplan.wording._counts import number as number
from fireplan.wording._counts import parted as parted
from fireplan.wording._counts import signed as signed
from fireplan.wording._counts import signed_figure as signed_figure
from fireplan.wording._counts import singular as singular
from fireplan.wording._distances import area as area
from fireplan.wording._distances import distance as distance
from fireplan.wording._intervals import high_end as high_end
from fireplan.wording._intervals import low_end as low_end
from fireplan.wording._intervals import share_interval as share_interval
from fireplan.wording._intervals import time_interval as time_interval
from fireplan.wording._names import called as called
from fireplan.wording._names import capital as capital
from fireplan.wording._names import joined as joined
from fireplan.wording._names import lower as lower
from fireplan.wording._names import named as named
from fireplan.wording._numbers import MINUS as MINUS
from fireplan.wording._numbers import NOT_KNOWN as NOT_KNOWN
from fireplan.wording._shares import between as between
from fireplan.wording._shares import goal as goal
from fireplan.wording._shares import points as points
from fireplan.wording._shares import share as share
from fireplan.wording._shares import share_of as share_of
from fireplan.wording._shares import shares_apart as shares_apart
from fireplan.wording._times import NOT_REACHED as NOT_REACHED
from fireplan.wording._times import change as change
from fireplan.wording._times import clock as clock
from fireplan.wording._times import passed as passed
from fireplan.wording._times import percentile as percentile
from fireplan.wording._times import roughly as roughly
from fireplan.wording._times import span as span
from fireplan.wording._verdicts import MET as MET
from fireplan.wording._verdicts import MISSED as MISSED
from fireplan.wording._verdicts import NOT_SURE as NOT_SURE
from fireplan.wording._verdicts import goal_verdict as goal_verdict
from fireplan.wording._verdicts import share_held as share_held
from fireplan.wording._verdicts import verdict as verdict

__all__ = [
    "MET",
    "MINUS",
    "MISSED",
    "NOT_KNOWN",
    "NOT_REACHED",
    "NOT_SURE",
    "amount",
    "area",
    "between",
    "called",
    "capital",
    "change",
    "clock",
    "count",
    "counted",
    "distance",
    "figure",
    "force",
    "goal",
    "goal_verdict",
    "high_end",
    "joined",
    "low_end",
    "lower",
    "named",
    "number",
    "passed",
    "percentile",
    "points",
    "roughly",
    "share",
    "share_held",
    "share_interval",
    "share_of",
    "shares_apart",
    "signed",
    "signed_figure",
    "singular",
    "span",
    "time_interval",
    "verdict",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
