"""Layouts of dispatch exports as they are met: made-up rows under headers such as public data and CAD vendors have."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 60
SLASHED, ISO, NAMED, SERVER = "%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d %H:%M:%S", "%d-%b-%y %H:%M:%S", "%b %d %Y %I:%M%p"


class Layout(NamedTuple):
    """A header with what each column holds, how stamps are written, and how it should be understood."""

    name: str
    columns: dict[str, str]
    right: dict[str, str]
    stamp: str = SLASHED
    timezone: str = "America/New_York"
    unit_rows: bool = True


LAYOUTS = (
    Layout(
        "ambulances of a large city",
        {
            "CAD_INCIDENT_ID": "id",
            "INCIDENT_DATETIME": "received",
            "INITIAL_CALL_TYPE": "code",
            "INITIAL_SEVERITY_LEVEL_CODE": "priority",
            "FINAL_CALL_TYPE": "kind",
            "FINAL_SEVERITY_LEVEL_CODE": "priority",
            "FIRST_ASSIGNMENT_DATETIME": "dispatched",
            "VALID_DISPATCH_RSPNS_TIME_INDC": "flag",
            "DISPATCH_RESPONSE_SECONDS_QY": "seconds",
            "FIRST_ACTIVATION_DATETIME": "enroute",
            "FIRST_ON_SCENE_DATETIME": "arrived",
            "INCIDENT_TRAVEL_TM_SECONDS_QY": "seconds",
            "FIRST_TO_HOSP_DATETIME": "later",
            "FIRST_HOSP_ARRIVAL_DATETIME": "later",
            "INCIDENT_CLOSE_DATETIME": "cleared",
            "HELD_INDICATOR": "flag",
            "BOROUGH": "town",
            "ZIPCODE": "zip",
        },
        {
            "incident_id": "CAD_INCIDENT_ID",
            "received": "INCIDENT_DATETIME",
            "dispatched": "FIRST_ASSIGNMENT_DATETIME",
            "enroute": "FIRST_ACTIVATION_DATETIME",
            "arrived": "FIRST_ON_SCENE_DATETIME",
            "cleared": "INCIDENT_CLOSE_DATETIME",
            "call_type": "FINAL_CALL_TYPE",
            "priority": "FINAL_SEVERITY_LEVEL_CODE",
        },
        unit_rows=False,
    ),
    Layout(
        "fire incidents of a Canadian city",
        {
            "_id": "number",
            "Area_of_Origin": "text",
            "Civilian_Casualties": "small",
            "Final_Incident_Type": "kind",
            "Fire_Under_Control_Time": "later",
            "Incident_Number": "id",
            "Incident_Station_Area": "station",
            "Incident_Ward": "small",
            "Initial_CAD_Event_Type": "kind",
            "Intersection": "address",
            "Last_TFS_Unit_Clear_Time": "cleared",
            "Latitude": "lat",
            "Longitude": "lon",
            "Number_of_responding_apparatus": "small",
            "Number_of_responding_personnel": "small",
            "TFS_Alarm_Time": "received",
            "TFS_Arrival_Time": "arrived",
        },
        {
            "incident_id": "Incident_Number",
            "received": "TFS_Alarm_Time",
            "arrived": "TFS_Arrival_Time",
            "cleared": "Last_TFS_Unit_Clear_Time",
            "call_type": "Final_Incident_Type",
            "latitude": "Latitude",
            "longitude": "Longitude",
            "first_due": "Incident_Station_Area",
        },
        stamp="%Y-%m-%dT%H:%M:%S",
        timezone="America/Toronto",
        unit_rows=False,
    ),
    Layout(
        "mobilisations of a British brigade",
        {
            "IncidentNumber": "id",
            "CalYear": "year",
            "HourOfCall": "small",
            "ResourceMobilisationId": "number",
            "Resource_Code": "callsign",
            "PerformanceReporting": "flag",
            "DateAndTimeMobilised": "dispatched",
            "DateAndTimeMobile": "enroute",
            "TimeMobileTimezoneId": "flag",
            "DateAndTimeArrived": "arrived",
            "TurnoutTimeSeconds": "seconds",
            "TravelTimeSeconds": "seconds",
            "AttendanceTimeSeconds": "seconds",
            "DateAndTimeLeft": "cleared",
            "DateAndTimeReturned": "later",
            "DeployedFromStation_Name": "station",
            "PumpOrder": "small",
            "DelayCode_Description": "text",
        },
        {
            "incident_id": "IncidentNumber",
            "unit_id": "Resource_Code",
            "dispatched": "DateAndTimeMobilised",
            "enroute": "DateAndTimeMobile",
            "arrived": "DateAndTimeArrived",
            "cleared": "DateAndTimeLeft",
            "station_id": "DeployedFromStation_Name",
        },
        stamp="%d/%m/%Y %H:%M:%S",
        timezone="Europe/London",
    ),
    Layout(
        "rescue calls with long names",
        {
            "Call Priority": "priority",
            "Rescue Squad Number": "unit",
            "Call Date and Time": "received",
            "Entry Date and Time": "created",
            "Dispatch Date and Time": "dispatched",
            "En route Date and Time": "enroute",
            "On Scene Date and Time": "arrived",
            "Close Date and Time": "cleared",
        },
        {
            "priority": "Call Priority",
            "received": "Call Date and Time",
            "created": "Entry Date and Time",
            "dispatched": "Dispatch Date and Time",
            "enroute": "En route Date and Time",
            "arrived": "On Scene Date and Time",
            "cleared": "Close Date and Time",
        },
    ),
    Layout(
        "911 calls of a county, one stamp",
        {
            "lat": "lat",
            "lng": "lon",
            "desc": "address",
            "zip": "zip",
            "title": "kind",
            "timeStamp": "received",
            "twp": "town",
            "addr": "address",
            "e": "one",
        },
        {"latitude": "lat", "longitude": "lng", "call_type": "title", "received": "timeStamp"},
        stamp=ISO,
        unit_rows=False,
    ),
    Layout(
        "calls for service, camel case",
        {
            "NOPD_Item": "id",
            "Type": "code",
            "TypeText": "kind",
            "Priority": "priority",
            "MapX": "x",
            "MapY": "y",
            "TimeCreate": "received",
            "TimeDispatch": "dispatched",
            "TimeArrive": "arrived",
            "TimeClosed": "cleared",
            "Disposition": "code",
            "SelfInitiated": "flag",
            "Beat": "zone",
            "BLOCK_ADDRESS": "address",
            "Zip": "zip",
            "Location": "pair",
        },
        {
            "incident_id": "NOPD_Item",
            "priority": "Priority",
            "received": "TimeCreate",
            "dispatched": "TimeDispatch",
            "arrived": "TimeArrive",
            "cleared": "TimeClosed",
            "zone": "Beat",
            "point": "Location",
        },
        unit_rows=False,
    ),
    Layout(
        "a vendor's fixed times",
        {
            "Response_Master_Incident_Number": "id",
            "Radio_Name": "unit",
            "Problem": "kind",
            "Priority_Description": "priority",
            "Fixed_Time_PhonePickUp": "received",
            "Time_CallEnteredQueue": "created",
            "Time_First_Unit_Assigned": "dispatched",
            "Time_First_Unit_Enroute": "enroute",
            "Time_First_Unit_Arrived": "arrived",
            "Time_CallClosed": "cleared",
            "Latitude": "lat",
            "Longitude": "lon",
            "Response_Area": "zone",
        },
        {
            "incident_id": "Response_Master_Incident_Number",
            "unit_id": "Radio_Name",
            "call_type": "Problem",
            "received": "Fixed_Time_PhonePickUp",
            "created": "Time_CallEnteredQueue",
            "dispatched": "Time_First_Unit_Assigned",
            "enroute": "Time_First_Unit_Enroute",
            "arrived": "Time_First_Unit_Arrived",
            "cleared": "Time_CallClosed",
            "latitude": "Latitude",
            "longitude": "Longitude",
        },
        stamp="%m/%d/%Y %H:%M:%S",
        unit_rows=False,  # the unit is the first
    ),
    Layout(
        "short names of a county's system",
        {
            "callid": "id",
            "nature": "kind",
            "unit": "unit",
            "rcvd": "received",
            "dispd": "dispatched",
            "enrtd": "enroute",
            "arrvd": "arrived",
            "clrd": "cleared",
            "geox": "x",
            "geoy": "y",
            "lon": "lon",
            "lat": "lat",
        },
        {
            "incident_id": "callid",
            "unit_id": "unit",
            "call_type": "nature",
            "received": "rcvd",
            "dispatched": "dispd",
            "enroute": "enrtd",
            "arrived": "arrvd",
            "cleared": "clrd",
            "latitude": "lat",
            "longitude": "lon",
        },
        stamp="%H:%M:%S %m/%d/%Y",
    ),
    Layout(
        "a records system's report",
        {
            "Incident Number": "id",
            "PSAP Call Date Time": "received",
            "Unit Notified By Dispatch Date Time": "dispatched",
            "Unit En Route Date Time": "enroute",
            "Unit Arrived On Scene Date Time": "arrived",
            "Arrived at Patient Date Time": "later",
            "Unit Back In Service Date Time": "cleared",
            "EMS Unit Call Sign": "unit",
            "Response Mode To Scene": "mode",
            "Scene GPS Location": "pair",
        },
        {
            "incident_id": "Incident Number",
            "received": "PSAP Call Date Time",
            "dispatched": "Unit Notified By Dispatch Date Time",
            "enroute": "Unit En Route Date Time",
            "arrived": "Unit Arrived On Scene Date Time",
            "cleared": "Unit Back In Service Date Time",
            "unit_id": "EMS Unit Call Sign",
            "point": "Scene GPS Location",
        },
    ),
    Layout(
        "an Oracle report",
        {
            "INC_NUM": "id",
            "UNIT_NO": "unit",
            "CALL_TYPE_DESC": "kind",
            "PRIORITY_CD": "priority",
            "RECEIVED_DT": "received",
            "DISPATCH_DT": "dispatched",
            "ENROUTE_DT": "enroute",
            "ONSCENE_DT": "arrived",
            "CLEAR_DT": "cleared",
            "X_COORD": "x",
            "Y_COORD": "y",
        },
        {
            "incident_id": "INC_NUM",
            "unit_id": "UNIT_NO",
            "call_type": "CALL_TYPE_DESC",
            "priority": "PRIORITY_CD",
            "received": "RECEIVED_DT",
            "dispatched": "DISPATCH_DT",
            "enroute": "ENROUTE_DT",
            "arrived": "ONSCENE_DT",
            "cleared": "CLEAR_DT",
        },
        stamp=NAMED,
    ),
    Layout(
        "a database's default dates",
        {
            "CFS #": "id",
            "Unit": "unit",
            "Nature of Call": "kind",
            "Priority": "priority",
            "Call Time": "received",
            "Dispatch Time": "dispatched",
            "Enroute Time": "enroute",
            "Arrival Time": "arrived",
            "Clear Time": "cleared",
            "Lat": "lat",
            "Long": "lon",
        },
        {
            "incident_id": "CFS #",
            "unit_id": "Unit",
            "call_type": "Nature of Call",
            "priority": "Priority",
            "received": "Call Time",
            "dispatched": "Dispatch Time",
            "enroute": "Enroute Time",
            "arrived": "Arrival Time",
            "cleared": "Clear Time",
            "latitude": "Lat",
            "longitude": "Long",
        },
        stamp=SERVER,
    ),
    Layout(
        "minutes where times should be",
        {
            "agency": "text",
            "incident_address": "address",
            "zip_code": "zip",
            "priority": "priority",
            "callcode": "code",
            "calldescription": "kind",
            "category": "kind",
            "call_timestamp": "received",
            "respondingunit": "unit",
            "officerinitiated": "flag",
            "intaketime": "minutes",
            "dispatchtime": "minutes",
            "traveltime": "minutes",
            "totalresponsetime": "minutes",
            "time_on_scene": "minutes",
            "totaltime": "minutes",
            "longitude": "lon",
            "latitude": "lat",
            "incident_entry_id": "id",
        },
        {"priority": "priority", "received": "call_timestamp", "longitude": "longitude", "latitude": "latitude"},
    ),
)


def rows_of(layout: Layout, *, seed: int = 1) -> list[list[str]]:
    """Rows under its header: two units at each incident where it has a row for each."""
    rng = np.random.default_rng(seed)
    rows = []
    begin = datetime(2024, 3, 13, 6, 5, 9)  # noqa: DTZ001 - as it is written
    for n in range(ROWS):
        call = n // 2 if layout.unit_rows else n
        begin_at = begin + timedelta(minutes=47 * call)
        steps = np.cumsum([0, *np.random.default_rng(call).integers(20, 90, 2), *rng.integers(20, 400, 4)])
        names = ("received", "created", "dispatched", "enroute", "arrived", "later", "cleared")
        row = {
            k: (begin_at + timedelta(seconds=int(s))).strftime(layout.stamp) for k, s in zip(names, steps, strict=True)
        }
        kinds = ("STRUCTURE FIRE", "CHEST PAIN", "ALARM SYSTEM SOUNDING", "VEHICLE ACCIDENT", "GAS LEAK")
        lat, lon = 40.7 + 0.001 * (call % 37), -73.9 - 0.001 * (call % 23)
        row |= {
            "id": f"24{call:07d}", "kind": kinds[call % 5], "code": f"{call % 5 + 10}D{call % 3}",
            "priority": str(call % 3 + 1),
            "unit": f"{'ET'[n % 2]}{call % 9 + 1}", "callsign": f"{'EH'[n % 2]}{call % 9 + 1:02d}1",
            "lat": f"{lat:.6f}", "lon": f"{lon:.6f}", "pair": f"({lat:.6f}, {lon:.6f})",
            "x": f"{985_000 + 200 * (call % 23):.1f}", "y": f"{195_000 + 200 * (call % 37):.1f}",
            "seconds": str(int(rng.integers(60, 600))), "minutes": f"{rng.uniform(0.5, 30):.1f}",
            "flag": "YN"[call % 2], "one": "1", "small": str(call % 7),
            "year": "2024", "number": str(100 + n), "text": f"remark {n}",
            "address": f"{n}00 BLOCK OF A ST", "town": f"TOWN {call % 4}", "zip": f"100{call % 9:02d}",
            "zone": f"Z{call % 6}", "station": f"Station {call % 6}", "mode": ("Emergent", "Non-Emergent")[call % 2],
        }  # fmt: skip
        rows.append([row[kind] for kind in layout.columns.values()])
    return rows


def written(layout: Layout, folder: Path, *, seed: int = 1) -> Path:
    """Write it as CSV."""
    file = folder / "export.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([list(layout.columns), *rows_of(layout, seed=seed)])
    return file
