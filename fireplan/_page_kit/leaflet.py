"""Leaflet, as the installed package XStatic-Leaflet holds it: nothing of it is loaded from elsewhere, or kept here."""

from __future__ import annotations

import base64
import re
from functools import cache
from importlib import resources

from fireplan._page_kit.browser_modules import unix

STYLE_URL = re.compile(r"""url\(["']?(images/[^"')]+)["']?\)""")
SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)
ENDS_SCRIPT = re.compile(r"</script|<!--", re.IGNORECASE)
"""What must not stand in an inline script."""


def leaflet_file(name: str) -> bytes:
    """One of its files as installed, by its path in the package."""
    return resources.files("xstatic.pkg.leaflet").joinpath("data", *name.split("/")).read_bytes()


@cache
def leaflet_script() -> str:
    """Leaflet's script, to be set into a page."""
    text = SOURCE_MAP.sub("", leaflet_file("leaflet.js").decode())
    return ENDS_SCRIPT.sub(lambda found: found[0].replace("<", "\\x3c"), unix(text))


@cache
def leaflet_styles() -> str:
    """Leaflet's style sheet, its images set into it."""
    return STYLE_URL.sub(lambda found: f"url({leaflet_image(found[1])})", unix(leaflet_file("leaflet.css").decode()))


@cache
def leaflet_image(name: str) -> str:
    """One of Leaflet's images as a data address, by its path in the package."""
    return f"data:image/png;base64,{base64.b64encode(leaflet_file(name)).decode()}"
