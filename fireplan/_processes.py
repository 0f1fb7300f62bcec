"""Independent work on several processes, this one among them; what all of it needs is sent once, as a mapped file."""

from __future__ import annotations

import mmap
import os
import pickle
import shutil
import signal
import time
from collections import deque
from concurrent.futures import wait
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread, current_thread, main_thread
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar
from uuid import uuid4

from fireplan.errors import FireplanError
from fireplan.progress import LISTEN_EVERY_S, silent, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")

MAPPED_FROM_BYTES = 2**16
"""Arrays smaller than this go with the rest of what is sent: a place in the file would cost as much."""

ALIGNED_BYTES = 64
"""Arrays begin at multiples of this, as the kernels like them."""

QUEUED = 2
"""Items that wait at each process, so that it need not wait for this one."""


class Parcel(NamedTuple):
    """
    Something as it is sent: all but its large arrays, and where these lie in a file of nothing else.

    The file holds bytes of arrays and can run no code. The rest is handed from process to process, and to none but
    those that this one has started.
    """

    name: str
    packed: bytes
    file: str
    spans: tuple[tuple[int, int], ...]


class Workers(Generic[S, T, R]):
    """Processes for one kind of work, this one among them; see `workers`."""

    def __init__(self, work: Callable[[S, T], R], executor: Any, others: int, folder: Path) -> None:  # noqa: ANN401
        self._work, self._executor, self._others, self._folder = work, executor, others, folder

    def do(self, items: Sequence[T], *, shared: S, what: str) -> list[R]:
        """
        Do the work for each item, on whichever process is free.

        Parameters
        ----------
        items
            What to do it for. They are small, as are the results.
        shared
            What all of it needs. It is sent once to each process, and its large arrays are one file for all.
        what
            One or two words on what is being done.

        Returns
        -------
        The results, in the order of the items. What an item raises is raised here, and the rest is dropped.
        """
        with steps(len(items), what=what) as step:
            if not self._executor or len(items) < 2:
                alone = []
                for item in items:
                    alone.append(self._work(shared, item))
                    step()
                return alone
            return self._together(items, shared, _packed(shared, self._folder), step)

    def _together(self, items: Sequence[T], shared: S, parcel: Parcel, step: Callable[[], None]) -> list[R]:
        found: dict[int, R] = {}
        left: deque[int] = deque(range(len(items)))
        sent: dict[Future[Any], int] = {}

        def send(number: int, *, whole: bool = False) -> None:
            # Who has the parcel already is not asked to take it again: only who says that it has not gets all of it.
            light = parcel if whole else parcel._replace(packed=b"")
            sent[self._executor.submit(_done, self._work, light, items[number])] = number

        while left or sent:
            while left and len(sent) < QUEUED * self._others:
                # The first of each come whole: what they ask for would lie here until my own item is done.
                send(left.popleft(), whole=len(items) - len(left) <= self._others)
            if left:
                mine = left.popleft()
                found[mine] = self._work(shared, items[mine])
                step()
            else:
                wait(sent, timeout=LISTEN_EVERY_S, return_when="FIRST_COMPLETED")
            for future in [f for f in sent if f.done()]:
                number, (there, result) = sent.pop(future), future.result()
                if there:
                    found[number] = result
                    step()
                else:
                    send(number, whole=True)
        return [found[number] for number in range(len(items))]


@contextmanager
def workers(work: Callable[[S, T], R], *, processes: int) -> Iterator[Workers[S, T, R]]:
    """
    Start processes for one kind of work.

    Parameters
    ----------
    work
        Given what is shared, and an item. A function of a module, which the others import while the block begins.
    processes
        How many, this one included: it works too.

    Yields
    ------
    The `Workers`. However the block ends, so do the processes, at once if it ends early; then what was sent is deleted.
    """
    if processes < 2:
        yield Workers(work, None, 0, Path())
        return
    from joblib.externals.loky import BrokenProcessPool, ProcessPoolExecutor  # noqa: PLC0415 - seldom needed

    others = processes - 1
    # Removed only when no process has it open: Windows would not let it go before.
    with TemporaryDirectory(prefix="fireplan-", ignore_cleanup_errors=True) as folder:
        with _deaf():
            executor, whole = ProcessPoolExecutor(others, initializer=_attach, initargs=(os.getpid(), folder)), False
            executor.submit(_ready, work)  # which starts all of them
        try:
            yield Workers(work, executor, others, Path(folder))
            whole = True
        except BrokenProcessPool as error:
            raise FireplanError(
                "a process ended before its work was done, as when memory runs out: ask for fewer processes"
            ) from error
        finally:
            executor.shutdown(wait=True, kill_workers=not whole)


def _packed(shared: object, folder: Path) -> Parcel:
    import cloudpickle  # noqa: PLC0415 - seldom needed; it also sends what is defined in a notebook

    file, spans = folder / "arrays", []
    with file.open("wb") as stream:

        def set_apart(buffer: pickle.PickleBuffer) -> bool:
            """Put the bytes of one array into the file; True: leave them where they are."""
            try:
                raw = buffer.raw()
            except BufferError:  # not in one piece
                return True
            if raw.nbytes < MAPPED_FROM_BYTES:
                return True
            stream.write(b"\0" * (-stream.tell() % ALIGNED_BYTES))
            spans.append((stream.tell(), stream.tell() + raw.nbytes))
            stream.write(raw)
            return False

        packed = cloudpickle.dumps(shared, protocol=5, buffer_callback=set_apart)
    return Parcel(uuid4().hex, packed, str(file), tuple(spans))


def _unpacked(parcel: Parcel) -> Any:  # noqa: ANN401 - whatever was sent
    """Open a parcel: its large arrays stay in the file, one copy in memory for all processes, and cannot be changed."""
    arrays = memoryview(b"")
    if parcel.spans:
        with Path(parcel.file).open("rb") as stream:
            arrays = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    return pickle.loads(parcel.packed, buffers=[arrays[start:end] for start, end in parcel.spans])  # noqa: S301 - ours


@lru_cache(maxsize=1)
def _opened() -> dict[str, Any]:
    """In a process that was started for this: what it was sent, by name. It ends with the process."""
    return {}


@contextmanager
def _deaf() -> Iterator[None]:
    """Start processes in this block that hear no interrupt, from their first moment: their owner hears it for all."""
    hears = signal.getsignal(signal.SIGINT)
    if hears is None or current_thread() is not main_thread():  # where Python may not say who hears
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, hears)


def _attach(owner: int, folder: str) -> None:
    """In a process that was started for this: leave interrupts to its owner, and do not outlive that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_follow, args=(owner, folder), daemon=True).start()


def _follow(owner: int, folder: str) -> None:
    """Wait until the owner is gone without a word, as when it was killed; then tidy up and end."""
    while os.getppid() == owner:
        time.sleep(1.0)
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def _ready(work: Callable[..., object]) -> None:
    """Have it imported: that is what takes the time, and the process that asks is busy meanwhile."""


def _done(work: Callable[[S, T], R], parcel: Parcel, item: T) -> tuple[bool, R | None]:
    """In a process that was started for this: do the work for an item, if what it needs is here."""
    opened = _opened()
    if parcel.name not in opened:
        if not parcel.packed:
            return False, None
        opened.clear()
        opened[parcel.name] = _unpacked(parcel)
    with silent():
        return True, work(opened[parcel.name], item)
