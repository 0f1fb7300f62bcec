"""Vector files from outside, read without letting their content choose how."""

from __future__ import annotations

import io
import json
import tempfile
import warnings
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fireplan._geofiles import local_files
from fireplan._geofiles.local_files import (
    MOST_UNPACKED,
    is_database,
    local_file,
    page_said,
    refuse_dtd,
    remark_said,
    with_layer,
)
from fireplan._geofiles.read_apart import LayerHead, layers_apart, read_layer_apart, read_parquet_apart
from fireplan._geofiles.reading_worker import GEOMETRY
from fireplan.errors import InputError, NetworkError, listed, one_line, quoted

if TYPE_CHECKING:
    import geopandas as gpd
    import shapely

SIGNATURES = {
    ".gpkg": b"SQLite format 3\x00",
    ".shp": b"\x00\x00\x27\x0a",
    ".parquet": b"PAR1",
    ".geoparquet": b"PAR1",
    ".fgb": b"fgb\x03fgb",
}
JSON = (".geojson", ".json")
PACKED = (".zip", ".kmz")
READABLE = (*JSON, *SIGNATURES, ".kml", ".gdb", *PACKED)
"""Endings of the layers that are read; .gdb is a folder, .zip and .kmz hold one of the others."""

BAD_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError)
"""What Python's own reader of .zip raises of a damaged one."""

MOST_PARTS = 2000
"""Files in a packed layer beyond which it is refused."""

HEAD_BYTES = 65_536

DEEPEST_BRACKETS, DEEPEST_COLLECTIONS = 5, 8
"""How deep coordinates and collections of geometries may be nested; a MultiPolygon has four."""

FARTHEST = 1e10
"""No coordinate of any system is larger."""


def read_vector(path: str | Path, *, what: str, layer: str | None = None) -> gpd.GeoDataFrame:
    """
    Read a layer of features.

    Parameters
    ----------
    path
        GeoJSON, GeoPackage, a shapefile (also packed as .zip), a file geodatabase, GeoParquet, FlatGeobuf or KML. Its
        ending says how it is read, and its first bytes must agree. "city.gpkg#stations" names a layer too.
    what
        What it is, for messages.
    layer
        Name of the layer in a file of several.
    """
    path, layer = with_layer(path, layer)
    file = local_file(path, what=what)
    ending = file.suffix.lower()
    if ending in PACKED:
        return _from_zip(file, what=what, layer=layer)
    if ending in JSON:
        found = _from_geojson(file, what=what)
        _check_shapes(found, file, what=what)
        return found
    if ending not in READABLE:
        raise InputError(f"{what} {quoted(file.name)}: expected one of {listed(READABLE, most=len(READABLE))}")
    _check_signature(file, ending, what=what)
    found = (
        _from_parquet(file, what=what)
        if ending in {".parquet", ".geoparquet"}
        else _from_gdal(file, what=what, layer=layer)
    )
    _check_shapes(found, file, what=what)
    return found


def is_layer(name: str | Path) -> bool:
    """Whether a name is that of a layer: a file of vectors, a layer of one, or a table of a database."""
    return is_database(name) or Path(str(with_layer(name)[0])).suffix.lower() in READABLE


def layer_names(path: str | Path, *, what: str) -> list[str]:
    """Name the layers of a file that have places, or if none has any its tables, in its order."""
    file = local_file(path, what=what)
    _check_signature(file, file.suffix.lower(), what=what)
    return _names(layers_apart(file, what=what))


def _names(layers: list[LayerHead]) -> list[str]:
    return [layer.name for layer in layers if layer.placed] or [layer.name for layer in layers]


def _check_signature(file: Path, ending: str, *, what: str) -> None:
    """Refuse a file whose first bytes are not those of its ending: GDAL would choose by the bytes."""
    wrong = InputError(f"{what} {quoted(file.name)} is not what its ending says")
    if ending == ".gdb":
        if not file.is_dir() or not any(file.glob("*.gdbtable")):
            raise wrong
        return
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES if ending == ".kml" else len(SIGNATURES[ending]))
    if ending == ".kml":
        try:
            refuse_dtd(io.BytesIO(head), name=file.name)
        except NetworkError as error:
            raise InputError(f"{what} {quoted(file.name)}: {one_line(error)}") from error
        if b"<kml" not in head:
            raise wrong
    elif head != SIGNATURES[ending]:
        raise wrong


def _from_parquet(file: Path, *, what: str) -> gpd.GeoDataFrame:
    import geopandas as gpd  # noqa: PLC0415 - slow to import
    import pyarrow as pa  # noqa: PLC0415
    from pyarrow import feather  # noqa: PLC0415

    held = pa.BufferOutputStream()
    table = read_parquet_apart(file, what=what)
    feather.write_feather(table, held, compression="uncompressed")
    try:
        return gpd.read_feather(pa.BufferReader(held.getvalue()))  # as it reads GeoParquet, but from tables
    except Exception as error:  # what a file says of its places may be anything
        raise InputError(f"{what} {quoted(file.name)} is damaged: {one_line(error)}") from error


def _from_gdal(file: Path, *, what: str, layer: str | None) -> gpd.GeoDataFrame:
    """Read a layer, as GeoPandas does by Pyogrio."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import
    import numpy as np  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    told, table = read_layer_apart(file, lambda layers: _the_layer(layers, layer, file=file, what=what), what=what)
    for warned in told["warned"]:
        warnings.warn(one_line(warned), RuntimeWarning, stacklevel=2)
    columns = {
        name: _of_column(table.column(str(number)).to_numpy(zero_copy_only=False), dtype)
        for number, (name, dtype) in enumerate(zip(told["fields"], told["dtypes"], strict=True))
    }
    frame = pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))
    if GEOMETRY not in table.column_names:
        return frame
    coded = table.column(GEOMETRY).to_numpy(zero_copy_only=False)
    try:
        return gpd.GeoDataFrame(frame, geometry=shapely.from_wkb(coded), crs=told["crs"])
    except shapely.errors.GEOSException as error:
        with np.errstate(invalid="ignore"):
            shapes = shapely.from_wkb(coded, on_invalid="ignore")
        rows = [i for i, (code, shape) in enumerate(zip(coded, shapes, strict=True), start=1) if code and shape is None]
        raise InputError(
            f"{what} {quoted(file.name)}: the geometry of feature {listed(rows) or 'one'} cannot be read"
            f" ({one_line(error)}): draw it anew, or leave it out"
        ) from error
    except Exception as error:  # such as a system of coordinates that is none
        raise InputError(f"{what} {quoted(file.name)} is damaged: {one_line(error)}") from error


def _of_column(values: Any, dtype: str) -> Any:  # noqa: ANN401 - an array, or a column of stamps
    """Read the stamps of a column, which come as text; those that cannot be read stay text."""
    import pandas as pd  # noqa: PLC0415 - slow to import

    if not dtype.startswith("datetime"):
        return values
    for utc in (False, True):  # stamps of several zones become UTC
        with suppress(ValueError, TypeError):
            return pd.Series(pd.to_datetime(values, format="ISO8601", utc=utc)).dt.as_unit("ms")
    return values


def _check_shapes(found: gpd.GeoDataFrame, file: Path, *, what: str) -> None:
    """Refuse places that are none: coordinates that are infinite, no numbers, or beyond any system."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import
    import numpy as np  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    if not isinstance(found, gpd.GeoDataFrame) or found.active_geometry_name is None:
        return
    places, row = shapely.get_coordinates(found.geometry.to_numpy(), return_index=True)
    with np.errstate(invalid="ignore"):
        wrong = np.unique(row[~(np.abs(places) <= FARTHEST).all(axis=1)]) + 1
    if len(wrong):
        raise InputError(
            f"{what} {quoted(file.name)}: the geometry of feature {listed(wrong, most=5)} has coordinates that are no"
            " numbers, infinite or enormous: draw it anew, or leave it out"
        )


def _the_layer(layers: list[LayerHead], layer: str | None, *, file: Path, what: str) -> str:
    """Name the layer to read: the one asked for, or the only one."""
    known = _names(layers)
    if layer is None:
        if len(known) > 1:
            raise InputError(
                f"{what} {quoted(file.name)} holds {len(known)} layers, {listed(map(quoted, known))}: name one, as in"
                f" {quoted(f'{file.name}#{known[0]}')}"
            )
        if not known:
            raise InputError(f"{what} {quoted(file.name)} is damaged: it holds no layer")
        return known[0]
    same = [name for name in known if name == layer] or [n for n in known if n.casefold() == layer.casefold()]
    if not same:
        raise InputError(
            f"{what} {quoted(file.name)} has no layer {quoted(layer)}: it has {listed(map(quoted, known))}"
        )
    return same[0]


def _from_zip(file: Path, *, what: str, layer: str | None) -> gpd.GeoDataFrame:
    """Read the one layer packed into a .zip, unpacked into a folder that is removed again."""
    check_unpacked(file, what=what)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        try:
            with zipfile.ZipFile(file) as packed:
                parts = [p for p in packed.infolist() if not p.is_dir() and "__MACOSX" not in p.filename]
                for part in parts:
                    packed.extract(part, folder)
        except (*BAD_ZIP, OSError) as error:
            raise InputError(f"{what} {quoted(file.name)} is damaged: {one_line(error)}") from error
        found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in READABLE and p.suffix.lower() not in PACKED)
        named = [p for p in found if layer is not None and p.stem.casefold() == layer.casefold()]
        if len(found) > 1 and len(named) != 1:
            names = [p.stem for p in found]
            raise InputError(
                f"{what} {quoted(file.name)} holds {len(found)} layers, {listed(map(quoted, names))}: name one, as in"
                f" {quoted(f'{file.name}#{names[0]}')}"
            )
        if not found:
            raise InputError(f"{what} {quoted(file.name)} holds no layer: expected one of {listed(READABLE, most=20)}")
        return read_vector(named[0] if named else found[0], what=what, layer=None if named else layer)


def check_unpacked(file: Path, *, what: str) -> None:
    """Refuse a packed file that is far larger, or more, unpacked than any table or layer."""
    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
    except (*BAD_ZIP, OSError) as error:
        raise InputError(f"{what} {quoted(file.name)} is damaged: {one_line(error)}") from error
    size = sum(p.file_size for p in parts)
    if len(parts) > MOST_PARTS or size > max(2**20, MOST_UNPACKED * file.stat().st_size):
        raise InputError(f"{what} {quoted(file.name)} unpacks to over {MOST_UNPACKED} times its size: refused")
    if size > local_files.LIMIT_BYTES:
        raise InputError(f"{what} {quoted(file.name)} unpacks to over {local_files.LIMIT_BYTES // 2**20} MB: clip it")


def _from_geojson(file: Path, *, what: str) -> gpd.GeoDataFrame:
    import geopandas as gpd  # noqa: PLC0415 - slow to import
    import pandas as pd  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    content = json_content(file, what=what)
    features = _features(content, file, what=what)
    rows = [f.get("properties") or {} for f in features]
    geometry = []
    for number, (feature, row) in enumerate(zip(features, rows, strict=True), start=1):
        if not isinstance(row, dict):
            raise InputError(f"{what} {quoted(file.name)}: the properties of feature {number} are not an object")
        try:
            geometry.append(_shape(feature["geometry"]) if feature.get("geometry") else None)
        except (shapely.errors.GEOSException, TypeError, ValueError, RecursionError) as error:
            raise InputError(f"{what} {quoted(file.name)}: the geometry of feature {number} cannot be read") from error
    table = pd.DataFrame(rows, index=pd.RangeIndex(len(rows))).drop(columns="geometry", errors="ignore")
    return gpd.GeoDataFrame(table, geometry=geometry, crs=_named_crs(content, file, what=what))


def _refuse_page(text: str, file: Path, *, what: str) -> None:
    if text.lstrip().startswith("<"):
        raise InputError(
            f"{what} {quoted(file.name)} is not whole JSON but a web page or XML: the download was answered"
            f" with a page{page_said(text)}"
        )


def _shape(written: object) -> shapely.Geometry:
    """Make one geometry of GeoJSON; nothing that is nested deeper than any is handed on."""
    import shapely  # noqa: PLC0415 - slow to import

    held, deep = [written], 0
    while held:
        deep += 1
        held = [part for one in held if isinstance(one, dict) for part in one.get("geometries", ())]
        if deep > DEEPEST_COLLECTIONS:
            raise ValueError("it is nested too deeply")
    text = json.dumps(written, separators=(",", ":"))
    if "[" * (DEEPEST_BRACKETS + 1) in text:
        raise ValueError("it is nested too deeply")
    return shapely.from_geojson(text)


def json_content(file: Path, *, what: str) -> Any:  # noqa: ANN401 - whatever it holds
    """Read a JSON file whole; refuse one that is damaged, too deep, or names a key twice."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        _refuse_page(text, file, what=what)
        return json.loads(text, object_pairs_hook=_no_key_twice)
    except UnicodeDecodeError as error:
        raise InputError(f"{what} {quoted(file.name)} is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        raise InputError(
            f"{what} {quoted(file.name)} is not whole JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from error
    except KeyError as error:
        raise InputError(f"{what} {quoted(file.name)}: key {one_line(error)} stands twice in one object") from error
    except RecursionError as error:
        raise InputError(f"{what} {quoted(file.name)} is nested too deeply to be read") from error
    except InputError:
        raise
    except ValueError as error:
        raise InputError(f"{what} {quoted(file.name)} holds a number that cannot be read: {one_line(error)}") from error


def _features(content: Any, file: Path, *, what: str) -> list[dict[str, Any]]:  # noqa: ANN401 - whatever JSON holds
    """Give the list of features, or say what there is instead."""
    features = content.get("features") if isinstance(content, dict) else None
    if isinstance(content, dict) and isinstance(content.get("remark"), str):
        said = remark_said(json.dumps({"remark": content["remark"]}, ensure_ascii=False))
        raise NetworkError(f"{file.name} says itself that it is not whole: {said}; fetch it anew")
    if isinstance(content, dict) and isinstance(content.get("elements"), list):
        raise NetworkError(
            f"{file.name} is an answer of Overpass in JSON: ask for XML, with [out:xml], and save it as .osm"
        )
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise InputError(f"{what} {quoted(file.name)} is not a GeoJSON FeatureCollection: no list of features")
    if any("attributes" in f and "properties" not in f for f in features[:1]):
        raise InputError(
            f"{what} {quoted(file.name)} is Esri's own JSON: ask the server for f=geojson, or export GeoJSON"
        )
    return features


def _named_crs(content: dict[str, Any], file: Path, *, what: str) -> str:
    """CRS that an older GeoJSON names in its member "crs"; without one it is WGS 84."""
    import pyproj  # noqa: PLC0415 - slow to import

    crs = content.get("crs")
    named = crs.get("properties", {}) if isinstance(crs, dict) else {}
    name = named.get("name") if isinstance(named, dict) else None
    if not name:
        return "EPSG:4326"
    try:
        system = pyproj.CRS.from_user_input(name)
    except (pyproj.exceptions.CRSError, TypeError, ValueError) as error:
        raise InputError(f"{what} {quoted(file.name)}: its crs {quoted(name)} is not known") from error
    return "EPSG:4326" if "CRS84" in str(name) else system.to_string()


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that names a key twice: readers disagree on which counts."""
    held: dict[str, Any] = {}
    for key, value in pairs:
        if key in held:
            raise KeyError(key)
        held[key] = value
    return held
