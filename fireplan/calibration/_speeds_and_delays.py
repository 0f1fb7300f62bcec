"""Start, speeds by class, delays at turns and factors of hours: fitted to the logarithm of times, robustly."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import _kernel as kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.calibration._routes import Driven

HUBER = 1.345
"""Residuals beyond so many standard deviations count by their size, not its square (Huber 1964)."""

PACE_SD = 0.2
"""How far, as a share, a class of road may lie from the planning ratios where runs say little."""

DELAY_SD_S = 3.0
"""How far a delay may lie from the usual one where runs say little. [s]"""

SLOWEST, FASTEST = 6.0, 0.2
"""Paces are kept between these, as multiples of planning paces, and within what the vehicle can drive."""

ROUNDS, SETTLED = 25, 3e-4
LEAST_S, LEAST_SD = 1.0, 0.01
NORMAL_MAD = 1.4826
"""Standard deviations in a median absolute deviation of a normal law."""

CONVENTION = 1e8
"""Precision of what is no knowledge but a convention: factors of hours are nothing on average over the runs."""


class Design(NamedTuple):
    """
    What a model may use of runs.

    Attributes
    ----------
    paces
        Seconds at planning speeds by class, runs x classes; none: the model has no classes. [s]
    turns
        Turns by kind, runs x kinds.
    fixed_s
        Added as it is: waits, and what is particular to a station. [s]
    band
        Band of the week of each run.
    log_s
        Logarithm of the time observed.
    usual_s
        Usual delay of each kind, towards which rare ones are drawn. [s]
    least_pace
        Multiple of the planning pace of each class that the vehicle cannot fall below.
    """

    paces: NDArray[np.float64]
    turns: NDArray[np.float64]
    fixed_s: NDArray[np.float64]
    band: NDArray[np.int64]
    log_s: NDArray[np.float64]
    usual_s: NDArray[np.float64]
    least_pace: NDArray[np.float64] | float = FASTEST

    @property
    def runs(self) -> kernel.DrivenRuns:
        """As the kernel takes them."""
        return kernel.DrivenRuns(self.paces, self.turns, self.fixed_s, self.band)

    def of(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> Design:
        """Of some runs."""
        return self._replace(
            paces=self.paces[rows], turns=self.turns[rows], fixed_s=self.fixed_s[rows], band=self.band[rows],
            log_s=self.log_s[rows],
        )  # fmt: skip


class Parameters(NamedTuple):
    """
    What is fitted.

    Attributes
    ----------
    start_s
        Start. [s]
    paces
        By class, as a multiple of the planning pace.
    delays_s
        By kind of turn. [s]
    log_h
        Logarithm of the factor of speed, by band; their mean over the runs is nothing.
    """

    start_s: float
    paces: NDArray[np.float64]
    delays_s: NDArray[np.float64]
    log_h: NDArray[np.float64]

    def vector(self) -> NDArray[np.float64]:
        """All of them in a row."""
        return np.concatenate([[self.start_s], self.paces, self.delays_s, self.log_h])

    def like(self, vector: NDArray[np.float64]) -> Parameters:
        """The same from a row."""
        p, d = len(self.paces), len(self.delays_s)
        return Parameters(float(vector[0]), vector[1 : 1 + p], vector[1 + p : 1 + p + d], vector[1 + p + d :])

    def times_s(self, design: Design) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What starts, streets and turns add up to, and of that the driving, by which factors of hours divide. [s]"""
        added_s, driving_s = kernel.added_times(
            design.runs, self.start_s, self.paces, self.delays_s, np.exp(-self.log_h)
        )
        return np.maximum(added_s, LEAST_S), driving_s

    def added_s(self, design: Design) -> NDArray[np.float64]:
        """What starts, streets and turns add up to. [s]"""
        return self.times_s(design)[0]


class Around(NamedTuple):
    """
    A fit in the neighbourhood of some parameters.

    Attributes
    ----------
    times_s
        Modelled times, and driving alone. [s]
    residual, weight
        Of each run, in standard deviations; and its robust weight.
    sd
        Standard deviation of the residuals of logarithms.
    prior, centre
        Precision of what is known beforehand, and where it points.
    """

    times_s: tuple[NDArray[np.float64], NDArray[np.float64]]
    residual: NDArray[np.float64]
    weight: NDArray[np.float64]
    sd: float
    prior: NDArray[np.float64]
    centre: NDArray[np.float64]


class Fitted(NamedTuple):
    """Parameters, and the robust standard deviation of the residuals of logarithms."""

    parameters: Parameters
    sd: float


def design_of(
    driven: Driven,
    planning_kph: NDArray[np.float64],
    *,
    travel_s: NDArray[np.float64],
    band: NDArray[np.int64],
    kinds: NDArray[np.int64],
    usual_s: NDArray[np.float64],
    later_s: NDArray[np.float64] | float = 0.0,
    top_kph: float = np.inf,
) -> Design:
    """Put runs into the form that is fitted; `kinds` are the kinds of turn that are reckoned."""
    within = planning_kph / np.maximum(planning_kph, min(top_kph, planning_kph.max(initial=1.0) / FASTEST))
    return Design(
        np.ascontiguousarray(driven.km / planning_kph * 3600),
        np.ascontiguousarray(driven.turns[:, kinds]),
        driven.known_s + later_s,
        band,
        np.log(travel_s),
        usual_s[kinds],
        np.maximum(within, FASTEST),
    )


def fit(design: Design, first: Parameters | None = None) -> Fitted:
    """
    Fit by Gauss-Newton steps on a robust sum of squares.

    Parameters
    ----------
    design
        The runs.
    first
        Where to begin, such as the solution of a similar fit.

    Notes
    -----
    The residual is the logarithm of observed by modelled time, its weight that of Huber [1]_ with the standard
    deviation told by the median absolute residual. Paces are drawn towards one multiple of the planning paces, as far
    as runs leave that open, delays towards the usual ones; neither falls below nothing.

    References
    ----------
    .. [1] P. J. Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35(1), 1964,
       73-101.
    """
    n_bands = int(design.band.max(initial=0)) + 1
    now = _first(design, n_bands) if first is None else first
    share = np.bincount(design.band, minlength=n_bands) / max(len(design.band), 1)
    for _ in range(ROUNDS):
        near = around(design, now, share)
        found = _centred(_step(design, near, now), share)
        moved = np.abs(found.added_s(design) / near.times_s[0] - 1).max(initial=0.0)
        now = found
        if moved < SETTLED:
            break
    return Fitted(now, near.sd)


def _first(design: Design, n_bands: int) -> Parameters:
    """Planning paces and usual delays: steps from there do not go astray."""
    classes = design.paces.shape[1]
    return Parameters(30.0, np.ones(classes), design.usual_s.astype(float).copy(), np.zeros(n_bands))


def around(design: Design, now: Parameters, share: NDArray[np.float64]) -> Around:
    """Work out residuals and weights, and what is known beforehand."""
    times_s = now.times_s(design)
    residual = design.log_s - np.log(times_s[0])
    off = residual - float(np.median(residual)) if len(residual) else residual
    sd = max(float(np.median(np.abs(off))) * NORMAL_MAD, LEAST_SD) if len(residual) else 1.0
    scaled = residual / sd
    weight = np.minimum(1.0, HUBER / np.maximum(np.abs(scaled), 1e-9))
    c, k, bands = len(now.paces), len(now.delays_s), len(now.log_h)
    prior = np.zeros((1 + c + k + bands, 1 + c + k + bands))
    prior[0, 0] = 1e-9
    # Towards one common multiple of planning paces, whichever it is: what is drawn is the distance from their mean.
    if c:
        level = max(float(np.mean(now.paces)), 1e-3)
        prior[1 : 1 + c, 1 : 1 + c] = (np.eye(c) - 1.0 / c) / (PACE_SD * level) ** 2
    prior[range(1 + c, 1 + c + k), range(1 + c, 1 + c + k)] = 1 / DELAY_SD_S**2
    prior[1 + c + k :, 1 + c + k :] = np.outer(share, share) * CONVENTION
    centre = np.concatenate([np.zeros(1 + c), design.usual_s, np.zeros(bands)])
    return Around(times_s, scaled, weight, sd, prior, centre)


def bounds_of(
    now: Parameters, least_pace: NDArray[np.float64] | float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Within what each parameter has to lie."""
    c, k, b = len(now.paces), len(now.delays_s), len(now.log_h)
    widest = 0.7 if b > 1 else 0.0  # of one band alone there is no factor
    low = np.concatenate([[0.0], np.broadcast_to(least_pace, c), np.zeros(k), np.full(b, -widest)])
    high = np.concatenate([[400.0], np.full(c, SLOWEST), np.full(k, 60.0), np.full(b, widest)])
    return low, high


def _step(design: Design, near: Around, now: Parameters) -> Parameters:
    """Go one step, within bounds: what would leave them stays at the bound, and the rest is found anew."""
    at = now.vector()
    matrices, pulls = kernel.normal_sums(
        design.runs, near.times_s, np.exp(-now.log_h), near.residual, (near.weight, near.weight), sd=near.sd,
        group=np.zeros(len(design.band), dtype=np.int64), n_groups=1,
    )  # fmt: skip
    matrix = matrices[0] + near.prior
    target = matrix @ at + pulls[0] + near.prior @ (near.centre - at)
    return now.like(bounded(matrix, target, *bounds_of(now, design.least_pace)))


def bounded(
    matrix: NDArray[np.float64], target: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Solve a quadratic problem within bounds, by holding what would leave them."""
    n = len(target)
    held, value = np.zeros(n, dtype=bool), np.zeros(n)
    jitter = 1e-10 * np.trace(matrix) / n * np.eye(n)
    for _ in range(n + 1):
        free = ~held
        rest = target[free] - matrix[np.ix_(free, held)] @ value[held]
        value[free] = np.linalg.solve((matrix + jitter)[np.ix_(free, free)], rest)
        out = free & ((value < low - 1e-12) | (value > high + 1e-12))
        if not out.any():
            break
        value = np.where(out, np.clip(value, low, high), value)
        held |= out
    return value


def _centred(found: Parameters, share: NDArray[np.float64]) -> Parameters:
    """Let factors of hours be nothing on average over the runs; speeds are then those of the whole week."""
    mean = float(found.log_h @ share) if len(found.log_h) else 0.0
    return found._replace(log_h=found.log_h - mean, paces=found.paces * np.exp(-mean))
