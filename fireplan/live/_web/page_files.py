"""Files of the page: read once at the start, and served by name. No path from a request ever reaches the disk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fireplan._page_kit.browser_modules import beside, kit_modules
from fireplan._page_kit.leaflet import leaflet_file
from fireplan.colours import DARK, LIGHT, custom_properties
from fireplan.errors import InputError, quoted
from fireplan.live._web.limits_and_headers import policy_of

PAGE = Path(__file__).parent.parent / "_page"
PALETTE = b"/* palette */"
"""Where the form's own style sheet takes its colours from."""
LEAFLET = ("leaflet.js", "leaflet.css", "images/layers.png", "images/layers-2x.png")
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """
    One file.

    Attributes
    ----------
    body
        Its bytes.
    kind
        Its media type.
    tag
        Its ETag.
    """

    body: bytes
    kind: str
    tag: str


@dataclass(frozen=True, slots=True)
class PageFiles:
    """
    All of them.

    Attributes
    ----------
    index
        The page.
    login
        The form for those who are not known.
    login_policy
        The content security policy of that form: its own script and style, by their hashes.
    assets
        What the page loads, by name.
    """

    index: bytes
    login: bytes
    login_policy: str
    assets: dict[str, Asset]

    @classmethod
    def read(cls, folder: Path | None = None) -> PageFiles:
        """
        Read a folder with `index.html`, `login.html`, and what the page loads.

        Parameters
        ----------
        folder
            None: our own.

        Raises
        ------
        InputError
            A file is missing.
        """
        folder = folder or PAGE
        try:
            index, login = ((folder / name).read_bytes() for name in ("index.html", "login.html"))
        except OSError as error:
            text = f"{quoted(folder)} holds no page ({error.strerror}): install fireplan again"
            raise InputError(text) from error
        login = login.replace(PALETTE, _palette().encode())
        assets = {name: _asset(name, leaflet_file(name)) for name in LEAFLET}
        own = [file for file in sorted(folder.iterdir()) if file.suffix in KINDS and file.is_file()]
        for file in (*kit_modules().values(), *own):
            body = file.read_bytes()
            assets[file.name] = _asset(file.name, beside(body.decode()).encode() if file.suffix == ".js" else body)
        return cls(index, login, policy_of(login.decode(), connect=True), assets)


def _palette() -> str:
    """Write the colours of the form, which is dark where the reader's system is: it asks nothing else of him."""
    dark = f":root {{ {custom_properties(DARK)} color-scheme: dark; }}"
    return (
        f":root {{ {custom_properties(LIGHT)} color-scheme: light; }}\n@media (prefers-color-scheme: dark) {{ {dark} }}"
    )


def _asset(name: str, body: bytes) -> Asset:
    return Asset(body, KINDS[Path(name).suffix], f'"{hashlib.sha256(body).hexdigest()[:32]}"')
