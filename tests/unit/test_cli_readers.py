"""`--profile`: for whom the files of a command are, by name, mark, manifest and ledger."""

import json
import re
import sys
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import fireplan as fp
from fireplan._cli import main
from fireplan.disclosure import RESTRICTED
from fireplan.project import _audience_output, read_plan, write_project
from fireplan.project._audience import FILES, audience_of, public_manifest, public_project, rule_of
from fireplan.project._restricted_names import is_restricted, restricted_name, unmarked_name
from fireplan.report import Material
from tests.support.units_out_calls import two_weeks_of_calls

NORTH = '[[scenario]]\nname = "north"\nchanges = [{open_station = "S3", at = [-140.0, 30.039], units = ["E3"]}]\n'
CANARY = "Wren Lane 7"


def town(provenance):
    found = fp.examples.line_town().apply(fp.OpenStation("S2", at=(-140.0, 30.02), units=("E2",)))
    return fp.Scenario(found.roads, found.stations, found.units, found.zones, provenance=provenance, source="line town")


def add(folder, text):
    plan = folder / "plan.toml"
    plan.write_text(plan.read_text(encoding="utf-8") + f"\n{text}\n", encoding="utf-8")
    return folder


@pytest.fixture
def bare(tmp_path):
    """An observed city of roads, stations and zones alone."""
    return add(write_project(town("observed"), tmp_path / "line"), NORTH)


@pytest.fixture
def city(bare):
    """The same with its dispatch history of four weeks."""
    calls = two_weeks_of_calls(28).assign(address=CANARY)
    late = (calls["unit_id"] == "E1") & (calls.index % 4 == 0)  # every second day at the south end
    calls.loc[late, "arrived"] = calls.loc[late, "arrived"].str.replace(" 14:02", " 14:09")
    calls.to_csv(bare / "cad.csv", index=False)
    plan = (bare / "plan.toml").read_text(encoding="utf-8")
    text = plan.replace("[inputs]\n", '[inputs]\ncad = "cad.csv"\ncad_timezone = "Etc/GMT+9"\n')
    (bare / "plan.toml").write_text(text, encoding="utf-8")
    return bare


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command in this process: exit code, output with its lines joined, error output."""

    def command(*args):
        monkeypatch.setattr(sys, "argv", ["fireplan", *map(str, args)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        out, err = capsys.readouterr()
        return code, " ".join(out.split()), err

    return command


def names(folder):
    return {file.name for file in folder.iterdir()}


def content(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


# --- names


@pytest.mark.parametrize(
    ("plain", "marked"),
    [("map.html", "map.RESTRICTED.html"), ("events.jsonl.gz", "events.RESTRICTED.jsonl.gz"),
     ("2026-07-01.html", "2026-07-01.RESTRICTED.html"), ("notes", "notes.RESTRICTED")],
)  # fmt: skip
def test_a_name_is_marked_before_its_ending_once_and_back(plain, marked):
    assert restricted_name(plain) == restricted_name(marked) == marked
    assert unmarked_name(marked) == unmarked_name(plain) == plain
    assert [is_restricted(plain), is_restricted(marked)] == [False, True]


def test_a_file_that_nobody_thought_of_is_taken_to_hold_calls():
    assert rule_of("something_new.csv")[1:] == ("calls", "never")
    assert rule_of("quarantine.csv").public == rule_of("replay_playback_1.html").public == "never"
    assert len({rule.name for rule in FILES}) == len(FILES)


# --- who it is for where nobody says


def test_roads_stations_and_zones_alone_are_for_anyone(bare, run):
    code, out, err = run("compare", bare)
    assert code == 0, err
    assert not any(map(is_restricted, names(bare / "out")))
    assert "For anyone: nothing in them rests on dispatch records." in out
    made = content(bare / "out", "manifest.json")
    assert made["profile"] is None
    assert set(made["readers"].values()) == {"anyone"}


def test_a_city_with_records_is_internal_and_says_so_everywhere(city, run):
    code, out, err = run("compare", city)
    assert code == 0, err
    assert names(city / "out") == {
        "map.RESTRICTED.html", "summary.RESTRICTED.csv", "gains.RESTRICTED.csv", "gaps.RESTRICTED.gpkg",
        "isochrones.gpkg", "notes.RESTRICTED.txt", "manifest.RESTRICTED.json",
    }  # fmt: skip
    assert RESTRICTED in (city / "out" / "map.RESTRICTED.html").read_text(encoding="utf-8")
    assert (city / "out" / "notes.RESTRICTED.txt").read_text(encoding="utf-8").startswith(RESTRICTED)
    made = content(city / "out", "manifest.RESTRICTED.json")
    assert made["profile"] == "internal"
    assert made["readers"]["map.RESTRICTED.html"] == "internal"
    assert made["readers"]["isochrones.gpkg"] == "anyone"
    assert set(made["outputs"]) | {"manifest.RESTRICTED.json"} == names(city / "out")
    assert "For internal use, RESTRICTED in name: map.RESTRICTED.html" in out
    assert "For anyone: isochrones.gpkg." in out
    assert str(city / "out" / "map.RESTRICTED.html") in out


def test_invented_data_need_no_mark_unless_it_is_asked_for(city, run, tmp_path):
    plan = city / "plan.toml"
    plan.write_text(plan.read_text(encoding="utf-8").replace('"observed"', '"invented"'), encoding="utf-8")
    _, out, _ = run("assess", city)
    assert "map.html" in names(city / "out")
    assert "For anyone: the data are invented." in out
    assert run("assess", city, "--profile", "internal", "--out", tmp_path / "asked")[0] == 0
    assert "map.RESTRICTED.html" in names(tmp_path / "asked")


def test_the_plan_says_the_profile_where_the_command_does_not(city, run):
    add(city, '[output]\nprofile = "public"')
    assert audience_of(fp.open_project(city), None).profile == "public"
    assert audience_of(fp.open_project(city), "internal").profile == "internal"
    assert run("assess", city)[0] == 0
    assert "map.html" in names(city / "out")


def test_a_profile_that_there_is_not_is_refused(city, run):
    add(city, '[output]\nprofile = "secret"')
    with pytest.raises(fp.errors.ProjectError, match=r"output\.profile"):
        read_plan(city)
    assert run("assess", city, "--profile", "secret")[0] == 2


# --- every command


def test_performance_and_report_are_restricted(city, run):
    for command in ("performance", "report"):
        code, out, err = run(command, city)
        assert code == 0, err
        assert "For internal use, RESTRICTED in name" in out
    found = names(city / "out")
    assert all(map(is_restricted, found))
    assert {"performance.RESTRICTED.csv", "quarantine.RESTRICTED.csv", "report.RESTRICTED.html"} <= found
    page = (city / "out" / "report.RESTRICTED.html").read_text(encoding="utf-8")
    assert page.index(f'<p class="restricted" role="note">{RESTRICTED}</p>') < page.index("<h1>")
    assert f'@top-center {{ content: "{RESTRICTED}"' in page


@pytest.mark.parametrize("command", ["replay", "simulate"])
def test_single_calls_are_restricted_and_have_no_public_form(city, run, command):
    add(city, "[simulation]\ndays = 14\nreplications = 2")
    code, _, err = run(command, city, "--profile", "public")
    assert code == 2
    assert f"there is no public form of what {command} writes" in err
    assert not (city / "out").exists()
    assert not (city / "publications.toml").exists()
    assert run(command, city)[0] == 0
    assert all(map(is_restricted, names(city / "out")))


def test_a_playback_is_restricted(city, run):
    code, _, err = run("replay", city, "--playback", "2024-03-05")
    assert code == 0, err
    assert "replay_playback.RESTRICTED.html" in names(city / "out")


def test_a_site_plan_of_people_can_be_public_and_one_of_calls_cannot(city, run, tmp_path):
    code, _, err = run("site", city)
    assert code == 0, err
    found = names(city / "out")
    assert {"siting.RESTRICTED.html", "changes.RESTRICTED.toml", "sites.RESTRICTED.gpkg", "set_aside.csv"} <= found
    assert tomllib.loads((city / "out" / "changes.RESTRICTED.toml").read_text(encoding="utf-8")) is not None
    assert run("site", city, "--profile", "public", "--out", tmp_path / "public")[0] == 0
    assert not any(map(is_restricted, names(tmp_path / "public")))
    add(city, '[siting]\nweight = "incidents"')
    code, _, err = run("site", city, "--profile", "public")
    assert code == 2
    assert "show where these are" in err


# --- public


def test_a_public_run_holds_nothing_of_the_records(city, run):
    code, out, err = run("compare", city, "--profile", "public")
    assert code == 0, err
    assert not any(map(is_restricted, names(city / "out")))
    assert "For the public: 7 files." in out
    for name in ("map.html", "notes.txt", "manifest.json", "summary.csv"):
        text = (city / "out" / name).read_text(encoding="utf-8")
        assert CANARY not in text
        assert RESTRICTED not in text
    made = content(city / "out", "manifest.json")
    assert made["profile"] == "public"
    assert made["dispatch_rows"] is None
    assert set(made["inputs"]) == {"plan", "network", "stations", "units", "zones"}
    assert "incidents" not in set(pd.read_csv(city / "out" / "summary.csv")["measure"])
    assert not [c for c in gpd.read_file(city / "out" / "gaps.gpkg").columns if "incident" in c]


def test_hexagons_of_calls_are_no_zones_of_a_public_page(city):
    plan = city / "plan.toml"
    text = re.sub(r"zones = .*\n", "", plan.read_text(encoding="utf-8"))
    plan.write_text(text, encoding="utf-8")
    project = fp.open_project(city)
    public = public_project(project)
    assert public.today.incidents is None
    assert public.history is None
    assert len(public.today.zones) > len(project.today.zones) == 2
    assert [s.name for s in public.scenarios] == ["north"]


def test_a_column_of_calls_by_zone_is_not_public(bare):
    project = fp.open_project(bare)
    zones = project.today.zones.assign(incidents=3)
    zones.reset_index().to_parquet(bare / "zones.parquet")
    assert "incidents" in fp.open_project(bare).today.zones
    assert audience_of(fp.open_project(bare), None).profile == "internal"
    assert "incidents" not in public_project(fp.open_project(bare)).today.zones


def test_public_performance_leaves_rows_and_small_tables_out(city, run):
    code, out, err = run("performance", city, "--profile", "public")
    assert code == 0, err
    found = names(city / "out")
    assert "performance.csv" in found
    assert not found & {"quarantine.csv", "ledger.csv", "missed_first_engine.csv", "workload_by_unit.csv"}
    assert "Left out, as there is no public form of it:" in out
    assert (city / "publications.toml").is_file()
    table = pd.read_csv(city / "out" / "performance.csv", encoding="utf-8-sig")
    seconds = table[[c for c in table if c.endswith("_s") and c != "limit_s"]].to_numpy(float)
    assert not (seconds[~pd.isna(seconds)] % 30).any()
    assert table[["n", "within", "share"]].to_numpy().tolist() == [[56, 42, 0.75]]
    assert "n = 56, 75.0 % within 4:00" in out
    by_station = pd.read_csv(city / "out" / "performance_by_station_id.csv", encoding="utf-8-sig")
    assert "S2" not in set(by_station["station_id"])  # all of its were in time: that would be told of each
    made = content(city / "out", "performance_manifest.json")
    assert made["dispatch_rows"] is None
    assert "cad" not in json.dumps(made["inputs"])
    notes = (city / "out" / "performance_notes.txt").read_text(encoding="utf-8")
    assert "56 of 56" not in notes


def test_a_day_more_shows_the_figures_of_before(city, run):
    assert run("performance", city, "--profile", "public")[0] == 0
    before = (city / "out" / "performance.csv").read_bytes()
    more = pd.read_csv(city / "cad.csv", dtype=str)
    new = more.tail(2).assign(incident_id=["A", "B"])
    for column in ("received", "dispatched", "enroute", "arrived", "cleared"):
        new[column] = new[column].str.replace("2024-03-31", "2024-04-01")
    pd.concat([more, new]).to_csv(city / "cad.csv", index=False)
    code, _, err = run("performance", city, "--profile", "public")
    assert code == 0, err
    after = pd.read_csv(city / "out" / "performance.csv", encoding="utf-8-sig")
    assert after["n"].tolist() == [56]
    assert pd.read_csv(city / "out" / "performance_by_category.csv", encoding="utf-8-sig")["n"].tolist() == [56]
    assert before.splitlines()[0] == (city / "out" / "performance.csv").read_bytes().splitlines()[0]


def test_a_figure_of_before_never_stands_under_another_limit(city, run):
    plan = city / "plan.toml"
    plain = plan.read_text(encoding="utf-8")
    told = {}
    assert "[standards]" not in plain
    for limit_s in (240, 600):
        text = f"{plain}\n[standards]\ntravel_seconds = {limit_s}\n"
        plan.write_text(text, encoding="utf-8")
        code, _, err = run("performance", city, "--profile", "public")
        assert code == 0, err
        told[limit_s] = pd.read_csv(city / "out" / "performance.csv", encoding="utf-8-sig")
    assert told[240][["n", "within", "days"]].to_numpy().tolist() == [[56, 42, "2024-03-04 to 2024-03-31"]]
    assert not len(told[600])  # all were: that would be told of each


def test_a_public_report_says_what_it_leaves_out(city, run):
    code, out, err = run("report", city, "--profile", "public")
    assert code == 0, err
    assert names(city / "out") == {"report.html"}
    page = (city / "out" / "report.html").read_text(encoding="utf-8")
    assert page.count("Dispatch records are left out of this public report") >= 4
    assert 'class="restricted"' not in page
    assert CANARY not in page
    assert "Times are to 30 seconds" in page
    assert "75.0 % of 56 records were within 4:00" in page
    assert "records of 2024-03-04 to 2024-03-31" in page
    assert "For the public: 1 file." in out


def test_how_many_runs_drives_were_learnt_from_is_not_public():
    learnt = {"error": "median error 15 s, held out, n = 18,973", "runs": 18_973, "days": ["a", "b"], "model": "full"}
    content = {"inputs": {"plan": {}, "cad[1]": {}}, "calibration": learnt, "dispatch_rows": {"in": 3}}
    found = public_manifest(content)
    assert "18" not in json.dumps(found)
    assert found["inputs"] == {"plan": {}}
    assert found["dispatch_rows"] is None
    material = Material("", withheld="left out")
    assert material.told_of_drives(learnt["error"]) == "median error 15 s, held out"
    assert replace(material, withheld="").told_of_drives(learnt["error"]) == learnt["error"]


def calls(city, days):
    table = two_weeks_of_calls(28)
    late = (table["unit_id"] == "E1") & (table.index % 4 == 0)
    table.loc[late, "arrived"] = table.loc[late, "arrived"].str.replace(" 14:02", " 14:09")
    table.head(2 * days).to_csv(city / "cad.csv", index=False)


def shown(city, name):
    return pd.read_csv(city / "out" / f"{name}.csv", encoding="utf-8-sig")["n"].tolist()


def test_groups_never_add_up_to_more_than_is_published_over_all(city, run):
    # Each of two tables may move alone: that by category from 48 to 56 at once, that over all in steps of its own.
    calls(city, 24)
    assert run("report", city, "--profile", "public")[0] == 0
    calls(city, 28)
    assert run("performance", city, "--profile", "public")[0] == 0
    assert shown(city, "performance") == [48]
    assert shown(city, "performance_by_category") == []
    calls(city, 24)
    assert run("performance", city, "--profile", "public")[0] == 0
    assert shown(city, "performance") == shown(city, "performance_by_category") == [48]


# --- the ledger: recorded when all files are whole, and before any can be seen


def publish(city, run):
    return run("performance", city, "--profile", "public")


def test_nothing_is_recorded_where_a_file_could_not_be_written(city, run, monkeypatch):
    def full(*_args, **_more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fireplan._cli.performance.manifest", full)
    code, _, err = publish(city, run)
    assert code == 2
    assert "the disk is full" in " ".join(err.split())
    assert not (city / "publications.toml").exists()
    assert not (city / "out").exists()


def test_nothing_is_published_where_it_could_not_be_recorded(city, run, monkeypatch):
    def denied(*_args, **_more):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(_audience_output, "record_publications", denied)
    with pytest.raises(PermissionError):
        publish(city, run)
    assert not (city / "out").exists() or names(city / "out") == set()


def test_the_record_is_taken_back_where_no_file_could_be_moved(city, run, monkeypatch):
    real = Path.replace

    def stuck(self, target):
        if self.parent.name.startswith(".fireplan-"):
            raise OSError(5, "Input/output error")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", stuck)
    code, _, err = publish(city, run)
    assert code == 2
    assert "Input/output error; nothing was written" in " ".join(err.split())
    assert not (city / "publications.toml").exists()


def test_where_some_file_was_moved_it_goes_again_and_so_does_the_record(city, run, monkeypatch):
    real, moved = Path.replace, []

    def stuck(self, target):
        if self.parent.name.startswith(".fireplan-"):
            if moved:
                raise OSError(5, "Input/output error")
            moved.append(target)
        return real(self, target)

    monkeypatch.setattr(Path, "replace", stuck)
    code, _, err = publish(city, run)
    assert (code, len(moved)) == (2, 1)
    assert "Input/output error; nothing was written" in " ".join(err.split())
    assert names(city / "out") == set()
    assert not (city / "publications.toml").exists()


def test_a_run_is_refused_where_another_was_published_meanwhile(city, run, monkeypatch):
    real, ledger = _audience_output.whole_outputs, city / "publications.toml"
    other = fp.disclosure.Publication(date(2026, 12, 1), "table", checked=fp.disclosure.Publications().mark)

    def later(folder):
        fp.disclosure.record_publications(ledger, other)
        return real(folder)

    monkeypatch.setattr(_audience_output, "whole_outputs", later)
    code, _, err = publish(city, run)
    assert code == 2
    assert "another run has published meanwhile; run this again" in " ".join(err.split())
    assert not (city / "out").exists() or names(city / "out") == set()
    assert fp.disclosure.read_publications(ledger).entries == (other,)


# --- files of runs before


def test_a_map_of_a_run_before_goes_when_a_restricted_one_takes_its_place(city, run):
    plan = city / "plan.toml"
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace('"observed"', '"invented"'), encoding="utf-8")
    assert run("assess", city)[0] == 0
    assert "map.html" in names(city / "out")
    plan.write_text(text, encoding="utf-8")
    _, out, _ = run("assess", city)
    found = names(city / "out")
    assert "map.RESTRICTED.html" in found
    assert not found & {"map.html", "summary.csv", "manifest.json"}
    assert "Removed, of a run before:" in out


def test_a_page_that_somebody_changed_stays_and_is_named(city, run):
    (city / "out").mkdir()
    (city / "out" / "report.html").write_text("of last year", encoding="utf-8")
    _, out, _ = run("report", city)
    assert (city / "out" / "report.html").read_text(encoding="utf-8") == "of last year"
    assert "Still there, of a run before and not made anew: report.html." in out


def test_public_and_restricted_files_side_by_side_are_told(city, run):
    assert run("assess", city)[0] == 0
    _, out, _ = run("assess", city, "--profile", "public")
    assert {"map.html", "map.RESTRICTED.html"} <= names(city / "out")
    assert "The folder holds RESTRICTED files too" in out
    _, out, _ = run("assess", city)
    assert "map.html" in names(city / "out")  # it was made for the public
    assert "Still there, of a run before and not made anew:" in out
