"""The report of a calibrated department: expected shares, and a chapter on how wrong its drive times are."""

import base64
import io
import re

import numpy as np
import pandas as pd
import pytest
from learnt_drives import learnt, runs
from markupsafe import Markup

import fireplan as fp
from fireplan import wording
from fireplan.calibration import diagnostics, model_card
from fireplan.maps._layers.attribute_tables import counted_of
from fireplan.maps._layers.chance_tables import held_by_class
from fireplan.measures._assessment import headline_row
from fireplan.measures._drives_said import SOURCE, expected_said
from fireplan.report import _coverage_sections, _html_page, material_of
from fireplan.report._write_report import report_bytes

STANDARD = fp.standards.NFPA_1710
CLOSED = fp.CloseStation("S1")


@pytest.fixture(scope="module")
def planned():
    return fp.examples.line_town().apply(fp.OpenStation("S2", at=(-140.0, 30.04), units=("E2",)), name="today")


@pytest.fixture(scope="module")
def both(planned):
    town = planned.calibrated(learnt(planned.roads))
    return fp.compare(town, town.apply(CLOSED, name="closed"), standard=STANDARD)


@pytest.fixture(scope="module")
def page(both):
    return report_bytes(material_of(both, runs=runs(), title="Line town")).decode()


def tables(page):
    found = re.findall(r'download="([^"]+)" href="data:text/csv;charset=utf-8;base64,([^"]+)"', page)
    return {name: pd.read_csv(io.BytesIO(base64.b64decode(data)), encoding="utf-8-sig") for name, data in found}


def named(page, key):
    return next(table for name, table in tables(page).items() if f"-{key}.csv" in name)


def words(page):
    return " ".join(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)).split())


def chapters(page):
    return re.findall(r'<h2><span class="no">\d+</span> ([^<]+)</h2>', page)


def test_the_summary_says_what_is_expected_and_how_wrong_drives_are(page, both):
    row = headline_row(both.baseline)
    share = wording.share_of(row["share"], row["n"], "people", goal=0.9, low=row["share_low"], high=row["share_high"])
    assert f"{share} are expected to be reached by the first engine within 4:00" in words(page)
    assert expected_said(row) in words(page)
    assert "Drive times: median error 15 s, p90 49 s, held out, n = 1,919, learnt from observed runs." in words(page)
    gain = both.gains().loc[("closed", "first_engine", "population")]
    told = f"modelled, expected over drives), “closed” brings {wording.count(gain['gained'])} within it and loses"
    assert f"{told} {wording.count(gain['lost'])}" in words(page)
    assert "planning speeds, not learnt" not in words(page)


def test_methods_and_words_are_those_of_learnt_drives(page):
    assert "fitted without its day, so" in words(page)
    assert "at what was learnt from dispatch records" in words(page)
    assert "Shares are expected over drives" in words(page)
    assert "planned for the class of road" not in words(page)
    assert "until speeds are set right" not in words(page)


def test_the_chapter_holds_the_card_the_ladder_and_the_errors(page, both):
    assert chapters(page).index("Drive times") == chapters(page).index("Distribution") - 1
    calibration = both.baseline.scenario.calibration
    found = diagnostics(runs(), calibration, both.baseline.scenario)
    for part in model_card(calibration, found).parts:
        for line in part.lines:
            assert " ".join(line.split()) in words(page).replace("&#39;", "'")
    models = named(page, "models")
    assert models["median_error_s"].tolist() == [s.error.median_error_s for s in calibration.ladder]
    for name in ("by_fifth", "by_station", "by_distance", "by_class", "by_hour"):
        table = named(page, f"drives_{name}")
        mine = getattr(found, name)
        assert table["n"].tolist() == mine["n"].tolist()
        np.testing.assert_allclose(table["bias_s"], mine["bias_s"], rtol=1e-6)
    for key in ("drive_models", "drive_times", "drive_bias_by_station", "drive_errors_by_hour"):
        assert len(named(page, key))


def test_what_it_must_not_be_used_for_is_read_before_the_values(page):
    heads = re.findall(r"<h3>([^<]+)</h3>", page)
    assert heads.index("What it must not be used for") < heads.index("What it is") < heads.index("Values")


def test_shares_stand_with_their_interval_and_the_median_drive(page, both):
    row = headline_row(both.baseline)
    ends = wording.between(row["share_low"], row["share_high"])
    assert f"{wording.share(row['share'], goal=0.9)}{ends}" in words(page)
    for head in (
        "expected share (95 % interval)",
        "at the median drive",
        "90 % of arrivals by [min:s]",
        "lost, expected",
    ):
        assert head in words(page)
    chance = named(page, "first_due_chance").set_index("zone_id")["chance"]
    np.testing.assert_allclose(chance, both.baseline.zones["first_engine_chance"], rtol=1e-6)


def test_without_runs_the_chapter_says_so(both, monkeypatch):
    monkeypatch.setattr(_html_page, "_picture", lambda _: (Markup(), 0))
    page = report_bytes(material_of(both), chapters={"drive_times"}).decode()
    assert "The runs themselves were not given" in words(page)
    assert "fireplan.calibration.held_out_runs" in words(page)
    assert not [name for name in tables(page) if "drives_by" in name]


def test_a_planned_department_has_no_chapter_but_is_told_its_times_are_short(planned, monkeypatch):
    monkeypatch.setattr(_html_page, "_picture", lambda _: (Markup(), 0))
    material = material_of(planned, standard=STANDARD)
    page = report_bytes(material).decode()
    assert "Drive times" not in chapters(page)
    assert "Modelled times are planning speeds, not learnt from records, and usually too short" in words(page)
    assert " ".join(SOURCE.split()) in words(page)
    for head in ("expected", "at the median drive"):
        assert head not in words(page)
    asked = report_bytes(material, chapters={"drive_times"}).decode()
    assert chapters(asked) == ["Drive times"]
    assert "No calibration was given. Modelled times are planning speeds" in words(asked)


def test_the_classes_of_a_map_of_chances_are_those_of_the_map_page(both, monkeypatch):
    drawn = {}
    monkeypatch.setattr(_coverage_sections, "shaded", lambda key, shading, **_: drawn.setdefault(key, shading))
    goal = STANDARD["first_engine"]
    _coverage_sections._chance_map(material_of(both), goal, "chance")
    values, weight = (getattr(drawn["chance"], name) for name in ("values", "weight"))
    here = {
        band.label: wording.count(weight[(values > band.above) & (values <= band.up_to)].sum())
        for band in drawn["chance"].bands
        if band.label != "not reached"
    }
    part = counted_of(both.baseline, goal, count=None)
    there = held_by_class(both.baseline, goal, part)
    assert {label: there[label] for label in here} == here
    raw = 100 * both.baseline.zones["first_engine_chance"]
    assert (values == np.floor(raw + 0.5)).all()


def test_gaps_are_told_as_they_are_expected(both, monkeypatch):
    monkeypatch.setattr(_html_page, "_picture", lambda _: (Markup(), 0))
    text = words(report_bytes(material_of(both), chapters={"summary", "gaps", "methods"}).decode())
    found = fp.gaps(both.baseline)
    outside = f"{wording.count(found.attrs['outside'])} of {wording.count(found.attrs['total'])} people"
    late = wording.count(found["late"].sum())
    assert len(found)
    assert (
        f"{outside} are expected outside, {late} of them in {wording.counted(len(found), 'gap')}, where help is" in text
    )
    assert "Zones that lie together, and where help is likelier late than in time, are one gap." in text
    assert "Times are medians; drive times: median error 15 s, p90 49 s, held out, n = 1,919." in text
    assert f"{outside} are expected not to have the First engine within 4:00: {late} in gaps, " in text
    assert "of learnt drives by their median" in text
    assert "Zones outside the objective" not in text


def test_where_no_gap_is_who_is_late_is_still_told(both, monkeypatch):
    monkeypatch.setattr(_html_page, "_picture", lambda _: (Markup(), 0))
    town = both.baseline.scenario.apply(fp.OpenStation("S3", at=(-140.0, 30.02), units=("E3",)), name="three")
    found = fp.gaps(fp.assess(town, standard=STANDARD))
    assert not len(found)
    text = words(report_bytes(material_of(town, standard=STANDARD), chapters={"summary", "gaps"}).decode())
    outside = f"{wording.count(found.attrs['outside'])} of {wording.count(found.attrs['total'])} people are expected"
    assert f"No gap was found: {outside} outside, scattered or where help is likelier in time." in text
    assert f"There is no gap: {outside} not to have the First engine within 4:00: 0 scattered where" in text
    assert "all zones that weigh anything" not in text


def test_periods_stand_alone_and_the_whole_week_is_told_once(monkeypatch):
    monkeypatch.setattr(_html_page, "_picture", lambda _: (Markup(), 0))
    hours = (("22:00 to 06:00", (22, 6), 1.1), ("06:00 to 22:00", (6, 22), 0.95))
    periods = tuple(fp.roads.SpeedPeriod(n, hours=h, factor=f, basis="calibrated") for n, h, f in hours)
    planned = fp.examples.line_town()
    town = planned.calibrated(learnt(planned.roads, periods=periods, week_sd=0.06))
    page = report_bytes(material_of(town, standard=STANDARD), chapters={"distribution", "methods"}).decode()
    assert set(named(page, "periods")["period"]) == {name for name, *_ in hours}
    assert "whole week" not in words(page).lower()
    assert "All other figures of this report are over all hours of the week together." in words(page)
    assert "Hours of the day are all taken together; the table by period tells them apart." in words(page)
    assert "Period when" not in words(page)
    assert "Their intervals (95 %) are of drives as fitted to days drawn anew" in words(page)


def test_the_same_inputs_give_the_same_bytes(page, both):
    assert report_bytes(material_of(both, runs=runs(), title="Line town")).decode() == page


def test_runs_that_are_not_those_of_the_calibration_are_told(both, monkeypatch):
    monkeypatch.setattr(_html_page, "_picture", lambda _: (Markup(), 0))
    page = report_bytes(material_of(both, runs=runs(500)), chapters={"drive_times"}).decode()
    assert "The errors below are of 500 runs, the calibration was made of 1,919: they are not the same runs." in words(
        page
    )
    page = report_bytes(material_of(both, runs=runs()), chapters={"drive_times"}).decode()
    assert "they are not the same runs" not in words(page)
