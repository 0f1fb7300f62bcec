"""OpenStreetMap XML as editors and servers write it, put into the one order and numbering that a parser reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from fireplan.errors import NetworkError, quoted

if TYPE_CHECKING:
    from collections import Counter
    from typing import IO

CHUNK_BYTES = 1 << 20
OVERLAP_BYTES = 256
"""What one chunk shares with the next, so that no mark is cut in two."""

REMARK_LETTERS = 300
UNNUMBERED = 9_000_000_000
"""From here on count places of a way that are no nodes of the file."""

_UNUSUAL = re.compile(
    rb"""<remark|\baction\s*=\s*["']delete|\b(?:id|ref)\s*=\s*["']-|<nd\b[^>]*\blat\s*=|\bvisible\s*=\s*["']false"""
)
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
    several versions of an element one after the other, as a history has them, or another version number, or none.

    Raises
    ------
    NetworkError
        If a remark in it says that it is not whole; the remark is quoted.
    """
    kept, first_way, unusual = b"", False, False
    version: bytes | None = None
    begins, seen, last = 0, -1, (b"", b"")
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
        for found in _NUMBERED.finditer(held):
            if begins + found.start() > seen:  # what both chunks hold is looked at once
                seen, before, last = begins + found.start(), last, (found[1], found[2])
                unusual |= last == before
        begins += len(held) - min(len(held), OVERLAP_BYTES)
        kept = held[-OVERLAP_BYTES:]
    return unusual or version is None


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
        number = _number(element.attributes.get("id", ""), element, name=name)
        older = kept.get((element.kind, number))
        if older is not None and _version(element) < _version(older):
            continue
        if older is not None and element.kind == "way":
            counts["versions"] += _version(element) != _version(older)
        if element.attributes.get("action") == "delete" or element.attributes.get("visible") == "false":
            counts["deleted"] += 1
            kept.pop((element.kind, number), None)
            continue
        kept[element.kind, number] = element
        numbers[element.kind].add(number)
    renumbered = {kind: _above_zero(found) for kind, found in numbers.items()}
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n']
    for kind in ("node", "way", "relation"):
        for _, number in sorted(key for key in kept if key[0] == kind):
            parts.append(_written(kept[kind, number], renumbered[kind].get(number, number), renumbered))
    parts.append("</osm>\n")
    return "".join(parts).encode(), {new: old for old, new in renumbered["node"].items()}


def _above_zero(numbers: set[int]) -> dict[int, int]:
    """New numbers for those of zero and below: editors give them to what is not uploaded."""
    highest = max(numbers, default=0)
    return {n: max(highest, 0) + i for i, n in enumerate(sorted((n for n in numbers if n <= 0), reverse=True), start=1)}


def _number(text: str, element: _Element, *, name: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise NetworkError(f"{name}: the id of a {element.kind} is {quoted(text)}, which is no number") from error


def _elements(stream: IO[bytes], *, name: str) -> list[_Element]:
    """Every node, way and relation, in the order of the file; nodes that ways bring along come before them."""
    found: list[_Element] = []
    open_now: list[_Element] = []
    placed: dict[str, _Element] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag in {"node", "way", "relation"}:
            open_now.append(_Element(tag, attributes, [], [], []))
        elif open_now and tag == "tag":
            open_now[-1].tags.append((attributes.get("k", ""), attributes.get("v", "")))
        elif open_now and tag == "nd":
            open_now[-1].refs.append(_ref(attributes, placed))
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
        raise NetworkError(f"{name} is not whole XML: {error}") from error
    known = {e.attributes.get("id") for e in found if e.kind == "node"}
    return [*(e for ref, e in placed.items() if ref not in known), *found]


def _ref(attributes: dict[str, str], placed: dict[str, _Element]) -> str:
    """Node that a way runs over; if the way says where that is, it goes into `placed`, with a number."""
    ref = attributes.get("ref", "")
    if {"lat", "lon"} <= set(attributes):
        ref = ref or f"-{UNNUMBERED + len(placed)}"
        place = {"id": ref, "lat": attributes["lat"], "lon": attributes["lon"]}
        placed.setdefault(ref, _Element("node", place, [], [], []))
    return ref


def _version(element: _Element) -> int:
    """Version of an element; of one that an editor has not uploaded yet none is higher."""
    said = element.attributes.get("version", "")
    return int(said) if said.isdigit() else 0


def _written(element: _Element, number: int, renumbered: dict[str, dict[int, int]]) -> str:
    place = "".join(f" {k}={quoteattr(element.attributes[k])}" for k in ("lat", "lon") if k in element.attributes)
    head = f'<{element.kind} id="{number}" version="{_version(element) or 1}"{place}>'
    nodes = renumbered["node"]
    refs = (int(r) for r in element.refs if r.lstrip("-").isdigit())
    inside = "".join(f'<nd ref="{nodes.get(r, r)}"/>' for r in refs)
    for kind, ref, role in element.members:
        if kind in renumbered and ref.lstrip("-").isdigit():
            now = renumbered[kind].get(int(ref), int(ref))
            inside += f'<member type="{kind}" ref="{now}" role={quoteattr(role)}/>' if now > 0 else ""
    inside += "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in element.tags)
    return f"{head}{inside}</{element.kind}>\n"
