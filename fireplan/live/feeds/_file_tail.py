"""A file to which a dispatch system appends JSON lines."""

from __future__ import annotations

import hashlib
import itertools
import logging
import os
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

from fireplan.errors import InputError, quoted
from fireplan.live.feeds._feed import MOST_EVENTS, Batch, batch_of, now_us
from fireplan.live.feeds._generations import Generation, generations_of, mark_of, opened_generation
from fireplan.live.feeds._line_splitter import Cutter, Line, Place, as_text, from_text
from fireplan.operations._events.event import Event
from fireplan.operations._events.feed_lines import LONGEST_LINE_BYTES, read_line
from fireplan.operations._events.refusal import LONGEST_KEPT, Refusal

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

PAUSE_S = 0.05
"""How long it waits before it looks again. [s]"""

PIECE_BYTES = 256 * 1024
HEAD_BYTES = 1024
"""Bytes by which a file is known again."""

SETTLED_S = 2.0
"""A whole event whose line has not ended is used after it has stood so long: some write the end before the next. [s]"""

MOVED_S = 0.5
"""A file that was moved away is left after nothing has been added for so long: its writer may still hold it. [s]"""

MISSED_S = 3.0
"""A path at which nothing is for so long is told: amid a rotation there is none for a moment. [s]"""

WATCHED_S = 5.0
"""A file that was seen at its path so lately has been moved away once, and not several times. [s]"""

GONE = "the file is not there any more: it was deleted or moved away; put it back, or let its writer make another"

log = logging.getLogger(__name__)


class TailedFile:
    """
    Lines appended to a file.

    It need not be there yet. A last line without its end waits. When the file is moved away and another takes its place
    (rotation), the old one is read to its end, and so is each that was moved away since, in order, also packed ones
    (`.gz`); when it is copied and emptied the copy is read on; when it is overwritten, reading begins anew. A line over
    64 KiB is set aside while it is passed over, and never held. On Windows a file that is read cannot be moved away:
    let its writer copy and empty it instead.

    Parameters
    ----------
    path
        The file.
    name
        What the feed is called; if left out, after the file. Two files of one store need different names.
    clock
        Tells when a line came. [us since 1970, UTC]

    Attributes
    ----------
    trouble
        Why nothing comes, in words; None: nothing is wrong.
    lost
        What may be lost, in words, because a file that was moved away could not be read; None: nothing.

    Raises
    ------
    InputError
        By `check` and `batches`, if the path is a folder, a pipe or a device; by `check`, if its folder is not there
        or it may not be read.
    """

    def __init__(self, path: str | Path, *, name: str | None = None, clock: Callable[[], int] = now_us) -> None:
        self.path = Path(path)
        self.name = f"file {self.path.name}" if name is None else name
        self.trouble: str | None = None
        self.lost: str | None = None
        self._clock = clock
        self._place, self._head_sign = Place(), ""
        self._changed_ns: int | None = None
        self._head = b""
        self._file: BinaryIO | None = None
        self._mark: tuple[int, int] | None = None
        self._seen_s = time.monotonic()
        self._missed_s: float | None = None
        self._cutter = Cutter(self._place)
        self._grown_s = 0.0
        self._used_early = b""

    def resume(self, position: str | None) -> None:
        """Go on behind a batch that was given before, also if the file was moved away since."""
        self._shut()
        self._place, self._head_sign, self._changed_ns = (
            (Place(), "", None) if position is None else from_text(position)
        )

    def check(self) -> None:
        """
        Look whether the file can be read once it is there.

        Raises
        ------
        InputError
            If its folder is not there, or what is there is no file or may not be read.
        """
        if not self.path.parent.is_dir():
            raise InputError(f"the folder {quoted(self.path.parent.name)} is not there: make it, or name another file")
        try:
            if self.path.exists():
                self._refuse_other_kinds()
                self.path.open("rb").close()
        except OSError as error:
            raise InputError(f"{quoted(self.path.name)} cannot be read ({error.strerror})") from None

    def batches(self, stop: threading.Event) -> Iterator[Batch]:
        """Give what is appended, until `stop` is set."""
        try:
            while not stop.is_set():
                something = False
                for batch in self._read_on():
                    something = True
                    yield batch
                    if stop.is_set():
                        return
                if not something:
                    stop.wait(PAUSE_S)
        finally:
            self._shut()

    def _read_on(self) -> Iterator[Batch]:
        try:
            if self._file is None and not self._open():
                return
            self._say(self._missing())
            if self._overwritten():
                yield from self._leave_overwritten()
                return
            piece = self._handle.read(PIECE_BYTES) or b""
            quiet_s = 0.0 if piece else time.monotonic() - self._grown_s
            if piece:
                self._grown_s = time.monotonic()
                self._changed_ns = os.fstat(self._handle.fileno()).st_mtime_ns
                self._head += piece[: HEAD_BYTES - len(self._head)]
                yield from self._batches_of(self._cutter.cut(piece))
            elif quiet_s > MOVED_S and self._moved():
                yield from self._leave()
            elif quiet_s > SETTLED_S:
                yield from self._early()
        except OSError as error:
            self._say(f"the file cannot be read ({error.strerror})")
            self._shut()

    def _batches_of(self, lines: Iterator[Line]) -> Iterator[Batch]:
        received_us = self._clock()
        while several := list(itertools.islice(lines, MOST_EVENTS)):
            read = [item for line in several if (item := self._read(line, received_us)) is not None]
            self._place = several[-1].after
            self._head_sign = _sign(self._head[: self._place.at])
            if read:
                yield batch_of(read, self._position())

    def _read(self, line: Line, received_us: int) -> Event | Refusal | None:
        used, self._used_early = self._used_early, b""
        if line.too_long:
            return self._too_long(line, received_us)
        if used and line.raw.rstrip(b"\r\n") == used:
            return None
        return read_line(line.raw, number=line.number, received_us=received_us, source=self.name)

    def _too_long(self, line: Line, received_us: int) -> Refusal:
        kept = line.raw[:LONGEST_KEPT].decode("utf-8", "replace").replace("\x00", "")
        reason = f"the line is longer than {LONGEST_LINE_BYTES // 1024} KiB"
        return Refusal(received_us, self.name, line.number, "too_long", reason, None, kept)

    def _early(self) -> Iterator[Batch]:
        """Use a last line that is a whole event, though its end is not there. Its place stays: it may come yet."""
        rest = self._cutter.rest
        if not rest.endswith(b"}") or rest == self._used_early:
            return
        number = self._place.line + 1
        event = read_line(rest, number=number, received_us=self._clock(), source=self.name)
        if isinstance(event, Event):
            self._used_early = rest
            yield batch_of([event], self._position())

    def _leave(self) -> Iterator[Batch]:
        """Finish a file to which nothing can be added, and turn to the one that took its place."""
        following = self._following()
        yield from self._last_line()
        self._begin(following)

    def _leave_overwritten(self) -> Iterator[Batch]:
        """Go on in the copy of a file that was copied and emptied; without one, begin anew."""
        copy = next(
            (file for one in self._generations()[:-1] if (file := self._known_again(one.path)) is not None), None
        )
        if copy is not None:
            log.warning("%s was copied and emptied: the copy is read to its end", self.name)
            self._shut()
            self._take(copy, mark_of(copy))
            return
        log.warning("%s was cut short or overwritten: it is read from its beginning", self.name)
        if time.monotonic() - self._seen_s > WATCHED_S:
            self._loses("the file was cut short or overwritten: lines from before may be lost")
        yield from self._last_line()
        self._begin(None)

    def _last_line(self) -> Iterator[Batch]:
        """Use what stands behind the last line that has ended: its end will not come."""
        rest, number = self._cutter.rest, self._place.line + 1
        line = Line(rest, number, too_long=False, after=self._place)
        item = self._read(line, self._clock()) if rest else None
        if item is not None:
            self._place = Place(self._place.at + len(rest), number)
            self._head_sign = _sign(self._head[: self._place.at])
            yield batch_of([item], self._position())

    def _following(self) -> Generation | None:
        """Find the generation behind the one that is read; None: whatever is at the path then."""
        there = self._generations()
        marks = [one.mark for one in there]
        if self._mark in marks:
            later = there[marks.index(self._mark) + 1 :]
        else:
            changed_ns = self._changed_ns or 0
            later = [one for one in there[:-1] if one.changed_ns > changed_ns] + there[-1:]
            if len(later) > 1 or time.monotonic() - self._seen_s > WATCHED_S:
                self._loses("the file that was read is not there any more: lines that came after it may be lost")
        return later[0] if later else None

    def _begin(self, generation: Generation | None) -> None:
        """Turn to another file, from its beginning; one that cannot be read is passed over, and that is told."""
        self._shut()
        self._place, self._head_sign = Place(), ""
        while generation is not None:
            self._mark = generation.mark
            try:
                self._take(opened_generation(generation.path), generation.mark)
            except OSError as error:
                if generation.path == self.path:
                    return  # it is tried again
                self._loses(
                    f"{generation.path.name} could not be read ({error.strerror or error}): what it holds is lost"
                )
                generation = self._following()
            else:
                return

    def _generations(self) -> list[Generation]:
        return generations_of(self.path)

    def _loses(self, what: str) -> None:
        """Tell of what may be lost."""
        self.lost = what
        log.error("%s: %s", self.name, what)

    def _position(self) -> str:
        return as_text(self._place, self._head_sign, self._changed_ns or 0)

    @property
    def _handle(self) -> BinaryIO:
        if self._file is None:
            raise FileNotFoundError
        return self._file

    def _open(self) -> bool:
        """Open the file that was read before, at its path or where it was moved to; else what is at the path."""
        if not self.path.exists():
            self._say(GONE if self._place.at else "the file is not there yet")
            return False
        self._refuse_other_kinds()
        if not self._place.at:
            file = self.path.open("rb", buffering=0)
            self._take(file, mark_of(file))
            return True
        beside = (other for other in self.path.parent.iterdir() if other.name.startswith(self.path.name))
        for other in [self.path, *sorted(other for other in beside if other != self.path and other.is_file())]:
            known = self._known_again(other)
            if known is not None:
                self._take(known, _mark_at(other))
                return True
        log.warning("%s is another file than before: it is read from its beginning", self.name)
        there, changed_ns = self._generations(), self._changed_ns
        later = [one for one in there[:-1] if changed_ns is not None and one.changed_ns >= changed_ns] + there[-1:]
        self._loses("the file that was read last is not there any more: lines that came after it may be lost")
        self._begin(later[0])
        return self._file is not None

    def _take(self, file: BinaryIO, mark: tuple[int, int] | None) -> None:
        """Read a file from its place on."""
        self._file, self._mark = file, mark
        self._head = _beginning(file, min(HEAD_BYTES, self._place.at))
        file.seek(self._place.at)
        self._cutter = Cutter(self._place)
        self._grown_s = self._seen_s = time.monotonic()
        self._used_early = b""

    def _refuse_other_kinds(self) -> None:
        if not stat.S_ISREG(self.path.stat().st_mode):
            raise InputError(f"{quoted(self.path.name)} is no file: a feed is read from a file that grows")

    def _known_again(self, path: Path) -> BinaryIO | None:
        """Open a file if it begins as the one that was read before."""
        try:
            file = opened_generation(path)
        except OSError:
            return None
        head = _beginning(file, min(HEAD_BYTES, self._place.at))
        if not self._place.at or (_size(file) >= self._place.at and _sign(head) == self._head_sign):
            return file
        file.close()
        return None

    def _overwritten(self) -> bool:
        read = self._cutter.place.at + len(self._cutter.rest)
        return _size(self._handle) < read or _beginning(self._handle, len(self._head)) != self._head

    def _moved(self) -> bool:
        """Tell whether another file is at the path now."""
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return False
        moved = (there.st_dev, there.st_ino) != self._mark
        if not moved:
            self._seen_s = time.monotonic()
        return moved

    def _missing(self) -> str | None:
        """Say that nothing has been at the path for a while: what is held may still be read, but nothing new begins."""
        if self.path.exists():
            self._missed_s = None
            return None
        now_s = time.monotonic()
        self._missed_s = now_s if self._missed_s is None else self._missed_s
        return GONE if now_s - self._missed_s > MISSED_S else None

    def _shut(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file, self._head, self._cutter = None, b"", Cutter(self._place)

    def _say(self, trouble: str | None) -> None:
        if trouble is not None and trouble != self.trouble:
            log.warning("%s: %s", self.name, trouble)
        self.trouble = trouble


def _beginning(file: BinaryIO, n: int) -> bytes:
    """Read the first bytes of a file, and go back to where it was."""
    at = file.tell()
    file.seek(0)
    try:
        return file.read(n) or b""
    finally:
        file.seek(at)


def _mark_at(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size


def _sign(head: bytes) -> str:
    return hashlib.blake2b(head, digest_size=8).hexdigest()
