"""What came in a feed and could not be used, kept with its reason."""

from __future__ import annotations

from typing import NamedTuple

LONGEST_KEPT = 2000
"""Characters kept of what could not be used."""


class Refusal(NamedTuple):
    """
    One line or message that was set aside.

    Attributes
    ----------
    received_us
        When it came. [us since 1970, UTC]
    source
        The feed it came from.
    line
        Its physical line, or its place in a batch, from 1; None: it has none.
    code
        Short name of the reason.
    reason
        What is wrong, in words that hold nothing personal.
    event_id
        Its id, if that could be read.
    text
        The first `LONGEST_KEPT` characters of what came. It may hold anything: it stays in the store.
    """

    received_us: int
    source: str
    line: int | None
    code: str
    reason: str
    event_id: str | None = None
    text: str = ""
