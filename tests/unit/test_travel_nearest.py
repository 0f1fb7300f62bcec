"""What-ifs in which the lists of the nearest stations say less than they seem to."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from dense_engine import dense

import fireplan as fp
from fireplan import _kernel as kernel
from fireplan.examples import BLOCK_DEG, line_town
from fireplan.travel import force_times, places
from fireplan.travel._first_due import _nearest_three
from fireplan.travel._nearest_stations import DEPTH


def town(blocks, *, crew=3):
    """Line town with a station and its engine at each of these places, in blocks from the south."""
    plain = line_town()
    names = [f"S{i}" for i in range(len(blocks))]
    at = [shapely.Point(-140.0, 30.0 + BLOCK_DEG * b) for b in blocks]
    stations = gpd.GeoDataFrame({"station_id": names, "name": names}, geometry=at, crs="EPSG:4326")
    units = pd.DataFrame(
        {"unit_id": [f"E{i}" for i in range(len(blocks))], "station_id": names, "type": "engine", "crew": crew}
    )
    return fp.Scenario(plain.roads, stations, units, plain.zones)


def agrees(scenario, *needs):
    for kind in ("zones", "roads"):
        ends = places(scenario, kind)
        for need in needs:
            row, best_s, force_s = dense(scenario, ends, need, "travel_s")
            found = _nearest_three(scenario, ends, need, "travel_s")
            np.testing.assert_array_equal(found[1], best_s)
            np.testing.assert_array_equal(found[0], row)
            np.testing.assert_array_equal(force_times(scenario, ends, needs=need), force_s)


def place(block):
    return (-140.0, 30.0 + BLOCK_DEG * block)


def test_what_the_others_bring_may_change_with_what_comes():
    """One apply opens a station and adds a crew at another: places that the new one does not touch gain too."""
    today = town([1 + 3 * i for i in range(13)])
    need = {"people": 6.0}
    agrees(today, need)
    agrees(today.apply(fp.OpenStation("N", at=place(39), units=["E50"]), fp.AddUnit("E51", to="S0"), name="n"), need)


def test_a_force_that_some_cannot_muster_is_complete_with_whoever_comes_last():
    """Up the hill there is no way back: the four engines there never come down to those who have but two."""
    nodes = pd.DataFrame({"x": -140.0, "y": [29.99, 30.0, 30.04, 30.05]})
    edges = pd.DataFrame({"u": [0, 1, 1, 2, 3], "v": [1, 0, 2, 3, 2], "key": 0}).assign(
        name=["Low", "Low", "Hill", "High", "High"], highway="residential", speed_kph=36.0
    )
    roads = fp.roads.from_frames(nodes, edges.set_index(["u", "v", "key"]), crs="EPSG:4326", source="made up")
    names = ["low", "lower", "high"]
    stations = gpd.GeoDataFrame(
        {"station_id": names, "name": names},
        geometry=[shapely.Point(-140, y) for y in (29.999, 29.996, 30.041)], crs="EPSG:4326",
    )  # fmt: skip
    units = pd.DataFrame({"unit_id": [f"E{i}" for i in range(6)], "station_id": [*names[:2], *["high"] * 4]})
    today = fp.Scenario(roads, stations, units.assign(type="engine"), line_town().zones)
    need = {"engine": 4.0}
    agrees(today, need)
    new = today.apply(fp.OpenStation("N", at=(-140.0, 29.9905), units=["E50", "E51"]), name="n")
    agrees(new, need)
    assert np.isinf(force_times(today, places(today, "roads"), needs=need)).any()
    assert np.isfinite(force_times(new, places(new, "roads"), needs=need)).all()


def test_a_force_deeper_than_the_lists_is_found_and_not_followed():
    many = [1 + 1.5 * i for i in range(24)]
    today = town(many, crew=2)
    need = {"people": 2.0 * (DEPTH + 3)}
    agrees(today, need)
    for k, changes in enumerate(
        (
            [fp.OpenStation("N", at=place(39), units=["E50"])],
            [fp.CloseStation("S11")],
            [fp.MoveStation("S3", at=place(30))],
        )
    ):
        agrees(today.apply(*changes, name=f"{k}"), need, {"people": 4.0})


@pytest.fixture(scope="module")
def long_street():
    """A street 40 blocks long without a junction, and ten stations about each end."""
    nodes = pd.DataFrame({"x": -140.0, "y": [29.99, 30.0, 30.04, 30.05]})
    edges = pd.DataFrame({"u": [0, 1, 1, 2, 2, 3], "v": [1, 0, 2, 1, 3, 2], "key": 0}).assign(
        name=["South", "South", "Long", "Long", "North", "North"], highway="residential", speed_kph=36.0
    )
    roads = fp.roads.from_frames(nodes, edges.set_index(["u", "v", "key"]), crs="EPSG:4326", source="made up")
    low = [29.991 + 0.0009 * i for i in range(DEPTH + 2)]
    lat = [*low, *(60.04 - y for y in low), 30.02]
    names = [f"S{i}" for i in range(len(lat))]
    stations = gpd.GeoDataFrame(
        {"station_id": names, "name": names}, geometry=[shapely.Point(-140, y) for y in lat], crs="EPSG:4326"
    )
    units = pd.DataFrame({"unit_id": [f"E{i}" for i in range(len(lat))], "station_id": names, "type": "engine"})
    return fp.Scenario(roads, stations, units, line_town().zones)


def test_a_station_in_the_middle_of_a_street_counts_there_though_no_list_names_it(long_street):
    need = {"engine": 1.0}
    agrees(long_street, need)
    middle = str(long_street.stations.index[-1])
    street = long_street.roads.streets
    assert (street["name"] == "Long").sum() == 1
    agrees(long_street.apply(fp.CloseStation(middle), name="closed"), need)
    agrees(long_street.apply(fp.OpenStation("N", at=(-140.0, 30.025), units=["E90"]), name="opened"), need)
    agrees(long_street.apply(fp.MoveStation(middle, at=(-140.0, 30.012)), name="moved"), need)


def test_the_whole_is_searched_once_and_changes_are_followed(monkeypatch):
    today = town([2, 10, 20, 30])
    agrees(today, {"engine": 1.0})
    whole = []
    monkeypatch.setattr(kernel, "nearest_sources", lambda *a: whole.append(a))
    line = today
    for k in range(3):
        line = line.apply(fp.MoveStation("S1", at=place(11 + k)), name=f"{k}")
        fp.first_due(line)
    assert whole == []


@pytest.mark.parametrize("n", [10, 11])
@pytest.mark.parametrize("closed", [["S2"], ["S2", "S9"], ["S0", "S3", "S5", "S7"]])
def test_lists_that_closures_have_made_too_short_are_sought_deeper(n, closed):
    """Never "it is not complete" because a list has run out."""
    today = town([2 + 3.5 * i for i in range(n)], crew=4)
    needs = {"people": 24.0}, {"engine": 6.0}, {"engine": float(n - len(closed))}
    agrees(today, *needs)
    agrees(today.apply(*map(fp.CloseStation, closed), name="closed"), *needs)


def test_what_lists_and_places_take_is_said_before_the_work(monkeypatch):
    """Of every place that is asked, and of the lists once: what a change brings is not asked anew."""
    asked = []
    monkeypatch.setattr(
        "fireplan.travel._nearest_stations.check_room", lambda wanted, **said: asked.append((wanted, said["what"]))
    )
    today = town([2, 10, 20, 30])
    ends = places(today, "zones")
    force_times(today, ends, needs={"engine": 1.0})
    nodes, n = today.roads.n_nodes, len(ends.ids)
    lists = 60 * DEPTH * nodes, f"the nearest {DEPTH} of 4 stations at {nodes} nodes"
    assert sorted(asked) == sorted([lists, (24 * n, f"arrivals at {n} zones")])
    force_times(today.apply(fp.CloseStation("S1"), name="closed"), ends, needs={"engine": 1.0})
    assert len(asked) == 2
