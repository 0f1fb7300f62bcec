"""
Thousands of damaged files of every kind that is read beside roads and stations: refused in words, or every row told.

The quick part runs with the rest; the thorough one by hand, with `-m soak`. What it finds goes to tests/regressions.
"""

import io
import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mutations import hold, mutations

from fireplan.drive_times import read_calibration
from fireplan.incidents import read_cad
from fireplan.incidents._columns.mapping import load_mapping
from fireplan.operations._events.feed_check import check_feed_file
from fireplan.project import read_plan

ZONE = "America/New_York"
NAMES = (
    "incident_id,unit_id,call_type,priority,latitude,longitude,received,dispatched,enroute,arrived,cleared,narrative"
)
DAY = "2024-03-05T"


QUOTED = '"a ""b"", c"'


def call(n):
    stamps = ",".join(f"{DAY}{14 + n // 50}:{n:02}:{second:02}" for second in (1, 12, 23, 44, 59))
    return f"24-{n},E{n % 4},FIRE,{1 + n % 3},39.95{n},-75.16{n},{stamps},{QUOTED if n % 5 else ''}"


CAD = "\n".join([NAMES, *map(call, range(10, 22))]).encode()
ROWS = pd.read_csv(io.BytesIO(CAD), dtype=str, keep_default_na=False)
FEED = "\n".join(
    json.dumps(
        {"event_id": f"e{n}", "seq": n, "ts": f"{DAY}19:00:{n:02}Z", "type": kind, "incident_id": "24-1"}
        | ({"unit_id": f"E{n % 3}"} if kind.startswith("unit") else {"latitude": 39.95, "longitude": -75.16})
    )
    for n, kind in enumerate(
        ["incident.created", "unit.dispatched", "unit.enroute", "unit.arrived", "unit.cleared", "incident.closed"] * 2
    )
).encode()
PLAN = b"""name = "Town"
timezone = "America/New_York"
[inputs]
network = "roads.osm"
stations = "stations.csv"
cad = "cad.csv"
[standards]
use = ["NFPA_1710"]
[[standards.local]]
name = "Ours"
weight = "population"
travel_seconds = 300
at_most_outside = 10
source = "invented"
[[scenario]]
name = "Station 8"
changes = [ { open_station = "S8", at = [-75.16, 39.95], units = ["E8"] }, { close_station = "S1" } ]
[output]
dir = "out"
"""
MAPPING = b"""title = "Ours"
[columns]
incident_id = "Number"
unit_id = "Unit"
received = "Rcvd"
arrived = "At scene"
[times]
formats = ["%m/%d/%Y %H:%M:%S"]
zone = "UTC"
[translate.priority]
"P1" = "1"
"""


def as_parquet(**how):
    held = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(ROWS, preserve_index=False), held, **how)
    return held.getvalue()


def as_workbook():
    held = io.BytesIO()
    ROWS.to_excel(held, index=False)
    return held.getvalue()


def of_cad(path):
    history = read_cad(path, timezone=ZONE)
    ends = (history.rows_ok, history.rows_set_aside, history.rows_duplicate, history.rows_held)
    assert history.rows_in == sum(ends)
    assert len(history.responses) == history.rows_ok
    assert len(history.quarantine) == history.rows_set_aside


def of_feed(path):
    found = check_feed_file(path)
    assert found.rows_in == found.rows_ok + found.duplicates + found.rows_quarantined
    lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    assert found.rows_in == sum(bool(line.strip().strip(b"\0")) for line in lines)


def of_calibration(path):
    read_calibration(path)


KINDS = {
    "cad": (of_cad, lambda: {"a.csv": CAD, "b.json": ROWS.to_json(orient="records").encode()}, 300),
    "binary": (
        of_cad,
        lambda: {"a.parquet": as_parquet(), "b.parquet": as_parquet(compression="none"), "c.xlsx": as_workbook()},
        15,
    ),
    "feed": (of_feed, lambda: {"a.jsonl": FEED}, 1_000),
    "plan": (read_plan, lambda: {"plan.toml": PLAN}, 300),
    "mapping": (load_mapping, lambda: {"a.toml": MAPPING}, 300),
    "calibration": (of_calibration, None, 85),
}
"""How each is read, what is damaged, and how often at each commit: some 2,000 in all."""

THOROUGH = {"cad": 17_000, "binary": 3_000, "feed": 15_000, "plan": 7_000, "mapping": 6_000, "calibration": 2_000}


def contents_of(kind, shipped):
    make = KINDS[kind][1]
    return {"calibration.toml": shipped.read_bytes()} if make is None else make()


@pytest.fixture
def shipped(request):
    return request.config.rootpath / "data" / "marisol" / "calibration.toml"


def try_many(kind, count, shipped, folder, *, seed):
    read = KINDS[kind][0]
    refused = 0
    for name, number, data in mutations(contents_of(kind, shipped), count, seed=seed):
        path = folder / name
        path.write_bytes(data)
        refused += hold(read, path, f"mutation {number} of {name} with seed {seed}")
    return refused


@pytest.mark.parametrize("kind", KINDS)
def test_whole_files_are_read(kind, shipped, tmp_path):
    for name, data in contents_of(kind, shipped).items():
        path = tmp_path / name
        path.write_bytes(data)
        assert not hold(KINDS[kind][0], path, name)


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_refused_in_words_or_told_whole(kind, shipped, tmp_path):
    try_many(kind, KINDS[kind][2], shipped, tmp_path, seed=19)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_very_many_damaged_files_are_refused_in_words_or_told_whole(kind, shipped, tmp_path, request):
    if "soak" not in request.config.getoption("-m"):
        pytest.skip("some twenty minutes: by hand, with -m soak")
    try_many(kind, THOROUGH[kind], shipped, tmp_path, seed=20)
