"""Why objectives were missed where drives are calibrated: reasons as probabilities, one street, 10 m a second."""

import numpy as np
import pandas as pd
import pytest

import fireplan as fp
from fireplan import charts
from fireplan.drive_times import Calibration, HeldOutError, TravelSpread
from fireplan.drive_times._calibration import network_fingerprint
from fireplan.response_performance import why_missed
from fireplan.response_performance._missed_parts import REASONS
from fireplan.roads import DriveCurve, SpeedPeriod
from fireplan.standards import Objective
from tests.support.histories import NOON, history, went

NEAR, MIDDLE = (-140.0, 30.01), (-140.0, 30.0149)  # 111 and 165 s from Station 1, 222 and 168 s from Station 2
TRAVEL = Objective("first", "First engine", 150.0, verified=True)
TOTAL = Objective("total", "First engine", 294.0, interval="total_response_s", verified=True)  # 64, 80 and 150
ERROR = HeldOutError(1919, "days", 0.0, 31.0, 101.0, 0.5, 0.9)


@pytest.fixture(scope="module")
def plain():
    """Station 1 in the south, Station 2 3.3 km north of it; an engine at each."""
    return fp.examples.line_town().apply(fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)))


def calibrated(plain, upper=0.25, **more):
    given = {"curve": DriveCurve(), "spread": TravelSpread(upper), **more}
    return plain.calibrated(Calibration("full", ERROR, network_fingerprint(plain.roads), "x", **given))


@pytest.fixture(scope="module")
def town(plain):
    return calibrated(plain)


def missed(town, *rows, objective=TRAVEL, points=None, **options):
    ids = dict.fromkeys(r["incident_id"] for r in rows)
    return why_missed(history(*rows, points=points or [NEAR] * len(ids)), scenario=town, objective=objective, **options)


def chances(found):
    assert len(found.incidents) == 1
    return found.chances.chances.iloc[0]


def test_of_the_first_due_unit_distance_is_how_likely_a_usual_drive_misses(town):
    found = missed(town, went("A", "E1", 0, 10, 70, 240, 900), points=[MIDDLE])
    due_s = found.incidents["modelled_travel_s"].to_numpy()
    misses = 1 - TravelSpread(0.25).chance(due_s, TRAVEL.limit_s)[0]
    told = chances(found)
    assert told["distance"] == pytest.approx(misses, abs=0.011)
    assert told["slow_travel"] == pytest.approx(1 - misses, abs=0.011)
    assert found.incidents["reason"].iloc[0] == "distance"
    assert found.incidents["reason_chance"].iloc[0] == told["distance"]


def test_a_drive_far_beyond_what_is_usual_was_slow(town):
    found = missed(town, went("A", "E1", 0, 10, 70, 400, 900))
    assert chances(found)["slow_travel"] >= 0.93
    assert found.incidents["alone"].tolist() == [True]


def test_a_busy_station_is_told_apart(town):
    calls = [went("A", "E1", 0, 10, 70, 130, 900), went("B", "E2", 100, 110, 170, 395, 900)]
    told = chances(missed(town, *calls))
    assert told["first_due_busy"] >= 0.9
    assert told["came_from_elsewhere"] == 0
    free = chances(missed(town, went("B", "E2", 100, 110, 170, 395, 900)))
    assert free["came_from_elsewhere"] == told["first_due_busy"]


def test_a_unit_that_was_out_did_not_drive_slowly(town):
    told = chances(missed(town, went("A", "E1", 0, 10, 10, 270, 900, already_on_road=True)))
    assert told["slow_travel"] == 0
    assert told["came_from_elsewhere"] >= 0.9


def test_a_usual_drive_after_a_long_turnout_is_not_blamed(town):
    found = missed(town, went("A", "E1", 0, 50, 230, 345, 900), objective=TOTAL)
    told = chances(found)
    assert told["turnout"] >= 0.9
    assert told["slow_travel"] <= 0.05
    handled = chances(missed(town, went("A", "E1", 0, 180, 240, 352, 900), objective=TOTAL))
    assert handled["handling"] >= 0.9


def test_what_cannot_be_weighed_has_its_one_reason(town):
    rows = [went("A", "E1", 0, 10, 70, 400, 900), went("B", "E1", 5000, 5010, 5070, 5400, 5900)]
    found = missed(town, *rows, points=[None, NEAR])
    assert found.chances.chances.loc["A", "unknown"] == 1
    assert found.incidents["alone"].isna().tolist() == [True, False]
    assert found.totals().loc["unknown", "incidents"] == 1


def many(n=40, seed=3):
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        begin = i * 4000
        unit = "E1" if rng.random() < 0.7 else "E2"
        turn, drive = rng.integers(30, 150), rng.integers(100, 400)
        rows.append(
            went(
                f"A{i}",
                unit,
                begin,
                begin + 40,
                begin + 40 + turn,
                begin + 40 + turn + drive,
                begin + 40 + turn + drive + 600,
            )
        )
    return rows, [(-140.0, 30.0 + 0.03 * float(rng.random())) for _ in range(n)]


@pytest.mark.parametrize("objective", [TRAVEL, TOTAL])
@pytest.mark.parametrize("by", [(), "first_due", ["station_id", "hour"]])
def test_totals_add_up_to_the_incidents(town, objective, by):
    rows, points = many()
    found = missed(town, *rows, objective=objective, points=points)
    table = found.totals(by=by)
    assert table["incidents"].sum() == pytest.approx(len(found.incidents), abs=1e-4)
    assert (table["alone"] <= table["incidents"] + 1e-9).all()
    assert (found.chances.alone <= found.chances.chances).all().all()
    assert found.chances.chances.sum(axis=1).to_numpy() == pytest.approx(1)
    if not by:
        assert table["share"].sum() == pytest.approx(1)
        told = found.chances.chances.mul(found.incidents["over_s"], axis=0)
        weighed = table["over_p50_s"].dropna()
        assert set(weighed.index) == set(told.columns[told.sum() > 0])
        assert weighed.isin(found.incidents["over_s"]).all()


def test_drives_that_hardly_differ_have_the_reasons_of_the_median(plain):
    rows, points = many()
    sure = missed(calibrated(plain, 0.005), *rows, points=points)
    flat = missed(calibrated(plain, spread=None), *rows, points=points)
    assert flat.chances is None
    plainly = missed(plain, *rows, points=points)
    assert flat.totals().equals(plainly.totals())  # no curve, no start: the same times
    for incident, row in flat.incidents.iterrows():
        # But where the first-due station is too far away at the median, no drive is slow.
        reason = "distance" if row["reason"] == "slow_travel" and row["distance_excess_s"] > 5 else row["reason"]
        if abs(row["distance_excess_s"]) > 5 and abs(row["over_s"] - row["slow_travel_excess_s"]) > 5:
            here = sure.chances.chances.loc[incident]
            assert here.idxmax() == reason or here["first_due_busy"] + here["came_from_elsewhere"] > 0.5


def test_drives_are_modelled_in_the_hours_of_the_call(plain):
    slow = SpeedPeriod("noon", hours=(12, 13), factor=0.5, basis="calibrated")
    town = calibrated(plain, periods=(slow,))
    call = went("A", "E1", 0, 10, 70, 300, 900)
    noon = missed(town, call).incidents
    later = missed(town, went("A", "E1", 0, 10, 70, 300, 900, at=NOON + pd.Timedelta(hours=5))).incidents
    assert noon["modelled_s"].iloc[0] == pytest.approx(222, abs=1)
    assert later["modelled_s"].iloc[0] == pytest.approx(111, abs=1)


def test_notes_say_that_reasons_are_probabilities_and_how_wrong_drives_are(town, plain):
    rows, points = many()
    notes = missed(town, *rows, points=points).notes()
    assert any("probabilities" in note for note in notes)
    assert town.calibration.headline in notes
    slower = missed(town.apply(fp.ScaleSpeeds(0.9)), *rows, points=points).notes()
    assert f"{town.calibration.headline}, before speeds were scaled" in slower
    before = missed(plain, *rows, points=points).notes()
    assert not any("probabilities" in note or "held out" in note for note in before)


def test_the_chart_tells_expected_numbers(town):
    rows, points = many()
    totals = missed(town, *rows, points=points).totals()
    assert totals.attrs["chances"]
    drawn = charts.reasons(totals)
    assert "Most often" in drawn.alt
    assert list(totals.index) == list(REASONS)


def test_no_incident_over_its_objective_is_an_empty_table(town):
    found = missed(town, went("A", "E1", 0, 10, 70, 130, 900))
    assert len(found.incidents) == 0
    assert found.totals()["incidents"].sum() == 0


def test_records_without_units_set_all_of_the_drive_against_the_first_due_station(town):
    rows = [went("A", None, 0, 10, 70, 300, 900)]
    seen = history(*rows, points=[NEAR])
    seen = seen._replace(responses=seen.responses.drop(columns="unit_id"))
    found = why_missed(seen, scenario=town, objective=TRAVEL)
    told = found.chances.chances.iloc[0]
    assert told["first_due_busy"] + told["came_from_elsewhere"] == 0
    assert told["slow_travel"] >= 0.85
