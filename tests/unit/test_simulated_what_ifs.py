"""One company less, one unit more: the same calls with the same luck, and intervals of differences."""

import numpy as np
import pytest
from regular_calls import HOUR_S, regular, two_stations

import fireplan as fp
from fireplan.errors import InputError, UnknownIdError
from fireplan.simulation import brownouts, second_unit, simulate

BUSY = regular(1500.0, stay_s=1800.0, north=(0.001, 0.004))
"""At S1, often two at once; nothing ever happens at S2's end."""


def town():
    return two_stations().apply(fp.OpenStation("S3", at=(-140.0, 30.04), units=("E3",)))


def test_a_second_unit_where_calls_meet_gains_and_one_where_nothing_happens_does_not():
    found = second_unit(fp.examples.line_town().apply(fp.OpenStation("S9", at=(-140.0, 30.039))), BUSY, days=28,
                        replications=6)  # fmt: skip
    assert found.index[0] == "S1"
    assert found.loc["S1", "share_within_low"] > 0
    assert found.loc["S1", "wait_mean_s_high"] < 0
    calm = regular(6 * HOUR_S, north=(0.001,))
    idle = second_unit(two_stations(), calm, stations=["S2"], days=28, replications=6).loc["S2"]
    assert idle["share_within_low"] <= 0 <= idle["share_within_high"]
    assert idle["p90_s_low"] <= 0 <= idle["p90_s_high"]


def test_closures_are_ranked_by_what_they_cost():
    found = brownouts(town(), BUSY, days=28, replications=4)
    assert set(found.index) == {"E1", "E2", "E3", "rotating"}
    assert found.index[-1] == "E1"
    assert found.loc["E1", "p90_s_low"] > 0
    assert found.loc["E3", "share_within"] >= found.loc["rotating", "share_within"] >= found.loc["E1", "share_within"]
    assert found["share_within"].is_monotonic_decreasing
    assert found.attrs["basis"] == "modelled"


def test_differences_are_those_of_two_simulations():
    found = brownouts(town(), BUSY, units=["E1"], rotating=False, days=28, replications=3).loc["E1"]
    today = simulate(town(), BUSY, days=28, replications=3).by_replication()
    closed = simulate(town(), BUSY, days=28, replications=3, brown_outs={"E1": "always"}).by_replication()
    assert found["p90_s_today"] == today["p90_s"].mean()
    assert found["p90_s"] == pytest.approx((closed["p90_s"] - today["p90_s"]).mean())
    assert found["calls"] == today["calls"].sum()
    assert found["n"] == simulate(town(), BUSY, days=28, replications=3).summary().loc["share_within", "n"]
    np.testing.assert_array_equal(today["calls"], closed["calls"])


def test_an_objective_ranks_companies_that_bring_what_it_asks_for():
    """A truck that is out costs no engine: it would stand first, at no loss."""
    staffed = town().apply(fp.AddUnit("T1", to="S1", type="truck"), fp.AddUnit("Q1", to="S2", type="quint"))
    engine = fp.Objective("first", "First engine", 240)
    found = brownouts(staffed, BUSY, rotating=False, days=7, replications=2, objective=engine)
    assert set(found.index) == {"E1", "E2", "E3", "Q1"}
    assert set(brownouts(staffed, BUSY, rotating=False, days=7, replications=2).index) == {"E1", "E2", "E3", "Q1", "T1"}


def test_two_at_once_and_hours_of_the_week():
    pairs = brownouts(town(), BUSY, choose=2, rotating=False, days=7, replications=2)
    assert set(pairs.index) == {"E1 + E2", "E1 + E3", "E2 + E3"}
    nights = brownouts(town(), BUSY, units=["E1"], when="22:00-06:00", days=7, replications=2).loc["E1"]
    always = brownouts(town(), BUSY, units=["E1"], days=7, replications=2).loc["E1"]
    assert 0 < nights["p90_s"] <= always["p90_s"]


def test_in_turn_each_company_is_out_a_day():
    found = brownouts(two_stations(), BUSY, days=14, replications=2)
    assert found.loc["rotating", "units"] == "each in turn"
    each = found.drop(index="rotating")["share_within"]
    assert each.min() <= found.loc["rotating", "share_within"] <= each.max()


@pytest.mark.parametrize(
    ("asked", "error", "match"),
    [
        ({"choose": 0}, InputError, "choose is 0: give a number from 1 to 3"),
        ({"choose": 4}, InputError, "choose is 4"),
        ({"units": ["E7"]}, UnknownIdError, "E7"),
    ],
)
def test_closures_that_cannot_be_are_refused(asked, error, match):
    with pytest.raises(error, match=match):
        brownouts(town(), BUSY, **asked)


def test_too_many_closures_are_refused():
    many = town().apply(*(fp.AddUnit(f"E{i}", to="S1", type="engine") for i in range(10, 40)))
    with pytest.raises(InputError, match=r"can be closed in 5,456 ways, more than 500: name fewer units"):
        brownouts(many, BUSY, choose=3)


def test_a_unit_at_a_station_that_is_not_there_is_refused():
    with pytest.raises(UnknownIdError, match="S7"):
        second_unit(town(), BUSY, stations=["S7"])
