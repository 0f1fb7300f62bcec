"""
Layers over tables: areas, streets, stations and points.

Every text of a table passes `escape` here, once; coordinates are packed, and drawn by the page's own script on a
canvas. The layers stand on an `OfflineMap`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from fireplan._html_escape import escape
from fireplan._page_kit import coordinate_codec
from fireplan._page_kit.generalisation import merged_lines, simplified
from fireplan._page_kit.style import AREA_OPACITY, ROADS, check_colours, road_rank
from fireplan.colours import ACCENT
from fireplan.errors import InputError, listed, quoted
from fireplan.maps._layers.layer_rows import cell_text, column_of, drawable, extent_deg, fills_of, words
from fireplan.maps._layers.legend import STATION_SIGNS
from fireplan.maps._layers.packed_layer import PackedLayer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

MANY_CORNERS = 100_000
"""A layer of areas with more corners than this is thinned out."""

USUAL_TOLERANCE_M = 10.0


def polygons(
    gdf: gpd.GeoDataFrame,
    *,
    name: str,
    fill: str | None,
    popup: Sequence[tuple[str, str]] = (),
    tooltip: str | None = None,
    show: bool = True,
    outline: str | None = None,
    simplify_m: float | None = None,
) -> PackedLayer:
    """
    Areas filled with a colour each.

    All areas of a map lie in one sheet that the streets shine through. Within it the later layer covers the earlier, so
    that colours stay those of the legend. Folium's own shapes lie above and take the pointer.

    Parameters
    ----------
    gdf
        Polygons and multipolygons in EPSG:4326. Rows without a geometry are not drawn.
    name
        What the layer control calls the layer.
    fill
        A colour ``#rrggbb`` for all, or the column that holds one for each row; None leaves the areas empty.
    popup
        Label and column of each line of the card that a click opens. An empty label makes the heading of the card.
    tooltip
        The column shown while the pointer is on an area.
    show
        Whether the layer is on when the page opens.
    outline
        A colour ``#rrggbb`` for the outlines; without it, areas of one colour flow together.
    simplify_m
        Thin the outlines out to this tolerance, see `fireplan._page_kit.generalisation`; 0: never; left out: to
        10 m where the layer has more than 100,000 corners, so that a page stays small. [m]

    Raises
    ------
    InputError
        If the table is not in EPSG:4326, holds something else than areas, lacks a column, or a colour is none.
    """
    table = drawable(gdf, name=name, kinds=(shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    colours = [] if fill is None else fills_of(table, fill, name=name)
    palette = list(dict.fromkeys(colours))
    if outline is not None:
        check_colours([outline], where=name)
    outlines = table.geometry.to_numpy()
    if simplify_m is None:
        simplify_m = USUAL_TOLERANCE_M if shapely.get_num_coordinates(outlines).sum() > MANY_CORNERS else 0.0
    areas = shapely.set_precision(
        simplified(outlines, tolerance_m=simplify_m), 1 / coordinate_codec.GRID, mode="pointwise"
    )
    structure, points = coordinate_codec.pack_polygons(areas)
    data = {
        "rows": len(table),
        "structure": structure,
        "points": points,
        "palette": palette,
        "fills": [palette.index(c) for c in colours],
        "opacity": AREA_OPACITY,
        "outline": outline,
        "weight": 1.5 if outline else 0.6,
        **words(table, name=name, popup=popup, tooltip=tooltip),
    }
    return PackedLayer("polygons", name=name, data=data, bounds=extent_deg(table), show=show, control=True)


def lines(
    gdf: gpd.GeoDataFrame,
    *,
    name: str = "Streets",
    highway: str | None = "highway",
    tolerance_m: float = 4.0,
    above: bool = False,
    show: bool = True,
    control: bool = True,
) -> PackedLayer:
    """
    Streets in grey, to find one's way by: main roads widest, local streets thinnest.

    Streets of one class are joined and thinned out; the two directions of a street are drawn once. They do not answer
    the pointer.

    Parameters
    ----------
    gdf
        Lines in EPSG:4326, such as the edges of a road network.
    name
        What the layer control calls the layer.
    highway
        The column with the OSM class of each street; None draws all as local streets.
    tolerance_m
        How far a drawn street may leave its true course. [m]
    above
        Draw over the areas instead of under them.
    show
        Whether the layer is on when the page opens.
    control
        Whether the layer control lists it.
    """
    kinds = (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING)
    table = drawable(gdf, name=name, kinds=kinds)
    rank = np.full(len(table), 2)
    if highway is not None:
        rank = np.array([road_rank(value) for value in column_of(table, highway, name=name)], dtype=int)
    drawn = []
    for i, (colour, weight) in reversed(list(enumerate(ROADS))):
        merged = merged_lines(table.geometry.to_numpy()[rank == i], tolerance_m=tolerance_m)
        if len(merged):
            structure, points = coordinate_codec.pack_lines(merged)
            drawn.append({"colour": colour, "weight": weight, "structure": structure, "points": points})
    data = {"kinds": drawn, "above": above}
    return PackedLayer("lines", name=name, data=data, bounds=extent_deg(table), show=show, control=control)


def station_markers(
    gdf: gpd.GeoDataFrame,
    *,
    name: str = "Stations",
    label: str,
    status: str | None = None,
    popup: Sequence[tuple[str, str]] = (),
    tooltip: str | None = None,
    labelled: bool = True,
    show: bool = True,
) -> PackedLayer:
    """
    Stations, each with a sign for what becomes of it.

    Parameters
    ----------
    gdf
        Points in EPSG:4326.
    name
        What the layer control calls the layer.
    label
        The column with the short name set beside each sign.
    status
        The column that holds ``existing``, ``opened`` or ``closed``; None makes all of them existing stations.
    popup
        Label and column of each line of the card that a click opens. An empty label makes the heading of the card.
    tooltip
        The column shown while the pointer is on a station.
    labelled
        Show the labels on the map; else they are only read aloud and shown by the pointer.
    show
        Whether the layer is on when the page opens.
    """
    table = drawable(gdf, name=name, kinds=(shapely.GeometryType.POINT,))
    statuses = ["existing"] * len(table)
    if status is not None:
        statuses = [str(value) for value in column_of(table, status, name=name)]
        strange = sorted(set(statuses) - set(STATION_SIGNS))
        if strange:
            raise InputError(f"{name}: {listed(map(quoted, strange))} is no status: use {listed(STATION_SIGNS)}")
    data = {
        "rows": len(table),
        "points": coordinate_codec.pack_coordinates(shapely.get_coordinates(table.geometry.to_numpy())),
        "names": [escape(cell_text(value)) for value in column_of(table, label, name=name)],
        "statuses": statuses,
        "signs": STATION_SIGNS,
        "labelled": labelled,
        **words(table, name=name, popup=popup, tooltip=tooltip),
    }
    return PackedLayer("stations", name=name, data=data, bounds=extent_deg(table), show=show, control=True)


def points(
    gdf: gpd.GeoDataFrame,
    *,
    name: str,
    fill: str = ACCENT,
    radius_px: float = 2.5,
    opacity: float = 0.5,
    show: bool = True,
) -> PackedLayer:
    """
    Many points as dots, such as incidents. Where they overlap they darken.

    They carry no text and do not answer the pointer, and their order on the page says nothing of their order in the
    table.

    Parameters
    ----------
    gdf
        Points in EPSG:4326.
    name
        What the layer control calls the layer.
    fill
        A colour ``#rrggbb`` for all, or the column that holds one for each row.
    radius_px
        Of a dot. [px]
    opacity
        Of one dot, 0 to 1.
    show
        Whether the layer is on when the page opens.
    """
    table = drawable(gdf, name=name, kinds=(shapely.GeometryType.POINT,))
    colours = np.asarray(fills_of(table, fill, name=name), dtype=object)
    xy = np.round(shapely.get_coordinates(table.geometry.to_numpy()), 5)
    drawn = []
    for colour in sorted(set(colours)):
        own = xy[colours == colour]
        own = own[np.lexsort((own[:, 0], own[:, 1]))]
        drawn.append({"colour": colour, "points": coordinate_codec.pack_coordinates(own)})
    data = {"kinds": drawn, "radius": radius_px, "opacity": opacity}
    return PackedLayer("dots", name=name, data=data, bounds=extent_deg(table), show=show, control=True)
