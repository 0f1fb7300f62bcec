"""Odd but plausible exports, drafted and read: the figures are right, or a question says what may be wrong."""

import random

import pandas as pd
import pytest

from fireplan.errors import TableError
from fireplan.incidents import draft_mapping, read_cad

ZONE = "America/Denver"
STAMP = "%Y-%m-%d %H:%M:%S"
UNIT_TIMES = ("dispatched", "enroute", "arrived", "cleared")
INTERVALS = {
    "call_processing_s": ("received", "dispatched"),
    "turnout_s": ("dispatched", "enroute"),
    "travel_s": ("enroute", "arrived"),
    "total_response_s": ("received", "arrived"),
}


def calls(n=40, most=3, seed=1):
    """Rows of units as they were: what every layout below is written from."""
    chance, rows, at = random.Random(seed), [], pd.Timestamp("2024-03-13 08:05:09")  # noqa: S311 - no secret
    for number in range(1, n + 1):
        at += pd.Timedelta(seconds=chance.randint(1_000, 9_000))
        for unit in range(1, 1 + (number % most or most)):
            when = {"received": at}
            for name, (low, high) in zip(UNIT_TIMES, ((30, 90), (40, 100), (120, 500), (900, 4_000)), strict=True):
                when[name] = max(when.values()) + pd.Timedelta(seconds=chance.randint(low, high))
            rows.append({"number": f"24-{number:04d}", "unit": f"E{unit}", "nature": "STRUCTURE FIRE"} | when)
    return pd.DataFrame(rows)


def stamps(column, fmt=STAMP):
    return column.dt.strftime(fmt)


def by_row(table, **names):
    """One row per unit: columns of `table` under the names that an export gives them."""
    given = {"number": "Incident", "unit": "Unit", "nature": "Nature"} | names
    return pd.DataFrame(
        {
            name: stamps(table[field]) if field in ("received", *UNIT_TIMES) else table[field]
            for field, name in given.items()
        }
    )


def beside(table, label):
    """One row per incident, its units side by side under the names that `label` gives."""
    rows = []
    for number, units in table.groupby("number", sort=False):
        row = {"Incident": number, "Nature": "STRUCTURE FIRE", "Call Received": stamps(units["received"]).iloc[0]}
        for at, (_, unit) in enumerate(units.iterrows(), start=1):
            row |= {label(at, "ID"): unit["unit"]}
            row |= {label(at, name.title()): unit[name].strftime(STAMP) for name in UNIT_TIMES}
        rows.append(row)
    return pd.DataFrame(rows).fillna("")


def medians(table):
    return {name: (table[b] - table[a]).dt.total_seconds().median() for name, (a, b) in INTERVALS.items()}


def read(table, tmp_path, zone=ZONE):
    file = tmp_path / "calls.csv"
    table.to_csv(file, index=False)
    draft = draft_mapping(file, timezone=zone)
    history = read_cad(file, timezone=zone, mapping=draft)
    assert history.rows_in == history.rows_ok + history.rows_set_aside + history.rows_duplicate
    return draft, history


def check(history, table, *, without=()):
    want = {name: value for name, value in medians(table).items() if name not in without}
    assert {name: history.responses[name].median() for name in want} == want
    assert len(history.responses) == len(table)


ORDINAL = {1: "1st", 2: "2nd", 3: "3rd"}


@pytest.mark.parametrize(
    "label",
    [
        lambda n, what: f"Unit {n} {what}",
        lambda n, what: f"{what} ({n})",
        lambda n, what: f"{what}_{n}",
        lambda n, what: f"{ORDINAL[n]} Unit {what}",
    ],
)
def test_units_side_by_side_are_told_by_their_numbers_however_these_are_written(label, tmp_path):
    table = calls()
    draft, history = read(beside(table, label), tmp_path)
    assert len(history.incidents) == 40
    assert set(history.responses["unit_id"]) == {"E1", "E2", "E3"}
    assert draft.questions == ()
    check(history, table)


def test_more_than_nine_units_side_by_side_all_count(tmp_path):
    table = calls(n=24, most=12)
    _, history = read(beside(table, lambda n, what: f"Unit {n} {what}"), tmp_path)
    assert history.responses["unit_id"].nunique() == 12
    check(history, table)


def test_a_column_that_one_of_the_units_lacks_stays_that_of_the_others(tmp_path):
    table = calls()
    _, history = read(beside(table, lambda n, what: f"Unit {n} {what}").drop(columns="Unit 3 Cleared"), tmp_path)
    of_third = history.responses["unit_id"] == "E3"
    assert history.responses.loc[of_third, "cleared"].isna().all()
    assert history.responses.loc[~of_third, "cleared"].notna().all()
    check(history, table)


def log(table, **codes):
    parts = [
        pd.DataFrame({"Incident": table["number"], "Unit": table["unit"], "Status": code, "at": table[name]})
        for name, code in codes.items()
    ]
    rows = pd.concat(parts).sort_values("at", kind="stable")
    return rows.assign(Time=stamps(rows["at"])).drop(columns="at").reset_index(drop=True)


LOG = {"dispatched": "DISP", "enroute": "ENR", "arrived": "ONSC", "cleared": "AVL"}


def test_the_status_that_a_unit_had_before_is_not_taken_for_that_of_the_row(tmp_path):
    table = calls()
    rows = log(table, **LOG)
    was = rows.groupby(["Incident", "Unit"])["Status"].shift(1).fillna("AVL")
    rows = rows.rename(columns={"Status": "New Status"})
    rows.insert(2, "Old Status", was)
    draft, history = read(rows, tmp_path)
    assert draft.mapping.log.status == "New Status"
    check(history, table, without=("call_processing_s", "total_response_s"))


def test_two_columns_of_statuses_are_a_question(tmp_path):
    rows = log(calls(), **LOG)
    draft, _ = read(rows.assign(**{"Unit Status": rows["Status"]}), tmp_path)
    assert "statuses are taken from column 'Status': or are they in 'Unit Status'?" in draft.questions


def test_columns_of_one_name_are_read_by_their_place_and_never_surely(tmp_path):
    table = calls()
    rows = by_row(table, received="Received", arrived="Arrived", dispatched="later")
    draft, history = read(
        rows.set_axis(["Incident", "Unit", "Nature", "Received", "Arrived", "Arrived"], axis=1), tmp_path
    )
    assert draft.mapping.columns["arrived"] == "Arrived#1"
    assert draft.fields.loc["arrived", ["certainty", "others"]].tolist() == ["guess", ("Arrived#2",)]
    check(history, table, without=("call_processing_s", "turnout_s", "travel_s"))


def plain(table, **columns):
    """The rows under the canonical names, some columns in other words."""
    names = {name: name for name in ("received", *UNIT_TIMES)} | {"number": "incident_id", "unit": "unit_id"}
    return by_row(table, **names).assign(**columns)


def noted(table, tmp_path):
    """What the ledger says by code."""
    table.to_csv(tmp_path / "calls.csv", index=False)
    return read_cad(tmp_path / "calls.csv", timezone=ZONE).ledger.set_index("code")


def test_one_stamp_for_all_units_of_an_incident_is_said_to_be_the_incidents(tmp_path):
    table = calls(n=60)
    first = stamps(table.groupby("number")["arrived"].transform("min"))
    found = noted(plain(table, arrived=first), tmp_path).loc["times_shared"]
    several = table.groupby("number")["unit"].transform("size") > 1
    assert (found["rows"], found["column"]) == (several.sum(), "arrived")
    assert "times_shared" not in noted(plain(table), tmp_path).index


def test_numbers_that_differ_in_leading_zeros_are_named(tmp_path):
    table = calls(n=60)
    short = table["number"].str.replace("24-00", "24-").where(table.index % 2 == 0, table["number"])
    ledger = noted(plain(table, incident_id=short, unit_id=table["unit"].where(table.index % 3 > 0, "E01")), tmp_path)
    assert "'24-0011' / '24-11'" in ledger.loc["incident_id_lookalike", "meaning"]
    assert "'E01' / 'E1'" in ledger.loc["unit_id_lookalike", "meaning"]
    assert "incident_id_lookalike" not in noted(plain(table), tmp_path).index


def test_dates_at_midnight_and_clocks_of_twelve_hours_are_refused(tmp_path):
    table = calls(n=120)
    midnight = stamps(table["received"], "%Y-%m-%d 00:00:00")
    with pytest.raises(TableError, match="'received' holds a date without a time of day, all of its 240 values"):
        noted(plain(table, received=midnight), tmp_path)
    lost = {name: stamps(table[name], "%m/%d/%Y %I:%M:%S") for name in ("received", *UNIT_TIMES)}
    with pytest.raises(TableError, match="'arrived' has every hour up to 12 and none after it in 240 values"):
        noted(plain(table, **lost), tmp_path)
    kept = {name: stamps(table[name], "%m/%d/%Y %I:%M:%S %p") for name in ("received", *UNIT_TIMES)}
    assert noted(plain(table, **kept), tmp_path).loc["rows_used", "rows"] == 240


def test_a_column_of_dates_at_midnight_is_no_time_in_a_draft(tmp_path):
    table = calls()
    rows = by_row(table, received="Call Received", arrived="On Scene")
    rows.insert(0, "Call Date", stamps(table["received"], "%Y-%m-%dT00:00:00"))
    draft, history = read(rows, tmp_path)
    assert draft.mapping.columns["received"] == "Call Received"
    assert "Call Date" in draft.unused
    check(history, table, without=("call_processing_s", "turnout_s", "travel_s"))
