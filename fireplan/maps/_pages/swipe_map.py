"""Two scenarios on one map, with a curtain to draw from one side to the other."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fireplan._checked import takes
from fireplan._html_escape import escape
from fireplan._page_kit.script_data import in_script
from fireplan.errors import InputError, listed, quoted
from fireplan.maps._layers.packed_layer import PackedLayer
from fireplan.maps._pages.folium_parts import compose, draw, layer_list_script, union
from fireplan.maps._pages.html_document import Theme, check_theme
from fireplan.maps._pages.page_frame import (
    Footer,
    footer_html,
    header_html,
    main_html,
    pane_head_html,
    pane_html,
    shared_legends_html,
)
from fireplan.maps._pages.several_maps import SeveralMaps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fireplan.maps._layers.legend import Legend
    from fireplan.maps._pages.offline_map import OfflineMap


@takes
class SwipeMap(SeveralMaps):
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
        extent = self.extent()
        spoken = escape(f"Map: {left.title} left of the divider, {right.title} right of it")
        drawings = [
            draw(left, replace(left.placing(extent=extent), spoken=spoken, side="left")),
            draw(right, replace(right.placing(extent=extent), side="right", host=left.get_name())),
        ]
        heads = "".join(pane_head_html(m.title, subtitle=m.subtitle, headline=m.headline) for m in self.maps)
        stage = pane_html("\n".join(d.markup for d in drawings), legends=())
        body = (
            f"{header_html(self.title, subtitle=self.subtitle, footer=self.footer)}"
            f'<div class="fp-sides">{heads}</div>{main_html(stage)}'
            f"{shared_legends_html(self.legends)}{footer_html(self.footer)}"
        )
        said = in_script({"left": escape(left.title), "right": escape(right.title), "at": self.at})
        both = layer_list_script((left, left.groups), (right, right.groups))
        script = f"{both}\nfireplan.swipe({left.get_name()}, {said});"
        return compose(self.title, body, drawings, script=script, theme=self.theme)

    def pane_names(self) -> tuple[str, ...]:
        """Name the two sides."""
        return ("left", "right")

    def extent(self) -> list[list[float]] | None:
        """South-west and north-east corner of the first view: that of both maps together. [deg]"""
        return union([extent for m in self.maps if (extent := m.extent())])

    def _check_layers(self) -> None:
        """Refuse layers that a curtain cannot cut."""
        held = [c for m in self.maps for c in m._children.values()]  # noqa: SLF001
        others = sorted({type(c).__name__ for c in held if not isinstance(c, PackedLayer)} - {"Tiles"})
        if others:
            raise InputError(f"a curtain cuts layers of fireplan.maps.layers only, not {listed(map(quoted, others))}")
