"""Histories of calls that come like clockwork, for simulations whose outcome can be worked out by hand."""

import numpy as np
import pandas as pd
from histories import history, went

from fireplan import AddUnit, OpenStation, examples

MONDAY = pd.Timestamp("2025-06-02 07:00", tz="UTC")
"""Midnight in Los Angeles."""

HOUR_S = 3600.0


def regular(every_s, *, days=14, units=("E1",), stay_s=1200.0, north=(0.01,), start=MONDAY, **of_incidents):
    """Calls at the same distance in time, to each of which the same units go; places in turn, degrees north of S1."""
    at_s = np.arange(every_s / 2, days * 24 * HOUR_S, every_s)
    rows = [
        went(f"c{i:05d}", unit, 0, 60, 120, 300, 300 + stay_s, at=start + pd.Timedelta(seconds=float(s)))
        for i, s in enumerate(at_s)
        for unit in units
    ]
    lat = 30.0 + np.resize(np.asarray(north, dtype=float), len(at_s))
    return history(*rows, points=[(-140.0, y) for y in lat], **of_incidents)


def two_stations():
    """Line town with S1 and E1 at its south end, S2 and E2 in the middle."""
    return examples.line_town().apply(OpenStation("S2", at=(-140.0, 30.02), units=("E2",)))


def crowded():
    """Line town with an engine, a truck and an ambulance at S1."""
    return examples.line_town().apply(AddUnit("T1", to="S1", type="truck"), AddUnit("M1", to="S1", type="ambulance"))
