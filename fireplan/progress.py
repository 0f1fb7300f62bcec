"""Progress of long work, shown where the caller can see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")

SHOW_AFTER_S = 2.0
"""Work shorter than this shows nothing. [s]"""


def track(items: Iterable[T], *, total: int, what: str, tell: Callable[[int, int], None] | None) -> Iterator[T]:
    """
    Pass items on, showing how far they have come.

    Parameters
    ----------
    items
        The work, in pieces.
    total
        How many pieces there are.
    what
        One or two words on what is being done.
    tell
        Called with (done, total) after each piece. None: a bar in the notebook or terminal, once the work has
        taken two seconds.
    """
    if tell is None:
        from tqdm.auto import tqdm  # noqa: PLC0415 - not everyone waits for it

        yield from tqdm(items, total=total, desc=what, delay=SHOW_AFTER_S, leave=False)
        return
    for done, item in enumerate(items, start=1):
        yield item
        tell(done, total)
