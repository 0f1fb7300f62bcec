"""What there is to report on: gathered once from a comparison, an assessment, a history or a project."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fireplan import _kernel as kernel
from fireplan.calibration import held_out_runs
from fireplan.changes import notes as change_notes
from fireplan.charts import About
from fireplan.comparison import Comparison
from fireplan.errors import InputError
from fireplan.maps._pages.disclosure_profile import without_counts
from fireplan.measures import Assessment, assess, gaps
from fireplan.project._manifest import manifest
from fireplan.project._pinned_calibration import settings_of
from fireplan.project._read_project import Project, open_project
from fireplan.response_performance import Attendance, Missed, attend, reliability, why_missed
from fireplan.response_performance._performance import measured, tabulated
from fireplan.scenario import Scenario
from fireplan.simulation import replay, simulate
from fireplan.simulation._share_asked import share_of_standard
from fireplan.travel._network_parts import small_part_notes

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from fireplan.incidents import CadHistory
    from fireplan.response_performance._performance import Observed
    from fireplan.simulation import Replay, Simulation
    from fireplan.siting import Robustness, Siting
    from fireplan.standards import Objective, Standard

    Subject = Comparison | Assessment | Project | Scenario | CadHistory | Attendance


@dataclass(frozen=True, eq=False)
class Material:
    """
    Everything a report can speak of; None: not given, and the report says so.

    Attributes
    ----------
    title
        What stands over it.
    comparison
        Scenarios under a standard; it may hold only one.
    attendance
        Who went to what.
    history
        The dispatch records themselves, for their ledger.
    siting, robustness
        Where to put stations, and how far that holds.
    standard
        What it is all held to.
    notes
        What was repaired or left out while reading.
    manifest
        What it was made from.
    left_out
        Which stations the plan leaves out; "": none.
    runs
        Drives as observed and as predicted, from `fireplan.calibration.held_out_runs`; None: those of the project.
    project
        What was read, where it was one.
    withheld
        Why dispatch records are left out of it, for whoever reads it; "": they are not.
    checked
        Response performance as it may be published, in coarse figures, with its `days` in `attrs`; None: there is none.
    """

    title: str
    comparison: Comparison | None = None
    attendance: Attendance | None = None
    history: CadHistory | None = None
    siting: Siting | None = None
    robustness: Robustness | None = None
    standard: Standard | None = None
    notes: tuple[str, ...] = ()
    manifest: dict[str, Any] = field(default_factory=dict)
    left_out: str = ""
    runs: pd.DataFrame | None = None
    project: Project | None = None
    withheld: str = ""
    checked: pd.DataFrame | None = None

    def told_of_drives(self, text: str) -> str:
        """Say something of drives; without how many runs they were learnt from, where records are withheld."""
        return without_counts(text) if self.withheld else text

    def unless_withheld(self, text: str) -> str:
        """Say that something was not given; or that it is withheld, where that is why."""
        return self.withheld or text

    @property
    def baseline(self) -> Assessment | None:
        """The department as it stands."""
        return None if self.comparison is None else self.comparison.baseline

    @property
    def scenario(self) -> Scenario | None:
        """The department as it stands, its tables."""
        return None if self.baseline is None else self.baseline.scenario

    @property
    def plans(self) -> tuple[Assessment, ...]:
        """The what-ifs."""
        return () if self.comparison is None else self.comparison.assessments[1:]

    @property
    def basis(self) -> str:
        """What kind of data this is."""
        if self.scenario is not None and self.scenario.provenance != "observed":
            return self.scenario.provenance
        return "observed" if self.attendance is None else self.attendance.basis

    @property
    def observed(self) -> str:
        """What the figures from records are."""
        return self.basis

    @property
    def modelled(self) -> str:
        """What the figures from the travel model are."""
        return "modelled" if self.basis == "observed" else f"modelled from {self.basis} data"

    @property
    def _planned(self) -> tuple[Objective, ...]:
        """Objectives that the plan was held to: without units those of forces are left out."""
        held_to = self.standard if self.comparison is None else self.comparison.standard
        return held_to.planned if held_to is not None else ()

    @property
    def first_unit(self) -> Objective | None:
        """The first objective for one unit, which distribution speaks of."""
        planned = self._planned
        return next((o for o in planned if not is_force(o)), None)

    @property
    def force(self) -> Objective | None:
        """The first objective for a force, which concentration speaks of."""
        planned = self._planned
        return next((o for o in planned if is_force(o)), None)

    @cached_property
    def measured(self) -> list[Observed]:
        """What was measured of the records, for tables by one thing and another."""
        return [] if self.attendance is None else measured(self.attendance, self.standard)

    @cached_property
    def achieved(self) -> pd.DataFrame | None:
        """Response performance over all."""
        return None if self.attendance is None else tabulated(self.attendance, self.measured)

    @cached_property
    def missed(self) -> Missed | None:
        """Why the first objective of one unit was missed; None: that needs records, a department and an objective."""
        goal = self.first_unit
        if self.attendance is None or self.scenario is None or goal is None or goal.weight:
            return None
        try:
            return why_missed(self.attendance, scenario=self.scenario, objective=goal)
        except InputError:
            return None  # these records do not say; the chapter does

    @cached_property
    def reliable(self) -> pd.DataFrame | None:
        """Reliability of each station; None: that needs records and a department."""
        if self.attendance is None or self.scenario is None:
            return None
        return reliability(self.attendance, scenario=self.scenario)

    @cached_property
    def drives(self) -> pd.DataFrame | None:
        """Drives as observed and as predicted; None: not given, and not to be had from a project."""
        scenario, project = self.scenario, self.project
        if self.runs is not None or scenario is None or scenario.calibration is None:
            return self.runs
        if project is None or project.history is None:
            return None
        planned = open_project(project.folder / project.plan_file, calibrated=False)
        settings = {k: v for k, v in settings_of(project.plan).items() if k != "draws"}
        settings |= {"seed": scenario.calibration.seed, "model": scenario.calibration.model}
        return held_out_runs(project.history, planned.today, **settings)

    @cached_property
    def replayed(self) -> Replay | None:
        """The history sent again, whose error is to be read first, where the plan asks for a simulation; None: no."""
        project = self.project
        if project is None or self.attendance is None or not self.simulates:
            return None
        objective, _ = share_of_standard(project.standard)
        return replay(project.today, self.attendance, objective=objective, seed=project.plan.simulation.seed)

    @cached_property
    def simulated(self) -> Simulation | None:
        """Years drawn from the history, where the plan asks for a simulation; None: it does not."""
        project = self.project
        if project is None or project.history is None or not self.simulates:
            return None
        objective, _ = share_of_standard(project.standard)
        return simulate(project.today, project.history, **project.plan.simulation.asked, objective=objective)

    @property
    def simulates(self) -> bool:
        """Whether the plan has a part [simulation], and records that one can be drawn from."""
        project = self.project
        if project is None or project.history is None or project.history.grain == "incident":
            return False
        return "simulation" in project.plan.model_fields_set

    @cached_property
    def holes(self) -> dict[str, gpd.GeoDataFrame]:
        """Gaps of every scenario under the first objective of one unit."""
        if self.comparison is None or self.first_unit is None:
            return {}
        key = self.first_unit.key
        return {a.scenario.name: gaps(a, objective=key) for a in self.comparison.assessments}

    def about(self, *, modelled: bool = False) -> About:
        """Foot of a chart."""
        scenario = self.scenario
        source = "" if scenario is None else scenario.source
        if modelled or self.attendance is None:
            period = f"as of {scenario.data_date}" if scenario is not None and scenario.data_date else ""
            return About(source, period, self.modelled)
        if self.attendance.incidents["received"].isna().all():
            return About(source, "", self.observed)
        return About.of(self.attendance, source=source, basis=self.observed)


def is_force(objective: Objective) -> bool:
    """More than one unit is asked for."""
    return len(objective.needs) > 1 or sum(objective.needs.values()) > 1


def material_of(
    subject: Subject,
    *,
    history: CadHistory | Attendance | None = None,
    standard: Standard | None = None,
    siting: Siting | None = None,
    robustness: Robustness | None = None,
    title: str = "",
    runs: pd.DataFrame | None = None,
) -> Material:
    """
    Gather what there is to report on.

    Parameters
    ----------
    subject, history, standard, siting, robustness, title, runs
        As for `write_report`.
    """
    if isinstance(subject, Project):
        return _of_project(subject, siting, robustness, title, runs)
    comparison: Comparison | None = None
    if isinstance(subject, Comparison):
        comparison = subject
    elif isinstance(subject, Assessment):
        comparison = Comparison((subject,))
    elif isinstance(subject, Scenario):
        comparison = Comparison((assess(subject, standard=_asked(standard)),))
    elif hasattr(subject, "responses"):
        if history is not None:
            raise InputError("the subject is a dispatch history already: leave history= out")
        history = subject
    else:
        raise InputError(f"cannot report on a {type(subject).__name__}: give a comparison, history or project")
    if comparison is not None:
        standard = comparison.standard
    scenario = None if comparison is None else comparison.baseline.scenario
    attendance = history if isinstance(history, Attendance) else None
    records = None if isinstance(history, Attendance) else history
    if records is not None:
        attendance = attend(records, scenario=scenario)
        records = records if hasattr(records, "ledger") else None  # a simulation has none
    name = "" if scenario is None else scenario.source
    return Material(
        title or name or "Coverage and response",
        comparison, attendance, records, siting, robustness, standard,
        _notes(comparison), runs=runs,
    )  # fmt: skip


def _asked(standard: Standard | None) -> Standard:
    if standard is None:
        raise InputError("a scenario is held to a standard: give standard=, such as fireplan.standards.NFPA_1710")
    return standard


def _of_project(
    project: Project, siting: Siting | None, robustness: Robustness | None, title: str, runs: pd.DataFrame | None
) -> Material:
    kernel.compile_search()
    scenarios = (project.today, *project.scenarios)
    comparison = Comparison(tuple(assess(s, standard=project.standard) for s in scenarios))
    attendance = None
    if project.history is not None and not len(project.history.incidents):
        project = replace(project, history=None)  # its notes say why nothing of it can be used
    if project.history is not None:
        attendance = attend(project.history, scenario=project.today, policy=project.plan.performance.policy)
    told = set() if project.history is None else set(project.history.messages())
    notes = [*comparison.baseline.notes(), *(n for n in project.notes if n not in told), *_of_changes(comparison)]
    return Material(
        title or project.title, comparison, attendance, project.history, siting, robustness, project.standard,
        tuple(dict.fromkeys(notes)), manifest(project, scenarios), project.left_out, runs, project,
    )  # fmt: skip


def _notes(comparison: Comparison | None) -> tuple[str, ...]:
    """What a reader has to know; the ledger of the history stands on its own."""
    if comparison is None:
        return ()
    baseline = comparison.baseline
    return tuple(dict.fromkeys([*baseline.notes(), *baseline.scenario.roads.notes, *_of_changes(comparison)]))


def _of_changes(comparison: Comparison) -> list[str]:
    """What a reader has to know of the changes of each scenario."""
    said = [f"{a.scenario.name}: {n}" for a in comparison.assessments for n in change_notes(a.scenario)]
    known = small_part_notes(comparison.baseline.scenario)
    for other in comparison.assessments[1:]:
        said += [f"{other.scenario.name}: {n}" for n in small_part_notes(other.scenario) if n not in known]
    return said
