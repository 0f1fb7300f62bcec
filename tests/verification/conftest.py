"""The two cities, read once."""

import pytest
from sample_city import sample_city

from fireplan import roads


@pytest.fixture(scope="session")
def marisol():
    return sample_city(calibrated=False).today


@pytest.fixture(scope="session")
def san_francisco_roads(shared_data):
    return roads.from_graphml(shared_data / "sf" / "sf_drive.graphml.gz")
