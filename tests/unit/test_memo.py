import copy
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest

from fireplan._memory import check_room
from fireplan._result_cache import Memo
from fireplan.errors import InputError
from fireplan.examples import line_town
from fireplan.travel import travel_times


def counted(value):
    """A maker that counts how often it was asked."""
    asked = []

    def make():
        asked.append(1)
        return value

    return make, asked


def test_a_result_is_made_once():
    memo, (make, asked) = Memo(), counted("made")
    assert memo.get("key", make) == memo.get("key", make) == "made"
    assert len(asked) == 1


def test_what_is_at_hand_is_found_by_key_or_by_what_it_is():
    memo = Memo()
    assert memo.find("key", int) is None
    for n in range(4):
        memo.get(n, lambda n=n: (n, "name"))
    assert memo.find(2, tuple) == (2, "name")
    assert memo.find(2, int) is None
    assert memo.find_where(tuple, lambda found: found[0] < 3) == (2, "name")
    assert memo.find_where(tuple, lambda found: found[0] > 3) is None
    assert memo.find_where(int, lambda _: True) is None


def test_what_was_found_stays_longer():
    for look in (lambda memo: memo.find(0, np.ndarray), lambda memo: memo.find_where(np.ndarray, lambda a: a[0] == 0)):
        memo = Memo(limit_bytes=3 * 800)
        for n in range(3):
            memo.get(n, lambda n=n: np.full(100, float(n)))
        assert look(memo)[0] == 0
        memo.get(3, lambda: np.zeros(100))
        assert 0 in memo
        assert 1 not in memo


def test_another_key_is_another_result():
    memo = Memo()
    assert (memo.get(("a", 1), lambda: 1), memo.get(("a", 2), lambda: 2)) == (1, 2)


def test_none_is_a_result_too():
    memo, (make, asked) = Memo(), counted(None)
    memo.get("key", make)
    memo.get("key", make)
    assert len(asked) == 1


def kilobyte():
    return np.zeros(1024, dtype=np.uint8)


def test_past_the_limit_the_least_recently_used_goes_first():
    memo = Memo(limit_bytes=3000)
    memo.get("a", kilobyte)
    memo.get("b", kilobyte)
    memo.get("a", kilobyte)
    memo.get("c", kilobyte)
    assert [k in memo for k in "abc"] == [True, False, True]


def test_what_was_dropped_is_made_anew():
    memo, (make, asked) = Memo(limit_bytes=1500), counted(kilobyte())
    memo.get("a", make)
    memo.get("b", kilobyte)
    memo.get("a", make)
    assert len(asked) == 2


def test_a_result_larger_than_the_limit_is_still_given():
    memo = Memo(limit_bytes=10)
    assert memo.get("a", kilobyte).nbytes == 1024
    assert "a" in memo
    memo.get("b", kilobyte)
    assert "a" not in memo


def test_what_many_results_share_takes_memory_once():
    """A what-if's result holds the arrays of what it comes from: they do not push it out."""
    shared, memo = kilobyte(), Memo(limit_bytes=3000)
    for k in range(20):
        memo.get(k, lambda k=k: (shared[:1000], k))
    assert all(k in memo for k in range(20))
    memo.get("more", lambda: (kilobyte(), kilobyte()))
    assert [k in memo for k in (0, 19, "more")] == [False, False, True]
    memo.get("again", lambda: shared)  # it went with the last that held it, and counts anew
    assert "more" in memo or memo._bytes <= memo.limit_bytes


class Pair(NamedTuple):
    name: str
    array: np.ndarray


@dataclass(frozen=True)
class Holder:
    arrays: Pair


def test_arrays_inside_results_count():
    for value in (kilobyte(), (kilobyte(), 1), Pair("x", kilobyte()), Holder(Pair("x", kilobyte()))):
        memo = Memo(limit_bytes=1500)
        memo.get("a", lambda value=value: value)
        memo.get("b", kilobyte)
        assert "a" not in memo


def test_what_is_kept_cannot_be_written_to():
    for value in (kilobyte(), (kilobyte(), 1), Pair("x", kilobyte()), Holder(Pair("x", kilobyte()))):
        given = Memo().get("a", lambda value=value: value)
        while not isinstance(given, np.ndarray):
            given = given.arrays if isinstance(given, Holder) else getattr(given, "array", given[0])
        with pytest.raises(ValueError, match="read-only"):
            given[0] = 1


def test_a_memo_travels_empty_and_stays_shared():
    memo = Memo(limit_bytes=3000)
    memo.get("a", kilobyte)
    one, other = pickle.loads(pickle.dumps((memo, memo)))  # noqa: S301 - our own
    assert one is other
    assert (one.limit_bytes, "a" in one) == (3000, False)
    assert copy.copy(memo) is copy.deepcopy(memo) is memo


def test_an_error_is_not_kept():
    memo = Memo()

    def fail():
        raise KeyError("no")

    for make, expected in ((fail, None), (lambda: 5, 5)):
        try:
            assert memo.get("key", make) == expected
        except KeyError:
            assert expected is None


def test_threads_get_one_and_the_same_answer():
    memo, found = Memo(limit_bytes=50_000), []

    def ask():
        found.extend(
            memo.get(i % 40, lambda i=i: np.full(100, i % 40, dtype=np.uint8))[0] == i % 40 for i in range(2000)
        )

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8000
    assert all(found)


def test_work_that_does_not_fit_is_refused_before_it_begins(monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=2e9, total=16e9))
    check_room(1.7e9, what="times", mend="ask of fewer")
    with pytest.raises(InputError, match=r"^times take 1\.9 GB of memory, and 2\.0 GB are free: ask of fewer$"):
        check_room(1.9e9, what="times", mend="ask of fewer")
    assert Memo().limit_bytes == 2_000_000_000
    town = line_town()
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=100, total=16e9))
    with pytest.raises(InputError, match=r"times from 1 place to 40 take 0\.0 GB"):
        travel_times(town)
    assert list(town.memo._held) == [] or all(key[0] != "row" for key in town.memo._held)


def test_rows_that_would_push_one_another_out_are_not_kept():
    town = line_town()
    whole, memo = travel_times(town), Memo(limit_bytes=100)
    small = replace(town, memo=memo)
    np.testing.assert_array_equal(travel_times(small), whole)
    assert not any(key[0] in {"row", "reach"} for key in memo._held)


def test_threads_that_ask_for_the_same_wait_for_the_one_that_makes_it():
    memo, made, start = Memo(), [], threading.Barrier(8)

    def make():
        made.append(threading.get_ident())
        time.sleep(0.1)
        return kilobyte()

    def ask(_):
        start.wait()
        return memo.get("a", make)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert len(made) == 1
    assert all(one is found[0] for one in found)


def test_where_the_one_that_makes_it_fails_another_tries():
    memo, tried, start = Memo(), [], threading.Barrier(4)

    def make():
        tried.append(1)
        time.sleep(0.05)
        if len(tried) < 3:
            raise KeyError("not yet")
        return len(tried)

    def ask(_):
        start.wait()
        try:
            return memo.get("a", make)
        except KeyError:
            return None

    with ThreadPoolExecutor(4) as pool:
        found = sorted(pool.map(ask, range(4)), key=str)
    assert found == [3, 3, None, None]


def test_results_that_ask_for_each_other_do_not_wait_for_ever():
    """Two threads, each making what the other asks for meanwhile: one of them makes it itself."""
    memo, both = Memo(), threading.Barrier(2)

    def make(name, other):
        both.wait(timeout=5)
        return name + memo.get(other, lambda: f"<{other}>")

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(memo.get, "a", lambda: make("a", "b"))
        two = pool.submit(memo.get, "b", lambda: make("b", "a"))
        found = {one.result(timeout=5), two.result(timeout=5)}
    assert found in ({"a<b>", "ba<b>"}, {"b<a>", "ab<a>"})


def test_what_is_kept_stands_in_the_order_of_asking():
    memo = Memo()
    for key in "abc":
        memo.get(key, lambda key=key: key.upper())
    memo.get("a", kilobyte)
    memo.put("d", "D")
    assert memo.kept() == {"b": "B", "c": "C", "a": "A", "d": "D"}
    assert list(memo.kept()) == ["b", "c", "a", "d"]
