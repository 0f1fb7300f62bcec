"""What a result was made from, so that it can be made again."""

from __future__ import annotations

import hashlib
import platform
from importlib import metadata
from typing import TYPE_CHECKING, Any

from fireplan._geofiles import is_database
from fireplan.changes._drive_error import errors_said
from fireplan.project._plan import file_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fireplan.drive_times import Calibration
    from fireplan.project._read_project import Project
    from fireplan.scenario import Scenario

PACKAGES = ("fireplan", "geopandas", "numba", "numpy", "osmium", "pandas", "pyproj", "scipy", "shapely")


def manifest(project: Project, scenarios: Sequence[Scenario], *, outputs: Sequence[Path] = ()) -> dict[str, Any]:
    """
    List inputs, versions and parameters.

    Parameters
    ----------
    project
        What was read.
    scenarios
        What was compared.
    outputs
        Files made from it.

    Returns
    -------
    Plain values: hashes of the input files (SHA-256), the fingerprint of the network as it is driven, that of the
    calibration, if drives are by one, with its error and the network as planned, to which it belongs, versions, the
    plan as read, changes of each scenario, row counts, and hashes of the outputs. Nothing in it depends on the time or
    the machine's paths.
    """
    inputs = {
        key: {"table": name}
        if is_database(name)
        else {"file": name, "sha256": file_hash(file_of(project.folder, name))}
        for key, name in project.plan.inputs.named.items()
        if key != "calibration" and (is_database(name) or file_of(project.folder, name).exists())
    }
    plan = project.folder / project.plan_file
    history = project.history
    learnt = project.today.calibration
    calibration = {} if learnt is None else {"calibration": _calibration_said(learnt, project, scenarios)}
    return {
        "project": project.title,
        "provenance": project.plan.provenance,
        "data_date": project.plan.data_date,
        "inputs": {"plan": {"file": plan.name, "sha256": file_hash(plan)}, **inputs},
        "network": {
            # A calibration belongs to the same streets as planned, and names them by those.
            "fingerprint_as_driven": project.today.roads.fingerprint,
            "nodes": project.today.roads.n_nodes,
            "streets": project.today.roads.n_streets,
            "crs": project.today.roads.crs.to_string(),
        },
        **calibration,
        "dispatch_rows": None
        if history is None
        else {
            "in": history.rows_in,
            "ok": history.rows_ok,
            "set_aside": history.rows_set_aside,
            "duplicate": history.rows_duplicate,
        },
        "scenarios": {s.name: [c.to_dict() for c in s.changes] for s in scenarios},  # type: ignore[attr-defined]
        "standard": [str(o) for o in project.standard.objectives],
        "plan": project.plan.model_dump(mode="json", exclude_defaults=True),
        "versions": {"python": platform.python_version(), **{p: _version(p) for p in PACKAGES}},
        "outputs": {file.name: file_hash(file) for file in sorted(outputs)},
    }


def _calibration_said(learnt: Calibration, project: Project, scenarios: Sequence[Scenario]) -> dict[str, Any]:
    """Say what drives were learnt from, and how wrong they are where they were not."""
    name = str(project.plan.inputs.calibration)
    return {
        "file": name,
        "sha256": file_hash(file_of(project.folder, name)),
        "fingerprint": learnt.fingerprint,
        "model": learnt.model,
        "error": errors_said(project.today, *scenarios),
        "basis": learnt.basis,
        "runs": learnt.runs,
        "days": [learnt.first_day, learnt.last_day],
        "network_as_planned": learnt.network,
        "history": learnt.history,
        "made": learnt.made,
    }


def file_hash(file: Path) -> str:
    """SHA-256 of a file; of a folder, such as a file geodatabase, that of the hashes of its files."""
    if file.is_dir():
        parts = [f"{part.name} {file_hash(part)}" for part in sorted(file.iterdir()) if part.is_file()]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"
