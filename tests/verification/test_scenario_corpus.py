"""The shared corpus of faulty plans."""

import time

import pytest
from corpus import corpus_cases, mentions

from fireplan import open_project
from fireplan.errors import FireplanError
from fireplan.project import read_plan

pytestmark = pytest.mark.corpus

NEED_TABLES = {"scenario/close_unknown_station.toml", "scenario/add_existing_id.toml"}
INPUTS = {
    "cad.csv": "cad/ok_baseline.csv",
    "stations.csv": "stations/ok.csv",
    "network.graphml": "network/ok_grid3.graphml",
}


def project_of(plan, corpus, folder):
    """A folder with the plan and the files it names."""
    (folder / "plan.toml").write_bytes(plan.read_bytes())
    for name, source in INPUTS.items():
        (folder / name).write_bytes((corpus / source).read_bytes())
    return folder


def test_corpus_is_here(shared_corpus):
    assert len(corpus_cases("scenario")) == len(list((shared_corpus / "scenario").glob("*.toml")))


@pytest.mark.parametrize("case", corpus_cases("scenario"), ids=lambda case: case["file"])
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
