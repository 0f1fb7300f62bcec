"""For which share of its time each unit was out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan.errors import InputError, listed, quoted
from fireplan.response_performance._overlapping import overlapping
from fireplan.response_performance._workload import workload
from fireplan.scenario import held
from fireplan.stations._shared_crews import mates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fireplan.response_performance._attendance import Attendance, History
    from fireplan.scenario import Scenario

MEAN, WORST_HOUR = "mean", "worst hour"


@takes
def busy_shares(
    history: History | Attendance,
    scenario: Scenario,
    *,
    when: str = MEAN,
    start: str | pd.Timestamp | None = None,
    end: str | pd.Timestamp | None = None,
    schedules: Mapping[str, str] | None = None,
) -> pd.Series[Any]:
    """
    Say for which share of its staffed time each unit was out, as `fireplan.assess(..., availability=)` takes it.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, a replay or a simulation; or what `attend` made of it.
    scenario
        The department whose units are meant.
    when
        "mean": over all hours; "worst hour": in that hour of the week in which its units together were out most.
    start, end, schedules
        As for `workload`.

    Returns
    -------
    By `unit_id`, 0 to 1: committed by staffed time, as `workload` has it, 0 for a unit that was never staffed then;
    1 where it was committed beyond its staffed time. A unit that shares its crew (`shared_crew` of the scenario) is out
    while its crew is out with another, too. `.attrs` hold `source` ("history"), `when`, `start`, `end`,
    `basis`, `unknown`: how many responses have no known end, so that their time is missing; `overlapping`: how many are
    of units that were still at another call by the record; and `unseen`: units
    without a response then, which count as never out.

    Raises
    ------
    InputError
        If `when` is neither, or no response has a known end; as for `workload`.

    Examples
    --------
    >>> import fireplan as fp
    >>> project = fp.examples.marisol_project()
    >>> busy = fp.response_performance.busy_shares(project.history, project.today)
    >>> bool(busy.between(0, 1).all())
    True
    """
    if when not in (MEAN, WORST_HOUR):
        raise InputError(f"when is {quoted(when)}: use {listed([MEAN, WORST_HOUR])}")
    by = ["unit_id"] if when == MEAN else ["unit_id", "weekday", "hour"]
    table = workload(history, scenario=scenario, by=by, start=start, end=end, schedules=schedules)
    attrs = {"source": "history", "when": when, **{k: str(table.attrs.get(k, "")) for k in ("start", "end", "basis")}}
    attrs["unknown"] = str(int(table["unknown"].sum()))
    attrs["overlapping"] = str(overlapping(history.responses, scenario.units.index))
    if table["n"].sum() and not table["committed_h"].sum():
        raise InputError(
            "the history does not say of any response when its unit was free again (cleared), so that no unit would be"
            " out: give that column"
        )
    if when == WORST_HOUR:
        total = table.groupby(["weekday", "hour"], observed=True)[["committed_h", "staffed_h"]].sum()
        worst: Any = (total["committed_h"] / total["staffed_h"].where(total["staffed_h"] > 0)).idxmax()
        table = pd.DataFrame(table.xs(worst, level=["weekday", "hour"]))
        attrs["when"] = f"{WORST_HOUR}, {str(worst[0])[:3]} {int(worst[1]):02d}:00"
    staffed = table["staffed_h"].to_numpy(float)
    committed = _with_mates(table["committed_h"], scenario)
    share = np.where(staffed > 0, committed / np.where(staffed > 0, staffed, 1.0), 0.0)
    found: pd.Series[Any] = pd.Series(
        np.clip(share, 0.0, 1.0), index=pd.Index(table.index, name="unit_id"), name="busy_share"
    )
    unseen = scenario.units.index.difference(table.index[table["n"] > 0], sort=False)
    attrs["unseen"] = ", ".join(map(str, unseen))
    found = found.reindex(scenario.units.index).fillna(0.0)
    found.attrs.update(attrs)
    return found


def _with_mates(committed_h: pd.Series[float], scenario: Scenario) -> NDArray[np.float64]:
    """Hours for which each unit, or another that its crew took out, was committed. [h]"""
    of = {str(unit): float(hours) for unit, hours in committed_h.items()}
    shared = mates(held(scenario).units)
    return np.array([hours + sum(of.get(mate, 0.0) for mate in shared.get(unit, ())) for unit, hours in of.items()])
