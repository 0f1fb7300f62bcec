"""A live view as it is run: feeds handed in, a history played, and a notebook connected to it."""

import json
import threading
import zipfile
from io import BytesIO

import pandas as pd
import pytest
from live_desks import SetClock, desk_at, eventually
from live_towns import T0_US, at_us, call, run, say
from sample_city import sample_city

import fireplan as fp
from fireplan.errors import InputError
from fireplan.live._assemble import feed_of, open_desk, pump, replay_of
from fireplan.live._desk.feed_clock import PlayedClock, WallClock
from fireplan.live._store import StoreError
from fireplan.live._web.server import Binding, Server
from fireplan.live._web.tokens import Tokens
from fireplan.live.feeds import Batch, PolledView, TailedFile
from fireplan.live.feeds._history_replay import ReplayedFeed

TOKENS = Tokens("viewer-token-of-tests", "operator-token-of-tests", "feed-token-of-the-tests")
MIDDLE = (-140.0, 30.015)


@pytest.fixture(scope="module")
def project():
    return sample_city(calibrated=False)


@pytest.fixture(scope="module")
def view(project):
    """Marisol's busiest day, played quickly for a while and then stopped at noon."""
    feed, clock = replay_of(project.history, speed=3600)
    noon_us = clock.now_us() + 6 * 3_600_000_000
    with (
        open_desk(project, store=None, feeds=[feed], clock=clock, source="replay") as desk,
        Server(desk, Binding(port=0), tokens=TOKENS) as server,
    ):
        eventually(lambda: desk.clock.now_us() > noon_us, within_s=30)
        clock.change(paused=True)
        due = sum(e.ts_us <= clock.now_us() for e in feed._events)
        eventually(lambda: desk.snapshot()["upto"] == due and desk.snapshot()["paused"], within_s=30)
        yield desk, server


def test_the_scenario_of_a_notebook_is_the_picture_of_the_page(project, view):
    desk, server = view
    state = desk.snapshot()
    now = fp.live.connect(server.url, token=TOKENS.viewer).scenario()
    assert len(now.changes) >= sum(not u["free"] for u in state["units"] if u["known"])
    found = fp.assess(now, standard=project.standard).summary()
    for measure in state["cover"]["measures"]:
        if measure["name"] != "incidents":  # counted by zone there
            share = found.loc[("first_engine", measure["name"]), "share"]
            assert measure["now"] == pytest.approx(share, abs=2e-3)
    assert now.name.startswith("as of 2025-")
    assert now.incidents is None  # they stay where they are
    here = fp.live.connect(server.url, token=TOKENS.viewer, project=project.folder).scenario(name="now")
    assert (here.name, here.incidents is None) == ("now", False)


def test_the_responses_of_a_notebook_are_those_of_the_history(project, view):
    _, server = view
    start = pd.Timestamp(view[0].snapshot()["now"], unit="ms", tz="UTC").normalize()
    responses = fp.live.connect(server.url, token=TOKENS.viewer).responses(end=start + pd.Timedelta(hours=12))
    original = project.history.responses.set_index(["incident_id", "unit_id"])
    again = responses[responses["travel_s"].notna()].set_index(["incident_id", "unit_id"])
    assert len(again) > 20
    pd.testing.assert_series_equal(again["travel_s"], original.loc[again.index, "travel_s"])


def test_the_past_can_be_asked_for_in_a_notebook(view):
    desk, server = view
    connection = fp.live.connect(server.url, token=TOKENS.operator)
    at = pd.Timestamp(desk.snapshot()["now"] - 3_600_000, unit="ms", tz="UTC")
    assert connection.state(at=at)["now"] == desk.snapshot()["now"] - 3_600_000
    with pytest.raises(InputError, match="no offset"):
        connection.state(at="2025-11-06T08:00:00")


def test_a_wrong_token_a_wrong_address_and_none_are_said(view, monkeypatch):
    _, server = view
    with pytest.raises(InputError, match="refuses this token"):
        fp.live.connect(server.url, token=TOKENS.viewer[::-1]).state()
    with pytest.raises(InputError, match="cannot be reached"):
        fp.live.connect("http://127.0.0.1:9", token="x" * 20).state()
    with pytest.raises(InputError, match="no address"):
        fp.live.connect("file:///etc/passwd", token="x" * 20)
    for name in ("FIREPLAN_OPERATOR_TOKEN", "FIREPLAN_VIEWER_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match="wants a token"):
        fp.live.connect(server.url)
    monkeypatch.setenv("FIREPLAN_VIEWER_TOKEN", TOKENS.viewer)
    assert fp.live.connect(server.url).state()["role"] == "viewer"


def test_the_project_that_is_given_out_holds_no_incident(view):
    names = zipfile.ZipFile(BytesIO(view[0].project_zip())).namelist()
    assert sorted(names) == ["plan.toml", "roads.npz", "stations.csv", "units.csv", "zones.parquet"]


def test_feeds_are_named_on_the_command_line(tmp_path):
    assert isinstance(feed_of(str(tmp_path / "cad.jsonl")), TailedFile)
    assert isinstance(feed_of(f"sqlite:///{tmp_path}/cad.db#events"), PolledView)
    with pytest.raises(InputError, match="behind a #"):
        feed_of("postgresql://u:secret@h/db")


class OneFeed:
    """A feed of two batches."""

    name, trouble = "one", None

    def resume(self, position):
        self.start = 0 if position is None else int(position)

    def batches(self, stop):
        words = [say("unit.out_of_service", 1, "E1", event_id="a"), say("unit.in_service", 2, "E1", event_id="b")]
        for i in range(self.start, 2):
            if stop.is_set():
                return
            yield Batch((words[i],), (), str(i + 1))


def test_a_batch_that_is_not_taken_is_handed_in_again(tmp_path, monkeypatch):
    monkeypatch.setattr("fireplan.live._assemble.AGAIN_S", 0.01)
    with desk_at(tmp_path / "s.sqlite") as desk:
        append, failures = desk._store.append, iter([True, True, False, True, False])

        def sometimes(*args, **more):
            if next(failures, False):
                raise StoreError("no room")
            return append(*args, **more)

        monkeypatch.setattr(desk._store, "append", sometimes)
        pump(OneFeed(), desk, threading.Event())
        assert [e.event_id for e in desk.events_between(None, None)] == ["a", "b"]
        assert desk.position("one") == "2"


def test_a_feed_goes_on_behind_its_last_batch(tmp_path):
    with desk_at(tmp_path / "s.sqlite") as desk:
        desk.submit([], position=("one", "1")).result(10)
        pump(OneFeed(), desk, threading.Event())
        assert [e.event_id for e in desk.events_between(None, None)] == ["b"]


def test_a_feed_that_fails_is_tried_again_and_the_state_says_so(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("fireplan.live._assemble.FIRST_PAUSE_S", 0.2)

    class Broken(OneFeed):
        tries = 0

        def batches(self, stop):
            self.tries += 1
            if self.tries < 4:
                raise ZeroDivisionError("CANARY")
            yield from super().batches(stop)
            stop.wait(20)

    stop, feed = threading.Event(), Broken()
    with desk_at(tmp_path / "s.sqlite", clock=WallClock()) as desk:
        thread = threading.Thread(target=pump, args=(feed, desk, stop), daemon=True)
        thread.start()

        def line(state):
            return next(
                (f for f in desk.snapshot()["health"]["feeds"] if f["name"] == "one" and f["state"] == state), 0
            )

        troubled = eventually(lambda: line("troubled"))
        assert troubled["trouble"] == "it failed (ZeroDivisionError)"
        assert troubled["retry_at"] > desk.snapshot()["wall"] - 5000
        eventually(lambda: [a for a in desk.snapshot()["alerts"] if a["key"] == "feed:troubled:one"])
        assert desk.submit([say("heartbeat", 1)]).result(10).new == 1
        assert eventually(lambda: line("ok"))["events"] == 2
        assert feed.tries == 4
        assert "CANARY" not in caplog.text + json.dumps(desk.snapshot())
        stop.set()
        thread.join(5)


def test_a_tailed_file_reaches_the_picture(tmp_path):
    file = tmp_path / "cad.jsonl"
    stop = threading.Event()
    with desk_at(tmp_path / "s.sqlite", clock=SetClock(at_us(100))) as desk:
        thread = threading.Thread(target=pump, args=(TailedFile(file), desk, stop))
        thread.start()
        said = {"event_id": "1", "ts": "2024-03-05T19:00:30Z", "type": "unit.dispatched", "incident_id": "i"}
        file.write_text(json.dumps(said | {"unit_id": "E1"}) + "\n")
        eventually(lambda: next(u for u in desk.snapshot()["units"] if u["unit_id"] == "E1")["status"] == "dispatched")
        stop.set()
        thread.join()


def test_a_played_clock_goes_as_fast_as_it_is_told():
    clock = PlayedClock(T0_US, speed=100)
    clock.change(paused=True)
    stood = clock.now_us()
    assert stood >= T0_US
    assert clock.now_us() == stood
    clock.set(at_us(50))
    assert clock.now_us() == at_us(50)
    clock.change(paused=False, speed=3600)
    eventually(lambda: clock.now_us() > at_us(60))
    for speed in (0, -1, 1e9, float("nan")):
        with pytest.raises(InputError, match="speed"):
            clock.change(speed=speed)


def played(position=None):
    events = [call("1", 0, at=MIDDLE), *run("1", "E1", 30, 90, 250)]
    clock = PlayedClock(at_us(60), speed=1)
    clock.change(paused=True)
    feed = ReplayedFeed(events, clock)
    feed.resume(position)
    return feed, clock


def test_a_replay_gives_what_is_due_and_then_stops():
    feed, clock = played()
    batches = feed.batches(threading.Event())
    assert [e.type for e in next(batches).events] == ["incident.created", "unit.dispatched"]
    clock.set(at_us(1000))
    last = next(batches)
    assert ([e.type for e in last.events], last.position) == (["unit.enroute", "unit.arrived"], "4")
    assert next(batches, None) is None
    assert clock.paused
    assert "to its end" in feed.trouble


def test_a_replay_goes_on_where_it_was_left():
    feed, clock = played("3")
    assert clock.now_us() == at_us(90)
    clock.set(at_us(300))
    assert [e.type for e in next(feed.batches(threading.Event())).events] == ["unit.arrived"]


def test_a_start_behind_the_end_of_a_history_is_refused(project):
    with pytest.raises(InputError, match="nothing from there on"):
        replay_of(project.history, speed=60, start_us=4 * 10**15)
