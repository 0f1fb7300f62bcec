"""Ids of units, which people spell in more than one way."""

from __future__ import annotations

import re

_BETWEEN = re.compile(r"[\s\-_./#]+")
_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")


def plain_unit_id(unit_id: object) -> str:
    """
    Give an id without what is spelt in more than one way: case, separators, leading zeros.

    Examples
    --------
    >>> plain_unit_id("M01"), plain_unit_id("m-1"), plain_unit_id("E 10")
    ('m1', 'm1', 'e10')
    """
    return _ZEROS.sub("", _BETWEEN.sub("", str(unit_id).casefold()))
