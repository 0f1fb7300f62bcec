"""
Parquet files read in a process of their own.

A damaged file can end the process that reads it: one flipped bit was enough to abort PyArrow, and with it a notebook
and all that was in it. What is read here was made by others; a crash, too much memory or too long a time is an error.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from contextlib import contextmanager
from threading import Timer
from typing import IO, TYPE_CHECKING, NamedTuple

import pyarrow as pa

from fireplan._geofiles import parquet_worker
from fireplan.errors import InputError, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MOST_MEMORY_BYTES = 6 * 2**30
"""Of the process that reads; it is not held to it on Windows."""

LIMIT_S = 30.0
BYTES_PER_S = 5_000_000
"""What a file may take to be read: so long, and longer by its size."""


class ParquetHead(NamedTuple):
    """
    What a Parquet file says of itself.

    Attributes
    ----------
    schema
        Its columns and their types.
    rows
        How many it has.
    unpacked_bytes
        Of each column, before it was packed.
    """

    schema: pa.Schema
    rows: int
    unpacked_bytes: dict[str, int]


class Wanted(NamedTuple):
    """Which columns to read, and which of them as texts that repeat; None: all."""

    columns: list[str] | None = None
    texts: tuple[str, ...] = ()


def read_apart(file: Path, choose: Callable[[ParquetHead], Wanted] | None = None, *, what: str = "") -> pa.Table:
    """
    Read a Parquet file in a process of its own.

    Parameters
    ----------
    file
        The file.
    choose
        Says by its head what to read of it, or refuses it; left out: everything.
    what
        The file's part, before its name in errors.

    Returns
    -------
    The table, its buffers checked.

    Raises
    ------
    InputError
        If it is damaged, whatever becomes of the process that reads it; or needs too much memory or time.
    """
    name = f"{what} {quoted(file.name)}".strip()
    with _worker(file, name) as (send, receive):
        head = _head(_told(receive, name))
        wanted = Wanted() if choose is None else choose(head)
        _say(send, {"columns": wanted.columns, "texts": wanted.texts})
        _told(receive, name)
        try:
            table = pa.ipc.open_stream(receive).read_all()
            table.validate(full=True)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _damaged(name) from error
    return table


def read_head(file: Path, *, what: str = "") -> ParquetHead:
    """Read what a Parquet file says of itself; as `read_apart`."""
    name = f"{what} {quoted(file.name)}".strip()
    with _worker(file, name) as (_, receive):
        return _head(_told(receive, name))


@contextmanager
def _worker(file: Path, name: str) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Start the process, end it after a while, and say what became of it if it did not do its work."""
    if not sys.executable:
        raise InputError(f"{name} cannot be read here, where no process can be started: give it as CSV")
    limit_s = LIMIT_S + file.stat().st_size / BYTES_PER_S
    process = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-P", parquet_worker.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    late = Timer(limit_s, process.kill)
    late.start()
    in_time = True
    try:
        with process:
            send, receive = _pipes(process)
            try:
                _say(send, {"file": str(file.resolve()), "most_bytes": MOST_MEMORY_BYTES})
                yield send, receive
            finally:
                in_time = late.is_alive()
                late.cancel()
                process.kill()
    except _EndedError as error:
        if not in_time:
            raise InputError(
                f"{name} took longer than {limit_s:.0f} s to be read: export it again, or split it"
            ) from error
        raise _damaged(name, "; the reader itself broke down on it") from error


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise _EndedError
    return process.stdin, process.stdout


class _EndedError(Exception):
    """The process ended before it had done its work."""


def _say(send: IO[bytes], said: dict[str, object]) -> None:
    try:
        send.write(json.dumps(said).encode() + b"\n")
        send.flush()
    except OSError as error:
        raise _EndedError from error


def _told(receive: IO[bytes], name: str) -> bytes:
    """Take one message; raise what it says went wrong."""
    good, length = parquet_worker.HEAD.unpack(_exactly(receive, parquet_worker.HEAD.size))
    said = _exactly(receive, length)
    if good:
        return said
    if said == b"memory":
        raise InputError(f"{name} needs more than {MOST_MEMORY_BYTES // 2**30} GB of memory to be read: split it")
    raise _damaged(name)


def _exactly(receive: IO[bytes], count: int) -> bytes:
    said = receive.read(count)
    if len(said) < count:
        raise _EndedError
    return said


def _head(said: bytes) -> ParquetHead:
    length = struct.calcsize("<Q")
    try:
        size = length + struct.unpack("<Q", said[:length])[0]
        told = json.loads(said[length:size])
        return ParquetHead(pa.ipc.read_schema(pa.py_buffer(said[size:])), told["rows"], told["sizes"])
    except (struct.error, ValueError, KeyError, OSError, pa.ArrowException) as error:
        raise _EndedError from error


def _damaged(name: str, more: str = "") -> InputError:
    return InputError(f"{name} is a damaged Parquet file{more}: export it again")
