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

KPH_PER_KNOT = 1.852
FASTEST_KPH = 160.0
"""Above this a speed is taken for a mistake. [km/h]"""

WALK_KPH = 6.0


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


def posted_kph(maxspeed: object) -> float | None:
    """
    Read an OpenStreetMap `maxspeed`.

    Parameters
    ----------
    maxspeed
        Such as "35 mph", "50", "walk"; of several ("25;35", or a list) the lowest counts.

    Returns
    -------
    The limit [km/h]; None when there is none, or it cannot be read as a speed ("none", "RU:urban", "fast").
    """
    values = maxspeed if isinstance(maxspeed, list | tuple) else re.split(r"[;|,]", str(maxspeed))
    limits = [kph for value in values if (kph := _one_limit(str(value).strip().lower())) is not None]
    return min(limits) if limits else None


def _one_limit(text: str) -> float | None:
    if text == "walk":
        return WALK_KPH
    match = _LIMIT.fullmatch(text)
    if match is None:
        return None
    factor = {"mph": KPH_PER_MPH, "knots": KPH_PER_KNOT}.get(match[2] or "", 1.0)
    kph = float(match[1]) * factor
    return kph if 0 < kph <= FASTEST_KPH else None


def response_kph(highway: str, maxspeed: object) -> float:
    """Speed an engine is planned to drive: the posted limit where it is mapped, else that of the class. [km/h]"""
    limit = None if maxspeed is None else posted_kph(maxspeed)
    return class_speeds()[highway].speed_kph if limit is None else limit
