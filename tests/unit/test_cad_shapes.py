"""Files as dispatch systems and open-data portals write them: units side by side, logs, second tables, odd times."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cad_layouts import LAYOUTS, written

import fireplan as fp
from fireplan.errors import InputError, TableError
from fireplan.incidents._columns.find_columns import place_of

CASES = Path(__file__).parents[1] / "data" / "cases"
NEW_YORK = "America/New_York"
PLAIN = {"handling": (70, 92), "turnout": (64, 107), "travel": (242, 378), "total_response": (392, 510)}
CANONICAL = {name: name for name in ("incident_id", "unit_id", "call_type", "priority")}
TIMES = ("received", "dispatched", "enroute", "arrived", "cleared")
POINT = '[point]\nlatitude = "latitude"\nlongitude = "longitude"\n'


def read(name, *, zone=NEW_YORK, mapping=None, folder=None, **more):
    if mapping is not None and "\n" in mapping:
        path = folder / "mapping.toml"
        path.write_text(mapping, encoding="utf-8")
    else:
        path = CASES / mapping if mapping is not None and mapping.endswith(".toml") else mapping
    return fp.read_cad(CASES / name, timezone=zone, mapping=path, **more)


def columns(**named):
    return "[columns]\n" + "".join(f'{name} = "{source}"\n' for name, source in named.items())


def entry(history, code):
    found = history.ledger.set_index("code")
    return found.loc[code] if code in found.index else None


def as_it_should_be(history, *, n=30):
    table = fp.performance(history)
    for measure, (p50, p90) in PLAIN.items():
        assert table.loc[measure, ["n", "unknown", "p50_s", "p90_s"]].tolist() == [n, 0, p50, p90], measure
    adds_up(history)


def adds_up(history):
    assert history.rows_in == history.rows_ok + history.rows_set_aside + history.rows_duplicate + history.rows_held


# columns


@pytest.mark.parametrize(
    ("column", "cost"),
    [
        ("priority", "nothing can be said by priority"),
        ("cleared", "workload, reliability and calls at once are unknown"),
        ("place", "no maps, no gaps"),
    ],
)
def test_an_absent_column_is_noted_with_what_it_costs(column, cost):
    history = read(f"no_{column}.csv")
    as_it_should_be(history)
    assert history.verdict == "REPAIR"
    assert cost in entry(history, "column_absent").meaning


def test_an_id_and_one_time_are_enough():
    history = read("seattle_realtime_911.csv", zone="America/Los_Angeles", mapping="seattle_realtime_911.toml")
    adds_up(history)
    assert (len(history.incidents), history.grain) == (30, "incident")
    assert history.incidents["received"].iloc[0].isoformat() == "2024-03-13T13:05:09+00:00"
    assert history.incidents.geometry.iloc[0].y == 47.6
    assert {"dispatched", "enroute", "arrived", "cleared"} <= set(entry(history, "column_absent").column.split(", "))
    assert "to 0.001 degrees" in entry(history, "location_coarse").meaning


def test_punctuation_in_names_does_not_matter():
    history = read("header_punctuation.csv")
    as_it_should_be(history)
    assert "'Incident #' read as incident_id" in entry(history, "column_found").meaning


def test_names_that_are_none_known_are_shown_and_data_is_not(tmp_path):
    with pytest.raises(TableError, match=r"none of the 9 names on line 1 is known.*fireplan map FILE.*'TOC'"):
        read("one_date_clocks_over_midnight.csv", zone="Europe/Dublin")
    for text in ("SMITH,MAIN ST,FIRE\nJONES,HIGH ST,FIRE\n", "A,B,C\n1,SMITH,x\n", "24-1,E1,SMITH\n24-2,E2,JONES\n"):
        (tmp_path / "x.csv").write_text(text)
        with pytest.raises(TableError, match="line 1 is not a header") as caught:
            fp.read_cad(tmp_path / "x.csv", timezone=NEW_YORK)
        assert "SMITH" not in str(caught.value)


def test_the_second_column_of_a_name(tmp_path):
    (tmp_path / "x.csv").write_text(
        "No,Time,Time,Unit\n7,2024-03-13 06:00:00,2024-03-13 06:01:00,E1\n", encoding="utf-8"
    )
    text = columns(incident_id="No", unit_id="Unit", received="Time")
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(TableError, match="'Time' stands in the header twice: rename one, or name 'Time#1' or 'Time#2'"):
        fp.read_cad(tmp_path / "x.csv", timezone="UTC", mapping=tmp_path / "m.toml")
    (tmp_path / "m.toml").write_text(text + 'dispatched = "Time#2"\n')
    history = fp.read_cad(tmp_path / "x.csv", timezone="UTC", mapping=tmp_path / "m.toml")
    assert history.responses["call_processing_s"].tolist() == [60]


@pytest.mark.parametrize(
    ("source", "header", "place"),
    [
        ("r", ["R", "r"], 1), ("R#2", ["R", "r"], 1), ("R#2", ["R", "R#2", "R"], 1), ("Call no", ["x", "CALL_NO."], 1),
        ("Call #", ["Call Number"], 0), ("Time#3", ["Time", "Time"], None), ("Time #2", ["Time", "Time"], 1),
        ("En-route#2", ["Enroute", "EN ROUTE"], 1), ("", ["#"], None),
    ],
)  # fmt: skip
def test_where_a_name_stands(source, header, place):
    assert place_of(source, header) == place


@pytest.mark.parametrize("delimiter", ["^", "~", "§", "!"])
def test_any_character_may_stand_between_fields(tmp_path, delimiter):
    text = (CASES / "second_resolution.csv").read_text().replace(",", delimiter)
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    said = "".join(f'{name} = "{name}"\n' for name in (*CANONICAL, *TIMES))
    (tmp_path / "m.toml").write_text(f'[columns]\n{said}{POINT}[text]\ndelimiter = "{delimiter}"\n', encoding="utf-8")
    as_it_should_be(fp.read_cad(tmp_path / "x.csv", timezone=NEW_YORK, mapping=tmp_path / "m.toml"))
    if delimiter in "^~":
        as_it_should_be(fp.read_cad(tmp_path / "x.csv", timezone=NEW_YORK))


def test_the_public_release_of_nfirs_is_read_by_its_mapping():
    history = read("nfirs_basicincident.txt", zone="America/Los_Angeles", mapping="nfirs")
    adds_up(history)
    assert len(history.incidents) == 30
    assert history.incidents.index[0] == "CA-19000-03132024-0000000-0"
    assert history.responses["total_response_s"].iloc[0] == 240


def test_the_first_that_holds_a_value_counts_row_by_row():
    history = read("received_in_either_of_two.csv", mapping="received_in_either_of_two.toml")
    as_it_should_be(history)
    assert "received: 'received' in 15 rows, 'created' in 15 rows" in entry(history, "first_of_several").meaning


def test_one_clock_under_two_names_says_nothing_of_answering(tmp_path):
    rows = "1,E1,,2024-03-13 06:00:10,2024-03-13 06:01:00\n"
    rows += "2,E1,2024-03-13 07:00:00,2024-03-13 07:00:10,2024-03-13 07:01:00\n"
    (tmp_path / "x.csv").write_text("No,Unit,Came,Answered,Sent\n" + rows)
    (tmp_path / "m.toml").write_text(
        '[columns]\nincident_id = "No"\nunit_id = "Unit"\nreceived = ["Came", "Answered"]\nanswered = "Answered"\n'
        'dispatched = "Sent"\n'
    )
    history = fp.read_cad(tmp_path / "x.csv", timezone="UTC", mapping=tmp_path / "m.toml")
    seen = fp.response_performance.attend(history).responses.set_index("incident_id")
    assert seen["answering_s"].isna().tolist() == [True, False]
    assert seen.loc["2", "answering_s"] == 10


@pytest.mark.parametrize("layout", LAYOUTS, ids=[layout.name for layout in LAYOUTS])
def test_what_a_draft_understands_of_a_layout_is_read(layout, tmp_path):
    file = written(layout, tmp_path)
    draft = fp.incidents.draft_mapping(file, timezone=layout.timezone)
    history = fp.read_cad(file, timezone=layout.timezone, mapping=draft)
    adds_up(history)
    assert history.rows_set_aside == 0
    assert history.rows_duplicate == (30 if layout.name == "minutes where times should be" else 0)
    table = pd.read_csv(file, dtype=str)
    for name in (name for name in TIMES if name in layout.right):
        stamps = history.responses[name].dt.tz_convert(layout.timezone)
        shown = [f"{stamp:{layout.stamp}}" for stamp in stamps]
        assert set(shown) == set(table[layout.right[name]])


# units


def test_units_side_by_side_are_named_without_a_mapping_and_read_with_one(tmp_path):
    with pytest.raises(TableError, match=r"units seem to stand side by side.*\[\[responses\]\]"):
        read("wide_units.csv")
    units = "".join(
        f'[[responses]]\ncolumns = {{ unit_id = "unit{n}", dispatched = "unit{n}_dispatched",'
        f' enroute = "unit{n}_enroute", arrived = "unit{n}_arrived", cleared = "unit{n}_cleared" }}\n'
        for n in (1, 2, 3)
    )
    shared = columns(incident_id="incident_id", call_type="call_type", priority="priority", received="received")
    history = read("wide_units.csv", mapping=shared + POINT + units, folder=tmp_path)
    as_it_should_be(history)
    assert (history.rows_in, len(history.incidents), len(history.responses)) == (30, 30, 90)
    first = history.responses[history.responses["incident_id"] == "24-10001"].set_index("unit_id")
    assert first["total_response_s"].to_dict() == {"E1": 287, "T1": 327, "M2": 377}
    assert fp.performance(history, nth=2).loc["total_response", "n"] == 30


def test_a_unit_without_any_value_is_none(tmp_path):
    (tmp_path / "x.csv").write_text(
        "No,R,U1,D1,U2,D2\n1,2024-03-13 06:00:00,E1,2024-03-13 06:01:00,,NULL\n2,2024-03-13 07:00:00,,,,\n"
        "3,2024-03-13 08:00:00,E1,2024-03-13 08:01:00,,2024-03-13 08:02:00\n"
    )
    (tmp_path / "m.toml").write_text(
        columns(incident_id="No", received="R")
        + '[[responses]]\ncolumns = { unit_id = "U1", dispatched = "D1" }\n'
        + '[[responses]]\ncolumns = { unit_id = "U2", dispatched = "D2" }\n'
    )
    history = fp.read_cad(tmp_path / "x.csv", timezone="UTC", mapping=tmp_path / "m.toml")
    assert history.responses["incident_id"].tolist() == ["1", "3"]
    assert (history.rows_in, history.rows_ok, history.rows_set_aside) == (3, 2, 1)
    assert history.quarantine[["line", "code"]].to_numpy().tolist() == [[3, "unit_id_missing"], [4, "unit_id_missing"]]


def test_a_unit_whose_columns_the_file_lacks_moves_no_other(tmp_path):
    (tmp_path / "x.csv").write_text("No,Day,R,U2,D2,A2\n1,2024-03-13,23:58:00,E1,23:59:00,00:04:00\n")
    text = columns(incident_id="No") + '[join]\nreceived = ["Day", "R"]\n'
    for n in (1, 2):
        text += f'[[responses]]\ncolumns = {{ unit_id = "U{n}" }}\n'
        text += f'join = {{ dispatched = ["Day", "D{n}"], arrived = ["Day", "A{n}"] }}\n' if n == 2 else ""
    (tmp_path / "m.toml").write_text(text)
    history = fp.read_cad(tmp_path / "x.csv", timezone="UTC", mapping=tmp_path / "m.toml")
    assert history.responses[["unit_id", "total_response_s"]].to_numpy().tolist() == [["E1", 360]]


@pytest.mark.parametrize("shape", ["log", "cells"])
def test_a_second_table_may_be_a_log_or_have_several_units_in_a_cell(tmp_path, shape):
    (tmp_path / "calls.csv").write_text("No,R\n1,2024-03-13 06:00:00\n2,2024-03-13 07:00:00\n3,2024-03-13 08:00:00\n")
    if shape == "log":
        rows = "".join(f"{n},E{n},{status},2024-03-13,0{5 + n}:0{at}:00\n" for n in (1, 2, 4)
                       for at, status in ((1, "DP"), (5, "OS"), (9, "X")))  # fmt: skip
        (tmp_path / "units.csv").write_text("No,Unit,Status,Day,Clock\n" + rows)
        text = LOG.replace('received = ["RCVD"]\n', "").replace('No"\n', 'No"\nreceived = "R"\n')
    else:
        rows = "".join(f"{n},E{n};T{n},2024-03-13 0{5 + n}:01:00,2024-03-13 0{5 + n}:05:00\n" for n in (1, 2, 4))
        (tmp_path / "units.csv").write_text("No,Unit,D,A\n" + rows)
        text = "split_units = true\n"
        text += columns(incident_id="No", unit_id="Unit", received="R", dispatched="D", arrived="A")
    (tmp_path / "m.toml").write_text(text)
    history = fp.read_cad(
        tmp_path / "calls.csv", timezone="UTC", mapping=tmp_path / "m.toml", responses=tmp_path / "units.csv"
    )
    adds_up(history)
    aside = {"log": 4, "cells": 2}[shape]  # the third call, and the rows of a fourth that is none
    assert (history.rows_in, history.rows_set_aside) == ({"log": 12, "cells": 6}[shape], aside)
    first = history.responses.drop_duplicates("incident_id")
    assert first[["unit_id", "total_response_s"]].to_numpy().tolist() == [["E1", 300], ["E2", 300]]


LFB = """
[columns]
incident_id = "IncidentNumber"
call_type = "IncidentGroup"
first_due = "IncidentStationGround"
[join]
received = ["DateOfCall", "TimeOfCall"]
[[responses]]
columns = { station_id = "FirstPumpArriving_DeployedFromStation" }
elapsed = { arrived = { column = "FirstPumpArriving_AttendanceTime", after = "received" } }
[[responses]]
columns = { station_id = "SecondPumpArriving_DeployedFromStation" }
elapsed = { arrived = { column = "SecondPumpArriving_AttendanceTime", after = "received" } }
[point]
latitude = "Northing_rounded"
longitude = "Easting_rounded"
crs = "EPSG:27700"
[times]
formats = ["%d %b %Y %H:%M:%S"]
"""


def test_seconds_after_the_call_and_two_pumps_in_a_row(tmp_path):
    history = read("elapsed_only_lfb_incident.csv", zone="Europe/London", mapping=LFB, folder=tmp_path)
    adds_up(history)
    table = pd.read_csv(CASES / "elapsed_only_lfb_incident.csv")
    given = table[[f"{n}PumpArriving_AttendanceTime" for n in ("First", "Second")]].to_numpy().ravel()
    assert sorted(history.responses["total_response_s"].dropna()) == sorted(given[~np.isnan(given)])
    assert entry(history, "units_by_place") is not None
    assert history.incidents.geometry.notna().all()
    for nth, column in ((1, "First"), (2, "Second")):
        seen = fp.performance(history, nth=nth).loc["total_response"]
        assert seen["n"] == table[f"{column}PumpArriving_AttendanceTime"].notna().sum()


def test_a_status_log_without_a_mapping_of_it_is_refused_with_the_mend(tmp_path):
    text = columns(incident_id="INCIDENT_NO", unit_id="UNIT_ID", call_type="INCIDENT_TYPE_DESC")
    text += '[join]\nreceived = ["CALL_RECEIVED_DATE", "CALL_RECEIVED_TIME"]\n'
    with pytest.raises(
        InputError, match=r"'UNIT_STATUS_CD' looks like a status log: .*\(30 of 40.*mapping with \[log\]"
    ):
        read("status_log_motorola.csv", mapping=text, folder=tmp_path)


def test_a_status_log_becomes_one_row_per_unit():
    history = read("status_log_motorola.csv", mapping="motorola")
    adds_up(history)
    assert (history.rows_in, history.rows_ok, len(history.responses)) == (40, 40, 10)
    log = pd.read_csv(CASES / "status_log_motorola.csv", dtype=str)
    responses = history.responses.set_index(["incident_id", "unit_id"])
    for ids, rows in log.groupby(["INCIDENT_NO", "UNIT_ID"]):
        own = responses.loc[ids]
        for status, time in {"D": "dispatched", "ER": "enroute", "OS": "arrived", "AQ": "cleared"}.items():
            stamp = rows.loc[rows["UNIT_STATUS_CD"] == status, "STATUS_DTTM"].iloc[0]
            assert own[time].tz_convert(NEW_YORK).strftime("%Y-%m-%d %H:%M:%S") == stamp


LOG = """
[columns]
incident_id = "No"
unit_id = "Unit"
[log]
status = "Status"
time = ["Day", "Clock"]
[log.values]
received = ["RCVD"]
dispatched = ["DP"]
enroute = ["ER"]
arrived = ["OS", "ON SCENE"]
cleared = ["AQ"]
"""


def logged(folder, *rows, text=LOG):
    (folder / "log.csv").write_text("No,Unit,Status,Day,Clock\n" + "".join(f"{row}\n" for row in rows))
    (folder / "log.toml").write_text(text)
    return fp.read_cad(folder / "log.csv", timezone="UTC", mapping=folder / "log.toml")


def test_a_unit_sent_again_after_it_cleared_responds_twice(tmp_path):
    history = logged(
        tmp_path,
        "1,,RCVD,2024-03-13,06:00:00",
        "1,E1,DP,2024-03-13,06:01:00",
        "1,E1,ER,2024-03-13,06:02:00",
        "1,e1,DP,2024-03-13,06:01:30",
        "1,E1,AQ,2024-03-13,06:03:00",
        "1,E1,Radio check,2024-03-13,06:04:00",
        "1,E1,DP,2024-03-13,06:10:00",
        "1,E1,on scene,2024-03-13,06:15:00",
        "1,E1,AQ,2024-03-13,06:20:00",
        "1,E1,AQ,2024-03-13,06:30:00",
        "1,E1,OS,2024-03-13,",
    )
    adds_up(history)
    assert history.rows_ok == 11
    clocks = [[f"{t:%H:%M}" if pd.notna(t) else "" for t in row]
              for row in history.responses[list(TIMES)].itertuples(index=False)]  # fmt: skip
    assert clocks == [["06:00", "06:01", "06:02", "", "06:03"], ["06:00", "06:10", "", "06:15", "06:30"]]
    assert "'Radio check' in 1 row" in entry(history, "status_ignored").meaning
    assert entry(history, "status_without_time").lines == "12"


@pytest.mark.parametrize("turned", [False, True])
def test_a_log_in_the_hour_that_comes_twice_is_read_in_the_order_of_the_file(tmp_path, turned):
    rows = [f"1,E1,{status},2024-11-03,{clock}:00" for status, clock in
            (("DP", "01:58"), ("ER", "01:00"), ("OS", "01:05"), ("AQ", "01:30"))]  # fmt: skip
    (tmp_path / "log.csv").write_text("No,Unit,Status,Day,Clock\n" + "\n".join(rows[:: -1 if turned else 1]))
    (tmp_path / "log.toml").write_text(LOG)
    history = fp.read_cad(tmp_path / "log.csv", timezone=NEW_YORK, mapping=tmp_path / "log.toml")
    assert history.responses[["turnout_s", "travel_s"]].to_numpy().tolist() == [[120, 300]]
    assert history.responses["cleared"].iloc[0].isoformat() == "2024-11-03T06:30:00+00:00"


def test_a_mapping_of_units_side_by_side_for_a_file_without_them_is_refused(tmp_path):
    (tmp_path / "x.csv").write_text("No,R\n1,2024-03-13 06:00:00\n")
    (tmp_path / "m.toml").write_text(
        columns(incident_id="No", received="R") + '[[responses]]\ncolumns = { unit_id = "Crew", arrived = "There" }\n'
    )
    with pytest.raises(TableError, match=r"none of the columns of \[\[responses\]\] is there: 'Crew', 'There'"):
        fp.read_cad(tmp_path / "x.csv", timezone="UTC", mapping=tmp_path / "m.toml")


def test_shapes_that_are_of_units_need_their_column(tmp_path):
    (tmp_path / "x.csv").write_text("No,Status,Day,Clock\n1,DP,2024-03-13,06:01:00\n")
    for text in (LOG, "split_units = true\n" + columns(incident_id="No", unit_id="Unit", received="Day")):
        (tmp_path / "m.toml").write_text(text)
        with pytest.raises(TableError, match=r"column 'Unit' \(for unit_id\) is missing"):
            fp.read_cad(tmp_path / "x.csv", timezone="UTC", mapping=tmp_path / "m.toml")


def test_a_log_of_which_no_status_is_known_is_refused(tmp_path):
    with pytest.raises(
        TableError, match=r"none of the statuses of \[log\] values is in column 'Status', which holds 'X'"
    ):
        logged(tmp_path, "1,E1,X,2024-03-13,06:01:00")


def test_several_units_in_a_cell_become_rows_that_share_what_is_the_incidents(tmp_path):
    text = "split_units = true\n" + columns(**CANONICAL, **{name: name for name in TIMES}) + POINT
    history = read("many_units_in_a_cell.csv", mapping=text, folder=tmp_path)
    adds_up(history)
    assert (history.rows_in, history.rows_ok, len(history.responses)) == (30, 30, 90)
    as_it_should_be(history)
    assert fp.workload(history)[["units", "n"]].to_numpy().tolist() == [[7, 90]]
    hours = (history.responses["cleared"] - history.responses["dispatched"]).sum() / pd.Timedelta("1h")
    assert round(hours, 1) == 42.1
    assert entry(history, "units_in_cell").rows == 30
    second = fp.performance(history, nth=2)
    assert (second.loc[["travel", "total_response"], "n"] == 0).all()  # whose arrival it is nobody can say
    assert not history.responses["cancelled"].any()
    assert entry(history, "arrived_missing") is None


def test_a_second_table_has_the_units(tmp_path):
    whole = pd.read_csv(CASES / "chief_first_no_types.csv", dtype=str)
    calls = whole.drop_duplicates("incident_id")[
        ["incident_id", "call_type", "priority", "latitude", "longitude", "received"]
    ]
    units = whole[["incident_id", "unit_id", "dispatched", "enroute", "arrived", "cleared"]]
    calls = pd.concat([calls, calls.tail(1).assign(incident_id="24-99"), calls.head(1)])
    units = pd.concat([units, units.tail(1).assign(incident_id="24-77"), units.head(1)])
    calls.to_csv(tmp_path / "calls.csv", index=False)
    units.to_csv(tmp_path / "units.csv", index=False)
    plain = read("chief_first_no_types.csv")
    history = fp.read_cad(tmp_path / "calls.csv", timezone=NEW_YORK, responses=tmp_path / "units.csv")
    pd.testing.assert_frame_equal(history.responses, plain.responses)
    adds_up(history)
    assert (history.rows_in, history.rows_set_aside, history.rows_duplicate) == (len(calls) + len(units), 2, 2)
    told = history.quarantine.set_index("code")
    assert told.loc["no_units", ["file", "line"]].tolist() == ["", len(calls)]
    assert told.loc["no_incident", ["file", "line"]].tolist() == ["units.csv", len(units)]
    assert "'units.csv' " in entry(history, "no_incident").lines
    units.rename(columns={"incident_id": "Call"}).to_csv(tmp_path / "units.csv", index=False)
    named = columns(**CANONICAL, **{name: name for name in TIMES}) + POINT + '[second]\nkey = ["incident_id", "Call"]\n'
    (tmp_path / "m.toml").write_text(named)
    keyed = fp.read_cad(
        tmp_path / "calls.csv", timezone=NEW_YORK, mapping=tmp_path / "m.toml", responses=tmp_path / "units.csv"
    )
    pd.testing.assert_frame_equal(keyed.responses, plain.responses)
    with pytest.raises(InputError, match=r"\[second\].*give its path as responses"):
        fp.read_cad(tmp_path / "calls.csv", timezone=NEW_YORK, mapping=tmp_path / "m.toml")
    units.assign(incident_id="x").to_csv(tmp_path / "units.csv", index=False)
    with pytest.raises(TableError, match="are these files of the same calls"):
        fp.read_cad(tmp_path / "calls.csv", timezone=NEW_YORK, responses=tmp_path / "units.csv")


def test_a_fault_in_a_second_table_names_its_file_and_line(tmp_path):
    (tmp_path / "calls.csv").write_text("incident_id,received\n1,2024-03-13 06:00:00\n")
    (tmp_path / "units.csv").write_text("incident_id,unit_id,arrived\n9,E1,x\n1,E1,soon\n1,E2,later\n")
    with pytest.raises(TableError, match=r"2 of 2 values, from line 'units\.csv' 3\)"):
        fp.read_cad(tmp_path / "calls.csv", timezone="UTC", responses=tmp_path / "units.csv")
    (tmp_path / "more.csv").write_text("incident_id,received\n2,soon\n3,later\n")
    with pytest.raises(TableError, match=r"from line 'more\.csv' 2\)"):
        fp.read_cad([tmp_path / "calls.csv", tmp_path / "more.csv"], timezone="UTC")


def test_rows_without_a_number_are_numbered_on_request(tmp_path):
    text = (CASES / "no_incident_id.toml").read_text()
    with pytest.raises(InputError, match="number_rows = true"):
        read("no_incident_id.csv", mapping="no_incident_id.toml")
    history = read("no_incident_id.csv", mapping="number_rows = true\n" + text, folder=tmp_path)
    as_it_should_be(history)
    assert history.incidents.index[:2].tolist() == ["row 2", "row 3"]
    assert entry(history, "rows_numbered").rows == 30


def test_rows_without_a_number_that_are_alike_are_each_an_incident_and_noted(tmp_path):
    (tmp_path / "x.csv").write_text(
        "No,R\n,2024-03-13 06:00\n,2024-03-13 06:00\n7,2024-03-13 06:00\n7,2024-03-13 06:00\n"
    )
    (tmp_path / "m.toml").write_text("number_rows = true\n" + columns(incident_id="No", received="R"))
    history = fp.read_cad(tmp_path / "x.csv", timezone="UTC", mapping=tmp_path / "m.toml")
    assert history.incidents.index.tolist() == ["7", "row 2", "row 3"]
    assert (entry(history, "rows_alike").lines, history.rows_duplicate) == ("2, 3", 1)


def test_without_a_column_of_arrivals_no_unit_was_cancelled(tmp_path):
    table = pd.read_csv(CASES / "second_resolution.csv", dtype=str).drop(columns="arrived")
    table.to_csv(tmp_path / "x.csv", index=False)
    history = fp.read_cad(tmp_path / "x.csv", timezone=NEW_YORK)
    assert not history.responses["cancelled"].any()
    assert entry(history, "cancelled") is None
    assert "arrived: travel and total response are unknown" in entry(history, "column_absent").meaning
    table.assign(cancelled_enroute=table["enroute"].where(table.index < 3)).to_csv(tmp_path / "x.csv", index=False)
    assert fp.read_cad(tmp_path / "x.csv", timezone=NEW_YORK).responses["cancelled"].sum() == 3


# times


def test_clocks_that_share_a_date_go_on_past_midnight():
    history = read(
        "one_date_clocks_over_midnight.csv", zone="Europe/Dublin", mapping="one_date_clocks_over_midnight.toml"
    )
    adds_up(history)
    table = pd.read_csv(CASES / "one_date_clocks_over_midnight.csv", dtype=str)
    assert history.responses["arrived"].notna().sum() == table["IA"].notna().sum()
    assert history.responses["received"].notna().all()
    assert history.responses["cleared"].notna().all()
    assert history.responses["total_response_s"].max() < 3600
    assert entry(history, "next_day").rows == 6
    assert entry(history, "arrived_before_received") is None


def test_a_date_that_did_not_turn_at_midnight_is_named_and_the_stamp_dropped(tmp_path):
    (tmp_path / "x.csv").write_text(
        "incident_id,received,dispatched,enroute,arrived\n"
        "1,2024-03-13 23:57:00,2024-03-13 23:58:00,2024-03-13 23:59:00,2024-03-13 00:03:00\n"
        "2,2024-03-13 06:00:00,2024-03-13 06:01:00,2024-03-13 06:02:00,2024-03-13 05:50:00\n"
    )
    history = fp.read_cad(tmp_path / "x.csv", timezone="UTC")
    assert (entry(history, "date_not_turned").lines, entry(history, "arrived_before_received").lines) == ("2", "3")
    assert history.responses["arrived"].isna().all()


def test_two_digits_of_the_year_as_the_mapping_says():
    history = read("excel_two_digit_year.csv", mapping="excel_two_digit_year.toml")
    assert fp.performance(history).loc["total_response", ["n", "unknown"]].tolist() == [30, 0]
    assert history.incidents["received"].dt.year.unique().tolist() == [2024]
    with pytest.raises(TableError, match=r'two digits: say how by a mapping with \[times\] formats, such as "%m/%d/%y'):
        read("excel_two_digit_year.csv")


def test_what_numbers_count_is_told_and_read(tmp_path):
    with pytest.raises(
        TableError, match=r'epoch milliseconds: say so by a mapping with \[times\] epoch = "milliseconds"'
    ):
        read("esri_epoch_ms.csv")
    table = pd.read_csv(CASES / "esri_epoch_ms.csv")
    text = columns(**CANONICAL, **{name: name for name in TIMES}) + POINT
    start = pd.Timestamp("1899-12-30", tz="UTC") + pd.Timedelta("4h")  # all of it is in summer time
    days = (table[list(TIMES)].apply(pd.to_datetime, unit="ms", utc=True) - start) / pd.Timedelta("1D")
    written = {
        "milliseconds": table[list(TIMES)],
        "seconds": table[list(TIMES)] / 1000,
        "excel": days.map(lambda day: f"{day:.10f}"),
    }
    for epoch, stamps in written.items():
        table.assign(**stamps).to_csv(tmp_path / "x.csv", index=False)
        (tmp_path / "m.toml").write_text(f'{text}[times]\nepoch = "{epoch}"\n')
        as_it_should_be(fp.read_cad(tmp_path / "x.csv", timezone=NEW_YORK, mapping=tmp_path / "m.toml"))
        word = {"excel": "Excel serial numbers", "seconds": "epoch seconds"}.get(epoch, "epoch milliseconds")
        with pytest.raises(TableError, match=f'{word}: say so by a mapping with .times. epoch = "{epoch}"'):
            fp.read_cad(tmp_path / "x.csv", timezone=NEW_YORK)


def test_the_zone_of_the_stamps_is_not_that_of_the_agency(tmp_path):
    plain = read("second_resolution.csv")
    told = read("utc_no_offset.csv", stamp_timezone="UTC")
    as_it_should_be(told)
    assert told.timezone == NEW_YORK
    assert told.responses["received"].tolist() == plain.responses["received"].tolist()
    assert entry(told, "stamps_in_zone") is not None
    text = columns(**CANONICAL, **{name: name for name in TIMES}) + POINT + '[times]\nzone = "UTC"\n'
    mapped = read("utc_no_offset.csv", mapping=text, folder=tmp_path)
    assert mapped.responses["received"].tolist() == plain.responses["received"].tolist()
    hours = fp.performance(told, by="hour"), fp.performance(plain, by="hour")
    pd.testing.assert_frame_equal(*hours)


def test_the_hour_that_comes_twice_is_settled_in_the_zone_of_the_stamps(tmp_path):
    (tmp_path / "x.csv").write_text("incident_id,received\n1,2024-11-03 01:30:00\n")
    there = fp.read_cad(tmp_path / "x.csv", timezone=NEW_YORK)
    assert entry(there, "ambiguous_hour").rows == 1
    elsewhere = fp.read_cad(tmp_path / "x.csv", timezone=NEW_YORK, stamp_timezone="UTC")
    assert entry(elsewhere, "ambiguous_hour") is None
    assert elsewhere.incidents["received"].iloc[0].isoformat() == "2024-11-03T01:30:00+00:00"


@pytest.mark.parametrize(("unit", "amount"), [("seconds", "90"), ("minutes", "1.5")])
def test_what_passed_since_another_time(tmp_path, unit, amount):
    rows = f"1,2024-03-13 06:00:00,{amount},30\n2,2024-03-13 07:00:00,,\n"
    rows += "3,2024-03-13 08:00:00,soon,5\n4,2024-03-13 08:00:00,2,5\n"
    (tmp_path / "x.csv").write_text("No,In,Out,Move\n" + rows)
    (tmp_path / "m.toml").write_text(
        columns(incident_id="No", received="In")
        + f'[elapsed]\ndispatched = {{ column = "Out", after = "received", unit = "{unit}" }}\n'
        + 'enroute = { column = "Move", after = "dispatched" }\n'
    )
    history = fp.read_cad(tmp_path / "x.csv", timezone="UTC", mapping=tmp_path / "m.toml")
    assert history.responses["call_processing_s"].iloc[0] == 90
    assert history.responses["turnout_s"].tolist()[0] == 30
    assert history.responses["dispatched"].isna().tolist() == [False, True, True, False]
    assert entry(history, "time_unreadable").lines == "4"


# points


@pytest.mark.parametrize("case", ["point_pointz.csv", "point_socrata_multiline.csv"])
def test_points_in_one_cell(case):
    history = read(case, mapping="point.toml")
    as_it_should_be(history)
    plain = read("second_resolution.csv").incidents.geometry
    assert history.incidents.geometry.geom_equals(plain).all()


@pytest.mark.parametrize(
    "text",
    [
        "POINT ({lon} {lat})", "POINT Z ({lon} {lat} 0)", "POINTM({lon} {lat} 3)", "POINT ZM ({lon} {lat} 0 1)",
        "SRID=4326;POINT({lon} {lat})", '{{"type": "Point", "coordinates": [{lon}, {lat}]}}',
        "{{'type': 'Point', 'coordinates': [{lon}, {lat}, 12.5]}}", "1 (OLD) MAIN ST\nNEW YORK, NY\n({lat}, {lon})",
        "{{'latitude': '{lat}', 'longitude': '{lon}', 'human_address': '{{\"city\": \"\"}}'}}", "({lat}, {lon})",
        "{lat} {lon}",
    ],
)  # fmt: skip
def test_each_way_to_write_a_point(tmp_path, text):
    cell = text.format(lat="40.749276", lon="-73.994352").replace('"', '""')
    (tmp_path / "x.csv").write_text(f'incident_id,received,point\n1,2024-03-13 06:00:00,"{cell}"\n')
    point = fp.read_cad(tmp_path / "x.csv", timezone=NEW_YORK).incidents.geometry.iloc[0]
    assert (point.y, point.x) == (40.749276, -73.994352)


def test_a_column_without_points_is_named_as_the_file_has_it(tmp_path):
    text = (CASES / "point_pointz.csv").read_text().replace("POINT Z", "LINE")
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(TableError, match=r"'the_geom'.* holds no points"):
        fp.read_cad(tmp_path / "x.csv", timezone=NEW_YORK, mapping=CASES / "point.toml")


def test_west_without_a_sign_as_the_mapping_says(tmp_path):
    text = (CASES / "tritech_microdeg_positive_lon.toml").read_text()
    with pytest.raises(TableError, match="west_positive = true"):
        read("tritech_microdeg_positive_lon.csv", zone="America/Chicago", mapping="tritech_microdeg_positive_lon.toml")
    text = text.replace("scale = 1e-6", "scale = 1e-6\nwest_positive = true")
    history = read("tritech_microdeg_positive_lon.csv", zone="America/Chicago", mapping=text, folder=tmp_path)
    adds_up(history)
    assert history.incidents.geometry.x.between(-99, -98).all()


# faults half hidden


def test_an_interval_of_hours_among_minutes_is_named(tmp_path):
    table = pd.read_csv(CASES / "second_resolution.csv", dtype=str)
    table.loc[3, ["arrived", "cleared"]] = ["2024-03-13 18:30:00", "2024-03-13 19:00:00"]
    table.to_csv(tmp_path / "x.csv", index=False)
    found = entry(fp.read_cad(tmp_path / "x.csv", timezone=NEW_YORK), "interval_outlier")
    assert (found.lines, found.column) == ("5", "travel_s, total_response_s")
    assert entry(read("second_resolution.csv"), "interval_outlier") is None


def test_rows_that_differ_about_one_response_are_one():
    history = read("conflicting_rows.csv")
    adds_up(history)
    assert (len(history.responses), history.rows_duplicate) == (2, 1)
    assert history.responses["arrived"].isna().tolist() == [False, True]
    assert entry(history, "conflicting_row").lines == "4"


def test_a_file_of_the_city_of_new_york_is_read():
    history = read("nyc_fire_dispatch.csv", mapping="nyc_fire_dispatch.toml")
    adds_up(history)
    assert history.responses["total_response_s"].notna().sum() == 26
    assert history.responses["turnout_s"].notna().sum() == 30
