"""Layers for other programs: GeoPackage, GeoJSON and KML hold the same, and no file of somebody else is replaced."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

import fireplan as fp
from fireplan.disclosure import RESTRICTED
from fireplan.errors import InputError
from fireplan.project._table_export import write_tables

KML = "{http://www.opengis.net/kml/2.2}"
SQUARE = shapely.Polygon([(0, 0), (0, 3), (3, 3), (3, 0)], [[(1, 1), (2, 1), (2, 2), (1, 2)]])


def own(**columns):
    return gpd.GeoDataFrame(
        {"name": ["Depot <&>", "=1+1", None], "n": [1, 2, 3], "share": [0.5, np.nan, 1.0]} | columns,
        geometry=[shapely.Point(1.5, 2.25), shapely.MultiPolygon([SQUARE, shapely.box(5, 5, 6, 6)]), None],
        crs=4326,
    ).to_crs(32631)


def read_kml(path):
    """Each folder's places, as their columns and their coordinates stand in the file."""
    document = ET.parse(path).getroot().find(f"{KML}Document")  # noqa: S314 - made a moment ago
    return {
        folder.findtext(f"{KML}name"): [
            (
                {d.get("name"): d.text for d in place.iter(f"{KML}SimpleData")},
                [c.text for c in place.iter(f"{KML}coordinates")],
            )
            for place in folder.iter(f"{KML}Placemark")
        ]
        for folder in document.iter(f"{KML}Folder")
    }


def test_isochrones_and_a_layer_of_one_s_own_in_three_formats(tmp_path):
    town = fp.examples.line_town()
    layers = {"isochrones": fp.isochrones(town, within_s=[240, 480]), "own": own()}
    fp.write_tables(layers, tmp_path / "reach.gpkg")
    fp.write_tables(layers, tmp_path / "reach.kml")
    fp.write_tables({"isochrones": layers["isochrones"]}, tmp_path / "reach.geojson")
    gpkg = gpd.read_file(tmp_path / "reach.gpkg", layer="isochrones")
    geojson = gpd.read_file(tmp_path / "reach.geojson")
    kml = read_kml(tmp_path / "reach.kml")
    assert list(kml) == ["isochrones", "own"]
    assert len(kml["own"]) == 3
    assert gpkg["within_s"].tolist() == geojson["within_s"].tolist() == [480, 240]
    assert [float(columns["within_s"]) for columns, _ in kml["isochrones"]] == [480, 240]
    assert gpkg.crs == geojson.crs == "EPSG:4326"
    assert shapely.hausdorff_distance(gpkg.geometry[0], geojson.geometry[0]) < 1e-6
    first = [tuple(map(float, p.split(","))) for p in kml["isochrones"][0][1][0].split()]
    assert shapely.Polygon(first).bounds == pytest.approx(geojson.geometry[0].geoms[0].bounds, abs=1e-6)


def test_a_kml_keeps_columns_types_and_places(tmp_path):
    path = write_tables({"a <b>": own(yes=[True, False, True])}, tmp_path / "t.kml", notice=RESTRICTED)
    rows = read_kml(path)["a <b>"]
    assert [columns for columns, _ in rows] == [
        {"name": "Depot <&>", "n": "1", "share": "0.5", "yes": "1"},
        {"name": "'=1+1", "n": "2", "yes": "0"},
        {"n": "3", "share": "1.0", "yes": "1"},
    ]
    assert rows[0][1] == ["1.5,2.25"]
    assert [len(c.split()) for c in rows[1][1]] == [5, 5, 5]
    assert rows[2][1] == []
    text = path.read_text("utf-8")
    assert re.findall('type="(.*?)" name="(.*?)"', text) == [
        ("string", "name"), ("int", "n"), ("double", "share"), ("bool", "yes"),
    ]  # fmt: skip
    assert RESTRICTED in text


@pytest.mark.skipif("LIBKML" not in pyogrio.list_drivers(), reason="this GDAL reads no columns from KML")
def test_another_program_reads_the_kml(tmp_path):
    path = write_tables({"own": own().rename(columns={"name": "label"}), "more": own()}, tmp_path / "t.kml")
    assert pyogrio.list_layers(path)[:, 0].tolist() == ["own", "more"]
    read = pyogrio.read_dataframe(path, layer="own")
    assert read["label"].tolist()[:2] == ["Depot <&>", "'=1+1"]
    assert read["n"].tolist() == [1, 2, 3]
    assert read["share"][0] == 0.5
    assert read.geometry[1].equals(own().to_crs(4326).geometry[1].normalize()) or read.geometry[
        1
    ].area == pytest.approx(9)


@pytest.mark.parametrize("ending", ["kml", "geojson"])
def test_outer_rings_run_anticlockwise_and_holes_the_other_way(tmp_path, ending):
    table = gpd.GeoDataFrame({"a": [1]}, geometry=[SQUARE], crs=4326)
    path = write_tables({"own": table}, tmp_path / f"t.{ending}")
    if ending == "kml":
        rings = [[tuple(map(float, p.split(","))) for p in c.split()] for c in read_kml(path)["own"][0][1]]
    else:
        content = json.loads(path.read_text("utf-8"))
        rings = content["features"][0]["geometry"]["coordinates"]
        assert "crs" not in content
    assert [shapely.LinearRing(ring).is_ccw for ring in rings] == [True, False]


def test_what_xml_cannot_hold_and_two_names_that_become_one(tmp_path):
    path = write_tables({"own": own(odd=["a\x00b", "c\ufffed", "e"])}, tmp_path / "t.kml")
    assert [columns["odd"] for columns, _ in read_kml(path)["own"]] == ["a b", "c\ufffdd", "e"]
    with pytest.raises(InputError, match="two tables have one name"):
        write_tables({"a": own(), "a\x00": own(), "a ": own()}, tmp_path / "u.kml")
    assert not (tmp_path / "u.kml").exists()


def test_the_same_layers_give_the_same_kml(tmp_path):
    assert (
        write_tables({"own": own()}, tmp_path / "a" / "t.kml").read_bytes()
        == write_tables({"own": own()}, tmp_path / "b" / "t.kml").read_bytes()
    )


def test_what_a_format_does_not_take_is_refused(tmp_path):
    flat = pd.DataFrame({"a": [1]})
    for tables, name, said in (
        ({"own": own(), "flat": flat}, "t.kml", "takes tables with places: 'flat' has no geometry"),
        ({"own": own(), "more": own()}, "t.geojson", "takes one table, not 2: choose"),
        ({"own": own()}, "t.kmz", "let its name end in .xlsx, .gpkg, .geojson, .kml, .csv"),
        ({"own": own().set_crs(None, allow_override=True)}, "t.kml", "table 'own' has a geometry but no CRS"),
    ):
        with pytest.raises(InputError, match=re.escape(said)):
            write_tables(tables, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["t.gpkg", "t.geojson", "t.kml", "t.csv", "t.xlsx"])
def test_a_file_of_somebody_else_is_never_replaced(tmp_path, name):
    path = tmp_path / name
    if path.suffix in {".gpkg", ".geojson"}:
        own().to_crs(4326).to_file(path, driver={".gpkg": "GPKG", ".geojson": "GeoJSON"}[path.suffix])
    else:
        path.write_text("station_id\n1\n", encoding="utf-8")
    before = path.read_bytes()
    with pytest.raises(InputError, match="is there already, and write_tables has not made it"):
        write_tables({"own": own()}, path)
    assert path.read_bytes() == before
    path.unlink()
    write_tables({"own": own()}, path)
    first = path.read_bytes()
    write_tables({"own": own(n=[4, 5, 6])}, path)
    assert path.read_bytes() != first
