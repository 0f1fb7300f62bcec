"""Tables that stay as they are: handed out as views, each of which may be edited without changing the original."""

from __future__ import annotations

import weakref
from mmap import mmap
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

F = TypeVar("F", bound="pd.DataFrame | None")


class Token:
    """Stands for the content of one frozen table in keys of a memo; equal to nothing but itself."""

    __slots__ = ()


class FrozenTable(Generic[F]):
    """
    A table that nobody can edit.

    `view` hands it out. pandas copies a view's column when it is written to (copy-on-write), and the buffers are
    barred from writing, for the ways that pandas does not watch: `.array`, the array of a geometry, categories.

    Attributes
    ----------
    table
        The table itself: for reading inside the library, never to be handed out.
    token
        Stands for its content in keys.
    """

    __slots__ = ("table", "token")

    def __init__(self, table: F, token: Token | None = None) -> None:
        self.table = table
        self.token = token or Token()

    def view(self) -> F:
        """Hand the table out: no data are copied until somebody writes."""
        return self.table if self.table is None else self.table.copy(deep=False)

    def __deepcopy__(self, memo: dict[int, object]) -> FrozenTable[F]:
        """Be one's own copy: there is nothing that an edit could change."""
        return self

    def __reduce__(self) -> tuple[Callable[..., FrozenTable[F]], tuple[F, Token]]:
        """Travel as the table, frozen anew at the other end; those who share it here share it there, token and all."""
        return _arrived, (self.table, self.token)


def freeze(table: F) -> FrozenTable[F]:
    """Take in a table of the caller's as it is now, whatever is done to it later."""
    return _frozen(table if table is None else table.copy())


def freeze_own(table: F) -> FrozenTable[F]:
    """Take in a table that nobody else holds: it is not copied."""
    return _frozen(table if table is None else table.copy(deep=False))


def _arrived(table: F, token: Token) -> FrozenTable[F]:
    return _frozen(table, token)


def _frozen(table: F, token: Token | None = None) -> FrozenTable[F]:
    if table is not None:
        _bar(table)
    return FrozenTable(table, token)


def freeze_array(array: NDArray[Any]) -> NDArray[Any]:
    """Give an array that cannot be written to: itself if nobody can write to it already, else a copy."""
    below = array
    while isinstance(below, np.ndarray) and not below.flags.writeable:
        if below.base is None or _is_barred(below.base):
            return array
        below = below.base
    copied = np.array(array, copy=True, order="C")
    copied.flags.writeable = False
    return copied


def _is_barred(base: object) -> bool:
    """Tell memory that is no array, and that nobody can write to: bytes, and a file that was mapped to be read."""
    return isinstance(base, memoryview) and base.readonly and isinstance(base.obj, bytes | mmap)


_SHARED = weakref.ref(FrozenTable)
"""Something that lives as long as the library, to be counted among those who share a buffer."""


def _bar(table: pd.DataFrame) -> None:
    """
    Bar the buffers of a table from writing, and let pandas copy them for whoever wants to write.

    pandas copies before it writes only while it knows of a second table on the same buffer. A view that outlives its
    original would be the only one, and would find its own buffer barred: so each buffer counts one reader more, for
    good. pandas has no public way to say so.
    """
    for block in table._mgr.blocks:  # noqa: SLF001
        values = block.values  # noqa: PD011 - of a block, not a table
        for buffer in (values, *(getattr(values, name, None) for name in ("_ndarray", "_data", "_mask"))):
            if isinstance(buffer, np.ndarray):
                buffer.flags.writeable = False
        block.refs.referenced_blocks.append(_SHARED)


class Handed(Generic[F]):
    """
    An attribute of a frozen dataclass that holds a table: taken in once, handed out as a view.

    What it is given may be a table or a `FrozenTable`; a table is copied first, unless it is the maker's `own`.
    """

    def __init__(self, *, optional: bool = False, own: bool = False) -> None:
        self._optional = optional
        self._take = freeze_own if own else freeze

    def __set_name__(self, owner: type, name: str) -> None:
        """Learn the name it has in its class."""
        self._name = name

    @overload
    def __get__(self, it: None, owner: type) -> F: ...
    @overload
    def __get__(self, it: object, owner: type | None = None) -> F: ...
    def __get__(self, it: object | None, owner: type | None = None) -> F:
        """Hand the table out; of the class itself, say the default to `dataclass`."""
        if it is None:
            if self._optional:
                return None  # type: ignore[return-value]
            raise AttributeError(self._name)  # no default
        frozen: FrozenTable[F] = vars(it)[self._name]
        return frozen.view()

    def __set__(self, it: object, table: F | FrozenTable[F]) -> None:
        """Take the table in."""
        vars(it)[self._name] = table if isinstance(table, FrozenTable) else self._take(table)
