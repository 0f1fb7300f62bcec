"""`fireplan site` and [siting] of plan.toml: what may be asked, what comes out, and what a fault looks like."""

import json
import re
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from regular_calls import HOUR_S, regular
from sample_city import sample_city

import fireplan as fp
from fireplan._cli import main
from fireplan._cli.site import changes_toml
from fireplan.errors import InputError, ProjectError
from fireplan.project import open_project, write_project
from fireplan.project._plan import MODELS as KEYS_OF
from fireplan.project._siting_plan import siting_question

RULES = {"unit", "closable", "site_cost", "closing_cost", "budget", "apart_m"}
MADE = {
    "siting.html", "changes.toml", "sites.csv", "sites.gpkg", "set_aside.csv", "runner_ups.csv", "curve.csv",
    "robustness.csv", "robustness_runs.csv", "siting_summary.csv", "siting_notes.txt", "siting_manifest.json",
}  # fmt: skip
SITES = "candidate_id,latitude,longitude,name,cost\n007,30.01,-140.0,Near,2\nNA,30.03,-140.0,Far,5\n"


@pytest.fixture
def project(tmp_path):
    """Line Street as a project folder, with a list of two sites."""
    folder = write_project(fp.examples.line_town(), tmp_path / "line")
    (folder / "places.csv").write_text(SITES, encoding="utf-8")
    return folder


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command in this process: exit code, output, error output."""

    def command(*args):
        monkeypatch.setattr(sys, "argv", ["fireplan", *map(str, args)])
        monkeypatch.setenv("COLUMNS", "80")
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return command


def halves():
    """Line Street with its zones in two districts."""
    town = fp.examples.line_town()
    return fp.Scenario(town.roads, town.stations, town.units, town.zones.assign(district=["A"] * 20 + ["B"] * 20))


@pytest.fixture
def districts(tmp_path):
    return write_project(halves(), tmp_path / "halves")


def ask(folder, text):
    with (folder / "plan.toml").open("a", encoding="utf-8") as plan:
        plan.write(f"\n[siting]\n{text}\n")
    return folder


def question(folder, text="", **how):
    return siting_question(open_project(ask(folder, text)), **how)


# --- what a plan may ask


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("modell = 'p_median'", "'siting.modell' is unknown: did you mean 'model'?"),
        ("model = 'p_medain'", "siting.model: unknown model 'p_medain': did you mean 'p_median'?"),
        ("model = 'reliable_coverage'", "give siting.busy, such as 0.15"),
        ("model = 'fleet'", "give siting.units, such as { engine = 2, truck = 1 }"),
        ("model = 'fairest'", "give siting.by, a column of the zones"),
        ("model = 'set_cover'\np = 2", "siting.p says nothing to set_cover"),
        ("model = 'p_median'\nwithin_seconds = 240", "siting.within_seconds says nothing to p_median"),
        ("model = 'double_standard'\nwithin_seconds = 240", "says nothing to double_standard"),
        ("model = 'fleet'\nunits = {engine = 1}\nclosable = ['S1']", "siting.closable says nothing to fleet"),
        ("model = 'max_coverage'\nwithin_seconds = {engine = 240}", "by kind of unit is for fleet"),
        (
            "near_seconds = 240",
            "siting.near_seconds says nothing to max_coverage: leave it out, or use double_standard",
        ),
        ("model = 'expected_coverage'", "give siting.busy"),
        (
            "busy = 0.1",
            "says nothing to max_coverage: leave it out, or use expected_coverage, reliable_coverage",
        ),
        ("model = 'p_center'\nfirst = 0.5", "siting.first says nothing to p_center"),
        ("budget = 5", "nothing costs anything: give siting.site_cost"),
        ("budget = nan\nsite_cost = 1", "siting.budget"),
        ("candidates = 50\nspacing_m = 200", "siting.spacing_m is for candidates that are made"),
        (
            "candidates = 'http://example.org/x.csv'",
            "siting.candidates 'http://example.org/x.csv' is not a file on this",
        ),
        ("within = '/etc/passwd'", "siting.within '/etc/passwd' is an absolute path"),
        ("candidates = 'gone.csv'", "siting.candidates 'gone.csv' is not there: check the name"),
        ("within_seconds = -1", "siting.within_seconds"),
        ("within_s = 240", "'siting.within_s' is unknown: did you mean 'within_seconds'?"),
        ("time_limit_s = 9", "'siting.time_limit_s' is unknown: did you mean 'time_limit_seconds'?"),
        ("model = 'double_standard'\nshare_percent = 0.9", "siting.share_percent is 0.9: write 90 for 90 %, not 0.9"),
        (
            "model = 'reliable_coverage'\nbusy = 0.1\nreliability_percent = 0.955",
            "siting.reliability_percent is 0.955: write 95.5 for 95.5 %",
        ),
        ("model = 'double_standard'\nshare_percent = -3", "siting.share_percent: Input should be greater than 1"),
        ("robustness_runs = 1000000000000", "siting.robustness_runs"),
        ("model = 'expected_coverage'\nbusy = 1", "siting.busy is 1: give a probability, 0 to below 1"),
        ("model = 'expected_coverage'\nbusy = 'often'", "siting.busy is 'often': give a probability"),
        ("gap_percent = 100", "siting.gap_percent"),
    ],
)
def test_what_cannot_be_asked_is_said(project, text, said):
    with pytest.raises(ProjectError) as caught:
        open_project(ask(project, text))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("closable = ['S11']", "siting.closable of plan.toml: unknown station 'S11': did you mean 'S1'?"),
        ("closable = ['S1']\nclosing_cost = {S2 = -1}", "siting.closing_cost of plan.toml: unknown station 'S2'"),
        ("candidates = 'stations.csv'\nwithin = 'places.csv'", "siting.within 'places.csv': expected one of"),
        ("candidates = 'units.csv'", "column 'latitude' is missing"),
    ],
)
def test_what_does_not_fit_the_project_is_said(project, text, said):
    with pytest.raises(InputError) as caught:
        question(project, text)
    assert said in str(caught.value)


def test_number_of_stations_is_not_for_set_cover(project):
    with pytest.raises(ProjectError, match="leave --stations out"):
        question(project, "model = 'set_cover'", stations=2)


def test_nothing_said_means_the_first_objective_on_a_grid(project):
    asked = question(project)
    assert (asked.stations, asked.within_s, asked.weight, asked.rules.interval) == (1, 240, None, "travel_s")
    assert asked.candidates.index[0] == "G0001"


def test_limit_and_interval_of_the_plan_come_first(project):
    asked = question(project, "within_seconds = 300\ninterval = 'turnout_and_travel_s'\nweight = 'dwellings'\np = 2")
    assert (asked.within_s, asked.weight, asked.rules.interval) == (300, "dwellings", "turnout_and_travel_s")
    assert asked.stations == 2


def test_limit_in_minutes_is_questioned(project):
    assert any("siting.within_seconds is 4" in note for note in open_project(ask(project, "within_seconds = 4")).notes)


def test_list_of_places_keeps_ids_as_they_are_written(project):
    asked = question(project, "candidates = 'places.csv'\nsite_cost = 'cost'\nbudget = 4")
    assert list(asked.candidates.index) == ["007", "NA"]
    assert list(asked.answer().chosen.index) == ["007"]  # the other one costs too much


def test_places_and_parcels_of_a_layer(project):
    points = gpd.GeoDataFrame({"candidate_id": ["a"]}, geometry=[shapely.Point(-140, 30.02)], crs=4326)
    points.to_file(project / "points.geojson", driver="GeoJSON")
    lots = points.set_geometry(points.to_crs(32607).buffer(60).to_crs(4326))
    lots.to_file(project / "lots.gpkg", driver="GPKG")
    with_points = question(project, "candidates = 'points.geojson'").candidates
    plan = (project / "plan.toml").read_text(encoding="utf-8").replace("points.geojson", "lots.gpkg")
    (project / "plan.toml").write_text(plan, encoding="utf-8")
    with_lots = siting_question(open_project(project)).candidates
    assert list(with_points.index) == list(with_lots.index) == ["a"]
    assert with_lots["area_m2"].iloc[0] > 10_000


def test_number_means_a_grid_of_about_so_many():
    project = sample_city(calibrated=False)
    for number in (20, 150):
        plan = project.plan.model_copy(
            update={"siting": project.plan.siting.model_copy(update={"candidates": number, "p": 1})}
        )
        found = siting_question(type(project)(**{**vars(project), "plan": plan})).candidates
        assert abs(len(found) - number) <= 0.25 * number


MODELS = {
    "max_coverage": ("p = 2", lambda town, c: fp.siting.max_coverage(town, stations=2, candidates=c)),
    "set_cover": ("", lambda town, c: fp.siting.set_cover(town, candidates=c)),
    "p_median": (
        "at_most_seconds = 300", lambda town, c: fp.siting.p_median(town, at_most_s=300, candidates=c),
    ),
    "p_center": ("p = 2", lambda town, c: fp.siting.p_center(town, stations=2, candidates=c)),
    "backup_coverage": ("first = 0.6", lambda town, c: fp.siting.backup_coverage(town, first=0.6, candidates=c)),
    "double_standard": (
        "p = 2\nnear_seconds = 180\nshare_percent = 50",
        lambda town, c: fp.siting.double_standard(town, stations=2, near_s=180, far_s=360, share=0.5, candidates=c),
    ),
    "expected_coverage": (
        "p = 2\nbusy = 0.2\nmost_at_a_site = 1",
        lambda town, c: fp.siting.expected_coverage(town, units=2, busy=0.2, most_at_a_site=1, candidates=c),
    ),
    "reliable_coverage": (
        "p = 2\nbusy = 0.2\nreliability_percent = 95",
        lambda town, c: fp.siting.reliable_coverage(town, units=2, busy=0.2, reliability=0.95, candidates=c),
    ),
    "relocate": ("within_seconds = 120", lambda town, c: fp.siting.relocate(town, within_s=120, candidates=c)),
    "fleet": (
        "units = {engine = 1, truck = 1}\nwithin_seconds = {engine = 240, truck = 400}",
        lambda town, c: fp.siting.fleet(
            town, units={"engine": 1, "truck": 1}, within_s={"engine": 240.0, "truck": 400.0}, candidates=c
        ),
    ),
    "fairest": ("by = 'district'", lambda town, c: fp.siting.fairest(town, by="district", candidates=c)),
}  # fmt: skip
"""Every location model of the library: what a plan says to ask it, and the same in Python."""


def test_every_model_of_the_library_can_be_asked_of_a_plan():
    takes = {
        name for name in vars(fp.siting)
        if name.islower() and "candidates" in getattr(getattr(fp.siting, name), "__annotations__", ())
    }  # fmt: skip
    assert set(MODELS) == set(KEYS_OF) == takes - {"marginal_curve", "trade_off", "robustness"}


@pytest.mark.parametrize("model", MODELS)
def test_every_model_runs_from_the_command_and_says_what_python_says(districts, run, tmp_path, model):
    text, call = MODELS[model]
    ask(districts, f"model = '{model}'\nspacing_m = 400\nrobustness_runs = 0\n{text}")
    code, out, err = run("site", districts, "--out", tmp_path / "results")
    assert code == 0, err
    own = call(halves(), fp.siting.grid_sites(halves(), spacing_m=400))
    summary = pd.read_csv(tmp_path / "results" / "siting_summary.csv").iloc[0]
    assert summary["question"] == own.question
    assert (summary["objective"], summary["bound"]) == pytest.approx((own.objective, own.bound), nan_ok=True)
    assert summary["status"] == own.status
    assert {f.name for f in (tmp_path / "results").iterdir()} == MADE
    assert own.question in " ".join(out.split())


def test_a_fleet_without_limits_is_held_to_the_standard(districts):
    asked = question(districts, "model = 'fleet'\nunits = {engine = 1}\nspacing_m = 400")
    limit_s = asked.project.standard.planned[0].limit_s
    own = fp.siting.fleet(
        halves(), units={"engine": 1}, within_s={"engine": limit_s}, candidates=asked.candidates,
        interval=asked.project.standard.planned[0].interval,
    )  # fmt: skip
    assert asked.answer().question == own.question


def test_busy_shares_may_be_those_of_the_history(districts):
    asked = question(districts, "model = 'expected_coverage'\nbusy = 'mean'\nspacing_m = 400")
    with pytest.raises(ProjectError, match=r"siting\.busy is 'mean', of the dispatch history"):
        asked.answer()
    calls = regular(6 * HOUR_S)
    known = replace(asked, project=replace(asked.project, history=calls)).answer()
    busy = fp.response_performance.busy_shares(calls, halves())
    assert known.notes[-1].startswith("busy shares: history, observed, by unit, mean, from")
    assert known.objective == fp.siting.expected_coverage(halves(), busy=busy, candidates=asked.candidates).objective
    assert known.objective < fp.siting.expected_coverage(halves(), busy=0.0, candidates=asked.candidates).objective


def test_every_key_of_every_model_is_in_the_docs():
    page = (Path(__file__).resolve().parents[2] / "docs" / "projects.md").read_text(encoding="utf-8")
    table = page.split("## Models")[1].split("\n\n| key |")[0]
    rows = {line.split("|")[1].strip(" `"): line.split("|")[3] for line in table.splitlines() if line.startswith("| `")}
    assert rows.keys() == KEYS_OF.keys()
    for model, told in rows.items():
        keys = set(re.findall(r"`(\w+)`", told))
        assert keys - {"rules"} | (RULES if "rules" in told else set()) == KEYS_OF[model], model


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("p = 2", lambda town, c: fp.siting.max_coverage(town, stations=2, candidates=c)),
        ("model = 'p_median'", lambda town, c: fp.siting.p_median(town, candidates=c)),
        ("model = 'p_center'", lambda town, c: fp.siting.p_center(town, candidates=c)),
        ("model = 'set_cover'", lambda town, c: fp.siting.set_cover(town, candidates=c)),
        ("model = 'expected_coverage'\nbusy = 0.2",
         lambda town, c: fp.siting.expected_coverage(town, busy=0.2, candidates=c)),
        ("model = 'backup_coverage'\nfirst = 0.6",
         lambda town, c: fp.siting.backup_coverage(town, first=0.6, candidates=c)),
    ],
)  # fmt: skip
def test_each_model_is_that_of_python(project, text, call):
    asked = question(project, f"spacing_m = 400\n{text}")
    found, own = asked.answer(), call(fp.examples.line_town(), asked.candidates)
    assert found.objective == pytest.approx(own.objective)
    assert found.question == own.question


# --- what a run makes


def test_run_writes_what_python_gives(project, run, tmp_path):
    ask(project, "spacing_m = 400\nrobustness_runs = 5")
    code, out, err = run("site", project, "--out", tmp_path / "results")
    assert code == 0, err
    assert {f.name for f in (tmp_path / "results").iterdir()} == MADE
    assert max(map(len, out.split("\n\n")[0].splitlines())) <= 80
    town = fp.examples.line_town()
    best = fp.siting.max_coverage(town, candidates=fp.siting.grid_sites(town, spacing_m=400))
    summary = pd.read_csv(tmp_path / "results" / "siting_summary.csv").iloc[0]
    assert (summary["objective"], summary["bound"], summary["status"]) == (best.objective, best.bound, "optimal")
    assert f"{best.objective:,.0f} of 400 people" in out
    sites = pd.read_csv(tmp_path / "results" / "sites.csv", index_col="candidate_id")
    np.testing.assert_allclose(sites["alone"], best.sites["alone"])
    layer = gpd.read_file(tmp_path / "results" / "sites.gpkg").set_index("candidate_id")
    assert list(layer.index[layer["chosen"] > 0]) == list(best.chosen.index)
    curve = pd.read_csv(tmp_path / "results" / "curve.csv", index_col="stations")
    assert curve.loc[1, "objective"] == best.objective
    runs = pd.read_csv(tmp_path / "results" / "robustness.csv", index_col="candidate_id")
    assert set(runs["n"]) == {5}
    made = json.loads((tmp_path / "results" / "siting_manifest.json").read_text(encoding="utf-8"))
    assert set(made["outputs"]) == MADE - {"siting_manifest.json"}
    assert list(made["scenarios"]) == ["today", "Siting"]


def test_number_on_the_command_line_goes_before_that_of_the_plan(project, run, tmp_path):
    ask(project, "spacing_m = 400\np = 3\nrobustness_runs = 0")
    code, out, err = run("site", project, "--stations", 2, "--out", tmp_path / "results")
    assert code == 0, err
    assert "up to 2 of" in out


def test_changes_can_be_pasted_into_the_plan(project, run, tmp_path):
    ask(project, "spacing_m = 400\nrobustness_runs = 0")
    assert run("site", project, "--out", tmp_path / "results")[0] == 0
    pasted = (tmp_path / "results" / "changes.toml").read_text(encoding="utf-8")
    with (project / "plan.toml").open("a", encoding="utf-8") as plan:
        plan.write(pasted)
    again = open_project(project)
    standard = fp.standards.NFPA_1710
    reached = fp.compare(again.today, *again.scenarios, standard=standard).summary()["within"]
    summary = pd.read_csv(tmp_path / "results" / "siting_summary.csv").iloc[0]
    assert reached.loc[("Siting", "first_engine", "population")] == summary["objective"]
    assert changes_toml(siting_question(again).answer(), taken=["Siting"]).count('name = "Siting 2"') == 1


def test_a_station_may_close(project, run, tmp_path):
    ask(project, "candidates = 'places.csv'\nclosable = ['S1']\nsite_cost = 5\nclosing_cost = -5\nbudget = 0")
    code, out, err = run("site", project, "--out", tmp_path / "results")
    assert code == 0, err
    changes = tomllib.loads((tmp_path / "results" / "changes.toml").read_text(encoding="utf-8"))
    made = json.loads((tmp_path / "results" / "siting_manifest.json").read_text(encoding="utf-8"))
    assert made["inputs"]["siting.candidates"]["file"] == "places.csv"
    assert {"close_station": "S1"} in changes["scenario"][0]["changes"]
    assert "Closed    Close Station 1 (S1)" in out
    assert "behind the best of each run" in (tmp_path / "results" / "siting_notes.txt").read_text(encoding="utf-8")


def test_no_answer_is_said_and_written(project, run, tmp_path):
    ask(project, "model = 'backup_coverage'\nspacing_m = 400\nwithin_seconds = 60")
    code, out, err = run("site", project, "--out", tmp_path / "results")
    assert code == 0, err
    assert "infeasible: no choice satisfies every condition" in out
    assert "nan" not in out.lower()
    assert (tmp_path / "results" / "changes.toml").read_text(encoding="utf-8").startswith("# No changes: ")
    assert {f.name for f in (tmp_path / "results").iterdir()} == MADE


def test_nothing_to_gain_is_said(project, run, tmp_path):
    ask(project, "candidates = 'stations.csv'\nwithin_seconds = 30\nrobustness_runs = 5")
    code, out, err = run("site", project, "--out", tmp_path / "results")
    assert code == 0, err
    assert "No change improves on the department as it stands." in out


def test_same_run_gives_the_same_bytes(project, run, tmp_path):
    ask(project, "spacing_m = 400\nrobustness_runs = 5\np = 2")
    for name in ("a", "b"):
        assert run("site", project, "--out", tmp_path / name)[0] == 0
    for file in MADE:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


def test_fault_is_one_clear_line_and_nothing_is_written(project, run):
    ask(project, "closable = ['S11']")
    before = sorted(project.parent.rglob("*"))
    code, out, err = run("site", project, "--out", project.parent / "results")
    told = [line for line in err.splitlines() if not line.startswith("- ")]
    assert (code, len(told)) == (2, 1)
    assert told[0].startswith("fireplan: siting.closable of plan.toml: unknown station 'S11'")
    assert "Traceback" not in out + err
    assert sorted(project.parent.rglob("*")) == before


@pytest.mark.parametrize("where", ["search", "curve"])
def test_interrupted_run_writes_nothing(project, run, monkeypatch, where):
    ask(project, "spacing_m = 400")
    before = sorted(project.parent.rglob("*"))
    name = {
        "search": "fireplan.siting._cover_question.solve_cover",
        "curve": "fireplan.siting._trade_offs.solve_cover",
    }[where]

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(name, stop)
    code, _, _ = run("site", project, "--out", project.parent / "results")
    assert code == 130
    assert sorted(project.parent.rglob("*")) == before


def test_control_characters_do_not_reach_the_terminal(project, run, tmp_path):
    places = SITES.replace("NA,", "N\x1b[31mA,")
    (project / "places.csv").write_text(places, encoding="utf-8")
    ask(project, "candidates = 'places.csv'\nrobustness_runs = 3")
    code, out, err = run("site", project, "--out", tmp_path / "results")
    assert [c for c in out + err if not (c.isprintable() or c == "\n")] == []
    assert code in {0, 2}
