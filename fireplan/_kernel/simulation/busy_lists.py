"""Larson's approximation of a department's states: whom calls get, by how busy each unit is alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.jit import compiled, part
from fireplan._kernel.simulation.hypercube import Order

if TYPE_CHECKING:
    from numpy.typing import NDArray


def nearly_sent(
    unit: NDArray[np.int32],
    group: NDArray[np.int32],
    busy: NDArray[np.float64],
    factor: NDArray[np.float64],
    takes: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Say whom calls of each list get, as if units were busy independently but for a factor.

    Parameters
    ----------
    unit, group
        Lists x places: the unit asked there (-1: none any more), and the number of its group; units of one group are
        asked alike.
    busy
        How busy each unit is, 0 to 1.
    factor
        By how many units are asked before, and how many of those are free: by how much that is likelier, of units
        drawn at random, than if they were independent.
    takes
        Share of calls that take more than 0, 1, ... units.

    Returns
    -------
    Lists x units: how likely a unit is the first sent, and how likely it is sent at all.
    """
    first, sent = np.zeros((len(unit), len(busy))), np.zeros((len(unit), len(busy)))
    most, n = len(takes), len(busy)
    ahead, ways = np.zeros(most), np.zeros((n + 1, most))
    _nearly_sent(unit, group, busy, factor, takes, ahead, ways, first, sent)
    return first, sent


@compiled
def _nearly_sent(unit, group, busy, factor, takes, ahead, ways, first, sent):
    # ahead[u]: sum over all sets of u free units among those asked before, of the product of what each is. Units of one
    # group are asked in any order alike: ways[m, v] is the same for m of the others asked before, v of them free.
    most = len(takes)
    for row in range(len(unit)):
        ahead[:] = 0.0
        ahead[0] = 1.0
        at = 0
        while at < unit.shape[1] and unit[row, at] >= 0:
            end = at
            while end < unit.shape[1] and unit[row, end] >= 0 and group[row, end] == group[row, at]:
                end += 1
            size = end - at
            for e in range(at, end):
                i = unit[row, e]
                for m in range(size):
                    for v in range(most):
                        ways[m, v] = 0.0
                ways[0, 0] = 1.0
                others = 0
                for o in range(at, end):
                    if o == e:
                        continue
                    b = busy[unit[row, o]]
                    others += 1
                    for m in range(others, 0, -1):
                        for v in range(most - 1, -1, -1):
                            ways[m, v] += ways[m - 1, v] * b
                            if v:
                                ways[m, v] += ways[m - 1, v - 1] * (1.0 - b)
                alike = 1.0 / size  # how likely so many of the group are asked before, and which
                for m in range(size):
                    for u in range(most):
                        for v in range(most - u):
                            chance = alike * ahead[u] * ways[m, v] * factor[at + m, u + v] * (1.0 - busy[i])
                            sent[row, i] += chance * takes[u + v]
                            if u + v == 0:
                                first[row, i] += chance
                    alike = alike * (m + 1) / (size - 1 - m) if m < size - 1 else 0.0
            for e in range(at, end):
                b = busy[unit[row, e]]
                for u in range(most - 1, -1, -1):
                    ahead[u] = ahead[u] * b + (ahead[u - 1] * (1.0 - b) if u else 0.0)
            at = end


def seen_from(
    unit: NDArray[np.int32],
    group: NDArray[np.int32],
    busy: NDArray[np.float64],
    factor: NDArray[np.float64],
    bit: NDArray[np.int64],
    *,
    least: float,
) -> tuple[NDArray[np.int64], Order]:
    """
    See lists as a few of the units do.

    Parameters
    ----------
    unit, group
        As for `nearly_sent`.
    busy
        By how many of the few are busy, and by unit: how likely it is busy.
    factor
        By how many of the few are busy, how many others are asked before, and how many of those are free: by how much
        that is likelier than if they were independent.
    bit
        By unit: its number among the few, or -1.
    least
        Lists whose calls reach the few with a smaller chance than this are left out.

    Returns
    -------
    Which lists are left, and what they are to the few.
    """
    n, few, most = len(unit), int((bit >= 0).sum()), factor.shape[2]
    rows, start = np.empty(n, dtype=np.int64), np.zeros(n + 1, dtype=np.int64)
    bits, others = np.empty(n * few, dtype=np.int64), np.empty((n * few, few + 1, most))
    kept = int(_seen_from(unit, group, busy, factor, bit, least, rows, start, bits, others, np.empty((few + 1, most))))
    ends = int(start[kept])
    return rows[:kept], Order(start[: kept + 1], bits[:ends], others[:ends])


@part
def _one_more(free_ahead, busy, before):
    """Let one more unit be asked, or asked with some chance."""
    for m in range(free_ahead.shape[0]):
        free = before * (1.0 - busy[m])
        for k in range(free_ahead.shape[1] - 1, -1, -1):
            free_ahead[m, k] = free_ahead[m, k] * (1.0 - free) + (free_ahead[m, k - 1] * free if k else 0.0)


@compiled
def _seen_from(unit, group, busy, factor, bit, least, rows, start, bits, others, ahead):
    # A unit that is no part of the few but asked alike with one of them is asked before it half the time.
    kept = np.int64(0)
    for row in range(len(unit)):
        ahead[:] = 0.0
        ahead[:, 0] = 1.0
        to, reach, at, asked = start[kept], 0.0, 0, 0
        while at < unit.shape[1] and unit[row, at] >= 0:
            end, here, n_here = at, np.int64(0), 0
            while end < unit.shape[1] and unit[row, end] >= 0 and group[row, end] == group[row, at]:
                if bit[unit[row, end]] >= 0:
                    here |= np.int64(1) << bit[unit[row, end]]
                    n_here += 1
                end += 1
            if here and n_here < end - at:
                saved = ahead.copy()
                for e in range(at, end):
                    if bit[unit[row, e]] < 0:
                        _one_more(ahead, busy[:, unit[row, e]], 0.5)
            if here:
                bits[to] = here
                p = asked + (end - at - n_here) // 2
                for m in range(others.shape[1]):
                    for k in range(others.shape[2]):
                        others[to, m, k] = ahead[m, k] * factor[m, p, k]
                        reach = max(reach, others[to, m, k])
                to += 1
                if n_here < end - at:
                    ahead[:] = saved
            for e in range(at, end):
                if bit[unit[row, e]] < 0:
                    _one_more(ahead, busy[:, unit[row, e]], 1.0)
            asked += end - at - n_here
            at = end
        if reach > least:
            rows[kept] = row
            start[kept + 1] = to
            kept += 1
    return kept
