"""True travel times: quickest paths over turns, from the written speeds and delays."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from .details import node_ways

if TYPE_CHECKING:
    from .network import Network, Way


@dataclass
class Arcs:
    """
    The drivable network, one entry for each direction of each stretch between junctions.

    Attributes
    ----------
    tail, head
        Nodes at which it begins and ends.
    length_m
        Length. [m]
    kind
        Index into `kinds`.
    twin
        The same stretch the other way, or -1 on one-way roads.
    arms
        Number of arms of the junction at its head.
    coords
        Points along it. [m]
    name
        Name of its road.
    kinds
        Classes of road.
    """

    tail: np.ndarray
    head: np.ndarray
    length_m: np.ndarray
    kind: np.ndarray
    twin: np.ndarray
    arms: np.ndarray
    coords: list[np.ndarray]
    name: list[str]
    kinds: list[str]


def drivable(net: Network, kinds: list[str]) -> list[Way]:
    """Return the ways an engine may use."""
    return [way for way in net.ways if way.tags.get("highway") in kinds]


def make_arcs(net: Network, kinds: list[str], stops: set[int]) -> Arcs:
    """
    Cut the ways at junctions, at their ends and at chosen nodes.

    Parameters
    ----------
    kinds
        Classes of road an engine may use.
    stops
        Further nodes to cut at: those of the stations.
    """
    ways = drivable(net, kinds)
    degree = {node: len(arms) for node, arms in node_ways(ways).items()}
    xy = np.asarray(net.xy)
    rows: list[tuple] = []
    coords: list[np.ndarray] = []
    for way in ways:
        last = len(way.nodes) - 1
        cuts = [k for k, n in enumerate(way.nodes) if k in (0, last) or degree[n] != 2 or n in stops]
        for a, b in pairwise(cuts):
            line = xy[way.nodes[a : b + 1]]
            metres = float(np.hypot(*np.diff(line, axis=0).T).sum())
            here, kind = len(rows), kinds.index(way.tags["highway"])
            both = way.tags.get("oneway") != "yes"
            ends = way.nodes[a], way.nodes[b]
            name = way.tags.get("name", "")
            rows.append((*ends, metres, kind, here + 1 if both else -1, degree[ends[1]], name))
            coords.append(line)
            if both:
                rows.append((*ends[::-1], metres, kind, here, degree[ends[0]], name))
                coords.append(line[::-1])
    columns = list(zip(*rows, strict=True))
    whole = [np.array(columns[k]) for k in range(6)]
    return Arcs(*whole, coords=coords, name=list(columns[6]), kinds=kinds)


def _bearings(arcs: Arcs) -> tuple[np.ndarray, np.ndarray]:
    """Return the directions in which arcs begin and end. [radians]."""
    first = np.array([c[1] - c[0] for c in arcs.coords])
    final = np.array([c[-1] - c[-2] for c in arcs.coords])
    return np.arctan2(first[:, 1], first[:, 0]), np.arctan2(final[:, 1], final[:, 0])


def turns(net: Network, arcs: Arcs, delay_s: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    List every turn from one arc onto the next with its delay.

    Returns
    -------
    Arc before, arc after, and the delay. [s]
    """
    order = np.argsort(arcs.tail, kind="stable")
    low = np.searchsorted(arcs.tail[order], arcs.head, "left")
    high = np.searchsorted(arcs.tail[order], arcs.head, "right")
    before = np.repeat(np.arange(len(arcs.tail)), high - low)
    step = np.arange(len(before)) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
    after = order[np.repeat(low, high - low) + step]
    out = (high - low)[before]
    back = arcs.twin[before] == after
    allowed = ~back | (out == 1)
    before, after, out, back = before[allowed], after[allowed], out[allowed], back[allowed]
    begin, end = _bearings(arcs)
    angle = (begin[after] - end[before] + np.pi) % (2 * np.pi) - np.pi
    links = np.array(["link" in kind or kind == "motorway" for kind in arcs.kinds])
    junction = arcs.arms[before] >= 3
    junction &= ~(links[arcs.kind[before]] & links[arcs.kind[after]])
    signal = np.isin(arcs.head[before], sorted(net.node_tags))
    left, right = angle > np.pi / 4, angle < -np.pi / 4
    delay = left * float(delay_s["left"]) + right * float(delay_s["right"])
    delay = np.where(junction & ~back, delay, 0.0) + signal * float(delay_s["straight_at_signal"])
    return before, after, delay


class TrueTimes:
    """
    Travel times without noise from given nodes to every arc, by hour.

    Parameters
    ----------
    net, arcs
        The network.
    travel
        The table `travel` of the settings.
    origins
        Nodes the times are counted from.
    """

    def __init__(self, net: Network, arcs: Arcs, travel: dict[str, Any], origins: list[int]) -> None:
        self.arcs = arcs
        self._startup_s = float(travel["startup_s"])
        speed = np.array([travel["speed_kph"][kind] for kind in arcs.kinds])
        free_s = arcs.length_m / speed[arcs.kind] * 3.6
        before, after, delay = turns(net, arcs, travel["delay_s"])
        self._run: dict[float, np.ndarray] = {}
        self._reach: dict[float, np.ndarray] = {}
        for factor in sorted(set(travel["hour_factor"])):
            run = free_s / factor
            self._run[factor] = run
            self._reach[factor] = self._search(run, before, after, delay, origins)
        self._factor = list(travel["hour_factor"])

    def _search(
        self, run: np.ndarray, before: np.ndarray, after: np.ndarray, delay: np.ndarray, origins: list[int]
    ) -> np.ndarray:
        """Return the time at which each arc has been driven to its end, by origin. [s]."""
        count = len(run)
        starts = [np.flatnonzero(self.arcs.tail == node) for node in origins]
        tails = np.concatenate([before, *[np.full(len(s), count + k) for k, s in enumerate(starts)]])
        heads = np.concatenate([after, *starts])
        cost = np.concatenate([delay + run[after], *[run[s] for s in starts]])
        graph = coo_array((cost, (tails, heads)), shape=(count + len(origins),) * 2).tocsr()
        return dijkstra(graph, indices=np.arange(count, count + len(origins)))[:, :count]

    def to_points(self, arc: np.ndarray, share: np.ndarray, hour: int) -> np.ndarray:
        """
        Return the time from each origin to points on arcs.

        Parameters
        ----------
        arc, share
            The arc of each point, and how far along it the point lies, from 0 to 1.
        hour
            Hour of the day.

        Returns
        -------
        One row for each origin, one column for each point. [s]
        """
        factor = self._factor[hour]
        reach, run = self._reach[factor], self._run[factor]
        ahead = reach[:, arc] - (1 - share) * run[arc]
        twin = self.arcs.twin[arc]
        behind = np.where(twin >= 0, reach[:, twin] - share * run[twin], np.inf)
        return self._startup_s + np.minimum(ahead, behind)
