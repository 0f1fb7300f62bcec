"""The page of a chart: words above, notes and sources below, and room for axes between them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from matplotlib.ft2font import FT2Font
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter

from fireplan import wording
from fireplan._html_escape import REPLACEMENT, plain
from fireplan.charts._palette import QUIET
from fireplan.colours import GRID, INK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from numpy.typing import NDArray

FONT = "DejaVu Sans"  # comes with Matplotlib, so that every machine has it
WIDTH_PT = 675.0  # 900 pixels of a screen
EDGE_PT = 16.0
TITLE_PT, WORDS_PT, LABEL_PT, SMALL_PT = 14.0, 10.5, 9.5, 8.5
LEADING = 1.35
POINTS = 72.0  # to an inch
FEW_LETTERS = 16
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)


@dataclass(frozen=True)
class Words:
    """
    What stands around a chart.

    Attributes
    ----------
    title
        What it is about.
    said
        Sentences under the title: what it shows.
    notes
        Sentences below it: what was left out, and how to read it.
    foot
        n, source, period, basis.
    """

    title: str
    said: tuple[str, ...]
    notes: tuple[str, ...]
    foot: tuple[str, ...]

    @property
    def alt(self) -> str:
        """All of it, for those who do not see the chart."""
        ended = [s if s.endswith((".", "…")) else f"{s}." for s in (self.title, *self.said, *self.notes, *self.foot)]
        return " ".join(ended)


class Sheet:
    """
    A figure with its words on it.

    Parameters
    ----------
    words
        What stands around the chart.
    plot_pt
        Height of the room for axes. [pt]
    """

    def __init__(self, words: Words, *, plot_pt: float) -> None:
        room = WIDTH_PT - 2 * EDGE_PT
        above = [
            *_lines([words.title], TITLE_PT, room, weight="bold"),
            *_lines(words.said, WORDS_PT, room),
        ]
        below = [*_lines(words.notes, SMALL_PT, room), *_lines([" · ".join(words.foot)], SMALL_PT, room)]
        head_pt = EDGE_PT + sum(size * LEADING for _, size, _ in above) + 10.0
        foot_pt = EDGE_PT + sum(size * LEADING for _, size, _ in below) + 6.0
        self.height_pt = head_pt + plot_pt + foot_pt
        self.plot_pt = plot_pt
        self._floor_pt = foot_pt
        self.figure = Figure(figsize=(WIDTH_PT / POINTS, self.height_pt / POINTS), dpi=96, facecolor="white")
        self._write(above, self.height_pt - EDGE_PT, INK)
        self._write(below, foot_pt - 6.0, QUIET)

    def axes(self, *, left: float, right: float = EDGE_PT, bottom: float, height: float) -> Axes:
        """Add axes: distances from the left and right edge of the page, and above the floor of the room. [pt]"""
        at = (
            left / WIDTH_PT,
            (self._floor_pt + bottom) / self.height_pt,
            (WIDTH_PT - left - right) / WIDTH_PT,
            height / self.height_pt,
        )
        axes = self.figure.add_axes(at, facecolor="white")
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(QUIET)
        axes.tick_params(labelsize=LABEL_PT, labelcolor=INK, color=QUIET, labelfontfamily=FONT)
        axes.set_axisbelow(True)
        return axes

    def _write(self, lines: Sequence[tuple[str, float, str]], top_pt: float, colour: str) -> None:
        for text, size, weight in lines:
            top_pt -= size * LEADING
            self.figure.text(
                EDGE_PT / WIDTH_PT, (top_pt + 0.3 * size) / self.height_pt, text,
                fontsize=size, weight=weight, color=colour, fontfamily=FONT, parse_math=False,
            )  # fmt: skip


def visible(text: object) -> str:
    """Put a text on one line, as a reader would see it on a page."""
    return " ".join(plain(text).split())


def drawable(text: object) -> str:
    """Make a text fit to be drawn: visible, and with a stand-in for each letter that the font does not have."""
    known = _letters()
    return "".join(c if ord(c) in known else REPLACEMENT for c in visible(text))


def shortened(text: object, *, size: float, most_pt: float) -> str:
    """Cut a text that is too wide, and show that it was."""
    whole = drawable(text)
    if width_pt(whole, size) <= most_pt:
        return whole
    tried = FEW_LETTERS  # what begins more than twice as wide as there is room is not tried letter by letter
    while tried < len(whole) and width_pt(whole[:tried], size) <= 2 * most_pt:
        tried *= 2
    cuts = (f"{whole[:n].rstrip()}…" for n in reversed(range(min(tried, len(whole)))))
    return next((cut for cut in cuts if width_pt(cut, size) <= most_pt), "…")


@cache
def width_pt(text: str, size: float, *, weight: str = "normal") -> float:
    """Width of a text. [pt]"""
    font = FontProperties(family=FONT, size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width)


def wrapped(text: object, *, size: float, most_pt: float, weight: str = "normal") -> list[str]:
    """Part a text into lines no wider than there is room."""
    lines: list[str] = []
    for word in drawable(text).split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_pt(longer, size, weight=weight) <= most_pt:
            lines[-1] = longer
        else:
            lines.append(shortened(word, size=size, most_pt=most_pt))
    return lines


def label(axis: Axis, *lines: str) -> None:
    """Name an axis."""
    axis.set_label_text(
        "\n".join(map(drawable, lines)), fontsize=LABEL_PT, color=INK, fontfamily=FONT, parse_math=False
    )


def names(axis: Axis, at: NDArray[np.float64], texts: Sequence[str]) -> None:
    """Set texts beside an axis as they are, a dollar sign too."""
    axis.set_ticks(at.tolist())
    axis.set_ticklabels(texts, parse_math=False, fontfamily=FONT, fontsize=LABEL_PT, color=INK)


def clock_axis(axis: Axis, last_s: float, *, first_s: float = 0.0, most: int = 10) -> None:
    """Part an axis of seconds at round times, written as minutes and seconds."""
    step = next((s for s in STEPS_S if (last_s - first_s) / s <= most), STEPS_S[-1])
    axis.set_ticks(np.arange(np.ceil(first_s / step), np.floor(last_s / step) + 1) * step)
    axis.set_major_formatter(FuncFormatter(lambda s, _: wording.clock(s)))


def quiet_grid(axes: Axes, which: str) -> None:
    """Draw faint lines across."""
    axes.grid(visible=True, axis=which, color=GRID, linewidth=0.8)  # type: ignore[arg-type]


@cache
def _letters() -> frozenset[int]:
    """Characters that both the plain and the bold font have."""
    fonts = [FT2Font(findfont(FontProperties(family=FONT, weight=w))) for w in ("normal", "bold")]
    return frozenset(fonts[0].get_charmap()) & frozenset(fonts[1].get_charmap())


def _lines(
    texts: Sequence[str], size: float, most_pt: float, *, weight: str = "normal"
) -> list[tuple[str, float, str]]:
    return [
        (line, size, weight)
        for text in texts
        if text
        for line in wrapped(text, size=size, most_pt=most_pt, weight=weight)
    ]
