"""Codes of street centrelines: class of road, one-way, speed and its unit; what cannot be told is asked back."""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan._conversions import KPH_PER_MPH
from fireplan._geofiles.column_names import squeezed
from fireplan.errors import listed, quoted
from fireplan.roads._classes import NOT_DRIVEN
from fireplan.roads._rules.speeds import FASTEST_KPH, class_speeds, posted_kph

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fireplan.errors import Faults

FEWEST_POSTED, SLOWEST_MIDDLE_KPH = 10, 20.0
"""From how many posted speeds on their middle tells of the unit, and below what it cannot be that of a road network."""

UNITS = {"mph": KPH_PER_MPH, "mih": KPH_PER_MPH, "kmh": 1.0, "kph": 1.0}
"""Units of speed as they are squeezed, in km/h."""

ONLY_OSM = {"motorway", "trunk", "tertiary", "unclassified", "residential", "motorway_link", "living_street"}
"""Names that only OpenStreetMap gives to classes: its primary road is another than that of NENA."""

BOTH, FORWARD, BACKWARD, CLOSED = "both", "forward", "backward", "closed"
DIRECTIONS = (BOTH, FORWARD, BACKWARD, CLOSED)

_ONEWAY = {
    BOTH: (
        "",
        "b",
        "both",
        "twoway",
        "2way",
        "two",
        "no",
        "0",
        "false",
        "none",
        "null",
        "tw",
        "notoneway",
        "bidirectional",
    ),
    FORWARD: ("ft", "f", "yes", "y", "1", "true", "fromto", "forward", "with", "along", "oneway", "ow", "positive"),
    BACKWARD: ("tf", "t", "tofrom", "backward", "reverse", "against", "negative", "-1"),
}
CODES = {code: direction for direction, codes in _ONEWAY.items() for code in codes}
MOST = 0.5

_NO_ROAD = re.compile(r"[a-rt-z]\d{4}|[b-h]\d\d")
"""Codes of MTFCC and FCC for rails, water and bounds, which stand in one layer with the roads."""


@cache
def road_classes() -> dict[str, str]:
    """Read which class of OpenStreetMap a code or name of a road class means; "": it is not driven."""
    text = (files(__package__) / "road_classes.csv").read_text(encoding="utf-8")
    return {squeezed(row["code"]): row["highway"] for row in csv.DictReader(text.splitlines())}


def highway_of(text: str, own: Mapping[str, str], *, of_osm: bool) -> str | None:
    """Give the class of OpenStreetMap that a code means; "" where it is not driven, None where it is not known."""
    if text in own:
        return own[text]
    plain = text.strip().casefold()
    if of_osm and plain in class_speeds():
        return plain
    if plain in NOT_DRIVEN:
        return ""
    code = squeezed(text)
    if _NO_ROAD.fullmatch(code):
        return ""
    found = road_classes().get(code)
    if found is None and len(code) == 3 and code[0] == "a" and code[1:].isdigit():  # A41 is a kind of A4
        found = road_classes().get(code[:2])
    return found


def classes_of(
    texts: Sequence[str] | None, n: int, own: Mapping[str, str], faults: Faults, notes: list[str]
) -> NDArray[np.str_]:
    """Class of every line; "" where it is not driven."""
    wrong = sorted({c for c in own.values() if c and c not in class_speeds()})
    if wrong:
        faults.add(f"classes= names {listed(map(quoted, wrong))}: classes are {listed(class_speeds(), most=20)}, or ''")
    if texts is None:
        notes.append("no column says what class a street is: all are driven as class 'road', unless a speed is posted")
        return np.full(n, "road", dtype="U20")
    counts = Counter(texts)
    of_osm = bool(ONLY_OSM & set(counts)) or all(text == text.casefold() for text in counts)
    meant = {text: highway_of(text, own, of_osm=of_osm) for text in counts}
    taken = [f"{quoted(t)} as {h or 'not driven'}" for t, h in sorted(meant.items()) if h is not None and h != t]
    if taken:
        notes.append(f"classes of road taken for those of OpenStreetMap: {listed(taken, most=20)}")
    unknown = {text: counts[text] for text, highway in meant.items() if highway is None}
    if unknown:
        told = listed(f"{quoted(t)} ({c})" if t else f"blank ({c})" for t, c in sorted(unknown.items()))
        notes.append(
            f"class of road not known on {wording.counted(sum(unknown.values()), 'line')}, driven as class 'road':"
            f" {told}; say what they are with classes="
        )
    return np.array(["road" if meant[t] is None else meant[t] for t in texts], dtype="U20")


def directions_of(
    texts: Sequence[str] | None, n: int, own: Mapping[str, str], faults: Faults, notes: list[str]
) -> NDArray[np.str_]:
    """In which directions every line is driven: both, forward, backward or closed."""
    wrong = sorted({d for d in own.values() if d not in DIRECTIONS})
    if wrong:
        faults.add(f"oneway_codes= names {listed(map(quoted, wrong))}: directions are {listed(DIRECTIONS)}")
    if texts is None:
        notes.append("no column says which streets are one-way: all are driven both ways")
        return np.full(n, BOTH, dtype="U8")
    counts = Counter(texts)
    codes = {t: "-1" if t.strip() in {"-1", "-1.0"} else squeezed(t) for t in counts}
    meant = {t: own.get(t, CODES.get(code)) for t, code in codes.items()}
    shares: Counter[str] = Counter()
    for text, count in counts.items():
        shares[codes[text]] += count
    for text, code in codes.items():
        if text in own:
            continue
        if code == "n":
            meant[text] = _meaning_of_n(text, shares, n, faults)
        elif code in {"f", "t"} and not set(shares) - {"f", "t", "true", "false"}:
            faults.add(
                f"one-way code {quoted(text)} may be true or false, or from and to: say which, with"
                " oneway_codes={'F': 'both', 'T': 'forward'}, or {'F': 'forward', 'T': 'backward'}"
            )
        elif meant[text] is None:
            faults.add(
                f"one-way code {quoted(text)} on {wording.counted(counts[text], 'line')} is not known: say what it is,"
                f" with oneway_codes={{{quoted(text)}: 'both'}}, or 'forward', 'backward' or 'closed'"
            )
    return np.array([meant[t] or BOTH for t in texts], dtype="U8")


def _meaning_of_n(text: str, shares: Counter[str], n: int, faults: Faults) -> str:
    """Tell what "N" is: "no" beside a yes, or on most streets; beside from and to it may close a street."""
    if {"y", "yes"} & set(shares) or shares["n"] > MOST * n:
        return BOTH
    faults.add(
        f"one-way code {quoted(text)} on {wording.counted(shares['n'], 'line')} may be no one-way, or closed in both"
        f" directions: say which, with oneway_codes={{{quoted(text)}: 'both'}} or 'closed'"
    )
    return BOTH


def speeds_of(
    texts: Sequence[str] | None, column: str, unit: str | None, faults: Faults, notes: list[str]
) -> NDArray[np.float64] | None:
    """Posted speed of every line; NaN where there is none, or none that can be. [km/h]"""
    if texts is None:
        return None
    factor = _factor(column, unit, texts, faults)
    found = np.array([_kph(t, factor) for t in texts])
    blank = np.array([not t.strip() or _number(t) == 0 for t in texts], dtype=bool)
    unread = ~blank & ~((found > 0) & (found <= FASTEST_KPH))
    found[blank | unread] = np.nan
    posted = found[np.isfinite(found)]
    if len(posted) >= FEWEST_POSTED and np.median(posted) < SLOWEST_MIDDLE_KPH:
        faults.add(
            f"half of the speeds in {quoted(column)} are below {SLOWEST_MIDDLE_KPH:.0f} km/h (the middle one is"
            f" {np.median(posted):.1f} km/h): their unit is another, such as metres per second: convert them to km/h or"
            " mph, or say the right speed_unit"
        )
    for which, why in ((blank, "have no posted speed"), (unread, "have a speed that cannot be")):
        if which.any():
            some = Counter(t for t, w in zip(texts, which, strict=True) if w)
            shown = f": {listed(f'{quoted(t)} ({c})' for t, c in some.most_common())}" if why.endswith("be") else ""
            notes.append(
                f"{wording.count(which.sum())} of {wording.counted(len(texts), 'line')} {why}, class speed used{shown}"
            )
    return found


def _factor(column: str, unit: str | None, texts: Sequence[str], faults: Faults) -> float:
    """What a number of the column is in km/h: by the unit given, or told in the column's own name."""
    if unit is not None:
        if squeezed(unit) not in UNITS:
            faults.add(f"speed_unit is {quoted(unit)}: write 'mph' or 'km/h'")
        return UNITS.get(squeezed(unit), 1.0)
    name = squeezed(column)
    told = next((u for u in UNITS if name.endswith(u)), None)
    if told is not None or column == "maxspeed":  # the key of OpenStreetMap, word for word: there numbers are km/h
        return UNITS[told] if told is not None else 1.0
    if any(_number(t) is not None and _number(t) != 0 for t in texts):
        faults.add(f"the unit of speeds in {quoted(column)} is not told: say speed_unit='mph' or speed_unit='km/h'")
    return 1.0


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _kph(text: str, factor: float) -> float:
    number = _number(text)
    if number is not None:
        return number * factor
    posted = posted_kph(text)
    return np.nan if posted is None else posted


NO = frozenset({"", "n", "no", "f", "false", "0", "none", "null", "0.0"})
YES = frozenset({"y", "yes", "t", "true", "1", "1.0"})
KINDS = (
    "bridge",
    "viaduct",
    "overpass",
    "trestle",
    "covered",
    "movable",
    "cantilever",
    "boardwalk",
    "tunnel",
    "culvert",
)
"""Words that say what kind of bridge or tunnel it is."""


def flags_of(texts: Sequence[str], column: str, notes: list[str]) -> NDArray[np.bool_]:
    """Read which lines a column says to be bridges, or tunnels; what cannot be told is none, and noted."""
    plain = np.array([text.strip().casefold() for text in texts], dtype=object)
    yes = np.array([text in YES or any(kind in text for kind in KINDS) for text in plain], dtype=bool)
    strange = Counter(str(text) for text in plain[~yes] if text not in NO)
    if strange:
        told = listed(f"{quoted(text)} ({wording.count(n)})" for text, n in strange.most_common())
        notes.append(f"column {quoted(column)} says {told}, which is neither yes nor no: taken for no")
    return yes
