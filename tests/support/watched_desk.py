"""A desk that is fed and watched while its store fails: what was acknowledged, and what the page was told when."""

import contextlib
import itertools
import os
import signal
import socket
import threading
import time

from live_desks import department
from live_towns import say

from fireplan.errors import FireplanError
from fireplan.live._desk.event_loop import Desk
from fireplan.live._desk.feed_clock import WallClock
from fireplan.live._store import Store

TOLD_S = 15.0
"""So soon the page has to be told."""

HEARD_S = 2.5
"""Something is to be published so often, whatever hangs."""


class Watched:
    """
    A desk to which a sender hands events one by one, each until it is acknowledged, and all of whose news are noted.

    `seen` holds for each update the monotonic time and the store's state.
    """

    def __init__(self, url):
        self.url = url
        self.desk = Desk(department(), Store.open(url), clock=WallClock(), source="test")
        assert self.desk.wait_ready(20)
        self.acknowledged, self.receipts, self.errors = [], [], []
        self.seen, self._state = [], self.desk.snapshot()["store"]
        self._stop = threading.Event()
        self.desk.subscribe(self._note)
        self._sender = threading.Thread(target=self._send, daemon=True)
        self._sender.start()

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._stop.set()
        self._sender.join(30)
        self.desk.close()

    def _note(self, update):
        self._state = update.data.get("store", self._state)
        self.seen.append((time.monotonic(), self._state["state"]))

    def _send(self):
        n = 0
        while not self._stop.is_set():
            event = say("heartbeat", n, event_id=f"e{n}")
            try:
                self.receipts.append(self.desk.submit([event]).result(60))
            except FireplanError as error:
                self.errors.append(str(error))
                self._stop.wait(0.1)
                continue
            self.acknowledged.append(event.event_id)
            n += 1
            self._stop.wait(0.02)

    def until(self, *states, within_s=TOLD_S):
        """Wait until the store is told to be in one of some states; give how long that took."""
        began_s = time.monotonic()
        while self.desk.snapshot()["store"]["state"] not in states:
            assert time.monotonic() < began_s + within_s, (states, self.desk.snapshot()["store"])
            time.sleep(0.02)
        return time.monotonic() - began_s

    def acknowledges(self, more=5, *, within_s=20):
        """Wait until so many more are acknowledged."""
        wanted, ends_s = len(self.acknowledged) + more, time.monotonic() + within_s
        while len(self.acknowledged) < wanted:
            assert time.monotonic() < ends_s, (self.desk.snapshot()["store"], self.errors[-1:])
            time.sleep(0.02)

    def longest_pause_s(self):
        """The longest time in which nothing was published."""
        times = [at for at, _ in self.seen]
        return max(b - a for a, b in itertools.pairwise(times))

    def alerts(self):
        return {alert["key"]: alert for alert in self.desk.snapshot()["alerts"]}

    def account(self, *, url=None):
        """End, and hold what is kept to what was acknowledged: each once, in order; one more may be under way."""
        self._stop.set()
        self._sender.join(60)
        upto = self.desk.snapshot()["upto"]
        ends_s = time.monotonic() + 10
        while (upto := self.desk.snapshot()["upto"]) < len(self.acknowledged) and time.monotonic() < ends_s:
            time.sleep(0.05)
        self.desk.close()
        store = Store.open(url or self.url)
        kept = [event.event_id for event in store.events()]
        store.close()
        assert kept[: len(self.acknowledged)] == self.acknowledged
        assert kept == [f"e{n}" for n in range(len(kept))]
        assert len(kept) - len(self.acknowledged) in {0, 1}
        assert upto in {len(kept), len(self.acknowledged)}
        assert self.longest_pause_s() < HEARD_S


class Cable:
    """A line to a server that can be cut, or let hang: then nothing goes through and nobody is told."""

    def __init__(self, path):
        self.hanging = threading.Event()
        self._path, self._ends = str(path), []
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self):
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._door.accept()
                there = socket.socket(socket.AF_UNIX)
                try:
                    there.connect(self._path)
                except OSError:
                    here.close()
                    there.close()
                    continue
                self._ends += [here, there]
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one, other):
        with contextlib.suppress(OSError):
            while said := one.recv(65536):
                while self.hanging.is_set():
                    time.sleep(0.02)
                other.sendall(said)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self):
        """End every connection."""
        ends, self._ends = self._ends, []
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self):
        self.hanging.clear()
        self._door.close()
        self.cut()


# What is held to, and how a server fails: each gives what mends it


def keeps_nothing(watched):
    """Nothing is acknowledged, and an alert says so."""
    before = len(watched.acknowledged)
    time.sleep(0.5)
    assert len(watched.acknowledged) == before
    state = watched.desk.snapshot()["store"]
    alert = watched.alerts()[f"store:{state['state']}"]
    assert (alert["kind"], alert["level"], alert["text"]) == ("store", "serious", state["said"])
    assert state["since"] <= watched.desk.snapshot()["wall"]
    assert state["last_commit"] <= state["since"] + 3000


def well_again(watched):
    watched.acknowledges()
    watched.until("ok")
    state = watched.desk.snapshot()["store"]
    assert (state["since"], state["said"]) == (None, "")
    assert not [key for key in watched.alerts() if key.startswith("store:")]


def stopped(cluster, cable):  # noqa: ARG001 - as the others
    ids = cluster.processes()
    for pid in ids:
        os.kill(pid, signal.SIGSTOP)

    def mend():
        for pid in ids:
            os.kill(pid, signal.SIGCONT)

    return mend


def killed(cluster, cable):
    os.kill(cluster.processes()[0], signal.SIGSTOP)  # it starts nothing more that would be left over
    for pid in cluster.processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def mend():
        # A number that is still in the table of processes would be taken for a server that runs.
        for left in (cluster.data / "postmaster.pid", cluster.folder / ".s.PGSQL.5432.lock"):
            left.unlink(missing_ok=True)
        cable.cut()
        cluster.start()

    return mend


def hung(cluster, cable):  # noqa: ARG001 - as the others
    cable.hanging.set()
    return cable.hanging.clear
