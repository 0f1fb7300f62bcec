"""Views of a real city, made into a project as `data/make_san_francisco.py` does, as a browser shows them."""

from __future__ import annotations

import pytest

import fireplan as fp
from fireplan.progress import silent

pytestmark = [pytest.mark.browser, pytest.mark.realdata]

LARGEST_PAGE_BYTES = 2_000_000
FIRST_PAINT_MS = 1500
PAINTED = "() => performance.getEntriesByType('paint').map((entry) => entry.startTime)"


def test_views_of_san_francisco_open_whole_and_ask_nothing_of_the_network(san_francisco, tmp_path, open_page):
    project = san_francisco
    with silent():
        comparison = fp.compare(project.today, *project.scenarios, standard=project.standard)
        views = {
            "coverage": (fp.maps.coverage(comparison.baseline), "within 4:00"),
            "first-due": (fp.maps.first_due(project.today), "43: Station 43"),
            "compare": (fp.maps.compare(comparison), "Exercise: without Station 43"),
            "performance": (fp.maps.performance(project.history, project.today), "n below 10: no figure"),
        }
    for name, (view, said) in views.items():
        path = view.save(tmp_path / f"{name}.html")
        assert path.stat().st_size < LARGEST_PAGE_BYTES
        times = []
        while not times or (min(times) >= FIRST_PAINT_MS and len(times) < 3):
            opened = open_page(path)
            opened.page.wait_for_selector(".fp-station")
            opened.page.wait_for_timeout(400)
            times.append(max(opened.run(PAINTED)))
        assert min(times) < FIRST_PAINT_MS
        assert (opened.requests, opened.errors) == ([], [])
        opened.run("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        assert said in opened.text()
        assert "DataSF" in opened.text()
        assert opened.page.locator(".fp-station").count() >= 41
        opened.screenshot(f"san-francisco-{name}")
