"""Histories with one row per incident: the first unit is measured, whatever it was; of others nothing is."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fireplan as fp
from fireplan._cli import main
from fireplan.errors import InputError, ProjectError
from fireplan.project import manifest, write_project
from fireplan.response_performance import (
    Policy,
    attend,
    baselines,
    concurrency,
    drawdown,
    hour_by_weekday,
    reliability,
    sensitivity,
    why_missed,
    workload,
)
from fireplan.standards import Objective, Standard
from tests.support.histories import department, history, went

CASES = Path(__file__).parents[1] / "data" / "cases"
ROWS = (
    *(went(f"A{i}", "E1", 0, 60 + i, 120 + i, 300 + 10 * i, 900, unit_type="engine") for i in range(20)),
    *(went(f"A{i}", "T1", 0, 60 + i, 140 + i, 320 + 10 * i, 900, unit_type="truck") for i in range(20)),
)
NEAR, FAR = (-140.0, 30.01), (-140.0, 30.0149)


def of_incidents(calls):
    """Keep the first row of each incident, without what is of its unit."""
    first = calls.responses.drop_duplicates("incident_id").drop(columns=["unit_id", "unit_type"], errors="ignore")
    return calls._replace(responses=first.reset_index(drop=True))


@pytest.fixture(scope="module")
def calls():
    return history(*ROWS)


@pytest.fixture(scope="module")
def nyc():
    return fp.read_cad(
        CASES / "nyc_fire_dispatch.csv", timezone="America/New_York", mapping=CASES / "nyc_fire_dispatch.toml"
    )


def test_new_york_gives_the_intervals_of_the_first_unit(nyc):
    table = fp.performance(nyc)
    assert table[["n", "unknown"]].to_numpy().tolist() == [[30, 0], [26, 0], [26, 0], [26, 0], [26, 0]]
    assert table.loc["handling", ["p50_s", "p90_s"]].tolist() == [70, 92]
    raw = pd.read_csv(CASES / "nyc_fire_dispatch.csv")
    received, arrived = (pd.to_datetime(raw[c]) for c in ("INCIDENT_DATETIME", "FIRST_ON_SCENE_DATETIME"))
    whole = np.sort((arrived - received).dt.total_seconds().dropna())
    assert table.loc["total_response", ["p50_s", "p90_s"]].tolist() == [whole[12], whole[23]]
    assert any("one row per incident: times are those of the first unit" in s for s in table.attrs["left_out"])
    hours = fp.performance(nyc, by="hour")
    assert hours["n"].groupby(level="measure").sum().to_dict() == table["n"].to_dict()


def test_a_mapping_without_a_point_gives_the_same(nyc, tmp_path):
    lines = (CASES / "nyc_fire_dispatch.toml").read_text(encoding="utf-8").split("[point]")[0]
    mapping = tmp_path / "nyc.toml"
    mapping.write_text(lines.replace('optional = ["point"]', ""), encoding="utf-8")
    history = fp.read_cad(CASES / "nyc_fire_dispatch.csv", timezone="America/New_York", mapping=mapping)
    assert history.incidents.geometry.isna().all()
    pd.testing.assert_frame_equal(fp.performance(history), fp.performance(nyc))


def test_cincinnati_has_no_turnout_and_seattle_no_interval_but_both_are_demand():
    ohio = fp.read_cad(CASES / "cincinnati_cad.csv", timezone="America/New_York", mapping=CASES / "cincinnati_cad.toml")
    table = fp.performance(ohio)
    assert table.loc["total_response", "n"] == 30
    assert table.loc["turnout", ["n", "unknown"]].tolist() == [0, 30]
    assert np.isnan(table.loc["turnout", "p50_s"])
    assert table.loc["turnout", "note"] == "not measured: the records never say when units were on their way"
    west = fp.read_cad(
        CASES / "seattle_realtime_911.csv",
        timezone="America/Los_Angeles",
        mapping=CASES / "seattle_realtime_911.toml",
    )
    assert west.incidents.geometry.notna().all()
    assert fp.demand.hexagons(west.incidents)["incidents"].sum() == 30
    assert hour_by_weekday(west)["n"].to_numpy().sum() == 30
    table = fp.performance(west)
    assert (table["n"] == 0).all()
    assert table.loc["total_response", "note"] == "not measured: the records never say when units arrived"


def test_the_first_unit_has_the_figures_that_it_has_among_others(calls):
    town = department(E1=("engine", 4), T1=("truck", 4))
    for scenario in (None, town):
        whole = fp.performance(calls, scenario=scenario)
        alone = fp.performance(of_incidents(calls), scenario=scenario)
        pd.testing.assert_frame_equal(alone, whole, check_like=True)


def test_the_ledger_says_which_rules_could_not_be_applied(calls):
    found = attend(of_incidents(calls), scenario=department(E1=("engine", 4)))
    rules = found.ledger.set_index("rule")
    assert rules.loc["first_types", "setting"].startswith("not applied: nothing tells what any unit is")
    assert rules.loc["aid_received", "setting"].startswith("not applied: the records do not say whose a unit is")
    assert rules[["incidents", "responses"]].to_numpy().sum() == 0
    assert found.grain == "incident"
    assert attend(calls).grain == "unit"
    assert "whatever kind" in " ".join(found.headline())


REFUSED = {
    "nth": lambda calls, _: fp.performance(calls, nth=2),
    "every unit": lambda calls, _: fp.performance(calls, nth=None),
    "by unit": lambda calls, _: fp.performance(calls, by="unit_id"),
    "by station": lambda calls, town: fp.performance(calls, scenario=town, by="station_id"),
    "sensitivity": lambda calls, _: sensitivity(calls, nth=2),
    "workload": lambda calls, town: workload(calls, scenario=town),
    "attended workload": lambda calls, town: workload(attend(calls, scenario=town), scenario=town),
    "concurrency": lambda calls, _: concurrency(attend(calls)),
    "drawdown": lambda calls, town: drawdown(calls, scenario=town),
    "reliability": lambda calls, town: reliability(calls, scenario=town),
}


@pytest.mark.parametrize("asked", REFUSED)
def test_what_needs_units_is_refused_by_name(calls, asked):
    with pytest.raises(InputError, match="one row per incident"):
        REFUSED[asked](of_incidents(calls), department(E1=("engine", 4)))


def test_objectives_of_one_unit_are_of_the_first_and_those_of_a_force_are_not_measured(calls):
    standard = Standard(
        "own",
        "own",
        (
            Objective("first", "First engine", 240, share=0.9),
            Objective("total", "First engine", 420, interval="total_response_s", share=0.9),
            Objective("two", "Two engines", 480, interval="total_response_s", needs={"engine": 2}, share=0.9),
            Objective("people", "Force", 480, needs={"people": 8}, share=0.9),
            Objective("turnout", "Turnout", 80, interval="turnout_s", share=0.9),
        ),
    )
    table = fp.performance(of_incidents(calls), standard=standard)
    assert table.loc["first", ["n", "within"]].tolist() == [20, 7]
    assert table.loc["total", ["n", "within"]].tolist() == [20, 13]
    assert table.loc["turnout", "n"].tolist() == [20, 20]
    assert "of the first unit to arrive, whatever it was" in table.loc["first", "note"]
    for key in ("two", "people"):
        assert table.loc[key, ["n", "unknown"]].tolist() == [0, 20]
        assert np.isnan(table.loc[key, "share"])
        assert "not measured: this history has no units" in table.loc[key, "note"]
    said = baselines(of_incidents(calls), standard=standard, by=())
    assert said.set_index("measure").loc["total_response", "n"] == 20


def test_why_it_was_missed_holds_the_drive_against_the_first_due_station():
    town = fp.examples.line_town().apply(fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)))
    rows = [
        went("slow", "E2", 0, 10, 70, 270, 900),
        went("far", "E1", 0, 10, 70, 230, 900),
        went("busy", "E1", 0, 10, 70, 100, 9000),
    ]
    calls = of_incidents(history(*rows, points=[NEAR, FAR, NEAR]))
    found = why_missed(calls, scenario=town, objective=Objective("first", "First engine", 150.0, verified=True))
    told = found.incidents
    assert told["reason"].to_dict() == {"slow": "slow_travel", "far": "distance"}
    assert (told["elsewhere_excess_s"] == 0).all()
    assert told["first_due_busy"].isna().all()
    assert told["modelled_s"].isna().all()
    parts = told[[c for c in told if c.endswith("_excess_s")]].sum(axis=1)
    assert np.allclose(parts, told["over_s"])
    assert "who was busy cannot be told" in found.notes()[0]
    assert found.drives == 0


def test_hours_and_other_rules_are_measured_all_the_same(calls):
    alone = of_incidents(calls)
    assert hour_by_weekday(alone)["n"].to_numpy().sum() == 20
    table = sensitivity(alone, measure="total_response_s", policy=Policy(longest_s=400))
    assert table["n"].iloc[0] == 11
    assert table.loc[("longest_s", "none"), "n"] == 20


@pytest.fixture
def project(tmp_path):
    """Line Street, whose calls came as one row per incident."""
    folder = write_project(fp.examples.line_town(), tmp_path / "line")
    lines = ["Number,Call,Priority,Lat,Lon,Received,First assigned,First out,First there,Closed"]
    for i in range(30):
        stamps = ",".join(f"2025-06-{1 + i % 28:02d} 08:{m:02d}:{i:02d}" for m in (1, 2, 3, 7, 30))
        lines.append(f"{i},STRUCTURE FIRE,1,30.01,-140.0,{stamps}")
    (folder / "calls.csv").write_text("\n".join(lines), encoding="utf-8")
    (folder / "calls.toml").write_text(
        '[columns]\nincident_id = "Number"\ncall_type = "Call"\npriority = "Priority"\nreceived = "Received"\n'
        'dispatched = "First assigned"\nenroute = "First out"\narrived = "First there"\ncleared = "Closed"\n'
        '[point]\nlatitude = "Lat"\nlongitude = "Lon"\n',
        encoding="utf-8",
    )
    plan = folder / "plan.toml"
    text = plan.read_text(encoding="utf-8")
    text = text.replace("[inputs]\n", '[inputs]\ncad = "calls.csv"\ncad_mapping = "calls.toml"\n')
    plan.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def run(monkeypatch, capsys):
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


def test_the_command_writes_the_rest_and_names_what_is_left_out(project, run, tmp_path):
    code, said, err = run("performance", project, "--out", tmp_path / "out")
    assert code == 0, err
    made = {file.stem for file in (tmp_path / "out").iterdir()}
    assert {"performance", "performance_by_hour", "missed_first_engine", "baselines", "sensitivity", "policy"} <= made
    assert not made & {"workload", "concurrency", "reliability", "drawdown_by_hour", "performance_by_unit_id"}
    notes = (tmp_path / "out" / "performance_notes.txt").read_text(encoding="utf-8")
    for text in (notes, " ".join(said.split())):
        assert "name no units: figures by station and by unit, workload, concurrency, drawdown, reliability" in text
    table = pd.read_csv(tmp_path / "out" / "performance.csv").set_index("measure")
    assert table.loc[["handling", "turnout", "travel", "total_response"], "n"].tolist() == [30, 30, 30, 30]
    assert table.loc["total_response", "p90_s"] == 360


def test_a_plan_may_name_several_files_of_calls(project, run, tmp_path):
    lines = (project / "calls.csv").read_text(encoding="utf-8").splitlines()
    (project / "calls.csv").unlink()
    for name, rows in (("a.csv", lines[1:12]), ("b.csv", lines[11:])):  # one row stands in both
        (project / name).write_text("\n".join([lines[0], *rows]), encoding="utf-8")
    plan = project / "plan.toml"
    text = plan.read_text(encoding="utf-8").replace('cad = "calls.csv"', 'cad = ["a.csv", "b.csv"]')
    plan.write_text(text, encoding="utf-8")
    read = fp.open_project(project)
    assert (read.history.rows_in, read.history.rows_ok, read.history.rows_duplicate) == (31, 30, 1)
    assert any("'b.csv' 2" in note for note in read.notes)
    made = manifest(read, [read.today])["inputs"]
    assert [made[key]["file"] for key in ("cad[1]", "cad[2]")] == ["a.csv", "b.csv"]
    assert len({made[key]["sha256"] for key in ("cad[1]", "cad[2]")}) == 2
    assert run("performance", project, "--out", tmp_path / "out")[0] == 0
    for wrong, said in (('["a.csv", "c.csv"]', r"inputs\.cad\[2\] 'c\.csv' is not there"), ("[]", "at least 1 item")):
        plan.write_text(text.replace('["a.csv", "b.csv"]', wrong), encoding="utf-8")
        with pytest.raises(ProjectError, match=said):
            fp.open_project(project)


def test_calls_without_arrivals_are_demand_to_the_command(project, run, tmp_path):
    rows = (project / "calls.csv").read_text(encoding="utf-8").splitlines()
    (project / "calls.csv").write_text("\n".join(row.rsplit(",", 4)[0] for row in rows), encoding="utf-8")
    mapping = (project / "calls.toml").read_text(encoding="utf-8").splitlines()
    ends = ("dispatched", "enroute", "arrived", "cleared")
    (project / "calls.toml").write_text("\n".join(m for m in mapping if not m.startswith(ends)), encoding="utf-8")
    code, _, err = run("performance", project, "--out", tmp_path / "out")
    assert code == 0, err
    table = pd.read_csv(tmp_path / "out" / "performance.csv").set_index("measure")
    assert (table["n"] == 0).all()
    assert "the records never say when units were on their way and units arrived" in table.loc["first_engine", "note"]
    assert pd.read_csv(tmp_path / "out" / "calls_by_hour_and_weekday.csv")["Monday"].sum() > 0


def test_a_report_says_what_it_could_not_measure(project, run, tmp_path):
    code, _, err = run("report", project, "--out", tmp_path / "page")
    assert code == 0, err
    page = next((tmp_path / "page").glob("*.html")).read_text(encoding="utf-8")
    assert "no figures by station" in page
    assert "No workload: this history has no units" in page
