"""Workbooks, Parquet files and databases: the same rows as from CSV. Workbooks are written by hand, byte for byte."""

import contextlib
import sqlite3
import sys
import time
import zipfile
from datetime import datetime
from decimal import Decimal
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

from fireplan.errors import InputError
from fireplan.incidents import read_cad, read_cad_sql

sa = pytest.importorskip("sqlalchemy")

TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def column_letters(place):
    """A, B, ..., Z, AA, ..."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def cell(value, at):
    """One cell: text inline, numbers and booleans as they are."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return f'<c r="{at}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{at}"><v>{value!r}</v></c>'
    return f'<c r="{at}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def sheet_xml(rows):
    """One sheet; None as a row leaves it out."""
    lines = []
    for line, row in enumerate(rows, start=1):
        if row is not None:
            cells = "".join(cell(value, f"{column_letters(place)}{line}") for place, value in enumerate(row))
            lines.append(f'<row r="{line}">{cells}</row>')
    return f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def write_workbook(path, sheets, *, extra=None):
    """Write a workbook of sheets given as rows, or as XML; `extra` adds or replaces parts."""
    names = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, start=1)
    )
    targets = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": f'<?xml version="1.0"?><Relationships xmlns="{RELATIONS}"><Relationship Id="rId1"'
        f' Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<?xml version="1.0"?><workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">'
        f"<sheets>{names}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<?xml version="1.0"?><Relationships xmlns="{RELATIONS}">{targets}'
        "</Relationships>",
    }
    for n, rows in enumerate(sheets.values(), start=1):
        parts[f"xl/worksheets/sheet{n}.xml"] = rows if isinstance(rows, str) else sheet_xml(rows)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in (parts | (extra or {})).items():
            archive.writestr(name, part)
    return path


ZONE = "America/New_York"
HEADER = [
    "incident_id",
    "unit_id",
    "call_type",
    "priority",
    "latitude",
    "longitude",
    "received",
    "dispatched",
    "enroute",
    "arrived",
    "cleared",
]
DAY = "2024-03-05T14:"
GOOD = [
    "24-1",
    "E1",
    "HOUSE FIRE",
    "1",
    "39.951",
    "-75.161",
    *(DAY + t for t in ("00:00", "01:00", "02:10", "05:40", "40:00")),
]


def rows_of(count):
    return [[f"24-{n}", f"E{n}", *GOOD[2:]] for n in range(count)]


def entry(history, code):
    found = history.ledger.set_index("code")
    return found.loc[code] if code in found.index else None


def as_csv(folder, rows):
    path = folder / "calls.csv"
    path.write_text("\n".join(",".join(map(str, row)) for row in [HEADER, *rows]))
    return path


def same_tables(one, other):
    assert_frame_equal(one.responses, other.responses)
    assert one.incidents.geometry.to_wkt().equals(other.incidents.geometry.to_wkt())
    assert (one.rows_in, one.rows_ok, one.rows_set_aside) == (other.rows_in, other.rows_ok, other.rows_set_aside)


def mixed_rows():
    return [*rows_of(3), ["", *GOOD[1:]], ["24-9", "NA", *GOOD[2:6], "", "", "", "", ""], ["24-7", "E7", *GOOD[2:]]]


# workbooks


def test_a_workbook_gives_the_rows_of_the_csv(tmp_path):
    rows = mixed_rows()
    book = write_workbook(tmp_path / "calls.xlsx", {"CAD": [HEADER, *rows]})
    history = read_cad(book, timezone=ZONE)
    same_tables(history, read_cad(as_csv(tmp_path, rows), timezone=ZONE))
    assert history.quarantine["line"].tolist() == [5, 6]


def test_typed_cells_lose_nothing(tmp_path):
    rows = [
        HEADER,
        [20240001, "007", "FIRE", 2, 39.951, -75.161, *GOOD[6:]],
        None,
        ["A2", 12, "FIRE", 1.0, 39.952, -75.1, *GOOD[6:]],
    ]
    history = read_cad(write_workbook(tmp_path / "c.xlsx", {"CAD": rows}), timezone=ZONE)
    assert sorted(history.responses["incident_id"]) == ["20240001", "A2"]
    assert sorted(history.responses["unit_id"]) == ["007", "12"]
    assert sorted(history.incidents["priority"]) == ["1", "2"]
    assert entry(history, "id_was_number").lines == "2, 4"
    assert history.incidents.loc["20240001"].geometry.x == -75.161


def test_an_id_that_lost_digits_is_set_aside(tmp_path):
    rows = [HEADER, GOOD, [2.024000100000001e17, *GOOD[1:]]]
    history = read_cad(write_workbook(tmp_path / "c.xlsx", {"CAD": rows}), timezone=ZONE)
    assert history.quarantine["code"].tolist() == ["id_digits_lost"]


def test_the_first_sheet_with_rows_or_the_one_named(tmp_path):
    book = write_workbook(
        tmp_path / "c.xlsx", {"Empty": [], "CAD": [HEADER, *rows_of(2)], "More": [HEADER, *rows_of(3)]}
    )
    history = read_cad(book, timezone=ZONE)
    assert history.rows_in == 2
    assert "'CAD'" in entry(history, "sheet_chosen").meaning
    columns = "\n".join(f'{name} = "{name}"' for name in HEADER if name not in {"latitude", "longitude"})
    mapping = tmp_path / "m.toml"
    text = f'[columns]\n{columns}\n[point]\nlatitude = "latitude"\nlongitude = "longitude"\n[text]\nsheet = "{{}}"\n'
    mapping.write_text(text.format("more"))
    assert read_cad(book, timezone=ZONE, mapping=mapping).rows_in == 3
    mapping.write_text(text.format("nowhere"))
    with pytest.raises(InputError, match="has no sheet 'nowhere'"):
        read_cad(book, timezone=ZONE, mapping=mapping)


def sparse_sheet():
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return sheet_xml([HEADER, GOOD]).replace("</sheetData>", far + "</sheetData>")


@pytest.mark.parametrize(
    ("sheets", "extra", "match"),
    [
        ({"CAD": [["Report"], HEADER, GOOD]}, {}, "header is not on line 1.*line 2"),
        ({"CAD": [HEADER]}, {}, "no rows"),
        ({"CAD": []}, {}, "no sheet of this workbook has rows"),
        ({"CAD": [HEADER, GOOD]}, {"xl/a.xml": '<!DOCTYPE x [<!ENTITY a "b">]><x/>'}, "XML entities"),
        ({"CAD": [HEADER, GOOD]}, {"xl/a.xml": '<!DOCTYPE x [<!ENTITY a "b">]><x/>'.encode("utf-16")}, "XML entities"),
        ({"CAD": [HEADER, GOOD]}, {"xl/a.xml": " " * 5_000_000}, "unpacks to more than"),
        ({"CAD": "<worksheet"}, {}, "damaged|no sheet"),
        ({"CAD": sparse_sheet()}, {}, "delete the stray cells"),
    ],
)
def test_a_workbook_that_cannot_be_used_is_refused(tmp_path, sheets, extra, match):
    book = write_workbook(tmp_path / "c.xlsx", sheets, extra=extra)
    started = time.perf_counter()
    with pytest.raises(InputError, match=match):
        read_cad(book, timezone=ZONE)
    assert time.perf_counter() - started < 2


def test_a_zip_that_is_no_workbook_is_refused(tmp_path):
    path = tmp_path / "c.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "x")
    with pytest.raises(InputError, match="no xlsx workbook"):
        read_cad(path, timezone=ZONE)


# Parquet


def test_parquet_gives_the_rows_of_the_csv(tmp_path):
    rows = [*rows_of(3), ["", *GOOD[1:]]]
    table = pa.table({name: [row[n] for row in rows] for n, name in enumerate(HEADER)})
    pq.write_table(table, tmp_path / "c.parquet")
    same_tables(read_cad(tmp_path / "c.parquet", timezone=ZONE), read_cad(as_csv(tmp_path, rows), timezone=ZONE))


def test_parquet_types_become_text_without_loss(tmp_path):
    local = [datetime.fromisoformat(text) for text in GOOD[6:]]
    instants = [stamp.replace(tzinfo=ZoneInfo(ZONE)) for stamp in local]
    columns = {
        "incident_id": pa.array([20240001.0, None]),
        "unit_id": pa.array(["E1", None]).dictionary_encode(),
        "call_type": pa.array(["FIRE", None]),
        "priority": pa.array([2, None], pa.int8()),
        "latitude": pa.array([39.951, None]),
        "longitude": pa.array([Decimal("-75.161"), None]),
    }
    for n, name in enumerate(HEADER[6:]):
        zoned = n % 2 == 0
        kind = pa.timestamp("ns", tz="UTC") if zoned else pa.timestamp("ms")
        columns[name] = pa.array([(instants if zoned else local)[n], None], kind)
    pq.write_table(pa.table(columns), tmp_path / "c.parquet")
    history = read_cad(tmp_path / "c.parquet", timezone=ZONE)
    plain = read_cad(as_csv(tmp_path, [["20240001", "E1", "FIRE", "2", *GOOD[4:]]]), timezone=ZONE)
    same_tables(history, plain)
    assert entry(history, "id_was_number").lines == "2"


@pytest.mark.parametrize("damage", ["cut", "lists", "names"])
def test_parquet_that_cannot_be_used_is_refused(tmp_path, damage):
    path = tmp_path / "c.parquet"
    table = pa.table({name: [GOOD[n]] for n, name in enumerate(HEADER)})
    if damage == "lists":
        table = table.set_column(0, "incident_id", pa.array([[1, 2]]))
    if damage == "names":
        table = pa.table({f"a{n}": [1] for n in range(4)})
    pq.write_table(table, path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"damaged|lists|not a header"):
        read_cad(path, timezone=ZONE)


# databases


@pytest.fixture
def database(tmp_path):
    url = f"sqlite:///{tmp_path / 'cad.db'}"
    with contextlib.closing(sqlite3.connect(tmp_path / "cad.db")) as base:
        base.execute(f"CREATE TABLE calls ({', '.join(HEADER)})")
        base.executemany("INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", mixed_rows())
        base.commit()
    return url


def test_a_query_gives_the_rows_of_the_csv(tmp_path, database):
    plain = read_cad(as_csv(tmp_path, mixed_rows()), timezone=ZONE)
    same_tables(read_cad_sql("SELECT * FROM calls;", database, timezone=ZONE), plain)
    engine = sa.create_engine(database)
    same_tables(read_cad_sql("-- all\nWITH c AS (SELECT * FROM calls) SELECT * FROM c", engine, timezone=ZONE), plain)
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        same_tables(read_cad_sql("SELECT * FROM calls", connection, timezone=ZONE), plain)
        assert connection.in_transaction()
    engine.dispose()


@pytest.mark.parametrize(
    ("query", "match"),
    [
        ("DELETE FROM calls", "no SELECT"),
        ("", "no SELECT"),
        ("SELECT 1; DROP TABLE calls", "more than one"),
        ("WITH c AS (SELECT 1) DELETE FROM calls", "'DELETE', which writes"),
        ("SELECT * INTO other FROM calls", "INTO"),
        ("SELECT * FROM nowhere", "no such table"),
        ("SELECT * FROM calls WHERE call_type = 'x'", "no rows"),
        ("SELECT 1 AS a", "not a header"),
    ],
)
def test_only_a_query_that_reads_is_run(database, query, match):
    with pytest.raises(InputError, match=match):
        read_cad_sql(query, database, timezone=ZONE)
    assert read_cad_sql("SELECT * FROM calls WHERE 'drop; table' <> ''", database, timezone=ZONE).rows_in == 6


@pytest.mark.parametrize("connection", ["nonsense", 5, "klingon://user:secret@host/db"])
def test_a_connection_that_is_none_is_refused_without_its_secret(connection):
    with pytest.raises(InputError) as caught:
        read_cad_sql("SELECT 1", connection, timezone=ZONE)
    assert "secret" not in str(caught.value)


def test_the_extra_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(InputError, match=r"fireplan\[sql\]"):
        read_cad_sql("SELECT 1", "sqlite://", timezone=ZONE)
