"""The staffing sheet, on three weeks in which every day is alike, and against a count minute by minute."""

import numpy as np
import pandas as pd
import pytest

import fireplan as fp
from fireplan import charts
from fireplan.errors import InputError, UnknownIdError
from fireplan.response_performance import between, staffing_sheet
from tests.support.histories import ZONE, history, went

MONDAY = pd.Timestamp("2025-05-05 10:00", tz=ZONE)
TOWN = fp.examples.line_town().apply(fp.OpenStation("S2", at=(-140.0, 30.03), name="Station 2", units=("E2",)))
GOAL = fp.Objective("first_engine", "First engine", 240, share=0.9)


def three_weeks(days=21):
    """E1 is out from 10:00 to 11:30 each day, and E2 from 10:15 to 11:15, at a call for which E1 is first due."""
    rows = []
    for day in range(days):
        at = (MONDAY + pd.Timedelta(days=day)).tz_convert("UTC")
        rows += [
            went(f"A{day}", "E1", 0, 0, 60, 160, 5400, at=at),
            went(f"B{day}", "E2", 0, 0, 60, 360, 3600, at=at + pd.Timedelta(minutes=15)),
        ]
    return history(*rows)


@pytest.fixture(scope="module")
def sheet():
    return staffing_sheet(three_weeks(), scenario=TOWN, objective=GOAL, block_h=2, level=1, draws=200)


def test_an_hour_by_hand(sheet):
    hour = sheet.by_hour().loc["Tue 10:00"]
    assert (sheet.kind, sheet.weeks, hour["hours"]) == ("engine", 3, 3)
    assert hour[["calls", "calls_per_hour", "on_duty"]].tolist() == [6, 2, 2]
    assert hour["out_mean"] == pytest.approx(1.75)  # E1 the whole hour, E2 from a quarter past
    assert hour["out_p95"] == 2
    assert hour[["at_most_free_0", "at_most_free_1", "at_most_free_2"]].tolist() == [0.75, 1, 1]
    assert hour[["asked", "first_due_out", "measured", "missed"]].tolist() == [6, 3, 6, 3]
    assert np.isnan(hour["first_due_out_share"])  # six calls are too few for a share
    assert sheet.by_hour().loc["Tue 11:00", ["out_mean", "calls"]].tolist() == [0.75, 0]
    assert sheet.by_hour().loc["Tue 12:00", ["out_mean", "at_most_free_1"]].tolist() == [0, 0]


def test_the_block_that_holds_all_is_first(sheet):
    best = sheet.blocks.loc[("Mon-Sun", 1)]
    assert (best["schedule"], best["hours_a_week"]) == ("10:00-12:00", 14)
    # Each day both engines are out for an hour: three quarters from 10:15, one quarter until 11:15.
    assert best[["over_unit_h", "over_unit_h_low", "over_unit_h_high"]].tolist() == pytest.approx([7, 7, 7])
    assert best[["first_due_out", "first_due_out_share", "calls", "missed"]].tolist() == pytest.approx([7, 1, 14, 7])
    assert best["chance_best"] == 1
    weekdays = sheet.blocks.loc[("Mon-Fri", 1)]
    assert (weekdays["schedule"], weekdays["hours_a_week"]) == ("Mon-Fri 10:00-12:00", 10)
    assert weekdays[["over_unit_h", "over_unit_h_share"]].tolist() == pytest.approx([5, 5 / 7])
    assert sheet.best_said("Mon-Fri") in repr(sheet)
    assert "7.0 (7.0 to 7.0) unit-hours a week out above 1 (100 % of all)" in sheet.best_said()


def test_schedules_of_blocks_are_taken_and_those_beyond_midnight_end_on_the_next_day():
    late = staffing_sheet(three_weeks(), scenario=TOWN, block_h=10, draws=50).blocks
    town = TOWN.apply(*(fp.SetSchedule(s, units=("E2",)) for s in late["schedule"]))
    assert town.units.loc["E2", "schedule"] == late["schedule"].iloc[-1]
    beyond = late[late["schedule"] == "Mon-Fri 20:00-06:00"].iloc[0]
    assert (beyond["calls"], beyond["hours_a_week"]) == (0, 50)
    into = late[late["schedule"] == "Mon-Fri 02:00-12:00"].iloc[0]
    assert into["calls"] == 10
    tuesday = late[late["schedule"] == "Mon-Fri 23:00-09:00"].iloc[0]
    assert tuesday["over_unit_h"] == 0
    assert set(staffing_sheet(three_weeks(), scenario=TOWN, block_h=24, draws=5).blocks.loc["Mon-Sun", "schedule"]) == {
        "always"
    }


def test_it_is_a_count_minute_by_minute():
    rng = np.random.default_rng(7)
    rows, out = [], np.zeros((2, 14 * 1440), dtype=bool)
    midnight = MONDAY.normalize()
    for unit in range(2):
        begin = 0
        for i in range(60):
            begin += int(rng.integers(20, 250))
            lasts = int(rng.integers(5, 180))
            if begin + lasts >= out.shape[1]:
                break
            out[unit, begin : begin + lasts] = True
            at = (midnight + pd.Timedelta(minutes=begin)).tz_convert("UTC")
            rows.append(went(f"{unit}-{i}", f"E{unit + 1}", 0, 0, 60, 120, 60 * lasts, at=at))
            begin += lasts
    rows.append(
        went("last", "E1", 0, 0, 0, 0, 0, at=(midnight + pd.Timedelta(minutes=14 * 1440 - 1)).tz_convert("UTC"))
    )
    made = staffing_sheet(history(*rows), scenario=TOWN, block_h=7, level=1, draws=5)
    count = out.sum(axis=0)
    by_hour = count.reshape(2, 168, 60)
    np.testing.assert_allclose(made.by_hour()["out_mean"], by_hour.mean(axis=(0, 2)))
    np.testing.assert_allclose(made.by_hour()["at_most_free_0"], (by_hour == 2).mean(axis=(0, 2)))
    over_h = np.maximum(by_hour - 1, 0).sum(axis=2).mean(axis=0) / 60
    for _, row in made.blocks.iterrows():
        n_days = 7 if "Mon" not in row["schedule"] else 5
        inside = (24 * np.arange(n_days)[:, None] + row["begins"] + np.arange(7)).ravel() % 168
        assert row["over_unit_h"] == pytest.approx(over_h[inside].sum())


def test_without_a_level_it_is_what_is_out_for_nine_tenths_of_the_time():
    assert staffing_sheet(three_weeks(), scenario=TOWN, draws=5).level == 0  # nobody is out for 22.5 of 24 hours


def test_one_week_has_no_interval_and_less_is_refused():
    week = staffing_sheet(three_weeks(7), scenario=TOWN, draws=5)
    assert week.blocks[["over_unit_h_low", "chance_best"]].isna().all(axis=None)
    assert "draws" not in week.best_said()
    with pytest.raises(InputError, match="covers 6 days: a staffing sheet needs a week"):
        staffing_sheet(three_weeks(6), scenario=TOWN)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"block_h": 0}, "block_h is 0"),
        ({"block_h": 25, "level": -1}, "level is -1"),
        ({"rank_by": "luck"}, "rank_by"),
        ({"draws": 0}, "draws is 0"),
        ({"kind": "people"}, "kind is 'people'"),
        ({"kind": "truck", "objective": GOAL}, "but the objective is for engine"),
        ({"objective": fp.Objective("f", "Force", 480, needs={"people": 16})}, "for the first unit of one kind"),
    ],
)
def test_what_cannot_be_asked(how, said):
    with pytest.raises(InputError, match=said):
        staffing_sheet(three_weeks(7), scenario=TOWN, **how)


def test_a_kind_that_there_is_none_of_and_a_history_that_says_nothing():
    with pytest.raises(UnknownIdError, match="truck"):
        staffing_sheet(three_weeks(7), scenario=TOWN, kind="truck")
    made = three_weeks(7)
    blind = made._replace(responses=made.responses.assign(cleared=pd.NaT))
    blind.responses["cleared"] = pd.to_datetime(blind.responses["cleared"], utc=True)
    with pytest.raises(InputError, match="when its unit was free again"):
        staffing_sheet(blind, scenario=TOWN)


def test_it_is_drawn_with_the_best_hours_framed(sheet):
    chart = charts.staffing_sheet(sheet)
    axes = chart.figure().axes[0]
    framed = next(c for c in axes.collections if c.get_gid() == "marked")
    corners = np.concatenate([np.asarray(p) for p in framed.get_segments()])
    assert (corners.min(axis=0).tolist(), corners.max(axis=0).tolist()) == ([10, 0], [12, 7])
    assert [t.get_text() for t in axes.texts][10] == "1.8"
    assert sheet.best_said() in chart.alt
    weekdays = charts.staffing_sheet(sheet, figure="first_due_out", days="Mon-Fri").figure().axes[0]
    framed = next(c for c in weekdays.collections if c.get_gid() == "marked")
    assert np.concatenate([np.asarray(p) for p in framed.get_segments()]).max(axis=0).tolist() == [12, 5]
    with pytest.raises(UnknownIdError, match="luck"):
        charts.staffing_sheet(sheet, figure="luck")
    with pytest.raises(UnknownIdError, match="Sun"):
        charts.staffing_sheet(sheet, days="Sun")
    quiet = staffing_sheet(three_weeks(7), scenario=TOWN, objective=fp.Objective("e", "E", 900), draws=5)
    with pytest.raises(InputError, match="nothing to draw"):
        charts.staffing_sheet(quiet, figure="missed")


def test_a_part_of_a_history_is_a_sheet_of_its_own(sheet):
    two = between(three_weeks(), "2025-05-05", "2025-05-19")
    assert staffing_sheet(two, scenario=TOWN, draws=5).weeks == 2
    assert sheet.blocks.attrs["seed"] == 1
