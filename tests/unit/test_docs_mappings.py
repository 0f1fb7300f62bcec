"""Every example of docs/mappings.md is read by the mapping beside it, and no key of the language is without one."""

import re
from pathlib import Path

import pytest

import fireplan as fp
from fireplan.incidents._columns import mapping as language
from fireplan.incidents._columns.mapping import KNOWN, bundled_mappings

PAGE = (Path(__file__).parents[2] / "docs" / "mappings.md").read_text(encoding="utf-8")
EXAMPLES = [
    (re.findall(r"```csv\n(.*?)```", text, re.DOTALL), toml)
    for text, toml in re.findall(r"((?:```csv\n.*?```\s+)+)```toml\n(.*?)```", PAGE, re.DOTALL)
]


def read(folder, tables, toml):
    for name, table in zip(("calls", "units"), tables, strict=False):
        (folder / f"{name}.csv").write_text(table, encoding="utf-8")
    (folder / "ours.toml").write_text(toml, encoding="utf-8")
    more = {"responses": folder / "units.csv"} if len(tables) > 1 else {}
    return fp.read_cad(folder / "calls.csv", timezone="America/New_York", mapping=folder / "ours.toml", **more)


@pytest.mark.parametrize(("tables", "toml"), EXAMPLES)
def test_an_example_is_read(tmp_path, tables, toml):
    history = read(tmp_path, tables, toml)
    rows = sum(table.count("\n") - 1 for table in tables)
    assert (history.rows_in, history.rows_ok) == (rows, rows)
    assert len(history.incidents) == (1 if "[log]" in toml or "Run No." in toml else 2)
    assert history.incidents["received"].notna().all() or "[log]" in toml
    assert set(history.ledger["outcome"]) <= {"used", "repaired", "noted", "counted"}
    if "[point]" in toml:
        assert history.incidents.geometry.y.round(2).tolist() == [40.75, 40.71]
        assert history.incidents.geometry.x.round(2).tolist() == [-73.99, -73.97]
    if "There" in toml:
        assert history.responses["arrived"].notna().any()


def test_every_block_belongs_to_an_example():
    assert PAGE.count("```toml") == len(EXAMPLES)
    assert PAGE.count("```csv") == sum(len(tables) for tables, _ in EXAMPLES)


def test_figures_of_some_examples(tmp_path):
    keys = ("[[responses]]", "[log]", "split", "[second]", "epoch")
    by_key = {key: example for example in EXAMPLES for key in keys if key in example[1]}
    wide = read(tmp_path, *by_key["[[responses]]"])
    assert wide.responses["total_response_s"].tolist() == [287, 353, 287]
    logged = read(tmp_path, *by_key["[log]"])
    assert logged.responses[["turnout_s", "travel_s"]].to_numpy().tolist() == [[61, 166]]
    apart = read(tmp_path, *by_key["split"])
    assert apart.responses["unit_id"].tolist() == ["B2", "E1", "T1", "E2", "T1"]
    joined = read(tmp_path, *by_key["[second]"])
    assert joined.responses["total_response_s"].tolist() == [287, 353, 287]
    counted = read(tmp_path, *by_key["epoch"])
    assert counted.responses["total_response_s"].tolist() == [287, 386]


def test_every_key_and_every_column_is_on_the_page():
    models = [language.Mapping, language.Point, language.Times, language.Text, language.Elapsed, language.SecondTable,
              language.LogStatuses]  # fmt: skip
    for key in {key for model in models for key in model.model_fields} | {*KNOWN, *bundled_mappings()}:
        assert re.search(rf"\b{key}\b", PAGE), key
