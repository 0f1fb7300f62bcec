"""Learn a department's drive times from its dispatch history, and say how wrong they still are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan._version import __version__
from fireplan.calibration._choice import chosen, reason_of
from fireplan.calibration._curve_and_spread import bent_curve, spread_of
from fireplan.calibration._fitting import FitGround, full_ground, ground_of, may_try, settled, simple_designs
from fireplan.calibration._held_out import (
    Folds,
    LeftOut,
    below_p90,
    bent,
    error_of,
    folds_by_day,
    left_out,
    score_of,
    standard_error,
)
from fireplan.calibration._intervals import curves_drawn, days_of
from fireplan.calibration._models import FitMaterial, Learnt, learn
from fireplan.calibration._routes import costs_of
from fireplan.calibration._runs import LONGEST_S, SHORTEST_S, EngineRuns, history_fingerprint, runs_of
from fireplan.calibration._turnout import turnout_times
from fireplan.calibration._value import as_calibration
from fireplan.drive_times import HeldOutError, LadderStep
from fireplan.drive_times._calibration import network_fingerprint
from fireplan.errors import Faults, InputError, quoted
from fireplan.progress import steps
from fireplan.response_performance import Policy, attend

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from fireplan.calibration._speeds_and_delays import Design
    from fireplan.drive_times import Calibration, Draw, TravelSpread, TurnoutTimes
    from fireplan.drive_times._calibration import Model
    from fireplan.response_performance._attendance import History
    from fireplan.scenario import Scenario

LADDER: tuple[Model, ...] = ("planning", "factor", "rand", "rand_fitted", "linear", "class", "full")
FEWEST_RUNS = 20
"""Of fewer runs nothing is learnt: planning speeds hold."""

MOST_STATION_FOLDS = 50
ALMOST_STRAIGHT = 0.99
"""A curve that bends no more than this is none."""

BENDS_DRAWN, BENDS_AGREED = 40, 0.9
"""So often days are drawn anew, and in so many of these draws drives have to bend."""

DRAWS = 100


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
        Runs and network.
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


@takes
def calibrate(
    history: History,
    scenario: Scenario,
    *,
    emergency_priorities: Sequence[str] | None = None,
    first_types: Sequence[str] = ("engine",),
    longest_s: float = LONGEST_S,
    draws: int = DRAWS,
    seed: int = 1,
) -> Calibration:
    """
    Learn from a dispatch history how long drives take, and how wrong that still is.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, with a row per unit and incident.
    scenario
        The department that answered it, as it was then, with its table of units; not calibrated.
    emergency_priorities
        Priorities that are answered with lights and siren, such as `("1", "2")`; left out: what the history says
        (`mode`), and all where it does not.
    first_types
        Types of unit whose first arrival is a run.
    longest_s
        Travel that is longer was no drive to a call: a stop, or a stamp that was forgotten. [s]
    draws
        How often curve and spread are fitted to days drawn anew.
    seed
        Draws folds and days.

    Returns
    -------
    What `Scenario.calibrated` takes. Its `reason` says why this model and no fuller one, and what that would take; its
    `ledger` accounts for every response.

    Raises
    ------
    InputError
        If no run is left, with the count of every rule; if the history is of another city; if the scenario has no
        units, or is calibrated already.

    Notes
    -----
    A run is the first unit of its type to arrive at an emergency, home from its station: clear for five minutes before,
    with a turnout of 15 to 600 s and travel from 10 s to `longest_s`, to a place that is known. No rule looks at speed,
    or at anything that a model says.

    The logarithm of travel is fitted to start + seconds on streets by class / factor of the hour + delays of turns, by
    a robust regression [1]_ that draws classes with few runs towards the planning ratios; ways are sought anew until
    speeds stay. Simpler models down to planning speeds, and RAND's curve [2]_, are fitted beside it and tried on the
    same days left out. The simplest that is within one standard error of the best is taken [3]_.

    References
    ----------
    .. [1] P. J. Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35(1), 1964,
       73-101.
    .. [2] P. Kolesar, W. Walker and J. Hausner, "Determining the relation between fire engine travel times and travel
       distances in New York City", Operations Research 23(4), 1975, 614-627.
    .. [3] L. Breiman, J. Friedman, R. Olshen and C. Stone, "Classification and Regression Trees", 1984, section 3.4.3.

    Examples
    --------
    >>> import fireplan as fp
    >>> project = fp.examples.marisol_project(calibrated=False)
    >>> found = fp.calibrate(project.history, project.today, emergency_priorities=("1", "2"))
    >>> found.model
    'full'
    """
    study = study_of(
        history, scenario, emergency_priorities=emergency_priorities, first_types=first_types, longest_s=longest_s,
        draws=draws, seed=seed,
    )  # fmt: skip
    turnout, notes = _turnout(history, scenario, emergency_priorities)
    return told(study, history, scenario, turnout=turnout, notes=notes, draws=draws, seed=seed)


def _turnout(
    history: History, scenario: Scenario, emergency_priorities: Sequence[str] | None
) -> tuple[TurnoutTimes | None, tuple[str, ...]]:
    """Learn turnout, of all units; where that cannot be done, say why."""
    asked = None if emergency_priorities is None else tuple(emergency_priorities)
    policy = Policy(emergency_priorities=asked, aid_given=True)
    try:
        return turnout_times(attend(history, scenario=scenario, policy=policy)), ()
    except InputError as fault:
        return None, (f"turnout is as planned: {fault}",)


@takes
def held_out_runs(
    history: History,
    scenario: Scenario,
    *,
    emergency_priorities: Sequence[str] | None = None,
    first_types: Sequence[str] = ("engine",),
    longest_s: float = LONGEST_S,
    seed: int = 1,
) -> pd.DataFrame:
    """
    Set every run beside what is modelled of it without its own day.

    Parameters
    ----------
    history, scenario, emergency_priorities, first_types, longest_s, seed
        As `calibrate`.

    Returns
    -------
    One row per run: `incident_id`, `unit_id`, `station_id`, `day`, `hour`, `weekend`, `observed_s`, and modelled
    without its day `median_s`, `p90_s`, without its station `elsewhere_s`, and for the second half of the days from
    the first `later_s` (missing in the first half) [s]; `km` driven, and `highway`, the class that carries most of
    them. In `attrs` the `model`.
    """
    study = study_of(
        history, scenario, emergency_priorities=emergency_priorities, first_types=first_types, longest_s=longest_s,
        draws=0, seed=seed,
    )  # fmt: skip
    return held_out_table(study)


def held_out_table(study: Study) -> pd.DataFrame:
    """Give the runs of a study; see `held_out_runs`."""
    runs, rung = study.ground.runs, study.rungs[study.model]
    median_s = rung.by_day.median_s
    p90_s = np.full(len(runs), np.nan)
    for one in np.unique(study.folds.fold):
        rows, tested = study.folds.fold != one, study.folds.fold == one
        if rows.any():
            p90_s[tested] = spread_of(median_s[rows], runs.travel_s[rows]).quantile_s(median_s[tested], 0.9)
    own = study.model in ("class", "full")
    km = study.ground.driven(study.ground.at(rung.learnt) if own else study.ground.ways).km
    table = pd.DataFrame(
        {
            "incident_id": runs.incident,
            "unit_id": runs.unit,
            "station_id": runs.stations.to_numpy(object)[runs.station],
            "day": [runs.day_said(d) for d in runs.day],
            "hour": runs.hour,
            "weekend": runs.weekend,
            "observed_s": runs.travel_s,
            "median_s": median_s,
            "p90_s": p90_s,
            "elsewhere_s": rung.by_station.median_s,
            "later_s": rung.by_period.median_s,
            "km": km.sum(axis=1),
            "highway": np.array(study.ground.ways.classes, dtype=object)[km.argmax(axis=1)],
        }
    )
    table.attrs["model"] = study.model
    return table


def _checked(longest_s: float, draws: int) -> None:
    faults = Faults("calibrate")
    if not SHORTEST_S < longest_s < np.inf:
        faults.add(f"longest_s is {longest_s!r}: give a number of seconds above {SHORTEST_S:g}, such as 1800")
    if not 0 <= draws <= 10_000:
        faults.add(f"draws is {draws!r}: give a whole number from 0 to 10,000")
    faults.raise_if_any()


def study_of(
    history: History,
    scenario: Scenario,
    *,
    emergency_priorities: Sequence[str] | None,
    first_types: Sequence[str],
    longest_s: float,
    draws: int,
    seed: int,
) -> Study:
    """Fit and try every model of the ladder."""
    _checked(longest_s, draws)
    if scenario.roads.calibrated:
        raise InputError(
            f"scenario {quoted(scenario.name)} is calibrated already: calibrate from the one it was made from"
        )
    policy = Policy(
        first_types=tuple(first_types),
        emergency_priorities=None if emergency_priorities is None else tuple(emergency_priorities),
        aid_given=True,
    )
    with steps(8 + len(LADDER), what="calibrating") as step:
        runs = runs_of(history, scenario, policy=policy, longest_s=float(longest_s), seed=seed)
        _refuse_none(runs)
        step()
        ground = ground_of(scenario, runs)
        _refuse_none(ground.runs)
        step()
        return _tried(ground, scenario, seed, step)


def _tried(ground: FitGround, scenario: Scenario, seed: int, step: Callable[[], None]) -> Study:
    """Fit all models that there are runs enough for, and try them on runs left out."""
    runs = ground.runs
    n = len(runs)
    folds = folds_by_day(runs, seed)
    # Nothing is particular to a station where there is no other.
    effects = len(np.unique(runs.station)) > 1
    tried = [model for model in LADDER if may_try(model, n) and (n >= FEWEST_RUNS or model == "planning")]
    known: dict[Model, Learnt] = {}
    designs: dict[Model, Design] = {}
    if "full" in tried:
        ground, designs["full"], known["full"] = full_ground(
            ground, scenario, folds.fold, seed=seed, effects=effects, step=step
        )
    designs |= simple_designs(ground, delays=costs_of(scenario.roads))
    if "class" in tried:
        designs["class"], known["class"] = settled(ground, "class", None, effects=False)
    step()
    material = FitMaterial(designs, runs.station, len(runs.stations))
    rungs: dict[Model, Rung] = {}
    for model in tried:
        rungs[model] = _rung(model, material, ground, folds, known.get(model), effects=effects)
        step()
    if "full" in rungs:
        rungs["full"] = _bent_if_better(material, ground, folds, rungs["full"], effects=effects, seed=seed)
    ladder = _ladder(rungs, runs, folds)
    model = chosen(ladder, [_paired(rungs, ladder, one, runs, folds) for one in ladder])
    return Study(ground, material, folds, rungs, model, ladder, reason_of(model, ladder, ground, effects=effects))


def _rung(
    model: Model, material: FitMaterial, ground: FitGround, folds: Folds, first: Learnt | None, *, effects: bool
) -> Rung:
    """Fit a model to all runs, and try it on runs left out by day, by station and by period."""
    whole = learn(model, material, first=first, effects=effects)
    by_day = left_out(model, material, folds.fold, whole, effects=effects)
    nowhere = LeftOut(*np.full((2, len(ground.runs)), np.nan))
    by_station = by_period = nowhere
    if effects:
        by_station = left_out(model, material, _station_folds(ground.runs), whole._replace(later_s=None), effects=False)
    second = _second_half(ground.runs)
    if second.any() and not second.all():
        by_period = left_out(model, material, np.where(second, 0, -1), whole, effects=effects)
    return Rung(whole, by_day, by_station, by_period)


def _station_folds(runs: EngineRuns) -> NDArray[np.int64]:
    _, of = np.unique(runs.station, return_inverse=True)
    return np.asarray(of % MOST_STATION_FOLDS, dtype=np.int64)


def _second_half(runs: EngineRuns) -> NDArray[np.bool_]:
    return np.asarray(runs.day > np.median(runs.day))


def _bent_if_better(
    material: FitMaterial, ground: FitGround, folds: Folds, straight: Rung, *, effects: bool, seed: int
) -> Rung:
    """
    Take a concave curve where days drawn anew agree that drives bend, and runs left out are told no worse.

    It is fitted to what was modelled of runs without their day: what is modelled too long because chance lengthened
    what it was learnt from is put right with what is so by nature. Its error may not be larger by more than one
    standard error.
    """
    runs = ground.runs
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
    days, rng = days_of(runs.day), np.random.default_rng(seed)
    drawn = [days.drawn(rng) for _ in range(BENDS_DRAWN)]
    bends = [bent_curve(straight.by_day.added_s[rows], log_s[rows], curve).power <= ALMOST_STRAIGHT for rows in drawn]
    if np.mean(bends) < BENDS_AGREED:
        return straight
    by_station, by_period = straight.by_station, straight.by_period
    if effects:
        by_station = bent(by_station, log_s, _station_folds(runs))
    second = _second_half(runs)
    if second.any() and not second.all():
        rows = np.flatnonzero(~second)
        part = left_out("full", material.of(rows), folds.fold[rows], straight.learnt, effects=effects)
        from_first = bent_curve(part.added_s, log_s[rows])
        by_period = by_period._replace(median_s=np.maximum(from_first.clock_s(by_period.added_s), 1.0))
    return Rung(straight.learnt._replace(curve=curve), by_day, by_station, by_period)


def _block(runs: EngineRuns, folds: Folds) -> NDArray[np.int64]:
    return runs.day // 7 if folds.what == "weeks" else runs.day


def _ladder(rungs: Mapping[Model, Rung], runs: EngineRuns, folds: Folds) -> tuple[LadderStep, ...]:
    found = []
    for model, rung in rungs.items():
        below = (
            below_p90(rung.by_day.median_s, runs.travel_s, folds.fold, spread_of) if len(runs) >= FEWEST_RUNS else None
        )
        error = error_of(rung.by_day.median_s, runs.travel_s, folds.what, below=below)
        score, total, count = score_of(rung.by_day.median_s, runs.travel_s, _block(runs, folds))
        found.append(
            LadderStep(
                model,
                error,
                score,
                standard_error(total, count),
                _other(rung.by_station.median_s, runs, "stations"),
                _other(rung.by_period.median_s, runs, "the second half of the days, from the first"),
            )
        )
    return tuple(found)


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


def told(
    study: Study,
    history: History,
    scenario: Scenario,
    *,
    draws: int,
    seed: int,
    turnout: TurnoutTimes | None = None,
    notes: tuple[str, ...] = (),
) -> Calibration:
    """Put what was learnt into its value."""
    runs, rung = study.ground.runs, study.rungs[study.model]
    step = next(one for one in study.ladder if one.model == study.model)
    rng = np.random.default_rng(seed)
    spread: TravelSpread | None = None
    drawn: tuple[Draw, ...] = ()
    if len(runs) >= FEWEST_RUNS:
        spread = spread_of(rung.by_day.median_s, runs.travel_s)
        design = study.material.designs[study.model]
        if study.model != "planning":
            drawn = curves_drawn(
                rung.learnt,
                rung.learnt.added_s(design, runs.station),
                runs.travel_s,
                rung.by_day,
                days_of(runs.day),
                n=draws,
                starts=study.model in ("linear", "class", "full"),
                rng=rng,
            )
    return as_calibration(
        study.ground, scenario.roads, study.material.designs[study.model], rung.learnt,
        model=study.model, rng=rng,
        rest={
            "error": step.error,
            "reason": study.why,
            "network": network_fingerprint(scenario.roads),
            "history": history_fingerprint(history),
            "spread": spread,
            "draws": drawn,
            "ladder": study.ladder,
            "by_station": step.by_station,
            "ledger": runs.ledger,
            "runs": len(runs),
            "first_day": runs.day_said(int(runs.day.min())),
            "last_day": runs.day_said(int(runs.day.max())),
            "made": f"{datetime.now(UTC):%Y-%m-%d}",
            "versions": {
                "fireplan": __version__, **{name: version(name) for name in ("numpy", "scipy", "pandas")},
            },
            "seed": seed,
            "method": f"folds by {study.folds.what}, seed {seed}",
            "basis": runs.basis if scenario.provenance == "observed" else scenario.provenance,
            "turnout": turnout,
            "notes": (*runs.notes, *notes),
        },
    )  # fmt: skip
