"""Xlsx workbooks, unpacked and measured before they are parsed."""

from __future__ import annotations

import io
import re
import zipfile
from html import unescape
from typing import TYPE_CHECKING

import python_calamine

from fireplan._geofiles.local_files import MAX_UNPACKED_BYTES, MOST_UNPACKED
from fireplan._geofiles.workbooks.workbook import BAD_ZIP, Workbook, damage_refused, is_sparse, most_unpacked
from fireplan.errors import InputError, quoted

if TYPE_CHECKING:
    from pathlib import Path

    Parts = dict[str, bytes]

MAX_PARTS = 2000
ENDINGS = (".xml", ".rels", ".bin")  # of parts that hold cells; those of xlsb are .bin
_SLICE = 4_000_000
_OVERLAP = 64
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']""")
_CELL = re.compile(rb"<(?:\w+:)?c[\s>/]")
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_NUMBER = re.compile(rb"""\br\s*=\s*["'](\d{1,7})["']""")
_HIDDEN = re.compile(rb"""\bhidden\s*=\s*["'](?:1|true)["']""")
_SHEET = re.compile(rb"<(?:\w+:)?sheet\b([^>]*)>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\b([^>]*)>")


def open_xlsx(file: Path) -> Workbook:
    """
    Open an xlsx workbook.

    Raises
    ------
    InputError
        If it is damaged, unpacks too large, has a password or declares XML entities; of its cells, if the sheet is
        sparse.

    Notes
    -----
    Every part is unpacked and measured here first, and the parser is given what was measured. Limits: 200 MB
    unpacked, 100 times the file's size.
    """
    parts = unpacked_parts(file)
    _refuse_no_xlsx(parts, name=file.name)
    damaged = "is a damaged xlsx workbook: save it again, or as CSV"
    with damage_refused(file.name, damaged):
        try:
            book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(repacked(parts)))
        except python_calamine.PasswordError as error:
            raise InputError(f"{quoted(file.name)} is an xlsx workbook with a password: save it without one") from error

    def cells(name: str) -> list[list[object]]:
        _refuse_sparse(parts.get(path_of(parts, name), b""), file=file)
        with damage_refused(file.name, damaged):
            return list(map(list, book.get_sheet_by_name(name).to_python(skip_empty_area=False)))

    return Workbook(book.sheet_names, cells, lambda name: _hidden_rows(parts.get(path_of(parts, name), b"")))


def unpacked_parts(file: Path) -> Parts:
    """Unpack the parts that hold cells; refuse what is damaged, too large, or declares entities."""
    limit = most_unpacked(file.stat().st_size)
    parts: Parts = {}
    size = 0
    try:
        with zipfile.ZipFile(file) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.lower().endswith(ENDINGS)]
            if len(entries) > MAX_PARTS:
                raise InputError(f"{quoted(file.name)} holds more than {MAX_PARTS:,} parts: save the sheet as CSV")
            for entry in entries:
                if entry.flag_bits & 1:
                    raise InputError(f"{quoted(file.name)} is locked with a password: save it without one")
                with archive.open(entry) as stream:
                    part = stream.read(limit - size + 1)
                size += len(part)
                if size > limit:
                    raise InputError(
                        f"{quoted(file.name)} unpacks to more than {limit:,} bytes (limit {MAX_UNPACKED_BYTES:,} bytes"
                        f" and {MOST_UNPACKED} times its size): save the sheet as CSV"
                    )
                parts[entry.filename.lstrip("/")] = part
    except BAD_ZIP as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{quoted(file.name)} is a damaged xlsx file or zip archive: save it again") from error
    return parts


def _refuse_no_xlsx(parts: Parts, *, name: str) -> None:
    if "xl/workbook.xml" not in parts:
        raise InputError(f"{quoted(name)} is a zip archive but no xlsx workbook: save the sheet as .xlsx or CSV")
    for part in parts.values():
        plain = part.replace(b"\0", b"") if b"\0" in part[:200] else part
        if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
            raise InputError(f"{quoted(name)} declares XML entities, which no spreadsheet program writes: refused")


def repacked(parts: Parts) -> bytes:
    """Pack parts again, so that the parser is given what was measured."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return target.getvalue()


def _refuse_sparse(xml: bytes, *, file: Path) -> None:
    """Refuse a sheet whose few cells lie far apart: as a table it would fill the memory."""
    columns: set[bytes] = set()
    rows: set[bytes] = set()
    cells = 0
    for low in range(0, len(xml), _SLICE):
        piece = xml[low : low + _SLICE + _OVERLAP]
        found = _PLACE.findall(piece)
        columns.update(column for column, _ in found)
        rows.update(row for _, row in found)
        cells += len(_CELL.findall(piece))
    width = max((_column_number(column) for column in columns), default=0)
    height = max(map(int, rows), default=0)
    if is_sparse(height, width, cells):
        raise InputError(
            f"{quoted(file.name)} has cells as far out as row {height:,} and column {width:,} with next to nothing"
            " between them: delete the stray cells, or save the sheet as CSV"
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def path_of(parts: Parts, sheet: str) -> str:
    """Find the part that holds a sheet; '' if the workbook does not say."""
    relations = {
        _attribute(found, b"Id"): _attribute(found, b"Target")
        for found in _RELATION.findall(parts.get("xl/_rels/workbook.xml.rels", b""))
    }
    for found in _SHEET.findall(parts.get("xl/workbook.xml", b"")):
        if _attribute(found, b"name") == sheet:
            target = relations.get(_attribute(found, rb"\w+:id"), "")
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return ""


def _attribute(text: bytes, name: bytes) -> str:
    found = re.search(rb"(?<![\w:])" + name + rb"""\s*=\s*(?:"([^"]*)"|'([^']*)')""", text)
    return unescape((found[1] or found[2] or b"").decode("utf-8", errors="replace")) if found else ""


def _hidden_rows(xml: bytes) -> list[int]:
    if b"hidden" not in xml:
        return []
    hidden: list[int] = []
    line = 0
    for found in _ROW.finditer(xml):
        number = _NUMBER.search(found[1])
        line = int(number[1]) if number else line + 1
        if _HIDDEN.search(found[1]):
            hidden.append(line)
    return hidden
