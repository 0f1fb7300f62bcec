"""Files damaged in seeded ways: each is read or refused, in time, and nothing else happens."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import damaged_files
import pytest

QUICK = ["stations.csv", "stations.xlsx", "stations.geojson", "roads.osm", "roads.osm.gz", "roads.graphml",
         "roads.npz", "zones.geojson"]  # fmt: skip
APART = ["stations.gpkg", "zones.gpkg", "zones.parquet"]
"""Kinds of which each file is tried in a process of its own, which takes a moment."""

ROOT = Path(__file__).resolve().parents[2]


def run(seed, count, kinds, timeout_s):
    """Read so many damaged files of each kind in another process; how each ended."""
    command = [sys.executable, "-W", "ignore", damaged_files.__file__, str(seed), str(count), ",".join(kinds), ""]
    done = subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", timeout=timeout_s, check=False, cwd=ROOT
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    told = [line for line in lines if "told" in line]
    assert done.returncode == 0, f"the process ended at {lines[-1:]}: {done.stderr[-2000:]}"
    assert len(told) == count * len(kinds)
    wrong = [line for line in told if line["told"] not in {"accepted", "refused"}]
    assert not wrong, wrong[:10]
    return Counter((line["kind"], line["told"]) for line in told)


def test_sound_files_of_every_kind_are_read(tmp_path):
    for kind, file in damaged_files.whole_files(tmp_path).items():
        assert damaged_files.outcome(file, kind) == "accepted", kind


def test_a_few_hundred_damaged_files_lead_to_nothing_worse_than_a_refusal():
    found = run("quick", 40, QUICK, 120)
    assert sum(n for (_, told), n in found.items() if told == "accepted") > 20  # or the damage is too great to tell
    run("quick", 2, APART, 120)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_thousands_of_damaged_files_lead_to_nothing_worse_than_a_refusal(seed, request):
    if "soak" not in request.config.getoption("-m"):
        pytest.skip("some minutes: by hand, with -m soak")
    run(seed, 400, QUICK, 1200)
    run(seed, 60, APART, 1200)
