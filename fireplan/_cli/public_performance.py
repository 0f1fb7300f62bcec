"""Response performance as it may be published: one measure, in coarse figures, checked against all that was."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from fireplan.disclosure import PUBLIC_NOTE, TableScope, publishable
from fireplan.response_performance._performance import tabulated

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import pandas as pd

    from fireplan.project._audience_output import PublicationSeries
    from fireplan.response_performance import Attendance
    from fireplan.response_performance._performance import Observed
    from fireplan.standards import Standard

PUBLIC_NOTES = (
    PUBLIC_NOTE,
    "Times are to 30 seconds. A figure changes only with eleven new records; until then that of before stands.",
    (
        "One interval is told, of the first objective for one unit that the records speak of: from how many records"
        " several have it would follow how few lack a stamp."
    ),
)
TOTAL = "total_response"


def public_tables(
    attendance: Attendance,
    observed: Sequence[Observed],
    standard: Standard,
    ledger: PublicationSeries,
    *,
    names: Sequence[str],
) -> dict[str, pd.DataFrame]:
    """Give the tables of these names as they may be published, that over all first: the others have to fit it."""
    of = (attendance, observed, standard, ledger)
    whole = checked_performance(*of)
    parts = {name: name.partition("_by_")[2] for name in names}
    return {name: checked_performance(*of, by=[by], whole=whole) if by else whole for name, by in parts.items()}


def checked_performance(
    attendance: Attendance,
    observed: Sequence[Observed],
    standard: Standard,
    ledger: PublicationSeries,
    *,
    by: Sequence[str] = (),
    whole: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """
    Give response performance as it may be published, and add it to the ledger.

    Parameters
    ----------
    attendance
        Who went to what.
    observed
        What was measured of it.
    standard
        What it is held to.
    ledger
        What was published before.
    by
        The column that parts it; none: over all.
    whole
        What this gives over all. Groups add up to a figure over all: where that is one of before, groups of now are not
        shown, as the new records would be what they add up to less it.

    Returns
    -------
    A row for each group that may be shown: `title`, `days` (which were counted), `limit_s` [s], `n`, `within`,
    `share`, `p50_s` and `p90_s` [s].
    `attrs` say which `days` were counted, and whether it is a table of before (`again`).
    """
    chosen = _told(observed, standard)
    table = tabulated(attendance, [chosen], list(by)).reset_index()
    held = bool(np.isfinite(chosen.limit_s))
    counts = ["within", "outside"] if held else ["n"]
    if held:
        table["outside"] = table["n"].astype(int) - table["within"].astype(int)
    keys = list(by) or ["measure"]
    table[keys] = table[keys].astype(object).where(table[keys].notna(), "not known").astype(str)
    first, after = _days(attendance)
    scope = TableScope(
        title=f"response performance by {by[0]}" if by else "response performance",
        start=first,
        end=after,
        objective=_defined(chosen, attendance),
    )
    shown, publication = publishable(
        table[[*keys, *counts, "p50_s", "p90_s"]], by=keys, counts=counts, times=["p50_s", "p90_s"], of=scope,
        published=ledger.so_far,
    )  # fmt: skip
    days, again = shown.attrs["days"], shown.attrs["again"]
    if whole is None or again or _fits(whole, days, n=int(table[counts].to_numpy(int).sum())):
        ledger.add(publication)
    else:
        shown = shown.iloc[:0]
    shown = shown[shown[counts].notna().all(axis=1)]
    n = shown[counts].sum(axis=1).astype(int)
    shown = shown.assign(title=chosen.title, limit_s=chosen.limit_s, n=n)
    shown["share"] = (shown["within"].astype(float) / n).round(2) if held else np.nan
    shown["days"] = days
    kept = ["title", "days", "limit_s", "n", *(["within"] if held else []), "share", "p50_s", "p90_s"]
    told = shown[[*by, *kept]].reset_index(drop=True)
    told.attrs = {"days": days, "again": again}
    return told


def _fits(whole: pd.DataFrame, days: str, *, n: int) -> bool:
    """Whether groups of these days and so many records add up to what is published over all."""
    same = whole.attrs["days"] == days and len(whole) == 1 and int(whole["n"].iloc[0]) == n
    return same or not whole.attrs["again"]


def _told(observed: Sequence[Observed], standard: Standard) -> Observed:
    """Choose what is told: the first objective of one unit that the records speak of, or total response."""
    known = {o.measure: o for o in observed}
    for goal in standard.planned:
        found = known.get(goal.key)
        one = len(goal.needs) == 1 and sum(goal.needs.values()) == 1
        if one and found is not None and np.isfinite(found.seconds).any():
            return found
    return known[TOTAL]


def _defined(chosen: Observed, attendance: Attendance) -> str:
    """Name what is told for the ledger: a figure of before stands only where it counts the same, to the same limit."""
    policy = json.dumps(asdict(attendance.policy), sort_keys=True, default=str)
    mark = hashlib.sha256(policy.encode()).hexdigest()[:12]
    return f"{chosen.measure}, {chosen.interval}, {chosen.limit_s:g} s, {mark}"


def _days(attendance: Attendance) -> tuple[date, date] | tuple[None, None]:
    """Give the first day that is counted, and the one after the last; None where it is not known when calls were."""
    local = attendance.incidents["local"].dropna()
    if not len(local):
        return None, None
    return local.min().date(), local.max().date() + timedelta(days=1)
