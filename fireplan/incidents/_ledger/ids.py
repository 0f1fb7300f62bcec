"""Incident and unit ids: text they stay; what is missing, misspelt or counted twice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan.errors import listed, quoted
from fireplan.incidents._columns_and_types import IDS, TIMES
from fireplan.stations._unit_ids import plain_unit_id, units_named

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from fireplan.errors import Faults
    from fireplan.incidents._columns_and_types import Flags, Ints
    from fireplan.incidents._ledger.ledger import Ledger
    from fireplan.incidents._rows import OrderedRows

LONGEST_ID = 100
MOST_SEVERAL = 0.01  # of rows with several units in a cell; beyond it, that is how the file is made
FEWEST_AGAIN = 3  # rows, to speak of a log
_STATUS = re.compile(r"status|(?:^|[ _-])(?:event|action|activity|stat)(?:$|[ _-])", re.IGNORECASE)
_LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
MOST_ALIKE = 4  # of ids that look alike, to be named
AGAIN_AFTER = np.timedelta64(48, "h")  # between two calls, from which on one number stands for two incidents
SHARED = 0.95  # of incidents with several units, from which on their stamps are the incident's
FEWEST_SHARED = 20  # of such incidents
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


def check_one_unit(frame: pd.DataFrame, *, faults: Faults, ledger: Ledger) -> None:
    """Refuse a file whose cells hold several units each; set aside the rows where few do."""
    if "unit_id" not in frame:
        return
    codes, names = pd.factorize(frame["unit_id"])
    several = np.array([holds_several(str(name)) for name in names], dtype=bool)[codes]
    lines = frame.index.to_numpy()[several]
    if len(lines) > MOST_SEVERAL * len(frame):
        one = quoted(frame["unit_id"].to_numpy(dtype=object)[several][0])
        at = ledger.told(int(ledger.lines_of(lines)[0]))
        faults.add(
            f"unit_id holds several units in {len(lines):,} of {len(frame):,} rows, such as {one} on line {at}:"
            " one row per unit, with the stamps of that unit; or a mapping with split_units = true, by which"
            " dispatched and cleared are those of every unit named"
        )
    ledger.set_aside("several_units", lines, column="unit_id")


def holds_several(text: str) -> bool:
    """Tell whether a cell names more than one unit, as "E1;T1;B2", "E1/T1" or "E1 T1"; "OCN E12" names one."""
    return len(units_named(text)) > 1


def check_no_log(frame: pd.DataFrame, header: Sequence[str], *, faults: Faults) -> None:
    """Refuse a log of statuses: with one row per unit and status every row would get the stamps of another."""
    if "unit_id" not in frame:
        return
    named = [name for name in header if _STATUS.search(name)]
    again = int(frame.duplicated(list(IDS)).sum()) if named else 0
    if again >= FEWEST_AGAIN and 2 * again >= len(frame):
        faults.add(
            f"column {quoted(named[0])} looks like a status log: one row per unit and status ({again:,} of"
            f" {len(frame):,} rows name a unit again at the same incident); say what its statuses mean by a mapping"
            " with [log], or pivot it to one row per unit with dispatched, enroute, arrived and cleared"
        )


def drop_duplicates(frame: pd.DataFrame, *, ledger: Ledger) -> tuple[pd.DataFrame, Ints]:
    """Keep the first of rows that are equal in every column that is used; give those with the ids of others, too."""
    # Rows that are equal have equal ids: only those few are compared column by column.
    alike = np.flatnonzero(frame.duplicated([name for name in IDS if name in frame], keep=False).to_numpy())
    again = np.zeros(len(frame), dtype=bool)
    again[alike] = frame.iloc[alike].duplicated().to_numpy()
    ledger.duplicate("duplicate_row", frame.index[again])
    named_again = frame.index.to_numpy()[alike]
    return frame[~again] if again.any() else frame, named_again


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
    codes, different = pd.factorize(units)
    trimmed = pd.Series(different).str.strip()
    counts = pd.Series(np.bincount(codes, minlength=len(trimmed))).groupby(trimmed.to_numpy(dtype=object)).sum()
    ranked = sorted(counts.items(), key=lambda item: (-int(item[1]), str(item[0])))
    spelling: dict[str, str] = {}
    usual: dict[str, str] = {}
    for unit, _ in ranked:
        spelling[str(unit)] = usual.setdefault(str(unit).casefold(), str(unit))
    spelt = trimmed.map(spelling).astype("str")
    result = pd.Series(spelt.array[codes], index=units.index, name=units.name)
    changed = (spelt != pd.Series(different)).to_numpy(dtype=bool)
    names = sorted({quoted(unit) for unit in different[changed]})[:8]
    ledger.add("unit_id_respelled", units.index[changed[codes]], column="unit_id", detail=", ".join(names))
    groups: dict[str, list[str]] = {}
    for unit in sorted(set(usual.values())):
        plain = _LEADING_ZEROS.sub("", unit.upper().translate(_LOOKALIKES).translate(_SEPARATORS))
        groups.setdefault(plain, []).append(unit)
    for group in groups.values():
        if len(group) > 1:
            detail = " / ".join(quoted(unit) for unit in group)
            alike = spelt.isin(group).to_numpy()[codes]
            ledger.add("unit_id_lookalike", result.index[alike], column="unit_id", detail=detail)
    return result


def check_incidents(rows: OrderedRows, *, ledger: Ledger) -> None:
    """
    Note units that are on an incident more than once, and incidents whose rows disagree.

    Parameters
    ----------
    rows
        With ids, times, `call_type` and `priority`.
    ledger
        Takes the notes.
    """
    if rows.unit is not None:
        both = rows.incident * (rows.unit.max(initial=0) + 1) + rows.unit
        ledger.add("unit_repeated", rows.lines[pd.Series(both).duplicated().to_numpy()], column="unit_id")
        if len(rows) >= MANY and len(rows.ids) == len(rows):  # of many incidents none has a second unit
            ledger.add_file("one_unit_each")
    else:
        ledger.add(
            "incident_repeated", rows.lines[pd.Series(rows.incident).duplicated().to_numpy()], column="incident_id"
        )
    for name in (TIMES[0], "call_type", "priority"):
        codes = pd.factorize(rows.table[name])[0][rows.order]  # -1: missing
        highest = np.maximum.reduceat(codes, rows.starts)
        lowest = np.minimum.reduceat(np.where(codes < 0, len(codes), codes), rows.starts)
        differs = lowest < highest
        ids = rows.ids[differs]
        detail = f"{name}: incidents {', '.join(quoted(i) for i in ids[:4])}" if len(ids) else ""
        ledger.add("incident_facts_differ", rows.lines[differs[rows.incident]], column=name, detail=detail)


def note_lookalikes(rows: OrderedRows, *, ledger: Ledger) -> None:
    """Note incidents whose numbers differ in leading zeros alone: a spreadsheet may have dropped those of some."""
    plain = rows.ids.str.replace(_LEADING_ZEROS, "", regex=True)
    alike = plain.duplicated(keep=False)
    if alike.any():
        pairs = rows.ids[alike].to_series().groupby(plain[alike]).agg(list)
        detail = "; ".join(" / ".join(map(quoted, pair)) for pair in pairs.iloc[:MOST_ALIKE])
        ledger.add("incident_id_lookalike", rows.lines[alike[rows.incident]], column="incident_id", detail=detail)


def note_numbers_again(rows: OrderedRows, *, ledger: Ledger) -> None:
    """Note incidents whose rows were received days apart: their numbers began again."""
    received = rows.column("received").dt.tz_localize(None).to_numpy()
    apart = np.fmax.reduceat(received, rows.starts) - np.fmin.reduceat(received, rows.starts)
    again = apart > AGAIN_AFTER  # NaT is not
    ids = rows.ids[again]
    detail = ", ".join(quoted(i) for i in ids[:MOST_ALIKE]) if len(ids) else ""
    ledger.add("incident_number_again", rows.lines[again[rows.incident]], column="incident_id", detail=detail)


def note_shared_times(rows: OrderedRows, *, ledger: Ledger) -> None:
    """Note a column of unit times that has one stamp for all units of an incident: it is the incident's own."""
    if rows.unit is None:
        return
    for name in ("enroute", "arrived"):
        times = rows.column(name).dt.tz_localize(None).to_numpy()  # with a zone, each stamp would be an object
        known = pd.DataFrame({"incident": rows.incident, "unit": rows.unit, "time": times})[~np.isnat(times)]
        of_each = known.groupby("incident").nunique()
        several = of_each["unit"] > 1
        shared = several & (of_each["time"] == 1)
        if several.sum() >= FEWEST_SHARED and shared.sum() >= SHARED * several.sum():
            at = np.isin(rows.incident, of_each.index[shared].to_numpy())
            ledger.add("times_shared", rows.lines[at], column=name)


def note_unknown(units: pd.Series[str], known: Collection[str], *, ledger: Ledger) -> Flags:
    """Flag and note the units that are not in a list, however they are spelt; what could be two of it is neither."""
    folded = {str(unit).strip().casefold() for unit in known}
    plain = pd.Series([plain_unit_id(unit) for unit in folded], dtype="str")
    one = set(plain[~plain.duplicated(keep=False)])
    codes, different = pd.factorize(units)
    own = np.array([str(n).casefold() in folded or plain_unit_id(n) in one for n in different], dtype=bool)
    strange = ~own[codes]
    names = sorted({quoted(unit) for unit in units[strange]})
    ledger.add("unit_unknown", units.index[strange], column="unit_id", detail=listed(names, most=20) if names else "")
    return strange


def numbered(ids: pd.Series[str]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Number the ids, equal ids alike."""
    return np.asarray(pd.factorize(ids)[0], dtype=np.int64)
