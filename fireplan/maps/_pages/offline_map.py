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
from fireplan.maps._layers.own_layers import GROUP, own_layer
from fireplan.maps._layers.packed_layer import DrawsPackedLayers
from fireplan.maps._pages.folium_parts import Placing, compose, draw, union
from fireplan.maps._pages.html_document import Theme, check_theme
from fireplan.maps._pages.page_frame import Footer, footer_html, header_html, main_html, pane_html
from fireplan.maps._pages.written_page import WrittenPage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import geopandas as gpd

    from fireplan.maps._layers.legend import Legend
    from fireplan.maps._layers.packed_layer import PackedLayer
    from fireplan.maps._layers.value_classes import Classing


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
    needs more or would be fetched is refused when the page is made, with what to use instead. So is text that did not
    pass `fireplan.maps.escape`. The layers of `fireplan.maps.layers` and of `add_layer` see to that themselves. Legends
    of a Choropleth, of `GeoDataFrame.explore` and of branca's colour maps are drawn as the page's own.

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

    @takes
    def add_layer(  # noqa: PLR0913 - what a layer can be asked for, each by name
        self,
        gdf: gpd.GeoDataFrame,
        *,
        name: str,
        column: str | None = None,
        legend: str | None = None,
        classes: Classing | Sequence[float] = "quantiles",
        count: int = 5,
        colour: str | None = None,
        popup: Sequence[str] | None = None,
        show: bool = True,
    ) -> OfflineMap:
        """
        Add a layer of one's own, with its legend: points, lines or areas.

        Points and lines lie over what is drawn, areas with a column over what was drawn before them; areas without one
        are outlines. All texts of the table are escaped. A click opens a card with the columns of `popup`; more than
        5,000 points or lines have none.

        Parameters
        ----------
        gdf
            The table, in any CRS. It is not changed. Rows without a place are not drawn, and counted in the legend.
        name
            What the list of layers calls it.
        column
            The column it is coloured by: numbers by classes, all else by value, the most frequent nine with a colour of
            their own and the others together. Missing values are grey, and named in the legend. Left out: one colour.
        legend
            The title of its legend; left out: the name and the column.
        classes
            How numbers are parted: "quantiles", about as many rows in each class; "equal", classes of equal width;
            "categories", each value for itself; or the bounds between classes. A class reaches from above its lower
            bound up to and with its upper one. The bounds stand in the legend as they are used: those that are found
            are rounded first.
        count
            The number of classes that are found, 1 to 9. Where few values differ there are fewer.
        colour
            The colour without a column, ``#rrggbb``.
        popup
            Columns of the card; left out: all of the table's. They stand in the file, for whoever has it.
        show
            Whether the layer is on when the page opens.

        Returns
        -------
        The page.

        Raises
        ------
        InputError
            If the table does not say its CRS, holds nothing or several kinds of geometry, the page has a layer of that
            name, or the classes cannot be made.
        UnknownIdError
            If there is no such column; the message says which was meant.

        Examples
        --------
        >>> import geopandas as gpd
        >>> at = gpd.points_from_xy([-140.01, -140.0, -139.99], [30.0, 30.01, 30.02])
        >>> hydrants = gpd.GeoDataFrame({"flow_lpm": [900, 1900, None]}, geometry=at, crs="EPSG:4326")
        >>> page = fp.maps.OfflineMap(title="Hydrants")
        >>> page = page.add_layer(hydrants, column="flow_lpm", name="Hydrants", legend="Flow, litres a minute")
        >>> [(entry.label, entry.note) for entry in page.legends[0].entries]
        [('900', '1'), ('over 900 to 1,900', '1'), ('no value', '1')]
        >>> page.save("hydrants.html").name
        'hydrants.html'
        """
        made = own_layer(
            gdf, name=name, column=column, legend=legend, classes=classes, count=count, colour=colour, popup=popup,
            show=show,
        )  # fmt: skip
        self.add_own(made.make(), name)
        self.legends.append(made.legend)
        return self

    def add_own(self, layer: PackedLayer, name: str) -> None:
        """Add a layer of a planner's own under a heading of its own; its legend stands elsewhere."""
        self.check_name(name)
        layer.add_to(self)
        self.groups.setdefault(name, GROUP)

    def check_name(self, name: str) -> None:
        """Refuse a name that a layer has already."""
        if any(getattr(c, "layer_name", None) == escape(name) for c in self._children.values()):
            raise InputError(f"there is a layer {quoted(name)} on this map already: give this one another name")

    def to_html(self) -> str:
        """Write the whole page as text. The same inputs give the same text."""
        drawing = draw(self, self.placing())
        body = (
            f"{header_html(self.title, subtitle=self.subtitle, footer=self.footer)}"
            f"{main_html(pane_html(drawing.markup, legends=[*self.legends, *drawing.legends]))}"
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
