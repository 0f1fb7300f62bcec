"""Roads that are to be built."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from fireplan import wording
from fireplan._checked import takes
from fireplan.changes._base import BaseChange
from fireplan.changes._drawings import ways_drawn
from fireplan.changes._drawn_shapes import Line, line_m
from fireplan.changes._hours_and_days import Days, Hours, when_said
from fireplan.changes._street_choice import days_faults, when_notes
from fireplan.errors import InputError, UnknownIdError, listed
from fireplan.roads import Feature, class_speeds
from fireplan.roads._added_streets import (
    JOIN_M,
    Joint,
    Joints,
    NewStreet,
    doubled,
    ground_m,
    joints_of,
    laid_lines,
    with_street,
)

if TYPE_CHECKING:
    from pathlib import Path

    from fireplan.roads import RoadNetwork
    from fireplan.scenario import Tables


@dataclass(frozen=True)
class BuildRoad(BaseChange):
    """
    Build a road, joined to the streets at its ends and to those that it crosses at grade.

    Attributes
    ----------
    line
        Where it runs: pairs of longitude and latitude, WKT, a shapely line, a layer with a CRS, or a file of one line.
        Each end joins the nearest street within 15 m.
    highway
        Its class, such as "residential"; the city need not have any of it.
    name, ref
        What it is called, and its number.
    speed_kph
        How fast it is driven [km/h]; left out: as the city's own streets of its class are at the median, or the
        planning speed of its class.
    oneway
        Driven as it is drawn alone.
    bridge, tunnel
        Streets that it crosses are passed over, or under, without a joint.
    crossings
        Join the streets that it crosses; freeways, bridges and tunnels are passed without a joint, and told.
    loose
        Let an end be a dead end. One joint at least there must be.
    hours, weekdays, dates
        When it is so, as in `CloseRoad`.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town()
    >>> link = fp.BuildRoad([(-140.0, 30.0), (-139.99, 30.02), (-140.0, 30.04)], "primary", "Bypass", speed_kph=80)
    >>> for part in fp.changes.notes(town.apply(link))[0].split("; "):
    ...     print(part)
    'Build Bypass': 4.8 km, primary at 80 km/h, both directions
    joined at its start to Line Street, at its end to Line Street
    """

    verb: ClassVar[str] = "build_road"
    line: Line
    highway: str = "residential"
    name: str = ""
    speed_kph: float | None = None
    oneway: bool = False
    _: KW_ONLY
    ref: str = ""
    bridge: bool = False
    tunnel: bool = False
    crossings: bool = True
    loose: bool = False
    hours: Hours | None = None
    weekdays: tuple[str, ...] = ()
    dates: Days | None = None

    @classmethod
    @takes
    def from_osm(cls, path: str | Path) -> tuple[BuildRoad, ...]:
        """
        Read the roads that were drawn in JOSM: ways of a file that are new, with their tags.

        Parameters
        ----------
        path
            The file that JOSM saved (.osm). Ways with numbers above zero are the city's own, and passed over.

        Returns
        -------
        A change for each new way, in an order in which each can join those before. Ends that are drawn as dead ends may
        stay so.
        """
        return tuple(cls(**way) for way in ways_drawn(path))

    def own_faults(self) -> list[str]:
        """Say what is wrong with the values together."""
        faults = days_faults(self.weekdays)
        if self.highway not in class_speeds():
            faults.append(str(UnknownIdError("class of road", self.highway, class_speeds())))
        if self.speed_kph is not None and not 0 < self.speed_kph < np.inf:
            faults.append("speed_kph must be a number above zero")
        if self.bridge and self.tunnel:
            faults.append("bridge and tunnel are both given: it is one of them, or a road for each part")
        return faults

    @property
    def _called(self) -> str:
        return self.name or self.ref or f"a {self.highway} road"

    def __str__(self) -> str:
        """Say what it does."""
        when = when_said(self.hours, self.weekdays, self.dates)
        kind = " as a bridge" if self.bridge else " as a tunnel" if self.tunnel else ""
        return f"Build {self._called}{kind}" + (f", {when}" if when else "")

    def __call__(self, tables: Tables) -> Tables:
        """Build it."""
        roads = tables.roads
        new = self.street(roads)
        joints = self.joints(roads, new)
        built = with_street(roads, new, joints)
        note = f"{self}: {self._said(roads, new, joints)}"
        return tables._replace(roads=built.with_times(there_s=built.there_s, back_s=built.back_s, note=note))

    def street(self, roads: RoadNetwork) -> NewStreet:
        """Give the street, as a network knows it."""
        features = Feature.BRIDGE if self.bridge else Feature.TUNNEL if self.tunnel else Feature(0)
        kph = self.speed_kph or usual_kph(roads, self.highway)
        line = line_m(self.line, crs=roads.crs)
        return NewStreet(line, self.highway, self.name, self.ref, kph, self.oneway, int(features))

    def joints(self, roads: RoadNetwork, new: NewStreet) -> Joints:
        """Find where it joins; refuse it where it does not."""
        joints = joints_of(roads, new.line, crossings=self.crossings, features=new.features)
        loose = [
            f"its {end} lies {_away(away_m)}"
            for end, joint, away_m in (("start", joints.start, joints.start_m), ("end", joints.end, joints.end_m))
            if joint is None
        ]
        if not joints.all:
            raise InputError(f"'{self}' joins no street: {' and '.join(loose)}: draw it to one, or check its place")
        if loose and not self.loose:
            raise InputError(
                f"'{self}': {' and '.join(loose)} (it joins one within {wording.distance(JOIN_M)}): draw it on, or give"
                " loose=True for a dead end"
            )
        return joints

    def effects(self, before: Tables, after: Tables) -> list[str]:  # noqa: ARG002 - as every change
        """Say where it was joined, and for which hours the figures hold."""
        new = self.street(before.roads)
        joints = self.joints(before.roads, new)
        said = self._said(before.roads, new, joints)
        km = wording.distance(laid_m(before.roads, new, joints))
        counted = f"'{self}': its {km} count among the kilometres of road of this scenario, and of no other"
        return [f"'{self}': {said}", counted, *when_notes(self, self.hours, self.weekdays, self.dates, before.roads)]

    def _said(self, roads: RoadNetwork, new: NewStreet, joints: Joints) -> str:
        """Say how long and fast it is, and where it was joined."""
        ways = "one-way as drawn" if self.oneway else "both directions"
        parts = [
            f"{wording.distance(laid_m(roads, new, joints))}, {self.highway} at {round(new.kph, 1):g} km/h, {ways}"
        ]
        joined = []
        for end, joint, away_m in (("start", joints.start, joints.start_m), ("end", joints.end, joints.end_m)):
            if joint is None:
                parts.append(f"its {end} is a dead end, {_away(away_m)}")
            else:
                off = f" ({wording.distance(joint.away_m)} away)" if round(joint.away_m) >= 1 else ""
                joined.append(f"at its {end} to {_street(roads, joint)}{off}")
        if joints.between:
            crossed = dict.fromkeys(_street(roads, joint) for joint in joints.between)
            times = wording.counted(len(joints.between), "time")
            joined.append(f"on the way {times}, to {listed(crossed)}")
        if joined:
            parts.append(f"joined {', '.join(joined)}")
        if joints.passed:
            names = dict.fromkeys(_named(roads, street) for street in joints.passed)
            parts.append(f"passes without a joint: {listed(names)}")
        if not new.line.is_simple:
            parts.append("crosses itself without a joint: build it as two roads if it has one there")
        twice_m, streets = (0.0, ()) if new.features else doubled(roads, new.line)
        if twice_m > 0:
            names = dict.fromkeys(_named(roads, street) for street in streets)
            parts.append(f"{wording.distance(twice_m)} of it lie on {listed(names)} and count twice as road")
        return "; ".join(parts)


def laid_m(roads: RoadNetwork, new: NewStreet, joints: Joints) -> float:
    """How long the new street is as it is laid, from joint to joint. [m]"""
    return sum(ground_m(line, roads) for _, line in laid_lines(roads, new, joints))


def usual_kph(roads: RoadNetwork, highway: str) -> float:
    """Give the speed at which streets of a class are driven: the city's own at the median, else the planning speed."""
    own_s = np.minimum(roads.there_s, roads.back_s)
    own = (roads.highway == highway) & np.isfinite(own_s) & (own_s > 0)
    if own.any():
        return round(float(np.median(roads.length_m[own] / own_s[own])) * 3.6, 1)
    return class_speeds()[highway].speed_kph


def _street(roads: RoadNetwork, joint: Joint) -> str:
    return _named(roads, joint.street)


def _named(roads: RoadNetwork, street: int) -> str:
    name = str(roads.street_name[street] or roads.street_ref[street]) or f"a {roads.highway[street]} without a name"
    features = int(roads.features[street])
    where = " (a bridge)" if features & Feature.BRIDGE else " (a tunnel)" if features & Feature.TUNNEL else ""
    return name + where + ("" if roads.drivable[street] else " (closed)")


def _away(away_m: float) -> str:
    return f"{wording.distance(away_m)} from the nearest street" if np.isfinite(away_m) else "far from every street"
