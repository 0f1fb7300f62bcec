"""How far a replay of what was really sent is from the record: the error that stands before every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan._kernel.simulation.replay import FROM_CALL
from fireplan._limits import last_within
from fireplan.response_performance._groups import with_unknown
from fireplan.response_performance._statistics import FEWEST, USUAL_SHARE, percentile, share_interval
from fireplan.simulation._call_figures import of_use

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan._kernel.simulation.replay import SentAgain
    from fireplan.simulation._past_calls import PastCalls
    from fireplan.standards import Objective


def alone(past: PastCalls) -> NDArray[np.bool_]:
    """Say which responses are of the department's one unit of its kind that was sent to a call."""
    sent = past.sent
    pair = sent.call * len(past.kinds) + sent.kind
    return np.asarray((np.bincount(pair)[pair] == 1) & ~sent.fixed & (sent.unit >= 0))


def right(past: PastCalls, found: SentAgain) -> NDArray[np.bool_]:
    """Say of each response whether the nearest unit that could be sent is the one that went."""
    return np.asarray((found.nearest == past.sent.unit) & (past.sent.unit >= 0))


def right_by_kind(past: PastCalls, found: SentAgain) -> pd.DataFrame:
    """By kind of unit: of the calls to which one was sent, the share with the nearest that could be."""
    one, is_right = alone(past), right(past, found)
    rows = []
    for k in range(len(past.kinds)):
        here = one & (past.sent.kind == k)
        share = share_interval(int(is_right[here].sum()), int(here.sum()))
        rows.append((int(here.sum()), int(is_right[here].sum()), share.value, share.low, share.high))
    columns = ["n", "right", "share", "share_low", "share_high"]
    return pd.DataFrame(rows, columns=columns, index=past.kinds.rename("unit_type"))


def baseline_errors(past: PastCalls, found: SentAgain, calls: pd.DataFrame, objective: Objective) -> pd.DataFrame:
    """
    Set what is modelled of the units that were really sent beside what was observed.

    Returns
    -------
    By `group` ("all", "station_id" of the unit, "hour") and `value`: see `Replay.baseline`.
    """
    one = alone(past) & of_use(past, objective)
    n = len(calls)
    is_one, is_right = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    is_one[past.sent.call[one]] = True
    is_right[past.sent.call[one]] = right(past, found)[one]
    home = past.rows["station_id"].to_numpy(object)
    one_home = np.full(n, None, dtype=object)
    one_home[past.sent.call[one]] = home[one]
    table = calls.assign(one=is_one, right=is_right)
    table["home"] = with_unknown(pd.Series(one_home, index=calls.index, dtype="str").fillna(calls["observed_station"]))
    hour = with_unknown(calls["local"].dt.hour.astype("Int64"))
    parts: list[tuple[str, object, pd.DataFrame]] = [("all", "all", table)]
    parts += [("station_id", name, part) for name, part in table.groupby("home", observed=True)]
    parts += [("hour", name, part) for name, part in table.groupby(hour, observed=True)]
    told = [{"group": group, "value": str(value), **_figures(part, objective)} for group, value, part in parts]
    return pd.DataFrame(told).set_index(["group", "value"])


def compared(calls: pd.DataFrame) -> NDArray[np.bool_]:
    """Say of which calls both the time observed and that modelled are known, and count."""
    known = calls["counts"] & calls["observed_s"].notna() & calls["chance"].notna() & np.isfinite(calls["travel_s"])
    return np.asarray(known, dtype=bool)


def _figures(calls: pd.DataFrame, objective: Objective) -> dict[str, object]:
    one = calls["one"].to_numpy(bool)
    share = share_interval(int(calls["right"].to_numpy(bool)[one].sum()), int(one.sum()))
    both = calls[compared(calls)]
    observed, modelled = both["observed_travel_s"], both["drive_s"]
    whole = both["before_travel_s"] + both["drive_s"]
    seen_in_time = both["observed_s"] <= last_within(objective.limit_s)
    error = np.sort((both["travel_s"] - observed).dropna().to_numpy(float))
    few = len(both) < FEWEST
    told: dict[str, object] = {
        "single": int(one.sum()), "right_share": share.value, "right_low": share.low, "right_high": share.high,
        "n": len(both),
        "travel_error_p50_s": percentile(error, 0.5),
        "travel_error_abs_p50_s": percentile(np.sort(np.abs(error)), 0.5),
        "travel_observed_p50_s": _at(observed, 0.5), "travel_modelled_p50_s": _at(modelled, 0.5),
        "travel_observed_p90_s": _at(observed, USUAL_SHARE), "travel_modelled_p90_s": _at(modelled, USUAL_SHARE),
        "interval_observed_p90_s": _at(both["observed_s"], USUAL_SHARE),
        "interval_modelled_p90_s": _at(whole, USUAL_SHARE),
        "share_observed": float(seen_in_time.mean()) if len(both) else float("nan"),
        "share_modelled": float(both["chance"].mean()) if len(both) else float("nan"),
        "from_call": int((calls["counts"] & (calls["whence"] == FROM_CALL)).sum()),
    }  # fmt: skip
    if few:
        kept = {"single", "right_share", "right_low", "right_high", "n", "from_call"}
        told |= {name: float("nan") for name in told if name not in kept}
    if one.sum() < FEWEST:
        told |= dict.fromkeys(("right_share", "right_low", "right_high"), float("nan"))
    return told


def _at(values: pd.Series[float], share: float) -> float:
    return percentile(np.sort(values.dropna().to_numpy(float)), share)
