"""Each rule on turns as a small map, driven without turns, with their mean, and with each by itself."""

from dataclasses import replace

import numpy as np
import pytest
from ascii_roads import Town, drawn

from fireplan import roads
from fireplan.errors import InputError
from fireplan.roads import Control, Feature, TurnDelays

PLAIN = TurnDelays(left_s=4, right_s=2, u_turn_s=7, signal_s=30, stop_s=20, give_way_s=10, roundabout_s=3)
NEVER = np.inf
CROSSING = """
    a
    |
  b-c-d
    |
    e
"""


def town_of(folder, picture, ways, *, banned=(), control=None, gates=None, ring=(), delays=PLAIN):
    """A drawn town on which 100 m take 5 s; turns are named by three letters, streets and ends of streets by two."""
    town = drawn(picture, ways=ways, folder=folder)
    network = town.network
    seconds = np.round(network.length_m / 20.0, 1)
    network = network.with_times(
        there_s=np.where(np.isfinite(network.there_s), seconds, np.inf),
        back_s=np.where(np.isfinite(network.back_s), seconds, np.inf),
    )
    states = [[town.state(a, b), town.state(b, c)] for a, b, c in banned]
    met = network.control.copy()
    for ends, value in (control or {}).items():
        met[divmod(town.state(*ends), 2)] = value
    features = network.features.copy()
    for street in ring:
        features[town.street(*street)[0]] |= Feature.ROUNDABOUT
    wait_s = np.array([(gates or {}).get(town.names[int(i)], 0.0) for i in network.node_ids])
    changed = replace(
        network,
        banned=np.array(states, dtype=np.int32).reshape(-1, 2),
        control=met,
        features=features,
        wait_s=wait_s,
        delays=delays,
    )
    return Town(changed, town.letters)


def seconds(town, turns, start, end):
    return Town(town.network.with_turns(turns), town.letters).seconds(start, end)


LINES = {"bcd": "residential", "ace": "residential"}
ONWARD_MEAN_S = (4 * 0 + 4 + 2) / 6
"""At a crossing: straight on counts four times."""

CASES = {
    # At a crossing, going straight on costs nothing, turning right something, turning left across the traffic more.
    "straight": (CROSSING, LINES, {}, "bd", 20, 20 + ONWARD_MEAN_S, 20),
    "left": (CROSSING, LINES, {}, "ba", 20, 20 + ONWARD_MEAN_S, 24),
    "right": (CROSSING, LINES, {}, "be", 20, 20 + ONWARD_MEAN_S, 22),
    # Where traffic keeps left it is the other way round.
    "left, kept left": (CROSSING, LINES, {"delays": PLAIN._replace(drives_on="left")}, "ba", 20, 21, 22),
    "right, kept left": (CROSSING, LINES, {"delays": PLAIN._replace(drives_on="left")}, "be", 20, 21, 24),
    # A road that bends is no junction, however sharp the bend, nor one that goes on under another class.
    "bend": ("b-c\n  |\n  e", {"bc": "residential", "ce": "tertiary"}, {}, "be", 20, 20, 20),
    # A fork by less than 45° is straight on, to both sides.
    "fork": ("b---c-----d\n\n\n          e", {"bcd": "residential", "ce": "residential"}, {}, "be", 53.5, 53.5, 53.5),
    # What controls the end of a street is added to every turn from there, and to none from another street.
    "signals": (CROSSING, LINES, {"control": {"bc": Control.SIGNALS}}, "bd", 20, 51, 50),
    "stop": (CROSSING, LINES, {"control": {"bc": Control.STOP}}, "ba", 20, 41, 44),
    "give way": (CROSSING, LINES, {"control": {"bc": Control.GIVE_WAY}}, "be", 20, 31, 32),
    "the other street's signals": (CROSSING, LINES, {"control": {"ac": Control.SIGNALS}}, "bd", 20, 21, 20),
    # Also where only two roads meet, as at a pedestrian crossing.
    "signals on the way": (
        "b-c-d",
        {"bc": "residential", "cd": "tertiary"},
        {"control": {"bc": Control.SIGNALS}},
        "bd",
        20,
        50,
        50,
    ),
    # Ramps and motorways part and join without a stop; where a ramp meets a street it is a junction like others.
    "ramp from a motorway": (
        CROSSING,
        {"bcd": "motorway", "ce": "motorway_link", "ac": "motorway_link"},
        {},
        "be",
        20,
        20,
        20,
    ),
    "ramp to a street": (CROSSING, {"bc": "motorway_link", "ace": "primary"}, {}, "ba", 20, 23, 24),
    # A forbidden turn is driven unless turns are exact; then the way leads past it, to the end of the road and back.
    "no left turn": (CROSSING, LINES, {"banned": ["bca"]}, "ba", 20, 20.4, 10 + 10 + 7 + 10 + 2 + 10),
    # Nobody turns back where the road leads on: then it is round the block.
    "round the block": (
        "    a\n    |\n  b-c-d\n    | |\n    e-f",
        {"bcd": "residential", "ace": "residential", "efd": "residential"},
        {"banned": ["bca"]},
        "ba",
        20,
        20.4,
        60,
    ),
    # Who may not go on turns back; what lies beyond is not reached.
    "no way on": ("b-c-d", {"bc": "residential", "cd": "residential"}, {"banned": ["bcd"]}, "bd", 20, 20, NEVER),
    # Who stands at a corner is reached by any street that leads there, whatever turns are forbidden at it ...
    "a corner with all turns forbidden": (CROSSING, LINES, {"banned": ["bca", "bcd", "bce"]}, "bc", 10, 10, 10),
    # ... and leaves by every street, without a turn.
    "leaving a corner": (CROSSING, LINES, {"banned": ["bca", "bcd", "bce"]}, "ca", 10, 10, 10),
    # A roundabout costs something on entering, nothing on it and on leaving it.
    "roundabout": (
        CROSSING.replace("b-c-d", "b-c-d-f"),
        {"bc": "residential", "cd": "residential", "df": "residential", "ace": "residential"},
        {"ring": ["cd"]},
        "bf",
        30,
        33,
        33,
    ),
    # A gate takes its time whichever way it is passed, and from whom comes to it none.
    "gate": (CROSSING, LINES, {"gates": {"c": 15.0}}, "bd", 35, 36, 35),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_rules_of_turns(case, tmp_path):
    picture, ways, options, (start, end), none_s, mean_s, exact_s = case
    town = town_of(tmp_path, picture, ways, **options)
    found = [seconds(town, turns, start, end) for turns in ("none", "mean", "exact")]
    # Who drives to a corner has, at the mean, passed it.
    last = np.flatnonzero(town.network.node_ids == town.letters[end])[0]
    lost = town.network.with_turns("mean").routing
    into = town.network.last == last
    arrives = np.concatenate([lost.lost_there_s[into], lost.lost_back_s[town.network.first == last]])
    waits = town.network.wait_s[last]
    assert found[0] - waits == pytest.approx(none_s, abs=0.15)
    assert min(abs(found[1] - lost_s - mean_s) for lost_s in arrives) <= 0.15
    assert found[2] == pytest.approx(exact_s, abs=0.15)


def test_who_may_not_go_on_comes_back(tmp_path):
    """There is no other way: so an engine turns round, and what was passed before is reached from the other side."""
    town = town_of(
        tmp_path,
        "a\n|\nb-c-d",
        {"ab": "residential", "bc": "residential", "cd": "residential"},
        banned=["bcd", "abc"],
    )
    assert seconds(town, "exact", "a", "b") == pytest.approx(10, abs=0.1)
    assert seconds(town, "exact", "a", "c") == NEVER
    assert seconds(town, "exact", "b", "c") == pytest.approx(10, abs=0.1)
    assert seconds(town, "exact", "b", "d") == NEVER
    assert seconds(town, "exact", "d", "a") == pytest.approx(30, abs=0.1)


@pytest.mark.parametrize(
    ("delays", "told"),
    [
        (PLAIN._replace(left_s=-1.0), "left_s is -1.0"),
        (PLAIN._replace(stop_s=float("nan")), "stop_s is nan"),
        (PLAIN._replace(signal_s=4000.0), "from 0 to 600"),
        (PLAIN._replace(drives_on="both"), "to the 'right' or to the 'left'"),
    ],
)
def test_delays_that_are_none_are_refused(delays, told, tmp_path):
    town = drawn(CROSSING, ways=LINES, folder=tmp_path)
    with pytest.raises(InputError, match=told):
        town.network.with_turns("exact", delays)


def test_networks_keep_how_turns_are_reckoned(tmp_path):
    town = town_of(tmp_path, CROSSING, LINES, banned=["bca"], delays=PLAIN._replace(drives_on="left"))
    network = town.network.with_turns("exact")
    again = roads.load(roads.save(network, tmp_path / "roads.npz"))
    assert again.turns == "exact"
    assert again.delays == network.delays
    assert again.fingerprint == network.fingerprint != town.network.fingerprint
    assert Town(again, town.letters).seconds("b", "a") == Town(network, town.letters).seconds("b", "a")


@pytest.mark.parametrize(
    ("rule", "start", "end", "none_s", "exact_s"),
    [
        ("bc c ac no_left_turn", "b", "a", 20, 49),
        ("bc c cd no_straight_on", "b", "d", 20, 20 + 2 + 7 + 20 + 2),
        ("bc c cd only_straight_on", "b", "e", 20, 20 + 7 + 20 + 4),
        ("ac c bc no_right_turn", "b", "a", 20, 24),
    ],
)
def test_restrictions_of_an_extract_are_heeded_where_turns_are_exact(rule, start, end, none_s, exact_s, tmp_path):
    """Past the forbidden turn to the end of the road, back, and the other way round the corner."""
    ways = dict.fromkeys(["bc", "cd", "ac", "ce"], "residential")
    town = drawn(CROSSING, ways=ways, turns=[rule], folder=tmp_path)
    roads = town.network
    there_s, back_s = (
        np.where(np.isfinite(s), np.round(roads.length_m / 20.0, 1), np.inf) for s in (roads.there_s, roads.back_s)
    )
    timed = replace(roads, there_s=there_s, back_s=back_s, delays=PLAIN)
    assert Town(timed, town.letters).seconds(start, end) == pytest.approx(none_s, abs=0.1)
    assert seconds(Town(timed, town.letters), "exact", start, end) == pytest.approx(exact_s, abs=0.2)
