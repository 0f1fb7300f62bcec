"""
The department as it stands this minute: events of a dispatch feed turned into units, incidents, cover and advice.

`scenario_at` gives the department as it stood at any instant of a history: every measure applies to it. `event_of`
checks an event, `events_of` and `history_of` turn dispatch history into events and back, `check_feed_file` tries a
whole file. `Picture` follows events one by one over a `CoverNow`, as the live view does, and gives a `Scene`.
"""

from fireplan.operations import live_state
from fireplan.operations._as_scenario import changes_of, scenario_at
from fireplan.operations._events.event import Event, Refused, event_of
from fireplan.operations._events.feed_check import FeedCheck, check_feed_file
from fireplan.operations._events.from_history import events_of
from fireplan.operations._events.to_history import history_of
from fireplan.operations._picture import Picture, Scene
from fireplan.operations._status.live_cover import CoverNow

__all__ = [
    "CoverNow",
    "Event",
    "FeedCheck",
    "Picture",
    "Refused",
    "Scene",
    "changes_of",
    "check_feed_file",
    "event_of",
    "events_of",
    "history_of",
    "live_state",
    "scenario_at",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
