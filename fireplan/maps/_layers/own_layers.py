"""A planner's own table as a layer with its legend, whatever its geometry and CRS."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._page_kit import coordinate_codec
from fireplan.colours import INK
from fireplan.crs import WGS84, reproject
from fireplan.errors import InputError, UnknownIdError, quoted
from fireplan.maps._layers.layer_rows import drawable, extent_deg, words
from fireplan.maps._layers.legend import Entry, Legend
from fireplan.maps._layers.packed_layer import PackedLayer
from fireplan.maps._layers.value_classes import Classing, ValueClasses, classed, one_colour
from fireplan.maps._layers.vector_layers import polygons

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd

    from fireplan.maps._layers.legend import Sign

GROUP = "Own layers"
OPACITY = 0.55
"""Of areas with a colour: the map below is still seen."""

FILL = "__fill"
POINT_RADIUS_PX = 5.0
LINE_WIDTH_PX = 3.0
MOST_CARDS = 5_000
"""More points or lines than this carry no cards: each of them would be an element of the page."""
KINDS: dict[str, tuple[shapely.GeometryType, shapely.GeometryType]] = {
    "point": (shapely.GeometryType.POINT, shapely.GeometryType.MULTIPOINT),
    "line": (shapely.GeometryType.LINESTRING, shapely.GeometryType.MULTILINESTRING),
    "area": (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON),
}
SIGNS: dict[str, Sign] = {"point": "dot", "line": "line", "area": "area"}


class OwnLayer(NamedTuple):
    """A layer, to be made once for each map it stands on, and its legend."""

    make: Callable[[], PackedLayer]
    legend: Legend


def own_layer(  # noqa: PLR0913 - what a layer can be asked for, each by name
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
) -> OwnLayer:
    """
    Make a layer and its legend from any table with points, lines or areas.

    The arguments are those of `OfflineMap.add_layer`.

    Raises
    ------
    InputError, UnknownIdError
        As said there.
    """
    if not name.strip():
        raise InputError("a layer needs a name, by which the list of layers and the legend call it")
    if colour is not None and column is not None:
        raise InputError(f"{name}: it is coloured by {quoted(column)} or in one colour, not both")
    table = _in_degrees(gdf, name=name)
    wanted = [*([] if column is None else [column]), *(() if popup is None else popup)]
    for unknown in [c for c in wanted if c not in _columns(table)]:
        raise UnknownIdError(f"column of the layer {quoted(name)}", unknown, _columns(table))
    kind = _kind(table, name=name)
    drawn = drawable(table, name=name, kinds=KINDS[kind])
    without = len(table) - len(drawn)
    if not len(drawn):
        raise InputError(f"{name}: none of its {wording.counted(len(table), 'row')} has a place: nothing can be drawn")
    found = None if column is None else classed(drawn[column], classes=classes, count=count, name=name)
    plain = one_colour(colour, name=name)
    fills = np.full(len(drawn), plain, dtype=object) if found is None else found.colours
    lines, tooltip = [(str(c), c) for c in (_columns(table) if popup is None else popup)], column
    crowded = kind != "area" and int(shapely.get_num_geometries(drawn.geometry.to_numpy()).sum()) > MOST_CARDS
    if crowded:
        lines, tooltip = [], None

    def make() -> PackedLayer:
        if kind != "area":
            return _marks(drawn, kind=kind, name=name, fills=fills, popup=lines, tooltip=tooltip, show=show)
        filled = drawn.assign(**{FILL: fills})
        outlined = {"fill": None, "outline": plain} if found is None else {"fill": FILL, "outline": None}
        areas = polygons(filled, name=name, popup=lines, tooltip=tooltip, show=show, **outlined)  # type: ignore[arg-type]
        areas.data["opacity"] = OPACITY
        return areas

    notes = [f"{wording.counted(without, 'row')} without a place: not drawn."] if without else []
    notes += [f"More than {wording.count(MOST_CARDS)}: without cards."] if crowded else []
    return OwnLayer(
        make,
        Legend(
            title=legend or (name if column is None else f"{name}: {column}"),
            entries=_entries(found, name=name, colour=plain, kind=kind),
            n=wording.counted(len(drawn), kind),
            held_to="" if found is None else found.method,
            note=" ".join(notes),
        ),
    )


def _entries(found: ValueClasses | None, *, name: str, colour: str, kind: str) -> tuple[Entry, ...]:
    """Say what the colours of a layer mean, with the number of rows of each."""
    if found is None:
        return (Entry(label=name, colour=colour, sign="line" if kind == "area" else SIGNS[kind]),)
    return tuple(
        Entry(label=label, colour=tint, sign=SIGNS[kind], note=wording.count(rows))
        for label, tint, rows in found.classes
    )


def _in_degrees(gdf: gpd.GeoDataFrame, *, name: str) -> gpd.GeoDataFrame:
    """Bring a table to WGS 84, its named index as columns."""
    if getattr(gdf, "_geometry_column_name", None) not in gdf.columns:
        raise InputError(f"{name}: the table has no geometry: use .set_geometry()")
    if gdf.crs is None:
        raise InputError(
            f"{name}: the table does not say its CRS, so where it lies is not known: name the one it was made in, such "
            'as .set_crs("EPSG:4326") for longitude and latitude'
        )
    twice = gdf.columns[gdf.columns.duplicated()]
    if len(twice):
        raise InputError(f"{name}: column {quoted(twice[0])} stands twice in the table: give each its own name")
    named = gdf.index.names != [None] and not set(gdf.index.names) & {None, *gdf.columns}
    return reproject(gdf.reset_index() if named else gdf, WGS84)


def _columns(table: gpd.GeoDataFrame) -> list[str]:
    """Columns that can be read: all but outlines and places."""
    return [c for c in table.columns if str(table[c].dtype) != "geometry"]


def _kind(table: gpd.GeoDataFrame, *, name: str) -> str:
    """Say what a table holds: points, lines or areas, and not several of them."""
    shapes = table.geometry.to_numpy()
    ids = set(shapely.get_type_id(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]).tolist())
    kinds = [kind for kind, own in KINDS.items() if ids & set(map(int, own))]
    if len(kinds) > 1:
        raise InputError(f"{name}: the table holds {wording.joined(f'{k}s' for k in kinds)}: add each as its own layer")
    return kinds[0] if kinds else "area"  # of anything else, it is told which rows it is


def _marks(
    table: gpd.GeoDataFrame,
    *,
    kind: str,
    name: str,
    fills: np.ndarray,
    popup: Sequence[tuple[str, str]],
    tooltip: str | None,
    show: bool,
) -> PackedLayer:
    """Draw points as discs and lines as strokes, each with its card."""
    parts, row = shapely.get_parts(table.geometry.to_numpy(), return_index=True)
    palette = sorted(set(fills.tolist()))
    structure, points = coordinate_codec.pack_lines(parts) if kind == "line" else ("", "")
    if kind == "point":
        points = coordinate_codec.pack_coordinates(shapely.get_coordinates(parts))
    data = {
        "shape": kind,
        "row": row.tolist(),
        "structure": structure,
        "points": points,
        "palette": palette,
        "fills": [palette.index(c) for c in fills],
        "edge": INK,
        "size": POINT_RADIUS_PX if kind == "point" else LINE_WIDTH_PX,
        **words(pd.DataFrame(table), name=name, popup=popup, tooltip=tooltip),
    }
    return PackedLayer("marks", name=name, data=data, bounds=extent_deg(table), show=show, control=True)
