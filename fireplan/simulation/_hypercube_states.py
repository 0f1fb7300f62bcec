"""How long a department's states last in the long run, state by state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan._kernel.simulation.hypercube import balance, steps_of, who_is_sent
from fireplan._memory import check_room
from fireplan.errors import FireplanError
from fireplan.simulation._busy_counts import NOBODY, Waiting, waiting_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.simulation._hypercube_lists import AskedLists

TOLERANCE = 1e-10
"""What comes to states and what leaves them may be apart by this share of all that leaves."""

MOST_SWEEPS = 5000
SAME_SERVICE = 1e-7
"""Mean times out are the same when they differ by less than this share."""

MOST_ROUNDS = 100
STATE_BYTES = 8 * 5 + 9
"""What a state takes: its share of time, what leaves it, three arrays to work with, its place, its layer."""

STEP_BYTES = 12


@dataclass(frozen=True, eq=False)
class QueueAsked:
    """
    What is asked of a department.

    Attributes
    ----------
    lists
        Whom calls ask, each list as often as `calls` says.
    calls
        By list. [1/h]
    out_h
        Lists x units: how long a unit is out for a call, on average. [h]
    share
        Share of calls that take 1, 2, ... units.
    queue
        Whether calls wait for units that are not free; else they do without.
    """

    lists: AskedLists
    calls: NDArray[np.float64]
    out_h: NDArray[np.float64]
    share: NDArray[np.float64]
    queue: bool


@dataclass(frozen=True, eq=False)
class QueueFound:
    """
    What a department does in the long run.

    Attributes
    ----------
    busy
        By unit.
    first, sent
        Lists x units: how likely a unit is the first sent at once, and how likely it is sent at once at all.
    counts
        How much of the time 0, 1, ... units are busy.
    waiting
        Calls that wait.
    ends
        How often each unit comes free while it is busy. [1/h]
    off
        How far the balance is off, as a share; NaN: there is none.
    sweeps
        How many sweeps, or rounds, it took.
    """

    busy: NDArray[np.float64]
    first: NDArray[np.float64]
    sent: NDArray[np.float64]
    counts: NDArray[np.float64]
    waiting: Waiting
    ends: NDArray[np.float64]
    off: float
    sweeps: int


def runs_of(asked: QueueAsked, found: QueueFound) -> NDArray[np.float64]:
    """Lists x units: how often each unit goes to calls of each list, at once or after they waited. [1/h]"""
    return _runs(asked, found.sent, found.waiting, found.ends)


def _runs(
    asked: QueueAsked, sent: NDArray[np.float64], waiting: Waiting, ends: NDArray[np.float64]
) -> NDArray[np.float64]:
    # The unit that comes free first takes what waits.
    late = waiting.units * ends / ends.sum()
    return np.asarray(asked.calls[:, None] * (sent + late[None, :]))


def plain_mean_h(asked: QueueAsked) -> NDArray[np.float64]:
    """Mean time out by unit over all calls it may be sent to. [h]"""
    may = np.zeros((len(asked.calls), asked.lists.n_units))
    rows, places = np.nonzero(asked.lists.unit >= 0)
    may[rows, asked.lists.unit[rows, places]] = asked.calls[rows]
    return _weighted(asked.out_h, may)


def mean_out_h(
    asked: QueueAsked, sent: NDArray[np.float64], waiting: Waiting, ends: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean time out by unit over what it is sent to, at once or after the call waited. [h]"""
    runs = _runs(asked, sent, waiting, ends)
    return _weighted(asked.out_h, runs)


def _weighted(out_h: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean by unit; of one that goes nowhere the plain mean, which nothing depends on."""
    total = weight.sum(axis=0)
    goes = total > 0
    mean_h: NDArray[np.float64] = np.where(
        goes, (weight * out_h).sum(axis=0) / np.where(goes, total, 1.0), out_h.max(axis=0)
    )
    return mean_h


def _layers(n: int) -> NDArray[np.int64]:
    layer = np.zeros(1, dtype=np.int64)
    for _ in range(n):
        layer = np.concatenate([layer, layer + 1])
    return layer


def _busy(p: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """How much of the time each unit is busy."""
    return np.array([p.reshape(-1, 2, 1 << i)[:, 1].sum() for i in range(n)])


def exactly(asked: QueueAsked) -> QueueFound:
    """Solve the chain of all states; where times out differ by place, again until each unit's mean is its own."""
    lists, n = asked.lists, asked.lists.n_units
    n_states = 1 << n
    per_state = STATE_BYTES + (STEP_BYTES * n / 2 if len(asked.share) == 1 else 0)

    def room(more_bytes: float) -> None:
        check_room(
            more_bytes,
            what=f"the {wording.count(n_states)} states of {wording.counted(n, 'unit')}",
            mend="ask for method='approximate', or for fewer units",
        )

    room(n_states * per_state)
    order = lists.as_bits(len(asked.share))
    steps = steps_of(order, asked.calls, asked.share, n, room=room)
    p = np.full(n_states, 1.0 / n_states)
    out_h, sweeps = plain_mean_h(asked), 0
    for _ in range(MOST_ROUNDS):
        ends = 1.0 / out_h
        off, took = balance(steps, ends, p, tolerance=TOLERANCE, most_sweeps=MOST_SWEEPS)
        sweeps += took
        if not off <= TOLERANCE:
            raise FireplanError(
                f"the states of {wording.counted(n, 'unit')} did not settle in {wording.count(MOST_SWEEPS)} sweeps"
                f" (off by {off:.1e}): ask for method='approximate'"
            )
        first, sent = who_is_sent(order, asked.share, p, n)
        counts = np.bincount(_layers(n), weights=p, minlength=n + 1).astype(float)
        waiting = (
            waiting_of(counts, float(asked.calls.sum()), asked.share, float(ends.sum())) if asked.queue else NOBODY
        )
        new_h = mean_out_h(asked, sent * waiting.never, waiting, ends)
        if np.abs(new_h / out_h - 1.0).max() <= SAME_SERVICE:
            break
        out_h = new_h
    else:
        raise FireplanError("mean times out did not settle: ask for method='approximate'")
    never = waiting.never
    busy = never * _busy(p, n) + (1.0 - never)
    counts = never * counts
    counts[-1] += 1.0 - never
    return QueueFound(busy, never * first, never * sent, counts, waiting, ends, off, sweeps)
