"""Layers as KML 2.2 (OGC 07-147r2), written here: not every build of GDAL has a driver that keeps columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import pandas as pd
import shapely

from fireplan.colours import ACCENT
from fireplan.crs import PLACE_DECIMALS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import geopandas as gpd

MADE = '<?xml version="1.0" encoding="UTF-8"?>\n<!-- fireplan: write_tables -->\n'
"""How every file begins, so that one of ours is known again."""

NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LINE_OPACITY, FILL_OPACITY = "ff", "59"
NAMES = ("name", "Name", "title", "id", "station_id")
"""Columns that name a place, the first of which there is."""


def write_kml(layers: Mapping[str, gpd.GeoDataFrame], notes: Mapping[str, str], file: Path) -> None:
    """
    Write layers as folders of a KML file, their columns as typed data of each place.

    Parameters
    ----------
    layers
        By name, in WGS 84, their texts safe.
    notes
        What is said of each, by name.
    file
        Where to.
    """
    with file.open("w", encoding="utf-8", newline="\n") as out:
        out.write(f'{MADE}<kml xmlns="http://www.opengis.net/kml/2.2">\n<Document>\n')
        out.write(f"<name>{_xml(file.stem)}</name>\n{_style()}\n")
        for at, layer in enumerate(layers.values()):
            out.write(_schema(at, layer))
        for at, (name, layer) in enumerate(layers.items()):
            said = f"<description>{_xml(notes[name])}</description>\n" if notes.get(name) else ""
            out.write(f"<Folder>\n<name>{_xml(name)}</name>\n{said}")
            out.writelines(_places(at, layer))
            out.write("</Folder>\n")
        out.write("</Document>\n</kml>\n")


def _style() -> str:
    """Ask for areas that let the ground be seen; colours stand as opacity, blue, green, red."""
    red, green, blue = ACCENT[1:3], ACCENT[3:5], ACCENT[5:7]
    return (
        f'<Style id="place"><LineStyle><color>{LINE_OPACITY}{blue}{green}{red}</color><width>2</width></LineStyle>'
        f"<PolyStyle><color>{FILL_OPACITY}{blue}{green}{red}</color></PolyStyle></Style>"
    )


def _schema(at: int, layer: gpd.GeoDataFrame) -> str:
    fields = "".join(
        f"<SimpleField type={quoteattr(_type(layer[column]))} name={quoteattr(_xml(column, escaped=False))}/>\n"
        for column in _columns(layer)
    )
    return f'<Schema name="columns_{at + 1}" id="columns_{at + 1}">\n{fields}</Schema>\n'


def _places(at: int, layer: gpd.GeoDataFrame) -> Iterator[str]:
    columns = _columns(layer)
    titled = next((column for column in NAMES if column in columns), columns[0])
    cells = {column: [_cell(value) for value in layer[column].tolist()] for column in columns}
    for row, shape in enumerate(shapely.orient_polygons(layer.geometry.to_numpy())):
        data = "".join(
            f"<SimpleData name={quoteattr(_xml(column, escaped=False))}>{values[row]}</SimpleData>"
            for column, values in cells.items()
            if values[row] is not None
        )
        yield (
            f"<Placemark><name>{cells[titled][row] or ''}</name><styleUrl>#place</styleUrl>"
            f'<ExtendedData><SchemaData schemaUrl="#columns_{at + 1}">{data}</SchemaData></ExtendedData>'
            f"{_geometry(shape)}</Placemark>\n"
        )


def _geometry(shape: Any) -> str:  # noqa: ANN401 - a shape, or None
    """Write a shape; of none, or an empty one, nothing."""
    if shape is None or shape.is_empty:
        return ""
    kind = shape.geom_type
    if kind == "Point":
        return f"<Point>{_line(shape)}</Point>"
    if kind in {"LineString", "LinearRing"}:
        return f"<LineString>{_line(shape)}</LineString>"
    if kind == "Polygon":
        inner = "".join(f"<innerBoundaryIs>{_ring(ring)}</innerBoundaryIs>" for ring in shape.interiors)
        return f"<Polygon><outerBoundaryIs>{_ring(shape.exterior)}</outerBoundaryIs>{inner}</Polygon>"
    return f"<MultiGeometry>{''.join(map(_geometry, shape.geoms))}</MultiGeometry>"


def _ring(ring: Any) -> str:  # noqa: ANN401 - a ring
    return f"<LinearRing>{_line(ring)}</LinearRing>"


def _line(shape: Any) -> str:  # noqa: ANN401 - a point or line
    places = shapely.get_coordinates(shape).round(PLACE_DECIMALS).tolist()
    return f"<coordinates>{' '.join(f'{x},{y}' for x, y in places)}</coordinates>"


def _columns(layer: gpd.GeoDataFrame) -> list[str]:
    return [column for column in layer.columns if column != "geometry"]


def _type(values: pd.Series[Any]) -> str:
    if pd.api.types.is_bool_dtype(values):
        return "bool"
    if pd.api.types.is_integer_dtype(values):
        return "int" if values.between(-(2**31), 2**31 - 1).all() else "double"
    return "double" if pd.api.types.is_float_dtype(values) else "string"


def _cell(value: object) -> str | None:
    """Write one value; None: there is none."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    return _xml(value)


def _xml(value: object, *, escaped: bool = True) -> str:
    """Write text that XML can hold."""
    text = NOT_IN_XML.sub("\ufffd", str(value))
    return escape(text) if escaped else text
