"""What a siting call gives: a plan, how good it is and how sure, and what came close."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from fireplan import wording
from fireplan._checked import takes
from fireplan._frozen_tables import Handed
from fireplan._map_calls import MapCalls
from fireplan._one_release import OfOneRelease
from fireplan.errors import listed
from fireplan.siting._results import siting_words
from fireplan.siting._solvers.incumbent import relative_gap

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from fireplan.scenario import Change, Scenario


@takes
@dataclass(frozen=True, eq=False, repr=False)
class Siting(OfOneRelease):
    """
    Where to put stations, with proof of how good the answer is; every figure is modelled, with all units at home.

    Attributes
    ----------
    scenario
        The department the plan changes.
    question
        What was asked, in words.
    plan
        The answer: changes for `scenario.apply`. Empty: nothing improves on the department as it stands, or there is
        no answer (see `status`).
    objective
        What the plan attains, worked out again by assessing it; NaN: there is no answer.
    bound
        What no plan can exceed (or, where less is better, undercut).
    unit
        Unit of the objective, such as "people", "s" or "stations".
    before
        The objective of the department as it stands; NaN where it has none.
    total
        What there is to reach, in the unit of the objective; NaN where a share makes no sense.
    status
        "optimal", "gap_limit", "time_limit", "interrupted" or "infeasible".
    reason
        Why there is no answer, or what to know about it; "": nothing.
    sites
        Every candidate, by `candidate_id`: its point (EPSG:4326), `chosen` (units placed there), `alone` (what it would
        gain by itself, on top of what stays of the department), `beside` (what it adds to the others of the plan: for
        one that is chosen, what dropping it would lose), both in `score_unit`, more is better; and `place`, the nearest
        street corner, or the road and what it is near. Candidates off the road are not here; see `set_aside`.
    set_aside
        Candidates that cannot be used, by `candidate_id`: `reason` and `offset_m` [m].
    runner_ups
        Plans that differ in one site, best first: `leave_out`, `take` (candidate ids), `objective`, and `behind`, how
        much worse it is than the plan.
    curve
        What each further station buys, in the best order of building this plan; by `stations` (0, 1, ...): `take`,
        `objective`, `gain`, and `share` (of total).
    model
        The integer program solved in the end, an `IntegerProgram` with `to_highs()`; None: it was solved without.
    notes
        What a reader of the figures has to know.
    goal
        Share of `total` that is asked for, 0 to 1; NaN: none is. Shares are told by it, the search does not stop there.
    counted_in
        Unit of scores, runner-ups and curve where it is another than that of the objective; "": it is the same.
    """

    scenario: Scenario
    question: str
    plan: tuple[Change, ...]
    objective: float
    bound: float
    unit: str
    before: float
    total: float
    status: str
    reason: str
    sites: Handed[gpd.GeoDataFrame] = Handed()
    set_aside: Handed[pd.DataFrame] = Handed()
    runner_ups: Handed[pd.DataFrame] = Handed()
    curve: Handed[pd.DataFrame] = Handed()
    model: Any = None
    notes: tuple[str, ...] = ()
    goal: float = float("nan")
    counted_in: str = ""

    maps: ClassVar[MapCalls] = MapCalls(
        "siting", (("siting", "what every candidate would gain, the sites of the plan, and what came close"),)
    )
    """The call that draws it: a name to read, and to type."""

    @property
    def gap(self) -> float:
        """How far the objective can be from the optimum, as a share of the objective."""
        return relative_gap(self.objective, self.bound)

    @property
    def share(self) -> float:
        """The objective as a share of `total`; NaN where that makes no sense."""
        return self.objective / self.total if self.total else float("nan")

    @property
    def score_unit(self) -> str:
        """Unit of scores, runner-ups and curve."""
        return self.counted_in or self.unit

    @property
    def chosen(self) -> gpd.GeoDataFrame:
        """The sites of the plan."""
        return self.sites[self.sites["chosen"] > 0]

    def after(self, name: str = "plan") -> Scenario:
        """Give the department with the plan carried out."""
        return self.scenario.apply(*self.plan, name=name)

    def __repr__(self) -> str:
        """Say what was found, how good it is, and how sure that is."""
        lines = [f"Siting: {self.question} (modelled)"]
        if self.objective == self.objective:
            was = f"; before {before}" if (before := siting_words.before_said(self)) else ""
            lines.append(f"{siting_words.attained_said(self)}{was}")
            lines += [little] if (little := siting_words.little_said(self)) else []
            bound = siting_words.figure_said(self.bound, self.unit)
            lines.append(f"{siting_words.proof_said(self)}; bound {bound}, gap {wording.share(self.gap)}")
            said = listed(siting_words.plan_said(self))
            lines.append(said if self.plan else "no change improves on the department as it is")
        else:
            lines.append(siting_words.proof_said(self))
        lines += [self.reason] if self.reason else []
        return "\n  ".join([*lines, *self.notes, self.maps.line])
