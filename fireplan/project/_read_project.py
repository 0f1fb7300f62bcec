"""A project folder read into scenarios."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fireplan import demand, roads, standards, wording
from fireplan._checked import takes
from fireplan._geofiles import is_layer, read_vector
from fireplan.changes import from_dicts
from fireplan.errors import FireplanError, ProjectError, listed, quoted
from fireplan.incidents import read_cad
from fireplan.project._misplaced import refuse_misplaced
from fireplan.project._pinned_calibration import driven_by, pinned
from fireplan.project._plan import (
    PLANNED,
    TODAY,
    ZONES,
    Density,
    Network,
    Plan,
    VehiclePart,
    file_of,
    read_plan,
    source_of,
)
from fireplan.roads import TurnDelays
from fireplan.scenario import Scenario
from fireplan.stations import complete_units, read_station_table, read_units

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import geopandas as gpd
    import pandas as pd

    from fireplan.incidents import CadHistory
    from fireplan.roads import RoadNetwork
    from fireplan.standards import Standard

MOST_LEFT_OUT = 12  # named
COUNTED = "incidents"
"""Column of the zones that holds counts of dispatch records."""


@dataclass(frozen=True, eq=False)
class Project:
    """
    All that a project folder holds.

    Attributes
    ----------
    folder, plan
        Where it is, and its plan.toml.
    today
        The department as it stands.
    scenarios
        The what-ifs of the plan.
    standard
        What they are held to.
    history
        Dispatch history, if there is any.
    notes
        What was repaired, left out or set aside while reading.
    plan_file
        Name of the plan in the folder.
    left_out
        Which stations the plan leaves out with their units, for whoever looks at a map without them; "": none.
    planned
        Where drives are calibrated, the department as it stands by planning speeds, to say what difference it makes.
    """

    folder: Path
    plan: Plan
    today: Scenario
    scenarios: tuple[Scenario, ...]
    standard: Standard
    history: CadHistory | None
    notes: tuple[str, ...]
    plan_file: str = "plan.toml"
    left_out: str = ""
    planned: Scenario | None = None

    @property
    def title(self) -> str:
        """What stands over maps and reports."""
        return self.plan.report.title or self.plan.name or self.folder.name


@takes
def read_project(path: str | Path) -> Scenario:
    """
    Read a project folder and give the department as it stands today.

    Parameters
    ----------
    path
        Folder with a plan.toml.

    Raises
    ------
    ProjectError, TableError, NetworkError
        With every fault of the file that has them.
    """
    return open_project(path).today


@takes
def open_project(
    path: str | Path,
    *,
    tell: Callable[[str], None] | None = None,
    calibrated: bool = True,
    records: bool = True,
) -> Project:
    """
    Read a project folder.

    Parameters
    ----------
    path
        Folder with a plan.toml.
    tell
        Called with a few words before each step that takes a while.
    calibrated
        Whether to drive by the calibration that the plan pins; else drives are planned, whatever it pins.
    records
        Whether to read incidents and dispatch history; else the project is as if its plan named none, and counts of
        them by zone are left out too: what public pages are drawn from.

    Raises
    ------
    ProjectError, TableError, NetworkError
        With every fault of the file that has them; if the calibration is of other streets or another history.
    """
    folder = Path(path)
    plan = read_plan(folder)
    folder, plan_file = (folder, "plan.toml") if folder.is_dir() else (folder.parent, folder.name)
    if not calibrated:
        plan = plan.model_copy(update={"inputs": plan.inputs.model_copy(update={"calibration": None})})
    if not records:
        plan = _without_records(plan)
    return opened(plan, folder, plan_file, tell=tell, records=records)


def opened(
    plan: Plan, folder: Path, plan_file: str, *, tell: Callable[[str], None] | None = None, records: bool = True
) -> Project:
    """Read the files that a plan names, as they lie in a folder; see `open_project`."""
    say = tell or (lambda _: None)
    _check_inputs(plan, folder)
    calibration = pinned(plan, folder)
    standard = _standard(plan)
    say("reading roads")
    network = _with_periods(read_network(folder, plan.inputs.network, plan.network, plan.vehicle), plan)
    say("reading stations and units")
    stations, units, own, left_out = stations_and_units(plan, folder)
    far = refuse_misplaced(stations, network, what=f"station file {plan.inputs.stations}")
    outlines = None
    if plan.inputs.zones is not None:
        outlines = demand.read_zones(
            source_of(folder, plan.inputs.zones), columns=plan.demand.columns, crs=plan.demand.crs
        )
        if not records:
            outlines = outlines.drop(columns=COUNTED, errors="ignore")
        far += refuse_misplaced(outlines, network, what=f"zone file {plan.inputs.zones}")
    history = None
    if plan.inputs.cad is not None:
        say("reading dispatch history")
        history = read_cad(
            _dispatch_files(plan, folder),
            timezone=plan.timezone,
            mapping=mapping_of(plan, folder),
            stamp_timezone=plan.inputs.cad_timezone,
            responses=None if plan.inputs.cad_responses is None else folder / plan.inputs.cad_responses,
            units=own,
            ground=[network.streets, *([] if outlines is None else [outlines])],
        )
    incidents = None if history is None or nothing_usable(history) else history.incidents
    if plan.inputs.incidents is not None:
        incidents = demand.read_incidents(
            source_of(folder, plan.inputs.incidents), columns=plan.incidents.columns, crs=plan.incidents.crs
        )
    say("reading zones")
    if outlines is None and plan.demand.density is not None:
        raise ProjectError("[demand.density] needs zones: give inputs.zones, or leave it out")
    today = Scenario(
        network,
        stations,
        units,
        outlines if plan.demand.density is None else _with_density(outlines, plan.demand.density),
        incidents=incidents,
        name=TODAY,
        provenance=plan.provenance,
        source=plan.source,
        data_date=plan.data_date,
        timezone=plan.timezone,
        weights=plan.demand.weights,
        snap_limit_m=plan.network.snap_limit_m,
    )
    said: list[str] = []
    planned = None
    if calibration is not None:
        planned, _ = _narrowed(today, plan, folder)
        today, said = driven_by(today, calibration, plan, history)
        said = said if records else said[:1]  # it was checked against its runs where these were read
    today, parted = _narrowed(today, plan, folder)
    notes = [*plan.warnings(), *today.roads.notes, *network.period_notes, *left_out, *far]
    notes += [note for table in (stations, units, outlines, incidents) for note in _notes(table)]
    notes += [] if history is None else [*nothing_usable(history), *history.messages()]
    notes += parted + said
    if plan.demand.density is not None:
        notes.append(_density_said(plan.demand.density))
    scenarios = tuple(_scenarios(plan, today, folder))
    gone = "; ".join(left_out)
    return Project(folder, plan, today, scenarios, standard, history, tuple(notes), plan_file, gone, planned)


def _without_records(plan: Plan) -> Plan:
    """Give a plan that names no dispatch records, and counts none."""
    none = dict.fromkeys(("cad", "cad_mapping", "cad_responses", "cad_timezone", "incidents"))
    weights = tuple(name for name in plan.demand.weights if name != COUNTED)
    parts = {
        "inputs": plan.inputs.model_copy(update=none),
        "demand": plan.demand.model_copy(update={"weights": weights}),
    }
    return plan.model_copy(update=parts)


def stations_and_units(plan: Plan, folder: Path) -> tuple[gpd.GeoDataFrame, pd.DataFrame, list[str] | None, list[str]]:
    """Read stations and units without those that the plan leaves out; say whose units are own, and what is left out."""
    stations, housed = read_station_table(
        source_of(folder, plan.inputs.stations),
        columns=plan.stations.columns,
        crs=plan.stations.crs,
        home=plan.stations.home,
    )
    units = complete_units(housed)
    if plan.inputs.units is not None:
        units = read_units(
            source_of(folder, plan.inputs.units),
            stations=stations,
            without=plan.stations.leave_out,
            columns=plan.units.columns,
        )
    own = own_units(units)  # those of stations that are left out as well
    stations, units, left_out = _without(stations, units, plan.stations.leave_out)
    return stations, units, own, left_out


def nothing_usable(history: CadHistory) -> list[str]:
    """Say why nothing of a history can be used; nothing where some of it can."""
    if len(history.incidents):
        return []
    entries: list[dict[str, Any]] = history.ledger.to_dict("records")  # type: ignore[assignment]
    why = [
        f"{wording.counted(entry['rows'], 'row')}, lines {entry['lines']}: {entry['meaning']}"
        for entry in entries
        if entry["outcome"] == "set aside"
    ]
    return [f"no row of the dispatch history can be used (n = 0 of {wording.count(history.rows_in)}): {'; '.join(why)}"]


def own_units(units: pd.DataFrame) -> list[str] | None:
    """Ids of the department's own units, those whose station is not known among them; None where no unit is known."""
    return [*map(str, units.index), *units.attrs.get("without_station", ())] or None


def _notes(table: pd.DataFrame | None) -> tuple[str, ...]:
    """What was noted while a table was read."""
    return () if table is None else tuple(table.attrs.get("notes", ()))


def _check_inputs(plan: Plan, folder: Path) -> None:
    """Name every input that is not there, or empty, before anything is read."""
    mends = {"inputs.calibration": "`fireplan calibrate` makes it; or leave the key out, and drives are planned"}
    faults = [
        f"{key} {quoted(name)} is not there: {mends.get(key, 'check the name')}"
        for key, name in plan.files.items()
        if not file_of(folder, name).exists()
    ]
    faults += [
        f"{key} {quoted(name)} is empty"
        for key, name in plan.files.items()
        if file_of(folder, name).is_file() and file_of(folder, name).stat().st_size == 0
    ]
    if faults:
        raise ProjectError(f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in {folder}: " + "; ".join(faults))


def read_network(folder: Path, name: str, asked: Network, vehicle: VehiclePart | None = None) -> RoadNetwork:
    """Read roads as they lie, and reckon turns on them as the plan says; where it does not, as the file does."""
    network = _network(folder, name, asked, vehicle)
    if asked.turns is None:
        return network
    return network.with_turns(asked.turns, None if asked.delays is None else TurnDelays(**dict(asked.delays)))


def _network(folder: Path, name: str, asked: Network, vehicle: VehiclePart | None) -> RoadNetwork:
    """Read roads by the ending of their file: a network kept, a graph, an extract, or else centrelines."""
    file, source = folder / name, asked.source or None
    driver = (vehicle or VehiclePart()).as_vehicle()
    lower = file.name.lower()
    if lower.endswith(".npz"):
        kept = roads.load(file)
        if vehicle is not None and kept.vehicle != driver:
            raise ProjectError(
                f"{file.name} is kept as read for another vehicle ({kept.vehicle.name}) than [vehicle] asks for: name"
                " the extract it was read from, or leave [vehicle] out"
            )
        return kept
    if lower.endswith((".graphml", ".graphml.gz", ".pkl", ".pickle", ".joblib")):
        return roads.from_graphml(file, vehicle=driver, source=source)
    if not is_layer(name):
        return roads.from_osm(file, vehicle=driver, source=source)
    columns: dict[str, Any] = {"road_class" if key == "class" else key: said for key, said in asked.columns.items()}
    return roads.from_lines(
        source_of(folder, name), source=source, crs=asked.crs, classes=asked.classes, vehicle=driver,
        oneway_codes=asked.oneway_codes, join_crossings=asked.join_crossings, **columns,
    )  # fmt: skip


def _with_periods(network: RoadNetwork, plan: Plan) -> RoadNetwork:
    """Drive the network in the periods of the plan; of none there those that were kept with it."""
    if not plan.periods:
        return network
    try:
        return network.with_periods(*(part.period for part in plan.periods))
    except FireplanError as error:
        raise ProjectError(f"[[periods]] of plan.toml: {error}") from error


def _without(
    stations: gpd.GeoDataFrame, units: pd.DataFrame, leave_out: Sequence[str]
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, list[str]]:
    """Leave stations out with their units, and say which; an id that names neither is a fault."""
    if not leave_out:
        return stations, units, []
    strange = [s for s in leave_out if s not in stations.index and not (units["station_id"] == s).any()]
    if strange:
        raise ProjectError(f"[stations] leave_out names {listed(map(quoted, strange))}: no station or unit has that id")
    away = units["station_id"].isin(leave_out)
    gone = [s for s in leave_out if s in stations.index]
    called = [wording.called(s, str(stations.loc[s, "name"])) for s in gone]
    housed = [str(unit) for unit in units.index[away]]
    parts = [listed(called, most=MOST_LEFT_OUT)] if called else []
    if housed:
        parts.append(f"{'unit' if len(housed) == 1 else 'units'} {listed(housed, most=MOST_LEFT_OUT)}")
    kept = stations[~stations.index.isin(leave_out)]
    kept.attrs = dict(stations.attrs)
    return kept, units[~away], [f"left out by the plan: {wording.joined(parts)}"]


def mapping_of(plan: Plan, folder: Path) -> str | Path | None:
    """A mapping file of the project, or the name of one that comes with fireplan."""
    name = plan.inputs.cad_mapping
    return folder / name if name is not None and (folder / name).is_file() else name


def _dispatch_files(plan: Plan, folder: Path) -> Path | list[Path]:
    cad = plan.inputs.cad
    return [folder / name for name in cad] if isinstance(cad, tuple) else folder / str(cad)


def _with_density(zones: gpd.GeoDataFrame, density: Density) -> gpd.GeoDataFrame:
    """Put classes of density into the zones, as the objectives of NFPA 1720 ask for."""
    if "demand_zone" in zones.columns:
        raise ProjectError("the zones have a column demand_zone already: leave [demand.density] out, or drop it")
    found = standards.demand_zones(
        demand.people_per_mi2(zones, of=density.of, by=density.by),
        urban_over_per_mi2=density.urban_over_per_mi2,
        rural_under_per_mi2=density.rural_under_per_mi2,
    )
    return zones.assign(demand_zone=found)


def _at_points(today: Scenario, plan: Plan, folder: Path) -> tuple[Scenario, list[str]]:
    """Part the zones into the points that the plan asks for, and say into how many."""
    asked, weights = plan.zones, plan.demand.weights
    if asked.points == "middle":
        return today, []
    if plan.inputs.zones is None:
        raise ProjectError(f'[zones] points = "{asked.points}" needs zones: give inputs.zones, or leave it out')
    places = None if asked.places is None else read_vector(folder / asked.places, what="places of the zones")

    def parted(scenario: Scenario) -> Scenario:
        zones = scenario.zones
        if places is None:
            zones = demand.spread_along_streets(zones, scenario.roads, weights=weights)
        else:
            zones = demand.spread_over_places(zones, places, share=asked.share, weights=weights)
        return replace(scenario, zones=zones, parent=None if scenario.parent is None else parted(scenario.parent))

    found = parted(today)
    stay = int((found.zones.index == found.zones["block"]).sum())
    where = "along their streets" if places is None else f"at the places of {asked.places}"
    note = f"{wording.counted(len(today.zones), 'zone')} parted into {wording.count(len(found.zones))} points {where}"
    return found, [note + (f"; {wording.count(stay)} of them had none and stay whole" if stay else "")]


def _narrowed(today: Scenario, plan: Plan, folder: Path) -> tuple[Scenario, list[str]]:
    """Leave out what lies outside the study area, and part the zones into points; say how many."""
    if plan.area is not None:
        whole = plan.area.within == ZONES
        area = ZONES if whole else read_vector(folder / plan.area.within, what="study area")
        if not isinstance(area, str):
            area.attrs["name"] = f"the area of {plan.area.within}"
        today = today.only(area=area, name=TODAY)
    return _at_points(today, plan, folder)  # after the study area: zones are in it by their middle


def _density_said(density: Density) -> str:
    """Say by which bounds the classes of density were drawn."""
    own = (density.urban_over_per_mi2, density.rural_under_per_mi2) != (
        standards.URBAN_PER_MI2, standards.RURAL_PER_MI2,
    )  # fmt: skip
    return (
        f"demand_zone by {'bounds of the city' if own else 'the bounds of NFPA 1720'}: urban over"
        f" {density.urban_over_per_mi2:,.0f}, rural under {density.rural_under_per_mi2:,.0f} people per square mile, of"
        f" {density.of} {f'by {density.by}' if density.by else 'in each zone by itself'}"
    )


def _standard(plan: Plan) -> Standard:
    """Everything the plan is held to, as one standard; NFPA 1710 if it names nothing."""
    asked = plan.standards
    short = [warning for warning in plan.warnings() if not warning.startswith("siting.")]
    if short:  # a question of siting refuses its own when it is asked
        raise ProjectError("; ".join(short))
    found = [standards.named(name) for name in asked.use]
    if asked.travel_seconds is not None:
        share = asked.percentile / 100
        goal = standards.Objective(
            key="project_travel", title="First engine", limit_s=asked.travel_seconds, share=share, verified=True,
            source="plan.toml", edition="local",
        )  # fmt: skip
        found.append(standards.Standard("Project objective", "Objective of the project", (goal,)))
    found += [
        standards.local_rule(
            rule.name,
            limit_s=rule.travel_seconds,
            weight=rule.weight,
            at_most_outside=rule.at_most_outside,
            share=None if rule.share_percent is None else rule.share_percent / 100,
            interval=rule.interval,
            needs=rule.needs,
            where=rule.where,
            categories=rule.categories,
            priorities=rule.priorities,
            call_types=rule.call_types,
            source=rule.source,
            note=rule.text,
        )
        for rule in asked.local
    ]
    if plan.risk:
        forces = tuple(
            standards.force_for_risk(
                risk.risk_class,
                within_s=risk.within_seconds,
                tasks=[(t.task, t.people) for t in risk.tasks],
                people=risk.people,
                units=risk.units,
                share=risk.share_percent / 100,
                interval=risk.interval,
                column=risk.column,
                categories=risk.categories,
                source=risk.source,
            )
            for risk in plan.risk
        )
        found.append(standards.Standard("Critical tasks", "Forces by class of risk", forces))
    return reduce(add, found) if found else standards.named("NFPA_1710")


def _scenarios(plan: Plan, today: Scenario, folder: Path) -> list[Scenario]:
    """The what-ifs of a plan: that of [changes], and every [[scenario]]."""
    found = []
    if plan.changes.close or plan.changes.add:
        entries: list[dict[str, Any]] = [
            {
                "open_station": s.station_id,
                "at": (s.longitude, s.latitude),
                "name": s.name,
                "units": [u.strip() for u in s.units.split(";") if u.strip()],
                "turnout_s": s.turnout_seconds,
            }
            for s in plan.changes.add
        ]
        entries += [{"close_station": s} for s in plan.changes.close]
        found.append(_changed(today, entries, PLANNED, "[changes]", folder))
    found += [_changed(today, s.changes, s.name, f"scenario {quoted(s.name)}", folder) for s in plan.scenario]
    return found


def _changed(today: Scenario, entries: Sequence[dict[str, Any]], name: str, what: str, folder: Path) -> Scenario:
    try:
        return today.apply(*from_dicts(entries, folder=folder), name=name)
    except FireplanError as error:
        raise ProjectError(f"{what} of plan.toml: {error}") from error
