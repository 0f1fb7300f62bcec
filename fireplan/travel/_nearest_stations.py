"""The nearest few stations of every place, found in one search, and followed from a scenario to what comes from it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import _kernel as kernel
from fireplan import wording
from fireplan.errors import UnreachableStationError, quoted
from fireplan.travel._places import SMALLEST_REACH, seeds_on, station_places

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Scenario
    from fireplan.travel._places import Places

DEPTH = 8
"""How many sources a node keeps at first: enough for three due and for most forces, with some to spare for closures."""

LEAST = 4
"""What may be left of them after closures, before all is searched anew."""


class Origins:
    """
    Where sources stand, when each sets out, and what it brings.

    Attributes
    ----------
    street, along
        Where on the road.
    later_s
        What each waits before it drives, its turnout where that counts. [s]
    brings
        Sources x kinds: what comes with each.
    key
        What stands for places and times: those who stand alike have the same nearest sources, whatever they bring.
    """

    def __init__(
        self, starts: Places, station: NDArray[np.int64], later_s: NDArray[np.float32], brings: NDArray[np.float64]
    ) -> None:
        self.street = np.ascontiguousarray(starts.on_road.street[station], dtype=np.int32)
        self.along = np.ascontiguousarray(starts.on_road.along[station], dtype=float)
        self.later_s = later_s.astype(float)
        self.brings = np.ascontiguousarray(brings, dtype=float)
        self.key: Hashable = (self.street.tobytes(), self.along.tobytes(), self.later_s.tobytes())

    def __len__(self) -> int:
        """How many sources there are."""
        return len(self.street)

    @property
    def each(self) -> list[tuple[int, float, float]]:
        """What tells one source from another."""
        return list(zip(self.street.tolist(), self.along.tolist(), self.later_s.tolist(), strict=True))

    @property
    def sources(self) -> kernel.Sources:
        """The same, as the kernel takes them."""
        return kernel.Sources(self.street, self.along)

    def seeds(self, roads: RoadNetwork, which: NDArray[np.int64]) -> kernel.Seeds:
        """Both ways onto the network from some of them, with what they have waited."""
        seeds = seeds_on(roads, self.street[which], self.along[which], owner=which)
        return kernel.Seeds(seeds.node, seeds.spent_s + self.later_s[seeds.owner], seeds.owner.astype(np.int32))


class Since(NamedTuple):
    """
    What changed since other sources stood there.

    Attributes
    ----------
    origins
        Those.
    number
        What each is now; -1: it went.
    touched
        Nodes whose list is another one.
    """

    origins: Origins
    number: NDArray[np.int32]
    touched: NDArray[np.bool_]


class Near(NamedTuple):
    """The nearest few sources of every node, and what changed since others stood there, where that is known."""

    table: kernel.NearestSources
    since: Since | None

    def changed(self, roads: RoadNetwork, ends: Places, origins: Origins) -> NDArray[np.int64]:
        """Rows of the places that may be reached otherwise than before; there is a `since`."""
        if self.since is None:
            raise ValueError
        other, number, touched = self.since
        streets = touched[roads.first] | touched[roads.last]
        new = np.ones(len(origins), dtype=bool)
        new[number[number >= 0]] = False
        streets[other.street[number < 0]] = True
        streets[origins.street[new]] = True
        street = ends.on_road.street
        return np.flatnonzero(streets[street] & (street >= 0))


def nearest_stations(
    scenario: Scenario, origins: Origins, *, depth: int = DEPTH, before: Callable[[], Iterable[Origins]] = tuple
) -> Near:
    """
    Find the nearest few sources of every node.

    Parameters
    ----------
    scenario
        Whose roads; what is found is kept in its memory.
    origins
        The sources.
    depth
        How many are kept at a node. Of `DEPTH` some may be used up by sources that went since.
    before
        Gives those of the scenarios that this one comes from: where theirs are known, only what changed is searched.
    """
    roads = scenario.roads

    def key(of: Origins) -> Hashable:
        return "nearest sources", roads.fingerprint, depth, of.key

    def make() -> Near:
        least = min(LEAST if depth == DEPTH else depth, len(origins))
        for other in before():
            if key(other) in scenario.memo:
                known = scenario.memo.get(key(other), partial(_all, roads, other, depth))
                found = _followed(roads, known.table, other, origins, least=least)
                if found is not None:
                    return found
        return _all(roads, origins, depth)

    return scenario.memo.get(key(origins), make)


def _all(roads: RoadNetwork, origins: Origins, depth: int) -> Near:
    seeds = origins.seeds(roads, np.arange(len(origins)))
    return Near(kernel.nearest_sources(roads.graph, seeds, depth), None)


def _followed(
    roads: RoadNetwork, known: kernel.NearestSources, other: Origins, origins: Origins, *, least: int
) -> Near | None:
    """Come from the table of other sources to that of these; None: too much has changed, or the order has."""
    at = {one: i for i, one in enumerate(origins.each)}
    if len(at) < len(origins) or len(set(other.each)) < len(other):
        return None  # two origins at one place: which is which would be a guess
    number = np.array([at.get(one, -1) for one in other.each], dtype=np.int32)
    kept, gone = number[number >= 0], np.flatnonzero(number < 0)
    left = known.depth - len(gone)
    if left < least or (np.diff(kept) < 0).any():
        return None
    # Those that come are let in before those that go are taken out: so a list that is marked as untouched is the same
    # to its whole depth, and what was worked out from it holds.
    n = len(origins)
    apart = number.copy()
    apart[gone] = n + np.arange(len(gone))
    same = (apart == np.arange(len(apart))).all()
    source = known.source.copy() if same else np.append(apart, np.int32(-1))[known.source]
    table, touched = kernel.NearestSources(known.time_s.copy(), source), np.zeros(roads.n_nodes, dtype=bool)
    new = np.setdiff1d(np.arange(n), kept)
    if len(new):
        kernel.enter(roads.graph, table, origins.seeds(roads, new), touched=touched)
    if len(gone):
        stays = np.append(np.arange(n), np.full(len(gone), -1)).astype(np.int32)
        table, lost = kernel.without(table, stays, left)
        touched |= lost
    return Near(table, Since(other, number, touched))


def refuse_islands(scenario: Scenario) -> None:
    """
    Refuse a station that stands on a scrap of road from which it reaches next to nothing.

    Raises
    ------
    UnreachableStationError
        Naming each, with the share of the network that it reaches.
    """
    starts, roads = station_places(scenario), scenario.roads
    on = starts.on_road
    key = ("no islands", roads.fingerprint, on.street.tobytes(), on.along.tobytes())
    scenario.memo.get(key, lambda: _no_islands(scenario, starts))


def _no_islands(scenario: Scenario, starts: Places) -> bool:
    roads = scenario.roads
    most = int(np.ceil(SMALLEST_REACH * roads.n_nodes))

    def reached(place: int) -> int:
        street, along = starts.on_road.street[place : place + 1], starts.on_road.along[place : place + 1]

        def count() -> int:
            seeds = seeds_on(roads, street, along, owner=np.zeros(1, dtype=np.int64))
            return kernel.count_reached(roads.graph, seeds.node, most=most)

        return scenario.memo.get(("reaches", roads.fingerprint, int(street[0]), float(along[0])), count)

    count = [reached(place) for place in range(len(starts.ids))]
    islands = {s: n / roads.n_nodes for s, n in zip(starts.ids, count, strict=True) if n < most}
    if islands and len(islands) < len(count):
        told = ", ".join(f"{quoted(s)} ({wording.share(share)})" for s, share in islands.items())
        raise UnreachableStationError(
            f"stations on roads that reach less than {wording.goal(SMALLEST_REACH)} of the network: {told}: check"
            " their places, or whether a connecting road is missing"
        )
    return True


def streets_of(roads: RoadNetwork) -> kernel.Streets:
    """Ends of each street and the time along it, as the kernel takes them."""
    return kernel.Streets(roads.first, roads.last, roads.there_s, roads.back_s)


def points_of(
    ends: Places, rows: NDArray[np.int64] | slice = slice(None)
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Streets and fractions of places, or of some of them."""
    street, along = np.ascontiguousarray(ends.on_road.street[rows]), np.ascontiguousarray(ends.on_road.along[rows])
    for values in (street, along):
        values.flags.writeable = False  # as those of all places are: to the compiler that is one type
    return street, along
