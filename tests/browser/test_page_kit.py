"""The modules that every page shares, run in a browser as one script: they read what Python packed."""

from __future__ import annotations

import os

import numpy as np
import pytest
import shapely

from fireplan._page_kit.browser_modules import KIT, one_script
from fireplan._page_kit.coordinate_codec import pack_coordinates, pack_integers, pack_polygons

NAMES = {"elements": "h", "label_room": "Room", "packed_areas": "PackedAreas"}


@pytest.fixture
def kit(tmp_path, open_page):
    way = os.path.relpath(KIT, tmp_path)
    lines = [f'import {{ {name} }} from "{way}/{module}.js";' for module, name in NAMES.items()]
    lines += [f'import {{ coordinates, integers, points }} from "{way}/packed_coordinates.js";']
    lines += ["window.kit = { coordinates, integers, points, h, Room, PackedAreas };"]
    (tmp_path / "main.js").write_text("\n".join(lines) + "\n", encoding="utf-8")
    script = one_script(tmp_path / "main.js")
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><body><script>{script}</script>", encoding="utf-8")
    opened = open_page(page)
    assert opened.errors == []
    return opened


def test_whole_numbers_come_back(kit):
    values = [0, 1, -1, 15, 16, -16, 1023, -(2**28), 36_000_000]
    assert kit.run(f"kit.integers('{pack_integers(values)}')") == values


def test_points_come_back_to_a_metre_in_both_readings(kit):
    xy = np.array([[-127.50001, 33.1], [179.99999, -89.99999], [0.0, 0.0], [-180.0, 90.0]])
    text = pack_coordinates(xy)
    as_list = f"(() => {{ const next = kit.points('{text}'); return Array.from({{ length: next.count }}, next); }})()"
    assert np.allclose(kit.run(as_list), xy[:, ::-1], rtol=0, atol=0.5e-5)
    kit.run(f"window.flat = kit.coordinates('{text}', (a, b) => [a, b])")
    assert np.allclose(kit.run("[[...flat.x], [...flat.y]]"), xy.T, rtol=0, atol=2e-5)  # in single precision
    assert kit.run("flat.n") == len(xy)


def test_a_place_is_found_in_its_area_and_not_in_the_hole(kit):
    ring = shapely.box(0, 0, 1, 1).difference(shapely.box(0.4, 0.4, 0.6, 0.6))
    structure, text = pack_polygons(np.array([ring, shapely.box(2, 0, 3, 1)]))
    kit.run(
        f"window.areas = new kit.PackedAreas({{ n: 2, structure: '{structure}', points: '{text}' }}, "
        "{ place: (lon, lat) => [lon, lat] })"
    )
    places = [(0.1, 0.1), (0.5, 0.5), (2.5, 0.5), (1.5, 0.5)]
    assert [kit.run(f"areas.at({x}, {y})") for x, y in places] == [0, -1, 1, -1]


def test_a_taken_place_is_not_free_and_its_edge_is(kit):
    kit.run("window.room = new kit.Room(); room.take(-100, 40, 60, 20)")
    assert kit.run("room.free(-50, 50, 5, 5)") is False
    assert kit.run("room.free(-40, 40, 5, 20)") is True
    assert kit.run("room.free(-100, 60, 60, 5)") is True
    assert kit.run("room.free(-400, -400, 800, 800)") is False


def test_an_element_is_built_of_text_and_takes_no_script(kit):
    assert (
        kit.run("kit.h('p', { class: 'x' }, '<b>&', ['a', null, 1]).outerHTML") == '<p class="x">&lt;b&gt;&amp;a1</p>'
    )
    refused = "(() => { try { kit.h('p', { onclick: 'x' }); } catch (error) { return error.message; } return ''; })()"
    assert "onclick" in kit.run(refused)
