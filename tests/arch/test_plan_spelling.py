"""plan.toml and Python name one thing by one word; plan.toml writes units out: within_seconds is within_s."""

import dataclasses
import inspect
import re

import pytest

from fireplan import simulate, siting, standards
from fireplan.project._plan import MODELS, LocalRule, Performance, SimulationPart
from fireplan.response_performance import Policy
from fireplan.siting import Rules

OTHERWISE = {"p": "stations"}
"""p is the number of sites in every model of the literature, and stands in plans."""


def in_python(key):
    """The argument that a key of plan.toml stands for."""
    return OTHERWISE.get(key, re.sub("_percent$", "", re.sub("_seconds$", "_s", key)))


@pytest.mark.parametrize("model", MODELS)
def test_keys_of_a_location_model_are_its_arguments(model):
    known = {*inspect.signature(getattr(siting, model)).parameters, *(f.name for f in dataclasses.fields(Rules))}
    wanted = {in_python(key) for key in MODELS[model]}
    if "units" in known:  # these place units, not stations
        wanted = {"units" if name == "stations" else name for name in wanted}
    assert wanted - known == set()


def test_keys_of_a_policy_are_its_fields():
    fields = {f.name for f in dataclasses.fields(Policy)}
    assert {in_python(key) for key in Performance.model_fields} - {"shifts"} == fields


def test_keys_of_a_local_rule_are_its_arguments():
    known = set(inspect.signature(standards.local_rule).parameters)
    otherwise = {"travel_seconds": "limit_s", "text": "note"}  # its limit is one of travel; a note in its own words
    assert {otherwise.get(key, in_python(key)) for key in LocalRule.model_fields} - known == set()


def test_keys_of_a_simulation_are_its_arguments():
    known = set(inspect.signature(simulate).parameters)
    assert {in_python(key) for key in SimulationPart.model_fields} == known - {
        "scenario", "history",
        "policy", "objective",  # a function stands in no plan; the objective is that of the standard
        "hospitals",  # a layer of points
        "moves", "backfill",  # tables and objectives of their own
    }  # fmt: skip
    assert set(SimulationPart().asked) == {in_python(key) for key in SimulationPart.model_fields}
