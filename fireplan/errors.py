"""
What can go wrong, in one tree.

FireplanError
├── InputError (ValueError)            a file, table or argument cannot be used as it is
│   ├── TableError                     rows or columns of one table; holds every fault found
│   ├── NetworkError                   a road network that cannot be read or driven on
│   └── ProjectError                   a project folder or its plan.toml
├── UnknownIdError (LookupError)       a station, unit, zone or node that is not there
└── UnreachableStationError (ValueError)   a station no engine can leave by road
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = [
    "FireplanError",
    "InputError",
    "NetworkError",
    "ProjectError",
    "TableError",
    "UnknownIdError",
    "UnreachableStationError",
]


class FireplanError(Exception):
    """Anything fireplan raises on purpose."""

    def __reduce__(self) -> tuple[Callable[..., Exception], tuple[object, ...], dict[str, object] | None]:
        """Travel as what it says, not as what it was made from: an error in a worker reads the same here."""
        return _said_again, (type(self), self.args), vars(self) or None


def _said_again(kind: type[Exception], said: tuple[object, ...]) -> Exception:
    return kind.__new__(kind, *said)


class InputError(FireplanError, ValueError):
    """A file, table or argument cannot be used as it is."""


class TableError(InputError):
    """One table has faults; `faults` holds all of them, and `rows_in` counts its rows, None where that was not told."""

    rows_in: int | None = None

    def __init__(self, table: str, faults: Sequence[str]) -> None:
        self.table = table
        self.faults = tuple(faults)
        count = f"{len(self.faults)} fault{'s' if len(self.faults) > 1 else ''}"
        super().__init__(f"{count} in {table}: " + "; ".join(self.faults))


class NetworkError(InputError):
    """A road network cannot be read or driven on."""


class ProjectError(InputError):
    """A project folder or its plan.toml cannot be used."""


class UnknownIdError(FireplanError, LookupError):
    """An id that is not in its table."""

    def __init__(self, kind: str, unknown: object, known: Iterable[object], *, meant: str | None = None) -> None:
        names = sorted(str(k) for k in known)
        text = f"unknown {kind} {quoted(unknown)}"
        close = get_close_matches(str(unknown), names, n=1) if meant is None else [meant]
        if close:
            text += f": did you mean {quoted(close[0])}?"
        if names:
            text += f" Known: {listed(names)}." if close else f". Known: {listed(names)}."
        super().__init__(text)


class UnreachableStationError(FireplanError, ValueError):
    """A station from which no engine can reach the streets."""


class Faults:
    """Gathers the faults of one table, so that they are raised together."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.found: list[str] = []

    def add(self, fault: str) -> None:
        """Note one fault: what is wrong, where, and how to mend it."""
        self.found.append(fault)

    def raise_if_any(self) -> None:
        """Raise all the faults as one `TableError`, if there are any."""
        if self.found:
            raise TableError(self.table, self.found)


def one_line(value: object) -> str:
    """Give what another library says, or a value from data, without line breaks and control characters."""
    text = str(value).rstrip("\n")
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def quoted(value: object, *, limit: int = 60) -> str:
    """Show a value from data in a message: short, one line, no control characters."""
    text = "".join(c if c.isprintable() else "?" for c in str(value))
    return f"'{text[: limit - 1]}…'" if len(text) > limit else f"'{text}'"


def listed(values: Iterable[object], *, most: int = 8) -> str:
    """Join values for a message, naming at most `most` and counting the rest."""
    shown = [one_line(v) for v in values]
    rest = len(shown) - most
    return ", ".join(shown[:most]) + (f" and {rest} more" if rest > 0 else "")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
