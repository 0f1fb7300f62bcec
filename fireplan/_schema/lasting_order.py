"""Tables put into their lasting order, whatever order the source had."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NUMBER = re.compile(r"[0-9]+")


def natural_key(name: str) -> str:
    """
    Give a text that sorts as an id is read: numbers in it by their value, all else by its characters.

    Examples
    --------
    >>> sorted(["E10", "E2", "BC1", "E02"], key=natural_key)
    ['BC1', 'E02', 'E2', 'E10']
    """
    # How many digits there are goes before them, so that longer numbers come later; what was written decides last.
    return NUMBER.sub(_by_value, name) + "\0" + name


def _by_value(number: re.Match[str]) -> str:
    digits = number[0].lstrip("0") or "0"
    return f"{len(digits):08d}{digits}"


def natural_order(ids: pd.Index, *, after: Sequence[NDArray[np.integer]] = ()) -> NDArray[np.intp] | None:
    """
    Say in which order ids stand: numbers in them by their value, all else by its characters.

    Parameters
    ----------
    ids
        Ids as text.
    after
        What goes before the id, the most telling first.

    Returns
    -------
    Positions; None: they stand so already.
    """
    if len(ids) < 2:
        return None
    order = np.lexsort((_ranks(ids), *reversed(after)))
    return None if (order == np.arange(len(ids))).all() else order


def _ranks(ids: pd.Index) -> NDArray[np.intp]:
    """Rank of each id; ids that have digits at the same places rank as their characters do, which is quick to tell."""
    alike = pd.Series(ids, dtype="str").str.replace(NUMBER.pattern[:-1], "0", regex=True)
    plain = bool((alike == alike.iloc[0]).all())
    if plain and ids.is_monotonic_increasing:
        return np.arange(len(ids))
    keys = ids if plain else pd.Index([natural_key(name) for name in ids.tolist()], dtype="str")
    ranks = np.empty(len(ids), dtype=np.intp)
    ranks[keys.argsort()] = np.arange(len(ids))
    return ranks
