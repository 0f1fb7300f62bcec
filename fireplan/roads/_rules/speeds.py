"""How fast an engine drives: by class of road, and by the posted limit where one is mapped."""

from __future__ import annotations

import csv
import functools
import re
from importlib import resources
from typing import NamedTuple

from fireplan._checked import takes
from fireplan._conversions import KPH_PER_MPH
from fireplan.errors import listed
from fireplan.roads._rules.vehicles import USUAL_VEHICLE, Vehicle

KPH_PER_KNOT = 1.852
FASTEST_KPH = 160.0
"""Above this a speed is taken for a mistake. [km/h]"""

WALK_KPH = 6.0
LORRY_T = 3.5
"""From this weight on, limits posted for lorries say how fast a heavy vehicle may be driven. [t]"""


class ClassSpeed(NamedTuple):
    """
    Planning speed of one class of road.

    `speed_kph` [km/h]; `source` says where it comes from; `verified` whether that source was seen to give it.
    """

    highway: str
    speed_kph: float
    source: str
    verified: bool


@takes
@functools.cache
def class_speeds() -> dict[str, ClassSpeed]:
    """
    Emergency-response speeds by OpenStreetMap `highway` class.

    Returns
    -------
    One entry for each class an engine drives on; a class that is not here is not driven.

    Notes
    -----
    These are planning figures: calibrate them to your own dispatch history before showing a number to a council.
    The arterial figure is the 35 mph mean speed behind RAND's travel-time line, validated for runs of 0.5 to 8 miles
    and adopted by ISO [1]_. The others are assumptions around it, marked as not verified. Road tests by street type
    [2]_ and regressions on ambulance runs [3]_ show that speeds differ by city: they are reasons to calibrate.

    References
    ----------
    .. [1] Insurance Services Office, "Response-time considerations", Fire Chiefs Online; after P. Kolesar and
       W. Walker, RAND Institute, 1974.
    .. [2] M. K. Yasukawa and F. M. Gagliardi, "Estimated apparatus speeds by street type in Chicago, Illinois",
       Fire Technology 24, 1988, https://doi.org/10.1007/BF01040045.
    .. [3] "Calculating average driving speeds of emergency vehicles by road type based on emergency call data",
       Proceedings of ISCRAM, https://doi.org/10.59297/a7t70e66.
    """
    text = (resources.files(__package__) / "speeds.csv").read_text(encoding="utf-8")
    return {
        row["highway"]: ClassSpeed(row["highway"], float(row["speed_kph"]), row["source"], row["verified"] == "yes")
        for row in csv.DictReader(text.splitlines())
    }


def planning_caveat() -> str:
    """Say that class speeds are assumptions; it stands in the notes of every network read from OpenStreetMap."""
    assumed = sorted(s.highway for s in class_speeds().values() if not s.verified)
    return f"class speeds are planning figures until calibrated (assumed for {listed(assumed, most=4)})"


def drivable_class(highway: object) -> str | None:
    """Say which drivable class a `highway` value names: of several the first, of none None."""
    for value in highway if isinstance(highway, list | tuple) else str(highway).split(";"):
        if str(value).strip() in class_speeds():
            return str(value).strip()
    return None


_LIMIT = re.compile(r"(\d+(?:\.\d+)?)\s*(mph|km/h|kmh|kph|knots)?", re.ASCII)
_ZONE = re.compile(r"([a-z]{2})(?:-[a-z]+)?:(?:zone:?)?(\d+)", re.ASCII)
MPH_COUNTRIES = {"gb", "us", "gg", "je", "im"}
"""Where the number of a zone ("GB:zone20") is miles an hour."""

UNBOUNDED = "none"
"""What stands where no limit is posted on purpose, as on a German motorway."""

BY_SIGNALS = {"signals", "variable"}
"""What stands where changing signs post the limit."""

UNBOUND_CLASSES = {"motorway", "motorway_link", "trunk", "trunk_link"}
"""Classes on which a vehicle drives as fast as it can where no limit is posted; on others as fast as of their class."""


@functools.cache
def national_limits() -> dict[str, str]:
    """Limits by the code that stands for them ("ro:urban"), as they are written; from `national_limits.csv`."""
    text = (resources.files(__package__) / "national_limits.csv").read_text(encoding="utf-8")
    return {row["code"].lower(): row["limit"] for row in csv.DictReader(text.splitlines())}


def posted_kph(maxspeed: object) -> float | None:
    """
    Read an OpenStreetMap `maxspeed`.

    Parameters
    ----------
    maxspeed
        Such as "35 mph", "50", "walk", "RO:urban"; of several ("25;35", "50|70", or a list) the lowest counts.

    Returns
    -------
    The limit [km/h]; None when there is none, or it cannot be read as a speed ("none", "signals", "fast").
    """
    values = maxspeed if isinstance(maxspeed, list | tuple) else re.split(r"[;|,]", str(maxspeed))
    limits = [kph for value in values if (kph := _one_limit(str(value).strip().lower())) is not None]
    return min(limits) if limits else None


def is_unbounded(maxspeed: object) -> bool:
    """Tell whether a `maxspeed` says that there is no limit, itself or by a national code."""
    text = str(maxspeed).strip().lower()
    return national_limits().get(text, text) == UNBOUNDED


def _one_limit(text: str) -> float | None:
    text = text.replace("uk:", "gb:", 1) if text.startswith("uk:") else text
    text = national_limits().get(text, text)
    zone = _ZONE.fullmatch(text)
    if zone is not None:
        text = f"{zone[2]} mph" if zone[1] in MPH_COUNTRIES else zone[2]
    if text == "walk":
        return WALK_KPH
    match = _LIMIT.fullmatch(text)
    if match is None:
        return None
    factor = {"mph": KPH_PER_MPH, "knots": KPH_PER_KNOT}.get(match[2] or "", 1.0)
    kph = float(match[1]) * factor
    return kph if 0 < kph <= FASTEST_KPH else None


def response_kph(highway: str, maxspeed: object, vehicle: Vehicle = USUAL_VEHICLE, *, lorries: object = None) -> float:
    """
    Speed a vehicle is planned to drive. [km/h]

    Parameters
    ----------
    highway
        Class of the road.
    maxspeed
        Its posted limit as written; None: none.
    vehicle
        Says whether posted limits count, and its own slowest and fastest.
    lorries
        The limit posted for lorries, as written: a vehicle as heavy as one is not driven faster.
    """
    own = class_speeds()[highway].speed_kph
    limit = None if maxspeed is None else posted_kph(maxspeed)
    if limit is None and maxspeed is not None and is_unbounded(maxspeed) and highway in UNBOUND_CLASSES:
        limit = vehicle.top_kph
    if lorries is not None and vehicle.weight_t > LORRY_T and (heavy := posted_kph(lorries)) is not None:
        limit = min(heavy, own if limit is None else limit)
    if vehicle.speeds == "class":
        limit = max(own, limit) if limit is not None and highway in UNBOUND_CLASSES else None
    return min(own if limit is None else max(limit, vehicle.floor_kph), vehicle.top_kph)
