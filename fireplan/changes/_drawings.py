"""Roads drawn in an editor of OpenStreetMap: the new ways of the file it saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.parsers import expat

from fireplan._geofiles.local_files import local_file, refuse_dtd
from fireplan.errors import InputError, quoted
from fireplan.roads import Vehicle, class_speeds
from fireplan.roads._rules.access import BACKWARD, ways_driven
from fireplan.roads._rules.speeds import posted_kph

if TYPE_CHECKING:
    from pathlib import Path


def ways_drawn(path: str | Path) -> list[dict[str, Any]]:
    """
    Read the new ways of a file of JOSM.

    Returns
    -------
    What `BuildRoad` takes, one for each, in an order in which each joins those before it where it can.
    """
    file = local_file(path, what="drawing")
    if file.suffix.lower() != ".osm":
        raise InputError(f"drawing {quoted(file.name)}: expected a file that JOSM saved, .osm; lines of other kinds are"
                         " given as line = ...")  # fmt: skip
    with file.open("rb") as stream:
        refuse_dtd(stream, name=file.name)
    places, ways = _read(file)
    new = [w for w in ways if w["id"] < 0 and "highway" in w["tags"]]
    if not new:
        raise InputError(f"drawing {quoted(file.name)} holds no new road: draw a way with a highway tag and save it")
    return [_change(way, places, file.name) for way in _in_order(new)]


def _read(file: Path) -> tuple[dict[str, tuple[float, float]], list[dict[str, Any]]]:
    """Read places of nodes, and ways with their tags; what is deleted is left out."""
    places: dict[str, tuple[float, float]] = {}
    ways: list[dict[str, Any]] = []
    now: dict[str, Any] | None = None

    def start(tag: str, given: dict[str, str]) -> None:
        nonlocal now
        gone = given.get("action") == "delete" or given.get("visible") == "false"
        if tag == "node" and not gone:
            places[given["id"]] = (float(given["lon"]), float(given["lat"]))
        elif tag == "way":
            now = None if gone else {"id": int(given["id"]), "refs": [], "tags": {}}
        elif tag == "nd" and now is not None:
            now["refs"].append(given["ref"])
        elif tag == "tag" and now is not None:
            now["tags"][given.get("k", "")] = given.get("v", "")

    def end(tag: str) -> None:
        nonlocal now
        if tag == "way" and now is not None:
            ways.append(now)
            now = None

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        with file.open("rb") as stream:
            parser.ParseFile(stream)
    except expat.ExpatError as error:
        raise InputError(f"drawing {quoted(file.name)} is not whole XML: {error}") from None
    except (KeyError, ValueError) as error:
        raise InputError(f"drawing {quoted(file.name)}: a node or way lacks its id or place ({error})") from None
    return places, ways


def _in_order(new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put ways that stand on nodes of the city first, and each of the others behind one that it shares a node with."""
    left, found, known = list(new), [], set[str]()
    while left:
        way = next((w for w in left if any(_is_old(r) or r in known for r in w["refs"])), left[0])
        left.remove(way)
        known.update(way["refs"])
        found.append(way)
    return found


def _is_old(ref: str) -> bool:
    return not ref.startswith("-")


def _change(way: dict[str, Any], places: dict[str, tuple[float, float]], file: str) -> dict[str, Any]:
    tags, refs = way["tags"], way["refs"]
    called = quoted(tags.get("name") or f"way {way['id']}")
    lost = [r for r in refs if r not in places]
    if lost:
        raise InputError(f"drawing {quoted(file)}: {called} runs over node {lost[0]}, which the file lacks: save the"
                         " whole area")  # fmt: skip
    highway = tags["highway"]
    if highway in {"proposed", "construction", "planned"}:
        highway = tags.get(tags["highway"], "residential")
    if highway not in class_speeds():
        raise InputError(f"drawing {quoted(file)}: {called} is of class {quoted(highway)}, which no engine drives")
    if len(set(refs)) < 2:
        raise InputError(f"drawing {quoted(file)}: {called} has fewer than two places: draw it on, or delete it")
    line = [places[r] for r in refs]
    ways = ways_driven(
        {**tags, "highway": highway}, Vehicle(), []
    )  # a roundabout and a motorway are one-way unless told
    found: dict[str, Any] = {
        "line": line[::-1] if ways == (BACKWARD,) else line,
        "highway": highway,
        "name": tags.get("name", ""),
        "ref": tags.get("ref", ""),
        "oneway": len(ways) == 1,
        "bridge": tags.get("bridge", "no") != "no",
        "tunnel": tags.get("tunnel", "no") != "no",
        "loose": not (_is_old(refs[0]) and _is_old(refs[-1])),  # a dead end, or one that a later way goes on from
    }
    kph = posted_kph(tags["maxspeed"]) if "maxspeed" in tags else None
    return found if kph is None else found | {"speed_kph": kph}
