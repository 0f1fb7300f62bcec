"""What docs/strange_exports.md says of three exports is so."""

import tomllib
from pathlib import Path

import pytest

import fireplan as fp
from fireplan.incidents import draft_mapping

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "data" / "cases"
PAGE = (ROOT / "docs" / "strange_exports.md").read_text(encoding="utf-8")


def blocks(heading, kind):
    part = PAGE.split(f"## {heading}")[1].split("\n## ")[0]
    return [block.split("```")[0].strip() for block in part.split(f"```{kind}\n")[1:]]


def read(name, zone):
    draft = draft_mapping(CASES / f"{name}.csv", timezone=zone)
    return draft, fp.read_cad(CASES / f"{name}.csv", timezone=zone, mapping=draft)


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("A status log", "status_log_motorola"),
        ("One date, five clocks, over midnight", "one_date_clocks_over_midnight"),
        ("Seconds instead of times, on a national grid", "elapsed_only_lfb_incident"),
    ],
)
def test_the_file_holds_what_is_shown(heading, name):
    text = (CASES / f"{name}.csv").read_text(encoding="utf-8")
    for line in blocks(heading, "csv")[0].splitlines():
        for part in line.split("..."):
            assert part.strip(",") in text


def test_a_status_log_gives_each_unit_its_own_times(tmp_path):
    log = tomllib.loads(blocks("A status log", "toml")[0])["log"]
    text = (CASES / "status_log_motorola.csv").read_text(encoding="utf-8").replace("DISTRICT_CD", "AREA")
    file = tmp_path / "log.csv"
    file.write_text(text.replace("INCIDENT_NO", "Run Number"), encoding="utf-8")  # no bundled mapping fits it any more
    draft = draft_mapping(file, timezone="America/New_York")
    assert draft.bundled == ""
    assert draft.mapping.log.model_dump(mode="json") == log
    _, history = read("status_log_motorola", "America/New_York")
    assert (history.rows_in, len(history.responses), len(history.incidents)) == (40, 10, 5)
    first = history.responses[history.responses["incident_id"] == "24-10001"].set_index("unit_id")["arrived"]
    assert (first["T1"] - first["E1"]).total_seconds() == 75


def test_clocks_go_on_past_midnight():
    draft, history = read("one_date_clocks_over_midnight", "Europe/Dublin")
    shown = tomllib.loads(blocks("One date, five clocks, over midnight", "toml")[0])["join"]
    assert draft.mapping.model_dump(mode="json")["join"] == shown
    moved = history.ledger.set_index("code").loc["next_day", "rows"]
    assert moved == 6
    assert (
        history.responses["cleared"].dropna() >= history.responses["received"][history.responses["cleared"].notna()]
    ).all()
    measured = fp.performance(history)
    assert (measured["n"] > 0).all()
    with pytest.raises(fp.errors.InputError, match="unit"):
        fp.workload(history)


def test_seconds_become_arrivals_of_two_pumps():
    draft, history = read("elapsed_only_lfb_incident", "Europe/London")
    shown = tomllib.loads(blocks("Seconds instead of times, on a national grid", "toml")[0])
    told = draft.mapping.model_dump(mode="json", exclude_defaults=True)
    assert {key: told[key] for key in shown} == shown
    assert (len(history.incidents), len(history.responses)) == (30, 60)
    measured = fp.performance(history)
    total = measured.loc["total_response"]
    assert (total["n"], total["p50_s"], total["p90_s"]) == (30, 322, 453)
    assert (measured.drop("total_response")["n"] == 0).all()
