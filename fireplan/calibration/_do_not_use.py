"""What calibrated drives must not be used for: what their runs do not hold, and where they are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fireplan.drive_times import Calibration
    from fireplan.scenario import Scenario

FEW_RUNS = 30
"""Runs below which a station, or an hour, is not told by its own."""

FAR_OFF_S, FAR_OFF = 10.0, 0.04
"""Bias at the median [s], and distance of the share below the predicted p90 from .9, from which a group is named."""

MONTHS_OF_YEAR = 12
MOST_NAMED = 8
ALWAYS = (
    "drives without lights and siren, of units on the road already, and back to the station: such runs were left out",
    "snow, ice, floods and closed roads: the records say nothing of the weather, and rare days hardly move a median",
)


def do_not_use(
    runs: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    calibration: Calibration | None,
    scenario: Scenario | None,
) -> Iterator[str]:
    """Say what the drives must not be used for."""
    if calibration is not None and calibration.basis != "observed":
        yield f"any real department: the runs are {calibration.basis}"
    yield from _stations(tables["by_station"], calibration, scenario)
    yield from _long_drives(runs)
    yield from _classes(calibration, scenario)
    yield from _hours(tables["by_hour"])
    yield from _months(runs)
    yield from _wrong(tables)
    yield from ALWAYS


def _named(names: list[str]) -> str:
    rest = len(names) - MOST_NAMED
    return wording.joined([*names[:MOST_NAMED], *([f"{wording.count(rest)} more"] if rest > 0 else [])])


def _stations(by_station: pd.DataFrame, calibration: Calibration | None, scenario: Scenario | None) -> Iterator[str]:
    n = {str(s): int(k) for s, k in by_station["n"].items()}
    if scenario is not None:
        n |= {s: 0 for s in scenario.stations.index[scenario.stations["open"]] if s not in n}
    few = [f"{s} ({wording.counted(k, 'run')})" for s, k in sorted(n.items()) if k < FEW_RUNS]
    if few and len(n):
        yield (
            f"the times of single stations with fewer than {FEW_RUNS} runs: {_named(few)}; they are drawn to those of"
            " the others"
        )
    other = None if calibration is None else calibration.by_station
    if other is not None:
        yield (
            "a new station, with the error of those that are there: with stations left out in turn it is"
            f" {wording.count(other.median_error_s)} s at the median, p90 {wording.count(other.p90_error_s)} s"
        )


def _long_drives(runs: pd.DataFrame) -> Iterator[str]:
    median_s = runs["median_s"].to_numpy(float)
    tenth_s, most_s = float(np.quantile(median_s, 0.9)), float(median_s.max())
    n = int((median_s > tenth_s).sum())
    yield (
        f"drives longer than {wording.clock(tenth_s)}, with the same trust: {wording.count(n)} of"
        f" {wording.counted(len(runs), 'run')} were predicted so long, and none longer than {wording.clock(most_s)}"
    )


def _classes(calibration: Calibration | None, scenario: Scenario | None) -> Iterator[str]:
    if calibration is None or not calibration.speeds_kph:
        return
    known = calibration.speeds_kph
    planned = [f"{c} ({wording.counted(e.n, 'run')})" for c, e in known.items() if e.source != "fitted"]
    if scenario is not None:
        planned += [f"{c} (no run)" for c in sorted(set(map(str, np.unique(scenario.roads.highway))) - set(known))]
    if planned:
        yield f"classes of road of which runs say too little: {_named(planned)}; their speeds are planning ratios"


def _hours(by_hour: pd.DataFrame) -> Iterator[str]:
    few = [int(str(h)) for h, n in by_hour["n"].items() if n < FEW_RUNS]
    if few:
        yield f"single hours of the day with fewer than {FEW_RUNS} runs: {_hours_said(few)}"


def _hours_said(hours: list[int]) -> str:
    """Say hours of the day, those that follow one another together."""
    spans: list[list[int]] = []
    for hour in hours:
        if spans and spans[-1][1] == hour:
            spans[-1][1] = hour + 1
        else:
            spans.append([hour, hour + 1])
    return wording.joined([f"{a}:00 to {b}:00" for a, b in spans])


def _months(runs: pd.DataFrame) -> Iterator[str]:
    if "day" not in runs:
        return
    day = pd.to_datetime(runs["day"], errors="coerce").dropna()
    if not len(day):
        return
    months = {int(m) for m in day.dt.month.unique()}
    if len(months) < MONTHS_OF_YEAR:
        few = len(months) <= MONTHS_OF_YEAR // 2
        named = wording.joined([f"{pd.Timestamp(2001, m, 1):%B}" for m in range(1, 13) if (m in months) == few])
        yield f"other seasons than those of the runs: {'all are in' if few else 'there is none in'} {named}"
    first, last = day.min(), day.max()
    yield (
        f"times long after the runs: they are of {first.day} {first:%B %Y} to {last.day} {last:%B %Y}; calibrate anew"
        " when streets, stations or engines change"
    )


def _wrong(tables: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """Say where the error is one-sided, beyond what chance makes."""
    named = (
        ("by_fifth", "drives of"),
        ("by_station", "drives from"),
        ("by_hour", "drives to calls of the hour from"),
        ("by_distance", "drives over"),
        ("by_class", "drives mostly on"),
    )
    for name, what in named:
        table = tables[name]
        shown = [f"{h}:00" for h in table.index] if name == "by_hour" else table.index
        for group, (_, row) in zip(shown, table.iterrows(), strict=True):
            if abs(row["bias_s"]) >= FAR_OFF_S and (row["bias_low_s"] > 0 or row["bias_high_s"] < 0):
                way = "long" if row["bias_s"] > 0 else "short"
                off = wording.count(abs(row["bias_s"]))
                yield f"{what} {group}: they are told {off} s too {way} at the median (n = {wording.count(row['n'])})"
    for span, row in tables["by_fifth"].iterrows():
        if abs(row["below_p90"] - 0.9) > FAR_OFF and not row["below_p90_low"] <= 0.9 <= row["below_p90_high"]:
            yield (
                f"the 90th percentile of drives of {span}: {wording.share_of(row['below_p90'], row['n'], 'runs')} were"
                " below it, not 90 %"
            )
