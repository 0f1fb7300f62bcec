"""Travel times, who is first due, and the ground that can be reached."""

from fireplan.travel.areas import erf_areas as erf_areas
from fireplan.travel.areas import first_due_areas as first_due_areas
from fireplan.travel.candidates import ByPlace as ByPlace
from fireplan.travel.candidates import CandidateTimes as CandidateTimes
from fireplan.travel.candidates import candidate_times as candidate_times
from fireplan.travel.cover import Cover as Cover
from fireplan.travel.cover import CoverFigures as CoverFigures
from fireplan.travel.due import first_due as first_due
from fireplan.travel.due import force_times as force_times
from fireplan.travel.outlines import isochrones as isochrones
from fireplan.travel.passing import Passing as Passing
from fireplan.travel.passing import Spot as Spot
from fireplan.travel.places import Places as Places
from fireplan.travel.places import places as places
from fireplan.travel.places import station_notes as station_notes
from fireplan.travel.routes import Routes as Routes
from fireplan.travel.times import node_times as node_times
from fireplan.travel.times import time_rows as time_rows
from fireplan.travel.times import travel_times as travel_times
