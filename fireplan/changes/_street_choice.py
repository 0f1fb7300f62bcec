"""Which streets a change speaks of, and which ways along them; what was found, in words."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from shapely.ops import substring

from fireplan import wording
from fireplan.changes._base import BaseChange, LonLat, point
from fireplan.changes._drawn_shapes import Ground, Line, ground_m, line_m
from fireplan.changes._hours_and_days import Days, Hours, as_asked_of_demand, days_named, when_said
from fireplan.crs import WGS84, project
from fireplan.errors import InputError, UnknownIdError, listed, quoted
from fireplan.roads import SNAP_LIMIT_M, Feature
from fireplan.roads._street_names import alike

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork

APART_M = 2000.0
"""Streets of one name with no other of it within this stand in different places: two towns have a Main Street. [m]"""

CARRIAGEWAYS_M = 60.0
"""How far apart the two carriageways of one road may lie. [m]"""

APART_CARRIAGEWAYS_M = 300.0
"""Up to here a carriageway that was not taken with the other is told. [m]"""

MET_M = 0.05
"""A line meets a street this near: ends are written to the centimetre. [m]"""

OPPOSITE = -0.85
"""Cosine between two ways that run against each other: within some 30 degrees."""

ACROSS = 0.17
"""Cosine below which a street runs across a direction: within some 10 degrees of a right angle."""

NAMES_SHOWN = 5

_PARTED, _TWO_NUMBERS = re.compile(r"[-\s]+"), re.compile(r"(?<=\d)[-\s]+(?=\d)")

COMPASS = {
    "north": (0.0, 1.0), "northeast": (1.0, 1.0), "east": (1.0, 0.0), "southeast": (1.0, -1.0),
    "south": (0.0, -1.0), "southwest": (-1.0, -1.0), "west": (-1.0, 0.0), "northwest": (-1.0, 1.0),
}  # fmt: skip
SPARED = {"bridges": Feature.BRIDGE, "tunnels": Feature.TUNNEL}


class StreetChoice(NamedTuple):
    """
    The streets a change speaks of.

    Attributes
    ----------
    there, back
        Of each street of the network, whether it is meant in the direction in which it is drawn, and in the other.
    partly
        How many streets lie in the area with a part alone.
    spared
        Streets on bridges or in tunnels that were left out.
    unclear
        Streets that run across the direction asked for, of which neither way is meant.
    second
        Whether the other carriageway was taken with the one found by a place.
    beyond_m
        How far the other carriageway lies from the one found, if it is too far to be taken with it. [m]
    at_end
        How many streets the line drawn meets at an end alone.
    """

    there: NDArray[np.bool_]
    back: NDArray[np.bool_]
    partly: int
    spared: NDArray[np.int64]
    unclear: NDArray[np.int64]
    second: bool
    beyond_m: float = np.nan
    at_end: int = 0

    @property
    def rows(self) -> NDArray[np.int64]:
        """The streets."""
        return np.flatnonzero(self.there | self.back)


@dataclass(frozen=True)
class OfStreets(BaseChange):
    """What changes of streets are told by, each narrowing the choice further; said in full in `CloseRoad`."""

    road: str = ""
    near: LonLat | None = None
    _: KW_ONLY
    ref: str = ""
    area: Ground | None = None
    across: Line | None = None
    direction: str = ""
    toward: LonLat | None = None
    spare: tuple[str, ...] = ()
    everywhere: bool = False
    hours: Hours | None = None
    weekdays: tuple[str, ...] = ()
    dates: Days | None = None

    def own_faults(self) -> list[str]:
        """Say what is wrong with the values together."""
        faults = []
        if not (self.road.strip() or self.ref.strip()) and self.near is self.area is self.across is None:
            faults.append("name the road, or a place near it, its ref, an area, or a line across")
        if self.direction and _compass(self.direction) is None:
            faults.append(f"direction is {quoted(self.direction)}: use {listed(COMPASS)}, or northbound and so on")
        if self.direction and self.toward is not None:
            faults.append("direction and toward both say which way: give one of them")
        strange = [s for s in self.spare if s not in SPARED]
        if strange:
            faults.append(f"spare names {listed(map(quoted, strange))}: use {listed(SPARED)}")
        return faults + days_faults(self.weekdays)

    @property
    def subject(self) -> str:
        """Say which streets are meant."""
        said = self.road or self.ref or ("the road" if self.near else "all streets")
        said += f" near {self.near[1]:.5f}, {self.near[0]:.5f}" if self.near else ""
        said += " in the area drawn" if self.area is not None else ""
        said += " across the line drawn" if self.across is not None else ""
        if self.direction:
            said += f" {_compass(self.direction)}bound"
        if self.toward is not None:
            said += f" toward {self.toward[1]:.5f}, {self.toward[0]:.5f}"
        return said + (f" without {' and '.join(self.spare)}" if self.spare else "")

    @property
    def when(self) -> str:
        """Say when it is so, to stand behind what is done; nothing where it always is."""
        said = when_said(self.hours, self.weekdays, self.dates)
        return f", {said}" if said else ""

    def chosen(self, roads: RoadNetwork) -> StreetChoice:
        """Find the streets, and the ways along them."""
        found = self._of_name(roads)
        what, none = f"'{self}'", np.zeros(roads.n_streets, dtype=bool)
        partly, ends = none, none
        if self.area is not None:
            found, partly = _inside(roads, found, self.area, what)
        if self.across is not None:
            found, ends = _crossed(roads, found, self.across, what)
        spared = none
        for name in self.spare:
            spared = spared | found & ((roads.features & SPARED[name]) != 0)
        if spared.any() and not (found & ~spared).any():
            raise InputError(f"{what}: all streets found are {' or '.join(self.spare)}, which it leaves as they are")
        found = found & ~spared
        second, beyond_m = False, np.nan
        if self.near is not None:
            found, second, beyond_m = _nearest(roads, found, self.near, self.road or self.ref, pair=not self.direction)
            spared = spared & _no_farther(roads, self.near, found)
        elif self.area is None and self.across is None and not self.everywhere:
            _refuse_apart(roads, found, what)
        there, back, unclear = found, found, np.empty(0, dtype=np.int64)
        if self.direction or self.toward is not None:
            there, back, unclear = _ways_toward(roads, found, self.direction, self.toward, what)
        n_partly, at_end = (int((those & (there | back)).sum()) for those in (partly, ends))
        return StreetChoice(there, back, n_partly, np.flatnonzero(spared), unclear, second, beyond_m, at_end)

    def _of_name(self, roads: RoadNetwork) -> NDArray[np.bool_]:
        """Find the streets of the name and the number."""
        found, errors = np.ones(roads.n_streets, dtype=bool), []
        for one, of in ((self.road, of_name), (self.ref, of_ref)):
            if not one.strip():
                continue
            mine = of(roads, one)
            if mine.any():
                found &= mine
            else:
                names = roads.street_name if of is of_name else ()
                refs = {part.strip() for ref in set(roads.street_ref) for part in ref.split(";")}
                errors.append(UnknownIdError("road", one, ({*names} | refs) - {""}))
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise InputError("; ".join(map(str, errors)))
        if not found.any():
            raise InputError(f"no street is called {quoted(self.road)} and has the number {quoted(self.ref)} at once")
        return found

    def outcome(self, roads: RoadNetwork) -> str:
        """Say what was found: streets, km, ways, names, bridges and tunnels."""
        return said_of(roads, self.chosen(roads))

    def when_notes(self, roads: RoadNetwork) -> list[str]:
        """Say for which hours alone the figures hold."""
        return when_notes(self, self.hours, self.weekdays, self.dates, roads)


def days_faults(weekdays: tuple[str, ...]) -> list[str]:
    """Say which weekdays are none."""
    try:
        days_named(weekdays)
    except InputError as error:
        return [f"weekdays {error}"]
    return []


def when_notes(
    change: BaseChange, hours: Hours | None, weekdays: tuple[str, ...], dates: Days | None, roads: RoadNetwork
) -> list[str]:
    """Say for which hours alone the figures of a scenario hold; nothing where they always do."""
    said = when_said(hours, weekdays, dates)
    if not said:
        return []
    asked = as_asked_of_demand(hours, weekdays, dates)
    names = [quoted(period.name) for period in roads.periods]
    periods = f"; the network's own periods ({listed(names)}) are not in it: ask for one by during" if names else ""
    return [
        (
            f"'{change}': every figure of this scenario is of {said} alone; ask of the calls of that time by {asked}"
            f" before it is applied{periods}"
        )
    ]


def of_name(roads: RoadNetwork, name: str) -> NDArray[np.bool_]:
    """Find the streets of a name as it is written; else in other capitals or abbreviations; else of that number."""
    exact = np.asarray(roads.street_name == name)
    if exact.any():
        return exact
    wanted = alike(name)
    same = [n for n in set(roads.street_name) if wanted and n and alike(n) == wanted]
    return np.isin(roads.street_name, same) if same else of_ref(roads, name)


def of_ref(roads: RoadNetwork, ref: str) -> NDArray[np.bool_]:
    """Find the streets of a road number, alone or beside others."""
    wanted = _squeezed(ref)
    mine = [r for r in set(roads.street_ref) if wanted and wanted in {_squeezed(part) for part in r.split(";")}]
    return np.isin(roads.street_ref, mine)


def _squeezed(ref: str) -> str:
    """Give a number without dashes and blanks, but where they part two numbers: "A 1-1" is not "A 11"."""
    return _PARTED.sub("", _TWO_NUMBERS.sub("/", ref.strip().casefold()))


def _compass(direction: str) -> str | None:
    name = "".join(direction.casefold().replace("-", " ").split()).removesuffix("bound")
    return name if name in COMPASS else None


def in_ground(roads: RoadNetwork, wkt: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Say which streets have a part of some length in a ground, and which lie in it whole."""
    ground = ground_m(wkt, crs=roads.crs)
    lines = roads.streets.geometry.array
    # A street that ends on the outline, or runs along it, has nothing in the ground, to the centimetres of a drawing.
    inner, outer = shapely.buffer(ground, -MET_M), shapely.buffer(ground, MET_M)
    shapely.prepare([inner, outer])
    touched, whole = shapely.intersects(inner, lines), shapely.covers(outer, lines)
    return np.asarray(touched, dtype=bool), np.asarray(whole, dtype=bool)


def _inside(
    roads: RoadNetwork, found: NDArray[np.bool_], wkt: str, what: str
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find the streets in a ground, and those that lie in it with a part alone."""
    touched, whole = in_ground(roads, wkt)
    inside = found & touched
    if not inside.any():
        raise InputError(f"{what}: no street that is meant lies in the area: check its place, or the name")
    return inside, inside & ~whole


def _crossed(
    roads: RoadNetwork, found: NDArray[np.bool_], points: Line, what: str
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find the streets that a line crosses, and those of them that it meets at an end, where it leads over a corner."""
    line, lines = line_m(points, crs=roads.crs), roads.streets.geometry.array
    # A line that is drawn up to a street, or to a corner, ends there and crosses nothing.
    inner = substring(line, 2 * MET_M, line.length - 2 * MET_M) if line.length > 8 * MET_M else line
    shapely.prepare(inner)
    crossed: NDArray[np.bool_] = found & np.asarray(shapely.dwithin(inner, lines, MET_M), dtype=bool)
    if not crossed.any():
        touched = (found & np.asarray(shapely.dwithin(line, lines, MET_M), dtype=bool)).any()
        mend = "it ends where it meets one: draw it on" if touched else "draw it longer, or check its place"
        raise InputError(f"{what}: no street that is meant crosses the line: {mend}")
    rows = np.flatnonzero(crossed)
    whole = [_without_ends(lines[row]) for row in rows]
    at_end = np.zeros(roads.n_streets, dtype=bool)
    at_end[rows] = ~np.asarray(shapely.dwithin(inner, np.array(whole, dtype=object), MET_M), dtype=bool)
    return crossed, at_end


def _without_ends(line: shapely.LineString) -> shapely.Geometry:
    return substring(line, 4 * MET_M, line.length - 4 * MET_M) if line.length > 16 * MET_M else line


def _nearest(
    roads: RoadNetwork, found: NDArray[np.bool_], near: LonLat, name: str, *, pair: bool
) -> tuple[NDArray[np.bool_], bool, float]:
    """Find the street nearest to a place, and the carriageway beside it that runs the other way."""
    place = point(near, roads.crs, what=f"road {quoted(name)}")
    rows, lines = np.flatnonzero(found), roads.streets.geometry.array
    away_m = shapely.distance(lines[rows], place)
    if not away_m.min() <= SNAP_LIMIT_M:  # far away it is not a number
        raise InputError(
            f"no street {quoted(name)} within {wording.distance(SNAP_LIMIT_M)} of {near[1]:.5f}, {near[0]:.5f}"
        )
    street = int(rows[np.argmin(away_m)])
    chosen = np.zeros(roads.n_streets, dtype=bool)
    chosen[street] = True
    other, away_m = _other_carriageway(roads, street, place) if pair else (None, np.nan)
    if other is None or not found[other]:
        return chosen, False, np.nan
    if away_m > CARRIAGEWAYS_M:
        return chosen, False, away_m
    chosen[other] = True
    return chosen, True, np.nan


def _no_farther(roads: RoadNetwork, near: LonLat, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which streets lie no farther from a place than those chosen."""
    away_m = shapely.distance(roads.streets.geometry.array, point(near, roads.crs, what="near"))
    return np.asarray(away_m <= away_m[chosen].max())


def _other_carriageway(roads: RoadNetwork, street: int, place: shapely.Point) -> tuple[int | None, float]:
    """Find the street of the same name or number beside a one-way street that is driven the other way; how far off."""
    if not _is_oneway(roads)[street] or not (roads.street_name[street] or roads.street_ref[street]):
        return None, np.nan
    same = (roads.street_name == roads.street_name[street]) & (roads.street_ref == roads.street_ref[street])
    rows = np.flatnonzero(same & _is_oneway(roads))
    rows = rows[rows != street]
    lines = roads.streets.geometry.array
    here = shapely.line_interpolate_point(lines[street], shapely.line_locate_point(lines[street], place))
    away_m = shapely.distance(lines[rows], here)
    mine = _heading(roads, street, here)
    for i in np.argsort(away_m, kind="stable")[: int((away_m <= APART_CARRIAGEWAYS_M).sum())]:
        if float(np.dot(mine, _heading(roads, int(rows[i]), here))) < OPPOSITE:
            return int(rows[i]), float(away_m[i])
    return None, np.nan


def _is_oneway(roads: RoadNetwork) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(roads.there_s) != np.isfinite(roads.back_s))


def _heading(roads: RoadNetwork, street: int, place: shapely.Point) -> NDArray[np.float64]:
    """Which way a one-way street is driven where it passes a place, as a vector of length one."""
    line = roads.streets.geometry.array[street]
    at_m = shapely.line_locate_point(line, place)
    ends = shapely.line_interpolate_point(line, [max(0.0, at_m - 10.0), min(line.length, at_m + 10.0)])
    step = shapely.get_coordinates(ends[1])[0] - shapely.get_coordinates(ends[0])[0]
    step = step if np.isfinite(roads.there_s[street]) else -step
    return np.asarray(step / max(float(np.hypot(*step)), 1e-9))


def _refuse_apart(roads: RoadNetwork, found: NDArray[np.bool_], what: str) -> None:
    """Refuse a name that stands in several places far from each other."""
    from scipy.sparse import coo_array  # noqa: PLC0415 - slow to import
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    rows = np.flatnonzero(found)
    lines = roads.streets.geometry.array[rows]
    one, other = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=APART_M)
    pairs = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(len(rows), len(rows)))
    n, part = connected_components(pairs, directed=False)
    if n == 1:
        return
    towns, first = [], [int(np.flatnonzero(part == p)[0]) for p in range(n)]
    for p in range(n):
        mine = rows[part == p]
        middle = shapely.line_interpolate_point(lines[first[p]], 0.5, normalized=True)
        lon, lat = project(shapely.get_coordinates(middle), source=roads.crs, target=WGS84)[0]
        km = wording.distance(roads.length_m[mine].sum())
        towns.append(f"({lon:.5f}, {lat:.5f}): {wording.counted(len(mine), 'street')}, {km}")
    parts = [shapely.MultiLineString(list(lines[part == p])) for p in range(n)]
    gap_m = max(min(float(a.distance(b)) for b in parts if b is not a) for a in parts)
    raise InputError(
        f"{what}: {wording.counted(len(rows), 'street')} of that name stand in {n} places up to"
        f" {wording.distance(gap_m)} apart: {listed(towns)}: give near or area, or everywhere=True for all of them"
    )


def _ways_toward(
    roads: RoadNetwork, found: NDArray[np.bool_], direction: str, toward: LonLat | None, what: str
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.int64]]:
    """Find the ways that lead a direction, as each stretch of the road runs from end to end."""
    there, back = np.zeros(roads.n_streets, dtype=bool), np.zeros(roads.n_streets, dtype=bool)
    goal = None if toward is None else np.array(point(toward, roads.crs, what=what).coords[0])
    heading = np.array(COMPASS[_compass(direction) or "north"])
    unclear = []
    for rows, drawn in _chains(roads, np.flatnonzero(found)):
        begin = roads.node_xy_m[roads.first[rows[0]] if drawn[0] else roads.last[rows[0]]]
        end = roads.node_xy_m[roads.last[rows[-1]] if drawn[-1] else roads.first[rows[-1]]]
        step = end - begin
        long_m = float(np.hypot(*step))
        if goal is not None:
            nearer_m = float(np.hypot(*(begin - goal)) - np.hypot(*(end - goal)))
            cosine = nearer_m / long_m if long_m > 0 else 0.0
        else:
            cosine = float(step @ heading) / (long_m * float(np.hypot(*heading))) if long_m > 0 else 0.0
        if abs(cosine) < ACROSS:
            unclear += rows
            continue
        for row, forward in zip(rows, drawn, strict=True):
            (there if forward == (cosine > 0) else back)[row] = True
    if not (there | back).any():
        raise InputError(f"{what}: the streets found run across that direction: name another")
    return there, back, np.array(sorted(unclear), dtype=np.int64)


def _chains(roads: RoadNetwork, rows: NDArray[np.int64]) -> list[tuple[list[int], list[bool]]]:
    """Put streets one behind the other up to where they part: each stretch, and which of it run as they are drawn."""
    at: dict[int, list[int]] = {}
    for row in rows.tolist():
        for node in {int(roads.first[row]), int(roads.last[row])}:
            at.setdefault(node, []).append(row)
    left, found = set(rows.tolist()), []

    def walk(row: int, node: int) -> tuple[list[int], list[bool]]:
        """Go on from a street by one of its ends."""
        going, drawn = [], []
        while len(at[node]) == 2:
            following = [r for r in at[node] if r in left]
            if not following:
                break
            row = following[0]
            left.discard(row)
            forward = int(roads.first[row]) == node
            going.append(row)
            drawn.append(forward)
            node = int(roads.last[row] if forward else roads.first[row])
        return going, drawn

    for row in rows.tolist():
        if row not in left:
            continue
        left.discard(row)
        ahead, drawn = walk(row, int(roads.last[row]))
        behind, against = walk(row, int(roads.first[row]))
        found.append(([*behind[::-1], row, *ahead], [*(not f for f in against[::-1]), True, *drawn]))
    return found


def said_of(roads: RoadNetwork, chosen: StreetChoice, *, ways: str = "") -> str:
    """Say what was chosen: streets, km, ways (or what is said of them), names, bridges and tunnels, what was left."""
    rows = chosen.rows
    km = wording.distance(roads.length_m[rows].sum())
    ways = ways or _ways_said(roads, chosen)
    parts = [f"{wording.counted(len(rows), 'street')}, {km}, {ways}: {_names(roads, rows)}"]
    if chosen.second:
        parts.append("both carriageways")
    if np.isfinite(chosen.beyond_m):
        parts.append(f"left as it is: the other carriageway, {wording.distance(chosen.beyond_m)} away")
    if chosen.at_end:
        meets = "meets 1 of them at its end" if chosen.at_end == 1 else f"meets {chosen.at_end} of them at their ends"
        parts.append(f"the line {meets} alone, at a corner")
    for feature, where in ((Feature.BRIDGE, "on a bridge"), (Feature.TUNNEL, "in a tunnel")):
        n = int(((roads.features[rows] & feature) != 0).sum())
        if n:
            parts.append(f"{wording.count(n)} of them {where}")
    if chosen.partly:
        lies = "lies" if chosen.partly == 1 else "lie"
        parts.append(f"{wording.count(chosen.partly)} of them {lies} in the area with a part alone and count whole")
    if len(chosen.spared):
        names = _names(roads, chosen.spared)
        parts.append(f"left as it is: {wording.counted(len(chosen.spared), 'bridge or tunnel', 'bridges or tunnels')}"
                     f" ({names})")  # fmt: skip
    if len(chosen.unclear):
        parts.append(
            f"left as it is: {wording.counted(len(chosen.unclear), 'street')},"
            f" {wording.distance(roads.length_m[chosen.unclear].sum())}, that run across the direction"
        )
    return "; ".join(parts)


def _ways_said(roads: RoadNetwork, chosen: StreetChoice) -> str:
    rows = chosen.rows
    if not (chosen.there & chosen.back)[rows].any():
        return "one direction"
    oneway = int(_is_oneway(roads)[rows].sum())
    if not oneway:
        return "both directions"
    return "one-way" if oneway == len(rows) else f"both directions ({wording.count(oneway)} one-way)"


def _names(roads: RoadNetwork, rows: NDArray[np.int64]) -> str:
    """Name streets with how many there are of each, the most first."""
    called = [
        str(roads.street_name[r] or roads.street_ref[r]) or f"{roads.highway[r]} without a name" for r in rows.tolist()
    ]
    most = Counter(called).most_common()
    return listed((f"{name} ({n})" if n > 1 else name for name, n in most), most=NAMES_SHOWN)
