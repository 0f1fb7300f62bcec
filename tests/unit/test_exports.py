"""Tables for other programs: nothing runs, numbers are numbers, ids are text, the same bytes each time."""

import json
import re
import zipfile
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import python_calamine
import shapely
from corpus import corpus_cases
from hypothesis import given, settings
from hypothesis import strategies as st

from fireplan._html_escape import plain
from fireplan.disclosure import RESTRICTED
from fireplan.errors import InputError
from fireplan.incidents import read_cad
from fireplan.project import _safe_export as exports
from fireplan.project._table_export import write_tables

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
STARTS = ["=", "+", "-", "@", "\t=", "\r=", "\n=", " =", "\ufeff=", "\u200b=", "\uff1d", "\u2028="]
IDS = ["007E3", "1E1", "NA", "4e492493924924", "007", "2024-01-02", "TRUE"]
BITS = [*"{}$`<>&\"'\\\u2028=+-@\t\r;,|", "{{191*7}}", "${191*7}", "=1+1", "</script>", "ab", "é", " "]
FORMATS = ["t.xlsx", "t.gpkg", "t.geojson", "t.csv", "folder"]


def table(**columns):
    made = pd.DataFrame(columns)
    made.attrs = {"n": len(made), "unit": "incidents", "basis": "invented", "frame": pd.DataFrame()}
    return made


def placed(**columns):
    made = table(**columns)
    points = shapely.points(np.column_stack([np.arange(len(made)), np.arange(len(made))]))
    layer = gpd.GeoDataFrame(made, geometry=points, crs=4326)
    layer.attrs = made.attrs
    return layer


def cells(path, sheet="xl/worksheets/sheet1.xml"):
    """Type and text of each cell, by its name, as they stand in the file."""
    with zipfile.ZipFile(path) as archive:
        strings = ET.fromstring(archive.read("xl/sharedStrings.xml"))  # noqa: S314 - made a moment ago
        texts = ["".join(s.itertext()) for s in strings]
        tree = ET.fromstring(archive.read(sheet))  # noqa: S314
        names = archive.namelist()
    assert not [n for n in names if "external" in n.lower() or "hyperlink" in n.lower()]
    assert tree.find(f".//{MAIN}f") is None  # no formula in any cell
    assert tree.find(f".//{MAIN}hyperlink") is None
    found = {}
    for cell in tree.iter(f"{MAIN}c"):
        value = cell.findtext(f"{MAIN}v")
        found[cell.get("r")] = (cell.get("t", "n"), texts[int(value)] if cell.get("t") == "s" else value)
    return found


def read_all(path):
    """Every text that a format holds, as another program reads it."""
    if path.suffix == ".xlsx":
        book = python_calamine.load_workbook(str(path))
        return [str(v) for s in book.sheet_names for row in book.get_sheet_by_name(s).to_python() for v in row]
    if path.suffix == ".gpkg":
        layers = [gpd.read_file(path, layer=name) for name in gpd.list_layers(path)["name"]]
        return [str(v) for layer in layers for v in [*layer.columns, *layer.astype(object).to_numpy().ravel()]]
    if path.suffix == ".geojson":
        content = json.loads(path.read_text(encoding="utf-8"))
        rows = [f["properties"] for f in content["features"]]
        return [str(v) for row in [*rows, content["notes"]] for pair in row.items() for v in pair]
    frames = [pd.read_csv(f, dtype=str, encoding="utf-8-sig", keep_default_na=False) for f in sorted(path.parent.glob(
        "*.csv" if path.suffix else f"{path.name}/*.csv"))]  # fmt: skip
    return [str(v) for frame in frames for v in [*frame.columns, *frame.to_numpy().ravel()]]


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("name", FORMATS)
def test_no_cell_is_a_formula(tmp_path, name, start):
    text = f"{start}191*7"
    tables = {"one": placed(**{"name": [text, "plain"], text: [1.0, -2.0]})}
    path = write_tables(tables, tmp_path / "out" / name)
    found = read_all(path)
    held = [v for v in found if "191*7" in v]
    assert len(held) >= 2
    assert all(v.startswith("'") for v in held)
    assert not [v for v in found if v.lstrip().startswith(("=", "+", "@", "\uff1d"))]
    assert not [v for v in found if any(ord(c) < 32 for c in v)]
    assert "1337" not in "".join(found)


@pytest.mark.parametrize("start", STARTS)
def test_cells_of_a_workbook_are_of_the_type_that_was_meant(tmp_path, start):
    path = write_tables({"one": table(name=[f"{start}1"], n=[-5], share=[0.25], yes=[True])}, tmp_path / "t.xlsx")
    found = cells(path)
    assert found["A2"][0] == "s"
    assert found["A2"][1].startswith("'")
    assert (found["B2"], found["C2"], found["D2"]) == (("n", "-5"), ("n", "0.25"), ("b", "1"))


def test_ids_stay_text(tmp_path):
    path = write_tables({"one": table(unit_id=IDS)}, tmp_path / "t.xlsx")
    assert [cells(path)[f"A{row + 2}"] for row in range(len(IDS))] == [("s", i) for i in IDS]
    for name in FORMATS[1:]:
        assert set(IDS) <= set(read_all(write_tables({"one": placed(unit_id=IDS)}, tmp_path / name[0] / name)))
    layer = gpd.read_file(tmp_path / "t" / "t.gpkg", layer="one")
    assert layer["unit_id"].tolist() == IDS


def test_links_are_text_and_never_live(tmp_path):
    path = write_tables({"one": table(a=["http://example.invalid", "mailto:x@y", "javascript:1"])}, tmp_path / "t.xlsx")
    assert {kind for kind, _ in cells(path).values()} == {"s"}


def test_missing_and_endless_numbers(tmp_path):
    numbers = table(a=[1.5, np.nan, np.inf], b=pd.array([1, None, 3], dtype="Int64"), c=["x", None, "y"])
    found = cells(write_tables({"one": numbers}, tmp_path / "t.xlsx"))
    assert "A3" not in found
    assert "B3" not in found
    assert "C3" not in found
    assert found["A4"] == ("s", "inf")
    write_tables({"one": placed(a=[1.5, np.nan, np.inf])}, tmp_path / "t.geojson")
    rows = json.loads((tmp_path / "t.geojson").read_text(encoding="utf-8"))["features"]
    assert [r["properties"]["a"] for r in rows] == [1.5, None, None]


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_tables_give_the_same_bytes(tmp_path, name, monkeypatch):
    def content(path):
        files = [path] if path.is_file() else sorted(path.iterdir())
        return [f.read_bytes() for f in files]

    tables = {"one": placed(id=IDS, n=range(7))}
    first = content(write_tables(tables, tmp_path / "a" / name))
    monkeypatch.setattr("time.localtime", lambda *_: (1999, 1, 1, 0, 0, 0, 0, 1, 0))
    assert content(write_tables(tables, tmp_path / "b" / name)) == first
    assert all(b"2026" not in part for part in first)


@pytest.mark.parametrize("name", FORMATS)
def test_notes_say_what_the_figures_are_and_for_whom(tmp_path, name):
    found = read_all(write_tables({"calls": placed(n=[1, 2])}, tmp_path / name, notice=RESTRICTED))
    assert {"invented", "incidents", RESTRICTED, "rows"} <= set(found)
    assert "frame" not in found


def test_a_workbook_is_marked_on_every_sheet_when_it_is_printed(tmp_path):
    path = write_tables({"a": table(n=[1]), "b": table(n=[2])}, tmp_path / "t.xlsx", notice=RESTRICTED)
    with zipfile.ZipFile(path) as archive:
        for sheet in ("sheet1", "sheet2", "sheet3"):
            assert RESTRICTED in archive.read(f"xl/worksheets/{sheet}.xml").decode()


def test_names_of_sheets_and_files_are_made_fit(tmp_path):
    names = ["a/b", "A_b", "../../x", "y" * 50, "y" * 50 + "z", "'", "history"]
    tables = {name: table(n=[1]) for name in names}
    sheets = python_calamine.load_workbook(str(write_tables(tables, tmp_path / "t.xlsx"))).sheet_names
    assert len({s.casefold() for s in sheets}) == len(names) + 1
    assert all(re.fullmatch(r"[\w -]{1,31}", s) for s in sheets)
    write_tables(tables, tmp_path / "folder")
    assert sorted(f.name for f in tmp_path.iterdir()) == ["folder", "t.xlsx"]
    assert len(list((tmp_path / "folder").iterdir())) == len(names) + 1


def test_a_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = write_tables({"one": table(n=[1])}, tmp_path / "t.xlsx")
    before = path.read_bytes()
    monkeypatch.setattr("fireplan.project._table_export._write_cell", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_tables({"one": table(n=[2])}, path)
    assert path.read_bytes() == before
    assert [f.name for f in tmp_path.iterdir()] == ["t.xlsx"]


def test_the_callers_table_stays_as_it_is(tmp_path):
    mine = placed(name=["=1"], n=[1]).set_index("name")
    before = mine.copy()
    for name in FORMATS:
        write_tables({"one": mine}, tmp_path / name)
    assert mine.equals(before)
    assert mine.index.name == "name"


@pytest.mark.parametrize(
    ("tables", "name", "message"),
    [
        ({}, "t.xlsx", "no tables"),
        ({"a": pd.DataFrame()}, "t.ods", "let its name end in .xlsx"),
        ({"a": pd.DataFrame(), "b": pd.DataFrame()}, "t.csv", "takes one table, not 2"),
        ({"a": pd.DataFrame({"n": [1]})}, "t.geojson", "has no geometry"),
        ({"Notes": pd.DataFrame({"n": [1]})}, "t.xlsx", "which the notes are"),
        ({"a": pd.DataFrame([[1, 2]], columns=["n", "n"])}, "t.xlsx", "stands twice"),
        ({"a": gpd.GeoDataFrame(geometry=[shapely.Point(1, 1)])}, "t.gpkg", "no CRS"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, tables, name, message):
    with pytest.raises(InputError, match=message):
        write_tables(tables, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@settings(max_examples=300)
@given(st.text(st.sampled_from("{}$`<>&\"'\\\u2028=+-@\t\r\n;,|ab19*7\u202e\u200b\x00\x1b\ud800"), max_size=20))
def test_safe_text_starts_no_formula_and_keeps_what_is_seen(text):
    safe = exports.safe_text(text)
    assert not safe.lstrip().startswith(exports.STARTS_A_FORMULA)
    assert safe.isprintable()
    safe.encode("utf-8")
    seen = "".join(plain(safe.removeprefix("'")).split())
    assert seen in {"".join(plain(text).split()), "".join(plain(text.removeprefix("'")).split())}


@pytest.mark.corpus
@pytest.mark.parametrize("case", [c for c in corpus_cases("cad") if "inject_" in c["file"]], ids=lambda c: c["file"])
def test_corpus_files_come_out_without_anything_that_runs(case, shared_corpus, tmp_path):
    raw = pd.read_csv(shared_corpus / case["file"], dtype=str, keep_default_na=False)
    longitude, latitude = (pd.to_numeric(raw[c], errors="coerce") for c in ("longitude", "latitude"))
    history = read_cad(shared_corpus / case["file"], timezone="America/New_York")
    for name in FORMATS:
        places = gpd.GeoDataFrame(raw, geometry=gpd.points_from_xy(longitude, latitude), crs=4326)
        found = read_all(write_tables({"rows": places}, tmp_path / name[0] / name))
        assert not [v for v in found if v.lstrip().startswith(("=", "+", "@", "\uff1d"))]
        assert not [v for v in found if v.startswith("-") and not re.fullmatch(r"-[\d.]+", v)]
        assert all(c.isprintable() for v in found for c in v)
        written = write_tables({"incidents": history.incidents}, tmp_path / "read" / name[0] / name)
        assert len(read_all(written)) > len(history.incidents)


def test_three_hundred_strings_come_out_of_every_format_without_anything_that_runs(tmp_path):
    found: list[str] = []

    @settings(max_examples=600)
    @given(st.lists(st.sampled_from(BITS), min_size=1, max_size=8).map("".join))
    def draw(text):
        found.append(text)

    draw()
    texts = list(dict.fromkeys(found))[:300]
    assert len(texts) == 300
    for name in FORMATS:
        got = read_all(write_tables({"one": placed(text=texts)}, tmp_path / name[0] / name, notice=RESTRICTED))
        assert not [v for v in got if v.lstrip().startswith(("=", "+", "-", "@", "\uff1d"))]
        assert "1337" not in "".join(got)
        wanted = {str(exports.safe_text(t)).strip() for t in texts if str(exports.safe_text(t)).strip()}
        assert wanted <= {v.strip() for v in got}


@pytest.mark.corpus
def test_events_of_the_corpus_come_out_without_anything_that_runs(shared_corpus, tmp_path):
    for case in (c for c in corpus_cases("feed") if "inject_" in c["file"]):
        lines = (shared_corpus / case["file"]).read_text(encoding="utf-8").splitlines()
        rows = pd.DataFrame([json.loads(line) for line in lines])
        events = gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(rows["longitude"], rows["latitude"]), crs=4326)
        for name in FORMATS:
            got = read_all(write_tables({"events": events}, tmp_path / name[0] / name))
            assert {"{{191*7}} ${window.__FPCANARY=1}", "<img src=x onerror=window.__FPCANARY=1>"} <= set(got)
            assert "1337" not in "".join(got)
