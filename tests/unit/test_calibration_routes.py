"""What quickest ways are made of: the sums of a search for many runs at once against ways sought one by one."""

import numpy as np
import pytest
from sample_city import sample_city

import fireplan as fp
from fireplan.calibration._routes import DELAYS, at_speeds, costs_of, drive, ways_from
from fireplan.roads import OnRoad
from fireplan.roads._turns import Feature
from fireplan.travel._ad_hoc_points import Spot
from fireplan.travel._routes import RouteSearch
from tests.support import driven_towns
from tests.support.metre_towns import network

PAIRS = 60


def some_places(rng, roads, n):
    """Places anywhere, some of them at corners, and where one leaves from."""
    street = rng.integers(0, roads.n_streets, n).astype(np.int32)
    along = np.where(rng.random(n) < 0.3, rng.integers(0, 2, n), rng.random(n)).astype(float)
    return OnRoad(street, along, np.zeros(n))


def one_by_one(roads, exits, places, leaves_from):
    search = RouteSearch(roads, cutoff_s=1e6)
    for i, k in enumerate(leaves_from):
        start = Spot(int(exits.street[k]), float(exits.along[k]))
        yield search.pieces(start, Spot(int(places.street[i]), float(places.along[i])))


@pytest.fixture(scope="module")
def marisol():
    return sample_city(calibrated=False).today.roads


@pytest.mark.parametrize("turns", ["none", "exact"])
@pytest.mark.parametrize("seed", range(3))
def test_sums_are_those_of_single_ways(turns, seed, marisol):
    rng = np.random.default_rng(seed)
    roads = marisol.with_turns("exact", fp.roads.TurnDelays(signal_s=0.0, left_s=0.0, right_s=0.0, roundabout_s=0.0))
    roads = roads.with_turns("exact", fp.roads.TurnDelays()) if turns == "exact" else roads
    exits, places = some_places(rng, roads, 8), some_places(rng, roads, PAIRS)
    leaves_from = rng.integers(0, 8, PAIRS)
    ways = ways_from(roads)
    found = drive(ways, exits, places, leaves_from)
    compared = 0
    for i, way in enumerate(one_by_one(roads, exits, places, leaves_from)):
        if way is None:
            assert np.isinf(found.added_s[i])
            continue
        pieces, takes_s = way
        assert found.added_s[i] == pytest.approx(takes_s, abs=0.02)
        km = sum(abs(p.end - p.begin) * roads.length_m[p.street] for p in pieces) / 1000
        assert found.km[i].sum() == pytest.approx(km, abs=0.003)
        of_class = np.zeros(len(ways.classes))
        for p in pieces:
            of_class[ways.classes.index(roads.highway[p.street])] += abs(p.end - p.begin) * roads.length_m[p.street]
        np.testing.assert_allclose(found.km[i], of_class / 1000, atol=0.003)
        compared += 1
    assert compared > PAIRS / 2


def test_time_is_what_classes_and_turns_add_up_to(marisol):
    rng = np.random.default_rng(5)
    exits, places = some_places(rng, marisol, 8), some_places(rng, marisol, PAIRS)
    ways = ways_from(marisol)
    kph = rng.uniform(20, 90, len(ways.classes))
    delay_s = rng.uniform(0, 8, len(DELAYS))
    found = drive(at_speeds(ways, kph, delay_s), exits, places, rng.integers(0, 8, PAIRS))
    reached = np.isfinite(found.added_s)
    added_s = (found.km / kph * 3600).sum(axis=1) + found.turns @ delay_s + found.known_s
    np.testing.assert_allclose(added_s[reached], found.added_s[reached], rtol=1e-9, atol=1e-6)
    assert (found.added_s[~reached] == np.inf).all()


def test_as_planned_turns_cost_what_the_network_says(marisol):
    exact = marisol.with_turns("exact")
    assert costs_of(marisol).tolist() == [0.0] * 8
    assert costs_of(exact).tolist() == [0.0, 4.0, 2.0, 0.0, 4.0, 3.0, 1.0, 2.0]
    rng = np.random.default_rng(6)
    exits, places = some_places(rng, exact, 4), some_places(rng, exact, 20)
    found = drive(ways_from(exact), exits, places, rng.integers(0, 4, 20))
    reached = np.isfinite(found.added_s)
    lost_s = found.turns @ costs_of(exact)
    assert (found.added_s[reached] > lost_s[reached]).all()


def test_each_kind_of_turn_is_counted_by_itself():
    roads = network(
        ("Main", [(0, 0), (100, 0), (200, 0), (300, 0)], {"highway": "primary"}),
        ("Side", [(100, -100), (100, 0), (100, 100)], {}),
        ("Other", [(200, -100), (200, 0), (200, 100), (300, 100)], {}),
    )
    ways = ways_from(roads)
    names = list(roads.street_name)

    def turns(start, end):
        """Turns from the middle of one street to that of another, both by their ends in metres."""
        middle = (roads.node_xy_m[roads.first] + roads.node_xy_m[roads.last]) / 2 - (500_000.0, 6_600_000.0)
        rows = [int(np.hypot(*(middle - at).T).argmin()) for at in (start, end)]
        half = np.full(1, 0.5)
        exits, places = (OnRoad(np.array([r], dtype=np.int32), half, np.zeros(1)) for r in rows)
        found = drive(ways, exits, places, np.zeros(1, dtype=np.int64))
        return dict(zip(DELAYS, found.turns[0].tolist(), strict=True))

    assert len(names) == 8
    straight = turns((50, 0), (150, 0))
    assert straight == {**dict.fromkeys(DELAYS, 0.0), "straight_s": 1.0}
    assert turns((50, 0), (100, 50))["left_s"] == 1.0
    assert turns((50, 0), (100, -50))["right_s"] == 1.0
    # At the corner of (200, 100) and (300, 100) two streets meet, which is no junction.
    there = turns((50, 0), (250, 100))
    assert (there["straight_s"], there["left_s"], there["right_s"]) == (1.0, 1.0, 0.0)


def test_a_roundabout_is_entered_once():
    ring = {"features": int(Feature.ROUNDABOUT)}
    roads = network(
        ("In", [(-100, 0), (0, 0)], {}), ("Ring", [(0, 0), (20, 20), (40, 0), (20, -20), (0, 0)], ring),
        ("Out", [(40, 0), (140, 0)], {}),
    )  # fmt: skip
    ways = ways_from(roads)
    rows = [int(np.flatnonzero(roads.street_name == name)[0]) for name in ("In", "Out")]
    half = np.full(1, 0.5)
    start, end = (OnRoad(np.array([r], dtype=np.int32), half, np.zeros(1)) for r in rows)
    found = drive(ways, start, end, np.zeros(1, dtype=np.int64))
    assert dict(zip(DELAYS, found.turns[0], strict=True))["roundabout_s"] == 1.0


def test_a_street_closed_both_ways_and_a_one_way_behind_are_not_driven():
    roads = network(
        ("One way", [(0, 0), (100, 0)], {"back": False}),
        ("Round", [(100, 0), (100, 100), (0, 100), (0, 0)], {}),
        ("Shut", [(0, 0), (0, -100)], {"there": False, "back": False}),
    )
    ways = ways_from(roads)
    row = {name: int(np.flatnonzero(roads.street_name == name)[0]) for name in ("One way", "Shut")}
    xy = roads.node_xy_m[roads.first[row["One way"]]]
    early = 0.2 if np.allclose(xy, (500_000.0, 6_600_000.0)) else 0.8  # which end it runs from
    exits = OnRoad(np.array([row["One way"]], dtype=np.int32), np.array([1 - early]), np.zeros(1))
    street = np.array([row["One way"], row["Shut"]], dtype=np.int32)
    places = OnRoad(street, np.array([early, 0.5]), np.zeros(2))
    found = drive(ways, exits, places, np.zeros(2, dtype=np.int64))
    assert found.km[0].sum() * 1000 == pytest.approx(20 + 300 + 20, abs=0.1)
    assert np.isinf(found.added_s[1])
    assert found.km[1].sum() == 0


def test_a_place_without_a_station_s_exit_is_passed_over():
    roads = driven_towns.grid(np.random.default_rng(1), side=4)
    nowhere = OnRoad(np.array([-1], dtype=np.int32), np.zeros(1), np.full(1, np.inf))
    place = OnRoad(np.array([3], dtype=np.int32), np.array([0.5]), np.zeros(1))
    assert np.isinf(drive(ways_from(roads), nowhere, place, np.zeros(1, dtype=np.int64)).added_s[0])
