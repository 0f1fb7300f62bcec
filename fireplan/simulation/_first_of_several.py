"""How likely the first of several units is within a limit, when nobody knows which will be the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan._limits import last_within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.simulation.replay import PastResponses, SentAgain
    from fireplan.drive_times import TravelSpread

AT_ONCE = 20_000
"""So many responses are worked through at once."""

SEED = 1


def first_of_several(
    spread: TravelSpread | None,
    sent: PastResponses,
    found: SentAgain,
    *,
    may: NDArray[np.bool_],
    comes: NDArray[np.bool_],
    before_s: NDArray[np.float64],
    limit_s: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """
    Say of calls to which several units come how likely the first to arrive is within a limit.

    Each drive has a hundred equally likely times, put together at random: alike for the same response whatever the
    scenario.

    Parameters
    ----------
    spread
        How drives differ; None: they do not, and the median says who is first.
    sent, found
        What was sent, and what became of it.
    may, comes
        Which responses could bring the first unit by the record alone, and which do here.
    before_s
        What the interval holds before the drive. [s]
    limit_s
        Its limit. [s]

    Returns
    -------
    The calls to which at least two come, and how likely each is in time.
    """
    rows = np.flatnonzero(may)
    rows = rows[np.argsort(sent.call[rows], kind="stable")]
    rows = rows[np.bincount(sent.call, weights=may)[sent.call[rows]] > 1]
    if spread is None or not len(rows):
        return np.empty(0, dtype=np.int64), np.empty(0)
    rng = np.random.default_rng(SEED)
    calls, chance = [], []
    begins = np.flatnonzero(np.diff(sent.call[rows], prepend=-1))
    blocks = np.split(rows, begins[np.flatnonzero(np.diff(begins // AT_ONCE)) + 1])
    for part in blocks:
        luck = rng.permuted(np.tile(np.array(spread.shape), (len(part), 1)), axis=1)
        here = comes[part]
        several = np.bincount(sent.call[part], weights=here)[sent.call[part]] > 1
        its, likely = _of_block(spread, sent, found, part[here & several], luck[here & several], before_s, limit_s)
        calls.append(its)
        chance.append(likely)
    return np.concatenate(calls), np.concatenate(chance)


def _of_block(
    spread: TravelSpread,
    sent: PastResponses,
    found: SentAgain,
    rows: NDArray[np.intp],
    luck: NDArray[np.float64],
    before_s: NDArray[np.float64],
    limit_s: float,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The same of some responses in order of calls, each with its hundred lucks."""
    calls, begin, count = np.unique(sent.call[rows], return_index=True, return_counts=True)
    median_s = found.median_s[rows][:, None]
    drive_s = median_s * np.exp(spread.upper_at(median_s) * luck)
    comes_s = (sent.at_s + found.turnout_s)[rows][:, None] + drive_s
    its_s = before_s[rows][:, None] + drive_s
    best_s, within = np.full((len(calls), luck.shape[1]), np.inf), np.zeros((len(calls), luck.shape[1]), dtype=bool)
    for k in range(int(count.max(initial=0))):
        here = np.flatnonzero(count > k)
        row = begin[here] + k
        sooner = comes_s[row] < best_s[here]
        best_s[here] = np.where(sooner, comes_s[row], best_s[here])
        within[here] = np.where(sooner, its_s[row] <= last_within(limit_s), within[here])
    return calls, within.mean(axis=1)
