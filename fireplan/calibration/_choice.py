"""Which model of the ladder is taken, and why, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fireplan import wording
from fireplan.calibration._models import FEWEST
from fireplan.drive_times import MODELS, LadderStep
from fireplan.errors import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fireplan.calibration._fitting import FitGround
    from fireplan.calibration._speeds_and_delays import Design
    from fireplan.drive_times._calibration import Model

UNTOLD = "emergency_priorities"
ONE_CLASS = 0.9
"""Where a larger share of driving is on one class, classes tell nothing."""

FULL_RUNS = 1000
"""From about so many runs on, classes, turns and hours beat a start and one factor."""


def chosen(ladder: Sequence[LadderStep], paired_se: Sequence[float]) -> Model:
    """Take the simplest model that is no worse than the best by more than the standard error of the difference."""
    best = min(step.score for step in ladder)
    fits = [
        step.model
        for step, se in zip(ladder, paired_se, strict=True)
        if step.score <= best + (se if np.isfinite(se) else 0.0)
    ]
    return fits[0]


def reason_of(
    model: Model, ladder: Sequence[LadderStep], ground: FitGround, designs: Mapping[Model, Design], *, effects: bool
) -> str:
    """Say why this model was taken and no fuller one, and what a fuller one, or a better, would take."""
    runs, names = ground.runs, list(MODELS)
    n = wording.counted(len(runs), "run")
    best = min(ladder, key=lambda step: step.score)
    said = [f"taken: {MODELS[model]}"]
    if best.model != model:
        said.append(
            f"{MODELS[best.model]} is better on runs left out by less than its standard error, so the simpler one holds"
        )
    tried = {step.model for step in ladder}
    untried = [name for name in names if name not in tried]
    if untried:
        needs = ", ".join(f"{MODELS[name]} {wording.count(FEWEST[name])}" for name in untried if name in FEWEST)
        others = f"others: it takes, for {needs}" if needs else "others"
        said.append(f"{n} {'is' if len(runs) == 1 else 'are'} too few for {others}")
    elif names.index(model) < names.index("full"):
        said.append(
            f"with {n} nothing fuller was better on runs left out; from about {wording.count(FULL_RUNS)} on, classes,"
            " turns and hours are"
        )
    if not effects:
        said.append("one station alone has runs: nothing is known of how others differ, nor of errors at another")
    said += _of_classes(ground, designs)
    if any(UNTOLD in note for note in runs.notes):
        said.append(f"nothing says which calls were emergencies: with {UNTOLD} the others would be left out")
    return "; ".join(said)


def _of_classes(ground: FitGround, designs: Mapping[Model, Design]) -> list[str]:
    """Say so where nearly all driving is on streets of one class."""
    design = designs.get("full", designs.get("class"))
    if design is None:
        return []
    km = design.paces.sum(axis=0) * ground.planning_kph
    share = float(km.max() / km.sum()) if km.sum() else 0.0
    if share < ONE_CLASS:
        return []
    name = ground.ways.classes[int(km.argmax())]
    told = (
        f"{wording.share(share)} of all driving is on streets of the class {quoted(name)}, so that main streets have no"
        " speed of their own: a network with classes of road, such as OpenStreetMap's, would tell them apart"
    )
    return [told]
