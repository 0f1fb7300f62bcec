"""
From Folium's elements to the parts of a page.

Each map is rendered as Folium does it; the pieces are then set into one document of our own, with stable names instead
of random ones and with nothing that has to be fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import folium
import numpy as np
from branca.element import CssLink, Element, Figure, JavascriptLink
from folium.map import Layer
from folium.utilities import JsCode

from fireplan.errors import InputError, listed, quoted
from fireplan.maps.basemaps import Tiles
from fireplan.maps.document import Document, leaflet_image
from fireplan.maps.guard import guard
from fireplan.texts import escape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fireplan.maps.page import OfflineMap

CARRIED = frozenset({"leaflet", "leaflet_css"})
ADDRESSES = ("url", "tiles", "embed_link")
ONLINE = re.compile(r"(https?:)?//", re.IGNORECASE)
SCRIPT_TAG = re.compile(r"<script", re.IGNORECASE)


class Verbatim(Element):
    """Script that is finished: it is set into the page as it is, not rendered once more as a template."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **_kwargs: object) -> str:
        """Return the text."""
        return self.text


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A rendered map: what of it goes into the markup, the script and the styles of a page."""

    markup: str
    script: str
    styles: tuple[str, ...]
    ids: frozenset[str]
    inline_styles: bool


def draw(page: OfflineMap, *, extent: list[list[float]] | None = None, zoom_animation: bool = True) -> Drawing:
    """
    Render one map to the parts of a page, and leave the map as it was.

    Raises
    ------
    InputError
        If the map holds text that would run as code, or needs what an offline page does not carry.
    """
    root = page.get_root()
    if not isinstance(root, Figure):
        raise InputError("this map was added to another one: leave it on its own page")
    guard(root)
    elements = list(_elements(root, set()))
    _check_offline(page, elements)
    page.spoken = escape(f"Map: {page.title}")
    page.furnishing = {"bounds": extent or page.extent()}
    if any(type(e) is folium.Marker for e in elements):
        page.furnishing["icons"] = {
            "iconUrl": leaflet_image("images/marker-icon.png"),
            "iconRetinaUrl": leaflet_image("images/marker-icon-2x.png"),
            "shadowUrl": leaflet_image("images/marker-shadow.png"),
        }
    page.options["zoomAnimation"] = zoom_animation
    sections = (root.header, root.html, root.script)
    holders = (*sections, *elements)
    before = [(holder, holder._children.copy()) for holder in holders]  # noqa: SLF001
    try:
        if page.layer_control and _layers(page) and not any(isinstance(e, folium.LayerControl) for e in elements):
            page.add_child(_layer_control(page))
        for child in list(root._children.values()):  # noqa: SLF001
            child.render()
        ids = frozenset(e._id for e in _elements(root, set()))  # noqa: SLF001
        return _drawing(root, ids)
    finally:
        for holder, children in before:
            holder._children = children  # noqa: SLF001


def compose(title: str, body: str, maps: Sequence[OfflineMap], drawings: Sequence[Drawing], *, script: str = "") -> str:
    """Write one page from rendered maps, with the same names for its parts each time it is written."""
    stable = _Renaming(frozenset().union(*(d.ids for d in drawings)))
    hosts = {m.basemap.host: None for m in maps if m.basemap}
    return Document(
        title=title,
        body=stable(body),
        script=stable("\n".join([*(d.script for d in drawings), script])),
        styles=tuple(dict.fromkeys(stable(style) for d in drawings for style in d.styles)),
        image_hosts=tuple(hosts),
        inline_styles=any(d.inline_styles for d in drawings),
    ).to_html()


def union(extents: Sequence[Sequence[Sequence[float | None]]]) -> list[list[float]] | None:
    """South-west and north-east corner of all extents together, or None when there is none. [deg]"""
    known = np.array(extents, dtype=float).reshape(-1, 2, 2)
    return [known[:, 0].min(axis=0).tolist(), known[:, 1].max(axis=0).tolist()] if len(known) else None


class _Renaming:
    """Puts a running number for each random id."""

    def __init__(self, ids: frozenset[str]) -> None:
        self.ids = ids
        self.numbers: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        return re.sub("[0-9a-f]{32}", self._number, text)

    def _number(self, found: re.Match[str]) -> str:
        if found[0] not in self.ids:
            return found[0]
        return self.numbers.setdefault(found[0], str(len(self.numbers) + 1))


def _drawing(root: Figure, ids: frozenset[str]) -> Drawing:
    """Collect what the elements of a map put into the sections of its root."""
    styles: list[str] = []
    markup: list[str] = []
    script: list[str] = []
    foreign = False
    for name, child in root.header._children.items():  # noqa: SLF001
        if isinstance(child, JavascriptLink | CssLink) or name == "meta_http":
            continue
        styles.append(re.sub(r"</?style[^>]*>", "", child.render()).strip())
    for section, texts in ((root.html, markup), (root.script, script)):
        for child in section._children.values():  # noqa: SLF001
            text = child.render()
            foreign = foreign or ("style=" in text and not isinstance(child, Verbatim))
            texts.append(text.strip())
    if any(SCRIPT_TAG.search(text) for text in [*styles, *markup]) or any("<" in style for style in styles):
        raise InputError("an element of this map brings markup or a script of its own into the head of the page")
    return Drawing(
        markup="\n".join(markup), script="\n".join(script), styles=tuple(styles), ids=ids, inline_styles=foreign
    )


def _check_offline(page: OfflineMap, elements: list[Element]) -> None:
    """Refuse elements that need more than Leaflet, and layers of one name."""
    wanted = [
        f"{type(e).__name__} needs {quoted(name)}"
        for e in elements
        for name, _ in (*getattr(e, "default_js", ()), *getattr(e, "default_css", ()))
        if name not in CARRIED
    ]
    wanted += [f"{type(e).__name__} needs 'awesome-markers'" for e in elements if type(e) is folium.Icon]
    wanted += [
        f"{type(e).__name__} loads from {quoted(address)}"
        for e in elements
        for address in (getattr(e, name, None) for name in ADDRESSES)
        if isinstance(address, str) and ONLINE.match(address) and not isinstance(e, Tiles)
    ]
    if wanted:
        raise InputError(f"an offline page carries Leaflet alone (for tiles see basemap=): {listed(wanted)}")
    names = [layer.layer_name for layer in _layers(page)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"two layers have one name, so that only one could be switched: {listed(map(quoted, twice))}")


def _layers(page: OfflineMap) -> list[Layer]:
    """Layers that the layer control lists."""
    return [c for c in page._children.values() if isinstance(c, Layer) and c.control]  # noqa: SLF001


def _elements(element: Element, seen: set[int]) -> Iterator[Element]:
    """Yield an element and all that hang on it."""
    if id(element) in seen:
        return
    seen.add(id(element))
    yield element
    held = [v for k, v in vars(element).items() if isinstance(v, Element) and k != "_parent"]
    for child in (*held, *element._children.values()):  # noqa: SLF001
        yield from _elements(child, seen)


def _layer_control(page: OfflineMap) -> folium.LayerControl:
    """Make the list of layers: open where there is room, closed on a small map."""
    return folium.LayerControl(collapsed=JsCode(f"fireplan.narrow({page.get_name()})"))  # type: ignore[arg-type]  # code where Folium expects a value
