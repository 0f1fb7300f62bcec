"""The guard behind `fireplan.maps.escape`: a map that holds text which did not pass through it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from branca.element import Element

from fireplan.errors import InputError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

CODE = re.compile(r"\{\{|\{%|\{#|\$\{|`|\\[ux]|</?script|<!--", re.IGNORECASE)
INNER = frozenset({"_id", "_name", "_parent", "_children", "_template", "_template_name"})


def guard(*elements: Element) -> None:
    """
    Refuse a map that holds text which would run as code.

    Walks each element, its children and whatever they hold (options, popups, tooltips, GeoJSON, names) before anything
    is rendered. JavaScript handed over as `folium.JsCode` is code on purpose, and left alone.

    Parameters
    ----------
    elements
        Folium or branca elements: a map, a layer, a marker.

    Raises
    ------
    InputError
        If a text holds ``{{``, ``{%``, ``{#``, ``${``, a back-tick, the start of a numbered character of JavaScript, a
        script tag or the start of a comment.
    """
    faults = [
        f"{where} holds {quoted(text[found.start() : found.start() + 20], limit=30)}"
        for where, text in _texts_of(elements)
        if (found := CODE.search(text))
    ]
    if faults:
        raise InputError(
            f"{len(faults)} text{'s' if len(faults) > 1 else ''} on this map would run as code when it is drawn: "
            f"{listed(faults, most=4)}. Pass text from data through fireplan.maps.escape first."
        )


def _texts_of(elements: Iterable[Element]) -> Iterator[tuple[str, str]]:
    """Yield every text in the trees of the elements that may run as code, with where it stands."""
    seen: set[int] = set()
    for element in elements:
        yield from _texts(element, element._name, seen)  # noqa: SLF001


def _is_clear(value: object) -> bool:
    """Whether a value is a column of texts of which none runs as code: what would holds no line break."""
    return isinstance(value, list) and all(type(v) is str for v in value) and not CODE.search("\n".join(value))


def _texts(value: object, where: str, seen: set[int]) -> Iterator[tuple[str, str]]:
    """Yield every text under one value that may run as code, each container once."""
    if isinstance(value, str):
        yield where, value
        return
    if _is_clear(value):
        return
    if isinstance(value, Element):
        skipped = INNER | getattr(value, "escaped_when_written", frozenset())
        inside: Iterable[tuple[object, object]] = ((k, v) for k, v in vars(value).items() if k not in skipped)
        children: Iterable[Element] = value._children.values()  # noqa: SLF001
    elif isinstance(value, Mapping):
        inside, children = value.items(), ()
    elif isinstance(value, list | tuple | set | frozenset):
        inside, children = (("", v) for v in value), ()
    else:
        return
    if id(value) in seen:
        return
    seen.add(id(value))
    for key, item in inside:
        if isinstance(key, str) and CODE.search(key):
            yield where, key
        step = f"{where}.{key}" if isinstance(value, Element) else where
        yield from _texts(item, step, seen)
    for child in children:
        yield from _texts(child, f"{where} > {child._name}", seen)  # noqa: SLF001
