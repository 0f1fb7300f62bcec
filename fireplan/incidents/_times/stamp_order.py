"""The order of a response's stamps, what breaks it, and the intervals between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan.incidents._columns_and_types import CALL_TIMES, NO_STAMP, TIMES, Flags, Floats, Ints, Spans, Stamps

if TYPE_CHECKING:
    from fireplan.incidents._ledger.ledger import Ledger
    from fireplan.incidents._rows import OrderedRows

RECEIVED, DISPATCHED, ENROUTE, ARRIVED, CLEARED = range(5)
DROPPED_FIRST = (
    CLEARED,
    ENROUTE,
    ARRIVED,
    DISPATCHED,
    RECEIVED,
)  # where two stamps contradict each other and no third tells
DAY = np.timedelta64(24 * 3600, "s")
HALF_A_DAY = np.timedelta64(12 * 3600, "s")
FEWEST_STAMPS = 6  # to speak of a resolution
FEWEST_INTERVALS = 10  # to speak of a usual one
LONG_S, MANY_TIMES = 3 * 3600.0, 20.0  # an interval over both, the second of the usual one, has a wrong stamp


@dataclass(frozen=True)
class Flagged:
    """What kind of response each row is."""

    cancelled: Flags
    on_view: Flags
    already_on_road: Flags


def drop_reversed(stamps: Stamps, lines: Ints, *, ledger: Ledger) -> Stamps:
    """
    Drop the values that contradict the order received, dispatched, enroute, arrived, cleared.

    Of a row's stamps the one in most contradictions goes first, until none is left. Where two contradict only each
    other, the one dropped is the later in the order, save that `enroute` goes rather than `arrived`: a late press
    of the en-route button is the usual cause, and the total response is kept.
    """
    stamps = stamps.copy()
    rows = np.flatnonzero(_any_reversed(stamps))
    for _ in range(len(TIMES) - 1):
        reversed_ = _reversals(stamps[rows])
        counts = reversed_.sum(axis=1)
        left = counts.any(axis=1)
        rows, reversed_, counts = rows[left], reversed_[left], counts[left]
        if not len(rows):
            break
        ranked = counts[:, DROPPED_FIRST]
        worst = np.array(DROPPED_FIRST)[ranked.argmax(axis=1)]
        for column in range(len(TIMES)):
            hit = rows[worst == column]
            against = reversed_[worst == column, column, :].argmax(axis=1)
            for other in np.unique(against):
                earlier, later = sorted((int(column), int(other)))
                code = f"{TIMES[later]}_before_{TIMES[earlier]}"
                these = hit[against == other]
                back = stamps[these, earlier] - stamps[these, later]
                kept_date = (back > HALF_A_DAY) & (back <= DAY)
                ledger.add("date_not_turned", lines[these[kept_date]], column=TIMES[column], detail=code)
                ledger.add(code, lines[these[~kept_date]], column=TIMES[column])
            stamps[hit, column] = NO_STAMP
    return stamps


def _any_reversed(stamps: Stamps) -> Flags:
    """Flag the rows with any two stamps in the wrong order."""
    found = np.zeros(len(stamps), dtype=bool)
    for later in range(1, len(TIMES)):
        for earlier in range(later):
            found |= stamps[:, earlier] > stamps[:, later]
    return found


def _reversals(stamps: Stamps) -> Flags:
    """Flag by row the pairs of stamps in the wrong order; NaT contradicts nothing."""
    ordered = np.triu(np.ones((len(TIMES), len(TIMES)), dtype=bool), k=1)
    wrong = (stamps[:, :, None] > stamps[:, None, :]) & ordered
    return np.asarray(wrong | wrong.transpose(0, 2, 1))


def check_staged(stamps: Stamps, staged: Stamps, lines: Ints, *, ledger: Ledger) -> Stamps:
    """Drop the times of staging that lie before the unit went en route or after it cleared."""
    early = staged < stamps[:, ENROUTE]
    late = ~early & (staged > stamps[:, CLEARED])
    ledger.add("staged_before_enroute", lines[early], column="staged")
    ledger.add("cleared_before_staged", lines[late], column="staged")
    return np.where(early | late, NO_STAMP, staged)


def check_call_times(stamps: Stamps, more: dict[str, Stamps], lines: Ints, *, ledger: Ledger) -> dict[str, Stamps]:
    """Drop the times of the call itself that lie before it came in, and of answering those after the dispatch."""
    kept = dict(more)
    for name in (name for name in CALL_TIMES if name in more):
        early = more[name] < stamps[:, RECEIVED]
        late = ~early & (more[name] > stamps[:, DISPATCHED]) & (name == "answered")
        ledger.add(f"{name}_before_received", lines[early], column=name)
        ledger.add("dispatched_before_answered", lines[late], column=name)
        kept[name] = np.where(early | late, NO_STAMP, more[name])
    return kept


def flag(stamps: Stamps, given: Flags, *, lines: Ints, ledger: Ledger, called_off: Flags | None = None) -> Flagged:
    """
    Find responses cancelled, seen by the unit itself or already on the road, and note what is missing or too long.

    Parameters
    ----------
    stamps
        UTC, in order.
    given
        Flags the stamps that the file has, dropped ones included: a unit whose arrival was dropped was not
        cancelled.
    lines, ledger
        Where the rows stand, and what takes the notes.
    called_off
        Flags the responses with a stamp of being cancelled en route, where the file has such a column.
    """
    received, dispatched, enroute, arrived, _ = stamps.T
    coarse = _to_the_minute(stamps, lines, ledger=ledger)
    # Two stamps of the same minute say nothing of a unit that was there already, or moving already.
    at_once = (received == dispatched) & (dispatched == arrived) & (~given[:, ENROUTE] | (enroute == arrived))
    on_view = at_once & (not coarse[[RECEIVED, DISPATCHED, ARRIVED]].any())
    on_road = (enroute == dispatched) & ~on_view & (not coarse[[DISPATCHED, ENROUTE]].any())
    off = np.zeros(len(lines), dtype=bool) if called_off is None else called_off
    cancelled = ~given[:, ARRIVED] & (given[:, CLEARED] | off)
    ledger.add("cancelled_but_arrived", lines[off & given[:, ARRIVED]], column="cancelled_enroute")
    ledger.add("on_view", lines[on_view])
    ledger.add("already_on_road", lines[on_road], column="enroute")
    ledger.add("cancelled", lines[cancelled], column="arrived")
    gone = ~given
    gone[:, ARRIVED] &= ~cancelled
    gone[:, ENROUTE] &= ~on_view
    for column, name in enumerate(TIMES):
        ledger.add(f"{name}_missing", lines[gone[:, column]], column=name)
    ledger.add("over_24_hours", lines[_span(stamps) >= DAY])
    return Flagged(cancelled, on_view, on_road)


def _to_the_minute(stamps: Stamps, lines: Ints, *, ledger: Ledger) -> Flags:
    """Find the columns whose stamps all fall on full minutes, and note them; all of them if the whole table's do."""
    there = ~np.isnat(stamps)
    whole = ~there | (stamps == stamps.astype("datetime64[m]"))
    if there.sum() >= FEWEST_STAMPS and whole.all():
        ledger.add("minute_resolution", lines)
        return np.ones(len(TIMES), dtype=bool)
    coarse = np.asarray(whole.all(axis=0))
    for column in np.flatnonzero(coarse):
        # One stamp that many rows share says as little of a resolution as one row does.
        coarse[column] = len(np.unique(stamps[there[:, column], column])) >= FEWEST_STAMPS
    for column in np.flatnonzero(coarse):
        ledger.add("minutes_in_column", lines[there[:, column]], column=TIMES[column])
    return coarse


def _span(stamps: Stamps) -> Spans:
    return np.asarray(np.fmax.reduce(stamps, axis=1) - np.fmin.reduce(stamps, axis=1))


def intervals(stamps: Stamps, flagged: Flagged) -> dict[str, Floats]:
    """
    Work out the intervals of each response in the terms of NFPA 1710.

    Returns
    -------
    `call_processing_s` from received to this unit's dispatch, which is call handling under its former name, `turnout_s`
    from dispatched to enroute, `travel_s` from enroute to arrived, `total_response_s` from received to arrived; NaN
    where a stamp is unknown. Turnout is NaN for a unit already on the road, all are NaN for a call that the unit saw
    itself. [s]

    References
    ----------
    .. [1] NFPA 1710 chapter 3 (now NFPA 1750), definitions of alarm handling, turnout and travel time. Answering and
       processing, of which handling is made, are of the incident: `fireplan.response_performance.attend`.
    """
    pairs = {
        "call_processing_s": (RECEIVED, DISPATCHED),
        "turnout_s": (DISPATCHED, ENROUTE),
        "travel_s": (ENROUTE, ARRIVED),
        "total_response_s": (RECEIVED, ARRIVED),
    }
    result = {name: _seconds(stamps[:, end] - stamps[:, start]) for name, (start, end) in pairs.items()}
    result["turnout_s"][flagged.already_on_road] = np.nan
    for values in result.values():
        values[flagged.on_view] = np.nan
    return result


def _seconds(difference: Spans) -> Floats:
    seconds = difference.astype("timedelta64[us]").astype(np.int64) / 1e6
    return np.where(np.isnat(difference), np.nan, seconds)


def note_outliers(lengths: dict[str, Floats], lines: Ints, *, ledger: Ledger) -> None:
    """Note intervals of hours where the usual ones are minutes; they stand, for a cap on intervals is the user's."""
    for name, length in lengths.items():
        long = length > LONG_S
        if not long.any() or np.isfinite(length).sum() < FEWEST_INTERVALS:
            continue
        usual = float(np.nanmedian(length))
        long &= length > MANY_TIMES * usual
        detail = (
            f"{name} up to {wording.passed(float(np.nanmax(length)))}, usually {wording.passed(usual)}"
            if long.any()
            else ""
        )
        ledger.add("interval_outlier", lines[long], column=name, detail=detail)


def check_two_places(rows: OrderedRows, *, ledger: Ledger) -> None:
    """
    Note units that are on two incidents at once.

    A unit dispatched again before it cleared is only counted: that is how units are sent from a scene. A response
    that begins and ends while the same unit is on another incident is a status error and is noted with the unit.

    Parameters
    ----------
    rows
        With `unit_id`, `dispatched` and `cleared`.
    ledger
        Takes the counts.
    """
    table = rows.table
    known = np.flatnonzero((table["dispatched"].notna() & table["cleared"].notna()).to_numpy()[rows.order])
    if rows.unit is None or not len(known):
        return
    at = rows.order[known]
    start, end = (np.asarray(table[name].astype("int64"), dtype=np.int64)[at] for name in ("dispatched", "cleared"))
    unit, incident = rows.unit[known], rows.incident[known]
    order = np.lexsort((incident, -end, start, unit))
    start, end, unit, incident = start[order], end[order], unit[order], incident[order]
    lines = rows.lines[known[order]]
    holder = _holder(unit, end)
    busy = (holder != np.arange(len(holder))) & (start < end[holder])
    other = busy & (incident != incident[holder])
    inside = other & (start > start[holder]) & (end < end[holder])
    ledger.add("unit_overlap", lines[other & ~inside], column="unit_id")
    first = np.flatnonzero(inside)[np.argsort(unit[inside], kind="stable")[:50]]
    units = dict.fromkeys(str(name)[:20] for name in table["unit_id"].iloc[at[order[first]]])
    detail = f"units {', '.join(units)}" if units else ""
    ledger.add("unit_in_two_places", lines[inside], column="unit_id", detail=detail)


def _holder(unit: Ints, end: Ints) -> Ints:
    """Give for each row, sorted by unit and start, the unit's earlier row that ends last; itself if there is none."""
    row = np.arange(len(unit))
    first = np.append(True, unit[1:] != unit[:-1])
    # Ends as ranks, and those of each unit above all of the unit before: so one running maximum serves all units.
    _, rank = np.unique(end, return_inverse=True)
    height = (np.cumsum(first) - 1) * len(unit) + rank
    highest = np.maximum.accumulate(height)
    highest_at = np.maximum.accumulate(np.where(np.append(True, highest[1:] > highest[:-1]), row, 0))
    return np.where(first, row, np.append(0, highest_at[:-1]))
