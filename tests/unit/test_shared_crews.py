"""Crews that staff several units: one of them goes at a time."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

import fireplan as fp
from fireplan import _kernel as kernel
from fireplan.errors import InputError, TableError
from fireplan.response_performance import busy_shares
from fireplan.stations import KINDS, supply
from fireplan.stations._shared_crews import crew_numbers, mates
from fireplan.travel import erf_areas, force_times, places
from tests.support.histories import history, went

SOUTH, NORTH = (-140.0, 30.0), (-140.0, 30.03)


@pytest.fixture(scope="module")
def town() -> fp.Scenario:
    """Two stations on a line: an engine each, and at the first a truck that its engine's crew takes out."""
    return fp.examples.line_town().apply(
        fp.AddUnit("T1", to="S1", type="truck", crew=5, shared_crew="E1"), fp.OpenStation("S2", at=NORTH, units=("E2",))
    )


def by_trying(time_s: np.ndarray, brings: np.ndarray, crew: np.ndarray, need: np.ndarray) -> np.ndarray:
    """Try every choice of every crew at every moment."""
    found = np.full(time_s.shape[1], np.inf, dtype=np.float32)
    groups = [np.flatnonzero(crew == c) for c in np.unique(crew)]
    for p in range(time_s.shape[1]):
        for t in np.unique(time_s[np.isfinite(time_s[:, p]), p]):
            choices = product(*([*(i for i in g if time_s[i, p] <= t), None] for g in groups))
            if any((sum((brings[i] for i in c if i is not None), np.zeros(len(need))) >= need).all() for c in choices):
                found[p] = t
                break
    return found


def test_a_force_is_that_of_the_best_choices_of_all_crews() -> None:
    rng = np.random.default_rng(3)
    for _ in range(40):
        n = int(rng.integers(1, 8))
        brings = np.c_[rng.integers(0, 2, (n, 3)), rng.integers(0, 6, n)].astype(float)
        crew = np.unique(rng.integers(0, n, n), return_inverse=True)[1].astype(np.int64)
        time_s = rng.integers(1, 9, (n, 4)).astype(np.float32)
        time_s[rng.random(time_s.shape) < 0.2] = np.inf
        need = np.array([rng.integers(0, 3), rng.integers(0, 2), rng.integers(1, 3), rng.integers(0, 12)], dtype=float)
        found = kernel.crew_force_times(time_s, brings, crew, need)
        assert np.array_equal(found, by_trying(time_s, brings, crew, need))


def test_each_unit_of_a_crew_is_first_due_alone(town: fp.Scenario) -> None:
    ends = places(town, "zones")
    engine, truck = (force_times(town, ends, needs={kind: 1}) for kind in ("engine", "truck"))
    assert np.isfinite(engine).all()
    assert np.isfinite(truck).all()
    assert engine[0] == truck[0]


def test_of_several_kinds_at_once_the_crew_brings_one(town: fp.Scenario) -> None:
    ends = places(town, "zones")
    both = {"engine": 1, "truck": 1}
    together = force_times(town, ends, needs=both)
    assert (together > force_times(town, ends, needs={"truck": 1}))[0]
    # The truck comes from the first station, so the engine has to come from the second.
    alone = town.apply(fp.RemoveUnit("E1"))
    assert np.array_equal(together, force_times(alone, ends, needs=both))
    assert np.isinf(force_times(town, ends, needs={"engine": 2, "truck": 1})).all()
    own = town.apply(fp.ShareCrew(("E1", "T1"), apart=True))
    assert np.isfinite(force_times(own, ends, needs={"engine": 2, "truck": 1})).all()


def test_people_of_a_crew_count_once_and_as_the_most(town: fp.Scenario) -> None:
    ends = places(town, "zones")
    assert np.isfinite(force_times(town, ends, needs={"people": 9})).all()
    assert np.isinf(force_times(town, ends, needs={"people": 10})).all()
    slow = town.apply(fp.SetTurnout(200, units=("T1",)))
    kwargs = {"needs": {"people": 5}, "interval": "turnout_and_travel_s"}
    # Four people leave at once; with the truck the fifth comes 120 s later, or with the engine of the second station.
    nearest = force_times(slow, ends, **kwargs)[0]
    assert nearest == pytest.approx(force_times(slow.apply(fp.RemoveUnit("E1")), ends, **kwargs)[0])


def test_a_force_agrees_with_trying_every_choice(town: fp.Scenario) -> None:
    more = town.apply(fp.AddUnit("T2", to="S2", shared_crew="E2"), fp.AddUnit("R2", to="S2", type="rescue"))
    ends = places(more, "zones")
    needs = {"engine": 1, "truck": 1, "people": 8}
    units = more.units
    rows = {
        s: force_times(more.apply(fp.CloseStation(o)), ends, needs={"people": 1})
        for s, o in (("S1", "S2"), ("S2", "S1"))
    }
    time_s = np.stack([rows[s] for s in units["station_id"]])
    number = crew_numbers(units)
    crew = np.where(number >= 0, number, 100 + np.arange(len(units)))
    need = np.array([needs.get(k, 0.0) for k in KINDS])
    assert np.array_equal(force_times(more, ends, needs=needs), by_trying(time_s, supply(units), crew, need))


def test_the_ground_of_a_force_is_where_its_time_says(town: fp.Scenario) -> None:
    both = {"engine": 1, "truck": 1}
    ground = erf_areas(town, within_s=[200.0], needs=[both])
    alone = erf_areas(town.apply(fp.RemoveUnit("E1")), within_s=[200.0], needs=[both])
    own = erf_areas(town.apply(fp.ShareCrew(("E1", "T1"), apart=True)), within_s=[200.0], needs=[both])
    area = [t.geometry.to_crs(town.roads.crs).area.sum() for t in (ground, alone, own)]
    assert area[0] == pytest.approx(area[1])
    assert area[0] < area[2]


def test_a_what_if_is_the_figure_asked_anew(town: fp.Scenario) -> None:
    needs = {"engine": 1, "truck": 1}
    ends = places(town, "zones")
    force_times(town, ends, needs=needs)
    changed = town.apply(fp.AddUnit("E3", to="S1"))
    fresh = fp.Scenario(changed.roads, changed.stations, changed.units, changed.zones)
    assert np.array_equal(
        force_times(changed, ends, needs=needs), force_times(fresh, places(fresh, "zones"), needs=needs)
    )


def test_the_assessment_says_who_shares_a_crew(town: fp.Scenario) -> None:
    notes = fp.assess(town, standard="NFPA_1710").notes()
    assert "one crew for several units, of which one at a time can be out: E1 + T1" in notes
    assert any("different numbers of people, and each its own: E1 4, T1 5" in note for note in notes)


def test_a_crew_at_two_stations_is_refused(town: fp.Scenario) -> None:
    with pytest.raises(TableError, match="one crew, but its units stand at different stations"):
        town.apply(fp.MoveUnit("T1", to="S2"))
    with pytest.raises(InputError, match="a crew is at one station"):
        town.apply(fp.ShareCrew(("E1", "E2")))
    moved = town.apply(fp.MoveUnit("E1", to="S2"), fp.MoveUnit("T1", to="S2"))
    assert mates(moved.units) == {"E1": ["T1"], "T1": ["E1"]}


def test_crews_that_are_shared_and_left(town: fp.Scenario) -> None:
    three = town.apply(fp.AddUnit("B1", to="S1", type="brush", shared_crew="T1"))
    assert mates(three.units)["B1"] == ["E1", "T1"]
    two = three.apply(fp.ShareCrew(("E1",)))
    assert mates(two.units) == {"T1": ["B1"], "B1": ["T1"]}
    assert mates(three.apply(fp.RemoveUnit("E1"), fp.RemoveUnit("B1")).units) == {}
    assert fp.changes.from_dict(fp.ShareCrew(("E1", "T1")).to_dict()) == fp.ShareCrew(("E1", "T1"))
    with pytest.raises(InputError, match="units names none"):
        fp.ShareCrew(())


def test_a_table_says_who_shares_a_crew_in_its_own_words() -> None:
    rows = {"unit_id": ["E1", "T1", "B1", "E2"], "station_id": ["S1", "S1", "S1", "S2"]}
    named = fp.stations.read_units(pd.DataFrame({**rows, "Cross Staffed With": ["T1", "", "E1", "no"]}))
    assert mates(named) == {"E1": ["T1", "B1"], "T1": ["E1", "B1"], "B1": ["E1", "T1"]}
    lettered = fp.stations.read_units(pd.DataFrame({**rows, "xstaff": ["A", "A", "", "B"]}))
    assert mates(lettered) == {"E1": ["T1"], "T1": ["E1"]}
    assert "shared_crew 'B' is that of E2 alone: it counts as its own crew" in lettered.attrs["notes"]
    flags = {**rows, "xstaff": ["yes", "yes", "no", "no"]}
    told = fp.stations.read_units(pd.DataFrame(flags))
    assert mates(told) == {}
    assert any("'xstaff' says that E1, T1 share a crew, but not with whom" in note for note in told.attrs["notes"])
    with pytest.raises(TableError, match="does not say with whom"):
        fp.stations.read_units(pd.DataFrame(flags).rename(columns={"xstaff": "shared_crew"}))


def run(name: str, unit: str, at: float, cleared: float) -> dict[str, object]:
    """One response from dispatch to clear, on its way a minute after dispatch, arrived after five. [s]"""
    return went(name, unit, at - 60, at, at + 60, at + 300, cleared)


def test_a_unit_is_busy_while_its_mate_is(town: fp.Scenario) -> None:
    hour = 3600.0
    past = history(
        run("a", "E1", 0, hour), run("b", "T1", 2 * hour, 5 * hour), run("c", "E2", 0, hour), run("d", "E2", 1800, hour)
    )
    busy = busy_shares(past, town, start="2025-03-03", end="2025-03-04")
    assert busy["E1"] == busy["T1"] == pytest.approx(4 / 24)
    assert busy["E2"] == pytest.approx(1 / 24)
    assert busy.attrs["overlapping"] == "1"
    notes = fp.assess(town, standard="NFPA_1710", availability=busy).notes()
    assert "responses of units that were still at another call by the record: 1, their time once" in notes


def test_of_a_crew_the_quickest_of_a_kind_stands_for_it_where_units_are_out(town: fp.Scenario) -> None:
    quint = town.apply(fp.AddUnit("Q1", to="S1", type="quint", turnout_s=40, shared_crew="E1"))
    busy = pd.Series({"E1": 0.2, "T1": 0.2, "Q1": 0.2, "E2": 0.1})
    found = fp.assess(quint, standard="NFPA_1710", availability=busy).summary()
    alone = fp.assess(quint.apply(fp.RemoveUnit("E1")), standard="NFPA_1710", availability=busy.drop("E1")).summary()
    pd.testing.assert_series_equal(found["nobody_free"], alone["nobody_free"])
    pd.testing.assert_series_equal(found["share"], alone["share"])
    assert found["nobody_free"].iloc[0] == pytest.approx(0.02)


def test_a_hypercube_takes_one_unit_of_a_crew(town: fp.Scenario) -> None:
    quint = town.apply(fp.AddUnit("Q1", to="S1", type="quint", shared_crew="E1"))
    with pytest.raises(InputError, match="units that share a crew cannot both answer"):
        fp.hypercube(quint, calls_per_hour=0.4, service_h=0.5)
    found = fp.hypercube(town, calls_per_hour=0.4, service_h=0.5)
    assert any("busier than told here: E1 (with T1)" in note for note in found.notes)


def test_a_replay_holds_a_unit_while_its_crew_is_out_with_another(town: fp.Scenario) -> None:
    near = (-140.0, 30.005)
    past = history(run("a", "T1", 0, 1800), run("b", "E1", 600, 1200), run("c", "E1", 9000, 9600), points=[near] * 3)
    engine = fp.Objective("first", "First engine", 240.0)
    town = fp.Scenario(town.roads, town.stations, town.units, town.zones)  # the department that answered
    found = fp.replay(town, past, objective=engine)
    assert found.calls["unit_id"].tolist()[1:] == ["E2", "E1"]
    assert found.dispatches["units_committed"].tolist() == [0, 1, 0]
    own = fp.replay(town.apply(fp.ShareCrew(("E1", "T1"), apart=True)), past, objective=engine)
    assert own.calls["unit_id"].tolist()[1:] == ["E1", "E1"]


def test_a_first_due_unit_is_busy_while_its_crew_is_out_with_another(town: fp.Scenario) -> None:
    near = (-140.0, 30.005)
    past = history(run("a", "T1", 0, 3600), run("b", "E2", 600, 1800), points=[near] * 2)
    tight = fp.Objective("first", "First engine", 200.0)
    own = town.apply(fp.ShareCrew(("E1", "T1"), apart=True))
    told = [fp.why_missed(past, scenario=s, objective=tight).incidents.loc["b", "first_due_busy"] for s in (town, own)]
    assert told == [True, False]
