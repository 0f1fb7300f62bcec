"""Fire stations and their units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .details import insert_node

if TYPE_CHECKING:
    from .network import Network

# number, place [m], class of the road it stands on, units
_STATIONS = [
    ("S1", (-2470, 2500), ("primary", "secondary"), ("E1", "T1", "M1", "BC1")),
    ("S2", (-2200, 5930), ("primary", "secondary"), ("E2",)),
    ("S3", (1150, 3440), ("primary", "secondary"), ("E3", "M3")),
    ("S4", (690, 300), ("primary", "secondary"), ("E4", "M4")),
    ("S5", (-2900, -320), ("primary", "secondary"), ("E5",)),
    ("S6", (-2230, -4820), ("primary", "secondary"), ("E6", "M2")),
    ("S7", (-180, -4500), ("primary", "secondary"), ("E7",)),
]
_NEW_SITE = ("S8", (3430, -3800), ("secondary",), ("E8",))
_TYPES = {"E": "engine", "T": "truck", "M": "ambulance", "B": "battalion"}
_SETBACK_M = 19.0


@dataclass(frozen=True)
class Station:
    """
    A fire station.

    Attributes
    ----------
    station_id, name
        Its number and name.
    xy
        Where the building stands, beside the road. [m]
    node
        The node of the road in front of it.
    units
        Numbers of its units.
    """

    station_id: str
    name: str
    xy: tuple[float, float]
    node: int
    units: tuple[str, ...]


def place_stations(net: Network) -> tuple[list[Station], Station]:
    """Stand the stations beside their roads; return today's, and the proposed one in the hill suburb."""
    placed = []
    for number, place, kinds, units in [*_STATIONS, _NEW_SITE]:
        node, right, _ = insert_node(net, place, kinds)
        spot = np.array(net.xy[node]) + _SETBACK_M * right
        placed.append(Station(number, f"Station {number[1:]}", (float(spot[0]), float(spot[1])), node, units))
    return placed[:-1], placed[-1]


def unit_type(unit_id: str) -> str:
    """Return the type of one of the city's own units."""
    return _TYPES[unit_id[0]]


def unit_rows(stations: list[Station], planning: dict[str, Any]) -> list[tuple[str, str, str, int, int]]:
    """Return one row for each unit: number, type, station, crew, planning turnout [s]."""
    rows = []
    for station in stations:
        for unit in station.units:
            kind = unit_type(unit)
            rows.append((unit, kind, station.station_id, planning["crew"][kind], planning["turnout_s"][kind]))
    return sorted(rows, key=lambda row: ("ETMB".index(row[0][0]), row[0]))
