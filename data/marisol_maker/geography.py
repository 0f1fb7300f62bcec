"""The place before anyone built on it: land, lagoons, the local plane and its coordinates."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon

from .curves import ribbon, spline

# GRS80 ellipsoid, as used by WGS 84 maps of this size.
_AXIS_M = 6_378_137.0
_ECC2 = 0.006_694_380_022_9

# Control points of the shore, counter-clockwise from the north-west. [m]
_SHORE = [
    (-2650, 6750), (-3180, 6000), (-3360, 5000), (-3520, 4150), (-3720, 3000), (-3930, 2000), (-3860, 1300),
    (-4060, 500), (-4230, -450), (-4080, -1500), (-4020, -2500), (-3870, -3400), (-3640, -4500),
    (-3500, -5500), (-3020, -6350), (-2100, -6900), (-700, -6950), (600, -6700), (2100, -6650), (3500, -6500),
    (4600, -5900), (5020, -4600), (4800, -3100), (4500, -1900), (4250, -700), (3900, 700), (4100, 2200),
    (4150, 3600), (3700, 5000), (2900, 5900), (1500, 6450), (-200, 6900), (-1500, 7050),
]  # fmt: skip
_LAGOONS = {
    "Laguna Garza": (
        [(-3650, 4180), (-3000, 4230), (-2200, 4350), (-1400, 4300), (-600, 4500), (-150, 4420)],
        [55, 75, 210, 240, 190, 60],
    ),
    "Laguna del Puerto": (
        [(-4150, 820), (-3500, 880), (-2700, 800), (-1800, 950), (-1000, 900), (-300, 1060), (200, 940)],
        [120, 150, 280, 330, 250, 180, 60],
    ),
    "Laguna Serena": (
        [(-4000, -3400), (-3400, -3380), (-2500, -3480), (-1600, -3350), (-900, -3440), (-450, -3340)],
        [45, 65, 200, 230, 160, 50],
    ),
}
_ISLET = [(-4980, 1180), (-4860, 980), (-4620, 1000), (-4560, 1220), (-4720, 1380), (-4920, 1350)]


class LocalPlane:
    """
    Metres east and north of the city's centre, and back to degrees.

    Parameters
    ----------
    longitude, latitude
        The centre. [degrees]
    """

    def __init__(self, longitude: float, latitude: float) -> None:
        self.longitude, self.latitude = longitude, latitude
        square = 1 - _ECC2 * math.sin(math.radians(latitude)) ** 2
        self._north = _AXIS_M * (1 - _ECC2) / square**1.5

    def degrees(self, xy: np.ndarray) -> np.ndarray:
        """Turn points in metres into longitude and latitude. [degrees]."""
        xy = np.asarray(xy, dtype=float)
        lat = self.latitude + np.degrees(xy[..., 1] / self._north)
        radians = np.radians(lat)
        east = _AXIS_M / np.sqrt(1 - _ECC2 * np.sin(radians) ** 2) * np.cos(radians)
        return np.stack([self.longitude + np.degrees(xy[..., 0] / east), lat], axis=-1)


@dataclass(frozen=True)
class Geography:
    """
    Land and water, in the local plane.

    Attributes
    ----------
    land
        The island inside its shore line, lagoons not taken out.
    lagoons
        Water bodies by name.
    islet
        The small island off the harbour.
    """

    land: Polygon
    lagoons: dict[str, Polygon]
    islet: Polygon

    @property
    def dry(self) -> Polygon:
        """The main island without its lagoons."""
        return self.land.difference(shapely.unary_union(list(self.lagoons.values())))


def make_geography(rng: np.random.Generator) -> Geography:
    """Draw the shore with small irregularities, and the lagoons."""
    ring = spline(_SHORE, step_m=70.0, closed=True)[:-1]
    rough = np.zeros(len(ring))
    turn = np.linspace(0, 2 * np.pi, len(ring), endpoint=False)
    for waves, height in ((23, 22.0), (41, 16.0), (67, 11.0), (103, 8.0)):
        rough += height * np.sin(waves * turn + rng.uniform(0, 2 * np.pi))
    outward = ring - ring.mean(axis=0)
    outward /= np.hypot(*outward.T)[:, None]
    land = Polygon(ring + outward * rough[:, None]).buffer(0)
    lagoons = {name: ribbon(axis, widths) for name, (axis, widths) in _LAGOONS.items()}
    islet = Polygon(spline([(float(x), float(y)) for x, y in _ISLET], step_m=60.0, closed=True)[:-1])
    return Geography(land=shapely.orient_polygons(land), lagoons=lagoons, islet=shapely.orient_polygons(islet))
