"""When a whole force has arrived, and how that differs from the scenario before."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import _kernel as kernel
from fireplan._checked import takes
from fireplan.stations import KINDS
from fireplan.travel._crew_choice import crews_that_choose
from fireplan.travel._nearest_stations import DEPTH, nearest_stations, points_of, since
from fireplan.travel._suppliers import answer_key, suppliers_of
from fireplan.travel._turnout import told, told_key

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.travel._nearest_stations import Origins
    from fireplan.travel._places import Places

NO_ROWS = np.empty(0, dtype=np.int32)
NO_ROWS_S = np.empty(0, dtype=np.float32)


NO_DEPTH = -1
"""No list says when: there is not enough of it in all the department."""


class ForceTimes(NamedTuple):
    """
    Arrival of a force at every place: that of another scenario, and where it is another.

    Attributes
    ----------
    key
        What stands for it.
    before
        What stands for that of the other scenario; None: there is no other.
    before_s
        Arrival at every place there. [s]
    row, row_s
        Places where it is another, and when it arrives there [s].
    used
        To which depth of the lists of nearest sources it is owed.
    """

    key: Hashable
    before: Hashable
    before_s: NDArray[np.float32]
    row: NDArray[np.int32] = NO_ROWS
    row_s: NDArray[np.float32] = NO_ROWS_S
    used: int = 0

    def at(self, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """Give the arrival at some places, in rising order, among which are all where it is another. [s]"""
        found = self.before_s[rows]
        found[np.searchsorted(rows, self.row)] = self.row_s
        return found


def whole(scenario: Scenario, times: ForceTimes) -> NDArray[np.float32]:
    """Give the arrival at every place. [s]"""
    if times.before is None:
        return times.before_s

    def make() -> NDArray[np.float32]:
        arrival_s = times.before_s.copy()
        arrival_s[times.row] = times.row_s
        return arrival_s

    return scenario.memo.get(("whole", times.key), make)


@takes
def force_times(
    scenario: Scenario, ends: Places, *, needs: Mapping[str, float], interval: str = "travel_s"
) -> NDArray[np.float32]:
    """
    Arrival of the unit that completes a force.

    Parameters
    ----------
    scenario
        Stations with the units they house.
    ends
        Where to; see `places`.
    needs
        Kinds of unit, or `people`, and how many must have arrived.
    interval
        "travel_s" or "turnout_and_travel_s".

    Returns
    -------
    Time of the arrival that fills the last missing part; inf where the force is never complete. [s] All units are taken
    to be at home and free. Of the units that share a crew one comes, at each place the one with which the force is
    complete soonest.
    """
    return whole(scenario, force_arrival(scenario, ends, needs, interval))


def force_arrival(scenario: Scenario, ends: Places, needs: Mapping[str, float], interval: str) -> ForceTimes:
    """Find the arrival of a force, as what differs from that of the scenario before, where that is known."""

    def make() -> ForceTimes:
        # Each part comes with its own units: the force is complete when the last of its parts is.
        parts = [_amount_at(scenario, ends, kind, amount, interval) for kind, amount in needs.items()]
        added = parts[0] if len(parts) == 1 else _last_of(scenario, parts)
        found = _on_the_clock(scenario, added, interval, needs)
        chosen_s = crews_that_choose(scenario, ends, needs, interval)
        if chosen_s is None:
            return found
        key = "crews choose", answer_key("force", scenario, ends, needs, interval)
        return ForceTimes(key, None, np.maximum(whole(scenario, found), chosen_s), used=found.used)

    return scenario.memo.get(answer_key("force", scenario, ends, needs, interval), make)


def _on_the_clock(scenario: Scenario, added: ForceTimes, interval: str, needs: Mapping[str, float]) -> ForceTimes:
    """Tell times that streets and turns add up to as those of drives."""
    key = told_key(scenario, interval, needs)
    if key is None:
        return added

    def clock(added_s: NDArray[np.float32]) -> NDArray[np.float32]:
        return told(scenario, added_s, interval, needs)

    known = None if added.before is None else scenario.memo.known((*key, added.before))
    if added.before is None or known is None:
        times = ForceTimes((*key, added.key), None, clock(whole(scenario, added)), used=added.used)
    else:
        before = (*key, added.before)
        times = ForceTimes((*key, added.key), before, whole(scenario, known), added.row, clock(added.row_s), added.used)
    return scenario.memo.get(times.key, lambda: times)


def _last_of(scenario: Scenario, parts: list[ForceTimes]) -> ForceTimes:
    """The latest of several parts, in terms of the scenario before, if all are and that was asked the same."""
    key = "last of", *(part.key for part in parts)
    # What did not change has the same key there as here.
    before = "last of", *(part.key if part.before is None else part.before for part in parts)
    used = max(part.used for part in parts)
    known = scenario.memo.known(before) if before != key else None
    if known is None:
        arrival_s = np.max([whole(scenario, part) for part in parts], axis=0)
        return scenario.memo.get(key, lambda: ForceTimes(key, None, arrival_s, used=used))
    rows = np.unique(np.concatenate([part.row for part in parts]))
    row_s = np.max([part.at(rows) for part in parts], axis=0)
    return scenario.memo.get(
        key, lambda: ForceTimes(key, before, whole(scenario, known), rows, row_s, used)
    )  # fmt: skip


def _amount_at(scenario: Scenario, ends: Places, kind: str, amount: float, interval: str) -> ForceTimes:
    """When enough units of one kind, or people, have come to each place; inf: never. [s]"""
    found = suppliers_of(scenario, {kind: amount}, interval)
    origins, column = found.origins, KINDS.index(kind)

    def key(of: Origins) -> Hashable:
        return "amount at", scenario.roads.fingerprint, ends.key, of.key, of.brings[:, column].tobytes(), amount

    def make() -> ForceTimes:
        mine = key(origins)
        if not len(origins) or not origins.brings[:, column].sum() >= amount:
            return ForceTimes(mine, None, np.full(len(ends.ids), np.inf, dtype=np.float32), used=NO_DEPTH)
        for other in found.before():
            known = scenario.memo.known(key(other)) if key(other) != mine else None
            if known is None or known.used == NO_DEPTH:
                continue
            change = since(scenario, other, origins, least=known.used, column=column)
            if change is None:
                break
            before_s = whole(scenario, known)
            rows = change.rows(scenario, ends, before_s=before_s)
            row_s, used = _asked(scenario, ends, rows, origins, column, amount, tables=change.tables(scenario))
            other_s = row_s != before_s[rows]
            return ForceTimes(
                mine, known.key, before_s, rows[other_s], row_s[other_s], max(known.used, used)
            )  # fmt: skip
        tables = _deeper(scenario, origins, found.before)
        arrival_s, used = _asked(scenario, ends, None, origins, column, amount, tables=tables)
        return ForceTimes(mine, None, arrival_s, used=used)

    return scenario.memo.get(key(origins), make)


def _deeper(
    scenario: Scenario, origins: Origins, before: Callable[[], Iterable[Origins]]
) -> Iterator[kernel.NearestSources]:
    """Give the nearest sources of every node, and more of them each time."""
    depth = DEPTH
    while True:
        yield nearest_stations(scenario, origins, depth=depth, before=before).table
        depth *= 2


def _asked(
    scenario: Scenario,
    ends: Places,
    rows: NDArray[np.int32] | None,
    origins: Origins,
    column: int,
    amount: float,
    *,
    tables: Iterator[kernel.NearestSources],
) -> tuple[NDArray[np.float32], int]:
    """Ask when the amount has come to some places, of tables as deep as that takes."""
    brings = np.ascontiguousarray(origins.brings[:, column])
    points, streets = points_of(scenario, ends, rows), scenario.roads.routing.streets
    while True:  # a table as deep as there are sources is deep enough
        arrival_s, used = kernel.amount_at_points(
            next(tables), streets, points, origins.sources, brings=brings, need=amount
        )  # fmt: skip
        if used >= 0:
            return arrival_s, used
