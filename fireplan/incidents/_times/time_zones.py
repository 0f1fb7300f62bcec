"""Local times to instants: the hour that is skipped, the hour that comes twice, and where a zone lies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np
import pandas as pd

from fireplan.errors import InputError, quoted
from fireplan.incidents._columns_and_types import STAMP, Flags, Ints, Stamps
from fireplan.incidents._ledger.ids import numbered

if TYPE_CHECKING:
    import numpy.typing as npt

_ISO6709 = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?([+-])(\d{3})(\d{2})(\d{2})?")


@dataclass(frozen=True)
class Instants:
    """
    Stamps by row and column.

    `utc` holds the instants; `skipped` flags times that the clocks skipped, `twice` those that came twice, and
    `unsettled`, by row, those of which the order of the stamps could not tell which of the two it was.
    """

    utc: Stamps
    skipped: Flags
    twice: Flags
    unsettled: Flags


def known_zone(timezone: str) -> ZoneInfo:
    """
    Look up an IANA time zone.

    Raises
    ------
    InputError
        If there is none of that name; a similar one is suggested.
    """
    try:
        return ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError, AttributeError) as error:
        close = _similar_zones(str(timezone))
        mend = f"did you mean {close}?" if close else "give an IANA name such as 'America/Los_Angeles'"
        raise InputError(f"there is no time zone {quoted(timezone)}: {mend}") from error


def _similar_zones(text: str) -> str:
    names = {name.casefold(): name for name in available_timezones()}
    cities = {name.rsplit("/", 1)[-1]: full for name, full in sorted(names.items())}
    asked = text.casefold().replace(" ", "_")
    for pool in (names, cities):
        close = get_close_matches(asked, pool, n=1, cutoff=0.75)
        if close:
            return quoted(pool[close[0]])
    return ""


def to_instants(local: Stamps, instant: Stamps, *, zone: ZoneInfo, incidents: pd.Series[str]) -> Instants:
    """
    Turn local stamps into instants.

    A time that came twice is settled by the order of the row's own stamps: of the readings in which the first ones
    lie before the clocks went back and the others after, the one with the fewest reversals and then the shortest
    span is taken. All rows of an incident agree on `received`, the first column. Where both readings are as good,
    the earlier is taken and the row is flagged.

    Parameters
    ----------
    local
        Wall-clock times, one row per response, one column per stamp in the order in which they happen; NaT where
        there is none.
    instant
        UTC where the text gave an offset: it stands as it is. The array is used up.
    zone
        Of the wall clock.
    incidents
        The incident of each row.
    """
    utc = instant  # not copied: a million rows take room
    skipped, twice = np.zeros(local.shape, dtype=bool), np.zeros(local.shape, dtype=bool)
    later: dict[int, Stamps] = {}
    for column in range(local.shape[1]):  # one by one: a million rows take room
        early, late, doubtful = both_readings(local[:, column], zone)
        skipped[doubtful, column] = np.isnat(early[doubtful])
        twice[doubtful, column] = early[doubtful] < late[doubtful]
        np.copyto(utc[:, column], early, where=np.isnat(instant[:, column]))
        if twice[:, column].any():
            later[column] = late
    unsettled = np.zeros(len(local), dtype=bool)
    if later:
        number = numbered(incidents)
        rows = np.flatnonzero(np.isin(number, number[twice.any(axis=1)]))
        second = utc[rows]
        for column, late in later.items():
            second[:, column] = np.where(twice[rows, column], late[rows], second[:, column])
        utc[rows], unsettled[rows] = _settled(utc[rows], second, incidents=number[rows])
        unsettled &= twice.any(axis=1)
    return Instants(utc, skipped, twice, unsettled)


def both_readings(local: Stamps, zone: ZoneInfo) -> tuple[Stamps, Stamps, Ints]:
    """
    Turn local stamps into instants.

    Returns
    -------
    The earlier and the later instant that each may be, which differ where a time came twice and are NaT where the
    clocks skipped it; and the places of these two kinds.
    """
    there = pd.DatetimeIndex(local).tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    early = late = np.array(there.asi8).view(STAMP)  # those of a time with a zone are in UTC
    doubtful = np.flatnonzero(np.isnat(early) & ~np.isnat(local))
    if len(doubtful):
        late = early.copy()
        one, two = (localised(local[doubtful], zone, first=first) for first in (True, False))
        early[doubtful], late[doubtful] = np.fmin(one, two), np.fmax(one, two)
    return early, late, doubtful


def localised(local: Stamps, zone: ZoneInfo, *, first: bool) -> Stamps:
    """
    Turn local stamps into instants, one after the other; NaT where the clocks skipped the time.

    Parameters
    ----------
    local
        Wall-clock times.
    zone
        Of the wall clock.
    first
        Which to take of a time that came twice.
    """
    flat = pd.DatetimeIndex(local)
    ambiguous: npt.NDArray[np.bool_] = np.full(len(flat), first)
    there = flat.tz_localize(zone, ambiguous=ambiguous, nonexistent="NaT")
    return there.tz_convert("UTC").tz_localize(None).to_numpy().astype(STAMP)


def _settled(early: Stamps, late: Stamps, *, incidents: Ints) -> tuple[Stamps, Flags]:
    """Choose for each row from which stamp on the later reading holds."""
    width = early.shape[1]
    readings = np.stack([np.hstack([early[:, :n], late[:, n:]]) for n in range(width, -1, -1)])  # all early first
    cost = np.stack([_cost(reading) for reading in readings])
    groups = pd.Series(incidents)
    by_received = [cost[:-1].min(axis=0), cost[-1]]  # received early: all readings but the last
    total_early, total_late = (pd.Series(c).groupby(groups).transform("sum").round(3).to_numpy() for c in by_received)
    shared = early[:, 0] != late[:, 0]
    cost[:-1, shared & (total_late < total_early)] = np.inf
    cost[-1, shared & (total_late >= total_early)] = np.inf
    chosen = cost.argmin(axis=0)
    settled = readings[chosen, np.arange(early.shape[0])]
    all_early, all_late = _cost(early), _cost(late)
    tie = np.where(shared, total_early == total_late, all_early == all_late)
    return settled, tie


def _cost(reading: Stamps) -> npt.NDArray[np.float64]:
    """Reversals first, then the span in seconds."""
    seconds = reading.astype(np.int64) / 1e6
    seconds[np.isnat(reading)] = np.nan
    filled = pd.DataFrame(seconds).ffill(axis=1).to_numpy()
    reversals = (np.diff(filled, axis=1) < 0).sum(axis=1)
    known = ~np.isnan(seconds)
    high = np.where(known, seconds, -np.inf).max(axis=1)
    low = np.where(known, seconds, np.inf).min(axis=1)
    span = np.where(known.any(axis=1), high - low, 0.0)
    return np.asarray(np.round(reversals * 1e9 + span, 3))


@cache
def zone_place(timezone: str) -> tuple[float, float] | None:
    """Give latitude and longitude of a zone's principal place by the tz database; None if it has none. [degrees]"""
    text = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    for line in text.splitlines():
        fields = line.split("\t")
        if not line.startswith("#") and len(fields) > 2 and fields[2] == timezone:
            found = _ISO6709.fullmatch(fields[1])
            return (_degrees(found.groups()[:4]), _degrees(found.groups()[4:])) if found else None
    return None


def _degrees(parts: tuple[str | None, ...]) -> float:
    sign, degrees, minutes, seconds = parts
    value = int(degrees or 0) + int(minutes or 0) / 60 + int(seconds or 0) / 3600
    return -value if sign == "-" else value
