"""
A county without OpenStreetMap, from the files it publishes to the report, through the command line alone.

Two towns on a highway and an island with a station of its own (`tests/support/county.py`). What is reached, and when,
was reckoned by hand from lengths and posted speeds.
"""

import json
import sys
import tomllib

import county
import geopandas as gpd
import pandas as pd
import pytest
from county import BIRCH, HIGHWAY, ROAD, TOWN

import fireplan as fp
from fireplan._cli import main

BY_HAND_S = {
    "A1": 200 / TOWN,
    "A2": (1400 + 800) / TOWN,
    "A3": (1200 + 800 + 200) / TOWN,  # round the block: Third St is one-way there; else 1,800 m
    "M1": 1600 / TOWN + 3000 / HIGHWAY + 3400 / ROAD + (400 + 200) / TOWN,  # not by the bridge over the highway: 405 s
    "B1": 1600 / TOWN + 12_000 / HIGHWAY + 600 / TOWN,
    "B2": 1600 / TOWN + 12_000 / HIGHWAY + 200 / TOWN,
    "I1": 600 / TOWN,  # by the island's own engine
}
"""Travel time of the first engine to each zone. [s]"""


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command in this process: exit code, and what it printed, its white space evened out."""

    def command(*args):
        monkeypatch.setattr(sys, "argv", ["fireplan", *map(str, args)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        return code, " ".join(capsys.readouterr().out.split())

    return command


@pytest.fixture
def drafted(run, tmp_path):
    """The project that `fireplan init` makes of the files."""

    def draft(roads="roads.shp"):
        folder = county.write(tmp_path / "county", roads=roads)
        files = {"roads": roads, "stations": "stations.csv", "cad": "calls.csv", "zones": "blocks.geojson"}
        named = [part for kind, name in files.items() for part in (f"--{kind}", folder / name)]
        code, said = run("init", folder, *named, "--timezone", "America/Denver", "--yes")
        assert code == 0, said
        return folder, said

    return draft


def add(folder, text):
    file = folder / "plan.toml"
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def plan_of_birch():
    lon, lat = county.lonlat(BIRCH, -10)
    station = f'{{ open_station = "S2", at = [{lon}, {lat}], units = ["E2"] }}'
    return (
        f'\n[[scenario]]\nname = "Birch"\nchanges = [{station}]\n'
        '\n[siting]\ncandidates = "sites.csv"\nwithin_seconds = 240\nrobustness_runs = 0\n'
    )


@pytest.mark.parametrize("roads", ["roads.shp", "roads.gpkg", "roads.geojson"])
def test_centrelines_of_a_county_give_the_times_reckoned_by_hand(drafted, roads):
    folder, said = drafted(roads)
    assert "32 streets, 27 km" in said
    assert "2 stations (Alder, Cedar Island)" in said
    assert "left out" not in said  # the island's station stays
    today = fp.read_project(folder)
    due = fp.first_due(today)
    for zone, seconds in BY_HAND_S.items():
        assert due.loc[zone, "first_due_s"] == pytest.approx(seconds, rel=2e-4), zone
    assert due.loc["I1", "first_due"] == "S3"
    assert set(due["first_due"].drop("I1")) == {"S1"}
    roads_read = today.roads
    assert set(roads_read.street_ref[roads_read.highway == "primary"]) == {"SR 7"}
    bridges = roads_read.street_name[(roads_read.features & fp.roads.Feature.BRIDGE) > 0]
    assert bridges.tolist() == ["Mill Rd", "Mill Rd"]


def test_the_whole_line_runs_from_files_to_report(drafted, run):
    folder, _ = drafted()
    for what, kind in (("stations.csv", "stations"), ("roads.shp", "network"), ("", "scenario")):
        code, said = run("check", folder / what if what else folder, "--kind", kind)
        assert code == 0, said
    code, said = run("assess", folder)
    assert code == 0
    assert "of 4,300 people 72.1 % (goal 90 %: missed)" in said  # 3,100: Alder and the island
    assert "of 6 incidents (fire) 83.3 % (goal 90 %: missed)" in said
    assert "1,000 people in 0.00 km²; Alder at 10:49" in said  # 649.1 s
    assert "200 people in 0.00 km²; Alder at 8:56" in said  # 536.2 s
    add(folder, plan_of_birch())
    code, said = run("compare", folder)
    assert code == 0
    assert "of 4,300 people 72.1 % 95.3 % (+23.3)" in said
    summary = pd.read_csv(folder / "out" / "summary.RESTRICTED.csv").set_index(["scenario", "objective", "measure"])
    rows = summary.loc[[("today", "first_engine", "population"), ("Birch", "first_engine", "population")]]
    assert rows["within"].tolist() == [3100, 4100]
    assert rows["unreachable"].tolist() == [0, 0]
    # Nine in ten of 4,300 people: the last of them in the farther block of Birch, or, with a station there, in Alder.
    assert rows["p90_s"].tolist() == pytest.approx([BY_HAND_S["B1"], BY_HAND_S["A2"]], rel=2e-4)
    reached = gpd.read_file(folder / "out" / "isochrones.gpkg")
    today = reached[(reached["scenario"] == "today") & (reached["within_s"] == 240)].to_crs(county.CRS)
    assert today[today["station_id"] == "S3"].contains(gpd.points_from_xy(*zip(county.at(5600, 6000)))[0]).any()
    assert not today.contains(gpd.points_from_xy(*zip(county.at(BIRCH, 0)))[0]).any()
    page = (folder / "out" / "map.RESTRICTED.html").read_text(encoding="utf-8")
    assert "Cedar Island" in page
    made = json.loads((folder / "out" / "manifest.RESTRICTED.json").read_text(encoding="utf-8"))
    assert "roads.shp" in json.dumps(made)
    notes = (folder / "out" / "notes.RESTRICTED.txt").read_text(encoding="utf-8")
    assert "the network is in 2 parts" in notes
    assert "1 line of a class that no engine drives left out" in notes  # the bridge on foot


def test_a_site_is_found_in_the_second_town(drafted, run):
    folder, _ = drafted()
    add(folder, plan_of_birch())
    code, said = run("site", folder)
    assert code == 0, said
    assert "up to 1 of 3 candidates" in said  # the island's, where people live, is one of them
    assert "Attained 4,100 of 4,300 people (95.3 %; goal 90 %: met)" in said
    assert "Bound 4,100, gap 0 %; optimal" in said
    changes = tomllib.loads((folder / "out" / "changes.RESTRICTED.toml").read_text(encoding="utf-8"))
    placed = changes["scenario"][0]["changes"][0]["at"]
    assert placed == pytest.approx(county.lonlat(BIRCH + 400, -10), abs=1e-4)


def test_the_report_and_the_records_of_a_county_are_written(drafted, run):
    folder, _ = drafted()
    code, said = run("report", folder)
    assert code == 0, said
    text = (folder / "out" / "report.RESTRICTED.html").read_text(encoding="utf-8")
    assert "Cedar Island" in text
    assert "72.1" in text
    code, said = run("performance", folder)
    assert code == 0, said


def test_a_rush_hour_on_the_highway_changes_what_comes_by_it(drafted, run):
    folder, _ = drafted()
    add(folder, '\n[[periods]]\nname = "rush"\nhours = [16, 18]\nfactor = { residential = 0.5, primary = 0.8 }\n')
    code, said = run("assess", folder)
    assert code == 0, said
    # At half the speed only 200 m of Main St and 600 m of the island lie within four minutes: 1,100 people.
    assert "rush 25.6 % of 4,300 people; rest of the week 72.1 % of 4,300 people" in said
    times = fp.travel_times(fp.read_project(folder), periods=["rush"])
    by_hand = 1600 / (TOWN / 2) + 12_000 / (0.8 * HIGHWAY) + 600 / (TOWN / 2)
    assert float(times.sel(station_id="S1", zone_id="B1")[0]) == pytest.approx(by_hand, rel=2e-4)
