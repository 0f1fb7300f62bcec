"""The view of scenarios side by side, in panes that move in step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan import wording
from fireplan._checked import takes
from fireplan.errors import InputError
from fireplan.maps._layers import attribute_tables
from fireplan.maps._layers.chance_tables import POINT_BANDS
from fireplan.maps._layers.chance_words import known
from fireplan.maps._layers.changed_road_layers import changed_roads_legend, draw_changed_roads
from fireplan.maps._layers.legend import Legend, band_entries
from fireplan.maps._layers.scenario_layers import (
    CHANGE_BANDS,
    METHOD,
    arrival_bands,
    arrival_legends,
    draw_arrival,
    draw_change,
    gaps_to_draw,
    ground_entries,
)
from fireplan.maps._pages.disclosure_profile import for_audience, marked
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import footer_of
from fireplan.maps._pages.synced_maps import MOST_PANES, SyncedMaps
from fireplan.maps._views.scenario_headings import narrowed
from fireplan.measures._assessment import chosen_measure, chosen_objective
from fireplan.standards import INTERVALS

if TYPE_CHECKING:
    from fireplan.comparison import Comparison
    from fireplan.disclosure import Profile, Publications


@takes
def compare(
    comparison: Comparison,
    *,
    objective: str | None = None,
    count: str | None = None,
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
    published: Publications | None = None,  # noqa: ARG001 - every view takes it
) -> SyncedMaps:
    """
    Draw scenarios side by side, panning and zooming in step.

    Parameters
    ----------
    comparison
        From `fireplan.compare`: two to six scenarios; the first is what the others are compared with.
    objective, count, title, basemap
        As in `coverage`.
    profile
        For whom the page is: "public" takes incidents out, "internal" marks it RESTRICTED; left out: neither.
    published
        What was published before, for a public page that counts incidents: this one does not.

    Returns
    -------
    A page with one pane per scenario: zones by arrival, gaps outlined, roads closed, opened, built, and driven slower
    or faster than in the first; and, switched on in the layer list, what each zone gains or loses. Where all are
    calibrated, zones are drawn by the chance that help is there within the limit, and gains are those of chance.
    """
    comparison = for_audience(comparison, profile)
    assessments = comparison.assessments
    if not 2 <= len(assessments) <= MOST_PANES:
        raise InputError(f"a page shows two to {MOST_PANES} scenarios side by side, not {len(assessments)}")
    goal = chosen_objective(comparison.baseline, objective)
    count = chosen_measure(comparison.baseline, goal.key, count=count)  # of every pane the same
    bands = arrival_bands(comparison.baseline, goal)
    panes, changed = [], []
    gaps = False
    for assessment in assessments:
        share, _ = attribute_tables.counted_said(assessment, objective=goal.key, count=count)
        pane = OfflineMap(title=assessment.scenario.name, subtitle=share, basemap=basemap)
        first = assessment is comparison.baseline
        others = [other for other in assessments if other is not assessment]
        before = None if first else comparison.baseline
        found = gaps_to_draw(assessment, goal, count=count)
        gaps |= found is not None and len(found) > 0
        draw_arrival(pane, assessment, goal, bands, found=found, baseline=before, others=others, count=count)
        if not first:
            draw_change(pane, comparison, assessment, goal)
            found_roads = draw_changed_roads(pane, comparison.baseline.scenario, assessment.scenario)
            changed.append((assessment.scenario.name, found_roads))
        panes.append(pane)
    statuses = ("existing", "opened", "closed")
    likely = known(goal, *assessments)
    legends = arrival_legends(
        comparison.baseline, goal, bands, statuses=statuses, gaps=gaps, others=assessments[1:], count=count
    )
    own = f"{wording.lower(goal.title)}, {INTERVALS[goal.interval]}; switch it on in the list of layers"
    change = Legend(
        title=f"Change against {comparison.names[0]}",
        unit="points of chance; in the list of layers" if likely else own,
        entries=[*band_entries(POINT_BANDS if likely else CHANGE_BANDS), *ground_entries(comparison.baseline, goal)],
        folded=True,
    )
    drawn = f"chance within {wording.clock(goal.limit_s)}, {INTERVALS[goal.interval]}" if likely else ""
    page = SyncedMaps(
        panes,
        title=title or f"Scenarios compared{narrowed(comparison.baseline.scenario)}",
        subtitle=f"{goal.title}: {drawn or INTERVALS[goal.interval]}, by zone",
        footer=footer_of(*(a.scenario for a in comparison.assessments), method=METHOD),
        legends=[*legends, *changed_roads_legend(changed, against=comparison.names[0]), change],
    )
    return marked(page, profile)
