"""The view of whose ground it is: the territory in which each station is first due."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._checked import takes
from fireplan.colours import CARD, TERRITORY, UNKNOWN
from fireplan.crs import WGS84, reproject
from fireplan.maps._layers import attribute_tables, vector_layers
from fireplan.maps._layers.legend import Entry, Legend, station_entries
from fireplan.maps._layers.scenario_layers import METHOD, draw_open_stations, draw_streets
from fireplan.maps._layers.station_labels import station_labels
from fireplan.maps._pages.disclosure_profile import for_audience, marked
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import footer_of
from fireplan.maps._views.scenario_headings import named
from fireplan.measures._demand_measures import UNITS, chosen_of, measures_of
from fireplan.measures._expected import chances_for, p90_s
from fireplan.measures._tally import LATE_S, weighted_percentile
from fireplan.standards import INTERVALS, Objective
from fireplan.travel import first_due as find_first_due
from fireplan.travel import first_due_areas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from fireplan.disclosure import Profile, Publications
    from fireplan.drive_times._chances import Chances
    from fireplan.scenario import Scenario

BORDER = CARD
TOUCH_M = 30.0
"""Areas nearer to each other than this are neighbours. [m]"""

ANY_LIMIT_S = 240.0
"""Percentiles of drives hang on no limit, but a law is asked for with one. [s]"""

MOST_LISTED = 12
"""A legend with more stations than this is folded."""


@takes
def first_due(  # noqa: PLR0913 - each is asked for alone
    scenario: Scenario,
    *,
    objective: Objective | None = None,
    needs: Mapping[str, float] | None = None,
    interval: str | None = None,
    count: str | None = None,
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
    published: Publications | None = None,  # noqa: ARG001 - every view takes it
) -> OfflineMap:
    """
    Draw whose ground it is: the territory in which each station is first due.

    Parameters
    ----------
    scenario
        Stations with the units they house.
    objective
        Take what must arrive, the interval, and what is counted, from an objective.
    needs, interval
        As in `fireplan.travel.first_due`.
    count
        What shares are of, such as "incidents"; left out: what the objective weighs, or incidents, where the scenario
        was narrowed to some, else people, incidents, dwellings.
    title
        What stands over the map; left out: the scenario's name, and what it was narrowed to.
    basemap
        As in `coverage`.
    profile
        For whom the page is: "public" takes incidents out, "internal" marks it RESTRICTED; left out: neither.
    published
        What was published before, for a public page that counts incidents: this one does not.

    Returns
    -------
    A map of territories, neighbours in different colours. A click says how large each is, how many people and incidents
    lie in it and how soon nine in ten of them are reached; with a calibration, how long nine in ten drives to them take
    at most. Who is first due is told by the median.

    Notes
    -----
    Neighbours are told apart by greedy colouring, those with most colours round them first (DSATUR) [1]_. People are
    counted by zone, incidents at their own points: with the station that is first due there.

    References
    ----------
    .. [1] D. Brélaz, "New methods to color the vertices of a graph", Communications of the ACM 22 (1979).
    """
    scenario = for_audience(scenario, profile)
    interval = interval or ("travel_s" if objective is None else objective.interval)
    due = Due(scenario, objective, needs, interval, count)
    territories = _territories(due)
    drawn = territories[~territories.geometry.is_empty]
    n = territories.attrs["n"]
    many = f"{wording.counted(len(drawn), 'station')} {'is' if len(drawn) == 1 else 'are'}"
    there = scenario.stations[scenario.stations["open"]]
    labels = pd.Series(station_labels(there), index=there.index)
    page = OfflineMap(
        title=title or f"{due.words}: {named(scenario)}",
        subtitle=f"{many} first due somewhere" if len(drawn) else "No station is first due anywhere",
        footer=footer_of(scenario, method=METHOD),
        legends=[
            Legend(
                title=due.words,
                unit=f"by {INTERVALS[interval]}; share of {territories.attrs['unit']}",
                entries=[
                    *(
                        Entry(label=f"{s}: {name}" if s != str(name) else s, colour=colour, note=share)
                        for s, name, colour, share in zip(
                            labels.reindex(drawn.index),
                            drawn["name"],
                            drawn["colour"],
                            drawn["share_said"],
                            strict=True,
                        )
                    ),
                    *station_entries("existing"),
                ],
                n=n,
                note=_unserved(territories),
                folded=len(drawn) > MOST_LISTED,
            )
        ],
        basemap=basemap,
    )
    draw_streets(page, scenario)
    if len(drawn):
        lines = [("", "name"), ("Ground", "area_said")]
        lines += territories.attrs["lines"]
        lines += [(territories.attrs["p90"], "p90_said"), ("Units", "units_said")]
        vector_layers.polygons(
            drawn, name="Territories", fill="colour", popup=lines, tooltip="name", outline=BORDER
        ).add_to(page)  # fmt: skip
    draw_open_stations(page, scenario)
    return marked(page, profile)


def colour_apart(areas: Sequence[shapely.Geometry], *, touch: float, palette: Sequence[str]) -> list[str]:
    """
    Give areas colours so that neighbours differ.

    Parameters
    ----------
    areas
        In one metric system.
    touch
        Areas nearer than this are neighbours. [m]
    palette
        Colours to choose from. While they suffice every area gets its own; after that those used least come again, and
        an area with more neighbours than there are colours shares one with a neighbour.
    """
    if len(areas) <= len(palette):
        return list(palette[: len(areas)])
    shapes = np.asarray(areas, dtype=object)
    pairs = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=touch)
    beside: list[set[int]] = [set() for _ in areas]
    for a, b in pairs.T.tolist():
        if a != b:
            beside[a].add(b)
    chosen: dict[int, int] = {}
    used = np.zeros(len(palette), dtype=int)
    left = set(range(len(areas)))
    while left:
        worst = min(left, key=lambda a: (-len({chosen[b] for b in beside[a] if b in chosen}), -len(beside[a]), a))
        taken = {chosen[b] for b in beside[worst] if b in chosen}
        free = [c for c in range(len(palette)) if c not in taken] or list(range(len(palette)))
        chosen[worst] = min(free, key=lambda c: (used[c], c))
        used[chosen[worst]] += 1
        left.remove(worst)
    return [palette[chosen[a]] for a in range(len(areas))]


class Due(NamedTuple):
    """Who is asked to be first due, and what is counted."""

    scenario: Scenario
    objective: Objective | None
    needs: Mapping[str, float] | None
    interval: str
    counting: str | None

    @property
    def words(self) -> str:
        """Name it: an engine's, unless something else is asked for."""
        if self.needs is not None and set(self.needs) != {"engine"}:
            return f"First due, {wording.force(self.needs)}"
        return attribute_tables.due_label("First", self.objective if self.needs is None else None)

    @property
    def law(self) -> Chances | None:
        """How drives of what is asked for differ; None: it is not known."""
        needs = self.needs or (None if self.objective is None else self.objective.needs) or {"engine": 1.0}
        asked = self.objective or Objective("first_due", "First due", ANY_LIMIT_S)
        return chances_for(self.scenario, replace(asked, needs=needs, interval=self.interval))

    def at(self, kind: str) -> pd.DataFrame:
        """Who is first due at places of a kind."""
        return find_first_due(
            self.scenario, to=kind, objective=self.objective, needs=self.needs, interval=self.interval
        )


def _territories(asked: Due) -> gpd.GeoDataFrame:
    """First-due areas in WGS 84 with their colours and the words of their cards."""
    scenario, objective = asked.scenario, asked.objective
    needs = asked.needs or (None if objective is None else objective.needs)
    areas = first_due_areas(scenario, needs=needs, interval=asked.interval)
    metric = areas.geometry.to_crs(scenario.roads.crs)
    table = reproject(areas, WGS84)
    there = ~areas.geometry.is_empty.to_numpy()
    table["colour"] = UNKNOWN
    table.loc[there, "colour"] = colour_apart(metric[there].tolist(), touch=TOUCH_M, palette=TERRITORY)
    table["name"] = scenario.stations["name"].reindex(table.index).astype(str)
    table["area_said"] = [wording.area(area) for area in table["area_km2"]]
    units = scenario.units.groupby("station_id").groups if len(scenario.units) else {}
    table["units_said"] = [", ".join(map(str, units.get(s, []))) or attribute_tables.NO_STATION for s in table.index]
    measures = {m.name: attribute_tables.counted(m) for m in measures_of(scenario, objective)}
    chosen = chosen_of(scenario, [c.measure for c in measures.values()], objective, count=asked.counting).name
    lines = []
    for name in dict.fromkeys([*attribute_tables.COUNTED, chosen]):
        if name not in measures or name == "road_km":
            continue
        part = measures[name]
        held = _summed(asked.at(part.measure.places.kind)["first_due"], part.weight, table.index)
        table[f"{name}_said"] = _shares(held, part.total)
        plain = attribute_tables.COUNTED.get(name) if part.unit == UNITS.get(name) else None
        lines.append((plain or wording.capital(part.unit), f"{name}_said"))
    # At its own points, not in the middle of its zones.
    counted = measures[chosen]
    due = asked.at(counted.measure.places.kind)
    held = _summed(due["first_due"], counted.weight, table.index)
    table["share_said"] = [attribute_tables.share_in(float(part), counted.total) for part in held]
    law = asked.law
    table["p90_said"] = [_p90(due, station, counted, law) for station in table.index]
    table.attrs["p90"] = "90 % reached in" if law is None else "90 % of drives take up to"
    unserved = float(counted.weight[due["first_due"].isna().to_numpy()].sum())
    n = attribute_tables.total_said(scenario, counted, wording.counted(len(scenario.zones), "zone"))
    table.attrs |= {"n": n, "unit": counted.unit, "unserved": unserved, "lines": lines}
    return table


def _summed(
    due: pd.Series[str], weight: np.ndarray[tuple[int], np.dtype[np.float64]], ids: pd.Index
) -> pd.Series[float]:
    """How much each station is first due to."""
    return pd.Series(weight, index=due.to_numpy(object)).groupby(level=0).sum().reindex(ids, fill_value=0.0)


def _shares(parts: pd.Series[float], total: float) -> list[str]:
    return [
        f"{wording.count(part)} ({attribute_tables.share_in(part, total)} of {wording.count(total)})" for part in parts
    ]


def _p90(due: pd.DataFrame, station: str, counted: attribute_tables.Counted, law: Chances | None) -> str:
    """
    Within which time nine in ten are reached, with what was counted.

    Of places (weighted, inverted_cdf); where it is known how drives differ, of places and drives together.
    """
    own = (due["first_due"] == station).to_numpy()
    weight, arrival_s = counted.weight[own], due["first_due_s"].to_numpy(float)[own]
    if law is None:
        seconds = weighted_percentile(arrival_s, weight, 90)
    else:
        second = np.minimum(arrival_s, LATE_S).astype(np.int64)
        seconds = p90_s(np.bincount(second, weights=weight).astype(float), float(weight.sum()), law)
    if not weight.sum() > 0:
        return f"no {counted.unit} there"
    return f"{wording.percentile(seconds)}, of {wording.count(weight.sum())} {counted.unit}"


def _unserved(territories: gpd.GeoDataFrame) -> str:
    """Say how much no station reaches."""
    left = float(territories.attrs["unserved"])
    unit = territories.attrs["unit"]
    return f"Of these, {wording.count(left)} {unit} are reached by no station." if left > 0 else ""
