"""Inputs that once slipped through, small and invented, each with what is right; and the kinds they stand for."""

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import fireplan as fp
from fireplan._cli.app import app
from fireplan._cli.check_context import Extent
from fireplan._geofiles import read_apart, reading_worker
from fireplan.errors import InputError, TableError
from fireplan.incidents import read_cad
from fireplan.operations._events.feed_check import check_feed_file

CASES = Path(__file__).parents[1] / "data" / "cases" / "trust"
CITY = Path(__file__).parents[2] / "data" / "marisol"
ZONE = "America/Los_Angeles"
NEEDS = {"travel_s": {"enroute", "arrived"}, "turnout_s": {"dispatched", "enroute", "arrived"}}
"""Stamps without which an interval of the first unit to arrive cannot be told."""

STAMPS = ("received", "dispatched", "enroute", "arrived", "cleared")


def checked(*words):
    found = CliRunner().invoke(app, ["check", *map(str, words), "--json"])
    assert isinstance(found.exception, SystemExit | None)
    return json.loads(found.stdout)


# Feeds


def test_ids_of_a_feed_are_checked_line_by_line():
    found = check_feed_file(CASES / "nul_id.jsonl")
    assert (found.verdict, found.rows_in, found.rows_ok, found.rows_quarantined) == ("QUARANTINE", 4, 1, 3)
    assert [r.line for r in found.refusals] == [1, 2, 3]
    assert [r.code for r in found.refusals] == ["unit_id", "key_twice", "incident_id"]
    assert found.units == {"E7"}


# The same unit on the same incident twice


@pytest.mark.parametrize("other", ["same", "dispatched", "arrived", "cleared", "call_type", "all but dispatched"])
@pytest.mark.parametrize("how", ["one file", "two files", "other order"])
def test_a_response_told_twice_is_counted_once(other, how, tmp_path):
    table = pd.read_csv(CASES / "conflicting_rows.csv", dtype=str).iloc[:2]
    again = table.iloc[[1]].copy()
    changes = {
        "same": {},
        "dispatched": {"dispatched": "2024-05-07T10:00:55"},
        "arrived": {"arrived": "2024-05-07T10:07:00"},
        "cleared": {"cleared": "2024-05-07T10:50:00"},
        "call_type": {"call_type": "EMS"},
        "all but dispatched": {
            "enroute": "2024-05-07T10:02:00", "arrived": "2024-05-07T10:07:00", "cleared": "2024-05-07T10:50:00",
        },
    }  # fmt: skip
    again = again.assign(**changes[other])
    files = [tmp_path / "a.csv"]
    if how == "two files":
        files.append(tmp_path / "b.csv")
        table.to_csv(files[0], index=False)
        again.to_csv(files[1], index=False)
    else:
        whole = pd.concat([table, again])
        (whole if how == "one file" else whole.iloc[::-1]).to_csv(files[0], index=False)
    history = read_cad(files if len(files) > 1 else files[0], timezone=ZONE)
    assert (history.rows_in, history.rows_ok, history.rows_duplicate) == (3, 2, 1)
    assert len(history.responses) == 2
    assert fp.workload(history, by="unit_id")["n"].sum() == 2
    assert any("counted once" in line for line in history.messages())


def test_the_stamp_in_which_two_rows_differ_is_dropped():
    history = read_cad(CASES / "conflicting_rows.csv", timezone=ZONE)
    assert history.responses["arrived"].isna().tolist() == [False, True]
    assert any(line.startswith("conflicting_row (duplicate): 1 row, line 4 [arrived]") for line in history.messages())


# CSV


def table_with(field, *, short):
    header = "incident_id,unit_id,received,arrived,narrative"
    day = "2024-05-07T09:"
    rows = [f"{n},E1,{day}0{n}:00,{day}1{n}:00,x" for n in range(1, 4)]
    rows[1] = f"2,E1,{day}02:00,{field}" + ("" if short else f",{field}")
    return "\n".join([header, *rows]) + "\n"


@pytest.mark.parametrize("short", [True, False])
@pytest.mark.parametrize("around", ["", '"'])
def test_a_field_longer_than_csv_reads_is_set_aside_by_its_line(short, around, tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text(table_with(around + "x" * 140_000 + around, short=short))
    limit = csv.field_size_limit()
    history = read_cad(path, timezone=ZONE)
    assert (history.rows_in, history.rows_ok, history.rows_set_aside) == (3, 2, 1)
    assert history.quarantine[["line", "code"]].to_numpy().tolist() == [[3, "field_too_long"]]
    assert csv.field_size_limit() == limit


def test_a_header_with_a_name_that_long_is_refused(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text("incident_id,unit_id,received,arrived," + "x" * 140_000 + "\n1,E1,2024-05-07T09:00:00,,\n")
    with pytest.raises(TableError, match="line 1"):
        read_cad(path, timezone=ZONE)


# Parquet


def parquet(folder, rows=3):
    path = folder / "calls.parquet"
    table = pa.table(
        {
            "incident_id": [str(n) for n in range(rows)],
            "unit_id": ["E1"] * rows,
            "received": [f"2024-05-07T09:{n % 60:02}:00" for n in range(rows)],
            "arrived": [f"2024-05-07T09:{n % 60:02}:30" for n in range(rows)],
        }
    )
    pq.write_table(table, path)
    return path


WORKERS = {
    "aborts": "import os; os.abort()",
    "ends": "pass",
    "aborts later": "import os, sys; sys.stdin.readline(); sys.stdout.buffer.write(b'\\1' + b'\\x40'); os.abort()",
    "says too little": "import sys; sys.stdout.buffer.write(b'\\1\\2\\0\\0\\0\\0\\0\\0\\0ab'); sys.stdout.flush()",
    "raises": "raise RuntimeError",
}


@pytest.mark.parametrize("what", WORKERS)
def test_a_reader_that_breaks_down_is_an_error_here(what, tmp_path, monkeypatch):
    worker = tmp_path / "worker.py"
    worker.write_text(WORKERS[what])
    monkeypatch.setattr(reading_worker, "__file__", str(worker))
    with pytest.raises(InputError, match=r"'calls\.parquet' is a damaged Parquet file"):
        read_cad(parquet(tmp_path), timezone=ZONE)


def test_a_reader_that_hangs_is_ended(tmp_path, monkeypatch):
    worker = tmp_path / "worker.py"
    worker.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(reading_worker, "__file__", str(worker))
    monkeypatch.setattr(read_apart, "LEAST_WALL_S", 1.0)
    monkeypatch.setattr(read_apart, "LEAST_CPU_S", 0)
    began_s = time.perf_counter()
    with pytest.raises(InputError, match="takes too long to be read, over 1 s"):
        read_cad(parquet(tmp_path), timezone=ZONE)
    assert time.perf_counter() - began_s < 5


@pytest.mark.skipif(os.name != "posix", reason="the system holds no process to so much memory")
def test_a_reader_is_held_to_its_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(read_apart, "MOST_MEMORY_BYTES", 2**20)
    with pytest.raises(InputError, match=r"calls\.parquet"):
        read_cad(parquet(tmp_path), timezone=ZONE)


def test_a_script_without_a_main_guard_reads_parquet(tmp_path):
    """As a notebook does: the process is no copy of ours that would run the script anew."""
    script = tmp_path / "script.py"
    script.write_text(
        "from fireplan.incidents import read_cad\n"
        f"print(read_cad({str(parquet(tmp_path))!r}, timezone={ZONE!r}).rows_ok)\n"
    )
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (ran.stdout, ran.returncode) == ("3\n", 0), ran.stderr


@pytest.mark.corpus
def test_the_file_that_ended_a_notebook_is_an_error(shared_corpus):
    file = shared_corpus.parent / "cases" / "trust" / "aborts_pyarrow.parquet"
    with pytest.raises(InputError, match="damaged Parquet file"):
        read_cad(file, timezone=ZONE)


# Check, alone and with a project


def test_check_says_what_it_could_not_know(tmp_path):
    file = tmp_path / "stations.csv"
    file.write_text("station_id,name,latitude,longitude,units\nA,A,33.06,-127.46,E1\n")
    told = checked(file, "--kind", "stations")
    assert told["verdict"] == "ACCEPT"
    assert told["not_checked"] == "not checked: whether the stations lie in the city and by its roads; give --project"
    assert (
        "Not checked: whether the stations lie"
        in CliRunner().invoke(app, ["check", str(file), "--kind", "stations"]).output
    )
    with_city = checked(file, "--kind", "stations", "--project", CITY)
    assert (with_city["verdict"], with_city["not_checked"]) != ("ERROR", told["not_checked"])


def test_swapped_stations_are_told_with_and_without_a_project(tmp_path):
    told = checked(CASES / "swapped_stations.csv", "--kind", "stations")
    assert (told["verdict"], told["rows_in"]) == ("ERROR", 2)
    assert "swapped" in "".join(told["messages"])
    file = tmp_path / "stations.csv"  # of a place where neither way is the Antarctic
    file.write_text("station_id,name,latitude,longitude,units\nA,A,33.06,-127.46,E1\nB,B,10.0,20.0,E2\n")
    found = checked(file, "--kind", "stations", "--project", CITY)
    assert found["verdict"] == "REPAIR"
    assert "station 'B': over 25 km from the roads and zones of the project" in found["messages"][0]


def test_places_that_are_in_the_city_only_when_swapped_are_a_fault():
    """Where neither way is the Antarctic, only the project can tell: Rome, and the Red Sea off Eritrea."""
    extent = Extent(12.0, 41.5, 13.0, 42.5)
    who = ["station 'A'", "station 'B'", "station 'C'"]
    faults, notes = extent.odd_places(np.array([12.5, 41.9, 2.0]), np.array([41.9, 12.5, 48.0]), who)
    assert faults == ["station 'B': latitude and longitude look swapped: only so they lie in the city of the project"]
    assert [note.split(":")[0] for note in notes] == ["station 'C'"]
    assert extent.odd_places(np.array([12.5]), np.array([41.9]), ["station 'A'"]) == ([], [])


def test_a_history_takes_zone_and_units_from_its_project(tmp_path):
    file = tmp_path / "calls.csv"
    shutil.copy(CASES / "no_enroute.csv", file)
    found = checked(file, "--kind", "cad", "--project", CITY)
    assert (found["verdict"], found["rows_in"], found["rows_ok"]) == ("REPAIR", 1, 1)
    file.write_text(file.read_text().replace(",E1,", ",X77,"))
    assert any("X77" in line for line in checked(file, "--kind", "cad", "--project", CITY)["messages"])
    assert checked(file, "--kind", "cad")["verdict"] == "ERROR"


def test_a_feed_is_held_to_the_units_and_the_place_of_its_project(tmp_path):
    file = tmp_path / "feed.jsonl"
    lines = [
        {"event_id": "1", "type": "unit.out_of_service", "unit_id": "X77"},
        {"event_id": "2", "type": "unit.moved_up", "unit_id": "E1", "station_id": "S99"},
        {"event_id": "3", "type": "incident.created", "incident_id": "7", "latitude": 50.0, "longitude": 8.0},
    ]
    file.write_text("\n".join(json.dumps({**line, "ts": "2024-05-07T19:00:20Z"}) for line in lines))
    found = checked(file, "--kind", "feed", "--project", CITY)
    said = "\n".join(found["messages"])
    assert found["verdict"] == "REPAIR"
    for token in ("'X77'", "'S99'", "incident 7: over 25 km"):
        assert token in said
    assert checked(file, "--kind", "feed")["verdict"] == "ACCEPT"


# A history that lacks what most have


def city_with(table, folder):
    for name in ("roads.osm.gz", "stations.csv", "units.csv", "zones.geojson"):
        shutil.copy(CITY / name, folder / name)
    table.to_csv(folder / "cad.csv", index=False)
    plan = (
        (CITY / "plan.toml")
        .read_text()
        .replace("cad.csv.gz", "cad.csv")
        .replace('calibration = "calibration.toml"', "")
    )
    (folder / "plan.toml").write_text(plan[: plan.index("[[scenario]]")])
    return folder


@pytest.fixture(scope="module")
def ten_days():
    table = pd.read_csv(CITY / "cad.csv.gz", dtype=str, keep_default_na=False)
    days = table["received"].str[:10]
    return table[days.isin(sorted(days.unique())[:10])]


@pytest.mark.parametrize("without", ["enroute", "arrived", "priority", "unit_id"])
def test_what_cannot_be_measured_is_told_and_all_else_is_measured(without, ten_days, tmp_path):
    folder = city_with(ten_days.assign(**{without: ""}), tmp_path)
    found = CliRunner().invoke(app, ["performance", str(folder)])
    if without == "unit_id":  # nobody's stamps: a true reason
        assert found.exit_code != 0
        assert "nothing can be measured: no row of the dispatch history can be used (n = 0 of" in str(found.exception)
        assert "no unit_id" in str(found.exception)
        return
    assert found.exit_code == 0, found.exception
    table = pd.read_csv(folder / "out" / "performance.csv").set_index("interval")
    if without == "enroute":
        assert table.loc["travel_s", "n"].max() == 0
        assert table.loc["total_response_s", "n"].max() > 250
    if without == "priority":
        assert "No incident counts (n = 0)" in found.output


def test_no_pair_of_stamps_that_lacks_is_a_fault_of_ours(ten_days, tmp_path):
    for names in [*combinations(STAMPS, 1), *combinations(STAMPS, 2)]:
        path = tmp_path / "calls.csv"
        ten_days.assign(**dict.fromkeys(names, "")).to_csv(path, index=False)
        history = read_cad(path, timezone=ZONE)
        assert history.rows_in == history.rows_ok + history.rows_set_aside + history.rows_duplicate
        table = fp.performance(history)
        assert not table.empty
        for interval, needs in NEEDS.items():
            counted = table.loc[table["interval"] == interval, "n"]
            assert (counted.max() == 0) == bool(needs & set(names)), (names, interval)
        fp.workload(history, by="unit_id")
