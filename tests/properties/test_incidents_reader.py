"""What must hold for any dispatch history."""

import tempfile
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from how_many import tries
from hypothesis import assume, event, example, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from fireplan.errors import FireplanError
from fireplan.incidents import read_cad, read_cad_sql
from fireplan.incidents._ledger.ids import holds_several
from fireplan.incidents._ledger.ledger import ENDS

ZONE = "America/New_York"
TIMES = ("received", "dispatched", "enroute", "arrived", "cleared")
HEADER = "incident_id,unit_id,call_type,priority,latitude,longitude," + ",".join(TIMES)
ZONES = {  # place, and nights on which the clocks change
    "America/New_York": (40.7, -74.0, ["2024-03-10", "2024-11-03"]),
    "Europe/Dublin": (53.3, -6.3, ["2024-03-31", "2024-10-27"]),
    "Australia/Lord_Howe": (-31.5, 159.1, ["2024-04-07", "2024-10-06"]),
    "America/St_Johns": (47.6, -52.7, ["2024-03-10", "2024-11-03"]),
    "America/Santiago": (-33.4, -70.7, ["2024-04-07", "2024-09-08"]),
    "Asia/Tehran": (35.7, 51.4, ["2022-03-22", "2022-09-22"]),
}


def read_lines(lines, *, timezone=ZONE):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calls.csv"
        path.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
        return read_cad(path, timezone=timezone)


def same(one, other):
    assert_frame_equal(one.responses, other.responses)
    assert_frame_equal(
        pd.DataFrame(one.incidents.drop(columns="geometry")), pd.DataFrame(other.incidents.drop(columns="geometry"))
    )
    assert one.incidents.geometry.to_wkt().equals(other.incidents.geometry.to_wkt())


@st.composite
def plain_row(draw):
    """A row that is mostly right: stamps may be missing or out of order, points differ."""
    start = datetime.fromisoformat("2024-03-01T12:00:00") + timedelta(minutes=draw(st.integers(0, 200)))
    gaps = draw(st.lists(st.integers(-120, 600), min_size=4, max_size=4))
    stamps = [start]
    for gap in gaps:
        stamps.append(stamps[-1] + timedelta(seconds=gap))
    kept = draw(st.lists(st.booleans(), min_size=5, max_size=5))
    times = [stamp.isoformat() if keep else "" for stamp, keep in zip(stamps, kept, strict=True)]
    incident, unit = draw(st.sampled_from("ABCDE")), draw(st.sampled_from(["E1", "e1", "E-1", "T7", "NA"]))
    point = draw(st.sampled_from(["39.95,-75.16", "39.96,-75.17", "0,0", ",", "-75.16,39.95", "x,y"]))
    kind = draw(st.sampled_from(["FIRE", "MEDICAL", "", "XYZ"]))
    return f"{incident},{unit},{kind},{draw(st.sampled_from(['1', '', 'HI']))},{point}," + ",".join(times)


SURE = [f"Z{n},Z9,FIRE,1,39.95{n},-75.161,2024-03-01T12:00:05,,,," for n in range(10)]  # most points are right
ROWS = st.lists(plain_row(), min_size=1, max_size=9).map(lambda rows: SURE + rows)


@settings(max_examples=tries(60), deadline=None)
@given(rows=ROWS, data=st.data())
def test_the_order_of_rows_and_their_doubles_do_not_matter(rows, data):
    once = read_lines(rows)
    shuffled = data.draw(st.permutations(rows))
    again = data.draw(st.lists(st.sampled_from(rows), max_size=5))
    other = read_lines([*shuffled, *again])
    same(once, other)
    assert other.rows_ok == once.rows_ok
    counts = [
        history.ledger.set_index("code")["rows"].drop("duplicate_row", errors="ignore") for history in (once, other)
    ]
    assert set(counts[0].index) == set(counts[1].index)
    assert other.rows_in == len(rows) + len(again)
    assert once.rows_in == once.rows_ok + once.rows_set_aside + once.rows_duplicate
    assert other.rows_in == other.rows_ok + other.rows_set_aside + other.rows_duplicate


@settings(max_examples=tries(60), deadline=None)
@given(rows=ROWS)
def test_no_interval_is_negative_and_the_parts_add_up(rows):
    responses = read_lines(rows).responses
    parts = responses[["call_processing_s", "turnout_s", "travel_s"]]
    assert not (responses.filter(like="_s") < 0).any().any()
    whole = parts.notna().all(axis=1)
    assert np.allclose(parts[whole].sum(axis=1), responses.loc[whole, "total_response_s"])
    for early, late in pairwise(TIMES):
        assert not (responses[late] < responses[early]).any()


def check_counts(history):
    ends = (history.rows_ok, history.rows_set_aside, history.rows_duplicate, history.rows_held)
    assert history.rows_in == sum(ends)
    assert len(history.responses) == history.rows_ok
    assert len(history.quarantine) == history.rows_set_aside
    assert history.incidents.index.is_unique
    ledger = history.ledger
    assert ledger.loc[ledger["outcome"].isin(ENDS), "rows"].sum() == history.rows_in


@settings(max_examples=tries(40), deadline=None)
@given(rows=ROWS, twice=st.booleans())
def test_parquet_and_databases_give_what_csv_gives(rows, twice):
    sa = pytest.importorskip("sqlalchemy")
    rows = rows + rows[:2] if twice else rows
    names = HEADER.split(",")
    table = pa.table(dict(zip(names, map(list, zip(*(row.split(",") for row in rows), strict=True)), strict=True)))
    plain = read_lines(rows)
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(table, Path(folder) / "calls.parquet")
        engine = sa.create_engine(f"sqlite:///{folder}/calls.db")
        table.to_pandas().to_sql("calls", engine, index=False)
        others = [
            read_cad(Path(folder) / "calls.parquet", timezone=ZONE),
            read_cad_sql("SELECT * FROM calls", engine, timezone=ZONE),
        ]
        engine.dispose()
    for other in others:
        same(plain, other)
        check_counts(other)
        assert plain.ledger.equals(other.ledger)


TEXT = "\n".join(
    [
        HEADER,
        *(
            f"24-{n},E{n},FIRE,1,39.95{n},-75.16{n},2024-03-05T14:0{n}:00,2024-03-05T14:1{n}:10,,2024-03-05T14:2{n}:00,"
            for n in range(6)
        ),
    ]
)


@settings(max_examples=tries(200), deadline=None)
@given(
    at=st.integers(0, len(TEXT) - 1),
    cut=st.integers(0, 30),
    new=st.text(alphabet='",;\n\r\t\0 0-9E:.é\ufffd', max_size=6) | st.binary(max_size=4),
)
def test_a_damaged_file_is_read_with_all_rows_counted_or_refused_in_words(at, cut, new):
    data = TEXT.encode()
    data = data[:at] + (new if isinstance(new, bytes) else new.encode()) + data[at + cut :]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calls.csv"
        path.write_bytes(data)
        try:
            history = read_cad(path, timezone=ZONE)
        except FireplanError as error:
            refusal = str(error)
            event("refused")
        else:
            refusal = ""
            check_counts(history)
    assert len(refusal) < 5000


@settings(max_examples=tries(100), deadline=None)
@given(data=st.data(), name=st.sampled_from(sorted(ZONES)))
def test_intervals_over_a_night_of_change_are_those_of_utc(data, name):
    zone = ZoneInfo(name)
    latitude, longitude, nights = ZONES[name]
    night = datetime.fromisoformat(data.draw(st.sampled_from(nights))).replace(tzinfo=zone).astimezone(UTC)
    start = night + timedelta(seconds=data.draw(st.integers(-4 * 3600, 6 * 3600)))
    gaps = data.draw(st.lists(st.integers(1, 599), min_size=4, max_size=4))
    instants = [start + timedelta(seconds=sum(gaps[:n])) for n in range(5)]
    local = [instant.astimezone(zone).replace(tzinfo=None).isoformat() for instant in instants]
    history = read_lines([f"A,E1,FIRE,1,{latitude},{longitude}," + ",".join(local)], timezone=name)
    row = history.responses.iloc[0]
    assert history.rows_ok == 1
    expected = [gaps[0], gaps[1], gaps[2], sum(gaps[:3])]
    assert row[["call_processing_s", "turnout_s", "travel_s", "total_response_s"]].tolist() == expected
    unsettled = "ambiguous_hour" in set(history.ledger["code"])
    assert unsettled or [row[column] for column in TIMES] == [pd.Timestamp(instant) for instant in instants]


@settings(max_examples=tries(60), deadline=None)
@given(offsets=st.lists(st.sampled_from(["Z", "+00:00"]), min_size=5, max_size=5), start=st.integers(0, 10**8))
def test_local_times_and_utc_times_give_the_same(offsets, start):
    first = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=start)
    instants = [first + timedelta(seconds=71 * n) for n in range(5)]
    local = [instant.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None) for instant in instants]
    assume(
        all(
            stamp.replace(tzinfo=ZoneInfo(ZONE), fold=0).utcoffset()
            == stamp.replace(tzinfo=ZoneInfo(ZONE), fold=1).utcoffset()
            for stamp in local
        )
    )
    head = "A,E1,FIRE,1,39.95,-75.16,"
    aware = [
        instant.replace(tzinfo=None).isoformat() + offset for instant, offset in zip(instants, offsets, strict=True)
    ]
    same(read_lines([head + ",".join(s.isoformat() for s in local)]), read_lines([head + ",".join(aware)]))


IDS = st.text(
    alphabet=st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], exclude_characters='",\ufffd\ufeff'),
    min_size=1,
    max_size=20,
)


@settings(max_examples=tries(100), deadline=None)
@given(ids=st.lists(IDS.filter(lambda text: not holds_several(text)), min_size=1, max_size=6, unique_by=str.casefold))
@example(ids=["007E3", "1E1", "NA", "nan", "NULL", "0x10", "1_000", "TRUE", "∞"])
def test_ids_come_back_as_they_were(ids):
    assume(all(text == text.strip() for text in ids))
    lines = [f"{text},{text},FIRE,1,39.95,-75.16,2024-03-05T14:00:05,2024-03-05T14:01:00,,," for text in ids]
    history = read_lines(lines)
    assert sorted(history.incidents.index) == sorted(ids)
    assert sorted(history.responses["unit_id"]) == sorted(ids)


@settings(max_examples=tries(40), deadline=None)
@given(rows=ROWS, weeks=st.integers(-40, 40).filter(bool))
def test_moving_all_dates_by_whole_weeks_changes_no_interval(rows, weeks):
    day = (datetime.fromisoformat("2024-03-01") + timedelta(weeks=weeks)).date()
    moved = [row.replace("2024-03-01", day.isoformat()) for row in rows]
    one, other = read_lines(rows), read_lines(moved)
    columns = [
        "incident_id",
        "unit_id",
        "call_processing_s",
        "turnout_s",
        "travel_s",
        "total_response_s",
        "cancelled",
        "on_view",
    ]
    assert_frame_equal(one.responses[columns], other.responses[columns])
    assert one.ledger[["code", "rows", "lines"]].equals(other.ledger[["code", "rows", "lines"]])
