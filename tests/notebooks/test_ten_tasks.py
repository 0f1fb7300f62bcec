"""The ten tasks of docs/ten_tasks.md: short, run as they stand there, and one figure in table, summary and map."""

import re
from pathlib import Path

import pandas as pd
import pyogrio
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "ten_tasks.md"
TASKS = dict(
    re.findall(r"^## (\d+)\. .*?```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
)
SETUP = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[1]
MOST_LINES = 8


@pytest.fixture(scope="module")
def begun():
    names = {}
    exec(SETUP, names)  # noqa: S102 - the page itself
    return names


@pytest.fixture
def run(begun, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def running(task):
        names = dict(begun)
        exec(TASKS[str(task)], names)  # noqa: S102 - the page itself
        return names

    return running


def page_of(file):
    return " ".join(Path(file).read_text(encoding="utf-8").split())


def test_there_are_ten_and_none_is_long():
    assert list(TASKS) == [str(i) for i in range(1, 11)]
    assert max(len(code.strip().splitlines()) for code in TASKS.values()) <= MOST_LINES


def test_stations_to_excel(run):
    names = run(1)
    written = pd.read_excel("stations.xlsx", sheet_name="stations", engine="calamine")
    people = written[(written["objective"] == "first_engine") & (written["measure"] == "population")]
    assert people["n"].sum() == names["today"].summary().loc[("first_engine", "population"), "n"] == 115_000


def test_top_gains(run):
    names = run(2)
    both = names["both"]
    changes = both.changes()
    best = both.top(5)
    least = sorted(changes["change_s"][changes["population"] > 0])[:5]
    assert best["change_s"].tolist() == pytest.approx(least)
    assert set(best["first_due_after"]) == {"S8"}
    assert "Station 8" in page_of("gains.html")


def test_four_sites_by_urgent_calls(run):
    names = run(3)
    plan, found = names["plan"], names["found"]
    row = found.summary().loc[("four sites", "priority_1", "incidents")]
    assert (row["within"], row["n"]) == (plan.objective, plan.total)
    assert "priority 1" in row["unit"]
    assert f"{plan.objective:,.0f}" in page_of("sites.html")


def test_structure_fires_at_night(run):
    names = run(4)
    calls = names["night"].incidents
    hours = calls["received"].dt.tz_convert("America/Los_Angeles").dt.hour
    assert ((hours >= 22) | (hours < 6)).all()
    assert set(calls["call_type"]) == {"STRUCTURE FIRE"}
    row = names["found"].summary().loc[("first_engine", "incidents")]
    page = page_of("night.html")
    assert row["n"] == len(calls)
    assert f"of {row['n']:.0f} incidents (call type STRUCTURE FIRE, 22:00 to 06:00)" in page


def test_depth_is_judged_on_its_own_ground(run):
    names = run(5)
    row = names["deep"].summary().loc[("risk_high_10_00", "population")]
    assert (row["n"], round(row["share"], 3), row["met"]) == (4590, 0.977, True)
    assert names["deep"].by("district")["n"].sum() == row["n"]
    assert "4,590 people where risk_class is high" in page_of("depth.html")


def test_slower_main_roads(run):
    names = run(6)
    shares = names["both"].summary()["share"].xs(("first_engine", "incidents"), level=("objective", "measure"))
    assert shares["16 to 19 h, slow"] < shares["16 to 19 h, free"]
    assert "16:00 to 19:00" in page_of("peak.html")


def test_a_bridge_closed(run):
    names = run(7)
    lost = names["both"].top(5, losses=True)
    assert (lost["change_s"] > 0).all()
    assert "bridge closed" in page_of("bridge.html")


def test_an_ambulance_moved(run):
    names = run(8)
    both = names["both"]
    housed = set(both["today"].scenario.units.query("type == 'ambulance'")["station_id"])
    assert set(both.changes()["first_due_before"].dropna()) <= housed
    assert (both.changes()["change_s"].abs() > 10).sum() > 100
    gains = both.gains().loc[("M4 at Station 7", "ems", "incidents")]
    assert gains["unit"] == "incidents (ems)"
    assert f"of {gains['n']:,.0f} incidents (ems)" in page_of("ambulance.html")


def test_cover_by_income(run):
    names = run(9)
    row = names["today"].summary().loc[("first_engine", "population")]
    assert names["table"][["n", "within"]].sum().tolist() == [row["n"], row["within"]]
    assert "5 highest" in page_of("income.html")


def test_isochrones_for_other_programs(run):
    names = run(10)
    for file in ("reach.gpkg", "reach.kml"):
        assert {"isochrones", "own"} <= {str(name) for name in pyogrio.list_layers(file)[:, 0]}
    assert len(pyogrio.read_dataframe("reach.geojson")) == len(names["reach"])
    assert "Own layer" in page_of("reach.html")
