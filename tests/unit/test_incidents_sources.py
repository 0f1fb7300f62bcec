"""Old workbooks, layers, tables at hand and several files: the same history as from one CSV file."""

import gzip
import json
import sqlite3
import zipfile
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import fireplan as fp
from fireplan._geofiles.workbooks import ods, xls
from fireplan.errors import FireplanError, InputError, TableError
from fireplan.incidents._formats import vector_layers

CASES = Path(__file__).parents[1] / "data" / "cases"
PLAIN = CASES / "second_resolution.csv"
ZONE = "America/New_York"
TIMES = ["received", "dispatched", "enroute", "arrived", "cleared"]


def read(source, **options):
    return fp.read_cad(source, timezone=ZONE, **options)


@pytest.fixture(scope="module")
def plain():
    return read(PLAIN)


@pytest.fixture
def table():
    frame = pd.read_csv(PLAIN, dtype={"incident_id": "str", "priority": "str"})
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in TIMES})


@pytest.fixture
def layer(table):
    points = gpd.points_from_xy(table["longitude"], table["latitude"], crs=4326)
    return gpd.GeoDataFrame(table.drop(columns=["longitude", "latitude"]), geometry=points).to_crs(2263)


def check(history, plain):
    assert_frame_equal(history.responses, plain.responses)
    assert history.incidents.drop(columns="geometry").equals(plain.incidents.drop(columns="geometry"))
    for axis in ("x", "y"):
        ours, theirs = getattr(history.incidents.geometry, axis), getattr(plain.incidents.geometry, axis)
        assert np.allclose(ours, theirs, atol=1e-6)
    check_counts(history)


def check_counts(history):
    assert history.rows_in == history.rows_ok + history.rows_set_aside + history.rows_duplicate + history.rows_held
    assert len(history.responses) == history.rows_ok
    assert len(history.quarantine) == history.rows_set_aside


def codes(history):
    return set(history.ledger["code"])


# --- old workbooks


def test_an_xls_workbook_reads_like_the_file_it_was_saved_from(plain, tmp_path):
    history = read(CASES / "second_resolution.xls")
    check(history, plain)
    assert "sheet_chosen" in codes(history)
    other = tmp_path / "calls.csv"  # whatever its ending
    other.write_bytes((CASES / "second_resolution.xls").read_bytes())
    check(read(other), plain)


def test_a_sheet_that_is_not_there_and_a_damaged_xls_are_refused(tmp_path):
    mapping = tmp_path / "own.toml"
    names = "".join(f'{name} = "{name}"\n' for name in ("incident_id", "unit_id", *TIMES))
    mapping.write_text(
        f'[columns]\n{names}[point]\nlatitude = "latitude"\nlongitude = "longitude"\n[text]\nsheet = "X"\n'
    )
    with pytest.raises(InputError, match="has no sheet 'X': it has 'Calls', 'Notes'"):
        read(CASES / "second_resolution.xls", mapping=mapping)
    whole = (CASES / "second_resolution.xls").read_bytes()
    for n, data in enumerate((whole[:2000], whole[:512] + b"\0" * 9000, b"\xd0\xcf\x11\xe0" + b"x" * 100)):
        path = tmp_path / f"{n}.xls"
        path.write_bytes(data)
        with pytest.raises(InputError, match="is a damaged workbook, or has a password"):
            read(path)


def ods_cell(value):
    if isinstance(value, datetime):
        return f'<table:table-cell office:value-type="date" office:date-value="{value.isoformat()}"/>'
    if isinstance(value, float):
        return f'<table:table-cell office:value-type="float" office:value="{value!r}"/>'
    if not value:
        return "<table:table-cell/>"
    return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'


def write_ods(path, rows, *, more="", mimetype="application/vnd.oasis.opendocument.spreadsheet"):
    urn = "urn:oasis:names:tc:opendocument:xmlns"
    body = "".join(f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in rows)
    content = (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{urn}:office:1.0" xmlns:table="{urn}:table:1.0"'
        f' xmlns:text="{urn}:text:1.0"><office:body><office:spreadsheet><table:table table:name="Calls">{body}{more}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", mimetype, compress_type=zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", '<?xml version="1.0"?><manifest/>')
        archive.writestr("content.xml", content)


REPEATED_ROW = '<table:table-row table:number-rows-repeated="{}">'
REPEATED = '<table:table-cell table:number-columns-repeated="{}"'


def ods_rows(table):
    typed = [
        [v.to_pydatetime() if isinstance(v, pd.Timestamp) else v for v in row] for row in table.itertuples(index=False)
    ]
    return [list(table.columns), *typed]


def test_an_ods_workbook_reads_with_the_empty_rows_and_cells_that_programs_write(plain, table, tmp_path):
    path = tmp_path / "calls.ods"
    empty = f"{REPEATED_ROW.format(1048000)}{REPEATED.format(1024)}/></table:table-row>"
    write_ods(path, ods_rows(table), more=empty)
    check(read(path), plain)


CELL = "<table:table-cell><text:p>x</text:p></table:table-cell>"
END = "</table:table-row>"
BOMBS = {
    "rows": f"{REPEATED_ROW.format(900_000)}{CELL * 90}{END}",
    "cells": f"{REPEATED_ROW.format(90_000)}{REPEATED.format(16_000)}><text:p>x</text:p></table:table-cell>{END}",
    "far right": f"{REPEATED_ROW.format(90_000)}{REPEATED.format(16_000)}/>{CELL}{END}",
    "far below": f"{REPEATED_ROW.format(1_000_000)}{REPEATED.format(90)}/>{END}<table:table-row>{CELL * 90}{END}",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_an_ods_workbook_that_would_fill_the_memory_is_refused(bomb, tmp_path):
    path = tmp_path / "calls.ods"
    write_ods(path, [["incident_id"]], more=bomb)
    with pytest.raises(InputError, match="or cells that are repeated very often"):
        read(path)
    write_ods(path, [["incident_id"]], more="<!ENTITY")
    with pytest.raises(InputError, match="declares XML entities"):
        read(path)
    write_ods(path, [["incident_id"]], more=" " * 30_000_000)
    with pytest.raises(InputError, match="unpacks to more than"):
        read(path)


# --- layers


@pytest.mark.parametrize("ending", ["gpkg", "gdb"])
def test_layers_read_by_name_or_by_what_they_hold(ending, layer, plain, tmp_path):
    path = tmp_path / f"city.{ending}"
    other = gpd.GeoDataFrame({"x": ["1"]}, geometry=gpd.points_from_xy([0], [0], crs=4326))
    driver = "GPKG" if ending == "gpkg" else "OpenFileGDB"
    layer.to_file(path, layer="calls", driver=driver)
    other.to_file(path, layer="hydrants", driver=driver, mode="a")
    history = read(path)
    check(history, plain)
    assert any("layer 'calls' of 2" in line for line in history.messages())
    mapping = tmp_path / "own.toml"
    names = "".join(f'{name} = "{name}"\n' for name in ("incident_id", "unit_id", "call_type", "priority", *TIMES))
    text = f'[columns]\n{names}[point]\nlatitude = "latitude"\nlongitude = "longitude"\n[text]\nsheet = "Calls"\n'
    mapping.write_text(text, encoding="utf-8")
    named = read(path, mapping=mapping)
    check(named, plain)
    assert "layer_chosen" not in codes(named)
    mapping.write_text(text.replace('"Calls"', '"nothing"'), encoding="utf-8")
    with pytest.raises(InputError, match="has no layer 'nothing': it has 'calls', 'hydrants'"):
        read(path, mapping=mapping)


def shapefile(layer, folder):
    """Write a shapefile: short names, and times as text as it has none of its own."""
    short = layer.rename(columns={"incident_id": "call_id"})
    short = short.assign(**{name: short[name].astype("str") for name in TIMES})
    folder.mkdir()
    short.to_file(folder / "calls.shp")
    return folder / "calls.shp"


def test_a_shapefile_reads_alone_and_as_portals_pack_it(layer, plain, tmp_path):
    path = shapefile(layer, tmp_path / "loose")
    for source in (path, packed(path.parent, tmp_path / "calls.zip"), packed(path.parent, tmp_path / "n.csv", "a/b/")):
        check(read(source), plain)
    path.with_suffix(".shx").unlink()
    path.with_suffix(".dbf").unlink()
    with pytest.raises((InputError, TableError)):
        read(path)


def test_a_geodatabase_reads_out_of_a_zip_archive(layer, plain, tmp_path):
    layer.to_file(tmp_path / "city.gdb", layer="calls", driver="OpenFileGDB")
    check(read(packed(tmp_path / "city.gdb", tmp_path / "city.zip", "city.gdb/")), plain)


def packed(folder, path, within=""):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, within + file.name)
    return path


def test_zip_archives_that_are_no_layer_or_a_trap_are_refused(layer, tmp_path, monkeypatch):
    path = shapefile(layer, tmp_path / "loose")
    for name in ("../calls.shp", "C:/calls.shp", "/calls.shp"):
        with zipfile.ZipFile(tmp_path / "trap.zip", "w") as archive:
            archive.writestr(name, path.read_bytes())
        with pytest.raises(InputError, match="outside of it"):
            read(tmp_path / "trap.zip")
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.write(path, "a.shp")
        archive.write(path, "b.shp")
    with pytest.raises(InputError, match=r"holds 'a\.shp', 'b\.shp': unpack it, and give one of them"):
        read(tmp_path / "two.zip")
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.shp", b"\0" * 20_000_000)
    with pytest.raises(InputError, match="unpacks to more than"):
        read(tmp_path / "bomb.zip")
    monkeypatch.setattr(vector_layers, "MAX_PARTS", 2)
    with pytest.raises(InputError, match="holds more than 2 files"):
        read(packed(path.parent, tmp_path / "many.zip"))
    damaged = bytearray((tmp_path / "two.zip").read_bytes())
    damaged[200:260] = b"\0" * 60
    (tmp_path / "two.zip").write_bytes(damaged)
    with pytest.raises(InputError):
        read(tmp_path / "two.zip")


def test_databases_without_layers_or_crs_are_refused(layer, tmp_path):
    with sqlite3.connect(tmp_path / "plain.db") as database:
        database.execute("CREATE TABLE calls (x)")
    database.close()
    with pytest.raises((InputError, TableError)):
        read(tmp_path / "plain.db")
    (tmp_path / "cut.gpkg").write_bytes(b"SQLite format 3\x00" + b"\0" * 500)
    with pytest.raises(InputError, match="damaged"):
        read(tmp_path / "cut.gpkg")
    path = shapefile(layer, tmp_path / "loose")
    path.with_suffix(".prj").unlink()
    with pytest.raises(InputError, match=r"points of 'calls\.shp' have no crs"):
        read(path)


def test_a_table_without_geometry_reads_from_a_geopackage(table, plain, tmp_path):
    pyogrio.write_dataframe(table, tmp_path / "calls.gpkg", layer="calls")
    check(read(tmp_path / "calls.gpkg"), plain)


# --- tables at hand


def test_a_table_reads_like_its_file_and_stays_what_it_was(table, layer, plain):
    for at_hand in (
        table,
        table.set_index("incident_id"),
        layer,
        layer.rename_geometry("point"),
        layer.assign(latitude=0.0),
        table.assign(**{name: table[name].dt.tz_localize(ZONE) for name in TIMES}),
        table.assign(**{name: table[name].dt.tz_localize(ZONE).dt.tz_convert("UTC") for name in TIMES}),
        table.astype(dict.fromkeys(TIMES, "str")),
        table.astype(dict.fromkeys(table.columns, "object")),
        table.assign(unit_id=table["unit_id"].astype("category"), narrative=[{"a": [1]}] * 30),
        table.convert_dtypes(),
    ):
        before = at_hand.copy()
        check(read(at_hand), plain)
        assert before.equals(at_hand)


def test_ids_that_are_numbers_are_noted_in_a_table(table):
    history = read(table.assign(incident_id=np.arange(30.0), unit_id=np.arange(30)))
    told = history.ledger.set_index("code")
    assert told.loc["id_was_number", ["rows", "column"]].tolist() == [30, "incident_id"]
    assert history.incidents.index[0] == "0"
    assert "29" in set(history.responses["unit_id"])
    blank = read(table.assign(incident_id=table["incident_id"].mask(table.index == 3), priority=None))
    assert blank.quarantine[["line", "code"]].to_numpy().tolist() == [[5, "incident_id_missing"]]


def test_what_a_table_may_not_be_is_said(table, layer):
    with pytest.raises(InputError, match="the points of the table have no crs: set it"):
        read(layer.set_crs(None, allow_override=True))
    with pytest.raises(TableError, match=r"the table: column 'unit_id' stands there twice"):
        read(pd.concat([table, table[["unit_id"]]], axis=1))
    with pytest.raises(TableError, match="there are no rows"):
        read(table.iloc[:0])
    with pytest.raises(TableError, match="holds none of the columns wanted"):
        read(pd.DataFrame({"foo": [1]}))
    with pytest.raises(InputError, match="column 'unit_id' holds lists or records"):
        read(table.assign(unit_id=[["E1"]] * 30))
    with pytest.raises(InputError, match="have several levels"):
        read(pd.concat({"a": table}, axis=1))
    nowhere = layer.set_geometry(gpd.GeoSeries([None] * 30, index=layer.index, crs=4326))
    assert read(nowhere).incidents.geometry.isna().all()


# --- several files


def halves(tmp_path, *, at=15):
    lines = PLAIN.read_text(encoding="utf-8").splitlines()
    paths = [tmp_path / "2023.csv", tmp_path / "2024.csv"]
    for path, part in zip(paths, (lines[1 : 1 + at], lines[1 + at :]), strict=True):
        path.write_text("\n".join([lines[0], *part]) + "\n", encoding="utf-8")
    return paths


def test_several_files_are_one_history_whatever_their_kinds_and_order(table, plain, tmp_path):
    one, two = halves(tmp_path)
    table.iloc[15:].to_parquet(tmp_path / "two.parquet")
    (tmp_path / "two.csv.gz").write_bytes(gzip.compress(two.read_bytes()))
    table.iloc[15:].astype("str").to_json(tmp_path / "two.json", orient="records")
    for second in ("2024.csv", "two.parquet", "two.csv.gz", "two.json"):
        for paths in ([one, tmp_path / second], (str(tmp_path / second), one)):
            history = read(paths)
            check(history, plain)
            assert history.rows_in == 30
    check(read([PLAIN]), plain)


def test_lines_are_told_with_the_names_of_their_files_and_rows_in_two_files_are_counted_once(tmp_path):
    one, two = halves(tmp_path)
    lines = two.read_text(encoding="utf-8").splitlines()
    first = one.read_text(encoding="utf-8").splitlines()[3]
    bad = ["", "too,few", first.replace("24-10003", ""), first]
    two.write_text("\n".join([*lines[:2], *bad, *lines[2:]]), encoding="utf-8")
    history = read([one, two])
    check_counts(history)
    assert (history.rows_in, history.rows_duplicate, history.rows_set_aside) == (33, 1, 2)
    told = history.ledger.set_index("code")["lines"]
    assert told["duplicate_row"] == "'2024.csv' 6"
    aside = history.quarantine
    assert aside[["file", "line", "code"]].to_numpy().tolist() == [
        ["2024.csv", 4, "fields_wrong"], ["2024.csv", 5, "incident_id_missing"],
    ]  # fmt: skip
    assert "'2024.csv' 4" in " ".join(history.messages())
    swapped = read([two, one])
    assert swapped.ledger.set_index("code")["lines"]["duplicate_row"] == "'2023.csv' 4"
    check_counts(swapped)


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "calls.csv").write_bytes(PLAIN.read_bytes())
    history = read([tmp_path / "a" / "calls.csv", tmp_path / "b" / "calls.csv"])
    assert (history.rows_in, history.rows_ok, history.rows_duplicate) == (60, 30, 30)
    assert history.ledger.set_index("code")["lines"]["duplicate_row"].startswith("'b/calls.csv' 2, 3")


def test_lines_of_a_second_table_are_told_beside_those_of_several_files(tmp_path):
    frame = pd.read_csv(PLAIN, dtype="str")
    calls = frame[["incident_id", "call_type", "received", "latitude", "longitude"]]
    units = frame[["incident_id", "unit_id", "dispatched", "enroute", "arrived", "cleared"]].copy()
    units.loc[4, "incident_id"] = "unheard of"
    units.to_csv(tmp_path / "units.csv", index=False)
    paths = [tmp_path / "a.csv", tmp_path / "b.csv"]
    calls.iloc[:10].to_csv(paths[0], index=False)
    pd.concat([calls.iloc[:1], calls.iloc[10:]]).to_csv(paths[1], index=False)
    mapping = tmp_path / "own.toml"
    names = ("incident_id", "unit_id", "call_type", *TIMES)
    columns = "".join(f'{name} = "{name}"\n' for name in names)
    mapping.write_text(
        f'[columns]\n{columns}[point]\nlatitude = "latitude"\nlongitude = "longitude"\n[second]\nkey = "incident_id"\n',
        encoding="utf-8",
    )
    history = read(paths, mapping=mapping, responses=tmp_path / "units.csv")
    assert history.rows_in == 61
    assert history.rows_in == history.rows_ok + history.rows_set_aside + history.rows_duplicate + history.rows_held
    told = " ".join(history.messages()) + history.quarantine.to_csv()
    assert "'units.csv' 6" in told or "units.csv,6" in told
    assert "'b.csv' 2" in told


def test_a_column_that_one_file_lacks_is_noted_and_two_layouts_are_refused(tmp_path):
    one, two = halves(tmp_path)
    rows = [line.split(",") for line in two.read_text(encoding="utf-8").splitlines()]
    at = rows[0].index("enroute")
    two.write_text("\n".join(",".join(r[:at] + r[at + 1 :]) for r in rows), encoding="utf-8")
    history = read([one, two])
    assert any("columns_differ" in line and "'enroute' in 1 of 2 files not" in line for line in history.messages())
    assert history.responses["enroute"].notna().sum() == 15
    rows[0][at] = "enroute_time"
    two.write_text("\n".join(map(",".join, rows)), encoding="utf-8")
    with pytest.raises(
        TableError, match=r"'2023\.csv' has a column 'enroute' that '2024\.csv' lacks, and that one has 'enr"
    ):
        read([one, two])
    with pytest.raises(InputError, match="no file is given"):
        read([])
    with pytest.raises(InputError, match="there is no file"):
        read([one, tmp_path / "missing.csv"])
    (tmp_path / "empty.csv").write_text("incident_id,unit_id,received\n", encoding="utf-8")
    with pytest.raises(TableError, match=r"CAD file 'empty\.csv': there are no rows"):
        read([one, tmp_path / "empty.csv"])


def test_one_neris_incident_in_each_file(plain, tmp_path):
    incidents = json.loads((CASES / "neris_api.json").read_text(encoding="utf-8"))
    incidents[4]["dispatch"]["determinant_code"] = "17-D-5"
    incidents[5]["dispatch"]["unit_responses"][0]["staging"] = None
    paths = []
    for n, incident in enumerate(incidents):
        paths.append(tmp_path / f"{n}.json")
        paths[-1].write_text(json.dumps(incident), encoding="utf-8")
    history = read(paths)
    same = ["incident_id", "unit_id", *TIMES]
    assert_frame_equal(history.responses[same], plain.responses[same])
    assert "layout_found" in codes(history)
    twice = read([*paths, *paths])
    assert (twice.rows_in, twice.rows_duplicate) == (60, 30)
    told = twice.ledger.set_index("code")["lines"]["duplicate_row"]
    assert told.startswith("'0.json' 1; '1.json' 1; ")
    assert told.endswith("; and in 22 more files")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The same calls as bytes of each kind that other programs take apart."""
    folder = tmp_path_factory.mktemp("kinds")
    frame = pd.read_csv(PLAIN, dtype={"incident_id": "str", "priority": "str"})
    frame = frame.assign(**{name: pd.to_datetime(frame[name]) for name in TIMES})
    write_ods(folder / "a.ods", ods_rows(frame))
    points = gpd.points_from_xy(frame["longitude"], frame["latitude"], crs=4326)
    whole = gpd.GeoDataFrame(frame, geometry=points)
    whole.to_file(folder / "a.gpkg", layer="calls")
    packed(shapefile(whole.drop(columns=["longitude", "latitude"]), folder / "s").parent, folder / "a.zip")
    kinds = {file.suffix: file.read_bytes() for file in (folder / "a.ods", folder / "a.gpkg", folder / "a.zip")}
    return kinds | {".xls": (CASES / "second_resolution.xls").read_bytes()}


@settings(max_examples=tries(200), deadline=None)
@given(
    st.sampled_from([".ods", ".gpkg", ".zip", ".xls"]),
    st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 4), st.binary(max_size=8)), min_size=1, max_size=8
    ),
)
def test_damaged_files_are_refused_or_accounted_for(written, tmp_path_factory, kind, changes):
    data = bytearray(written[kind])
    for place, lost, put in changes:
        at = int(place * len(data))
        data[at : at + lost] = put
    path = tmp_path_factory.mktemp("damaged") / f"calls{kind}"
    path.write_bytes(data)
    try:
        history = read(path)
    except FireplanError as error:
        words = str(error)
    else:
        words = "read"
        check_counts(history)
    assert 0 < len(words) < 5000


@settings(max_examples=tries(25), deadline=None)
@given(st.lists(st.integers(1, 29), max_size=4, unique=True), st.booleans())
def test_however_a_file_is_cut_the_history_is_the_same(tmp_path_factory, plain, cuts, again):
    folder = tmp_path_factory.mktemp("parts")
    lines = PLAIN.read_text(encoding="utf-8").splitlines()
    ends = [0, *sorted(cuts), 30]
    paths = []
    for n, (begin, end) in enumerate(pairwise(ends)):
        paths.append(folder / f"{n}.csv")
        paths[-1].write_text("\n".join([lines[0], *lines[1 + begin : 1 + end]]), encoding="utf-8")
    history = read([*paths, paths[0]] if again else paths)
    assert_frame_equal(history.responses, plain.responses)
    assert history.rows_in == 30 + again * ends[1]
    check_counts(history)


def test_limits_of_workbooks(monkeypatch):
    monkeypatch.setattr(xls, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="limit of a workbook 100"):
        read(CASES / "second_resolution.xls")


def test_the_extent_of_a_sheet_counts_what_is_repeated():
    rows = REPEATED_ROW.format(3) + "<table:table-cell/>" + CELL + REPEATED.format(9) + "/>" + END
    assert ods._extent(rows.encode()) == (3, 2, 3)
    assert ods._extent((REPEATED_ROW.format(9) + END + rows).encode()) == (12, 2, 3)
    assert ods._extent((rows + REPEATED_ROW.format(9) + END).encode()) == (3, 2, 3)
