import copy
import pickle
import threading
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from fireplan._result_cache import Memo


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
