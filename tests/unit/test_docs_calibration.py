"""docs/calibration.md prints what the calibration of the sample city says."""

from pathlib import Path

import pytest
from sample_city import sample_city

import fireplan as fp
from fireplan import wording
from fireplan.calibration._do_not_use import FEW_RUNS
from fireplan.drive_times import MODELS
from fireplan.measures._assessment import headline_row
from fireplan.report._blocks import Prose
from fireplan.report._inputs import material_of
from fireplan.report._summary_section import summary_section
from fireplan.report._write_report import CHAPTERS
from fireplan.response_performance._statistics import FEWEST

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "calibration.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())


@pytest.fixture(scope="module")
def town():
    return sample_city().today


def test_the_ladder_is_that_of_the_sample_city(town):
    known = town.calibration
    lines = [line.split(" | ") for line in PAGE.splitlines() if line.endswith(" s |")]
    told = [[cell.strip("| ") for cell in line] for line in lines]
    assert told == [
        [
            f"**{MODELS[step.model]}** (taken)" if step.model == known.model else MODELS[step.model],
            f"{wording.signed(step.error.bias_s)} s",
            f"{wording.count(step.error.median_error_s)} s",
            f"{wording.count(step.error.p90_error_s)} s",
        ]
        for step in known.ladder
    ]
    assert f"n = {wording.count(known.error.n)} runs" in WORDS
    assert f"“{known.headline}”" in WORDS or f'"{known.headline}"' in WORDS


def test_other_errors_are_those_of_the_sample_city(town):
    step = next(s for s in town.calibration.ladder if s.model == town.calibration.model)
    where, later = step.by_station, step.by_period
    assert (
        f"a median error of {wording.count(where.median_error_s)} s, p90 {wording.count(where.p90_error_s)} s; on the"
        f" second half of the days, fitted to the first, {wording.count(later.median_error_s)} s and"
        f" {wording.count(later.p90_error_s)} s."
    ) in WORDS


def test_shares_are_those_of_the_sample_city(town):
    found = fp.assess(town, standard="NFPA_1710")
    row = headline_row(found)
    line = repr(found).splitlines()[1].strip().removeprefix("first_engine: ")
    assert f"> {line}\n" in PAGE
    ends = wording.share_interval(row["share_low"], row["share_high"])
    assert f"{wording.share(row['share'])} (95 % interval {ends})" in WORDS
    planned = headline_row(fp.assess(sample_city(calibrated=False).today, standard="NFPA_1710"))
    assert f"{wording.share(planned['share'], goal=0.9)} of {wording.count(planned['n'])} people within four" in WORDS


def test_few_runs_are_those_of_the_code():
    assert f"stations and hours with fewer than {FEW_RUNS} runs" in WORDS
    assert FEWEST == 10
    assert "groups of fewer than ten runs have no figure" in WORDS


def test_the_chance_of_a_median_of_three_fifty_is_that_of_the_sample_city(town):
    arrival = fp.assess(town, standard="NFPA_1710").arrival("first_engine", "population")
    near = (arrival.arrival_s >= 229) & (arrival.arrival_s < 232)
    assert near.any()
    assert f"{100 * arrival.chance[near].mean():.0f}" in WORDS.split("in time at perhaps ")[1][:4]


def test_the_chapter_stands_where_the_page_says():
    chapters = list(CHAPTERS)
    at = chapters.index("drive_times")
    assert "after what was observed and before the chapters on what is reached in time" in WORDS
    assert chapters[at - 1] == "performance"
    assert chapters[at + 1 :][:2] == ["distribution", "concentration"]
    assert chapters[0] == "summary"
    assert "its error stands in the summary too, which comes first" in WORDS


def test_the_summary_of_a_report_says_the_error(town):
    material = material_of(fp.assess(town, standard="NFPA_1710"))
    said = " ".join(block.text for block in summary_section(material).blocks if isinstance(block, Prose))
    assert town.calibration.headline.lower() in said.lower()
