"""
Load on the live view: `python -m benchmarks.live_load`, or with the address of one that runs.

It speaks raw HTTP/1.1 over asyncio streams, in a process of its own, to the loopback only, and every run is bounded in
count and time. Without an address Marisol is served on an empty store (SQLite, or FIREPLAN_LOAD_STORE); with one,
tokens come from FIREPLAN_FEED_TOKEN, FIREPLAN_OPERATOR_TOKEN and FIREPLAN_VIEWER_TOKEN.

An event is followed to a reader by counting: the answer to its POST says in `row` how many events the store held when
it was in, and every update says in `upto` how many it shows. It has arrived with the first update whose `upto` is as
great as its `row`. All times are of one clock, that of this process, from before the POST is written.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import re
import secrets
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LONGEST_RUN_S = 120.0
DAY_S = 86_400.0
UPTO = re.compile(rb'"upto":(\d+)')
REV = re.compile(rb"id: [^\n]*-(\d+)\n")
COURSE = (
    ("incident.created", 0), ("unit.dispatched", 20), ("unit.enroute", 80), ("unit.arrived", 300),
    ("unit.cleared", 1500), ("unit.in_quarters", 1800), ("incident.closed", 1501),
)  # fmt: skip


class Connection:
    """One kept-alive connection."""

    def __init__(self, where, token):
        self.where, self.token = where, token
        self.reader = self.writer = None

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection(*self.where, limit=16 * 1024 * 1024)
        return self

    async def ask(self, method, path, body=b"", kind="application/json"):
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {self.where[0]}\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        status, headers = await self.head()
        length = int(headers.get(b"content-length", 0))
        return status, await self.reader.readexactly(length)

    async def head(self):
        raw = await self.reader.readuntil(b"\r\n\r\n")
        lines = raw.split(b"\r\n")
        pairs = (line.partition(b":") for line in lines[1:] if line)
        return int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in pairs}

    def close(self):
        if self.writer is not None:
            self.writer.close()


class Events:
    """Calls that run their course, one event after the other, on the units and the ground that the service names."""

    def __init__(self, state, ground, *, seed=7):
        self.draw = random.Random(seed)  # noqa: S311 - no secret
        self.units = [unit["unit_id"] for unit in state["units"]] or ["E1"]
        (south, west), (north, east) = ground.get("bounds") or [[33.0, -127.6], [33.2, -127.4]]
        self.box = south, west, north, east
        wall_s = time.time()
        now_s = state["now"] / 1000
        # A replay has a clock of its own: events of today would lie far ahead of it.
        self.offset_s = now_s - wall_s if abs(now_s - wall_s) > DAY_S else 0.0
        self.run = secrets.token_hex(4)
        self.numbers = itertools.count(1)
        self.waiting = []

    def next(self):
        if not self.waiting:
            self.waiting = self.course()
        kind, said = self.waiting.pop(0)
        at = datetime.fromtimestamp(time.time() + self.offset_s, UTC)
        stamp = (at + timedelta(microseconds=0)).isoformat()
        return {"event_id": f"load-{self.run}-{next(self.numbers)}", "ts": stamp, "type": kind, **said}

    def course(self):
        incident_id = f"L{self.run}-{self.draw.randrange(10**9)}"
        south, west, north, east = self.box
        place = {"latitude": self.draw.uniform(south, north), "longitude": self.draw.uniform(west, east)}
        unit = {"unit_id": self.draw.choice(self.units), "incident_id": incident_id}
        call = {"incident_id": incident_id, "call_type": "MEDICAL", "priority": "2", "address": "100 BLOCK", **place}
        return [(kind, call if kind.startswith("incident") else unit) for kind, _ in COURSE]


def spread(times_s):
    """Give median, 99th percentile (inverted CDF) and the greatest, in ms."""
    values = np.asarray(times_s) * 1000
    if not values.size:
        return {}
    p50, p99 = np.percentile(values, [50, 99], method="inverted_cdf")
    return {"n": int(values.size), "p50_ms": round(p50, 2), "p99_ms": round(p99, 2), "max_ms": round(values.max(), 2)}


async def singles(where, tokens, events, *, count, connections, most_s):
    """Post one event after the other on each of some connections."""
    took, left, begun = [], [count], time.perf_counter()

    async def post():
        link = await Connection(where, tokens["feed"]).open()
        while left[0] > 0 and time.perf_counter() - begun < most_s:
            left[0] -= 1
            body = json.dumps(events.next()).encode()
            sent = time.perf_counter()
            status, answer = await link.ask("POST", "/api/events", body)
            took.append(time.perf_counter() - sent)
            check(status, answer, new=1)
        link.close()

    await asyncio.gather(*(post() for _ in range(connections)))
    return {"per_s": round(len(took) / (time.perf_counter() - begun)), "connections": connections, **spread(took)}


async def batches(where, tokens, events, *, count, size, connections, most_s):
    """Post batches of lines on each of some connections."""
    bodies = [[events.next() for _ in range(size)] for _ in range(count // size)]
    bodies = ["\n".join(map(json.dumps, batch)).encode() for batch in bodies]
    took, begun = [], time.perf_counter()

    async def post():
        link = await Connection(where, tokens["feed"]).open()
        while bodies and time.perf_counter() - begun < most_s:
            body = bodies.pop()
            sent = time.perf_counter()
            status, answer = await link.ask("POST", "/api/events", body, "application/x-ndjson")
            took.append(time.perf_counter() - sent)
            check(status, answer, new=size)
        link.close()

    await asyncio.gather(*(post() for _ in range(connections)))
    rate = len(took) * size / (time.perf_counter() - begun)
    return {"per_s": round(rate), "batch": size, "connections": connections, **spread(took)}


def check(status, answer, *, new):
    if status != 200 or json.loads(answer)["new"] != new:
        raise SystemExit(f"a POST was answered with {status}: {answer[:300]!r}")


class Watcher:
    """One reader of the stream: when it saw how many events, and whether it missed a revision."""

    def __init__(self, where, token):
        self.link = Connection(where, token)
        self.times, self.uptos, self.revs, self.bytes = [], [], [], 0
        self.ended = False

    async def open(self):
        await self.link.open()
        named = f"Host: {self.link.where[0]}\r\nAuthorization: Bearer {self.link.token}"
        head = f"GET /api/stream HTTP/1.1\r\n{named}\r\n\r\n"
        self.link.writer.write(head.encode())
        status, _ = await self.link.head()
        if status != 200:
            raise SystemExit(f"a stream was answered with {status}")

    async def watch(self):
        held = b""
        try:
            while size := int(await self.link.reader.readline(), 16):
                held += (await self.link.reader.readexactly(size + 2))[:-2]
                self.bytes += size
                if held.endswith(b"\n\n"):
                    self.note(held, time.perf_counter())
                    held = b""
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass
        self.ended = True

    def note(self, text, at):
        for block in text.split(b"\n\n"):
            rev, upto = REV.search(block), UPTO.search(block)
            if rev and upto:
                self.times.append(at)
                self.revs.append(int(rev[1]))
                self.uptos.append(int(upto[1]))


async def burst(where, tokens, events, *, rate, seconds, clients, connections, pid):
    """Post so many events a second, in even steps, while readers watch; measure from each POST to each reader."""
    watchers = [Watcher(where, tokens["viewer"]) for _ in range(clients)]
    await asyncio.gather(*(w.open() for w in watchers))
    watching = [asyncio.create_task(w.watch()) for w in watchers]
    links = asyncio.Queue()
    for _ in range(connections):
        links.put_nowait(await Connection(where, tokens["feed"]).open())
    posted, memory = [], []
    measuring = asyncio.create_task(measure(pid, memory))
    await asyncio.sleep(1.0)
    begun = time.perf_counter()

    async def post(link):
        body = json.dumps(events.next()).encode()
        sent = time.perf_counter()
        status, answer = await link.ask("POST", "/api/events", body)
        check(status, answer, new=1)
        posted.append((sent, time.perf_counter(), json.loads(answer)["row"]))
        links.put_nowait(link)

    posts = set()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, begun + number / rate - time.perf_counter()))
        task = asyncio.create_task(post(await links.get()))
        posts.add(task)
        task.add_done_callback(posts.discard)
    await asyncio.gather(*posts)
    took_s = time.perf_counter() - begun
    await settled(watchers, max(row for *_, row in posted))
    measuring.cancel()
    for task in watching:
        task.cancel()
    return arrivals(watchers, posted, took_s=took_s) | {"server_mb": memory_of(memory)}


async def settled(watchers, row, *, most_s=10.0):
    """Wait until every reader has seen the last event."""
    ends = time.perf_counter() + most_s
    while not all(w.ended or (w.uptos and w.uptos[-1] >= row) for w in watchers):
        await asyncio.sleep(0.05)
        if time.perf_counter() > ends:
            return


def arrivals(watchers, posted, *, took_s):
    """Match every event with every reader."""
    sent, answered, rows = (np.array(column) for column in zip(*posted, strict=True))
    delays, missing = [], 0
    for w in watchers:
        uptos = np.maximum.accumulate(np.array(w.uptos or [-1]))
        place = np.searchsorted(uptos, rows)
        there = place < len(uptos)
        missing += int((~there).sum())
        delays.append(np.array(w.times or [0.0])[place[there]] - sent[there])
    gaps = sum(bool(np.any(np.diff(w.revs) != 1)) for w in watchers)
    return {
        "events": len(posted),
        "per_s": round(len(posted) / took_s, 1),
        "clients": len(watchers),
        "acknowledged": spread(answered - sent),
        "arrived": spread(np.concatenate(delays)),
        "missing": missing,
        "streams_ended": sum(w.ended for w in watchers),
        "streams_with_gaps": gaps,
        "mb_a_client": round(np.mean([w.bytes for w in watchers]) / 1e6, 2),
    }


async def measure(pid, into):
    """Note the server's memory once a second. [bytes]"""
    while pid:
        into.append(resident(pid))
        await asyncio.sleep(1.0)


def resident(pid):
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024


def memory_of(noted):
    if not noted:
        return None
    shown = {"first": noted[0], "middle": noted[len(noted) // 2], "last": noted[-1], "most": max(noted)}
    return {name: round(value / 1e6, 1) for name, value in shown.items()}


async def run(where, tokens, options, pid):
    link = await Connection(where, tokens["operator"]).open()
    state, ground = [json.loads((await link.ask("GET", f"/api/{name}"))[1]) for name in ("state", "ground")]
    link.close()
    events = Events(state, ground)
    done = {}
    for name in options.parts:
        if name == "singles":
            for connections in (1, 8, 32):
                done[f"singles, {connections}"] = show(await singles(
                    where, tokens, events, count=options.singles, connections=connections, most_s=30
                ))  # fmt: skip
        elif name == "batches":
            done["batches"] = show(await batches(
                where, tokens, events, count=options.batched, size=1000, connections=2, most_s=30
            ))  # fmt: skip
        else:
            done["burst"] = show(await burst(
                where, tokens, events, rate=options.rate, seconds=options.seconds, clients=options.clients,
                connections=16, pid=pid,
            ))  # fmt: skip
    return done


def show(result):
    print(json.dumps(result))
    return result


def serving():
    """Serve Marisol on an empty store, with posted events alone, until the input is closed."""
    import fireplan as fp  # noqa: PLC0415 - the loading process needs none of it
    from fireplan.live._assemble import open_desk  # noqa: PLC0415
    from fireplan.live._web.logs import Log  # noqa: PLC0415
    from fireplan.live._web.server import Binding, Server  # noqa: PLC0415
    from fireplan.live._web.tokens import Tokens  # noqa: PLC0415

    tokens = Tokens()
    store = os.environ.get("FIREPLAN_LOAD_STORE")
    log = Log(open(os.devnull, "w", encoding="utf-8").write)  # noqa: PTH123, SIM115 - ends with the process
    with (
        open_desk(fp.examples.marisol_project(calibrated=False), store=store) as desk,
        Server(desk, Binding(port=0), tokens=tokens, log=log) as server,
    ):
        print(json.dumps([server.url, {role: getattr(tokens, role) for role in ("viewer", "operator", "feed")}]))
        sys.stdout.flush()
        sys.stdin.read()


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("url", nargs="?", help="of a service that runs on the loopback; left out: Marisol's is started")
    asked.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    asked.add_argument("--pid", type=int, help="of the service, to measure its memory")
    asked.add_argument("--parts", nargs="+", choices=("singles", "batches", "burst"))
    asked.add_argument("--singles", type=int, default=5000)
    asked.add_argument("--batched", type=int, default=100_000)
    asked.add_argument("--rate", type=float, default=500.0)
    asked.add_argument("--seconds", type=float, default=60.0)
    asked.add_argument("--clients", type=int, default=200)
    options = asked.parse_args()
    options.parts = options.parts or ["singles", "batches", "burst"]
    if options.serve:
        serving()
        return
    if options.seconds > LONGEST_RUN_S:
        raise SystemExit(f"--seconds is at most {LONGEST_RUN_S:g}")
    if options.url is not None:
        tokens = {role: os.environ[f"FIREPLAN_{role.upper()}_TOKEN"] for role in ("viewer", "operator", "feed")}
        load(options, tokens, options.pid)
        return
    command = [sys.executable, "-m", "benchmarks.live_load", "--serve"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        options.url, tokens = json.loads(server.stdout.readline())
        load(options, tokens, server.pid)
        server.stdin.close()


def load(options, tokens, pid):
    where = urlsplit(options.url)
    if where.hostname not in LOOPBACK:
        raise SystemExit("only the loopback is loaded")
    asyncio.run(run((where.hostname, where.port), tokens, options, pid))


if __name__ == "__main__":
    main()
