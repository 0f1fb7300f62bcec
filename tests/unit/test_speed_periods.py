"""Periods of the week: their hours, what is driven in them, and what is reached in each."""

import contextlib
import json
import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan._cli import main
from fireplan.errors import InputError, NetworkError, ProjectError, TableError, UnknownIdError
from fireplan.report import write_report
from fireplan.roads import REST, SpeedPeriod
from fireplan.roads._speed_periods import DAY_MIN, WEEK_MIN, check_periods, period_of

WORKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri")
PEAK = SpeedPeriod("pm peak", hours=(16, 19), weekdays=WORKDAYS, factor=0.5)
NIGHT = SpeedPeriod("night", hours=(22, 6), factor={"residential": 0.8})


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


def calls_at(stamps, *, north=0.0215):
    """Calls at one place on Line Street."""
    received = pd.to_datetime(stamps).tz_localize("America/Denver")
    ids = [f"I{i}" for i in range(len(stamps))]
    return gpd.GeoDataFrame(
        {"incident_id": ids, "received": received, "category": "fire"},
        geometry=[shapely.Point(-140.0, 30.0 + north)] * len(stamps),
        crs=4326,
    )


def with_calls(town, incidents):
    return fp.Scenario(
        town.roads, town.stations, town.units, town.zones, incidents=incidents, timezone="America/Denver"
    )


def test_the_minutes_of_a_period_are_those_of_its_hours_and_days():
    minutes = PEAK.minutes
    assert minutes.sum() == 5 * 3 * 60
    assert minutes[16 * 60]
    assert not minutes[19 * 60]
    assert not minutes[5 * DAY_MIN + 17 * 60]  # Saturday


def test_a_night_belongs_to_the_day_on_which_it_begins():
    sunday = SpeedPeriod("night", hours=(22, 6), weekdays=["sun"]).minutes
    assert sunday[: 6 * 60].all()  # early on Monday
    assert sunday[6 * DAY_MIN + 22 * 60 :].all()
    assert sunday.sum() == 8 * 60


def test_a_period_says_when_it_is_and_on_what_grounds():
    assert str(PEAK) == "pm peak (16:00 to 19:00, Monday to Friday): speeds x 0.5 (assumed)"
    assert str(NIGHT) == "night (22:00 to 06:00): speeds x 0.8 on residential (assumed)"


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"name": " "}, "name is blank"),
        ({"name": REST}, "choose another name"),
        ({"hours": (9, 9)}, "two different hours"),
        ({"hours": (9,)}, "two different hours"),
        ({"hours": "9 to 17"}, "two different hours"),
        ({"hours": (24, 0)}, "two different hours"),
        ({"hours": (7.333, 9)}, "whole minutes"),
        ({"weekdays": ["Fryday"]}, "'Fryday'"),
        ({"factor": 0}, "above zero"),
        ({"factor": float("nan")}, "above zero"),
        ({"factor": "0.8"}, "above zero"),
        ({"factor": 80}, "0.8 for 80 %"),
        ({"factor": {}}, "no class of road"),
        ({"factor": {"primary": -1}}, "'primary'"),
    ],
)
def test_what_is_no_period_is_refused(bad, said):
    with pytest.raises(TableError, match=said):
        SpeedPeriod(**{"name": "peak", "hours": (7, 9), "factor": 0.8, **bad})


def test_two_periods_at_one_hour_are_refused_with_the_hour():
    late = SpeedPeriod("late", hours=(18, 20), weekdays=["Friday"], factor=0.9)
    with pytest.raises(TableError, match="both on Friday at 18:00"):
        check_periods([PEAK, late])
    with pytest.raises(TableError, match="stands twice"):
        check_periods([PEAK, SpeedPeriod("PM peak", hours=(7, 9))])


def test_a_class_that_nobody_knows_is_refused_and_one_the_town_lacks_is_noted(town):
    with pytest.raises(TableError, match="unknown class of road 'resident"):
        town.roads.with_periods(SpeedPeriod("x", factor={"residental": 0.5}))
    snow = town.roads.with_periods(SpeedPeriod("snow", factor={"track": 0.5, "emergency_access": 0.5}))
    assert "period 'snow' names emergency_access, track: the network has no such street" in snow.period_notes
    roads = town.roads.with_periods(SpeedPeriod("x", hours=(7, 9), factor={"motorway": 0.5}))
    assert "period 'x' names motorway: the network has no such street" in roads.period_notes
    assert any(note.startswith("154 of the 168 hours") for note in roads.period_notes)


def test_a_network_is_driven_by_its_factors_and_is_itself_without_them(town):
    roads = town.roads.with_periods(PEAK, NIGHT)
    assert roads.fingerprint == town.roads.fingerprint
    slow = roads.during("pm peak")
    np.testing.assert_allclose(slow.there_s, 2 * roads.there_s)
    np.testing.assert_allclose(roads.during("night").back_s, roads.back_s / 0.8)
    assert roads.during(REST).fingerprint == roads.fingerprint
    assert slow.fingerprint != roads.fingerprint
    assert slow.notes[-1].startswith("driven as in pm peak")
    assert roads.during("pm peak") is slow
    with pytest.raises(InputError, match="no periods"):
        slow.during("pm peak")
    with pytest.raises(UnknownIdError, match="did you mean 'pm peak'"):
        roads.during("pm peek")


def test_a_closed_direction_stays_closed_and_a_change_keeps_the_periods(town):
    one_way = town.roads.with_times(there_s=town.roads.there_s, back_s=np.full(town.roads.n_streets, np.inf))
    assert np.isinf(one_way.with_periods(PEAK).during("pm peak").back_s).all()
    quick = town.with_periods(PEAK).apply(fp.ScaleSpeeds(2.0))
    np.testing.assert_allclose(quick.during("pm peak").roads.there_s, town.roads.there_s)


def test_turns_and_waits_are_reckoned_alike_in_every_period(town):
    roads = town.roads.with_turns("exact").with_periods(PEAK)
    slow = roads.during("pm peak")
    assert slow.turns == "exact"
    assert slow.delays == roads.delays
    assert slow.vehicle == roads.vehicle
    np.testing.assert_array_equal(slow.wait_s, roads.wait_s)
    twice = town.roads.with_times(there_s=2 * roads.there_s, back_s=2 * roads.back_s).with_turns("exact")
    assert slow.fingerprint == twice.fingerprint


def test_a_road_that_is_built_is_driven_in_periods_too(town):
    lon = -140.0
    new = fp.BuildRoad(line=[(lon, 30.0), (lon + 0.01, 30.02), (lon, 30.04)], highway="residential")
    built = town.with_periods(PEAK).apply(new)
    assert built.roads.periods == (PEAK,)
    np.testing.assert_allclose(built.during("pm peak").roads.there_s, 2 * built.roads.there_s)


def test_a_kept_network_has_its_periods(town, tmp_path):
    roads = town.roads.with_periods(PEAK, NIGHT)
    back = fp.roads.load(fp.roads.save(roads, tmp_path / "roads.npz"))
    assert back.periods == (PEAK, NIGHT)
    content = dict(np.load(tmp_path / "roads.npz"))
    content["periods"] = np.array(json.dumps([{"name": "x", "hours": [3, 3]}]))
    np.savez(tmp_path / "bad.npz", **content)
    with pytest.raises(NetworkError, match="its periods cannot be read"):
        fp.roads.load(tmp_path / "bad.npz")


def test_travel_times_have_a_period(town):
    driven = town.with_periods(PEAK, NIGHT)
    times = fp.travel_times(driven, periods=True)
    assert times.dims == ("period", "station_id", "zone_id")
    assert list(times["period"].to_numpy()) == ["pm peak", "night", REST]
    plain = fp.travel_times(town)
    np.testing.assert_allclose(times.sel(period="pm peak"), 2 * plain, rtol=1e-6)
    np.testing.assert_allclose(times.sel(period="night"), plain / 0.8, rtol=1e-6)
    np.testing.assert_array_equal(times.sel(period=REST), plain)
    assert fp.travel_times(driven, periods=["night"]).sizes["period"] == 1
    with pytest.raises(InputError, match="no periods"):
        fp.travel_times(town, periods=True)


def test_in_a_period_the_calls_of_its_own_hours_count(town):
    # 2024-03-04 is a Monday, and 2024-03-10 the Sunday on which clocks go forward.
    stamps = ["2024-03-04 16:00", "2024-03-04 18:59", "2024-03-04 19:00", "2024-03-09 17:00", "2024-03-10 03:30"]
    scenario = with_calls(town, calls_at(stamps)).with_periods(PEAK)
    slow = scenario.during("pm peak")
    assert list(slow.incidents.index) == ["I0", "I1"]
    rows = fp.assess(slow, standard="NFPA_1710").summary().loc["first_engine"]
    assert rows.loc["incidents", "unit"] == "incidents (pm peak: 16:00 to 19:00, Monday to Friday) (fire)"
    assert rows.loc["incidents", "n"] == 2
    assert rows.loc["population", "n"] == 400  # people stay all there are
    assert len(scenario.during("pm peak", incidents=False).incidents) == 5
    assert scenario.during(REST).incidents.index.tolist() == ["I2", "I3", "I4"]


def test_shares_by_period_add_up_to_the_week_by_hand(town):
    # 2,150 m from the station: 215 s, within four minutes; in the peak 430 s.
    stamps = ["2024-03-04 17:00", *[f"2024-03-0{d} 10:00" for d in range(4, 7)]]
    scenario = with_calls(town, calls_at(stamps, north=0.0194)).with_periods(PEAK)
    found = fp.measures.by_period(scenario, standard="NFPA_1710")
    calls = found.loc[("first_engine", "incidents")]
    assert calls["n"].to_dict() == {"pm peak": 1, REST: 3, "whole week": 4}
    assert calls["within"].to_dict() == {"pm peak": 0, REST: 3, "whole week": 3}
    assert calls["share"].to_dict() == {"pm peak": 0.0, REST: 1.0, "whole week": 0.75}
    assert calls["met"].tolist() == [False, True, False]
    assert calls.loc["whole week", "unit"] == "incidents (fire)"
    assert calls["week_share"].tolist() == [0.25, 0.75, 1.0]
    assert set(found["week_by"]) == {"incidents"}
    people = found.loc[("first_engine", "population")]
    assert people["share"].to_dict() == pytest.approx({"pm peak": 0.275, REST: 0.55, "whole week": 0.48125})
    # nine in ten calls: the last comes in 430 s
    assert calls.loc["whole week", "p90_s"] == pytest.approx(calls.loc["pm peak", "p90_s"])
    assert found.attrs["basis"] == "assumed"


def test_a_period_without_a_call_weighs_nothing(town):
    stamps = ["2024-03-04 10:00", "2024-03-05 11:00"]
    found = fp.measures.by_period(with_calls(town, calls_at(stamps, north=0.0194)).with_periods(PEAK))
    calls = found.loc[("first_engine", "incidents")]
    assert calls["n"].tolist() == [0, 2, 2]
    assert np.isnan(calls.loc["pm peak", "share"])
    assert calls.loc["whole week", "share"] == 1
    people = found.loc[("first_engine", "population")]
    assert people["week_share"].tolist() == [0, 1, 1]
    assert people.loc["whole week", "share"] == people.loc[REST, "share"]


def test_calls_without_a_time_are_in_no_period_and_said(town):
    table = calls_at(["2024-03-04 17:00", "2024-03-04 10:00"])
    table.loc[1, "received"] = pd.NaT
    found = fp.measures.by_period(with_calls(town, table).with_periods(PEAK), standard="NFPA_1710")
    assert "1 incidents without a time are in no period" in found.attrs["notes"]
    undated = with_calls(town, table.drop(columns="received")).with_periods(PEAK)
    found = fp.measures.by_period(undated, standard="NFPA_1710")
    assert set(found["week_by"]) == {"hours"}
    assert found.loc[("first_engine", "incidents", "pm peak"), "n"] == 2
    assert any("all incidents are counted in every period" in note for note in found.attrs["notes"])
    with pytest.raises(TableError, match="no column 'received'"):
        undated.during("pm peak")


def test_every_measure_and_map_works_in_a_period(town):
    driven = town.with_periods(PEAK)
    slow = driven.during("pm peak", incidents=False)
    reached = [fp.isochrones(s, within_s=[120]).to_crs(driven.roads.crs).area.iloc[0] for s in (driven, slow)]
    assert reached[1] < 0.6 * reached[0]
    page = fp.maps.compare(fp.compare(driven, slow, standard="NFPA_1710")).to_html()
    assert "line town, pm peak" in page
    sites = fp.siting.grid_sites(slow, spacing_m=500)
    best = fp.siting.max_coverage(slow, stations=1, candidates=sites, within_s=120)
    assert best.status == "optimal"


@settings(max_examples=tries(40), deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 47), st.integers(1, 47), st.sets(st.integers(0, 6), min_size=1)), max_size=4),
    st.integers(0, WEEK_MIN - 1),
)
def test_an_hour_belongs_to_the_period_that_has_it(asked, minute):
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    periods = []
    for i, (start, length, on) in enumerate(asked):
        hours = (start / 2, (start + length) % 48 / 2)
        if hours[0] == hours[1]:
            continue
        periods.append(SpeedPeriod(f"p{i}", hours=hours, weekdays=[days[d] for d in sorted(on)], factor=0.9))
    day, clock = divmod(minute, DAY_MIN)
    owners = []
    for i, period in enumerate(periods):
        start, end = (60 * h for h in period.hours)
        own = days[day] in period.weekdays
        before = days[day - 1] in period.weekdays
        if (own and start <= clock and (clock < end or end <= start)) or (before and end < start and clock < end):
            owners.append(i)
    if len(owners) > 1:
        with pytest.raises(TableError):
            check_periods(periods)
    else:
        assert period_of(periods, np.array([minute])).tolist() == (owners or [-1])


PLAN = """
[[periods]]
name = "pm peak"
hours = [16, 19]
weekdays = ["Mon", "Tue"]
factor = { residential = 0.5 }
"""


@pytest.fixture
def folder(town, tmp_path):
    fp.write_project(town, tmp_path / "town")
    return tmp_path / "town"


def add(folder, text):
    file = folder / "plan.toml"
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_a_plan_names_periods_and_assess_says_them(folder, capsys, monkeypatch):
    add(folder, PLAN)
    project = fp.open_project(folder)
    assert [p.name for p in project.today.roads.periods] == ["pm peak"]
    assert any(note.startswith("period pm peak (16:00 to 19:00, Monday, Tuesday)") for note in project.notes)
    monkeypatch.setattr("sys.argv", ["fireplan", "assess", str(folder)])
    with contextlib.suppress(SystemExit):
        main()
    said = " ".join(capsys.readouterr().out.split())
    assert "By period, First engine, 4:00: pm peak 27.5 % of 400 people; rest of the week 55.0 %" in said
    assert "weighs each period by its hours; speed factors are assumed" in said
    table = pd.read_csv(folder / "out" / "periods.csv")
    assert set(table["period"]) == {"pm peak", REST, "whole week"}


def test_a_report_has_the_shares_by_period(folder, tmp_path):
    add(folder, PLAN)
    page = write_report(fp.open_project(folder), tmp_path / "r.html", chapters=["distribution"])
    text = page.read_text(encoding="utf-8")
    assert "Shares by period of the week" in text
    assert "speed factors: assumed" in text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[16, 19]", "[19, 19]", "two different hours"),
        ("residential = 0.5", "residental = 0.5", "unknown class of road 'residental'"),
        ('"Tue"]', '"Twoday"]', "'Twoday'"),
        ("name = ", "nam = ", "did you mean 'name'"),
        ("{ residential = 0.5 }", "50", "0.5 for 50 %"),
    ],
)
def test_a_fault_of_periods_is_said_in_the_words_of_the_plan(folder, old, new, said):
    add(folder, PLAN.replace(old, new))
    with pytest.raises(ProjectError, match=said):
        fp.open_project(folder)


def test_periods_of_a_plan_that_overlap_are_refused(folder):
    add(folder, PLAN + PLAN.replace("pm peak", "late").replace("[16, 19]", "[18, 20]"))
    with pytest.raises(ProjectError, match="both on Monday at 18:00"):
        fp.open_project(folder)


def test_a_written_project_keeps_the_periods_of_its_network(town, tmp_path):
    folder = fp.write_project(town.with_periods(PEAK), tmp_path / "town")
    shutil.copytree(folder, tmp_path / "copy")
    assert fp.read_project(tmp_path / "copy").roads.periods == (PEAK,)
