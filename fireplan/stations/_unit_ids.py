"""Ids of units, which people spell in more than one way."""

from __future__ import annotations

import re

_BETWEEN = re.compile(r"[\s\-_./#]+")
_UNIT = re.compile(r"[A-Za-z]{1,10}-?[0-9]{1,4}[A-Za-z]?")
_UNIT_SPELT_OUT = re.compile(r"[A-Za-z]{1,12}[ -]?[0-9]{1,4}[A-Za-z]?")
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+")  # a number, with its thousands apart
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


def units_named(text: str) -> list[str]:
    """Part a cell that names several units, as "E1;T1;B2", "E1/T1" or "E1 T1"."""
    plain = text.strip()
    if _GROUPED.fullmatch(plain):
        return [plain]
    parted = [part.strip() for part in re.split(r"[;,|\r\n\t]+", plain) if part.strip()]
    if len(parted) > 1:
        return parted
    for between, unit in ((r"\s*[/+&]\s*|\s+and\s+", _UNIT_SPELT_OUT), (r"\s*[/+&]\s*|\s+", _UNIT)):
        joined = re.split(between, plain)
        if len(joined) > 1 and all(unit.fullmatch(part) for part in joined):
            return joined
    return parted or [plain]
