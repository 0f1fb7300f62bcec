"""A workbook whatever its kind: its sheets, the cells of one, and what is refused of every kind."""

from __future__ import annotations

import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fireplan._geofiles.local_files import MAX_UNPACKED_BYTES, MOST_UNPACKED, RATIO_FREE_BYTES
from fireplan.errors import FireplanError, InputError, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SPARSE = 8  # times as many places as cells, from which on a sheet is refused
SPARSE_FREE = 2_000_000  # places
DAMAGED = "is a damaged workbook, or has a password: save it again, or as CSV"
BAD_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)


@dataclass(frozen=True, eq=False)
class Workbook:
    """
    An opened workbook.

    Attributes
    ----------
    names
        Its sheets, in their order.
    cells
        The rows of the sheet of a name, all of one width.
    hidden
        Which rows of it are hidden, from 1; none where the kind does not tell.
    """

    names: list[str]
    cells: Callable[[str], list[list[object]]]
    hidden: Callable[[str], list[int]] = lambda _: []


@contextmanager
def damage_refused(name: str, damaged: str = DAMAGED) -> Iterator[None]:
    """Turn whatever a parser raises of a damaged file into one refusal."""
    try:
        yield
    except FireplanError:
        raise
    except Exception as error:  # parsers of damaged files raise what comes
        raise InputError(f"{quoted(name)} {damaged}") from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # of calamine, which is no Exception
            raise InputError(f"{quoted(name)} {damaged}") from error
        raise


def most_unpacked(packed_bytes: int) -> int:
    """Give the bytes beyond which a packed workbook is refused."""
    return min(MAX_UNPACKED_BYTES, max(RATIO_FREE_BYTES, MOST_UNPACKED * packed_bytes))


def is_sparse(height: int, width: int, cells: int) -> bool:
    """Whether few cells lie so far apart that as a table they would fill the memory."""
    return height * width > max(SPARSE_FREE, SPARSE * cells)
