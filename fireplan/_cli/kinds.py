"""The kinds of file that `fireplan check` knows."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a file can be checked as."""

    cad = "cad"
    stations = "stations"
    network = "network"
    scenario = "scenario"
    feed = "feed"
