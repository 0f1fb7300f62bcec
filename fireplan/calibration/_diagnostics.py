"""How wrong modelled drives are, as tables: observed against predicted, and the error by what runs have in common."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan._frozen_tables import FrozenTable, freeze_own
from fireplan._one_release import OfOneRelease
from fireplan.calibration._do_not_use import do_not_use
from fireplan.errors import Faults, InputError
from fireplan.response_performance._statistics import FEWEST, percentile, percentile_interval, share_interval

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from fireplan.drive_times import Calibration
    from fireplan.scenario import Scenario

NEEDED = ("observed_s", "median_s")
"""Columns of runs without which nothing can be said. [s]"""

P90 = "p90_s"
BY_STATION, BY_HOUR, BY_DISTANCE, BY_CLASS = "station_id", "hour", "km", "highway"
FIFTHS = np.linspace(0, 1, 6)

COLUMNS = [
    "n", "observed_s", "predicted_s", "bias_s", "bias_low_s", "bias_high_s", "median_error_s", "median_error_low_s",
    "median_error_high_s", "p90_error_s", "below_p90", "below_p90_low", "below_p90_high",
]  # fmt: skip


@takes
@dataclass(frozen=True, eq=False, repr=False)
class Diagnostics(OfOneRelease):
    """
    How wrong modelled drives are where they were not fitted.

    Attributes
    ----------
    tables, runs
        The tables by name, and the runs they are of, frozen; each table is a property too.
    do_not_use_for
        What the drives must not be used for, as sentences, each from what the runs do not hold or where they are wrong.
    fold
        What was left out when a run was predicted, such as "week"; "fold": no calibration was given that says.
    """

    tables: dict[str, FrozenTable[pd.DataFrame]]
    do_not_use_for: tuple[str, ...]
    runs: FrozenTable[pd.DataFrame]
    fold: str = "fold"

    def __repr__(self) -> str:
        """Say the error over all, and what not to use it for."""
        row = self.over_all.iloc[0]
        head = (
            f"Held-out error of {wording.counted(row['n'], 'run')}: median {wording.number(row['median_error_s'])} s,"
            f" p90 {wording.number(row['p90_error_s'])} s, bias {wording.signed(row['bias_s'])} s"
        )
        return "\n  ".join([head, *(f"not for: {text}" for text in self.do_not_use_for)])

    @property
    def over_all(self) -> pd.DataFrame:
        """All runs in one row; columns as `by_fifth`."""
        return self.tables["over_all"].view()

    @property
    def by_fifth(self) -> pd.DataFrame:
        """
        Observed against predicted, by fifths of the predicted time.

        Returns
        -------
        By `predicted`, such as "2:10 to 2:51": `n` runs, the medians `observed_s` and `predicted_s` [s], `bias_s`,
        median of predicted less observed (negative: told too short) with its 95 % interval `bias_low_s` and
        `bias_high_s` [s], `median_error_s` with its interval and `p90_error_s`, median and 90th percentile of the
        absolute error [s], `below_p90`, the share of runs that took no longer than their predicted 90th percentile,
        with its interval. Groups of fewer than ten runs have no figure (NaN); an end of an interval that too few runs
        reach is infinite.
        """
        return self.tables["by_fifth"].view()

    @property
    def by_station(self) -> pd.DataFrame:
        """By `station_id`, columns as `by_fifth`; no row where runs do not say."""
        return self.tables["by_station"].view()

    @property
    def by_hour(self) -> pd.DataFrame:
        """By `hour` of the day, 0 to 23, columns as `by_fifth`; no row where runs do not say."""
        return self.tables["by_hour"].view()

    @property
    def by_distance(self) -> pd.DataFrame:
        """By fifths of `km` driven, columns as `by_fifth`; no row where runs do not say."""
        return self.tables["by_distance"].view()

    @property
    def by_class(self) -> pd.DataFrame:
        """By the class of road that carries most of a run (`highway`), columns as `by_fifth`; no row as above."""
        return self.tables["by_class"].view()


@takes
def diagnostics(
    runs: pd.DataFrame, calibration: Calibration | None = None, scenario: Scenario | None = None
) -> Diagnostics:
    """
    Say how wrong modelled drives are, and what they must not be used for.

    Parameters
    ----------
    runs
        From `held_out_runs`: one row for each, with `observed_s`, and what was modelled without the run itself:
        `median_s` [s]. As far as there: `p90_s` [s], `station_id`, `hour` (0 to 23), `km` driven, `highway` (the class
        that carries most of the way), `day`.
    calibration
        What was learnt from them; left out: nothing is said of classes and of the error without a station.
    scenario
        The department: which stations and classes it has.

    Returns
    -------
    Tables and sentences; see `Diagnostics`.

    Raises
    ------
    InputError
        If a column is missing, is not a time, or there are fewer than ten runs.

    Examples
    --------
    >>> import numpy as np, pandas as pd, fireplan as fp
    >>> modelled_s = np.linspace(60, 300, 100)
    >>> runs = pd.DataFrame({"observed_s": modelled_s + 20, "median_s": modelled_s, "p90_s": modelled_s * 1.4})
    >>> found = fp.calibration.diagnostics(runs)
    >>> found.by_fifth["bias_s"].head(2).to_dict()
    {'1:00 to 1:48': -20.0, '1:48 to 2:36': -20.0}
    """
    _check(runs)
    known = runs[np.isfinite(runs[list(NEEDED)].to_numpy(float)).all(axis=1)]
    if len(known) < FEWEST:
        raise InputError(f"there are {len(known)} runs with all times: an error is told from {FEWEST} on")
    errors = _Errors(*(_numbers(known, c) for c in (*NEEDED, P90)))
    tables = {"over_all": errors.table([np.ones(len(known), dtype=bool)], pd.Index(["all runs"], name="runs"))}
    tables["by_fifth"] = errors.by_fifths(errors.median_s, "predicted", wording.span)
    tables["by_distance"] = errors.by_fifths(_numbers(known, BY_DISTANCE), "km", _km_said)
    tables["by_station"] = errors.by_values(known, BY_STATION)
    tables["by_class"] = errors.by_values(known, BY_CLASS)
    tables["by_hour"] = errors.by_values(known, BY_HOUR, every=range(24))
    said = do_not_use(known, tables, calibration, scenario)
    kept = pd.DataFrame(known.drop(columns=[c for c in known.columns if str(known[c].dtype) == "geometry"]))
    fold = "fold" if calibration is None else wording.singular(calibration.error.held_out)
    return Diagnostics({name: freeze_own(t) for name, t in tables.items()}, tuple(said), freeze_own(kept), fold)


def _check(runs: pd.DataFrame) -> None:
    faults = Faults("runs")
    for column in NEEDED:
        if column not in runs:
            faults.add(f"column {column!r} is missing: give the table of `fireplan.calibration.held_out_runs`")
        elif not pd.api.types.is_numeric_dtype(runs[column]) or pd.api.types.is_bool_dtype(runs[column]):
            faults.add(f"column {column!r} holds no numbers: give seconds")
        elif (runs[column] <= 0).any():
            row = int(np.argmax((runs[column] <= 0).to_numpy()))
            faults.add(f"column {column!r}, row {row}: {runs[column].iloc[row]!r} s is no drive: leave it out")
    faults.raise_if_any()


def _numbers(runs: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Give a column as numbers; NaN where it is missing."""
    if column not in runs:
        return np.full(len(runs), np.nan)
    return pd.to_numeric(runs[column], errors="coerce").to_numpy(float)


def _km_said(low_km: float, high_km: float) -> str:
    return f"{wording.distance(1000 * low_km)} to {wording.distance(1000 * high_km)}"


class _Errors:
    """Errors of all runs, to be told of any of them."""

    def __init__(
        self, observed_s: NDArray[np.float64], median_s: NDArray[np.float64], p90_s: NDArray[np.float64]
    ) -> None:
        self.observed_s, self.median_s = observed_s, median_s
        self.error_s = median_s - observed_s
        self.told, self.below = np.isfinite(p90_s), observed_s <= p90_s

    def by_values(self, runs: pd.DataFrame, column: str, every: Sequence[int] | range = ()) -> pd.DataFrame:
        """Tell them by the values of a column, in order."""
        if column not in runs:
            return self.table([], pd.Index([], name=column))
        values = runs[column]
        groups = list(every) or sorted(values.dropna().unique().tolist(), key=str)
        return self.table([(values == g).to_numpy(bool) for g in groups], pd.Index(groups, name=column))

    def by_fifths(self, values: NDArray[np.float64], name: str, said: Callable[[float, float], str]) -> pd.DataFrame:
        """Tell them by fifths of what is measured."""
        finite = np.isfinite(values)
        if not finite.any():
            return self.table([], pd.Index([], name=name))
        ends = np.unique(np.quantile(values[finite], FIFTHS))
        if len(ends) == 1:
            ends = np.append(ends, ends)
        fifth = np.clip(np.searchsorted(ends, values, side="right") - 1, 0, len(ends) - 2)
        rows = [finite & (fifth == i) for i in range(len(ends) - 1)]
        names = [said(a, b) for a, b in pairwise(ends)]
        return self.table(rows, pd.Index(names, name=name))

    def table(self, groups: Sequence[NDArray[np.bool_]], index: pd.Index) -> pd.DataFrame:
        """Tell the errors of some groups of runs."""
        return pd.DataFrame([self._row(rows) for rows in groups], index=index, columns=COLUMNS).astype({"n": "int64"})

    def _row(self, rows: NDArray[np.bool_]) -> dict[str, float]:
        n = int(rows.sum())
        if n < FEWEST:
            return {"n": n}
        error_s = np.sort(self.error_s[rows])
        size_s = np.sort(np.abs(error_s))
        bias, size = percentile_interval(error_s, 0.5), percentile_interval(size_s, 0.5)
        below = share_interval(int(self.below[rows & self.told].sum()), int((rows & self.told).sum()))
        return {
            "n": n,
            "observed_s": float(np.median(self.observed_s[rows])),
            "predicted_s": float(np.median(self.median_s[rows])),
            "bias_s": float(np.median(error_s)),
            "bias_low_s": bias.low,
            "bias_high_s": bias.high,
            "median_error_s": float(np.median(size_s)),
            "median_error_low_s": size.low,
            "median_error_high_s": size.high,
            "p90_error_s": percentile(size_s, 0.9),
            "below_p90": below.value,
            "below_p90_low": below.low,
            "below_p90_high": below.high,
        }
