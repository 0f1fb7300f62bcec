"""Nothing slips into an offline page: what would be fetched or is not there is refused, legends are the page's own."""

from __future__ import annotations

import re

import branca.colormap as colormaps
import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from branca.element import Element, MacroElement, Template
from folium import plugins
from geopandas.explore import _categorical_legend
from map_pages import shown

from fireplan.errors import InputError
from fireplan.maps._pages.offline_guard import tokens, wants
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.swipe_map import SwipeMap
from fireplan.maps._pages.synced_maps import SyncedMaps

POINT = {"type": "Point", "coordinates": [0, 0]}


def blank(title="x"):
    return OfflineMap(title=title, bounds=(0, 0, 1, 1))


def features(**properties):
    return {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": properties, "geometry": POINT}]}


def choropleth(values, **how):
    boxes = gpd.GeoDataFrame(geometry=[shapely.box(i, 0, i + 1, 1) for i in range(len(values))], crs=4326)
    return folium.Choropleth(boxes, data=pd.Series(values, index=boxes.index.astype(str)), key_on="feature.id", **how)


def legends(page):
    """Every legend of a page: its title and its lines, with their colours."""
    text = page.to_html()
    found = re.findall(r'<details class="fp-legend".*?<summary>(.*?)</summary>(.*?)</details>', text, re.DOTALL)
    lines = r'<svg.*?(?:fill|stroke)="(#\w{6})".*?</svg><span>(.*?)</span>'
    return [(title, re.findall(lines, body)) for title, body in found]


def with_macro(script="", header=""):
    element = MacroElement()
    element._template = Template(
        f"{{% macro script(this, kwargs) %}}{script}{{% endmacro %}}"
        f"{{% macro header(this, kwargs) %}}{header}{{% endmacro %}}"
    )
    return element


REFUSED = {
    "HeatMap needs 'leaflet-heat.js': fireplan.maps.incidents": lambda: plugins.HeatMap([(0, 0)]),
    "MarkerCluster needs .*add_layer": plugins.MarkerCluster,
    "FastMarkerCluster needs": lambda: plugins.FastMarkerCluster([(0, 0)]),
    "Fullscreen needs .*F11": plugins.Fullscreen,
    "MiniMap needs": lambda: plugins.MiniMap(tile_layer=folium.TileLayer()),
    "Draw needs": plugins.Draw,
    "MeasureControl needs": plugins.MeasureControl,
    "LocateControl needs": plugins.LocateControl,
    "AntPath needs": lambda: plugins.AntPath([(0, 0), (1, 1)]),
    "loads 'https://e.org/x.png'": lambda: plugins.FloatImage("https://e.org/x.png"),
    "TileLayer loads from .*basemap=": folium.TileLayer,
    "Icon needs 'awesome-markers': .*DivIcon": lambda: folium.Marker((0, 0), icon=folium.Icon()),
    "BeautifyIcon needs": lambda: folium.Marker((0, 0), icon=plugins.BeautifyIcon()),
    "CustomIcon needs 'https://e.org/x.png': name an image on": lambda: folium.Marker(
        (0, 0), icon=folium.CustomIcon("https://e.org/x.png")
    ),
    "TopoJson needs .*add_layer": lambda: folium.TopoJson(
        {"type": "Topology", "arcs": [], "objects": {"a": {"type": "GeometryCollection", "geometries": []}}},
        "objects.a",
    ),
    "VideoOverlay needs|VideoOverlay loads": lambda: folium.raster_layers.VideoOverlay("x.mp4", [[0, 0], [1, 1]]),
    "Html needs 'https://e.org/a.png'|Popup needs 'https://e.org/a.png'": lambda: folium.Marker(
        (0, 0), popup="<img alt='' src='https://e.org/a.png'>"
    ),
    "needs '<iframe>'": lambda: folium.Marker((0, 0), popup=folium.Popup(folium.IFrame("<b>a</b>"))),
    "Tooltip needs 'https://e.org/b.png'": lambda: folium.Marker(
        (0, 0), tooltip="<b style='background: url(https://e.org/b.png)'>a</b>"
    ),
    "GeoJson needs 'd3', 'fetch', 'window.topojson': add_layer": lambda: folium.GeoJson(
        features(), on_each_feature=folium.JsCode("(f, l) => { d3.select(l); fetch(f.x); window.topojson(f); }")
    ),
    "needs 'Plotly'": lambda: with_macro("Plotly.newPlot({});"),
    "needs 'L.vectorGrid'": lambda: with_macro("L.vectorGrid.slicer({});"),
    r"needs '\$.getJSON'": lambda: with_macro("$.getJSON('a.json');"),
    "needs 'tiles/{z}.png'": lambda: with_macro("L.tileLayer('tiles/{z}.png');"),
    "head loads 'https://e.org/a.css'": lambda: with_macro(header="<style>@import 'https://e.org/a.css';</style>"),
    "a Choropleth with a legend stands on a map itself": lambda: folium.FeatureGroup().add_child(choropleth([1, 2, 3])),
}  # fmt: skip


@pytest.mark.parametrize("said", REFUSED)
def test_what_would_be_fetched_or_is_not_there_is_refused(said):
    page = blank()
    REFUSED[said]().add_to(page)
    with pytest.raises(InputError, match=said):
        page.to_html()


def test_what_is_set_into_the_root_is_looked_at_too():
    for section, text, said in (
        ("html", "<img alt='' src='logo.png'>", "markup set into the page loads 'logo.png'"),
        ("script", "d3.select('body')", "a script set into the page needs 'd3'"),
        ("header", "<link rel='stylesheet' href='https://e.org/a.css'>", "head loads '<link>'"),
    ):
        page = blank()
        getattr(page.get_root(), section).add_child(Element(text))
        with pytest.raises(InputError, match=re.escape(said)):
            page.to_html()


TAKEN = [
    lambda: folium.Marker((0, 0), popup="see <a href='https://e.org'>e.org</a>, url(x)", tooltip="https://e.org"),
    lambda: folium.Circle((0, 0), radius=3),
    lambda: folium.Polygon([(0, 0), (1, 1), (1, 0)]),
    lambda: folium.Rectangle([(0, 0), (1, 1)]),
    lambda: folium.GeoJson(
        features(a=1, href="https://e.org", iconic="d3.select(x)"),
        tooltip=folium.GeoJsonTooltip(["a"]),
        popup=folium.GeoJsonPopup(["href"]),
        highlight_function=lambda _: {"weight": 3},
        marker=folium.CircleMarker(radius=3),
    ),
    lambda: folium.GeoJson(
        features(a=1),
        on_each_feature=folium.JsCode(
            "(f, l) => { const {a, b: [c]} = f; let d, e; l.on('add', (x) => a + c + d + e + x); }"
        ),
    ),
    lambda: folium.Marker((0, 0), icon=folium.DivIcon(html="<b>1</b>")),
    folium.LatLngPopup,
    folium.LayerControl,
    lambda: folium.FitBounds([[0, 0], [1, 1]]),
    lambda: folium.ColorLine([(0, 0), (1, 1)], [0], colormap=["blue", "red"]),
    lambda: folium.raster_layers.ImageOverlay(np.zeros((2, 2, 3)), [[0, 0], [1, 1]]),
    lambda: folium.CircleMarker((0, 0), tooltip=folium.Tooltip("a", style="color: red")),
]  # fmt: skip


@pytest.mark.parametrize("made", TAKEN)
def test_what_leaflet_draws_alone_is_taken(made):
    page = blank()
    made().add_to(page)
    assert page.to_html().count("<script") == 3


@pytest.mark.parametrize(
    ("script", "missing"),
    [
        ("var a = 1; function f(b, c) { return a + b + c.d3 + g; }", ["'g'"]),
        ("L.map('x').on('click', function (e) { e.d3(); });", []),
        ("// d3.x()\n/* d3.y() */ 'd3.z()';", []),
        ("x => `${x} ${d3.y(x)}`;", ["'d3'"]),
        ("[...topo, 1.5, -2].map(String)", ["'topo'"]),
        ("for (const [k, v] of Object.entries({ d3: 1 })) { k + v; }", []),
        ("L.control.layers(); L.control.fullscreen();", ["'L.control.fullscreen'"]),
        ("L.icon({iconUrl: 'x.png', shadowUrl: 'data:image/png;base64,'})", ["'x.png'"]),
        ("L.icon({'iconUrl': '\\u0068ttps://e.org/x.png'})", ["'https://e.org/x.png'"]),
    ],
)
def test_names_that_a_script_does_not_have(script, missing):
    assert wants(list(tokens(script))) == missing


def test_a_choropleth_has_the_page_s_legend():
    page = blank()
    choropleth([0.0, 10, 20, np.nan], legend_name="Calls {{<b>").add_to(page)
    with pytest.raises(InputError, match="would run as code"):
        page.to_html()
    page = blank()
    drawn = choropleth([0.0, 10, 20, np.nan], bins=[0, 5, 12.5, 20], legend_name="Calls <b>", nan_fill_color="purple")
    drawn.add_to(page)
    ((title, lines),) = legends(page)
    assert title == "Calls &lt;b&gt;"
    assert [word for _, word in lines] == ["0 to under 5", "5 to under 12.5", "12.5 to 20", "no value"]
    assert lines[-1][0] == "#800080"
    assert len({colour for colour, _ in lines}) == 4
    fills = re.findall(r'"fillColor": "(#\w{6}|purple)"', page.to_html())
    assert set(fills) <= {*(colour for colour, _ in lines), "purple"}
    assert page.to_html() == page.to_html()
    assert "d3" not in page.to_html().split("<script>")[3]


def test_a_choropleth_without_data_has_no_legend():
    page = blank()
    folium.Choropleth(features()).add_to(page)
    assert legends(page) == []


def test_colour_maps_of_branca_are_legends():
    page = blank()
    colormaps.StepColormap(["red", "#00ff00", "blue"], index=[0, 1, 2.5, 1234.5678], caption="Steps").add_to(page)
    colormaps.LinearColormap(["white", "black"], vmin=0, vmax=10, caption="Even").add_to(page)
    steps, even = legends(page)
    assert steps == ("Steps", [("#ff0000", "0 to 1"), ("#00ff00", "over 1 to 2.5"), ("#0000ff", "over 2.5 to 1,235")])
    assert even == ("Even", [("#ffffff", "0"), ("#000000", "10")])
    assert "Bounds are rounded." in shown(page)
    assert "Between these values the colours run evenly." in shown(page)


def test_a_colour_map_of_many_colours_shows_some():
    page = blank()
    colormaps.LinearColormap([f"#{i:02x}0000" for i in range(256)], vmin=0, vmax=100).add_to(page)
    ((title, lines),) = legends(page)
    assert (title, [word for _, word in lines]) == ("Colours", ["0", "25", "50", "75", "100"])


def test_a_colour_map_of_many_steps_says_so():
    page = blank()
    colormaps.LinearColormap(["white", "black"], vmin=0, vmax=40).to_step(40).add_to(page)
    assert [word for _, word in legends(page)[0][1]] == ["0", "10", "20", "30", "40"]
    assert "Some of its 40 classes." in shown(page)


def test_explored_categories_are_a_legend():
    page = blank()
    _categorical_legend(page, "kind", ["<i>a</i> &amp;", "b", "NaN"], ["#ff0000", "#00ff00", "lightgrey"])
    assert legends(page) == [
        ("kind", [("#ff0000", "&lt;i&gt;a&lt;/i&gt; &amp;amp;"), ("#00ff00", "b"), ("#d3d3d3", "no value")])
    ]
    assert "jquery" not in page.to_html()
    assert page.to_html() == page.to_html()


def test_a_legend_stands_once_on_a_page_of_several_maps():
    pages = [blank("Today"), blank("New"), blank("Other")]
    for page in pages[:2]:
        colormaps.LinearColormap(["white", "black"], caption="Even").add_to(page)
    pair = SyncedMaps(pages, title="x")
    assert [title for title, _ in legends(pair)] == ["Even"]
    assert "On Today and New alone." in shown(pair)
    with pytest.raises(InputError, match="a curtain cuts layers of"):
        SwipeMap(pages[0], pages[2], title="x").to_html()
