"""Layers over tables, their packed coordinates, and the words and colours of a legend."""

from __future__ import annotations

import json
import math
import time
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.networks import lanes
from fireplan._page_kit import coordinate_codec, style
from fireplan._page_kit.generalisation import merged_lines
from fireplan._page_kit.script_data import in_script
from fireplan.errors import InputError, TableError
from fireplan.maps._layers import layer_rows, vector_layers
from fireplan.maps._layers.legend import Entry, Legend, band_entries, category_entries, legend_html, station_entries
from fireplan.maps._pages.offline_map import OfflineMap

DIGITS = {chr(letter): i for i, letter in enumerate(coordinate_codec.ALPHABET)}


def unpacked(text):
    """What the page's script reads: written here a second time, from the description."""
    values, value, shift = [], 0, 0
    for letter in text:
        digit = DIGITS[letter]
        value |= (digit & 31) << shift
        shift += 5
        if digit < 32:
            values.append(-(value + 1) // 2 if value & 1 else value // 2)
            value = shift = 0
    return values


def points_of(text):
    return np.cumsum(np.array(unpacked(text)).reshape(-1, 2), axis=0) / 1e5


@given(st.lists(st.integers(-36_000_000, 36_000_000)))
def test_integers_come_back(values):
    text = coordinate_codec.pack_integers(values)
    assert unpacked(text) == values
    assert set(text) <= set(DIGITS)


@given(st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90))))
def test_coordinates_come_back_to_five_decimals(values):
    xy = np.array(values, dtype=float).reshape(-1, 2)
    assert np.abs(points_of(coordinate_codec.pack_coordinates(xy)).reshape(-1, 2) - xy).max(initial=0) <= 0.500001e-5


def test_polygons_are_packed_part_by_part():
    hole = shapely.box(0, 0, 9, 9).difference(shapely.box(1, 1, 2, 2))
    both = shapely.MultiPolygon([hole, shapely.box(20, 20, 21, 21)])
    structure, points = coordinate_codec.pack_polygons(np.array([shapely.Polygon([(0, 0), (1, 0), (0, 1)]), both]))
    assert unpacked(structure) == [1, 1, 3, 2, 2, 4, 4, 1, 4]
    assert len(points_of(points)) == 15


def test_streets_are_joined_thinned_and_drawn_once():
    there = shapely.LineString([(0, 0), (0.0005, 0.00001), (0.001, 0)])
    onward = shapely.LineString([(0.001, 0), (0.002, 0)])
    merged = merged_lines(np.array([there, there.reverse(), onward, onward]), tolerance_m=4)
    assert [line.wkt for line in merged] == ["LINESTRING (0 0, 0.002 0)"]


def test_a_line_is_thinned_alike_whatever_lies_beside_it():
    bent = shapely.LineString([(0, 0), (0.001, 0.00003), (0.002, 0)])
    beside = shapely.LineString([(0.001, 0.00001), (0.001, 0.00002)])  # between the bend and its chord
    merged = merged_lines(np.array([bent, beside]), tolerance_m=4)
    assert {shapely.get_num_coordinates(line) for line in merged} == {2}


def test_a_small_loop_stays_a_loop():
    loop = shapely.LineString([(0, 0), (0.00005, 0), (0.00005, 0.00005), (0, 0.00005), (0, 0)])  # some 5 m wide
    (merged,) = merged_lines(np.array([loop]), tolerance_m=40)
    assert merged.is_closed
    assert shapely.get_num_coordinates(merged) >= 4


def cpu_s(draw):
    """The least CPU time of a few tries: what the work takes when nothing else is in its way."""
    spent = []
    for _ in range(3):
        began = time.process_time()
        draw()
        spent.append(time.process_time() - began)
    return min(spent)


def test_eight_times_the_streets_take_no_more_than_some_eight_times_as_long():
    few, many = (lanes(n).streets.to_crs(4326) for n in (2_500, 20_000))
    ratio = cpu_s(lambda: vector_layers.lines(many)) / cpu_s(lambda: vector_layers.lines(few))
    assert ratio < 8 * 3  # 70 and more when each piece is held against all others


def test_ten_thousand_streets_stay_small():
    rng = np.random.default_rng(0)
    start = rng.uniform(0, 0.3, (10_000, 1, 2))
    bend = np.cumsum(rng.normal(0, 0.0003, (10_000, 8, 2)), axis=1)
    streets = gpd.GeoDataFrame(geometry=shapely.linestrings(start + bend), crs=4326)
    assert len(in_script(vector_layers.lines(streets, highway=None).data)) < 500_000


@given(
    st.recursive(
        st.text() | st.none() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_json_cannot_leave_its_script(data):
    text = in_script(data)
    assert "<" not in text
    assert text.isascii()
    assert json.loads(text) == data


ZONES = gpd.GeoDataFrame(
    {"zone": ["A", "B"], "colour": ["#FDEABB", "#f6b268"]},
    geometry=[shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)],
    index=["a", "b"],
    crs=4326,
)


def test_a_layer_holds_escaped_words():
    odd = ZONES.assign(zone=["<b>{{1}}", None])
    layer = vector_layers.polygons(
        odd, name="Zones & more", fill="colour", popup=[("Zone <1>", "zone")], tooltip="zone"
    )
    assert layer.layer_name == "Zones &amp; more"
    assert layer.data["labels"] == ["Zone &lt;1&gt;"]
    assert layer.data["cells"] == [["&lt;b&gt;&#123;&#123;1&#125;&#125;", "not known"]]
    assert layer.data["tooltip"] == layer.data["cells"][0]
    assert layer.data["palette"] == ["#fdeabb", "#f6b268"]
    assert layer.data["fills"] == [0, 1]


def test_the_table_is_left_alone():
    before = ZONES.copy()
    vector_layers.polygons(ZONES, name="x", fill="#112233")
    pd.testing.assert_frame_equal(ZONES, before)


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        (ZONES.to_crs(3857), {}, r"not EPSG:3857: use .to_crs\(4326\)"),
        (ZONES.set_crs(None, allow_override=True), {}, "unknown CRS"),
        (ZONES, {"fill": "color"}, "no column 'color'"),
        (ZONES, {"popup": [("x", "nothing")]}, "no column 'nothing'"),
        (ZONES.assign(colour="red"), {"fill": "colour"}, "not a colour of the form #rrggbb: 'red'"),
        (ZONES.assign(colour='#112233"><script>'), {"fill": "colour"}, "not a colour"),
        (ZONES.set_geometry(ZONES.boundary), {}, "rows a, b hold something else"),
        (ZONES.set_geometry(ZONES.translate(yoff=95)), {}, "rows a, b lie off the earth"),
    ],
)
def test_tables_that_cannot_be_drawn_say_why(table, options, message):
    with pytest.raises(InputError, match=message):
        vector_layers.polygons(table, **{"name": "Zones", "fill": "#112233", **options})


def test_all_faults_of_a_table_are_told_at_once():
    both = gpd.GeoDataFrame(geometry=[shapely.Point(0, 0), shapely.box(0, 89, 1, 91)], crs=4326)
    with pytest.raises(TableError, match="2 faults"):
        vector_layers.polygons(both, name="x", fill="#112233")


def test_an_unknown_status_is_refused():
    homes = gpd.GeoDataFrame({"name": ["S1"], "status": ["moved"]}, geometry=[shapely.Point(0, 0)], crs=4326)
    with pytest.raises(InputError, match="'moved' is no status"):
        vector_layers.station_markers(homes, label="name", status="status")


@pytest.mark.parametrize(
    "make",
    [
        vector_layers.lines,
        lambda t: vector_layers.points(t, name="x"),
        lambda t: vector_layers.polygons(t, name="x", fill="#112233"),
    ],
)
def test_empty_tables_draw_nothing(make):
    empty = gpd.GeoDataFrame({"highway": []}, geometry=[], crs=4326)
    page = OfflineMap(title="x")
    make(empty).add_to(page)
    assert page.extent() is None
    assert "fireplan." in page.to_html()


def test_rows_without_a_place_are_not_drawn():
    some = ZONES.set_geometry(gpd.GeoSeries([None, shapely.box(0, 0, 1, 1)], index=["a", "b"], crs=4326))
    assert vector_layers.polygons(some, name="x", fill="#112233").data["rows"] == 1


def test_a_layer_is_refused_by_a_map_that_cannot_draw_it():
    import folium  # noqa: PLC0415

    plain = folium.Map(tiles=None)
    vector_layers.polygons(ZONES, name="x", fill="#112233").add_to(plain)
    with pytest.raises(InputError, match="add it to one"):
        plain.get_root().render()


def test_bands_of_time():
    bands = style.time_bands(240, 480)
    times = pd.Series([0.0, 240, 240.1, 480, 481, math.inf, math.nan], index=list("abcdefg"))
    near, middle, far, never = (band.colour for band in bands)
    found = style.colours_of(times, bands)
    assert found.tolist() == [near, near, middle, middle, far, never, style.UNKNOWN]
    assert found.index.tolist() == list("abcdefg")


def test_bands_of_change_are_even_on_both_sides():
    bands = style.change_bands(15, 60)
    changes = pd.Series([-math.inf, -61, -60, -16, -15, 0, 15, 16, 60, 61, math.inf])
    found = style.colours_of(changes, bands).map({b.colour: b.label for b in bands}).tolist()
    assert found == [
        *["over 1:00 faster"] * 2,
        *["0:15 to 1:00 faster"] * 2,
        *["up to 0:15 either way"] * 3,
        *["0:15 to 1:00 slower"] * 2,
        *["over 1:00 slower"] * 2,
    ]


@pytest.mark.parametrize("limits", [(), (0, 240), (240, 240), (480, 240)])
def test_limits_must_rise(limits):
    with pytest.raises(InputError, match="must rise"):
        style.time_bands(*limits)


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_a_longer_time_is_darker(count):
    shades = [luminance(b.colour) for b in style.time_bands(*range(60, 60 * count + 1, 60), unreachable=False)]
    assert all((light + 0.05) / (dark + 0.05) > 1.2 for light, dark in pairwise(shades))


def as_seen_without(colour, kind):
    """How a colour looks to someone without the red or the green cone (Viénot, Brettel and Mollon 1999), about."""
    r, g, b = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    mixed = 0.11238 * r + 0.88762 * g if kind == "red" else 0.29275 * r + 0.70725 * g
    return np.array([mixed, mixed, b if kind == "red" else -0.02234 * r + 0.02234 * g + b])


@pytest.mark.parametrize("kind", ["red", "green"])
@pytest.mark.parametrize(
    "colours",
    [
        [b.colour for b in style.time_bands(240, 480)],
        [b.colour for b in style.change_bands(15, 60)],
        style.CATEGORIES[:6],
    ],
    ids=["time", "change", "categories"],
)
def test_colours_stay_apart_without_red_or_green(colours, kind):
    seen = [as_seen_without(c, kind) for c in colours]
    apart = [np.abs(a - b).max() for i, a in enumerate(seen) for b in seen[i + 1 :]]
    assert min(apart) > 0.09


def test_round_limits_part_the_values():
    assert style.round_limits(range(60, 700), bands=3) == (300.0, 600.0)
    assert style.round_limits([math.inf, math.nan]) == (240.0, 480.0)
    assert style.round_limits([1, 2, 3]) == (5.0,)
    limits = style.round_limits(np.random.default_rng(0).gamma(4, 90, 1000))
    style.time_bands(*limits)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (layer_rows.cell_text(1234567), "1,234,567"),
        (layer_rows.cell_text(np.float64(2.25)), "2.3"),
        (layer_rows.cell_text(pd.NA), "not known"),
        (layer_rows.cell_text(np.True_), "yes"),
        (layer_rows.cell_text("007E3"), "007E3"),
    ],
)
def test_figures_in_words(said, text):
    assert said == text


def test_a_legend_escapes_and_shows_everything():
    legend = Legend(
        title="<T>", unit="{{u}}", n="5 of 9", held_to="4 min", note="n", entries=[Entry(label="a&b", note="71 %")]
    )
    text = legend_html(legend)
    for part in ("&lt;T&gt;", "&#123;&#123;u", "5 of 9", "4 min", "a&amp;b", "71 %"):
        assert part in text
    with pytest.raises(InputError, match="not a colour"):
        legend_html(Legend(title="x", entries=[Entry(label="x", colour='"/><script>')]))


def test_legend_lines_follow_bands_categories_and_stations():
    bands = style.time_bands(240)
    assert [e.note for e in band_entries(bands, notes={"within 4:00": "71 %"})] == ["71 %", "", ""]
    assert [e.colour for e in category_entries(style.categories(["b", "a", "b"]))] == list(style.CATEGORIES[:2])
    assert [e.label for e in station_entries("existing", "opened", "closed")] == [
        "Station",
        "Station opened",
        "Station closed",
    ]


@pytest.mark.parametrize(
    ("highway", "rank"),
    [("motorway_link", 0), ("tertiary", 1), ("residential", 2), (["primary", "residential"], 0), (None, 2)],
)
def test_road_ranks(highway, rank):
    assert style.road_rank(highway) == rank
