"""From a path to decoded text: what is refused, what is unpacked, and in which encoding."""

from __future__ import annotations

import zlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from pathlib import Path
from typing import TYPE_CHECKING

from fireplan._geofiles.local_files import MAX_UNPACKED_BYTES, MOST_UNPACKED, RATIO_FREE_BYTES
from fireplan.errors import InputError, quoted

if TYPE_CHECKING:
    from os import PathLike

    from fireplan.incidents._ledger.ledger import Ledger

MAX_FILE_BYTES = 1_000_000_000
MAX_ROWS = 20_000_000  # of one table or query

_GZIP = b"\x1f\x8b"
_MAGIC = (
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"%PDF", "a PDF document"),
)


def read_bytes(file: Path) -> bytes:
    """
    Read a CSV or JSON file, plain or gzipped, as bytes.

    Raises
    ------
    InputError
        If it is not text, damaged, or too large.
    """
    data = file.read_bytes()
    if data.startswith(_GZIP):
        data = _unpacked(data, file.name)
    _refuse_other_kinds(data, file.name)
    return data


def decoded(data: bytes, ledger: Ledger, *, name: str, encoding: str = "utf-8") -> str:
    """
    Decode a CSV file.

    Parameters
    ----------
    data
        The whole file.
    ledger
        Takes the notes: other encodings, bytes replaced, NUL characters removed.
    name
        Of the file, for errors.
    encoding
        What to expect where no byte-order mark says otherwise.

    Raises
    ------
    InputError
        If it is full of NUL characters.
    """
    return _without_nul(_decoded(data, ledger, encoding=encoding), ledger, name=name)


def local_file(path: str | PathLike[str]) -> Path:
    """Check that a path is a file on this machine that is not too large."""
    text = str(path)
    if "://" in text or text.startswith("/vsi"):
        raise InputError(f"{quoted(text)} is an address, not a file: download it, then give its path")
    file = Path(path)
    if file.is_dir():
        raise InputError(f"{quoted(text)} is a folder, not a file")
    if not file.is_file():
        raise InputError(f"there is no file {quoted(text)}")
    size = file.stat().st_size
    if size > MAX_FILE_BYTES:
        raise InputError(f"{quoted(file.name)} has {size:,} bytes (limit {MAX_FILE_BYTES:,}): split it by year")
    return file


def _unpacked(data: bytes, name: str) -> bytes:
    limit = min(MAX_UNPACKED_BYTES, max(RATIO_FREE_BYTES, MOST_UNPACKED * len(data)))
    parts: list[bytes] = []
    size = 0
    rest = data
    try:
        while rest.startswith(_GZIP):
            member = zlib.decompressobj(wbits=31)
            part = member.decompress(rest, limit - size + 1)
            size += len(part)
            if size > limit:
                raise InputError(
                    f"{quoted(name)} unpacks to more than {limit:,} bytes (limit {MAX_UNPACKED_BYTES:,} bytes"
                    f" and {MOST_UNPACKED} times its size): unpack it and give the CSV, or split it"
                )
            if not member.eof:
                raise InputError(f"{quoted(name)} is a damaged gzip file: it ends too early")
            parts.append(part)
            rest = member.unused_data
    except zlib.error as error:
        raise InputError(f"{quoted(name)} is a damaged gzip file") from error
    return b"".join(parts)


def _refuse_other_kinds(data: bytes, name: str) -> None:
    head = data[:2048].lstrip()
    if not data or data.isspace():
        raise InputError(f"{quoted(name)} is empty: not a CSV export")
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            raise InputError(f"{quoted(name)} is not a CSV text file: it is {kind}")
    lower = head.removeprefix(BOM_UTF8).lower()
    if lower.startswith((b"<!doctype html", b"<html")) or b"<html" in lower[:500]:
        raise InputError(
            f"{quoted(name)} holds an HTML page, not CSV: the portal may have asked for a login; download it again"
        )
    if lower.startswith(b"<?xml"):
        raise InputError(f"{quoted(name)} holds XML, not CSV: export it as CSV")
    if not data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        strange = sum(byte < 32 and byte not in b"\t\n\r\x1b\x07\x08" for byte in head)
        if strange > 0.1 * len(head):
            raise InputError(f"{quoted(name)} is not a CSV text file: it is binary, or UTF-16 without its mark")


def _decoded(data: bytes, ledger: Ledger, *, encoding: str) -> str:
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        ledger.add_file("encoding_utf16")
        return data.decode("utf-16", errors="replace")
    try:
        return data.removeprefix(BOM_UTF8).decode(encoding)
    except UnicodeDecodeError:
        return _decoded_by_line(data.removeprefix(BOM_UTF8), ledger)


def _decoded_by_line(data: bytes, ledger: Ledger) -> str:
    """
    Decode line by line: UTF-8 where it is, else Windows-1252, else with the unreadable bytes replaced.

    A file that holds any true UTF-8 beyond ASCII is a damaged UTF-8 file, not a Windows-1252 one.
    """
    end = b"\n" if b"\n" in data else b"\r"
    lines = data.split(end)
    decoded: dict[int, str] = {}
    bad: list[int] = []
    is_utf8 = False
    for number, line in enumerate(lines):
        try:
            decoded[number] = line.decode("utf-8")
        except UnicodeDecodeError:
            bad.append(number)
        else:
            is_utf8 = is_utf8 or not line.isascii()
    for number in bad:
        line = lines[number]
        try:
            # 0xFE and 0xFF are letters that hardly occur: far more often they are damage
            if is_utf8 or b"\xfe" in line or b"\xff" in line:
                decoded[number] = line.decode("utf-8", errors="replace")
                ledger.add("bytes_replaced", [number + 1])
            else:
                decoded[number] = line.decode("cp1252")
                ledger.add("bytes_cp1252", [number + 1])
        except UnicodeDecodeError:
            decoded[number] = line.decode("utf-8", errors="replace")
            ledger.add("bytes_replaced", [number + 1])
    return end.decode().join(decoded[number] for number in range(len(lines)))


def _without_nul(text: str, ledger: Ledger, *, name: str) -> str:
    count = text.count("\0")
    if not count:
        return text
    if count > 0.1 * len(text):
        raise InputError(f"{quoted(name)} is not a CSV text file: it is full of NUL characters")
    end = "\n" if "\n" in text else "\r"
    ledger.add("nul_removed", [n for n, line in enumerate(text.split(end), start=1) if "\0" in line])
    return text.replace("\0", "")
