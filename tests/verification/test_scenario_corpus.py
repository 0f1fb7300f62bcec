"""The shared corpus of faulty plans."""

import csv
import re
import time
from pathlib import Path

import pytest

from fireplan import open_project
from fireplan.errors import FireplanError
from fireplan.project import read_plan

pytestmark = pytest.mark.corpus

TABLE = Path(__file__).resolve().parents[3] / "shared" / "corpus" / "EXPECT.tsv"
NEED_TABLES = {"scenario/close_unknown_station.toml", "scenario/add_existing_id.toml"}
INPUTS = {
    "cad.csv": "cad/ok_baseline.csv",
    "stations.csv": "stations/ok.csv",
    "network.graphml": "network/ok_grid3.graphml",
}


def cases():
    if not TABLE.exists():
        return []
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row for row in rows if row["file"].startswith("scenario/")]


def mentions(text, token):
    """Tell whether a token is in the text; a bare integer is the number of a physical line."""
    if token.isdigit():
        return re.search(rf"\bline {token}\b", text, re.IGNORECASE) is not None
    return token.casefold() in text.casefold()


def project_of(plan, corpus, folder):
    """A folder with the plan and the files it names."""
    (folder / "plan.toml").write_bytes(plan.read_bytes())
    for name, source in INPUTS.items():
        (folder / name).write_bytes((corpus / source).read_bytes())
    return folder


def test_corpus_is_here(shared_corpus):
    assert len(cases()) == len(list((shared_corpus / "scenario").glob("*.toml")))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["file"])
def test_corpus_plan_gets_its_verdict(case, shared_corpus, tmp_path):
    started = time.perf_counter()
    try:
        if case["file"] in NEED_TABLES:
            open_project(project_of(shared_corpus / case["file"], shared_corpus, tmp_path))
        warned = read_plan(shared_corpus / case["file"]).warnings()
        verdict, text = ("REPAIR" if warned else "ACCEPT"), "\n".join(warned)
    except FireplanError as error:
        verdict, text = "ERROR", str(error)
    assert time.perf_counter() - started < 2
    assert verdict == case["verdict"], text
    assert [token for token in case["must_mention"].split(";") if token and not mentions(text, token)] == []


def test_text_of_a_plan_is_taken_as_it_stands(shared_corpus):
    assert read_plan(shared_corpus / "scenario" / "env_in_string.toml").output.dir == "out-${HOME}"
    assert "{{191*7}}" in read_plan(shared_corpus / "scenario" / "html_title.toml").report.title
