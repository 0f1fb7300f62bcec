"""What the page's unit tests are given is what the service says."""

import json
from pathlib import Path

from live_states import faults_of
from page_recording import recording

RECORDED = json.loads((Path(__file__).resolve().parent / "recorded.json").read_text(encoding="utf-8"))


def test_it_is_what_the_service_says_today():
    # To write it anew: FILE.write_text(page_recording.written(page_recording.recording()))
    assert recording() == RECORDED


def test_it_is_as_the_schema_has_it():
    assert faults_of("Ground", RECORDED["ground"]) == []
    assert [fault for state in RECORDED["states"] for fault in faults_of("State", state)] == []
    assert [fault for update in RECORDED["updates"] for fault in faults_of("Update", update)] == []
    assert {"units", "incidents", "cover", "alerts", "today", "hours"} <= {k for u in RECORDED["updates"] for k in u}
