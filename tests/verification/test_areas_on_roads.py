"""First-due and force areas of Marisol tried on places on the road, and exact outlines on what is reached."""

import numpy as np
import pandas as pd
import pytest
import shapely
from sample_city import sample_city

from fireplan import travel
from fireplan.roads import OnRoad
from fireplan.travel._places import Places, piece_lengths_m
from fireplan.travel._reached_streets import BESIDE_M

POINTS = 10_000
MARGIN_S = 15.0
WRONG = 0.01


@pytest.fixture(scope="module")
def marisol():
    return sample_city(calibrated=False).today


@pytest.fixture(scope="module")
def tried(marisol):
    """Places drawn in proportion to street length, and where they are."""
    rng = np.random.default_rng(17)
    length = marisol.roads.length_m
    street = rng.choice(len(length), POINTS, p=length / length.sum()).astype(np.int32)
    along = rng.random(POINTS)
    lines = marisol.roads.streets.geometry.array[street]
    xy = np.asarray(shapely.line_interpolate_point(lines, along, normalized=True))
    return Places("roads", ("tried", "areas"), pd.RangeIndex(POINTS), OnRoad(street, along, np.zeros(POINTS))), xy


def inside(marisol, table, xy):
    """One row per area: which places lie in it."""
    areas = table.to_crs(marisol.roads.crs).geometry.to_numpy()
    shapely.prepare(areas)
    return np.array([shapely.intersects(area, xy) for area in areas])


def test_places_lie_in_the_area_of_the_station_that_is_first_due(marisol, tried):
    places, xy = tried
    areas = travel.first_due_areas(marisol)
    times = pd.DataFrame(travel.time_rows(marisol, places), index=marisol.stations.index).loc[areas.index].to_numpy()
    first, second = np.sort(times, axis=0)[:2]
    clear = second > first + MARGIN_S
    assert clear.sum() > 0.8 * POINTS
    within = inside(marisol, areas, xy)
    right = within[times.argmin(axis=0), np.arange(POINTS)]
    assert (~right & clear).sum() / clear.sum() <= WRONG


def test_first_due_areas_part_the_ground_without_overlap(marisol):
    areas = travel.first_due_areas(marisol).to_crs(marisol.roads.crs)
    assert areas.is_valid.all()
    assert areas.area.sum() == pytest.approx(areas.union_all().area, rel=1e-6)
    everywhere = travel.isochrones(marisol, within_s=[36_000], dissolve=True).to_crs(marisol.roads.crs)
    assert areas.area.sum() == pytest.approx(everywhere.area.iloc[0], rel=2e-3)


@pytest.mark.parametrize("force", [{"engine": 2}, {"people": 16, "truck": 1}])
def test_a_force_is_complete_inside_its_area_and_not_outside(marisol, tried, force):
    places, xy = tried
    complete_s = travel.force_times(marisol, places, needs=force)
    (within,) = inside(marisol, travel.erf_areas(marisol, needs=[force], within_s=[480]), xy)
    clear = np.abs(complete_s - 480) > MARGIN_S
    assert 0.2 < (complete_s <= 480).mean() < 1
    assert (clear & (within != (complete_s <= 480))).sum() / clear.sum() <= WRONG


def test_every_place_reached_in_time_lies_inside_the_exact_outline(marisol, tried):
    places, xy = tried
    station = marisol.stations.index[0]
    outlined = travel.isochrones(marisol, within_s=[240], stations=[station], exact=True)
    (within,) = inside(marisol, outlined, xy)
    reached = travel.time_rows(marisol, places)[0] <= 240
    assert within[reached].all()
    pieces = travel.places(marisol, "roads")
    reached_m = piece_lengths_m(marisol.roads)[travel.time_rows(marisol, pieces)[0] <= 240].sum()
    (area_m2,) = outlined.to_crs(marisol.roads.crs).area
    assert area_m2 <= 1.05 * 2 * BESIDE_M * reached_m
