"""What calls ask for beyond what the department has: nobody waits for it, as the same units would come again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan.errors import listed
from fireplan.scenario import held
from fireplan.stations._apparatus import ALSO_COUNTS_AS
from fireplan.stations._shared_crews import one_each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.simulation._simulate._call_templates import CallTemplates


def beyond_all(scenario: Scenario, templates: CallTemplates) -> NDArray[np.bool_]:
    """
    Say of each unit asked for whether its call asks for more than can ever be there at once.

    Crews count, not units: of those that one crew takes out one comes, and a quint comes as an engine or as a truck.
    """
    able = _able(scenario, templates.kinds)
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


def _able(scenario: Scenario, kinds: Sequence[str]) -> list[list[int]]:
    """By kind, the crews at open stations that can come as one."""
    tables = held(scenario)
    units = tables.units[tables.units["station_id"].isin(tables.stations.index[tables.stations["open"]])]
    crews = list(zip(one_each(units).tolist(), units["type"].tolist(), strict=True))
    return [sorted({crew for crew, t in crews if kind == t or kind in ALSO_COUNTS_AS.get(t, ())}) for kind in kinds]


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
