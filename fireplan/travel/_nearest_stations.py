"""The nearest few stations of every place, found in one search, and followed from a scenario to what comes from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import _kernel as kernel
from fireplan import wording
from fireplan._memory import check_room

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Scenario
    from fireplan.travel._places import Places

DEPTH = 8
"""How many sources a node keeps at first: enough for three due and for most forces, with some to spare for closures."""

LIST_BYTES = 60
"""What a place in the list of a node takes at most while it is sought: twelve of them stay."""

PLACE_BYTES = 24
"""What is found at one place takes: three sources and their times."""

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
        What each waits before it drives: its start, and its turnout where that counts. [s]
    brings
        Sources x kinds: what comes with each.
    key
        What stands for places and times: those who stand alike have the same nearest sources, whatever they bring.
    """

    def __init__(
        self, starts: Places, station: NDArray[np.int64], later_s: NDArray[np.floating], brings: NDArray[np.float64]
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
        return kernel.Sources(self.street, self.along, self.later_s)

    def seeds(self, roads: RoadNetwork, which: NDArray[np.int64]) -> kernel.Seeds:
        """Both ways onto the network from some of them, with what they have waited."""
        seeds = roads.routing.seeds(self.street[which], self.along[which], owner=which)
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
    moved
        Nodes whose list is another one, and from when on.
    """

    origins: Origins
    number: NDArray[np.int32]
    moved: kernel.Moved


class Near(NamedTuple):
    """The nearest few sources of every node, and what changed since others stood there, where that is known."""

    table: kernel.NearestSources
    since: Since | None


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
        least = min(LEAST if depth == DEPTH else depth // 2, len(origins))
        for other in before():
            known = scenario.memo.known(key(other)) if other.key != origins.key else None
            found = None if known is None else _followed(roads, known.table, other, origins, least=least)
            if found is not None:
                return found
        return _all(roads, origins, depth)

    return scenario.memo.get(key(origins), make)


def _all(roads: RoadNetwork, origins: Origins, depth: int) -> Near:
    check_room(
        LIST_BYTES * depth * roads.routing.n_states,
        what=f"the nearest {depth} of {len(origins)} stations at {wording.count(roads.n_nodes)} nodes",
        mend="cut the roads to the ground that is asked of",
    )
    seeds = origins.seeds(roads, np.arange(len(origins)))
    return Near(kernel.nearest_sources(roads.routing.graph, seeds, depth), None)


def _followed(
    roads: RoadNetwork, known: kernel.NearestSources, other: Origins, origins: Origins, *, least: int
) -> Near | None:
    """Come from the table of other sources to that of these; None: too much has changed, or the order has."""
    at = {one: i for i, one in enumerate(origins.each)}
    if len(at) < len(origins) or len(set(other.each)) < len(other):
        return None  # two origins at one place: which is which would be a guess
    number = np.array([at.get(one, -1) for one in other.each], dtype=np.int32)
    kept, gone = number[number >= 0], np.flatnonzero(number < 0)
    if known.depth - len(gone) < least or (np.diff(kept) < 0).any():
        return None
    new = np.setdiff1d(np.arange(len(origins)), kept)
    # In the table sources keep the number they had when they came; their rank says what each is now.
    rank = np.append(number, np.int32(-1))[known.rank]
    named = _numbers(known.rank)[gone]
    out, come = other.seeds(roads, gone), origins.seeds(roads, new)
    out = out._replace(owner=named[np.searchsorted(gone, out.owner)].astype(np.int32))
    come = come._replace(owner=(len(rank) + np.searchsorted(new, come.owner)).astype(np.int32))
    table, moved = kernel.followed(roads.routing.graph, known, out, come, np.append(rank, new).astype(np.int32))
    return Near(table, Since(other, number, moved))


NOWHERE = kernel.Moved(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32), np.empty(0, dtype=np.int32))


class Succession(NamedTuple):
    """
    How sources differ from others that stood there before.

    Attributes
    ----------
    other, origins
        Those, and these.
    number
        Which of these each of those is now; -1: it went.
    depth
        How deep lists were asked for.
    table
        The nearest few of these.
    moved
        Nodes at which that may matter, and from when on.
    streets
        Streets on which one came, went or brings something else.
    """

    other: Origins
    origins: Origins
    number: NDArray[np.int32]
    depth: int
    table: kernel.NearestSources
    moved: kernel.Moved
    streets: NDArray[np.int32]

    def rows(self, scenario: Scenario, ends: Places, *, before_s: NDArray[np.float32]) -> NDArray[np.int32]:
        """Places at which it matters by the time at which all was there that was asked for, street by street."""
        streets, along = scenario.roads.routing.streets, ends.on_road.along
        return kernel.points_moved(
            self.moved, streets, grouped(scenario, ends), along, also=self.streets, before_s=before_s
        )  # fmt: skip

    def tables(self, scenario: Scenario) -> Iterator[kernel.NearestSources]:
        """Give the nearest of these, and more of them each time."""
        yield self.table
        depth = self.depth
        while True:
            depth *= 2
            # Those before are searched first: what others made of them come to these lists, too.
            nearest_stations(scenario, self.other, depth=depth)
            yield nearest_stations(scenario, self.origins, depth=depth, before=lambda: (self.other,)).table


def since(
    scenario: Scenario, other: Origins, origins: Origins, *, least: int, column: int | None = None
) -> Succession | None:
    """
    Say how sources differ from others; None: so much that all has to be asked anew.

    Parameters
    ----------
    scenario
        Whose roads and memory.
    other, origins
        The others, of which the nearest few are known, and these.
    least
        To which depth of the others' lists the answer is owed that is to be followed.
    column
        What is asked for: then it matters, too, where one of them brings more or less of it than before.
    """
    brought = None if column is None else (other.brings[:, column].tobytes(), origins.brings[:, column].tobytes())
    key = "succession", scenario.roads.fingerprint, other.key, origins.key, least, column, brought
    return scenario.memo.get(key, lambda: _since(scenario, other, origins, least, column))


def _since(scenario: Scenario, other: Origins, origins: Origins, least: int, column: int | None) -> Succession | None:
    depth = DEPTH
    while (known := nearest_stations(scenario, other, depth=depth)).table.depth < least:
        depth *= 2
    table, number, moved = known.table, np.arange(len(other), dtype=np.int32), []
    if other.key != origins.key:
        near = nearest_stations(scenario, origins, depth=depth, before=lambda: (other,))
        if near.since is None or near.since.origins.key != other.key:
            return None
        table, number = near.table, near.since.number
        moved.append(near.since.moved.above(least))
    stays = np.flatnonzero(number >= 0)
    new = np.ones(len(origins), dtype=bool)
    new[number[stays]] = False
    streets = [other.street[number < 0], origins.street[new]]
    if column is not None:
        altered = stays[other.brings[stays, column] != origins.brings[number[stays], column]]
        if len(altered):
            moved.append(_domain(scenario.roads, known.table, other, altered).above(least))
            streets.append(other.street[altered])
    merged = kernel.Moved(*map(np.concatenate, zip(*moved, strict=True))) if moved else NOWHERE
    return Succession(other, origins, number, depth, table, merged, np.concatenate(streets))


def _domain(
    roads: RoadNetwork, table: kernel.NearestSources, origins: Origins, which: NDArray[np.int64]
) -> kernel.Moved:
    """Find the nodes that have any of some sources among their nearest, and from when on it is there."""
    seeds = origins.seeds(roads, which)
    return kernel.domain(
        roads.routing.graph, table, seeds._replace(owner=_numbers(table.rank)[seeds.owner].astype(np.int32))
    )


def _numbers(rank: NDArray[np.int32]) -> NDArray[np.int64]:
    """Say under which number each source that is there now stands in a table."""
    here = np.flatnonzero(rank >= 0)
    return here[np.argsort(rank[here])]


def grouped(scenario: Scenario, ends: Places) -> tuple[kernel.Grouped, kernel.Grouped]:
    """Streets by the nodes at their ends, and places by their street."""
    roads = scenario.roads
    return (
        scenario.memo.get(
            ("by node", roads.geometry_fingerprint, roads.turns == "exact"),
            lambda: kernel.by_node(roads.routing.streets, roads.routing.n_states),
        ),
        scenario.memo.get(("by street", ends.key), lambda: kernel.by_street(ends.on_road.street, roads.n_streets)),
    )


def points_of(scenario: Scenario, ends: Places, rows: NDArray[np.int32] | None = None) -> kernel.StreetPoints:
    """Places, or some of them that come street by street, as the kernel takes them."""
    on = ends.on_road
    if rows is None:
        check_room(
            PLACE_BYTES * len(ends.ids),
            what=f"arrivals at {wording.count(len(ends.ids))} {ends.kind}",
            mend="ask of a part of the demand, scenario.only(area=...)",
        )
        points = kernel.StreetPoints(on.street, on.along, grouped(scenario, ends)[1].item)
    else:
        points = kernel.StreetPoints(on.street[rows], on.along[rows], np.arange(len(rows), dtype=np.int32))
    for values in points:
        values.flags.writeable = False  # as those of all places are: to the compiler that is one type
    return points
