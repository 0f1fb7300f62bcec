"""Stations and units as offices keep them: every format, every spelling, and what is asked back."""

import contextlib
import io
import json
import random
import sqlite3
import struct
import time
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
import xlsxwriter
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st

from fireplan._geofiles import column_names, office_tables, read_office_table, read_vector
from fireplan.errors import FireplanError, InputError, TableError
from fireplan.stations import read_stations, read_units

CASES = Path(__file__).parents[1] / "data" / "cases"
ROWS = [("1", "Station 1", 40.0, -75.0, "E1;T1"), ("2", "Station 2", 39.9, -75.1, "E2")]
HEADER = ("station_id", "name", "latitude", "longitude", "units")


def frame(**renamed):
    return pd.DataFrame(ROWS, columns=HEADER).rename(columns=renamed)


def layer_of(crs="EPSG:4326", **renamed):
    table = frame(**renamed)
    points = gpd.points_from_xy([r[3] for r in ROWS], [r[2] for r in ROWS], crs=4326)
    return gpd.GeoDataFrame(table.drop(columns=["latitude", "longitude"]), geometry=points).to_crs(crs)


def workbook(file, sheets):
    with xlsxwriter.Workbook(str(file)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                sheet.write_row(i, 0, row)
    return file


def ods(file, rows, more=""):
    def cell(value):
        number = isinstance(value, int | float)
        kind = f'office:value-type="float" office:value="{value}"' if number else 'office:value-type="string"'
        return f"<table:table-cell {kind}><text:p>{value}</text:p></table:table-cell>"

    body = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in rows) + more
    spaces = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="Sheet1">{body}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        packed.writestr("META-INF/manifest.xml", "<manifest/>")
        packed.writestr("content.xml", content)
    return file


def zipped_shapefile(folder, file):
    layer_of(crs="EPSG:2272").to_file(folder / "FireStations.shp")
    with zipfile.ZipFile(file, "w") as packed:
        for part in folder.glob("FireStations.*"):
            packed.write(part, f"gis/{part.name}")
    return file


def geodatabase(file):
    layer_of().to_file(file, driver="OpenFileGDB", layer="stations")
    return file


def sqlite_url(file):
    with sqlite3.connect(file) as base:
        frame().to_sql("stations", base, index=False)
    base.close()
    return f"sqlite:///{file}#stations"


def made(kind, folder):  # noqa: C901 - a kind of file each
    """The two stations as one kind of file, or whatever else is read."""
    file = folder / f"stations.{kind}"
    numbers = [HEADER, *[(int(r[0]), *r[1:]) for r in ROWS]]
    match kind:
        case "csv" | "tsv" | "txt":
            frame().to_csv(file, index=False, sep={"csv": ",", "tsv": "\t", "txt": "|"}[kind])
        case "xlsx":
            workbook(file, {"Stations": numbers})
        case "ods":
            ods(file, numbers)
        case "gpkg" | "shp" | "geojson" | "fgb":
            layer_of().to_file(file)
        case "kml":
            layer_of(name="Name").to_file(file, driver="KML")
        case "gdb":
            geodatabase(file)
        case "zip":
            zipped_shapefile(folder, file)
        case "geoparquet":
            layer_of().to_parquet(file)
        case "parquet":
            frame().to_parquet(file)
        case "sql":
            return sqlite_url(folder / "city.db")
        case "frame":
            return frame()
        case "geoframe":
            return layer_of(crs="EPSG:32618").set_index("station_id")
    return file


KINDS = (
    "csv", "tsv", "txt", "xlsx", "ods", "gpkg", "shp", "geojson", "fgb", "kml", "gdb", "zip", "geoparquet", "parquet",
    "sql", "frame", "geoframe",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_stations_come_out_of_every_kind_of_file(tmp_path, kind):
    stations, units = read_stations(made(kind, tmp_path))
    assert stations.index.tolist() == ["1", "2"]
    assert stations["name"].tolist() == ["Station 1", "Station 2"]
    assert shapely.distance(stations.geometry.array, shapely.points([(-75, 40), (-75.1, 39.9)])).max() < 1e-6
    assert units["station_id"].to_dict() == {"E1": "1", "T1": "1", "E2": "2"}
    assert stations.attrs["notes"] == ()


@pytest.mark.parametrize("kind", ["xlsx", "ods", "gpkg"])
def test_ids_that_are_numbers_have_no_point(tmp_path, kind):
    file = tmp_path / f"stations.{kind}"
    rows = [HEADER, (1.0, 7, 40, -75, ""), (2.0, 8, 39.9, -75.1, "")]
    if kind == "gpkg":
        layer_of().assign(station_id=[1.0, 2.0], name=[7, 8]).to_file(file)
    else:
        (workbook(file, {"S": rows}) if kind == "xlsx" else ods(file, rows))
    stations, _ = read_stations(file)
    assert (stations.index.tolist(), stations["name"].tolist()) == (["1", "2"], ["7", "8"])


def saved(folder, text, name="stations.csv"):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("header", "notes"),
    [
        ("Station ID,NAME,LATITUDE,Longitude", 0), ("STATION-ID,Name,latitude,LONGITUDE", 0),
        ("Station #,Station Name,Lat,Lon", 4), ("FACILITYID,FACNAME,Y,X", 4),
        ("station_no,common_name,POINT_Y,POINT_X", 4),
        ("Fire Station #,FDNAME,Lat,Long", 4), ("Fire Station,Label,GPS Lat,GPS Lon", 4),
    ],
)  # fmt: skip
def test_headers_are_known_in_any_spelling(tmp_path, header, notes):
    stations, _ = read_stations(saved(tmp_path, f"{header}\n7,North,40,-75\n"))
    assert stations.loc["7", "name"] == "North"
    assert stations.geometry.iloc[0] == shapely.Point(-75, 40)
    assert len(stations.attrs["notes"]) == notes
    assert all(" used as '" in note for note in stations.attrs["notes"])


def test_two_names_for_one_column_are_a_question(tmp_path):
    file = saved(tmp_path, "FACILITYID,STATION_NO,name,lat,lon\nA,7,North,40,-75\nB,8,South,39,-75\n")
    with pytest.raises(TableError, match=r"'station_id' may be 'FACILITYID' or 'STATION_NO': say which, with columns="):
        read_stations(file)
    assert read_stations(file, columns={"station_id": "STATION_NO"})[0].index.tolist() == ["7", "8"]


def test_two_names_with_one_content_or_one_of_them_blank_are_no_question(tmp_path):
    file = saved(tmp_path, "FACILITYID,STATION_NO,Station Code,name,lat,lon\n7,7,,North,40,-75\n8,8,,South,39,-75\n")
    assert read_stations(file)[0].index.tolist() == ["7", "8"]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"station": "FACILITYID"}, "stations have no column 'station': did you mean 'station_id'"),
        ({"station_id": "FACILITY"}, "no column 'FACILITY' to take for 'station_id': did you mean 'FACILITYID'"),
    ],
)
def test_a_name_given_that_is_not_there_is_refused(tmp_path, columns, told):
    with pytest.raises(TableError, match=told):
        read_stations(saved(tmp_path, "FACILITYID,name,lat,lon\nA,North,40,-75\n"), columns=columns)


def test_numbers_serve_as_names_where_there_are_none(tmp_path):
    stations, _ = read_stations(saved(tmp_path, "Station #,lat,lon\n7,40,-75\n12,39,-75\n"))
    assert stations["name"].to_dict() == {"7": "Station 7", "12": "Station 12"}
    assert any("stations are called by 'Station #', as 'Station 7'" in n for n in stations.attrs["notes"])
    assert read_stations(saved(tmp_path, "FACILITYID,lat,lon\nA7,40,-75\n"))[0]["name"].to_dict() == {"A7": "A7"}
    with pytest.raises(TableError, match="'name' is missing"):
        read_stations(saved(tmp_path, "station_id,lat,lon\nA7,40,-75\n"))


def test_a_value_that_is_a_known_word_makes_no_header(tmp_path):
    file = saved(tmp_path, "Kennung,Wache,Zustand,Breite,Laenge\n1,Nord,Active,40,-75\n2,Sued,Active,39,-75\n")
    told = {"station_id": "Kennung", "name": "Wache", "latitude": "Breite", "longitude": "Laenge"}
    stations, _ = read_stations(file, columns=told)
    assert stations["name"].tolist() == ["Nord", "Sued"]
    assert stations.attrs["notes"] == ()


def test_a_workbook_that_swells_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", " " * 2**24)
    with pytest.raises(InputError, match="unpacks to over 100 times"):
        read_stations(tmp_path / "a.xlsx")


def xlsb(file, rows):
    """Write the few records of which a binary workbook needs most: number, length, content."""

    def number(n):
        return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + number(n >> 7)

    def record(kind, content=b""):
        return number(kind) + number(len(content)) + content

    def wide(text):
        return struct.pack("<I", len(text)) + text.encode("utf-16le")

    def cell(column, value):
        head = struct.pack("<II", column, 0)
        return record(6, head + wide(value)) if isinstance(value, str) else record(5, head + struct.pack("<d", value))

    body = b"".join(
        record(0, struct.pack("<I", n) + bytes(13)) + b"".join(cell(c, v) for c, v in cells.items())
        for n, cells in rows.items()
    )
    book = record(131) + record(143) + record(156, struct.pack("<II", 0, 1) + wide("r1") + wide("Stations"))
    to_sheet = '<Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.bin"/>'
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.bin", book + record(144) + record(132))
        packed.writestr("xl/_rels/workbook.bin.rels", f"<Relationships>{to_sheet}</Relationships>")
        packed.writestr(
            "xl/worksheets/sheet1.bin",
            record(129) + record(148, struct.pack("<4I", 0, max(rows), 0, 20)) + record(145) + body + record(146),
        )
    return file


IN_ROWS = {n: dict(enumerate(row)) for n, row in enumerate([HEADER, *ROWS])}


def test_a_binary_workbook_is_read(tmp_path):
    stations, units = read_stations(xlsb(tmp_path / "a.xlsb", IN_ROWS))
    assert stations["name"].to_dict() == {"1": "Station 1", "2": "Station 2"}
    assert units.index.tolist() == ["E1", "T1", "E2"]


def test_an_old_workbook_gives_stations_the_rows_of_its_csv():
    rows = read_office_table(CASES / "second_resolution.xls", what="file", table="units", layer="Calls").rows
    was = read_office_table(CASES / "second_resolution.csv", what="file", table="units").rows
    assert rows.columns.tolist() == was.columns.tolist()
    assert rows["unit_id"].tolist() == was["unit_id"].tolist()
    assert len(rows) > 10


FAR = {1_048_575: {16_383: "x"}}


def of_xlsx(file):
    with xlsxwriter.Workbook(str(file)) as book:
        sheet = book.add_worksheet("S")
        for n, cells in (IN_ROWS | FAR).items():
            for column, value in cells.items():
                sheet.write(n, column, value)
    return file


def of_ods(file):
    cells = "<table:table-cell><text:p>x</text:p></table:table-cell>" * 90
    row = f'<table:table-row table:number-rows-repeated="900000">{cells}</table:table-row>'
    return ods(file, [HEADER, *ROWS], more=row)


def of_xls(file):
    """Lead each chain of sectors of an old workbook back to where it began."""
    data = bytearray((CASES / "second_resolution.xls").read_bytes())
    chains = 512 * (1 + int.from_bytes(data[76:80], "little"))
    data[chains : chains + 512] = struct.pack("<128I", *[0] * 128)
    file.write_bytes(bytes(data))
    return file


@pytest.mark.parametrize(
    ("ending", "made_so", "match"),
    [
        ("xlsx", of_xlsx, "as far out as row 1,048,576 and column 16,384"),
        ("xlsb", lambda file: xlsb(file, IN_ROWS | FAR), "as far out as row 1,048,576 and column 16,384"),
        ("ods", of_ods, "cells that are repeated very often"),
        ("xls", of_xls, "is a damaged workbook"),
    ],
)
def test_a_small_workbook_that_would_fill_the_memory_is_refused_at_once(tmp_path, ending, made_so, match):
    file = made_so(tmp_path / f"a.{ending}")
    assert file.stat().st_size < 20_000
    started = time.perf_counter()
    with pytest.raises(InputError, match=match):
        read_stations(file)
    assert time.perf_counter() - started < 2


def test_hidden_rows_of_a_workbook_are_read_and_told(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        sheet = book.add_worksheet("S")
        for n, row in enumerate([HEADER, *ROWS]):
            sheet.write_row(n, 0, row)
        sheet.set_row(2, None, None, {"hidden": True})
    stations, _ = read_stations(tmp_path / "a.xlsx")
    assert len(stations) == 2
    assert "row 3: hidden in the workbook, and read like the others" in stations.attrs["notes"]


def test_a_named_sheet_is_read_whatever_is_wrong_with_the_others(tmp_path):
    with xlsxwriter.Workbook(str(tmp_path / "a.xlsx")) as book:
        book.add_worksheet("Far").write(1_048_575, 16_383, "x")
        sheet = book.add_worksheet("S")
        for n, row in enumerate([HEADER, *ROWS]):
            sheet.write_row(n, 0, row)
    assert len(read_stations(f"{tmp_path / 'a.xlsx'}#S")[0]) == 2


def test_names_serve_as_ids_where_there_are_none(tmp_path):
    stations, _ = read_stations(saved(tmp_path, "name,lat,lon\nNorth,40,-75\nSouth,39,-75\n"))
    assert stations.index.tolist() == ["North", "South"]
    assert "there is no column of ids: 'name' serves as 'station_id'" in stations.attrs["notes"]
    with pytest.raises(TableError, match="'station_id' is missing"):
        read_stations(saved(tmp_path, "name,lat,lon\nNorth,40,-75\nNorth,39,-75\n"))


@pytest.mark.parametrize(
    ("header", "row"),
    [("x,y", "6011234,2110345"), ("latitude,longitude", "2110345.5,6011234.1"), ("Easting,Northing", "551000,4180000")],
)
def test_projected_coordinates_are_refused_with_the_mend(tmp_path, header, row):
    with pytest.raises(TableError, match=r"coordinates are projected, such as .* of 'A' \(line 2\).*crs='EPSG") as told:
        read_stations(saved(tmp_path, f"station_id,name,{header}\nA,North,{row}\nB,South,{row}\n"))
    assert len(told.value.faults) == 1


def test_a_crs_that_is_named_moves_them(tmp_path):
    file = saved(tmp_path, "station_id,name,x,y\nA,North,500000,4427757.22\n")
    point = read_stations(file, crs="EPSG:32618")[0].geometry.iloc[0]
    assert point.distance(shapely.Point(-75, 40)) < 1e-4
    with pytest.raises(InputError, match="crs 'EPSG:999999' is not known"):
        read_stations(file, crs="EPSG:999999")


def test_a_layer_without_a_crs_can_be_told_it(tmp_path):
    layer_of(crs="EPSG:2272").to_file(tmp_path / "a.shp")
    (tmp_path / "a.prj").unlink()
    with pytest.raises(TableError, match="crs is missing"):
        read_stations(tmp_path / "a.shp")
    assert (
        read_stations(tmp_path / "a.shp", crs="EPSG:2272")[0].geometry.iloc[0].distance(shapely.Point(-75, 40)) < 1e-6
    )


def test_an_older_geojson_says_its_crs(tmp_path):
    content = json.loads(layer_of(crs="EPSG:32618").to_json(drop_id=True))
    content["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32618"}}
    file = saved(tmp_path, json.dumps(content), "a.geojson")
    assert read_stations(file)[0].geometry.iloc[0].distance(shapely.Point(-75, 40)) < 1e-6
    content["crs"]["properties"]["name"] = "nowhere"
    with pytest.raises(InputError, match="crs 'nowhere' is not known"):
        read_stations(saved(tmp_path, json.dumps(content), "a.geojson"))


def test_swapped_coordinates_are_refused(tmp_path):
    rows = "A,Station A,-75.16,39.95,E1\nB,Station B,-75.15,39.96,E2\n"
    with pytest.raises(TableError, match="latitude and longitude are swapped"):
        read_stations(saved(tmp_path, ",".join(HEADER) + "\n" + rows))
    at_mcmurdo = saved(tmp_path, ",".join(HEADER) + "\nA,Station A,-77.85,166.7,E1\n")
    assert len(read_stations(at_mcmurdo)[0]) == 1


def test_a_table_of_addresses_is_told_that_it_has_no_places(tmp_path):
    with pytest.raises(TableError, match=r"no places: .* give the layer of stations; addresses are not looked up"):
        read_stations(saved(tmp_path, "station_id,name,Address\nA,North,1 Main St\n"))


def test_places_as_text_are_read(tmp_path):
    file = saved(tmp_path, 'station_id,name,the_geom\nA,North,POINT (-75 40)\nB,South,"(39.9, -75.1)"\n')
    assert read_stations(file)[0].geometry.tolist() == [shapely.Point(-75, 40), shapely.Point(-75.1, 39.9)]
    with pytest.raises(TableError, match=r"place of 'B' \(line 3\) is 'here'"):
        read_stations(saved(tmp_path, "station_id,name,the_geom\nA,North,POINT (-75 40)\nB,South,here\n"))


def test_semicolons_part_and_commas_are_decimals(tmp_path):
    stations, _ = read_stations(saved(tmp_path, "station_id;name;latitude;longitude\nA;North, old;40,5;-75,25\n"))
    assert stations.geometry.iloc[0] == shapely.Point(-75.25, 40.5)
    assert stations.loc["A", "name"] == "North, old"
    assert stations.attrs["notes"] == ("2 coordinates have a comma for a point: read as decimals",)


def test_a_row_with_a_field_too_many_is_refused(tmp_path):
    with pytest.raises(InputError, match="more fields than the header has columns on line 3"):
        read_stations(saved(tmp_path, "name,latitude,longitude,station_id\nN,40,-75,A\nSouth, old,39,-75,B\n"))


def test_utf_16_as_spreadsheets_save_it_is_read(tmp_path):
    (tmp_path / "a.txt").write_bytes("station_id\tname\tlatitude\tlongitude\nA\tCañon\t40\t-75\n".encode("utf-16"))
    assert read_stations(tmp_path / "a.txt")[0].loc["A", "name"] == "Cañon"


def test_a_title_above_the_header_is_passed_over_and_noted(tmp_path):
    file = workbook(tmp_path / "a.xlsx", {"S": [("Fire stations, City of Marisol",), (), *[HEADER], *ROWS]})
    stations, units = read_stations(file)
    assert (len(stations), len(units)) == (2, 3)
    assert stations.attrs["notes"] == ("the header is on row 3: what stands above it is left out",)


def test_a_title_does_not_say_what_parts_the_columns(tmp_path):
    title = "Fire stations, engines, trucks, of the City, all\n"
    stations, _ = read_stations(saved(tmp_path, f"{title}station_id;name;latitude;longitude\nA;North;40,5;-75,25\n"))
    assert stations.geometry.iloc[0] == shapely.Point(-75.25, 40.5)
    assert "the header is on line 2: what stands above it is left out" in stations.attrs["notes"]


def test_a_kmz_is_a_packed_kml(tmp_path):
    layer_of(name="Name").to_file(tmp_path / "doc.kml", driver="KML")
    with zipfile.ZipFile(tmp_path / "stations.kmz", "w") as packed:
        packed.write(tmp_path / "doc.kml", "doc.kml")
    assert read_stations(tmp_path / "stations.kmz")[0].index.tolist() == ["1", "2"]


def test_the_json_of_esri_is_told_from_geojson(tmp_path):
    content = {"features": [{"attributes": {"FACILITYID": "1"}, "geometry": {"x": -75, "y": 40}}]}
    with pytest.raises(InputError, match="is Esri's own JSON: ask the server for f=geojson"):
        read_stations(saved(tmp_path, json.dumps(content), "a.json"))


def test_of_several_sheets_one_is_named(tmp_path):
    file = workbook(tmp_path / "a.xlsx", {"Stations": [HEADER, *ROWS], "Notes": [("by hand",)], "Blank": []})
    with pytest.raises(InputError, match=r"holds 2 sheets, 'Stations', 'Notes': name one, as in 'a\.xlsx#Stations'"):
        read_stations(file)
    for stations, _ in (read_stations(f"{file}#Stations"), read_stations(file, layer="Stations")):
        assert len(stations) == 2
    with pytest.raises(InputError, match="no sheet 'Station'"):
        read_stations(f"{file}#Station")


def test_of_several_layers_one_is_named(tmp_path):
    file = tmp_path / "city.gpkg"
    layer_of().to_file(file, layer="stations")
    layer_of().iloc[:1].to_file(file, layer="hydrants")
    with pytest.raises(InputError, match=r"holds 2 layers, .* name one, as in 'city\.gpkg#stations'"):
        read_stations(file)
    assert len(read_stations(f"{file}#Stations")[0]) == 2
    assert len(read_stations(file, layer="hydrants")[0]) == 1
    with pytest.raises(InputError, match="no layer 'nothing': it has 'stations', 'hydrants'"):
        read_stations(f"{file}#nothing")


def test_a_table_without_places_in_a_geopackage_is_read(tmp_path):
    pyogrio.write_dataframe(frame(), tmp_path / "a.gpkg", layer="stations")
    assert read_stations(tmp_path / "a.gpkg")[0].geometry.iloc[0] == shapely.Point(-75, 40)


@pytest.mark.parametrize("kind", ["xlsx", "ods", "gpkg", "zip", "fgb", "shp"])
def test_a_damaged_layer_or_workbook_is_read_or_refused(tmp_path, kind):
    file, chance = made(kind, tmp_path), random.Random(kind)  # noqa: S311 - it draws damage, no secret
    content = file.read_bytes()
    for _ in range(tries(60)):
        damaged = bytearray(content)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        file.write_bytes(bytes(damaged[: chance.randrange(len(damaged))] if chance.random() < 0.2 else damaged))
        with contextlib.suppress(FireplanError):
            assert len(read_stations(file)[0]) >= 1


def test_a_file_whose_name_holds_the_sign_is_that_file(tmp_path):
    file = tmp_path / "stations #2.csv"
    frame().to_csv(file, index=False)
    assert len(read_stations(file)[0]) == 2


def test_counts_of_units_are_not_taken_for_their_names(tmp_path):
    stations, units = read_stations(saved(tmp_path, ",".join(HEADER) + "\nA,N,40,-75,2\nB,S,39,-75,1\nC,E,38,-75,2\n"))
    assert len(units) == 0
    assert "column 'units' counts units and names none: not used" in stations.attrs["notes"]


UNITS = "Station,Type,Unit,Fire Station,facility_id\n15,E,E15,15,697\n24,E,E24,24,707\n24,T,T24,24,707\n,E,E53,,45530\n"


def places(ids=("697", "707"), names=("Fire Station #15", "Fire Station #24")):
    return gpd.GeoDataFrame({"name": names}, geometry=gpd.points_from_xy([-122.4, -122.5], [37.7, 37.8]), crs=4326,
                            index=pd.Index(ids, name="station_id"))  # fmt: skip


def test_units_find_their_stations_by_id_and_those_without_are_named(tmp_path):
    file = saved(tmp_path, UNITS, "units.csv")
    units = read_units(file, stations=places())
    assert units["station_id"].to_dict() == {"E15": "697", "E24": "707", "T24": "707"}
    assert units["type"].tolist() == ["engine", "engine", "truck"]
    told = "\n".join(units.attrs["notes"])
    assert "'facility_id' used as 'station_id'" in told
    assert "1 unit is housed at stations that are not there, left out: 'E53' at '45530'" in told
    assert units.attrs["without_station"] == ("E53",)


def test_units_of_stations_that_are_left_out_need_no_home(tmp_path):
    told = {"station_id": "facility_id"}
    units = read_units(saved(tmp_path, UNITS, "units.csv"), stations=places().iloc[:1], without=["707"], columns=told)
    assert units.index.tolist() == ["E15", "E24", "T24"]
    assert units.attrs["without_station"] == ("E53",)


def test_units_find_their_stations_by_number(tmp_path):
    units = read_units(saved(tmp_path, "unit,station\nE15,015\nE24,Station 24\n"), stations=places())
    assert units["station_id"].to_dict() == {"E15": "697", "E24": "707"}
    assert "the stations of units are found by the number in 'station'" in units.attrs["notes"]
    file = saved(tmp_path, "unit,station,house\nE15,15,9\nE24,24,8\n")
    assert read_units(file, stations=places())["station_id"].to_dict() == {"E15": "697", "E24": "707"}


def test_numbers_that_are_ids_of_other_stations_are_refused(tmp_path):
    rows = gpd.GeoDataFrame({"name": ["Station 3", "Station 1", "Station 2"]}, geometry=[shapely.Point(0, 1)] * 3,
                            crs=4326, index=pd.Index(["1", "2", "3"], name="station_id"))  # fmt: skip
    file = saved(tmp_path, "unit,station\nE1,1\nE2,2\nE3,3\n")
    with pytest.raises(TableError, match=r"'1' in 'station' may be the id of 'Station 3', or mean 'Station 1'"):
        read_units(file, stations=rows)
    same = rows.assign(name=["Station 1", "Station 2", "Station 3"])
    assert read_units(file, stations=same)["station_id"].tolist() == ["1", "2", "3"]
    word_for_word = saved(tmp_path, "unit,station_id\nE1,1\nE2,2\nE3,3\n")
    assert read_units(word_for_word, stations=rows)["station_id"].tolist() == ["1", "2", "3"]


def test_units_find_their_stations_by_name(tmp_path):
    stations = places(names=("Headquarters", "Harbor"))
    units = read_units(saved(tmp_path, "unit,station\nE15,HEADQUARTERS\nE24,harbor\n"), stations=stations)
    assert units["station_id"].to_dict() == {"E15": "697", "E24": "707"}
    assert "the stations of units are found by the name in 'station'" in units.attrs["notes"]


def test_units_whose_stations_cannot_be_told_are_refused(tmp_path):
    with pytest.raises(TableError, match="'station_id' may be 'Station' or 'Fire Station' or 'facility_id'"):
        read_units(saved(tmp_path, UNITS, "units.csv"))
    with pytest.raises(TableError, match="unit 'E15' is housed at '9', which is not a station"):
        read_units(saved(tmp_path, "unit,station\nE15,9\nE24,8\n"), stations=places())
    with pytest.raises(
        TableError, match="unit 'E24' is housed at '708'"
    ):  # the column's own name is meant word for word
        read_units(saved(tmp_path, "unit_id,Station ID\nE15,697\nE24,708\n"), stations=places())


def test_units_come_out_of_a_workbook_with_their_figures(tmp_path):
    rows = [("Unit", "Station #", "Staffing", "Color"), ("E1", 1, 3, "red"), ("T1", 2, "", "")]
    units = read_units(workbook(tmp_path / "a.xlsx", {"S": rows}))
    assert units["station_id"].tolist() == ["1", "2"]
    assert units["crew"].tolist() == [3.0, 4.0]
    assert units["Color"].tolist() == ["red", ""]


def test_a_table_in_memory_may_have_any_columns_once():
    mine = frame().assign(more=1).rename(columns={"more": 0})
    before = mine.copy()
    assert read_stations(mine)[0].index.tolist() == ["1", "2"]
    pd.testing.assert_frame_equal(mine, before)
    twice = pd.concat([frame(), frame()[["name"]]], axis="columns")
    with pytest.raises(InputError, match="column 'name' stands more than once"):
        read_stations(twice)


def test_what_is_not_read_is_named(tmp_path):
    for name in ("a.docx", "a", "a.gpx"):
        with pytest.raises(InputError, match=r"expected one of \.csv"):
            read_stations(saved(tmp_path, "x", name))
    with pytest.raises(InputError, match="web page"):
        read_stations(saved(tmp_path, "<!DOCTYPE html><html></html>"))
    with pytest.raises(InputError, match="cannot be read as a workbook"):
        read_stations(saved(tmp_path, "no workbook", "a.xlsx"))
    (tmp_path / "a.gdb").mkdir()
    with pytest.raises(InputError, match="not what its ending says"):
        read_stations(tmp_path / "a.gdb")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (
            "postgresql://u:hush@127.0.0.1:1/city#gis.stations",
            "table 'gis.stations' of '127.0.0.1/city' cannot be read",
        ),
        ("postgresql://u:hush@127.0.0.1:1/city", "name the table after '#'"),
        ("postgresql://u:hush@127.0.0.1:1/city#a; drop table b", "name the table after '#'"),
        ("mysql+nodriver://u:hush@127.0.0.1/city#a", "driver is not installed"),
        ("postgresql://u:hush@127.0.0.1:port/city#a", "no database URL"),
        ("postgis://u:hush@127.0.0.1/city#a", r"'postgis://u:\*\*\*@127.0.0.1/city' is not a file on this machine"),
    ],
)
def test_a_password_is_never_shown(url, told):
    with pytest.raises(InputError, match=told) as raised:
        read_stations(url)
    assert "hush" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_zip_that_swells_or_is_damaged_is_refused(tmp_path):
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.geojson", " " * 2**24)
    with pytest.raises(InputError, match="unpacks to over 100 times"):
        read_stations(file)
    with pytest.raises(InputError, match="damaged"):
        read_stations(saved(tmp_path, "PK no more", "a.zip"))
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("readme.txt", "nothing")
    with pytest.raises(InputError, match="holds no layer"):
        read_stations(file)
    with zipfile.ZipFile(file, "w") as packed:
        for name in ("a", "b"):
            packed.writestr(f"{name}.geojson", layer_of().to_json(drop_id=True))
    with pytest.raises(InputError, match="holds 2 layers, 'a', 'b'"):
        read_stations(file)
    assert len(read_stations(f"{file}#b")[0]) == 2


def test_a_packed_path_never_leads_out(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("../../out.geojson", layer_of().to_json(drop_id=True))
    (tmp_path / "a.zip").write_bytes(buffer.getvalue())
    assert len(read_vector(tmp_path / "a.zip", what="it")) == 2
    assert not list(tmp_path.parent.rglob("out.geojson"))


def test_no_name_stands_for_two_columns():
    names = column_names.column_names()
    for table in {n.table for n in names}:
        squeezed = [column_names.squeezed(n.name) for n in names if n.table == table]
        assert len(squeezed) == len(set(squeezed))
        assert all(squeezed)


WRITTEN = (",".join(HEADER) + "\n" + "\n".join(",".join(map(str, r)) for r in ROWS) + "\n").encode()


@settings(max_examples=tries(150))
@given(st.data())
def test_a_damaged_file_is_read_or_refused_and_never_loses_a_station(tmp_path_factory, data):
    content = bytearray(WRITTEN)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    file = tmp_path_factory.getbasetemp() / "mutated.csv"
    file.write_bytes(bytes(content))
    try:
        stations, units = read_stations(file)
    except FireplanError:
        return
    lines = [line for line in office_tables._decoded(file).splitlines() if line.strip(" ,;\t|")]
    assert 1 <= len(stations) <= len(lines)
    assert stations.index.is_unique
    assert stations.geometry.notna().all()
    assert set(units["station_id"]) <= set(stations.index)


THREE = "id,name,lat,lon\n1,Station 1,39.7,-104.9\n2,Station 2,39.8,-104.8\n10,Station 10,39.81,-104.81\n"


def units_at(tmp_path, text):
    stations, _ = read_stations(saved(tmp_path, THREE, "stations.csv"))
    return read_units(saved(tmp_path, text, "units.csv"), stations=stations)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("E1 T1 M1", {"E1": "engine", "T1": "truck", "M1": "ambulance"}),
        ("Engine 1 & Truck 1", {"ENGINE 1": "engine", "TRUCK 1": "truck"}),
        ("E1/M1", {"E1": "engine", "M1": "ambulance"}),
        ("Engine 1", {"ENGINE 1": "engine"}),
        ("E 1", {"E 1": "engine"}),
    ],
)
def test_units_that_stand_in_one_cell_are_units_of_their_own(tmp_path, text, units):
    stations, found = read_stations(saved(tmp_path, f"id,name,lat,lon,units\n1,North,39.7,-104.9,{text}\n"))
    assert found["type"].to_dict() == units
    assert any("names several units" in note for note in stations.attrs["notes"]) == (len(units) > 1)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("unit,station,type\nE1/M1,1,engine\n", "unit_id 'E1/M1' on line 2 names several units: give each a row"),
        ("unit,station,type\nE1,1,engine\nE1,2,engine\n", r"'E1' is housed at '1' \(line 2\) and at '2' \(line 3\)"),
        ("unit,station,type,turnout_s\nE1,1,engine,1.5\nE2,2,engine,1.2\n", "1.5 at most: are these minutes"),
        ("unit,station,home station,type\nE1,1,2,engine\nE2,2,1,engine\n", "may be 'station' or 'home station'"),
    ],
)
def test_units_that_may_be_read_in_two_ways_are_asked_back(tmp_path, text, match):
    with pytest.raises(TableError, match=match):
        units_at(tmp_path, text)


def test_homes_that_are_written_in_several_ways_are_found(tmp_path):
    units = units_at(tmp_path, "unit,station,type\nE1,01,engine\nE2,02,engine\nT10,10,truck\n")
    assert units["station_id"].to_dict() == {"E1": "1", "E2": "2", "T10": "10"}
    units = units_at(tmp_path, "unit,station,type\nE1,Station 1,engine\nE2,Sta. 2,engine\nT10,FS 10,truck\n")
    assert units["station_id"].to_dict() == {"E1": "1", "E2": "2", "T10": "10"}
    assert "the stations of units are found by the number in 'station'" in units.attrs["notes"]


def test_what_an_unused_column_calls_closed_or_a_reserve_is_told(tmp_path):
    stations, _ = read_stations(
        saved(tmp_path, "id,name,lat,lon,Status\n1,N,39.7,-104.9,Closed\n2,S,39.8,-104.8,Open\n")
    )
    assert any("not in service: '1' ('Closed')" in note for note in stations.attrs["notes"])
    units = units_at(tmp_path, "unit,station,type,Status\nE1,1,engine,In service\nE21,2,engine,Reserve\n")
    assert any("not in service: 'E21' ('Reserve')" in note for note in units.attrs["notes"])
