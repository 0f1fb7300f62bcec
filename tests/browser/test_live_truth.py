"""The live view's page never takes for the present what is none: lines that die in many ways, the store, the feeds."""

import json
import re
import sqlite3
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from itertools import combinations

import pytest
from live_desks import eventually
from live_looks import BOXES, CUT, SIZES, check_quiet, opened, shown, until
from live_stage import TOKENS, Stage
from live_states import NOW, ground, incidents, state
from sample_city import sample_city

from fireplan.live._assemble import open_desk
from fireplan.live._web.server import Binding, Server
from fireplan.live.feeds import TailedFile

pytestmark = pytest.mark.browser

OLD_S = 15
FOR_THE_STORE = "give it room and start the service anew"
CLAIMS = re.compile(r"Covered now|people now|lost now|worth making now|Ground now|First due now")


def at_work(**more):
    """A desk that a dispatch system feeds, all well."""
    return Stage(live_state(), land=ground() | {"replay": False}, **more)


def live_state(role="operator", **more):
    told = state(role) | {"store": well()} | more
    return told | {"health": told["health"] | {"feeds": [line()], "state": "ok"}}


def wall_ms(ago_s=0.0):
    return round((time.time() - ago_s) * 1000)


def well():
    return {"state": "ok", "since": None, "last_commit": wall_ms(), "said": ""}


def ill(name, *, for_s):
    return {"state": name, "since": wall_ms(for_s), "last_commit": wall_ms(for_s), "said": FOR_THE_STORE}


def line(**more):
    first = {"name": "cad", "state": "ok", "last_word": wall_ms(2), "usual_s": 8.0, "trouble": None, "retry_at": None}
    return first | {"events": 1200, "refused": 0} | more


def health(*lines, **more):
    return live_state()["health"] | {"feeds": list(lines)} | more


@pytest.fixture
def stage():
    with at_work() as live:
        yield live


@pytest.fixture
def live(stage, open_address):
    return opened(open_address, stage)


def is_old(live):
    return live.page.locator("#old").is_visible()


def drawn(live):
    """Wait for the frame: a page turns old between two, and all words of it are changed before the next is shown."""
    live.page.evaluate("() => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))")


def wait_old(live, *, within_s=2.0):
    """Wait until it says that what is seen is old, and give how long that took. [s]"""
    began_s = time.monotonic()
    while not is_old(live):
        assert time.monotonic() < began_s + within_s, live.text()[:300]
        live.page.wait_for_timeout(50)
    took_s = time.monotonic() - began_s
    drawn(live)
    return took_s


def wait_present(live, *, within_s=1.0):
    began_s = time.monotonic()
    while is_old(live):
        assert time.monotonic() < began_s + within_s, shown(live, "#old")
        live.page.wait_for_timeout(50)
    check_present(live)


def check_present(live):
    drawn(live)
    assert shown(live, "#now").startswith("Covered now 39.6 % of 115,000 people now")
    assert not live.page.locator("#stale").is_visible()
    assert live.page.title() == "Marisol live"


def check_withdrawn(live):
    """Nothing on it claims to be so now; what was is said as what was."""
    drawn(live)
    text = live.text()
    assert CLAIMS.search(text) is None, CLAIMS.search(text)
    assert re.search(r"^Covered, known at \d\d:\d\d was 39.6 % of 115,000 people", shown(live, "#now"))
    assert re.search(r"^Free, known at \d\d:\d\d were 2 of 7 engines", shown(live, "#free"))
    assert re.search(r"^Incidents, known at \d\d:\d\d were 5 open$", shown(live, "#open"))
    assert "was 39.6 % of 115,000 people then" in shown(live, "#cover")
    assert "As units come back" not in text
    assert re.search(r"Not now: known at \d\d:\d\d", shown(live, "#cover"))
    assert re.search(r"were 5 open, 1 late, known at", shown(live, "#incident-count"))
    assert re.search(r"^Not now, known at \d\d:\d\d$", shown(live, "#stale"))
    assert live.page.title() == "Old: Marisol live"
    assert "grayscale" in live.run("getComputedStyle(document.querySelector('#view')).filter")
    assert live.page.locator("#moves button.operator:visible").count() == 0
    assert live.run("document.querySelector('#old').closest('[aria-live], [role=alert], [role=status]')") is None
    stood = shown(live, "#clock")
    live.page.wait_for_timeout(1200)
    assert shown(live, "#clock") == stood
    assert "stands" in shown(live, "#time")
    assert not re.search(r"late by 0:00|(^| )0:00 of", text)  # no clock runs from before its call


def age_s(live):
    return int(re.search(r"is (\d+) s old", shown(live, "#old-age")).group(1))


# The way from the service


def keep_going(live, stage, *, for_s):
    """Let the desk say something every second, as it does, and never be told to be old."""
    ends_s = time.monotonic() + for_s
    while time.monotonic() < ends_s:
        stage.push()
        live.page.wait_for_timeout(900)
        assert not is_old(live), shown(live, "#old")


def test_a_desk_that_says_something_every_second_is_the_present(live, stage):
    keep_going(live, stage, for_s=18)
    check_present(live)
    check_quiet(live)


def test_a_desk_that_hangs_behind_a_service_that_answers(live, stage):
    stage.push()
    stage.hang()
    took_s = wait_old(live, within_s=OLD_S + 1.5)
    assert took_s > OLD_S - 2
    check_withdrawn(live)
    assert "The service has said nothing since" in shown(live, "#old-why")
    assert "What you see is 1" in live.run("document.querySelector('#aloud').textContent")
    first = age_s(live)
    live.page.wait_for_timeout(2000)
    assert age_s(live) - first in {1, 2, 3}
    live.screenshot("live-old")
    stage.go_on()
    stage.push()
    wait_present(live)
    assert "up to date again" in live.run("document.querySelector('#aloud').textContent")
    check_quiet(live)


def test_a_stream_that_is_open_but_says_nothing_is_gone_round(live, stage):
    stage.gate.dumb = True
    for _ in range(18):
        stage.push(gone=["24-000012"])
        live.page.wait_for_timeout(900)
        assert not is_old(live)
    assert "STRUCTURE FIRE" not in shown(live, "#incident-list")
    stage.hang()
    wait_old(live, within_s=OLD_S + 1.5)
    assert "was 39.6 %" in shown(live, "#now")
    stage.gate.dumb = False
    stage.go_on()
    stage.push()
    eventually(lambda: not is_old(live), within_s=8)


@pytest.mark.parametrize("how", ["cut", "dead"])
def test_a_line_that_is_cut_or_dead(live, stage, how):
    stage.push()
    if how == "cut":
        stage.gate.open = False
        stage.gate.cut()
    else:
        stage.gate.held = True
    wait_old(live, within_s=OLD_S + 1.5)
    check_withdrawn(live)
    if how == "cut":
        assert "No connection since" in shown(live, "#old-why")
        assert not live.page.locator("#lost").is_visible()  # one banner says it
    stage.gate.open, stage.gate.held = True, False
    until(live, "!document.documentElement.hasAttribute('data-old')")
    check_present(live)


def test_what_a_proxy_holds_back_is_old_when_it_comes_and_is_asked_for_another_way(live, stage):
    stage.push()
    stage.gate.late_s = 3.0
    for late_s in (1, 16):
        stage.push(wall=wall_ms(late_s))  # as if it had been said so long ago
        live.page.wait_for_timeout(3600)
    stage.gate.late_s = 0.0
    assert live.run("fireplanLive.truth.server.now() - Date.now() < 1000")
    eventually(lambda: not is_old(live), within_s=12)  # the whole state came by itself
    check_present(live)


def test_a_page_opened_on_a_desk_that_hangs_claims_nothing(stage, open_address):
    stage.hang(for_s=95)
    live = opened(open_address, stage)
    wait_old(live, within_s=1)
    check_withdrawn(live)
    assert "What you see is 2 min old" in shown(live, "#old-age")


@pytest.mark.parametrize("off_ms", [-7_200_000, 9e9], ids=["slow", "months ahead"])
def test_a_viewer_whose_clock_is_wrong_is_told_the_truth(stage, open_address, off_ms):
    page = open_address("about:blank", storage_state=stage.cookies())
    page.page.add_init_script(f"const now = Date.now; Date.now = () => now() + {off_ms};")
    page.page.goto(stage.url)
    until(page, "window.fireplanLive && fireplanLive.map.model")
    stage.push()
    page.page.wait_for_timeout(500)
    check_present(page)
    stage.push(store=ill("unreachable", for_s=40))
    wait_old(page)
    assert 39 <= age_s(page) <= 42


def test_a_machine_that_slept_says_so_before_it_has_asked(live, stage):
    stage.push()
    live.page.wait_for_timeout(300)
    stage.hang()
    live.run("(() => { const now = Date.now; Date.now = () => now() + 3600e3; dispatchEvent(new Event('focus')); })()")
    assert is_old(live)
    assert "What you see is 1 h old" in shown(live, "#old-age")


def test_a_server_whose_clock_is_set_back_is_the_present_again(live, stage):
    stage.push()
    stage.set_back_ms = 3_600_000
    stage.push()
    live.page.wait_for_timeout(300)
    # The date of an answer is the true one here: the page cannot know that a clock was set, and says it is late.
    wait_old(live, within_s=3)
    assert "What comes is late" in shown(live, "#old-why")
    stage.set_back_ms = 0
    stage.push()
    wait_present(live)


def test_an_update_that_is_lost_is_made_up_for(live, stage):
    told = stage._listeners[:]
    stage._listeners.clear()
    stage.push(gone=["24-000012"])
    stage._listeners.extend(told)
    stage.push()
    until(live, "!document.querySelector('#incident-list').textContent.includes('STRUCTURE FIRE')")


# The store


def test_a_store_that_hangs_is_told_while_updates_come(live, stage):
    stage.push(store=ill("slow", for_s=2))
    live.page.wait_for_timeout(400)
    assert not live.page.locator("#store").is_visible()  # a commit may take a while
    check_present(live)
    stage.push(store=ill("slow", for_s=OLD_S - 1.5))
    assert wait_old(live, within_s=3) > 0.5
    check_withdrawn(live)
    assert "The store has not answered yet" in shown(live, "#store")
    assert "Nothing could be kept since" in shown(live, "#old-why")
    for _ in range(3):
        stage.push()  # news of the service, none of the town
        live.page.wait_for_timeout(500)
        assert is_old(live)
    stage.push(store=well())
    wait_present(live)
    assert not live.page.locator("#store").is_visible()
    check_quiet(live)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("unreachable", "The store cannot be reached"),
        ("full", "The store is full"),
        ("locked", "The store is locked by another program"),
        ("corrupt", "The store is damaged"),
        ("gone", "The store is gone: its file was deleted or replaced"),
    ],
)
def test_what_is_wrong_with_the_store_is_told_at_once_and_its_mend_to_operators(stage, open_address, name, words):
    operator = opened(open_address, stage)
    alert = {"key": f"store:{name}", "kind": "store", "level": "serious", "since": NOW, "title": words, "text": "t"}
    stage.push(store=ill(name, for_s=3), alerts=[*stage.state["alerts"], alert | {"acknowledged": None}])
    operator.page.wait_for_selector("#store:not([hidden])")
    assert re.fullmatch(
        rf"{words}, since \d\d:\d\d. No event is taken. {FOR_THE_STORE.capitalize()}", shown(operator, "#store")
    )
    assert not is_old(operator)
    stage.push(store=ill(name, for_s=OLD_S))
    wait_old(operator)
    check_withdrawn(operator)
    row = operator.page.locator(".alert", has_text=words)
    assert row.evaluate("(e) => getComputedStyle(e).filter") == "none"  # that is so now
    assert row.get_by_role("button").is_visible()
    operator.screenshot(f"live-store-{name}")
    check_quiet(operator)


def test_viewers_are_told_without_the_mend(stage, open_address):
    stage.state = live_state("viewer", store=ill("gone", for_s=40))
    viewer = opened(open_address, stage)
    assert FOR_THE_STORE[1:] not in viewer.text()
    assert "The store is gone" in shown(viewer, "#store")
    assert is_old(viewer)


def test_in_a_history_that_is_played_only_the_way_counts(open_address):
    told = state(store=ill("gone", for_s=900))
    told["health"]["feeds"] = [line(state="ended", last_word=wall_ms(900))]
    with Stage(told) as stage:
        live = opened(open_address, stage)
        live.page.wait_for_timeout(600)
        check_present(live)
        assert "The store is gone" in shown(live, "#store")
        assert "by the server's clock" in shown(live, "#feed-body")
        stage.hang(for_s=30)
        stage.push()
        wait_old(live)
        assert re.search(r"known at 14:32", shown(live, "#now"))  # by the clock that is played


# The feeds


@pytest.mark.parametrize(
    ("name", "words", "sign", "old"),
    [
        ("ok", "well", "tick", False),
        ("quiet", "silent for longer than it should be", "pause", True),
        ("troubled", "cannot be read", "warning", True),
        ("ended", "has come to its end", "cross", True),
        ("none", "nothing has come yet", "ring", True),  # what is seen is from the store, of events of before
    ],
)
def test_each_feed_is_listed_with_its_state_in_words_and_shape(stage, open_address, name, words, sign, old):
    more = {"last_word": None if name == "none" else wall_ms(40)}
    if name == "troubled":
        more |= {"trouble": "the file is not there", "retry_at": wall_ms(-20)}
    stage.state = live_state()
    live = opened(open_address, stage)
    stage.push(health=health(line(name="cad feed", state=name, **more), last_event=wall_ms(40)))
    until(live, "document.querySelector('.feed-line').textContent.includes('cad feed')")
    text = shown(live, ".feed-line")
    assert f"cad feed {words}" in text
    assert "usually silent for 8 s" in text
    assert "1,200 events" in text
    assert ("no word yet" in text) == (name == "none")
    assert ("the file is not there" in text) == (name == "troubled")
    assert bool(re.search(r"tried again at \d\d:\d\d:\d\d", text)) == (name == "troubled")
    shape = live.run("document.querySelector('.feed-sign path').getAttribute('d')")
    assert shape == live.page.evaluate(PATH_OF, sign)
    live.page.wait_for_timeout(400)
    assert is_old(live) == old
    if old:
        check_withdrawn(live)
        assert "Nothing usable has come from the feed \u201ccad feed\u201d since" in shown(live, "#old-why")
        assert live.run("document.querySelector('#feed').dataset.state") == ("ok" if name == "none" else "ill")
        stage.push(health=health(line()))
        wait_present(live)


def test_before_anything_has_come_it_says_what_it_supposes_and_nothing_of_now(live, stage):
    silent = line(state="none", last_word=None, trouble="the file is not there yet")
    stage.push(health=health(silent, last_event=None))
    live.page.wait_for_selector("#waiting:not([hidden])")
    assert shown(live, "#waiting") == (
        "Nothing has come from any feed yet: what you see supposes every unit free and at home"
    )
    live.page.wait_for_timeout(300)
    assert shown(live, "#now").startswith("Covered if all are home 39.6 % of 115,000 people all home")
    assert shown(live, "#open").startswith("Incidents, none heard of yet")
    assert CLAIMS.search(live.text()) is None, CLAIMS.search(live.text())
    assert not is_old(live)
    live.screenshot("live-supposed")
    stage.push(health=health(line()))
    until(live, "document.querySelector('#waiting').hidden")
    check_present(live)
    check_quiet(live)


def test_what_would_have_become_of_an_old_state_is_not_told_as_what_it_was(live, stage):
    stage.push(store=ill("unreachable", for_s=OLD_S))
    wait_old(live)
    check_withdrawn(live)
    cover = stage.state["cover"]
    first = cover["measures"][0]
    stage.push(cover=cover | {"measures": [first | {"now": 0.761}, *cover["measures"][1:]]}, advice=[])
    live.page.wait_for_timeout(400)
    check_withdrawn(live)
    stage.push(store=well())
    until(live, "!document.documentElement.hasAttribute('data-old')")
    live.page.wait_for_timeout(300)
    assert shown(live, "#now").startswith("Covered now 76.1 %")


PATH_OF = """async (name) => (await import("/assets/look.js")).sign(name).querySelector("path").getAttribute("d")"""


def test_one_feed_of_two_makes_a_part_old_and_the_clock_runs_on(live, stage):
    stage.push(health=health(line(), line(name="avl", state="troubled", last_word=wall_ms(200), trouble="gone")))
    wait_old(live)
    assert "Part of what you see is 3 min old" in shown(live, "#old-age")
    assert re.search(r"^Covered, in part known at \d\d:\d\d was 39.6 %", shown(live, "#now"))
    assert "stands" not in shown(live, "#time")  # what the other one says goes on
    assert "1 of 2 feeds ill" in shown(live, "#feed-state")


def test_what_was_refused_is_told_as_a_share_with_a_reason_and_an_example(live, stage):
    one = stage.state["health"]["refusals"][0] | {"received": NOW, "line": 17, "reason": "ts has <b>no</b> offset"}
    stage.push(health=health(line(refused=31), refused=31, refused_share=0.031, refused_example=one))
    until(live, "document.querySelector('#feed').textContent.includes('Refused lately')")
    text = shown(live, "#feed")
    assert "Refused lately 3.1 % of the last thousand that came" in text
    assert "For example line 17: ts has <b>no</b> offset, at 14:32" in text
    assert "31 set aside" in text


# Everything else that says now


def test_cards_say_that_they_are_not_of_now(live, stage):
    stage.push(store=ill("locked", for_s=60))
    wait_old(live)
    for act in (
        "fireplanLive.map._show({ kind: 'zone', id: 1234 }, L.latLng(33.1, -127.5))",
        "fireplanLive.map.pick('unit', 'E3')",
        "fireplanLive.map.pick('incident', '24-000012')",
    ):
        live.run(act)
        until(live, "document.querySelector('.leaflet-popup .card')")
        card = shown(live, ".leaflet-popup:last-child")
        assert re.search(r"Not now known at \d\d:\d\d", card), card
        assert "First due now" not in card
    stage.push(store=well())
    until(live, "!document.querySelector('.leaflet-popup:last-child').textContent.includes('Not now')")


def test_a_move_that_was_asked_about_is_not_ordered_once_it_is_old(live, stage):
    live.page.locator(".move").first.get_by_role("button").click()
    stage.push(store=ill("full", for_s=60))
    wait_old(live)
    live.page.click("#ask-yes")
    assert shown(live, "#ask-said") == "Not ordered: what you see is old"
    assert stage.handed_in == []


def test_not_even_the_first_picture_claims_what_is_old(stage, open_address):
    """The date of the answer that brings the ground is enough, though no other comes."""
    stage.hang(for_s=95)
    page = open_address("about:blank", storage_state=stage.cookies())
    page.page.route("**/*", lambda route: route.abort() if route.request.method == "HEAD" else route.continue_())
    page.page.add_init_script("""addEventListener("DOMContentLoaded", () => {
      window.seen = new Set();
      const note = () => seen.add(document.getElementById("now-share").textContent);
      const all = { subtree: true, childList: true, characterData: true };
      new MutationObserver(note).observe(document.getElementById("now"), all);
    })""")
    page.page.goto(stage.url)
    until(page, "window.fireplanLive && fireplanLive.map.model")
    page.page.wait_for_timeout(500)
    assert page.run("[...seen]") == ["was 39.6 %"]


def test_looking_back_is_not_old(live, stage):
    stage.past = lambda at: live_state() | {"now": at, "live": False}
    stage.push(store=ill("full", for_s=60))
    wait_old(live)
    live.page.keyboard.press("ArrowLeft")
    until(live, "fireplanLive.bar.past !== null")
    live.page.wait_for_timeout(400)
    assert not is_old(live)
    assert "Covered then" in shown(live, "#now")
    assert "was" not in shown(live, "#now")
    assert "now" not in shown(live, "#now").replace("not known", "")
    live.page.keyboard.press("n")
    wait_old(live)


def test_an_address_that_is_not_told_leaves_no_trace(stage, open_address):
    bare = [one | {"address": None} for one in incidents()]
    stage.state = live_state("viewer", incidents=bare)
    live = opened(open_address, stage)
    live.run("document.querySelector('#closed').open = true")
    live.run("fireplanLive.map.pick('incident', '24-000012')")
    until(live, "document.querySelector('.leaflet-popup .card')")
    text = live.text()
    assert "STRUCTURE FIRE" in shown(live, ".leaflet-popup")
    assert "Address" not in text
    for word in ("null", "undefined", "CORONADO", "\u00b7 \u00b7"):
        assert word not in text
    check_quiet(live)


# Room


@pytest.mark.parametrize("wall", [False, True], ids=["desk", "wall"])
@pytest.mark.parametrize("size", [*SIZES, (390, 844)], ids=str)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_old_has_room(open_address, size, wall, scheme):
    lines = [line(state="troubled", last_word=wall_ms(4000), trouble="the file is not there", retry_at=wall_ms(-9))]
    told = live_state(store=ill("gone", for_s=4000))
    told["health"]["feeds"] = lines
    with Stage(told, land=ground() | {"replay": False}) as stage:
        live = opened(open_address, stage, path="/?wall" if wall else "/", size=size, color_scheme=scheme)
        live.page.wait_for_timeout(400)
        assert is_old(live)
        assert "What you see is 1 h 7 min old" in shown(live, "#old")
        assert live.run("document.querySelector('#old').getBoundingClientRect().bottom < 300")
        assert live.run("document.documentElement.scrollWidth") <= size[0]
        live.screenshot(f"live-old-{size[0]}{'-wall' if wall else ''}-{scheme}")
        if size[0] > 760:
            assert live.run("document.documentElement.scrollHeight") <= size[1]
            assert live.run(CUT) == []
            for a, b in combinations(live.run(BOXES), 2):
                apart = a["right"] <= b["left"] + 1 or b["right"] <= a["left"] + 1
                assert apart or a["bottom"] <= b["top"] + 1 or b["bottom"] <= a["top"] + 1, (a["name"], b["name"])


def test_on_paper_it_says_how_old_it_is(live, stage):
    stage.push(store=ill("gone", for_s=400))
    wait_old(live)
    live.page.emulate_media(media="print")
    assert live.page.locator("#old").is_visible()
    look = (
        "(() => { const s = getComputedStyle(document.querySelector('#old')); return [s.color, s.borderTopStyle]; })()"
    )
    assert live.run(look) == ["rgb(31, 41, 51)", "solid"]  # dark ink, by night too
    assert not live.page.locator("#timebar").is_visible()
    live.screenshot("live-old-print")


# The service itself


class Fed:
    """The real service on a store in a file, fed by a file to which a heartbeat is appended twice a second."""

    def __init__(self, folder):
        self.store, self.path = folder / "live.sqlite", folder / "cad.jsonl"
        self._stop = threading.Event()
        self.path.touch()

    def _feed(self):
        n = 0
        while not self._stop.wait(0.5):
            n += 1
            told = {"event_id": f"h{n}", "ts": datetime.now(UTC).isoformat(), "type": "heartbeat", "seq": n}
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(told) + "\n")

    def __enter__(self):
        self._desk = open_desk(sample_city(calibrated=False), store=self.store, feeds=[TailedFile(self.path)])
        self._server = Server(self._desk.__enter__(), Binding(port=0), tokens=TOKENS)
        self._server.__enter__()
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._stop.set()
        self._thread.join()
        self._server.__exit__(*error)
        self._desk.__exit__(*error)

    def page(self, open_address):
        page = open_address(f"{self._server.url.rstrip('/')}/#token={TOKENS.operator}")
        page.page.wait_for_selector("#waiting", state="hidden")
        until(page, "window.fireplanLive && fireplanLive.live.health && fireplanLive.live.health.last_event")
        page.page.wait_for_timeout(1500)
        assert not is_old(page)
        assert "Covered now" in shown(page, "#now")
        return page


@pytest.fixture
def fed(tmp_path):
    with Fed(tmp_path) as service:
        yield service


TOLD_S = 15 + 1.5
"""From the failure on; the last word before it may have been a little earlier or later."""


def test_a_store_that_another_program_locks(fed, open_address):
    page = fed.page(open_address)
    with closing(sqlite3.connect(fed.store, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        wait_old(page, within_s=TOLD_S)
        assert "Nothing could be kept since" in shown(page, "#old-why")
        assert "was " in shown(page, "#now")
        assert CLAIMS.search(page.text()) is None
        assert page.page.locator("#store").is_visible()
        page.screenshot("live-service-locked")
        other.execute("ROLLBACK")
    until(page, "!document.documentElement.hasAttribute('data-old')")
    assert "Covered now" in shown(page, "#now")
    assert not page.page.locator("#store").is_visible()


def test_a_store_that_is_deleted(fed, open_address):
    page = fed.page(open_address)
    for file in fed.store.parent.glob("live.sqlite*"):
        file.unlink()
    page.page.wait_for_selector("#store:not([hidden])", timeout=15_000)
    assert "The store is gone" in shown(page, "#store")
    wait_old(page, within_s=TOLD_S)
    assert CLAIMS.search(page.text()) is None
    page.screenshot("live-service-gone")
