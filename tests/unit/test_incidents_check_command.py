"""The command that checks a file before it is used."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from fireplan._cli import check as checking
from fireplan._cli.app import app

HEADER = "incident_id,unit_id,call_type,priority,latitude,longitude,received,dispatched,enroute,arrived,cleared,address"
DAY = "2024-03-05T14:"
ROW = f"24-1,E1,FIRE,1,39.951,-75.161,{DAY}00:00,{DAY}01:00,{DAY}02:10,{DAY}05:40,{DAY}40:00,1 SECRET ST"


@pytest.fixture
def calls(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text("\n".join([HEADER, ROW, ROW.replace("24-1", ""), ROW.replace("24-1,E1", "24-2,=1+1")]))
    return path


def run(*words):
    return CliRunner().invoke(app, ["check", *(str(word) for word in words)])


def test_a_usable_file_is_told_as_a_table(calls):
    found = run(calls, "--kind", "cad", "--timezone", "America/New_York")
    assert found.exit_code == 0
    assert "QUARANTINE calls.csv: 3 rows, 2 used, 1 set aside" in found.output
    assert "rows_used" in found.output
    assert "SECRET" not in found.output


def test_json_and_tables(calls, tmp_path):
    out = tmp_path / "out"
    found = run(calls, "--kind", "cad", "--timezone", "America/New_York", "--json", "--out", out)
    told = json.loads(found.output)
    assert (told["verdict"], told["rows_in"], told["rows_ok"], told["rows_quarantined"]) == ("QUARANTINE", 3, 2, 1)
    assert any("line 3" in message for message in told["messages"])
    ledger = pd.read_csv(out / "ledger.RESTRICTED.csv")
    assert ledger.columns.tolist() == ["code", "outcome", "column", "rows", "lines", "meaning", "source"]
    assert pd.read_csv(out / "quarantine.RESTRICTED.csv")["line"].tolist() == [3]


def test_exported_cells_are_no_formulas(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text("\n".join([HEADER, ROW, ROW.replace("24-1,E1", ",=1+1")]))
    run(path, "--kind", "cad", "--timezone", "America/New_York", "--out", tmp_path)
    assert "'=1+1" in (tmp_path / "quarantine.RESTRICTED.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (["nowhere.csv", "--kind", "cad", "--timezone", "America/New_York"], "there is no file"),
        (["nowhere.csv", "--kind", "cad"], "--timezone"),
        (["nowhere.csv", "--kind", "cad", "--timezone", "Nowhere"], "no time zone"),
        (["nowhere.csv", "--kind", "stations"], "nowhere.csv"),
        (["nowhere.graphml", "--kind", "network"], "nowhere"),
        (["nowhere.toml", "--kind", "scenario"], "nowhere"),
        (["nowhere.jsonl", "--kind", "feed"], "nowhere.jsonl"),
    ],
)
def test_what_cannot_be_used_is_said_and_exits_with_one(words, match):
    found = run(*words)
    assert found.exit_code == 1
    assert isinstance(found.exception, SystemExit)
    assert found.output.startswith("ERROR")
    assert match in found.output
    assert "Traceback" not in found.output


def test_even_a_fault_of_ours_is_no_traceback(calls, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(checking, "_check_cad", fail)
    found = run(calls, "--kind", "cad", "--timezone", "America/New_York")
    assert found.exit_code == 1
    assert "ZeroDivisionError" in found.output


def test_an_out_folder_that_cannot_be_is_an_error(calls):
    found = run(calls, "--kind", "cad", "--timezone", "America/New_York", "--out", calls)
    assert found.exit_code == 1
    assert "cannot be written to" in found.output


def test_control_characters_do_not_reach_the_terminal(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text("\n".join([HEADER, ROW, ROW.replace("24-1", "24-2").replace(",1,", ",\x1b[31mHI,", 1)]))
    assert "\x1b[31m" not in run(path, "--kind", "cad", "--timezone", "America/New_York").output


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("kind", "name", "verdict"),
    [("stations", "ok.csv", "ACCEPT"), ("network", "ok_grid3.graphml", "ACCEPT"), ("scenario", "ok.toml", "ACCEPT")],
)
def test_other_kinds_are_read_by_their_own_readers(shared_corpus, kind, name, verdict):
    found = run(shared_corpus / kind / name, "--kind", kind, "--json")
    assert json.loads(found.output)["verdict"] == verdict


def test_two_files_and_the_zone_of_their_stamps(tmp_path):
    (tmp_path / "calls.csv").write_text("incident_id,received\n1,2024-03-13 10:00:00\n2,2024-03-13 11:00:00\n")
    (tmp_path / "units.csv").write_text(
        "incident_id,unit_id,arrived\n1,E1,2024-03-13 10:05:00\n3,E1,2024-03-13 12:05:00\n"
    )
    words = ["--kind", "cad", "--timezone", "America/New_York", "--stamp-timezone", "UTC", "--json"]
    found = json.loads(run(tmp_path / "calls.csv", *words, "--responses", tmp_path / "units.csv").stdout)
    assert (found["verdict"], found["rows_in"], found["rows_ok"]) == ("QUARANTINE", 4, 2)
    told = "\n".join(found["messages"])
    assert "line 3: the file of units has no row of this incident" in told
    assert "units.csv line 3: the row of the file of units names an incident" in told
    assert "UTC, reported in America/New_York" in told
