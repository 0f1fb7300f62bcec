"""Census-like blocks that tile the inhabited land, and the people in them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
import shapely.affinity
import shapely.ops
from shapely.geometry import LineString, Polygon

if TYPE_CHECKING:
    from .neighbourhoods import Neighbourhood
    from .routing import Arcs
    from .streets import Streets

FRONTAGE_STEP_M = 24.0
FRONTAGE_SETBACK_M = 13.0
LIVED_ON = ("residential", "tertiary", "unclassified", "secondary", "primary")


@dataclass
class Addresses:
    """
    Points beside the streets where people live, work or visit.

    Attributes
    ----------
    arc, share
        The arc each lies on, and how far along it, from 0 to 1.
    xy
        Its place. [m]
    zone
        The zone it lies in.
    block
        Its hundred-block number.
    """

    arc: np.ndarray
    share: np.ndarray
    xy: np.ndarray
    zone: np.ndarray
    block: np.ndarray


@dataclass
class Zones:
    """
    The zones.

    Attributes
    ----------
    shapes
        Outlines, in the local plane. [m]
    areas
        The neighbourhood each belongs to.
    land_use, risk_class
        What stands there, and how hazardous a fire there is.
    population, dwellings
        People and dwellings.
    """

    shapes: list[Polygon]
    areas: list[Neighbourhood]
    land_use: list[str]
    risk_class: list[str]
    population: np.ndarray
    dwellings: np.ndarray


def _blocks(face: Polygon, streets: list[LineString]) -> list[Polygon]:
    """Return the blocks between the streets of one face."""
    lines = shapely.unary_union([face.boundary, *[line.intersection(face) for line in streets]])
    shapely.prepare(face)
    pieces = shapely.get_parts(shapely.polygonize(list(shapely.get_parts(lines))))
    return [p for p in pieces if face.contains(p.representative_point()) and p.area > 1.0]


def _merge_small(blocks: list[Polygon], least_m2: float) -> list[Polygon]:
    """Join each block that is too small to the neighbour with which it shares most of its edge. [m2]."""
    alive = dict(enumerate(blocks))
    while len(alive) > 1:
        small = min(alive, key=lambda k: (alive[k].area, k))
        if alive[small].area >= least_m2:
            break
        block = alive.pop(small)
        shared = {k: other.boundary.intersection(block.boundary).length for k, other in alive.items()}
        best = max(shared, key=lambda k: (shared[k], -k))
        joined = shapely.unary_union([alive[best], block])
        if shared[best] <= 0 or joined.geom_type != "Polygon":
            continue
        alive[best] = joined
    return list(alive.values())


def _halve(block: Polygon, most_m2: float) -> list[Polygon]:
    """Cut a block that is too large across its long side, again and again. [m2]."""
    if block.area <= most_m2:
        return [block]
    corners = np.asarray(block.minimum_rotated_rectangle.exterior.coords)[:4]
    if np.hypot(*(corners[1] - corners[0])) < np.hypot(*(corners[2] - corners[1])):
        corners = np.roll(corners, -1, axis=0)
    cut = LineString([(corners[0] + corners[1]) / 2, (corners[2] + corners[3]) / 2])
    cut = shapely.affinity.scale(cut, 1.2, 1.2)
    halves = [p for p in shapely.get_parts(shapely.ops.split(block, cut)) if p.area > 1.0]
    return [piece for half in halves for piece in (_halve(half, most_m2) if len(halves) > 1 else [half])]


def draw_zones(streets: Streets, least_m2: float) -> tuple[list[Polygon], list[Neighbourhood]]:
    """Return the zones' outlines and neighbourhoods, from north to south by face."""
    net = streets.net
    kinds = ("residential", "unclassified")
    lines = [LineString([net.xy[n] for n in w.nodes]) for w in net.ways if w.tags.get("highway") in kinds]
    tree = shapely.STRtree(lines)
    shapes: list[Polygon] = []
    areas: list[Neighbourhood] = []
    for face, area in sorted(streets.faces, key=lambda pair: -pair[0].centroid.y):
        inside = [lines[k] for k in sorted(tree.query(face, predicate="intersects"))]
        if not inside:
            continue
        pieces = [p for block in _blocks(face, inside) for p in _halve(block, 4.5 * least_m2)]
        for shape in _merge_small(pieces, least_m2):
            shapes.append(shape)
            areas.append(area)
    thin = shapely.coverage_simplify(np.array(_as_coverage(shapes)), 4.0)
    return [shapely.orient_polygons(shape) for shape in thin], areas


def _as_coverage(shapes: list[Polygon]) -> list[Polygon]:
    """Give neighbouring zones the same points along their common edges."""
    edges = shapely.unary_union([shape.boundary for shape in shapes], grid_size=0.01)
    pieces = shapely.get_parts(shapely.polygonize(list(shapely.get_parts(edges))))
    tree = shapely.STRtree(shapes)
    point, zone = tree.query(shapely.point_on_surface(pieces), predicate="within")
    held: dict[int, list[Polygon]] = defaultdict(list)
    for k, z in zip(point, zone, strict=True):
        held[int(z)].append(pieces[k])
    whole = [shapely.coverage_union_all(held[k]) for k in range(len(shapes))]
    return [max(shapely.get_parts(shape), key=lambda part: part.area) for shape in whole]


def make_addresses(arcs: Arcs, shapes: list[Polygon], rng: np.random.Generator) -> Addresses:
    """Set points along both sides of the streets that people live on, each in its zone."""
    parts: dict[str, list[np.ndarray]] = defaultdict(list)
    for k in range(len(arcs.tail)):
        if arcs.kinds[arcs.kind[k]] not in LIVED_ON or arcs.length_m[k] < 30:
            continue
        metres = np.arange(FRONTAGE_STEP_M / 2, arcs.length_m[k] - 8, FRONTAGE_STEP_M)
        line = LineString(arcs.coords[k])
        at = np.clip(metres + rng.uniform(-7, 7, len(metres)), 3, arcs.length_m[k] - 3)
        spot = shapely.get_coordinates(shapely.line_interpolate_point(line, at))
        ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, at + 1.5)) - spot
        ahead /= np.maximum(np.hypot(ahead[:, 0], ahead[:, 1]), 1e-9)[:, None]
        setback = FRONTAGE_SETBACK_M + rng.uniform(-3, 5, len(metres))
        parts["arc"].append(np.full(len(at), k))
        parts["share"].append(at / arcs.length_m[k])
        parts["xy"].append(spot + np.column_stack([ahead[:, 1], -ahead[:, 0]]) * setback[:, None])
    whole = {key: np.concatenate(value) for key, value in parts.items()}
    tree = shapely.STRtree(shapes)
    point, zone = tree.query(shapely.points(whole["xy"]), predicate="within")
    home = np.full(len(whole["arc"]), -1)
    home[point[::-1]] = zone[::-1]
    kept = home >= 0
    block = _block_numbers(arcs)[whole["arc"]]
    return Addresses(*(whole[key][kept] for key in ("arc", "share", "xy")), zone=home[kept], block=block[kept])


def _block_numbers(arcs: Arcs) -> np.ndarray:
    """Give every arc a hundred-block number that grows away from the shore and the north."""
    middle = np.array([coords[len(coords) // 2] for coords in arcs.coords])
    number = 1 + (middle[:, 0] + 4300) // 110 + (6900 - middle[:, 1]) // 260
    return (number.astype(int) * 100).clip(100, 9900)


def _whole_numbers(weight: np.ndarray, total: int) -> np.ndarray:
    """Share a total out in whole numbers in proportion to weights, by largest remainder."""
    exact = weight / weight.sum() * total
    low = np.floor(exact).astype(int)
    order = np.argsort(-(exact - low), kind="stable")
    low[order[: total - int(low.sum())]] += 1
    return low


def people(
    shapes: list[Polygon], areas: list[Neighbourhood], addresses: Addresses, arcs: Arcs, city: dict[str, Any],
    rng: np.random.Generator,
) -> Zones:  # fmt: skip
    """Say what stands in each zone, and share the city's people and dwellings out among them."""
    busy = np.array([kind in ("primary", "secondary") for kind in arcs.kinds])[arcs.kind[addresses.arc]]
    count = np.bincount(addresses.zone, minlength=len(shapes))
    beside = np.bincount(addresses.zone, weights=busy, minlength=len(shapes))
    use, risk = [], []
    for k, area in enumerate(areas):
        shop = area.land_use == "residential" and count[k] > 0 and beside[k] / count[k] > 0.42 and rng.random() < 0.6
        use.append("open" if count[k] < 2 else "commercial" if shop else area.land_use)
        risk.append("low" if use[-1] == "open" else "moderate" if shop else area.risk_class)
    density = np.array([a.density for a in areas]) * np.where([u == "commercial" for u in use], 0.6, 1.0)
    weight = count * density * rng.lognormal(0, 0.22, len(shapes)) * np.array([u != "open" for u in use])
    hill = np.array([u == "hill suburb" for u in use])
    above = round(city["population"] * city["hill_suburb_share"])
    population = _whole_numbers(np.where(hill, weight, 0), above)
    population += _whole_numbers(np.where(hill, 0, weight), city["population"] - above)
    size = np.array([{"downtown": 1.9, "beach": 2.2}.get(u, 2.65) for u in use]) * rng.lognormal(0, 0.06, len(shapes))
    homes = round(above / city["hill_suburb_dwelling_size"])
    dwellings = _whole_numbers(np.where(hill, population / size, 0), homes)
    dwellings += _whole_numbers(np.where(hill, 0, population / size), city["dwellings"] - homes)
    return Zones(shapes, areas, use, risk, population, dwellings)
