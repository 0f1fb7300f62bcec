"""Where patients are taken, how many are, and how long ambulances wait there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fireplan._checked import takes
from fireplan.crs import WGS84
from fireplan.errors import Faults, listed, quoted
from fireplan.stations._apparatus import unit_types

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

Z_OF_P90 = 1.2815515655446004
LEAST_SCENE_S = 300.0
"""No stay at a scene is taken to be shorter than this, or than the whole stay; a figure of our own. [s]"""


@takes
@dataclass(frozen=True, eq=False)
class Hospitals:
    """
    Hospitals, the calls from which patients are taken to them, and the time that ambulances are held there.

    Attributes
    ----------
    places
        Points with a CRS, by `hospital_id` (a column or the index).
    transports
        By category, the share of the ambulances that arrived which take a patient to hospital, such as
        {"ems": 0.7}; categories left out: none. Those that stayed longest are taken to be they. Left out: as a column
        `transported` of the history's responses says.
    wall_time_s
        From arrival at the hospital until the ambulance is clear: one number, or (median, 90th percentile) of a
        lognormal distribution; for all hospitals, or by their id. [s]
    in_history_s
        What of it the history's own stays hold: left out: the same, so that what is simulated is the history as it was.
        A what-if of longer waits gives the time of the history here. [s]
    shares
        By hospital, the share of patients taken there; left out: each to the nearest by road.
    types
        Types of unit that take patients.

    Raises
    ------
    InputError
        With all that is wrong.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town()
    >>> there = town.zones.set_geometry(town.zones.representative_point()).iloc[[39]].rename_axis("hospital_id")
    >>> hospitals = fp.simulation.Hospitals(there[["geometry"]], transports={"ems": 0.7}, wall_time_s=(1200.0, 2400.0))
    >>> round(hospitals.mean_s("39"))
    1389
    """

    places: gpd.GeoDataFrame
    transports: Mapping[str, float] | None = None
    wall_time_s: float | tuple[float, float] | Mapping[str, float | tuple[float, float]] = 1200.0
    in_history_s: float | tuple[float, float] | Mapping[str, float | tuple[float, float]] | None = None
    shares: Mapping[str, float] | None = None
    types: tuple[str, ...] = ("ambulance",)

    def __post_init__(self) -> None:
        """Check all together, and take the places as they are now."""
        faults = Faults("Hospitals")
        table = self.places
        if "hospital_id" in getattr(table, "columns", ()):
            table = table.set_index("hospital_id")
        if not len(table) or not hasattr(table, "geom_type") or table.crs is None:
            faults.add("places are to be points with a CRS, a row for each hospital: a GeoDataFrame with .set_crs(...)")
            faults.raise_if_any()
        if not (table.geom_type == "Point").all():
            faults.add("places are not all points: use .representative_point()")
        elif table.geometry.is_empty.any():
            faults.add("places has points without coordinates: give each hospital its place")
        if table.index.hasnans:
            faults.add("a hospital has no id: give each row its hospital_id")
        names = table.index.astype(str)
        if names.has_duplicates:
            faults.add(f"hospital {quoted(names[names.duplicated()][0])} stands twice: give each one row")
        ids = names.tolist()
        for name in ("wall_time_s", "in_history_s"):
            _check_wall(name, getattr(self, name), ids, faults)
        _check_shares("transports", self.transports, None, faults)
        _check_shares("shares", self.shares, ids, faults)
        if self.shares is not None and abs(sum(self.shares.values()) - 1) > 1e-6:
            faults.add(f"shares add up to {sum(self.shares.values()):g}: they are to be 1 together")
        known = sorted(set(unit_types().values()))
        for kind in sorted(set(self.types) - set(known)):
            faults.add(f"types names {quoted(kind)}, which is no type of unit: known are {listed(known)}")
        faults.raise_if_any()
        held = table[[table.geometry.name]].to_crs(WGS84)
        held.index = held.index.astype(str)
        object.__setattr__(self, "places", held)  # frozen for everyone else

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of the hospitals, in order."""
        return tuple(map(str, self.places.index))

    @takes
    def mean_s(self, hospital_id: str, *, in_history: bool = False) -> float:
        """
        Give the mean wall time at a hospital. [s]

        Parameters
        ----------
        hospital_id
            Which.
        in_history
            Of that which the history's stays hold.
        """
        median_s, sigma = law_of(self, hospital_id, in_history=in_history)
        return float(median_s * np.exp(sigma**2 / 2))


def law_of(hospitals: Hospitals, hospital_id: str, *, in_history: bool = False) -> tuple[float, float]:
    """Give the median of the wall time at a hospital [s], and the spread of its logarithm."""
    then = hospitals.in_history_s if in_history else None
    given = hospitals.wall_time_s if then is None else then
    one = given[hospital_id] if isinstance(given, Mapping) else given
    if isinstance(one, tuple):
        return float(one[0]), float(np.log(one[1] / one[0]) / Z_OF_P90)
    return float(one), 0.0


def walls_s(hospitals: Hospitals, hospital: NDArray[np.int64], z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give wall times at hospitals, by their rows, from standard normal numbers. [s]"""
    laws = np.array([law_of(hospitals, name) for name in hospitals.ids])
    return np.asarray(laws[hospital, 0] * np.exp(laws[hospital, 1] * z))


def _check_shares(what: str, given: Mapping[str, float] | None, known: list[str] | None, faults: Faults) -> None:
    """Refuse shares that are none, or of hospitals that are not there."""
    for key, share in (given or {}).items():
        if known is not None and key not in known:
            faults.add(f"{what} names {quoted(key)}, which is no hospital: those are {listed(known)}")
        if not 0 <= share <= 1:
            faults.add(f"{what} of {quoted(key)} is {share:g}: give a share from 0 to 1")


def _check_wall(name: str, given: object, ids: list[str], faults: Faults) -> None:
    """Refuse wall times that are none, or that say nothing of a hospital."""
    if given is None:
        return
    each = dict(given) if isinstance(given, Mapping) else dict.fromkeys(ids, given)
    missing = [i for i in ids if i not in each]
    if missing:
        faults.add(f"{name} says nothing of {listed(map(quoted, missing))}: give each hospital its time")
    for key, one in each.items():
        if key not in ids:
            faults.add(f"{name} names {quoted(key)}, which is no hospital: those are {listed(ids)}")
        values = one if isinstance(one, tuple) else (one,)
        if not all(isinstance(v, int | float | np.number) and 0 <= v < 86_400 for v in values) or len(values) > 2:
            faults.add(f"{name} is {one!r}: give seconds from 0 to below a day, or (median, 90th percentile)")
        elif len(values) == 2 and not 0 < values[0] <= values[1]:
            faults.add(f"{name} is {one!r}: the median is above zero, and the 90th percentile no less than it")
