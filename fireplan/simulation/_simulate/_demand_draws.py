"""Calls of simulated days, drawn from those of a history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd

from fireplan.simulation._simulate._random_streams import Decision, stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.simulation._simulate._call_templates import CallTemplates

Demand = Literal["days", "poisson"]

SEASON_DAYS = 45
"""A simulated day is like one of the same weekday no farther off in the year; a figure of our own."""

YEAR_DAYS, DAY_S, HOUR_S, HOURS = 365.25, 86_400.0, 3_600.0, 24
FEWEST_PATTERNS = 5
"""Of an hour with fewer calls of a category, those of all hours are patterns too; a figure of our own."""


class DrawnCalls(NamedTuple):
    """Calls in order of time: row of the pattern of each, and seconds of the clock on the wall since the start."""

    template: NDArray[np.int64]
    wall_s: NDArray[np.float64]


class DemandModel:
    """
    Draws the calls of a replication.

    Parameters
    ----------
    templates
        Calls of the history.
    demand
        "days": whole days of the history, of the same weekday and season. "poisson": at rates by hour, weekday and
        category.
    first_day
        Local midnight of the first simulated day.
    days
        How many there are.
    growth
        By call of the history, how many are to come instead of it.
    """

    def __init__(
        self,
        templates: CallTemplates,
        *,
        demand: Demand,
        first_day: pd.Timestamp,
        days: int,
        growth: NDArray[np.float64],
    ) -> None:
        self._templates, self._growth, self._n_days, self._demand = templates, growth, days, demand
        self._dates = pd.date_range(first_day, periods=days, freq="D")
        if demand == "days":
            self._pools = self._days_alike()
            self._day_start = np.searchsorted(templates.day, np.arange(templates.n_days + 1))
        else:
            self._rates = self._fitted()

    def draw(self, seed: int, replication: int) -> DrawnCalls:
        """Draw the calls of one replication."""
        drawn = self._of_days(seed, replication) if self._demand == "days" else self._at_rates(seed, replication)
        order = np.argsort(drawn.wall_s, kind="stable")
        return DrawnCalls(drawn.template[order], drawn.wall_s[order])

    def _days_alike(self) -> list[NDArray[np.int64]]:
        """For each simulated day the days of the history that are like it."""
        start = self._templates.period.start.tz_convert(self._templates.period.timezone).tz_localize(None)
        known = pd.date_range(start, periods=self._templates.n_days, freq="D")
        weekday, of_year = known.day_of_week.to_numpy(), known.day_of_year.to_numpy()
        pools = []
        for date in self._dates:
            same = weekday == date.day_of_week
            apart = np.abs(of_year - date.day_of_year)
            near = np.minimum(apart, YEAR_DAYS - apart) <= SEASON_DAYS
            pools.append(np.flatnonzero(same & near if (same & near).any() else same))
        return pools

    def _of_days(self, seed: int, replication: int) -> DrawnCalls:
        level = stream(seed, replication, Decision.DAYS).random(self._n_days)
        chosen = np.array(
            [pool[int(u * len(pool))] for pool, u in zip(self._pools, level, strict=True)], dtype=np.int64
        )
        first, last = self._day_start[chosen], self._day_start[chosen + 1]
        rows = _ranges(first, last - first)
        wall_s = np.repeat(np.arange(self._n_days) * DAY_S, last - first) + self._templates.second[rows]
        if (self._growth == 1).all():
            return DrawnCalls(rows, wall_s)
        times = self._growth[rows]
        copies = np.floor(times + stream(seed, replication, Decision.GROWTH).random(len(rows))).astype(np.int64)
        of = np.repeat(np.arange(len(rows)), copies)
        again = np.arange(len(of)) > np.repeat(np.cumsum(copies) - copies, copies)
        shift = (stream(seed, replication, Decision.MOMENTS).random(len(of)) - 0.5) * HOUR_S
        moved = np.clip(wall_s[of] + np.where(again, shift, 0.0), 0.0, self._n_days * DAY_S - 1)
        return DrawnCalls(rows[of], moved)

    def _fitted(self) -> NDArray[np.float64]:
        """Calls in an hour by category, weekday and hour, per hour that the history had."""
        templates = self._templates
        bins = templates.period.bins(("hour", "weekday"))
        hours = np.zeros((7, HOURS))
        hour, weekday = bins.keys["hour"].to_numpy(np.int64), bins.keys["weekday"].cat.codes.to_numpy()
        hours[weekday, hour] = bins.elapsed_us / (HOUR_S * 1e6)
        local = templates.incidents["local"]
        n = np.zeros((len(templates.categories), 7, HOURS))
        np.add.at(n, (templates.category, local.dt.day_of_week.to_numpy(), local.dt.hour.to_numpy()), self._growth)
        return np.divide(n, hours, out=np.zeros_like(n), where=hours > 0)

    def _at_rates(self, seed: int, replication: int) -> DrawnCalls:
        rates = self._rates[:, self._dates.day_of_week.to_numpy(), :]
        counts = stream(seed, replication, Decision.COUNTS).poisson(rates)
        category, day, hour = (np.repeat(part.ravel(), counts.ravel()) for part in np.indices(counts.shape))
        within = stream(seed, replication, Decision.MOMENTS).random(len(day))
        level = stream(seed, replication, Decision.TEMPLATES).random(len(day))
        return DrawnCalls(self._patterns(category, hour, level), day * DAY_S + (hour + within) * HOUR_S)

    def _patterns(
        self, category: NDArray[np.int64], hour: NDArray[np.int64], level: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """Draw a call of the history of the category and hour for each, by how many are to come instead of it."""
        templates = self._templates
        of_hour = templates.incidents["local"].dt.hour.to_numpy(np.int64)
        found = np.empty(len(category), dtype=np.int64)
        for code in np.unique(category * HOURS + hour):
            rows = np.flatnonzero(category * HOURS + hour == code)
            alike = np.flatnonzero(templates.category == code // HOURS)
            same = alike[(of_hour[alike] == code % HOURS) & (self._growth[alike] > 0)]
            pool = same if len(same) >= FEWEST_PATTERNS else alike
            found[rows] = _drawn(pool, self._growth[pool], level[rows])
        return found


def _drawn(pool: NDArray[np.int64], chance: NDArray[np.float64], level: NDArray[np.float64]) -> NDArray[np.int64]:
    """Draw from a pool by chances, which are not all 0, and numbers from 0 to 1."""
    upto = np.cumsum(chance)
    at = np.minimum(np.searchsorted(upto, level * upto[-1], side="right"), len(pool) - 1)
    return np.asarray(pool[at])


def _ranges(first: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join ranges that begin at some numbers and are so long."""
    return np.repeat(first - (np.cumsum(count) - count), count) + np.arange(count.sum())
