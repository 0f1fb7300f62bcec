"""Long work on threads: its progress shown, and ended at once when interrupted."""

from __future__ import annotations

import os
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

__all__ = ["silent"]

T = TypeVar("T")
R = TypeVar("R")

SHOW_AFTER_S = 2.0
"""Work shorter than this shows nothing. [s]"""

NEWS_EVERY_S = 0.5
"""How often a line of news may change. [s]"""

LISTEN_EVERY_S = 0.2
"""How long an interrupt may wait where a wait without end would not hear it, as on Windows. [s]"""

# A context variable, not a flag of the module: who asks for silence has it in their own thread or task, and while
# their block lasts.
_SILENT: ContextVar[bool] = ContextVar("fireplan_progress_silent", default=False)


@contextmanager
def silent() -> Iterator[None]:
    """Show no progress inside this block: the caller shows its own, or wants none."""
    before = _SILENT.set(True)
    try:
        yield
    finally:
        _SILENT.reset(before)


@contextmanager
def steps(total: int, *, what: str | Callable[[], str]) -> Iterator[Callable[..., None]]:
    """
    Show how far long work has come: a bar in the notebook, or on the error stream, once it has taken two seconds.

    Parameters
    ----------
    total
        How many steps there will be.
    what
        One or two words on what is being done, or a function that gives them, where they change.

    Yields
    ------
    A function to call after each step; or, with 0, while one goes on, so that its time is seen to pass. However the
    block ends, the bar goes.
    """
    bar: Any = None
    began_s, done, quiet, next_s = time.monotonic(), 0, _SILENT.get(), 0.0

    def words() -> str:
        return what if isinstance(what, str) else what()

    def step(n: int = 1) -> None:
        nonlocal bar, done, next_s
        done += n
        if bar is not None:
            news = not n and time.monotonic() >= next_s
            next_s = time.monotonic() + NEWS_EVERY_S if news else next_s
            bar.set_description(words(), refresh=news)
            bar.update(n)
        elif not quiet and time.monotonic() - began_s >= SHOW_AFTER_S:
            from tqdm.auto import tqdm  # noqa: PLC0415 - short work need not wait for it

            bar = tqdm(total=total, initial=done, desc=words(), leave=False)

    try:
        yield step
    finally:
        if bar is not None:
            bar.close()


@contextmanager
def news(what: str) -> Iterator[Callable[[str], None]]:
    """
    Say how a search stands: a line in the notebook, or on the error stream, once it has taken two seconds.

    Parameters
    ----------
    what
        One or two words on what is sought.

    Yields
    ------
    A function to call with how it stands, as often as the caller likes. However the block ends, the line goes.
    """
    line: Any = None
    quiet, next_s = _SILENT.get(), time.monotonic() + SHOW_AFTER_S

    def tell(text: str) -> None:
        nonlocal line, next_s
        if quiet or time.monotonic() < next_s:
            return
        next_s = time.monotonic() + NEWS_EVERY_S
        if line is None:
            from tqdm.auto import tqdm  # noqa: PLC0415 - short work need not wait for it

            line = tqdm(total=0, bar_format="{desc} [{elapsed}]", leave=False)
        line.set_description_str(f"{what}: {text}")

    try:
        yield tell
    finally:
        if line is not None:
            line.close()


@contextmanager
def on_threads(work: Callable[[T], R], items: Iterable[T], *, what: str | Callable[[], str]) -> Iterator[Iterator[R]]:
    """
    Do work on as many threads as there are processors, showing progress.

    Parameters
    ----------
    work
        Done for each item; should release the GIL for most of its time, and take well under a second.
    items
        What to do it for.
    what
        One or two words on what is being done.

    Yields
    ------
    The results, in the order of the items; each is let go of when it has been handed over.

    Notes
    -----
    When an item fails, the caller is interrupted, or the block is left early, items not yet begun are dropped and those
    under way are waited for.
    """
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        try:
            waiting = deque(pool.submit(work, item) for item in items)
            with steps(len(waiting), what=what) as step:
                yield _in_order(waiting, step)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def listening(work: Callable[[], R], *, what: str | Callable[[], str]) -> R:
    """
    Do one long piece of work that tells nothing of itself: its time is seen to pass, and an interrupt is heard at once.

    Parameters
    ----------
    work
        Should release the GIL for most of its time, or often. When interrupted it goes on by itself until it is done,
        and what it finds is dropped: it must write to nothing that the caller keeps.
    what
        As for `steps`.
    """
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        with steps(1, what=what) as step:
            return next(_in_order(deque([pool.submit(work)]), step))
    finally:
        pool.shutdown(wait=False)


def _in_order(waiting: deque[Future[R]], step: Callable[..., None]) -> Iterator[R]:
    while waiting:
        while not waiting[0].done():
            wait([waiting[0]], timeout=LISTEN_EVERY_S)
            step(0)
        yield waiting.popleft().result()
        step()


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
