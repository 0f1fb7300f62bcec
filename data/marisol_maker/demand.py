"""When and where people call, and for what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

if TYPE_CHECKING:
    from .routing import Arcs
    from .zones import Addresses, Zones

HOUR_S = 3600


@dataclass
class Incidents:
    """
    Incidents in order of the call, before anyone is sent.

    Attributes
    ----------
    received
        Instant of the call. [s since 1970, UTC]
    hour
        Local hour of the day.
    call_type
        Index into the list of call types.
    priority
        1, 2 or 3.
    arc, share
        The arc it lies on, and how far along it, from 0 to 1.
    xy
        Its place as the geocoder found it. [m]
    address
        Its hundred block, or the freeway.
    """

    received: np.ndarray
    hour: np.ndarray
    call_type: np.ndarray
    priority: np.ndarray
    arc: np.ndarray
    share: np.ndarray
    xy: np.ndarray
    address: list[str]


def local(instant: float, zone: ZoneInfo) -> datetime:
    """Return the local time of an instant."""
    return datetime.fromtimestamp(instant, UTC).astimezone(zone)


def _instant(day: str, zone: ZoneInfo) -> float:
    """Return the instant at which a local day begins."""
    when = date.fromisoformat(day)
    return datetime(when.year, when.month, when.day, tzinfo=zone).timestamp()


def _rates(demand: dict[str, Any], zone: ZoneInfo) -> tuple[np.ndarray, np.ndarray]:
    """Return the beginning of each hour of the history [s] and the calls expected in it."""
    begins = np.arange(_instant(demand["start"], zone), _instant(demand["end"], zone), HOUR_S)
    clock = [local(t, zone) for t in begins]
    shape = np.array(
        [demand["hour"][c.hour] * demand["weekday"][c.weekday()] * demand["month"][c.month - 1] for c in clock]
    )
    years = (begins - begins[0]) / (8766 * HOUR_S)
    first = years < 1.0
    return begins, shape / shape[first].sum() * demand["incidents_per_year"] * (1 + demand["growth_per_year"]) ** years


def repeated_hours(demand: dict[str, Any], zone: ZoneInfo) -> list[float]:
    """Return the instants at which a local hour begins for the second time: the nights on which the clock goes back."""
    begins, _ = _rates(demand, zone)
    return [float(t) for t in begins if local(t, zone).fold == 1]


def _call_times(demand: dict[str, Any], zone: ZoneInfo, rng: np.random.Generator) -> np.ndarray:
    """Draw the instants of the calls; one falls into each repeated hour whatever is drawn. [s]."""
    begins, expected = _rates(demand, zone)
    number = rng.poisson(expected)
    drawn = np.repeat(begins, number) + rng.uniform(0, HOUR_S, int(number.sum()))
    sure = [t + 720 for t in repeated_hours(demand, zone)]
    return np.sort(np.floor(np.concatenate([drawn, sure])))


def _address_weights(demand: dict[str, Any], zones: Zones, addresses: Addresses) -> np.ndarray:
    """Return the relative rate of calls at each address point."""
    count = np.maximum(np.bincount(addresses.zone, minlength=len(zones.shapes)), 1)
    resident = np.array([demand["per_resident"][use] for use in zones.land_use])
    visitor = np.array([demand["per_frontage"][use] for use in zones.land_use])
    return (zones.population / count * resident + visitor)[addresses.zone]


def _road_weights(demand: dict[str, Any], arcs: Arcs) -> np.ndarray:
    """Return the relative rate of calls on each arc."""
    rate = np.array([demand["on_road"].get(kind, 0.0) for kind in arcs.kinds])
    return rate[arcs.kind] * arcs.length_m


def _point_on(coords: np.ndarray, share: float) -> np.ndarray:
    """Return the point a share of the way along a line. [m]."""
    steps = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(coords, axis=0).T))])
    return np.array([np.interp(share * steps[-1], steps, coords[:, k]) for k in (0, 1)])


def draw_incidents(
    settings: dict[str, Any], zones: Zones, addresses: Addresses, arcs: Arcs, rng: np.random.Generator
) -> Incidents:
    """Draw the calls of the whole history."""
    demand, kinds = settings["demand"], settings["call_type"]
    zone = ZoneInfo(settings["city"]["timezone"])
    received = _call_times(demand, zone, rng)
    size = len(received)
    share = np.array([kind["share"] for kind in kinds])
    call_type = rng.choice(len(kinds), size, p=share / share.sum())
    chances = np.cumsum([kind["priority"] for kind in kinds], axis=1)
    priority = 1 + (rng.random(size)[:, None] > chances[call_type]).sum(axis=1).clip(max=2)
    weight = _address_weights(demand, zones, addresses)
    pick = rng.choice(len(weight), size, p=weight / weight.sum())
    arc, along = addresses.arc[pick].copy(), addresses.share[pick].copy()
    xy = addresses.xy[pick].copy()
    text = [f"{addresses.block[k]} BLOCK OF {arcs.name[addresses.arc[k]].upper()}" for k in pick]
    weight = _road_weights(demand, arcs)
    crash_arc = rng.choice(len(weight), size, p=weight / weight.sum())
    crash_share = rng.uniform(0.02, 0.98, size)
    on_road = np.array([kind["where"] == "road" for kind in kinds])[call_type]
    for k in np.flatnonzero(on_road):
        arc[k], along[k] = crash_arc[k], crash_share[k]
        xy[k] = _point_on(arcs.coords[arc[k]], along[k])
        text[k] = f"{arcs.name[arc[k]].upper()} NEAR MILE {1 + int((7000 - xy[k][1]) // 1609)}"
    xy += rng.normal(0, 2.5, xy.shape)
    hour = np.array([local(t, zone).hour for t in received])
    return Incidents(received, hour, call_type, priority, arc, along, xy, text)
