"""The vehicle whose ways and times a network holds: how large and fast it is, and what it may use."""

from __future__ import annotations

import csv
import functools
import math
from dataclasses import asdict, dataclass, fields, replace
from importlib import resources
from typing import Any, Literal, Self, get_args

from fireplan._checked import said as said_kind
from fireplan._checked import takes
from fireplan.errors import InputError, UnknownIdError, listed, quoted

Smoothness = Literal[
    "excellent", "good", "intermediate", "bad", "very_bad", "horrible", "very_horrible", "impassable"
]  # fmt: skip
"""Values of OpenStreetMap's `smoothness`, best first."""

SMOOTHNESS: tuple[str, ...] = get_args(Smoothness)
TRACK_GRADES = 5
"""Grades of `tracktype`, from 1, solid, to 5, soft."""

CHOICES: dict[str, tuple[str, ...]] = {
    "worst_smoothness": SMOOTHNESS,
    "weight_limits": ("bridges", "all"),
    "speeds": ("posted", "class"),
}


USUAL_NAME = "engine"


@takes
@dataclass(frozen=True)
class Vehicle:
    """
    What a network is read for: `Vehicle.preset("engine")`, or the same with figures of one's own.

    Attributes
    ----------
    name
        What to call it.
    weight_t, height_m, width_m, length_m
        In service. A street with a lower limit is left out; of weight see `weight_limits`. [t, m]
    top_kph
        No street is driven faster. [km/h]
    floor_kph
        A posted limit below this counts as this: it is written for other traffic. [km/h]
    emergency
        Drives under lights and siren: may use what is open to emergency vehicles alone, and what is private.
    obeys_turn_restrictions
        Whether forbidden turns, but for those from which emergency vehicles are excepted, are forbidden to it too.
    opens_gates, removes_bollards
        Whether it may pass gates that can be opened, and bollards that can be taken out, for the time that takes.
    bus_roads
        Whether it may use roads that are for buses alone.
    fire_lanes
        Whether it may use ways on foot that are kept open for emergency vehicles.
    to_doors
        Whether driveways and parking aisles are driven: to the doors on them, never through.
    worst_track
        Highest `tracktype` it drives, 1 to 5; 0: no track.
    worst_smoothness
        Worst `smoothness` it drives.
    weight_limits
        Where a posted weight shuts it out: "bridges", or "all": elsewhere such limits are rules of traffic, which
        engines on a call are free of, and they are noted.
    speeds
        "posted": the posted limit where there is one, else the speed of the class. "class": the speed of the class;
        of motorways and trunk roads the posted limit where it is higher.
    """

    name: str = "engine"
    weight_t: float = 18.0
    height_m: float = 3.3
    width_m: float = 2.55
    length_m: float = 9.5
    top_kph: float = 109.0
    floor_kph: float = 15.0
    emergency: bool = True
    obeys_turn_restrictions: bool = True
    opens_gates: bool = True
    removes_bollards: bool = True
    bus_roads: bool = True
    fire_lanes: bool = True
    to_doors: bool = False
    worst_track: int = 2
    worst_smoothness: Smoothness = "very_bad"
    weight_limits: Literal["bridges", "all"] = "bridges"
    speeds: Literal["posted", "class"] = "posted"

    def __new__(cls, name: str = "engine", *figures: Any, **other: Any) -> Self:  # noqa: ANN401 - as `preset`
        """Refuse the name of a usual vehicle without its figures: it would be an engine that is called so."""
        asked = other.get("preset", name)
        if not isinstance(asked, str):
            raise InputError(f"vehicle: name is {said_kind(asked)}: give text, such as 'engine'")
        known = [field.name for field in fields(cls)]
        strange = [key for key in other if key not in {*known, "preset"}]
        if strange:
            raise UnknownIdError("field of a vehicle", strange[0], known)
        if "preset" in other or (asked != USUAL_NAME and 1 + len(figures) + len(other) < len(known)):
            if isinstance(asked, str) and asked in vehicle_presets():
                given = "".join(f", {key}={value!r}" for key, value in other.items() if key != "preset")
                raise InputError(
                    f"a vehicle of which figures are left out is an engine: write Vehicle.preset({asked!r}{given})"
                )
            if "preset" in other:
                raise UnknownIdError("vehicle", str(asked), vehicle_presets())
        return super().__new__(cls)

    def __post_init__(self) -> None:
        """Refuse what no vehicle is."""
        faults = [
            f"{key} is {getattr(self, key)}: give a number above zero"
            for key in ("weight_t", "height_m", "width_m", "length_m", "top_kph", "floor_kph")
            if not (math.isfinite(getattr(self, key)) and getattr(self, key) > 0)
        ]
        if not faults and self.floor_kph > self.top_kph:
            faults.append(f"floor_kph is {self.floor_kph:g}, above top_kph {self.top_kph:g}")
        if not 0 <= self.worst_track <= TRACK_GRADES:
            faults.append(f"worst_track is {self.worst_track}: give 1 to {TRACK_GRADES}, or 0 for no track")
        faults += [
            f"{key} is {quoted(getattr(self, key))}: choose {listed(known)}"
            for key, known in CHOICES.items()
            if getattr(self, key) not in known
        ]
        if faults:
            raise InputError(f"vehicle {quoted(self.name)}: " + "; ".join(faults))

    @staticmethod
    def preset(name: str = "engine", **other: Any) -> Vehicle:  # noqa: ANN401 - of each field its own kind
        """
        Give a usual vehicle.

        Parameters
        ----------
        name
            "engine", "truck" (with an aerial ladder), "ambulance", "brush" or "car".
        other
            What is otherwise about yours, such as `weight_t=21`.

        Examples
        --------
        >>> import fireplan as fp
        >>> ladder = fp.roads.Vehicle.preset("truck", weight_t=19, height_m=3.6)
        >>> ladder.length_m, ladder.worst_smoothness
        (13.0, 'bad')
        """
        return _preset(name, other)


def _preset(name: str, other: dict[str, Any]) -> Vehicle:
    if name not in vehicle_presets():
        raise UnknownIdError("vehicle", name, vehicle_presets())
    known = [field.name for field in fields(Vehicle) if field.name != "name"]
    strange = [key for key in other if key not in known]
    if strange:
        raise UnknownIdError("field of a vehicle", strange[0], known)
    return replace(vehicle_presets()[name], **other)


@functools.cache
def vehicle_presets() -> dict[str, Vehicle]:
    """Usual vehicles by name, from `vehicles.csv`, where their sources stand."""
    text = (resources.files(__package__) / "vehicles.csv").read_text(encoding="utf-8")
    return {row["vehicle"]: _read(row) for row in csv.DictReader(text.splitlines())}


def _read(row: dict[str, str]) -> Vehicle:
    plain = Vehicle()
    values: dict[str, Any] = {}
    for field in fields(Vehicle):
        kind = type(getattr(plain, field.name))
        said = row["vehicle" if field.name == "name" else field.name]
        values[field.name] = said == "yes" if kind is bool else kind(said)
    return Vehicle(**values)


def vehicle_of(asked: Vehicle | str) -> Vehicle:
    """Give the vehicle that is meant: itself, or one of the usual by its name."""
    return asked if isinstance(asked, Vehicle) else _preset(asked, {})


def as_values(vehicle: Vehicle) -> dict[str, Any]:
    """Give a vehicle as plain values, to be kept."""
    return asdict(vehicle)


def said_of(vehicle: Vehicle) -> tuple[str, ...]:
    """Say for whom a network is read, as its first note; of the usual engine nothing is said."""
    if vehicle == USUAL_VEHICLE:
        return ()
    size = (
        f"{vehicle.weight_t:g} t, {vehicle.height_m:g} m high, {vehicle.width_m:g} m wide, {vehicle.length_m:g} m long"
    )
    return (f"{READ_FOR}{vehicle.name}: {size}, at most {vehicle.top_kph:g} km/h",)


READ_FOR = "read for the vehicle "

USUAL_VEHICLE = Vehicle()
"""The engine, for which a network is read unless another vehicle is named."""
