"""Map pages as a browser shows them: complete, offline, in step, and deaf to what the data say."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import folium
import geopandas as gpd
import pytest
import shapely

from fireplan._html_escape import escape, plain
from fireplan.maps._layers.legend import Entry, Legend, station_entries
from fireplan.maps._layers.vector_layers import lines, points, polygons, station_markers
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import Footer
from fireplan.maps._pages.synced_maps import SyncedMaps

pytestmark = pytest.mark.browser

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"
PHONE = (390, 844)
PAYLOADS = (
    "{{191*7}}",
    "${191*7}",
    "{% raw %}",
    "{# gone #}",
    "</script><script>window.canary=1</script>",
    "<script>window.canary=1</script>",
    "<img src=x onerror=window.canary=1>",
    "</title><svg onload=window.canary=1>",
    "`+(window.canary=1)+`",
    "'+(window.canary=1)+'",
    '"); window.canary=1; ("',
    "\\u003cscript\\u003ewindow.canary=1\\u003c/script\\u003e",
    "<!-- <script>",
    "a\u2028b\u2029c",
    "javascript:window.canary=1",
    "&lt;b&gt; stays as typed",
)
OPEN_ALL = """(name) => {
    const map = window[name], said = [];
    map.eachLayer((layer) => {
        if (layer.getTooltip && layer.getTooltip()) {
            layer.openTooltip();
            said.push(layer.getTooltip().getElement().innerText);
        }
        if (layer.getPopup && layer.getPopup()) {
            layer.openPopup();
            said.push(layer.getPopup().getElement().innerText);
        }
    });
    return said.join("\\n");
}"""


def hostile_map(texts: tuple[str, ...]) -> OfflineMap:
    """A map with each text in each place where text can come in."""
    every = " ".join(texts)
    page = OfflineMap(
        title=every,
        subtitle=every,
        footer=Footer(source=every, data_date=every, basis="invented", method=every, notice=every),
        legends=[
            Legend(
                title=every, unit=every, n=every, held_to=every, note=every, entries=[Entry(label=every, note=every)]
            )
        ],
    )
    where = [shapely.box(i / 100, 0, i / 100 + 0.008, 0.01) for i in range(len(texts))]
    areas = gpd.GeoDataFrame({"text": texts}, geometry=where, crs=4326)
    areas[every] = areas["text"]
    cells = [("", "text"), *((text, "text") for text in texts), (every, every)]
    polygons(areas, name=f"areas {every}", fill="#336699", popup=cells, tooltip="text").add_to(page)
    homes = areas.set_geometry(areas.representative_point())
    station_markers(homes, name=f"stations {every}", label="text", popup=cells, tooltip=every).add_to(page)
    streets = gpd.GeoDataFrame({"highway": texts}, geometry=[g.boundary for g in where], crs=4326)
    lines(streets, name=f"streets {every}").add_to(page)
    points(homes, name=f"dots {every}", fill="#336699").add_to(page)
    safe = escape(every)
    group = folium.FeatureGroup(name=f"folium {safe}").add_to(page)
    folium.Marker((0.02, 0.02), popup=safe, tooltip=safe).add_to(group)
    shape = {"type": "Feature", "properties": {"text": safe}, "geometry": shapely.Point(0.03, 0.02).__geo_interface__}
    geojson = folium.GeoJson(
        {"type": "FeatureCollection", "features": [shape]},
        name=f"GeoJSON {safe}",
        tooltip=folium.GeoJsonTooltip(["text"]),
    )
    geojson.add_child(folium.GeoJsonPopup(["text"], aliases=[safe]))
    geojson.add_to(page)
    return page


def check_harmless(opened, *, names):
    said = " ".join(" ".join(opened.page.evaluate(OPEN_ALL, name).split()) for name in names)
    seen = f"{opened.text()} {said}"
    assert opened.run("window.canary") is None
    assert opened.run("window.__FPCANARY") is None
    assert "1337" not in seen
    assert (
        opened.run(
            "document.querySelectorAll('img[src=x], svg[onload], body script + script + script + script').length"
        )
        == 0
    )
    assert not opened.errors
    assert not opened.requests
    return said


@pytest.mark.parametrize("policy", [True, False], ids=["with policy", "without policy"])
@pytest.mark.parametrize("panes", [1, 2])
def test_hostile_text_shows_as_typed_and_does_nothing(open_page, tmp_path, panes, policy):
    page = hostile_map(PAYLOADS)
    names = ["map_1"]
    if panes == 2:
        every = " ".join(PAYLOADS)
        page = SyncedMaps(
            [page, hostile_map(PAYLOADS)], title=every, subtitle=every, footer=page.footer, legends=page.legends
        )
        names = page_names(page.to_html())
    path = page.save(tmp_path / "hostile.html")
    if not policy:
        path.write_text(re.sub("<meta http-equiv[^>]*>", "", path.read_text("utf-8")), "utf-8")
    opened = open_page(path)
    said = check_harmless(opened, names=names)
    typed = " ".join(" ".join(plain(text).split()) for text in PAYLOADS)
    for text in PAYLOADS:
        assert " ".join(plain(text).split()) in said
    assert opened.run("document.title").split() == typed.split()
    shown = opened.text()
    assert shown.count(typed) >= 12
    for kind in ("areas", "stations", "streets", "dots", "folium", "GeoJSON"):
        listed = opened.run(
            "[...document.querySelectorAll('.leaflet-control-layers-overlays label')].map(l => l.textContent)"
        )
        assert f"{kind} {typed}" in [" ".join(text.split()) for text in listed]


def page_names(text):
    return [f"map_{part.split(chr(34))[0]}" for part in text.split('<div class="fp-map" id="map_')[1:]]


def texts_in(path: Path) -> tuple[str, ...]:
    """Every text of a file of the corpus, each once."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        if path.suffix == ".csv":
            cells = [cell for row in csv.reader(file) for cell in row]
        else:
            cells = [str(value) for line in file for value in json.loads(line).values()]
    return tuple(dict.fromkeys(cell for cell in cells if cell.strip()))[:150]


@pytest.mark.corpus
@pytest.mark.parametrize("path", sorted(CORPUS.glob("*/inject_*.*")), ids=lambda p: p.stem)
def test_corpus_text_does_nothing(shared_corpus, open_page, tmp_path, path):
    assert path.is_relative_to(shared_corpus)
    texts = texts_in(path)
    areas = gpd.GeoDataFrame(
        {"text": texts}, geometry=[shapely.box(i, 0, i + 1, 1) for i in range(len(texts))], crs=4326
    )
    page = OfflineMap(title=" ".join(texts))
    polygons(areas, name="areas", fill="#336699", popup=[("text", "text")], tooltip="text").add_to(page)
    opened = open_page(page.save(tmp_path / "page.html"))
    said = check_harmless(opened, names=["map_1"])
    for text in texts:
        assert " ".join(plain(text).split()) in said


@pytest.mark.parametrize("size", [(1400, 900), PHONE], ids=["desktop", "phone"])
def test_nothing_on_a_page_overlaps(open_page, tmp_path, size, town):
    opened = open_page(town("Today").save(tmp_path / "page.html"), size=size)
    opened.screenshot(f"map_{size[0]}")
    boxes = opened.run("""
        [...document.querySelectorAll('.fp-head, .fp-legend, .fp-foot, .leaflet-control-zoom, .leaflet-control-layers,'
            + ' .leaflet-control-scale')].map(e => [e.className, e.getBoundingClientRect().toJSON()])
    """)
    assert len(boxes) >= 6
    for i, (name, a) in enumerate(boxes):
        assert a["width"] > 0
        assert a["right"] <= size[0] + 1
        for other, b in boxes[i + 1 :]:
            apart = (
                a["right"] <= b["left"] or b["right"] <= a["left"] or a["bottom"] <= b["top"] or b["bottom"] <= a["top"]
            )
            assert apart, f"{name} lies over {other}"
    assert not opened.errors
    assert not opened.requests


def test_everything_is_drawn(open_page, tmp_path, town):
    opened = open_page(town("Today").save(tmp_path / "page.html"))
    opened.page.wait_for_timeout(200)
    painted = opened.run("""
        [...document.querySelectorAll('canvas')].map(c => {
            const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
            let n = 0;
            for (let i = 3; i < d.length; i += 4) if (d[i]) n++;
            return [c.parentElement.className.match(/fp-\\w+/)[0], n];
        })
    """)
    assert {name for name, n in painted if n > 20} == {"fp-areas", "fp-below", "fp-dots"}
    assert opened.run("document.querySelectorAll('.fp-station').length") == 3
    assert opened.run("document.querySelector('.leaflet-control-scale').innerText").split()[1::2] == ["m", "ft"]


def test_everything_stands_where_it_belongs(open_page, tmp_path, town):
    opened = open_page(town("Today").save(tmp_path / "page.html"))
    off = opened.run("""(places => {
        const map = map_1.getContainer().getBoundingClientRect();
        return places.map(([lat, lng], i) => {
            const at = map_1.latLngToContainerPoint([lat, lng]);
            const box = document.querySelectorAll('.fp-station')[i].getBoundingClientRect();
            return [box.left + 11 - map.left - at.x, box.top + 11 - map.top - at.y];
        });
    })([[0.003, 0.002], [0.004, 0.015], [0.017, 0.016]])""")
    assert off == [pytest.approx([0, 0], abs=1)] * 3
    corners = opened.run("""(() => {
        const found = [];
        map_1.eachLayer(l => { if (l instanceof L.Polygon) found.push(l.getBounds().toBBoxString()); });
        return found;
    })()""")
    assert corners == ["0,0,0.01,0.01", "0.01,0,0.02,0.01", "0,0.01,0.01,0.02", "0.01,0.01,0.02,0.02"]
    colours = opened.run("""[[0.002, 0.008], [0.002, 0.018], [0.012, 0.008], [0.012, 0.012]].map(([lat, lng]) => {
        const canvas = document.querySelector('.leaflet-fp-areas-pane canvas');
        const box = canvas.getBoundingClientRect(), map = map_1.getContainer().getBoundingClientRect();
        const at = map_1.latLngToContainerPoint([lat, lng]), scale = canvas.width / box.width;
        const x = (at.x + map.left - box.left) * scale, y = (at.y + map.top - box.top) * scale;
        const rgb = canvas.getContext('2d').getImageData(x, y, 1, 1).data;
        return '#' + [...rgb].slice(0, 3).map(v => v.toString(16).padStart(2, '0')).join('');
    })""")
    assert colours == ["#fdeabb", "#f6b268", "#d5643c", "#3f3c5c"]


def test_areas_answer_the_pointer(open_page, tmp_path, town):
    opened = open_page(town("Today").save(tmp_path / "page.html"))
    x, y = opened.run("""(() => {
        const at = map_1.latLngToContainerPoint([0.004, 0.012]), map = map_1.getContainer().getBoundingClientRect();
        return [at.x + map.left, at.y + map.top];
    })()""")
    opened.page.mouse.move(x, y)
    assert opened.page.inner_text(".leaflet-tooltip") == "4 min"
    opened.page.mouse.click(x, y)
    opened.page.wait_for_selector(".leaflet-popup-content")
    assert opened.page.inner_text(".leaflet-popup-content caption") == "Zone 1"
    assert opened.page.inner_text(".leaflet-popup-content td") == "4 min"
    opened.screenshot("popup")


def test_a_layer_can_be_switched_off(open_page, tmp_path, town):
    opened = open_page(town("Today").save(tmp_path / "page.html"))
    opened.page.get_by_label("Stations").uncheck()
    assert opened.run("document.querySelectorAll('.fp-station').length") == 0


@pytest.mark.parametrize("leader", [0, 1])
def test_panes_move_in_step(open_page, tmp_path, town, leader):
    pair = SyncedMaps([town("Today"), town("With Station 8")], title="Opening Station 8", legends=town("x").legends)
    text = pair.to_html()
    opened = open_page(pair.save(tmp_path / "pair.html"))
    opened.screenshot("pair")
    maps = page_names(text)
    state = f"[{', '.join(maps)}].map(m => [m.getZoom(), m.getCenter().lat, m.getCenter().lng])"
    before = opened.run(state)
    box = opened.page.locator(".fp-map").nth(leader).bounding_box()
    x, y = box["x"] + box["width"] / 2 + 150, box["y"] + box["height"] / 2
    opened.page.mouse.move(x, y)
    opened.page.mouse.down()
    opened.page.mouse.move(x - 60, y - 40, steps=5)
    opened.page.mouse.up()
    opened.page.wait_for_timeout(600)
    panned = opened.run(state)
    assert panned[0] != before[0]
    assert panned[0] == pytest.approx(panned[1], abs=1e-4)
    opened.page.locator(".fp-map").nth(leader).locator(".leaflet-control-zoom-in").click()
    opened.page.wait_for_timeout(600)
    zoomed = opened.run(state)
    assert zoomed[0][0] > panned[0][0]
    assert zoomed[0] == pytest.approx(zoomed[1], abs=1e-4)
    opened.page.mouse.move(x, y)
    ring = opened.page.locator(".fp-map").nth(1 - leader).locator(".fp-cursor").bounding_box()
    other = opened.page.locator(".fp-map").nth(1 - leader).bounding_box()
    assert ring["x"] + ring["width"] / 2 - other["x"] == pytest.approx(x - box["x"], abs=3)
    assert not opened.errors
    assert not opened.requests


def test_panes_stand_one_below_the_other_on_a_phone(open_page, tmp_path, town):
    pair = SyncedMaps([town("Today"), town("Tomorrow")], title="Pair")
    opened = open_page(pair.save(tmp_path / "pair.html"), size=PHONE)
    first, second = (opened.page.locator(".fp-map").nth(i).bounding_box() for i in (0, 1))
    assert first["x"] == second["x"]
    assert first["y"] + first["height"] < second["y"]
    assert opened.run("document.documentElement.scrollWidth") <= PHONE[0]
    opened.screenshot("pair_phone")


def test_a_notebook_frame_shows_the_same_page_offline(open_page, tmp_path, town):
    path = tmp_path / "notebook.html"
    path.write_text(f"<!DOCTYPE html><title>notebook</title>{town('Today')._repr_html_()}", encoding="utf-8")
    opened = open_page(path)
    frame = opened.page.frames[1]
    frame.wait_for_selector(".fp-station")
    assert "Today" in frame.inner_text("h1")
    assert (
        frame.evaluate("(() => { try { return parent.document.title; } catch (e) { return e.name; } })()")
        == "SecurityError"
    )
    assert not opened.errors
    assert not opened.requests


def test_an_online_basemap_asks_its_own_host_only(open_page, tmp_path):
    opened = open_page(OfflineMap(title="x", bounds=(0, 0, 1, 1), basemap="osm").save(tmp_path / "page.html"))
    opened.page.wait_for_timeout(300)
    assert opened.requests
    assert {url.split("/")[2] for url in opened.requests} == {"tile.openstreetmap.org"}
    assert not [text for text in opened.errors if "Content Security" in text]
    assert "OpenStreetMap" in opened.text()


def test_the_policy_stops_scripts_from_elsewhere(open_page, tmp_path):
    opened = open_page(OfflineMap(title="x", bounds=(0, 0, 1, 1)).save(tmp_path / "page.html"))
    opened.run("""(() => {
        const code = document.createElement('div');
        code.innerHTML = '<img src=x onerror="window.canary=1">';
        document.body.append(code);
        const script = document.createElement('script');
        script.textContent = 'window.canary=2';
        document.body.append(script);
        new Image().src = 'https://example.org/x.png';
    })()""")
    opened.page.wait_for_timeout(200)
    assert opened.run("window.canary") is None
    assert len([text for text in opened.errors if "Content Security Policy" in text]) >= 3


@pytest.fixture
def town():
    """A street grid with four zones and three stations."""

    def made(title: str) -> OfflineMap:
        page = OfflineMap(
            title=title,
            subtitle="How soon the first engine can be there",
            footer=Footer(
                source="Invented", data_date="2026-01-01", basis="invented", method="Drive times on streets."
            ),
            legends=[
                Legend(
                    title="First-due travel time",
                    unit="without turnout",
                    entries=[
                        Entry(label="within 4 min", colour="#fdeabb"),
                        *station_entries("existing", "opened", "closed"),
                    ],
                    n="Shares of 115,000 people",
                )
            ],
        )
        corners = [(0, 0), (0.01, 0), (0, 0.01), (0.01, 0.01)]
        zones = gpd.GeoDataFrame(
            {"zone": [f"Zone {i}" for i in range(4)], "time": ["2 min", "4 min", "6 min", "8 min"]},
            geometry=[shapely.box(x, y, x + 0.01, y + 0.01) for x, y in corners],
            crs=4326,
        )
        zones["colour"] = ["#fdeabb", "#f6b268", "#d5643c", "#3f3c5c"]
        homes = gpd.GeoDataFrame(
            {"name": ["S1", "S2", "S8"], "status": ["existing", "closed", "opened"]},
            geometry=gpd.points_from_xy([0.002, 0.015, 0.016], [0.003, 0.004, 0.017]),
            crs=4326,
        )
        ways = [shapely.LineString([(0, i / 500), (0.02, i / 500)]) for i in range(11)]
        streets = gpd.GeoDataFrame({"highway": ["residential", "primary"] * 5 + ["tertiary"]}, geometry=ways, crs=4326)
        popup = [("", "zone"), ("First due", "time")]
        polygons(zones, name="Travel time", fill="colour", popup=popup, tooltip="time").add_to(page)
        lines(streets).add_to(page)
        points(homes, name="Incidents").add_to(page)
        station_markers(homes, label="name", status="status", popup=[("", "name")]).add_to(page)
        return page

    return made
