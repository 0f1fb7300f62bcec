"""The parts into which a network falls: what lies on each, which stations stand there, and what would join them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan import _kernel as kernel
from fireplan import wording
from fireplan._checked import takes
from fireplan.crs import WGS84, reproject
from fireplan.errors import quoted
from fireplan.roads._snapping import nearest
from fireplan.scenario import counted_columns, held
from fireplan.travel._places import places, station_places

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Scenario
    from fireplan.travel._places import Places

SMALLEST_REACH = 0.05
"""A station that reaches a smaller share of the network than this is named: it stands on an island, or by mistake."""

PEOPLE = ("population", "dwellings", "households", "incidents")
"""What lives on a part is told by the first of these that is counted."""


@takes
def network_parts(scenario: Scenario) -> gpd.GeoDataFrame:
    """
    Tell the parts of the roads that no street joins, what lies on each, and how near it comes to the next.

    Parameters
    ----------
    scenario
        Whose roads, stations and zones. One-way and closed streets join as others do.

    Returns
    -------
    By `part`, 0 that with most street: its lines in WGS 84; `streets`, `street_km` [km] and its share of all,
    `share_of_km`; `stations`, those that are open there; of each weight of the zones how much lies there, under its
    name; `gap_m`, how near it comes to a part with more street [m], that one's number, `nearest_part` (-1: there is
    none), and the streets between which the gap lies, `street` and `nearest_street`. A gap of 0 m is a crossing that
    is not joined: a bridge, or a fault of the drawing.

    Examples
    --------
    >>> import fireplan as fp
    >>> parts = fp.travel.network_parts(fp.examples.line_town())
    >>> parts[["street_km", "stations"]].round(1).to_dict("records")
    [{'street_km': 4.4, 'stations': 1}]
    """
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    roads = scenario.roads
    of_street = roads.part[roads.first]
    n = int(of_street.max(initial=0)) + 1
    km = np.bincount(of_street, weights=roads.length_m, minlength=n) / 1000
    lines = roads.streets.geometry.to_numpy()
    by_part = np.argsort(of_street, kind="stable")
    whole = shapely.multilinestrings(lines[by_part], indices=of_street[by_part])
    columns: dict[str, object] = {
        "streets": np.bincount(of_street, minlength=n),
        "street_km": km,
        "share_of_km": km / max(km.sum(), 1e-9),
        "stations": np.bincount(of_street[station_places(scenario).on_road.street], minlength=n),
    }
    for name in counted_columns(scenario):
        columns[name] = _on_parts(scenario, name, n)
    columns |= _gaps(roads, lines, of_street, n)
    table = gpd.GeoDataFrame(columns, geometry=whole, crs=roads.crs, index=pd.RangeIndex(n, name="part"))
    return reproject(table, WGS84)


def _on_parts(scenario: Scenario, weight: str, n: int) -> NDArray[np.float64]:
    """How much of a weight of the zones lies on each part; what is off the road lies on none."""
    roads = scenario.roads
    street = places(scenario, "zones").on_road.street
    here = street >= 0
    value = np.nan_to_num(held(scenario).zones[weight].to_numpy(float, na_value=np.nan))
    return np.bincount(roads.part[roads.first[street[here]]], weights=value[here], minlength=n).astype(float)


def _gaps(
    roads: RoadNetwork, lines: NDArray[np.object_], of_street: NDArray[np.int32], n: int
) -> dict[str, NDArray[np.generic]]:
    """How near each part comes to one with more street, and by which streets."""
    gap_m, other = np.full(n, np.nan), np.full(n, -1)
    own_street, its_street = np.full(n, "", dtype=object), np.full(n, "", dtype=object)
    tree = shapely.STRtree(lines)
    order = np.argsort(of_street, kind="stable")
    begins = np.searchsorted(of_street[order], np.arange(n + 1))
    for part in range(1, n):
        mine = order[begins[part] : begins[part + 1]]
        larger = of_street < part
        ends_m = shapely.get_coordinates(lines[mine])
        near_m = nearest(roads, ends_m, limit_m=np.inf, allowed=larger).offset_m.min()
        # Lines that do not cross are nearest at a vertex of either: of theirs it may be nearer still.
        row, theirs = tree.query(lines[mine], predicate="dwithin", distance=near_m + 1.0)
        row, theirs = row[larger[theirs]], theirs[larger[theirs]]
        if not len(row):
            continue
        away_m = shapely.distance(lines[mine[row]], lines[theirs])
        least = int(np.argmin(away_m))
        gap_m[part], other[part] = away_m[least], of_street[theirs[least]]
        own_street[part], its_street[part] = roads.called[mine[row[least]]], roads.called[theirs[least]]
    return {"gap_m": gap_m, "nearest_part": other, "street": own_street, "nearest_street": its_street}


def small_part_notes(scenario: Scenario) -> list[str]:
    """Say which open stations reach next to nothing, and what lives on the part on which they stand."""
    roads, starts = scenario.roads, station_places(scenario)
    notes = []
    length_m = np.bincount(roads.part[roads.first], weights=roads.length_m)
    mend = "check its place, or whether a connecting road is missing"
    for station, street, share in zip(starts.ids, starts.on_road.street, reached_shares(scenario, starts), strict=True):
        part = roads.part[roads.first[street]]
        of_km = length_m[part] / length_m.sum()
        if share >= SMALLEST_REACH and of_km >= SMALLEST_REACH:
            continue
        if of_km < SMALLEST_REACH:
            notes.append(
                f"station {quoted(station)} stands on a part that holds {wording.share(of_km)} of the streets and"
                f" reaches nothing else: {_living_on(scenario, int(part))}; {mend}"
            )
        else:
            notes.append(
                f"station {quoted(station)} reaches {wording.share(share)} of the network: the streets by which it"
                f" leaves are one-way, or shut; {mend}"
            )
    return notes


def part_notes(scenario: Scenario) -> list[str]:
    """Say how much of the demand lies on parts of the roads on which no station stands."""
    roads = scenario.roads
    n = int(roads.part.max(initial=0)) + 1
    weight = _told_by(scenario)
    if n == 1 or weight is None:
        return []
    served = np.zeros(n, dtype=bool)
    served[roads.part[roads.first[station_places(scenario).on_road.street]]] = True
    living = _on_parts(scenario, weight, n)
    without = ~served & (living > 0)
    if not without.any():
        return []
    alone = "1 part of the roads that is" if without.sum() == 1 else f"{without.sum()} parts of the roads that are"
    lost, whole = living[without].sum(), wording.count(living.sum())
    note = f"no station stands on {alone} joined to no other: {_counted(lost, weight)} of {whole} live there"
    return [f"{note} and are reached by nobody"]


def _living_on(scenario: Scenario, part: int) -> str:
    """Say what lives on a part, by the first weight that is counted, or by zones."""
    weight = _told_by(scenario)
    if weight is not None:
        value = _on_parts(scenario, weight, part + 1)[part]
        return f"{_counted(value, weight)} there are reached from it alone"
    street = places(scenario, "zones").on_road.street
    zones = int((scenario.roads.part[scenario.roads.first[street[street >= 0]]] == part).sum())
    return f"{wording.counted(zones, 'zone')} there {'is' if zones == 1 else 'are'} reached from it alone"


def _told_by(scenario: Scenario) -> str | None:
    counted = counted_columns(scenario)
    return next((name for name in (*PEOPLE, *counted) if name in counted), None)


def _counted(value: float, weight: str) -> str:
    return wording.counted(value, "person", "people") if weight == "population" else f"{wording.count(value)} {weight}"


def reached_shares(scenario: Scenario, starts: Places) -> NDArray[np.float64]:
    """Share of the network that an engine reaches from each place; from 5 % on it is not followed further."""
    roads, fingerprint = scenario.roads, scenario.roads.fingerprint
    most = int(np.ceil(SMALLEST_REACH * roads.n_nodes))

    def reached(place: int) -> int:
        street, along = starts.on_road.street[place : place + 1], starts.on_road.along[place : place + 1]

        def count() -> int:
            entered = np.concatenate(roads.routing.nodes_entered(street, along))
            return kernel.count_reached(roads.graph, entered[entered >= 0], most=most)

        return scenario.memo.get(("reaches", fingerprint, int(street[0]), float(along[0])), count)

    return np.array([reached(place) for place in range(len(starts.ids))]) / max(roads.n_nodes, 1)
