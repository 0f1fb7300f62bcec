"""Results written whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import category

from fireplan.errors import InputError, ProjectError, listed, quoted
from fireplan.project._manifest import file_hash
from fireplan.project._restricted_names import is_restricted, restricted_name, unmarked_name
from fireplan.project._safe_export import BREAKS

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S, LOOK_EVERY_S = 60.0, 0.05
"""How long a run waits for another that is moving its results into the same folder, and how often it looks. [s]"""

MOST_NAME_BYTES = 255
"""Longer names no file system keeps."""

LEAST_ROOM_BYTES = 2**16

NO_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NO_WRITING = NO_DISK | {errno.EROFS, errno.EIO, errno.ENAMETOOLONG}

_FULL = re.compile(r"disk is full|no space left|disk quota", re.IGNORECASE)
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
"""Names that are devices on Windows, whatever follows a point."""


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
    A temporary folder to write into. If anything goes wrong, or the work is interrupted, nothing of it stays, and what
    was there is as it was. Two runs move their results one after the other, so that a folder holds those of one.

    Raises
    ------
    ProjectError
        If the folder cannot be one or cannot be written to, the disk is full, or a folder stands where a file should
        go.
    """
    target = Path(folder)
    there = _checked_target(target)
    try:
        part = Path(tempfile.mkdtemp(dir=there, prefix=".fireplan-"))
    except OSError as error:
        raise ProjectError(f"output {quoted(target)} cannot be written to: {error.strerror}") from error
    try:
        yield part
        _check_names(part)
        try:
            target.mkdir(parents=True, exist_ok=True)
            with _alone_in(target):
                _move_all(part, target)
        except OSError as error:
            raise ProjectError(_not_written(target, error)) from error
    except Exception as error:
        if isinstance(error, InputError) or not _is_of_writing(error, part):
            raise
        raise ProjectError(_not_written(target, error, full=_is_full(part))) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _other_name(name: str) -> str:
    """Give the name that a file has where it is for other readers."""
    return unmarked_name(name) if is_restricted(name) else restricted_name(name)


def _checked_target(target: Path) -> Path:
    """Refuse what can be no folder before any work is done; give the nearest folder that is there, on the same disk."""
    for name in target.parts:
        _check_name(name, what="output")
    _check_reserved(target.name, what="output")
    here = target.absolute()
    try:
        lost = next((p for p in (here, *here.parents) if p.is_symlink() and not p.exists()), None)
        if lost is not None:
            raise ProjectError(f"output {quoted(target)} cannot be written to: {quoted(lost)} is a link to nothing")
        there = next(p for p in (here, *here.parents) if p.exists())
        if target.exists() and not target.is_dir():
            raise ProjectError(f"output {quoted(target)} is a file: name a folder")
    except OSError as error:
        raise ProjectError(f"output {quoted(target)} cannot be written to: {error.strerror}") from error
    return there


def _check_name(name: str, *, what: str) -> None:
    """Refuse a name that no file system keeps as it is, or that would not stay on one line."""
    if any(category(c) in BREAKS for c in name):
        raise ProjectError(f"{what} {quoted(name)} has a line break or another control character: choose another name")
    if len(os.fsencode(name)) > MOST_NAME_BYTES:
        raise ProjectError(f"{what} {quoted(name)} is longer than {MOST_NAME_BYTES} bytes: choose a shorter name")


def _check_reserved(name: str, *, what: str) -> None:
    if _RESERVED.fullmatch(name.strip()):
        raise ProjectError(f"{what} {quoted(name)} is the name of a device on Windows: choose another name")


def _check_names(part: Path) -> None:
    """Refuse names of results that another system could not keep, or keep apart."""
    names = sorted(file.name for file in part.iterdir())
    for name in names:
        _check_name(name, what="result")
        _check_reserved(name, what="result")
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise ProjectError(
                f"results {quoted(other)} and {quoted(name)} differ only in capitals: on many disks they are one file"
            )


def _move_all(part: Path, target: Path) -> None:
    """Move every result where it belongs; if one cannot be moved, all is put back as it was."""
    files = sorted(part.iterdir())
    folders = [f.name for f in files if f.is_file() and (target / f.name).is_dir()]
    if folders:
        raise ProjectError(
            f"output {quoted(target)} holds a folder where a file should go: {listed(map(quoted, folders))}; remove it,"
            " or name another folder"
        )
    stale = list(_of_the_run_before(target, part))
    with tempfile.TemporaryDirectory(dir=part, ignore_cleanup_errors=True) as kept:
        before = [*stale, *(target / f.name for f in files if os.path.lexists(target / f.name))]
        for file in before:
            _keep(file, Path(kept) / file.name)
        moved: list[Path] = []
        try:
            for file in files:
                file.replace(target / file.name)
                moved.append(target / file.name)
            for file in stale:
                file.unlink()
        except BaseException:
            for file in moved:
                if file not in before:
                    file.unlink(missing_ok=True)
            for file in before:
                (Path(kept) / file.name).replace(file)
            raise


def _keep(file: Path, copy: Path) -> None:
    """Keep a file by a second name, or as a copy where the disk has but one for each."""
    try:
        os.link(file, copy, follow_symlinks=False)
    except (OSError, NotImplementedError):
        if file.is_symlink():
            copy.symlink_to(file.readlink())
        elif file.is_dir():
            shutil.copytree(file, copy)
        else:
            shutil.copy2(file, copy)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other run moves results into a folder; the system lets go of whoever is killed."""
    handle = _handle_of(folder)
    try:
        until = time.monotonic() + PATIENCE_S
        while not _locked(handle):
            if time.monotonic() > until:
                raise ProjectError(
                    f"output {quoted(folder)} is being written to by another run: wait for it, or name another folder"
                )
            time.sleep(LOOK_EVERY_S)
        yield
    finally:
        os.close(handle)


def _handle_of(folder: Path) -> int:
    """Open what is locked: the folder itself; where folders cannot be opened, a file that stands for it."""
    if os.name == "posix":
        return os.open(folder, os.O_RDONLY)
    named = hashlib.sha256(str(folder.resolve()).casefold().encode()).hexdigest()[:16]
    return os.open(Path(tempfile.gettempdir()) / f"fireplan-{named}.lock", os.O_RDWR | os.O_CREAT)


def _locked(handle: int) -> bool:
    """Lock, unless another run has; where a disk knows no locks, there is none to wait for."""
    try:
        import fcntl  # noqa: PLC0415 - not on Windows
    except ImportError:
        import msvcrt  # noqa: PLC0415 - on Windows alone

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
        except OSError:
            return False
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}
    return True


def _is_of_writing(error: Exception, part: Path) -> bool:
    """Whether an error came of writing results, and not of reading what they are made from."""
    if isinstance(error, OSError):
        return error.errno in NO_WRITING or str(part) in f"{error.filename} {error.filename2}"
    return _is_full(part) or _FULL.search(str(error)) is not None


def _is_full(part: Path) -> bool:
    """Whether the disk has no room, of which some writers say no word."""
    try:
        return shutil.disk_usage(part).free < LEAST_ROOM_BYTES
    except OSError:
        return False


def _not_written(target: Path, error: Exception, *, full: bool = False) -> str:
    """Say why nothing was written."""
    full |= isinstance(error, OSError) and error.errno in NO_DISK
    why = "the disk is full" if full or _FULL.search(str(error)) else str(getattr(error, "strerror", None) or error)
    return f"output {quoted(target)} cannot be written to: {why}; nothing was written, and what was there is as it was"


def _of_the_run_before(target: Path, part: Path) -> Iterator[Path]:
    """Files that a manifest lists, which will be replaced, and that nothing replaces."""
    written = {file.name for file in part.iterdir()}
    manifests = sorted(n for n in written if unmarked_name(n).endswith("manifest.json"))
    for name in [*manifests, *map(_other_name, manifests)]:
        try:
            content = json.loads((target / name).read_text(encoding="utf-8"))
            known = {str(file): str(digest) for file, digest in content["outputs"].items()}
            readers = content.get("profile")
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue  # there is none, or it is none of ours
        if name not in written:
            if readers is not None:
                continue  # of other readers: it stays, and says so itself
            yield target / name
        for file, digest in known.items():
            path = target / file
            if file not in written and path.parent == target and path.is_file() and file_hash(path) == digest:
                yield path
