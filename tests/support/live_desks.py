"""A desk of the line town, on a store in a folder."""

import time
from contextlib import contextmanager

from live_towns import T0_US, at_us, line_town

import fireplan as fp
from fireplan.live._desk.department import Department
from fireplan.live._desk.event_loop import Desk
from fireplan.live._store import Store
from fireplan.response_performance import Policy


class SetClock:
    """A clock that stands where it is put."""

    speed, paused = 1.0, False

    def __init__(self, at=T0_US):
        self.at = at

    def now_us(self):
        return self.at

    def to(self, seconds):
        self.at = at_us(seconds)


def department(*, history=None, scenario=None):
    return Department(
        "Line town", scenario or line_town(), fp.standards.NFPA_1710, Policy(), "UTC", history, uncovered_minutes=10
    )


@contextmanager
def desk_at(path, *, clock=None, **more):
    """A desk that is ready, and is closed at the end."""
    store = Store.open(path)
    desk = Desk(department(), store, clock=clock or SetClock(), source="test", **more)
    assert desk.wait_ready(20)
    try:
        yield desk
    finally:
        desk.close()


def eventually(said, *, within_s=10.0):
    """Wait until something holds, and give what it gives."""
    ends_s = time.monotonic() + within_s
    while not (found := said()):
        assert time.monotonic() < ends_s, "it did not come true in time"
        time.sleep(0.01)
    return found
