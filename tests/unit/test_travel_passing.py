"""Times and ways from and to places that come and go, against what is solved from scratch."""

from dataclasses import replace

import numpy as np
import pytest
from sample_city import sample_city

from fireplan import examples
from fireplan.roads import OnRoad
from fireplan.scenario import on_roads
from fireplan.travel import Passing, Routes, Spot, places
from fireplan.travel._places import Places


def with_turns(scenario, turns):
    """Some of whose turns are forbidden, and some of whose nodes have gates."""
    roads = scenario.roads
    rng = np.random.default_rng(3)
    plain = roads.with_turns("exact").street_turns
    some = rng.choice(len(plain.before), len(plain.before) // 20, replace=False)
    wait_s = np.where(rng.random(roads.n_nodes) < 0.05, 15.0, 0.0)
    control = rng.choice([0, 1, 2, 3], (roads.n_streets, 2), p=[0.7, 0.1, 0.1, 0.1]).astype(np.uint8)
    banned = np.column_stack([plain.before, plain.after])[some]
    altered = replace(roads, wait_s=wait_s, control=control, banned=banned, turns=turns)
    return on_roads(scenario, altered)


@pytest.fixture(scope="module", params=["none", "mean", "exact"])
def town(request):
    return with_turns(sample_city(calibrated=False).today, request.param)


@pytest.fixture(scope="module")
def spots(town):
    on_road = places(town, "incidents").on_road
    chosen = np.random.default_rng(1).choice(np.flatnonzero(on_road.street >= 0), 60, replace=False)
    return [Spot(int(on_road.street[i]), float(on_road.along[i])) for i in chosen]


def one(spot):
    on_road = OnRoad(np.array([spot.street], dtype=np.int32), np.array([spot.along]), np.zeros(1))
    return Places("one", ("one", spot), np.array([0]), on_road)


def test_the_way_back_is_the_way_there_from_the_other_end(town, spots):
    passing = Passing(town, cutoff_s=3600)
    for station in town.stations.index:
        home = one(passing.station(station))
        for spot in spots[:12]:
            assert passing.time_to(station, spot) == pytest.approx(passing.times_from(spot, home)[0], abs=1e-3)


def test_ways_take_as_long_as_the_times_say_and_do_not_jump(town, spots):
    passing, routes = Passing(town, cutoff_s=3600), Routes(town.roads, cutoff_s=3600)
    longest_m = np.hypot(*np.diff(town.roads.xy_m, axis=0).T)
    inside = np.diff(np.repeat(np.arange(town.roads.n_streets), np.diff(town.roads.offsets))) == 0
    for start, end in zip(spots[::2], spots[1::2], strict=True):
        points, takes_s = routes.way(start, end)
        assert takes_s == pytest.approx(passing.times_from(start, one(end))[0], abs=1e-2)
        assert np.hypot(*np.diff(points, axis=0).T).max() <= longest_m[inside].max() + 1e-6


def test_a_way_along_one_street_stays_on_it():
    town = examples.line_town()
    routes = Routes(town.roads, cutoff_s=600)
    points, takes_s = routes.way(Spot(0, 0.25), Spot(0, 0.75))
    assert takes_s == pytest.approx(5.545, abs=0.01)
    assert len(points) == 2
    back, takes_s = routes.way(Spot(0, 0.75), Spot(0, 0.25))
    assert takes_s == pytest.approx(5.545, abs=0.01)
    np.testing.assert_allclose(back, points[::-1])


def test_too_far_is_no_way():
    town = examples.line_town()
    assert Routes(town.roads, cutoff_s=60).way(Spot(0, 0.5), Spot(30, 0.5)) is None


def test_off_the_road_is_no_spot():
    passing = Passing(examples.line_town(), cutoff_s=600)
    assert passing.spot((-140.0, 30.01)) is not None
    assert passing.spot((-141.0, 30.01)) is None
    assert passing.spot((float("nan"), 30.01)) is None
