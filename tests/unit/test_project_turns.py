"""[network] turns and [network.delays] in plan.toml, and networks that were saved with turns."""

import pytest

import fireplan as fp
from fireplan.errors import ProjectError
from fireplan.project import write_project
from fireplan.roads import TurnDelays
from fireplan.scenario import on_roads


def plan_of(tmp_path, text, scenario=None):
    folder = write_project(scenario or fp.examples.line_town(), tmp_path / "town", timezone="America/Los_Angeles")
    plan = (folder / "plan.toml").read_text(encoding="utf-8")
    assert "[network]\n" in plan
    (folder / "plan.toml").write_text(plan.replace("[network]\n", f"[network]\n{text}\n"), encoding="utf-8")
    return folder


def test_turns_are_reckoned_as_the_plan_says(tmp_path):
    folder = plan_of(tmp_path, 'turns = "exact"\ndelays = { left_s = 5.5, signal_s = 0, drives_on = "left" }')
    roads = fp.read_project(folder).roads
    assert roads.turns == "exact"
    assert roads.delays == TurnDelays(left_s=5.5, signal_s=0, drives_on="left")


@pytest.mark.parametrize("said", ["", 'turns = "none"'])
def test_turns_are_left_alone_unless_asked_for(said, tmp_path):
    assert fp.read_project(plan_of(tmp_path, said)).roads.turns == "none"


def test_a_saved_network_keeps_its_turns_unless_the_plan_says_otherwise(tmp_path):
    town = fp.examples.line_town()
    exact = on_roads(town, town.roads.with_turns("exact", TurnDelays(stop_s=7)))
    kept = fp.read_project(plan_of(tmp_path / "a", "", exact)).roads
    assert (kept.turns, kept.delays.stop_s) == ("exact", 7)
    other = fp.read_project(plan_of(tmp_path / "b", 'turns = "mean"', exact)).roads
    assert (other.turns, other.delays.stop_s) == ("mean", 7)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('turns = "all"', "network.turns"),
        ("delays = { left_s = 4 }", 'changes no time unless turns count: write turns = "exact"'),
        ('turns = "exact"\ndelays = { left_s = -1 }', "left_s"),
        ('turns = "exact"\ndelays = { left_s = 700 }', "left_s"),
        ('turns = "exact"\ndelays = { links_s = 1 }', "links_s"),
        ('turns = "exact"\ndelays = { drives_on = "both" }', "drives_on"),
    ],
)
def test_what_cannot_be_is_refused(text, told, tmp_path):
    with pytest.raises(ProjectError, match=told):
        fp.read_project(plan_of(tmp_path, text))
