"""Maps of calibrated departments: chances in steps, expected gains, and how wrong the drives are under every map."""

import math
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan._cli import terminal
from fireplan._page_kit.style import whole_percent
from fireplan.drive_times import TravelSpread
from fireplan.maps._layers.chance_tables import CHANCE_BANDS, POINT_BANDS, point_colours, points_said, whole_points
from fireplan.maps._layers.chance_words import chance_said
from fireplan.maps._pages.page_frame import PLANNED
from fireplan.standards import local_rule
from tests.support.calibrated_town import HEADLINE, calibrated

RULE = local_rule("r", limit_s=240, weight="population", share=0.9)
MOVE = fp.MoveStation("S1", at=(-140.0, 30.02))


@pytest.fixture(scope="module")
def plain():
    return fp.examples.line_town()


@pytest.fixture(scope="module")
def town(plain):
    return calibrated(plain)


@pytest.fixture(scope="module")
def found(town):
    return fp.assess(town, standard=RULE)


@pytest.fixture(scope="module")
def moved(town):
    return fp.compare(town, town.apply(MOVE, name="middle"), standard=RULE)


def layer(page, name):
    (made,) = [m for m in getattr(page, "maps", (page,))[-1]._children.values() if getattr(m, "layer_name", "") == name]
    return made


def legend(page, start):
    (one,) = [one for one in page.legends if one.title.startswith(start)]
    return one


VIEWS = ("coverage", "gaps", "erf", "first_due", "isochrones", "compare", "difference", "swipe", "grid")


def draw(view, comparison):
    subject = comparison.baseline if view in {"coverage", "gaps", "erf"} else comparison
    subject = comparison.baseline.scenario if view in {"first_due", "isochrones"} else subject
    return getattr(fp.maps, view)(subject)


@pytest.mark.parametrize("view", VIEWS)
def test_every_map_says_how_wrong_its_drives_are(view, plain, moved):
    page = draw(view, moved)
    assert page.footer.drives == HEADLINE
    assert HEADLINE in page.to_html()
    compared = fp.compare(plain, plain.apply(MOVE, name="middle"), standard=RULE)
    planned = draw(view, compared)
    assert planned.footer.drives == PLANNED
    assert PLANNED in planned.to_html()


def test_drives_learnt_from_invented_runs_are_said_to_be(plain):
    page = fp.maps.isochrones(calibrated(plain, basis="invented"))
    assert page.footer.drives == f"{HEADLINE} (invented runs)"


def test_scenarios_that_are_driven_otherwise_are_each_told(plain, town):
    page = fp.maps.compare(fp.compare(plain, replace(town, name="calibrated"), standard=RULE))
    assert page.footer.drives == f"line town: {PLANNED[0].lower()}{PLANNED[1:]}; calibrated: d{HEADLINE[1:]}"
    # Of planned drives nobody knows how they differ: both are drawn by time.
    assert [m.layer_name for m in page.maps[1]._children.values() if "Arrival" in getattr(m, "layer_name", "")]


def test_a_map_without_drives_says_nothing_of_them(town):
    assert fp.maps.network_parts(town).footer.drives == ""


def test_zones_are_coloured_by_the_chance_that_their_card_tells(found):
    page = fp.maps.coverage(found)
    data = layer(page, "Chance by zone").data
    chance, arrival_s = found.zones["r_chance"], found.zones["r_s"]
    assert chance.between(0.05, 0.95).mean() > 0.2
    for row, (p, s) in enumerate(zip(chance, arrival_s, strict=True)):
        said = chance_said(p)
        assert data["tooltip"][row] == f"{said} likely within 4:00; median {fp.wording.clock(s, limit_s=240)}"
        band = next(b for b in CHANCE_BANDS if b.above < whole_percent(p) <= b.up_to)
        assert data["palette"][data["fills"][row]] == band.colour
        cells = dict(zip(data["labels"], [column[row] for column in data["cells"]], strict=True))
        late = "" if s <= 240 else ": too far"
        assert cells["In time"] == f"{said} likely, limit 4:00{late}"
        assert cells[RULE.planned[0].title] == f"{fp.wording.clock(s, limit_s=240)} at the median"
    assert legend(page, "Chance that help is there within 4:00").entries[0].label == "over 90 %"
    assert page.subtitle.startswith(f"{fp.wording.share(chance.mean(), goal=0.9)} of 400 people: ")
    assert ", expected (95 % interval " in page.subtitle


def test_a_goal_within_the_interval_is_not_sure_on_a_map_either(town, found):
    goal = float(found.summary().loc[("r", "population"), "share"])
    close = fp.assess(town, standard=local_rule("r", limit_s=240, weight="population", share=goal))
    assert ", not sure)" in fp.maps.coverage(close).subtitle


def test_median_times_are_there_when_asked_for(found):
    page = fp.maps.coverage(found)
    assert not layer(page, "Median arrival by zone").show
    assert "half of the drives take longer" in legend(page, f"{RULE.planned[0].title}: median").note


def test_without_a_spread_maps_are_of_medians(plain):
    page = fp.maps.coverage(fp.assess(calibrated(plain, spread=None), standard=RULE))
    assert layer(page, "Arrival by zone")
    assert page.footer.drives == HEADLINE
    assert "expected" not in page.subtitle


def test_a_difference_is_of_chances_and_of_expected_people(moved):
    page = fp.maps.difference(moved)
    gains = moved.gains().loc[("middle", "r", "population")]
    assert f"{fp.wording.count(gains['gained'])} gained and" in page.subtitle
    assert f"{fp.wording.count(gains['lost'])} lost of 400 people, expected" in page.subtitle
    old, new = (a.zones["r_chance"].to_numpy() for a in moved.assessments)
    points = whole_points(old, new)
    shown = legend(page, "Change in the chance within 4:00")
    for band in POINT_BANDS:
        (entry,) = [e for e in shown.entries if e.label == band.label]
        assert entry.note == fp.wording.count(10.0 * ((points > band.above) & (points <= band.up_to)).sum())
    data = layer(page, "Change of chance by zone").data
    assert data["tooltip"] == [points_said(p) for p in points]
    assert not layer(page, "Change of the median by zone").show
    assert layer(page, "Median comes within the limit")


def test_panes_outline_gaps_and_show_gains_of_chance(moved):
    page = fp.maps.grid(moved)
    shares = [fp.wording.share(a.zones["r_chance"].mean(), goal=0.9) for a in moved.assessments]
    assert [pane.headline for pane in page.maps] == shares
    data = layer(page, "Gains and losses").data
    assert any(said.endswith("points likelier") for said in data["tooltip"])
    assert data["tooltip"][-1] == "up to 2 points either way"
    labels = [e.label for e in legend(page, "Change against").entries]
    assert labels == [b.label for b in POINT_BANDS]


def test_a_gap_holds_what_is_expected_late(found):
    gaps = fp.gaps(found)
    zones = found.zones
    late = 10.0 * (1 - zones["r_chance"].to_numpy())
    over = zones["r_s"].to_numpy() > 240
    assert gaps["late"].tolist() == pytest.approx([late[over].sum()])
    assert gaps["chance"].tolist() == pytest.approx([zones["r_chance"][over].mean()])
    assert (gaps["chance"] < 0.5).all()
    assert gaps.attrs["outside"] == pytest.approx(late.sum())
    assert gaps.attrs["outside"] == pytest.approx(found.summary().loc[("r", "population"), "outside"])
    parts = gaps["late"].sum() + gaps.attrs["scattered"] + gaps.attrs["elsewhere"]
    assert parts == pytest.approx(gaps.attrs["outside"])
    assert gaps.attrs["elsewhere"] == pytest.approx(late[~over].sum())
    assert "Expected late: " in legend(fp.maps.gaps(found), "Why").note


def test_gaps_are_ranked_by_what_is_late_in_them(town):
    # A gap that is only just too far, of more people, comes after one that help never reaches in time.
    demand = fp.ScaleDemand(0, zones=tuple(town.zones.index[26:36])), fp.ScaleDemand(1.15, zones=("Z23", "Z24"))
    gaps = fp.gaps(fp.assess(town.apply(*demand), standard=RULE), at_least=0)
    assert gaps["late"].is_monotonic_decreasing
    assert gaps["population"].tolist() == sorted(gaps["population"])
    assert len(gaps) == 2


def test_changes_name_the_change_of_chance(moved, plain):
    table = moved.changes()
    old, new = (a.zones["r_chance"] for a in moved.assessments)
    assert table["r_chance_change"].to_numpy() == pytest.approx((new - old).to_numpy())
    people = (table["r_chance_change"] * table["population"]).sum()
    assert people == pytest.approx(moved.gains().loc[("middle", "r", "population"), "net"])
    planned = fp.compare(plain, plain.apply(MOVE, name="middle"), standard=RULE).changes()
    assert "r_chance_change" not in planned


def test_ground_off_an_objective_has_no_change_of_chance(town):
    zones = town.zones.assign(risk=np.where(np.arange(40) < 20, "high", "low"))
    rule = local_rule("r", limit_s=240, weight="population", share=0.9, where={"risk": "high"})
    plain = fp.examples.line_town()
    marked = calibrated(fp.Scenario(plain.roads, plain.stations, plain.units, zones))
    both = fp.compare(marked, marked.apply(MOVE, name="middle"), standard=rule)
    assert both.changes()["r_chance_change"].isna().tolist() == (zones["risk"] == "low").tolist()
    data = layer(fp.maps.difference(both), "Change of chance by zone").data
    assert data["tooltip"][-1] == "not asked of here"
    assert layer(fp.maps.compare(both), "Gains and losses").data["tooltip"][-1] == "not asked of here"


def test_no_chance_is_told_as_certain():
    assert [chance_said(p) for p in (0, 0.004, 0.005, 0.0951, 0.995, 1)] == [
        "under 1 %", "under 1 %", "1 %", "10 %", "over 99 %", "over 99 %",
    ]  # fmt: skip


def test_what_is_reached_at_all_now_or_never_has_its_own_colour():
    colours = point_colours([0, 60, -60, 0], [math.inf, math.inf, 100, 100], [math.inf, 100, math.inf, 100])
    assert len(set(colours)) == 4
    assert colours[3] == next(b.colour for b in POINT_BANDS if b.above < 0 <= b.up_to)


def test_classes_of_chance_part_all_whole_percents():
    for percent in range(101):
        assert sum(b.above < percent <= b.up_to for b in CHANCE_BANDS) == 1
    for points in range(-100, 101):
        assert sum(b.above < points <= b.up_to for b in POINT_BANDS) == 1
    names = [b.label for b in POINT_BANDS]
    inside = {p: next(b.label for b in POINT_BANDS if b.above < p <= b.up_to) for p in (-30, -10, -2, 2, 10, 30)}
    assert [names.index(inside[p]) + names.index(inside[-p]) for p in (2, 10, 30)] == [len(names) - 1] * 3


def test_the_whole_force_is_told_as_expected_and_each_engine_with_its_chance(town):
    staffed = town.apply(*(fp.AddUnit(f"E{i}", to="S1", type="engine") for i in (2, 3, 4)))
    rule = local_rule("r", limit_s=240, weight="population", share=0.9, needs={"engine": 4})
    found = fp.assess(staffed, standard=rule)
    page = fp.maps.erf(found)
    share = found.summary().loc[("r", "population"), "share"]
    assert page.subtitle.endswith(f"{fp.wording.share_of(share, 400, 'people', goal=0.9)}, expected")
    data = layer(page, "Depth by zone").data
    second = data["cells"][data["labels"].index("Second engine")]
    told = zip(found.zones["r_s"], found.zones["r_chance"], strict=True)
    assert second == [f"{fp.wording.clock(s, limit_s=240)}, {chance_said(p)} likely in time" for s, p in told]
    (shown,) = page.legends
    assert shown.title == "Within 4:00 at the median"
    assert shown.entries[4].note == fp.wording.share((found.zones["r_s"] <= 240).mean())


def test_a_territory_says_how_long_nine_in_ten_drives_take(town):
    page = fp.maps.first_due(town)
    data = layer(page, "Territories").data
    (said,) = data["cells"][data["labels"].index("90 % of drives take up to")]
    rule = local_rule("first", limit_s=240, weight="population")
    p90_s = fp.assess(town, standard=rule).summary().loc[("first", "population"), "all_p90_s"]
    assert said == f"{fp.wording.percentile(p90_s)}, of 400 people"
    # Longer than nine in ten of the medians.
    assert p90_s > np.quantile(fp.assess(town, standard=rule).zones["first_s"], 0.9)


def test_ground_reached_is_that_of_the_median_drive(town, plain):
    (shown,) = fp.maps.isochrones(town).legends
    assert shown.title.startswith("Median travel time")
    assert "half of the drives take longer" in shown.note
    assert fp.maps.isochrones(plain).legends[0].title.startswith("Travel time")


def test_the_less_likely_the_darker_and_every_step_can_be_told_on_grey_paper():
    grey = [np.dot([int(b.colour[i : i + 2], 16) for i in (1, 3, 5)], [0.2126, 0.7152, 0.0722]) for b in CHANCE_BANDS]
    steps = -np.diff(grey[:-1])  # what is not reached at all is another thing
    assert (steps > 12).all()


def test_the_legend_counts_who_lives_in_each_class(found):
    shown = legend(fp.maps.coverage(found), "Chance that help is there")
    percent = whole_percent(found.zones["r_chance"])
    for band in CHANCE_BANDS[:-1]:
        (entry,) = [e for e in shown.entries if e.label == band.label]
        assert entry.note == str(10 * int(((percent > band.above) & (percent <= band.up_to)).sum()))
    assert shown.unit.endswith("; people")


def test_gaps_of_incidents_are_late_at_their_own_points(plain):
    rng = np.random.default_rng(3)
    points = gpd.points_from_xy(np.full(50, -140.0), 30 + rng.uniform(0, 0.04, 50), crs=4326)
    calls = gpd.GeoDataFrame(geometry=points, index=pd.Index([f"I{i}" for i in range(50)], name="incident_id"))
    city = calibrated(fp.Scenario(plain.roads, plain.stations, plain.units, plain.zones, incidents=calls))
    found = fp.assess(city, standard=RULE)
    gaps = fp.gaps(found, weight="incidents")
    late = found.summary().loc[("r", "incidents"), "outside"]
    assert gaps.attrs["outside"] == pytest.approx(late)
    parts = gaps["late"].sum() + gaps.attrs["scattered"] + gaps.attrs["elsewhere"]
    assert parts == pytest.approx(late)
    assert (gaps["late"] <= gaps["incidents_n"]).all()


def test_the_command_line_tells_what_is_expected_late(found):
    gaps = fp.gaps(found)
    head = terminal.gap_lines("today", gaps)[0]
    late = fp.wording.count(gaps.attrs["outside"])
    # 158.2 and 19.3 are 177.5: told as 158 and 20 they add up to the 178 beside them.
    inside, elsewhere = fp.wording.parted([gaps["late"].sum(), gaps.attrs["elsewhere"]])
    assert inside + elsewhere == int(late)
    limit = f"{RULE.planned[0].title}, 4:00"
    sooner = f"{elsewhere} of them where help is likelier in time"
    assert head == f"Gaps, today: {late} of 400 people expected outside {limit}; {inside} of them in 1 gap; {sooner}"


@settings(max_examples=tries(25), deadline=None)
@given(
    st.integers(60, 420), st.floats(0.02, 0.8), st.floats(0, 60), st.lists(st.floats(0, 50), min_size=40, max_size=40)
)
def test_gaps_classes_and_changes_add_up_whatever_drives_are_like(limit_s, upper, start_s, people):
    town = fp.examples.line_town()
    zones = town.zones.assign(population=people)
    rule = local_rule("r", limit_s=limit_s, weight="population", share=0.9)
    scenario = fp.Scenario(town.roads, town.stations, town.units, zones)
    made = calibrated(scenario, start_s=start_s, spread=TravelSpread(upper))
    both = fp.compare(made, made.apply(MOVE, name="middle"), standard=rule)
    outside = both.baseline.summary().loc[("r", "population"), "outside"]
    gaps = fp.gaps(both.baseline)
    assert gaps["late"].sum() + gaps.attrs["scattered"] + gaps.attrs["elsewhere"] == pytest.approx(outside, abs=1e-6)
    assert ((gaps["chance"] >= 0) & (gaps["chance"] <= 0.5 + 1 / limit_s)).all()
    net = (both.changes()["r_chance_change"] * zones["population"]).sum()
    assert net == pytest.approx(both.gains().loc[("middle", "r", "population"), "net"], abs=1e-6)
