"""
Shapes of written times: the text with every digit made a 9, so that a whole column has but a few of them.

A shape settles where year, month, day and clock stand; the digits there are then read for all values of that shape
at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fireplan.incidents._columns_and_types import NO_STAMP, STAMP, Flags, Ints, Stamps

Codes: TypeAlias = npt.NDArray[np.uint8]

LONGEST = 40  # characters; no time is written longer
MOST_SHAPES = 500  # a column of times has a few; what is beyond is not read
_ZERO, _ASCII = ord("0"), 128
_NINES = str.maketrans("012345678", "999999999")
_SHAPE = np.frombuffer(bytes(range(_ASCII)).translate(bytes.maketrans(b"012345678", b"9" * 9)).upper(), dtype=np.uint8)

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
    "epoch": re.compile(r"9{9,10}(?:[.,]9+)?"),
    "milliseconds": re.compile(r"9{12,13}(?:[.,]9+)?"),
    "short year": re.compile(r"9{1,2}[/.-]9{1,2}[/.-]99(?:T|,? )9{1,2}:99.*"),
    "clock": re.compile(r"9{1,2}:99(?::99(?:[.,]9+)?)?(?: ?[AP]M)?"),
    "date": re.compile(r"9999[-/]9{1,2}[-/]9{1,2}|9{8}|9{1,2}[/.-]9{1,2}[/.-]9{2,4}"),
}
_LONG_YEAR = re.compile(r"9{5,}-99-99[T ].*")


@dataclass(frozen=True)
class Parts:
    """The parts of the values at `where`; `first` and `second` hold day and month when their order is open."""

    where: Ints
    numbers: dict[str, npt.NDArray[np.int32]]
    offset_min: Ints | None  # minutes east of UTC, where the text has one
    open_order: bool


def shape_of(text: str) -> str:
    """Give the shape of one value."""
    return text.translate(_NINES).upper() if len(text) <= LONGEST else "too long"


def by_shape(values: pa.LargeStringArray) -> list[tuple[str, Ints, Codes]]:
    """
    Sort values by shape.

    Returns
    -------
    Of each shape its text, the places of its values, and the values as one row of character codes each. Values with
    characters beyond ASCII, and those too long to be a time, are left out.
    """
    length = pc.binary_length(values).to_numpy()
    found: list[tuple[str, Ints, Codes]] = []
    for size in np.unique(length[(length > 0) & (length <= LONGEST)]):
        where = np.flatnonzero(length == size)
        chosen = values.take(pa.array(where))
        codes = np.frombuffer(chosen.buffers()[2], dtype=np.uint8, count=len(where) * size).reshape(len(where), size)
        plain = (codes < _ASCII).all(axis=1)
        if not plain.all():
            where, codes = where[plain], codes[plain]
        shape = _SHAPE[codes]
        while len(where):
            same = (shape == shape[0]).all(axis=1)
            text = shape[0].tobytes().decode("ascii")
            alike = bool(same.all())
            found.append((text, where, codes) if alike else (text, where[same], codes[same]))
            if len(found) > MOST_SHAPES:
                return found
            if alike:
                break
            where, codes, shape = where[~same], codes[~same], shape[~same]
    return found


def match_shape(shape: str) -> re.Match[str] | None:
    """Match a shape against the readable ones."""
    for pattern in _READABLE:
        found = pattern.fullmatch(shape)
        if found:
            return found
    return None


def refused_kind(shape: str) -> str:
    """Name the kind of a shape that is not read: serial, epoch, milliseconds, clock, date, long year, or other."""
    for kind, pattern in REFUSED.items():
        if pattern.fullmatch(shape):
            return kind
    return "long year" if _LONG_YEAR.fullmatch(shape) else "other"


def read_parts(values: Codes, where: Ints, *, found: re.Match[str]) -> Parts:
    """
    Read the numbers of all values of one shape.

    Parameters
    ----------
    values
        The values of this shape as character codes, one row each.
    where
        Their places.
    found
        How the shape was matched; its group names are year `y`, month `mo`, day `d`, hour `h`, minute `mi`, second
        `s`, fraction `f`, and `a`, `b` for day and month in open order.
    """

    def number(group: str) -> npt.NDArray[np.int32]:
        start, end = found.span(group)
        total = np.zeros(len(where), dtype=np.int32)
        for column in range(start, end):
            total = total * 10 + (values[:, column].astype(np.int32) - _ZERO)
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
        minutes = numbers["zh"].astype(np.int64) * 60 + numbers.get("zm", np.int64(0))
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
    nothing = np.zeros(len(parts.where), dtype=np.int32)
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
    clock = ((hour * 60 + minute) * 60 + second) * np.int64(1_000_000) + micro
    stamps = np.where(good, date.astype(STAMP) + clock, NO_STAMP)
    return stamps, leap
