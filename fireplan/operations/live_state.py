"""
What the live view sends, key by key: the state, its updates, and the ground.

The desk's states are plain dictionaries: they are made four times a second and written once for all readers, so that
nothing is checked while it runs. These types are what a type checker holds the server and the client to;
`docs/state.schema.json` is made from them, the types of the page's JavaScript are made from that, and tests hold states
of the real service to it. A key that is renamed here or there fails on both sides.

Instants are milliseconds since 1970, UTC; places are longitude and latitude, WGS 84; null is what is not known.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, GetPydanticSchema, with_config
from typing_extensions import TypedDict

from fireplan.operations._status.drawdown import TITLES
from fireplan.operations._status.unit_status import STATUSES

__all__ = [
    "AlertState",
    "ClockReading",
    "CoverFiguresState",
    "CoverNews",
    "CoverState",
    "Day",
    "DeskState",
    "DrawdownState",
    "FeedLineState",
    "FirstDueState",
    "ForceCoverState",
    "ForceMeasureState",
    "ForceState",
    "FreeState",
    "Ground",
    "HealthState",
    "HourState",
    "IncidentState",
    "MeasureState",
    "Moment",
    "MoveState",
    "ObjectiveState",
    "Pace",
    "PerformanceRow",
    "PictureState",
    "RefusalState",
    "ResponseState",
    "RoadsState",
    "SoonState",
    "State",
    "StationState",
    "StoreState",
    "TodayState",
    "UnitState",
    "Update",
    "WayState",
    "WeightState",
    "ZonesState",
]

CLOSED = ConfigDict(extra="forbid")
"""A key that is not named here is a fault."""


def _one_of(*words: str) -> GetPydanticSchema:
    """Text that is one of these; for the type checker it is any."""
    return GetPydanticSchema(lambda _source, handler: handler(Literal[words]))


def _meaning(text: str) -> Any:  # noqa: ANN401 - as pydantic's own
    return Field(description=text)


LonLat = Annotated[list[float], Field(min_length=2, max_length=2)]
Status = Annotated[str, _one_of(*STATUSES)]
ClockState = Annotated[str, _one_of("waiting", "running", "late", "met", "missed")]
FeedState = Annotated[str, _one_of("ok", "quiet", "late", "skewed", "gaps", "none")]
LineState = Annotated[str, _one_of("ok", "quiet", "troubled", "ended", "none")]
KeepState = Annotated[str, _one_of("ok", "slow", "unreachable", "full", "locked", "corrupt", "gone")]


@with_config(CLOSED)
class ObjectiveState(TypedDict):
    """An objective of the standard."""

    key: str
    """Its key in the standard."""
    title: str
    """What a reader calls it, with its limit."""
    limit_s: float
    """Its limit. [s]"""
    share: float | None
    """Share that has to be reached, 0 to 1; null: none is set."""
    verified: bool
    """Whether its limit was seen in its source."""


# `from` and `class` are words of Python's own: a type that has one has it from one that is written in this
# other way.
_From = TypedDict("_From", {"from": Annotated[int, _meaning("When it set off. [ms]")]})


@with_config(CLOSED)
class WayState(_From):
    """The way of a unit to its call."""

    points: list[LonLat]
    """The line that it is taken to drive."""
    to: int
    """When it is taken to be there. [ms]"""


@with_config(CLOSED)
class UnitState(TypedDict):
    """How a unit stands."""

    unit_id: str
    """As the project names it, or the feed."""
    type: str
    """Its type in the project; "unknown" where it has none."""
    station_id: str | None
    """Where it is at home."""
    known: bool
    """Whether it is in the project."""
    status: Status
    """What it does."""
    since: int | None
    """Since when. [ms]"""
    incident_id: str | None
    """Where it is at work."""
    at: LonLat | None
    """Where it is."""
    free: bool
    """Whether it can be sent."""
    home_by: int | None
    """When it is taken to be at its post. [ms]"""
    post: str | None
    """The station that it is at, or on its way to."""
    way: WayState | None
    """The way to its call, where it sends no positions: an estimate."""
    flags: list[str]
    """What should be looked at."""


@with_config(CLOSED)
class ResponseState(TypedDict):
    """What a unit did at an incident, by instants. [ms]"""

    unit_id: str
    """Which unit."""
    dispatched: int | None
    """It was sent."""
    enroute: int | None
    """It set off."""
    arrived: int | None
    """It was on scene."""
    cleared: int | None
    """It was free again."""
    cancelled: bool
    """It was called off, and its part is over."""


@with_config(CLOSED)
class ClockReading(TypedDict):
    """A clock of an incident."""

    key: str
    """Key of its objective."""
    title: str
    """What a reader calls it."""
    limit_s: float
    """Its limit. [s]"""
    started: int | None
    """When it began to run. [ms]"""
    stopped: int | None
    """When it stopped. [ms]"""
    state: ClockState
    """How it stands at `now`; a running one may have run out since."""
    verified: bool
    """Whether its limit was seen in its source."""


@with_config(CLOSED)
class ForceState(TypedDict):
    """How far the force of an incident is assembled."""

    title: str
    """Of the objective that asks for it."""
    needs: str
    """What it asks for, in words."""
    have: str
    """What of it is on scene."""
    sent: str
    """What of it is on scene or on its way."""
    state: ClockState
    """As of its clock."""


@with_config(CLOSED)
class IncidentState(TypedDict):
    """An incident on the board."""

    incident_id: str
    """As the feed names it."""
    call_type: str | None
    """As the dispatch system writes it."""
    category: str
    """What kind of call that is."""
    priority: str | None
    """As the dispatch system writes it."""
    address: str | None
    """In words."""
    at: LonLat | None
    """Where it is."""
    received: int | None
    """When the call was received; else the first that was heard of it. [ms]"""
    open: bool
    """Whether it runs."""
    closed: int | None
    """When it was over. [ms]"""
    zone_id: str | None
    """The zone that it lies in."""
    district: str | None
    """The station in whose ground that zone lies."""
    units: list[ResponseState]
    """The units that were sent, in that order."""
    clocks: list[ClockReading]
    """Its clocks; none where it is held to no objective."""
    force: ForceState | None
    """The force that it asks for."""
    flags: list[str]
    """What should be looked at."""


@with_config(CLOSED)
class SoonState(TypedDict):
    """A share covered in a while, as units come back."""

    in_s: float
    """From now. [s]"""
    within: float | None
    """The share, 0 to 1."""


@with_config(CLOSED)
class ForceMeasureState(TypedDict):
    """A share of demand that the force reaches in time."""

    name: str
    """What demand is counted by."""
    unit: str
    """What a reader calls that, with the ground and the incidents that the objective speaks of."""
    n: float
    """All of it that lies in a zone."""
    left_out: float
    """How much more of it lies in no zone, and is in no figure."""
    home: float | None
    """The share with all units at home, 0 to 1."""
    now: float | None
    """The share now, 0 to 1."""


@with_config(CLOSED)
class MeasureState(ForceMeasureState):
    """A share of demand that one unit reaches in time."""

    soon: list[SoonState]
    """What it will be."""


@with_config(CLOSED)
class ForceCoverState(ObjectiveState):
    """What the force of an objective reaches in time."""

    measures: list[ForceMeasureState]
    """By each kind of demand."""


@with_config(CLOSED)
class FreeState(TypedDict):
    """How many units of a kind are free."""

    kind: Annotated[str, _one_of(*TITLES)]
    """Which kind."""
    title: str
    """What a reader calls them."""
    free: int
    """How many are free."""
    of: int
    """Of how many."""


@with_config(CLOSED)
class DrawdownState(TypedDict):
    """How unusual it is to have so few left."""

    level: int
    """0 (usual) to `of`."""
    of: int
    """The highest level."""
    title: str
    """How many are left, in words."""
    usual: str
    """What the level is taken from."""


@with_config(CLOSED)
class FirstDueState(TypedDict):
    """Who is first due where."""

    units: list[str]
    """Units, in the order in which `zones` counts them."""
    zones: str
    """Base64: one byte a zone, the place of its unit in `units`; 255: nobody."""


@with_config(CLOSED)
class CoverFiguresState(TypedDict):
    """What is reached in time, but for the zones."""

    objective: ObjectiveState
    """What cover is held to."""
    measures: list[MeasureState]
    """Shares by each kind of demand; the first is that of the headline."""
    free: list[FreeState]
    """Units left by kind; the first is the kind that cover is measured by."""
    drawdown: DrawdownState
    """How unusual that is."""
    force: ForceCoverState | None
    """The same for the whole force."""
    basis: str
    """What all of this rests on."""


@with_config(CLOSED)
class CoverState(CoverFiguresState):
    """What is reached in time."""

    zones: str
    """Base64: one byte a zone: 0 never, 1 lost now, 2 by one unit, 3 by two or more, 4 not asked of here."""
    first: FirstDueState
    """Who is first due where."""


@with_config(CLOSED)
class CoverNews(CoverFiguresState):
    """What is reached in time; zones and first due only where they changed."""

    zones: NotRequired[str]
    """As in the state; left out: as before."""
    first: NotRequired[FirstDueState]
    """As in the state; left out: as before."""


_Leaves = TypedDict(
    "_Leaves", {"from": Annotated[str | None, _meaning("The station that it would leave; null: it is on the road.")]}
)


@with_config(CLOSED)
class MoveState(_Leaves):
    """A move that is advised."""

    key: str
    """Names it as long as it is advised."""
    unit_id: str
    """Which unit."""
    to: str
    """The station that it would stand by at."""
    to_name: str
    """What that one is called."""
    drive_s: float
    """How long it drives. [s]"""
    regains: float
    """Demand that comes back into cover."""
    loses: float
    """Demand that falls out of it."""
    net: float
    """What is gained in all."""
    unit: str
    """What demand is counted in."""
    per_minute: float
    """What is gained for each minute of driving."""
    reason: str
    """Why."""


@with_config(CLOSED)
class AlertState(TypedDict):
    """Something to be told."""

    key: str
    """Names it as long as it lasts."""
    kind: Annotated[str, _one_of("uncovered", "force", "clock", "feed", "store")]
    """What it is about."""
    level: Annotated[str, _one_of("serious", "warning")]
    """How grave it is."""
    since: int | None
    """Since when it holds. [ms]"""
    title: str
    """What it is."""
    text: str
    """What lies behind it."""
    acknowledged: str | None
    """By whom it was seen."""


@with_config(CLOSED)
class RefusalState(TypedDict):
    """Something that was set aside."""

    received: int | None
    """When it came. [ms]"""
    line: int | None
    """Its line in the feed's file."""
    code: str
    """Why, in one word."""
    reason: str
    """Why, in a sentence."""


@with_config(CLOSED)
class FeedLineState(TypedDict):
    """How one of the feeds is doing."""

    name: str
    """What it is called."""
    state: LineState
    """As "quiet": silent for longer than it should be; "troubled": it cannot be read, and is tried again; "ended": it
    has come to its end; "none": nothing has come yet."""
    last_word: int | None
    """When something usable last came, by the server's wall clock. [ms]"""
    usual_s: float | None
    """Its own rhythm at this hour of the day: of its silences every second is shorter; null: not known yet. [s]"""
    trouble: str | None
    """What is wrong, in a sentence; null: nothing."""
    retry_at: int | None
    """When it is tried again, by the server's wall clock; null: it is not waited for. [ms]"""
    events: int
    """Events that came since the service began."""
    refused: int
    """What was set aside of it since then."""


@with_config(CLOSED)
class StoreState(TypedDict):
    """How the store of events is doing."""

    state: KeepState
    """As "slow": a commit has not ended yet; "gone": its file was deleted or replaced. Unless it is "ok" or "slow",
    nothing is acknowledged."""
    since: int | None
    """Since when that is so, by the server's wall clock; null: it is ok. [ms]"""
    last_commit: int | None
    """When something last became durable, by the server's wall clock. The service sees to it every few seconds, also
    without events. [ms]"""
    said: str
    """What is wrong, and its mend, in a sentence; "" while it is ok."""


@with_config(CLOSED)
class HealthState(TypedDict):
    """How the feed is doing."""

    state: FeedState
    """The gravest that holds."""
    source: str
    """What the feed is called."""
    last_event: int | None
    """Newest stamp. [ms]"""
    last_received: int | None
    """Newest receipt. [ms]"""
    silent_s: float
    """Since the last receipt. [s]"""
    per_minute: float
    """Events a minute."""
    lag_s: float
    """From stamp to receipt, median. [s]"""
    lag_p95_s: float
    """From stamp to receipt, 95th percentile. [s]"""
    skew_s: float
    """How far the feed's clock is ahead. [s]"""
    gaps: list[Annotated[list[int], Field(min_length=2, max_length=2)]]
    """Numbers that are missing: first and last of each gap."""
    gaps_n: int
    """How many numbers those are."""
    resets: int
    """How often the numbering began anew."""
    duplicates: int
    """Events that came again."""
    refused: int
    """Events that were set aside."""
    late: int
    """Events that came long after newer ones."""
    unknown_units: list[str]
    """Units that it spoke of and nobody knows."""
    events: int
    """Events in all."""
    notes: list[str]
    """What is wrong, in sentences."""
    refusals: list[RefusalState]
    """What was set aside lately, the newest first."""
    refused_share: float | None
    """Share that was set aside of the last thousand that came, 0 to 1; null: nothing has come."""
    refused_example: RefusalState | None
    """One of these, for the commonest reason; null: there is none."""
    feeds: list[FeedLineState]
    """Each feed by itself; none for a moment of the past."""


@with_config(CLOSED)
class PerformanceRow(TypedDict):
    """A measure of response performance."""

    measure: str
    """Its key."""
    title: str
    """What a reader calls it."""
    n: int | None
    """Records that it is taken from."""
    p90_s: float | None
    """90th percentile. [s]"""
    p90_low_s: float | None
    """Its interval's lower end. [s]"""
    p90_high_s: float | None
    """Its interval's upper end; null: there is none. [s]"""
    limit_s: float | None
    """Limit of its objective. [s]"""
    goal: float | None
    """Share that is to be within the limit, 0 to 1."""
    share: float | None
    """Share within the limit, 0 to 1."""
    share_low: float | None
    """Its interval's lower end."""
    share_high: float | None
    """Its interval's upper end."""
    met: bool | None
    """Whether the goal is met."""
    verified: bool | None
    """Whether the limit was seen in its source."""
    note: str
    """What has to be known beside it."""


@with_config(CLOSED)
class TodayState(TypedDict):
    """Response performance of the day so far."""

    start: int
    """Local midnight. [ms]"""
    at: int
    """Up to when. [ms]"""
    basis: str
    """Where the data come from."""
    method: str
    """How percentiles are taken."""
    note: str
    """What has to be known beside it."""
    rows: list[PerformanceRow]
    """The measures."""


@with_config(CLOSED)
class HourState(TypedDict):
    """An hour of the day."""

    hour: int
    """Of local time, 0 to 23."""
    incidents: int
    """Received in it."""
    free_least: int
    """Fewest units that were free at once."""


@with_config(CLOSED)
class PictureState(TypedDict):
    """What a state says of an instant."""

    now: int
    """That instant on the feed's clock. [ms]"""
    units: list[UnitState]
    """Every unit."""
    incidents: list[IncidentState]
    """Incidents that run, and those closed lately."""
    cover: CoverState
    """What is reached in time."""
    advice: list[MoveState]
    """Moves that are advised, the best first."""
    alerts: list[AlertState]
    """What has to be told, the gravest first."""
    health: HealthState
    """How the feed is doing."""


@with_config(CLOSED)
class Day(TypedDict):
    """What a state says of the day up to an instant."""

    today: TodayState
    """Response performance of the day so far."""
    hours: list[HourState]
    """The day hour by hour."""


@with_config(CLOSED)
class Pace(TypedDict):
    """How the feed's clock runs."""

    live: bool
    """Whether this is now; false: a moment of the past."""
    speed: float
    """Seconds of the feed's clock for each second; 1 but in a replay."""
    paused: bool
    """Whether the feed's clock stands."""


@with_config(CLOSED)
class Moment(PictureState, Day, Pace):
    """A moment of the past."""


@with_config(CLOSED)
class DeskState(PictureState, Pace):
    """The state as the desk keeps it."""

    boot: str
    """Another one: the service began anew."""
    rev: int
    """Counts updates; that of the state says which it holds."""
    wall: int
    """The server's wall clock when this was worked out; `now` may be that of a replay. [ms]"""
    store: StoreState
    """How the store is doing."""
    upto: int
    """How many of the events kept it shows."""
    range: Annotated[list[int], Field(min_length=2, max_length=2)] | None
    """Instants of the first event and the last. [ms]"""
    today: NotRequired[TodayState]
    """Response performance of the day so far; left out until it was first measured."""
    hours: NotRequired[list[HourState]]
    """The day hour by hour; left out until it was first measured."""


@with_config(CLOSED)
class State(DeskState):
    """The state as GET /api/state and a `snapshot` of /api/stream give it."""

    role: Annotated[str, _one_of("viewer", "operator")]
    """Who is asking."""


@with_config(CLOSED)
class Update(TypedDict):
    """An `update` of /api/stream: what changed since the revision before. A part that is left out is as it was."""

    rev: int
    """The revision that it leads to."""
    now: int
    """The instant on the feed's clock. [ms]"""
    wall: int
    """As in the state."""
    speed: float
    """As in the state."""
    paused: bool
    """As in the state."""
    upto: int
    """As in the state."""
    units: NotRequired[list[UnitState]]
    """Units that changed, each whole."""
    incidents: NotRequired[list[IncidentState]]
    """Incidents that changed, each whole."""
    gone: NotRequired[list[str]]
    """Units and incidents that are no longer shown."""
    cover: NotRequired[CoverNews]
    """Whole, but for zones and first due."""
    advice: NotRequired[list[MoveState]]
    """Whole."""
    alerts: NotRequired[list[AlertState]]
    """Whole."""
    today: NotRequired[TodayState]
    """Whole."""
    hours: NotRequired[list[HourState]]
    """Whole."""
    health: NotRequired[HealthState]
    """Whole."""
    store: NotRequired[StoreState]
    """Whole."""
    range: NotRequired[Annotated[list[int], Field(min_length=2, max_length=2)] | None]
    """Instants of the first event and the last. [ms]"""


@with_config(CLOSED)
class WeightState(TypedDict):
    """What zones are weighed by."""

    name: str
    """Of the demand."""
    unit: str
    """What a reader calls it."""


@with_config(CLOSED)
class StationState(TypedDict):
    """A station."""

    station_id: str
    """As the project names it."""
    name: str
    """What it is called."""
    at: LonLat
    """Where it is."""
    open: bool
    """Whether it is staffed."""


@with_config(CLOSED)
class ZonesState(TypedDict):
    """Outlines of all zones."""

    n: int
    """How many zones."""
    structure: str
    """Packed numbers: for each zone its polygons, for each of these its rings, for each of these its points."""
    points: str
    """Packed steps in hundred-thousandths of a degree."""
    ids: list[str]
    """As the project names them."""
    weights: list[float]
    """Demand of each."""


_Class = TypedDict("_Class", {"class": Annotated[str, _one_of("major", "middle", "minor"), _meaning("How large.")]})


@with_config(CLOSED)
class RoadsState(_Class):
    """Streets of a class."""

    counts: str
    """Packed numbers: points of each line."""
    points: str
    """Packed steps in hundred-thousandths of a degree."""


@with_config(CLOSED)
class Ground(TypedDict):
    """What GET /api/ground gives: it does not change while the service runs."""

    title: str
    """What stands over the page."""
    timezone: str
    """IANA zone of local time."""
    provenance: str
    """Whether the data are real, invented, ..."""
    source: str
    """Where they come from."""
    data_date: str
    """Of when they are."""
    version: str
    """Of fireplan."""
    bounds: list[LonLat]
    """South-west and north-east corner, each latitude before longitude."""
    objective: ObjectiveState
    """What cover is held to."""
    weight: WeightState
    """What zones are weighed by."""
    stations: list[StationState]
    """Every station."""
    zones: ZonesState
    """Every zone."""
    roads: list[RoadsState]
    """Streets by class, thinned out."""
    replay: bool
    """Whether a history is played."""
    statuses: dict[str, str]
    """What a reader calls each status of a unit."""


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
