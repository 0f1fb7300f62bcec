"""What damaging files at random has found, kept small: each is refused in one line, or read right."""

import struct

import damaged_files
import geopandas as gpd
import pytest
import shapely

from fireplan import demand, roads, stations
from fireplan.errors import FireplanError, InputError


def kept(folder, name, content):
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def test_a_record_above_the_header_is_not_taken_for_a_title(tmp_path):
    """Three stations became one: what stood above the second header was left out."""
    text = (
        "nits\nA,Station A,39.95,-75.16,E1;T1\nstation_id,name,latitude,longitude,uni\nB,Station B,39.951,-75.158,E2\n"
    )
    with pytest.raises(InputError, match="line 2 stands above the header"):
        stations.read_stations(kept(tmp_path, "s.csv", text))
    titled = "Fire stations 2026\nas of,1,May\nstation_id,name,latitude,longitude\nB,Station B,39.951,-75.158\n"
    assert stations.read_stations(kept(tmp_path, "s.csv", titled))[0].index.tolist() == ["B"]


def test_one_corner_with_a_height_does_not_break_an_outline(tmp_path):
    """GEOSException: a ring with one point of three coordinates was no longer closed once it was moved."""
    ring = [[-75.16, 39.95], [-75.15, 39.95], [-75.15, 39.96, 12.0], [-75.16, 39.96], [-75.16, 39.95]]
    layer = damaged_files.features([{"type": "Polygon", "coordinates": [ring]}], [{"zone_id": "A", "population": 1}])
    layer["features"] *= 2
    layer["features"][1] = {**layer["features"][0], "properties": {"zone_id": "B", "population": 1}}
    (note,) = demand.read_zones(kept(tmp_path, "z.geojson", damaged_files.json.dumps(layer))).attrs["notes"]
    assert "'A' and 'B'" in note


@pytest.mark.parametrize("strange", ["\ufeff", "\u2028", "\u0085"])
def test_an_id_with_a_line_break_stays_on_the_line_of_its_message(tmp_path, strange):
    damaged_files.whole_files(tmp_path)
    text = (tmp_path / "r.graphml").read_text(encoding="utf-8").replace('source="0"', f'source="{strange}"')
    with pytest.raises(FireplanError) as caught:
        roads.from_graphml(kept(tmp_path, "town.graphml", text))
    assert str(caught.value).isprintable()
    table = f"station_id,name,no{strange}where\nA,A,1\n"
    with pytest.raises(FireplanError) as caught:
        stations.read_stations(kept(tmp_path, "s.csv", table))
    assert str(caught.value).isprintable()


def test_what_a_reader_of_parquet_says_stays_on_one_line(tmp_path):
    """Of a torn footer Thrift says what is wrong with a line break."""
    file = tmp_path / "z.parquet"
    gpd.GeoDataFrame({"zone_id": ["A"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326).to_parquet(file)
    whole = file.read_bytes()
    (size,) = struct.unpack("<i", whole[-8:-4])
    for byte in (0x0F, 0x1F, 0x99):
        broken = bytearray(whole)
        broken[-8 - size] = byte
        with pytest.raises(InputError) as caught:
            demand.read_zones(kept(tmp_path, "z.parquet", bytes(broken)))
        assert str(caught.value).isprintable()
