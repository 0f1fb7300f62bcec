"""How long events are kept: by the events' own time where the clock cannot be right."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from fireplan import wording
from fireplan._conversions import DAY_US
from fireplan.operations._events.event import EPOCH

if TYPE_CHECKING:
    from fireplan.live._store import Store

log = logging.getLogger(__name__)

DOUBTED_US = 366 * DAY_US
"""A clock that is so far from the newest events is not believed: nothing is deleted by it. [us]"""


def forgetting_before_us(store: Store, now_us: int, keep_days: float) -> int | None:
    """
    Say before which instant events are to be deleted.

    It is counted from the clock or from the newest events, whichever is earlier: a clock that runs ahead deletes
    nothing that the events themselves do not call old.

    Parameters
    ----------
    store
        Whose events.
    now_us
        The clock. [us since 1970, UTC]
    keep_days
        How long events are kept. [days]

    Returns
    -------
    The instant [us since 1970, UTC]; None: none is to be deleted, because there are none, or because the clock is a
    year or more from the newest events. That is logged.
    """
    newest_us = store.newest_us()
    if newest_us is None:
        return None
    if abs(now_us - newest_us) > DOUBTED_US:
        log.error(
            "nothing is deleted: the clock says %s, but the newest events are of %s. Set the clock right",
            day_of(now_us),
            day_of(newest_us),
        )
        return None
    return min(now_us, newest_us) - int(keep_days * DAY_US)


def logged_deletion(n: int, span: tuple[int, int] | None, before_us: int) -> None:
    """Log what was deleted: how many events, and of when."""
    if n and span is not None:
        log.warning("%s deleted, from %s to before %s", wording.counted(n, "event"), day_of(span[0]), day_of(before_us))


def day_of(us: int) -> str:
    """Name the day of an instant, in UTC."""
    try:
        return f"{(EPOCH + timedelta(microseconds=us)).date().isoformat()} (UTC)"
    except OverflowError:
        return "no day of the calendar"
