"""How sure what was learnt is: fitted to days drawn anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import _kernel as kernel
from fireplan.calibration._curve_and_spread import bent_curve, upper_of
from fireplan.calibration._speeds_and_delays import HUBER, Design, Parameters, around, bounded, bounds_of
from fireplan.drive_times import Draw

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.calibration._models import Learnt
    from fireplan.calibration._refits import LeftOut
    from fireplan.drive_times._calibration import Model

FROM, TO = 0.025, 0.975
PARAMETER_DRAWS = 400


class Days(NamedTuple):
    """Runs by day: the day of each, from 0; their rows in order of days, and where each day begins."""

    day: NDArray[np.int64]
    rows: NDArray[np.int64]
    begins: NDArray[np.int64]

    @property
    def n(self) -> int:
        """Number of days."""
        return len(self.begins) - 1

    def drawn(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Rows of as many days, drawn with replacement."""
        days = rng.integers(0, self.n, self.n)
        return np.concatenate([self.rows[self.begins[d] : self.begins[d + 1]] for d in days])


def days_of(day: NDArray[np.int64]) -> Days:
    """File runs by day; where there are few days, each run by itself."""
    if len(np.unique(day)) < 5:
        day = np.arange(len(day))
    _, of = np.unique(day, return_inverse=True)
    rows = np.argsort(of, kind="stable")
    return Days(of.astype(np.int64), rows, np.concatenate([[0], np.cumsum(np.bincount(of))]))


def parameters_drawn(design: Design, found: Parameters, days: Days, rng: np.random.Generator) -> NDArray[np.float64]:
    """
    Draw parameters as fitted to days drawn anew, draws x parameters, in the order of `Parameters.vector`.

    Notes
    -----
    Each is one Newton step from the solution, with the sums of each day taken as often as it was drawn; what is known
    beforehand is drawn too, so that what rests on it alone is as unsure as it is.
    """
    share = np.bincount(design.band, minlength=len(found.log_h)) / max(len(design.band), 1)
    near = around(design, found, share)
    # Beyond the bend of Huber's loss there is no curvature.
    curved = (np.abs(near.residual) < HUBER).astype(float)
    matrices, pulls = kernel.normal_sums(
        design.runs, near.times_s, np.exp(-found.log_h), near.residual, (curved, near.weight), sd=near.sd,
        group=days.day, n_groups=days.n,
    )  # fmt: skip
    at = found.vector()
    towards = near.prior @ (near.centre - at)
    unsure = near.prior.copy()
    convention = slice(len(at) - len(found.log_h), None)
    unsure[convention, convention] = 0.0  # which is not drawn
    root = _root(unsure)
    low, high = bounds_of(found, design.least_pace)
    drawn = np.empty((PARAMETER_DRAWS, len(at)))
    for row in drawn:
        count = np.bincount(rng.integers(0, days.n, days.n), minlength=days.n)
        matrix = np.einsum("d,dij->ij", count, matrices) + near.prior
        pull = np.einsum("d,di->i", count, pulls) + towards + root @ rng.standard_normal(len(at))
        row[:] = bounded(matrix, matrix @ at + pull, low, high)
    return drawn


def _root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)) @ vectors.T)


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The middle 95 %."""
    low, high = np.quantile(values, [FROM, TO])
    return float(low), float(high)


def curves_drawn(
    learnt: Learnt,
    added_s: NDArray[np.float64],
    observed_s: NDArray[np.float64],
    left: LeftOut,
    days: Days,
    *,
    n: int,
    model: Model,
    rng: np.random.Generator,
) -> tuple[Draw, ...]:
    """
    Fit start, curve and spread to days drawn anew; streets and turns add up to what they did.

    Parameters
    ----------
    learnt
        The model.
    added_s
        What start, streets and turns add up to. [s]
    observed_s
        Observed. [s]
    left
        What is modelled of runs without their fold.
    days
        The runs by day.
    n
        How many draws.
    model
        Which that is: whether it has a start, and whether its curve is fitted or as published.
    rng
        Draws the days.
    """
    start_s, curve = learnt.parameters.start_s, learnt.curve
    log_s = np.log(observed_s)
    off = np.log(observed_s / left.median_s)
    off = off - np.median(off)
    away = np.log(left.median_s / 240.0)
    rest_s = np.maximum(added_s - start_s, 0.0)
    draws = []
    for _ in range(n):
        rows = days.drawn(rng)
        begin_s, drawn = start_s, curve
        if curve.power < 1.0 or curve.offset_s:
            drawn = bent_curve(left.added_s[rows], log_s[rows], curve)
        else:
            scale = 1.0
            if model in ("linear", "class", "full"):
                begin_s, scale = _start_and_scale(start_s, rest_s[rows], log_s[rows])
            plain = learnt.as_drive_curve(0.0)
            told_s = np.maximum(np.asarray(plain.clock_s(begin_s + scale * rest_s[rows])), 1.0)
            middle = float(np.exp(np.median(log_s[rows] - np.log(told_s)))) if model != "rand" else 1.0
            # start + scale x rest, all of it times the middle: the curve's own scale comes after its start.
            begin_s, drawn = begin_s / scale, curve._replace(scale=curve.scale * scale * middle)
        upper, slope = upper_of(away[rows], off[rows])
        draws.append(Draw(begin_s, drawn.offset_s, drawn.scale, drawn.power, upper, slope))
    return tuple(draws)


def _start_and_scale(start_s: float, rest_s: NDArray[np.float64], log_s: NDArray[np.float64]) -> tuple[float, float]:
    """Fit a start and one factor of all the rest, robustly, from the solution of all runs."""
    now = np.array([start_s, 1.0])
    for _ in range(3):
        modelled_s = np.maximum(now[0] + now[1] * rest_s, 1.0)
        residual = log_s - np.log(modelled_s)
        sd = max(float(np.median(np.abs(residual))) * 1.4826, 0.01)
        weight = np.minimum(1.0, HUBER * sd / np.maximum(np.abs(residual), 1e-9))
        columns = np.stack([1.0 / modelled_s, rest_s / modelled_s])
        matrix = (columns * weight) @ columns.T + 1e-12 * np.eye(2)
        now = now + np.linalg.solve(matrix, (columns * weight) @ residual)
        now = np.array([max(now[0], 0.0), min(max(now[1], 0.2), 5.0)])
    return float(now[0]), float(now[1])
