"""Layers of one's own in a browser: seen, asked by pointer and keyboard, on several maps, and on paper."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.synced_maps import SyncedMaps

pytestmark = pytest.mark.browser


def districts():
    boxes = [shapely.box(0, 0, 0.01, 0.02), shapely.box(0.01, 0, 0.02, 0.02)]
    return gpd.GeoDataFrame({"district": ["North", "South"]}, geometry=boxes, crs=4326)


def hydrants():
    at = gpd.points_from_xy([0.01, 0.004], [0.01, 0.005])
    return gpd.GeoDataFrame({"flow": [900.0, None], "maker": ["<b>A</b> & Co", "B"]}, geometry=at, crs=4326)


def made(title="Own"):
    page = OfflineMap(title=title).add_layer(districts(), name="Districts", column="district")
    way = gpd.GeoDataFrame({"bus": ["7"]}, geometry=[shapely.LineString([(0.002, 0.018), (0.018, 0.018)])], crs=4326)
    page.add_layer(way, name="Buses")
    return page.add_layer(hydrants(), name="Hydrants", column="flow", legend="Flow <l/min>")


def place(opened, lat, lng):
    return opened.run(f"""(() => {{
        const at = map_1.latLngToContainerPoint([{lat}, {lng}]), map = map_1.getContainer().getBoundingClientRect();
        return [at.x + map.left, at.y + map.top];
    }})()""")


def test_points_lines_and_areas_answer_the_pointer(open_page, tmp_path):
    opened = open_page(made().save(tmp_path / "own.html"))
    opened.screenshot("own_layers")
    for (lat, lng), cells in {
        (0.01, 0.01): "flow\t900\nmaker\t<b>A</b> & Co",
        (0.018, 0.01): "bus\t7",
        (0.003, 0.016): "district\tSouth",
    }.items():
        opened.page.mouse.click(*place(opened, lat, lng))
        opened.page.wait_for_selector(".leaflet-popup-content")
        assert opened.page.locator(".fp-card").first.inner_text() == cells
        opened.page.keyboard.press("Escape")
        opened.page.wait_for_selector(".leaflet-popup-content", state="detached")
    legend = opened.page.get_by_label("Flow <l/min>")
    assert legend.inner_text().split() == ["900", "1", "no", "value", "1"]
    assert not opened.errors
    assert not opened.requests


def test_the_keyboard_reaches_what_lies_in_the_middle_and_the_list(open_page, tmp_path):
    opened = open_page(made().save(tmp_path / "own.html"))
    opened.run("map_1.setView([0.01, 0.01], map_1.getZoom(), { animate: false }) && null")
    opened.page.locator(".fp-map").focus()
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_selector(".leaflet-popup-content")
    assert "900" in opened.page.inner_text(".leaflet-popup-content")
    assert opened.run("document.querySelectorAll('.leaflet-fp-marks-pane path').length") == 3
    opened.page.get_by_label("Hydrants").focus()
    opened.page.keyboard.press("Space")
    assert opened.run("document.querySelectorAll('.leaflet-fp-marks-pane path').length") == 1


def test_on_several_maps_and_on_paper(open_page, tmp_path):
    pair = SyncedMaps([OfflineMap(title="Today"), OfflineMap(title="New")], title="Pair")
    pair.add_layer(districts(), name="Districts", column="district").add_layer(hydrants(), name="Hydrants", pane="New")
    opened = open_page(pair.save(tmp_path / "pair.html"))
    drawn = (
        "[...document.querySelectorAll('.fp-map')].map(m => m.querySelectorAll('.leaflet-fp-marks-pane path').length)"
    )
    assert opened.run(drawn) == [0, 2]
    opened.page.emulate_media(media="print")
    assert opened.run(drawn) == [0, 2]
    assert "On New alone." in opened.text()
    opened.screenshot("own_layers_print")
    assert not opened.errors
    assert not opened.requests
