"""Every model of the ladder fitted to the runs of a history, and tried on the same runs left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fireplan import wording
from fireplan.calibration._choice import chosen, reason_of
from fireplan.calibration._curve_and_spread import bent_curve, spread_of
from fireplan.calibration._fitting import (
    FitGround,
    exits_tried,
    full_ground,
    ground_of,
    may_try,
    settled,
    simple_designs,
)
from fireplan.calibration._held_out import (
    Folds,
    below_p90,
    bent,
    error_of,
    folds_by_day,
    score_of,
    standard_error,
)
from fireplan.calibration._intervals import days_of
from fireplan.calibration._misplaced import place_notes
from fireplan.calibration._models import UNFITTED, FitMaterial, Learnt, learn
from fireplan.calibration._refits import LeftOut, Refits
from fireplan.calibration._routes import costs_of
from fireplan.calibration._runs import SHORTEST_S, EngineRuns, runs_of
from fireplan.drive_times import HeldOutError, LadderStep
from fireplan.errors import Faults, InputError, listed, quoted
from fireplan.progress import steps
from fireplan.response_performance import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from fireplan.calibration._speeds_and_delays import Design
    from fireplan.drive_times._calibration import Model
    from fireplan.response_performance._attendance import History
    from fireplan.scenario import Scenario

LADDER: tuple[Model, ...] = ("planning", "factor", "rand", "rand_fitted", "linear", "class", "full")
FEWEST_RUNS = 20
"""Of fewer runs nothing is learnt: planning speeds hold."""

MOST_STATION_FOLDS = 50
PARTS = 8
"""Steps of a calibration besides the folds that are left out."""

ALMOST_STRAIGHT = 0.99
"""A curve that bends no more than this is none."""

BENDS_DRAWN, BENDS_AGREED = 40, 0.9
"""So often days are drawn anew, and in so many of these draws drives have to bend."""


class Rung(NamedTuple):
    """
    A model of the ladder, and what it did on runs left out.

    Attributes
    ----------
    learnt
        Fitted to all runs.
    by_day, by_station, by_period
        Runs left out with their day, with their station, and those of the second half of the days from the first.
    """

    learnt: Learnt
    by_day: LeftOut
    by_station: LeftOut
    by_period: LeftOut


@dataclass(frozen=True, eq=False)
class Study:
    """
    Everything that was fitted and tried.

    Attributes
    ----------
    ground
        Runs and network, with the hours and exits of the model that is taken.
    material
        What models are fitted to.
    folds
        Of the runs, by day.
    rungs
        By model.
    model
        The one taken.
    ladder
        All with their errors.
    why
        Why this and no fuller one.
    """

    ground: FitGround
    material: FitMaterial
    folds: Folds
    rungs: Mapping[Model, Rung]
    model: Model
    ladder: tuple[LadderStep, ...]
    why: str


def _checked(longest_s: float | None, draws: int, seed: int, model: Model | None) -> None:
    faults = Faults("calibrate")
    if longest_s is not None and not SHORTEST_S < longest_s < np.inf:
        faults.add(f"longest_s is {longest_s!r}: give a number of seconds above {SHORTEST_S:g}, such as 1800")
    if not 0 <= draws <= 10_000:
        faults.add(f"draws is {draws!r}: give a whole number from 0 to 10,000")
    if seed < 0:
        faults.add(f"seed is {seed!r}: give a whole number from 0")
    if model is not None and model not in LADDER:
        faults.add(f"model is {model!r}: use {listed(LADDER)}")
    faults.raise_if_any()


def study_of(
    history: History,
    scenario: Scenario,
    *,
    emergency_priorities: Sequence[str] | None,
    first_types: Sequence[str],
    longest_s: float | None,
    draws: int,
    seed: int,
    model: Model | None = None,
) -> Study:
    """Fit and try every model of the ladder, or one alone."""
    _checked(longest_s, draws, seed, model)
    if scenario.roads.calibrated:
        raise InputError(
            f"scenario {quoted(scenario.name)} is calibrated already: calibrate from the one it was made from; of a"
            " project it is read by open_project(..., calibrated=False)"
        )
    policy = Policy(
        first_types=tuple(first_types),
        emergency_priorities=None if emergency_priorities is None else tuple(emergency_priorities),
        aid_given=True,
    )
    with steps(2, what="reading runs") as step:
        runs = runs_of(history, scenario, policy=policy, longest_s=longest_s, seed=seed)
        _refuse_none(runs)
        step()
        ground = ground_of(scenario, runs)
        _refuse_none(ground.runs)
        ground = _with_notes(ground, place_notes(ground, scenario, seed))
        step()
    folds = folds_by_day(ground.runs, seed)
    n = len(ground.runs)
    tried = [one for one in LADDER if may_try(one, n) and (n >= FEWEST_RUNS or one == "planning")]
    if model is not None:
        if model not in tried:
            raise InputError(
                f"with {wording.counted(n, 'run')} {quoted(model)} is not tried: models that are, are {listed(tried)}"
            )
        tried = [model]
    left_out = len(np.unique(folds.fold)) + len(np.unique(_station_folds(ground.runs))) + 1
    with steps(PARTS + left_out * len(tried), what="calibrating") as step:
        return _tried(ground, scenario, tried, folds, seed, step)


def _with_notes(ground: FitGround, notes: tuple[str, ...]) -> FitGround:
    return replace(ground, runs=replace(ground.runs, notes=(*ground.runs.notes, *notes)))


def _tried(
    ground: FitGround, scenario: Scenario, tried: Sequence[Model], folds: Folds, seed: int, step: Callable[[], None]
) -> Study:
    """Fit all models that there are runs enough for, and try them on runs left out."""
    runs = ground.runs
    # Nothing is particular to a station where there is no other.
    effects = len(np.unique(runs.station)) > 1
    grounds = dict.fromkeys(tried, ground)
    known: dict[Model, Learnt] = {}
    designs: dict[Model, Design] = {}
    others = exits_tried(ground, scenario)
    if "full" in tried:
        grounds["full"], designs["full"], known["full"] = full_ground(
            ground, others, folds.fold, seed=seed, effects=effects, step=step
        )
    designs |= simple_designs(ground, delays=costs_of(scenario.roads))
    if "class" in tried:
        designs["class"], known["class"] = settled(ground, "class", None, effects=False)
    step()
    material = FitMaterial(designs, runs.station, len(runs.stations))
    rungs: dict[Model, Rung] = {}
    for model in tried:
        whole = learn(model, material, first=known.get(model), effects=effects)
        refits = Refits(model, grounds[model], material, others, whole, folds.fold, seed, effects, step)
        rungs[model] = _rung(refits)
        if model == "full":
            rungs[model] = _bent_if_better(refits, folds, rungs[model])
    ladder = _ladder(rungs, runs, folds)
    model = chosen(ladder, [_paired(rungs, ladder, one, runs, folds) for one in ladder])
    return Study(
        grounds[model],
        material,
        folds,
        rungs,
        model,
        ladder,
        reason_of(model, ladder, ground, material.designs, effects=effects),
    )


def _rung(refits: Refits) -> Rung:
    """Try a model on runs left out by day, by station and by period."""
    runs = refits.ground.runs
    by_day = refits.left_out(refits.fold)
    nowhere = LeftOut(*np.full((2, len(runs)), np.nan))
    by_station = by_period = nowhere
    if refits.effects:
        by_station = refits.left_out(_station_folds(runs), what="stations")
    second = _second_half(runs)
    if second.any() and not second.all():
        by_period = refits.left_out(np.where(second, 0, -1))
    return Rung(refits.whole, by_day, by_station, by_period)


def _station_folds(runs: EngineRuns) -> NDArray[np.int64]:
    _, of = np.unique(runs.station, return_inverse=True)
    return np.asarray(of % MOST_STATION_FOLDS, dtype=np.int64)


def _second_half(runs: EngineRuns) -> NDArray[np.bool_]:
    return np.asarray(runs.day > np.median(runs.day))


def _bent_if_better(refits: Refits, folds: Folds, straight: Rung) -> Rung:
    """
    Take a concave curve where days drawn anew agree that drives bend, and runs left out are told no worse.

    It is fitted to what was modelled of runs without their day: what is modelled too long because chance lengthened
    what it was learnt from is put right with what is so by nature. Its error may not be larger by more than one
    standard error.
    """
    runs = refits.ground.runs
    log_s = np.log(runs.travel_s)
    curve = bent_curve(straight.by_day.added_s, log_s)
    if curve.power > ALMOST_STRAIGHT:
        return straight
    by_day = bent(straight.by_day, log_s, folds.fold)
    block = _block(runs, folds)
    _, of_bent, count = score_of(by_day.median_s, runs.travel_s, block)
    _, of_straight, _ = score_of(straight.by_day.median_s, runs.travel_s, block)
    worse = of_bent - of_straight
    if worse.sum() / count.sum() > standard_error(worse, count):
        return straight
    days, rng = days_of(runs.day), np.random.default_rng(refits.seed)
    drawn = [days.drawn(rng) for _ in range(BENDS_DRAWN)]
    bends = [bent_curve(straight.by_day.added_s[rows], log_s[rows], curve).power <= ALMOST_STRAIGHT for rows in drawn]
    if np.mean(bends) < BENDS_AGREED:
        return straight
    by_station, by_period = straight.by_station, straight.by_period
    if refits.effects:
        by_station = bent(by_station, log_s, _station_folds(runs))
    second = _second_half(runs)
    if second.any() and not second.all():
        rows = np.flatnonzero(~second)
        part = replace(refits.of(rows), step=lambda: None).left_out(refits.fold[rows])
        from_first = bent_curve(part.added_s, log_s[rows])
        by_period = by_period._replace(median_s=np.maximum(from_first.clock_s(by_period.added_s), 1.0))
    return Rung(straight.learnt._replace(curve=curve), by_day, by_station, by_period)


def _block(runs: EngineRuns, folds: Folds) -> NDArray[np.int64]:
    return runs.day // 7 if folds.what == "weeks" else runs.day


def _ladder(rungs: Mapping[Model, Rung], runs: EngineRuns, folds: Folds) -> tuple[LadderStep, ...]:
    found = []
    for model, rung in rungs.items():
        below = (
            below_p90(rung.by_day.median_s, runs.travel_s, folds.fold, partial(spread_of, fitted=model not in UNFITTED))
            if len(runs) >= FEWEST_RUNS
            else None
        )
        error = error_of(rung.by_day.median_s, runs.travel_s, folds.what, below=below)
        score, total, count = score_of(rung.by_day.median_s, runs.travel_s, _block(runs, folds))
        found.append(
            LadderStep(
                model,
                error,
                score,
                _or_nan(standard_error(total, count)),
                _other(rung.by_station.median_s, runs, "stations"),
                _other(rung.by_period.median_s, runs, "the second half of the days, from the first"),
            )
        )
    return tuple(found)


def _or_nan(value: float) -> float:
    """Of runs of one day alone there is no error over days."""
    return value if np.isfinite(value) else float("nan")


def _other(median_s: NDArray[np.float64], runs: EngineRuns, what: str) -> HeldOutError | None:
    return error_of(median_s, runs.travel_s, what) if np.isfinite(median_s).any() else None


def _paired(
    rungs: Mapping[Model, Rung], ladder: tuple[LadderStep, ...], one: LadderStep, runs: EngineRuns, folds: Folds
) -> float:
    """Standard error of how much worse a model is than the best, over the same days."""
    best = min(ladder, key=lambda step: step.score)
    block = _block(runs, folds)
    _, mine, count = score_of(rungs[one.model].by_day.median_s, runs.travel_s, block)
    _, theirs, _ = score_of(rungs[best.model].by_day.median_s, runs.travel_s, block)
    return standard_error(mine - theirs, count)


def _refuse_none(runs: EngineRuns) -> None:
    if len(runs):
        return
    told = "; ".join(f"{rule}: {wording.count(n)}" for rule, n in runs.ledger if n and rule != "used")
    responses = wording.counted(sum(n for _, n in runs.ledger), "response")
    raise InputError(
        f"no run is left to learn from, of {responses}: {told or 'none'}."
        " A run needs the stamps dispatched, under way and arrived, a unit of the scenario's table, and a place; check"
        " the rule that takes most"
    )
