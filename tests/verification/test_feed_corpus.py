"""The shared corpus of feeds, each file as `fireplan check` reads it: verdict, counts, message, time and memory."""

import resource
import time

import pytest
from corpus import corpus_cases, mentions
from live_towns import line_picture

from fireplan.operations._events.event import Event
from fireplan.operations._events.feed_check import check_feed_file
from fireplan.operations._events.feed_lines import read_line

CASES = corpus_cases("feed")
AT_MOST_S = 2.0
AT_MOST_KB = 300 * 1024

pytestmark = pytest.mark.corpus


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_file_gets_its_verdict_and_its_counts(case, shared_corpus):
    held_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began_s = time.process_time()
    found = check_feed_file(shared_corpus / case["file"])
    assert time.process_time() - began_s < AT_MOST_S
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held_kb < AT_MOST_KB
    assert found.verdict == case["verdict"]
    assert found.rows_in == int(case["rows_in"])
    assert found.rows_ok == int(case["rows_ok"])
    assert found.rows_quarantined == int(case["rows_quarantined"])
    assert found.rows_in == found.rows_ok + found.duplicates + found.rows_quarantined
    said = "\n".join(found.messages())
    for token in filter(None, (case["must_mention"] or "").split(";")):
        assert mentions(said, token), said


def test_the_corpus_is_read_whole(shared_corpus):
    assert len(CASES) == len(list((shared_corpus / "feed").iterdir()))


SAME = ("out_of_order", "reversed", "duplicate_events", "replay_whole_file", "blank_lines_crlf", "utf8_bom")


@pytest.mark.parametrize("name", SAME)
def test_order_and_repetition_end_in_the_same_state(name, shared_corpus):
    def state(file):
        picture = line_picture()
        for raw in (shared_corpus / "feed" / f"{file}.jsonl").read_bytes().split(b"\n"):
            read = read_line(raw, number=None, received_us=2 * 10**15, source="test")
            if isinstance(read, Event):
                picture.take(read, now_us=1709665400 * 10**6)
        scene = picture.scene(1709665400 * 10**6)
        incidents = [
            (i.incident_id, i.received_us, i.closed_us, i.at, {u: r.__getstate__() for u, r in i.responses.items()})
            for i in scene.incidents
        ]
        return scene.units, incidents, scene.codes.tolist()

    assert state(name) == state("proto_pollution")  # the eight events of ok.jsonl


def test_hostile_files_are_no_picture_that_fails(shared_corpus):
    picture = line_picture()
    taken = 0
    for file in sorted((shared_corpus / "feed").iterdir()):
        for raw in file.read_bytes().split(b"\n"):
            read = read_line(raw, number=None, received_us=2 * 10**15, source="test")
            if isinstance(read, Event):
                picture.take(read, now_us=read.ts_us)
                taken += 1
    picture.scene(picture.board.latest_us)
    assert taken > 150
