"""What Folium, branca and GeoPandas colour, in a browser: drawn, with a legend, and nothing is asked of the network."""

from __future__ import annotations

import branca.colormap as colormaps
import folium
import geopandas as gpd
import pandas as pd
import pytest
import shapely
from geopandas.explore import _categorical_legend

from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.synced_maps import SyncedMaps

pytestmark = pytest.mark.browser


def boxes():
    return gpd.GeoDataFrame(
        {"kind": ["a & b", "<b>c</b>", "d", "e"]},
        geometry=[shapely.box(i / 100, 0, (i + 1) / 100, 0.02) for i in range(4)],
        crs=4326,
    )


def coloured(title):
    page = OfflineMap(title=title)
    table = boxes()
    calls = pd.Series([3.0, 12, 27, None], index=table.index.astype(str))
    folium.Choropleth(
        table, data=calls, key_on="feature.id", bins=[0, 10, 20, 30], legend_name="Calls", name="Calls"
    ).add_to(page)  # fmt: skip
    colormaps.LinearColormap(["#ffffff", "#08306b"], vmin=0, vmax=30, caption="Depth <m>").add_to(page)
    _categorical_legend(page, "Kind", ["a & b", "NaN"], ["#ff0000", "lightgrey"])
    kinds = folium.GeoJsonTooltip(["kind"])
    folium.GeoJson(table, name="Kinds", tooltip=kinds, style_function=lambda _: {"fill": False}).add_to(page)
    return page


def legends(opened):
    return {
        one.locator("summary").inner_text(): one.locator("li").all_inner_texts()
        for one in opened.page.locator(".fp-legend").all()
    }


WANTED = {
    "Calls": ["0 to under 10", "10 to under 20", "20 to 30", "no value"],
    "Depth <m>": ["0", "30"],
    "Kind": ["a & b", "no value"],
}


def test_they_are_drawn_with_legends_and_ask_for_nothing(open_page, tmp_path):
    opened = open_page(coloured("Coloured").save(tmp_path / "page.html"))
    opened.page.wait_for_timeout(200)
    opened.screenshot("foreign_layers")
    assert legends(opened) == WANTED
    painted = opened.run("""[...document.querySelectorAll('canvas')].map((c) => {
        const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
        return data.reduce((n, v, i) => n + (i % 4 === 3 && v > 0), 0);
    }).reduce((a, b) => a + b, 0)""")
    assert painted > 1000
    opened.page.emulate_media(media="print")
    opened.screenshot("foreign_layers_print")
    assert all(one.is_visible() for one in opened.page.locator(".fp-legend li").all())
    assert not opened.errors
    assert not opened.requests


def test_on_several_maps_their_legends_stand_once(open_page, tmp_path):
    pair = SyncedMaps([coloured("Today"), coloured("New")], title="Pair")
    opened = open_page(pair.save(tmp_path / "pair.html"))
    assert legends(opened) == WANTED
    assert not opened.errors
    assert not opened.requests
