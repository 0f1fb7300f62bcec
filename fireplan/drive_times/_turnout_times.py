"""How long crews take to turn out, as a distribution: by kind of unit, category of incident, hours and station."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan.drive_times._travel_spread import LEVELS, NORMAL_P90, NORMAL_SHAPE
from fireplan.errors import Faults, quoted
from fireplan.stations import KINDS, supply

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

HOURS = 24
LONGEST_S, MOST_SIGMA = 3600.0, 3.0
LEAST_FACTOR, MOST_FACTOR = 0.1, 10.0
NORMAL_Z = tuple(z * NORMAL_P90 for z in NORMAL_SHAPE)
"""Quantiles of the normal distribution, in standard deviations."""


class TurnoutLaw(NamedTuple):
    """
    Turnout of one kind of unit to one category of incident in some hours, by the crew of a usual station.

    Attributes
    ----------
    kind, category
        Such as "engine" and "ems"; "" where nothing tells it.
    hours
        From the first hour of the day to before the second, by the city's own clock; (0, 24) is all day, (22, 7) the
        night.
    n
        Turnouts seen; the fewer, the more it takes after those of other kinds and categories.
    median_s, low_s, high_s
        Median, and its 95 % interval. [s]
    sigma
        Standard deviation of the logarithm.
    """

    kind: str
    category: str
    hours: tuple[int, int]
    n: int
    median_s: float
    low_s: float
    high_s: float
    sigma: float


class StationTurnout(NamedTuple):
    """How the crews of a station differ: their turnout by that of a usual station, its 95 % interval, and turnouts."""

    factor: float
    low: float
    high: float
    n: int


@takes
@dataclass(frozen=True)
class TurnoutTimes:
    """
    Turnout as observed, from dispatch to wheels rolling.

    A turnout takes m f exp(sigma z): m and sigma by kind of unit, category of incident and hours, f by station, and z
    of one shape for all.

    Attributes
    ----------
    n
        Turnouts it rests on.
    laws
        One for each kind, category and band of hours that was seen.
    stations
        What is particular to single stations.
    shape
        Quantiles of z at the middles of a hundred equal shares (0.005, 0.015, ...), in rising order.
    shape_is
        "lognormal", or "observed" where the shape is that of the turnouts.
    ledger
        Responses left out, by rule, and those used.
    notes
        What a reader has to know.

    Raises
    ------
    InputError
        With every fault of the values.

    Examples
    --------
    >>> from fireplan.drive_times import TurnoutLaw, TurnoutTimes
    >>> day = TurnoutLaw("engine", "ems", (7, 22), 900, 50.0, 49.0, 51.0, 0.3)
    >>> night = TurnoutLaw("engine", "ems", (22, 7), 300, 80.0, 78.0, 82.0, 0.3)
    >>> known = TurnoutTimes(1200, (day, night))
    >>> round(known.median_s(hours=[3])), round(known.median_s(), 1)
    (80, 55.3)
    """

    n: int
    laws: tuple[TurnoutLaw, ...]
    stations: Mapping[str, StationTurnout] = field(default_factory=dict)
    shape: tuple[float, ...] = NORMAL_Z
    shape_is: str = "lognormal"
    ledger: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what is no distribution."""
        faults = Faults("turnout")
        if not self.laws:
            faults.add("it has no law: give one for each kind of unit and category of incident")
        for law in self.laws:
            _check_law(law, faults)
        for name, station in self.stations.items():
            if not LEAST_FACTOR <= station.factor <= MOST_FACTOR:
                between = f"from {LEAST_FACTOR:g} to {MOST_FACTOR:g}"
                faults.add(f"factor of station {quoted(name)} is {station.factor!r}: give a number {between}")
        if len(self.shape) != len(LEVELS):
            faults.add(f"shape has {len(self.shape)} values: give {len(LEVELS)}")
        elif not (np.isfinite(self.shape).all() and (np.diff(self.shape) >= 0).all()):
            faults.add("shape falls, or is not finite: give quantiles in rising order")
        faults.raise_if_any()

    @property
    def quantiles_s(self) -> tuple[float, ...]:
        """Quantiles of all turnouts together, at the middles of a hundred equal shares. [s]"""
        return tuple(self.distribution_s().tolist())

    @takes
    def distribution_s(
        self,
        kinds: Iterable[str] = (),
        categories: Iterable[str] = (),
        *,
        hours: Iterable[int] | None = None,
        station: str = "",
    ) -> NDArray[np.float64]:
        """
        Give quantiles of turnout at the middles of a hundred equal shares.

        Parameters
        ----------
        kinds
            Kinds of unit, or what an objective asks for: "people" are all crews that fight fires. None named, or none
            of them seen: all.
        categories
            Of incidents. None named, or none of them seen: all.
        hours
            Hours of the day, from 0 to 23; left out: all, as often as they were.
        station
            Whose crew; left out, or not seen: that of a usual station.

        Returns
        -------
        A hundred equally likely turnouts, in rising order. [s]
        """
        asked = (
            tuple(sorted(set(kinds))),
            tuple(sorted(set(categories))),
            None if hours is None else tuple(sorted(set(hours))),
        )
        found = self._known.get(asked)
        if found is None:
            found = self._known[asked] = self._mixed(self._chosen(*asked[:2]), asked[2])
        return found * self.factor(station)

    def median_s(
        self,
        kinds: Iterable[str] = (),
        categories: Iterable[str] = (),
        *,
        hours: Iterable[int] | None = None,
        station: str = "",
    ) -> float:
        """Give the median of `distribution_s`. [s]"""
        return float(np.median(self.distribution_s(kinds, categories, hours=hours, station=station)))

    def factor(self, station: str) -> float:
        """Say by how much the crews of a station differ from those of a usual one; 1 where nothing is known of it."""
        known = self.stations.get(station)
        return 1.0 if known is None else known.factor

    @takes
    def of_units(self, units: pd.DataFrame) -> pd.DataFrame:
        """
        Give units the turnout of their type and station at the median, in place of a planned one.

        Parameters
        ----------
        units
            With `type` and `station_id`.

        Returns
        -------
        The same with `turnout_s`: over all hours and categories, as often as they were; of a type that was not seen,
        that of all. [s]
        """
        by_type = {}
        for name in units["type"].unique():
            laws = [law for law in self.laws if law.kind == name] or list(self.laws)
            by_type[name] = float(np.median(self._mixed(laws, None)))
        factor = units["station_id"].map(self.factor).to_numpy(float)
        return units.assign(turnout_s=units["type"].map(by_type).to_numpy(float) * factor)

    def table(self) -> pd.DataFrame:
        """
        Set the laws out as a table.

        Returns
        -------
        By `kind`, `category` and `hours` (such as "07 to 22 h"): `n`, `median_s`, `low_s` and `high_s` (95 % interval
        of the median), `p90_s` [s], and `sigma`.
        """
        p90 = float(np.interp(0.9, LEVELS, self.shape))
        rows = [
            {
                **law._asdict(),
                "hours": f"{law.hours[0]:02d} to {law.hours[1]:02d} h",
                "p90_s": law.median_s * float(np.exp(law.sigma * p90)),
            }
            for law in self.laws
        ]
        columns = ["n", "median_s", "low_s", "high_s", "p90_s", "sigma"]
        return pd.DataFrame(rows).set_index(["kind", "category", "hours"])[columns]

    @cached_property
    def _known(self) -> dict[tuple[object, ...], NDArray[np.float64]]:
        """Distributions that were asked for."""
        return {}

    def _chosen(self, kinds: tuple[str, ...], categories: tuple[str, ...]) -> list[TurnoutLaw]:
        """Laws of some kinds and categories; where none is of them, of all."""
        laws = list(self.laws)
        if kinds:
            types = sorted({law.kind for law in laws})
            brings = supply(pd.DataFrame({"type": types, "crew": 1.0}))
            wanted = [KINDS.index(kind) for kind in kinds if kind in KINDS]
            does = {t for t, row in zip(types, brings, strict=True) if t in kinds or row[wanted].any()}
            laws = [law for law in laws if law.kind in does] or laws
        if categories:
            laws = [law for law in laws if law.category in categories] or laws
        return laws

    def _mixed(self, laws: list[TurnoutLaw], hours: tuple[int, ...] | None) -> NDArray[np.float64]:
        """Quantiles of turnouts that follow several laws, each as often as it was seen in these hours."""
        weight = np.array([float(max(law.n, 1)) for law in laws])
        if hours is not None:
            part = np.array([len(set(hours) & set(own)) / len(own) for own in (hours_of(law.hours) for law in laws)])
            weight = weight * part if part.any() else weight
        median_s, sigma = np.array([(law.median_s, law.sigma) for law in laws]).T
        taken = weight > 0
        seconds = median_s[taken, None] * np.exp(sigma[taken, None] * np.array(self.shape))
        return mixed_quantiles(seconds, weight[taken])


def _check_law(law: TurnoutLaw, faults: Faults) -> None:
    of = f"{quoted(law.kind)} to {quoted(law.category)}, {law.hours[0]} to {law.hours[1]} h"
    if not 0 < law.median_s <= LONGEST_S:
        faults.add(f"median_s of {of} is {law.median_s!r}: give seconds, more than 0 and no more than {LONGEST_S:g}")
    if not 0 <= law.sigma <= MOST_SIGMA:
        faults.add(f"sigma of {of} is {law.sigma!r}: give a number from 0 to {MOST_SIGMA:g}, such as 0.3")
    if not law.n >= 0:
        faults.add(f"n of {of} is {law.n!r}: give how many turnouts were seen")
    if not hours_of(law.hours):
        faults.add(f"hours of {of} are none: give whole hours from 0 to 24, such as (22, 7)")


def hours_of(hours: tuple[int, int]) -> tuple[int, ...]:
    """Hours of the day from the first to before the second, over midnight if it comes first; (0, 24): all."""
    begin, end = hours
    if not (0 <= begin < HOURS and 0 <= end <= HOURS):
        return ()
    length = end - begin if begin < end else end - begin + HOURS
    return tuple((begin + i) % HOURS for i in range(length))


def mixed_quantiles(seconds: NDArray[np.float64], weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Quantiles at `LEVELS` of a mixture of distributions.

    Parameters
    ----------
    seconds
        Distributions x their own quantiles at `LEVELS`. [s]
    weight
        Of each distribution.
    """
    if len(weight) == 1:
        return np.asarray(seconds[0])
    each = np.repeat(weight / weight.sum() / seconds.shape[1], seconds.shape[1])
    order = np.argsort(seconds, axis=None, kind="stable")
    ordered = seconds.ravel()[order]
    below = np.cumsum(each[order]) - each[order] / 2
    return np.asarray(np.interp(LEVELS, below, ordered))
