"""What a mapping is drafted from a file that nobody has described: right, or a question, never wrong without a word."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cad_layouts import LAYOUTS, rows_of, written
from how_many import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from fireplan._cli import app
from fireplan.errors import InputError
from fireplan.incidents import draft_mapping, read_cad
from fireplan.incidents._columns.mapping import bundled_mappings, load_mapping

CASES = Path(__file__).parents[1] / "data" / "cases"
CANONICAL = (
    "incident_id",
    "unit_id",
    "call_type",
    "priority",
    "received",
    "dispatched",
    "enroute",
    "arrived",
    "cleared",
)
EAST = "America/New_York"


def understood(draft):
    """The columns by field, those that are asked left out."""
    fields = draft.fields[draft.fields["certainty"] != "question"]
    return dict(zip(fields.index, fields["column"], strict=True))


def said(draft):
    """What the mapping says beside its columns."""
    parts = {"join", "elapsed", "responses", "log", "split_units", "number_rows", "times"}
    return draft.mapping.model_dump(
        exclude_defaults=True,
        exclude_none=True,
        include=parts,
    )


@pytest.mark.parametrize(
    ("name", "zone", "right", "more"),
    [
        ("chief_first_no_types", EAST, {n: n for n in CANONICAL}, {}),
        ("unit_type_as_written", EAST, {n: n for n in (*CANONICAL, "unit_type")}, {}),
        ("esri_epoch_ms", EAST, {n: n for n in CANONICAL}, {"times": {"epoch": "milliseconds"}}),
        ("excel_two_digit_year", EAST, {n: n for n in CANONICAL}, {"times": {"formats": ("%m/%d/%y %H:%M",)}}),
        ("many_units_in_a_cell", EAST, {n: n for n in CANONICAL}, {"split_units": True}),
        ("point_pointz", EAST, {"point": "the_geom"}, {}),
        ("point_socrata_multiline", EAST, {"point": "the_geom"}, {}),
        (
            "header_punctuation", EAST,
            {
                "incident_id": "Incident #", "unit_id": "Unit #", "received": "Call Received Date/Time",
                "enroute": "En-route Time",
            },
            {},
        ),
        (
            "blank_clock_beside_date", EAST, {"arrived": "date + arrived_t"},
            {"join": {t: ("date", f"{t}_t") for t in ("received", "dispatched", "enroute", "arrived", "cleared")}},
        ),
        (
            "one_date_clocks_over_midnight", "Europe/Dublin",
            {"incident_id": "ID", "first_due": "Station", "call_type": "Description"},
            {"join": dict(zip(
                ("received", "dispatched", "enroute", "arrived", "cleared"),
                (("Date", c) for c in ("TOC", "ORD", "MOB", "IA", "CD")), strict=True,
            ))},
        ),
        (
            "nyc_fire_dispatch", EAST,
            {
                "incident_id": "STARFIRE_INCIDENT_ID", "call_type": "INCIDENT_CLASSIFICATION",
                "received": "INCIDENT_DATETIME", "dispatched": "FIRST_ASSIGNMENT_DATETIME",
                "enroute": "FIRST_ACTIVATION_DATETIME", "arrived": "FIRST_ON_SCENE_DATETIME",
                "cleared": "INCIDENT_CLOSE_DATETIME",
            },
            {},
        ),
        (
            "cincinnati_cad", EAST,
            {
                "incident_id": "EVENT_NUMBER", "call_type": "INCIDENT_TYPE_DESC", "received": "CREATE_TIME_INCIDENT",
                "dispatched": "DISPATCH_TIME_PRIMARY_UNIT", "arrived": "ARRIVAL_TIME_PRIMARY_UNIT",
                "cleared": "CLOSED_TIME_INCIDENT", "latitude": "LATITUDE_X", "longitude": "LONGITUDE_X",
            },
            {},
        ),
        (
            "seattle_realtime_911", "America/Los_Angeles",
            {"incident_id": "Incident Number", "call_type": "Type", "received": "Datetime", "latitude": "Latitude"}, {},
        ),
        (
            "no_incident_id", EAST,
            {"unit_id": "PrimaryUnit", "received": "CallTime", "cleared": "LastClear", "arrived": "FirstArrive"},
            {"number_rows": True},
        ),
        (
            "status_log_motorola", EAST,
            {"incident_id": "INCIDENT_NO", "unit_id": "UNIT_ID", "received": "CALL_RECEIVED_DATE + CALL_RECEIVED_TIME"},
            # The bundled mapping names all that the file has, its log too.
            load_mapping("motorola").model_dump(exclude_defaults=True, exclude_none=True, include={"join", "log"}),
        ),
    ],
)  # fmt: skip
def test_a_case_is_understood(name, zone, right, more):
    draft = draft_mapping(CASES / f"{name}.csv", timezone=zone)
    found = understood(draft)
    assert {field: found.get(field) for field in right} == right
    assert said(draft) == more


def test_micro_degrees_without_a_sign_are_told():
    point = draft_mapping(CASES / "tritech_microdeg_positive_lon.csv", timezone="America/Chicago").mapping.point
    assert (point.scale, point.west_positive) == (1e-6, True)


def test_units_side_by_side_are_told():
    mapping = draft_mapping(CASES / "wide_units.csv", timezone=EAST).mapping
    assert len(mapping.responses) == 3
    for n, response in enumerate(mapping.responses, start=1):
        assert response.columns == {
            "unit_id": f"unit{n}", **{t: f"unit{n}_{t}" for t in ("dispatched", "enroute", "arrived", "cleared")},
        }  # fmt: skip
    assert mapping.columns["received"] == "received"


def test_two_pumps_with_seconds_are_told_and_the_grid_is_asked():
    draft = draft_mapping(CASES / "elapsed_only_lfb_incident.csv", timezone="Europe/London")
    mapping = draft.mapping
    assert [r.elapsed["arrived"].column for r in mapping.responses] == [
        "FirstPumpArriving_AttendanceTime", "SecondPumpArriving_AttendanceTime",
    ]  # fmt: skip
    assert mapping.point.crs == "EPSG:27700"
    assert mapping.times.formats == ("%d %b %Y %H:%M:%S",)
    assert any("British National Grid" in question for question in draft.questions)


def test_a_second_column_stands_in_row_by_row():
    draft = draft_mapping(CASES / "received_in_either_of_two.csv", timezone=EAST)
    assert draft.mapping.columns["received"] == ("received", "created")
    assert draft.fields.loc["received", "certainty"] == "guess"


@pytest.mark.realdata
def test_san_franciscos_export_is_known(shared_data):
    draft = draft_mapping(shared_data / "sf" / "sffd_calls_2020-04-07_20.csv.gz", timezone="America/Los_Angeles")
    assert draft.bundled == "san_francisco"
    assert draft.questions == ()
    assert draft.mapping == load_mapping("san_francisco")


@pytest.mark.parametrize("layout", LAYOUTS, ids=[layout.name for layout in LAYOUTS])
def test_a_layout_is_understood_and_read(layout, tmp_path):
    file = written(layout, tmp_path)
    draft = draft_mapping(file, timezone=layout.timezone)
    found = understood(draft)
    assert {field: found.get(field) for field in layout.right} == layout.right
    (tmp_path / "mapping.toml").write_text(draft.to_toml(), encoding="utf-8")
    assert load_mapping(tmp_path / "mapping.toml") == draft.mapping


def test_a_header_without_sense_gives_questions_and_no_mapping(tmp_path):
    """Whatever the values look like, times are not told from one another without a name."""
    layout = LAYOUTS[6]
    file = tmp_path / "export.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        names = [f"c{chr(97 + n)}" for n in range(len(layout.columns))]
        csv.writer(stream).writerows([names, *rows_of(layout)])
    draft = draft_mapping(file, timezone=EAST)
    assert draft.mapping is None
    assert not set(understood(draft)) & set(CANONICAL)
    assert "# QUESTION" in draft.to_toml()


@settings(max_examples=tries(60))
@given(st.sampled_from(LAYOUTS), st.integers(0, 10_000))
def test_names_on_the_wrong_columns_are_a_question(tmp_path_factory, layout, seed):
    """Where header and values disagree, no time is taken by its name alone."""
    times = [
        n for n, kind in layout.columns.items() if kind in {"received", "dispatched", "enroute", "arrived", "cleared"}
    ]
    others = [n for n, kind in layout.columns.items() if kind in {"kind", "code", "unit", "flag", "address", "town"}]
    if not times or not others:
        return
    rng = np.random.default_rng(seed)
    one, other = str(rng.choice(times)), str(rng.choice(others))
    header = list(layout.columns)
    a, b = header.index(one), header.index(other)
    header[a], header[b] = header[b], header[a]
    file = tmp_path_factory.mktemp("swapped") / "export.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows_of(layout)])
    assert one not in understood(draft_mapping(file, timezone=layout.timezone)).values()


def test_times_in_the_wrong_order_are_asked(tmp_path):
    """Arrivals under the header of dispatches contradict the other times in nearly every row."""
    layout = LAYOUTS[6]
    header = list(layout.columns)
    a, b = header.index("Fixed_Time_PhonePickUp"), header.index("Time_CallClosed")
    header[a], header[b] = header[b], header[a]
    file = tmp_path / "export.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows_of(layout)])
    draft = draft_mapping(file, timezone=EAST)
    assert any("before" in question for question in draft.questions)
    asked = draft.fields.index[draft.fields["certainty"] == "question"]
    assert {"received", "cleared"} & set(asked) or {"dispatched", "arrived"} & set(asked)


@pytest.mark.parametrize(("zone", "first"), [("America/Denver", "%m/%d/%Y %H:%M"), ("Europe/Dublin", "%d/%m/%Y %H:%M")])
def test_day_or_month_is_asked_where_no_value_tells(tmp_path, zone, first):
    file = tmp_path / "calls.csv"
    rows = [f"{n},E{n},0{n + 1}/0{n + 2}/2024 06:0{n}" for n in range(5)]
    file.write_text("\n".join(["Incident Number,Unit,Call Received", *rows]), encoding="utf-8")
    draft = draft_mapping(file, timezone=zone)
    assert draft.mapping.times.formats == (first,)
    assert any("day or the month" in question for question in draft.questions)


@pytest.mark.parametrize(("hours", "asked"), [(0, False), (7, True)])
def test_stamps_in_utc_are_asked_by_the_hours_of_calls(tmp_path, hours, asked):
    """The same calls on the local clock and seven hours on: only the latter look as if they were in UTC."""
    day = [
        0,
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        8,
        9,
        9,
        10,
        10,
        11,
        11,
        12,
        12,
        13,
        13,
        14,
        14,
        15,
        15,
        16,
        16,
        17,
        17,
        18,
        18,
        19,
        20,
        21,
        22,
    ]
    base = pd.Timestamp("2024-03-13")
    stamps = [base + pd.Timedelta(hours=24 * d + h + hours, minutes=7 * d % 60) for d in range(20) for h in day]
    rows = [f"{n},E{n % 9 + 1},{stamp:%Y-%m-%d %H:%M:%S}" for n, stamp in enumerate(stamps)]
    file = tmp_path / "calls.csv"
    file.write_text("\n".join(["Incident Number,Unit,Received", *rows]), encoding="utf-8")
    draft = draft_mapping(file, timezone="America/Denver")
    assert any("UTC" in question for question in draft.questions) == asked


def test_a_header_that_says_so_is_in_utc(tmp_path):
    file = tmp_path / "calls.csv"
    file.write_text("Incident Number,Unit,Received (UTC)\n1,E1,2024-03-13 06:00:00\n", encoding="utf-8")
    assert draft_mapping(file, timezone=EAST).mapping.times.zone == "UTC"


def test_columns_of_one_name_are_told_apart(tmp_path):
    file = tmp_path / "calls.csv"
    file.write_text(
        "Incident,Unit,Received,Received\n1,E1,2024-03-13 06:00:00,x\n2,E2,2024-03-13 07:00:00,y\n", "utf-8"
    )
    draft = draft_mapping(file, timezone=EAST)
    assert draft.mapping.columns["received"] == "Received#1"
    assert read_cad(file, timezone=EAST, mapping=draft).rows_ok == 2
    assert draft.unused == ("Received#2",)


def test_the_command_shows_writes_and_tries(tmp_path):
    file, out = CASES / "cincinnati_cad.csv", tmp_path / "mapping.toml"
    run = CliRunner().invoke(app.app, ["map", str(file), "--timezone", EAST, "--out", str(out)])
    assert run.exit_code == 0, run.output
    assert "EVENT_NUMBER" in run.output
    assert "30 rows, 30 used" in run.output
    assert read_cad(file, timezone=EAST, mapping=out).rows_ok == 30
    again = CliRunner().invoke(app.app, ["map", str(file), "--out", str(out)])
    assert isinstance(again.exception, InputError)
    told = CliRunner().invoke(app.app, ["map", str(file), "--json"])
    assert json.loads(told.output)["rows"] == 30


def test_the_command_says_when_it_does_not_suffice(tmp_path):
    file = tmp_path / "calls.csv"
    file.write_text("ca,cb\nx,y\nz,w\n", encoding="utf-8")
    run = CliRunner().invoke(app.app, ["map", str(file)])
    assert run.exit_code == 1
    assert "no id of incident or unit" in run.output


def made_up(mapping, n=40):
    """Rows under the header of a mapping, as it says that they are written."""
    formats = mapping.times.formats or ("%Y-%m-%d %H:%M:%S",)
    order = (
        "answered",
        "received",
        "created",
        "dispatched",
        "enroute",
        "staged",
        "arrived",
        "cancelled_enroute",
        "cleared",
    )
    texts = {
        "incident_id": lambda i: f"24-{i // 2:05d}", "unit_id": lambda i: f"{'ET'[i % 2]}{i % 7 + 1}",
        "call_type": lambda i: ("STRUCTURE FIRE", "CHEST PAIN", "GAS LEAK")[i // 2 % 3],
        "priority": lambda i: str(i // 2 % 3 + 1),
        "latitude": lambda i: f"{40.7 + i * 0.001:.5f}", "longitude": lambda i: f"{-73.9 - i * 0.001:.5f}",
        "point": lambda i: f"({40.7 + i * 0.001:.5f}, {-73.9 - i * 0.001:.5f})",
        "unit_type": lambda i: ("ENGINE", "TRUCK")[i % 2],
        "crew": lambda _: "4", "mode": lambda _: "EMERGENT", "aid": lambda _: "N", "zone": lambda i: f"Z{i % 5}",
        "shift": lambda i: "ABC"[i % 3], "first_due": lambda i: f"{i % 6}",
    }  # fmt: skip

    def stamp(name, i):
        return pd.Timestamp("2024-03-13 06:00") + pd.Timedelta(minutes=47 * (i // 2) + order.index(name))

    columns = {}
    for name, parts in mapping.join.items():
        for k, part in enumerate(parts):
            if name in order:
                columns[part] = [f"{stamp(name, i):{('%Y-%m-%d', '%H:%M:%S')[k]}}" for i in range(n)]
            else:
                columns[part] = [f"{i:06d}" if k == len(parts) - 1 else f"0{k}{k}" for i in range(n)]
    for name, sources in mapping.sources().items():
        if name in order:
            columns.setdefault(sources[0], [f"{stamp(name, i):{formats[0]}}" for i in range(n)])
        elif name not in mapping.carry:
            columns.setdefault(sources[0], [texts[name](i) for i in range(n)])
    for name, source in mapping.carry.items():
        columns.setdefault(source, [f"{name} {i % 3}" for i in range(n)])
    return columns


@pytest.mark.parametrize("name", [m for m in bundled_mappings() if m != "neris_api"])
def test_the_layout_of_each_bundled_mapping_is_known(tmp_path, name):
    mapping = load_mapping(name)
    columns = made_up(mapping)
    file = tmp_path / "export.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, delimiter=mapping.text.delimiter or ",").writerows(
            [list(columns), *zip(*columns.values(), strict=True)]
        )
    draft = draft_mapping(file, timezone=EAST)
    assert draft.bundled == name
    assert draft.questions == ()
    found = understood(draft)
    for field, sources in mapping.sources().items():
        assert found.get(field) == sources[0], field
    assert read_cad(file, timezone=EAST, mapping=draft).rows_ok == 40


def test_times_of_the_first_unit_are_no_others(tmp_path):
    """Each unit has a row, and the file says only when the first was sent: turnouts of the others are not to be had."""
    rows = [
        f"24-{i // 2},{'ET'[i % 2]}{i % 5},2024-03-13 06:{i // 2:02d}:00,2024-03-13 06:{i // 2:02d}:40"
        for i in range(40)
    ]
    file = tmp_path / "runs.csv"
    file.write_text("\n".join(["Incident Number,Unit,Call Received,First Unit Dispatched", *rows]), encoding="utf-8")
    draft = draft_mapping(file, timezone=EAST)
    assert "dispatched" not in draft.mapping.given
    assert draft.fields.loc["dispatched", "certainty"] == "question"
    assert any("First Unit Dispatched" in question for question in draft.questions)
    one_each = [row for row in rows if row.split(",")[1].startswith("E")]
    file.write_text(
        "\n".join(["Incident Number,Unit,Call Received,First Unit Dispatched", *one_each]), encoding="utf-8"
    )
    assert draft_mapping(file, timezone=EAST).mapping.columns["dispatched"] == "First Unit Dispatched"
