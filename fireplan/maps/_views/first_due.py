"""The view of whose ground it is: the territory in which each station is first due."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._checked import takes
from fireplan.colours import CARD, TERRITORY, UNKNOWN
from fireplan.maps._layers import attribute_tables, vector_layers
from fireplan.maps._layers.legend import Entry, Legend, station_entries
from fireplan.maps._layers.scenario_layers import METHOD, draw_open_stations, draw_streets
from fireplan.maps._pages.disclosure_profile import for_audience, marked
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import footer_of
from fireplan.measures._assessment import weighted_percentile
from fireplan.standards import INTERVALS
from fireplan.travel import first_due as find_first_due
from fireplan.travel import first_due_areas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from fireplan.disclosure import Profile
    from fireplan.scenario import Scenario

BORDER = CARD
TOUCH_M = 30.0
"""Areas nearer to each other than this are neighbours. [m]"""

MOST_LISTED = 12
"""A legend with more stations than this is folded."""


@takes
def first_due(
    scenario: Scenario,
    *,
    needs: Mapping[str, float] | None = None,
    interval: str = "travel_s",
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
) -> OfflineMap:
    """
    Draw whose ground it is: the territory in which each station is first due.

    Parameters
    ----------
    scenario
        Stations with the units they house.
    needs, interval
        As in `fireplan.travel.first_due_areas`.
    title
        What stands over the map; left out: the scenario's name.
    basemap
        As in `coverage`.
    profile
        For whom the page is: "public" takes incidents out, "internal" marks it RESTRICTED; left out: neither.

    Returns
    -------
    A map of territories, neighbours in different colours. A click says how large each is, how many people and incidents
    lie in it and how soon nine in ten of them are reached.

    Notes
    -----
    Neighbours are told apart by greedy colouring, those with most colours round them first (DSATUR) [1]_. People are
    counted by zone, incidents at their own points: with the station that is first due there.

    References
    ----------
    .. [1] D. Brélaz, "New methods to color the vertices of a graph", Communications of the ACM 22 (1979).
    """
    scenario = for_audience(scenario, profile)
    territories = _territories(scenario, needs=needs, interval=interval)
    drawn = territories[~territories.geometry.is_empty]
    total = territories.attrs["total"]
    n = f"{wording.count(total)} {territories.attrs['unit']} in {wording.counted(len(scenario.zones), 'zone')}"
    many = f"{wording.counted(len(drawn), 'station')} {'is' if len(drawn) == 1 else 'are'}"
    page = OfflineMap(
        title=title or f"First due: {scenario.name}",
        subtitle=f"{many} first due somewhere" if len(drawn) else "No station is first due anywhere",
        footer=footer_of(scenario, method=METHOD),
        legends=[
            Legend(
                title="First due",
                unit=f"by {INTERVALS[interval]}; share of {territories.attrs['unit']}",
                entries=[
                    *(
                        Entry(label=f"{s}: {name}" if str(s) != str(name) else str(s), colour=colour, note=share)
                        for s, name, colour, share in zip(
                            drawn.index, drawn["name"], drawn["colour"], drawn["share_said"], strict=True
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
        lines += [
            (attribute_tables.COUNTED[c], f"{c}_said") for c in ("population", "dwellings", "incidents") if c in drawn
        ]
        lines += [("90 % reached in", "p90_said"), ("Units", "units_said")]
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


def _territories(scenario: Scenario, *, needs: Mapping[str, float] | None, interval: str) -> gpd.GeoDataFrame:
    """First-due areas in WGS 84 with their colours and the words of their cards."""
    areas = first_due_areas(scenario, needs=needs, interval=interval)
    metric = areas.geometry.to_crs(scenario.roads.crs)
    table = areas.to_crs(4326)
    there = ~areas.geometry.is_empty.to_numpy()
    table["colour"] = UNKNOWN
    table.loc[there, "colour"] = colour_apart(metric[there].tolist(), touch=TOUCH_M, palette=TERRITORY)
    table["name"] = scenario.stations["name"].reindex(table.index).astype(str)
    table["area_said"] = [wording.area(area) for area in table["area_km2"]]
    units = scenario.units.groupby("station_id").groups if len(scenario.units) else {}
    table["units_said"] = [", ".join(map(str, units.get(s, []))) or attribute_tables.NO_STATION for s in table.index]
    due = find_first_due(scenario, needs=needs, interval=interval)
    counted = attribute_tables.counted_of(scenario.zones)
    for column in ("population", "dwellings"):
        if column in scenario.zones.columns:
            weight = scenario.zones[column].fillna(0).to_numpy(float)
            table[column] = _summed(due["first_due"], weight, table.index)
            table[f"{column}_said"] = _shares(table[column], float(weight.sum()))
    if scenario.incidents is not None and len(scenario.incidents):
        at = find_first_due(scenario, to="incidents", needs=needs, interval=interval)
        located = ~(scenario.incidents.geometry.isna() | scenario.incidents.geometry.is_empty).to_numpy()
        table["incidents"] = _summed(at["first_due"], located.astype(float), table.index)
        table["incidents_said"] = _shares(table["incidents"], float(located.sum()))
        if counted.unit == "incidents":  # at their own points, not in the middle of their zones
            due, counted = at, attribute_tables.Counted(located.astype(float), "incidents")
    held = _summed(due["first_due"], counted.weight, table.index)
    table["share_said"] = [attribute_tables.share_in(float(part), counted.total) for part in held]
    table["p90_said"] = [_p90(due, station, counted) for station in table.index]
    table.attrs |= {"total": counted.total, "unit": counted.unit, "unserved": counted.total - float(held.sum())}
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


def _p90(due: pd.DataFrame, station: str, counted: attribute_tables.Counted) -> str:
    """Within which time nine in ten are reached (weighted, inverted_cdf), with what was counted."""
    own = (due["first_due"] == station).to_numpy()
    weight = counted.weight[own]
    seconds = weighted_percentile(due["first_due_s"].to_numpy()[own], weight, 90)
    if not weight.sum() > 0:
        return f"no {counted.unit} there"
    return f"{wording.percentile(seconds)}, of {wording.count(weight.sum())} {counted.unit}"


def _unserved(territories: gpd.GeoDataFrame) -> str:
    """Say how much no station reaches."""
    left = float(territories.attrs["unserved"])
    unit = territories.attrs["unit"]
    return f"Of these, {wording.count(left)} {unit} are reached by no station." if left > 0 else ""
