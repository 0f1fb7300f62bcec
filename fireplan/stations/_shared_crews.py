"""Crews that staff several units of a station: when one of them goes the others stay behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan.errors import Faults, listed, quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARED_CREW = "shared_crew"
"""Column of the units: those of one station with the same text are staffed by one crew; blank: its own."""

OWN_CREW, NOT_SAID = {"no", "n", "false", "0", "none", "nan", "-"}, {"yes", "y", "true", "1", "x"}
"""Words in the column that name no crew: of units with their own; of units that share theirs with nobody knows whom."""


def settled(units: pd.DataFrame) -> pd.DataFrame:
    """
    Give units that name one another the same text, so that equal texts are all that counts.

    Parameters
    ----------
    units
        By `unit_id`. In `shared_crew` a text that is another unit's id means the crew of that unit; words such as "no"
        mean none.
    """
    if SHARED_CREW not in units.columns:
        return units
    ids = units.index.astype(str).to_numpy(object)
    texts = ["" if text.casefold() in OWN_CREW else text for text in crew_texts(units)]
    crew = dict(zip(ids, texts, strict=True))
    for unit, text in zip(ids, texts, strict=True):
        if text in crew and text != unit:
            old = {t for t in (crew[unit], crew[text]) if t and t.casefold() not in NOT_SAID}
            # Whoever had either text is in the one crew now.
            crew |= {u: text for u, t in crew.items() if t in old} | {unit: text, text: text}
    return units.assign(**{SHARED_CREW: pd.Series([crew[unit] for unit in ids], index=units.index, dtype="str")})


def crew_texts(units: pd.DataFrame) -> NDArray[np.object_]:
    """Give the crew that each unit shares, as it is written; "" for one of its own."""
    if SHARED_CREW not in units.columns:
        return np.full(len(units), "", dtype=object)
    given = units[SHARED_CREW]
    return np.array([str(text).strip() if known else "" for text, known in zip(given, given.notna(), strict=True)])


def crew_numbers(units: pd.DataFrame) -> NDArray[np.int64]:
    """
    Number the crews that are shared.

    Parameters
    ----------
    units
        Some or all units of a department, with `station_id`.

    Returns
    -------
    By unit: the number of the crew that it shares with another of these units; -1 where it shares none.
    """
    texts = crew_texts(units)
    if not (texts != "").any():
        return np.full(len(units), -1, dtype=np.int64)
    keys = pd.Series(list(zip(units["station_id"].astype(str), texts, strict=True)), dtype=object)
    together = (texts != "") & (keys.map(keys.value_counts()).to_numpy() > 1)
    number, _ = pd.factorize(keys.where(together))
    return np.asarray(number, dtype=np.int64)


def one_each(units: pd.DataFrame) -> NDArray[np.int64]:
    """Number the crews of units: those that share one have the same number, each other has its own."""
    shared = crew_numbers(units)
    alone = np.flatnonzero(shared < 0)
    found = shared.copy()
    found[alone] = int(shared.max(initial=-1)) + 1 + np.arange(len(alone))
    return found


def mates(units: pd.DataFrame) -> dict[str, list[str]]:
    """Name, of each unit that shares its crew, the other units of that crew."""
    number = crew_numbers(units)
    names = units.index.astype(str).to_numpy(object)
    return {
        str(names[row]): [str(n) for n in names[(number == number[row]) & (names != names[row])]]
        for row in np.flatnonzero(number >= 0)
    }


def without_flags(units: pd.DataFrame, *, column: str, notes: list[str]) -> pd.DataFrame:
    """
    Leave out what a column of another name says of crews by yes and no alone, and note it.

    Parameters
    ----------
    units
        As read.
    column
        Its name in the file; under its own name it is meant, and refused by `check_crews`.
    notes
        Takes what was left out.
    """
    flags = np.array([text.casefold() in NOT_SAID for text in crew_texts(units)], dtype=bool)
    if not flags.any() or column == SHARED_CREW:
        return units
    named = listed(units.index[flags])
    notes.append(
        f"column {quoted(column)} says that {named} share a crew, but not with whom, so each counts with its own: give"
        f" all units of one crew the same text, or the id of the other unit, in '{SHARED_CREW}'"
    )
    return units.assign(**{SHARED_CREW: units[SHARED_CREW].mask(flags, "")})


def check_crews(units: pd.DataFrame, faults: Faults) -> None:
    """Make sure that no crew is at two stations: it could not be called out with either unit."""
    texts = pd.Series(crew_texts(units), index=units.index)
    unsaid = texts.index[texts.str.casefold().isin(NOT_SAID)]
    if len(unsaid):
        faults.add(
            f"column '{SHARED_CREW}' of {listed(map(quoted, unsaid))} does not say with whom the crew is shared: give"
            " all units of one crew the same text, such as 'A', or the id of the other unit"
        )
        return
    for text, homes in units["station_id"][(texts != "").to_numpy()].groupby(texts[texts != ""]):
        if len(set(homes)) > 1:
            told = listed(f"{quoted(unit)} at {quoted(home)}" for unit, home in homes.items())
            faults.add(
                f"{SHARED_CREW} {quoted(text)} is one crew, but its units stand at different stations ({told}): house"
                " them at one, or give them different texts (ShareCrew)"
            )


def crew_notes(units: pd.DataFrame) -> list[str]:
    """Say what is odd about crews that are shared: a unit alone in one, different hours, different crew counts."""
    texts = crew_texts(units)
    notes = []
    for text in sorted({*texts} - {""}):
        rows = units[texts == text]
        if len(rows) == 1:
            notes.append(f"{SHARED_CREW} {quoted(text)} is that of {rows.index[0]} alone: it counts as its own crew")
            continue
        for column, what in (("schedule", "hours"), ("crew", "numbers of people")):
            values = rows[column].astype(str).str.removesuffix(".0") if column in rows else []
            if len(set(values)) > 1:
                told = listed(f"{unit} {value}" for unit, value in zip(rows.index, values, strict=True))
                notes.append(f"units of one crew ({quoted(text)}) have different {what}, and each its own: {told}")
    return notes


def crews_said(units: pd.DataFrame) -> list[str]:
    """Say which units share a crew; nothing where none do."""
    number = crew_numbers(units)
    if not (number >= 0).any():
        return []
    names = units.index.astype(str).to_numpy(object)
    told = listed(" + ".join(names[number == one]) for one in range(int(number.max()) + 1))
    return [f"one crew for several units, of which one at a time can be out: {told}"]


def added_by(units: pd.DataFrame, brings: NDArray[np.float64], later_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """
    Say what each unit brings that no quicker unit of its crew brings already.

    Parameters
    ----------
    units
        The units.
    brings
        Units x kinds: what each brings if it goes; see `supply`.
    later_s
        By which a unit of a station is later than others. [s]

    Returns
    -------
    The same, so that sums over the units that can have come by a moment are, of each kind alone, the most that their
    crews can have brought: of a crew one unit, for people the one with the most.
    """
    number = crew_numbers(units)
    if not (number >= 0).any():
        return brings
    found = brings.copy()
    for crew in range(int(number.max()) + 1):
        rows = np.flatnonzero(number == crew)
        rows = rows[np.argsort(later_s[rows], kind="stable")]
        most = np.maximum.accumulate(brings[rows], axis=0)
        found[rows] = np.diff(most, axis=0, prepend=np.zeros((1, brings.shape[1])))
    return found
