"""
The real web service with a desk that shows what a test puts on it.

Behind it is no store and no engine: what it shows was recorded from the real desk (`live_states`), and every state and
update that a test makes of that is held to the schema. In front of it stands a gate, to cut the line.
"""

import http.client
import json
import socket
import threading
import time
from concurrent.futures import Future
from contextlib import suppress

from live_states import faults_of, ground, state

from fireplan.errors import InputError
from fireplan.live._desk.interfaces import DeskUpdate, Receipt
from fireplan.live._web.logs import Log
from fireplan.live._web.server import Binding, Server
from fireplan.live._web.tokens import Tokens

TOKENS = Tokens("viewer-token-of-tests", "operator-token-of-tests", "feed-token-of-the-tests")
KEYED = {"units": "unit_id", "incidents": "incident_id"}
HOST = "127.0.0.1"


class Gate:
    """
    Hands everything on to a port, as long as it is open.

    `dumb` lets of streams nothing through but comments; `late_s` keeps every answer of a stream back for so long, as a
    proxy does that gathers what it hands on; `held` keeps everything back, without an end.
    """

    def __init__(self, port):
        self.open = True
        self.dumb = self.held = False
        self.late_s = 0.0
        self._to = port
        self._pairs = set()
        self._lock = threading.Lock()
        self._listening = socket.create_server((HOST, 0), backlog=64)
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._take, daemon=True).start()

    def lead_to(self, port):
        """Hand on to another port from now on."""
        self._to = port

    def cut(self):
        """End every connection there is."""
        with self._lock:
            ended, self._pairs = self._pairs, set()
        for pair in ended:
            _end(pair)

    def close(self):
        self.open = False
        self._listening.close()
        self.cut()

    def _take(self):
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if not self.open:
                near.close()
                continue
            try:
                pair = (near, socket.create_connection((HOST, self._to)))
            except OSError:
                near.close()
                continue
            with self._lock:
                self._pairs.add(pair)
            for one, other, back in ((*pair, False), (*pair[::-1], True)):
                threading.Thread(target=self._hand_on, args=(one, other, pair, back), daemon=True).start()

    def _hand_on(self, one, other, pair, back):
        stream = False
        try:
            while data := one.recv(65536):
                stream |= back and b"text/event-stream" in data
                if stream and self.dumb:
                    data = b"f\r\n: still here\n\n\r\n"  # a chunk that holds a comment
                if stream and self.late_s:
                    time.sleep(self.late_s)
                while self.held and self.open:
                    time.sleep(0.05)
                other.sendall(data)
        except OSError:
            pass  # one of the two ends is gone
        with self._lock:
            self._pairs.discard(pair)
        _end(pair)


def _end(pair):
    for one in pair:
        with suppress(OSError):  # it has ended before
            one.shutdown(socket.SHUT_RDWR)
        one.close()


class _Pace:
    """The clock of the replay, as far as the page drives it."""

    def __init__(self):
        self.asked = []

    def change(self, *, speed=None, paused=None):
        self.asked.append({"speed": speed, "paused": paused})


class Stage:
    """
    The service, and the desk behind it. Use it as a context; `url` is where it is.

    What it shows was true just now, as with a desk that looks every second, until `hang` is called. `words` False lets
    any text stand where the schema knows a few words; `odd` True lets anything stand anywhere.
    """

    title = "Marisol"

    def __init__(self, first=None, *, land=None, words=True, odd=False):
        self._words, self._odd = words, odd
        self.ground = self._checked("Ground", land or ground())
        self.state = first or state()
        self.replay = _Pace() if self.ground["replay"] else None
        self.acknowledged, self.handed_in, self.asked_for = [], [], []
        self.past = None
        self.failing = None
        self._listeners = []
        self._free = threading.Event()
        self._free.set()
        self.set_back_ms = 0
        self._hung_at = None

    @property
    def wall(self):
        """The wall clock of the service, when its state was worked out. [ms]"""
        return self._hung_at or round(time.time() * 1000) - self.set_back_ms

    def hang(self, *, for_s=0.0):
        """Work nothing out any more, since so long ago; the web service goes on."""
        self._hung_at = round((time.time() - for_s) * 1000)

    def go_on(self):
        """Work on."""
        self._hung_at = None

    @property
    def state(self):
        """What is shown now."""
        kept = self._state
        if not self._odd and kept["store"]["state"] == "ok":
            kept = kept | {"store": kept["store"] | {"last_commit": self.wall}}
        return kept | {"wall": self.wall}

    @state.setter
    def state(self, said):
        self._state = self._checked("State", said)

    def __enter__(self):
        self.server = Server(self, Binding(port=0), tokens=TOKENS, log=Log(lambda _line: None))
        self.server.start()
        self.gate = Gate(self.server.port)
        self.url = f"http://{HOST}:{self.gate.port}"
        return self

    def __exit__(self, *_):
        self._free.set()
        self.gate.close()
        self.server.stop()

    def cookies(self, role=None):
        """Log in, and give what a browser keeps of it, for a new one."""
        token = getattr(TOKENS, role or self.state["role"])
        connection = http.client.HTTPConnection(HOST, self.gate.port, timeout=10)
        connection.request("POST", "/login", body=json.dumps({"token": token}), headers=JSON)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        self._cookie = answer.getheader("set-cookie").partition(";")[0]
        connection.close()
        name, _, value = self._cookie.partition("=")
        kept = {"name": name, "value": value, "domain": HOST, "path": "/", "expires": -1}
        return {"cookies": [kept | {"httpOnly": True, "secure": False, "sameSite": "Strict"}], "origins": []}

    def log_out(self):
        """End the session that was begun last, as another window of the browser would."""
        connection = http.client.HTTPConnection(HOST, self.gate.port, timeout=10)
        connection.request("POST", "/logout", headers={"cookie": self._cookie, "origin": self.url})
        assert connection.getresponse().status == 204
        connection.close()

    def push(self, **changes):
        """Send an update, and keep it in the state for those who come later."""
        before = self.state
        data = {key: before[key] for key in ("now", "wall", "speed", "paused", "upto")}
        if not self._odd and before["store"]["state"] == "ok":
            data["store"] = before["store"]
        data |= {"rev": before["rev"] + 1} | changes
        self._checked("Update", data)
        after = before | {key: value for key, value in data.items() if key not in {*KEYED, "gone", "cover"}}
        gone = set(data.get("gone", ()))
        for part, key in KEYED.items():
            entries = {entry[key]: entry for entry in before[part]} | {
                entry[key]: entry for entry in data.get(part, ())
            }
            after[part] = [entry for name, entry in entries.items() if name not in gone]
        if "cover" in data:
            after["cover"] = before["cover"] | data["cover"]
        self._state = after
        for listener in list(self._listeners):
            listener(DeskUpdate(data["rev"], data))

    def hold(self):
        """Give no state from now on, as before the first was worked out."""
        self._free.clear()

    # What the web service asks of a desk

    def snapshot(self):
        self._free.wait(30)
        return {key: value for key, value in self.state.items() if key != "role"}

    def moment(self, at_us):
        self.asked_for.append(at_us // 1000)
        if self.past is None:
            raise InputError("this moment is not kept")
        return {key: value for key, value in self._checked("State", self.past(at_us // 1000)).items() if key != "role"}

    def subscribe(self, listener):
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def submit(self, events, refusals=(), *, position=None):  # noqa: ARG002 - as the desk
        receipt = Future()
        if self.failing is not None:
            receipt.set_exception(self.failing)
            return receipt
        self.handed_in += events
        receipt.set_result(Receipt(len(events), 0, len(refusals), len(self.handed_in)))
        return receipt

    def acknowledge(self, key, who):
        self.acknowledged.append((key, who))
        return any(alert["key"] == key for alert in self._state["alerts"])

    def events_between(self, _start_us, _end_us):
        yield from ()

    def project_zip(self):
        return b"PK\x05\x06" + bytes(18)

    def _checked(self, kind, said):
        faults = [] if self._odd else faults_of(kind, said, words=self._words)
        assert faults == [], faults[:5]
        return said


JSON = {"content-type": "application/json"}
