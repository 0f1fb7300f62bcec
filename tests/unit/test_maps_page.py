"""Offline pages: the same bytes, a policy that fits, saved whole or not at all."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from html import unescape

import folium
import geopandas as gpd
import numpy as np
import pytest
import shapely

from fireplan._page_kit.leaflet import leaflet_script, leaflet_styles
from fireplan._page_kit.style import time_bands
from fireplan.errors import InputError
from fireplan.maps._layers.legend import Legend, band_entries
from fireplan.maps._layers.vector_layers import lines, points, polygons, station_markers
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import Footer
from fireplan.maps._pages.synced_maps import SyncedMaps


def town(title="Today", *, seed=0):
    rng = np.random.default_rng(seed)
    zones = gpd.GeoDataFrame(
        {"zone": ["A", "B"], "colour": ["#fdeabb", "#f6b268"]},
        geometry=[shapely.box(0, 0, 0.01, 0.01), shapely.box(0.01, 0, 0.02, 0.01)],
        crs=4326,
    )
    ways = [shapely.LineString([(0, i / 500), (0.02, i / 500)]) for i in range(6)]
    streets = gpd.GeoDataFrame({"highway": ["primary", "service", None] * 2}, geometry=ways, crs=4326)
    calls = gpd.GeoDataFrame(geometry=gpd.points_from_xy([0.001, 0.002, 0.003], [0.004, 0.005, 0.006]), crs=4326)
    homes = gpd.GeoDataFrame({"name": ["S1"]}, geometry=[shapely.Point(0.005, 0.005)], crs=4326)
    page = OfflineMap(
        title=title,
        footer=Footer(source="Invented", basis="invented"),
        legends=[Legend(title="Time", entries=band_entries(time_bands(240, 480)))],
    )
    polygons(zones, name="Zones", fill="colour", popup=[("Zone", "zone")]).add_to(page)
    lines(streets.iloc[rng.permutation(6)]).add_to(page)
    points(calls.iloc[rng.permutation(3)], name="Calls").add_to(page)
    station_markers(homes, label="name").add_to(page)
    folium.Marker((0.005, 0.005), popup="by hand").add_to(page)
    return page


def test_the_same_inputs_give_the_same_bytes():
    assert town().to_html() == town().to_html()
    assert SyncedMaps([town(), town("B")], title="x").to_html() == SyncedMaps([town(), town("B")], title="x").to_html()


def test_shuffled_streets_and_points_give_the_same_bytes():
    assert town(seed=1).to_html() == town(seed=2).to_html()


def test_writing_a_page_leaves_the_map_as_it_was():
    page = town()
    first = page.to_html()
    assert page.to_html() == first
    pair = SyncedMaps([page, town("B")], title="x")
    assert pair.to_html() == pair.to_html()
    assert page.to_html() == first


def test_writing_writes_nothing_on_a_map():
    left, right = town(), town("B")
    before = [(vars(m).copy(), dict(m.options), list(m._children)) for m in (left, right)]
    left.to_html()
    SyncedMaps([left, right], title="x").to_html()
    assert [(vars(m), m.options, list(m._children)) for m in (left, right)] == before


def test_a_map_among_others_is_placed_for_that_page_alone():
    page = town()
    alone = page.to_html()
    together = SyncedMaps([page, OfflineMap(title="far", bounds=(10, 10, 11, 11))], title="x").to_html()
    assert '"zoomAnimation": true' in alone
    assert '"zoomAnimation": false' in together
    assert '"zoomAnimation": true' not in together
    assert '"bounds":[[0.0,0.0],[11.0,11.0]]' in together
    assert page.to_html() == alone


def test_a_layer_added_after_the_first_time_is_drawn_and_listed():
    page = town()
    page.to_html()
    folium.FeatureGroup(name="late").add_to(page)
    text = page.to_html()
    assert '"late"' in text
    assert text.index("var feature_group_") < text.rindex("fireplan.list(")


def test_every_way_out_gives_the_offline_page(tmp_path):
    page = town()
    text = page.to_html()
    assert page.save(tmp_path / "a.html").read_bytes() == text.encode()
    assert page.get_root().render() == text
    page.get_root().save(tmp_path / "b.html")
    assert (tmp_path / "b.html").read_bytes() == text.encode()
    for shown in (page._repr_html_(), page.get_root()._repr_html_()):
        assert unescape(re.search('srcdoc="([^"]*)"', shown)[1]) == text
        assert 'sandbox="allow-scripts"' in shown


@pytest.mark.parametrize("panes", [1, 2, 6])
def test_the_policy_names_every_script_and_style(panes):
    page = town() if panes == 1 else SyncedMaps([town(str(i)) for i in range(panes)], title="x")
    text = page.to_html()
    policy = re.search('Content-Security-Policy" content="([^"]*)"', text)[1]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "img-src data:;" in policy
    assert "unsafe-eval" not in policy
    scripts = re.findall("<script>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 3
    assert text.count("<script") == 3
    assert sum("Leaflet 1.9" in script for script in scripts) == 1
    wanted = {f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts}
    assert set(re.search("script-src ([^;]*);", policy)[1].split()) == wanted


def test_styles_need_no_exception_unless_folium_brings_some():
    strict = OfflineMap(title="x", bounds=(0, 0, 1, 1))
    assert "unsafe-inline" not in strict.to_html()
    folium.Marker((0, 0), popup="x").add_to(strict)
    policy = re.search('Policy" content="([^"]*)"', strict.to_html())[1]
    assert "style-src 'unsafe-inline'" in policy
    assert "script-src 'unsafe-inline'" not in policy


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_a_look_is_chosen_and_does_not_follow_the_reader(theme):
    page = town()
    page.theme = theme
    text = page.to_html()
    assert f'<html lang="en" data-theme="{theme}">' in text
    assert "prefers-color-scheme" not in text
    assert ('<style media="print">' in text) == (theme != "print")


def test_an_unknown_look_is_refused():
    with pytest.raises(InputError, match="unknown theme 'sepia': known are light, dark, print"):
        OfflineMap(title="x", theme="sepia")
    page = town()
    page.theme = "sepia"
    with pytest.raises(InputError, match="unknown theme"):
        page.to_html()
    with pytest.raises(InputError, match="unknown theme"):
        SyncedMaps([town(), town("B")], title="x", theme="sepia")


def test_layers_stand_in_groups_and_can_be_given_another():
    page = town()
    page.groups["Calls"] = "What came in <2025>"
    listed = re.search(r"fireplan\.list\(map_\d+, \[(.*)\]\);", page.to_html())[1]
    assert re.findall(r'\["([^"]*)","([^"]*)"', listed) == [
        ("Base map", "Streets"),
        ("Coverage", "Zones"),
        ("Stations", "Stations"),
        ("What came in &lt;2025&gt;", "Calls"),
    ]


def test_a_page_can_be_read_without_eyes_or_mouse():
    text = SyncedMaps([town(), town("B")], title="x", legends=town().legends).to_html()
    assert text.index('class="fp-skip" href="#fp-main"') < text.index("<header")
    assert text.count('id="fp-main"') == 1
    assert text.count('id="fp-keys"') == 1
    assert re.findall('<section class="fp-pane" aria-label="([^"]*)"', text) == ["Today", "B"]
    assert re.findall('role="region" aria-label="([^"]*)"', text) == ["Map: Today", "Map: B"]
    assert text.count('<ul role="list" aria-label="Time">') == 3


def test_a_page_holds_no_address_to_load_from():
    text = town().to_html()
    own = text.replace(leaflet_script(), "").replace(leaflet_styles(), "")
    assert not re.search(r"(?:src|href)=[\"'](?!data:|#)", own)
    assert "http://" not in own
    assert "https://" not in own
    assert "sourceMappingURL" not in text


def test_a_basemap_is_allowed_its_own_host_only():
    text = OfflineMap(title="x", bounds=(0, 0, 1, 1), basemap="osm").to_html()
    assert "img-src data: https://tile.openstreetmap.org;" in text
    assert "OpenStreetMap\\u003c/a\\u003e contributors" in text
    with pytest.raises(InputError, match="unknown basemap 'google'"):
        OfflineMap(title="x", basemap="google")


@pytest.mark.parametrize(
    ("element", "wanted"),
    [
        (folium.Marker((0, 0), icon=folium.Icon()), "awesome-markers"),
        (folium.TileLayer(), "TileLayer loads from 'https://tile"),
        (folium.RegularPolygonMarker((0, 0)), "needs 'dvf_js'"),
        (folium.raster_layers.WmsTileLayer("https://example.org", layers="x"), "WmsTileLayer loads from"),
        (folium.raster_layers.ImageOverlay("https://example.org/x.png", [[0, 0], [1, 1]]), "ImageOverlay loads from"),
    ],
    ids=lambda e: type(e).__name__ if not isinstance(e, str) else None,
)
def test_what_an_offline_page_does_not_carry_is_refused(element, wanted):
    page = OfflineMap(title="x", bounds=(0, 0, 1, 1))
    element.add_to(page)
    with pytest.raises(InputError, match=wanted):
        page.to_html()


def test_two_layers_of_one_name_are_refused():
    page = town()
    folium.FeatureGroup(name="Zones").add_to(page)
    with pytest.raises(InputError, match=r"two layers have one name.*'Zones'"):
        page.to_html()


def test_one_map_s_links_are_not_another_s():
    page = town()
    page.add_js_link("jquery", "https://example.org/jquery.js")
    with pytest.raises(InputError, match="OfflineMap needs 'jquery'"):
        page.to_html()
    town().to_html()


def test_the_first_view_is_what_is_shown():
    page = town()
    assert page.extent() == [[0.0, 0.0], [0.01, 0.02]]
    far = gpd.GeoDataFrame(geometry=[shapely.Point(5, 5)], crs=4326)
    points(far, name="hidden", show=False).add_to(page)
    assert page.extent() == [[0.0, 0.0], [0.01, 0.02]]
    points(far, name="far").add_to(page)
    assert page.extent() == [[0.0, 0.0], [5.0, 5.0]]
    assert SyncedMaps([page, town()], title="x").extent() == [[0.0, 0.0], [5.0, 5.0]]
    assert OfflineMap(title="x").extent() is None
    assert OfflineMap(title="x", bounds=(1, 2, 3, 4)).extent() == [[2.0, 1.0], [4.0, 3.0]]


@pytest.mark.parametrize("count", [1, 7])
def test_only_two_to_six_panes(count):
    with pytest.raises(InputError, match="2 to 6 different maps"):
        SyncedMaps([town() for _ in range(count)], title="x")
    page = town()
    with pytest.raises(InputError, match="different"):
        SyncedMaps([page, page], title="x")


def test_a_failed_save_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "map.html"
    path.write_text("before")

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="the disk is full; nothing was written"):
        town().save(path)
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["map.html"]


def test_saving_where_there_is_no_folder_says_so(tmp_path):
    with pytest.raises(InputError, match="there is no folder"):
        town().save(tmp_path / "nowhere" / "map.html")


def test_a_saved_page_can_be_read_by_others(tmp_path):
    ordinary = tmp_path / "ordinary"
    ordinary.write_text("x")
    assert town().save(tmp_path / "map.html").stat().st_mode == ordinary.stat().st_mode
