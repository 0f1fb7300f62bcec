"""For whom a page is: what it may show, and what stands over it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from fireplan.comparison import Comparison
from fireplan.disclosure import PUBLIC_NOTE, mark_of
from fireplan.disclosure._zones_of_incidents import refuse_zones_of_incidents
from fireplan.errors import InputError, quoted
from fireplan.maps._pages.page_frame import Footer
from fireplan.measures import Assessment, assess
from fireplan.scenario import Scenario

if TYPE_CHECKING:
    from fireplan.disclosure import Profile
    from fireplan.maps._pages.written_page import WrittenPage

Subject = TypeVar("Subject", Scenario, Assessment, Comparison)
Made = TypeVar("Made", bound="WrittenPage")

COUNTS = re.compile(r"(?:, |; | )?\(n = [\d,.\u202f\u00a0]+[^()]*\)|(?:, |; | )?n = \d[\d,]*(?: [a-z]+)?")
"""A count of runs in what is said of drives."""

WITHOUT_INCIDENTS = "Incidents are not counted on this public page."


def for_audience(subject: Subject, profile: Profile | None) -> Subject:
    """
    Leave out of what is drawn whatever its readers may not see.

    Parameters
    ----------
    subject
        What is to be drawn.
    profile
        "public": incidents are taken out, at their points and counted by zone, so that no card, legend or total can
        give one away. "internal", or none: all stays.
    """
    if profile is not None:
        mark_of(profile)
    if profile != "public":
        return subject
    made: Any
    if isinstance(subject, Comparison):
        made = Comparison(tuple(for_audience(assessment, profile) for assessment in subject.assessments))
    elif isinstance(subject, Assessment):
        made = assess(for_audience(subject.scenario, profile), standard=subject.standard)
    else:
        chosen = [s.words for s in subject.selections if s.of_incidents]
        if chosen:
            raise InputError(
                f"{quoted(subject.name)} was narrowed to incidents ({chosen[0]}), which a public page does not show:"
                " draw the scenario it was narrowed from, or leave profile='public' out"
            )
        refuse_zones_of_incidents(subject)
        made = replace(subject, incidents=None, zones=subject.zones.drop(columns="incidents", errors="ignore"))
    return made  # type: ignore[no-any-return]


def marked(page: Made, profile: Profile | None, *, note: str = WITHOUT_INCIDENTS) -> Made:
    """Say on a page for whom it is: RESTRICTED over an internal one, what was left out under a public one."""
    footer = page.footer or Footer()
    if profile == "internal":
        page.footer = replace(footer, notice=mark_of(profile))
    elif profile == "public":
        page.footer = replace(
            footer,
            notice="",
            drives=without_counts(footer.drives),
            method=" ".join(text for text in (footer.method, note) if text),
        )
    return page


def without_counts(text: str) -> str:
    """
    Leave out of what is said of drives how many runs it was learnt from.

    Examples
    --------
    >>> without_counts("Median error 0:29 (n = 1,234 runs), 80 % within 1:00; n = 7")
    'Median error 0:29, 80 % within 1:00'
    """
    return COUNTS.sub("", text)


def today() -> dt.date:
    """Give the day on which a publication is made."""
    return dt.datetime.now(tz=dt.UTC).date()


COUNTED_SAFELY = PUBLIC_NOTE
"""What stands under a public page that counts incidents."""
