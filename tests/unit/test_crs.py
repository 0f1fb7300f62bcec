import numpy as np
import pyproj
import pytest

from fireplan.crs import WGS84, known_crs, metric_crs, project, step_lengths_m
from fireplan.errors import InputError


@pytest.mark.parametrize(
    ("longitude", "latitude", "epsg"),
    [
        ([-122.4], [37.8], 32610), ([24.9], [60.2], 32635), ([151.2], [-33.9], 32756), ([0.0], [0.0], 32631),
        ([-180.0], [10.0], 32601), ([180.0], [10.0], 32660), ([179.99], [10.0], 32660), ([-6.0], [51.0], 32630),
        ([479.9], [10.0], 32650),
    ],
)  # fmt: skip
def test_a_study_area_is_measured_in_the_utm_zone_of_its_middle(longitude, latitude, epsg):
    assert metric_crs(longitude, latitude).to_epsg() == epsg


def test_an_area_across_the_180th_meridian_is_not_taken_to_greenwich():
    assert metric_crs([179.98, 179.99, -179.99], [-17.0, -17.0, -17.0]).to_epsg() == 32760
    assert metric_crs([179.99, -179.98, -179.99], [-17.0, -17.0, -17.0]).to_epsg() == 32701


@pytest.mark.parametrize(("latitude", "epsg"), [(85.0, 32661), (-85.0, 32761), (83.9, 32631), (-79.9, 32731)])
def test_beyond_the_limits_of_utm_it_is_polar(latitude, epsg):
    assert metric_crs([3.0], [latitude]).to_epsg() == epsg


def test_places_that_are_not_known_do_not_count():
    assert metric_crs([np.nan, -122.4, 5.0], [50.0, 37.8, np.nan]).to_epsg() == 32610
    for nothing in ([], [np.nan]):
        with pytest.raises(InputError, match="metric CRS"):
            metric_crs(nothing, nothing)


@pytest.mark.parametrize("latitude", [-60.0, -34.0, 0.5, 40.0, 66.0])
@pytest.mark.parametrize("beside", [0.0, 1.5, 3.0])
def test_within_its_zone_a_metre_is_true_to_a_thousandth(latitude, beside):
    lonlat = np.array([[3.0 + beside, latitude], [3.0 + beside + 0.01, latitude + 0.01]])
    flat = project(lonlat, source=WGS84, target=metric_crs([3.0], [latitude]))
    assert np.hypot(*(flat[1] - flat[0])) == pytest.approx(step_lengths_m(lonlat)[0], rel=1e-3)


def test_there_and_back_is_the_same_place():
    lonlat = np.array([[-122.4, 37.8], [-122.5, 37.7]])
    utm = metric_crs(*lonlat.T)
    back = project(project(lonlat, source=WGS84, target=utm), source=utm, target="EPSG:4326")
    np.testing.assert_allclose(back, lonlat, atol=1e-9)


def test_within_one_system_nothing_moves():
    xy = np.array([[1.0, 2.0]])
    assert project(xy, source="EPSG:32610", target=pyproj.CRS.from_epsg(32610)) is xy


def test_longitude_stands_first_whatever_the_authority_says():
    assert project(np.array([[3.0, 0.0]]), source="EPSG:4326", target="EPSG:32631")[0] == pytest.approx(
        [500_000.0, 0.0]
    )


@pytest.mark.parametrize(
    ("path", "metres"),
    [
        ([(0, 0), (0, 1)], 110_574.389),  # a degree of the meridian at the equator
        ([(0, 0), (1, 0)], 111_319.491),  # a degree of the equator
        ([(179.5, 0), (-179.5, 0)], 111_319.491),
        ([(-75, 40), (-75, 40)], 0.0),
    ],
)
def test_steps_are_measured_on_the_ellipsoid(path, metres):
    assert step_lengths_m(np.array(path, dtype=float)) == pytest.approx([metres], abs=0.001)


def test_a_path_of_one_place_has_no_step():
    assert len(step_lengths_m(np.array([[1.0, 2.0]]))) == 0


@pytest.mark.parametrize("value", ["EPSG:999999", "nonsense", "", 10**9, "a" * 500])
def test_a_crs_nobody_knows_is_refused_in_few_words(value):
    with pytest.raises(InputError, match=r"roads: crs .* is not known; name one such as 'EPSG:4326'") as raised:
        known_crs(value, what="roads")
    assert len(str(raised.value)) < 160
