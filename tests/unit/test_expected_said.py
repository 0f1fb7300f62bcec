"""Shares that are expected say so, with their interval; drives that were only planned are said to be."""

import io
import re

import pytest
from learnt_drives import learnt
from rich.console import Console

import fireplan as fp
from fireplan import wording
from fireplan._cli import terminal as show
from fireplan.measures._assessment import headline_row
from fireplan.measures._drives_said import SOURCE, expected_said, planned_said
from fireplan.standards import NFPA_1710

CLOSED = fp.CloseStation("S1")


@pytest.fixture(scope="module")
def planned():
    return fp.examples.line_town().apply(fp.OpenStation("S2", at=(-140.0, 30.04), units=("E2",)), name="today")


@pytest.fixture(scope="module")
def town(planned):
    return planned.calibrated(learnt(planned.roads))


def printed(comparison):
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(show.shares_table(comparison, title="shares"))
    return " ".join(console.export_text().split())


def test_an_expected_share_stands_with_its_interval_and_the_median_drive(town):
    found = fp.assess(town, standard=NFPA_1710)
    row = headline_row(found)
    assert row["share_low"] < row["share"] < row["share_high"]
    said = (
        f"first_engine: {wording.share(row['share'], goal=0.9)} ({wording.share(row['share_low'])} to"
        f" {wording.share(row['share_high'])}) of {wording.count(row['n'])} people expected within 4:00"
        f" (yes or no on the median drive: {wording.share(row['median_share'])};"
        f" 90 % of all arrivals by {wording.percentile(row['all_p90_s'])})"
    )
    assert said in repr(found)


def test_a_plan_stands_as_it_did(planned):
    found = fp.assess(planned, standard=NFPA_1710)
    row = headline_row(found)
    assert f"first_engine: {wording.share_of(row['share'], row['n'], 'people', goal=0.9)} within 4:00\n" in repr(found)
    assert "expected" not in repr(found)
    table = printed(fp.compare(planned, planned.apply(CLOSED, name="closed"), standard=NFPA_1710))
    assert table.startswith("shares share within today closed")
    assert "expected" not in table
    assert " to " not in table
    assert expected_said(row) == ""


def test_where_a_tenth_never_comes_that_is_said(town):
    row = dict(headline_row(fp.assess(town, standard=NFPA_1710)))
    assert expected_said({**row, "all_p90_s": float("inf")}).endswith("; more than a tenth of arrivals never come")


def test_the_terminal_says_expected_shares_their_error_and_who_gains(town):
    both = fp.compare(town, town.apply(CLOSED, name="closed"), standard=NFPA_1710)
    row = headline_row(both.baseline)
    table = printed(both)
    assert "expected share within today closed" in table
    assert f"{wording.share(row['share_low'])} to {wording.share(row['share_high'])}" in table
    assert "expected: each place by how likely it is reached in time; a to b: 95 % interval" in table
    lines = show.drive_lines(both)
    assert lines[0] == "Drive times: median error 15 s, p90 49 s, held out, n = 1,919 (observed runs)."
    assert f"First engine, 4:00, today, people: {expected_said(row)}." in lines
    gain = both.gains().loc[("closed", "first_engine", "population")]
    assert gain["lost"] > gain["gained"]
    assert (
        f"closed, First engine, 4:00: of {wording.count(gain['n'])} people {wording.count(-gain['net'])} fewer are"
        f" expected in time ({wording.count(gain['gained'])} gained, {wording.count(gain['lost'])} lost)."
    ) in lines


def test_one_scenario_has_its_interval_in_the_table_too(town):
    table = printed(fp.comparison.Comparison((fp.assess(town, standard=NFPA_1710),)))
    row = headline_row(fp.assess(town, standard=NFPA_1710))
    assert f"{wording.share(row['share_low'])} to {wording.share(row['share_high'])}" in table
    assert "change in percentage points" not in table


def test_a_comparison_says_that_its_shares_are_expected(planned, town):
    for base, said in ((town, "objective, expected over drives)"), (planned, "objective)")):
        both = fp.compare(base, base.apply(CLOSED, name="closed"), standard=NFPA_1710)
        assert repr(both).splitlines()[0].endswith(f"(modelled shares within each {said}")


def test_a_goal_within_the_interval_is_explained(town):
    share = headline_row(fp.assess(town, standard=NFPA_1710))["share"]
    held = fp.standards.local_rule("near", limit_s=240, weight="population", share=round(share + 1e-4, 4))
    table = printed(fp.comparison.Comparison((fp.assess(town, standard=held),)))
    assert re.search(r"goal \d+(\.\d+)? %: missed, not sure", table)
    assert "not sure: the goal lies in the interval" in table


def test_planned_drives_are_said_to_be_short_with_a_source(planned, town):
    lines = show.drive_lines(fp.compare(planned, planned.apply(CLOSED, name="closed"), standard=NFPA_1710))
    assert len(lines) == 1
    assert lines[0].startswith("Modelled times are planning speeds, not learnt from records, and usually too short")
    assert "81.3 %" in lines[0]
    assert "fireplan calibrate" in lines[0]
    assert "10.1007/s10694-023-01496-3" in SOURCE
    assert planned_said(town) == ""


def test_gaps_and_periods_are_told_as_they_are_expected(planned):
    night = fp.roads.SpeedPeriod("night", hours=(22, 6), factor=1.1, basis="calibrated")
    day = fp.roads.SpeedPeriod("day", hours=(6, 22), factor=0.95, basis="calibrated")
    town = planned.calibrated(learnt(planned.roads, periods=(night, day), week_sd=0.06))
    found = fp.assess(town, standard=NFPA_1710)
    periods = fp.measures.by_period(town, standard=NFPA_1710)
    first, *_, last = show.period_lines(periods, found)
    rows = periods.loc[("first_engine", "population")].drop("whole week")  # that is told once, above
    assert first == (
        f"By period, First engine, 4:00, of {wording.count(rows['n'].iloc[0])} people, expected: "
        + "; ".join(f"{name} {wording.share(share, goal=0.9)}" for name, share in rows["share"].items())
    )
    assert last.endswith("all other figures here are over all hours of the week together.")
    holes = fp.gaps(found)
    head, one = show.gap_lines("today", holes)[:2]
    assert f"{wording.count(holes.attrs['outside'])} of" in head
    assert head.endswith(f"{wording.count(holes.attrs['elsewhere'])} of them where help is likelier in time")
    assert f", {wording.count(holes['late'].iloc[0])} expected late; " in one
