"""Single files are written whole or not at all, with one error that says why not."""

import errno
import os
from pathlib import Path

import pytest

import fireplan as fp
from fireplan._whole_file import write_whole
from fireplan.errors import InputError
from fireplan.project import whole_outputs


def drawn():
    return fp.charts.Chart("Title", "what it shows", lambda: pytest.fail("drawn before the name was judged"))


def learnt():
    error = fp.calibration.HeldOutError(1919, "days", 0.2, 30.6, 100.4, 0.54)
    return fp.Calibration("factor", error, network="a", history="b", factor=0.8)


WRITERS = {
    "roads.npz": lambda path: fp.roads.save(fp.examples.line_town().roads, path),
    "page.html": lambda path: fp.maps.OfflineMap(title="Page").save(path),
    "chart.svg": lambda path: drawn().save(path),
    "calibration.toml": lambda path: fp.calibration.write_calibration(learnt(), path),
    "report.html": lambda path: fp.write_report(fp.examples.line_town(), path, standard=fp.standards.NFPA_1710),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("not there/{}", "there is no folder"),
        ("file/{}", "there is no folder"),
        ("folder/{}", "a folder of that name is there"),
        ("two\nlines{}", "line break"),
    ],
)
def test_what_cannot_be_a_file_is_one_error(tmp_path, name, where, told):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder" / name).mkdir(parents=True)
    with pytest.raises(InputError, match=told) as caught:
        WRITERS[name](tmp_path / where.format(name))
    assert str(caught.value).isprintable()
    assert sorted(p.name for p in tmp_path.rglob("*")) == sorted(["file", "folder", name])


@pytest.mark.parametrize("name", [n for n in WRITERS if n != "chart.svg"])  # of which nothing is drawn here
def test_a_full_disk_is_one_error_and_what_was_there_stays(tmp_path, name, monkeypatch):
    (tmp_path / name).write_text("old")

    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match="the disk is full; nothing was written"):
        WRITERS[name](tmp_path / name)
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "old"


def test_a_full_disk_met_by_one_file_of_many_is_told_of_the_folder(tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with (
        pytest.raises(InputError, match=r"output .* cannot be written to: the disk is full"),
        whole_outputs(tmp_path / "out") as part,
    ):
        write_whole(part / "a.html", b"page")
    assert not list(tmp_path.iterdir())


def test_an_interrupted_write_leaves_nothing(tmp_path, monkeypatch):
    def stopped(_handle):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a.html", b"page")
    assert not list(tmp_path.iterdir())


def test_a_file_is_for_whoever_files_are_for(tmp_path):
    written = write_whole(tmp_path / "a", b"x")
    Path(tmp_path / "b").write_bytes(b"x")
    assert written.stat().st_mode == (tmp_path / "b").stat().st_mode
