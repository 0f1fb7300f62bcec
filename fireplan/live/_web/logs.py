"""What the web service writes down: one line a request, and where faults were; never whom or what it was about."""

from __future__ import annotations

import secrets
import sys
import threading
import time
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

FRAMES_SHOWN = 12
CAUSES_SHOWN = 4
LONGEST_LINE = 2000
STRANGERS, KNOWN, FAULTS = "of callers who are not known", "of callers who are known", "of faults"
LINES = {STRANGERS: (100, 5.0), KNOWN: (2000, 200.0), FAULTS: (100, 5.0)}
"""Lines of each kind that may come at once, and of each second."""

TELL_S = 10.0
"""How many lines were left out is told at most so often. [s]"""


class Log:
    """
    Lines of text, one for each thing.

    Nothing in them comes from a request but its method: a path is written as its template, a fault as its type and
    the places it passed. Messages of exceptions are left out, because they often quote what they choke on. Lines are
    bounded in length, and in number by kind: a flood of requests is no flood of lines, and those left out are counted.

    Parameters
    ----------
    write
        Takes a line, without its end; None: standard error.
    clock
        Tells the time. [s]
    """

    def __init__(
        self, write: Callable[[str], None] | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write_line, self._clock = write or _to_standard_error, clock
        self._left = {kind: float(burst) for kind, (burst, _) in LINES.items()}
        self._left_out = dict.fromkeys(LINES, 0)
        self._filled_s = self._told_s = clock()
        self._lock = threading.Lock()  # the desk's thread writes too

    def say(self, text: str) -> None:
        """Write a line of our own words."""
        self._write(text)

    def access(self, method: str, template: str, status: int, *, took_s: float, role: str) -> None:
        """Write the line of one request."""
        line = f"{method} {template} {status} {took_s * 1000:.1f} ms {role}"
        self._write_some(line, STRANGERS if role == "-" else KNOWN)

    def fault(self, error: BaseException, doing: str) -> str:
        """
        Write where something went wrong.

        Returns
        -------
        A short id, which stands in the line too, to be told to whoever asked.
        """
        fault_id = secrets.token_hex(4)
        self._write_some(f"fault {fault_id} while {doing}: {' < '.join(_chain(error))}", FAULTS)
        return fault_id

    def of_loop(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Be the exception handler of an event loop: its own would print messages and addresses."""
        error = context.get("exception")
        if error is None:
            self._write_some("fault in the event loop", FAULTS)
        elif not isinstance(error, ConnectionError):  # a client that left
            self.fault(error, "serving a connection")

    def _write_some(self, text: str, kind: str) -> None:
        """Write a line, if there were not too many of its kind; tell now and then how many were left out."""
        with self._lock:
            now_s = self._clock()
            for name, (burst, each_second) in LINES.items():
                self._left[name] = min(burst, self._left[name] + (now_s - self._filled_s) * each_second)
            self._filled_s = now_s
            allowed = self._left[kind] >= 1
            if allowed:
                self._left[kind] -= 1
            else:
                self._left_out[kind] += 1
            told = {name: count for name, count in self._left_out.items() if count}
            tells = bool(told) and now_s - self._told_s >= TELL_S
            if tells:
                self._told_s, self._left_out = now_s, dict.fromkeys(LINES, 0)
        if tells:
            self._write("left out: " + ", ".join(f"{count} lines {name}" for name, count in told.items()))
        if allowed:
            self._write(text)

    def _write(self, text: str) -> None:
        plain = "".join(letter if letter.isprintable() else "?" for letter in text[:LONGEST_LINE])
        self._write_line(f"{_now()} {plain}")


def _chain(error: BaseException) -> list[str]:
    """Name the types and places of an exception and of those it came from."""
    named: list[str] = []
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen and len(named) < CAUSES_SHOWN:
        seen.add(id(at))
        frames = traceback.extract_tb(at.__traceback__)[-FRAMES_SHOWN:]
        places = " > ".join(f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames)
        named.append(f"{type(at).__module__}.{type(at).__qualname__} at {places or 'an unknown place'}")
        at = at.__cause__ or at.__context__
    return named


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _to_standard_error(line: str) -> None:
    with suppress(OSError, ValueError):  # a log that is full or closed stops no answer
        sys.stderr.write(line + "\n")
