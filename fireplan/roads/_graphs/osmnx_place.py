"""Roads of a named place, fetched from OpenStreetMap: the one call here that goes online."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from fireplan._checked import takes
from fireplan.errors import NetworkError, one_line
from fireplan.roads._graphs.osmnx_graphs import from_graph
from fireplan.roads._npz import load, save
from fireplan.roads._rules.vehicles import USUAL_VEHICLE, Vehicle, vehicle_of

if TYPE_CHECKING:
    from fireplan.roads._network import RoadNetwork


@takes
def from_place(
    query: str, *, vehicle: Vehicle | str = "engine", cache: str | Path = "cache", refresh: bool = False
) -> RoadNetwork:
    """
    Fetch the roads of a place with OSMnx, and keep them.

    Parameters
    ----------
    query
        Place name as OpenStreetMap knows it, such as "Carlsbad, California, USA".
    vehicle
        Who drives: `Vehicle.preset("truck")`, its name, or a vehicle with figures of your own.
    cache
        Folder for the network; the second call reads from there and does not go online.
    refresh
        Fetch anew even so.

    Returns
    -------
    The drivable network, private roads included, with planning speeds by class.

    Raises
    ------
    NetworkError
        If the place cannot be fetched: no connection, or no such place.
    """
    folder = Path(cache)
    driver = vehicle_of(vehicle)
    named = query if driver == USUAL_VEHICLE else f"{query} {driver}"
    file = folder / f"roads-{hashlib.sha256(named.encode()).hexdigest()[:12]}.npz"
    if file.exists() and not refresh:
        return load(file)
    import osmnx as ox  # noqa: PLC0415 - slow to import

    try:
        graph = ox.graph_from_place(query, network_type="drive_service", retain_all=True)
    except Exception as error:  # OSMnx passes on whatever the connection raises
        raise NetworkError(
            f"the roads of {query!r} could not be fetched ({type(error).__name__}: {one_line(error)}): on a closed"
            " network, download an extract elsewhere and use fireplan.roads.from_osm"
        ) from error
    roads = from_graph(graph, vehicle=driver, source=f"OpenStreetMap, {query}")
    folder.mkdir(parents=True, exist_ok=True)
    save(roads, file)
    return roads
