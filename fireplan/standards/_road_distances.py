"""Standards that ask for road distance, and the time that goes with a distance."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, overload

import numpy as np

from fireplan._bounded_text import toml_content
from fireplan._checked import said, takes
from fireplan._conversions import MILE_M
from fireplan.errors import Faults, InputError, UnknownIdError, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

START_MIN = 0.65
"""What a run takes besides the miles at cruising speed, in RAND's formula. [min]"""

PACE_MIN = 1.7
"""What each mile takes at cruising speed, about 35 miles an hour, in RAND's formula. [min per mile]"""

BEND_MILES = START_MIN / PACE_MIN
"""Shorter runs never reach cruising speed: up to here the root holds, from here the line. [miles]"""

ROOT_MIN = 2 * (START_MIN * PACE_MIN) ** 0.5
"""Factor of the root, such that root and line meet without a bend: 2.10. [min per square root of a mile]"""


@takes
@dataclass(frozen=True)
class DistanceGoal:
    """
    A road distance within which a unit must be housed.

    Attributes
    ----------
    key
        Short name, used in columns.
    title
        What is to be housed there, such as "First-due engine".
    miles
        Within which distance along the streets. [miles]
    needs
        What the station must house one of: kinds as in `Objective.needs`.
    source, edition, verified
        As for `Objective`.
    """

    key: str
    title: str
    miles: float
    needs: Mapping[str, float]
    source: str = ""
    edition: str = ""
    verified: bool = False

    def __post_init__(self) -> None:
        """Check the figures."""
        faults = Faults(f"distance goal {quoted(self.key)}")
        if not 0 < self.miles < float("inf"):
            faults.add(f"miles is {self.miles}: it must be a number of miles above zero")
        if not self.needs:
            faults.add("needs is empty: say what must be housed, such as {'engine': 1}")
        faults.raise_if_any()

    @property
    def limit_m(self) -> float:
        """The distance. [m]"""
        return self.miles * MILE_M


@functools.cache
def _library() -> dict[str, tuple[DistanceGoal, ...]]:
    text = (resources.files(__package__) / "distances.toml").read_text(encoding="utf-8")
    held = toml_content(text, label="distances.toml")
    return {name: tuple(DistanceGoal(**g) for g in goals) for name, goals in held.items()}


@takes
def distance_goals(name: str = "ISO_FSRS") -> tuple[DistanceGoal, ...]:
    """
    Give the distances a standard asks for.

    Parameters
    ----------
    name
        "ISO_FSRS": the Fire Suppression Rating Schedule of the Insurance Services Office.

    Raises
    ------
    UnknownIdError
        If there is none of that name.
    """
    if name not in _library():
        raise UnknownIdError("standard by distance", name, _library())
    return _library()[name]


@overload
def rand_travel_s(distance_m: float) -> float: ...
@overload
def rand_travel_s(distance_m: NDArray[np.floating]) -> NDArray[np.float64]: ...


def rand_travel_s(distance_m: ArrayLike) -> float | NDArray[np.float64]:
    """
    Travel time that RAND's formula expects for a road distance.

    Parameters
    ----------
    distance_m
        Along the streets. [m]

    Returns
    -------
    Travel time [s]; inf stays inf, NaN stays NaN.

    Raises
    ------
    InputError
        If a distance is below zero.

    Notes
    -----
    T = 0.65 + 1.7 D, in minutes and miles [1]_. The line was validated for 0.5 to 8.0 miles and would give 39 s for no
    distance at all, so shorter runs follow a root, T = 2.10 sqrt(D). That the relation is a root for short runs and a
    line for longer ones, with the same slope where they meet, is RAND's own finding [2]_; with the line known this
    leaves one root only, c = 2 sqrt(0.65 x 1.7) = 2.102, which meets the line at D = 0.65 / 1.7 = 0.382 miles.
    ISO uses the formula for expected, not for measured times. Measured times of the department itself, where there are
    any, come first.

    References
    ----------
    .. [1] ISO, "Response-time considerations", firechief.iso.com, ppc3015.
    .. [2] P. Kolesar and W. Walker, "Measuring the travel characteristics of New York City's fire companies", RAND
       R-1449 (abstract, rand.org).

    Examples
    --------
    >>> import fireplan as fp
    >>> round(fp.standards.rand_travel_s(1.5 * fp.standards.MILE_M) / 60, 1)
    3.2
    """
    miles = _checked(distance_m, "distance_m") / MILE_M
    minutes = np.where(miles < BEND_MILES, ROOT_MIN * np.sqrt(miles), START_MIN + PACE_MIN * miles)
    return _like(minutes * 60, distance_m)


@overload
def rand_distance_m(travel_s: float) -> float: ...
@overload
def rand_distance_m(travel_s: NDArray[np.floating]) -> NDArray[np.float64]: ...


def rand_distance_m(travel_s: ArrayLike) -> float | NDArray[np.float64]:
    """
    Road distance that RAND's formula expects to be driven in a time; see `rand_travel_s`.

    Parameters
    ----------
    travel_s
        Travel time. [s]

    Returns
    -------
    Distance along the streets [m]; inf stays inf, NaN stays NaN.

    Raises
    ------
    InputError
        If a time is below zero.
    """
    minutes = _checked(travel_s, "travel_s") / 60
    miles = np.where(minutes < 2 * START_MIN, (minutes / ROOT_MIN) ** 2, (minutes - START_MIN) / PACE_MIN)
    return _like(miles * MILE_M, travel_s)


def _checked(values: ArrayLike, name: str) -> NDArray[np.float64]:
    try:
        checked = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} is {said(values)}: give a number, or an array of them") from error
    if (checked < 0).any():
        raise InputError(f"{name} is below zero: give zero or more")
    return checked


def _like(values: NDArray[np.float64], given: ArrayLike) -> float | NDArray[np.float64]:
    return float(values) if np.ndim(given) == 0 else values
