"""What one company less, or one unit more, does: the same calls with the same luck, replication by replication."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan.changes import AddUnit
from fireplan.errors import InputError, UnknownIdError, listed, quoted
from fireplan.progress import silent, steps
from fireplan.scenario import held
from fireplan.simulation._simulate._mean_interval import mean_interval
from fireplan.simulation._simulate._simulate import known_of, simulate_known
from fireplan.stations import KINDS, supply
from fireplan.stations._apparatus import ALSO_COUNTS_AS
from fireplan.stations._schedules import ALWAYS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from fireplan.response_performance import History
    from fireplan.response_performance._time_bins import LocalPeriod
    from fireplan.scenario import Scenario
    from fireplan.simulation._simulate._simulation_result import Simulation
    from fireplan.standards import Objective

FIGURES = ("share_within", "p90_s", "wait_mean_s", "aid", "lost")
"""Figures of a replication that are set side by side."""

FIGHTING = ("engine", "truck", "quint", "rescue")
"""Companies that are browned out where none are named."""

MOST_CLOSURES = 500
"""More than this are not tried at once."""

ROTATING = "rotating"


@takes
def brownouts(  # noqa: PLR0913 - what is closed, and how sure
    scenario: Scenario,
    history: History,
    *,
    choose: int = 1,
    units: Sequence[str] | None = None,
    when: str = ALWAYS,
    rotating: bool = True,
    days: int = 365,
    replications: int = 10,
    seed: int = 1,
    objective: Objective | None = None,
) -> pd.DataFrame:
    """
    Rank every closure of some companies by what it does to response.

    Parameters
    ----------
    scenario, history
        As for `fireplan.simulate`.
    choose
        How many companies are out at once.
    units
        Of which; left out: all engines, trucks, quints and rescues; with an objective, those that bring what it asks
        for.
    when
        Hours of the week in which they are out, such as "Mon-Fri 08:00-20:00".
    rotating
        Also ask what it does to let each closure take its turn, a day each. For "always" alone.
    days, replications, seed, objective
        As for `fireplan.simulate`.

    Returns
    -------
    By `closed`, the least loss first: `units`; `calls` of all replications, and `n`, those of them that the headline
    share is of; of the department as it is (`share_within_today`) and with the closure (`share_within_closed`) that
    share, their difference
    (`share_within`), and its 95 % interval (`share_within_low`, `share_within_high`). Likewise `p90_s` and
    `wait_mean_s` [s], and `aid` and `lost` [calls in a replication]. Modelled; in `attrs` what they rest on.

    Raises
    ------
    InputError
        If there are too few companies, or more than 500 closures.
    UnknownIdError
        If `units` names what is not there.

    Notes
    -----
    Every closure meets the same calls with the same luck as the department as it is, so that differences are paired by
    replication: what the replications have in common cancels out. Of many closures one in twenty intervals leaves out
    zero by chance.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town().apply(fp.OpenStation("S2", at=(-140.0, 30.02), units=("E2",)))
    >>> history = fp.examples.line_town_history()
    >>> found = fp.brownouts(town, history, days=28, replications=3)
    >>> found["units"].tolist()
    ['E1', 'E2', 'each in turn']
    """
    units_now = held(scenario).units
    fighting = units_now["type"].isin(FIGHTING).to_numpy()
    if objective is not None:  # a closure that its figure cannot feel would stand first
        wanted = [KINDS.index(kind) for kind, n in objective.needs.items() if n > 0]
        fighting = fighting & (supply(units_now)[:, wanted] > 0).any(axis=1)
    companies = units_now.index[np.flatnonzero(fighting)] if units is None else units
    names = [str(unit) for unit in dict.fromkeys(companies)]
    for name in names:
        if name not in units_now.index:
            raise UnknownIdError("unit", name, units_now.index)
    if not names:
        raise InputError("there is no company to be closed: name some in `units`")
    if not 1 <= choose <= len(names):
        raise InputError(
            f"choose is {choose}: give a number from 1 to {len(names)}, the companies that may be out ({listed(names)})"
        )
    if comb(len(names), choose) > MOST_CLOSURES:
        raise InputError(
            f"{choose} of {len(names)} companies can be closed in {comb(len(names), choose):,} ways, more than"
            f" {MOST_CLOSURES}: name fewer units"
        )
    closures = list(combinations(names, choose))
    asked: dict[str, Any] = {"days": days, "replications": replications, "seed": seed, "objective": objective}
    known = known_of(history, scenario)
    trials: list[tuple[str, str, dict[str, Any]]] = [
        (" + ".join(closed), ", ".join(closed), dict.fromkeys(closed, when)) for closed in closures
    ]
    if rotating and len(closures) > 1 and when == ALWAYS:
        trials.append((ROTATING, "each in turn", _in_turn(closures, known.templates.period, days)))
    with steps(len(trials) + 1, what="closures") as step, silent():
        today = simulate_known(scenario, known, **asked)
        step()
        rows = []
        for key, said, out in trials:
            found = simulate_known(scenario, known, **asked, brown_outs=out)
            rows.append({"closed": key, "units": said, **paired_figures(today, found, "closed")})
            step()
    table = pd.DataFrame(rows).set_index("closed")
    return _told(table.sort_values("share_within", ascending=False, kind="stable"), today)


@takes
def second_unit(
    scenario: Scenario,
    history: History,
    *,
    type: str = "engine",  # noqa: A002 - as in AddUnit
    stations: Sequence[str] | None = None,
    days: int = 365,
    replications: int = 10,
    seed: int = 1,
    objective: Objective | None = None,
) -> pd.DataFrame:
    """
    Say what another unit buys, at each station.

    Parameters
    ----------
    scenario, history
        As for `fireplan.simulate`.
    type
        Of the unit, such as "engine".
    stations
        Where it may stand; left out: at every open station.
    days, replications, seed, objective
        As for `fireplan.simulate`.

    Returns
    -------
    By `station_id`, the greatest gain first: `units` (what was added), and the same columns as of `brownouts`, with
    `added` for `closed`.

    Raises
    ------
    InputError
        If no call asks for a unit of that type, or `stations` names none.
    UnknownIdError
        If `stations` names what is not an open station.

    Notes
    -----
    As in `brownouts`, differences are paired by replication. A gain whose interval holds zero may be none.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town()
    >>> history = fp.examples.line_town_history()
    >>> found = fp.second_unit(town, history, days=28, replications=3)
    >>> found["share_within"].tolist()  # a call at a time: nobody is out
    [0.0]
    """
    tables = held(scenario)
    open_ids = [str(s) for s in tables.stations.index[tables.stations["open"].to_numpy(bool)]]
    names = open_ids if stations is None else list(dict.fromkeys(stations))
    for name in names:
        if name not in open_ids:
            raise UnknownIdError("open station", name, open_ids)
    if not names:
        raise InputError("stations names none: leave it out, and each open station is tried")
    asked: dict[str, Any] = {"days": days, "replications": replications, "seed": seed, "objective": objective}
    known = known_of(history, scenario)
    if not {type, *ALSO_COUNTS_AS.get(type, ())} & set(known.templates.kinds):
        raise InputError(
            f"no call of the history asks for a unit of type {quoted(type)}, so that another would never be sent:"
            f" {listed(known.templates.kinds)} are asked for"
        )
    with steps(len(names) + 1, what="stations") as step, silent():
        today = simulate_known(scenario, known, **asked)
        step()
        rows = []
        for name in names:
            unit_id = _free_id(f"second {type} {name}", tables.units.index)
            more = scenario.apply(AddUnit(unit_id, to=name, type=type))
            found = simulate_known(more, known, **asked)
            rows.append({"station_id": name, "units": f"another {type}", **paired_figures(today, found, "added")})
            step()
    table = pd.DataFrame(rows).set_index("station_id")
    return _told(table.sort_values("share_within", ascending=False, kind="stable"), today)


def _in_turn(closures: Sequence[tuple[str, ...]], period: LocalPeriod, days: int) -> dict[str, list[tuple[str, str]]]:
    """Let each closure last a day, one after the other, from before the warm-up until after the last day."""
    first = period.start.tz_convert(period.timezone).tz_localize(None)
    dates = pd.date_range(first - pd.Timedelta(days=2), periods=days + 12, freq="D")
    found: dict[str, list[tuple[str, str]]] = {}
    for number, date in enumerate(dates):
        for unit in closures[number % len(closures)]:
            found.setdefault(unit, []).append((str(date), str(date + pd.Timedelta(days=1))))
    return found


def paired_figures(
    today: Simulation, other: Simulation, what: str, *, before_called: str = "today"
) -> dict[str, float]:
    """Set figures side by side, replication by replication: other less today."""
    before, after = today.by_replication(), other.by_replication()
    counted = today.summary()["n"]
    row: dict[str, float] = {"n": float(counted["share_within"]), "calls": float(counted["calls"])}
    for name in FIGURES:
        gap = mean_interval((after[name] - before[name]).to_numpy(float))
        row |= {
            f"{name}_{before_called}": float(before[name].mean()),
            f"{name}_{what}": float(after[name].mean()),
            name: gap.mean,
            f"{name}_low": gap.low,
            f"{name}_high": gap.high,
        }
    return row


def _told(table: pd.DataFrame, today: Simulation) -> pd.DataFrame:
    table = table.astype({"n": "int64"}).assign(replications=today.replications, seed=today.seed)
    table.attrs = {"basis": today.basis, "headline": today.headline, "notes": list(today.notes)}
    return table


def _free_id(wanted: str, known: pd.Index) -> str:
    """Give an id that no unit bears yet."""
    while wanted in known:
        wanted += " more"
    return wanted
