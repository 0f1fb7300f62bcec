"""Sums of a least-squares step over runs, for times that are a start, paces, delays and factors of hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan._kernel.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


class DrivenRuns(NamedTuple):
    """
    What times are made of.

    Attributes
    ----------
    paces
        Seconds by class of road, runs x classes. [s]
    turns
        Turns by kind, runs x kinds.
    fixed_s
        Added as it is. [s]
    band
        Band of hours of each run.
    """

    paces: NDArray[np.float64]
    turns: NDArray[np.float64]
    fixed_s: NDArray[np.float64]
    band: NDArray[np.int64]


def added_times(
    runs: DrivenRuns,
    start_s: float,
    pace: NDArray[np.float64],
    delay_s: NDArray[np.float64],
    slow: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Add up the time of each run, and that of its driving alone. [s]

    Parameters
    ----------
    runs
        What they are made of.
    start_s, pace, delay_s
        The start [s], what the seconds of each class are multiplied by, and the cost of each kind of turn [s].
    slow
        By band, what driving is multiplied by.
    """
    n = len(runs.band)
    added_s, driving_s = np.empty(n), np.empty(n)
    _added(*runs, float(start_s), pace, delay_s, slow, added_s, driving_s)
    return added_s, driving_s


def normal_sums(
    runs: DrivenRuns,
    times: tuple[NDArray[np.float64], NDArray[np.float64]],
    slow: NDArray[np.float64],
    residual: NDArray[np.float64],
    weights: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    sd: float,
    group: NDArray[np.int64],
    n_groups: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """
    Sum up curvature and pull of a step on the logarithm of times, by group of runs.

    Parameters
    ----------
    runs, times, slow
        As `added_times` takes and gives them.
    residual
        Logarithm of observed by modelled, in standard deviations.
    weights
        Of each run in the curvature, and in the pull.
    sd
        The standard deviation.
    group, n_groups
        Group of each run, and their number.

    Returns
    -------
    Groups x parameters x parameters and groups x parameters: start, classes, kinds of turn, bands.
    """
    width = 1 + runs.paces.shape[1] + runs.turns.shape[1] + len(slow)
    matrices, pulls = np.zeros((n_groups, width, width)), np.zeros((n_groups, width))
    _sums(
        runs.paces,
        runs.turns,
        runs.band,
        *times,
        slow,
        residual,
        *weights,
        float(sd),
        group,
        np.empty(width),
        matrices,
        pulls,
    )
    lower = np.tril_indices(width, -1)
    matrices[:, lower[0], lower[1]] = matrices[:, lower[1], lower[0]]
    return matrices, pulls


@compiled
def _added(paces, turns, fixed_s, band, start_s, pace, delay_s, slow, added_s, driving_s):
    for i in range(len(band)):
        driven = 0.0
        for c in range(len(pace)):
            driven += paces[i, c] * pace[c]
        driven *= slow[band[i]]
        lost = 0.0
        for k in range(len(delay_s)):
            lost += turns[i, k] * delay_s[k]
        driving_s[i] = driven
        added_s[i] = start_s + driven + lost + fixed_s[i]


@compiled
def _sums(paces, turns, band, added_s, driving_s, slow, residual, curved, pulled, sd, group, row, matrices, pulls):
    n_classes, n_kinds = paces.shape[1], turns.shape[1]
    common = 1 + n_classes + n_kinds
    for i in range(len(band)):
        each = 1.0 / (added_s[i] * sd)
        row[0] = each
        for c in range(n_classes):
            row[1 + c] = paces[i, c] * slow[band[i]] * each
        for k in range(n_kinds):
            row[1 + n_classes + k] = turns[i, k] * each
        # Of all bands a run is in one.
        mine, own = common + band[i], -driving_s[i] * each
        g = group[i]
        pull = pulled[i] * residual[i]
        for a in range(common):
            if row[a] == 0.0:
                continue
            pulls[g, a] += row[a] * pull
            for b in range(a, common):
                matrices[g, a, b] += curved[i] * row[a] * row[b]
            matrices[g, a, mine] += curved[i] * row[a] * own
        matrices[g, mine, mine] += curved[i] * own * own
        pulls[g, mine] += own * pull
