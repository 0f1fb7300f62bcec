"""Which street's loss delays most people, and which streets have to be kept open."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
import pandas as pd
import shapely

from fireplan import _kernel as kernel
from fireplan import wording
from fireplan._checked import takes
from fireplan._limits import last_within
from fireplan._selection import outline_of
from fireplan.errors import InputError, UnknownIdError, quoted
from fireplan.progress import steps
from fireplan.scenario import USUAL_WEIGHTS, counted_columns, held
from fireplan.travel._first_due import ONE_ENGINE
from fireplan.travel._places import Places, piece_lengths_m, places
from fireplan.travel._suppliers import suppliers_of
from fireplan.travel._turnout import told_turnout_s

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Scenario
    from fireplan.travel._nearest_stations import Origins

TOGETHER = 64
"""Streets that are tried between two looks for an interrupt."""

KINDS_OF_PLACES = ("zones", "incidents", "roads")


@takes
def criticality(  # noqa: PLR0913 - what is counted, from where, and which streets
    scenario: Scenario,
    *,
    to: str = "zones",
    weight: str | None = None,
    limit_s: float | None = None,
    needs: Mapping[str, float] | None = None,
    interval: str = "travel_s",
    stations: Sequence[str] | None = None,
    by: str = "street",
    area: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
    most: int | None = None,
) -> gpd.GeoDataFrame:
    """
    Say of each street how many would be reached later, or not at all, if it were lost.

    Parameters
    ----------
    scenario
        Stations with the units they house, and who is to be reached.
    to
        "zones", "incidents" or "roads" (kilometres of road).
    weight
        Column of the zones that is counted; left out: the first that the scenario counts, such as `population`.
    limit_s
        Say, too, how many are no longer reached within this. [s]
    needs, interval
        As in `first_due`.
    stations
        Only what these are first due to; left out: all of it.
    by
        "street", or "stretch": streets of one name up to the next junction are lost together.
    area
        Only streets that lie there with a part.
    most
        Only so many streets, those with most weight on their quickest ways.

    Returns
    -------
    By `street` (of a stretch its first), the worst first, in the CRS of the roads: `name`, `ref`, `highway`, `length_m`
    [m]; `over`: weight whose quickest way uses it; `delayed`: weight that is reached later without it, `mean_delay_s`
    and `longest_delay_s` of that weight [s], `delay_sum_s`: the sum of weight times delay [s]; `late`: weight no longer
    within `limit_s`, with `limit_s` alone; `cut_off`: weight to which no road leads any more; `on_it`: weight on the
    street itself, which is in none of the others; and a line. `.attrs`: `n` and `unit` of the weight that is reached,
    `kept_open_km` (length of all streets on a quickest way: the ground that must be ploughed or kept open so that every
    first-due way stays as it is), `streets` (how many these are), and `left_out`, sentences on what is not in it.

    Notes
    -----
    Exact: no street is sampled. A street that is on no quickest way changes nothing when it is lost, and is not listed;
    of the others the branch of the tree of quickest ways that hangs on it is searched anew. Places stay on their
    streets: `CloseRoad` would put those of a closed street on the next. A station leaves by its street; if that is
    lost, it cannot set out, and others come. Turns are those of the network; what is lost at junctions stays as it is.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town()
    >>> worst = fp.travel.criticality(town, weight="population").iloc[0]
    >>> float(worst["cut_off"]), float(worst["on_it"])
    (390.0, 10.0)
    """
    if to not in KINDS_OF_PLACES:
        raise InputError(f"to is {quoted(to)}: ask for 'zones', 'incidents' or 'roads'")
    if by not in {"street", "stretch"}:
        raise InputError(f"by is {quoted(by)}: ask for 'street' or 'stretch'")
    ends = places(scenario, to)
    counted = _counted(scenario, to, weight, ends)
    found = suppliers_of(scenario, needs or ONE_ENGINE, interval, once=True)
    if not len(found.origins):
        raise InputError(f"no open station of {quoted(scenario.name)} houses what is needed: nothing sets out")
    roads = scenario.roads
    common_s = told_turnout_s(scenario, interval, needs or ONE_ENGINE)
    problem = _problem(roads, found.origins, ends, counted.weight)
    tree = kernel.quickest_tree(problem.arcs, problem.entries)
    arrival_s, how = kernel.arrivals(tree, problem.ends)
    if stations is not None:
        mine = _of_stations(stations, found.ids, problem, tree, how)
        problem = problem._replace(ends=problem.ends._replace(weight=np.where(mine, problem.ends.weight, 0.0)))
    over = kernel.weight_over(tree, problem.ends, how, roads.n_streets)
    group, streets_of = _stretches(roads) if by == "stretch" else (np.arange(roads.n_streets, dtype=np.int32), None)
    used = over > 0
    if by == "stretch":
        problem = _grouped(problem, group)
        tree = kernel.quickest_tree(problem.arcs, problem.entries)
    most_over = np.zeros(int(group.max(initial=-1)) + 1)
    np.maximum.at(most_over, group, over)
    asked, left_out = _asked(roads, group, most_over, area, most)
    search = kernel.LossSearch(
        problem.arcs, problem.entries, tree, problem.ends, n_groups=len(most_over),
        limit_s=np.inf if limit_s is None else roads.curve.added_s(last_within(limit_s) - common_s),
    )  # fmt: skip
    parts = []
    batches = np.array_split(asked, max(1, -(-len(asked) // TOGETHER)))
    with steps(len(batches), what="streets lost") as step:
        for batch in batches:
            parts.append(search.losses(batch))
            step()
    losses = kernel.Losses(*(np.concatenate(values) for values in zip(*parts, strict=True)))
    table = _table(roads, asked, group, streets_of, most_over, losses, limit_s=limit_s)
    reached = float(problem.ends.weight[np.isfinite(arrival_s)].sum())
    unreached = float(problem.ends.weight.sum()) - reached
    said = counted.left_out
    if not roads.curve.is_straight:
        said = [*said, CURVED]
    if unreached > 0:
        said += [f"{wording.amount(unreached, counted.unit)} are not reached today and are in no figure"]
    table.attrs = {
        "n": reached,
        "unit": counted.unit,
        "streets": int(used.sum()),
        "kept_open_km": float(roads.length_m[used].sum() / 1000),
        "left_out": [*said, *left_out],
    }
    return table


CURVED = (
    "delays are what streets and turns add up to; the curve of calibrated drives makes them a little shorter on long"
)
"""What is told of delays where drives are told by a curve."""


class _Counted(NamedTuple):
    weight: NDArray[np.float64]
    unit: str
    left_out: list[str]


class _Problem(NamedTuple):
    """A search, as the kernel takes it; `entry_origin` and `direct_origin` say whose each entry and way is."""

    arcs: kernel.Arcs
    entries: kernel.Entries
    ends: kernel.Ends
    entry_origin: NDArray[np.int32]
    direct_origin: NDArray[np.int32]


def _counted(scenario: Scenario, to: str, weight: str | None, ends: Places) -> _Counted:
    """What counts at each place, in what unit; what is off the road is told."""
    if to == "roads":
        each, unit = piece_lengths_m(scenario.roads) / 1000, "km of road"
    elif to == "incidents":
        each, unit = np.ones(len(ends.ids)), "incidents"
    else:
        zones = held(scenario).zones
        names = counted_columns(scenario, [] if weight is None else [weight])
        if weight is not None and weight not in names:
            raise UnknownIdError("weight", weight, zones.select_dtypes("number").columns)
        usual = [w for w in (*USUAL_WEIGHTS, *names) if w in names]
        column = weight or (usual[0] if usual else None)
        each = np.ones(len(zones)) if column is None else np.nan_to_num(zones[column].to_numpy(float, na_value=0.0))
        unit = "zones" if column is None else {"population": "people"}.get(column, column)
    if weight is not None and to != "zones":
        raise InputError(f"weight is a column of the zones, and {to} are counted: leave it out")
    off = float(each[ends.on_road.street < 0].sum())
    said = [f"{wording.amount(off, unit)} lie off the road and are in no figure"] if off > 0 else []
    return _Counted(each, unit, said)


def _problem(roads: RoadNetwork, origins: Origins, ends: Places, weight: NDArray[np.float64]) -> _Problem:
    """Lay out the search: each arc with the street it is part of."""
    routing = roads.routing
    seeds = routing.seeds(origins.street, origins.along, owner=np.arange(len(origins)))
    # At a corner an engine is on its way without any street.
    street = np.where(seeds.spent_s > 0, origins.street[seeds.owner], -1)
    entries = kernel.Entries(
        seeds.node.astype(np.int32), seeds.spent_s + origins.later_s[seeds.owner], street.astype(np.int32)
    )
    points, direct_origin = _ends(roads, origins, ends, weight)
    return _Problem(_arcs(roads), entries, points, seeds.owner.astype(np.int32), direct_origin)


def _arcs(roads: RoadNetwork) -> kernel.Arcs:
    """Every arc of a search, with its street; where states are nodes, those beside a quicker one too."""
    routing = roads.routing
    if routing.by_turn:
        graph, streets = routing.graph, routing.streets
        before = np.repeat(np.arange(graph.n_nodes), np.diff(graph.start))
        # Besides the turns each way leads to the corner at its end.
        along_s = np.column_stack([streets.there_s, streets.back_s]).ravel()
        going = np.flatnonzero(np.isfinite(along_s))
        corner = np.column_stack([streets.last, streets.first]).ravel()[going] + streets.nodes_from
        tail, head = np.concatenate([before, going]), np.concatenate([graph.head, corner])
        time_s = np.concatenate([graph.time_s, along_s[going]])
        return kernel.arcs_of(tail, head, time_s, tail >> 1, graph.n_nodes)
    streets = routing.streets
    row = np.arange(roads.n_streets)
    tail, head = np.concatenate([streets.first, streets.last]), np.concatenate([streets.last, streets.first])
    with np.errstate(invalid="ignore"):
        time_s = np.concatenate([streets.there_s + routing.lost_there_s, streets.back_s + routing.lost_back_s])
    going = np.isfinite(time_s) & (tail != head)
    return kernel.arcs_of(tail[going], head[going], time_s[going], np.tile(row, 2)[going], routing.n_states)


def _ends(
    roads: RoadNetwork, origins: Origins, ends: Places, weight: NDArray[np.float64]
) -> tuple[kernel.Ends, NDArray[np.int32]]:
    """Places on the road: over which states each is reached, and from which source without any."""
    routing, on = roads.routing, np.flatnonzero(ends.on_road.street >= 0)
    street, along = ends.on_road.street[on], ends.on_road.along[on]
    streets = routing.streets
    nodes_from = streets.nodes_from
    at_first, at_last = along <= 0.0, along >= 1.0
    first, last = streets.first[street].astype(np.int64), streets.last[street].astype(np.int64)
    if nodes_from:
        first = np.where(at_first, nodes_from + first, 2 * street.astype(np.int64))
        last = np.where(at_last, nodes_from + last, 2 * street.astype(np.int64) + 1)
    with np.errstate(invalid="ignore"):
        more_s = np.column_stack([
            np.where(at_first, 0.0, along * streets.there_s[street]),
            np.where(at_last, 0.0, (1.0 - along) * streets.back_s[street]),
        ])  # fmt: skip
    direct_s = np.full(len(on), np.inf)
    whose = np.full(len(on), -1, dtype=np.int32)
    order = np.argsort(street, kind="stable")
    begins = np.searchsorted(street[order], origins.street)
    stops = np.searchsorted(street[order], origins.street, side="right")
    for i, (begin, stop) in enumerate(zip(begins.tolist(), stops.tolist(), strict=True)):
        mine, s = order[begin:stop], origins.street[i]
        ahead = along[mine] - origins.along[i]
        with np.errstate(invalid="ignore"):
            ways_s = [
                np.where(ahead >= 0, ahead * roads.there_s[s], np.inf),
                np.where(ahead <= 0, -ahead * roads.back_s[s], np.inf),
            ]
        there_s = np.fmin(*ways_s) + origins.later_s[i]
        sooner = there_s < direct_s[mine]
        direct_s[mine[sooner]], whose[mine[sooner]] = there_s[sooner], i
    at = np.where(at_first, 0, np.where(at_last, 1, -1)).astype(np.int8)
    states = np.column_stack([first, last]).astype(np.int32)
    return kernel.Ends(states, more_s, direct_s, street.astype(np.int32), at, weight[on].astype(float)), whose


def _of_stations(
    stations: Sequence[str], ids: pd.Index, problem: _Problem, tree: kernel.Tree, how: NDArray[np.int8]
) -> NDArray[np.bool_]:
    """Say which places some stations are first due to."""
    for station in stations:
        if station not in ids:
            raise UnknownIdError("station that houses what is needed", station, ids)
    ends = problem.ends
    entry = tree.entry[ends.state[np.arange(len(how)), np.clip(how, 0, 1)]]
    origin = np.where(how == 2, problem.direct_origin, problem.entry_origin[entry])
    return np.asarray((how >= 0) & ids.isin(list(stations))[origin])


def _grouped(problem: _Problem, group: NDArray[np.int32]) -> _Problem:
    """Let streets be lost together."""
    named = np.append(group, np.int32(-1))  # no street is no stretch
    arcs, ends = problem.arcs, problem.ends
    return problem._replace(
        arcs=arcs._replace(group=named[arcs.group], back_group=named[arcs.back_group]),
        entries=problem.entries._replace(group=named[problem.entries.group]),
        ends=ends._replace(group=named[ends.group], at=np.full(len(ends.at), -1, dtype=np.int8)),
    )


def _stretches(roads: RoadNetwork) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Join streets of one name that meet where no other does; the stretch of each, and the first street of each."""
    from scipy.sparse import coo_array  # noqa: PLC0415 - slow to import
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    ends = np.concatenate([roads.first, roads.last])
    street = np.tile(np.arange(roads.n_streets), 2)
    order = np.argsort(ends, kind="stable")
    begins = np.searchsorted(ends[order], np.arange(roads.n_nodes))
    two = np.flatnonzero(np.bincount(ends, minlength=roads.n_nodes) == 2)
    one, other = street[order[begins[two]]], street[order[begins[two] + 1]]
    alike = (roads.street_name[one] == roads.street_name[other]) & (roads.street_ref[one] == roads.street_ref[other])
    one, other = one[alike], other[alike]
    joined = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(roads.n_streets,) * 2)
    _, group = connected_components(joined, directed=False)
    _, first = np.unique(group, return_index=True)
    return group.astype(np.int32), first.astype(np.int64)


def _asked(
    roads: RoadNetwork,
    group: NDArray[np.int32],
    over: NDArray[np.float64],
    area: gpd.GeoDataFrame | gpd.GeoSeries | None,
    most: int | None,
) -> tuple[NDArray[np.int64], list[str]]:
    """Choose the streets that are tried, those with most weight over them first; and say what is left out."""
    chosen, said = np.flatnonzero(over > 0), []
    none = len(over) - len(chosen)
    if none:
        said.append(f"{wording.counted(none, 'street')} on no quickest way: their loss changes nothing")
    if area is not None:
        ground = outline_of(area, crs=roads.crs)
        shapely.prepare(ground)
        inside = np.zeros(len(over), dtype=bool)
        inside[group[shapely.intersects(ground, roads.streets.geometry.array)]] = True
        outside = int((~inside[chosen]).sum())
        chosen = chosen[inside[chosen]]
        if outside:
            said.append(f"{wording.counted(outside, 'street')} outside the area named")
    chosen = chosen[np.lexsort((chosen, -over[chosen]))]
    if most is not None:
        if most < 1:
            raise InputError(f"most is {most}: give one street at least, or leave it out")
        if len(chosen) > most:
            said.append(f"{wording.counted(len(chosen) - most, 'street')} with less weight over them than those listed")
        chosen = chosen[:most]
    return chosen, said


def _table(
    roads: RoadNetwork,
    asked: NDArray[np.int64],
    group: NDArray[np.int32],
    first: NDArray[np.int64] | None,
    over: NDArray[np.float64],
    losses: kernel.Losses,
    *,
    limit_s: float | None,
) -> gpd.GeoDataFrame:
    """Write what was found, the worst first."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    row = asked if first is None else first[asked]
    lines = roads.streets.geometry.array
    length_m = np.bincount(group, weights=roads.length_m, minlength=len(over))[asked]
    geometry = lines[row]
    if first is not None:
        members = pd.Series(np.arange(roads.n_streets)).groupby(group).indices
        geometry = [shapely.line_merge(shapely.MultiLineString(list(lines[members[g]]))) for g in asked.tolist()]
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_s = np.where(losses.delayed > 0, losses.delay_s / losses.delayed, 0.0)
    columns = {
        "name": roads.street_name[row].astype(object),
        "ref": roads.street_ref[row].astype(object),
        "highway": roads.highway[row].astype(object),
        "length_m": length_m,
        "over": over[asked],
        "delayed": losses.delayed,
        "mean_delay_s": mean_s,
        "longest_delay_s": losses.longest_s,
        "delay_sum_s": losses.delay_s,
        "late": losses.late,
        "cut_off": losses.cut_off,
        "on_it": losses.on_it,
    }
    if limit_s is None:
        del columns["late"]
    table = gpd.GeoDataFrame(columns, geometry=list(geometry), index=pd.Index(row, name="street"), crs=roads.crs)
    order = np.lexsort((row, -losses.delay_s, -(losses.delayed + losses.cut_off)))
    return cast("gpd.GeoDataFrame", table.iloc[order])
