"""
The models of station location on a matrix: who covers what, or what it costs to serve whom.

For planners of other things than stations, and for comparison with other programs. `fireplan.siting` asks the same of
scenarios.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from fireplan import wording
from fireplan.errors import Faults, InputError
from fireplan.siting._problem.aggregation import cover_problem
from fireplan.siting._problem.constraints import Choice
from fireplan.siting._problem.cover_matrix import Covers, checked_weights, covers_of
from fireplan.siting._problem.worth_by_place import WorthByPlace, enough_worth, expected_worth
from fireplan.siting._solvers.incumbent import Answer, searching
from fireplan.siting._solvers.p_center import p_center_matrix
from fireplan.siting._solvers.p_median import p_median_matrix
from fireplan.siting._solvers.set_cover import set_cover_matrix
from fireplan.siting._solvers.solve_cover import solve_cover

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Answer", "Choice", "Covers", "backup_coverage_matrix", "double_standard_matrix", "expected_coverage_matrix",
    "max_coverage_matrix", "p_center_matrix", "p_median_matrix", "reliable_coverage_matrix", "set_cover_matrix",
    "units_for", "worth_if_busy",
]  # fmt: skip

SURE = 1e-6
"""Being covered once more counts until it is worth less than this part of the first time."""


def max_coverage_matrix(
    covers: Any,  # noqa: ANN401 - any of three kinds of matrix
    weights: ArrayLike,
    p: int | None = None,
    **how: Any,  # noqa: ANN401 - see _cover
) -> Answer:
    """
    Choose p candidates that cover as much as possible (MCLP).

    Parameters
    ----------
    covers
        Candidates x places: dense, SciPy sparse, or `Covers`; what is not zero covers.
    weights
        Of each place, zero or more.
    p
        How many may be chosen; left out: see `choice`.
    **how
        `choice`: a `Choice`, for costs, groups, pairs and several at one site. `base`: how often each place is covered
        already. `points`: x and y of each place; makes large problems much faster, and changes nothing else.
        `time_limit_s` (60) and `gap` (0): when to stop.

    Returns
    -------
    The choice; its objective is the weight covered, what was covered before included.

    Notes
    -----
    Maximal covering (Church and ReVelle 1974). Places covered by the same candidates are merged; greedy and exchange
    give choices, a Lagrangian relaxation the bound and the sites that can be ruled out; HiGHS or branch and bound
    finish.
    """
    return _cover(covers, weights, p, worth=(1.0,), what="MCLP", **how)


def expected_coverage_matrix(
    covers: Any,  # noqa: ANN401 - any of three kinds of matrix
    weights: ArrayLike,
    p: int | None = None,
    *,
    busy: float | ArrayLike,
    **how: Any,  # noqa: ANN401 - see _cover
) -> Answer:
    """
    Choose places for p units so that as much as possible is expected to find one free (MEXCLP).

    Parameters
    ----------
    covers, weights, p
        As in `max_coverage_matrix`.
    busy
        Probability that a unit is busy, 0 to below 1, one for all or that of the units near each place; independent.
    **how
        As in `max_coverage_matrix`; by default a site holds as many units as there are.

    Returns
    -------
    The choice, a site with two units standing twice; its objective is the weight expected to find a unit free.

    Notes
    -----
    Maximum expected covering (Daskin 1983): a place covered by k units counts 1 - busy**k. With busy = 0 it is MCLP.
    Where `busy` differs from place to place, each counts by its own.
    """
    matrix = covers_of(covers)
    each = _busy_shares(busy, matrix.n_places, "expected coverage")
    if how.get("choice") is None and p is not None:
        several = np.full(matrix.n, 1 if each.max() == 0 else max(1, p), dtype=np.int64)
        how["choice"] = Choice(matrix.n, (p,), most=several)
        p = None
    levels = worth_if_busy(float(each.max()))
    if len(each) == 1:
        return _cover(matrix, weights, p, worth=levels, what="MEXCLP", **how)
    return _cover(matrix, weights, p, worth=expected_worth(each, len(levels)), what="MEXCLP", **how)


def worth_if_busy(busy: float) -> tuple[float, ...]:
    """Say what being covered once, twice ... adds to the probability that a unit is free."""
    levels = 1 if busy == 0 else max(1, math.ceil(math.log(SURE) / math.log(busy)) + 1)
    return tuple((1 - busy) * busy**k for k in range(levels))


def reliable_coverage_matrix(
    covers: Any,  # noqa: ANN401 - any of three kinds of matrix
    weights: ArrayLike,
    p: int | None = None,
    *,
    busy: float | ArrayLike,
    reliability: float,
    **how: Any,  # noqa: ANN401 - see _cover
) -> Answer:
    """
    Choose places for p units so that as much as possible is covered with a given reliability (MALP I).

    Parameters
    ----------
    covers, weights, p, busy
        As in `expected_coverage_matrix`.
    reliability
        Probability with which a unit has to be free, above 0 and below 1.
    **how
        As in `max_coverage_matrix`; by default a site holds as many units as there are.

    Returns
    -------
    The choice; its objective is the weight covered by enough units.

    Notes
    -----
    Maximum availability (ReVelle and Hogan 1989): a place counts when it is covered by `units_for(busy, reliability)`
    units. Where `busy` differs from place to place, each asks for its own number (MALP II).
    """
    matrix = covers_of(covers)
    each = _busy_shares(busy, matrix.n_places, "reliable coverage")
    enough = np.array([units_for(float(b), reliability) for b in each])
    if how.get("choice") is None and p is not None:
        how["choice"] = Choice(matrix.n, (p,), most=np.full(matrix.n, max(1, p), dtype=np.int64))
        p = None
    if len(each) == 1:
        return _cover(matrix, weights, p, worth=(*[0.0] * (int(enough[0]) - 1), 1.0), what="MALP", **how)
    return _cover(matrix, weights, p, worth=enough_worth(enough, int(enough.max())), what="MALP", **how)


def _busy_shares(busy: float | ArrayLike, n_places: int, what: str) -> NDArray[np.float64]:
    """Take one probability, or one for each place."""
    faults = Faults(what)
    each = np.atleast_1d(np.asarray(busy, dtype=float))
    if np.ndim(busy) > 0 and each.shape != (n_places,):
        faults.add(f"busy has shape {each.shape}: give one probability, or one for each of {n_places} places")
    elif not ((each >= 0) & (each < 1)).all():
        bad = int(np.flatnonzero(~((each >= 0) & (each < 1)))[0])
        at = f" at place {bad}" if np.ndim(busy) else ""
        faults.add(f"busy is {each[bad]:g}{at}: give a probability, 0 to below 1, such as 0.15")
    faults.raise_if_any()
    return each


def units_for(busy: float, reliability: float) -> int:
    """Say how many units must be near for one to be free with this reliability, each being busy with `busy`."""
    faults = Faults("reliable coverage")
    if not 0 <= busy < 1:
        faults.add(f"busy is {busy}: give a probability, 0 to below 1, such as 0.15")
    if not 0 < reliability < 1:
        faults.add(f"reliability is {reliability}: give a probability above 0 and below 1, such as 0.95")
    faults.raise_if_any()
    if busy == 0:
        return 1
    return max(1, math.ceil(math.log(1 - reliability) / math.log(busy) - 1e-9))


def backup_coverage_matrix(
    covers: Any,  # noqa: ANN401 - any of three kinds of matrix
    weights: ArrayLike,
    p: int | None = None,
    *,
    first: float | None = None,
    required: NDArray[np.bool_] | None = None,
    **how: Any,  # noqa: ANN401 - see _cover
) -> Answer:
    """
    Choose candidates that cover as much as possible twice (BACOP1, BACOP2).

    Parameters
    ----------
    covers, weights, p
        As in `max_coverage_matrix`.
    first
        What being covered once is worth, 0 to 1; the second time is worth the rest (BACOP2). Left out: everything has
        to be covered once, and what is covered twice counts (BACOP1).
    required
        Places that have to be covered once; left out: all in BACOP1, none in BACOP2.
    **how
        As in `max_coverage_matrix`.

    Returns
    -------
    The choice; its objective is the weight covered twice, or first * (covered once) + (1 - first) * (covered twice).

    Notes
    -----
    Backup coverage (Hogan and ReVelle 1986).
    """
    matrix = covers_of(covers)
    if first is None:
        must = np.ones(matrix.n_places, dtype=bool) if required is None else required
        return _cover(matrix, weights, p, worth=(0.0, 1.0), what="BACOP1", required=must, **how)
    if not 0 <= first <= 1:
        faults = Faults("backup coverage")
        faults.add(f"first is {first}: give what being covered once is worth, 0 to 1")
        faults.raise_if_any()
    return _cover(matrix, weights, p, worth=(first, 1 - first), what="BACOP2", required=required, **how)


def double_standard_matrix(
    near: Any,  # noqa: ANN401 - any of three kinds of matrix
    far: Any,  # noqa: ANN401
    weights: ArrayLike,
    p: int | None = None,
    *,
    share: float,
    **how: Any,  # noqa: ANN401 - see _cover
) -> Answer:
    """
    Choose candidates that cover all within a far limit, a share within a near one, and as much as possible twice.

    Parameters
    ----------
    near, far
        Candidates x places, within the near and the far limit.
    weights, p
        As in `max_coverage_matrix`.
    share
        Share of the weight that has to be covered within the near limit, 0 to 1.
    **how
        As in `max_coverage_matrix`; `base` and `points` are those of the places, `far_base` how often each is covered
        within the far limit already.

    Returns
    -------
    The choice; its objective is the weight covered twice within the near limit.

    Notes
    -----
    The double standard model (Gendreau, Laporte and Semet 1997). Places that weigh nothing need not be covered.
    """
    one, other = covers_of(near), covers_of(far)
    weight = checked_weights(weights, one.n_places)
    m = one.n_places
    stacked = stack(one, other)
    base = how.pop("base", None)
    far_base = how.pop("far_base", None)
    points = how.pop("points", None)
    none = np.zeros(m, dtype=np.int64)
    within = np.arange(2 * m) < m
    return _cover(
        stacked,
        np.concatenate([weight, np.zeros(m)]),
        p,
        worth=(0.0, 1.0),
        what="double standard",
        base=np.concatenate([none if base is None else base, none if far_base is None else far_base]),
        points=None if points is None else np.concatenate([points, points]),
        required=~within & np.concatenate([none, weight > 0]).astype(bool),
        floors={f"{wording.goal(share)} within the near limit": (within, share)},
        **how,
    )


def stack(*several: Covers) -> Covers:
    """Put the places of several matrices of the same candidates one after the other."""
    from scipy.sparse import csr_array, hstack  # noqa: PLC0415 - slow to import

    parts = [
        csr_array((np.ones(len(c.place), dtype=np.int8), c.place, c.start), shape=(c.n, c.n_places)) for c in several
    ]
    both = hstack(parts, format="csr") if len(parts) > 1 else parts[0]
    return Covers(both.indptr.astype(np.int64), both.indices.astype(np.int32), both.shape[1])


def _cover(  # noqa: PLR0913 - a problem has this many parts
    covers: Any,  # noqa: ANN401 - any of three kinds of matrix
    weights: ArrayLike,
    p: int | None,
    *,
    worth: tuple[float, ...] | WorthByPlace,
    what: str,
    choice: Choice | None = None,
    base: NDArray[np.int64] | None = None,
    points: NDArray[np.float64] | None = None,
    required: NDArray[np.bool_] | None = None,
    floors: dict[str, tuple[NDArray[np.bool_], float]] | None = None,
    time_limit_s: float = 60.0,
    gap: float = 0.0,
) -> Answer:
    matrix = covers_of(covers)
    weight = checked_weights(weights, matrix.n_places)
    if (p is None) == (choice is None):
        faults = Faults("the choice")
        faults.add("give p, how many may be chosen, or a choice, and not both")
        faults.raise_if_any()
    chosen_from = choice or Choice(matrix.n, (int(p or 0),))
    if not isinstance(worth, WorthByPlace):
        problem = cover_problem(
            matrix, weight, chosen_from, worth=worth, base=base, points=points, required=required, floors=floors
        )
    elif required is not None or floors:
        raise InputError("busy shares that differ by place go with neither required places nor floors: leave these out")
    else:
        parts = [
            cover_problem(matrix, weight * part.share, chosen_from, worth=part.worth, base=base, points=points)
            for part in worth.parts
        ]
        problem = worth.joined(parts, math.fsum(weight))
    with searching(sense=1, what=what, time_limit_s=time_limit_s, gap=gap, step=problem.step) as search:
        solve_cover(problem, search)
    return search.answer()


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
