"""What it is worth to be covered once more, where that differs from place to place: the same problem, in parts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan.siting._problem.stepped_demand import beside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fireplan.siting._problem.cover_problem import CoverProblem


class Part(NamedTuple):
    """A share of the weight of each place, and what being covered once, twice ... is worth to it."""

    share: NDArray[np.float64]
    worth: tuple[float, ...]


class WorthByPlace(NamedTuple):
    """
    What being covered once more is worth at each place.

    Attributes
    ----------
    parts
        Parts that add up to it, each with a worth that is the same at all places.
    common
        Worth to which all parts are brought: the last entries of it are those of each part.
    at
        Levels x places: what being covered once more is worth.
    """

    parts: tuple[Part, ...]
    common: tuple[float, ...]
    at: NDArray[np.float64]

    def joined(self, problems: Sequence[CoverProblem], total: float) -> CoverProblem:
        """
        Put the problems of all parts into one.

        Parameters
        ----------
        problems
            Of each part, with its worth and its share of the weights; the same columns and choice in all.
        total
            Weight of all places.

        Notes
        -----
        A row of a part that counts up to m times, in a problem that counts up to L times, begins L - m times covered:
        what it gains by being covered is then the same, whoever covers it. So the problem is exactly the one that was
        asked, and a bound on it is a bound on that.
        """
        levels = len(self.common)
        lifted = [
            replace(p, base=p.base + (levels - len(p.worth)), worth=np.array(self.common, dtype=float))
            for p in problems
        ]
        return replace(beside(*lifted), total=total)


def expected_worth(busy: NDArray[np.float64], levels: int) -> WorthByPlace:
    """
    Say what units are worth that are each busy as the place says: 1 - busy**k where k cover it, up to some levels.

    Notes
    -----
    A worth that falls from level to level is a sum of parts that are each worth alike up to some level, and nothing
    beyond it.
    """
    level = np.arange(levels)[:, None]
    at = (1.0 - busy) * busy**level
    falls = at - np.concatenate([at[1:], np.zeros((1, len(busy)))])
    parts = [Part(falls[m], (1.0,) * (m + 1)) for m in range(levels) if (falls[m] > 0).any()]
    most = len(parts[-1].worth)
    return WorthByPlace(tuple(parts), (1.0,) * most, at[:most])


def enough_worth(enough: NDArray[np.int64], most: int) -> WorthByPlace:
    """Say what units are worth where a place counts when so many cover it; places that ask for over `most` never do."""
    levels = int(enough[enough <= most].max(initial=1))
    found = [k for k in range(1, levels + 1) if (enough == k).any()] or [1]
    parts = [Part((enough == k).astype(float), (*[0.0] * (k - 1), 1.0)) for k in found]
    at = (np.arange(1, levels + 1)[:, None] == enough).astype(float)
    return WorthByPlace(tuple(parts), (*[0.0] * (levels - 1), 1.0), at)
