"""A tailed file: lines of every kind, torn, long, moved, overwritten."""

import json
import os
import threading
import time

import pytest
from live_desks import eventually

from fireplan.live._store import Store
from fireplan.live.feeds import TailedFile
from fireplan.live.feeds import _file_tail as tailing
from fireplan.live.feeds._line_splitter import Cutter, Place
from fireplan.operations._events.feed_lines import LONGEST_LINE_BYTES


@pytest.fixture
def file(tmp_path):
    return tmp_path / "feed.jsonl"


def line(n, **said):
    said = {"event_id": f"ev-{n}", "seq": n, "ts": "2024-03-05T19:00:00Z", "type": "heartbeat"} | said
    return json.dumps(said, ensure_ascii=False).encode() + b"\n"


def add(file, raw):
    with file.open("ab") as out:
        out.write(raw)


def ids(batches):
    return [event.event_id for batch in batches for event in batch.events]


def reasons(batches):
    return [(refusal.line, refusal.code) for batch in batches for refusal in batch.refusals]


def on_from(file, batches):
    feed = TailedFile(file)
    feed.resume(batches[-1].position)
    return feed


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 1000, 10**6])
def test_lines_are_cut_alike_from_pieces_of_any_size(size):
    raw = b"one\r\n\n\xc3\xa9two\n" + b"x" * (LONGEST_LINE_BYTES + 3) + b"\nthree\n\x00four"
    cutter, lines = Cutter(Place()), []
    for start in range(0, len(raw), size):
        lines += cutter.cut(raw[start : start + size])
    numbers = [(cut.number, cut.raw if len(cut.raw) < 99 else "long") for cut in lines]
    assert numbers == [(1, b"one\r\n"), (2, b"\n"), (3, b"\xc3\xa9two\n"), (4, "long"), (5, b"three\n")]
    assert cutter.rest == b"\x00four"
    assert cutter.place == Place(len(raw) - 5, 5)


def test_a_line_without_end_is_never_held():
    cutter = Cutter(Place())
    found = [cut for _ in range(200) for cut in cutter.cut(b"y" * 50_000)]
    assert len(cutter.rest) <= LONGEST_LINE_BYTES + 2
    assert [(cut.number, cut.too_long) for cut in found] == [(1, True)]
    assert max(len(cut.raw) for cut in found) < 3 * LONGEST_LINE_BYTES


@pytest.mark.parametrize("over", [0, 1, 2, 3])
def test_the_longest_line_is_just_used(file, over, read_all):
    bare = line(1, narrative="")
    file.write_bytes(line(1, narrative="z" * (LONGEST_LINE_BYTES - len(bare) + 1 + over)) + line(2))
    batches = read_all(TailedFile(file))
    assert ids(batches) == ([] if over else ["ev-1"]) + ["ev-2"]
    assert reasons(batches) == ([(1, "too_long")] if over else [])


def test_a_line_without_end_is_refused_at_once_and_once(file, read_all):
    file.write_bytes(line(1) + b"x" * 200_000)
    first = read_all(TailedFile(file), waits=3)
    assert reasons(first) == [(2, "too_long")]
    assert len(first[-1].refusals[0].text) == 2000
    add(file, b"x" * 200_000)
    assert read_all(on_from(file, first), waits=2, resume=False) == []
    add(file, b"x\n" + line(3) + b"?\n")
    last = read_all(on_from(file, first), resume=False)
    assert (ids(last), reasons(last)) == (["ev-3"], [(4, "not_json")])


def test_long_whitespace_is_no_line_that_is_passed_over_in_silence(file, read_all):
    file.write_bytes(b" " * 400_000 + line(1))
    assert reasons(read_all(TailedFile(file), waits=2)) == [(1, "too_long")]


def test_bom_crlf_and_blank_lines(file, read_all):
    file.write_bytes(b"\xef\xbb\xbf" + line(1).replace(b"\n", b"\r\n") + b"\r\n\n \t\n" + line(2))
    batches = read_all(TailedFile(file))
    assert (ids(batches), reasons(batches)) == (["ev-1", "ev-2"], [])


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-be", "utf-16-le"])
def test_utf_16_is_refused_line_by_line(file, coding, read_all):
    file.write_bytes((line(1) + line(2) + line(3)).decode().encode(coding))
    batches = read_all(TailedFile(file))
    assert ids(batches) == []
    assert reasons(batches) == [(1, "not_utf8"), (2, "not_utf8"), (3, "not_utf8")]


@pytest.mark.parametrize("cut", range(1, len(line(7, address="É\U0001f692")), 3))
def test_a_line_torn_at_any_byte_waits_and_is_used_once(file, cut, read_all):
    store = Store.open(file.with_name("live.db"))
    raw = line(7, address="É\U0001f692")
    file.write_bytes(line(1) + raw[:cut])
    read_all(TailedFile(file), store)
    assert store.counts()["events"] == 1
    add(file, raw[cut:] + line(8))
    read_all(TailedFile(file), store)
    assert [event.event_id for event in store.events()] == ["ev-1", "ev-7", "ev-8"]
    assert store.counts()["refused"] == 0
    store.close()


@pytest.mark.parametrize("glue", [b"", b"\n"])
def test_a_writer_that_died_amid_a_line_costs_no_other_line(file, glue, read_all):
    file.write_bytes(line(1) + line(2)[:40])
    first = read_all(TailedFile(file))
    add(file, glue + line(3) + line(4))
    last = read_all(on_from(file, first), resume=False)
    assert ids(last) == (["ev-3", "ev-4"] if glue else ["ev-4"])
    assert reasons(last) == [(2, "not_json")]


def test_a_whole_event_whose_end_is_missing_is_used_after_a_while_and_not_doubled(file, read_all, monkeypatch):
    monkeypatch.setattr(tailing, "SETTLED_S", -1.0)
    file.write_bytes(line(1) + line(2).rstrip(b"\n"))
    feed = TailedFile(file)
    first = read_all(feed, waits=4)
    assert ids(first) == ["ev-1", "ev-2"]
    assert first[0].position == first[1].position  # the line may yet go on
    add(file, b"\n" + line(3))
    assert ids(read_all(on_from(file, first), resume=False)) == ["ev-2", "ev-3"]  # known again by its id


def test_a_whole_event_whose_end_comes_while_it_is_read_is_used_once(file, monkeypatch):
    monkeypatch.setattr(tailing, "SETTLED_S", -1.0)
    file.write_bytes(line(1).rstrip(b"\n"))

    class Stop:
        waits = 0

        def is_set(self):
            return self.waits > 3

        def wait(self, _s):
            self.waits += 1
            if self.waits == 2:
                add(file, b"\r\n" + line(2))

    batches = list(TailedFile(file).batches(Stop()))
    assert (ids(batches), reasons(batches)) == (["ev-1", "ev-2"], [])


def test_half_an_event_is_not_used_however_long_it_stands(file, read_all, monkeypatch):
    monkeypatch.setattr(tailing, "SETTLED_S", -1.0)
    file.write_bytes(line(1, unit={"a": {}}).rstrip(b"}\n") + b"}")
    assert read_all(TailedFile(file), waits=5) == []


def test_a_file_moved_away_amid_a_line_leaves_that_line_refused(file, read_all, monkeypatch):
    monkeypatch.setattr(tailing, "MOVED_S", -1.0)
    file.write_bytes(line(1) + line(2)[:30])
    first = read_all(TailedFile(file))
    file.rename(file.with_name("feed.jsonl-20240306"))
    file.write_bytes(line(3))
    last = read_all(on_from(file, first), waits=5, resume=False)
    assert (ids(last), reasons(last)) == (["ev-3"], [(2, "not_json")])


def test_a_file_replaced_by_a_longer_one_is_read_anew(file, read_all):
    file.write_bytes(line(1))
    first = read_all(TailedFile(file))
    file.write_bytes(line(2) + line(3) + line(4))
    assert ids(read_all(on_from(file, first), waits=3, resume=False)) == ["ev-2", "ev-3", "ev-4"]


@pytest.mark.parametrize("n", [1, 40])
def test_a_file_that_is_copied_and_cut_and_grown_again_while_it_is_read(file, n):
    """Grown beyond where reading stood, so that its length tells nothing."""
    file.write_bytes(b"".join(line(k) for k in range(n)))
    later = b"".join(line(k) for k in range(100, 100 + 2 * n))

    class Stop:
        waits = 0

        def is_set(self):
            return self.waits > 3

        def wait(self, _s):
            self.waits += 1
            if self.waits == 1:
                with file.open("r+b") as out:
                    out.truncate(0)
                    out.write(later)

    assert len(ids(TailedFile(file).batches(Stop()))) == 3 * n


def test_blank_lines_behind_a_batch_do_not_make_the_file_another(file, read_all):
    """The sign by which a file is known again grows with every line, those that say nothing too."""
    file.write_bytes(line(1) + b"noise\n")
    feed = TailedFile(file)
    first = read_all(feed)
    add(file, b"\n\n")
    assert read_all(feed, resume=False) == []
    add(file, line(2))
    assert ids(read_all(feed, resume=False)) == ["ev-2"]
    assert ids(read_all(on_from(file, first), resume=False)) == ["ev-2"]


def test_a_batch_is_never_too_large(file, read_all):
    file.write_bytes(b"".join(line(n) for n in range(1_234)))
    sizes = [len(batch.events) for batch in read_all(TailedFile(file))]
    assert sum(sizes) == 1_234
    assert max(sizes) <= 500


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in a folder on Windows")
def test_a_pipe_is_no_file(tmp_path, read_all):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="is no file"):
        read_all(TailedFile(tmp_path / "pipe"))


def test_two_files_of_one_store_are_told_apart_by_name(tmp_path, store, read_all):
    for n, name in enumerate(("a.jsonl", "b.jsonl")):
        (tmp_path / name).write_bytes(line(n))
        read_all(TailedFile(tmp_path / name), store)
    assert store.position("file a.jsonl") != store.position("file b.jsonl")
    assert store.position("file a.jsonl") is not None


@pytest.mark.parametrize("how", ["deleted", "moved", "its folder moved"])
def test_a_file_that_goes_while_it_is_read_is_told_and_read_on_when_it_is_back(tmp_path, how, monkeypatch):
    monkeypatch.setattr(tailing, "MISSED_S", 0.3)
    folder = tmp_path / "feed"
    folder.mkdir()
    file = folder / "cad.jsonl"
    add(file, line(1))
    feed, stop, seen = TailedFile(file), threading.Event(), []
    reader = threading.Thread(target=lambda: seen.extend(i for b in feed.batches(stop) for i in ids([b])), daemon=True)
    away = tmp_path / "away"
    reader.start()
    eventually(lambda: seen == ["ev-1"])
    time.sleep(0.5)
    assert feed.trouble is None
    gone = file.parent if how == "its folder moved" else file
    file.unlink() if how == "deleted" else gone.rename(away)
    eventually(lambda: feed.trouble is not None, within_s=2)
    assert "not there any more" in feed.trouble
    assert str(file.parent) not in feed.trouble
    if how != "deleted":
        away.rename(gone)
    add(file, line(2))
    eventually(lambda: seen == ["ev-1", "ev-2"] and feed.trouble is None, within_s=3)
    stop.set()
    reader.join(3)
    assert (seen, feed.lost) == (["ev-1", "ev-2"], None)


def test_the_moment_without_a_file_in_a_rotation_is_no_trouble(file, monkeypatch):
    monkeypatch.setattr(tailing, "MOVED_S", 0.1)
    add(file, line(1))
    feed, stop, seen, told = TailedFile(file), threading.Event(), [], []
    reader = threading.Thread(target=lambda: seen.extend(i for b in feed.batches(stop) for i in ids([b])), daemon=True)
    reader.start()
    eventually(lambda: seen == ["ev-1"])
    file.rename(file.with_name("feed.jsonl.1"))
    for _ in range(20):
        told.append(feed.trouble)
        time.sleep(0.05)
    add(file, line(2))
    eventually(lambda: seen == ["ev-1", "ev-2"])
    stop.set()
    reader.join(3)
    assert set(told) == {None}
