import json
import sqlite3

import geopandas as gpd
import pytest
import shapely

from fireplan._geofiles import local_file, local_files, read_vector
from fireplan.errors import InputError

POINT = {"type": "Point", "coordinates": [-75.0, 40.0]}


def collection(*features):
    return {"type": "FeatureCollection", "features": list(features)}


def feature(geometry=POINT, **properties):
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def saved(tmp_path, content, name="layer.geojson"):
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return file


def refused(file, told):
    with pytest.raises(InputError, match=told) as raised:
        read_vector(file, what="station file")
    assert "station file" in str(raised.value)


@pytest.mark.parametrize(
    "path",
    [
        "http://example.org/a.geojson", "https://example.org/a.gpkg", "s3://bucket/a.parquet", "file:///etc/passwd",
        "/vsicurl/http://example.org/a.geojson", "/vsizip/a.zip/a.shp", "\\vsicurl\\x", "zip://a.zip!a.shp",
    ],
)  # fmt: skip
def test_a_url_or_a_virtual_path_is_refused(path):
    refused(path, "not a file on this machine")


def test_what_is_missing_a_folder_empty_or_too_large_is_refused(tmp_path, monkeypatch):
    refused(tmp_path / "none.geojson", "does not exist")
    refused("a\0b.geojson", "does not exist")
    refused(tmp_path, "is a folder")
    refused(saved(tmp_path, b""), "is empty")
    monkeypatch.setattr(local_files, "LIMIT_BYTES", 10)
    refused(saved(tmp_path, collection(feature())), "larger than")


def test_a_file_that_is_there_is_given_back(tmp_path):
    assert local_file(saved(tmp_path, b"x", "x.csv"), what="it") == tmp_path / "x.csv"


def test_geojson_is_read_with_its_properties(tmp_path):
    layer = read_vector(saved(tmp_path, collection(feature(id="07E1", n=3), feature(None, id="NA"))), what="it")
    assert layer["id"].tolist() == ["07E1", "NA"]
    assert layer.geometry.isna().tolist() == [False, True]
    assert layer.crs.to_epsg() == 4326


def test_a_byte_order_mark_does_no_harm(tmp_path):
    content = b"\xef\xbb\xbf" + json.dumps(collection(feature())).encode()
    assert len(read_vector(saved(tmp_path, content), what="it")) == 1


def test_no_features_are_an_empty_layer(tmp_path):
    assert len(read_vector(saved(tmp_path, collection()), what="it")) == 0


def test_a_property_named_geometry_does_not_displace_the_geometry(tmp_path):
    layer = read_vector(
        saved(tmp_path, collection(feature(geometry_="x"), {**feature(), "properties": {"geometry": "x"}})), what="it"
    )
    assert layer.geometry.notna().all()


VRT = b'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'


@pytest.mark.parametrize("name", ["a.geojson", "a.json", "a.gpkg", "a.shp", "a.parquet", "a.kml", "a.fgb"])
def test_another_driver_in_disguise_is_refused_before_gdal_sees_it(tmp_path, name, monkeypatch):
    monkeypatch.setattr(gpd, "read_file", lambda *_, **__: pytest.fail("GDAL was called"))
    refused(saved(tmp_path, VRT, name), r"not whole JSON|not what its ending says")


@pytest.mark.parametrize("name", ["a.vrt", "a.xml", "a.csv", "a", "a.geojson.gz"])
def test_other_endings_are_refused(tmp_path, name):
    refused(saved(tmp_path, VRT, name), "expected one of")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b'{"type": "FeatureCollection", "features": [', r"not whole JSON: .* at line 1, column \d+"),
        (b'{"features": [], "features": []}', "key 'features' stands twice"),
        (b'{"features": [{"properties": {"a": 1, "a": 2}}]}', "key 'a' stands twice"),
        (b'{"type": "Topology"}', "no list of features"),
        (b'{"features": {}}', "no list of features"),
        (b'{"features": [1]}', "no list of features"),
        (b"[]", "no list of features"),
        (b"3", "no list of features"),
        (b'{"features": [{"geometry": null, "properties": [1]}]}', "properties of feature 1 are not an object"),
        (b'{"features": [{"geometry": {"type": "Blob"}}]}', "geometry of feature 1 cannot be read"),
        (b'{"features": [{}, {"geometry": {"type": "Point", "coordinates": "x"}}]}', "geometry of feature 2"),
        (b'{"features": [{"geometry": "POINT (1 2)"}]}', "geometry of feature 1"),
        (b'{"features": [{"geometry": {"type": "Point", "coordinates": [NaN, 1]}}]}', "geometry of feature 1"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "number that cannot be read"),
        (b'{"a": "\xff\xfe"}', "not UTF-8"),
    ],
    ids=lambda value: value[:40] if isinstance(value, bytes) else "",
)
def test_what_is_no_geojson_is_refused_with_the_reason(tmp_path, text, told):
    refused(saved(tmp_path, text), told)


@pytest.mark.parametrize("ending", [".gpkg", ".shp", ".parquet"])
def test_other_layers_are_read_with_their_crs(tmp_path, ending):
    layer = gpd.GeoDataFrame({"id": ["07"]}, geometry=[shapely.Point(500_000, 4_427_000)], crs="EPSG:32618")
    file = tmp_path / f"layer{ending}"
    layer.to_parquet(file) if ending == ".parquet" else layer.to_file(file)
    again = read_vector(file, what="it")
    assert again["id"].tolist() == ["07"]
    assert again.crs.to_epsg() == 32618


def test_a_damaged_layer_is_said_to_be_damaged(tmp_path):
    refused(saved(tmp_path, b"PAR1 and no more", "a.parquet"), "damaged")
    refused(saved(tmp_path, b"SQLite format 3\x00 and no more", "a.gpkg"), "damaged")
    refused(saved(tmp_path, b"\x00\x00\x27\x0a and no more", "a.shp"), "damaged")


@pytest.mark.filterwarnings("ignore")
def test_a_database_without_layers_is_said_to_be_damaged(tmp_path):
    with sqlite3.connect(tmp_path / "a.gpkg") as base:
        base.execute("create table t (a)")
    base.close()
    refused(tmp_path / "a.gpkg", "damaged")
