"""How busy units are where there are too many for all their states: neighbourhoods of units, each state by state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.simulation.busy_lists import nearly_sent, seen_from
from fireplan._kernel.simulation.hypercube import balance, steps_of, who_is_sent
from fireplan.errors import FireplanError
from fireplan.simulation._busy_counts import NOBODY, among, beside, counts_if_alike, likelier, waiting_of
from fireplan.simulation._hypercube_states import QueueFound, exactly, mean_out_h, plain_mean_h

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fireplan.simulation._hypercube_lists import AskedLists
    from fireplan.simulation._hypercube_states import QueueAsked

HEART, NEIGHBOURS = 2, 11
"""Units of a neighbourhood whose figures are taken from it, and units it has in all."""

SELDOM = 1e-4
"""Lists whose calls reach a neighbourhood with a smaller chance are left out of it."""

MOST_ROUNDS = 500
SAME_BUSY_FIRST, SAME_BUSY = 1e-9, 1e-5
NEARLY_BALANCED = 1e-8
MOST_BUSY = 1.0 - 1e-9


class Neighbourhood(NamedTuple):
    """A few units that are asked together: the heart first; the number of each, and how long each state lasts."""

    units: NDArray[np.int64]
    n_heart: int
    p: NDArray[np.float64]


class Round(NamedTuple):
    """What one round of the iteration finds."""

    first: NDArray[np.float64]
    sent: NDArray[np.float64]


def nearly(asked: QueueAsked) -> QueueFound:
    """
    Find how busy each unit is.

    First as Larson (1975) does, each unit by itself, with times out of their own as Jarvis (1985) has them. Then anew
    in neighbourhoods, whose states are solved exactly while the units around them are busy as was found so far, more of
    them when more of the neighbourhood is.
    """
    n = asked.lists.n_units
    if n <= NEIGHBOURS:
        return replace(exactly(asked), off=float("nan"))
    takes = np.cumsum(asked.share[::-1])[::-1]

    def alone(busy: NDArray[np.float64], counts: NDArray[np.float64], _: NDArray[np.float64]) -> Round:
        lists = asked.lists
        return Round(*nearly_sent(lists.unit, lists.group, busy, likelier(counts, len(asked.share)), takes))

    found = _settled(asked, np.full(n, 0.5), plain_mean_h(asked), alone, SAME_BUSY_FIRST)
    around = _neighbourhoods(asked, found.busy)

    def together(busy: NDArray[np.float64], counts: NDArray[np.float64], ends: NDArray[np.float64]) -> Round:
        first, sent = np.zeros_like(found.first), np.zeros_like(found.sent)
        outside = _around(counts, NEIGHBOURS, len(asked.share), busy)
        for few in around:
            rows, seen_first, seen_sent = _seen(asked, few, outside, ends)
            heart = np.ix_(rows, few.units[: few.n_heart])
            first[heart], sent[heart] = seen_first[:, : few.n_heart], seen_sent[:, : few.n_heart]
        return Round(first, sent)

    return _settled(asked, found.busy, 1.0 / found.ends, together, SAME_BUSY)


def _settled(
    asked: QueueAsked,
    busy: NDArray[np.float64],
    out_h: NDArray[np.float64],
    find: Callable[[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]], Round],
    same: float,
) -> QueueFound:
    """Go on until how busy units are follows from whom calls get, and whom calls get from how busy units are."""
    n, calls, share = asked.lists.n_units, float(asked.calls.sum()), asked.share
    full = asked.lists.asked == n
    free = np.arange(n, -1, -1)
    sent_of = np.minimum(free[:, None], np.arange(1, len(share) + 1)[None, :]) @ share
    alike_h = float(out_h.mean())
    for round_ in range(1, MOST_ROUNDS + 1):
        ends = 1.0 / out_h
        counts = counts_if_alike(n, calls, share, 1.0 / alike_h)
        waiting = waiting_of(counts, calls, share, float(ends.sum())) if asked.queue else NOBODY
        never = waiting.never
        first, sent = find(np.clip((busy - (1.0 - never)) / never, 0.0, MOST_BUSY), counts, ends)
        # Calls that every unit answers get one as often as any is free, whoever it is.
        first[full] *= (counts[:-1].sum() / first[full].sum(axis=1))[:, None]
        sent[full] *= (float(counts @ sent_of) / sent[full].sum(axis=1))[:, None]
        first, sent = never * first, never * sent
        # What a unit is sent to at once is in proportion to how often it is free; so is what keeps it busy (Jarvis).
        runs = asked.calls[:, None] * sent
        load = (runs * asked.out_h).sum(axis=0) / (1.0 - busy)
        late = calls * waiting.units / float(ends.sum())
        new = np.minimum((load + late) / (1.0 + load), MOST_BUSY)
        moved = float(np.abs(new - busy).max())
        busy = new if round_ < 30 else 0.5 * (busy + new)
        out_h = mean_out_h(asked, sent, waiting, ends)
        alike_h = float((runs * asked.out_h).sum() / runs.sum())
        if moved <= same:
            break
    else:
        raise FireplanError(
            "how busy units are did not settle: check calls and times out for figures that cannot be, or ask for"
            " method='exact'"
        )
    counts = never * counts
    counts[-1] += 1.0 - never
    return QueueFound(busy, first, sent, counts, waiting, 1.0 / out_h, float("nan"), round_)


def _seen(
    asked: QueueAsked,
    few: Neighbourhood,
    outside: tuple[NDArray[np.float64], NDArray[np.float64]],
    ends: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Solve a neighbourhood; give the lists that reach it, and whom of it they get first, and at all."""
    n_few, lists, share = len(few.units), asked.lists, asked.share
    bit = np.full(lists.n_units, -1)
    bit[few.units] = np.arange(n_few)
    rows, order = seen_from(lists.unit, lists.group, *outside, bit, least=SELDOM)
    chain = steps_of(order, asked.calls[rows], share, n_few, room=lambda _: None)
    balance(chain, ends[few.units], few.p, tolerance=NEARLY_BALANCED, most_sweeps=MOST_ROUNDS)
    return rows, *who_is_sent(order, share, few.p, n_few)


def _around(
    counts: NDArray[np.float64], n_few: int, most: int, busy: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Say how busy the other units are while 0, 1, ... of a few are, and by how much likelier together than by themselves.

    Which units are busy at once is taken from units that are all alike; how busy each is on average, is its own.
    """
    n = len(counts) - 1
    mean = float(counts @ np.arange(n + 1)) / n
    likelier_busy, factor = np.empty((n_few + 1, n)), np.empty((n_few + 1, n - n_few + 1, most))
    odds = busy / (1.0 - busy)
    for m in range(n_few + 1):
        others = beside(counts, n_few, m)
        share = float(others @ np.arange(len(others))) / (len(others) - 1)
        share = min(max(share, 1.0 - MOST_BUSY), MOST_BUSY)
        now = odds * (share / (1.0 - share)) / (mean / (1.0 - mean))
        likelier_busy[m] = now / (1.0 + now)
        factor[m] = among(others, most)
    return likelier_busy, factor


def _neighbourhoods(asked: QueueAsked, busy: NDArray[np.float64]) -> list[Neighbourhood]:
    """Part the units into hearts of those that are most often asked for the same calls, each with others around it."""
    reach = _reach(asked.lists, busy)
    together = (asked.calls[:, None] * reach).T @ reach
    np.fill_diagonal(together, 0.0)
    left = np.ones(len(together), dtype=bool)
    found = []
    while left.any():
        units = [int(np.argmax(np.where(left, together.sum(axis=1), -1.0)))]
        left[units] = False
        while len(units) < HEART and left.any():
            units.append(int(np.argmax(np.where(left, together[units].sum(axis=0), -1.0))))
            left[units[-1]] = False
        n_heart = len(units)
        bond = together[units].sum(axis=0)
        bond[units] = -1.0
        units += np.argsort(-bond, kind="stable")[: NEIGHBOURS - n_heart].tolist()
        n_states = 1 << len(units)
        found.append(Neighbourhood(np.array(units), n_heart, np.full(n_states, 1.0 / n_states)))
    return found


def _reach(lists: AskedLists, busy: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lists x units: how likely a unit is asked at all, those before it in the list being busy."""
    reach = np.zeros(lists.unit.shape)
    ahead = np.ones(len(reach))
    here = ahead.copy()
    rows = np.arange(len(reach))
    for place in range(lists.n_units):
        asked = lists.unit[:, place] >= 0
        if place:
            here = np.where(lists.group[:, place] != lists.group[:, place - 1], ahead, here)
        unit = lists.unit[asked, place]
        reach[rows[asked], unit] = here[asked]
        ahead[asked] *= busy[unit]
    return reach
