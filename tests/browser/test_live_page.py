"""The live view's page in a browser: on what its desk was recorded to say, and once on the desk itself."""

import time
from itertools import combinations

import pytest
from live_desks import eventually
from live_looks import BOXES, CUT, SIZES, check_quiet, opened, shown, until, wait_text
from live_stage import TOKENS, Stage
from live_states import (
    FIRE_AT,
    MINUTE,
    NOW,
    cover,
    covered_by_all,
    dense,
    incidents,
    one_clock,
    one_incident,
    one_unit,
    packed,
    quiet,
    sent,
    state,
    town,
    units,
    zone_bytes,
)
from sample_city import sample_city

from fireplan.live._assemble import open_desk, replay_of
from fireplan.live._web.server import Binding, Server

pytestmark = pytest.mark.browser

TWO, LOST, ELSEWHERE = (0x86, 0xB7, 0xDD), (0xF3, 0xA7, 0x5C), (0xA9, 0xAE, 0xB6)
NEAR_COLOUR = """([red, green, blue]) => {
  const sheet = fireplanLive.map.sheets.ground, { width, height } = sheet._canvas;
  sheet.drawNow();
  const data = sheet._ctx.getImageData(0, 0, width, height).data;
  let n = 0;
  for (let i = 0; i < data.length; i += 4) {
    const far = Math.abs(data[i] - red) + Math.abs(data[i + 1] - green) + Math.abs(data[i + 2] - blue);
    n += data[i + 3] > 250 && far < 9;
  }
  return n;
}"""
PLACE = """(id) => {
  const { map, sheets, signs, frame } = fireplanLive.map, mark = signs.units.get(id);
  if (!mark) return null;
  const at = frame.latLng(mark.x, mark.y), p = sheets.signs.inContainer(mark.x, mark.y);
  return { lon: at.lng, lat: at.lat, x: p.x, y: p.y, estimated: Boolean(mark.way), family: mark.family };
}"""
PAGE_CLOCK = "() => performance.now() / 1000"


@pytest.fixture
def stage():
    with Stage() as live:
        yield live


@pytest.fixture
def live(stage, open_address):
    """The page as an operator sees it, with its first state drawn."""
    return opened(open_address, stage)


# Logging in


def test_a_token_is_pasted_into_the_form(stage, open_address):
    page = open_address(stage.url)
    page.page.fill("#token", "wrong")
    page.page.click("#send")
    page.page.wait_for_selector("#trouble:not([hidden])")
    assert shown(page, "#trouble") == "This token is not known here."
    assert page.page.evaluate("document.activeElement.id") == "token"
    page.page.fill("#token", f" {TOKENS.viewer} ")
    page.page.keyboard.press("Enter")
    page.page.wait_for_selector("#incident-list li")
    assert page.run("fireplanLive.live.role") == "viewer"


def test_a_token_in_the_address_logs_in_and_leaves_the_address(stage, open_address):
    page = open_address(f"{stage.url}/#token={TOKENS.operator}")
    page.page.wait_for_selector("#incident-list li")
    assert page.page.url == stage.url + "/"
    page.page.go_back()  # to the page before; its address does not hold the token either
    assert TOKENS.operator not in page.page.url
    assert not [said for said in page.errors if "403" not in said]  # the form itself comes with a 403


def test_the_form_gives_the_browser_nothing_to_complain_of(stage, open_address):
    page = open_address("about:blank")
    said = []
    page.page.on("console", lambda message: said.append(message.text))
    page.page.goto(stage.url)
    page.page.wait_for_timeout(600)
    assert [text for text in said if "403" not in text] == []
    assert page.page.locator("input:visible").count() == 1


# What is drawn


def test_map_units_zones_and_lists_are_drawn(live, stage):
    run = live.run
    assert shown(live, "#title") == "Marisol"
    assert shown(live, "#clock").startswith("14:32:0")
    assert run("fireplanLive.map.zones.n") == len(town().zones)
    assert run(f"({NEAR_COLOUR})([{LOST[0]}, {LOST[1]}, {LOST[2]}])") > 5000
    placed = {u["unit_id"] for u in stage.state["units"] if u["at"] or u["way"]}
    assert set(run("[...fireplanLive.map.signs.units.keys()]")) == placed
    e3 = live.page.evaluate(PLACE, "E3")
    assert (e3["lon"], e3["lat"]) == pytest.approx(FIRE_AT, abs=1e-6)
    assert len(run("fireplanLive.map.signs.incidents")) == 4  # one has no place, the others are closed
    rows = live.page.locator("#incident-list > li h3").all_inner_texts()
    assert rows[0] == "FIRE ALARM"  # its turnout is late
    assert len(rows) == 5
    assert shown(live, "#incident-count").startswith("5 open")
    assert "Closed lately: 6" in shown(live, "#closed")
    assert shown(live, "#free-main") == "2 of 7 engines"
    assert shown(live, "#free-rest") == "0 of 1 trucks, 2 of 4 ambulances, 0 of 1 chiefs"
    assert shown(live, "#now") == "Covered now 39.6 % of 115,000 people now all home: 89.99 %"
    check_quiet(live)


@pytest.mark.parametrize(
    ("now", "home", "said", "all_home"),
    [
        (0.61, 0.804, "61.0 %", "80.4 %"),
        (0.8958, 0.8999, "89.6 %", "89.99 %"),
        (0.89994, 0.89994, "89.99 %", "89.99 %"),
        (0.89991, 0.89994, "89.991 %", "89.994 %"),
        (0.9996, 1.0, "99.96 %", "100 %"),
    ],
)
def test_a_share_that_lost_a_little_does_not_look_whole(stage, open_address, now, home, said, all_home):
    first = cover()["measures"][0] | {"now": now, "home": home, "soon": [{"in_s": 300, "within": home}]}
    stage.state = state(cover=cover(measures=[first, first | {"name": "x", "unit": "calls", "n": 5}]))
    live = opened(open_address, stage)
    assert shown(live, "#now") == f"Covered now {said} of 115,000 people now all home: {all_home}"
    assert f"{said} of 115,000 people now {all_home} with all units at home" in shown(live, "#cover")
    assert f"5 calls {said} {all_home}" in shown(live, "#cover")
    assert ("As units come back" in shown(live, "#cover")) == (now < home)


def test_the_record_has_the_room_that_incidents_leave(stage, open_address):
    def tall(live):
        return live.run("document.querySelector('#record').getBoundingClientRect().height")

    busy = tall(opened(open_address, stage))
    stage.state = state(rev=13, incidents=[])
    assert tall(opened(open_address, stage)) > busy + 250
    assert busy > 200  # and keeps some of it however many there are


def test_the_figures_of_today_say_how_many_and_how_sure(live):
    text = shown(live, "#today")
    assert "invented" in text
    assert "1:23 (1:03 to no upper end) n = 11" in text
    assert "goal 90 %: missed" in text
    assert "too few to say" in text
    assert "limit not seen in its source" in text
    assert "28 calls today by local hour" in live.run("document.querySelector('.hours svg').getAttribute('aria-label')")


def test_an_update_moves_a_unit_and_recolours_the_ground(live, stage):
    lost = live.page.evaluate(NEAR_COLOUR, LOST)
    was = live.page.evaluate(PLACE, "E5")
    at = [-127.5, 33.12]
    stage.push(units=[one_unit("E5", "S5", "returning", at=at)], cover=covered_by_all())
    until(live, "fireplanLive.live.rev === 13")
    live.page.wait_for_timeout(400)
    now = live.page.evaluate(PLACE, "E5")
    assert (now["lon"], now["lat"]) == pytest.approx(at, abs=1e-6)
    assert now["family"] == "free"
    assert was["family"] == "going"
    assert lost > 1000
    assert live.page.evaluate(NEAR_COLOUR, LOST) == 0
    check_quiet(live)


def test_an_update_without_zones_keeps_the_ground(live, stage):
    before = live.page.evaluate(NEAR_COLOUR, LOST)
    stage.push(cover={key: value for key, value in cover().items() if key not in {"zones", "first"}})
    until(live, "fireplanLive.live.rev === 13")
    live.page.wait_for_timeout(300)
    assert live.page.evaluate(NEAR_COLOUR, LOST) == before


def test_a_clock_runs_and_turns_late_without_a_message(live, stage):
    late = one_incident(
        "24-000020", "BRUSH FIRE", "fire", [-127.5, 33.1], 300, clocks=[one_clock("First engine, travel", 240, 237.5)]
    )
    stage.push(incidents=[late], now=NOW)
    row = "#incident-list > li:has-text('BRUSH FIRE')"
    live.page.wait_for_selector(row)
    first = shown(live, f"{row} .big")
    assert first in {"3:57", "3:58", "3:59"}
    assert live.page.locator(row).get_attribute("data-state") == "running"
    live.page.wait_for_selector(f"{row}[data-state='late']")
    assert "late by 0:0" in shown(live, row)
    until(live, "document.querySelector('#open-rest').textContent.includes('2 incidents late')")
    rows = live.page.locator("#incident-list > li h3").all_inner_texts()
    assert rows[0] == "FIRE ALARM"  # late ones come first, by how late they are
    assert rows.index("BRUSH FIRE") < rows.index("STRUCTURE FIRE")


def test_incidents_that_are_gone_leave_the_list_and_the_map(live, stage):
    stage.push(gone=["24-000012"])
    until(live, "fireplanLive.map.signs.incidents.length === 3")
    assert "STRUCTURE FIRE" not in shown(live, "#incident-list")


# Ways, and who is first due


def on_its_way(from_s, to_s, **more):
    """E2 on a line that runs 3,000 m east and then 1,000 m north, as degrees of Marisol go."""
    points = [[-127.53, 33.10], [-127.53 + 3000 / 93_260, 33.10], [-127.53 + 3000 / 93_260, 33.10 + 1000 / 111_000]]
    way = {"points": points, "from": NOW + round(from_s * 1000), "to": NOW + round(to_s * 1000)}
    return one_unit("E2", "S2", "enroute", incident_id="24-000012", at=None, way=way) | more


def place_on_way(open_address, stage, from_s, to_s):
    stage.state = state(units=[on_its_way(from_s, to_s)], paused=True)
    return opened(open_address, stage).page.evaluate(PLACE, "E2")


@pytest.mark.parametrize(
    ("from_s", "to_s", "east_m", "north_m"),
    [(-100, 100, 2000, 0), (10, 110, 0, 0), (-350, 50, 3000, 500), (-500, -100, 3000, 880)],
    ids=["half way", "not yet off", "round the corner", "never there before it says so"],
)
def test_a_unit_is_drawn_along_its_way(stage, open_address, from_s, to_s, east_m, north_m):
    mark = place_on_way(open_address, stage, from_s, to_s)
    assert mark["estimated"]
    assert (mark["lon"] + 127.53) * 93_260 == pytest.approx(east_m, abs=30)
    assert (mark["lat"] - 33.10) * 111_000 == pytest.approx(north_m, abs=30)


def test_a_unit_drives_on_by_the_clock_of_the_feed(stage, open_address):
    stage.state = state(units=[on_its_way(0, 40)], speed=4.0)
    live = opened(open_address, stage)
    first, first_s = live.page.evaluate(PLACE, "E2"), live.page.evaluate(PAGE_CLOCK)
    live.page.wait_for_timeout(1500)
    then, then_s = live.page.evaluate(PLACE, "E2"), live.page.evaluate(PAGE_CLOCK)
    driven_m = (then["lon"] - first["lon"]) * 93_260
    assert driven_m == pytest.approx(400 * (then_s - first_s), rel=0.5)  # 100 m/s, four times as fast
    assert "on its way, place estimated" in shown(live, "#legend")


def test_a_way_that_makes_no_sense_breaks_nothing(open_address):
    ways = [
        {},
        {"points": []},
        {"points": [[1]], "from": 0, "to": 1},
        {"points": [[-127.5, 33.1], [-127.5, 33.1]], "from": NOW, "to": NOW},
        {"points": "x"},
        7,
        "way",
    ]
    odd = state(units=[on_its_way(0, 1, unit_id=f"E{i}") | {"way": way} for i, way in enumerate(ways)])
    with Stage(odd, odd=True) as stage:
        check_quiet(opened(open_address, stage))


def test_a_dispatched_unit_without_a_place_is_at_its_station(stage, open_address):
    stage.state = state(units=[one_unit("E2", "S2", "dispatched", at=None), one_unit("E6", "S6", "enroute", at=None)])
    live = opened(open_address, stage)
    s2 = next(s["at"] for s in stage.ground["stations"] if s["station_id"] == "S2")
    mark = live.page.evaluate(PLACE, "E2")
    assert (mark["lon"], mark["lat"]) == pytest.approx(s2, abs=1e-6)
    assert live.page.evaluate(PLACE, "E6") is None


def test_the_ground_shows_who_is_first_due(stage, open_address):
    zones = zone_bytes()
    first = {"units": ["E7", "E2"], "zones": packed((zones * 0 + 1) | ((zones == 0) * 255).astype("uint8"))}
    stage.state = state(cover=cover(first=first))
    live = opened(open_address, stage)
    assert live.page.evaluate(NEAR_COLOUR, LOST) > 5000
    live.page.keyboard.press("g")
    live.page.wait_for_timeout(300)
    assert shown(live, "#ground-title") == "First due now"
    assert "E2" in shown(live, "#ground-legend")
    assert live.page.evaluate(NEAR_COLOUR, LOST) == 0
    named = live.run(
        f"[{int((zones > 0).argmax())}, {int((zones == 0).argmax())}].map((zone) => fireplanLive._firstDue(zone))"
    )
    assert named == ["E2", None]
    live.page.click("#ground-switch")
    live.page.wait_for_timeout(300)
    assert live.page.evaluate(NEAR_COLOUR, LOST) > 5000


# Alerts and moves


def test_an_alert_is_acknowledged(live, stage):
    assert shown(live, "#alert-count") == "1 new"
    live.page.locator(".alert", has_text="Late: FIRE ALARM").get_by_role("button").click()
    eventually(lambda: stage.acknowledged == [("clock:24-000013:turnout_fire", "operator")])
    alert = next(a for a in stage.state["alerts"] if a["key"] == "clock:24-000013:turnout_fire")
    stage.push(alerts=[alert | {"acknowledged": "operator"}])
    wait_text(live, "#alerts", "acknowledged by operator")
    until(live, "document.querySelectorAll('.alert').length === 1")
    assert shown(live, "#alert-count") == "all acknowledged"
    assert live.page.locator("#alerts button:visible").count() == 0
    check_quiet(live)


def test_an_alert_that_cannot_be_acknowledged_says_why(live, stage):
    stage.state["alerts"].clear()  # the page was not told yet
    live.page.locator(".alert", has_text="Late: FIRE ALARM").get_by_role("button").click()
    until(live, "document.querySelector('#alerts').textContent.includes('no such alert now')")
    assert "Could not acknowledge: refused by the server (404): There is no such alert now." in shown(live, "#alerts")


def test_a_new_alert_is_read_aloud(live, stage):
    stage.push(
        alerts=[
            *stage.state["alerts"],
            {
                "key": "x",
                "kind": "clock",
                "level": "serious",
                "since": NOW,
                "title": "Late: CARDIAC",
                "text": "",
                "acknowledged": None,
            },
        ]
    )
    until(live, "document.querySelector('#aloud').textContent === 'Late: CARDIAC'")


def test_a_move_is_ordered_only_after_a_yes(live, stage):
    assert "+10,106 people" in shown(live, "#moves")
    live.page.locator(".move").first.get_by_role("button").click()
    assert shown(live, "#ask-what") == "Order E7 from Station 4 to Station 3?"
    live.page.click("#ask-no")
    assert stage.handed_in == []
    live.page.locator(".move").first.get_by_role("button").click()
    stage.failing = OSError("the disk is full")
    live.page.click("#ask-yes")
    until(live, "document.querySelector('#ask-said').textContent.includes('refused by the server (503)')")
    stage.failing = None
    live.page.click("#ask-yes")
    live.page.wait_for_selector("#ask", state="hidden")
    ordered = [(e.type, e.unit_id, e.station_id) for e in stage.handed_in]
    assert ordered == [("unit.moved_up", "E7", "S3")]


def test_a_viewer_is_offered_nothing_to_press(stage, open_address):
    stage.state = state(role="viewer")
    live = opened(open_address, stage)
    assert live.page.locator("button.operator:visible").count() == 0
    assert live.page.locator("#replay:visible").count() == 0


def test_what_a_clock_and_a_force_say(live):
    assert "4 of 16 people on scene, 13 of 16 people sent, running" in shown(live, "#incident-list")


def test_what_was_sent_is_said_beside_what_is_there(stage, open_address):
    force = {
        "title": "Full alarm",
        "needs": "16 people",
        "have": "6 of 16 people on scene",
        "sent": "14 of 16 people sent",
        "state": "running",
    }
    stage.state = state(incidents=[incidents()[0] | {"open": True, "force": force}])
    assert "Full alarm: 6 of 16 people on scene, 14 of 16 people sent, running" in shown(
        opened(open_address, stage), "#incident-list"
    )


# Time


def past(at_ms):
    calls = [one_incident("24-000001", "PAST CALL", "ems", FIRE_AT, 60)]
    return state(now=at_ms, live=False, incidents=calls, alerts=[], advice=[])


def test_the_slider_shows_a_moment_of_the_past_and_back_to_now(live, stage):
    stage.past = past
    live.page.focus("#slider")
    for _ in range(3):
        live.page.keyboard.press("ArrowLeft")
    until(live, "document.querySelector('#incident-list').textContent.includes('PAST CALL')")
    assert "You are looking at 14:2" in shown(live, "#past") or "You are looking at 14:30" in shown(live, "#past")
    assert live.page.locator("button.operator:visible").count() == 0
    stage.push(units=[one_unit("E5", "S5")])  # the present goes on unseen
    live.page.wait_for_timeout(500)
    assert shown(live, "#incident-list h3") == "PAST CALL"
    live.page.click("#to-now")
    until(live, "document.querySelector('#incident-list').textContent.includes('STRUCTURE FIRE')")
    assert not live.page.locator("#past").is_visible()
    assert live.page.evaluate(PLACE, "E5")["family"] == "free"
    check_quiet(live)


def test_a_moment_is_named_in_local_time(live, stage):
    stage.past = past
    live.page.fill("#moment", "2025-07-01T09:15")
    live.page.locator("#moment").blur()
    wait_text(live, "#incident-list", "PAST CALL")
    assert stage.asked_for[-1] == NOW - (5 * 60 + 17) * MINUTE
    assert shown(live, "#clock") == "09:15:00"
    assert shown(live, "#past-when") == "You are looking at 09:15 today"
    live.page.locator("#map").focus()
    live.page.keyboard.press("n")
    wait_text(live, "#incident-list", "STRUCTURE FIRE")


def test_a_moment_that_cannot_be_had_is_said(live, stage):
    live.page.keyboard.press("ArrowLeft")
    live.page.wait_for_selector("#past:not([hidden])")
    wait_text(live, "#past-trouble", "This moment could not be had: the server answered 422")
    stage.gate.open = False
    stage.gate.cut()
    live.page.keyboard.press("ArrowLeft")
    wait_text(live, "#past-trouble", "could not be had: Failed to fetch")


def test_the_replay_is_paused_and_hastened(live, stage):
    live.page.click("#pause")
    live.page.select_option("#speed", "300")
    eventually(lambda: stage.replay.asked == [{"speed": None, "paused": True}, {"speed": 300.0, "paused": None}])


# Looks


def test_the_wall_display_comes_and_goes_with_w(live):
    live.page.keyboard.press("w")
    live.page.wait_for_timeout(1300)
    assert "wall" in live.page.url
    assert live.page.locator("button:visible").count() == live.page.locator("button.call:visible").count()
    assert not live.page.locator("#timebar").is_visible()
    live.page.reload()
    live.page.wait_for_selector("#incident-list li")
    assert live.run("document.documentElement.hasAttribute('data-wall')")
    live.page.keyboard.press("w")
    live.page.wait_for_selector("#timebar:visible")
    assert "wall" not in live.page.url
    check_quiet(live)


def test_light_and_dark_are_kept(live):
    ground = "getComputedStyle(document.body).backgroundColor"
    light = live.run(ground)
    live.page.click("#theme")
    assert live.run(ground) != light
    live.page.reload()
    live.page.wait_for_selector("#incident-list li")
    assert live.run("document.documentElement.dataset.theme") == "dark"
    live.page.keyboard.press("l")
    assert live.run(ground) == light


def test_dark_is_taken_from_the_system(stage, open_address):
    live = opened(open_address, stage, color_scheme="dark")
    assert live.run("document.documentElement.dataset.theme") == "dark"


def test_the_keys_are_shown_by_a_question_mark(live):
    live.page.keyboard.press("?")
    assert "Wall display" in shown(live, "#keys")
    live.page.keyboard.press("w")  # a key does nothing while a dialog is open
    assert not live.run("document.documentElement.hasAttribute('data-wall')")
    live.page.keyboard.press("Escape")
    assert not live.page.locator("#keys").is_visible()


def test_the_keyboard_reaches_everything(live):
    live.page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    live.page.wait_for_timeout(300)
    wanted = set(
        live.run(
            "[...document.querySelectorAll('button, input, select, summary, #map')]"
            ".filter((e) => e.checkVisibility() && !e.disabled)"
            ".map((e, i) => { e.dataset.n = i; return String(i); })"
        )
    )
    live.page.evaluate("document.activeElement.blur()")
    reached, seen = set(), 0
    for _ in range(3 * len(wanted) + 40):
        live.page.keyboard.press("Tab")
        here = live.run("document.activeElement.dataset.n ?? null")
        seen = seen + 1 if here is None else 0
        if here is not None:
            reached.add(here)
            assert live.run(
                "document.activeElement.matches('#moment') || "
                "getComputedStyle(document.activeElement).outlineStyle !== 'none'"
            ), here
        if reached == wanted or seen > 12:
            break
    assert wanted - reached == set()


def test_j_and_k_walk_the_list_and_enter_shows_an_incident(live):
    live.page.keyboard.press("j")
    live.page.keyboard.press("j")
    live.page.keyboard.press("k")
    name = live.run("document.activeElement.textContent")
    live.page.keyboard.press("Enter")
    live.page.wait_for_selector(".leaflet-popup .card")
    assert name in shown(live, ".leaflet-popup")
    check_quiet(live)


def test_ground_that_is_not_asked_of_is_neutral_and_told_as_such(stage, open_address):
    zones = zone_bytes() * 0 + 4
    zones[:20] = 3
    first = cover()["measures"][0] | {"unit": "people where risk_class is high", "n": 4590.0, "left_out": 524.0}
    stage.state = state(cover=cover(zones=packed(zones), measures=[first]))
    live = opened(open_address, stage)
    assert "not asked of here" in shown(live, "#ground-legend")
    assert live.page.evaluate(NEAR_COLOUR, ELSEWHERE) > 5000
    assert "524 more lie in no zone and are left out" in shown(live, "#cover-body")
    assert "people where risk_class is high" in shown(live, "#head")
    live.run("fireplanLive.map._show({ kind: 'zone', id: 1234 }, L.latLng(33.1, -127.5))")
    assert "Now not asked of here" in " ".join(shown(live, ".leaflet-popup").split())
    check_quiet(live)


def test_a_click_on_the_ground_names_the_zone(live, stage):
    live.run("fireplanLive.map._show({ kind: 'zone', id: 1234 }, L.latLng(33.1, -127.5))")
    assert "not asked of here" not in shown(live, "#ground-legend")
    people = round(stage.ground["zones"]["weights"][1234])
    assert f"People {people}" in " ".join(shown(live, ".leaflet-popup").split())


# Connection


def test_a_lost_stream_is_said_and_a_found_one_goes_on(live, stage):
    stage.gate.open = False
    stage.gate.cut()
    live.page.wait_for_selector("#lost:not([hidden])")
    assert "No connection since" in shown(live, "#lost")
    assert "what you see is old" in shown(live, "#lost")
    assert live.page.locator("button.operator:visible").count() == 0
    stood = shown(live, "#clock")
    live.page.wait_for_timeout(1300)
    assert shown(live, "#clock") == stood  # a clock that runs on nothing would lie
    stage.gate.open = True
    stage.push(gone=["24-000012"])
    live.page.wait_for_selector("#lost", state="hidden")
    until(live, "!document.querySelector('#incident-list').textContent.includes('STRUCTURE FIRE')")
    assert live.page.locator("button.operator:visible").count() > 0


def test_a_service_that_began_anew_is_shown_anew(live, stage):
    with Stage(state(boot="other", rev=3, incidents=[])) as other:
        # The service is started again on its address, and the browser is let in again.
        cookies = other.cookies()["cookies"]
        live.page.context.add_cookies(cookies)
        stage.gate.lead_to(other.server.port)
        stage.gate.cut()
        until(live, "fireplanLive.live.boot === 'other'")
        until(live, "document.querySelector('#incident-count').textContent === 'none open'")


def test_a_session_that_ended_asks_to_log_in_again(live, stage):
    stage.log_out()
    live.page.wait_for_selector("#log-in-again:not([hidden])")
    assert "no longer logged in" in shown(live, "#lost")
    live.page.click("#log-in-again")
    live.page.wait_for_selector("#token")


def test_before_the_first_state_it_waits(stage, open_address):
    stage.hold()
    page = open_address(stage.url, storage_state=stage.cookies())
    until(page, "window.fireplanLive")
    assert shown(page, "#waiting") == "Waiting for the feed"
    assert shown(page, "#now-share") == "\u2013"
    assert "Waiting for the feed" in shown(page, "#cover")
    check_quiet(page)


def test_an_empty_town_is_said_to_be_empty(open_address):
    empty = state(units=[], incidents=[], cover=None, advice=[], alerts=[], today=None, hours=[], health=None)
    with Stage(empty, odd=True) as stage:
        check_empty(opened(open_address, stage))


def check_empty(live):
    text = live.text()
    for words in (
        "No alerts",
        "No move is worth making now",
        "No open incidents",
        "No cover known yet",
        "Nothing measured yet today",
        "No hour of today yet",
    ):
        assert words in text
    assert "NaN" not in text
    assert "undefined" not in text
    check_quiet(live)


def test_a_quiet_morning(open_address):
    """Before the first word of the feed, as the desk says it."""
    with Stage(quiet()) as stage:
        live = opened(open_address, stage)
        assert shown(live, "#free-main") == "7 of 7 engines"
        assert shown(live, "#now") == "Covered now 89.99 % of 115,000 people now all home: 89.99 %"
        assert shown(live, "#feed-state") == "Nothing has come yet"
        text = live.text()
        for words in ("No alerts", "No open incidents", "No move is worth making now", "nothing has come yet"):
            assert words in text
        assert "NaN" not in text
        assert "undefined" not in text
        live.screenshot("live-quiet")
        check_quiet(live)


def test_what_is_not_known_is_said_and_never_nan(open_address):
    nothing = [dict.fromkeys(u, None) | {"unit_id": u["unit_id"]} for u in units()]
    calls = [
        dict.fromkeys(i, None)
        | {
            "incident_id": i["incident_id"],
            "open": True,
            "units": [sent("E1")],
            "clocks": [one_clock("C", None, None, "waiting")],
        }
        for i in incidents()
    ]
    nobody = [{"name": "p", "unit": "people", "n": 0, "left_out": 0, "home": None, "now": None, "soon": []}]
    odd = state(units=nothing, incidents=calls, cover=cover(measures=nobody))
    with Stage(odd, odd=True) as stage:
        check_unknown(opened(open_address, stage))


def check_unknown(live):
    live.page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    live.page.wait_for_timeout(300)
    text = live.text()
    assert "NaN" not in text
    assert "undefined" not in text
    assert "null" not in text
    assert "not known" in text
    check_quiet(live)


# Room


@pytest.mark.parametrize("wall", [False, True], ids=["desk", "wall"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_no_panel_lies_on_another_and_no_head_is_cut(stage, open_address, size, wall):
    live = opened(open_address, stage, path="/?wall" if wall else "/", size=size)
    live.page.wait_for_timeout(400)
    boxes = live.run(BOXES)
    assert {"#head", "#view", "#alerts", "#moves", "#incidents"} <= {box["name"] for box in boxes}
    for a, b in combinations(boxes, 2):
        apart = (
            a["right"] <= b["left"] + 1
            or b["right"] <= a["left"] + 1
            or a["bottom"] <= b["top"] + 1
            or b["bottom"] <= a["top"] + 1
        )
        assert apart, (a["name"], b["name"])
    assert live.run("document.documentElement.scrollWidth") <= size[0]
    assert live.run("document.documentElement.scrollHeight") <= size[1]
    assert live.run(CUT) == []
    live.screenshot(f"live-{size[0]}{'-wall' if wall else ''}")


def test_a_telephone_is_not_scrolled_sideways(stage, open_address):
    live = opened(open_address, stage, size=(390, 844))
    assert live.run("document.documentElement.scrollWidth") <= 390
    assert (
        live.run(
            "[...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() && "
            "!e.closest('#map, .heard, .skip') && e.getBoundingClientRect().right > 391).length"
        )
        == 0
    )
    live.screenshot("live-390")


def test_three_hundred_incidents_are_drawn_in_time(stage, open_address):
    stage.state = dense()
    live = opened(open_address, stage)
    took_ms = live.run("Math.max(fireplanLive.map.sheets.signs.drawNow(), fireplanLive.map.sheets.ground.drawNow())")
    assert took_ms < 500
    assert live.page.locator("#incident-list > li").count() == 300
    check_quiet(live)


# The service itself


@pytest.fixture(scope="module")
def service():
    """Marisol's busiest day, played quickly and stopped in the afternoon, at a moment when incidents run."""
    project = sample_city(calibrated=False)
    feed, at = replay_of(project.history, speed=3600)
    start_us = at.now_us()
    with (
        open_desk(project, store=None, feeds=[feed], clock=at, source="replay") as desk,
        Server(desk, Binding(port=0), tokens=TOKENS) as server,
    ):
        eventually(lambda: desk.clock.now_us() > start_us + 14 * 3_600_000_000, within_s=60)
        eventually(lambda: any(i["open"] for i in desk.snapshot()["incidents"]), within_s=30)
        at.change(paused=True)
        eventually(lambda: desk.snapshot()["paused"], within_s=30)
        yield desk, server


def test_the_page_on_the_service_itself(service, open_address):
    desk, server = service
    page = open_address(f"{server.url.rstrip('/')}/#token={TOKENS.operator}")
    page.page.wait_for_selector("#incident-list li")
    assert shown(page, "#title") == "Marisol"
    assert page.run("fireplanLive.map.zones.n") == 1709
    assert page.page.evaluate(NEAR_COLOUR, TWO) > 1000
    calls = [i for i in desk.snapshot()["incidents"] if i["open"]]
    assert page.page.locator("#incident-list > li").count() == len(calls)
    assert set(page.run("[...fireplanLive.map.signs.units.keys()]")) <= {u["unit_id"] for u in desk.snapshot()["units"]}
    page.page.keyboard.press("Shift+ArrowLeft")
    until(page, "fireplanLive.bar.past !== null")
    assert page.run("fireplanLive.model.now() < fireplanLive.live.now()")
    page.page.keyboard.press("n")
    page.page.keyboard.press("w")
    page.page.wait_for_selector("#timebar", state="hidden")
    page.page.wait_for_timeout(300)
    page.screenshot("live-service-wall")
    assert [said for said in page.errors if "403" not in said] == []
    assert page.requests == []


def test_a_replay_is_driven_from_the_page(service, open_address):
    desk, server = service
    page = open_address(f"{server.url.rstrip('/')}/#token={TOKENS.operator}")
    page.page.wait_for_selector("#pause:visible")
    page.page.select_option("#speed", "60")
    page.page.click("#pause")
    eventually(lambda: not desk.clock.paused and desk.clock.speed == 60)
    was = desk.clock.now_us()
    time.sleep(0.2)
    assert desk.clock.now_us() > was
    wait_text(page, "#pause", "Pause")
    page.page.click("#pause")
    eventually(lambda: desk.clock.paused)
