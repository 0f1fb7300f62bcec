"""What has to hold for any plan, on Line Street with people and stations anywhere along it."""

import numpy as np
import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan.standards import local_rule

TOWN = fp.examples.line_town()
FEW = settings(max_examples=tries(30))

WEIGHTS = st.lists(st.integers(0, 20), min_size=40, max_size=40).filter(any)
BLOCK = st.floats(0, 40)  # places along the street, in blocks from its south end
LIMIT_S = st.integers(30, 500)


def at(block):
    return (-140.0, 30 + 0.001 * block)


def rule(limit_s):
    return local_rule("r", limit_s=limit_s, weight="population", share=0.9)


def town(weights):
    return fp.Scenario(TOWN.roads, TOWN.stations, TOWN.units, TOWN.zones.assign(population=np.array(weights, float)))


def figures(scenario, limit_s):
    return fp.assess(scenario, standard=rule(limit_s)).summary()[["n", "within", "share", "p90_s"]]


@FEW
@given(WEIGHTS, BLOCK, LIMIT_S)
def test_opening_a_station_never_lowers_a_share(weights, block, limit_s):
    before = town(weights)
    after = before.apply(fp.OpenStation("S2", at=at(block), units=("E2",)))
    assert (figures(after, limit_s)["share"] >= figures(before, limit_s)["share"]).all()
    assert (figures(after, limit_s)["p90_s"] <= figures(before, limit_s)["p90_s"]).all()
    assert (fp.first_due(after)["first_due_s"] <= fp.first_due(before)["first_due_s"]).all()


@FEW
@given(WEIGHTS, BLOCK, BLOCK, LIMIT_S)
def test_closing_a_station_never_raises_a_share(weights, block, other, limit_s):
    before = town(weights).apply(
        fp.OpenStation("S2", at=at(block), units=("E2",)), fp.OpenStation("S3", at=at(other), units=("E3", "T3"))
    )
    for station in ("S1", "S2", "S3"):
        after = before.apply(fp.CloseStation(station))
        assert (figures(after, limit_s)["within"] <= figures(before, limit_s)["within"]).all()
        assert (fp.first_due(after)["first_due_s"] >= fp.first_due(before)["first_due_s"]).all()


@FEW
@given(WEIGHTS, st.integers(1, 100), LIMIT_S)
def test_people_outside_raise_the_denominator_alone(weights, more, limit_s):
    before = fp.assess(town(weights), standard=rule(limit_s))
    outside = np.flatnonzero(~before.zones["r_within"].to_numpy())
    if len(outside) == 0:
        return
    grown = np.array(weights)
    grown[outside[0]] += more
    old, new = (figures(town(w), limit_s).loc[("r", "population")] for w in (weights, grown))
    assert new["within"] == old["within"]
    assert new["n"] == old["n"] + more
    assert new["share"] <= old["share"]


@FEW
@given(WEIGHTS, st.integers(2, 9), LIMIT_S)
def test_weights_times_a_number_leave_the_shares(weights, times, limit_s):
    old, new = (figures(town(np.multiply(weights, k)), limit_s) for k in (1, times))
    assert new["share"].to_numpy() == pytest.approx(old["share"].to_numpy())
    assert (new["p90_s"] == old["p90_s"]).all()


INDEPENDENT = (
    fp.OpenStation("S2", at=at(30), units=("E2",), turnout_s=80),  # else it follows the other engine
    fp.SetTurnout(60, units=("E1",)),
    fp.CloseRoad("", near=at(38.5)),
    fp.ScaleDemand(2, zones=("Z05",)),
    fp.AddUnit("T1", to="S1"),
)


@FEW
@given(st.permutations(INDEPENDENT), WEIGHTS, LIMIT_S)
def test_independent_changes_may_come_in_any_order(changes, weights, limit_s):
    usual, other = (town(weights).apply(*order) for order in (INDEPENDENT, changes))
    assert figures(other, limit_s).equals(figures(usual, limit_s))
    assert other.units.sort_index()["turnout_s"].equals(usual.units.sort_index()["turnout_s"])


@FEW
@given(st.permutations(range(40)), st.permutations(range(4)), WEIGHTS, LIMIT_S)
def test_order_of_rows_does_not_matter(zones, stations, weights, limit_s):
    whole = town(weights).apply(
        *(fp.OpenStation(f"S{n}", at=at(9.7 * n), units=(f"E{n}",)) for n in (2, 3, 4)), name="whole"
    )
    turned = fp.Scenario(
        whole.roads, whole.stations.iloc[stations], whole.units.iloc[::-1], whole.zones.iloc[zones], name="turned"
    )
    columns = ["first_due", "first_due_s", "second_due", "second_due_s", "third_due", "third_due_s"]
    assert fp.first_due(turned).loc[whole.zones.index, columns].equals(fp.first_due(whole)[columns])
    assert figures(turned, limit_s).equals(figures(whole, limit_s))
    held = (fp.assess(s, standard=rule(limit_s)).stations[["n", "within"]].sort_index() for s in (whole, turned))
    assert next(held).equals(next(held))


@FEW
@given(BLOCK, st.floats(0.25, 4))
def test_speeds_times_a_number_divide_the_times(block, factor):
    slow = TOWN.apply(fp.MoveStation("S1", at=at(block)))
    quick = slow.apply(fp.ScaleSpeeds(factor))
    a, b = fp.first_due(slow)["first_due_s"], fp.first_due(quick)["first_due_s"]
    assert b.to_numpy() * factor == pytest.approx(a.to_numpy(), rel=1e-5)


@FEW
@given(BLOCK)
def test_a_second_station_at_the_same_place_changes_nothing(block):
    one = TOWN.apply(fp.MoveStation("S1", at=at(block)))
    two = one.apply(fp.OpenStation("S2", at=at(block), units=("E2",)))
    assert fp.first_due(two)["first_due_s"].equals(fp.first_due(one)["first_due_s"])


@FEW
@given(WEIGHTS, LIMIT_S, st.floats(50, 2000), st.integers(0, 100))
def test_gaps_and_what_is_scattered_are_all_that_is_outside(weights, limit_s, link_m, at_least):
    assessed = fp.assess(town(weights), standard=rule(limit_s))
    found = fp.gaps(assessed, link_m=link_m, at_least=at_least)
    row = assessed.summary().loc[("r", "population")]
    assert found.attrs["outside"] == row["outside"]
    assert found["population"].sum() + found.attrs["scattered"] == pytest.approx(row["outside"])
    assert (found["population"] >= at_least).all()
    assert found["population"].is_monotonic_decreasing
