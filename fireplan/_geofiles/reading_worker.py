"""
The process in which a file of somebody else is read: it may crash, and nobody's work is lost with it.

Run as a script by `read_apart`; it needs PyArrow, and for layers Pyogrio, and nothing of fireplan. On its input come
two lines of JSON: what to read, and, once it was told what there is, which of it. On its output go what there is, what
is to be known of the table, then the table as a stream of Arrow; each part behind a byte that says whether it could be
read, and its length.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import warnings
from typing import IO, Any

HEAD = struct.Struct("<?Q")
"""Whether it could be read, and how many bytes follow; the table follows to the end."""

GEOMETRY = "geometry"
"""Column of the shapes of a layer, as WKB; the others are named by their number, for names may stand twice."""

SLOW_TO_IMPORT = ("geopandas", "pandas", "shapely", "pyproj")
"""What readers of layers bring along where it is there, and need not."""


class Without:
    """Tells importers that some packages are not there."""

    def find_spec(self, name: str, *_: object) -> None:
        """Refuse the name of one of them."""
        if name.partition(".")[0] in SLOW_TO_IMPORT:
            raise ModuleNotFoundError(name)


def limit_self(cpu_s: int, most_bytes: int) -> None:
    """Hold this process to so much time and memory, and let it leave no image behind, where the system can."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    for kind, most in (
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_AS, most_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def send(out: IO[bytes], said: bytes, *, good: bool = True) -> None:
    """Send one part."""
    out.write(HEAD.pack(good, len(said)) + said)
    out.flush()


def next_line() -> Any:  # noqa: ANN401 - whatever JSON holds
    """Take what is asked; end where nobody asks any more."""
    line = sys.stdin.readline()
    if not line:
        sys.exit()
    return json.loads(line)


def read_parquet(asked: dict[str, Any], out: IO[bytes]) -> tuple[dict[str, Any], Any]:
    """Tell the columns of a Parquet file; give those that are wanted, every value looked at."""
    import pyarrow as pa  # noqa: PLC0415 - the limits come first
    import pyarrow.parquet as pq  # noqa: PLC0415

    pa.set_memory_pool(pa.system_memory_pool())  # others set aside far more room than they use
    with pq.ParquetFile(asked["file"], memory_map=False) as source:
        rows, sizes, schema = source.metadata.num_rows, unpacked_bytes(source.metadata), source.schema_arrow
    send(out, json.dumps({"rows": rows, "sizes": sizes}).encode())
    send(out, schema.serialize().to_pybytes())
    wanted = next_line()
    read = pq.read_table(
        asked["file"], columns=wanted["columns"], memory_map=False, read_dictionary=wanted["texts"], partitioning=None,
    )  # fmt: skip
    read.validate(full=True)
    return {}, read


def unpacked_bytes(metadata: Any) -> dict[str, int]:  # noqa: ANN401 - of PyArrow
    """Bytes of each column before they were packed."""
    sizes: dict[str, int] = {}
    for group in map(metadata.row_group, range(metadata.num_row_groups)):
        for chunk in map(group.column, range(group.num_columns)):
            name = chunk.path_in_schema.split(".")[0]
            sizes[name] = sizes.get(name, 0) + chunk.total_uncompressed_size
    return sizes


def read_layers(asked: dict[str, Any], out: IO[bytes]) -> tuple[dict[str, Any], Any]:
    """Tell the layers of a file; give the one that is wanted."""
    sys.meta_path.insert(0, Without())  # it finds nothing, which is its work
    from pyogrio import list_layers, raw, read_info  # noqa: PLC0415 - the limits come first

    layers = [{"name": str(name), "placed": kind is not None} for name, kind in list_layers(asked["file"])]
    if asked["fields"]:
        for layer in layers:
            info = read_info(asked["file"], layer=layer["name"])
            layer["rows"] = int(info["features"])
            layer["fields"] = dict(zip(map(str, info["fields"]), map(str, info["ogr_types"]), strict=True))
    send(out, json.dumps(layers).encode())
    wanted = next_line()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", RuntimeWarning)
        if wanted["plain"]:
            meta, _, shapes, columns = raw.read(asked["file"], layer=wanted["layer"], datetime_as_string=True)
            read = as_table(shapes, columns, rows=len(columns[0]) if len(columns) else 0)
        else:
            meta, read = raw.read_arrow(asked["file"], layer=wanted["layer"], datetime_as_string=True)
    meta["warned"] = [str(one.message) for one in warned]
    told = ("crs", "geometry_name", "fid_column", "warned")
    of_columns = {key: [str(name) for name in meta[key]] for key in ("fields", "dtypes") if meta.get(key) is not None}
    return {key: meta.get(key) for key in told} | of_columns, read


def as_table(shapes: Any, columns: Any, *, rows: int) -> Any:  # noqa: ANN401 - of NumPy, and PyArrow
    """Make a table of the arrays of a layer."""
    import pyarrow as pa  # noqa: PLC0415 - after the limits

    held = {str(number): as_column(pa, values) for number, values in enumerate(columns)}
    if shapes is not None:
        held[GEOMETRY] = pa.array(shapes.tolist(), pa.large_binary())
    return pa.table(held) if held else pa.table({"": pa.nulls(rows)})


def as_column(pa: Any, values: Any) -> Any:  # noqa: ANN401 - of NumPy, and PyArrow
    """Make a column of an array."""
    if values.dtype != object:
        return pa.array(values)
    listed = values.tolist()
    if all(value is None or isinstance(value, str) for value in listed):
        return pa.array(listed, pa.large_string())
    return pa.array(listed)


READERS = {"parquet": read_parquet, "layers": read_layers}


def main() -> None:
    """Tell what a file holds, then send what is asked for."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a reader that prints must not print into the table
    asked = next_line()
    limit_self(asked["cpu_s"], asked["most_bytes"])
    try:
        told, read = READERS[asked["reader"]](asked, out)
    except (MemoryError, ImportError):  # which is how a library tells that no room is left for it
        send(out, b"memory", good=False)
    except Exception as error:  # noqa: BLE001 - whatever a damaged file leads to is told, not shown
        send(out, f"refused: {error}".encode(errors="replace"), good=False)
    else:
        import pyarrow as pa  # noqa: PLC0415 - after the limits

        send(out, json.dumps(told).encode())
        with pa.ipc.new_stream(out, read.schema) as stream:
            stream.write_table(read)
        out.flush()


if __name__ == "__main__":
    main()
