"""The department as it stood at an instant is a scenario like any other."""

import pandas as pd
import pytest
from live_towns import NORTH, at_us, call, line_town, run
from sample_city import sample_city

import fireplan as fp
from fireplan.errors import InputError

MIDDLE = (-140.0, 30.015)
EVENTS = [call("1", 0, at=MIDDLE), *run("1", "E1", 30, 90, 250, 900)]


def at(seconds):
    return pd.Timestamp(at_us(seconds), unit="us", tz="UTC")


def reached(scenario):
    """Zones that an engine reaches within 240 s."""
    due_s = fp.first_due(scenario, needs={"engine": 1})["first_due_s"]
    return int((due_s <= 240).sum())


def test_a_unit_that_is_out_covers_nothing_and_covers_again_when_it_is_free():
    town = line_town()
    alone = town.apply(fp.RemoveUnit("E1"))
    before, during = (fp.operations.scenario_at(town, EVENTS, at=at(s)) for s in (-1, 100))
    assert (reached(before), reached(during)) == (reached(town), reached(alone))
    assert reached(alone) < reached(town)
    assert [str(c) for c in during.changes] == [str(fp.RemoveUnit("E1"))]
    back = fp.operations.scenario_at(town, EVENTS, at=at(901), name="on the road")
    assert back.name == "on the road"
    assert "E1 on the road" in back.stations.index  # free at the scene: it covers from there
    # 15 blocks of 11.09 s bring it home.
    home = fp.operations.scenario_at(town, EVENTS, at=at(900 + 15 * 11.09 + 2))
    assert home.changes == ()


def test_what_came_later_is_not_looked_at():
    town = line_town()
    later = [*EVENTS, call("2", 5000, at=NORTH), *run("2", "E2", 5030)]
    assert fp.operations.scenario_at(town, later, at=at(100)).changes == (
        fp.operations.scenario_at(town, EVENTS, at=at(100)).changes
    )


def test_an_instant_needs_its_offset():
    with pytest.raises(InputError, match=r"no offset from UTC"):
        fp.operations.scenario_at(line_town(), EVENTS, at="2024-03-05 19:00")


def test_the_sample_city_on_its_busiest_day():
    project = sample_city(calibrated=False)
    at_two = "2025-11-06 14:00-08:00"
    stood = fp.operations.scenario_at(project.today, project.history, at=at_two, standard=project.standard)
    out = set(project.today.units.index) - set(stood.units.index)
    told = project.history.responses
    instant = pd.Timestamp("2025-11-06 22:00", tz="UTC")
    open_then = told[(told["dispatched"] <= instant) & (told["cleared"] > instant)]
    assert out == set(open_then["unit_id"]) & set(project.today.units.index)
