"""What a vehicle makes of values of tags: barriers, surfaces, slow lanes; from `driving_rules.csv`, with sources."""

from __future__ import annotations

import csv
import functools
from importlib import resources
from typing import NamedTuple


class DrivingRule(NamedTuple):
    """
    What one value of a tag means.

    `figure` is a time [s] where something is opened, removed or waited for, a speed [km/h] where `rule` is "slow", and
    a grade of `tracktype` where it is "grade".
    """

    rule: str
    figure: float
    source: str


@functools.cache
def driving_rules(subject: str) -> dict[str, DrivingRule]:
    """
    Rules on one subject, by value.

    Parameters
    ----------
    subject
        "barrier", "bollard", "locked", "crossing", "track", "surface", "lane" or "smoothness".
    """
    text = (resources.files(__package__) / "driving_rules.csv").read_text(encoding="utf-8")
    return {
        row["value"]: DrivingRule(row["rule"], float(row["figure"]), row["source"])
        for row in csv.DictReader(text.splitlines())
        if row["subject"] == subject
    }
