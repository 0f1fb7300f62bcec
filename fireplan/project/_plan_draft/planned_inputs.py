"""What a plan.toml that is there already says of the inputs, so that a draft made anew reads them as it does."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from fireplan._geofiles import is_database
from fireplan.errors import ProjectError
from fireplan.project._plan import DemandPart, Network, StationsPart, UnitsPart, file_of, source_of

if TYPE_CHECKING:
    Part = TypeVar("Part", bound=BaseModel)

PLAN_FILE = "plan.toml"
PLACES = ("network", "stations", "units", "zones")


@dataclass(frozen=True)
class PlannedInputs:
    """
    The parts of a plan that say how inputs are read; nothing where there is no plan.

    Attributes
    ----------
    sources
        Inputs by key, but for dispatch history.
    calls, responses, mapping, stamp_timezone
        The files of dispatch history, the one with the units, its mapping and the zone of its stamps.
    network, stations, units, demand
        What columns are called.
    timezone
        Of the city.
    """

    sources: dict[str, str | Path] = field(default_factory=dict)
    calls: tuple[str | Path, ...] = ()
    responses: Path | None = None
    mapping: str | Path | None = None
    stamp_timezone: str | None = None
    network: Network = field(default_factory=Network)
    stations: StationsPart = field(default_factory=StationsPart)
    units: UnitsPart = field(default_factory=UnitsPart)
    demand: DemandPart = field(default_factory=DemandPart)
    timezone: str = ""


def planned_of(home: Path) -> PlannedInputs:
    """
    Read the plan of a folder, as far as it speaks of inputs.

    Raises
    ------
    ProjectError
        If it is no TOML.
    """
    file = home / PLAN_FILE
    if not file.is_file():
        return PlannedInputs()
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{file.name} is not TOML: {error}: mend or delete it") from error
    inputs: dict[str, Any] = content.get("inputs", {}) if isinstance(content.get("inputs"), dict) else {}
    sources = {key: source_of(home, inputs[key]) for key in PLACES if isinstance(inputs.get(key), str)}
    cad = inputs.get("cad", ())
    calls = [home / name for name in ([cad] if isinstance(cad, str) else cad)]
    named = inputs.get("cad_mapping")
    own = home / named if named else None
    responses = home / inputs["cad_responses"] if isinstance(inputs.get("cad_responses"), str) else None
    return PlannedInputs(
        sources={key: source for key, source in sources.items() if is_there(source)},
        calls=tuple(file for file in calls if file.exists()),
        responses=responses if responses is not None and responses.exists() else None,
        mapping=own
        if own is not None and own.is_file()
        else None
        if named is None or named.endswith(".toml")
        else named,
        stamp_timezone=inputs.get("cad_timezone"),
        network=_part(Network, content.get("network")),
        stations=_part(StationsPart, content.get("stations")),
        units=_part(UnitsPart, content.get("units")),
        demand=_part(DemandPart, content.get("demand")),
        timezone=content.get("timezone", "") if isinstance(content.get("timezone"), str) else "",
    )


def is_there(source: str | Path) -> bool:
    """Tell whether an input is there; of a database that is not asked."""
    return is_database(source) or file_of(Path(), str(source)).exists()


def _part(model: type[Part], content: object) -> Part:
    """Give a part of the plan; what is at fault in it is told when the project is opened."""
    try:
        return model.model_validate(content if isinstance(content, dict) else {})
    except ValidationError:
        return model()
