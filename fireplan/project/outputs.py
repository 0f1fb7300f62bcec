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
    Collect files beside a folder, and move them into it once all are written.

    Parameters
    ----------
    folder
        Where they belong; made if it is not there. Files of the same name are replaced, others stay.

    Yields
    ------
    A temporary folder to write into. If anything goes wrong, or the work is interrupted, nothing of it stays.
    """
    target = Path(folder)
    if target.exists() and not target.is_dir():
        raise ProjectError(f"output {quoted(target)} is a file: name a folder")
    target.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
    try:
        yield part
        target.mkdir(exist_ok=True)
        for file in sorted(part.iterdir()):
            file.replace(target / file.name)
    finally:
        shutil.rmtree(part, ignore_errors=True)
