"""Ids that every object has, texts without end, and twenty thousand zones on the live page."""

import base64
import json
import re
import time

import numpy as np
import pytest
from live_stage import Stage
from live_states import MINUTE, NOW, cover, ground, one_clock, one_incident, one_unit, sent, state

from fireplan._page_kit.coordinate_codec import pack_coordinates, pack_integers

pytestmark = pytest.mark.browser

OWN = (
    "<script>window.__FPCANARY=1</script>",
    "<img src=x onerror=window.__FPCANARY=1>",
    "<svg/onload=window.__FPCANARY=1>",
    '"><iframe srcdoc="<script>parent.__FPCANARY=1</script>">',
    "'\" onmouseover=window.__FPCANARY=1 x='",
    "javascript:window.__FPCANARY=1",
    "</script><script>window.__FPCANARY=1</script>",
    "</title></style></textarea><img src=http://elsewhere.invalid/x.png>",
    "<style>*{display:none}</style>",
    "<a href=http://elsewhere.invalid/>x</a>",
    "${window.__FPCANARY=1}`+`",
    "{{191*7}} {% raw %} {#",
    "&lt;b&gt; &amp;amp; &#60;script&#62;",
    "\\u003cscript\\u003e \\x3c \\",
    "\u202eright to left\u202c",
    "line\u2028and\u2029paragraph",
    "=HYPERLINK(1) +1 -1 @x",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "toString",
    "url(http://elsewhere.invalid/y.css)",
    "data-[fire] :is(*) { }",
)
RAN = "() => window.__FPCANARY ?? null"
EVERYTHING = """() => {
  fireplanLive.map.map._fadeAnimated = false;  // what is closed goes at once, and is not read again with the next
  const page = fireplanLive, said = [], read = () => said.push(document.body.textContent);
  for (const details of document.querySelectorAll("details")) details.open = true;
  const card = () => said.push(...[...document.querySelectorAll(".leaflet-popup-content")].map((e) => e.textContent));
  const stations = page.map.signs.stations.map((s) => s.id), { units, incidents } = page.live;
  for (const [kind, ids] of Object.entries({ unit: units.keys(), incident: incidents.keys(), station: stations })) {
    for (const id of ids) {
      page.map.pick(kind, id);
      card();
    }
  }
  page.map._show({ kind: "zone", id: 0 }, page.map.map.getCenter());
  card();
  for (const hit of page.map.signs.hits) said.push(page.map._short(hit));
  for (const element of document.querySelectorAll("[title], [aria-label]")) {
    said.push(element.title, element.getAttribute("aria-label"));
  }
  read();
  return said.join(" ");
}"""
STRANGERS = """() => [...document.querySelectorAll(
  "script, iframe, img, object, embed, link, style, base, form, a[href], [style*='url'], [srcdoc]",
)].map((e) => e.outerHTML.slice(0, 120))"""
HANDLERS = """() => [...document.querySelectorAll("*")].flatMap((e) => [...e.attributes].map((a) => a.name))
  .filter((name) => name.startsWith("on"))"""
OWN_PARTS = re.compile(
    r'^<(link rel="(icon|stylesheet)" href="(data:,|/assets/\w+\.css)"|script src="/assets/\w+\.js"|'
    r'a class="skip" href="#\w+"|a class="leaflet-)'
)


def even(text):
    return " ".join(text.split())


class Seen:
    """A page, and what it asked for and complained of."""

    def __init__(self, browser, stage, *, size=(1400, 900)):
        viewport = {"width": size[0], "height": size[1]}
        self.context = browser.new_context(viewport=viewport, storage_state=stage.cookies())
        self.page = self.context.new_page()
        self.asked, self.errors = [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("dialog", lambda dialog: (self.errors.append(dialog.message), dialog.dismiss()))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console", lambda said: self.errors.append(said.text) if said.type in {"error", "warning"} else None
        )
        self.page.goto(stage.url)
        self.until("Boolean(window.fireplanLive && fireplanLive.live.ready)")
        self.page.wait_for_timeout(600)

    def until(self, expression):
        """Wait until it is so; asked from here, as the page's own policy forbids to ask from within."""
        end_s = time.monotonic() + 20
        while not self.page.evaluate(expression):
            assert time.monotonic() < end_s, expression
            self.page.wait_for_timeout(50)

    def check(self, url):
        assert self.page.evaluate(RAN) is None
        assert self.errors == []
        assert [a for a in self.asked if not a.startswith((url + "/", "data:"))] == []
        assert [s for s in self.page.evaluate(STRANGERS) if not OWN_PARTS.match(s)] == []
        assert self.page.evaluate(HANDLERS) == []
        assert self.page.evaluate("({}).polluted === undefined && Object.keys(Object.prototype).length === 0")


@pytest.fixture
def see(chromium):
    opened = []

    def seeing(stage, **more):
        seen = Seen(chromium, stage, **more)
        opened.append(seen)
        return seen

    yield seeing
    for seen in opened:
        seen.context.close()


def hostile(texts):
    """Return a ground and a state with each text in every field that can hold one, marked by the name of the field."""
    land = json.loads(json.dumps(ground()))
    first = texts[0]
    land.update({key: f"{first} {key}" for key in ("title", "source", "data_date", "version")})
    at = land["stations"][0]["at"]
    land["stations"] = [
        {
            "station_id": f"{t} #{i}",
            "name": f"{t} name",
            "at": [at[0] + 0.004 * (i % 7), at[1] - 0.004 * (i // 7)],
            "open": i % 2 == 0,
        }
        for i, t in enumerate(texts)
    ]
    land["zones"]["ids"] = [f"{texts[i % len(texts)]} zone" for i in range(land["zones"]["n"])]
    land["statuses"] = {t: f"{t} said".lower() for t in texts}  # our own words, said within sentences
    units, calls = [], []
    for i, t in enumerate(texts):
        place = land["stations"][i]["at"]
        units.append(
            one_unit("E1", "S1")
            | {
                "unit_id": f"{t} %{i}",
                "type": t,
                "status": t,
                "station_id": f"{t} #{i}",
                "post": f"{t} #{i}",
                "incident_id": f"{t} !{i}",
                "at": place,
                "flags": [f"{t} unit flag"],
            }
        )
        calls.append(
            one_incident(
                f"{t} !{i}",
                f"{t} call",
                t,
                place,
                100 + i,
                address=f"{t} address",
                priority=f"{t} priority",
                district=f"{t} #{i}",
                zone_id=f"{t} zone",
                flags=[f"{t} flag"],
                open=i % 5 != 4,
                closed=NOW - MINUTE if i % 5 == 4 else None,
                units=[sent(f"{t} %{i}", 60), sent(f"{t} other", 30)],
                clocks=[
                    one_clock(f"{t} clock", 240, 60),
                    one_clock(f"{t} settled", 64, 90, "met", stopped_s=60),
                    one_clock(f"{t} odd", 64, 90, t),
                ],
                force={
                    "title": f"{t} force",
                    "needs": f"{t} needs",
                    "have": f"{t} have",
                    "sent": f"{t} sent",
                    "state": t,
                },
            )
        )
    advice = [
        {
            "key": f"{t} key",
            "unit_id": f"{t} %{i}",
            "from": f"{t} #{i}",
            "to": f"{t} to",
            "to_name": f"{t} to name",
            "drive_s": 60,
            "regains": 5,
            "loses": 1,
            "net": 4,
            "unit": f"{t} people",
            "per_minute": 4,
            "reason": f"{t} reason",
        }
        for i, t in enumerate(texts)
    ]
    alerts = [
        {
            "key": f"{t} key",
            "kind": t,
            "level": t,
            "since": NOW - MINUTE,
            "title": f"{t} alert",
            "text": f"{t} alert text",
            "acknowledged": f"{t} who" if i % 2 else None,
        }
        for i, t in enumerate(texts)
    ]
    rows = [
        {
            "measure": t,
            "title": f"{t} row",
            "n": 3,
            "p90_s": 60,
            "p90_low_s": 50,
            "p90_high_s": None,
            "limit_s": 64,
            "goal": 0.9,
            "share": 0.5,
            "share_low": 0.1,
            "share_high": 0.9,
            "met": False,
            "verified": False,
            "note": f"{t} note",
        }
        for t in texts
    ]
    covered = cover() | {
        "objective": {"key": first, "title": f"{first} objective", "limit_s": 240, "share": 0.9, "verified": True},
        "measures": [
            {"name": t, "unit": f"{t} unit", "n": 10, "left_out": 0, "home": 0.9, "now": 0.5, "soon": []} for t in texts
        ],
        "free": [{"kind": t, "title": f"{t} kind", "free": 1, "of": 2} for t in texts],
        "drawdown": {"level": 1, "of": 4, "title": f"{first} level", "usual": f"{first} usual"},
        "force": None,
        "basis": f"{first} basis",
        "first": {
            "units": [f"{t} %{i}" for i, t in enumerate(texts)],
            "zones": base64.b64encode(bytes(land["zones"]["n"])).decode(),
        },
    }
    health = state()["health"] | {
        "state": first,
        "source": f"{first} feed",
        "unknown_units": [f"{t} unknown" for t in texts],
        "notes": [f"{t} feed note" for t in texts],
        "refusals": [{"received": NOW, "line": 1, "code": t, "reason": f"{t} refusal"} for t in texts[:20]],
    }
    today = {
        "start": NOW - 60 * MINUTE,
        "at": NOW,
        "basis": f"{first} todays",
        "rows": rows,
        "method": f"{first} method",
        "note": "",
    }
    return land, state(
        units=units, incidents=calls, advice=advice, alerts=alerts, cover=covered, health=health, today=today
    )


WANTED = (
    "call",
    "address",
    "priority",
    "flag",
    "clock",
    "settled",
    "force",
    "have",
    "name",
    "alert",
    "alert text",
    "who",
    "to name",
    "reason",
    "people",
    "row",
    "unit",
    "kind",
    "unknown",
    "feed note",
    "unit flag",
    "said",
)


ON_A_ROW = ("priority", "flag", "clock", "settled", "force", "have")
"""What is said of open incidents alone."""


def check(see, texts):
    land, said = hostile(texts)
    with Stage(said, land=land, words=False) as stage:
        seen = see(stage)
        shown = even(seen.page.evaluate(EVERYTHING))
        missing = [
            f"{t} {w}"
            for i, t in enumerate(texts)
            for w in WANTED
            if even(f"{t} {w}".lower() if w == "said" else f"{t} {w}") not in shown
            and not (w in ON_A_ROW and i % 5 == 4)
            and not (w == "who" and i % 2 == 0)
        ]
        assert missing == []
        for t in (
            even(f"{texts[0]} {w}") for w in ("title", "source", "objective", "basis", "feed", "todays", "method")
        ):
            assert t in shown
        assert "1337" not in shown
        seen.page.locator("#move-list button").first.click()
        assert even(f"{texts[0]} to name") in even(seen.page.locator("#ask").inner_text())
        seen.page.keyboard.press("Escape")
        for key in ("g", "w", "w", "l"):
            seen.page.keyboard.press(key)
            seen.page.wait_for_timeout(150)
        stage.push(
            incidents=[dict(c, call_type=f"{c['call_type']} anew") for c in said["incidents"]],
            units=said["units"],
            alerts=said["alerts"][:3],
        )
        seen.until("fireplanLive.live.rev === 13")
        seen.page.wait_for_timeout(300)
        seen.check(stage.url)


def test_ids_that_name_what_every_object_has(see):
    """A unit called __proto__ is a unit like any other, and so is an incident; what is gone goes."""
    names = ["__proto__", "constructor", "hasOwnProperty", "valueOf"]
    units = [one_unit(name, "S1") for name in names]
    calls = [
        one_incident(name, f"CALL {name}", "__proto__", [-127.5, 33.1], 60, units=[sent(name, 30)]) for name in names
    ]
    with Stage(state(units=units, incidents=calls)) as stage:
        seen = see(stage)
        assert seen.page.locator("#incident-list > li").count() == 4
        assert sorted(seen.page.evaluate("[...fireplanLive.map.signs.units.keys()]")) == sorted(names)
        stage.push(gone=["__proto__", "constructor"])
        seen.until("document.querySelectorAll('#incident-list > li').length === 2")
        seen.check(stage.url)


def test_long_texts_push_nothing_off_the_page(see):
    """500 characters without a space, in every field."""
    land, said = hostile(["W" * 500, "W" * 200 + " x"])
    with Stage(said, land=land, words=False) as stage:
        for size in ((1400, 900), (390, 844)):
            seen = see(stage, size=size)
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= size[0]
            assert seen.page.evaluate("document.querySelector('#clock').getBoundingClientRect().right") <= size[0]
            assert seen.page.evaluate("document.querySelector('#map').getBoundingClientRect().height") > 250
            seen.check(stage.url)


def many_zones(n):
    """Squares in rows over Marisol, each with eight corners."""
    land = dict(ground())
    (low_y, low_x), (high_y, high_x) = land["bounds"]
    side = int(np.ceil(np.sqrt(n)))
    column, row = np.divmod(np.arange(n), side)
    w, h = (high_x - low_x) / side, (high_y - low_y) / side
    ring = np.array([[0, 0], [0.5, 0], [1, 0], [1, 0.5], [1, 1], [0.5, 1], [0, 1], [0, 0.5]])
    xy = ring[None, :, :] * [w, h] + np.column_stack([low_x + column * w, low_y + row * h])[:, None, :]
    land["zones"] = {
        "n": n,
        "structure": pack_integers(np.tile([1, 1, 8], n)),
        "points": pack_coordinates(xy.reshape(-1, 2)),
        "ids": [str(i) for i in range(n)],
        "weights": [1.0] * n,
    }
    return land


TIMES = """() => {
  const { map } = fireplanLive, took = [];
  for (let i = 0; i < 9; i++) {
    const classes = Uint8Array.from(fireplanLive.live.zones, (c, z) => (c + (z % 97 === i)) % 4);
    const started = performance.now();
    map.zones.colour(classes, 4);
    map.sheets.ground.drawNow();
    map.sheets.ground._ctx.getImageData(0, 0, 1, 1); // waits until it is painted
    took.push(performance.now() - started);
  }
  return took.sort((a, b) => a - b)[4];
}"""


def test_twenty_thousand_zones_are_recoloured_in_one_pass(see, record_property):
    n = 20_000
    draw = np.random.default_rng(1)
    classes = base64.b64encode(draw.integers(0, 4, n).astype(np.uint8).tobytes()).decode()
    nobody = {"units": [], "zones": base64.b64encode(bytes([255]) * n).decode()}
    with Stage(state(cover=cover(zones=classes, first=nobody)), land=many_zones(n)) as stage:
        seen = see(stage)
        took_ms = seen.page.evaluate(TIMES)
        record_property("median_ms", took_ms)
        assert took_ms < 300  # 50 ms are aimed at on a machine at rest; one long path for each class took 1,500 ms
