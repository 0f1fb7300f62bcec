"""Damaged files of every kind: refused in words, or read with every row counted; and two ways to the same rows."""

import random
import tempfile
import time
from pathlib import Path

import pytest
from corpus import corpus_cases
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

from fireplan.errors import FireplanError
from fireplan.incidents import read_cad
from fireplan.incidents._columns.mapping import load_mapping
from fireplan.incidents._columns.pick_columns import shape_of_file
from fireplan.incidents._formats import csv_fast as quick
from fireplan.incidents._formats import open_export as source
from fireplan.incidents._formats.csv_by_row import split_records
from fireplan.incidents._ledger.ledger import ENDS, Ledger

ZONE = "America/New_York"
LARGEST = 60_000  # bytes of a corpus file that is mutated
SLOWEST_S = 10.0
PIECES = [
    b",",
    b'"',
    b"\n",
    b"\r",
    b"\t",
    b";",
    b"\0",
    b"\xff",
    b"\xc3\xa9",
    b"9",
    b"-",
    b"2024-11-03T01:30:00",
    b"E1",
    b"NULL",
]


def mutated(data, draw):
    """Change a file in one to four places."""
    data = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(data) + 1)
        how = draw.randrange(7)
        if how == 0:
            data[at : at + 1] = bytes([draw.randrange(256)])
        elif how == 1:
            data[at:at] = draw.choice(PIECES)
        elif how == 2:
            del data[at : at + draw.randint(1, 40)]
        elif how == 3:
            other = draw.randrange(len(data) + 1)
            data[at:at] = data[other : other + draw.randint(1, 200)]
        elif how == 4:
            del data[at:]
        elif how == 5:
            lines = bytes(data).split(b"\n")
            draw.shuffle(lines)
            data = bytearray(b"\n".join(lines))
        else:
            fields = bytes(data).split(b",")
            one, two = draw.randrange(len(fields)), draw.randrange(len(fields))
            fields[one], fields[two] = fields[two], fields[one]
            data = bytearray(b",".join(fields))
    return bytes(data)


def check_counts(history):
    ends = (history.rows_ok, history.rows_set_aside, history.rows_duplicate, history.rows_held)
    assert history.rows_in == sum(ends)
    assert len(history.responses) == history.rows_ok
    assert len(history.quarantine) == history.rows_set_aside
    assert history.incidents.index.is_unique
    ledger = history.ledger
    assert ledger.loc[ledger["outcome"].isin(ENDS), "rows"].sum() == history.rows_in


def try_mutations(corpus, count, *, seed):
    """Read so many damaged files; give how many were refused."""
    draw = random.Random(seed)  # noqa: S311
    files = [corpus / case["file"] for case in corpus_cases("cad")]
    contents = {
        file.suffix + str(n): file.read_bytes() for n, file in enumerate(files) if file.stat().st_size < LARGEST
    }
    names = sorted(contents)
    refused = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            name = names[number % len(names)]
            path = Path(folder) / f"calls{name.rstrip('0123456789')}"
            data = mutated(contents[name], draw)
            path.write_bytes(data)
            started = time.perf_counter()
            try:
                history = read_cad(path, timezone=ZONE)
            except FireplanError as error:
                refused += 1
                words = str(error)
            except Exception as error:
                raise AssertionError(f"mutation {number} of {name} with seed {seed}: {data[:3000]!r}") from error
            else:
                words = "read"
                check_counts(history)
            assert 0 < len(words) < 5000
            assert time.perf_counter() - started < SLOWEST_S
    return refused


@pytest.mark.corpus
def test_damaged_files_are_refused_or_accounted_for(shared_corpus):
    refused = try_mutations(shared_corpus, 500, seed=1)
    assert 20 < refused < 480


@pytest.mark.soak
@pytest.mark.corpus
def test_many_damaged_files_are_refused_or_accounted_for(shared_corpus, request):
    if "soak" not in request.config.getoption("-m"):
        pytest.skip("some ten minutes: by hand, with -m soak")
    try_mutations(shared_corpus, 20_000, seed=2)


SHAPE = shape_of_file(load_mapping(None))
HEADER = "incident_id,unit_id,received,narrative"
FIELD = st.one_of(
    st.text(alphabet='aé 1\n",', max_size=5).map(lambda text: '"' + text.replace('"', '""') + '"'),
    st.text(alphabet="aé1 ", max_size=4),
)
LINE = st.one_of(
    st.lists(FIELD, min_size=4, max_size=4).map(",".join),
    st.lists(FIELD, max_size=6).map(",".join),
    st.sampled_from(["", ",,,", ' , ,"",', "a,b,c,d,,", "a,b,c,d,e", "   "]),
)


def outcome(read):
    """Rows, lines, counts and rows set aside; or the refusal."""
    ledger = Ledger()
    try:
        records = read(ledger)
    except FireplanError as error:
        return str(error)
    if records is None:
        return None
    texts = {place: column.to_pylist() for place, column in records.columns.items()}
    return records.header, texts, list(records.lines), records.rows_in, ledger.frame(rows_ok=0).to_dict("list")


@settings(max_examples=tries(400), deadline=None)
@given(lines=st.lists(LINE, max_size=8), end=st.sampled_from(["", "\n", "\r\n"]))
def test_the_quick_way_gives_what_the_careful_one_gives(lines, end):
    text = "\n".join([HEADER, *lines]) + end
    fast = outcome(lambda ledger: quick.clean_records(text.encode(), SHAPE, table="t", ledger=ledger))
    slow = outcome(lambda ledger: split_records(text, SHAPE, table="t", ledger=ledger))
    if fast is not None:
        assert fast == slow


@pytest.mark.parametrize("size", [60, 64, 100, 1000])
def test_the_quick_way_is_the_same_in_small_slices(monkeypatch, size):
    lines = [HEADER, *(f'{n},E{n},"2024, \n{n} ""x""",n{n}' if n % 3 else f"{n},E1,x,y" for n in range(60))]
    text = "\n".join(lines)
    monkeypatch.setattr(quick, "SLICE_BYTES", size)
    fast = outcome(lambda ledger: quick.clean_records(text.encode(), SHAPE, table="t", ledger=ledger))
    assert fast == outcome(lambda ledger: split_records(text, SHAPE, table="t", ledger=ledger))


def test_clean_files_go_the_quick_way(monkeypatch, tmp_path):
    def never(*_, **__):
        raise AssertionError

    monkeypatch.setattr(source, "split_records", never)
    names = "incident_id,unit_id,call_type,priority,latitude,longitude,received,dispatched,enroute,arrived,cleared"
    path = tmp_path / "calls.csv"
    path.write_text(
        f'{names},narrative\n1,E1,FIRE,1,39.9,-75.1,2024-03-05T14:00:05,,,,,"two\nlines"\n', encoding="utf-8-sig"
    )
    assert read_cad(path, timezone=ZONE).rows_ok == 1
