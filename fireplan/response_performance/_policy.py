"""What counts when response performance is measured: choices, each with the usual answer and who gives it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from fireplan._checked import takes
from fireplan.errors import Faults

if TYPE_CHECKING:
    from collections.abc import Iterator

ASKS_NOTHING = "none"
"""Setting of a rule that asks for nothing."""

NOT_KNOWN = "not known"
"""The group of what has no value: with it the groups add up to the whole."""

LONGEST_S = 1800.0
"""Intervals longer than this are looked at, and by some left out. [s]"""


@takes(own=("first_types", "emergency_priorities"))
@dataclass(frozen=True)
class Policy:
    """
    What counts when response performance is measured.

    Attributes
    ----------
    first_types
        Types of unit that count as arriving; chiefs and support do not stop the clock. Where types are not told they
        are read from the names of units, and a unit whose name says nothing counts.
    emergency_only
        Only incidents answered with lights and siren.
    emergency_priorities
        Which priorities those are; None: those the history says so of (`mode`), and all where it does not.
    cancelled_turned_out
        A unit cancelled on its way still turned out: its turnout counts, its travel never.
    staging_is_arrival
        A unit that stages near the scene has arrived then.
    longest_s
        Intervals longer than this are left out; None: none is, however long. [s]
    aid_received
        Units of neighbours count as arriving.
    aid_given
        Incidents outside the city count: farther than 100 m from the zones and from the ground between them.
    """

    first_types: tuple[str, ...] = ("engine", "truck", "quint", "rescue", "ambulance")
    emergency_only: bool = True
    emergency_priorities: tuple[str, ...] | None = None
    cancelled_turned_out: bool = True
    staging_is_arrival: bool = True
    longest_s: float | None = None
    aid_received: bool = False
    aid_given: bool = False

    def __post_init__(self) -> None:
        """Check the choices."""
        faults = Faults("policy")
        for name in ("first_types", "emergency_priorities"):
            value = getattr(self, name)
            if isinstance(value, list | tuple | set | frozenset) and all(isinstance(v, str) for v in value):
                object.__setattr__(self, name, tuple(sorted(value) if isinstance(value, set | frozenset) else value))
            elif not isinstance(value, str) and (value is not None or name == "first_types"):
                faults.add(f"{name}: give a list of texts, such as ['engine'] or ['1']")
                faults.raise_if_any()
        if not self.first_types or isinstance(self.first_types, str):
            faults.add("first_types names no type of unit: give them as a tuple, such as ('engine', 'truck')")
        if isinstance(self.emergency_priorities, str) or self.emergency_priorities == ():
            faults.add("emergency_priorities: give them as a tuple, such as ('1', '2'), or None for all")
        if self.longest_s is not None and not 0 < self.longest_s < float("inf"):
            faults.add(f"longest_s is {self.longest_s}: give a number of seconds above zero, or None")
        faults.raise_if_any()

    @property
    def cap_s(self) -> float:
        """The longest interval that counts; endless where none is left out. [s]"""
        return float("inf") if self.longest_s is None else self.longest_s

    def stated(self) -> Iterator[tuple[str, str, str]]:
        """Name each choice, how it stands, and who does so."""
        for field in fields(self):
            yield field.name, _setting_words(getattr(self, field.name)), SOURCES[field.name]


SOURCES = {
    "first_types": "CPSM study practice: administrative and chief units that arrive first do not count",
    "emergency_only": "Darkhorse station reliability: emergency responses only; NERIS unit_response_mode",
    "emergency_priorities": "the agency",
    "cancelled_turned_out": "NFORS apparatus durations: cancelled en route has a turnout and no response time",
    "staging_is_arrival": "NFORS apparatus durations: travel ends at arrival or staging, whichever comes first",
    "longest_s": "CPSM study practice leaves out responses over 30 minutes; kept here unless asked otherwise",
    "aid_received": "CPSM study practice: aid is counted apart",
    "aid_given": "CPSM study practice: aid is counted apart",
}
"""Where each choice comes from."""


REASONS = {
    "first_types": "of units whose type does not stop the clock",
    "emergency_only": "not answered as emergencies",
    "emergency_priorities": "of other priorities",
    "cancelled_turned_out": "cancelled on the way",
    "staging_is_arrival": "staged",
    "longest_s": "an interval over the longest that counts",
    "aid_received": "of units that are neighbours' or missing in the table of units",
    "aid_given": "outside the city",
    "only": "outside the part that is asked about",
}
"""What it is that each rule leaves out."""


def _setting_words(value: object) -> str:
    if value is None:
        return ASKS_NOTHING
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else f"{value:g} s"
