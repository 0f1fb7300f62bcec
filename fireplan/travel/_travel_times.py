"""Driving times from stations; what was solved once is not solved again."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import _kernel as kernel
from fireplan import wording
from fireplan._checked import takes
from fireplan._former_names import former_argument
from fireplan._limits import last_within
from fireplan._memory import check_room
from fireplan.errors import InputError, UnknownIdError, quoted
from fireplan.progress import on_threads
from fireplan.scenario import held
from fireplan.travel._clock import start_times
from fireplan.travel._places import Places, places, station_places

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    import xarray as xr
    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Scenario


BYTES, NODE_BYTES = 4, 8
"""What a time takes, and a node that is reached with its time."""

KEPT_SHARE = 0.25
"""Of the memory that results may take, how much the rows of one question may."""


class Reach(NamedTuple):
    """States of the routing that an origin reaches, nodes mostly, and the time to each. [s]"""

    nodes: NDArray[np.int32]
    node_s: NDArray[np.float32]


@former_argument("within_s", now="cutoff_s")
@takes
def node_times(roads: RoadNetwork, node: object, *, cutoff_s: float = np.inf) -> pd.Series[float]:
    """
    Driving times from one node to all others.

    Parameters
    ----------
    roads
        The network.
    node
        Id of the node, as in `roads.nodes`; a number will do where ids are text, as GraphML has them, and the other
        way round.
    cutoff_s
        Nodes farther than this are left out. [s]

    Returns
    -------
    `travel_s` by `osmid` [s], of the nodes that are reached.
    """
    found = np.flatnonzero(roads.node_ids == node) if np.isscalar(node) else np.array([], dtype=np.int64)
    if len(found) == 0 and np.isscalar(node):
        found = np.flatnonzero(np.array([str(i) for i in roads.node_ids]) == str(node))
    if len(found) == 0:
        raise UnknownIdError("node", node, roads.node_ids[:1000])
    routing = roads.routing
    seeds = routing.from_nodes(found[:1], owner=np.zeros(1, dtype=np.int64))
    curve = roads.curve
    limit_s = max(curve.added_s(last_within(cutoff_s), curve.start_s), 0.0)
    reached = kernel.reach(routing.graph, seeds.node, seeds.spent_s, limit_s=limit_s, corners=True)
    nodes, node_s = routing.at_nodes(*reached)
    times = pd.Series(
        curve.clock_s(node_s, curve.start_s), index=pd.Index(roads.node_ids[nodes], name="osmid"), name="travel_s"
    )
    return times.sort_index()


@former_argument("within_s", now="cutoff_s")
@takes
def travel_times(
    scenario: Scenario, *, to: str = "zones", cutoff_s: float = np.inf, periods: bool | Sequence[str] = False
) -> xr.DataArray:
    """
    Driving times from every open station to every zone or incident.

    Parameters
    ----------
    scenario
        Stations, roads and places. Units are not looked at.
    to
        "zones" or "incidents".
    cutoff_s
        Places farther than this count as not reached. [s]
    periods
        True: one after the other for each of `scenario.roads.periods`, and last for the rest of the week, if any is
        left; or the names of those that are asked for. False: as the network is driven, without periods.

    Returns
    -------
    `travel_s` with dims (station_id, zone_id) or (station_id, incident_id), float32 [s]; with `periods` a dim `period`
    before them. inf: cannot be reached, or lies off the road; NaN: its place is not known.

    Raises
    ------
    InputError, UnknownIdError
        If periods are asked for and the network has none, or none of that name.

    Notes
    -----
    From the street in front of the station to the street at the place, along streets in the directions they may be
    driven. What lies between a place and its street adds nothing.
    """
    import xarray as xr  # noqa: PLC0415 - slow to import

    if to not in {"zones", "incidents"}:
        raise InputError(f"to is {quoted(to)}: ask for 'zones' or 'incidents'")
    if periods is not False:
        names = scenario.roads.period_names if periods is True else list(periods)
        if not names:
            raise InputError("periods is an empty list: name some, or write True for all")
        driven = [scenario.during(name, incidents=False) for name in names]
        each = [travel_times(one, to=to, cutoff_s=cutoff_s) for one in driven]
        return xr.concat(each, dim=pd.Index(names, name="period"))
    ends = places(scenario, to)
    starts = station_places(scenario)
    times = time_rows(scenario, ends, starts=starts, cutoff_s=cutoff_s).copy()
    tables = held(scenario)
    table = tables.zones if to == "zones" else tables.incidents
    unknown = (table.geometry.isna() | table.geometry.is_empty).to_numpy()  # type: ignore[union-attr]
    times[:, unknown] = np.nan
    coords = {"station_id": starts.ids.to_numpy(), f"{to[:-1]}_id": ends.ids.to_numpy()}
    return xr.DataArray(times, coords=coords, dims=list(coords), name="travel_s", attrs={"units": "s"})


@former_argument("within_s", now="cutoff_s")
@takes
def time_rows(
    scenario: Scenario,
    ends: Places,
    *,
    starts: Places | None = None,
    cutoff_s: float = np.inf,
    later_s: NDArray[np.floating] | None = None,
) -> NDArray[np.float32]:
    """
    Times from every open station to a set of places, as a plain array.

    Parameters
    ----------
    scenario
        Whose stations and roads.
    ends
        Where to; see `places`.
    starts
        Where from; left out: the open stations.
    cutoff_s
        Places farther than this count as not reached. [s]
    later_s
        What is waited for at each start besides; left out: nothing. [s]

    Returns
    -------
    Starts x places, inf where not reached. [s] Rows solved before are taken from the scenario's memory, so a what-if
    solves only the stations that are new.
    """
    starts = station_places(scenario) if starts is None else starts
    origins = list(zip(starts.on_road.street.tolist(), starts.on_road.along.tolist(), strict=True))
    shape = len(origins), len(ends.ids)
    room = BYTES * shape[0] * shape[1]
    check_room(
        room,
        what=f"times from {wording.counted(shape[0], 'place')} to {wording.count(shape[1])}",
        mend="ask of fewer at a time, or `candidate_times`, which keeps only those within a limit",
    )
    rows = np.empty(shape, dtype=np.float32)
    # Rows that would push one another out of the memory are not put there; nor is what the search found at nodes.
    keep = room <= KEPT_SHARE * scenario.memo.limit_bytes
    keep_reach = NODE_BYTES * scenario.roads.routing.n_states * shape[0] <= KEPT_SHARE * scenario.memo.limit_bytes

    curve, start_s = scenario.roads.curve, start_times(scenario, starts) + (0.0 if later_s is None else later_s)
    start_s = np.maximum(start_s, 0.0)
    added_s = [curve.added_s(last_within(cutoff_s), begins_s) for begins_s in start_s.tolist()]
    limit_s = [max(s, 0.0) for s in added_s]

    def solve(i: int) -> None:
        key = _row_key(scenario, origins[i], ends, limit_s[i])
        make = partial(_row, scenario, origins[i], ends, limit_s[i], keep=keep_reach)
        row = scenario.memo.get(key, make) if keep else make()
        rows[i] = curve.clock_s(row, float(start_s[i])) if added_s[i] >= 0 else np.inf

    known = [_row_key(scenario, o, ends, s) in scenario.memo for o, s in zip(origins, limit_s, strict=True)]
    if known.count(False) > 1:
        with on_threads(solve, range(len(origins)), what="travel times") as solved:
            deque(solved, maxlen=0)
    else:
        for i in range(len(origins)):
            solve(i)
    return rows


def _row_key(scenario: Scenario, origin: tuple[int, float], ends: Places, cutoff_s: float) -> Hashable:
    """Name a row, which is kept as streets and turns add up."""
    return "row", scenario.roads.fingerprint, origin, ends.key, cutoff_s


def _row(
    scenario: Scenario, origin: tuple[int, float], ends: Places, cutoff_s: float, *, keep: bool
) -> NDArray[np.float32]:
    roads = scenario.roads
    found = reach(scenario, origin, cutoff_s=cutoff_s) if keep else _reach(roads, origin, cutoff_s)
    return kernel.point_times(
        found.nodes,
        found.node_s,
        origin=origin,
        streets=roads.routing.streets,
        points=(ends.on_road.street, ends.on_road.along),
        limit_s=cutoff_s,
        workspace=kernel.Workspace(roads.routing.n_states),
    )


def reach(scenario: Scenario, origin: tuple[int, float], *, cutoff_s: float = np.inf) -> Reach:
    """
    Nodes reached from a point on a street, with what streets and turns add up to there.

    Parameters
    ----------
    scenario
        Whose roads.
    origin
        Street and fraction along it.
    cutoff_s
        Nodes farther than this are left out. [s]
    """
    roads = scenario.roads
    key = "reach", roads.fingerprint, origin, cutoff_s
    return scenario.memo.get(key, lambda: _reach(roads, origin, cutoff_s))


def _reach(roads: RoadNetwork, origin: tuple[int, float], cutoff_s: float) -> Reach:
    street, along = np.array([origin[0]], dtype=np.int32), np.array([origin[1]])
    seeds = roads.routing.seeds(street, along, owner=np.zeros(1, dtype=np.int64))
    return Reach(*kernel.reach(roads.routing.graph, seeds.node, seeds.spent_s, limit_s=cutoff_s, corners=True))
