"""The calibration that a plan pins: whether it is of these streets and runs, and the department driven by it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import tomlkit

from fireplan._whole_file import write_whole
from fireplan.drive_times import read_calibration
from fireplan.errors import InputError, ProjectError, quoted
from fireplan.project._plan import read_plan

if TYPE_CHECKING:
    from pathlib import Path

    from fireplan.drive_times import Calibration
    from fireplan.incidents import CadHistory
    from fireplan.project._plan import Plan
    from fireplan.scenario import Scenario

NAME = "calibration.toml"
ANEW = "calibrate anew, by `fireplan calibrate`, or take inputs.calibration out of plan.toml"


def pinned(plan: Plan, folder: Path) -> Calibration | None:
    """Read the calibration that a plan pins."""
    name = plan.inputs.calibration
    if name is None:
        return None
    found = read_calibration(folder / name)
    if found.periods and plan.periods:
        raise ProjectError(
            f"[[periods]] and {name} both say how hours of the week differ: leave [[periods]] out, the calibration has"
            " learnt its own"
        )
    return found


def driven_by(
    today: Scenario, calibration: Calibration, plan: Plan, history: CadHistory | None
) -> tuple[Scenario, list[str]]:
    """Drive a department by the calibration of its plan, and say what that is; one of other data is refused."""
    name = quoted(plan.inputs.calibration)
    if history is not None:
        from fireplan.calibration import history_fingerprint  # noqa: PLC0415 - slow to import, and for few projects

        here = history_fingerprint(history)
        if here != calibration.history:
            raise ProjectError(
                f"inputs.calibration {name} was made from another dispatch history (runs {quoted(calibration.history)},"
                f" here {quoted(here)}): {ANEW}"
            )
    notes = [f"drive times by {plan.inputs.calibration}, calibration {calibration.fingerprint}"]
    if history is None:
        notes.append(f"{plan.inputs.calibration} is not checked against its runs: plan.toml names no dispatch history")
    if today.roads.calibrated:  # kept as driven, with what was changed on it since
        if today.roads.curve != calibration.curve:
            raise ProjectError(f"inputs.calibration {name} is not the one that the network was kept with: {ANEW}")
        return replace(today, calibration=calibration), notes
    try:
        driven = today.calibrated(calibration)
    except InputError as error:
        raise ProjectError(f"inputs.calibration {name}: {error}") from error
    if plan.periods:
        driven = driven.with_periods(*(part.period for part in plan.periods))
    return driven, notes


def pinned_name(plan: Path) -> str:
    """Name of the file in which the project of a plan keeps its calibration, whether it is there or not."""
    return read_plan(plan).inputs.calibration or NAME


def settings_of(plan: Plan) -> dict[str, Any]:
    """Say with which settings `fireplan.calibrate` is called for a plan."""
    asked = plan.calibration
    settings: dict[str, Any] = {"first_types": asked.first_types, "seed": asked.seed}
    priorities = asked.emergency_priorities or plan.performance.emergency_priorities
    given = {"emergency_priorities": priorities, "longest_s": asked.longest_seconds, "draws": asked.draws}
    return settings | {key: value for key, value in given.items() if value is not None}


def pin(plan: Path, name: str) -> bool:
    """Write into a plan by which calibration its drives are timed, and leave all else in it; False: it says so."""
    text = plan.read_text(encoding="utf-8-sig")
    document = tomlkit.parse(text)
    inputs: Any = document["inputs"]
    if inputs.get("calibration") == name:
        return False
    inputs["calibration"] = name
    write_whole(plan, tomlkit.dumps(document).encode())
    return True
