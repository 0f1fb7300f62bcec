"""Times in which a unit is out of service, besides its schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan.errors import InputError
from fireplan.response_performance._time_bins import Spans, staffed_spans, without

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fireplan.response_performance._time_bins import LocalPeriod

    SpellsOut = Mapping[str, str | Sequence[str | tuple[str, str]]]


def without_spells(spans: Spans, spells: str | Sequence[str | tuple[str, str]], clock: LocalPeriod, who: str) -> Spans:
    """
    Take spells out of service from the time on duty of one unit.

    Parameters
    ----------
    spans
        When it is on duty.
    spells
        Hours of every week such as "Mon-Fri 08:00-20:00", or begins and ends in local time.
    clock
        The period, with its time zone.
    who
        Named where a spell cannot be read.
    """
    for spell in (spells,) if isinstance(spells, str) else spells:
        spans = without(spans, staffed_spans(spell, clock) if isinstance(spell, str) else _spell(spell, clock, who))
    return spans


def _spell(spell: tuple[str, str], clock: LocalPeriod, who: str) -> Spans:
    try:
        begin, end = (pd.Timestamp(time) for time in spell)
    except (ValueError, TypeError) as error:
        raise InputError(f"{who}: {spell!r} is no begin and end: write ('2025-01-01 08:00', '2025-01-02')") from error
    begin_us, end_us = (
        (t if t.tzinfo else t.tz_localize(clock.timezone, ambiguous=True, nonexistent="shift_forward"))
        .tz_convert("UTC")
        .as_unit("us")
        .asm8.astype(np.int64)
        for t in (begin, end)
    )
    if not begin_us < end_us:
        raise InputError(f"{who}: {spell!r} ends no later than it begins")
    return Spans(np.zeros(1, np.int64), np.array([begin_us]), np.array([end_us]))
