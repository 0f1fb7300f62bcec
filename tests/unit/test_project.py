"""Project folders: what plan.toml may say, how it is read and written, and what comes out."""

import hashlib
import json
import re
import tomllib

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
import tomlkit
from sample_city import sample_city

import fireplan as fp
from fireplan.errors import FireplanError, ProjectError
from fireplan.project import manifest, read_plan, whole_outputs, write_csv, write_layers, write_project
from fireplan.standards import NFPA_1710

PLAN = """
timezone = "America/Los_Angeles"
[inputs]
network = "roads.npz"
stations = "stations.csv"
zones = "zones.parquet"
"""


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


@pytest.fixture
def folder(town, tmp_path):
    """A project folder with Line Street in it."""
    return write_project(town, tmp_path / "line", timezone="America/Los_Angeles")


def planned(tmp_path, text, *, encoding="utf-8"):
    (tmp_path / "plan.toml").write_bytes(text.encode(encoding))
    return read_plan(tmp_path)


def fault(tmp_path, text, **how):
    with pytest.raises(ProjectError) as caught:
        planned(tmp_path, text, **how)
    return str(caught.value)


def with_more(folder, text):
    """The project with more lines in its plan."""
    with (folder / "plan.toml").open("a", encoding="utf-8") as plan:
        plan.write("\n" + text)
    return folder


# --- what a plan may say


def test_the_rule_in_its_own_words_reaches_the_standard():
    project = sample_city(calibrated=False)
    assert "No more than 1,500 dwelling units outside five minutes" in project.standard.note


def test_a_plan_with_what_is_needed_is_read(tmp_path):
    plan = planned(tmp_path, PLAN)
    assert (plan.timezone, plan.inputs.stations, plan.output.dir) == ("America/Los_Angeles", "stations.csv", "out")
    assert plan.warnings() == []


def test_plan_may_be_named_by_its_file(tmp_path):
    (tmp_path / "other.toml").write_text(PLAN, encoding="utf-8")
    assert read_plan(tmp_path / "other.toml").inputs.network == "roads.npz"


def test_plan_may_begin_with_the_mark_that_windows_adds(tmp_path):
    assert planned(tmp_path, PLAN, encoding="utf-8-sig").inputs.network == "roads.npz"


def test_every_fault_is_told_at_once(tmp_path):
    text = fault(
        tmp_path,
        """
        timezone = "America/Los_Angelos"
        provenence = "observed"
        [inputs]
        network = "roads.npz"
        station = "stations.csv"
        [standards]
        use = ["NFPA_1711"]
        travel_seconds = -5
        percentile = 0.9
        [simulation]
        replications = 1000000000000
        """,
    )
    assert text.startswith("8 faults in plan.toml: ")
    for part in (
        "timezone 'America/Los_Angelos' is not an IANA time zone: did you mean 'America/Los_Angeles'?",
        "key 'provenence' is unknown: did you mean 'provenance'?",
        "key 'inputs.stations' is missing",
        "key 'inputs.station' is unknown: did you mean 'stations'?",
        "standards.use: unknown standard 'NFPA_1711': did you mean 'NFPA_1710'?",
        "standards.travel_seconds: Input should be greater than 0 (it is '-5')",
        "percentile is 0.9: write 90 for the 90th percentile, not 0.9",
        "simulation.replications: Input should be less than or equal to 10000 (it is '1000000000000')",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("[standards]\ntravel_s = 240", "'standards.travel_s' is unknown: did you mean 'travel_seconds'?"),
        (
            "[[standards.local]]\nname = 'R'\nweight = 'x'\ntravel_seconds = 240\nshare_percent = 0.9",
            "standards.local.0.share_percent is 0.9: write 90 for 90 %",
        ),
        ("[standards]\ntravel_secnds = 240", "'standards.travel_secnds' is unknown: did you mean 'travel_seconds'?"),
        ("[standards]\ntravel_seconds = nan", "standards.travel_seconds"),
        ("[standards]\ntravel_seconds = inf", "standards.travel_seconds"),
        ("[[standards.local]]\nname = 'R'\nweigth = 'x'", "did you mean 'weight'?"),
        ("[[standards.local]]\nname = 'R'\nweight = 'x'\ntravel_seconds = 300", "rule 'R' asks for nothing"),
        ("[siting]\np = 50\ncandidates = 12", "siting.p is 50, more than the 12 candidates"),
        ("[network]\nsnap_limit_m = 0", "network.snap_limit_m"),
        ("[[scenario]]\nname = 'a'\n[[scenario]]\nname = 'a'", "scenario name 'a' stands twice"),
        ("[[scenario]]\nname = 'today'", "scenario name 'today' stands twice"),
        ("[changes]\nclose = 'S1'", "changes.close"),
        ("[quux]\nsize = 3", "key 'quux' is unknown: known are"),
        ("[output]\ndir = '../elsewhere'", "output.dir '../elsewhere' leads out of the project"),
        ("[output]\ndir = '/tmp'", "output.dir '/tmp' is an absolute path"),
        ("[output]\ndir = 'C:\\Users'", "output.dir 'C:\\Users' is an absolute path"),
        ("[output]\ndir = 'stations.csv'", "output.dir 'stations.csv' is, or holds, inputs.stations"),
        ("[output]\ndir = '.'", "results never overwrite an input"),
        ('[output]\ndir = "a\\u0000b"', "is not the name of a file"),
        (f"[output]\ndir = '{'x' * 300}'", "is not the name of a file"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(tmp_path, more, said):
    assert said in fault(tmp_path, PLAN + more)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("http://example.org/cad.csv", "is not a file on this machine"),
        ("/vsicurl/http://example.org/x", "is not a file on this machine"),
        ("/etc/passwd", "is an absolute path: name files relative to the project's folder"),
        ("sub", "inputs.cad 'sub' is a folder: name the file in it"),
        (".", "is a folder"),
        ("a\nb", "is not the name of a file"),
    ],
)
def test_inputs_are_files_of_the_project(tmp_path, name, said):
    (tmp_path / "sub").mkdir()
    text = PLAN + tomlkit.dumps({"cad": name}).replace("'''", "'")
    assert said in fault(tmp_path, text)


def test_missing_project_says_what_one_is(tmp_path):
    with pytest.raises(ProjectError, match=r"does not exist: a project is a folder with a plan\.toml in it"):
        read_plan(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_other_encodings_are_named(tmp_path, encoding):
    assert "not UTF-8 text: save it as UTF-8" in fault(tmp_path, PLAN + "name = 'Café'", encoding=encoding)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timezone = 'UTC'\n\n[inputs]\nnetwork = roads.npz", "line 4"),
        ("a = " + "9" * 5000, "not TOML"),
        ("a = " + "[" * 5000, "nested more than 32 levels deep on line 1"),
        ("timezone = 'UTC'\ntimezone = 'UTC'\n", "line 2"),
        ("#" * 2**21, "larger than 1 MB"),
    ],
    ids=["bare word", "long number", "deep", "key twice", "large"],
)
def test_what_is_not_toml_is_said_with_its_line(tmp_path, text, said):
    assert said in fault(tmp_path, text)


def test_seconds_that_look_like_minutes_are_questioned(tmp_path):
    rule = "[[standards.local]]\nname = 'R'\nweight = 'population'\ntravel_seconds = 5\nshare_percent = 90"
    assert planned(tmp_path, PLAN + "[standards]\ntravel_seconds = 4\n" + rule).warnings() == [
        "standards.travel_seconds is 4: that is seconds, not minutes; 240?",
        "travel_seconds of 'R' is 5: that is seconds, not minutes; 300?",
    ]


# --- reading


def test_written_project_reads_back_the_same(town, tmp_path):
    calls = gpd.GeoDataFrame(
        {"incident_id": ["007", "1E1"], "category": ["fire", "ems"]},
        geometry=[shapely.Point(-140, 30.01), None],
        crs="EPSG:4326",
    )
    whole = fp.Scenario(
        town.roads,
        town.stations,
        town.units,
        town.zones.assign(dwellings=4.0),
        incidents=calls,
        source="here",
        data_date="2026-01-01",
        provenance="invented",
        snap_limit_m=150,
    )
    second = fp.OpenStation("S2", at=(-140.0, 30.04), units=("E2",))
    scenario = whole.apply(second, fp.SetTurnout(65, units=("E2",)), name="plan B")
    again = fp.read_project(write_project(scenario, tmp_path / "b"))
    wanted, found = (fp.assess(s, standard=NFPA_1710) for s in (scenario, again))
    pd.testing.assert_frame_equal(found.summary(), wanted.summary())
    pd.testing.assert_frame_equal(pd.DataFrame(found.zones), pd.DataFrame(wanted.zones), check_dtype=False)
    assert again.units[["type", "crew", "turnout_s"]].equals(scenario.units[["type", "crew", "turnout_s"]])
    assert list(again.incidents.index) == ["007", "1E1"]
    assert (again.source, again.data_date, again.provenance) == ("here", "2026-01-01", "invented")
    assert again.snap_limit_m == 150
    assert again.roads.fingerprint == scenario.roads.fingerprint
    assert again.name == "today"


def test_closed_stations_and_their_units_are_not_written(town, tmp_path):
    two = town.apply(fp.OpenStation("S2", at=(-140.0, 30.04), units=("E2",)))
    shut = fp.Scenario(two.roads, two.stations.assign(open=[True, False]), two.units, two.zones)
    again = fp.read_project(write_project(shut, tmp_path / "c"))
    assert list(again.stations.index) == ["S1"]
    assert list(again.units.index) == ["E1"]


def test_scenario_without_units_reads_back_without_units(town, tmp_path):
    bare = fp.Scenario(town.roads, town.stations, pd.DataFrame(), town.zones)
    again = fp.read_project(write_project(bare, tmp_path / "d"))
    assert len(again.units) == 0
    assert fp.first_due(again)["first_due_s"].equals(fp.first_due(bare)["first_due_s"])


def test_unknown_timezone_is_not_written(town, tmp_path):
    with pytest.raises(ProjectError, match="did you mean 'Europe/Berlin'"):
        write_project(town, tmp_path / "e", timezone="Europe/Berln")
    assert list(tmp_path.iterdir()) == []


def test_scenarios_and_standards_of_a_plan(folder):
    more = """
    [standards]
    use = ["NFPA_1720"]
    travel_seconds = 240
    percentile = 80
    [[standards.local]]
    name = "Growth rule"
    weight = "population"
    travel_seconds = 300
    at_most_outside = 100
    [changes]
    add = [{station_id = "S2", latitude = 30.04, longitude = -140.0, units = "E2; T2;", turnout_seconds = 75}]
    close = ["S1"]
    [[scenario]]
    name = "slow"
    changes = [{scale_speeds = 0.5}]
    """
    project = fp.open_project(with_more(folder, more))
    assert [s.name for s in (project.today, *project.scenarios)] == ["today", "plan", "slow"]
    assert project.scenarios[0].units["turnout_s"].to_dict() == {"E2": 75, "T2": 75}
    assert [o.key for o in project.standard.objectives] == [
        "urban_force", "suburban_force", "rural_force", "project_travel", "growth_rule",
    ]  # fmt: skip
    assert project.standard["project_travel"].share == 0.8
    assert project.standard["growth_rule"].at_most_outside == 100
    assert project.title == "line town"


def test_ground_incidents_and_forces_of_a_plan(folder):
    more = """
    [standards]
    use = ["NFPA_1720"]
    [demand]
    weights = ["population"]
    [demand.density]
    urban_over_per_mi2 = 3000
    rural_under_per_mi2 = 2000
    [[standards.local]]
    name = "EMS"
    weight = "population"
    travel_seconds = 300
    share_percent = 90
    where = { demand_zone = ["suburban", "urban"] }
    priorities = [1, "2"]
    [[risk]]
    risk_class = "suburban"
    column = "demand_zone"
    within_seconds = 480
    tasks = [ { task = "command", people = 1 }, { task = "attack", people = 3 } ]
    """
    project = fp.open_project(with_more(folder, more))
    assert set(project.today.zones["demand_zone"]) == {"suburban"}  # 10 people in a block of 0.11 by 0.096 km
    ems, force = project.standard["ems"], project.standard["risk_suburban_8_00"]
    assert ems.where == {"demand_zone": ("suburban", "urban")}
    assert ems.priorities == ("1", "2")
    assert force.needs == {"people": 4}
    assert force.where == {"demand_zone": ("suburban",)}
    n = fp.assess(project.today, standard=project.standard).summary().xs("population", level="measure")["n"]
    assert n.to_dict() == {
        "urban_force": 0, "suburban_force": 400, "rural_force": 0, "ems": 400, "risk_suburban_8_00": 400,
    }  # fmt: skip


def test_a_study_area_cuts_demand_and_says_so(folder, town):
    town.zones.iloc[:10].reset_index()[["geometry"]].to_file(folder / "area.geojson")
    project = fp.open_project(with_more(folder, '[area]\nwithin = "area.geojson"'))
    assert project.today.name == "today"
    assert len(project.today.zones) == 10
    found = fp.assess(project.today, standard="NFPA_1710")
    assert found.summary().loc[("first_engine", "population"), "n"] == 100
    assert "only the area of area.geojson: 10 of 40 zones" in found.notes()


def test_weights_zone_and_selection_are_written(town, tmp_path):
    zones = town.zones.assign(beds=1.0)
    one = fp.Scenario(
        town.roads, town.stations, town.units, zones, weights=("beds",), timezone="Europe/Berlin", source="survey"
    )
    again = fp.read_project(write_project(one.only(area=zones.iloc[:5]), tmp_path / "w"))
    assert (again.weights, again.timezone) == (("beds",), "Europe/Berlin")
    assert again.source == "survey; only the area named: 5 of 40 zones"


@pytest.mark.parametrize(
    "more",
    [
        "[standards]\ntravel_seconds = 4",
        "[[standards.local]]\nname = 'R'\nweight = 'population'\ntravel_seconds = 4\nshare_percent = 90",
    ],
)
def test_no_project_is_held_to_minutes_for_seconds(folder, more):
    with pytest.raises(ProjectError, match="is 4: that is seconds, not minutes; 240"):
        fp.open_project(with_more(folder, more))


def test_nothing_named_means_nfpa_1710(folder):
    assert fp.open_project(folder).standard is NFPA_1710


def test_steps_are_told_as_they_begin(folder):
    said = []
    fp.open_project(folder, tell=said.append)
    assert said[0] == "reading roads"
    assert len(said) >= 3


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("[changes]\nclose = ['S99']", "[changes] of plan.toml: unknown station 'S99'"),
        (
            "[[changes.add]]\nstation_id = 'S1'\nlatitude = 30\nlongitude = -140",
            "[changes] of plan.toml: station 'S1' exists and is open",
        ),
        (
            "[[scenario]]\nname = 'north'\nchanges = [{open_staton = 'S2'}]",
            "scenario 'north' of plan.toml: unknown change 'open_staton': did you mean 'open_station'?",
        ),
        ("[[scenario]]\nname = 'n'\nchanges = [{close_station = 1}]", "station_id is '1': give text in quotes"),
        ("[[scenario]]\nname = 'n'\nchanges = [{close_station = 'S1'}]", "no open station would be left"),
        ("[[scenario]]\nname = 'n'\nchanges = [{scale_speeds = 'slow'}]", "factor is 'slow': give a number"),
    ],
)
def test_changes_that_cannot_be_made_are_named(folder, more, said):
    with pytest.raises(ProjectError) as caught:
        fp.open_project(with_more(folder, more))
    assert said in str(caught.value)


def test_density_needs_zones(folder):
    plan = (folder / "plan.toml").read_text(encoding="utf-8").replace('zones = "zones.parquet"\n', "")
    (folder / "plan.toml").write_text(f"{plan}\n[demand.density]\n", encoding="utf-8")
    with pytest.raises(ProjectError, match=r"\[demand\.density\] needs zones"):
        fp.open_project(folder)


@pytest.mark.parametrize("name", ["roads.npz", "stations.csv", "units.csv", "zones.parquet"])
def test_missing_input_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(FireplanError, match=name.replace(".", r"\.")):
        fp.open_project(folder)


def test_all_missing_and_empty_inputs_are_named_at_once(folder):
    (folder / "roads.npz").unlink()
    (folder / "units.csv").write_bytes(b"")
    with pytest.raises(ProjectError) as caught:
        fp.open_project(folder)
    assert "2 faults" in str(caught.value)
    assert "inputs.network 'roads.npz' is not there" in str(caught.value)
    assert "inputs.units 'units.csv' is empty" in str(caught.value)


# --- outputs written whole or not at all


def test_outputs_replace_their_own_names_alone(tmp_path):
    target = tmp_path / "a" / "out"
    target.mkdir(parents=True)
    (target / "kept.txt").write_text("kept")
    (target / "map.html").write_text("old")
    with whole_outputs(target) as part:
        (part / "map.html").write_text("new")
    assert {f.name: f.read_text() for f in target.iterdir()} == {"kept.txt": "kept", "map.html": "new"}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("before", [(), ("out",), ("out", "deep", "deeper")])
def test_nothing_stays_when_the_work_fails(tmp_path, error, before):
    target = tmp_path.joinpath(*before)
    if before == ("out",):
        target.mkdir()

    def work():
        with whole_outputs(target) as part:
            (part / "map.html").write_text("half")
            raise error

    there = sorted(tmp_path.rglob("*"))
    with pytest.raises(error):
        work()
    assert sorted(tmp_path.rglob("*")) == there


def test_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    for target in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(ProjectError, match="output"), whole_outputs(target) as part:
            (part / "map.html").write_text("new")
    assert (tmp_path / "file").read_text() == "x"


# --- tables and layers for other programs


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\uff1d", "\u2028="])
def test_no_cell_of_a_csv_is_a_formula(tmp_path, start):
    text, held = f"{start}1+1", "'" + re.sub("[\t\r\n\u2028]", " ", start) + "1+1"
    table = pd.DataFrame({"name": [text, "plain"], text: [1.0, -2.0]}, index=pd.Index([text, "b"], name="station_id"))
    write_csv(table, tmp_path / "t.csv")
    back = pd.read_csv(tmp_path / "t.csv", dtype=str, encoding="utf-8-sig", skipinitialspace=False)
    assert back.loc[0, "station_id"] == back.loc[0, "name"] == back.columns[2] == held
    assert back.loc[1, "name"] == "plain"
    assert back[held].tolist() == ["1.0", "-2.0"]  # numbers stay numbers


def test_line_breaks_in_text_start_no_new_row(tmp_path):
    write_csv(pd.DataFrame({"name": ["a\r=1", "b\n=1", "c\r\n=1"]}), tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text(encoding="utf-8-sig") == "name\na =1\nb =1\nc  =1\n"


def test_csv_has_the_mark_and_line_ends_that_spreadsheets_take(tmp_path, town):
    write_csv(fp.assess(town, standard=NFPA_1710).summary(), tmp_path / "t.csv")
    content = (tmp_path / "t.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbfobjective,measure,")
    assert b"\r" not in content


def test_the_same_layers_give_the_same_bytes(tmp_path, town):
    layers = {"gaps": fp.gaps(fp.assess(town, standard=NFPA_1710)), "zones": town.zones.to_crs(32607)}
    for name in ("a", "b"):
        write_layers(layers, tmp_path / f"{name}.gpkg")
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()
    zones = gpd.read_file(tmp_path / "a.gpkg", layer="zones")
    assert zones.crs == "EPSG:4326"
    assert zones["zone_id"].tolist() == town.zones.index.tolist()


# --- the manifest


def test_manifest_is_the_same_twice_and_names_no_folder(folder, tmp_path):
    moved = tmp_path / "moved"
    moved.mkdir()
    for file in folder.iterdir():
        (moved / file.name).write_bytes(file.read_bytes())
    texts = []
    for place in (folder, moved):
        project = fp.open_project(place)
        scenarios = [project.today, project.today.apply(fp.SetTurnout(60), name="quick")]
        texts.append(json.dumps(manifest(project, scenarios, outputs=[place / "stations.csv"]), allow_nan=False))
    assert texts[0] == texts[1]
    assert str(tmp_path) not in texts[0]
    made = json.loads(texts[0])
    assert made["scenarios"] == {"today": [], "quick": [{"set_turnout": 60.0}]}
    assert set(made["inputs"]) == {"plan", "network", "stations", "units", "zones"}
    assert made["outputs"]["stations.csv"] == made["inputs"]["stations"]["sha256"]
    assert len(made["inputs"]["plan"]["sha256"]) == 64
    assert made["versions"]["fireplan"] == fp.__version__


def test_manifest_of_a_plan_of_another_name(folder):
    (folder / "plan.toml").rename(folder / "other.toml")
    project = fp.open_project(folder / "other.toml")
    assert manifest(project, [project.today])["inputs"]["plan"]["file"] == "other.toml"


def test_changed_input_changes_the_manifest(folder):
    before = manifest(fp.open_project(folder), [])["inputs"]["stations"]["sha256"]
    text = (folder / "stations.csv").read_text(encoding="utf-8")
    (folder / "stations.csv").write_text(text.replace("Station 1", "Station One"), encoding="utf-8")
    assert manifest(fp.open_project(folder), [])["inputs"]["stations"]["sha256"] != before


def test_plan_of_a_written_project_is_whole_toml(folder):
    plan = tomllib.loads((folder / "plan.toml").read_text(encoding="utf-8"))
    assert plan["inputs"] == {
        "network": "roads.npz", "stations": "stations.csv", "units": "units.csv", "zones": "zones.parquet",
    }  # fmt: skip
    assert np.isclose(plan["network"]["snap_limit_m"], 200)


def test_results_of_a_run_before_do_not_stay_beside_those_of_another(tmp_path):
    def run(**files):
        with whole_outputs(tmp_path / "out") as part:
            for name, text in files.items():
                (part / f"{name}.csv").write_text(text)
            outputs = {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in part.iterdir()}
            (part / "manifest.json").write_text(json.dumps({"outputs": outputs}))

    there = lambda: sorted(f.name for f in (tmp_path / "out").iterdir())  # noqa: E731
    run(summary="1", gains="2", edited="3")
    (tmp_path / "out" / "edited.csv").write_text("mine now")
    (tmp_path / "out" / "own.txt").write_text("mine")
    run(summary="4")
    assert there() == ["edited.csv", "manifest.json", "own.txt", "summary.csv"]
    (tmp_path / "out" / "manifest.json").write_text('{"outputs": {"../../etc": "x", "own.txt": "x"}}')
    run(summary="5")
    (tmp_path / "out" / "manifest.json").write_text("no manifest of ours")
    run(summary="6")
    assert there() == ["edited.csv", "manifest.json", "own.txt", "summary.csv"]


# --- dispatch history of two files, and stamps of another zone


def test_history_may_stand_in_two_files_with_stamps_of_another_zone(folder):
    plan = (folder / "plan.toml").read_text(encoding="utf-8")
    more = '[inputs]\ncad = "calls.csv"\ncad_responses = "sent.csv"\ncad_timezone = "UTC"\n'
    (folder / "plan.toml").write_text(plan.replace("[inputs]\n", more), encoding="utf-8")
    (folder / "calls.csv").write_text("incident_id,received\n1,2026-03-13 20:00:00\n", encoding="utf-8")
    (folder / "sent.csv").write_text("incident_id,unit_id,arrived\n1,E1,2026-03-13 20:05:00\n", encoding="utf-8")
    project = fp.open_project(folder)
    assert project.history.responses["total_response_s"].tolist() == [300]
    assert project.history.incidents["received"].iloc[0].isoformat() == "2026-03-13T20:00:00+00:00"
    assert set(manifest(project, [])["inputs"]) >= {"cad", "cad_responses"}
    (folder / "sent.csv").unlink()
    with pytest.raises(ProjectError, match=r"inputs\.cad_responses 'sent\.csv' is not there"):
        fp.open_project(folder)


def test_the_zone_of_stamps_is_a_zone_and_a_second_file_has_a_first(tmp_path):
    assert "cad_timezone 'UTZ' is not an IANA time zone: did you mean" in fault(
        tmp_path, PLAN + 'cad_timezone = "UTZ"\n'
    )
    assert "name the first, 'cad'" in fault(tmp_path, PLAN + 'cad_responses = "stations.csv"\n')
