"""A folder with plan.toml and tables, and the scenarios it holds."""

from fireplan.project._atomic_output import whole_outputs
from fireplan.project._manifest import manifest
from fireplan.project._plan import Plan, read_plan
from fireplan.project._plan_draft.draft_project import draft
from fireplan.project._plan_draft.project_draft import ProjectDraft
from fireplan.project._read_project import Project, open_project, read_project
from fireplan.project._safe_export import write_csv, write_layers
from fireplan.project._table_export import write_tables
from fireplan.project._write_project import write_project

__all__ = [
    "Plan",
    "Project",
    "ProjectDraft",
    "draft",
    "manifest",
    "open_project",
    "read_plan",
    "read_project",
    "whole_outputs",
    "write_csv",
    "write_layers",
    "write_project",
    "write_tables",
]


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
