"""
Shapes of written times: the text with every digit made a 9, so that a whole column has but a few of them.

A shape settles where year, month, day and clock stand; the digits there are then read for all values of that shape
at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from fireplan.incidents.arrays import NO_STAMP, STAMP, Flags, Ints, Stamps, Texts

LONGEST = 40  # characters; no time is written longer
_NINES = str.maketrans("012345678", "999999999")

_CLOCK = r"(?P<h>9{1,2}):(?P<mi>99)(?::(?P<s>99)(?:[.,](?P<f>9{1,9}))?)?"
_ZONE = r" ?(?:(?P<utc>Z|UTC|GMT)|(?P<sign>[+-])(?P<zh>99):?(?P<zm>99)?)?"
_READABLE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<y>9999)-(?P<mo>99)-(?P<d>99)[T ]{_CLOCK}{_ZONE}",
        rf"(?P<y>9999)(?P<mo>99)(?P<d>99)[T ]?(?P<h>99)(?P<mi>99)(?:(?P<s>99)(?:[.,](?P<f>9{{1,9}}))?){_ZONE}",
        rf"(?P<y>9999)(?P<mo>99)(?P<d>99)T(?P<h>99)(?P<mi>99){_ZONE}",
        rf"(?P<y>9999)/(?P<mo>9{{1,2}})/(?P<d>9{{1,2}})[T ]{_CLOCK}{_ZONE}",
        # day and month in an order that the column as a whole must settle
        rf"(?P<a>9{{1,2}})[/.-](?P<b>9{{1,2}})[/.-](?P<y>9999)(?:T|,? ){_CLOCK}(?: ?(?P<half>[AP])\.?M\.?)?{_ZONE}",
    )
)
REFUSED = {
    "serial": re.compile(r"9{5}(?:[.,]9+)?"),
    "epoch": re.compile(r"9{9,10}(?:[.,]9+)?|9{13}"),
    "clock": re.compile(r"9{1,2}:99(?::99(?:[.,]9+)?)?(?: ?[AP]M)?"),
    "date": re.compile(r"9999[-/]9{1,2}[-/]9{1,2}|9{8}|9{1,2}[/.-]9{1,2}[/.-]9{2,4}"),
}
_LONG_YEAR = re.compile(r"9{5,}-99-99[T ].*")


@dataclass(frozen=True)
class Parts:
    """The parts of the values at `where`; `first` and `second` hold day and month when their order is open."""

    where: Ints
    numbers: dict[str, Ints]
    offset_min: Ints | None  # minutes east of UTC, where the text has one
    open_order: bool


def shape_of(text: str) -> str:
    """Give the shape of one value."""
    return text.translate(_NINES).upper() if len(text) <= LONGEST else "too long"


def match_shape(shape: str) -> re.Match[str] | None:
    """Match a shape against the readable ones."""
    for pattern in _READABLE:
        found = pattern.fullmatch(shape)
        if found:
            return found
    return None


def refused_kind(shape: str) -> str:
    """Name the kind of a shape that is not read: serial, epoch, clock, date, long year, or other."""
    for kind, pattern in REFUSED.items():
        if pattern.fullmatch(shape):
            return kind
    return "long year" if _LONG_YEAR.fullmatch(shape) else "other"


def read_parts(values: Texts, where: Ints, *, found: re.Match[str]) -> Parts:
    """
    Read the numbers of all values of one shape.

    Parameters
    ----------
    values
        All values, as an array of text.
    where
        The places of the values of this shape.
    found
        How the shape was matched; its group names are year `y`, month `mo`, day `d`, hour `h`, minute `mi`, second
        `s`, fraction `f`, and `a`, `b` for day and month in open order.
    """
    length = len(found.string)
    chosen = values[where].astype(f"U{length}")
    codes = np.ascontiguousarray(chosen).view(np.uint32).reshape(len(where), length).astype(np.int64) - ord("0")

    def number(group: str) -> Ints:
        start, end = found.span(group)
        total = np.zeros(len(where), dtype=np.int64)
        for column in range(start, end):
            total = total * 10 + codes[:, column]
        return total

    groups = {name: text for name, text in found.groupdict().items() if text is not None}
    numbers = {name: number(name) for name in groups if name not in {"utc", "sign", "half"}}
    if "f" in numbers:  # to microseconds, further digits cut
        digits = len(groups["f"])
        numbers["f"] = numbers["f"] * 10 ** (6 - digits) if digits <= 6 else numbers["f"] // 10 ** (digits - 6)
    if "half" in groups:
        wrong = (numbers["h"] < 1) | (numbers["h"] > 12)
        numbers["h"] = np.where(wrong, 99, numbers["h"] % 12 + (12 if groups["half"] == "P" else 0))
    offset: Ints | None = None
    if "utc" in groups:
        offset = np.zeros(len(where), dtype=np.int64)
    elif "sign" in groups:
        minutes = numbers["zh"] * 60 + numbers.get("zm", np.zeros(len(where), dtype=np.int64))
        offset = -minutes if groups["sign"] == "-" else minutes
    return Parts(where, numbers, offset, open_order="a" in groups)


def assemble(parts: Parts, *, day_first: bool) -> tuple[Stamps, Flags]:
    """
    Put the parts together.

    Returns
    -------
    The time as written, NaT where there is no such date or time, and a flag for leap seconds.
    """
    numbers = parts.numbers
    if parts.open_order:
        day, month = (numbers["a"], numbers["b"]) if day_first else (numbers["b"], numbers["a"])
    else:
        day, month = numbers["d"], numbers["mo"]
    nothing = np.zeros(len(parts.where), dtype=np.int64)
    second, micro = numbers.get("s", nothing), numbers.get("f", nothing)
    hour, minute = numbers["h"], numbers["mi"]
    good = (month >= 1) & (month <= 12) & (day >= 1) & (hour <= 23) & (minute <= 59)
    leap = good & (second == 60)
    good &= second <= 59
    if parts.offset_min is not None:
        good &= np.abs(parts.offset_min) <= 15 * 60
    months = (numbers["y"] - 1970) * 12 + np.where(good, month, 1) - 1
    date = months.astype("datetime64[M]").astype("datetime64[D]") + (day - 1)
    good &= date.astype("datetime64[M]").astype(np.int64) == months  # 31 April is in May
    clock = ((hour * 60 + minute) * 60 + second) * 1_000_000 + micro
    stamps = np.where(good, date.astype(STAMP) + clock, NO_STAMP)
    return stamps, leap
