"""Roads closed and opened, and driven faster or slower."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fireplan import wording
from fireplan._conversions import KPH_PER_MPS
from fireplan.changes._base import BaseChange, positive
from fireplan.changes._hours_and_days import Days, Hours, when_said
from fireplan.changes._street_choice import OfStreets, StreetChoice, days_faults, in_ground, said_of, when_notes
from fireplan.errors import InputError, UnknownIdError, listed, quoted
from fireplan.roads import class_speeds
from fireplan.roads._classes import LANES, NOT_DRIVEN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.changes._drawn_shapes import Ground
    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Tables


@dataclass(frozen=True)
class CloseRoad(OfStreets):
    """
    Close a road, in both directions or in one.

    Its words say what was asked, `changes.notes` what was found: streets, km, directions, names, bridges and tunnels.
    What tells the streets may be combined: each narrows the choice further.

    Attributes
    ----------
    road
        Name, or number ("A 8") where no street has such a name. Every street of it; where these stand in places more
        than 2 km from each other, as in two towns, it is refused until `near`, `area` or `everywhere` is given.
    near
        Longitude and latitude of a place [°]: only the street nearest to it, of that name if one is given, and with it
        the other carriageway where the two directions are drawn apart.
    ref
        Number of the road: "A8" finds "A 8" and "A 8;B 10".
    area
        Ground, such as a flood: WKT, a file of outlines, pairs of longitude and latitude, or a layer with a CRS. A
        street that lies in it with a part is meant whole.
    across
        A line drawn across the streets that are meant: pairs of longitude and latitude, or WKT.
    direction
        One way alone: "north", "southbound", "northwest" and so on, as the road runs from end to end.
    toward
        One way alone: that which leads nearer to this longitude and latitude. [°]
    spare
        What is left as it is: "bridges", "tunnels". Left out: they are meant too, and told.
    everywhere
        All streets of the name, however far apart.
    hours, weekdays, dates
        When it is so, as in `Scenario.only`: the scenario then speaks of these hours alone, which its name and notes
        say. It is the caller who asks of the calls of these hours.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town()
    >>> cut = town.apply(fp.CloseRoad("Line Street", near=(-140.0, 30.0305), direction="northbound"))
    >>> print(cut.name)
    Close Line Street near 30.03050, -140.00000 northbound
    >>> fp.changes.notes(cut)
    ["'Close Line Street near 30.03050, -140.00000 northbound': 1 street, 111 m, one direction: Line Street"]
    """

    verb: ClassVar[str] = "close_road"

    def __str__(self) -> str:
        """Say what it does."""
        return f"Close {self.subject}{self.when}"

    def __call__(self, tables: Tables) -> Tables:
        """Close it."""
        roads = tables.roads
        shut = self._shut(roads)
        there_s, back_s = np.where(shut.there, np.inf, roads.there_s), np.where(shut.back, np.inf, roads.back_s)
        note = f"{self}: {said_of(roads, shut)}"
        return tables._replace(roads=roads.with_times(there_s=there_s, back_s=back_s, note=note))

    def _shut(self, roads: RoadNetwork) -> StreetChoice:
        """Find the streets; of one direction those alone that are driven in it."""
        found = self.chosen(roads)
        if not self.direction and self.toward is None:
            return found
        shut = found._replace(
            there=found.there & np.isfinite(roads.there_s), back=found.back & np.isfinite(roads.back_s)
        )
        if not len(shut.rows):
            raise InputError(f"'{self}': no street that was found is driven that way")
        return shut

    def effects(self, before: Tables, after: Tables) -> list[str]:
        """Say which streets were found, and for which hours the figures hold."""
        shut = self._shut(before.roads)
        return [
            f"'{self}': {said_of(before.roads, shut)}{_so_before(before, after, shut.rows)}",
            *self.when_notes(before.roads),
        ]


@dataclass(frozen=True)
class OpenRoad(OfStreets):
    """
    Open a closed road, or the closed direction of one, at a speed.

    Attributes
    ----------
    road, near, ref, area, across, direction, toward, spare, everywhere, hours, weekdays, dates
        As in `CloseRoad`.
    speed_kph
        How fast it is driven. [km/h]
    """

    verb: ClassVar[str] = "open_road"
    speed_kph: float = 40.0

    def __str__(self) -> str:
        """Say what it does."""
        return f"Open {self.subject} at {self.speed_kph:g} km/h{self.when}"

    def __call__(self, tables: Tables) -> Tables:
        """Open it."""
        positive(self.speed_kph, "speed_kph", str(self))
        roads = tables.roads
        found = self.chosen(roads)
        own_s = roads.length_m / self.speed_kph * KPH_PER_MPS
        there_s = np.where(found.there & np.isinf(roads.there_s), own_s, roads.there_s)
        back_s = np.where(found.back & np.isinf(roads.back_s), own_s, roads.back_s)
        note = f"{self}: {self._said(roads, found)}"
        return tables._replace(roads=roads.with_times(there_s=there_s, back_s=back_s, note=note))

    def effects(self, before: Tables, after: Tables) -> list[str]:
        """Say which streets were found, and for which hours the figures hold."""
        found = self.chosen(before.roads)
        return [
            f"'{self}': {self._said(before.roads, found)}{_so_before(before, after, found.rows)}",
            *self.when_notes(before.roads),
        ]

    def _said(self, roads: RoadNetwork, found: StreetChoice) -> str:
        """Say what was found, and which one-way streets are driven against their way now."""
        ways = "one direction" if self.direction or self.toward is not None else "both directions"
        there, back = np.isfinite(roads.there_s), np.isfinite(roads.back_s)
        against = int(((found.there & ~there & back) | (found.back & ~back & there)).sum())
        was = "was one-way and is" if against == 1 else "were one-way and are"
        now = f"; {wording.count(against)} of them {was} now driven both ways" if against else ""
        return said_of(roads, found, ways=ways) + now


def _so_before(before: Tables, after: Tables, rows: NDArray[np.int64]) -> str:
    """Say of how many streets that were found nothing changed."""
    one, other = before.roads, after.roads
    same = (one.there_s[rows] == other.there_s[rows]) & (one.back_s[rows] == other.back_s[rows])
    n = int(same.sum())
    return f"; {wording.count(n)} of them {'was' if n == 1 else 'were'} so already" if n else ""


@dataclass(frozen=True)
class ScaleSpeeds(BaseChange):
    """
    Drive faster or slower.

    Attributes
    ----------
    factor
        Speeds are multiplied by it: 0.8 is a fifth slower.
    highway
        Classes of road it applies to; left out: all.
    area
        Ground it applies to, as in `CloseRoad`; left out: everywhere.
    skip_missing
        Pass over a class that the city lacks, and say so, where it would be refused otherwise.
    period
        Name of one of the network's periods of the week (`RoadNetwork.periods`): speeds are scaled in its hours alone,
        and stay in the others.
    hours, weekdays, dates
        When it is so, as in `CloseRoad`: the scenario then speaks of these hours alone.
    """

    verb: ClassVar[str] = "scale_speeds"
    factor: float
    highway: tuple[str, ...] = ()
    _: KW_ONLY
    area: Ground | None = None
    skip_missing: bool = False
    period: str = ""
    hours: Hours | None = None
    weekdays: tuple[str, ...] = ()
    dates: Days | None = None

    def own_faults(self) -> list[str]:
        """Say what is wrong with the values together."""
        faults = days_faults(self.weekdays)
        if self.period and self.area is not None:
            faults.append("a period has a factor for each class of road, not for an area: leave out area or period")
        if self.period and when_said(self.hours, (), self.dates) + "".join(self.weekdays):
            faults.append("a period has its own hours: leave out hours, weekdays and dates, or period")
        return faults

    def __str__(self) -> str:
        """Say what it does."""
        when = when_said(self.hours, self.weekdays, self.dates)
        where = (f" on {', '.join(self.highway)}" if self.highway else "") + (
            " in the area drawn" if self.area is not None else ""
        )
        when = f"in period {quoted(self.period)}" if self.period else when
        return f"Speeds x {self.factor:g}{where}{f', {when}' if when else ''}"

    def __call__(self, tables: Tables) -> Tables:
        """Scale them."""
        positive(self.factor, "factor", str(self))
        roads = tables.roads
        chosen, note = self._chosen(roads)
        if self.period:
            return tables._replace(roads=self._in_period(roads, chosen, note))
        scale = np.where(chosen, self.factor, 1.0)
        return tables._replace(
            roads=roads.with_times(there_s=roads.there_s / scale, back_s=roads.back_s / scale, note=note)
        )

    def _in_period(self, roads: RoadNetwork, chosen: NDArray[np.bool_], note: str) -> RoadNetwork:
        """Scale the factors of one period, which are by class."""
        names = [p.name for p in roads.periods]
        if self.period not in names:
            raise UnknownIdError("period", self.period, names)
        classes = [str(c) for c in np.unique(roads.highway[chosen])]
        scaled = []
        for period in roads.periods:
            if period.name != self.period:
                scaled.append(period)
                continue
            if not isinstance(period.factor, Mapping) and not self.highway:
                scaled.append(replace(period, factor=period.factor * self.factor))
                continue
            before = period.factor if isinstance(period.factor, Mapping) else {}
            every = {str(c): float(f) for c, f in zip(roads.highway, period.factors(roads.highway), strict=True)}
            by_class = {c: f * (self.factor if c in classes else 1.0) for c, f in every.items()}
            scaled.append(replace(period, factor={**before, **by_class}))
        same = roads.with_times(there_s=roads.there_s, back_s=roads.back_s, note=note)
        return same.with_periods(*scaled)

    def _chosen(self, roads: RoadNetwork) -> tuple[NDArray[np.bool_], str]:
        """Find the streets, and say which they are."""
        lacking = [c for c in self.highway if c not in set(roads.highway)]
        strange = [c for c in lacking if c not in {*class_speeds(), *LANES, *NOT_DRIVEN}]
        if strange or (lacking and not self.skip_missing):
            one = (strange or lacking)[0]
            raise UnknownIdError("class of road", one, set(roads.highway))
        found = np.isin(roads.highway, self.highway) if self.highway else np.ones(roads.n_streets, dtype=bool)
        partly = 0
        if self.area is not None:
            touched, whole = in_ground(roads, self.area)
            partly = int((found & touched & ~whole).sum())
            found &= touched
            if not found.any() and not lacking:
                raise InputError(f"'{self}': no such street lies in the area: check its place, or the classes")
        km = wording.distance(roads.length_m[found].sum())
        note = f"{self}: {wording.counted(int(found.sum()), 'street')}, {km}"
        if partly:
            lies = "lies" if partly == 1 else "lie"
            note += f"; {wording.count(partly)} of them {lies} in the area with a part alone and count whole"
        if lacking:
            note += f"; passed over, as there are none: {listed(map(quoted, lacking))}"
        return found, note

    def effects(self, before: Tables, after: Tables) -> list[str]:  # noqa: ARG002 - as every change
        """Say how many streets it is, what was passed over, and for which hours the figures hold."""
        _, note = self._chosen(before.roads)
        other = "; the figures of all other hours stay: ask for those of the period by during"
        return [
            f"'{self}'{note.removeprefix(str(self))}{other if self.period else ''}",
            *when_notes(self, self.hours, self.weekdays, self.dates, before.roads),
        ]
