"""Many what-ifs, in one process or several: the same table."""

import mmap
import os
import pickle
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fireplan as fp
from fireplan import _processes, comparison
from fireplan.errors import FireplanError, InputError, UnknownIdError
from fireplan.roads._network import take_over, worked_out

STANDARD = "NFPA_1710"
SITES = {f"at {block}": fp.OpenStation("S2", at=(-140.0, 30.0 + block / 1000), units=("E2",)) for block in (10, 20, 30)}


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


@pytest.fixture(scope="module")
def city():
    return fp.examples.marisol(calibrated=False)


def plans(city, n):
    """What-ifs of every kind."""
    xy = city.roads.nodes.loc[city.roads.nodes["component"] == 0, ["x", "y"]].to_numpy()[:: len(city.roads.nodes) // n]
    made = {f"more {k}": fp.OpenStation(f"N{k}", at=(x, y), units=(f"E9{k}",)) for k, (x, y) in enumerate(xy[:n])}
    two = [fp.CloseStation("S2"), fp.ScaleDemand(1.1)]
    return made | {"without S1": fp.CloseStation("S1"), "slower": fp.ScaleSpeeds(0.9), "two": two}


def test_each_is_compared_with_the_scenario(town):
    found = fp.compare_many(town, SITES, standard=STANDARD)
    assert found.index.names == ["what_if", "objective", "measure"]
    assert list(found.index.unique("what_if")) == list(SITES)
    for name, change in SITES.items():
        compared = fp.compare(town, town.apply(change, name=name), standard=STANDARD)
        wanted = compared.summary().loc[name].join(compared.gains().loc[name].drop(columns=["unit", "n"]))
        pd.testing.assert_frame_equal(found.loc[name], wanted, check_exact=True)


def test_a_list_is_called_by_its_changes(town):
    found = fp.compare_many(town, [SITES["at 10"], [SITES["at 20"], fp.ScaleDemand(2.0)]], standard=STANDARD)
    both = f"{SITES['at 20']}; {fp.ScaleDemand(2.0)}"
    assert list(found.index.unique("what_if")) == [str(SITES["at 10"]), both]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "no what-if"),
        ([fp.ScaleDemand(2.0)] * 2, "different names"),
        ({"line town": fp.ScaleDemand(2.0)}, "not that of the scenario"),
        ("close S1", "give what-ifs by name"),
        (5, "give what-ifs by name"),
        (fp.ScaleDemand(2.0), "give what-ifs by name"),
    ],
)
def test_what_cannot_be_asked_says_why(town, given, said):
    with pytest.raises(InputError, match=said):
        fp.compare_many(town, given, standard=STANDARD)
    with pytest.raises(InputError, match="one or more"):
        fp.compare_many(town, SITES, standard=STANDARD, processes=0)


@pytest.mark.parametrize(("processes", "asked_before"), [(2, True), (3, False)])
def test_any_number_of_processes_gives_the_same_table(city, processes, asked_before):
    asked = plans(city, 9)
    wanted = fp.compare_many(city, asked, standard=STANDARD)
    fresh = city if asked_before else fp.examples.marisol(calibrated=False)
    found = fp.compare_many(fresh, asked, standard=STANDARD, processes=processes)
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)


@pytest.mark.parametrize("processes", [1, 2])
def test_what_cannot_be_made_is_named(city, processes, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    asked = plans(city, 6) | {"odd": fp.CloseStation("S99")} | {f"again {k}": fp.ScaleDemand(k + 2) for k in range(9)}
    with pytest.raises(UnknownIdError, match="S99") as caught:
        fp.compare_many(city, asked, standard=STANDARD, processes=processes)
    assert caught.value.__notes__ == ["in the what-if 'odd'"]
    assert list(tmp_path.glob("fireplan-*")) == []


def work(shared, item):
    """Say who did it, and whether the array was sent as a mapped file."""
    base = shared["large"]
    while isinstance(base, np.ndarray):
        base = base.base
    mapped = isinstance(base, memoryview) and isinstance(base.obj, mmap.mmap)
    if item == "ends":
        os._exit(9)
    if "met" in shared:  # nobody goes on before all have come, however busy the machine is
        (Path(shared["met"]) / str(os.getpid())).touch()
        until_s = time.monotonic() + 60
        while len(list(Path(shared["met"]).iterdir())) < 3 and time.monotonic() < until_s:
            time.sleep(0.01)
    return os.getpid(), mapped, shared["large"].flags.writeable, float(shared["large"][item]), shared["small"].sum()


def test_large_arrays_are_sent_once_as_a_file_of_nothing_else(tmp_path, tmp_path_factory, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    shared = {"large": np.arange(2e5), "small": np.arange(10), "met": str(tmp_path_factory.mktemp("met"))}
    with _processes.workers(work, processes=3) as crew:
        found = crew.do(range(120), shared=shared, what="x")
        (file,) = tmp_path.glob("fireplan-*/*")
        assert np.array_equal(np.frombuffer(file.read_bytes()), shared["large"])
    assert list(tmp_path.iterdir()) == []
    assert [value for *_, value, _ in found] == list(range(120))
    assert {small for *_, small in found} == {45}
    here = {seen[1:3] for seen in found if seen[0] == os.getpid()}
    there = {seen[1:3] for seen in found if seen[0] != os.getpid()}
    assert here <= {(False, True)}
    assert there == {(True, False)}
    assert len({pid for pid, *_ in found}) == 3


def test_frozen_arrays_are_not_copied_where_they_arrive(city, tmp_path):
    (tmp_path / "there").mkdir()
    arrived = _processes._unpacked(_processes._packed(city.roads, tmp_path / "there"))
    base = arrived.xy_m
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base.obj, mmap.mmap)
    assert arrived.fingerprint == city.roads.fingerprint


def test_a_process_that_dies_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def ask():
        with _processes.workers(work, processes=2) as crew:
            crew.do(["ends"] + [0] * 99, shared={"large": np.zeros(9), "small": np.zeros(1)}, what="x")

    with pytest.raises(FireplanError, match="ask for fewer processes"):
        ask()
    assert list(tmp_path.iterdir()) == []


SCRIPT = """
import fireplan as fp

class Twice:
    def __init__(self, factor):
        self.factor = factor
    def __str__(self):
        return f"my own, {self.factor}"
    def __call__(self, tables):
        zones = tables.zones
        return tables._replace(zones=zones.assign(population=zones["population"] * self.factor))

town = fp.examples.line_town().apply(Twice(3), name="base")
one, two = (fp.compare_many(town, [Twice(k) for k in range(2, 40)], standard="NFPA_1710", processes=p) for p in (1, 2))
assert one.equals(two)
print(len(two))
"""


def test_a_script_needs_no_guard_and_may_bring_its_own_changes(tmp_path):
    (tmp_path / "own.py").write_text(SCRIPT, encoding="utf-8")
    run = subprocess.run([sys.executable, tmp_path / "own.py"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) == 38 * 4


ENDLESS = """
import signal, sys, tempfile
import fireplan as fp
signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background a shell lets it be ignored
tempfile.tempdir = sys.argv[1]
city = fp.examples.marisol(calibrated=False)
print("begun", flush=True)
try:
    fp.compare_many(city, [fp.ScaleDemand(1 + k / 1e4) for k in range(1, 5000)], standard="NFPA_1710", processes=3)
except KeyboardInterrupt:
    print("ended", flush=True)
"""


def running(group):
    """Processes of a group that still run."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, pgrp = entry.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(pgrp) == group and state != "Z":
            found.append(entry.parent.name)
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc who is left")
@pytest.mark.parametrize(("signalled", "after_s"), [("all", 4.0), ("owner killed", 4.0)])
def test_an_interrupt_ends_every_process_and_leaves_nothing(tmp_path, signalled, after_s):
    begun = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert begun.stdout.readline() == "begun\n"
    time.sleep(after_s)
    if signalled == "all":  # as Ctrl-C in a terminal does
        os.killpg(begun.pid, signal.SIGINT)
        out, err = begun.communicate(timeout=20)
        assert (out, "Traceback" in err) == ("ended\n", False), err
    else:
        begun.kill()
        begun.communicate(timeout=20)
    until = time.monotonic() + 20
    while (running(begun.pid) or list(tmp_path.iterdir())) and time.monotonic() < until:
        time.sleep(0.2)
    assert running(begun.pid) == []
    assert list(tmp_path.iterdir()) == []


def test_what_is_known_of_the_scenario_goes_along(tmp_path):
    """Where it arrives an assessment works out nothing anew, and a what-if no more than it does here."""
    city = fp.examples.marisol(calibrated=False)
    question, _ = comparison._asked(city, fp.standards.NFPA_1710, comparison._Option("less", (fp.CloseStation("S1"),)))
    here = set(city.memo.kept())
    there, _, known, _ = _processes._unpacked(_processes._packed(question, tmp_path))
    for key, value in known.items():
        there.memo.put(key, value)
    sent = len(there.memo.kept())
    fp.assess(there, standard=STANDARD).summary()
    assert len(there.memo.kept()) == sent < len(here)
    wanted, found = (s.apply(fp.CloseStation("S2"), name="x") for s in (city, there))
    before = [set(s.memo.kept()) for s in (city, there)]
    fp.compare(city, wanted, standard=STANDARD)
    fp.compare(there, found, standard=STANDARD)
    grown = [Counter(key[0] for key in set(s.memo.kept()) - old) for s, old in zip((city, there), before, strict=True)]
    asked = grown[1] - grown[0]
    assert grown[0]["nearest sources"] > 0
    assert set(asked) <= {"reaches"}  # of the station that the first what-if did not ask about


def test_another_process_works_out_nothing_of_the_roads_again(monkeypatch):
    """What is sent along is taken over where it arrives, and is the same."""
    town = fp.examples.line_town()
    fp.first_due(town)
    sent = pickle.loads(pickle.dumps((town.roads, worked_out(town.roads))))  # noqa: S301 - our own, a moment ago
    roads, parts = sent
    assert {"graph", "fingerprint", "segment_grid"} <= set(parts)
    assert "graph" not in vars(roads)
    take_over(roads, parts)
    monkeypatch.setattr("fireplan._kernel.graph_of", None)
    monkeypatch.setattr("fireplan._kernel.build_grid", None)
    assert roads.fingerprint == town.roads.fingerprint
    ours, (*arcs, ways) = roads.graph, town.roads.graph
    for mine, theirs in zip((*ours[:-1], *ours.ways), (*arcs, *ways), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(roads.segment_grid.ends_m, town.roads.segment_grid.ends_m)
