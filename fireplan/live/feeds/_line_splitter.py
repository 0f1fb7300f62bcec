"""Cutting a growing file into lines, without ever holding a line that is too long."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from fireplan.operations._events.feed_lines import LONGEST_LINE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENDS = 2
"""Bytes of a CR and an LF."""


class Place(NamedTuple):
    """
    A place between two lines of a file.

    Attributes
    ----------
    at
        Bytes before it.
    line
        Lines that have begun before it.
    within
        Whether it lies in the midst of a line that was set aside already, because it is too long.
    """

    at: int = 0
    line: int = 0
    within: bool = False


class Line(NamedTuple):
    """
    One line.

    Attributes
    ----------
    raw
        Its bytes with its end; of one that is too long, the beginning.
    number
        Its number, from 1.
    too_long
        Whether it is too long, and its end not yet seen.
    after
        The place behind it.
    """

    raw: bytes
    number: int
    too_long: bool
    after: Place


class Cutter:
    """Cuts pieces of a file, given one after the other from a place on, into lines."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.rest = b""
        """What stands behind the last line that has ended."""

    def cut(self, piece: bytes) -> Iterator[Line]:
        """Give the lines that end in a piece. To be used up before the next piece is given."""
        data, start = self.rest + piece, 0
        while (end := data.find(b"\n", start) + 1) > 0:
            raw, skipped = data[start:end], self.place.within
            self.place = Place(self.place.at + len(raw), self.place.line + (not skipped))
            start = end
            if not skipped:
                yield Line(raw, self.place.line, too_long=False, after=self.place)
        self.rest = data[start:]
        if self.place.within:
            self._pass_over()
        elif len(self.rest) > LONGEST_LINE_BYTES + _ENDS:
            beginning = self.rest
            self.place = self.place._replace(line=self.place.line + 1, within=True)
            self._pass_over()
            yield Line(beginning, self.place.line, too_long=True, after=self.place)

    def _pass_over(self) -> None:
        self.place = self.place._replace(at=self.place.at + len(self.rest))
        self.rest = b""


def as_text(place: Place, head: str, changed_ns: int) -> str:
    """Write a place of a file, the sign of its head, and when it was last written to, as the position of a feed."""
    return json.dumps({**place._asdict(), "head": head, "changed_ns": changed_ns}, separators=(",", ":"))


def from_text(position: str) -> tuple[Place, str, int | None]:
    """Read what `as_text` wrote, or an earlier release; of anything else make the beginning of a file."""
    try:
        said = json.loads(position)
        place = Place(int(said["at"]), int(said["line"]), bool(said["within"]))
        head = str(said["head"])
        changed_ns = None if said.get("changed_ns") is None else int(said["changed_ns"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return Place(), "", None
    return (place, head, changed_ns) if place.at >= 0 and place.line >= 0 else (Place(), "", None)
