"""Whether a history that was made by hand has what a history is asked for, told in words before anything is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from fireplan import wording
from fireplan.errors import Faults, InputError, listed, quoted
from fireplan.incidents._times.time_zones import known_zone
from fireplan.response_performance._resolution import ENDS, STAMPS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd

NEEDED = ("received", "dispatched", "arrived")
"""Stamps that responses have a column of, blank where they are not known."""

FILLED = (*NEEDED, "enroute", "cleared")
"""Stamps that are asked for later; without a column they are known of no response."""

INTERVALS = ("turnout_s", "travel_s", "total_response_s")
"""Columns of seconds that are asked for later; without one they are what lies between their stamps."""


def check_history(incidents: gpd.GeoDataFrame, responses: pd.DataFrame, timezone: str) -> None:
    """
    Refuse a history that is none, with every fault of a table.

    Raises
    ------
    InputError
        If its zone is not known, a column is missing or of another kind, an incident or a response is there twice, or
        no response is of one of its incidents.
    """
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    if not isinstance(timezone, str):
        raise InputError(f"timezone of the history is {timezone!r}: give text, such as 'America/Los_Angeles'")
    known_zone(timezone)
    for name, table, kind in (
        ("incidents", incidents, gpd.GeoDataFrame), ("responses", responses, pd.DataFrame),
    ):  # fmt: skip
        if not isinstance(table, kind):
            raise InputError(f"{name} of the history is a {type(table).__name__}: give a {kind.__name__}")
    for name, found in (("incidents", _of_incidents(incidents)), ("responses", _of_responses(responses))):
        faults = Faults(f"{name} of the history")
        for fault in found:
            faults.add(fault)
        faults.raise_if_any()
    if len(responses) and not responses["incident_id"].isin(incidents.index).any():
        raise InputError(
            f"none of {wording.counted(len(responses), 'response')} is of an incident of this history: responses have"
            f" incident_id {quoted(responses['incident_id'].iloc[0])}, and the index of the incidents"
            f" {quoted(incidents.index[0]) if len(incidents) else 'has no row'}; give incidents by incident_id"
        )


def _of_incidents(incidents: gpd.GeoDataFrame) -> Iterator[str]:
    yield from _twice(incidents)
    again = incidents.index[incidents.index.duplicated()]
    if len(again):
        yield (
            f"{wording.counted(len(again.unique()), 'incident_id')} stand more than once, such as {quoted(again[0])}:"
            " keep one row for each incident"
        )
    if incidents.index.hasnans:
        yield "incident_id is missing in a row: leave it out, or give it one"
    yield from _stamps(incidents, ("received",))
    if incidents.active_geometry_name is None:
        yield "there are no points: set the geometry, with None where a place is not known"
        return
    if incidents.crs is None:
        yield "the points have no CRS: give them one by set_crs"
    kinds = sorted(set(incidents.geom_type.dropna()) - {"Point"})
    if kinds:
        yield f"the geometry holds {wording.joined(kinds)}: give points"


def _of_responses(responses: pd.DataFrame) -> Iterator[str]:
    yield from _twice(responses)
    if "incident_id" not in responses:
        yield "column 'incident_id' is missing: say of which incident each response is"
    elif responses.columns.is_unique and responses["incident_id"].isna().any():
        row = int(responses["incident_id"].isna().to_numpy().argmax())
        yield f"column 'incident_id', row {row}: it is missing; leave the row out, or say of which incident it is"
    elif responses.columns.is_unique and "unit_id" not in responses and not responses["incident_id"].is_unique:
        again = responses["incident_id"][responses["incident_id"].duplicated()].iloc[0]
        yield (
            f"column 'incident_id' has {quoted(again)} more than once, and there is no 'unit_id': name the units, or"
            " keep one row for each incident"
        )
    elif responses.columns.is_unique and "unit_id" in responses:
        again = responses[responses["unit_id"].notna() & responses.duplicated(["incident_id", "unit_id"], keep=False)]
        twice = again.duplicated()
        if twice.any():
            first = again[twice].iloc[0]
            yield (
                f"{wording.counted(int(twice.sum()), 'row')} stand twice in all columns, such as unit"
                f" {quoted(first['unit_id'])} at {quoted(first['incident_id'])}: keep one of each"
            )
    yield from _stamps(responses, NEEDED, more=STAMPS)


def completed(responses: pd.DataFrame) -> pd.DataFrame:
    """Add the columns of stamps and intervals that are asked for later, where a history made by hand has none."""
    nothing = pd.Series(pd.NaT, index=responses.index, dtype="datetime64[us, UTC]")
    there = [name for name in STAMPS if name in responses]
    blank = [name for name in there if not isinstance(responses[name].dtype, pd.DatetimeTZDtype)]
    blank += [name for name in FILLED if name not in responses]
    # A copy each time would cost more than all of the rest: what has all columns stays as it is.
    found = responses.assign(**dict.fromkeys(blank, nothing)) if blank else responses
    for name in INTERVALS:
        if name not in found:
            begin, end = ENDS[name]
            taken_s = (found[end] - found[begin]).dt.total_seconds()
            found = found.assign(**{name: taken_s.where(taken_s >= 0)})
    return found


def _twice(table: pd.DataFrame) -> Iterator[str]:
    if not table.columns.is_unique:
        again = table.columns[table.columns.duplicated()].unique()
        yield f"more than one column is called {listed(map(quoted, again))}: keep one of each"


def _stamps(table: pd.DataFrame, needed: tuple[str, ...], more: tuple[str, ...] = ()) -> Iterator[str]:
    if not table.columns.is_unique:
        return
    for name in dict.fromkeys((*needed, *more)):
        if name not in table:
            if name in needed:
                yield f"column {name!r} is missing: give times in UTC, NaT where they are not known"
        elif not isinstance(table[name].dtype, pd.DatetimeTZDtype) and table[name].notna().any():
            kind = "times without a zone" if table[name].dtype.kind == "M" else "no times"
            yield f"column {name!r} holds {kind}: make it with pd.to_datetime(..., utc=True)"
