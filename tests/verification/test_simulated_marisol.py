"""Simulated marisol against its own history, and against the static first due where a call at a time comes."""

import numpy as np
import pandas as pd
import pytest
from histories import history, went
from regular_calls import MONDAY
from sample_city import sample_city

import fireplan as fp
from fireplan.simulation import simulate

NEAR_S = 15.0
"""How far the 90th percentile of a station may be off."""


@pytest.fixture(scope="module")
def project():
    return sample_city()


@pytest.fixture(scope="module")
def simulated(project):
    return simulate(project.today, project.history, days=365, replications=5)


def test_total_response_by_station_is_that_of_the_history(project, simulated):
    def p90(found):
        return fp.performance(found, scenario=project.today, by="station_id").xs("total_response", level=1)["p90_s"]

    observed = p90(project.history)
    modelled = pd.concat([p90(simulated.replication(i)) for i in range(1, 6)], axis=1).mean(axis=1)
    assert (modelled - observed).abs().max() < NEAR_S


def test_units_are_as_busy_as_in_the_history(project, simulated):
    observed = fp.workload(project.history, scenario=project.today, by="unit_id")["uhu"]
    assert (simulated.utilisation()["utilisation"] - observed).abs().max() < 0.01


def test_reasons_of_missed_objectives_are_those_of_the_history(project, simulated):
    objective = fp.standards.NFPA_1710.objectives[0]
    shares = [
        fp.why_missed(found, scenario=project.today, objective=objective).totals()["share"].loc["first_due_busy"]
        for found in (project.history, simulated)
    ]
    assert shares[0] == pytest.approx(shares[1], abs=0.06)


def test_it_says_how_the_department_dispatches(simulated):
    said = " ".join(simulated.notes)
    assert "priority 3 take 1.22 times" in said
    assert "not sent before they are home" in said
    assert "a neighbour's comes, as in the history" in said


def test_one_call_at_a_time_is_the_static_first_due():
    city = sample_city(calibrated=False).today
    zones = city.zones.geometry.representative_point()
    points = [(p.x, p.y) for p in zones]
    times = pd.date_range(MONDAY, periods=len(points), freq="3h")
    rows = [went(f"c{i:04d}", "E1", 0, 60, 120, 300, 1200, at=at) for i, at in enumerate(times)]
    found = simulate(city, history(*rows, points=points), days=2 * len(points) // 8, replications=1)
    came = found.responses.set_index("incident_id")
    asked = fp.Scenario(city.roads, city.stations, city.units, incidents=found.incidents, timezone=city.timezone)
    due = fp.first_due(asked, to="incidents").reindex(came.index)
    assert len(came) > len(points)
    reached = due["first_due"].notna()
    assert (came.loc[reached, "station_id"] == due.loc[reached, "first_due"]).all()
    np.testing.assert_array_equal(came.loc[reached, "travel_s"], due.loc[reached, "first_due_s"].astype(float))
    assert came.loc[~reached, "mutual_aid"].all()  # four zones that no road leads to
