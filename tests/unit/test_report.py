"""The report: its figures are those of the measures, its text is text, and the same inputs give the same bytes."""

import base64
import io
import re
import sys

import numpy as np
import pandas as pd
import pytest
from histories import department, history, went
from markupsafe import Markup

import fireplan as fp
from fireplan.comparison import Comparison
from fireplan.errors import InputError
from fireplan.report import _html_page, material_of, write_report
from fireplan.report._blocks import Heading, Points, Prose, Section, Table, TableColumn
from fireplan.report._cell_words import NOTHING, cell_words
from fireplan.report._html_page import csv_of, set_page
from fireplan.report._write_report import report_bytes, sections_of
from fireplan.response_performance import _performance
from fireplan.wording import MINUS, share_of

STANDARD = fp.standards.NFPA_1710
HOSTILE = "<script>window.canary=1</script>{{191*7}}${1}`x`"
CHAPTERS = [
    "Summary", "Community risk and demand", "Response performance", "Distribution", "Concentration",
    "Reliability and workload", "When units are out", "Gaps", "Scenarios side by side", "Where to put stations",
    "Methods and sources", "Data ledger", "Manifest",
]  # fmt: skip
AT_30_02 = fp.OpenStation("S2", at=(-140.0, 30.03), name="Station 2", units=("E2",))


def calls(n=60):
    """Sixty incidents in two months: turnout 60 s, travel 100 s and rising by 10 s."""
    rows = []
    for i in range(n):
        at = pd.Timestamp("2025-03-03 20:00", tz="UTC") + pd.Timedelta(hours=17 * i)
        rows.append(went(f"F{i:03}", "E1", 0, 60, 120, 220 + 10 * i, 3000, at=at))
    return history(*rows)


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town()


@pytest.fixture(scope="module")
def comparison(town):
    return fp.compare(town, town.apply(AT_30_02, name="with S2"), standard=STANDARD)


@pytest.fixture(scope="module")
def page(comparison):
    return report_bytes(material_of(comparison, history=calls(), title="Line town")).decode()


@pytest.fixture
def undrawn(monkeypatch):
    """Leave pictures out: what is only read does not wait for them."""
    monkeypatch.setattr(_html_page, "_picture", lambda _: (Markup(), 0))


def tables(page):
    """Every table of a page, by the name of its file."""
    found = re.findall(r'download="([^"]+)" href="data:text/csv;charset=utf-8;base64,([^"]+)"', page)
    return {name: pd.read_csv(io.BytesIO(base64.b64decode(data)), encoding="utf-8-sig") for name, data in found}


def named(page, key):
    return next(table for name, table in tables(page).items() if f"-{key}.csv" in name)


def words(page):
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)).split())


def test_it_reads_from_start_to_end(page):
    assert re.findall(r'<h2><span class="no">\d+</span> ([^<]+)</h2>', page) == CHAPTERS
    assert re.findall(r'<li><a href="#s(\d+)">', page) == [str(i + 1) for i in range(len(CHAPTERS))]


def test_it_has_no_script_and_asks_for_nothing(page):
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert not re.findall(r'\son[a-z]+="|javascript:|style="', page)


def test_shares_are_those_of_the_assessment(page, comparison):
    table = named(page, "distribution_shares").set_index(["objective", "measure"])
    summary = comparison.baseline.summary()
    for key, row in table.iterrows():
        assert row["share"] == pytest.approx(summary.loc[key, "share"], rel=1e-8)
        assert row["n"] == pytest.approx(summary.loc[key, "n"], rel=1e-8)
    people = summary.loc[("first_engine", "population")]
    assert share_of(people["share"], people["n"], "people", goal=0.9) in words(page)


def test_gains_are_those_of_the_comparison(page, comparison):
    table = named(page, "gains").set_index(["scenario", "objective", "measure"])
    gains = comparison.gains()
    assert table["gained"].to_numpy() == pytest.approx(gains["gained"].to_numpy(float))
    row = gains.loc[("with S2", "first_engine", "population")]
    assert f"“with S2” brings {row['gained']:,.0f} within it and loses {row['lost']:,.0f}" in words(page)


def test_performance_is_worked_out_by_hand(page):
    # Total response 220, 230, ... 810 s: the 54th of 60 is 750 s; within 240 s of travel (100 to 340 s: 15 of 60).
    table = named(page, "performance").set_index("measure")
    assert table.loc["total_response", "p90_s"] == 750
    assert table.loc["total_response", "n"] == 60
    assert table.loc["first_engine", "within"] == 15
    assert "12:30 after the call or sooner" in words(page)
    assert "25.0 % of 60 incidents" in words(page)


def test_every_table_and_figure_has_a_number_and_its_data(page):
    shown = re.findall(r"<b>((?:Table|Figure) \d+)\.</b>", page)
    assert len(shown) == len(set(shown)) == len(tables(page))
    numbers = [int(s.split()[1]) for s in shown if s.startswith("Table")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert all(re.search(r'<img alt="[^"]{40,}"', image) for image in re.findall(r"<img [^>]+>", page))


def test_figures_not_seen_in_their_source_are_marked(page):
    assert "NOT SEEN in its source" in page
    assert "Figures of the standard that were not seen in their source" in page


def test_the_same_inputs_give_the_same_bytes(page, comparison):
    again = report_bytes(material_of(comparison, history=calls(), title="Line town"))
    assert again.decode() == page


def test_a_history_is_measured_once_for_all_tables(comparison, monkeypatch):
    asked = []
    measures = _performance.objectives_of
    monkeypatch.setattr(_performance, "objectives_of", lambda *args: asked.append(args) or measures(*args))
    material = material_of(comparison, history=calls())
    tables = [b for s in sections_of(material) for b in s.blocks if b.form in {"table", "figure"}]
    assert {"performance", "by_month", "by_station", "baselines"} <= {b.key for b in tables}
    assert len(asked) == 1


@pytest.mark.usefixtures("undrawn")
def test_without_records_it_says_so(comparison):
    text = words(report_bytes(material_of(comparison)).decode())
    assert text.count("No dispatch history was given, so nothing here was observed.") == 2
    assert "No dispatch records were given" in text
    assert "No search for sites was given." in text


def test_records_alone_make_a_report():
    text = words(report_bytes(material_of(calls(), standard=STANDARD)).decode())
    assert "No zones were given" in text
    assert text.count("No department was given, so nothing here was modelled.") == 3
    assert "n = 60" in text


@pytest.mark.usefixtures("undrawn")
def test_one_scenario_alone_makes_a_report(town):
    text = words(report_bytes(material_of(town, standard=STANDARD)).decode())
    assert "No what-if was given" in text
    with pytest.raises(InputError, match="standard"):
        material_of(town)


@pytest.mark.usefixtures("undrawn")
def test_few_records_are_told_and_not_drawn(comparison):
    text = words(report_bytes(material_of(comparison, history=calls(4))).decode())
    assert "No figure: 4 records" in text
    assert "Too few records are known" in text


@pytest.mark.usefixtures("undrawn")
def test_no_gaps_are_said():
    town = department(E1=("engine", 4))
    near = fp.Scenario(town.roads, town.stations, town.units, town.zones.iloc[:5])
    text = words(report_bytes(material_of(near, standard=STANDARD)).decode())
    assert "There is no gap" in text


def test_hostile_names_show_as_typed(town):
    stations = town.stations.assign(name=HOSTILE)
    zones = town.zones.assign(district=[HOSTILE, "=1+2"] * 20)
    scenario = fp.Scenario(town.roads, stations, town.units, zones, name=HOSTILE, source=HOSTILE, provenance="invented")
    other = scenario.apply(AT_30_02, name=f"{HOSTILE} 2")
    records = calls()
    records.incidents["category"] = HOSTILE
    material = material_of(fp.compare(scenario, other, standard=STANDARD), history=records, title=HOSTILE)
    page = report_bytes(material).decode()
    assert "<script" not in page
    assert "1337" not in words(page)  # what a template would make of it
    assert "{{" not in re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert "&lt;script&gt;window.canary=1&lt;/script&gt;&#123;&#123;191*7&#125;&#125;&#36;&#123;1&#125;" in page
    assert "'=1+2" in set(next(t for t in tables(page).values() if "district" in t)["district"])


def test_the_page_escapes_every_kind_of_block_once():
    data = pd.DataFrame({"a": ["<b>&"], "n": [1.0]})
    blocks = [
        Prose("<i>&"), Heading("<i>&"), Points(("<i>&",)),
        Table("k", "<i>&", data, (TableColumn("a", "<i>&"), TableColumn("n", "n", "count")), "<i>&"),
    ]  # fmt: skip
    page, attachments = set_page("<i>&", [Section("<i>&", blocks)], facts=[("<i>&", "<i>&")])
    assert "<i>" not in page
    assert "&amp;amp;" not in page
    assert page.count("&lt;i&gt;&amp;") == 12
    assert page.count("&lt;b&gt;&amp;") == 1
    assert [a.file for a in attachments] == ["table-01-k.csv"]


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (0.8244, "share", "82.4 %"), (np.nan, "share", NOTHING), (339.2, "clock", "5:39"),
        (339.2, "percentile", "5:40"), (np.inf, "clock", "not reached"), (np.inf, "high", "no upper end"),
        (-np.inf, "low", "no lower end"), (339.9, "low", "5:39"), (339.2, "high", "5:40"), (np.nan, "low", NOTHING),
        (0.084, "points", "+8.4"), (-11259.0, "signed", f"{MINUS}11,259"), (-0.2, "signed", "0"),
        (1234.5, "count", "1,235"), (1.25, "number", "1.3"),
        ("goal 90 %: met", "verdict", "goal 90 %: met"), (pd.NA, "verdict", NOTHING),
        (None, "text", NOTHING), ("first_engine", "name", "first engine"),
    ],
)  # fmt: skip
def test_cells(value, kind, text):
    assert cell_words(value, kind) == text


def test_tables_run_no_formula_and_keep_their_index():
    table = pd.DataFrame({"x": ["=cmd()", "+1", "a"]}, index=pd.Index(["@a", "b", "c"], name="id"))
    assert csv_of(table).decode("utf-8-sig") == "id,x\n'@a,'=cmd()\nb,'+1\nc,a\n"


def test_callers_tables_stay_as_they_are(town):
    records = calls()
    before = records.responses.copy(), records.incidents.copy(), town.zones.copy()
    report_bytes(material_of(fp.assess(town, standard=STANDARD), history=records))
    for was, now in zip(before, (records.responses, records.incidents, town.zones), strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(was), pd.DataFrame(now))


@pytest.mark.usefixtures("undrawn")
def test_it_is_written_whole(comparison, tmp_path):
    target = write_report(comparison, tmp_path / "report.html", paper="Letter")
    assert "size: letter" in target.read_text(encoding="utf-8")
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("name", "how", "said"),
    [("report.docx", {}, "end in .html or .pdf"), ("no/report.html", {}, "no folder"),
     ("report.html", {"paper": "A5"}, "A4")],
)  # fmt: skip
def test_what_cannot_be_written(comparison, tmp_path, name, how, said):
    with pytest.raises(InputError, match=said):
        write_report(comparison, tmp_path / name, **how)
    assert list(tmp_path.iterdir()) == []


def test_a_pdf_without_weasyprint_says_what_to_do(comparison, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(InputError, match=r'pip install "fireplan\[pdf\]".*browser'):
        write_report(comparison, tmp_path / "report.pdf")
    assert list(tmp_path.iterdir()) == []


def test_parts_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="already"):
        material_of(calls(), history=calls())
    with pytest.raises(InputError, match="cannot report on a dict"):
        material_of({})


@pytest.mark.usefixtures("undrawn")
def test_sites_are_reported_with_their_proof(town):
    places = fp.siting.grid_sites(town, spacing_m=500)
    found = fp.siting.max_coverage(town, stations=1, candidates=places, within_s=240)
    tried = fp.siting.robustness(found, stations=1, candidates=places, within_s=240, runs=5, seed=1)
    material = material_of(town, standard=STANDARD, siting=found, robustness=tried)
    page = report_bytes(material).decode()
    assert f"The plan attains {found.objective:,.6g} of 400 people" in words(page)
    assert "Whether it holds under other assumptions" in page
    assert len(named(page, "robustness")) == len(tried.sites)
    assert named(page, "site_curve")["objective"].tolist() == pytest.approx(found.curve["objective"].tolist())


def test_a_hundred_scenarios_are_told_with_a_few_maps(town):
    many = [town.apply(fp.ScaleSpeeds(1 + i / 100), name=f"s{i}") for i in range(99)]
    comparison = Comparison(tuple(fp.assess(s, standard=STANDARD) for s in (town, *many[:99])))
    sections = sections_of(material_of(comparison))
    chapter = next(s for s in sections if s.title == "Scenarios side by side")
    assert sum(b.form == "figure" for b in chapter.blocks) == 4
    assert any(b.form == "prose" and b.text.startswith("95 more scenarios") for b in chapter.blocks)


def test_a_history_of_units_that_nobody_knows_is_refused(comparison):
    strangers = history(*(went(f"F{i:03}", "ZZ9", 0, 60, 120, 220 + i, 3000) for i in range(30)))
    with pytest.raises(InputError, match="none of the 1 unit of this history is in the table of units"):
        material_of(comparison, history=strangers)


@pytest.mark.usefixtures("undrawn")
def test_ground_that_no_station_reaches_is_not_reached_from_none(town):
    cut = town.apply(fp.CloseRoad("", near=(-140.0, 30.0105)), name="bridge out")
    text = words(report_bytes(material_of(cut, standard=STANDARD)).decode())
    assert "no station reaches most of it" in text
    assert "None" not in text
