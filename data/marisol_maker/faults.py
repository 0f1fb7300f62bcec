"""What is wrong with the history on purpose: each faulty row carries one fault, and all are counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .dispatch import CANCELLED, Row

if TYPE_CHECKING:
    import numpy as np

RECOGNISED_BY = {
    "missing_arrived": "arrived is blank and the narrative does not begin with CANCELLED EN ROUTE",
    "missing_enroute": "enroute is blank",
    "enroute_before_dispatched": "enroute is earlier than dispatched",
    "arrived_before_enroute": "arrived is earlier than enroute",
    "exact_duplicates": "the row equals an earlier row in every column",
    "zero_coordinates": "latitude and longitude are both 0",
    "missing_coordinates": "latitude and longitude are both blank",
    "swapped_coordinates": "latitude holds the longitude (about -127.5) and longitude the latitude",
    "default_point": "latitude and longitude are exactly those of city hall",
}
_PER_INCIDENT = ("zero_coordinates", "missing_coordinates", "swapped_coordinates", "default_point")


def plant_faults(
    rows: list[Row],
    faults: dict[str, Any],
    city_hall: tuple[float, float],
    rng: np.random.Generator,
    *,
    spare: set[int],
) -> list[Row]:
    """
    Plant the faults.

    Parameters
    ----------
    rows
        The history, by incident. Changed in place.
    faults
        The table `faults` of the settings.
    city_hall
        Longitude and latitude that the geocoder falls back on. [degrees]
    spare
        Incidents to leave alone.

    Returns
    -------
    The history with duplicates put in after the rows they copy.
    """
    by_incident: dict[int, list[Row]] = {}
    for row in rows:
        by_incident.setdefault(row.incident, []).append(row)
    pool = [k for k in sorted(by_incident) if k not in spare]
    order = iter(rng.permutation(pool))
    for fault in _PER_INCIDENT:
        for _ in range(faults[f"{fault}_incidents"]):
            for row in by_incident[int(next(order))]:
                _misplace(row, fault, city_hall)
    sound = [row for row in rows if not row.fault and row.incident not in spare]
    _plant_times(rows, sound, faults, rng)
    sound = [k for k, row in enumerate(rows) if not row.fault and row.incident not in spare]
    copied = {int(k) for k in rng.choice(sound, faults["exact_duplicates"], replace=False)}
    whole = []
    for k, row in enumerate(rows):
        whole.append(row)
        if k in copied:
            whole.append(replace(row, fault="exact_duplicates"))
    return whole


def _misplace(row: Row, fault: str, city_hall: tuple[float, float]) -> None:
    """Put a row in the wrong place."""
    row.fault = fault
    if fault == "zero_coordinates":
        row.place = (0.0, 0.0)
    elif fault == "missing_coordinates":
        row.place = None
    elif fault == "default_point":
        row.place = city_hall
    elif row.place is not None:
        row.place = row.place[::-1]


def _plant_times(rows: list[Row], sound: list[Row], faults: dict[str, Any], rng: np.random.Generator) -> None:
    """Blank and swap stamps of rows that are sound so far."""
    arrived = [row for row in sound if row.arrived is not None]
    order = iter(rng.permutation(len(arrived)))

    def take(number: int) -> list[Row]:
        return [arrived[next(order)] for _ in range(number)]

    for row in take(round(faults["missing_arrived_share"] * len(rows))):
        row.arrived, row.fault = None, "missing_arrived"
    for row in take(round(faults["missing_enroute_share"] * len(rows))):
        row.enroute, row.fault = None, "missing_enroute"
    for row in take(faults["enroute_before_dispatched"]):
        row.enroute, row.fault = row.dispatched - int(rng.integers(20, 400)), "enroute_before_dispatched"
    planted = 0
    while planted < faults["arrived_before_enroute"]:
        row = take(1)[0]
        if row.enroute is None or row.enroute - row.dispatched < 20:
            continue
        row.arrived = row.enroute - int(rng.integers(5, row.enroute - row.dispatched))
        row.fault = "arrived_before_enroute"
        planted += 1


def count_faults(rows: list[Row], own_units: set[str]) -> dict[str, dict[str, int]]:
    """Count rows and incidents with each planted fault, and the two oddities that are no faults."""
    kinds: dict[str, list[Row]] = {fault: [] for fault in RECOGNISED_BY}
    for row in rows:
        if row.fault:
            kinds[row.fault].append(row)
    kinds["cancelled_en_route"] = [row for row in rows if row.narrative.startswith(CANCELLED)]
    kinds["mutual_aid"] = [row for row in rows if row.unit_id not in own_units]
    return {
        kind: {"rows": len(found), "incidents": len({row.incident for row in found})} for kind, found in kinds.items()
    }
