"""Incident and unit ids: text they stay; what is missing, misspelt or counted twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan.errors import listed, quoted
from fireplan.incidents._columns_and_types import IDS, TIMES

if TYPE_CHECKING:
    from collections.abc import Collection

    from fireplan.incidents._columns_and_types import Flags
    from fireplan.incidents._ledger.ledger import Ledger

LONGEST_ID = 100
MANY = 100  # incidents, from which on it is strange that none has a second unit
_LOOKALIKES = str.maketrans(
    "АВЕКМНОРСТУХІЅЈ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",  # noqa: RUF001 - Cyrillic and Greek on purpose
    "ABEKMHOPCTYXISJ" + "ABEZHIKMNOPTYX",
)
_SEPARATORS = str.maketrans("", "", " -_./\u00ad\u200b\u200c\u200d\ufeff")


def set_aside_bad_ids(frame: pd.DataFrame, *, ledger: Ledger) -> None:
    """Set aside the rows without a usable incident_id or unit_id."""
    for name in (name for name in IDS if name in frame):
        ids = frame[name].str.strip()
        lines = frame.index.to_numpy()
        length = ids.str.len().to_numpy()
        ledger.set_aside(f"{name}_missing", lines[length == 0], column=name)
        long = length > LONGEST_ID
        texts = [f"{name} of {count:,} characters, at most {LONGEST_ID} are taken" for count in length[long]]
        ledger.set_aside("id_too_long", lines[long], column=name, texts=texts)
        ledger.set_aside("id_undecodable", lines[ids.str.contains("\ufffd", regex=False)], column=name)


def drop_duplicates(frame: pd.DataFrame, *, ledger: Ledger) -> pd.DataFrame:
    """Keep the first of rows that are equal in every column that is used."""
    again = frame.duplicated().to_numpy()
    ledger.add("duplicate_row", frame.index[again])
    return frame[~again] if again.any() else frame


def spelt_alike(units: pd.Series[str], *, ledger: Ledger) -> pd.Series[str]:
    """
    Give units that differ in case only one spelling, the commonest; keep apart and note ids that merely look alike.

    Parameters
    ----------
    units
        Unit ids as written, indexed by physical line.
    ledger
        Takes the notes.
    """
    trimmed = units.str.strip()
    counts = trimmed.value_counts()
    ranked = sorted(counts.items(), key=lambda item: (-int(item[1]), str(item[0])))
    spelling: dict[str, str] = {}
    usual: dict[str, str] = {}
    for unit, _ in ranked:
        spelling[str(unit)] = usual.setdefault(str(unit).casefold(), str(unit))
    result = trimmed.map(spelling).astype("str")
    changed = result != units
    names = sorted({quoted(unit) for unit in units[changed]})[:8]
    ledger.add("unit_id_respelled", units.index[changed], column="unit_id", detail=", ".join(names))
    groups: dict[str, list[str]] = {}
    for unit in sorted(set(usual.values())):
        plain = unit.upper().translate(_LOOKALIKES).translate(_SEPARATORS)
        groups.setdefault(plain, []).append(unit)
    for group in groups.values():
        if len(group) > 1:
            detail = " / ".join(quoted(unit) for unit in group)
            ledger.add("unit_id_lookalike", result.index[result.isin(group)], column="unit_id", detail=detail)
    return result


def check_incidents(responses: pd.DataFrame, *, ledger: Ledger) -> None:
    """
    Note units that are on an incident more than once, and incidents whose rows disagree.

    Parameters
    ----------
    responses
        Ids, times, `call_type` and `priority`, indexed by physical line.
    ledger
        Takes the notes.
    """
    if "unit_id" in responses:
        again = responses.duplicated(list(IDS), keep="first")
        ledger.add("unit_repeated", responses.index[again], column="unit_id")
        _check_grain(responses, ledger=ledger)
    else:
        again = responses.duplicated("incident_id", keep="first")
        ledger.add("incident_repeated", responses.index[again], column="incident_id")
    facts = responses[["incident_id", TIMES[0], "call_type", "priority"]]
    differing = facts.groupby("incident_id", sort=True)[[TIMES[0], "call_type", "priority"]].nunique()
    for name in differing.columns:
        ids = differing.index[(differing[name] > 1).to_numpy()]
        lines = responses.index[responses["incident_id"].isin(ids)]
        detail = f"{name}: incidents {', '.join(quoted(i) for i in ids[:4])}" if len(ids) else ""
        ledger.add("incident_facts_differ", lines, column=str(name), detail=detail)


def _check_grain(responses: pd.DataFrame, *, ledger: Ledger) -> None:
    """Note a file of many incidents of which none has a second unit."""
    if len(responses) >= MANY and responses["incident_id"].is_unique:
        ledger.add_file("one_unit_each")


def note_unknown(units: pd.Series[str], known: Collection[str], *, ledger: Ledger) -> Flags:
    """Flag and note the units that are not in a list, regardless of case."""
    folded = {str(unit).strip().casefold() for unit in known}
    strange = np.array(~units.str.casefold().isin(folded), dtype=bool)
    names = sorted({quoted(unit) for unit in units[strange]})
    ledger.add("unit_unknown", units.index[strange], column="unit_id", detail=listed(names, most=20) if names else "")
    return strange


def numbered(ids: pd.Series[str]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Number the ids, equal ids alike."""
    return np.asarray(pd.factorize(ids)[0], dtype=np.int64)
