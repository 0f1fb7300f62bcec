"""The page on road what-ifs: its examples run as they stand there, one after the other."""

import gzip
import re
import tomllib
from pathlib import Path

from sample_city import sample_city
import fireplan as fp
from fireplan import changes

MARISOL = Path(__file__).parents[2] / "data" / "marisol"
PAGE = Path(__file__).parents[2] / "docs" / "what_ifs.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_every_example_runs_and_says_what_it_found(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    for code in re.findall("```python\n(.*?)```", TEXT, re.DOTALL):
        exec(compile(code, PAGE.name, "exec"), names)  # noqa: S102 - our own page
    said = capsys.readouterr().out
    assert "'Close Camino del Norte': 20 streets, 4.7 km, both directions: Camino del Norte (20)" in said
    assert "'Build North Link': " in said
    assert "passed over, as there are none: 'track'" in said
    assert "closed to this engine: 18 t of weight, above 7.5 t" in said
    assert "every figure of this scenario is of 16:00 to 19:00 alone" in said
    assert re.search(r"\d{3} km to be ploughed", said)
    # What is said on the page is on the maps, too.
    assert "turns count each by itself: left 4 s" in said
    for file in ("roads.html", "link.html", "way.html", "rush.html", "parts.html", "critical.html"):
        assert Path(file).stat().st_size > 100_000
    assert "street built" in Path("link.html").read_text(encoding="utf-8")
    assert "flood: " in Path("roads.html").read_text(encoding="utf-8")
    assert "riven as in pm peak (16:00 to 19:00, Monday to Friday)" in Path("rush.html").read_text(encoding="utf-8")
    assert len(names["of_three"]) == 200


def test_what_the_ladder_truck_cannot_pass_is_named_and_costs_something(tmp_path, monkeypatch, capsys):
    """The lines on a city of one's own, on the sample city with three weak bridges."""
    (code,) = re.findall("```python notest\n(.*?)```", TEXT, re.DOTALL)
    roads = gzip.decompress((MARISOL / "roads.osm.gz").read_bytes()).decode("utf-8")
    weak = roads.replace('<tag k="bridge" v="yes"/>', '<tag k="bridge" v="yes"/><tag k="maxweight" v="15"/>')
    (tmp_path / "city.osm").write_text(weak, encoding="utf-8")
    names = {"fp": fp, "city": sample_city(calibrated=False).today}
    monkeypatch.chdir(tmp_path)
    exec(code.replace("city.osm.pbf", "city.osm"), names)  # noqa: S102 - our own page
    assert "streets whose posted limits shut out the vehicle: " in capsys.readouterr().out
    cost = names["limited"].summary()["share"] - names["free"].summary()["share"]
    assert cost.loc[("truck", "population")] < -0.01


def test_the_plan_is_read(tmp_path):
    (plan,) = re.findall("```toml\n(.*?)```", TEXT, re.DOTALL)
    entries = tomllib.loads(plan)["scenario"][0]["changes"]
    entries[0]["area"] = "POLYGON ((-117.3 33.0, -117.2 33.0, -117.2 33.1, -117.3 33.0))"
    assert [type(c).__name__ for c in changes.from_dicts(entries, folder=tmp_path)] == [
        "CloseRoad", "BuildRoad", "SetRestriction",
    ]  # fmt: skip
