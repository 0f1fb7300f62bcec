"""Ways and models in turn, until neither moves: what every rung of the ladder is fitted to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fireplan.calibration._exits import Exit, added_from, better_exits, candidates
from fireplan.calibration._hours import WHOLE_WEEK, HourBand, bands_of, merged
from fireplan.calibration._models import FEWEST, RAND_KPH, FitMaterial, Learnt, learn
from fireplan.calibration._routes import DELAYS, Driven, RunWays, at_speeds, drive, ways_from
from fireplan.calibration._speeds_and_delays import Design, design_of
from fireplan.roads import OnRoad, TurnDelays, class_speeds
from fireplan.roads._snapping import in_crs
from fireplan.scenario import held

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fireplan.calibration._runs import EngineRuns
    from fireplan.drive_times._calibration import Model
    from fireplan.scenario import Scenario

ROUTE_ROUNDS, STILL = 6, 0.005
"""Ways are sought anew until no speed moves by more than this share."""

USUAL = np.array([getattr(TurnDelays(), name) for name in DELAYS])
NO_DELAY = np.zeros(len(DELAYS))
NO_KINDS = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class FitGround:
    """
    Runs on a network, as far as no model is fitted yet.

    Attributes
    ----------
    runs
        Those that have a way.
    ways
        The network at its own times.
    planning_kph
        By class. [km/h]
    kinds
        Kinds of turn that occur.
    top_kph
        The vehicle's own. [km/h]
    exits
        Where stations leave.
    moved
        Stations that leave by another street than the nearest.
    bands
        Hours that are driven alike.
    """

    runs: EngineRuns
    ways: RunWays
    planning_kph: NDArray[np.float64]
    kinds: NDArray[np.int64]
    top_kph: float
    exits: OnRoad
    moved: tuple[Exit, ...] = ()
    bands: tuple[HourBand, ...] = WHOLE_WEEK

    @property
    def band(self) -> NDArray[np.int64]:
        """Band of each run."""
        return bands_of(self.bands, self.runs.hour, self.runs.weekend)

    def driven(self, ways: RunWays) -> Driven:
        """Ways of all runs at some speeds."""
        return drive(ways, self.exits, self.runs.places, self.runs.station)

    def of(self, rows: NDArray[np.int64]) -> FitGround:
        """Of some runs."""
        return replace(self, runs=self.runs.of(rows))

    def plain(self) -> FitGround:
        """As it was before anything was told of hours and exits."""
        return replace(self, exits=self.runs.exits, moved=(), bands=WHOLE_WEEK)

    def at(self, learnt: Learnt) -> RunWays:
        """The network as a model drives it."""
        kph = self.planning_kph / learnt.parameters.paces
        delay_s = NO_DELAY.copy()
        if len(learnt.parameters.delays_s):
            delay_s[self.kinds] = learnt.parameters.delays_s
        return at_speeds(self.ways, kph, delay_s)

    def design(self, model: Model, driven: Driven, rows: NDArray[np.int64] | None = None) -> Design:
        """Put ways into the form that the class model, or the full one, is fitted to."""
        full = model == "full"
        rows = np.arange(len(self.runs)) if rows is None else rows
        return design_of(
            driven,
            self.planning_kph,
            travel_s=self.runs.travel_s[rows],
            band=self.band[rows] if full else np.zeros(len(rows), dtype=np.int64),
            kinds=self.kinds if full else NO_KINDS,
            usual_s=USUAL,
            top_kph=self.top_kph,
        )


def ground_of(scenario: Scenario, runs: EngineRuns) -> FitGround:
    """Lay out the network, and leave out runs that have no way from their station."""
    roads = scenario.roads
    ways = ways_from(roads)
    planning = class_speeds()
    kph = np.array([planning[name if name in planning else "residential"].speed_kph for name in ways.classes])
    occur = np.bitwise_or.reduce(ways.ways.kinds) if len(ways.ways.kinds) else 0
    kinds = np.flatnonzero((int(occur) >> np.arange(len(DELAYS))) & 1)
    ground = FitGround(runs, ways, kph, kinds, roads.vehicle.top_kph, runs.exits)
    reached = np.isfinite(ground.driven(ways).added_s) if len(runs) else np.ones(0, dtype=bool)
    return replace(ground, runs=runs.with_way(reached))


def simple_designs(ground: FitGround, *, delays: NDArray[np.float64]) -> dict[Model, Design]:
    """Designs of the models that need no speeds: by planning times, and by distance."""
    runs = ground.runs
    n = len(runs)
    log_s, band, none = np.log(runs.travel_s), np.zeros(n, dtype=np.int64), np.empty((n, 0))
    planned = ground.driven(ground.ways)
    lost_s = planned.turns @ delays + planned.known_s
    streets_s = np.maximum(planned.added_s - lost_s, 0.0)
    by_time = Design(streets_s[:, None], none, lost_s, band, log_s, np.empty(0))
    even = np.full(len(ground.planning_kph), RAND_KPH)
    shortest = ground.driven(at_speeds(ground.ways, even))
    at_rand_s = shortest.km.sum(axis=1) / RAND_KPH * 3600
    by_distance = Design(at_rand_s[:, None], none, shortest.known_s, band, log_s, np.empty(0))
    return {
        "planning": by_time, "factor": by_time, "linear": by_time, "rand": by_distance, "rand_fitted": by_distance,
    }  # fmt: skip


def settled(
    ground: FitGround, model: Model, first: Learnt | None, *, effects: bool, rounds: int = ROUTE_ROUNDS
) -> tuple[Design, Learnt]:
    """Seek ways and fit in turn, until speeds stay."""
    runs = ground.runs
    learnt = first
    design: Design | None = None
    for _ in range(rounds):
        ways = ground.at(learnt) if learnt is not None else at_speeds(ground.ways, ground.planning_kph * 0.8, USUAL)
        design = ground.design(model, ground.driven(ways))
        found = learn(
            model,
            FitMaterial({model: design}, runs.station, len(runs.stations)),
            first=learnt,
            effects=effects,
        )
        still = learnt is not None and np.abs(learnt.parameters.paces / found.parameters.paces - 1).max() < STILL
        learnt = found
        if still:
            break
    if design is None or learnt is None:
        raise AssertionError  # there is a round at least
    return design, learnt


def exits_tried(ground: FitGround, scenario: Scenario) -> list[OnRoad]:
    """List by which other streets each station might leave."""
    stations = held(scenario).stations.loc[ground.runs.stations]
    return candidates(scenario.roads, in_crs(scenario.roads, stations.geometry), ground.runs.exits)


def full_ground(
    ground: FitGround,
    others: list[OnRoad],
    fold: NDArray[np.int64],
    *,
    seed: int,
    effects: bool,
    first: Learnt | None = None,
    step: Callable[[], None] = lambda: None,
) -> tuple[FitGround, Design, Learnt]:
    """
    Fit everything: speeds and delays, the hours that are driven alike, and the streets by which engines leave.

    Parameters
    ----------
    ground
        The runs, with one band of hours, from the streets by which stations leave by default.
    others
        By which other streets each might; see `exits_tried`.
    fold
        Of each run.
    seed
        Draws days.
    effects
        Whether stations have something particular to them.
    first
        Where to begin, such as the fit to more runs: near enough to tell hours and exits by one round of ways. They
        are told by these runs alone, and ways are sought until speeds stay once they are.
    step
        Called after each part.
    """
    rounds = ROUTE_ROUNDS
    if first is not None:
        first = first._replace(parameters=first.parameters._replace(log_h=np.zeros(1)))
        rounds = 1
    design, learnt = settled(ground, "full", first, effects=effects, rounds=rounds)
    step()
    for _ in range(2):
        with_bands = _in_bands(ground, design, learnt)
        if with_bands.bands != ground.bands:
            ground = with_bands
            even = np.zeros(len(ground.bands))
            learnt = learnt._replace(parameters=learnt.parameters._replace(log_h=even))
            design, learnt = settled(ground, "full", learnt, effects=effects, rounds=rounds)
        step()
        moved = _moved(ground, others, learnt, fold, seed)
        step()
        if not moved:
            break
        ground = replace(ground, exits=_put(ground.exits, moved), moved=(*ground.moved, *moved))
        others = [
            OnRoad(o.street[:0], o.along[:0], o.offset_m[:0]) if k in {e.station for e in moved} else o
            for k, o in enumerate(others)
        ]
        design, learnt = settled(ground, "full", learnt, effects=effects, rounds=rounds)
    if rounds < ROUTE_ROUNDS:
        design, learnt = settled(ground, "full", learnt, effects=effects)
    step()
    return ground, design, learnt


def _in_bands(ground: FitGround, design: Design, learnt: Learnt) -> FitGround:
    later_s = 0.0 if learnt.later_s is None else learnt.later_s[ground.runs.station]
    one = design._replace(fixed_s=design.fixed_s + later_s)
    # Against the mean of the week, so that hours are told apart whatever bands there were.
    flat = learnt.parameters._replace(log_h=np.zeros(1))
    whole = one._replace(band=np.zeros(len(one.band), dtype=np.int64))
    return replace(ground, bands=merged(whole, flat, learnt.sd, ground.runs.hour, ground.runs.weekend))


def _moved(ground: FitGround, others: list[OnRoad], learnt: Learnt, fold: NDArray[np.int64], seed: int) -> list[Exit]:
    ways = ground.at(learnt)

    def added_of(rows: NDArray[np.int64], place: OnRoad) -> NDArray[np.float64]:
        return added_from(ways, ground.runs, rows, place, learnt, lambda d, r: ground.design("full", d, r))

    return better_exits(ground.runs, ground.exits, others, added_of=added_of, learnt=learnt, fold=fold, seed=seed)


def _put(exits: OnRoad, moved: list[Exit]) -> OnRoad:
    found = OnRoad(exits.street.copy(), exits.along.copy(), exits.offset_m.copy())
    for one in moved:
        found.street[one.station] = one.on_road.street[0]
        found.along[one.station] = one.on_road.along[0]
        found.offset_m[one.station] = one.on_road.offset_m[0]
    return found


def may_try(model: Model, n: int) -> bool:
    """Whether there are runs enough to try a model."""
    return n >= FEWEST.get(model, 0)
