"""The generated networks, and the harness that measures on them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.measuring import CannotRunError, Contest, Way, run
from benchmarks.networks import generated
from benchmarks.tasks.shared import demand

ROOT = Path(__file__).resolve().parents[2]
NODES = 8_000


@pytest.fixture(scope="module")
def roads():
    return generated(NODES)


def test_a_generated_network_has_about_the_size_asked_for(roads):
    assert roads.n_nodes == pytest.approx(NODES, rel=0.03)


def test_a_generated_network_can_be_driven_from_everywhere_to_everywhere(roads):
    assert roads.component.max() == 0


def test_a_generated_network_is_like_a_road_network(roads):
    km2 = np.prod(np.ptp(roads.node_xy_m, axis=0)) / 1e6
    one_way = np.isfinite(roads.there_s) != np.isfinite(roads.back_s)
    assert len(roads.graph.head) / roads.n_nodes == pytest.approx(2.54, abs=0.03)
    assert one_way.mean() == pytest.approx(0.12, abs=0.01)
    assert roads.n_nodes / km2 == pytest.approx(60, rel=0.05)
    assert set(roads.highway) == {"motorway", "primary", "tertiary", "residential"}


def test_a_seed_gives_the_same_network(roads):
    assert generated(NODES).fingerprint == roads.fingerprint
    assert generated(NODES, seed=2).fingerprint != roads.fingerprint


def test_a_way_that_cannot_run_says_why_and_the_others_are_measured():
    def missing():
        raise CannotRunError("not installed")

    def breaks():
        raise ValueError("broken")

    contest = Contest(
        task="",
        title="",
        place="",
        ours=Way("fireplan", lambda: 1),
        peers=(Way("absent", lambda: 1, prepare=missing), Way("part", lambda: 1, share=0.5), Way("bad", breaks)),
    )
    outcome = run(contest, repeats=2)
    absent, part, bad = outcome.peers
    assert outcome.ours.ms is not None
    assert absent.ms is None
    assert absent.note == "n/a: not installed"
    assert part.extrapolated
    assert bad.ms is None
    assert outcome.failure == "bad: ValueError"


def test_results_that_differ_fail_the_contest():
    contest = Contest(
        task="",
        title="",
        place="",
        ours=Way("fireplan", lambda: 1),
        peers=(Way("other", lambda: 2),),
        check=lambda ours, theirs: demand(ours == theirs["other"], "1 is not 2"),
    )
    assert run(contest, repeats=1).failure == "1 is not 2"


def test_the_command_writes_a_table(tmp_path):
    out = tmp_path / "table.md"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--only", "import", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=60)
    lines = out.read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("| import fireplan") for line in lines)
    assert any(line.startswith("| fireplan --help") for line in lines)
