"""Maps of a calibrated department, as a browser shows them and as paper does."""

from __future__ import annotations

import pytest

import fireplan as fp
from fireplan.standards import local_rule
from tests.browser.test_printing import Paper
from tests.support.calibrated_town import HEADLINE, calibrated

pytestmark = pytest.mark.browser

RULE = local_rule("r", limit_s=240, weight="population", share=0.9, title="First engine")
PHONE = (390, 844)


@pytest.fixture(scope="module")
def pair():
    town = calibrated(fp.examples.line_town())
    moved = town.apply(fp.MoveStation("S1", at=(-140.0, 30.02)), name="middle")
    return fp.compare(town, moved, standard=RULE)


VIEWS = {
    "coverage": lambda pair: fp.maps.coverage(pair.baseline),
    "gaps": lambda pair: fp.maps.gaps(pair.baseline),
    "difference": fp.maps.difference,
    "compare": fp.maps.compare,
    "swipe": fp.maps.swipe,
    "grid": fp.maps.grid,
}


@pytest.fixture
def shown(pair, tmp_path, open_page):
    def opening(view, **more):
        opened = open_page(VIEWS[view](pair).save(tmp_path / "map.html"), **more)
        opened.page.wait_for_selector(".fp-station")
        opened.page.wait_for_timeout(300)
        return opened

    return opening


@pytest.mark.parametrize("view", VIEWS)
def test_the_error_of_the_drives_stands_under_every_map_on_screen_and_on_paper(view, shown, tmp_path):
    opened = shown(view)
    assert HEADLINE in " ".join(opened.page.inner_text(".fp-foot").split())
    opened.page.pdf(path=tmp_path / "map.pdf", format="A4", print_background=True)
    paper = Paper(tmp_path / "map.pdf")
    assert HEADLINE in paper.text
    assert len(paper.sheets) <= 2
    assert opened.errors == []
    assert opened.requests == []
    opened.screenshot(f"chance-{view}")


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_runs_over_the_edge_of_a_phone(view, shown):
    opened = shown(view, size=PHONE, touch=True)
    assert opened.run("() => document.documentElement.scrollWidth") <= PHONE[0]
    assert HEADLINE in " ".join(opened.page.inner_text(".fp-foot").split())


def test_a_zone_says_how_likely_it_is_reached_and_layers_can_be_changed(shown, pair):
    opened = shown("coverage")
    zone = pair.baseline.zones.iloc[21]  # 238 s away at the median
    where = zone.geometry.centroid
    name = opened.run("() => document.querySelector('.fp-map').id")
    x, y = opened.run(
        f"() => {{ const m = window['{name}']; m.setView([{where.y}, {where.x}], 17, {{ animate: false }});"
        f" const p = m.latLngToContainerPoint([{where.y}, {where.x}]), b = m.getContainer().getBoundingClientRect();"
        " return [p.x + b.left, p.y + b.top]; }"
    )
    opened.page.wait_for_timeout(300)
    opened.page.mouse.move(x, y)
    tip = opened.page.wait_for_selector(".leaflet-tooltip").inner_text()
    percent = f"{zone['r_chance']:.0%}".replace("%", " %")
    assert tip == f"{percent} likely within 4:00; median {fp.wording.clock(zone['r_s'])}"
    opened.page.mouse.click(x, y)
    card = " ".join(opened.page.wait_for_selector(".leaflet-popup-content").inner_text().split())
    assert f"{fp.wording.clock(zone['r_s'])} at the median" in card
    assert f"{percent} likely, limit 4:00" in card
    opened.page.get_by_label("Median arrival by zone").check()
    opened.page.get_by_label("Chance by zone").uncheck()
    assert opened.errors == []
