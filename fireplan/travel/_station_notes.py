"""What somebody should look at: by which street each station leaves, and what it cannot reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan import wording
from fireplan._checked import takes
from fireplan.errors import quoted
from fireplan.roads._snapping import in_crs, nearest
from fireplan.roads._street_names import StreetBook, alike
from fireplan.scenario import held
from fireplan.stations._exit_streets import exit_streets
from fireplan.travel._network_parts import small_part_notes
from fireplan.travel._places import station_places, unfit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Scenario

REVIEW_M = 50.0
"""A station farther than this from its street is named, so that somebody looks. [m]"""


@takes
def station_notes(scenario: Scenario) -> list[str]:
    """
    Say which open stations should be looked at, because of where they were put on the road.

    Parameters
    ----------
    scenario
        Whose stations and roads.

    Returns
    -------
    A sentence for each station that was not put on the nearest street (that is a freeway, in a tunnel, a bridge, or cut
    off; or the station's table names another, or a driveway is drawn), that lies farther than 50 m from its street, or
    whose named street is not near; and one for each that reaches less than 5 % of the network. Distances and street
    names are shown.

    Raises
    ------
    UnreachableStationError
        As `station_places`.
    """
    roads = scenario.roads
    used = station_places(scenario).on_road
    stations = held(scenario).stations
    stations = stations[stations["open"]]
    xy_m = in_crs(roads, stations.geometry)
    near = nearest(roads, xy_m, limit_m=scenario.snap_limit_m)
    notes = []
    for i, (station, named) in enumerate(zip(stations.index, exit_streets(stations), strict=True)):
        street, passed, far = int(used.street[i]), int(near.street[i]), used.offset_m[i]
        put = f"station {quoted(station)} is snapped to {street_words(roads, street)}, {wording.distance(far)} away"
        other = f"{street_words(roads, passed)} at {wording.distance(near.offset_m[i])}"
        if named and not _called(roads, street, named):
            notes.append(f"{put}: {_named_in_vain(scenario, named, xy_m[i : i + 1])}")
        elif street != passed and (named or roads.called[street] != roads.called[passed] or roads.doors.scrap[passed]):
            if named:
                why = f"as its table says; {other} is nearer"
                notes.append(f"{put}, {why}")
            elif roads.is_freeway[passed]:
                notes.append(f"{put}; the nearest street, {other}, is a freeway")
            else:
                notes.append(f"{put}; the nearest street, {other}, {unfit(roads, passed)}")
        elif far > REVIEW_M:
            notes.append(f"{put}: check that it opens on that street")
    return [*notes, *small_part_notes(scenario)]


def street_words(roads: RoadNetwork, street: int) -> str:
    """Call a street by its name, or its number."""
    name = roads.called[street]
    return quoted(name) if name else f"a {roads.highway[street]} street without a name"


def _named_in_vain(scenario: Scenario, named: str, xy_m: NDArray[np.float64]) -> str:
    """Say why a station does not leave by the street its table names: no piece of it is near, or those are closed."""
    roads, limit_m = scenario.roads, scenario.snap_limit_m
    shut = StreetBook(roads).find(named) & ~roads.drivable
    away_m = float(nearest(roads, xy_m, limit_m=limit_m, allowed=shut).offset_m[0])
    if away_m <= limit_m:
        return f"{quoted(named)}, which its table names, is closed there, {wording.distance(away_m)} away"
    return f"no piece of {quoted(named)}, which its table names, lies within {wording.distance(limit_m)} of it"


def _called(roads: RoadNetwork, street: int, named: str) -> bool:
    """Whether a street is called by the name that was given, if by any of it."""
    own = {alike(roads.street_name[street]), *map(alike, roads.street_ref[street].split(";"))} - {""}
    return any(alike(named).endswith(name) for name in own)
