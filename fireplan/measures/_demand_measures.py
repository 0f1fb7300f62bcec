"""What is counted: people, dwellings, incidents, kilometres of road, each at the places where they are."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan._selection import kind_texts
from fireplan.demand import zone_of
from fireplan.errors import InputError, UnknownIdError, listed, quoted
from fireplan.scenario import counted_columns, held, root, token
from fireplan.travel._first_due import first_due_rows
from fireplan.travel._places import Places, piece_lengths_m, places

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.standards import Objective

UNITS = {
    "population": "people",
    "dwellings": "dwelling units",
    "incidents": "incidents",
    "road_km": "km of road",
}
"""Unit of each weight; another column of the zones is its own unit."""

USUAL_FIRST = ("population", "incidents", "dwellings")
"""What a figure speaks of if nobody says: the first of these that is counted."""

FIRST_DUE = "first_due"
"""In `Objective.where`: the ground of stations, as they stand before any change."""

GRAIN = 2.0**-30
"""Weights that are multiples of this, or whole, and not too many, add up to the same sum in every order."""

MOST = 2.0**52
"""How many grains may be added up so."""

ON, OFF, UNTOLD = 1, 0, -1


class Measure(NamedTuple):
    """
    One thing that is counted.

    Attributes
    ----------
    name
        Such as "population".
    unit
        Such as "people"; where only a part of them counts, which: "people where risk_class is high".
    places
        Where it is.
    weight
        How much of it is at each place; 0 where it does not count, NaN where the place is not known.
    elsewhere
        How much was left out, as the objective speaks of other ground or other incidents.
    untold
        How much was left out because the data do not say whether the objective speaks of it.
    not_located
        Rows whose place is not known.
    exact
        Whether sums of its weights are, in whichever order.
    key
        What stands for it, for keeping results.
    """

    name: str
    unit: str
    places: Places
    weight: NDArray[np.float64]
    elsewhere: float = 0.0
    untold: float = 0.0
    not_located: int = 0
    exact: bool = False
    key: Hashable = None

    @property
    def known(self) -> NDArray[np.bool_]:
        """Places that are known; the others cannot be judged and are counted apart."""
        return np.isfinite(self.weight)


def measures_of(scenario: Scenario, objective: Objective | None = None, *, also: Iterable[str] = ()) -> list[Measure]:
    """
    Everything a scenario's coverage is measured by.

    Parameters
    ----------
    scenario
        Whose.
    objective
        Count only what this speaks of; left out: everything.
    also
        Columns of the zones that are counted besides the usual and the declared.

    Returns
    -------
    Counted columns of the zones, each zone as a whole at its point; incidents at their own points if the scenario has
    them (else the zones' count); and the length of the streets.

    Raises
    ------
    InputError
        If the objective speaks of ground or incidents by a column that is not there.
    """
    at = {kind: places(scenario, kind) for kind in ("zones", "incidents", "roads") if _has(scenario, kind)}
    also = tuple(sorted({*also, *([objective.weight] if objective is not None and objective.weight else [])}))
    asked: tuple[Hashable, ...] = ()
    if objective is not None:
        asked = (*_ground(scenario, objective), objective.calls, objective.weight)
    tables = token(scenario, "zones"), token(scenario, "incidents")
    key = ("measures", *tables, *(p.key for p in at.values()), scenario.selections, scenario.weights, also, asked)

    def make() -> tuple[tuple[Any, ...], ...]:  # of each all but the places, which are kept by themselves
        found = _measures(scenario, objective, at, also)
        return tuple(
            (m.name, m.unit, m.places.kind, m.weight, m.elsewhere, m.untold, *_told(m), (key, m.name)) for m in found
        )

    kept = scenario.memo.get(key, make)
    return [Measure(name, unit, at[kind], *rest) for name, unit, kind, *rest in kept]


def is_exact(weight: NDArray[np.float64]) -> bool:
    """Whether sums of weights are exact, so that what came and went can be added and taken away."""
    known = weight[np.isfinite(weight)]
    return any(
        known.sum() <= MOST * grain and (known == np.rint(known / grain) * grain).all() for grain in (1.0, GRAIN)
    )


def in_grains(amount: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round amounts so that they add up to the same sum in every order; to a billionth of their unit."""
    return np.rint(amount / GRAIN) * GRAIN


def _told(measure: Measure) -> tuple[int, bool]:
    """How many places are not known, and whether the weights of the others add up exactly."""
    return int((~measure.known).sum()), is_exact(measure.weight)


def _has(scenario: Scenario, kind: str) -> bool:
    return kind != "incidents" or held(scenario).incidents is not None


def _measures(
    scenario: Scenario, objective: Objective | None, at: dict[str, Places], also: tuple[str, ...]
) -> list[Measure]:
    tables = held(scenario)
    zones, found = at["zones"], []
    for column in counted_columns(scenario, also):
        if column == "incidents" and tables.incidents is not None:
            continue
        weight = tables.zones[column].fillna(0).to_numpy(float)
        if not (weight >= 0).all() or np.isinf(weight).any():
            bad = tables.zones.index[~(weight >= 0) | np.isinf(weight)]
            raise InputError(
                f"column {quoted(column)} is counted, but negative or infinite for zones {listed(map(quoted, bad))}:"
                " name a weight that counts something"
            )
        found.append(Measure(column, UNITS.get(column, column), zones, weight))
    if tables.incidents is not None:
        points = at["incidents"]
        located = ~(tables.incidents.geometry.isna() | tables.incidents.geometry.is_empty).to_numpy()
        words = "; ".join(s.words for s in scenario.selections if s.of_incidents or s.of_period)
        unit = UNITS["incidents"] + (f" ({words})" if words else "")
        found.append(Measure("incidents", unit, points, np.where(located, 1.0, np.nan)))
    streets = at["roads"]
    found.append(Measure("road_km", UNITS["road_km"], streets, _street_lengths_km(scenario, streets)))
    if objective is None or not (objective.where or objective.calls):
        return found
    applies: dict[str, NDArray[np.int8]] = {}
    for measure in found:
        kind = measure.places.kind
        if kind not in applies:
            applies[kind] = applies_to(scenario, objective, measure.places)
    return [_bound(measure, objective, applies[measure.places.kind]) for measure in found]


def _street_lengths_km(scenario: Scenario, streets: Places) -> NDArray[np.float64]:
    """Length of each piece of street; 0 off the ground that the scenario was narrowed to."""
    km = in_grains(piece_lengths_m(scenario.roads) / 1000)
    grounds = [s.area for s in scenario.selections if s.area is not None]
    if not grounds:
        return km
    middle = _middles(scenario, streets)
    inside = np.ones(len(km), dtype=bool)
    for ground in grounds:
        shapely.prepare(ground)
        inside &= shapely.intersects(ground, middle)
    return np.where(inside, km, 0.0)


def _bound(measure: Measure, objective: Objective, applies: NDArray[np.int8]) -> Measure:
    """Count of a measure what an objective speaks of."""
    incidents = measure.places.kind == "incidents"
    unit = measure.unit
    if incidents and objective.calls:
        unit += f" ({objective.calls})"
    if objective.where:
        unit += f" {objective.ground}"
    # Of what has no place nobody can say which ground it is on; of kinds alone it stays apart, as without an objective.
    nowhere = 1.0 if objective.where else 0.0
    whole = np.nan_to_num(measure.weight, nan=nowhere)
    kept = measure.weight if not objective.where else np.nan_to_num(measure.weight, nan=0.0)
    unplaced = np.isnan(measure.weight) & (applies < 0) & (not objective.where)
    return measure._replace(
        unit=unit,
        weight=np.where(applies == ON, kept, np.where(unplaced, np.nan, 0.0)),
        elsewhere=float(whole[applies == OFF].sum()),
        untold=float(whole[applies < 0].sum()),
    )


def in_zones(scenario: Scenario, measure: Measure, *, share: NDArray[np.floating] | None = None) -> NDArray[np.float64]:
    """
    Say how much of a measure lies in each zone.

    Parameters
    ----------
    scenario
        Whose zones.
    measure
        From `measures_of`: what an objective does not speak of weighs nothing in it. What lies in no zone, and what has
        no known place, is left out.
    share
        How much of each of its places counts, 0 to 1; left out: all.
    """
    zone = zones_of(scenario, measure.places)
    here = (zone >= 0) & measure.known
    weight = measure.weight if share is None else measure.weight * share
    n = len(held(scenario).zones)
    return np.bincount(zone[here], weights=weight[here], minlength=n).astype(float)


def chosen_of(
    scenario: Scenario, measures: Iterable[Measure], objective: Objective | None = None, *, count: str | None = None
) -> Measure:
    """
    Choose what a figure counts.

    Parameters
    ----------
    scenario
        Whose.
    measures
        From `measures_of`, with the same objective.
    objective
        Whose figure it is; left out: of everything.
    count
        What is asked for, by name. Left out: what the objective weighs; incidents, if the scenario was narrowed to
        some; else people, incidents, dwellings (the first there are any of), or whatever there is.
    """
    named = {m.name: m for m in measures}
    asked = count if count is not None else (objective.weight if objective is not None else "")
    if asked:
        if asked not in named:
            raise UnknownIdError("measure", asked, named)
        return named[asked]
    if "incidents" in named and any(s.of_incidents for s in scenario.selections):
        return named["incidents"]
    usual = [named[name] for name in USUAL_FIRST if name in named]
    return next((m for m in usual if np.nansum(m.weight) > 0), [*usual, *named.values()][0])


def applies_to(scenario: Scenario, objective: Objective, measured: Places) -> NDArray[np.int8]:
    """
    Say of each place whether an objective speaks of it.

    Returns
    -------
    1 where it does, 0 where not, -1 where the data do not say: the place lies in no zone, or the column is blank there.

    Raises
    ------
    InputError
        If the zones have no column that says what ground it is; or the incidents none that says what they are, and
        they are what the objective weighs.
    """
    calls = objective.categories, tuple(map(str, objective.priorities)), objective.call_types
    asked = dict(zip(("category", "priority", "call_type"), calls, strict=True))
    asked = {column: values for column, values in asked.items() if values and measured.kind == "incidents"}

    def make() -> NDArray[np.int8]:
        found = np.ones(len(measured.ids), dtype=np.int8)
        for column, values in objective.where.items():
            found = _all_of(found, _one_of(_texts_at(scenario, objective, column, measured), values))
        for column, values in asked.items():
            found = _all_of(found, _one_of(_call_texts(scenario, objective, column), values))
        return found

    where = _ground(scenario, objective)
    key = ("applies", measured.key, token(scenario, "zones"), where, tuple(asked.items()), objective.weight)
    return scenario.memo.get(key, make)


def _ground(scenario: Scenario, objective: Objective) -> tuple[Hashable, ...]:
    """What the ground of an objective depends on, besides the zones."""
    where: tuple[Hashable, ...] = tuple(objective.where.items())
    if FIRST_DUE not in objective.where:
        return where
    whole = root(scenario)
    due = token(whole, "stations"), token(whole, "units"), whole.when, whole.roads.fingerprint
    return (*where, *due, *sorted(objective.needs.items()))


def _all_of(one: NDArray[np.int8], other: NDArray[np.int8]) -> NDArray[np.int8]:
    """Both have to hold; where one is known not to, the other does not matter."""
    return np.where((one == OFF) | (other == OFF), OFF, np.minimum(one, other)).astype(np.int8)


def _one_of(texts: pd.Series[str], values: tuple[str, ...]) -> NDArray[np.int8]:
    wanted = {value.casefold() for value in values}
    code, held_values = pd.factorize(texts)  # few values, many places
    said = np.array([str(value).casefold() in wanted for value in held_values] + [UNTOLD], dtype=np.int8)
    return said[code]


def _call_texts(scenario: Scenario, objective: Objective, column: str) -> pd.Series[str]:
    """Value of a column of the incidents; missing for all of them where there is no such column."""
    calls = held(scenario).incidents
    if calls is not None and column in calls.columns:
        return kind_texts(calls[column])
    if objective.weight == "incidents":
        columns = [] if calls is None else [c for c in calls.columns if c != "geometry"]
        raise InputError(
            f"objective {quoted(objective.key)} speaks of incidents ({objective.calls}), but they have no column"
            f" {quoted(column)} (they have {listed(columns) or 'none'}): add it, or take an objective for all incidents"
        )
    return pd.Series(np.full(0 if calls is None else len(calls), None))


def _texts_at(scenario: Scenario, objective: Objective, column: str, measured: Places) -> pd.Series[str]:
    """Value of a column of the zones at each place; missing where it lies in no zone."""
    zones = held(scenario).zones
    if column == FIRST_DUE and column not in zones.columns:
        whole = root(scenario)
        stations = held(whole).stations.index.to_numpy(object)
        due = first_due_rows(whole, places(whole, measured.kind), needs=objective.needs)
        ids = pd.Series(np.array([*stations, None], dtype=object)[due], index=places(whole, measured.kind).ids)
        return kind_texts(ids.reindex(measured.ids))
    if column not in zones.columns:
        _refuse_column(zones, objective, column)
    texts = kind_texts(zones[column])
    if measured.kind == "zones":
        return texts
    zone = zones_of(scenario, measured)
    return pd.Series(np.array([*texts, None], dtype=object)[zone])


def _refuse_column(zones: pd.DataFrame, objective: Objective, column: str) -> None:
    columns = [c for c in zones.columns if c != "geometry"]
    close = get_close_matches(column, columns, n=1)
    made = {
        "demand_zone": "make it by fireplan.standards.demand_zones, or [demand.density] in plan.toml",
        "risk_class": "give each zone its class of risk",
    }
    hint = f"did you mean {quoted(close[0])}?" if close else made.get(column, "add it to the zones")
    raise InputError(
        f"objective {quoted(objective.key)} holds {objective.ground}, but the zones have no column {quoted(column)}"
        f" (they have {listed(columns)}): {hint}"
    )


def _middles(scenario: Scenario, pieces: Places) -> NDArray[np.object_]:
    """Middle of each piece of street."""
    lines = scenario.roads.streets.geometry.array[pieces.on_road.street]
    return np.asarray(shapely.line_interpolate_point(lines, pieces.on_road.along, normalized=True))


def points_of(scenario: Scenario, measured: Places) -> gpd.GeoSeries:
    """Where the places of a measure are: a point in each zone, incidents' own points, the middle of each piece."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    if measured.kind == "roads":
        return gpd.GeoSeries(_middles(scenario, measured), crs=scenario.roads.crs)
    table = held(scenario).zones if measured.kind == "zones" else held(scenario).incidents
    if table is None:
        raise InputError(f"scenario {quoted(scenario.name)} has no incidents: give it some, or ask for zones")
    return table.geometry.representative_point() if measured.kind == "zones" else table.geometry


def zones_of(scenario: Scenario, measured: Places) -> NDArray[np.int64]:
    """Row of the zone that each place lies in; -1: in none."""
    if measured.kind == "zones":
        return np.arange(len(measured.ids))

    def make() -> NDArray[np.int64]:
        return zone_of(points_of(scenario, measured), scenario.zones)

    key = ("zone of", measured.kind, token(scenario, "zones"), measured.key)
    return scenario.memo.get(key, make)
