"""Road distances on Line Street, worked out by hand: 40 blocks of 110.852 m; 1.5 miles are 2,414.0 m."""

import numpy as np
import pandas as pd
import pytest
import shapely
from sample_city import sample_city

import fireplan as fp
from fireplan.errors import InputError, TableError, UnknownIdError
from fireplan.measures._iso import AREA, by_distance, iso_added_area, iso_distribution, iso_zones
from fireplan.scenario import token
from fireplan.standards import MILE_M
from fireplan.travel import time_rows
from fireplan.travel._places import places

BLOCK_M = 110.852


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


@pytest.fixture(scope="module")
def marisol():
    return sample_city(calibrated=False).today


def at(block):
    """South end of a block, counted from 1 in the south."""
    return (-140.0, 30 + 0.001 * (block - 1))


def test_share_of_people_by_hand(town):
    # The middle of block n lies (n - 1/2) blocks away: 2,414.0 / 110.852 = 21.78, so 22 of 40; no truck anywhere.
    table = iso_distribution(town, weight="population")
    assert table["share"].tolist() == [0.55, 0.0]
    assert table.loc["engine", ["n", "within", "outside", "unreachable", "unit", "basis"]].tolist() == [
        400, 220, 180, 0, "people", "modelled",
    ]  # fmt: skip
    assert table.loc["engine", "p90_miles"] == pytest.approx(35.5 * BLOCK_M / MILE_M, abs=1e-4)
    assert table.loc["ladder", ["unreachable", "p90_miles"]].tolist() == [400, np.inf]


def test_speed_does_not_matter_and_closed_directions_do(town):
    slow = town.apply(fp.ScaleSpeeds(0.25))
    assert iso_distribution(slow, weight="population")["share"].tolist() == [0.55, 0.0]
    roads = town.roads
    north = roads.node_xy_m[roads.last, 1] > roads.node_xy_m[roads.first, 1]
    shut = np.arange(roads.n_streets) == np.argsort(roads.node_xy_m[roads.first, 1])[10]  # the 11th block, northward
    oneway = roads.with_times(
        there_s=np.where(shut & north, np.inf, roads.there_s), back_s=np.where(shut & ~north, np.inf, roads.back_s)
    )
    cut = fp.Scenario(oneway, town.stations, town.units, town.zones)
    engine = iso_distribution(cut, weight="population").loc["engine"]
    assert engine[["within", "unreachable"]].tolist() == [100, 300]


@pytest.mark.parametrize("station", ["south", "north"])
@pytest.mark.parametrize("shut", ["northward", "southward"])
def test_only_the_direction_that_is_driven_matters(town, station, shut):
    # The 11th block is one way; from either end one direction is needed, and 22 blocks lie within the distance.
    roads = town.roads
    north = roads.node_xy_m[roads.last, 1] > roads.node_xy_m[roads.first, 1]
    eleventh = np.arange(roads.n_streets) == np.argsort(roads.node_xy_m[roads.first, 1])[10]
    there = eleventh & (north if shut == "northward" else ~north)
    oneway = roads.with_times(
        there_s=np.where(there, np.inf, roads.there_s), back_s=np.where(eleventh & ~there, np.inf, roads.back_s)
    )
    at_end = town if station == "south" else town.apply(fp.MoveStation("S1", at=at(41)))
    engine = iso_distribution(fp.Scenario(oneway, at_end.stations, town.units, town.zones), weight="population").loc[
        "engine"
    ]
    needed = {"south": "northward", "north": "southward"}[station]
    # From the south blocks 1 to 10 are left, and 11 to 40 cut off; from the north 11 to 1 are, beyond the distance.
    cut = {"south": [100, 300], "north": [220, 110]}[station]
    assert engine[["within", "unreachable"]].tolist() == (cut if shut == needed else [220, 0])


def test_quickest_is_not_shortest():
    # From A to C: 1,200 m on a slow street, or 3,200 m round by B on a fast one.
    nodes = pd.DataFrame({"x": [0.0, 0.0, 0.01], "y": [0.0, 0.01, 0.0]}, index=["A", "B", "C"])
    legs = [("A", "C", 1200.0, 10.0), ("A", "B", 1600.0, 100.0), ("B", "C", 1600.0, 100.0)]
    edges = pd.DataFrame(
        [(u, v, 0, m, kph) for a, b, m, kph in legs for u, v in ((a, b), (b, a))],
        columns=["u", "v", "key", "length", "speed_kph"],
    ).assign(highway="residential", name="")
    roads = fp.roads.from_frames(nodes, edges.set_index(["u", "v", "key"]), crs="EPSG:4326")
    town = fp.examples.line_town()
    stations = town.stations.set_geometry([shapely.Point(0, 0)], crs="EPSG:4326")
    zone = town.zones.iloc[:1].set_geometry([shapely.Point(0.01, 0).buffer(1e-5)], crs="EPSG:4326")
    scenario = fp.Scenario(roads, stations, town.units, zone)
    by_time = time_rows(scenario, places(scenario, "zones"))
    metres = by_distance(scenario)
    by_metre = time_rows(metres, places(metres, "zones"))
    assert by_time[0, 0] == pytest.approx(3200 / 100 * 3.6, abs=1)
    assert by_metre[0, 0] == pytest.approx(1200, abs=3)


def test_the_scenario_and_what_it_remembers_stay_as_they_were(town):
    before = fp.assess(town, standard=fp.standards.NFPA_1710).summary()
    metres = by_distance(town)
    assert token(metres, "zones") is token(town, "zones")
    assert metres.memo is town.memo
    assert by_distance(town).roads is metres.roads
    iso_distribution(town, weight="population")
    pd.testing.assert_frame_equal(fp.assess(town, standard=fp.standards.NFPA_1710).summary(), before)


def test_built_upon_area_leaves_empty_zones_out(town):
    people = np.where(np.arange(40) < 30, 10.0, 0.0)
    built = fp.Scenario(town.roads, town.stations, town.units, town.zones.assign(population=people))
    engine = iso_distribution(built, weight=AREA).loc["engine"]
    assert engine["share"] == pytest.approx(22 / 30, rel=1e-3)
    assert engine["unit"] == "km2 built upon"
    km2 = town.zones.to_crs(town.roads.crs).area.sum() / 1e6
    assert engine["n"] == pytest.approx(km2 * 30 / 40, rel=1e-3)
    bare = fp.Scenario(town.roads, town.stations, town.units, town.zones.drop(columns="population"))
    assert iso_distribution(bare, weight=AREA).loc["engine", "n"] == pytest.approx(km2)


def test_ground_with_anything_on_it_is_built_upon(town):
    # Dwellings on blocks 1 to 10, jobs on 6 to 20: blocks 1 to 20 are built upon, and all within 22 blocks.
    blocks = np.arange(1, 41)
    zones = town.zones.assign(
        population=np.where(blocks <= 10, 10.0, 0.0), jobs=np.where((blocks > 5) & (blocks <= 20), 5.0, np.nan)
    )
    engine = iso_distribution(fp.Scenario(town.roads, town.stations, town.units, zones), weight=AREA).loc["engine"]
    km2 = town.zones.to_crs(town.roads.crs).area.sum() / 1e6
    assert engine[["n", "within"]].tolist() == pytest.approx([km2 / 2, km2 / 2], rel=1e-3)


def test_zones_without_outlines_have_no_area(town):
    points = town.zones.set_geometry(town.zones.representative_point())
    with pytest.raises(InputError, match="no area"):
        iso_distribution(fp.Scenario(town.roads, town.stations, town.units, points), weight=AREA)


def test_distances_of_ones_own(town):
    table = iso_distribution(town, weight="population", engine_miles=0.5, ladder_miles=2.5)
    assert table.loc["engine", "share"] == 7 / 40  # 804.7 / 110.852 = 7.26, and 7.5 lies beyond
    assert table["limit_miles"].tolist() == [0.5, 2.5]
    assert table["source"].tolist()[0] == ""  # nobody's but the caller's
    assert table["source"].tolist()[1].startswith("ISO")
    with pytest.raises(TableError, match=r"engine_miles is 0.*ladder_miles is inf"):
        iso_distribution(town, engine_miles=0, ladder_miles=float("inf"))


def test_a_zone_at_the_very_distance_lies_within_it(town):
    # The limit is just where zone 10 lies, 9.5 blocks away, and then a centimetre less.
    away_m = time_rows(by_distance(town), places(town, "zones"))[0][9]
    assert away_m == pytest.approx(9.5 * BLOCK_M, abs=0.1)
    for limit_m, reached in ((away_m, 10), (away_m - 0.01, 9)):
        miles = float(limit_m) / MILE_M
        assert iso_zones(town, engine_miles=miles)["engine_within"].sum() == reached
        assert iso_distribution(town, weight="population", engine_miles=miles).loc["engine", "within"] == 10 * reached
        table = iso_added_area(town, weight="population", miles=miles)
        assert table.loc["S1", ["district", "added"]].tolist() == [10 * reached, 10 * reached]


def test_unknown_weight_lists_those_there_are(town):
    with pytest.raises(UnknownIdError, match="built_upon_km2, population, road_km"):
        iso_distribution(town, weight="dwelings")


def test_zones_by_hand(town):
    zones = iso_zones(town)
    assert zones["engine_miles"].to_numpy() == pytest.approx((np.arange(40) + 0.5) * BLOCK_M / MILE_M, abs=1e-4)
    assert zones["engine_within"].sum() == 22
    assert np.isinf(zones["ladder_miles"]).all()
    assert "engine_miles" not in town.zones
    with pytest.raises(InputError, match="engine_miles, engine_within"):
        iso_zones(
            fp.Scenario(town.roads, town.stations, town.units, zones[["geometry", "engine_miles", "engine_within"]])
        )


# --- the 50 % rule


def test_one_station_adds_its_own_district(town):
    row = iso_added_area(town, weight="population").loc["S1"]
    assert row[["district", "added", "share_of_own", "n", "unit"]].tolist() == [220, 220, 1.0, 400, "people"]
    assert np.isnan(row["typical"])
    assert row["meets_typical"] is pd.NA


def test_what_a_new_station_adds_by_hand(town):
    # S2 at the south end of block 31: 1.5 miles are 21.78 blocks, so blocks 9 to 40, 32 of them; S1 has 1 to 22.
    more = town.apply(fp.OpenStation("S2", at=at(31), units=("E2",)))
    table = iso_added_area(more, weight="population")
    assert table.loc["S2", ["district", "added", "typical"]].tolist() == [320, 180, 220]
    assert table.loc["S2", ["share_of_own", "share_of_typical"]].tolist() == pytest.approx([18 / 32, 18 / 22])
    assert table.loc["S1", ["district", "added", "typical"]].tolist() == [220, 80, 320]
    assert table["meets_own"].tolist() == [False, True]
    assert table.loc["S1", "share_of_own"] == pytest.approx(8 / 22)
    assert iso_added_area(more, stations=["S2"], weight="population").index.tolist() == ["S2"]


def test_half_a_district_is_enough(town):
    # Stations ten blocks apart, each with the ten blocks on either side of it: half of S2's twenty are S3's too.
    more = town.apply(
        fp.OpenStation("S2", at=at(21), units=("E2",)), fp.OpenStation("S3", at=at(31), units=("E3",)),
        fp.CloseStation("S1"),
    )  # fmt: skip
    row = iso_added_area(more, weight="population", miles=10 * BLOCK_M / MILE_M).loc["S2"]
    assert row[["district", "added", "share_of_own"]].tolist() == [200, 100, 0.5]
    assert row["meets_own"]


def test_the_typical_district_is_the_middle_one_of_the_others(town):
    # Half a mile is 7.26 blocks: districts of 7 blocks at the ends of the street, and of 14 at blocks 14 and 27.
    more = town.apply(*(fp.OpenStation(f"S{b}", at=at(b + 1), units=(f"E{b}",)) for b in (14, 27, 40)))
    table = iso_added_area(more, weight="population", miles=0.5)
    assert table["district"].to_dict() == {"S1": 70, "S14": 140, "S27": 140, "S40": 70}
    assert table["typical"].to_dict() == {"S1": 140, "S14": 70, "S27": 70, "S40": 140}
    # S14 has blocks 8 to 21, S27 blocks 21 to 34 and S40 blocks 34 to 40: 21 and 34 are of two stations.
    assert table["added"].to_dict() == {"S1": 70, "S14": 130, "S27": 120, "S40": 60}
    assert table["share_of_typical"].to_dict() == pytest.approx(
        {"S1": 1 / 2, "S14": 13 / 7, "S27": 12 / 7, "S40": 3 / 7}
    )
    assert table["meets_typical"].to_dict() == {"S1": True, "S14": True, "S27": True, "S40": False}


def test_stations_that_house_no_engine_do_not_count(town):
    more = town.apply(fp.OpenStation("S2", at=at(31), units=("T2",)))
    assert iso_added_area(more, weight="population").index.tolist() == ["S1"]
    assert iso_added_area(more, weight="population", goal="ladder").index.tolist() == ["S2"]
    with pytest.raises(UnknownIdError, match="open station with what 'engine' asks for 'S2'"):
        iso_added_area(more, weight="population", stations=["S2"])
    with pytest.raises(UnknownIdError, match="did you mean 'ladder'"):
        iso_added_area(more, goal="lader")


def test_marisol(marisol):
    table = iso_distribution(marisol)
    assert table["n"].tolist() == [46_000, 46_000]
    assert (table["within"] + table["outside"]).tolist() == [46_000, 46_000]
    zones = iso_zones(marisol)
    near = zones.loc[zones["engine_within"], "dwellings"].sum()
    assert near == table.loc["engine", "within"]
    straight = marisol.stations.to_crs(marisol.roads.crs).union_all()
    crow_m = zones.to_crs(marisol.roads.crs).representative_point().distance(straight)
    assert (zones["engine_miles"] * MILE_M + 2 * 200 >= crow_m * 0.999).all()  # no road is shorter than the crow's way
    added = iso_added_area(marisol)
    assert added["added"].sum() <= table.loc["engine", "within"]
    assert (added["district"] >= added["added"]).all()
