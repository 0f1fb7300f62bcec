"""Stations and zones out of PostGIS, by a URL that names the table."""

import pytest
import shapely
import sqlalchemy as sa

from fireplan import demand, roads
from fireplan.errors import InputError
from fireplan.stations import read_stations


@pytest.fixture
def city(postgres_url, postgres_has_postgis):
    """URL of a database with a layer of stations in feet, one of zones, and a name that quotes."""
    if not postgres_has_postgis:
        pytest.skip("PostGIS is not installed")
    engine = sa.create_engine(postgres_url)
    with engine.begin() as base:
        for statement in (
            "drop schema if exists gis cascade", "create schema gis",
            'create table gis.fire_stations ("FACILITYID" integer, name text, geom geometry(Point, 2272))',
            "insert into gis.fire_stations select 7, 'North', st_transform(st_setsrid(st_point(-75, 40), 4326), 2272)",
            "create table gis.blocks (geoid20 text, pop20 integer, geom geometry(MultiPolygon, 4326))",
            "insert into gis.blocks select '420010001', 12, st_multi(st_makeenvelope(-75, 40, -74.9, 40.1, 4326))",
            "create table gis.roads (fullname text, speed_mph integer, oneway text, geom geometry(LineString, 4326))",
            "insert into gis.roads values ('Main', 30, 'FT', 'SRID=4326;LINESTRING(-75 40, -75 40.01)')",
            "create table gis.mixed (zone_id text, a geometry, b geometry)",
            "insert into gis.mixed select 'a', st_point(1, 2), st_point(1, 2)",
        ):  # fmt: skip
            base.execute(sa.text(statement))
    engine.dispose()
    yield sa.make_url(postgres_url).render_as_string(hide_password=False)
    with (engine := sa.create_engine(postgres_url)).begin() as base:
        base.execute(sa.text("drop schema gis cascade"))
    engine.dispose()


def test_layers_come_out_of_postgis_in_their_own_system(city):
    stations, _ = read_stations(f"{city}#gis.fire_stations")
    assert stations.index.tolist() == ["7"]
    assert stations.geometry.iloc[0].distance(shapely.Point(-75, 40)) < 1e-6
    zones = demand.read_zones(city, layer="gis.blocks")
    assert zones["population"].to_dict() == {"420010001": 12}
    assert zones.crs.to_epsg() == 4326


def test_roads_come_out_of_postgis(city):
    network = roads.from_lines(f"{city}#gis.roads")
    assert network.street_name.tolist() == ["Main"]
    assert network.length_m[0] / min(network.there_s[0], network.back_s[0]) * 3.6 == pytest.approx(30 * 1.609344)
    assert network.source == "gis.roads"


def test_what_postgis_cannot_give_is_told(city):
    with pytest.raises(InputError, match=r"table 'gis\.nothing' of .* cannot be read: 'relation .*does not exist"):
        read_stations(f"{city}#gis.nothing")
    with pytest.raises(InputError, match="geometry stands in 'a', 'b': name a view with one of them"):
        demand.read_zones(f"{city}#gis.mixed")
