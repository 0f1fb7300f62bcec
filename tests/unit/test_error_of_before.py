"""Where speeds were scaled, every place that shows a modelled time says that its error is of before."""

import re
from dataclasses import replace

import pytest
from learnt_drives import learnt, runs
from markupsafe import Markup

import fireplan as fp
from fireplan import siting
from fireplan._cli import terminal as show
from fireplan.changes._drive_error import error_said, errors_said
from fireplan.drive_times import write_calibration
from fireplan.project import manifest, open_project, write_project
from fireplan.project._pinned_calibration import pin
from fireplan.report import _html_page, material_of
from fireplan.report._write_report import report_bytes
from fireplan.standards import NFPA_1710

ERROR = "drive times: median error 15 s, p90 49 s, held out, n = 1,919"
BEFORE = f"{ERROR}, before speeds were scaled"


@pytest.fixture(scope="module")
def town():
    line = fp.examples.line_town().apply(fp.OpenStation("S2", at=(-140.0, 30.04), units=("E2",)), name="today")
    return line.calibrated(learnt(line.roads))


@pytest.fixture(scope="module")
def slower(town):
    return town.apply(fp.ScaleSpeeds(0.5), name="slower")


def words(page):
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)).split())


def report(monkeypatch, subject, chapters):
    monkeypatch.setattr(_html_page, "_picture", lambda _: (Markup(), 0))
    return words(report_bytes(material_of(subject, runs=runs(), standard=NFPA_1710), chapters=chapters).decode())


def test_it_is_said_once_and_of_those_that_are_driven_otherwise_by_name(town, slower):
    closed = town.apply(fp.CloseStation("S2"), name="closed")
    assert error_said(town) == ERROR
    assert error_said(slower.apply(fp.CloseStation("S2"))) == BEFORE
    assert errors_said(town, closed) == ERROR
    assert errors_said(town, closed, slower) == f"{ERROR}; slower: {BEFORE}"
    assert errors_said(slower, slower) == BEFORE


def test_the_report_says_it_in_summary_chapter_and_manifest(town, slower, monkeypatch):
    chapters = {"summary", "drive_times", "manifest"}
    text = report(monkeypatch, slower, chapters)
    assert f"D{BEFORE[1:]}, learnt from observed runs." in text
    assert f"D{BEFORE[1:]}. What it must not be used for" in text
    assert f"calibration · error {BEFORE}" in text
    assert "records show it, except of “slower”, where speeds were scaled since." in text
    text = report(monkeypatch, fp.compare(town, slower, standard=NFPA_1710), chapters)
    assert f"D{ERROR[1:]}; slower: {BEFORE}, learnt from observed runs." in text
    assert f"calibration · error {ERROR}; slower: {BEFORE}" in text
    assert "except of “slower”, where speeds were scaled since." in text
    assert "scaled" not in report(monkeypatch, town, chapters)


def test_a_run_manifest_says_it_and_which_network_is_which(tmp_path):
    planned = fp.examples.line_town()
    folder = write_project(planned, tmp_path / "line", timezone="UTC")
    write_calibration(replace(learnt(planned.roads), stations={}), folder / "calibration.toml")
    pin(folder / "plan.toml", "calibration.toml")
    project = open_project(folder)
    slower = project.today.apply(fp.ScaleSpeeds(0.5), name="slower")
    made = manifest(project, [project.today, slower])
    assert made["calibration"]["error"] == f"{ERROR}; slower: {BEFORE}"
    assert made["network"]["fingerprint_as_driven"] == project.today.roads.fingerprint
    assert made["calibration"]["network_as_planned"] == project.today.calibration.network
    assert manifest(project, [project.today])["calibration"]["error"] == ERROR


def test_a_search_for_sites_says_it(town, slower):
    candidates = siting.grid_sites(town, spacing_m=500)
    for scenario, said in ((town, ERROR), (slower, BEFORE)):
        found = siting.max_coverage(scenario, candidates=candidates, within_s=240)
        assert any(note.startswith(f"{said} (observed runs); each place counts by how likely") for note in found.notes)


def test_a_map_of_sites_says_what_a_gap_is(town):
    found = siting.max_coverage(town, candidates=siting.grid_sites(town, spacing_m=500), within_s=240)
    page = fp.maps.siting(found, assessment=fp.assess(town, standard=NFPA_1710)).to_html()
    assert "gap today: help is likelier late than in time" in page.replace("\N{NO-BREAK SPACE}", " ")
    planned = fp.examples.line_town()
    found = siting.max_coverage(planned, candidates=siting.grid_sites(planned, spacing_m=500), within_s=240)
    page = fp.maps.siting(found, assessment=fp.assess(planned, standard=NFPA_1710)).to_html()
    assert "gap today" in page
    assert "likelier late" not in page


def test_the_terminal_says_it_of_a_what_if(town, slower):
    (first, *_) = show.drive_lines(fp.compare(town, slower, standard=NFPA_1710))
    assert first == f"D{ERROR[1:]}; slower: {BEFORE} (observed runs)."
