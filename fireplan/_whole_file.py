"""One file written whole or not at all, and one error that says why not."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from unicodedata import category

from fireplan.errors import InputError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

NO_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}

BREAKS = {"Cc", "Zl", "Zp"}
"""Unicode categories of what controls a device or ends a line."""


def write_whole(path: str | os.PathLike[str], data: bytes) -> Path:
    """Write bytes to a file as `whole_file` does; gives its path."""
    with whole_file(path) as stream:
        stream.write(data)
    return Path(path)


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """
    Write a file beside its place, which then takes its name.

    Parameters
    ----------
    path
        The file; one of that name is replaced.

    Yields
    ------
    What is written into. A reader never sees half a file, and a failure leaves what was there before and nothing else.

    Raises
    ------
    InputError
        If the folder is not there or cannot be written to, a folder stands where the file should go, its name has a
        line break, or the disk is full.
    """
    target = Path(path)
    check_file_name(target)
    draft = target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        stream = draft.open("xb")
    except OSError as error:
        raise InputError(f"cannot save {quoted(target.name)}: {_why(error)}; nothing was written") from error
    try:
        with stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(target)
    except OSError as error:
        raise InputError(
            f"cannot save {quoted(target.name)}: {_why(error)}; nothing was written, and what was there is as it was"
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def check_file_name(target: Path) -> None:
    """Refuse a file that cannot be written, before any work is done for it."""
    if any(category(c) in BREAKS for c in target.name):
        raise InputError(
            f"cannot save {quoted(target.name)}: its name has a line break or another control character; choose another"
        )
    try:
        if not target.parent.is_dir():
            raise InputError(f"cannot save {quoted(target.name)}: there is no folder {quoted(target.parent)}")
        if target.is_dir():
            raise InputError(f"cannot save {quoted(target.name)}: a folder of that name is there; choose another name")
    except OSError as error:
        raise InputError(f"cannot save {quoted(target.name)}: {_why(error)}") from error


def _why(error: OSError) -> str:
    return "the disk is full" if error.errno in NO_DISK else str(error.strerror or error)
