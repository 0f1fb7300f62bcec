"""The shared corpus of faulty CAD files, and one real city's export."""

import time

import pytest
from corpus import corpus_cases, mentions

from fireplan.errors import FireplanError
from fireplan.incidents import read_cad

ZONE = "America/New_York"  # of the whole corpus
UNITS = {"cad/unknown_unit_mutual_aid.csv": ["E1", "T1", "M1", "E2", "E3", "L3"]}  # those of stations/ok.csv


def read_case(case, corpus):
    """Verdict, counts and words of one file."""
    try:
        history = read_cad(corpus / case["file"], timezone=ZONE, units=UNITS.get(case["file"]))
    except FireplanError as error:
        return "ERROR", None, str(error)
    counts = [str(n) for n in (history.rows_in, history.rows_ok, history.rows_set_aside)]
    set_aside = zip(history.quarantine["line"], history.quarantine["reason"], strict=True)
    text = "\n".join([*history.messages(), *(f"line {line}: {reason}" for line, reason in set_aside)])
    ends = history.rows_ok + history.rows_set_aside + history.rows_duplicate + history.rows_held
    assert history.rows_in == ends
    return history.verdict, counts, text


@pytest.mark.corpus
def test_the_corpus_of_cad_files_is_here(shared_corpus):
    assert {row["file"] for row in corpus_cases("cad")} == {f"cad/{f.name}" for f in (shared_corpus / "cad").iterdir()}


@pytest.mark.corpus
@pytest.mark.parametrize("case", corpus_cases("cad"), ids=lambda case: case["file"])
def test_corpus_file_gets_its_verdict(case, shared_corpus):
    started = time.perf_counter()
    verdict, counts, text = read_case(case, shared_corpus)
    assert time.perf_counter() - started < 2
    assert "EXAMPLE" not in text
    assert "FPCANARY" not in text
    if case["verdict"] != "ERROR":
        assert counts == [case["rows_in"], case["rows_ok"], case["rows_quarantined"]]
    assert verdict == case["verdict"], text
    missing = [token for token in case["must_mention"].split(";") if token and not mentions(text, token)]
    assert not missing, text


@pytest.mark.corpus
def test_units_of_neighbours_are_flagged_but_used(shared_corpus):
    name = "cad/unknown_unit_mutual_aid.csv"
    history = read_cad(shared_corpus / name, timezone=ZONE, units=UNITS[name])
    assert history.responses.set_index("unit_id")["mutual_aid"].to_dict()["E901"]
    assert history.responses["mutual_aid"].sum() == 1


@pytest.mark.corpus
def test_corpus_figures(shared_corpus):
    def read(name):
        return read_cad(shared_corpus / "cad" / name, timezone=ZONE)

    assert read("nine_rows_p90.csv").responses["travel_s"].tolist() == [60.0 * n for n in range(1, 10)]
    assert read("mixed_naive_aware.csv").responses["call_processing_s"].tolist() == [60, 60]
    assert read("dst_overlap_spanning.csv").responses["call_processing_s"].iloc[-1] == 60
    assert read("midnight_crossing_ok.csv").responses["call_processing_s"].iloc[-1] == 40
    several = read("multi_unit_incident.csv")
    assert len(several.incidents) == 1
    assert several.responses.set_index("unit_id").loc["E2", "total_response_s"] == 290
    assert read("utc_z.csv").responses["received"].dt.tz_convert(ZONE).dt.hour.unique().tolist() == [9]
    assert set(read("fractional_seconds.csv").responses["received"].dt.microsecond) == {250_000}
    far = read("far_away_mutual_aid.csv")
    assert far.incidents["geometry"].isna().sum() == 1
    assert len(far.responses) == 4
    assert read("columns_reordered.csv").responses.equals(read("extra_columns.csv").responses)


@pytest.mark.realdata
def test_san_francisco_reads_whole(shared_data):
    started = time.perf_counter()
    history = read_cad(
        shared_data / "sf" / "sffd_calls_2020-04-07_20.csv.gz", timezone="America/Los_Angeles", mapping="san_francisco"
    )
    assert time.perf_counter() - started < 5  # some 0.4 s on two idle cores
    assert (history.rows_in, history.rows_ok, history.rows_set_aside, history.rows_duplicate) == (10_410, 10_410, 0, 0)
    assert (len(history.incidents), len(history.responses)) == (5_292, 10_410)
    assert history.responses["unit_id"].nunique() == 199
    assert history.incidents["geometry"].notna().all()
    rows = history.ledger.set_index("code")["rows"]
    given = history.responses[["enroute", "arrived", "cleared"]].notna().sum()
    # by a count of blank cells: On Scene 1,716, Response 203, Available 2; one unit is available before it arrives
    assert rows["cancelled"] == 1_716
    assert rows["enroute_missing"] == 203
    assert rows["cleared_missing"] == 2
    assert rows["cleared_before_arrived"] == 1
    assert given.tolist() == [10_410 - 203, 10_410 - 1_716, 10_410 - 2 - 1]
    assert set(history.incidents["category"]) == {"fire", "ems", "alarm", "rescue", "hazmat", "service", "other"}
    first = history.responses.set_index(["incident_id", "unit_id"]).loc[("200983546", "E32")]
    # 11:53:08 PM, 11:55:56 PM, 11:58:22 PM, 12:00:00 AM in daylight saving time
    assert first["received"].isoformat() == "2020-04-08T06:53:08+00:00"
    assert first[["call_processing_s", "turnout_s", "travel_s", "total_response_s"]].tolist() == [168, 146, 98, 412]
    assert (first["unit_type"], first["station_area"]) == ("engine", "32")
