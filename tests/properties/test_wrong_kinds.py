"""Public calls given a wrong kind of thing say so in fireplan's own errors, whatever the thing and the argument."""

import inspect
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import fireplan as fp
from fireplan.errors import FireplanError

TOWN = fp.examples.line_town()
OTHER = TOWN.apply(fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)), name="Station 2")
STANDARD = fp.standards.NFPA_1710
CLOCK = {"received": "2024-03-05 14:00:00", "dispatched": "2024-03-05 14:01:00", "enroute": "2024-03-05 14:02:10"}
ROW = {"incident_id": "1", "unit_id": "E1", "call_type": "FIRE", "priority": "1", "latitude": "30.01",
       "longitude": "-140.0", **CLOCK, "arrived": "2024-03-05 14:05:40", "cleared": "2024-03-05 14:40:00"}  # fmt: skip
HISTORY = fp.incidents.read_cad_rows([ROW], timezone="UTC")
ASSESSED = fp.assess(TOWN, standard=STANDARD)
COMPARED = fp.compare(TOWN, OTHER, standard=STANDARD)
SITES = gpd.GeoSeries([shapely.Point(-140.0, 30.03)], crs=4326)
ASKED = {"candidates": SITES, "stations": 1}
GOAL = fp.Objective("x", "x", 240)
THINGS = {
    "scenario": TOWN, "assessment": ASSESSED, "comparison": COMPARED, "history": HISTORY, "standard": STANDARD,
    "roads": TOWN.roads, "objective": GOAL,
}  # fmt: skip
"""What most calls are given under these names."""

MODULES = ("changes", "charts", "demand", "disclosure", "incidents", "maps", "measures", "response_performance",
           "roads", "siting", "standards", "stations", "travel")  # fmt: skip
LEFT = {
    "fireplan.examples": "take no arguments, or a function to tell",
    "fireplan.live": "a service: its border is checked by its request models",
    "fireplan.operations": "events are checked by their models",
    "fireplan.wording": "says whatever figure it is given; nobody outside fireplan calls it with data",
    "fireplan.crs": "arrays within fireplan",
}
"""Public modules that this test does not ask, and why."""

CALLS = {  # valid calls, by the name of the function: what its arguments are besides those of THINGS
    "AddUnit": {"unit_id": "E9", "to": "S1"},
    "CloseRoad": {"road": "Line Street"},
    "CloseStation": {"station_id": "S1"},
    "MoveStation": {"station_id": "S1", "at": (-140.0, 30.03)},
    "MoveUnit": {"unit_id": "E1", "to": "S1"},
    "OpenRoad": {"road": "Line Street"},
    "OpenStation": {"station_id": "S2", "at": (-140.0, 30.03)},
    "RemoveUnit": {"unit_id": "E1"},
    "ScaleDemand": {"factor": 1.1},
    "ScaleSpeeds": {"factor": 1.1},
    "SetTurnout": {"turnout_s": 80},
    "Scenario": {"roads": TOWN.roads, "stations": TOWN.stations, "units": TOWN.units, "zones": TOWN.zones},
    "Objective": {"key": "x", "title": "x", "limit_s": 240},
    "Standard": {"name": "x", "title": "x", "objectives": (GOAL,)},
    "Policy": {},
    "Comparison": {"assessments": COMPARED.assessments},
    "Assessment": {"scenario": TOWN, "standard": STANDARD, "arrivals": ASSESSED.arrivals},
    "read_cad": {"path": "there.csv", "timezone": "UTC"},
    "read_cad_rows": {"rows": [ROW], "timezone": "UTC"},
    "read_cad_sql": {"query": "SELECT 1", "connection": "sqlite://", "timezone": "UTC"},
    "read_stations": {"path": "there.csv"},
    "read_units": {"path": "there.csv"},
    "open_project": {"path": "there"},
    "read_project": {"path": "there"},
    "from_osm": {"path": "there.osm"},
    "from_graphml": {"path": "there.graphml"},
    "load": {"path": "there.npz"},
    "from_incidents": {"incidents": HISTORY.incidents},
    "hexagons": {"incidents": HISTORY.incidents},
    "from_polygons": {"polygons": gpd.GeoDataFrame({"zone_id": ["a"]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326)},
    "snap": {"points": SITES},
    "named": {"name": "NFPA_1710"},
    "cpse_objective": {"program": "fire", "risk": "high", "limit_s": 300},
    "local_rule": {"name": "x", "limit_s": 300, "weight": "population", "share": 0.9},
    "remote_zone": {"limit_s": 600},
    "distance_goals": {},
    "candidate_times": {"candidates": SITES},
    "node_times": {"node": TOWN.roads.node_ids[0]},
    "grid_sites": {}, "intersection_sites": {},
    "max_coverage": ASKED, "backup_coverage": ASKED, "relocate": ASKED, "p_median": ASKED, "p_center": ASKED,
    "double_standard": ASKED, "set_cover": {"candidates": SITES}, "marginal_curve": {"candidates": SITES},
    "fairest": {**ASKED, "by": "population"},
    "expected_coverage": {"units": 1, "busy": 0.2, "candidates": SITES},
    "reliable_coverage": {"units": 1, "busy": 0.2, "candidates": SITES},
    "Rules": {}, "Aim": {}, "Shifts": {}, "About": {}, "Legend": {"title": "x"}, "Footer": {},
    "Entry": {"label": "x"},
    "difference": None, "distribution": {}, "split": {"at": "2024-03-05"},
    "between": {"start": "2024-01-01", "end": "2024-12-31"},
}  # fmt: skip
KNOWN: dict[tuple[str, str], str] = {}
"""Arguments of which something else comes out still, and why."""


def _calls():
    """Give every call that there are valid arguments for: where it is, the function, the arguments."""
    found, seen = [], set()
    for where in ("", *MODULES):
        module = getattr(fp, where) if where else fp
        for name in fp._NAMES if module is fp else module.__all__:
            function = getattr(module, name)
            if not callable(function) or id(function) in seen or CALLS.get(name, {}) is None:
                continue
            if isinstance(function, type) and issubclass(function, Exception | tuple):
                continue
            seen.add(id(function))
            try:
                parameters = inspect.signature(function).parameters.values()
            except ValueError:
                continue
            have = {**{k: v for k, v in THINGS.items() if k in {p.name for p in parameters}}, **CALLS.get(name, {})}
            needed = [
                p.name for p in parameters if p.default is p.empty and p.kind not in {p.VAR_POSITIONAL, p.VAR_KEYWORD}
            ]
            if set(needed) <= set(have):
                found.append((f"{where or 'fireplan'}.{name}", function, have))
    return found


PUBLIC = _calls()
ARGUMENTS = [
    (where, p.name)
    for where, function, _ in PUBLIC
    for p in inspect.signature(function).parameters.values()
    if p.kind not in {p.VAR_POSITIONAL, p.VAR_KEYWORD} and not p.name.startswith("_")
]
BY_NAME = {where: (function, have) for where, function, have in PUBLIC}
WRONG = (None, "nothing", 7, -1.5, [], ["x"], [None], {}, {"x": "y"}, pd.DataFrame({"x": [1]}), object(), pd, Path)


def said(where, argument, value):
    """Call it with one argument of another kind; only fireplan's own errors may come out."""
    function, have = BY_NAME[where]
    try:
        function(**{**have, argument: value})
    except FireplanError as error:
        return str(error)
    return ""


def test_most_public_calls_are_asked():
    assert len(PUBLIC) >= 75
    assert set(MODULES) | {name.removeprefix("fireplan.") for name in LEFT} == set(fp._MODULES)


@settings(max_examples=400)
@given(st.sampled_from(ARGUMENTS), st.sampled_from(range(len(WRONG))))
def test_a_wrong_kind_ends_in_an_error_of_our_own(asked, number):
    if asked not in KNOWN:
        said(*asked, WRONG[number])


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: fp.Scenario(TOWN.roads, TOWN.stations, TOWN.units, None), "zones is None: give a GeoDataFrame"),
        (lambda: fp.read_cad(pd.DataFrame({"x": [1]}), timezone="UTC"), "path is a DataFrame.*read_cad_rows"),
        (lambda: fp.isochrones(TOWN, within_s=[4, 6, 8]), "seconds, not minutes; for minutes write .240, 360, 480."),
        (lambda: fp.assess(TOWN, standard="NFPA_1701"), "did you mean 'NFPA_1710'"),
        (lambda: fp.isochrones(TOWN, stations="S4"), "unknown open station 'S4'"),
        (lambda: fp.Objective("x", "x", "240"), "limit_s is the text '240': give a number: write 240 without quotes"),
        (lambda: fp.assess(None, standard=3), "scenario is None: .*; standard is the number 3: "),
        (lambda: fp.compare(TOWN, "today", standard=STANDARD), "scenarios is the text 'today'"),
        (lambda: fp.OpenStation("S2", at=-140.0), "at is '-140.0': give .longitude, latitude"),
    ],
)
def test_what_to_write_is_said(call, match):
    with pytest.raises(FireplanError, match=match):
        call()


def test_what_is_plain_is_taken():
    assert fp.Policy(first_types=["engine"]) == fp.Policy(first_types=("engine",))
    hash(fp.Policy(first_types=["engine"]))
    assert fp.assess(TOWN, standard="NFPA_1710").summary().equals(ASSESSED.summary())
    assert fp.compare(TOWN, OTHER, standard="NFPA_1710").summary().equals(COMPARED.summary())
    named = fp.performance(HISTORY, standard="NFPA_1710")
    assert named.equals(fp.performance(HISTORY, standard=STANDARD))
    one = fp.isochrones(TOWN, within_s=240, stations="S1")
    assert one.equals(fp.isochrones(TOWN, within_s=[240], stations=["S1"]))


def test_a_missing_argument_is_still_python_s_to_say():
    with pytest.raises(TypeError, match="standard"):
        fp.assess(TOWN)
