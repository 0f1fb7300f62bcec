"""Distances on the ground, and areas."""

from __future__ import annotations

import math

from fireplan.wording._numbers import NOT_KNOWN, digits, known, rounded
from fireplan.wording._times import NOT_REACHED

KM_FROM_M, WHOLE_KM_FROM_M = 1000, 99_950
SMALL_KM2 = 1.0


def distance(length_m: float | None) -> str:
    """
    Say a distance: in metres, from a kilometre on in kilometres, from a hundred on whole ones.

    Examples
    --------
    >>> distance(62.4), distance(999.7), distance(2345)
    ('62 m', '1.0 km', '2.3 km')
    """
    value = known(length_m)
    if not math.isfinite(value):
        return NOT_REACHED if value == math.inf else NOT_KNOWN
    if abs(rounded(value)) < KM_FROM_M:
        return f"{digits(value, 0)} m"
    return f"{digits(value / KM_FROM_M, 1 if abs(value) < WHOLE_KM_FROM_M else 0)} km"


def area(km2: float | None) -> str:
    """
    Say an area, with one decimal, and two below a square kilometre.

    Examples
    --------
    >>> area(0.347), area(12.34)
    ('0.35 km²', '12.3 km²')
    """
    value = known(km2)
    if not math.isfinite(value):
        return NOT_KNOWN
    return f"{digits(value, 2 if abs(value) < SMALL_KM2 else 1)} km²"
