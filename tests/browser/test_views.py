"""The views of the sample city as a browser shows them: complete, offline, legible, and true to the tables."""

from __future__ import annotations

import numpy as np
import pytest
from sample_city import sample_city

import fireplan as fp
from fireplan.wording import share_of

pytestmark = pytest.mark.browser

LARGEST_PAGE_BYTES = 1_500_000
PHONE = (390, 844)
VISIBLE_LABELS = """() => [...document.querySelectorAll('.fp-map')].map((map) =>
    [...map.querySelectorAll('.fp-station b')]
        .filter((b) => getComputedStyle(b).visibility !== 'hidden')
        .map((b) => { const r = b.getBoundingClientRect(); return [0, r.left, r.top, r.right, r.bottom]; }))"""
SIGNS = """() => [...document.querySelectorAll('.fp-map')].map((map) =>
    [...map.querySelectorAll('.fp-station svg')].map((s) => {
        const r = s.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; }))"""


@pytest.fixture(scope="module")
def project():
    return sample_city(calibrated=False)


@pytest.fixture(scope="module")
def comparison(project):
    return fp.compare(project.today, *project.scenarios, standard=project.standard)


@pytest.fixture(scope="module")
def assessment(comparison):
    return comparison.baseline


def saved(page, folder):
    path = page.save(folder / "map.html")
    assert path.stat().st_size < LARGEST_PAGE_BYTES
    return path


def quiet(opened):
    assert opened.requests == []
    assert opened.errors == []


def overlap(a, b):
    return a[0] < b[2] - 2 and b[0] < a[2] - 2 and a[1] < b[3] - 2 and b[1] < a[3] - 2


def test_comparison_shows_a_pane_for_each_scenario_with_its_share(comparison, tmp_path, open_page):
    opened = open_page(saved(fp.maps.compare(comparison, title="Marisol"), tmp_path))
    opened.page.wait_for_selector(".fp-station")
    quiet(opened)
    text = opened.text()
    summary = comparison.summary()
    for name in comparison.names:
        share = summary.loc[(name, "first_engine", "population"), "share"]
        assert name in text
        assert share_of(share, 115_000, "people", goal=0.9) in text  # a share that misses its goal shows it
    assert opened.page.locator(".fp-map").count() == len(comparison.names)
    for word in ("within 4:00", "not reached", "Station opened", "Invented data", "2025-12-31", "1,709 zones"):
        assert word in text
    opened.screenshot("compare")


def test_two_scenarios_make_two_panes_that_move_in_step(project, tmp_path, open_page):
    pair = fp.compare(project.today, project.scenarios[0], standard=project.standard)
    opened = open_page(saved(fp.maps.compare(pair), tmp_path))
    opened.page.wait_for_selector(".fp-station")
    box = opened.page.locator(".fp-map").first.bounding_box()
    before = opened.run(SIGNS)
    opened.page.mouse.move(box["x"] + 300, box["y"] + 60)
    opened.page.mouse.down()
    opened.page.mouse.move(box["x"] + 240, box["y"] + 130, steps=4)
    opened.page.mouse.up()
    opened.page.wait_for_timeout(400)
    after = opened.run(SIGNS)
    moved = [np.subtract(a[0][:2], b[0][:2]) for b, a in zip(before, after, strict=True)]
    assert np.abs(moved[0]).max() > 20
    assert np.allclose(moved[0], moved[1], atol=1.5)
    quiet(opened)


def test_a_click_on_the_planted_gap_says_its_size_and_reason(assessment, tmp_path, open_page):
    found = fp.gaps(assessment)
    opened = open_page(saved(fp.maps.gaps(assessment, found=found), tmp_path))
    opened.page.wait_for_selector(".fp-station")
    where = found.geometry.iloc[0].representative_point()
    name = opened.run("() => document.querySelector('.fp-map').id")
    x, y = _pixel(opened, name, where)
    opened.page.mouse.click(x, y)
    opened.page.wait_for_selector(".leaflet-popup-content")
    card = " ".join(opened.page.inner_text(".leaflet-popup-content").split())
    assert f"Gap 1: {found['reason'].iloc[0]}" in card
    assert f"People {found['population'].iloc[0]:,.0f}" in card
    assert f"Nearest station {found['nearest_name'].iloc[0]}" in card
    quiet(opened)
    opened.screenshot("gaps")


def _pixel(opened, name, point):
    return opened.run(
        f"() => {{ const m = window['{name}'], p = m.latLngToContainerPoint([{point.y}, {point.x}]),"
        " b = m.getContainer().getBoundingClientRect(); return [p.x + b.left, p.y + b.top]; }"
    )


@pytest.mark.parametrize("size", [(1400, 900), PHONE], ids=["desktop", "phone"])
def test_station_labels_cover_neither_stations_nor_each_other(comparison, tmp_path, open_page, size):
    opened = open_page(saved(fp.maps.compare(comparison), tmp_path), size=size)
    opened.page.wait_for_selector(".fp-station")
    opened.page.wait_for_timeout(300)
    for labels, signs in zip(opened.run(VISIBLE_LABELS), opened.run(SIGNS), strict=True):
        boxes = [label[1:] for label in labels]
        assert len(boxes) >= 6
        assert not [(a, b) for i, a in enumerate(boxes) for b in boxes[:i] if overlap(a, b)]
        assert not [(a, b) for a in boxes for b in signs if overlap(a, b)]
    opened.screenshot(f"compare-{size[0]}")


def test_the_same_inputs_give_the_same_bytes(comparison):
    assert fp.maps.compare(comparison).to_html() == fp.maps.compare(comparison).to_html()


def test_more_panes_than_a_page_holds_are_refused():
    town = fp.examples.line_town()
    many = [town] + [town.apply(fp.SetTurnout(60.0 + i), name=f"turnout {i}") for i in range(6)]
    table = fp.compare(*many, standard=fp.standards.NFPA_1710)
    with pytest.raises(fp.FireplanError, match="two to 6"):
        fp.maps.compare(table)
