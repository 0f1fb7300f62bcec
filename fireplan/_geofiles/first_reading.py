"""
A first reading of a file, in a process of its own that may crash, hang or run out of memory.

Run by its path, it imports nothing of fireplan and prints nothing: how it ends is what it says.
"""

from __future__ import annotations

import sys

ENDS = {"memory": 3, "refused": 4}
"""How it ends where memory ran out, and where the reader refused the file, which the caller's own reading will tell."""

SLOW_TO_IMPORT = ("geopandas", "pandas", "shapely", "pyarrow", "pyproj")
"""What readers of layers bring along where it is there, and need not."""


def limit_self(cpu_s: int, memory_bytes: int) -> None:
    """Bound the time and the memory of this process, where the system can."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    for kind, most in (
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def read_layers(path: str, layer: str) -> None:
    """Read the layer of a name, else every layer of a file."""
    for name in SLOW_TO_IMPORT:
        sys.modules[name] = None  # type: ignore[assignment] # which is how an import is barred
    from pyogrio import list_layers  # noqa: PLC0415 - imported once others are barred
    from pyogrio.raw import read  # noqa: PLC0415

    for name, _ in list_layers(path):
        if not layer or str(name).casefold() == layer.casefold():
            read(path, layer=str(name))


def read_parquet(path: str, _: str) -> None:
    """Read a file of Parquet, and look at every value of it."""
    import pyarrow.parquet as pq  # noqa: PLC0415 - the limits come first

    pq.read_table(path, use_threads=False, memory_map=False).validate(full=True)


READERS = {"layers": read_layers, "parquet": read_parquet}


def main(arguments: list[str]) -> int:
    """Read a file: kind of reader, path, layer, seconds and bytes."""
    kind, path, layer, cpu_s, memory_bytes = arguments
    limit_self(int(cpu_s), int(memory_bytes))
    try:
        READERS[kind](path, layer)
    except MemoryError:
        return ENDS["memory"]
    except Exception:  # noqa: BLE001 - readers of damaged files raise what comes
        return ENDS["refused"]
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
