"""A scenario written out as a project folder that reads back the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit

from fireplan import roads
from fireplan._checked import takes
from fireplan.drive_times import write_calibration
from fireplan.errors import InputError, quoted
from fireplan.project._atomic_output import whole_outputs
from fireplan.project._plan import checked_plan

if TYPE_CHECKING:
    from fireplan.scenario import Scenario


@takes
def write_project(scenario: Scenario, path: str | Path, *, timezone: str | None = None) -> Path:
    """
    Write a scenario as a project folder.

    Parameters
    ----------
    scenario
        What to write; its changes are already made, so it becomes "today" of the new project.
    path
        Folder; made if it is not there.
    timezone
        IANA name of the agency's time zone; left out: that of the scenario, or UTC.

    Returns
    -------
    The folder, with plan.toml, roads.npz, stations.csv, units.csv, zones.parquet and, if there are any,
    incidents.parquet and calibration.toml. Files are written whole or not at all. Closed stations are not written. What
    the scenario was narrowed to is all the demand of the new project; its source says so.

    Raises
    ------
    InputError
        If the scenario asks of one moment of the week (`Scenario.at`).
    """
    if scenario.when:
        raise InputError(
            f"scenario {quoted(scenario.name)} asks of one moment, {scenario.when}, which a project cannot: write the"
            " scenario it was made from"
        )
    folder = Path(path)
    inputs = {"network": "roads.npz", "stations": "stations.csv", "zones": "zones.parquet"}
    with whole_outputs(folder) as part:
        roads.save(scenario.roads, part / "roads.npz")
        stations = scenario.stations[scenario.stations["open"]].to_crs("EPSG:4326")
        table = stations.drop(columns=[stations.geometry.name, "open"])
        table = table.assign(latitude=stations.geometry.y, longitude=stations.geometry.x)
        table.to_csv(part / "stations.csv", lineterminator="\n")
        units = scenario.units[scenario.units["station_id"].isin(stations.index)]
        if len(units):
            inputs["units"] = "units.csv"
            units.to_csv(part / "units.csv", lineterminator="\n")
        scenario.zones.reset_index().to_parquet(part / "zones.parquet")
        if scenario.incidents is not None:
            inputs["incidents"] = "incidents.parquet"
            scenario.incidents.reset_index().to_parquet(part / "incidents.parquet")
        if scenario.calibration is not None:
            inputs["calibration"] = "calibration.toml"
            write_calibration(scenario.calibration, part / "calibration.toml")
        plan: dict[str, Any] = {
            "name": scenario.name,
            "timezone": timezone or scenario.timezone or "UTC",
            "provenance": scenario.provenance,
            "source": "; ".join(filter(None, (scenario.source, *map(str, scenario.selections)))),
            "data_date": scenario.data_date,
            "inputs": inputs,
            "network": {"snap_limit_m": scenario.snap_limit_m},
        }
        if scenario.weights:
            plan["demand"] = {"weights": list(scenario.weights)}
        checked_plan(plan, folder=part)
        (part / "plan.toml").write_text(tomlkit.dumps(plan), encoding="utf-8")
    return folder
