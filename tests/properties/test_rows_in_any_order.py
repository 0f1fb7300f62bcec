"""Rows in any order, other hash seeds, any number of threads: the same bytes of all that is found or drawn."""

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import fireplan as fp
from fireplan import response_performance as observed
from fireplan import siting, travel
from fireplan._schema import natural_key, natural_order
from fireplan.roads import from_frames
from tests.support.how_many import THOROUGH
from tests.support.shuffled_towns import as_bytes, history, parts, scenario, shuffled, write

SEEDS = (1, 2, 3, 4, 5, 6) if THOROUGH else (1,)
FIRST = fp.Objective("first", "First engine", 97.0)
STANDARD = fp.standards.Standard(
    "own", "Own", (
        fp.Objective("first", "First engine", 96.4),
        fp.Objective("force", "Force", 400.0, needs={"engine": 3, "people": 15}),
        fp.Objective("risky", "High risk", 120.5, weight="risk", where={"risk_class": ("high",)}, share=0.9),
    ),
)  # fmt: skip
STATION = fp.OpenStation("S12", at=(-139.998, 30.014), units=("E12",))
ROOT = Path(__file__).resolve().parents[2]

QUESTIONS = {
    "max_coverage": {"stations": 2, "within_s": 49}, "p_median": {"stations": 2}, "p_center": {"stations": 2},
    "set_cover": {"within_s": 121}, "backup_coverage": {"stations": 2, "within_s": 49},
    "expected_coverage": {"units": 2, "within_s": 49, "busy": 0.2}, "reliable_coverage": {
        "units": 2, "within_s": 49, "busy": 0.2, "reliability": 0.9
    }, "relocate": {"stations": 1, "within_s": 49}, "double_standard": {"stations": 2, "near_s": 73, "far_s": 121},
    "fairest": {"stations": 2, "within_s": 49, "by": "risk_class"},
}  # fmt: skip


def of_today(today, name):
    """Everything that is asked of one scenario, by name."""
    assessed = fp.assess(today, standard=STANDARD)
    yield f"{name}: summary", assessed.summary()
    yield f"{name}: zones", assessed.zones
    yield f"{name}: first due", fp.first_due(today)
    yield f"{name}: gaps", fp.gaps(assessed)
    for how in ({}, {"dissolve": True}, {"exact": True}):
        yield f"{name}: isochrones {how}", fp.isochrones(today, within_s=[60, 120.5], **how)
    yield f"{name}: ground of stations", travel.first_due_areas(today)
    yield f"{name}: criticality", travel.criticality(today, limit_s=150)


def of_sites(today, sites, name):
    """Every question of siting, and a plan tried with other draws."""
    for question, how in QUESTIONS.items():
        found = getattr(siting, question)(today, candidates=sites, **how)
        yield f"{name}: {question}", [found.plan, found.objective, found.bound, found.sites, found.runner_ups]
    found = siting.max_coverage(today, candidates=sites, stations=2, within_s=49)
    tried = siting.robustness(found, within_s=49, runs=6, limits_s=(49, 73))
    yield f"{name}: robustness", [tried.sites, tried.runs]
    yield f"{name}: curve", siting.marginal_curve(today, up_to=3, within_s=49, candidates=sites)


def of_calls(today, calls):
    """What is observed, and sent again."""
    yield "incidents", calls.incidents
    yield "responses", calls.responses
    for by in ((), "hour", ("unit_type", "weekday"), ("station_id", "hour"), "unit_id"):
        yield f"workload {by}", fp.workload(calls, scenario=today, by=by)
    yield "performance", fp.performance(calls, scenario=today, by=["hour"])
    yield "reliability", fp.reliability(calls, scenario=today)
    yield "drawdown", observed.drawdown(calls, scenario=today)
    yield "concurrency", observed.concurrency(calls)
    yield "why missed", fp.why_missed(calls, scenario=today, objective=FIRST).incidents
    yield "hypercube", repr(fp.hypercube(today, history=calls))
    yield "replay", fp.replay(today, calls).calls
    years = fp.simulate(today, calls, days=10, replications=2, seed=3)
    yield "simulate", [years.summary(), years.responses]


def answers(town):
    """Ask all of it of a town."""
    today, with_calls = scenario(town), scenario(town, calls=True)
    yield "streets", [today.roads.fingerprint, today.roads.attribute_fingerprint]
    yield from of_today(today, "zones")
    with_station = today.apply(STATION, name="Station 12")
    if THOROUGH:
        yield from of_today(with_calls, "calls")
        yield from of_today(with_station, "Station 12")
    compared = fp.compare(today, with_station, standard=STANDARD)
    yield "compare", [compared.summary(), compared.changes()]
    if THOROUGH:
        yield from of_sites(today, town.sites, "zones")
    yield from of_sites(with_calls, town.sites, "calls")
    yield from of_calls(today, history(town))


@cache
def in_order():
    return {name: as_bytes(found) for name, found in answers(parts())}


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_in_another_order_give_the_same_bytes(seed):
    other = {name: as_bytes(found) for name, found in answers(shuffled(parts(), seed))}
    assert [name for name, found in in_order().items() if other[name] != found] == []
    assert len(other) == len(in_order()) > 35


COMMANDS = """
import os
import sys
from fireplan._cli import main
threads, folder, out, *commands = sys.argv[1:]
os.cpu_count = lambda: int(threads)
for command in commands:
    sys.argv = ["fireplan", command, folder, "--out", f"{out}/{command}"]
    try:
        main()
    except SystemExit as stop:
        assert not stop.code, (command, stop.code)
"""
LINES = re.compile(rb"lines? [0-9][0-9, ]*(?:and [0-9,]+ more)?")
HASHES = re.compile(rb"[0-9a-f]{64}")


def outputs(folder, out, *commands, hash_seed, threads):
    """What the commands write, without what names the lines and the bytes of their inputs."""
    env = {**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": str(threads)}
    how = [sys.executable, "-W", "ignore", "-c", COMMANDS, str(threads), str(folder), str(out), *commands]
    ran = subprocess.run(how, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    made = {f.relative_to(out).as_posix(): f.read_bytes() for f in sorted(out.rglob("*")) if f.is_file()}
    assert len(made) > 15
    for name in [name for name in made if name.endswith("ledger.csv")]:
        del made[name]  # its rows name lines
    return {name: HASHES.sub(b"", LINES.sub(b"", found)) for name, found in made.items()}


def test_commands_write_the_same_bytes_by_any_hash_seed_on_any_number_of_threads(tmp_path):
    commands = ("compare", "performance", "site", *(("assess", "replay", "simulate") if THOROUGH else ()))
    found = []
    for hash_seed, threads in ((0, 1), (1, 2), (2, 4)) if THOROUGH else ((0, 1), (2, 4)):
        town = shuffled(parts(), hash_seed) if hash_seed else parts()
        folder = write(town, tmp_path / f"town{hash_seed}")
        # Its name stands in what is written.
        folder = folder.rename(tmp_path / "town") if not (tmp_path / "town").exists() else folder
        found.append(outputs(folder, tmp_path / f"out{hash_seed}", *commands, hash_seed=hash_seed, threads=threads))
        folder.rename(tmp_path / f"used{hash_seed}")
    for other in found[1:]:
        assert [name for name in found[0] if other.get(name) != found[0][name]] == []
        assert other.keys() == found[0].keys()


def test_ids_stand_as_they_are_read():
    ids = ["10", "9", "E10", "E2", "E02", "BC1", "", "E2-10", "E2-9", "é1", "1" * 5000, "2" * 4999]
    once = sorted(ids, key=natural_key)
    ids.reverse()
    assert once == sorted(ids, key=natural_key)
    assert once.index("9") < once.index("10")
    assert [i for i in once if i.startswith("E")] == ["E02", "E2", "E2-9", "E2-10", "E10"]
    assert once.index("2" * 4999) < once.index("1" * 5000)
    order = natural_order(pd.Index(ids))
    assert [ids[i] for i in order] == once
    assert natural_order(pd.Index(once)) is None
    assert natural_order(pd.Index(["S2", "S1"])).tolist() == [1, 0]
    assert natural_order(pd.Index(["a", "b", "c"]), after=[np.array([1, 0, 0])]).tolist() == [1, 2, 0]


def test_tables_stand_in_their_own_order_and_the_given_ones_stay():
    town = shuffled(parts(), 4)
    given = town.units.copy()
    built = scenario(town, calls=True)
    assert list(built.stations.index) == ["S1", "S2", "S3", "S9", "S10", "S11"]
    assert list(built.units.index) == ["E1", "E2", "E3", "E9", "E10", "E11", "E13", "T1", "M1", "M2"]
    assert list(built.zones.index) == [f"Z{i}" for i in range(len(town.zones))]
    assert list(built.incidents.index) == list(town.incidents.index)
    pd.testing.assert_frame_equal(town.units, given)
    assert list(built.apply(fp.OpenStation("S4", at=(-139.998, 30.014))).stations.index)[-1] == "S4"


def test_streets_drawn_twice_and_back_are_the_same_whichever_comes_first():
    nodes = pd.DataFrame({"x": [0.0, 0.01, 0.01], "y": [0.0, 0.0, 0.0]}, index=pd.Index(["a", "b", "B"], name="osmid"))
    rows = [("a", "b", 0, "Two"), ("b", "a", 0, "One"), ("a", "b", 1, "One"), ("a", "B", 0, "Above")]
    edges = pd.DataFrame(rows, columns=["u", "v", "key", "name"]).assign(highway="residential", travel_time=100.0)
    found = set()
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]):
        for turn in (1, -1):
            roads = from_frames(nodes.iloc[::turn], edges.iloc[order].set_index(["u", "v", "key"]), crs=4326)
            found.add((roads.fingerprint, roads.attribute_fingerprint, *roads.street_name, *map(str, roads.node_ids)))
    assert len(found) == 1
