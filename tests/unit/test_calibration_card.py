"""A model card says what a calibration is, how wrong it is, and what it must not be used for."""

import io
from dataclasses import replace

import pytest
from learnt_drives import learnt, runs
from rich.console import Console

import fireplan as fp
from fireplan._cli.calibrate import _speeds
from fireplan.calibration import diagnostics, model_card
from fireplan.drive_times import Calibration, Estimate, HeldOutError, TurnoutLaw, TurnoutTimes
from fireplan.roads import SpeedPeriod

PARTS = ["What it is", "Runs", "How wrong it is", "Values", "What it must not be used for", "Made by"]
DAY = TurnoutLaw("engine", "ems", (0, 24), 500, 60.0, 58.0, 62.0, 0.3)


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


def test_a_card_holds_what_a_chief_has_to_know(town):
    calibration = learnt(town.roads)
    card = model_card(calibration)
    assert [part.title for part in card.parts] == PARTS
    assert "better than class by more than one standard error" in card["What it is"][1]
    assert "nine in ten take 4:48 or less" in card["What it is"][2]  # 240 s times e^0.18
    assert card["Runs"][0].startswith("n = 1,919 runs, 2020-01-03 to 2020-12-30")
    assert "not the first engine to arrive: 880; no emergency: 120" in card["Runs"][1]
    assert "Station S2 has 12 runs" in card["Runs"][2]
    assert card["How wrong it is"][0].startswith("With days left out in turn: median error 15 s, p90 49 s")
    assert "90.2 % of 1,919 runs took no longer" in card["How wrong it is"][0]
    assert card["How wrong it is"][1].startswith("With stations left out in turn")
    assert "Against planning speeds as they are: median error 44 s, p90 103 s, on the same folds." in card[PARTS[2]]
    assert "Start of a drive: 9.0 s (8.6 to 9.4; n = 1,919)." in card["Values"]
    assert "residential: 30.0 km/h (29.5 to 30.6; n = 1,700)." in card["Values"]
    assert "service: 15.0 km/h (as planned beside the others, too few runs: 4)." in card["Values"]
    assert any(line.endswith("S1 by w7.") for line in card["Values"])
    assert calibration.fingerprint in card["Made by"][0]
    assert card["Made by"][1] == "Made 2026-11-30; fireplan 1.0; robust fit; seed 17."


def test_a_card_says_what_the_runs_do_not_hold(town):
    calibration = learnt(town.roads, basis="invented")
    found = diagnostics(runs(), calibration, town)
    told = model_card(calibration, found)["What it must not be used for"]
    assert [line.lower() for line in told] == [f"{text}.".lower() for text in found.do_not_use_for]
    assert model_card(calibration)["What it must not be used for"][0] == ("Any real department: the runs are invented.")


def test_a_plain_calibration_has_a_card_too():
    card = model_card(Calibration("factor", HeldOutError(70, "days", 0.4, 40.0, 120.0, 0.4), "a", "b", factor=0.74))
    assert card["Values"] == ("Planning speeds times 0.74.",)
    assert "too few runs" in card["What it is"][2]
    assert card["How wrong it is"] == (
        "With days left out in turn: median error 40 s, p90 120 s, bias 0 s; rank correlation 0.40; n = 70.",
    )
    assert card.headline == "drive times: median error 40 s, p90 120 s, held out, n = 70"


def test_speeds_that_were_not_learnt_say_what_they_rest_on(town):
    card = model_card(replace(learnt(town.roads), model="rand"))
    assert "service: 15.0 km/h (as published: 4)." in card["Values"]
    few = {"u_turn_s": Estimate(0.0, 0.0, 4.7, 4, "planning")}
    card = model_card(learnt(town.roads, delay_estimates=few))
    assert "Delay, u turn: 0.0 s (as usual, too few runs: 4)." in card["Values"]
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(_speeds(town, learnt(town.roads)))
    rows = {line.split()[0]: " ".join(line.split()) for line in console.export_text().splitlines() if line.strip()}
    assert rows["service"].endswith("4 as planned beside the others, too few runs")
    assert rows["residential"].endswith("1,700 runs")


def test_hours_turns_and_turnout_are_told_with_their_intervals(town):
    night = SpeedPeriod("night", hours=(22, 6), factor=1.08, basis="calibrated")
    card = model_card(
        learnt(
            town.roads, periods=(night,), period_estimates={"night": Estimate(1.08, 1.06, 1.1, 400)},
            delay_estimates={"left_s": Estimate(4.5, 4.0, 5.0, 900)}, turnouts=TurnoutTimes(500, (DAY,)),
        )
    )  # fmt: skip
    assert "Delay, left: 4.5 s (4.0 to 5.0; n = 900)." in card["Values"]
    assert f"night ({night.when}): speeds times 1.080 (1.060 to 1.100; n = 400)." in card["Values"]
    assert "Turnout: as observed at 500 turnouts." in card["Values"]


def test_the_error_of_later_days_is_told(town):
    calibration = learnt(town.roads)
    later = HeldOutError(900, "the second half of the days, from the first", 2.0, 16.0, 52.0, 0.92)
    steps = tuple(step._replace(by_period=later) if step.model == "full" else step for step in calibration.ladder)
    lines = model_card(learnt(town.roads, ladder=steps))["How wrong it is"]
    assert lines[2] == (
        "Of the second half of the days, from the first: median error 16 s, p90 52 s, bias +2 s; rank correlation 0.92;"
        " n = 900."
    )
    assert not [line for line in model_card(calibration)["How wrong it is"] if line.startswith("Of ")]


def test_a_card_is_shown_as_markdown(town):
    card = model_card(learnt(town.roads))
    lines = card.markdown.split("\n")
    assert lines[0] == "# Drive times: median error 15 s, p90 49 s, held out, n = 1,919"
    assert [line for line in lines if line.startswith("## ")] == [f"## {part}" for part in PARTS]
    assert sum(line.startswith("- ") for line in lines) == sum(len(part.lines) for part in card.parts)
    assert card._repr_markdown_() == repr(card) == card.markdown
