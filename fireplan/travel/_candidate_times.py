"""Driving times from many candidate sites, of which only those within a limit are kept."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan import _kernel as kernel
from fireplan import wording
from fireplan._checked import takes
from fireplan._former_names import former_argument
from fireplan._limits import last_within
from fireplan.errors import Faults, InputError, listed, quoted
from fireplan.progress import on_threads
from fireplan.roads import snap
from fireplan.travel._places import places

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.travel._places import Places

AT_ONCE = 16
"""Candidates a thread takes at a time: some ten milliseconds of work on a county."""


class ByPlace(NamedTuple):
    """
    Travel times filed by place: compressed sparse columns.

    Attributes
    ----------
    start
        Where the times of each place begin, and after the last where they end.
    candidate
        Position of the candidate in `candidate_ids`; ascending for each place.
    travel_s
        Time from that candidate. [s]
    """

    start: NDArray[np.int64]
    candidate: NDArray[np.int32]
    travel_s: NDArray[np.float32]


@dataclass(frozen=True, eq=False, repr=False)
class CandidateTimes:
    """
    Travel times from candidate sites to the places within a limit: compressed sparse rows, one per candidate.

    The places of candidate i are `place[start[i]:start[i + 1]]`, their times `travel_s[start[i]:start[i + 1]]`. A pair
    that is not there is farther than the limit, or cannot be driven.

    Attributes
    ----------
    candidate_ids
        Candidates that can be used, in the order given.
    place_ids
        All places of the scenario in their own order, also those that no candidate reaches.
    start
        Where each candidate's row begins, and after the last where it ends.
    place
        Position of the place in `place_ids`; ascending within a row.
    travel_s
        Time to that place, at most `cutoff_s`. [s]
    cutoff_s
        The limit. [s]
    set_aside
        Candidates that cannot be used, by `candidate_id`: `reason`, and `offset_m`, the distance to the nearest street
        that a door may open on (inf: beyond measure) [m].
    """

    candidate_ids: pd.Index
    place_ids: pd.Index
    start: NDArray[np.int64]
    place: NDArray[np.int32]
    travel_s: NDArray[np.float32]
    cutoff_s: float
    set_aside: pd.DataFrame

    def __repr__(self) -> str:
        """Say what it holds."""
        return (
            f"CandidateTimes: {wording.count(len(self.candidate_ids))} of {wording.counted(self.n, 'candidate')}"
            f" ({wording.count(len(self.set_aside))} set aside),"
            f" {wording.counted(len(self.place_ids), 'place')}, {wording.counted(len(self.place), 'time')} within"
            f" {wording.clock(self.cutoff_s)}"
        )

    @property
    def n(self) -> int:
        """Candidates given: those that can be used, and those set aside."""
        return len(self.candidate_ids) + len(self.set_aside)

    def frame(self) -> pd.DataFrame:
        """Lay the times out as a long table: `candidate_id`, `zone_id` or `incident_id`, `travel_s` [s]."""
        candidate = np.repeat(np.arange(len(self.candidate_ids)), np.diff(self.start))
        return pd.DataFrame(
            {
                "candidate_id": self.candidate_ids.take(candidate),
                str(self.place_ids.name): self.place_ids.take(self.place),
                "travel_s": self.travel_s,
            }
        )

    def by_place(self) -> ByPlace:
        """File the same times by place, for asking which candidates reach one."""
        from scipy.sparse import csr_array  # noqa: PLC0415 - slow to import

        shape = len(self.candidate_ids), len(self.place_ids)
        few = (
            len(self.place) <= np.iinfo(np.int32).max
        )  # then SciPy needs no second copy of the positions, twice as wide
        start = self.start.astype(np.int32 if few else np.int64)
        turned = csr_array((self.travel_s, self.place, start), shape=shape).tocsc()
        return ByPlace(
            turned.indptr.astype(np.int64, copy=False), turned.indices.astype(np.int32, copy=False), turned.data
        )

    @takes
    def within(self, limit_s: float) -> CandidateTimes:
        """
        Keep the times within a tighter limit.

        Parameters
        ----------
        limit_s
            Not above `cutoff_s`. [s]
        """
        if not 0 < limit_s <= self.cutoff_s:
            raise InputError(f"limit_s is {limit_s}: give seconds above zero, at most the {self.cutoff_s:g} s solved")
        near = np.flatnonzero(self.travel_s <= last_within(limit_s))
        return replace(
            self,
            start=np.searchsorted(near, self.start),
            place=self.place[near],
            travel_s=self.travel_s[near],
            cutoff_s=float(limit_s),
        )


@former_argument("within_s", now="cutoff_s")
@takes(own=("candidates",))
def candidate_times(
    scenario: Scenario,
    candidates: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    to: str = "zones",
    cutoff_s: float = 480.0,
    later_s: float = 0.0,
) -> CandidateTimes:
    """
    Driving times from candidate sites to the zones or incidents within a limit.

    Parameters
    ----------
    scenario
        Roads and places. Stations and units are not looked at.
    candidates
        Points with a CRS, by id; other columns are not looked at.
    to
        "zones" or "incidents".
    cutoff_s
        Places farther than this are left out. [s]
    later_s
        What everybody waits for before the drive besides, told with it; below zero: as much less of the start. [s]

    Returns
    -------
    The times, sparse, and the candidates set aside because they are farther than `scenario.snap_limit_m` from every
    street that a door may open on.

    Raises
    ------
    TableError
        With every fault of the candidates: not points, places missing, ids missing or twice, no CRS; and of the limit.

    Notes
    -----
    Each time is the one `travel_times` gives for a station there. Candidates are solved side by side on threads, and
    memory follows the times kept: there is never a table of candidates by nodes or by places.

    Examples
    --------
    >>> import fireplan as fp
    >>> import geopandas as gpd
    >>> sites = gpd.GeoSeries(gpd.points_from_xy([-140, -140, -139], [30.0, 30.02, 30.0]), ["A", "B", "C"], crs=4326)
    >>> times = fp.travel.candidate_times(fp.examples.line_town(), sites, cutoff_s=100)
    >>> times
    CandidateTimes: 2 of 3 candidates (1 set aside), 40 places, 27 times within 1:40
    >>> times.frame().groupby("candidate_id")["travel_s"].max().round().to_dict()
    {'A': 94.0, 'B': 94.0}
    """
    if to not in {"zones", "incidents"}:
        raise InputError(f"to is {quoted(to)}: ask for 'zones' or 'incidents'")
    _check(candidates, cutoff_s, later_s)
    ends = places(scenario, to)
    points = candidates.geometry
    on_road = snap(scenario.roads, points, limit_m=scenario.snap_limit_m, freeways=False)
    used = on_road.street >= 0
    starts = on_road.street[used], on_road.along[used]
    count, place, travel_s = _rows(scenario, *starts, ends=ends, cutoff_s=cutoff_s, later_s=later_s)
    ids = candidates.index.rename("candidate_id")
    return CandidateTimes(
        candidate_ids=ids[used],
        place_ids=ends.ids.rename(f"{to[:-1]}_id"),
        start=np.concatenate([[0], np.cumsum(count)]),
        place=place,
        travel_s=travel_s,
        cutoff_s=float(cutoff_s),
        set_aside=_set_aside(scenario, points[~used].set_axis(ids[~used])),
    )


def _check(candidates: gpd.GeoDataFrame | gpd.GeoSeries, cutoff_s: float, later_s: float) -> None:
    """Raise all that is wrong with the candidates and the limit at once."""
    faults = Faults("candidates")
    if not (np.isfinite(cutoff_s) and cutoff_s > 0):
        faults.add(f"cutoff_s is {cutoff_s}: give a number of seconds above zero")
    if not np.isfinite(later_s):
        faults.add(f"later_s is {later_s}: give a number of seconds")
    if not hasattr(candidates, "crs"):
        faults.add("they are not a GeoDataFrame or GeoSeries: build one with geopandas.GeoSeries(..., crs=...)")
        faults.raise_if_any()
    for fault in _point_faults(candidates):
        faults.add(fault)
    faults.raise_if_any()


def _point_faults(candidates: gpd.GeoDataFrame | gpd.GeoSeries) -> Iterator[str]:
    ids, points = candidates.index, candidates.geometry
    if ids.nlevels > 1:
        yield "the index has several levels: give each candidate one id"
    elif ids.hasnans:
        yield f"the id is missing in {_rows_named(ids.isna())}"
    for twice in ids[ids.duplicated()].unique()[:5]:
        yield f"id {quoted(twice)} appears twice or more ({_rows_named(ids == twice)}): ids must be unique"
    if points.crs is None:
        yield "crs is not set: call .set_crs('EPSG:4326') if the coordinates are longitude and latitude"
    missing = (points.isna() | points.is_empty).to_numpy()
    if missing.any():
        yield f"geometry is missing in {_rows_named(missing)}"
    other = ~missing & (points.geom_type != "Point").to_numpy()
    if other.any():
        yield f"geometry is not a point in {_rows_named(other)}: use .representative_point()"
    here = np.flatnonzero(~(missing | other))
    lost = np.zeros(len(points), dtype=bool)
    lost[here] = ~np.isfinite(shapely.get_coordinates(points.array[here])).all(axis=1)
    if lost.any():
        yield f"coordinates are not numbers in {_rows_named(lost)}"


def _rows_named(which: NDArray[np.bool_]) -> str:
    rows = np.flatnonzero(which) + 1
    return f"row{'s' if len(rows) > 1 else ''} {listed(rows)}"


def _rows(
    scenario: Scenario,
    street: NDArray[np.int32],
    along: NDArray[np.float64],
    *,
    ends: Places,
    cutoff_s: float,
    later_s: float,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Solve each candidate: how many places it reaches, which, and the time to each, one row after the other."""
    roads, on = scenario.roads, ends.on_road
    routing, curve = roads.routing, roads.curve
    start_s = max(curve.start_s + later_s, 0.0)
    limit_s = max(curve.added_s(last_within(cutoff_s), start_s), 0.0)
    filed = kernel.Filed(routing.streets, n_nodes=routing.n_states, street=on.street, along=on.along)
    seeds = routing.seeds(street, along, owner=np.arange(len(street)))
    order = np.argsort(seeds.owner, kind="stable")
    node, spent_s = seeds.node[order], seeds.spent_s[order]
    seeded = np.searchsorted(seeds.owner[order], np.arange(len(street) + 1))
    corners = bool(((on.along <= 0) | (on.along >= 1)).any())
    desk = threading.local()

    def solve(block: range) -> tuple[list[int], NDArray[np.int32], NDArray[np.float32]]:
        if not hasattr(desk, "workspace"):
            desk.workspace = kernel.Workspace(routing.n_states)
        found = []
        for i in block:
            mine = slice(seeded[i], seeded[i + 1])
            reached = kernel.reach(
                routing.graph, node[mine], spent_s[mine], limit_s=limit_s, corners=corners, workspace=desk.workspace
            )
            origin = int(street[i]), float(along[i])
            found.append(filed.row(*reached, origin=origin, limit_s=limit_s, workspace=desk.workspace))
        place, travel_s = zip(*found, strict=True)
        return [len(p) for p in place], np.concatenate(place), np.concatenate(travel_s)

    blocks = [range(b, min(b + AT_ONCE, len(street))) for b in range(0, len(street), AT_ONCE)]
    counts: list[int] = []
    place, travel_s = _Growing(np.int32), _Growing(np.float32)
    with on_threads(solve, blocks, what="candidates") as solved:
        for count, places_, times_s in solved:
            counts += count
            place.add(places_)
            travel_s.add(times_s)
    return np.array(counts, dtype=np.int64), place.whole(), curve.clock_s(travel_s.whole(), start_s)


class _Growing:
    """An array that grows where it lies, so that parts and whole are never held together."""

    def __init__(self, dtype: type[np.generic]) -> None:
        self._held: NDArray[Any] = np.empty(0, dtype=dtype)
        self._n = 0

    def add(self, part: NDArray[Any]) -> None:
        wanted = self._n + len(part)
        if wanted > len(self._held):
            self._held.resize(wanted + wanted // 8, refcheck=False)
        self._held[self._n : wanted] = part
        self._n = wanted

    def whole(self) -> NDArray[Any]:
        self._held.resize(self._n, refcheck=False)
        return self._held


def _set_aside(scenario: Scenario, points: gpd.GeoSeries) -> pd.DataFrame:
    """Say of each candidate off the road why it cannot be used, and how far it is from a street."""
    far = snap(scenario.roads, points, limit_m=np.inf, freeways=False)
    reason = f"farther than {wording.distance(scenario.snap_limit_m)} from every street that a door may open on"
    return pd.DataFrame({"reason": [reason] * len(points), "offset_m": far.offset_m}, index=points.index)
