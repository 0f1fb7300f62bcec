from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from fireplan import Scenario, changes, examples, roads, travel
from fireplan import _kernel as kernel
from fireplan._result_cache import Memo
from fireplan.errors import FireplanError, InputError, UnknownIdError, UnreachableStationError
from fireplan.scenario import token

BLOCK_S = 11.085  # 0.001 degrees of latitude at 30 N, at 10 m a second


@pytest.fixture
def town():
    return examples.line_town()


def at(block):
    """Place on Line Street, in blocks from its south end."""
    return (-140.0, 30.0 + block / 1000)


def with_units(town, **units):
    """The same town with units by id: (station, type, crew, turnout)."""
    table = pd.DataFrame(
        [(u, *row) for u, row in units.items()], columns=["unit_id", "station_id", "type", "crew", "turnout_s"]
    )
    return Scenario(town.roads, town.stations, table, town.zones)


def with_incidents(town, *places):
    ids = pd.Index([f"C{i}" for i in range(len(places))], name="incident_id")
    table = gpd.GeoDataFrame(geometry=[None if p is None else shapely.Point(p) for p in places], index=ids, crs=4326)
    return Scenario(town.roads, town.stations, town.units, town.zones, incidents=table)


def test_travel_times_are_labelled_seconds(town):
    times = travel.travel_times(town)
    assert times.dims == ("station_id", "zone_id")
    assert times.dtype == np.float32
    assert times.name == "travel_s"
    assert times.attrs["units"] == "s"
    assert times.sel(station_id="S1", zone_id="Z01").item() == pytest.approx(BLOCK_S / 2, rel=1e-3)


def test_each_block_is_eleven_seconds_farther(town):
    times = travel.travel_times(town).sel(station_id="S1").to_numpy()
    assert times == pytest.approx(BLOCK_S * (np.arange(40) + 0.5), rel=1e-3)


def test_a_place_that_is_not_known_is_nan_and_one_off_the_road_is_inf(town):
    calls = with_incidents(town, at(10), None, (-139.9, 30.01))
    times = travel.travel_times(calls, to="incidents").sel(station_id="S1")
    assert times.dims == ("incident_id",)
    assert times.to_numpy() == pytest.approx([10 * BLOCK_S, np.nan, np.inf], rel=1e-3, nan_ok=True)


def test_places_beyond_the_limit_are_not_reached(town):
    near = travel.travel_times(town, cutoff_s=100).to_numpy()
    far = travel.travel_times(town).to_numpy()
    np.testing.assert_array_equal(near, np.where(far <= 100, far, np.inf))


def test_times_handed_out_can_be_written_without_harm(town):
    first = travel.travel_times(town)
    before = first.copy(deep=True)
    first[:] = 0.0
    np.testing.assert_array_equal(travel.travel_times(town), before)


def test_only_zones_and_incidents_can_be_asked_for(town):
    with pytest.raises(InputError, match="'parcels'"):
        travel.travel_times(town, to="parcels")
    with pytest.raises(ValueError, match="has no incidents"):
        travel.travel_times(town, to="incidents")


def test_node_times_are_by_node_in_order(town):
    times = travel.node_times(town.roads, 10, cutoff_s=2.5 * BLOCK_S)
    assert times.to_dict() == pytest.approx(
        {8: 2 * BLOCK_S, 9: BLOCK_S, 10: 0.0, 11: BLOCK_S, 12: 2 * BLOCK_S}, rel=1e-3
    )
    assert times.index.name == "osmid"
    with pytest.raises(UnknownIdError, match="unknown node '99'"):
        travel.node_times(town.roads, 99)


def test_the_nearer_of_two_stations_is_first_due(town):
    both = town.apply(changes.OpenStation("S2", at=at(40)), changes.AddUnit("E2", to="S2", type="engine"))
    table = travel.first_due(both)
    assert table["first_due"].tolist() == ["S1"] * 20 + ["S2"] * 20
    assert table["second_due"].tolist() == ["S2"] * 20 + ["S1"] * 20
    assert table["first_due_s"].iloc[39] == pytest.approx(BLOCK_S / 2, rel=1e-3)
    assert table["third_due"].isna().all()
    assert np.isinf(table["third_due_s"]).all()


def test_moving_the_engine_moves_who_is_first_due(town):
    moved = town.apply(changes.OpenStation("S2", at=at(40)), changes.MoveUnit("E1", to="S2"))
    table = travel.first_due(moved)
    assert (table["first_due"] == "S2").all()
    assert table["first_due_s"].iloc[0] == pytest.approx(39.5 * BLOCK_S, rel=1e-3)
    assert (travel.first_due(town)["first_due"] == "S1").all()


def test_a_station_counts_only_if_it_houses_what_is_needed(town):
    plan = with_units(town, E1=("S1", "engine", 4, 80.0)).apply(
        changes.OpenStation("S2", at=at(40)), changes.AddUnit("T2", to="S2", type="truck")
    )
    assert (travel.first_due(plan)["first_due"] == "S1").all()
    assert (travel.first_due(plan, needs={"truck": 1})["first_due"] == "S2").all()
    assert travel.first_due(plan, needs={"ambulance": 1})["first_due"].isna().all()


def test_the_turnout_of_the_quickest_unit_is_added(town):
    plan = with_units(town, E1=("S1", "engine", 4, 90.0), E2=("S1", "engine", 4, 60.0), T1=("S1", "truck", 4, 10.0))
    drive = travel.first_due(plan)["first_due_s"]
    whole = travel.first_due(plan, interval="turnout_and_travel_s")
    np.testing.assert_allclose(whole["first_due_s"], drive + 60.0, rtol=5e-7)
    assert whole["second_due"].isna().all()


def test_without_units_every_station_counts_with_the_usual_turnout(town):
    plan = Scenario(town.roads, town.stations, town.units.iloc[:0], town.zones)
    drive = travel.first_due(plan)["first_due_s"]
    np.testing.assert_allclose(drive, travel.first_due(town)["first_due_s"])
    np.testing.assert_allclose(
        travel.first_due(plan, interval="turnout_and_travel_s")["first_due_s"], drive + 80.0, rtol=5e-7
    )


@pytest.mark.parametrize("options", [{"needs": {"dragon": 1}}, {"interval": "response_s"}])
def test_what_is_not_known_cannot_be_asked_for(town, options):
    with pytest.raises(InputError, match=r"dragon|response_s"):
        travel.first_due(town, **options)


def test_a_force_is_complete_with_the_last_part_needed(town):
    plan = with_units(town, E1=("S1", "engine", 3, 80.0), M1=("S1", "ambulance", 2, 80.0)).apply(
        changes.OpenStation("S2", at=at(40)), changes.AddUnit("T2", to="S2", type="truck", crew=4)
    )
    ends = travel.places(plan, "zones")
    south, north = BLOCK_S * (np.arange(40) + 0.5), BLOCK_S * (39.5 - np.arange(40))

    def found(**needs):
        return travel.force_times(plan, ends, needs=needs)

    np.testing.assert_allclose(found(engine=1), south, rtol=1e-3)
    np.testing.assert_allclose(found(engine=1, truck=1), np.maximum(south, north), rtol=1e-3)
    np.testing.assert_allclose(found(people=4), north, rtol=1e-3)
    np.testing.assert_allclose(found(people=7), np.maximum(south, north), rtol=1e-3)
    assert np.isinf(found(people=8)).all()
    assert np.isinf(found(engine=2)).all()
    np.testing.assert_allclose(found(engine=0.5, truck=0.5), np.maximum(south, north), rtol=1e-3)


def test_in_a_force_each_unit_has_its_own_turnout(town):
    plan = with_units(town, E1=("S1", "engine", 4, 60.0), T1=("S1", "truck", 4, 100.0))
    ends = travel.places(plan, "zones")
    whole = travel.force_times(plan, ends, needs={"engine": 1, "truck": 1}, interval="turnout_and_travel_s")
    np.testing.assert_allclose(whole, travel.travel_times(plan).to_numpy()[0] + 100.0, rtol=1e-5)


def with_station(town, **at):
    """The town with more stations in its table, wherever they are."""
    more = gpd.GeoDataFrame(
        {"name": list(at), "open": True}, geometry=[shapely.Point(p) for p in at.values()], crs=4326,
        index=pd.Index(list(at), name="station_id"),
    )  # fmt: skip
    return Scenario(town.roads, pd.concat([town.stations, more]), town.units, town.zones)


def test_a_station_off_the_road_is_named_with_its_distance(town):
    with pytest.raises(UnreachableStationError, match=r"1 of 2 stations are off the road .*'S2' lies 1\.9 km"):
        travel.first_due(with_station(town, S2=(-139.98, 30.01)))


def test_a_station_on_the_other_side_of_the_earth_is_off_the_road(town):
    with pytest.raises(UnreachableStationError, match="'S2' lies "):
        travel.first_due(with_station(town, S2=(40.0, -30.0)))


def island_town():
    """A long street, and a short one that does not meet it."""
    line = examples.line_town()
    nodes = pd.DataFrame({"x": line.roads.nodes["x"], "y": line.roads.nodes["y"]})
    nodes.loc[100], nodes.loc[101] = (-139.99, 30.0), (-139.99, 30.001)
    edges = line.roads.edges.reset_index()[["u", "v", "travel_time"]]
    island = pd.DataFrame({"u": [100, 101], "v": [101, 100], "travel_time": 11.0})
    network = roads.from_frames(nodes, pd.concat([edges, island]), crs=4326)
    return Scenario(network, line.stations, line.units, line.zones)


def test_a_station_on_an_island_is_told_with_what_it_reaches():
    plan = island_town().apply(changes.OpenStation("S3", at=(-139.99, 30.0005)))
    times = travel.travel_times(plan)
    assert np.isinf(times.loc["S3"]).all()
    assert np.isfinite(times.loc["S1"]).all()
    (note,) = travel.station_notes(plan)
    assert note == (
        "station 'S3' stands on a part that holds 2.4 % of the streets and reaches nothing else: 0 people there are"
        " reached from it alone; check its place, or whether a connecting road is missing"
    )


def test_demand_on_an_island_is_not_reached():
    line = island_town()
    calls = with_incidents(line, (-139.99, 30.0005))
    assert np.isinf(travel.travel_times(calls, to="incidents")).all()
    assert travel.first_due(calls, to="incidents")["first_due"].isna().all()


def test_closing_a_road_cuts_off_what_lies_behind_it(town):
    shut = town.apply(changes.CloseRoad("Line Street", near=at(10.5)))
    times = travel.travel_times(shut).to_numpy()[0]
    assert np.isfinite(times[:10]).all()
    assert np.isinf(times[11:]).all()


class Counter:
    """Counts from how many sources the kernel is asked to search."""

    def __init__(self, monkeypatch):
        self.searches = 0
        for name in ("reach", "nearest_sources", "followed"):
            monkeypatch.setattr(kernel, name, self.counted(getattr(kernel, name)))

    def counted(self, ask):
        def asked(*args, **options):
            seeds = [a for a in args if isinstance(a, kernel.Seeds)]
            self.searches += sum(len(np.unique(s.owner)) for s in seeds) if seeds else 1
            return ask(*args, **options)

        return asked

    def of(self, call, *args, **options):
        before = self.searches
        call(*args, **options)
        return self.searches - before


def test_what_was_solved_once_is_not_solved_again(town, monkeypatch):
    count = Counter(monkeypatch)
    assert count.of(travel.travel_times, town) == 1
    assert count.of(travel.travel_times, town) == 0
    assert count.of(travel.first_due, town) == 1  # the nearest of every node are another table
    assert count.of(travel.first_due, town) == 0
    assert count.of(travel.isochrones, town, within_s=[60]) == 0


def test_a_what_if_solves_only_the_stations_that_are_new(town, monkeypatch):
    count = Counter(monkeypatch)
    travel.first_due(town)
    assert count.of(travel.first_due, town.apply(changes.OpenStation("S2", at=at(20), units=["E2"]))) == 1
    assert count.of(travel.first_due, town.apply(changes.OpenStation("S9", at=at(20), units=["E9"]))) == 0
    assert count.of(travel.first_due, town.apply(changes.OpenStation("S3", at=at(30)))) == 0  # it has no engine
    assert count.of(travel.first_due, town.apply(changes.AddUnit("E5", to="S1", type="engine"))) == 0
    assert count.of(travel.first_due, town.apply(changes.ScaleDemand(2.0))) == 0
    assert count.of(travel.first_due, town.apply(changes.ScaleSpeeds(0.5))) == 1
    assert count.of(travel.first_due, town) == 0


def test_a_memory_too_small_for_anything_gives_the_same_answers(town):
    forgetful = replace(town, memo=Memo(limit_bytes=1))
    plan = [changes.OpenStation("S2", at=at(20))]
    for ask in (travel.travel_times, lambda s: travel.first_due(s)["first_due_s"]):
        np.testing.assert_array_equal(ask(forgetful.apply(*plan)), ask(town.apply(*plan)))


def test_what_is_remembered_of_one_table_is_never_given_for_another(town):
    """Keys hold the table's token, not its address: the next table may lie where a forgotten one lay."""
    calls = with_incidents(town, at(10), at(20))
    travel.travel_times(calls, to="incidents")
    kept = token(calls, "incidents")
    assert any(kept in key[3] for key in calls.memo._held if key[0] == "row")
    assert kept != token(with_incidents(town, at(10), at(20)), "incidents")


def test_the_isochrone_of_line_town_is_as_long_as_time_allows(town):
    ground = travel.isochrones(town, within_s=[100, 200]).to_crs(town.roads.crs)
    assert ground["within_s"].tolist() == [200.0, 100.0]
    for _, row in ground.iterrows():
        south, north = row.geometry.bounds[1], row.geometry.bounds[3]
        start = town.roads.node_xy_m[:, 1].min()
        assert north - start == pytest.approx(10 * row["within_s"], abs=2)
        assert start - south == pytest.approx(25, abs=1)
        width = row.geometry.area / (north - south)
        assert width == pytest.approx(50, abs=1)
    np.testing.assert_allclose(ground["area_km2"] * 1e6, ground.area, rtol=0.002)


def test_an_isochrone_is_drawn_for_the_stations_asked_for(town):
    plan = town.apply(changes.OpenStation("S2", at=at(40)))
    assert travel.isochrones(plan, within_s=[60], stations=["S2"])["station_id"].tolist() == ["S2"]
    with pytest.raises(UnknownIdError, match="'S3'"):
        travel.isochrones(plan, stations=["S3"])
    with pytest.raises(InputError, match="no station is named"):
        travel.isochrones(plan, stations=[])


@pytest.mark.parametrize("within_s", [[], [0], [-5], [np.inf], [np.nan], [240, 0]])
def test_limits_are_seconds_above_zero(town, within_s):
    with pytest.raises(InputError, match="above zero"):
        travel.isochrones(town, within_s=within_s)


def test_the_same_limit_twice_is_drawn_once(town):
    assert len(travel.isochrones(town, within_s=[60, 60.0])) == 1


def test_outlines_come_in_the_crs_of_the_zones(town):
    assert travel.isochrones(town).crs == town.zones.crs


def freeway_town(**options):
    """Line Street, with a freeway 60 m east of it."""
    line = examples.line_town()
    nodes = pd.DataFrame({"x": line.roads.nodes["x"], "y": line.roads.nodes["y"]})
    nodes.loc[100], nodes.loc[101] = (-140.0 + 0.0006, 30.0), (-140.0 + 0.0006, 30.04)
    edges = line.roads.edges.reset_index()[["u", "v", "travel_time", "highway", "name"]]
    fast = pd.DataFrame({"u": [100, 101, 1, 100], "v": [101, 100, 100, 1], "travel_time": [200.0, 200.0, 20.0, 20.0]})
    fast = fast.assign(highway="motorway", name="Coast Freeway")
    network = roads.from_frames(nodes, pd.concat([edges, fast]), crs=4326)
    return Scenario(network, line.stations, line.units, line.zones, **options)


def test_a_station_beside_its_street_is_not_remarked_on(town):
    assert travel.station_notes(town) == []


def test_a_station_to_which_a_freeway_is_nearest_is_named_with_both_distances():
    plan = freeway_town().apply(changes.OpenStation("S2", at=(-140.0 + 0.0005, 30.02)))
    assert travel.station_notes(plan) == [
        "station 'S2' is snapped to 'Line Street', 48 m away; the nearest street, 'Coast Freeway' at 10 m, is a freeway"
    ]


def test_a_station_far_from_its_street_is_named(town):
    plan = town.apply(changes.OpenStation("S2", at=(-140.001, 30.02)))
    assert travel.station_notes(plan) == [
        "station 'S2' is snapped to 'Line Street', 96 m away: check that it opens on that street"
    ]


def test_a_closed_station_is_not_remarked_on(town):
    plan = town.apply(changes.OpenStation("S2", at=(-140.001, 30.02)), changes.CloseStation("S2"))
    assert travel.station_notes(plan) == []


def test_errors_are_of_one_family(town):
    with pytest.raises(FireplanError):
        travel.station_notes(town.apply(changes.OpenStation("S2", at=(0.0, 0.5))))


def block_town():
    """Three blocks by three, each street thirty seconds, one of them one-way; two outlines touch at a corner."""
    places = {(i, j): (7 + i * 0.002, 0.5 + j * 0.002) for i in range(4) for j in range(4)}
    nodes = pd.DataFrame(places.values(), columns=["x", "y"])
    ids = {place: n for n, place in enumerate(places)}
    pairs = [(ids[i, j], ids[i + 1, j]) for i in range(3) for j in range(4)]
    pairs += [(ids[i, j], ids[i, j + 1]) for i in range(4) for j in range(3)]
    back = [(v, u) for n, (u, v) in enumerate(pairs) if n != 21]
    return roads.from_frames(nodes, pd.DataFrame(pairs + back, columns=["u", "v"]).assign(travel_time=30.0), crs=4326)


def test_outlines_that_touch_at_a_point_stay_valid_in_another_crs():
    network = block_town()
    for east in range(0, 34, 3):
        for north in range(0, 34, 3):
            point = gpd.GeoSeries([shapely.Point(7 + east * 0.0002, 0.5 + north * 0.0002)], crs=4326)
            stations = gpd.GeoDataFrame({"station_id": ["S1"], "name": ["North"]}, geometry=point)
            zones = gpd.GeoDataFrame({"zone_id": ["Z1"]}, geometry=point)
            plan = Scenario(network, stations, pd.DataFrame({"unit_id": [], "station_id": []}), zones)
            ground = travel.isochrones(plan, within_s=[60, 120, 135])
            assert ground.geometry.is_valid.all()
            assert (ground.geometry.geom_type == "MultiPolygon").all()


def corner_town(*extra, zones):
    """Three nodes 200 m apart on a line, driven both ways in 20 s, and more streets; a station at the first."""
    x, y = [500_000.0, 500_200.0, 500_400.0, 500_100.0], [3_300_000.0] * 3 + [3_300_200.0]
    nodes = gpd.GeoDataFrame(
        {"x": x, "y": y}, geometry=gpd.points_from_xy(x, y), crs=32632, index=pd.Index([1, 2, 3, 4], name="osmid")
    )
    rows = [(1, 2, 20.0), (2, 1, 20.0), (2, 3, 20.0), (3, 2, 20.0), *extra]
    edges = pd.DataFrame(rows, columns=["u", "v", "travel_time"]).assign(key=0).set_index(["u", "v", "key"])
    edges["geometry"] = [
        shapely.LineString([nodes.geometry[u], (500_000, 3_300_050), nodes.geometry[v]])
        if u == v
        else shapely.LineString([nodes.geometry[u], nodes.geometry[v]])
        for u, v, _ in edges.index
    ]
    edges["length"] = shapely.length(edges["geometry"].to_numpy())
    net = roads.from_frames(nodes, gpd.GeoDataFrame(edges, crs=32632))
    station = gpd.GeoDataFrame(
        {"name": ["One"]}, geometry=[nodes.geometry[1]], crs=32632, index=pd.Index(["S1"], name="station_id")
    )
    places = gpd.GeoDataFrame(
        geometry=[shapely.Point(x, 3_300_000) for x in zones], crs=32632,
        index=pd.Index([f"Z{i}" for i in range(len(zones))], name="zone_id"),
    )  # fmt: skip
    units = pd.DataFrame({"station_id": []}, index=pd.Index([], name="unit_id", dtype=str))
    return Scenario(net, station, units, places)


@pytest.mark.parametrize("extra", [(), ((1, 4, 20.0),), ((1, 1, 60.0),), ((4, 1, 20.0),)])
def test_a_station_at_a_corner_leaves_by_every_street_there(extra):
    town = corner_town(*extra, zones=[500_150, 500_400])
    assert travel.first_due(town)["first_due_s"].tolist() == pytest.approx([15, 40])


@pytest.mark.parametrize("extra", [(), ((2, 4, 20.0),), ((4, 2, 20.0),), ((2, 2, 60.0),)])
def test_a_place_at_a_corner_is_reached_with_the_corner(extra):
    town = corner_town(*extra, zones=[500_200, 500_200.2])
    assert travel.first_due(town)["first_due_s"].tolist() == pytest.approx([20, 20])
