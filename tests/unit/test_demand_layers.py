"""Zones and incidents from layers as the census and offices keep them."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from fireplan import demand
from fireplan.errors import InputError, TableError

CASES = Path(__file__).parents[1] / "data" / "cases" / "layers"
SQUARES = [shapely.box(-75 + i / 100, 40, -75 + (i + 1) / 100, 40.01) for i in range(3)]


def layer(**columns):
    return gpd.GeoDataFrame(columns, geometry=SQUARES, crs=4326)


@pytest.mark.parametrize(
    ("columns", "notes"),
    [
        ({"GEOID20": "ABC", "POP20": 7, "HOUSING20": 3, "ALAND20": 9}, 3),
        ({"GEOID": "ABC", "POP100": 7, "HU100": 3, "NAMELSAD": "x"}, 4),
        ({"GEO_ID": "ABC", "P1_001N": 7, "H1_001N": 3}, 3),
        ({"Zone ID": "ABC", "Population": 7, "DWELLINGS": 3}, 0),
    ],
)
def test_columns_of_the_census_are_known(columns, notes):
    zones = demand.read_zones(layer(**{k: list(v) if v == "ABC" else [v] * 3 for k, v in columns.items()}))
    assert zones.index.tolist() == ["A", "B", "C"]
    assert zones["population"].sum() == 21
    assert zones["dwellings"].sum() == 9
    assert len(zones.attrs["notes"]) == notes
    assert {"ALAND20"} & set(columns) <= set(zones.columns)


def test_two_counts_of_people_are_a_question_that_a_name_answers():
    mine = layer(GEOID20=list("ABC"), POP20=[1, 2, 3], POP100=[4, 5, 6])
    with pytest.raises(TableError, match=r"'population' may be 'POP20' or 'POP100': say which.*\[demand\.columns\]"):
        demand.read_zones(mine)
    assert demand.read_zones(mine, columns={"population": "POP100"})["population"].tolist() == [4, 5, 6]


def test_ids_of_blocks_stay_text_whatever_they_came_as(tmp_path):
    mine = layer(GEOID20=[60750101001000, 60750101001001, 60750101001002], POP20=[1, 2, 3])
    mine.to_parquet(tmp_path / "a.parquet")
    assert demand.read_zones(tmp_path / "a.parquet").index[0] == "60750101001000"


def test_a_damaged_outline_is_named_by_file_and_row():
    with pytest.raises(InputError, match=r"'zones_geos_exception\.gpkg': the geometry of feature 9 cannot be read"):
        demand.read_zones(CASES / "zones_geos_exception.gpkg")


def test_zones_that_overlap_are_noted_with_their_ground_and_people():
    (note,) = demand.read_zones(CASES / "overlapping_zones.geojson").attrs["notes"]
    assert note.startswith("1 pair of zones overlap by 0.02 km², with 10 people of one or the other")
    assert "'Z0' and 'Z1'" in note


def test_zones_that_touch_or_share_a_sliver_do_not_overlap():
    mine = layer(zone_id=list("ABC"), population=[1, 2, 3])
    assert demand.read_zones(mine).attrs["notes"] == ()
    wide = mine.set_geometry([s.buffer(1e-5) for s in SQUARES])
    assert demand.read_zones(wide).attrs["notes"] == ()


def test_a_crossed_outline_is_repaired_and_named():
    bow = shapely.Polygon([(-75, 40), (-74.99, 40.01), (-74.99, 40), (-75, 40.01)])
    zones = demand.read_zones(layer(zone_id=list("ABC")).set_geometry([bow, *SQUARES[1:]]))
    assert zones.is_valid.all()
    assert zones.attrs["notes"] == ("1 invalid (self-crossing) outline of zones repaired: 'A' (row 1)",)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda: layer(block=list("ABC")), "column 'zone_id' is missing; found block"),
        (lambda: layer(zone_id=list("ABA")), "zone_id 'A' appears 2 times"),
        (lambda: layer(zone_id=list("ABC")).set_crs(None, allow_override=True), "crs is missing"),
        (
            lambda: pd.DataFrame(layer(zone_id=list("ABC")).drop(columns="geometry")),
            "zones have no places: give a layer",
        ),
        (
            lambda: layer(zone_id=list("ABC")).set_geometry([None, *SQUARES[1:]]),
            r"geometry is missing for 'A' \(row 1\)",
        ),
        (lambda: layer(zone_id=list("ABC"), POP20=["many", "1", "2"]), "'population' is not a number for 'A'"),
    ],
)
def test_faulty_zones_are_refused(made, told):
    with pytest.raises(TableError, match=told):
        demand.read_zones(made())


def test_a_crs_is_given_to_a_layer_without_one():
    flat = layer(zone_id=list("ABC")).to_crs(32618)
    zones = demand.read_zones(flat.set_crs(None, allow_override=True), crs="EPSG:32618")
    assert zones.crs.to_epsg() == 32618


def test_incidents_come_from_a_layer_under_the_names_of_offices():
    points = [s.centroid for s in SQUARES]
    mine = layer(OBJECTID=[7, 8, 9], **{"Incident Number": ["a", "b", "c"], "Nature": ["FIRE", "EMS", "EMS"]})
    found = demand.read_incidents(mine.set_geometry(points))
    assert found.index.tolist() == ["a", "b", "c"]
    assert found["call_type"].tolist() == ["FIRE", "EMS", "EMS"]
    assert demand.read_incidents(layer(OBJECTID=[7, 8, 9]).set_geometry(points)).index.tolist() == ["7", "8", "9"]
    with pytest.raises(TableError, match=r"name a table of dispatch records inputs\.cad"):
        demand.read_incidents(pd.DataFrame({"incident_id": ["a"]}))


def test_the_callers_table_is_left_as_it_is():
    mine = layer(GEOID20=list("ABC"), POP20=[1, 2, 3])
    before = mine.copy()
    demand.read_zones(mine)
    pd.testing.assert_frame_equal(mine, before)


@pytest.mark.parametrize(
    ("people", "refused"), [(["1.010", "85"], True), (["1.5", "85"], False), ([1.01, 85.0], False)]
)
def test_a_point_that_may_part_thousands_is_asked_back(people, refused):
    outlines = [shapely.box(i, 0, i + 0.9, 1) for i in range(2)]
    zones = gpd.GeoDataFrame({"zone_id": ["a", "b"], "population": people}, geometry=outlines, crs=4326)
    if refused:
        with pytest.raises(TableError, match=r"'population' has '1\.010' \(row 1\): the point may part thousands"):
            demand.read_zones(zones)
    else:
        assert demand.read_zones(zones)["population"].astype(float).sum() == float(people[0]) + 85
