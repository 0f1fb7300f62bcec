"""Files, encodings, delimiters, quotes and headers."""

import gzip

import pytest

from fireplan.errors import InputError, TableError
from fireplan.incidents import read_cad
from fireplan.incidents._formats import decode as files

ZONE = "America/New_York"
HEADER = (
    "incident_id,unit_id,call_type,priority,latitude,longitude,received,dispatched,enroute,arrived,cleared"
    ",address,narrative"
)
CLOCK = "2024-03-05T14:00:00,2024-03-05T14:01:00,2024-03-05T14:02:10,2024-03-05T14:05:40,2024-03-05T14:40:00"


def row(number, tail="101 EXAMPLE ST,smoke reported"):
    return f"24-{number:05d},E{number},STRUCTURE FIRE,1,39.951,-75.161,{CLOCK},{tail}"


ROWS = [row(1), row(2), row(3)]


def read(folder, data, *, name="calls.csv"):
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return read_cad(path, timezone=ZONE)


def entry(history, code):
    found = history.ledger.set_index("code")
    return found.loc[code] if code in found.index else None


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_gives_the_same_rows(tmp_path, end):
    history = read(tmp_path, end.join([HEADER, *ROWS, ""]))
    assert history.rows_in == history.rows_ok == 3
    assert (entry(history, "line_ends_cr") is not None) == (end == "\r")


def test_carriage_return_within_a_line_is_no_line_end(tmp_path):
    history = read(tmp_path, "\n".join([HEADER, row(1, tail="1 A ST,\rx"), row(2)]))
    assert history.verdict == "ACCEPT"
    assert history.rows_in == 2


@pytest.mark.parametrize(("delimiter", "word"), [(";", "semicolon"), ("\t", "TAB"), ("|", "vertical bar")])
def test_other_delimiters_are_found_and_said(tmp_path, delimiter, word):
    history = read(tmp_path, "\n".join([HEADER, *ROWS]).replace(",", delimiter))
    assert history.rows_ok == 3
    assert word in entry(history, "delimiter_detected").meaning


def test_gzip_utf8_mark_and_utf16(tmp_path):
    text = "\n".join([HEADER, *ROWS])
    plain = read(tmp_path, text)
    for data, name in ((gzip.compress(text.encode()), "a.csv.gz"), (text.encode("utf-8-sig"), "b.csv")):
        other = read(tmp_path, data, name=name)
        assert other.verdict == "ACCEPT"
        assert other.responses.equals(plain.responses)
    wide = read(tmp_path, text.encode("utf-16"))
    assert wide.responses.equals(plain.responses)
    assert entry(wide, "encoding_utf16") is not None


def test_windows_1252_lines_are_read_and_named(tmp_path):
    data = "\n".join([HEADER, row(1), row(2, tail="CAFÉ RD,x"), row(3)]).encode("cp1252")
    history = read(tmp_path, data)
    assert entry(history, "bytes_cp1252").lines == "3"
    assert history.rows_ok == 3


def test_damaged_utf8_is_replaced_not_taken_for_windows_1252(tmp_path):
    data = "\n".join([HEADER, row(1, tail="CAFÉ RD,x"), row(2, tail="@ RD,x")]).encode().replace(b"@", b"\xc3")
    history = read(tmp_path, data)
    assert entry(history, "bytes_replaced").lines == "3"
    assert entry(history, "bytes_cp1252") is None


def test_row_with_damaged_id_is_set_aside(tmp_path):
    data = "\n".join([HEADER, row(1), row(2)]).encode().replace(b"24-00002", b"24-\xff")
    history = read(tmp_path, data)
    assert history.quarantine["code"].tolist() == ["id_undecodable"]


def test_nul_characters_are_removed(tmp_path):
    history = read(tmp_path, "\n".join([HEADER, row(1), row(2, tail="a\0b,c"), row(3)]))
    assert entry(history, "nul_removed").lines == "3"
    assert history.rows_ok == 3


def test_quoted_newlines_count_as_physical_lines(tmp_path):
    bad = "24-00009,,STRUCTURE FIRE,1,39.951,-75.161," + CLOCK + ",a,b"
    history = read(tmp_path, "\n".join([HEADER, row(1, tail='a,"one\ntwo\nthree"'), row(2), bad]))
    assert history.quarantine["line"].tolist() == [6]
    assert history.rows_ok == 2


def test_blank_lines_and_lines_of_delimiters_are_no_rows(tmp_path):
    history = read(tmp_path, "\n".join([HEADER, "", row(1), "," * 12, "   ", row(2), "", ""]))
    assert history.rows_in == history.rows_ok == 2


@pytest.mark.parametrize(("bad", "text"), [("24-1,E1,FIRE", "3 fields"), (row(9) + ",then,more", "15 fields")])
def test_rows_of_another_width_are_set_aside(tmp_path, bad, text):
    history = read(tmp_path, "\n".join([HEADER, row(1), bad, row(2)]))
    assert history.quarantine["line"].tolist() == [3]
    assert text in history.quarantine["reason"].iloc[0]
    assert history.rows_in == history.rows_ok + 1 == 3


def test_blank_fields_beyond_the_header_do_no_harm(tmp_path):
    assert read(tmp_path, "\n".join([HEADER, row(1) + ",, "])).verdict == "ACCEPT"


def test_text_after_a_closing_quote_costs_one_row(tmp_path):
    history = read(tmp_path, "\n".join([HEADER, row(1), row(2, tail='"5" main st,x'), row(3)]))
    assert history.quarantine["code"].tolist() == ["quote_misplaced"]
    assert history.quarantine["line"].tolist() == [3]


@pytest.mark.parametrize("after", [row(2), row(2, tail='"a, b",c'), row(2, tail='"",c')])
def test_an_unclosed_quote_is_an_error_that_names_its_line(tmp_path, after):
    with pytest.raises(TableError, match=r"line 3: a quote"):
        read(tmp_path, "\n".join([HEADER, row(1), '24-9,E9,"FIRE,1,,,,,,,,,', after, row(3)]))


def test_header_lower_down_is_pointed_at(tmp_path):
    with pytest.raises(TableError, match=r"header is not on line 1.*line 3"):
        read(tmp_path, "\n".join(["Report of 2024", "Agency", HEADER, *ROWS]))


def test_missing_header_names_what_is_wanted_but_no_data(tmp_path):
    with pytest.raises(TableError, match="incident_id") as caught:
        read(tmp_path, "\n".join(ROWS))
    assert "latitude" in str(caught.value)
    assert "EXAMPLE" not in str(caught.value)


def test_all_missing_columns_are_named_with_a_suggestion(tmp_path):
    header = HEADER.replace("arrived", "arived").replace("priority", "prio_x")
    with pytest.raises(TableError) as caught:
        read(tmp_path, "\n".join([header, *ROWS]))
    assert "did you mean 'arived'" in str(caught.value)
    assert "'priority' is missing" not in str(caught.value)  # nothing is like it: noted, not refused
    assert "'unit_id'" in str(caught.value)


def test_a_column_twice_is_an_error(tmp_path):
    with pytest.raises(TableError, match="twice"):
        read(tmp_path, "\n".join([HEADER.replace("narrative", "arrived"), *ROWS]))


def test_header_names_may_differ_in_case_and_spaces(tmp_path):
    assert read(tmp_path, "\n".join([HEADER.replace("unit_id", " Unit_ID "), *ROWS])).verdict == "ACCEPT"


@pytest.mark.parametrize(
    ("data", "match"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "PNG"),
        (b"PK\x03\x04" + bytes(200), "xlsx"),
        (b"\xd0\xcf\x11\xe0" + bytes(200), "damaged workbook"),
        (b"%PDF-1.7", "PDF"),
        (b"\n<!DOCTYPE html><html>", "HTML"),
        (b'<?xml version="1.0"?>', "XML"),
        (b'{"a": 1}', "JSON"),
        (b"  \n ", "empty"),
        (bytes(range(32)) * 10, "binary"),
        ("\n".join([HEADER, *ROWS]).encode("utf-16-le"), "UTF-16"),
        (HEADER.encode(), "no rows"),
        (gzip.compress(HEADER.encode())[:-9], "damaged"),
        (b"\x1f\x8b" + b"x" * 50, "damaged"),
    ],
)
def test_what_is_no_csv_is_refused_by_name(tmp_path, data, match):
    with pytest.raises(InputError, match=match):
        read(tmp_path, data)


@pytest.mark.parametrize("path", ["https://example.invalid/a.csv", "/vsicurl/x", "nowhere.csv", "."])
def test_only_a_local_file_is_read(path):
    with pytest.raises(InputError):
        read_cad(path, timezone=ZONE)


def test_archives_that_unpack_too_large_are_refused(tmp_path):
    with pytest.raises(InputError, match="unpacks to more than"):
        read(tmp_path, gzip.compress(bytes(5_000_000)))


def test_files_over_the_limit_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 100)
    with pytest.raises(InputError, match="limit 100"):
        read(tmp_path, "\n".join([HEADER, *ROWS]))
