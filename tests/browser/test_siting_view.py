"""The view of a siting question as a browser shows it: complete, offline, legible, and true to the answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sample_city import sample_city

import fireplan as fp
from fireplan.siting._candidates.candidate_sites import grid_sites, intersection_sites, listed_sites
from fireplan.siting._results.siting_result import Siting
from fireplan.travel import candidate_times

pytestmark = pytest.mark.browser

LARGEST_PAGE_BYTES = 1_500_000
PHONE = (390, 844)
LIMIT_S = 240.0
HOSTILE = "</script><script>window.canary=1</script>{{191*7}}${1}"
LABELS = """() => [...document.querySelectorAll('.fp-station b')]
    .filter((b) => getComputedStyle(b).visibility !== 'hidden')
    .map((b) => { const r = b.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; })"""
SIGNS = """() => [...document.querySelectorAll('.fp-station svg')].map((s) => {
    const r = s.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; })"""


def answer(scenario, sites, *, built=3, question="Three stations more, most people within 4 min"):
    """Take the best site again and again, and say what each buys."""
    times = candidate_times(scenario, sites, cutoff_s=LIMIT_S)
    today = scenario.stations[scenario.stations["open"]]
    people = scenario.zones["population"].to_numpy(float)
    reached = np.zeros(len(people), dtype=bool)
    reached[candidate_times(scenario, today.geometry, cutoff_s=LIMIT_S).place] = True
    rows = np.split(times.place, times.start[1:-1])
    alone = np.array([people[r][~reached[r]].sum() for r in rows])
    objective, take = [people[reached].sum()], []
    for _ in range(built):
        take.append(int(np.argmax([people[r][~reached[r]].sum() for r in rows])))
        reached[rows[take[-1]]] = True
        objective.append(people[reached].sum())
    beside = np.array([people[r][~reached[r]].sum() for r in rows])
    gain = np.diff(objective)
    beside[take] = gain
    ids = times.candidate_ids
    sites = sites.loc[ids].assign(chosen=np.isin(np.arange(len(ids)), take).astype(int), alone=alone, beside=beside)
    curve = pd.DataFrame(
        {"take": [None, *ids[take]], "objective": objective, "gain": [np.nan, *gain]},
        index=pd.RangeIndex(built + 1, name="stations"),
    )
    behind = pd.DataFrame(
        {"leave_out": ids[take[-1]], "take": ids[[0, 1]], "objective": objective[-1] - 50.0, "behind": 50.0}
    )
    plan = tuple(
        fp.OpenStation(str(ids[i]), at=tuple(sites.geometry.iloc[i].coords[0]), units=(f"E9{n}",))
        for n, i in enumerate(take)
    )
    return Siting(
        scenario=scenario, question=question, plan=plan, objective=objective[-1], bound=objective[-1], unit="people",
        before=objective[0], total=people.sum(), status="optimal", reason="", sites=sites,
        set_aside=times.set_aside, runner_ups=behind, curve=curve, notes=("A note.",),
    )  # fmt: skip


def runs(found):
    share = np.linspace(0, 1, len(found.sites)).round(2)
    return pd.DataFrame({"chosen_share": share, "n": 50}, index=found.sites.index)


@pytest.fixture(scope="module")
def found():
    city = sample_city(calibrated=False).today
    return answer(city, intersection_sites(city, apart_m=235.0))


@pytest.fixture(scope="module")
def path(found, tmp_path_factory):
    page = fp.maps.siting(found, robustness=runs(found))
    path = page.save(tmp_path_factory.mktemp("siting") / "map.html")
    assert path.stat().st_size < LARGEST_PAGE_BYTES
    return path


def quiet(opened):
    assert opened.requests == []
    assert opened.errors == []


def overlap(a, b):
    return a[0] < b[2] - 2 and b[0] < a[2] - 2 and a[1] < b[3] - 2 and b[1] < a[3] - 2


@pytest.mark.parametrize("size", [(1400, 900), PHONE], ids=["desktop", "phone"])
def test_the_answer_is_on_the_page_and_no_label_covers_another(found, path, open_page, size):
    opened = open_page(path, size=size)
    opened.page.wait_for_selector(".fp-station")
    opened.page.wait_for_timeout(300)
    quiet(opened)
    text = opened.text()
    for part in (
        found.question, f"{found.objective:,.0f} of 115,000 people", "optimal: no other choice is better",
        f"n = {len(found.sites):,} candidate sites", "Plan, in building order", "Plans that came close",
        "How often chosen", "Invented data", "2025-12-31",
    ):  # fmt: skip
        assert part in text
    labels, signs = opened.run(LABELS), opened.run(SIGNS)
    assert len(labels) >= 6
    assert not [(a, b) for i, a in enumerate(labels) for b in labels[:i] if overlap(a, b)]
    assert not [(a, b) for a in labels for b in signs if overlap(a, b)]
    width = opened.run("() => [document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1]
    opened.screenshot(f"siting-{size[0]}")


def test_a_click_on_a_candidate_says_what_it_would_gain(found, path, open_page):
    opened = open_page(path)
    opened.page.wait_for_selector(".fp-station")
    metric = found.sites.to_crs(found.scenario.roads.crs)
    signs = pd.concat([metric.geometry[metric["chosen"] > 0], found.scenario.stations.to_crs(metric.crs).geometry])
    far_m = metric.distance(signs.union_all())
    free = found.sites.loc[far_m[found.sites["alone"] > 0].idxmax()]
    name = opened.run("() => document.querySelector('.fp-map').id")
    x, y = opened.run(
        f"() => {{ const m = window['{name}'], p = m.latLngToContainerPoint([{free.geometry.y}, {free.geometry.x}]),"
        " b = m.getContainer().getBoundingClientRect(); return [p.x + b.left, p.y + b.top]; }"
    )
    opened.page.mouse.click(x, y)
    opened.page.wait_for_selector(".leaflet-popup-content")
    card = " ".join(opened.page.inner_text(".leaflet-popup-content").split())
    assert card.startswith(f"{free['name']} ({free.name})")
    assert f"By itself {free['alone']:,.4g} people" in card or f"By itself {free['alone']:,.0f} people" in card
    assert "In the plan no" in card
    quiet(opened)


def test_other_scores_are_switched_on_in_the_list_of_layers(path, open_page):
    opened = open_page(path)
    opened.page.wait_for_selector(".fp-station")
    before = opened.page.screenshot()
    for label in ("Gain by itself", "Share of runs"):
        opened.page.get_by_label(label).click()
    opened.page.wait_for_timeout(200)
    assert opened.page.screenshot() != before
    quiet(opened)
    opened.screenshot("siting-runs")


def test_names_in_the_data_are_shown_and_never_run(tmp_path, open_page):
    town = fp.examples.line_town()
    table = pd.DataFrame(
        {"candidate_id": [HOSTILE, "B"], "name": [HOSTILE, "${1}"], "latitude": [30.03, 30.02], "longitude": -140.0}
    )
    found = answer(town, listed_sites(table, town), built=1, question=HOSTILE)
    view = fp.maps.siting(found, title=HOSTILE, robustness=runs(found))
    opened = open_page(view.save(tmp_path / "map.html"))
    opened.page.wait_for_selector(".fp-station")
    for marker in opened.page.locator(".fp-station").all():
        marker.click(force=True)
    opened.run("() => document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert opened.run("() => window.canary") is None
    assert "1337" not in opened.text()
    assert HOSTILE in opened.text()
    quiet(opened)


def test_the_same_answer_gives_the_same_bytes():
    town = fp.examples.line_town()
    found = answer(town, grid_sites(town, spacing_m=300), built=2)
    assert fp.maps.siting(found).to_html() == fp.maps.siting(found).to_html()
