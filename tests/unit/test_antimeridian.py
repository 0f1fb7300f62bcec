"""A department on both sides of the 180th meridian: measured, written and drawn as one place."""

import json
import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan.crs import WGS84, bounds_deg, metric_crs, reproject, within_180
from fireplan.live._desk.base_layers import ground_of
from fireplan.maps._pages.folium_parts import union
from fireplan.operations._status.live_cover import CoverNow
from tests.support.how_many import tries

CASE = Path(__file__).parents[1] / "data" / "cases" / "roads" / "antimeridian"
UTM = "EPSG:32760"
SQUARE = shapely.box(179.99, -16.80, 180.01, -16.79)  # drawn on beyond 180
HALVES = shapely.MultiPolygon([shapely.box(179.99, -16.80, 180, -16.79), shapely.box(-180, -16.80, -179.99, -16.79)])
AROUND = shapely.Polygon([(179.99, -16.80), (-179.99, -16.80), (-179.99, -16.79), (179.99, -16.79)])


@pytest.fixture(scope="module")
def project():
    return fp.open_project(CASE)


@pytest.fixture(scope="module")
def assessed(project):
    return fp.assess(project.today, standard=project.standard)


def on_both_sides(table):
    """Each part of every geometry lies within a degree on one side, none around the earth."""
    parts = shapely.get_parts(table.geometry.to_numpy())
    west, _, east, _ = shapely.bounds(parts).T
    assert (east - west < 1).all()
    assert (np.abs(np.concatenate([west, east])) > 179).all()
    assert shapely.is_valid(table.geometry.to_numpy()).all()


def test_isochrones_cover_the_ground_and_not_the_earth(project):
    found = fp.isochrones(project.today, within_s=[60, 120])
    on_both_sides(found)
    np.testing.assert_allclose(found.to_crs(UTM).area / 1e6, found["area_km2"], rtol=1e-6)
    crossing = found[found["within_s"] == 120].iloc[0].geometry
    assert {round(p.bounds[i], 6) for p in crossing.geoms for i in (0, 2)} >= {180.0, -180.0}
    assert float(shapely.area(crossing)) < 2e-4  # square degrees; around the earth it was 2.7
    on_both_sides(fp.isochrones(project.today, within_s=[120], dissolve=True))
    on_both_sides(fp.isochrones(project.today, within_s=[60], exact=True))


def east_by_five(path, folder):
    """The same town five degrees farther east, on one side of the meridian."""
    folder.mkdir()
    text = (path / "roads.osm").read_text(encoding="utf-8")
    text = re.sub(r'lon="([-0-9.]+)"', lambda found: f'lon="{(float(found[1]) % 360 + 5) - 360:.7f}"', text)
    (folder / "roads.osm").write_text(text, encoding="utf-8")
    stations = pd.read_csv(path / "stations.csv")
    stations["longitude"] = stations["longitude"] % 360 + 5 - 360
    stations.to_csv(folder / "stations.csv", index=False)
    zones = json.loads((path / "zones.geojson").read_text(encoding="utf-8"))
    for feature in zones["features"]:
        for ring in feature["geometry"]["coordinates"]:
            ring[:] = [[lon % 360 + 5 - 360, lat] for lon, lat in ring]
    (folder / "zones.geojson").write_text(json.dumps(zones), encoding="utf-8")
    (folder / "plan.toml").write_text((path / "plan.toml").read_text(encoding="utf-8"), encoding="utf-8")
    return folder


def test_every_figure_is_that_of_the_same_town_elsewhere(project, assessed, tmp_path):
    other = fp.open_project(east_by_five(CASE, tmp_path / "east"))
    found = fp.assess(other.today, standard=other.standard)
    pd.testing.assert_frame_equal(
        found.summary().select_dtypes("number"), assessed.summary().select_dtypes("number"), rtol=1e-4
    )
    mine, theirs = (fp.isochrones(p.today, within_s=[60, 120])["area_km2"] for p in (project, other))
    np.testing.assert_allclose(mine, theirs, rtol=2e-3)


def test_all_that_is_written_lies_on_both_sides(project, tmp_path):
    on_both_sides(fp.travel.first_due_areas(project.today).loc[lambda t: ~t.is_empty])
    on_both_sides(fp.travel.network_parts(project.today))
    on_both_sides(project.today.zones)
    strict = fp.assess(project.today, standard=fp.standards.local_rule("x", weight="population", limit_s=30, share=0.9))
    assert len(fp.gaps(strict)) > 0
    on_both_sides(fp.gaps(strict))
    fp.project.write_layers({"streets": project.today.roads.streets}, tmp_path / "x.gpkg")
    on_both_sides(gpd.read_file(tmp_path / "x.gpkg"))


def test_maps_show_the_town(project, assessed):
    for page in (
        fp.maps.coverage(assessed),
        fp.maps.isochrones(project.today, within_s=[60, 120]),
        fp.maps.gaps(assessed),
    ):
        (south, west), (north, east) = page.extent()
        assert 179 < west < 180 < east < 181
        assert east - west < 0.1
        assert north - south < 0.1
    alone = fp.maps.coverage(assessed)
    text = alone.to_html()
    assert "fireplanBeyond180" in text


def test_maps_of_changed_roads_show_the_town(project):
    road = fp.BuildRoad([(179.999, -16.7955), (-179.999, -16.7955)], name="Link", loose=True)
    after = project.today.apply(road, fp.CloseRoad(area=shapely.box(179.999, -17, 180.001, -16.797)))
    found = fp.compare(project.today, after, standard=project.standard)
    for page in (fp.maps.compare(found), fp.maps.difference(found), fp.maps.swipe(found)):
        (_, west), (_, east) = page.extent()
        assert 179 < west < 180 < east < 181


def test_zones_in_metres_are_drawn_as_one_place_too(project):
    today = project.today
    scenario = fp.Scenario(today.roads, today.stations, today.units, today.zones.to_crs(UTM))
    found = fp.assess(scenario, standard=fp.standards.local_rule("x", weight="population", limit_s=30, share=0.9))
    pages = [
        fp.maps.isochrones(scenario, within_s=[60, 120]), fp.maps.coverage(found), fp.maps.gaps(found),
        fp.maps.first_due(scenario), fp.maps.network_parts(scenario),
    ]  # fmt: skip
    for page in pages:
        (_, west), (_, east) = page.extent()
        assert 179 < west < 180 < east < 181


def test_the_live_view_shows_the_town(project):
    ground = ground_of(CoverNow(project.today, standard=project.standard), title="x", timezone="UTC", replay=False)
    (_, west), (_, east) = ground["bounds"]
    assert 179 < west < 180 < east < 181


def scenario_with(zone, project, crs=4326):
    zones = gpd.GeoDataFrame({"population": [100]}, geometry=[zone], crs=crs, index=pd.Index(["Z"], name="zone_id"))
    calls = gpd.GeoDataFrame(
        {"incident_id": ["A", "B", "C"]},
        geometry=[shapely.Point(179.999, -16.795), shapely.Point(-179.991, -16.795), shapely.Point(-179.98, -16.795)],
        crs=4326,
    )
    today = project.today
    return fp.Scenario(today.roads, today.stations, today.units, zones, incidents=calls)


@pytest.mark.parametrize("zone", [SQUARE, HALVES, AROUND], ids=["beyond", "halves", "around"])
def test_a_zone_across_the_meridian_is_one_zone_however_it_is_drawn(project, zone):
    scenario = scenario_with(zone, project)
    on_both_sides(scenario.zones)
    np.testing.assert_allclose(scenario.zones.to_crs(UTM).area.sum() / 1e6, 2.358, rtol=5e-3)
    assert fp.demand.zone_of(scenario.incidents, scenario.zones).tolist() == [0, 0, -1]
    found = fp.assess(scenario, standard=project.standard)
    (_, west), (_, east) = fp.maps.coverage(found).extent()
    assert 179 < west < 180 < east < 181
    assert found.summary().loc[("project_travel", "population"), "within"] == 100
    reached = np.isfinite(fp.travel_times(scenario, to="incidents").to_numpy())
    assert reached.tolist() == [[True, True, False]] * 2  # the third lies 600 m off the roads
    assert len(scenario.only(area="zones").incidents) == 2
    assert float(fp.demand.people_per_mi2(scenario.zones).iloc[0]) == pytest.approx(109.8, rel=0.01)


def test_a_read_layer_of_zones_across_the_meridian_may_be_drawn_beyond_it(tmp_path, project):
    ring = [list(p) for p in SQUARE.exterior.coords]
    feature = {
        "type": "Feature",
        "properties": {"zone_id": "Z", "population": 5},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    file = tmp_path / "zones.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    zones = fp.demand.read_zones(file)
    today = project.today
    on_both_sides(fp.Scenario(today.roads, today.stations, today.units, zones).zones)


def test_a_layer_of_ones_own_may_be_drawn_beyond_the_meridian():
    own = gpd.GeoDataFrame(geometry=[SQUARE, shapely.box(-179.99, -16.8, -179.98, -16.79)], crs=4326)
    page = fp.maps.OfflineMap(title="x").add_layer(own, name="Own")
    (_, west), (_, east) = page.extent()
    assert (west, east) == pytest.approx((179.99, 180.02))
    world = gpd.GeoDataFrame(geometry=[shapely.box(-170, -60, 170, 60)], crs=4326)
    assert fp.maps.OfflineMap(title="x").add_layer(world, name="World").extent() == [[-60.0, -170.0], [60.0, 170.0]]


def test_extents_are_joined_on_one_side():
    east, west = [[-17, 179.9], [-16, 179.95]], [[-17, -179.95], [-16, -179.9]]
    assert union([east, west]) == [[-17, 179.9], [-16, pytest.approx(180.1)]]
    assert union([west]) == west
    assert union([[[0, -120], [1, -119]], [[0, 119], [1, 120]]]) == [[0, 119], [1, pytest.approx(241)]]
    assert union([[[0, -180], [1, 180]]]) == [[0, -180], [1, 180]]


@settings(max_examples=tries(60), deadline=None)
@given(st.data())
def test_what_is_cut_keeps_its_ground(data):
    lon = data.draw(st.floats(-0.05, 0.05))
    lat = data.draw(st.floats(-70, 70))
    crs = metric_crs([180.0], [lat])
    x, y = gpd.GeoSeries([shapely.Point((180 + lon + 180) % 360 - 180, lat)], crs=WGS84).to_crs(crs).iloc[0].coords[0]
    kind = data.draw(st.sampled_from(["disc", "ring", "line"]))
    shape = shapely.Point(x, y).buffer(data.draw(st.floats(50, 9000)))
    if kind == "ring":
        shape = shape.difference(shape.buffer(-20))
    if kind == "line":
        shape = shape.exterior
    given_ = gpd.GeoSeries([shape], crs=crs)
    moved = reproject(given_, WGS84)
    back = moved.to_crs(crs)
    assert (np.abs(shapely.get_coordinates(moved.to_numpy())[:, 0]) > 179).all()
    west, _, east, _ = shapely.bounds(shapely.get_parts(moved.to_numpy())).T
    assert (east - west < 1).all()
    np.testing.assert_allclose(back.area, given_.area, rtol=1e-5)
    np.testing.assert_allclose(
        shapely.hausdorff_distance(back.iloc[0], shape), 0, atol=1 + 0.01 * np.sqrt(given_.area.iloc[0] + 1)
    )
    box = bounds_deg(moved.to_numpy())
    assert box[2] - box[0] < 1
    assert shapely.hausdorff_distance(within_180(moved.to_numpy(), small=True)[0], moved.iloc[0]) < 1e-7
