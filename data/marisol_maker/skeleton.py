"""The roads a town grows along: freeway, coast highway, arterials, the railway."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from shapely.geometry import LineString

from .curves import offset_points, smooth_line, spline

# name, class, lanes, mph, control points. A road given as "A > B" starts or ends where it meets a neighbour.
ARTERIALS = [
    ("Coast Hwy", "primary", 4, 40, [
        (-980, 6560), (-1700, 6500), (-2330, 6180), (-2830, 5700), (-3040, 5000), (-3210, 4150), (-3400, 3000),
        (-3590, 2000), (-3560, 1300), (-3730, 500), (-3860, -450), (-3770, -1500), (-3710, -2500),
        (-3560, -3400), (-3340, -4500), (-3180, -5500), (-2760, -6150), (-1950, -6520), (-1060, -6420)]),
    ("El Camino Viejo", "primary", 4, 45, [
        (420, 5730), (640, 5000), (760, 4100), (930, 3000), (700, 1900), (620, 800), (790, -200),
        (560, -1400), (380, -2600), (480, -3900), (300, -5100), (60, -6120)]),
    ("Avenida Granada", "secondary", 4, 40, [
        (-2330, 3800), (-2310, 3000), (-2480, 2000), (-2380, 1200), (-2300, 300), (-2520, -600), (-2440, -1700),
        (-2520, -2950)]),
    ("Calle Ponto", "secondary", 2, 35, [(-2380, -3950), (-2260, -4700), (-2020, -5500), (-1900, -6080)]),
    ("Avenida Trieste", "secondary", 2, 35, [(-2080, 4850), (-2020, 5400), (-1840, 5960)]),
    ("Avenida Encinal", "secondary", 2, 40, [
        (1900, 5400), (2260, 4500), (2200, 3400), (2330, 2300), (2150, 1200), (2020, 200), (2080, -520)]),
    ("Camino del Norte", "secondary", 4, 40, [
        (-2700, 5860), (-1840, 5960), (-1180, 5830), (-400, 5620), (420, 5730), (1200, 5680), (1900, 5400)]),
    ("Vista Linda Dr", "primary", 4, 45, [
        (-3335, 3400), (-2330, 3560), (-1430, 3420), (-300, 3240), (880, 3420), (2200, 3400), (3050, 3150)]),
    ("Marisol Village Dr", "primary", 4, 35, [
        (-3560, 2170), (-2460, 2120), (-1340, 2150), (-300, 2240), (730, 2060), (1600, 2240), (2330, 2060),
        (3100, 2100)]),
    ("Canada Real", "primary", 4, 45, [
        (-3850, -330), (-2460, -300), (-1430, -330), (-300, -140), (780, -300), (1500, -220), (2080, -520)]),
    ("Palma Real", "primary", 4, 45, [
        (-3730, -2200), (-2460, -2130), (-1610, -2270), (-600, -2010), (450, -2150)]),
    ("Camino Buganvilla", "secondary", 4, 40, [
        (-3290, -4720), (-2260, -4660), (-1400, -4620), (-500, -4470), (400, -4560), (1200, -4420), (1750, -4700)]),
    ("Costa Azul Av", "secondary", 2, 35, [
        (-2800, -6110), (-1900, -6080), (-1120, -5830), (-400, -5900), (60, -6120), (900, -5950), (1500, -5500)]),
    ("Loma Alta Dr", "secondary", 2, 35, [
        (450, -2150), (1000, -2120), (1450, -2500), (1900, -2330), (2260, -2720), (2700, -2720), (3050, -3120),
        (3480, -3330), (3420, -3860), (3700, -4350), (3460, -4920), (3560, -5350)]),
    ("Canon Seco Rd", "secondary", 2, 35, [
        (2080, -520), (2560, -780), (2700, -1200), (2400, -1560), (2640, -1960), (3050, -2180), (3030, -2660),
        (3050, -3120)]),
    ("Paseo Loma Alta", "tertiary", 2, 30, [
        (3460, -3330), (3860, -3420), (4020, -3900), (3960, -4500), (3700, -4960), (3460, -4920)]),
    ("Vuelta Loma Alta", "tertiary", 2, 30, [
        (3050, -3130), (2830, -3420), (3020, -3900), (2960, -4350), (3140, -4850), (3460, -4920)]),
]  # fmt: skip
FREEWAY_AXIS = [
    (-1010, 6240), (-1180, 5500), (-1440, 4300), (-1380, 3000), (-1300, 1900), (-1330, 800), (-1440, -400),
    (-1600, -1800), (-1560, -3300), (-1330, -4800), (-1100, -6060),
]  # fmt: skip
FREEWAY_NAME = "Pacific Fwy"
INTERCHANGES = [
    "Camino del Norte", "Vista Linda Dr", "Marisol Village Dr", "Canada Real", "Palma Real", "Camino Buganvilla",
]  # fmt: skip
RAIL = [
    (-1650, 6960), (-2100, 6260), (-2440, 5700), (-2600, 4900), (-2740, 4100), (-2960, 3000), (-3060, 2000),
    (-3060, 1200), (-3160, 300), (-3290, -600), (-3220, -1600), (-3150, -2600), (-3030, -3500), (-2860, -4500),
    (-2650, -5400), (-2280, -6120), (-1700, -6860),
]  # fmt: skip


@dataclass(eq=False)
class Road:
    """
    One road of the network while it is being drawn.

    Attributes
    ----------
    name, kind
        Its name and its value of the tag `highway`.
    line
        Where it runs. [m]
    lanes, mph
        Lanes, and the posted limit or 0 where none is posted. [mph]
    oneway
        Whether it may only be driven along its line.
    joints
        Distance along the line of each junction, and the node there. [m]
    bridges
        Stretches of the line that are bridges, as pairs of distances. [m]
    tags
        Further tags.
    """

    name: str
    kind: str
    line: LineString
    lanes: int = 2
    mph: int = 0
    oneway: bool = False
    joints: list[tuple[float, int]] = field(default_factory=list)
    bridges: list[tuple[float, float]] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)


def make_arterials() -> list[Road]:
    """Draw the arterials, each as one road."""
    return [
        Road(name, kind, smooth_line([(float(x), float(y)) for x, y in points], step_m=45.0), lanes, mph)
        for name, kind, lanes, mph, points in ARTERIALS
    ]


def make_rail() -> Road:
    """Draw the railway."""
    line = smooth_line([(float(x), float(y)) for x, y in RAIL], step_m=80.0)
    return Road("Coast Line", "rail", line)


def freeway_axis() -> np.ndarray:
    """Return points along the middle of the freeway, north to south. [m]."""
    return spline([(float(x), float(y)) for x, y in FREEWAY_AXIS], step_m=60.0)


def make_freeway(half_width_m: float = 14.0) -> list[Road]:
    """
    Draw both carriageways; they close up at either end, where the freeway becomes an ordinary road.

    Parameters
    ----------
    half_width_m
        From the middle of the freeway to the middle of a carriageway. [m]
    """
    axis = freeway_axis()
    taper = np.ones(len(axis))
    taper[0] = taper[-1] = 0.0
    taper[1] = taper[-2] = 0.6
    south = offset_points(axis, half_width_m * taper)
    north = offset_points(axis, -half_width_m * taper)[::-1]
    # Looking south, the right hand is west: southbound traffic keeps west, northbound east.
    return [
        Road(FREEWAY_NAME, "motorway", LineString(south), 3, 65, oneway=True),
        Road(FREEWAY_NAME, "motorway", LineString(north), 3, 65, oneway=True),
    ]


def make_freeway_ends() -> list[Road]:
    """Draw the two short trunk roads that tie the freeway to the coast highway."""
    north = smooth_line([(-1010, 6240), (-980, 6560)])
    south = smooth_line([(-1100, -6060), (-1060, -6420)])
    return [Road(FREEWAY_NAME, "trunk", north, 4, 50), Road(FREEWAY_NAME, "trunk", south, 4, 50)]


def make_ramps(arterial: Road, axis: LineString, freeway: list[Road]) -> list[tuple[Road, str, float]]:
    """
    Draw the four ramps of a diamond interchange.

    Parameters
    ----------
    arterial
        The road that crosses the freeway.
    axis
        The middle of the freeway, north to south.
    freeway
        Southbound and northbound carriageway.

    Returns
    -------
    Each ramp with the side of its carriageway ("south" or "north") and the distance along the arterial of its foot. [m]
    """
    crossing = arterial.line.intersection(axis)
    at = arterial.line.project(crossing)
    east = arterial.line.interpolate(at + 95).x > arterial.line.interpolate(at - 95).x
    ramps: list[tuple[Road, str, float]] = []
    for way, side, sign in ((freeway[0], "south", -1), (freeway[1], "north", 1)):
        foot_s = at + 85 * sign * (1 if east else -1)
        foot = np.array(arterial.line.interpolate(foot_s).coords[0])
        middle = way.line.project(crossing)
        for role in ("off", "on"):
            ahead = -1 if role == "off" else 1
            nose = np.array(way.line.interpolate(middle + 420 * ahead).coords[0])
            mid = np.array(way.line.interpolate(middle + 190 * ahead).coords[0])
            away = foot - np.array(crossing.coords[0])
            mid = mid + away / np.hypot(*away) * 42
            points = [tuple(nose), tuple(mid), tuple(foot)]
            line = smooth_line(points if role == "off" else points[::-1], step_m=60.0)
            ramps.append((Road(f"{arterial.name} ramp", "motorway_link", line, 1, 0, oneway=True), side, foot_s))
    return ramps
