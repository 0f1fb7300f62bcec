"""
Files of others read in a process of their own, and what was read handed over.

A damaged file can end the process that reads it: one flipped bit was enough to abort PyArrow, and with it a notebook
and all that was in it. So what is read there is not read here again: a crash, too much memory or too long a time is an
error. A layer of 50 MB so takes 0.5 s of
reckoning where reading it here took 0.3 s, and a small one a quarter of a second by the clock, to start the process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from threading import Timer
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from fireplan._geofiles import reading_worker
from fireplan.errors import InputError, one_line, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pyarrow as pa

MOST_MEMORY_BYTES = 6 * 2**30
"""Of the process that reads; it is not held to it on Windows."""

LEAST_CPU_S, BYTES_PER_S = 10, 2 * 2**20
"""How long it may reckon: so many seconds, and one more for each of so many bytes; not held to on Windows."""

LEAST_WALL_S = 60.0
"""How much longer it may take by the clock on the wall, on a machine that has other work."""


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


class LayerHead(NamedTuple):
    """
    What a file says of one of its layers.

    Attributes
    ----------
    name
        What it is called.
    placed
        Whether it has places: else it is a table.
    rows
        How many it has; -1: it was not asked, or is not known.
    fields
        GDAL's kind of each field; {}: it was not asked.
    """

    name: str
    placed: bool
    rows: int = -1
    fields: dict[str, str] = {}  # noqa: RUF012 - never written to


class Layer(NamedTuple):
    """
    A layer that was read.

    Attributes
    ----------
    told
        What is to be known of it: `fields`, `dtypes`, `crs`, `geometry_name`, `fid_column`, and
        `warned`, what its reader warned of.
    table
        Its columns. Plain: named by their number, and "geometry"; else by their names, texts as they stand in the file.
    """

    told: dict[str, Any]
    table: pa.Table


def read_parquet_apart(
    file: Path, choose: Callable[[ParquetHead], Wanted] | None = None, *, what: str = ""
) -> pa.Table:
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
    with _worker(file, "parquet", what=what) as worker:
        head = _parquet_head(worker)
        wanted = Wanted() if choose is None else choose(head)
        worker.say({"columns": wanted.columns, "texts": wanted.texts})
        worker.told()
        return worker.table(validate=True)


def read_parquet_head(file: Path, *, what: str = "") -> ParquetHead:
    """Read what a Parquet file says of itself; as `read_parquet_apart`."""
    with _worker(file, "parquet", what=what) as worker:
        return _parquet_head(worker)


def read_layer_apart(
    file: Path, choose: Callable[[list[LayerHead]], str], *, what: str = "", plain: bool = True, fields: bool = False
) -> Layer:
    """
    Read a layer in a process of its own.

    Parameters
    ----------
    file
        A file that GDAL reads, or the folder of a file geodatabase.
    choose
        Says which of the layers to read, or refuses them.
    what
        The file's part, before its name in errors.
    plain
        Whether texts are read by the file's own encoding, and numbers as NumPy has them; else all is as Arrow has it.
    fields
        Whether `choose` is told rows and fields of each.

    Raises
    ------
    InputError
        As of `read_parquet_apart`.
    """
    with _worker(file, "layers", what=what, shows=plain, fields=fields) as worker:
        worker.say({"layer": choose(_layer_heads(worker)), "plain": plain})
        told = _loaded(worker.told())
        return Layer(told, worker.table(validate=plain))


def layers_apart(file: Path, *, what: str = "") -> list[LayerHead]:
    """List the layers of a file; as `read_layer_apart`."""
    with _worker(file, "layers", what=what, shows=True, fields=False) as worker:
        return _layer_heads(worker)


class _EndedError(Exception):
    """The process ended before it had done its work."""


class _Worker(NamedTuple):
    """The process, as it is spoken to."""

    send: IO[bytes]
    receive: IO[bytes]
    name: str
    kind: str
    shows: bool

    def say(self, said: dict[str, object]) -> None:
        try:
            self.send.write(json.dumps(said).encode() + b"\n")
            self.send.flush()
        except OSError as error:
            raise _EndedError from error

    def told(self) -> bytes:
        """Take one message; raise what it says went wrong."""
        good, length = reading_worker.HEAD.unpack(self.exactly(reading_worker.HEAD.size))
        said = self.exactly(length)
        if good:
            return said
        if said == b"memory":
            raise _too_large(self.name)
        raise _damaged(
            self.name, self.kind, said.decode(errors="replace").removeprefix("refused: ") if self.shows else ""
        )

    def exactly(self, count: int) -> bytes:
        said = self.receive.read(count)
        if len(said) < count:
            raise _EndedError
        return said

    def table(self, *, validate: bool) -> pa.Table:
        import pyarrow as pa  # noqa: PLC0415 - slow to import

        try:
            table = pa.ipc.open_stream(self.receive).read_all()
            if validate:
                table.validate(full=True)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _EndedError from error
        return table


@contextmanager
def _worker(file: Path, reader: str, *, what: str, shows: bool = False, **more: object) -> Iterator[_Worker]:
    """Start the process, end it after a while, and say what became of it if it did not do its work."""
    name = f"{what} {quoted(file.name)}".strip()
    if not sys.executable:
        raise InputError(f"{name} cannot be read here, where no process can be started: give it as CSV")
    cpu_s = LEAST_CPU_S + sum(part.stat().st_size for part in _parts(file)) // BYTES_PER_S
    process = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-P", "-W", "ignore", reading_worker.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        },
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    late = Timer(LEAST_WALL_S + cpu_s, process.kill)
    late.start()
    in_time, kind = True, "Parquet file" if reader == "parquet" else "layer"
    try:
        with process:
            worker = _Worker(*_pipes(process), name, kind, shows)
            try:
                worker.say({"reader": reader, "file": str(file.resolve()), "most_bytes": MOST_MEMORY_BYTES,
                            "cpu_s": cpu_s, **more})  # fmt: skip
                yield worker
            except _EndedError:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=1)  # how it ended is told below
                raise
            finally:
                in_time = late.is_alive()
                late.cancel()
                process.kill()
                with suppress(OSError):
                    worker.send.close()
    except _EndedError as error:
        out_of_time = hasattr(signal, "SIGXCPU") and process.returncode == -signal.SIGXCPU  # Windows has none
        if not in_time or out_of_time:
            limit_s = cpu_s if in_time else LEAST_WALL_S + cpu_s
            raise InputError(
                f"{name} takes too long to be read, over {limit_s:.0f} s: export it again, or split it"
            ) from error
        raise _damaged(name, kind, "the reader crashes on it") from error


def _parts(file: Path) -> list[Path]:
    """Find all that belongs to a file: to a shapefile what stands beside it, to a file geodatabase what is in it."""
    if file.is_dir():
        return list(file.iterdir())
    return (
        [part for part in file.parent.iterdir() if part.stem == file.stem] if file.suffix.lower() == ".shp" else [file]
    )


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise _EndedError
    return process.stdin, process.stdout


def _parquet_head(worker: _Worker) -> ParquetHead:
    import pyarrow as pa  # noqa: PLC0415 - slow to import

    told = _loaded(worker.told())
    try:
        return ParquetHead(pa.ipc.read_schema(pa.py_buffer(worker.told())), told["rows"], told["sizes"])
    except (TypeError, ValueError, KeyError, OSError, pa.ArrowException) as error:
        raise _EndedError from error


def _layer_heads(worker: _Worker) -> list[LayerHead]:
    try:
        return [LayerHead(**layer) for layer in _loaded(worker.told())]
    except TypeError as error:
        raise _EndedError from error


def _loaded(said: bytes) -> Any:  # noqa: ANN401 - whatever JSON holds
    try:
        return json.loads(said)
    except ValueError as error:
        raise _EndedError from error


def _too_large(name: str) -> InputError:
    return InputError(f"{name} needs more than {MOST_MEMORY_BYTES // 2**30} GB of memory to be read: split it")


def _damaged(name: str, kind: str, why: str) -> InputError:
    """Say that a file is damaged, how that was seen, and what to do."""
    lacks = ", or lacks a file that belongs to it" if kind == "layer" else ""
    return InputError(f"{name} is a damaged {kind}{lacks}: export it again" + (f" ({one_line(why)})" if why else ""))
