"""The page on layers of one's own: its examples run, here on the street instead of the city."""

import re
from pathlib import Path

import pyogrio

PAGE = Path(__file__).resolve().parents[2] / "docs" / "own_layers.md"


def test_the_examples_run_and_take_few_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    drawn, written = re.findall("```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len([line for line in written.splitlines() if line]) <= 8
    for code in (drawn.replace("marisol", "line_town"), written.replace("marisol", "line_town")):
        exec(compile(code, PAGE.name, "exec"), {})  # noqa: S102 - our own page
    assert "Flow, litres a minute" in Path("hydrants.html").read_text("utf-8")
    assert set(pyogrio.list_layers("reach.gpkg")[:, 0]) >= {"isochrones", "own"}
    assert Path("reach.kml").read_text("utf-8").count("<Folder>") == 2
    assert Path("reach.geojson").stat().st_size > 1_000
