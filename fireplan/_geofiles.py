"""Vector files from outside, read without letting their content choose how."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from xml.parsers import expat

from fireplan.errors import InputError, NetworkError, listed, quoted

if TYPE_CHECKING:
    import geopandas as gpd

LIMIT_BYTES = 200 * 2**20
"""Larger files are refused: no station or zone file is this large."""

CHUNK_BYTES = 65_536
MOST_UNPACKED = 100
"""A packed file that swells by more than this is refused: text does not."""

SIGNATURES = {
    ".gpkg": b"SQLite format 3\x00",
    ".shp": b"\x00\x00\x27\x0a",
    ".parquet": b"PAR1",
}


def local_file(path: str | Path, *, what: str) -> Path:
    """
    Make sure a path names a file on this machine.

    Raises
    ------
    InputError
        If it is a URL or a GDAL virtual path, does not exist, is a folder, is empty, or is too large.
    """
    text = str(path)
    if "://" in text or text.replace("\\", "/").startswith("/vsi"):
        raise InputError(f"{what} {quoted(text)} is not a file on this machine: fetch it first, then name the copy")
    file = Path(text)
    if "\0" in text or not file.exists():
        raise InputError(f"{what} {quoted(text)} does not exist: check the path")
    if file.is_dir():
        raise InputError(f"{what} {quoted(text)} is a folder: name the file in it")
    if file.stat().st_size == 0:
        raise InputError(f"{what} {quoted(text)} is empty")
    if file.stat().st_size > LIMIT_BYTES:
        raise InputError(f"{what} {quoted(text)} is larger than {LIMIT_BYTES // 2**20} MB: clip it first")
    return file


def read_vector(path: str | Path, *, what: str) -> gpd.GeoDataFrame:
    """
    Read a layer of features from GeoJSON, GeoPackage, a shapefile or GeoParquet.

    Parameters
    ----------
    path
        The file. Its ending says how it is read, and its first bytes must agree.
    what
        What it is, for messages.
    """
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    file = local_file(path, what=what)
    ending = file.suffix.lower()
    if ending in {".geojson", ".json"}:
        return _from_geojson(file, what=what)
    if ending not in SIGNATURES:
        raise InputError(f"{what} {quoted(file.name)}: expected one of {listed(['.geojson', *SIGNATURES])}")
    with file.open("rb") as stream:
        if stream.read(len(SIGNATURES[ending])) != SIGNATURES[ending]:
            raise InputError(f"{what} {quoted(file.name)} is not what its ending says")
    try:
        return gpd.read_parquet(file) if ending == ".parquet" else gpd.read_file(file, engine="pyogrio")
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(f"{what} {quoted(file.name)} is damaged: {error}") from error


def refuse_dtd(stream: IO[bytes], *, name: str) -> None:
    """
    Read XML up to its first element and refuse a document type, in whatever encoding it is written.

    Parameters
    ----------
    stream
        The file, at its beginning.
    name
        What to call it in messages.

    Raises
    ------
    NetworkError
        If it declares a DTD, or is not XML at all.
    """

    def refuse(*_: object) -> None:
        raise NetworkError(f"{name} declares a DTD, which map data never does: refused")

    def stop(*_: object) -> None:
        raise StopIteration

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = stop
    try:
        while chunk := stream.read(CHUNK_BYTES):
            parser.Parse(chunk, False)  # noqa: FBT003 - expat's own signature
        parser.Parse(b"", True)  # noqa: FBT003
    except StopIteration:
        return
    except (expat.ExpatError, LookupError, ValueError) as error:
        if isinstance(error, NetworkError):
            raise
        raise NetworkError(f"{name} is not XML: {error}") from error


def _from_geojson(file: Path, *, what: str) -> gpd.GeoDataFrame:
    import geopandas as gpd  # noqa: PLC0415 - slow to import
    import pandas as pd  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    content = json_content(file, what=what)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise InputError(f"{what} {quoted(file.name)} is not a GeoJSON FeatureCollection: no list of features")
    rows = [f.get("properties") or {} for f in features]
    geometry = []
    for number, (feature, row) in enumerate(zip(features, rows, strict=True), start=1):
        if not isinstance(row, dict):
            raise InputError(f"{what} {quoted(file.name)}: the properties of feature {number} are not an object")
        try:
            geometry.append(shapely.from_geojson(json.dumps(feature["geometry"])) if feature.get("geometry") else None)
        except shapely.errors.GEOSException as error:
            raise InputError(f"{what} {quoted(file.name)}: the geometry of feature {number} cannot be read") from error
    table = pd.DataFrame(rows, index=pd.RangeIndex(len(rows))).drop(columns="geometry", errors="ignore")
    return gpd.GeoDataFrame(table, geometry=geometry, crs="EPSG:4326")


def json_content(file: Path, *, what: str) -> Any:  # noqa: ANN401 - whatever it holds
    """Read a JSON file whole; refuse one that is damaged, too deep, or names a key twice."""
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"), object_pairs_hook=_no_key_twice)
    except UnicodeDecodeError as error:
        raise InputError(f"{what} {quoted(file.name)} is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise InputError(
            f"{what} {quoted(file.name)} is not whole JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from error
    except KeyError as error:
        raise InputError(f"{what} {quoted(file.name)}: key {error} stands twice in one object") from error
    except RecursionError as error:
        raise InputError(f"{what} {quoted(file.name)} is nested too deeply to be read") from error
    except ValueError as error:
        raise InputError(f"{what} {quoted(file.name)} holds a number that cannot be read: {error}") from error


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that names a key twice: readers disagree on which counts."""
    held: dict[str, Any] = {}
    for key, value in pairs:
        if key in held:
            raise KeyError(key)
        held[key] = value
    return held
