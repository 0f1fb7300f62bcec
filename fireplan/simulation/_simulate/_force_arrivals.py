"""When a whole force had arrived at each simulated call, by the rule for observed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.simulation._simulate._replications import Replication


def force_taken(
    found: Replication, brings: NDArray[np.float64], need: NDArray[np.float64], since: str
) -> NDArray[np.float64]:
    """
    Say how long the force took to each call.

    Parameters
    ----------
    found
        What happened.
    brings
        Units in service x kinds that are needed: what each brings, 0 of those that do not count.
    need
        How much of each is needed.
    since
        "received", or from the first of the units that bring any of it: "dispatched", "enroute".

    Returns
    -------
    From then until the unit that fills the last missing part has arrived; inf where none does. [s] As
    `response_performance` measures a force of a history.
    """
    sent = found.sent
    useful = np.append((brings > 0).any(axis=1), False)[sent.unit]
    began = np.full(len(found.template), np.inf)
    if since == "received":
        began = found.received_s
    else:
        stamp = sent.dispatched_s if since == "dispatched" else sent.enroute_s
        np.fmin.at(began, found.call[useful], stamp[useful])
    rows = np.flatnonzero(useful & np.isfinite(sent.arrived_s))
    rows = rows[np.lexsort((sent.arrived_s[rows], found.call[rows]))]
    call = found.call[rows]
    complete = np.ones(len(rows), dtype=bool)
    for kind, needed in enumerate(need):
        so_far = pd.Series(brings[sent.unit[rows], kind]).groupby(call).cumsum()
        complete &= so_far.to_numpy(float) >= needed
    filled = rows[complete]
    last = pd.Series(filled).groupby(found.call[filled]).first()
    taken = np.full(len(found.template), np.inf)
    at = last.index.to_numpy(np.int64)
    taken[at] = sent.arrived_s[last.to_numpy(np.int64)] - began[at]
    return taken
