"""A project is made of whatever files there are: all faults at once, guesses marked, edits kept."""

import csv
import shutil
import tomllib
from pathlib import Path

import geopandas as gpd
import pytest
import xlsxwriter
from rich.console import Console
from typer.testing import CliRunner

import fireplan as fp
from fireplan._cli import app, init
from fireplan.errors import ProjectError
from fireplan.project._plan_draft.input_files import files_of, role_of
from fireplan.project._plan_draft.place_time_zone import zone_of

MARISOL = Path(__file__).parents[2] / "data" / "marisol"
CASES = Path(__file__).parents[1] / "data" / "cases"
WEST = "America/Los_Angeles"
FILES = {
    "roads": "roads.osm.gz",
    "stations": "stations.csv",
    "units": "units.csv",
    "cad": "cad.csv.gz",
    "zones": "zones.geojson",
}


@pytest.fixture(scope="module")
def marisol():
    return fp.project.draft("nowhere", **{k: MARISOL / f for k, f in FILES.items()}, timezone=WEST)


def run(*words):
    return CliRunner().invoke(app.app, ["init", *map(str, words)])


def test_the_sample_citys_files_are_understood(marisol):
    assert list(marisol.understood["input"]) == ["network", "stations", "units", "zones", "cad"]
    assert marisol.faults == ()
    assert marisol.questions == ()
    assert len(marisol.astray) == 0
    assert marisol.homeless == {}
    assert len(marisol.checklist) == 0
    assert "7 stations" in marisol.understood.set_index("input").loc["stations", "understood"]


def test_files_of_a_folder_are_told(tmp_path):
    for file in FILES.values():
        shutil.copy(MARISOL / file, tmp_path)
    shutil.copy(MARISOL / "README.md", tmp_path)
    found = files_of(tmp_path)
    roles = {"network": "roads", **{k: k for k in ("stations", "units", "zones")}}
    assert [file.name for file in found.calls] == [FILES["cad"]]
    assert {key: file.name for key, file in found.inputs.items()} == {k: FILES[f] for k, f in roles.items()}
    assert found.questions == ()
    shutil.copy(MARISOL / "stations.csv", tmp_path / "stations_2019.csv")
    asked = files_of(tmp_path)
    assert "stations" not in asked.inputs
    assert "stations_2019.csv" in asked.questions[0]


@pytest.mark.parametrize(
    ("name", "text", "role"),
    [
        ("export.csv", "Incident Number,Unit,Received,Arrived\n", "cad"),
        ("list.csv", "Station,Lat,Lon\n", "stations"),
        ("where.csv", "Apparatus;Home Station;Type\n", "units"),
        ("notes.csv", "a,b\n", ""),
        ("calls.xlsx", "x", "cad"),
        ("picture.png", "x", ""),
        ("area.osm.pbf", "x", "network"),
    ],
)
def test_a_file_is_told_by_its_header_and_its_name(tmp_path, name, text, role):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    assert role_of(file) == role


def test_one_command_makes_a_project_that_opens(tmp_path):
    home = tmp_path / "city"
    shown = run(home, *(w for k, f in FILES.items() for w in (f"--{k}", MARISOL / f)), "--timezone", WEST, "--yes")
    assert shown.exit_code == 0, shown.output
    assert "It opens" in shown.output
    today = fp.read_project(home)
    same = fp.read_project(MARISOL)
    assert len(today.stations) == len(same.stations)
    assert len(today.incidents) == len(same.incidents)
    strangers, far = (home / "CHECKLIST.txt").read_text(encoding="utf-8").splitlines()  # and nothing is missing
    assert "1,362 of 52,770 responses are of 12 units that the table of units does not name ('OCN BC22'," in strangers
    assert "4 of 1,709 zones lie over 200 m from every road and count as not reached" in far


def test_run_again_edits_are_kept_and_what_is_new_is_added(tmp_path):
    home = tmp_path / "city"
    files = {k: MARISOL / f for k, f in FILES.items() if k not in {"units", "zones"}}
    fp.project.draft(home, **files, timezone=WEST).write()
    plan = home / "plan.toml"
    text = plan.read_text(encoding="utf-8").replace('source = ""', 'source = "City GIS"  # mine')
    plan.write_text(text, encoding="utf-8")
    mapping = home / "cad_mapping.toml"
    own = mapping.read_text(encoding="utf-8") + "\n# looked at\n"
    mapping.write_text(own, encoding="utf-8")
    again = fp.project.draft(home, zones=MARISOL / "zones.geojson", timezone=WEST)
    assert again.faults == ()
    again.write()
    told = tomllib.loads(plan.read_text(encoding="utf-8"))
    assert told["source"] == "City GIS"
    assert told["inputs"]["zones"].endswith("zones.geojson")
    assert set(told["inputs"]) == {"network", "stations", "cad", "cad_mapping", "zones"}
    assert "# mine" in plan.read_text(encoding="utf-8")
    assert mapping.read_text(encoding="utf-8") == own


def test_all_faults_of_all_inputs_come_together(tmp_path):
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "stations.csv").write_text("station_id,name,latitude,longitude\nS1,One,north,-127.5\n", encoding="utf-8")
    (bad / "units.csv").write_text("unit_id\nE1\n", encoding="utf-8")
    (bad / "roads.osm").write_text("<html>no</html>", encoding="utf-8")
    (bad / "cad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    files = {"roads": "roads.osm", "stations": "stations.csv", "units": "units.csv", "cad": "cad.csv"}
    found = fp.project.draft(tmp_path / "city", **{k: bad / f for k, f in files.items()}, timezone=WEST)
    assert len(found.faults) == 4
    for name in files.values():
        assert any(name in fault for fault in found.faults), (name, found.faults)
    shown = run(tmp_path / "city", *(w for k, f in files.items() for w in (f"--{k}", bad / f)), "--timezone", WEST)
    assert shown.exit_code == 1
    assert not (tmp_path / "city" / "plan.toml").exists()


def test_a_file_that_is_not_there_is_a_fault_among_others(tmp_path):
    found = fp.project.draft(tmp_path, roads=tmp_path / "no.osm", stations=MARISOL / "stations.csv", timezone=WEST)
    assert "no.osm" in found.faults[0]
    with pytest.raises(ProjectError, match="a project needs roads"):
        found.write()


def test_stations_off_the_road_are_left_out_with_their_units_and_that_is_said(tmp_path):
    text = (MARISOL / "stations.csv").read_text(encoding="utf-8")
    (tmp_path / "stations.csv").write_text(text + "S99,Fireboat,33.9,-127.5,FB1\n", encoding="utf-8")
    files = {k: MARISOL / f for k, f in FILES.items() if k in {"roads", "zones"}}
    home = tmp_path / "city"
    shown = run(
        home,
        "--roads",
        files["roads"],
        "--zones",
        files["zones"],
        "--stations",
        tmp_path / "stations.csv",
        "--timezone",
        WEST,
        "--yes",
    )
    assert shown.exit_code == 0, shown.output
    assert "S99" in shown.output
    assert tomllib.loads((home / "plan.toml").read_text(encoding="utf-8"))["stations"]["leave_out"] == ["S99"]
    opened = fp.open_project(home)
    assert "S99" not in opened.today.stations.index
    assert "FB1" not in opened.today.units.index
    assert any("left out by the plan" in note and "S99" in note for note in opened.notes)


def test_units_of_stations_that_are_not_there_are_named(tmp_path):
    (tmp_path / "units.csv").write_text("unit_id,station_id,type\nE1,S1,engine\nE35,S35,engine\n", encoding="utf-8")
    found = fp.project.draft(
        tmp_path / "city", stations=MARISOL / "stations.csv", units=tmp_path / "units.csv", timezone=WEST
    )
    assert found.homeless == {"E35": "S35"}


def test_an_id_that_nothing_has_is_refused(tmp_path):
    home = tmp_path / "city"
    fp.project.draft(home, **{k: MARISOL / f for k, f in FILES.items()}, timezone=WEST).leaving_out("S77").write()
    with pytest.raises(ProjectError, match="leave_out names 'S77'"):
        fp.read_project(home)


def test_the_zone_is_that_of_the_place():
    assert zone_of(gpd.GeoSeries.from_xy([24.94, 24.95], [60.17, 60.18], crs=4326)) == "Europe/Helsinki"
    assert zone_of(gpd.GeoSeries.from_xy([-127.5], [33.1], crs=4326)) == ""  # at sea, as the sample city


@pytest.mark.realdata
def test_san_franciscos_raw_files_are_a_project_after_one_command(tmp_path, shared_data):
    """Stations as GeoJSON, a table of units, a graph and the dispatch export, none of them edited."""
    raw, home = shared_data / "sf", tmp_path / "sf"
    files = {
        "--roads": "sf_drive.graphml.gz", "--stations": "sf_fire_stations.geojson", "--units": "unit_to_station.csv",
        "--cad": "sffd_calls_2020-04-07_20.csv.gz",
    }  # fmt: skip
    shown = run(home, *(word for option, file in files.items() for word in (option, raw / file)), "--yes")
    assert shown.exit_code == 0, shown.output
    opened = fp.open_project(home)
    assert opened.today.timezone == "America/Los_Angeles"
    assert (len(opened.today.stations), len(opened.today.units)) == (40, 58)
    assert "of 5,292 incidents lie over 200 m from every road" in shown.output.replace("\n", " ")
    assert opened.history.rows_ok == 10_410
    assert len(opened.today.zones) > 500
    assert any("left out by the plan: Fire Station #48 (728), Fire Station #4 (1208)" in note for note in opened.notes)
    assert any("20 units are housed at stations that are not there" in note for note in opened.notes)


@pytest.mark.realdata
def test_an_extract_and_three_stations_in_a_spreadsheet_are_enough(tmp_path, shared_data):
    with xlsxwriter.Workbook(str(tmp_path / "stations.xlsx")) as book:
        sheet = book.add_worksheet("Stations")
        rows = [
            ("Station", "Lat", "Lon"),
            ("Esplanadi", 60.1677, 24.9474),
            ("Kluuvi", 60.1706, 24.9490),
            ("Ullanlinna", 60.1632, 24.9497),
        ]
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    home = tmp_path / "helsinki"
    shown = run(
        home, "--roads", shared_data / "osm" / "Helsinki.osm.pbf", "--stations", tmp_path / "stations.xlsx", "--yes"
    )
    assert shown.exit_code == 0, shown.output
    today = fp.read_project(home)
    assert (len(today.stations), len(today.units), today.timezone) == (3, 0, "Europe/Helsinki")
    checklist = (home / "CHECKLIST.txt").read_text(encoding="utf-8")
    assert checklist.count("MISSING") == 3
    assessed = CliRunner().invoke(app.app, ["assess", str(home)])
    assert assessed.exit_code == 0, assessed.output
    assert "km of road" in assessed.output
    assert (home / "out" / "map.html").stat().st_size > 100_000


def test_at_the_prompt_each_question_is_asked_and_answers_are_kept(tmp_path, monkeypatch):
    """Who says no to leaving a station out keeps it, and yes to a column that was asked about takes it."""
    (tmp_path / "stations.csv").write_text(
        (MARISOL / "stations.csv").read_text(encoding="utf-8") + "S99,Fireboat,33.9,-127.5,FB1\n", encoding="utf-8"
    )
    (tmp_path / "calls.csv").write_text(
        "Incident Number,Alarm Group,Received\n1,E1,2024-03-13 06:05:09\n2,E2,2024-03-13 07:05:09\n", encoding="utf-8"
    )
    found = fp.project.draft(
        tmp_path / "city",
        roads=MARISOL / "roads.osm.gz",
        stations=tmp_path / "stations.csv",
        cad=tmp_path / "calls.csv",
        timezone=WEST,
    )
    asked = []

    def answer(question, **_):
        asked.append(question)
        return "Alarm Group" in question

    monkeypatch.setattr(init.Confirm, "ask", answer)
    settled = init._settled(found, Console())
    assert asked == [
        "Is column Alarm Group unit_id?",
        "Station S99 (Fireboat) lies 82.1 km from the nearest road: leave it out?",
    ]
    assert settled.leave_out == ()
    assert settled.cad.mapping.columns["unit_id"] == "Alarm Group"
    assert "unit_id" not in found.cad.mapping.columns


def two_tables(folder):
    """The clean case as one row per incident and one row per unit, under names of two systems."""
    rows = list(csv.DictReader((CASES / "second_resolution.csv").read_text(encoding="utf-8").splitlines()))
    calls, units = folder / "calls.csv", folder / "runs.csv"
    with calls.open("w", newline="", encoding="utf-8") as stream:
        names = ("incident_id", "call_type", "priority", "latitude", "longitude", "received")
        header = ["Call No", "Nature", "Priority", "Lat", "Lon", "Call Received"]
        csv.writer(stream).writerows([header, *([row[name] for name in names] for row in rows)])
    with units.open("w", newline="", encoding="utf-8") as stream:
        names = ("incident_id", "unit_id", "dispatched", "enroute", "arrived", "cleared")
        header = ["Incident", "Apparatus", "Dispatched", "En Route", "On Scene", "Clear"]
        csv.writer(stream).writerows([header, *([row[name] for name in names] for row in rows)])
    return calls, units


@pytest.mark.parametrize("swapped", [False, True])
def test_of_two_files_of_history_that_with_units_is_the_second(tmp_path, swapped):
    calls, units = two_tables(tmp_path)
    files = (units, calls) if swapped else (calls, units)
    found = fp.project.draft(tmp_path / "city", cad=files, timezone="America/New_York")
    assert found.faults == ()
    assert (found.inputs["cad"], found.inputs["cad_responses"]) == (calls, units)
    assert found.cad.mapping.second.key == ("Call No", "Incident")
    assert "30 rows" not in found.understood.loc[0, "understood"]  # of both files together
    assert "60 rows, 60 used, 0 set aside: 30 incidents" in found.understood.loc[0, "understood"]


def test_files_of_one_layout_are_one_history(tmp_path):
    text = (CASES / "second_resolution.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "calls_2023.csv").write_text("\n".join(text[:16]), encoding="utf-8")
    (tmp_path / "calls_2024.csv").write_text("\n".join([text[0], *text[16:]]), encoding="utf-8")
    found = fp.project.draft(tmp_path, timezone="America/New_York")
    assert found.faults == ()
    assert [file.name for file in found.inputs["cad"]] == ["calls_2023.csv", "calls_2024.csv"]
    assert "30 rows, 30 used, 0 set aside: 30 incidents" in found.understood.loc[0, "understood"]
    assert list(found.plan()["inputs"]["cad"]) == ["calls_2023.csv", "calls_2024.csv"]


def test_files_that_do_not_belong_together_are_refused_by_name(tmp_path):
    calls, _ = two_tables(tmp_path)
    other = tmp_path / "other.csv"
    other.write_text("Number,When\n1,2024-03-13 06:05:09\n", encoding="utf-8")
    found = fp.project.draft(tmp_path / "city", cad=(calls, other), timezone="America/New_York")
    assert "different layouts" in found.faults[0]
    assert "other.csv" in found.faults[0]


def test_run_again_names_of_columns_in_the_plan_are_used(tmp_path):
    """A column that nothing could know is named in the plan once; the next run finds the stations."""
    text = (MARISOL / "stations.csv").read_text(encoding="utf-8").replace("latitude,longitude", "breadth,length")
    (tmp_path / "stations.csv").write_text(text, encoding="utf-8")
    first = fp.project.draft(tmp_path, timezone=WEST)
    assert "stations" in first.faults[0]
    (tmp_path / "plan.toml").write_text(
        '[inputs]\nstations = "stations.csv"\n[stations.columns]\nlatitude = "breadth"\nlongitude = "length"\n',
        encoding="utf-8",
    )
    assert fp.project.draft(tmp_path, timezone=WEST).faults == ()


PLAN = """
timezone = "America/Chicago"
[inputs]
stations = "stations.csv"
cad = ["2023.csv", "2024.csv"]
cad_mapping = "ours.toml"
cad_timezone = "UTC"
[stations]
leave_out = ["48"]
[stations.columns]
station_id = "Wache"
name = "Ort"
"""
CALLS = "Call,At,There\n{0}-1,{0}-03-13 06:05:09,{0}-03-13 06:09:56\n{0}-2,{0}-03-13 07:05:09,{0}-03-13 07:11:02\n"


@pytest.fixture
def edited(tmp_path):
    """A project that somebody has edited."""
    files = {
        "plan.toml": PLAN,
        "ours.toml": '[columns]\nincident_id = "Call"\nreceived = "There"\ncleared = "At"\n',
        "stations.csv": "Wache,Ort,lat,lon\n1,North,39.7,-104.9\n48,South,39.8,-104.8\n",
        "2023.csv": CALLS.format(2023),
        "2024.csv": CALLS.format(2024),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


def test_run_again_inputs_are_read_as_the_edited_plan_says(edited):
    found = fp.project.draft(edited)
    assert found.faults == ()
    assert (found.timezone, found.timezone_from) == ("America/Chicago", "as plan.toml says")
    assert found.leave_out == ("48",)
    understood = found.understood.set_index("input")["understood"]
    assert understood["stations"] == "2 stations (North, South)"
    assert understood["cad"].startswith("4 rows, 4 used")
    assert "2023-03-13 to 2024-03-13" in understood["cad"]
    assert (found.cad, found.mapping) == (None, "ours.toml")
    assert found.plan()["inputs"]["cad_mapping"] == "ours.toml"


def test_a_mapping_that_lies_in_the_folder_is_named_in_the_plan(edited):
    (edited / "plan.toml").unlink()
    (edited / "ours.toml").rename(edited / "cad_mapping.toml")
    found = fp.project.draft(edited, cad=edited / "2023.csv", timezone="America/Denver")
    assert found.timezone_from == "as it was given"
    assert found.plan()["inputs"]["cad_mapping"] == "cad_mapping.toml"


def test_another_file_than_that_of_the_plan_is_asked(edited, capsys):
    shutil.copy(edited / "stations.csv", edited / "new.csv")
    found = fp.project.draft(edited, stations=edited / "new.csv")
    asked = "plan.toml names 'stations.csv' for stations and keeps it, but 'new.csv' was read here"
    assert any(asked in question for question in found.questions)
    init._show(found, Console(width=300, highlight=False))
    assert asked in capsys.readouterr().out


def test_stations_that_an_edited_plan_does_not_leave_out_are_asked(edited):
    plan = (edited / "plan.toml").read_text("utf-8").replace("[stations]", 'units = "units.csv"\n[stations]')
    (edited / "plan.toml").write_text(plan, "utf-8")
    (edited / "units.csv").write_text("unit,station,type\nE1,1,engine\nE48,48,engine\nE9,9,engine\n", "utf-8")
    found = fp.project.draft(edited)
    assert found.homeless == {}
    assert [question for question in found.questions if "'48'" in question] == []
    assert any("E9" in told for told in (*found.notes, *found.questions))
