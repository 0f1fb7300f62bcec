"""docs/data_formats.md says what the readers know."""

import importlib.util
from pathlib import Path

import pytest

from fireplan._geofiles.column_names import column_names
from fireplan.project._plan import Plan
from fireplan.project._read_project import read_plan

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def maker():
    spec = importlib.util.spec_from_file_location("make_data_formats", DOCS / "make_data_formats.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_its_tables_are_those_of_the_readers(maker):
    page = maker.PAGE.read_text(encoding="utf-8")
    assert maker.written(page) == page, "run: python docs/make_data_formats.py"


def test_every_known_name_is_on_it(maker):
    page = maker.PAGE.read_text(encoding="utf-8")
    assert [n.name for n in column_names() if f"`{n.name}`" not in page] == []


def test_its_examples_are_plans(tmp_path, maker):
    page = maker.PAGE.read_text(encoding="utf-8")
    examples = [part.split("```")[0] for part in page.split("```toml\n")[1:]]
    assert len(examples) == 4
    inputs = examples[0]
    for example in examples:
        text = 'timezone = "UTC"\n' + (example if example is inputs else f"{inputs}\n{example}")
        (tmp_path / "plan.toml").write_text(text, encoding="utf-8")
        assert isinstance(read_plan(tmp_path), Plan)


def test_a_page_without_a_place_for_a_table_is_refused(maker):
    with pytest.raises(ValueError, match="no place, or several, for endings"):
        maker.written("nothing")
