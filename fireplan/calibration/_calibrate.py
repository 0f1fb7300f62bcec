"""Learn a department's drive times from its dispatch history, and say how wrong they still are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan._version import __version__
from fireplan.calibration._curve_and_spread import spread_of
from fireplan.calibration._intervals import curves_drawn, days_of
from fireplan.calibration._models import UNFITTED
from fireplan.calibration._runs import history_fingerprint
from fireplan.calibration._study import FEWEST_RUNS, Study, study_of
from fireplan.calibration._turnout import turnout_times
from fireplan.calibration._value import as_calibration, straightened
from fireplan.drive_times._calibration import network_fingerprint, times_fingerprint
from fireplan.errors import InputError
from fireplan.response_performance import Policy, attend

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fireplan.drive_times import Calibration, Draw, TravelSpread, TurnoutTimes
    from fireplan.drive_times._calibration import Model
    from fireplan.response_performance._attendance import History
    from fireplan.scenario import Scenario

DRAWS = 100

STRANGE_FACTOR = 2.5
"""Planning speeds that are wrong by more than this are doubted less than the records."""


@takes
def calibrate(
    history: History,
    scenario: Scenario,
    *,
    emergency_priorities: Sequence[str] | None = None,
    first_types: Sequence[str] = ("engine",),
    longest_s: float | None = None,
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
        Travel that is longer was no drive to a call: a stop, or a stamp that was forgotten. Left out: 900 s, where one
        drive in a hundred or fewer takes longer, else 1,800 s. [s]
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
    same days left out: whatever a model takes from runs, ways, hours and exits too, it takes without those days. The
    simplest that is within one standard error of the best is taken [3]_. 19,000 runs take some ten seconds.

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
    >>> found = fp.calibrate(project.history, project.today, emergency_priorities=("1", "2"), draws=0)
    >>> found.model
    'full'
    """
    found, _ = with_study(
        history, scenario, emergency_priorities=emergency_priorities, first_types=first_types, longest_s=longest_s,
        draws=draws, seed=seed,
    )  # fmt: skip
    return found


def with_study(
    history: History,
    scenario: Scenario,
    *,
    emergency_priorities: Sequence[str] | None = None,
    first_types: Sequence[str] = ("engine",),
    longest_s: float | None = None,
    draws: int = DRAWS,
    seed: int = 1,
) -> tuple[Calibration, Study]:
    """Learn as `calibrate` does, and give what was tried besides: its runs need not be modelled a second time."""
    study = study_of(
        history, scenario, emergency_priorities=emergency_priorities, first_types=first_types, longest_s=longest_s,
        draws=draws, seed=seed,
    )  # fmt: skip
    turnout, notes = _turnout(history, scenario, emergency_priorities)
    return told(study, history, scenario, turnout=turnout, notes=notes, draws=draws, seed=seed), study


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
    longest_s: float | None = None,
    seed: int = 1,
    model: Model | None = None,
) -> pd.DataFrame:
    """
    Set every run beside what is modelled of it without its own day.

    Parameters
    ----------
    history, scenario, emergency_priorities, first_types, longest_s, seed
        As `calibrate`.
    model
        The model of a calibration that is known, which alone is tried then; left out: the one that `calibrate` takes.

    Returns
    -------
    One row per run: `incident_id`, `unit_id`, `station_id`, `day`, `hour`, `weekend`, `observed_s`, and modelled
    without its day `median_s`, `p90_s`, without its station `elsewhere_s`, and for the second half of the days from
    the first `later_s` (missing in the first half) [s]; `km` driven, and `highway`, the class that carries most of
    them. In `attrs` the `model`.
    """
    study = study_of(
        history, scenario, emergency_priorities=emergency_priorities, first_types=first_types, longest_s=longest_s,
        draws=0, seed=seed, model=model,
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
            spread = spread_of(median_s[rows], runs.travel_s[rows], fitted=study.model not in UNFITTED)
            p90_s[tested] = spread.quantile_s(median_s[tested], 0.9)
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
        spread = spread_of(rung.by_day.median_s, runs.travel_s, fitted=study.model not in UNFITTED)
        design = study.material.designs[study.model]
        if study.model != "planning":
            driven = straightened(rung.learnt)  # draws are read against drives as they add up on the network
            drawn = curves_drawn(
                driven,
                driven.added_s(design, runs.station),
                runs.travel_s,
                rung.by_day,
                days_of(runs.day),
                n=draws,
                model=study.model,
                rng=rng,
            )
    found = as_calibration(
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
            "turnouts": turnout,
            "notes": (*runs.notes, *notes),
        },
    )  # fmt: skip
    found = replace(found, notes=(*found.notes, *_doubts(study)))
    # A factor on the network's own times is worth nothing on others.
    return found if found.speeds_kph else replace(found, times=times_fingerprint(scenario.roads))


def _doubts(study: Study) -> Iterator[str]:
    """Say so where engines would drive far from planning speeds: the records are doubted first."""
    learnt = straightened(study.rungs[study.model].learnt)
    if study.model in UNFITTED or study.model == "rand_fitted" or learnt.curve.power != 1.0:
        return
    planned_s = study.material.designs[study.model].paces
    factor = float(planned_s.sum() / max((planned_s @ learnt.parameters.paces).sum(), 1e-9))
    if not 1 / STRANGE_FACTOR <= factor <= STRANGE_FACTOR:
        yield (
            f"engines would drive {factor:.2f} times as fast as planned: check that places and stamps are what they are"
            " taken for, before any figure is used"
        )
