"""
From Folium's elements to the parts of a page.

Each map is rendered as Folium does it; the pieces are then set into one document of our own, with stable names instead
of random ones and with nothing that has to be fetched. What a map is on the page, and beside which others, is given
from outside: nothing here knows the pages, and nothing is written on the map.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import folium
import numpy as np
from branca.element import CssLink, Element, Figure, JavascriptLink
from folium.map import Layer
from folium.template import tojavascript

from fireplan._html_escape import escape
from fireplan._page_kit.leaflet import leaflet_image
from fireplan._page_kit.script_data import in_script
from fireplan.errors import InputError, listed, quoted
from fireplan.maps._layers.basemaps import Tiles
from fireplan.maps._layers.escape_guard import guard
from fireplan.maps._layers.packed_layer import Verbatim
from fireplan.maps._pages.html_document import Document
from fireplan.maps._pages.page_frame import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fireplan.maps._pages.html_document import Theme

CARRIED = frozenset({"leaflet", "leaflet_css"})
ADDRESSES = ("url", "tiles", "embed_link")
PACKED = re.compile('"([A-Za-z0-9_-]{2000,})"')
GROUPS = ("Base map", "Coverage", "Gaps", "Incidents", "Stations")
GROUP_OF_KIND = {"lines": "Base map", "dots": "Incidents", "stations": "Stations"}
ONLINE = re.compile(r"(https?:)?//", re.IGNORECASE)
SCRIPT_TAG = re.compile(r"<script", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Placing:
    """
    How a map is set into a page.

    Attributes
    ----------
    spoken
        What the map is called where it is read aloud, as escaped text.
    extent
        South-west and north-east corner of its first view; None: nothing is drawn that it could show. [deg]
    groups
        The heading in the list of layers, by the layer's name, where it is not the usual one.
    layer_list
        Whether the map has a list in which layers are switched on and off.
    zoom_animation
        Whether it glides from one zoom to the next.
    host
        The name of another map of the page that this one is drawn on, instead of one of its own.
    side
        The side of that map's curtain, left or right.
    """

    spoken: str = ""
    extent: list[list[float]] | None = None
    groups: Mapping[str, str] = field(default_factory=dict)
    layer_list: bool = True
    zoom_animation: bool = True
    host: str = ""
    side: str = ""


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A rendered map: what of it goes into the markup, the script and the styles of a page."""

    markup: str
    script: str
    styles: tuple[str, ...]
    ids: frozenset[str]
    inline_styles: bool
    image_hosts: tuple[str, ...]


def layer_list_script(*sides: tuple[folium.Map, Mapping[str, str]]) -> str:
    """
    Write what makes the list in which layers are switched on and off, in groups.

    Parameters
    ----------
    sides
        Maps, each with the headings of its layers as in `Placing`. Layers of one name on several sides of a curtain are
        switched together, and the list stands on the first.
    """
    listed_: dict[tuple[str, str], list[str]] = {}
    for page, groups in sides:
        for layer in _layers(page):
            listed_.setdefault((group_of(layer, groups), layer.layer_name), []).append(layer.get_name())
    own = sorted({group for group, _ in listed_} - set(GROUPS))
    order = [*GROUPS[:2], *own, *GROUPS[2:]]
    entries = sorted(listed_.items(), key=lambda entry: order.index(entry[0][0]))
    text = ",".join(f"[{json.dumps(g)},{json.dumps(n)},[{','.join(names)}]]" for (g, n), names in entries)
    return f"fireplan.list({sides[0][0].get_name()}, [{text}]);"


def group_of(layer: Layer, groups: Mapping[str, str]) -> str:
    """Name the group under which the list of layers shows a layer, as escaped text."""
    own = {escape(name): group for name, group in groups.items()}.get(layer.layer_name)
    if own is not None:
        return escape(own)
    if isinstance(layer, Tiles):
        return "Base map"
    if layer.layer_name.startswith("Gap"):
        return "Gaps"
    return GROUP_OF_KIND.get(getattr(layer, "kind", ""), "Coverage")


def draw(page: folium.Map, placing: Placing) -> Drawing:
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
    holders = (root.header, root.html, root.script, *elements)
    before = [(holder, holder._children.copy()) for holder in holders]  # noqa: SLF001
    try:
        if not placing.host:
            root.html.add_child(Verbatim(_container(page, placing)), name=page.get_name())
        root.script.add_child(Verbatim(_start(page, placing, _furnishing(elements, placing))), name=page.get_name())
        for child in list(root._children.values()):  # noqa: SLF001
            child.render()
        own_list = any(isinstance(e, folium.LayerControl) for e in elements)
        if placing.layer_list and _layers(page) and not own_list and not placing.side:
            root.script.add_child(Verbatim(layer_list_script((page, placing.groups))), name="layer_list")
        return _drawing(root, elements)
    finally:
        for holder, children in before:
            holder._children = children  # noqa: SLF001


def compose(title: str, body: str, drawings: Sequence[Drawing], *, script: str = "", theme: Theme = "light") -> str:
    """Write one page from rendered maps, with the same names for its parts each time it is written."""
    stable = _Renaming(frozenset().union(*(d.ids for d in drawings)))
    return Document(
        title=title,
        body=stable(body),
        script=stable(_packed_once("\n".join([*(d.script for d in drawings), script]))),
        styles=tuple(dict.fromkeys(stable(style) for d in drawings for style in d.styles)),
        image_hosts=tuple(dict.fromkeys(host for d in drawings for host in d.image_hosts)),
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


def _container(page: folium.Map, placing: Placing) -> str:
    """Write the element in which a map stands."""
    return (
        f'<div class="fp-map" id="{page.get_name()}" role="region" aria-label="{placing.spoken}" '
        f'aria-describedby="{KEYS}"></div>'
    )


def _start(page: folium.Map, placing: Placing, furnishing: dict[str, Any]) -> str:
    """Write what makes a map, or what takes the map it is drawn on, before its layers are drawn."""
    name = page.get_name()
    lines = [f"var {name} = {placing.host};"]
    if not placing.host:
        options = {**page.options, "center": page.location, "zoomAnimation": placing.zoom_animation}
        lines = [
            f'var {name} = L.map("{name}", {tojavascript(options)});',
            f"fireplan.furnish({name}, {in_script(furnishing)});",
        ]
    if placing.side:
        lines.append(f"fireplan.side({name}, {in_script(placing.side)});")
    return "\n".join(lines)


def _furnishing(elements: list[Element], placing: Placing) -> dict[str, Any]:
    """Say what the page's own script sets up on a map: its first view, and images where Folium's markers want some."""
    furnishing: dict[str, Any] = {"bounds": placing.extent, "curtain": bool(placing.side)}
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


def _drawing(root: Figure, elements: list[Element]) -> Drawing:
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
        markup="\n".join(markup),
        script="\n".join(script),
        styles=tuple(styles),
        ids=frozenset(e._id for e in _elements(root, set())),  # noqa: SLF001
        inline_styles=foreign,
        image_hosts=tuple(e.host for e in elements if isinstance(e, Tiles)),
    )


def _check_offline(page: folium.Map, elements: list[Element]) -> None:
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


def _layers(page: folium.Map) -> list[Layer]:
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
