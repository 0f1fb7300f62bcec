"""A stand-in for the live view's server: the same addresses, made-up states, and a stream that a test can push to."""

import base64
import functools
import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import shapely

import fireplan as fp
from fireplan._page_kit import coordinate_codec
from fireplan._page_kit.generalisation import merged_lines
from fireplan._page_kit.style import road_rank
from fireplan.live._web.page_files import PageFiles

NOW = 1_751_405_520_000  # 14:32:00 on 1 July 2025 in Los Angeles
MINUTE = 60_000
CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
KINDS = {"E": "engine", "T": "truck", "M": "ambulance", "BC": "battalion"}


@functools.cache
def town():
    return fp.examples.marisol()


@functools.cache
def ground():
    """What /api/ground says of Marisol."""
    scenario = town()
    zones = scenario.zones.geometry.to_crs(4326)
    structure, points = coordinate_codec.pack_polygons(zones.to_numpy())
    edges = scenario.roads.edges
    geometry = edges.geometry.to_crs(4326).to_numpy()
    rank = np.array([road_rank(value) for value in edges["highway"]])
    roads = []
    for i, name in enumerate(("major", "middle", "minor")):
        counts, line_points = coordinate_codec.pack_lines(merged_lines(geometry[rank == i], tolerance_m=4.0))
        roads.append({"class": name, "counts": counts, "points": line_points})
    low_x, low_y, high_x, high_y = zones.total_bounds
    places = scenario.stations.to_crs(4326)
    return {
        "title": "Marisol",
        "timezone": "America/Los_Angeles",
        "provenance": "invented",
        "source": "the sample city Marisol",
        "data_date": "2025-12-31",
        "version": "0.1.0",
        "bounds": [[low_y, low_x], [high_y, high_x]],
        "objective": OBJECTIVE,
        "weight": {"name": "population", "unit": "people"},
        "stations": [
            {"station_id": str(i), "name": name, "at": [p.x, p.y], "open": True}
            for i, name, p in zip(places.index, places["name"], places.geometry, strict=True)
        ],
        "zones": {"n": len(zones), "structure": structure, "points": points, "ids": [str(i) for i in zones.index]},
        "roads": roads,
        "replay": True,
        "statuses": {"in_quarters": "In quarters", "on_scene": "On scene", "enroute": "En route"},
    }


OBJECTIVE = {"key": "first_engine", "title": "First engine within 4:00 of travel", "limit_s": 240}


def zone_bytes(away=()):
    """Made-up cover: by how many stations, and by how many of those not in `away`, a zone has within 2.6 km."""
    scenario = town()
    middles = shapely.get_coordinates(shapely.centroid(scenario.zones.geometry.to_crs(4326).to_numpy()))
    stations = {s["station_id"]: np.array(s["at"]) for s in ground()["stations"]}
    metres = np.array([93_200.0, 111_000.0])
    near = {key: np.hypot(*((middles - at) * metres).T) < 2600 for key, at in stations.items()}
    home = sum(near.values())
    now = sum(v for key, v in near.items() if key not in away) + np.zeros(len(middles), dtype=int)
    return np.where(now >= 2, 3, np.where(now == 1, 2, np.where(home > 0, 1, 0))).astype(np.uint8)


def packed(values):
    return base64.b64encode(values.tobytes()).decode("ascii")


def unit(unit_id, station_id, status="in_quarters", **more):
    at = next(s["at"] for s in ground()["stations"] if s["station_id"] == station_id)
    free = status in {"in_quarters", "available", "returning", "moved_up"}
    kind = KINDS.get(unit_id.rstrip("0123456789"), "engine")
    return {
        "unit_id": unit_id,
        "type": kind,
        "station_id": station_id,
        "known": True,
        "status": status,
        "since": NOW - 20 * MINUTE,
        "incident_id": None,
        "at": at,
        "free": free,
        "home_by": None,
        "post": station_id,
        "flags": [],
    } | more


def clock(title, limit_s, started_s, state="running", *, stopped_s=None, key=None):
    """One clock of an incident; times in seconds before now."""
    started = None if started_s is None else NOW - round(started_s * 1000)
    stopped = None if stopped_s is None else NOW - round(stopped_s * 1000)
    return {
        "key": key or title,
        "title": title,
        "limit_s": limit_s,
        "started": started,
        "stopped": stopped,
        "state": state,
        "verified": True,
    }


def incident(incident_id, call_type, category, at, received_s, **more):
    return {
        "incident_id": incident_id,
        "call_type": call_type,
        "category": category,
        "priority": "1",
        "address": "7400 BLOCK PACIFIC AV",
        "at": at,
        "received": NOW - round(received_s * 1000),
        "open": True,
        "closed": None,
        "zone_id": "Z1",
        "district": "S3",
        "units": [],
        "clocks": [],
        "force": None,
        "flags": [],
    } | more


def sent(unit_id, *stamps_s):
    """When a unit was dispatched, en route and arrived, in seconds before now."""
    names = ("dispatched", "enroute", "arrived")
    given = {name: NOW - round(s * 1000) for name, s in zip(names, stamps_s, strict=False)}
    return {"unit_id": unit_id} | dict.fromkeys((*names, "cleared")) | given | {"cancelled": False}


def cover(away=("S3", "S5")):
    return {
        "objective": OBJECTIVE,
        "measures": [
            {
                "name": "population",
                "unit": "people",
                "n": 115000,
                "home": 0.804,
                "now": 0.61,
                "soon": [{"in_s": 300, "within": 0.70}, {"in_s": 600, "within": 0.75}],
            },
        ],
        "free": [
            {"kind": "engine", "title": "engines", "free": 4, "of": 7},
            {"kind": "truck", "title": "trucks", "free": 0, "of": 1},
            {"kind": "ambulance", "title": "ambulances", "free": 2, "of": 4},
            {"kind": "battalion", "title": "chiefs", "free": 0, "of": 1},
        ],
        "drawdown": {
            "level": 2,
            "of": 4,
            "title": "Four engines left of seven",
            "usual": "so few or fewer were free for 3.2 % of 2024-01 to 2025-12",
        },
        "force": {
            "key": "full_alarm",
            "title": "Initial full alarm, 16 people within 8:00 of travel",
            "measures": [{"name": "population", "unit": "people", "n": 115000, "home": 0.72, "now": 0.18}],
        },
        "zones": packed(zone_bytes(away)),
        "first": {"units": ["E7", "E2", "E6"], "zones": packed(np.arange(len(town().zones), dtype=np.uint8) % 3)},
        "basis": "modelled; all free units at their posts",
    }


FIRE_AT, MEDICAL_AT, ALARM_AT, CRASH_AT = (
    [-127.4775, 33.1302],
    [-127.5270, 33.0905],
    [-127.5065, 33.1450],
    [-127.4905, 33.0880],
)


def units():
    return [
        unit("E1", "S1", "enroute", incident_id="24-000012", at=[-127.5015, 33.1262], since=NOW - 95_000),
        unit("T1", "S1", "enroute", incident_id="24-000012", at=[-127.5080, 33.1245], since=NOW - 80_000),
        unit("M1", "S1"),
        unit("BC1", "S1", "enroute", incident_id="24-000012", at=[-127.5160, 33.1230], since=NOW - 60_000),
        unit("E2", "S2"),
        unit("E3", "S3", "on_scene", incident_id="24-000012", at=FIRE_AT, since=NOW - 40_000),
        unit("M3", "S3", "on_scene", incident_id="24-000012", at=FIRE_AT, since=NOW - 20_000),
        unit("E4", "S4", "moved_up", at=next(s["at"] for s in ground()["stations"] if s["station_id"] == "S4")),
        unit("M4", "S4", "transporting", incident_id="24-000009", at=[-127.5030, 33.1000]),
        unit("E5", "S5", "on_scene", incident_id="24-000011", at=MEDICAL_AT, since=NOW - 400_000),
        unit("E6", "S6"),
        unit("M2", "S6", "returning", at=[-127.5180, 33.0700], home_by=NOW + 4 * MINUTE),
        unit("E7", "S7"),
        unit("X9", "S7", "unknown", known=False, post=None, at=None, flags=["not in the list of units"])
        | {"station_id": None},
    ]


def incidents():
    return [
        incident(
            "24-000012",
            "STRUCTURE FIRE",
            "fire",
            FIRE_AT,
            290,
            address="2210 CORONADO ST",
            units=[
                sent("E3", 230, 150, 40),
                sent("M3", 230, 140, 20),
                sent("E1", 230, 95),
                sent("T1", 230, 80),
                sent("BC1", 230, 60),
            ],
            clocks=[
                clock("Call processing", 64, 290, "met", stopped_s=230),
                clock("Turnout, fire", 80, 230, "met", stopped_s=150),
                clock("First engine, travel", 240, 150, "met", stopped_s=40),
                clock("Full alarm, travel", 480, 150),
            ],
            force={
                "title": "Initial full alarm, 16 people",
                "needs": "16 people",
                "have": "6 of 16 people on scene",
                "state": "running",
            },
        ),
        incident(
            "24-000011",
            "MEDICAL - CARDIAC",
            "ems",
            MEDICAL_AT,
            640,
            district="S5",
            address="480 BAY ST",
            units=[sent("E5", 600, 540, 400), sent("M4", 600, 560)],
            clocks=[
                clock("Call processing", 64, 640, "met", stopped_s=600),
                clock("First engine, travel", 240, 540, "met", stopped_s=400),
                clock("Ambulance, travel", 480, 560),
            ],
        ),
        incident(
            "24-000013",
            "FIRE ALARM",
            "alarm",
            ALARM_AT,
            170,
            district="S2",
            priority="2",
            address="1 HARBOR SQ",
            units=[sent("E2", 130)],
            clocks=[
                clock("Call processing", 64, 170, "met", stopped_s=130),
                clock("Turnout, fire", 80, 78),
                clock("First engine, travel", 240, None, "waiting"),
            ],
        ),
        incident(
            "24-000010",
            "TRAFFIC COLLISION",
            "rescue",
            CRASH_AT,
            1500,
            district="S4",
            address="PACIFIC FWY / 9TH",
            priority="2",
            clocks=[clock("First engine, travel", 240, 1400, "missed", stopped_s=1080)],
            flags=["no unit on scene"],
        ),
        incident(
            "24-000014",
            "SERVICE CALL",
            "service",
            None,
            45,
            district=None,
            address=None,
            priority="3",
            flags=["no place"],
        ),
        incident("24-000008", "MEDICAL - OTHER", "ems", [-127.52, 33.06], 4000, open=False, closed=NOW - 20 * MINUTE),
    ]


ADVICE = [
    {
        "key": "E2>S3",
        "unit_id": "E2",
        "from": "S2",
        "to": "S3",
        "to_name": "Station 3",
        "drive_s": 310,
        "regains": 15200,
        "loses": 3800,
        "net": 11400,
        "unit": "people",
        "per_minute": 2206,
        "reason": "Station 3 stands empty and covers the most people that nothing else reaches in time.",
    },
    {
        "key": "E6>S5",
        "unit_id": "E6",
        "from": "S6",
        "to": "S5",
        "to_name": "Station 5",
        "drive_s": 415,
        "regains": 9100,
        "loses": 2400,
        "net": 6700,
        "unit": "people",
        "per_minute": 969,
        "reason": "Station 5 stands empty; E7 keeps most of the south in time.",
    },
]
ALERTS = [
    {
        "key": "zone:S3",
        "kind": "uncovered",
        "level": "serious",
        "since": NOW - 11 * MINUTE,
        "title": "District of Station 3 uncovered",
        "text": "15,200 people out of reach of the first engine for more than 10 min",
        "acknowledged": None,
    },
    {
        "key": "force",
        "kind": "force",
        "level": "warning",
        "since": NOW - 4 * MINUTE,
        "title": "No full alarm can be made up",
        "text": "12 people free of the 16 a full alarm needs",
        "acknowledged": None,
    },
    {
        "key": "feed:gap",
        "kind": "feed",
        "level": "warning",
        "since": NOW - 40 * MINUTE,
        "title": "The feed has a gap",
        "text": "seq 5 is missing",
        "acknowledged": "operator",
    },
]


def row(title, n, p90_s, limit_s, shares, **more):
    (p90, low, high), (share, share_low, share_high) = p90_s, shares
    return {
        "measure": title,
        "title": title,
        "n": n,
        "p90_s": p90,
        "p90_low_s": low,
        "p90_high_s": high,
        "limit_s": limit_s,
        "goal": 0.9,
        "share": share,
        "share_low": share_low,
        "share_high": share_high,
        "met": share >= 0.9,
        "verified": True,
        "note": "",
    } | more


def state(role="operator", **more):
    """One full state of a bad afternoon in Marisol."""
    return {
        "boot": "k3f9",
        "rev": 12,
        "now": NOW,
        "speed": 1.0,
        "paused": False,
        "live": True,
        "role": role,
        "range": [NOW - 30 * 3600 * 1000, NOW],
        "units": units(),
        "incidents": incidents(),
        "cover": cover(),
        "advice": ADVICE,
        "alerts": ALERTS,
        "today": {
            "start": NOW - 14 * 3600 * 1000,
            "basis": "invented",
            "rows": [
                row("Call processing", 41, (71, 62, 85), 64, (0.83, 0.69, 0.91), verified=False),
                row("Turnout", 39, (78, 74, 90), 80, (0.923, 0.8, 0.97)),
                row(
                    "Travel, first engine",
                    38,
                    (350, 300, None),
                    240,
                    (0.71, 0.55, 0.83),
                    note="3 without arrival left out",
                ),
            ],
        },
        "hours": [
            {"hour": i, "incidents": n, "free_least": f}
            for i, (n, f) in enumerate(
                zip(
                    [1, 0, 2, 0, 1, 1, 3, 4, 2, 5, 3, 4, 6, 5, 4],
                    [7, 7, 6, 7, 6, 7, 5, 4, 5, 3, 5, 4, 2, 3, 4],
                    strict=True,
                )
            )
        ],
        "health": {
            "state": "gaps",
            "source": "replay of cad.csv.gz",
            "last_event": NOW - 3200,
            "last_received": NOW - 2000,
            "silent_s": 3.2,
            "per_minute": 4.1,
            "lag_s": 1.2,
            "lag_p95_s": 3.0,
            "skew_s": 0.0,
            "gaps": [[5, 5], [8, 11]],
            "gaps_n": 2,
            "resets": 0,
            "duplicates": 4,
            "refused": 1,
            "late": 2,
            "unknown_units": ["X9"],
            "events": 1234,
            "notes": ["seq 5 is missing: 1 event was not received"],
            "refusals": [
                {"received": NOW - 9 * MINUTE, "line": 5, "code": "ts_naive", "reason": "ts has no offset from UTC"}
            ],
        },
    } | more


def dense(n_units=200, n_incidents=300, role="operator"):
    """A large county on its worst day: many units and incidents over Marisol's ground."""
    draw = np.random.default_rng(7)
    places = shapely.get_coordinates(shapely.centroid(town().zones.geometry.to_crs(4326).to_numpy()))
    spots = places[draw.integers(0, len(places), n_incidents)] + draw.normal(0, 0.0005, (n_incidents, 2))
    kinds = list(
        draw.choice(
            ["fire", "ems", "alarm", "rescue", "hazmat", "service", "other"],
            n_incidents,
            p=[0.1, 0.5, 0.12, 0.08, 0.03, 0.1, 0.07],
        )
    )
    calls = []
    for i, (at, kind) in enumerate(zip(spots, kinds, strict=True)):
        began = float(draw.uniform(10, 420))
        running = i % 3 == 0
        first = clock(
            "First engine, travel",
            240,
            began,
            "running" if running else "met",
            stopped_s=None if running else began / 3,
        )
        calls.append(
            incident(
                f"24-{i:06}",
                f"{kind.upper()} CALL",
                kind,
                at.tolist(),
                began + 120,
                clocks=[first],
                units=[sent(f"E{i}", began)],
            )
        )
    stations = [s["station_id"] for s in ground()["stations"]]
    statuses = [
        "in_quarters",
        "enroute",
        "on_scene",
        "transporting",
        "out_of_service",
        "returning",
        "dispatched",
        "at_hospital",
    ]
    ranks = draw.choice(len(statuses), n_units, p=[0.25, 0.22, 0.25, 0.08, 0.03, 0.07, 0.06, 0.04])
    all_units = []
    for i, rank in enumerate(ranks):
        status, station = statuses[rank], stations[i % len(stations)]
        more = (
            {}
            if rank == 0
            else {
                "at": (spots[i] if status == "on_scene" else spots[i] + draw.normal(0, 0.006, 2)).tolist(),
                "incident_id": calls[i]["incident_id"],
            }
        )
        all_units.append(unit(f"{['E', 'M', 'T', 'BC'][i % 4]}{i}", station, status, **more))
    return state(role=role, units=all_units, incidents=calls)


class LiveMock:
    """The server. Use it as a context; `url` is where it is."""

    def __init__(self, first=None, *, land=None):
        self.state = first or state()
        self.ground = land or ground()
        self.posts, self.asked = [], []
        self.answers = {}
        self.logged_in = True
        self.past = None
        self.up = True
        self._streams, self._ring, self._lock = [], [], threading.Lock()

    def __enter__(self):
        mock = self

        class Handler(_Handler):
            live = mock

        self._handler = Handler
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.cut()
        self.server.shutdown()
        self.server.server_close()

    def push(self, **changes):
        """Send an update, and keep it for those who come back."""
        with self._lock:
            rev = self.state["rev"] + 1
            self.state = {**self.state, "rev": rev, "now": changes.get("now", self.state["now"])}
            data = {"rev": rev, "now": self.state["now"], "speed": self.state["speed"], "paused": False, **changes}
            self._ring.append((rev, data))
            for stream in self._streams:
                stream.put((rev, "update", data))

    def snapshot(self, new):
        with self._lock:
            self.state = new
            self._ring = []
            for stream in self._streams:
                stream.put((new["rev"], "snapshot", new))

    def cut(self, *, up=True):
        """End all streams; with `up` False every request is refused until it is True again."""
        self.up = up
        with self._lock:
            for stream in self._streams:
                stream.put(None)
            self._streams = []

    def listen(self, last):
        with self._lock:
            stream = queue.Queue()
            boot, _, rev = (last or "").rpartition("-")
            if boot == self.state["boot"] and rev.isdigit():
                for number, data in self._ring:
                    if number > int(rev):
                        stream.put((number, "update", data))
            else:
                stream.put((self.state["rev"], "snapshot", self.state))
            self._streams.append(stream)
            return stream


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    live = None

    def log_message(self, *_):
        pass

    def _send(self, status, body, kind="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Security-Policy", CSP)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(data)

    def _asset(self, name):
        asset = PageFiles.read().assets.get(name)
        if asset is None:
            return self._send(404, {"detail": "no such file"})
        return self._send(200, asset.body, asset.kind)

    def do_GET(self):  # noqa: PLR0911 - one answer for each address
        live, parts = self.live, urlsplit(self.path)
        live.asked.append(self.path)
        if not live.up:
            self.close_connection = True
            return None
        if parts.path.startswith("/assets/"):
            return self._asset(unquote(parts.path.removeprefix("/assets/")))
        if parts.path == "/":
            name = "index.html" if live.logged_in else "login.html"
            page = (Path(str(resources.files("fireplan"))) / "live" / "_page" / name).read_bytes()
            self.send_response(200 if live.logged_in else 403)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            if live.logged_in:
                self.send_header("Content-Security-Policy", CSP)
            self.end_headers()
            self.wfile.write(page)
            return None
        if not live.logged_in:
            return self._send(403, {"detail": "log in first"})
        if parts.path == "/api/ground":
            return self._send(200, live.ground)
        if parts.path == "/api/state":
            at = parse_qs(parts.query).get("at")
            return self._send(200, live.past(int(at[0])) if at else live.state)
        if parts.path == "/api/stream":
            return self._stream()
        return self._send(404, {"detail": "no such address"})

    def _stream(self):
        stream = self.live.listen(self.headers.get("Last-Event-ID"))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.close_connection = True
        try:
            self.wfile.write(b"retry: 300\n\n")
            self.wfile.flush()
            while (message := stream.get()) is not None:
                rev, name, data = message
                text = f"id: {self.live.state['boot']}-{rev}\nevent: {name}\ndata: {json.dumps(data)}\n\n"
                self.wfile.write(text.encode())
                self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            pass

    def do_POST(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"null")
        if not self.live.up:
            self.close_connection = True
            return
        path = urlsplit(self.path).path
        self.live.posts.append((path, body))
        if path == "/login":
            self.live.logged_in = body == {"token": "right"}
            self._send(200 if self.live.logged_in else 403, {})
            return
        status, answer = self.live.answers.get(path, (200, {}))
        self._send(status, answer)
