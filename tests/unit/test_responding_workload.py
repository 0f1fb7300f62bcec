"""Workload: units, calls at once, units left, hours of the week: by hand, by brute force, on the sample city."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from how_many import tries
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sample_city import sample_city

from fireplan.errors import InputError, UnknownIdError
from fireplan.examples import marisol_folder
from fireplan.incidents import read_cad
from fireplan.response_performance import attend
from fireplan.response_performance._time_bins import clock_of, staffed_spans
from fireplan.response_performance._workload import concurrency, drawdown, hour_by_weekday, workload
from fireplan.stations import complete_units

ZONE = "America/Los_Angeles"
HOUR_US = 3_600_000_000


def utc(text):
    """Instant of a local time, or of one with its offset."""
    if text is None:
        return pd.NaT
    stamp = pd.Timestamp(text)
    return (stamp.tz_localize(ZONE) if stamp.tzinfo is None else stamp).tz_convert("UTC")


def history(*rows, zone=ZONE):
    """Make a history of rows (incident, unit, dispatched, cleared), each call received when it was dispatched."""
    times = {
        name: pd.Series([utc(r[i]) for r in rows], dtype="datetime64[us, UTC]")
        for i, name in ((2, "dispatched"), (3, "cleared"))
    }
    responses = pd.DataFrame(
        {
            "incident_id": pd.Series([r[0] for r in rows], dtype="str"),
            "unit_id": pd.Series([r[1] for r in rows], dtype="str"),
            "received": times["dispatched"].copy(),
            "dispatched": times["dispatched"],
            "enroute": pd.Series(pd.NaT, index=range(len(rows)), dtype="datetime64[us, UTC]"),
            "arrived": pd.Series(pd.NaT, index=range(len(rows)), dtype="datetime64[us, UTC]"),
            "cleared": times["cleared"],
        }
    )
    incidents = responses.groupby("incident_id")[["received"]].min()
    return SimpleNamespace(incidents=incidents, responses=responses, timezone=zone)


def department(**schedules):
    """Make a department of units in two stations; engines but for T and Q."""
    ids = list(schedules)
    kinds = {"T": "truck", "Q": "quint"}
    units = pd.DataFrame(
        {
            "type": [kinds.get(i[0], "engine") for i in ids],
            "station_id": [f"S{i[1]}" for i in ids],
            "schedule": list(schedules.values()),
        },
        index=pd.Index(ids, name="unit_id"),
    )
    return SimpleNamespace(units=complete_units(units))


@pytest.fixture(scope="module")
def city():
    return sample_city(calibrated=False).today


@pytest.fixture(scope="module")
def cad():
    return read_cad(marisol_folder() / "cad.csv.gz", timezone=ZONE)


# --- Workload


def test_a_call_over_midnight_counts_in_both_hours_and_days():
    calls = history(("1", "E1", "2025-06-02 23:50", "2025-06-03 00:30"))
    by_hour = workload(calls, by="hour", end="2025-06-04")
    assert by_hour.loc[23, "committed_h"] == pytest.approx(10 / 60)
    assert by_hour.loc[0, "committed_h"] == pytest.approx(30 / 60)
    assert by_hour["n"].loc[[23, 0]].tolist() == [1, 0]
    assert by_hour["staffed_h"].tolist() == [2.0] * 24
    assert by_hour.loc[0, "uhu"] == pytest.approx(0.25)
    assert by_hour.loc[23, "responses_per_day"] == 0.5
    by_day = workload(calls, by="weekday", end="2025-06-04")
    assert by_day.index.tolist() == ["Monday", "Tuesday"]
    assert by_day["committed_h"].tolist() == pytest.approx([10 / 60, 30 / 60])


def test_the_period_is_that_of_the_calls_and_cuts_what_lies_outside():
    table = workload(history(("1", "E1", "2025-06-02 23:50", "2025-06-03 00:30")))
    assert table.attrs["start"] == "2025-06-02T00:00:00-07:00"
    assert table.attrs["end"] == "2025-06-03T00:00:00-07:00"
    assert table.attrs["basis"] == "observed"
    assert table.loc[0, "staffed_h"] == 24.0
    assert table.loc[0, "committed_h"] == pytest.approx(10 / 60)
    later = workload(history(("1", "E1", "2025-06-02 23:50", "2025-06-03 00:30")), start="2025-06-03", end="2025-06-04")
    assert later.loc[0, ["n", "committed_h"]].tolist() == [0, 0.5]


def test_a_period_holds_its_start_and_not_its_end():
    calls = history(
        ("1", "E1", "2025-06-02 00:00", "2025-06-02 01:00"), ("2", "E1", "2025-06-03 00:00", "2025-06-03 01:00")
    )
    days = [{"start": f"2025-06-0{d}", "end": f"2025-06-0{d + 1}"} for d in (1, 2, 3)]
    assert [workload(calls, **day).loc[0, "n"] for day in days] == [0, 1, 1]
    assert [concurrency(calls, **day)["began"].sum() for day in days] == [0, 1, 1]
    assert [hour_by_weekday(calls, **day)["n"].to_numpy().sum() for day in days] == [0, 1, 1]
    by_hour = workload(calls, by="hour", start="2025-06-02", end="2025-06-04")
    assert by_hour["n"].loc[[23, 0, 1]].tolist() == [0, 2, 0]
    assert by_hour["committed_h"].loc[[23, 0, 1]].tolist() == [0, 2, 0]


def test_days_without_a_call_count():
    calls = history(
        ("1", "E1", "2025-06-02 10:00", "2025-06-02 11:00"), ("2", "E1", "2025-06-11 10:00", "2025-06-11 11:00")
    )
    table = workload(calls)
    assert table.loc[0, ["staffed_h", "responses_per_day"]].tolist() == [240.0, 0.2]
    assert workload(calls, by="weekday")["staffed_h"].tolist() == [48.0, 48.0, 48.0, 24.0, 24.0, 24.0, 24.0]


def test_a_unit_sent_on_is_committed_once():
    calls = history(
        ("1", "E1", "2025-06-02 10:00", "2025-06-02 11:00"),
        ("2", "E1", "2025-06-02 10:30", "2025-06-02 11:30"),
        ("3", "E1", "2025-06-02 10:40", "2025-06-02 10:50"),
        ("4", "E1", "2025-06-02 11:30", "2025-06-02 11:45"),
        ("2", "E2", "2025-06-02 10:30", "2025-06-02 11:30"),
    )
    table = workload(calls, by="unit_id")
    assert table["committed_h"].tolist() == [1.75, 1.0]
    assert table["n"].tolist() == [4, 1]
    assert workload(calls).loc[0, "uhu"] == pytest.approx(2.75 / 48)
    assert workload(calls).loc[0, "responses_per_day"] == 5.0


def test_an_hour_left_out_and_an_hour_struck_twice():
    spring = workload(history(("1", "E1", "2025-03-09 01:30", "2025-03-09 03:30")), by="hour")
    assert 2 not in spring.index
    assert spring["staffed_h"].sum() == 23.0
    assert spring.loc[[1, 3], "committed_h"].tolist() == [0.5, 0.5]
    autumn = workload(history(("1", "E1", "2025-11-02 00:30", "2025-11-02 02:30")), by="hour")
    assert autumn.loc[[0, 1, 2], "committed_h"].tolist() == [0.5, 2.0, 0.5]
    assert autumn.loc[[0, 1, 2], "staffed_h"].tolist() == [1.0, 2.0, 1.0]
    twice = history(
        ("1", "E1", "2025-11-02T01:10:00-07:00", "2025-11-02T01:20:00-07:00"),
        ("2", "E1", "2025-11-02T01:10:00-08:00", "2025-11-02T01:20:00-08:00"),
    )
    row = workload(twice, by=("hour", "weekday")).loc[(1, "Sunday")]
    assert row[["n", "committed_h", "staffed_h", "uhu", "responses_per_day"]].tolist() == pytest.approx(
        [2, 1 / 3, 2.0, 1 / 6, 1.0]
    )
    assert workload(twice).loc[0, "responses_per_day"] == pytest.approx(2 * 24 / 25)


def test_zones_with_half_hours():
    calls = history(("1", "E1", "2025-06-02T18:00:00Z", "2025-06-02T19:00:00Z"), zone="Asia/Kolkata")
    by_hour = workload(calls, by="hour", end="2025-06-04")
    assert by_hour.loc[[23, 0], "committed_h"].tolist() == [0.5, 0.5]
    shifted = history(("1", "E1", "2025-04-05T14:00:00Z", "2025-04-05T16:00:00Z"), zone="Australia/Lord_Howe")
    assert workload(shifted, by="hour", end="2025-04-07").loc[[1, 2], "committed_h"].tolist() == [1.5, 0.5]


def test_what_has_no_end_is_counted_apart():
    calls = history(
        ("1", "E1", "2025-06-02 10:00", None),
        ("2", "E1", "2025-06-02 12:00", "2025-06-02 11:00"),
        ("3", "E1", None, "2025-06-02 14:30"),
        ("4", "E1", None, "2025-06-02 16:00"),
    )
    calls.responses.loc[2, "enroute"] = utc("2025-06-02 14:00")
    calls.responses.loc[3, "received"] = utc("2025-06-02 15:00")
    row = workload(calls).loc[0]
    assert row[["n", "unknown", "committed_h"]].tolist() == [4, 3, 0.5]


def test_a_unit_cleared_in_the_second_in_which_it_was_sent_has_an_end():
    row = workload(history(("1", "E1", "2025-06-02 10:00", "2025-06-02 10:00"))).loc[0]
    assert row[["n", "unknown", "committed_h"]].tolist() == [1, 0, 0.0]


def test_units_of_the_table_and_no_others():
    calls = history(
        ("1", "E1", "2025-06-02 10:00", "2025-06-02 11:00"), ("1", "OCN E9", "2025-06-02 10:00", "2025-06-02 12:00")
    )
    town = department(E1="always", E2="always", T1="always")
    table = workload(calls, scenario=town, by="unit_id")
    assert table.index.tolist() == ["E1", "E2", "T1"]
    assert table["committed_h"].tolist() == [1.0, 0.0, 0.0]
    by_station = workload(calls, scenario=town, by="station_id")
    assert by_station["units"].tolist() == [2, 1]
    assert by_station["staffed_h"].tolist() == [48.0, 24.0]
    both = workload(calls, scenario=town, by=("hour", "unit_type"))
    assert both.index.names == ["hour", "unit_type"]
    assert both.loc[(10, "engine"), ["units", "n", "uhu"]].tolist() == [2, 1, 0.5]
    assert set(workload(calls, by="unit_id").index) == {"E1", "OCN E9"}


def test_staffed_by_schedule():
    calls = history(
        ("1", "E1", "2025-06-02 19:30", "2025-06-02 20:30"), ("2", "E2", "2025-06-03 01:00", "2025-06-03 02:00")
    )
    town = department(E1="08:00-20:00", E2="")
    table = workload(calls, scenario=town, by="unit_id", schedules={"E2": "Mon 22:00-06:00"})
    assert table["staffed_h"].tolist() == [24.0, 8.0]
    assert table["committed_h"].tolist() == [1.0, 1.0]
    held_over = workload(calls, scenario=town, by=("unit_id", "hour")).loc[("E1", 20)]
    assert held_over[["committed_h", "staffed_h"]].tolist() == [0.5, 0.0]
    assert np.isnan(held_over["uhu"])


@pytest.mark.parametrize(
    ("schedule", "hours"),
    [
        ("always", 169.0),
        ("  Always ", 169.0),
        ("00:00-24:00", 169.0),
        ("08:00-08:00", 169.0),
        ("daily 08:00-20:00", 84.0),
        ("Mon-Fri 07:30-18:00", 52.5),
        ("fri-mon 10:00-11:00", 4.0),
        ("Sat,Sunday 10:00-12:00; Mon 11:00-13:00", 6.0),
        ("08:00-12:00; 11:00-13:00", 35.0),
        ("22:00-06:00", 57.0),  # the night on which the clocks go back has nine hours
        ("00:30-01:30", 7.0),  # until the first half past one that night; the second ends no watch
    ],
)
def test_schedules(schedule, hours):
    clock = clock_of(pd.Series(dtype="datetime64[us, UTC]"), ZONE, start="2025-10-27", end="2025-11-03")
    spans = staffed_spans(schedule, clock)
    assert (spans.end_us - spans.begin_us).sum() / HOUR_US == hours


@pytest.mark.parametrize("schedule", ["24 h", "8-20", "08:60-09:00", "24:00-25:00", "Foo 08:00-20:00", "08:00-20:00;"])
def test_schedules_that_cannot_be_read(schedule):
    calls = history(("1", "E1", "2025-06-02 10:00", "2025-06-02 11:00"))
    with pytest.raises(InputError, match=r"schedule .* cannot be read: write 'always'"):
        workload(calls, schedules={"E1": schedule})


def test_a_limit_is_the_callers_own():
    calls = history(
        ("1", "E1", "2025-06-02 10:00", "2025-06-02 16:00"), ("1", "E2", "2025-06-02 10:00", "2025-06-02 16:01")
    )
    assert "most_uhu" not in workload(calls)
    table = workload(calls, by="unit_id", most_uhu=0.25, most_source="Council, 2025")
    assert table["over"].tolist() == [False, True]
    assert table["most_source"].unique().tolist() == ["Council, 2025"]
    for limit, source in ((0.25, ""), (0.0, "Council"), (-1.0, "Council")):
        with pytest.raises(InputError, match="most_uhu"):
            workload(calls, most_uhu=limit, most_source=source)


def test_questions_that_cannot_be_asked():
    calls = history(("1", "E1", "2025-06-02 10:00", "2025-06-02 11:00"))
    with pytest.raises(UnknownIdError, match="did you mean 'weekday'"):
        workload(calls, by="weekdays")
    with pytest.raises(UnknownIdError, match="unknown group 'unit_id'"):
        concurrency(calls, by="unit_id")
    with pytest.raises(InputError, match="station_id of the units is not known"):
        workload(calls, by="station_id")
    with pytest.raises(InputError, match="unit_type of the units is not known"):
        drawdown(calls)
    with pytest.raises(UnknownIdError, match="unknown unit 'E9'"):
        workload(calls, schedules={"E9": "always"})
    with pytest.raises(UnknownIdError, match="unknown type of unit 'engin'"):
        drawdown(calls, scenario=department(E1="always"), unit_type="engin")
    with pytest.raises(InputError, match="floor"):
        drawdown(calls, scenario=department(E1="always"), floor=-1)
    with pytest.raises(InputError, match="ends"):
        workload(calls, start="2025-06-05")
    with pytest.raises(InputError, match="start is"):
        workload(calls, start="last week")
    nothing = history()
    with pytest.raises(InputError, match="give start and end"):
        concurrency(nothing)
    with pytest.raises(InputError, match="no unit is known"):
        workload(nothing, start="2025-06-02", end="2025-06-03")
    alone = SimpleNamespace(
        incidents=calls.incidents, responses=calls.responses.drop(columns=["unit_id", "cleared"]), timezone=ZONE
    )
    with pytest.raises(InputError, match="no units: it holds one row per incident"):
        workload(alone)
    with pytest.raises(InputError, match="no units: it holds one row per incident"):
        concurrency(alone)
    with pytest.raises(InputError, match="dispatched and cleared"):
        concurrency(SimpleNamespace(**vars(alone) | {"responses": calls.responses.drop(columns="cleared")}))


def test_nothing_happened():
    nothing, day = history(), {"start": "2025-06-02", "end": "2025-06-03"}
    town = department(E1="always")
    assert workload(nothing, scenario=town, **day).loc[0, ["n", "staffed_h", "uhu"]].tolist() == [0, 24.0, 0.0]
    assert concurrency(nothing, **day)["share_of_time"].tolist() == [1.0]
    assert drawdown(nothing, scenario=town, **day).loc[0, "free_mean"] == 1.0
    assert hour_by_weekday(nothing, **day)["per_hour", "Monday"].tolist() == [0.0] * 24


# --- Concurrency


def test_calls_at_once():
    calls = history(
        ("1", "E1", "2025-06-02 10:00", "2025-06-02 11:00"),
        ("2", "E2", "2025-06-02 10:30", "2025-06-02 11:30"),
        ("1", "E3", "2025-06-02 10:10", "2025-06-02 11:15"),  # the first call lasts until its last unit has cleared
        ("3", "E1", "2025-06-02 11:15", "2025-06-02 12:00"),  # that one is over at this moment
        ("4", "E4", "2025-06-02 11:15", "2025-06-02 11:15"),  # over at once, holds nobody up
        ("5", "E5", "2025-06-02 11:15", "2025-06-02 11:20"),
        ("6", "E6", "2025-06-02 13:00", None),
    )
    table = concurrency(calls)
    assert table["time_h"].tolist() == pytest.approx([22.0, 1.0, 55 / 60, 5 / 60])
    assert table["began"].tolist() == [1, 2, 2, 0]
    assert table["n"].unique().tolist() == [5]
    assert table["share_began"].isna().all()
    assert table["note"].unique().tolist() == ["n too small (below 10)"]
    assert table.attrs["unknown"] == 1
    assert (table["of_h"] == 24.0).all()


def test_shares_of_calls_that_found_others_under_way():
    days = [f"2025-06-{d:02d}" for d in range(2, 12)]
    calls = history(
        *[(f"{d}a", "E1", f"{d} 10:00", f"{d} 11:00") for d in days],
        *[(f"{d}b", "E2", f"{d} 10:59", f"{d} 11:30") for d in days[:5]],
    )
    table = concurrency(calls, by="hour")
    row = table.loc[(10, 0)]
    assert row[["began", "n", "share_began", "note"]].tolist() == [10, 15, pytest.approx(2 / 3), ""]
    assert row["share_began_low"] < 2 / 3 < row["share_began_high"]
    assert table.loc[(11, 0), ["began", "n"]].tolist() == [0, 0]
    assert table.loc[(11, 1), "share_of_time"] == pytest.approx(5 * 0.5 / 10)


# --- Drawdown


def test_engines_left():
    calls = history(
        ("1", "E1", "2025-06-02 06:00", "2025-06-02 12:00"),
        ("1", "Q1", "2025-06-02 06:00", "2025-06-02 09:00"),
        ("1", "T1", "2025-06-02 00:00", "2025-06-02 23:00"),
        ("2", "E2", "2025-06-02 08:00", "2025-06-02 08:30"),
    )
    town = department(E1="always", E2="always", Q1="always", T1="always")
    row = drawdown(calls, scenario=town, floor=2).loc[0]
    assert row[["units", "time_h", "free_least", "floor"]].tolist() == [3, 24.0, 0, 2]
    assert row["share_none"] == pytest.approx(0.5 / 24)
    assert row["share_below_floor"] == pytest.approx(3 / 24)
    assert row[[f"share_free_{k}" for k in range(4)]].tolist() == pytest.approx([0.5 / 24, 2.5 / 24, 3 / 24, 18 / 24])
    assert row["committed_mean"] == pytest.approx(9.5 / 24)
    assert row[["committed_p90", "committed_p95"]].tolist() == [2, 2]
    by_hour = drawdown(calls, scenario=town, by="hour")
    assert by_hour.loc[8, ["free_mean", "committed_p90", "free_least"]].tolist() == [0.5, 3, 0]
    assert by_hour.loc[3, ["free_mean", "committed_p90", "free_least"]].tolist() == [3.0, 0, 3]
    trucks = drawdown(calls, scenario=town, unit_type="truck").loc[0]
    assert trucks["units"] == 2
    assert trucks["share_none"] == pytest.approx(3 / 24)


def test_units_off_duty_are_not_left():
    calls = history(("1", "E1", "2025-06-02 19:00", "2025-06-02 21:00"))
    town = department(E1="08:00-20:00", E2="always")
    row = drawdown(calls, scenario=town).loc[0]
    assert row["free_mean"] == pytest.approx((24 + 11) / 24)
    assert row["committed_mean"] == pytest.approx(2 / 24)
    assert row["free_least"] == 1


# --- Hours of the week


def test_hours_of_the_week():
    calls = history(
        ("1", "E1", "2025-11-02T01:10:00-07:00", None),
        ("2", "E1", "2025-11-02T01:10:00-08:00", None),
        ("3", "E1", "2025-11-10 10:00", None),
        ("4", "E1", "2025-11-10 10:59", None),
    )
    table = hour_by_weekday(calls)
    assert table["n"].shape == (24, 7)
    assert table["n"].to_numpy().sum() == 4
    assert table["hours"].to_numpy().sum() == 9 * 24 + 1
    assert table.loc[1, ("hours", "Sunday")] == 3.0
    assert table.loc[1, ("per_hour", "Sunday")] == pytest.approx(2 / 3)
    assert table.loc[10, ("per_hour", "Monday")] == 1.0
    assert table.loc[10, ("per_hour", "Tuesday")] == 0.0
    spring = hour_by_weekday(calls, start="2025-03-09", end="2025-03-10")
    assert spring.loc[2, ("hours", "Sunday")] == 0.0
    assert np.isnan(spring.loc[2, ("per_hour", "Sunday")])
    assert np.isnan(spring.loc[2, ("per_hour", "Monday")])


# --- Against brute force

STEP = pd.Timedelta(minutes=10)
DAYS = {"spring": "2025-03-08", "autumn": "2025-11-01", "month": "2025-07-30"}
SCHEDULES = ("always", "08:00-20:00", "Sat 22:00-06:00; Sun 10:00-12:00", "Sun-Fri 01:30-03:30")
ROWS = st.lists(
    st.tuples(
        st.integers(0, 5),  # incident
        st.integers(0, 2),  # unit
        st.integers(-12, 3 * 144),  # dispatched
        st.one_of(st.none(), st.integers(0, 30), st.integers(0, 144)),  # lasts, a day at most
    ),
    max_size=14,
)


def brute(rows, first, town):
    """Go through the period in steps of ten minutes."""
    start = pd.Timestamp(first, tz=ZONE)
    end = (start.tz_localize(None) + pd.Timedelta(days=3)).tz_localize(ZONE)
    slots = pd.date_range(start, end, freq=STEP, inclusive="left")
    on = {unit: staffed_slots(schedule, slots) for unit, schedule in town.units["schedule"].items()}
    of_incident = {}
    for incident, _, begin, lasts in rows:
        begins, ends = of_incident.setdefault(incident, ([], []))
        begins.append(begin)
        ends += [] if lasts is None else [begin + lasts]
    spans = [(min(b), max(e)) for b, e in of_incident.values() if e and max(e) >= min(b)]
    spans.sort(key=lambda s: s[0])
    told = []
    for slot, at in enumerate(slots):
        busy = {f"E{u + 1}" for _, u, b, n in rows if n is not None and b <= slot < b + n}
        staffed = {unit for unit in on if on[unit][slot]}
        told.append((at.hour, busy, staffed, sum(b <= slot < e for b, e in spans)))
    began = {}
    for i, (begin, _) in enumerate(spans):
        if 0 <= begin < len(slots):
            others = sum(e > begin for b, e in spans[:i])
            began[slots[begin].hour, others] = began.get((slots[begin].hour, others), 0) + 1
    return told, began, {"start": str(start.tz_localize(None)), "end": str(end.tz_localize(None))}


def staffed_slots(schedule, slots):
    """Whether a unit is on duty in each slot, by the wall clock written out."""
    hour = slots.hour + slots.minute / 60
    if schedule == "08:00-20:00":
        return (hour >= 8) & (hour < 20)
    if schedule.startswith("Sat"):
        saturday, sunday = slots.day_of_week == 5, slots.day_of_week == 6
        return (saturday & (hour >= 22)) | (sunday & (hour < 6)) | (sunday & (hour >= 10) & (hour < 12))
    if schedule.startswith("Sun"):
        there = (slots.day_of_week != 5) & (hour >= 1.5) & (hour < 3.5)
        again = slots.map(lambda t: t.fold == 1)
        twice = slots.map(lambda t: t.hour == 1 and t.minute < 30 and t.fold == 1 and t.day_of_week != 5)
        return there | (again & twice)  # on duty from the first half past one until half past three
    return np.ones(len(slots), dtype=bool)


@settings(max_examples=tries(200))
@given(rows=ROWS, night=st.sampled_from(sorted(DAYS)), schedules=st.tuples(*[st.sampled_from(SCHEDULES)] * 3))
@example(rows=[(0, 0, 10, 6), (1, 0, 10, 0), (2, 1, 10, 3)], night="autumn", schedules=(SCHEDULES[3],) * 3)
def test_against_brute_force(rows, night, schedules):
    town = department(**{f"E{i + 1}": s for i, s in enumerate(schedules)})
    start = pd.Timestamp(DAYS[night], tz=ZONE).tz_convert("UTC")
    calls = history(
        *[
            (str(i), f"E{u + 1}", str(start + b * STEP), None if n is None else str(start + (b + n) * STEP))
            for i, u, b, n in rows
        ]
    )
    told, began, period = brute(rows, DAYS[night], town)
    busy = workload(calls, scenario=town, by=("unit_id", "hour"), **period)
    for (unit, hour), row in busy.iterrows():
        mine = [(unit in b, unit in s) for h, b, s, _ in told if h == hour]
        assert row["committed_h"] == pytest.approx(sum(b for b, _ in mine) / 6)
        assert row["staffed_h"] == pytest.approx(sum(s for _, s in mine) / 6)
    assert busy["n"].sum() == sum(0 <= b < len(told) for _, _, b, _ in rows)
    at_once = concurrency(calls, by="hour", **period)
    for (hour, level), row in at_once.iterrows():
        assert row["time_h"] == pytest.approx(sum(h == hour and k == level for h, _, _, k in told) / 6)
        assert row["began"] == began.get((hour, level), 0)
    assert at_once["began"].sum() == sum(began.values())
    left = drawdown(calls, scenario=town, floor=2, **period).loc[0]
    free = [len(s - b) for _, b, s, _ in told]
    committed = sorted(len(b) for _, b, _, _ in told)
    for k in range(4):
        assert left[f"share_free_{k}"] == pytest.approx(free.count(k) / len(told))
    assert left["free_least"] == min(free)
    assert left["share_below_floor"] == pytest.approx(sum(f < 2 for f in free) / len(told))
    assert left["committed_p90"] == committed[int(np.ceil(len(told) * 0.9 - 1e-9)) - 1]
    assert left["committed_mean"] == pytest.approx(np.mean(committed))


# --- The sample city


@pytest.mark.parametrize("by", [("hour",), ("month",), ("weekday", "hour"), ("year",), ("unit_id", "hour", "month")])
def test_parts_add_up_to_the_whole(cad, city, by):
    whole, parts = workload(cad, scenario=city).loc[0], workload(cad, scenario=city, by=by)
    for column in ("n", "unknown", "committed_h"):
        assert parts[column].sum() == pytest.approx(whole[column], rel=1e-12)
    assert parts["staffed_h"].sum() == pytest.approx(731 * 24 * 13, rel=1e-12)
    levels, parts = concurrency(cad), concurrency(cad, by="hour")
    assert parts.groupby("under_way")[["time_h", "began"]].sum().to_numpy() == pytest.approx(
        levels[["time_h", "began"]].to_numpy(), rel=1e-9
    )


def test_littles_law(cad):
    table = concurrency(cad)
    mean_under_way = (table["share_of_time"] * table.index).sum()
    ends = cad.responses.groupby("incident_id").agg(begin=("dispatched", "min"), end=("cleared", "max"))
    mean_h = (ends["end"] - ends["begin"]).dt.total_seconds().mean() / 3600
    per_hour = len(ends) / (731 * 24)
    assert mean_under_way == pytest.approx(per_hour * mean_h, rel=1e-4)  # a few calls run past the last midnight


def test_committed_time_of_the_city_is_that_of_a_loop(cad, city):
    table = workload(cad, scenario=city, by="unit_id")
    rows = cad.responses.sort_values("dispatched")
    for unit in ("E1", "M1", "BC1"):
        total, until = pd.Timedelta(0), pd.Timestamp("2024-01-01", tz=ZONE)
        for begin, end in rows.loc[rows["unit_id"] == unit, ["dispatched", "cleared"]].itertuples(index=False):
            total += max(min(end, pd.Timestamp("2026-01-01", tz=ZONE)) - max(begin, until), pd.Timedelta(0))
            until = max(until, end)
        assert table.loc[unit, "committed_h"] == pytest.approx(total / pd.Timedelta(hours=1))
    rows = rows[rows["dispatched"] < pd.Timestamp("2026-01-01", tz=ZONE)]
    assert table["n"].to_dict() == rows.loc[rows["unit_id"].isin(table.index), "unit_id"].value_counts().to_dict()


def test_drawdown_agrees_with_workload(cad, city):
    engines = drawdown(cad, scenario=city, by="hour")
    busy = workload(cad, scenario=city, by=("unit_type", "hour")).loc["engine"]
    assert engines["committed_mean"].to_numpy() == pytest.approx(7 * busy["uhu"].to_numpy())
    assert (engines["committed_mean"] + engines["free_mean"]).to_numpy() == pytest.approx(7.0)
    shares = engines.filter(regex=r"share_free_\d")
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1.0)


def test_an_attendance_does_as_well_and_nothing_is_changed(cad, city):
    attendance = attend(cad, scenario=city)
    before = attendance.responses.copy(), attendance.incidents.copy()
    pd.testing.assert_frame_equal(
        workload(attendance, by=("station_id", "weekday")), workload(cad, scenario=city, by=("station_id", "weekday"))
    )
    pd.testing.assert_frame_equal(concurrency(attendance), concurrency(cad))
    pd.testing.assert_frame_equal(drawdown(attendance), drawdown(cad, scenario=city))
    pd.testing.assert_frame_equal(hour_by_weekday(attendance), hour_by_weekday(cad))
    pd.testing.assert_frame_equal(attendance.responses, before[0])
    pd.testing.assert_frame_equal(attendance.incidents, before[1])


def test_a_history_that_is_modelled_says_so():
    calls = history(("1", "E1", "2025-06-02 10:00", "2025-06-02 11:00"))
    calls.basis = "modelled"
    assert workload(calls).attrs["basis"] == "modelled"
