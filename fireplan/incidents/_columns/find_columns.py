"""Where the columns wanted stand in a header; what is missing, misspelt or there twice."""

from __future__ import annotations

from collections import Counter
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from fireplan.errors import listed, quoted
from fireplan.incidents._columns.mapping import ALL_TIMES, Elapsed, Mapping, Point, several
from fireplan.incidents._columns.synonyms import synonyms
from fireplan.incidents._columns_and_types import CALL_TIMES, CANONICAL, ORDER_OF_TIMES
from fireplan.incidents._formats.text_table import HEADER_LIKELY, numbered_name, squeezed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fireplan.errors import Faults
    from fireplan.incidents._columns.mapping import Joined, Names
    from fireplan.incidents._ledger.ledger import Ledger

MOST_FOUND = 40  # names of columns shown
STATUS, STATUS_TIME = "log status", "log time"
"""Columns of a status log; no canonical name has a space."""


class Source(NamedTuple):
    """Where a column stands in the file: places of which the first that holds a value counts, or that are joined."""

    places: tuple[int, ...]
    joined: bool = False


class FoundColumns(NamedTuple):
    """What was found of a mapping's columns: those of the file, and those of each unit."""

    base: dict[str, Source]
    units: tuple[dict[str, Source], ...]
    elapsed: dict[str, Elapsed]
    mapping: Mapping


def by_synonyms(header: list[str], mapping: Mapping, *, faults: Faults, ledger: Ledger) -> FoundColumns:
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
            faults.add(_twice(header[taken[0]]))
        elif len(taken) > 1:
            both = " and ".join(names)
            faults.add(f"columns {both} could both be {canonical}: rename one, or name the right one in a mapping")
        elif best:
            hint = synonyms()[squeezed(header[taken[0]])].kind == "hint"
            code = "column_hint" if hint else "column_found"
            ledger.add_file(code, column=canonical, detail=f"column {names[0]} read as {canonical}")
    _refuse_side_by_side(header, faults=faults)
    if not faults.found:
        located = {"latitude", "longitude"} if "point" in places else set()
        for name in (name for name in CANONICAL if name not in {*places, *located, "incident_id", "received"}):
            _refuse_misspelt(name, (name,), header, used=(), faults=faults)
    mapping, places = _with_point(mapping, _with_received(places))
    return FoundColumns({name: Source((place,)) for name, place in places.items()}, (), {}, mapping)


def _refuse_side_by_side(header: list[str], *, faults: Faults) -> None:
    """Refuse a header such as unit1, unit1_dispatched, unit2, unit2_dispatched: no name of it is the unit's."""
    numbers: dict[str, set[str]] = {}
    for name in header:
        squeezed_name = squeezed(name)
        bare = "".join(c for c in squeezed_name if not c.isdigit())
        known = synonyms().get(bare) or synonyms().get(bare.removeprefix("unit"))
        if known is not None and bare != squeezed_name and known.canonical in (*ALL_TIMES, "unit_id"):
            numbers.setdefault(known.canonical, set()).add("".join(c for c in squeezed_name if c.isdigit()))
    if any(len(found) > 1 for found in numbers.values()):
        faults.add(
            "units seem to stand side by side in each row: say which columns are those of each by a mapping with"
            " [[responses]]; `fireplan map FILE` drafts one"
        )


def _with_received(places: dict[str, int]) -> dict[str, int]:
    """Take the next time of the call there is where none says when it came in: a lower bound of total response."""
    stands_in = next((places[name] for name in CALL_TIMES if name in places), None)
    return places if "received" in places or stands_in is None else places | {"received": stands_in}


def _with_point(mapping: Mapping, places: dict[str, int]) -> tuple[Mapping, dict[str, int]]:
    """Use one column for the point where there are no two; none where there is half of a pair."""
    if {"latitude", "longitude"} <= set(places):
        return mapping, {name: place for name, place in places.items() if name != "point"}
    rest = {name: place for name, place in places.items() if name not in {"latitude", "longitude"}}
    return mapping.model_copy(update={"point": Point(column="point") if "point" in rest else None}), rest


def by_mapping(header: list[str], mapping: Mapping, *, faults: Faults) -> FoundColumns:
    """Find the columns that a mapping names; those that the file lacks are faults only if they are there misspelt."""
    log = mapping.log
    if log is not None and "log" in mapping.optional and place_of(log.status, header) is None:
        mapping, log = mapping.model_copy(update={"log": None}), None
    search = _Search(header, mapping, faults)
    base = search.named(mapping.sources()) | search.joined(mapping.join)
    units = []
    elapsed: dict[str, Elapsed] = {}
    for number, part in enumerate(mapping.parts()):
        passed = search.named({name: several(item.column) for name, item in part.elapsed.items()})
        elapsed |= {name: part.elapsed[name] for name in passed}
        if number == 0:
            base |= passed
            continue
        own = search.named({name: several(names) for name, names in part.columns.items()})
        units.append(own | search.joined(part.join) | passed)
    if mapping.responses and not any(units):
        names = [name for part in mapping.responses for names in part.columns.values() for name in several(names)]
        faults.add(f"none of the columns of [[responses]] is there: {listed(map(quoted, names), most=MOST_FOUND)}")
    if log is not None:
        base |= search.needed(STATUS, log.status) | search.needed(STATUS_TIME, log.time)
    if ("latitude" in base) != ("longitude" in base):
        base = {name: source for name, source in base.items() if name not in {"latitude", "longitude"}}
    there = tuple(part for part, own in zip(mapping.responses, units, strict=True) if own)
    mapping = mapping.model_copy(update={"responses": there})
    return FoundColumns(base, tuple(filter(None, units)), elapsed, mapping)


class _Search:
    """Looks the columns of a mapping up in a header."""

    def __init__(self, header: list[str], mapping: Mapping, faults: Faults) -> None:
        self.header, self.mapping, self.faults = header, mapping, faults
        self.wanted = mapping.wanted()
        self.used = {place for name in self.wanted if (place := place_of(name, header)) is not None}
        joins = (names for part in mapping.parts() for names in part.join.values())
        self.in_joins = Counter(squeezed(name) for names in joins for name in names)

    def named(self, columns: dict[str, tuple[str, ...]]) -> dict[str, Source]:
        """Find columns, each under one of several names."""
        found: dict[str, Source] = {}
        for name, sources in columns.items():
            places = self._places(sources)
            if places:
                found[name] = Source(tuple(dict.fromkeys(places)))
            elif not self.mapping.may_lack(name) and (name != "incident_id" or self.mapping.number_rows):
                _refuse_misspelt(name, sources, self.header, used=self.used, faults=self.faults)
        return found

    def joined(self, joins: dict[str, Joined]) -> dict[str, Source]:
        """Find columns that are put together from several."""
        found: dict[str, Source] = {}
        for name, parts in joins.items():
            places = self._places(parts)
            lacking = [part for part in parts if place_of(part, self.header) is None]
            if not lacking:
                found[name] = Source(tuple(places), joined=True)
                continue
            # A part that is there and serves nothing else is half of a time: without the other half it is none.
            half = any(part not in lacking and self.in_joins[squeezed(part)] == 1 for part in parts)
            for part in lacking if not self.mapping.may_lack(name) else ():
                close = _close((part,), self.header, used=self.used)
                if half or close:
                    self.faults.add(_missing(name, (part,), close=close))
        return found

    def needed(self, name: str, source: Names) -> dict[str, Source]:
        """Find a column of the log, which cannot be read without it."""
        found = self.named({name: (source,)}) if isinstance(source, str) else self.joined({name: source})
        if not found and not self.faults.found:
            self.faults.add(_missing(name, several(source), close=""))
        return found

    def _places(self, sources: tuple[str, ...]) -> list[int]:
        for source in sources:
            _check_once(source, self.header, self.wanted, faults=self.faults)
        return [place for source in sources if (place := place_of(source, self.header)) is not None]


def _check_once(source: str, header: list[str], wanted: Iterable[str], *, faults: Faults) -> None:
    """Refuse a name that stands in the header more than once, unless the mapping tells which of them is which."""
    same = [name for name in header if name.casefold() == source.casefold()]
    numbered = any(numbered_name(name)[0].casefold() == source.casefold() != name.casefold() for name in wanted)
    if len(same) > 1 and same.count(source) != 1 and not numbered:
        faults.add(_twice(source))


def _twice(name: str) -> str:
    choice = f"{quoted(name + '#1')} or {quoted(name + '#2')}"
    return f"column {quoted(name)} stands in the header twice: rename one, or name {choice} in a mapping"


def place_of(source: str, header: Sequence[str]) -> int | None:
    """Find a column by its name, else regardless of case, of spaces and punctuation; `Time#2` is the second of them."""
    name, number = numbered_name(source)
    for same in (str, str.casefold, squeezed):
        for wanted, nth in ((source, 1), (name, number)):
            at = [place for place, found in enumerate(header) if same(found) == same(wanted)]
            if len(at) >= nth and (wanted == name or same is not squeezed):
                return at[nth - 1]
    return None


def _refuse_misspelt(
    name: str, sources: tuple[str, ...], header: list[str], *, used: Iterable[int], faults: Faults
) -> None:
    close = _close(sources, header, used=used)
    if close:
        faults.add(_missing(name, sources, close=close))


def check_needed(header: list[str], found: FoundColumns, *, own_names: bool, faults: Faults) -> None:
    """Refuse a file without an id or without a time, and name the columns found."""
    mapping = found.mapping
    given = set(found.base).union(*found.units)
    sure = len(given) >= HEADER_LIKELY  # else the line may hold data, which is not shown
    needed = [] if mapping.number_rows else ["incident_id"]
    if mapping.split_units or mapping.log is not None:
        needed.append("unit_id")
    if own_names:  # whoever has a mapping knows what is there; a known header may be one with the column forgotten
        needed.append("received")
    for name in needed:
        if name not in given:
            sources = _sources(mapping, name)
            faults.add(_missing(name, sources, close=_close(sources, header, used=()) if sure else ""))
    if not given & ALL_TIMES and mapping.log is None and not own_names:
        names = [source for name in ORDER_OF_TIMES if name in mapping.given for source in _sources(mapping, name)]
        shown = listed(map(quoted, dict.fromkeys(names)), most=MOST_FOUND)
        faults.add(f"none of the columns of times is there ({shown}): name one that is in the mapping")
    if faults.found and sure:  # what there is instead belongs to the last fault, and is none of its own
        faults.found[-1] += f" (the columns found are {listed(map(quoted, header), most=MOST_FOUND // 2)})"


def _sources(mapping: Mapping, name: str) -> tuple[str, ...]:
    """Give the source columns of a column, wherever the mapping names them."""
    found: list[str] = []
    for part in mapping.parts():
        names = part.columns.get(name) or part.join.get(name)
        found += several(names) if names else [part.elapsed[name].column] if name in part.elapsed else []
    return tuple(dict.fromkeys(found)) or (name,)


def _close(sources: tuple[str, ...], header: list[str], *, used: Iterable[int]) -> str:
    """Find a name in the header that is much like one wanted, and that nothing else has a use for."""
    taken = set(used)
    free = [name.casefold() for place, name in enumerate(header)
            if place not in taken and squeezed(name) not in synonyms()]  # fmt: skip
    return next((c for source in sources for c in get_close_matches(source.casefold(), free, n=1, cutoff=0.75)), "")


def _missing(name: str, sources: tuple[str, ...], *, close: str) -> str:
    mend = ": add it, or name the column that holds it in a mapping"
    if name == "received" and sources == (name,):
        mend += " (a mapping may do without, and call handling and total response stay unknown)"
    meant = f", did you mean {quoted(close)}?" if close else mend
    source = " or ".join(map(quoted, sources))
    wanted = source if sources == (name,) else f"{source} (for {name})"
    return f"column {wanted} is missing{meant}"
