"""What came out: the counts and coverage figures written down beside the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPoint

from .demand import local
from .details import node_ways, strong_parts
from .faults import RECOGNISED_BY
from .routing import Arcs, TrueTimes, drivable

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from .dispatch import Row
    from .geography import Geography, LocalPlane
    from .network import Network
    from .zones import Addresses, Zones

NOON = 12


@dataclass(frozen=True)
class Reach:
    """
    First-due travel times at noon, without noise, at every address point.

    Attributes
    ----------
    times_s
        One row for each origin (stations, then the proposed one), one column for each point. [s]
    people, homes
        Residents and dwellings at each point.
    """

    times_s: np.ndarray
    people: np.ndarray
    homes: np.ndarray

    def row(self, keep: list[int]) -> dict[str, float]:
        """Return coverage figures if only some origins were open."""
        first = self.times_s[keep].min(axis=0)
        total = self.people.sum()
        rank = np.argsort(first, kind="stable")
        late = np.searchsorted(np.cumsum(self.people[rank]), 0.9 * total)
        return {
            "population_share_within_240_s": float(self.people[first <= 240].sum() / total),
            "population_share_within_300_s": float(self.people[first <= 300].sum() / total),
            "dwellings_outside_300_s": round(float(self.homes[first > 300].sum())),
            "p90_s_by_population": float(first[rank][late]),
        }


def measure_reach(times: TrueTimes, addresses: Addresses, zones: Zones) -> Reach:
    """Spread each zone's people evenly over its address points and time every station to them."""
    count = np.maximum(np.bincount(addresses.zone, minlength=len(zones.shapes)), 1)
    found = times.to_points(addresses.arc, addresses.share, NOON)
    return Reach(found, (zones.population / count)[addresses.zone], (zones.dwellings / count)[addresses.zone])


def gap_table(zones: Zones, addresses: Addresses, reach: Reach, plane: LocalPlane) -> dict[str, Any]:
    """Describe the planted gap: where it is, who lives there, and how long help takes before and after."""
    hill = [k for k, use in enumerate(zones.land_use) if use == "hill suburb"]
    here = np.isin(addresses.zone, hill)
    people = reach.people * here
    centre = (addresses.xy * people[:, None]).sum(axis=0) / people.sum()
    away = np.hypot(*(addresses.xy - centre).T)
    rank = np.argsort(away, kind="stable")
    radius = away[rank][np.searchsorted(np.cumsum(people[rank]), 0.9 * people.sum())]
    outline = shapely.concave_hull(MultiPoint(addresses.xy[here]), ratio=0.25).buffer(30).simplify(25)
    today, after = reach.times_s[:-1].min(axis=0), reach.times_s.min(axis=0)
    return {
        "name": "Loma Alta",
        "centroid": plane.degrees(centre).round(6).tolist(),
        "radius_m_holding_90_percent": round(float(radius)),
        "population": int(zones.population[hill].sum()),
        "dwellings": int(zones.dwellings[hill].sum()),
        "first_due_s_today": [round(float(v)) for v in np.percentile(today[here], [5, 50, 95])],
        "first_due_s_with_station_8": [round(float(v)) for v in np.percentile(after[here], [5, 50, 95])],
        "population_share_within_240_s_today": float(people[today <= 240].sum() / people.sum()),
        "population_share_within_240_s_with_station_8": float(people[after <= 240].sum() / people.sum()),
        "outline": plane.degrees(np.asarray(outline.exterior.coords)).round(5).tolist(),
    }


def network_table(net: Network, arcs: Arcs, geography: Geography) -> dict[str, Any]:
    """Count nodes, ways, kilometres and bridges."""
    ways = drivable(net, arcs.kinds)
    degree = {node: len(found) for node, found in node_ways(ways).items()}
    part = strong_parts(net, ways)
    sizes = np.bincount(part[sorted(degree)])
    tails = np.array([len(set(w.nodes)) for w in ways if w.tags.get("name", "").startswith("Isla Perla")])
    bridges = [LineString([net.xy[n] for n in w.nodes]) for w in ways if "bridge" in w.tags]
    one_way = arcs.twin < 0
    metres = arcs.length_m * np.where(one_way, 1.0, 0.5)
    return {
        "nodes": len({n for w in net.ways for n in w.nodes}),
        "ways": len(net.ways),
        "drivable_nodes": len(degree),
        "drivable_ways": len(ways),
        "junctions_and_dead_ends": sum(d != 2 for d in degree.values()),
        "dead_ends": sum(d == 1 for d in degree.values()),
        "strongly_connected_share": float(sizes.max() / sizes.sum()),
        "nodes_on_the_islet": int(sizes.sum() - sizes.max()),
        "ways_on_the_islet": len(tails),
        "traffic_signals": len(net.node_tags),
        "ways_with_maxspeed_share": float(np.mean(["maxspeed" in w.tags for w in ways])),
        "km": round(float(metres.sum() / 1000), 1),
        "km_by_class": [f"{kind} {metres[arcs.kind == k].sum() / 1000:.1f}" for k, kind in enumerate(arcs.kinds)],
        "bridges_over": [
            f"{name} {sum(pond.intersects(b) for b in bridges)}" for name, pond in geography.lagoons.items()
        ],
    }


def clock_table(rows: list[Row], zone: ZoneInfo) -> dict[str, int]:
    """Count what the change of the clocks does to times that are printed without offset."""
    pairs = (("dispatched", "enroute"), ("enroute", "arrived"), ("arrived", "cleared"), ("received", "dispatched"))
    ambiguous: set[int] = set()
    counts = {"rows_straddling_a_clock_change": 0, **{f"apparent_{b}_before_{a}": 0 for a, b in pairs}}
    for row in rows:
        when = local(row.received, zone)
        other = when.replace(fold=1 - when.fold)
        if when.utcoffset() != other.utcoffset() and (when.month, when.hour) == (11, 1):
            ambiguous.add(row.incident)
        if when.utcoffset() == local(row.cleared, zone).utcoffset():
            continue
        counts["rows_straddling_a_clock_change"] += 1
        for a, b in pairs:
            low, high = getattr(row, a), getattr(row, b)
            if low is not None and high is not None and low <= high:
                naive = [local(t, zone).replace(tzinfo=None) for t in (low, high)]
                counts[f"apparent_{b}_before_{a}"] += naive[1] < naive[0]
    return {"incidents_received_in_a_repeated_hour": len(ambiguous), **counts}


def drawn_table(rows: list[Row], units: dict[str, str]) -> dict[str, Any]:
    """
    Return percentiles of what was drawn for the first of the city's own engines to arrive at each incident.

    Parameters
    ----------
    rows
        The history before faults were planted in it.
    units
        Type of each of the city's own units.

    Returns
    -------
    Incidents answered with lights (priority 1 and 2), and the 50th and 90th percentile (inverted distribution) of
    each interval. [s]
    """
    first: dict[int, Row] = {}
    for row in rows:
        engine = units.get(row.unit_id) == "engine" and row.arrived is not None and row.priority < 3
        if engine and (row.incident not in first or row.arrived < first[row.incident].arrived):
            first[row.incident] = row
    spans = {
        "call_processing_s": ("received", "dispatched"),
        "turnout_s": ("dispatched", "enroute"),
        "travel_s": ("enroute", "arrived"),
        "total_response_s": ("received", "arrived"),
    }
    table: dict[str, Any] = {"of": "first own engine to arrive, priority 1 and 2, before faults", "n": len(first)}
    for name, (begin, end) in spans.items():
        taken = np.array([getattr(row, end) - getattr(row, begin) for row in first.values()])
        found = np.quantile(taken, [0.5, 0.9], method="inverted_cdf")
        table[name] = [int(value) for value in found]
    return table


def fault_tables(counts: dict[str, dict[str, int]]) -> dict[str, dict[str, Any]]:
    """Return a table for each planted fault: its counts and how it is recognised."""
    extra = {
        "cancelled_en_route": "arrived is blank and the narrative begins with CANCELLED EN ROUTE",
        "mutual_aid": "the unit is not in units.csv; its number begins with OCN",
    }
    how = {**RECOGNISED_BY, **extra}
    return {
        f"planted.{kind}": {"fault": kind not in extra, **found, "recognised_by": how[kind]}
        for kind, found in counts.items()
    }
