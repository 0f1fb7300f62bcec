"""A place exactly at its limit is inside, and one a tenth of a second over is not: exact sums are the oracle."""

import re
from fractions import Fraction
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan import simulation, siting, travel
from fireplan._limits import LEEWAY, last_within
from fireplan.comparison import compare
from fireplan.operations._status.live_cover import CoverNow
from fireplan.roads import from_frames
from fireplan.simulation._simulate._move_policies import reached_zones
from tests.support.how_many import tries

STEP_DEG = 0.0002
SHORTEST = 300
"""Limits shorter than this are taken for minutes. [0.1 s]"""
SIDE = 6
SOURCE = Path(fp.__file__).parent


def chain(n, tenths):
    """A street of so many blocks, each driven in the same time; a station at its beginning, a zone at every corner."""
    return town(nx.path_graph(n + 1), dict.fromkeys(nx.path_graph(n + 1).edges, tenths), homes={"S1": 0})


def town(graph, tenths, *, homes, turnout_s=61.3):
    """Streets of so many tenths of a second between numbered corners; zones of one person at every corner."""
    corners = list(graph.nodes)
    xy = np.array([(-140.0 + STEP_DEG * (i % SIDE), 30.0 + STEP_DEG * (i // SIDE)) for i in corners])
    nodes = pd.DataFrame({"x": xy[:, 0], "y": xy[:, 1]}, index=pd.Index(corners, name="osmid"))
    rows = [(u, v, t / 10) for (u, v), t in tenths.items()]
    edges = pd.DataFrame([*rows, *((v, u, s) for u, v, s in rows)], columns=["u", "v", "travel_time"])
    edges = edges.assign(key=0, highway="residential").set_index(["u", "v", "key"])
    points = [shapely.Point(p) for p in xy]
    zones = gpd.GeoDataFrame(
        {"population": 1}, geometry=points, crs=4326, index=pd.Index([f"Z{i}" for i in corners], name="zone_id")
    )
    stations = gpd.GeoDataFrame(
        {"name": list(homes)}, geometry=[points[c] for c in homes.values()], crs=4326,
        index=pd.Index(list(homes), name="station_id"),
    )  # fmt: skip
    units = pd.DataFrame(
        {"type": "engine", "station_id": list(homes), "turnout_s": turnout_s},
        index=pd.Index([f"E{h}" for h in homes], name="unit_id"),
    )
    return fp.Scenario(from_frames(nodes, edges, crs=4326), stations, units, zones, name="exact")


def exact(graph, tenths, sources):
    """Whole tenths of a second from the nearest source to every corner."""
    nx.set_edge_attributes(graph, tenths, "tenths")
    found = nx.multi_source_dijkstra_path_length(graph, set(sources), weight="tenths")
    return np.array([found[i] for i in graph.nodes])


def first(limit_s, interval="travel_s", **more):
    return fp.standards.Standard("own", "Own", (fp.Objective("first", "First engine", limit_s, interval, **more),))


@st.composite
def towns(draw):
    """A grid of streets, each of so many tenths of a second."""
    graph = nx.convert_node_labels_to_integers(nx.grid_2d_graph(SIDE, SIDE))
    times = st.sampled_from([241, 117, 83, 199, 7, 301]) if draw(st.booleans()) else st.integers(7, 400)
    tenths = {edge: draw(times) for edge in graph.edges}
    corners = draw(st.lists(st.integers(0, SIDE**2 - 1), min_size=3, max_size=4, unique=True))
    place = draw(st.integers(0, SIDE**2 - 1))
    return graph, tenths, corners, place


def test_nine_streets_of_24_1_seconds_are_216_9():
    street = chain(9, 241)
    found = fp.assess(street, standard=first(216.9)).zones
    assert found["first_within"].all()
    assert fp.assess(street, standard=first(216.8)).zones["first_within"].sum() == 9
    assert fp.travel_times(street, cutoff_s=216.9).isel(station_id=0).to_numpy().max() < 217
    assert np.isinf(fp.travel_times(street, cutoff_s=216.8).isel(station_id=0).to_numpy()[-1])


@pytest.mark.parametrize("limit_s", [1.0, 60.0, 216.9, 240.0, 390.0, 3600.0, 7200.0])
def test_the_leeway_is_that_of_rounding_and_far_below_a_tenth_of_a_second(limit_s):
    latest = last_within(limit_s)
    assert float(np.float32(latest)) == latest > limit_s
    assert latest - limit_s < 0.005
    assert latest - limit_s <= 1.1 * LEEWAY * limit_s
    # Four roundings, each of at most one part in 2^24, are always inside it.
    assert limit_s * (1 + 4 * 2.0**-24) <= latest


def test_without_a_limit_there_is_none():
    assert last_within(np.inf) == np.inf
    assert np.isnan(last_within(np.nan))


@given(towns(), st.sampled_from([0, 613]))
@settings(max_examples=tries(25), deadline=None)
def test_who_is_at_the_limit_is_inside_by_every_engine(drawn, turnout):
    graph, tenths, corners, place = drawn
    homes = {f"S{i}": c for i, c in enumerate(corners[:2])}
    scenario = town(graph, tenths, homes=homes)
    arrives = exact(graph, tenths, homes.values()) + turnout
    limit = max(int(arrives[place]), turnout + SHORTEST)
    interval = "turnout_and_travel_s" if turnout else "travel_s"
    for tenth in (limit, limit - 1 if limit > turnout + SHORTEST else limit + 1):
        limit_s, inside = tenth / 10, arrives <= tenth
        assessed = fp.assess(scenario, standard=first(limit_s, interval))
        np.testing.assert_array_equal(assessed.zones["first_within"], inside)
        row = assessed.summary().reset_index()
        assert row.loc[row["measure"] == "population", "within"].tolist() == [inside.sum()]
        cover = CoverNow(scenario, standard=first(limit_s, interval))
        np.testing.assert_array_equal(cover.within(), inside)
        if not turnout:
            times = fp.travel_times(scenario, cutoff_s=limit_s).min("station_id").to_numpy()
            np.testing.assert_array_equal(np.isfinite(times), inside)


@given(towns())
@settings(max_examples=tries(15), deadline=None)
def test_what_siting_counts_is_what_assessing_its_plan_finds(drawn):
    graph, tenths, corners, place = drawn
    scenario = town(graph, tenths, homes={"S1": corners[0]})
    sites = gpd.GeoSeries(
        scenario.zones.geometry.iloc[corners[1:]].to_numpy(), crs=4326, index=[f"C{c}" for c in corners[1:]]
    )
    limit = max(SHORTEST, int(exact(graph, tenths, corners[1:2])[place]))
    for interval, turnout in (("travel_s", 0), ("turnout_and_travel_s", 613)):
        limit_s = (limit + turnout) / 10
        reached = {c: exact(graph, tenths, [corners[0], c]) <= limit for c in corners[1:]}
        rules = siting.Rules(interval=interval)
        found = siting.max_coverage(
            scenario, stations=1, within_s=limit_s, candidates=sites, weight="population", rules=rules
        )
        assert found.objective == max(r.sum() for r in reached.values())
        after = scenario.apply(*found.plan)
        assert fp.assess(after, standard=first(limit_s, interval)).zones["first_within"].sum() == found.objective
    near = travel.candidate_times(scenario, sites, cutoff_s=limit / 10)
    for c, begin, end in zip(corners[1:], near.start[:-1], near.start[1:], strict=True):
        np.testing.assert_array_equal(
            np.sort(near.place[begin:end]), np.flatnonzero(exact(graph, tenths, [c]) <= limit)
        )


@given(towns())
@settings(max_examples=tries(15), deadline=None)
def test_what_is_followed_is_what_is_found_afresh(drawn):
    graph, tenths, corners, place = drawn
    scenario = town(graph, tenths, homes={"S1": corners[0], "S2": corners[1]})
    new = exact(graph, tenths, [corners[1], corners[2]])
    limit = max(SHORTEST, int(new[place]))
    point = scenario.zones.geometry.iloc[corners[2]]
    change = (fp.CloseStation("S1"), fp.OpenStation("S3", at=(point.x, point.y), units=("E3",)))
    fp.assess(scenario, standard=first(limit / 10)).summary()
    after = scenario.apply(*change, name="after")
    beside = compare(scenario, after, standard=first(limit / 10)).summary().reset_index()
    row = beside[(beside["scenario"] == "after") & (beside["measure"] == "population")]
    assert row["within"].tolist() == [(new <= limit).sum()]
    afresh = town(graph, tenths, homes={"S2": corners[1], "S3": corners[2]})
    np.testing.assert_array_equal(
        fp.assess(after, standard=first(limit / 10)).zones["first_within"],
        fp.assess(afresh, standard=first(limit / 10)).zones["first_within"],
    )


def test_ground_exactly_at_the_limit_is_inside_the_isochrone():
    street = chain(5, 241)
    at_end = street.zones.geometry.iloc[-1]
    for exact_ in (False, True):
        ground = fp.isochrones(street, within_s=[120.5], exact=exact_).to_crs(4326).geometry.iloc[0]
        assert ground.intersects(at_end), exact_


def test_moving_up_weighs_what_an_assessment_counts():
    street = chain(9, 241)
    reached, _ = reached_zones(
        street, first(216.9 + 61.3, "turnout_and_travel_s").objectives[0], turnout_s=np.array([61.3]), processing_s=0.0
    )
    assert reached.all()
    assert simulation is not None


def test_times_observed_are_held_to_it_likewise():
    # Stamps are whole microseconds: their differences are as near to what was written as a number can be.
    tenths = [Fraction(t, 10) for t in (2168, 2169, 2170)]
    assert [float(t) <= last_within(216.9) for t in tenths] == [True, True, False]


def test_a_time_within_its_limit_is_never_said_to_be_over_it():
    at_the_limit = float(np.float32(240.00002))
    assert at_the_limit > 240
    assert fp.wording.clock(at_the_limit, limit_s=240) == "4:00"
    assert fp.wording.percentile(at_the_limit) == "4:00"
    assert fp.wording.clock(240.01, limit_s=240) == fp.wording.percentile(240.01) == "4:01"


def test_nothing_is_held_to_a_bare_limit():
    bare = re.compile(r"(?:<=?|>=?) (?:[\w.]+\.)?(?:limit_s|within_s)\b(?! *<)")
    allowed = re.compile(r"0 <|time_limit_s|_kernel|added_s\.|in_time = farthest")
    found = [
        f"{path.relative_to(SOURCE)}: {line.strip()}"
        for path in SOURCE.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if bare.search(line) and not allowed.search(line) and "_kernel" not in path.parts
    ]
    assert found == []
