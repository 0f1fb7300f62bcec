"""Roads from an OpenStreetMap extract: .osm or .osm.xml, packed or not, or .osm.pbf."""

from __future__ import annotations

import bz2
import gzip
import itertools
import zlib
from collections import Counter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np

from fireplan._checked import takes
from fireplan._geofiles import MOST_UNPACKED, page_said, refuse_dtd, remark_said
from fireplan.errors import NetworkError, listed, one_line
from fireplan.roads._osm.osm_streets import DrivenWay, Rails, network_of
from fireplan.roads._osm.osm_xml import UNREAD, in_order, needs_putting_in_order
from fireplan.roads._osm.turn_restrictions import RESTRICTION_KEYS, TurnRule, turn_rule
from fireplan.roads._rules.access import CONDITIONAL, READ, Passage, passage
from fireplan.roads._rules.barriers import HEAVY_RAILS, NODE_KEYS, STREET_RAILS, TELLING_KEYS, Met, met_at
from fireplan.roads._rules.reading_notes import BY_LIMIT, Counts
from fireplan.roads._rules.vehicles import Vehicle, vehicle_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Self

    import osmium
    from numpy.typing import NDArray

    from fireplan.roads._network import RoadNetwork

READABLE = (".osm", ".osm.gz", ".osm.bz2", ".osm.xml", ".osm.xml.gz", ".osm.xml.bz2", ".osm.pbf", ".pbf")
HEAD_BYTES = 65_536
"""How much of an XML file is looked at before a parser may see it."""

FREE_BYTES = 20 * 2**20
"""Up to this size a packed extract may swell as it likes."""


@takes
def from_osm(path: str | Path, *, vehicle: Vehicle | str = "engine", source: str | None = None) -> RoadNetwork:
    """
    Read the roads of an OpenStreetMap extract.

    Parameters
    ----------
    path
        `.osm`, `.osm.gz`, `.osm.bz2` (or `.osm.xml` and so on), or `.osm.pbf`: an extract, an answer of Overpass in any
        order and with `out geom`, a file of JOSM (new ways count, deleted ones do not).
    vehicle
        Who drives: `Vehicle.preset("truck")`, its name, or a vehicle with figures of your own.
    source
        What to name in footers; left out: OpenStreetMap and the file's name.

    Returns
    -------
    Streets between junctions. What was left out, with its kilometres, repaired, passed over or not modelled stands in
    `notes`.

    Raises
    ------
    NetworkError
        If the file is missing, is not an OpenStreetMap file, declares a DTD, holds no drivable way, or says in a
        remark that it is not whole.

    Notes
    -----
    Driven are the `highway` classes of `fireplan.roads.class_speeds`, private roads included, and what else is open to
    the vehicle: emergency access roads, ways on foot kept open for engines or motor vehicles, roads of buses, solid
    tracks. Left out are ways closed to it (`access`, `motor_vehicle` and the like, in either direction), too low,
    narrow or weak for it, or too rough; areas; and driveways and parking aisles unless it drives to doors. Motorways
    and roundabouts are one-way unless mapped otherwise; `oneway:emergency` goes before `oneway`. Speeds are `maxspeed`
    where it is mapped, between the slowest and the fastest the vehicle is planned to drive, else that of the class.
    Barriers bar the way, or cost the time it takes to open them; level crossings cost a mean wait. Turn restrictions
    are kept where turns are exact. docs/methods.md names each rule with its source.
    """
    file = Path(path)
    _check_file(file)
    driver = vehicle_of(vehicle)
    import osmium  # noqa: PLC0415 - only needed here

    try:
        reader, numbers = _read(file, driver)
        if reader.tally.n["versions"] and not file.name.lower().endswith(".pbf"):
            reader, numbers = _read(file, driver, history=True)  # of nodes and relations, too, the last version counts
    except NetworkError:
        raise
    # osmium's parsers raise nothing narrower
    except (RuntimeError, ValueError, OverflowError, osmium.InvalidLocationError) as error:
        _name_the_line(file)
        raise NetworkError(f"{file.name} {UNREAD} {one_line(error)}") from error
    ways = reader.ways
    if not ways:
        raise NetworkError(f"{file.name} holds no drivable way: check that the extract covers streets")
    return network_of(
        ways,
        met=reader.met,
        rails=reader.rails,
        rules=reader.rules,
        numbers=numbers,
        vehicle=driver,
        tally=reader.tally,
        source=source or f"OpenStreetMap, {file.name}",
    )


def _name_the_line(file: Path) -> None:
    """Raise what is wrong with a file, with its line, if it is XML and one of the things that are known to be wrong."""
    if not file.name.lower().endswith(".pbf"):
        try:
            with _opened(file) as stream:
                in_order(stream, Counter(), name=file.name)
        except NetworkError as error:
            raise (
                error if UNREAD in str(error) else NetworkError(f"{file.name} {UNREAD} {one_line(error)}")
            ) from error


def _read(file: Path, vehicle: Vehicle, *, history: bool = False) -> tuple[_Reader, dict[int, int]]:
    """Read a file, and the numbers that renumbered nodes have in it."""
    reader = _Reader(vehicle, Counts())
    data, numbers = _in_order(file, reader.tally, history=history)
    reader.read(data)
    return reader, numbers


def _in_order(file: Path, tally: Counts, *, history: bool) -> tuple[Any, dict[int, int]]:
    """What osmium reads of a file, and the numbers that renumbered nodes have in it."""
    import osmium  # noqa: PLC0415 - only needed here

    name = file.name.lower()
    if name.endswith(".pbf"):
        with osmium.io.Reader(str(file)) as reader:
            if reader.header().has_multiple_object_versions:  # whose deleted ways have no tags to be told by
                raise NetworkError(f"{file.name} is a history: take one moment of it first, with 'osmium time-filter'")
        return str(file), {}
    try:
        with _opened(file) as stream:
            unusual = needs_putting_in_order(stream, name=file.name) or history
            stream.seek(0)
            content, numbers = in_order(stream, tally.n, name=file.name) if unusual else (b"", {})
    except (OSError, EOFError, zlib.error) as error:
        raise NetworkError(f"{file.name} is damaged: {one_line(error)}") from error
    if unusual:
        return osmium.io.FileBuffer(content, "osm"), numbers
    packed = next((ending for ending in (".gz", ".bz2") if name.endswith(ending)), "")
    return osmium.io.File(str(file), f"osm{packed}"), {}


def _check_file(file: Path) -> None:
    """Refuse what is not an OpenStreetMap file before a parser sees it."""
    if not file.exists():
        raise NetworkError(f"{file} does not exist")
    if file.is_dir():
        raise NetworkError(f"{file} is a folder: name the extract in it")
    if file.is_file():
        _refuse_answer(file)
    if not file.name.lower().endswith(READABLE):
        raise NetworkError(f"{file.name} is not an OpenStreetMap extract: expected one of {listed(READABLE)}")
    if file.stat().st_size == 0:
        raise NetworkError(f"{file.name} is empty")
    if file.name.lower().endswith(".pbf"):
        return
    try:
        with _opened(file) as stream:
            head = stream.read(HEAD_BYTES).decode("utf-8", errors="replace")
            _refuse_page(head, name=file.name)
            stream.seek(0)
            refuse_dtd(stream, name=file.name)
    except (OSError, EOFError, zlib.error) as error:
        raise NetworkError(f"{file.name} is damaged: {one_line(error)}") from error
    if "<osm" not in head.lower():
        raise NetworkError(f"{file.name} is not OpenStreetMap XML: no <osm> element at its head")


def _refuse_answer(file: Path) -> None:
    """Refuse an answer of Overpass in JSON, whose remark is quoted, and a page under the name of packed data."""
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
        if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"<")):
            return
        stream.seek(max(0, file.stat().st_size - HEAD_BYTES))
        tail = stream.read()
    text = head.decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        _refuse_page(text, name=file.name)
        return
    said = remark_said(tail.decode("utf-8", errors="replace")) or remark_said(text)
    if said:
        raise NetworkError(f"{file.name} says itself that it is not whole: {said}; fetch it anew")
    raise NetworkError(f"{file.name} is JSON, not an OpenStreetMap extract: ask Overpass for XML, with [out:xml]")


def _refuse_page(head: str, *, name: str) -> None:
    if "<html" in head.lower():
        raise NetworkError(
            f"{name} is an HTML page, not map data: the download was answered with a web page{page_said(head)}"
        )


def _opened(file: Path) -> IO[bytes]:
    """Open an XML extract, packed or not."""
    ending = file.suffix.lower()
    if ending not in {".gz", ".bz2"}:
        return file.open("rb")
    packed = (gzip.open if ending == ".gz" else bz2.open)(file, "rb")
    return cast("IO[bytes]", _Measured(packed, most=max(FREE_BYTES, MOST_UNPACKED * file.stat().st_size), file=file))


class _Measured:
    """A packed file that is refused when it swells beyond what maps do."""

    def __init__(self, stream: Any, *, most: int, file: Path) -> None:  # noqa: ANN401 - gzip's own and bz2's own
        self._stream, self._most, self._name = stream, most, file.name
        self._read = 0

    def __enter__(self) -> Self:
        """Be the stream."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._stream.close()

    def read(self, size: int) -> bytes:
        """Read on."""
        chunk: bytes = self._stream.read(size)
        self._read += len(chunk)
        if self._read > self._most:
            raise NetworkError(f"{self._name} unpacks to over {MOST_UNPACKED} times its size: refused")
        return chunk

    def seek(self, place: int) -> None:
        """Begin anew."""
        self._stream.seek(place)
        self._read = 0


class _Reader:
    """Takes in what an extract holds for a vehicle; tags that recur are judged once."""

    def __init__(self, vehicle: Vehicle, tally: Counts) -> None:
        self.vehicle, self.tally = vehicle, tally
        self.met: dict[int, Met] = {}
        self.rules: list[TurnRule] = []
        self.rails = Rails(set(), set())
        self._latest: dict[int, tuple[int, list[DrivenWay], list[tuple[str, float]]]] = {}
        self._passages: dict[frozenset[tuple[str, str]], Passage] = {}
        self._things: dict[frozenset[tuple[str, str]], Met | None] = {}

    @property
    def ways(self) -> list[DrivenWay]:
        """Stretches that are driven; of a way in several versions, as a history has them, those of the last."""
        return [way for _, stretches, _ in self._latest.values() for way in stretches]

    def read(self, data: Any) -> None:  # noqa: ANN401
        """Read nodes, ways and relations."""
        for item in _items(data):
            if item.is_node():
                self._node(item)
            elif item.is_way():
                self._way(item)
            else:
                tags = {tag.k: tag.v for tag in item.tags}
                members = [(m.type, m.ref, m.role) for m in item.members]
                self.rules += filter(None, [turn_rule(tags, members, self.vehicle, self.tally)])
        for _, _, told in self._latest.values():
            for key, km in told:
                self.tally.add(key, km)

    def _node(self, item: Any) -> None:  # noqa: ANN401
        key = frozenset((tag.k, tag.v) for tag in item.tags if tag.k in NODE_KEYS)
        if key not in self._things:
            self._things[key] = met_at(dict(key), self.vehicle)
        thing = self._things[key]
        if thing is not None:
            self.met[item.id] = thing

    def _way(self, item: osmium.osm.Way) -> None:
        tags = {tag.k: tag.v for tag in item.tags}
        railway = tags.get("railway")
        if railway in HEAVY_RAILS:
            self.rails.heavy.update(node.ref for node in item.nodes)
        elif railway in STREET_RAILS:
            self.rails.in_streets.update(node.ref for node in item.nodes)
        if "highway" not in tags and "route" not in tags:
            return
        older = self._latest.get(item.id)
        if older is not None:
            self.tally.n["versions"] += older[0] != item.version
            if item.version < older[0]:
                return
        key = frozenset(pair for pair in tags.items() if pair[0] in READ or pair[0].endswith(CONDITIONAL))
        if key not in self._passages:
            self._passages[key] = passage(dict(key), self.vehicle)
        self._latest[item.id] = item.version, *_stretches(item, tags, self._passages[key], self.tally)


def _items(data: Any) -> Any:  # noqa: ANN401
    """Nodes, ways and relations that may bear on driving; all others are passed over before Python sees them."""
    import osmium  # noqa: PLC0415 - only needed here

    kinds = osmium.osm
    processor: Any = osmium.FileProcessor(data, kinds.NODE | kinds.WAY | kinds.RELATION).with_locations()
    asked = (
        (kinds.NODE, TELLING_KEYS),
        (kinds.WAY, ("highway", "route", "railway")),
        (kinds.RELATION, RESTRICTION_KEYS),
    )
    for kind, keys in asked:
        bearing = osmium.filter.KeyFilter(*keys)
        bearing.enable_for(kind)
        processor = processor.with_filter(bearing)
    return processor


def _stretches(
    item: osmium.osm.Way, tags: dict[str, str], found: Passage, tally: Counts
) -> tuple[list[DrivenWay], list[tuple[str, float]]]:
    """Driven stretches of a way, and what is told of it with its kilometres."""
    if not found.highway:
        if tags.get("route") == "ferry" and "highway" not in tags:
            return [], [("ferries", 0.0)]
        if not found.left_out:
            return [], []
        told = [(f"left out {found.left_out}", _length_km(item))]
        if found.left_out in BY_LIMIT:
            told.append((f"shut {tags.get('name') or tags.get('ref') or f'way {item.id}'}", 0.0))
        return [], told
    name, ref = tags.get("name", ""), tags.get("ref", "")
    ref = ";".join(part for one in ref.split(";") if (part := one.strip())) if ref else ""
    stretches = [DrivenWay(item.id, refs, lonlat, found, name, ref) for refs, lonlat in _whole_runs(item, tally)]
    if not found.told or not stretches:
        return stretches, []
    km = _length_km(item)
    return stretches, [(key, km) for key in found.told]


def _length_km(way: osmium.osm.Way) -> float:
    """Length of a way as far as its nodes are in the file. [km]"""
    import osmium  # noqa: PLC0415 - only needed here

    try:
        return float(osmium.geom.haversine_distance(way.nodes)) / 1000
    except osmium.InvalidLocationError:
        places = [node.location for node in way.nodes]
        legs = itertools.pairwise(places)
        return sum(osmium.geom.haversine_distance(a, b) for a, b in legs if a.valid() and b.valid()) / 1000


def _whole_runs(way: osmium.osm.Way, tally: Counts) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float64]]]:
    """Stretches of a way whose nodes are all in the file: what lies between is unknown, and no street is made up."""
    import osmium  # noqa: PLC0415 - only needed here

    try:
        runs = [[(node.ref, node.lon, node.lat) for node in way.nodes]]
    except osmium.InvalidLocationError:
        runs = [[]]
        lost = [node.ref for node in way.nodes if not node.location.valid()]
        tally.n["missing"] += len(lost)
        tally.n[f"missing node {lost[0]} of way {way.id}"] += 1
        for node in way.nodes:
            if node.location.valid():
                runs[-1].append((node.ref, node.lon, node.lat))
            else:
                runs.append([])
    for run in runs:
        if len(run) > 1:
            table = np.array(run)
            yield table[:, 0].astype(np.int64), table[:, 1:]
