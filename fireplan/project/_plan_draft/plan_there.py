"""What a plan that is there already says of its inputs: a draft made again reads them as the project does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from fireplan._bounded_text import toml_content
from fireplan.errors import InputError, ProjectError
from fireplan.project._plan import LARGEST_BYTES, DemandPart, Network, StationsPart, UnitsPart, VehiclePart
from fireplan.project._plan_draft.project_draft import PLAN_FILE

if TYPE_CHECKING:
    from pathlib import Path

Part = TypeVar("Part", bound=BaseModel)


@dataclass(frozen=True)
class PlanThere:
    """
    A plan as far as it tells how inputs are read.

    Attributes
    ----------
    inputs
        What stands under [inputs] as text, or as several texts.
    network, vehicle, stations, units, demand
        Its parts; what is wrong in one is told where the project is opened.
    timezone
        As it says, "" if it does not.
    leaves_out
        Whether it says which stations the project does without, be it none.
    """

    inputs: dict[str, Any] = field(default_factory=dict)
    network: Network = field(default_factory=Network)
    vehicle: VehiclePart | None = None
    stations: StationsPart = field(default_factory=StationsPart)
    units: UnitsPart = field(default_factory=UnitsPart)
    demand: DemandPart = field(default_factory=DemandPart)
    timezone: str = ""
    leaves_out: bool = False

    def text(self, key: str) -> str | None:
        """What stands under a key of [inputs], where it is one text."""
        found = self.inputs.get(key)
        return found if isinstance(found, str) and found else None


def plan_there(home: Path) -> PlanThere:
    """
    Read the plan of a folder, if it has one.

    Raises
    ------
    ProjectError
        If it is no TOML.
    """
    file = home / PLAN_FILE
    if not file.is_file():
        return PlanThere()
    if file.stat().st_size > LARGEST_BYTES:
        raise ProjectError(f"{file.name} is larger than {LARGEST_BYTES // 2**20} MB: that is no plan; delete it")
    try:
        content = toml_content(file.read_text(encoding="utf-8-sig"), label=file.name)
    except InputError as error:
        raise ProjectError(f"{error}: mend or delete it") from error
    except UnicodeDecodeError as error:
        raise ProjectError(f"{file.name} is not TOML: {error}: mend or delete it") from error
    inputs, stations, zone = content.get("inputs"), content.get("stations"), content.get("timezone")
    return PlanThere(
        inputs=inputs if isinstance(inputs, dict) else {},
        network=_part(content, "network", Network),
        vehicle=_part(content, "vehicle", VehiclePart) if "vehicle" in content else None,
        stations=_part(content, "stations", StationsPart),
        units=_part(content, "units", UnitsPart),
        demand=_part(content, "demand", DemandPart),
        timezone=zone if isinstance(zone, str) else "",
        leaves_out=isinstance(stations, dict) and "leave_out" in stations,
    )


def _part(content: dict[str, Any], key: str, kind: type[Part]) -> Part:
    try:
        return kind.model_validate(content.get(key, {}))
    except ValidationError:
        return kind()
