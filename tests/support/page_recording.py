"""
What the page's unit tests are given: a small town's ground, states and updates, as the service makes them.

They lie in tests/page/recorded.json; tests/page/test_recording.py says how to write it anew, and holds it to this.
"""

import json

from live_desks import department
from live_towns import at_us, call, run, say

from fireplan._page_kit.coordinate_codec import pack_coordinates, pack_integers
from fireplan.live._desk.base_layers import ground_of
from fireplan.live._desk.event_loop import _changes
from fireplan.live._desk.state import StateMaker

STORE = {"state": "ok", "since": None, "last_commit": at_us(0) // 1000, "said": ""}
SCENE, OTHER = (-140.0, 30.01), (-140.0, 30.021)
NUMBERS = [0, 1, -1, 15, 16, -16, 31, 32, 1000, -1000, 123456, -18_000_000, 18_000_000]
PLACES = [[-140.0, 30.0], [-139.99999, 30.00001], [0.0, 0.0], [179.99999, -89.99999]]


def _events():
    """A fire, an unknown unit, a medical call that is over; by the second."""
    return sorted(
        [
            call("i1", 0, at=SCENE),
            *run("i1", "E1", 60, 120, 290),
            call("i2", 100, at=OTHER, call_type="MEDICAL - FALL", priority="2"),
            *run("i2", "E2", 150, 200, 260, 400),
            say("unit.in_service", 210, "X9"),
            say("incident.closed", 900, incident="i1"),
            say("unit.cleared", 890, "E1", "i1"),
        ],
        key=lambda event: event.order,
    )


def recording():
    """The ground, and a state every 100 seconds with the update that leads to it."""
    home = department()
    maker, day = StateMaker(home, source="test"), None
    today = maker.today()
    states, updates = [], []
    events = _events()
    for rev, second in enumerate(range(0, 1200, 100), start=1):
        due = [e for e in events if at_us(second - 100) < e.ts_us <= at_us(second)]
        for event in due:
            maker.health.hear(event)
            maker.picture.take(event, now_us=at_us(second))
        today.take(due)
        head = {"boot": "k3f9", "rev": rev, "live": True, "speed": 1.0, "paused": False, "upto": rev, "range": None}
        head |= {"wall": at_us(second) // 1000, "store": STORE}
        state = {**head, **maker.state(at_us(second))}
        if second >= 300:
            day = today.shown(at_us(second)) if second % 300 == 0 else day
            state.update(day)
        updates.append(_changes(states[-1] if states else None, state) if states else None)
        states.append(state)
    ground = ground_of(maker.picture.cover, title=home.title, timezone=home.timezone, replay=True)
    said = {
        "ground": ground | {"version": "0"},
        "states": [state | {"role": "operator"} for state in states],
        "updates": updates[1:],
        "numbers": {"values": NUMBERS, "packed": pack_integers(NUMBERS)},
        "places": {"values": PLACES, "packed": pack_coordinates(PLACES)},
    }
    return json.loads(json.dumps(said))


def written(said):
    """As the file has it: a line for each state, so that a change is seen."""
    parts = [f"{json.dumps(name)}: {_lines(value)}" for name, value in said.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _lines(value):
    if isinstance(value, list):
        return "[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in value) + "\n]"
    return json.dumps(value, ensure_ascii=False)
