"""Fire stations and the units they house."""

from fireplan.stations.apparatus import KINDS as KINDS
from fireplan.stations.apparatus import USUAL_TURNOUT_S as USUAL_TURNOUT_S
from fireplan.stations.apparatus import complete_units as complete_units
from fireplan.stations.apparatus import supply as supply
from fireplan.stations.apparatus import type_of_unit as type_of_unit
from fireplan.stations.reading import read_stations as read_stations
from fireplan.stations.reading import read_units as read_units
