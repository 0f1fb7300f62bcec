"""One map on which a day goes by, with a slider for the time and a panel that says what the map shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fireplan._html_escape import escape
from fireplan._page_kit.script_data import in_script
from fireplan.maps._pages.folium_parts import compose, draw
from fireplan.maps._pages.html_document import own_styles
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import footer_html, header_html, main_html, pane_html

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ENTRY = "playback_main.js"
STYLES = "playback.css"
PANEL = '<aside class="fp-now" aria-label="What the map shows now"></aside>'
CONTROLS = '<section class="fp-time" aria-label="Time of the map"></section>'
"""What the script fills: the panel beside the map, and the slider with its buttons below it."""


class PlaybackMap(OfflineMap):
    """
    An offline map of one day: units, calls, and the time of the clock, drawn by the page's own script.

    Made by `fireplan.maps.playback`. Layers of one's own are added to it as to any `OfflineMap`.

    Parameters
    ----------
    day
        What the script draws: stations, units, their spells, ways and calls, packed; every text is escaped.
    hours
        A row for each hour of the clock, as texts: the table that says what the strip shows.
    **page
        As in `OfflineMap`.
    """

    def __init__(self, *, day: Mapping[str, Any], hours: Sequence[Sequence[str]], **page: Any) -> None:  # noqa: ANN401 - as above
        super().__init__(**page)
        self.day = dict(day)
        self.hours = [tuple(row) for row in hours]

    def to_html(self) -> str:
        """Write the whole page as text. The same inputs give the same text."""
        drawing = draw(self, self.placing())
        stage = pane_html(drawing.markup, legends=[*self.legends, *drawing.legends])
        body = (
            f"{header_html(self.title, subtitle=self.subtitle, footer=self.footer)}"
            f"{main_html(stage + PANEL)}"
            f"{CONTROLS}"
            f"{self._hours_html()}{footer_html(self.footer)}"
        )
        script = f"fireplan.playback({self.get_name()}, {in_script(self.day)});"
        return compose(
            self.title, body, [drawing], script=script, theme=self.theme, styles=[own_styles(STYLES)], entry=ENTRY
        )

    def _hours_html(self) -> str:
        """Write the strip as a table."""
        head, *rows = self.hours
        heads = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
        lines = "".join(
            f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{escape(text)}</td>" for text in told)}</tr>'
            for name, *told in rows
        )
        return (
            '<details class="fp-hours"><summary>Hour by hour</summary><table>'
            f"<thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></details>"
        )
