"""Times from candidate sites: those of stations there, kept sparse, and no candidate lost."""

import tracemalloc

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sample_city import sample_city

import fireplan as fp
from fireplan.errors import InputError, TableError
from fireplan.travel._candidate_times import CandidateTimes, candidate_times
from fireplan.travel._travel_times import time_rows

BLOCK_S = 11.085  # 0.001 degrees of latitude at 30 N, at 10 m a second
LIMIT_S = 240.0


def at(block, *, east=0.0):
    """Place on Line Street, in blocks from its south end."""
    return shapely.Point(-140.0 + east, 30.0 + block / 1000)


def sites(**points):
    return gpd.GeoSeries(points, crs=4326)


def dense(times):
    """The times as a table, inf where there is none."""
    row = np.repeat(np.arange(len(times.candidate_ids)), np.diff(times.start))
    out = np.full((len(times.candidate_ids), len(times.place_ids)), np.inf, dtype=np.float32)
    out[row, times.place] = times.travel_s
    return out


@pytest.fixture
def town():
    return fp.examples.line_town()


@pytest.fixture(scope="module")
def today():
    return sample_city(calibrated=False).today


@pytest.fixture(scope="module")
def candidates(today):
    """Points about streets of all kinds, one of them far out, one twice, some at incidents, in another CRS."""
    rng = np.random.default_rng(4)
    roads = today.roads
    one_way = np.isfinite(roads.there_s) != np.isfinite(roads.back_s)
    streets = np.concatenate([rng.choice(np.flatnonzero(kind), 12) for kind in (one_way, ~one_way)])
    xy = roads.xy_m[roads.offsets[streets]] + rng.normal(0, 30, (24, 2))
    xy = np.concatenate([xy, xy[:1], roads.node_xy_m.max(axis=0, keepdims=True) + 5_000])
    points = gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=roads.crs)
    there = today.incidents.geometry.dropna().iloc[[0, 50, 100]].to_crs(roads.crs)
    points = pd.concat([points, there], ignore_index=True).to_crs(4326)
    return gpd.GeoDataFrame({"price": np.arange(len(points))}, geometry=points.array).set_axis(
        "C" + points.index.astype(str)
    )


@pytest.mark.parametrize("to", ["zones", "incidents"])
@pytest.mark.parametrize("cutoff_s", [30.0, LIMIT_S])
def test_times_are_those_of_stations_there(today, candidates, to, cutoff_s):
    times = candidate_times(today, candidates, to=to, cutoff_s=cutoff_s)
    assert times.set_aside.index.tolist() == ["C25"]
    used = candidates.drop(index="C25")
    stations = gpd.GeoDataFrame(
        {"station_id": used.index, "name": used.index}, geometry=used.geometry.to_numpy(), crs=used.crs
    )
    there = fp.Scenario(today.roads, stations, today.units.iloc[:0], today.zones, incidents=today.incidents)
    expected = fp.travel_times(there, to=to, cutoff_s=cutoff_s)
    np.testing.assert_array_equal(dense(times), expected.fillna(np.inf))
    assert times.candidate_ids.tolist() == expected["station_id"].to_numpy().tolist()
    assert times.place_ids.tolist() == expected[f"{to[:-1]}_id"].to_numpy().tolist()
    assert len(times.place) > 0


def test_the_arrays_are_sparse_rows(today, candidates):
    times = candidate_times(today, candidates, to="incidents", cutoff_s=LIMIT_S)
    assert (times.start.dtype, times.place.dtype, times.travel_s.dtype) == (np.int64, np.int32, np.float32)
    assert times.start[0] == 0
    assert times.start[-1] == len(times.place) == len(times.travel_s)
    rows = [times.place[a:b] for a, b in zip(times.start, times.start[1:], strict=False)]
    assert all((np.diff(row) > 0).all() for row in rows)
    np.testing.assert_array_equal(rows[0], rows[24])  # the same place twice


def test_on_line_street_the_times_can_be_worked_out(town):
    times = candidate_times(town, sites(A=at(0), B=at(20.5)), cutoff_s=2.6 * BLOCK_S)
    table = times.frame()
    assert table.columns.tolist() == ["candidate_id", "zone_id", "travel_s"]
    assert table["candidate_id"].tolist() == ["A"] * 3 + ["B"] * 5
    assert table["zone_id"].tolist() == ["Z01", "Z02", "Z03", "Z19", "Z20", "Z21", "Z22", "Z23"]
    expected = BLOCK_S * np.array([0.5, 1.5, 2.5, 2, 1, 0, 1, 2])
    np.testing.assert_allclose(table["travel_s"], expected, rtol=1e-3, atol=0.01)
    assert table["travel_s"].dtype == np.float32


def test_a_candidate_off_the_road_is_set_aside_with_its_distance(town):
    times = candidate_times(town, sites(A=at(3), far=at(3, east=0.02), B=at(5), lost=shapely.Point(0, 91)))
    assert times.candidate_ids.tolist() == ["A", "B"]
    assert times.set_aside.index.tolist() == ["far", "lost"]
    assert times.set_aside.index.name == "candidate_id"
    assert times.set_aside["offset_m"].tolist() == pytest.approx([1930, np.inf], rel=0.01)
    assert times.set_aside["reason"].unique().tolist() == [
        "farther than 200 m from every street that a door may open on"
    ]
    assert times.n == 4
    assert repr(times).startswith("CandidateTimes: 2 of 4 candidates (2 set aside), 40 places, 80 times within 8:00")


def test_a_freeway_nearby_is_no_street_to_stand_on(today):
    roads = today.roads
    freeway = np.flatnonzero(roads.is_freeway)[0]
    here = gpd.GeoSeries(gpd.points_from_xy(*roads.xy_m[roads.offsets[[freeway]]].T), ["F"], crs=roads.crs)
    times = candidate_times(today, here, cutoff_s=60)
    on_door_street = fp.roads.snap(roads, here, limit_m=np.inf, freeways=False).offset_m[0]
    assert times.set_aside["offset_m"].tolist() == ([on_door_street] if on_door_street > today.snap_limit_m else [])


def test_places_that_are_not_known_or_off_the_road_stay_in_the_count(town):
    points = [at(1), None, at(3, east=0.1)]
    ids = pd.Index(["I1", "I2", "I3"], name="incident_id")
    calls = fp.Scenario(
        town.roads,
        town.stations,
        town.units,
        town.zones,
        incidents=gpd.GeoDataFrame(geometry=points, index=ids, crs=4326),
    )
    times = candidate_times(calls, sites(A=at(0)), to="incidents")
    assert times.place_ids.tolist() == ["I1", "I2", "I3"]
    assert times.place_ids.name == "incident_id"
    assert times.frame()["incident_id"].tolist() == ["I1"]


def test_by_place_is_the_same_turned(today, candidates):
    times = candidate_times(today, candidates, to="incidents", cutoff_s=LIMIT_S)
    start, candidate, travel_s = times.by_place()
    assert (start.dtype, candidate.dtype, travel_s.dtype) == (np.int64, np.int32, np.float32)
    turned = np.full((len(times.place_ids), len(times.candidate_ids)), np.inf, dtype=np.float32)
    turned[np.repeat(np.arange(len(times.place_ids)), np.diff(start)), candidate] = travel_s
    np.testing.assert_array_equal(turned.T, dense(times))


def test_a_tighter_limit_needs_no_new_search(today, candidates):
    times = candidate_times(today, candidates, cutoff_s=LIMIT_S)
    np.testing.assert_array_equal(dense(times.within(90)), dense(candidate_times(today, candidates, cutoff_s=90)))
    assert times.within(90).cutoff_s == 90.0
    assert times.within(90).n == times.n
    for limit_s in (0, 241, np.nan):
        with pytest.raises(InputError, match="at most the 240 s"):
            times.within(limit_s)


def test_what_is_given_stays_as_it_was(today, candidates):
    before = candidates.copy()
    candidate_times(today, candidates, cutoff_s=30)
    pd.testing.assert_frame_equal(candidates, before)
    assert candidates.index.name == before.index.name


def test_no_candidates_give_no_times(town):
    for none in (sites(), sites(far=at(3, east=0.02))):
        times = candidate_times(town, none)
        assert isinstance(times, CandidateTimes)
        assert times.start.tolist() == [0]
        assert len(times.frame()) == len(times.by_place().candidate) == 0
        assert times.n == len(times.set_aside) == len(none)


def test_all_faults_are_told_at_once(town):
    bad = gpd.GeoSeries(
        [at(0), at(1).buffer(1), None, shapely.Point(), shapely.Point(np.nan, 1)], ["a", "a", "b", "c", None]
    )
    with pytest.raises(TableError) as caught:
        candidate_times(town, bad, cutoff_s=-1)
    assert caught.value.faults == (
        "cutoff_s is -1: give a number of seconds above zero",
        "the id is missing in row 5",
        "id 'a' appears twice or more (rows 1, 2): ids must be unique",
        "crs is not set: call .set_crs('EPSG:4326') if the coordinates are longitude and latitude",
        "geometry is missing in rows 3, 4",
        "geometry is not a point in row 2: use .representative_point()",
        "coordinates are not numbers in row 5",
    )


@pytest.mark.parametrize("cutoff_s", [0, -240.0, np.nan, np.inf])
def test_the_limit_is_a_positive_number_of_seconds(town, cutoff_s):
    with pytest.raises(InputError, match="cutoff_s is"):
        candidate_times(town, sites(A=at(0)), cutoff_s=cutoff_s)


def test_only_points_can_be_candidates(town):
    with pytest.raises(TableError, match="not a GeoDataFrame or GeoSeries"):
        candidate_times(town, pd.DataFrame({"longitude": [1.0]}))
    two = sites(A=at(0)).set_axis(pd.MultiIndex.from_tuples([("A", 1)]))
    with pytest.raises(TableError, match="several levels"):
        candidate_times(town, two)
    with pytest.raises(InputError, match="'parcels'"):
        candidate_times(town, sites(A=at(0)), to="parcels")


def test_memory_follows_the_times_kept(today):
    rng = np.random.default_rng(6)
    nodes = rng.choice(today.roads.n_nodes, 600)
    points = gpd.GeoSeries(gpd.points_from_xy(*today.roads.node_xy_m[nodes].T), crs=today.roads.crs)
    candidate_times(today, points[:2], to="incidents", cutoff_s=60)
    tracemalloc.start()
    try:
        times = candidate_times(today, points, to="incidents", cutoff_s=60)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    kept = times.place.nbytes + times.travel_s.nbytes
    assert peak < 2 * kept + 8e6  # the table of all would take 73 MB
    assert 600 * len(times.place_ids) * 4 > 5 * peak


def test_rows_solved_for_stations_are_not_disturbed(today, candidates):
    ends = fp.travel.places(today, "zones")
    before = time_rows(today, ends).copy()
    candidate_times(today, candidates, cutoff_s=60)
    np.testing.assert_array_equal(time_rows(today, ends), before)
