"""What a newcomer is shown: drafts and histories in a notebook, and the first plan.toml."""

import html
import re
import tomllib
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from typer.testing import CliRunner

import fireplan as fp
from fireplan._cli import app, terminal
from fireplan.comparison import Comparison
from fireplan.errors import UnreachableStationError
from fireplan.report._inputs import material_of
from fireplan.report._summary_section import _sentences

CASES = Path(__file__).parents[1] / "data" / "cases"
MARISOL = Path(__file__).parents[2] / "data" / "marisol"
EAST, WEST = "America/New_York", "America/Los_Angeles"


@pytest.mark.parametrize("name", ["nyc_fire_dispatch", "wide_units", "header_punctuation", "no_incident_id"])
def test_a_table_at_hand_is_drafted_as_its_file_is(name):
    file = CASES / f"{name}.csv"
    table = pd.read_csv(file, dtype="str")
    of_file, of_table = (fp.incidents.draft_mapping(given, timezone=EAST) for given in (file, table))
    pd.testing.assert_frame_equal(of_table.fields, of_file.fields)
    assert (of_table.questions, of_table.unused, of_table.rows) == (of_file.questions, of_file.unused, of_file.rows)
    read = fp.read_cad(table, mapping=of_table, timezone=EAST)
    assert read.rows_ok == fp.read_cad(file, mapping=of_file, timezone=EAST).rows_ok == len(table)


def test_a_table_of_typed_columns_is_drafted_too():
    table = pd.read_csv(CASES / "nyc_fire_dispatch.csv")
    times = [name for name in table if name.endswith(("DATETIME", "INCIDENT_DATETIME"))]
    table[times] = table[times].apply(pd.to_datetime)
    draft = fp.incidents.draft_mapping(table, timezone=EAST)
    read = fp.read_cad(table, mapping=draft, timezone=EAST)
    as_text = fp.read_cad(CASES / "nyc_fire_dispatch.csv", mapping=draft, timezone=EAST)
    assert read.responses["arrived"].tolist() == as_text.responses["arrived"].tolist()


def test_a_history_shows_itself_in_a_line_without_a_place():
    history = fp.read_cad(CASES / "wide_units.csv", mapping=fp.incidents.draft_mapping(CASES / "wide_units.csv"),
                          timezone=EAST)  # fmt: skip
    said = repr(history)
    assert said.startswith(
        "Dispatch history, ACCEPT: 30 rows, 30 used, 0 set aside, 0 twice; 30 incidents, 90 responses"
    )
    assert "2024-03-13 to 2024-03-14 (America/New_York)" in said
    assert "POINT" not in said
    assert len(said) < 250


def test_a_draft_of_a_mapping_shows_itself_line_by_line():
    said = repr(fp.incidents.draft_mapping(CASES / "nyc_fire_dispatch.csv")).splitlines()
    assert said[0] == "Draft of a mapping for nyc_fire_dispatch.csv: 30 rows"
    assert "  arrived: FIRST_ON_SCENE_DATETIME" in said
    assert any(line.startswith("  zone: ZIPCODE (GUESS: ") for line in said)
    assert said[-1] == "  not in it: unit_id, priority, latitude, longitude"
    bundled = repr(fp.incidents.draft_mapping(CASES / "status_log_motorola.csv"))
    assert "the mapping 'motorola', which comes with fireplan, fits" in bundled


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """Marisol with a station at sea, and a table of units that leaves two engines out."""
    tmp_path = tmp_path_factory.mktemp("newcomer")
    stations = (MARISOL / "stations.csv").read_text(encoding="utf-8") + "S99,Fireboat,33.9,-127.5,FB1\n"
    (tmp_path / "stations.csv").write_text(stations, encoding="utf-8")
    units = (MARISOL / "units.csv").read_text(encoding="utf-8").splitlines()
    left = [line for line in units if not line.startswith(("E2,", "E4,"))]
    assert len(left) == len(units) - 2
    (tmp_path / "units.csv").write_text("\n".join(left), encoding="utf-8")
    return fp.project.draft(
        tmp_path / "town", roads=MARISOL / "roads.osm.gz", stations=tmp_path / "stations.csv",
        units=tmp_path / "units.csv", cad=MARISOL / "cad.csv.gz", timezone=WEST,
    )  # fmt: skip


def test_units_that_the_table_does_not_name_are_told_before_they_count_as_neighbours(town):
    (said,) = [note for note in town.notes if "table of units does not name" in note]
    # Twelve are Ocean County's, and neighbours' indeed.
    assert "are of 14 units that the table of units does not name ('E2', 'E4', 'OCN BC22'," in said
    history = fp.read_cad(MARISOL / "cad.csv.gz", timezone=WEST)
    units = history.responses["unit_id"]
    n = int((units.isin(["E2", "E4"]) | units.str.startswith("OCN ")).sum())
    assert said.startswith(f"cad.csv.gz: {n:,} of {len(history.responses):,} responses")


def test_a_draft_of_a_project_shows_itself_line_by_line(town):
    said = repr(town).splitlines()
    assert said[0] == "Draft of the project town, America/Los_Angeles"
    assert "  ASTRAY   station S99 (Fireboat) lies 82.1 km from the nearest road" in said
    assert any(line.startswith("  MISSING  outlines with people") for line in said)


def test_the_first_plan_says_which_keys_there_are_and_names_what_is_left_out(town):
    text = (town.leaving_out("S99").write() / "plan.toml").read_text(encoding="utf-8")
    assert "All keys: docs/plan.md" in text
    assert "S99 (Fireboat) lies 82.1 km from the nearest road" in text
    (line,) = [line for line in text.splitlines() if line.startswith("# emergency_priorities")]
    listed = tomllib.loads(line.removeprefix("# "))["emergency_priorities"]
    assert listed == list(town.priorities)[:12]
    assert line.endswith("# strike out those that are not")


def test_the_terminal_explains_what_its_table_holds_and_names_what_a_gap_holds():
    line = fp.examples.line_town()
    alone = Comparison((fp.assess(line, standard=fp.standards.NFPA_1710),))
    both = fp.compare(line, line.apply(name="same"), standard=fp.standards.NFPA_1710)
    free = replace(alone.standard, objectives=tuple(replace(o, share=None) for o in alone.standard.objectives))
    captions = [
        terminal.shares_table(c, title="x").caption.plain
        for c in (alone, both, Comparison((fp.assess(line, standard=free),)))
    ]
    goal = "goal: what the objective asks for, and whether it is so"
    assert captions == [goal, f"in brackets: change in percentage points; {goal}", ""]
    head, first = terminal.gap_lines("today", fp.gaps(alone.baseline))
    assert "of 400 people outside First engine, 4:00" in head
    assert "scattered" not in head  # there are none
    found = fp.gaps(alone.baseline)
    found.attrs["scattered"] = 12.0
    assert terminal.gap_lines("today", found)[0].endswith(", in 1 gap; 12 of them lie scattered, in no gap")
    assert re.match(r"  1\. [1-9]\d* people in ", first)


def test_a_gap_of_one_is_told_as_one():
    line = fp.examples.line_town()
    calls = line.zones[["geometry"]].assign(incidents=[0.0] * 39 + [1.0])
    one = fp.Scenario(line.roads, line.stations, line.units, calls, name="one", timezone="UTC")
    held = fp.assess(one, standard=fp.standards.NFPA_1710)
    assert terminal.gap_lines("one", fp.gaps(held, weight="incidents"))[1].startswith("  1. 1 incident in ")


def told(*words):
    found = CliRunner().invoke(app.app, [str(word) for word in words], env={"COLUMNS": "80"})
    return found.output


def test_a_refused_export_is_told_which_mapping_fits_or_how_one_is_drafted():
    zone = ("--kind", "cad", "--timezone", EAST)
    refused = told("check", CASES / "status_log_motorola.csv", *zone)
    assert refused.startswith("ERROR")
    assert "the mapping 'motorola', which comes with fireplan, fits this file: add --mapping motorola" in refused
    assert told("check", CASES / "status_log_motorola.csv", *zone, "--mapping", "motorola").startswith("REPAIR")
    refused = told("check", CASES / "nyc_fire_dispatch.csv", *zone)
    assert f"fireplan map nyc_fire_dispatch.csv --timezone {EAST} --out mapping.toml drafts a mapping" in refused


def test_what_refused_a_mapping_that_was_given_is_told_alone(tmp_path):
    (tmp_path / "m.toml").write_text('[columns]\nincident_id = "STARFIRE"\n', encoding="utf-8")
    refused = told("check", CASES / "nyc_fire_dispatch.csv", "--kind", "cad", "--timezone", EAST, "--mapping",
                   tmp_path / "m.toml")  # fmt: skip
    assert refused.startswith("ERROR")
    assert "fireplan map nyc" not in refused


def test_a_ledger_is_read_as_sentences_at_eighty_columns(tmp_path):
    mapping = tmp_path / "m.toml"
    told("map", CASES / "nyc_fire_dispatch.csv", "--out", mapping)
    lines = told("check", CASES / "nyc_fire_dispatch.csv", "--kind", "cad", "--timezone", EAST, "--mapping", mapping)
    lines = [line.rstrip() for line in lines.splitlines()]
    assert lines[:2] == ["REPAIR nyc_fire_dispatch.csv: 30 rows, 30 used, 0 set aside", "used: 30 rows (rows_used)"]
    at = lines.index("counted: 4 rows, lines 2, 11, 20, 29 [arrived] (cancelled)")
    assert lines[at + 1] == "  cleared but never arrived: cancelled en route, or arrival not recorded; not in"
    assert "noted: whole file [priority, point] (column_absent)" in lines


def test_long_names_of_columns_stay_whole_and_what_to_look_at_is_said_below():
    shown = told("map", CASES / "nyc_fire_dispatch.csv", "--timezone", EAST)
    for name in ("FIRST_ACTIVATION_DATETIME", "STARFIRE_INCIDENT_ID", "INCIDENT_CLASSIFICATION"):
        assert f" {name} " in shown
    assert 'GUESS zone: ZIPCODE; by "zipcode"' in shown
    assert "LOOK AT call_type: INCIDENT_CLASSIFICATION; 75.0 % of its values look like one" in shown
    assert "Read by it: REPAIR, 30 rows, 30 used" in shown  # with a time zone the draft itself is tried
    beside = told("map", CASES / "wide_units.csv")
    assert "Units stand side by side, 3 in a row: each gets a row; the first is shown." in beside


def test_an_empty_folder_is_told_what_to_name(tmp_path):
    shown = told("init", tmp_path / "city").replace("\n", " ")
    assert "What was understood" not in shown
    assert "roads: an OpenStreetMap extract" in shown
    assert "--roads FILE --stations FILE" in shown
    assert not (tmp_path / "city").exists()


def test_units_left_out_for_their_station_are_still_the_departments_own(tmp_path):
    """What the draft says of strange units is what the project then says."""
    units = (MARISOL / "units.csv").read_text(encoding="utf-8").replace("E2,engine,S2,", "E2,engine,Depot 9,")
    (tmp_path / "units.csv").write_text(units, encoding="utf-8")
    found = fp.project.draft(tmp_path / "town", stations=MARISOL / "stations.csv", units=tmp_path / "units.csv",
                             cad=MARISOL / "cad.csv.gz", timezone=WEST)  # fmt: skip
    (said,) = [note for note in found.notes if "table of units does not name" in note]
    assert "1,362 of 52,770 responses are of 12 units" in said


def test_the_pages_on_files_lead_to_one_another():
    docs = Path(__file__).parents[2] / "docs"
    pages = ("mappings", "formats", "data_formats", "plan", "projects", "strange_exports")
    text = {page: (docs / f"{page}.md").read_text(encoding="utf-8") for page in pages}
    links = {page: set(re.findall(r"\]\(([\w/]+)\.md(?:#[\w-]+)?\)", text[page])) for page in pages}
    assert {(page, link) for page in pages for link in links[page] if not (docs / f"{link}.md").is_file()} == set()
    for page in pages:
        assert links[page] & set(pages) - {page}, page
        assert any(page in links[other] for other in pages if other != page) or page == "plan", page
    assert links["plan"] >= {"projects", "mappings", "formats", "data_formats"}
    assert "plan" in links["projects"]


def test_who_sees_the_figures_or_the_map_sees_which_stations_are_left_out(town):
    home = town.leaving_out("S99").write()
    shown = told("assess", home)
    said = "Left out by the plan: Fireboat (S99)."
    assert said in shown
    page = (home / "out" / "map.RESTRICTED.html").read_text(encoding="utf-8")
    foot = html.unescape(page.split('class="fp-foot"')[1].split("</footer>")[0])
    assert f"{said} Times along streets" in foot
    (summary,) = [text for text in _sentences(material_of(fp.open_project(home))) if "This report rests on" in text]
    assert f"incidents (1 Jan 2024 to 31 Dec 2025). {said}" in summary


def test_nothing_is_said_of_stations_where_none_is_left_out():
    assert fp.open_project(MARISOL).left_out == ""


def test_the_columns_that_were_found_are_no_fault_of_their_own():
    refused = told("check", CASES / "nyc_fire_dispatch.csv", "--kind", "cad", "--timezone", EAST)
    assert "- 1 fault in CAD file 'nyc_fire_dispatch.csv': column 'received' is missing" in refused
    assert "(the columns found are 'STARFIRE_INCIDENT_ID'," in refused


def test_the_lines_of_the_readme_on_a_city_of_ones_own_run(tmp_path, monkeypatch):
    page = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall("```python notest\n(.*?)```", page.split("## Your own city")[1].split("\n## ")[0], re.DOTALL)
    (tmp_path / "stations.csv").write_text(
        (MARISOL / "stations.csv").read_text(encoding="utf-8") + "S99,Fireboat,33.9,-127.5,FB1\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    code = code.replace('"city.osm.pbf"', repr(str(MARISOL / "roads.osm.gz")))
    code = code.replace('"stations.xlsx"', f'"stations.csv", timezone="{WEST}"')  # Marisol lies at sea
    names = {"fp": fp}
    exec(code, names)  # noqa: S102 - lines of our own page
    assert len(names["today"].stations) == 7
    fp.assess(names["today"], standard=fp.standards.NFPA_1710)  # nothing is astray any more


def test_a_station_off_the_road_may_be_left_out_and_the_error_says_how(town):
    home = town.leaving_out("S99").write()
    plan = (home / "plan.toml").read_text(encoding="utf-8")
    (home / "kept.toml").write_text(re.sub(r"leave_out = \[.*\]", "leave_out = []", plan), encoding="utf-8")
    with pytest.raises(UnreachableStationError, match=r"'S99' lies 82.1 km .* leave them out by `leave_out` in"):
        fp.assess(fp.read_project(home / "kept.toml"), standard=fp.standards.NFPA_1710)


def test_fires_off_the_road_are_counted_among_fires():
    line = fp.examples.line_town()
    at = gpd.points_from_xy([-140.0] * 4 + [-139.9] * 3, [30.001] * 4 + [30.0] * 3)
    kinds = ["fire", "fire", "ems", "ems", "fire", "ems", "ems"]
    calls = gpd.GeoDataFrame({"incident_id": list("ABCDEFG"), "category": kinds}, geometry=at, crs=4326)
    town = fp.Scenario(line.roads, line.stations, line.units, line.zones[["geometry"]], incidents=calls)
    (said,) = [n for n in fp.assess(town, standard=fp.standards.NFPA_1710).notes() if "from any road" in n]
    assert said == "1 of 3 incidents (fire) lie more than 200 m from any road and count as not reached"
