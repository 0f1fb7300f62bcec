"""Stations and units out of a department's record in NERIS."""

import copy
import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan.errors import FireplanError, InputError, TableError
from fireplan.stations import read_neris_entity, supply, unit_type
from fireplan.stations._apparatus import KINDS, neris_unit_types, unit_types

ENTITY = json.loads((Path(__file__).parents[1] / "data" / "cases" / "neris_entity.json").read_text(encoding="utf-8"))


def read(content, tmp_path):
    path = tmp_path / "entity.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_neris_entity(path)


def changed(**places):
    """Change the record: keys are paths with two underscores between the parts."""
    entity = copy.deepcopy(ENTITY)
    for path, value in places.items():
        *way, last = [int(part) if part.isdigit() else part for part in path.split("__")]
        node = entity
        for part in way:
            node = node[part]
        node[last] = value
    return entity


def test_stations_units_zone_and_agreements(tmp_path):
    stations, units = read(ENTITY, tmp_path)
    assert stations.index.tolist() == ["1", "2"]
    assert stations["name"].tolist() == ["Headquarters", "Station 2"]
    assert (stations.geometry["1"].x, stations.geometry["1"].y) == (-140.0, 30.0)
    assert stations.attrs["timezone"] == "America/New_York"
    assert stations.attrs["aid_agreements"] == (("FD24027001", "AUTOMATIC"), ("FD24027002", "MUTUAL"))
    assert units["type"].to_dict() == {
        "E1": "engine", "Q1": "quint", "B1": "other", "M2": "ambulance", "FD24027000S002U002": "battalion",
        "E2": "engine", "T2": "truck",
    }  # fmt: skip
    assert units["station_id"].to_dict() == dict.fromkeys(["E1", "Q1", "B1"], "1") | dict.fromkeys(
        ["M2", "FD24027000S002U002", "E2", "T2"], "2"
    )
    assert units.loc["E1", ["crew", "turnout_s", "neris_type"]].tolist() == [4, 80, "ENGINE_STRUCT"]
    text = stations.to_csv() + units.to_csv() + str(stations.attrs)
    assert "Elm" not in text
    town = fp.examples.line_town()
    scenario = fp.Scenario(town.roads, stations, units, town.zones, snap_limit_m=500_000)
    assert len(scenario.units) == 7


def test_one_crew_is_counted_once_and_said(tmp_path):
    stations, units = read(ENTITY, tmp_path)
    assert units["crew"].to_dict() == {
        "E1": 4, "Q1": 0, "B1": 0, "M2": 2, "FD24027000S002U002": 1, "E2": 3, "T2": 4,
    }  # fmt: skip
    assert any(
        "Q1, B1 share a crew; its people are counted once, with its dedicated units" in n
        for n in stations.attrs["notes"]
    )
    shared = {f"stations__0__units__{n}__dedicated_staffing": False for n in range(3)}
    stations, units = read(changed(**shared, stations__0__units__2__staffing=9), tmp_path)
    assert units.loc[["E1", "Q1", "B1"], "crew"].tolist() == [4, 0, 0]
    assert any("with E1" in note for note in stations.attrs["notes"])
    alone = changed(stations__0__units=[ENTITY["stations"][0]["units"][1]])
    stations, units = read(alone, tmp_path)
    assert units.loc["Q1", "crew"] == 4
    assert not any("share a crew" in note for note in stations.attrs["notes"])


def test_all_kinds_of_unit_have_a_type_and_a_new_one_counts_as_nothing(tmp_path):
    kinds = neris_unit_types()
    assert len(kinds) == 49
    assert set(kinds.values()) <= set(unit_types().values())
    assert all(unit_type(kind) == kinds[kind] for kind in kinds)
    units = [
        {"type": kind, "staffing": 3, "cad_designation_1": f"X{n}"} for n, kind in enumerate([*kinds, "HOVERCRAFT"])
    ]
    stations, table = read(changed(stations__1__units=units), tmp_path)
    assert table.loc["X0":, "neris_type"].tolist() == [*kinds, "HOVERCRAFT"]
    assert table.loc["X49", "type"] == "other"
    assert any("count as nothing: X49 ('HOVERCRAFT')" in note for note in stations.attrs["notes"])
    brings = supply(table)[table.index.get_indexer(["X49"])[0]]
    assert brings.tolist() == [0.0] * len(KINDS)


FAULTS = {
    "link": ({"stations__0__location": "https://example.org/1"}, "location of '1' .station 1 of the list. is a link"),
    "no place": ({"stations__0__location": None}, "is missing or no point: write its point"),
    "swapped": (
        {"stations__0__location": {"geometry": {"type": "Point", "coordinates": [30.0, -140.0]}}}, "beyond 90 degrees",
    ),
    "zero": ({"stations__0__location": {"geometry": {"type": "Point", "coordinates": [0, 0]}}}, "lies at .0, 0."),
    "grid": (
        {"stations__0__location": {"crs": 2263, "geometry": {"type": "Point", "coordinates": [1, 2]}}}, "crs '2263'",
    ),
    "no id": ({"stations__0__station_id": "", "stations__0__neris_id": None}, "station_id is empty in row 1"),
    "id twice": ({"stations__1__station_id": "1"}, "station_id '1' appears 2 times"),
    "two homes": ({"stations__1__units__0__cad_designation_1": "E1"}, "unit 'E1' is housed at '1'.* and at '2'"),
    "no object": ({"stations__0": 3}, "station 1 of the list is no object"),
    "unit no object": ({"stations__0__units__0": 3}, "unit 1 of station '1' is no object"),
    "unit without id": ({"stations__0__units__0": {"type": "CREW"}}, "has no cad_designation_1 and no neris_id"),
    "crew below zero": ({"stations__0__units__0__staffing": -1}, "staffing of unit 1 of station '1' is -1"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_wrong_with_a_station_or_unit_is_said(fault, tmp_path):
    changes, words = FAULTS[fault]
    with pytest.raises(TableError, match=words):
        read(changed(**changes), tmp_path)


def test_all_faults_are_named_together(tmp_path):
    places = changed(stations__0__location=None, stations__1__location="x", stations__0__units__0=None)
    with pytest.raises(TableError, match="3 faults"):
        read(places, tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[]", "holds no department"),
        ("3", "holds no department"),
        ({"name": "x"}, "lists no stations"),
        ([ENTITY, ENTITY], "holds 2 departments"),
        ('{"stations": [', "is not whole JSON"),
        ('{"stations": 1, "stations": 2}', "key 'stations' stands twice"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_record_is_refused(content, words, tmp_path):
    with pytest.raises(InputError, match=words):
        read(content, tmp_path)
    assert len(read({"entities": [ENTITY]}, tmp_path)[0]) == len(read([ENTITY], tmp_path)[0]) == 2


VALUES = st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=3) | st.just([]) | st.just({})


@settings(max_examples=tries(150), deadline=None)
@given(st.data())
def test_any_change_of_a_record_ends_in_an_error_or_in_tables(data):
    entity = copy.deepcopy(ENTITY)
    for _ in range(data.draw(st.integers(1, 3))):
        node = entity
        while True:
            keys = sorted(node) if isinstance(node, dict) else range(len(node))
            if not keys:
                break
            key = data.draw(st.sampled_from(keys))
            if isinstance(node[key], dict | list) and node[key] and data.draw(st.booleans()):
                node = node[key]
                continue
            node[key] = data.draw(VALUES)
            break
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "entity.json"
        path.write_text(json.dumps(entity), encoding="utf-8")
        try:
            stations, units = read_neris_entity(path)
        except FireplanError as error:
            words = str(error)
        else:
            words = "read"
            assert len(stations) == len(entity["stations"])
            assert units["station_id"].isin(stations.index).all()
            assert (units["crew"] >= 0).all()
            assert np.isfinite(stations.geometry.x).all()
        assert words
