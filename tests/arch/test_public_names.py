"""The names that `import fireplan` offers, in the package, for type checkers and in the docs."""

import ast
import inspect
import re
from pathlib import Path

import pytest

import fireplan

ROOT = Path(__file__).resolve().parents[2]


def names_for_type_checkers():
    """Names imported under TYPE_CHECKING, each re-exported under its own name."""
    tree = ast.parse((ROOT / "fireplan" / "__init__.py").read_text(encoding="utf-8"))
    guard = next(n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")
    found = [alias for line in guard.body for alias in line.names]
    assert all(alias.name == alias.asname for alias in found)
    return [alias.name for alias in found]


def test_names_at_run_time_are_those_for_type_checkers():
    names = names_for_type_checkers()
    assert len(names) == len(set(names))
    assert sorted(fireplan.__all__) == sorted(names)


def test_dir_lists_the_public_names():
    assert set(dir(fireplan)) == {*fireplan.__all__, "__version__"}


@pytest.mark.parametrize("name", fireplan.__all__)
def test_name_resolves_and_is_described(name):
    value = getattr(fireplan, name)
    assert (inspect.getdoc(value) or "").strip()
    assert getattr(value, "__name__", "").split(".")[-1] == name


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'coverage_score'"):
        _ = fireplan.coverage_score


def test_reference_page_lists_exactly_the_public_names():
    page = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    listed = re.findall(r"^- `(\w+)`: \S", page, re.MULTILINE)
    assert len(listed) == len(set(listed))
    assert sorted(listed) == sorted(fireplan.__all__)


def test_pages_call_only_what_import_fireplan_offers():
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "notebooks").glob("*.ipynb"))]
    asked = {
        (page.name, name) for page in pages for name in re.findall(r"\bfp\.(\w+)", page.read_text(encoding="utf-8"))
    }
    assert ("README.md", "project") in asked
    assert {(page, name) for page, name in asked if name not in fireplan.__all__} == set()


def test_public_names_are_few_enough_to_remember():
    assert len(fireplan.__all__) <= 73
