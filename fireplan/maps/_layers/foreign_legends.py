"""
Legends for what Folium, branca and GeoPandas colour by themselves.

Theirs are drawn by scripts from the network. What they say is read here, and drawn as every other legend of the page.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import branca.colormap
import numpy as np
from PIL import ImageColor

from fireplan import wording
from fireplan.errors import InputError, quoted
from fireplan.maps._layers.legend import Entry, Legend
from fireplan.maps._layers.value_classes import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import folium

MOST_ENTRIES = 12
FEW = 5
LISTED = "class='maplegend'"
LISTED_STYLE = ".maplegend {"
"""Stand in the list of categories that `GeoDataFrame.explore` writes, and in its styles."""
TITLE = re.compile(r"<div class='legend-title'>(.*?)</div>", re.DOTALL)
CATEGORY = re.compile(r"<li><span style='background:(.*?)'></span>(.*?)</li>", re.DOTALL)
UNTITLED = "Colours"
ROUNDED = "Bounds are rounded."
SOME = "Some of its {} classes."
BETWEEN = "Between these values the colours run evenly."


def colour_map_legend(
    colours: branca.colormap.ColorMap, *, from_below: bool = False, others: Iterable[str] = ()
) -> Legend:
    """
    Say what the colours of a colour map mean.

    Parameters
    ----------
    colours
        From `branca.colormap`. One of few steps has a line for each; else some values are shown with their colours.
    from_below
        Whether a value on a bound belongs to the class above it, as in a Choropleth; else to the one below.
    others
        Further colours that are drawn, for rows without a value.
    """
    title = str(colours.caption or UNTITLED)
    index = [float(value) for value in colours.index]
    if isinstance(colours, branca.colormap.StepColormap) and len(index) <= MOST_ENTRIES + 1:
        tints = [str(colours.rgb_hex_str(a + (b - a) / 2)) for a, b in pairwise(index)]
        words, told = _classes(index, from_below=from_below), index
        note = ""
    else:
        told = [float(v) for v in colours.tick_labels or ()] or index
        if len(told) > FEW + 1:
            told = np.linspace(told[0], told[-1], FEW).tolist()
        tints, words = [str(colours.rgb_hex_str(v)) for v in told], [wording.figure(v) for v in told]
        steps = len(index) - 1
        note = SOME.format(steps) if isinstance(colours, branca.colormap.StepColormap) else BETWEEN
    if any(_rounds(value) for value in told):
        note = f"{note} {ROUNDED}".strip()
    entries = [Entry(label=word, colour=tint) for word, tint in zip(words, tints, strict=True)]
    entries += [Entry(label=MISSING, colour=hexadecimal(colour)) for colour in others]
    return Legend(title=title, entries=tuple(entries), note=note)


def choropleth_legend(drawn: folium.Choropleth) -> Legend | None:
    """Say what the colours of a Choropleth mean, that of rows without a value among them; None: it has but one."""
    scale = drawn.color_scale
    if scale is None:
        return None
    features = drawn.geojson.data.get("features", []) if hasattr(drawn.geojson, "data") else []
    seen = {str(drawn.geojson.style_function(feature).get("fillColor")): None for feature in features}
    index = [float(value) for value in scale.index]
    steps = {str(scale.rgb_hex_str(a + (b - a) / 2)) for a, b in pairwise(index)}
    others = [colour for colour in map(hexadecimal, seen) if colour not in steps]
    return colour_map_legend(scale, from_below=True, others=dict.fromkeys(others))


def category_legend(markup: str) -> Legend:
    """Read the list of categories that `GeoDataFrame.explore` writes."""
    title = TITLE.search(markup)
    named = title[1].strip() if title else ""
    entries = tuple(
        Entry(label=MISSING if label == "NaN" else label, colour=hexadecimal(colour))
        for colour, label in CATEGORY.findall(markup)
    )
    return Legend(title=named or ("Missing values" if len(entries) == 1 else UNTITLED), entries=entries)


def hexadecimal(colour: str) -> str:
    """Write a colour as ``#rrggbb``, whether it is written so or has a name."""
    try:
        red, green, blue = ImageColor.getrgb(colour)[:3]
    except ValueError as error:
        raise InputError(f"a legend has no colour {quoted(colour)}: write it as #rrggbb") from error
    return f"#{red:02x}{green:02x}{blue:02x}"


def _classes(index: Sequence[float], *, from_below: bool) -> list[str]:
    """Words of classes between bounds."""
    told = [wording.figure(value) for value in index]
    pairs = list(pairwise(told))
    if from_below:
        return [f"{low} to under {high}" for low, high in pairs[:-1]] + [f"{low} to {high}" for low, high in pairs[-1:]]
    return [f"{low} to {high}" for low, high in pairs[:1]] + [f"over {low} to {high}" for low, high in pairs[1:]]


def _rounds(value: float) -> bool:
    """Whether four digits say less than the value is."""
    said = wording.figure(value).replace(",", "").replace(wording.MINUS, "-")
    return not np.isclose(float(said), value, rtol=1e-12, atol=0)
