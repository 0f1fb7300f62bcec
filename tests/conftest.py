"""Where the shared data lie, and how Hypothesis runs."""

import gc
import os
import runpy
from pathlib import Path

import pytest
from how_many import tries
from hypothesis import HealthCheck, settings

# A test run holds much for long: searched for unreachable objects at Python's own pace it takes a tenth longer.
gc.set_threshold(100_000, 50, 50)

LONGEST = ("test_live_truth", "test_hostile_text", "test_live_page", "test_swipe_grid", "test_long_run")
"""Files that take a worker longest: begun last, they would keep one busy when the others are done.

Notebooks, which take long too, come after them: where nothing is compiled yet, their progress would show.
"""

SHARED = Path(__file__).resolve().parents[2] / "shared"

settings.register_profile(
    "fireplan",
    max_examples=tries(200),
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
settings.load_profile("fireplan")


def _there_or_skip(folder):
    """Skip where the folder is absent; under FIREPLAN_CI=1, where it must be there, fail."""
    if not folder.is_dir():
        (pytest.fail if os.environ.get("FIREPLAN_CI") == "1" else pytest.skip)(f"{folder} is not here")
    return folder


@pytest.fixture(scope="session")
def shared_data():
    """Folder of the real data."""
    return _there_or_skip(SHARED / "data")


@pytest.fixture(scope="session")
def san_francisco(shared_data, tmp_path_factory):
    """San Francisco as a project, made by `data/make_san_francisco.py`, by planning speeds."""
    import fireplan as fp  # noqa: PLC0415 - slow to import

    folder = tmp_path_factory.mktemp("san_francisco")
    script = Path(__file__).resolve().parents[1] / "data" / "make_san_francisco.py"
    runpy.run_path(str(script))["main"](shared_data / "sf", folder)
    return fp.open_project(folder, calibrated=False)


@pytest.fixture(scope="session")
def shared_corpus():
    """Folder of the bad inputs."""
    return _there_or_skip(SHARED / "corpus")


def pytest_make_parametrize_id(val, argname):
    """Bytes take their argument's name: written out they are long, and a gzip header carries the time of day."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items):
    """Put the longest files first, and the unit tests, of which most are short, last."""
    items.sort(key=lambda item: (item.path.stem not in LONGEST, item.path.parent.name == "unit"))
