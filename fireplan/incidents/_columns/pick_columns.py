"""From the columns of a file to those that are used, under their canonical names."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from fireplan.errors import Faults, listed, quoted
from fireplan.incidents._columns.mapping import CANONICAL_MAPPING, Mapping, Point
from fireplan.incidents._columns.synonyms import synonyms
from fireplan.incidents._columns_and_types import CALL_TIMES, CANONICAL, IDS, TIMES
from fireplan.incidents._formats.text_table import HEADER_LIKELY, Records, Shape, note_numbers, squeezed, stripped

if TYPE_CHECKING:
    from fireplan.incidents._ledger.ledger import Ledger

DATE_ALONE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{8}|\d{1,2}[- ][A-Za-z]{3,9}[- ,]+\d{2,4}"
MOST_FOUND = 40  # names of columns shown


class Picked(NamedTuple):
    """
    The columns used.

    `frame` holds their text by physical line, stripped but for `unit_id`; the five times are always there, blank
    where the file has none. `names` says what to call each in messages, and `mapping` how they are written.
    """

    frame: pd.DataFrame
    names: dict[str, str]
    mapping: Mapping


def shape_of_file(mapping: Mapping) -> Shape:
    """Say what a file should look like by its mapping."""
    written = mapping.text
    if mapping is CANONICAL_MAPPING:
        wanted, accepted = list(CANONICAL), frozenset(synonyms())
    else:
        wanted = [name for names in (*mapping.sources().values(), *mapping.join.values()) for name in names]
        accepted = frozenset(map(squeezed, wanted))
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
        and noted. Names are compared regardless of case, spaces and underscores.
    table
        What to call the file in errors.
    ledger
        Takes the notes.

    Raises
    ------
    TableError
        If columns are missing, stand there twice, or two columns could be the same one.
    """
    faults = Faults(table)
    own_names = mapping is CANONICAL_MAPPING
    if own_names:
        places = _by_synonyms(records.header, faults=faults, ledger=ledger)
        mapping, places = _with_point(mapping, _with_received(places))
        required = [name for name in CANONICAL if name not in {"latitude", "longitude"} or "point" not in places]
    else:
        places, required = _by_mapping(records.header, mapping, faults=faults, ledger=ledger)
    if "unit_id" in required and own_names and _no_units(records.header, places):
        required.remove("unit_id")
    _check(records.header, mapping, places, required, faults=faults)
    faults.raise_if_any()
    if "unit_id" not in places:
        ledger.add_file("grain_incident")
    if stands_in := [name for name in CALL_TIMES if name in places and places[name] == places.get("received")]:
        ledger.add_file("received_stood_in", column="received", detail=quoted(stands_in[0]))
    if mapping.hint:
        ledger.add_file("mapping_hint", detail=quoted(mapping.title))
    note_numbers(records, {name: places[name] for name in IDS if name in places}, ledger=ledger)
    index = pd.Index(records.lines, name="line")
    columns = {name: records.texts(place) for name, place in places.items()}
    for name, parts in mapping.join.items():
        one, two = (records.texts(_place(part, records.header) or 0).str.strip() for part in parts)
        columns[name] = (one + " " + two).str.strip().mask(_clock_blank(one, two), "")
    bare = {name: text if name == "unit_id" else stripped(text) for name, text in columns.items()}
    blank = {name: pd.Series("", index=index, dtype="str") for name in TIMES if name not in columns}
    frame = pd.DataFrame(bare | blank, index=index)
    names = {name: _called(name, records.header[place]) for name, place in places.items()}
    return Picked(frame, dict(zip(TIMES, map(quoted, TIMES), strict=True)) | names, mapping)


def _clock_blank(one: pd.Series[str], two: pd.Series[str]) -> pd.Series[bool]:
    """Find the rows where a date stands without its clock: a stamp that is missing, not one that cannot be read."""
    alone = (one + two).where((one == "") != (two == ""), "")
    return alone.str.fullmatch(DATE_ALONE)


def _by_synonyms(header: list[str], *, faults: Faults, ledger: Ledger) -> dict[str, int]:
    """Find canonical columns under their own or another known name."""
    found: dict[str, list[tuple[int, int]]] = {}
    for place, name in enumerate(header):
        known = synonyms().get(squeezed(name))
        if known is not None:
            found.setdefault(known.canonical, []).append((known.rank, place))
    places: dict[str, int] = {}
    for canonical, candidates in found.items():
        best = min(candidates)[0]
        taken = [place for rank, place in candidates if rank == best]
        names = [quoted(header[place]) for place in taken]
        places[canonical] = taken[0]
        if len(taken) > 1 and len({squeezed(header[place]) for place in taken}) == 1:
            faults.add(f"column {names[0]} stands in the header twice: rename one")
        elif len(taken) > 1:
            both = " and ".join(names)
            faults.add(f"columns {both} could both be {canonical}: rename one, or name the right one in a mapping")
        elif best:
            hint = synonyms()[squeezed(header[taken[0]])].kind == "hint"
            code = "column_hint" if hint else "column_found"
            ledger.add_file(code, column=canonical, detail=f"column {names[0]} read as {canonical}")
    return places


def _with_received(places: dict[str, int]) -> dict[str, int]:
    """Take the next time of the call there is where none says when it came in: a lower bound of total response."""
    stands_in = next((places[name] for name in CALL_TIMES if name in places), None)
    return places if "received" in places or stands_in is None else places | {"received": stands_in}


def _with_point(mapping: Mapping, places: dict[str, int]) -> tuple[Mapping, dict[str, int]]:
    """Use one column for the point where there are no two."""
    if "latitude" in places or "longitude" in places or "point" not in places:
        return mapping, {name: place for name, place in places.items() if name != "point"}
    return mapping.model_copy(update={"point": Point(column="point")}), places


def _by_mapping(
    header: list[str], mapping: Mapping, *, faults: Faults, ledger: Ledger
) -> tuple[dict[str, int], list[str]]:
    """Find the columns that a mapping names; and list those without which the file cannot be used."""
    places: dict[str, int] = {}
    absent: list[str] = []
    for name, sources in mapping.sources().items():
        for source in sources:
            place = _place(source, header)
            if place is not None:
                places[name] = place
                if sum(found.casefold() == header[place].casefold() for found in header) > 1:
                    faults.add(f"column {quoted(source)} stands in the header twice: rename one")
                break
        else:
            absent.append(name)
    for name, parts in mapping.join.items():
        for part in parts:
            if _place(part, header) is None:
                faults.add(_missing(name, (part,), close=""))
    lacking = [name for name in absent if mapping.may_lack(name)]
    if lacking:
        ledger.add_file("column_absent", detail=listed(lacking, most=MOST_FOUND))
    return places, [name for name in mapping.sources() if name not in lacking]


def _place(source: str, header: list[str]) -> int | None:
    """Find a column by its name regardless of case, else of spaces and underscores too."""
    for same in (str.casefold, squeezed):
        at = [place for place, found in enumerate(header) if same(found) == same(source)]
        if at:
            return at[0]
    return None


def _check(header: list[str], mapping: Mapping, places: dict[str, int], required: list[str], *, faults: Faults) -> None:
    """Name the columns that are missing, and those found."""
    sure = len(places) >= HEADER_LIKELY  # else the line may hold data, which is not shown
    for name in required:
        if name in places:
            continue
        sources = mapping.sources().get(name, (name,))
        close = _close(sources, header) if sure else ""
        faults.add(_missing(name, sources, close=close))
    if faults.found and sure:
        faults.add(f"the columns found are {listed((quoted(name) for name in header), most=MOST_FOUND // 2)}")


def _no_units(header: list[str], places: dict[str, int]) -> bool:
    """Tell whether a file has no column of units, rather than a misspelt one."""
    return "unit_id" not in places and len(places) >= HEADER_LIKELY and not _close(("unit_id",), header)


def _close(sources: tuple[str, ...], header: list[str]) -> str:
    found = [name.casefold() for name in header if squeezed(name) not in synonyms()]
    return next((c for source in sources for c in get_close_matches(source.casefold(), found, n=1, cutoff=0.75)), "")


def _missing(name: str, sources: tuple[str, ...], *, close: str) -> str:
    meant = f", did you mean {quoted(close)}?" if close else ": add it, or name the column that holds it in a mapping"
    source = " or ".join(map(quoted, sources))
    wanted = source if sources == (name,) else f"{source} (for {name})"
    return f"column {wanted} is missing{meant}"


def _called(name: str, source: str) -> str:
    """Name a column for a message, with the source column where that has another name."""
    return quoted(name) if squeezed(source) == squeezed(name) else f"{quoted(name)} (in the file {quoted(source)})"
