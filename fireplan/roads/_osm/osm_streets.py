"""Streets from the ways of an OpenStreetMap extract: cut where they meet, and where something stands on them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from fireplan._conversions import KPH_PER_MPS
from fireplan.crs import WGS84, metric_crs, project, step_lengths_m
from fireplan.roads._build_network import build_network
from fireplan.roads._osm.turn_restrictions import DrawnStreets, banned_turns
from fireplan.roads._rules.barriers import APPROACH_M, ONE_CROSSING_M, THROUGH, Met
from fireplan.roads._rules.reading_notes import sentences
from fireplan.roads._rules.speeds import class_speeds
from fireplan.roads._rules.vehicles import said_of
from fireplan.roads._turns import Control, Feature

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fireplan.roads._network import RoadNetwork
    from fireplan.roads._osm.turn_restrictions import TurnRule
    from fireplan.roads._rules.access import Passage
    from fireplan.roads._rules.reading_notes import Counts
    from fireplan.roads._rules.vehicles import Vehicle

TINY_M = 1e-6
"""Least length of a driveway to SciPy, to which one of none is none. [m]"""


class DrivenWay(NamedTuple):
    """
    A stretch of a way that is driven.

    Attributes
    ----------
    number
        Its number in the extract.
    refs, lonlat
        Its nodes, and where they are. [°]
    passage
        How it is driven.
    name, ref
        Its name, and the number of its road.
    """

    number: int
    refs: NDArray[np.int64]
    lonlat: NDArray[np.float64]
    passage: Passage
    name: str
    ref: str


class Rails(NamedTuple):
    """Nodes of railways on which trains run, and of those in streets."""

    heavy: set[int]
    in_streets: set[int]


class _Vertices(NamedTuple):
    """Nodes of all ways, one way after the other."""

    refs: NDArray[np.int64]
    lonlat: NDArray[np.float64]
    way: NDArray[np.int64]
    begins: NDArray[np.bool_]
    """Whether a way, or what is left of it beyond a barrier, begins there."""


def network_of(
    ways: list[DrivenWay],
    *,
    met: dict[int, Met],
    rails: Rails,
    rules: list[TurnRule],
    numbers: dict[int, int],
    vehicle: Vehicle,
    tally: Counts,
    source: str,
) -> RoadNetwork:
    """
    Cut ways at the nodes they share, and build the network.

    Parameters
    ----------
    ways
        What is driven.
    met
        What is met at nodes, by number.
    rails
        Nodes of railways: a level crossing of a tram costs no wait.
    rules
        Turns that are restricted.
    numbers
        The number that a renumbered node has in the file.
    vehicle
        Who drives.
    tally
        Takes what was met; it becomes the notes.
    source
        What to name in footers.
    """
    whole = _laid_out(ways)
    lane = np.array(["only fire_lane" in w.passage.told for w in ways])
    here = _met_on(whole, met, lane[whole.way], tally)
    fresh = _fresh_numbers(whole.refs, numbers)
    vertices = _parted(whole, [ref for ref, thing in here.items() if thing.shut], fresh, tally)
    to_doors = np.array([bool(w.passage.features & Feature.TO_DOORS) for w in ways])
    if to_doors.any():
        vertices = _closed_to_through_traffic(vertices, to_doors[vertices.way], fresh)
    refs, lonlat = vertices.refs, vertices.lonlat
    ends = np.append(np.flatnonzero(vertices.begins)[1:] - 1, len(refs) - 1)
    # Lengths are true on the ground: the projection's scale is taken out by measuring on the ellipsoid.
    length_m = step_lengths_m(lonlat)
    length_m[ends[:-1]] = 0.0
    along_m = np.concatenate(([0.0], np.cumsum(length_m)))
    ids, at_first, index, uses = np.unique(refs, return_index=True, return_inverse=True, return_counts=True)
    wait_s = _waits(vertices, here, along_m, _arms(vertices, index), rails, tally)
    # A junction is a node used twice, the end of a way, or where time is lost.
    cut = (uses[index] > 1) | vertices.begins | (wait_s > 0)
    cut[ends] = True
    cuts = np.flatnonzero(cut)
    begins, stops = cuts[:-1], cuts[1:]
    inside = ~vertices.begins[stops]
    begins, stops = begins[inside], stops[inside]
    way = vertices.way[begins]
    street_m = along_m[stops] - along_m[begins]
    crs = metric_crs(lonlat[:, 0], lonlat[:, 1])
    xy = project(lonlat, source=WGS84, target=crs)
    span = stops - begins + 1
    vertex = np.repeat(begins - np.concatenate(([0], np.cumsum(span)[:-1])), span) + np.arange(span.sum())
    lines = shapely.linestrings(xy[vertex], indices=np.repeat(np.arange(len(span)), span))
    kph = np.array([(w.passage.forward_kph, w.passage.backward_kph) for w in ways])[way]
    along_s = np.nan_to_num(street_m[:, None] / (kph / KPH_PER_MPS), nan=np.inf)
    highway = np.array([w.passage.highway for w in ways])[way]
    control = _controls(vertices, here, along_m, begins, stops, highway)
    drawn = DrawnStreets(
        way=np.array([w.number for w in ways])[way],
        first=refs[begins],
        last=refs[stops],
        begins=_heading(xy, begins, begins + 1),
        ends=_heading(xy, stops - 1, stops),
        open_to=np.isfinite(along_s),
    )
    banned = banned_turns(rules, drawn, tally)
    junction = np.unique(index[cuts])
    place = np.full(len(ids), -1, dtype=np.int64)
    place[junction] = np.arange(len(junction))
    lost_s = np.zeros(len(ids))
    np.maximum.at(lost_s, index, wait_s)
    node_ids = ids[junction].astype(object)
    if numbers:
        node_ids = np.array([numbers.get(node, node) for node in node_ids.tolist()], dtype=object)
    return build_network(
        crs=crs,
        node_ids=node_ids,
        node_xy_m=xy[at_first[junction]],
        first=place[index[begins]],
        last=place[index[stops]],
        length_m=street_m,
        there_s=along_s[:, 0],
        back_s=along_s[:, 1],
        lines=np.asarray(lines),
        highway=highway,
        street_name=np.array([w.name for w in ways])[way],
        source=source,
        notes=(*said_of(vehicle), *sentences(tally)),
        street_ref=np.array([w.ref for w in ways])[way],
        features=np.array([w.passage.features for w in ways], dtype=np.uint16)[way],
        control=control,
        wait_s=lost_s[junction],
        banned=banned,
        vehicle=vehicle,
    )


def _laid_out(ways: list[DrivenWay]) -> _Vertices:
    """Nodes of all ways; one that is named twice in a row is one, unless the way has no other."""
    sizes = np.array([len(w.refs) for w in ways])
    begins = np.zeros(sizes.sum(), dtype=bool)
    begins[np.concatenate(([0], np.cumsum(sizes)[:-1]))] = True
    refs = np.concatenate([w.refs for w in ways])
    way = np.repeat(np.arange(len(ways)), sizes)
    new = begins | np.append(True, refs[1:] != refs[:-1])
    new |= np.bincount(way, weights=new)[way] == 1
    lonlat = np.concatenate([w.lonlat for w in ways])
    return _Vertices(refs[new], lonlat[new], way[new], begins[new])


def _met_on(vertices: _Vertices, met: dict[int, Met], on_lane: NDArray[np.bool_], tally: Counts) -> dict[int, Met]:
    """What is met on ways that are driven, some of them kept open for engines alone; each is told once."""
    known = np.fromiter(met, dtype=np.int64, count=len(met))
    here = {int(ref): met[int(ref)] for ref in np.intersect1d(vertices.refs, known)}
    for ref in np.setdiff1d(vertices.refs[on_lane], vertices.refs[~on_lane]).tolist():
        thing = here.get(ref)
        if thing is not None and thing.on_a_lane_s is not None:
            here[ref] = Met(wait_s=thing.on_a_lane_s, told=thing.told.replace("barrier", "passed", 1))
    for thing in here.values():
        if thing.told and not thing.crossing:
            tally.add(thing.told)
    return here


def _parted(vertices: _Vertices, shut: list[int], fresh: Callable[[int], int], tally: Counts) -> _Vertices:
    """
    Part ways at what bars them: on either side a node of its own stands at the same place, and nothing passes.

    Where three streets or more meet, a barrier cannot stand across all of them: those that run on are open, and those
    that end there are shut off.
    """
    if not shut:
        return vertices
    refs = vertices.refs.copy()
    last = np.append(vertices.begins[1:], True)
    spots: defaultdict[int, list[int]] = defaultdict(list)
    for at_ref in np.flatnonzero(np.isin(refs, np.array(shut, dtype=np.int64))).tolist():
        spots[int(refs[at_ref])].append(at_ref)
    doubled: list[int] = []
    for ref, at in spots.items():
        within = [spot for spot in at if not (vertices.begins[spot] or last[spot])]
        ending = [spot for spot in at if vertices.begins[spot] or last[spot]]
        if 2 * len(within) + len(ending) > 2 and within:
            tally.add("on a junction")
        elif within:
            doubled += within
        else:
            ending = ending[1:]
        for spot in ending:
            refs[spot] = fresh(ref)
    again = np.sort(np.array(doubled, dtype=np.int64))
    new_refs = np.insert(refs, again + 1, [fresh(int(refs[spot])) for spot in again])
    begins = np.insert(vertices.begins, again + 1, True)
    lonlat = np.insert(vertices.lonlat, again + 1, vertices.lonlat[again], axis=0)
    return _Vertices(new_refs, lonlat, np.insert(vertices.way, again + 1, vertices.way[again]), begins)


def _fresh_numbers(refs: NDArray[np.int64], numbers: dict[int, int]) -> Callable[[int], int]:
    """Give numbers for the other sides of barriers: that of the node with a minus, if no other node has it."""
    taken = {*refs[refs < 0].tolist(), *numbers.values()}

    def fresh(ref: int) -> int:
        number = -abs(numbers.get(ref, ref))
        while number in taken:
            number = min(taken) - 1
        taken.add(number)
        return number

    return fresh


def _closed_to_through_traffic(vertices: _Vertices, door: NDArray[np.bool_], fresh: Callable[[int], int]) -> _Vertices:
    """
    Part driveways in their middle where they lead from one street to another: to the doors on them, not through.

    Each place on them is reached from the street that is nearest along driveways; where two such parts meet, a driveway
    is cut.
    """
    _, index, uses = np.unique(vertices.refs, return_inverse=True, return_counts=True)
    last = np.append(vertices.begins[1:], True)
    cuts = np.flatnonzero(door & ((uses[index] > 1) | vertices.begins | last))
    inside = ~vertices.begins[cuts[1:]] & (vertices.way[cuts[:-1]] == vertices.way[cuts[1:]])
    begins, stops = cuts[:-1][inside], cuts[1:][inside]
    along_m = np.concatenate(([0.0], np.cumsum(step_lengths_m(vertices.lonlat))))
    nodes, ends = np.unique(np.concatenate([index[begins], index[stops]]), return_inverse=True)
    first, stop = ends[: len(begins)], ends[len(begins) :]
    on_streets = np.bincount(index, weights=~door) > 0
    owner = _nearest_gate(first, stop, along_m[stops] - along_m[begins], np.flatnonzero(on_streets[nodes]))
    through = np.flatnonzero(owner[first] != owner[stop])
    at, refs, starts, lonlat = [], [], [], []
    for begin, end in zip(begins[through].tolist(), stops[through].tolist(), strict=True):
        half_m = (along_m[begin] + along_m[end]) / 2
        middle = begin + 1 + int(np.argmin(np.abs(along_m[begin + 1 : end] - half_m))) if end - begin > 1 else -1
        if middle < 0:  # a straight one, with nothing but its ends
            at.append(begin + 1)
            refs.append(fresh(int(vertices.refs[begin])))
            starts.append(False)
            lonlat.append(vertices.lonlat[[begin, end]].mean(axis=0))
        at.append(begin + 1 if middle < 0 else middle + 1)
        refs.append(fresh(int(vertices.refs[middle if middle >= 0 else begin])))
        starts.append(True)
        lonlat.append(lonlat[-1] if middle < 0 else vertices.lonlat[middle])
    if not at:
        return vertices
    way = vertices.way[np.array(at) - 1]
    return _Vertices(
        np.insert(vertices.refs, at, refs),
        np.insert(vertices.lonlat, at, np.array(lonlat), axis=0),
        np.insert(vertices.way, at, way),
        np.insert(vertices.begins, at, starts),
    )


def _nearest_gate(
    first: NDArray[np.int64], last: NDArray[np.int64], length_m: NDArray[np.float64], gates: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Of every node on driveways the place where they leave the streets that is nearest along them; -9999: none."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - slow to import
    from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415

    n = int(max(first.max(initial=0), last.max(initial=0))) + 1
    if not len(gates) or not len(first):
        return np.full(n, -9999)
    order = np.argsort(length_m, kind="stable")
    _, kept = np.unique(np.sort(np.stack([first, last], axis=1)[order], axis=1), axis=0, return_index=True)
    rows = order[kept]  # of driveways between the same two nodes the shorter
    graph = csr_array((np.maximum(length_m[rows], TINY_M), (first[rows], last[rows])), shape=(n, n))
    found = dijkstra(graph, directed=False, indices=gates, min_only=True, return_predecessors=True)
    return np.asarray(found[2], dtype=np.int64)


def _spots(vertices: _Vertices, here: dict[int, Met]) -> list[tuple[int, Met]]:
    """Places along the ways where something is met, in order."""
    at = np.flatnonzero(np.isin(vertices.refs, np.fromiter(here, dtype=np.int64, count=len(here))))
    return [(int(spot), here[int(vertices.refs[spot])]) for spot in at]


def _arms(vertices: _Vertices, index: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many streets meet at the node of each vertex."""
    last = np.append(vertices.begins[1:], True)
    at_vertex = 2 - vertices.begins.astype(int) - last.astype(int)
    return np.asarray(np.bincount(index, weights=at_vertex).astype(int)[index])


def _waits(
    vertices: _Vertices,
    here: dict[int, Met],
    along_m: NDArray[np.float64],
    arms: NDArray[np.int64],
    rails: Rails,
    tally: Counts,
) -> NDArray[np.float64]:
    """Time lost at each vertex; of level crossings close together on one way at the first alone. [s]"""
    wait_s = np.zeros(len(vertices.refs))
    crossed: dict[int, float] = {}
    waited: dict[int, bool] = {}
    junctions = np.flatnonzero(arms > THROUGH)
    for spot, thing in _spots(vertices, {ref: thing for ref, thing in here.items() if thing.wait_s}):
        if not thing.crossing:
            wait_s[spot] = thing.wait_s
            continue
        ref, way = int(vertices.refs[spot]), int(vertices.way[spot])
        if ref not in waited:
            near = along_m[spot] - crossed.get(way, -np.inf) < ONE_CROSSING_M
            alone = ref not in rails.heavy and not thing.guarded
            of_a_tram = alone and (ref in rails.in_streets or _near_junction(vertices, spot, along_m, junctions))
            waited[ref] = not near and not of_a_tram
            if of_a_tram:
                tally.add("tram crossing")
                continue
            crossed[way] = along_m[spot]
            tally.n[thing.told] += waited[ref]
        wait_s[spot] = thing.wait_s if waited[ref] else 0.0
    return wait_s


def _near_junction(vertices: _Vertices, spot: int, along_m: NDArray[np.float64], junctions: NDArray[np.int64]) -> bool:
    """Tell whether a vertex lies at a junction, or so near to one on its way that what it crosses runs in a street."""
    place = np.searchsorted(junctions, spot)
    around = junctions[max(place - 1, 0) : place + 1]
    same = vertices.way[around] == vertices.way[spot]
    return bool((np.abs(along_m[around[same]] - along_m[spot]) < APPROACH_M).any())


def _controls(
    vertices: _Vertices,
    here: dict[int, Met],
    along_m: NDArray[np.float64],
    begins: NDArray[np.int64],
    stops: NDArray[np.int64],
    highway: NDArray[np.str_],
) -> NDArray[np.uint8]:
    """What is met at the end of each street, driven as drawn and back; what stands within it counts at its end."""
    control = np.zeros((len(begins), 2), dtype=np.uint8)
    rank = {name: place for place, name in enumerate(class_speeds())}
    lesser: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for spot, thing in _spots(vertices, {ref: thing for ref, thing in here.items() if thing.control}):
        arriving = int(np.searchsorted(stops, spot))  # the street that ends there, or goes on over it
        ends_there = arriving < len(stops) and stops[arriving] == spot
        leaving = int(np.searchsorted(begins, spot))
        begins_there = leaving < len(begins) and begins[leaving] == spot
        if not ends_there and not begins_there:
            if arriving < len(stops) and begins[arriving] < spot:
                for end in _ends_meant(
                    thing, along_m[spot] - along_m[begins[arriving]], along_m[stops[arriving]] - along_m[spot]
                ):
                    _stands(control, arriving, end, thing.control)
            continue
        at = [(arriving, 0)] if ends_there and thing.direction != "backward" else []
        at += [(leaving, 1)] if begins_there and thing.direction != "forward" else []
        for street, end in at:
            if thing.minor:
                place = rank.get(str(highway[street]).removesuffix("_link"), len(rank))
                lesser[int(vertices.refs[spot])].append((place, street, end))
            else:
                _stands(control, street, end, thing.control)
    for ref, ends in lesser.items():
        best = min(place for place, _, _ in ends)
        for place, street, end in ends:
            if place > best or all(other == best for other, _, _ in ends):
                _stands(control, street, end, here[ref].control)
    return control


def _ends_meant(thing: Met, from_first_m: float, to_last_m: float) -> tuple[int, ...]:
    """At which ends of a street something counts that stands within it: 0 as driven as drawn, 1 as driven back."""
    if thing.direction:
        return (0,) if thing.direction == "forward" else (1,)
    nearer = 0 if to_last_m <= from_first_m else 1
    both = thing.control == Control.SIGNALS and min(from_first_m, to_last_m) > APPROACH_M
    return (0, 1) if both else (nearer,)


def _stands(control: NDArray[np.uint8], street: int, end: int, kind: int) -> None:
    """Put something at the end of a street; signals go before signs, and a stop before giving way."""
    there = control[street, end]
    control[street, end] = kind if there == Control.NONE else min(there, kind)


def _heading(xy: NDArray[np.float64], tail: NDArray[np.int64], head: NDArray[np.int64]) -> NDArray[np.float64]:
    """Direction from one vertex to another. [°, anticlockwise from east]"""
    dx, dy = (xy[head] - xy[tail]).T
    return np.asarray(np.degrees(np.arctan2(dy, dx)))
