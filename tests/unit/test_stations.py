import csv
import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from fireplan.errors import FireplanError, InputError, TableError
from fireplan.stations import (
    KINDS,
    complete_units,
    department_crew,
    department_turnout_s,
    read_stations,
    read_units,
    supply,
    type_of_unit,
)
from fireplan.stations._department import other_spelling

HEADER = "station_id,name,latitude,longitude,units"


def saved(tmp_path, *rows, header=HEADER, name="stations.csv"):
    file = tmp_path / name
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file


def faults(file):
    with pytest.raises(TableError) as raised:
        read_stations(file)
    return list(raised.value.faults)


S1, S2 = "S1,North,40.0,-75.0,E1;T1", "S2,South,39.9,-75.1,E2"


def test_stations_and_their_units_are_read(tmp_path):
    stations, units = read_stations(saved(tmp_path, S1, S2))
    assert stations.index.tolist() == ["S1", "S2"]
    assert stations["name"].tolist() == ["North", "South"]
    assert stations["open"].tolist() == [True, True]
    assert stations.geometry.x.tolist() == [-75.0, -75.1]
    assert stations.crs.to_epsg() == 4326
    assert units["station_id"].to_dict() == {"E1": "S1", "T1": "S1", "E2": "S2"}
    assert units["type"].to_dict() == {"E1": "engine", "T1": "truck", "E2": "engine"}
    assert stations.attrs["notes"] == ()


def test_ids_stay_as_they_are_written(tmp_path):
    stations, units = read_stations(saved(tmp_path, "01,A,40,-75,1E1", "1E1,NA,40.1,-75,E007", "NA,B,40.2,-75,"))
    assert stations.index.tolist() == ["01", "1E1", "NA"]
    assert units.index.tolist() == ["1E1", "E007"]


def test_a_byte_order_mark_and_old_encodings_do_no_harm(tmp_path):
    file = tmp_path / "stations.csv"
    file.write_bytes(f"\ufeff{HEADER}\nS1,Cañon,40,-75,E1\n".encode())
    assert read_stations(file)[0]["name"].tolist() == ["Cañon"]
    file.write_bytes(f"{HEADER}\nS1,Cañon,40,-75,E1\n".encode("cp1252"))
    assert read_stations(file)[0]["name"].tolist() == ["Cañon"]


def test_stations_out_of_service_stay_closed(tmp_path):
    rows = [f"S{i},N,40.{i},-75,E{i},{said}" for i, said in enumerate(["yes", "no", "", "FALSE", "1", "closed"])]
    stations, _ = read_stations(saved(tmp_path, *rows, header=HEADER + ",open"))
    assert stations["open"].tolist() == [True, False, True, False, True, False]


def test_whether_a_station_is_open_is_not_guessed(tmp_path):
    assert "'open' of 'S1' is 'maybe'" in faults(saved(tmp_path, S1 + ",maybe", header=HEADER + ",open"))[0]


def test_the_agency_is_kept(tmp_path):
    stations, _ = read_stations(saved(tmp_path, S1 + ",County", header=HEADER + ",agency"))
    assert stations["agency"].tolist() == ["County"]


def test_every_fault_is_told_at_once_with_its_line(tmp_path):
    told = faults(saved(tmp_path, "S1,A,,-75,E1", "S1,B,95,-75,E1", "S3,C,40,x,E3", "S4,D,0,0,E4", ",E,40,-75,E5"))
    assert told == [
        "latitude of 'S1' (line 2) is '': give degrees",
        "latitude of 'S1' (line 3) is 95, beyond 90 degrees: latitude and longitude swapped, or a projected CRS?",
        "longitude of 'S3' (line 4) is 'x': give degrees",
        "'S4' (line 5) lies at (0, 0): it was not geocoded; give its place",
        "station_id is empty in row 5: every station has one",
        "station_id 'S1' appears 2 times: ids must be unique",
    ]


@pytest.mark.parametrize("latitude", ["nan", "inf", "-inf", "1e300", "40,0", "N40", "--"])
def test_a_latitude_that_is_none_is_refused(tmp_path, latitude):
    assert "latitude of 'S1' (line 2)" in faults(saved(tmp_path, f'S1,A,"{latitude}",-75,E1'))[0]


def test_lines_are_counted_as_an_editor_counts_them(tmp_path):
    told = faults(saved(tmp_path, S1, "", 'S2,"Two\nlines",39.9,-75.1,E2', "S3,C,x,-75,E3"))
    assert "(line 6)" in told[0]


@pytest.mark.parametrize("column", ["name", "latitude", "longitude"])
def test_a_missing_column_is_named(tmp_path, column):
    header = HEADER.replace(column, "other")
    assert faults(saved(tmp_path, S1, header=header))[0].startswith(f"column '{column}' is missing; found")


def test_units_may_be_left_out(tmp_path):
    _, units = read_stations(saved(tmp_path, "S1,A,40,-75", header="station_id,name,latitude,longitude"))
    assert len(units) == 0


def test_a_header_that_names_a_column_twice_is_refused(tmp_path):
    with pytest.raises(InputError, match="'latitude' stands more than once"):
        read_stations(saved(tmp_path, S1 + ",41", header=HEADER + ",latitude"))


def test_files_with_nothing_in_them_are_refused(tmp_path):
    with pytest.raises(TableError, match="no stations"):
        read_stations(saved(tmp_path))
    with pytest.raises(InputError, match="is empty"):
        read_stations(saved(tmp_path, header=""))


def test_a_cell_larger_than_csv_can_hold_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read as CSV"):
        read_stations(saved(tmp_path, 'S1,"' + "x" * (csv.field_size_limit() + 1) + '",40,-75,E1'))


@pytest.mark.parametrize(
    ("units", "expected", "note"),
    [
        ("E1;T1;M1", ["E1", "T1", "M1"], None), ("", [], None), ("E1;", ["E1"], None),
        ("E1,T1", ["E1", "T1"], "separated by commas: split"), (" e1 ;; T1;", ["E1", "T1"], "cleaned"),
        ("E1;E1", ["E1"], "named twice on line 2: counted once"),
    ],
)  # fmt: skip
def test_messy_lists_of_units_are_cleaned_and_noted(tmp_path, units, expected, note):
    stations, table = read_stations(saved(tmp_path, f'S1,A,40,-75,"{units}"'))
    assert table.index.tolist() == expected
    notes = stations.attrs["notes"]
    assert (notes == ()) if note is None else any(note in n for n in notes)


def test_a_unit_has_one_home(tmp_path):
    told = faults(saved(tmp_path, S1, "S2,South,39.9,-75.1,e1"))
    assert told == ["unit 'E1' is housed at 'S1' (line 2) and at 'S2' (line 3): a unit has one home"]


def test_stations_at_one_point_are_noted(tmp_path):
    stations, _ = read_stations(saved(tmp_path, S1, "S2,South,40.0,-75.0,E2"))
    assert [n[:12] for n in stations.attrs["notes"]] == ["station 'S1'", "station 'S2'"]


def layer(tmp_path, *features):
    rows = [{"type": "Feature", "properties": p, "geometry": g} for p, g in features]
    file = tmp_path / "stations.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": rows}), encoding="utf-8")
    return file


NORTH = {"station_id": "S1", "name": "North", "units": "E1;T1"}
PLACE = {"type": "Point", "coordinates": [-75.0, 40.0]}


def test_a_layer_is_read_as_a_csv_is(tmp_path):
    stations, units = read_stations(layer(tmp_path, (NORTH | {"open": "no", "agency": "County"}, PLACE)))
    assert stations.loc["S1", ["name", "open", "agency"]].tolist() == ["North", False, "County"]
    assert units.index.tolist() == ["E1", "T1"]


@pytest.mark.parametrize("shut", [False, 0, "no"])
def test_a_layer_says_closed_in_its_own_way(tmp_path, shut):
    assert not read_stations(layer(tmp_path, (NORTH | {"open": shut}, PLACE)))[0]["open"].iloc[0]


def test_other_names_of_columns_are_used_and_noted(tmp_path):
    stations, _ = read_stations(layer(tmp_path, ({"facility_id": "S1", "common_name": "North"}, PLACE)))
    assert stations.index.tolist() == ["S1"]
    assert stations.attrs["notes"] == (
        "column 'facility_id' used as 'station_id'", "column 'common_name' used as 'name'",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("geometry", "told"),
    [
        (None, "has no geometry"), ({"type": "Point", "coordinates": []}, "has no geometry"),
        ({"type": "Point", "coordinates": [0, 0]}, "lies at (0, 0)"),
        ({"type": "Point", "coordinates": [486_000, 4_427_000]}, "beyond 180 degrees"),
    ],
)  # fmt: skip
def test_a_station_without_a_usable_place_is_refused_and_not_dropped(tmp_path, geometry, told):
    file = layer(tmp_path, (NORTH | {"station_id": "S0", "units": ""}, PLACE), (NORTH, geometry))
    assert any(told in fault and "'S1' (feature 2)" in fault for fault in faults(file))


@pytest.mark.parametrize("station_id", [None, "", "  "])
def test_a_station_of_a_layer_has_an_id(tmp_path, station_id):
    assert any("station_id is empty" in f for f in faults(layer(tmp_path, (NORTH | {"station_id": station_id}, PLACE))))


def test_a_footprint_gives_a_point_inside_it_and_a_note(tmp_path):
    shape = shapely.Polygon([(-75, 40), (-74.99, 40), (-74.99, 40.01), (-74.995, 40.001), (-75, 40.01)])
    stations, _ = read_stations(layer(tmp_path, (NORTH, shapely.geometry.mapping(shape))))
    assert shape.contains(stations.geometry.iloc[0])
    assert "1 stations are polygons, not points" in stations.attrs["notes"][0]


def test_height_is_ignored(tmp_path):
    stations, _ = read_stations(layer(tmp_path, (NORTH, {"type": "Point", "coordinates": [-75, 40, 120]})))
    assert not stations.has_z.any()
    assert stations.attrs["notes"] == ()


def test_a_layer_in_another_crs_is_moved_to_wgs84(tmp_path):
    file = tmp_path / "stations.gpkg"
    gpd.GeoDataFrame([NORTH], geometry=gpd.points_from_xy([-75.0], [40.0], crs=4326)).to_crs(32618).to_file(file)
    assert read_stations(file)[0].geometry.iloc[0].distance(shapely.Point(-75, 40)) < 1e-8


@pytest.mark.parametrize(
    ("unit", "kind"),
    [
        ("E1", "engine"), ("ENG12", "engine"), ("T1", "truck"), ("L3", "truck"), ("Q7", "quint"), ("R2", "rescue"),
        ("M1", "ambulance"), ("AMB4", "ambulance"), ("BC1", "battalion"), ("e5", "engine"), (" E9 ", "engine"),
        ("XYZ1", None), ("101", None), ("", None), ("WT1", "tender"),
        ("Engine 4", "engine"), ("Ladder 15", "truck"), ("fire engine", "engine"), ("Pumper", "engine"),
        ("E", "engine"), ("ENG", "engine"), ("Truck", "truck"), ("Medic", "ambulance"), ("BC", "battalion"),
        ("Battalion", "battalion"), ("BC-1", "battalion"), ("M-01", "ambulance"), ("ENGINE_STRUCT", "engine"),
        ("LADDER_QUINT", "quint"), ("Rescue Ambulance 9", "ambulance"), ("Heavy Rescue 1", "rescue"),
        ("Brush Truck 3", "brush"), ("E4A", "engine"), ("OCN E12", "engine"), ("Engine Truck", None),
    ],
)  # fmt: skip
def test_the_letters_of_a_unit_say_what_it_is(unit, kind):
    assert type_of_unit(unit) == kind


def units_of(*ids, **columns):
    return complete_units(pd.DataFrame({"station_id": "S1"} | columns, index=pd.Index(ids, name="unit_id")))


def test_what_is_left_out_is_filled_in():
    full = units_of("E1", "M1", "X1", type=["", None, "other"])
    assert full["crew"].tolist() == [4, 2, 0]
    assert full["turnout_s"].tolist() == [80.0] * 3
    assert full["schedule"].tolist() == ["always"] * 3


def test_what_is_given_is_kept():
    mine = pd.DataFrame(
        {"station_id": "S1", "type": " Engine ", "crew": [3, np.nan], "turnout_s": [np.nan, 60.0]}, index=["A", "B"]
    )
    before = mine.copy()
    full = complete_units(mine)
    assert full[["type", "crew", "turnout_s"]].to_numpy().tolist() == [["engine", 3, 80.0], ["engine", 4, 60.0]]
    pd.testing.assert_frame_equal(mine, before)


def test_a_new_unit_is_as_those_of_its_type():
    units = units_of("E1", "E2", "M1", turnout_s=[80.0, 91.0, 70.0], crew=[3.0, 4.0, 2.0])
    assert [department_turnout_s(units, kind) for kind in ("engine", "Engine", "ambulance", "truck")] == [
        85.5,
        85.5,
        70,
        80,
    ]
    assert [department_crew(units, kind) for kind in ("engine", "ambulance", "truck")] == [3, 2, 4]  # no half people
    assert department_turnout_s(units.iloc[:0], "engine") == 80
    assert department_turnout_s(pd.DataFrame({"station_id": ["S1"]}, index=["E1"]), "engine") == 80  # not completed yet
    for ask in (department_turnout_s, department_crew):
        with pytest.raises(InputError, match="type 'engin' is unknown: did you mean 'engine'"):
            ask(units, "engin")


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Engine 3", "E3"), ("ENG-03", "E3"), ("e3", "E3"), ("E 3", "E3"), ("BC2", "Battalion Chief 2"), ("MDC4", "M4"),
        ("Trk 5", "Truck 5"),
    ],
)  # fmt: skip
def test_one_unit_under_two_spellings_is_found(name, other):
    assert other_spelling(name, ["X1", "E30", "T3", other]) == other
    assert other_spelling(other, ["X1", "E30", "T3", name]) == name


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("E3", "E4"), ("E3", "T3"), ("Ladder 3", "T3"), ("R3", "RA3"), ("BR2", "B2"), ("E-12-2", "E12"),
        ("E-G12", "E12"),
        ("3", "E3"), ("Engine", "E3"), ("Pumper 3", "E3"), ("B2", "D2"),
    ],
)  # fmt: skip
def test_two_units_are_not_taken_for_one(name, other):
    assert other_spelling(name, [other]) is None
    assert other_spelling(other, [name]) is None


def test_the_name_itself_is_no_other_spelling():
    assert other_spelling("E3", ["Engine 3", "E3"]) is None


def test_what_each_unit_brings():
    table = pd.DataFrame(
        supply(units_of("E1", "T1", "Q1", "M1", "BC1", "X1", type=["", "", "", "", "", "utility"])),
        columns=KINDS,
        index=["E1", "T1", "Q1", "M1", "BC1", "X1"],
    )
    assert table["engine"].tolist() == [1, 0, 1, 0, 0, 0]
    assert table["truck"].tolist() == [0, 1, 1, 0, 0, 0]
    assert table["ambulance"].tolist() == [0, 0, 0, 1, 0, 0]
    assert table["people"].tolist() == [4, 4, 4, 0, 1, 0]


def test_units_are_read_with_their_figures(tmp_path):
    file = saved(
        tmp_path, "E1,S1,3,60,", "07,S2,,,Utility",
        header="unit_id,station_id,crew,turnout_s,type", name="units.csv",
    )  # fmt: skip
    units = read_units(file)
    assert units.index.tolist() == ["E1", "07"]
    assert units["crew"].tolist() == [3.0, 0.0]
    assert units["turnout_s"].tolist() == [60.0, 80.0]


@pytest.mark.parametrize(
    ("rows", "header", "told"),
    [
        (["E1,S1,few"], "unit_id,station_id,crew", "'crew' is not a number on line 2"),
        (["E1"], "unit_id", "'station_id' is missing"),
        ([], "unit_id,station_id", "no units"),
        (["E1,S1,Engin"], "unit_id,station_id,type", "unit 'E1': type 'Engin' is unknown: did you mean 'engine'"),
        (["07,S1,"], "unit_id,station_id,type", "unit '07': its id does not say what it is: give its type"),
    ],
)
def test_faulty_units_are_refused(tmp_path, rows, header, told):
    with pytest.raises(FireplanError, match=told):
        read_units(saved(tmp_path, *rows, header=header, name="units.csv"))


def test_what_a_calibration_wrote_down_of_starts_is_read(tmp_path):
    file = tmp_path / "stations.csv"
    head = "station_id,name,latitude,longitude,exit_longitude,exit_latitude,later_s\n"
    file.write_text(head + "S1,One,30.0,-140.0,-140.001,30.001,-2.5\nS2,Two,30.1,-140.0,,,\n", encoding="utf-8")
    stations, _ = read_stations(file)
    assert stations.loc["S1", ["exit_longitude", "exit_latitude", "later_s"]].tolist() == [-140.001, 30.001, -2.5]
    assert stations.loc["S2", ["exit_longitude", "exit_latitude", "later_s"]].isna().all()
    file.write_text(head + "S1,One,30.0,-140.0,west,30.001,soon\n", encoding="utf-8")
    with pytest.raises(TableError, match="'exit_longitude' is not a number on line 2; column 'later_s' is not"):
        read_stations(file)
