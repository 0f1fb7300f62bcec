"""Lines of a feed: each is an event, blank, or set aside with its reason."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from fireplan._bounded_text import KeyTwiceError, no_key_twice
from fireplan.operations._events.event import Event, Refused, event_of
from fireplan.operations._events.refusal import LONGEST_KEPT, Refusal

LONGEST_LINE_BYTES = 64 * 1024
"""A longer line is set aside unread."""

BOM = b"\xef\xbb\xbf"


def read_line(raw: bytes, *, number: int | None, received_us: int, source: str) -> Event | Refusal | None:
    """
    Read one line.

    Parameters
    ----------
    raw
        The line, with or without its end.
    number
        Its physical line, from 1; None: it has none.
    received_us
        When it came. [us since 1970, UTC]
    source
        The feed, for what is set aside.

    Returns
    -------
    The event; or why it cannot be used; or None for a blank line.
    """
    text = (raw.removeprefix(BOM) if number in {None, 1} else raw).strip()
    if not text.strip(b"\x00"):
        return None
    try:
        return event_of(_parsed(text), received_us=received_us)
    except Refused as refused:
        kept = text[:LONGEST_KEPT].decode("utf-8", "replace").replace("\x00", "")
        return Refusal(received_us, source, number, refused.code, refused.reason, refused.event_id, kept)


def read_object(said: Any, *, number: int | None, received_us: int, source: str) -> Event | Refusal:  # noqa: ANN401
    """Read one event that is parsed already; arguments as for `read_line`."""
    try:
        if isinstance(said, KeyTwiceError):
            raise _twice(said)
        return event_of(said, received_us=received_us)
    except Refused as refused:
        kept = json.dumps(said, default=str)[:LONGEST_KEPT] if isinstance(said, dict) else ""
        return Refusal(received_us, source, number, refused.code, refused.reason, refused.event_id, kept)


def _parsed(text: bytes) -> Any:  # noqa: ANN401 - whatever stands there
    if len(text) > LONGEST_LINE_BYTES:
        raise Refused("too_long", f"the line is longer than {LONGEST_LINE_BYTES // 1024} KiB")
    if b"\x00" in text:
        raise Refused("not_utf8", "the text is not UTF-8 (it holds zero bytes, as UTF-16 does): send the feed as UTF-8")
    try:
        return DECODER.decode(text.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise Refused("not_utf8", "the text is not UTF-8: send the feed as UTF-8") from error
    except RecursionError as error:
        raise Refused("too_deep", "the JSON is nested too deeply: an event is one flat object") from error
    except KeyTwiceError as error:
        raise _twice(error) from error
    except ValueError as error:
        raise Refused("not_json", "the line is not one JSON object") from error


def _twice(error: KeyTwiceError) -> Refused:
    return Refused("key_twice", f"{error}: which of the two counts cannot be told")


def _no_number(name: str) -> NoReturn:
    raise Refused("not_finite", f"{name} is no number in JSON")


DECODER = json.JSONDecoder(object_pairs_hook=no_key_twice, parse_constant=_no_number)
