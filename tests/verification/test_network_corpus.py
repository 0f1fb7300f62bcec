"""The shared corpus of faulty road networks: each file gets its verdict."""

import time

import pytest
from corpus import corpus_cases

from fireplan import roads
from fireplan.errors import FireplanError


@pytest.mark.corpus
def test_the_corpus_of_networks_is_here(shared_corpus):
    assert len(corpus_cases("network")) >= 36
    assert {row["file"] for row in corpus_cases("network")} == {
        f"network/{file.name}" for file in (shared_corpus / "network").iterdir()
    }


@pytest.mark.corpus
@pytest.mark.parametrize("case", corpus_cases("network"), ids=lambda case: case["file"])
def test_network_file_gets_its_verdict(case, shared_corpus):
    file = shared_corpus / case["file"]
    read = roads.from_osm if file.suffix == ".osm" else roads.from_graphml
    began = time.perf_counter()
    try:
        network = read(file)
    except FireplanError as error:
        verdict, told = "ERROR", str(error)
    else:
        verdict, told = "REPAIR" if network.repairs else "ACCEPT", "\n".join(network.repairs)
        assert network.fingerprint
        assert len(network.components) >= 1
    assert time.perf_counter() - began < 2
    assert verdict == case["verdict"], told
    for token in filter(None, case["must_mention"].split(";")):
        assert token.casefold() in told.casefold()
    assert "root:" not in told
    if verdict == "ERROR":
        assert file.name in told or "network" in told
