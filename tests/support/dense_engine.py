"""First due and force from the times of every station to every place: the oracle of the nearest few."""

import numpy as np
import pandas as pd

from fireplan import _kernel as kernel
from fireplan.scenario import held
from fireplan.stations import KINDS
from fireplan.travel import time_rows
from fireplan.travel._places import station_places
from fireplan.travel._suppliers import suppliers


def dense(scenario, ends, needs, interval):
    """First due and force by times from every station to every place: the engine before this one."""
    starts = station_places(scenario)
    station, later_s, brings = suppliers(scenario, starts, needs=needs, interval=interval)
    times = time_rows(scenario, ends, starts=starts)[station] + later_s[:, None]
    once = ~pd.Index(station).duplicated()
    order = np.argsort(times[once], axis=0, kind="stable")[:3]  # of sources at the same time the first comes first
    best_s, source = np.full((3, times.shape[1]), np.inf, dtype=np.float32), np.full((3, times.shape[1]), -1)
    best_s[: len(order)] = np.take_along_axis(times[once], order, axis=0)
    source[: len(order)] = order
    source[np.isinf(best_s)] = -1
    row = np.append(held(scenario).stations.index.get_indexer(starts.ids[station[once]]), -1)
    need = np.array([needs.get(kind, 0.0) for kind in KINDS], dtype=float)
    return row[source], best_s, kernel.force_times(np.ascontiguousarray(times), brings, need)
