"""Coordinates: what costs one row its location, and what refuses the file."""

import numpy as np
import pytest
from pyproj import Geod

from fireplan.errors import InputError, TableError
from fireplan.incidents import read_cad
from fireplan.incidents._places.great_circle import centre_of, distance_m

ZONE = "America/New_York"
HEADER = "incident_id,unit_id,call_type,priority,latitude,longitude,received,dispatched,enroute,arrived,cleared"
CLOCK = "2024-03-05T14:00:00,2024-03-05T14:01:00,2024-03-05T14:02:10,2024-03-05T14:05:40,2024-03-05T14:40:00"
CITY = [("39.951", "-75.161"), ("39.952", "-75.162"), ("39.953", "-75.163")]


def read(folder, points, *, timezone=ZONE, incidents=None, mapping=None):
    lines = [HEADER]
    for number, (lat, lon) in enumerate(points):
        incident = incidents[number] if incidents else f"24-{number}"
        lines.append(f'{incident},E{number},FIRE,1,"{lat}","{lon}",{CLOCK}')
    path = folder / "calls.csv"
    path.write_text("\n".join(lines))
    return read_cad(path, timezone=timezone, mapping=mapping)


def entry(history, code):
    found = history.ledger.set_index("code")
    return found.loc[code] if code in found.index else None


@pytest.mark.parametrize(
    ("point", "code"),
    [
        (("0", "0"), "location_zero"),
        (("0.000000", "0.000000"), "location_zero"),
        (("0.0001", "-0.0001"), "location_zero"),
        (("-75.16", "39.95"), "location_swapped"),
        (("39.954", "75.164"), "location_sign_lost"),
        (("-39.954", "-75.164"), "location_sign_lost"),
        (("39.95 N", "75.16 W"), "location_not_numeric"),
        (("nan1", "-75.16"), "location_not_numeric"),
        (("inf", "-75.16"), "location_not_numeric"),
        (("139.95", "-275.16"), "location_out_of_range"),
        (("41.50", "-79.20"), "location_far"),
        (("", "-75.16"), "location_missing"),
        (("NULL", "NULL"), "location_missing"),
    ],
)
def test_a_bad_location_costs_the_location_only(tmp_path, point, code):
    history = read(tmp_path, [*CITY, point])
    found = entry(history, code)
    assert (found.rows, found.lines) == (1, "5")
    assert history.rows_ok == 4
    assert history.incidents["geometry"].isna().sum() == 1
    assert history.incidents.loc["24-3", "geometry"] is None
    assert len(history.responses) == 4


def test_decimal_commas_and_exponents_are_numbers(tmp_path):
    history = read(tmp_path, [("39,951", "-75,161"), ("3.9952E+01", "-7.5162e1")])
    assert history.incidents.geometry.y.tolist() == pytest.approx([39.951, 39.952])
    assert entry(history, "decimal_comma").lines == "2"


@pytest.mark.parametrize(
    ("points", "timezone", "match"),
    [
        ([(lon, lat) for lat, lon in CITY], ZONE, "swapped in 3 of 3 rows"),
        ([("-122.42", "37.77")] * 3, "America/Los_Angeles", "swap"),
        ([("-75.16", "39.95")] * 3, "UTC", "swap"),
        ([(lat, lon[1:]) for lat, lon in CITY], ZONE, "longitude has lost its sign"),
        ([("33.86", "151.2")] * 3, "Australia/Sydney", "latitude has lost its sign"),
        ([("235100", "2694100")] * 3, ZONE, "crs"),
        ([("39951000", "-75161000")] * 3, ZONE, "micro-degrees"),
        ([("1 MAIN ST", "X")] * 3, ZONE, "no numbers"),
    ],
)
def test_a_fault_of_the_whole_file_is_refused(tmp_path, points, timezone, match):
    with pytest.raises(TableError, match=match) as caught:
        read(tmp_path, points, timezone=timezone)
    assert "MAIN" not in str(caught.value)


@pytest.mark.parametrize(
    ("points", "timezone"),
    [
        ([("-16.80", "179.9990"), ("-16.80", "-179.9990"), ("-16.81", "179.9")], "Pacific/Fiji"),
        ([("-16.80", "179.9990"), ("-16.80", "-179.9990")], ZONE),
        ([("78.2232", "15.6267"), ("78.2240", "15.6500")], ZONE),
        ([("-77.85", "166.67"), ("-77.84", "166.68")], "Antarctica/McMurdo"),
    ],
)
def test_edges_of_the_globe_are_places_too(tmp_path, points, timezone):
    history = read(tmp_path, points, timezone=timezone)
    assert history.verdict == "ACCEPT"
    assert history.incidents["geometry"].notna().all()


def test_a_wide_region_is_not_called_far(tmp_path):
    points = [(str(31 + 0.5 * (n % 7)), str(-100 + 0.7 * n)) for n in range(12)]
    assert entry(read(tmp_path, points, timezone="America/Chicago"), "location_far") is None


def test_geocoder_default_point_is_named_with_its_share(tmp_path):
    points = CITY * 4 + [("39.95258", "-75.16522")] * 13
    found = entry(read(tmp_path, points), "location_default_point")
    assert "39.95258, -75.16522: 13 of 25 incidents, 52.0 %" in found.meaning
    assert found.rows == 13


def test_few_incidents_or_many_units_make_no_default_point(tmp_path):
    assert entry(read(tmp_path, [CITY[0]] * 9), "location_default_point") is None
    many_units = read(tmp_path, [CITY[0]] * 12 + CITY[1:] * 3, incidents=["A"] * 12 + [f"B{n}" for n in range(6)])
    assert entry(many_units, "location_default_point") is None


def test_units_of_one_incident_at_different_points(tmp_path):
    history = read(
        tmp_path, [("39.951", "-75.161"), ("39.99", "-75.11"), ("39.9511", "-75.161")], incidents=["A", "A", "A"]
    )
    found = entry(history, "incident_points_differ")
    assert (found.rows, found.lines) == (1, "3")
    assert "'A'" in found.meaning
    assert len(history.incidents) == 1
    assert history.incidents.geometry.iloc[0].y == 39.951


def test_an_incident_takes_the_point_of_a_unit_that_has_one(tmp_path):
    history = read(tmp_path, [("0", "0"), ("39.951", "-75.161")], incidents=["A", "A"])
    assert history.incidents["geometry"].notna().all()


def test_projected_coordinates_through_a_mapping(tmp_path):
    mapping = tmp_path / "m.toml"
    columns = "\n".join(f'{n} = "{n}"' for n in HEADER.split(",") if n not in {"latitude", "longitude"})
    text = f'[columns]\n{columns}\n[point]\nlatitude = "latitude"\nlongitude = "longitude"\n'
    mapping.write_text(text + 'crs = "EPSG:2272"\n')
    history = read(tmp_path, [("235100", "2694100"), ("235200", "2694200")], mapping=mapping)
    assert history.incidents.geometry.y.iloc[0] == pytest.approx(39.95, abs=0.05)
    mapping.write_text(text + "scale = 1e-6\n")
    history = read(tmp_path, [("39951000", "-75161000")] * 2, mapping=mapping)
    assert history.incidents.geometry.x.iloc[0] == pytest.approx(-75.161)
    mapping.write_text(text + 'crs = "EPSG:99999999"\n')
    with pytest.raises(InputError, match="crs"):
        read(tmp_path, CITY, mapping=mapping)


def test_distances_against_the_ellipsoid():
    rng = np.random.default_rng(3)
    lat, lon = rng.uniform(-89, 89, (2, 200)), rng.uniform(-180, 180, (2, 200))
    ours = distance_m(lat[0], lon[0], to=(lat[1], lon[1]))
    _, _, exact = Geod(ellps="WGS84").inv(lon[0], lat[0], lon[1], lat[1])
    assert np.abs(ours / exact - 1).max() < 0.006


def test_centre_is_robust_and_knows_the_antimeridian():
    lat = np.array([-16.8, -16.8, -16.8, -16.8, 40.0])
    lon = np.array([179.9, -179.9, 180.0, 179.95, 0.0])
    centre = centre_of(lat, lon)
    assert distance_m(-16.8, 180.0, to=centre) < 20_000


def test_half_the_rows_swapped_costs_these_rows_only(tmp_path):
    history = read(tmp_path, [*CITY, *[(lon, lat) for lat, lon in CITY]])
    assert entry(history, "location_swapped").lines == "5, 6, 7"
    assert history.incidents["geometry"].notna().tolist() == [True] * 3 + [False] * 3
