"""The file of a store, looked at: one that was deleted or replaced still takes what is written, and loses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LOGS = ("-wal", "-shm")
"""What SQLite keeps beside its file, as long as somebody has it open."""

Mark = tuple[int, int]


class WatchedFile:
    """
    A file of SQLite, and its log, as they were when the store was opened.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mark = _mark(path)
        self._logs: tuple[Mark | None, ...] | None = None

    def log_opened(self) -> None:
        """Take the log as it is now for ours: the connection that writes has just opened it."""
        self._logs = tuple(_mark(path) for path in self._beside())

    def log_closed(self) -> None:
        """Have the log looked at no longer: who closes last removes it."""
        self._logs = None

    def is_there(self) -> bool:
        """Tell whether the file at the path is the one that was opened."""
        return self._mark is not None and _mark(self._path) == self._mark

    def log_is_there(self) -> bool:
        """Tell whether the log is the one that is written to."""
        return self._logs is None or tuple(_mark(path) for path in self._beside()) == self._logs

    def _beside(self) -> Iterable[Path]:
        return (self._path.with_name(self._path.name + end) for end in LOGS)


def _mark(path: Path) -> Mark | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
