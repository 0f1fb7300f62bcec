"""Roads from an OSMnx graph, and from the GraphML files OSMnx writes."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from fireplan._checked import takes
from fireplan._geofiles import MOST_UNPACKED, refuse_dtd
from fireplan.errors import NetworkError, one_line
from fireplan.roads._graphs.frames import from_frames
from fireplan.roads._graphs.graph_tags import turned_line
from fireplan.roads._rules.access import READ
from fireplan.roads._rules.barriers import NODE_KEYS

if TYPE_CHECKING:
    import networkx as nx

    from fireplan.roads._network import RoadNetwork
    from fireplan.roads._rules.vehicles import Vehicle

PICKLE_STARTS = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
LISTS = READ | {"name", "ref"}
"""Attributes that OSMnx writes as the text of a list where ways of different kinds were merged."""


@takes
def from_graph(
    graph: nx.MultiDiGraph, *, vehicle: Vehicle | str = "engine", source: str = "OSMnx graph"
) -> RoadNetwork:
    """
    Build a network from an OSMnx graph.

    Parameters
    ----------
    graph
        Nodes with `x` and `y` in the graph's `crs`; edges with OSMnx's attributes. `travel_time` [s] and `speed_kph`
        [km/h] count where they stand; `fireplan.roads.from_frames` says what fills in for them.
    vehicle
        Who drives: `Vehicle.preset("truck")`, its name, or a vehicle with figures of your own.
    source
        What to name in footers.

    Raises
    ------
    TableError, NetworkError
        As `from_frames`.
    """
    notes: tuple[str, ...] = ()
    if graph.number_of_nodes() == 0:
        raise NetworkError(f"{source} has no nodes: nothing to drive on")
    places = [d for _, d in graph.nodes(data=True)]
    said = sorted({key for d in places for key in d if key in NODE_KEYS})
    nodes = pd.DataFrame(
        {key: [d.get(key) for d in places] for key in ("x", "y", *said)},
        index=pd.Index(list(graph.nodes), dtype=object),
    )
    rows = [{**data, "u": u, "v": v} for u, v, data in graph.edges(data=True)]
    if not graph.is_directed():
        rows += [{**row, "u": row["v"], "v": row["u"], "geometry": turned_line(row.get("geometry"))} for row in rows]
        notes = ("the graph is not directed: every edge is driven both ways",)
    edges = pd.DataFrame(rows) if rows else pd.DataFrame({"u": [], "v": []}, dtype=object)
    if graph.number_of_nodes() == 1:
        notes = (*notes, "the network is a single node: every time is 0 there and nothing else can be reached")
    return from_frames(nodes, edges, crs=_crs_of(graph), vehicle=vehicle, source=source, notes=notes)


@takes
def from_graphml(path: str | Path, *, vehicle: Vehicle | str = "engine", source: str | None = None) -> RoadNetwork:
    """
    Read a GraphML file, as `osmnx.save_graphml` writes it; `.graphml` or `.graphml.gz`.

    Parameters
    ----------
    path
        The file.
    vehicle
        Who drives: `Vehicle.preset("truck")`, its name, or a vehicle with figures of your own.
    source
        What to name in footers; left out: the file's name.

    Raises
    ------
    NetworkError
        If it is missing, empty, a pickle, declares a DTD, or is not GraphML; and as `from_frames`.
    """
    import networkx as nx  # noqa: PLC0415 - slow to import

    file = Path(path)
    if not file.is_file():
        raise NetworkError(f"{file} does not exist or is a folder")
    if file.suffix.lower() in {".pkl", ".pickle", ".joblib"}:
        raise NetworkError(f"{file.name} is a pickle, which can run code when it is opened: save it as GraphML")
    content = _content(file)
    if not content.strip():
        raise NetworkError(f"{file.name} is empty")
    if content.startswith(PICKLE_STARTS):
        raise NetworkError(f"{file.name} is a pickle, which can run code when it is opened: refused")
    refuse_dtd(io.BytesIO(content), name=file.name)
    try:
        graph = nx.read_graphml(io.BytesIO(content), force_multigraph=True)
    except (SyntaxError, nx.NetworkXException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NetworkError(f"{file.name} cannot be read as GraphML: {one_line(error)}") from error
    for _, _, data in graph.edges(data=True):
        data.update({k: as_list(v) for k, v in data.items() if k in LISTS})
        data.update({k: v == "True" for k, v in data.items() if k == "reversed"})
    return from_graph(graph, vehicle=vehicle, source=source or file.name)


def _crs_of(graph: nx.MultiDiGraph) -> object:
    """CRS of a graph; the first releases of OSMnx wrote it as "{'init': 'epsg:4326'}"."""
    crs = graph.graph.get("crs")
    init = re.fullmatch(r"\{\s*'init'\s*:\s*'([^']+)'.*\}", crs) if isinstance(crs, str) else None
    if isinstance(crs, dict):
        return crs.get("init", crs)
    return crs if init is None else init[1]


def _content(file: Path) -> bytes:
    """Bytes of a file, unpacked unless it swells beyond what a map does."""
    if file.suffix.lower() != ".gz":
        return file.read_bytes()
    most = max(2**20, MOST_UNPACKED * file.stat().st_size)
    try:
        with gzip.open(file, "rb") as stream:
            content = stream.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise NetworkError(f"{file.name} is damaged: {one_line(error)}") from error
    if len(content) > most:
        raise NetworkError(f"{file.name} unpacks to over {MOST_UNPACKED} times its size: refused")
    return content


def as_list(value: object) -> object:
    """The list that a text such as "['primary', 'residential']" stands for; any other value as it is."""
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        return [single or double for single, double in re.findall(r"'([^']*)'|\"([^\"]*)\"", value)]
    return value
