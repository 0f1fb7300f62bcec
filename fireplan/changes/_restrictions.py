"""Streets that a vehicle may be too heavy, high or wide for, and turns that are forbidden."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fireplan import wording
from fireplan.changes._base import BaseChange, LonLat, point
from fireplan.changes._street_choice import OfStreets, of_name, said_of
from fireplan.crs import WGS84, project
from fireplan.errors import InputError, UnknownIdError, quoted
from fireplan.roads import SNAP_LIMIT_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Tables

LIMITS = (("max_weight_t", "weight_t", "t"), ("max_height_m", "height_m", "m"), ("max_width_m", "width_m", "m"))


@dataclass(frozen=True)
class SetRestriction(OfStreets):
    """
    Post a limit on streets, such as on a weak bridge: they are closed to a vehicle that is above it.

    The vehicle is that of the network (`RoadNetwork.vehicle`). Whether it may pass at other times, or slowly, is not
    reckoned.

    Attributes
    ----------
    road, near, ref, area, across, direction, toward, spare, everywhere, hours, weekdays, dates
        As in `CloseRoad`.
    max_weight_t, max_height_m, max_width_m
        What is the most; one of them at least. [t, m]
    note
        Why, or who says so; it stands with the change.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town()
    >>> weak = town.apply(fp.SetRestriction("", near=(-140.0, 30.0305), max_weight_t=7.5))
    >>> fp.changes.notes(weak)[0].rpartition("; ")[2]
    'closed to this engine: 18 t of weight, above 7.5 t'
    """

    verb: ClassVar[str] = "set_restriction"
    max_weight_t: float | None = None
    max_height_m: float | None = None
    max_width_m: float | None = None
    note: str = ""

    def own_faults(self) -> list[str]:
        """Say what is wrong with the values together."""
        given = {limit: getattr(self, limit) for limit, _, _ in LIMITS if getattr(self, limit) is not None}
        faults = [f"{limit} must be a number above zero" for limit, value in given.items() if not 0 < value < np.inf]
        if not given:
            faults.append("give max_weight_t, max_height_m or max_width_m")
        return [*super().own_faults(), *faults]

    def __str__(self) -> str:
        """Say what it does."""
        most = [
            f"{getattr(self, limit):g} {unit} of {of.split('_')[0]}"
            for limit, of, unit in LIMITS
            if getattr(self, limit) is not None
        ]
        return f"Limit {self.subject} to {', '.join(most)}{f' ({self.note})' if self.note else ''}{self.when}"

    def _above(self, roads: RoadNetwork) -> list[str]:
        """Say in what the vehicle of a network is above the limits."""
        vehicle = getattr(roads, "vehicle", None)
        unknown = [
            of
            for limit, of, _ in LIMITS
            if getattr(self, limit) is not None and not np.isfinite(getattr(vehicle, of, None) or np.nan)
        ]
        if unknown:
            raise InputError(
                f"'{self}': of the vehicle the network was read for {' and '.join(unknown)} is not known: give a"
                " vehicle, such as fp.roads.Vehicle.preset('engine', weight_t=18)"
            )
        return [
            f"{getattr(vehicle, of):g} {unit} of {of.split('_')[0]}, above {getattr(self, limit):g} {unit}"
            for limit, of, unit in LIMITS
            if getattr(self, limit) is not None and getattr(vehicle, of) > getattr(self, limit)
        ]

    def lets_pass(self, roads: RoadNetwork) -> bool:
        """Whether the vehicle of a network is under all limits, so that it drives as before."""
        return not self._above(roads)

    def __call__(self, tables: Tables) -> Tables:
        """Close the streets to a vehicle that is above a limit."""
        roads = tables.roads
        above, found = self._above(roads), self.chosen(roads)
        there_s, back_s = roads.there_s, roads.back_s
        if above:
            there_s, back_s = np.where(found.there, np.inf, there_s), np.where(found.back, np.inf, back_s)
        note = f"{self}: {self._said(roads)}"
        return tables._replace(roads=roads.with_times(there_s=there_s, back_s=back_s, note=note))

    def _said(self, roads: RoadNetwork) -> str:
        above, vehicle = self._above(roads), roads.vehicle.name
        does = f"closed to this {vehicle}: {' and '.join(above)}" if above else f"this {vehicle} may pass"
        return f"{said_of(roads, self.chosen(roads))}; {does}"

    def effects(self, before: Tables, after: Tables) -> list[str]:  # noqa: ARG002 - as every change
        """Say which streets were found, and whether the vehicle is above the limit."""
        return [f"'{self}': {self._said(before.roads)}", *self.when_notes(before.roads)]


@dataclass(frozen=True)
class BanTurn(BaseChange):
    """
    Forbid the turn from one street onto another where they meet.

    Attributes
    ----------
    road
        Name or number of the street that is left.
    onto
        Name or number of the street that is entered.
    near
        Longitude and latitude of the junction [°]; it may be left out where they meet at one alone.

    Notes
    -----
    Forbidden turns are kept where turns are exact (`RoadNetwork.with_turns`); with turns "none" or "mean" they are
    driven, and the notes say so.
    """

    verb: ClassVar[str] = "ban_turn"
    road: str
    onto: str
    _: KW_ONLY
    near: LonLat | None = None

    def __str__(self) -> str:
        """Say what it does."""
        where = f" near {self.near[1]:.5f}, {self.near[0]:.5f}" if self.near else ""
        return f"Ban the turn from {self.road} onto {self.onto}{where}"

    def __call__(self, tables: Tables) -> Tables:
        """Forbid it."""
        roads = tables.roads
        turns, _ = self._turns(roads)
        banned = np.unique(np.vstack([roads.banned.reshape(-1, 2), turns]).astype(np.int32), axis=0)
        same = roads.with_times(there_s=roads.there_s, back_s=roads.back_s, note=f"{self}")
        return tables._replace(roads=replace(same, banned=banned))

    def _turns(self, roads: RoadNetwork) -> tuple[NDArray[np.int64], int]:
        """Find the turns, and the junction they are made at."""
        sides = []
        for name in (self.road, self.onto):
            found = of_name(roads, name)
            if not found.any():
                raise UnknownIdError("road", name, ({*roads.street_name} | {*roads.street_ref}) - {""})
            sides.append(np.flatnonzero(found))
        arriving, leaving = _arriving(roads, sides[0]), _leaving(roads, sides[1])
        meeting = np.intersect1d(arriving[:, 1], leaving[:, 1])
        if not len(meeting):
            raise InputError(f"'{self}': no way along {quoted(self.road)} ends where one along {quoted(self.onto)}"
                             " begins")  # fmt: skip
        if self.near is not None:
            place = point(self.near, roads.crs, what=f"'{self}'")
            away_m = np.hypot(*(roads.node_xy_m[meeting] - np.array(place.coords[0])).T)
            if not away_m.min() <= SNAP_LIMIT_M:
                raise InputError(f"'{self}': they do not meet within {wording.distance(SNAP_LIMIT_M)} of that place")
            meeting = meeting[[int(np.argmin(away_m))]]
        if len(meeting) > 1:
            lonlat = project(roads.node_xy_m[meeting[:3]], source=roads.crs, target=WGS84)
            at = ", ".join(f"({lon:.5f}, {lat:.5f})" for lon, lat in lonlat)
            raise InputError(f"'{self}': they meet at {len(meeting)} junctions, such as {at}: give near")
        node = int(meeting[0])
        pairs = [
            (a, b)
            for a in arriving[arriving[:, 1] == node, 0].tolist()
            for b in leaving[leaving[:, 1] == node, 0].tolist()
            if a >> 1 != b >> 1
        ]
        if not pairs:
            raise InputError(f"'{self}': there is no such turn there")
        return np.array(pairs, dtype=np.int64), node

    def effects(self, before: Tables, after: Tables) -> list[str]:
        """Say where it is, and whether it is kept at all."""
        turns, node = self._turns(before.roads)
        lon, lat = project(before.roads.node_xy_m[[node]], source=before.roads.crs, target=WGS84)[0]
        found = f"'{self}': {wording.counted(len(turns), 'turn')} at {lat:.5f}, {lon:.5f}"
        if after.roads.turns != "exact":
            found += f"; it changes no time, as turns are reckoned as {quoted(after.roads.turns)}: choose 'exact'"
        return [found]


def _arriving(roads: RoadNetwork, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each way along streets that is driven, and the node at which it ends."""
    return np.vstack([
        np.column_stack([2 * rows, roads.last[rows]])[np.isfinite(roads.there_s[rows])],
        np.column_stack([2 * rows + 1, roads.first[rows]])[np.isfinite(roads.back_s[rows])],
    ]).astype(np.int64)  # fmt: skip


def _leaving(roads: RoadNetwork, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each way along streets that is driven, and the node at which it begins."""
    return np.vstack([
        np.column_stack([2 * rows, roads.first[rows]])[np.isfinite(roads.there_s[rows])],
        np.column_stack([2 * rows + 1, roads.last[rows]])[np.isfinite(roads.back_s[rows])],
    ]).astype(np.int64)  # fmt: skip
