"""The file of a store, looked at: one that was deleted or replaced still takes what is written, and loses it."""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LOGS = ("-wal", "-shm")
"""What SQLite keeps beside its file, as long as somebody has it open."""

MAGIC = b"SQLite format 3\x00"
LOG_MAGICS = (0x377F0682, 0x377F0683)
LOG_HEAD_BYTES, FRAME_HEAD_BYTES = 32, 24

MOST_FRAMES = 5000
"""So many of a log's frames are looked at, the latest: it is put into the file every thousand."""

LOOKED_AGAIN_S = (0.02, 0.1)
"""What looks spoilt is looked at again: another program may just begin the log anew. [s]"""

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

    def is_whole(self) -> bool:
        """
        Tell whether the heads of the file, of its log and of each frame in it are SQLite's.

        SQLite itself reads them only when it opens a store or its page is not in memory; until then it adds to a log
        that nobody could read any more.
        """
        for pause_s in (*LOOKED_AGAIN_S, 0.0):
            if self._looks_whole():
                return True
            time.sleep(pause_s)
        return False

    def _looks_whole(self) -> bool:
        log, index = self._beside()
        try:
            with self._path.open("rb") as file:
                if file.read(len(MAGIC)) not in {b"", MAGIC}:
                    return False
            with index.open("rb") as file:
                head = file.read(40)
            frames = struct.unpack_from("=I", head, 16)[0] if len(head) == 40 else 0
            return not frames or _frames_are_of(log, frames, index_head=head)
        except OSError:
            return True  # whether it is there is asked for elsewhere

    def _beside(self) -> Iterable[Path]:
        return (self._path.with_name(self._path.name + end) for end in LOGS)


def _mark(path: Path) -> Mark | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _frames_are_of(log: Path, frames: int, *, index_head: bytes) -> bool:
    """Tell whether a log begins as one, and each of its frames was written since it was begun."""
    size = struct.unpack_from("=H", index_head, 14)[0]
    step = FRAME_HEAD_BYTES + (65536 if size == 1 else size)
    with log.open("rb") as file:
        head = file.read(LOG_HEAD_BYTES)
        if len(head) < LOG_HEAD_BYTES or struct.unpack_from(">I", head)[0] not in LOG_MAGICS:
            return False
        for frame in range(max(0, frames - MOST_FRAMES), frames):
            file.seek(LOG_HEAD_BYTES + frame * step + 8)
            if file.read(8) != head[16:24]:
                return False
    return True
