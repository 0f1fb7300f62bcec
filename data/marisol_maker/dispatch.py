"""The history itself: units sent, under way, on scene, busy and home again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from .stations import Station, unit_type

if TYPE_CHECKING:
    from .demand import Incidents
    from .routing import TrueTimes

CANCELLED = "CANCELLED EN ROUTE"
_AID = {"engine": "E2{}1", "truck": "T2{}2", "ambulance": "M2{}3", "battalion": "BC2{}"}


@dataclass
class Row:
    """
    One unit on one incident. Instants are whole seconds since 1970, UTC; None is a blank.

    Attributes
    ----------
    incident
        Index into the incidents.
    unit_id, call_type, priority
        The unit, and what it was sent to.
    place
        Longitude and latitude, or None. [degrees]
    received, dispatched, enroute, arrived, cleared
        The unit's stamps.
    address, narrative
        Free text.
    fault
        The one fault planted here, or an empty text.
    """

    incident: int
    unit_id: str
    call_type: str
    priority: int
    place: tuple[float, float] | None
    received: int
    dispatched: int
    enroute: int | None
    arrived: int | None
    cleared: int
    address: str
    narrative: str
    fault: str = ""


@dataclass
class Unit:
    """A unit: its number, type, station (index), and when it is next in quarters. [s since 1970]."""

    unit_id: str
    kind: str
    home: int
    free_at: float = 0.0


@dataclass
class _Run:
    """One unit on its way: who, its times on the road, and its stamps. [s]."""

    unit_id: str
    unit: Unit | None
    kind: str
    travel_s: float
    stamps: list[float] = field(default_factory=list)
    cancelled: bool = False


class History:
    """
    Sends units to incidents in the order of dispatch.

    Parameters
    ----------
    settings
        All settings.
    stations
        Today's stations.
    times
        True travel times, whose first origins are the stations in order.
    rng
        Draws everything that varies.
    """

    def __init__(
        self, settings: dict[str, Any], stations: list[Station], times: TrueTimes, rng: np.random.Generator
    ) -> None:
        self._set, self._rng, self._times = settings, rng, times
        self._stations = [station.station_id for station in stations]
        self._units = [
            Unit(unit, unit_type(unit), home) for home, station in enumerate(stations) for unit in station.units
        ]

    def run(self, incidents: Incidents) -> list[Row]:
        """Return every row of the history, by incident and then by dispatch order."""
        kinds = self._set["call_type"]
        reach = np.empty((len(self._stations), len(incidents.received)))
        for hour in range(24):
            here = np.flatnonzero(incidents.hour == hour)
            found = self._times.to_points(incidents.arc[here], incidents.share[here], hour)
            reach[:, here] = found[: len(self._stations)]
        handling = np.array([self._lognormal(self._processing(p)) for p in incidents.priority])
        dispatched = incidents.received + np.maximum(np.round(handling), 5)
        rows: list[Row] = []
        for k in np.argsort(dispatched, kind="stable"):
            kind = kinds[incidents.call_type[k]]
            story = str(self._rng.choice(kind["narratives"]))
            for run in self._answer(kind, incidents, int(k), float(dispatched[k]), reach[:, k]):
                sent, enroute, arrived, cleared = run.stamps
                rows.append(
                    Row(
                        int(k), run.unit_id, kind["name"], int(incidents.priority[k]), None,
                        int(incidents.received[k]), int(sent), int(enroute),
                        None if run.cancelled else int(arrived), int(cleared), incidents.address[k],
                        f"{CANCELLED}; {story}" if run.cancelled else story,
                    )
                )  # fmt: skip
        return sorted(rows, key=lambda row: row.incident)

    def _processing(self, priority: int) -> dict[str, float]:
        return self._set["times"]["call_processing_s"][str(priority)]

    def _lognormal(self, law: dict[str, float]) -> float:
        return float(law["median"] * np.exp(law["sigma"] * self._rng.normal()))

    def _send(self, kind: dict[str, Any], sent: float, reach: np.ndarray) -> list[_Run]:
        """Pick the nearest free units of each type; a neighbour's where none is free."""
        runs = []
        for unit_kind, number in kind["order"].items():
            free = [u for u in self._units if u.kind == unit_kind and u.free_at <= sent]
            free.sort(key=lambda u: reach[u.home])
            runs += [_Run(u.unit_id, u, unit_kind, float(reach[u.home])) for u in free[:number]]
            first = int(self._rng.integers(1, 4))
            for k in range(number - len(free[:number])):
                name = "OCN " + _AID[unit_kind].format(1 + (first + k) % 4)
                law = self._set["times"]["mutual_aid_travel_s"]
                runs.append(_Run(name, None, unit_kind, self._lognormal(law)))
        return runs

    def _turnout(self, kind: dict[str, Any], run: _Run, hour: int) -> float:
        law = self._set["times"]["turnout_s"][kind["class"]]
        low, high = self._set["times"]["day_hours"]
        median = law["day"] if low <= hour < high else law["night"]
        factor = 1.0
        if run.unit is not None:
            factor = self._set["times"]["turnout_factor"][self._stations[run.unit.home]]
        return max(self._lognormal({"median": median * factor, "sigma": law["sigma"]}), 8.0)

    def _answer(self, kind: dict[str, Any], incidents: Incidents, k: int, sent: float, reach: np.ndarray) -> list[_Run]:
        """Send units to one incident and say when each is free again."""
        travel = self._set["travel"]
        pace = travel["low_priority_factor"] if incidents.priority[k] == 3 else 1.0
        runs = self._send(kind, sent, reach)
        for run in runs:
            enroute = sent + np.floor(self._turnout(kind, run, int(incidents.hour[k])))
            noise = self._lognormal({"median": 1.0, "sigma": travel["noise_sigma"]})
            noise = 1.0 if run.unit is None else noise * pace
            run.stamps = [sent, enroute, enroute + max(round(run.travel_s * noise), 10), 0.0]
        first = min(run.stamps[2] for run in runs)
        scene = self._lognormal(kind["scene_s"])
        for run in runs:
            self._finish(kind, run, first, scene)
            if run.unit is not None:
                back = 0.5 if run.cancelled else 1.0
                run.unit.free_at = run.stamps[3] + back * float(reach[run.unit.home])
        return runs

    def _finish(self, kind: dict[str, Any], run: _Run, first: float, scene: float) -> None:
        """Fill in when a unit clears, or is cancelled once another has arrived."""
        _, enroute, arrived, _ = run.stamps
        low, high = self._set["times"]["clear_if_cancelled_s"]
        called_off = np.floor(first + self._rng.uniform(low, high))
        if arrived > first and self._rng.random() < kind["cancel"] and enroute + 5 < called_off < arrived - 5:
            run.cancelled = True
            run.stamps[3] = called_off
            return
        stay = scene * self._rng.uniform(0.75, 1.0)
        hospital = self._set["times"]["hospital"]
        if run.kind == "ambulance" and kind["class"] == "ems" and self._rng.random() < hospital["transport_share"]:
            stay += self._lognormal(hospital["drive_s"]) + self._lognormal(hospital["handover_s"])
        run.stamps[3] = arrived + max(round(stay), 60)
