"""Feeds: a file that grows, a table that is asked, and the check that any adapter must pass."""

import json
import os
import threading
import time

import pytest
import sqlalchemy as sa
from corpus import corpus_cases

from fireplan.errors import InputError
from fireplan.live.feeds import Batch, FeedFault, PolledView, TailedFile, check_feed
from fireplan.live.feeds._feed import batch_of
from fireplan.operations._events.event import event_of
from fireplan.operations._events.feed_lines import LONGEST_LINE_BYTES
from fireplan.operations._events.refusal import Refusal


def line(n, **said):
    event = {
        "event_id": f"ev-{n}",
        "seq": n,
        "ts": f"2024-03-05T19:{n // 60 % 60:02d}:{n % 60:02d}Z",
        "type": "heartbeat",
    }
    return json.dumps(event | said).encode() + b"\n"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "feed.jsonl"


def ids(batches):
    return [event.event_id for batch in batches for event in batch.events]


def reasons(batches):
    return [(refusal.line, refusal.code) for batch in batches for refusal in batch.refusals]


def writer(file):
    def write(events):
        with file.open("a", encoding="utf-8", newline="\n") as out:
            out.writelines(json.dumps(event) + "\n" for event in events)

    return write


def tearing(file):
    def tear(event):
        raw = json.dumps(event).encode() + b"\n"
        with file.open("ab") as out:
            out.write(raw[:50])

        def finish():
            with file.open("ab") as out:
                out.write(raw[50:])

        return finish

    return tear


def test_a_tailed_file_keeps_what_a_feed_promises(file):
    check_feed(lambda: TailedFile(file), writer(file), tear=tearing(file))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """A database with an empty table of events."""
    url = (
        f"sqlite:///{tmp_path / 'cad.db'}"
        if request.param == "sqlite"
        else request.getfixturevalue("fresh_postgres_url")
    )
    engine = sa.create_engine(url)
    table = sa.Table(
        "events",
        sa.MetaData(),
        sa.Column("row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text) for name in ("event_id", "ts", "type", "incident_id", "unit_id", "call_type")),
        *(sa.Column(name, sa.Text) for name in ("priority", "address", "narrative")),
        *(sa.Column(name, sa.Float(53)) for name in ("latitude", "longitude")),
        sa.Column("seq", sa.BigInteger),
    )
    table.metadata.create_all(engine)
    yield url, engine, table
    engine.dispose()


def test_a_polled_view_keeps_what_a_feed_promises(database):
    url, engine, table = database

    def write(events):
        with engine.begin() as connection:
            connection.execute(table.insert(), events)

    check_feed(lambda: PolledView(url, "events", every_s=0.02), write)


def test_a_view_is_as_good_as_a_table(database, read_all):
    url, engine, table = database
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"event_id": "a", "ts": "2024-03-05T19:00:00Z", "type": "heartbeat"}])
        connection.exec_driver_sql('CREATE VIEW "Live Events" AS SELECT * FROM events')
    view = PolledView(url, '"Live Events"', every_s=0)
    view.check()
    assert ids(read_all(view)) == ["a"]


def test_a_transaction_that_ends_after_a_later_one_is_not_missed(database, read_all):
    url, engine, table = database
    row = {"ts": "2024-03-05T19:00:00Z", "type": "heartbeat"}
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"row": 1, "event_id": "a", **row}, {"row": 3, "event_id": "c", **row}])
    view = PolledView(url, "events", every_s=0)
    first = read_all(view)
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"row": 2, "event_id": "b", **row}])
    again = PolledView(url, "events", every_s=0)
    again.resume(first[-1].position)
    assert (ids(first), ids(read_all(again, resume=False))) == (["a", "c"], ["b"])


@pytest.mark.parametrize("table", ["nowhere", "events; DROP TABLE events", "a.b.c", '"events" WHERE 1=1 --'])
def test_a_table_that_is_none_is_refused(database, table):
    url, engine, _ = database
    with pytest.raises(InputError, match=r"is not there|is no name"):
        PolledView(url, table).check()
    assert sa.inspect(engine).has_table("events")


def test_columns_that_are_missing_are_named(database):
    url, engine, _ = database
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW poor AS SELECT event_id, type FROM events")
    with pytest.raises(InputError, match=r"lacks ts, a key \(row or id\)"):
        PolledView(url, "poor").check()


def test_a_database_that_is_away_is_tried_again_and_its_password_is_not_told(tmp_path, caplog):
    view = PolledView(f"sqlite:///{tmp_path / 'later.db'}", "events", every_s=0)
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    assert list(view.batches(stop)) == []
    assert view.trouble
    with pytest.raises(InputError) as told:
        PolledView("postgresql://cad:CANARY@127.0.0.1:1/dispatch", "events").check()
    assert "CANARY" not in str(told.value) + caplog.text


def test_a_file_that_is_not_there_yet_is_waited_for(file, read_all):
    feed = TailedFile(file)
    assert read_all(feed) == []
    assert feed.trouble == "the file is not there yet"
    file.write_bytes(line(1))
    assert ids(read_all(feed, resume=False)) == ["ev-1"]
    assert feed.trouble is None


def test_a_folder_is_no_feed(tmp_path, read_all):
    with pytest.raises(InputError, match="is no file"):
        read_all(TailedFile(tmp_path))


def test_a_file_that_was_moved_away_is_read_to_its_end(file):
    file.write_bytes(line(1))
    feed = TailedFile(file)
    stop, batches = threading.Event(), []
    thread = threading.Thread(target=lambda: batches.extend(feed.batches(stop)))
    thread.start()
    until(lambda: ids(batches) == ["ev-1"])
    if os.name != "nt":
        with file.open("ab") as old:
            file.rename(file.with_suffix(".jsonl.1"))
            file.write_bytes(line(3))
            time.sleep(0.1)
            old.write(line(2))
            old.flush()
        until(lambda: ids(batches) == ["ev-1", "ev-2", "ev-3"])
    stop.set()
    thread.join(5)


def test_after_a_restart_the_file_that_was_moved_away_is_finished_first(file, read_all, monkeypatch):
    monkeypatch.setattr("fireplan.live.feeds._file_tail.MOVED_S", -1.0)
    file.write_bytes(line(1))
    position = read_all(TailedFile(file))[-1].position
    with file.open("ab") as out:
        out.write(line(2))
    file.rename(file.with_suffix(".jsonl.1"))
    file.write_bytes(line(3))
    feed = TailedFile(file)
    feed.resume(position)
    assert ids(read_all(feed, waits=30, resume=False)) == ["ev-2", "ev-3"]


def test_a_file_that_is_emptied_is_read_anew(file, read_all):
    file.write_bytes(line(1) + line(2))
    feed = TailedFile(file)
    assert ids(read_all(feed)) == ["ev-1", "ev-2"]
    file.write_bytes(line(3))
    assert ids(read_all(feed, waits=3, resume=False)) == ["ev-3"]


def test_a_long_line_is_passed_over_and_the_rest_used(file, read_all):
    file.write_bytes(line(1) + b'{"x": "' + b"y" * 3 * LONGEST_LINE_BYTES + b'"}\n' + line(2))
    batches = read_all(TailedFile(file), waits=3)
    assert (ids(batches), reasons(batches)) == (["ev-1", "ev-2"], [(2, "too_long")])


def test_line_numbers_go_on_after_a_restart(file, read_all):
    file.write_bytes(line(1) + b"noise\n")
    position = read_all(TailedFile(file))[-1].position
    with file.open("ab") as out:
        out.write(b"\r\n" + b"more noise\r\n" + line(2))
    feed = TailedFile(file)
    feed.resume(position)
    assert reasons(read_all(feed, resume=False)) == [(4, "not_json")]


@pytest.mark.parametrize(
    "position", ["", "nonsense", "{}", '{"at": -1, "line": 0, "within": false, "head": ""}', "[1]"]
)
def test_a_position_that_cannot_be_read_is_the_beginning(file, position, read_all):
    file.write_bytes(line(1))
    feed = TailedFile(file)
    feed.resume(position)
    assert ids(read_all(feed, resume=False)) == ["ev-1"]


@pytest.mark.corpus
@pytest.mark.parametrize("case", corpus_cases("feed"), ids=lambda case: case["file"])
def test_files_of_the_corpus_end_in_the_store_with_their_counts(case, shared_corpus, store, read_all):
    batches = read_all(TailedFile(shared_corpus / case["file"]), store, waits=3)
    counts = store.counts()
    assert counts["events"] == int(case["rows_ok"])
    assert counts["refused"] == int(case["rows_quarantined"])
    given = sum(len(b.events) + len(b.refusals) for b in batches)
    assert given == int(case["rows_in"])
    read_all(TailedFile(shared_corpus / case["file"], name="again"), store, waits=3)
    assert store.counts()["events"] == counts["events"]


class Careless:
    """An adapter with one fault; without any it is the best of its kind."""

    name = "careless"

    def __init__(self, source, fault):
        self.source, self.fault = source, fault
        self.at = 0

    def resume(self, position):
        self.at = 0 if position is None or self.fault == "forgets" else int(position)
        self.at += self.fault == "skips" and position is not None

    def batches(self, stop):
        while self.fault == "never ends" or not stop.is_set():
            new = self.source[self.at : self.at + (10_000 if self.fault == "too many" else 300)]
            if not new and self.fault != "empty batches":
                time.sleep(0.01)
                continue
            self.at += len(new)
            new = new[:-1] if self.fault == "loses" and len(new) > 1 else new
            new = [*new, new[-1]] if self.fault == "doubles" and new else new
            new = new[::-1] if self.fault == "turns round" else new
            yield self.read(new)
            time.sleep(0.01)

    def read(self, new):
        read = []
        for said in new:
            if "T19:00:20" in said["ts"] and "Z" not in said["ts"]:
                if self.fault == "fails":
                    raise ValueError("no offset")
                if self.fault != "swallows":
                    read.append(Refusal(0, self.name, None, "ts_naive", "no offset", said["event_id"]))
                continue
            mangled = said | ({"priority": str(int(said["priority"]))} if self.fault == "mangles" else {})
            read.append(event_of(mangled, received_us=2 * 10**15))
        batch = batch_of(read, str(self.at))
        return Batch(batch.events, batch.refusals, None if self.fault == "no position" else batch.position)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("loses", "instead of"),
        ("doubles", "instead of"),
        ("turns round", "instead of"),
        ("forgets", "instead of"),
        ("skips", "instead of"),
        ("swallows", "0 refusals"),
        ("fails", "it fails"),
        ("mangles", "came out as"),
        ("too many", "a batch holds"),
        ("empty batches", "though nothing was written"),
        ("never ends", "has not ended"),
    ],
)
def test_the_checker_finds_what_an_adapter_does_wrong(fault, says, monkeypatch):
    soon = fault in {"never ends", "swallows"}  # these wait to the end; the others need a processor in time
    monkeypatch.setattr("fireplan.live.feeds._adapter_check.ENDS_WITHIN_S", 0.3 if soon else 5.0)
    source = []
    with pytest.raises(FeedFault, match=says):
        check_feed(lambda: Careless(source, fault), source.extend, patience_s=2.0)


def test_the_checker_passes_an_adapter_without_fault():
    source = []
    check_feed(lambda: Careless(source, None), source.extend)


def until(said, within_s=10):
    ends_s = time.monotonic() + within_s
    while not said():
        assert time.monotonic() < ends_s
        time.sleep(0.02)
