"""
From Folium's elements to the parts of a page.

Each map is rendered as Folium does it; the pieces are then set into one document of our own, with stable names instead
of random ones and with nothing that has to be fetched.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import folium
import numpy as np
from branca.element import CssLink, Element, Figure, JavascriptLink
from folium.map import Layer

from fireplan._html_escape import escape
from fireplan.errors import InputError, listed, quoted
from fireplan.maps.basemaps import Tiles
from fireplan.maps.document import Document, leaflet_image
from fireplan.maps.guard import guard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fireplan.maps.document import Theme
    from fireplan.maps.page import OfflineMap

CARRIED = frozenset({"leaflet", "leaflet_css"})
ADDRESSES = ("url", "tiles", "embed_link")
PACKED = re.compile('"([A-Za-z0-9_-]{2000,})"')
GROUPS = ("Base map", "Coverage", "Gaps", "Incidents", "Stations")
GROUP_OF_KIND = {"lines": "Base map", "dots": "Incidents", "stations": "Stations"}
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


class LayerList(Element):
    """The list in which the layers of a map are switched on and off, in groups."""

    def __init__(self, page: OfflineMap, *others: OfflineMap) -> None:
        super().__init__()
        self._name = "LayerList"
        self.pages = (page, *others)

    def script(self) -> str:
        """Write what makes the list. Layers of one name on several sides of a curtain are switched together."""
        listed_: dict[tuple[str, str], list[str]] = {}
        for page in self.pages:
            for layer in _layers(page):
                listed_.setdefault((group_of(layer, page), layer.layer_name), []).append(layer.get_name())
        own = sorted({group for group, _ in listed_} - set(GROUPS))
        order = [*GROUPS[:2], *own, *GROUPS[2:]]
        entries = sorted(listed_.items(), key=lambda entry: order.index(entry[0][0]))
        text = ",".join(f"[{json.dumps(g)},{json.dumps(n)},[{','.join(names)}]]" for (g, n), names in entries)
        return f"fireplan.list({self.pages[0].get_name()}, [{text}]);"

    def render(self, **_kwargs: object) -> None:  # type: ignore[override]  # as Folium's layers do
        """Set the list into the page's script."""
        root = self.get_root()
        if isinstance(root, Figure):
            root.script.add_child(Verbatim(self.script()), name=self.get_name())


def group_of(layer: Layer, page: OfflineMap) -> str:
    """Name the group under which the list of layers shows a layer, as escaped text."""
    own = {escape(name): group for name, group in page.groups.items()}.get(layer.layer_name)
    if own is not None:
        return escape(own)
    if isinstance(layer, Tiles):
        return "Base map"
    if layer.layer_name.startswith("Gap"):
        return "Gaps"
    return GROUP_OF_KIND.get(getattr(layer, "kind", ""), "Coverage")


def draw(
    page: OfflineMap,
    *,
    extent: list[list[float]] | None = None,
    zoom_animation: bool = True,
    host: str = "",
    side: str = "",
) -> Drawing:
    """
    Render one map to the parts of a page, and leave the map as it was.

    Parameters
    ----------
    page
        The map.
    extent
        South-west and north-east corner of its first view; left out: that of what it shows. [deg]
    zoom_animation
        Whether it glides from one zoom to the next.
    host
        The name of another map of the page that this one is drawn on, instead of one of its own.
    side
        The side of that map's curtain, left or right.

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
    page.spoken = page.spoken or escape(f"Map: {page.title}")
    page.host, page.side = host, side
    page.furnishing = _furnishing(page, elements, extent)
    page.options["zoomAnimation"] = zoom_animation
    sections = (root.header, root.html, root.script)
    holders = (*sections, *elements)
    before = [(holder, holder._children.copy()) for holder in holders]  # noqa: SLF001
    try:
        own_list = any(isinstance(e, folium.LayerControl) for e in elements)
        if page.layer_control and _layers(page) and not own_list and not side:
            page.add_child(LayerList(page))
        for child in list(root._children.values()):  # noqa: SLF001
            child.render()
        ids = frozenset(e._id for e in _elements(root, set()))  # noqa: SLF001
        return _drawing(root, ids)
    finally:
        page.spoken = page.host = page.side = ""
        for holder, children in before:
            holder._children = children  # noqa: SLF001


def compose(
    title: str,
    body: str,
    maps: Sequence[OfflineMap],
    drawings: Sequence[Drawing],
    *,
    script: str = "",
    theme: Theme = "light",
) -> str:
    """Write one page from rendered maps, with the same names for its parts each time it is written."""
    stable = _Renaming(frozenset().union(*(d.ids for d in drawings)))
    hosts = {m.basemap.host: None for m in maps if m.basemap}
    return Document(
        title=title,
        body=stable(body),
        script=stable(_packed_once("\n".join([*(d.script for d in drawings), script]))),
        styles=tuple(dict.fromkeys(stable(style) for d in drawings for style in d.styles)),
        image_hosts=tuple(hosts),
        inline_styles=any(d.inline_styles for d in drawings),
        theme=theme,
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


def _furnishing(page: OfflineMap, elements: list[Element], extent: list[list[float]] | None) -> dict[str, Any]:
    """Say what the page's own script sets up on a map: its first view, and images where Folium's markers want some."""
    furnishing: dict[str, Any] = {"bounds": extent or page.extent(), "curtain": bool(page.side)}
    if any(type(e) is folium.Marker for e in elements):
        furnishing["icons"] = {
            "iconUrl": leaflet_image("images/marker-icon.png"),
            "iconRetinaUrl": leaflet_image("images/marker-icon-2x.png"),
            "shadowUrl": leaflet_image("images/marker-shadow.png"),
        }
    return furnishing


def _packed_once(script: str) -> str:
    """Write packed coordinates that several maps share, such as streets, once."""
    counts = Counter(PACKED.findall(script))
    numbers = {text: i for i, text in enumerate(text for text, n in counts.items() if n > 1)}
    if not numbers:
        return script
    used = PACKED.sub(lambda found: f"packed[{numbers[found[1]]}]" if found[1] in numbers else found[0], script)
    return f"const packed = {json.dumps(list(numbers))};\n{used}"


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
