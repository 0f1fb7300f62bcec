"""From an answer on a matrix to a `Siting`: the plan, the proof that it does what is claimed, and what came close."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan.changes._drive_error import error_said
from fireplan.siting._results.plan_proof import columns_named, must_agree, placed, plan_of
from fireplan.siting._results.site_values import building_order, runner_ups, scores, settled
from fireplan.siting._results.siting_result import Siting
from fireplan.travel._network_parts import small_part_notes

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from fireplan.scenario import Change
    from fireplan.siting._problem.constraints import Choice
    from fireplan.siting._problem.prepared_problem import Setting
    from fireplan.siting._results.plan_proof import Proven
    from fireplan.siting._results.site_values import Weigher
    from fireplan.siting._solvers.incumbent import Answer

NOTE = "modelled with all units at home and free; no call processing"


def drives_said(setting: Setting) -> tuple[str, ...]:
    """Say how wrong modelled drives are, and what they are taken for, where they are calibrated."""
    calibration = setting.scenario.calibration
    if calibration is None or not setting.scenario.roads.calibrated:
        return ()
    by_chance = calibration.spread is not None and not setting.medians
    how = (
        "each place counts by how likely it is reached in time, so figures are what is to be expected; their interval"
        " is that of an assessment of the plan"
        if by_chance
        else "drives are medians, and a place is reached in time or not by its median drive"
    )
    return (f"{error_said(setting.scenario)} ({calibration.basis} runs); {how}",)


def siting_of(  # noqa: PLR0913 - an answer has this many parts
    setting: Setting,
    weigher: Weigher,
    choice: Choice,
    answer: Answer,
    *,
    ids: pd.Index,
    question: str,
    unit: str,
    total: float,
    share_of: str = "objective",
    prove: Callable[[tuple[Change, ...]], Proven],
    claimed_per: float = 1.0,
    tie_s: Callable[[NDArray[np.int64]], NDArray[np.float64]] | None = None,
    move: bool = False,
    notes: tuple[str, ...] = (),
    goal: float = math.nan,
    counted_in: str = "",
    set_aside: pd.DataFrame,
) -> Siting:
    """
    Put an answer into words and tables.

    Parameters
    ----------
    setting, weigher, choice, answer
        What was asked, how choices are weighed, and what was found; columns are candidates, then closable stations.
    ids
        Candidates that can be used.
    question, unit, total, notes, goal, counted_in, set_aside
        As in `Siting`.
    share_of
        "weight" where choices are weighed in another unit than the objective's; the objective is then no share.
    prove
        Works out from an assessment what a plan attains.
    claimed_per
        The answer's objective and bound times this are in `unit`.
    tie_s
        Mean time of each column to what it alone reaches, given the other columns chosen: among sites that attain the
        same, the one with the least is taken. [s]
    move
        Whether the units of stations that close move to the new sites.
    """
    n_new = len(ids)
    names = columns_named(setting, ids)
    solved = not math.isnan(answer.objective)
    all_open = np.arange(n_new, n_new + len(setting.closable))
    chosen = answer.chosen if solved else all_open
    if solved and tie_s is not None:
        chosen = settled(weigher, chosen, choice, tie_s, n_new=n_new)
        if answer.status != "optimal" and not np.array_equal(chosen, answer.chosen):
            # What was not proven to be best may have been bettered by the exchange.
            answer = replace(answer, chosen=chosen, objective=weigher.objective(chosen))
    sites = placed(setting, ids)
    sites[["chosen", "alone", "beside"]] = scores(weigher, chosen, n_new=n_new).to_numpy()
    sites["chosen"] = sites["chosen"].astype(int)
    plan: tuple[Change, ...] = ()
    if solved:
        picked = sites[sites["chosen"] > 0]
        close = [s for i, s in enumerate(setting.closable) if n_new + i not in chosen]
        plan = plan_of(setting, picked, picked["chosen"].to_numpy(), close=close, move=move)
        proven = prove(plan)
        must_agree(answer.objective * claimed_per, proven.value, unit, proven.rounded)
    off = len(set_aside)
    what = wording.counted(off, "candidate is", "candidates are")
    aside = [f"{what} set aside: off every road that a door may open on"] if off else []
    return Siting(
        scenario=setting.scenario,
        question=question,
        plan=plan,
        objective=answer.objective * claimed_per,
        bound=answer.bound * claimed_per,
        unit=unit,
        before=weigher.objective(all_open) if share_of == "objective" else math.nan,
        total=total if share_of == "objective" else math.nan,
        status=answer.status,
        reason=answer.reason,
        sites=sites,
        set_aside=set_aside,
        runner_ups=runner_ups(weigher, chosen, choice, names, n_new=n_new),
        curve=building_order(weigher, chosen, names, n_new=n_new, total=total),
        model=answer.model,
        notes=(NOTE, *drives_said(setting), *aside, *notes, *small_part_notes(setting.scenario)),
        goal=goal,
        counted_in=counted_in,
    )
