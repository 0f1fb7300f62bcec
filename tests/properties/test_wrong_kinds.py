"""Public calls given a wrong kind of thing say so in fireplan's own errors, whatever the thing and the argument."""

import inspect
from pathlib import Path
from typing import get_origin

import geopandas as gpd
import learnt_drives
import numpy as np
import pandas as pd
import pytest
import shapely
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

import fireplan as fp
from fireplan.drive_times._calibration import network_fingerprint
from fireplan.errors import FireplanError

PEAK = fp.roads.SpeedPeriod("pm peak", hours=(16, 19), factor=0.5)
TOWN = fp.examples.line_town().with_periods(PEAK)
OTHER = TOWN.apply(fp.OpenStation("S2", at=(-140.0, 30.03), units=("E2",)), name="Station 2")
STANDARD = fp.standards.NFPA_1710
CLOCK = {"received": "2024-03-05 14:00:00", "dispatched": "2024-03-05 14:01:00", "enroute": "2024-03-05 14:02:10"}
ROW = {"incident_id": "1", "unit_id": "E1", "call_type": "FIRE", "priority": "1", "latitude": "30.01",
       "longitude": "-140.0", **CLOCK, "arrived": "2024-03-05 14:05:40", "cleared": "2024-03-05 14:40:00"}  # fmt: skip
HISTORY = fp.incidents.read_cad_rows([ROW], timezone="UTC")
WEEK = fp.assess(TOWN, standard="NFPA_1710", at="mean")
ASSESSED = fp.assess(TOWN, standard=STANDARD)
COMPARED = fp.compare(TOWN, OTHER, standard=STANDARD)
SITES = gpd.GeoSeries([shapely.Point(-140.0, 30.03)], crs=4326)
ASKED = {"candidates": SITES, "stations": 1}
GOAL = fp.Objective("x", "x", 240)
ERROR = fp.calibration.HeldOutError(9, "days", 0.0, 31.0, 101.0, 0.5)
FOUND = fp.siting.max_coverage(TOWN, stations=1, candidates=SITES, within_s=100)
LINES = fp.response_performance.performance(HISTORY, standard=STANDARD, by="month")
ATTENDED = fp.response_performance.attend(HISTORY)
PASSING = fp.travel.Passing(TOWN, cutoff_s=300)
SPOT = PASSING.spot((-140.0, 30.03))
ENDS = fp.travel.places(TOWN, "zones")
REPLAYED = fp.replay(TOWN, HISTORY)
CLOSED = fp.replay(OTHER.apply(fp.CloseStation("S1")), HISTORY)
RUNS = learnt_drives.runs(40)
LEARNT = learnt_drives.learnt(TOWN.roads, draws=2)
WRONG_BY = fp.calibration.diagnostics(RUNS, LEARNT, TOWN)
DRIVEN = gpd.GeoDataFrame({"predicted_s": [111.0], "observed_s": [140.0]}, geometry=SITES.to_numpy(), crs=4326)
DAYS = [{k: v.replace("03-05", f"03-{day:02d}") for k, v in ROW.items()} for day in range(1, 15)]
WEEKS = fp.incidents.read_cad_rows([{**row, "incident_id": str(i)} for i, row in enumerate(DAYS)], timezone="UTC")
SHEET = fp.response_performance.staffing_sheet(WEEKS, scenario=TOWN, draws=2)
TWO_UNITS = TOWN.apply(fp.AddUnit("E7", to="S1", type="engine"))
SIMULATED = fp.simulate(TOWN, WEEKS, days=1, replications=1)
PAGE, SECOND = fp.maps.OfflineMap(title="x"), fp.maps.OfflineMap(title="y")
OBJECTS = (
    TOWN,
    TOWN.roads,
    HISTORY,
    ASSESSED,
    COMPARED,
    STANDARD,
    GOAL,
    FOUND,
    ATTENDED,
    PASSING,
    REPLAYED,
    SIMULATED,
    SHEET,
    PAGE,
    fp.Policy(),
    fp.travel.Routes(TOWN.roads, cutoff_s=300),
    fp.response_performance.Shifts(),
    fp.simulation.Hospitals(SITES.to_frame("geometry"), transports={"ems": 0.5}),
    fp.travel.candidate_times(TOWN, SITES),
    fp.charts.About.of(HISTORY),
    fp.charts.Chart("x", "x", Figure),
    fp.maps.SwipeMap(PAGE, SECOND, title="x"),
    fp.maps.SyncedMaps([PAGE, SECOND], title="x"),
)
"""One of each kind of thing that has methods to be called."""
THINGS = {
    "scenario": TOWN, "assessment": ASSESSED, "comparison": COMPARED, "history": HISTORY, "standard": STANDARD,
    "roads": TOWN.roads, "objective": GOAL, "units": TOWN.units, "zones": TOWN.zones, "ends": ENDS,
    "incidents": HISTORY.incidents, "candidates": SITES, "siting": FOUND,
}  # fmt: skip
"""What most calls are given under these names."""

MODULES = ("calibration", "changes", "charts", "demand", "disclosure", "incidents", "maps", "measures",
           "response_performance", "project", "roads", "siting", "simulation", "standards", "stations",
           "travel")  # fmt: skip
LEFT = {
    "fireplan.examples": "take no arguments, or a function to tell",
    "fireplan.live": "a service: its border is checked by its request models",
    "fireplan.operations": "events are checked by their models",
    "fireplan.wording": "says whatever figure it is given; nobody outside fireplan calls it with data",
    "fireplan.crs": "arrays within fireplan",
}
"""Public modules that this test does not ask, and why."""

LEARNT = fp.Calibration("linear", ERROR, network=network_fingerprint(TOWN.roads), history="b")

CALLS = {  # valid calls, by the name of the function: what its arguments are besides those of THINGS
    **{name: {"history": WEEKS, "days": 1, "replications": 1} for name in ("simulate", "brownouts", "second_unit")},
    "Simulation.replication": {"number": 1},
    "move_ups": {"history": WEEKS, "policies": {"x": fp.simulation.BestMoves()}, "days": 1, "replications": 1},
    "compliance_table": {"scenario": TWO_UNITS}, "ComplianceTable": {"levels": {1: ["S1"]}}, "BestMoves": {},
    "DMEXCLP": {}, "Backfill": {"units": ("E1",), "when_out": 1},
    "MoveMoment": {"at_s": 0.0, "kind": "engine", "free": ("E1",), "stands": ("S1",), "homes": ("S1",),
                   "arrives_in_s": (0.0,), "may_move": (True,), "cleared": (False,), "out": (), "stations": ("S1",),
                   "drive_s": ((0.0,),)},
    "nearest": {"moment": fp.simulation.DispatchMoment(0.0, "engine", "", "", "", ("E1",), (60.0,), ("E1",))},
    "AidRule": {"agency": "Northfield"},
    "Hospitals": {"places": SITES.to_frame("geometry")}, "Hospitals.mean_s": {"hospital_id": "0"},
    "DispatchMoment": {"at_s": 0.0, "kind": "engine", "category": "", "call_type": "", "priority": "", "free": ("E1",),
               "travel_s": (60.0,), "all_free": ("E1",)},
    "AddUnit": {"unit_id": "E9", "to": "S1"},
    "BanTurn": {"road": "Line Street", "onto": "Line Street"},
    "BuildRoad": {"line": [(-140.0, 30.0), (-139.99, 30.02), (-140.0, 30.04)]},
    "SetRestriction": {"road": "Line Street", "max_weight_t": 7.5},
    "from_dicts": {"entries": [{"close_road": "Line Street"}]},
    "changed_roads": {"scenario": OTHER},
    "criticality": {"scenario": TOWN},
    "CloseRoad": {"road": "Line Street"},
    "CloseStation": {"station_id": "S1"},
    "MoveStation": {"station_id": "S1", "at": (-140.0, 30.03)},
    "MoveUnit": {"unit_id": "E1", "to": "S1"},
    "OpenRoad": {"road": "Line Street"},
    "OpenStation": {"station_id": "S2", "at": (-140.0, 30.03)},
    "RemoveUnit": {"unit_id": "E1"},
    "ScaleDemand": {"factor": 1.1},
    "ScaleSpeeds": {"factor": 1.1},
    "SetSchedule": {"schedule": "08:00-20:00"},
    "SetTurnout": {"turnout_s": 80},
    "ShareCrew": {"units": ("E1",)},
    "Scenario": {"roads": TOWN.roads, "stations": TOWN.stations, "units": TOWN.units, "zones": TOWN.zones},
    "Objective": {"key": "x", "title": "x", "limit_s": 240},
    "Standard": {"name": "x", "title": "x", "objectives": (GOAL,)},
    "Policy": {},
    "Comparison": {"assessments": COMPARED.assessments},
    "Assessment": {"scenario": TOWN, "standard": STANDARD, "arrivals": ASSESSED.arrivals},
    "Calibration": {"model": "linear", "error": ERROR, "network": "a", "history": "b"},
    "HeldOutError": ERROR._asdict(), "Estimate": {"value": 1.0, "low": 0.5, "high": 2.0, "n": 3},
    "LadderStep": {"model": "linear", "error": ERROR, "score": 0.3, "score_se": 0.1},
    "StationStart": {"later_s": 1.0, "n": 3},
    "Draw": {"start_s": 9.0, "offset_s": 0.0, "scale": 1.0, "power": 1.0, "upper": 0.2, "slope": 0.0},
    "TravelSpread": {"upper": 0.3},
    "TurnoutTimes": {"n": 3, "quantiles_s": (60.0,) * 100},
    "Scenario.calibrated": {"calibration": LEARNT},
    "RoadNetwork.with_curve": {"curve": fp.roads.DriveCurve(start_s=9.0)},
    "read_calibration": {"path": "there.toml"},
    "draft_mapping": {"path": "there.csv"},
    "read_cad": {"path": "there.csv", "timezone": "UTC"},
    "read_cad_rows": {"rows": [ROW], "timezone": "UTC"},
    "read_cad_sql": {"query": "SELECT 1", "connection": "sqlite://", "timezone": "UTC"},
    "read_neris_entity": {"path": "there.json"},
    "read_stations": {"path": "there.csv"},
    "read_units": {"path": "there.csv"},
    "read_zones": {"path": "there.gpkg"},
    "spread_over_places": {"places": SITES},
    "own_stations": {"stations": TOWN.stations},
    "read_incidents": {"path": "there.gpkg"},
    "open_project": {"path": "there"},
    "read_project": {"path": "there"},
    "from_lines": {"path": "there.gpkg"},
    "from_osm": {"path": "there.osm"},
    "from_graphml": {"path": "there.graphml"},
    "load": {"path": "there.npz"},
    "along_roads": {"roads": TOWN.roads},
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
    "route": {"from_": TOWN.stations.index[0], "to": TOWN.zones.index[0]},
    "node_times": {"node": TOWN.roads.node_ids[0]},
    "grid_sites": {}, "intersection_sites": {},
    "max_coverage": ASKED, "backup_coverage": ASKED, "relocate": ASKED, "p_median": ASKED, "p_center": ASKED,
    "double_standard": ASKED, "set_cover": {"candidates": SITES},
    "marginal_curve": {"candidates": SITES, "curve": LINES},
    "fairest": {**ASKED, "by": "population"},
    "expected_coverage": {"units": 1, "busy": 0.2, "candidates": SITES},
    "reliable_coverage": {"units": 1, "busy": 0.2, "candidates": SITES},
    "Vehicle": {}, "Vehicle.preset": {"name": "engine"},
    "Rules": {}, "Aim": {}, "Shifts": {}, "About": {}, "Legend": {"title": "x"}, "Footer": {},
    "Entry": {"label": "x"},
    "from_dict": {"entry": {"close_station": "S1"}},
    "by_group": {"table": LINES}, "by_month": {"table": LINES}, "hour_by_weekday": {"table": LINES},
    "diagnostics": {"runs": RUNS, "calibration": LEARNT, "scenario": TOWN},
    "turnout_times": {"attendance": ATTENDED},
    "model_card": {"calibration": LEARNT, "found": WRONG_BY},
    "drive_times": {"found": WRONG_BY}, "drive_errors": {"found": WRONG_BY}, "ladder": {"calibration": LEARNT},
    "cover_by_hour": {"week": WEEK},
    "residuals": {"runs": DRIVEN}, "reasons": {"totals": LINES}, "robustness": {"table": LINES, "found": FOUND},
    "trade_off": {"front": LINES, "aims": [fp.siting.Aim(), fp.siting.Aim(within_s=300)]}, "workload": {"table": LINES},
    "zone_of": {"points": SITES}, "mark_of": {"profile": "public"}, "public_cells": {},
    "public_table": {"table": LINES, "by": "measure"}, "publishable": {"table": LINES, "by": "measure"},
    "read_publications": {"path": "publications.toml"}, "record_publications": {"path": "publications.toml", "new": ()},
    "escape": {"value": "x"},
    "baseline_sentences": {"table": LINES}, "from_frames": {"nodes": TOWN.roads.nodes, "edges": TOWN.roads.edges},
    "snap_xy": {"xy_m": [[0.0, 0.0]], "limit_m": 200, "freeways": True},
    "fleet": {"units": {"engine": 1}, "within_s": {"engine": 240}},
    "listed_sites": {"table": pd.DataFrame({"candidate_id": ["a"], "latitude": [30.03], "longitude": [-140.0]})},
    "parcel_sites": {"parcels": gpd.GeoDataFrame(geometry=[shapely.box(-140.01, 30, -140, 30.01)], crs=4326)},
    "DistanceGoal": {"key": "x", "title": "x", "miles": 1.5, "needs": {"engine": 1}},
    "demand_zones": {"people_per_mi2": pd.Series([2000.0])},
    "rand_distance_m": {"travel_s": 240}, "rand_travel_s": {"distance_m": 2400},
    "department_turnout_s": {"kind": "engine"}, "department_crew": {"kind": "engine"},
    "read_station_table": {"path": "there.csv"}, "type_of_unit": {"unit_id": "E8"}, "unit_type": {"text": "Engine 8"},
    "Passing": {"cutoff_s": 300}, "Routes": {"cutoff_s": 300}, "OfflineMap": {"title": "x"},
    "SwipeMap": {"left": PAGE, "right": SECOND, "title": "x"}, "SyncedMaps": {"maps": [PAGE, SECOND], "title": "x"},
    "force_times": {"needs": {"engine": 1}}, "places": {"kind": "zones"},
    "Scenario.apply": {"changes": fp.SetTurnout(70)},
    "Scenario.at": {"when": "Tue 14:00"}, "WeekOfCover.at": {"when": "Tue 14:00"},
    "Scenario.only": {"area": "zones"}, "Assessment.by": {"groups": "first_due"}, "Comparison.top": {},
    "force_for_risk": {"risk_class": "high", "within_s": 480, "people": 4},
    **{f"{page}.add_layer": {"gdf": SITES.to_frame("geometry"), "name": "sites"}
       for page in ("OfflineMap", "SyncedMaps", "SwipeMap")},
    "Assessment.arrival": {"objective": "first_engine", "measure": "population"},
    "RoadNetwork.with_times": {"there_s": TOWN.roads.there_s, "back_s": TOWN.roads.back_s},
    "RoadNetwork.with_turns": {"turns": "mean"},
    "SpeedPeriod": {"name": "night"}, "SpeedPeriod.factors": {"highway": TOWN.roads.highway},
    "RoadNetwork.with_periods": {"periods": PEAK}, "Scenario.with_periods": {"periods": PEAK},
    "RoadNetwork.during": {"period": "pm peak"}, "Scenario.during": {"period": "pm peak"},
    "CandidateTimes.within": {"limit_s": 60},
    "Passing.spot": {"at": (-140.0, 30.03)}, "Passing.station": {"station_id": "S1"},
    "Passing.lonlat": {"xy_m": TOWN.roads.node_xy_m}, "Passing.times_from": {"spot": SPOT},
    "Passing.look_homeward": {"station_ids": ["S1"]}, "Passing.time_to": {"station_id": "S1", "spot": SPOT},
    "Routes.way": {"start": SPOT, "end": SPOT},
    "Shifts.at": {"local": pd.Series(pd.to_datetime(["2024-03-05 14:00:00"]))},
    "About.or_else": {"attrs": {}},
    "compare_many": {"changes": [fp.ScaleDemand(1.1)]},
    "difference": {"history_a": HISTORY, "history_b": HISTORY, "comparison": COMPARED},
    "hypercube": {"calls_per_hour": 0.4, "service_h": 0.5, "at": "Tue 14:00"},
    "hypercube_matrix": {"calls_per_hour": [0.5], "drive_s": [[60.0]], "out_h": 1.0},
    "distribution": {}, "split": {"at": "2024-03-05"},
    "compare_replays": {"before": REPLAYED, "after": CLOSED},
    "displaced_workload": {"before": REPLAYED, "after": CLOSED},
    "staffing_sheet": {"history": WEEKS, "draws": 2, "sheet": SHEET}, "StaffingSheet.best_said": {"days": "Mon-Fri"},
    "between": {"start": "2024-01-01", "end": "2024-12-31"},
    "playback": {"day": "2024-03-05"},
}  # fmt: skip
KNOWN: dict[tuple[str, str], str] = {
    ("Assessment.arrival", "objective"): "a key, compared with those there are",
    ("Assessment.arrival", "measure"): "a name, compared with those there are",
    ("OfflineMap.placing", "extent"): "given by pages, not by people",
}
"""Arguments of which something else comes out still, and why."""


MADE_HERE = {
    "CadHistory", "RoadNetwork", "Chart", "Attendance", "Missed", "Period", "OnRoad", "Robustness", "Siting",
    "Hypercube", "HypercubeAnswer",
    "CandidateTimes", "Diagnostics", "ModelCard", "CardPart", "ByPlace", "ReferenceFigure", "Places", "Spot", "Usual",
    "StaffingSheet", "TurnoutTimes", "TurnoutLaw", "StationTurnout", "Replay", "SimulatedHistory", "Simulation",
    "Publication", "PublishedFigure",
}  # fmt: skip
"""Results: made by fireplan, of arrays and tables that it has checked; their methods are asked."""

NOT_ASKED = {
    "Control": "names of numbers", "Feature": "names of bits",
    "write_project": "writes a folder", "write_tables": "writes files", "write_report": "writes a file",
    "save": "writes a file", "write_calibration": "writes a file",
    "Chart.save": "writes a file", "OfflineMap.save": "writes a file", "SwipeMap.save": "writes a file",
    "SyncedMaps.save": "writes a file",
    "from_place": "asks the network", "from_graph": "needs the extra osm; its kind is checked by @takes",
    "time_rows": "rows of an assessment, on places that are made", "force_times": "as time_rows",
    "OfflineMap.add_own": "called by pages of several maps", "OfflineMap.check_name": "as add_own",
    "draft": "asks the network where a place is given; its kinds are checked by @takes",
    "WeekOfCover": "made by assess", "CoverWhenBusy": "made by assess", "StateOfWeek": "made by assess",
    "Plan": "made by read_plan", "Project": "made by open_project", "ProjectDraft": "made by draft",
    "read_plan": "asked by the corpus of plans", "manifest": "written by the commands",
    "write_csv": "writes a file", "write_layers": "writes a file", "whole_outputs": "writes a folder",
    "MappingDraft": "made by draft_mapping alone",
    "complete_units": "asked by department_turnout_s", "supply": "asked of tables that are complete",
}  # fmt: skip
"""Functions that this test does not call, and why."""


def _public():
    """Give every public function and class by where it is, once; and every method of a thing of each kind."""
    seen = set()
    for where in ("", *MODULES):
        module = getattr(fp, where) if where else fp
        for name in fp._NAMES if module is fp else module.__all__:
            function = getattr(module, name)
            if not callable(function) or id(function) in seen:
                continue
            if get_origin(function) or getattr(function, "_is_protocol", False):
                continue  # a kind, not a call
            if isinstance(function, type) and (issubclass(function, Exception) or name in MADE_HERE):
                continue
            seen.add(id(function))
            yield f"{where or 'fireplan'}.{name}", name, function
    for thing in OBJECTS:
        kind = type(thing)
        for name in dir(kind):
            plain = inspect.getattr_static(kind, name)
            ours = inspect.isroutine(plain) and str(getattr(plain, "__module__", "")).startswith("fireplan")
            if not name.startswith("_") and ours and inspect.signature(getattr(thing, name)).parameters:
                yield f"{kind.__name__}.{name}", f"{kind.__name__}.{name}", getattr(thing, name)


def _calls():
    """Give every call that there are valid arguments for: where it is, the function, the arguments; and the rest."""
    found, rest = [], []
    for where, name, function in _public():
        parameters = inspect.signature(function).parameters.values()
        have = {**{k: v for k, v in THINGS.items() if k in {p.name for p in parameters}}, **CALLS.get(name, {})}
        have = {k: v for k, v in have.items() if k in {p.name for p in parameters}}
        needed = {p.name for p in parameters if p.default is p.empty and p.kind not in SPREAD}
        if name in NOT_ASKED or not needed <= set(have):
            rest.append(name)
        else:
            found.append((where, function, have))
    return found, rest


SPREAD = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
PUBLIC, REST = _calls()
ARGUMENTS = [
    (where, p.name)
    for where, function, _ in PUBLIC
    for p in inspect.signature(function).parameters.values()
    if p.kind is not p.VAR_KEYWORD and not p.name.startswith("_")
]
BY_NAME = {where: (function, have) for where, function, have in PUBLIC}
WRONG = (None, "nothing", 7, -1.5, np.float64("nan"), True, b"x", [], ["x"], [None], {}, {"x": "y"}, (1, 2),
         np.arange(2), pd.DataFrame({"x": [1]}), pd.Series(["x"]), object(), pd, Path)  # fmt: skip


def said(where, argument, value):
    """Call it with one argument of another kind; only fireplan's own errors may come out."""
    function, have = BY_NAME[where]
    parameters = inspect.signature(function).parameters.values()
    spread = [p.name for p in parameters if p.kind is p.VAR_POSITIONAL]
    given = {**have, argument: value}
    several = [given.pop(name) for name in spread if name in given]
    try:
        function(*several, **given)
    except FireplanError as error:
        return str(error)
    return ""


def test_most_public_calls_are_asked():
    assert len(PUBLIC) >= 140
    assert {name for name in REST if name not in NOT_ASKED} == set()
    assert set(MODULES) | {name.removeprefix("fireplan.") for name in LEFT} == set(fp._MODULES)


@settings(max_examples=tries(400))
@given(st.sampled_from(ARGUMENTS), st.sampled_from(range(len(WRONG))))
def test_a_wrong_kind_ends_in_an_error_of_our_own(asked, number):
    if asked not in KNOWN:
        said(*asked, WRONG[number])


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: fp.Scenario(TOWN.roads, TOWN.stations, TOWN.units, "x"), "zones is the text 'x': give a GeoDataFrame"),
        (lambda: fp.read_cad(pd.DataFrame({"foo": [1]}), timezone="UTC"), "the table: line 1 is not a header"),
        (lambda: fp.read_cad([1], timezone="UTC"), "path is a list: give text or the path of a file or a table"),
        (lambda: fp.isochrones(TOWN, within_s=[4, 6, 8]), "seconds, not minutes; for minutes write .240, 360, 480."),
        (lambda: fp.isochrones(TOWN, within_s=[4, 240]), r"within_s is 4: .* write \[240, 240\]"),
        (lambda: fp.isochrones(TOWN, within_s=29.9), "that is seconds, not minutes"),
        (lambda: fp.Objective("x", "x", 8), "limit_s is 8: that is seconds, not minutes; for minutes write 480"),
        (lambda: fp.Objective("x", "x", 8, interval="total_response_s"), "write 480"),
        (lambda: fp.standards.local_rule("x", limit_s=5, weight="population", share=0.9), "write 300"),
        (lambda: fp.siting.Aim(within_s=np.int64(4)), "for minutes write 240"),
        (lambda: fp.travel_times(TOWN, cutoff_s=8), "cutoff_s is 8: that is seconds"),
        (lambda: fp.isochrones(TOWN, within_s=(4, 8)), "write .240, 480."),
        (lambda: fp.siting.grid_sites(TOWN, spacing_m=True), "spacing_m is True: give a number"),
        (lambda: TOWN.apply("close S1"), "changes is the text 'close S1': give a change, such as fp.CloseStation"),
        (lambda: TOWN.apply([fp.SetTurnout(70)]), "changes is a list: give a change, .* a list as .changes"),
        (lambda: TOWN.apply(fp.CloseStation), "changes is the class CloseStation: give a change"),
        (lambda: PASSING.station("S9"), "unknown open station 'S9'"),
        (lambda: fp.assess(TOWN, standard="NFPA_1710_"), "did you mean 'NFPA_1710'"),
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


def test_what_is_short_for_a_reason_is_taken():
    assert fp.Objective("x", "x", 15, interval="processing_s").limit_s == 15
    assert fp.isochrones(TOWN, within_s=30).shape == (1, 4)
    left = fp.travel.candidate_times(TOWN, SITES, cutoff_s=20.01)  # what turnout leaves of a limit of siting
    assert left.cutoff_s == 20.01


def test_a_missing_argument_is_still_python_s_to_say():
    with pytest.raises(TypeError, match="standard"):
        fp.assess(TOWN)
