import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely

from fireplan import demand
from fireplan.errors import InputError, TableError


def calls(*lonlat, crs=4326):
    ids = pd.Index([f"C{i}" for i in range(len(lonlat))], name="incident_id")
    return gpd.GeoDataFrame(
        {"category": "fire"}, geometry=[None if p is None else shapely.Point(p) for p in lonlat], index=ids, crs=crs
    )


def squares(n=3, **columns):
    """Unit squares side by side, from west to east."""
    return gpd.GeoDataFrame(
        {"zone_id": [f"Z{i}" for i in range(n)], "population": 10.0} | columns,
        geometry=[shapely.box(i, 0, i + 1, 1) for i in range(n)], crs=4326,
    )  # fmt: skip


def test_polygons_become_zones_by_their_id():
    zones = demand.from_polygons(squares().rename(columns={"zone_id": "GEOID"}), zone_id="GEOID")
    assert zones.index.tolist() == ["Z0", "Z1", "Z2"]
    assert zones.index.name == "zone_id"
    assert zones["population"].tolist() == [10.0] * 3


def test_the_id_may_stand_in_the_index_and_numbers_become_text():
    mine = squares().assign(zone_id=[7, 8, 9]).set_index("zone_id")
    assert demand.from_polygons(mine).index.tolist() == ["7", "8", "9"]
    assert mine.index.tolist() == [7, 8, 9]


def test_an_id_column_that_is_not_there_is_named():
    with pytest.raises(InputError, match="column 'block' is missing from the polygons; found zone_id"):
        demand.from_polygons(squares(), zone_id="block")


def test_faulty_polygons_are_refused_with_all_their_faults():
    bad = squares(population=[-1.0, 5.0, np.inf]).assign(zone_id=["Z0", "Z0", "Z2"])
    with pytest.raises(TableError) as raised:
        demand.from_polygons(bad)
    assert len(raised.value.faults) == 2


def test_incidents_are_counted_where_they_lie():
    inside = calls((0.5, 0.5), (0.6, 0.5), (2.5, 0.5), (9, 9), None)
    assert demand.from_polygons(squares(), incidents=inside)["incidents"].tolist() == [2.0, 0.0, 1.0]


def test_incidents_in_another_crs_are_counted_in_the_same_zones():
    inside = calls((0.5, 0.5), (2.5, 0.5)).to_crs(3857)
    assert demand.from_polygons(squares(), incidents=inside)["incidents"].tolist() == [1.0, 0.0, 1.0]


def test_a_point_on_a_border_counts_once_in_the_first_zone():
    assert demand.zone_of(calls((1, 0.5), (2, 0.5), (0, 0)), squares()).tolist() == [0, 1, 0]


def test_of_overlapping_zones_the_first_counts():
    both = squares(2)
    both.loc[1, "geometry"] = shapely.box(0, 0, 5, 5)
    assert demand.zone_of(calls((0.5, 0.5), (3, 3)), both).tolist() == [0, 1]


def test_no_place_is_in_no_zone():
    points = gpd.GeoDataFrame(geometry=[None, shapely.Point(), shapely.Point(0.5, 0.5)], crs=4326)
    assert demand.zone_of(points, squares()).tolist() == [-1, -1, 0]


def test_zones_agree_with_trying_every_outline():
    rng = np.random.default_rng(6)
    zones = squares(8)
    zones["geometry"] = shapely.buffer(shapely.points(rng.uniform(0, 10, (8, 2))), rng.uniform(0.5, 3, 8))
    xy = rng.uniform(-1, 11, (500, 2))
    inside = shapely.intersects(shapely.points(xy)[:, None], zones.geometry.to_numpy()[None, :])
    expected = np.where(inside.any(axis=1), inside.argmax(axis=1), -1)
    np.testing.assert_array_equal(demand.zone_of(calls(*xy), zones), expected)


def test_incidents_become_zones_of_one_each():
    zones = demand.from_incidents(calls((0, 0), None, (1, 1)))
    assert zones.index.tolist() == ["C0", "C2"]
    assert zones["incidents"].tolist() == [1.0, 1.0]
    assert zones.index.name == "zone_id"


def test_without_a_place_there_are_no_zones():
    for make in (demand.from_incidents, demand.hexagons):
        with pytest.raises(InputError, match="no incident has a place"):
            make(calls(None, None))


def test_hexagons_count_every_located_incident_once():
    rng = np.random.default_rng(2)
    located = calls(*(rng.normal((-122.4, 37.8), 0.02, (300, 2))), None)
    zones = demand.hexagons(located)
    assert zones["incidents"].sum() == 300
    assert zones.crs.to_epsg() == 4326
    assert all(h3.get_resolution(z) == 9 for z in zones.index)
    assert zones.index.is_monotonic_increasing
    assert (demand.zone_of(located, zones)[:-1] >= 0).all()


def test_a_hexagon_holds_the_incidents_it_counts():
    zones = demand.hexagons(calls((-122.4, 37.8), (-122.4, 37.8), (-122.3, 37.8)))
    assert sorted(zones["incidents"]) == [1.0, 2.0]
    busy = zones[zones["incidents"] == 2.0].geometry.iloc[0]
    assert busy.contains(shapely.Point(-122.4, 37.8))
    assert zones.to_crs(32610).area.tolist() == pytest.approx([1.0e5] * 2, rel=0.2)


def test_a_coarser_resolution_gives_larger_hexagons():
    one = calls((-122.4, 37.8))
    large, small = (demand.hexagons(one, resolution=r).to_crs(32610).area.iloc[0] for r in (7, 9))
    assert large == pytest.approx(49 * small, rel=0.1)
    for bad in (3, 13):
        with pytest.raises(InputError, match="resolution"):
            demand.hexagons(one, resolution=bad)


def test_a_hexagon_on_the_180th_meridian_is_not_as_wide_as_the_earth():
    inside = calls((179.99999, -17.0), (-179.99999, -17.0))
    zones = demand.hexagons(inside, resolution=7)
    assert zones["incidents"].tolist() == [2.0]
    assert zones.geometry.is_valid.all()
    assert zones.to_crs(32660).area.tolist() == pytest.approx([5.2e6], rel=0.2)
    assert demand.zone_of(inside, zones).tolist() == [0, 0]


def test_the_callers_tables_are_left_as_they_were():
    mine, inside = squares(), calls((0.5, 0.5))
    before = mine.copy(), inside.copy()
    demand.from_polygons(mine, incidents=inside)
    demand.hexagons(inside)
    pd.testing.assert_frame_equal(mine, before[0])
    pd.testing.assert_frame_equal(inside, before[1])
