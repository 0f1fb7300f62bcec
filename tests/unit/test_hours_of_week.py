"""No unit covers outside its hours: moments of the week, its worst, and its mean."""

import contextlib

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan._cli.app import main
from fireplan.errors import InputError, TableError
from fireplan.stations._schedules import DAYS, WEEK_MIN, minute_of, minutes_on, moment_said
from fireplan.travel._on_duty import duty_states, on_duty, units_on_duty
from tests.support.how_many import tries

DAY, NIGHT = "08:00-20:00", "20:00-08:00"
ENDS = ((-140.0, 30.001), (-140.0, 30.035))


@pytest.fixture
def town():
    """Two stations at the ends of a street, E1 by day and E2 by night."""
    line = fp.examples.line_town()
    return line.apply(
        fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)),
        fp.SetSchedule(DAY, units=("E1",)),
        fp.SetSchedule(NIGHT, units=("E2",)),
        name="by turns",
    )


def share(found, objective="first_engine", measure="population"):
    return found.summary().loc[(objective, measure), "share"]


def alone(town, unit):
    """The same town with one unit, around the clock."""
    others = [u for u in town.units.index if u != unit]
    return town.apply(fp.SetSchedule("always"), *(fp.RemoveUnit(u) for u in others))


# --- moments


@pytest.mark.parametrize(
    ("text", "minute"),
    [("Mon 00:00", 0), ("tue 14", 1440 + 840), ("Sunday 23:59", WEEK_MIN - 1), ("thurs 9:05", 3 * 1440 + 545)],
)
def test_moments_are_read(text, minute):
    assert minute_of(text) == minute


@pytest.mark.parametrize(
    "text", ["", "14:00", "Tue", "Tues day 14:00", "Foo 14:00", "Tue 24:00", "Tue 14:60", "mo 9:00"]
)
def test_what_is_no_moment_is_refused_with_an_example(text):
    with pytest.raises(InputError, match=r"no moment of the week: write a day and a time .*'Tue 14:00'"):
        minute_of(text)


@given(st.integers(0, WEEK_MIN - 1))
def test_moments_are_said_as_they_are_read(minute):
    assert minute_of(moment_said(minute)) == minute


# --- schedules


def test_a_night_belongs_to_the_day_on_which_it_begins():
    on = minutes_on("Sun 22:00-06:00")
    assert on.sum() == 8 * 60
    assert on[:360].all()
    assert not on[360:1440].any()
    assert on[-120:].all()


def test_schedules_that_cannot_be_read_or_name_an_hour_twice_are_refused_together():
    line = fp.examples.line_town()
    units = pd.DataFrame(
        {
            "station_id": "S1",
            "type": "engine",
            "schedule": [
                "whenever",
                "Mon-Fri 08:00-18:00; Fri 17:00-20:00",
                "Sat 00:00-23:00; Fri 22:00-02:00",
                "always",
            ],
        },
        index=pd.Index(["E1", "E2", "E3", "E4"], name="unit_id"),
    )
    with pytest.raises(TableError) as fault:
        fp.Scenario(line.roads, line.stations, units, line.zones)
    text = str(fault.value)
    assert "'E1': schedule 'whenever' cannot be read" in text
    assert "'E2'" in text
    assert "Fri 17:00 twice" in text
    assert "Sat 00:00 twice" in text
    assert "'E4'" not in text
    with pytest.raises(InputError, match="cannot be read"):
        line.apply(fp.SetSchedule("9 to 5", units=("E1",)))
    with pytest.raises(InputError, match="cannot be read"):
        line.apply(fp.AddUnit("E9", to="S1", schedule="9 to 5"))


def test_no_schedule_is_around_the_clock():
    line = fp.examples.line_town()
    units = line.units.assign(schedule=None)
    town = fp.Scenario(line.roads, line.stations, units, line.zones)
    assert town.units["schedule"].tolist() == ["always"]
    assert share(fp.assess(town, standard="NFPA_1710")) == share(fp.assess(line, standard="NFPA_1710"))


# --- cover


@pytest.mark.parametrize(("when", "unit"), [("Tue 14:00", "E1"), ("Tue 02:00", "E2"), ("Sun 08:00", "E1")])
def test_at_a_moment_those_count_that_are_on_duty(town, when, unit):
    found = fp.assess(town, standard="NFPA_1710", at=when)
    pd.testing.assert_series_equal(
        found.summary()["within"], fp.assess(alone(town, unit), standard="NFPA_1710").summary()["within"]
    )
    assert set(found.zones["first_due"].dropna()) == {alone(town, unit).units["station_id"].iloc[0]}
    off = ({"E1", "E2"} - {unit}).pop()
    assert any(f"at {when}: {off} is off duty" in note for note in found.notes())


def test_a_scenario_as_it_is_counts_those_on_duty_when_the_fewest_are():
    line = fp.examples.line_town()
    day = line.apply(
        fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)), fp.SetSchedule("Mon-Fri 08:00-18:00", units=("E2",))
    )
    found = fp.assess(day, standard="NFPA_1710")
    assert share(found) == pytest.approx(share(fp.assess(line, standard="NFPA_1710")))
    note = next(n for n in found.notes() if "by a schedule" in n)
    assert note == (
        "1 unit of 2 works by a schedule: figures are with those on duty at Mon 00:00, when they are fewest: E2 is off"
        " duty; ask of another moment, or of the whole week, by assess(..., at=)"
    )
    both = share(fp.assess(day, standard="NFPA_1710", at="Wed 12:00"))
    assert both > share(found)


def test_units_that_relieve_each_other_are_one_crew(town):
    """Neither is left out at all hours: one of them is always there."""
    assert on_duty(town).mask.sum() == 1
    assert share(fp.assess(town, standard="NFPA_1710")) in {
        share(fp.assess(alone(town, unit), standard="NFPA_1710")) for unit in ("E1", "E2")
    }


def test_the_fewest_are_told_by_what_is_needed():
    line = fp.examples.line_town().apply(
        fp.AddUnit("M1", to="S1", type="ambulance", schedule="00:00-12:00"),
        fp.AddUnit("E2", to="S1", schedule="12:00-24:00"),
    )
    assert units_on_duty(line, {"engine": 1.0}).index.tolist() == ["E1", "M1"]
    assert units_on_duty(line, {"ambulance": 1.0}).index.tolist() == ["E1", "E2"]


def test_nobody_on_duty_reaches_nobody(town):
    gone = town.apply(fp.SetSchedule("Mon 08:00-09:00"))
    found = fp.assess(gone, standard="NFPA_1710")
    assert share(found) == 0.0
    assert share(fp.assess(gone, standard="NFPA_1710", at="Mon 08:30")) > 0
    assert found.summary()["n"].gt(0).any()


def test_the_worst_and_the_mean_are_those_of_the_hours(town):
    week = fp.assess(town, standard="NFPA_1710", at="mean")
    day, night = (share(fp.assess(alone(town, unit), standard="NFPA_1710")) for unit in ("E1", "E2"))
    row = week.summary().loc[("first_engine", "population")]
    assert row["share"] == pytest.approx((day + night) / 2)
    assert row["worst_share"] == min(day, night)
    assert row["best_share"] == max(day, night)
    assert row["weighed_by"] == "hours"
    assert row["within"] + row["outside"] == pytest.approx(row["n"])
    worst = fp.assess(town, standard="NFPA_1710", at="worst")
    assert share(worst) == min(day, night)
    assert worst.scenario.when == row["worst_at"]


def test_hours_weigh_the_calls_that_come_in_them(town):
    rng = np.random.default_rng(4)
    at = pd.Timestamp("2025-03-03 10:00", tz="America/Los_Angeles")  # a Monday
    received = [at] * 30 + [at + pd.Timedelta(hours=12)] * 10
    calls = gpd.GeoDataFrame(
        {"call_type": "FIRE", "received": received},
        geometry=gpd.points_from_xy([-140.0] * 40, rng.uniform(30.0, 30.04, 40)),
        crs=4326,
        index=pd.Index([f"I{i}" for i in range(40)], name="incident_id"),
    )
    asked = fp.Scenario(
        town.roads, town.stations, town.units, town.zones, incidents=calls, timezone="America/Los_Angeles"
    )
    week = fp.assess(asked, standard="NFPA_1710", at="by hour")
    day, night = (share(fp.assess(alone(asked, unit), standard="NFPA_1710")) for unit in ("E1", "E2"))
    assert week.weighed_by == "incidents"
    assert share(week) == pytest.approx(0.75 * day + 0.25 * night)
    assert sum(s.share for s in week.states) == pytest.approx(1.0)


def test_an_hour_in_which_the_watch_changes_is_the_mean_of_its_minutes(town):
    half = town.apply(fp.SetSchedule("08:30-20:00", units=("E1",)), fp.SetSchedule("20:00-08:30", units=("E2",)))
    table = fp.assess(half, standard="NFPA_1710", at="by hour").by_hour()
    row = table.loc[("first_engine", "population")]
    assert len(row) == 168
    assert list(row.index[:2]) == ["Mon 00:00", "Mon 01:00"]
    assert row.loc["Mon 08:00", "share"] == pytest.approx(
        (row.loc["Mon 07:00", "share"] + row.loc["Mon 09:00", "share"]) / 2
    )
    assert (row["on_duty"] == 1).all()
    assert row["weekday"].tolist() == list(np.repeat(DAYS, 24))
    mean = fp.assess(half, standard="NFPA_1710", at="mean").summary().loc[("first_engine", "population"), "share"]
    assert row["share"].mean() == pytest.approx(mean)


def test_zones_say_how_much_of_the_week_they_are_reached(town):
    week = fp.assess(town, standard="NFPA_1710", at="mean")
    zones = week.zones
    reached = {u: fp.assess(alone(town, u), standard="NFPA_1710").zones["first_engine_within"] for u in ("E1", "E2")}
    both = (reached["E1"].astype(float) + reached["E2"].astype(float)) / 2
    np.testing.assert_allclose(zones["first_engine_share"], both)
    assert (zones["first_engine_worst"] <= zones["first_engine_share"] + 1e-12).all()
    far = zones.index[reached["E1"] & ~reached["E2"]]
    assert (
        zones.loc[far, "first_engine_worst_at"]
        == week.states[0 if week.states[0].state.minute == 0 else 1].assessment.scenario.when
    ).all()


def test_streets_are_driven_as_in_the_hour_that_is_asked():
    peak = fp.roads.SpeedPeriod("pm peak", hours=(16, 19), factor=0.5)
    town = fp.examples.line_town().with_periods(peak)
    slow = share(fp.assess(town.during("pm peak", incidents=False), standard="NFPA_1710"))
    assert share(fp.assess(town, standard="NFPA_1710", at="Tue 17:00")) == slow
    assert share(fp.assess(town, standard="NFPA_1710", at="Tue 19:00")) > slow
    week = fp.assess(town, standard="NFPA_1710", at="mean")
    assert len(week.states) == 2
    assert week.summary().loc[("first_engine", "population"), "worst_at"] == "Mon 16:00"
    with pytest.raises(InputError, match="driven as in one period already"):
        town.during("pm peak").at("Tue 09:00")


def test_a_change_is_made_at_the_same_moment(town):
    night = town.at("Tue 02:00")
    more = night.apply(fp.AddUnit("E3", to="S1"))
    assert more.when == "Tue 02:00"
    assert units_on_duty(more).index.tolist() == ["E2", "E3"]
    gains = fp.compare(night, more, standard="NFPA_1710").summary()["share"]
    assert gains.loc[(more.name, "first_engine", "population")] > gains.loc[(night.name, "first_engine", "population")]


def test_answers_of_one_moment_are_not_taken_for_those_of_another(town):
    """All share what is kept of the town."""
    day, night = (share(fp.assess(town, standard="NFPA_1710", at=w)) for w in ("Tue 14:00", "Tue 02:00"))
    assert day != night
    again = [share(fp.assess(town, standard="NFPA_1710", at=w)) for w in ("Tue 02:00", "Tue 14:00", "Sat 02:00")]
    assert again == [night, day, night]


@pytest.mark.parametrize(("when", "end"), [("Tue 02:00", "near"), ("Tue 14:00", "far")])
def test_a_new_station_is_sought_for_the_hour_that_is_asked(town, when, end):
    """By night nobody is at the near end, by day nobody at the far one."""
    sites = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(*zip(*ENDS, strict=True)),
        crs=4326,
        index=pd.Index(["near", "far"], name="candidate_id"),
    )
    plan = fp.siting.max_coverage(town.at(when), candidates=sites, stations=1, within_s=120)
    assert plan.chosen.index.tolist() == [end]


def test_the_command_says_of_which_hour_its_figures_are_and_writes_all(town, tmp_path, capsys, monkeypatch):
    fp.write_project(town, tmp_path / "town")
    assert fp.open_project(tmp_path / "town").today.units["schedule"].tolist() == [DAY, NIGHT]
    monkeypatch.setattr("sys.argv", ["fireplan", "assess", str(tmp_path / "town")])
    with contextlib.suppress(SystemExit):
        main()
    said = " ".join(capsys.readouterr().out.split())
    week = fp.assess(town, standard="NFPA_1710", at="mean")
    row = week.summary().loc[("first_engine", "population")]
    assert (
        "2 units of 2 work by a schedule: figures are with those on duty at Mon 00:00, when they are fewest: E1 is off"
        in said
    )
    assert f"over the week: {100 * row['share']:.1f} % of {row['n']:,.0f} people on average" in said
    assert f"at worst ({row['worst_at']})" in said
    table = pd.read_csv(tmp_path / "town" / "out" / "cover_by_hour.csv")
    assert len(table) == len(week.by_hour())
    assert "work by a schedule" in (tmp_path / "town" / "out" / "notes.txt").read_text(encoding="utf-8")


def test_a_report_says_of_which_hour_its_figures_are(town, tmp_path):
    fp.write_project(town, tmp_path / "town")
    page = fp.write_report(fp.open_project(tmp_path / "town"), tmp_path / "r.html", chapters=["distribution"])
    text = page.read_text(encoding="utf-8")
    assert "2 units of 2 work by a schedule: figures are with those on duty at Mon 00:00" in text
    assert "Shares over the week" in text
    assert "First engine within 4:00, by hour of the week" in text


schedules = st.builds(
    lambda day, begin, length: f"{DAYS[day][:3]} {begin:02d}:00-{(begin + length) % 24:02d}:00",
    st.integers(0, 6), st.integers(0, 23), st.integers(1, 23),
)  # fmt: skip


@settings(max_examples=tries(20))
@given(st.lists(st.one_of(st.just("always"), schedules), min_size=2, max_size=4), st.integers(0, WEEK_MIN - 1))
def test_states_part_the_week_and_hold_at_every_minute(texts, minute):
    line = fp.examples.line_town()
    units = pd.DataFrame(
        {"station_id": "S1", "type": "engine", "schedule": texts},
        index=pd.Index([f"E{i}" for i in range(len(texts))], name="unit_id"),
    )
    town = fp.Scenario(line.roads, line.stations, units, line.zones)
    states = duty_states(town)
    assert (sum(s.minutes.astype(int) for s in states) == 1).all()
    here = next(s for s in states if s.minutes[minute])
    at = units_on_duty(town.at(moment_said(minute)))
    assert len(at) == here.on_duty
    assert at.index.tolist() == [u for u, text in zip(units.index, texts, strict=True) if minutes_on(text)[minute]]
    assert on_duty(town).mask.sum() == min(s.on_duty for s in states)
