"""Results kept for the next question, up to a limit of memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import is_dataclass
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")

LIMIT_BYTES = 512 * 2**20


class Memo:
    """
    A store of results, shared by a scenario and all that come from it.

    The least recently used go first once their arrays pass `limit_bytes`. Keys hold what a result depends on: the
    network's fingerprint, an origin, or the identity of a table that `anchors` keeps alive.
    """

    def __init__(self, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self._held: OrderedDict[Hashable, tuple[object, int, tuple[object, ...]]] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T], *, anchors: tuple[object, ...] = ()) -> T:
        """
        Look a result up, or make and keep it.

        Parameters
        ----------
        key
            What the result depends on.
        make
            Makes it.
        anchors
            Objects whose `id` is part of the key: kept, so that the id stays theirs.
        """
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key][0]  # type: ignore[return-value]
        made = make()
        size = _size(made)
        with self._lock:
            if key not in self._held:
                self._held[key] = (made, size, anchors)
                self._bytes += size
            while self._bytes > self.limit_bytes and len(self._held) > 1:
                _, (_, freed, _) = self._held.popitem(last=False)
                self._bytes -= freed
        return made

    def __contains__(self, key: Hashable) -> bool:
        """Whether a result is at hand."""
        return key in self._held


def _size(value: object) -> int:
    """Bytes of the arrays in a result, those in its parts included."""
    if isinstance(value, tuple):
        return sum(_size(part) for part in value)
    if is_dataclass(value):
        return sum(_size(part) for part in vars(value).values())
    return int(getattr(value, "nbytes", 64))
