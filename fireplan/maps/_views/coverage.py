"""The view of coverage: how soon help arrives, zone by zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan._checked import takes
from fireplan.maps._layers import attribute_tables
from fireplan.maps._layers.scenario_layers import METHOD, arrival_bands, arrival_legends, draw_arrival, gaps_to_draw
from fireplan.maps._pages.disclosure_profile import for_audience, marked
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import footer_of
from fireplan.maps._views.scenario_headings import named
from fireplan.measures._assessment import chosen_objective

if TYPE_CHECKING:
    from fireplan.disclosure import Profile, Publications
    from fireplan.measures import Assessment


@takes
def coverage(
    assessment: Assessment,
    *,
    objective: str | None = None,
    count: str | None = None,
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
    published: Publications | None = None,  # noqa: ARG001 - every view takes it
) -> OfflineMap:
    """
    Draw how soon help arrives, or how likely in time, zone by zone, with the gaps outlined.

    Parameters
    ----------
    assessment
        From `fireplan.assess`.
    objective
        Key of the objective; left out: the first of the standard.
    count
        What shares are of: a measure of the assessment, such as "incidents"; left out: what the objective weighs, or
        incidents, where the scenario was narrowed to some, else people, incidents, dwellings.
    title
        What stands over the map; left out: the scenario's name, and what it was narrowed to.
    basemap
        "osm": an online base map, loaded by whoever opens the page. Left out: the page's own streets, offline.
    profile
        For whom the page is: "public" takes incidents out, "internal" marks it RESTRICTED; left out: neither.
    published
        What was published before, for a public page that counts incidents: this one does not.

    Returns
    -------
    A Folium map that saves itself as one offline file and shows itself in a notebook. Zones off the ground of the
    objective are grey, and in no figure. With a calibration zones are drawn by the chance that help is there within the
    limit, in steps, and the share is that to be expected; median arrival is switched on in the list of layers.
    """
    assessment = for_audience(assessment, profile)
    goal = chosen_objective(assessment, objective)
    bands = arrival_bands(assessment, goal)
    share, _ = attribute_tables.counted_said(assessment, objective=goal.key, count=count)
    found = gaps_to_draw(assessment, goal, count=count)
    gaps = found is not None and len(found) > 0
    page = OfflineMap(
        title=title or f"Coverage: {named(assessment.scenario)}",
        subtitle=share,
        footer=footer_of(assessment.scenario, method=METHOD),
        legends=arrival_legends(assessment, goal, bands, statuses=("existing",), gaps=gaps, count=count),
        basemap=basemap,
    )
    draw_arrival(page, assessment, goal, bands, found=found, baseline=None, count=count)
    return marked(page, profile)
