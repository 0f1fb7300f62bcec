"""Zones with area at several points: along their streets, or at their dwellings."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan.errors import InputError, ProjectError, UnknownIdError
from tests.support.how_many import tries
from tests.support.metre_towns import AT_M, UTM, boxes, network, points, town

CASE = Path(__file__).parents[1] / "data" / "cases" / "roads" / "rural_blocks"
SOUTH = ("South Road", [(0, 0), (1000, 0)], {})
EAST = ("East Road", [(1000, 0), (1000, 400)], {})


def zones(*bounds, **columns):
    shapes = boxes(*bounds)
    index = pd.Index([f"Z{i}" for i in range(len(bounds))], name="zone_id")
    return gpd.GeoDataFrame(columns, geometry=shapes.to_numpy(), crs=shapes.crs, index=index)


def test_people_live_along_the_streets_of_their_block_inside_on_both_sides():
    roads = network(SOUTH, EAST, ("Inner Lane", [(500, 0), (500, 200)], {}))
    block = zones((0, 15, 985, 400), population=[1800], risk_class=["low"], area=[394.0])
    found = fp.demand.spread_along_streets(block, roads)
    at = np.column_stack([found.geometry.x - AT_M[0], found.geometry.y - AT_M[1]])
    by_street = {
        "south": found["population"][at[:, 1] < 1].sum(),
        "east": found["population"][at[:, 0] > 999].sum(),
        "lane": found["population"][np.isclose(at[:, 0], 500) & (at[:, 1] > 1)].sum(),
    }
    assert by_street == {"south": 1000, "east": 400, "lane": 400}  # metres, and those of the lane twice
    assert found["population"].dtype == np.int64
    assert set(found["block"]) == {"Z0"}
    assert set(found["risk_class"]) == {"low"}
    assert set(found["area"]) == {394.0}  # what is not counted is the block's own
    assert found.index[0] == "Z0/1"
    assert found.index.is_unique


def test_a_block_between_two_roads_is_reached_from_both():
    roads = network(("South Road", [(0, 0), (2000, 0)], {}), ("West", [(0, 0), (0, 900)], {}))
    block = zones((20, 20, 1980, 880), population=[100])
    parts = fp.demand.spread_along_streets(block, roads)
    scenario = town(roads, {"S1": (0, 0)}, zones=parts.geometry, people=parts["population"].tolist())
    assert np.isfinite(fp.travel_times(scenario)).all()
    far = fp.travel_times(scenario).to_numpy()[0]
    assert far.min() < 10
    assert far.max() > 190


def test_what_has_no_street_or_no_area_stays_whole():
    roads = network(SOUTH)
    table = zones((0, 10, 500, 200), (0, 5000, 10, 5010), population=[10, 7])
    spot = gpd.GeoDataFrame({"population": [3]}, geometry=points([(40, 40)], crs=UTM).to_numpy(), crs=UTM, index=["P"])
    found = fp.demand.spread_along_streets(pd.concat([table, spot]), roads)
    assert found.loc[["Z1", "P"], "population"].tolist() == [7, 3]
    assert found.loc["Z1"].geometry.equals(table.loc["Z1"].geometry)
    assert found.groupby("block")["population"].sum().to_dict() == {"P": 3, "Z0": 10, "Z1": 7}


def test_nobody_lives_on_a_freeway_or_in_a_tunnel():
    roads = network(
        SOUTH, ("Freeway", [(0, 100), (1000, 100)], {"highway": "motorway"}),
        ("Tunnel", [(0, 0), (0, 100)], {"features": int(fp.roads.Feature.TUNNEL)}),
    )  # fmt: skip
    found = fp.demand.spread_along_streets(zones((0, 20, 1000, 200), population=[90]), roads)
    assert (found.geometry.y - AT_M[1]).max() == pytest.approx(0.0, abs=1e-6)


def test_a_zone_of_nobody_keeps_one_part():
    found = fp.demand.spread_along_streets(zones((0, 10, 1000, 200), population=[0]), network(SOUTH))
    assert (found.index.tolist(), found["population"].tolist()) == (["Z0/1"], [0])


def test_people_live_where_the_dwellings_are():
    table = zones((0, 0, 100, 100), (100, 0, 200, 100), (300, 0, 400, 100), population=[30, 8, 5])
    homes = gpd.GeoDataFrame(
        {"flats": [1, 5, 0, 2]},
        geometry=points([(10, 10), (90, 90), (50, 50), (150, 50)], crs=4326).to_numpy(),
        crs=4326,
    )
    by_flat = fp.demand.spread_over_places(table, homes, share="flats")
    assert by_flat["population"].to_dict() == {"Z0/1": 5, "Z0/2": 25, "Z1/1": 8, "Z2": 5}
    each = fp.demand.spread_over_places(table, homes)
    assert each.groupby("block")["population"].apply(list).to_dict() == {"Z0": [10, 10, 10], "Z1": [8], "Z2": [5]}
    with pytest.raises(UnknownIdError, match="did you mean 'flats'"):
        fp.demand.spread_over_places(table, homes, share="flat")
    with pytest.raises(InputError, match="column 'block'"):
        fp.demand.spread_over_places(table.assign(block=1), homes)


def test_a_place_on_the_line_between_two_zones_counts_once():
    table = zones((0, 0, 100, 100), (100, 0, 200, 100), population=[30, 8])
    homes = gpd.GeoDataFrame(geometry=points([(100, 50)], crs=UTM).to_numpy(), crs=UTM)
    found = fp.demand.spread_over_places(table, homes)
    assert found["population"].to_dict() == {"Z0/1": 30, "Z1": 8}


@settings(max_examples=tries(40), deadline=None)
@given(st.data())
def test_every_zone_keeps_its_sum_to_the_last_person(data):
    cell = st.integers(0, 9).map(lambda v: v * 100)
    bounds = data.draw(st.lists(st.tuples(cell, cell), min_size=1, max_size=6, unique=True))
    people = data.draw(st.lists(st.integers(0, 5000), min_size=len(bounds), max_size=len(bounds)))
    beds = data.draw(st.lists(st.floats(0, 50), min_size=len(bounds), max_size=len(bounds)))
    streets = [(f"S{i}", [(0, 100 * i), (900, 100 * i)], {}) for i in data.draw(st.sets(st.integers(0, 9), min_size=1))]
    table = zones(*[(x, y, x + 100, y + 100) for x, y in bounds], population=people, beds=beds)
    found = fp.demand.spread_along_streets(table, network(*streets), weights=["beds"])
    again = found.groupby("block")[["population", "beds"]].sum().reindex(table.index)
    assert again["population"].tolist() == people
    np.testing.assert_allclose(again["beds"], beds)
    assert (found["population"] >= 0).all()
    assert np.equal(np.mod(found["population"], 1), 0).all()


def plan_of(tmp_path, extra):
    folder = tmp_path / "case"
    folder.mkdir()
    for file in CASE.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    plan = folder / "plan.toml"
    plan.write_text(plan.read_text(encoding="utf-8") + extra, encoding="utf-8")
    return folder


def test_a_plan_asks_for_points_along_the_streets(tmp_path):
    project = fp.open_project(plan_of(tmp_path, '\n[zones]\npoints = "streets"\n[area]\nwithin = "zones"\n'))
    found = fp.assess(project.today, standard=project.standard)
    assert found.summary().loc[("project_travel", "population"), ["n", "within", "unreachable"]].tolist() == [
        1000,
        968,
        0,
    ]
    assert "only ground of the zones: all" in found.notes()
    assert any(note.startswith("5 zones parted into ") and "along their streets" in note for note in project.notes)
    block = project.today.zones.query("block == 'B2'")
    assert block["population"].sum() == 150
    assert len(block) > 30  # both roads


def test_a_plan_asks_for_points_at_dwellings(tmp_path):
    folder = plan_of(tmp_path, '\n[zones]\npoints = "places"\nplaces = "homes.geojson"\n')
    with pytest.raises(ProjectError, match=r"zones\.places 'homes\.geojson' is not there"):
        fp.open_project(folder)
    homes = gpd.GeoDataFrame(geometry=[shapely.Point(-139.97, -29.9995), shapely.Point(-139.975, -29.995)], crs=4326)
    homes.to_file(folder / "homes.geojson", engine="pyogrio")
    project = fp.open_project(folder)
    assert project.today.zones.query("block == 'B2'")["population"].tolist() == [75, 75]
    assert (
        "5 zones parted into 6 points at the places of homes.geojson; 4 of them had none and stay whole"
        in project.notes
    )


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ('[zones]\npoints = "places"', "go together"),
        ('[zones]\nplaces = "homes.csv"', "go together"),
        ('[zones]\nshare = "flats"', "zones.share is a column of zones.places"),
        ('[zones]\npoints = "doors"', "zones.points"),
    ],
)
def test_a_plan_that_asks_for_half_is_told(tmp_path, extra, said):
    with pytest.raises(ProjectError, match=said):
        fp.open_project(plan_of(tmp_path, f"\n{extra}\n"))


def test_places_that_lie_in_no_zone_at_all_are_refused():
    zones = gpd.GeoDataFrame({"population": [10]}, geometry=[shapely.box(10, 50, 10.01, 50.01)], crs="EPSG:4326")
    zones.index = pd.Index(["Z"], name="zone_id")
    swapped = gpd.GeoDataFrame(geometry=[shapely.Point(50.005, 10.005)], crs="EPSG:4326")
    with pytest.raises(InputError, match=r"none of 1 place lies in a zone: .* swapped"):
        fp.demand.spread_over_places(zones, swapped)
    with pytest.raises(InputError, match="the places have no CRS"):
        fp.demand.spread_over_places(zones, gpd.GeoDataFrame(geometry=[shapely.Point(10.005, 50.005)]))
    assert len(fp.demand.spread_over_places(zones, swapped.iloc[:0])) == 1
