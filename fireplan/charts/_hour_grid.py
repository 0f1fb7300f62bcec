"""A figure for every hour of the week: hours across, weekdays down."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize

from fireplan import wording
from fireplan.charts._chart_layout import FONT, LABEL_PT, WIDTH_PT, Sheet, Words, label, names
from fireplan.charts._palette import OBJECTIVE, SEQUENCE
from fireplan.colours import INK, UNKNOWN

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

PLOT_PT = 276.0
CELLS_PT = 228.0
LEFT_PT = 84.0


class HourGrid(NamedTuple):
    """
    What is drawn.

    Attributes
    ----------
    values
        Weekdays x hours; NaN: there is none, and the cell is grey.
    days, hours
        What rows and columns are.
    digits
        Decimals that are written into cells.
    ends
        Ends of the scale of colours.
    axis, legend
        What the hours are, and the colours.
    marked
        Weekdays x hours with a frame round them; None: none.
    """

    values: NDArray[np.float64]
    days: list[str]
    hours: list[int]
    digits: int
    ends: tuple[float, float]
    axis: str
    legend: str
    marked: NDArray[np.bool_] | None = None


def drawn(look: HourGrid, words: Words) -> Figure:
    """Draw it."""
    values, digits = look.values, look.digits
    sheet = Sheet(words, plot_pt=PLOT_PT)
    axes = sheet.axes(left=LEFT_PT, right=84, bottom=PLOT_PT - CELLS_PT - 8, height=CELLS_PT)
    colours = LinearSegmentedColormap.from_list("hours", SEQUENCE).with_extremes(bad=UNKNOWN)
    scale = Normalize(*look.ends)
    axes.pcolormesh(
        np.ma.masked_invalid(values), cmap=colours, norm=scale, edgecolors="white", linewidth=0.8, gid="calls"
    )
    axes.set_facecolor(UNKNOWN)
    axes.invert_yaxis()
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    names(axes.xaxis, np.arange(len(look.hours), dtype=float) + 0.5, [str(h) for h in look.hours])
    names(axes.yaxis, np.arange(len(look.days), dtype=float) + 0.5, look.days)
    label(axes.xaxis, look.axis)
    dark = look.ends[0] + 0.6 * (look.ends[1] - look.ends[0])
    for (row, column), value in np.ndenumerate(values):
        if not np.isnan(value):
            axes.text(
                column + 0.5, row + 0.5, wording.number(value, decimals=digits), ha="center", va="center",
                fontsize=LABEL_PT - 1.5 - 0.5 * digits, color="white" if value > dark else INK, fontfamily=FONT,
            )  # fmt: skip
    if look.marked is not None:
        frame = LineCollection(_frame(look.marked), colors=OBJECTIVE, linewidths=2.4, gid="marked")
        axes.add_collection(frame).set_clip_on(False)
    bar = sheet.axes(left=WIDTH_PT - 72, right=56, bottom=PLOT_PT - CELLS_PT - 8, height=CELLS_PT)
    legend = sheet.figure.colorbar(ScalarMappable(scale, colours), cax=bar)
    legend.outline.set_visible(False)
    if legend.solids is not None:
        legend.solids.set_edgecolor("face")
    bar.tick_params(labelsize=LABEL_PT)
    label(bar.yaxis, look.legend)
    return sheet.figure


def _frame(marked: NDArray[np.bool_]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Give the sides of marked cells beyond which nothing is marked."""
    around = np.pad(marked, 1)
    sides = []
    for row, column in np.argwhere(marked).tolist():
        ends = {
            (0, -1): ((column, row), (column, row + 1)),
            (0, 1): ((column + 1, row), (column + 1, row + 1)),
            (-1, 0): ((column, row), (column + 1, row)),
            (1, 0): ((column, row + 1), (column + 1, row + 1)),
        }
        sides += [side for (down, right), side in ends.items() if not around[row + 1 + down, column + 1 + right]]
    return sides
