"""
Colours and classes that every map and report shares.

No pair of colours differs only in red and green, and a longer time is always the darker colour, so that the bands can
be told apart with any colour vision, on a weak projector and on grey paper.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan.colours import (
    CATEGORIES,
    FASTER,
    LOCAL_ROAD,
    MAIN_ROAD,
    NO_CHANGE,
    SLOWER,
    THROUGH_ROAD,
    TRAVEL_TIME,
    UNKNOWN,
    UNREACHABLE,
)
from fireplan.errors import InputError, listed
from fireplan.roads._classes import MAIN_ROADS, THROUGH_ROADS
from fireplan.wording import NOT_REACHED, clock, span

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

AREA_OPACITY = 0.75  # of all areas, on the map and in the legend
ROADS = ((MAIN_ROAD, 2.6), (THROUGH_ROAD, 1.5), (LOCAL_ROAD, 0.8))
"""Main, through and local streets: colour, width in pixels."""
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif'

ROUND_S = (5, 10, 15, 30, 60, 90, 120, 180, 240, 300, 600, 900, 1200, 1800, 3600)
CHANCE_STEPS = (10, 30, 50, 70, 90)
"""Where classes of chance end. [%]"""

POINT_STEPS = (2.0, 10.0, 30.0)
"""Sizes of a change in chance; those up to the first count as no change. [percentage points]"""

HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, kw_only=True)
class Band:
    """
    One class of a map: the values above `above` and up to `up_to`, with its colour and its words.

    The unreachable (infinite) and the unknown (missing) are bands of their own.
    """

    label: str
    colour: str
    above: float = -math.inf
    up_to: float = math.inf


def time_bands(*limits_s: float, unreachable: bool = True) -> tuple[Band, ...]:
    """
    Classes of travel time, the longest darkest.

    Parameters
    ----------
    limits_s
        Where one class ends and the next begins, rising. [s]
    unreachable
        Add a class for what cannot be reached.

    Examples
    --------
    >>> [band.label for band in time_bands(240, 480)]
    ['within 4:00', '4:00 to 8:00', 'over 8:00', 'not reached']
    """
    _check_rising(limits_s)
    colours = ramp(TRAVEL_TIME[: max(3, len(limits_s) + 1)], len(limits_s) + 1)
    bands = [Band(label=f"within {clock(limits_s[0])}", colour=colours[0], up_to=limits_s[0])]
    for (low, high), colour in zip(pairwise(limits_s), colours[1:-1], strict=True):
        bands.append(Band(label=span(low, high), colour=colour, above=low, up_to=high))
    bands.append(Band(label=f"over {clock(limits_s[-1])}", colour=colours[-1], above=limits_s[-1]))
    if unreachable:
        bands.append(Band(label=NOT_REACHED, colour=UNREACHABLE, above=math.inf))
    return tuple(bands)


def change_bands(*steps_s: float) -> tuple[Band, ...]:
    """
    Classes of time gained and lost, blue for faster and orange for slower.

    Parameters
    ----------
    steps_s
        Rising sizes of a change; those up to the first count as no change. [s]

    Examples
    --------
    >>> [band.label for band in change_bands(60)]
    ['over 1:00 faster', 'up to 1:00 either way', 'over 1:00 slower']
    """
    _check_rising(steps_s)
    count = len(steps_s)
    faster, slower = ramp(FASTER[1:] if count < 4 else FASTER, count), ramp(SLOWER[1:] if count < 4 else SLOWER, count)
    sizes = [*pairwise(steps_s), (steps_s[-1], math.inf)]
    words = [f"over {clock(low)}" if math.isinf(high) else span(low, high) for low, high in sizes]
    gained = [
        Band(label=f"{text} faster", colour=colour, above=_just_below(-high), up_to=_just_below(-low))
        for text, (low, high), colour in zip(words, sizes, faster, strict=True)
    ]
    lost = [
        Band(label=f"{text} slower", colour=colour, above=low, up_to=high)
        for text, (low, high), colour in zip(words, sizes, slower, strict=True)
    ]
    least = steps_s[0]
    same = Band(label=f"up to {clock(least)} either way", colour=NO_CHANGE, above=_just_below(-least), up_to=least)
    return (*reversed(gained), same, *lost)


def chance_bands(*, unreachable: bool = True) -> tuple[Band, ...]:
    """
    Classes of how likely help comes in time, in whole percent; the least likely darkest.

    Parameters
    ----------
    unreachable
        Add a class for what cannot be reached.

    Examples
    --------
    >>> [band.label for band in chance_bands()][:3], chance_bands()[-2].label
    (['over 90 %', '70 to 90 %', '50 to 70 %'], 'up to 10 %')
    """
    steps = CHANCE_STEPS
    colours = ramp(TRAVEL_TIME, len(steps) + 1)
    labels = [f"over {steps[-1]} %", *(f"{low} to {high} %" for low, high in reversed([*pairwise(steps)]))]
    ends = [(steps[-1], math.inf), *reversed([*pairwise(steps)]), (-math.inf, steps[0])]
    bands = [
        Band(label=label, colour=colour, above=low, up_to=100.0 if math.isinf(high) else high)
        for label, colour, (low, high) in zip([*labels, f"up to {steps[0]} %"], colours, ends, strict=True)
    ]
    return (*bands, *([Band(label=NOT_REACHED, colour=UNREACHABLE, above=math.inf)] if unreachable else []))


def whole_percent(chance: ArrayLike) -> NDArray[np.float64]:
    """Chances in whole percent, as they are said: classes are those of what is said, so that no two words part."""
    return np.asarray(np.floor(100 * np.asarray(chance, dtype=float) + 0.5))


def chance_change_bands() -> tuple[Band, ...]:
    """
    Classes of change in how likely help comes in time, in percentage points: blue likelier, orange less likely.

    Examples
    --------
    >>> [band.label for band in chance_change_bands()][2:5]
    ['2 to 10 points likelier', 'up to 2 points either way', '2 to 10 points less likely']
    """
    steps = POINT_STEPS
    likelier, rarer = ramp(FASTER[1:], len(steps)), ramp(SLOWER[1:], len(steps))
    sizes: list[tuple[float, float]] = [*pairwise(steps), (steps[-1], math.inf)]
    words = [f"over {low:g} points" if math.isinf(high) else f"{low:g} to {high:g} points" for low, high in sizes]
    gained = [
        Band(label=f"{text} likelier", colour=colour, above=low, up_to=high)
        for text, (low, high), colour in zip(words, sizes, likelier, strict=True)
    ]
    lost = [
        Band(label=f"{text} less likely", colour=colour, above=_just_below(-high), up_to=_just_below(-low))
        for text, (low, high), colour in zip(words, sizes, rarer, strict=True)
    ]
    least = steps[0]
    same = Band(label=f"up to {least:g} points either way", colour=NO_CHANGE, above=_just_below(-least), up_to=least)
    return (*reversed(gained), same, *lost)


def colours_of(values: pd.Series[float], bands: Sequence[Band]) -> pd.Series[str]:
    """
    The colour of each value: that of its band; missing values and those in no band get `UNKNOWN`.

    Infinite values get the band for the unreachable, if there is one.
    """
    x = np.asarray(values, dtype=float)
    colours = np.full(len(x), UNKNOWN, dtype=object)
    for band in bands:
        over = np.isposinf(x) if band.above == math.inf else (x > band.above) | (band.above == -math.inf)
        inside = over & (x <= band.up_to)
        colours[inside] = band.colour
    return pd.Series(colours, index=values.index, dtype="str", name="colour")


def round_limits(values: Iterable[float], *, bands: int = 4) -> tuple[float, ...]:
    """
    Round limits that part values into at most so many legible classes.

    The step is the smallest of 5 s to an hour for which the last class still holds no more than about a fifth of the
    finite values; limits that would leave nothing on one side are not used. [s]
    """
    x = np.asarray(list(values), dtype=float)
    x = x[np.isfinite(x)]
    if not len(x):
        return (240.0, 480.0)[: bands - 1]
    top = float(np.quantile(x, 0.8, method="inverted_cdf"))
    step = next((s for s in ROUND_S if s * (bands - 1) >= top), float(ROUND_S[-1]))
    limits = tuple(float(step * i) for i in range(1, bands))
    used = tuple(limit for limit in limits if (x <= limit).any() and (x > limit).any())
    return used or limits[:1]


def categories(names: Iterable[object]) -> dict[str, str]:
    """Give each name a colour, in the order of the names; after ten the colours come again, so label the areas too."""
    known = sorted({str(name) for name in names})
    return {name: CATEGORIES[i % len(CATEGORIES)] for i, name in enumerate(known)}


def ramp(colours: Sequence[str], count: int) -> tuple[str, ...]:
    """Take `count` colours evenly along a row of colours, from its first to its last."""
    if count == 1:
        return (colours[-1],)
    known = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in colours], dtype=float)
    at = np.linspace(0, len(colours) - 1, count)
    mixed = np.column_stack([np.interp(at, np.arange(len(colours)), known[:, i]) for i in range(3)])
    return tuple("#" + "".join(f"{round(part):02x}" for part in row) for row in mixed)


def check_colours(colours: Iterable[object], *, where: str) -> None:
    """Refuse anything but colours written as ``#rrggbb``."""
    wrong = sorted({str(c) for c in colours if not (isinstance(c, str) and HEX_COLOUR.fullmatch(c))})
    if wrong:
        raise InputError(f"{where}: not a colour of the form #rrggbb: {listed(map(ascii, wrong))}")


def road_rank(highway: object) -> int:
    """Rank an OSM `highway` value for drawing: 0 main road, 1 through street, 2 local street."""
    kind = highway[0] if isinstance(highway, list) and highway else highway
    if kind in MAIN_ROADS:
        return 0
    return 1 if kind in THROUGH_ROADS else 2


def _just_below(value: float) -> float:
    """The next smaller number, so that bands of gains close at the same size as bands of losses."""
    return math.nextafter(value, -math.inf)


def _check_rising(limits: Sequence[float]) -> None:
    """Refuse limits that do not rise from above zero."""
    if not limits or limits[0] <= 0 or any(high <= low for low, high in pairwise(limits)):
        raise InputError(f"limits must rise from above 0: {listed(limits)}")
