"""Each feed by itself: its last word, its rhythm, what is wrong with it; and feeds that are wrong from the start."""

import json
import os
import subprocess
import sys
import threading
import time

import pytest
import sqlalchemy as sa
from live_desks import SetClock, desk_at, eventually
from live_towns import T0_US, say

import fireplan as fp
from fireplan._cli.serve import _own_store
from fireplan.errors import InputError
from fireplan.live._assemble import check_feeds, feed_of, pump
from fireplan.live._desk.feed_clock import PlayedClock, WallClock
from fireplan.live._desk.feed_line import FeedLine
from fireplan.live._desk.keeper import wall_ms
from fireplan.live._desk.service_alerts import ServiceState, service_alerts
from fireplan.live._store import Store, StoreError
from fireplan.live.feeds import Batch, TailedFile
from fireplan.operations._events.refusal import Refusal
from fireplan.operations._events.rhythm import Rhythm

MINUTE_MS = 60_000
WELL = {"state": "ok", "since": None, "last_commit": 0, "said": ""}
REFUSAL = Refusal(T0_US, "cad", 1, "not_json", "no")


def line_of(desk, name):
    return next((f for f in desk.snapshot()["health"]["feeds"] if f["name"] == name), None)


def alerts_of(line, wall, **more):
    return service_alerts(ServiceState(wall, WELL, [line.shown(wall)], **more), 10**15)


# One line


def test_a_line_without_a_word_is_none_and_a_word_makes_it_ok():
    line = FeedLine("cad")
    now = wall_ms()
    assert (line.shown(now)["state"], line.shown(now)["last_word"]) == ("none", None)
    line.hear([], [REFUSAL])
    assert (line.shown(now)["state"], line.shown(now)["refused"]) == ("none", 1)
    line.hear([say("heartbeat", 1)], [])
    shown = line.shown(wall_ms())
    assert (shown["state"], shown["events"], shown["usual_s"]) == ("ok", 1, None)
    assert abs(shown["last_word"] - wall_ms()) < 1000
    assert alerts_of(line, wall_ms()) == []


def test_a_line_of_which_nothing_can_be_used_any_more_is_troubled_at_once():
    line = FeedLine("cad")
    line.hear([say("heartbeat", 1)], [])
    line.hear([], [REFUSAL] * 4)
    assert line.shown(wall_ms())["state"] == "ok"  # a few lines may slip
    line.hear([], [REFUSAL])
    shown = line.shown(wall_ms())
    assert (shown["state"], shown["trouble"]) == ("troubled", "none of the last 5 that came could be used")
    assert alerts_of(line, wall_ms())[0].key == "feed:troubled:cad"
    line.hear([say("heartbeat", 2)], [REFUSAL] * 9)
    assert (line.shown(wall_ms())["state"], line.shown(wall_ms())["trouble"]) == ("ok", None)


def test_what_is_set_aside_does_not_keep_a_line_from_being_silent():
    line = FeedLine("cad")
    line.hear([say("heartbeat", 1)], [])
    last = line.shown(0)["last_word"]
    line.hear([], [REFUSAL])
    assert line.shown(last + 121 * MINUTE_MS)["state"] == "quiet"
    (alert,) = alerts_of(line, last + 121 * MINUTE_MS)
    assert (alert.key, alert.kind, alert.level) == ("feed:quiet:cad", "feed", "serious")
    assert alert.since_us == 10**15 - 121 * MINUTE_MS * 1000
    assert "2 h" in alert.text


def test_a_line_is_judged_by_its_own_rhythm():
    often, seldom = FeedLine("often"), FeedLine("seldom")
    now = wall_ms()
    for line, step_s in ((often, 20), (seldom, 1800)):
        line.recall(None, Rhythm.of(range((now - 60 * 86_400_000) * 1000, now * 1000, step_s * 1_000_000)))
        line.hear([say("heartbeat", 1)], [])
    later = wall_ms() + 40 * MINUTE_MS
    assert (often.shown(later)["state"], seldom.shown(later)["state"]) == ("quiet", "ok")
    assert often.shown(later)["usual_s"] < 30
    assert seldom.shown(later)["usual_s"] >= 1800
    assert "every second silence is under" in alerts_of(often, later)[0].text


def test_a_rhythm_is_kept_and_read_again():
    line, again = FeedLine("cad"), FeedLine("cad")
    line.recall(None, Rhythm.of(range(0, 86_400_000_000, 60_000_000)))
    line.hear([say("heartbeat", 1)], [])
    again.recall(line.as_text(), Rhythm())
    assert again.as_text() == line.as_text()
    assert again.shown(wall_ms())["last_word"] == line.shown(wall_ms())["last_word"]
    for spoilt in ("", "{}", "[]", '{"last_ms": null, "silences": 3}'):
        other = FeedLine("cad")
        other.recall(spoilt, Rhythm())
        assert other.shown(wall_ms())["state"] == "none"


def test_what_fails_is_troubled_and_says_when_it_is_tried_again():
    line = FeedLine("cad")
    line.fails("the table is not there", again_s=8)
    shown = line.shown(wall_ms())
    assert (shown["state"], shown["trouble"]) == ("troubled", "the table is not there")
    assert 7000 < shown["retry_at"] - wall_ms() <= 8000
    assert alerts_of(line, wall_ms())[0].key == "feed:troubled:cad"
    line.goes_on()
    assert line.shown(wall_ms() + 1000)["state"] == "troubled"
    assert (line.shown(wall_ms() + 6000)["state"], line.shown(wall_ms())["trouble"]) == ("none", None)


def test_a_file_that_is_not_there_yet_is_shown_and_told_gently():
    line = FeedLine("cad")
    line.asks(lambda name: "the file is not there yet" if name == "trouble" else None)
    assert (line.shown(wall_ms())["state"], line.shown(wall_ms())["trouble"]) == ("none", "the file is not there yet")
    assert [(a.level, a.title) for a in alerts_of(line, wall_ms())] == [
        ("warning", "Feed cad: the file is not there yet")
    ]


def test_what_is_lost_is_told_as_long_as_the_service_runs():
    line = FeedLine("cad")
    line.asks(lambda name: "lines may be lost" if name == "lost" else None)
    line.hear([say("heartbeat", 1)], [])
    assert (line.shown(wall_ms())["state"], line.shown(wall_ms())["trouble"]) == ("ok", "lines may be lost")
    assert [a.key for a in alerts_of(line, wall_ms())] == ["feed:ok:cad"]


def test_a_feed_that_ends_is_told_but_for_a_replay():
    line = FeedLine("cad")
    line.hear([say("heartbeat", 1)], [])
    line.ends()
    assert line.shown(wall_ms())["state"] == "ended"
    assert [a.key for a in alerts_of(line, wall_ms())] == ["feed:ended:cad"]
    assert alerts_of(line, wall_ms(), replay=True) == []


@pytest.mark.parametrize("state", ["slow", "unreachable", "full", "locked", "corrupt", "gone"])
def test_an_alert_of_the_store_is_told_on_the_clock_of_the_feed(state):
    store = {"state": state, "since": 5000, "last_commit": 4000, "said": "what, and its mend"}
    (alert,) = service_alerts(ServiceState(25_000, store, []), 10**15)
    assert (alert.key, alert.kind, alert.since_us) == (f"store:{state}", "store", 10**15 - 20_000_000)
    assert (alert.level, alert.text) == ("warning" if state == "slow" else "serious", "what, and its mend")


# At the desk


def test_a_desk_shows_its_feeds_and_what_is_posted(tmp_path):
    with desk_at(tmp_path / "s.sqlite", clock=WallClock()) as desk:
        assert [f["state"] for f in desk.snapshot()["health"]["feeds"]] == ["none"]
        desk.line("cad").hear([say("heartbeat", 1)], [])
        eventually(lambda: line_of(desk, "cad"))
        assert line_of(desk, "posted events") is None
        desk.submit([say("heartbeat", 2)], [REFUSAL]).result(10)
        posted = eventually(lambda: line_of(desk, "posted events"))
        assert (posted["events"], posted["refused"], posted["state"]) == (1, 1, "ok")
        eventually(lambda: desk.snapshot()["health"]["refused_share"] == 0.5)
        example = desk.snapshot()["health"]["refused_example"]
        assert (example["code"], example["line"]) == ("not_json", 1)


def test_a_restart_remembers_the_rhythm_and_the_last_word(store_url):
    with desk_at(store_url, clock=WallClock()) as desk:
        line = desk.line("cad")
        line.recall(None, Rhythm.of(range(0, 86_400_000_000, 60_000_000)))
        line.hear([say("heartbeat", 1)], [])
        last = line.shown(wall_ms())["last_word"]
    with desk_at(store_url, clock=WallClock()) as desk:
        shown = desk.line("cad").shown(wall_ms())
        assert (shown["last_word"], shown["events"]) == (last, 0)
        assert 60 <= shown["usual_s"] <= 91


def test_a_played_feed_is_never_told_as_silent(tmp_path):
    with desk_at(tmp_path / "s.sqlite", clock=PlayedClock(T0_US)) as desk:
        line = desk.line("replay")
        line.hear([say("heartbeat", 1)], [])
        assert line.shown(wall_ms() + 10**9)["state"] == "ok"


class Slow:
    """A feed of five events."""

    name, trouble = "slow", None

    def resume(self, position):
        self.at = int(position or 0)

    def batches(self, stop):
        for n in range(self.at, 5):
            yield Batch((say("heartbeat", n, event_id=f"e{n}"),), (), str(n + 1))
        stop.wait(30)


def test_a_feed_waits_for_a_store_that_hangs_and_then_hands_in_once(tmp_path, monkeypatch):
    with desk_at(tmp_path / "s.sqlite", clock=SetClock()) as desk:
        hangs, append, calls = threading.Event(), desk._store.append, []

        def hanging(events, *args, **more):
            calls.append(len(events))
            hangs.wait(30)
            return append(events, *args, **more)

        monkeypatch.setattr(desk._store, "append", hanging)
        stop = threading.Event()
        thread = threading.Thread(target=pump, args=(Slow(), desk, stop), daemon=True)
        thread.start()
        time.sleep(2)
        assert calls == [1]
        hangs.set()
        eventually(lambda: desk.snapshot()["upto"] == 5)
        assert calls == [1] * 5
        stop.set()
        thread.join(5)
        assert not thread.is_alive()


def test_a_store_that_cannot_be_read_at_the_start_is_told_and_does_not_hang(tmp_path):
    store = Store.open(tmp_path / "s.sqlite")
    store.close()
    with pytest.raises(StoreError, match="closed"), desk_at_store(store):
        pass


def desk_at_store(store):
    from live_desks import department  # noqa: PLC0415

    from fireplan.live._desk.event_loop import Desk  # noqa: PLC0415

    desk = Desk(department(), store, clock=SetClock(), source="test")
    desk.wait_ready(20)
    return desk


# At the start


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("{tmp}/nowhere/cad.jsonl", "the folder 'nowhere' is not there"),
        ("{tmp}", "is no file"),
        ("sqlite:///{tmp}/none.db#calls", "cannot be read"),
        ("sqlite:///{tmp}/cad.db#kalls", "'kalls' is not there"),
        ("sqlite:///{tmp}/cad.db#calls", "lacks ts"),
        ("postgresql://nobody@127.0.0.1:9/none#calls", "cannot be reached"),
    ],
)
def test_a_feed_that_is_wrong_is_refused_at_the_start(tmp_path, said, why):
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'cad.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE calls (id INTEGER PRIMARY KEY, event_id, type)")
    engine.dispose()
    with pytest.raises(InputError, match="feed ") as told:
        check_feeds([feed_of(said.format(tmp=tmp_path))])
    assert why in str(told.value)


def test_two_feeds_of_one_name_are_refused(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    with pytest.raises(InputError, match=r"called 'file cad\.jsonl'"):
        check_feeds([TailedFile(tmp_path / folder / "cad.jsonl") for folder in ("a", "b")])


def test_serve_ends_with_2_and_the_reason(tmp_path):
    command = [sys.executable, "-m", "fireplan", "serve", str(fp.examples.marisol_folder()), "--port", "0"]
    command += ["--feed", str(tmp_path / "nowhere" / "cad.jsonl"), "--store", str(tmp_path / "s.sqlite")]
    env = {k: v for k, v in os.environ.items() if not k.endswith("_TOKEN")}
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=tmp_path, timeout=120, check=False)
    assert done.returncode == 2
    assert "the folder 'nowhere' is not there" in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


# Where the store is


def test_a_store_is_beside_the_plan_and_one_among_the_outputs_is_used_on_and_told(tmp_path, caplog):
    out = tmp_path / "out"
    assert _own_store(tmp_path, out) == tmp_path / "live.sqlite"
    assert caplog.text == ""
    out.mkdir()
    (out / "live.sqlite").touch()
    assert _own_store(tmp_path, out) == out / "live.sqlite"
    assert "move it to live.sqlite" in caplog.text
    caplog.clear()
    (tmp_path / "live.sqlite").touch()
    assert _own_store(tmp_path, out) == tmp_path / "live.sqlite"
    assert "out/live.sqlite holds events too, and is not read" in caplog.text


def test_the_lines_are_json(tmp_path):
    with desk_at(tmp_path / "s.sqlite", clock=WallClock()) as desk:
        desk.submit([say("heartbeat", 2)]).result(10)
        eventually(lambda: desk.snapshot()["upto"] == 1)
        json.dumps(desk.snapshot(), allow_nan=False)
