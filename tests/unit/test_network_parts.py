"""Parts of the roads: what lies on each, what would join them, and stations that stand on a small one."""

import html
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan import changes, travel
from tests.support.how_many import tries
from tests.support.metre_towns import network, points, town

CASES = Path(__file__).parents[1] / "data" / "cases"
MAIN = ("Main Street", [(0, 0), (1000, 0), (3000, 0)], {})
HIGH = ("High Street", [(1000, 0), (1000, 1500)], {})
ISLE = ("Isle Road", [(500, 400), (900, 400), (900, 1400)], {})
ROCK = ("", [(2000, 500), (2400, 500)], {"ref": "K 7"})
PEOPLE = {"zones": [(500, 10), (900, 1200), (2100, 510), (1010, 700)], "people": [500, 80, 20, 300]}


@pytest.fixture(scope="module")
def county():
    """Two islands, on one of which a station stands."""
    return town(network(MAIN, HIGH, ISLE, ROCK), {"S1": (5, 5), "S2": (880, 1000)}, **PEOPLE)


def test_each_part_has_its_streets_stations_people_and_gap(county):
    found = travel.network_parts(county)
    assert found.crs == "EPSG:4326"
    assert found["street_km"].tolist() == pytest.approx([4.5, 1.4, 0.4])
    assert found["share_of_km"].sum() == pytest.approx(1)
    assert found["streets"].tolist() == [3, 2, 1]
    assert found["stations"].tolist() == [1, 1, 0]
    assert found["population"].tolist() == [800, 80, 20]
    assert found["gap_m"].tolist() == pytest.approx([np.nan, 100, 500], nan_ok=True)
    assert found["nearest_part"].tolist() == [-1, 0, 0]
    assert found.loc[[1, 2], "street"].tolist() == ["Isle Road", "K 7"]
    assert found.loc[[1, 2], "nearest_street"].tolist() == ["High Street", "Main Street"]
    length_m = found.to_crs(county.roads.crs).length
    assert length_m.tolist() == pytest.approx([4500, 1400, 400], rel=1e-6)


def test_an_island_county_is_assessed_each_place_from_its_own_part(county):
    found = fp.assess(county, standard=fp.standards.local_rule("x", weight="population", limit_s=240, share=0.9))
    assert found.summary()["n"].iloc[0] == 900
    assert found.summary()["unreachable"].iloc[0] == 20  # on the rock
    due = travel.first_due(county)["first_due"]
    assert [None if pd.isna(s) else s for s in due] == ["S1", "S2", None, "S1"]
    assert (
        "no station stands on 1 part of the roads that is joined to no other: 20 people of 900 live there and are"
        " reached by nobody"
    ) in found.notes()
    assert not [note for note in found.notes() if "check its place" in note]


def test_a_station_that_reaches_next_to_nothing_is_told_wherever_figures_are(tmp_path):
    x, y = points([(2200, 510)], crs=4326).iloc[0].coords[0]
    roads = network(MAIN, ("Long Road", [(3000, 0), *[(3000 + 500 * i, 10 * (i % 2)) for i in range(1, 60)]], {}), ROCK)
    plan = town(roads, {"S1": (5, 5)}, zones=[(500, 10), (2100, 510)], people=[500, 20]).apply(
        changes.OpenStation("S9", at=(x, y))
    )
    told = (
        "station 'S9' stands on a part that holds 1.2 % of the streets and reaches nothing else: 20 people there are"
        " reached from it alone; check its place, or whether a connecting road is missing"
    )
    rule = fp.standards.local_rule("x", weight="population", limit_s=480, share=0.9)
    assert travel.station_notes(plan) == [told]
    assert told in fp.assess(plan, standard=rule).notes()
    page = fp.write_report(fp.compare(plan.parent, plan, standard=rule), tmp_path / "r.html")
    assert f"{plan.name}: {told}" in html.unescape(page.read_text(encoding="utf-8"))


def test_a_station_in_a_one_way_trap_is_told_what_holds_it():
    trap = ("Trap", [(1000, 0), (1000, -400)], {"back": False})
    roads = network(("Main Street", [(50 * i, 3 * (i % 2)) for i in range(21)] + [(1000, 0)], {}), trap)
    scenario = town(roads, {"S1": (1003, -390)}, zones=[(0, 5)], snap_limit_m=100.0)
    (note,) = travel.station_notes(scenario)
    assert note.endswith(
        "of the network: the streets by which it leaves are one-way, or shut; check its place, or whether a connecting"
        " road is missing"
    )


def test_two_towns_on_one_network_are_one_part():
    project = fp.open_project(CASES / "two_towns")
    found = travel.network_parts(project.today)
    assert (len(found), found["stations"].tolist(), found["incidents"].tolist()) == (1, [1], [400])
    assert not [n for n in travel.station_notes(project.today) if "part" in n]


def test_the_map_shows_the_parts_and_says_what_lies_on_each(county):
    page = fp.maps.network_parts(county)
    labels = [entry.label for entry in page.legends[0].entries]
    assert labels == [
        "Largest part: 4.5 km, 800 people, 1 station",
        "Part 1: 1.4 km, 80 people, 1 station",
        "Part 2: 400 m, 20 people, no station",
        "Station",
    ]
    colours = [entry.colour for entry in page.legends[0].entries[:3]]
    assert len(set(colours)) == 3
    assert "3 parts that no street joins; the largest holds 71.4 % of the roads" in page.to_html()
    assert "100 m to the largest part, between Isle Road and High Street" in page.to_html()
    one = fp.maps.network_parts(town(network(MAIN), {"S1": (5, 5)}))
    assert "All roads are joined" in one.to_html()
    many = network(MAIN, *[(f"S{i}", [(100 * i, 500), (100 * i, 600)], {}) for i in range(12)])
    shown = fp.maps.network_parts(town(many, {"S1": (5, 5)})).legends[0].entries
    assert shown[-2].label.startswith("7 smaller parts: 700 m, no station")


@settings(max_examples=tries(40), deadline=None)
@given(st.data())
def test_parts_are_those_of_networkx_and_gaps_those_of_shapely(data):
    spot = st.tuples(st.integers(0, 9).map(lambda v: v * 100), st.integers(0, 9).map(lambda v: v * 100))
    pairs = data.draw(st.lists(st.tuples(spot, spot), min_size=1, max_size=12))
    streets = [(f"S{i}", [a, b], {"back": i % 3 > 0}) for i, (a, b) in enumerate(pairs) if a != b]
    if not streets:
        return
    roads = network(*streets)
    scenario = town(roads, {"S1": streets[0][1][0]}, zones=[streets[0][1][0]], snap_limit_m=2000.0)
    found = travel.network_parts(scenario)
    graph = nx.Graph(zip(roads.first.tolist(), roads.last.tolist(), strict=True))
    assert len(found) == nx.number_connected_components(graph)
    assert (np.diff(found["street_km"]) <= 1e-9).all()
    lines = found.to_crs(roads.crs).geometry
    for part in range(1, len(found)):
        nearest = min(shapely.distance(lines[part], lines[other]) for other in range(part))
        assert found["gap_m"][part] == pytest.approx(nearest, abs=1e-3)
