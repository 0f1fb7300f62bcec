"""What reading a network passed over, counted and in kilometres, as sentences."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from fireplan import wording
from fireplan.errors import listed, quoted
from fireplan.roads._rules.speeds import planning_caveat
from fireplan.roads._rules.vehicles import READ_FOR

if TYPE_CHECKING:
    from collections.abc import Iterator

LEFT_OUT = {
    "track": "tracks",
    "driveway": "driveways and parking aisles",
    "area": "areas",
    "construction": "under construction or proposed",
    "closed": "closed to motor vehicles",
    "private": "private",
    "bus": "for buses alone",
    "emergency": "for emergency vehicles alone",
    "height": "too low for the vehicle",
    "width": "too narrow for the vehicle",
    "length": "too winding for the length of the vehicle",
    "weight": "too weak for the vehicle",
    "rough": "too rough for the vehicle",
    "other": "of other kinds",
}
"""Why a way that might be is not driven, and what such ways are called; "on_foot": it is none that might."""

BY_LIMIT = ("height", "width", "length", "weight")
"""Reasons that lie in the size of the vehicle: such streets are named, for each is a road that others take."""

OPENED = {
    "fire_lane": "open to engines alone",
    "walkway": "on foot, open to motor vehicles",
    "bus_road": "for buses",
    "track": "tracks",
    "to_doors": "driveways and parking aisles, to their doors",
}
"""What opens a way that most may not drive, and what such ways are called."""


class Counts:
    """Counts, and kilometres, of what a reading met."""

    def __init__(self) -> None:
        self.n: Counter[str] = Counter()
        self.km: defaultdict[str, float] = defaultdict(float)

    def add(self, key: str, km: float = 0.0) -> None:
        """Count one, with its kilometres."""
        self.n[key] += 1
        self.km[key] += km

    def of(self, before: str) -> dict[str, int]:
        """Counts of keys that begin with a word, without it."""
        return {key.removeprefix(before): n for key, n in sorted(self.n.items()) if key.startswith(before)}


def sentences(tally: Counts) -> Iterator[str]:
    """Say what was skipped, repaired, passed over or not modelled."""
    yield from _of_speeds(tally)
    yield from _of_the_file(tally)
    yield from _of_turns(tally)
    n = tally.n
    if n["reversible"]:
        yield f"{n['reversible']} reversible ways are driven both ways"
    if n["left out closed"]:
        yield f"{wording.counted(n['left out closed'], 'way')} closed to motor vehicles left out"
    built = n["left out construction"]
    unbuilt = [f"{wording.counted(built, 'way')} under construction or proposed"] if built else []
    ferries = [wording.counted(n["ferries"], "ferry route")] if n["ferries"] else []
    if unbuilt or ferries:
        yield f"{' and '.join([*unbuilt, *ferries])} left out"
    yield from _of_kilometres(tally)
    yield from _of_what_is_passed_over(tally)
    yield from of_nodes(tally)
    yield planning_caveat()


def _of_speeds(tally: Counts) -> Iterator[str]:
    unread = tally.of("maxspeed ")
    if unread:
        values = listed(f"{quoted(k)} ({n})" for k, n in unread.items())
        yield f"maxspeed not readable as a speed on {sum(unread.values())} ways, class speed used: {values}"
    if tally.n["signalled speed"]:
        yield f"{_ways(tally, 'signalled speed')} whose speed limit changes by signals, class speed used"
    if tally.n["speed of lorries"]:
        yield f"{_ways(tally, 'speed of lorries')} driven at the speed posted for lorries"


def _of_the_file(tally: Counts) -> Iterator[str]:
    n = tally.n
    if n["missing"]:
        where = listed(k.removeprefix("missing ") for k in n if k.startswith("missing node"))
        yield f"clipped extract: {n['missing']} nodes are not in the file; ways end there ({where})"
    if n["deleted"]:
        yield f"{wording.counted(n['deleted'], 'element')} marked as deleted left out"
    if n["versions"]:
        yield f"{wording.counted(n['versions'], 'way')} in several versions: the last of each counts"


def _of_turns(tally: Counts) -> Iterator[str]:
    n = tally.n
    if n["restriction"]:
        yield turns_not_modelled(n["restriction"])
    apart = [f"{n[key]} {what}" for key, what in APART.items() if n[key]]
    if apart:
        yield f"turn restrictions that are not kept: {listed(apart, most=len(APART))}"


APART = {
    "restriction conditional": "at certain times alone",
    "restriction over ways": "over a way and not a node",
    "restriction unclear": "of which it cannot be told which turn is meant",
    "restriction lost": "with ways that are not driven",
    "restriction excepted": "from which the vehicle is excepted",
    "restriction disobeyed": "that the vehicle does not heed",
}
"""Why a turn restriction is not kept even where turns are exact."""

TURNS_NOT_MODELLED = " turn restriction relations are not modelled: every turn is allowed"
TURNS_KEPT = " turn restriction relations: kept, as turns are exact, but for those of which more is said here"


def turns_not_modelled(count: int) -> str:
    """Say that turns are driven that are forbidden."""
    return f"{count}{TURNS_NOT_MODELLED}"


def said_for_turns(notes: tuple[str, ...], *, exact: bool) -> tuple[str, ...]:
    """Notes of a network whose turns are now reckoned otherwise: of restrictions, whether they are kept."""
    old, new = (TURNS_NOT_MODELLED, TURNS_KEPT) if exact else (TURNS_KEPT, TURNS_NOT_MODELLED)
    return tuple(note.removesuffix(old) + new if note.endswith(old) else note for note in notes)


ON_FOOT = "ways on foot or by bicycle are not driven: "


def is_usual(note: str) -> bool:
    """Tell whether a note says what is so of every extract, and of no repair to this one."""
    return note == planning_caveat() or note.startswith((ON_FOOT, READ_FOR))


def _of_kilometres(tally: Counts) -> Iterator[str]:
    if tally.n["left out on_foot"]:
        yield f"{ON_FOOT}{_km(tally.km['left out on_foot'])} km"
    left = [(tally.km[f"left out {key}"], words) for key, words in LEFT_OUT.items() if tally.n[f"left out {key}"]]
    if left:
        parts = listed((f"{words} {_km(km)}" for km, words in left), most=len(LEFT_OUT))
        yield f"left out, in kilometres: {parts}"
    yield from shut_by_limits(tally)
    opened = [(tally.km[f"only {key}"], words) for key, words in OPENED.items() if tally.n[f"only {key}"]]
    if opened:
        parts = listed((f"{words} {_km(km)}" for km, words in opened), most=len(OPENED))
        yield f"driven though most may not, in kilometres: {parts}"


def shut_by_limits(tally: Counts) -> Iterator[str]:
    """Name the streets that shut out the vehicle by its size or weight."""
    shut = tally.of("shut ")
    if shut:
        streets = listed((f"{name} ({n})" for name, n in shut.items()), most=20)
        yield f"streets whose posted limits shut out the vehicle: {streets}"


def _of_what_is_passed_over(tally: Counts) -> Iterator[str]:
    conditional = tally.of("conditional ")
    if conditional:
        km = sum(tally.km[f"conditional {key}"] for key in conditional)
        keys = listed(f"{key} ({n})" for key, n in conditional.items())
        yield f"conditions by time or vehicle are not reckoned with, on {_km(km)} km: {keys}"
    if tally.n["weight rule"]:
        yield (
            f"{_ways(tally, 'weight rule')} with a posted weight under that of the vehicle and no bridge: driven, as"
            " such limits are rules of traffic (weight_limits of the vehicle)"
        )
    unread = tally.of("limit ")
    if unread:
        values = listed(f"{quoted(k)} ({n})" for k, n in unread.items())
        on = wording.counted(sum(unread.values()), "way")
        yield f"limits that cannot be read, and do not count, on {on}: {values}"
    if tally.n["axle"]:
        yield f"{_ways(tally, 'axle')} on bridges with a limit of axle load, which does not count"
    if tally.n["lane of buses"]:
        yield f"{_ways(tally, 'lane of buses')} with a lane of buses against one-way traffic, driven one way"
    if tally.n["ford"]:
        yield f"{wording.counted(tally.n['ford'], 'ford')} driven through"


def of_nodes(tally: Counts) -> Iterator[str]:
    """Say what is met at nodes."""
    shut = tally.of("barrier ")
    if shut:
        kinds = listed(f"{kind} ({n})" for kind, n in shut.items())
        yield f"{wording.counted(sum(shut.values()), 'barrier')} shut streets there: {kinds}"
    if tally.n["on a junction"]:
        places = wording.counted(tally.n["on a junction"], "barrier")
        yield f"{places} at junctions: only streets that end there are shut off"
    if tally.n["open at a junction"]:
        places = wording.counted(tally.n["open at a junction"], "barrier")
        yield f"{places} at junctions passed as if open: of the edges of a graph it is not known which it stands across"
    passed = tally.of("passed ")
    if passed:
        kinds = listed(f"{kind} ({n})" for kind, n in passed.items())
        yield f"{wording.counted(sum(passed.values()), 'barrier')} passed, for the time it takes: {kinds}"
    unknown = tally.of("unknown barrier ")
    if unknown:
        kinds = listed(f"{quoted(kind)} ({n})" for kind, n in unknown.items())
        yield f"{wording.counted(sum(unknown.values()), 'barrier')} of unknown kinds passed as if open: {kinds}"
    if tally.n["level crossing"]:
        yield f"{wording.counted(tally.n['level crossing'], 'level crossing')} passed, with a mean wait"
    if tally.n["tram crossing"]:
        crossings = wording.counted(tally.n["tram crossing"], "level crossing")
        yield f"{crossings} of trams, as it seems, passed without a wait"


def _ways(tally: Counts, key: str) -> str:
    return f"{wording.counted(tally.n[key], 'way')} ({_km(tally.km[key])} km)"


def _km(km: float) -> str:
    return f"{km:,.1f}" if km >= 0.05 else "under 0.1"
