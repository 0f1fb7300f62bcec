"""The one share by which a simulation is told, and by which it may stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan.errors import InputError, listed, quoted
from fireplan.response_performance import Policy
from fireplan.response_performance._objective_incidents import spoken_among
from fireplan.simulation._simulate._force_arrivals import force_taken
from fireplan.stations import KINDS, supply
from fireplan.stations._apparatus import ALSO_COUNTS_AS, FIGHTS_FIRE

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
        Types of unit whose first arrival counts; of a force, all that bring a part of it.
    limit_s, since
        Within which time of what: "received", "dispatched" (the unit that came), "enroute". [s]
    pattern
        Which patterns of calls it speaks of.
    asked
        Kinds of unit of which a call has to ask for one: those of the department of the history, so that the same calls
        count in every what-if.
    need
        Of a force: how much of each kind is needed; None: one unit is.
    brings
        Units in service x these kinds: what each brings.
    """

    title: str
    kinds: frozenset[str]
    limit_s: float
    since: str
    pattern: NDArray[np.bool_]
    asked: frozenset[str]
    need: NDArray[np.float64] | None = None
    brings: NDArray[np.float64] | None = None


def headline_of(objective: Objective | None, templates: CallTemplates, units: pd.DataFrame) -> Headline:
    """
    Give the share of an objective; left out: of the first unit that stops the clock, from the call.

    Parameters
    ----------
    objective
        For one unit, or for a force.
    templates
        Calls of the history, with the columns of the zones they lie in.
    units
        Those in service; of type "" are those that do not count.
    """
    every = np.ones(len(templates.category), dtype=bool)
    if objective is None:
        title = f"First unit within {wording.clock(LIMIT_S)} of the call"
        types = frozenset(Policy().first_types)
        return Headline(title, types, LIMIT_S, "received", every, _asked_for(types, templates))
    if objective.interval not in SINCE:
        raise InputError(
            f"objective {quoted(objective.key)} cannot be the headline: give one of {listed(SINCE)}; hold other"
            " intervals against performance(simulation, standard=...)"
        )
    spoken = spoken_among(templates.incidents, objective)
    if not spoken.applies.any():
        raise InputError(f"objective {quoted(objective.key)} speaks of no call of the history: {objective.ground}")
    kinds = [kind for kind, n in objective.needs.items() if n > 0]
    since, alone = SINCE[objective.interval], [*objective.needs.values()] == [1] and kinds != ["people"]
    if alone:
        types = frozenset({kinds[0], *(t for t, also in ALSO_COUNTS_AS.items() if kinds[0] in also)})
        asked = _asked_for(types, templates)
        return Headline(str(objective), types, objective.limit_s, since, spoken.applies, asked)
    brings = supply(units)[:, [KINDS.index(kind) for kind in kinds]]
    known = sorted({*KINDS, *ALSO_COUNTS_AS, *FIGHTS_FIRE})
    able = supply(pd.DataFrame({"type": known, "crew": 1.0}))[:, [KINDS.index(kind) for kind in kinds]]
    types = frozenset(t for t, brought in zip(known, able.sum(axis=1).tolist(), strict=True) if brought > 0)
    need = np.array([float(objective.needs[kind]) for kind in kinds])
    asked = _asked_for(types, templates)
    return Headline(str(objective), types, objective.limit_s, since, spoken.applies, asked, need, brings)


def _asked_for(types: frozenset[str], templates: CallTemplates) -> frozenset[str]:
    """Kinds that types of unit serve as, of those that the department sent itself."""
    serve = {also for t in types for also in (t, *ALSO_COUNTS_AS.get(t, ()))}
    own = {also for t in templates.own_kinds for also in (t, *ALSO_COUNTS_AS.get(t, ()))}
    return frozenset(serve & own if own else serve)


def first_arrivals(
    found: Replication, headline: Headline, kinds: Sequence[str], unit_types: Sequence[str]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """
    Say how long the first own unit, or the whole force, took to each call that counts.

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
    if headline.need is not None and headline.brings is not None:
        return counts, force_taken(found, headline.brings, headline.need, headline.since)
    rows = np.flatnonzero(right)
    rows = rows[np.argsort(sent.arrived_s[rows], kind="stable")]
    first = pd.Series(rows).groupby(found.call[rows], sort=False).first()
    since = {"dispatched": sent.dispatched_s, "enroute": sent.enroute_s, "received": found.received_s[found.call]}
    taken = np.full(n, np.inf)
    taken[first.index.to_numpy()] = (sent.arrived_s - since[headline.since])[first.to_numpy()]
    return counts, taken
