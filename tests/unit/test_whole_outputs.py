"""Results are written whole or not at all, whatever the disk, the names and other runs do."""

import errno
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fireplan._cli.app import app
from fireplan.errors import ProjectError
from fireplan.project import whole_outputs
from fireplan.project._atomic_output import check_output


def content(folder):
    return {p.relative_to(folder).as_posix(): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}


def filled(folder):
    folder.mkdir()
    for name in ("a.csv", "map.html"):
        (folder / name).write_text("old")
    return folder


def wrote(folder, *names, text="new"):
    with whole_outputs(folder) as part:
        for name in names:
            (part / name).write_text(text)


def failed_midway(folder, error):
    with whole_outputs(folder) as part:
        (part / "a.csv").write_text("new")
        raise error


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_one_error_and_earlier_results_stay(tmp_path, code):
    out = filled(tmp_path / "out")
    with pytest.raises(ProjectError, match="the disk is full; nothing was written") as caught:
        failed_midway(out, OSError(code, os.strerror(code)))
    assert str(caught.value).isprintable()
    assert content(out) == {"a.csv": "old", "map.html": "old"}
    with pytest.raises(ProjectError, match="the disk is full"), whole_outputs(out):
        raise RuntimeError("sqlite3_exec(COMMIT) failed: database or disk is full")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_writer_that_says_no_word_of_the_full_disk_is_understood(tmp_path, monkeypatch):
    """Of a GeoPackage on a full disk it is told that a table is not there."""

    def filled_up():
        with whole_outputs(tmp_path / "out"):
            monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 4096, "total": 2**30})())
            raise RuntimeError("no such table: gpkg_contents")

    with pytest.raises(ProjectError, match="the disk is full"):
        filled_up()


def test_a_full_disk_is_told_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 4096, "total": 2**30})())
    with pytest.raises(ProjectError, match="the disk is full; nothing was written"):
        check_output(tmp_path / "out")


def test_what_is_no_disk_is_not_said_to_be_full(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 0, "total": 0})())
    assert check_output(tmp_path / "out") == tmp_path


@pytest.mark.parametrize("command", ["assess", "compare", "performance", "replay", "simulate", "site", "report"])
def test_a_bad_folder_is_told_before_the_project_is_read(tmp_path, command):
    (tmp_path / "taken").write_text("a file")
    found = CliRunner().invoke(app, [command, str(tmp_path / "no project"), "--out", str(tmp_path / "taken")])
    assert "is a file: name a folder" in str(found.exception)


@pytest.mark.skipif(os.name != "posix", reason="folders are held otherwise there")
def test_what_killed_runs_left_behind_goes_and_what_runs_hold_stays(tmp_path, monkeypatch):
    out = filled(tmp_path / "out")
    (out / ".fireplan-abcd_123").mkdir()
    (out / ".fireplan-abcd_123" / "half.csv").write_text("half")
    (out / ".fireplan-notes").mkdir()
    (tmp_path / ".fireplan-wxyz0000").mkdir()
    (out / ".fireplan-linked00").symlink_to(tmp_path)
    wrote(out, "a.csv")
    assert (out / ".fireplan-abcd_123").is_dir(), "a folder that is so young may be of a run that begins"
    monkeypatch.setattr("fireplan.project._atomic_output.LEFT_AFTER_S", -1.0)
    with whole_outputs(out) as part:
        (part / "b.csv").write_text("other run")
        wrote(out, "a.csv")
    assert sorted(p.name for p in out.iterdir()) == [
        ".fireplan-linked00",
        ".fireplan-notes",
        "a.csv",
        "b.csv",
        "map.html",
    ]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_what_is_wrong_with_inputs_is_not_told_of_the_output(tmp_path):
    with pytest.raises(FileNotFoundError), whole_outputs(tmp_path / "out"):
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "stations.csv")
    with pytest.raises(RuntimeError), whole_outputs(tmp_path / "out"):
        raise RuntimeError("no solver")
    assert not list(tmp_path.iterdir())


def test_a_move_that_fails_half_way_puts_all_back(tmp_path, monkeypatch):
    out = filled(tmp_path / "out")
    moved = Path.replace

    def full(file, target):
        if file.name == "map.html" and target.parent == out and file.read_text() == "new":
            raise OSError(errno.EIO, "Input/output error")
        return moved(file, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ProjectError, match="Input/output error; nothing was written"):
        wrote(out, "a.csv", "b.csv", "map.html")
    assert content(out) == {"a.csv": "old", "map.html": "old"}


def test_a_folder_where_a_file_should_go_is_refused_before_anything_is_moved(tmp_path):
    out = filled(tmp_path / "out")
    (out / "map.html").unlink()
    (out / "map.html").mkdir()
    (out / "map.html" / "own.txt").write_text("own")
    with pytest.raises(ProjectError, match=r"holds a folder where a file should go: 'map\.html'"):
        wrote(out, "a.csv", "map.html")
    assert content(out) == {"a.csv": "old", "map.html/own.txt": "own"}


def test_a_link_to_nothing_is_refused_before_the_work(tmp_path):
    (tmp_path / "out").symlink_to(tmp_path / "gone")
    for target in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(ProjectError, match="is a link to nothing"), whole_outputs(target):
            pytest.fail("the work was begun")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_link_to_a_folder_is_followed_and_a_file_that_is_a_link_is_replaced(tmp_path):
    filled(tmp_path / "true")
    (tmp_path / "out").symlink_to(tmp_path / "true")
    (tmp_path / "elsewhere").write_text("own")
    (tmp_path / "true" / "b.csv").symlink_to(tmp_path / "elsewhere")
    wrote(tmp_path / "out", "a.csv", "b.csv")
    assert content(tmp_path / "true") == {"a.csv": "new", "b.csv": "new", "map.html": "old"}
    assert (tmp_path / "elsewhere").read_text() == "own"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a\nb", "line break"), ("a\0b", "line break"), ("a\x1b[31mb", "control"), ("a\u2028b", "line break"),
        ("x" * 256, "longer than 255"), ("é" * 128, "longer than 255"), ("CON", "device on Windows"),
        ("aux.csv", "device on Windows"), ("Com1", "device on Windows"), ("nul.tar.gz", "device on Windows"),
        ("/".join(["x" * 250] * 40), "cannot be written to"),
    ],
)  # fmt: skip
def test_a_name_that_can_be_none_is_refused_before_the_work(tmp_path, name, told):
    with pytest.raises(ProjectError, match=told) as caught, whole_outputs(tmp_path / name):
        pytest.fail("the work was begun")
    assert str(caught.value).isprintable()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("a.csv", "A.csv"), "differ only in capitals"), (("aux.csv",), "device on Windows"),
        (("b\n.csv",), "line break"),
    ],
)  # fmt: skip
def test_results_whose_names_no_other_disk_keeps_are_refused(tmp_path, names, told):
    out = filled(tmp_path / "out")
    with pytest.raises(ProjectError, match=told):
        wrote(out, "map.html", *names)
    assert content(out) == {"a.csv": "old", "map.html": "old"}


def test_names_that_only_look_like_devices_are_kept(tmp_path):
    wrote(tmp_path / "console", "auxiliary.csv", "com10.csv", "Stationen, Übersicht.csv")
    assert len(content(tmp_path / "console")) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to_is_refused(tmp_path):
    out = filled(tmp_path / "out")
    out.chmod(0o500)
    with pytest.raises(ProjectError, match="cannot be written to: Permission denied"):
        wrote(out, "a.csv")
    out.chmod(0o700)
    assert content(out) == {"a.csv": "old", "map.html": "old"}


def run(out, text, ready, go):
    ready.release()
    go.wait()
    for _ in range(20):
        names = ["manifest.json", *(f"{i}.csv" for i in range(30)), *([f"only {text}.csv"])]
        wrote(out, *names, text=json.dumps({"outputs": {}, "by": text}))


def test_two_runs_into_one_folder_do_not_mix(tmp_path):
    """Whoever looks while both are writing, under the same lock, sees the results of one."""
    spawn = multiprocessing.get_context("spawn")
    ready, go = spawn.Semaphore(0), spawn.Event()
    runs = [spawn.Process(target=run, args=(tmp_path / "out", text, ready, go)) for text in ("one", "two")]
    for one in runs:
        one.start()
    for _ in runs:
        ready.acquire()
    go.set()
    for one in runs:
        one.join(60)
    assert [one.exitcode for one in runs] == [0, 0]
    found = {name: json.loads(text)["by"] for name, text in content(tmp_path / "out").items() if "only" not in name}
    assert len(found) == 31
    assert len(set(found.values())) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


HOLDER = """
import fcntl, os, sys, time
handle = os.open(sys.argv[1], os.O_RDONLY)
fcntl.flock(handle, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(os.name != "posix", reason="folders are locked otherwise there")
def test_a_run_that_is_stuck_is_waited_for_and_a_killed_one_is_not(tmp_path, monkeypatch):
    out = filled(tmp_path / "out")
    monkeypatch.setattr("fireplan.project._atomic_output.PATIENCE_S", 0.2)
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(out)], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(ProjectError, match="is being written to by another run"):
            wrote(out, "a.csv")
        assert content(out) == {"a.csv": "old", "map.html": "old"}
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        began = time.monotonic()
        wrote(out, "a.csv")
        assert time.monotonic() - began < 5
    assert content(out) == {"a.csv": "new", "map.html": "old"}
