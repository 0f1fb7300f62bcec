"""JSON of any layout as a table of text: GeoJSON, ArcGIS, portals' records, NERIS, objects within objects."""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from fireplan.errors import InputError, TableError, listed, quoted
from fireplan.incidents._formats.cell_text import cell_text, is_whole_float
from fireplan.incidents._formats.json_elements import Elements
from fireplan.incidents._formats.neris_stamps import NERIS_STAMPS, UNIT_RESPONSES, primary_type, stamp_text
from fireplan.incidents._formats.point_columns import X, Y, crs_of, in_degrees
from fireplan.incidents._formats.text_table import TEXT, Records, refuse_empty, squeezed
from fireplan.incidents._ledger.stands import Stands

if TYPE_CHECKING:
    from pathlib import Path

    from fireplan.incidents._formats.text_table import Shape
    from fireplan.incidents._ledger.ledger import Ledger

MAX_BYTES = 500_000_000
MAX_DEPTH = 20
MAX_NAMES = 5_000
MAX_REPEATED = 500_000_000  # characters of an element that are repeated for those in its list
PUT_AWAY_ROWS = 20_000
MOST_NAMES_SHOWN = 20
GEOMETRIES = frozenset(
    ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection")
)
OF_UNITS = UNIT_RESPONSES.rstrip(".")
CURSORS = ("next_cursor", "nextCursor", "next_page", "nextPageToken", "next")
_WHOLE = re.compile(r"-?\d{1,13}")
_WGS84 = re.compile(r"(?:epsg:*)?4326|.*crs:?84|.*epsg:.*:4326|none|", re.IGNORECASE)


def read_json(data: bytes, shape: Shape, *, file: Path, table: str, ledger: Ledger) -> Records:
    """
    Read the records of a JSON file.

    Objects within an object become columns with dots in their names; of a list of objects within a record, such as
    the units that responded, each is a row with the rest repeated; a list of values is one text. Row n of a file
    stands at its element n, whatever the number of rows.

    Parameters
    ----------
    data
        The file, unpacked.
    shape
        The names to look for: of nothing else any text is kept.
    file
        Its path, for errors.
    table
        What to call the file in errors.
    ledger
        Takes the notes and the elements set aside.

    Raises
    ------
    InputError
        If it is not whole JSON, names a key twice in one object, is too large or too deep, or holds several lists of
        records.
    TableError
        If no name is wanted, or there are no records.

    Notes
    -----
    Limits: 500 MB, 20 objects within each other, 5,000 names.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"{quoted(file.name)} is {len(data):,} bytes of JSON (limit {MAX_BYTES:,}): split it by year")
    text = _decoded(data, name=file.name)
    del data
    rows = _Rows(shape, name=file.name)
    elements = Elements(text, name=file.name, wanted=rows.count_wanted)
    for number, element in enumerate(elements, start=1):
        if isinstance(element, dict):
            rows.take(element, number)
        elif element is not None:
            rows.refuse(number)
    if not rows.matched:
        raise TableError(table, [_nothing_wanted(rows, shape)])
    refuse_empty(len(rows.element) + len(rows.no_records), table=table)
    if any(elements.around.get(key) for key in CURSORS) or _was_cut(elements.around):
        ledger.add_file("file_cut")
    return rows.records(elements.around, ledger=ledger)


def _decoded(data: bytes, *, name: str) -> str:
    try:
        if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{quoted(name)} is JSON but not UTF-8 text: export it again") from error


def _was_cut(around: dict[str, Any]) -> bool:
    """Tell whether an ArcGIS service gave no more than its limit."""
    more = around.get("properties")
    return bool(around.get("exceededTransferLimit") or (isinstance(more, dict) and more.get("exceededTransferLimit")))


def _nothing_wanted(rows: _Rows, shape: Shape) -> str:
    names = list(rows.places)
    if not names:
        return "it holds no list of records: a JSON file must hold a list of objects, or an object with one such list"
    found = listed(map(quoted, names), most=MOST_NAMES_SHOWN)
    return f"none of its names is one of the columns wanted, which are {listed(shape.wanted, most=30)}; found {found}"


@dataclass
class _Rows:
    """
    Rows as they come from elements.

    `places` numbers all names that were met; of those in `kept` text is put away, in `parts`. `element` gives the
    element of each row.
    """

    shape: Shape
    name: str
    places: dict[str, int] = field(default_factory=dict)
    kept: dict[int, list[pa.Array]] = field(default_factory=dict)
    element: list[int] = field(default_factory=list)
    no_records: list[int] = field(default_factory=list)
    within: str = ""  # the list of objects that has a row for each
    bundles: list[dict[int, str]] = field(default_factory=list)
    marked: dict[int, list[int]] = field(default_factory=dict)
    mended: list[int] = field(default_factory=list)
    crs: set[str] = field(default_factory=set)
    slots: dict[str, int] = field(default_factory=dict)  # places; -1 of a name that is not wanted
    stamps: set[int] = field(default_factory=set)  # slots of what NERIS may write as seconds
    leads: dict[str, bool] = field(default_factory=dict)
    put: int = 0

    @property
    def matched(self) -> int:
        """How many of the names are wanted."""
        return len(self.kept)

    def count_wanted(self, element: object, key: str) -> int:
        """Count the wanted names in an element, as if it stood under a key."""
        if self.shape.every and key:  # then all names are: a list of objects holds records of their own
            return 0
        names: set[str] = set()
        _gather(_bare(element), f"{key}." if key else "", names, depth=0)
        return self.shape.matches(list(names))

    def take(self, element: dict[str, Any], number: int) -> None:
        """Make rows of an element."""
        if "dispatch" in element:
            element = primary_type(element)
        own: dict[int, str] = {}
        lists: dict[str, list[Any]] = {}
        self._flatten(_bare(element), "", own, lists, depth=0)
        self._geometry(element, own)
        inner = self._rows_within(lists)
        if not inner:
            if any(map(str.strip, own.values())):
                self._add(own, number)
            return
        if len(inner) > 1 and len(inner) * sum(map(len, own.values())) > MAX_REPEATED:
            raise InputError(f"{quoted(self.name)}: element {number:,} unpacks to too much text: split the file")
        for row in inner:
            self._add(own | row, number)

    def refuse(self, number: int) -> None:
        """Set an element aside that is no object."""
        self.no_records.append(number)

    def _add(self, row: dict[int, str], number: int) -> None:
        self.bundles.append(row)
        self.element.append(number)
        if len(self.bundles) == PUT_AWAY_ROWS:
            self._put_away()

    def _put_away(self) -> None:
        """Turn what has come into columns: as objects a million rows would take gigabytes."""
        for place, parts in self.kept.items():
            lacking = self.put - sum(map(len, parts))
            if lacking:
                parts.append(pa.array([""] * lacking, type=TEXT))
            texts = [row.get(place, "") for row in self.bundles]
            if place in self.marked:
                self.marked[place] += [self.put + n for n, text in enumerate(texts) if isinstance(text, _Marked)]
            try:
                parts.append(pa.array(texts, type=TEXT))
            except UnicodeEncodeError:  # half of a pair of surrogates, as \ud83d alone
                mended = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
                wrong = [n for n, (old, new) in enumerate(zip(texts, mended, strict=True)) if old != new]
                self.mended += [self.put + n for n in wrong]
                parts.append(pa.array(mended, type=TEXT))
        self.put += len(self.bundles)
        self.bundles.clear()

    def _slot(self, name: str) -> int:
        """Give the number of a name, and begin its column if it is wanted; -1: it is not."""
        slot = self.slots.get(name)
        if slot is None:
            if len(self.places) >= MAX_NAMES:
                raise InputError(
                    f"{quoted(self.name)} holds more than {MAX_NAMES:,} different names: it is no list of records alike"
                )
            slot = self.places[name] = len(self.places)
            if self.shape.places([name]):
                self.kept[slot] = []
                if name in NERIS_STAMPS:
                    self.stamps.add(slot)
            else:
                slot = -1
            self.slots[name] = slot
        return slot

    def _leads_on(self, name: str) -> bool:
        """Tell whether a wanted name may stand below a name: what holds addresses or comments is not gone into."""
        found = self.leads.get(name)
        if found is None:
            self._slot(name)
            begins = squeezed(name)
            found = self.shape.every or any(wanted.startswith(begins) for wanted in self.shape.accepted)
            self.leads[name] = found
        return found

    def _flatten(  # noqa: C901 - one branch for each kind of value
        self, node: dict[str, Any], prefix: str, row: dict[int, str], lists: dict[str, list[Any]], *, depth: int
    ) -> None:
        if depth > MAX_DEPTH:
            raise InputError(f"{quoted(self.name)} is nested too deeply to hold records")
        slots = self.slots
        for key, value in node.items():
            name = prefix + key
            if value is None or type(value) is str:  # most are: this is where the time goes
                slot = slots.get(name)
                if slot is None:
                    slot = self._slot(name)
                if slot >= 0 and value is not None:
                    self._put(row, slot, name, value)
            elif isinstance(value, dict):
                if isinstance(value.get("type"), str) and value["type"] in GEOMETRIES:
                    self._set(row, name.removesuffix(".geometry"), _wkt(value))
                    self._refuse_other_crs(node, name)
                elif self._leads_on(name):
                    self._flatten(value, f"{name}.", row, lists, depth=depth + 1)
            elif not isinstance(value, list):
                self._set(row, name, value)
            elif not any(isinstance(item, dict) for item in value):
                self._set(row, name, ";".join(cell_text(v) for v in value if not isinstance(v, list)))
            elif self._leads_on(name):
                lists[name] = value

    def _set(self, row: dict[int, str], name: str, value: object) -> None:
        """Put a value that is no text into a row, if its name is wanted."""
        slot = self._slot(name)
        if slot < 0:
            return
        text = cell_text(value)
        if isinstance(value, float) and is_whole_float(value) and name not in {X, Y}:
            text = self._marked(slot, text)
        self._put(row, slot, name, text)

    def _put(self, row: dict[int, str], slot: int, name: str, text: str) -> None:
        if slot in row:
            raise InputError(f"{quoted(self.name)}: the name {quoted(name)} stands twice in one element")
        if "\0" in text:
            text = text.replace("\0", "")
        row[slot] = stamp_text(text) if slot in self.stamps and text[4:5] != "-" else text

    def _marked(self, place: int, text: str) -> str:
        self.marked.setdefault(place, [])
        return _Marked(text)

    def _rows_within(self, lists: dict[str, list[Any]]) -> list[dict[int, str]]:
        """Give a row for each object in the list that holds wanted names; [] where there is none."""
        found: list[dict[int, str]] = []
        if self.shape.every and len(lists) > 1:  # of a file of which nothing is known: of the units, or the first
            self.within = self.within or (OF_UNITS if OF_UNITS in lists else next(iter(lists)))
            lists = {name: items for name, items in lists.items() if name == self.within}
        for name, items in lists.items():
            rows: list[dict[int, str]] = []
            for item in items:
                row: dict[int, str] = {}
                deeper: dict[str, list[Any]] = {}
                if isinstance(item, dict):
                    self._flatten(item, f"{name}.", row, deeper, depth=1)
                    if self._rows_within(deeper):
                        raise InputError(
                            f"{quoted(self.name)}: {quoted(next(iter(deeper)))} is a list within a list of objects:"
                            " only one is read"
                        )
                rows.append(row)
            if any(rows):
                if self.within not in {"", name}:
                    both = listed(map(quoted, (self.within, name)))
                    raise InputError(
                        f"{quoted(self.name)}: two lists within its records hold wanted names ({both}): say in a"
                        " mapping which names are meant, of one of them"
                    )
                self.within = name
                found = rows
        return [row for row in found if any(map(str.strip, row.values()))]

    def _geometry(self, element: dict[str, Any], row: dict[int, str]) -> None:
        """Take the point of a GeoJSON feature or of an ArcGIS one; it goes before columns of the same names."""
        shape = element.get("geometry")
        if not isinstance(shape, dict) or not isinstance(element.get("properties", element.get("attributes")), dict):
            return
        at = shape.get("coordinates") if shape.get("type") == "Point" else [shape.get("x"), shape.get("y")]
        if not isinstance(at, list) or len(at) < 2 or not all(_is_number(part) for part in at[:2]):
            return
        if "spatialReference" in shape:
            self.crs.add(crs_of(shape["spatialReference"]) or "")
        for name, value in ((X, at[0]), (Y, at[1])):
            place = self._slot(name)
            if place >= 0:
                row[place] = self._marked(place, cell_text(value))

    def _refuse_other_crs(self, node: dict[str, Any], name: str) -> None:
        crs = node.get("crs") if name.endswith(".geometry") else None
        if crs is not None and not _WGS84.fullmatch(str(crs)):
            raise InputError(
                f"{quoted(self.name)}: {quoted(name)} is in crs {quoted(crs)}, not in degrees: ask for EPSG:4326"
            )

    def records(self, around: dict[str, Any], *, ledger: Ledger) -> Records:
        """Give what came as a table of text."""
        self._put_away()
        n = len(self.element)
        columns = {place: pa.chunked_array(parts, type=TEXT) for place, parts in self.kept.items()}
        numbers = np.arange(1, n + len(self.no_records) + 1, dtype=np.int64)
        stands = Stands.at_elements(np.array([*self.element, *self.no_records], dtype=np.int64))
        ledger.add("bytes_replaced", numbers[self.mended])
        ledger.set_aside("element_no_record", numbers[n:])
        if self.within:
            ledger.add_file("rows_within", detail=quoted(self.within))
        for name in _dates(around):
            if self.places.get(name) in columns:
                columns[self.places[name]] = _from_milliseconds(columns[self.places[name]])
                ledger.add_file("epoch_read", detail=quoted(name))
        marked = {place: np.zeros(n, dtype=bool) for place in self.marked}
        for place, rows in self.marked.items():
            marked[place][rows] = True
        pointed = marked.pop(self.places.get(X, -1), None)
        marked.pop(self.places.get(Y, -1), None)
        header = [name.strip() for name in self.places]
        records = Records(header, columns, numbers[:n], len(numbers), marked, stands)
        crs = self.crs or {crs_of(around.get("spatialReference")) or crs_of(around.get("crs")) or ""}
        if len(crs) > 1:
            raise InputError(f"{quoted(self.name)}: its points are in several crs ({listed(sorted(crs))}): ask for one")
        said = crs.pop()
        return in_degrees(records, said, pointed, name=self.name) if said and pointed is not None else records


class _Marked(str):
    """A text that was a whole number kept as one that need not be; of a point's columns, one of the geometry."""

    __slots__ = ()


def _dates(around: dict[str, Any]) -> list[str]:
    """List the columns that an ArcGIS layer says are dates: milliseconds since 1970 in UTC."""
    fields = around.get("fields")
    known = [item for item in fields if isinstance(item, dict)] if isinstance(fields, list) else []
    return [str(item.get("name")) for item in known if item.get("type") == "esriFieldTypeDate"]


def _from_milliseconds(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array([_moment(text) for text in column.to_pylist()], type=TEXT)])


def _moment(text: str) -> str:
    if not _WHOLE.fullmatch(text):
        return text
    return cell_text(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text)))


def _bare(element: object) -> dict[str, Any]:
    """Give the columns of an element: of a feature its properties or attributes."""
    if not isinstance(element, dict):
        return {}
    for key in ("properties", "attributes"):
        inner = element.get(key)
        if isinstance(inner, dict) and element.keys() <= {key, "geometry", "centroid", "type", "id", "bbox"}:
            return inner
    return element


def _gather(node: dict[str, Any], prefix: str, names: set[str], *, depth: int) -> None:
    """Gather the names in an element, those of the first object of each list included."""
    if depth > MAX_DEPTH:
        return
    for key, value in node.items():
        names.add(prefix + key)
        first = next((item for item in value if isinstance(item, dict)), None) if isinstance(value, list) else value
        if isinstance(first, dict):
            _gather(first, f"{prefix}{key}.", names, depth=depth + 1)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wkt(shape: dict[str, Any]) -> str:
    """Give a GeoJSON point as text; "" for what is no point."""
    at = shape.get("coordinates")
    if shape["type"] != "Point" or not isinstance(at, list) or len(at) < 2 or not all(map(_is_number, at[:2])):
        return ""
    return f"POINT ({at[0]!r} {at[1]!r})"
