"""The report's chapter on units that are out, on a history counted by hand, and what it says where it cannot tell."""

import pandas as pd
import pytest

import fireplan as fp
from fireplan.project import open_project, write_project
from fireplan.report import material_of
from fireplan.report._units_out_section import NO_DEPARTMENT, NO_UNITS, NOBODY_TOLD, TITLE, units_out_section
from tests.support.histories import history, went
from tests.support.units_out_calls import two_weeks_of_calls

STANDARD = fp.standards.NFPA_1710
PAIRS = 12


@pytest.fixture(scope="module")
def town():
    return fp.examples.line_town().apply(fp.OpenStation("S2", at=(-140.0, 30.03), name="Station 2", units=("E2",)))


@pytest.fixture(scope="module")
def blocks(town):
    """Twelve times a call that finds E1 at home, and ten minutes later one that finds it out and gets E2."""
    rows = []
    for i in range(PAIRS):
        at = pd.Timestamp("2025-03-03 20:00", tz="UTC") + pd.Timedelta(hours=29 * i)
        later = at + pd.Timedelta(minutes=10)
        rows += [
            went(f"A{i}", "E1", 0, 60, 120, 220, 3600, at=at),
            went(f"B{i}", "E2", 0, 60, 120, 420, 1800, at=later),
        ]
    return units_out_section(material_of(town, standard=STANDARD, history=history(*rows))).blocks


def table(blocks, key):
    return next(b.data for b in blocks if b.form == "table" and b.key == key)


def said(blocks):
    return " ".join(b.text for b in blocks if b.form == "prose")


def test_it_begins_with_a_sentence_that_has_its_n(blocks):
    assert blocks[0].text == (
        "Of 100 calls 50 find every engine of their first-due station out (invented: 50.0 % of 24 incidents, 95 %"
        " interval 31.4 % to 68.6 %). Of those 0 % have one within 4:00 (travel time), of the others 100 % (n = 12 and"
        " 12)."
    )


def test_who_finds_the_first_due_engine_out_is_counted(blocks):
    found = table(blocks, "first_due_out").set_index("name")
    assert found.loc[["all stations", "Station 1"], ["n", "out", "n_free"]].to_numpy().tolist() == [[24, 12, 12]] * 2
    assert found.loc["Station 1", ["share_within_free", "share_within_out"]].tolist() == [1.0, 0.0]


def test_misses_by_units_out_add_up(blocks):
    found = table(blocks, "units_committed").xs("first_engine", level="measure")
    assert found["n"].to_dict() == {"0": 12, "1": 12}
    assert found["within"].to_dict() == {"0": 12, "1": 0}
    assert any(b.form == "figure" and b.key == "units_out" for b in blocks)
    assert table(blocks, "all_units_committed")["n"].sum() == table(blocks, "back_to_back")["n"].sum() == 24


def test_all_that_was_missed_is_from_units_out(blocks):
    assert "Of the 12 missed whose reason is known" in said(blocks)
    assert "100 % (12) were missed because the first-due engine was out" in said(blocks)


def test_cover_is_less_with_units_out_and_both_are_told(blocks):
    found = table(blocks, "cover_when_busy").loc[("first_engine", "population")]
    assert found["lost_share"] == pytest.approx(found["home_share"] - found["share"])
    assert found["lost_share"] > 0
    busy = table(blocks, "busy_shares")
    # 12 x 3,540 s of E1, from the midnight before the first call to that after the last: 14 days, one of them short.
    assert busy.loc["E1", ["n", "busy_share"]].tolist() == [PAIRS, pytest.approx(PAIRS * 3540 / (14 * 86400 - 3600))]
    assert "Modelled; units are out for" in said(blocks)


def test_nothing_is_simulated_that_no_plan_asks_for(blocks):
    assert not {"replay_error", "simulation"} & {b.key for b in blocks if b.form == "table"}


def test_what_cannot_be_told_is_said_in_a_line(town):
    calls = history(went("A", "E1", 0, 60, 120, 220, 3600))
    alone = fp.response_performance.attend(calls, scenario=town)
    nameless = fp.response_performance.attend(
        fp.read_cad(
            pd.DataFrame({"incident_id": ["A"], "received": ["2025-03-03 20:00"], "arrived": ["2025-03-03 20:05"]}),
            timezone="UTC",
        ),
        scenario=town,
    )
    for material, text in (
        (material_of(town, standard=STANDARD), NOBODY_TOLD),
        (material_of(calls, standard=STANDARD), NO_DEPARTMENT),
        (material_of(town, standard=STANDARD, history=nameless), NO_UNITS),
    ):
        section = units_out_section(material)
        assert (section.title, [(b.text, b.tone) for b in section.blocks]) == (TITLE, [(text, "absent")])
    few = units_out_section(material_of(town, standard=STANDARD, history=alone)).blocks
    assert few[0].text == "Too few incidents (1) to say how often the first-due unit is out."


def test_a_plan_that_simulates_has_the_error_of_the_replay_first(town, tmp_path):
    plain = fp.Scenario(town.roads, town.stations, town.units, town.zones, provenance="invented", source="line town")
    folder = write_project(plain, tmp_path / "line")
    two_weeks_of_calls().to_csv(folder / "cad.csv", index=False)
    plan = (folder / "plan.toml").read_text(encoding="utf-8")
    plan = plan.replace("[inputs]\n", '[inputs]\ncad = "cad.csv"\ncad_timezone = "Etc/GMT+9"\n')
    (folder / "plan.toml").write_text(plan + "\n[simulation]\ndays = 7\nreplications = 2\nseed = 5\n", encoding="utf-8")
    blocks = units_out_section(material_of(open_project(folder))).blocks
    keys = [b.key for b in blocks if b.form == "table"]
    assert keys.index("replay_error") < keys.index("simulation")
    assert "Drawn: 7 days, 2 replications, seed 5" in said(blocks)
    error = table(blocks, "replay_error").set_index("what")
    assert error.loc["Within the limit, observed", "n"] == 28
