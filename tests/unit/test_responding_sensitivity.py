"""Each rule of the policy, in a history where it matters."""

import pandas as pd
import pytest

from fireplan.errors import InputError
from fireplan.response_performance import Policy, _sensitivity, attend, performance
from fireplan.response_performance._sensitivity import sensitivity
from tests.support.histories import NOON, department, history, went

SEVERAL = 12


def calls(unit="E1", *stamps, name="I", **more):
    """Make twelve calls of the same kind, an hour apart."""
    stamps = stamps or (0, 10, 70, 170, 900)
    return [went(f"{name}{i}", unit, *stamps, at=NOON + pd.Timedelta(hours=i), **more) for i in range(SEVERAL)]


def figures(table, rule, setting):
    row = table.loc[(rule, setting)]
    return int(row["n"]), row["p90_s"], row["p90_change_s"]


def test_the_policy_as_it_stands_comes_first_and_nothing_moves_it():
    table = sensitivity(history(*calls()), scenario=department(E1=("engine", 4)))
    assert table.index[0] == ("policy", "as it stands")
    assert table.iloc[0][["n", "p90_s", "n_change", "p90_change_s"]].tolist() == [12, 100, 0, 0]
    assert (table["p90_change_s"] == 0).all()
    assert (table["source"].iloc[1:] != "").all()
    assert set(table.index.get_level_values("rule")) == {
        "policy",
        "first_types",
        "emergency_only",
        "cancelled_turned_out",
        "staging_is_arrival",
        "longest_s",
        "aid_received",
        "aid_given",
    }  # fmt: skip; one priority leaves nothing to choose from


@pytest.mark.parametrize("measure", ["travel_s", "handling_s"])
def test_each_row_is_what_performance_gives_under_that_policy(measure):
    town = department(E1=("engine", 4), M1=("ambulance", 2))
    rows = [*calls(name="C"), *calls("M1", 0, 10, 20, 90, 4000, cancelled=True), *calls(name="D")]
    found = history(*rows)
    found.responses["staged"] = found.responses["enroute"] + pd.Timedelta(seconds=80)
    table = sensitivity(found, scenario=town, measure=measure)
    usual = Policy()
    for rule in ("staging_is_arrival", "cancelled_turned_out", "aid_received", "emergency_only"):
        other = Policy(**{rule: not getattr(usual, rule)})
        row = performance(found, scenario=town, policy=other).loc[measure.removesuffix("_s")]
        tried = table.loc[rule].iloc[0]
        assert (tried["n"], tried["unknown"], tried["p90_s"]) == (row["n"], row["unknown"], row["p90_s"]), rule
    assert len(set(table["p90_s"])) > 1 or measure == "handling_s"


def test_the_history_is_put_beside_the_department_once(monkeypatch):
    asked = []
    once = _sensitivity.beside
    monkeypatch.setattr(_sensitivity, "beside", lambda *args: asked.append(args) or once(*args))
    assert len(sensitivity(history(*calls()), scenario=department(E1=("engine", 4)))) > 5
    assert len(asked) == 1


def test_chiefs_and_ambulances():
    town = department(E1=("engine", 4), M1=("ambulance", 2), BC=("battalion", 1))
    three = [
        *calls(), *calls("M1", 0, 10, 20, 90, 900), *calls("BC", 0, 10, 15, 45, 900),
    ]  # fmt: skip
    table = sensitivity(history(*three), scenario=town)
    assert table["p90_s"].iloc[0] == 70
    assert figures(table, "first_types", "engine, truck, quint, rescue, ambulance, battalion") == (12, 30, -40)
    assert figures(table, "first_types", "engine, truck, quint, rescue") == (12, 100, 30)


def test_emergencies_only_or_all():
    both = [*calls(), *calls("E1", 0, 10, 70, 470, 900, name="J")]
    seen = history(*both, priority=["1"] * SEVERAL + ["2"] * SEVERAL)
    table = sensitivity(seen, policy=Policy(emergency_priorities=("1",)))
    assert figures(table, "policy", "as it stands") == (12, 100, 0)
    assert figures(table, "emergency_only", "no") == (24, 400, 300)
    assert figures(table, "emergency_priorities", "none") == (24, 400, 300)
    assert figures(sensitivity(seen), "emergency_priorities", "1") == (12, 100, -300)


def test_codes_are_not_taken_for_degrees_of_urgency():
    seen = history(*calls(), priority=[f"{i:02d}" for i in range(SEVERAL)])
    assert "emergency_priorities" not in sensitivity(seen).index.get_level_values("rule")


@pytest.mark.parametrize(
    ("priorities", "tried"), [(6, ["1", "1, 2", "1, 2, 3", "1, 2, 3, 4", "1, 2, 3, 4, 5"]), (7, [])]
)
def test_up_to_six_priorities_are_tried_in_turn(priorities, tried):
    seen = history(*calls(), priority=[str(1 + i % priorities) for i in range(SEVERAL)])
    table = sensitivity(seen)
    assert [setting for rule, setting in table.index if rule == "emergency_priorities"] == tried


def test_cancelled_units_and_their_turnout():
    rows = [*calls(), *calls("E2", 0, 10, 210, None, 900, cancelled=True)]
    table = sensitivity(history(*rows), measure="turnout_s", nth=None)
    assert figures(table, "policy", "as it stands") == (24, 200, 0)
    assert figures(table, "cancelled_turned_out", "no") == (12, 60, -140)


def test_staging():
    rows = [{**row, "staged": row["enroute"] + pd.Timedelta(seconds=40)} for row in calls()]
    table = sensitivity(history(*rows))
    assert figures(table, "policy", "as it stands") == (12, 40, 0)
    assert figures(table, "staging_is_arrival", "no") == (12, 100, 60)


def test_long_intervals():
    rows = [*calls(), *calls("E1", 0, 10, 70, 2070, 3000, name="J")]
    table = sensitivity(history(*rows))
    assert figures(table, "longest_s", "1800 s") == (12, 100, -1900)
    assert table.loc[("longest_s", "1800 s"), "n_change"] == -12
    capped = sensitivity(history(*rows), policy=Policy(longest_s=1800))
    assert figures(capped, "longest_s", "none") == (24, 2000, 1900)
    assert ("longest_s", "1800 s") not in capped.index


def test_aid_received_and_given():
    town = department(E1=("engine", 4))
    received = [*calls(), *calls("X9", 0, 10, 20, 60, 900, unit_type="engine")]
    assert figures(sensitivity(history(*received), scenario=town), "aid_received", "yes") == (12, 40, -60)
    given = [*calls(), *calls("E1", 0, 10, 70, 470, 900, name="J")]
    points = [(-140.0, 30.01)] * SEVERAL + [(-139.0, 31.0)] * SEVERAL
    assert figures(sensitivity(history(*given, points=points), scenario=town), "aid_given", "yes") == (24, 400, 300)


def test_too_few_records_have_no_figure():
    table = sensitivity(history(*calls()[:5]))
    assert table["p90_s"].isna().all()
    assert (table["note"] == "n too small (below 10)").all()
    assert (table["n"] == 5).all()


def test_questions_without_an_answer_are_refused():
    with pytest.raises(InputError, match="measure is 'drive_s'"):
        sensitivity(history(*calls()), measure="drive_s")
    with pytest.raises(InputError, match="put under a policy already"):
        sensitivity(attend(history(*calls())))


def test_rows_in_another_order_give_the_same():
    rows = [*calls(), *calls("E2", 0, 10, 100, 300, 900)]
    seen, other = history(*rows), history(*rows[::-1])
    pd.testing.assert_frame_equal(sensitivity(seen), sensitivity(other))
