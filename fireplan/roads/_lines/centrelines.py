"""Roads from street centrelines, as counties and the census keep them, and from the GeoPackages that OSMnx writes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._checked import takes
from fireplan._geofiles import is_database, name_columns, read_office_table, read_vector, with_layer
from fireplan._geofiles.out_of_service import out_of_service
from fireplan._geofiles.vector_files import layer_names
from fireplan.crs import WGS84, known_crs, metric_crs
from fireplan.errors import Faults, NetworkError, listed, quoted
from fireplan.roads._graphs.frames import from_frames
from fireplan.roads._graphs.osmnx_graphs import LISTS, as_list
from fireplan.roads._lines.line_codes import (
    BACKWARD,
    BOTH,
    CLOSED,
    FORWARD,
    classes_of,
    directions_of,
    flags_of,
    speeds_of,
)
from fireplan.roads._lines.line_joints import Pieces, cut_at_joints

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan._geofiles import OfficeTable
    from fireplan.roads._network import RoadNetwork
    from fireplan.roads._rules.vehicles import Vehicle

WHOLE = 0.98
"""Share of the nodes that the largest part of a network holds, under which it is said to be in pieces."""


@takes
def from_lines(  # noqa: PLR0913 - a column, or a table of codes, each
    path: str | Path | pd.DataFrame,
    *,
    layer: str | None = None,
    speed: str | None = None,
    speed_unit: str | None = None,
    oneway: str | None = None,
    name: str | None = None,
    road_class: str | None = None,
    from_level: str | None = None,
    to_level: str | None = None,
    ref: str | None = None,
    bridge: str | None = None,
    tunnel: str | None = None,
    classes: Mapping[str, str] | None = None,
    oneway_codes: Mapping[str, str] | None = None,
    join_crossings: bool | None = None,
    crs: str | None = None,
    vehicle: Vehicle | str = "engine",
    source: str | None = None,
) -> RoadNetwork:
    """
    Read street centrelines.

    Parameters
    ----------
    path
        GeoPackage, shapefile (also packed as .zip), file geodatabase, GeoJSON, GeoParquet or FlatGeobuf of lines; a
        GeoDataFrame; or a table of PostGIS, such as "postgresql://host/county#gis.roads". A GeoPackage of OSMnx, with
        its nodes and edges, is known by its layers.
    layer
        Name of the layer in a file of several; "county.gpkg#roads" says the same.
    speed, speed_unit
        Column of the posted speed, and its unit: "mph" or "km/h". The unit may be left out where the column's name
        says it (`SPEED_MPH`) or each value does ("35 mph").
    oneway, name, road_class
        Columns of the one-way code, the street's name and its class; left out: known by the names that the census
        (TIGER/Line), NENA and offices give them, see docs/data_formats.md.
    from_level, to_level
        Columns of the level at both ends: ends of different levels are not joined, so that overpasses pass over.
    ref
        Column of the number of the road, such as "SR 12".
    bridge, tunnel
        Columns that say which lines are bridges and tunnels: Y and N, T and F, 1 and 0, or what kind of bridge.
    classes
        Class of OpenStreetMap by the layer's own code of class, such as {"7": "residential"}; "": not driven. Codes of
        TIGER/Line (MTFCC), FCC and NENA are known, and common names.
    oneway_codes
        Direction by the layer's own one-way code: "both", "forward" (as drawn), "backward" or "closed".
    join_crossings
        Whether lines join where they cross and neither ends. Left out, they do not, for an overpass is no junction; and
        a layer in which more lines cross than there are streets is refused, for its lines are not cut at junctions.
    crs
        CRS of the layer where it does not say, such as "EPSG:2227".
    vehicle
        Who drives, kept with the network; centrelines say nothing of what it may use.
    source
        What to name in footers; left out: the file's name.

    Returns
    -------
    Streets between nodes: lines are cut where another ends on them. Lines of several parts, without a place or a
    length, drawn twice, not driven, or crossing without a joint are counted in `notes`.

    Raises
    ------
    TableError
        With every fault: columns that are not there, a speed without a unit, one-way codes that are not known.
    NetworkError
        If no line is left to drive on, or lines are not cut at junctions.

    Notes
    -----
    A posted speed is driven where there is one, else that of the class, as in `from_osm`.
    """
    if isinstance(path, pd.DataFrame):
        label = source or "street centrelines"
    else:
        held, named = with_layer(path, layer)
        label = source or (str(named) if is_database(held) else Path(str(held)).name)
        if layer is None and _is_osmnx(path):
            return _from_osmnx(path, vehicle=vehicle, source=label)
    table = read_office_table(path, what="road file", table="roads", layer=layer)
    given = {"speed": speed, "oneway": oneway, "name": name, "class": road_class,
             "from_level": from_level, "to_level": to_level, "ref": ref, "bridge": bridge,
             "tunnel": tunnel}  # fmt: skip
    faults = Faults(table.name)
    found, notes = name_columns(
        table.rows.columns, "roads", texts=table.texts, faults=faults,
        given={column: said for column, said in given.items() if said is not None},
    )  # fmt: skip
    if table.shapes is None:
        faults.add("the table has no lines: give a layer of streets")
    elif table.shapes.crs is None and crs is None:
        faults.add("crs is missing: save the layer with one, or name it with crs=")
    faults.raise_if_any()
    texts = {column: table.texts(at) for column, at in found.items()}
    n = len(table.rows)
    notes = [*table.notes, *notes]
    for column, places, word in out_of_service(table, {*found, *found.values()}):
        notes.append(
            f"by column {quoted(column)} ({quoted(word)}), which is not used, not in service:"
            f" {wording.counted(len(places), 'line')}; driven like the others: leave them out of the layer"
        )
    highway = classes_of(texts.get("class"), n, classes or {}, faults, notes)
    direction = directions_of(texts.get("oneway"), n, oneway_codes or {}, faults, notes)
    kph = speeds_of(texts.get("speed"), found.get("speed", ""), speed_unit, faults, notes)
    faults.raise_if_any()
    known = _known(texts, found, notes)
    lines = _lines(table, crs, label, drop=highway == "", direction=direction, notes=notes)
    levels = _levels(texts)
    ends = [found[c] for c in ("from_level", "to_level") if c in found]
    if len(ends) == 1:
        notes.append(
            f"levels are known at one end alone ({quoted(ends[0])}), and do not count: name from_level and to_level"
        )
    pieces = cut_at_joints(
        lines.shapes, None if levels is None else levels[lines.row], join_crossings=bool(join_crossings)
    )
    if join_crossings is None and pieces.crossings > len(pieces.line):
        raise NetworkError(
            f"{label}: lines cross {wording.count(pieces.crossings)} times without a joint, and there are"
            f" {wording.counted(len(pieces.line), 'street')}: they are not cut at junctions; say join_crossings=True to"
            " join them, overpasses too, or False to leave them"
        )
    if pieces.crossings:
        notes.append(
            f"{wording.counted(pieces.crossings, 'crossing')} of lines that share no end are not joined: overpasses, or"
            " lines that were not cut there; join_crossings=True joins them all"
        )
    lines = lines._replace(vehicle=vehicle)
    network = _network(pieces, lines, highway, direction, kph, known, label, tuple(notes))
    return _with_parts(network)


class _Lines(NamedTuple):
    """Lines that are driven, in metres, the row of the table each is of, and who drives."""

    shapes: NDArray[np.object_]
    row: NDArray[np.int64]
    crs: object
    vehicle: Vehicle | str = "engine"


def _lines(
    table: OfficeTable,
    crs: str | None,
    label: str,
    *,
    drop: NDArray[np.bool_],
    direction: NDArray[np.str_],
    notes: list[str],
) -> _Lines:
    """The lines that are left when what cannot be driven is taken out, each kind counted."""
    given: gpd.GeoSeries = table.shapes
    shapes = (given.set_crs(known_crs(crs, what=label)) if given.crs is None else given).force_2d()
    lost = (shapes.isna() | shapes.is_empty).to_numpy()
    kinds = shapes.geom_type.where(~lost)
    other = kinds.notna() & ~kinds.isin(["LineString", "MultiLineString", "LinearRing"])
    if other.any():
        raise NetworkError(f"{label} holds {listed(sorted(set(kinds[other])))}, not lines: give the layer of streets")
    shut = ~drop & (direction == CLOSED)
    for which, why in ((drop, "of a class that no engine drives"), (shut, "closed in both directions")):
        if which.any():
            notes.append(f"{wording.counted(which.sum(), 'line')} {why} left out")
    drop = drop | shut
    if lost.any():
        notes.append(f"{wording.counted(lost.sum(), 'line')} without a geometry left out")
    kept = np.flatnonzero(~lost & ~drop)
    if not len(kept):
        raise NetworkError(f"{label} holds no line to drive on: check its classes and one-way codes")
    middle = shapes.iloc[kept].to_crs(WGS84).representative_point()
    metric = metric_crs(middle.x.to_numpy(), middle.y.to_numpy())
    flat = shapes.iloc[kept].to_crs(metric).to_numpy()
    long = shapely.length(flat) > 0
    if (~long).any():
        notes.append(f"{wording.counted((~long).sum(), 'line')} without a length left out")
    kept = kept[long]
    if not len(kept):
        raise NetworkError(f"{label} holds no line to drive on: none has a length")
    merged = shapely.line_merge(flat[long])
    several = shapely.get_num_geometries(merged) > 1
    if several.any():
        notes.append(f"{wording.counted(several.sum(), 'line')} of several parts: each part is a street")
    parts, of = shapely.get_parts(merged, return_index=True)
    row = kept[of]
    two_way = direction[row] == BOTH
    courses = np.where(two_way, shapely.normalize(parts), parts)
    twice = int(pd.DataFrame({"course": shapely.to_wkb(courses), "way": direction[row]}).duplicated().sum())
    if twice:  # which are told from each other, and paired, where streets are made of edges
        notes.append(f"{wording.counted(twice, 'line')} drawn twice: the faster counts")
    return _Lines(np.asarray(parts, dtype=object), row, metric)


def _known(texts: Mapping[str, list[str]], found: Mapping[str, str], notes: list[str]) -> dict[str, NDArray[Any]]:
    """What a layer says of its lines besides how they are driven: names, numbers, bridges and tunnels."""
    known: dict[str, NDArray[Any]] = {c: np.array(texts[c], dtype=object) for c in ("name", "ref") if c in texts}
    for column in [c for c in ("bridge", "tunnel") if c in texts]:
        known[column] = np.where(flags_of(texts[column], found[column], notes), "yes", "")
    return known


def _levels(texts: Mapping[str, list[str]]) -> NDArray[np.object_] | None:
    """Level of both ends of every line, as text; nothing is the ground."""
    if not {"from_level", "to_level"} <= set(texts):
        return None
    both = [[t.removesuffix(".0") or "0" for t in texts[c]] for c in ("from_level", "to_level")]
    return np.array(both, dtype=object).T


def _network(
    pieces: Pieces,
    lines: _Lines,
    highway: NDArray[np.str_],
    direction: NDArray[np.str_],
    kph: NDArray[np.float64] | None,
    known: Mapping[str, NDArray[Any]],
    source: str,
    notes: tuple[str, ...],
) -> RoadNetwork:
    """Make the network; `known` are names, numbers, bridges and tunnels of the lines, as far as they have any."""
    row = lines.row[pieces.line]
    edges = pd.DataFrame(
        {
            "u": pieces.first,
            "v": pieces.last,
            "geometry": pieces.shapes,
            "highway": highway[row],
            **{column: values[row] for column, values in known.items()},
        }
    )
    if kph is not None:
        edges["speed_kph"] = kph[row]
    back = edges.assign(u=edges["v"], v=edges["u"], geometry=shapely.reverse(pieces.shapes))
    way = direction[row]
    both = pd.concat([edges[np.isin(way, [BOTH, FORWARD])], back[np.isin(way, [BOTH, BACKWARD])]], ignore_index=True)
    used = np.unique(both[["u", "v"]].to_numpy())
    nodes = pd.DataFrame(pieces.node_xy_m[used], columns=["x", "y"], index=used)
    return from_frames(nodes, both, crs=lines.crs, vehicle=lines.vehicle, source=source, notes=notes)


def _with_parts(network: RoadNetwork) -> RoadNetwork:
    """Say of a network in pieces how many there are."""
    parts = network.components
    if parts["share_of_nodes"].iloc[0] >= WHOLE:
        return network
    share = wording.share(parts["share_of_nodes"].iloc[0])
    told = (
        f"the network is in {wording.counted(len(parts), 'part')} between which no engine can drive both ways: the"
        f" largest holds {share} of the nodes; see roads.components"
    )
    return network.with_times(there_s=network.there_s, back_s=network.back_s, note=told)


def _is_osmnx(path: str | Path) -> bool:
    """Whether a file holds the two layers that OSMnx writes."""
    file = Path(path)
    return (
        file.suffix.lower() == ".gpkg"
        and file.is_file()
        and {"nodes", "edges"} <= set(layer_names(file, what="road file"))
    )


def _from_osmnx(path: str | Path, *, vehicle: Vehicle | str, source: str) -> RoadNetwork:
    """Read nodes and edges of OSMnx; it writes an edge that is driven both ways once, unless it is told otherwise."""
    nodes = read_vector(path, what="road file", layer="nodes")
    edges = pd.DataFrame(read_vector(path, what="road file", layer="edges"))
    ids = next((c for c in ("osmid", "fid") if c in nodes.columns), None)
    if ids is None or not {"u", "v"} <= set(edges.columns):
        raise NetworkError(f"{source} has layers of nodes and edges, but not those of OSMnx: name one with layer=")
    nodes = nodes.set_index(ids)
    nodes = nodes.assign(x=nodes.geometry.x, y=nodes.geometry.y)
    for column in LISTS & set(edges.columns):
        edges[column] = edges[column].map(as_list)
    if {"from", "to"} <= set(edges.columns):  # undirected: u and v may stand the other way round
        edges = edges.assign(u=edges["from"], v=edges["to"])
    pairs = set(zip(edges["u"], edges["v"], strict=True))
    oneway = edges["oneway"].astype(str).str.casefold().isin(["true", "1", "yes"]) if "oneway" in edges else False
    alone = np.array([(v, u) not in pairs for u, v in zip(edges["u"], edges["v"], strict=True)], dtype=bool) & ~oneway
    turned = edges[alone]
    turned = turned.assign(u=turned["v"], v=turned["u"], geometry=shapely.reverse(turned["geometry"].to_numpy(object)))
    every = pd.concat([edges, turned], ignore_index=True)
    return from_frames(nodes, every, crs=nodes.crs, vehicle=vehicle, source=source)
