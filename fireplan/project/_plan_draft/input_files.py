"""Which file is what: roads, stations, units, dispatch history or zones, by its name and its header."""

from __future__ import annotations

import csv
import gzip
from typing import TYPE_CHECKING, NamedTuple

from fireplan.errors import listed, quoted
from fireplan.incidents._columns_and_types import TIMES
from fireplan.incidents._drafts.column_names import name_scores, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ROLES = {"network": "roads", "stations": "stations", "units": "units", "cad": "dispatch history", "zones": "zones"}
"""Keys of [inputs], and what each is called."""

ROADS = (".osm.pbf", ".pbf", ".osm", ".osm.gz", ".osm.bz2", ".osm.xml", ".graphml", ".graphml.gz")
LAYERS = (".geojson", ".gpkg", ".shp", ".fgb", ".kml", ".gdb", ".zip")
TABLES = (".csv", ".csv.gz", ".txt", ".tsv", ".xlsx", ".xls", ".ods", ".parquet", ".json", ".jsonl")
NAMED = {
    "network": ("road", "roads", "street", "streets", "network", "centerline", "centerlines", "centreline", "edges"),
    "stations": ("station", "stations", "firehouse", "firehouses", "facilities"),
    "units": ("unit", "units", "apparatus", "vehicles", "fleet", "appliances"),
    "cad": (
        "cad",
        "incident",
        "incidents",
        "call",
        "calls",
        "dispatch",
        "responses",
        "events",
        "runs",
        "nfirs",
        "neris",
    ),
    "zones": ("zone", "zones", "block", "blocks", "tract", "tracts", "census", "population", "parcels", "districts"),
}
GEOMETRY = {"point": "stations", "polygon": "zones", "linestring": "network"}
TOP = 65_536  # bytes in which a header is
OWN = ("plan.toml", "cad_mapping.toml", "CHECKLIST.txt")


class FoundFiles(NamedTuple):
    """Files by what they are, those of dispatch history by themselves; and what could not be told."""

    inputs: dict[str, Path]
    calls: tuple[Path, ...]
    questions: tuple[str, ...]


def files_of(folder: Path) -> FoundFiles:
    """
    Tell what the files of a folder are.

    Parameters
    ----------
    folder
        Files in it are looked at, not those of folders in it.

    Returns
    -------
    One file for each role at most, of dispatch history all; where two could be the same, neither, and a question.
    """
    by_role: dict[str, list[Path]] = {}
    for file in sorted(folder.iterdir()):
        role = role_of(file) if file.name not in OWN else ""
        if role:
            by_role.setdefault(role, []).append(file)
    questions = [
        f"{listed([quoted(f.name) for f in files])} could each be the {ROLES[role]}: name the right one"
        for role, files in by_role.items()
        if len(files) > 1 and role != "cad"  # of those there may be several
    ]
    calls = tuple(by_role.pop("cad", ()))
    one = {role: files[0] for role, files in by_role.items() if len(files) == 1}
    return FoundFiles(one, calls, tuple(questions))


def role_of(file: Path) -> str:
    """Say which input a file is; "" if it is none, or cannot be told."""
    name = file.name.casefold()
    if name.endswith(ROADS) or (name.endswith(".npz") and "road" in name):
        return "network"
    by_name = [role for role, words in NAMED.items() if set(words) & set(words_of(file.name.split(".")[0]))]
    if name.endswith(LAYERS):
        geometry = _geometry(file)
        # Points with a word such as "calls" in the name are no stations.
        return geometry if geometry != "stations" or "cad" not in by_name else "cad"
    if not name.endswith(TABLES) or file.is_dir():
        return ""
    by_header = _by_header(_header(file)) if name.endswith((".csv", ".csv.gz", ".txt", ".tsv")) else ""
    named = by_name[0] if len(by_name) == 1 else ""
    # A list of stations may name their units, and one of units their stations: then the file's own name tells.
    return named if {named, by_header} == {"stations", "units"} else by_header or named


def _geometry(file: Path) -> str:
    import pyogrio  # noqa: PLC0415 - slow to import

    try:
        kind = str(pyogrio.read_info(file).get("geometry_type") or "").casefold()
    except (OSError, ValueError, RuntimeError, pyogrio.errors.DataSourceError):
        return ""
    return next((role for word, role in GEOMETRY.items() if word in kind), "")


def _header(file: Path) -> list[str]:
    """Read the names on the first line, whatever parts them."""
    try:
        with gzip.open(file, "rb") if file.name.casefold().endswith(".gz") else file.open("rb") as stream:
            top = stream.read(TOP)
    except OSError:
        return []
    line = top.decode("utf-8-sig", errors="replace").splitlines()[:1]
    names = [next(csv.reader(line, delimiter=delimiter), []) for delimiter in ",;\t|^"]
    return max(names, key=len, default=[])


def _by_header(names: Iterable[str]) -> str:
    """Tell a table by its columns: times are dispatch history, a place is a station's, a unit and a station units."""
    listed_names = list(names)
    fields = {scores[0].field for name in listed_names if (scores := name_scores(name))}
    words = {word for name in listed_names for word in words_of(name)}
    times = fields & set(TIMES)
    if times and (len(times) > 1 or "incident_id" in fields):
        return "cad"
    if fields & {"latitude", "point"} and words & {"station", "facility", "stations", "firehouse"}:
        return "stations"
    if "unit_id" in fields and words & {"station", "facility", "house", "quarters"}:
        return "units"
    return ""
