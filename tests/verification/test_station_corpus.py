"""The shared corpus of faulty station files: each file gets its verdict."""

import time
from itertools import pairwise

import geopandas as gpd
import pandas as pd
import pytest
from corpus import corpus_cases

from fireplan import Scenario, roads, travel
from fireplan.errors import FireplanError
from fireplan.stations import read_stations

NEED_ROADS = {
    # whether a station lies by a freeway, across a river or on an island only a road network can tell
    "stations/near_freeway.csv",
    "stations/wrong_side_of_river.csv",
    "stations/in_island_component.csv",
}


@pytest.mark.corpus
def test_the_corpus_of_stations_is_here(shared_corpus):
    assert len(corpus_cases("stations")) >= 24
    assert {row["file"] for row in corpus_cases("stations")} == {
        f"stations/{file.name}" for file in (shared_corpus / "stations").iterdir()
    }


@pytest.mark.corpus
@pytest.mark.parametrize("case", corpus_cases("stations"), ids=lambda case: case["file"])
def test_station_file_gets_its_verdict(case, shared_corpus):
    began = time.perf_counter()
    try:
        stations, units = read_stations(shared_corpus / case["file"])
    except FireplanError as error:
        verdict, told = "ERROR", str(error)
    else:
        told = "\n".join(stations.attrs["notes"])
        verdict = "REPAIR" if told else "ACCEPT"
        assert case["rows_in"] in {"-", str(len(stations))}
        assert units["station_id"].isin(stations.index).all()
        assert stations.geometry.geom_type.eq("Point").all()
    assert time.perf_counter() - began < 2
    if case["file"] in NEED_ROADS:
        assert verdict == "ACCEPT"
        return
    assert verdict == case["verdict"], told
    for token in filter(None, case["must_mention"].split(";")):
        assert token.casefold() in told.casefold()


def planned(file, streets):
    """Stations of a file on hand-made streets: (name, class, places along it)."""
    nodes, edges = {}, []
    for name, highway, path in streets:
        ids = [nodes.setdefault(place, len(nodes)) for place in path]
        for u, v in pairwise(ids):
            edges += [(u, v, name, highway), (v, u, name, highway)]
    network = roads.from_frames(
        pd.DataFrame(list(nodes), columns=["x", "y"]),
        pd.DataFrame(edges, columns=["u", "v", "name", "highway"]),
        crs=4326,
    )
    stations, units = read_stations(file)
    zones = gpd.GeoDataFrame(geometry=stations.geometry.iloc[:1], crs=4326).rename_axis("zone_id")
    return Scenario(network, stations, units, zones)


@pytest.mark.corpus
def test_a_station_by_a_freeway_is_put_on_another_street_and_both_distances_are_shown(shared_corpus):
    plan = planned(
        shared_corpus / "stations" / "near_freeway.csv",
        [
            ("Expressway", "motorway", [(-75.1601, 39.955), (-75.1601, 39.965)]),
            ("Front Street", "residential", [(-75.1606, 39.955), (-75.1606, 39.971), (-75.141, 39.971)]),
            ("High Street", "residential", [(-75.141, 39.971), (-75.201, 39.931)]),
        ],
    )
    notes = travel.station_notes(plan)
    assert len(notes) == 1
    for token in ("S1", "snap", "51 m", "9 m", "'Front Street'", "'Expressway'", "freeway"):
        assert token in notes[0]


@pytest.mark.corpus
def test_a_station_across_the_river_is_named_with_its_distance_and_street(shared_corpus):
    plan = planned(
        shared_corpus / "stations" / "wrong_side_of_river.csv",
        [
            ("Quay", "residential", [(-75.1405, 39.940), (-75.1405, 39.951)]),
            ("High Street", "residential", [(-75.1405, 39.951), (-75.161, 39.951), (-75.201, 39.931)]),
        ],
    )
    notes = travel.station_notes(plan)
    assert len(notes) == 1
    for token in ("S2", "snap", "85 m", "'Quay'"):
        assert token in notes[0]


@pytest.mark.corpus
def test_a_station_on_an_island_is_told_by_name(shared_corpus):
    main = [(-75.161 + i / 1000, 39.951) for i in range(60)]
    plan = planned(
        shared_corpus / "stations" / "in_island_component.csv",
        [
            ("High Street", "residential", [*main, (-75.141, 39.971)]),
            ("Island Lane", "residential", [(-75.110, 39.9895), (-75.110, 39.9905)]),
        ],
    )
    notes = [note for note in travel.station_notes(plan) if "part" in note]
    assert len(notes) == 1
    for token in ("'S3'", "reaches nothing else", "check its place"):
        assert token in notes[0]
