"""Writing the files, byte for byte the same each time."""

from __future__ import annotations

import gzip
import io
import json
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import numpy as np
import shapely

from .demand import local

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from shapely.geometry import Polygon

    from .dispatch import Row
    from .geography import LocalPlane
    from .network import Network
    from .stations import Station
    from .zones import Zones

FIRST_NODE, FIRST_WAY = 1_000_001, 2_000_001
CAD_HEADER = (
    "incident_id,unit_id,call_type,priority,latitude,longitude,received,dispatched,enroute,arrived,cleared,"
    "address,narrative"
)


def write_gzip(path: Path, text: str) -> None:
    """Write text compressed, with neither time nor file name in the header."""
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=9, mtime=0) as file:
        file.write(text.encode("utf-8"))
    path.write_bytes(packed.getvalue())


def write_text(path: Path, text: str) -> None:
    """Write text with plain line ends on every system."""
    path.write_bytes(text.encode("utf-8"))


def _tags(tags: dict[str, str]) -> str:
    """Return tags as XML, in order of their keys."""
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(tags[key])}/>" for key in sorted(tags))


def osm_text(net: Network, plane: LocalPlane) -> str:
    """Return the network as OSM XML 0.6; nodes are numbered in the order in which the ways use them."""
    order: dict[int, int] = {}
    for way in net.ways:
        for node in way.nodes:
            order.setdefault(node, FIRST_NODE + len(order))
    degrees = plane.degrees(np.array([net.xy[node] for node in order])).round(6)
    low, high = degrees.min(axis=0), degrees.max(axis=0)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<osm version="0.6">',
        f'<bounds minlat="{low[1]:.6f}" minlon="{low[0]:.6f}" maxlat="{high[1]:.6f}" maxlon="{high[0]:.6f}"/>',
    ]
    for (node, number), (lon, lat) in zip(order.items(), degrees, strict=True):
        head = f'<node id="{number}" lat="{lat:.6f}" lon="{lon:.6f}" version="1"'
        tags = _tags(net.node_tags.get(node, {}))
        lines.append(f"{head}>{tags}</node>" if tags else f"{head}/>")
    for k, way in enumerate(net.ways):
        refs = "".join(f'<nd ref="{order[node]}"/>' for node in way.nodes)
        lines.append(f'<way id="{FIRST_WAY + k}" version="1">{refs}{_tags(way.tags)}</way>')
    return "\n".join([*lines, "</osm>", ""])


def degrees_of(shape: Polygon, plane: LocalPlane) -> list[list[list[float]]]:
    """Return the rings of a polygon as longitude and latitude. [degrees]."""
    rings = [shape.exterior, *shape.interiors]
    return [plane.degrees(np.asarray(ring.coords)).round(6).tolist() for ring in rings]


def zones_text(zones: Zones, plane: LocalPlane) -> str:
    """Return the zones as GeoJSON, one to a line."""
    features = []
    for k, shape in enumerate(zones.shapes):
        properties = {
            "zone_id": f"Z{k + 1:04d}",
            "population": int(zones.population[k]),
            "dwellings": int(zones.dwellings[k]),
            "land_use": zones.land_use[k],
            "risk_class": zones.risk_class[k],
            "district": zones.areas[k].name,
        }
        outline = {"type": "Polygon", "coordinates": degrees_of(shapely.orient_polygons(shape), plane)}
        feature = {"type": "Feature", "properties": properties, "geometry": outline}
        features.append(json.dumps(feature, separators=(",", ":")))
    return '{"type":"FeatureCollection","name":"marisol_zones","features":[\n' + ",\n".join(features) + "\n]}\n"


def stations_text(stations: list[Station], plane: LocalPlane) -> str:
    """Return the table of stations."""
    lines = ["station_id,name,latitude,longitude,units"]
    for station in stations:
        lon, lat = plane.degrees(np.array(station.xy))
        lines.append(f"{station.station_id},{station.name},{lat:.6f},{lon:.6f},{';'.join(station.units)}")
    return "\n".join([*lines, ""])


def units_text(rows: list[tuple[str, str, str, int, int]]) -> str:
    """Return the table of units."""
    return "\n".join(["unit_id,type,station_id,crew,turnout_s", *[",".join(map(str, row)) for row in rows], ""])


def incident_numbers(rows: list[Row], zone: ZoneInfo) -> dict[int, str]:
    """Number the incidents of each local year in order of the call, as in 24-000123."""
    numbers: dict[int, str] = {}
    counts: dict[int, int] = {}
    for row in rows:
        if row.incident not in numbers:
            year = local(row.received, zone).year
            counts[year] = counts.get(year, 0) + 1
            numbers[row.incident] = f"{year % 100:02d}-{counts[year]:06d}"
    return numbers


def cad_text(rows: list[Row], zone: ZoneInfo) -> str:
    """Return the history in local time without offset, as a dispatch system prints it."""
    numbers = incident_numbers(rows, zone)
    lines = [CAD_HEADER]
    for row in rows:
        stamps = [
            "" if s is None else local(s, zone).strftime("%Y-%m-%dT%H:%M:%S")
            for s in (row.received, row.dispatched, row.enroute, row.arrived, row.cleared)
        ]
        place = ["", ""] if row.place is None else [f"{row.place[1]:.6f}", f"{row.place[0]:.6f}"]
        fields = [numbers[row.incident], row.unit_id, row.call_type, str(row.priority), *place, *stamps]
        lines.append(",".join([*fields, row.address, row.narrative]))
    return "\n".join([*lines, ""])


def toml_value(value: Any) -> str:  # noqa: ANN401
    """Return a value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    if isinstance(value, int | np.integer):
        return str(int(value))
    return repr(round(float(value), 6))


def toml_tables(tables: dict[str, dict[str, Any]]) -> str:
    """Return tables of plain values as TOML."""
    parts = []
    for name, table in tables.items():
        parts.append(f"\n[{name}]")
        parts += [f"{key} = {toml_value(value)}" for key, value in table.items()]
    return "\n".join([*parts, ""])
