"""Events as dispatch history: the tables that every measure takes, read by the rules for files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan.incidents import read_cad_rows
from fireplan.operations._events.event import as_stamp
from fireplan.operations._events.event_records import Board

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from fireplan.incidents import CadHistory
    from fireplan.operations._events.event import Event
    from fireplan.operations._events.event_records import Incident

STAMPS = {
    "dispatched": "dispatched_us",
    "enroute": "enroute_us",
    "staged": "staged_us",
    "arrived": "arrived_us",
    "cleared": "cleared_us",
    "cancelled_enroute": "cancelled_us",
}


def history_of(events: Iterable[Event], *, timezone: str, units: pd.DataFrame) -> CadHistory | None:
    """
    Turn events into dispatch history.

    Parameters
    ----------
    events
        In any order; each once or more often.
    timezone
        IANA zone of the agency's local time.
    units
        The department's units, by `unit_id`.

    Returns
    -------
    As from `fireplan.read_cad`, with its ledger; None if no unit was sent anywhere. Addresses are not in it.
    """
    board = Board(kept_us=None)
    for event in events:
        board.take(event)
    return history_of_incidents(board.incidents(), timezone=timezone, units=units)


def history_of_incidents(incidents: Iterable[Incident], *, timezone: str, units: pd.DataFrame) -> CadHistory | None:
    """Turn incidents of a board into dispatch history; otherwise as `history_of`."""
    rows = [row for incident in incidents for row in _rows(incident)]
    if not rows:
        return None
    return read_cad_rows(rows, timezone=timezone, units=units, name="the events")


def _rows(incident: Incident) -> list[dict[str, str]]:
    at = incident.at
    shared = {
        "incident_id": incident.incident_id,
        "call_type": incident.text("call_type") or "",
        "priority": incident.text("priority") or "",
        "latitude": "" if at is None else repr(at[1]),
        "longitude": "" if at is None else repr(at[0]),
        "received": _stamp(incident.received_us),
    }
    return [
        {
            **shared,
            "unit_id": unit_id,
            **{name: _stamp(getattr(response, field)) for name, field in STAMPS.items()},
        }
        for unit_id, response in sorted(incident.responses.items())
    ]


def _stamp(us: int | None) -> str:
    return "" if us is None else as_stamp(us)
