"""Files from outside tried in another process first: a reader that crashes there ends nothing here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from fireplan._geofiles import first_reading
from fireplan.errors import InputError, quoted

if TYPE_CHECKING:
    from pathlib import Path

Reader = Literal["layers", "parquet"]

LEAST_CPU_S, BYTES_PER_S = 5, 2 * 2**20
"""How long a first reading may take: so many seconds, and one more for each of so many bytes."""

LEAST_WALL_S = 60
"""The same by the clock on the wall, of a machine that has other work."""

LEAST_MEMORY_BYTES, MEMORY_TIMES = 4 * 2**30, 20


def try_reading(file: Path, reader: Reader, *, what: str, layer: str | None = None) -> None:
    """
    Read a file in another process, with limits of time and memory, and forget what it holds.

    Parameters
    ----------
    file
        A local file, or the folder of a file geodatabase.
    reader
        "layers": whatever GDAL reads; "parquet".
    what
        What it is, for messages.
    layer
        Name of the layer that will be read; left out: all of them are.

    Raises
    ------
    InputError
        If the reader crashes, takes too long or runs out of memory. What it refuses in good order passes here: the
        caller will see it, with what the reader says. The same file is tried once.
    """
    size = sum(part.stat().st_size for part in ([file] if file.is_file() else file.iterdir()))
    seen = file.stat()
    ended = _tried(str(file), reader, layer or "", size, (seen.st_mtime_ns, seen.st_ino))
    if ended:
        raise InputError(f"{what} {quoted(file.name)} is damaged: {ended}")


@lru_cache(maxsize=256)
def _tried(path: str, reader: str, layer: str, size: int, _: tuple[int, int]) -> str:
    """How a first reading ended, if not well; once for each state of a file."""
    if not sys.executable:
        return ""
    cpu_s = LEAST_CPU_S + size // BYTES_PER_S
    memory = max(LEAST_MEMORY_BYTES, MEMORY_TIMES * size)
    command = [
        sys.executable,
        "-P",
        "-W",
        "ignore",
        first_reading.__file__,
        reader,
        path,
        layer,
        str(cpu_s),
        str(memory),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter with our own script; the path is an argument
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=LEAST_WALL_S + cpu_s,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired:
        return "reading it takes too long"
    if done.returncode == first_reading.ENDS["memory"]:
        return "reading it takes too much memory"
    if done.returncode < 0:
        slow = done.returncode in {-getattr(signal, "SIGXCPU", 0), -getattr(signal, "SIGKILL", 0)}
        return "reading it takes too long" if slow else "the reader crashes on it"
    return "the reader crashes on it" if done.returncode not in {0, *first_reading.ENDS.values()} else ""
