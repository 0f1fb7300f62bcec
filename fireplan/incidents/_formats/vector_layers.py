"""Layers of GeoPackages, shapefiles and file geodatabases as tables of text."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fireplan._geofiles.local_files import MOST_UNPACKED
from fireplan._geofiles.read_apart import LayerHead, read_layer_apart
from fireplan.errors import InputError, TableError, listed, quoted
from fireplan.incidents._formats.arrow_text import records_of
from fireplan.incidents._formats.decode import MAX_FILE_BYTES, MAX_ROWS
from fireplan.incidents._formats.point_columns import X, Y, degrees, known_crs
from fireplan.incidents._formats.text_table import TEXT, Records, check_header, squeezed

if TYPE_CHECKING:
    from fireplan.incidents._formats.text_table import Shape
    from fireplan.incidents._ledger.ledger import Ledger

SQLITE = b"SQLite format 3\x00"
SHAPEFILE = b"\x00\x00\x27\x0a"
ENDINGS = (".gpkg", ".shp", ".gdb")
MAX_PARTS = 5000


def is_geodatabase(path: Path) -> bool:
    """Tell whether a folder is a file geodatabase."""
    return path.is_dir() and any(path.glob("*.gdbtable"))


def holds_layers(file: Path) -> bool:
    """Tell whether a zip archive holds a shapefile, a GeoPackage or a file geodatabase."""
    try:
        with zipfile.ZipFile(file) as archive:
            return bool(_within(archive))
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError):
        return False


def read_packed_layer(file: Path, shape: Shape, *, table: str, ledger: Ledger) -> Records:
    """Read a layer out of a zip archive, as portals hand out shapefiles; see `read_layer`."""
    with TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(file) as archive:
                found = _within(archive)
                if len(found) > 1:
                    both = listed(map(quoted, found), most=4)
                    raise InputError(f"{quoted(file.name)} holds {both}: unpack it, and give one of them")
                _unpack(archive, Path(folder), file=file)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise InputError(f"{quoted(file.name)} is a damaged zip archive, or has a password") from error
        return read_layer(Path(folder, *PurePosixPath(found[0]).parts), shape, table=table, ledger=ledger)


def read_layer(path: Path, shape: Shape, *, table: str, ledger: Ledger) -> Records:
    """
    Read a layer, or a table without geometry: row n stands on line n + 1.

    Its points become `longitude` and `latitude` in degrees, before columns of these names.

    Parameters
    ----------
    path
        A GeoPackage, a shapefile with what belongs to it beside it, or the folder of a file geodatabase.
    shape
        The names to look for, and the layer if the user has named it; left out: the one with the most of them.
    table
        What to call it in errors.
    ledger
        Takes the note which layer was taken.

    Raises
    ------
    InputError
        If it is damaged, too large, has no such layer, or its points have no crs.
    TableError
        If no column is wanted, or there are no rows.
    """
    fields: dict[str, str] = {}

    def choose(layers: list[LayerHead]) -> str:
        """Take a layer, or refuse it; keep what is said of its fields."""
        layer = _layer(layers, path, shape, table=table, ledger=ledger)
        if layer.rows > MAX_ROWS:
            raise InputError(f"{quoted(path.name)} has more than {MAX_ROWS:,} rows: split it by year")
        fields.update(layer.fields)
        return layer.name

    meta, read = read_layer_apart(path, choose, plain=False, fields=True)
    if meta["warned"]:
        ledger.add_file("layer_warned", detail=f"{len(meta['warned'])} times")
    drawn = meta["geometry_name"] or "wkb_geometry"
    header = [name for name in read.column_names if name not in {drawn, meta["fid_column"]}]
    typed = {name: read.column(name) for name in header}
    if path.is_dir():
        stamps = [name for name, kind in fields.items() if kind == "OFTDateTime"]
        typed |= {name: _without_zone(read.column(name)) for name in stamps}
        ledger.add_file("geodatabase_times", detail=listed(map(quoted, stamps), most=8))
    points = _points(read.column(drawn), meta["crs"], name=path.name) if drawn in read.column_names else {}
    if points:
        taken = {squeezed(X), squeezed(Y)}
        typed = {name: column for name, column in typed.items() if squeezed(name) not in taken} | points
    header = list(typed)
    check_header(shape.matches(header), 1, shape, table=table)
    wanted = {place: _as_unicode(typed[header[place]], ledger) for place in shape.places(header)}
    return records_of(header, wanted, name=path.name, table=table)


def _layer(layers: list[LayerHead], path: Path, shape: Shape, *, table: str, ledger: Ledger) -> LayerHead:
    """Give the layer that is named, or the one with the most wanted columns, of equal ones the first."""
    if not layers:
        raise TableError(table, ["it holds no layer"])
    if shape.sheet is not None:
        found = [layer for layer in layers if layer.name.casefold() == shape.sheet.strip().casefold()]
        if not found:
            known = listed(quoted(layer.name) for layer in layers)
            raise InputError(f"{quoted(path.name)} has no layer {quoted(shape.sheet)}: it has {known}")
        return found[0]
    best = max(layers, key=lambda layer: shape.matches(list(layer.fields)))
    if len(layers) > 1:
        ledger.add_file("layer_chosen", detail=f"layer {quoted(best.name)} of {len(layers)}")
    return best


def _as_unicode(column: pa.ChunkedArray, ledger: Ledger) -> pa.ChunkedArray:
    """Replace bytes that are no text, as a shapefile of another code page holds them."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        held = [part for chunk in column.chunks for part in _bytes_of(chunk)]
        texts = [None if part is None else part.decode("utf-8", "replace") for part in held]
        ledger.add("bytes_replaced", [n for n, text in enumerate(texts, start=2) if text and "\ufffd" in text])
        return pa.chunked_array([pa.array(texts, type=TEXT)])
    return column


def _bytes_of(chunk: pa.Array) -> list[bytes | None]:
    kind = pa.binary() if pa.types.is_string(chunk.type) else pa.large_binary()
    held: list[bytes | None] = chunk.view(kind).to_pylist()
    return held


def _without_zone(stamps: pa.ChunkedArray) -> pa.ChunkedArray:
    """Take the zone away that GDAL calls UTC for want of any: a file geodatabase holds none."""
    return pc.replace_substring_regex(stamps.cast(TEXT), r"(?:Z|\+00:?00)$", "")


def _points(drawn: pa.ChunkedArray, crs: str | None, *, name: str) -> dict[str, pa.ChunkedArray]:
    """Give the coordinates of points in degrees; {} where the layer has no point."""
    import shapely  # noqa: PLC0415 - slow to import, and not every layer has points

    shapes = shapely.from_wkb(drawn.to_numpy(zero_copy_only=False), on_invalid="ignore")
    is_point = (shapely.get_type_id(shapes) == shapely.GeometryType.POINT) & ~shapely.is_empty(shapes)
    if not is_point.any():
        return {}
    if not crs:
        raise InputError(f"the points of {quoted(name)} have no crs: save the layer with one")
    x, y = np.full(len(shapes), np.nan), np.full(len(shapes), np.nan)
    x[is_point], y[is_point] = degrees(
        known_crs(str(crs), name=name), shapely.get_x(shapes[is_point]), shapely.get_y(shapes[is_point])
    )
    return {X: pa.chunked_array([pa.array(x)]), Y: pa.chunked_array([pa.array(y)])}


def _within(archive: zipfile.ZipFile) -> list[str]:
    """List the shapefiles, GeoPackages and file geodatabases in an archive."""
    found: dict[str, None] = {}
    for name in archive.namelist():
        parts = PurePosixPath(name.replace("\\", "/")).parts
        for depth, part in enumerate(parts, start=1):
            ending = PurePosixPath(part).suffix.lower()
            is_folder = depth < len(parts) or name.endswith("/")
            if ending in ENDINGS and (ending == ".gdb") == is_folder and "__MACOSX" not in parts:
                found["/".join(parts[:depth])] = None
                break
    return list(found)


def _unpack(archive: zipfile.ZipFile, folder: Path, *, file: Path) -> None:
    """Unpack an archive into a folder, and nowhere else, up to a limit."""
    limit = min(MAX_FILE_BYTES, MOST_UNPACKED * file.stat().st_size)
    entries = [entry for entry in archive.infolist() if entry.filename and not entry.filename.endswith("/")]
    if len(entries) > MAX_PARTS:
        raise InputError(f"{quoted(file.name)} holds more than {MAX_PARTS:,} files: unpack it, and give the layer")
    size = 0
    for entry in entries:
        parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
        if any(part in {"..", "/"} or ":" in part for part in parts):
            raise InputError(f"{quoted(file.name)} holds a file that would be written outside of it: refused")
        target = Path(folder, *parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as stream:
            data = stream.read(limit - size + 1)
        size += len(data)
        if size > limit:
            raise InputError(f"{quoted(file.name)} unpacks to more than {limit:,} bytes: unpack it, and give the layer")
        target.write_bytes(data)
