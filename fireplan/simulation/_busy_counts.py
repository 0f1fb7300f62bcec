"""How many units are busy at once: what follows from it for calls that wait, and what it is where all are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import gammaln

from fireplan import wording
from fireplan.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray


LEAST = 1e-12
"""Shares are kept so far from none and all, where their logarithms are taken."""


class Waiting(NamedTuple):
    """
    Calls that wait for a unit.

    Attributes
    ----------
    never
        Share of the time that nobody waits.
    calls
        Share of calls that find no unit free and wait for their first.
    units
        Units that a call waits for, on average over all calls.
    first_h
        Mean wait for the first unit, over all calls. [h]
    length
        Units waited for at any time, on average.
    """

    never: float
    calls: float
    units: float
    first_h: float
    length: float


NOBODY = Waiting(1.0, 0.0, 0.0, 0.0, 0.0)


def waiting_of(counts: NDArray[np.float64], calls: float, share: NDArray[np.float64], ends: float) -> Waiting:
    """
    Work out how long calls wait, each unit taking the call that has waited longest as it comes free.

    Parameters
    ----------
    counts
        How much of the time that nobody waits 0, 1, ... units are busy.
    calls
        How often calls come. [1/h]
    share
        Share of calls that take 1, 2, ... units; those that are not free are waited for.
    ends
        How often all units together come free when all are busy. [1/h]

    Notes
    -----
    While all are busy, units come free at one rate whoever they are, so what is waited for is a chain of its own (calls
    in bulk, one server), and it meets the states without waiting in one alone: all busy, nobody waits. So those states
    last as they would if nothing waited, and the mean of the rest has a closed form.
    """
    takes = np.arange(1, len(share) + 1)
    asked = calls * float(share @ takes)
    if not asked < ends:
        raise InputError(
            f"calls ask for {wording.number(asked)} units an hour, and all units together come free"
            f" {wording.number(ends)} times an hour: calls would wait longer and longer; add units, or leave queue out,"
            " and calls that find no unit are lost, or given to aid"
        )
    free = np.arange(len(counts))[::-1]
    lacks = np.maximum(takes[:, None] - free[None, :], 0)
    lacking = float(share @ lacks @ counts)
    tail = calls * lacking / (ends - asked)
    squares = calls * float(share @ (lacks * (lacks + 1) / 2) @ counts)
    length = (tail * calls * float(share @ (takes * (takes + 1) / 2)) + squares) / (ends - asked)
    whole = 1.0 + tail
    all_busy = float(counts[-1]) + tail
    return Waiting(
        1.0 / whole,
        all_busy / whole,
        (lacking + tail * float(share @ takes)) / whole,
        (all_busy + length) / ends / whole,
        length / whole,
    )


def counts_if_alike(n_units: int, calls: float, share: NDArray[np.float64], end: float) -> NDArray[np.float64]:
    """
    Say how much of the time 0, 1, ... units are busy if all are alike, calls that find none being lost.

    Parameters
    ----------
    n_units, calls, share
        How many units, how often calls come [1/h], and the share that takes 1, 2, ... units, or as many as are free.
    end
        How often a busy unit comes free. [1/h]
    """
    counts = np.zeros(n_units + 1)
    counts[0] = 1.0
    more = calls * np.cumsum(share[::-1])[::-1]  # of calls that take at least 1, 2, ...
    for n in range(n_units):
        reaches = more[: n + 1][::-1]  # those that take one state, from far to near, beyond n
        counts[n + 1] = float(counts[n + 1 - len(reaches) : n + 1] @ reaches) / ((n + 1) * end)
        counts /= counts.max()
    return np.asarray(counts / counts.sum())


def likelier(counts: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """
    Say by how much it is likelier than under independence that of units drawn at random these are busy and those free.

    Parameters
    ----------
    counts
        How much of the time 0, 1, ... units are busy.
    most
        How many free ones before the last are asked about, at most, and one more.

    Returns
    -------
    By p units drawn and u of them free (u below `most`): the probability that these are free, the others busy, and the
    next one drawn free too, over what it were if each was busy by itself as often as on average; 0 where u is above p.

    Notes
    -----
    For u = 0 Larson's correction factor Q (1975), from whatever distribution of the number busy.
    """
    # The next one is one more that is drawn, and one more that is free.
    return among(counts, most + 1)[1:, 1:]


def among(counts: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """
    Say the same of units drawn at random of which u in all are free: by p drawn and u below `most`.

    Parameters
    ----------
    counts, most
        As in `likelier`.
    """
    n = len(counts) - 1
    busy = np.arange(n + 1)
    rho = min(max(_mean_share(counts), LEAST), 1 - LEAST)
    found = np.zeros((n + 1, most))
    for p in range(n + 1):
        for u in range(min(most, p + 1)):
            of_rest = busy - (p - u)  # how many of the units that are not drawn are busy
            fits = (of_rest >= 0) & (of_rest <= n - p) & (counts > 0)
            logs = np.log(counts[fits]) + _ln_choose(n - p, of_rest[fits]) - _ln_choose(n, busy[fits])
            logs -= (p - u) * np.log(rho) + u * np.log1p(-rho)
            found[p, u] = np.exp(logs).sum()
    return found


def beside(counts: NDArray[np.float64], n_few: int, n_busy: int) -> NDArray[np.float64]:
    """Say how much of the time 0, 1, ... of the other units are busy while so many of a few are, all units alike."""
    n = len(counts) - 1
    others = np.arange(n - n_few + 1)
    with np.errstate(divide="ignore"):
        logs = np.log(counts[others + n_busy]) + _ln_choose(n - n_few, others) - _ln_choose(n, others + n_busy)
    if not np.isfinite(logs).any():
        return np.asarray((others == 0).astype(float))
    weight = np.exp(logs - logs.max())
    return np.asarray(weight / weight.sum())


def _mean_share(counts: NDArray[np.float64]) -> float:
    """Which share of the units is busy on average."""
    n = len(counts) - 1
    return float(counts @ np.arange(n + 1)) / n if n else 0.0


def _ln_choose(n: int, k: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
