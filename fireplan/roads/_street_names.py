"""Streets by what people write for them: a name or a number, in any capitals, blanks and usual abbreviations."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.roads._network import RoadNetwork

IN_FULL = {
    "st": "street", "str": "street", "av": "avenue", "ave": "avenue", "rd": "road", "dr": "drive", "blvd": "boulevard",
    "ln": "lane", "ct": "court", "pl": "place", "sq": "square", "ter": "terrace", "cir": "circle", "pkwy": "parkway",
    "hwy": "highway", "n": "north", "s": "south", "e": "east", "w": "west", "ne": "northeast", "nw": "northwest",
    "se": "southeast", "sw": "southwest",
}  # fmt: skip
"""Usual abbreviations in street names."""

_WORD = re.compile(r"\w+")
_TWO_NUMBERS = re.compile(r"(?<=\d) (?=\d)")
_NUMBER_OF_HOUSE = re.compile(r"\s*\d+(?:\s*-\s*\d+)?\s*[a-z]?,?\s+(?=\S)", re.IGNORECASE)


def alike(text: object) -> str:
    """Give a name of a street without what is written in more than one way."""
    words = _WORD.findall(str(text).casefold().replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", ""))
    # Two numbers stay two: "Row 1-1" is not "Row 11".
    return _TWO_NUMBERS.sub("-", " ".join(IN_FULL.get(w, w) for w in words)).replace(" ", "")


def without_house(text: str) -> str:
    """Leave the number of a house away, as in "120 Main Street"."""
    return _NUMBER_OF_HOUSE.sub("", text, count=1)


class StreetBook:
    """The streets of a network by what they are called."""

    def __init__(self, roads: RoadNetwork) -> None:
        self._roads = roads
        self._names: dict[str, set[str]] = {}
        self._refs: dict[str, set[str]] = {}
        for name in np.unique(roads.street_name):
            self._names.setdefault(alike(name), set()).add(str(name))
        for refs in np.unique(roads.street_ref):
            for ref in str(refs).split(";"):
                self._refs.setdefault(alike(ref), set()).add(str(refs))

    def find(self, text: str) -> NDArray[np.bool_]:
        """Streets that are called so; an address counts by its street."""
        roads, found = self._roads, np.zeros(self._roads.n_streets, dtype=bool)
        for asked in (text, without_house(text)):
            key = alike(asked)
            if not key:
                continue
            found |= np.isin(roads.street_name, sorted(self._names.get(key, ())))
            found |= np.isin(roads.street_ref, sorted(self._refs.get(key, ())))
            if found.any():
                break
        return found

    def similar(self, text: str) -> str:
        """Name or number most like a text; "" if none is."""
        known = {**self._refs, **self._names}
        close = get_close_matches(alike(without_house(text)), [k for k in known if k], n=1)
        return min(known[close[0]]) if close else ""
