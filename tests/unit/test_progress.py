"""Long work shows itself, once, and ends when told to."""

import _thread
import signal
import subprocess
import sys
import threading
import time

import pytest

from fireplan import _kernel as kernel
from fireplan import progress
from fireplan._cli import assess_and_compare as work
from fireplan.errors import ProjectError


@pytest.fixture
def _at_once(monkeypatch):
    """Work of any length counts as long."""
    monkeypatch.setattr(progress, "SHOW_AFTER_S", 0.0)


at_once = pytest.mark.usefixtures("_at_once")


def count(n, *, ends=None):
    with progress.steps(n, what="counting") as step:
        for _ in range(n):
            step()
        if ends is not None:
            raise ends


@at_once
def test_long_work_shows_a_bar_on_the_error_stream(capsys):
    count(5)
    shown = capsys.readouterr()
    assert "counting" in shown.err
    assert "/5" in shown.err
    assert shown.out == ""


@at_once
def test_the_bar_goes_when_the_work_ends(capsys):
    count(5)
    assert capsys.readouterr().err.split("\r")[-2].strip() == ""


def test_short_work_shows_nothing(capsys):
    count(5)
    assert capsys.readouterr() == ("", "")


def test_short_work_does_not_wait_for_the_bar_to_be_imported():
    code = "import sys; from fireplan import progress\nwith progress.steps(1, what='x') as step: step()\n"
    code += "print('tqdm' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


@at_once
def test_silence_lasts_as_long_as_its_block(capsys):
    with progress.silent():
        with progress.silent():
            count(3)
        count(3)
    assert capsys.readouterr().err == ""
    count(3)
    assert "counting" in capsys.readouterr().err


@at_once
def test_silence_ends_with_an_error(capsys):
    with pytest.raises(ZeroDivisionError), progress.silent():
        raise ZeroDivisionError
    count(3)
    assert "counting" in capsys.readouterr().err


@at_once
def test_silence_is_not_that_of_other_threads(capsys):
    with progress.silent():
        other = threading.Thread(target=count, args=(3,))
        other.start()
        other.join()
    assert "counting" in capsys.readouterr().err


@at_once
def test_the_bar_goes_when_the_work_is_interrupted(capsys):
    with pytest.raises(KeyboardInterrupt):
        count(9, ends=KeyboardInterrupt)
    assert capsys.readouterr().err.split("\r")[-2].strip() == ""


@at_once
def test_the_command_line_shows_its_own_steps_only(capsys, monkeypatch):
    monkeypatch.setattr(kernel, "compile_ahead", lambda: None)

    def read(tell):
        tell("reading")
        count(3)
        raise ProjectError("enough")

    with pytest.raises(ProjectError):
        work.assess_project(read, None)
    shown = capsys.readouterr().err
    assert "reading" in shown
    assert "counting" not in shown


def test_results_come_in_the_order_of_the_items(capsys):
    def slow_first(i):
        time.sleep(0.05 if i == 0 else 0.0)
        return i * i

    with progress.on_threads(slow_first, range(50), what="squares") as results:
        assert list(results) == [i * i for i in range(50)]
    with progress.on_threads(slow_first, [], what="squares") as results:
        assert list(results) == []
    assert capsys.readouterr().err == ""


@at_once
def test_progress_of_threads_is_shown(capsys):
    with progress.on_threads(str, range(4), what="letters") as results:
        assert list(results) == ["0", "1", "2", "3"]
    assert "letters" in capsys.readouterr().err


@at_once
def test_while_one_piece_of_work_goes_on_its_time_is_seen_to_pass_and_words_may_change(capsys, monkeypatch):
    monkeypatch.setattr(progress, "LISTEN_EVERY_S", 0.01)
    monkeypatch.setattr(progress, "NEWS_EVERY_S", 0.0)
    known = []

    def compile_first():
        time.sleep(0.1)
        known.append("kernel")
        time.sleep(0.1)

    progress.listening(compile_first, what=lambda: "runs" if known else "compiling")
    shown = capsys.readouterr().err
    assert shown.index("compiling") < shown.index("runs")
    assert "0/1" in shown


@at_once
def test_one_piece_of_work_is_left_at_once_when_interrupted(capsys, monkeypatch):
    monkeypatch.setattr(progress, "LISTEN_EVERY_S", 0.01)
    end, left = threading.Event(), []
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a worker of pytest-xdist hears none
    try:
        threading.Timer(0.1, _thread.interrupt_main).start()
        with pytest.raises(KeyboardInterrupt):
            progress.listening(lambda: left.append(end.wait(60)), what="waiting")
    finally:
        signal.signal(signal.SIGINT, before)
    assert not left
    assert capsys.readouterr().err.split("\r")[-2].strip() == ""
    end.set()


def test_what_one_piece_of_work_finds_or_raises_is_handed_on():
    assert progress.listening(lambda: 3, what="three") == 3
    with pytest.raises(ZeroDivisionError):
        progress.listening(lambda: 1 / 0, what="nothing")


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_items_not_begun_are_dropped_when_the_caller_ends(error):
    begun = []

    def note(i):
        begun.append(i)
        time.sleep(0.01)

    def leave_early():
        with progress.on_threads(note, range(1_000), what="notes") as results:
            next(results)
            raise error

    with pytest.raises(error):
        leave_early()
    so_far = len(begun)
    assert so_far < 500
    time.sleep(0.05)
    assert len(begun) == so_far


def test_items_not_begun_are_dropped_when_one_fails():
    begun = []

    def fail(i):
        begun.append(i)
        time.sleep(0.01)
        raise ValueError(i)

    with pytest.raises(ValueError, match="0"), progress.on_threads(fail, range(1_000), what="faults") as results:
        list(results)
    assert len(begun) < 500


def test_an_interrupt_ends_the_work_promptly():
    code = """
import os, signal, threading, time
from fireplan import progress
signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background a shell lets it be ignored
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
began = time.monotonic()
try:
    with progress.on_threads(lambda i: time.sleep(0.02), range(10_000), what="x") as results:
        list(results)
except KeyboardInterrupt:
    print(time.monotonic() - began)
"""
    if sys.platform == "win32":
        pytest.skip("Windows sends no SIGINT to one process")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert float(run.stdout) < 5.0


@at_once
def test_a_long_search_says_how_it_stands_and_not_too_often(capsys, monkeypatch):
    monkeypatch.setattr(progress, "NEWS_EVERY_S", 60.0)
    with progress.news("best sites") as tell:
        tell("best 10, bound 12")
        tell("best 11, bound 12")
    shown = capsys.readouterr()
    assert "best sites: best 10, bound 12" in shown.err
    assert "best 11" not in shown.err
    assert shown.out == ""


@at_once
def test_a_search_can_be_silent(capsys):
    with progress.silent(), progress.news("best sites") as tell:
        tell("best 10, bound 12")
    assert capsys.readouterr() == ("", "")


def test_a_short_search_says_nothing(capsys):
    with progress.news("best sites") as tell:
        tell("best 10, bound 12")
    assert capsys.readouterr() == ("", "")
