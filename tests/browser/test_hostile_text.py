"""Hostile text through every view, notebook form, chart and report: nothing of it runs, and it is shown as typed."""

from __future__ import annotations

import csv
import json
import re
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from corpus import corpus_cases
from histories import history, went
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan import charts
from fireplan._html_escape import plain
from fireplan.progress import silent

pytestmark = pytest.mark.browser

STRINGS, ON_A_PAGE = 300, 100
BITS = ["{{", "}}", "{%", "${", "`", "<", ">", "&", '"', "'", "\\", "\u2028", "</script>", "<img src=x onerror="]
HARMLESS = ["{{191*7}}", "${191*7}", "window.__FPCANARY=1", "<script>window.__FPCANARY=1</script>", "ab", "é", " ", "1"]
TEXTS = st.lists(st.sampled_from(BITS + HARMLESS), min_size=1, max_size=8).map("".join)
RAN = "() => window.__FPCANARY ?? null"
WORDS = re.compile(r"\s+")
OF_ASSESSMENTS = ("coverage", "gaps", "erf")
OF_COMPARISONS = ("compare", "swipe", "grid", "difference")
OF_SCENARIOS = ("isochrones", "first_due", "network_parts")
VIEWS = [*OF_ASSESSMENTS, *OF_SCENARIOS, "performance", "incidents", "siting", "residuals", *OF_COMPARISONS]


def even(text):
    return WORDS.sub(" ", plain(text)).strip()


def drawn():
    """The 300 strings, the same ones each time."""
    found: list[str] = []

    def note(text):
        found.append(text)

    settings(max_examples=2 * STRINGS)(given(TEXTS)(note))()
    different = list(dict.fromkeys(t for t in found if even(t)))
    assert len(different) >= STRINGS
    return different[:STRINGS]


def typed(case, corpus):
    """Every text in one file of the corpus."""
    path = corpus / case["file"]
    if path.suffix == ".jsonl":
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        cells = [v for row in rows for v in row.values()]
    else:
        with path.open(encoding="utf-8", newline="") as lines:
            cells = [v for row in csv.reader(lines) for v in row]
    return list(dict.fromkeys(str(c) for c in cells if even(str(c)) and not re.fullmatch(r"[\d.T:Z-]+", str(c))))


def typed_in_corpus(corpus):
    """Every text in the nine files of it that try to inject something."""
    cases = [c for folder in ("cad", "feed") for c in corpus_cases(folder) if "inject_" in c["file"]]
    assert len(cases) == 9
    texts = list(dict.fromkeys(text for case in cases for text in typed(case, corpus)))
    assert len(texts) > 40
    return texts


def town(texts):
    """A town whose name, stations, zones, source and date are these texts; a station for each."""
    line = fp.examples.line_town()
    places = line.stations.geometry.iloc[0]
    ids = [f"{text} #{i}" for i, text in enumerate(texts)]
    stations = line.stations.iloc[[0] * len(texts)].assign(name=ids)
    stations.index = pd.Index(ids, name="station_id")
    stations["geometry"] = [type(places)(places.x, places.y + 0.02 * i / len(texts)) for i in range(len(texts))]
    units = pd.DataFrame(
        {"station_id": ids, "type": "engine", "staffing": 4}, index=[f"{text} %{i}" for i, text in enumerate(texts)]
    )
    units = units.rename_axis("unit_id")
    zones = line.zones.rename(index=dict(zip(line.zones.index, ids, strict=False)))
    joined = " ".join(texts[-3:])
    return fp.Scenario(line.roads, stations, units, zones, name=joined, source=joined, data_date=joined)


def calls(texts):
    """A call for each text, which is its number, type, category and unit."""
    rows = [went(f"{text} !{i}", f"{text} %{i}", 0, 60, 120, 220 + i, 3000) for i, text in enumerate(texts)]
    return history(*rows, call_type=texts, category=texts, priority=texts)


def plan(scenario, texts):
    """Two of ten sites, each called by a text."""
    points = shapely.points([[-140.0, 30.0395 - 0.001 * i] for i in range(10)])
    sites = gpd.GeoSeries(points, index=[f"{text} @{i}" for i, text in enumerate(texts[-10:])], crs=4326)
    return fp.siting.max_coverage(scenario, stations=2, candidates=sites, within_s=30.0)


def runs(scenario):
    """Twelve runs of each station, to its own door."""
    ids, places = np.repeat(scenario.stations.index, 12), np.repeat(scenario.stations.geometry.to_numpy(), 12)
    times = {"observed_s": 60.0, "predicted_s": 50.0, "station_id": ids}
    return gpd.GeoDataFrame(times, geometry=places, crs=scenario.stations.crs)


def view(name, texts):
    scenario = town(texts)
    title = " ".join(texts[-2:])
    if name in OF_SCENARIOS:
        return getattr(fp.maps, name)(scenario, title=title), title
    others = {
        "performance": lambda: fp.maps.performance(calls(texts), scenario, title=title),
        "incidents": lambda: fp.maps.incidents(scenario, table=calls(texts).incidents, title=title),
        "siting": lambda: fp.maps.siting(plan(scenario, texts), title=title),
        "residuals": lambda: fp.maps.residuals(runs(scenario), scenario, by="zones", title=title),
    }
    if name in others:
        return others[name](), title
    if name in OF_COMPARISONS:
        other = scenario.apply(fp.SetTurnout(60.0), name=f"{texts[0]} other")
        return getattr(fp.maps, name)(fp.compare(scenario, other, standard=fp.standards.NFPA_1710), title=title), title
    return getattr(fp.maps, name)(fp.assess(scenario, standard=fp.standards.NFPA_1710), title=title), title


# Opens every card and every tooltip of every map on the page, and gives the words in them.
CARDS = """() => {
    const said = [];
    const read = (map, layer) => {
        if (layer.getPopup && layer.getPopup()) {
            layer.getPopup().options.autoPan = false;
            layer.openPopup();
            for (const card of map.getContainer().querySelectorAll('.leaflet-popup-content')) said.push(card.innerText);
            layer.closePopup();
        }
        if (layer.getTooltip && layer.getTooltip()) {
            layer.openTooltip();
            for (const tip of map.getContainer().querySelectorAll('.leaflet-tooltip')) said.push(tip.innerText);
            layer.closeTooltip();
        }
    };
    for (const element of document.querySelectorAll('.fp-map')) {
        const map = window[element.id];
        map._fadeAnimated = false;  // what is closed goes at once: else each look finds all cards before it again
        map.eachLayer((layer) => read(map, layer));
    }
    return said;
}"""


def check_page(opened, texts, title):
    opened.page.wait_for_selector(".fp-station")
    cards = [even(card) for card in opened.run(CARDS)]
    said = opened.text()
    assert opened.run(RAN) is None
    assert opened.errors == []
    assert opened.requests == []
    everything = f"{said} {' '.join(cards)}"
    assert "1337" not in everything
    assert even(title) in even(opened.page.inner_text("h1"))
    together = "\n".join(cards)
    missing = [text for i, text in enumerate(texts) if even(f"{text} #{i}") not in together]
    assert not missing
    return everything


def check_plan(said, texts):
    """The names of the two sites of the plan stand in the legend and on the map, as typed."""
    assert sum(even(f"{text} @{i}") in said for i, text in enumerate(texts[-10:])) >= 2


@pytest.fixture(scope="module")
def pages():
    texts = drawn()
    return [texts[at : at + ON_A_PAGE] for at in range(0, len(texts), ON_A_PAGE)]


@pytest.mark.parametrize("name", VIEWS)
def test_three_hundred_strings_are_shown_as_typed_and_none_runs(name, pages, tmp_path, open_page):
    for texts in pages:
        page, title = view(name, texts)
        said = check_page(open_page(page.save(tmp_path / "map.html")), texts, title)
        if name == "siting":
            check_plan(said, texts)


@pytest.mark.corpus
@pytest.mark.parametrize("name", VIEWS)
def test_texts_of_the_corpus_are_shown_as_typed_and_none_runs(name, shared_corpus, tmp_path, open_page):
    texts = typed_in_corpus(shared_corpus)
    for at in range(0, len(texts), ON_A_PAGE):
        page, title = view(name, texts[at : at + ON_A_PAGE])
        opened = open_page(page.save(tmp_path / "map.html"))
        check_page(opened, texts[at : at + ON_A_PAGE], title)
    opened.screenshot(f"hostile-{name}")


def test_the_trap_springs(tmp_path, open_page):
    path = tmp_path / "raw.html"
    path.write_text("<!doctype html><body><script>window.__FPCANARY=1</script>${191*7}</body>", encoding="utf-8")
    assert open_page(path).run(RAN) == 1


def test_notebooks_show_views_and_charts_and_run_nothing(pages, tmp_path, open_page):
    texts = pages[0]
    shown = [view(name, texts)[0] for name in VIEWS] + [chart_of(texts)]
    outputs = "".join(f"<div class='out'>{value._repr_html_()}</div>" for value in shown)
    path = tmp_path / "notebook.html"
    path.write_text(f"<!doctype html><meta charset='utf-8'><body>{outputs}</body>", encoding="utf-8")
    opened = open_page(path)
    opened.page.wait_for_timeout(1500)
    frames = opened.page.frames
    assert len(frames) >= 1 + len(VIEWS)
    assert [frame.evaluate(RAN) for frame in frames] == [None] * len(frames)
    assert all("1337" not in frame.evaluate("() => document.body.innerText") for frame in frames)
    assert opened.requests == []
    assert even(opened.run("() => document.querySelector('img').alt")) == even(shown[-1].alt)


def report(texts, path):
    """The report of the town, an other beside it, its calls and its plan."""
    scenario, title = town(texts), " ".join(texts[-2:])
    other = scenario.apply(fp.SetTurnout(60.0), name=f"{texts[0]} other")
    table = fp.compare(scenario, other, standard=fp.standards.NFPA_1710)
    with silent():
        fp.write_report(table, path, history=calls(texts), siting=plan(scenario, texts), title=title)
    return title


def check_report(opened, texts, title):
    said = even(opened.page.inner_text("body"))
    assert opened.run(RAN) is None
    assert opened.run("document.scripts.length") == 0
    assert (opened.requests, opened.errors) == ([], [])
    assert "1337" not in said
    assert even(opened.page.inner_text("h1")) == even(title)
    assert even(f"{texts[0]} other") in said
    check_plan(said, texts)
    for sign in "#%":  # stations and units: a long table shows its first rows
        assert any(even(f"{text} {sign}{i}") in said for i, text in enumerate(texts))


def test_reports_show_three_hundred_strings_as_typed_and_run_none(pages, tmp_path, open_page):
    for texts in pages:
        title = report(texts, tmp_path / "report.html")
        check_report(open_page(tmp_path / "report.html"), texts, title)


@pytest.mark.corpus
def test_reports_show_texts_of_the_corpus_as_typed_and_run_none(shared_corpus, tmp_path, open_page):
    texts = typed_in_corpus(shared_corpus)
    title = report(texts, tmp_path / "report.html")
    opened = open_page(tmp_path / "report.html")
    check_report(opened, texts, title)
    opened.screenshot("hostile-report")


def chart_of(texts):
    table = pd.DataFrame({"n": 30, "unknown": 0, "uhu": 0.2, "staffed_h": 100.0}, index=pd.Index(texts, name="unit_id"))
    return charts.workload(table, title=texts[0], about=charts.About(texts[1], texts[2], texts[3]))


def test_charts_hold_nothing_that_runs(pages):
    for texts in pages:
        chart = chart_of(texts)
        picture = ET.fromstring(chart.svg())  # noqa: S314 - made a moment ago
        tags = {element.tag.split("}")[-1] for element in picture.iter()}
        assert not tags & {"script", "foreignObject", "image", "a", "iframe"}
        names = {name for element in picture.iter() for name in element.attrib}
        assert not [name for name in names if name.lower().startswith("on")]
        words = " ".join(picture.itertext())
        assert "1337" not in words
        assert even(texts[0]) in even(words)
        assert "<" not in re.sub(r"^<img [^<>]*>$", "", chart.to_html())
