"""What makes the network a real town's: roundabouts, one-way streets, signals, paths, the pier on the islet."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
import shapely.ops
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.geometry import LineString, Point

from .curves import smooth_line
from .neighbourhoods import neighbourhood_at
from .network import Network, Way, add_road

if TYPE_CHECKING:
    from .geography import Geography
    from .streets import Streets

ROUNDABOUTS = [(3050, -3120), (2210, 2650), (-500, -4470)]  # near these points [m]
RADIUS_M = 19.0
ONE_WAY_STREETS = 8


def strong_parts(net: Network, ways: list[Way]) -> np.ndarray:
    """Return for each node the number of the strongly connected part it belongs to; nodes on no way are alone."""
    tails, heads = [], []
    for way in ways:
        tails += way.nodes[:-1]
        heads += way.nodes[1:]
        if way.tags.get("oneway") != "yes":
            tails += way.nodes[1:]
            heads += way.nodes[:-1]
    links = coo_array((np.ones(len(tails)), (tails, heads)), shape=(len(net.xy),) * 2)
    return connected_components(links, connection="strong")[1]


def _whole(net: Network) -> bool:
    """Tell whether every way can be reached from every other."""
    part = strong_parts(net, net.ways)
    return len({int(part[node]) for way in net.ways for node in way.nodes}) == 1


def node_ways(ways: list[Way]) -> dict[int, list[Way]]:
    """List the ways at each node, once for each arm that leaves it."""
    at: dict[int, list[Way]] = defaultdict(list)
    for way in ways:
        for k, node in enumerate(way.nodes):
            at[node] += [way] * ((k > 0) + (k < len(way.nodes) - 1))
    return at


def _split(net: Network, node: int) -> list[tuple[Way, bool]]:
    """Cut every way at a node; return the arms, with whether each begins there."""
    arms, ways = [], []
    for way in net.ways:
        cuts = [
            0,
            *[k for k, n in enumerate(way.nodes) if n == node and 0 < k < len(way.nodes) - 1],
            len(way.nodes) - 1,
        ]
        parts = [Way(way.nodes[a : b + 1], way.tags) for a, b in pairwise(cuts)]
        parts = [way] if len(parts) == 1 else [Way(part.nodes, dict(part.tags)) for part in parts]
        for part in parts:
            if part.nodes[0] == node:
                arms.append((part, True))
            elif part.nodes[-1] == node:
                arms.append((part, False))
        ways += parts
    net.ways = ways
    return arms


def make_roundabout(net: Network, node: int, name: str) -> None:
    """Put a ring in place of a junction. Traffic keeps right, so it turns counter-clockwise."""
    centre = np.array(net.xy[node])
    ring = []
    for arm, begins in _split(net, node):
        inner = arm.nodes if begins else arm.nodes[::-1]
        rest = [n for n in inner[1:-1] if np.hypot(*(np.array(net.xy[n]) - centre)) > RADIUS_M + 6] + [inner[-1]]
        out = np.array(net.xy[rest[0]]) - centre
        foot = net.add_node(centre + out / np.hypot(*out) * RADIUS_M)
        arm.nodes[:] = [foot, *rest] if begins else [*rest[::-1], foot]
        ring.append((float(np.arctan2(out[1], out[0])), foot))
    for angle in np.linspace(-np.pi, np.pi, 12, endpoint=False) + 0.13:
        if min(abs((angle - a + np.pi) % (2 * np.pi) - np.pi) for a, _ in ring) > 0.3:
            ring.append((float(angle), net.add_node(centre + RADIUS_M * np.array([np.cos(angle), np.sin(angle)]))))
    nodes = [n for _, n in sorted(ring)]
    tags = {"highway": "tertiary", "name": name, "junction": "roundabout", "oneway": "yes"}
    net.ways.append(Way([*nodes, nodes[0]], tags))


def add_roundabouts(net: Network) -> None:
    """Turn the junctions nearest to the chosen places into roundabouts."""
    for number, place in enumerate(ROUNDABOUTS):
        at = node_ways([w for w in net.ways if w.tags["highway"] in ("secondary", "tertiary", "residential")])
        busy = [n for n in sorted(at) if len(at[n]) >= 4 and any(w.tags["highway"] != "residential" for w in at[n])]
        node = min(busy, key=lambda n: np.hypot(net.xy[n][0] - place[0], net.xy[n][1] - place[1]))
        make_roundabout(net, node, f"Glorieta {('Norte', 'Sur', 'Real')[number]}")


def add_one_way_streets(net: Network) -> None:
    """Make some streets of the old town one-way, in turn either way, where all stays within reach."""
    made = 0
    for way in net.ways:
        line = LineString([net.xy[n] for n in way.nodes])
        here = neighbourhood_at(line.interpolate(0.5, normalized=True)).name == "Village"
        if made >= ONE_WAY_STREETS or way.tags["highway"] != "residential" or not here or line.length < 420:
            continue
        way.tags["oneway"] = "yes"
        if made % 2:
            way.nodes.reverse()
        if _whole(net):
            made += 1
        else:
            way.tags.pop("oneway")


def add_signals(net: Network, ramp_feet: list[int]) -> None:
    """Put signals where arterials meet, where ramps meet them, and on some junctions with collectors."""
    for node in ramp_feet:
        net.node_tags[node] = {"highway": "traffic_signals"}
    at = node_ways([w for w in net.ways if w.tags["highway"] in ("primary", "secondary", "tertiary")])
    for node in sorted(at):
        names = {(w.tags["name"], w.tags["highway"]) for w in at[node] if "junction" not in w.tags}
        kinds = [kind for _, kind in names]
        if len(names) > 1 and len(at[node]) > 2 and (kinds.count("tertiary") == 0 or "primary" in kinds):
            net.node_tags[node] = {"highway": "traffic_signals"}


def add_islet(net: Network, geography: Geography) -> None:
    """Put the service road on the islet: the one piece that no road joins to the rest."""
    x, y = geography.islet.centroid.coords[0]
    ring = [(x - 110, y - 60), (x + 20, y - 90), (x + 110, y - 20), (x + 60, y + 90), (x - 80, y + 80)]
    loop = net.add_line(LineString([*ring, ring[0]]), {"highway": "unclassified", "name": "Isla Perla Service Rd"})
    spurs = [(0, (x - 165, y - 110)), (2, (x + 165, y - 20)), (3, (x + 85, y + 150)), (4, (x - 140, y + 130))]
    for k, tip in spurs:
        tags = {"highway": "unclassified", "name": "Isla Perla Pier"}
        net.ways.append(Way([loop.nodes[k], net.add_node(tip)], tags))


def add_undriven(streets: Streets, geography: Geography) -> None:
    """Add what no engine drives on: paths, trails, a road under construction, the railway, the water's edge."""
    net = streets.net
    west = geography.land.buffer(-38).exterior.intersection(shapely.box(-6000, -5900, -2600, 5900))
    beach = max(shapely.get_parts(shapely.line_merge(west)), key=lambda part: part.length)
    for low, high in ((0.03, 0.27), (0.48, 0.66), (0.80, 0.97)):
        path = shapely.ops.substring(beach, low, high, normalized=True).simplify(4)
        for part in shapely.get_parts(path.intersection(geography.dry.buffer(-5))):
            net.add_line(part, {"highway": "footway", "name": "Seaside Walk"})
    for pond in geography.lagoons.values():
        shore = pond.buffer(26).exterior.intersection(geography.dry.buffer(-20))
        part = max(shapely.get_parts(shore), key=lambda p: p.length)
        net.add_line(part.simplify(3), {"highway": "cycleway", "name": "Lagoon Trail"})
    trails = (
        [(2900, 1700), (3300, 1500), (3450, 900), (3250, 200), (3400, -500), (3000, -1000), (2900, -1500)],
        [(3200, 3300), (3600, 3500), (3650, 4200), (3350, 4700)],
        [(2000, -4300), (2300, -4100), (2420, -3500), (2300, -3000)],
    )
    for points in trails:
        net.add_line(
            smooth_line([(float(x), float(y)) for x, y in points]), {"highway": "track", "name": "Ridge Trail"}
        )
    planned = smooth_line([(1800.0, -4720.0), (2150.0, -4850.0), (2500.0, -4700.0), (2850.0, -4600.0)])
    net.add_line(planned, {"highway": "construction", "construction": "secondary", "name": "Camino Buganvilla"})
    add_road(net, streets.rail, {"railway": "rail", "name": streets.rail.name})
    for shore in (geography.land, geography.islet):
        net.add_line(LineString(shore.exterior.coords), {"natural": "coastline"})
    for name, pond in geography.lagoons.items():
        net.add_line(LineString(pond.exterior.coords), {"natural": "water", "water": "lagoon", "name": name})


def insert_node(net: Network, place: tuple[float, float], kinds: tuple[str, ...]) -> tuple[int, np.ndarray, Way]:
    """
    Put a node into the nearest way of some classes, clear of junctions.

    Returns
    -------
    The node, the unit vector to the right of the way there, and the way.
    """
    ways = [w for w in net.ways if w.tags.get("highway") in kinds and "bridge" not in w.tags]
    lines = [LineString([net.xy[n] for n in w.nodes]) for w in ways]
    k = int(np.argmin(shapely.distance(np.array(lines), Point(place))))
    way, line = ways[k], lines[k]
    at = line.project(Point(place))
    along = np.array([line.project(Point(net.xy[n])) for n in way.nodes[1:-1]])
    cut = 1 + int((along < at).sum())
    node = net.add_node(line.interpolate(at).coords[0])
    before, after = np.array(net.xy[way.nodes[cut - 1]]), np.array(net.xy[way.nodes[cut]])
    way.nodes.insert(cut, node)
    ahead = (after - before) / np.hypot(*(after - before))
    return node, np.array([ahead[1], -ahead[0]]), way
