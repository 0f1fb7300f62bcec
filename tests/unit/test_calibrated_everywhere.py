"""Whatever is measured, drawn, sought or followed on calibrated roads tells the same drives."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from sample_city import sample_city

import fireplan as fp
from fireplan.operations._status.live_cover import CoverNow
from fireplan.standards import NFPA_1710, Objective, Standard
from tests.support.made_calibrations import CURVES, made

ADDED = (-127.4637, 33.0658)
LATER = {"S1": 6.0, "S2": -4.0, "S3": 0.0, "S4": 71.0, "S5": -300.0}
TOTAL = Standard(
    "total", "with turnout",
    (Objective("engine_total", "First engine", 330, interval="turnout_and_travel_s"),
     Objective("people_total", "16 people", 600, interval="turnout_and_travel_s", needs={"people": 16})),
)  # fmt: skip


@pytest.fixture(scope="module")
def planned():
    return sample_city(calibrated=False).today


@pytest.fixture(scope="module", params=list(CURVES))
def town(request, planned):
    return fresh(planned.calibrated(made(planned.roads, request.param, stations=LATER)))


def fresh(scenario):
    """The same scenario, which remembers nothing."""
    return fp.Scenario(
        scenario.roads, scenario.stations, scenario.units, scenario.zones, name=scenario.name,
        calibration=scenario.calibration,
    )  # fmt: skip


def test_drives_are_told_by_the_curve_from_each_station_s_start(planned, town):
    curve = town.roads.curve
    added = fp.travel.travel_times(fresh(planned.calibrated(made(planned.roads, fp.roads.DriveCurve())))).to_numpy()
    found = fp.travel.travel_times(town)
    for row, station in zip(added, found.station_id.to_numpy(), strict=True):
        start_s = max(0.0, curve.start_s + LATER.get(station, 0.0))
        reached = np.isfinite(row)
        x = row[reached].astype(float) + start_s
        ramped = x
        if curve.ramp_s:
            ramped = np.where(x < curve.ramp_s, 2 * np.sqrt(x * curve.ramp_s), x + curve.ramp_s)
        expected = curve.offset_s + curve.scale * ramped**curve.power
        np.testing.assert_allclose(found.sel(station_id=station).to_numpy()[reached], expected, rtol=1e-5)
        assert np.isinf(found.sel(station_id=station).to_numpy()[~reached]).all()


def test_first_due_is_whoever_has_the_least_travel_time(town):
    times = fp.travel.travel_times(town)
    first = fp.travel.first_due(town)
    housed = times.sel(station_id=[s for s in town.stations.index if s in set(town.units["station_id"])])
    np.testing.assert_allclose(first["first_due_s"], housed.min("station_id"), rtol=1e-5)
    np.testing.assert_allclose(first["second_due_s"], np.sort(housed, axis=0)[1], rtol=1e-5)


def test_a_limit_cuts_at_the_time_that_is_told(town):
    whole, cut = fp.travel.travel_times(town).to_numpy(), fp.travel.travel_times(town, cutoff_s=200.0).to_numpy()
    clear = np.isfinite(whole) & (np.abs(whole - 200.0) > 1e-2)
    assert np.array_equal(np.isfinite(cut)[clear], (whole <= 200.0)[clear])
    soon = fp.travel.travel_times(town, cutoff_s=70.0).sel(station_id="S4")
    assert np.isinf(soon).all()  # not even its start is over


def test_candidates_take_as_long_as_a_new_station_there(town):
    sites = gpd.GeoSeries([shapely.Point(ADDED)], crs=4326)
    near = fp.travel.candidate_times(town, sites, cutoff_s=300.0)
    then = town.apply(fp.OpenStation("S8", at=ADDED, units=("E8",)))
    row = fp.travel.travel_times(then).sel(station_id="S8").to_numpy()
    laid_out = np.full(len(row), np.inf)
    laid_out[near.place] = near.travel_s
    within = row <= 299.9
    np.testing.assert_allclose(laid_out[within], row[within], rtol=1e-5)


def test_what_is_followed_is_the_fresh_figure(town):
    for standard in (NFPA_1710, TOTAL):
        fp.assess(town, standard=standard)
        for change in (
            fp.OpenStation("S8", at=ADDED, units=("E8",)),
            fp.CloseStation("S3"),
            fp.SetTurnout(300.0, units=["E4"]),
        ):
            then = town.apply(change, name="then")
            followed, alone = (fp.assess(s, standard=standard).summary() for s in (then, fresh(then)))
            for column in ("share", "share_low", "share_high", "median_share", "p90_s", "all_p90_s"):
                np.testing.assert_array_equal(followed[column], alone[column], err_msg=column)


def test_isochrones_hold_the_zones_that_are_reached(town):
    station = "S3"
    on_road = fp.travel.places(town, "zones").on_road
    times = fp.travel.travel_times(town).sel(station_id=station).to_numpy()
    lines = town.roads.streets.geometry.array
    spots = [
        lines[s].interpolate(f, normalized=True).coords[0] if s >= 0 else (np.nan, np.nan)
        for s, f in zip(on_road.street, on_road.along, strict=True)
    ]
    where = gpd.GeoSeries(shapely.points(spots), crs=town.roads.crs)
    for exact in (False, True):
        area = fp.travel.isochrones(town, within_s=[240.0], stations=[station], exact=exact).to_crs(town.roads.crs)
        inside = where.within(area.geometry.iloc[0]).to_numpy()
        plain = np.isfinite(times) & (np.abs(times - 240.0) > (12.0 if not exact else 0.5))
        wrong = plain & (inside != (times <= 240.0))
        assert wrong.sum() <= 0.015 * plain.sum(), wrong.sum()
        assert 40 < inside.sum() < 1500


def test_areas_of_first_due_and_of_a_force_follow(town):
    areas = fp.travel.first_due_areas(town).to_crs(town.roads.crs)
    points = town.zones.representative_point().to_crs(town.roads.crs)
    first = fp.travel.first_due(town)
    lead_s = first["second_due_s"] - first["first_due_s"]
    clear = (lead_s > 25).to_numpy()
    due = zip(first["first_due"], points, strict=True)
    mine = np.array([isinstance(s, str) and areas.geometry[s].contains(p) for s, p in due])
    assert mine[clear].mean() > 0.97
    needs = {"engine": 2}
    force = fp.travel.erf_areas(town, needs=[needs], within_s=[480.0]).to_crs(town.roads.crs).geometry.iloc[0]
    arrival_s = fp.travel.force_times(town, fp.travel.places(town, "zones"), needs=needs)
    clear = np.abs(arrival_s - 480) > 40
    inside = points.within(force).to_numpy()
    assert (inside == (arrival_s <= 480))[clear].mean() > 0.95


def test_routes_nodes_and_units_on_the_road_follow(town):
    curve = town.roads.curve
    way = fp.travel.route(town, "S4", "S1", among="stations")
    last_s = float(way["arrives_s"].iloc[-1])
    assert last_s == pytest.approx(way.attrs["travel_s"], abs=1e-2)
    added_s = float((way["travel_s"] + way["turn_s"] + way["wait_s"]).sum())
    assert last_s == pytest.approx(float(curve.clock_s(added_s, curve.start_s + LATER["S4"])), abs=1e-2)
    cover = CoverNow(town, standard=NFPA_1710)
    spot = cover.passing.station("S4")
    assert cover.passing.time_to("S1", spot) == pytest.approx(float(curve.clock_s(added_s, 0.0)), abs=2e-2)
    ends = fp.travel.places(town, "zones")
    on_the_road = cover.passing.times_from(spot, ends)
    at_home = fp.travel.travel_times(town).sel(station_id="S4").to_numpy()
    near = np.isfinite(on_the_road) & np.isfinite(at_home)
    assert (on_the_road[near] < at_home[near]).all()  # it is under way already
    node = town.roads.node_ids[100]
    near_s, all_s = fp.travel.node_times(town.roads, node, cutoff_s=100.0), fp.travel.node_times(town.roads, node)
    assert all_s.min() == pytest.approx(float(curve.clock_s(0.0, curve.start_s)), abs=1e-3)
    assert near_s.index.equals(all_s[all_s <= 100.0].index)


def test_distances_know_nothing_of_it(planned, town):
    here, there = fp.measures.iso_distribution(town), fp.measures.iso_distribution(planned)
    np.testing.assert_array_equal(here["share"], there["share"])
