# ruff: noqa: INP001, T201 - a script beside the documents: in no package, and it says what it wrote
"""
Draw the gallery: every view of the sample city from a real run, as a browser shows it.

    python docs/make_gallery.py

It writes `gallery.md` and the pictures in `gallery/`, beside this file. It needs Playwright, Pillow and a Chromium on
PATH; the pages ask nothing of the network.
"""

from __future__ import annotations

import io
import shutil
import tempfile
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import fireplan as fp
from fireplan.progress import silent

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Needed here only, and not by fireplan: so they are no dependencies of it.
Image, playwright_api = (import_module(name) for name in ("PIL.Image", "playwright.sync_api"))

HERE = Path(__file__).resolve().parent
PICTURES = HERE / "gallery"
SIZE = (1000, 640)
COLOURS = (64, 48, 32)
"""How many colours a picture has: as many as its size allows."""

APART = 10
"""Colours nearer than this in every channel, 0 to 255, become one; the commonest are kept as they are."""

LARGEST_BYTES = 90_000
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SETTLED_MS = 600
MARK = ".fp-station"
"""Drawn last on every map."""

SETUP = """\
import fireplan as fp
from fireplan import siting

project = fp.examples.marisol_project()
today, history = project.today, project.history
planned = fp.examples.marisol(calibrated=False)
table = fp.compare(today, *project.scenarios, standard=project.standard)
now = table.baseline
candidates = siting.grid_sites(today, spacing_m=500)
two = siting.max_coverage(today, stations=2, candidates=candidates, within_s=240)"""
"""What every call starts from: printed in the gallery, and run here."""


@dataclass(frozen=True)
class View:
    """One picture: what it shows, and the expression that makes the page."""

    name: str
    title: str
    shows: str
    call: str
    theme: str = ""
    part: str = ""
    """Selector of the part of the page to show; none: its top."""


VIEWS = (
    View(
        "coverage", "Coverage",
        "How likely the first engine is there within four minutes, by zone, with the gaps outlined.",
        "fp.maps.coverage(now)",
    ),
    View(
        "gaps", "Gaps", "Where help is likelier late than in time: how much is expected late in each gap, and why.",
        "fp.maps.gaps(now)",
    ),
    View(
        "isochrones", "Ground reached", "What the stations reach within four and eight minutes, at the median drive.",
        "fp.maps.isochrones(today)",
    ),
    View("first_due", "First due", "Whose ground it is: the territory of each station.", "fp.maps.first_due(today)"),
    View(
        "erf", "Effective response force",
        "How deep the force is that comes in time, at the median: one engine, two, or the whole first alarm.",
        "fp.maps.erf(now)",
    ),
    View(
        "difference", "Difference", "Where help in time gets likelier, and where less likely: here, without Station 3.",
        'fp.maps.difference(table, against="Close Station 3")',
    ),
    View(
        "swipe", "Curtain", "Two scenarios on one map, with a divider to draw over it: today, and a Station 8.",
        'fp.maps.swipe(table, right="Station 8")',
    ),
    View(
        "compare", "Side by side", "Scenarios in panes that are panned and zoomed as one.",
        "fp.maps.compare(fp.compare(today, project.scenarios[0], standard=project.standard))",
    ),
    View(
        "grid", "Grid", "Up to six scenarios, each with the share that is to be expected.", "fp.maps.grid(table)",
    ),
    View(
        "performance", "Observed performance",
        "What the dispatch records say: the 90th percentile of travel, zone by zone, grey where records are few.",
        "fp.maps.performance(history, today, policy=project.plan.performance.policy)",
    ),
    View(
        "residuals", "Residuals",
        "Where drives were slower or faster than predicted, each without its own day or week; the page for the public.",
        """fp.maps.residuals(
    fp.calibration.held_out_runs(history, planned, emergency_priorities=("1", "2"), longest_s=1800),
    today,
    profile="public",
)""",
    ),
    View(
        "incidents", "Incidents", "Where calls came from, point by point: marked RESTRICTED, not for publication.",
        "fp.maps.incidents(today)",
    ),
    View(
        "playback", "A day played back",
        "Where units were, and which calls were open, at any moment: the slider, or Play. Marked RESTRICTED.",
        'fp.maps.playback(history, today, start="2024-07-19 12:30", end="2024-07-19 15:30")',
    ),
    View(
        "siting", "Siting", "What each place for a station would gain (darker is more), and the best two, numbered.",
        "fp.maps.siting(two, assessment=now)",
    ),
    View(
        "dark", "Dark theme", "Coverage again, for a display on the wall.", "fp.maps.coverage(now)", theme="dark",
    ),
    View(
        "report", "Report", "The first page of the report: the whole of it is one file, with its data inside.",
        'fp.write_report(project, "report.html")',
    ),
    View(
        "report_performance", "A chapter of the report", "What was measured, with n, interval and limit.",
        'fp.write_report(project, "report.html")', part="#s3",
    ),
)  # fmt: skip


def made(folder: Path) -> dict[str, Path]:
    """Run every call of the gallery; returns its page, by the name of the view."""
    names: dict[str, object] = {}
    report: Path | None = None
    with silent():
        exec(SETUP, names)  # noqa: S102 - our own text, so that what is printed is what was run
    pages = {}
    for view in VIEWS:
        if "write_report" in view.call:
            report = report or fp.write_report(names["project"], folder / "report.html")
            pages[view.name] = report
            continue
        page = eval(view.call, names)  # noqa: S307 - as above
        page.theme = view.theme or "light"
        pages[view.name] = page.save(folder / f"{view.name}.html")
    return pages


def shown(browser: Browser, path: Path, view: View) -> bytes:
    """Take a picture of the top of a page, or of one part of it."""
    context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]}, offline=True)
    page = context.new_page()
    page.goto(path.resolve().as_uri())
    if view.call.startswith("fp.maps."):
        page.wait_for_selector(MARK)
    if view.part:
        page.eval_on_selector(view.part, "(part) => { part.scrollIntoView(); scrollBy(0, -24); }")
    page.wait_for_timeout(SETTLED_MS)
    picture = page.screenshot()
    context.close()
    return picture


def small(picture: bytes) -> bytes:
    """Write a picture with few colours, so that a repository can carry it."""
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))
    found, where, count = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True)
    found = found.astype(int)
    kept = list[int]()
    for i in np.argsort(-count, kind="stable"):
        if not kept or np.abs(found[kept] - found[i]).max(axis=1).min() >= APART:
            kept.append(int(i))
        if len(kept) == COLOURS[0]:
            break
    for colours in COLOURS:
        palette = found[kept[:colours]]
        nearest = np.square(found[:, None] - palette).sum(axis=2).argmin(axis=1).astype(np.uint8)
        drawn = Image.fromarray(nearest[where.ravel()].reshape(pixels.shape[:2]), mode="P")
        drawn.putpalette(palette.astype(np.uint8).tobytes())
        out = io.BytesIO()
        drawn.save(out, "PNG", optimize=True)
        if out.tell() < LARGEST_BYTES:
            return out.getvalue()
    raise ValueError(f"a picture is still {out.tell():,} bytes with {COLOURS[-1]} colours")


def gallery() -> str:
    """Write the gallery's text."""
    about = (
        "Every view of Marisol, the sample city: **its data is invented**, and it lies in the open sea. Each picture is"
        f" a page as Chromium shows it at {SIZE[0]} by {SIZE[1]} pixels, in fewer colours. The pages themselves are one"
        " file each, can be panned and clicked, and open offline. `python docs/make_gallery.py` draws them anew."
    )
    parts = ["# Gallery", about, f"All calls start from this:\n\n```python\n{SETUP}\n```"]
    for view in VIEWS:
        call = view.call
        if view.theme:
            call = f'page = {call}\npage.theme = "{view.theme}"'
        text = f"{view.title} of Marisol, data invented"
        parts.append(f"## {view.title}\n\n{view.shows}\n\n```python\n{call}\n```\n\n![{text}](gallery/{view.name}.png)")
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Draw every view, and write the gallery."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        raise SystemExit("no Chromium on PATH")
    with tempfile.TemporaryDirectory() as folder, playwright_api.sync_playwright() as playwright:
        pages = made(Path(folder))
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        pictures = {view.name: small(shown(browser, pages[view.name], view)) for view in VIEWS}
        browser.close()
    PICTURES.mkdir(exist_ok=True)
    for old in PICTURES.glob("*.png"):
        if old.stem not in pictures:
            old.unlink()
    for name, picture in pictures.items():
        (PICTURES / f"{name}.png").write_bytes(picture)
        print(f"{name}.png: {len(picture) / 1000:.0f} kB")
    (HERE / "gallery.md").write_text(gallery(), encoding="utf-8")


if __name__ == "__main__":
    main()
