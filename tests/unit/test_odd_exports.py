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


def test_a_column_that_lies_before_the_call_is_asked_for(tmp_path):
    table = calls()
    rows = by_row(table, received="Call Time", dispatched="Alarm Time", arrived="On Scene")
    draft, _ = read(rows, tmp_path)
    assert draft.fields.loc["received", ["column", "certainty"]].tolist() == ["Alarm Time", "guess"]
    (asked,) = draft.questions
    assert asked.startswith("did the call come in when column 'Call Time' says? It lies before 'Alarm Time'")


def test_two_columns_that_could_be_one_time_and_differ_are_asked_for(tmp_path):
    rows = by_row(calls(), received="Received", arrived="First Unit Arrived", cleared="Unit Arrived")
    draft, _ = read(rows, tmp_path)
    # Each unit has a row: its own column is taken, and that of the first unit asked for.
    assert "arrived is taken from column 'Unit Arrived': or is it 'First Unit Arrived'?" in draft.questions
    assert draft.mapping.columns["arrived"] == "Unit Arrived"
    same = rows.assign(**{"Unit Arrived": rows["First Unit Arrived"]})
    assert read(same, tmp_path)[0].questions == ()


@pytest.mark.parametrize(
    ("name", "since", "divided"),
    [
        ("Response Time (sec)", "received", 1),
        ("Dispatch to Arrival Seconds", "dispatched", 1),
        ("Dispatch to Arrival (min)", "dispatched", 60),
        ("Response Time (min)", "received", 60),
        ("Travel Time to Arrival", "enroute", 1),
    ],
)
def test_what_has_passed_is_counted_from_where_its_name_says_and_in_its_unit(name, since, divided, tmp_path):
    table = calls()
    passed = (table["arrived"] - table[since]).dt.total_seconds() / divided
    rows = by_row(table, received="Received", dispatched="Dispatched", enroute="Enroute").assign(**{name: passed})
    draft, history = read(rows, tmp_path)
    assert any(repr(name) in question for question in draft.questions)
    assert history.responses["total_response_s"].median() == pytest.approx(medians(table)["total_response_s"], abs=1)


@pytest.mark.parametrize("name", ["Response Time", "Time On Scene (sec)"])
def test_what_may_have_passed_in_minutes_or_at_the_scene_is_no_arrival(name, tmp_path):
    table = calls()
    passed = (table["cleared"] - table["arrived"]).dt.total_seconds() / (100.5 if name == "Response Time" else 1)
    draft, _ = read(by_row(table, received="Received").assign(**{name: passed}), tmp_path)
    assert "arrived" not in draft.mapping.given
    assert name in draft.unused


def test_numbers_that_count_local_time_are_asked_for(tmp_path):
    chance = random.Random(3)  # noqa: S311 - no secret
    days = pd.Series(pd.date_range("2024-03-13", periods=400, freq="D"))
    at = days + pd.to_timedelta([chance.gauss(15.5, 3.5) * 3600 for _ in days], unit="s")
    local = (at - pd.Timestamp(0)).dt.total_seconds().astype(int)
    rows = pd.DataFrame({"Incident": range(400), "Received": local, "Arrived": local + 300})
    asked = "do the numbers of column 'Received' count local time?"
    assert any(asked in question for question in read(rows, tmp_path)[0].questions)
    right = rows[["Received", "Arrived"]] + 7 * 3600
    assert read(rows.assign(**right), tmp_path)[0].questions == ()


def clocks(table, **dates):
    rows = {"Incident": table["number"], "Unit": table["unit"]} | dates
    rows |= {f"{name} Time": stamps(table[field], "%H:%M:%S") for name, field in
             {"Call": "received", "Dispatch": "dispatched", "Arrival": "arrived"}.items()}  # fmt: skip
    return pd.DataFrame(rows)


def test_the_date_of_a_report_or_shift_is_not_joined_to_clocks_without_a_question(tmp_path):
    table = calls()
    day = stamps(table["received"], "%m/%d/%Y")
    later = stamps(table["received"] + pd.Timedelta(days=5), "%m/%d/%Y")
    draft, history = read(clocks(table, **{"Call Date": day, "Report Date": later}), tmp_path)
    assert draft.mapping.join["arrived"] == ("Call Date", "Arrival Time")
    assert "Report Date" in draft.unused
    assert history.responses["total_response_s"].median() == medians(table)["total_response_s"]
    draft, _ = read(clocks(table, **{"Shift Date": day}), tmp_path)
    assert draft.fields.loc["arrived", "certainty"] == "guess"
    assert any(question.startswith("is 'Shift Date' the date of the call?") for question in draft.questions)


def test_days_are_not_taken_for_years(tmp_path):
    table = calls(n=150)
    times = {name: stamps(table[name], "%y-%m-%d %H:%M:%S") for name in ("received", "arrived")}
    rows = by_row(table, received="Received", arrived="Arrived").assign(
        Received=times["received"], Arrived=times["arrived"]
    )
    draft, history = read(rows, tmp_path)
    assert draft.questions == ()
    assert set(history.incidents["received"].dt.year) == {2024}


@pytest.mark.parametrize(
    ("x", "y"), [(3_140_000.5, 1_690_000.2), (-11_680_000.5, 4_820_000.2), (3_100_000, 13_800_000)]
)
def test_feet_and_metres_are_not_taken_for_micro_degrees(x, y, tmp_path):
    draft, history = read(by_row(calls(), received="Received").assign(X=x, Y=y), tmp_path)
    assert draft.mapping.point is None
    assert any("points are no degrees but on a grid" in question for question in draft.questions)
    assert history.incidents.geometry.isna().all()


def test_a_pair_of_which_either_number_may_be_the_latitude_is_asked_for(tmp_path):
    table = calls()
    pairs = [f"{48.2 + n / 1000:.4f},{16.3 + n / 1000:.4f}" for n in range(len(table))]
    draft, _ = read(by_row(table, received="Received").assign(Location=pairs), tmp_path, zone="Europe/Vienna")
    assert any("is the latitude? The first is taken" in question for question in draft.questions)


def test_numbers_that_begin_again_are_told(tmp_path):
    table = calls(n=200)
    again = plain(table, incident_id=table["number"].str.slice(3).astype(int) % 50)
    found = noted(again, tmp_path).loc["incident_number_again"]
    assert found["rows"] == len(table)
    assert "'0', '1', '10', '11'" in found["meaning"]
    assert "incident_number_again" not in noted(plain(table), tmp_path).index


def test_a_unit_that_was_available_before_it_was_sent_responds_once(tmp_path):
    table = calls()
    free = table.assign(cleared=table["received"] - pd.Timedelta(minutes=10))
    rows = pd.concat([log(free, cleared="AVL"), log(table, **LOG)]).sort_values("Time", kind="stable")
    _, history = read(rows, tmp_path)
    assert (history.rows_ok, history.rows_duplicate) == (len(rows), 0)
    check(history, table, without=("call_processing_s", "total_response_s"))
