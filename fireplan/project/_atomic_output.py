"""Results written whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fireplan.errors import ProjectError, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def whole_outputs(folder: str | Path) -> Iterator[Path]:
    """
    Collect files in a temporary folder, and move them where they belong once all are written.

    Parameters
    ----------
    folder
        Where that is; made if it is not there. Files of the same name are replaced, others stay.

    Yields
    ------
    A temporary folder to write into. If anything goes wrong, or the work is interrupted, nothing of it stays.
    """
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise ProjectError(f"output {quoted(target)} is a file: name a folder")
    here = target.absolute()
    there = next(p for p in (here, *here.parents) if p.exists())  # on the same disk, and nothing to be made for it
    try:
        part = Path(tempfile.mkdtemp(dir=there, prefix=".fireplan-"))
    except OSError as error:
        raise ProjectError(f"output {quoted(target)} cannot be written to: {error.strerror}") from error
    try:
        yield part
        target.mkdir(parents=True, exist_ok=True)
        for file in sorted(part.iterdir()):
            file.replace(target / file.name)
    finally:
        shutil.rmtree(part, ignore_errors=True)
