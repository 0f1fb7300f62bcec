"""OpenStreetMap XML as editors and servers write it, put into the one order and numbering that a parser reads."""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

import numpy as np

from fireplan.errors import NetworkError, listed, one_line, quoted

if TYPE_CHECKING:
    from collections import Counter
    from typing import IO

CHUNK_BYTES = 1 << 20
OVERLAP_BYTES = 256
"""What one chunk shares with the next, so that no mark is cut in two."""

REMARK_LETTERS = 300
UNNUMBERED = 9_000_000_000
"""From here on count places of a way that are no nodes of the file."""

LARGEST_ID = 2**53
"""Beyond this a number is none of OpenStreetMap's, and neighbours would be the same one in floating point."""

UNREAD = "cannot be read as OpenStreetMap data:"

LIMITS_DEG = {"lat": 90.0, "lon": 180.0}

_UNUSUAL = re.compile(
    rb"""<remark|action\s*=\s*["']delete|<nd\b[^>]*\blat\s*=|visible\s*=\s*["']false"""
    rb"""|id(?<=\sid)\s*=\s*["'](?:[^0-9]|[0-9]+[^0-9"']|[0-9]{16})"""
    rb"""|ref(?<=\sref)\s*=\s*["'](?:[^0-9]|[0-9]+[^0-9"']|[0-9]{16})"""
    rb"""|version(?<=\sversion)\s*=\s*["'](?:[^0-9]|[0-9]+[^0-9."']|[0-9]{10})"""
    rb"""|lat(?<=\slat)\s*=\s*["'](?:-?(?:9[1-9]|90\.0*[1-9]|[0-9]{3})"""
    rb"""|[^-0-9]|-[^0-9]|-?[0-9]+(?:[^.0-9"']|\.[0-9]*[^0-9"']))"""
    rb"""|lon(?<=\slon)\s*=\s*["'](?:-?(?:18[1-9]|180\.0*[1-9]|19[0-9]|[02-9][0-9]{2}|[0-9]{4})"""
    rb"""|[^-0-9]|-[^0-9]|-?[0-9]+(?:[^.0-9"']|\.[0-9]*[^0-9"']))"""
)
"""What extracts do not have: what is in doubt is looked at by a parser."""

_WHOLE = re.compile(r"-?[0-9]{1,100}")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.?|[0-9]*\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_NUMBERED = re.compile(rb"""<(node|way|relation)\b[^>]*?\sid\s*=\s*["']([^"']*)["']""")
_VERSION = re.compile(rb"""<osm\b[^>]*\bversion\s*=\s*["']([^"']*)""")
_REMARK = re.compile(rb"<remark>(.*?)</remark>", re.DOTALL)


class _Element(NamedTuple):
    kind: str
    attributes: dict[str, str]
    tags: list[tuple[str, str]]
    refs: list[str]
    members: list[tuple[str, str, str]]
    """Of a relation: kind, number and role of each."""
    line: int


def needs_putting_in_order(stream: IO[bytes], *, name: str) -> bool:
    """
    Tell whether a file is written otherwise than extracts are.

    Parameters
    ----------
    stream
        The file, unpacked, at its beginning.
    name
        What to call it in messages.

    Returns
    -------
    Whether it has ways before nodes, new elements of an editor (negative ids), deleted ones, coordinates within ways,
    an element twice, as a history and joined answers have them, another version number or none, or a number that may
    be none.

    Raises
    ------
    NetworkError
        If a remark in it says that it is not whole; the remark is quoted.
    """
    kept, first_way, unusual = b"", False, False
    version: bytes | None = None
    begins, seen = 0, -1
    rising = dict.fromkeys((b"node", b"way", b"relation"), True)
    numbers = {kind: array("q") for kind in rising}
    opened = dict.fromkeys(rising, 0)
    while chunk := stream.read(CHUNK_BYTES):
        held = kept + chunk
        remark = held.find(b"<remark")
        if remark >= 0:
            _refuse_remark(held[remark:] + stream.read(CHUNK_BYTES), name=name)
        if version is None and (said := _VERSION.search(held)) is not None:
            version = said[1]
            unusual |= version != b"0.6"
        unusual |= _UNUSUAL.search(held) is not None
        way, node = held.find(b"<way"), held.rfind(b"<node")
        unusual |= node >= 0 and (first_way or 0 <= way < node)
        first_way |= way >= 0
        for kind in opened:
            opened[kind] += held.count(b"<" + kind) - kept.count(b"<" + kind)
        for found in _NUMBERED.finditer(held):
            if begins + found.start() > seen:  # what both chunks hold is looked at once
                seen = begins + found.start()
                of_kind, text = numbers[found[1]], found[2]
                number = int(text) if text.isdigit() and len(text) < 16 else -1  # which is unusual already
                rising[found[1]] &= not of_kind or of_kind[-1] < number
                of_kind.append(number)
        begins += len(held) - min(len(held), OVERLAP_BYTES)
        kept = held[-OVERLAP_BYTES:]
    twice = any(len(np.unique(n)) < len(n) for kind, n in numbers.items() if not rising[kind])
    nameless = any(opened[kind] != len(n) for kind, n in numbers.items())
    return unusual or twice or nameless or version is None


def _refuse_remark(content: bytes, *, name: str) -> None:
    found = _REMARK.search(content)
    said = found[1] if found is not None else content[:REMARK_LETTERS]
    text = " ".join(said.decode("utf-8", errors="replace").split())
    raise NetworkError(
        f"{name} says itself that it is not whole: {quoted(text, limit=REMARK_LETTERS)}; ask for less at once, or for"
        " longer, and fetch it anew"
    )


def in_order(stream: IO[bytes], counts: Counter[str], *, name: str) -> tuple[bytes, dict[int, int]]:
    """
    Write a file anew: nodes, ways, relations, each by number, all numbers above zero, without what is deleted.

    Parameters
    ----------
    stream
        The file, unpacked, at its beginning.
    counts
        Takes how many elements were deleted.
    name
        What to call it in messages.

    Returns
    -------
    The content, and the number that each renumbered node has in the file.
    """
    elements = _elements(stream, name=name)
    kept: dict[tuple[str, int], _Element] = {}
    numbers: dict[str, set[int]] = {"node": set(), "way": set(), "relation": set()}
    for element in elements:
        number = _number(element.attributes.get("id", ""), "id", element, name=name)
        older = kept.get((element.kind, number))
        if older is not None and _version(element, name=name) < _version(older, name=name):
            continue
        if older is not None and element.kind == "way":
            counts["versions"] += _version(element, name=name) != _version(older, name=name)
        if element.attributes.get("action") == "delete" or element.attributes.get("visible") == "false":
            counts["deleted"] += 1
            kept.pop((element.kind, number), None)
            continue
        _check_place(element, name=name)
        if older is not None and _version(element, name=name) == _version(older, name=name):
            element = _joined(older, element, name=name)  # noqa: PLW2901 - the same element
        kept[element.kind, number] = element
        numbers[element.kind].add(number)
    renumbered = {kind: _above_zero(found) for kind, found in numbers.items()}
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n']
    for kind in ("node", "way", "relation"):
        for _, number in sorted(key for key in kept if key[0] == kind):
            parts.append(_written(kept[kind, number], renumbered[kind].get(number, number), renumbered, name=name))
    parts.append("</osm>\n")
    return "".join(parts).encode(), {new: old for old, new in renumbered["node"].items()}


def _above_zero(numbers: set[int]) -> dict[int, int]:
    """New numbers for those of zero and below: editors give them to what is not uploaded."""
    highest = max(numbers, default=0)
    return {n: max(highest, 0) + i for i, n in enumerate(sorted((n for n in numbers if n <= 0), reverse=True), start=1)}


def _number(text: str, what: str, element: _Element, *, name: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise NetworkError(f"{name} {UNREAD} the {what} of {_called(element)} is {quoted(text)}, which is no number")
    if abs(int(text)) > LARGEST_ID:
        raise NetworkError(
            f"{name} {UNREAD} the {what} of {_called(element)} is {quoted(text)}, which is no id: it is too large"
        )
    return int(text)


def _called(element: _Element) -> str:
    """Name an element by its kind and where it stands."""
    return f"the {element.kind} on line {element.line}"


def _check_place(element: _Element, *, name: str) -> None:
    """Refuse a node at no place on earth; one that says nothing of its place, as in lists of ids, has none."""
    if element.kind != "node" or not element.attributes.keys() & LIMITS_DEG.keys():
        return
    for key, most in LIMITS_DEG.items():
        text = element.attributes.get(key, "")
        if not _DECIMAL.fullmatch(text):
            raise NetworkError(f"{name} {UNREAD} the {key} of {_called(element)} is {quoted(text)}, which is no number")
        if not abs(float(text)) <= most:
            raise NetworkError(
                f"{name} {UNREAD} the {key} of {_called(element)} is {quoted(text)}, beyond {most:g} degrees"
            )


def _joined(one: _Element, other: _Element, *, name: str) -> _Element:
    """Make one element of two of the same number and version: an answer may list it once whole and once in short."""
    places = [{key: e.attributes[key] for key in LIMITS_DEG if key in e.attributes} for e in (one, other)]
    pairs: dict[str, tuple[object, object]] = {
        "places": (places[0], places[1]),
        "tags": (dict(one.tags), dict(other.tags)),
        "nodes": (one.refs, other.refs),
        "members": (one.members, other.members),
    }
    unlike = [what for what, (first, second) in pairs.items() if first and second and first != second]
    if unlike:
        raise NetworkError(
            f"{name} {UNREAD} the {one.kind} {quoted(one.attributes.get('id', ''))} stands twice in a version, on lines"
            f" {one.line} and {other.line}, with other {listed(unlike)}: which counts is not known; fetch it anew"
        )
    return other._replace(
        attributes={**one.attributes, **other.attributes},
        tags=other.tags or one.tags,
        refs=other.refs or one.refs,
        members=other.members or one.members,
    )


def _elements(stream: IO[bytes], *, name: str) -> list[_Element]:
    """Every node, way and relation, in the order of the file; nodes that ways bring along come before them."""
    found: list[_Element] = []
    open_now: list[_Element] = []
    placed: dict[str, _Element] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag in {"node", "way", "relation"}:
            open_now.append(_Element(tag, attributes, [], [], [], parser.CurrentLineNumber))
        elif open_now and tag == "tag":
            open_now[-1].tags.append((attributes.get("k", ""), attributes.get("v", "")))
        elif open_now and tag == "nd":
            open_now[-1].refs.append(_ref(attributes, placed, parser.CurrentLineNumber))
        elif open_now and tag == "member":
            kind, ref, role = (attributes.get(key, "") for key in ("type", "ref", "role"))
            open_now[-1].members.append((kind, ref, role))

    def end(tag: str) -> None:
        if open_now and tag == open_now[-1].kind:
            found.append(open_now.pop())

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        while chunk := stream.read(CHUNK_BYTES):
            parser.Parse(chunk, False)  # noqa: FBT003 - expat's own signature
        parser.Parse(b"", True)  # noqa: FBT003
    except expat.ExpatError as error:
        raise NetworkError(f"{name} is not whole XML: {one_line(error)}") from error
    known = {e.attributes.get("id") for e in found if e.kind == "node"}
    return [*(e for ref, e in placed.items() if ref not in known), *found]


def _ref(attributes: dict[str, str], placed: dict[str, _Element], line: int) -> str:
    """Node that a way runs over; if the way says where that is, it goes into `placed`, with a number."""
    ref = attributes.get("ref", "")
    if {"lat", "lon"} <= set(attributes):
        ref = ref or f"-{UNNUMBERED + len(placed)}"
        place = {"id": ref, "lat": attributes["lat"], "lon": attributes["lon"]}
        placed.setdefault(ref, _Element("node", place, [], [], [], line))
    return ref


def _version(element: _Element, *, name: str) -> int:
    """Version of an element; of one that an editor has not uploaded yet none is higher."""
    said = element.attributes.get("version")
    return 0 if said is None else _number(said, "version", element, name=name)


def _written(element: _Element, number: int, renumbered: dict[str, dict[int, int]], *, name: str) -> str:
    place = "".join(f" {k}={quoteattr(element.attributes[k])}" for k in LIMITS_DEG if k in element.attributes)
    version = max(1, _version(element, name=name))
    head = f'<{element.kind} id="{number}" version="{version}"{place}>'
    nodes = renumbered["node"]
    refs = (_number(ref, "ref of a node", element, name=name) for ref in element.refs)
    inside = "".join(f'<nd ref="{nodes.get(r, r)}"/>' for r in refs)
    for kind, ref, role in element.members:
        if kind in renumbered:
            member = _number(ref, "ref of a member", element, name=name)
            now = renumbered[kind].get(member, member)
            inside += f'<member type="{kind}" ref="{now}" role={quoteattr(role)}/>' if now > 0 else ""
    inside += "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in element.tags)
    return f"{head}{inside}</{element.kind}>\n"
