"""When a force is complete where some crews have the choice of several units, and go with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan._kernel.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEVER = -1
"""In place of an arrival: none completes it."""


def completing(
    start: NDArray[np.int64],
    source: NDArray[np.int64],
    supply: NDArray[np.float64],
    crew: NDArray[np.int64],
    need: NDArray[np.float64],
) -> NDArray[np.int64]:
    """
    Find the arrival with which each place can have all that a force needs, if every crew goes with its best unit.

    Parameters
    ----------
    start
        Arrivals at place p are `start[p]` to before `start[p + 1]`, in order of time.
    source
        Of each arrival.
    supply
        Sources x kinds: what each brings; of all kinds but the last a whole number.
    crew
        Of each source: those of one number are never there together.
    need
        How much of each kind is needed; the last may be any number (people).

    Returns
    -------
    By place: the number of the arrival; `NEVER` where no choice of units is enough.

    Notes
    -----
    Exact: after each arrival, for every number of units of each kind, no more than are needed, the most people are kept
    with which some choice brings so many. The crews' choices are for each place and each moment its own.
    """
    whole = np.ceil(need[:-1]).astype(np.int64)
    radix = np.ones(len(whole) + 1, dtype=np.int64)
    np.cumprod(whole + 1, out=radix[1:])
    counts = np.minimum(supply[:, :-1], whole).astype(np.int64)
    found = np.full(len(start) - 1, NEVER, dtype=np.int64)
    most, other = np.empty(radix[-1]), np.empty(radix[-1])
    here = np.empty(len(supply), dtype=np.int64)
    seen = np.empty(int(crew.max(initial=-1)) + 1, dtype=np.int64)
    people = np.ascontiguousarray(supply[:, -1], dtype=float)
    _completing(start, source, counts, people, crew, whole, radix, float(need[-1]), most, other, here, seen, found)
    return found


@compiled
def _completing(start, source, counts, people, crew, whole, radix, wanted, most, other, here, seen, found):
    # `most[state]`: the most people with which some choice of the units that have come brings the numbers of the state;
    # -1: none does. A crew whose second unit comes later than its first chooses anew, so all is done again with it.
    n_states, full = len(most), len(most) - 1
    for p in range(len(found)):
        most[:] = -1.0
        most[0] = 0.0
        seen[:] = 0
        n = 0
        for at in range(start[p], start[p + 1]):
            here[n] = source[at]
            n += 1
            mine = crew[source[at]]
            again = seen[mine] > 0
            seen[mine] += 1
            if again:
                most[:] = -1.0
                most[0] = 0.0
            for i in range(0 if again else n - 1, n):
                who = crew[here[i]]
                first = True
                for j in range(i):
                    if crew[here[j]] == who:
                        first = False
                        break
                if not first:
                    continue
                for state in range(n_states):
                    other[state] = most[state]
                for j in range(i, n):
                    if crew[here[j]] != who:
                        continue
                    unit = here[j]
                    for state in range(n_states):
                        if most[state] < 0.0:
                            continue
                        to = np.int64(0)
                        for k in range(len(whole)):
                            has = state // radix[k] % (whole[k] + 1) + counts[unit, k]
                            to += min(has, whole[k]) * radix[k]
                        value = most[state] + people[unit]
                        other[to] = max(other[to], value)
                for state in range(n_states):
                    most[state] = other[state]
            if most[full] >= wanted:
                found[p] = at
                break


def crew_force_times(
    time_s: NDArray[np.float32], supply: NDArray[np.float64], crew: NDArray[np.int64], need: NDArray[np.float64]
) -> NDArray[np.float32]:
    """
    Time at which a force can be complete at points, where some sources share a crew; as `force_times`.

    Parameters
    ----------
    time_s
        Sources x points, inf where not reached. [s]
    supply, crew, need
        As for `completing`.
    """
    order = np.argsort(time_s, axis=0, kind="stable")
    sorted_s = np.take_along_axis(time_s, order, axis=0)
    reached = np.isfinite(sorted_s)
    start = np.concatenate([[0], np.cumsum(reached.sum(axis=0))]).astype(np.int64)
    at = completing(start, np.ascontiguousarray(order.T[reached.T], dtype=np.int64), supply, crew, need)
    arrival_s = np.append(sorted_s.T[reached.T], np.float32(np.inf))  # -1 finds it at the end
    return np.asarray(arrival_s[at], dtype=np.float32)
