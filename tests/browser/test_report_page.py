"""The report as a browser shows and prints it: complete, offline, legible."""

from __future__ import annotations

import time

import pytest
from sample_city import sample_city

import fireplan as fp
from fireplan.progress import silent
from fireplan.report import write_report

pytestmark = pytest.mark.browser

LARGEST_PAGE_BYTES = 3_000_000
PHONE = (390, 844)
HOSTILE = "<script>window.canary=1</script>{{191*7}}${1}"
WIDER = """() => [...document.querySelectorAll('td, th, p, li, dd')]
    .filter((e) => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline').length"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The report of the sample city."""
    project = sample_city(calibrated=False)
    with silent():
        return write_report(project, tmp_path_factory.mktemp("report") / "report.html")


def test_the_report_of_a_city_is_small(report):
    assert report.stat().st_size < LARGEST_PAGE_BYTES


def test_it_opens_without_a_request_or_an_error(report, open_page):
    opened = open_page(report)
    assert opened.run("[...document.images].every((i) => i.complete && i.naturalWidth > 400)")
    assert (opened.requests, opened.errors) == ([], [])
    assert opened.run("document.scripts.length") == 0
    assert opened.run(WIDER) == 0
    assert "This report rests on 7 open stations, 13 units, 115,000 people" in opened.text()
    opened.screenshot("report")


def test_its_tables_can_be_saved(report, open_page):
    opened = open_page(report)
    with opened.page.expect_download() as saved:
        opened.page.locator("a[download]").first.click()
    assert saved.value.suggested_filename.startswith("table-01-")
    assert saved.value.path().read_text(encoding="utf-8-sig").startswith("land_use,zones,population")
    assert opened.errors == []


def test_it_fits_a_phone(report, open_page):
    opened = open_page(report, size=PHONE)
    assert opened.run("document.documentElement.scrollWidth") <= PHONE[0]
    opened.screenshot("report_phone")


def test_it_prints_on_numbered_pages(report, open_page):
    opened = open_page(report)
    began = time.perf_counter()
    printed = opened.page.pdf(prefer_css_page_size=True)
    assert time.perf_counter() - began < 30
    pages = printed.count(b"/Type /Page\n") or printed.count(b"/Type /Page")
    assert 10 < pages < 60


def test_text_from_data_shows_as_typed(tmp_path, open_page):
    town = fp.examples.line_town()
    stations = town.stations.assign(name=HOSTILE)
    scenario = fp.Scenario(town.roads, stations, town.units, town.zones, name=HOSTILE, source=HOSTILE)
    page = write_report(scenario, tmp_path / "hostile.html", standard=fp.standards.NFPA_1710, title=HOSTILE)
    opened = open_page(page)
    assert opened.run("document.querySelector('h1').textContent") == HOSTILE
    assert opened.run("document.title") == HOSTILE
    assert opened.run("window.canary") is None
    assert "1337" not in opened.text()
    assert (opened.requests, opened.errors) == ([], [])
