"""The hypercube of a department: whose units, which calls, for how long; and what is told of the rest."""

import geopandas as gpd
import histories
import numpy as np
import pandas as pd
import pytest
import shapely
from sample_city import sample_city

import fireplan as fp
from fireplan.errors import InputError, UnknownIdError
from fireplan.simulation import hypercube_matrix

TOWN = fp.examples.line_town().apply(fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)), name="two")
ASK = {"calls_per_hour": 0.4, "service_h": 0.5}
ROADS_S = fp.travel_times(TOWN).to_numpy().astype(float)
WINTER = pd.Timestamp("2025-01-06 20:00", tz="UTC")  # a Monday noon in Los Angeles, the clocks far from changing
MARISOL = sample_city()


def with_units(**columns):
    """The town with columns of its units set."""
    units = TOWN.units.assign(**columns)
    return fp.Scenario(TOWN.roads, TOWN.stations, units, TOWN.zones, name="two")


def some_days(n=20):
    """One call a day at noon for E1, every second with E2 too, forty minutes and twenty."""
    day = 86_400
    rows = []
    for i in range(n):
        start = i * day
        rows.append(histories.went(str(i), "E1", start, start + 60, start + 120, start + 300, start + 2460, at=WINTER))
        if i % 2:
            rows.append(
                histories.went(str(i), "E2", start, start + 60, start + 120, start + 400, start + 1260, at=WINTER)
            )
    return histories.history(*rows)


def test_a_department_is_its_zones_its_drives_and_its_units():
    found = fp.hypercube(TOWN, **ASK)
    by_hand = hypercube_matrix(np.full(40, 0.01), ROADS_S, out_h=0.5)
    assert found.busy.to_numpy() == pytest.approx(by_hand.busy)
    assert found.busy.index.tolist() == [("E1", "S1"), ("E2", "S2")]
    assert found.busy.attrs["source"] == "hypercube"
    assert found.flows_per_hour.sum() == pytest.approx(0.4)
    assert found.units["near_per_hour"].sum() == pytest.approx(0.4)
    assert found.units["busy"].to_numpy() == pytest.approx(found.units["runs_per_hour"].to_numpy() * 0.5)
    calls = found.zones["calls_per_hour"]
    assert found.first.mul(calls, axis=0).sum().to_numpy() == pytest.approx(found.units["runs_per_hour"].to_numpy())
    assert (found.first.sum(axis=1)).to_numpy() == pytest.approx(found.zones["at_once_share"].to_numpy())
    far = 1 - (found.zones["near_share"] * calls).sum() / (found.zones["at_once_share"] * calls).sum()
    assert found.away_share == pytest.approx(far)
    assert found.mean_travel_s == pytest.approx((by_hand.first * ROADS_S).sum() / by_hand.first.sum())
    assert found.home_travel_s == pytest.approx(ROADS_S.min(axis=0).mean(), rel=1e-6)
    assert "E2 11.5 %, E1 8.1 %" in repr(found)


def test_cover_is_that_of_assess_as_calls_become_few_and_less_as_they_become_many():
    standard = fp.Standard("x", "x", (fp.Objective("first", "First engine", 120, share=0.9),))
    at_home = fp.assess(TOWN, standard=standard).summary().loc[("first", "population"), "share"]
    few = fp.hypercube(TOWN, calls_per_hour=1e-6, service_h=0.5, standard=standard).cover.loc["first"]
    assert few["home_share"] == pytest.approx(at_home)
    assert few["share"] == pytest.approx(at_home, abs=1e-5)
    many = fp.hypercube(TOWN, calls_per_hour=2.0, service_h=0.5, standard=standard)
    row = many.cover.loc["first"]
    assert row["share"] < row["home_share"] == pytest.approx(at_home)
    by_hand = (many.answer.first * (ROADS_S <= 120)).sum(axis=0).mean()
    assert row["share"] == pytest.approx(by_hand)
    assert many.zones["first_share"].mean() == pytest.approx(row["share"])
    assert "calls that find no unit free are given to aid, and count as late" in many.notes


def test_turnout_counts_where_the_objective_holds_it():
    slow = with_units(turnout_s=[60.0, 100.0])
    goal = fp.Objective("turned", "First engine", 160, interval="turnout_and_travel_s")
    found = fp.hypercube(slow, calls_per_hour=1.0, service_h=0.5, standard=fp.Standard("x", "x", (goal,)))
    by_hand = (found.answer.first * (ROADS_S + np.array([[60.0], [100.0]]) <= 160)).sum(axis=0).mean()
    assert found.cover.loc["turned", "share"] == pytest.approx(by_hand)


def test_calibrated_drives_count_by_how_likely_they_are():
    found = fp.hypercube(MARISOL.today, calls_per_hour=1e-5, service_h=0.5, standard="NFPA_1710")
    assessed = fp.assess(MARISOL.today, standard="NFPA_1710").summary().loc[("first_engine", "incidents")]
    assert found.cover.loc["first_engine", "home_share"] == pytest.approx(assessed["share"], abs=2e-4)
    assert found.cover.loc["first_engine", "share"] == pytest.approx(assessed["share"], abs=3e-4)
    assert f"{found.cover.loc['first_engine', 'title']} within 4:00: to be expected at" in repr(found)


def test_a_queue_makes_calls_wait_and_none_is_lost():
    found = fp.hypercube(TOWN, calls_per_hour=2.0, service_h=0.5, queue=True)
    assert found.flows_per_hour["lost"] == pytest.approx(0.0, abs=1e-9)
    assert found.flows_per_hour["waited"] == pytest.approx(2.0 / 3)  # Erlang C of two units, half loaded
    assert "mean wait for a unit" in repr(found)
    assert found.busy.sum() == pytest.approx(1.0)


def test_history_says_how_many_calls_how_many_units_and_for_how_long():
    found = fp.hypercube(TOWN, history=some_days(), drive_home=False)
    assert found.flows_per_hour.sum() == pytest.approx(20 / (20 * 24))
    assert found.answer.units_wanted == pytest.approx(1.5)
    # thirty responses: twenty of forty minutes, ten of twenty
    assert found.units["out_h"].to_numpy() == pytest.approx(np.full(2, 1000 / 60 / 30))
    assert "20 calls in 480 hours of the history" in found.notes
    home = fp.hypercube(TOWN, history=some_days())
    more_h = home.units["out_h"] - found.units["out_h"]
    assert more_h.to_numpy() == pytest.approx(home.units["mean_travel_s"].to_numpy() / 3600, rel=1e-3)
    noon = fp.hypercube(TOWN, history=some_days(), at="Wed 12:30")
    assert noon.flows_per_hour.sum() == pytest.approx(1.0)  # a call on every Wednesday at noon
    with pytest.raises(InputError, match="no call to these units at Wed 13:00"):
        fp.hypercube(TOWN, history=some_days(), at="Wed 13:00")


def test_busy_shares_of_marisol_are_its_utilisation():
    engines = MARISOL.today.units.query("type == 'engine'").index
    seen = fp.workload(MARISOL.history, scenario=MARISOL.today, by="unit_id").loc[engines, "uhu"]
    found = fp.hypercube(MARISOL.today, history=MARISOL.history, drive_home=False)
    assert found.answer.method == "exact"
    assert np.abs(found.units["busy"] - seen).max() < 0.01
    assert any("incidents not known" in note for note in found.notes)


def test_calls_stay_when_a_station_or_a_unit_goes_and_grow_with_their_weight():
    history = some_days()
    whole = fp.hypercube(TOWN, history=history).flows_per_hour.sum()
    for change in (fp.CloseStation("S1"), fp.RemoveUnit("E1"), fp.MoveUnit("E1", to="S2")):
        assert fp.hypercube(TOWN.apply(change), history=history).flows_per_hour.sum() == pytest.approx(whole)
    more = fp.hypercube(TOWN.apply(fp.ScaleDemand(1.2)), history=history)
    assert more.flows_per_hour.sum() == pytest.approx(1.2 * whole)
    assert "calls scaled by 1.2, as population is in all" in more.notes
    part = TOWN.only(area=TOWN.zones.iloc[:10], name="the south")
    with pytest.raises(InputError, match=r"'the south' holds a part of the demand .*busy with all of it"):
        fp.hypercube(part, history=history)
    growing = fp.hypercube(MARISOL.today.apply(fp.ScaleDemand(2.0)), history=MARISOL.history)
    assert any("calls at their own points were not" in note for note in growing.notes)


def test_nobody_answers_outside_their_hours():
    day = with_units(schedule=["always", "Mon-Fri 08:00-18:00"])
    with pytest.raises(
        InputError, match=r"1 unit is staffed a part of the time \(E2 'Mon-Fri 08:00-18:00'\): .*at='Tue"
    ):
        fp.hypercube(day, **ASK)
    assert fp.hypercube(day, **ASK, at="Tue 14:00").units.index.tolist() == ["E1", "E2"]
    for at in ("Tue 18:00", "Tue 7:59", "Sat 12:00"):
        night = fp.hypercube(day, **ASK, at=at)
        assert night.units.index.tolist() == ["E1"]
        assert any(note.startswith("off duty") and "E2" in note for note in night.notes)
    for at in ("noon", "Tue 24:00", "Xyz 12:00", "Tue 12:60", ""):
        with pytest.raises(InputError, match="write a day and an hour of the week"):
            fp.hypercube(day, **ASK, at=at)


def test_units_that_do_not_answer_are_told():
    closed = TOWN.apply(fp.CloseStation("S2"))
    found = fp.hypercube(closed, **ASK)
    assert found.units.index.tolist() == ["E1"]
    stations = TOWN.stations.assign(agency=["Line", "Next"])
    theirs = fp.Scenario(
        TOWN.roads,
        pd.concat([stations, stations.iloc[[0]].set_axis(["S3"])]).rename_axis("station_id"),
        TOWN.units,
        TOWN.zones,
    )
    assert "1 unit of neighbours left out: E2" in fp.hypercube(theirs, **ASK).notes
    with pytest.raises(UnknownIdError, match="type of unit 'balloon'"):
        fp.hypercube(TOWN, **ASK, types=("balloon",))
    no_units = fp.Scenario(TOWN.roads, TOWN.stations, None, TOWN.zones)
    with pytest.raises(InputError, match="has no units"):
        fp.hypercube(no_units, **ASK)


def test_a_quint_answers_as_an_engine():
    assert fp.hypercube(with_units(type=["engine", "quint"]), **ASK).units.index.tolist() == ["E1", "E2"]
    two = fp.hypercube(with_units(type=["engine", "truck"]), **ASK, types=("engine", "truck"), standard="NFPA_1710")
    assert two.cover.empty
    assert any("'first_engine'" in note for note in two.notes)


@pytest.mark.parametrize(
    ("ask", "match"),
    [
        ({"service_h": 0.5}, "how many calls are there"),
        ({"calls_per_hour": 1.0}, "how long is a unit out"),
        ({**ASK, "calls_per_hour": 0.0}, "calls_per_hour is 0"),
        ({**ASK, "service_h": {"truck": 1.0}}, r"service_h is nan for E1 \(engine\)"),
        ({**ASK, "service_h": -1.0}, "hours above zero"),
        ({**ASK, "units_per_call": {1: 2.0}}, "add up to 2"),
        ({**ASK, "weight": "nothing"}, "unknown measure 'nothing'|nothing"),
        ({"history": some_days(3)}, "less than a week"),
    ],
)
def test_what_nobody_says_is_asked_for(ask, match):
    with pytest.raises(fp.FireplanError, match=match):
        fp.hypercube(TOWN, **ask)


def test_demand_that_is_nowhere_is_refused_and_what_no_road_reaches_is_counted():
    zones = TOWN.zones.assign(population=0.0)
    empty = fp.Scenario(TOWN.roads, TOWN.stations, TOWN.units, zones)
    with pytest.raises(InputError, match="there is no demand"):
        fp.hypercube(empty, **ASK, weight="population")
    island = gpd.GeoDataFrame({"population": [100.0]}, geometry=[shapely.Point(-141.0, 30.0).buffer(0.001)], crs=4326,
                              index=["island"])  # fmt: skip
    isles = fp.Scenario(TOWN.roads, TOWN.stations, TOWN.units, pd.concat([TOWN.zones, island]).rename_axis("zone_id"))
    found = fp.hypercube(isles, **ASK)
    assert found.flows_per_hour["not_reached"] == pytest.approx(0.4 * 100 / 500)
    assert found.flows_per_hour.sum() == pytest.approx(0.4)
    assert found.zones.loc["island", "at_once_share"] == 0.0
    assert any("no unit can drive to" in note for note in found.notes)


def test_many_units_are_told_to_be_approximate():
    units = pd.concat(
        [TOWN.units.assign(station_id="S1").set_axis([f"{u}{i}" for u in TOWN.units.index]) for i in range(9)]
    ).rename_axis("unit_id")
    many = fp.Scenario(TOWN.roads, TOWN.stations, units, TOWN.zones)
    found = fp.hypercube(many, calls_per_hour=4.0, service_h=0.5)
    assert found.answer.method == "approximate"
    assert found.notes[1].startswith("each call takes") or any("approximate" in n for n in found.notes)
    assert found.busy.to_numpy() == pytest.approx(np.full(18, 2.0 / 18), rel=0.01)  # all at one station: all alike
