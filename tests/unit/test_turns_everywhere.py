"""Whatever is measured, drawn, sought or followed on a network takes the same times, however turns are reckoned."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sample_city import sample_city

import fireplan as fp
from fireplan.operations._status.live_cover import CoverNow
from fireplan.scenario import on_roads
from fireplan.standards import NFPA_1710

ADDED = (-127.4637, 33.0658)


@pytest.fixture(scope="module")
def today():
    return sample_city(calibrated=False).today


@pytest.fixture(scope="module", params=["none", "mean", "exact"])
def town(request, today):
    """The sample city, with some turns forbidden and gates on some corners."""
    roads = today.roads
    rng = np.random.default_rng(5)
    turns = roads.with_turns("exact").street_turns
    some = rng.choice(len(turns.before), 600, replace=False)
    altered = replace(
        roads,
        turns=request.param,
        banned=np.column_stack([turns.before, turns.after])[some],
        wait_s=np.where(rng.random(roads.n_nodes) < 0.02, 15.0, 0.0),
    )
    return fresh(on_roads(today, altered))


def fresh(scenario):
    """The same scenario, which remembers nothing."""
    return fp.Scenario(scenario.roads, scenario.stations, scenario.units, scenario.zones, name=scenario.name)


def test_first_due_is_whoever_has_the_least_travel_time(town):
    times = fp.travel.travel_times(town)
    first = fp.travel.first_due(town)
    housed = times.sel(station_id=[s for s in town.stations.index if s in set(town.units["station_id"])])
    np.testing.assert_allclose(first["first_due_s"], housed.min("station_id"), atol=2e-3)
    np.testing.assert_allclose(first["second_due_s"], np.sort(housed, axis=0)[1], atol=2e-3)


def test_turns_only_ever_cost(today, town):
    plain = fp.travel.travel_times(today).to_numpy()
    found = fp.travel.travel_times(town).to_numpy()
    reached = np.isfinite(plain)
    assert (found[reached] >= plain[reached] - 1e-2).all()
    assert np.isinf(found[~reached]).all()


def test_candidates_take_as_long_as_stations_there(town):
    sites = gpd.GeoSeries(town.stations.geometry, crs=town.stations.crs)
    near = fp.travel.candidate_times(town, sites, cutoff_s=300.0)
    dense = fp.travel.travel_times(town, cutoff_s=300.0)
    laid_out = np.full(dense.shape, np.inf)
    laid_out[np.repeat(np.arange(len(near.candidate_ids)), np.diff(near.start)), near.place] = near.travel_s
    np.testing.assert_allclose(laid_out, dense, atol=2e-3)


def test_what_is_followed_is_the_fresh_figure(town):
    fp.assess(town, standard=NFPA_1710)
    for change in (fp.OpenStation("S8", at=ADDED, units=("E8",)), fp.CloseStation("S3")):
        then = town.apply(change, name="then")
        followed, alone = (fp.assess(s, standard=NFPA_1710) for s in (then, fresh(then)))
        np.testing.assert_array_equal(followed.summary()["share"], alone.summary()["share"])
        table = fp.compare(town, then, standard=NFPA_1710).summary()
        assert np.isfinite(table["share"]).all()
        a, b = (
            fp.travel.force_times(s, fp.travel.places(s, "zones"), needs={"people": 14}) for s in (then, fresh(then))
        )
        np.testing.assert_allclose(a, b, atol=2e-3)


def test_isochrones_hold_the_zones_that_are_reached(town):
    station = "S4"
    area = fp.travel.isochrones(town, within_s=[240.0], stations=[station]).geometry.iloc[0]
    on_road = fp.travel.places(town, "zones").on_road
    times = fp.travel.travel_times(town).sel(station_id=station).to_numpy()
    where = gpd.GeoSeries(shapely.points(points_on_road(town.roads, on_road)), crs=town.roads.crs).to_crs(
        town.zones.crs
    )
    inside = where.within(area).to_numpy()
    plain = np.isfinite(times) & (np.abs(times - 240.0) > 12.0)
    wrong = plain & (inside != (times <= 240.0))
    assert wrong.sum() <= 0.01 * plain.sum(), wrong.sum()
    assert 100 < inside.sum() < 1500


def points_on_road(roads, on_road):
    lines = roads.streets.geometry.array
    return [
        lines[s].interpolate(f, normalized=True).coords[0] if s >= 0 else (np.nan, np.nan)
        for s, f in zip(on_road.street, on_road.along, strict=True)
    ]


def test_siting_and_the_live_view_follow(town):
    sites = gpd.GeoSeries(town.zones.representative_point().iloc[::60], crs=town.zones.crs)
    found = fp.siting.max_coverage(town, stations=1, candidates=sites, within_s=240.0)
    chosen = found.chosen.geometry.iloc[0]
    opened = town.apply(fp.OpenStation("NEW", at=(chosen.x, chosen.y), units=("E99",)), name="opened")
    times = fp.travel.travel_times(opened).sel(station_id=["NEW", *town.stations.index]).to_numpy()
    people = town.zones["population"].to_numpy(float)
    gained = people[(times[0] <= 240) & ~(times[1:] <= 240).any(axis=0)].sum()
    best = max(
        people[(row <= 240) & ~(times[1:] <= 240).any(axis=0)].sum()
        for row in fp.travel.travel_times(
            town.apply(*(fp.OpenStation(f"N{i}", at=(p.x, p.y)) for i, p in enumerate(sites)), name="all")
        ).sel(station_id=[f"N{i}" for i in range(len(sites))]).to_numpy()
    )  # fmt: skip
    assert gained == pytest.approx(best)
    cover = CoverNow(town, standard=NFPA_1710)
    assessed = fp.assess(town, standard=NFPA_1710)
    share = assessed.summary().xs(("first_engine", "population"), level=("objective", "measure"))["share"].iloc[0]
    assert people[cover.within()].sum() / people.sum() == pytest.approx(share, abs=1e-9)
    unit = town.units.index[0]
    back_s = cover.passing.time_to("S1", cover.passing.station("S4"))
    there = fp.travel.route(town, "S4", "S1", among="stations")
    assert back_s == pytest.approx(there.attrs["travel_s"], abs=1e-2)
    assert cover.home(unit) is not None
