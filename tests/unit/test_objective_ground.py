"""Objectives are held to the ground and the incidents they speak of; scenarios can be narrowed; figures broken down."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan import standards
from fireplan._selection import kind_texts
from fireplan.errors import InputError, TableError, UnknownIdError
from fireplan.examples import BLOCK_DEG, line_town
from fireplan.standards._objectives import value_text

N = 40
CLASSES = ("low", "moderate", "high", None)


def town(classes, *, calls=(), **more):
    """Line town with a class of risk for each zone, and incidents in the blocks named."""
    plain = line_town()
    zones = plain.zones.assign(risk_class=classes)
    lat = 30.0 + BLOCK_DEG * (np.array([b for b, *_ in calls], dtype=float) + 0.5)
    incidents = gpd.GeoDataFrame(
        {
            "call_type": [c[1] for c in calls],
            "category": [c[2] for c in calls],
            "priority": [c[3] for c in calls],
            "received": pd.to_datetime([c[4] for c in calls], utc=True),
        },
        geometry=[shapely.Point(-140.0, y) for y in lat],
        index=pd.Index([f"I{i + 1}" for i in range(len(calls))], name="incident_id"),
        crs="EPSG:4326",
    )
    parts = {"incidents": incidents if calls else None, "timezone": "America/Los_Angeles"} | more
    return fp.Scenario(plain.roads, plain.stations, plain.units, zones, **parts)


def goal(key, limit_s=240, **more):
    return fp.Objective(key, key, limit_s, share=0.9, **more)


def held_to(scenario, *objectives):
    return fp.assess(scenario, standard=fp.Standard("s", "s", objectives))


CALLS = (
    (1, "STRUCTURE FIRE", "fire", "1", "2024-01-06 07:30"),  # 23:30 on Friday in Los Angeles
    (5, "CARDIAC", "ems", "1", "2024-01-06 20:00"),  # 12:00 on Saturday
    (30, "STRUCTURE FIRE", "fire", "2", "2024-01-07 13:59"),  # 05:59 on Sunday
    (39, "LIFT ASSIST", "ems", "3", "2024-01-08 14:00"),  # 06:00 on Monday
)


# Ground


@settings(max_examples=tries(12), deadline=None)
@given(classes=st.lists(st.sampled_from(CLASSES), min_size=N, max_size=N), limit_s=st.integers(30, 500))
def test_objectives_of_a_partition_add_up_to_the_whole(classes, limit_s):
    """What is on no class is `untold` of each; n, elsewhere and untold are everything, for every measure."""
    scenario = town(classes, calls=CALLS)
    parts = [goal(c, limit_s, where={"risk_class": c}) for c in CLASSES[:3]]
    found = held_to(scenario, goal("whole", limit_s), *parts).summary()
    whole = found.loc["whole"]
    each = found.drop("whole", level="objective")
    untold = each.groupby("measure")["untold"].first()
    for column in ("n", "within", "outside"):
        rest = np.nan_to_num(untold if column == "n" else 0.0)
        summed = each.groupby("measure")[column].sum()
        assert (summed + rest <= whole[column].reindex(summed.index) + 1e-6).all()
    everything = each[["n", "elsewhere", "untold"]].sum(axis=1)
    for (_, measure), total in everything.items():
        assert total == pytest.approx(whole.loc[measure, "n"])
    assert (each.groupby("measure")["n"].sum() + untold).to_dict() == pytest.approx(whole["n"].to_dict())


def test_an_objective_is_judged_on_its_own_ground():
    classes = ["low"] * 30 + ["high"] * 10
    found = held_to(town(classes), goal("all"), goal("far", where={"risk_class": "HIGH"})).summary()
    everybody, far = found.loc[("all", "population")], found.loc[("far", "population")]
    assert (everybody["n"], far["n"], far["elsewhere"]) == (400, 100, 300)
    assert everybody["within"] > 0
    assert far["within"] == 0
    assert not far["met"]
    assert far["unit"] == "people where risk_class is HIGH"


def test_zones_off_the_ground_are_no_gap():
    found = held_to(town(["low"] * 30 + ["high"] * 10), goal("near", where={"risk_class": "low"}))
    zones = found.zones
    assert zones["near_applies"].tolist() == [True] * 30 + [False] * 10
    gaps = fp.gaps(found)
    assert gaps.attrs["total"] == 300
    assert gaps["population"].sum() == gaps.attrs["outside"] < 100
    assert gaps.attrs["unit"] == "people where risk_class is low"


def test_a_column_that_is_missing_is_named_with_the_mend():
    with pytest.raises(InputError, match=r"no column 'demand_zone'.*demand_zones"):
        held_to(line_town(), *standards.NFPA_1720.objectives)
    with pytest.raises(InputError, match="did you mean 'risk_class'"):
        held_to(town(["low"] * N), goal("x", where={"risk_clas": "low"}))


def test_ground_that_is_nowhere_is_said():
    found = held_to(town(["low"] * N), goal("top", where={"risk_class": "maximum"}))
    row = found.summary().loc[("top", "population")]
    assert row["n"] == 0
    assert row["met"] is pd.NA
    assert row["elsewhere"] == 400
    assert any("'top' holds where risk_class is maximum" in n and "have low" in n for n in found.notes())


def test_1720_is_one_standard_on_three_grounds():
    zones = line_town().zones
    density = pd.Series([2000.0] * 10 + [700.0] * 10 + [40.0] * 20, index=zones.index)
    scenario = town(["low"] * N)
    plain = fp.Scenario(
        scenario.roads, scenario.stations, scenario.units, zones.assign(demand_zone=standards.demand_zones(density))
    )
    n = fp.assess(plain, standard="NFPA_1720").summary().xs("population", level="measure")["n"]
    assert n.to_dict() == {"urban_force": 100, "suburban_force": 100, "rural_force": 200}
    with pytest.warns(DeprecationWarning, match="NFPA_1720"):
        assert fp.assess(plain, standard="NFPA_1720_RURAL").summary()["n"].iloc[0] == 200


def test_ground_of_a_station_is_that_before_any_change():
    """A what-if does not move the ground that is asked about."""
    today = town(["low"] * N)
    new = today.apply(fp.OpenStation("S2", at=(-140.0, 30.0 + 39 * BLOCK_DEG), units=["E2"]), name="new")
    rule = fp.Standard("s", "s", (goal("own", where={"first_due": "S1"}),))
    found = fp.compare(today, new, standard=rule).summary()["n"].xs("population", level="measure")
    assert found.tolist() == [400, 400]
    # Nor does it when the what-if is narrowed afterwards: what S2 took over is still ground that was S1's.
    part = new.only(area=today.zones.iloc[10:])
    assert fp.assess(part, standard=rule).summary().loc[("own", "population"), "n"] == 300


def test_force_for_risk_counts_its_tasks():
    tasks = {"command": 1, "attack": 3}
    force = standards.force_for_risk("high", within_s=480, tasks=tasks, units={"truck": 1})
    assert force.needs == {"people": 4, "truck": 1}
    assert force.where == {"risk_class": ("high",)}
    with pytest.raises(TableError, match=r"people is 5, but the tasks take 4"):
        standards.force_for_risk("high", within_s=480, tasks=tasks, people=5)
    with pytest.raises(TableError, match="asks for nothing"):
        standards.force_for_risk("high", within_s=480)


def test_bounds_of_density_are_arguments():
    density = pd.Series([1999.0, 2001.0, 300.0])
    found = standards.demand_zones(density, urban_over_per_mi2=2000, rural_under_per_mi2=250)
    assert found.tolist() == ["suburban", "urban", "suburban"]
    with pytest.raises(TableError, match="the first is the greater one"):
        standards.demand_zones(density, urban_over_per_mi2=100)


def test_density_is_that_of_larger_areas_where_they_are_named():
    zones = line_town().zones.assign(population=[10.0, 0.0] * 20, tract=["a", "a", "b", "b"] * 10)
    alone, shared = fp.demand.people_per_mi2(zones), fp.demand.people_per_mi2(zones, by="tract")
    km2 = 0.111 * 0.0964  # of a block: 0.001 degrees each way at 30 degrees north
    assert alone.iloc[0] == pytest.approx(10 / (km2 / 2.589988), rel=0.01)
    assert alone.iloc[1] == 0
    assert shared.nunique() <= 2
    assert shared.iloc[0] == pytest.approx(alone.iloc[0] / 2, rel=0.01)


# Incidents


def test_incidents_are_those_the_objective_speaks_of():
    scenario = town(["low"] * N, calls=CALLS)
    fires = goal("fires", categories=["fire"])
    urgent = goal("urgent", categories=["fire"], priorities=[1])
    found = held_to(scenario, goal("all"), fires, urgent).summary().xs("incidents", level="measure")
    assert found["n"].to_dict() == {"all": 4, "fires": 2, "urgent": 1}
    assert found.loc["urgent", "unit"] == "incidents (fire; priority 1)"
    assert found.loc["fires", "elsewhere"] == 2
    assert found.loc["fires", "within"] == 1
    assert found.loc["urgent", "within"] == 1


def test_incidents_that_cannot_be_told_are_never_all_of_them():
    scenario = town(["low"] * N, calls=CALLS)
    plain = fp.Scenario(
        scenario.roads, scenario.stations, scenario.units, scenario.zones, incidents=scenario.incidents[["geometry"]]
    )
    found = held_to(plain, goal("fires", categories=["fire"]))
    row = found.summary().loc[("fires", "incidents")]
    assert row["n"] == 0
    assert row["untold"] == 4
    assert any("the data do not say" in note for note in found.notes())
    with pytest.raises(InputError, match="no column 'category'"):
        held_to(plain, goal("fires", categories=["fire"], weight="incidents"))


# What is counted


def test_only_declared_columns_are_demand():
    scenario = town(["low"] * N)
    zones = scenario.zones.assign(median_income=85_000.0, first_due_rank=-1.0, beds=2.0)
    plain = fp.Scenario(scenario.roads, scenario.stations, scenario.units, zones)
    found = held_to(plain, goal("x"))
    assert {a.measure.name for a in found.arrivals} == {"population", "road_km"}
    assert any("median_income" in note and "weights=" in note for note in found.notes())
    declared = fp.Scenario(scenario.roads, scenario.stations, scenario.units, zones, weights=("beds",))
    assert held_to(declared, goal("x")).summary().loc[("x", "beds"), "n"] == 80
    assert held_to(plain, goal("x", weight="beds")).summary().loc[("x", "beds"), "n"] == 80
    assert declared.apply(fp.ScaleDemand(2.0)).zones[["beds", "median_income"]].iloc[0].tolist() == [4.0, 85_000.0]
    with pytest.raises(TableError, match="weight"):
        fp.Scenario(scenario.roads, scenario.stations, scenario.units, zones, weights=("bed",))


# Narrowed scenarios


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ({"category": "FIRE"}, ["I1", "I3"]),
        ({"call_type": "structure fire", "hours": (22, 6)}, ["I1", "I3"]),
        ({"hours": (6, 22)}, ["I2", "I4"]),
        ({"priority": 1}, ["I1", "I2"]),
        ({"weekdays": ["sat", "Sunday"]}, ["I2", "I3"]),
        ({"dates": ("2024-01-05", "2024-01-06")}, ["I1", "I2"]),
        ({"incidents": ["I4"]}, ["I4"]),
    ],
)
def test_only_keeps_what_is_asked_in_the_citys_own_time(asked, left):
    narrowed = town(["low"] * N, calls=CALLS).only(**asked)
    assert narrowed.incidents.index.tolist() == left
    found = held_to(narrowed, goal("x"))
    assert found.summary().loc[("x", "incidents"), "n"] == len(left)
    assert narrowed.selections[0].words in found.summary().loc[("x", "incidents"), "unit"]
    assert any(f"{len(left)} of 4 incidents" in note for note in found.notes())
    again = narrowed.apply(fp.OpenStation("S2", at=(-140.0, 30.02), units=["E2"]), name="new")
    gains = fp.compare(narrowed, again, standard=fp.Standard("s", "s", (goal("x"),))).gains()
    assert gains.xs("incidents", level="measure")["n"].tolist() == [len(left)]


def test_only_counts_by_default_what_it_chose():
    narrowed = town(["low"] * N, calls=CALLS).only(category="fire")
    gaps = fp.gaps(held_to(narrowed, goal("x")), at_least=1)
    assert gaps.attrs["weight"] == "incidents_n"
    assert gaps.attrs["total"] == 2
    assert gaps.attrs["outside"] == 1


def test_only_an_area_cuts_zones_incidents_and_streets():
    scenario = town(["low"] * N, calls=CALLS)
    south = gpd.GeoDataFrame(geometry=[shapely.box(-140.1, 29.9, -139.9, 30.0 + 10 * BLOCK_DEG)], crs="EPSG:4326")
    narrowed = scenario.only(area=south, name="south")
    found = held_to(narrowed, goal("x")).summary()["n"].droplevel("objective")
    assert found["population"] == 100
    assert found["incidents"] == 2
    assert found["road_km"] == pytest.approx(10 * 0.1108, rel=0.06)
    assert str(narrowed.selections[0]) == "only the area named: 10 of 40 zones and 2 of 4 incidents"


def test_only_names_all_faults_at_once():
    scenario = town(["low"] * N, calls=CALLS)
    with pytest.raises(TableError) as error:
        scenario.only(category="fires", hours=(25, 3), weekdays="Someday", dates=("2024-02-01", "2024-01-01"))
    for said in ("did you mean", "hours is", "Someday", "end before they start"):
        assert said in str(error.value)
    with pytest.raises(InputError, match="nothing is left"):
        scenario.only(category="fire", weekdays="Tuesday")
    with pytest.raises(InputError, match="nothing is asked"):
        scenario.only()
    with pytest.raises(InputError, match="no incidents"):
        line_town().only(category="fire")
    with pytest.raises(TableError, match="names no time zone"):
        town(["low"] * N, calls=CALLS, timezone="").only(hours=(22, 6))


def test_incidents_without_a_time_are_left_out_and_counted():
    calls = (*CALLS, (3, "ALARM", "alarm", "1", None))
    narrowed = town(["low"] * N, calls=calls).only(hours=(0, 24))
    assert len(narrowed.incidents) == 4
    assert narrowed.selections[0].untold == 1
    assert "of 1 the record does not say" in str(narrowed.selections[0])


# Broken down


def test_figures_by_group_add_up_whatever_the_groups_are():
    scenario = town(["low"] * 20 + [None] * 20, calls=CALLS)
    found = held_to(scenario, goal("x"))
    halves = gpd.GeoDataFrame(
        {"name": ["south", "north"]},
        geometry=[shapely.box(-140.1, 29.9, -139.9, 30.02), shapely.box(-140.1, 30.02, -139.9, 30.035)],
        crs="EPSG:4326",
    )
    income = pd.Series(np.arange(N) % 5, index=found.zones.index, name="quintile")
    whole = found.summary().xs("x", level="objective")
    for groups in ("risk_class", "first_due", income, halves):
        for measure in ("population", "incidents", "road_km"):
            table = found.by(groups, measure)
            for column in ("n", "within", "outside", "unreachable"):
                assert table[column].sum() == pytest.approx(whole.loc[measure, column])
            assert (table["unit"] == whole.loc[measure, "unit"]).all()
    assert found.by("risk_class").loc["not known", "n"] == 200
    assert found.by(halves, name="name").index.name == "name"
    assert found.by(halves).index.tolist() == ["north", "south", "in none of them"]  # its only text
    assert found.by(halves.set_index("name").geometry)["n"].equals(found.by(halves)["n"])
    wide = halves.assign(geometry=[shapely.box(-140.1, 29.9, -139.9, 30.03), halves.geometry[1]])
    with pytest.raises(InputError, match=r"overlap: 10 places lie in more than one, such as 'south' and 'north'"):
        found.by(wide)
    with pytest.raises(UnknownIdError, match="risk_class"):
        found.by("risk_clas")
    with pytest.raises(InputError, match="are no zones"):
        found.by(pd.Series([1], index=["nowhere"]))


def test_top_names_the_places_that_gain_most():
    today = town(["low"] * N, calls=CALLS)
    new = today.apply(fp.OpenStation("S2", at=(-140.0, 30.0 + 39.5 * BLOCK_DEG), units=["E2"]), name="new")
    found = fp.compare(today, new, standard=fp.Standard("s", "s", (goal("x"),)))
    top = found.top(3)
    assert top.index[0] == "Z40"
    assert len(top) == 3
    assert (top["change_s"].diff().dropna() >= 0).all()
    assert top["first_due_after"].tolist() == ["S2"] * 3
    assert top.attrs["unit"] == "people"
    assert (top["weighted_s"] == top["change_s"] * 10).all()
    assert found.top(100).attrs["changed"] == len(found.top(100)) < N
    assert found.top(5, losses=True).empty
    with pytest.raises(InputError, match="address"):
        found.top(3, to="addresses")


def test_top_addresses_count_their_incidents():
    calls = [(39, "FIRE", "fire", "1", "2024-01-06 07:30")] * 2 + [*CALLS[:2]]
    plain = town(["low"] * N, calls=calls)
    table = plain.incidents.assign(address=["9 LINE ST", "9 LINE ST", "1 LINE ST", None])
    today = fp.Scenario(plain.roads, plain.stations, plain.units, plain.zones, incidents=table)
    new = today.apply(fp.OpenStation("S2", at=(-140.0, 30.0 + 39.5 * BLOCK_DEG), units=["E2"]), name="new")
    top = fp.compare(today, new, standard=fp.Standard("s", "s", (goal("x"),))).top(5, to="addresses")
    assert top.index.tolist() == ["9 LINE ST"]
    assert top["incidents"].tolist() == [2]


# The objective in hand


def test_changes_and_first_due_follow_the_objective():
    """A station without an ambulance is first due to nobody with one."""
    plain = line_town()
    stations = pd.concat([plain.stations, plain.stations.rename(index={"S1": "S2"})])
    stations = stations.set_geometry(
        gpd.GeoSeries([shapely.Point(-140, 30), shapely.Point(-140, 30.04)], index=stations.index, crs="EPSG:4326")
    )
    units = pd.DataFrame(
        {"unit_id": ["E1", "E2", "M1"], "station_id": ["S1", "S2", "S1"], "type": ["engine", "engine", "ambulance"]}
    )
    today = fp.Scenario(plain.roads, stations, units, plain.zones)
    moved = today.apply(fp.MoveUnit("M1", to="S2"), name="moved")
    ems = fp.Standard("ems", "ems", (goal("ems", needs={"ambulance": 1}), goal("engine")))
    found = fp.compare(today, moved, standard=ems)
    changes = found.changes()
    assert set(changes["first_due_before"]) == {"S1"}
    assert set(changes["first_due_after"]) == {"S2"}
    assert (changes["change_s"].abs() > 10).sum() > 30
    assert changes.attrs["title"] == "ems"
    assert (found.changes(objective="engine")["change_s"] == 0).all()
    assert set(found.baseline.zones["first_due"]) == {"S1"}
    stations = found.baseline.stations["n"].xs(("ems", "population"), level=("objective", "measure"))
    assert stations.to_dict() == {"S1": 400, "S2": 0}
    own = fp.first_due(today, objective=ems["ems"])["first_due"]
    assert set(own) == {"S1"}


def test_sites_are_sought_for_what_an_objective_speaks_of():
    scenario = town(["low"] * 30 + ["high"] * 10, calls=CALLS)
    aim = fp.siting.aim_of(scenario, goal("x", 120, where={"risk_class": "high"}))
    sites = gpd.GeoSeries(
        [shapely.Point(-140, 30.02), shapely.Point(-140, 30.035)], index=["middle", "north"], crs="EPSG:4326"
    )
    found = fp.siting.max_coverage(scenario, candidates=sites, stations=1, aims=[aim])
    assert found.total == 100
    assert "north" in str(found.plan)
    calls = fp.siting.aim_of(scenario, goal("y", 120, categories=["fire"], weight="incidents"))
    assert calls.where.tolist() == [True, False, True, False]
    with pytest.raises(InputError, match="asks for a force"):
        fp.siting.aim_of(scenario, goal("z", needs={"people": 4}))


def test_incidents_without_a_place_are_on_no_ground():
    """They are told once, as what the data do not say; no objective has a share of them of its own."""
    scenario = town(["low"] * 30 + ["high"] * 10, calls=CALLS)
    lost = scenario.incidents.copy()
    lost.loc["I1", "geometry"] = None
    less = fp.Scenario(scenario.roads, scenario.stations, scenario.units, scenario.zones, incidents=lost)
    found = held_to(less, goal("high", where={"risk_class": "high"}), goal("fires", categories=["fire"])).summary()
    high, fires = (found.loc[(key, "incidents")] for key in ("high", "fires"))
    assert (high["n"], high["untold"], high["not_located"], high["elsewhere"]) == (2, 1, 0, 1)
    assert (fires["n"], fires["untold"], fires["not_located"]) == (1, 0, 1)


def test_all_of_it_is_all_of_it():
    """Sums of many lengths are not exact; what is left over is no road outside."""
    found = held_to(town(["low"] * N), goal("far", 4000))
    row = found.summary().loc[("far", "road_km")]
    assert row["outside"] == 0
    assert row["share"] == 1


def test_a_standard_for_history_alone_says_so():
    found = fp.assess(line_town(), standard="AGBF")
    assert found.summary().empty
    assert any("for dispatch history alone" in note for note in found.notes())
    with pytest.raises(InputError, match="no objective that a plan can be held to"):
        fp.gaps(found)


# What a reviewer found


def test_two_tasks_of_one_name_are_two():
    force = standards.force_for_risk("high", within_s=480, tasks=[("search", 4), ("search", 9)])
    assert force.needs == {"people": 13}
    with pytest.raises(TableError, match="units names people"):
        standards.force_for_risk("high", within_s=480, people=5, units={"people": 20})


def test_an_address_of_many_points_gains_what_its_incidents_gain():
    calls = [(b, "FIRE", "fire", "1", "2024-01-06 07:30") for b in (0, *[39] * 9)]
    plain = town(["low"] * N, calls=calls)
    today = fp.Scenario(
        plain.roads, plain.stations, plain.units, plain.zones, incidents=plain.incidents.assign(address="1 MAIN")
    )
    new = today.apply(fp.OpenStation("S2", at=(-140.0, 30.0 + 39.5 * BLOCK_DEG), units=["E2"]), name="new")
    found = fp.compare(today, new, standard=fp.Standard("s", "s", (goal("x", weight="incidents"),)))
    top = found.top(5, to="addresses")
    assert top["incidents"].tolist() == [10]
    both = [a.arrival("x", "incidents").arrival_s.astype(float) for a in found.assessments]
    assert top["weighted_s"].iloc[0] == pytest.approx((both[1] - both[0]).sum())


@pytest.mark.parametrize("column", ["unit", "n", "within", "share"])
def test_groups_may_be_called_as_a_result_is(column):
    scenario = town(["low"] * N)
    zones = scenario.zones.assign(**{column: ["a", "b"] * 20})
    found = held_to(fp.Scenario(scenario.roads, scenario.stations, scenario.units, zones), goal("x")).by(column)
    assert found.index.tolist() == ["a", "b"]
    assert found["n"].tolist() == [200, 200]
    with pytest.raises(InputError, match="more than once"):
        held_to(scenario, goal("x")).by(pd.Series(["a", "b"], index=["Z01", "Z01"]))


@pytest.mark.parametrize("bad", [-1.0, np.inf])
def test_a_weight_that_counts_nothing_is_refused_whoever_names_it(bad):
    scenario = town(["low"] * N)
    zones = scenario.zones.assign(temp=[bad, *[2.0] * 39])
    plain = fp.Scenario(scenario.roads, scenario.stations, scenario.units, zones)
    with pytest.raises(InputError, match="negative or infinite for zones 'Z01'"):
        held_to(plain, goal("x", weight="temp"))


def test_a_department_without_units_is_said_to_be_one():
    plain = line_town()
    bare = fp.Scenario(plain.roads, plain.stations, plain.units.iloc[:0], plain.zones)
    assert any("no units are given" in note for note in held_to(bare, goal("x")).notes())


def test_where_nobody_is_known_to_live_is_not_rural():
    zones = line_town().zones.assign(population=[np.nan] * 5 + [10.0] * 35)
    found = standards.demand_zones(fp.demand.people_per_mi2(zones))
    assert found.iloc[:5].isna().all()
    assert found.iloc[5:].notna().all()
    with pytest.raises(InputError, match="road_miles says nothing about"):
        standards.demand_zones(pd.Series([900.0]), road_miles=pd.Series([9.0], index=["other"]))


def test_a_kind_that_nobody_has_is_said():
    scenario = town(["low"] * N, calls=CALLS)
    notes = held_to(scenario, goal("x", categories=["fier"])).notes()
    assert any("incidents (fier), and there are none" in note for note in notes)
    found = held_to(scenario, goal("x", priorities=["1.0", 2])).summary().loc[("x", "incidents")]
    assert found["n"] == 3


def test_no_note_speaks_of_incidents_that_are_not_counted():
    scenario = town(["low"] * N, calls=CALLS)
    lost = scenario.incidents.copy()
    lost.loc[["I2", "I4"], "geometry"] = None
    less = fp.Scenario(scenario.roads, scenario.stations, scenario.units, scenario.zones, incidents=lost)
    assert not any("from any road" in note for note in held_to(less, goal("x", categories=["fire"])).notes())


def test_a_night_belongs_to_the_day_on_which_it_begins():
    scenario = town(["low"] * N, calls=CALLS)  # 23:30 on Friday, 05:59 on Sunday
    friday, saturday = (scenario.only(hours=(22, 6), weekdays=day) for day in ("Friday", "Saturday"))
    assert (friday.incidents.index.tolist(), saturday.incidents.index.tolist()) == (["I1"], ["I3"])
    assert saturday.selections[0].words == "22:00 to 06:00, nights that begin on Saturday"
    assert scenario.only(hours=(5, 6.999)).selections[0].words == "05:00 to 07:00"


def test_a_time_zone_is_one():
    with pytest.raises(UnknownIdError, match="time zone"):
        town(["low"] * N, timezone="Mars/X")


def test_texts_of_a_column_are_those_of_each_value_whatever_its_type():
    """Values are written once each: the table is as if every row had been."""
    for values in (
        ["a", " a", "", None, "1.0"],
        [1.0, 2.5, np.nan, 1.0],
        [1, 2, 1],
        [True, False],
        pd.Categorical(["x", None, "x "]),
    ):
        column = pd.Series(values)
        each = [value_text(v) if pd.notna(v) and value_text(v) else None for v in column]
        found = kind_texts(column)
        assert [v if pd.notna(v) else None for v in found] == each
        assert found.dtype == "str"
        assert kind_texts(column.astype(object)).fillna("?").tolist() == found.fillna("?").tolist()
    assert kind_texts(pd.Series([1, True, "x"], dtype=object)).tolist() == ["1", "True", "x"]
