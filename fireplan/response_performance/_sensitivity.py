"""How much the headline figure depends on what is counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from fireplan._checked import takes
from fireplan.errors import InputError, listed, quoted
from fireplan.progress import steps
from fireplan.response_performance._attendance import Attendance, History, beside, under
from fireplan.response_performance._performance import (
    NO_ANSWER,
    calls_of,
    interval_of,
    is_told,
    tabulated,
    units_of,
)
from fireplan.response_performance._policy import LONGEST_S, Policy
from fireplan.standards import CALL_INTERVALS, OBSERVED_INTERVALS
from fireplan.standards._objectives import current_interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fireplan.scenario import Scenario

AS_IT_STANDS = "as it stands"
CHIEFS = ("battalion",)
MOST_PRIORITIES = 6
"""Histories with more priorities than this have codes there, not degrees of urgency: they are not tried in turn."""


@takes
def sensitivity(
    history: History,
    *,
    scenario: Scenario | None = None,
    measure: str = "travel_s",
    nth: int | None = 1,
    policy: Policy | None = None,
) -> pd.DataFrame:
    """
    Say how far the 90th percentile would move if something else were counted.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, or a simulation.
    scenario
        The department; see `attend`.
    measure
        Which interval: a key of `fireplan.standards.OBSERVED_INTERVALS`.
    nth
        Times of the first unit to arrive at each incident (1), the second (2) and so on; None: of every unit that
        counts.
    policy
        What counts to begin with; left out: `Policy()`.

    Returns
    -------
    By `rule` and `setting`: first the policy as it stands, then each rule at each of its other settings, all else as it
    stands. `n` records, `unknown`, `p90_s` (inverted_cdf) with its order-statistic 95 % interval `p90_low_s` to
    `p90_high_s` [s], `n_change`, `p90_change_s` (from the policy as it stands) [s], `note`, and `source` of the rule.

    Raises
    ------
    InputError
        If `measure` is no interval, or `history` has been put under a policy already.

    Notes
    -----
    What is tried: yes and no of every rule that is one or the other; `first_types` with chiefs and without ambulances;
    intervals over 1,800 s in and out; and as emergencies all priorities and, where there are at most six, the first
    one, two and so on in the order of their codes. The intervals of two rows say nothing about their difference: both
    come from nearly the same records.
    """
    if isinstance(history, Attendance):
        raise InputError("this history has been put under a policy already: give the history itself")
    measure = current_interval(measure)
    if measure not in OBSERVED_INTERVALS:
        raise InputError(f"measure is {quoted(measure)}: use {listed(OBSERVED_INTERVALS)}")
    policy = policy or Policy()
    tried = [("policy", AS_IT_STANDS, "", policy), *_alternatives(policy, history)]
    told = []
    found = beside(history, scenario)
    with steps(len(tried), what="policies") as step:
        for rule, setting, source, other in tried:
            attendance = under(found, other)
            if not is_told(attendance, measure):
                raise InputError(f"{measure} is {NO_ANSWER}")
            rows = calls_of(attendance) if measure in CALL_INTERVALS else units_of(attendance, nth)
            (row,) = tabulated(attendance, [interval_of(measure, rows)]).to_dict("records")
            told.append({"rule": rule, "setting": setting, **row, "source": source})
            step()
    table = pd.DataFrame(told).set_index(["rule", "setting"])
    table["n_change"] = table["n"] - table["n"].iloc[0]
    table["p90_change_s"] = table["p90_s"] - table["p90_s"].iloc[0]
    figures = ["n", "unknown", "p90_s", "p90_low_s", "p90_high_s", "n_change", "p90_change_s", "note", "source"]
    return table[figures].astype(dict.fromkeys(["n", "unknown", "n_change"], "int64"))


def _alternatives(policy: Policy, history: History) -> Iterator[tuple[str, str, str, Policy]]:
    """Each rule at each of its other settings, with who says so."""
    for rule, now, source in policy.stated():
        value = getattr(policy, rule)
        others: list[object] = [not value] if isinstance(value, bool) else []
        if rule == "first_types":
            others = _types(policy.first_types)
        elif rule == "longest_s":
            others = [None, LONGEST_S]
        elif rule == "emergency_priorities":
            others = _priorities(history)
        for other in others:
            changes: dict[str, Any] = {rule: other}
            changed = replace(policy, **changes)
            setting = next(told for name, told, _ in changed.stated() if name == rule)
            if setting != now:
                yield rule, setting, source, changed


def _types(types: tuple[str, ...]) -> list[object]:
    """With chiefs, and without ambulances."""
    with_chiefs = (*types, *(t for t in CHIEFS if t not in types))
    fire = tuple(t for t in types if t != "ambulance")
    return [with_chiefs, fire] if fire else [with_chiefs]


def _priorities(history: History) -> list[object]:
    known = sorted(history.incidents["priority"].dropna().unique()) if "priority" in history.incidents else []
    if len(known) > MOST_PRIORITIES:
        return [None]
    return [None, *(tuple(known[:n]) for n in range(1, len(known)))]
