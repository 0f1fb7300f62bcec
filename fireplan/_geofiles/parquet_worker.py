"""
The process in which a Parquet file of somebody else is read: it may crash, and nobody's work is lost with it.

Run as a script by `parquet_apart`; it needs PyArrow and nothing of fireplan. On its input come two lines of JSON: what
to read, and, once the columns were told, which of them. On its output go the columns, then the table as a stream of
Arrow, each behind a byte that says whether it could be read and its length.
"""

from __future__ import annotations

import json
import struct
import sys

import pyarrow as pa
import pyarrow.parquet as pq

HEAD = struct.Struct("<?Q")
"""Whether it could be read, and how many bytes follow; 0 before a table: it follows to the end."""


def _limit(most_bytes: int) -> None:
    """Hold this process to so much memory, and let it leave no image behind, where the system can."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = most_bytes if hard == resource.RLIM_INFINITY else min(most_bytes, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _send(*, good: bool, said: bytes) -> None:
    sys.stdout.buffer.write(HEAD.pack(good, len(said)) + said)
    sys.stdout.buffer.flush()


def _unpacked_bytes(metadata: pq.FileMetaData) -> dict[str, int]:
    """Bytes of each column before they were packed."""
    sizes: dict[str, int] = {}
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for chunk in map(group.column, range(group.num_columns)):
            name = chunk.path_in_schema.split(".")[0]
            sizes[name] = sizes.get(name, 0) + chunk.total_uncompressed_size
    return sizes


def main() -> None:
    """Tell the columns of a file, then send those that are asked for."""
    asked = json.loads(sys.stdin.readline())
    _limit(asked["most_bytes"])
    pa.set_memory_pool(pa.system_memory_pool())  # others set aside far more room than they use
    try:
        with pq.ParquetFile(asked["file"], memory_map=False) as source:
            rows, sizes, schema = source.metadata.num_rows, _unpacked_bytes(source.metadata), source.schema_arrow
        head = json.dumps({"rows": rows, "sizes": sizes}).encode()
        _send(good=True, said=struct.pack("<Q", len(head)) + head + schema.serialize().to_pybytes())
        wanted = json.loads(sys.stdin.readline() or "null")
        if wanted is None:
            return
        read = pq.read_table(
            asked["file"], columns=wanted["columns"], memory_map=False, read_dictionary=wanted["texts"],
            partitioning=None,
        )  # fmt: skip
        read.validate(full=True)
    except MemoryError:
        _send(good=False, said=b"memory")
    except Exception as error:  # noqa: BLE001 - whatever a damaged file leads to is told, not shown
        _send(good=False, said=type(error).__name__.encode())
    else:
        _send(good=True, said=b"")
        with pa.ipc.new_stream(sys.stdout.buffer, read.schema) as stream:
            stream.write_table(read)


if __name__ == "__main__":
    main()
