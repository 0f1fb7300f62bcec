"""From a path to the table of text: which kind of file it is, and who reads that."""

from __future__ import annotations

from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path
from typing import TYPE_CHECKING

from fireplan._geofiles.workbooks import OLE, is_ods
from fireplan.incidents._formats.csv_by_row import split_records
from fireplan.incidents._formats.csv_fast import clean_records
from fireplan.incidents._formats.decode import decoded, local_file, read_bytes
from fireplan.incidents._formats.json_elements import HEAD_BYTES, looks_like_json
from fireplan.incidents._formats.json_records import read_json
from fireplan.incidents._formats.parquet import read_parquet
from fireplan.incidents._formats.vector_layers import (
    SHAPEFILE,
    SQLITE,
    holds_layers,
    is_geodatabase,
    read_layer,
    read_packed_layer,
)
from fireplan.incidents._formats.workbooks import read_workbook

if TYPE_CHECKING:
    from os import PathLike

    from fireplan.incidents._formats.text_table import Records, Shape
    from fireplan.incidents._ledger.ledger import Ledger

_ZIP = b"PK\x03\x04"
_PARQUET = b"PAR1"


def read_records(path: str | PathLike[str], shape: Shape, *, table: str, ledger: Ledger) -> Records:
    """
    Read a dispatch export of any kind as a table of text.

    The kind is found by the content: a Parquet file, a workbook, a layer of a geographic file, JSON, else CSV.

    Parameters
    ----------
    path
        A local file, or the folder of a file geodatabase.
    shape
        The names to look for, and what the mapping says of delimiter, encoding, and sheet or layer.
    table
        What to call the file in errors.
    ledger
        Takes the notes and the rows set aside.

    Raises
    ------
    InputError
        If the file is of no kind that is read, damaged, or too large.
    TableError
        If its header is not on line 1, or it has no rows.
    """
    if "://" not in str(path) and is_geodatabase(Path(path)):
        return read_layer(Path(path), shape, table=table, ledger=ledger)
    file = local_file(path)
    with file.open("rb") as stream:
        head = stream.read(len(SQLITE))
    if head.startswith(_ZIP):
        return _read_zip(file, shape, table=table, ledger=ledger)
    if head.startswith(_PARQUET):
        return read_parquet(file, shape, table=table)
    if head.startswith(OLE):
        return read_workbook(file, shape, table=table, ledger=ledger)
    if head == SQLITE or head.startswith(SHAPEFILE):
        return read_layer(file, shape, table=table, ledger=ledger)
    return _read_text(file, shape, table=table, ledger=ledger)


def _read_zip(file: Path, shape: Shape, *, table: str, ledger: Ledger) -> Records:
    if not is_ods(file) and holds_layers(file):
        return read_packed_layer(file, shape, table=table, ledger=ledger)
    return read_workbook(file, shape, table=table, ledger=ledger)


def _read_text(file: Path, shape: Shape, *, table: str, ledger: Ledger) -> Records:
    data = read_bytes(file)
    if looks_like_json(data[:HEAD_BYTES]):
        return read_json(data, shape, file=file, table=table, ledger=ledger)
    if shape.encoding == "utf-8" and not data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        records = clean_records(data.removeprefix(BOM_UTF8), shape, table=table, ledger=ledger)
        if records is not None:
            return records
    text = decoded(data, ledger, name=file.name, encoding=shape.encoding)
    del data
    return split_records(text, shape, table=table, ledger=ledger)
