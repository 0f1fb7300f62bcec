"""A day played back, as a browser shows it: the clock, the keys, units on their way, and paper."""

from __future__ import annotations

import numpy as np
import pytest

import fireplan as fp
from fireplan.examples import marisol_project
from tests.support.histories import department, history, went

pytestmark = pytest.mark.browser

PLAYER = "Object.values(window).find((v) => v && v.fireplanPlayer).fireplanPlayer"
LARGEST_PAGE_BYTES = 1_000_000
INKS = """() => { const c = document.querySelector('.leaflet-fp-playback-pane canvas'), d = c.getContext('2d')
    .getImageData(0, 0, c.width, c.height).data; const seen = new Set();
    for (let i = 0; i < d.length; i += 4) if (d[i + 3] > 200) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]);
    return [...seen]; }"""


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    project = marisol_project(calibrated=False)
    page = fp.maps.playback(project.history, project.today, start="2024-07-19 11:00", end="2024-07-19 14:00")
    saved = page.save(tmp_path_factory.mktemp("playback") / "day.html")
    assert saved.stat().st_size < LARGEST_PAGE_BYTES
    return saved


@pytest.fixture
def opened(path, open_page):
    shown = open_page(path)
    shown.page.wait_for_selector(".fp-clock")
    yield shown
    assert shown.requests == []
    assert shown.errors == []


def go(opened, second):
    opened.run(f"() => {PLAYER}.go({second})")


def test_slider_keys_and_buttons_move_the_clock(opened):
    page = opened.page
    slider = page.get_by_role("slider")
    go(opened, 0)
    assert page.inner_text(".fp-clock") == "11:00"
    slider.focus()
    page.keyboard.press("ArrowRight")
    assert page.inner_text(".fp-clock") == "11:01"
    page.keyboard.press("Shift+ArrowRight")
    assert page.inner_text(".fp-clock") == "11:11"
    page.keyboard.press("ArrowLeft")
    assert page.inner_text(".fp-clock") == "11:10"
    slider.evaluate("(s) => { s.value = 5400; s.dispatchEvent(new Event('input')); }")
    assert page.inner_text(".fp-clock") == "12:30"
    said = slider.get_attribute("aria-valuetext")
    assert said.startswith("Friday 19 July 2024 (PDT), 12:30: ")
    assert "units out" in said
    assert "calls open" in said
    before = opened.run(f"() => {PLAYER}.t")
    page.keyboard.press("n")
    after = opened.run(f"() => {PLAYER}.t")
    assert after > before
    page.get_by_role("button", name="Previous call").click()
    assert opened.run(f"() => {PLAYER}.t") < after
    go(opened, 0)
    slider.focus()
    page.keyboard.press("Space")
    assert page.get_by_role("button", name="Pause").is_visible()
    page.wait_for_function(f"() => {PLAYER}.t > 120")
    page.keyboard.press("Space")
    stood = opened.run(f"() => {PLAYER}.t")
    page.wait_for_timeout(120)
    assert opened.run(f"() => {PLAYER}.t") == stood


def test_half_way_through_its_drive_a_unit_is_on_its_way_and_says_that_this_is_estimated(opened):
    found = opened.run(
        f"""() => {{
        const p = {PLAYER}, long = (s) => s.state === 2 && s.way >= 0 && s.out > 0 && s.ends - s.begins > 120;
        const unit = p.day.units.find((u) => u.spells.some(long)), spell = unit.spells.find(long);
        p.go((spell.out + spell.there) / 2);
        const one = p.moment.units.find((u) => u.unit === unit), points = one.way.points;
        const ends = [points[0], points.at(-1)].map(([x, y]) => Math.hypot(x - one.at[0], y - one.at[1]));
        const hit = p.signs.hits.find((h) => h.kind === 'unit' && h.row === one.row);
        return {{ share: one.share, ends, hit: Boolean(hit), lat: p.frame.latLng(...one.at).lat }};
        }}"""
    )
    assert abs(found["share"] - 0.5) < 0.02
    assert min(found["ends"]) > 0.5
    assert found["hit"]
    assert 33.0 < found["lat"] < 33.3
    row = opened.run(f"() => {PLAYER}.states[2].number.textContent")
    assert int(row) >= 1
    assert "estimated" in opened.text()


def test_the_panel_says_what_the_map_shows_and_the_map_is_drawn(opened):
    go(opened, 5400)
    moment = opened.run(f"() => {{ const m = {PLAYER}.moment; return [m.out, m.calls.length, m.units.length]; }}")
    text = opened.text()
    assert f"Units out: {moment[0]} of 13" in text
    assert f"Calls open: {moment[1]}" in text
    assert opened.page.locator(".fp-now li").count() == moment[1]
    assert "First due away: no engine in at" in text
    assert "RESTRICTED" in text
    assert "Observed" in text
    colours = {f"{c:06x}" for c in opened.run(INKS)}
    assert {"0d4683", "8c2f26"} <= colours  # in quarters, at the call
    hits = opened.run(f"() => {PLAYER}.signs.hits.filter((h) => h.kind === 'unit').length")
    assert hits == moment[2] - opened.run(f"() => {PLAYER}.moment.units.filter((u) => !u.at).length")
    size = opened.screenshot("playback").stat().st_size
    assert size > 50_000


def test_chips_that_stand_lie_on_no_other(opened):
    for second in range(0, 3 * 3600, 900):
        go(opened, second)
        units = opened.run(
            f"""() => {{
            const p = {PLAYER}, still = new Set(p.moment.units.filter((u) => !u.way).map((u) => u.row));
            const standing = p.signs.hits.filter((h) => h.kind === 'unit' && still.has(h.row));
            return standing.map((h) => [h.x, h.y, h.x + h.w, h.y + h.h]);
            }}"""
        )
        over = [(a, b) for i, a in enumerate(units) for b in units[:i] if overlap(a, b)]
        assert over == [], second


def overlap(a, b):
    return a[0] < b[2] - 1 and b[0] < a[2] - 1 and a[1] < b[3] - 1 and b[1] < a[3] - 1


def test_on_a_phone_and_on_paper_the_moment_chosen_is_shown(path, open_page):
    opened = open_page(path, size=(390, 800))
    opened.page.wait_for_selector(".fp-clock")
    go(opened, 5400)
    assert opened.run("() => document.documentElement.scrollWidth") <= 390
    assert opened.page.get_by_role("slider").is_visible()
    opened.run("() => dispatchEvent(new Event('beforeprint'))")
    opened.page.emulate_media(media="print")
    assert opened.page.inner_text(".fp-clock") == "12:30"
    assert not opened.page.get_by_role("button", name="Play").is_visible()
    assert opened.run("() => document.querySelector('.fp-map').getBoundingClientRect().height") > 400
    assert len(opened.run(INKS)) > 20
    opened.run("() => dispatchEvent(new Event('afterprint'))")
    assert opened.errors == []


def test_who_wants_no_motion_gets_a_picture_a_second(path, open_page):
    opened = open_page(path)
    opened.page.emulate_media(reduced_motion="reduce")
    go(opened, 0)
    drawn = opened.run(
        f"""() => new Promise((done) => {{ const p = {PLAYER}, show = p._show.bind(p); let n = 0;
        p._show = (whole) => {{ n++; show(whole); }}; p.play(true); setTimeout(() => done(n), 1500); }})"""
    )
    assert drawn == 1
    assert np.isclose(opened.run(f"() => {PLAYER}.t"), 300, atol=40)


def test_who_is_off_duty_is_not_counted_among_those_that_could_be_out(tmp_path, open_page):
    town = department(E1=("engine", 4), E2=("engine", 4))
    units = town.units.assign(schedule=["always", "13:00-14:00"])
    peak = fp.Scenario(town.roads, town.stations, units, town.zones)
    seen = history(went("a", "E1", 0, 60, 120, 420, 1200), points=[(-140.0, 30.03)])
    opened = open_page(fp.maps.playback(seen, peak, day="2025-03-03").save(tmp_path / "peak.html"))
    opened.page.wait_for_selector(".fp-clock")
    go(opened, 12 * 3600 + 300)
    assert "Units out: 1 of 1" in opened.text()
    assert "First due away: no engine in at 1 of 1 station (S1); nearest to 400 of 400 people" in opened.text()
    go(opened, 13 * 3600 + 300)
    assert "Units out: 0 of 2" in opened.text()
    assert "First due away: none of 1 station" in opened.text()
    assert opened.errors == []


def test_hostile_names_are_shown_as_typed(tmp_path, open_page):
    town, evil = department(E1=("engine", 4)), "<img src=x onerror=alert(1)>${1}{{7*7}}"
    units = town.units.rename({"E1": evil})
    named = fp.Scenario(town.roads, town.stations.assign(name=evil), units, town.zones, name=evil)
    seen = history(went("a", evil, 0, 60, 120, 420, 1200), points=[(-140.0, 30.03)], category=evil)
    opened = open_page(fp.maps.playback(seen, named, day="2025-03-03").save(tmp_path / "evil.html"))
    opened.page.wait_for_selector(".fp-clock")
    assert opened.errors == []
    assert opened.page.locator("img[src=x]").count() == 0
    assert evil in opened.page.inner_text("h1")
    assert evil in opened.page.inner_text(".fp-now li")
