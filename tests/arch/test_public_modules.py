"""What is public and what is private can be told from the name of a module."""

import importlib
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import fireplan

PACKAGE = Path(__file__).resolve().parents[2] / "fireplan"
RE_EXPORTED = {"colours", "comparison", "drive_times", "errors", "progress", "report", "scenario"}
INNER = {"live.feeds", "maps.layers", "operations.live_state", "siting.models"}
FORMER = {"responding", "live.running", "texts"}


def modules():
    """Every module of the package, without the package's own name."""
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if name and name != "__main__" and not name.startswith("_data"):
            yield name


PUBLIC = sorted(name for name in modules() if not any(part.startswith("_") for part in name.split(".")))


def test_only_documented_modules_go_without_an_underscore():
    assert set(PUBLIC) == {*fireplan._MODULES, *RE_EXPORTED, *INNER, *FORMER}


@pytest.mark.parametrize("name", sorted(set(PUBLIC) - FORMER - {"standards"}))
def test_a_public_module_lists_its_names_and_tab_shows_no_others(name):
    module = importlib.import_module(f"fireplan.{name}")
    assert len(module.__all__) == len(set(module.__all__)) > 0
    assert dir(module) == sorted(module.__all__)
    assert all(hasattr(module, listed) for listed in module.__all__)
    assert not any(listed.startswith("_") for listed in module.__all__)


def test_the_standards_of_the_library_are_listed_beside_the_functions():
    standards = fireplan.standards
    assert dir(standards) == sorted([*standards.__all__, *standards.names()])
    assert "NFPA_1710" in dir(standards)


def test_a_former_module_gives_the_same_and_says_its_new_name():
    code = (
        "import warnings; warnings.simplefilter('error', DeprecationWarning)\n"
        "try:\n    from fireplan.responding import baselines\n"
        "except DeprecationWarning as said:\n    print(said)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "fireplan.responding is now fireplan.response_performance" in run.stdout, run.stderr
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        former = importlib.import_module("fireplan.responding")
    del fireplan.responding, sys.modules["fireplan.responding"]  # where the import has put it
    assert former.baselines is fireplan.response_performance.baselines
    assert dir(former) == dir(fireplan.response_performance)


@pytest.mark.parametrize(
    ("former", "name", "now"),
    [
        ("fireplan.texts", "escape", "fireplan.maps.escape"),
        ("fireplan.live.running", "running", "fireplan.live.open_desk"),
    ],
)
def test_a_function_that_moved_is_still_found_where_it_was(former, name, now):
    code = (
        f"import warnings\nwarnings.simplefilter('error')\ntry:\n    from {former} import {name}\n"
        "except DeprecationWarning as said:\n    print(said)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert f"is now {now}" in run.stdout, run.stderr


def test_a_former_name_of_the_package_warns_where_it_is_used():
    with pytest.warns(DeprecationWarning, match=r"fireplan\.response_performance") as told:
        assert fireplan.responding is fireplan.response_performance
    assert told[0].filename == __file__
