"""Reasons why objectives were missed, added up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan.response_performance._missed_parts import REASONS

if TYPE_CHECKING:
    from fireplan.response_performance._reason_chances import ReasonChances

DECIMALS = 6
"""To which expected numbers are told, so that sums are free of what rounding leaves."""


def counted(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """
    Count incidents by groups and reason.

    Parameters
    ----------
    table
        One row per incident: its groups, `reason`, `alone` and `over_s` [s].
    by
        Names of the groups.

    Returns
    -------
    See `Missed.totals`.
    """
    grouping = table.groupby([*by, "reason"], observed=True, dropna=False)
    counts = pd.DataFrame(
        {
            "incidents": grouping.size(),
            "alone": grouping["alone"].sum().astype("int64"),
            "over_p50_s": grouping["over_s"].quantile(0.5, interpolation="lower"),
        }
    )
    found = _with_shares(_complete(counts, by), by)
    return found.astype({"incidents": "int64", "alone": "int64", "known": "int64"})


def expected(table: pd.DataFrame, by: list[str], chances: ReasonChances) -> pd.DataFrame:
    """Add up how likely each reason is, by groups; see `counted`, and `Missed.totals` for what is returned."""
    n, names = len(table), list(REASONS)
    long = table.loc[table.index.repeat(len(names)), [*by, "over_s"]].assign(
        reason=pd.Categorical(names * n, categories=names),
        incidents=chances.chances.to_numpy().ravel(),
        alone=chances.alone.to_numpy().ravel(),
    )
    long = long[long["incidents"] > 0]
    keys = [*by, "reason"]
    long = long.sort_values("over_s", kind="stable")
    grouping = long.groupby(keys, observed=True, dropna=False)
    counts = grouping[["incidents", "alone"]].sum().round(DECIMALS)
    # The middle one by weight: the first with which half of it is reached.
    whole = grouping["incidents"].transform("sum")
    reached = long[grouping["incidents"].cumsum() >= whole / 2 - 10.0**-DECIMALS]
    counts["over_p50_s"] = reached.groupby(keys, observed=True, dropna=False)["over_s"].first()
    found = _with_shares(_complete(counts, by), by)
    found.attrs["chances"] = True
    return found


def _with_shares(counts: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Add how many reasons are known, and the share of each of these."""
    explained = counts["incidents"].where(counts.index.get_level_values("reason") != "unknown")
    known = explained.groupby(level=by, dropna=False, sort=False).transform("sum") if by else explained.sum()
    counts["known"] = known
    counts["share"] = (explained / known).where(np.asarray(counts["known"] > 0))
    return counts[["incidents", "known", "share", "alone", "over_p50_s"]]


def _complete(counts: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Give every group every reason, in their order."""
    if not by:
        table = counts.reindex(pd.Index(list(REASONS), name="reason"))
    else:
        groups = counts.reset_index()[by].drop_duplicates()
        whole = groups.merge(pd.DataFrame({"reason": list(REASONS)}), how="cross")
        flat = counts.reset_index().astype({"reason": "str"})
        table = whole.merge(flat, on=[*by, "reason"], how="left").set_index([*by, "reason"])
    return table.fillna({"incidents": 0, "alone": 0})
