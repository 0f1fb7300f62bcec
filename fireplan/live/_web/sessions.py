"""Browsers that are logged in. The server keeps a hash of each session's id, and nothing else of it."""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import TYPE_CHECKING, NamedTuple

from fireplan.live._web.tokens import Role

if TYPE_CHECKING:
    from collections.abc import Callable

COOKIE = "fireplan"
ID_BYTES = 32
LONGEST_ID = 64


class Session(NamedTuple):
    """
    One browser that is logged in.

    Attributes
    ----------
    key
        SHA-256 of its id.
    role
        What it may do.
    ends_s
        When it ends. [s on the clock of `Sessions`]
    """

    key: str
    role: Role
    ends_s: float


class Sessions:
    """
    All of them; the oldest of a role go when it has too many, and none of another role.

    Parameters
    ----------
    most
        How many of each role are kept.
    most_operators
        How many of operators; None: as many as of the others.
    lasts_s
        How long each lasts. [s]
    clock
        Tells the time. [s]
    ended
        Called with the key of each session that ends before its time.
    """

    def __init__(
        self,
        *,
        most: int = 1000,
        most_operators: int | None = None,
        lasts_s: float = 12 * 3600.0,
        clock: Callable[[], float] = time.monotonic,
        ended: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._most, self.lasts_s, self._clock, self._ended = most, lasts_s, clock, ended
        self._most_operators = most if most_operators is None else most_operators
        self._all: dict[str, Session] = {}  # in the order in which they began, and so in which they end

    def __len__(self) -> int:
        """How many there are."""
        return len(self._all)

    def begin(self, role: Role) -> str:
        """Begin one and give its id, which is known to the browser alone."""
        self._drop_expired()
        most = self._most_operators if role is Role.OPERATOR else self._most
        same = [session.key for session in self._all.values() if session.role is role]
        for key in same[: max(0, len(same) + 1 - most)]:
            self._end(key)
        session_id = secrets.token_urlsafe(ID_BYTES)
        key = _key(session_id)
        self._all[key] = Session(key, role, self._clock() + self.lasts_s)
        return session_id

    def find(self, session_id: str) -> Session | None:
        """Give the session of an id, if there is one and it still lasts."""
        session = self._all.get(_key(session_id)) if len(session_id) <= LONGEST_ID else None
        if session is not None and session.ends_s <= self._clock():
            self._end(session.key)
            return None
        return session

    def left_s(self, session: Session) -> float:
        """How much longer it lasts. [s]"""
        return session.ends_s - self._clock()

    def end(self, key: str) -> None:
        """End one, if it is there."""
        if key in self._all:
            self._end(key)

    def _end(self, key: str) -> None:
        del self._all[key]
        self._ended(key)

    def _drop_expired(self) -> None:
        now = self._clock()
        for key in [s.key for s in self._all.values() if s.ends_s <= now]:
            self._end(key)


def _key(session_id: str) -> str:
    return hashlib.sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()
