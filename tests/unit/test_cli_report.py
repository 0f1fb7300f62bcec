"""`fireplan report`: what it writes, and what a fault looks like."""

import os
import sys
from importlib import import_module

import pytest

import fireplan as fp
from fireplan._cli import main
from fireplan.project import write_project


@pytest.fixture
def project(tmp_path):
    """Line Street as a project folder, with one what-if."""
    folder = write_project(fp.examples.line_town(), tmp_path / "line")
    with (folder / "plan.toml").open("a", encoding="utf-8") as plan:
        plan.write('\n[[scenario]]\nname = "no station"\nchanges = [ { open_station = "S2", at = [-140.0, 30.03] } ]\n')
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


def test_it_writes_one_page_and_says_where(project, run):
    code, out, err = run("report", project)
    assert code == 0, err
    assert [p.name for p in (project / "out").iterdir()] == ["report.html"]
    assert str((project / "out").resolve()) in out
    page = (project / "out" / "report.html").read_text(encoding="utf-8")
    assert "inputs · plan · sha256" in page
    assert "line town" in page


def test_the_same_project_gives_the_same_bytes(project, run, tmp_path):
    for name in ("one", "two"):
        assert run("report", project, "--out", tmp_path / name, "--paper", "Letter")[0] == 0
    one, two = ((tmp_path / name / "report.html").read_bytes() for name in ("one", "two"))
    assert one == two
    assert b"size: letter" in one


def test_a_pdf_without_weasyprint_writes_nothing(project, run, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    code, _, err = run("report", project, "--pdf")
    assert code == 2
    assert 'pip install "fireplan[pdf]"' in err
    assert not (project / "out").exists()


def _needs_weasyprint():
    try:
        import_module("weasyprint")
    except (ImportError, OSError) as error:  # OSError: Pango, which it draws with, is not on this machine
        (pytest.fail if os.environ.get("FIREPLAN_CI") == "1" else pytest.skip)(f"no WeasyPrint here: {error}")


def test_a_pdf_stands_beside_the_page(project, run):
    _needs_weasyprint()
    assert run("report", project, "--pdf")[0] == 0
    assert (project / "out" / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_project_that_is_not_there_is_named(tmp_path, run):
    code, _, err = run("report", tmp_path / "nowhere")
    assert code == 2
    assert "nowhere" in err


def test_siting_is_answered_in_the_report_where_it_is_asked_for(project, run):
    with (project / "plan.toml").open("a", encoding="utf-8") as plan:
        plan.write('\n[siting]\ncandidates = "grid"\nspacing_m = 300\nwithin_seconds = 100\nrobustness_runs = 5\n')
    assert run("report", project, "--siting")[0] == 0
    page = (project / "out" / "report.html").read_text(encoding="utf-8")
    assert "most reached" in page
    assert "No search for sites was given" not in page
    assert run("report", project)[0] == 0
    assert "No search for sites was given" in (project / "out" / "report.html").read_text(encoding="utf-8")
