"""Two scenarios on one map, with a curtain to draw from one side to the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan import wording
from fireplan._html_escape import escape
from fireplan.comparison import Comparison
from fireplan.errors import InputError, UnknownIdError, listed, quoted
from fireplan.maps.audience import for_audience, marked
from fireplan.maps.document import Theme, check_theme, frame, save_text
from fireplan.maps.furniture import (
    Footer,
    footer_html,
    header_html,
    main_html,
    pane_head_html,
    pane_html,
    shared_legends_html,
)
from fireplan.maps.packed import PackedLayer, in_script
from fireplan.maps.rendering import LayerList, compose, draw, union
from fireplan.maps.views import compare
from fireplan.measures._assessment import chosen_objective

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from pathlib import Path

    from fireplan.disclosure import Profile
    from fireplan.maps.legend import Legend
    from fireplan.maps.page import OfflineMap
    from fireplan.measures import Assessment


class SwipeMap:
    """
    One map that shows one thing left of a divider and another right of it, in a file that asks nothing of the network.

    The divider is drawn with the mouse, a finger, or the arrow keys, Page Up and Down, Home and End. A click on a place
    says what holds there on both sides. Layers of one name are switched together.

    Parameters
    ----------
    left, right
        The two maps, of layers made by `fireplan.maps.layers` alone: Leaflet's other layers cannot be cut. Their titles
        and headlines stand over their side; their own legends and footers are not shown.
    title
        The title of the page.
    subtitle
        The line below it.
    footer
        Where the figures of both come from.
    legends
        What the colours and signs of both mean.
    at
        Where the divider stands at first, as a share of the width from the left, 0 to 1.
    theme
        As in `OfflineMap`.
    """

    def __init__(
        self,
        left: OfflineMap,
        right: OfflineMap,
        *,
        title: str,
        subtitle: str = "",
        footer: Footer | None = None,
        legends: Iterable[Legend] = (),
        at: float = 0.5,
        theme: Theme = "light",
    ) -> None:
        check_theme(theme)
        if left is right:
            raise InputError("a curtain needs two different maps")
        if not 0 <= at <= 1:
            raise InputError(f"the divider stands from 0 to 1 of the width, not at {at}")
        if left.basemap != right.basemap:
            raise InputError("both sides of a curtain stand on the same base map")
        self.maps = (left, right)
        self.title, self.subtitle, self.footer = title, subtitle, footer
        self.legends = list(legends)
        self.at, self.theme = at, theme

    def to_html(self) -> str:
        """Write the whole page as text. The same inputs give the same text."""
        left, right = self.maps
        self._check_layers()
        left.spoken = escape(f"Map: {left.title} left of the divider, {right.title} right of it")
        drawings = [
            draw(left, extent=self.extent(), side="left"),
            draw(right, extent=self.extent(), side="right", host=left.get_name()),
        ]
        heads = "".join(pane_head_html(m.title, subtitle=m.subtitle, headline=m.headline) for m in self.maps)
        stage = pane_html("\n".join(d.markup for d in drawings), legends=())
        body = (
            f"{header_html(self.title, subtitle=self.subtitle, footer=self.footer)}"
            f'<div class="fp-sides">{heads}</div>{main_html(stage)}'
            f"{shared_legends_html(self.legends)}{footer_html(self.footer)}"
        )
        said = in_script({"left": escape(left.title), "right": escape(right.title), "at": self.at})
        script = f"{LayerList(left, right).script()}\nfireplan.swipe({left.get_name()}, {said});"
        return compose(self.title, body, self.maps, drawings, script=script, theme=self.theme)

    def save(self, outfile: str | os.PathLike[str]) -> Path:
        """Save the page as one file, all of it or nothing; returns its path."""
        return save_text(self.to_html(), outfile)

    def _repr_html_(self) -> str:
        """Show the page in a notebook, in a frame of its own."""
        return frame(self.to_html(), title=self.title)

    def extent(self) -> list[list[float]] | None:
        """South-west and north-east corner of the first view: that of both maps together. [deg]"""
        return union([extent for m in self.maps if (extent := m.extent())])

    def _check_layers(self) -> None:
        """Refuse layers that a curtain cannot cut."""
        held = [c for m in self.maps for c in m._children.values()]  # noqa: SLF001
        others = sorted({type(c).__name__ for c in held if not isinstance(c, PackedLayer)} - {"Tiles"})
        if others:
            raise InputError(f"a curtain cuts layers of fireplan.maps.layers only, not {listed(map(quoted, others))}")


def swipe(
    comparison: Comparison,
    *,
    left: str | None = None,
    right: str | None = None,
    objective: str | None = None,
    title: str = "",
    basemap: str | None = None,
    theme: Theme = "light",
    profile: Profile | None = None,
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
    objective, title, basemap
        As in `coverage`.
    theme
        As in `OfflineMap`.
    profile
        For whom the page is: "public" takes incidents out, "internal" marks it RESTRICTED; left out: neither.

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
    made = compare(pair, objective=objective, title=title or f"{first} and {second}", basemap=basemap)
    for pane, assessment in zip(made.maps, pair.assessments, strict=True):
        pane.headline = headline_of(assessment, objective)
    page = SwipeMap(
        *made.maps,
        title=made.title,
        subtitle=made.subtitle,
        footer=made.footer,
        legends=made.legends,
        theme=theme,
    )
    return marked(page, profile)


def known_scenario(comparison: Comparison, name: str) -> Assessment:
    """Give the assessment of the scenario of that name, or say which there are."""
    if name not in comparison.names:
        raise UnknownIdError("scenario", name, comparison.names)
    return comparison[name]


def headline_of(assessment: Assessment, objective: str | None) -> str:
    """Say the share within an objective alone, ``90.0 %``; the line under it says of how many, and of what."""
    summary = assessment.summary().loc[chosen_objective(assessment, objective).key]
    measure = next(m for m in ("population", "incidents", *summary.index) if m in summary.index)
    row = summary.loc[measure]
    return wording.share(row["share"], goal=row["required_share"])
