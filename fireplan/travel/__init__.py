"""Travel times, who is first due, and the ground that can be reached."""

from fireplan.travel._ad_hoc_points import Passing, Spot
from fireplan.travel._candidate_times import ByPlace, CandidateTimes, candidate_times
from fireplan.travel._criticality import criticality
from fireplan.travel._driven_streets import route
from fireplan.travel._first_due import first_due
from fireplan.travel._first_due_areas import erf_areas, first_due_areas
from fireplan.travel._force import force_times
from fireplan.travel._isochrones import isochrones
from fireplan.travel._network_parts import network_parts
from fireplan.travel._places import Places, places
from fireplan.travel._routes import Routes
from fireplan.travel._station_notes import station_notes
from fireplan.travel._travel_times import node_times, time_rows, travel_times

__all__ = [
    "ByPlace",
    "CandidateTimes",
    "Passing",
    "Places",
    "Routes",
    "Spot",
    "candidate_times",
    "criticality",
    "erf_areas",
    "first_due",
    "first_due_areas",
    "force_times",
    "isochrones",
    "network_parts",
    "node_times",
    "places",
    "route",
    "station_notes",
    "time_rows",
    "travel_times",
]


def __getattr__(name: str) -> object:
    """Say what became of a name of the release before."""
    if name in {"Cover", "WhatIfCover", "CoverFigures"}:
        raise AttributeError(
            f"fireplan.travel.{name} is no more: compare(today, today.apply(OpenStation(...)), standard=...) answers as"
            " quickly, also for people, roads and a whole force"
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
