"""What the ways of runs are made of: metres by class of road and turns by kind, along the quickest ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fireplan import _kernel as kernel
from fireplan.roads._turns import street_turns, ways_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.roads import OnRoad, RoadNetwork

DELAYS = ("straight_s", "left_s", "right_s", "u_turn_s", "signal_s", "stop_s", "give_way_s", "roundabout_s")
"""Kinds of turn, by the name of what they cost; the place of each is its bit."""

NOTHING = np.zeros(len(DELAYS))


class RunWays(NamedTuple):
    """
    What of a network does not change with speeds.

    Attributes
    ----------
    classes
        Classes of road that may be driven.
    ways
        Streets by direction and turns, as the kernel takes them; times are those of the network.
    """

    classes: tuple[str, ...]
    ways: kernel.DrivenWays


class Driven(NamedTuple):
    """
    Ways of runs.

    Attributes
    ----------
    km
        EngineRuns x classes. [km]
    turns
        EngineRuns x kinds, in the order of `DELAYS`.
    known_s
        What is lost besides and is not learnt: waits at gates. [s]
    added_s
        What the search added up; inf: no way. [s]
    """

    km: NDArray[np.float64]
    turns: NDArray[np.float64]
    known_s: NDArray[np.float64]
    added_s: NDArray[np.float64]

    def of(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> Driven:
        """Those of some runs."""
        return Driven(*(part[rows] for part in self))


def ways_from(roads: RoadNetwork) -> RunWays:
    """Lay out a network for adding up what ways are made of."""
    streets = ways_of(roads.first, roads.last, roads.there_s, roads.back_s)
    # Each kind of turn costs a power of two, so that what a turn costs says which kinds it is of.
    bits: dict[str, Any] = {name: float(1 << k) for k, name in enumerate(DELAYS)}
    turns = street_turns(
        streets,
        n_nodes=roads.n_nodes,
        xy_m=roads.xy_m,
        offsets=roads.offsets,
        highway=roads.highway,
        features=roads.features,
        control=roads.control,
        banned=roads.banned,
        delays=roads.delays._replace(**bits),
    )
    n_ways = 2 * roads.n_streets
    along_s = np.column_stack([roads.there_s, roads.back_s]).ravel()
    going = np.isfinite(along_s)
    # Whatever may be driven is a class: those that are closed both ways need no speed.
    classes, of_street = np.unique(roads.highway, return_inverse=True)
    used = np.unique(of_street[going[::2] | going[1::2]])
    place = np.zeros(len(classes), dtype=np.int32)
    place[used] = np.arange(len(used))
    kinds = turns.delay_s.astype(np.uint8)
    wait_s = roads.wait_s[streets.head[turns.before]]
    start = np.zeros(n_ways + 1, dtype=np.int32)
    np.cumsum(np.bincount(turns.before, minlength=n_ways), out=start[1:])

    def by_node(node: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        way = np.flatnonzero(going)
        order = np.argsort(node[way], kind="stable")
        begins = np.searchsorted(node[way][order], np.arange(roads.n_nodes + 1))
        return begins.astype(np.int32), way[order].astype(np.int32)

    group = np.repeat(place[of_street], 2)
    ways = kernel.DrivenWays(
        along_s,
        np.repeat(roads.length_m, 2).astype(float),
        group,
        streets.head.astype(np.int32),
        start,
        turns.before,
        turns.after,
        _lost_s(kinds, costs_of(roads)) + wait_s,
        kinds,
        wait_s.astype(float),
        *by_node(streets.head),
        *by_node(streets.tail),
    )
    return RunWays(tuple(str(name) for name in classes[used]), ways)


def costs_of(roads: RoadNetwork) -> NDArray[np.float64]:
    """What each kind of turn costs on a network as it stands, by the names of `DELAYS`. [s]"""
    return NOTHING if roads.turns == "none" else np.array([float(getattr(roads.delays, name)) for name in DELAYS])


def _lost_s(kinds: NDArray[np.uint8], cost: NDArray[np.float64]) -> NDArray[np.float64]:
    """What turns cost, by what they are. [s]"""
    bits = (np.arange(256)[:, None] >> np.arange(len(DELAYS))) & 1
    return np.asarray((bits @ cost)[kinds])


def at_speeds(ways: RunWays, kph: NDArray[np.float64], delay_s: NDArray[np.float64] | None = None) -> RunWays:
    """
    Drive at other speeds.

    Parameters
    ----------
    ways
        A network.
    kph
        By class. [km/h]
    delay_s
        By kind of turn; left out: turns cost nothing. [s]
    """
    old = ways.ways
    along_s = np.where(np.isfinite(old.along_s), old.length_m / kph[old.group] * 3.6, np.inf)
    cost = NOTHING if delay_s is None else delay_s
    return ways._replace(ways=old._replace(along_s=along_s, lost_s=_lost_s(old.kinds, cost) + old.wait_s))


def drive(ways: RunWays, exits: OnRoad, places: OnRoad, leaves_from: NDArray[np.int64]) -> Driven:
    """
    Find the quickest way of each run and add up what it is made of.

    Parameters
    ----------
    ways
        The network, at the speeds by which ways are chosen.
    exits, places
        Where engines leave, and where they are sent.
    leaves_from
        The exit of each run.
    """
    found = kernel.route_sums(
        ways.ways,
        (exits.street, exits.along),
        (places.street, places.along),
        leaves_from,
        n_groups=len(ways.classes),
    )
    return Driven(found.length_m / 1000, found.turns, found.wait_s, found.time_s)
