"""What moving up is worth: policies side by side, the same calls with the same luck, and what a kilometre buys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan.errors import InputError
from fireplan.progress import silent, steps
from fireplan.simulation._simulate._mean_interval import mean_interval
from fireplan.simulation._simulate._simulate import known_of, simulate_known
from fireplan.simulation._simulate._what_ifs import paired_figures

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from fireplan.response_performance import History
    from fireplan.scenario import Scenario
    from fireplan.simulation._simulate._moving_loop import MovePolicy
    from fireplan.simulation._simulate._simulation_result import Simulation
    from fireplan.standards import Objective

COSTS = {"moves_a_day": "moves_a_day", "move_km_a_day": "km_a_day", "move_hours_a_day": "hours_a_day"}
"""What moving costs, and the columns of it."""

NOTHING_DRIVEN_KM = 0.1
"""Of a policy that drives less than this a day it is not said what a kilometre buys. [km]"""


@takes
def move_ups(
    scenario: Scenario,
    history: History,
    *,
    policies: Mapping[str, MovePolicy | None],
    days: int = 365,
    replications: int = 10,
    seed: int = 1,
    objective: Objective | None = None,
) -> pd.DataFrame:
    """
    Rank policies of moving up by what they do to response, and say what that costs in kilometres.

    Parameters
    ----------
    scenario, history
        As for `fireplan.simulate`.
    policies
        By name, what `moves` of `fireplan.simulate` takes; None: nobody moves. That is always the other side.
    days, replications, seed, objective
        As for `fireplan.simulate`. The objective is what moves are weighed by too, where a policy has none of its own.

    Returns
    -------
    By `policy`, the greatest gain first: the columns of `brownouts`, with `none` for `today` and `moved` for `closed`;
    `moves_a_day`, `km_a_day` and `hours_a_day`, beyond the way back that is driven anyhow, each with its 95 %
    interval; `in_time_a_day`, calls in time gained a day, and `in_time_per_100_km`, with their intervals; the latter
    missing where next to nothing is driven. Modelled; `attrs["said"]` has a sentence for each policy, `attrs["notes"]`
    what it rests on.

    Raises
    ------
    InputError
        If no policy is given, or one cannot be used.

    Notes
    -----
    Every policy meets the same calls with the same luck, so that differences are paired by replication. Of many
    policies one in twenty intervals leaves out zero by chance. Of a gain per kilometre the interval is that of the
    gain.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town().apply(fp.OpenStation("S2", at=(-140.0, 30.02), units=("E2",)))
    >>> history = fp.examples.line_town_history()
    >>> found = fp.move_ups(town, history, policies={"best": fp.simulation.BestMoves()}, days=28, replications=3)
    >>> found["share_within"].tolist()  # a call at a time, all of them near the one station
    [0.0, 0.0]
    """
    asked: dict[str, Any] = {"days": days, "replications": replications, "seed": seed, "objective": objective}
    trials = {str(name): policy for name, policy in policies.items() if policy is not None}
    if not trials:
        raise InputError(
            "policies names nothing that moves units: give one such as {'best': fireplan.simulation.BestMoves()}"
        )
    still = next((str(name) for name, policy in policies.items() if policy is None), "none")
    known = known_of(history, scenario)
    with steps(len(trials) + 1, what="policies") as step, silent():
        none = simulate_known(scenario, known, **asked)
        step()
        rows = [{"policy": still, **paired_figures(none, none, "moved", before_called="none"), **_costs(none, none)}]
        notes = list(none.notes)
        for name, policy in trials.items():
            found = simulate_known(scenario, known, **asked, moves=policy)
            figures = paired_figures(none, found, "moved", before_called="none")
            rows.append({"policy": name, **figures, **_costs(none, found)})
            notes += [f"{name}: {note}" for note in found.notes if note not in none.notes]
            step()
    table = pd.DataFrame(rows).set_index("policy").sort_values("share_within", ascending=False, kind="stable")
    table = table.astype({"n": "int64"}).assign(replications=none.replications, seed=none.seed)
    sentences = {str(name): _sentence(table, str(name), none) for name in table.index if name != still}
    table.attrs = {"basis": none.basis, "headline": none.headline, "notes": notes, "said": sentences}
    return table


def _costs(none: Simulation, found: Simulation) -> dict[str, float]:
    """What a policy costs a day, and what that buys."""
    before, after = none.by_replication(), found.by_replication()
    row: dict[str, float] = {}
    for name, column in COSTS.items():
        each = after[name].to_numpy(float) if name in after else np.zeros(len(after))
        cost = mean_interval(each)
        row |= {column: cost.mean, f"{column}_low": cost.low, f"{column}_high": cost.high}
    n = float(none.summary()["n"]["share_within"]) / none.replications / none.days
    gain = mean_interval((after["share_within"] - before["share_within"]).to_numpy(float) * n)
    km = row["km_a_day"]
    each_100 = 100 / km if km >= NOTHING_DRIVEN_KM else float("nan")
    for name, factor in (("in_time_a_day", 1.0), ("in_time_per_100_km", each_100)):
        row |= {name: gain.mean * factor, f"{name}_low": gain.low * factor, f"{name}_high": gain.high * factor}
    return row


def _sentence(table: pd.DataFrame, name: str, none: Simulation) -> str:
    """Say in one sentence what a chief asks: what it brings, what it costs, what a kilometre buys."""
    row: Any = table.loc[name]
    times = f"simulated, {wording.counted(none.replications, 'replication')} x {wording.counted(none.days, 'day')}"
    known = np.isfinite(row["share_within_low"])
    low, high = (wording.points(row[f"share_within_{end}"]) for end in ("low", "high"))
    share = f"{wording.points(row['share_within'])} points" + (f" ({low} to {high})" if known else "")
    km, moves = (wording.number(row[cost], decimals=1) for cost in ("km_a_day", "moves_a_day"))
    calls = wording.counted(row["n"], "call")
    if not known:
        judged = "one replication shows no interval"
    elif row["share_within_low"] <= 0 <= row["share_within_high"]:
        judged = "no gain or loss is shown"
    elif row["share_within"] < 0:
        judged = "it costs calls in time besides kilometres"
    elif np.isnan(row["in_time_per_100_km"]):
        judged = "it gains"
    else:
        judged = f"100 km buy {wording.number(row['in_time_per_100_km'], decimals=1)} more calls in time"
    return f"{name}: {none.headline}: {share} of {calls}, for {km} km a day in {moves} moves: {judged} ({times})."
