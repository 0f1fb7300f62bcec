"""Gaps on streets small enough to count by hand."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

import fireplan as fp
from fireplan.errors import InputError, UnknownIdError
from fireplan.project import write_layers
from fireplan.standards import NFPA_1710, local_rule

STEP = 0.001  # degrees; 110.85 m northwards at 30 N, 96.5 m eastwards


def rule(limit_s=240, **more):
    return local_rule("r", limit_s=limit_s, weight="population", share=0.9, **more)


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


@pytest.fixture(scope="module")
def middle(town):
    """The station in the middle: block 20 ends there, so 100 s reach nine blocks to either side."""
    return town.apply(fp.MoveStation("S1", at=(-140.0, 30.02)), name="middle")


@pytest.fixture(scope="module")
def riverside(town):
    """Two streets 385 m apart that meet only in the north, a river between them; the station stands in the west."""
    y = 30 + STEP * np.arange(41)
    nodes = pd.DataFrame({"x": np.repeat([-140.0, -139.996], 41), "y": np.tile(y, 2)})
    south = np.concatenate([np.arange(40), 41 + np.arange(40), [40]])
    north = np.concatenate([np.arange(1, 41), 42 + np.arange(40), [81]])
    edges = pd.DataFrame({"u": np.concatenate([south, north]), "v": np.concatenate([north, south]), "key": 0})
    roads = fp.roads.from_frames(
        nodes, edges.assign(highway="residential", speed_kph=36.0).set_index(["u", "v", "key"]), crs="EPSG:4326"
    )
    east = town.zones.iloc[:10].set_index("E" + town.zones.index[:10].rename("zone_id"))
    east = east.set_geometry(east.geometry.translate(xoff=0.004))
    return fp.Scenario(roads, town.stations, town.units, pd.concat([town.zones, east]))


def gaps_of(scenario, standard=None, **options):
    return fp.gaps(fp.assess(scenario, standard=standard or rule()), **options)


def adds_up(found):
    held = found[found.attrs["weight"]].sum() + found.attrs["scattered"]
    return held == pytest.approx(found.attrs["outside"])


def test_one_gap_by_hand(town):
    found = gaps_of(town)
    gap = found.loc[1]
    assert len(found) == 1
    assert gap[["zones", "population"]].tolist() == [18, 180]
    assert gap["area_km2"] == pytest.approx(18 * 0.1108 * 0.0965, rel=0.01)
    assert gap[["nearest_station", "nearest_name", "reason"]].tolist() == ["S1", "Station 1", "too far"]
    # Zones 23 to 40 weigh the same; the ninth of them is zone 31, 30.5 blocks away.
    assert gap["travel_s"] == pytest.approx(30.5 * 11.0852, abs=0.02)
    assert gap["worst_s"] == pytest.approx(39.5 * 11.0852, abs=0.02)
    assert gap["straight_km"] == pytest.approx(30.5 * 0.110852, rel=1e-3)
    assert {k: v for k, v in found.attrs.items() if k not in {"title", "limit_s"}} == {
        "objective": "r",
        "weight": "population",
        "unit": "people",
        "outside": 180,
        "scattered": 0,
        "total": 400,
    }
    assert found.crs == town.zones.crs


def test_two_ends_far_apart_are_two_gaps(middle):
    found = gaps_of(middle, rule(100))
    assert found["zones"].tolist() == [11, 11]
    assert adds_up(found)


def test_heaviest_gap_comes_first(middle):
    north = middle.zones.index[-5:]
    found = gaps_of(middle.apply(fp.ScaleDemand(3, zones=tuple(north))), rule(100))
    assert found["population"].tolist() == [6 * 10 + 5 * 30, 110]
    assert list(found.index) == [1, 2]
    assert found.geometry[1].centroid.y > found.geometry[2].centroid.y


def test_zones_are_linked_in_metres(town):
    assert len(gaps_of(town, link_m=112, at_least=0)) == 1
    assert len(gaps_of(town, link_m=110, at_least=0)) == 18
    beside = town.zones.set_index(town.zones.index + "b").rename_axis("zone_id")
    beside = beside.set_geometry(beside.geometry.translate(xoff=STEP))
    wide = fp.Scenario(town.roads, town.stations, town.units, pd.concat([town.zones, beside]))
    assert gaps_of(wide, link_m=98, at_least=0)["zones"].tolist() == [2] * 18  # pairs side by side, 96.5 m apart
    assert len(gaps_of(wide, link_m=95, at_least=0)) == 36


def test_light_places_are_scattered_and_counted(town):
    # A zone and its two neighbours hold 30 people.
    found = gaps_of(town, link_m=112, at_least=31)
    assert len(found) == 0
    assert found.attrs["scattered"] == found.attrs["outside"] == 180
    assert len(gaps_of(town, link_m=112, at_least=30)) == 1
    heavy = town.apply(fp.ScaleDemand(4, zones=("Z40",)))
    few = gaps_of(heavy, link_m=112, at_least=41)
    # Zone 40 now holds 40: it and zone 39 see more than 41 around them, and zone 38 belongs to zone 39.
    assert few["population"].tolist() == [60]
    assert few.attrs["scattered"] == 150
    assert adds_up(few)


def test_places_without_weight_are_no_gap(town):
    empty = town.apply(fp.ScaleDemand(0, zones=tuple(town.zones.index[30:])))
    assert gaps_of(empty)["zones"].tolist() == [8]  # zones 23 to 30


def test_no_gap_is_a_table_with_the_same_columns(town, tmp_path):
    none, some = gaps_of(town, rule(480)), gaps_of(town)
    assert len(none) == 0
    assert list(none.columns) == list(some.columns)
    assert none.attrs["outside"] == 0
    assert none.crs == some.crs
    write_layers({"gaps": none}, tmp_path / "gaps.gpkg")
    assert pyogrio.read_info(tmp_path / "gaps.gpkg")["features"] == 0


# --- reasons


def test_beyond_a_river_the_reason_is_a_barrier(riverside):
    found = gaps_of(riverside)
    assert found["reason"].tolist() == ["too far", "barrier"]
    assert found["zones"].tolist() == [18, 10]
    assert found.loc[2, "straight_km"] < 1
    assert found.loc[2, "travel_s"] > 700  # up the west side, over, and down the east side
    assert adds_up(found)


def test_where_no_road_leads_the_reason_is_no_road(town):
    cut = town.apply(fp.CloseRoad("", near=(-140.0, 30.0105)), fp.CloseRoad("", near=(-140.0, 30.0115)))
    found = gaps_of(cut)
    assert found["reason"].tolist() == ["no road"]
    assert found.loc[1, "worst_s"] == np.inf
    assert found.loc[1, "nearest_station"] is None


def test_gap_without_a_station_names_none_beside_one_that_has(town):
    # Zones 27 to 32 are empty, and the road is closed there: zones 23 to 26 are far, zones 33 to 40 cut off.
    between = tuple(f"Z{n}" for n in range(27, 33))
    cut = town.apply(
        fp.ScaleDemand(0, zones=between),
        fp.CloseRoad("", near=(-140.0, 30.0305)),
        fp.CloseRoad("", near=(-140.0, 30.0315)),
    )
    found = gaps_of(cut)
    assert found["reason"].tolist() == ["no road", "too far"]
    assert found["nearest_name"].tolist() == [None, "Station 1"]
    assert found["nearest_station"].tolist() == [None, "S1"]


def test_where_the_force_is_not_housed_the_reason_is_too_few_units(town):
    found = gaps_of(town, rule(480, needs={"people": 16}))
    assert found["reason"].tolist() == ["too few units"]
    assert found["population"].tolist() == [400]


def test_a_road_without_an_engine_is_still_a_road(town):
    truck_only = fp.Scenario(town.roads, town.stations, town.units.assign(type="truck"), town.zones)
    assert gaps_of(truck_only)["reason"].tolist() == ["too few units"]


def test_an_empty_station_nearby_does_not_make_a_barrier(town):
    there = town.apply(fp.OpenStation("S2", at=(-140.0, 30.04)))
    gap = gaps_of(there).loc[1]
    assert gap["reason"] == "too far"
    assert gap["straight_km"] == pytest.approx(30.5 * 0.110852, rel=1e-3)


def test_the_nearest_station_is_one_that_houses_any_part_of_what_is_asked_for(town):
    # Engine and truck, from S1 in the south and S2 in the north; S3 in the middle has an ambulance, which is no part of
    # them. Zone n has both after max(n - 1/2, 40.5 - n) blocks: within 21.65 of them are zones 19 to 22.
    both = town.apply(
        fp.OpenStation("S2", at=(-140.0, 30.04), units=("T2",)), fp.OpenStation("S3", at=(-140.0, 30.02), units=("M3",))
    )
    found = gaps_of(both, rule(240, needs={"engine": 1, "truck": 1}))
    assert found["zones"].tolist() == [18, 18]
    # From the nearer end zones 1 to 18 lie 0.5 to 17.5 blocks, the ninth of them 8.5.
    assert found["straight_km"].tolist() == pytest.approx([8.5 * 0.110852] * 2, rel=1e-3)


def test_a_gap_is_named_by_the_station_first_due_to_most_of_the_weight(town):
    # S2 at block 36: zones 1 to 9 and 28 to 40 are within 100 s; of those between, S1 is first due to nine and
    # S2 to nine. One of the latter holds three times as many people.
    two = town.apply(fp.OpenStation("S2", at=(-140.0, 30.036), units=("E2",)))
    assert gaps_of(two, rule(100)).loc[1, ["zones", "nearest_station"]].tolist() == [18, "S1"]  # a tie: by name
    heavy = gaps_of(two.apply(fp.ScaleDemand(3, zones=("Z27",))), rule(100))
    assert heavy.loc[1, ["zones", "population", "nearest_station"]].tolist() == [18, 200, "S2"]


@pytest.mark.parametrize(("people", "gaps", "scattered"), [(0.5, 1, 0.0), (0.4, 0, 0.4)])
def test_a_gap_holds_two_thousandths_of_all_people_and_not_of_those_outside(town, people, gaps, scattered):
    # 220 people within 240 s and so many in the last block: 0.2 % are 0.441 of them.
    lone = town.zones.assign(population=[10.0] * 22 + [0.0] * 17 + [people])
    found = gaps_of(fp.Scenario(town.roads, town.stations, town.units, lone))
    assert len(found) == gaps
    assert found.attrs["scattered"] == pytest.approx(scattered)
    assert found.attrs["outside"] == pytest.approx(people)


# --- options


def test_gaps_are_ranked_by_people_then_by_calls(town):
    calls = gpd.GeoDataFrame(
        {"incident_id": ["1", "2"]}, geometry=gpd.points_from_xy([-140.0] * 2, [30.0005, 30.0395]), crs="EPSG:4326"
    )
    for zones, weight in ((town.zones, "population"), (town.zones[["geometry"]], "incidents_n")):
        scenario = fp.Scenario(town.roads, town.stations, town.units, zones, incidents=calls)
        assert fp.gaps(fp.assess(scenario, standard=NFPA_1710)).attrs["weight"] == weight
    counted = fp.Scenario(town.roads, town.stations, town.units, town.zones[["geometry"]].assign(incidents=2.0))
    assert fp.gaps(fp.assess(counted, standard=NFPA_1710)).attrs["weight"] == "incidents"


def test_objective_and_weight_can_be_chosen(town):
    assessed = fp.assess(
        fp.Scenario(town.roads, town.stations, town.units, town.zones.assign(dwellings=4.0)), standard=NFPA_1710
    )
    found = fp.gaps(assessed, objective="full_alarm", weight="dwellings")
    assert found.attrs["objective"] == "full_alarm"
    assert found[["population", "dwellings"]].iloc[0].tolist() == [400, 160]


def test_incidents_at_points_can_be_the_weight(town):
    calls = gpd.GeoDataFrame(
        {"incident_id": ["1", "2", "3"]},
        geometry=gpd.points_from_xy([-140.0] * 3, [30.0005, 30.0385, 30.0395]),
        crs="EPSG:4326",
    )
    bare = fp.Scenario(town.roads, town.stations, town.units, town.zones[["geometry"]], incidents=calls)
    found = gaps_of(bare, local_rule("r", limit_s=240, weight="incidents", share=0.9))
    assert found["incidents_n"].tolist() == [2]
    assert found.attrs["total"] == 3


def test_zones_may_be_points(town):
    points = town.zones.set_geometry(town.zones.geometry.representative_point())
    found = gaps_of(fp.Scenario(town.roads, town.stations, town.units, points))
    assert found["zones"].tolist() == [18]
    assert found.geometry.iloc[0].area > 0


def test_crossed_outlines_are_drawn_all_the_same(town):
    x, y = -140.0, 30.035
    bowtie = shapely.Polygon([(x, y), (x + STEP, y + STEP), (x + STEP, y), (x, y + STEP)])
    zones = town.zones.assign(geometry=[*town.zones.geometry[:35], bowtie, *town.zones.geometry[36:]])
    found = gaps_of(fp.Scenario(town.roads, town.stations, town.units, zones))
    assert found.geometry.is_valid.all()
    assert found["zones"].tolist() == [18]


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"objective": "second"}, InputError, "no objective 'second'; it has r"),
        ({"weight": "jobs"}, UnknownIdError, "unknown measure 'jobs'"),
        ({"link_m": 0}, InputError, "link_m must be above zero"),
        ({"at_least": -1}, InputError, "at_least not below it"),
    ],
)
def test_options_that_cannot_be(town, options, error, said):
    with pytest.raises(error, match=said):
        gaps_of(town, **options)
