"""How finely stamps are written, by column, and what that leaves open of an interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan import wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

STAMPS = ("received", "answered", "created", "dispatched", "enroute", "staged", "arrived", "cleared")
"""Times that a history may tell of a response, in the order in which they happen."""

ENDS = {
    "answering_s": ("received", "answered"),
    "processing_s": ("answered", "dispatched"),
    "handling_s": ("received", "dispatched"),
    "turnout_s": ("dispatched", "enroute"),
    "travel_s": ("enroute", "arrived"),
    "turnout_and_travel_s": ("dispatched", "arrived"),
    "answered_to_arrival_s": ("answered", "arrived"),
    "total_response_s": ("received", "arrived"),
}
"""First and last stamp of each interval."""

MINUTE_S, SECOND_S = 60.0, 1.0
FEWEST_STAMPS = 6
"""Different stamps that it takes to speak of a resolution, as in the reader."""


def resolution_of(responses: pd.DataFrame) -> dict[str, float]:
    """
    Find how finely each column of stamps is written.

    Returns
    -------
    By column, 60 where every stamp falls on a full minute, else 1; columns without a stamp have none. [s]
    """
    stamps = {name: responses[name].dropna() for name in STAMPS if name in responses}
    stamps = {name: column for name, column in stamps.items() if len(column)}
    whole = {name: bool((column.dt.floor("min") == column).all()) for name, column in stamps.items()}
    if sum(map(len, stamps.values())) >= FEWEST_STAMPS and all(whole.values()):
        return dict.fromkeys(stamps, MINUTE_S)
    return {
        name: MINUTE_S if whole[name] and column.nunique() >= FEWEST_STAMPS else SECOND_S
        for name, column in stamps.items()
    }


def half_width_s(interval: str, resolution_s: Mapping[str, float]) -> float:
    """
    Say how far an interval may be off either way: half a minute for each end that is stamped to the minute. [s]

    Examples
    --------
    >>> half_width_s("travel_s", {"enroute": 60.0, "arrived": 60.0}), half_width_s("travel_s", {"enroute": 1.0})
    (60.0, 0.0)
    """
    return sum((MINUTE_S / 2 for end in ENDS[interval] if resolution_s.get(end) == MINUTE_S), start=0.0)


def in_words(resolution_s: Mapping[str, float]) -> str:
    """
    Say how finely stamps are written.

    Examples
    --------
    >>> in_words({"received": 1.0, "arrived": 60.0})
    'Stamps: received to the second; arrived to the minute, so an interval is 0:30 off either way for each such end.'
    """
    coarse, fine = ([n for n, s in resolution_s.items() if (s == MINUTE_S) is to_it] for to_it in (True, False))
    if not coarse:
        return "Stamps are to the second."
    off = f"to the minute, so an interval is {wording.clock(MINUTE_S / 2)} off either way for each such end"
    if not fine:
        return f"Stamps are {off}."
    return f"Stamps: {wording.joined(fine)} to the second; {wording.joined(coarse)} {off}."
