"""What may stand in plan.toml, and how it is read: every fault at once, unknown keys with a suggestion."""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Literal, get_args
from zoneinfo import available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from fireplan import standards, wording
from fireplan._bounded_text import toml_content
from fireplan._checked import SHORTEST_PLAUSIBLE_S
from fireplan._geofiles import is_database, with_layer, without_password
from fireplan.errors import FireplanError, ProjectError, UnknownIdError, listed, quoted
from fireplan.response_performance import Policy
from fireplan.roads import SpeedPeriod, Vehicle
from fireplan.roads._speed_periods import check_periods
from fireplan.roads._turns import LONGEST_DELAY_S, USUAL_DELAYS

MOST_REPLICATIONS = 10_000
MOST_DAYS = 3_660
"""Ten years of simulated days."""

LARGEST_BYTES = 2**20
LONGEST_NAME = 200
TODAY, PLANNED = "today", "plan"
"""Names of the department as it stands, and of the scenario that [changes] makes."""

ZONES = "zones"
"""In [area]: the study area is the ground of the zones."""

MADE_CANDIDATES = ("grid", "intersections")
"""Candidate sites that are made; any other name is that of a file."""

_RULES = frozenset({"unit", "closable", "site_cost", "closing_cost", "budget", "apart_m"})
_COVERS = _RULES | {"p", "within_seconds"}
MODELS = {
    "max_coverage": _COVERS,
    "set_cover": _COVERS - {"p"},
    "p_median": _RULES | {"p", "at_most_seconds"},
    "p_center": _RULES | {"p", "at_most_seconds"},
    "backup_coverage": _COVERS | {"first"},
    "double_standard": _RULES | {"p", "near_seconds", "far_seconds", "share_percent"},
    "expected_coverage": _COVERS | {"busy", "most_at_a_site"},
    "reliable_coverage": _COVERS | {"busy", "most_at_a_site", "reliability_percent"},
    "relocate": _COVERS,
    "fleet": frozenset({"p", "within_seconds", "units"}),
    "fairest": _COVERS | {"by"},
}
"""Location models of `fireplan.siting`, and which keys of [siting] say something to each beside those for all."""

NEEDED = {
    "expected_coverage": ("busy", "asks how busy units are", "such as 0.15, or 'mean' for those of the history"),
    "reliable_coverage": ("busy", "asks how busy units are", "such as 0.15, or 'mean' for those of the history"),
    "fleet": ("units", "asks how many units of each kind there are", "such as { engine = 2, truck = 1 }"),
    "fairest": ("by", "asks what the districts are", "a column of the zones"),
}
"""Keys without which a model is no question."""

FROM_DATABASES = ("network", "stations", "units", "zones", "incidents")
"""Inputs that may be a table of a database."""

LINE_COLUMNS = ("speed", "speed_unit", "oneway", "name", "class", "from_level", "to_level", "ref", "bridge", "tunnel")
"""Keys of [network.columns]: columns of street centrelines, and the unit of their speed."""

_PASSWORD = re.compile(r"//[^/@]*:[^/@]*@|[?&]password=", re.IGNORECASE)

PositiveSeconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Values = Annotated[tuple[str, ...], BeforeValidator(lambda v: [str(i) for i in v] if isinstance(v, list) else [str(v)])]
"""One value or several, as text: 1 and "1" are the same."""

Growth = Annotated[float, Field(ge=0, lt=100, allow_inf_nan=False)]
Day = Annotated[str, BeforeValidator(lambda v: v.isoformat() if isinstance(v, date) else v)]
"""A day as text; TOML's own dates too."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _zone(value: str, *, key: str) -> str:
    """Refuse what is no time zone; a similar one is suggested."""
    known = available_timezones()
    if value not in known:
        close = get_close_matches(value, known, n=1, cutoff=0.5)
        raise ValueError(
            f"{key} {quoted(value)} is not an IANA time zone"
            + (f": did you mean {quoted(close[0])}?" if close else ", such as 'America/Los_Angeles'")
        )
    return value


class Inputs(_Part):
    """
    Files of the project, relative to its folder; "city.gpkg#stations" names a layer, or a sheet, of a file of several.

    Network, stations, units, zones and incidents may be tables of a database, such as
    "postgresql://host/city#gis.stations". The history, `cad`, may be several files of one layout.
    """

    network: str
    stations: str
    cad: str | Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    cad_mapping: str | None = None
    cad_responses: str | None = None
    cad_timezone: str | None = None
    incidents: str | None = None
    units: str | None = None
    zones: str | None = None
    calibration: str | None = None

    @property
    def named(self) -> dict[str, str]:
        """What stands in each key; of several files each under a key of its own, from `cad[1]`."""
        several = self.cad if isinstance(self.cad, tuple) else ()
        one = {key: value for key, value in self if isinstance(value, str)}
        return one | {f"cad[{n}]": name for n, name in enumerate(several, start=1)}

    @field_validator("cad_timezone")
    @classmethod
    def _zone_of_stamps(cls, value: str | None) -> str | None:
        return None if value is None else _zone(value, key="cad_timezone")

    @model_validator(mode="after")
    def _history_is_there(self) -> Inputs:
        if self.cad is None and self.cad_responses is not None:
            raise ValueError("cad_responses is the second file of dispatch history: name the first, 'cad'")
        return self


class LocalRule(_Part):
    """A city's own rule; see `fireplan.standards.local_rule`."""

    name: str
    weight: str
    travel_seconds: PositiveSeconds
    at_most_outside: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    share_percent: float | None = Field(default=None, gt=1, le=100)
    interval: Literal["travel_s", "turnout_and_travel_s"] = "travel_s"
    needs: dict[str, float] = Field(default_factory=lambda: {"engine": 1.0})
    where: dict[str, Values] = Field(default_factory=dict)
    categories: Values = ()
    priorities: Values = ()
    call_types: Values = ()
    text: str = ""
    source: str = "local rule"

    @model_validator(mode="after")
    def _asks_for_something(self) -> LocalRule:
        if self.at_most_outside is None and self.share_percent is None:
            raise ValueError(f"rule {quoted(self.name)} asks for nothing: give at_most_outside or share_percent")
        return self


class CriticalTask(_Part):
    """One task on the ground of an incident, and how many people it takes."""

    task: str
    people: float = Field(gt=0, allow_inf_nan=False)


class Risk(_Part):
    """The force for one class of risk, from its critical tasks; see `fireplan.standards.force_for_risk`."""

    risk_class: str
    within_seconds: PositiveSeconds
    tasks: tuple[CriticalTask, ...] = ()
    people: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    units: dict[str, float] = Field(default_factory=dict)
    share_percent: float = Field(default=90.0, gt=1, le=100)
    interval: Literal["travel_s", "turnout_and_travel_s"] = "travel_s"
    column: str = "risk_class"
    categories: Values = ()
    source: str = "the agency"


class Density(_Part):
    """Classes of density, put into the column `demand_zone`; see `fireplan.standards.demand_zones`."""

    of: str = "population"
    by: str | None = None
    urban_over_per_mi2: float = Field(default=standards.URBAN_PER_MI2, ge=0, allow_inf_nan=False)
    rural_under_per_mi2: float = Field(default=standards.RURAL_PER_MI2, ge=0, allow_inf_nan=False)


class DemandPart(_Part):
    """What is counted besides the usual columns of the zones, classes of density, and what the columns are called."""

    weights: tuple[str, ...] = ()
    density: Density | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    crs: str | None = None


class ZonesPart(_Part):
    """At which points of a zone its people are counted; see `fireplan.demand.spread_along_streets`."""

    points: Literal["middle", "streets", "places"] = "middle"
    places: str | None = None
    share: str | None = None

    @model_validator(mode="after")
    def _places_are_named(self) -> ZonesPart:
        if (self.points == "places") != (self.places is not None):
            raise ValueError(
                'zones.points "places" and zones.places go together: a file of dwellings, addresses or buildings, such'
                ' as points = "places", places = "addresses.gpkg"'
            )
        if self.share is not None and self.places is None:
            raise ValueError("zones.share is a column of zones.places: name that file, or leave it out")
        return self


class StationsPart(_Part):
    """What the columns of the stations are called, their CRS, whose are the own, and which are left out with units."""

    columns: dict[str, str] = Field(default_factory=dict)
    crs: str | None = None
    home: str | None = None
    leave_out: Values = ()


class UnitsPart(_Part):
    """What the columns of the units are called; see `fireplan.stations.read_units`."""

    columns: dict[str, str] = Field(default_factory=dict)


class IncidentsPart(_Part):
    """What the columns of a layer of incidents are called, and its CRS; see `fireplan.demand.read_incidents`."""

    columns: dict[str, str] = Field(default_factory=dict)
    crs: str | None = None


class Area(_Part):
    """The study area: demand outside it is left out on purpose, and counted."""

    within: str

    @field_validator("within")
    @classmethod
    def _names_something(cls, value: str) -> str:
        if not value.strip():
            raise ValueError('area.within is blank: name a file of outlines, or write "zones"')
        return value


class Standards(_Part):
    """What the plan is held to: standards of the library, local rules, or one travel time of the project's own."""

    use: tuple[str, ...] = ()
    local: tuple[LocalRule, ...] = ()
    travel_seconds: PositiveSeconds | None = None
    percentile: float = 90.0

    @field_validator("use")
    @classmethod
    def _in_the_library(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            try:
                standards.named(name)
            except UnknownIdError as error:
                raise ValueError(f"standards.use: {error}") from error
        return value

    @field_validator("percentile")
    @classmethod
    def _a_percentage(cls, value: float) -> float:
        if not 1 < value <= 100:
            raise ValueError(f"percentile is {value:g}: write 90 for the 90th percentile, not 0.9")
        return value


class AddedStation(_Part):
    """A station to open."""

    station_id: str
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    name: str = ""
    units: str = ""
    turnout_seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)


class Changes(_Part):
    """Stations to close and to open, as one scenario called "plan"."""

    close: tuple[str, ...] = ()
    add: tuple[AddedStation, ...] = ()


class PlannedScenario(_Part):
    """A what-if of its own: a name, and changes as in `fireplan.changes`."""

    name: str = Field(min_length=1)
    changes: tuple[dict[str, Any], ...] = ()


DelaySeconds = Annotated[float, Field(ge=0, le=LONGEST_DELAY_S, allow_inf_nan=False)]


class Delays(_Part):
    """What turns cost; see `fireplan.roads.TurnDelays`."""

    straight_s: DelaySeconds = USUAL_DELAYS.straight_s
    left_s: DelaySeconds = USUAL_DELAYS.left_s
    right_s: DelaySeconds = USUAL_DELAYS.right_s
    u_turn_s: DelaySeconds = USUAL_DELAYS.u_turn_s
    signal_s: DelaySeconds = USUAL_DELAYS.signal_s
    stop_s: DelaySeconds = USUAL_DELAYS.stop_s
    give_way_s: DelaySeconds = USUAL_DELAYS.give_way_s
    roundabout_s: DelaySeconds = USUAL_DELAYS.roundabout_s
    drives_on: Literal["right", "left"] = USUAL_DELAYS.drives_on


class Network(_Part):
    """How places meet the roads, how turns are reckoned; and, of centrelines, what their columns and codes mean."""

    snap_limit_m: float = Field(default=200.0, gt=0, le=5000)
    source: str = ""
    turns: Literal["none", "mean", "exact"] | None = None
    delays: Delays | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    classes: dict[str, str] = Field(default_factory=dict)
    oneway_codes: dict[str, str] = Field(default_factory=dict)
    join_crossings: bool | None = None
    crs: str | None = None

    @field_validator("columns")
    @classmethod
    def _are_known(cls, value: dict[str, str]) -> dict[str, str]:
        for key in value:
            if key not in LINE_COLUMNS:
                raise ValueError(f"network.columns: {UnknownIdError('key', key, LINE_COLUMNS)}")
        return value

    @model_validator(mode="after")
    def _delays_are_used(self) -> Network:
        if self.delays is not None and self.turns not in {"mean", "exact"}:
            raise ValueError('network.delays changes no time unless turns count: write turns = "exact", or "mean"')
        return self


class VehiclePart(_Part):
    """The vehicle for which the roads are read: a usual one, and what is otherwise about it; see `roads.Vehicle`."""

    preset: str = "engine"
    weight_t: float | None = None
    height_m: float | None = None
    width_m: float | None = None
    length_m: float | None = None
    top_kph: float | None = None
    floor_kph: float | None = None
    emergency: bool | None = None
    obeys_turn_restrictions: bool | None = None
    opens_gates: bool | None = None
    removes_bollards: bool | None = None
    bus_roads: bool | None = None
    fire_lanes: bool | None = None
    to_doors: bool | None = None
    worst_track: int | None = None
    worst_smoothness: str | None = None
    weight_limits: Literal["bridges", "all"] | None = None
    speeds: Literal["posted", "class"] | None = None

    @model_validator(mode="after")
    def _is_a_vehicle(self) -> VehiclePart:
        try:
            self.as_vehicle()
        except UnknownIdError as error:
            raise ValueError(f"vehicle.preset: {error}") from error
        return self

    def as_vehicle(self) -> Vehicle:
        """Give the same as a vehicle."""
        own = {key: value for key, value in self if key != "preset" and value is not None}
        return Vehicle.preset(self.preset, **own)


class PeriodPart(_Part):
    """Hours of the week in which streets are driven slower or faster; see `fireplan.roads.SpeedPeriod`."""

    name: str
    hours: tuple[float, float] = (0.0, 24.0)
    weekdays: Values = ()
    factor: float | dict[str, float]
    basis: str = "assumed"

    @model_validator(mode="after")
    def _is_a_period(self) -> PeriodPart:
        try:
            _ = self.period
        except FireplanError as error:
            raise ValueError(f"[[periods]] {error}") from error
        return self

    @property
    def period(self) -> SpeedPeriod:
        """The same as a period of a network."""
        return SpeedPeriod(self.name, hours=self.hours, weekdays=self.weekdays, factor=self.factor, basis=self.basis)


class SitingPart(_Part):
    """What is asked of new stations, and under which rules; see `fireplan.siting`."""

    p: int = Field(default=1, ge=1)
    model: str = "max_coverage"
    candidates: int | str | None = None
    spacing_m: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    within: str | None = None
    within_seconds: PositiveSeconds | dict[str, PositiveSeconds] | None = None
    near_seconds: PositiveSeconds | None = None
    far_seconds: PositiveSeconds | None = None
    at_most_seconds: PositiveSeconds | None = None
    share_percent: float | None = Field(default=None, gt=1, le=100)
    reliability_percent: float | None = Field(default=None, gt=1, lt=100)
    most_at_a_site: int | None = Field(default=None, ge=1)
    units: dict[str, int] | None = None
    by: str | None = None
    interval: Literal["travel_s", "turnout_and_travel_s"] | None = None
    weight: str | None = None
    unit: Literal["engine", "truck", "ambulance", "battalion", "rescue"] = "engine"
    busy: float | str | None = None
    first: float | None = Field(default=None, ge=0, le=1)
    closable: tuple[str, ...] = ()
    site_cost: float | str = 0.0
    closing_cost: float | dict[str, float] = 0.0
    budget: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    apart_m: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    time_limit_seconds: float = Field(default=60.0, ge=0, allow_inf_nan=False)
    gap_percent: float = Field(default=0.0, ge=0, lt=100)
    robustness_runs: int = Field(default=100, ge=0, le=MOST_REPLICATIONS)
    seed: int = Field(default=1, ge=0)

    @field_validator("model")
    @classmethod
    def _is_a_model(cls, value: str) -> str:
        if value not in MODELS:
            raise ValueError(f"siting.model: {UnknownIdError('model', value, MODELS)}")
        return value

    @field_validator("busy")
    @classmethod
    def _is_a_share(cls, value: float | str | None) -> float | str | None:
        if value is None or (value in ("mean", "worst hour") if isinstance(value, str) else 0 <= value < 1):
            return value
        told = quoted(value) if isinstance(value, str) else f"{value:g}"
        raise ValueError(
            f"siting.busy is {told}: give a probability, 0 to below 1, such as 0.15, or 'mean' or 'worst hour' for"
            " those of the dispatch history"
        )

    @model_validator(mode="after")
    def _speaks_to_the_model(self) -> SitingPart:
        """Every key that stands there says something to the model that is asked for."""
        special = frozenset().union(*MODELS.values())
        for key in sorted(self.model_fields_set & special - MODELS[self.model]):
            speaks_to = listed([name for name, keys in MODELS.items() if key in keys], most=len(MODELS))
            raise ValueError(f"siting.{key} says nothing to {self.model}: leave it out, or use {speaks_to}")
        key, asks, such = NEEDED.get(self.model, ("model", "", ""))
        if getattr(self, key) is None:
            raise ValueError(f"siting.model {self.model} {asks}: give siting.{key}, {such}")
        if isinstance(self.within_seconds, dict) and self.model != "fleet":
            raise ValueError(f"siting.within_seconds by kind of unit is for fleet: give one number to {self.model}")
        return self

    @model_validator(mode="after")
    def _fits_together(self) -> SitingPart:
        if isinstance(self.candidates, int) and self.p > self.candidates:
            raise ValueError(f"siting.p is {self.p}, more than the {self.candidates} candidates to choose from")
        if self.spacing_m is not None and self.candidates not in {None, *MADE_CANDIDATES}:
            raise ValueError("siting.spacing_m is for candidates that are made: 'grid' or 'intersections'")
        if self.budget is not None and not self.site_cost and not self.closing_cost:
            raise ValueError("siting.budget is set, but nothing costs anything: give siting.site_cost")
        return self

    @property
    def files(self) -> dict[str, str]:
        """Files that are named here, by key."""
        named = {"siting.within": self.within}
        if isinstance(self.candidates, str) and self.candidates not in MADE_CANDIDATES:
            named["siting.candidates"] = self.candidates
        return {key: name for key, name in named.items() if name is not None}


class Shift(_Part):
    """Shifts that follow one another; see `fireplan.response_performance.Shifts`."""

    names: tuple[str, ...] = ("A", "B", "C")
    starts: str = "2024-01-01 08:00"
    hours: float = Field(default=24.0, gt=0, le=744)


class Performance(_Part):
    """What counts when response performance is measured; see `fireplan.response_performance.Policy`."""

    first_types: tuple[str, ...] = Policy().first_types
    emergency_only: bool = True
    emergency_priorities: tuple[str, ...] | None = None
    cancelled_turned_out: bool = True
    staging_is_arrival: bool = True
    longest_seconds: PositiveSeconds | None = None
    aid_received: bool = False
    aid_given: bool = False
    shifts: Shift | None = None

    @field_validator("first_types", "emergency_priorities")
    @classmethod
    def _names_some(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if value == ():
            raise ValueError("performance: a list is empty: name some, or leave the key out")
        return value

    @property
    def policy(self) -> Policy:
        """The same as a policy."""
        return Policy(
            first_types=self.first_types,
            emergency_only=self.emergency_only,
            emergency_priorities=self.emergency_priorities,
            cancelled_turned_out=self.cancelled_turned_out,
            staging_is_arrival=self.staging_is_arrival,
            longest_s=self.longest_seconds,
            aid_received=self.aid_received,
            aid_given=self.aid_given,
        )


class CalibrationPart(_Part):
    """From which runs `fireplan calibrate` learns drive times; see `fireplan.calibrate`."""

    first_types: tuple[str, ...] = ("engine",)
    emergency_priorities: tuple[str, ...] | None = None
    longest_seconds: PositiveSeconds | None = None
    draws: int | None = Field(default=None, ge=0, le=MOST_REPLICATIONS)
    seed: int = Field(default=1, ge=0)

    @field_validator("first_types", "emergency_priorities")
    @classmethod
    def _names_some(cls, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if value == ():
            raise ValueError("calibration: a list is empty: name some, or leave the key out")
        return value


class AidRulePart(_Part):
    """On what terms a neighbour sends its units; see `fireplan.simulation.AidRule`."""

    agency: str
    rule: Literal["automatic", "on request", "none"] = "automatic"
    kinds: tuple[str, ...] | None = None
    at_once: dict[str, Annotated[int, Field(ge=0)]] | None = None
    delay_seconds: float | None = Field(default=None, ge=0, lt=86_400)


class SimulationPart(_Part):
    """What `fireplan simulate` draws, and by which rules; see `fireplan.simulate`. Replays take its seed too."""

    days: int = Field(default=365, ge=1, le=MOST_DAYS)
    replications: int = Field(default=20, ge=1, le=MOST_REPLICATIONS)
    seed: int = Field(default=1, ge=0, lt=2**63)
    demand: Literal["days", "poisson"] = "days"
    growth: Growth | dict[str, Growth] = 1.0
    start: Day | None = None
    run_cards: dict[str, dict[str, Annotated[int, Field(ge=0)]]] | None = None
    queue: bool | None = None
    aid: bool | tuple[AidRulePart, ...] = True
    assignable: bool | None = None
    brown_outs: dict[str, str | tuple[str | tuple[str, str], ...]] = Field(default_factory=dict)
    within_percent: float | None = Field(default=None, ge=0.1, lt=100)
    warm_up_days: int = Field(default=1, ge=0, le=MOST_DAYS)

    @field_validator("start")
    @classmethod
    def _is_a_day(cls, value: str | None) -> str | None:
        try:
            _ = value and date.fromisoformat(value)
        except ValueError as error:
            raise ValueError(f'simulation.start is {quoted(value)}: write a day, such as "2025-01-01"') from error
        return value

    @property
    def asked(self) -> dict[str, Any]:
        """The same as arguments of `fireplan.simulate`, for the department as it stands."""
        percent = self.within_percent
        given = {key: value for key, value in self if key != "within_percent"}
        return given | {"within": None if percent is None else percent / 100}


class Live(_Part):
    """What the live view tells, and how long it keeps events; see docs/live.md."""

    uncovered_minutes: float = Field(default=10.0, gt=0, le=1440)
    keep_days: int | None = Field(default=None, ge=2)


class Report(_Part):
    """What stands over maps and reports."""

    title: str = ""


class Output(_Part):
    """Where results go, relative to the project's folder, and for whom they are where a command does not say."""

    dir: str = "out"
    profile: Literal["public", "internal"] | None = None


class Plan(_Part):
    """The whole of plan.toml."""

    timezone: str
    inputs: Inputs
    name: str = ""
    provenance: Literal["observed", "modelled", "invented"] = "observed"
    source: str = ""
    data_date: str = ""
    standards: Standards = Standards()
    risk: tuple[Risk, ...] = ()
    demand: DemandPart = DemandPart()
    zones: ZonesPart = ZonesPart()
    stations: StationsPart = StationsPart()
    units: UnitsPart = UnitsPart()
    incidents: IncidentsPart = IncidentsPart()
    area: Area | None = None
    changes: Changes = Changes()
    scenario: tuple[PlannedScenario, ...] = ()
    network: Network = Network()
    vehicle: VehiclePart | None = None
    periods: tuple[PeriodPart, ...] = ()
    siting: SitingPart = SitingPart()
    performance: Performance = Performance()
    calibration: CalibrationPart = CalibrationPart()
    simulation: SimulationPart = SimulationPart()
    report: Report = Report()
    live: Live = Live()
    output: Output = Output()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        return _zone(value, key="timezone")

    @field_validator("risk")
    @classmethod
    def _classes_differ(cls, value: tuple[Risk, ...]) -> tuple[Risk, ...]:
        named = [(r.column, r.risk_class, r.within_seconds) for r in value]
        twice = [n for n in named if named.count(n) > 1]
        if twice:
            raise ValueError(f"[[risk]] {quoted(twice[0][1])} stands twice with the same limit: write it once")
        return value

    @field_validator("periods")
    @classmethod
    def _hours_differ(cls, value: tuple[PeriodPart, ...]) -> tuple[PeriodPart, ...]:
        try:
            check_periods([part.period for part in value])
        except FireplanError as error:
            raise ValueError(f"[[periods]] {error}") from error
        return value

    @field_validator("scenario")
    @classmethod
    def _names_differ(cls, value: tuple[PlannedScenario, ...]) -> tuple[PlannedScenario, ...]:
        names = [TODAY, PLANNED, *(s.name for s in value)]
        twice = [n for n in names if names.count(n) > 1]
        if twice:
            raise ValueError(
                f"scenario name {quoted(twice[0])} stands twice: names differ, and {TODAY!r} is the department as it"
                f" stands, {PLANNED!r} that of [changes]"
            )
        return value

    @property
    def databases(self) -> dict[str, str]:
        """Tables of databases that the project reads, by key."""
        named = {f"inputs.{k}": v for k, v in self.inputs if k in FROM_DATABASES and is_database(v)}
        return {key: url for key, url in named.items() if not url.lower().startswith("sqlite")}

    @property
    def files(self) -> dict[str, str]:
        """Files that the project reads, by key; some with the name of a layer."""
        inputs = {f"inputs.{k}": v for k, v in self.inputs.named.items() if k not in {"cad_mapping", "cad_timezone"}}
        inputs = {key: name for key, name in inputs.items() if key not in self.databases}
        area = {} if self.area is None or self.area.within == ZONES else {"area.within": self.area.within}
        places = {} if self.zones.places is None else {"zones.places": self.zones.places}
        return {**inputs, **places, **area, **self.siting.files}

    def warnings(self) -> list[str]:
        """What may be meant otherwise than it is written."""
        held = {"standards.travel_seconds": self.standards.travel_seconds}
        limits = self.siting.within_seconds
        if isinstance(limits, dict):
            held |= {f"siting.within_seconds.{kind}": seconds for kind, seconds in limits.items()}
        else:
            held["siting.within_seconds"] = limits
        held |= {f"siting.{name}": getattr(self.siting, name) for name in ("near_seconds", "far_seconds")}
        held |= {f"travel_seconds of {quoted(r.name)}": r.travel_seconds for r in self.standards.local}
        held |= {f"within_seconds of risk {quoted(r.risk_class)}": r.within_seconds for r in self.risk}
        return [
            f"{what} is {seconds:g}: that is seconds, not minutes; {seconds * 60:g}?"
            for what, seconds in held.items()
            if seconds is not None and seconds < SHORTEST_PLAUSIBLE_S
        ]


def read_plan(folder: str | Path) -> Plan:
    """
    Read plan.toml of a project.

    Parameters
    ----------
    folder
        The project's folder, or the file itself.

    Raises
    ------
    ProjectError
        With every fault: no such file, not UTF-8 or not TOML (with the line), keys that are missing, unknown (with a
        suggestion) or out of range, inputs that are not files in the project, an output that would overwrite one.
    """
    file = Path(folder)
    file = file / "plan.toml" if file.is_dir() else file
    if not file.is_file():
        raise ProjectError(f"{file} does not exist: a project is a folder with a plan.toml in it")
    if file.stat().st_size > LARGEST_BYTES:
        raise ProjectError(f"{file.name} is larger than {LARGEST_BYTES // 2**20} MB: that is no plan")
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProjectError(f"{file.name} is not UTF-8 text: save it as UTF-8") from error
    content = toml_content(text, label=file.name, kind=ProjectError)
    return checked_plan(content, folder=file.parent, label=file.name)


def checked_plan(content: dict[str, Any], *, folder: Path, label: str = "plan.toml") -> Plan:
    """
    Check the content of a plan.

    Parameters
    ----------
    content
        As read from TOML.
    folder
        The project's folder, which paths are relative to.
    label
        What to call the plan in messages.
    """
    try:
        plan = Plan.model_validate(content)
    except ValidationError as error:
        _refuse([_fault(e) for e in error.errors()], label)
        raise
    _refuse(_path_faults(plan, folder), label)
    return plan


def _refuse(faults: list[str], label: str) -> None:
    if faults:
        raise ProjectError(f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in {label}: " + "; ".join(faults))


def _fault(error: Any) -> str:  # noqa: ANN401 - pydantic's own record
    """Say one fault in a planner's words."""
    where = ".".join(str(p) for p in error["loc"])
    if error["type"] == "extra_forbidden":
        key = str(error["loc"][-1])
        known = _keys_at(error["loc"][:-1])
        in_full = re.sub("_s$", "_seconds", key)  # as the library's arguments are called
        close = [in_full] if in_full in known else get_close_matches(key, known, n=1)
        hint = f"did you mean {quoted(close[0])}?" if close else f"known are {listed(known, most=20)}"
        return f"key {quoted(where)} is unknown: {hint}"
    if error["type"] == "missing":
        return f"key {quoted(where)} is missing"
    if where.endswith("_percent") and error["type"] == "greater_than" and 0 < error["input"] <= 1:
        part = float(error["input"])
        return f"{where} is {part:g}: write {100 * part:g} for {wording.goal(part)}, not {part:g}"
    text = re.sub(r"^Value error, ", "", error["msg"])
    said = error["type"] == "value_error"  # in our own words, which name the key
    return text if said else f"{where}: {text} (it is {quoted(error['input'])})"


def _keys_at(location: tuple[str | int, ...]) -> list[str]:
    """Keys that may stand at a place in the file."""
    part: Any = Plan
    for step in location:
        if isinstance(step, int):
            continue
        annotation = part.model_fields[step].annotation if step in part.model_fields else None
        models = [t for t in (annotation, *get_args(annotation)) if isinstance(t, type) and issubclass(t, BaseModel)]
        if not models:
            return []
        part = models[0]
    return sorted(part.model_fields)


def file_of(folder: Path, name: str) -> Path:
    """Give the file that a name in a plan means, without the layer in it."""
    whole = folder / name
    return whole if "#" not in name or whole.exists() else folder / str(with_layer(name)[0])


def source_of(folder: Path, name: str) -> str | Path:
    """Give what is read under a name in a plan: a file of the project, perhaps with a layer, or a database's table."""
    return name if is_database(name) else folder / name


def _path_faults(plan: Plan, folder: Path) -> list[str]:
    named = {**plan.files, "output.dir": plan.output.dir}
    faults = [
        f"{key} {quoted(without_password(name))} {fault}" for key, name in named.items() if (fault := _not_a_path(name))
    ]
    faults += [
        f"{key} holds a password, and a plan is passed on: leave it out; PGPASSWORD or a pgpass file gives it"
        for key, url in plan.databases.items()
        if _PASSWORD.search(url)
    ]
    if faults:
        return faults
    faults += [
        f"{key} {quoted(name)} is a folder: name the file in it"
        for key, name in plan.files.items()
        if file_of(folder, name).is_dir() and file_of(folder, name).suffix.lower() != ".gdb"
    ]
    home, target = folder.resolve(), (folder / plan.output.dir).resolve()
    if not target.is_relative_to(home):
        faults.append(f"output.dir {quoted(plan.output.dir)} leads out of the project: results stay in its folder")
    faults += [
        f"output.dir {quoted(plan.output.dir)} is, or holds, {key}: results never overwrite an input"
        for key, name in plan.files.items()
        if target in {file_of(folder, name).resolve(), file_of(folder, name).resolve().parent}
    ]
    return faults


def _not_a_path(name: str) -> str:
    """Say why a name cannot be that of a file in the project; "" if it can."""
    text = name.replace("\\", "/")
    if text.lower().startswith("sqlite:"):
        return "is a file: name it, and its table, as in 'city.db#stations'"
    if "://" in text or text.lower().startswith("/vsi"):
        return "is not a file on this machine: fetch it first"
    if not name.isprintable() or max(map(len, text.split("/"))) > LONGEST_NAME:
        return "is not the name of a file"
    if PurePosixPath(text).is_absolute() or PureWindowsPath(name).is_absolute():
        return "is an absolute path: name files relative to the project's folder"
    return ""
