"""Ids, duplicates, text values, categories, the ledger and the mappings."""

import pytest

from fireplan.errors import InputError, TableError, UnknownIdError
from fireplan.incidents import CadHistory, read_cad
from fireplan.incidents._columns.categories import CATEGORIES, category_of, category_rules
from fireplan.incidents._columns.mapping import bundled_mappings, load_mapping
from fireplan.incidents._ledger.ledger import Ledger, reasons

ZONE = "America/New_York"
HEADER = (
    "incident_id,unit_id,call_type,priority,latitude,longitude,received,dispatched,enroute,arrived,cleared"
    ",address,narrative"
)
CLOCK = "2024-03-05T14:00:00,2024-03-05T14:01:00,2024-03-05T14:02:10,2024-03-05T14:05:40,2024-03-05T14:40:00"


def row(incident="24-1", unit="E1", *, kind="STRUCTURE FIRE", priority="1", clock=CLOCK, tail="1 SECRET ST,whisper"):
    return f"{incident},{unit},{kind},{priority},39.951,-75.161,{clock},{tail}"


def read(folder, *rows, header=HEADER, mapping=None):
    path = folder / "calls.csv"
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return read_cad(path, timezone=ZONE, mapping=mapping)


def entry(history, code):
    found = history.ledger.set_index("code")
    return found.loc[code] if code in found.index else None


def clock(minute, end):
    first = f"2024-03-05T14:{minute:02d}"
    return f"{first}:05,{first}:30,{first}:50,,2024-03-05T14:{end:02d}:00"


# ids


def test_ids_stay_text(tmp_path):
    ids = ["007E3", "1E1", "NA", "NULL", "nan", "TRUE", "4e492493924924", "00012", "1.0", "2024-03-05", "../x", "=1+1"]
    history = read(tmp_path, *(row(f"{n}-{name}", name) for n, name in enumerate(ids)))
    assert set(history.ledger["code"]) == {"rows_used", "location_default_point"}
    assert set(history.responses["unit_id"]) == set(ids)
    assert history.incidents.index.tolist() == sorted(f"{n}-{name}" for n, name in enumerate(ids))


def test_missing_and_overlong_ids_set_the_row_aside(tmp_path):
    history = read(tmp_path, row(), row("", "E2"), row("24-2", "  "), row("X" * 10_000), row("24-3", "U" * 101))
    assert history.quarantine["code"].tolist() == [
        "incident_id_missing",
        "unit_id_missing",
        "id_too_long",
        "id_too_long",
    ]
    assert history.quarantine["line"].tolist() == [3, 4, 5, 6]
    assert history.quarantine["incident_id"].str.len().max() == 60
    assert len("\n".join(history.messages())) < 3000


def test_case_and_spaces_give_way_but_lookalikes_stay_apart(tmp_path):
    units = ["E1", "E1", "e1 ", "E-1", "\u04151"]
    history = read(tmp_path, *(row(f"24-{n}", unit) for n, unit in enumerate(units)))
    assert sorted(history.responses["unit_id"]) == ["E-1", "E1", "E1", "E1", "\u04151"]
    assert entry(history, "unit_id_respelled").lines == "4"
    assert "'E-1' / 'E1' / '\u04151'" in entry(history, "unit_id_lookalike").meaning


def test_exact_duplicates_count_once(tmp_path):
    history = read(tmp_path, row(), row(tail="x,other words"), row(unit="E2"))
    assert (history.rows_in, history.rows_ok, history.rows_duplicate) == (3, 2, 1)
    assert entry(history, "duplicate_row").lines == "3"
    assert history.verdict == "REPAIR"


def test_unit_twice_on_an_incident_is_noted(tmp_path):
    again = CLOCK.replace("T14:0", "T15:0").replace("T14:40", "T15:40").replace("T15:00", "T14:00", 1)
    history = read(tmp_path, row(), row(clock=again))
    assert entry(history, "unit_repeated").rows == 1
    assert history.rows_ok == 2


def test_rows_that_tell_of_one_response_and_differ_count_once(tmp_path):
    blank = CLOCK.replace("2024-03-05T14:02:10", "")
    history = read(tmp_path, row(clock=blank), row(clock=CLOCK.replace("14:40", "14:50")), row(unit="E2"))
    assert entry(history, "unit_repeated") is None
    assert (history.rows_ok, history.rows_duplicate) == (2, 1)
    found = entry(history, "conflicting_row")
    assert (found["outcome"], found["lines"], found["column"]) == ("duplicate", "3", "cleared")
    one = history.responses.set_index("unit_id").loc["E1"]
    assert one["turnout_s"] == 70  # what one row lacks is taken from the other
    assert one[["cleared", "cancelled"]].isna().tolist() == [True, False]  # what they differ in is dropped
    kinds = read(tmp_path, row(kind="FIRE"), row(kind="ALARM", unit=" E1"), row(kind=""))
    assert entry(kinds, "conflicting_row")["column"] == "call_type"
    assert (kinds.incidents["call_type"].tolist(), kinds.rows_duplicate) == (["ALARM"], 2)


def test_unit_in_two_places_is_not_a_unit_sent_from_a_scene(tmp_path):
    sent = read(tmp_path, row("A", clock=clock(0, 30)), row("B", clock=clock(20, 50)))
    assert entry(sent, "unit_overlap").lines == "3"
    assert entry(sent, "unit_in_two_places") is None
    inside = read(tmp_path, row("A", clock=clock(0, 50)), row("B", clock=clock(10, 15)), row("C", clock=clock(20, 30)))
    assert entry(inside, "unit_in_two_places").lines == "3, 4"
    assert "E1" in entry(inside, "unit_in_two_places").meaning
    apart = read(
        tmp_path, row("A", clock=clock(0, 10)), row("B", clock=clock(20, 30)), row("B", "E2", clock=clock(20, 31))
    )
    assert entry(apart, "unit_overlap") is None


def test_incident_takes_its_facts_from_the_first_unit_dispatched(tmp_path):
    late, early = (
        row("A", "E9", kind="MEDICAL", clock=clock(9, 30)),
        row("A", "E8", kind="HOUSE FIRE", priority="2", clock=clock(5, 30)),
    )
    history = read(tmp_path, late, early)
    incident = history.incidents.loc["A"]
    assert (incident["call_type"], incident["category"], incident["priority"]) == ("HOUSE FIRE", "fire", "2")
    assert incident["received"].minute == 5
    assert entry(history, "incident_facts_differ").column == "received, call_type, priority"


# values


@pytest.mark.parametrize(
    ("call_type", "category"),
    [
        ("STRUCTURE FIRE", "fire"),
        ("Outside Fire", "fire"),
        ("Smoke Investigation (Outside)", "fire"),
        ("2ND ALARM STRUCTURE FIRE", "fire"),
        ("Alarms", "alarm"),
        ("FIRE ALARM", "alarm"),
        ("Medical Incident", "ems"),
        ("MEDICAL ALARM", "ems"),
        ("Traffic Collision", "ems"),
        ("Water Rescue", "rescue"),
        ("Elevator / Escalator Rescue", "rescue"),
        ("Gas Leak (Natural and LP Gases)", "hazmat"),
        ("wires-down", "hazmat"),
        ("Citizen Assist / Service Call", "service"),
        ("111 Building fire", "fire"),
        ("321", "ems"),
        ("353 Removal of victim from stalled elevator", "rescue"),
        ("412 Gas leak", "hazmat"),
        ("611 Dispatched and cancelled en route", "service"),
        ("745", "alarm"),
        ("900 Special", "other"),
        ("Fireworks", "other"),
        ("", "other"),
        ("10-75", "other"),
    ],
)
def test_categories(call_type, category):
    assert category_of(call_type) == category


def test_category_rules_use_known_categories_only():
    rules = category_rules()
    assert {category for _, category in (*rules.codes, *rules.patterns)} < set(CATEGORIES)


def test_unmatched_call_types_are_counted(tmp_path):
    history = read(tmp_path, row("A", kind="XYZ"), row("B", kind=""), row("C"))
    assert entry(history, "category_other").rows == 2
    assert entry(history, "category_other").outcome == "counted"
    assert entry(history, "call_type_missing").lines == "3"
    assert history.incidents["category"].tolist() == ["other", "other", "fire"]


def test_priorities_stay_text_and_odd_ones_are_listed(tmp_path):
    history = read(tmp_path, *(row(str(n), priority=p) for n, p in enumerate(["1", "", "HIGH", "1A", "99", "E"])))
    assert history.incidents["priority"].fillna("?").tolist() == ["1", "?", "HIGH", "1A", "99", "E"]
    assert "'1A', '99', 'HIGH'" in entry(history, "priority_unmapped").meaning
    assert entry(history, "priority_missing").lines == "3"


def test_unit_type_column_is_taken_if_there(tmp_path):
    history = read(tmp_path, row() + ",engine", header=HEADER + ",unit_type")
    assert history.responses["unit_type"].tolist() == ["engine"]
    assert "unit_type" not in read(tmp_path, row()).responses


# ledger and result


def test_every_reason_has_one_of_the_outcomes():
    assert {reason.outcome for reason in reasons().values()} == {
        "used",
        "set aside",
        "duplicate",
        "repaired",
        "noted",
        "counted",
    }
    assert all(reason.meaning for reason in reasons().values())


def test_unknown_reason_is_a_mistake():
    with pytest.raises(KeyError):
        Ledger().add("no_such_code", [1])


def test_first_reason_of_a_row_counts():
    ledger = Ledger()
    ledger.set_aside("no_times", [4])
    ledger.set_aside("id_too_long", [4, 5], texts=["four", "five"])
    frame = ledger.frame(rows_ok=0).set_index("code")
    assert frame.loc["no_times", "rows"] == frame.loc["id_too_long", "rows"] == 1
    assert "five" in frame.loc["id_too_long", "meaning"]
    assert ledger.rows_set_aside == 2


def test_result_is_closed_and_shapes_are_kept_when_all_is_set_aside(tmp_path):
    history = read(tmp_path, row(""))
    assert (len(history.incidents), len(history.responses), history.rows_set_aside) == (0, 0, 1)
    assert history.incidents.crs.to_epsg() == 4326
    assert history.verdict == "QUARANTINE"
    full = read(tmp_path, row())
    assert history.responses.dtypes.equals(full.responses.dtypes)
    assert history.incidents.dtypes.equals(full.incidents.dtypes)
    assert isinstance(full, CadHistory)
    with pytest.raises(AttributeError):
        full.timezone = "UTC"


def test_columns_of_the_tables(tmp_path):
    history = read(tmp_path, row())
    assert history.incidents.index.name == "incident_id"
    assert history.incidents.columns.tolist() == ["call_type", "category", "priority", "received", "geometry"]
    assert history.responses.columns.tolist() == [
        *("incident_id", "unit_id", "received", "dispatched", "enroute", "arrived", "cleared"),
        *("call_processing_s", "turnout_s", "travel_s", "total_response_s", "cancelled", "on_view", "already_on_road"),
    ]
    assert history.responses.loc[0, ["call_processing_s", "turnout_s", "travel_s", "total_response_s"]].tolist() == [
        60,
        70,
        210,
        340,
    ]
    assert history.messages()[0] == "rows_used (used): 1 of 1 rows: rows that were used"


def test_addresses_and_narratives_leak_nowhere(tmp_path):
    history = read(
        tmp_path, row(), row(""), row(unit=""), "24-3,E3,x", row("24-4", clock="a,b,c,d,e"), row("24-5"), row("24-6")
    )
    shown = "\n".join(
        [
            *history.messages(),
            history.quarantine.to_string(),
            history.responses.to_string(),
            history.incidents.to_string(),
        ]
    )
    assert "SECRET" not in shown
    assert "whisper" not in shown
    with pytest.raises(TableError) as caught:
        read(tmp_path, row(), header=HEADER.replace("received", "x").replace("address", "cleared"))
    assert "SECRET" not in str(caught.value)


# mappings


MAPPING = """
[columns]
incident_id = "No"
unit_id = "Unit"
received = "In"
dispatched = "Out"
arrived = "There"
[times]
formats = ["%d-%b-%Y %H:%M:%S"]
[point]
column = "Where"
"""


def mapped(folder, text, *rows, header="No,Unit,In,Out,There,Where,Kind"):
    path = folder / "m.toml"
    path.write_text(text, encoding="utf-8")
    return read(folder, *rows, header=header, mapping=path)


OWN = '1,E1,05-Mar-2024 14:00:00,05-Mar-2024 14:01:00,05-Mar-2024 14:05:00,"{}",X'


@pytest.mark.parametrize(
    ("where", "order"),
    [
        ("(39.951, -75.161)", ""),
        ("39.951,-75.161", ""),
        ("39.951 -75.161", ""),
        ("POINT (-75.161 39.951)", ""),
        ("(-75.161, 39.951)", 'order = "lon_lat"'),
    ],
)
def test_own_mapping_with_one_point_column(tmp_path, where, order):
    history = mapped(tmp_path, MAPPING + order + '\n[carry]\nkind = "Kind"\n', OWN.format(where))
    point = history.incidents.geometry.iloc[0]
    assert (point.y, point.x) == (39.951, -75.161)
    assert history.responses["total_response_s"].tolist() == [300]
    assert history.responses["kind"].tolist() == ["X"]
    assert history.incidents["priority"].isna().all()


@pytest.mark.parametrize("where", ["", "()", "somewhere", "(1, 2, 3)", "(39.951)"])
def test_bad_point_column_costs_the_location(tmp_path, where):
    history = mapped(tmp_path, MAPPING, OWN.format("(39.951, -75.161)"), OWN.format(where).replace("1,", "2,", 1))
    assert history.incidents["geometry"].isna().tolist() == [False, True]


def test_explicit_formats_drop_what_does_not_fit(tmp_path):
    rows = [OWN.format("(39.951, -75.161)").replace("1,", f"{n},", 1) for n in range(3)]
    history = mapped(
        tmp_path, MAPPING, *rows, rows[0].replace("0,", "9,", 1).replace("05-Mar-2024 14:05:00", "05-Mar-2024 23:59:60")
    )
    assert entry(history, "leap_second").lines == "5"
    history = mapped(tmp_path, MAPPING, *rows, rows[0].replace("0,", "9,", 1).replace("14:05:00", "14h05"))
    assert entry(history, "time_unreadable").lines == "5"
    with pytest.raises(TableError, match=r"'received' \(in the file 'In'\)"):
        mapped(tmp_path, MAPPING.replace("%b", "%m"), *rows)


def test_formats_with_an_offset(tmp_path):
    text = MAPPING.replace('formats = ["%d-%b-%Y %H:%M:%S"]', 'formats = ["%Y-%m-%d %H:%M:%S %z", "%d-%b-%Y %H:%M:%S"]')
    history = mapped(
        tmp_path, text, OWN.format("(39.951, -75.161)").replace("05-Mar-2024 14:00:00", "2024-03-05 19:00:00 +0000")
    )
    assert history.responses["call_processing_s"].tolist() == [60]


def test_value_maps_translate_and_note_the_unknown(tmp_path):
    text = (
        MAPPING.replace('unit_id = "Unit"', 'unit_id = "Unit"\nunit_type = "Kind"')
        + '\n[translate.unit_type]\nX = "engine"\n'
    )
    rows = [OWN.format("(39.951, -75.161)"), OWN.format("(39.951, -75.161)").replace("1,", "2,", 1).replace(",X", ",Z")]
    history = mapped(tmp_path, text, *rows)
    assert history.responses["unit_type"].tolist() == ["engine", "Z"]
    assert "unit_type: 'Z'" in entry(history, "value_unmapped").meaning


def test_delimiter_and_encoding_hints(tmp_path):
    text = MAPPING + '\n[text]\ndelimiter = ";"\nencoding = "latin-1"\n'
    path = tmp_path / "m.toml"
    path.write_text(text)
    data = tmp_path / "x.csv"
    data.write_bytes(
        (
            "No;Unit;In;Out;There;Where\n" + OWN.format("39.951 -75.161").replace(",", ";")[:-2].replace("E1", "\xc9")
        ).encode("latin-1")
    )
    history = read_cad(data, timezone=ZONE, mapping=path)
    assert history.responses["unit_id"].tolist() == ["\xc9"]
    assert entry(history, "delimiter_detected") is None


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("[times]", "[time]", "'time': did you mean 'times'"),
        ("formats", "format", "'format': did you mean 'formats'"),
        ('unit_id = "Unit"', 'unitid = "Unit"', "'unitid': did you mean 'unit_id'"),
        ('incident_id = "No"', "", "incident_id"),
        ('column = "Where"', "", "latitude"),
        (
            'column = "Where"',
            'column = "Where"\ncrs = "EPSG:2263"\nwest_positive = true',
            "west_positive is of degrees",
        ),
        ("[times]", "[log]\nstatus = 'S'\ntime = 'T'\n[log.values]\narrived = ['A']\n[times]", "'dispatched'"),
        (
            "[times]",
            "[log]\nstatus = 'S'\ntime = 'T'\n[log.values]\ndispatched = ['A']\narrived = ['a']\n[times]",
            "'a'",
        ),
        ("[times]", "[log]\nstatus = 'S'\n[times]", "log.time"),
        ("[times]", "[elapsed]\ncleared = { column = 'S', after = 'received', unit = 'hours' }\n[times]", "minutes"),
        ("[times]", "[elapsed]\ncleared = { column = 'S', after = 'enroute' }\n[times]", "which is no column"),
        ("[times]", "[elapsed]\nreceived = { column = 'S', after = 'arrived' }\n[times]", "given twice"),
        ("[times]", "[elapsed]\nanswered = { column = 'S', after = 'arrived' }\n[times]", "comes before 'arrived'"),
        ("[times]", "[second]\nkeys = 'No'\n[times]", "did you mean 'key'"),
        ("[times]", "[[responses]]\n[times]", "names no column"),
        ("[columns]", "split_units = true\n[[responses]]\ncolumns = { staged = 'S' }\n[columns]", "two ways"),
        ("[times]", "[text]\ndelimiter = 'x'\n[times]", "stands inside of values"),
        ("[times]", "[times]\nzone = 'Mars'", "no time zone 'Mars'"),
        ("[times]", "[times]\nepoch = 'days'", "epoch"),
        ('column = "Where"', 'column = "Where"\nlatitude = "x"', "latitude"),
        ('column = "Where"', 'column = "Where"\norder = "yx"', "point.order"),
        ("%b-%Y", "%b", "must hold a year"),
        ("%H:%M:%S", "%I:%M:%S", "needs %p"),
        ("[times]", '[carry]\nturnout_s = "x"\n[times]', "taken"),
        ("[times]", '[carry]\n"Bad Name" = "x"\n[times]', "carry"),
        ("[times]", '[translate.unit_typ]\nA = "b"\n[times]', "did you mean 'unit_type'"),
        ("[times]", '[text]\nencoding = "klingon"\n[times]', "klingon"),
        ("[times]", "[times", "is not TOML"),
    ],
)
def test_faulty_mapping_names_the_key(tmp_path, old, new, match):
    with pytest.raises(InputError, match=match):
        mapped(tmp_path, MAPPING.replace(old, new), OWN)


def test_mapping_files_that_cannot_be_read(tmp_path):
    with pytest.raises(UnknownIdError, match="did you mean 'san_francisco'"):
        load_mapping("san_fransisco")
    with pytest.raises(InputError, match="no mapping file"):
        load_mapping(tmp_path / "none.toml")
    path = tmp_path / "m.toml"
    path.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(InputError, match="UTF-8"):
        load_mapping(path)
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(InputError, match="larger"):
        load_mapping(path)


def test_bundled_mappings_are_valid():
    assert "san_francisco" in bundled_mappings()
    for name in bundled_mappings():
        assert load_mapping(name).title
    assert load_mapping(None).columns["incident_id"] == "incident_id"
