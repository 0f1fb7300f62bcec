"""A file that is moved away again and again while another takes its place: its generations, in order."""

from __future__ import annotations

import gzip
import os
import re
import tempfile
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, cast

if TYPE_CHECKING:
    from pathlib import Path

MOST_UNPACKED_BYTES = 200 * 1024 * 1024
"""A packed generation is read if it holds no more. [bytes]"""

PIECE_BYTES = 1024 * 1024
PACKED = (".gz",)
_NUMBERED = re.compile(r"\.(\d{1,3})(?:\.gz|\.bz2|\.xz|\.zst)?")
_MOVED_AWAY = re.compile(r"[.\-_]?(?:\d[\d.\-_T:]*|old)(?:\.gz|\.bz2|\.xz|\.zst)?")


class Generation(NamedTuple):
    """
    A file as it was found.

    Attributes
    ----------
    path
        Where it is now.
    mark
        Device and number of the file: they stay when it is moved.
    changed_ns
        When it was last written to. [ns since 1970, UTC]
    """

    path: Path
    mark: tuple[int, int]
    changed_ns: int


def generations_of(path: Path) -> list[Generation]:
    """
    Find a file and what was moved away from its path, the oldest first and the file itself last.

    Those numbered as `NAME.1` are ordered by their numbers, others by when they were last written to.
    """
    moved = []
    for other in path.parent.iterdir():
        end = other.name.removeprefix(path.name)
        if other.name != path.name and other.name.startswith(path.name) and _MOVED_AWAY.fullmatch(end):
            found = _found(other)
            if found is not None:
                number = _NUMBERED.fullmatch(end)
                moved.append((None if number is None else int(number[1]), found))
    if all(number is not None for number, _ in moved):
        moved.sort(key=lambda one: -cast("int", one[0]))
    else:
        moved.sort(key=lambda one: (one[1].changed_ns, one[1].path.name))
    own = _found(path)
    return [generation for _, generation in moved] + ([own] if own is not None else [])


def opened_generation(path: Path) -> BinaryIO:
    """
    Open a generation; one that is packed is unpacked into a file without a name.

    Raises
    ------
    OSError
        If it cannot be read, is packed in a way that is not known, or holds too much.
    """
    if path.suffix in {".bz2", ".xz", ".zst"}:
        raise OSError(f"{path.suffix} is not unpacked")
    if path.suffix not in PACKED:
        return path.open("rb", buffering=0)
    file = cast("BinaryIO", tempfile.TemporaryFile(buffering=0))  # noqa: SIM115 - whoever reads it closes it
    try:
        with gzip.open(path) as packed:
            n = 0
            while piece := packed.read(PIECE_BYTES):
                n += len(piece)
                if n > MOST_UNPACKED_BYTES:
                    break
                file.write(piece)
    except (OSError, EOFError, ValueError) as error:
        file.close()
        # Where a file lies is for nobody who only looks at the page.
        raise OSError(getattr(error, "strerror", None) or str(error)) from None
    if n > MOST_UNPACKED_BYTES:
        file.close()
        raise OSError("it holds too much")
    file.seek(0)
    return file


def mark_of(file: BinaryIO) -> tuple[int, int]:
    """Give device and number of an open file."""
    found = os.fstat(file.fileno())
    return found.st_dev, found.st_ino


def _found(path: Path) -> Generation | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return Generation(path, (found.st_dev, found.st_ino), found.st_mtime_ns) if path.is_file() else None
