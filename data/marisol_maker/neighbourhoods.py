"""Where the town is built up, and in what manner: neighbourhoods, parks, patterns of streets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Point, Polygon

from .curves import spline
from .lattice import Pattern

PATTERNS = {
    "grid": Pattern(84, 112, 0, 0.0, 0.98, 0.96, 0.0, 60),
    "old": Pattern(74, 120, 35, 0.02, 0.93, 0.78, 0.5, 95),
    "beach": Pattern(70, 105, 25, 0.02, 0.92, 0.75, 0.4, 80),
    "loops": Pattern(73, 112, 95, 0.06, 0.80, 0.50, 0.85, 190),
    "culs": Pattern(76, 120, 125, 0.08, 0.72, 0.40, 0.9, 230),
    "hill": Pattern(75, 118, 150, 0.08, 0.76, 0.38, 0.9, 200),
    "works": Pattern(180, 230, 30, 0.03, 0.85, 0.6, 0.6, 220),
}


@dataclass(frozen=True)
class Neighbourhood:
    """
    A named part of town.

    Attributes
    ----------
    name, centre
        Its name, and the point whose nearest faces belong to it. [m]
    pattern
        Key of `PATTERNS`.
    land_use, risk_class
        What mostly stands there, and how hazardous that is to fight a fire in.
    density
        People per kilometre of local street, before all is scaled to the city's total.
    angle
        Direction of its streets in degrees from east, or nothing to follow each face.
    """

    name: str
    centre: tuple[float, float]
    pattern: str
    land_use: str
    risk_class: str
    density: float
    angle: float | None = None


NEIGHBOURHOODS = [
    Neighbourhood("Village", (-2900, 2500), "grid", "downtown", "high", 190, 97.0),
    Neighbourhood("Village", (-2750, 1750), "grid", "downtown", "high", 190, 97.0),
    Neighbourhood("Granada", (-1900, 2700), "old", "residential", "moderate", 165),
    Neighbourhood("Granada", (-1850, 1650), "old", "residential", "moderate", 165),
    Neighbourhood("Playa Norte", (-3250, 4900), "beach", "beach", "moderate", 120),
    Neighbourhood("Playa Norte", (-3650, 2700), "beach", "beach", "moderate", 120),
    Neighbourhood("Barrio Garza", (-2300, 5400), "old", "residential", "moderate", 150),
    Neighbourhood("Barrio Garza", (-1600, 5200), "old", "residential", "moderate", 150),
    Neighbourhood("Puerta Norte", (-1600, 6250), "loops", "residential", "low", 120),
    Neighbourhood("Trieste Heights", (-500, 5000), "loops", "residential", "low", 125),
    Neighbourhood("Mirador", (0, 6250), "culs", "residential", "low", 110),
    Neighbourhood("Encinal", (1500, 4700), "culs", "residential", "low", 115),
    Neighbourhood("Encinal", (2700, 4600), "culs", "residential", "low", 105),
    Neighbourhood("Vista Linda", (-300, 3700), "loops", "residential", "low", 130),
    Neighbourhood("Vista Linda", (-300, 2800), "loops", "residential", "low", 135),
    Neighbourhood("Rancho Verde", (1600, 2800), "culs", "residential", "low", 120),
    Neighbourhood("Rancho Verde", (2800, 2800), "culs", "residential", "low", 110),
    Neighbourhood("Crossroads", (250, 2000), "works", "commercial", "moderate", 90),
    Neighbourhood("El Puerto", (-3500, 200), "beach", "beach", "moderate", 120),
    Neighbourhood("El Puerto", (-2800, 0), "old", "residential", "moderate", 150),
    Neighbourhood("Harbor Point", (-3850, 1500), "beach", "commercial", "moderate", 90),
    Neighbourhood("Canada Works", (-500, 250), "works", "industrial", "high", 6),
    Neighbourhood("Canada Works", (150, -900), "works", "industrial", "high", 6),
    Neighbourhood("Ranchito", (1450, 900), "loops", "residential", "low", 120),
    Neighbourhood("Ranchito", (2400, 300), "culs", "residential", "low", 110),
    Neighbourhood("Costa Brava", (-2900, -1300), "loops", "residential", "low", 130),
    Neighbourhood("Costa Brava", (-1950, -1200), "loops", "residential", "low", 130),
    Neighbourhood("Playa Sur", (-3800, -1500), "beach", "beach", "moderate", 120),
    Neighbourhood("Playa Sur", (-3450, -5000), "beach", "beach", "moderate", 120),
    Neighbourhood("Las Brisas", (-600, -1500), "loops", "residential", "low", 125),
    Neighbourhood("Las Brisas", (-900, -2600), "culs", "residential", "low", 115),
    Neighbourhood("Serena", (-2600, -2700), "loops", "residential", "low", 130),
    Neighbourhood("Buganvilla", (-500, -4000), "loops", "residential", "low", 125),
    Neighbourhood("Buganvilla", (-600, -5200), "loops", "residential", "low", 125),
    Neighbourhood("Costa Azul", (-2500, -5200), "old", "residential", "moderate", 145),
    Neighbourhood("Costa Azul", (-1700, -4300), "old", "residential", "moderate", 145),
    Neighbourhood("Costa Azul", (-1500, -5400), "loops", "residential", "low", 125),
    Neighbourhood("La Mesa", (1100, -3300), "culs", "residential", "low", 115),
    Neighbourhood("La Mesa", (1100, -5100), "culs", "residential", "low", 115),
    Neighbourhood("Loma Alta", (3500, -3900), "hill", "hill suburb", "moderate", 150),
    Neighbourhood("Loma Alta", (3200, -2600), "hill", "hill suburb", "moderate", 150),
]  # fmt: skip
_TOWN = [
    (-6000, 6450), (-2000, 6650), (-500, 6650), (1300, 6150), (2500, 5500), (3050, 4500), (3280, 3400), (3250, 2400),
    (2950, 1200), (2700, 300), (2450, -420), (1500, -400), (770, -560), (520, -1400), (420, -2120), (1000, -2300),
    (1550, -3000), (1850, -3900), (1950, -4700), (1800, -5500), (1250, -6050), (200, -6500), (-1500, -6650),
    (-6000, -6650),
]  # fmt: skip
LOMA_ALTA = [
    (2560, -2560), (3000, -2330), (3600, -2450), (4050, -2950), (4250, -3700), (4300, -4500), (4100, -5150),
    (3650, -5600), (3150, -5500), (2900, -4900), (2760, -4200), (2650, -3500), (2480, -3000),
]  # fmt: skip
PARKS = {
    "Marisol Links": ((-900, -2900), 400, 210),
    "Cerro Calavera": ((1450, 3900), 380, 300),
    "Parque del Rio": ((-620, 1430), 500, 160),
    "Parque Garza": ((-700, 4150), 380, 170),
}


def loma_alta() -> Polygon:
    """Return the outline of the hill suburb. [m]."""
    return Polygon(spline([(float(x), float(y)) for x, y in LOMA_ALTA], step_m=80, closed=True)[:-1])


def parks() -> dict[str, Polygon]:
    """Return the outlines of the large parks, where nobody lives. [m]."""
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    return {
        name: Polygon(np.column_stack([x + a * np.cos(turn), y + b * np.sin(turn) * (1 + 0.2 * np.cos(2 * turn))]))
        for name, ((x, y), a, b) in PARKS.items()
    }


def built_up() -> shapely.Geometry:
    """Return where the town is built at all. [m]."""
    town = Polygon(_TOWN).buffer(180).buffer(-360).buffer(180)
    return shapely.unary_union([town, loma_alta()]).difference(shapely.unary_union(list(parks().values())))


def neighbourhood_at(point: Point) -> Neighbourhood:
    """Return the neighbourhood a point belongs to."""
    hills = loma_alta().buffer(40).contains(point)
    choices = [n for n in NEIGHBOURHOODS if (n.name == "Loma Alta") == hills]
    return min(choices, key=lambda n: np.hypot(n.centre[0] - point.x, n.centre[1] - point.y))
