"""The quick ways of the reader give what the plain ones give, which stand here."""

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

from fireplan.incidents._build_tables import in_order
from fireplan.incidents._formats.text_table import stripped
from fireplan.incidents._ledger.ids import drop_duplicates, spelt_alike
from fireplan.incidents._ledger.ledger import Ledger
from fireplan.incidents._places.coordinates import _number
from fireplan.incidents._places.great_circle import distance_m, longest_m
from fireplan.incidents._times.stamp_order import _holder, _reversals, drop_reversed
from fireplan.incidents._times.time_zones import both_readings, localised

quickly = settings(max_examples=tries(100))
SECONDS = st.integers(0, 6) | st.none()


def texts(values):
    return pd.Series(values, dtype="str", index=pd.RangeIndex(2, len(values) + 2, name="line"))


def stamps(rows):
    made = [[np.datetime64("NaT") if s is None else np.datetime64(s, "s") for s in row] for row in rows]
    return np.array(made, dtype="datetime64[us]").reshape(-1, 5)


@quickly
@given(
    st.lists(
        st.tuples(st.sampled_from("ABÄ"), st.integers(0, 4) | st.none(), st.sampled_from("xyz"), st.integers(0, 2))
    )
)
def test_rows_are_sorted_as_pandas_sorts_them(rows):
    table = pd.DataFrame(rows, columns=["incident_id", "dispatched", "unit_id", "received"])
    for name in ("dispatched", "received"):
        table[name] = pd.to_datetime(table[name], unit="s", utc=True)
    table = table.astype({"incident_id": "str", "unit_id": "str"})
    found = in_order(table, ["incident_id", "dispatched", "unit_id", "received"])
    wanted = table.sort_values(["incident_id", "dispatched", "unit_id", "received"], kind="stable")
    pd.testing.assert_frame_equal(table.iloc[found.order], wanted)
    assert found.ids.tolist() == sorted(set(table["incident_id"]))
    by = wanted.groupby("incident_id")
    pd.testing.assert_series_equal(
        pd.Series(found.earliest("dispatched")), by["dispatched"].min().dt.tz_localize(None), check_index=False,
        check_names=False, check_dtype=False,
    )  # fmt: skip
    pd.testing.assert_series_equal(
        pd.Series(found.first("dispatched")), by["dispatched"].first(), check_index=False, check_names=False
    )


@quickly
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(0, 5))))
def test_a_unit_is_held_by_the_call_that_ends_last(calls):
    calls = sorted(calls)
    unit, end = (np.array([call[n] for call in calls], dtype=np.int64) for n in (0, 2))
    wanted = list(range(len(calls)))
    for row in range(1, len(calls)):
        if unit[row] == unit[row - 1]:
            held = wanted[row - 1]
            wanted[row] = held if held != row - 1 and end[held] >= end[row - 1] else row - 1
    assert _holder(unit, end).tolist() == wanted


@quickly
@given(st.lists(st.tuples(*[SECONDS] * 5), max_size=20))
def test_what_contradicts_the_order_is_dropped_row_by_row_as_in_all_at_once(rows):
    given_stamps = stamps(rows)
    together = drop_reversed(given_stamps, np.arange(len(rows)) + 2, ledger=Ledger())
    alone = [drop_reversed(given_stamps[n : n + 1], np.array([n + 2]), ledger=Ledger()) for n in range(len(rows))]
    np.testing.assert_array_equal(together, np.vstack([np.empty((0, 5), dtype="datetime64[us]"), *alone]))
    assert not _reversals(together).any()


@quickly
@given(
    st.lists(st.integers(0, 60 * 24 * 366), max_size=20), st.sampled_from(["America/New_York", "Australia/Lord_Howe"])
)
def test_local_times_are_read_both_ways(minutes, zone):
    """Around the nights when clocks change, too: minutes of 2024."""
    nights = ["2024-03-10T02:30", "2024-11-03T01:30", "2024-04-07T01:45", "2024-10-06T02:15", "NaT"]
    local = np.datetime64("2024-01-01", "us") + np.array(minutes, dtype="timedelta64[m]")
    local = np.append(local, np.array(nights, dtype="datetime64[us]"))
    one, two = (localised(local, ZoneInfo(zone), first=first) for first in (True, False))
    early, late, doubtful = both_readings(local, ZoneInfo(zone))
    np.testing.assert_array_equal(early, np.fmin(one, two))
    np.testing.assert_array_equal(late, np.fmax(one, two))
    odd = ~np.isnat(local) & (np.isnat(early) | (early != late))
    assert doubtful.tolist() == np.flatnonzero(odd).tolist()
    assert odd.any()


NUMBERS = st.from_regex(r"[+-]?[0-9]{0,3}[.,]?[0-9]{0,14}(e[0-9])?", fullmatch=True) | st.sampled_from(
    ["", "-", ".", "x", "1 2", "nan", "1.2.3", "--1"]
)


@quickly
@given(st.lists(NUMBERS, max_size=8))
def test_numbers_are_read_to_the_last_bit_as_pandas_reads_them(values):
    wanted = pd.to_numeric(texts(values).str.replace(",", ".", regex=False), errors="coerce").to_numpy(float)
    np.testing.assert_array_equal(_number(texts(values)), wanted)


@pytest.mark.parametrize("digits", [6, 12, 15])
def test_many_numbers_are_read_to_the_last_bit_as_pandas_reads_them(digits):
    values = np.random.default_rng(1).uniform(-180, 180, 20_000)
    written = texts([f"{v:.{digits}f}"[:15] for v in values])
    np.testing.assert_array_equal(_number(written), pd.to_numeric(written).to_numpy(float))


@quickly
@given(st.lists(st.text(alphabet="ab \t\u00a0\u3000\u200bé", max_size=4), max_size=8), st.integers(0, 3))
def test_texts_are_stripped_as_pandas_strips_them(values, cut):
    text = texts(values).iloc[cut:]
    pd.testing.assert_series_equal(stripped(text), text.str.strip())


def test_what_needs_no_stripping_is_not_copied():
    text = texts(["a b", "", "c"])
    assert stripped(text) is text


@quickly
@given(st.lists(st.tuples(*[st.sampled_from("ab")] * 3), max_size=12), st.booleans())
def test_rows_equal_in_every_column_are_found(rows, units):
    names = ["incident_id", "unit_id" if units else "call_type", "priority"]
    frame = pd.DataFrame(rows, columns=names, index=pd.RangeIndex(2, len(rows) + 2)).astype("str")
    ledger = Ledger()
    kept, again = drop_duplicates(frame, ledger=ledger)
    pd.testing.assert_frame_equal(kept, frame[~frame.duplicated()])
    ids = frame[[name for name in ("incident_id", "unit_id") if name in frame]]
    assert again.tolist() == frame.index[ids.duplicated(keep=False)].tolist()
    assert ledger.count("duplicate_row") == frame.duplicated().sum()


@quickly
@given(st.lists(st.sampled_from(["E1", "e1", " E1", "E-1", "\u04151", "T2", "t2 "]), max_size=12))
def test_units_are_spelt_as_most_rows_spell_them(values):
    units = texts(values)
    trimmed = units.str.strip()
    usual = {}
    for unit, _ in sorted(trimmed.value_counts().items(), key=lambda item: (-item[1], item[0])):
        usual.setdefault(unit.casefold(), unit)
    ledger = Ledger()
    found = spelt_alike(units, ledger=ledger)
    assert found.tolist() == [usual[unit.casefold()] for unit in trimmed]
    assert found.index.equals(units.index)
    assert ledger.count("unit_id_respelled") == (found != units).sum()


@quickly
@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-180, 180)), min_size=2, max_size=6))
def test_no_place_is_farther_than_its_bound(places):
    lat, lon = np.array(places).T
    to = (float(lat[0]), float(lon[0]))
    assert (distance_m(lat, lon, to=to) <= longest_m(lat, lon, to=to) + 1e-6).all()


@quickly
@given(st.lists(st.lists(st.integers(1, 30) | st.integers(1, 10**7), max_size=9), min_size=1, max_size=3))
def test_the_ledger_counts_each_line_once(parts):
    ledger = Ledger()
    seen = set()
    for lines in parts:
        ledger.add("cancelled", np.array(lines, dtype=np.int64))
        seen |= set(lines)
        assert ledger.count("cancelled") == len(seen)
