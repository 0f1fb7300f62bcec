"""Ground beside water and along one road: what an isochrone covers, and who is first where turnouts differ."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import fireplan as fp

CASES = Path(__file__).parents[1] / "data" / "cases" / "roads"
MPS = 40 / 3.6
"""Planning speed of a residential street. [m/s]"""


def stations(at):
    places = [shapely.Point(p) for p in at]
    ids = [f"S{i + 1}" for i in range(len(places))]
    return gpd.GeoDataFrame({"station_id": ids, "name": ids}, geometry=places, crs=4326)


def ground(case, at, within_s):
    town = fp.Scenario(fp.roads.from_osm(CASES / f"{case}.osm"), stations([at]))
    return fp.isochrones(town, within_s=[within_s]).geometry.iloc[0]


@pytest.mark.parametrize(("case", "other_lat"), [("iso_two_banks", -29.9986468), ("iso_canal_60m", -29.9994587)])
def test_the_other_bank_is_not_covered_where_the_bridge_is_three_kilometres_off(case, other_lat):
    area = ground(case, (-139.99, -30.0), 120)
    along = np.linspace(-139.998, -139.982, 17)
    assert area.buffer(1e-7).covers(shapely.MultiPoint([(x, -30.0) for x in along]))
    assert not area.intersects(shapely.LineString([(-140.0, other_lat), (-139.9689, other_lat)]))
    # Between the banks arrival is taken as linear, and as a minute late at the most: two thirds of the water, no more.
    assert (area.bounds[3] + 30.0) / (other_lat + 30.0) <= 2 / 3


@pytest.mark.parametrize(("at_m", "ends_m"), [(500, (0, 1000)), (0, (0, 667)), (1000, (333, 1000))])
def test_a_station_on_a_vertex_or_on_an_end_reaches_both_ways(at_m, ends_m):
    degree = 0.0103642 / 1000  # of longitude, per metre along the road of the case
    area = ground("iso_line", (-140.0 + at_m * degree, -30.0), 60)  # 667 m
    road = shapely.LineString([(-140.0, -30.0), (-139.9896358, -30.0)])
    driven = road.intersection(area.buffer(1e-9))
    west, _, east, _ = driven.bounds
    assert (west + 140) / degree == pytest.approx(ends_m[0], abs=8)
    assert (east + 140) / degree == pytest.approx(ends_m[1], abs=8)


def test_the_station_that_turns_out_sooner_is_first_as_far_as_that_takes_it():
    """Career and volunteers at the ends of ten kilometres: the line between them moves by half the difference."""
    roads = fp.roads.from_osm(CASES / "turnout_line.osm")
    ends = stations([(-140.0, -30.0), (-139.896358, -30.0)])
    units = pd.DataFrame(
        {"unit_id": ["E1", "E2"], "station_id": ["S1", "S2"], "type": "engine", "turnout_s": [60.0, 300.0]}
    )
    km = np.arange(0.25, 10, 0.5)
    zones = gpd.GeoDataFrame(
        {"zone_id": [f"Z{i}" for i in range(len(km))], "population": 1},
        geometry=gpd.points_from_xy(-140.0 + km * 0.0103642, np.full(len(km), -30.0)), crs=4326,
    )  # fmt: skip
    town = fp.Scenario(roads, ends, units, zones)
    by_travel = fp.first_due(town, interval="travel_s")["first_due"]
    by_both = fp.first_due(town, interval="turnout_and_travel_s")
    np.testing.assert_array_equal(by_travel == "S1", km < 5)
    further_km = 240 * MPS / 2 / 1000
    np.testing.assert_array_equal(by_both["first_due"] == "S1", km < 5 + further_km)
    own_s = np.where(km < 5 + further_km, 60 + km * 1000 / MPS, 300 + (10 - km) * 1000 / MPS)
    np.testing.assert_allclose(by_both["first_due_s"], own_s, atol=0.5)
