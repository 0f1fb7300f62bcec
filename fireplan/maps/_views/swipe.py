"""The view of two scenarios on one map, with a divider to draw from one side to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan._checked import takes
from fireplan.comparison import Comparison
from fireplan.errors import InputError, quoted
from fireplan.maps._pages.disclosure_profile import for_audience, marked
from fireplan.maps._pages.swipe_map import SwipeMap
from fireplan.maps._views.compare import compare
from fireplan.maps._views.scenario_headings import headline_of, known_scenario, narrowed
from fireplan.measures._assessment import chosen_measure

if TYPE_CHECKING:
    from fireplan.disclosure import Profile, Publications
    from fireplan.maps._pages.html_document import Theme


@takes
def swipe(  # noqa: PLR0913 - a view has this many settings
    comparison: Comparison,
    *,
    left: str | None = None,
    right: str | None = None,
    objective: str | None = None,
    count: str | None = None,
    title: str = "",
    basemap: str | None = None,
    theme: Theme = "light",
    profile: Profile | None = None,
    published: Publications | None = None,  # noqa: ARG001 - every view takes it
) -> SwipeMap:
    """
    Draw two scenarios on one map, with a curtain between them.

    Parameters
    ----------
    comparison
        From `fireplan.compare`.
    left, right
        Names of the scenarios on either side of the divider; left out: the first, and the first of the others. Stations
        opened and closed, gains and losses are those of the right side against the left.
    objective, count, title, basemap
        As in `coverage`.
    theme
        As in `OfflineMap`.
    profile
        For whom the page is: "public" takes incidents out, "internal" marks it RESTRICTED; left out: neither.
    published
        What was published before, for a public page that counts incidents: this one does not.

    Returns
    -------
    A page with one map.

    Raises
    ------
    UnknownIdError
        If the comparison has no scenario of that name.
    InputError
        If both sides are the same scenario.
    """
    comparison = for_audience(comparison, profile)
    first = comparison.names[0] if left is None else left
    others = [name for name in comparison.names if name != first]
    second = others[0] if right is None else right
    if first == second:
        raise InputError(f"both sides of the curtain would show {quoted(first)}: name two scenarios")
    pair = Comparison((known_scenario(comparison, first), known_scenario(comparison, second)))
    count = chosen_measure(pair.baseline, objective, count=count)
    over = title or f"{first} and {second}{narrowed(comparison.baseline.scenario)}"
    made = compare(pair, objective=objective, count=count, title=over, basemap=basemap)
    for pane, assessment in zip(made.maps, pair.assessments, strict=True):
        pane.headline = headline_of(assessment, objective, count=count)
    page = SwipeMap(
        *made.maps,
        title=made.title,
        subtitle=made.subtitle,
        footer=made.footer,
        legends=made.legends,
        theme=theme,
    )
    return marked(page, profile)
