"""What a siting answer says: its goal, clock times, what it gains, one of each, and sites by their street corners."""

import math
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import fireplan as fp
from fireplan import charts, maps, siting
from fireplan.changes import CloseStation
from fireplan.changes._base import told
from fireplan.errors import InputError
from fireplan.roads import from_frames
from fireplan.siting._results import siting_words as words
from fireplan.siting._results.plan_proof import openings

BLOCK_DEG = 0.001


def crossed():
    """Line town with an avenue across every fifth block."""
    line = fp.examples.line_town()
    y = 30.0 + BLOCK_DEG * np.arange(41)
    nodes = pd.DataFrame(
        {"x": [-140.0] * 41 + [-139.999] * 8, "y": [*y, *y[2:42:5]]}, index=pd.RangeIndex(49)
    )  # fmt: skip
    edges = [(i, i + 1, "Line Street") for i in range(40)]
    edges += [(2 + 5 * k, 41 + k, f"{k + 1}. Avenue") for k in range(8)]
    table = pd.DataFrame([*edges, *((v, u, name) for u, v, name in edges)], columns=["u", "v", "name"])
    table = table.assign(key=0, highway="residential", speed_kph=36.0).set_index(["u", "v", "key"])
    return fp.Scenario(
        from_frames(nodes, table, crs=4326, source="made up"), line.stations, line.units, line.zones, name="crossed"
    )


def sites(*blocks, **columns):
    points = [shapely.Point(-140.0, 30.0 + BLOCK_DEG * b) for b in blocks]
    return gpd.GeoDataFrame(columns, geometry=points, index=[f"B{b}" for b in blocks], crs=4326)


@pytest.fixture(scope="module")
def town():
    return crossed()


@pytest.fixture(scope="module")
def best(town):
    return siting.max_coverage(town, candidates=sites(20, 30), within_s=240, goal=0.9)


def shown(page):
    """Words on a page, tables and legends, as they are written."""
    return page.to_html().replace("\N{NO-BREAK SPACE}", " ")


def test_a_site_is_called_by_its_corner_wherever_it_is_seen(best):
    assert all(place.endswith(" Avenue / Line Street") for place in best.sites["place"])
    site = str(best.chosen.index[0])
    place = best.sites["place"][site]
    assert f"Open Station at {place} ({site})" in repr(best)
    after = best.after()
    assert after.stations["name"][site] == f"Station at {place}"
    assert f"{place} ({site})" in shown(maps.siting(best))
    assert f"Station at {place}" in maps.coverage(fp.assess(after, standard="NFPA_1710")).to_html()
    assert next(c.told({}) for c in best.plan) == f"Open Station at {place} ({site})"


def test_two_sites_at_one_corner_are_told_apart():
    table = sites(20, 21).assign(place=["A / B", "A / B"])
    assert [c.name for c in openings(table)] == ["Station at A / B (B20)", "Station at A / B (B21)"]


def test_a_name_of_ones_own_is_kept_and_one_made_of_streets_is_a_place(town):
    found = siting.max_coverage(town, candidates=sites(30, name=["Old mill"]), within_s=240)
    assert (found.plan[0].name, words.names_of(found)) == ("Old mill", {"B30": "Old mill (B30)"})
    found = siting.max_coverage(town, candidates=sites(30, name=["Line Street"]), within_s=240)
    assert found.plan[0].name == "Station at Line Street"


def test_a_share_that_just_misses_its_goal_is_not_rounded_to_it():
    said = words.before_said(an_answer(before=103_493.0, total=115_000.0, goal=0.9))
    assert said == "103,493 (89.99 %; goal 90 %: missed)"
    assert words.attained_said(an_answer(objective=103_500.0, total=115_000.0, goal=0.9)) == (
        "103,500 of 115,000 people (90.0 %; goal 90 %: met)"
    )


def test_a_goal_reaches_curve_and_chart(town):
    curve = siting.marginal_curve(town, up_to=1, candidates=sites(20, 30), within_s=240, goal=0.9)
    assert curve.attrs["goal"] == 0.9
    almost = pd.DataFrame(
        {"objective": [100.0, 103_493.0], "gain": [0.0, 1.0], "share": [100 / 115_000, 103_493 / 115_000]},
        index=pd.RangeIndex(2, name="stations"),
    )
    almost.attrs["goal"] = 0.9
    assert "(89.99 % of 115,000)" in charts.marginal_curve(almost, unit="people").alt
    with pytest.raises(InputError, match=r"goal is 90: give a share such as 0\.9 for 90 %"):
        siting.max_coverage(town, candidates=sites(20), goal=90)


def an_answer(**changed):
    given = {
        "objective": 103_494.0, "before": 103_493.0, "total": 115_000.0, "goal": math.nan, "unit": "people",
        "plan": (CloseStation("S1"),), "status": "optimal",
    }  # fmt: skip
    return SimpleNamespace(**{**given, **changed})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "The plan gains next to nothing: 1 of 115,000 people (0.001 %)."),
        ({"objective": 103_493.0}, "The plan gains nothing over the department as it stands."),
        ({"objective": 103_493.0 + 115}, ""),
        ({"objective": 103_493.0 + 114}, "The plan gains next to nothing: 114 of 115,000 people (0.1 %)."),
        ({"objective": 1508.0, "before": 1499.0, "total": 2000.0, "unit": "incidents"},
         "The plan gains next to nothing: 9 of 2,000 incidents (0.5 %)."),
        ({"objective": 14.0, "before": 11.0, "total": 40.0}, ""),  # three of forty is something
        ({"objective": 124.6, "before": 124.9, "total": math.nan, "unit": "s"},
         "The plan gains next to nothing: less than 0:01 sooner."),
        ({"objective": 100.0, "before": 124.9, "total": math.nan, "unit": "s"}, ""),
        ({"objective": 0.8584, "before": 0.858, "total": math.nan, "unit": "share reached in the worst-off district"},
         "The plan gains next to nothing: less than 0.1 points."),
        ({"objective": 0.93, "before": 0.9295, "total": 1.0, "unit": "weighted share"},
         "The plan gains next to nothing: 0.0005 of 1 weighted share (0.1 %)."),
        ({"plan": ()}, ""),
        ({"before": math.nan}, ""),
    ],
)  # fmt: skip
def test_a_plan_that_gains_next_to_nothing_says_so(changed, said):
    assert words.little_said(an_answer(**changed)) == said


def test_it_says_so_before_it_says_optimal(town):
    zones = town.zones.assign(population=[1000.0] * 21 + [0.0] * 18 + [1.0])
    scenario = fp.Scenario(town.roads, town.stations, town.units, zones, name="one far")
    found = siting.max_coverage(scenario, candidates=sites(38), within_s=240)
    text = repr(found)
    assert text.index("The plan gains next to nothing: 1 of 21,001 people") < text.index("optimal")
    page = shown(maps.siting(found))
    assert page.index("gains next to nothing") < page.index("no other choice is better")


def test_times_are_clock_times_and_a_share_is_in_percent(town):
    mean = siting.p_median(town, candidates=sites(20, 30))
    assert words.amount_said(mean.objective, mean.unit) in repr(mean)
    assert f"{mean.objective:.1f}" not in repr(mean)
    assert ":" in words.attained_said(mean)
    page = shown(maps.siting(mean))
    assert f"candidates: {words.attained_said(mean)}, before {words.before_said(mean)}" in page
    assert "min:s" in page
    halves = fp.Scenario(
        town.roads, town.stations, town.units, town.zones.assign(half=["A"] * 20 + ["B"] * 20), name="halves"
    )
    fair = siting.fairest(halves, candidates=sites(20, 30), by="half", within_s=120)
    assert f"{fp.wording.share(fair.objective)} reached in the worst-off district" in repr(fair)
    few = siting.set_cover(town, candidates=sites(30), within_s=240)
    assert "\n  1 station\n" in repr(few)
    assert few.score_unit == "people"
    assert f"{few.sites['alone'].iloc[0]:.0f} people" in shown(maps.siting(few))


def test_changes_are_told_with_the_names_of_stations():
    names = {"S1": "Station 1", "S2": "Central", "S3": None}
    plan = (
        fp.CloseStation("S1"), fp.CloseStation("S3"), fp.MoveUnit("E1", to="S2"), fp.AddUnit("E9", to="S2"),
        fp.MoveStation("S2", at=(-140.0, 30.0)), fp.OpenStation("S2"), fp.SetTurnout(60, stations=("S1",)),
        fp.OpenStation("S9", at=(-140.0, 30.0), name="North", units=("E9",)), fp.ScaleSpeeds(0.9),
    )  # fmt: skip
    assert told(plan, names) == [
        "Close Station 1 (S1)", "Close S3", "Move E1 to Central (S2)", "Add E9 at Central (S2)",
        "Move Central (S2) to 30.00000, -140.00000", "Open Central (S2)", "Turnout 1:00 for Station 1 (S1)",
        "Open North (S9) with E9", str(fp.ScaleSpeeds(0.9)),
    ]  # fmt: skip
