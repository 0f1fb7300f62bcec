"""A file of feed events, checked as the live service would read it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fireplan.errors import InputError, quoted
from fireplan.operations._events.event import PLACED, Event
from fireplan.operations._events.event_records import Board
from fireplan.operations._events.feed_health import FeedHealth
from fireplan.operations._events.feed_lines import LONGEST_LINE_BYTES, read_line
from fireplan.operations._events.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

LARGEST_BYTES = 2**30


@dataclass(frozen=True, eq=False)
class FeedCheck:
    """
    What a file of events holds.

    Attributes
    ----------
    rows_in
        Lines that are not blank: `rows_ok` + `rows_quarantined` + `duplicates`.
    rows_ok, duplicates
        Different events, and events that came again.
    refusals
        Lines set aside, with their reasons.
    notes
        What the feed's health has to say, and transitions that cannot be.
    units, stations
        Ids that its events name.
    places
        Longitude and latitude that it gives last, by what lies there: "unit E1", "incident 24-7". [°]
    """

    rows_in: int
    rows_ok: int
    duplicates: int
    refusals: tuple[Refusal, ...]
    notes: tuple[str, ...]
    units: frozenset[str] = frozenset()
    stations: frozenset[str] = frozenset()
    places: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def rows_quarantined(self) -> int:
        """Lines set aside."""
        return len(self.refusals)

    @property
    def verdict(self) -> str:
        """QUARANTINE if lines were set aside, else REPAIR if there is anything to note, else ACCEPT."""
        return "QUARANTINE" if self.refusals else "REPAIR" if self.notes else "ACCEPT"

    def messages(self) -> list[str]:
        """Tell all of it in lines of text, without anything personal."""
        named = [f"{r.event_id}: " if r.code == SAME_ID and r.event_id else "" for r in self.refusals]
        lines = [f"line {r.line}: {name}{r.reason}" for r, name in zip(self.refusals, named, strict=True)]
        return [*self.notes, *lines]


SAME_ID = "same_id_other_content"


def check_feed_file(file: str | Path) -> FeedCheck:
    """
    Check a file of events, one JSON object on each line.

    Parameters
    ----------
    file
        A local file.

    Raises
    ------
    InputError
        If there is no such file, or it is too large to be looked at whole.
    """
    path = Path(file)
    if not path.is_file():
        raise InputError(f"{quoted(path.name)} is not a file: check the name")
    if path.stat().st_size > LARGEST_BYTES:
        raise InputError(f"{quoted(path.name)} is larger than {LARGEST_BYTES // 2**30} GB: check a part of it")
    health, board = FeedHealth(), Board(kept_us=None)
    seen: dict[str, str] = {}
    units: set[str] = set()
    stations: set[str] = set()
    places: dict[str, tuple[float, float]] = {}
    refusals: list[Refusal] = []
    rows_in = 0
    now_us = time.time_ns() // 1000
    with path.open("rb") as lines:
        for number, raw in _numbered(lines):
            read = read_line(raw, number=number, received_us=now_us, source=path.name)
            if read is None:
                continue
            rows_in += 1
            if isinstance(read, Event):
                digest = read.digest()
                stood = seen.get(read.event_id)
                if stood is None:
                    seen[read.event_id] = digest
                    board.take(read)
                    health.hear(read)
                    units |= {read.unit_id} - {None}  # type: ignore[arg-type]
                    stations |= {read.station_id} - {None}  # type: ignore[arg-type]
                    if read.latitude is not None and read.longitude is not None:
                        whose = f"unit {read.unit_id}" if read.type in PLACED else f"incident {read.incident_id}"
                        places[whose] = read.longitude, read.latitude
                elif stood == digest:
                    health.hear_again(read.received_us)
                else:
                    refusals.append(same_id(read, source=path.name, line=number))
            else:
                refusals.append(read)
    found = health.now(now_us)
    notes = [n for n in found.notes if n.startswith(("clock skew", "feed gap", "seq", "late", "duplicate"))]
    notes += transitions(board)
    return FeedCheck(
        rows_in, health.events, health.duplicates, tuple(refusals), tuple(notes), frozenset(units),
        frozenset(stations), places,
    )  # fmt: skip


def same_id(event: Event, *, source: str, line: int | None) -> Refusal:
    """Set aside an event whose id stands for another already."""
    reason = "its event_id came before with other content: the first stays"
    return Refusal(event.received_us, source, line, SAME_ID, reason, event.event_id)


def transitions(board: Board) -> list[str]:
    """Name units that did at an incident what cannot be without what goes before."""
    found = [
        f"transition: unit arrived at {quoted(incident.incident_id)} without being dispatched; it is shown on scene"
        for incident in board.incidents()
        for response in incident.responses.values()
        if response.arrived_us is not None and response.dispatched_us is None
    ]
    return sorted(found)


def _numbered(lines: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield physical lines with their numbers; of one that is too long only so much that it is refused."""
    number = 0
    while raw := lines.readline(LONGEST_LINE_BYTES + 2):
        number += 1
        yield number, raw
        while not raw.endswith(b"\n") and (raw := lines.readline(LONGEST_LINE_BYTES)):
            pass
