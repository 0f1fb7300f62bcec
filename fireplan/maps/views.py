"""The views: coverage, isochrones, gaps, and scenarios side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan.colours import INK
from fireplan.errors import InputError
from fireplan.maps import layers, style, tables
from fireplan.maps.furniture import footer_of
from fireplan.maps.legend import Entry, Legend, band_entries, station_entries
from fireplan.maps.page import OfflineMap
from fireplan.maps.panes import SyncedMaps
from fireplan.measures import gaps as find_gaps
from fireplan.standards import INTERVALS
from fireplan.travel import isochrones as outline_reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from fireplan.comparison import Comparison
    from fireplan.maps.style import Band
    from fireplan.measures import Assessment
    from fireplan.scenario import Scenario
    from fireplan.standards import Objective

MOST_PANES = 6
METHOD = "Times along streets with all units at home and free; without call processing."
GAP_COLOUR = INK
CHANGE_BANDS = style.change_bands(style.NOTICEABLE_S, 60, 180)


def coverage(
    assessment: Assessment,
    *,
    objective: str | None = None,
    title: str = "",
    basemap: str | None = None,
) -> OfflineMap:
    """
    Draw how soon help arrives, zone by zone, with the gaps outlined.

    Parameters
    ----------
    assessment
        From `fireplan.assess`.
    objective
        Key of the objective; left out: the first of the standard.
    title
        What stands over the map; left out: the scenario's name.
    basemap
        "osm": an online base map, loaded by whoever opens the page. Left out: the page's own streets, offline.

    Returns
    -------
    A Folium map that saves itself as one offline file and shows itself in a notebook.
    """
    goal = assessment.standard[objective] if objective else assessment.standard.planned[0]
    bands = _bands(assessment, goal)
    share, total = tables.counted_said(assessment, objective=goal.key)
    page = OfflineMap(
        title=title or f"Coverage: {assessment.scenario.name}",
        subtitle=share,
        footer=footer_of(assessment.scenario, method=METHOD),
        legends=[_legend(assessment, goal, bands, total, statuses=("existing",))],
        basemap=basemap,
    )
    _draw(page, assessment, goal, bands, baseline=None)
    return page


def gaps(
    assessment: Assessment,
    *,
    found: gpd.GeoDataFrame | None = None,
    objective: str | None = None,
    title: str = "",
    basemap: str | None = None,
) -> OfflineMap:
    """
    Draw where an objective is not reached, each gap with its size, its nearest station and the reason.

    Parameters
    ----------
    assessment
        From `fireplan.assess`.
    found
        From `fireplan.gaps`; left out: found with its usual settings.
    objective, title, basemap
        As in `coverage`.
    """
    goal = assessment.standard[objective] if objective else assessment.standard.planned[0]
    found = find_gaps(assessment, objective=goal.key) if found is None else found
    share, total = tables.counted_said(assessment, objective=goal.key)
    reasons = style.categories(sorted(set(found["reason"])))
    scattered = found.attrs.get("scattered", 0.0)
    page = OfflineMap(
        title=title or f"Gaps: {assessment.scenario.name}",
        subtitle=share if len(found) else f"No gap. {share}",
        footer=footer_of(assessment.scenario, method=METHOD),
        legends=[
            Legend(
                title="Why it is not reached in time",
                entries=[
                    *(Entry(label=reason, colour=colour) for reason, colour in reasons.items()),
                    *station_entries("existing"),
                ],
                unit=f"{goal.title.lower()}, {INTERVALS[goal.interval]}",
                n=f"{len(found)} gaps among {total}",
                limit=_limit(goal),
                note=f"{style.number(scattered)} more ({found.attrs.get('weight', '')}) lie scattered, in no gap."
                if scattered
                else "",
            )
        ],
        basemap=basemap,
    )
    layers.lines(_streets(assessment.scenario)).add_to(page)
    if len(found):
        table = tables.gap_table(found).assign(colour=found["reason"].map(reasons))
        popup = tables.gap_popup(table)
        layers.polygons(table, name="Gaps", fill="colour", popup=popup, tooltip="gap_said", outline=GAP_COLOUR).add_to(
            page
        )
    _draw_stations(page, assessment, baseline=None)
    return page


def isochrones(
    scenario: Scenario,
    *,
    within_s: Sequence[float] = (240, 480),
    title: str = "",
    basemap: str | None = None,
) -> OfflineMap:
    """
    Draw the ground that the open stations together reach within each travel time.

    Parameters
    ----------
    scenario
        Stations and roads.
    within_s
        Travel times, without turnout. [s]
    title, basemap
        As in `coverage`.
    """
    bands = style.time_bands(*sorted(within_s), unreachable=False)[:-1]
    n_open = int(scenario.stations["open"].sum())
    page = OfflineMap(
        title=title or f"Ground reached: {scenario.name}",
        subtitle="By the only open station" if n_open == 1 else f"By the nearest of {n_open} open stations",
        footer=footer_of(scenario, method=METHOD),
        legends=[
            Legend(
                title="Travel time from the nearest station",
                entries=[*band_entries(bands), *station_entries("existing")],
                unit="without turnout",
            )
        ],
        basemap=basemap,
    )
    layers.lines(_streets(scenario)).add_to(page)
    reached = outline_reach(scenario, within_s=within_s, dissolve=True).to_crs(4326)
    reached["colour"] = [next(b.colour for b in bands if b.up_to == limit) for limit in reached["within_s"]]
    reached["said"] = ["within " + style.minutes(limit) for limit in reached["within_s"]]
    for _, row in reached.groupby("within_s", sort=False):
        layers.polygons(row, name=f"Reached {row['said'].iloc[0]}", fill="colour", tooltip="said").add_to(page)
    stations = scenario.stations[scenario.stations["open"]].to_crs(4326)
    stations["short"] = stations.index
    layers.station_markers(stations, label="short", popup=[("", "name")], tooltip="name").add_to(page)
    return page


def compare(
    comparison: Comparison,
    *,
    objective: str | None = None,
    title: str = "",
    basemap: str | None = None,
) -> SyncedMaps:
    """
    Draw scenarios side by side, panning and zooming in step.

    Parameters
    ----------
    comparison
        From `fireplan.compare`: two to six scenarios; the first is what the others are compared with.
    objective, title, basemap
        As in `coverage`.

    Returns
    -------
    A page with one pane per scenario: zones by arrival, gaps outlined, and, switched on in the layer list, what each
    zone gains or loses.
    """
    assessments = comparison.assessments
    if not 2 <= len(assessments) <= MOST_PANES:
        raise InputError(f"a page shows two to {MOST_PANES} scenarios side by side, not {len(assessments)}")
    goal = comparison.standard[objective] if objective else comparison.standard.planned[0]
    bands = _bands(comparison.baseline, goal)
    panes = []
    for assessment in assessments:
        share, total = tables.counted_said(assessment, objective=goal.key)
        pane = OfflineMap(title=assessment.scenario.name, subtitle=share, basemap=basemap)
        first = assessment is comparison.baseline
        _draw(pane, assessment, goal, bands, baseline=None if first else comparison.baseline)
        if not first:
            _draw_change(pane, comparison, assessment)
        panes.append(pane)
    legend = _legend(comparison.baseline, goal, bands, total, statuses=("existing", "opened", "closed"))
    change = Legend(
        title=f"Change against {comparison.names[0]}",
        unit="first-due travel time; switch it on in the list of layers",
        entries=band_entries(CHANGE_BANDS),
        folded=True,
    )
    return SyncedMaps(
        panes,
        title=title or "Scenarios compared",
        subtitle=f"{goal.title}: {INTERVALS[goal.interval]}, by zone",
        footer=footer_of(comparison.baseline.scenario, method=METHOD),
        legends=[legend, change],
    )


def _draw(
    page: OfflineMap,
    assessment: Assessment,
    goal: Objective,
    bands: Sequence[Band],
    *,
    baseline: Assessment | None,
) -> None:
    """Streets, zones by arrival, gaps, and stations."""
    layers.lines(_streets(assessment.scenario)).add_to(page)
    zones = tables.zone_table(assessment, objective=goal.key, bands=bands)
    layers.polygons(
        zones,
        name="Arrival by zone",
        fill="colour",
        popup=tables.zone_popup(zones, arrival=goal.title),
        tooltip="arrival",
    ).add_to(page)
    found = find_gaps(assessment, objective=goal.key)
    if len(found):
        table = tables.gap_table(found)
        layers.polygons(
            table, name="Gaps", fill=None, popup=tables.gap_popup(table), tooltip="gap_said", outline=GAP_COLOUR
        ).add_to(page)
    _draw_stations(page, assessment, baseline=baseline)


def _draw_stations(page: OfflineMap, assessment: Assessment, *, baseline: Assessment | None) -> None:
    stations = tables.station_table(assessment, baseline=baseline)
    popup = tables.station_popup(stations)
    layers.station_markers(stations, label="short", status="status", popup=popup, tooltip="name").add_to(page)


def _draw_change(page: OfflineMap, comparison: Comparison, assessment: Assessment) -> None:
    """What each zone gains or loses against the first scenario; off until it is asked for."""
    scenario = comparison.baseline.scenario
    changes = tables.as_areas(comparison.changes(assessment.scenario.name), metric_crs=scenario.roads.crs)
    table = tables.change_table(changes, bands=CHANGE_BANDS)
    popup = [("", "zone"), ("Change", "said"), ("Before", "before"), ("After", "after")]
    layers.polygons(table, name="Gains and losses", fill="colour", popup=popup, tooltip="said", show=False).add_to(page)


def _streets(scenario: Scenario) -> gpd.GeoDataFrame:
    return scenario.roads.streets.to_crs(4326)


def _bands(assessment: Assessment, goal: Objective) -> tuple[Band, ...]:
    """Bands at the limits the standard sets for the same interval; one limit alone gets a second at its double."""
    limits = {o.limit_s for o in assessment.standard.planned if o.interval == goal.interval}
    limits |= {2 * goal.limit_s} if len(limits) == 1 else set()
    return style.time_bands(*sorted(limits))


def _legend(
    assessment: Assessment,
    goal: Objective,
    bands: Sequence[Band],
    total: str,
    *,
    statuses: Sequence[str],
) -> Legend:
    gap = Entry(label="gap: demand outside the limit", colour=GAP_COLOUR, sign="line")
    return Legend(
        title=f"{goal.title}, {INTERVALS[goal.interval]}",
        entries=[*band_entries(bands), gap, *station_entries(*statuses)],  # type: ignore[arg-type]
        unit="minutes" if goal.interval != "travel_s" else "minutes, without turnout",
        n=f"{total} in {style.number(len(assessment.zones))} zones",
        limit=_limit(goal),
    )


def _limit(goal: Objective) -> str:
    share = f" to {goal.share:.0%}" if goal.share is not None else ""
    return f"{goal.title} within {style.minutes(goal.limit_s)}{share} ({goal.source.split(':')[0]})"
