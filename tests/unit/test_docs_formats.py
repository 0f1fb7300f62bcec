"""The page on files of dispatch history: its example reads, and what it says of limits and names is so."""

import ast
import inspect
import json
import re
from pathlib import Path

import fireplan as fp
from fireplan._geofiles.workbooks import xls
from fireplan.incidents._columns.mapping import bundled_mappings
from fireplan.incidents._formats import arrow_text, decode, json_records
from fireplan.incidents._formats.neris_stamps import OF_TACTICS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


def test_the_example_reads(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (code,) = re.findall("```python\n(.*?)```", PAGE, re.DOTALL)
    (mapping,) = re.findall("```toml\n(.*?)```", PAGE, re.DOTALL)
    Path("calls.toml").write_text(f'{mapping}[point]\ncolumn = "where"\n', encoding="utf-8")
    calls = [
        {"call": {"no": n, "at": f"2024-03-13 06:{n:02d}:05"}, "where": "(40.7, -74.0)", "units": [
            {"name": unit, "arrived": f"2024-03-13 06:{n + 6:02d}:05"} for unit in ("E1", "T1")]}
        for n in range(12)
    ]  # fmt: skip
    Path("calls.json").write_text(json.dumps(calls), encoding="utf-8")
    names = {}
    exec(compile(code, "formats.md", "exec"), names)  # noqa: S102 - our own page
    assert (names["history"].rows_in, len(names["history"].incidents)) == (24, 12)


def test_the_lines_that_ask_the_service_compile_and_never_run_here():
    (code,) = re.findall("```python notest\n(.*?)```", PAGE, re.DOTALL)
    ast.parse(code)
    root = Path(inspect.getfile(fp)).parent
    assert not [path for path in root.rglob("*.py") if "neris_api_client" in path.read_text(encoding="utf-8")]


def test_limits_and_names_are_those_of_the_code():
    said = {
        "1 GB": decode.MAX_FILE_BYTES / 1e9 == 1,
        "200 MB unpacked": decode.MAX_UNPACKED_BYTES / 1e6 == 200,
        "xls 200 MB": xls.MAX_BYTES / 1e6 == 200,
        "20 million rows": decode.MAX_ROWS / 1e6 == 20,
        "2 GB of text": arrow_text.MAX_TEXT_BYTES / 1e9 == 2,
        "500 MB": json_records.MAX_BYTES / 1e6 == 500,
        "20 objects deep": json_records.MAX_DEPTH == 20,
        "5,000 names": json_records.MAX_NAMES == 5000,
    }
    assert [text for text, holds in said.items() if text not in PAGE or not holds] == []
    for name in ("neris_api", "neris"):
        assert name in bundled_mappings()
        assert f"`{name}`" in PAGE
    assert {"water_on_fire", "command_established"} <= set(OF_TACTICS)
