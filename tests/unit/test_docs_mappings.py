"""Every example of docs/mappings.md is read by the mapping beside it, and no key of the language is without one."""

import re
from pathlib import Path

import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan.errors import FireplanError
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


WILD = st.sampled_from([
    "", "NULL", "x", "-1", "1e400", "9" * 20, "2024-13-45 99:99", "E1;T1", "POINT (a b)", "0", "3/13/24 6:05", '"',
    "2024-03-10 02:30:00", "2024-11-03 01:30:00", "1710309909000", "45364.5",
])  # fmt: skip
KEYS = st.sampled_from([
    "", "number_rows = true", "split_units = true", 'optional = ["log"]', "x = 1", '[times]\nepoch = "excel"',
    '[times]\nzone = "UTC"', '[elapsed]\ncleared = { column = "No", after = "arrived" }',
])  # fmt: skip


@settings(max_examples=tries(150), deadline=None)
@given(st.sampled_from(EXAMPLES), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), WILD), max_size=4),
       st.integers(0, 30), KEYS)  # fmt: skip
def test_a_damaged_example_adds_up_or_is_refused(tmp_path_factory, example, slips, line, key):
    tables, toml = example
    rows = [row.split(",") for row in tables[-1].splitlines()]
    for row, column, text in slips:
        cells = rows[row % len(rows)]
        cells[column % len(cells)] = text
    said = toml.splitlines()
    said[line % len(said)] = key
    try:
        history = read(
            tmp_path_factory.mktemp("slips"),
            [*tables[:-1], "".join(f"{','.join(row)}\n" for row in rows)],
            "\n".join(said),
        )
    except FireplanError:
        return
    assert history.rows_in == history.rows_ok + history.rows_set_aside + history.rows_duplicate
    assert not (history.responses.filter(regex="_s$") < 0).any().any()
