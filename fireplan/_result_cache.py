"""Results kept for the next question, up to a limit of memory."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import is_dataclass
from threading import Event, Lock, get_ident
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from fireplan._memory import share_of_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")

LEAST_BYTES = 512 * 2**20
SHARE = 1 / 8
"""Of the memory that the machine has, how much results may take."""

LISTEN_EVERY_S = 0.2
"""How long an interrupt may wait where a wait without end would not hear it, as on Windows. [s]"""


class Memo:
    """
    A store of results, shared by a scenario and all that come from it.

    The least recently used go first once their arrays pass `limit_bytes`: left out, an eighth of the machine's memory,
    and 512 MB at least. Keys hold what a result depends on: the
    network's fingerprint, an origin, or the token of a table, which stands for its content and for no other's. What is
    kept is never written to: its arrays are barred from it. A memo travels empty, and to one who was handed an answer
    it looks the same. Threads that ask for the same at once wait for the one that makes it.
    """

    def __init__(self, *, limit_bytes: int | None = None) -> None:
        self.limit_bytes = max(LEAST_BYTES, share_of_memory(SHARE)) if limit_bytes is None else limit_bytes
        self._held: OrderedDict[Hashable, tuple[object, dict[int, int]]] = OrderedDict()
        self._in: Counter[int] = Counter()
        self._bytes = 0
        self._lock = Lock()
        self._made_by: dict[Hashable, tuple[int, Event]] = {}
        self._waits_for: dict[int, Hashable] = {}

    def __reduce__(self) -> tuple[Callable[..., Memo], tuple[int]]:
        """Travel empty: whoever shares it here shares one there."""
        return _empty, (self.limit_bytes,)

    def __copy__(self) -> Memo:
        """Be one's own copy, as what is kept suits all copies of a scenario."""
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Memo:
        """Be one's own copy."""
        return self

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """
        Look a result up, or make and keep it.

        Parameters
        ----------
        key
            What the result depends on.
        make
            Makes it.
        """
        me = get_ident()
        while True:
            with self._lock:
                if key in self._held:
                    self._held.move_to_end(key)
                    return self._held[key][0]  # type: ignore[return-value]
                if key not in self._made_by:
                    mine = Event()
                    self._made_by[key] = me, mine
                    break
                if self._in_a_circle(key, me):
                    return make()  # not kept: whoever was first keeps it
                other = self._made_by[key][1]
                self._waits_for[me] = key
            try:
                while not other.wait(LISTEN_EVERY_S):
                    pass
            finally:
                with self._lock:
                    del self._waits_for[me]
        try:
            made = make()
            self.put(key, made)
            return made
        finally:  # if it failed, one of those who wait tries next
            with self._lock:
                del self._made_by[key]
            mine.set()

    def put(self, key: Hashable, made: object) -> None:
        """Keep a result that is at hand already."""
        parts = _sealed(made)
        with self._lock:
            if key not in self._held:
                self._held[key] = (made, parts)
                # Results share arrays, a what-if those of what it comes from: what many hold takes memory once.
                self._bytes += sum(size for part, size in parts.items() if not self._in[part])
                self._in.update(parts.keys())
            while self._bytes > self.limit_bytes and len(self._held) > 1:
                _, (_, gone) = self._held.popitem(last=False)
                self._in.subtract(gone.keys())
                for part, size in gone.items():
                    if not self._in[part]:
                        del self._in[part]
                        self._bytes -= size

    def kept(self) -> dict[Hashable, object]:
        """Give all that is kept, what was asked for last at the end."""
        with self._lock:
            return {key: made for key, (made, _) in self._held.items()}

    def _in_a_circle(self, key: Hashable, me: int) -> bool:
        """Tell whether whoever makes it waits, in the end, for this thread: then nobody would ever be done."""
        while key in self._made_by:
            maker = self._made_by[key][0]
            if maker == me:
                return True
            if maker not in self._waits_for:
                return False
            key = self._waits_for[maker]
        return False

    def known(self, key: Hashable) -> Any:  # noqa: ANN401 - whatever was kept
        """Look a result up; None: it is not at hand."""
        with self._lock:
            if key not in self._held:
                return None
            self._held.move_to_end(key)
            return self._held[key][0]

    def find(self, key: Hashable, kind: type[T]) -> T | None:
        """Look a result of some kind up; None: it is not at hand."""
        with self._lock:
            if key not in self._held:
                return None
            self._held.move_to_end(key)
            found = self._held[key][0]
        return found if isinstance(found, kind) else None

    def find_where(self, kind: type[T], suits: Callable[[T], bool]) -> T | None:
        """Look up the newest result of some kind that suits; None: there is none."""
        with self._lock:
            held = [(key, found) for key, (found, _) in self._held.items() if isinstance(found, kind)]
        for key, found in reversed(held):
            if suits(found):
                self.find(key, kind)  # used again
                return found
        return None

    def __contains__(self, key: Hashable) -> bool:
        """Whether a result is at hand."""
        return key in self._held


def _empty(limit_bytes: int) -> Memo:
    return Memo(limit_bytes=limit_bytes)


def _sealed(value: object) -> dict[int, int]:
    """Bar the arrays in a result from being written to, those in its parts included; the bytes of each by its id."""
    parts: dict[int, int] = {}

    def seal(part: object) -> None:
        if isinstance(part, tuple):
            for inner in part:
                seal(inner)
        elif is_dataclass(part):
            for inner in vars(part).values():
                seal(inner)
        elif isinstance(part, np.ndarray):
            part.flags.writeable = False
            while isinstance(part.base, np.ndarray):
                part = part.base
            parts[id(part)] = part.nbytes
        else:
            parts[id(part)] = int(getattr(part, "nbytes", 64))

    seal(value)
    return parts
