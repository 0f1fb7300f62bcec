"""How busy units are: every state of a department, and neighbourhoods of units, beside SciPy's sparse solver."""

from __future__ import annotations

import numpy as np

from benchmarks.measuring import Contest, DifferenceError, Way
from fireplan.simulation import hypercube_matrix

PLACES = 200
BUSY = 0.2
SEVERAL = {1: 0.8, 2: 0.15, 3: 0.05}
SCIPY_UP_TO = 12
SAME_BUSY = 1e-7
TARGET_MS = {12: 1_000.0, 15: 20_000.0}


def contests(*, quick: bool):
    for n in (8,) if quick else (12, 15, 18):
        yield _exact(n, 1, judged=not quick)
        if n <= 15:
            yield _exact(n, SEVERAL, judged=not quick)
    n = 18 if quick else 44
    for takes in (1, SEVERAL):
        calls, drive_s, out_h = _city(n, takes)
        yield Contest(
            task="hypercube",
            title=f"how busy {n} units are, {PLACES} places, nearly; {_called(takes)}",
            place="-",
            ours=Way("fireplan", lambda a=(calls, drive_s), o=out_h, t=takes: _solved(a, o, t, "approximate")),
            judged=False,
        )


def _called(takes) -> str:
    return "one unit a call" if takes == 1 else "one to three units a call"


def _solved(arrays, out_h, takes, method):
    return hypercube_matrix(*arrays, out_h=out_h, units_per_call=takes, method=method, tie_s=0.0)


def _exact(n: int, takes, *, judged: bool) -> Contest:
    calls, drive_s, out_h = _city(n, takes)

    def check(found, theirs):
        nearly = _solved((calls, drive_s), out_h, takes, "approximate")
        off = np.abs(nearly.busy - found.busy)
        for busy in theirs.values():
            if np.abs(busy - found.busy).max() > SAME_BUSY:
                raise DifferenceError(f"busy shares differ by {np.abs(busy - found.busy).max():.1e}")
        told = f"off balance {found.off:.0e}; approximately: {off.max() * 100:.2f} points off at most"
        return f"{told}, {(off / found.busy).mean():.1%} on average", True

    scipy = Way("scipy spsolve", lambda: _by_scipy(calls, drive_s, out_h), note="states put together in NumPy")
    return Contest(
        task="hypercube",
        title=f"how busy {n} units are, {PLACES} places, every state; {_called(takes)}",
        place="-",
        ours=Way("fireplan", lambda: _solved((calls, drive_s), out_h, takes, "exact")),
        peers=(scipy,) if n <= SCIPY_UP_TO and takes == 1 else (),
        check=check,
        most_ms=TARGET_MS.get(n),
        judged=judged and n in TARGET_MS,
    )


def _city(n: int, takes):
    """Stations among places on a square, calls where people are, units out for 20 to 40 minutes."""
    rng = np.random.default_rng(n)
    places, homes = rng.random((PLACES, 2)), rng.random((n, 2))
    weight = rng.random(PLACES) ** 2
    for _ in range(15):
        nearest = np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1)).argmin(axis=0)
        for i in np.unique(nearest):
            homes[i] = np.average(places[nearest == i], axis=0, weights=weight[nearest == i])
    drive_s = np.hypot(*(homes[:, None] - places[None]).transpose(2, 0, 1)) * 900
    out_h = rng.uniform(1 / 3, 2 / 3, n)
    per_call = 1 if takes == 1 else sum(k * share for k, share in takes.items())
    return BUSY * n / out_h.mean() / per_call * weight / weight.sum(), drive_s, out_h


def _by_scipy(calls, drive_s, out_h):
    """One unit a call: the steady state from SciPy's sparse LU, the last equation being that shares add up."""
    from scipy.sparse import coo_array, csc_array  # noqa: PLC0415
    from scipy.sparse.linalg import spsolve  # noqa: PLC0415

    n = len(drive_s)
    states = np.arange(1 << n)
    order = np.argsort(drive_s, axis=0, kind="stable")
    up = np.zeros((n, len(states)))
    for place, rate in enumerate(calls):
        open_to = np.ones(len(states), dtype=bool)
        for unit in order[:, place]:
            gets = open_to & (states >> unit & 1 == 0)
            up[unit, gets] += rate
            open_to &= ~gets
    rows, columns, rates = [], [], []
    for unit in range(n):
        idle = states[states >> unit & 1 == 0]
        busy = idle | 1 << unit
        for start, end, rate in ((idle, busy, up[unit, idle]), (busy, idle, np.full(len(busy), 1 / out_h[unit]))):
            rows += [end, start]
            columns += [start, start]
            rates += [rate, -rate]
    matrix = csc_array(coo_array((np.concatenate(rates), (np.concatenate(rows), np.concatenate(columns)))))
    # The first state's share is 1; the rest follow, and all are scaled.
    rest = spsolve(matrix[1:, 1:], -matrix[1:, [0]].toarray().ravel())
    p = np.append(1.0, rest)
    p /= p.sum()
    return np.array([p[states >> unit & 1 == 1].sum() for unit in range(n)])
