"""Whatever shows an assessment follows the objective in hand: its ground, its incidents, its weight, its units."""

import html
import re
from dataclasses import replace
from io import StringIO

import geopandas as gpd
import pandas as pd
import pytest
from rich.console import Console
from sample_city import sample_city

import fireplan as fp
from fireplan import maps
from fireplan._cli import terminal
from fireplan.colours import ELSEWHERE
from fireplan.errors import InputError, UnknownIdError
from fireplan.operations._as_json import cover_shown
from fireplan.operations._picture import Picture
from fireplan.operations._status.drawdown import Usual
from fireplan.operations._status.live_cover import CoverNow
from fireplan.report._inputs import material_of
from fireplan.report._write_report import report_bytes
from fireplan.standards import Objective, Standard
from tests.support.map_pages import areas, cells, colours, layer_data, shown

BLOCK_S = 11.0852
SOUTH_HALF = {"risk_class": ("high",)}


def standard(*objectives):
    return Standard("own", "Own", objectives)


def goal(key="first", needs=None, limit_s=10.2 * BLOCK_S, **more):
    return Objective(key, more.pop("title", "First engine"), limit_s, needs=needs or {"engine": 1}, share=0.9, **more)


@pytest.fixture(scope="module")
def town():
    """
    Line Street: an engine at either end of the first thirty blocks, an ambulance at the south end.

    Zones 1 to 20 are of high risk and the others of low; each zone has an EMS call in its middle, every fourth a fire.
    """
    line = fp.examples.line_town()
    stations = gpd.GeoDataFrame(
        {"station_id": ["S1", "S2"], "name": ["South", "North"]},
        geometry=gpd.points_from_xy([-140.0, -140.0], [30.0, 30.03]),
        crs=4326,
    )
    units = pd.DataFrame(
        {"unit_id": ["E1", "E2", "M1"], "station_id": ["S1", "S2", "S1"], "type": ["engine", "engine", "ambulance"]}
    )
    y = [30.0005 + 0.001 * i for i in range(40)]
    calls = gpd.GeoDataFrame(
        {
            "incident_id": [f"I{i:02}" for i in range(50)],
            "category": ["ems"] * 40 + ["fire"] * 10,
            "call_type": ["MEDICAL"] * 40 + ["STRUCTURE FIRE"] * 10,
            "received": pd.date_range("2025-01-01 00:30", periods=50, freq="h", tz="UTC"),
        },
        geometry=gpd.points_from_xy([-140.0] * 50, y + y[::4]),
        crs=4326,
    )
    zones = line.zones.assign(risk_class=["high"] * 20 + ["low"] * 20, median_income=50_000.0)
    return fp.Scenario(
        line.roads, stations, units, zones, incidents=calls, name="town", provenance="invented", timezone="UTC"
    )


def live(scenario, held):
    cover = CoverNow(scenario, standard=held)
    return cover_shown(Picture(cover, standard=held).scene(1_709_665_200_000_000), cover, Usual(cover, None))


def printed(table):
    console = Console(file=StringIO(), width=160)
    console.print(table)
    return " ".join(console.file.getvalue().split())


def report_of(subject, chapters=None):
    page = report_bytes(material_of(subject), chapters=chapters).decode()
    text = re.sub(r"<[^>]*>", " ", re.sub(r"<(style|svg).*?</\1>", " ", page, flags=re.DOTALL))
    return " ".join(html.unescape(text).replace("\N{NO-BREAK SPACE}", " ").split())


# --- one thing, one figure


@pytest.mark.parametrize(
    ("asked", "n", "share", "unit"),
    [
        # Of the south's twenty zones the engine of S1 reaches ten in time; S2 reaches none of them but the 21st on.
        ({"where": SOUTH_HALF}, 200, 0.5, "people where risk_class is high"),
        ({"where": SOUTH_HALF, "weight": "incidents"}, 25, 0.52, "incidents where risk_class is high"),
        ({"weight": "incidents", "categories": ("fire",)}, 10, 0.8, "incidents (fire)"),
        ({}, 400, 0.75, "people"),
    ],
    ids=["people on ground", "incidents on ground", "fires", "all"],
)
def test_every_surface_says_the_same_of_one_objective(town, asked, n, share, unit):
    held = standard(goal(**asked))
    assessment = fp.assess(town, standard=held)
    row = assessment.summary().loc[("first", asked.get("weight", "population"))]
    assert (row["n"], row["share"], row["unit"]) == (n, pytest.approx(share), unit)
    said = fp.wording.share_of(share, n, unit)
    assert said in maps.coverage(assessment).subtitle
    assert said in report_of(assessment)
    told = printed(terminal.shares_table(fp.compare(town, town.apply(name="same"), standard=held), title="x"))
    first_row = re.search(r"of [\d,]+ [^%]*? \d", told)[0]
    assert f"of {n} {unit}" in first_row
    assert re.search(rf"{fp.wording.share(share)}.* goal 90 %: missed", told)
    measure = live(town, held)["measures"][0]
    assert (measure["n"], measure["home"], measure["unit"]) == (n, pytest.approx(share), unit)


@pytest.mark.parametrize(
    ("draw", "asks"),
    [
        (maps.coverage, False), (maps.gaps, False), (maps.erf, False),
        (maps.compare, True), (maps.difference, True), (maps.grid, True), (maps.swipe, True),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)  # fmt: skip
def test_every_view_counts_what_is_asked_for(town, draw, asks):
    other = town.apply(fp.MoveUnit("E2", to="S1"), name="moved")
    held = standard(goal(where=SOUTH_HALF))
    subject = fp.compare(town, other, standard=held) if asks else fp.assess(town, standard=held)
    assert "of 200 people where risk_class is high" in shown(draw(subject))
    page = shown(draw(subject, count="incidents"))
    assert "of 25 incidents where risk_class is high" in page
    with pytest.raises(UnknownIdError, match="measure 'jobs'"):
        draw(subject, count="jobs")


def test_what_the_data_do_not_say_stands_beside_the_share(town):
    zones = town.zones.assign(risk_class=["high"] * 20 + ["low"] * 19 + [None])
    assessment = fp.assess(replace(town, zones=zones), standard=standard(goal(where=SOUTH_HALF)))
    left = "of 10 more (2.5 %) the data do not say"
    assert left in maps.coverage(assessment).subtitle
    assert left in report_of(assessment)
    both = fp.compare(assessment.scenario, assessment.scenario.apply(name="same"), standard=assessment.standard)
    assert left in printed(terminal.shares_table(both, title="x"))
    assert cells(areas(maps.coverage(assessment))[0], "In time")[39] == "not known whether it is asked of here"


# --- ground that an objective does not speak of


def test_zones_off_the_ground_are_neutral_and_in_no_gap_gain_or_loss(town):
    held = standard(goal(where=SOUTH_HALF))
    assessment = fp.assess(town, standard=held)
    page = maps.coverage(assessment)
    zones = areas(page)[0]
    assert set(colours(zones)[20:]) == {ELSEWHERE}
    assert ELSEWHERE not in colours(zones)[:20]
    assert set(cells(zones, "In time")[20:]) == {"not asked of here"}
    assert "not asked of here" in shown(page)
    assert "in 20 of 40 zones" in shown(page)
    assert fp.gaps(assessment)["population"].sum() == 100  # zones 11 to 20, and none of the eleven in the north
    moved = town.apply(fp.MoveUnit("E1", to="S2"), fp.MoveUnit("E2", to="S1"), fp.CloseStation("S2"), name="closed")
    both = fp.compare(town, moved, standard=held)
    difference = maps.difference(both)
    assert "0 come within 1:53 and 0 fall out of it" in difference.subtitle  # all losses lie in the north
    changes = areas(difference)[0]
    assert set(colours(changes)[20:]) == {ELSEWHERE}
    assert set(cells(changes, "Change")[20:]) == {"not asked of here"}
    layer = areas(maps.compare(both))[-1]
    assert cells(layer, "Change")[-1] == "not asked of here"
    depth = areas(maps.erf(assessment))[0]
    assert set(colours(depth)[20:]) == {ELSEWHERE}


def test_an_objective_for_all_ground_has_no_neutral_zones(town):
    page = maps.coverage(fp.assess(town, standard=standard(goal())))
    assert ELSEWHERE not in colours(areas(page)[0])
    assert "not asked of here" not in shown(page)


# --- who is first due is who brings what is asked for

AMBULANCE = {"needs": {"ambulance": 1}, "title": "Ambulance", "limit_s": 480.0}


def test_no_station_without_an_ambulance_is_first_due_for_one(town):
    als = goal("als", **AMBULANCE)
    both = fp.compare(town, town.apply(fp.MoveUnit("M1", to="S2"), name="moved"), standard=standard(goal(), als))
    pages = [
        maps.coverage(both.baseline, objective="als"),
        maps.difference(both, objective="als"),
        maps.compare(both, objective="als"),
        maps.first_due(town, objective=als),
    ]
    first = cells(areas(pages[0])[0], "First due (ambulance)")
    assert first[0].startswith("South, ")
    assert not any("North" in cell for cell in first)
    assert cells(areas(pages[0])[0], "Second due (ambulance)") == ["none"] * 40
    stations = next(data for kind, data in layer_data(pages[0]) if kind == "stations")
    assert cells(stations, "First due (ambulance) to people") == ["400", "0"]
    labels = [label for label in areas(pages[1])[0]["labels"] if label.startswith("First due")]
    assert labels == ["First due (ambulance)"] * 2
    assert all("first due (ambulance) North" in cell for cell in cells(areas(pages[2])[0], "moved"))
    assert cells(areas(pages[3])[0], "") == ["South"]
    assert pages[3].title == "First due (ambulance): town"
    assert set(fp.gaps(both.baseline, objective="als")["nearest_station"]) <= {"S1"}
    table = report_of(fp.assess(town, standard=standard(als)), chapters=["distribution"]).partition("Table 2.")[2]
    assert "South 400" in table
    assert "North" not in table.partition("Data:")[0]


def test_an_engine_is_first_due_where_nothing_else_is_asked_for(town):
    assert maps.first_due(town).title == "First due: town"
    assert maps.first_due(town, needs={"ambulance": 1}).title == "First due, 1 ambulance: town"
    page = maps.coverage(fp.assess(town, standard=standard(goal())))
    assert "North, " in "".join(cells(areas(page)[0], "First due"))


def test_first_due_counts_what_its_objective_weighs(town):
    fires = goal("fires", weight="incidents", categories=("fire",))
    page = maps.first_due(town, objective=fires)
    assert "10 incidents (fire) in 40 zones" in shown(page)
    # S1 and S2 stand thirty blocks apart: fires in the middles of zones 1, 5, 9 and 13 are S1's, six are S2's.
    assert cells(areas(page)[0], "Incidents (fire)") == ["4 (40.0 % of 10)", "6 (60.0 % of 10)"]
    assert "400 people in 40 zones" in shown(maps.first_due(town, objective=fires, count="population"))


# --- gains and losses are counted in what the objective weighs


def test_an_ambulance_moved_is_told_in_calls_and_not_in_people(town):
    als = goal("als", **(AMBULANCE | {"limit_s": 15.2 * BLOCK_S}), weight="incidents", categories=("ems",))
    both = fp.compare(town, town.apply(fp.MoveUnit("M1", to="S2"), name="moved"), standard=standard(als))
    row = both.gains().loc[("moved", "als", "incidents")]
    assert (row["gained"], row["lost"], row["n"]) == (25, 15, 40)  # zones 16 to 40, and 1 to 15
    page = maps.difference(both)
    assert page.subtitle == (
        "Ambulance: sooner for 25 (62.5 %) and later for 15 (37.5 %) of 40 incidents (ems), by more than 0:10; 25 come"
        " within 2:48 and 15 fall out of it"
    )
    assert page.legends[0].note.startswith("Within the limit: 25 incidents (ems) gained, 15 lost (n = 40)")
    report = report_of(both)
    assert "Of 40 incidents (ems)" in report
    assert "“moved” brings 25 within it and loses 15" in report
    legend = maps.compare(both).legends[1]
    assert legend.unit == "ambulance, travel time; switch it on in the list of layers"


def test_gaps_found_before_lead_the_page_to_their_objective(town):
    assessment = fp.assess(town, standard=standard(goal(), goal("high", where=SOUTH_HALF)))
    found = fp.gaps(assessment, objective="high", weight="incidents")
    page = maps.gaps(assessment, found=found)
    assert page.subtitle.startswith("52.0 % of 25 incidents where risk_class is high")
    assert "12" in cells(areas(page)[0], "Incidents where risk_class is high")
    with pytest.raises(InputError, match="gaps found are of objective 'high', not of 'first'"):
        maps.gaps(assessment, found=found, objective="first")
    assert "km of road" in maps.gaps(assessment, count="road_km").subtitle
    assert not maps.gaps(assessment, count="road_km").subtitle.startswith("No gap")


def test_what_lies_in_no_zone_is_not_said_to_lie_in_one(town):
    fewer = replace(town, zones=town.zones.iloc[:30])
    page = maps.coverage(fp.assess(fewer, standard=standard(goal())), count="incidents")
    # Ten EMS calls and two fires (of zones 33 and 37) lie in the ten blocks that are no zone.
    assert "50 incidents, 12 of them in no zone; 30 zones" in shown(page)


# --- a scenario that was narrowed says so


def test_a_narrowed_scenario_is_named_and_counted_by_its_incidents(town):
    night = town.only(call_type="STRUCTURE FIRE", hours=(16, 2), name="night")
    words_of_it = "call type STRUCTURE FIRE, 16:00 to 02:00"
    assessment = fp.assess(night, standard=standard(goal()))
    page = maps.coverage(assessment)
    assert page.title == f"Coverage: night (only {words_of_it})"
    kept = len(night.incidents)
    assert f"of {kept} incidents ({words_of_it})" in page.subtitle
    assert f"Only {words_of_it}: {kept} of 50 incidents." in page.footer.method
    text = report_of(assessment)
    assert f"only {words_of_it}: {kept} of 50 incidents" in text
    assert f"of {kept} incidents ({words_of_it}) within" in text
    with pytest.raises(InputError, match="narrowed to incidents"):
        maps.coverage(assessment, profile="public")


# --- the report


def test_a_report_lists_each_objective_on_its_ground_and_no_income_as_demand(town):
    low = goal("low", where={"risk_class": ("low",)}, title="Second ground")
    text = report_of(fp.assess(town, standard=standard(goal(where=SOUTH_HALF), low)))
    assert "Each objective on its own ground" in text
    assert "risk_class is high First engine 1:53 people 200 100 50.0 % goal 90 %: missed 200 0" in text
    assert "risk_class is low Second ground 1:53 people 200 0 100 % goal 90 %: met 200 0" in text
    assert "10,000,000" not in text  # 40 zones of 50,000 are no demand
    assert "numeric columns of the zones that are not counted: median_income" in text
    assert "Each objective on its own ground" not in report_of(fp.assess(town, standard=standard(goal())))


# --- the sample city


def test_marisols_forces_by_risk_are_judged_on_their_own_ground():
    city = sample_city(calibrated=False).today
    people = {"limit_s": 600.0, "interval": "turnout_and_travel_s", "share": 0.9}
    high = Objective("high", "28 people", needs={"people": 28}, where=SOUTH_HALF, **people)
    moderate = Objective("moderate", "16 people", needs={"people": 16}, where={"risk_class": ("moderate",)}, **people)
    everywhere = (replace(high, key="high_all", where={}), replace(moderate, key="moderate_all", where={}))
    held = standard(high, moderate, *everywhere)
    assessment = fp.assess(city, standard=held)
    summary = assessment.summary().xs("population", level="measure")
    told = {k: (fp.wording.share(r["share"], goal=0.9), r["n"], r["met"]) for k, r in summary.iterrows()}
    assert told == {
        "high": ("97.7 %", 4590, True),
        "moderate": ("80.9 %", 43_581, False),
        "high_all": ("49.2 %", 115_000, False),
        "moderate_all": ("92.4 %", 115_000, True),
    }
    said = "97.7 % of 4,590 people where risk_class is high"
    assert said in maps.coverage(assessment).subtitle
    assert (
        "80.9 % of 43,581 people where risk_class is moderate"
        in maps.coverage(assessment, objective="moderate").subtitle
    )
    text = report_of(assessment)
    assert said in text
    assert "80.9 % of 43,581 people where risk_class is moderate" in text
    cover = live(city, held)
    measure = cover["measures"][0]
    assert (measure["n"], round(measure["home"], 3), measure["unit"]) == (
        4590,
        0.977,
        "people where risk_class is high",
    )
    assert cover["objective"]["title"].endswith("where risk_class is high")
    incidents = live(city, standard(goal()))["measures"][2]
    assert (incidents["unit"], incidents["n"], incidents["left_out"]) == ("incidents", 29_918, 524)
