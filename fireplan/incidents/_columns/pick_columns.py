"""From the columns of a file to those that are used, under their canonical names."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan.errors import Faults, quoted
from fireplan.incidents._columns.find_columns import STATUS_TIME, Source, by_mapping, by_synonyms, check_needed
from fireplan.incidents._columns.mapping import ALL_TIMES, CANONICAL_MAPPING, Elapsed, Mapping
from fireplan.incidents._columns.placeholders import holds_nothing
from fireplan.incidents._columns.synonyms import synonyms
from fireplan.incidents._columns_and_types import CALL_TIMES, CANONICAL, IDS, TIMES
from fireplan.incidents._formats.text_table import Records, Shape, note_numbers, numbered_name, squeezed, stripped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fireplan.incidents._columns_and_types import Flags, Ints
    from fireplan.incidents._ledger.ledger import Ledger

DATE_ALONE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{8}|\d{1,2}[- ][A-Za-z]{3,9}[- ,]+\d{2,4}"
COSTS = {
    "call_type": "nothing can be said by kind of call",
    "priority": "nothing can be said by priority, and objectives for emergencies find none",
    "point": "no maps, no gaps, no zones by place, no modelled times",
    "received": "call handling and total response are unknown",
    "dispatched": "call handling and turnout are unknown",
    "enroute": "turnout and travel are unknown",
    "arrived": "travel and total response are unknown",
    "cleared": "workload, reliability and calls at once are unknown",
}
"""What an export without a column cannot tell."""


class Picked(NamedTuple):
    """
    The columns used.

    `frame` holds their text by physical line, stripped but for `unit_id`; the five times are always there, blank
    where the file has none. `names` says what to call each in messages, and `mapping` how they are written. `units`
    holds, of units that stand side by side, the columns of each. `elapsed` says which times are given as what passed
    since another, `clocks` of the file, or of each unit, which times share one date, and `absent` of which there is
    no column.
    """

    frame: pd.DataFrame
    names: dict[str, str]
    mapping: Mapping
    units: tuple[pd.DataFrame, ...] = ()
    elapsed: dict[str, Elapsed] = {}  # noqa: RUF012 - never changed
    clocks: tuple[tuple[tuple[str, ...], ...], ...] = ((),)
    absent: tuple[str, ...] = ()


def shape_of_file(mapping: Mapping) -> Shape:
    """Say what a file should look like by its mapping."""
    written = mapping.text
    if mapping is CANONICAL_MAPPING:
        wanted, accepted = list(CANONICAL), frozenset(synonyms())
    else:
        wanted = mapping.wanted()
        accepted = frozenset(squeezed(name) for item in wanted for name in (item, numbered_name(item)[0]))
    return Shape(wanted, accepted, written.delimiter, written.encoding, written.sheet)


def pick_columns(records: Records, mapping: Mapping, *, table: str, ledger: Ledger) -> Picked:
    """
    Pick the columns that are used.

    Parameters
    ----------
    records
        The rows of the file.
    mapping
        Gives the source names of each column. For the canonical mapping other names that were seen are taken too,
        and noted. Names are compared regardless of case, spaces and punctuation.
    table
        What to call the file in errors.
    ledger
        Takes the notes.

    Raises
    ------
    TableError
        If nothing that is needed is there, a column is missing that stands there misspelt or twice, or two columns
        could be the same one.
    """
    faults = Faults(table)
    if mapping is CANONICAL_MAPPING:
        found = by_synonyms(records.header, mapping, faults=faults, ledger=ledger)
    else:
        found = by_mapping(records.header, mapping, faults=faults)
    check_needed(records.header, found, own_names=mapping is CANONICAL_MAPPING, faults=faults)
    faults.raise_if_any()
    base, mapping = found.base, found.mapping
    given = set(base).union(*found.units)
    _note_absent(mapping, given, ledger=ledger)
    if "unit_id" not in given and not found.units:
        ledger.add_file("grain_incident")
    stands_in = [
        name for name in CALL_TIMES
        if name in base and "received" in base and base[name].places[0] == base["received"].places[0]
    ]  # fmt: skip
    if stands_in:
        ledger.add_file("received_stood_in", column="received", detail=quoted(stands_in[0]))
    if mapping.hint:
        ledger.add_file("mapping_hint", detail=quoted(mapping.title))
    note_numbers(records, {name: base[name].places[0] for name in IDS if name in base}, ledger=ledger)
    index = pd.Index(records.lines, name="line")
    columns: dict[str, pd.Series[str]] = {}
    chosen: dict[str, Ints | None] = {}
    for name, source in base.items():
        columns[name], chosen[name] = _column(records, source, name=name, ledger=ledger)
    if "answered" in base and "received" in base and not stands_in and len(base["received"].places) > 1:
        # One clock under two names says nothing of what lies between them.
        same = chosen["received"] == base["answered"].places[0]
        columns["answered"] = columns["answered"].mask(pd.Series(same, index=index), "")
    blank = {name: pd.Series("", index=index, dtype="str") for name in TIMES if name not in columns}
    frame = pd.DataFrame(columns | blank, index=index)
    units = tuple(
        pd.DataFrame(
            {name: _column(records, source, name=name, ledger=ledger)[0] for name, source in own.items()}, index=index
        )
        for own in found.units
    )
    names = {name: quoted(name) for name in TIMES}
    for part in (*found.units[::-1], base):
        names |= {name: _called(name, [records.header[place] for place in source.places])
                  for name, source in part.items()}  # fmt: skip
    clocks = tuple(_sharing_dates(mapping, part) for part in range(max(len(units), 1)))
    stated = given if mapping.log is None else given | {name for name, _ in mapping.log.statuses()}
    absent = tuple(name for name in TIMES if name not in stated)
    return Picked(frame, names, mapping, units, found.elapsed, clocks, absent)


def _column(records: Records, source: Source, *, name: str, ledger: Ledger) -> tuple[pd.Series[str], Ints | None]:
    """Give the text of one column, stripped but for `unit_id`; of several, also the place that each row came from."""
    if source.joined:
        parts = [records.texts(place).str.strip() for place in source.places]
        if name in IDS:
            return _joined_id(parts), None
        text = reduce(lambda one, two: one + " " + two, parts).str.strip()
        return text.mask(_clock_blank(parts), ""), None
    text = records.texts(source.places[0])
    if len(source.places) == 1:
        return text if name == "unit_id" else stripped(text), None
    text = stripped(text)
    chosen = np.full(len(records.lines), source.places[0])
    times = name in ALL_TIMES or name == STATUS_TIME
    empty = holds_nothing(text, times=times)
    for place in source.places[1:]:
        other = stripped(records.texts(place))
        use = empty & ~holds_nothing(other, times=times)
        text, empty = text.where(~use, other), empty & ~use
        chosen[use] = place
    moved = chosen != source.places[0]
    if moved.any():
        counts = [(records.header[place], int((~empty & (chosen == place)).sum())) for place in source.places]
        told = ", ".join(f"{quoted(column)} in {wording.counted(count, 'row')}" for column, count in counts if count)
        ledger.add("first_of_several", records.lines[moved], column=name, detail=f"{name}: {told}")
    return text, chosen


def _joined_id(parts: list[pd.Series[str]]) -> pd.Series[str]:
    """Join the parts of an id by hyphens; blank where none of them is there."""
    text = reduce(lambda one, two: one + "-" + two, parts)
    return text.mask(text == "-" * (len(parts) - 1), "")


def _clock_blank(parts: list[pd.Series[str]]) -> Flags:
    """Find the rows where a date stands without its clock: a stamp that is missing, not one that cannot be read."""
    if len(parts) > 2:
        return np.asarray(parts[-1] == "", dtype=bool)
    one, two = parts
    alone = (one + two).where((one == "") != (two == ""), "")
    return alone.str.fullmatch(DATE_ALONE).to_numpy(dtype=bool)


def _note_absent(mapping: Mapping, given: set[str], *, ledger: Ledger) -> None:
    """Note the columns that the file lacks, each with what it costs."""
    stamped = set() if mapping.log is None else {name for name, _ in mapping.log.statuses()}
    located = bool(given & {"point", "latitude"})
    for name, cost in COSTS.items():
        if name not in given | stamped and not (name == "point" and located):
            ledger.add_file("column_absent", column=name, detail=f"{name}: {cost}")
    rest = {*mapping.sources(), *mapping.join, *mapping.elapsed} - given - stamped - set(COSTS)
    rest -= {"latitude", "longitude", "unit_id"}
    for name in sorted(rest):
        ledger.add_file("column_absent", column=name, detail=name)


def _sharing_dates(mapping: Mapping, unit: int) -> tuple[tuple[str, ...], ...]:
    """Give the groups of times that are put together from one and the same date."""
    joins = dict(mapping.join)
    if mapping.responses:
        joins |= mapping.responses[unit].join
    dates: dict[tuple[str, ...], list[str]] = {}
    for name, parts in joins.items():
        if name in ALL_TIMES:
            dates.setdefault(tuple(map(squeezed, parts[:-1])), []).append(name)
    return tuple(tuple(names) for names in dates.values() if len(names) > 1)


def _called(name: str, sources: Sequence[str]) -> str:
    """Name a column for a message, with the source columns where these have other names."""
    if all(squeezed(source) == squeezed(name) for source in sources):
        return quoted(name)
    return f"{quoted(name)} (in the file {' and '.join(map(quoted, sources))})"
