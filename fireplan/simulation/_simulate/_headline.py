"""The one share by which a simulation is told, and by which it may stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan.errors import InputError, listed, quoted
from fireplan.response_performance import Policy
from fireplan.stations._apparatus import ALSO_COUNTS_AS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fireplan.simulation._simulate._call_templates import CallTemplates
    from fireplan.simulation._simulate._replications import Replication
    from fireplan.standards import Objective

LIMIT_S = 480.0
"""Eight minutes from the call to the first arrival, where no objective is given; a figure of our own. [s]"""

SINCE = {
    "total_response_s": "received",
    "turnout_and_travel_s": "dispatched",
    "travel_s": "enroute",
}


class Headline(NamedTuple):
    """
    What share is asked for.

    Attributes
    ----------
    title
        In words.
    kinds
        Types of unit whose first arrival counts.
    limit_s, since
        Within which time of what: "received", "dispatched" (the unit that came), "enroute". [s]
    pattern
        Which patterns of calls it speaks of.
    asked
        Kinds of unit of which a call has to ask for one: those of the department of the history, so that the same calls
        count in every what-if.
    """

    title: str
    kinds: frozenset[str]
    limit_s: float
    since: str
    pattern: NDArray[np.bool_]
    asked: frozenset[str]


def headline_of(objective: Objective | None, templates: CallTemplates) -> Headline:
    """Give the share of an objective for the first unit; left out: any that stops the clock, from the call."""
    every = np.ones(len(templates.category), dtype=bool)
    if objective is None:
        title = f"First unit within {wording.clock(LIMIT_S)} of the call"
        types = frozenset(Policy().first_types)
        return Headline(title, types, LIMIT_S, "received", every, _asked_for(types, templates))
    if objective.interval not in SINCE or len(objective.needs) != 1 or [*objective.needs.values()] != [1]:
        raise InputError(
            f"objective {quoted(objective.key)} cannot be the headline: give one for a single unit and one of"
            f" {listed(SINCE)}; hold forces and other intervals against performance(simulation, standard=...)"
        )
    if objective.where:
        raise InputError(
            f"objective {quoted(objective.key)} is for some ground alone ({objective.ground}): ask"
            " performance(simulation, standard=...) for it"
        )
    kind = next(iter(objective.needs))
    kinds = {kind, *(t for t, also in ALSO_COUNTS_AS.items() if kind in also)}
    calls = templates.incidents
    for name, column in (("categories", "category"), ("priorities", "priority"), ("call_types", "call_type")):
        wanted = getattr(objective, name)
        if wanted:
            every &= calls[column].astype("str").isin(wanted).to_numpy() if column in calls else False
    types = frozenset(kinds)
    since = SINCE[objective.interval]
    return Headline(str(objective), types, objective.limit_s, since, every, _asked_for(types, templates))


def _asked_for(types: frozenset[str], templates: CallTemplates) -> frozenset[str]:
    """Kinds that types of unit serve as, of those that the department sent itself."""
    serve = {also for t in types for also in (t, *ALSO_COUNTS_AS.get(t, ()))}
    own = {also for t in templates.own_kinds for also in (t, *ALSO_COUNTS_AS.get(t, ()))}
    return frozenset(serve & own if own else serve)


def first_arrivals(
    found: Replication, headline: Headline, kinds: Sequence[str], unit_types: Sequence[str]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """
    Say how long the first own unit took to each call that counts.

    Parameters
    ----------
    found, headline
        What happened, and what share is asked for.
    kinds
        Kinds of unit by number.
    unit_types
        Of the units in service; "" of those that do not count, as they are neighbours' that have to be asked.

    Returns
    -------
    Which calls asked for such a unit that was not called off, after the warm-up; and how long each took, inf where none
    of the department's arrived. [s]
    """
    n = len(found.template)
    types, sent = np.array([*unit_types, ""], dtype=object), found.sent
    right = np.isin(types[sent.unit], list(headline.kinds)) & np.isfinite(sent.arrived_s)
    wanted = np.isin(np.array(kinds, dtype=object)[found.kind], list(headline.asked)) & ~found.off
    counts = np.zeros(n, dtype=bool)
    counts[found.call[wanted]] = True
    counts &= found.counts & headline.pattern[found.template]
    rows = np.flatnonzero(right)
    rows = rows[np.argsort(sent.arrived_s[rows], kind="stable")]
    first = pd.Series(rows).groupby(found.call[rows], sort=False).first()
    since = {"dispatched": sent.dispatched_s, "enroute": sent.enroute_s, "received": found.received_s[found.call]}
    taken = np.full(n, np.inf)
    taken[first.index.to_numpy()] = (sent.arrived_s - since[headline.since])[first.to_numpy()]
    return counts, taken
