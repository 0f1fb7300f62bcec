"""Past events as lines of JSON, read in a thread of their own while they are sent."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from fireplan.live._web.streaming import as_json
from fireplan.operations._events.event import as_said

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
    from concurrent.futures import Executor

    from fireplan.operations._events.event import Event

CHUNK_BYTES = 64 * 1024
AHEAD = 2
"""Chunks read before they are sent."""

STEP_S = 0.5
PATIENCE_S = 60.0
"""How long a reader may take nothing. [s]"""


def written(event: Event, *, with_address: bool) -> dict[str, Any]:
    """
    Write an event as it may be fed again.

    Parameters
    ----------
    event
        What to write.
    with_address
        Its address is written too.
    """
    said = as_said(event)
    if not with_address:
        said.pop("address", None)
    return said


def lines_of(events: Iterable[Event], *, with_address: bool) -> Iterator[bytes]:
    """Yield events as lines of JSON, many lines at a time."""
    held, size = [], 0
    for event in events:
        line = as_json(written(event, with_address=with_address)) + b"\n"
        held.append(line)
        size += len(line)
        if size >= CHUNK_BYTES:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


async def pumped(make: Callable[[], Iterator[bytes]], executor: Executor) -> AsyncGenerator[bytes, None]:
    """
    Yield what an iterator yields, which is made, run and ended in one thread.

    Parameters
    ----------
    make
        Makes the iterator.
    executor
        Where the thread comes from.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes | BaseException | None] = asyncio.Queue(AHEAD)
    stop = threading.Event()

    def pump() -> None:
        last: BaseException | None = None
        try:
            for chunk in make():
                if not _handed(queue, chunk, loop, stop):
                    return
        except Exception as error:  # noqa: BLE001 - it is raised where the chunks are read
            last = error
        _handed(queue, last, loop, stop)

    worker = loop.run_in_executor(executor, pump)
    try:
        while (chunk := await queue.get()) is not None:
            if isinstance(chunk, BaseException):
                raise chunk
            yield chunk
        await worker
    finally:
        stop.set()
        while not queue.empty():
            queue.get_nowait()


def _handed(
    queue: asyncio.Queue[bytes | BaseException | None],
    chunk: bytes | BaseException | None,
    loop: asyncio.AbstractEventLoop,
    stop: threading.Event,
) -> bool:
    """Hand a chunk over from the thread; False: nobody takes it any more."""
    with suppress(RuntimeError):  # the loop is closed
        handed = asyncio.run_coroutine_threadsafe(queue.put(chunk), loop)
        for _ in range(int(PATIENCE_S / STEP_S)):
            if stop.is_set():
                break
            with suppress(TimeoutError):
                handed.result(STEP_S)
                return True
        handed.cancel()
    return False
