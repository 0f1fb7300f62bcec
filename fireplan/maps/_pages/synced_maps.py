"""Several maps in step on one offline page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fireplan._checked import takes
from fireplan.errors import InputError
from fireplan.maps._pages.folium_parts import compose, draw, union
from fireplan.maps._pages.html_document import Theme, check_theme
from fireplan.maps._pages.page_frame import Footer, footer_html, header_html, main_html, pane_html, shared_legends_html
from fireplan.maps._pages.several_maps import SeveralMaps
from fireplan.wording import joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fireplan.maps._layers.legend import Legend
    from fireplan.maps._pages.folium_parts import Drawing
    from fireplan.maps._pages.offline_map import OfflineMap

MOST_PANES = 6


@takes
class SyncedMaps(SeveralMaps):
    """
    Two to six maps side by side that are panned and zoomed as one, in one file that asks nothing of the network.

    The title of each map becomes the heading of its pane, its legends stand on it; its own footer is not shown. Where
    the pointer is on one map, a ring shows on the others, and a click on a place says on each map what holds there. On
    a phone the maps stand one below the other.

    Parameters
    ----------
    maps
        The maps, row by row from the top left.
    title
        The title of the page.
    subtitle
        The line below it.
    footer
        Where the figures of all the maps come from.
    legends
        Legends that count for every map. They stand once, below the maps.
    theme
        As in `OfflineMap`, for the whole page.
    """

    def __init__(
        self,
        maps: Sequence[OfflineMap],
        *,
        title: str,
        subtitle: str = "",
        footer: Footer | None = None,
        legends: Iterable[Legend] = (),
        theme: Theme = "light",
    ) -> None:
        check_theme(theme)
        if not 2 <= len(maps) <= MOST_PANES or len({id(m) for m in maps}) < len(maps):
            raise InputError(f"2 to {MOST_PANES} different maps can stand on one page, not {len(maps)}")
        self.maps = tuple(maps)
        self.title, self.subtitle, self.footer = title, subtitle, footer
        self.legends = list(legends)
        self.theme = theme

    def to_html(self) -> str:
        """Write the whole page as text. The same inputs give the same text."""
        extent = self.extent()
        drawings = [draw(m, replace(m.placing(extent=extent), zoom_animation=False)) for m in self.maps]
        panes = "\n".join(
            pane_html(d.markup, legends=m.legends, heading=m.title, subtitle=m.subtitle, headline=m.headline)
            for m, d in zip(self.maps, drawings, strict=True)
        )
        body = (
            f"{header_html(self.title, subtitle=self.subtitle, footer=self.footer)}"
            f"{main_html(panes, panes=len(self.maps))}"
            f"{shared_legends_html([*self.legends, *self._brought(drawings)])}{footer_html(self.footer)}"
        )
        names = ", ".join(m.get_name() for m in self.maps)
        script = f"fireplan.sync([{names}]);"
        return compose(self.title, body, drawings, script=script, theme=self.theme)

    def _brought(self, drawings: Sequence[Drawing]) -> list[Legend]:
        """Legends that layers of the maps bring, each once, with the maps it is for if it is not for all."""
        found = []
        for legend in dict.fromkeys(legend for drawing in drawings for legend in drawing.legends):
            on = [m.title for m, drawing in zip(self.maps, drawings, strict=True) if legend in drawing.legends]
            only = "" if len(on) == len(self.maps) else f"On {joined(on)} alone."
            found.append(replace(legend, note=" ".join(text for text in (legend.note, only) if text)))
        return found

    def extent(self) -> list[list[float]] | None:
        """South-west and north-east corner of the first view: that of all the maps together. [deg]"""
        return union([extent for m in self.maps if (extent := m.extent())])
