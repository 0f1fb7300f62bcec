"""A column made into classes with colours: numbers by bounds that are printed as they are used, texts by name."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._page_kit.style import check_colours, ramp
from fireplan.colours import ACCENT, CATEGORIES, GAIN, UNKNOWN, UNREACHABLE
from fireplan.errors import InputError, listed, quoted
from fireplan.maps._layers.layer_rows import cell_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Classing = Literal["quantiles", "equal", "categories"]

MISSING = "no value"
ENDLESS = "without end"
OTHERS = CATEGORIES[7]
KINDS = tuple(c for c in CATEGORIES if c != OTHERS)
"""Colours of kinds; the grey among them is kept for those that have none of their own."""
MOST_CLASSES = 9
MOST_DECIMALS = 9

METHODS = {
    "quantiles": "Classes with about as many rows each (quantiles)",
    "equal": "Classes of equal width",
}


class ValueClasses(NamedTuple):
    """
    What the rows of a layer are coloured by.

    Attributes
    ----------
    colours
        Of each row.
    classes
        Words, colour and number of rows of each class that has any, in the order of the legend.
    method
        How the classes of numbers were made, in words.
    """

    colours: NDArray[np.object_]
    classes: tuple[tuple[str, str, int], ...]
    method: str


def classed(
    values: pd.Series, *, classes: Classing | Sequence[float] = "quantiles", count: int = 5, name: str
) -> ValueClasses:
    """
    Part the values of a column into classes.

    Parameters
    ----------
    values
        Numbers, texts, yes and no, or categories. Missing ones are a class of their own, in grey.
    classes
        How numbers are parted, see `OfflineMap.add_layer`. What is no number is parted by name always.
    count
        The number of classes of numbers, 1 to 9.
    name
        Of the layer, for messages.

    Raises
    ------
    InputError
        If the way is not known, or bounds do not rise.
    """
    if isinstance(classes, str) and classes not in get_args(Classing):
        raise InputError(
            f"{name}: unknown classes {quoted(classes)}: known are {listed(get_args(Classing))}, or bounds"
        )
    if not 1 <= count <= MOST_CLASSES:
        raise InputError(f"{name}: 1 to {MOST_CLASSES} classes can be told apart, not {count}")
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if numeric and not pd.api.types.is_complex_dtype(values) and classes != "categories":
        return _by_number(values, classes=classes, count=count, name=name)
    if not isinstance(classes, str):
        raise InputError(f"{name}: bounds part numbers, and the column holds none: leave `classes` out")
    return _by_name(values)


def _by_number(values: pd.Series, *, classes: str | Sequence[float], count: int, name: str) -> ValueClasses:
    x = values.to_numpy(dtype=float, na_value=np.nan)
    finite = x[np.isfinite(x)]
    whole = bool((finite == np.round(finite)).all())
    if isinstance(classes, str):
        bounds, method = _bounds(finite, classes, count, whole=whole), METHODS[classes]
    else:
        bounds, method = _given(classes, name=name), "Classes by given bounds"
    at = np.searchsorted(bounds[1:-1], x, side="left") if len(bounds) else np.zeros(len(x), dtype=int)
    if not isinstance(classes, str):
        # what lies outside the bounds given has classes of its own, so that no bound is silently moved
        at = np.searchsorted(bounds, x, side="left")
        at[x == bounds[0]] = 1
    words = _said(bounds, open_ended=not isinstance(classes, str))
    palette = ramp(GAIN, len(words)) if words else ()
    colours = np.full(len(x), UNKNOWN, dtype=object)
    rows = []
    for i, (label, colour) in enumerate(zip(words, palette, strict=True)):
        own = np.isfinite(x) & (at == i)
        colours[own] = colour
        rows.append((label, colour, int(own.sum())))
    endless, missing = np.isinf(x), np.isnan(x)
    colours[endless] = UNREACHABLE
    rows += [(ENDLESS, UNREACHABLE, int(endless.sum())), (MISSING, UNKNOWN, int(missing.sum()))]
    return ValueClasses(colours, tuple(row for row in rows if row[2]), method)


def _bounds(finite: NDArray[np.float64], method: str, count: int, *, whole: bool) -> NDArray[np.float64]:
    """
    Bounds from the least to the greatest value, as round as can be told apart.

    They are rounded before they part the values: what the legend says is what was done.
    """
    if not len(finite):
        return np.empty(0)
    at = np.arange(1, count) / count
    low, high = float(finite.min()), float(finite.max())
    inner = np.quantile(finite, at, method="inverted_cdf") if method == "quantiles" else low + at * (high - low)
    if whole:
        inner = np.floor(inner)
    else:
        width = (high - low) / count
        decimals = min(MOST_DECIMALS, max(0, 1 - math.floor(math.log10(width)))) if width > 0 else 0
        inner = np.round(inner, decimals)
    inner = np.unique(inner[(inner >= low) & (inner < high)])
    return np.array([low, *inner, high])


def _given(classes: Sequence[float], *, name: str) -> NDArray[np.float64]:
    bounds = np.asarray(list(classes), dtype=float)
    if not 2 <= len(bounds) <= MOST_CLASSES - 1 or not np.isfinite(bounds).all() or (np.diff(bounds) <= 0).any():
        raise InputError(f"{name}: 2 to {MOST_CLASSES - 1} bounds that rise are wanted, not {listed(classes)}")
    return bounds


def _said(bounds: NDArray[np.float64], *, open_ended: bool) -> list[str]:
    """Words of the classes, each from above its lower bound up to its upper one."""
    if not len(bounds):
        return []
    told = [exactly(bound) for bound in bounds]
    if len(told) == 2 and told[0] == told[1]:
        return told[:1]
    words = [told[0]] if told[0] == told[1] else [f"{told[0]} to {told[1]}"]
    words += [f"over {low} to {high}" for low, high in pairwise(told[1:])]
    return [f"under {told[0]}", *words, f"over {told[-1]}"] if open_ended else words


def exactly(value: float) -> str:
    """Say a number with as many decimals as it has, up to nine."""
    text = wording.number(value, decimals=MOST_DECIMALS)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _by_name(values: pd.Series) -> ValueClasses:
    missing = values.isna().to_numpy()
    words = [MISSING if gone else _name(v) for v, gone in zip(values.tolist(), missing, strict=True)]
    known = pd.Series([w for w, gone in zip(words, missing, strict=True) if not gone], dtype=object).value_counts()
    order = _order(values, list(known.index))
    own = order if len(order) <= len(KINDS) else sorted(order, key=lambda w: (-known[w], order.index(w)))[: len(KINDS)]
    own = [word for word in order if word in set(own)]
    palette = dict(zip(own, KINDS, strict=False))
    colours = np.array([palette.get(word, OTHERS) for word in words], dtype=object)
    colours[missing] = UNKNOWN
    rows = [(word, colour, int(known[word])) for word, colour in palette.items()]
    others = [word for word in order if word not in palette]
    if others:
        label = f"other ({wording.counted(len(others), 'value')})"
        rows.append((label, OTHERS, int(known[others].sum())))
    if missing.any():
        rows.append((MISSING, UNKNOWN, int(missing.sum())))
    return ValueClasses(colours, tuple(rows), "")


def _name(value: object) -> str:
    """Name a value, so that two which differ have two names."""
    return exactly(value) if isinstance(value, float) else cell_text(value)


def _order(values: pd.Series, words: list[str]) -> list[str]:
    """Order names: as the categories of the column stand, numbers by size, else by letter."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        ranked = [_name(v) for v in values.dtype.categories.tolist()]
    elif pd.api.types.is_numeric_dtype(values):
        ranked = [_name(v) for v in sorted(values.dropna().unique().tolist())]
    else:
        ranked = sorted(words)
    return [word for word in dict.fromkeys(ranked) if word in set(words)]


def one_colour(colour: str | None, *, name: str) -> str:
    """Give the colour of a layer that is not coloured by a column."""
    if colour is None:
        return ACCENT
    check_colours([colour], where=name)
    return colour.lower()
