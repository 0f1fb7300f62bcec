"""Calibrations of projects: pinned by the plan, refused where they are of other data, named in what comes out."""

import json
import sys
import tomllib
from dataclasses import replace

import numpy as np
import pytest

import fireplan as fp
from fireplan._cli.app import main
from fireplan.calibration import diagnostics, held_out_runs, model_card
from fireplan.drive_times import Calibration, Estimate, HeldOutError, StationStart, TravelSpread, write_calibration
from fireplan.drive_times._calibration import network_fingerprint
from fireplan.errors import FireplanError, ProjectError
from fireplan.project import manifest, open_project, read_plan, write_project
from fireplan.project._pinned_calibration import pin, settings_of
from fireplan.roads import DriveCurve, SpeedPeriod

TOWN = fp.examples.line_town()
ERROR = HeldOutError(412, "days", 0.2, 30.6, 100.4, 0.54, 0.9)
LEARNT = Calibration(
    "class", ERROR, network=network_fingerprint(TOWN.roads), history="none", curve=DriveCurve(start_s=9.0),
    speeds_kph={"residential": Estimate(18.0, 17.0, 19.0, 412)}, stations={"S1": StationStart(-2.0, 412)},
    spread=TravelSpread(0.3), runs=412,
)  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """Line Street with a calibration beside it, pinned, and a what-if."""
    folder = write_project(TOWN, tmp_path / "line", timezone="UTC")
    write_calibration(LEARNT, folder / "calibration.toml")
    pin(folder / "plan.toml", "calibration.toml")
    with_more(folder, '[[scenario]]\nname = "Second"\nchanges = [ { open_station = "S2", at = [-140.0, 30.03] } ]')
    return folder


def with_more(folder, text):
    with (folder / "plan.toml").open("a", encoding="utf-8") as plan:
        plan.write("\n" + text + "\n")


def seconds(scenario):
    return fp.first_due(scenario)["first_due_s"].to_numpy()


def test_a_pinned_calibration_drives_the_department_and_its_what_ifs(folder):
    project = open_project(folder)
    planned = open_project(folder, calibrated=False)
    assert project.today.calibration == LEARNT
    assert project.scenarios[0].calibration == LEARNT
    assert planned.today.calibration is None
    assert seconds(project.planned) == pytest.approx(seconds(planned.today))
    assert planned.planned is None
    # At half the speed, with 9 s of start of which this station saves 2.
    assert seconds(project.today) == pytest.approx(2 * seconds(planned.today) + 7, abs=0.02)
    assert np.all(seconds(project.scenarios[0]) <= seconds(project.today) + 0.01)
    assert project.scenarios[0].apply(fp.ScaleSpeeds(0.9)).calibration == LEARNT


def test_every_result_names_it(folder):
    project = open_project(folder)
    made = manifest(project, [project.today])
    assert made["calibration"]["file"] == "calibration.toml"
    assert len(made["calibration"]["sha256"]) == 64
    assert made["calibration"]["fingerprint"] == LEARNT.fingerprint
    assert made["calibration"]["error"] == "drive times: median error 31 s, p90 100 s, held out, n = 412"
    json.dumps(made)
    assert f"drive times by calibration.toml, calibration {LEARNT.fingerprint}" in project.notes
    assert any("not checked against its runs" in note for note in project.notes)
    assert "calibration" not in manifest(open_project(folder, calibrated=False), [])


def test_one_of_other_streets_is_refused(folder):
    write_calibration(replace(LEARNT, network="0123456789abcdef"), folder / "calibration.toml")
    with pytest.raises(ProjectError, match=r"'calibration.toml': .*other streets .*`fireplan calibrate`"):
        open_project(folder)
    assert open_project(folder, calibrated=False).today.calibration is None


CALLS = "incident_id,unit_id,call_type,priority,latitude,longitude,received,dispatched,enroute,arrived,cleared\n"


def with_history(folder, days):
    rows = [
        f"{d},E1,FIRE,1,30.01,-140.0,2024-03-{d:02d} 14:00:00,2024-03-{d:02d} 14:01:00,2024-03-{d:02d} 14:02:00,"
        f"2024-03-{d:02d} 14:05:00,2024-03-{d:02d} 14:40:00\n"
        for d in days
    ]
    (folder / "calls.csv").write_text(CALLS + "".join(rows), encoding="utf-8")
    plan = folder / "plan.toml"
    text = plan.read_text(encoding="utf-8")
    if "cad =" not in text:
        plan.write_text(text.replace("[inputs]", '[inputs]\ncad = "calls.csv"'), encoding="utf-8")


def test_one_of_another_history_is_refused(folder):
    with_history(folder, range(1, 5))
    history = open_project(folder, calibrated=False).history
    of_these = replace(LEARNT, history=fp.calibration.history_fingerprint(history))
    write_calibration(of_these, folder / "calibration.toml")
    project = open_project(folder)
    assert project.today.calibration == of_these
    assert not any("not checked against its runs" in note for note in project.notes)
    with_history(folder, range(1, 6))
    with pytest.raises(
        ProjectError, match=r"made from another dispatch history .*: calibrate anew, by `fireplan calibra"
    ):
        open_project(folder)


def test_one_that_is_not_there_says_what_makes_it(folder):
    (folder / "calibration.toml").unlink()
    with pytest.raises(ProjectError, match=r"'calibration.toml' is not there: `fireplan calibrate` makes it"):
        open_project(folder)
    assert open_project(folder, calibrated=False).today.calibration is None


def test_faults_of_the_file_are_told(folder):
    text = (folder / "calibration.toml").read_text(encoding="utf-8")
    (folder / "calibration.toml").write_text(text.replace("start_s = 9.0", "start_s = 5.0"), encoding="utf-8")
    with pytest.raises(FireplanError, match=r"calibration.toml: values were changed after it was made"):
        open_project(folder)


def test_an_error_of_other_values_is_never_told_as_that_of_these(folder, run):
    text = (folder / "calibration.toml").read_text(encoding="utf-8")
    kept = [line for line in text.replace("start_s = 9.0", "start_s = 5.0").splitlines() if "content = " not in line]
    (folder / "calibration.toml").write_text("\n".join(kept), encoding="utf-8")
    said = "held out, n = 412, before values were changed by hand"
    assert said in open_project(folder).today.calibration.headline
    code, out, err = run("assess", folder)
    assert code == 0, err
    assert said in " ".join(out.split())
    assert said in (folder / "out" / "map.html").read_text(encoding="utf-8")
    assert said in (folder / "out" / "manifest.json").read_text(encoding="utf-8")


def test_a_search_for_sites_says_how_wrong_drives_are_or_that_they_are_planned(folder, run):
    with_more(folder, "[siting]\np = 1\nrobustness_runs = 0")
    told = {}
    for name in ("calibrated", "planned"):
        code, out, err = run("site", folder)
        assert code == 0, err
        told[name] = " ".join(out.split())
        plan = (folder / "plan.toml").read_text(encoding="utf-8")
        lines = [line for line in plan.splitlines() if not line.startswith("calibration = ")]
        (folder / "plan.toml").write_text("\n".join(lines), encoding="utf-8")
    error = "Drive times: median error 31 s, p90 100 s, held out, n = 412 (observed runs)."
    assert error in told["calibrated"]
    assert "planning speeds, not learnt from records" in told["planned"]
    assert error not in told["planned"]


def test_hours_are_said_once(folder):
    with_more(folder, '[[periods]]\nname = "peak"\nhours = [7, 9]\nfactor = 0.5')
    driven = open_project(folder).today.during("peak")
    planned = open_project(folder, calibrated=False).today
    assert seconds(driven) == pytest.approx(4 * seconds(planned) + 7, abs=0.02)  # those of the plan, as assumed
    own = replace(LEARNT, periods=(SpeedPeriod("night", hours=(22, 6), factor=0.9, basis="calibrated"),))
    write_calibration(own, folder / "calibration.toml")
    with pytest.raises(ProjectError, match=r"leave \[\[periods\]\] out, the calibration has learnt its own"):
        open_project(folder)


def test_a_calibrated_scenario_is_written_with_its_calibration(folder, tmp_path):
    changed = open_project(folder).scenarios[0].apply(fp.ScaleSpeeds(0.9))
    for scenario in (open_project(folder).today, open_project(folder).scenarios[0], changed):
        written = write_project(scenario, tmp_path / scenario.name)
        again = open_project(written)
        assert again.today.calibration == LEARNT
        assert seconds(again.today) == pytest.approx(seconds(scenario), abs=0.01)
        assert again.plan.inputs.calibration == "calibration.toml"
    other = replace(LEARNT, curve=DriveCurve(start_s=30.0))
    write_calibration(other, written / "calibration.toml")
    with pytest.raises(ProjectError, match="is not the one that the network was kept with"):
        open_project(written)


def test_pinning_leaves_the_rest_of_a_plan_as_it_is(tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text(
        '# mine\ntimezone = "UTC"   # where\n\n[inputs]\nnetwork = "r.npz"\nstations = "s.csv"  # all\n\n[report]\n',
        "utf-8",
    )
    before = plan.read_text("utf-8")
    assert pin(plan, "calibration.toml")
    after = plan.read_text("utf-8")
    assert after == before.replace("# all\n", '# all\ncalibration = "calibration.toml"\n')
    assert not pin(plan, "calibration.toml")
    assert [p.name for p in tmp_path.iterdir()] == ["plan.toml"]


def test_settings_come_from_the_plan(tmp_path):
    text = 'timezone = "UTC"\n[inputs]\nnetwork = "r"\nstations = "s"\n[performance]\nemergency_priorities = ["1"]\n'
    (tmp_path / "plan.toml").write_text(text, "utf-8")
    assert settings_of(read_plan(tmp_path)) == {"first_types": ("engine",), "seed": 1, "emergency_priorities": ("1",)}
    (tmp_path / "plan.toml").write_text(
        text + '[calibration]\nfirst_types = ["truck"]\nemergency_priorities = ["2"]\nlongest_seconds = 900\ndraws = 5',
        "utf-8",
    )
    asked = settings_of(read_plan(tmp_path))
    assert asked == {"first_types": ("truck",), "seed": 1, "emergency_priorities": ("2",), "longest_s": 900, "draws": 5}
    (tmp_path / "plan.toml").write_text(text + "[calibration]\nfirst_types = []", "utf-8")
    with pytest.raises(ProjectError, match="calibration: a list is empty"):
        read_plan(tmp_path)


# --- the command


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command in this process: exit code, output, error output."""

    def command(*args):
        monkeypatch.setattr(sys, "argv", ["fireplan", *map(str, args)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return command


def test_the_command_learns_writes_and_pins(folder, run):
    (folder / "calibration.toml").unlink()
    with_history(folder, range(1, 29))
    before = (folder / "plan.toml").read_text(encoding="utf-8")
    code, said, steps = run("calibrate", folder, "--dry-run")
    assert code == 0, steps
    assert "Nothing was written" in said
    assert not (folder / "calibration.toml").exists()
    code, said, steps = run("calibrate", folder)
    assert code == 0, steps
    assert "learning drive times" in steps
    assert (folder / "plan.toml").read_text(encoding="utf-8") == before  # it was pinned already
    learnt = open_project(folder).today.calibration
    assert f"D{learnt.headline[1:]}." in said
    assert f"{learnt.runs} used" in said
    assert "by planning speeds" in said
    assert "\N{REPLACEMENT CHARACTER}" not in said
    assert tomllib.loads((folder / "calibration.toml").read_text(encoding="utf-8"))["runs"] == learnt.runs


def test_the_command_says_of_this_very_calibration_what_it_must_not_be_used_for(folder, run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    (folder / "calibration.toml").unlink()
    with_history(folder, range(1, 29))
    code, said, steps = run("calibrate", folder)
    assert code == 0, steps
    planned = open_project(folder, calibrated=False)
    settings = {name: value for name, value in settings_of(planned.plan).items() if name != "draws"}
    learnt = open_project(folder).today.calibration
    runs = held_out_runs(planned.history, planned.today, **settings)
    title = "What it must not be used for"
    card = model_card(learnt, diagnostics(runs, learnt, planned.today))[title]
    part = said.split(f"{title}\n")[1].split("\n\n")[0].splitlines()
    assert max(map(len, part)) <= 80
    told = " ".join(line.removeprefix("  ") for line in part)
    assert told == " ".join(f"- {line}" for line in card)
    # Of its own stations, hours and distances, not of calibrations in general.
    assert set(card) > set(model_card(learnt)[title])
    assert "fewer than 30 runs" in told


def test_the_command_without_a_history_says_so(folder, run):
    (folder / "calibration.toml").unlink()
    code, _, said = run("calibrate", folder)
    assert code == 2
    assert "give inputs.cad, and calibrate again" in said
    assert not (folder / "calibration.toml").exists()


@pytest.mark.parametrize("runs", [1, 5])
def test_a_handful_of_runs_leaves_planning_speeds_and_says_so(folder, run, runs):
    (folder / "calibration.toml").unlink()
    with_history(folder, range(1, 1 + runs))
    code, said, steps = run("calibrate", folder)
    assert code == 0, steps
    assert "Taken: planning speeds as they are" in said
    assert f"n = {runs}." in said
    assert open_project(folder).today.calibration.model == "planning"


def test_units_of_another_department_are_refused_and_nothing_is_written(folder, run):
    (folder / "calibration.toml").unlink()
    with_history(folder, range(1, 4))
    calls = folder / "calls.csv"
    calls.write_text(calls.read_text(encoding="utf-8").replace(",E1,", ",X9,"), encoding="utf-8")
    code, _, said = run("calibrate", folder)
    assert code == 2
    assert "X9" in said
    assert not (folder / "calibration.toml").exists()
