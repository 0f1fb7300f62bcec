"""Names of files and databases: what is a file on this machine, which layer of it is meant, and what XML may hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import IO
from xml.parsers import expat

from fireplan.errors import InputError, NetworkError, one_line, quoted

LIMIT_BYTES = 200 * 2**20
"""Larger files are refused: no station or zone file is this large."""

CHUNK_BYTES = 65_536
MOST_UNPACKED = 100
"""A packed file that swells by more than this is refused: text does not."""

MAX_UNPACKED_BYTES = 200_000_000  # of a workbook, or of text in .gz; real exports shrink about tenfold
RATIO_FREE_BYTES = 1_000_000  # below this no ratio is too high

REMARK_LETTERS = 300

_REMARK = re.compile(r'''"remark"\s*:\s*"((?:[^"\\]|\\.){1,2000})"''')
_TITLE = re.compile(r"<title>(.{1,400}?)</title>", re.IGNORECASE | re.DOTALL)
_ERROR = re.compile(r">\s*error\s*</strong>\s*:?(.{1,2000}?)</p>", re.IGNORECASE | re.DOTALL)
_SECRET = re.compile(r"(//[^/@:]*:)[^@]*(?=@)|([?&](?:password|pwd)=)[^&#]*", re.IGNORECASE)
_DATABASE = re.compile(r"(?:postgres(?:ql)?|sqlite|mysql|mariadb|mssql|oracle)(?:\+\w+)?:", re.IGNORECASE)


def is_database(source: object) -> bool:
    """Whether a name is the URL of an SQL database, such as "postgresql://host/city#gis.stations"."""
    return isinstance(source, str) and _DATABASE.match(source) is not None and "://" in source


def without_password(url: str) -> str:
    """Give a URL as it may be shown."""
    return _SECRET.sub(lambda found: f"{found[1] or found[2]}***", url)


def remark_said(text: str) -> str:
    """Quote the remark of an answer of Overpass in JSON, by which it says that it is not whole; "": it has none."""
    found = _REMARK.search(text)
    return quoted(" ".join(found[1].split()), limit=REMARK_LETTERS) if found is not None else ""


def page_said(text: str) -> str:
    """Quote what a web page says of an error, or its title, to be put after a sentence; "": nothing."""
    found = _ERROR.search(text) or _TITLE.search(text)
    said = "" if found is None else " ".join(re.sub(r"<[^>]*>", " ", found[1]).split())
    return f", which says {quoted(said, limit=REMARK_LETTERS)}" if said else ""


def with_layer(path: str | Path, layer: str | None = None) -> tuple[str | Path, str | None]:
    """
    Part a name from that of the layer in it.

    Parameters
    ----------
    path
        Such as "city.gpkg#stations", or a name without a layer. A file whose own name holds a "#" is that file.
    layer
        The layer, where it is named apart; it goes before.
    """
    text = str(path)
    if "#" not in text or (not is_database(text) and Path(text).exists()):
        return path, layer
    before, _, named = text.rpartition("#")
    return before, layer or named or None


def local_file(path: str | Path, *, what: str) -> Path:
    """
    Make sure a path names a file on this machine.

    Raises
    ------
    InputError
        If it is a URL or a GDAL virtual path, does not exist, is a folder (other than a
        file geodatabase), is empty, or is too large.
    """
    text = str(path)
    if "://" in text or text.replace("\\", "/").startswith("/vsi"):
        raise InputError(
            f"{what} {quoted(without_password(text))} is not a file on this machine: fetch it first, then name the copy"
        )
    file = Path(text)
    if "\0" in text or not file.exists():
        raise InputError(f"{what} {quoted(text)} does not exist: check the path")
    if file.is_dir() and file.suffix.lower() == ".gdb":
        return file
    if file.is_dir():
        raise InputError(f"{what} {quoted(text)} is a folder: name the file in it")
    if file.stat().st_size == 0:
        raise InputError(f"{what} {quoted(text)} is empty")
    if file.stat().st_size > LIMIT_BYTES:
        raise InputError(f"{what} {quoted(text)} is larger than {LIMIT_BYTES // 2**20} MB: clip it first")
    return file


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
        raise NetworkError(f"{name} is not XML: {one_line(error)}") from error
