"""The view of coverage: how soon help arrives, zone by zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan._checked import takes
from fireplan.maps._layers import attribute_tables
from fireplan.maps._layers.scenario_layers import METHOD, arrival_bands, arrival_legend, draw_arrival
from fireplan.maps._pages.disclosure_profile import for_audience, marked
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import footer_of
from fireplan.measures._assessment import chosen_objective

if TYPE_CHECKING:
    from fireplan.disclosure import Profile
    from fireplan.measures import Assessment


@takes
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
    share, total = attribute_tables.counted_said(assessment, objective=goal.key)
    page = OfflineMap(
        title=title or f"Coverage: {assessment.scenario.name}",
        subtitle=share,
        footer=footer_of(assessment.scenario, method=METHOD),
        legends=[arrival_legend(assessment, goal, bands, total, statuses=("existing",))],
        basemap=basemap,
    )
    draw_arrival(page, assessment, goal, bands, baseline=None)
    return marked(page, profile)
