"""The shared corpus through `fireplan check`: verdict, counts and words are those of the readers, file by file."""

import json
import subprocess
import sys

import pytest
from corpus import corpus_cases, mentions
from typer.testing import CliRunner

from fireplan._cli.app import app

ZONE = "America/New_York"
KINDS = ("cad", "stations", "network", "scenario", "feed")
CASES = [(kind, case) for kind in KINDS for case in corpus_cases(kind)]
PLAN = """timezone = "America/New_York"
[inputs]
network = "roads.geojson"
stations = "stations.csv"
"""
INPUTS = {
    "cad.csv": "cad/ok_baseline.csv",
    "stations.csv": "stations/ok.csv",
    "network.graphml": "network/ok_grid3.graphml",
}
STREETS = {
    "stations/near_freeway.csv": [
        ("Expressway", "motorway", [[-75.1601, 39.955], [-75.1601, 39.965]]),
        ("Front Street", "residential", [[-75.1606, 39.955], [-75.1606, 39.971], [-75.141, 39.971]]),
        ("High Street", "residential", [[-75.141, 39.971], [-75.201, 39.931]]),
    ],
    "stations/wrong_side_of_river.csv": [
        ("Quay", "residential", [[-75.1405, 39.940], [-75.1405, 39.951]]),
        ("High Street", "residential", [[-75.1405, 39.951], [-75.161, 39.951], [-75.201, 39.931]]),
    ],
    "stations/in_island_component.csv": [
        ("High Street", "residential", [*([-75.161 + i / 1000, 39.951] for i in range(60)), [-75.141, 39.971]]),
        ("Island Lane", "residential", [[-75.110, 39.9895], [-75.110, 39.9905]]),
    ],
}
"""What only roads can tell of a station: whether it lies by a freeway, across a river, or on an island."""

PLANNED = {"scenario/close_unknown_station.toml", "scenario/add_existing_id.toml"}
"""What only the files beside a plan can tell."""

OWN_UNITS = "cad/unknown_unit_mutual_aid.csv"

pytestmark = pytest.mark.corpus


def project_with(streets, corpus, folder):
    features = [
        {
            "type": "Feature",
            "properties": {"name": name, "highway": road_class},
            "geometry": {"type": "LineString", "coordinates": path},
        }
        for name, road_class, path in streets
    ]
    (folder / "roads.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    (folder / "stations.csv").write_bytes((corpus / "stations" / "ok.csv").read_bytes())
    (folder / "plan.toml").write_text(PLAN)
    return folder


def project_for(name, corpus, folder):
    """What a file needs beside it, or None."""
    if name in STREETS:
        return project_with(STREETS[name], corpus, folder)
    if name not in {*PLANNED, OWN_UNITS}:
        return None
    for target, source in INPUTS.items():
        (folder / target).write_bytes((corpus / source).read_bytes())
    (folder / "plan.toml").write_bytes((corpus / "scenario" / "ok.toml").read_bytes())
    return folder


def words_for(kind, name, corpus, folder):
    words = ["check", str(corpus / name), "--kind", kind, "--json"]
    if kind == "cad":
        words += ["--timezone", ZONE]
    project = project_for(name, corpus, folder)
    return words if project is None else [*words, "--project", str(project)]


def test_all_of_the_corpus_is_tried(shared_corpus):
    assert len(CASES) == sum(1 for kind in KINDS for _ in (shared_corpus / kind).iterdir()) == 197


def hold(case, code, told):
    said = "\n".join(told["messages"])
    assert told["verdict"] == case["verdict"], said
    assert code == (1 if case["verdict"] == "ERROR" else 0)
    for key in ("rows_in", "rows_ok", "rows_quarantined"):
        if case[key] != "-":
            assert told[key] == int(case[key]), (key, said)
    tokens = [token for token in (case["must_mention"] or "").split(";") if token]
    lines = case["file"].startswith(("cad/", "feed/", "scenario/"))  # elsewhere a number may be that of a node or a way
    missing = [t for t in tokens if not (mentions(said, t) if lines else t.casefold() in said.casefold())]
    assert not missing, said
    for secret in ("EXAMPLE", "FPCANARY", "root:"):
        assert secret not in said


@pytest.mark.parametrize(("kind", "case"), CASES, ids=lambda value: value if isinstance(value, str) else value["file"])
def test_a_file_gets_its_verdict_by_the_command(kind, case, shared_corpus, tmp_path):
    found = CliRunner().invoke(app, words_for(kind, case["file"], shared_corpus, tmp_path))
    assert isinstance(found.exception, SystemExit | None)
    hold(case, found.exit_code, json.loads(found.stdout))


@pytest.mark.parametrize("kind", KINDS)
def test_and_in_a_process_of_its_own(kind, shared_corpus, tmp_path):
    case = next(case for of, case in CASES if of == kind and case["verdict"] in {"ERROR", "QUARANTINE"})
    words = [sys.executable, "-m", "fireplan", *words_for(kind, case["file"], shared_corpus, tmp_path)]
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "Traceback" not in found.stderr
    hold(case, found.returncode, json.loads(found.stdout))
