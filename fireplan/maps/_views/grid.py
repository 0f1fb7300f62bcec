"""Up to six scenarios side by side, each with the figure that sums it up; the page says which others there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan._checked import takes
from fireplan.comparison import Comparison
from fireplan.errors import InputError, listed, quoted
from fireplan.maps._layers.legend import Legend
from fireplan.maps._pages.disclosure_profile import for_audience, marked
from fireplan.maps._pages.synced_maps import MOST_PANES
from fireplan.maps._views.compare import compare
from fireplan.maps._views.scenario_headings import headline_of, known_scenario
from fireplan.measures._assessment import chosen_measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fireplan.disclosure import Profile, Publications
    from fireplan.maps._pages.html_document import Theme
    from fireplan.maps._pages.synced_maps import SyncedMaps


@takes
def grid(  # noqa: PLR0913 - each is asked for alone
    comparison: Comparison,
    *,
    show: Sequence[str] | None = None,
    objective: str | None = None,
    count: str | None = None,
    title: str = "",
    basemap: str | None = None,
    theme: Theme = "light",
    profile: Profile | None = None,
    published: Publications | None = None,  # noqa: ARG001 - every view takes it
) -> SyncedMaps:
    """
    Draw up to six scenarios in step, each with its name and the share it reaches.

    Parameters
    ----------
    comparison
        From `fireplan.compare`, with any number of scenarios.
    show
        Names of the two to six to draw, in their order; the first is what the others are compared with. Left out: the
        first six. The page says how many there are, and names those that are not drawn.
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
    A page with one pane for each scenario, two or three side by side, one below the other on a phone.

    Raises
    ------
    UnknownIdError
        If the comparison has no scenario of that name.
    InputError
        If `show` names fewer than two scenarios, more than six, or one twice.
    """
    comparison = for_audience(comparison, profile)
    names = comparison.names[:MOST_PANES] if show is None else tuple(show)
    drawn = [known_scenario(comparison, name) for name in names]
    if not 2 <= len(set(names)) == len(names) <= MOST_PANES:
        raise InputError(f"a grid shows two to {MOST_PANES} different scenarios, not {listed(map(quoted, names))}")
    count = chosen_measure(drawn[0], objective, count=count)
    made = compare(Comparison(tuple(drawn)), objective=objective, count=count, title=title, basemap=basemap)
    made.theme = theme
    for pane, assessment in zip(made.maps, drawn, strict=True):
        pane.headline = headline_of(assessment, objective, count=count)
    others = [name for name in comparison.names if name not in names]
    if others:
        said = f"{len(names)} of {len(comparison.names)} scenarios are shown"
        made.subtitle = f"{made.subtitle}. {said}."
        made.legends.append(
            Legend(title=f"{said}; {len(others)} are not", note=f"Not shown: {', '.join(others)}.", folded=True)
        )
    return marked(made, profile)
