"""The department that a live view is of: everything that stays while events come in."""

from __future__ import annotations

import io
import tempfile
import zipfile
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fireplan.operations._status.drawdown import Usual
from fireplan.operations._status.live_cover import CoverNow
from fireplan.project import write_project

if TYPE_CHECKING:
    from fireplan.incidents import CadHistory
    from fireplan.project import Project
    from fireplan.response_performance import Policy
    from fireplan.scenario import Scenario
    from fireplan.standards import Standard


@dataclass(frozen=True, eq=False)
class Department:
    """
    What a live view is of.

    Attributes
    ----------
    title
        What stands over the page.
    scenario
        The department with all its units at home.
    standard, policy
        What cover and incidents are held to.
    timezone
        IANA zone of local time.
    history
        Dispatch history, to tell what is usual; None: there is none.
    uncovered_minutes
        Ground out of reach for longer than this is told. [min]
    """

    title: str
    scenario: Scenario
    standard: Standard
    policy: Policy
    timezone: str
    history: CadHistory | None
    uncovered_minutes: float

    @classmethod
    def of(cls, project: Project) -> Department:
        """Take a department from its project."""
        plan = project.plan
        return cls(
            project.title, project.today, project.standard, plan.performance.policy, plan.timezone, project.history,
            plan.live.uncovered_minutes,
        )  # fmt: skip

    def cover(self) -> CoverNow:
        """Make the cover with all units at home; the first takes seconds, further ones nothing."""
        return CoverNow(self.scenario, standard=self.standard)

    @cached_property
    def usual(self) -> Usual:
        """How often how many units are free."""
        return Usual(self.cover(), self.history)

    @cached_property
    def as_zip(self) -> bytes:
        """The department as a project folder in a zip file, without its incidents: these stay where they are."""
        packed = io.BytesIO()
        with tempfile.TemporaryDirectory() as name:
            folder = write_project(replace(self.scenario, incidents=None), Path(name) / "p", timezone=self.timezone)
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for file in sorted(folder.iterdir()):
                    archive.write(file, file.name)
        return packed.getvalue()
