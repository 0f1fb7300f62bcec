"""Opens pages in headless Chromium, with no way out to the network."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
SWITCHED_OFF = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
)
"""What Playwright switches off, as the last list said holds alone; and two pages behind each window's address bar.

Nobody sees these here, and to open them costs more than to open the page that is tested.
"""
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(SWITCHED_OFF)}",
)
LOCAL = ("file:", "data:", "about:", "blob:")
ELSEWHERE = re.compile(r"^(?!http://127\.0\.0\.1:\d+/|data:|about:|blob:)")
DESKTOP = (1400, 900)


@dataclass
class Opened:
    """A page as a browser shows it, and what it tried to do."""

    page: Page
    artefacts: Path
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def run(self, script: str) -> Any:
        return self.page.evaluate(script)

    def text(self) -> str:
        """All the text a reader sees, its white space evened out."""
        return even(self.page.inner_text("body"))

    def screenshot(self, name: str) -> Path:
        path = self.artefacts / f"{name}.png"
        self.page.screenshot(path=path)
        return path


def even(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="session")
def artefacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = os.environ.get("FIREPLAN_ARTEFACTS")
    if not folder:
        return tmp_path_factory.mktemp("artefacts")
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    return path


# One browser for each module: while it runs, its event loop is in the way of others in this thread.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415
    except ImportError:
        found = None
    if found is None:
        if os.environ.get("FIREPLAN_CI") == "1":
            pytest.fail("no Chromium or no Playwright, but FIREPLAN_CI=1 wants the browser tests run")
        pytest.skip("no Chromium on PATH, or no Playwright")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, artefacts: Path) -> Iterator[Callable[..., Opened]]:
    """Open a file in a window; whatever is no local file is noted, and refused unless the network is left open."""
    pages = []

    def opening(path: Path, *, size: tuple[int, int] = DESKTOP, touch: bool = False, blocked: bool = True) -> Opened:
        context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, has_touch=touch)
        pages.append(context)
        page = context.new_page()
        opened = Opened(page, artefacts)

        def route(route: Any) -> None:
            if route.request.url.startswith(LOCAL):
                route.continue_()
            else:
                route.abort()

        def requested(request: Any) -> None:
            if not request.url.startswith(LOCAL):
                opened.requests.append(request.url)

        if blocked:
            context.route("**/*", route)
        page.on("request", requested)
        page.on("websocket", lambda socket: opened.requests.append(socket.url))
        page.on("pageerror", lambda error: opened.errors.append(str(error)))
        page.on("console", lambda said: opened.errors.append(said.text) if said.type in {"error", "warning"} else None)
        page.goto(path.resolve().as_uri())
        return opened

    yield opening
    for context in pages:
        context.close()


@pytest.fixture
def open_address(chromium: Browser, artefacts: Path) -> Iterator[Callable[..., Opened]]:
    """Open an address of this machine in a window; a request to anywhere else is noted and refused."""
    contexts = []

    def opening(url: str, *, size: tuple[int, int] = DESKTOP, **more: Any) -> Opened:
        context = chromium.new_context(viewport={"width": size[0], "height": size[1]}, **more)
        contexts.append(context)
        context.set_default_timeout(15_000)
        page = context.new_page()
        opened = Opened(page, artefacts)

        def requested(address: str) -> None:
            if ELSEWHERE.match(address):
                opened.requests.append(address)

        # Only what goes elsewhere is held up here: a stream of events is not to pass through this thread.
        context.route(ELSEWHERE, lambda route: route.abort())
        page.on("request", lambda request: requested(request.url))
        page.on("websocket", lambda socket: requested(socket.url))
        page.on("pageerror", lambda error: opened.errors.append(str(error)))
        page.on("console", lambda said: opened.errors.append(said.text) if said.type in {"error", "warning"} else None)
        page.goto(url)
        return opened

    yield opening
    for context in contexts:
        context.close()
