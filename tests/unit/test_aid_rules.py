"""Neighbours who come as the department's own, only on request, or not at all, and no more than they lend."""

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pydantic import ValidationError

import fireplan as fp
from fireplan._cli import simulate as command
from fireplan.errors import InputError, UnknownIdError
from fireplan.project._plan import SimulationPart
from fireplan.simulation import AidRule, simulate
from tests.support.histories import history, went
from tests.support.regular_calls import HOUR_S, MONDAY, regular

TOWN = fp.examples.line_town()

AWAY = "Northfield"


def town(*theirs, ours=("E1",)):
    """The department's station at the south end, and a neighbour's at the north end of the street."""
    stations = gpd.GeoDataFrame(
        {"station_id": ["S1", "N1"], "name": ["South", "North"], "agency": ["", AWAY]},
        geometry=[shapely.Point(-140.0, 30.0), shapely.Point(-140.0, 30.039)], crs=4326,
    )  # fmt: skip
    units = [(u, "S1") for u in ours] + [(u, "N1") for u in theirs]
    table = pd.DataFrame(units, columns=["unit_id", "station_id"]).assign(turnout_s=60.0)
    return fp.Scenario(TOWN.roads, stations, fp.stations.complete_units(table.set_index("unit_id")), TOWN.zones)


def figures(found):
    return found.summary()["mean"]


def sent(found):
    return found.responses["unit_id"].value_counts().to_dict()


def at_once(n, *, stay_s=3000.0, north=0.001, days=14):
    """So many calls a minute apart, every six hours, for one engine each."""
    rows = [
        went(f"{i:03d}-{k}", "E1", 0, 60, 120, 300, 300 + stay_s, at=MONDAY + pd.Timedelta(hours=6 * i, minutes=k))
        for i in range(4 * days)
        for k in range(n)
    ]
    return history(*rows, points=[(-140.0, 30.0 + north)] * len(rows))


def test_automatic_aid_is_the_nearest_of_all_and_counts_as_aid():
    near_them = regular(6 * HOUR_S, north=(0.035,))
    rule = AidRule(AWAY)
    found = simulate(town("E9"), near_them, days=7, replications=1, aid=rule)
    told = figures(found)
    assert set(sent(found)) == {"E9"}
    assert told["aid"] == told["calls"] == 28
    assert told["served"] == told["lost"] == 0
    due = fp.first_due(fp.Scenario(TOWN.roads, town("E9").stations, town("E9").units, TOWN.zones), to="zones")
    row = found.responses.iloc[0]
    assert bool(row["mutual_aid"])
    assert row["station_id"] == "N1"
    # A real drive: that of the map, from the neighbour's station.
    nearest = due["first_due_s"][due["first_due"] == "N1"]
    assert nearest.min() <= row["travel_s"] <= nearest.max()
    assert told["share_within"] == 1.0


def test_on_request_they_come_where_no_own_unit_is_free_and_later():
    asked = AidRule(AWAY, "on request", delay_s=200.0)
    near_them = simulate(town("E9"), regular(6 * HOUR_S, north=(0.035,)), days=7, replications=1, aid=[asked])
    assert set(sent(near_them)) == {"E1"}
    both = simulate(town("E9"), at_once(2), days=7, replications=1, aid=[asked])
    told, came = figures(both), both.responses
    assert told["served"] == told["aid"] == told["calls"] / 2
    assert told["calls"] == told["served"] + told["aid"] + told["lost"]
    theirs = came[came["unit_id"] == "E9"]
    np.testing.assert_allclose((theirs["dispatched"] - theirs["received"]).dt.total_seconds(), 60.0 + 200.0)
    assert told["share_within"] == 0.5  # whom one has to ask does not count in the department's share
    assert any(note.startswith(f"aid of {AWAY}: on request, E9, dispatched 3:20 after") for note in both.notes)


def test_none_sends_nobody_and_kinds_send_some():
    for rule in (AidRule(AWAY, "none"), AidRule(AWAY, kinds=("truck",)), AidRule(AWAY, at_once=0)):
        found = simulate(town("E9"), at_once(2), days=7, replications=1, aid=[rule], queue=False)
        told = figures(found)
        assert told["lost"] == told["calls"] / 2, rule
        assert told["aid"] == 0


@pytest.mark.parametrize("policy", [None, fp.simulation.nearest])
@pytest.mark.parametrize("rule", ["automatic", "on request"])
def test_no_more_are_lent_than_the_rule_says(rule, policy):
    lent = AidRule(AWAY, rule, at_once={"engine": 2}, delay_s=0.0)
    asked = {"days": 7, "replications": 1, "policy": policy}
    found = simulate(town("E7", "E8", "E9"), at_once(4), **asked, aid=[lent], queue=False)
    told = figures(found)
    assert told["aid"] == 2 * told["served"] == 2 * told["lost"]
    waiting = simulate(town("E7", "E8", "E9"), at_once(4), **asked, aid=[lent], queue=True)
    told, came = figures(waiting), waiting.responses
    assert told["lost"] == 0
    assert told["served"] + told["aid"] == told["calls"]
    # At no dispatch are three of theirs out, or on the way home.
    theirs = came[came["station_id"] == "N1"]
    back = theirs["cleared"] + (theirs["arrived"] - theirs["enroute"])
    for at in theirs["dispatched"]:
        assert ((theirs["dispatched"] <= at) & (back > at + pd.Timedelta(seconds=1))).sum() <= 2


def test_without_rules_they_are_the_departments_own_and_that_is_said():
    found = simulate(town("E9"), at_once(2), days=7, replications=1)
    assert figures(found)["served"] == figures(found)["calls"]
    assert any("1 unit of neighbours (E9) count as the department's own" in note for note in found.notes)
    quiet = simulate(TOWN, at_once(2), days=7, replications=1)
    assert not any("neighbours (" in note for note in quiet.notes)


def test_a_call_for_more_than_own_and_lent_together_waits_for_none():
    cards = {"fire": {"engine": 4}}
    rule = AidRule(AWAY, at_once={"engine": 2})
    found = simulate(town("E7", "E8", "E9"), regular(6 * HOUR_S), days=7, replications=1, run_cards=cards, aid=[rule])
    told = figures(found)
    assert told["units_sent"] == told["calls"] == told["units_unmet"]
    assert told["units_aid"] == 2 * told["calls"]


def test_rules_that_cannot_be_are_refused():
    with pytest.raises(InputError, match="rule is 'sometimes'"):
        AidRule(AWAY, "sometimes")
    with pytest.raises(InputError, match="delay_s is -1"):
        AidRule(AWAY, delay_s=-1.0)
    with pytest.raises(InputError, match="no type of unit"):
        AidRule(AWAY, kinds=("tank",))
    with pytest.raises(InputError, match="at_once is -2"):
        AidRule(AWAY, at_once={"engine": -2})
    calls = regular(6 * HOUR_S)
    with pytest.raises(UnknownIdError, match="Northfield"):
        simulate(town("E9"), calls, days=7, replications=1, aid=[AidRule("Southfield")])
    with pytest.raises(InputError, match="has several rules"):
        simulate(town("E9"), calls, days=7, replications=1, aid=[AidRule(AWAY), AidRule(AWAY, "none")])


def test_a_plan_gives_rules_to_the_command(monkeypatch):
    """What stands as [[simulation.aid]] reaches `simulate` as rules; true and false as they are."""
    project = SimpleNamespace(plan=SimpleNamespace(simulation=None), today=town("E9"), scenarios=())
    seen = []

    def simulated(_scenario, _history, **asked):
        seen.append(asked["aid"])
        return SimpleNamespace(
            replications=1, headline="", summary=dict, by_replication=dict, utilisation=dict, notes=()
        )

    monkeypatch.setattr(command, "simulate", simulated)
    table = {"agency": AWAY, "rule": "on request", "at_once": {"engine": 1}, "delay_seconds": 120}
    for given in ([table], False):
        project.plan.simulation = SimulationPart.model_validate({"aid": given})
        command._simulated(project, None, None, lambda _: None)
    assert seen == [(AidRule(AWAY, "on request", at_once={"engine": 1}, delay_s=120.0),), False]
    with pytest.raises(ValidationError, match="rule"):
        SimulationPart.model_validate({"aid": [{**table, "rule": "sometimes"}]})


def test_nobody_is_dispatched_after_its_hours_end():
    """A call at three, dispatched a minute later: the neighbour's hours end two minutes after that."""
    calls = regular(6 * HOUR_S, north=(0.035,))
    hour = calls.incidents["received"].dt.tz_convert(calls.timezone).dt.hour.iloc[0]
    assert hour == 3
    theirs = town("E9").apply(fp.SetSchedule("02:00-03:03", units=("E9",)))
    soon, late = (
        simulate(theirs, calls, days=7, replications=1, aid=AidRule(AWAY, "automatic", delay_s=delay_s))
        for delay_s in (60.0, 300.0)
    )
    assert sent(soon).get("E9") == 7
    assert "E9" not in sent(late)
    assert figures(late)["served"] == 28
    assert soon.utilisation().loc["E9", "duty_h"] == late.utilisation().loc["E9", "duty_h"] == pytest.approx(7 * 1.05)


def test_neighbours_that_are_out_call_no_reserve_in():
    ours = town("E9", ours=("E1", "E2"))
    near_them = regular(6 * HOUR_S, north=(0.035,))
    called = [
        figures(simulate(ours, near_them, days=7, replications=1, aid=aid, backfill=fp.simulation.Backfill(("E2",), 1)))
        for aid in (True, AidRule(AWAY))
    ]
    assert [one["recalls_a_day"] for one in called] == [4, 0]
    with pytest.raises(InputError, match="backfill names E9, of a neighbour"):
        simulate(ours, near_them, days=7, aid=AidRule(AWAY), backfill=fp.simulation.Backfill(("E9",), 1))


@pytest.mark.parametrize("limits", [{"engine": 1, "truck": 1}, {"truck": 1, "engine": 1}])
def test_a_quint_under_two_limits_is_refused_rather_than_lent_beyond_one(limits):
    theirs = town("E9").apply(fp.AddUnit("Q9", to="N1", type="quint"))
    calls = at_once(4, north=0.035)
    with pytest.raises(InputError, match="Q9 counts as several of '"):
        simulate(theirs, calls, days=7, replications=1, aid=AidRule(AWAY, at_once=limits))
    found = simulate(
        theirs, calls, days=7, replications=1, queue=False, aid=AidRule(AWAY, at_once={**limits, "quint": 0})
    )
    assert sent(found).get("E9") == 28
    assert "Q9" not in sent(found)
