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
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import category

from fireplan._whole_file import BREAKS, NO_DISK
from fireplan.errors import InputError, ProjectError, listed, quoted
from fireplan.project._manifest import file_hash
from fireplan.project._restricted_names import is_restricted, restricted_name, unmarked_name

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S, LOOK_EVERY_S = 60.0, 0.05
"""How long a run waits for another that is moving its results into the same folder, and how often it looks. [s]"""

MOST_NAME_BYTES = 255
"""Longer names no file system keeps."""

LEAST_ROOM_BYTES = 2**16

NO_WRITING = NO_DISK | {errno.EROFS, errno.EIO, errno.ENAMETOOLONG}

LEFT_BEHIND = re.compile(r"\.fireplan-[a-z0-9_]{8}")
LEFT_AFTER_S = 60.0
"""Folders of runs that were killed, which nobody holds any more, go when they have not changed for so long. [s]"""

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
    there = check_output(target)
    for place in {there, target.absolute().parent}:
        _clear_left_behind(place)
    try:
        part = Path(tempfile.mkdtemp(dir=there, prefix=".fireplan-"))
    except OSError as error:
        raise ProjectError(f"output {quoted(target)} cannot be written to: {error.strerror}") from error
    held = _held(part)
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
        cause = error.__cause__ if isinstance(error, InputError) else error  # of one file that was to be written
        if not isinstance(cause, Exception) or isinstance(cause, InputError) or not _is_of_writing(cause, part):
            raise
        raise ProjectError(_not_written(target, cause, full=_is_full(part))) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if held is not None:
            os.close(held)


def _held(part: Path) -> int | None:
    """Hold a folder while its run goes on: the system lets go of it when that is killed."""
    with suppress(ImportError, OSError):
        import fcntl  # noqa: PLC0415 - not on Windows

        handle = os.open(part, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            return None
        return handle
    return None


def _clear_left_behind(place: Path) -> None:
    """Remove the folders of runs that were killed; those of runs that go on are held by them."""
    with suppress(OSError):
        for part in sorted(place.iterdir()):
            if not LEFT_BEHIND.fullmatch(part.name) or part.is_symlink() or not part.is_dir():
                continue
            held = _held(part)
            if held is None:
                continue
            try:
                if time.time() - part.stat().st_mtime > LEFT_AFTER_S:
                    shutil.rmtree(part, ignore_errors=True)
            finally:
                os.close(held)


def _other_name(name: str) -> str:
    """Give the name that a file has where it is for other readers."""
    return unmarked_name(name) if is_restricted(name) else restricted_name(name)


def check_output(folder: str | Path) -> Path:
    """
    Refuse a folder that nothing could be written to, before any work is done for it.

    Parameters
    ----------
    folder
        As for `whole_outputs`.

    Returns
    -------
    The nearest folder that is there, on the same disk.

    Raises
    ------
    ProjectError
        If it cannot be a folder, cannot be written to, or the disk is full.
    """
    target = Path(folder)
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
        if not there.is_dir():
            raise ProjectError(f"output {quoted(target)} cannot be written to: {quoted(there)} is a file")
    except OSError as error:
        raise ProjectError(f"output {quoted(target)} cannot be written to: {error.strerror}") from error
    if not os.access(there, os.W_OK | os.X_OK):
        raise ProjectError(f"output {quoted(target)} cannot be written to: {os.strerror(errno.EACCES)}")
    if _is_full(there):
        raise ProjectError(f"output {quoted(target)} cannot be written to: the disk is full; nothing was written")
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
        usage = shutil.disk_usage(part)
    except OSError:
        return False
    return usage.free < LEAST_ROOM_BYTES and usage.total > 0  # of what is no disk, both are none


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
