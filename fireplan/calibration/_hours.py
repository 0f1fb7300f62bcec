"""Hours of the week that are driven alike, merged as far as runs do not tell them apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.calibration._speeds_and_delays import Design, Parameters

HOURS = 24
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
WEEKEND = ("Saturday", "Sunday")


class HourBand(NamedTuple):
    """Hours of the day that are driven alike: from the first to before the second, on some days ("": all)."""

    begin: int
    end: int
    days: str = ""

    @property
    def hours(self) -> list[int]:
        """Its hours."""
        length = self.end - self.begin if self.begin < self.end else self.end - self.begin + HOURS
        return [(self.begin + i) % HOURS for i in range(length)]

    @property
    def name(self) -> str:
        """What to call it."""
        return f"{self.begin:02d}:00 to {self.end:02d}:00" + (f", {self.days}" if self.days else "")


WHOLE_WEEK = (HourBand(0, HOURS),)


class Evidence(NamedTuple):
    """What runs of each hour say of its factor: how strongly, and which (of its logarithm)."""

    strength: NDArray[np.float64]
    log_h: NDArray[np.float64]


def bands_of(bands: tuple[HourBand, ...], hour: NDArray[np.int64], weekend: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Say in which band each run is."""
    table = np.zeros((2, HOURS), dtype=np.int64)
    for i, band in enumerate(bands):
        days = {"": [0, 1], "weekdays": [0], "weekend": [1]}[band.days]
        for day in days:
            table[day, band.hours] = i
    return np.asarray(table[weekend.astype(int), hour])


def evidence(design: Design, parameters: Parameters, sd: float, cell: NDArray[np.int64], n_cells: int) -> Evidence:
    """Say of each cell of runs by how much its driving differs from what was fitted."""
    added_s, driving_s = parameters.times_s(design)
    log_h = np.zeros(n_cells)
    strength = np.zeros(n_cells)
    # A few steps of a robust mean of each cell by itself.
    for _ in range(8):
        now_s = np.maximum(added_s + driving_s * (np.exp(-log_h[cell]) - 1), 1.0)
        slope = driving_s * np.exp(-log_h[cell]) / now_s
        scaled = (design.log_s - np.log(now_s)) / sd
        weight = np.minimum(1.0, 1.345 / np.maximum(np.abs(scaled), 1e-9))
        strength = np.bincount(cell, weights=weight * slope**2, minlength=n_cells) / sd**2
        pull = np.bincount(cell, weights=weight * slope * scaled, minlength=n_cells) / sd
        log_h = np.clip(log_h - np.where(strength > 0, pull / np.maximum(strength, 1e-9), 0.0), -0.7, 0.7)
    return Evidence(strength, log_h)


def merged(
    design: Design, parameters: Parameters, sd: float, hour: NDArray[np.int64], weekend: NDArray[np.bool_]
) -> tuple[HourBand, ...]:
    """
    Merge adjacent hours into bands.

    Notes
    -----
    Of all ways to part the day into bands the one with the least squared distance from the hours' own factors, each by
    its strength, and 2 log(24) for each band: what one of 24 cuts gains by chance [1]_. It is found by dynamic
    programming over the hours. The weekend has bands of its own where that pays by the same measure.

    References
    ----------
    .. [1] D. P. Foster and E. I. George, "The risk inflation criterion for multiple regression", Annals of Statistics
       22(4), 1994, 1947-1975.
    """
    price = 2 * np.log(HOURS)
    whole = evidence(design, parameters, sd, hour, HOURS)
    both = evidence(design, parameters, sd, hour + HOURS * weekend, 2 * HOURS)
    circle, one_cost = _round_the_clock(whole, price)
    # Against hours that each have their own factor on weekdays and at weekends.
    one_cost += sum(
        both.strength[i + part] * (both.log_h[i + part] - whole.log_h[i]) ** 2
        for part in (0, HOURS)
        for i in range(HOURS)
    )
    parts, two_cost = [], 0.0
    for part, days in ((0, "weekdays"), (HOURS, "weekend")):
        here = Evidence(both.strength[part : part + HOURS], both.log_h[part : part + HOURS])
        bands, cost = _along(here, price, np.arange(HOURS))
        parts += [band._replace(days=days) for band in bands]
        two_cost += cost
    if two_cost < one_cost and weekend.any() and not weekend.all():
        return tuple(parts)
    return circle


def _round_the_clock(of: Evidence, price: float) -> tuple[tuple[HourBand, ...], float]:
    best: tuple[HourBand, ...] = WHOLE_WEEK
    least = np.inf
    for first in range(HOURS):
        bands, cost = _along(of, price, (np.arange(HOURS) + first) % HOURS)
        if cost < least - 1e-9:
            best, least = tuple(bands), cost
    if len(best) == 1:
        return WHOLE_WEEK, least
    return tuple(sorted(best)), least


def _along(of: Evidence, price: float, order: NDArray[np.int64]) -> tuple[list[HourBand], float]:
    """Part a row of hours into bands at the least cost."""
    strength, value = of.strength[order], of.log_h[order]
    s = np.concatenate([[0.0], np.cumsum(strength)])
    sv = np.concatenate([[0.0], np.cumsum(strength * value)])
    svv = np.concatenate([[0.0], np.cumsum(strength * value**2)])
    n = len(order)
    cost, cut = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=int)
    cost[0] = 0.0
    for end in range(1, n + 1):
        begin = np.arange(end)
        weight = s[end] - s[begin]
        spread = svv[end] - svv[begin] - (sv[end] - sv[begin]) ** 2 / np.maximum(weight, 1e-12)
        total = cost[begin] + np.maximum(spread, 0.0) + price
        cut[end] = int(np.argmin(total))
        cost[end] = total[cut[end]]
    bands, end = [], n
    while end > 0:
        begin = cut[end]
        close = int(order[end - 1] + 1)
        bands.append(HourBand(int(order[begin]), close if close < HOURS or order[begin] < order[end - 1] + 1 else 0))
        end = begin
    return bands[::-1], float(cost[n])
