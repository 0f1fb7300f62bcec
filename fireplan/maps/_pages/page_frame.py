"""What stands round a map: the title bar, the legends, and the footer that says where the figures come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fireplan import wording
from fireplan._checked import takes
from fireplan._html_escape import escape
from fireplan.changes._drive_error import error_said
from fireplan.maps._layers.legend import legend_html
from fireplan.scenario import missing_said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fireplan.maps._layers.legend import Legend
    from fireplan.scenario import Scenario

Basis = Literal["modelled", "observed", "invented"]
BASES: dict[str, str] = {
    "modelled": "Modelled, not measured",
    "observed": "Observed",
    "invented": "Invented data, for demonstration",
}
PLANNED = "Planning speeds, not calibrated: real drives are usually slower"
"""What is said of drive times that nobody has held against real ones."""


MAIN = "fp-main"
KEYS = "fp-keys"
KEYS_SAID = (
    "Arrow keys move the map, plus and minus zoom, Enter says what lies in its middle, Escape closes that. "
    "Tab goes on to the stations, each of which is a button."
)


@takes
@dataclass(frozen=True, kw_only=True)
class Footer:
    """
    Where the figures of a map come from.

    Parameters
    ----------
    source
        Who made the data, with the credit its licence asks for.
    data_date
        The day or period the data stand for.
    basis
        Whether the figures are modelled, observed, or invented for a demonstration.
    method
        One sentence on how they were found.
    notice
        A marking that must be seen, such as "RESTRICTED: shows single incidents". It is set above the title.
    drives
        How far the drive times behind it can be trusted, such as the held-out error of a calibration.
    """

    source: str = ""
    data_date: str = ""
    basis: Basis | None = None
    method: str = ""
    notice: str = ""
    drives: str = ""


def footer_of(scenario: Scenario, *others: Scenario, method: str, drives: bool = True) -> Footer:
    """
    Say where figures of a scenario, beside others, come from, what it was narrowed to, how they were found.

    Parameters
    ----------
    scenario, others
        Whose.
    method
        One sentence on how.
    drives
        Whether there are drive times among them, so that it is said how wrong these are.
    """
    kept = [wording.capital(f"{s}.") for s in (*scenario.selections, *missing_said(scenario))]
    own = scenario.roads.time_notes
    times = [*own, *(f"{o.name}: {note}" for o in others for note in o.roads.time_notes if note not in own)]
    return Footer(
        source="; ".join(s for s in (scenario.source, f"roads: {scenario.roads.source}") if s),
        data_date=scenario.data_date,
        basis="invented" if scenario.provenance == "invented" else "modelled",
        method=" ".join([*kept, method, *(wording.capital(f"{note}.") for note in times)]),
        drives=_drives_of(scenario, *others) if drives else "",
    )


def drives_said(scenario: Scenario) -> str:
    """Say how wrong the drive times of a scenario are: as held out, or, where they are planned, which way they err."""
    calibration = scenario.calibration
    if calibration is None or not scenario.roads.calibrated:
        return PLANNED
    basis = "" if calibration.basis == "observed" else f" ({calibration.basis} runs)"
    return f"{wording.capital(error_said(scenario))}{basis}"


def _drives_of(*scenarios: Scenario) -> str:
    """Say it once where all are driven alike, else by name."""
    said = {s.name: drives_said(s) for s in scenarios}
    if len(set(said.values())) == 1:
        return said[scenarios[0].name]
    return "; ".join(f"{name}: {wording.lower(text)}" for name, text in said.items())


def header_html(title: str, *, subtitle: str = "", footer: Footer | None = None) -> str:
    """Write the bar on top of a page."""
    notice = f'<p class="fp-notice" role="note">{escape(footer.notice)}</p>' if footer and footer.notice else ""
    below = f"<p>{escape(subtitle)}</p>" if subtitle else ""
    skip = f'<a class="fp-skip" href="#{MAIN}">Skip to the map</a><p class="fp-heard" id="{KEYS}">{KEYS_SAID}</p>'
    return f'{skip}{notice}<header class="fp-head"><h1>{escape(title)}</h1>{below}</header>'


def footer_html(footer: Footer | None) -> str:
    """Write the line at the foot of a page."""
    if footer is None:
        return ""
    said = []
    if footer.basis:
        said.append(f"<strong>{escape(BASES[footer.basis])}</strong>")
    if footer.source:
        said.append(f"Source: {escape(footer.source)}")
    if footer.data_date:
        said.append(f"Data: {escape(footer.data_date)}")
    if footer.method:
        said.append(escape(footer.method))
    if footer.drives:
        said.append(f"<strong>{escape(footer.drives)}</strong>")
    spans = "".join(f"<span>{text}</span>" for text in said)
    return f'<footer class="fp-foot">{spans}</footer>' if said else ""


def main_html(inside: str, *, panes: int = 1) -> str:
    """Write the part of a page that holds its maps."""
    place = f"fp-panes fp-panes-{panes}" if panes > 1 else "fp-panes"
    return f'<main class="{place}" id="{MAIN}" tabindex="-1">{inside}</main>'


def pane_html(
    stage: str,
    *,
    legends: Sequence[Legend],
    heading: str = "",
    subtitle: str = "",
    headline: str = "",
) -> str:
    """Write one map with its legends, and with a heading of its own where several share a page."""
    head = pane_head_html(heading, subtitle=subtitle, headline=headline) if heading else ""
    place = "fp-legends fp-strip" if heading else "fp-legends"
    keys = f'<div class="{place}">{"".join(map(legend_html, legends))}</div>' if legends else ""
    named = f' aria-label="{escape(heading)}"' if heading else ""
    return f'<section class="fp-pane"{named}>{head}<div class="fp-stage">{stage}{keys}</div></section>'


def pane_head_html(heading: str, *, subtitle: str = "", headline: str = "") -> str:
    """Write the heading of one map of several, with the figure that sums it up."""
    figure = f"<strong>{_unparted(headline)}</strong>" if headline else ""
    below = f"<p>{_unparted(subtitle)}</p>" if subtitle else ""
    return f'<div class="fp-pane-head"><div class="fp-headline"><h2>{escape(heading)}</h2>{figure}</div>{below}</div>'


def _unparted(text: str) -> str:
    """Write text in which no line ends between a number and its percent sign."""
    return escape(text).replace(" %", "&nbsp;%")


def shared_legends_html(legends: Sequence[Legend]) -> str:
    """Write the legends that count for every map of a page, below the maps."""
    return f'<div class="fp-shared">{"".join(map(legend_html, legends))}</div>' if legends else ""
