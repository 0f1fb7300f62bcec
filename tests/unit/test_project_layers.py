"""Projects whose inputs are layers, workbooks and tables as offices keep them."""

import hashlib
import sqlite3

import geopandas as gpd
import pandas as pd
import pytest
import xlsxwriter

import fireplan as fp
from fireplan.errors import ProjectError, TableError
from fireplan.project import manifest, read_plan, write_project


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


@pytest.fixture
def folder(town, tmp_path):
    """A project folder with Line Street in it."""
    return write_project(town, tmp_path / "line", timezone="America/Los_Angeles")


def changed(folder, *, more="", **inputs):
    """The project with other inputs, and more lines in its plan."""
    text = (folder / "plan.toml").read_text(encoding="utf-8")
    for key, name in inputs.items():
        line = next(row for row in text.splitlines() if row.startswith(f"{key} ="))
        text = text.replace(line, f'{key} = "{name}"')
    (folder / "plan.toml").write_text(f"{text}\n{more}", encoding="utf-8")
    return folder


def moved(folder):
    """Stations and zones of the project as two layers of one GeoPackage, under other names."""
    project = fp.open_project(folder)
    stations = project.today.stations.reset_index()[["station_id", "name", "geometry"]]
    stations = stations.rename(columns={"station_id": "FACILITYID", "name": "NAME"})
    stations.to_file(folder / "city.gpkg", layer="fire stations")
    zones = project.today.zones.reset_index().rename(columns={"zone_id": "GEOID20", "population": "POP100"})
    zones.to_file(folder / "city.gpkg", layer="blocks")
    return changed(folder, stations="city.gpkg#fire stations", zones="city.gpkg#blocks")


def test_layers_of_one_file_give_the_same_department(folder, town):
    before = fp.assess(fp.open_project(folder).today, standard="NFPA_1710").summary()
    project = fp.open_project(moved(folder))
    pd.testing.assert_frame_equal(fp.assess(project.today, standard="NFPA_1710").summary(), before)
    assert project.today.stations.index.tolist() == town.stations.index.tolist()
    assert [n for n in project.notes if "used as" in n] == [
        "column 'FACILITYID' used as 'station_id'", "column 'GEOID20' used as 'zone_id'",
        "column 'POP100' used as 'population'",
    ]  # fmt: skip


def test_the_manifest_names_the_file_of_a_layer(folder):
    project = fp.open_project(moved(folder))
    named = manifest(project, [project.today])["inputs"]["stations"]
    content = (folder / "city.gpkg").read_bytes()
    assert named == {"file": "city.gpkg#fire stations", "sha256": hashlib.sha256(content).hexdigest()}


def test_a_geodatabase_is_a_folder_that_may_be_named(folder):
    stations = fp.open_project(folder).today.stations.reset_index()[["station_id", "name", "geometry"]]
    stations.to_file(folder / "city.gdb", driver="OpenFileGDB", layer="stations")
    project = fp.open_project(changed(folder, stations="city.gdb"))
    assert project.today.stations.index.tolist() == ["S1"]
    assert len(manifest(project, [project.today])["inputs"]["stations"]["sha256"]) == 64


def test_columns_are_named_in_the_plan(folder):
    table = pd.read_csv(folder / "stations.csv", dtype=str)
    table = table.rename(columns={"station_id": "Kennung", "name": "Wache"}).assign(FACILITYID="x")
    table.to_csv(folder / "stations.csv", index=False)
    with pytest.raises(TableError, match="'name' is missing"):
        fp.open_project(folder)
    told = '[stations.columns]\nstation_id = "Kennung"\nname = "Wache"\n'
    assert fp.open_project(changed(folder, more=told)).today.stations.index.tolist() == ["S1"]


def test_projected_coordinates_have_their_crs_in_the_plan(folder):
    table = pd.read_csv(folder / "stations.csv", dtype={"station_id": str})
    points = gpd.points_from_xy(table["longitude"], table["latitude"], crs=4326).to_crs(32607)
    table.assign(latitude=points.y, longitude=points.x).to_csv(folder / "stations.csv", index=False)
    with pytest.raises(TableError, match=r"coordinates are projected.*under \[stations\] of plan\.toml"):
        fp.open_project(folder)
    assert len(fp.open_project(changed(folder, more='[stations]\ncrs = "EPSG:32607"')).today.stations) == 1


def test_units_in_a_workbook_find_their_station_by_its_number(folder):
    with xlsxwriter.Workbook(str(folder / "units.xlsx")) as book:
        book.add_worksheet("Notes").write_row(0, 0, ("by hand",))
        sheet = book.add_worksheet("Units")
        sheet.write_row(0, 0, ("Unit", "Station #"))
        sheet.write_row(1, 0, ("E1", 1))
    project = fp.open_project(changed(folder, units="units.xlsx#Units"))
    assert project.today.units["station_id"].to_dict() == {"E1": "S1"}
    assert "the stations of units are found by the number in 'Station #'" in project.notes


def test_a_table_of_a_database_may_be_named(folder):
    table = pd.read_csv(folder / "stations.csv")
    with sqlite3.connect(folder / "city.db") as base:
        table.to_sql("stations", base, index=False)
    base.close()
    project = fp.open_project(changed(folder, stations="city.db#stations"))
    assert project.today.stations.index.tolist() == ["S1"]
    assert manifest(project, [project.today])["inputs"]["stations"]["file"] == "city.db#stations"
    text = (folder / "plan.toml").read_text(encoding="utf-8").replace("city.db#", "sqlite:////city.db#")
    (folder / "plan.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ProjectError, match=r"is a file: name it, and its table, as in 'city\.db#stations'"):
        read_plan(folder)


@pytest.mark.parametrize(
    "url", ["postgresql://reader:hush@host/city#gis.stations", "postgresql://host/city?user=a&password=hush#s"]
)
def test_a_plan_holds_no_password(folder, url):
    with pytest.raises(ProjectError, match=r"inputs\.stations holds a password.*PGPASSWORD") as raised:
        read_plan(changed(folder, stations=url))
    assert "hush" not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["https://a:hush@host/stations.csv", "/vsicurl/http://host/a.gpkg#b", "postgresqlx://host/a#b"]
)
def test_other_addresses_are_refused_as_before(folder, url):
    with pytest.raises(ProjectError, match="is not a file on this machine") as raised:
        read_plan(changed(folder, stations=url))
    assert "hush" not in str(raised.value)


def test_dispatch_history_is_no_table_of_a_database(folder):
    plan = changed(folder, more="")
    text = (plan / "plan.toml").read_text(encoding="utf-8")
    (plan / "plan.toml").write_text(
        text.replace("[inputs]", '[inputs]\ncad = "postgresql://host/a#b"'), encoding="utf-8"
    )
    with pytest.raises(ProjectError, match=r"inputs\.cad .* is not a file on this machine"):
        read_plan(plan)


def test_a_layer_that_is_not_there_is_named(folder):
    with pytest.raises(ProjectError, match=r"inputs\.zones 'nothing\.gpkg#blocks' is not there"):
        fp.open_project(changed(folder, zones="nothing.gpkg#blocks"))


@pytest.mark.realdata
def test_the_files_of_a_city_are_read_without_a_hand_laid_on_them(shared_data):
    sf = shared_data / "sf"
    stations, _ = fp.read_stations(sf / "sf_fire_stations.geojson")
    units = fp.stations.read_units(sf / "unit_to_station.csv", stations=stations)
    assert (len(stations), len(units)) == (42, 62)
    assert units["type"].value_counts().to_dict() == {"engine": 42, "truck": 20}
    assert stations.attrs["notes"] == (
        "column 'facility_id' used as 'station_id'", "column 'common_name' used as 'name'",
    )  # fmt: skip
    assert [note.split(":")[0] for note in units.attrs["notes"]] == [
        "column 'Unit' used as 'unit_id'", "column 'facility_id' used as 'station_id'",
        "20 units are housed at stations that are not there, left out",
    ]  # fmt: skip
    network = fp.roads.from_graphml(sf / "sf_drive.graphml.gz")
    scenario = fp.Scenario(network, stations, units, stations[["geometry"]].rename_axis("zone_id"))
    assert scenario.units["station_id"].isin(stations.index).all()
