"""Roads and stations alone: what is answered, what is left out, and what the page and the notes say of it."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import xlsxwriter
from typer.testing import CliRunner

import fireplan as fp
from fireplan._cli.app import app
from fireplan.errors import InputError, TableError
from fireplan.project import write_project
from fireplan.report import write_report
from fireplan.scenario import missing_said


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


@pytest.fixture(scope="module")
def bare(town):
    """Roads and stations, and nothing else."""
    return fp.Scenario(town.roads, town.stations)


def test_the_ground_is_parted_along_the_roads(town, bare):
    zones = bare.zones
    assert len(zones) > 10
    assert list(zones.columns) == ["geometry"]
    streets = town.roads.streets.to_crs(4326).geometry.union_all()
    assert zones.intersects(streets).all()
    along = shapely.line_interpolate_point(streets, np.linspace(0.05, 0.95, 40), normalized=True)
    assert shapely.intersects(zones.geometry.union_all(), along).mean() > 0.9


def test_kilometres_of_road_are_what_is_counted(town, bare):
    summary = fp.assess(bare, standard="NFPA_1710").summary()
    assert summary.index.tolist() == [("first_engine", "road_km")]
    full = fp.assess(town, standard="NFPA_1710").summary().loc[("first_engine", "road_km")]
    assert summary.loc[("first_engine", "road_km"), ["n", "within"]].tolist() == full[["n", "within"]].tolist()


def test_without_units_stations_are_first_due_and_forces_are_left_out(bare):
    found = fp.assess(bare, standard="NFPA_1710")
    assert [o.title for o in found.standard.planned] == ["First due station"]
    notes = found.notes()
    assert "no units are given: what is first due is told by stations, each of which counts as one unit" in notes
    assert "left out, because a force needs a table of units: Initial full alarm, 16 people" in notes
    assert "no people, homes or incidents are given: what is counted are kilometres of road" in notes
    force = fp.Objective("alarm", "Full alarm", 480, needs={"engine": 3})
    with pytest.raises(InputError, match=r"no units are given, and x asks for forces \(Full alarm\)"):
        fp.assess(bare, standard=fp.Standard("x", "x", (force,)))


def test_a_rule_keeps_the_name_that_the_city_gave_it(bare):
    rule = fp.standards.local_rule("Growth rule", limit_s=300, weight="road_km", share=0.9)
    assert fp.assess(bare, standard=rule).standard.planned[0].title == "Growth rule"


def test_with_units_nothing_is_left_out(town):
    found = fp.assess(town, standard="NFPA_1710")
    assert [o.title for o in found.standard.planned] == ["First engine", "Initial full alarm, 16 people"]
    assert missing_said(town) == []


def test_incidents_alone_are_counted_in_hexagons(town):
    points = [shapely.Point(-140, 30 + i / 100) for i in range(1, 9)]
    ids = [str(i) for i in range(8)]
    calls = gpd.GeoDataFrame({"incident_id": ids, "category": "fire"}, geometry=points, crs=4326)
    scenario = fp.Scenario(town.roads, town.stations, town.units, incidents=calls)
    assert scenario.zones["incidents"].sum() == 8
    assert missing_said(scenario) == []
    summary = fp.assess(scenario, standard="NFPA_1710").summary()
    assert summary.loc[("first_engine", "incidents"), "n"] == 8


def test_incidents_without_a_place_leave_the_roads(town):
    calls = gpd.GeoDataFrame({"incident_id": ["a", "b"]}, geometry=[None, shapely.Point()], crs=4326)
    zones = fp.Scenario(town.roads, town.stations, town.units, incidents=calls).zones
    assert "incidents" not in zones.columns
    assert len(zones) > 10


def test_stations_are_not_made_up(town):
    with pytest.raises(TableError):
        fp.Scenario(town.roads, town.stations.iloc[:0])


def test_a_street_without_a_length_does_no_harm():
    nodes = pd.DataFrame({"x": [-75.0, -75.0, -75.0], "y": [40.0, 40.0, 40.01]}, index=[1, 2, 3])
    edges = pd.DataFrame({"u": [1, 2], "v": [2, 3], "highway": "residential", "length": [0.0, 1110.0]})
    zones = fp.demand.along_roads(fp.roads.from_frames(nodes, edges, crs=4326))
    assert 3 < len(zones) < 12


def test_roads_that_no_door_opens_on_are_refused():
    nodes = pd.DataFrame({"x": [-75.0, -75.0], "y": [40.0, 40.01]}, index=[1, 2])
    edges = pd.DataFrame({"u": [1], "v": [2], "highway": ["motorway"]})
    with pytest.raises(InputError, match="no street is open that doors open on"):
        fp.demand.along_roads(fp.roads.from_frames(nodes, edges, crs=4326))


@pytest.fixture
def project(town, tmp_path):
    """Roads, and a workbook of one station that somebody typed."""
    folder = write_project(town, tmp_path / "little", timezone="UTC")
    point = town.stations.geometry.iloc[0]
    with xlsxwriter.Workbook(str(folder / "stations.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ("Name", "Lat", "Lon"))
        sheet.write_row(1, 0, ("Main Street", point.y, point.x))
    (folder / "plan.toml").write_text(
        'timezone = "UTC"\n[inputs]\nnetwork = "roads.npz"\nstations = "stations.xlsx"\n', encoding="utf-8"
    )
    for name in ("zones.parquet", "units.csv", "stations.csv"):
        (folder / name).unlink()
    return folder


def test_assess_writes_its_map_and_says_what_it_is_based_on(project):
    done = CliRunner().invoke(app, ["assess", str(project)])
    assert done.exit_code == 0, done.output
    out = project / "out"
    assert {f.name for f in out.iterdir()} == {
        "first_due.csv", "first_due.gpkg", "gaps.gpkg", "isochrones.gpkg", "manifest.json", "map.html", "notes.txt",
        "summary.csv",
    }  # fmt: skip
    page = (out / "map.html").read_text(encoding="utf-8")
    assert "No units are given: what is first due is told by stations" in page
    assert "No people, homes or incidents are given: what is counted are kilometres of road." in page
    notes = (out / "notes.txt").read_text(encoding="utf-8")
    assert "there is no column of ids: 'Name' serves as 'station_id'" in notes
    areas = gpd.read_file(out / "first_due.gpkg")
    assert areas["station_id"].tolist() == ["Main Street"]
    assert areas["area_km2"].iloc[0] > 0
    assert pd.read_csv(out / "first_due.csv")["unit"].tolist() == ["km of road"]


def test_a_report_says_that_a_force_needs_units(bare, tmp_path):
    file = write_report(bare, tmp_path / "r.html", standard="NFPA_1710", chapters=["distribution", "concentration"])
    text = file.read_text(encoding="utf-8")
    assert "No units are given: a force needs a table of units." in text
    assert "First due station" in text


@pytest.mark.realdata
def test_an_extract_and_three_typed_stations_are_a_project(shared_data):
    network = fp.roads.from_osm(shared_data / "osm" / "Helsinki.osm.pbf")
    typed = pd.DataFrame(
        {"Name": ["Hakaniemi", "Erottaja", "Kaisaniemi"], "Lat": [60.1772, 60.1667, 60.1725],
         "Lon": [24.95, 24.943, 24.946]}
    )  # fmt: skip
    found = fp.assess(fp.Scenario(network, fp.read_stations(typed)[0]), standard="NFPA_1710")
    row = found.summary().loc[("first_engine", "road_km")]
    assert row["n"] == pytest.approx(30.1, abs=0.1)  # 27.1 of them open to cars
    assert 0.9 < row["share"] < 1
