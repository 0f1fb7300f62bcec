"""Standards as data: where figures come from, what an agency sets itself, and times that go with distances."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireplan import standards
from fireplan.errors import InputError, TableError, UnknownIdError
from fireplan.standards import MILE_M, Objective, Standard

RENUMBERED = {
    "NFPA_1750_CAREER": "NFPA_1710",
    "NFPA_1750_VOLUNTEER": "NFPA_1720",
}

# --- the library


@pytest.mark.parametrize("name", standards.names())
def test_every_figure_names_its_source_and_edition(name):
    found = standards.named(name)
    assert found.name == name
    assert [o.key for o in found.objectives if not o.source or not o.edition or o.share is None] == []


def test_figures_of_nfpa_1710():
    told = {o.key: (o.interval, o.limit_s, o.share, dict(o.needs), o.verified) for o in standards.NFPA_1710.objectives}
    assert told == {
        "first_engine": ("travel_s", 240, 0.9, {"engine": 1}, True),
        "full_alarm": ("travel_s", 480, 0.9, {"people": 16}, True),
        "alarm_processing": ("processing_s", 64, 0.9, {"engine": 1}, False),
        "turnout_fire": ("turnout_s", 80, 0.9, {"engine": 1}, False),
        "turnout_ems": ("turnout_s", 60, 0.9, {"engine": 1}, False),
    }


@pytest.mark.parametrize(
    ("name", "people", "minutes", "share"), [("URBAN", 15, 9, 0.9), ("SUBURBAN", 10, 10, 0.8), ("RURAL", 6, 14, 0.8)]
)
def test_figures_of_nfpa_1720(name, people, minutes, share):
    force = standards.NFPA_1720[f"{name.lower()}_force"]
    with pytest.warns(DeprecationWarning, match="urban_force|rural_force"):
        assert standards.named(f"NFPA_1720_{name}").objectives == (force,)
    assert force.where == {"demand_zone": (name.lower(),)}
    assert (dict(force.needs), force.limit_s, force.share) == ({"people": people}, 60 * minutes, share)
    assert (force.interval, force.verified) == ("turnout_and_travel_s", False)


@pytest.mark.parametrize(("new", "old"), RENUMBERED.items())
def test_renumbered_figures_are_the_old_ones_and_none_is_verified(new, old):
    ours, theirs = standards.named(new), standards.named(old)
    same = [(o.key, o.limit_s, o.share, o.needs, o.interval, o.categories, o.where) for o in theirs.objectives]
    assert [(o.key, o.limit_s, o.share, o.needs, o.interval, o.categories, o.where) for o in ours.objectives] == same
    assert {(o.verified, o.edition) for o in ours.objectives} == {(False, "2026")}
    assert all("not seen in NFPA 1750 (2026)" in o.source for o in ours.objectives)
    assert all("carried over from the 2020 edition of NFPA 17" in o.source for o in ours.objectives)
    assert "carried over" in ours.note


def test_unverified_names_titles_figures_and_sources():
    told = standards.NFPA_1710.unverified()
    assert len(told) == 3
    assert told[0] == "Call processing, 1:04 call processing: NFPA 1710, alarm processing, from a secondary source"
    assert len(standards.NFPA_1750_CAREER.unverified()) == 5
    assert standards.local_rule("r", limit_s=300, weight="dwellings", share=0.9).unverified() == []


def test_unverified_without_a_source_says_so():
    found = Standard("x", "x", (Objective("a", "Engine", 300),))
    assert found.unverified() == ["Engine, 5:00 travel time: no source named"]


def test_notes_of_two_standards_are_joined():
    plain = standards.local_rule("r", limit_s=300, weight="dwellings", share=0.9)
    both = standards.NFPA_1750_CAREER + plain
    assert both.note == standards.NFPA_1750_CAREER.note
    assert (plain + plain.__class__("s", "s", (Objective("b", "B", 60),))).note == ""


# --- objectives of an agency


def test_cpse_objective_is_the_agencys_own():
    goal = standards.cpse_objective("technical rescue", risk="moderate", limit_s=720, needs={"rescue": 1, "people": 8})
    assert (goal.program, goal.risk, goal.categories) == ("technical rescue", "moderate", ("rescue",))
    assert (goal.key, goal.title) == ("technical_rescue_moderate_1_rescue_8_people", "1 rescue and 8 people")
    assert (goal.interval, goal.share, goal.edition, goal.verified) == ("total_response_s", 0.9, "local", True)


def test_cpse_objective_takes_what_it_is_told():
    goal = standards.cpse_objective(
        "wildland", risk="maximum", limit_s=900, key="k", title="T", categories=["brush"], source="Resolution 7"
    )
    assert (goal.key, goal.title, goal.categories, goal.source) == ("k", "T", ("brush",), "Resolution 7")
    assert dict(goal.needs) == {"engine": 1}


def test_cpse_objectives_of_programs_and_risks_make_one_standard():
    parts = [
        standards.cpse_objective(p, risk=r, limit_s=480, needs=n)
        for p in standards.PROGRAMS
        for r in standards.RISKS
        for n in ({"engine": 1}, {"engine": 2, "people": 10})
    ]
    assert len(Standard("town", "Standards of cover", tuple(parts)).objectives) == 5 * 4 * 2
    assert parts[1].title == "2 engines and 10 people"


def test_cpse_objective_names_both_faults():
    with pytest.raises(TableError, match=r"program 'fires' is unknown.*risk 'extreme' is unknown"):
        standards.cpse_objective("fires", risk="extreme", limit_s=480)


# --- demand zones


def test_demand_zones_at_their_bounds():
    density = pd.Series([1000.1, 1000.0, 500.0, 499.9, 0.0, np.nan], index=list("abcdef"))
    found = standards.demand_zones(density)
    assert found.iloc[:5].tolist() == ["urban", "suburban", "suburban", "rural", "rural"]
    assert found.isna().tolist() == [False] * 5 + [True]
    assert (found.name, list(found.index)) == ("demand_zone", list("abcdef"))


def test_ground_eight_miles_away_is_remote():
    density = pd.Series([2000.0, 10.0, 10.0, 10.0], index=list("abcd"))
    miles = pd.Series([np.nan, np.inf, 8.0, 7.9], index=list("dcba")[::-1])
    assert standards.demand_zones(density, road_miles=miles).tolist() == ["urban", "remote", "remote", "rural"]


def test_density_below_zero_is_refused():
    with pytest.raises(InputError, match="below zero"):
        standards.demand_zones(pd.Series([-1.0]))


def test_remote_zone_has_the_time_the_agency_sets():
    (force,) = standards.remote_zone(limit_s=1800, source="Resolution 7").objectives
    assert (force.limit_s, dict(force.needs), force.share, force.verified) == (1800, {"people": 4}, 0.9, False)
    assert force.source.startswith("time: Resolution 7;")
    assert standards.remote_zone(limit_s=900, needs={"people": 6}).objectives[0].title == "Remote force"


# --- distances


def test_distances_of_iso():
    told = {g.key: (g.miles, dict(g.needs), g.verified) for g in standards.distance_goals()}
    assert told == {"engine": (1.5, {"engine": 1}, True), "ladder": (2.5, {"truck": 1}, True)}
    assert standards.distance_goals()[0].limit_m == pytest.approx(2414.016)
    with pytest.raises(UnknownIdError, match="did you mean 'ISO_FSRS'"):
        standards.distance_goals("ISO_FRS")


def test_a_distance_goal_needs_figures():
    with pytest.raises(TableError, match=r"miles is 0.*needs is empty"):
        standards.DistanceGoal("x", "X", 0, {})


@pytest.mark.parametrize(("miles", "minutes", "digits"), [(1.5, 3.2, 1), (2.5, 4.9, 1), (0, 0, 9), (0.25, 1.05, 2)])
def test_rand_travel_time(miles, minutes, digits):
    assert round(standards.rand_travel_s(miles * MILE_M) / 60, digits) == minutes


@pytest.mark.parametrize(("minutes", "miles"), [(4, 1.97), (5, 2.56), (8, 4.32), (9, 4.91), (0, 0)])
def test_rand_distance(minutes, miles):
    assert round(standards.rand_distance_m(minutes * 60.0) / MILE_M, 2) == miles


def test_root_and_line_meet_without_a_bend():
    # The line is T = 0.65 + 1.7 D; a root that meets it with its slope has 1.7 = c / (2 sqrt D), so D = 0.65 / 1.7.
    meet_m = 0.65 / 1.7 * MILE_M
    step_m = 0.01
    before, at, after = standards.rand_travel_s(meet_m + np.array([-step_m, 0.0, step_m]))
    assert at == pytest.approx(2 * 0.65 * 60)
    assert at - before == pytest.approx(after - at, rel=1e-4)
    assert standards.rand_travel_s(MILE_M * 0.1) / 60 == pytest.approx(2.10 * 0.1**0.5, abs=0.001)


def test_rand_keeps_shape_and_what_is_not_there():
    given = np.array([[0.0, np.inf], [np.nan, MILE_M]])
    assert standards.rand_travel_s(given) == pytest.approx(np.array([[0, np.inf], [np.nan, 141]]), nan_ok=True)
    assert standards.rand_distance_m(np.array([np.inf])).tolist() == [np.inf]
    assert isinstance(standards.rand_travel_s(100.0), float)


@given(st.floats(0, 20_000))
def test_rand_both_ways(distance_m):
    assert standards.rand_distance_m(standards.rand_travel_s(distance_m)) == pytest.approx(distance_m, abs=1e-6)


@pytest.mark.parametrize("formula", [standards.rand_travel_s, standards.rand_distance_m])
def test_rand_refuses_less_than_nothing(formula):
    with pytest.raises(InputError, match="below zero"):
        formula(-1.0)
