"""What the units that are free now reach in time, kept as they come and go."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import _kernel as kernel
from fireplan._limits import last_within
from fireplan.errors import InputError, quoted
from fireplan.measures._demand_measures import ON, applies_to, chosen_of, in_zones, measures_of
from fireplan.stations import KINDS, supply
from fireplan.stations._shared_crews import mates, one_each
from fireplan.travel import Passing, places, time_rows
from fireplan.travel._places import station_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.standards import Objective, Standard
    from fireplan.travel import Spot

SEARCHED_S = 1800.0
"""From a place on the road nothing farther than this is looked for. [s]"""

ROWS_KEPT = 256
"""Rows of times from places on the road that are kept for a unit's next word from there."""

NEVER, LOST, ONCE, TWICE, ELSEWHERE = range(5)
"""What a zone is now: never in time, lost, in time by one unit, by two or more; or off the ground of the objective."""


class Standing(NamedTuple):
    """
    Where a free unit stands.

    Attributes
    ----------
    spot
        On the road; None: not known, or off it.
    at_station
        In a station, from which it has to turn out.
    """

    spot: Spot | None
    at_station: bool


class Weighed(NamedTuple):
    """
    One thing that cover is counted in, by zone.

    Attributes
    ----------
    name, unit
        What is counted, and what a reader calls that.
    weight
        How much of it each zone holds that the objective speaks of.
    left_out
        How much of it lies in no zone, and so in no figure of the live view; `fireplan.assess` counts it.
    """

    name: str
    unit: str
    weight: NDArray[np.float64]
    left_out: float = 0.0

    @property
    def n(self) -> float:
        """All of it."""
        return float(self.weight.sum())

    def share(self, within: NDArray[np.bool_]) -> float:
        """Share of it in the zones given; NaN if there is none at all."""
        return float(self.weight[within].sum() / self.n) if self.n > 0 else float("nan")


class CoverNow:
    """
    What the free units reach in time, zone by zone.

    A unit that comes or goes changes one count per zone: on a county a millisecond or less from a station, and one
    bounded search from a place on the road. The figures are those of `fireplan.assess` on the same units at the same
    places, with a calibration those at the median drive, but that incidents count with their zone: those in none are
    left out, and counted as such.

    Parameters
    ----------
    scenario
        The department with all its units at home; zones carry the demand.
    standard
        Its first objective for one unit is what cover is measured by, and its first for a force beside it; each on its
        own ground. Objectives that name what they weigh come after those that do not.

    Attributes
    ----------
    objective, force
        What cover is measured by; `force` may be None.
    measures, force_measures
        What is counted, by zone, of what each speaks of; the first weighs the advice.
    asked
        Zones on the ground of the objective.
    version
        Counts the changes.
    """

    def __init__(self, scenario: Scenario, *, standard: Standard) -> None:
        if not len(scenario.units):
            raise InputError("the live view follows units: give the project a table of units, or units of the stations")
        self.scenario = scenario
        self.objective, self.force = _objectives(standard)
        self.version = 0
        self.zones = places(scenario, "zones")
        self.passing = Passing(scenario, cutoff_s=max(SEARCHED_S, self.objective.limit_s))
        self.measures = _weighed(scenario, self.objective)
        self.force_measures = () if self.force is None else _weighed(scenario, self.force)
        self.asked = self.asked_by(self.objective)
        self._brings = supply(scenario.units)
        self._row_of = {unit: row for row, unit in enumerate(scenario.units.index)}
        self._turnout_s = scenario.units["turnout_s"].to_numpy(float)
        self._crew = one_each(scenario.units)
        self._mates = mates(scenario.units)
        self._at_home: dict[str, NDArray[np.float32]] = dict(
            zip(station_places(scenario).ids, time_rows(scenario, self.zones), strict=True)
        )
        self._station_at = {self.passing.station(s): s for s in self._at_home}
        self._rows: OrderedDict[Spot, NDArray[np.float32]] = OrderedDict()
        self._free: dict[str, Standing] = {}
        self._depth = np.zeros(len(self.zones.ids), dtype=np.int16)
        self._counts = len(self.objective.needs) == 1 and max(self.objective.needs.values()) <= 1
        self._within: dict[str, tuple[int, NDArray[np.bool_]]] = {}
        for unit in scenario.units.index:
            self.put(unit, self.home(unit))
        self.passing.look_homeward(s for s in dict.fromkeys(scenario.units["station_id"]) if s in self._at_home)
        self.home_within = self.within()
        self.home_force = self.within_force()
        self.ground_of = self._grounds()

    def home(self, unit_id: str) -> Standing | None:
        """Say where a unit stands when it is at home; None: its station is closed."""
        return self.at(str(self.scenario.units["station_id"].iloc[self._row_of[unit_id]]))

    def at(self, station_id: str) -> Standing | None:
        """Say where a unit stands that is in a station; None: that is no open station."""
        return Standing(self.passing.station(station_id), at_station=True) if station_id in self._at_home else None

    def asked_by(self, objective: Objective) -> NDArray[np.bool_]:
        """Zones on the ground of an objective."""
        return np.asarray(applies_to(self.scenario, objective, self.zones) == ON)

    def put(self, unit_id: str, standing: Standing | None) -> bool:
        """
        Say where a free unit stands now; None: it is not free.

        Returns
        -------
        Whether that changed anything. Units that the department does not have change nothing.
        """
        if unit_id not in self._row_of or self._free.get(unit_id) == standing:
            return False
        # Invariant: the depth of a zone is the number of crews of free units that reach it; one that comes or goes adds
        # or takes its row.
        counts = self._counts and self._useful(unit_id)
        if counts and (reached := self._crew_reaches(unit_id, self._free)) is not None:
            self._depth -= reached
        self._free.pop(unit_id, None)
        if standing is not None:
            self._free[unit_id] = standing
        if counts and (reached := self._crew_reaches(unit_id, self._free)) is not None:
            self._depth += reached
        self.version += 1
        return True

    def standing(self, unit_id: str) -> Standing | None:
        """Where a unit stands; None: it is not free."""
        return self._free.get(unit_id)

    def depth(self) -> NDArray[np.int16]:
        """How many free units reach each zone in time; for an objective of more than one unit 0 or 1."""
        return self._depth if self._counts else self.within().astype(np.int16)

    def within(self) -> NDArray[np.bool_]:
        """Zones that are reached within the objective."""
        return self._depth > 0 if self._counts else self._arrived(self.objective)

    def within_force(self) -> NDArray[np.bool_] | None:
        """Zones that the force reaches in time; None: the standard asks for none."""
        return None if self.force is None else self._arrived(self.force)

    def codes(self) -> NDArray[np.uint8]:
        """What each zone is now: `NEVER`, `LOST`, `ONCE` or `TWICE`; `ELSEWHERE` off the ground of the objective."""
        depth = self.depth()
        code = np.where(self.home_within, LOST, NEVER).astype(np.uint8)
        code[depth == 1] = ONCE
        code[depth > 1] = TWICE
        code[~self.asked] = ELSEWHERE
        return code

    def within_if(self, moved: Iterable[tuple[str, Standing | None]]) -> NDArray[np.bool_]:
        """Zones that would be reached if units stood elsewhere; nothing is changed."""
        stand: dict[str, Standing | None] = {**self._free}
        changed = {}  # a unit of each crew that moves
        for unit_id, standing in moved:
            if unit_id not in self._row_of:
                continue
            changed[int(self._crew[self._row_of[unit_id]])] = unit_id
            stand[unit_id] = standing
            home = standing is not None and standing == self.home(unit_id)
            for mate in self._mates.get(unit_id, ()):  # who moves elsewhere leaves them without a crew
                stand[mate] = self.home(mate) if home else None
        if not self._counts:
            return self._arrived(self.objective, stand)
        depth = self._depth.copy()
        for unit_id in changed.values():
            if (reached := self._crew_reaches(unit_id, self._free)) is not None:
                depth -= reached
            if (reached := self._crew_reaches(unit_id, stand)) is not None:
                depth += reached
        return np.asarray(depth > 0)

    def counted(self) -> list[str]:
        """Units of which one alone can meet the objective; for a force, all that bring a part of it."""
        return [u for u in self._row_of if self._useful(u)]

    def reach(self, unit_id: str, standing: Standing) -> NDArray[np.bool_]:
        """Zones that a unit reaches in time from a place."""
        return self._reaches(unit_id, standing).astype(bool)

    def first(self) -> tuple[list[str], NDArray[np.int64], NDArray[np.float32]]:
        """
        Say who is first due to each zone now.

        Returns
        -------
        The units that count and are free; for each zone the row among them (-1: none) and the travel time [s].
        """
        units = [u for u in self.counted() if u in self._free and self._free[u].spot is not None]
        n = len(self.zones.ids)
        best_s = np.full(n, np.inf, dtype=np.float32)
        row = np.full(n, -1, dtype=np.int64)
        # Strictly sooner: of units at the same time the first in the table is first due, whatever order they became
        # free in.
        for i, unit in enumerate(units):
            times = self._times(unit, self._free[unit], self.objective.interval)
            sooner = times < best_s
            best_s[sooner], row[sooner] = times[sooner], i
        return units, row, best_s

    def free_of(self, kind: str) -> tuple[int, int]:
        """How many units of a kind are free, and of how many; of units that share a crew one counts."""
        column = self._brings[:, KINDS.index(kind)] > 0
        free = {int(self._crew[self._row_of[u]]) for u in self._free if column[self._row_of[u]]}
        return len(free), len(np.unique(self._crew[column]))

    def _useful(self, unit_id: str) -> bool:
        row = self._brings[self._row_of[unit_id]]
        return any(row[KINDS.index(kind)] > 0 for kind in self.objective.needs)

    def _crew_reaches(self, unit_id: str, free: Mapping[str, Standing | None]) -> NDArray[np.int16] | None:
        """Zones that a unit or another of its crew reaches in time, of those that count and are free; None: none is."""
        rows = [
            self._reaches(unit, standing)
            for unit in (unit_id, *self._mates.get(unit_id, ()))
            if (standing := free.get(unit)) is not None and self._useful(unit)
        ]
        return None if not rows else rows[0] if len(rows) == 1 else np.asarray(np.max(rows, axis=0))

    def _reaches(self, unit_id: str, standing: Standing) -> NDArray[np.int16]:
        times = self._times(unit_id, standing, self.objective.interval)
        return (times <= last_within(self.objective.limit_s)).astype(np.int16)

    def _times(self, unit_id: str, standing: Standing, interval: str) -> NDArray[np.float32]:
        if standing.spot is None:
            return np.full(len(self.zones.ids), np.inf, dtype=np.float32)
        row = self._row(standing.spot)
        if interval == "travel_s" or not standing.at_station:
            return row
        return np.asarray(row + np.float32(self._turnout_s[self._row_of[unit_id]]), dtype=np.float32)

    def _row(self, spot: Spot) -> NDArray[np.float32]:
        station = self._station_at.get(spot)
        if station is not None:
            return self._at_home[station]
        if spot not in self._rows:
            self._rows[spot] = self.passing.times_from(spot, self.zones)
            while len(self._rows) > ROWS_KEPT:
                self._rows.popitem(last=False)
        self._rows.move_to_end(spot)
        return self._rows[spot]

    def _arrived(self, objective: Objective, free: Mapping[str, Standing | None] | None = None) -> NDArray[np.bool_]:
        """Zones at which all that an objective needs arrives in time."""
        if free is None and self._within.get(objective.key, (-1,))[0] == self.version:
            return self._within[objective.key][1]
        wanted = [KINDS.index(kind) for kind in objective.needs]
        standing = self._free if free is None else free
        sent = [(u, s) for u in self._row_of if (s := standing.get(u)) is not None and s.spot is not None]
        sent = [(u, s) for u, s in sent if (self._brings[self._row_of[u]][wanted] > 0).any()]
        n = len(self.zones.ids)
        times = [self._times(u, s, objective.interval) for u, s in sent]
        brings = self._brings[[self._row_of[u] for u, _ in sent]]
        need = np.array([objective.needs.get(k, 0.0) for k in KINDS], dtype=float)
        crew = self._crew[[self._row_of[u] for u, _ in sent]]
        if not sent:
            arrival_s = np.full(n, np.inf, dtype=np.float32)
        elif len(np.unique(crew)) < len(crew):
            arrival_s = kernel.crew_force_times(np.stack(times), brings, crew, need)
        else:
            arrival_s = kernel.force_times(np.stack(times), np.ascontiguousarray(brings), need)
        found = np.asarray(arrival_s <= last_within(objective.limit_s))
        if free is None:
            self._within[objective.key] = (self.version, found)
        return found

    def _grounds(self) -> NDArray[np.object_]:
        """Station whose unit is first due to each zone when all are at home; None: none is."""
        units, row, _ = self.first()
        home = [str(self.scenario.units["station_id"].iloc[self._row_of[u]]) for u in units]
        return np.array([*home, None], dtype=object)[row]


def _objectives(standard: Standard) -> tuple[Objective, Objective | None]:
    """The objective that cover is measured by, and the first for a force."""
    shares = [o for o in standard.planned if o.at_most_outside is None]
    planned = [o for o in shares if not o.weight] or shares
    if not planned:
        raise InputError(
            f"standard {quoted(standard.name)} holds no objective for travel that asks for a share: use one such as"
            " NFPA_1710"
        )
    alone = [o for o in planned if len(o.needs) == 1 and max(o.needs.values()) <= 1]
    forces = [o for o in planned if o not in alone]
    return (alone or forces)[0], (forces[0] if alone and forces else None)


def _weighed(scenario: Scenario, objective: Objective) -> tuple[Weighed, ...]:
    """What an objective speaks of, counted into zones; that which its figures count first."""
    measures = [m for m in measures_of(scenario, objective) if m.places.kind != "roads"]
    if not measures:
        return (
            Weighed("zones", "zones", (applies_to(scenario, objective, places(scenario, "zones")) == ON).astype(float)),
        )
    first = chosen_of(scenario, measures, objective)
    found = []
    for measure in [first, *(m for m in measures if m is not first)]:
        weight = in_zones(scenario, measure)
        # Sums of whole numbers, taken in another order: what is left of a rounding is none.
        left_out = max(0.0, round(float(np.nansum(measure.weight)) - float(weight.sum()), 6))
        found.append(Weighed(measure.name, measure.unit, weight, left_out))
    return tuple(found)
