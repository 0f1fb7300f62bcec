"""One map as one offline page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import folium
from branca.element import Figure
from folium.template import Template

from fireplan._checked import takes
from fireplan._html_escape import escape
from fireplan.errors import InputError, listed, quoted
from fireplan.maps._layers.basemaps import BASEMAPS, MAX_ZOOM, Tiles
from fireplan.maps._layers.packed_layer import DrawsPackedLayers
from fireplan.maps._pages.folium_parts import Placing, compose, draw, union
from fireplan.maps._pages.html_document import Theme, check_theme
from fireplan.maps._pages.page_frame import Footer, footer_html, header_html, main_html, pane_html
from fireplan.maps._pages.written_page import WrittenPage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fireplan.maps._layers.legend import Legend


class _Root(Figure):
    """The root of an offline map: whoever renders it gets the offline page."""

    def __init__(self, owner: OfflineMap) -> None:
        super().__init__()
        self.owner = owner

    def render(self, **_kwargs: object) -> str:
        return self.owner.to_html()

    def _repr_html_(self, **_kwargs: object) -> str:
        return self.owner._repr_html_()


@takes
class OfflineMap(WrittenPage, DrawsPackedLayers, folium.Map):  # type: ignore[misc]  # an open file has no name to take
    """
    A Folium map that is one file and asks nothing of the network.

    Layers, markers and popups are added to it as to any Folium map, with Leaflet's own features only; anything that
    needs more is refused when the page is made. So is text that did not pass `fireplan.maps.escape`. The layers
    of `fireplan.maps.layers` see to that themselves.

    Parameters
    ----------
    title
        The title of the page.
    subtitle
        The line below it.
    footer
        Where the figures come from.
    legends
        What the colours and signs mean. More can be appended to `.legends`.
    bounds
        West, south, east and north of the first view, as in `GeoDataFrame.total_bounds`; else everything drawn. [deg]
    basemap
        The name of an online tile layer in `BASEMAPS`, such as ``"osm"``. The page then loads images from that one
        host, whoever opens it; without it the page loads nothing.
    layer_control
        Show a list in which layers are switched on and off.
    theme
        "light"; "dark", for a wall display; or "print", as the page looks on paper. `.theme` can be set later. It does
        not follow the reader's own setting, and paper is white always.

    Attributes
    ----------
    headline
        The figure that sums the map up, set large where several maps share a page: "90 %". None at first.
    groups
        The heading in the list of layers under which each layer stands, by the layer's name. Layers left out stand
        under "Base map", "Coverage", "Gaps", "Incidents" or "Stations", by what they are.

    Examples
    --------
    >>> page = OfflineMap(title="First-due travel time", bounds=(-117.3, 33.1, -117.2, 33.2))
    >>> page.save("first_due.html")  # doctest: +SKIP
    """

    escaped_when_written = frozenset({"title", "subtitle", "headline", "groups"})
    default_js = folium.Map.default_js[:1]
    default_css = folium.Map.default_css[:1]

    _template = Template("")  # what stands on the page is written by `folium_parts.draw`

    def __init__(
        self,
        *,
        title: str,
        subtitle: str = "",
        footer: Footer | None = None,
        legends: Iterable[Legend] = (),
        bounds: Sequence[float] | None = None,
        basemap: str | None = None,
        layer_control: bool = True,
        theme: Theme = "light",
    ) -> None:
        check_theme(theme)
        if basemap is not None and basemap not in BASEMAPS:
            raise InputError(f"unknown basemap {quoted(basemap)}: known are {listed(BASEMAPS)}")
        super().__init__(
            location=(0.0, 0.0), zoom_start=2, tiles=None, prefer_canvas=True, maxZoom=MAX_ZOOM,
            zoomSnap=1 if basemap else 0.05,
        )  # fmt: skip
        self.default_js, self.default_css = list(type(self).default_js), list(type(self).default_css)
        _Root(self).add_child(self)
        self.title, self.subtitle, self.footer = title, subtitle, footer
        self.legends = list(legends)
        self.bounds = None if bounds is None else tuple(float(b) for b in bounds)
        self.basemap = None if basemap is None else BASEMAPS[basemap]
        self.layer_control = layer_control
        self.theme: Theme = theme
        self.headline = ""
        self.groups: dict[str, str] = {}
        if self.basemap:
            self.add_child(Tiles(self.basemap))

    def to_html(self) -> str:
        """Write the whole page as text. The same inputs give the same text."""
        drawing = draw(self, self.placing())
        body = (
            f"{header_html(self.title, subtitle=self.subtitle, footer=self.footer)}"
            f"{main_html(pane_html(drawing.markup, legends=self.legends))}"
            f"{footer_html(self.footer)}"
        )
        return compose(self.title, body, [drawing], theme=self.theme)

    def placing(self, *, extent: list[list[float]] | None = None) -> Placing:
        """Say how the map is set into a page; `extent` is the first view it shares with others there. [deg]"""
        return Placing(
            spoken=escape(f"Map: {self.title}"),
            extent=extent or self.extent(),
            groups=self.groups,
            layer_list=self.layer_control,
        )

    def extent(self) -> list[list[float]] | None:
        """South-west and north-east corner of the first view, or None when nothing is drawn. [deg]"""
        if self.bounds:
            west, south, east, north = self.bounds
            return [[south, west], [north, east]]
        shown = [c.get_bounds() for c in self._children.values() if getattr(c, "show", True)]
        corners = [[low, high] for low, high in shown if None not in (*low, *high)]
        return union(corners)
