"""Simulate a department over many days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import said, takes
from fireplan._kernel.jit import compiling_or
from fireplan._kernel.simulation import run as run_loop
from fireplan.errors import Faults, InputError, listed, quoted
from fireplan.progress import listening, on_threads
from fireplan.response_performance._time_bins import LocalPeriod
from fireplan.simulation._aid_rules import AidRule
from fireplan.simulation._simulate._call_templates import RunCards, call_templates, card_of
from fireplan.simulation._simulate._crews_and_duty import turnout_table, units_on_duty
from fireplan.simulation._simulate._demand_changes import call_factors
from fireplan.simulation._simulate._demand_draws import DemandModel
from fireplan.simulation._simulate._dispatch_policies import Dispatch
from fireplan.simulation._simulate._drive_medians import drive_medians
from fireplan.simulation._simulate._habits import Habits, aid_note, habits
from fireplan.simulation._simulate._headline import headline_of
from fireplan.simulation._simulate._hospital_legs import hospital_legs
from fireplan.simulation._simulate._mean_interval import mean_interval
from fireplan.simulation._simulate._more_than_there_are import beyond_all, beyond_said
from fireplan.simulation._simulate._move_ups import movement_of
from fireplan.simulation._simulate._replications import Replication, SimulationModel, simulated
from fireplan.simulation._simulate._simulation_result import Simulation, share_within
from fireplan.simulation._whole_week import refuse_parts
from fireplan.stations._apparatus import unit_types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from fireplan.response_performance import History
    from fireplan.scenario import Scenario
    from fireplan.simulation._hospitals import Hospitals
    from fireplan.simulation._simulate._call_templates import CallTemplates
    from fireplan.simulation._simulate._demand_draws import Demand
    from fireplan.simulation._simulate._dispatch_policies import DispatchMoment
    from fireplan.simulation._simulate._move_policies import DMEXCLP, Backfill, BestMoves, ComplianceTable, MoveMoment
    from fireplan.simulation._simulate._moving_loop import MovePolicy
    from fireplan.standards import Objective

AT_LEAST = 5
"""Replications before an interval is trusted to be narrow enough."""

AT_A_TIME = 4
"""Replications between two looks at the interval, whatever the number of threads."""

DRAIN = pd.Timedelta(days=7)
"""After the last day, calls that wait are served for so long."""

MOST_SEED = 2**63


class KnownCalls(NamedTuple):
    """What a history says once, for all scenarios that are simulated from it."""

    templates: CallTemplates
    habits: Habits


@takes
def simulate(  # noqa: PLR0913 - what is drawn, who answers, and how sure
    scenario: Scenario,
    history: History,
    *,
    days: int = 365,
    replications: int = 20,
    seed: int = 1,
    demand: Demand = "days",
    growth: float | Mapping[str, float] = 1.0,
    start: str | pd.Timestamp | None = None,
    run_cards: Mapping[str | tuple[str, str], Mapping[str, int]] | None = None,
    queue: bool | None = None,
    aid: bool | AidRule | Sequence[AidRule] = True,
    assignable: bool | None = None,
    brown_outs: Mapping[str, str | Sequence[str | tuple[str, str]]] | None = None,
    policy: Callable[[DispatchMoment], str | None] | None = None,
    objective: Objective | None = None,
    within: float | None = None,
    warm_up_days: int = 1,
    hospitals: Hospitals | None = None,
    moves: ComplianceTable | DMEXCLP | BestMoves | Callable[[MoveMoment], Iterable[tuple[str, str]]] | None = None,
    backfill: Backfill | None = None,
) -> Simulation:
    """
    Simulate a department over many days: who is free, who comes, and how long that takes.

    Parameters
    ----------
    scenario
        Whose units and roads. A unit is sent only in the hours of its `schedule`; of those that share a crew
        (`shared_crew`) one at a time, the others when it is home.
    history
        Dispatch history with a row per unit per incident, of a week or more: what calls come, where and when, what was
        sent, how long it stayed.
    days
        Simulated days, after the warm-up.
    replications
        How many times they are simulated; with `within` the most.
    seed
        Of all random draws. The same seed gives the same result to the last bit, whatever the number of processors.
    demand
        "days": whole days of the history, drawn for each simulated day from those of the same weekday and no farther
        off in the year than 45 days. "poisson": calls come at rates by hour, weekday and category, each like one of
        the history of its category and hour.
    growth
        Counts of calls are multiplied by it: one number, or by category. `ScaleDemand` in the scenario does so by place
        and category; both hold together.
    start
        First simulated day, local; left out: the first of the history.
    run_cards
        By category, or by category and class of risk as `("fire", "high")`, how many of each kind of unit are sent; the
        class is that of the zone (`risk_class`). Left out, and for calls not named: as was sent to the call of the
        history, neighbours' units included.
    queue
        Where none is free, the call waits for the first that is, the most urgent priority first; but not for more
        than there are, as the same would come again: no unit goes to a call twice. False: it does not.
        Left out: as the history shows: it waits, but for kinds of unit of which neighbours' came ten times or more.
    aid
        What no unit of the department serves is handed to a neighbour's, which takes as long as neighbours' units
        took in the history. False: it is lost. Or a `fireplan.simulation.AidRule` for each neighbour whose stations and
        units are in the scenario: its units then drive from there, and what they do not serve waits or is lost. A call
        that only they went to counts as `aid`; those that come automatically count in the headline, those that have to
        be asked do not. Without rules, neighbours' units in the scenario are its own.
    assignable
        Units on their way home may be sent. They are taken to come by way of their station, which is late rather than
        early. False: not before they are home. Left out: as the history shows; the notes say so.
    brown_outs
        By unit, when it is out of service besides its schedule: hours of the week such as "Mon-Fri 08:00-20:00" or
        "always", or spells of local time such as [("2025-07-01", "2025-07-15")].
    policy
        A function that is given a `fireplan.simulation.DispatchMoment` and names the unit to be sent, or None for none
        of the department. Runs in Python, a hundred times slower. Left out: the nearest by median drive, compiled;
        `fireplan.simulation.nearest` does the same in Python.
    objective
        What share the headline is: of an objective for one unit or for a force, on its own calls and ground. A force
        that is never complete is not within, also where the call asked for less. Left out: the first unit that stops
        the clock within eight minutes of the call.
    within
        Stop when the 95 % interval of that share is no wider than this, such as 0.01; at least five replications.
    warm_up_days
        Days that are simulated first and not counted.
    hospitals
        Where ambulances take patients, and how long they are held there: `fireplan.simulation.Hospitals`. They are then
        clear at the hospital, and drive home from it. Left out: stays are as long as in the history, and a unit drives
        home from the scene.
    moves
        How free units are stationed while others are out: `fireplan.simulation.ComplianceTable`, `DMEXCLP`,
        `BestMoves`, or a function that is given a `fireplan.simulation.MoveMoment` and gives moves as pairs of a
        unit's id and a station's (in Python, a hundred times slower). Left out: nobody moves up.
    backfill
        Reserves that are called in while many are out: a `fireplan.simulation.Backfill`.

    Returns
    -------
    The simulation: a history of its first replication, `summary()`, `utilisation()`; with `moves` or `backfill` its
    `moves` and `recalls` too. Modelled.

    Raises
    ------
    InputError
        If there are no units, no calls, fewer than seven days of history, if the scenario was narrowed or asks of one
        moment (`at`), or if an argument cannot be used.
    UnknownIdError
        If `brown_outs` names a unit that is not there.

    Notes
    -----
    Every call is patterned on one of the history, with its place, priority, processing, the units asked for, how long
    each stayed and which were called off. Turnout is drawn from the calibration's law of the type, category and hour,
    times the unit's own; drives from the calibrated spread about the median of the period of the week. Without a
    calibration both take what is planned, and the notes say so. A call is served when any unit of the department goes,
    else handed to aid, else lost. Random numbers belong to the call and the place of a unit among those sent to it, so
    that two scenarios see the same calls with the same luck: compare them replication by replication.

    A unit that was moved stays where it is stationed until it is moved again: from there it is sent, and there it
    returns, from a call too. It is driven there at the median, and until it has arrived it is taken to come by way of
    its new station. One whose hours end elsewhere drives home then. Neighbours' units are not moved.

    Not simulated: traffic that differs from day to day, and where on its way home a unit is.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town()
    >>> history = fp.examples.line_town_history()
    >>> found = fp.simulate(town, history, days=28, replications=3)
    >>> found.summary().loc[["calls", "served", "lost"], "mean"].tolist()
    [28.0, 28.0, 0.0]
    """
    if demand not in {"days", "poisson"}:
        raise InputError(f"demand is {quoted(demand)}: write 'days' or 'poisson'")
    known = known_of(history, scenario, run_cards)
    return simulate_known(
        scenario, known, days=days, replications=replications, seed=seed, demand=demand, growth=growth, start=start,
        queue=queue, aid=aid, assignable=assignable, brown_outs=brown_outs, policy=policy, objective=objective,
        within=within, warm_up_days=warm_up_days, hospitals=hospitals, moves=moves, backfill=backfill,
    )  # fmt: skip


def known_of(
    history: History, scenario: Scenario, run_cards: Mapping[str | tuple[str, str], Mapping[str, int]] | None = None
) -> KnownCalls:
    """Learn from a history once; of a what-if with the department it was made from, which sent those units."""
    faults = Faults("simulate")
    refuse_parts(scenario, faults)
    faults.raise_if_any()
    first = scenario
    while first.parent is not None and len(first.parent.units):
        first = first.parent
    templates = call_templates(history, first, run_cards=_cards(run_cards, first.units["type"]))
    base = scenario
    while base.parent is not None and base.parent.roads.fingerprint == scenario.roads.fingerprint:
        base = base.parent
    return KnownCalls(templates, habits(base, templates))


def simulate_known(  # noqa: PLR0913 - as `simulate`
    scenario: Scenario,
    known: KnownCalls,
    *,
    days: int,
    replications: int,
    seed: int,
    demand: Demand = "days",
    growth: float | Mapping[str, float] = 1.0,
    start: str | pd.Timestamp | None = None,
    queue: bool | None = None,
    aid: bool | AidRule | Sequence[AidRule] = True,
    assignable: bool | None = None,
    brown_outs: Mapping[str, str | Sequence[str | tuple[str, str]]] | None = None,
    policy: Callable[[DispatchMoment], str | None] | None = None,
    objective: Objective | None = None,
    within: float | None = None,
    warm_up_days: int = 1,
    hospitals: Hospitals | None = None,
    moves: MovePolicy | None = None,
    backfill: Backfill | None = None,
) -> Simulation:
    """Simulate a scenario by what is known of a history; see `simulate`."""
    _check(days, replications, seed, within, warm_up_days)
    if policy is not None and not callable(policy):
        raise InputError(f"policy is {said(policy)}: give a function of a moment, such as fireplan.simulation.nearest")
    templates = known.templates
    timezone = templates.period.timezone
    begins = templates.period.start.tz_convert(timezone).tz_localize(None) if start is None else _midnight(start)
    first_day = begins - pd.Timedelta(days=warm_up_days)
    all_days = warm_up_days + days
    clock = LocalPeriod(
        _instant(first_day, timezone), _instant(first_day + pd.Timedelta(days=all_days) + DRAIN, timezone), timezone
    )
    scaled, scaled_notes = call_factors(scenario, templates)
    times = scaled * _growth(growth, templates)[templates.category]
    drives, legs = drive_medians(scenario, templates), None
    taken: list[str] = []
    if hospitals is not None:
        drives, legs, taken = hospital_legs(scenario, templates, drives, hospitals)
    out = {unit: (spells,) if isinstance(spells, str) else tuple(spells) for unit, spells in (brown_outs or {}).items()}
    assignable = known.habits.assignable if assignable is None else assignable
    rules = _rules(aid)
    aid = rules is None and bool(aid)
    waits = np.array([k not in known.habits.aided or not aid if queue is None else queue for k in templates.kinds])
    crews = units_on_duty(
        scenario, stations=drives.stations, kinds=templates.kinds, clock=clock, brown_outs=out, assignable=assignable,
        aid=rules,
    )  # fmt: skip
    movement = movement_of(
        scenario, moves, backfill, objective=objective, templates=templates, drives=drives, crews=crews, clock=clock
    )
    beyond = beyond_all(crews, templates)
    calibration = scenario.calibration if scenario.roads.calibrated else None
    model = SimulationModel(
        templates=templates,
        demand=DemandModel(templates, demand=demand, first_day=first_day, days=all_days, growth=times),
        drives=drives,
        fleet=crews.fleet,
        turnout_s=turnout_table(scenario, crews.units, templates.categories),
        spread=None if calibration is None else calibration.spread,
        pace=known.habits.pace,
        clock=clock,
        first_day=first_day,
        warm_up_days=warm_up_days,
        days=days,
        queue=waits,
        beyond=beyond,
        aid=aid,
        theirs=crews.terms.theirs,
        movement=movement,
        policy=None
        if policy is None
        else Dispatch(policy, [*crews.units.index.astype(str)], templates.kinds, templates.incidents),
        legs=legs,
    )
    types = tuple(np.where(crews.terms.asked_last, "", crews.units["type"].to_numpy(object)).tolist())
    headline = headline_of(objective, templates, crews.units.assign(type=types))

    def share(found: Replication) -> float:
        return share_within(model, found, headline, types)[0]

    runs = _replicated(model, seed, replications, within, share)
    habit = (aid_note(known.habits.aided if aid else frozenset()),) if queue is None and rules is None else ()
    if queue is None and rules is not None:
        habit = ("where neither an own unit is free nor a neighbour's that its rule sends, the call waits",)
    notes = (
        *templates.notes,
        *scaled_notes,
        *known.habits.notes,
        *habit,
        *drives.notes,
        *taken,
        *crews.notes,
        *(() if movement is None else movement.notes),
        *beyond_said(templates, beyond),
        *_grounds(scenario, model, within, runs, share),
    )
    return Simulation(
        scenario, days, warm_up_days, seed, notes, model, tuple(runs), crews.units, crews.duty, headline, types
    )


def _rules(aid: bool | AidRule | Sequence[AidRule]) -> tuple[AidRule, ...] | None:  # noqa: FBT001 - as it is asked
    """Give the rules of aid; None: there are none, and neighbours come as in the history, or not."""
    if isinstance(aid, bool | np.bool_):
        return None
    rules = (aid,) if isinstance(aid, AidRule) else tuple(aid) if isinstance(aid, list | tuple) else None
    if rules is None or not all(isinstance(rule, AidRule) for rule in rules):
        raise InputError(f"aid is {said(aid)}: give True, False or a list of fireplan.simulation.AidRule")
    return rules


def _replicated(
    model: SimulationModel, seed: int, most: int, within: float | None, share: Callable[[Replication], float]
) -> list[Replication]:
    """Simulate replications, until the share is known closely enough; their number depends on no thread."""
    runs: list[Replication] = []
    shares: list[float] = []
    if model.policy is None and not run_loop.signatures:
        listening(lambda: simulated(model, seed, 0), what=compiling_or("first replication", run_loop))
    while len(runs) < most:
        batch = range(len(runs), most if within is None else min(most, len(runs) + AT_A_TIME))
        with on_threads(lambda number: simulated(model, seed, number), batch, what="replications") as found:
            for run in found:
                runs.append(run)
                shares.append(share(run))
        if within is None:
            continue
        for n in range(AT_LEAST, len(runs) + 1):
            if mean_interval(shares[:n]).width <= within:
                return runs[:n]
    return runs


def _check(days: int, replications: int, seed: int, within: float | None, warm_up_days: int) -> None:
    faults = Faults("simulate")
    if days < 1:
        faults.add(f"days is {days}: simulate at least one")
    if replications < 1:
        faults.add(f"replications is {replications}: simulate at least once")
    if warm_up_days < 0:
        faults.add(f"warm_up_days is {warm_up_days}: give a number of days, from 0")
    if not 0 <= seed < MOST_SEED:
        faults.add(f"seed is {seed}: give a whole number from 0")
    if within is not None and not 0 < within < 1:
        faults.add(f"within is {within}: give the width of an interval of a share, such as 0.01")
    faults.raise_if_any()


def _cards(cards: Mapping[str | tuple[str, str], Mapping[str, int]] | None, types: Iterable[str]) -> RunCards | None:
    if cards is None:
        return None
    faults, known = Faults("run_cards"), {*unit_types().values(), *types}
    for category, card in cards.items():
        for kind, n in card.items():
            if kind not in known:
                faults.add(
                    f"{card_of(category)} asks for {quoted(kind)}, which is no type of unit: known are"
                    f" {listed(sorted(known))}"
                )
            if not (n >= 0 and float(n).is_integer()):
                faults.add(f"{card_of(category)} asks for {n!r} of {quoted(kind)}: give a whole number of units")
        if not any(card.values()):
            faults.add(f"{card_of(category)} asks for nothing: name at least one unit, such as {{'engine': 1}}")
    faults.raise_if_any()
    return {
        (str(of[0]), str(of[1])) if isinstance(of, tuple) else str(of): {str(k): int(n) for k, n in card.items()}
        for of, card in cards.items()
    }


def _growth(growth: float | Mapping[str, float], templates: CallTemplates) -> NDArray[np.float64]:
    """By category, what counts of calls are multiplied by."""
    by_name = growth if isinstance(growth, Mapping) else dict.fromkeys(templates.categories, growth)
    unknown = [name for name in by_name if name not in templates.categories]
    if unknown:
        raise InputError(
            f"growth names {listed(map(quoted, unknown))}, but the categories of the history are"
            f" {listed(map(quoted, templates.categories))}"
        )
    for name, factor in by_name.items():
        if not 0 <= factor < 100:
            raise InputError(f"growth of {quoted(name)} is {factor:g}: give a factor, such as 1.1 for a tenth more")
    return np.array([float(by_name.get(name, 1.0)) for name in templates.categories])


def _midnight(start: str | pd.Timestamp) -> pd.Timestamp:
    try:
        stamp = pd.Timestamp(start)
    except ValueError as error:
        raise InputError(f"start is {quoted(start)}: write a date, such as '2025-01-01'") from error
    if pd.isna(stamp):
        raise InputError(f"start is {quoted(start)}: write a date, such as '2025-01-01'")
    return stamp.tz_localize(None).normalize()


def _instant(local: pd.Timestamp, timezone: str) -> pd.Timestamp:
    return local.tz_localize(timezone, ambiguous=True, nonexistent="shift_forward").tz_convert("UTC")


def _grounds(
    scenario: Scenario,
    model: SimulationModel,
    within: float | None,
    runs: Sequence[Replication],
    share: Callable[[Replication], float],
) -> list[str]:
    """Say what drives and turnouts rest on, and whether the interval asked for was reached."""
    notes = []
    if model.spread is None:
        notes.append("drives take their planned times, all alike, as nothing is calibrated: calibrate them first")
    if scenario.calibration is None or scenario.calibration.turnouts is None:
        notes.append("turnouts are the units' planning turnouts, all alike: none were learnt")
    aid = {name for name in model.templates.kinds if not len(model.templates.aid_s.get(name, ()))}
    without = {model.templates.kinds[k] for found in runs for k in np.unique(found.kind[found.who == 1])} & aid
    if without:
        notes.append(
            f"no neighbour's {listed(sorted(without))} arrived in the history, so when one that is handed a call does"
            " is not known"
        )
    never = int(np.isinf(model.drives.median_s[0]).all(axis=1)[model.drives.place].sum())
    if never:
        n = wording.counted(never, "call of the history lies", "calls of the history lie")
        notes.append(f"{n} where no unit can drive to: calls like them count as handed on or lost")
    if len(runs) == 1:
        notes.append("one replication: there is no interval; simulate more")
    width = mean_interval([share(found) for found in runs]).width
    if within is not None and width > within:
        told = "none yet" if np.isinf(width) else wording.number(width, decimals=4)
        notes.append(
            f"the interval of the headline share is not as narrow as asked for ({told} rather than {within:g}): allow"
            " more replications"
        )
    return notes
