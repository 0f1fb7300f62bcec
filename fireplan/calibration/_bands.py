"""Bands of the day in which times are alike, as far as the hours tell them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan.drive_times._turnout_times import HOURS, hours_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

PRICE = 2 * np.log(HOURS)
"""What a cut must gain: so much one of 24 gains by chance (Foster and George, Annals of Statistics 22(4), 1994)."""

MOST_BANDS = 4
"""More would be laws of a few turnouts each."""

ALL_DAY = (0, HOURS)


def bands_of_day(residual: NDArray[np.float64], hour: NDArray[np.int64], sd: float) -> tuple[tuple[int, int], ...]:
    """
    Part the day into bands.

    Parameters
    ----------
    residual
        Of the logarithm of each time, apart from all that is no matter of the hour.
    hour
        Of the day, of each time.
    sd
        Standard deviation of one residual.

    Returns
    -------
    From the first hour to before the second, in the order of the first; `ALL_DAY` alone where hours do not differ.

    Notes
    -----
    Of all ways to part the circle the one with the least squared distance of the residuals from the means of their
    bands, in units of their variance, and `PRICE` for each cut, of which there are at most `MOST_BANDS`. Found by
    dynamic programming.
    """
    n = np.bincount(hour, minlength=HOURS).astype(float)
    total = np.bincount(hour, weights=np.clip(residual, -3 * sd, 3 * sd), minlength=HOURS)
    best, least = [ALL_DAY], np.inf
    for first in range(HOURS):
        cuts, cost = _along(n / sd**2, total / sd**2, first)
        if cost < least - 1e-9:
            best, least = cuts, cost
    return tuple(sorted(best)) if len(best) > 1 else (ALL_DAY,)


def band_by_hour(bands: tuple[tuple[int, int], ...]) -> NDArray[np.int64]:
    """Say of each hour of the day in which band it is."""
    found = np.zeros(HOURS, dtype=np.int64)
    for i, band in enumerate(bands):
        found[list(hours_of(band))] = i
    return found


def _along(strength: NDArray[np.float64], pull: NDArray[np.float64], first: int) -> tuple[list[tuple[int, int]], float]:
    """Part the hours from one on, round the clock, at the least cost; what no parting changes is left out of it."""
    order = (np.arange(HOURS) + first) % HOURS
    s = np.concatenate([[0.0], np.cumsum(strength[order])])
    p = np.concatenate([[0.0], np.cumsum(pull[order])])
    # Cost of the hours up to each, parted into so many bands, and where the last of these begins.
    cost = np.full((MOST_BANDS + 1, HOURS + 1), np.inf)
    cut = np.zeros((MOST_BANDS + 1, HOURS + 1), dtype=int)
    cost[0, 0] = 0.0
    for end in range(1, HOURS + 1):
        begin = np.arange(end)
        explained = (p[end] - p[begin]) ** 2 / np.maximum(s[end] - s[begin], 1e-12)
        each = cost[:-1, :end] - explained + PRICE
        cut[1:, end] = each.argmin(axis=1)
        cost[1:, end] = each.min(axis=1)
    cost[1, HOURS] -= PRICE  # all day is no cut
    many = int(cost[:, HOURS].argmin())
    least, bands, end = float(cost[many, HOURS]), [], HOURS
    for parts in range(many, 0, -1):
        first_hour = int(cut[parts, end])
        bands.append((int(order[first_hour]), int(order[end - 1]) + 1))
        end = first_hour
    return bands[::-1], least
