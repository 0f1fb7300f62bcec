"""What each area of a page shows: a new figure, the one shown before, or none."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan.crs import PLACE_GRID_DEG, WGS84
from fireplan.disclosure._marks import SMALLEST
from fireplan.disclosure._publications import Publication, Publications, PublishedFigure
from fireplan.disclosure._series import HELD, RecordSet, Seen, asked_of, day_of, may_be_shown, records_of, seen_by_area
from fireplan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

COARSE_S = 30.0
"""Times of public pages are rounded to this. [s]"""

EVERYWHERE = "everywhere"
"""The area that stands for all records of a page."""


class Shown(NamedTuple):
    """
    What an area shows.

    Attributes
    ----------
    new
        Whether it is the figure of today.
    numbers
        What is shown, by name with its unit; empty: nothing.
    start, end
        The days counted; None: nothing is shown, or nobody knows.
    """

    new: bool
    numbers: Mapping[str, float]
    start: dt.date | None
    end: dt.date | None

    def days(self) -> str:
        """Say which days were counted: the first and the last."""
        if self.start is None or self.end is None:
            return ""
        return f"{self.start.isoformat()} to {(self.end - dt.timedelta(days=1)).isoformat()}"


NOTHING = Shown(new=False, numbers={}, start=None, end=None)


def enough_for(share: float) -> int:
    """
    Say of how many records a percentile may be shown: so many that eleven lie on either side of it.

    Examples
    --------
    >>> enough_for(0.5), enough_for(0.9)
    (22, 110)
    """
    return math.ceil(round(SMALLEST / min(share, 1 - share), 6))


def coarse(time_s: float) -> float:
    """Round a time to half a minute. [s]"""
    return COARSE_S * math.floor(time_s / COARSE_S + 0.5) if np.isfinite(time_s) else np.nan


def zone_keys(zones: gpd.GeoDataFrame, published: Publications | None) -> tuple[str, list[str]]:
    """
    Name zones for the ledger, and all of them together.

    Raises
    ------
    InputError
        If other zones were published before: what one set of zones counts less another gives small counts away.
    """
    outlines = shapely.normalize(shapely.set_precision(zones.geometry.to_crs(WGS84).to_numpy(), PLACE_GRID_DEG))
    marks = [hashlib.sha256(shapely.to_wkb(outline)).hexdigest()[:12] for outline in outlines]
    keys = [f"zone {name} {mark}" for name, mark in zip(zones.index, marks, strict=True)]
    together = f"zones {hashlib.sha256(' '.join(sorted(keys)).encode()).hexdigest()[:12]}"
    for entry in published.entries if published is not None else ():
        if entry.areas.startswith("zones ") and entry.areas != together:
            raise InputError(
                f"these zones are not those published on {entry.date.isoformat()}: two sets of zones give small counts"
                " away by subtraction; publish the zones of then, or begin a new series as docs/publishing.md says"
            )
    return together, keys


def settled(
    records: pd.DataFrame,
    areas: Sequence[tuple[str, NDArray[np.bool_], Mapping[str, float]]],
    *,
    of: Publication,
    published: Publications | None,
) -> tuple[list[Shown], tuple[Publication, ...]]:
    """
    Choose what each area shows of a page of times: a figure changes only with eleven new records.

    Parameters
    ----------
    records
        All that the page counts: where known `day` (ordinal), `category`, `priority`.
    areas
        Of each area its key for the ledger, which records lie in it, and what it would show today, by name with its
        unit; empty: too few.
    of
        The publication, without its figures.
    published
        The ledger.

    Returns
    -------
    What each shows, and the publication to record.
    """
    asked, seen, everywhere = asked_of(records), seen_by_area(published), records_of(records)
    shown, new = [], []
    for key, inside, numbers in areas:
        here = everywhere.part(inside)
        before = [s for s in seen.get(key, []) if (s.entry.kind, s.entry.measure) == (of.kind, of.measure)]
        if numbers and may_be_shown(asked, here, everywhere, before):
            start, end = day_of(asked.start), day_of(asked.end)
            told = tuple((name, float(value)) for name, value in numbers.items())
            new.append(PublishedFigure(key, start, end, (*told, (HELD, float(here.count(asked))))))
            shown.append(Shown(new=True, numbers=dict(numbers), start=start, end=end))
        else:
            shown.append(again(before, asked))
    return shown, (entry_of(of, asked, new, published),)


def again(before: Sequence[Seen], asked: RecordSet) -> Shown:
    """Show the last figure of an area that counts what is asked for, if there is one."""
    same = [s for s in before if s.records.filter == asked.filter]
    if not same:
        return NOTHING
    figure = same[-1].figure
    numbers = {name: value for name, value in figure.numbers if name != HELD}
    return Shown(new=False, numbers=numbers, start=figure.start, end=figure.end)


def entry_of(
    of: Publication, asked: RecordSet, figures: Sequence[PublishedFigure], published: Publications | None
) -> Publication:
    """Make the publication to record."""
    chosen = [None if words is None else tuple(sorted(words)) for words in asked.filter]
    return Publication(
        date=of.date, kind=of.kind, title=of.title, areas=of.areas, categories=chosen[0], priorities=chosen[1],
        measure=of.measure, objective=of.objective, scenario=of.scenario, figures=tuple(figures),
        checked=(published if published is not None else Publications()).mark,
    )  # fmt: skip


def days_of(stamps: pd.Series, timezone: str) -> pd.Series:
    """Give the local day of stamps as a number; missing where there is none."""
    local = pd.to_datetime(stamps, utc=True).dt.tz_convert(timezone).dt.tz_localize(None)
    since: pd.Series = (local - pd.Timestamp(1970, 1, 1)) / pd.Timedelta(days=1)
    days: pd.Series = np.floor(since) + dt.date(1970, 1, 1).toordinal()
    return days
