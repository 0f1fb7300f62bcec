"""The two cities, read once."""

import pytest

from fireplan import examples, roads


@pytest.fixture(scope="session")
def marisol():
    return examples.marisol(calibrated=False)


@pytest.fixture(scope="session")
def san_francisco_roads(shared_data):
    return roads.from_graphml(shared_data / "sf" / "sf_drive.graphml.gz")
