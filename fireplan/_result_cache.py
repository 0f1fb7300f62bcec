"""Results kept for the next question, up to a limit of memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import is_dataclass
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")

LIMIT_BYTES = 512 * 2**20


class Memo:
    """
    A store of results, shared by a scenario and all that come from it.

    The least recently used go first once their arrays pass `limit_bytes`. Keys hold what a result depends on: the
    network's fingerprint, an origin, or the token of a table, which stands for its content and for no other's. What is
    kept is never written to: its arrays are barred from it. A memo travels empty, and to one who was handed an answer
    it looks the same.
    """

    def __init__(self, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self._held: OrderedDict[Hashable, tuple[object, int]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

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
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key][0]  # type: ignore[return-value]
        made = make()
        size = _sealed(made)
        with self._lock:
            if key not in self._held:
                self._held[key] = (made, size)
                self._bytes += size
            while self._bytes > self.limit_bytes and len(self._held) > 1:
                _, (_, freed) = self._held.popitem(last=False)
                self._bytes -= freed
        return made

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


def _sealed(value: object) -> int:
    """Bar the arrays in a result from being written to, those in its parts included, and count their bytes."""
    if isinstance(value, tuple):
        return sum(_sealed(part) for part in value)
    if is_dataclass(value):
        return sum(_sealed(part) for part in vars(value).values())
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    return int(getattr(value, "nbytes", 64))
