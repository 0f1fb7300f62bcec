"""Why objectives were missed, one hand-made call for each reason: one street, 10 m a second, two stations."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from sample_city import sample_city

import fireplan as fp
from fireplan.errors import InputError
from fireplan.response_performance import Policy, attend
from fireplan.response_performance._commitments import Commitments
from fireplan.response_performance._erf_arrivals import force_arrivals
from fireplan.response_performance._missed_parts import REASONS
from fireplan.response_performance._why_missed import why_missed
from fireplan.standards import Objective, Standard
from tests.support.histories import NOON, history, went

NEAR, MIDDLE, OFF = (-140.0, 30.01), (-140.0, 30.0149), (-140.0018, 30.01)  # 111, 165 s; outside
TRAVEL = Objective("first", "First engine", 150.0, verified=True)
TOTAL = Objective("total", "First engine", 294.0, interval="total_response_s", verified=True)  # 64, 80 and 150


@pytest.fixture(scope="module")
def town():
    """Station 1 in the south, Station 2 3.3 km north of it; an engine at each."""
    return fp.examples.line_town().apply(fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)))


def missed(town, *rows, objective=TRAVEL, points=None, **options):
    ids = dict.fromkeys(r["incident_id"] for r in rows)
    return why_missed(history(*rows, points=points or [NEAR] * len(ids)), scenario=town, objective=objective, **options)


def only(found):
    assert len(found.incidents) == 1
    return found.incidents.iloc[0]


def test_a_slow_drive(town):
    row = only(missed(town, went("A", "E1", 0, 10, 70, 270, 900)))
    assert (row["reason"], row["alone"]) == ("slow_travel", True)
    assert (row["observed_s"], row["limit_s"], row["over_s"]) == (200, 150, 50)
    assert (row["first_due"], row["unit_id"], row["station_id"]) == ("S1", "E1", "S1")
    assert row["modelled_travel_s"] == row["modelled_s"] == pytest.approx(111, abs=1)
    assert not row["first_due_busy"]


def test_a_station_too_far_away(town):
    row = only(missed(town, went("A", "E1", 0, 10, 70, 230, 900), points=[MIDDLE]))
    assert (row["reason"], row["alone"]) == ("distance", True)
    assert row["modelled_travel_s"] == pytest.approx(165, abs=1)


def test_where_none_alone_would_do_it_is_the_largest_excess(town):
    further = only(missed(town, went("A", "E1", 0, 10, 70, 238, 900), points=[MIDDLE]))
    assert (further["reason"], further["alone"]) == ("distance", False)
    slower = only(missed(town, went("A", "E1", 0, 10, 70, 300, 900), points=[MIDDLE]))
    assert (slower["reason"], slower["alone"]) == ("slow_travel", False)


def test_the_first_due_engine_was_committed(town):
    calls = [went("A", "E1", 0, 10, 70, 130, 900), went("B", "E2", 100, 110, 170, 395, 900)]
    row = only(missed(town, *calls))
    assert (row["reason"], row["alone"], row["first_due_busy"]) == ("first_due_busy", True, True)
    assert (row["station_id"], row["first_due"]) == ("S2", "S1")
    assert row["modelled_s"] == pytest.approx(222, abs=1)


def test_an_engine_came_although_the_first_due_one_was_free(town):
    row = only(missed(town, went("A", "E2", 0, 10, 70, 295, 900)))
    assert (row["reason"], row["alone"], row["first_due_busy"]) == ("came_from_elsewhere", True, False)


def test_a_station_is_busy_only_with_all_its_engines(town):
    both = town.apply(fp.AddUnit("E11", to="S1"), fp.AddUnit("M1", to="S1"))
    calls = [went("A", "E1", 0, 10, 70, 130, 900), went("B", "E2", 100, 110, 170, 395, 900)]
    assert only(missed(both, *calls))["reason"] == "came_from_elsewhere"
    assert only(missed(both, *calls, went("C", "E11", 0, 20, 60, 100, 900)))["reason"] == "first_due_busy"


@pytest.mark.parametrize(("cleared", "busy"), [(109, False), (110, False), (111, True), (None, False)])
def test_a_unit_is_committed_from_dispatch_until_it_is_clear(town, cleared, busy):
    calls = [went("A", "E1", 0, 10, 20, 60, cleared), went("B", "E2", 100, 110, 170, 395, 900)]
    assert only(missed(town, *calls))["first_due_busy"] == busy


def test_a_unit_cleared_before_it_was_sent_is_committed_to_that_for_no_time(town):
    # E1 is at A until 900 s. A clerk wrote that it was cleared from Z at 50 s, before it was sent there at 2,000 s.
    calls = [
        went("A", "E1", 0, 10, 70, 130, 900), went("B", "E2", 100, 110, 170, 395, 900),
        went("Z", "E1", 2000, 2000, 2010, 2040, 50),
    ]  # fmt: skip
    found = missed(town, *calls).incidents.loc["B"]
    assert (found["reason"], found["first_due_busy"]) == ("first_due_busy", True)


@pytest.mark.parametrize(("sent", "busy"), [(110, True), (910, False)])
def test_the_station_is_asked_when_the_first_engine_was_sent(town, sent, busy):
    # E1 clears at 900 s; E2 is sent at 110 s, or at 910 s; E4, sent at 950 s, changes nothing.
    three = town.apply(fp.AddUnit("E4", to="S2"))
    calls = [went("A", "E1", 0, 10, 70, 130, 900), went("B", "E2", 100, sent, sent + 60, sent + 285, 5000)]
    row = missed(three, *calls, went("B", "E4", 100, 950, 960, 4000, 5000)).incidents.loc["B"]
    assert (row["unit_id"], row["first_due_busy"]) == ("E2", busy)


def test_a_unit_on_its_way_back_may_be_taken_as_committed(town):
    calls = [went("A", "E1", 0, 10, 20, 60, 90), went("B", "E2", 100, 110, 170, 395, 900)]
    assert only(missed(town, *calls))["reason"] == "came_from_elsewhere"
    assert only(missed(town, *calls, return_s=60))["reason"] == "first_due_busy"


def test_an_engine_sent_to_the_same_call_is_not_busy(town):
    calls = [went("A", "E1", 0, 10, 70, 500, 900), went("A", "E2", 0, 30, 70, 295, 900)]
    row = only(missed(town, *calls))
    assert (row["reason"], row["first_due_busy"]) == ("came_from_elsewhere", False)


def test_a_unit_that_was_out_left_from_elsewhere(town):
    row = only(missed(town, went("A", "E1", 0, 10, 10, 270, 900, already_on_road=True)))
    assert (row["reason"], row["from_away"]) == ("came_from_elsewhere", True)
    assert np.isnan(row["modelled_s"])
    calls = [went("A", "E1", 0, 10, 70, 130, 900), went("B", "E1", 700, 710, 720, 920, 1500)]
    row = only(missed(town, *calls))
    assert (row["reason"], row["from_away"]) == ("first_due_busy", True)


def test_a_neighbours_engine_left_from_elsewhere(town):
    row = only(missed(town, went("A", "X9", 0, 10, 70, 270, 900, unit_type="engine"), policy=Policy(aid_received=True)))
    assert row["reason"] == "came_from_elsewhere"


def test_call_handling_and_turnout_have_limits(town):
    processing = only(missed(town, went("A", "E1", 0, 150, 200, 320, 900), objective=TOTAL))
    assert (processing["reason"], processing["alone"]) == ("handling", True)
    assert (processing["handling_s"], processing["handling_excess_s"]) == (
        150,
        71,
    )  # 15 s to answer and 64 s to process
    turnout = only(missed(town, went("A", "E1", 0, 50, 250, 370, 900), objective=TOTAL))
    assert (turnout["reason"], turnout["turnout_excess_s"]) == ("turnout", 120)
    since_dispatch = dataclasses.replace(TOTAL, limit_s=230, interval="turnout_and_travel_s")
    row = only(missed(town, went("A", "E1", 0, 150, 350, 470, 900), objective=since_dispatch))
    assert (row["reason"], row["observed_s"]) == ("turnout", 320)
    assert np.isnan(row["handling_excess_s"])


def test_limits_are_those_of_the_category_and_of_the_standard_given(town):
    calls = history(*[went(i, "E1", 0, 60, 135, 320, 900) for i in "ABC"], category=["ems", "fire", "service"])
    found = why_missed(calls, scenario=town, objective=TOTAL).incidents
    assert found["turnout_excess_s"].tolist() == [15, -5, -5]
    own = Standard(
        "own", "own",
        (Objective("c", "Calls", 30, "handling_s"), Objective("t", "Turnout", 50, "turnout_s")),
    )  # fmt: skip
    found = why_missed(calls, scenario=town, objective=TOTAL, standard=own).incidents
    assert found["turnout_excess_s"].tolist() == [25, 25, 25]
    assert found["handling_excess_s"].tolist() == [30, 30, 30]


def test_the_longest_limit_holds_where_none_is_for_the_category(town):
    calls = history(went("A", "E1", 0, 60, 135, 320, 900), category=["service"])
    own = Standard(
        "own", "own",
        (Objective("c", "Calls", 60, "handling_s"),
         Objective("quick", "Turnout, EMS", 50, "turnout_s", categories=("ems",)),
         Objective("slow", "Turnout, fire", 70, "turnout_s", categories=("fire",)),
         Objective("other", "Turnout, rescue", 65, "turnout_s", categories=("rescue",))),
    )  # fmt: skip
    found = why_missed(calls, scenario=town, objective=TOTAL, standard=own).incidents
    assert found["turnout_excess_s"].tolist() == [75 - 70]


def test_places_outside_the_zones_and_places_not_known(town):
    rows = [went(i, "E1", 0, 10, 70, 270, 900) for i in "AB"]
    found = missed(town, *rows, points=[OFF, None], policy=Policy(aid_given=True))
    assert found.incidents["reason"].tolist() == ["outside_area", "unknown"]
    assert found.incidents["alone"].isna().all()
    assert len(missed(town, *rows, points=[OFF, None]).incidents) == 1
    nowhere = missed(town, rows[0], points=[(-139.0, 30.01)], policy=Policy(aid_given=True))
    assert only(nowhere)["reason"] == "outside_area"


def test_a_missing_stamp_is_counted_but_has_no_share(town):
    rows = [went("A", "E1", 0, 10, None, 400, 900), went("B", "E1", 0, 150, 200, 320, 900)]
    found = missed(town, *rows, objective=TOTAL)
    assert found.incidents["reason"].to_dict() == {"A": "unknown", "B": "handling"}
    totals = found.totals()
    assert totals["incidents"].loc[["unknown", "handling"]].tolist() == [1, 1]
    assert totals["share"].loc["handling"] == 1
    assert np.isnan(totals["share"].loc["unknown"])
    travel = missed(town, *rows)
    assert (travel.measured, travel.unmeasured, len(travel.incidents)) == (1, 1, 0)
    assert "1 more incidents" in " ".join(travel.notes())
    assert travel.totals()["incidents"].sum() == 0


def test_an_objective_is_missed_where_it_applies(town):
    calls = history(*[went(i, "E1", 0, 10, 70, 270, 900) for i in "AB"], category=["fire", "ems"])
    objective = dataclasses.replace(TRAVEL, categories=("fire",))
    assert why_missed(calls, scenario=town, objective=objective).incidents.index.tolist() == ["A"]


def test_on_the_limit_is_within(town):
    assert len(missed(town, went("A", "E1", 0, 10, 70, 220, 900)).incidents) == 0


def test_totals_by_place_add_up(town):
    rows = [
        went("A", "E1", 0, 10, 70, 270, 600), went("B", "E2", 100, 110, 170, 395, 500),
        went("C", "E1", 2000, 2010, 2070, 2270, 2600), went("D", "E1", 4000, 4010, 4070, 4230, 4600),
    ]  # fmt: skip
    found = missed(town, *rows, points=[NEAR, NEAR, (-140.0, 30.0101), MIDDLE])
    assert list(found.totals().index) == list(REASONS)
    assert found.totals()["incidents"].sum() == 4
    for by in ("zone_id", "first_due", ["station_id", "hour"], "category"):
        table = found.totals(by=by)
        assert table["incidents"].sum() == 4
        assert table.groupby(level=list(range(table.index.nlevels - 1)))["share"].sum().tolist() == pytest.approx(
            [1.0] * (len(table) // len(REASONS))
        )
    assert found.totals(by="station_id").loc[("S2", "first_due_busy"), "incidents"] == 1
    assert found.totals(by="station_id").loc[("S1", "slow_travel"), ["incidents", "known", "alone"]].tolist() == [
        2,
        3,
        2,
    ]


def test_the_middle_overshoot_is_told(town):
    rows = [went(f"I{i}", "E1", 2000 * i, 2000 * i + 10, 2000 * i + 70, 2000 * i + 230 + 10 * i, 2000 * i + 900)
            for i in range(4)]  # fmt: skip
    totals = missed(town, *rows).totals()
    assert totals["over_p50_s"].loc["slow_travel"] == 20  # of 10, 20, 30 and 40
    assert np.isnan(totals["over_p50_s"].loc["distance"])


def random_calls(seed, n=300):
    rng = np.random.default_rng(seed)
    rows, points = [], []
    for i in range(n):
        stamps = np.cumsum([0, *rng.integers(5, 200, 2), *rng.integers(10, 500, 1), 600])
        unit = rng.choice(["E1", "E2"])
        at = NOON + pd.Timedelta(seconds=int(rng.integers(0, 200_000)))
        rows.append(went(f"I{i:03d}", unit, *(int(s) for s in stamps), at=at))
        points.append((-140.0, 30.0 + 0.04 * rng.random()))
    return rows, points


def test_excesses_add_up_and_the_largest_is_the_reason(town):
    rows, points = random_calls(1)
    found = missed(town, *rows, points=points, objective=TOTAL).incidents
    excess = found.filter(like="_excess_s")
    np.testing.assert_allclose(excess.sum(axis=1), found["over_s"])
    part = found["reason"].astype(str).replace(dict.fromkeys(("first_due_busy", "came_from_elsewhere"), "elsewhere"))
    np.testing.assert_array_equal(excess.idxmax(axis=1).str.removesuffix("_excess_s"), part)
    np.testing.assert_array_equal(found["alone"], excess.max(axis=1) >= found["over_s"])
    assert set(part) >= {"handling", "turnout", "elsewhere", "slow_travel"}


def test_the_order_of_rows_does_not_matter(town):
    rows, points = random_calls(2)
    calls = history(*rows, points=points)
    shuffled = calls._replace(
        incidents=calls.incidents.sample(frac=1, random_state=0),
        responses=calls.responses.sample(frac=1, random_state=0),
    )
    found, again = (why_missed(c, scenario=town, objective=TOTAL).incidents.sort_index() for c in (calls, shuffled))
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(again))


def test_busy_units_agree_with_a_count_by_hand():
    rows, _ = random_calls(3, n=120)
    calls = history(*rows).responses
    committed = Commitments(calls, 30)
    when = NOON + pd.to_timedelta(np.random.default_rng(4).integers(0, 200_000, 400), unit="s").astype(
        "timedelta64[us]"
    )
    for unit in ("E1", "E2", "E9"):
        own = calls["incident_id"].iloc[0]
        ids, units = pd.Series([own] * len(when)), pd.Series([unit] * len(when))
        others = calls[(calls["unit_id"] == unit) & (calls["incident_id"] != own)]
        until = others["cleared"] + pd.Timedelta(seconds=30)
        expected = [((others["dispatched"] <= t) & (t < until)).any() for t in when]
        np.testing.assert_array_equal(committed.at(units, pd.Series(when), ids), expected)


def test_histories_are_not_changed(town):
    rows, points = random_calls(5, n=40)
    calls = history(*rows, points=points)
    before = calls.incidents.copy(), calls.responses.copy()
    why_missed(calls, scenario=town, objective=TOTAL)
    pd.testing.assert_frame_equal(pd.DataFrame(calls.incidents), pd.DataFrame(before[0]))
    pd.testing.assert_frame_equal(calls.responses, before[1])


def test_a_model_that_is_too_quick_is_pointed_out(town):
    rows = [
        went(f"I{i}", "E1", 2000 * i, 2000 * i + 10, 2000 * i + 70, 2000 * i + 291, 2000 * i + 900) for i in range(5)
    ]
    found = missed(town, *rows)
    assert found.drive_ratio == pytest.approx(2, abs=0.02)
    assert found.drives == 5
    assert "times as long as modelled (middle one of 5)" in repr(found)
    assert "a calibration" in repr(found)
    assert "a calibration" not in repr(missed(town, went("A", "E1", 0, 10, 70, 181, 900)))


def test_errors_of_the_model_are_told_by_modelled_time(town):
    rows = [went(f"I{i}", "E1", *(2000 * i + s for s in (0, 10, 70, 70 + 171 + i, 900))) for i in range(12)]
    found = missed(town, *rows)
    modelled_s = found.incidents["modelled_s"].iloc[0]  # of all alike: one place
    assert 60 < modelled_s < 120
    band = found.drive_errors.loc[60]
    assert band["drives"] == 12
    assert band["error_p50_s"] == pytest.approx(171 + 5 - modelled_s)
    assert found.drive_errors["drives"].sum() == found.drives
    assert f"by modelled time: 1:00 to 2:00 +{round(176 - modelled_s)} s" in repr(found)


def test_figures_not_seen_in_their_source_are_marked(town):
    notes = missed(town, went("A", "E1", 0, 150, 200, 320, 900), objective=TOTAL).notes()
    assert sum("was not seen in its source" in n for n in notes) == 4  # answering, processing and both turnouts


@pytest.mark.parametrize(
    ("objective", "options", "told"),
    [
        (Objective("f", "Force", 480, needs={"people": 16}), {}, "for a force"),
        (Objective("t", "Turnout", 80, interval="turnout_s"), {}, "travel_s"),
        (TRAVEL, {"return_s": -1}, "return_s is -1"),
        (dataclasses.replace(TOTAL, limit_s=100), {}, "leaves nothing for travel"),
        (
            TOTAL,
            {"standard": Standard("own", "own", (TRAVEL,))},
            "sets no limit for handling_s, nor for answering_s, processing_s",
        ),
    ],
)
def test_questions_without_an_answer_are_refused(town, objective, options, told):
    with pytest.raises(InputError, match=told):
        missed(town, went("A", "E1", 0, 150, 200, 320, 900), objective=objective, **options)


def test_a_department_without_units_is_refused(town):
    empty = fp.Scenario(town.roads, town.stations, town.units.iloc[:0], town.zones)
    with pytest.raises(InputError, match="has no units"):
        missed(empty, went("A", "E1", 0, 10, 70, 270, 900))


def test_marisol_misses_add_up():
    project = sample_city(calibrated=False)
    attendance = attend(project.history, scenario=project.today)
    objective = dataclasses.replace(project.standard["first_engine"], categories=())  # of all calls, not fires alone
    found = why_missed(attendance, scenario=project.today, objective=objective)
    seconds = force_arrivals(attendance, objective)[1]
    assert found.totals()["incidents"].sum() == len(found.incidents) == (seconds > objective.limit_s).sum()
    assert found.measured + found.unmeasured == len(seconds)
    by_district = found.totals(by="district")
    assert by_district["incidents"].sum() == len(found.incidents)
    assert found.incidents["from_away"].sum() == 0  # units of Marisol always leave from their station
    assert found.drive_ratio > 1.1  # speeds as signed, without turns and signals
    slower = project.today.apply(fp.ScaleSpeeds(1 / found.drive_ratio))
    again = why_missed(attendance, scenario=slower, objective=objective)
    assert again.drive_ratio == pytest.approx(1, abs=0.02)
    hill = again.totals(by="district").xs("Loma Alta")  # the planted gap: a hill without a station
    assert hill["share"].loc["distance"] > 0.95


def test_where_ends_are_not_known_it_is_said_that_units_out_are_told_too_seldom(town):
    """The first engine is out in truth; without a stamp of its clearing it is taken to be free."""
    known = [went("A", "E1", 0, 10, 70, 130, 900), went("B", "E2", 200, 210, 270, 495, 900)]
    untold = [went("A", "E1", 0, 10, 70, 130, None), went("B", "E2", 200, 210, 270, 495, 900)]
    found, without = missed(town, *known), missed(town, *untold)
    assert (only(found)["first_due_busy"], only(without)["first_due_busy"]) == (True, False)
    said = "of 1 of 2 responses (50.0 %) it is not known when the unit was free again (cleared)"
    assert any(note.startswith(said) for note in without.notes())
    assert not any("free again" in note for note in found.notes())
