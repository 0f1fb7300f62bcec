"""Posted limits of weight and size, in every form in which they are written."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from fireplan.roads._rules.vehicles import Vehicle

NO_LIMIT = {"none", "no", "default", "unsigned", "no_sign", "no_indications", "unlimited"}
"""Values that say that nothing is posted."""

HEAVIEST_T, LARGEST_M = 200.0, 100.0
"""Limits above these are slips: of a unit that is missing, most of all. [t, m]"""

T_BY_UNIT = {"": 1.0, "t": 1.0, "mt": 1.0, "kg": 0.001, "st": 0.907185, "ton": 0.907185, "tons": 0.907185,
             "lt": 1.016047, "cwt": 0.0508023, "lb": 0.000453592, "lbs": 0.000453592}  # fmt: skip
M_BY_UNIT = {"": 1.0, "m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0, "cm": 0.01, "mm": 0.001,
             "ft": 0.3048, "feet": 0.3048, "'": 0.3048, "in": 0.0254, '"': 0.0254}  # fmt: skip

_NUMBER_AND_UNIT = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-z'\"]*)", re.ASCII)
_FEET_AND_INCHES = re.compile(r"(\d+(?:\.\d+)?)\s*(?:'|ft|feet)\s*(?:(\d+(?:\.\d+)?)\s*(?:\"|in|'')?)?", re.ASCII)
_MARKS = str.maketrans({"\u2032": "'", "\u2019": "'", "\u2033": '"', "\u201d": '"', "\u201c": '"'})


class Limit(NamedTuple):
    """A key of OpenStreetMap, what of a vehicle it limits, and how it is read."""

    key: str
    field: str
    what: str
    read: Callable[[str], float | None]


def read_weight(text: str) -> float | None:
    """Read a weight: 3.5, "3.5 t", "12 st" (short tons), "10000 lbs"; inf: no limit; None: it cannot be read. [t]"""
    return _least(text, lambda one: _in_unit(one, T_BY_UNIT, HEAVIEST_T))


def read_size(text: str) -> float | None:
    """Read a height, width or length: 2.1, "2.1 m", "210 cm", 7'6", "7 ft 6 in"; inf and None as of weights. [m]"""
    return _least(text, _size)


def _least(text: str, read: Callable[[str], float | None]) -> float | None:
    """Of several values the least; one that cannot be read spoils the rest only if nothing else is left."""
    found = [value for one in text.split(";") if (value := read(one.strip().lower().translate(_MARKS))) is not None]
    return min(found) if found else None


def _size(text: str) -> float | None:
    match = _FEET_AND_INCHES.fullmatch(text)
    if match is not None:
        size_m = 0.3048 * float(match[1]) + 0.0254 * float(match[2] or 0)
        return size_m if 0 < size_m <= LARGEST_M else None
    return _in_unit(text, M_BY_UNIT, LARGEST_M)


def _in_unit(text: str, units: dict[str, float], most: float) -> float | None:
    if text in NO_LIMIT:
        return math.inf
    match = _NUMBER_AND_UNIT.fullmatch(text)
    if match is None or match[2] not in units:
        return None
    value = float(match[1].replace(",", ".")) * units[match[2]]
    return value if 0 < value <= most else None


SIZES = (
    Limit("maxheight", "height_m", "height", read_size),
    Limit("maxwidth", "width_m", "width", read_size),
    Limit("maxlength", "length_m", "length", read_size),
)
WEIGHTS = (
    Limit("maxweight", "weight_t", "weight", read_weight),
    Limit("maxweightrating", "weight_t", "weight", read_weight),
)
LIMITS = (*SIZES, *WEIGHTS)


def too_much(vehicle: Vehicle, limit: Limit, value: float) -> bool:
    """Tell whether a vehicle has more than a limit lets pass."""
    return bool(getattr(vehicle, limit.field) > value)
