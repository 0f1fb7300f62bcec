"""One scenario and one history through map, report, chart, command line, live page and notebook: the same words."""

import io
import re

import pandas as pd
import pytest
from histories import history, went
from page_words import page_says
from rich.console import Console

import fireplan as fp
from fireplan import charts, maps
from fireplan._cli import performance as performance_command
from fireplan._cli import terminal as show
from fireplan.operations._as_json import cover_shown, performance_shown
from fireplan.operations._picture import Picture
from fireplan.operations._status.drawdown import Usual
from fireplan.operations._status.live_cover import CoverNow
from fireplan.report import material_of
from fireplan.report._write_report import report_bytes
from fireplan.response_performance import baselines
from fireplan.standards import Objective, Standard

LIMIT_S = 269.9  # 24 blocks of 11.09 s lie within it
PEOPLE = 100_000


def standard(interval="travel_s"):
    goal = Objective(
        key="first_engine", title="First engine", limit_s=LIMIT_S, interval=interval, needs={"engine": 1}, share=0.9,
        source="made up",
    )  # fmt: skip
    return Standard("town", "Town", (goal,))


def town(share):
    """Line town, with so much of its people in the 24 blocks within the limit."""
    line = fp.examples.line_town()
    inside = round(PEOPLE * share)
    people = [float(inside), *[0.0] * 23, float(PEOPLE - inside), *[0.0] * 15]
    zones = line.zones.assign(population=people)
    return fp.Scenario(line.roads, line.stations, line.units, zones, name="line town", provenance="invented")


def words(page):
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)).split())


def printed(table):
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(table)
    return console.export_text()


@pytest.mark.parametrize(
    ("share", "said"),
    [(0.8951, "89.5 %"), (0.89996, "89.996 %"), (0.9, "90.0 %"), (0.99996, "99.996 %"), (0.0625, "6.3 %")],
)
def test_a_planned_share_and_its_limit_are_said_the_same_everywhere(share, said):
    scenario, held = town(share), standard()
    assessment = fp.assess(scenario, standard=held)
    assert assessment.summary()["share"].iloc[0] == pytest.approx(share, abs=1e-9)
    both = fp.compare(scenario, scenario.apply(name="same"), standard=held)
    report = report_bytes(material_of(scenario, standard=held)).decode()
    alts = " ".join(re.findall(r'alt="([^"]*)"', report))
    whole = f"{said} of 100,000 people"
    assert whole in maps.coverage(assessment).subtitle
    assert whole in words(report)
    assert whole in alts  # the chart
    assert whole in repr(assessment)
    assert said in repr(both)
    table = printed(show.shares_table(both, title="shares"))
    assert said in table
    assert "of 100,000 people" in table
    state = _state(scenario, held)
    measure = state["measures"][0]
    # The page holds what is covered now to no goal, so that it needs no more decimals than without one.
    assert page_says("share_of", measure["home"], measure["n"], measure["unit"]) == fp.wording.share_of(
        share, PEOPLE, "people"
    )
    for text in (maps.coverage(assessment).subtitle, words(report), repr(assessment), state["objective"]["title"]):
        assert re.search(r"\bwithin 4:30\b", text)
    assert "First engine, 4:30" in table
    assert page_says("clock", state["objective"]["limit_s"]) == "4:30"


def _state(scenario, held):
    cover = CoverNow(scenario, standard=held)
    scene = Picture(cover, standard=held).scene(1_709_665_200_000_000)
    return cover_shown(scene, cover, Usual(cover, None))


def calls(seconds):
    rows = []
    for i, total in enumerate(seconds):
        at = pd.Timestamp("2025-03-03 20:00", tz="UTC") + pd.Timedelta(hours=17 * i)
        rows.append(went(f"F{i:03}", "E1", 0, 20, 60, total, 3000, at=at))
    return history(*rows)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(269.1, "4:30"), (269.5, "4:30"), (269.9, "4:30"), (270.0, "4:30"), (299.4, "5:00"), (3599.7, "1:00:00")],
)
def test_a_measured_percentile_is_said_the_same_everywhere(seconds, said):
    held = standard("total_response_s")
    record = calls([100 + i for i in range(17)] + [seconds] * 3)  # the 18th of 20 is the 90th percentile
    scenario = fp.examples.line_town()
    table = fp.performance(record, scenario=scenario, standard=held)
    assert table.loc["total_response", "p90_s"] == pytest.approx(seconds)
    report = words(report_bytes(material_of(record, standard=held)).decode())
    assert f"90 % of incidents had a first unit {said} after the call" in report
    assert (
        f"90 % within {said} total response time"
        in maps.performance(record, scenario, interval="total_response_s").subtitle
    )
    assert f"90 % took {said} or less" in charts.distribution(record, interval="total_response_s").alt
    by_month = fp.performance(record, by="month")
    assert (
        f"to {said} (" in charts.by_month(by_month, measure="total_response").alt
        or f": {said} (" in charts.by_month(by_month, measure="total_response").alt
    )
    row = next(r for r in table.reset_index().itertuples() if r.measure == "total_response")
    cells = " ".join(str(c) for c in performance_command._cells(row))
    assert f"{said} (" in cells
    sentences = baselines(record, scenario=scenario, standard=held, by=())
    assert (
        sentences["sentence"]
        .str.contains(f"total response time to arrival of the first unit to arrive was {said} or less", regex=False)
        .any()
    )
    shown = {r["measure"]: r for r in performance_shown(table, held)}
    assert page_says("percentile", shown["total_response"]["p90_s"]) == said


def test_a_share_that_just_misses_is_said_so_on_the_page_too():
    """The live state's figures are not rounded before the page rounds them: 0.89996 would become 0.9."""
    table = pd.DataFrame(
        {
            "title": "first engine", "n": 25_000, "p90_s": 269.001, "p90_low_s": 268.0, "p90_high_s": 270.2,
            "limit_s": 269.0, "goal": 0.9, "share": 22_499 / 25_000, "share_low": 0.89, "share_high": 0.91,
            "met": False, "verified": True, "note": "",
        },
        index=pd.Index(["first_engine"], name="measure"),
    )  # fmt: skip
    row = performance_shown(table, standard())[0]
    assert (
        page_says("share", row["share"], goal=row["goal"]) == fp.wording.share(22_499 / 25_000, goal=0.9) == "89.996 %"
    )
    assert page_says("percentile", row["p90_s"]) == fp.wording.percentile(269.001) == "4:30"
    assert page_says("time_interval", row["p90_low_s"], row["p90_high_s"]) == "4:28 to 4:31"
