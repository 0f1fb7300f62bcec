"""Territories, depth of force, differences, observed performance and incidents as a browser shows them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

import fireplan as fp
from fireplan.examples import marisol_project

pytestmark = pytest.mark.browser

HOSTILE = "</script><script>window.canary=1</script>{{191*7}}${191*7}"
LARGEST_PAGE_BYTES = 2_000_000
LEGEND_FITS = """() => { const l = document.querySelector('.fp-legends').getBoundingClientRect(),
    m = document.querySelector('.fp-map').getBoundingClientRect();
    return l.top >= m.top - 1 && l.bottom <= m.bottom + 1 && l.left >= m.left - 1; }"""
INK = """() => [...document.querySelectorAll('.fp-map canvas')].map((c) => {
    const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n / (c.width * c.height); })"""


@pytest.fixture(scope="module")
def project():
    return marisol_project()


@pytest.fixture(scope="module")
def comparison(project):
    return fp.compare(project.today, *project.scenarios, standard=project.standard)


@pytest.fixture(scope="module")
def views(project, comparison):
    return {
        "first-due": (fp.maps.first_due(project.today), "S3: Station 3"),
        "erf": (fp.maps.erf(comparison.baseline), "whole force: 16 people"),
        "difference": (fp.maps.difference(comparison, against="Close Station 3"), "falls out of it"),
        "performance": (fp.maps.performance(project.history, project.today), "n below 10: no figure"),
        "incidents": (fp.maps.incidents(project.today), "RESTRICTED: shows single incidents"),
        "hexagons": (fp.maps.incidents(project.today, most_points=1000), "hexagons"),
    }


@pytest.mark.parametrize("name", ["first-due", "erf", "difference", "performance", "incidents", "hexagons"])
def test_a_view_is_drawn_whole_and_asks_nothing_of_the_network(views, name, tmp_path, open_page):
    view, word = views[name]
    path = view.save(tmp_path / "map.html")
    assert path.stat().st_size < LARGEST_PAGE_BYTES
    opened = open_page(path)
    opened.page.wait_for_selector(".fp-station")
    opened.page.wait_for_timeout(300)
    assert word in opened.text()
    assert max(opened.run(INK)) > 0.02
    assert opened.run(LEGEND_FITS)
    assert opened.requests == []
    assert opened.errors == []
    opened.screenshot(name)


def test_a_click_on_a_zone_says_when_it_is_reached_in_each_scenario(project, comparison, views, tmp_path, open_page):
    changes = comparison.changes("Close Station 3")
    zone = changes["change_s"].where(np.isfinite(changes["change_s"])).idxmax()
    where = shapely.point_on_surface(changes.geometry.to_crs(4326)[zone])
    opened = open_page(views["difference"][0].save(tmp_path / "map.html"))
    opened.page.wait_for_selector(".fp-station")
    opened.page.wait_for_timeout(300)
    name = opened.run("() => document.querySelector('.fp-map').id")
    x, y = opened.run(
        f"() => {{ const m = window['{name}']; m.setView([{where.y}, {where.x}], 16, {{ animate: false }});"
        f" const p = m.latLngToContainerPoint([{where.y}, {where.x}]), b = m.getContainer().getBoundingClientRect();"
        " return [p.x + b.left, p.y + b.top]; }"
    )
    opened.page.wait_for_timeout(300)
    opened.page.mouse.click(x, y)
    opened.page.wait_for_selector(".leaflet-popup-content")
    card = " ".join(opened.page.text_content(".leaflet-popup-content").split())
    first = comparison.baseline.zones.loc[zone, "first_due"]
    assert f"Zone {zone}" in card
    assert "slower" in card
    assert str(project.today.stations.loc[first, "name"]) in card
    assert "First engine: today" in card
    assert "First engine: Close Station 3" in card
    assert opened.errors == []
    opened.screenshot("difference-card")


def test_names_in_the_data_are_shown_and_never_run(tmp_path, open_page):
    town = fp.examples.line_town()
    stations = town.stations.assign(name=HOSTILE)
    zones = town.zones.rename(index={town.zones.index[0]: HOSTILE})
    hostile = fp.Scenario(town.roads, stations, town.units, zones, name=HOSTILE, source=HOSTILE, data_date=HOSTILE)
    other = hostile.apply(fp.OpenStation("S2", at=(-140.0, 30.03), name=HOSTILE, units=("E2",)), name=HOSTILE + "2")
    table = fp.compare(hostile, other, standard=fp.standards.NFPA_1710)
    views = [fp.maps.first_due(other), fp.maps.erf(table.baseline), fp.maps.difference(table)]
    for view in views:
        opened = open_page(view.save(tmp_path / "map.html"))
        opened.page.wait_for_selector(".fp-station")
        for marker in opened.page.locator(".fp-station").all():
            marker.click(force=True)
        assert opened.run("() => window.canary") is None
        assert "1337" not in opened.text()
        assert HOSTILE in opened.text()
        assert opened.errors == []
        assert opened.requests == []
