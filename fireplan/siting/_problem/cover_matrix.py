"""Cover matrices and weights, read and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fireplan.errors import Faults, listed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class Covers(NamedTuple):
    """
    Places that each candidate covers, compressed: those of candidate j are place[start[j]:start[j + 1]].

    Attributes
    ----------
    start, place
        The places.
    n_places
        How many places there are.
    """

    start: NDArray[np.int64]
    place: NDArray[np.int32]
    n_places: int

    @property
    def n(self) -> int:
        """How many candidates there are."""
        return len(self.start) - 1


def covers_of(covers: Any) -> Covers:  # noqa: ANN401 - any of three kinds of matrix
    """
    Read a cover matrix, candidates x places.

    Parameters
    ----------
    covers
        A dense array, a SciPy sparse array (an entry that is not zero covers), or `Covers`.
    """
    if isinstance(covers, Covers):
        return covers
    from scipy.sparse import csr_array, issparse  # noqa: PLC0415 - slow to import

    if issparse(covers):
        matrix = csr_array(covers)
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
    else:
        dense = np.asarray(covers)
        if dense.ndim != 2:
            faults = Faults("covers")
            faults.add(f"it has {dense.ndim} dimensions: give a matrix, candidates x places")
            faults.raise_if_any()
        matrix = csr_array(dense != 0)
    return Covers(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), matrix.shape[1])


def checked_weights(weights: ArrayLike, n_places: int) -> NDArray[np.float64]:
    """Check the weights of places: one for each, numbers, none negative."""
    weight = np.asarray(weights, dtype=float)
    faults = Faults("weights")
    if weight.shape != (n_places,):
        faults.add(f"there are {weight.size:,} for {n_places:,} places: give one for each")
        faults.raise_if_any()
    for what, bad in (("not a number", ~np.isfinite(weight)), ("negative", weight < 0)):
        rows = np.flatnonzero(bad)
        if len(rows):
            faults.add(f"{what} in row{'s' if len(rows) > 1 else ''} {listed(rows + 1)}: give numbers, zero or more")
    faults.raise_if_any()
    return weight
