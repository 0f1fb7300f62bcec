"""The road network: streets, their times in each direction, and the graph they form."""

from __future__ import annotations

import hashlib
from dataclasses import KW_ONLY, dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from fireplan import _kernel as kernel
from fireplan import wording
from fireplan._checked import said as said_kind
from fireplan._checked import takes
from fireplan._conversions import KPH_PER_MPS
from fireplan._frozen_tables import FrozenTable, freeze_array, freeze_own
from fireplan._one_release import RELEASE, OfOneRelease
from fireplan.crs import WGS84, project
from fireplan.errors import InputError, UnknownIdError, listed, quoted
from fireplan.roads._classes import FREEWAYS
from fireplan.roads._doors import AsDrawn, Doors, doors_of, parts_of
from fireplan.roads._drive_curve import PLAIN, DriveCurve, check_curve
from fireplan.roads._routing import Routing, over_nodes, over_turns
from fireplan.roads._rules.reading_notes import is_usual, said_for_turns
from fireplan.roads._rules.speeds import planning_caveat
from fireplan.roads._rules.vehicles import USUAL_VEHICLE, Vehicle
from fireplan.roads._speed_periods import REST, WEEK_MIN, SpeedPeriod, check_periods, period_notes
from fireplan.roads._turns import (
    NO_DELAYS,
    TURNS,
    USUAL_DELAYS,
    DirectedStreets,
    Feature,
    StreetTurns,
    TurnDelays,
    Turns,
    are_ramps,
    check_delays,
    mean_delays,
    street_turns,
    turn_notes,
    ways_of,
)

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx
    import pyproj
    from numpy.typing import NDArray

FROM_GEOMETRY = {
    "arc_pattern", "segment_grid", "is_freeway", "geometry_fingerprint", "attribute_fingerprint", "part", "doors",
    "called",
}  # fmt: skip
"""What a network works out once and that no change of times alters."""

WORKED_OUT = FROM_GEOMETRY | {"graph", "routing", "routing_back", "fingerprint", "drivable", "has_doors"}
"""What a network works out once."""

ARRAYS = (
    "node_ids", "node_xy_m", "first", "last", "length_m", "there_s", "back_s", "xy_m", "offsets", "highway",
    "street_name", "street_ref", "features", "control", "wait_s", "banned",
)  # fmt: skip
"""What a network is made of, and nobody may write to."""

LONGEST_S = 1e9
"""No street takes longer to drive. [s]"""


@takes
@dataclass(frozen=True, eq=False, repr=False)
class RoadNetwork(OfOneRelease):
    """
    Streets between nodes, and how long they take to drive in each direction.

    Build one with `fireplan.roads.from_osm`, `from_graph`, `from_graphml`, `from_frames` or `from_place`. A street is
    one physical piece of road between two nodes, drawn once; `there` is the direction in which it is drawn, `back` the
    other. It never changes: what alters it returns another.

    Attributes
    ----------
    crs
        Metric CRS of all coordinates here.
    node_ids
        Names of the nodes, as in the source.
    node_xy_m
        Nodes, n x 2. [m]
    first, last
        The nodes each street runs between.
    length_m
        Length of each street as the source gives it, on the ground. [m]
    there_s, back_s
        Driving time along each street; inf where that direction is closed or forbidden. [s]
    xy_m, offsets
        Vertices of all streets; those of street s are `xy_m[offsets[s]:offsets[s + 1]]`. [m]
    highway, street_name
        OpenStreetMap class and name of each street ("": none).
    source
        Where it was read from, for footers.
    notes
        What was repaired or left out while reading, one sentence each.
    street_ref
        Number of the road each street belongs to, such as "A 8" ("": none); of several, "A 8;B 10".
    features
        What each street is besides its class: bits of `Feature`.
    control
        What is met at the end of each street, streets x (driven there, driven back): values of `Control`.
    wait_s
        Lost at each node by whoever passes it, whichever way: at a gate that has to be opened, say. [s]
    banned
        Forbidden turns, n x (from, onto); each is twice the row of a street, and one more where it is driven back.
    turns
        How turns are reckoned: "none", "mean" (what a turn costs on average at each end of street) or "exact".
    delays
        What turns cost where they are reckoned.
    vehicle
        The vehicle it was read for.
    periods
        Hours of the week in which it is driven otherwise; its own times hold in the rest: see `with_periods`, `during`.
    curve
        From what streets and turns add up to along a way, to the time that is told of it: see `with_curve`.
    calibrated
        Whether times and curve were learnt from a dispatch history.
    """

    crs: pyproj.CRS
    node_ids: NDArray[np.object_]
    node_xy_m: NDArray[np.float64]
    first: NDArray[np.int32]
    last: NDArray[np.int32]
    length_m: NDArray[np.float64]
    there_s: NDArray[np.float64]
    back_s: NDArray[np.float64]
    xy_m: NDArray[np.float64]
    offsets: NDArray[np.int64]
    highway: NDArray[np.str_]
    street_name: NDArray[np.str_]
    source: str = ""
    notes: tuple[str, ...] = ()
    _: KW_ONLY
    street_ref: NDArray[np.str_] = None  # type: ignore[assignment] # filled in below
    features: NDArray[np.uint16] = None  # type: ignore[assignment]
    control: NDArray[np.uint8] = None  # type: ignore[assignment]
    wait_s: NDArray[np.float64] = None  # type: ignore[assignment]
    banned: NDArray[np.int32] = None  # type: ignore[assignment]
    turns: Turns = "none"
    delays: TurnDelays = USUAL_DELAYS
    vehicle: Vehicle = USUAL_VEHICLE
    periods: tuple[SpeedPeriod, ...] = ()
    curve: DriveCurve = PLAIN
    calibrated: bool = False

    def __post_init__(self) -> None:
        """Bar the arrays from being written to; what can still be written to elsewhere is copied."""
        for name, nothing in plain_traits(len(self.node_ids), len(self.first)).items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, nothing)
        for name in ARRAYS:
            object.__setattr__(self, name, freeze_array(getattr(self, name)))  # frozen for everyone else
        for name in ("there_s", "back_s"):
            _check_times(name, getattr(self, name))

    def __deepcopy__(self, memo: dict[int, object]) -> RoadNetwork:
        """Be one's own copy: there is nothing that an edit could change."""
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Travel without what is worked out from the rest; but where doors open was judged before streets were shut."""
        kept = {f.name for f in fields(self)} | {RELEASE, "doors"}
        return {name: value for name, value in super().__getstate__().items() if name in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Arrive; arrays that have travelled can be written to, and are barred from it again."""
        super().__setstate__(state)
        self.__post_init__()

    def __repr__(self) -> str:
        """Say what it holds, in one line and one more for each note."""
        km = self.length_m.sum() / 1000
        head = (
            f"RoadNetwork: {wording.counted(self.n_nodes, 'node')}, {wording.counted(self.n_streets, 'street')},"
            f" {wording.count(km)} km"
            f" ({self.crs.to_string()}, {self.source or 'no source named'})"
        )
        return "\n  - ".join([head, *self.notes])

    @property
    def repairs(self) -> tuple[str, ...]:
        """What in `notes` tells of the data as read: not the caveat on planning speeds, nor what is on foot."""
        return tuple(note for note in self.notes if not is_usual(note))

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_ids)

    @property
    def n_streets(self) -> int:
        """Number of streets; a two-way street counts once."""
        return len(self.first)

    @cached_property
    def fingerprint(self) -> str:
        """Name of what is driven: networks with the same streets and times have the same one."""
        digest = hashlib.sha256()
        for array in (self.node_xy_m, self.first, self.last, self.there_s, self.back_s, self.xy_m, self.offsets):
            digest.update(np.ascontiguousarray(array).tobytes())
        if self.wait_s.any():
            digest.update(self.wait_s.tobytes())
        if self.turns != "none":
            digest.update(f"{self.turns} {self.delays}".encode())
            digest.update(np.ascontiguousarray(self.control).tobytes())
            digest.update(np.ascontiguousarray(self.banned).tobytes())
            digest.update(np.ascontiguousarray(self.features & Feature.ROUNDABOUT).tobytes())
            digest.update(are_ramps(self.highway).tobytes())
        if not self.curve.is_plain:
            digest.update(f"{self.curve}".encode())
        return digest.hexdigest()[:16]

    @cached_property
    def geometry_fingerprint(self) -> str:
        """Name of where the streets lie, whatever it takes to drive them."""
        digest = hashlib.sha256()
        for array in (self.node_xy_m, self.first, self.last, self.xy_m, self.offsets):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]

    @cached_property
    def attribute_fingerprint(self) -> str:
        """Name of what is known of the streets besides: lengths, classes, names, and ids of nodes."""
        digest = hashlib.sha256()
        for array in (self.length_m, self.highway, self.street_name):
            digest.update(np.ascontiguousarray(array).tobytes())
        if (self.street_ref != "").any():
            digest.update(np.ascontiguousarray(self.street_ref).tobytes())
        if self.features.any():
            digest.update(np.ascontiguousarray(self.features).tobytes())
        digest.update("\0".join(map(str, self.node_ids)).encode())
        return digest.hexdigest()[:16]

    @cached_property
    def graph(self) -> kernel.Graph:
        """The arcs between nodes that can be driven, whatever turns cost; what searches run over is `routing`."""
        along_s = [self.there_s, self.back_s]
        if self.wait_s.any():
            along_s = [self.there_s + self.wait_s[self.last], self.back_s + self.wait_s[self.first]]
        return kernel.graph_of(self.arc_pattern, np.concatenate(along_s))

    @cached_property
    def routing(self) -> Routing:
        """What a search runs over: nodes, or streets by direction where turns are exact."""
        streets = kernel.Streets(self.first, self.last, self.there_s, self.back_s)
        if self.turns == "exact":
            return over_turns(self._ways, streets, self.street_turns, wait_s=self.wait_s)
        lost_there_s, lost_back_s = self._lost_s
        graph = self.graph
        if self.turns == "mean":
            along_s = np.concatenate([self.there_s + lost_there_s, self.back_s + lost_back_s])
            graph = kernel.graph_of(self.arc_pattern, along_s)
        return over_nodes(graph, streets, lost_there_s=lost_there_s, lost_back_s=lost_back_s)

    @cached_property
    def routing_back(self) -> Routing:
        """
        The same the other way round: a search from a place finds how long it takes to there.

        At a point within a street, what is lost at its end (`routing.lost_there_s`) comes on top.
        """
        streets = kernel.Streets(self.first, self.last, self.there_s, self.back_s)
        if self.turns == "exact":
            return over_turns(self._ways, streets, self.street_turns, wait_s=self.wait_s, backwards=True)
        lost_there_s, lost_back_s = self._lost_s
        along_s = np.concatenate([self.back_s + lost_back_s, self.there_s + lost_there_s])
        nothing_s = np.broadcast_to(0.0, self.n_streets)
        turned = streets._replace(there_s=self.back_s, back_s=self.there_s)
        graph = kernel.graph_of(self.arc_pattern, along_s)
        return over_nodes(graph, turned, lost_there_s=nothing_s, lost_back_s=nothing_s)

    @property
    def street_turns(self) -> StreetTurns:
        """Every turn that may be made, with what it costs; worked out each time, as few ask twice."""
        return street_turns(
            self._ways,
            n_nodes=self.n_nodes,
            xy_m=self.xy_m,
            offsets=self.offsets,
            highway=self.highway,
            features=self.features,
            control=self.control,
            banned=self.banned,
            delays=self.delays,
        )

    @property
    def _ways(self) -> DirectedStreets:
        return ways_of(self.first, self.last, self.there_s, self.back_s)

    @property
    def _lost_s(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What is lost at the end of each street driven there, and driven back. [s]"""
        lost_there_s, lost_back_s = self.wait_s[self.last], self.wait_s[self.first]
        if self.turns == "mean":
            mean_s = mean_delays(self.street_turns, 2 * self.n_streets)
            lost_there_s, lost_back_s = lost_there_s + mean_s[0::2], lost_back_s + mean_s[1::2]
        return lost_there_s, lost_back_s

    @cached_property
    def arc_pattern(self) -> kernel.Pattern:
        """Which arcs lie between the same nodes."""
        ends = np.concatenate([self.first, self.last]), np.concatenate([self.last, self.first])
        return kernel.pattern_of(*ends, n_nodes=self.n_nodes)

    @cached_property
    def segment_grid(self) -> kernel.SegmentGrid:
        """The straight pieces of all streets, filed for snapping."""
        return kernel.build_grid(self.xy_m, self.offsets)

    @cached_property
    def is_freeway(self) -> NDArray[np.bool_]:
        """Streets that no door opens on: motorways and their ramps."""
        return np.isin(self.highway, FREEWAYS)

    @cached_property
    def drivable(self) -> NDArray[np.bool_]:
        """Streets open in one direction at least."""
        return np.asarray(np.isfinite(self.there_s) | np.isfinite(self.back_s))

    @cached_property
    def has_doors(self) -> NDArray[np.bool_]:
        """Drivable streets that doors open on."""
        return np.asarray(self.drivable & ~self.is_freeway)

    @cached_property
    def called(self) -> NDArray[np.str_]:
        """What people call each street: its name or, without one, its number; "": neither is known."""
        return np.where(self.street_name != "", self.street_name, self.street_ref)

    @cached_property
    def part(self) -> NDArray[np.int32]:
        """Part of each node, joined to the others by no street; 0 is that with most street."""
        return parts_of(self.first, self.last, self.length_m, self.n_nodes)

    @cached_property
    def doors(self) -> Doors:
        """What keeps a place off each street, judged before any street was shut."""
        return doors_of(
            AsDrawn(self.first, self.last, self.part, self.length_m, self.there_s, self.back_s, self.features)
        )

    @cached_property
    def component(self) -> NDArray[np.int32]:
        """Strongly connected component of each node; 0 is the largest."""
        from scipy.sparse import csr_array  # noqa: PLC0415 - slow to import
        from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

        graph = self.graph
        matrix = csr_array(
            (np.ones(len(graph.head), dtype=np.int8), graph.head, graph.start), shape=(self.n_nodes, self.n_nodes)
        )
        _, label = connected_components(matrix, directed=True, connection="strong")
        rank = np.argsort(np.argsort(-np.bincount(label), kind="stable"), kind="stable")
        return np.asarray(rank[label], dtype=np.int32)

    @property
    def components(self) -> pd.DataFrame:
        """
        The parts between which no engine can drive both ways.

        Returns
        -------
        By `component` (0 the largest): `nodes`, `share_of_nodes`, `street_km` [km]. More than a few small ones mean a
        clipped extract, private roads, or streets that are drawn touching but not joined.
        """
        return self._components.view()

    @cached_property
    def _components(self) -> FrozenTable[pd.DataFrame]:
        size = np.bincount(self.component)
        km = np.bincount(self.component[self.first], weights=self.length_m, minlength=len(size)) / 1000
        return freeze_own(
            pd.DataFrame(
                {"nodes": size, "share_of_nodes": size / max(self.n_nodes, 1), "street_km": km},
                index=pd.RangeIndex(len(size), name="component"),
            )
        )

    @property
    def nodes(self) -> gpd.GeoDataFrame:
        """Nodes as OSMnx gives them: by `osmid`, with `x`, `y` [°], `component` and a point, in WGS 84."""
        return self._nodes.view()

    @cached_property
    def _nodes(self) -> FrozenTable[gpd.GeoDataFrame]:
        import geopandas as gpd  # noqa: PLC0415 - slow to import

        lonlat = project(self.node_xy_m, source=self.crs, target=WGS84)
        return freeze_own(
            gpd.GeoDataFrame(
                {"x": lonlat[:, 0], "y": lonlat[:, 1], "component": self.component},
                geometry=shapely.points(lonlat),
                index=pd.Index(self.node_ids, name="osmid"),
                crs=WGS84,
            )
        )

    @property
    def streets(self) -> gpd.GeoDataFrame:
        """
        One row per street, in the metric CRS.

        Returns
        -------
        `name`, `highway`, `length` [m], `there_s` and `back_s` [s] (inf: not that way), and a line.
        """
        return self._streets.view()

    @cached_property
    def _streets(self) -> FrozenTable[gpd.GeoDataFrame]:
        import geopandas as gpd  # noqa: PLC0415 - slow to import

        return freeze_own(
            gpd.GeoDataFrame(
                {
                    "name": self.street_name,
                    "highway": self.highway,
                    "length": self.length_m,
                    "there_s": self.there_s,
                    "back_s": self.back_s,
                },
                geometry=shapely.linestrings(
                    self.xy_m, indices=np.repeat(np.arange(self.n_streets), np.diff(self.offsets))
                ),
                index=pd.RangeIndex(self.n_streets, name="street"),
                crs=self.crs,
            )
        )

    @property
    def edges(self) -> gpd.GeoDataFrame:
        """
        Directed edges as OSMnx gives them: by (u, v, key), in WGS 84.

        Returns
        -------
        `name`, `highway`, `oneway`, `length` [m], `speed_kph` [km/h], `travel_time` with the wait at its end [s],
        `street` (the row of `streets` it runs along) and a line in the direction of travel.
        """
        return self._edges.view()

    @cached_property
    def _edges(self) -> FrozenTable[gpd.GeoDataFrame]:
        import geopandas as gpd  # noqa: PLC0415 - slow to import

        lines = self._streets.table.geometry.to_crs(WGS84).array
        ways = [(self.first, self.last, self.there_s, lines), (self.last, self.first, self.back_s, lines.reverse())]
        oneway = np.isfinite(self.there_s) != np.isfinite(self.back_s)
        parts = []
        for tail, head, time_s, geometry in ways:
            open_to = np.flatnonzero(np.isfinite(time_s))
            with np.errstate(divide="ignore", invalid="ignore"):
                kph = self.length_m[open_to] / time_s[open_to] * KPH_PER_MPS
            parts.append(
                gpd.GeoDataFrame(
                    {
                        "u": self.node_ids[tail[open_to]],
                        "v": self.node_ids[head[open_to]],
                        "name": self.street_name[open_to],
                        "highway": self.highway[open_to],
                        "oneway": oneway[open_to],
                        "length": self.length_m[open_to],
                        "speed_kph": kph,
                        "travel_time": time_s[open_to] + self.wait_s[head[open_to]],
                        "street": open_to,
                    },
                    geometry=geometry[open_to],
                    crs=WGS84,
                )
            )
        table = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=WGS84)
        table["key"] = table.groupby(["u", "v"]).cumcount()
        return freeze_own(table.set_index(["u", "v", "key"]).sort_index())

    def to_graph(self) -> nx.MultiDiGraph:
        """
        Hand the network back to OSMnx.

        Returns
        -------
        A graph with OSMnx's attributes, in WGS 84: for what fireplan does not do, use OSMnx and NetworkX on it.
        """
        import networkx as nx  # noqa: PLC0415 - slow to import

        graph = nx.MultiDiGraph(crs="epsg:4326", created_with="fireplan", simplified=True)
        graph.add_nodes_from((osmid, {"x": row.x, "y": row.y}) for osmid, row in self._nodes.table.iterrows())
        edges = self._edges.table.drop(columns="street").assign(**self._tags_of(self._edges.table["street"].to_numpy()))
        for (u, v, key), row in zip(edges.index, edges.to_dict("records"), strict=True):
            graph.add_edge(u, v, key=key, **{k: value for k, value in row.items() if k not in TAGS or value != ""})
        return graph

    def _tags_of(self, street: NDArray[np.int64]) -> dict[str, NDArray[np.object_]]:
        """Tags that say the rest of some streets, so that a graph of them is read as they are; "": none."""
        bits = self.features[street]
        by_engines = (bits & Feature.FIRE_LANE > 0) | (self.highway[street] == "track")
        said = {
            "ref": self.street_ref[street],
            "bridge": np.where(bits & Feature.BRIDGE, "yes", ""),
            "tunnel": np.where(bits & Feature.TUNNEL, "yes", ""),
            "junction": np.where(bits & Feature.ROUNDABOUT, "roundabout", ""),
            "emergency": np.where(by_engines, "yes", ""),
        }
        return {key: values.astype(object) for key, values in said.items() if (values != "").any()}

    @takes
    def with_times(self, *, there_s: NDArray[np.float64], back_s: NDArray[np.float64], note: str = "") -> RoadNetwork:
        """
        Drive the same streets at other times.

        Parameters
        ----------
        there_s, back_s
            Time along each street in each direction; inf closes it. [s]
        note
            One sentence on why, kept in `notes`.
        """
        other = replace(
            self,
            there_s=there_s,
            back_s=back_s,
            notes=(*self.notes, note) if note else self.notes,
        )
        _ = self.doors  # judged here, so that a street which is shut moves nobody to the next
        # What follows from where the streets lie is theirs too.
        known = {name: value for name, value in vars(self).items() if name in FROM_GEOMETRY}
        vars(other).update(known)
        return other

    @takes
    def with_turns(self, turns: Turns, delays: TurnDelays | None = None) -> RoadNetwork:
        """
        Reckon turns in another way; whatever is measured, drawn or sought on the network follows.

        Parameters
        ----------
        turns
            "none": turns cost nothing and forbidden ones are driven. "mean": at the end of every street what its turns
            cost on average is lost; forbidden ones are driven. "exact": each turn costs what it does, and none that is
            forbidden is driven.
        delays
            What turns cost; left out: as now.
        """
        if not isinstance(turns, str) or turns not in TURNS:
            raise InputError(f"turns is {quoted(turns)}: choose {listed(TURNS)}")
        delays = self.delays if delays is None else delays
        check_delays(delays)
        notes = said_for_turns(self.notes, exact=turns == "exact")
        other = replace(self, turns=turns, delays=delays, notes=notes)
        vars(other).update({name: value for name, value in vars(self).items() if name in FROM_GEOMETRY})
        return other

    @takes
    def with_curve(self, curve: DriveCurve, *, calibrated: bool = False) -> RoadNetwork:
        """
        Tell drives by another curve; quickest ways stay what they are.

        Parameters
        ----------
        curve
            From what streets and turns add up to, to the time of a drive.
        calibrated
            Whether it was learnt from a dispatch history, with the times of the streets.
        """
        check_curve(curve)
        notes = tuple(note for note in self.notes if note != planning_caveat()) if calibrated else self.notes
        other = replace(self, curve=curve, calibrated=calibrated, notes=notes)
        # What is searched is the same; its name is not.
        known = {name: value for name, value in vars(self).items() if name in WORKED_OUT - {"fingerprint"}}
        vars(other).update(known)
        return other

    @takes
    def with_periods(self, *periods: SpeedPeriod) -> RoadNetwork:
        """
        Say in which hours of the week the streets are driven otherwise.

        Parameters
        ----------
        periods
            Each with its hours and factors; those of before are forgotten. The hours that none of them names keep the
            times of the network.

        Raises
        ------
        TableError
            With every fault: two periods at the same hour or of the same name, a class of road that is not known.

        Examples
        --------
        >>> import fireplan as fp
        >>> peak = fp.roads.SpeedPeriod("pm peak", hours=(16, 19), factor=0.5)
        >>> roads = fp.examples.line_town().roads.with_periods(peak)
        >>> float((roads.during("pm peak").there_s / roads.there_s)[0])
        2.0
        """
        check_periods(periods, self.highway)
        return self._with_other(periods=periods)

    @takes
    def during(self, period: str) -> RoadNetwork:
        """
        Drive the same streets as in one period of the week.

        Parameters
        ----------
        period
            Name of one of `periods`, or "rest of the week" for the hours that are in none: there the times stay.

        Returns
        -------
        A network without periods: its times are those of these hours alone. Waits at gates and what turns cost stay as
        they are.
        """
        if period not in self._in_periods:
            self._in_periods[period] = self._in_period(period)
        return self._in_periods[period]

    @cached_property
    def _in_periods(self) -> dict[str, RoadNetwork]:
        """What was asked of it by period before."""
        return {}

    def _in_period(self, name: str) -> RoadNetwork:
        if not self.periods:
            raise InputError(
                f"the network has no periods, so it cannot be driven as in {quoted(name)}: give it some by with_periods"
            )
        driven, note = self, f"{DRIVEN_AS}the {REST}"
        if name != REST:
            found = next((p for p in self.periods if p.name == name), None)
            if found is None:
                raise UnknownIdError("period", name, [*(p.name for p in self.periods), REST])
            factor, note = found.factors(self.highway), f"{DRIVEN_AS}{found}"
            driven = self.with_times(there_s=self.there_s / factor, back_s=self.back_s / factor)
        return driven._with_other(periods=(), notes=(*self.notes, note))  # noqa: SLF001 - one of its own kind

    def _with_other(self, **parts: Any) -> RoadNetwork:  # noqa: ANN401 - whatever is not driven
        """Give the same streets at the same times with something else said of them."""
        other = replace(self, **parts)
        vars(other).update({name: value for name, value in vars(self).items() if name in WORKED_OUT})
        return other

    @property
    def period_names(self) -> list[str]:
        """Names of its periods, and of the rest of the week if there is any: what `during` takes."""
        if not self.periods:
            raise InputError("the network has no periods: give it some by with_periods, or [[periods]] in plan.toml")
        names = [p.name for p in self.periods]
        return names if sum(p.minutes.sum() for p in self.periods) == WEEK_MIN else [*names, REST]

    @property
    def time_notes(self) -> list[str]:
        """Say what its times hold besides speeds: turns, and the hours they are of."""
        driven = [note for note in self.notes if note.startswith(DRIVEN_AS)]
        # What was learnt from runs holds junctions once.
        return [*([] if self.calibrated else turn_notes(self.turns, self.delays)), *driven]

    @property
    def period_notes(self) -> list[str]:
        """Say which periods it has, what holds in the hours between, and which classes they name in vain."""
        return period_notes(self.periods, self.highway)


DRIVEN_AS = "driven as in "
"""How a note begins that says of which period the times are."""

TAGS = ("ref", "bridge", "tunnel", "junction", "emergency")
"""Tags of edges of a graph that say what else its streets are."""


def _check_times(name: str, time_s: NDArray[np.float64]) -> None:
    """Raise if a time is none; searches reckon in single precision, in which one that is too long is no end of time."""
    if np.ndim(time_s) != 1 or np.asarray(time_s).dtype.kind not in "fiu":
        raise InputError(f"{name} is {said_kind(time_s)}: give an array of seconds, one for each street")
    wrong = ~((time_s >= 0) & ((time_s <= LONGEST_S) | np.isposinf(time_s)))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"{name} of street {row} is {time_s[row]:g}: a driving time is from 0 to {LONGEST_S:g} s, or inf where a"
            " street is closed"
        )


def by_metres(roads: RoadNetwork, least_m: float) -> RoadNetwork:
    """Let every metre take a second and nothing else any time, on the same streets with the same turns forbidden."""
    length = np.maximum(roads.length_m, least_m)
    measured = roads.with_times(
        there_s=np.where(np.isfinite(roads.there_s), length, np.inf),
        back_s=np.where(np.isfinite(roads.back_s), length, np.inf),
        note="every metre takes one second: times are road distances in metres",
    )
    turns: Turns = "exact" if roads.turns == "exact" else "none"
    other = replace(
        measured, wait_s=np.zeros(roads.n_nodes), turns=turns, delays=NO_DELAYS, curve=PLAIN, calibrated=False
    )
    vars(other).update({name: value for name, value in vars(measured).items() if name in FROM_GEOMETRY})
    return other


def plain_traits(n_nodes: int, n_streets: int) -> dict[str, NDArray[Any]]:
    """What a network has of which nothing is known but streets and times."""
    return {
        "street_ref": np.zeros(n_streets, dtype="<U1"),
        "features": np.zeros(n_streets, dtype=np.uint16),
        "control": np.zeros((n_streets, 2), dtype=np.uint8),
        "wait_s": np.zeros(n_nodes),
        "banned": np.empty((0, 2), dtype=np.int32),
    }


def worked_out(roads: RoadNetwork) -> dict[str, Any]:
    """Give what has been worked out of a network so far, to be sent to where it would be worked out anew."""
    return {name: value for name, value in vars(roads).items() if name in WORKED_OUT}


def take_over(roads: RoadNetwork, parts: dict[str, Any]) -> None:
    """Let a network take over what `worked_out` gave of the same one elsewhere."""
    for name, value in parts.items():
        vars(roads).setdefault(name, value)
