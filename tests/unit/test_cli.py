"""The command line: what a fault looks like, and what one run makes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import fireplan as fp
from fireplan._cli import main
from fireplan.examples import marisol_folder
from fireplan.project import write_project

FIREPLAN = str(Path(sys.executable).parent / "fireplan")
MADE = {"map.html", "summary.csv", "gains.csv", "gaps.gpkg", "isochrones.gpkg", "manifest.json", "notes.txt"}


@pytest.fixture
def project(tmp_path):
    """Line Street as a project folder with one what-if."""
    folder = write_project(fp.examples.line_town(), tmp_path / "line")
    add(folder, '[[scenario]]\nname = "north"\nchanges = [{open_station = "S2", at = [-140.0, 30.04], units = ["E2"]}]')
    return folder


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command in this process: exit code, output, error output."""

    def command(*args):
        monkeypatch.setattr(sys, "argv", ["fireplan", *map(str, args)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return command


def add(folder, text):
    with (folder / "plan.toml").open("a", encoding="utf-8") as plan:
        plan.write(f"\n{text}\n")


def rewrite(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


# --- faults: each does one thing to the project; its message names the file and the place, and says how to mend it


def no_project(folder):
    (folder / "plan.toml").unlink()


def no_file(folder):
    (folder / "stations.csv").unlink()


def no_column(folder):
    rewrite(folder / "stations.csv", "latitude", "northwards")


def empty_table(folder):
    (folder / "stations.csv").write_text("station_id,name,latitude,longitude\n", encoding="utf-8")


def empty_file(folder):
    (folder / "stations.csv").write_text("", encoding="utf-8")


def empty_units(folder):
    (folder / "units.csv").write_text("unit_id,station_id\n", encoding="utf-8")


def swapped(folder):
    (folder / "stations.csv").write_text("station_id,name,latitude,longitude\nS1,Station 1,-140,30\n", encoding="utf-8")


def far_off(folder):
    rewrite(folder / "stations.csv", "-140.0", "-139.5")


def unreadable_osm(folder):
    (folder / "roads.osm").write_text("<osm version='0.6'><node id='1' lat='30", encoding="utf-8")
    rewrite(folder / "plan.toml", "roads.npz", "roads.osm")


def page_for_osm(folder):
    (folder / "roads.osm").write_text(
        "<!DOCTYPE html><html><body>429 Too Many Requests</body></html>", encoding="utf-8"
    )
    rewrite(folder / "plan.toml", "roads.npz", "roads.osm")


def unknown_station(folder):
    add(folder, '[[scenario]]\nname = "shut"\nchanges = [{close_station = "S11"}]')


def unknown_unit_home(folder):
    rewrite(folder / "units.csv", "S1", "S7")


def unknown_key(folder):
    add(folder, "[standards]\ntravel_secnds = 240")


def unknown_kind(folder):
    add(
        folder,
        '[[standards.local]]\nname="R"\nweight="population"\ntravel_seconds=240\nshare_percent=90\nneeds={pump=1}',
    )


FAULTS = [
    (no_project, ["plan.toml", "does not exist"]),
    (no_file, ["inputs.stations 'stations.csv' is not there: check the name"]),
    (no_column, ["stations.csv", "column 'latitude' is missing"]),
    (empty_table, ["stations.csv", "no stations"]),
    (empty_file, ["inputs.stations 'stations.csv' is empty"]),
    (empty_units, ["units.csv"]),
    (swapped, ["stations.csv", "'S1' (line 2)", "-140", "swapped"]),
    (far_off, ["'S1' lies 48", "km from the nearest road", "check their coordinates"]),
    (unreadable_osm, ["roads.osm"]),
    (page_for_osm, ["roads.osm"]),
    (unknown_station, ["scenario 'shut' of plan.toml", "unknown station 'S11'", "did you mean 'S1'?"]),
    (unknown_unit_home, ["unit 'E1' is housed at 'S7', which is not a station"]),
    (unknown_key, ["plan.toml", "standards.travel_secnds", "did you mean 'travel_seconds'?"]),
    (unknown_kind, ["needs names 'pump'"]),
]


@pytest.mark.parametrize(("spoil", "said"), FAULTS, ids=lambda v: getattr(v, "__name__", ""))
def test_fault_is_one_clear_line_and_nothing_is_written(project, run, spoil, said):
    spoil(project)
    before = sorted(project.parent.rglob("*"))
    code, out, err = run("compare", project, "--out", project.parent / "results")
    told = [line for line in err.splitlines() if not line.startswith("- ")]
    assert code == 2
    assert len(told) == 1
    assert told[0].startswith("fireplan: ")
    assert [part for part in said if part not in told[0]] == []
    assert "Traceback" not in out + err
    assert sorted(project.parent.rglob("*")) == before


def test_results_of_an_earlier_run_survive_a_fault(project, run):
    out = project / "out"
    out.mkdir()
    (out / "map.html").write_text("earlier", encoding="utf-8")
    unknown_station(project)
    assert run("compare", project)[0] == 2
    assert [(f.name, f.read_text()) for f in out.iterdir()] == [("map.html", "earlier")]


def test_output_that_is_an_input_is_refused(project, run):
    before = (project / "stations.csv").read_bytes()
    code, _, err = run("assess", project, "--out", project / "stations.csv")
    assert code == 2
    assert "is a file: name a folder" in err
    assert (project / "stations.csv").read_bytes() == before


def test_nothing_to_compare_says_what_to_use(tmp_path, run):
    folder = write_project(fp.examples.line_town(), tmp_path / "line")
    code, _, err = run("compare", folder)
    assert code == 2
    assert "nothing to compare; use assess" in err


# --- what a run makes


def test_a_study_area_stands_in_the_first_line_with_its_count(project, run):
    fp.examples.line_town().zones.iloc[:10].reset_index()[["geometry"]].to_file(project / "area.geojson")
    add(project, '[area]\nwithin = "area.geojson"')
    _, out, _ = run("assess", project)
    assert "only the area of area.geojson: 10 of 40 zones" in " ".join(out.partition("share within")[0].split())


def test_assess_writes_into_the_projects_own_folder(project, run):
    assert run("compare", project)[0] == 0  # what it alone writes does not stay
    code, out, err = run("assess", project)
    assert code == 0, err
    assert {f.name for f in (project / "out").iterdir()} == MADE - {"gains.csv"}
    assert "55.0 %" in out
    assert str((project / "out" / "map.html").resolve()) in out


def test_compare_writes_figures_that_fit_together(project, run, tmp_path):
    code, out, err = run("compare", project, "--out", tmp_path / "results")
    assert code == 0, err
    assert {f.name for f in (tmp_path / "results").iterdir()} == MADE
    assert "100 % (+45.0)" in out
    rows = pd.read_csv(tmp_path / "results" / "summary.csv", index_col=["scenario", "objective", "measure"])
    assert rows.loc[("north", "first_engine", "population"), ["share", "change"]].tolist() == pytest.approx([1.0, 0.45])
    gains = pd.read_csv(tmp_path / "results" / "gains.csv", index_col=["scenario", "objective", "measure"])
    assert gains.loc[("north", "first_engine", "population"), ["gained", "lost"]].tolist() == [180, 0]


def test_run_without_a_gap_is_a_run(project, run, tmp_path):
    add(project, "[standards]\ntravel_seconds = 480")
    code, _, err = run("compare", project, "--out", tmp_path / "results")
    assert code == 0, err
    assert len(gpd.read_file(tmp_path / "results" / "gaps.gpkg")) == 0


def test_gap_that_no_station_reaches_is_said(project, run, tmp_path):
    shift = "{scale_demand = 0, zones = ['Z27', 'Z28', 'Z29', 'Z30', 'Z31', 'Z32']}"  # two gaps, one of them cut off
    changes = f"{shift}, {{close_road = '', near = [-140.0, 30.0305]}}, {{close_road = '', near = [-140.0, 30.0315]}}"
    add(project, f'[[scenario]]\nname = "cut"\nchanges = [{changes}]')
    code, out, err = run("compare", project, "--out", tmp_path / "results")
    assert code == 0, err
    assert "no road" in out
    assert "nan" not in out.lower()
    # What a change of roads found stands beside the figures, not in a file alone.
    assert "cut: 'Close the road near 30.03050, -140.00000': 1 street, 111 m" in " ".join(out.split())


def test_same_run_gives_the_same_bytes(project, run, tmp_path):
    for name in ("a", "b"):
        assert run("compare", project, "--out", tmp_path / name)[0] == 0
    for file in MADE:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


def test_control_characters_do_not_reach_the_terminal(project, run):
    evil = "Evil\x1b[31m\x07\x9b2J"
    rewrite(project / "stations.csv", "Station 1", evil)
    rewrite(project / "plan.toml", 'name = "north"', 'name = "north\\u001b[2J"')
    rewrite(project / "plan.toml", 'name = "line town"', 'name = "line\\u001b]0;x\\u0007town"')
    code, out, err = run("compare", project)
    assert code == 0, err
    assert "Evil" in out
    assert [c for c in out + err if not (c.isprintable() or c == "\n")] == []


def test_control_characters_in_a_fault_do_not_reach_the_terminal(project, run):
    rewrite(project / "stations.csv", "S1", "S1\x1b[31m")
    code, out, err = run("compare", project)
    assert code == 2
    assert [c for c in out + err if not (c.isprintable() or c == "\n")] == []


# --- the command itself, in a process of its own


def test_help_lists_the_commands():
    done = subprocess.run([FIREPLAN, "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    for command in ("demo", "assess", "compare", "replay", "simulate"):
        assert f"  {command} " in done.stdout


def test_fault_in_a_process_of_its_own(tmp_path):
    done = subprocess.run([FIREPLAN, "assess", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("fireplan: ")
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """One run of the demo, from another folder: its output folder and what it said."""
    home = tmp_path_factory.mktemp("demo")
    environment = {**os.environ, "COLUMNS": "160"}
    done = subprocess.run(
        [FIREPLAN, "demo", "--out", "results"], cwd=home, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return home / "results", done.stdout


def test_demo_makes_every_file(demo):
    folder, said = demo
    assert {f.name for f in folder.iterdir()} == MADE
    assert all(f.stat().st_size > 0 for f in folder.iterdir())
    assert str(folder / "map.html") in said
    assert list(folder.parent.iterdir()) == [folder]


def test_demo_says_that_the_city_is_invented(demo):
    assert "invented" in demo[1]
    assert "Marisol" in demo[1]


def test_demo_layers_hold_what_they_say(demo):
    gaps = gpd.read_file(demo[0] / "gaps.gpkg")
    assert set(gaps["scenario"]) <= {"today", "Station 8", "Close Station 3"}
    today = gaps[gaps["scenario"] == "today"]
    heaviest = today.loc[today["population"].idxmax()]
    assert heaviest.geometry.intersects(shapely.Point(-127.463166, 33.064873).buffer(0.003))
    reached = gpd.read_file(demo[0] / "isochrones.gpkg")
    assert {240, 480} <= set(reached["within_s"])
    assert set(reached["scenario"]) == {"today", "Station 8", "Close Station 3"}
    assert (gaps.crs, reached.crs) == ("EPSG:4326", "EPSG:4326")


def test_demo_gains_are_those_of_station_8(demo):
    gains = pd.read_csv(demo[0] / "gains.csv", index_col=["scenario", "objective", "measure"])
    row = gains.loc[("Station 8", "first_engine", "population")]
    assert row["gained"] > 9000
    assert row["lost"] == 0
    assert gains.loc[("Close Station 3", "first_engine", "population"), "gained"] == 0


def test_demo_manifest_names_inputs_and_outputs(demo):
    text = (demo[0] / "manifest.json").read_text(encoding="utf-8")
    made = json.loads(text)
    assert set(made["inputs"]) == {"plan", "network", "stations", "units", "zones", "cad"}
    assert set(made["outputs"]) == MADE - {"manifest.json"}
    assert made["provenance"] == "invented"
    assert str(demo[0].parent) not in text


def test_performance_writes_tables_and_prints_the_main_one(run, tmp_path):
    code, said, _ = run("performance", marisol_folder(), "--out", tmp_path)
    assert code == 0
    assert "response performance (invented)" in said
    assert "First engine" in said
    files = {f.name for f in tmp_path.iterdir()}
    assert {"performance.csv", "reliability.csv", "missed_first_engine.csv", "ledger.csv", "policy.csv"} <= files
    table = pd.read_csv(tmp_path / "performance.csv").set_index("measure")
    assert table.loc["first_engine", "n"] == 1201  # fires
    assert table.loc["total_response", "n"] > 15_000
    assert "growth_rule" not in table.index  # counts dwellings, not calls


def test_performance_without_a_history_says_so(run, project, tmp_path):
    code, _, said = run("performance", project, "--out", tmp_path / "out")
    assert code == 2
    assert "inputs.cad" in said
    assert not (tmp_path / "out").exists()
