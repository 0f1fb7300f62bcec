"""
The chain of a department's states, a state being which units are busy: its steps, its balance, and who is sent.

A state is a whole number whose bit i says that unit i is busy. A call takes units and so leads to a larger number, a
unit that comes free leads to a smaller one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import compiled, part

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

LEAST = 1e-12
"""Less than this part of the calls of a list is none: sums are not exact."""

FIRST_ROOM = 1 << 16
"""Steps for which room is made at first."""


class Order(NamedTuple):
    """
    Who is asked for units, in which order, for calls that are alike in it.

    Attributes
    ----------
    start
        Groups of list l are at `start[l]:start[l + 1]`.
    group
        Units that are asked alike, as bits; the nearest first.
    others
        Groups x units of the chain that are busy (or one row for all) x 0, 1, ...: how likely so many units that are no
        part of the chain are free among those asked before the group, and so take a part of what the call needs. Fewer
        than a call can need; more need not be told.
    """

    start: NDArray[np.int64]
    group: NDArray[np.int64]
    others: NDArray[np.float64]


class ChainSteps(NamedTuple):
    """What calls lead to: state s goes to `to[e]` at `rate[e]` a time, for e in `start[s]:start[s + 1]`."""

    start: NDArray[np.int64]
    to: NDArray[np.int32]
    rate: NDArray[np.float64]


def steps_of(
    order: Order,
    calls: NDArray[np.float64],
    share: NDArray[np.float64],
    n_units: int,
    *,
    room: Callable[[float], None],
) -> ChainSteps:
    """
    Work out what calls lead to from every state.

    Parameters
    ----------
    order
        The lists.
    calls
        How often calls of each list come.
    share
        Which share of them takes 1, 2, ... units; as many as are free are sent, if there are fewer.
    n_units
        How many units there are.
    room
        Is told how many bytes all steps will take so far as is known, and refuses if that is too much.
    """
    n_states = 1 << n_units
    scratch, touched = np.zeros(n_states), np.empty(n_states, dtype=np.int64)
    start = np.zeros(n_states + 1, dtype=np.int64)
    capacity = n_units << (n_units - 1) if len(share) == 1 else FIRST_ROOM
    to, rate = np.empty(capacity, dtype=np.int32), np.empty(capacity)
    wants, done = np.empty(len(share)), np.int64(0)
    while True:
        done = _fill(*order, calls, share, wants, scratch, touched, start, to, rate, done)
        if done == n_states:
            return ChainSteps(start, to[: start[-1]], rate[: start[-1]])
        capacity = max(2 * len(to), len(to) + n_states)
        room(1.5 * capacity * (to.itemsize + rate.itemsize))  # the old arrays stand beside the new ones for a while
        to, rate = (np.concatenate([old, np.empty(capacity - len(old), dtype=old.dtype)]) for old in (to, rate))


def leaving(steps: ChainSteps, ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Say how often each state is left; `ends`: how often each unit that is busy comes free."""
    out = np.zeros(len(steps.start) - 1)
    _leaving(steps.start, steps.rate, ends, out)
    return out


def balance(
    steps: ChainSteps,
    ends: NDArray[np.float64],
    p: NDArray[np.float64],
    *,
    tolerance: float,
    most_sweeps: int,
) -> tuple[float, int]:
    """
    Find how much of the time each state lasts in the long run.

    Parameters
    ----------
    steps, ends
        What calls lead to, and how often each busy unit comes free.
    p
        Where to begin, above zero; holds the answer afterwards, which adds up to 1.
    tolerance
        How far what comes to states and what leaves them may be apart, as a share of all that leaves.
    most_sweeps
        When to give up.

    Returns
    -------
    How far they are apart, and how many sweeps it took.

    Notes
    -----
    Gauss-Seidel in the order of the numbers: what calls bring to a state comes from smaller ones, which are new
    already. After each sweep the states with equally many busy units are scaled together, so that what crosses from so
    many to more equals what comes back (iterative aggregation and disaggregation): errors that sweeps alone would
    carry from layer to layer for long are gone at once.
    """
    out = leaving(steps, ends)
    n = len(ends)
    layer = np.array([int(s).bit_count() for s in range(1 << min(n, 8))], dtype=np.int8)
    while len(layer) < len(p):
        layer = np.concatenate([layer, layer + np.int8(1)])
    inflow, up, down = np.empty_like(p), np.empty((n + 1, n + 1)), np.empty(n + 1)
    off = np.inf
    for sweep in range(1, most_sweeps + 1):
        changed = _sweep(steps.start, steps.to, steps.rate, ends, out, layer, p, inflow, up, down)
        _scale(layer, up, down, p)
        if changed <= 10 * tolerance:
            off = float(_imbalance(steps.start, steps.to, steps.rate, ends, out, p, inflow))
            if off <= tolerance:
                return off, sweep
    off = float(_imbalance(steps.start, steps.to, steps.rate, ends, out, p, inflow))
    return off, most_sweeps


def who_is_sent(
    order: Order, share: NDArray[np.float64], p: NDArray[np.float64], n_units: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Say whom calls of each list get.

    Returns
    -------
    Lists x units: how likely a unit is the first (the nearest) sent, and how likely it is sent at all.
    """
    n = len(order.start) - 1
    first, sent = np.zeros((n, n_units)), np.zeros((n, n_units))
    _who_is_sent(*order, share, p, first, sent)
    return first, sent


@part
def _count(bits):
    n = np.int64(0)
    while bits:
        bits &= bits - 1
        n += 1
    return n


@part
def _add(scratch, touched, n, mask, amount):
    """Add to what is noted of a set of units; n sets were noted before."""
    if scratch[mask] == 0.0:
        touched[n] = mask
        n += 1
    scratch[mask] += amount
    return n


@part
def _add_some(scratch, touched, n, sent, free, n_free, need, amount):
    """Share an amount alike among all ways to choose `need` of the free units, added to those sent already."""
    ways = 1.0
    for i in range(need):
        ways = ways * (n_free - i) / (i + 1)
    # Gosper: the next larger number with equally many bits.
    picked = (np.int64(1) << need) - 1
    while picked < np.int64(1) << n_free:
        mask, left, rest = sent, free, picked
        while rest:
            low = left & -left
            if rest & 1:
                mask |= low
            left ^= low
            rest >>= 1
        n = _add(scratch, touched, n, mask, amount / ways)
        low = picked & -picked
        over = picked + low
        picked = (((picked ^ over) >> 2) // low) | over
    return n


@compiled
def _fill(list_start, group, others, calls, share, wants, scratch, touched, start, to, rate, done):
    """Note the steps of states from `done` on, until the room is used up; give the first state that is not done."""
    # Of calls that still lack units at a group, wants[k] lack k + 1. All of them have taken whatever was free before,
    # so that one set of units, `sent`, goes with all.
    n_states = len(start) - 1
    most = len(share)
    for s in range(done, n_states):
        state = np.int64(s)
        n = np.int64(0)
        table = min(_count(state), others.shape[1] - 1)
        for row in range(len(list_start) - 1):
            if calls[row] == 0.0:
                continue
            sent, n_sent, lacking = np.int64(0), np.int64(0), calls[row]
            for g in range(list_start[row], list_start[row + 1]):
                free = group[g] & ~state
                if free == 0:
                    continue
                through = lacking
                for k in range(most - n_sent):
                    wants[k] = 0.0
                    for u in range(most - n_sent - k):
                        wants[k] += calls[row] * share[n_sent + k + u] * others[g, table, u]
                    through -= wants[k]
                if sent and through > LEAST * calls[row]:
                    n = _add(scratch, touched, n, sent, through)
                n_free = _count(free)
                lacking = 0.0
                for k in range(most - n_sent):
                    if wants[k] > LEAST * calls[row]:
                        if k + 1 < n_free:
                            n = _add_some(scratch, touched, n, sent, free, n_free, k + 1, wants[k])
                        elif k + 1 == n_free:
                            n = _add(scratch, touched, n, sent | free, wants[k])
                        else:
                            lacking += wants[k]
                sent |= free
                n_sent += n_free
                if n_sent >= most or lacking == 0.0:
                    break
            if sent and lacking > 0.0:
                n = _add(scratch, touched, n, sent, lacking)
        at = start[s]
        fits = at + n <= len(to)
        for e in range(n):
            mask = touched[e]
            if fits:
                to[at + e] = state | mask
                rate[at + e] = scratch[mask]
            scratch[mask] = 0.0
        if not fits:
            return state
        start[s + 1] = at + n
    return np.int64(n_states)


@compiled
def _leaving(start, rate, ends, out):
    for s in range(len(out)):
        total = 0.0
        for i in range(len(ends)):
            if s >> i & 1:
                total += ends[i]
        for e in range(start[s], start[s + 1]):
            total += rate[e]
        out[s] = total


@compiled
def _sweep(start, to, rate, ends, out, layer, p, inflow, up, down):
    """Set every state to what comes to it, in order, and note what crosses between layers; give how much changed."""
    inflow[:] = 0.0
    up[:] = 0.0
    down[:] = 0.0
    changed = 0.0
    for s in range(len(p)):
        comes = inflow[s]
        back = 0.0
        for i in range(len(ends)):
            bit = np.int64(1) << i
            if s & bit:
                back += ends[i]
            else:
                comes += ends[i] * p[s | bit]
        new = comes / out[s]
        changed += abs(new - p[s])
        p[s] = new
        of = layer[s]
        down[of] += new * back
        for e in range(start[s], start[s + 1]):
            goes = new * rate[e]
            inflow[to[e]] += goes
            up[of, layer[to[e]]] += goes
    return changed


@compiled
def _scale(layer, up, down, p):
    """Scale the layers so that what crosses to more busy units equals what comes back, and all so that they add up."""
    n = len(down) - 1
    factor = np.zeros(n + 1)
    factor[0] = 1.0
    for to in range(1, n + 1):
        crosses = 0.0
        for of in range(to):
            for beyond in range(to, n + 1):
                crosses += factor[of] * up[of, beyond]
        factor[to] = crosses / down[to] if down[to] > 0.0 else 0.0
    total = 0.0
    for s in range(len(p)):
        p[s] *= factor[layer[s]]
        total += p[s]
    for s in range(len(p)):
        p[s] /= total


@compiled
def _imbalance(start, to, rate, ends, out, p, inflow):
    """Say how far what comes to states and what leaves them are apart, as a share of all that leaves."""
    inflow[:] = 0.0
    for s in range(len(p)):
        for i in range(len(ends)):
            bit = np.int64(1) << i
            if not s & bit:
                inflow[s] += ends[i] * p[s | bit]
        for e in range(start[s], start[s + 1]):
            inflow[to[e]] += p[s] * rate[e]
    off, total = 0.0, 0.0
    for s in range(len(p)):
        off += abs(p[s] * out[s] - inflow[s])
        total += p[s] * out[s]
    return off / total


@compiled
def _who_is_sent(list_start, group, others, share, p, first, sent):
    most = len(share)
    for row in range(len(list_start) - 1):
        for s in range(len(p)):
            state, n_sent = np.int64(s), np.int64(0)
            table = min(_count(state), others.shape[1] - 1)
            for g in range(list_start[row], list_start[row + 1]):
                free = group[g] & ~state
                if free == 0:
                    continue
                n_free = _count(free)
                each, nobody_yet = 0.0, 0.0
                for u in range(most - n_sent):
                    for k in range(n_sent + u, most):
                        each += p[s] * share[k] * others[g, table, u] * min(n_free, k + 1 - n_sent - u) / n_free
                if n_sent == 0:
                    nobody_yet = p[s] * others[g, table, 0] / n_free
                left, i = free, np.int64(0)
                while left:
                    if left & 1:
                        first[row, i] += nobody_yet
                        sent[row, i] += each
                    left >>= 1
                    i += 1
                n_sent += n_free
                if n_sent >= most:
                    break
