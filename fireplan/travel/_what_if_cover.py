"""What one station more, less or elsewhere would do, answered while the hand is still on the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyproj

from fireplan import _kernel as kernel
from fireplan import wording
from fireplan._checked import takes
from fireplan.crs import WGS84
from fireplan.errors import InputError, UnknownIdError, UnreachableStationError, quoted
from fireplan.roads import snap_xy
from fireplan.travel._first_due import ONE_ENGINE, suppliers
from fireplan.travel._places import places, seeds_on, station_places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from fireplan.scenario import Scenario

PERCENT = 90.0


class CoverFigures(NamedTuple):
    """
    How many places the nearest station reaches in time; modelled, with all units at home and free.

    Attributes
    ----------
    n
        Places whose position is known.
    within_s
        The limits. [s]
    within
        Places within each limit.
    p90_s
        90th percentile of travel time (inverted_cdf); inf if more than a tenth is never reached. [s]
    """

    n: int
    within_s: tuple[float, ...]
    within: tuple[int, ...]
    p90_s: float

    @property
    def shares(self) -> tuple[float, ...]:
        """Share of n within each limit."""
        return tuple(w / self.n if self.n else float("nan") for w in self.within)


@takes
class WhatIfCover:
    """
    Travel time from the nearest station at every place, kept for quick what-ifs: one station more, less or elsewhere.

    It answers: within each limit, how many zones or incidents does the nearest station that counts reach, and what is
    the 90th percentile of travel time. Each question changes only the ground it concerns, is answered, and is undone:
    on a county of 240,000 nodes and 100,000 incidents in a millisecond or two.

    It does not answer: for people or dwellings (each place counts once), for a whole force, for turnout, for a second
    due unit, or for which zones gain and lose. For these apply the change to the scenario and `compare`; the figures
    that both give are the same.

    Parameters
    ----------
    scenario
        Stations, units, roads and places.
    to
        "incidents" or "zones"; each place counts once.
    needs
        Kinds of unit of which a station must house one to count; left out: an engine.
    within_s
        Limits to count by. [s]

    Attributes
    ----------
    now
        The figures as things stand.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town()
    >>> cover = fp.travel.WhatIfCover(town, to="zones", within_s=[240])
    >>> cover.now.within, cover.with_station((-140.0, 30.03)).within
    ((22,), (40,))
    >>> cover.with_station((-140.0, 30.03)).shares, cover.now.shares
    ((1.0,), (0.55,))
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        to: str = "incidents",
        needs: Mapping[str, float] | None = None,
        within_s: Sequence[float] = (240, 480),
    ) -> None:
        if to not in {"incidents", "zones"}:
            raise InputError(f"to is {quoted(to)}: ask for 'zones' or 'incidents'")
        limits = np.array(sorted(within_s), dtype=float)
        if len(limits) == 0 or not (np.isfinite(limits) & (limits > 0)).all():
            raise InputError(f"within_s must be numbers of seconds above zero, not {list(within_s)}")
        roads = scenario.roads
        starts = station_places(scenario)
        rows = np.unique(suppliers(scenario, starts, needs=needs or ONE_ENGINE)[0])
        self._limits = limits
        self._scenario = scenario
        self._to_metric = pyproj.Transformer.from_crs(WGS84, roads.crs, always_xy=True)  # slow to make
        self._ids = starts.ids[rows]
        self._street = starts.on_road.street[rows]
        self._along = starts.on_road.along[rows]
        ends = places(scenario, to)
        table = scenario.zones if to == "zones" else scenario.incidents
        known = ~(table.geometry.isna() | table.geometry.is_empty).to_numpy()  # type: ignore[union-attr]
        self._field = kernel.Field(roads.graph)
        self._field.fill(self._seeds(np.arange(len(rows))))
        streets = kernel.Streets(roads.first, roads.last, roads.there_s, roads.back_s)
        on = ends.on_road
        self._served = kernel.Served(self._field, streets, street=on.street[known], along=on.along[known])
        self._served.refresh(self._sources(np.arange(len(rows))))
        self.now = self._figures()

    @takes
    def with_station(self, at: tuple[float, float]) -> CoverFigures:
        """
        Say what a station more would do.

        Parameters
        ----------
        at
            Longitude and latitude. [°]
        """
        return self._asked(opens=at, closes=None)

    @takes
    def without_station(self, station_id: str) -> CoverFigures:
        """Say what closing a station would do."""
        return self._asked(opens=None, closes=self._row(station_id))

    @takes
    def with_station_moved(self, station_id: str, at: tuple[float, float]) -> CoverFigures:
        """Say what moving a station would do; `at` as in `with_station`."""
        return self._asked(opens=at, closes=self._row(station_id))

    def _row(self, station_id: str) -> int:
        found = np.flatnonzero(self._ids == station_id)
        if len(found) == 0:
            raise UnknownIdError("station that counts", station_id, self._ids)
        return int(found[0])

    def _asked(self, *, opens: tuple[float, float] | None, closes: int | None) -> CoverFigures:
        """Change the field, count, and put everything back."""
        n = len(self._ids)
        rows = np.delete(np.arange(n), [] if closes is None else [closes])
        undone = []
        try:
            if closes is not None:
                gone = self._field.withdraw(closes, left=self._seeds(rows))
                undone.append((gone, *self._served.follow(gone.node, self._sources(rows), also=self._street[[closes]])))
            if opens is not None:
                street, along = self._place(opens)
                self._street, self._along = np.append(self._street, street), np.append(self._along, along)
                rows = np.append(rows, n)
                new = self._field.spread(self._seeds(rows[-1:]))
                undone.append((new, *self._served.follow(new.node, self._sources(rows), also=self._street[n:])))
            return self._figures()
        finally:
            for change, points, stood_s in reversed(undone):
                self._field.roll_back(change)
                self._served.arrival_s[points] = stood_s
            self._street, self._along = self._street[:n], self._along[:n]

    def _place(self, at: tuple[float, float]) -> tuple[int, float]:
        """Street and fraction along it of a new station, on a street that doors open on."""
        lonlat = np.array([at], dtype=float)
        if lonlat.shape != (1, 2) or not (np.abs(lonlat) <= (180, 90)).all():
            raise InputError(f"at {quoted(at)} is not longitude, latitude in degrees; swapped?")
        scenario = self._scenario
        xy = np.column_stack(self._to_metric.transform(lonlat[:, 0], lonlat[:, 1]))
        found = snap_xy(scenario.roads, xy, limit_m=scenario.snap_limit_m, freeways=False)
        if found.street[0] < 0:
            raise UnreachableStationError(
                f"{at[1]:.5f}, {at[0]:.5f} lies more than {wording.distance(scenario.snap_limit_m)} from any road"
            )
        return int(found.street[0]), float(found.along[0])

    def _figures(self) -> CoverFigures:
        arrival_s = self._served.arrival_s
        if len(arrival_s) == 0:
            return CoverFigures(0, tuple(self._limits), (0,) * len(self._limits), float("nan"))
        counts, p90_s = kernel.count_within(arrival_s, self._limits, percent=PERCENT)
        return CoverFigures(len(arrival_s), tuple(self._limits.tolist()), tuple(counts.tolist()), p90_s)

    def _sources(self, rows: NDArray[np.int64]) -> kernel.Sources:
        return kernel.Sources(self._street[rows], self._along[rows])

    def _seeds(self, rows: NDArray[np.int64]) -> kernel.Seeds:
        return seeds_on(self._scenario.roads, self._street[rows], self._along[rows], owner=rows)
