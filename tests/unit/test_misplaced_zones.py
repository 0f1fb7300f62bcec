"""Zones that lie elsewhere, twice, or hold more than there can be are told or refused, whichever way they came."""

import geopandas as gpd
import pytest
import shapely

import fireplan as fp
from fireplan.errors import TableError
from fireplan.project._misplaced import refuse_misplaced


def squares(*corners, population=100):
    """Zones A, B, ... of 0.001 degrees a side."""
    shapes = [shapely.box(x, y, x + 0.001, y + 0.001) for x, y in corners]
    ids = [chr(ord("A") + k) for k in range(len(shapes))]
    return gpd.GeoDataFrame({"zone_id": ids, "population": population}, geometry=shapes, crs="EPSG:4326")


NEAR, NEXT, ACROSS = (-140.0005, 30.0), (-140.0005, 30.002), (40.0, -31.0)


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


def test_a_zone_on_the_other_side_of_the_earth_is_told(town):
    notes = refuse_misplaced(squares(NEAR, ACROSS).set_index("zone_id"), town.roads, what="zone file z")
    assert len(notes) == 1
    assert "1 place lies over 100 km from every road: 'B' (the first at longitude 40.0005" in notes[0]
    assert refuse_misplaced(squares(NEAR, NEXT).set_index("zone_id"), town.roads, what="zone file z") == []


def test_zones_that_all_lie_elsewhere_are_refused(town):
    with pytest.raises(TableError, match="all lie over 100 km from every road: 'A'"):
        refuse_misplaced(squares(ACROSS).set_index("zone_id"), town.roads, what="zone file z")


def test_longitudes_counted_on_beyond_the_180th_meridian_are_where_they_are(town):
    assert refuse_misplaced(squares((220 - 0.0005, 30.0)).set_index("zone_id"), town.roads, what="zones") == []


def test_zones_that_overlap_are_told_wherever_they_came_from(town):
    given = squares(NEAR, (NEAR[0] + 0.0002, NEAR[1]))
    zones = fp.demand.from_polygons(given)
    assert "1 pair of zones overlap" in zones.attrs["notes"][0]
    for table in (zones, given.set_index("zone_id")):
        built = fp.Scenario(town.roads, town.stations, town.units, table)
        notes = fp.assess(built, standard=fp.standards.NFPA_1710).notes()
        assert len([note for note in notes if "1 pair of zones overlap by 0.01 km²" in note]) == 1
    apart = fp.Scenario(town.roads, town.stations, town.units, fp.demand.from_polygons(squares(NEAR, NEXT)))
    assert not [n for n in fp.assess(apart, standard=fp.standards.NFPA_1710).notes() if "overlap" in n]


def test_a_little_shared_ground_is_not_said_to_be_none():
    small = squares(NEAR)
    inside = shapely.box(NEAR[0] + 0.0002, NEAR[1] + 0.0002, NEAR[0] + 0.0005, NEAR[1] + 0.0005)
    both = gpd.GeoDataFrame(
        {"zone_id": ["A", "B"], "population": 9}, geometry=[small.geometry[0], inside], crs="EPSG:4326"
    )
    assert "overlap by less than 0.01 km²" in fp.demand.from_polygons(both).attrs["notes"][0]


def test_more_people_than_any_total_can_hold_are_refused():
    with pytest.raises(TableError, match="'population' is larger than"):
        fp.demand.from_polygons(squares(NEAR, NEXT, population=1e308))
