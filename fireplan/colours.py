"""
Every colour that fireplan shows: in Python, in style sheets and in scripts.

Maps, charts, report and live page take their colours from here, so that one meaning has one colour. Style sheets name
them as custom properties, ``var(--ink)``: `custom_properties` writes these, and `style_sheet` and `script` make the
live page's `palette.css` and `palette.js`. No pair of colours that must be told apart differs only in red and green,
and more of anything is darker.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ACCENT",
    "CARD",
    "CATEGORIES",
    "DARK",
    "ELSEWHERE",
    "FASTER",
    "GAIN",
    "GRID",
    "INK",
    "LIGHT",
    "LITTLE_TO_MUCH",
    "LOCAL_ROAD",
    "MAIN_ROAD",
    "NEWLY",
    "NO_CHANGE",
    "NO_LONGER",
    "PAPER",
    "PRINT",
    "SLOWER",
    "SOFT",
    "STILL_MAIN_ROAD",
    "STILL_ROAD",
    "TERRITORY",
    "THROUGH_ROAD",
    "TRAVEL_TIME",
    "UNKNOWN",
    "UNREACHABLE",
    "custom_properties",
    "print_sheet",
    "script",
    "style_sheet",
]

INK = "#1f2933"
SOFT = "#52606d"
CARD = "#ffffff"
PAPER = "#f7f6f2"
ACCENT = "#1c4f82"
UNKNOWN = "#c9cdd2"
ELSEWHERE = "#a9aeb6"
"""Ground that an objective does not speak of: a grey well apart in lightness from no change and from not known."""
NO_CHANGE = "#f0efec"
FASTER = ("#cfe1f2", "#7fb2db", "#2f78b7", "#0d4683")
"""A little to a lot of time gained, and of anything else there is more or less of."""
SLOWER = ("#fcdcb8", "#f3a958", "#cf6f13", "#8a4305")
"""A little to a lot of time lost."""
LITTLE_TO_MUCH = (NO_CHANGE, *FASTER)
NEWLY, NO_LONGER = "#00a1a7", "#a3195b"
"""Reached at all now and not before, and the other way round."""
TRAVEL_TIME = ("#fdeabb", "#f6b268", "#d5643c", "#98352b", "#571d2b")
"""Short to long: pale sand to dark brown."""
UNREACHABLE = "#3f3c5c"
GAIN = ("#c3e3a4", "#72c8b5", "#3aaac3", "#2a78b4", "#22318e")
"""A little to a lot: from pale green to dark blue, which differ in lightness too, and from the grey of the streets."""
CATEGORIES = (
    "#0072b2", "#e69f00", "#cc79a7", "#56b4e9", "#8a5a2b", "#4b3f8f", "#f0e442", "#7d8590", "#a3195b", "#00a1a7",
)  # fmt: skip
"""Kinds of anything, in no order."""
TERRITORY = ("#56b4e9", "#e69f00", "#4b3f8f", "#f0e442", "#cc79a7", "#8a5a2b", "#0072b2", "#7d8590")
"""Hues for areas side by side; they differ in lightness too, so that neighbours part on grey paper."""
MAIN_ROAD, THROUGH_ROAD, LOCAL_ROAD = "#8f949a", "#aab0b5", "#c6cacd"
STILL_MAIN_ROAD, STILL_ROAD = "#868e96", "#b4bac0"
"""Roads on a still map, where they are drawn thinner."""
GRID = "#dfe3e8"
"""Faint lines across a chart."""

LIGHT: Mapping[str, str] = {
    "ink": INK,
    "soft": SOFT,
    "line": "#d9dcdf",
    "edge": "#8a949e",
    "paper": PAPER,
    "card": CARD,
    "desk": "#eef0f2",
    "stripe": "#f6f7f9",
    "accent": ACCENT,
    "on-accent": CARD,
    "veil": "rgba(255, 255, 255, .95)",
    "label": "rgba(255, 255, 255, .86)",
    "glass": "rgba(255, 255, 255, .35)",
    "shade": "rgba(31, 41, 51, .22)",
    "shadow": "rgba(31, 41, 51, .28)",
    "curtain": "rgba(10, 14, 18, .5)",
    "alarm": "#5d1a1f",
    "on-alarm": CARD,
    "note": SLOWER[0],
    "note-edge": SLOWER[3],
    "late": "#9c2a1c",
    "on-late": CARD,
    "late-wash": "#fbe9e4",
    "near": "#8a5200",
    "near-wash": "#fdf3df",
    "good": FASTER[3],
    "past": "#4b3f8f",
    "on-past": CARD,
    "free": FASTER[3],
    "on-free": CARD,
    "going": "#f2ac33",
    "on-going": INK,
    "work": "#8c2f26",
    "on-work": CARD,
    "care": "#5e4aa0",
    "on-care": CARD,
    "out": "#646d76",
    "on-out": CARD,
    "two": "#86b7dd",
    "one": "#cde0f1",
    "lost": "#f3a75c",
    "lost-mark": SLOWER[3],
    "never": "#d5d3cd",
    "never-mark": "#77736a",
    "elsewhere": ELSEWHERE,
    "road-1": MAIN_ROAD,
    "road-2": THROUGH_ROAD,
    "road-3": LOCAL_ROAD,
}
"""
Custom properties of pages. Text, rules and grounds first; then how a clock stands, how a unit stands, what the ground
has now, and roads. ``on-`` is what is written on a colour.
"""

DARK: Mapping[str, str] = {
    **LIGHT,
    "ink": "#e6e9ec",
    "soft": "#a9b3bd",
    "line": "#3a434d",
    "edge": "#6a7580",
    "paper": "#12171c",
    "card": "#1b2129",
    "accent": "#8cc4ff",
    "on-accent": "#12171c",
    "veil": "rgba(27, 33, 41, .95)",
    "label": "rgba(18, 23, 28, .86)",
    "shade": "rgba(0, 0, 0, .6)",
    "late": "#ff9d8a",
    "on-late": "#1d0d0a",
    "late-wash": "#3a211f",
    "near": "#ffc766",
    "near-wash": "#332a1a",
    "good": "#8cc4ff",
    "past": "#c9bcff",
    "on-past": "#17122b",
    "free": "#8cc4ff",
    "on-free": "#12171c",
    "on-going": "#12171c",
    "work": "#ff9d8a",
    "on-work": "#1d0d0a",
    "care": "#c9bcff",
    "on-care": "#17122b",
    "out": "#8b959f",
    "on-out": "#12171c",
    "two": "#3978b4",
    "one": "#1f4266",
    "lost": "#a85a17",
    "lost-mark": "#ffc27a",
    "never": "#2c333b",
    "never-mark": "#77818b",
    "elsewhere": "#4a525b",
    "road-1": "#6b7279",
    "road-2": "#50575e",
    "road-3": "#3a4148",
}

PRINT: Mapping[str, str] = {
    "ink": "#000000",
    "soft": "#3d4852",
    "line": "#aab2ba",
    "paper": "#ffffff",
    "card": "#ffffff",
    "accent": "#000000",
    "veil": "#ffffff",
    "label": "rgba(255, 255, 255, .9)",
    "alarm": "#ffffff",
    "on-alarm": "#000000",
}
"""What differs on paper."""

MADE = "Made by fireplan.colours; a test holds it to that."


def custom_properties(theme: Mapping[str, str]) -> str:
    """
    Write colours as custom properties of a style sheet.

    Parameters
    ----------
    theme
        `LIGHT`, `DARK` or `PRINT`.

    Examples
    --------
    >>> custom_properties({"ink": INK, "card": CARD})
    '--ink: #1f2933; --card: #ffffff;'
    """
    return " ".join(f"--{name}: {colour};" for name, colour in theme.items())


def style_sheet() -> str:
    """Write the light theme, and the dark one for pages that say so, as a style sheet."""
    blocks = {":root": (LIGHT, "light"), ':root[data-theme="dark"]': (DARK, "dark")}
    written = [
        f"{where} {{ {custom_properties(theme)} color-scheme: {name}; }}" for where, (theme, name) in blocks.items()
    ]
    return "\n".join([f"/* {MADE} */", *written, ""])


def print_sheet() -> str:
    """Write what differs on paper, whatever the theme, as a style sheet."""
    return f":root, :root[data-theme] {{ {custom_properties(PRINT)} color-scheme: light; }}\n"


def script() -> str:
    """Write what a page's script needs beside the custom properties, as a module."""
    return (
        f"// {MADE}\n\n"
        f"/** Custom properties of the style sheet. */\nexport const NAMES = {json.dumps(list(LIGHT))};\n\n"
        f"/** Kinds of anything, in no order. */\nexport const CATEGORIES = {json.dumps(CATEGORIES)};\n"
    )


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
