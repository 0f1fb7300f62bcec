"""Pages on paper, judged by the PDF itself: every station and the legend on the sheet, the whole city painted."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from sample_city import sample_city

import fireplan as fp
from tests.browser.conftest import NAMES as NAMES_OF_CHROMIUM
from tests.browser.conftest import QUIET

pytestmark = pytest.mark.browser

STATIONS = [f"S{n}" for n in range(1, 8)]
WORD = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>')
SHEET = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">')


def poppler(program):
    """One of poppler's programs; they stand in Debian's package poppler-utils."""
    found = shutil.which(program)
    if found is None:
        (pytest.fail if os.environ.get("FIREPLAN_CI") == "1" else pytest.skip)(f"{program} (poppler) is not here")
    return found


class Paper:
    """What a PDF shows."""

    def __init__(self, file):
        self.file = file
        boxes = subprocess.run(
            [poppler("pdftotext"), "-bbox", str(file), "-"], capture_output=True, text=True, check=True
        )
        self.sheets = [tuple(map(float, size)) for size in SHEET.findall(boxes.stdout)]
        self.words = [(m[5], tuple(map(float, m.groups()[:4]))) for m in WORD.finditer(boxes.stdout)]
        self.text = " ".join(word for word, _ in self.words)

    def painted(self):
        """Share of the first sheet that is neither white nor grey."""
        return float(self.coloured().mean())

    def painted_halves(self):
        """The same of its left and of its right half."""
        coloured = self.coloured()
        middle = coloured.shape[1] // 2
        return float(coloured[:, :middle].mean()), float(coloured[:, middle:].mean())

    def coloured(self):
        """Which points of the first sheet are neither white nor grey."""
        drawn = subprocess.run(
            [poppler("pdftoppm"), "-r", "50", "-f", "1", "-l", "1", "-png", str(self.file)],
            capture_output=True,
            check=True,
        )
        pixels = np.asarray(Image.open(BytesIO(drawn.stdout)).convert("RGB")).astype(int)
        return np.ptp(pixels, axis=2) > 20


@pytest.fixture(scope="module")
def views():
    project = sample_city(calibrated=False)
    comparison = fp.compare(project.today, *project.scenarios, standard=project.standard)
    pair = fp.compare(project.today, project.scenarios[0], standard=project.standard)
    sites = fp.siting.grid_sites(project.today, spacing_m=1500)
    best = fp.siting.max_coverage(project.today, stations=1, candidates=sites, within_s=240)
    return {
        "compare": (lambda: fp.maps.compare(comparison), 3, 1),
        "compare two": (lambda: fp.maps.compare(pair), 2, 1),
        "grid": (lambda: fp.maps.grid(comparison), 3, 1),
        "swipe": (lambda: fp.maps.swipe(pair), 1, 0),
        "coverage": (lambda: fp.maps.coverage(comparison.baseline), 1, 0),
        "gaps": (lambda: fp.maps.gaps(comparison.baseline), 1, 0),
        "erf": (lambda: fp.maps.erf(comparison.baseline), 1, 0),
        "difference": (lambda: fp.maps.difference(pair), 1, 1),
        "first due": (lambda: fp.maps.first_due(project.today), 1, 0),
        "isochrones": (lambda: fp.maps.isochrones(project.today, within_s=(240,)), 1, 0),
        "incidents": (lambda: fp.maps.incidents(project.today), 1, 0),
        "performance": (lambda: fp.maps.performance(project.history, scenario=project.today), 1, 0),
        "siting": (lambda: fp.maps.siting(best), 1, 0),
    }  # each with its panes, and in how many of them a new station stands


NAMES = [
    "compare", "compare two", "grid", "swipe", "coverage", "gaps", "erf", "difference", "first due", "isochrones",
    "incidents", "performance", "siting",
]  # fmt: skip


@pytest.mark.parametrize("view", NAMES)
def test_a_view_is_whole_on_paper(views, view, tmp_path, open_page):
    draw, panes, opened_station = views[view]
    opened = open_page(draw().save(tmp_path / "map.html"))
    opened.page.wait_for_selector(".fp-station")
    opened.page.wait_for_timeout(300)
    for size in ("A4", "Letter"):
        opened.page.pdf(path=tmp_path / f"{size}.pdf", format=size, print_background=True)
        paper = Paper(tmp_path / f"{size}.pdf")
        assert 1 <= len(paper.sheets) <= 2, size
        width, height = paper.sheets[0]
        shown = Counter(
            w for w, (x0, y0, x1, y1) in paper.words if x0 >= 0 and x1 <= width and y0 >= 0 and y1 <= height
        )
        # A pane may leave out a label where two stations are too near each other on paper: one in seven at most.
        assert sum(min(shown[s], panes) for s in STATIONS) >= 6 * panes, (size, dict(shown))
        assert all(shown[s] for s in STATIONS), (size, dict(shown))
        assert shown["S8"] >= opened_station, size
        assert "Invented data, for demonstration" in paper.text, size
        assert "Station" in paper.text, size  # the legend
        assert paper.painted() > 0.004, size  # gaps alone are little ground
    assert opened.errors == []


def test_changed_roads_leave_what_lies_beneath_them_on_paper(tmp_path, open_page):
    """A canvas that is opaque as a whole was printed with its clearing, which wiped streets and areas beneath it."""
    city = sample_city(calibrated=False).today
    closed = city.apply(fp.CloseRoad("Camino del Norte"), name="closed")
    pair = fp.compare(city, closed, standard="NFPA_1710")
    opened = open_page(fp.maps.compare(pair).save(tmp_path / "map.html"))
    opened.page.wait_for_selector(".fp-station")
    opened.page.wait_for_timeout(300)
    opened.page.pdf(path=tmp_path / "map.pdf", format="A4", print_background=True)
    left, right = Paper(tmp_path / "map.pdf").painted_halves()
    assert left > 0.05
    assert right > 0.9 * left


def stations_on(file):
    """How often each station is named on the first sheet, inside its edges."""
    paper = Paper(file)
    width, height = paper.sheets[0]
    inside = (w for w, (x0, y0, x1, y1) in paper.words if x0 >= 0 and x1 <= width and y0 >= 0 and y1 <= height)
    return Counter(inside), paper


# Chromium prints from the command line without a print preview: what is laid out at `beforeprint` is what is printed.
@pytest.mark.parametrize(
    ("view", "size"),
    [("coverage", (1920, 1080)), ("compare two", (1920, 1080)), ("swipe", (1024, 400)), ("grid", (800, 600))],
)
@pytest.mark.usefixtures("chromium")  # skipped where there is none
def test_a_page_prints_whole_from_the_command_line(views, view, size, tmp_path):
    draw, panes, opened_station = views[view]
    page = draw().save(tmp_path / "map.html")
    program = next(path for name in NAMES_OF_CHROMIUM if (path := shutil.which(name)))
    subprocess.run(
        [program, *QUIET, f"--window-size={size[0]},{size[1]}", f"--print-to-pdf={tmp_path / 'map.pdf'}",
         page.resolve().as_uri()],
        capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    shown, paper = stations_on(tmp_path / "map.pdf")
    assert sum(min(shown[s], panes) for s in STATIONS) >= 6 * panes, dict(shown)
    assert all(shown[s] for s in STATIONS), dict(shown)
    assert shown["S8"] >= opened_station
    assert 0.03 < paper.painted() < 0.3, "the city in its frame, not a corner of it, nor one colour all over"


@pytest.mark.parametrize(
    ("view", "size"),
    [("coverage", (1920, 1080)), ("compare two", (1920, 1080)), ("swipe", (640, 360)), ("grid", (1920, 1080))],
)
def test_a_page_prints_whole_from_any_window(views, view, size, tmp_path, open_page):
    draw, panes, opened_station = views[view]
    opened = open_page(draw().save(tmp_path / "map.html"), size=size)
    opened.page.wait_for_selector(".fp-station")
    opened.page.pdf(path=tmp_path / "map.pdf", format="A4", print_background=True)
    shown, _ = stations_on(tmp_path / "map.pdf")
    assert sum(min(shown[s], panes) for s in STATIONS) >= 6 * panes, dict(shown)
    assert shown["S8"] >= opened_station


def test_what_a_reader_chose_to_look_at_is_printed(views, tmp_path, open_page):
    opened = open_page(views["coverage"][0]().save(tmp_path / "map.html"))
    opened.page.wait_for_selector(".fp-station")
    before = opened.page.evaluate("document.querySelectorAll('.fp-station b').length")
    opened.page.click(".leaflet-control-zoom-in")
    opened.page.wait_for_timeout(500)
    opened.page.click(".leaflet-control-zoom-in")
    opened.page.wait_for_timeout(500)
    opened.page.pdf(path=tmp_path / "map.pdf", format="A4", print_background=True)
    shown, _ = stations_on(tmp_path / "map.pdf")
    assert before == len(STATIONS)
    assert 0 < sum(shown[s] > 0 for s in STATIONS) < len(STATIONS)


def test_six_maps_in_a_low_window_show_the_city(tmp_path, open_page):
    project = sample_city(calibrated=False)
    closed = [project.today.apply(fp.changes.CloseStation(s), name=f"without {s}") for s in STATIONS[:5]]
    page = fp.maps.grid(fp.compare(project.today, *closed, standard=project.standard)).save(tmp_path / "six.html")
    opened = open_page(page, size=(800, 600))
    opened.page.wait_for_selector(".fp-station")
    high = opened.run("[...document.querySelectorAll('.fp-map')].map((map) => map.offsetHeight)")
    assert len(high) == 6
    assert min(high) >= 150
    opened.page.pdf(path=tmp_path / "six.pdf", format="A4", print_background=True)
    shown, paper = stations_on(tmp_path / "six.pdf")
    assert min(shown[s] for s in STATIONS) >= 4, dict(shown)
    assert paper.painted() < 0.3
