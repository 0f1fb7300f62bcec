"""Histories sent again on a street of two stations, small enough to check by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import fireplan as fp
from fireplan import Scenario, examples
from fireplan.errors import InputError
from fireplan.response_performance import Policy
from fireplan.simulation import compare_replays, displaced_workload, replay
from tests.support.calibrated_town import calibrated
from tests.support.histories import history, went

BLOCK_S = 11.09
"""Driving time of a block of the line town, to a hundredth. [s]"""
NEAR_S1, MIDDLE, NEAR_S2 = (-140.0, 30.005), (-140.0, 30.019), (-140.0, 30.035)
ENGINE = fp.Objective("first", "First engine", 240.0)


def street(units=(("E1", "engine", "S1"), ("E2", "engine", "S2")), *, closed=(), schedules=None):
    """Line town with a station at either end."""
    town = examples.line_town()
    stations = gpd.GeoDataFrame(
        {"station_id": ["S1", "S2"], "name": ["South", "North"], "open": ["S1" not in closed, "S2" not in closed]},
        geometry=[shapely.Point(-140.0, 30.0), shapely.Point(-140.0, 30.04)],
        crs=4326,
    )
    table = pd.DataFrame(list(units), columns=["unit_id", "type", "station_id"]).assign(crew=4, turnout_s=60.0)
    table["schedule"] = [(schedules or {}).get(unit, "always") for unit in table["unit_id"]]
    return Scenario(town.roads, stations, table.set_index("unit_id"), town.zones)


def call(name, unit, at, *, travel=60, scene=600, **more):
    """One response: received a minute before dispatch, which is `at` seconds after noon; turnout a minute."""
    enroute = at + 60
    arrived = None if travel is None else enroute + travel
    cleared = more.pop("cleared", None if arrived is None else arrived + scene)
    return went(name, unit, at - 60, at, enroute, arrived, cleared, **more)


def test_one_call_at_a_time_is_the_static_first_due():
    town = street()
    places = [(-140.0, 30.0 + 0.001 * k + 0.0003) for k in range(0, 39, 3)]
    past = history(*[call(f"I{k:02d}", "E1", 7200 * k) for k in range(len(places))], points=places)
    found = replay(town, past, objective=ENGINE)
    at = Scenario(town.roads, town.stations, town.units, town.zones, incidents=past.incidents)
    due = fp.first_due(at, to="incidents")
    calls = found.calls.reindex(due.index)
    assert (calls["station_id"] == due["first_due"]).all()
    np.testing.assert_array_equal(calls["travel_s"], due["first_due_s"].to_numpy(float))


def test_a_unit_that_is_out_leaves_its_call_to_the_next():
    past = history(call("A", "E1", 0), call("B", "E2", 100), points=[NEAR_S1, NEAR_S1])
    found = replay(street(), past, objective=ENGINE)
    assert found.calls["unit_id"].tolist() == ["E1", "E2"]
    assert found.calls["units_committed"].tolist() == [0, 1]
    np.testing.assert_allclose(found.calls["travel_s"], [5 * BLOCK_S, 35 * BLOCK_S], atol=0.5)


@pytest.mark.parametrize(
    ("returning", "unit", "blocks"), [("held", "E2", 35), ("at station", "E1", 5), ("on the way", "E1", 2.5)]
)
def test_a_unit_on_its_way_home(returning, unit, blocks):
    # E1 clears at 60 + 60 + 600 = 720 s and is home five blocks later, at 775 s; half-way it is asked for again.
    past = history(call("A", "E1", 0), call("B", "E1", 720 + round(2.5 * BLOCK_S)), points=[NEAR_S1, NEAR_S1])
    found = replay(street(), past, sent="observed", objective=ENGINE, returning=returning, ties_s=0)
    again = replay(street(), past, objective=ENGINE, returning=returning, ties_s=0)
    modelled = 5 * BLOCK_S + 720 - 60  # by the rules A takes as long as modelled: E1 clears a little earlier
    assert again.dispatches["committed_h"].iloc[0] * 3600 == pytest.approx(modelled, abs=1)
    right = found.baseline.loc[("all", "all"), "right_share"]
    assert np.isnan(right)  # of two calls nothing is said
    past = history(
        *[call(f"A{k}", "E1", 7200 * k) for k in range(10)],
        *[call(f"B{k}", "E1", 7200 * k + 720 + 27) for k in range(10)],
        points=[NEAR_S1] * 20,
    )
    found = replay(street(), past, sent="observed", objective=ENGINE, returning=returning, ties_s=0)
    assert found.baseline.loc[("all", "all"), "right_share"] == (0.5 if unit == "E2" else 1.0)
    by_rules = replay(street(), past, objective=ENGINE, returning=returning, ties_s=0)
    second = by_rules.calls.loc["B0"]
    assert second["unit_id"] == unit
    if returning != "on the way":
        assert second["travel_s"] == pytest.approx(blocks * BLOCK_S, abs=1)
    else:
        assert second["whence"] == 1
        assert 2 * BLOCK_S < second["travel_s"] < 5 * BLOCK_S


def test_what_a_unit_on_its_way_home_can_do_is_measured():
    held = [call(f"A{k}", "E1", 7200 * k) for k in range(12)] + [call(f"B{k}", "E2", 7200 * k + 750) for k in range(12)]
    free = [call(f"A{k}", "E1", 7200 * k) for k in range(12)] + [call(f"B{k}", "E1", 7200 * k + 750) for k in range(12)]
    for rows, way in ((held, "held"), (free, "at station")):
        found = replay(street(), history(*rows, points=[NEAR_S1] * 24), objective=ENGINE)
        assert found.returning == way
        rules = found.rules.xs("engine", level="unit_type")
        assert rules.loc[way, "share"] == 1.0
        assert rules.loc[way, "taken"]


@pytest.mark.parametrize(("ties_s", "unit"), [(0.0, "E2"), (20.0, "E1")])
def test_a_unit_that_clears_seconds_after_a_dispatch_is_free_for_it(ties_s, unit):
    modelled = 60 + round(5 * BLOCK_S) + 600  # when E1 clears
    past = history(call("A", "E1", 0), call("B", "E1", modelled - 10), points=[NEAR_S1, NEAR_S1])
    found = replay(street(), past, objective=ENGINE, returning="at station", ties_s=ties_s)
    assert found.calls["unit_id"].tolist() == ["E1", unit]


def test_a_unit_that_was_called_off_is_out_as_long_as_it_was_and_soon_home():
    off = call("A", "E1", 0, travel=None, cleared=70, cancelled=True)  # it drove for ten seconds
    later = call("B", "E1", 85, travel=30)
    found = replay(
        street(), history(off, later, points=[MIDDLE, NEAR_S1]), objective=ENGINE, returning="held", ties_s=0
    )
    assert found.dispatches["unit_id"].tolist() == ["E1", "E1"]
    assert found.dispatches["committed_h"].iloc[0] * 3600 == pytest.approx(70)
    assert found.responses["cancelled"].tolist() == [True, False]
    assert found.responses["arrived"].isna().tolist() == [True, False]
    sooner = history(off, call("B", "E1", 75, travel=30), points=[MIDDLE, NEAR_S1])
    assert replay(street(), sooner, objective=ENGINE, returning="held", ties_s=0).calls["unit_id"].iloc[1] == "E2"


def test_of_two_the_nearest_is_not_the_one_called_off():
    far = call("A", "E2", 0, travel=None, cleared=40, cancelled=True)  # until E1 was found
    for at, units, off in ((30, ["E1", "E2"], [False, True]), (600, ["E1", "E1"], [True, False])):
        past = history(far, call("A", "E1", at), points=[NEAR_S1])
        found = replay(street(), past, objective=ENGINE)
        assert found.dispatches["unit_id"].tolist() == units
        assert found.responses["cancelled"].tolist() == off
        assert found.calls["unit_id"].tolist() == ["E1"]
        assert found.calls["before_travel_s"].tolist() == [0.0]


def chosen(places, units, choice):
    """Calls two hours apart, sent again by the rules."""
    return replay(street(), history_of(places, units), objective=ENGINE, choice=choice)


def history_of(places, units):
    return history(*[call(f"I{k:03d}", unit, 7200 * k) for k, unit in enumerate(units)], points=places)


def test_the_nearest_goes_as_often_as_in_the_record():
    rng = np.random.default_rng(3)
    north = rng.uniform(0.0, 0.0388, 400)
    apart = (np.abs(north - 0.04) + 0.002) / (north + 0.002)  # of the drives, roughly
    units = np.where(rng.random(400) < 1 / (1 + apart**-3.0), "E1", "E2")
    places = [(-140.0, 30.0 + y) for y in north]
    always, measured = (chosen(places, units, choice) for choice in ("nearest", "measured"))
    nearest = always.calls["unit_id"]
    right = (measured.calls["observed_unit"] == nearest).mean()
    assert 0.67 < right < 0.9
    assert (measured.calls["unit_id"] == nearest).mean() == pytest.approx(right, abs=0.05)
    far = np.abs(north - 0.02) > 0.012  # whoever is nearer by far goes nearly always
    missed = (measured.calls["unit_id"] != nearest).to_numpy()
    assert missed[far].mean() < missed[~far].mean() / 2
    assert any("not always" in note for note in measured.notes)
    assert not any("not always" in note for note in always.notes)
    again = chosen(places, units, "measured")
    assert again.calls["unit_id"].tolist() == measured.calls["unit_id"].tolist()
    # A station that is closed changes whom nobody else would have been sent to: the chance of the others stays.
    closed = replay(street().apply(fp.CloseStation("S2")), history_of(places, units), objective=ENGINE)
    assert (closed.calls["unit_id"] == "E1").all()


def test_a_record_of_other_rules_says_nothing_of_the_nearest():
    places = [(-140.0, 30.0 + 0.0388 * k / 60) for k in range(60)]
    found = chosen(places, ["E1"] * 60, "measured")
    assert not any("not always" in note for note in found.notes)
    assert found.calls["unit_id"].tolist() == chosen(places, ["E1"] * 60, "nearest").calls["unit_id"].tolist()


def test_no_unit_goes_outside_its_hours():
    past = history(call("A", "E1", 0), call("B", "E1", 12 * 3600), points=[NEAR_S1, NEAR_S1])
    found = replay(street(schedules={"E1": "08:00-20:00"}), past, objective=ENGINE)
    assert found.calls["unit_id"].tolist() == ["E1", "E2"]  # noon, then midnight
    assert found.dispatches["units_on_duty"].tolist() == [2, 1]


def test_a_closed_station_sends_nobody():
    past = history(call("A", "E1", 0), call("B", "E2", 7200), points=[NEAR_S1, NEAR_S2])
    found = replay(street().apply(fp.CloseStation("S1")), past, objective=ENGINE)
    assert found.calls["unit_id"].tolist() == ["E2", "E2"]
    closed = replay(street(closed=["S1"]), past, objective=ENGINE)
    assert dict(closed.left_out) == {"of a unit whose station is closed, so that nobody knows where it came from": 1}
    assert len(closed.responses) == 2  # it stands as it was observed


def test_calls_end_served_with_a_neighbour_or_with_nobody():
    rows = [call("A", "E1", 0), call("B", "E2", 50), call("C", "E77", 100), call("D", "E1", 200)]
    past = history(*rows, points=[NEAR_S1] * 4)
    found = replay(street(), past, objective=ENGINE, returning="at station")
    assert found.calls["outcome"].tolist() == ["own", "own", "aid", "unmet"]
    assert found.calls["chance"].tolist()[2:] == [0.0, 0.0]
    assert sorted(found.responses["unit_id"]) == ["E1", "E2", "E77"]
    table = found.summary()
    assert table.loc[["calls_own", "calls_aid", "calls_unmet", "calls_not_placed"], "value"].sum() == 4
    counted = replay(street(), past, objective=ENGINE, policy=Policy(aid_received=True), returning="at station")
    assert counted.calls["chance"].tolist()[2] == 1.0  # the neighbour took a minute


def test_own_units_go_before_neighbours():
    found = replay(
        street(), history(call("A", "E77", 0), call("B", "E1", 7200), points=[NEAR_S1] * 2), objective=ENGINE
    )
    assert found.calls["unit_id"].tolist() == ["E1", "E1"]
    assert any("1 response of neighbours in the record go" in note for note in found.notes)


def test_a_call_without_a_place_has_the_unit_that_went():
    past = history(call("A", "E1", 0), call("B", "E2", 100), points=[None, NEAR_S1])
    found = replay(street(), past, objective=ENGINE)
    assert found.dispatches["unit_id"].tolist() == ["E1", "E2"]
    assert found.calls["counts"].tolist() == [False, True]
    closed = replay(street().apply(fp.CloseStation("S1")), past, objective=ENGINE)
    assert closed.calls["outcome"].tolist() == ["not placed", "own"]


def test_two_units_of_a_kind_are_the_two_nearest():
    past = history(call("A", "E2", 0), call("A", "E1", 0, travel=300), points=[NEAR_S1])
    found = replay(street(), past, objective=ENGINE)
    assert found.dispatches["unit_id"].tolist() == ["E1", "E2"]
    assert found.calls["unit_id"].tolist() == ["E1"]


def test_a_later_alarm_is_sent_when_it_was():
    past = history(call("A", "E1", 0), call("A", "E2", 900), call("B", "E2", 300), points=[NEAR_S1, NEAR_S2])
    found = replay(street(), past, objective=ENGINE, returning="at station")
    assert found.dispatches["incident_id"].tolist() == ["A", "B", "A"]


def test_what_is_kept_of_a_response_and_what_is_modelled():
    past = history(call("A", "E1", 0, travel=400, scene=500), points=[NEAR_S1])
    row = replay(street(), past, objective=ENGINE).responses.iloc[0]
    assert row["turnout_s"] == 60
    assert row["travel_s"] == round(5 * BLOCK_S)
    assert (row["cleared"] - row["arrived"]).total_seconds() == pytest.approx(500, abs=1)


def test_the_luck_of_a_drive_is_the_same_in_every_scenario():
    town = calibrated(street())
    rows = [call(f"I{k:02d}", "E1", 21_600 * k, travel=100) for k in range(30)]
    past = history(*rows, points=[MIDDLE] * 30)
    one, again = (replay(town, past, objective=ENGINE) for _ in range(2))
    pd.testing.assert_frame_equal(one.dispatches, again.dispatches)
    pd.testing.assert_frame_equal(one.responses, again.responses)
    assert one.calls["drive_s"].std() > 5
    assert not one.calls["drive_s"].equals(replay(town, past, objective=ENGINE, seed=2).calls["drive_s"])
    more = replay(town.apply(fp.AddUnit("E9", to="S2")), past, objective=ENGINE)
    pd.testing.assert_series_equal(one.calls["drive_s"], more.calls["drive_s"])
    same = compare_replays(one, more)
    assert same[["change", "low", "high"]].to_numpy().tolist() == [[0.0, 0.0, 0.0]]  # a unit where nothing is gained


def test_shares_are_expected_over_drives():
    town = calibrated(street())
    rows = [call(f"I{k:02d}", "E1", 7200 * k, travel=100) for k in range(30)]
    limit = fp.Objective("first", "First engine", 19 * BLOCK_S)  # the median of a drive to the middle
    found = replay(town, history(*rows, points=[MIDDLE] * 30), objective=limit)
    assert found.summary().loc["share_within", "value"] == pytest.approx(0.5, abs=0.05)


def test_a_replay_is_a_history():
    town = calibrated(street())
    rows = [call(f"I{k:02d}", "E1", 900 * k, travel=100) for k in range(60)]
    found = replay(town, history(*rows, points=[NEAR_S1, NEAR_S2] * 30), objective=ENGINE)
    seen = fp.performance(found, scenario=town)
    assert seen.attrs["basis"] == "modelled"
    assert seen.loc["travel", "n"] == 60
    busy = fp.workload(found, scenario=town, by="unit_id")
    assert busy["committed_h"].sum() == pytest.approx(found.dispatches["committed_h"].sum(), abs=0.05)
    assert fp.why_missed(found, scenario=town, objective=ENGINE).measured == 60


def test_who_gets_the_calls_of_a_closed_station():
    rows = [call(f"I{k:02d}", "E1", 7200 * k) for k in range(20)] + [call("X", "E2", 7200 * 3 + 30)]
    past = history(*rows, points=[NEAR_S1] * 20 + [NEAR_S2])
    today = street()
    closed = today.apply(fp.CloseStation("S1"))
    before, after = (replay(town, past, objective=ENGINE) for town in (today, closed))
    moved = displaced_workload(before, after)
    gone = moved.loc["direct"]
    assert gone["responses"].to_dict() == {("S1", "S2"): 20}
    assert moved.loc[("knock-on", "S2", "nobody"), "responses"] == 1
    assert moved.attrs["units"] == ["E1"]
    assert moved.attrs["responses"] == 20
    pair = compare_replays(before, after)
    assert pair.loc[0, "later"] == 20
    assert pair.loc[0, "unmet_after"] == 1
    assert pair.loc[0, "lost"] == 21
    by_station = compare_replays(before, after, by="station_id")
    assert by_station["n"].to_dict() == {"S1": 20, "S2": 1}


def test_an_engine_more_where_calls_overlap_is_a_gain():
    rows = []
    for k in range(40):
        rows += [call(f"A{k:02d}", "E1", 43_200 * k), call(f"B{k:02d}", "E2", 43_200 * k + 60, travel=300)]
    past = history(*rows, points=[NEAR_S1] * 80)
    today = street()
    pair = [replay(town, past, objective=ENGINE) for town in (today, today.apply(fp.AddUnit("E9", to="S1")))]
    found = compare_replays(*pair).loc[0]
    assert found["change"] == 0.5  # every second call: 35 blocks are over the limit
    assert found["low"] > 0


def test_what_cannot_be_replayed_is_refused():
    past = history(call("A", "E1", 0), points=[NEAR_S1])
    today = street()
    closed = today.apply(fp.CloseStation("S1"))
    with pytest.raises(InputError, match="by the department that answered alone"):
        replay(closed, past, sent="observed")
    with pytest.raises(InputError, match="has no units"):
        replay(Scenario(today.roads, today.stations, zones=today.zones), past)
    with pytest.raises(InputError, match="is for a force"):
        replay(today, past, objective=fp.Objective("x", "x", 480, needs={"engine": 3}))
    with pytest.raises(InputError, match="the objective is for 'turnout_s'"):
        replay(today, past, objective=fp.Objective("x", "x", 80, interval="turnout_s"))
    with pytest.raises(InputError, match="calls that are left out keep units busy too"):
        replay(today.only(area=today.zones.iloc[:10]), past)
    with pytest.raises(InputError, match="ties_s is -1"):
        replay(today, past, ties_s=-1)
    alone = past._replace(responses=past.responses.drop(columns="unit_id"))
    with pytest.raises(InputError, match="one row per incident"):
        replay(today, alone)
    trucks = street(units=[("T1", "truck", "S1")])
    with pytest.raises(InputError, match="no response of the history"):
        replay(trucks, past, policy=Policy(aid_received=True))
    before, after = replay(today, past, objective=ENGINE), replay(closed, past, objective=ENGINE, seed=2)
    with pytest.raises(InputError, match="seed is '1' before and '2' after"):
        compare_replays(before, after)
    with pytest.raises(InputError, match="same terms"):
        compare_replays(replay(today, past, sent="observed", objective=ENGINE), before)
    with pytest.raises(InputError, match="no unit of"):
        displaced_workload(before, before)


def test_it_says_its_error_first():
    rows = [call(f"I{k:02d}", "E1", 7200 * k, travel=56) for k in range(20)]
    found = replay(street(), history(*rows, points=[NEAR_S1] * 20), sent="observed", objective=ENGINE)
    lines = repr(found).splitlines()
    assert "as was really sent" in lines[0]
    assert lines[1].strip().startswith("error: right first unit 100 % of 20 calls")
    assert found.summary().index[0] == "right_first_unit"
    base = found.baseline.loc[("all", "all")]
    assert base["travel_error_p50_s"] == pytest.approx(5 * BLOCK_S - 56, abs=0.5)
    assert found.baseline.loc[("station_id", "S1"), "n"] == 20
    assert found.baseline.xs("hour", level="group")["n"].sum() == 20
    assert "drives are planned" in repr(found)


def test_a_group_that_nobody_answered_before_has_no_median():
    rows = []
    for k in range(12):  # two calls keep both engines busy; the third goes to nobody
        at = 43_200 * k
        rows += [call(f"A{k:02d}", "E1", at), call(f"B{k:02d}", "E2", at + 5), call(f"C{k:02d}", "E1", at + 100)]
    past = history(*rows, points=[NEAR_S1] * 36)
    today = street()
    pair = [replay(town, past, objective=ENGINE) for town in (today, today.apply(fp.AddUnit("E9", to="S1")))]
    found = compare_replays(*pair, by="station_id")
    nobody = found.loc["not known"]
    assert nobody["n"] == nobody["unmet_before"] == 12
    assert np.isnan(nobody["travel_p50_before_s"])
    assert nobody["travel_p50_after_s"] > 0


def test_the_first_of_two_is_within_the_limit_more_likely_than_either():
    town = calibrated(street())
    rows = []
    for k in range(30):
        rows += [call(f"I{k:02d}", "E1", 7200 * k), call(f"I{k:02d}", "E2", 7200 * k)]
    middle = (-140.0, 30.02)  # as far from one as from the other
    limit = fp.Objective("first", "First engine", 20 * BLOCK_S)
    found = replay(town, history(*rows, points=[middle] * 30), objective=limit)
    # The first has a chance of a half twice: who is not in time alone is so with a quarter of chance.
    assert found.summary().loc["share_within", "value"] == pytest.approx(0.75, abs=0.03)
    more = replay(town.apply(fp.AddUnit("E9", to="S2")), history(*rows, points=[middle] * 30), objective=limit)
    pd.testing.assert_series_equal(found.calls["chance"], more.calls["chance"])


def test_calls_worked_through_in_parts_come_out_the_same(monkeypatch):
    town = calibrated(street())
    rows = []
    for k in range(30):
        rows += [call(f"I{k:02d}", "E1", 7200 * k), call(f"I{k:02d}", "E2", 7200 * k)]
    past = history(*rows, points=[(-140.0, 30.001 + 0.001 * k) for k in range(30)])
    whole = replay(town, past, objective=ENGINE)
    monkeypatch.setattr("fireplan.simulation._first_of_several.AT_ONCE", 7)
    pd.testing.assert_series_equal(replay(town, past, objective=ENGINE).calls["chance"], whole.calls["chance"])


def test_scaled_demand_changes_no_record():
    past = history(call("A", "E1", 0), points=[NEAR_S1])
    found = replay(street().apply(fp.ScaleDemand(2)), past, objective=ENGINE)
    assert len(found.calls) == 1
    assert any("demand that is scaled changes nothing here" in note for note in found.notes)


def test_a_unit_that_is_out_of_service_leaves_its_calls_to_the_next():
    past = history(*[call(f"I{k}", "E1", 7200 * k) for k in range(3)], points=[NEAR_S1] * 3)
    noon = past.incidents["received"].min().tz_convert(past.timezone)
    spell = [tuple(str((noon + pd.Timedelta(hours=h)).tz_localize(None)) for h in (1, 3))]
    found = replay(street(), past, objective=ENGINE, out_of_service={"E1": spell})
    assert found.calls["unit_id"].tolist() == ["E1", "E2", "E1"]
    assert any("but for those told in `out_of_service`" in note for note in found.notes)
    assert replay(street(), past, objective=ENGINE, out_of_service={"E1": "always"}).calls["unit_id"].eq("E2").all()
    with pytest.raises(fp.errors.UnknownIdError, match="E9"):
        replay(street(), past, objective=ENGINE, out_of_service={"E9": "always"})
    with pytest.raises(InputError, match=r"out_of_service of 'E1': .* ends no later than it begins"):
        replay(street(), past, objective=ENGINE, out_of_service={"E1": [("2025-01-02", "2025-01-01")]})
