"""docs/calibration.md prints what `benchmarks.truth` measures of San Francisco."""

import re
from pathlib import Path

import pytest

import fireplan as fp
from benchmarks import truth
from fireplan import wording
from fireplan.calibration._fitting import ground_of
from fireplan.calibration._misplaced import HARDLY, SOME_TOO_FAST, SURE_GAIN, TOO_FAST, place_notes
from fireplan.measures._assessment import headline_row
from fireplan.progress import silent

pytestmark = pytest.mark.realdata

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "calibration.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())
PART = WORDS.split("San Francisco, 7 to 20 April 2020, observed, ")[1].split("Two runs of one station")[0]
NEAR_S = 0.5
"""Figures are printed to the second. [s]"""


@pytest.fixture(scope="module")
def measured(san_francisco):
    return truth.measure(
        san_francisco.history, san_francisco.today, emergency_priorities=("3", "E"), longest_s=900.0, timed=False
    )  # fmt: skip


def pair(named):
    """Median error and p90 of the error that are printed after some words. [s]"""
    found = re.search(rf"{re.escape(named)} ([\d.]+)(?: s)? (?:s )?and ([\d.]+) s", PART)
    assert found, named
    return [float(s) for s in found.groups()]


@pytest.mark.parametrize(
    ("named", "model"),
    [
        ("planning speeds", "planning"), ("times one factor", "factor"), ("a start and one factor", "linear"),
        ("the model that is taken", None),
    ],
)  # fmt: skip
def test_errors_of_the_ladder_are_those_that_are_measured(named, model, measured):
    known = measured.calibration
    step = next(s for s in known.ladder if s.model == (model or known.model))
    assert pair(named) == pytest.approx([step.error.median_error_s, step.error.p90_error_s], abs=NEAR_S)


def test_the_error_with_stations_left_out_and_the_number_of_runs_are_those_that_are_measured(measured):
    known = measured.calibration
    other = known.by_station
    assert pair("with stations left out") == pytest.approx([other.median_error_s, other.p90_error_s], abs=NEAR_S)
    assert PART.startswith(f"n = {wording.count(known.runs)} runs, {known.error.held_out} left out in turn")


def test_shares_are_those_that_are_assessed(measured, san_francisco):
    today = san_francisco.today
    planned = headline_row(fp.assess(today, standard=san_francisco.standard))
    known = headline_row(fp.assess(today.calibrated(measured.calibration), standard=san_francisco.standard))
    shares = re.search(
        r"reaches ([\d.]+) % of ([\d,]+) fires within four minutes by planning speeds; ([\d.]+) % \(([\d.]+) % to"
        r" ([\d.]+) %\) are to be expected",
        PART,
    ).groups()
    assert shares[1] == wording.count(planned["n"])
    told = [float(shares[i]) for i in (0, 2, 3, 4)]
    rows = [planned["share"], known["share"], known["share_low"], known["share_high"]]
    # Ends of an interval are rounded outwards.
    assert told == pytest.approx([100 * share for share in rows], abs=0.1)


def test_the_figures_that_rules_of_places_go_by_are_those_of_the_code(measured, san_francisco):
    assert (SURE_GAIN, TOO_FAST, SOME_TOO_FAST, HARDLY) == (0.05, 0.1, 0.02, 0.2)
    for said in ("rises by 0.05 and more", "more than 10 % of the runs faster", "from 2 % on noted", "below 0.2 "):
        assert said in WORDS
    with silent():
        ground = ground_of(san_francisco.today, measured.study.ground.runs)
        assert place_notes(ground, san_francisco.today, 1) == ()
