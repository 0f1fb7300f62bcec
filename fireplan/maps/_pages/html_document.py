"""
One HTML file that needs nothing from anywhere.

Leaflet and the modules of the page are set into it, images with them. A content security policy lets the page run the
scripts it was written with, by their hashes, and load nothing.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from fireplan._html_escape import escape
from fireplan._page_kit.browser_modules import one_script, unix
from fireplan._page_kit.content_policy import sha256_source
from fireplan._page_kit.leaflet import ENDS_SCRIPT, leaflet_script, leaflet_styles
from fireplan._whole_file import write_whole
from fireplan.colours import LIGHT, print_sheet, style_sheet
from fireplan.errors import InputError, listed, quoted

if TYPE_CHECKING:
    import os

ASSETS = Path(__file__).parent.parent / "assets"
FRAME_HEIGHT_PX = 720

Theme = Literal["light", "dark", "print"]


@dataclass(frozen=True, kw_only=True)
class Document:
    """
    The parts of a page.

    Parameters
    ----------
    title
        The name of the page, as it was typed.
    body
        The markup, finished.
    script
        What draws the maps, after Leaflet and fireplan's own script.
    styles
        Further style sheets.
    image_hosts
        Hosts that images may come from, such as a tile server; none as a rule.
    inline_styles
        Whether elements carry styles of their own, as some of Folium's do.
    theme
        "light"; "dark"; or "print", as the page looks on paper. It does not follow the reader's own setting.
    entry
        The module among the assets that fireplan's own script starts from.
    """

    title: str
    body: str
    script: str
    styles: tuple[str, ...] = ()
    image_hosts: tuple[str, ...] = field(default=())
    inline_styles: bool = False
    theme: Theme = "light"
    entry: str = "main.js"

    def to_html(self) -> str:
        """Write the page."""
        scripts = [leaflet_script(), page_script(self.entry), f"{self.script}\n"]
        styles = [
            leaflet_styles(),
            style_sheet() + own_styles("fireplan.css"),
            *self.styles,
            print_sheet() + own_styles("print.css"),
        ]
        for code in scripts[2:]:
            if ENDS_SCRIPT.search(code):
                raise InputError("a text on this map would end its script: pass it through fireplan.maps.escape")
        policy = security_policy(scripts, styles, image_hosts=self.image_hosts, inline_styles=self.inline_styles)
        paper = "<style>" if check_theme(self.theme) == "print" else '<style media="print">'
        style_blocks = "".join(f"<style>{style}</style>\n" for style in styles[:-1]) + f"{paper}{styles[-1]}</style>\n"
        script_blocks = "".join(f"<script>{script}</script>\n" for script in scripts)
        return (
            f'<!DOCTYPE html>\n<html lang="en" data-theme="{self.theme}">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f'<link rel="icon" href="data:,">\n<title>{escape(self.title)}</title>\n'
            f"{style_blocks}</head>\n<body>\n{self.body}\n"
            '<noscript><p class="fp-empty">This map is drawn by JavaScript, which is switched off.</p></noscript>\n'
            f"{script_blocks}</body>\n</html>\n"
        )


def check_theme(theme: str) -> str:
    """Refuse a look that there is not."""
    if theme not in get_args(Theme):
        raise InputError(f"unknown theme {quoted(theme)}: known are {listed(get_args(Theme))}")
    return theme


def security_policy(
    scripts: list[str], styles: list[str], *, image_hosts: tuple[str, ...] = (), inline_styles: bool = False
) -> str:
    """Write the content security policy of a page with these scripts and styles, and no others."""
    script_hashes = " ".join(map(sha256_source, scripts))
    style_sources = "'unsafe-inline'" if inline_styles else " ".join(map(sha256_source, styles))
    images = " ".join(["data:", *(f"https://{host}" for host in image_hosts)])
    return (
        f"default-src 'none'; script-src {script_hashes}; style-src {style_sources}; img-src {images}; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def page_script(entry: str = "main.js") -> str:
    """The script of a map page: the modules it starts from and those of the page kit, as one."""
    return one_script(ASSETS / entry)


@cache
def own_styles(name: str) -> str:
    """A style sheet of the map page."""
    return unix((ASSETS / name).read_text(encoding="utf-8"))


def frame(page: str, *, title: str, height_px: int = FRAME_HEIGHT_PX) -> str:
    """Put a page in a frame for a notebook, where its scripts run but reach nothing of the notebook."""
    return (
        f'<iframe srcdoc="{html.escape(page, quote=True)}" title="{escape(title)}" sandbox="allow-scripts" '
        f'style="width:100%;height:{height_px}px;border:1px solid {LIGHT["line"]};border-radius:6px"></iframe>'
    )


def save_text(text: str, path: str | os.PathLike[str]) -> Path:
    """
    Write a text as UTF-8, all of it or nothing.

    It goes to a file beside `path`, which then takes its name; a reader never sees half a page, and a failure leaves
    what was there before.
    """
    return write_whole(path, text.encode("utf-8"))
