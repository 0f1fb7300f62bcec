"""Columns under other names, columns that not every file has, files without units, and the bundled mappings."""

import pandas as pd
import pytest

from fireplan.errors import InputError, TableError
from fireplan.incidents import read_cad
from fireplan.incidents._columns.mapping import bundled_mappings, load_mapping
from fireplan.incidents._columns.synonyms import synonyms
from fireplan.incidents._columns_and_types import CANONICAL, OPTIONAL
from fireplan.incidents._ledger.ledger import reasons

ZONE = "America/New_York"
DAY = "2024-03-05T14:"
GOOD = {
    "incident_id": "24-1",
    "unit_id": "E1",
    "call_type": "HOUSE FIRE",
    "priority": "1",
    "latitude": "39.951",
    "longitude": "-75.161",
    "received": f"{DAY}00:00",
    "dispatched": f"{DAY}01:00",
    "enroute": f"{DAY}02:10",
    "arrived": f"{DAY}05:40",
    "cleared": f"{DAY}40:00",
}


def read(folder, *rows, drop=(), rename=None, mapping=None, units=None):
    """Read rows that say how they differ from a good one; the first sets the columns."""
    full = [GOOD | {"incident_id": f"24-{n}", "unit_id": f"E{n}"} | row for n, row in enumerate(rows or ({},))]
    table = pd.DataFrame(full).drop(columns=list(drop)).rename(columns=rename or {})
    path = folder / "calls.csv"
    table.to_csv(path, index=False)
    return read_cad(path, timezone=ZONE, mapping=mapping, units=units)


def entry(history, code):
    found = history.ledger.set_index("code")
    return found.loc[code] if code in found.index else None


# names


def test_the_names_are_known_columns_and_each_stands_for_one():
    known = synonyms()
    assert {item.canonical for item in known.values()} <= {*CANONICAL, *OPTIONAL, "point"}
    assert {item.kind for item in known.values()} == {"seen", "hint", "canonical"}
    assert all(item.source for item in known.values())


@pytest.mark.parametrize(
    ("column", "name", "code"),
    [
        ("incident_id", "Call Number", "column_found"),
        ("incident_id", "CALL_NUMBER", "column_found"),
        ("incident_id", "CALLNO", "column_hint"),
        ("unit_id", "Resource_Code", "column_found"),
        ("arrived", "time_on_scene", "column_found"),
        ("longitude", "GEOX", "column_hint"),
    ],
)
def test_a_known_name_is_taken_and_said(tmp_path, column, name, code):
    history = read(tmp_path, rename={column: name})
    assert history.responses["total_response_s"].tolist() == [340]
    assert f"column '{name}' read as {column}" in entry(history, code).meaning
    assert history.verdict == "REPAIR"


def test_two_columns_for_one_are_refused_by_name(tmp_path):
    with pytest.raises(TableError, match="'Call Number' and 'Incident Number' could both be incident_id"):
        read(tmp_path, {"Incident Number": "7"}, rename={"incident_id": "Call Number"})


def test_the_canonical_name_and_the_better_stamp_win(tmp_path):
    history = read(
        tmp_path, {"Call Number": "x", "event_opened": f"{DAY}00:30"}, rename={"received": "psap_answer_time"}
    )
    assert history.incidents.index.tolist() == ["24-0"]
    assert history.responses["call_processing_s"].tolist() == [60]


def test_one_column_may_hold_the_point(tmp_path):
    history = read(tmp_path, {"dispatch_point": "POINT (-75.161 39.951)"}, drop=["latitude", "longitude"])
    assert history.incidents.geometry.iloc[0].y == 39.951


# further columns


def test_further_columns_are_used_where_they_are(tmp_path):
    more = {"staged": f"{DAY}04:00", "station_id": "S1", "unit_type": "engine", "crew": "4", "first_due": "S2"}
    more |= {"zone": "Z9", "shift": "B", "aid": "given", "mode": "Code 3", "address": "1 SECRET ST"}
    history = read(tmp_path, more, more | {"staged": "", "crew": "four", "mode": "warp"})
    first = history.responses.iloc[0]
    assert first["staged"].isoformat() == "2024-03-05T19:04:00+00:00"
    assert first[["station_id", "unit_type", "crew", "mode"]].tolist() == ["S1", "engine", 4, "emergency"]
    assert "address" not in history.responses
    incident = history.incidents.iloc[0]
    assert incident[["first_due", "zone", "shift", "aid", "mode"]].tolist() == ["S2", "Z9", "B", "given", "emergency"]
    assert entry(history, "crew_unreadable").lines == "3"
    assert "'warp'" in entry(history, "mode_unknown").meaning
    assert history.responses["staged"].isna().tolist() == [False, True]
    assert history.responses["mode"].isna().tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("EMERGENT", "emergency"),
        ("NON_EMERGENT", "non_emergency"),
        ("hot", "emergency"),
        ("non-emergency", "non_emergency"),
    ],
)
def test_modes(tmp_path, text, mode):
    assert read(tmp_path, {"mode": text}).incidents["mode"].tolist() == [mode]


def test_an_incident_is_an_emergency_if_any_unit_came_so(tmp_path):
    same = {"incident_id": "A"}
    history = read(tmp_path, {**same, "mode": "cold"}, {**same, "mode": "hot"})
    assert history.incidents["mode"].tolist() == ["emergency"]
    assert sorted(history.responses["mode"]) == ["emergency", "non_emergency"]


@pytest.mark.parametrize(
    ("staged", "code"),
    [
        (f"{DAY}02:00", "staged_before_enroute"),
        (f"{DAY}41:00", "cleared_before_staged"),
        ("soon", "time_unreadable"),
        ("2099-03-05T14:00:00", "stamp_in_future"),
        ("2024-03-10T02:30:00", "stamp_nonexistent"),
    ],
)
def test_a_wrong_time_of_staging_costs_the_value(tmp_path, staged, code):
    history = read(tmp_path, {"staged": f"{DAY}03:00"}, {"staged": f"{DAY}03:00"}, {"staged": staged})
    assert entry(history, code).lines == "4"
    assert entry(history, code).column == "staged"
    assert history.responses["staged"].isna().tolist() == [False, False, True]
    assert history.rows_ok == 3


def test_staging_in_the_hour_that_comes_twice(tmp_path):
    night = {"received": "01:58:00", "dispatched": "01:59:00", "enroute": "01:00:30", "arrived": "01:05:00"}
    row = {name: f"2024-11-03T{text}" for name, text in (night | {"cleared": "02:30:00", "staged": "01:03:00"}).items()}
    response = read(tmp_path, row).responses.iloc[0]
    assert response["staged"] - response["enroute"] == pd.Timedelta("150s")


def test_a_stamp_of_being_called_off_makes_it_cancelled(tmp_path):
    off = {"arrived": "", "cleared": "", "cancelled_enroute": f"{DAY}03:00"}
    history = read(tmp_path, off, {"cancelled_enroute": f"{DAY}03:00"}, {"arrived": "", "cleared": ""})
    assert history.responses["cancelled"].tolist() == [True, False, False]
    assert entry(history, "cancelled").lines == "2"
    assert entry(history, "cancelled_but_arrived").lines == "3"


# grain and units


def test_a_file_without_units_has_one_row_per_incident(tmp_path):
    history = read(tmp_path, {}, {}, {"incident_id": "24-1", "call_type": "ALARM"}, drop=["unit_id"])
    assert history.grain == "incident"
    assert "unit_id" not in history.responses
    assert history.responses["call_processing_s"].tolist() == [60, 60, 60]
    assert entry(history, "grain_incident") is not None
    assert entry(history, "incident_repeated").rows == 1
    assert read(tmp_path).grain == "unit"


def test_a_misspelt_column_of_units_is_no_file_without_units(tmp_path):
    with pytest.raises(TableError, match="did you mean 'unitt_id'"):
        read(tmp_path, rename={"unit_id": "unitt_id"})


def test_a_file_in_which_no_incident_has_a_second_unit_is_noted(tmp_path):
    assert entry(read(tmp_path, *[{}] * 100), "one_unit_each") is not None
    assert entry(read(tmp_path, *[{}] * 99), "one_unit_each") is None


@pytest.mark.parametrize("units", [["e0 ", "E5"], pd.DataFrame({"unit_id": ["E0"]}), pd.DataFrame(index=["E0"])])
def test_units_of_others_are_flagged(tmp_path, units):
    history = read(tmp_path, {}, {"unit_id": "X9"}, units=units)
    assert history.responses.set_index("unit_id")["mutual_aid"].to_dict() == {"E0": False, "X9": True}
    assert "'X9'" in entry(history, "unit_unknown").meaning
    with pytest.raises(InputError, match="list of unit ids"):
        read(tmp_path, units="E0")


# mappings and reasons


def test_every_reason_says_where_its_rule_comes_from():
    assert all(reason.source for reason in reasons().values())
    assert {reason.outcome for reason in reasons().values()} <= {
        *("used", "set aside", "duplicate", "held"),
        *("repaired", "noted", "counted"),
    }


@pytest.mark.parametrize("name", [n for n in bundled_mappings() if n != "san_francisco"])
def test_a_mapping_that_is_a_hint_reads_its_own_columns_and_says_so(tmp_path, name):
    mapping = load_mapping(name)
    assert mapping.hint
    row = {}
    for column, sources in mapping.sources().items():
        row[sources[0]] = GOOD.get(column, "POINT (-75.161 39.951)" if column == "point" else "")
    if mapping.times.formats:
        row["ALARM"], row["ARRIVAL"], row["LU_CLEAR"] = "030520241400", "030520241405", "030520241440"
    for column, parts in mapping.join.items():
        row |= dict(zip(parts, GOOD[column].split("T" if len(parts) == 2 else "-"), strict=False))
    row |= {name: "0" for names in mapping.join.values() for name in names if name not in row}
    path = tmp_path / "calls.csv"
    pd.DataFrame([row]).to_csv(path, index=False)
    history = read_cad(path, timezone=ZONE, mapping=name)
    assert entry(history, "mapping_hint") is not None
    assert history.responses["total_response_s"].iloc[0] in {300, 340}
    assert history.incidents.geometry.notna().all()
    ids = [*mapping.sources().get("incident_id", ()), *mapping.join.get("incident_id", ())]
    path.write_text(path.read_text().replace(ids[0], "X", 1))
    with pytest.raises(TableError, match="is missing"):
        read_cad(path, timezone=ZONE, mapping=name)


def test_a_time_whose_date_stands_apart_needs_both_columns(tmp_path):
    path = tmp_path / "calls.csv"
    path.write_text("INCIDENT_NO,UNIT_ID,CALL_RECEIVED_DATE,LAT,LON\n1,E1,2024-03-05,1,1\n")
    with pytest.raises(TableError, match=r"'CALL_RECEIVED_TIME' \(for received\) is missing"):
        read_cad(path, timezone=ZONE, mapping="motorola")
