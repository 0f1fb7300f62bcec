"""Fire stations and the units they house."""

from fireplan.stations._agencies import own_stations
from fireplan.stations._apparatus import KINDS, USUAL_TURNOUT_S, complete_units, supply, type_of_unit, unit_type
from fireplan.stations._department import department_crew, department_turnout_s
from fireplan.stations._neris_entity import read_neris_entity
from fireplan.stations._read_stations import read_station_table, read_stations, read_units

__all__ = [
    "KINDS",
    "USUAL_TURNOUT_S",
    "complete_units",
    "department_crew",
    "department_turnout_s",
    "own_stations",
    "read_neris_entity",
    "read_station_table",
    "read_stations",
    "read_units",
    "supply",
    "type_of_unit",
    "unit_type",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
