"""Written times, zones, and the order of stamps."""

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from fireplan.errors import InputError, TableError
from fireplan.incidents import read_cad
from fireplan.incidents._times.time_zones import known_zone, zone_place

ZONE = "America/New_York"
TIMES = ("received", "dispatched", "enroute", "arrived", "cleared")
HEADER = "incident_id,unit_id,call_type,priority,latitude,longitude," + ",".join(TIMES)
GOOD = (
    "2024-03-05T14:00:00",
    "2024-03-05T14:01:00",
    "2024-03-05T14:02:10",
    "2024-03-05T14:05:40",
    "2024-03-05T14:40:00",
)


def read(folder, *rows, timezone=ZONE, fill=0):
    """Read rows of five times each, below `fill` good rows."""
    lines = [HEADER]
    for number, times in enumerate([*[GOOD] * fill, *rows]):
        lines.append(f"24-{number},E{number},FIRE,1,39.951,-75.161," + ",".join(times))
    path = folder / "calls.csv"
    path.write_text("\n".join(lines))
    return read_cad(path, timezone=timezone)


def entry(history, code):
    found = history.ledger.set_index("code")
    return found.loc[code] if code in found.index else None


def stamps(history, row=0):
    return [value.isoformat() if value is not pd.NaT else "" for value in history.responses.loc[row, list(TIMES)]]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-03-05T14:00:00", "2024-03-05T19:00:00+00:00"),
        ("2024-03-05 14:00:00", "2024-03-05T19:00:00+00:00"),
        ("2024-03-05 14:00", "2024-03-05T19:00:00+00:00"),
        ("20240305T140000", "2024-03-05T19:00:00+00:00"),
        ("20240305140000", "2024-03-05T19:00:00+00:00"),
        ("20240305T1400", "2024-03-05T19:00:00+00:00"),
        ("2024/3/5 9:00:00", "2024-03-05T14:00:00+00:00"),
        ("2024-03-05T14:00:00.25", "2024-03-05T19:00:00.250000+00:00"),
        ("2024-03-05T14:00:00.123456789", "2024-03-05T19:00:00.123456+00:00"),
        ("2024-03-05T14:00:00Z", "2024-03-05T14:00:00+00:00"),
        ("2024-03-05T14:00:00-08:00", "2024-03-05T22:00:00+00:00"),
        ("2024-03-05 14:00:00 +0530", "2024-03-05T08:30:00+00:00"),
        ("2024-03-05T14:00:00+01", "2024-03-05T13:00:00+00:00"),
        ("3/25/2024 2:00:00 PM", "2024-03-25T18:00:00+00:00"),
        ("03/25/2024 12:05:00 AM", "2024-03-25T04:05:00+00:00"),
        ("25.03.2024 14:00", "2024-03-25T18:00:00+00:00"),
    ],
)
def test_ways_to_write_a_time(tmp_path, text, utc):
    history = read(tmp_path, (text, "", "", "", ""))
    assert stamps(history)[0] == utc


@pytest.mark.parametrize(
    "text", ["2024-13-05T14:00:00", "2024-02-30T14:00:00", "2024-03-05T24:00:00", "soon", "2024-03-05T14:61:00"]
)
def test_an_unreadable_time_costs_the_value(tmp_path, text):
    history = read(tmp_path, (GOOD[0], text, *GOOD[2:]), fill=3)
    found = entry(history, "time_unreadable")
    assert (found.lines, found.column, found.outcome) == ("5", "dispatched", "repaired")
    assert history.rows_ok == 4
    assert text not in "\n".join(history.messages())


@pytest.mark.parametrize(
    "text", ["NULL", "n/a", "-", "0000-00-00 00:00:00", "1900-01-01 00:00:00", "1899-12-30T00:00:00"]
)
def test_placeholders_are_missing(tmp_path, text):
    history = read(tmp_path, (*GOOD[:3], text, GOOD[4]), fill=2)
    assert entry(history, "placeholder_time").lines == "4"
    assert entry(history, "cancelled").lines == "4"


@pytest.mark.parametrize("text", ["0024-03-05T14:00:00", "20024-03-05T14:00:00", "1979-03-05T14:00:00"])
def test_a_year_typo_costs_the_value(tmp_path, text):
    history = read(tmp_path, (text, *GOOD[1:]), fill=2)
    assert entry(history, "year_implausible").lines == "4"
    assert stamps(history, 2)[0] == ""


def test_a_leap_second_costs_the_value(tmp_path):
    history = read(tmp_path, ("2016-12-31T23:59:60", *GOOD[1:]), fill=1)
    assert entry(history, "leap_second").lines == "3"


@pytest.mark.parametrize(
    ("texts", "match"),
    [
        (["45356.583333"] * 5, "Excel serial"),
        (["1709647200"] * 5, "epoch seconds"),
        (["1709647200123"] * 5, "epoch"),
        (["14:00:00"] * 5, "date"),
        (["2024-03-05"] * 5, "time of day"),
        (["whenever"] * 5, "formats"),
    ],
)
def test_a_column_in_another_form_is_refused(tmp_path, texts, match):
    with pytest.raises(TableError, match=match) as caught:
        read(tmp_path, texts, texts)
    assert len(caught.value.faults) == 5
    assert "'received'" in caught.value.faults[0]


def test_day_and_month_order_is_refused_when_nothing_tells(tmp_path):
    times = [f"03/05/2024 14:0{n}:00" for n in range(5)]
    with pytest.raises(TableError, match="day or the month first"):
        read(tmp_path, times)


def test_day_and_month_order_of_one_column_settles_the_others(tmp_path):
    times = [f"03/05/2024 14:0{n}:00" for n in range(5)]
    history = read(tmp_path, times, ["25/05/2024 14:00:00", "", "", "", ""])
    assert stamps(history)[1] == "2024-05-03T18:01:00+00:00"


def test_both_orders_in_one_column_are_refused_with_both_lines(tmp_path):
    with pytest.raises(TableError, match=r"line 3.*line 2"):
        read(tmp_path, ["03/25/2024 14:00:00", *[""] * 4], ["25/03/2024 14:00:00", *[""] * 4])


def test_equal_day_and_month_need_no_order(tmp_path):
    history = read(tmp_path, [f"05/05/2024 14:0{n}:00" for n in range(5)])
    assert stamps(history)[0] == "2024-05-05T18:00:00+00:00"


def test_skipped_local_time_sets_the_row_aside(tmp_path):
    history = read(tmp_path, ("2024-03-10T02:30:00", *["2024-03-10T03:31:00"] * 4), fill=1)
    assert history.quarantine["code"].tolist() == ["time_nonexistent"]
    assert history.quarantine["reason"].iloc[0] == "received 2024-03-10 02:30:00 does not exist in America/New_York"


def test_future_call_is_set_aside_and_future_stamp_dropped(tmp_path):
    history = read(tmp_path, [t.replace("2024", "2099") for t in GOOD], (*GOOD[:4], "2099-03-05T14:40:00"), fill=1)
    assert history.quarantine["line"].tolist() == [3]
    assert "2099" in history.quarantine["reason"].iloc[0]
    assert entry(history, "stamp_in_future").lines == "4"


def test_row_without_times_is_set_aside(tmp_path):
    assert read(tmp_path, [""] * 5, fill=1).quarantine["code"].tolist() == ["no_times"]


def test_hour_that_comes_twice_taken_as_the_first_and_noted(tmp_path):
    times = [f"2024-11-03T01:3{n}:10" for n in range(5)]
    history = read(tmp_path, times)
    assert stamps(history)[0] == "2024-11-03T05:30:10+00:00"
    assert entry(history, "ambiguous_hour").rows == 1
    assert history.responses.loc[0, "travel_s"] == 60


def test_hour_that_comes_twice_settled_across_the_change(tmp_path):
    times = [
        "2024-11-03T01:59:30",
        "2024-11-03T01:00:30",
        "2024-11-03T01:01:40",
        "2024-11-03T01:05:00",
        "2024-11-03T01:40:00",
    ]
    history = read(tmp_path, times)
    assert history.responses.loc[0, "call_processing_s"] == 60
    assert entry(history, "ambiguous_settled").rows == 1
    assert entry(history, "ambiguous_hour") is None


def test_hour_that_comes_twice_settled_by_a_later_stamp(tmp_path):
    times = [
        "2024-11-03T01:58:00",
        "2024-11-03T01:59:00",
        "2024-11-03T02:00:10",
        "2024-11-03T02:05:00",
        "2024-11-03T02:40:00",
    ]
    history = read(tmp_path, times)
    assert history.responses.loc[0, "total_response_s"] == 420
    assert stamps(history)[0] == "2024-11-03T06:58:00+00:00"


def test_all_units_of_an_incident_agree_on_received(tmp_path):
    hour = "2024-11-03T01:5"
    one = [f"{hour}{n}:10" for n in range(5)]  # alone it could be either
    two = [one[0], one[1], one[2], "2024-11-03T02:05:00", "2024-11-03T02:40:00"]
    lines = [HEADER] + [f"24-1,E{n},FIRE,1,39.951,-75.161," + ",".join(times) for n, times in enumerate((one, two))]
    path = tmp_path / "calls.csv"
    path.write_text("\n".join(lines))
    history = read_cad(path, timezone=ZONE)
    assert history.responses["received"].tolist() == [pd.Timestamp("2024-11-03T06:50:10Z")] * 2
    assert entry(history, "ambiguous_hour") is None


def test_offsets_mixed_with_local_times_stand_as_written(tmp_path):
    history = read(
        tmp_path, ("2024-03-05T19:07:00Z", "2024-03-05T14:08:00-05:00", "2024-03-05T14:09:10", *GOOD[3:]), fill=2
    )
    assert history.responses.loc[2, "call_processing_s"] == 60
    assert entry(history, "zone_mixed").lines == "4"


@pytest.mark.parametrize(
    ("change", "code", "column", "lost"),
    [
        ({2: "2024-03-05T14:00:30"}, "enroute_before_dispatched", "enroute", {"turnout_s", "travel_s"}),
        ({3: "2024-03-05T14:01:30"}, "arrived_before_enroute", "enroute", {"turnout_s", "travel_s"}),
        ({3: "2024-03-05T13:59:00"}, "arrived_before_received", "arrived", {"travel_s", "total_response_s"}),
        ({1: "2024-03-05T13:59:00"}, "dispatched_before_received", "dispatched", {"call_processing_s", "turnout_s"}),
        ({4: "2024-03-05T14:03:00"}, "cleared_before_arrived", "cleared", set()),
        (
            {0: "2024-03-06T14:03:00"},
            "dispatched_before_received",
            "received",
            {"call_processing_s", "total_response_s"},
        ),
    ],
)
def test_a_reversed_stamp_costs_what_depends_on_it(tmp_path, change, code, column, lost):
    times = [change.get(n, text) for n, text in enumerate(GOOD)]
    history = read(tmp_path, times, fill=1)
    found = entry(history, code)
    assert (found.rows, found.lines, found.column) == (1, "3", column)
    row = history.responses[history.responses["incident_id"] == "24-1"].iloc[0]
    assert {name for name in row.index if name.endswith("_s") and np.isnan(row[name])} == lost
    assert not row["cancelled"]
    assert history.rows_ok == 2


def test_on_view_and_already_on_road(tmp_path):
    view = ["2024-03-05T15:00:05"] * 4 + ["2024-03-05T15:40:00"]
    road = (GOOD[0], GOOD[1], GOOD[1], GOOD[3], GOOD[4])
    history = read(tmp_path, view, road, fill=1)
    assert entry(history, "on_view").lines == "3"
    assert entry(history, "already_on_road").lines == "4"
    seen = history.responses.set_index("incident_id")
    assert seen.loc["24-1", ["call_processing_s", "turnout_s", "travel_s", "total_response_s"]].isna().all()
    assert np.isnan(seen.loc["24-2", "turnout_s"])
    assert seen.loc["24-2", "total_response_s"] == 340
    assert seen["on_view"].sum() == seen["already_on_road"].sum() == 1


def test_cancelled_is_counted_and_worth_no_repair(tmp_path):
    history = read(tmp_path, (*GOOD[:3], "", GOOD[4]), fill=2)
    assert entry(history, "cancelled").outcome == "counted"
    assert history.verdict == "ACCEPT"
    row = history.responses[history.responses["cancelled"]].iloc[0]
    assert row["turnout_s"] == 70
    assert np.isnan(row["travel_s"])


@pytest.mark.parametrize("column", range(5))
def test_each_missing_stamp_is_noted(tmp_path, column):
    times = [("" if n == column else text) for n, text in enumerate(GOOD)]
    code = "cancelled" if column == 3 else f"{TIMES[column]}_missing"
    assert entry(read(tmp_path, times, fill=1), code).lines == "3"


def test_minute_resolution_and_long_calls_are_noted(tmp_path):
    whole = [text[:-2] + "00" for text in GOOD]
    assert entry(read(tmp_path, whole, whole), "minute_resolution") is not None
    assert entry(read(tmp_path, whole, GOOD), "minute_resolution") is None
    long = (*GOOD[:4], "2024-03-06T14:00:00")
    assert entry(read(tmp_path, long, fill=1), "over_24_hours").lines == "3"


def test_stamps_are_microseconds_in_utc(tmp_path):
    history = read(tmp_path, GOOD, timezone="America/St_Johns")
    assert {str(history.responses[name].dtype) for name in TIMES} == {"datetime64[us, UTC]"}
    assert stamps(history)[0] == "2024-03-05T17:30:00+00:00"
    assert history.timezone == "America/St_Johns"


@pytest.mark.parametrize(
    ("name", "close"),
    [
        ("America/Los_Angelos", "America/Los_Angeles"),
        ("america/chicago ", "America/Chicago"),
        ("Denver", "America/Denver"),
    ],
)
def test_unknown_zone_suggests_one(name, close):
    with pytest.raises(InputError, match=close):
        known_zone(name)


@pytest.mark.parametrize("name", ["", "../etc/passwd", "xyzzy", None, "\0"])
def test_nonsense_zone_is_refused(name):
    with pytest.raises(InputError, match="no time zone"):
        known_zone(name)


def test_zone_places():
    assert known_zone(ZONE) == ZoneInfo(ZONE)
    latitude, longitude = zone_place("America/New_York")
    assert (latitude, longitude) == pytest.approx((40.714, -74.006), abs=0.001)
    assert zone_place("UTC") is None
