"""What calls ask for beyond what the department has: nobody waits for it, as the same units would come again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan.errors import listed
from fireplan.stations._apparatus import ALSO_COUNTS_AS
from fireplan.stations._shared_crews import one_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fireplan.simulation._simulate._call_templates import CallTemplates
    from fireplan.simulation._simulate._crews_and_duty import OnDuty


def beyond_all(crews: OnDuty, templates: CallTemplates) -> NDArray[np.bool_]:
    """
    Say of each unit asked for whether its call asks for more than can ever be there at once.

    Crews count, not units: of those that one crew takes out one comes, and a quint comes as an engine or as a truck.
    """
    able = _able(crews, templates.kinds)
    start, kind = templates.item_start, templates.kind
    known: dict[bytes, NDArray[np.bool_]] = {}
    found = np.zeros(len(kind), dtype=bool)
    for begin, end in zip(start[:-1].tolist(), start[1:].tolist(), strict=True):
        asked = kind[begin:end]
        key = asked.tobytes()
        if key not in known:
            known[key] = _left_over(asked.tolist(), able)
        found[begin:end] = known[key]
    return found


def _able(crews: OnDuty, kinds: Sequence[str]) -> list[list[int]]:
    """By kind, the crews that can come as one; of those that a neighbour lends, as many as it lends at once."""
    units, terms = crews.units, crews.terms
    own, found = one_each(units), []
    first = int(own.max(initial=-1)) + 1  # beyond the crews' numbers: places among those that are lent
    slots = first + np.concatenate([[0], np.cumsum(np.minimum(terms.lends, len(units)))])
    for kind in kinds:
        serve = np.array([kind == t or kind in ALSO_COUNTS_AS.get(t, ()) for t in units["type"]]) & terms.sent
        able = set(own[serve & (terms.lender < 0)].tolist())
        for lender in np.unique(terms.lender[serve & (terms.lender >= 0)]):
            able |= set(range(int(slots[lender]), int(slots[lender + 1])))
        found.append(sorted(able))
    return found


def _left_over(asked: list[int], able: list[list[int]]) -> NDArray[np.bool_]:
    """Say which of the kinds asked for, one after the other, find no crew that those before leave."""
    serves: dict[int, int] = {}  # crew: which of those asked for it would come as

    def placed(row: int, tried: set[int]) -> bool:
        for crew in able[asked[row]]:
            if crew in tried:
                continue
            tried.add(crew)
            if crew not in serves or placed(serves[crew], tried):
                serves[crew] = row
                return True
        return False

    return np.array([not placed(row, set()) for row in range(len(asked))], dtype=bool)


def beyond_said(templates: CallTemplates, beyond: NDArray[np.bool_]) -> list[str]:
    """Say how many calls ask for more units than there are, and of which kinds."""
    call = np.repeat(np.arange(len(templates.item_start) - 1), np.diff(templates.item_start))
    n = len(np.unique(call[beyond]))
    if not n:
        return []
    kinds = listed(templates.kinds[k] for k in np.unique(templates.kind[beyond]))
    asks = wording.counted(
        n, "call of the history, or its run card, asks", "calls of the history, or their run cards, ask"
    )
    return [f"{asks} for more ({kinds}) than there are: nobody waits for those, which are handed to aid, or unmet"]
