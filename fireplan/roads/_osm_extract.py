"""Roads from an OpenStreetMap extract: .osm or .osm.xml, packed or not, or .osm.pbf."""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections import Counter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import shapely

from fireplan._checked import takes
from fireplan._conversions import KPH_PER_MPS
from fireplan._geofiles import refuse_dtd
from fireplan.crs import WGS84, metric_crs, project, step_lengths_m
from fireplan.errors import NetworkError, listed, quoted
from fireplan.roads._network import RoadNetwork, build_network
from fireplan.roads._osm_xml import in_order, needs_putting_in_order
from fireplan.roads._speeds import drivable_class, planning_caveat, posted_kph, response_kph

if TYPE_CHECKING:
    from collections.abc import Iterator

    import osmium
    from numpy.typing import NDArray

READABLE = (".osm", ".osm.gz", ".osm.bz2", ".osm.xml", ".osm.xml.gz", ".osm.xml.bz2", ".osm.pbf", ".pbf")
HEAD_BYTES = 65_536
"""How much of an XML file is looked at before a parser may see it."""

YARDS = {"driveway", "parking_aisle", "drive-through"}
"""Kinds of `service` way that lead to a door, not past it."""

CLOSED = {"no", "agricultural", "forestry"}
BOTH_WAYS_NOTE = {"reversible", "alternating"}


class _Way(NamedTuple):
    refs: NDArray[np.int64]
    lonlat: NDArray[np.float64]
    highway: str
    name: str
    forward_kph: float
    backward_kph: float


@takes
def from_osm(path: str | Path, *, source: str | None = None) -> RoadNetwork:
    """
    Read the roads of an OpenStreetMap extract.

    Parameters
    ----------
    path
        `.osm`, `.osm.gz`, `.osm.bz2` (or `.osm.xml` and so on), or `.osm.pbf`: an extract, an answer of Overpass in any
        order and with `out geom`, a file of JOSM (new ways count, deleted ones do not).
    source
        What to name in footers; left out: OpenStreetMap and the file's name.

    Returns
    -------
    Streets between junctions. What was skipped, repaired or not modelled stands in `notes`.

    Raises
    ------
    NetworkError
        If the file is missing, is not an OpenStreetMap file, declares a DTD, holds no drivable way, or says in a
        remark that it is not whole.

    Notes
    -----
    Driven are the `highway` classes of `fireplan.roads.class_speeds` and no others, private roads included: an engine
    may use them. Left out are ways closed to motor vehicles (unless `emergency=yes`), areas, and driveways and parking
    aisles. Motorways and roundabouts are one-way unless mapped otherwise. Speeds are `maxspeed` where it is mapped,
    else the planning speed of the class. Turn restrictions and barriers are not modelled, which `notes` says.
    """
    file = Path(path)
    _check_file(file)
    counts: Counter[str] = Counter()
    import osmium  # noqa: PLC0415 - only needed here

    try:
        data, numbers = _in_order(file, counts)
        ways = _latest_ways(_drivable_ways(data, counts), counts)
    except NetworkError:
        raise
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:  # osmium's parsers raise nothing narrower
        raise NetworkError(f"{file.name} cannot be read as OpenStreetMap data: {error}") from error
    if not ways:
        raise NetworkError(f"{file.name} holds no drivable way: check that the extract covers streets")
    named = (
        [way._replace(refs=np.array([numbers.get(r, r) for r in way.refs.tolist()])) for way in ways]
        if numbers
        else ways
    )
    return _network(named, source=source or f"OpenStreetMap, {file.name}", notes=tuple(_notes(counts)))


def _in_order(file: Path, counts: Counter[str]) -> tuple[Any, dict[int, int]]:
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
            unusual = needs_putting_in_order(stream, name=file.name)
            stream.seek(0)
            content, numbers = in_order(stream, counts, name=file.name) if unusual else (b"", {})
    except (OSError, EOFError, zlib.error) as error:
        raise NetworkError(f"{file.name} is damaged: {error}") from error
    if unusual:
        return osmium.io.FileBuffer(content, "osm"), numbers
    packed = next((ending for ending in (".gz", ".bz2") if name.endswith(ending)), "")
    return osmium.io.File(str(file), f"osm{packed}"), {}


def _latest_ways(found: Iterator[tuple[int, int, list[_Way]]], counts: Counter[str]) -> list[_Way]:
    """Give the stretches of ways; of a way in several versions, as a history has them, those of the last."""
    latest: dict[int, tuple[int, list[_Way]]] = {}
    for number, version, stretches in found:
        if number in latest:
            counts["versions"] += latest[number][0] != version
            if version < latest[number][0]:
                continue
        latest[number] = version, stretches
    return [way for _, stretches in latest.values() for way in stretches]


def _check_file(file: Path) -> None:
    """Refuse what is not an OpenStreetMap file before a parser sees it."""
    if not file.exists():
        raise NetworkError(f"{file} does not exist")
    if file.is_dir():
        raise NetworkError(f"{file} is a folder: name the extract in it")
    if not file.name.lower().endswith(READABLE):
        raise NetworkError(f"{file.name} is not an OpenStreetMap extract: expected one of {listed(READABLE)}")
    if file.stat().st_size == 0:
        raise NetworkError(f"{file.name} is empty")
    if file.name.lower().endswith(".pbf"):
        return
    try:
        with _opened(file) as stream:
            head = stream.read(HEAD_BYTES).decode("utf-8", errors="replace").lower()
            if "<html" in head:
                raise NetworkError(
                    f"{file.name} is an HTML page, not map data: the download was answered with a web page"
                )
            stream.seek(0)
            refuse_dtd(stream, name=file.name)
    except (OSError, EOFError, zlib.error) as error:
        raise NetworkError(f"{file.name} is damaged: {error}") from error
    if "<osm" not in head:
        raise NetworkError(f"{file.name} is not OpenStreetMap XML: no <osm> element at its head")


def _opened(file: Path) -> IO[bytes]:
    """Open an XML extract, packed or not."""
    if file.suffix.lower() == ".gz":
        return cast("IO[bytes]", gzip.open(file, "rb"))
    return bz2.open(file, "rb") if file.suffix.lower() == ".bz2" else file.open("rb")


def _drivable_ways(data: Any, counts: Counter[str]) -> Iterator[tuple[int, int, list[_Way]]]:  # noqa: ANN401
    """Number, version and driven stretches of every way that is tagged; of one that is not driven there are none."""
    import osmium  # noqa: PLC0415 - only needed here

    entities = osmium.osm.NODE | osmium.osm.WAY | osmium.osm.RELATION
    processor: Any = osmium.FileProcessor(data, entities).with_locations()
    processor = processor.with_filter(osmium.filter.KeyFilter("highway", "restriction", "route"))
    item: Any
    for item in processor:
        tags = {tag.k: tag.v for tag in item.tags}
        if item.is_relation():
            counts["restriction"] += "restriction" in tags
        elif item.is_node():
            continue
        else:
            yield item.id, item.version, list(_stretches(item, tags, counts))


def _stretches(item: osmium.osm.Way, tags: dict[str, str], counts: Counter[str]) -> Iterator[_Way]:
    highway = _driven_as(tags, counts)
    if highway is None:
        return
    forward, backward = _speeds(tags, highway, counts)
    for nodes in _whole_runs(item, counts):
        table = np.array(nodes, dtype=float)
        refs = np.array([n[0] for n in nodes], dtype=np.int64)
        yield _Way(refs, table[:, 1:], highway, tags.get("name", ""), forward, backward)


def _whole_runs(way: osmium.osm.Way, counts: Counter[str]) -> Iterator[list[tuple[int, float, float]]]:
    """Stretches of a way whose nodes are all in the file: what lies between is unknown, and no street is made up."""
    run: list[tuple[int, float, float]] = []
    lost = [n.ref for n in way.nodes if not n.location.valid()]
    if lost:
        counts["missing"] += len(lost)
        counts[f"missing node {lost[0]} of way {way.id}"] += 1
    for node in way.nodes:
        if node.location.valid():
            run.append((node.ref, node.lon, node.lat))
            continue
        if len(run) > 1:
            yield run
        run = []
    if len(run) > 1:
        yield run


def _driven_as(tags: dict[str, str], counts: Counter[str]) -> str | None:
    """Class under which an engine drives a way; None if it does not."""
    highway = drivable_class(tags.get("highway"))
    if highway is None:
        value = tags.get("highway", tags.get("route", ""))
        counts["ferries"] += value == "ferry"
        counts["construction"] += value in {"construction", "proposed"}
        return None
    if tags.get("area") == "yes" or (highway == "service" and tags.get("service") in YARDS):
        return None
    allowed = next((tags[k] for k in ("motor_vehicle", "motorcar", "vehicle", "access") if k in tags), "yes")
    if allowed in CLOSED and tags.get("emergency") not in {"yes", "designated"}:
        counts["closed"] += 1
        return None
    return highway


def _speeds(tags: dict[str, str], highway: str, counts: Counter[str]) -> tuple[float, float]:
    """Speeds along a way and back [km/h]; NaN where that direction is forbidden."""
    for key in ("maxspeed", "maxspeed:forward", "maxspeed:backward"):
        if key in tags and posted_kph(tags[key]) is None:
            counts[f"maxspeed {tags[key]}"] += 1
    posted = tags.get("maxspeed")
    forward = response_kph(highway, tags.get("maxspeed:forward", posted))
    backward = response_kph(highway, tags.get("maxspeed:backward", posted))
    implied = highway == "motorway" or tags.get("junction") in {"roundabout", "circular"}
    oneway = tags.get("oneway", "yes" if implied else "no").lower()
    counts["reversible"] += oneway in BOTH_WAYS_NOTE
    if oneway in {"yes", "true", "1"}:
        return forward, np.nan
    if oneway in {"-1", "reverse"}:
        return np.nan, backward
    return forward, backward


def _network(ways: list[_Way], *, source: str, notes: tuple[str, ...]) -> RoadNetwork:
    """Cut ways at the nodes they share, and build the network."""
    refs = np.concatenate([w.refs for w in ways])
    lonlat = np.concatenate([w.lonlat for w in ways])
    sizes = np.array([len(w.refs) for w in ways])
    ids, at_first, index, uses = np.unique(refs, return_index=True, return_inverse=True, return_counts=True)
    crs = metric_crs(lonlat[:, 0], lonlat[:, 1])
    xy = project(lonlat, source=WGS84, target=crs)
    # A junction is a node used twice, or the end of a way.
    ends = np.cumsum(sizes)
    cut = uses[index] > 1
    cut[ends - 1] = True
    cut[ends - sizes] = True
    way_of = np.repeat(np.arange(len(ways)), sizes)
    cuts = np.flatnonzero(cut)
    begins, stops = cuts[:-1], cuts[1:]
    inside = way_of[begins] == way_of[stops]
    begins, stops, way = begins[inside], stops[inside], way_of[begins[inside]]
    span = stops - begins + 1
    vertex = np.repeat(begins - np.concatenate(([0], np.cumsum(span)[:-1])), span) + np.arange(span.sum())
    lines = shapely.linestrings(xy[vertex], indices=np.repeat(np.arange(len(span)), span))
    # Lengths are true on the ground: the projection's scale is taken out by measuring on the ellipsoid.
    length_m = step_lengths_m(lonlat)
    length_m[ends[:-1] - 1] = 0.0
    along_m = np.concatenate(([0.0], np.cumsum(length_m)))
    street_m = along_m[stops] - along_m[begins]
    forward = np.array([w.forward_kph for w in ways])[way] / KPH_PER_MPS
    backward = np.array([w.backward_kph for w in ways])[way] / KPH_PER_MPS
    junction = np.unique(index[cuts])
    place = np.full(len(ids), -1, dtype=np.int64)
    place[junction] = np.arange(len(junction))
    return build_network(
        crs=crs,
        node_ids=ids[junction].astype(object),
        node_xy_m=xy[at_first[junction]],
        first=place[index[begins]],
        last=place[index[stops]],
        length_m=street_m,
        there_s=np.nan_to_num(street_m / forward, nan=np.inf),
        back_s=np.nan_to_num(street_m / backward, nan=np.inf),
        lines=lines,
        highway=np.array([w.highway for w in ways])[way],
        street_name=np.array([w.name for w in ways])[way],
        source=source,
        notes=notes,
    )


def _notes(counts: Counter[str]) -> Iterator[str]:
    """Say what was skipped, repaired or not modelled."""
    unread: dict[str, Any] = {k.removeprefix("maxspeed "): n for k, n in counts.items() if k.startswith("maxspeed ")}
    if unread:
        values = listed(f"{quoted(k)} ({n})" for k, n in sorted(unread.items()))
        yield f"maxspeed not readable as a speed on {sum(unread.values())} ways, class speed used: {values}"
    if counts["missing"]:
        where = listed(k.removeprefix("missing ") for k in counts if k.startswith("missing node"))
        yield f"clipped extract: {counts['missing']} nodes are not in the file; ways end there ({where})"
    if counts["deleted"]:
        yield f"{counts['deleted']} elements marked as deleted are left out"
    if counts["versions"]:
        yield f"{counts['versions']} ways stand there in several versions: the last of each counts"
    if counts["restriction"]:
        yield f"{counts['restriction']} turn restriction relations are not modelled: every turn is allowed"
    if counts["reversible"]:
        yield f"{counts['reversible']} reversible ways are driven both ways"
    if counts["closed"]:
        yield f"{counts['closed']} ways closed to motor vehicles left out"
    if counts["construction"] or counts["ferries"]:
        yield (
            f"{counts['construction']} ways under construction or proposed and {counts['ferries']} ferry routes"
            " left out"
        )
    yield planning_caveat()
