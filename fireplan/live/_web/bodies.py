"""Bodies of events as they are posted: one object, a JSON array, or lines of JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from starlette.exceptions import HTTPException

from fireplan._bounded_text import object_or_fault
from fireplan.live._web.request_models import JSON, LINES
from fireplan.operations._events.event import Refused
from fireplan.operations._events.feed_lines import BOM, read_line, read_object
from fireplan.operations._events.refusal import LONGEST_KEPT, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fireplan.live._web.limits_and_headers import Limits
    from fireplan.operations._events.event import Event

SOURCE = "http"
BLANK = re.compile(r"[ \t\n\r]*")
MOST_BYTES_A_CHARACTER = 4


class Posted(NamedTuple):
    """
    What a body holds.

    Attributes
    ----------
    events
        Those that can be used.
    places
        Where each stands in the body, from 0: elements of an array, or lines.
    refusals
        Those that cannot.
    refused
        The same, as they are answered.
    """

    events: list[Event]
    places: list[int]
    refusals: list[Refusal]
    refused: list[dict[str, Any]]

    def add(self, place: int, read: Event | Refusal | None) -> None:
        """Put one where it belongs."""
        if isinstance(read, Refusal):
            self.refusals.append(read)
            self.refused.append(refused(place, read.event_id, read.code, read.reason))
        elif read is not None:
            self.events.append(read)
            self.places.append(place)


def refused(place: int, event_id: str | None, code: str, reason: str) -> dict[str, Any]:
    """Write down, as JSON, why an event was set aside."""
    return {"index": place, "event_id": event_id, "code": code, "reason": reason}


def read_posted(body: bytes, kind: str, *, received_us: int, limits: Limits) -> Posted:
    """
    Read a body.

    Parameters
    ----------
    body
        As it came.
    kind
        Its media type; "" is taken as JSON.
    received_us
        When it came. [us since 1970, UTC]
    limits
        How much is taken.

    Raises
    ------
    HTTPException
        415 for another media type; 413 for too many events. Everything else that is wrong is a refusal.
    """
    kind = kind.partition(";")[0].strip().lower()
    posted = Posted([], [], [], [])
    if kind == LINES:
        if body.count(b"\n") > 2 * limits.batch_events:  # blank lines count too: they cost memory
            raise _too_many(limits)
        for place, line in enumerate(body.split(b"\n")):
            posted.add(place, read_line(line, number=place + 1, received_us=received_us, source=SOURCE))
            _check_count(posted, limits)
    elif kind not in {JSON, ""}:
        raise HTTPException(415, f"Send events as {JSON} or {LINES}: say so in Content-Type.")
    elif body.removeprefix(BOM).lstrip()[:1] != b"[":
        posted.add(0, read_line(body, number=None, received_us=received_us, source=SOURCE) or _empty(received_us))
    else:
        try:
            for place, (said, long) in enumerate(_elements(body.removeprefix(BOM), limits.event_bytes)):
                posted.add(place, _element(said, place, received_us=received_us, long=long))
                _check_count(posted, limits)
        except Refused as fault:
            # The rest of the array cannot be read, so nothing of it is taken: it is sent again whole.
            kept = body[:LONGEST_KEPT].decode("utf-8", "replace").replace("\x00", "")
            posted = Posted([], [], [], [])
            posted.add(0, Refusal(received_us, SOURCE, None, fault.code, fault.reason, None, kept))
    return posted


def _element(said: Any, place: int, *, received_us: int, long: bool) -> Event | Refusal:  # noqa: ANN401 - any JSON
    if long:
        return Refusal(received_us, SOURCE, place + 1, "too_long", "the event is too long")
    return read_object(said, number=place + 1, received_us=received_us, source=SOURCE)


def _elements(body: bytes, most_bytes: int) -> Iterator[tuple[Any, bool]]:
    """Yield the elements of an array, and whether each was longer than an event may be."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("not_utf8", "the text is not UTF-8: send events as UTF-8") from error
    at = _skip(text, _skip(text, 0) + 1)
    if text[at : at + 1] == "]":
        _check_end(text, at)
        return
    while True:
        try:
            said, end = DECODER.raw_decode(text, at)
        except RecursionError as error:
            raise Refused("too_deep", "the JSON is nested too deeply: an event is one flat object") from error
        except ValueError as error:
            raise _no_array() from error
        size = end - at
        if size * MOST_BYTES_A_CHARACTER > most_bytes:
            size = len(text[at:end].encode("utf-8"))
        yield said, size > most_bytes
        at = _skip(text, end)
        if text[at : at + 1] == "]":
            _check_end(text, at)
            return
        if text[at : at + 1] != ",":
            raise _no_array()
        at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = BLANK.match(text, at)
    return found.end() if found else at


def _check_end(text: str, at: int) -> None:
    if _skip(text, at + 1) != len(text):
        raise _no_array()


def _no_array() -> Refused:
    return Refused("not_json", "the body is not one JSON array: nothing of it was taken")


def _no_number(name: str) -> NoReturn:
    raise Refused("not_finite", f"{name} is no number in JSON: nothing of the body was taken")


DECODER = json.JSONDecoder(object_pairs_hook=object_or_fault, parse_constant=_no_number)


def _empty(received_us: int) -> Refusal:
    return Refusal(received_us, SOURCE, None, "not_json", "the body is empty: send one JSON object")


def _check_count(posted: Posted, limits: Limits) -> None:
    if len(posted.events) + len(posted.refusals) > limits.batch_events:
        raise _too_many(limits)


def _too_many(limits: Limits) -> HTTPException:
    return HTTPException(413, f"Too many events at once: send at most {limits.batch_events:,}.")
