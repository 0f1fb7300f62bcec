"""Policies of moving up and of calling reserves in, as values."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb, inf
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan._checked import takes
from fireplan._kernel import simulation as kernel
from fireplan._limits import last_within
from fireplan.errors import Faults, InputError, listed, quoted
from fireplan.measures._demand_measures import ON, applies_to, chosen_of, in_zones, measures_of
from fireplan.scenario import held
from fireplan.stations import KINDS, supply
from fireplan.travel import places, time_rows
from fireplan.travel._places import station_places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.standards import Objective

ASSIGNMENTS = ("least drive", "nearest first")
MOST_CHOICES = 200_000
"""Choices of stations that are compared one by one; beyond, the best next station is added."""


@takes
@dataclass(frozen=True)
class ComplianceTable:
    """
    Which stations are held when so many units of a kind are free.

    Attributes
    ----------
    levels
        By number of units free: the stations to hold, the most important first, no more than there are units; one
        named twice is held by two. Units beyond stand at home, and for a number that is left out all do.
    kind
        Of unit, such as "engine"; "": that of the objective that is simulated.
    assign
        "least drive": holes are filled so that all together drive least. "nearest first": each hole, the most
        important first, by the nearest unit that holds none.
    most_moves
        At one moment; of more the shortest drives are made.
    longest_drive_s
        A drive longer than this is not made. [s]
    while_moving
        Whether a unit that is on a move may be moved again.
    made
        How the table came about; "": by hand.

    Raises
    ------
    InputError
        If a level holds more stations than it has units, or a setting cannot be.

    Examples
    --------
    >>> import fireplan as fp
    >>> fp.simulation.ComplianceTable({1: ["S1"], 2: ["S1", "S3"]}).is_nested
    True
    """

    levels: Mapping[int, Sequence[str]]
    kind: str = ""
    assign: str = "least drive"
    most_moves: int = 99
    longest_drive_s: float = inf
    while_moving: bool = False
    made: str = ""

    def __post_init__(self) -> None:
        """Check the levels."""
        faults = Faults("ComplianceTable")
        _common_faults(faults, self.most_moves, self.longest_drive_s)
        if self.assign not in ASSIGNMENTS:
            faults.add(f"assign is {quoted(self.assign)}: write {listed(map(quoted, ASSIGNMENTS))}")
        for n, stations in self.levels.items():
            if isinstance(stations, str):
                faults.add(f"level {n} is {quoted(stations)}: give a list of stations")
            elif not (n >= 1 and float(n).is_integer()):
                faults.add(f"level {n}: give levels from 1 unit free on, as whole numbers")
            elif len(stations) > n:
                faults.add(f"level {n} holds {len(stations)} stations: {n} units hold no more than {n}")
        faults.raise_if_any()
        levels = {int(n): tuple(map(str, self.levels[n])) for n in sorted(self.levels)}
        object.__setattr__(self, "levels", MappingProxyType(levels))

    def __hash__(self) -> int:
        """Tell tables apart by what they hold."""
        return hash((tuple(self.levels.items()), self.kind, self.assign, self.most_moves, self.longest_drive_s))

    def __reduce__(self) -> tuple[object, ...]:
        """Give what it is made from: the view of its levels does not travel."""
        return ComplianceTable, (
            dict(self.levels), self.kind, self.assign, self.most_moves, self.longest_drive_s, self.while_moving,
            self.made,
        )  # fmt: skip

    @property
    def is_nested(self) -> bool:
        """Whether each level holds what the one below holds, so that a unit that comes free moves nobody else."""
        held_below: list[str] = []
        for stations in self.levels.values():
            left = list(stations)
            for station in held_below:
                if station not in left:
                    return False
                left.remove(station)
            held_below = list(stations)
        return True


@takes
@dataclass(frozen=True)
class DMEXCLP:
    """
    Send each unit that comes free to the station where it adds most to expected cover.

    Attributes
    ----------
    busy
        The share of its time for which a unit is out, wherever it stands; None: as the history says.
    objective
        Within which time a zone counts as reached; None: that which is simulated.
    kind
        Of unit; "": that of the objective.
    most_moves, longest_drive_s, while_moving
        As of `ComplianceTable`; a unit that comes free is on no move.
    least_share
        It goes elsewhere than to its post only if that adds at least this share of all demand to expected cover.

    Notes
    -----
    The dynamic form of the maximum expected covering model [1]_: a zone with demand d, reached by k - 1 free units
    besides, gains d (1 - q) q^(k - 1) from another, where q is `busy`. Units on their way count where they go. Nobody
    is moved but the unit that comes free, at the moment at which it clears. The paper itself was not at hand: the rule
    is as others who cite it, and open programs, tell it. There any base may be chosen; here any station at which a
    unit of the kind is at home.

    References
    ----------
    .. [1] C. J. Jagtenberg, S. Bhulai and R. D. van der Mei, "An efficient heuristic for real-time ambulance
       redeployment", Operations Research for Health Care 4, 2015, 27-35.

    Examples
    --------
    >>> import fireplan as fp
    >>> fp.simulation.DMEXCLP(busy=0.3).busy
    0.3
    """

    busy: float | None = None
    objective: Objective | None = None
    kind: str = ""
    most_moves: int = 99
    longest_drive_s: float = inf
    while_moving: bool = False
    least_share: float = 0.0

    def __post_init__(self) -> None:
        """Check the figures."""
        faults = Faults("DMEXCLP")
        _common_faults(faults, self.most_moves, self.longest_drive_s)
        if self.busy is not None and not 0 <= self.busy < 1:
            faults.add(f"busy is {self.busy:g}: give a share from 0 to below 1, such as 0.3")
        _share_fault(faults, self.least_share)
        faults.raise_if_any()


@takes
@dataclass(frozen=True)
class BestMoves:
    """
    Do at every moment what the live view advises: fill empty stations where most is regained for each minute driven.

    Attributes
    ----------
    objective
        Within which time a zone counts as reached; None: that which is simulated.
    kind
        Of unit; "": that of the objective.
    most_moves, longest_drive_s, while_moving
        As of `ComplianceTable`; three moves at a moment, as in the live view.
    least_share
        A move must regain at least this share of all demand, less what it uncovers.

    Notes
    -----
    A unit that has been moved goes home when the own unit of its post is back there. Units on their way count where
    they go; in the live view, which knows where they are, they count from there.

    Examples
    --------
    >>> import fireplan as fp
    >>> fp.simulation.BestMoves(longest_drive_s=600).most_moves
    3
    """

    objective: Objective | None = None
    kind: str = ""
    most_moves: int = kernel.MOST_MOVES
    longest_drive_s: float = inf
    while_moving: bool = False
    least_share: float = kernel.LEAST_SHARE

    def __post_init__(self) -> None:
        """Check the figures."""
        faults = Faults("BestMoves")
        _common_faults(faults, self.most_moves, self.longest_drive_s)
        _share_fault(faults, self.least_share)
        faults.raise_if_any()


@takes
@dataclass(frozen=True)
class Backfill:
    """
    Reserves that are staffed only on recall.

    Attributes
    ----------
    units
        Their ids; out of service but for recalls, and outside their `schedule` even then.
    when_out
        They are called in as soon as so many units of the kind, reserves left out, are on calls (from dispatch to
        clear), and let go when fewer are: at once if they are at their station, else as soon as they are.
    kind
        Of unit, such as "engine".
    after_s
        From the recall until they are in service. [s] Needed no longer by then, they are not staffed.

    Examples
    --------
    >>> import fireplan as fp
    >>> fp.simulation.Backfill(units=("E9",), when_out=4).after_s
    1800.0
    """

    units: Sequence[str]
    when_out: int
    kind: str = "engine"
    after_s: float = 1800.0

    def __post_init__(self) -> None:
        """Check the figures."""
        faults = Faults("Backfill")
        if not len(self.units):
            faults.add("units names none: name the reserves")
        if self.when_out < 1:
            faults.add(f"when_out is {self.when_out}: give a number of units, from 1")
        if not 0 <= self.after_s < inf:
            faults.add(f"after_s is {self.after_s:g}: give a number of seconds, from 0")
        faults.raise_if_any()
        object.__setattr__(self, "units", tuple(map(str, self.units)))


@takes
@dataclass(frozen=True)
class MoveMoment:
    """
    What a policy in Python sees when units may be moved.

    Attributes
    ----------
    at_s
        When, since the warm-up began. [s]
    kind
        Which kind of unit is moved.
    free
        Ids of the units of the kind that are free, at a station or on their way, in the order of the table.
    stands, homes
        Station at which each is, or to which it is on its way; and its own.
    arrives_in_s
        How long it is still on its way; 0: it is there. [s]
    may_move, cleared
        Which of them may be moved, and which have cleared at this very moment.
    out
        Ids of the other units of the kind: on calls, off duty, or their crew is out with another unit.
    stations
        Ids of the open stations.
    drive_s
        For each free unit, how long it takes to each of the stations from now on; inf: there is no way. [s]
    """

    at_s: float
    kind: str
    free: tuple[str, ...]
    stands: tuple[str, ...]
    homes: tuple[str, ...]
    arrives_in_s: tuple[float, ...]
    may_move: tuple[bool, ...]
    cleared: tuple[bool, ...]
    out: tuple[str, ...]
    stations: tuple[str, ...]
    drive_s: tuple[tuple[float, ...], ...]


@takes
def compliance_table(
    scenario: Scenario,
    *,
    objective: Objective,
    kind: str = "",
    nested: bool = False,
    assign: str = "least drive",
    most_moves: int = 99,
    longest_drive_s: float = inf,
) -> ComplianceTable:
    """
    Make a table of compliance: for each number of free units the stations that cover most demand.

    Parameters
    ----------
    scenario
        Whose stations, units and zones.
    objective
        Within which time a zone counts as reached.
    kind
        Of unit; "": that of the objective.
    nested
        Each level adds a station to the one below, so that a unit that comes free moves nobody else.
    assign, most_moves, longest_drive_s
        As of `ComplianceTable`.

    Returns
    -------
    The table, for all numbers of units but the whole of them, when all stand at home; `made` says how. Of choices that
    cover as much the one counts at whose stations most units are at home.

    Raises
    ------
    InputError
        If fewer than two units serve as that kind, or the scenario has no zones.

    Notes
    -----
    Maximal covering of stations: all choices are compared as long as there are 200,000 of them at most; beyond that,
    and for nested tables, each level adds to the one below the station that covers most besides. Turnout is the middle
    of the units' planned ones.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town().apply(fp.OpenStation("S2", at=(-140.0, 30.02), units=("E2",)))
    >>> table = fp.simulation.compliance_table(town, objective=fp.Objective("first", "First engine", 240))
    >>> table.levels[1]
    ('S2',)
    """
    kind = kind_of(scenario, kind, objective)
    units = held(scenario).units
    serving = units[(supply(units)[:, KINDS.index(kind)] > 0)]
    ids = [str(s) for s in station_places(scenario).ids]
    serving = serving[serving["station_id"].astype(str).isin(ids)]
    if len(serving) < 2:
        raise InputError(
            f"a table of compliance is for two units or more of a kind: {len(serving)} serve as {quoted(kind)}"
        )
    turnout_s = float(np.median(serving["turnout_s"].to_numpy(float)))
    reached, weight = reached_zones(scenario, objective, np.array([turnout_s]))
    at_home = serving["station_id"].astype(str).value_counts().reindex(ids, fill_value=0).to_numpy(np.int64)
    chosen: dict[int, list[str]] = {}
    ways = set()
    below: tuple[int, ...] = ()
    for n in range(1, min(len(serving), len(ids) + 1)):
        exact = not nested and comb(len(ids), n) <= MOST_CHOICES
        choices = (
            combinations(range(len(ids)), n) if exact else ((*below, s) for s in range(len(ids)) if s not in below)
        )
        below = max(choices, key=lambda c: (weight[reached[0, list(c)].any(axis=0)].sum(), at_home[list(c)].sum()))
        chosen[n] = [ids[s] for s in below]
        ways.add("all choices compared" if exact else "each level adds the best station to the one below")
    said = f"maximal covering within {wording.clock(objective.limit_s)}: {' and '.join(sorted(ways))}"
    return ComplianceTable(
        chosen, kind=kind, assign=assign, most_moves=most_moves, longest_drive_s=longest_drive_s, made=said
    )


def kind_of(scenario: Scenario, kind: str, objective: Objective | None) -> str:
    """Say which kind of unit is moved: as told, that of the objective, or the one of which there are most."""
    known = KINDS[: KINDS.index("people")]
    if kind:
        if kind not in known:
            raise InputError(f"kind is {quoted(kind)}: use {listed(known)}")
        return kind
    if objective is not None:
        wanted = [k for k, n in objective.needs.items() if n > 0]
        if len(wanted) != 1 or wanted[0] not in known:
            raise InputError(f"objective {quoted(objective.key)} is not for a single kind of unit: name the `kind`")
        return wanted[0]
    brings = (supply(held(scenario).units)[:, : len(known)] > 0).sum(axis=0)
    return known[int(brings.argmax())]


def reached_zones(
    scenario: Scenario, objective: Objective, turnout_s: NDArray[np.float64], *, processing_s: float = 0.0
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """
    Say which zones are reached in time from where, and what they weigh.

    Parameters
    ----------
    scenario
        Whose zones and open stations.
    objective
        In time of what; the first thing that it counts is the weight, as in the live view.
    turnout_s
        Of each unit. [s]
    processing_s
        What passes before the dispatch, where the objective is of the whole response. [s]

    Returns
    -------
    Units x stations x zones, and the weight of each zone that the objective speaks of.
    """
    if not len(held(scenario).zones):
        raise InputError("what is covered is weighed by zones: give the scenario some")
    zones = places(scenario, "zones")
    drive_s = time_rows(scenario, zones)[None]
    if objective.interval == "travel_s":
        reached = np.repeat(drive_s <= last_within(objective.limit_s), len(turnout_s), axis=0)
    else:
        before_s = processing_s if objective.interval == "total_response_s" else 0.0
        reached = drive_s + turnout_s[:, None, None].astype(np.float32) <= last_within(objective.limit_s) - before_s
    measures = [m for m in measures_of(scenario, objective) if m.places.kind != "roads"]
    if not measures:
        return reached, (applies_to(scenario, objective, zones) == ON).astype(float)
    return reached, in_zones(scenario, chosen_of(scenario, measures, objective))


def _common_faults(faults: Faults, most_moves: int, longest_drive_s: float) -> None:
    if most_moves < 0:
        faults.add(f"most_moves is {most_moves}: give a number of moves at one moment, from 0")
    if not longest_drive_s >= 0:
        faults.add(f"longest_drive_s is {longest_drive_s:g}: give a number of seconds, from 0")


def _share_fault(faults: Faults, share: float) -> None:
    if not 0 <= share <= 1:
        faults.add(f"least_share is {share:g}: give a share of all demand, such as 0.01")
