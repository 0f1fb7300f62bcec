"""What options are chosen from: the kinds of file that `fireplan check` knows, and whom results are for."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a file can be checked as."""

    cad = "cad"
    stations = "stations"
    network = "network"
    scenario = "scenario"
    feed = "feed"


class Readers(StrEnum):
    """Whom results are for."""

    public = "public"
    internal = "internal"
