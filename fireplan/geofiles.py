"""Vector files from outside, read without letting their content choose how."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fireplan.errors import InputError, listed, quoted

if TYPE_CHECKING:
    import geopandas as gpd

LIMIT_BYTES = 200 * 2**20
"""Larger files are refused: no station or zone file is this large."""

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
    file = Path(path)
    if not file.exists():
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
    return gpd.read_parquet(file) if ending == ".parquet" else gpd.read_file(file, engine="pyogrio")


def _from_geojson(file: Path, *, what: str) -> gpd.GeoDataFrame:
    import geopandas as gpd  # noqa: PLC0415 - slow to import
    import shapely  # noqa: PLC0415

    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"), object_pairs_hook=_no_key_twice)
    except UnicodeDecodeError as error:
        raise InputError(f"{what} {quoted(file.name)} is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise InputError(
            f"{what} {quoted(file.name)} is not whole JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from error
    except KeyError as error:
        raise InputError(f"{what} {quoted(file.name)}: key {error} stands twice in one object") from error
    except RecursionError as error:
        raise InputError(f"{what} {quoted(file.name)} is nested too deeply to be GeoJSON") from error
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise InputError(f"{what} {quoted(file.name)} is not a GeoJSON FeatureCollection: no list of features")
    geometry = [shapely.from_geojson(json.dumps(f["geometry"])) if f.get("geometry") else None for f in features]
    return gpd.GeoDataFrame([f.get("properties") or {} for f in features], geometry=geometry, crs="EPSG:4326")


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that names a key twice: readers disagree on which counts."""
    held: dict[str, Any] = {}
    for key, value in pairs:
        if key in held:
            raise KeyError(key)
        held[key] = value
    return held
