"""Online tile layers, for whoever asks for one by name."""

from __future__ import annotations

from dataclasses import dataclass

import folium

MAX_ZOOM = 19


@dataclass(frozen=True, kw_only=True)
class Basemap:
    """
    A tile layer from the network, asked for by name.

    Parameters
    ----------
    name
        What the layer control calls it.
    host
        The one host the page may then load images from.
    path
        The address of a tile on that host.
    credit
        The credit its licence asks for, as HTML.
    """

    name: str
    host: str
    path: str
    credit: str


BASEMAPS = {
    "osm": Basemap(
        name="OpenStreetMap",
        host="tile.openstreetmap.org",
        path="/{z}/{x}/{y}.png",
        credit='&copy; <a href="https://www.openstreetmap.org/copyright">OpenStreetMap</a> contributors',
    ),
}


class Tiles(folium.TileLayer):
    """The tiles of a known basemap, as a layer that can be switched off."""

    def __init__(self, basemap: Basemap) -> None:
        super().__init__(
            tiles=f"https://{basemap.host}{basemap.path}",
            attr=basemap.credit,
            name=basemap.name,
            overlay=True,
            max_zoom=MAX_ZOOM,
        )
        self.host = basemap.host
