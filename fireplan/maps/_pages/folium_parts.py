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
from branca.colormap import ColorMap
from branca.element import CssLink, Element, Figure, JavascriptLink, MacroElement
from folium.map import Layer
from folium.template import tojavascript

from fireplan._html_escape import escape
from fireplan._page_kit.leaflet import leaflet_image
from fireplan._page_kit.script_data import in_script
from fireplan.crs import HALF_TURN_DEG, TURN_DEG
from fireplan.errors import InputError, listed, quoted
from fireplan.maps._layers.basemaps import Tiles
from fireplan.maps._layers.escape_guard import guard
from fireplan.maps._layers.foreign_legends import (
    LISTED,
    LISTED_STYLE,
    category_legend,
    choropleth_legend,
    colour_map_legend,
)
from fireplan.maps._layers.packed_layer import Verbatim
from fireplan.maps._pages.html_document import Document
from fireplan.maps._pages.offline_guard import declared, loads, tokens, wants
from fireplan.maps._pages.page_frame import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fireplan.maps._layers.legend import Legend
    from fireplan.maps._pages.html_document import Theme

CARRIED = frozenset({"leaflet", "leaflet_css"})
LINKS_OF_THE_MAP = CARRIED | {"meta_http"}
ADDRESSES = ("url", "tiles", "embed_link")
INSTEAD = {
    "HeatMap": "fireplan.maps.incidents draws where they crowd",
    "MarkerCluster": "add_layer or fireplan.maps.layers.points draws them all",
    "FastMarkerCluster": "add_layer or fireplan.maps.layers.points draws them all",
    "TileLayer": 'OfflineMap(basemap="osm") asks for tiles by name',
    "WmsTileLayer": 'OfflineMap(basemap="osm") asks for tiles by name',
    "Icon": "fireplan.maps.layers.station_markers or folium.DivIcon has its sign in the page",
    "BeautifyIcon": "fireplan.maps.layers.station_markers or folium.DivIcon has its sign in the page",
    "CustomIcon": "name an image on this machine, which is set into the page",
    "ImageOverlay": "name an image on this machine, which is set into the page",
    "TopoJson": "add_layer draws a table of areas",
    "Fullscreen": "the browser's own full screen shows the page as well (F11)",
    "Popup": "leave out of it what is loaded; text, tables and images as data: addresses can stay",
    "Tooltip": "leave out of it what is loaded; text, tables and images as data: addresses can stay",
}
USUALLY_INSTEAD = "add_layer draws a table, fireplan.maps.layers more"
SHARED = re.compile(
    '"[A-Za-z0-9_-]{2000,}"|(?<="rows":)"[A-Za-z0-9_-]+"'
    r'|(?<="said":)\["(?:[^"\\]|\\.)*+"(?:,"(?:[^"\\]|\\.)*+")*+\]'
)
"""Packed numbers, and texts of a column: in JSON a quote within a text has a backslash, so that no text looks so."""

GROUPS = ("Base map", "Coverage", "Gaps", "Incidents", "Stations")
GROUP_OF_KIND = {"lines": "Base map", "dots": "Incidents", "stations": "Stations"}
ONLINE = re.compile(r"(https?:)?//", re.IGNORECASE)
MADE = re.compile(r"^var (\w+)", re.MULTILINE)
NAMED = re.compile(r"\b\w+_[0-9a-f]{32}\b")
MOST_FAULTS = 6
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
    """A rendered map: what of it goes into the markup, the script and the styles of a page, and its own legends."""

    markup: str
    script: str
    styles: tuple[str, ...]
    ids: frozenset[str]
    inline_styles: bool
    image_hosts: tuple[str, ...]
    legends: tuple[Legend, ...]


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
    order = [*GROUPS, *own]  # own headings last: a group of one layer has none, and would seem to stand under them
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
    if layer.layer_name.startswith("Changed"):
        return "Coverage"
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
    holders = (root, root.header, root.html, root.script, *elements)
    before = [(holder, holder._children.copy()) for holder in holders]  # noqa: SLF001
    try:
        if not placing.host:
            root.html.add_child(Verbatim(_container(page, placing)), name=page.get_name())
        root.script.add_child(Verbatim(_start(page, placing, _furnishing(elements, placing))), name=page.get_name())
        legends = _taken_legends(root, holders)
        for child in list(root._children.values()):  # noqa: SLF001
            child.render()
        own_list = any(isinstance(e, folium.LayerControl) for e in elements)
        if placing.layer_list and _layers(page) and not own_list and not placing.side:
            root.script.add_child(Verbatim(layer_list_script((page, placing.groups))), name="layer_list")
        return _drawing(root, elements, legends)
    finally:
        for holder, children in before:
            holder._children = children  # noqa: SLF001


def compose(
    title: str,
    body: str,
    drawings: Sequence[Drawing],
    *,
    script: str = "",
    theme: Theme = "light",
    styles: Sequence[str] = (),
    entry: str = "main.js",
) -> str:
    """Write one page from rendered maps, with the same names for its parts each time it is written."""
    stable = _Renaming(frozenset().union(*(d.ids for d in drawings)))
    return Document(
        title=title,
        body=stable(body),
        script=stable(_packed_once("\n".join([*(d.script for d in drawings), script]))),
        styles=(*dict.fromkeys(stable(style) for d in drawings for style in d.styles), *styles),
        image_hosts=tuple(dict.fromkeys(host for d in drawings for host in d.image_hosts)),
        inline_styles=any(d.inline_styles for d in drawings),
        theme=theme,
        entry=entry,
    ).to_html()


def union(extents: Sequence[Sequence[Sequence[float | None]]]) -> list[list[float]] | None:
    """South-west and north-east corner of all extents together, or None when there is none. [deg]"""
    known = np.array(extents, dtype=float).reshape(-1, 2, 2)
    if len(known) and np.ptp(known[:, :, 1]) > HALF_TURN_DEG:  # on both sides of the 180th meridian, perhaps
        turned = known.copy()
        turned[known[:, 1, 1] < 0, :, 1] += TURN_DEG
        known = turned if np.ptp(turned[:, :, 1]) <= HALF_TURN_DEG else known
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
    """Write what several layers or maps share once: packed coordinates, such as streets, and what their cards say."""
    counts = Counter(found[0] for found in SHARED.finditer(script))
    numbers = {text: i for i, text in enumerate(text for text, n in counts.items() if n > 1)}
    if not numbers:
        return script
    used = SHARED.sub(lambda found: f"packed[{numbers[found[0]]}]" if found[0] in numbers else found[0], script)
    return f"const packed = [{','.join(numbers)}];\n{used}"


def _taken_legends(root: Figure, holders: Sequence[Element]) -> tuple[Legend, ...]:
    """Take out what draws legends by scripts from the network, and give the same legends to be drawn by the page."""
    legends: list[Legend] = []
    for holder in dict.fromkeys(holders):
        for name, child in list(holder._children.items()):  # noqa: SLF001
            if isinstance(child, ColorMap):
                del holder._children[name]  # noqa: SLF001
                known = choropleth_legend(holder) if isinstance(holder, folium.Choropleth) else None
                legends.append(known or colour_map_legend(child))
            elif holder is root.html and type(child) is Element and LISTED in (text := child.render()):
                del holder._children[name]  # noqa: SLF001
                legends.append(category_legend(text))
            elif holder is root and type(child) is MacroElement and LISTED_STYLE in _header_of(child):
                del holder._children[name]  # noqa: SLF001
    return tuple(dict.fromkeys(legends))


def _header_of(element: MacroElement) -> str:
    """Render what an element would set into the head of a page."""
    header = element._template.module.__dict__.get("header")  # noqa: SLF001
    return str(header(element, {})) if header else ""


def _drawing(root: Figure, elements: list[Element], legends: tuple[Legend, ...]) -> Drawing:
    """Collect what the elements of a map put into its root, and refuse what the page does not carry."""
    styles: list[str] = []
    foreign = False
    links = [
        (name, child)
        for name, child in root.header._children.items()  # noqa: SLF001
        if isinstance(child, JavascriptLink | CssLink) or name == "meta_http"
    ]
    faults = [f"the page's head needs {quoted(name)}" for name, _ in links if name not in LINKS_OF_THE_MAP]
    for name, child in root.header._children.items():  # noqa: SLF001
        if (name, child) not in links:
            styles.append(re.sub(r"</?style[^>]*>", "", child.render()).strip())
    markup = [child.render().strip() for child in root.html._children.values()]  # noqa: SLF001
    script = {name: child.render().strip() for name, child in root.script._children.items()}  # noqa: SLF001
    for section in (root.html, root.script):
        held = [child for child in section._children.values() if not isinstance(child, Verbatim)]  # noqa: SLF001
        foreign = foreign or any("style=" in child.render() for child in held)
    faults += [f"the page's head loads {found}" for text in styles if (found := loads(text, styles=True))]
    faults += [
        f"markup set into the page loads {found}"
        for child, text in zip(root.html._children.values(), markup, strict=True)  # noqa: SLF001
        if not isinstance(child, Verbatim) and (found := loads(text))
    ]
    faults += _wanted_by(root, script, {e.get_name(): e for e in elements})
    if faults:
        raise InputError(_refusal(faults))
    if any(SCRIPT_TAG.search(text) for text in [*styles, *markup]) or any("<" in style for style in styles):
        raise InputError("an element of this map brings markup or a script of its own into the head of the page")
    return Drawing(
        markup="\n".join(markup),
        script="\n".join(script.values()),
        styles=tuple(styles),
        ids=frozenset(e._id for e in _elements(root, set())),  # noqa: SLF001
        inline_styles=foreign,
        image_hosts=tuple(e.host for e in elements if isinstance(e, Tiles)),
        legends=legends,
    )


def _wanted_by(root: Figure, script: Mapping[str, str], elements: Mapping[str, Element]) -> list[str]:
    """Say what the scripts of a map's elements need that the page does not carry."""
    children = root.script._children  # noqa: SLF001
    own = [name for name in script if isinstance(children[name], Verbatim)]
    others = {name: _maker(script[name], name, elements) for name in script if name not in own}
    asked_for = {name for name in others if isinstance(elements.get(name), Tiles)}
    pieces = {name: list(tokens(script[name])) for name in others if name not in asked_for}
    known = {found[1] for name in script if name not in pieces for found in MADE.finditer(script[name])}
    known.update(name for own_pieces in pieces.values() for name in declared(own_pieces))
    faults = []
    for name, own_pieces in pieces.items():
        maker, wanted = others[name], wants(own_pieces, known=known)
        who = "a script set into the page" if type(maker) in {type(None), Element} else type(maker).__name__
        faults += [_said_of(who, f"needs {listed(wanted)}")] if wanted else []
    return faults


def _maker(script: str, name: str, elements: Mapping[str, Element]) -> Element | None:
    """Find the element that a piece of script is of: by its name, else by the first that it names."""
    named = (elements[word] for word in (name, *NAMED.findall(script)) if word in elements)
    return next(named, None)


def _said_of(who: str, fault: str) -> str:
    return f"{who} {fault}: {INSTEAD.get(who, USUALLY_INSTEAD)}"


def _refusal(faults: Sequence[str]) -> str:
    return f"an offline page carries Leaflet alone: {'; '.join(faults[:MOST_FAULTS])}" + (
        f"; and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
    )


def _check_offline(page: folium.Map, elements: list[Element]) -> None:
    """Refuse elements that need more than Leaflet, and layers of one name."""
    wanted = [
        _said_of(type(e).__name__, f"needs {quoted(name)}")
        for e in elements
        for name, _ in (*getattr(e, "default_js", ()), *getattr(e, "default_css", ()))
        if name not in CARRIED
    ]
    wanted += [_said_of("Icon", "needs 'awesome-markers'") for e in elements if type(e) is folium.Icon]
    wanted += [
        _said_of(type(e).__name__, f"loads from {quoted(address)}")
        for e in elements
        for address in (getattr(e, name, None) for name in ADDRESSES)
        if isinstance(address, str) and ONLINE.match(address) and not isinstance(e, Tiles)
    ]
    if wanted:
        raise InputError(_refusal(list(dict.fromkeys(wanted))))
    scaled = [e for e in elements if isinstance(e, folium.Choropleth) and e.color_scale]
    if any(not isinstance(e._parent, folium.Map) for e in scaled):  # noqa: SLF001
        raise InputError("a Choropleth with a legend stands on a map itself, not in a group: add it to the map")
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
