"""Results written whole or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fireplan.errors import ProjectError, quoted
from fireplan.project._manifest import file_hash
from fireplan.project._restricted_names import is_restricted, restricted_name, unmarked_name

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def whole_outputs(folder: str | Path) -> Iterator[Path]:
    """
    Collect files in a temporary folder, and move them where they belong once all are written.

    Parameters
    ----------
    folder
        Where that is; made if it is not there. Files of the same name are replaced. What the manifest there lists, of a
        run before, and this run does not write goes, as long as nobody has changed it: it would be taken for a result
        of this run. All else stays.

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
        for stale in _of_the_run_before(target, part):
            stale.unlink()
        for file in sorted(part.iterdir()):
            file.replace(target / file.name)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _other_name(name: str) -> str:
    """Give the name that a file has where it is for other readers."""
    return unmarked_name(name) if is_restricted(name) else restricted_name(name)


def _of_the_run_before(target: Path, part: Path) -> Iterator[Path]:
    """Files that a manifest lists, which will be replaced, and that nothing replaces."""
    written = {file.name for file in part.iterdir()}
    manifests = sorted(n for n in written if unmarked_name(n).endswith("manifest.json"))
    for name in [*manifests, *map(_other_name, manifests)]:
        try:
            content = json.loads((target / name).read_text(encoding="utf-8"))
            known = {str(file): str(digest) for file, digest in content["outputs"].items()}
            readers = content.get("profile")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # there is none, or it is none of ours
        if name not in written:
            if readers is not None:
                continue  # of other readers: it stays, and says so itself
            yield target / name
        for file, digest in known.items():
            path = target / file
            if file not in written and path.parent == target and path.is_file() and file_hash(path) == digest:
                yield path
