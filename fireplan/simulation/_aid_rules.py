"""On what terms the neighbours of a department send their units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import wording
from fireplan._checked import takes
from fireplan.errors import Faults, InputError, UnknownIdError, listed, quoted
from fireplan.scenario import held
from fireplan.stations import own_stations
from fireplan.stations._agencies import agencies
from fireplan.stations._apparatus import ALSO_COUNTS_AS, unit_types

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario

AUTOMATIC, ON_REQUEST, NONE = "automatic", "on request", "none"
RULES = (AUTOMATIC, ON_REQUEST, NONE)

USUAL_REQUEST_S = 300.0
"""From seeing that no own unit is free to the dispatch of a neighbour's that is asked; a figure of our own. [s]"""


@takes
@dataclass(frozen=True)
class AidRule:
    """
    On what terms a neighbour sends its units.

    Attributes
    ----------
    agency
        Whose: as it stands in the column `agency` of the stations.
    rule
        "automatic": they are sent as the department's own, the nearest of all that are free. "on request": only where
        none of the department's own that would do is free, after a delay. "none": not at all.
    kinds
        Types of unit that it sends, such as ("engine",); left out: all it has.
    at_once
        How many it sends at most at a time, such as {"engine": 1}, or a number for all together; left out: all. A quint
        is under the limit of its own type, else of what it serves as.
    delay_s
        From asking for a unit to its dispatch. [s] Left out: none where aid is automatic, 300 s on request, a figure of
        our own.

    Examples
    --------
    >>> import fireplan as fp
    >>> fp.simulation.AidRule("Northfield", "on request", at_once={"engine": 1}).waits_s
    300.0
    """

    agency: str
    rule: str = AUTOMATIC
    kinds: tuple[str, ...] | None = None
    at_once: Mapping[str, int] | int | None = None
    delay_s: float | None = None

    def __post_init__(self) -> None:
        """Check its values together."""
        faults = Faults(f"AidRule of {quoted(self.agency)}")
        if self.rule not in RULES:
            faults.add(f"rule is {quoted(self.rule)}: use {listed(map(quoted, RULES))}")
        types = set(unit_types().values())
        limits = dict(self.at_once) if isinstance(self.at_once, Mapping) else {}
        for kind in (*(self.kinds or ()), *limits):
            if kind not in types:
                faults.add(f"it names {quoted(kind)}, which is no type of unit: known are {listed(sorted(types))}")
        for n in limits.values() if limits else [] if self.at_once is None else [self.at_once]:
            if not (isinstance(n, int | np.integer) and n >= 0):
                faults.add(f"at_once is {n!r}: give a whole number of units, such as {{'engine': 1}}")
        if self.delay_s is not None and not 0 <= self.delay_s < np.inf:
            faults.add(f"delay_s is {self.delay_s:g}: give seconds, from 0")
        faults.raise_if_any()

    @property
    def waits_s(self) -> float:
        """From asking for a unit to its dispatch. [s]"""
        if self.delay_s is not None:
            return float(self.delay_s)
        return USUAL_REQUEST_S if self.rule == ON_REQUEST else 0.0


class Lending(NamedTuple):
    """
    What rules come to for units, by row of their table.

    Attributes
    ----------
    theirs
        Whether it is a neighbour's with a rule.
    sent
        Whether it is ever sent.
    asked_last
        Whether it is sent only where no other would do.
    after_s
        From asking for it to its dispatch. [s]
    lender
        Which limit it is under; -1: none.
    lends
        By limit, how many at most.
    notes
        What a reader has to know.
    """

    theirs: NDArray[np.bool_]
    sent: NDArray[np.bool_]
    asked_last: NDArray[np.bool_]
    after_s: NDArray[np.float64]
    lender: NDArray[np.int64]
    lends: NDArray[np.int64]
    notes: tuple[str, ...]


def lending(scenario: Scenario, units: pd.DataFrame, rules: Sequence[AidRule] | None) -> Lending:
    """
    Say on what terms each of some units is sent.

    Parameters
    ----------
    scenario
        Whose stations say whose they are.
    units
        Rows of its units at open stations.
    rules
        By agency; None: neighbours' units in the scenario are sent as its own, and are its own.

    Raises
    ------
    UnknownIdError
        If a rule names an agency that is none of the neighbours'.
    InputError
        If two rules name one agency, or two limits one unit.
    """
    n, agency = len(units), _neighbours(scenario, units)
    none = np.zeros(n, dtype=bool)
    found = Lending(none, ~none, none.copy(), np.zeros(n), np.full(n, -1), np.zeros(0, dtype=np.int64), ())
    if rules is None:
        return found._replace(notes=unruled(scenario, units, mend="give `aid` a rule for each agency"))
    stations = held(scenario).stations
    away = ~own_stations(stations).to_numpy()
    named = {name for name, theirs in zip(agencies(stations), away, strict=True) if theirs}
    faults = Faults("aid")
    for rule in rules:
        if rule.agency not in named:
            raise UnknownIdError("agency of a neighbour", rule.agency, sorted(named))
        if sum(other.agency == rule.agency for other in rules) > 1:
            faults.add(f"agency {quoted(rule.agency)} has several rules: give it one")
    faults.raise_if_any()
    types = units["type"].astype(str).to_numpy(object)
    lends: list[int] = []
    notes: list[str] = []
    theirs, sent, last = none.copy(), ~none, none.copy()
    after_s, lender = np.zeros(n), np.full(n, -1)
    for rule in rules:
        mine = agency == rule.agency
        theirs |= mine
        able = mine & (rule.rule != NONE) & (np.isin(types, list(rule.kinds)) if rule.kinds is not None else True)
        sent &= ~mine | able
        last |= able & (rule.rule == ON_REQUEST)
        after_s[able] = rule.waits_s
        limits = rule.at_once if isinstance(rule.at_once, Mapping) else {None: rule.at_once}
        for kind, most in limits.items():
            counts = [
                kind is None or kind == t or (t not in limits and kind in ALSO_COUNTS_AS.get(t, ())) for t in types
            ]
            under = able & np.array(counts)
            if kind is not None and (lender[under] >= 0).any():
                both = listed(units.index[under & (lender >= 0)])
                raise InputError(
                    f"at_once of {quoted(rule.agency)}: {both} counts as several of {listed(map(quoted, limits))}: name"
                    " its own type too, or give one number for all"
                )
            if most is not None and under.any():
                lender[under] = len(lends)
                lends.append(int(most))
        notes.append(_said(rule, units.index[able].tolist()))
    left = sorted(set(agency[~theirs]) - {""})
    if left:
        notes.append(f"neighbours without a rule of aid send nobody: {listed(left)}")
        sent &= theirs | (agency == "")
        theirs |= agency != ""
    notes.append("neighbours' units are free but for these calls: calls of their own are not known here")
    return Lending(theirs, sent, last, after_s, lender, np.array(lends, dtype=np.int64), tuple(notes))


def _neighbours(scenario: Scenario, units: pd.DataFrame) -> NDArray[np.object_]:
    """Give the agency of each unit that is a neighbour's; "" of the department's own."""
    stations = held(scenario).stations
    each = zip(stations.index.astype(str), agencies(stations), own_stations(stations), strict=True)
    of_station = {station: "" if own else agency for station, agency, own in each}
    return np.array([of_station.get(home, "") for home in units["station_id"].astype(str)], dtype=object)


def unruled(scenario: Scenario, units: pd.DataFrame, *, mend: str) -> tuple[str, ...]:
    """Say that neighbours' units of a scenario are sent as its own where no rule says otherwise."""
    there = _neighbours(scenario, units) != ""
    if not there.any():
        return ()
    named = f"{wording.counted(int(there.sum()), 'unit')} of neighbours ({listed(units.index[there])})"
    return (f"{named} count as the department's own and are sent so: {mend}",)


def _said(rule: AidRule, able: list[str]) -> str:
    if not able:
        return f"aid of {rule.agency}: none"
    limit = rule.at_once
    most = listed(f"{n} {kind}" for kind, n in limit.items()) if isinstance(limit, Mapping) else limit
    parts = [f"aid of {rule.agency}: {rule.rule}, {listed(able)}"]
    parts += [f"at most {most} at once"] if most is not None else []
    parts += [f"dispatched {wording.clock(rule.waits_s)} after it is asked"] if rule.waits_s else []
    return ", ".join(parts)
