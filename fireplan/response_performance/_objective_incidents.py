"""Which incidents of a history an objective speaks of: by their kind, and by the ground they lie on."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import wording
from fireplan._selection import kind_texts
from fireplan.errors import InputError, listed, quoted
from fireplan.standards._objectives import value_text

FIRST_DUE = "first_due"

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from fireplan.response_performance._attendance import Attendance
    from fireplan.standards import Objective


class Spoken(NamedTuple):
    """
    Which incidents of a history an objective speaks of, in the order of its table.

    Attributes
    ----------
    applies
        Those it speaks of.
    untold
        Those of which the data do not say.
    """

    applies: NDArray[np.bool_]
    untold: NDArray[np.bool_]

    def note(self, row: NDArray[np.intp]) -> str:
        """Say how many of some incidents, by their rows, are left out because nobody can tell; "": none."""
        untold = len(np.unique(row[self.untold[row]]))
        if len(row) and not untold and not self.applies[row].any():
            return "no incident is one that it speaks of: see how the data write them"
        if not untold:
            return ""
        return f"{wording.counted(untold, 'incident')} left out: the data do not say whether it speaks of them"


def spoken_of(attendance: Attendance, objective: Objective) -> Spoken:
    """
    Say of each incident whether an objective speaks of it.

    Parameters
    ----------
    attendance
        Its incidents carry what the history says, and the columns of the zones they lie in.
    objective
        By its categories, priorities, call types, and ground.

    Raises
    ------
    InputError
        If the incidents have no column that it goes by; never all of them instead.
    """
    return spoken_among(attendance.incidents, objective)


def spoken_among(incidents: pd.DataFrame, objective: Objective) -> Spoken:
    """Say it of incidents that carry what an attendance's do; see `spoken_of`."""
    asked: dict[str, tuple[str, ...]] = {
        "category": objective.categories,
        "priority": tuple(map(value_text, objective.priorities)),
        "call_type": objective.call_types,
        **objective.where,
    }
    asked = {column: values for column, values in asked.items() if values}
    yes, no = np.ones(len(incidents), dtype=bool), np.zeros(len(incidents), dtype=bool)
    for column, values in asked.items():
        if column not in incidents.columns:
            _refuse(objective, column, incidents)
        texts = kind_texts(incidents[column])
        among = texts.str.casefold().isin({value.casefold() for value in values}).to_numpy(bool)
        yes &= among
        no |= texts.notna().to_numpy() & ~among
    return Spoken(yes, ~yes & ~no)


def _refuse(objective: Objective, column: str, incidents: pd.DataFrame) -> None:
    if column == FIRST_DUE:
        raise InputError(
            f"objective {quoted(objective.title)} is held to the ground of stations, which is known of plans alone: for"
            " history name a column of the zones"
        )
    columns = [c for c in incidents.columns if c != "geometry"]
    close = get_close_matches(column, columns, n=1)
    hint = (
        f"did you mean {quoted(close[0])}?"
        if close
        else "add it to the zones and give the scenario, or to the incidents"
    )
    raise InputError(
        f"objective {quoted(objective.title)} is held {objective.ground or objective.calls}, and no column"
        f" {quoted(column)} says so of the incidents (they have {listed(columns, most=12)}): {hint}"
    )
