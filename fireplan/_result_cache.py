"""Results kept for the next question, up to a limit of memory."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import is_dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from fireplan._memory import share_of_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")

LEAST_BYTES = 512 * 2**20
SHARE = 1 / 8
"""Of the memory that the machine has, how much results may take."""


class Memo:
    """
    A store of results, shared by a scenario and all that come from it.

    The least recently used go first once their arrays pass `limit_bytes`: left out, an eighth of the machine's memory,
    and 512 MB at least. Keys hold what a result depends on: the
    network's fingerprint, an origin, or the token of a table, which stands for its content and for no other's. What is
    kept is never written to: its arrays are barred from it. A memo travels empty, and to one who was handed an answer
    it looks the same.
    """

    def __init__(self, *, limit_bytes: int | None = None) -> None:
        self.limit_bytes = max(LEAST_BYTES, share_of_memory(SHARE)) if limit_bytes is None else limit_bytes
        self._held: OrderedDict[Hashable, tuple[object, dict[int, int]]] = OrderedDict()
        self._in: Counter[int] = Counter()
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
        return made

    def known(self, key: Hashable) -> Any:  # noqa: ANN401 - whatever was kept
        """Look a result up; None: it is not at hand."""
        with self._lock:
            if key not in self._held:
                return None
            self._held.move_to_end(key)
            return self._held[key][0]

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
