"""Hostile text through the live view's page: nothing of it runs or leaves the machine, and it is shown as typed."""

import json
import re

import pytest
from corpus import corpus_cases
from hypothesis import given, settings
from hypothesis import strategies as st
from live_stage import Stage
from live_states import FIRE_AT, NOW, cover, ground, one_incident, one_unit, sent, state

from fireplan._html_escape import plain

pytestmark = pytest.mark.browser

A_PAGE = 50
RAN = "() => window.__FPCANARY ?? null"
BITS = ["{{", "}}", "{%", "${", "`", "<", ">", "&", '"', "'", "\\", "\u2028", "</script>", "<img src=x onerror="]
HARMLESS = [
    "{{191*7}}",
    "${191*7}",
    "window.__FPCANARY=1",
    "<script>window.__FPCANARY=1</script>",
    "ab",
    "\u00e9",
    " ",
    "1",
]
TEXTS = st.lists(st.sampled_from(BITS + HARMLESS), min_size=1, max_size=8).map("".join)
EXTRA = [
    "<img src=x onerror=window.__FPCANARY=1>",
    "{{191*7}} ${window.__FPCANARY=1}",
    "javascript:window.__FPCANARY=1",
    "\u202egnp.exe",
    "</script><script>window.__FPCANARY=1</script>",
    '=HYPERLINK("http://203.0.113.9/")',
    "http://203.0.113.9/x.png",
    "<svg onload=window.__FPCANARY=1>",
    "'\"><b>",
    "&lt;b&gt;",
    "__proto__",
    "constructor",
    "x" * 400,
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629 1",
    "a\tb\nc",
]


def even(text):
    return re.sub(r"\s+", " ", plain(text)).strip()


def drawn(many):
    """As many different strings, the same ones each time."""
    found = []

    def note(text):
        found.append(text)

    settings(max_examples=3 * many, deadline=None)(given(TEXTS)(note))()
    different = [text for text in dict.fromkeys(found) if even(text)]
    assert len(different) >= many
    return different[:many]


def hostile(texts):
    """A state in which every text that the service gives is one of these."""
    pick = lambda i: texts[i % len(texts)]  # noqa: E731
    calls = [
        one_incident(
            f"{text} #{i}",
            text,
            "fire",
            FIRE_AT,
            60 + i,
            address=pick(i + 1),
            priority=pick(i + 2),
            district=pick(i + 3),
            flags=[pick(i + 4)],
            units=[sent(f"{text} u{i}", 50)],
            clocks=[
                {
                    "key": text,
                    "title": pick(i + 5),
                    "limit_s": 240,
                    "started": NOW - 90_000,
                    "stopped": None,
                    "state": "running",
                    "verified": False,
                }
            ],
            force={"title": text, "needs": text, "have": pick(i + 6), "sent": pick(i + 7), "state": text},
        )
        for i, text in enumerate(texts)
    ]
    units = [
        one_unit(f"{text} u{i}", "S1", status=pick(i), flags=[text], type=text, incident_id=f"{text} #{i}")
        for i, text in enumerate(texts)
    ]
    alerts = [
        state()["alerts"][0]
        | {
            "key": f"{text} {i}",
            "title": text,
            "text": pick(i + 1),
            "level": pick(i + 2),
            "acknowledged": text if i % 2 else None,
        }
        for i, text in enumerate(texts)
    ]
    advice = [
        {
            "key": f"{text} {i}",
            "unit_id": f"{text} u{i}",
            "from": text,
            "to": "S3",
            "to_name": pick(i + 1),
            "drive_s": 60,
            "regains": 9,
            "loses": 1,
            "net": 8,
            "unit": pick(i + 2),
            "per_minute": 8,
            "reason": pick(i + 3),
        }
        for i, text in enumerate(texts)
    ]
    whole = cover()
    whole |= {
        "objective": {"key": pick(0), "title": pick(1), "limit_s": 240, "share": 0.9, "verified": True},
        "basis": pick(2),
        "first": whole["first"] | {"units": texts[:3]},
        "measures": [whole["measures"][0] | {"name": text, "unit": text} for text in texts[:3]],
        "free": [{"kind": text, "title": text, "free": 1, "of": 2} for text in texts[:3]],
        "drawdown": {"level": 1, "of": 4, "title": pick(3), "usual": pick(4)},
        "force": whole["force"] | {"title": pick(5)},
    }
    rows = [
        {
            "measure": text,
            "title": text,
            "n": 9,
            "p90_s": 60,
            "p90_low_s": 50,
            "p90_high_s": None,
            "limit_s": 240,
            "goal": 0.9,
            "share": 0.5,
            "share_low": 0.2,
            "share_high": 0.8,
            "met": False,
            "verified": False,
            "note": text,
        }
        for text in texts[:4]
    ]
    first = state()["health"]
    health = first | {
        "source": pick(0),
        "notes": texts[:3],
        "unknown_units": texts[:3],
        "state": pick(1),
        "refusals": [{"received": NOW, "line": 5, "code": pick(2), "reason": pick(3)}],
    }
    today = {"start": NOW, "at": NOW, "basis": pick(1), "method": pick(2), "note": pick(3), "rows": rows}
    return state(incidents=calls, units=units, alerts=alerts, advice=advice, cover=whole, today=today, health=health)


def land(texts):
    own = ground()
    stations = [s | {"name": texts[i % len(texts)]} for i, s in enumerate(own["stations"])]
    zones = own["zones"] | {"ids": [texts[i % len(texts)] for i in range(own["zones"]["n"])]}
    return own | {
        "title": texts[0],
        "source": texts[1 % len(texts)],
        "data_date": texts[2 % len(texts)],
        "version": texts[0],
        "stations": stations,
        "zones": zones,
        "statuses": {text: text for text in texts[:5]},
        "timezone": texts[0],
    }


def check(opened, texts):
    page = opened.page
    page.wait_for_selector("#incident-list > li")
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    page.wait_for_timeout(400)
    said = even(page.inner_text("body"))
    calls = {even(text) for text in page.locator("#incident-list .call").all_inner_texts()}
    titles = {even(text) for text in page.locator("#alert-list h3").all_inner_texts()}
    assert {even(text) for text in texts} <= calls
    assert {even(text) for text in texts} <= titles
    assert even(page.inner_text("h1")) == even(texts[0])
    for i, text in enumerate(texts):
        assert even(f"{text} u{i}") in said
    for kind, marks in (
        ("unit", "[...fireplanLive.map.signs.units.keys()]"),
        ("incident", "fireplanLive.map.signs.incidents.map((m) => m.id)"),
    ):
        for key in page.evaluate(marks)[:6]:
            page.evaluate("([kind, id]) => fireplanLive.map.pick(kind, id)", [kind, key])
            page.wait_for_selector(".leaflet-popup .card")
    page.evaluate("fireplanLive.map._show({ kind: 'zone', id: 0 }, L.latLng(33.1, -127.5))")
    assert even(f"Zone {texts[0]}") in even(page.locator(".leaflet-popup").last.inner_text())
    page.evaluate("fireplanLive.map._show({ kind: 'station', id: 'S2' }, L.latLng(33.1, -127.5))")
    for key in ("g", "w", "w", "l"):
        page.keyboard.press(key)
    page.locator(".move button").first.click()
    assert even(texts[0]) in even(page.inner_text("#ask-what"))
    assert page.evaluate(RAN) is None
    assert "1337" not in page.inner_text("body")
    assert (
        page.evaluate(
            "document.querySelectorAll('body script, iframe, object, embed, body img, "
            "body a[href]:not(.skip):not(.leaflet-bar a):not(.leaflet-popup-close-button)').length"
        )
        == 0
    )
    assert (
        page.evaluate(
            "[...document.querySelectorAll('*')].some((e) => [...e.attributes].some((a) => a.name.startsWith('on')))"
        )
        is False
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert opened.errors == []
    assert opened.requests == []


def put_through(texts, open_address):
    for start in range(0, len(texts), A_PAGE):
        some = texts[start : start + A_PAGE]
        with Stage(hostile(some), land=land(some), words=False) as stage:
            opened = open_address(stage.url, storage_state=stage.cookies())
            check(opened, some)
            opened.screenshot("hostile-live")
            opened.page.close()


def test_texts_that_try_to_run_are_shown_as_typed(open_address):
    put_through([text for text in EXTRA if even(text)], open_address)


def test_texts_drawn_at_random_are_shown_as_typed(open_address):
    put_through(drawn(100), open_address)


@pytest.mark.corpus
def test_texts_of_the_corpus_are_shown_as_typed(shared_corpus, open_address):
    cases = [case for case in corpus_cases("feed") if "inject_" in case["file"]]
    assert cases
    rows = [
        json.loads(line)
        for case in cases
        for line in (shared_corpus / case["file"]).read_text(encoding="utf-8").splitlines()
    ]
    texts = list(
        dict.fromkeys(
            value
            for row in rows
            for value in row.values()
            if isinstance(value, str) and even(value) and not re.fullmatch(r"[\d.T:Z-]+", value)
        )
    )
    texts = sorted(texts, key=lambda text: text.isascii() and text.replace("-", "").isalnum())[
        :150
    ]  # plain names come last
    assert any("__FPCANARY" in text for text in texts)
    put_through(texts, open_address)
