"""The past updates that are kept, against a list that keeps them all."""

from hypothesis import given
from hypothesis import strategies as st

from fireplan.live._web.streaming import Ring

SIZES = st.lists(st.integers(1, 40), max_size=40)


def filled(sizes, *, most, most_bytes, base=5):
    ring = Ring(most=most, most_bytes=most_bytes)
    ring.clear(base)
    for i, size in enumerate(sizes, start=1):
        ring.add(base + i, b"x" * size)
    return ring


@given(SIZES, st.integers(1, 10), st.integers(1, 200), st.integers(0, 60))
def test_it_is_the_end_of_all_updates(sizes, most, most_bytes, rev):
    ring = filled(sizes, most=most, most_bytes=most_bytes)
    every = [(5 + i, size) for i, size in enumerate(sizes, start=1)]
    kept = [(k.rev, len(k.text)) for k in ring.after(ring.base)]
    assert kept == every[len(every) - len(kept) :]
    assert len(ring) == len(kept) <= most
    assert len(kept) <= 1 or sum(size for _, size in kept) <= most_bytes
    assert ring.base == 5 + len(every) - len(kept)
    assert ring.head == 5 + len(every)
    after = [(r, size) for r, size in kept if r > rev]
    assert [(k.rev, len(k.text)) for k in ring.after(rev)] == after
    assert ring.lag(rev) == (len(after), sum(size for _, size in after))


@given(SIZES)
def test_nothing_is_dropped_without_need(sizes):
    assert len(filled(sizes, most=40, most_bytes=1600)) == len(sizes)


def test_the_last_one_stays_however_long():
    ring = filled([1, 1, 1000], most=10, most_bytes=100)
    assert [k.rev for k in ring.after(0)] == [8]
    assert ring.base == 7
