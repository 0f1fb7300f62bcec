"""What the service sends is what its schema says: key by key, and no other."""

import copy
import json
import re
from pathlib import Path

import pytest
from fake_desk import TOKENS, Served
from jsonschema import Draft202012Validator
from live_desks import desk_at, eventually
from live_states import dense, faults_of, quiet, recorded, state
from live_towns import at_us, call, run, say

from fireplan.live._web.state_schema import state_schema
from fireplan.operations._status.drawdown import TITLES
from fireplan.operations._status.unit_status import STATUSES

ROOT = Path(__file__).resolve().parents[2]
SCENE = (-140.0, 30.01)
SCHEMA = state_schema()


def test_it_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_in_docs_is_that_of_the_service():
    # To write it anew: FILE.write_text(json.dumps(state_schema(), indent=2) + "\n")
    file = ROOT / "docs" / "state.schema.json"
    assert json.loads(file.read_text(encoding="utf-8")) == SCHEMA


def test_every_key_is_described_and_none_may_be_added():
    for name, said in SCHEMA["$defs"].items():
        assert said["description"], name
        assert said["additionalProperties"] is False, name
        assert [key for key, kind in said["properties"].items() if not kind.get("description")] == [], name


def test_keys_are_as_their_types_have_them():
    """A few, by hand: what may be missing, what may be null, what is one of few words."""
    defs = SCHEMA["$defs"]
    assert set(defs["State"]["properties"]) - set(defs["State"]["required"]) == {"today", "hours"}
    assert set(defs["Update"]["required"]) == {"rev", "now", "wall", "speed", "paused", "upto"}
    assert set(defs["CoverNews"]["properties"]) - set(defs["CoverNews"]["required"]) == {"zones", "first"}
    assert defs["UnitState"]["properties"]["status"]["enum"] == list(STATUSES)
    assert defs["FreeState"]["properties"]["kind"]["enum"] == list(TITLES)
    assert {one.get("type") for one in defs["UnitState"]["properties"]["home_by"]["anyOf"]} == {"integer", "null"}
    assert set(defs["WayState"]["properties"]) == {"points", "from", "to"}


def test_docs_name_the_same_keys():
    text = (
        (ROOT / "docs" / "live.md").read_text(encoding="utf-8").partition("## What it sends")[2].partition("\n## ")[0]
    )
    for name in ("State", "Update", "Ground"):
        row = re.search(rf"^\| `{name}` \|[^|]*\|(.*)\|$", text, re.MULTILINE)
        assert re.findall(r"`(\w+)`", row[1]) == list(SCHEMA["$defs"][name]["properties"]), name


# States of the real service


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """States, updates, the ground and a moment of the past of a small town's desk to which much happens."""
    states, updates = [], []
    with desk_at(f"sqlite:///{tmp_path_factory.mktemp('desk') / 'live.db'}") as desk:
        desk.subscribe(lambda update: updates.append(copy.deepcopy(update.data)))
        states.append(copy.deepcopy(desk.snapshot()))
        steps = [
            [call("i1", 0, at=SCENE), *run("i1", "E1", 60)],
            [*run("i1", "E1", 60, 120, 290)[1:], say("unit.in_service", 200, "X9")],
            [say("incident.created", 400, incident="i2"), *run("i2", "E2", 410, 420)],
            [say("unit.cleared", 900, "E1", "i1"), say("unit.out_of_service", 900, "E2")],
        ]
        for events in steps:
            desk.clock.at = max(e.ts_us for e in events)
            rev = desk.snapshot()["rev"]
            desk.submit(events).result(10)
            eventually(lambda rev=rev: desk.snapshot()["rev"] > rev)
            states.append(copy.deepcopy(desk.snapshot()))
        eventually(lambda: "today" in desk.snapshot())
        states.append(copy.deepcopy(desk.snapshot()))
        desk.clock.at = at_us(90_000)
        eventually(lambda: any("gone" in update for update in updates))
        past = desk.moment(at_us(300))
        ground = copy.deepcopy(desk.ground)
    return states, updates, ground, past


def test_states_and_updates_of_a_desk_are_as_the_schema_has_them(told):
    states, updates, ground, past = told
    assert [fault for said in [*states, past] for fault in faults_of("State", {**said, "role": "viewer"})] == []
    assert [fault for update in updates for fault in faults_of("Update", update)] == []
    assert faults_of("Ground", ground) == []
    seen = {key for update in updates for key in update}
    assert seen >= {"units", "incidents", "cover", "alerts", "today", "hours", "health", "range", "gone"}
    assert past["live"] is False


def test_an_afternoon_in_marisol_is_as_the_schema_has_it():
    afternoon = recorded()
    assert faults_of("State", state()) == []
    assert faults_of("State", quiet()) == []
    assert faults_of("State", dense()) == []
    assert faults_of("State", {**afternoon.moment, "role": "viewer"}) == []
    assert faults_of("Ground", afternoon.ground) == []
    assert [fault for update in afternoon.updates for fault in faults_of("Update", update)] == []
    # What is shown is no easy case: nothing of this is empty.
    busy = state()
    assert all(busy[part] for part in ("units", "incidents", "advice", "alerts", "hours"))
    assert all((busy["cover"]["force"], busy["today"]["rows"], busy["health"]["refusals"]))
    assert any(unit["way"] for unit in busy["units"])
    assert any(incident["force"] for incident in busy["incidents"])


def _renamed(said):
    """Every object with one of its keys renamed, one after the other."""
    if isinstance(said, dict):
        for key, value in said.items():
            yield {(f"{k}_x" if k == key else k): v for k, v in said.items()}
            for inner in _renamed(value):
                yield {**said, key: inner}
    elif isinstance(said, list) and said:
        for inner in _renamed(said[0]):
            yield [inner, *said[1:]]


def test_a_key_that_the_service_renames_is_a_fault():
    small = state()
    for part in ("units", "incidents", "advice", "alerts", "hours"):
        small[part] = [max(small[part], key=lambda one: len(json.dumps(one)))]
    small["today"]["rows"] = small["today"]["rows"][:1]
    small["cover"]["first"]["units"] = small["cover"]["first"]["units"][:1]
    assert faults_of("State", small) == []
    passed = [said for said in _renamed(small) if not faults_of("State", said)]
    assert passed == []


def test_the_web_service_gives_a_state_with_the_role_of_who_asks(tmp_path):
    """State, stream and ground, as they leave the server."""
    with desk_at(f"sqlite:///{tmp_path / 'live.db'}") as desk, Served(None, desk=_Kept(desk)) as served:
        answer = served.ask("GET", "/api/state", token=TOKENS.operator)
        assert faults_of("State", answer.json()) == []
        assert answer.json()["role"] == "operator"
        assert faults_of("Ground", served.ask("GET", "/api/ground", token=TOKENS.viewer).json()) == []
        with served.stream() as stream:
            _, name, first = stream.next()
            assert (name, faults_of("State", first)) == ("snapshot", [])
            desk.clock.to(60)
            desk.submit([call("i1", 30, at=SCENE)]).result(10)
            _, name, news = stream.next("update")
            assert (name, faults_of("Update", news)) == ("update", [])


def test_the_desk_that_stands_in_for_the_real_one_says_what_that_says():
    with Served(None) as served:
        heard = []
        served.desk.subscribe(lambda update: heard.append(update.data))
        said = {"event_id": "e1", "ts": "2025-07-01T08:00:00Z", "type": "incident.created", "incident_id": "25-1"}
        assert served.ask("POST", "/api/events", token=TOKENS.feed, body=said).status == 200
        eventually(lambda: heard)
        assert faults_of("State", served.desk.snapshot() | {"role": "viewer"}) == []
        assert faults_of("State", served.desk.moment(1_751_000_000_000_000) | {"role": "viewer"}) == []
        assert faults_of("Update", heard[0]) == []
        assert faults_of("Ground", served.desk.ground) == []


class _Kept:
    """A desk that who serves it does not close."""

    def __init__(self, desk):
        self._desk = desk

    def __getattr__(self, name):
        return getattr(self._desk, name)

    def close(self):
        """Leave that to whoever opened it."""
