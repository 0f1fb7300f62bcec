"""Which hours deserve a peak unit: blocks of the day, ranked by what they hold, with intervals from days drawn anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan.response_performance._period_differences import draw_days
from fireplan.response_performance._statistics import CONFIDENCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

PATTERNS = {"Mon-Sun": 7, "Mon-Fri": 5}
"""On how many days of the week, from Monday, a block begins."""

COVERED = ("over_unit_h", "first_due_out")
"""What blocks can be ranked by."""


class DaysOfWork(NamedTuple):
    """
    What happened on each day of a history, hour by hour.

    Attributes
    ----------
    weekday
        Of each day, from 0, Monday.
    figures
        By name: days x 24 hours.
    """

    weekday: NDArray[np.int64]
    figures: dict[str, NDArray[np.float64]]


def peak_blocks(days: DaysOfWork, *, hours: int, rank_by: str, draws: int, seed: int) -> pd.DataFrame:
    """
    Rank the blocks of so many hours, beginning on a full hour, on all days and on weekdays.

    Parameters
    ----------
    days
        What happened on each day; there must be one of every weekday.
    hours
        How long a block lasts. [h]
    rank_by
        One of `COVERED`.
    draws, seed
        Of days drawn anew; each weekday among its own kind.

    Returns
    -------
    See `StaffingSheet.blocks`.
    """
    begins = np.arange(24)
    masks = {name: _masks(begins, hours, n) for name, n in PATTERNS.items()}
    mask = np.concatenate(list(masks.values()))
    table = pd.DataFrame(
        {
            "days": np.repeat(list(PATTERNS), len(begins)),
            "begins": np.tile(begins, len(PATTERNS)),
            "schedule": [_schedule(name, int(b), hours) for name in PATTERNS for b in begins],
            "hours_a_week": mask.sum(axis=(1, 2)).astype(int),
        }
    )
    of_day = [np.flatnonzero(days.weekday == w) for w in range(7)]
    rng = np.random.default_rng(seed)
    drawn = [draw_days(len(rows), draws, rng) / len(rows) for rows in of_day]
    sure = all(len(rows) > 1 for rows in of_day)
    tail = (1 - CONFIDENCE) / 2
    for name, figure in days.figures.items():
        inside = [figure[rows] @ mask[:, w, :].T for w, rows in enumerate(of_day)]  # days of that weekday x blocks
        a_week = np.sum([block.mean(axis=0) for block in inside], axis=0)
        whole = np.sum([figure[rows].sum(axis=1).mean() for rows in of_day])
        table[name] = a_week
        if name in COVERED:
            again = np.sum([d @ block for d, block in zip(drawn, inside, strict=True)], axis=0)  # draws x blocks
            ends = np.quantile(again, [tail, 1 - tail], axis=0) if sure else np.full((2, len(table)), np.nan)
            table[f"{name}_low"], table[f"{name}_high"] = ends
            table[f"{name}_share"] = a_week / whole if whole > 0 else np.nan
            if name == rank_by:
                table["chance_best"] = _chance_best(again, table["days"].to_numpy()) if sure else np.nan
    order = table[rank_by].rank(ascending=False, method="first").groupby(table["days"]).rank().astype(int)
    table.insert(0, "rank", order)
    table["days"] = pd.Categorical(table["days"], categories=list(PATTERNS), ordered=True)
    return table.sort_values(["days", "rank"]).astype({"days": "str"}).set_index(["days", "rank"])


def block_mask(days: str, begins: int, hours: int) -> NDArray[np.bool_]:
    """Say which hours of the week a block holds: weekdays x 24."""
    return np.asarray(_masks(np.array([begins]), hours, PATTERNS[days])[0] > 0)


def _masks(begins: NDArray[np.int64], hours: int, n_days: int) -> NDArray[np.float64]:
    """Blocks x weekdays x 24: whether an hour of the week is in a block; beyond midnight it is of the next day."""
    mask = np.zeros((len(begins), 7 * 24))
    for i, begin in enumerate(begins):
        at = (24 * np.arange(n_days)[:, None] + begin + np.arange(hours)).ravel() % (7 * 24)
        mask[i, at] = 1.0
    return mask.reshape(-1, 7, 24)


def _schedule(days: str, begin: int, hours: int) -> str:
    """Write the hours as `SetSchedule` takes them."""
    if hours == 24 and PATTERNS[days] == 7:
        return "always"
    clock = f"{begin:02d}:00-{(begin + hours) % 24:02d}:00"
    return clock if PATTERNS[days] == 7 else f"{days} {clock}"


def _chance_best(again: NDArray[np.float64], pattern: NDArray[np.object_]) -> NDArray[np.float64]:
    """In how many of the draws each block covers most of those on the same days."""
    chance = np.zeros(again.shape[1])
    for name in PATTERNS:
        mine = np.flatnonzero(pattern == name)
        chance[mine] = np.bincount(again[:, mine].argmax(axis=1), minlength=len(mine)) / len(again)
    return chance
