"""Observed objectives are held to the incidents and the ground they speak of."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import fireplan as fp
from fireplan.errors import InputError
from fireplan.examples import BLOCK_DEG, line_town
from fireplan.incidents import read_cad_rows

N = 40


@pytest.fixture(scope="module")
def observed():
    """Forty incidents, one in each block: every second a fire, the last ten on high risk, the first in no zone."""
    plain = line_town()
    zones = plain.zones.assign(risk_class=["low"] * 30 + ["high"] * 10, council=range(N))
    town = fp.Scenario(plain.roads, plain.stations, plain.units, zones)
    rows = []
    for i in range(N):
        lat = 30.0 + BLOCK_DEG * (i + 0.5) if i else 29.9995
        begin = pd.Timestamp("2024-03-05 12:00") + pd.Timedelta(hours=i)
        stamps = [begin + pd.Timedelta(seconds=s) for s in (0, 60, 120, 120 + 10 * (i + 1), 3000)]
        rows.append(
            {
                "incident_id": f"I{i}", "unit_id": "E1", "call_type": "STRUCTURE FIRE" if i % 2 else "MEDICAL",
                "priority": str(1 + i % 3), "latitude": str(lat), "longitude": "-140.0",
                **dict(zip(("received", "dispatched", "enroute", "arrived", "cleared"), map(str, stamps), strict=True)),
            }
        )  # fmt: skip
    history = read_cad_rows(rows, timezone="UTC", units=town.units)
    return town, history


def goal(key, **more):
    return fp.Objective(key, key, 240, share=0.9, **more)


def measured(observed, *objectives):
    town, history = observed
    table = fp.performance(history, scenario=town, standard=fp.Standard("s", "s", objectives))
    return table.loc[[o.key for o in objectives if o.weight != "population"]]


def test_each_is_held_to_its_own(observed):
    found = measured(
        observed,
        goal("all"),
        goal("fires", categories=["fire"], weight="incidents"),
        goal("urgent", priorities=[1]),
        goal("medical", call_types=["medical"]),
        goal("high", where={"risk_class": "high"}),
        goal("council 39", where={"council": 39}),
        goal("fires there", categories=["fire"], where={"risk_class": "high"}),
        goal("plans", weight="population"),
    )
    n = (found["n"] + found["unknown"]).to_dict()
    assert n == {
        "all": 40, "fires": 20, "urgent": 14, "medical": 20, "high": 10, "council 39": 1, "fires there": 5,
    }  # fmt: skip
    assert found.loc["high", "within"] == 0
    assert found.loc["fires there", "title"].endswith("where risk_class is high")


def test_a_partition_adds_up_and_what_is_nowhere_is_said(observed):
    found = measured(
        observed, goal("all"), goal("low", where={"risk_class": "low"}), goal("high", where={"risk_class": "high"})
    )
    n = found["n"] + found["unknown"]
    assert n["low"] + n["high"] + 1 == n["all"]
    assert "1 incident left out" in found.loc["low", "note"]


def test_a_column_that_is_missing_is_an_error(observed):
    with pytest.raises(InputError, match=r"no column 'demand_zone' says so.*add it to the zones"):
        measured(observed, goal("x", where={"demand_zone": "urban"}))
    history = observed[1]
    with pytest.raises(InputError, match="no column 'risk_class'"):
        fp.performance(history, standard=fp.Standard("s", "s", (goal("x", where={"risk_class": "high"}),)))


def test_the_same_calls_are_counted_modelled_and_observed(observed):
    town, history = observed
    scenario = fp.Scenario(town.roads, town.stations, town.units, town.zones, incidents=history.incidents)
    objectives = (goal("fires", categories=["fire"]), goal("high", where={"risk_class": "high"}))
    modelled = fp.assess(scenario, standard=fp.Standard("s", "s", objectives)).summary()["n"]
    seen = measured(observed, *objectives)["n"]
    for objective in objectives:
        assert modelled[(objective.key, "incidents")] == seen[objective.key]


def test_points_are_where_they_should_be(observed):
    """The one in no zone is the only one."""
    town, history = observed
    inside = gpd.sjoin(history.incidents, town.zones[["geometry"]])
    assert len(set(inside.index)) == N - 1
    assert shapely.get_y(history.incidents.geometry["I0"]) == pytest.approx(29.9995)


def test_a_study_area_makes_no_neighbours(observed):
    town, history = observed
    north = gpd.GeoDataFrame(geometry=[shapely.box(-140.1, 30.02, -139.9, 30.1)], crs="EPSG:4326")
    narrowed = town.only(area=north, name="north")
    table = fp.performance(history, scenario=narrowed)
    assert table.loc["travel", "n"] == 20
    ledger = fp.response_performance.attend(history, scenario=narrowed).ledger.set_index("rule")
    assert ledger.loc["only", "incidents"] == 20
    assert ledger.loc["aid_given", "incidents"] == 0


def test_incidents_to_which_nothing_was_sent_are_told(observed):
    found = measured(observed, goal("truck", needs={"truck": 1}), goal("engine"))
    assert "40 more incidents, for which no unit that counts is on record" in found.loc["truck", "note"]
    assert "more incident" not in found.loc["engine", "note"]


def test_a_narrowed_scenario_narrows_what_is_measured(observed):
    town, history = observed
    whole = fp.Scenario(town.roads, town.stations, town.units, town.zones, incidents=history.incidents, timezone="UTC")
    fires = whole.only(category="fire")
    table = fp.performance(history, scenario=fires)
    assert table.loc["travel", "n"] == len(fires.incidents) == 20
    ledger = fp.response_performance.attend(history, scenario=fires).ledger.set_index("rule")
    assert ledger.loc["only", ["setting", "incidents"]].tolist() == ["category fire", 20]
    other = whole.incidents.rename(index=lambda name: f"X{name}")
    strange = fp.Scenario(town.roads, town.stations, town.units, town.zones, incidents=other).only(category="fire")
    with pytest.raises(InputError, match="40 of the history's are none of them"):
        fp.performance(history, scenario=strange)
