"""Times that are given as what has passed since another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from fireplan.errors import listed
from fireplan.incidents._columns.placeholders import is_placeholder
from fireplan.incidents._columns_and_types import NO_STAMP, STAMP
from fireplan.incidents._times.time_columns import MISSING, PLACEHOLDER, READ, UNREADABLE, WrittenTimes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa

    from fireplan.errors import Faults
    from fireplan.incidents._columns.mapping import Elapsed
    from fireplan.incidents._columns_and_types import Ints, Spans

SECONDS = {"seconds": 1.0, "minutes": 60.0}


@dataclass(frozen=True)
class Passed:
    """What has passed by row, NaT where that is not known, since which time, and how it was written."""

    span: Spans
    after: str
    written: WrittenTimes


def read_elapsed(
    frame: pd.DataFrame,
    texts: Mapping[str, pa.LargeStringArray],
    elapsed: Mapping[str, Elapsed],
    *,
    names: Mapping[str, str],
    lines: Ints,
    faults: Faults,
    tell: Callable[[int], str] = str,
) -> dict[str, Passed]:
    """
    Read the columns of times that are given as what has passed.

    Parameters
    ----------
    frame, texts, names, lines, faults, tell
        As for `fireplan.incidents._times.time_columns.read_times`.
    elapsed
        Which columns these are, in what unit, and since when.
    """
    return {
        name: _read(frame[name], texts[name], elapsed[name], called=names[name], lines=lines, tell=tell, faults=faults)
        for name in texts
        if name in elapsed
    }


def _read(
    numbers: pd.Series[int],
    texts: pa.LargeStringArray,
    item: Elapsed,
    *,
    called: str,
    lines: Ints,
    tell: Callable[[int], str],
    faults: Faults,
) -> Passed:
    values = pd.Series(texts.to_pylist(), dtype="str")
    amount = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64) * SECONDS[item.unit]
    good = np.isfinite(amount) & (np.abs(amount) < 1e9)
    kind = np.where(good, READ, UNREADABLE).astype(np.int8)
    for place in np.flatnonzero(~good):
        text = str(values.iloc[place])
        if not text or is_placeholder(text):
            kind[place] = PLACEHOLDER if text else MISSING
    codes = numbers.to_numpy(dtype=np.int64)
    spread: npt.NDArray[np.int8] = kind[codes]
    bad, read = spread == UNREADABLE, spread == READ
    if bad.sum() > read.sum():
        where = listed(map(tell, lines[bad][:3].tolist()))
        faults.add(f"column {called} holds no numbers of {item.unit} in {bad.sum():,} rows, such as line {where}")
    span = np.full(len(values), np.timedelta64("NaT", "us"), dtype="timedelta64[us]")
    span[good] = np.round(amount[good] * 1e6).astype("timedelta64[us]")
    nothing = np.full(len(codes), NO_STAMP, dtype=STAMP)
    return Passed(span[codes], item.after, WrittenTimes(nothing, nothing.copy(), spread))
