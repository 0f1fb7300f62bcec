"""The reference of plan.toml has every key and change, its examples hold, and the page is what the script makes."""

import csv
import importlib.util
import json
import tomllib
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import TypeAdapter

from fireplan.changes import from_dicts
from fireplan.changes._registry import ALL
from fireplan.project import Plan

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("make_plan_reference", DOCS / "make_plan_reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rows(name):
    return list(csv.DictReader((DOCS / name).read_text(encoding="utf-8").splitlines()))


def test_every_key_is_described_and_no_other(script):
    described = [row["key"] for row in rows("plan_keys.csv")]
    assert len(described) == len(set(described))
    assert set(described) == {key for key, _ in script.keys_of(Plan)}
    assert all(row["meaning"] for row in rows("plan_keys.csv"))


def test_every_example_may_stand_where_it_stands(script):
    """Each key's example is taken by the model that reads it."""
    for row in rows("plan_keys.csv"):
        *parts, name = row["key"].split(".")
        model = Plan
        for part in parts:
            model = script.part_of(model.model_fields[part].annotation)
        value = tomllib.loads(f"x = {row['example']}")["x"]
        field = model.model_fields[name]
        TypeAdapter(Annotated[field.annotation, *(field.metadata or [None])]).validate_python(value)


def test_every_change_has_an_example_that_is_read(tmp_path):
    shape = {"type": "Polygon", "coordinates": [[[-117.3, 33.0], [-117.2, 33.0], [-117.2, 33.1], [-117.3, 33.0]]]}
    feature = {"type": "Feature", "properties": {}, "geometry": shape}
    ground = json.dumps({"type": "FeatureCollection", "features": [feature]})
    for name in ("flood", "works", "snow"):
        (tmp_path / f"{name}.geojson").write_text(ground, encoding="utf-8")
    drawn = Path(__file__).parents[1] / "data" / "cases" / "roads" / "josm_new_road_negative_ids.osm"
    (tmp_path / "new_road.osm").write_bytes(drawn.read_bytes())
    entries = [tomllib.loads(f"x = {row['example']}")["x"] for row in rows("plan_changes.csv")]
    read = from_dicts(entries, folder=tmp_path)
    assert {type(change) for change in read} == set(ALL)
    assert len(read) == len(entries)


def test_the_page_is_current(script):
    assert script.PAGE.read_text(encoding="utf-8") == script.page(), "run python docs/make_plan_reference.py"
