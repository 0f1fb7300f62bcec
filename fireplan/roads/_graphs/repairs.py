"""Edges as people's files give them, made fit to drive on; each repair is named and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._conversions import KPH_PER_MPS
from fireplan.crs import step_lengths_m
from fireplan.errors import Faults, listed
from fireplan.roads._rules.speeds import FASTEST_KPH, posted_kph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Repaired = tuple[NDArray[np.float64], list[str]]

SHORTER_THAN_LINE = 0.9
"""A street whose stated length is under this share of its line is measured anew."""

SCHEMATIC = 0.4
"""The same where the time is stated too, so that only kilometres hang on it: such networks may be drawn roughly."""

LONGEST_M = 1e6
"""No street is longer: a stated length beyond it is measured anew. [m]"""

SLOW_S, SLOWEST_KPH = 3600.0, 1.0
"""A street that takes longer than this [s] at less than this [km/h] has a mistaken speed."""

KM_RATIO = (0.0009, 0.0011)


def repair_geometry(
    edges: pd.DataFrame, from_xy: NDArray[np.float64], to_xy: NDArray[np.float64]
) -> tuple[NDArray[np.object_], list[str]]:
    """Lines of the edges; straight where there is none, or none that can be read."""
    straight = np.asarray(shapely.linestrings(np.stack([from_xy, to_xy], axis=1)), dtype=object)
    if "geometry" not in edges.columns:
        return straight, []
    given = edges["geometry"].to_numpy(dtype=object)
    lines = np.full(len(given), None, dtype=object)
    is_text = np.array([isinstance(g, str) for g in given], dtype=bool)
    lines[~is_text] = [g if isinstance(g, shapely.Geometry) else None for g in given[~is_text]]
    with np.errstate(invalid="ignore"):
        lines[is_text] = shapely.from_wkt(given[is_text], on_invalid="ignore")
    usable = (shapely.get_type_id(lines) == shapely.GeometryType.LINESTRING) & ~shapely.is_empty(lines)
    xy, line = shapely.get_coordinates(lines, return_index=True)
    usable[line[~np.isfinite(xy).all(axis=1)]] = False
    bad = is_text & ~usable
    lines = np.where(usable, lines, straight)
    against = _runs_against(lines, from_xy, to_xy)
    lines = np.where(against, shapely.reverse(lines), lines)
    notes = []
    if bad.any():
        notes.append(f"geometry cannot be read on {bad.sum()} edges, straight lines used: {_names(edges, bad)}")
    if against.any():
        notes.append(f"geometry is drawn against its edge on {against.sum()} edges, turned: {_names(edges, against)}")
    return np.asarray(lines, dtype=object), notes


def _runs_against(
    lines: NDArray[np.object_], from_xy: NDArray[np.float64], to_xy: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Whether a line begins nearer to where its edge ends, and ends nearer to where it begins."""
    begin, end = (shapely.get_coordinates(shapely.get_point(lines, i)) for i in (0, -1))

    def apart(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.hypot(*(a - b).T))

    return (apart(begin, to_xy) < apart(begin, from_xy)) & (apart(end, from_xy) < apart(end, to_xy))


def repair_lengths(edges: pd.DataFrame, lonlat: NDArray[np.float64], line: NDArray[np.integer]) -> Repaired:
    """
    Lengths as given, measured on the ellipsoid where they are missing or cannot be. [m]

    Parameters
    ----------
    edges
        With `length` [m], or without.
    lonlat, line
        Vertices of all lines in WGS 84, and the edge each belongs to.
    """
    inside = line[:-1] == line[1:]
    measured = np.bincount(line[:-1][inside], weights=step_lengths_m(lonlat)[inside], minlength=len(edges)).astype(
        float
    )
    if "length" not in edges.columns:
        return measured, []
    given = _numbers(edges["length"])
    usable = np.isfinite(given) & (given >= 0)
    long = usable & (given > LONGEST_M)
    usable &= ~long
    notes = []
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(measured > 0, given / measured, 1.0)
    in_km = usable & (ratio > KM_RATIO[0]) & (ratio < KM_RATIO[1])
    time_s = _numbers(edges["travel_time"]) if "travel_time" in edges.columns else np.full(len(edges), np.nan)
    joint = (given == 0) & (time_s == 0)  # no slip: two nodes that are one place
    least = np.where(np.isfinite(time_s), SCHEMATIC, SHORTER_THAN_LINE)
    short = usable & ~in_km & ~joint & (ratio < least)
    for which, why in (
        (in_km, "length looks like km"),
        (short, "length is shorter than the line between its ends"),
        (long, f"length is over {wording.distance(LONGEST_M)}"),
        (~usable & ~long, "length is not a number"),
    ):
        if which.any():
            notes.append(f"{why} on {which.sum()} edges, measured instead: {_names(edges, which)}")
    return np.where(usable & ~in_km & ~short, given, measured), notes


def repair_times(edges: pd.DataFrame, length_m: NDArray[np.float64], usual_kph: NDArray[np.float64]) -> Repaired:
    """
    Driving time of each edge. [s]

    `travel_time` first, then `speed_kph`, then the speed by its tags [km/h]. A speed above 160 km/h, or one at which a
    street takes hours, gives way to that of the class. Negative and infinite ones are refused: no shortest path is
    right with them.
    """
    stated = {c: _numbers(edges[c]) if c in edges.columns else None for c in ("travel_time", "speed_kph")}
    faults = Faults("network")
    for column, values in stated.items():
        if values is None:
            continue
        bad = edges[column].notna().to_numpy() & ~(np.isfinite(values) & (values >= 0))
        if column == "speed_kph":
            bad |= edges[column].notna().to_numpy() & (values == 0)
        for i in np.flatnonzero(bad)[:5]:
            faults.add(
                f"{column} of edge {edges['u'].iloc[i]} -> {edges['v'].iloc[i]} is {edges[column].iloc[i]}:"
                " it must be a finite number above zero"
            )
    faults.raise_if_any()
    own_s = length_m / usual_kph * KPH_PER_MPS
    time_s, speed = stated["travel_time"], stated["speed_kph"]
    if speed is not None:
        with np.errstate(divide="ignore", invalid="ignore"):
            own_s = np.where(np.isfinite(speed), length_m / speed * KPH_PER_MPS, own_s)
    if time_s is not None:
        own_s = np.where(np.isfinite(time_s), time_s, own_s)
    with np.errstate(divide="ignore", invalid="ignore"):
        kph = np.where(length_m > 1.0, length_m / own_s * KPH_PER_MPS, 0.0)
    notes = []
    for absurd, why in (
        (kph > FASTEST_KPH, f"speed above {FASTEST_KPH:.0f} km/h"),
        ((own_s > SLOW_S) & (length_m < own_s / KPH_PER_MPS * SLOWEST_KPH), f"speed below {SLOWEST_KPH:.0f} km/h"),
    ):
        if absurd.any():
            own_s = np.where(absurd, length_m / usual_kph * KPH_PER_MPS, own_s)
            notes.append(f"{why} on {absurd.sum()} edges, class speed used: {_names(edges, absurd)}")
    return own_s, notes


def states_speeds(edges: pd.DataFrame) -> bool:
    """Whether every edge has a time, a speed or a limit of its own, so that the speed of no class is used."""
    told = np.zeros(len(edges), dtype=bool)
    for column in ("travel_time", "speed_kph"):
        if column in edges.columns:
            told |= np.isfinite(_numbers(edges[column]))
    if "maxspeed" in edges.columns:
        told |= np.array([posted_kph(m) is not None for m in edges["maxspeed"]], dtype=bool)
    return bool(told.all())


def _numbers(column: pd.Series) -> NDArray[np.float64]:
    """Numbers of a column; NaN for what is none, lists included."""
    plain = column.map(lambda value: None if isinstance(value, list | tuple | dict) else value)
    return np.asarray(pd.to_numeric(plain, errors="coerce"), dtype=float)


def _names(edges: pd.DataFrame, which: NDArray[np.bool_]) -> str:
    rows = np.flatnonzero(which)
    return listed((f"{edges['u'].iloc[i]} -> {edges['v'].iloc[i]}" for i in rows), most=5)
