"""A desk that keeps events in memory, and a plain client: to test the web service without the engine."""

import http.client
import json
import queue
import threading
import time
from concurrent.futures import Future
from pathlib import Path

from fireplan.errors import InputError
from fireplan.live._desk.interfaces import DeskUpdate, Receipt
from fireplan.live._web.limits_and_headers import Limits
from fireplan.live._web.logs import Log
from fireplan.live._web.server import Binding, Server
from fireplan.live._web.tokens import Tokens

TOKENS = Tokens(viewer="viewer-token-0123456789", operator="operator-token-0123456", feed="feed-token-0123456789ab")
RECORDED = json.loads((Path(__file__).parents[1] / "page" / "recorded.json").read_text(encoding="utf-8"))
"""A small town's ground and states, as the real desk gives them."""


class FakeReplay:
    def __init__(self):
        self.speed, self.paused = 60.0, False
        self.changes = 0

    def change(self, *, speed=None, paused=None):
        self.changes += 1
        self.speed = self.speed if speed is None else speed
        self.paused = self.paused if paused is None else paused


class FakeDesk:
    """
    Takes events in its own thread, and tells at most so many updates a second.

    Its state is one that was recorded, with an incident for each event; `filler` makes every update so long.
    """

    title = "Fake City"

    def __init__(self, *, every_s=0.25, replay=True, filler=""):
        self.ground = RECORDED["ground"] | {"title": self.title}
        self.replay = FakeReplay() if replay else None
        self.boot = "k3f9"
        self.failing = None  # an exception that the store raises
        self.broken = None  # an exception that every reading call raises
        self.by_id, self.listeners, self.refusals, self.acknowledged = {}, [], [], []
        self.submits = 0
        self.rev = 0
        self.now_ms = 1_751_380_000_000
        self.changed = {}
        self._filler, self._every_s = filler, every_s
        self._lock = threading.Lock()
        self._queue = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def submit(self, events, refusals=(), *, position=None):  # noqa: ARG002 - as the desk
        future = Future()
        self.submits += 1
        self._queue.put((list(events), list(refusals), future))
        return future

    def snapshot(self):
        self._break()
        with self._lock:
            first = {key: value for key, value in RECORDED["states"][0].items() if key != "role"}
            one = RECORDED["states"][0]["incidents"][0]
            calls = [one | {"incident_id": e.incident_id, "address": e.address} for e in self.by_id.values()][-50:]
            own = {"boot": self.boot, "rev": self.rev, "now": self.now_ms, "upto": len(self.by_id)}
            return {**first, **own, "incidents": calls}

    def moment(self, at_us):
        self._break()
        if at_us < 1_000_000:
            raise InputError("canary-of-a-moment")
        return {**self.snapshot(), "now": at_us // 1000, "live": False}

    def subscribe(self, listener):
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def events_between(self, start_us, end_us):
        self._break()
        for event in sorted(self.by_id.values(), key=lambda e: e.order):
            if (start_us is None or event.ts_us >= start_us) and (end_us is None or event.ts_us < end_us):
                yield event

    def acknowledge(self, key, who):
        self.acknowledged.append((key, who))
        return key.startswith("zone:")

    def project_zip(self):
        self._break()
        return b"PK\x05\x06" + bytes(18)

    def publish(self, **more):
        """Tell an update at once."""
        with self._lock:
            self.rev += 1
            rev = self.rev
        data = {
            "rev": rev,
            "now": self.now_ms,
            "wall": self.now_ms,
            "speed": 1.0,
            "paused": False,
            "upto": len(self.by_id),
        }
        update = DeskUpdate(rev, {**data, "gone": [self._filler], **more})
        for listener in list(self.listeners):
            listener(update)
        return rev

    def close(self):
        self._queue.put(None)
        self._thread.join(5)

    def _break(self):
        if self.broken is not None:
            raise self.broken

    def _work(self):
        told_s, dirty = 0.0, False
        while True:
            wait_s = max(0.0, told_s + self._every_s - time.monotonic()) if dirty else 3600
            try:
                said = self._queue.get(timeout=wait_s)
            except queue.Empty:
                said = ()
            if said is None:
                return
            if said:
                events, refusals, future = said
                dirty |= self._keep(events, refusals, future)
            if dirty and time.monotonic() - told_s >= self._every_s:
                told_s, dirty = time.monotonic(), False
                self.publish()

    def _keep(self, events, refusals, future):
        if self.failing is not None:
            future.set_exception(self.failing)
            return False
        new = duplicates = 0
        conflicts = []
        with self._lock:
            for event in events:
                known = self.by_id.get(event.event_id)
                if known is None:
                    self.by_id[event.event_id] = event
                    new += 1
                elif known.content == event.content:
                    duplicates += 1
                else:
                    conflicts.append(event.event_id)
            self.refusals += refusals
            row = len(self.by_id)
        future.set_result(Receipt(new, duplicates, len(refusals) + len(conflicts), row, tuple(conflicts)))
        return new > 0


def an_event(number, **more):
    """Give an event as it is posted."""
    said = {"event_id": f"e{number}", "ts": f"2025-07-01T08:00:00.{number:06d}-07:00", "type": "unit.dispatched"}
    return {**said, "incident_id": "25-000001", "unit_id": "E1", **more}


def a_page(folder):
    """Write a small page."""
    folder.mkdir(exist_ok=True)
    (folder / "index.html").write_text("<!doctype html><title>page</title><script src=/assets/live.js></script>")
    (folder / "login.html").write_text(
        "<!doctype html><title>log in</title><style>body{margin:0}</style><form method=post action=/login></form>"
        "<script>let a = 1;</script>"
    )
    (folder / "live.js").write_text("'use strict';")
    (folder / "live.css").write_text("body { margin: 0 }")
    (folder / "secret.txt").write_text("not served")
    return folder


class Served:
    """The service on a free port, in a thread, with what it writes to its log; without a folder it has its own page."""

    def __init__(self, folder, *, desk=None, limits=None, **binding):
        self.desk = desk or FakeDesk()
        self.lines = []
        self.server = Server(
            self.desk,
            Binding(port=0, **binding),
            tokens=TOKENS,
            log=Log(self.lines.append),
            page_folder=folder and a_page(folder),
            limits=limits or Limits(),
        )

    def __enter__(self):
        self.server.start()
        return self

    def __exit__(self, *error):
        self.server.stop()
        self.desk.close()

    @property
    def web(self):
        return self.server.app.state.web

    def ask(self, method, path, *, token=None, body=None, **headers):
        """Ask once, on a connection of its own."""
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        if isinstance(body, (dict, list)):
            body, headers = json.dumps(body), {"content-type": "application/json", **headers}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        try:
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body=body, headers=names)
            answer = connection.getresponse()
            return Answered(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def login(self, token=TOKENS.viewer):
        """Log in, and give the cookie."""
        answer = self.ask("POST", "/login", body={"token": token})
        assert answer.status == 200, answer.body
        return answer.headers["set-cookie"].partition(";")[0]

    def stream(self, *, token=TOKENS.viewer, **headers):
        return Stream(self.server.port, token, headers)


class Answered:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Stream:
    """One stream of updates, read block by block."""

    def __init__(self, port, token, headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            names["authorization"] = f"Bearer {token}"
        self.connection.request("GET", "/api/stream", headers=names)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        self.answer.close()
        self.connection.close()

    def block(self):
        """Read one block: its fields, a comment under ""; None: the stream has ended."""
        fields = {}
        while True:
            line = self.answer.readline()
            if not line:
                return None
            if line == b"\n":
                return fields
            name, _, value = line.decode().rstrip("\n").partition(":")
            fields[name] = value.strip()

    def next(self, event=None):
        """Read on to the next snapshot or update: its id, its name, its data."""
        while (fields := self.block()) is not None:
            if "event" in fields and event in {None, fields["event"]}:
                return fields["id"], fields["event"], json.loads(fields["data"])
        return None


def wait_until(true, *, within_s=5.0):
    """Wait until something holds."""
    ends_s = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < ends_s, "it did not come about"
        time.sleep(0.01)
