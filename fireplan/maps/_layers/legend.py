"""Legends: what the colours and signs of a map mean, with unit, count and limit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from fireplan._checked import takes
from fireplan._html_escape import escape
from fireplan._page_kit.style import AREA_OPACITY, Band, check_colours
from fireplan.colours import CARD, FASTER, INK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Sign = Literal["area", "line", "dashed", "dotted", "dot", "existing", "opened", "closed"]

SIGNS: dict[str, str] = {
    "area": (
        '<rect x="1" y="3" width="20" height="12" rx="2" fill="{c}" fill-opacity="{o}" '
        f'stroke="{INK}" stroke-opacity="0.25"/>'
    ),
    "line": '<path d="M1 9H21" stroke="{c}" stroke-width="3"/>',
    "dashed": '<path d="M1 9H21" stroke="{c}" stroke-width="4" stroke-dasharray="7 4"/>',
    "dotted": '<path d="M3 9H21" stroke="{c}" stroke-width="4" stroke-linecap="round" stroke-dasharray="1 7"/>',
    "dot": '<circle cx="11" cy="9" r="4" fill="{c}"/>',
}
STATION_SIGNS: dict[str, str] = {
    "existing": f'<circle cx="11" cy="11" r="7" fill="{INK}" stroke="{CARD}" stroke-width="2"/>',
    "opened": (
        f'<path d="M11 1L21 11L11 21L1 11Z" fill="{FASTER[-1]}" stroke="{CARD}" stroke-width="2"/>'
        f'<path d="M11 7V15M7 11H15" stroke="{CARD}" stroke-width="2"/>'
    ),
    "closed": (
        f'<circle cx="11" cy="11" r="7" fill="{CARD}" stroke="{INK}" stroke-width="2"/>'
        f'<path d="M7.5 7.5L14.5 14.5M14.5 7.5L7.5 14.5" stroke="{INK}" stroke-width="2"/>'
    ),
}
STATION_WORDS = {"existing": "Station", "opened": "Station opened", "closed": "Station closed"}


@takes
@dataclass(frozen=True, kw_only=True)
class Entry:
    """
    One line of a legend.

    Parameters
    ----------
    label
        What the sign stands for.
    colour
        Its colour, ``#rrggbb``; stations have their own.
    sign
        An area, a line (whole, dashed or dotted), a dot, or a station by what becomes of it.
    note
        A figure set to the right, such as a share.
    """

    label: str
    colour: str = INK
    sign: Sign = "area"
    note: str = ""


@takes
@dataclass(frozen=True, kw_only=True)
class Legend:
    """
    What a map's colours and signs mean.

    Parameters
    ----------
    title
        What is shown, such as "First-due travel time".
    unit
        Its unit, in words.
    entries
        The lines, from the top.
    n
        How much was counted, with its unit: "115,000 people in 4,210 zones".
    held_to
        The limit or standard the classes follow.
    note
        One more sentence, if it is needed.
    folded
        Show only the title until it is opened.
    """

    title: str
    entries: Sequence[Entry] = field(default_factory=tuple)
    unit: str = ""
    n: str = ""
    held_to: str = ""
    note: str = ""
    folded: bool = False


def band_entries(bands: Sequence[Band], *, notes: Mapping[str, str] | None = None) -> tuple[Entry, ...]:
    """Legend lines for the bands of a map; `notes` sets a figure beside the band of that label."""
    notes = notes or {}
    return tuple(Entry(label=b.label, colour=b.colour, note=notes.get(b.label, "")) for b in bands)


def category_entries(colours: Mapping[str, str]) -> tuple[Entry, ...]:
    """Legend lines for named categories and their colours."""
    return tuple(Entry(label=name, colour=colour) for name, colour in colours.items())


def station_entries(*statuses: Literal["existing", "opened", "closed"]) -> tuple[Entry, ...]:
    """Legend lines for the station signs."""
    return tuple(Entry(label=STATION_WORDS[s], sign=s) for s in statuses)


def sign_svg(sign: Sign, colour: str) -> str:
    """Draw one sign as inline SVG."""
    if sign in STATION_SIGNS:
        return f'<svg class="fp-sign" viewBox="0 0 22 22" aria-hidden="true">{STATION_SIGNS[sign]}</svg>'
    check_colours([colour], where="legend")
    drawn = SIGNS[sign].format(c=colour, o=AREA_OPACITY)
    return f'<svg class="fp-sign" viewBox="0 0 22 18" aria-hidden="true">{drawn}</svg>'


def legend_html(legend: Legend) -> str:
    """Write a legend as HTML; every text in it is escaped."""
    unit = f' <span class="fp-unit">{escape(legend.unit)}</span>' if legend.unit else ""
    rows = "".join(
        f"<li>{sign_svg(e.sign, e.colour)}<span>{escape(e.label)}</span>"
        + (f'<span class="fp-figure">{escape(e.note)}</span>' if e.note else "")
        + "</li>"
        for e in legend.entries
    )
    small = "".join(f"<p>{escape(text)}</p>" for text in (legend.held_to, legend.n, legend.note) if text)
    lines = f'<ul role="list" aria-label="{escape(legend.title)}">{rows}</ul>' if rows else ""
    return (
        f'<details class="fp-legend"{"" if legend.folded else " open"}><summary>{escape(legend.title)}{unit}</summary>'
        f"{lines}{small}</details>"
    )
