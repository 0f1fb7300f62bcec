"""Inputs that were once taken for what they are not: each kind is refused, or told, with where it is."""

import bz2
import gzip
import io
import json
import sqlite3
import time
import warnings
import zipfile
from dataclasses import fields

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from fireplan import demand, examples, incidents, project, roads, stations
from fireplan._geofiles import read_vector
from fireplan.errors import FireplanError, InputError, NetworkError, TableError

NODES = '<node id="1" lat="40.00" lon="-75.10"/>\n<node id="2" lat="40.00" lon="-75.09"/>\n'
WAY = '<way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>\n'


def osm(*parts):
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n{"".join(parts)}</osm>'


def written(folder, content, name="town.osm"):
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


# --- answers that say that they failed


REMARKS = [
    'runtime error: Query timed out in "query" at line 3 after 26 seconds.',
    "runtime error: Query run out of memory using about 2048 MB of RAM.",
]


@pytest.mark.parametrize("said", REMARKS)
@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize(("ending", "pack"), [("osm", bytes), ("osm.gz", gzip.compress), ("osm.bz2", bz2.compress)])
def test_an_answer_that_says_it_failed_is_refused_with_its_remark(tmp_path, said, at_end, ending, pack):
    remark = f"<remark> {said} </remark>\n"
    parts = (NODES, WAY, remark) if at_end else (remark, NODES, WAY)
    with pytest.raises(NetworkError, match=said.split('"')[0]):
        roads.from_osm(written(tmp_path, pack(osm(*parts).encode()), f"town.{ending}"))


@pytest.mark.parametrize("name", ["answer.json", "answer.osm"])
def test_an_answer_in_json_is_refused_with_its_remark_or_with_what_to_ask_for(tmp_path, name):
    answer = {"version": 0.6, "elements": [{"type": "node", "id": 1}] * 4000}
    for remark, told in ((REMARKS[0], "timed out"), (None, "out:xml")):
        file = written(tmp_path, json.dumps(answer | ({"remark": remark} if remark else {})), name)
        for read in (roads.from_osm, roads.from_lines) if name.endswith("json") else (roads.from_osm,):
            with pytest.raises(NetworkError, match=told):
                read(file)


PAGE = (
    '<?xml version="1.0"?><!DOCTYPE html><html><head><title>OSM3S Response</title></head><body><p><strong'
    ' style="color:#FF0000">Error</strong>: runtime error: Dispatcher_Client::request_read_and_idx::rate_limited.'
    " Please check the quota.</p></body></html>"
)


@pytest.mark.parametrize("name", ["town.osm", "town.osm.gz", "town.osm.bz2", "town.osm.pbf"])
def test_a_page_that_says_why_is_quoted(tmp_path, name):
    content = gzip.compress(PAGE.encode()) if name.endswith("gz") else PAGE
    content = bz2.compress(PAGE.encode()) if name.endswith("bz2") else content
    with pytest.raises(NetworkError, match=r"HTML page.*rate_limited"):
        roads.from_osm(written(tmp_path, content, name))
    if not name.endswith(("bz2", "gz")):
        with pytest.raises(InputError, match=r"page.*rate_limited"):
            demand.read_zones(written(tmp_path, PAGE, "zones.geojson"))


@pytest.mark.parametrize("content", [osm(), osm(NODES), osm(NODES, WAY)[:-20], osm(NODES, WAY)[:120]])
def test_an_empty_or_torn_answer_is_refused(tmp_path, content):
    with pytest.raises(NetworkError, match=r"town\.osm"):
        roads.from_osm(written(tmp_path, content))


@pytest.mark.parametrize(("ending", "pack"), [("gz", gzip.compress), ("bz2", bz2.compress)])
def test_a_packed_extract_that_swells_is_refused(tmp_path, ending, pack, monkeypatch):
    monkeypatch.setattr("fireplan.roads._osm.osm_extract.FREE_BYTES", 1000)
    file = written(tmp_path, pack(osm(NODES, " " * 5_000_000, WAY).encode()), f"town.osm.{ending}")
    with pytest.raises(NetworkError, match="unpacks to over 100 times its size"):
        roads.from_osm(file)


# --- numbers that are none


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('node id="1"', 'node id="99999999999999999999"', "the id of the node on line 3 is '9{20}', which is no id"),
        ('node id="1"', 'node id="9007199254740993"', "the id of the node on line 3"),
        ('node id="1"', 'node id="one"', "the id of the node on line 3 is 'one', which is no number"),
        ('node id="1"', 'node id="1.5"', "the id of the node on line 3"),
        ('node id="1"', 'node id=""', "the id of the node on line 3"),
        ('node id="1"', "node", "the id of the node on line 3"),
        ('node id="1"', 'node id="\u0661"', "the id of the node on line 3"),
        ('node id="1"', 'node id="1" version="x"', "the version of the node on line 3 is 'x'"),
        ('way id="7"', 'way id="7x"', "the id of the way on line 5"),
        ('nd ref="1"', 'nd ref="1_0"', "the ref of a node of the way on line 5 is '1_0'"),
        ('lat="40.00" lon="-75.09"', 'lat="400.0" lon="-75.09"', "the lat of the node on line 4 is '400.0', beyond 90"),
        ('lat="40.00" lon="-75.09"', 'lat="90.5" lon="-75.09"', "the lat of the node on line 4 is '90.5', beyond 90"),
        ('lat="40.00" lon="-75.09"', 'lat="nan" lon="-75.09"', "the lat of the node on line 4 is 'nan'"),
        ('lat="40.00" lon="-75.09"', 'lat="4e1" lon="1e400"', "the lon of the node on line 4 is '1e400'"),
        ('lat="40.00" lon="-75.09"', 'lat="40,00" lon="-75.09"', "the lat of the node on line 4 is '40,00'"),
        ('lat="40.00" lon="-75.09"', 'lat="40.00" lon="-180.01"', "the lon of the node on line 4 is '-180.01'"),
    ],
)
def test_a_number_that_is_none_is_named_with_its_line(tmp_path, old, new, told):
    text = osm(NODES, WAY)
    assert text.count(old) >= 1
    with pytest.raises(NetworkError, match=told):
        roads.from_osm(written(tmp_path, text.replace(old, new, 1)))


def test_numbers_at_their_limits_are_read(tmp_path):
    text = osm(NODES, WAY).replace('id="1"', 'id="9007199254740991"').replace('ref="1"', 'ref="9007199254740991"')
    assert roads.from_osm(written(tmp_path, text)).n_streets == 1


def test_a_node_that_stands_twice_counts_if_both_say_the_same_and_is_refused_if_not(tmp_path):
    signal = '<node id="2" lat="40.00" lon="-75.09"><tag k="barrier" v="bollard"/></node>\n'
    third = '<node id="3" lat="40.00" lon="-75.08"/>\n'
    ways = WAY + WAY.replace('"7"', '"8"').replace('ref="1"', 'ref="3"')
    once = roads.from_osm(written(tmp_path, osm(NODES.splitlines()[0], signal, third, ways)))
    for parts in ((NODES, third, signal, ways), (NODES.splitlines()[0], signal, third, NODES, ways)):
        assert roads.from_osm(written(tmp_path, osm(*parts))).fingerprint == once.fingerprint
    moved = '<node id="2" lat="40.01" lon="-75.09"/>\n'
    with pytest.raises(NetworkError, match=r"node '2' stands twice in a version, on lines 4 and 6, with other places"):
        roads.from_osm(written(tmp_path, osm(NODES, third, moved, ways)))


# --- networks that were saved


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    file = roads.save(examples.line_town().roads, tmp_path_factory.mktemp("saved") / "line.npz")
    with np.load(file) as content:
        return dict(content)


def altered(saved, folder, **parts):
    np.savez(folder / "other.npz", **{name: array for name, array in {**saved, **parts}.items() if array is not None})
    return folder / "other.npz"


def test_a_network_comes_back_with_all_that_it_is(tmp_path):
    line = examples.line_town().roads.with_turns("exact", roads.TurnDelays(left_s=9.0))
    peak = roads.SpeedPeriod("pm peak", hours=(16, 19), factor=0.5)
    before = line.with_periods(peak).with_curve(roads.DriveCurve(), calibrated=True)
    after = roads.load(roads.save(before, tmp_path / "line.npz"))
    for name in (f.name for f in fields(before) if f.name not in {"_", "crs"}):
        one, other = getattr(before, name), getattr(after, name)
        assert np.array_equal(one, other) if isinstance(one, np.ndarray) else one == other, name
    assert after.crs == before.crs
    assert after.attribute_fingerprint == before.attribute_fingerprint


def test_a_saved_network_is_named_by_all_it_holds(saved, tmp_path):
    """Lengths, CRS, classes, ids and all else: what was changed behind its back is noticed."""
    assert roads.load(altered(saved, tmp_path)).n_nodes == 41
    for name, array in saved.items():
        if array.size == 0:
            continue
        other = array.copy()
        if array.dtype.kind == "U":
            other = np.array(np.char.replace(array, "e", "i") if array.ndim else str(array).replace("1", "2", 1))
            other = np.char.add(array, "x") if (other == array).all() else other
        elif array.dtype == bool:
            other = ~array
        else:
            other.flat[0] += 1
        with pytest.raises(NetworkError):
            roads.load(altered(saved, tmp_path, **{name: other}))


@pytest.mark.parametrize(
    "parts",
    [
        {"notes": np.array("one")}, {"first": np.array(3)}, {"node_ids": np.array(1)}, {"crs": np.array("EPSG:9")},
        {"crs": np.array("")}, {"banned": np.array(1)}, {"curve": np.array("3")}, {"periods": np.array("{}")},
        {"delays": np.array("[" * 100_000)}, {"offsets": np.zeros(0, dtype=int)}, {"xy_m": np.zeros((3, 3))},
        {"highway": np.arange(40)}, {"doors": np.ones(3, dtype=bool)}, {"format": np.zeros((2, 2))},
    ],
)  # fmt: skip
def test_parts_that_do_not_fit_are_refused_and_not_stumbled_over(saved, tmp_path, parts):
    with pytest.raises(NetworkError):
        roads.load(altered(saved, tmp_path, **parts))


def test_a_saved_network_that_would_fill_the_memory_is_refused_before_it_is_unpacked(saved, tmp_path):
    file = altered(saved, tmp_path)
    for name, size in (("there_s.npy", 10**12), ("xy_m.npy", 10**18)):
        target = tmp_path / "huge.npz"
        with zipfile.ZipFile(file) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
            for part in source.namelist():
                packed.writestr(part, source.read(part) if part != name else header(size))
        with pytest.raises(NetworkError, match="not as long as it says"):
            roads.load(target)
    bomb = tmp_path / "bomb.npz"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("there_s.npy", header(30 * 2**17) + bytes(30 * 2**20))
    with pytest.raises(NetworkError, match="unpacks to over"):
        roads.load(bomb)


def header(count):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": (count,)})
    return stream.getvalue()


# --- layers


def square(x, y, width=0.002, height=0.002):
    return shapely.box(x, y, x + width, y + height)


def zones(shapes, people=100):
    names = [f"Z{i}" for i in range(len(shapes))]
    return gpd.GeoDataFrame({"zone_id": names, "population": people}, geometry=list(shapes), crs="EPSG:4326")


def test_an_outline_that_cannot_be_read_is_named_by_file_and_row(tmp_path):
    file = tmp_path / "zones.gpkg"
    zones([square(-75.1 + i / 100, 40) for i in range(3)]).to_file(file, driver="GPKG", engine="pyogrio")
    with sqlite3.connect(file) as base:
        for (trigger,) in base.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            base.execute(f'drop trigger "{trigger}"')
        (blob,) = base.execute("select geom from zones where zone_id = 'Z1'").fetchone()
        base.execute("update zones set geom = ? where zone_id = 'Z1'", [blob[:-16] + np.array([0.0, 0.0]).tobytes()])
    base.close()
    with pytest.raises(InputError, match=r"zones\.gpkg.*feature 2 cannot be read"):
        demand.read_zones(file)


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        (square(-175.1, 99), "feature 2.*beyond 180 or 90 degrees"),
        (square(400_000, 4_000_000), "feature 2.*beyond"),
        (square(-75.1, 40, width=1e12), "feature 2 has coordinates"),
        (shapely.LineString([(-75.1, 40), (-75.0, 40)]), r"lines, not outlines: 'Z1' \(row 2\)"),
        (shapely.Polygon(), "geometry is missing for 'Z1'"),
        (None, "geometry is missing for 'Z1'"),
    ],
)
def test_a_zone_that_is_nowhere_is_named_by_its_row(tmp_path, shape, told):
    file = tmp_path / "zones.geojson"
    zones([square(-75.1, 40), shape, square(-75.09, 40)]).to_file(file, driver="GeoJSON", engine="pyogrio")
    with pytest.raises(InputError, match=told):
        demand.read_zones(file)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", "1e300"])
def test_a_coordinate_that_is_none_is_named_by_its_row(tmp_path, value):
    text = zones([square(-75.1, 40), square(-75.09, 41)]).to_json().replace("41.0]", f"{value}]")
    with pytest.raises(InputError, match="feature 2"):
        demand.read_zones(written(tmp_path, text, "zones.geojson"))


def test_geojson_nested_deeper_than_any_and_doubled_keys_are_refused(tmp_path):
    point = '{"type": "Point", "coordinates": [-75, 40]}'
    for _ in range(200):
        point = f'{{"type": "GeometryCollection", "geometries": [{point}]}}'
    deep = '{"type": "Polygon", "coordinates": ' + "[" * 900 + "]" * 900 + "}"
    for shape, told in ((point, "feature 1 cannot be read"), (deep, "feature 1 cannot be read")):
        text = (
            '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"zone_id": "A"},'
            f' "geometry": {shape}}}]}}'
        )
        with pytest.raises(InputError, match=told):
            demand.read_zones(written(tmp_path, text, "zones.geojson"))
    with pytest.raises(InputError, match=r"nested too deeply|feature 1 cannot be read"):
        demand.read_zones(written(tmp_path, text.replace("[" * 900, "[" * 90_000), "zones.geojson"))
    twice = zones([square(-75.1, 40)]).to_json().replace('"population": 100', '"population": 100, "population": 1')
    with pytest.raises(InputError, match="'population' stands twice"):
        demand.read_zones(written(tmp_path, twice, "zones.geojson"))


DEEDS = {
    "crashes": "os.kill(os.getpid(), 11)",
    "the reader crashes": "os.abort()",
    "memory": "sys.stdout.buffer.write(b'\\0\\6\\0\\0\\0\\0\\0\\0\\0memory'); sys.stdout.flush()",
    "too long": "resource.setrlimit(resource.RLIMIT_CPU, (1, 2))\nwhile True: pass",
}


@pytest.mark.parametrize("told", DEEDS)
def test_a_layer_on_which_its_reader_crashes_ends_nothing(tmp_path, told, monkeypatch):
    """It is read in another process; how that ends is told here."""
    reader = tmp_path / "reader.py"
    reader.write_text(f"import os, resource, sys\n{DEEDS[told]}\n")
    monkeypatch.setattr("fireplan._geofiles.reading_worker.__file__", str(reader))
    for name in ("zones.gpkg", "zones.parquet"):
        file = tmp_path / name
        table = zones([square(-75.1, 40)])
        table.to_parquet(file) if name.endswith("parquet") else table.to_file(file, driver="GPKG", engine="pyogrio")
        with pytest.raises(InputError, match=f"{name}.*{told}"):
            demand.read_zones(file)


def test_layers_are_handed_over_as_they_were_read(tmp_path):
    """Nothing here reads the file again; every kind of column comes as GeoPandas reads it."""
    table = gpd.GeoDataFrame(
        {
            "zone_id": ["A", None, "ü"],
            "population": [1, 2, 3],
            "share": [0.5, np.nan, 2],
            "inside": [True, False, True],
            "known": pd.array([1, None, 3], dtype="Int64"),
            "none": [None] * 3,
            "at": pd.date_range("2024-01-01", periods=3, tz="UTC"),
        },
        geometry=[square(-75.1, 40), square(-75.2, 40), None],
        crs=4326,
    )
    for name, driver in (("a.gpkg", "GPKG"), ("a.shp", "ESRI Shapefile"), ("a.gdb", "OpenFileGDB")):
        file = tmp_path / name
        wide = table.drop(columns="at") if name == "a.shp" else table
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of what the format cannot hold
            wide.to_file(file, driver=driver, engine="pyogrio")
        read, expected = read_vector(file, what="zone file"), gpd.read_file(file, engine="pyogrio")
        pd.testing.assert_frame_equal(pd.DataFrame(read), pd.DataFrame(expected))
        assert read.crs == expected.crs
    for encoding in ("WKB", "geoarrow"):
        file = tmp_path / f"{encoding}.parquet"
        table.iloc[:2].set_index("zone_id").to_parquet(file, geometry_encoding=encoding)
        read, expected = read_vector(file, what="zone file"), gpd.read_parquet(file)
        pd.testing.assert_frame_equal(pd.DataFrame(read), pd.DataFrame(expected))
        assert read.crs == expected.crs


def test_no_layer_and_no_parquet_is_read_in_this_process(tmp_path, monkeypatch):
    import pyarrow.parquet  # noqa: PLC0415
    import pyogrio  # noqa: PLC0415

    table = zones([square(-75.1, 40)])
    table.to_file(tmp_path / "zones.gpkg", driver="GPKG", engine="pyogrio")
    table.to_parquet(tmp_path / "zones.parquet")
    calls = gpd.GeoDataFrame(
        {"incident_id": ["1"], "unit_id": ["E1"], "received": ["2024-05-07T09:00:00"]},
        geometry=[shapely.Point(-75, 40)],
        crs=4326,
    )
    calls.to_file(tmp_path / "calls.gpkg", driver="GPKG", engine="pyogrio")

    def here(*_, **__):
        raise AssertionError("read in this process")

    for module, names in (
        (pyogrio, ("read_dataframe", "read_arrow", "list_layers", "read_info")),
        (pyogrio.raw, ("read", "read_arrow", "open_arrow")),
        (pyarrow.parquet, ("ParquetFile", "read_table", "read_schema")),
        (gpd, ("read_file", "read_parquet")),
        (pd, ("read_parquet",)),
    ):
        for name in names:
            monkeypatch.setattr(module, name, here)
    assert len(demand.read_zones(tmp_path / "zones.gpkg")) == 1
    assert len(demand.read_zones(tmp_path / "zones.parquet")) == 1
    assert incidents.read_cad(tmp_path / "calls.gpkg", timezone="America/New_York").rows_ok == 1


def test_a_geopackage_that_never_ends_is_refused(tmp_path, monkeypatch):
    """A view may count for ever."""
    monkeypatch.setattr("fireplan._geofiles.read_apart.LEAST_CPU_S", 1)
    file = tmp_path / "zones.gpkg"
    zones([square(-75.1, 40)]).to_file(file, driver="GPKG", engine="pyogrio")
    with sqlite3.connect(file) as base:
        base.execute(
            "create view endless as with recursive n(zone_id, geom) as (select 1, (select geom from zones) union all"
            " select zone_id + 1, geom from n) select zone_id, geom from n"
        )
        base.execute("insert into gpkg_contents (table_name, data_type, identifier, srs_id) values"
                     " ('endless', 'features', 'endless', 4326)")  # fmt: skip
        base.execute("insert into gpkg_geometry_columns values ('endless', 'geom', 'POLYGON', 4326, 0, 0)")
    base.close()
    began = time.monotonic()
    with pytest.raises(InputError, match=r"zones\.gpkg"):
        demand.read_zones(file, layer="endless")
    assert time.monotonic() - began < 60


# --- zones that share ground


def test_zones_that_overlap_are_told_with_their_ground_and_people():
    half = zones([square(-75.1, 40), square(-75.099, 40), square(-75.05, 40)])
    notes = demand.read_zones(half).attrs["notes"]
    assert len(notes) == 1
    assert notes[0].startswith("1 pair of zones overlap by 0.02 km², with 100 people of one or the other")
    assert "'Z0' and 'Z1'" in notes[0]


@pytest.mark.parametrize("wide_m", [0.001, 0.5, 2.0])
def test_slivers_along_a_border_are_not_told(wide_m):
    sliver = wide_m / 85_000
    assert demand.read_zones(zones([square(-75.1, 40), square(-75.098 - sliver, 40)])).attrs["notes"] == ()


def test_a_small_zone_in_a_large_one_and_a_narrow_one_drawn_twice_are_told():
    narrow = square(-75.05, 40, width=0.00002)
    for shapes in ([square(-75.1, 40, 0.1, 0.1), square(-75.08, 40.02, 0.0002, 0.0002)], [narrow, narrow]):
        assert "1 pair of zones overlap" in demand.read_zones(zones(shapes)).attrs["notes"][0]


def test_a_zone_that_crosses_itself_is_repaired_and_named():
    bow = shapely.Polygon([(-75.1, 40), (-75.09, 40.01), (-75.09, 40), (-75.1, 40.01)])
    notes = demand.read_zones(zones([square(-75.05, 40), bow])).attrs["notes"]
    assert notes == ("1 invalid (self-crossing) outline of zones repaired: 'Z1' (row 2)",)


def test_ten_thousand_zones_are_looked_through_in_two_seconds():
    rng = np.random.default_rng(3)
    corners = np.stack(np.meshgrid(np.linspace(-75.3, -75, 101), np.linspace(39.8, 40.1, 101)), axis=-1)
    corners += rng.normal(0, 3e-4, corners.shape)
    rings = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], axis=2).reshape(-1, 4, 2)
    table = zones(shapely.polygons(rings))
    table.loc[500, "geometry"] = table.geometry[500].buffer(0.001)
    began = time.process_time()
    (note,) = demand.read_zones(table).attrs["notes"]
    assert time.process_time() - began < 2
    assert "'Z500'" in note


# --- latitude and longitude swapped


def test_stations_that_are_all_in_the_antarctic_are_taken_for_swapped(tmp_path):
    text = "station_id,name,latitude,longitude,units\nA,North,-75.10,40.00,E1\nB,South,-75.11,40.01,E2\n"
    with pytest.raises(TableError, match="swapped"):
        stations.read_stations(written(tmp_path, text, "stations.csv"))


@pytest.mark.parametrize(
    ("mend", "told"),
    [
        (lambda x, y: (y, x), "latitude and longitude look swapped"),
        (lambda x, y: (-x, y), "longitude seems to lack its minus"),
    ],
)
def test_stations_far_from_the_roads_and_among_them_if_swapped_are_refused(tmp_path, mend, told):
    """Numbers alone do not tell at 40 degrees east and 30 north; roads do."""
    node = '<node id="{}" lat="30.{}" lon="40.{}"/>'
    nodes = "".join(node.format(i, 100 + i, 100 + i) for i in range(1, 10))
    refs = "".join(f'<nd ref="{i}"/>' for i in range(1, 10))
    written(tmp_path, osm(nodes, f'<way id="7">{refs}<tag k="highway" v="residential"/></way>'), "roads.osm")
    plan = '[inputs]\nnetwork = "roads.osm"\nstations = "stations.csv"\nzones = "zones.geojson"\n'
    written(tmp_path, f'timezone = "UTC"\n{plan}', "plan.toml")
    right = zones([square(40.102, 30.102)])
    right.to_file(tmp_path / "zones.geojson", driver="GeoJSON", engine="pyogrio")
    for place, fails in (((40.104, 30.104), False), (mend(40.104, 30.104), True)):
        x, y = place
        written(tmp_path, f"station_id,name,latitude,longitude,units\nA,A,{y},{x},E1\n", "stations.csv")
        if not fails:
            assert project.open_project(tmp_path).today.stations.index.tolist() == ["A"]
            continue
        with pytest.raises(TableError, match=f"'A': .*{told}"):
            project.open_project(tmp_path)


def test_every_message_is_of_one_line(tmp_path):
    file = written(tmp_path, b"PAR1" + bytes(range(40)) + b"\x10\x00\x00\x00PAR1", "zones.parquet")
    with pytest.raises(FireplanError) as caught:
        demand.read_zones(file)
    assert str(caught.value).isprintable()
