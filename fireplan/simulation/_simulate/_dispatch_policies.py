"""Policies in Python: who is sent, as a function of the moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fireplan._checked import said, takes
from fireplan._kernel import simulation as kernel
from fireplan.errors import InputError, listed, quoted
from fireplan.simulation._simulate._asked_policies import asking

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan._kernel.simulation import Drives, Moments, UnitsAsked, UnitsInService
    from fireplan.simulation._simulate._event_loop import Chooser


@takes
@dataclass(frozen=True)
class DispatchMoment:
    """
    A unit is asked for, and some are free.

    Attributes
    ----------
    at_s
        When, since the warm-up began. [s]
    kind
        Which kind of unit is asked for.
    category, call_type, priority
        Of the call; "" where it is not known.
    free
        Ids of the units that may be sent, in the order of the table.
    travel_s
        The median drive of each; of one on its way home by way of its station. [s]
    all_free
        Ids of all units of the department that are free, of whatever kind.
    """

    at_s: float
    kind: str
    category: str
    call_type: str
    priority: str
    free: tuple[str, ...]
    travel_s: tuple[float, ...]
    all_free: tuple[str, ...]


@takes
def nearest(moment: DispatchMoment) -> str | None:
    """
    Send the unit with the shortest median drive: what is done where no policy is given, as a policy in Python.

    Parameters
    ----------
    moment
        What is asked for, and who is free.

    Returns
    -------
    Its id; of some as near the first in the table.

    Examples
    --------
    >>> import fireplan as fp
    >>> moment = fp.simulation.DispatchMoment(0.0, "engine", "ems", "", "1", ("E1", "E2"), (300.0, 200.0), ("E1", "E2"))
    >>> fp.simulation.nearest(moment)
    'E2'
    """
    return moment.free[int(np.argmin(moment.travel_s))] if moment.free else None


class Dispatch:
    """A policy of one's own beside what it needs to see."""

    def __init__(
        self,
        policy: Callable[[DispatchMoment], str | None],
        unit_ids: list[str],
        kinds: tuple[str, ...],
        calls: gpd.GeoDataFrame,
    ) -> None:
        self._policy, self._ids, self._kinds = policy, unit_ids, kinds
        none = np.full(len(calls), "", dtype=object)
        self._said = [
            calls[name].astype("str").fillna("").to_numpy(object) if name in calls else none
            for name in ("category", "call_type", "priority")
        ]

    def chooser(self, asked: UnitsAsked, fleet: UnitsInService, drives: Drives, pattern: NDArray[np.int64]) -> Chooser:
        """Give the policy as the loop asks it: by rows."""

        def choose(row: int, at_s: float, moments: Moments) -> int:
            kind = int(asked.kind[row])
            n = drives.nearest.shape[2]
            serving = fleet.kind_unit[fleet.kind_start[kind * n] : fleet.kind_start[(kind + 1) * n]]
            free = [u for u in range(len(self._ids)) if kernel.free_from_s(u, at_s, fleet, moments) <= at_s]
            near = {
                int(u): kernel.eta_s(row, int(u), at_s, asked, drives, moments) for u in np.sort(serving) if u in free
            }
            able = {u: s for u, s in near.items() if s < np.inf}
            able = {u: s for u, s in able.items() if kernel.may_go(row, u, at_s, asked, fleet, moments)}
            first = {u: s for u, s in able.items() if fleet.after_s[u] < kernel.LAST_OF_ALL_S}
            able = first or able  # neighbours that have to be asked are seen where no other would do
            category, call_type, priority = (str(words[pattern[row]]) for words in self._said)
            moment = DispatchMoment(
                at_s=at_s,
                kind=self._kinds[kind],
                category=category,
                call_type=call_type,
                priority=priority,
                free=tuple(self._ids[u] for u in able),
                travel_s=tuple(able.values()),
                all_free=tuple(self._ids[u] for u in free),
            )
            with asking("policy", self._policy, f"at {at_s:.0f} s since the warm-up began"):
                chosen = self._policy(moment)
            if chosen is None:
                return -1
            found = [u for u in able if isinstance(chosen, str) and self._ids[u] == chosen]
            if not found:
                named = listed(quoted(self._ids[u]) for u in able)
                gave = quoted(chosen) if isinstance(chosen, str) else said(chosen)
                raise InputError(
                    f"policy sent {gave} where {self._kinds[kind]} was asked for: it may send one of {named}, or None"
                    " for none"
                )
            return found[0]

        return choose
