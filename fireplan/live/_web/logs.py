"""What the web service writes down: one line a request, and where faults were; never whom or what it was about."""

from __future__ import annotations

import secrets
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

FRAMES_SHOWN = 12


class Log:
    """
    Lines of text, one for each thing.

    Nothing in them comes from a request but its method: a path is written as its template, a fault as its type and
    the places it passed. Messages of exceptions are left out, because they often quote what they choke on.

    Parameters
    ----------
    write
        Takes a line, without its end; None: standard error.
    """

    def __init__(self, write: Callable[[str], None] | None = None) -> None:
        self._write = write or _to_standard_error

    def say(self, text: str) -> None:
        """Write a line of our own words."""
        self._write(f"{_now()} {text}")

    def access(self, method: str, template: str, status: int, *, took_s: float, role: str) -> None:
        """Write the line of one request."""
        self._write(f"{_now()} {method} {template} {status} {took_s * 1000:.1f} ms {role}")

    def fault(self, error: BaseException, doing: str) -> str:
        """
        Write where something went wrong.

        Returns
        -------
        A short id, which stands in the line too, to be told to whoever asked.
        """
        fault_id = secrets.token_hex(4)
        self._write(f"{_now()} fault {fault_id} while {doing}: {' < '.join(_chain(error))}")
        return fault_id

    def of_loop(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Be the exception handler of an event loop: its own would print messages and addresses."""
        error = context.get("exception")
        if error is None:
            self.say("fault in the event loop")
        elif not isinstance(error, ConnectionError):  # a client that left
            self.fault(error, "serving a connection")


def _chain(error: BaseException) -> list[str]:
    """Name the types and places of an exception and of those it came from."""
    named: list[str] = []
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        frames = traceback.extract_tb(at.__traceback__)[-FRAMES_SHOWN:]
        places = " > ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames)
        named.append(f"{type(at).__module__}.{type(at).__qualname__} at {places or 'an unknown place'}")
        at = at.__cause__ or at.__context__
    return named


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _to_standard_error(line: str) -> None:
    sys.stderr.write(line + "\n")
