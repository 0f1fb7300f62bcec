"""From the seconds a search adds up along a way to the time a drive takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from fireplan.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T", float, "NDArray[np.float32]", "NDArray[np.float64]")


class DriveCurve(NamedTuple):
    """
    How long a drive takes whose streets and turns add up to so many seconds.

    With x = `start_s` + seconds added up, and r(x) = x, or with `ramp_s` the travel-time curve of RAND [1]_:
    r(x) = 2 sqrt(x ramp_s) up to `ramp_s`, x + `ramp_s` beyond. The drive takes `offset_s` + `scale` r(x)^`power`. It
    never falls, so that quickest ways and who is first due are those of the seconds added up.

    Attributes
    ----------
    start_s
        From "under way" to driving at speed, by whoever leaves a station. [s]
    offset_s
        Added to every drive, by whoever makes it. [s]
    scale, power
        Of the curve: with a power below one, long drives gain on short ones.
    ramp_s
        Time to come up to the speed of a long drive. [s]

    References
    ----------
    .. [1] P. Kolesar, W. Walker and J. Hausner, "Determining the relation between fire engine travel times and travel
       distances in New York City", Operations Research 23(4), 1975, 614-627.
    """

    start_s: float = 0.0
    offset_s: float = 0.0
    scale: float = 1.0
    power: float = 1.0
    ramp_s: float = 0.0

    @property
    def is_plain(self) -> bool:
        """Whether a drive takes just what its streets and turns add up to."""
        return self == PLAIN

    @property
    def is_straight(self) -> bool:
        """Whether it does but for the start."""
        return self._replace(start_s=0.0) == PLAIN

    def clock_s(self, added_s: T, start_s: float | None = None) -> T:
        """
        Say how long drives take. [s]

        Parameters
        ----------
        added_s
            What streets and turns add up to; inf stays inf. [s]
        start_s
            Start of whoever drives; left out: already in `added_s`, or there is none. [s]
        """
        if self.is_straight:
            return added_s if not start_s else added_s + _like(start_s, added_s)
        x = np.asarray(added_s, dtype=float) + (start_s or 0.0)
        found = self.offset_s + self.scale * self._ramped(x) ** self.power
        return _as(found, added_s)

    def added_s(self, clock_s: T, start_s: float | None = None) -> T:
        """Say what streets and turns may add up to in drives that take so long; below nothing: not even the start."""
        if self.is_straight:
            return clock_s if not start_s else clock_s - _like(start_s, clock_s)
        left = np.asarray(clock_s, dtype=float) - self.offset_s
        r = np.where(left > 0, (np.maximum(left, 0.0) / self.scale) ** (1 / self.power), -1.0)
        if self.ramp_s:
            r = np.where(r > 2 * self.ramp_s, r - self.ramp_s, np.where(r < 0, r, r**2 / (4 * self.ramp_s)))
        return _as(np.asarray(r - (start_s or 0.0)), clock_s)

    def _ramped(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        if not self.ramp_s:
            return x
        return np.where(x < self.ramp_s, 2 * np.sqrt(np.minimum(x, self.ramp_s) * self.ramp_s), x + self.ramp_s)


PLAIN = DriveCurve()

LONGEST_START_S = 600.0
MOST_SCALE = 100.0


def _like(value: float, of: T) -> float:
    """Give a number in the precision of an array, so that adding it keeps that."""
    return np.float32(value) if getattr(of, "dtype", None) == np.float32 else value  # type: ignore[return-value]


def _as(found: NDArray[np.float64], of: T) -> T:
    if isinstance(of, float | int):
        return float(found)
    return found.astype(of.dtype)


def check_curve(curve: DriveCurve) -> None:
    """Raise what is wrong with a curve."""
    if not isinstance(curve, DriveCurve):
        raise InputError("curve: give fp.roads.DriveCurve(...)")
    wrong = [
        f"{name} is {value!r}"
        for name, value in curve._asdict().items()
        if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value)
    ]
    if not wrong:
        bounds = {
            "start_s": (0.0, LONGEST_START_S), "offset_s": (-LONGEST_START_S, LONGEST_START_S),
            "scale": (1e-3, MOST_SCALE), "power": (0.2, 1.5), "ramp_s": (0.0, LONGEST_START_S),
        }  # fmt: skip
        wrong = [
            f"{name} is {getattr(curve, name):g}, which is not from {low:g} to {high:g}"
            for name, (low, high) in bounds.items()
            if not low <= getattr(curve, name) <= high
        ]
    if wrong:
        raise InputError(f"curve: {'; '.join(wrong)}")
