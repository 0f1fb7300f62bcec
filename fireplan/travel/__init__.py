"""Travel times, who is first due, and the ground that can be reached."""

from fireplan.travel._ad_hoc_points import Passing, Spot
from fireplan.travel._candidate_times import ByPlace, CandidateTimes, candidate_times
from fireplan.travel._first_due import first_due, force_times
from fireplan.travel._first_due_areas import erf_areas, first_due_areas
from fireplan.travel._isochrones import isochrones
from fireplan.travel._places import Places, places, station_notes
from fireplan.travel._routes import Routes
from fireplan.travel._travel_times import node_times, time_rows, travel_times
from fireplan.travel._what_if_cover import CoverFigures, WhatIfCover

__all__ = [
    "ByPlace",
    "CandidateTimes",
    "CoverFigures",
    "Passing",
    "Places",
    "Routes",
    "Spot",
    "WhatIfCover",
    "candidate_times",
    "erf_areas",
    "first_due",
    "first_due_areas",
    "force_times",
    "isochrones",
    "node_times",
    "places",
    "station_notes",
    "time_rows",
    "travel_times",
]


def __getattr__(name: str) -> object:
    """Give what was called otherwise in the release before."""
    if name == "Cover":
        from fireplan._former_names import warn_of_former  # noqa: PLC0415 - seldom needed

        warn_of_former("fireplan.travel.Cover", now="fireplan.travel.WhatIfCover", stacklevel=3)
        return WhatIfCover
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
