"""Distribution of companies by road distance, as the Insurance Services Office (ISO) judges it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan._limits import last_within
from fireplan.errors import Faults, InputError, UnknownIdError, listed, quoted
from fireplan.measures._demand_measures import Measure, measures_of
from fireplan.measures._tally import ROUNDING, weighted_percentile
from fireplan.roads._network import by_metres
from fireplan.scenario import counted_columns, on_roads
from fireplan.standards import MILE_M, distance_goals
from fireplan.travel import force_times, places, time_rows
from fireplan.travel._places import station_places
from fireplan.travel._suppliers import suppliers

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Scenario
    from fireplan.standards import DistanceGoal

AREA = "built_upon_km2"
"""Weight that is no column: the area of the zones that are built upon. [km2]"""

LEAST_SHARE = 0.5
"""An engine more is called for where it would serve this share of a standard response district: ISO, Fire Suppression
Rating Schedule, as described in firechief.iso.com ppc4005, an older schedule."""

SHORTEST_M = 1e-3
"""No street is shorter than this. [m]"""


@takes
def by_distance(scenario: Scenario) -> Scenario:
    """
    Let every metre of street take one second.

    Parameters
    ----------
    scenario
        Whose roads.

    Returns
    -------
    The same scenario on the same streets, open in the same directions, in which a time in seconds is a distance in
    metres: whatever finds the quickest way finds the shortest. For measures by road distance only; the memory is
    shared, and results by time stay apart from those by distance.
    """
    roads = scenario.roads

    def make() -> RoadNetwork:
        return by_metres(roads, SHORTEST_M)

    measured = scenario.memo.get(("roads by distance", roads.fingerprint, roads.attribute_fingerprint), make)
    return on_roads(scenario, measured)


@takes
def iso_distribution(
    scenario: Scenario,
    *,
    weight: str = "dwellings",
    engine_miles: float | None = None,
    ladder_miles: float | None = None,
) -> pd.DataFrame:
    """
    Measure how much lies within ISO's road distances of an engine and of a ladder company.

    Parameters
    ----------
    scenario
        Stations with the units they house. If it has no units, every open station counts for both.
    weight
        What is counted: a numeric column of the zones, "incidents", "road_km", or "built_upon_km2", the area of the
        zones with anything in any numeric column (of all zones, if there is no such column).
    engine_miles, ladder_miles
        Road distances; left out: 1.5 and 2.5, as in `fireplan.standards.distance_goals`. [miles]

    Returns
    -------
    By `goal` ("engine", "ladder"): `title`, `limit_miles`, `n` in all, `within` the distance and `outside` it, `share`
    (of n), `unreachable` (part of n: no road leads there), `not_located` (not in n: its place is not known),
    `p90_miles` (weighted, inverted_cdf; inf if more than a tenth is never reached), `unit`, `source` and `basis`.

    Raises
    ------
    UnknownIdError
        If there is no such weight.
    UnreachableStationError
        If an open station is off the road.

    Notes
    -----
    ISO gives full credit where the built-upon area lies within 1.5 road miles of a first-due engine company and 2.5 of
    a ladder-service company [1]_; a department may show instead that it meets NFPA 1710, by time. Distances are along
    the streets, in the directions they may be driven, from the street in front of the station; each zone counts as a
    whole at a point inside it. A ladder is a truck or quint; ISO's service companies, which carry no ladder, are not
    told apart and do not count. This is the measure, not the credit: ISO counts hydrants where it can and has its own
    formula.

    References
    ----------
    .. [1] ISO, Fire Suppression Rating Schedule, "Criteria for deployment analysis of companies", isomitigation.com.

    Examples
    --------
    >>> import fireplan as fp
    >>> from fireplan.measures._iso import iso_distribution
    >>> iso_distribution(fp.examples.line_town(), weight="population")["share"].tolist()
    [0.55, 0.0]
    """
    goals = _goals(engine_miles, ladder_miles)
    measure = _measure(scenario, weight)
    metres = by_distance(scenario)
    rows = [_headline(g, measure, force_times(metres, measure.places, needs=g.needs)) for g in goals]
    return pd.DataFrame(rows).set_index("goal")


@takes
def iso_zones(
    scenario: Scenario, *, engine_miles: float | None = None, ladder_miles: float | None = None
) -> gpd.GeoDataFrame:
    """
    Say how far each zone lies from an engine and from a ladder company, by road.

    Parameters
    ----------
    scenario, engine_miles, ladder_miles
        As for `iso_distribution`.

    Returns
    -------
    The scenario's zones with `engine_miles`, `engine_within`, `ladder_miles` and `ladder_within`; inf: no road leads
    there, or nothing of the kind is housed anywhere.

    Raises
    ------
    InputError
        If the zones already have one of these columns.
    """
    goals = _goals(engine_miles, ladder_miles)
    added = [f"{g.key}_{end}" for g in goals for end in ("miles", "within")]
    taken = [c for c in scenario.zones.columns if c in added]
    if taken:
        raise InputError(f"the zones already have columns that are added here: drop or rename {listed(taken)}")
    metres = by_distance(scenario)
    table = scenario.zones.copy()
    for goal in goals:
        away_m = force_times(metres, places(metres, "zones"), needs=goal.needs)
        table[f"{goal.key}_miles"] = away_m / MILE_M
        table[f"{goal.key}_within"] = away_m <= last_within(goal.limit_m)
    return table


@takes
def iso_added_area(
    scenario: Scenario,
    *,
    stations: Sequence[str] | None = None,
    weight: str = "dwellings",
    goal: str = "engine",
    miles: float | None = None,
) -> pd.DataFrame:
    """
    Measure what each station adds to the ground within ISO's road distance, and hold it to the 50 % rule.

    Parameters
    ----------
    scenario
        Stations with the units they house. For a proposed station, the scenario in which it is open:
        `scenario.apply(OpenStation(...))`.
    stations
        Which; left out: every open station that houses what `goal` asks for.
    weight
        What is counted; as for `iso_distribution`.
    goal
        "engine" or "ladder".
    miles
        Road distance; left out: that of the goal. [miles]

    Returns
    -------
    By `station_id`: `name`, `district` (weight in its standard response district, all within the distance), `added`
    (the part of it that lies within the distance of no other station), `typical` (median district of the other
    stations that count), `share_of_own` (added / district), `share_of_typical` (added / typical), `meets_own` and
    `meets_typical` (the share is 50 % or more; missing: no such district), `n` (weight in all) and `unit`.

    Raises
    ------
    UnknownIdError
        If there is no such goal or weight, or a station is not open or houses nothing that counts.

    Notes
    -----
    A standard response district is the built-upon area within the satisfactory distance of a station; by ISO's rule an
    engine more is called for where it would serve at least half of one [1]_. The sources seen do not say whether the
    whole is the new station's own district or the usual one of the city. Both are given: on thinly built ground the
    own district is small and half of it soon reached. For a station that exists, `added` is what would be lost without
    it.

    References
    ----------
    .. [1] ISO, firechief.iso.com, ppc4005 (describes an older schedule).
    """
    wanted = next((g for g in distance_goals() if g.key == goal), None)
    if wanted is None:
        raise UnknownIdError("goal", goal, [g.key for g in distance_goals()])
    if miles is not None:
        wanted = replace(wanted, miles=miles)
    measure = _measure(scenario, weight)
    metres = by_distance(scenario)
    starts = station_places(metres)
    housing = np.unique(suppliers(metres, starts, needs=wanted.needs)[0])
    ids = starts.ids[housing]
    asked = list(ids) if stations is None else list(stations)
    for station in asked:
        if station not in ids:
            raise UnknownIdError(f"open station with what {quoted(goal)} asks for", station, ids)
    near = time_rows(metres, measure.places, starts=starts)[housing] <= last_within(wanted.limit_m)
    value = np.where(measure.known, measure.weight, 0.0)
    district = near.astype(float) @ value
    added = (near & (near.sum(axis=0) == 1)).astype(float) @ value
    others = [np.delete(district, i) for i in range(len(ids))]
    typical = np.array([np.median(d) if len(d) else np.nan for d in others])
    table = pd.DataFrame(
        {
            "name": scenario.stations["name"].reindex(ids),
            "district": district,
            "added": added,
            "typical": typical,
            "share_of_own": _share(added, district),
            "share_of_typical": _share(added, typical),
        },
        index=pd.Index(ids, name="station_id"),
    )
    for whole in ("own", "typical"):
        share = table[f"share_of_{whole}"]
        table[f"meets_{whole}"] = (share >= LEAST_SHARE * (1 - ROUNDING)).astype("boolean").where(share.notna())
    return table.assign(n=value.sum(), unit=measure.unit).loc[asked]


def _goals(engine_miles: float | None, ladder_miles: float | None) -> list[DistanceGoal]:
    """ISO's distances, or those asked for."""
    faults = Faults("distances")
    miles = {"engine": engine_miles, "ladder": ladder_miles}
    for key, value in miles.items():
        if value is not None and not 0 < value < float("inf"):
            faults.add(f"{key}_miles is {value}: it must be a number of miles above zero")
    faults.raise_if_any()
    asked = [(g, miles.get(g.key)) for g in distance_goals()]
    return [
        g if value is None or value == g.miles else replace(g, miles=value, source="", edition="") for g, value in asked
    ]


def _measure(scenario: Scenario, weight: str) -> Measure:
    """What is counted, and where."""
    known = {m.name: m for m in measures_of(scenario, also=[weight])}
    if weight in known:
        return known[weight]
    if weight != AREA:
        raise UnknownIdError("weight", weight, [*known, AREA])
    zones = scenario.zones
    km2 = zones.geometry.to_crs(scenario.roads.crs).area.to_numpy() / 1e6
    counts = zones[counted_columns(scenario)].fillna(0).to_numpy(float)
    built = (counts > 0).any(axis=1) if counts.shape[1] else np.ones(len(zones), dtype=bool)
    area = np.where(built, km2, 0.0)
    if not area.sum() > 0:
        raise InputError(f"the zones have no area: {AREA} needs outlines, not points; name another weight")
    return Measure(AREA, "km2 built upon", places(scenario, "zones"), area)


def _headline(goal: DistanceGoal, measure: Measure, away_m: NDArray[np.float32]) -> dict[str, object]:
    value = np.where(measure.known, measure.weight, 0.0)
    total, within = value.sum(), value[away_m <= last_within(goal.limit_m)].sum()
    return {
        "goal": goal.key,
        "title": goal.title,
        "limit_miles": goal.miles,
        "n": total,
        "within": within,
        "outside": total - within,
        "share": within / total if total > 0 else np.nan,
        "unreachable": value[np.isinf(away_m)].sum(),
        "not_located": int((~measure.known).sum()),
        "p90_miles": weighted_percentile(away_m, value, 90) / MILE_M,
        "unit": measure.unit,
        "source": goal.source,
        "basis": "modelled",
    }


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part of a whole; NaN where there is no whole."""
    share: NDArray[np.float64] = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return share
