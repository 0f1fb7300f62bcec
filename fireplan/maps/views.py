"""The views: coverage, isochrones, gaps, and scenarios side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan import wording
from fireplan.errors import InputError
from fireplan.maps import layers, style, tables
from fireplan.maps.audience import for_audience, marked
from fireplan.maps.drawing import (
    CHANGE_BANDS,
    METHOD,
    arrival_bands,
    arrival_legend,
    draw_arrival,
    draw_change,
    draw_gaps,
    draw_open_stations,
    draw_stations,
    draw_streets,
    limit_said,
)
from fireplan.maps.furniture import footer_of
from fireplan.maps.legend import Entry, Legend, band_entries, station_entries
from fireplan.maps.page import OfflineMap
from fireplan.maps.panes import SyncedMaps
from fireplan.measures import gaps as find_gaps
from fireplan.measures._assessment import chosen_objective
from fireplan.standards import INTERVALS
from fireplan.travel import isochrones as outline_reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from fireplan.comparison import Comparison
    from fireplan.disclosure import Profile
    from fireplan.measures import Assessment
    from fireplan.scenario import Scenario

MOST_PANES = 6


def coverage(
    assessment: Assessment,
    *,
    objective: str | None = None,
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
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
    profile
        For whom the page is: "public" takes incidents out, "internal" marks it RESTRICTED; left out: neither.

    Returns
    -------
    A Folium map that saves itself as one offline file and shows itself in a notebook.
    """
    assessment = for_audience(assessment, profile)
    goal = chosen_objective(assessment, objective)
    bands = arrival_bands(assessment, goal)
    share, total = tables.counted_said(assessment, objective=goal.key)
    page = OfflineMap(
        title=title or f"Coverage: {assessment.scenario.name}",
        subtitle=share,
        footer=footer_of(assessment.scenario, method=METHOD),
        legends=[arrival_legend(assessment, goal, bands, total, statuses=("existing",))],
        basemap=basemap,
    )
    draw_arrival(page, assessment, goal, bands, baseline=None)
    return marked(page, profile)


def gaps(
    assessment: Assessment,
    *,
    found: gpd.GeoDataFrame | None = None,
    objective: str | None = None,
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
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
    profile
        For whom the page is: "public" takes incidents out, "internal" marks it RESTRICTED; left out: neither.
    """
    assessment = for_audience(assessment, profile)
    if profile == "public" and found is not None:
        raise InputError("gaps found before may count incidents: leave found out for a public page")
    goal = chosen_objective(assessment, objective)
    if found is None and tables.is_weighted(assessment.zones):
        found = find_gaps(assessment, objective=goal.key)
    share, total = tables.counted_said(assessment, objective=goal.key)
    n_gaps = 0 if found is None else len(found)
    reasons = style.categories(sorted(set(found["reason"]))) if found is not None else {}
    scattered = 0.0 if found is None else found.attrs.get("scattered", 0.0)
    weight = "" if found is None else found.attrs.get("weight", "")
    none = "No gap." if found is not None else "No gap can be found: the zones hold neither people nor incidents."
    page = OfflineMap(
        title=title or f"Gaps: {assessment.scenario.name}",
        subtitle=share if n_gaps else f"{none} {share}",
        footer=footer_of(assessment.scenario, method=METHOD),
        legends=[
            Legend(
                title="Why it is not reached in time",
                entries=[
                    *(Entry(label=reason, colour=colour) for reason, colour in reasons.items()),
                    *station_entries("existing"),
                ],
                unit=f"{goal.title.lower()}, {INTERVALS[goal.interval]}",
                n=f"{n_gaps} gaps among {total}",
                limit=limit_said(goal),
                note=f"{wording.count(scattered)} more ({weight}) lie scattered, in no gap." if scattered else "",
            )
        ],
        basemap=basemap,
    )
    draw_streets(page, assessment.scenario)
    draw_gaps(page, found, colours=reasons)
    draw_stations(page, assessment, baseline=None)
    return marked(page, profile)


def isochrones(
    scenario: Scenario,
    *,
    within_s: Sequence[float] = (240, 480),
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
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
    profile
        For whom the page is: "public" takes incidents out, "internal" marks it RESTRICTED; left out: neither.
    """
    scenario = for_audience(scenario, profile)
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
                unit="min:s, without turnout",
            )
        ],
        basemap=basemap,
    )
    draw_streets(page, scenario)
    reached = outline_reach(scenario, within_s=within_s, dissolve=True).to_crs(4326)
    reached["colour"] = [next(b.colour for b in bands if b.up_to == limit) for limit in reached["within_s"]]
    reached["said"] = ["within " + wording.clock(limit) for limit in reached["within_s"]]
    for _, row in reached.groupby("within_s", sort=False):
        layers.polygons(row, name=f"Reached {row['said'].iloc[0]}", fill="colour", tooltip="said").add_to(page)
    draw_open_stations(page, scenario)
    return marked(page, profile)


def compare(
    comparison: Comparison,
    *,
    objective: str | None = None,
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
) -> SyncedMaps:
    """
    Draw scenarios side by side, panning and zooming in step.

    Parameters
    ----------
    comparison
        From `fireplan.compare`: two to six scenarios; the first is what the others are compared with.
    objective, title, basemap
        As in `coverage`.
    profile
        For whom the page is: "public" takes incidents out, "internal" marks it RESTRICTED; left out: neither.

    Returns
    -------
    A page with one pane per scenario: zones by arrival, gaps outlined, and, switched on in the layer list, what each
    zone gains or loses.
    """
    comparison = for_audience(comparison, profile)
    assessments = comparison.assessments
    if not 2 <= len(assessments) <= MOST_PANES:
        raise InputError(f"a page shows two to {MOST_PANES} scenarios side by side, not {len(assessments)}")
    goal = chosen_objective(comparison.baseline, objective)
    bands = arrival_bands(comparison.baseline, goal)
    panes = []
    for assessment in assessments:
        share, total = tables.counted_said(assessment, objective=goal.key)
        pane = OfflineMap(title=assessment.scenario.name, subtitle=share, basemap=basemap)
        first = assessment is comparison.baseline
        others = [other for other in assessments if other is not assessment]
        draw_arrival(pane, assessment, goal, bands, baseline=None if first else comparison.baseline, others=others)
        if not first:
            draw_change(pane, comparison, assessment)
        panes.append(pane)
    legend = arrival_legend(comparison.baseline, goal, bands, total, statuses=("existing", "opened", "closed"))
    change = Legend(
        title=f"Change against {comparison.names[0]}",
        unit="first-due travel time; switch it on in the list of layers",
        entries=band_entries(CHANGE_BANDS),
        folded=True,
    )
    page = SyncedMaps(
        panes,
        title=title or "Scenarios compared",
        subtitle=f"{goal.title}: {INTERVALS[goal.interval]}, by zone",
        footer=footer_of(comparison.baseline.scenario, method=METHOD),
        legends=[legend, change],
    )
    return marked(page, profile)
