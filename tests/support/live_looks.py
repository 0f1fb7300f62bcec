"""A browser's view of the live page: opened, waited for, and measured."""

import time

SIZES = [(1400, 900), (1024, 768), (1920, 1080)]
CUT = """() => [...document.querySelectorAll("#head *, .panel > h2, #foot *")].filter((e) => {
  if (getComputedStyle(e).display === "inline" || e.closest(".heard") || e.clientWidth === 0) return false;
  return e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 2;
}).map((e) => e.textContent)"""
BOXES = """() => ["#head", "#view", "#alerts", "#moves", "#incidents", "#record", "#facts", "#foot"].map((name) => {
  const element = document.querySelector(name), box = element.getBoundingClientRect();
  const panels = element.closest("#panels"), style = panels && getComputedStyle(panels);
  const scrolls = style && style.display !== "contents" && style.overflowY === "auto";
  const { top, bottom } = scrolls ? panels.getBoundingClientRect() : { top: -1e6, bottom: 1e6 };
  return { name, left: box.left, top: Math.max(box.top, top), right: box.right, bottom: Math.min(box.bottom, bottom) };
}).filter((box) => box.right > box.left && box.bottom > box.top)"""


def opened(open_address, stage, *, path="/", **more):
    page = open_address(stage.url + path, storage_state=stage.cookies(), **more)
    until(
        page,
        "window.fireplanLive && fireplanLive.map.model && document.querySelector('#clock').textContent !== '--:--:--'",
    )
    return page


def until(opened, script, argument=None):
    """Wait until something holds in the page. (Playwright's own wait is refused by the page's policy.)"""
    ends_s = time.monotonic() + 15
    while not opened.page.evaluate(script, argument):
        assert time.monotonic() < ends_s, script
        opened.page.wait_for_timeout(40)


def shown(opened, selector):
    return " ".join(opened.page.locator(selector).inner_text().split())


def wait_text(opened, selector, text):
    until(opened, "([s, t]) => document.querySelector(s).textContent.includes(t)", [selector, text])


def check_quiet(opened):
    assert [said for said in opened.errors if "getImageData" not in said] == []  # that is the tests' own looking
    assert opened.requests == []
