"""Files moved away while they are read, or while nobody reads: every line once and in order, or told as lost."""

import gzip
import json
import os
import shutil

import pytest

from fireplan.errors import InputError
from fireplan.live._store import Store
from fireplan.live.feeds import TailedFile
from fireplan.live.feeds import _file_tail as tailing
from fireplan.live.feeds import _generations as generations


@pytest.fixture
def file(tmp_path):
    return tmp_path / "app.log"


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(tailing, "MOVED_S", -1.0)


@pytest.fixture
def kept(tmp_path):
    store = Store.open(tmp_path / "store.db")
    yield store
    store.close()


def lines(*numbers):
    said = {"ts": "2024-03-05T19:00:00Z", "type": "heartbeat"}
    return b"".join(json.dumps({"event_id": f"e{n}", **said}).encode() + b"\n" for n in numbers)


def add(file, *numbers):
    with file.open("ab") as out:
        out.write(lines(*numbers))


def rotate(file, *, packed_from=99):
    """As logrotate does: .1 becomes .2, and the file becomes .1."""
    for n in range(9, 0, -1):
        for end in ("", ".gz"):
            one = file.with_name(f"{file.name}.{n}{end}")
            if one.exists():
                one.rename(file.with_name(f"{file.name}.{n + 1}{end}"))
    file.rename(file.with_name(f"{file.name}.1"))
    for n in range(packed_from, 10):
        one = file.with_name(f"{file.name}.{n}")
        if one.exists():
            with one.open("rb") as said, gzip.open(f"{one}.gz", "wb") as out:
                shutil.copyfileobj(said, out)
            one.unlink()


def read(file, store, read_all, *, waits=12):
    feed = TailedFile(file)
    read_all(feed, store, waits=waits)
    return feed


def arrived(store):
    """In the order in which they were stored: all have one stamp."""
    return [event.event_id for event in store.events()]


@pytest.mark.parametrize("packed_from", [99, 2, 1])
@pytest.mark.parametrize("rotations", [1, 2, 4])
def test_all_rotations_while_the_service_was_down_are_read_in_order(file, kept, read_all, rotations, packed_from):
    add(file, 0, 1)
    assert read(file, kept, read_all).lost is None
    n = 2
    add(file, n)
    for _ in range(rotations):
        rotate(file, packed_from=packed_from)
        add(file, n + 1, n + 2)
        n += 2
    feed = read(file, kept, read_all, waits=30)
    assert arrived(kept) == [f"e{k}" for k in range(n + 1)]
    assert feed.lost is None
    add(file, n + 1)
    read(file, kept, read_all)
    assert arrived(kept)[-1] == f"e{n + 1}"


def test_rotations_while_it_is_read_are_followed(file, kept):
    add(file, 0)
    feed = TailedFile(file)
    n = 0

    class Stop:
        waits = 0

        def is_set(self):
            return self.waits > 40

        def wait(self, _s):
            nonlocal n
            self.waits += 1
            if self.waits in {2, 12}:  # twice before anybody looks
                for _ in range(2):
                    n += 2
                    add(file, n - 1)
                    rotate(file)
                    add(file, n)

    for batch in feed.batches(Stop()):
        kept.append(batch.events, batch.refusals, position=(feed.name, batch.position))
    assert arrived(kept) == [f"e{k}" for k in range(n + 1)]
    assert feed.lost is None


def test_a_restart_amid_the_generations_goes_on_there(file, kept, read_all):
    add(file, 0)
    read(file, kept, read_all)
    for n in (1, 2, 3):
        rotate(file)
        add(file, n)
    for waits in range(1, 14):
        read(file, kept, read_all, waits=waits)
    assert arrived(kept) == ["e0", "e1", "e2", "e3"]


def test_dates_as_names_are_ordered_by_their_last_word(file, kept, read_all):
    add(file, 0)
    read(file, kept, read_all)
    for n, day in enumerate(("20260301", "20260302", "20260303"), start=1):
        away = file.with_name(f"app.log-{day}")
        file.rename(away)
        os.utime(away, (1_772_000_000 + n * 86_400,) * 2)
        add(file, n)
    read(file, kept, read_all, waits=30)
    assert arrived(kept) == ["e0", "e1", "e2", "e3"]


def test_a_file_that_is_copied_and_emptied_is_read_on_in_its_copy(file, kept, read_all):
    add(file, 0, 1)
    read(file, kept, read_all)
    add(file, 2)
    shutil.copy(file, file.with_name("app.log.1"))
    file.write_bytes(lines(3))
    feed = read(file, kept, read_all, waits=20)
    assert arrived(kept) == ["e0", "e1", "e2", "e3"]
    assert feed.lost is None


def test_a_generation_that_is_gone_is_told_as_lost_and_the_rest_is_read(file, kept, read_all):
    add(file, 0)
    read(file, kept, read_all)
    for n in (1, 2, 3):
        rotate(file)
        add(file, n)
    file.with_name("app.log.3").unlink()  # what was read last
    feed = read(file, kept, read_all, waits=30)
    assert arrived(kept) == ["e0", "e1", "e2", "e3"]
    assert "may be lost" in feed.lost


def test_what_cannot_be_unpacked_is_told_as_lost(file, kept, read_all, monkeypatch):
    add(file, 0)
    read(file, kept, read_all)
    rotate(file)
    add(file, 1)
    rotate(file)
    add(file, 2)
    one = file.with_name("app.log.1")
    one.rename(file.with_name("app.log.1.gz"))  # it is no gz
    feed = read(file, kept, read_all, waits=30)
    assert arrived(kept) == ["e0", "e2"]
    assert "app.log.1.gz could not be read" in feed.lost
    monkeypatch.setattr(generations, "MOST_UNPACKED_BYTES", 10)
    with gzip.open(one.with_name("x.gz"), "wb") as out:
        out.write(b"x" * 1000)
    with pytest.raises(OSError, match="too much"):
        generations.opened_generation(one.with_name("x.gz"))


def test_what_is_told_of_a_file_that_cannot_be_read_holds_no_path(file, kept, read_all, monkeypatch):
    with pytest.raises(OSError, match="No such file") as told:
        generations.opened_generation(file.with_name("gone.gz"))
    assert str(file.parent) not in str(told.value)
    add(file, 0)
    read(file, kept, read_all)
    rotate(file)
    add(file, 1)
    rotate(file)
    add(file, 2)
    opened = tailing.opened_generation

    def refuse(path):
        if path.name.endswith(".1"):
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path)

    monkeypatch.setattr(tailing, "opened_generation", refuse)
    feed = read(file, kept, read_all, waits=30)
    assert "app.log.1 could not be read (Permission denied)" in feed.lost
    assert str(file.parent) not in feed.lost


def test_what_lies_there_before_a_feed_is_first_read_is_not_its_own(file, kept, read_all):
    add(file, 0)
    rotate(file)
    add(file, 1)
    assert read(file, kept, read_all).lost is None
    assert arrived(kept) == ["e1"]


def test_other_files_of_the_folder_are_no_generations(file, kept, read_all):
    add(file, 0)
    read(file, kept, read_all)
    for name in ("app.log.lock", "app.log.index", "app.logs", "app.log2.txt"):
        (file.with_name(name)).write_bytes(lines(99))
    rotate(file)
    add(file, 1)
    read(file, kept, read_all, waits=20)
    assert arrived(kept) == ["e0", "e1"]


@pytest.mark.parametrize("what", ["folder away", "a folder", "unreadable"])
def test_a_file_that_can_never_be_read_is_refused_at_the_start(tmp_path, what):
    path = tmp_path / "app.log"
    if what == "folder away":
        path = tmp_path / "nowhere" / "app.log"
    elif what == "a folder":
        path.mkdir()
    elif not hasattr(os, "geteuid") or os.geteuid() == 0:
        pytest.skip("root may read everything")
    else:
        path.touch(mode=0o000)
    with pytest.raises(InputError, match="nowhere" if what == "folder away" else "app.log"):
        TailedFile(path).check()
    TailedFile(tmp_path / "not_yet.log").check()
