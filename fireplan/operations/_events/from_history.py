"""Dispatch history turned back into the events it was made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan.errors import InputError
from fireplan.operations._events.event import Event

if TYPE_CHECKING:
    from fireplan.incidents import CadHistory

SAID_BY = {
    "dispatched": "unit.dispatched",
    "enroute": "unit.enroute",
    "staged": "unit.staged",
    "arrived": "unit.arrived",
    "cancelled_enroute": "unit.cancelled",
    "cleared": "unit.cleared",
}
NAT = np.iinfo(np.int64).min


def events_of(history: CadHistory, *, start_us: int | None = None, end_us: int | None = None) -> list[Event]:
    """
    Turn dispatch history into events.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, one row per unit per incident.
    start_us, end_us
        Only events of this span; the end is left out. [us since 1970, UTC]

    Returns
    -------
    In order, numbered from 1: one for each incident when it was received, and one for each stamp of each unit. The same
    history gives the same ids. Addresses are not in a history, and so not in its events.
    """
    if history.grain != "unit":
        raise InputError("this history has one row per incident: a replay needs one row per unit per incident")
    rows = [*_created(history), *_stamped(history)]
    rows.sort(key=lambda event: event.order)
    kept = [e for e in rows if (start_us is None or e.ts_us >= start_us) and (end_us is None or e.ts_us < end_us)]
    return [
        Event(
            e.event_id, e.ts_us, e.type, e.ts_us, n, e.incident_id, e.unit_id, e.latitude, e.longitude, e.call_type,
            e.priority,
        )
        for n, e in enumerate(kept, start=1)
    ]  # fmt: skip


def busiest_day_us(history: CadHistory, *, last_days: int = 90) -> int:
    """Local midnight of the day with most incidents among the last. [us since 1970, UTC]"""
    received = history.incidents["received"].dropna()
    if received.empty:
        raise InputError("no incident of this history says when it was received: there is nothing to replay")
    local = received.dt.tz_convert(history.timezone)
    days = local.dt.floor("D", ambiguous=True, nonexistent="shift_forward")
    recent = days[days > days.max() - pd.Timedelta(days=last_days)]
    busiest = recent.value_counts().sort_index().idxmax()
    return int(pd.Timestamp(busiest).tz_convert("UTC").timestamp() * 1_000_000)


def _created(history: CadHistory) -> list[Event]:
    incidents = history.incidents
    points = incidents.geometry
    lon, lat = points.x.to_numpy(), points.y.to_numpy()
    at_us = _in_us(incidents["received"])
    texts = {name: incidents[name].astype(object).to_numpy() for name in ("call_type", "priority")}
    found = []
    for i, incident_id in enumerate(incidents.index):
        if at_us[i] == NAT:
            continue
        placed = bool(np.isfinite(lon[i]) and np.isfinite(lat[i]))
        found.append(
            Event(
                f"{incident_id}/received",
                int(at_us[i]),
                "incident.created",
                int(at_us[i]),
                incident_id=str(incident_id),
                latitude=float(lat[i]) if placed else None,
                longitude=float(lon[i]) if placed else None,
                call_type=_text(texts["call_type"][i]),
                priority=_text(texts["priority"][i]),
            )
        )
    return found


def _stamped(history: CadHistory) -> list[Event]:
    responses = history.responses
    ids = responses["incident_id"].astype(object).to_numpy()
    units = responses["unit_id"].astype(object).to_numpy()
    found = []
    for column, kind in SAID_BY.items():
        if column not in responses:
            continue
        at_us = _in_us(responses[column])
        found += [
            Event(f"{ids[i]}/{units[i]}/{column}", int(at_us[i]), kind, int(at_us[i]), None, str(ids[i]), str(units[i]))
            for i in np.flatnonzero(at_us != NAT)
        ]
    return found


def _in_us(stamps: pd.Series[pd.Timestamp]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.asarray(stamps.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]").astype(np.int64))


def _text(value: object) -> str | None:
    return None if value is None or value is pd.NA or value != value else str(value)  # noqa: PLR0124 - NaN
