"""The border of a scenario: what it takes, what it refuses, and what it hands on."""

import dataclasses

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import fireplan as fp
from fireplan.errors import TableError
from fireplan.scenario import token


@pytest.fixture
def town():
    return fp.examples.line_town()


@pytest.fixture
def parts(town):
    """The town's tables as a caller would have them, ids as columns."""
    return {
        "roads": town.roads,
        "stations": town.stations.reset_index(),
        "units": town.units.reset_index(),
        "zones": town.zones.reset_index(),
    }


def share(scenario):
    return fp.assess(scenario, standard=fp.standards.NFPA_1710).summary().loc[("first_engine", "population"), "share"]


def faults_of(**parts):
    with pytest.raises(TableError) as caught:
        fp.Scenario(**parts)
    return caught.value


def test_ids_may_be_columns_or_the_index(parts, town):
    by_column = fp.Scenario(**parts)
    by_index = fp.Scenario(town.roads, town.stations, town.units, town.zones)
    for table in ("stations", "units", "zones"):
        pd.testing.assert_frame_equal(pd.DataFrame(getattr(by_column, table)), pd.DataFrame(getattr(by_index, table)))


def test_ids_are_text_whatever_they_were(parts):
    parts["stations"]["station_id"] = [1]
    parts["units"]["station_id"] = [1]
    parts["zones"]["zone_id"] = range(40)
    scenario = fp.Scenario(**parts)
    assert list(scenario.stations.index) == ["1"]
    assert scenario.units["station_id"].tolist() == ["1"]
    assert list(scenario.zones.index[:2]) == ["0", "1"]
    assert share(scenario) == 0.55


def test_callers_tables_stay_as_they_are(parts):
    before = {name: table.copy() for name, table in parts.items() if name != "roads"}
    fp.Scenario(**parts).apply(fp.SetTurnout(1), fp.ScaleDemand(2))
    for name, table in before.items():
        pd.testing.assert_frame_equal(pd.DataFrame(parts[name]), pd.DataFrame(table))


def test_scenario_cannot_be_reassigned(town):
    with pytest.raises(dataclasses.FrozenInstanceError):
        town.name = "other"


def test_all_faults_of_a_table_come_together(parts):
    stations = parts["stations"].loc[[0, 0, 0]].reset_index(drop=True)
    stations["name"] = ["A", "", "C"]
    stations["geometry"] = [stations.geometry[0], None, shapely.LineString([(0, 0), (1, 1)])]
    error = faults_of(**parts | {"stations": stations})
    assert error.table == "table 'stations'"
    assert len(error.faults) == 4
    text = str(error)
    assert text.startswith("4 faults in table 'stations': ")
    assert "station_id 'S1' appears 3 times (rows 1, 2, 3): ids must be unique" in text
    assert "column 'name' is empty for 'S1' (row 2): fill it in" in text
    assert "geometry is missing for 'S1' (row 2)" in text
    assert "geometry is not a point for 'S1' (row 3): use .representative_point()" in text


def test_missing_column_says_what_to_add(parts):
    text = str(faults_of(**parts | {"stations": parts["stations"].drop(columns="name")}))
    assert "1 fault in table 'stations': column 'name' is missing: add it (what people call it)" in text


def test_missing_id_says_how_to_set_it(parts):
    text = str(faults_of(**parts | {"zones": parts["zones"].drop(columns="zone_id")}))
    assert "the index must be 'zone_id': call .set_index('zone_id')" in text


def test_blank_ids_are_named_by_row(parts):
    zones = parts["zones"].assign(zone_id=["", None, *parts["zones"]["zone_id"][2:]])
    assert "'zone_id' is empty in row 1, 2" in str(faults_of(**parts | {"zones": zones}))


def test_plain_table_is_no_map(parts):
    text = str(faults_of(**parts | {"zones": pd.DataFrame(parts["zones"])}))
    assert "it is not a GeoDataFrame" in text


def test_missing_crs_is_not_guessed(parts):
    zones = gpd.GeoDataFrame(parts["zones"].drop(columns="geometry"), geometry=parts["zones"].geometry.to_numpy())
    text = str(faults_of(**parts | {"zones": zones.set_crs(None, allow_override=True)}))
    assert "crs is not set: call .set_crs('EPSG:4326')" in text


def test_empty_tables_are_refused(parts):
    assert "it is empty" in str(faults_of(**parts | {"stations": parts["stations"].iloc[:0]}))
    assert "it is empty" in str(faults_of(**parts | {"zones": parts["zones"].iloc[:0]}))


def test_weights_that_cannot_be_are_named(parts):
    zones = parts["zones"].astype({"population": object})
    zones.loc[[0, 1, 2], "population"] = ["many", -5, np.inf]
    text = str(faults_of(**parts | {"zones": zones}))
    assert "column 'population' is not a number for 'Z01' (row 1)" in text
    assert "column 'population' is negative or infinite for 'Z02' (row 2), 'Z03' (row 3)" in text


def test_a_declared_column_is_a_weight_and_is_checked(parts):
    zones = parts["zones"].assign(height_m=[-3.0, *[1.0] * 39])
    assert fp.Scenario(**parts | {"zones": zones}).weights == ()
    text = str(faults_of(**parts | {"zones": zones, "weights": ("height_m",)}))
    assert "column 'height_m' is counted, but negative or infinite for 'Z01' (row 1)" in text


def test_numbers_written_as_text_are_numbers(parts):
    parts["zones"]["population"] = "10"
    parts["units"] = parts["units"].assign(crew="5", turnout_s="70")
    scenario = fp.Scenario(**parts)
    assert share(scenario) == 0.55
    assert scenario.units.loc["E1", ["crew", "turnout_s"]].tolist() == [5, 70]


def test_open_is_a_flag_and_no_text(parts):
    stations = parts["stations"].assign(open=["False"])
    text = str(faults_of(**parts | {"stations": stations}))
    assert "column 'open' is neither True nor False for 'S1' (row 1)" in text


def test_stations_are_open_unless_the_table_says_otherwise(parts):
    assert fp.Scenario(**parts | {"stations": parts["stations"].drop(columns="open")}).stations["open"].all()
    two = pd.concat([parts["stations"], parts["stations"].assign(station_id="S2")]).assign(open=[1, 0])
    assert fp.Scenario(**parts | {"stations": two}).stations["open"].tolist() == [True, False]


def test_unit_at_an_unknown_station_is_named(parts):
    text = str(faults_of(**parts | {"units": parts["units"].assign(station_id="S7")}))
    assert "unit 'E1' is housed at 'S7', which is not a station; stations are S1" in text


def test_faults_of_units_come_together(parts):
    units = pd.DataFrame({"unit_id": ["E1", "E1"], "station_id": ["S1", ""], "crew": ["four", -1]})
    text = str(faults_of(**parts | {"units": units}))
    assert "unit_id 'E1' appears 2 times (rows 1, 2)" in text
    assert "column 'station_id' is empty for 'E1' (row 2)" in text
    assert "column 'crew' is not a number for 'E1' (row 1)" in text
    assert "column 'crew' is negative or infinite for 'E1' (row 2)" in text


def test_units_without_a_home_column_are_refused(parts):
    text = str(faults_of(**parts | {"units": parts["units"].drop(columns="station_id")}))
    assert "column 'station_id' is missing: add it (station that houses it)" in text


def test_units_may_leave_out_type_crew_and_turnout(parts):
    units = pd.DataFrame({"unit_id": ["E1"], "station_id": ["S1"]})
    unit = fp.Scenario(**parts | {"units": units}).units.loc["E1"]
    assert unit[["type", "crew", "turnout_s", "schedule"]].tolist() == ["engine", 4, 80, "always"]


@pytest.mark.parametrize(
    ("incidents", "said"),
    [
        (pd.DataFrame({"incident_id": ["1"]}), "it is not a GeoDataFrame"),
        (gpd.GeoDataFrame({"incident_id": ["1"]}, geometry=[shapely.Point(-140, 30)]), "crs is not set"),
        (
            gpd.GeoDataFrame({"incident_id": ["1"]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326"),
            "geometry is not a point for '1' \\(row 1\\)",
        ),
        (
            gpd.GeoDataFrame({"incident_id": ["1", "1"]}, geometry=[None, None], crs="EPSG:4326"),
            "incident_id '1' appears 2 times",
        ),
    ],
)
def test_incidents_are_points_with_ids(parts, incidents, said):
    with pytest.raises(TableError, match=said):
        fp.Scenario(**parts, incidents=incidents)


def test_ids_in_messages_are_short_and_harmless(parts):
    stations = parts["stations"].assign(station_id="S\x1b[31m" + "x" * 500, name="")
    text = str(faults_of(**parts | {"stations": stations}))
    assert "\x1b" not in text
    assert len(text) < 300


def test_apply_keeps_the_parent_and_hands_on_what_is_known(town):
    named = fp.Scenario(
        town.roads, town.stations, town.units, town.zones, source="here", data_date="2026-01-01", snap_limit_m=50
    )
    child = named.apply(fp.SetTurnout(60), name="quick")
    assert (child.parent, child.name, named.name) == (named, "quick", "today")
    assert (child.source, child.data_date, child.snap_limit_m) == ("here", "2026-01-01", 50)
    assert child.provenance == named.provenance
    assert child.memo is named.memo
    assert token(child, "zones") is token(named, "zones")
    assert token(child, "units") is not token(named, "units")
    assert named.changes == ()


def test_apply_solves_only_what_is_new(town):
    fp.travel.travel_times(town)
    rows = {k for k in town.memo._held if k[0] == "row"}
    child = town.apply(fp.OpenStation("S2", at=(-140.0, 30.04), units=("E2",)))
    fp.travel.travel_times(child)
    new = {k for k in child.memo._held if k[0] == "row"} - rows
    assert len(rows) == 1
    assert len(new) == 1


def test_apply_without_a_name_says_the_changes(town):
    child = town.apply(fp.SetTurnout(60), fp.ScaleSpeeds(0.9))
    assert child.name == "Turnout 1:00 for all units; Speeds x 0.9"
    assert town.apply().name == town.name


def test_changes_are_made_one_after_the_other(town):
    child = town.apply(fp.OpenStation("S2", at=(-140.0, 30.04)), fp.MoveUnit("E1", to="S2"), fp.CloseStation("S1"))
    assert child.units["station_id"].tolist() == ["S2"]


def test_a_failed_change_leaves_nothing_behind(town):
    with pytest.raises(fp.FireplanError):
        town.apply(fp.SetTurnout(1), fp.CloseStation("S9"))
    assert town.units["turnout_s"].tolist() == [80]


def test_repr_says_what_it_holds(town):
    text = repr(town.apply(fp.OpenStation("S2", at=(-140.0, 30.04)), name="new"))
    assert "Scenario 'new': 2 open stations, 1 unit" in text
    assert "Open S2" in text


def test_exits_in_the_west_and_early_starts_are_no_faults():
    town = fp.examples.line_town()
    stations = town.stations.assign(exit_longitude=-140.0, exit_latitude=30.0, later_s=-2.5)
    again = dataclasses.replace(town, stations=stations)
    assert again.stations["later_s"].tolist() == [-2.5]
    with pytest.raises(TableError, match="column 'later_s' is infinite for 'S1'"):
        dataclasses.replace(town, stations=stations.assign(later_s=np.inf))
