"""What people call a point: the nearest street corner, and what there is where streets have no names."""

import time

import numpy as np
import pandas as pd
import pytest

from fireplan.crs import project
from fireplan.roads import from_frames
from fireplan.roads._corners import place_names, streets_at

BLOCK_M, WEST_M, SOUTH_M, CRS = 1000.0, 500_000.0, 3_300_000.0, "EPSG:32607"


def numbered(kind, i):
    return f"{i + 1} {kind}"


def town(named=numbered, *, n=3, block_m=BLOCK_M, motorway="none"):
    """Avenues north and Streets east, n of each, so many metres apart."""
    nodes = pd.DataFrame([(WEST_M + block_m * i, SOUTH_M + block_m * j) for i in range(n) for j in range(n)])
    nodes.columns = ["x", "y"]
    edges = [(n * i + j, n * i + j + 1, named("Avenue", i)) for i in range(n) for j in range(n - 1)]
    edges += [(n * i + j, n * (i + 1) + j, named("Street", j)) for i in range(n - 1) for j in range(n)]
    table = pd.DataFrame([*edges, *((v, u, name) for u, v, name in edges)], columns=["u", "v", "name"])
    table = table.assign(key=0, highway="residential", speed_kph=50.0)
    table.loc[table["name"] == motorway, "highway"] = "motorway"
    return from_frames(nodes, table.set_index(["u", "v", "key"]), crs=CRS, source="made up")


def called(roads, *points):
    """What points are called, so many blocks east and north of the first corner."""
    xy = np.array([WEST_M, SOUTH_M]) + BLOCK_M * np.array(points, dtype=float)
    return place_names(roads, project(xy, source=CRS, target=roads.crs))


def test_a_point_is_called_by_the_nearest_corner():
    said = called(town(), (0.01, 0.0), (0.0, 0.7), (1.9, 2.0))
    assert said == ["1 Avenue / 1 Street", "1 Avenue / 2 Street", "3 Avenue / 3 Street"]


def test_between_corners_a_street_is_called_by_its_name_and_what_it_is_near():
    assert called(town(), (0.0, 0.45)) == ["1 Avenue near 1 Street"]


@pytest.mark.parametrize(
    ("point", "said"),
    [
        ((1.0, 1.03), "2 Avenue / 2 Street"),
        ((1.0, 2.0), "2 Avenue near 2 Street"),
        ((4.0, 1.0), "2 Street, 3.0 km from 2 Avenue"),
        ((1.8, 1.3), "unnamed road near 2 Avenue / 2 Street"),
        ((1.5, 1.01), "2 Street near 2 Avenue"),
        ((4.0, 4.0), "unnamed road, 4.2 km from 2 Avenue / 2 Street"),
        ((50.0, 1.0), "49.0 km from 2 Avenue / 2 Street"),
        ((np.nan, 1.0), ""),
    ],
)
def test_what_has_no_name_or_lies_far_from_every_corner_is_told_by_it(point, said):
    roads = town(lambda kind, i: numbered(kind, i) if i < 2 else "", n=6)
    assert called(roads, point) == [said]


def test_without_a_corner_a_road_is_called_by_its_name_if_it_has_one():
    roads = town(lambda kind, i: "Long Road" if (kind, i) == ("Street", 0) else "")
    assert called(roads, (1.5, 0.01), (1.0, 1.0), (50.0, 50.0)) == ["Long Road", "unnamed road", ""]


def test_no_door_opens_on_a_motorway_so_no_corner_is_named_by_it():
    names = streets_at(town(motorway="1 Street")).name
    assert "1 Avenue / 2 Street" in names
    assert not any("1 Street" in name for name in names)


def test_a_corner_of_many_streets_is_called_by_three():
    x, y = np.array([0.0, 900, -900, 0, 0]), np.array([0.0, 0, 0, 900, -900])
    nodes = pd.DataFrame({"x": WEST_M + x, "y": SOUTH_M + y})
    edges = pd.DataFrame({"u": 0, "v": [1, 2, 3, 4], "key": 0, "name": list("DCBA"), "highway": "residential"})
    roads = from_frames(
        nodes, edges.assign(speed_kph=50.0).set_index(["u", "v", "key"]), crs=CRS, source="made up"
    )  # fmt: skip
    assert called(roads, (0.0, 0.0)) == ["A / B / C"]


def test_five_thousand_points_take_well_under_a_second():
    roads = town(n=30, block_m=200.0)
    points = np.random.default_rng(1).uniform(0, 5.8, (5000, 2))
    began = time.perf_counter()
    said = called(roads, *points)
    assert time.perf_counter() - began < 1.0
    assert len(said) == 5000
    assert all(" / " in name for name in said)
