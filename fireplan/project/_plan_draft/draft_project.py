"""Drafts a project from whatever files there are: the public call, and the order of its steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import geopandas as gpd
import pandas as pd
import shapely

from fireplan import demand, wording
from fireplan._checked import takes
from fireplan._geofiles import is_database
from fireplan.errors import FireplanError, ProjectError, TableError, listed, quoted
from fireplan.incidents import draft_mapping, read_cad
from fireplan.project._plan import file_of, source_of
from fireplan.project._plan_draft.history_files import HistoryFiles, parted
from fireplan.project._plan_draft.input_files import ROLES, files_of
from fireplan.project._plan_draft.place_time_zone import zone_of
from fireplan.project._plan_draft.plan_there import PlanThere, plan_there
from fireplan.project._plan_draft.project_draft import MAPPING_FILE, PLAN_FILE, ProjectDraft, name_of
from fireplan.project._read_project import own_units, read_network
from fireplan.roads import SNAP_LIMIT_M, from_place, save, snap
from fireplan.stations import complete_units, read_station_table, read_units
from fireplan.travel._astray import stations_astray, stations_on_scraps
from fireplan.travel._blocks import by_own_block

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fireplan.incidents import CadHistory, MappingDraft
    from fireplan.roads import RoadNetwork

    Source: TypeAlias = str | Path

MOST_NAMED = 8
NOTHING: dict[str, str | Path | tuple[str | Path, ...]] = {}


@dataclass
class _Seen:
    """What has been read so far, and what a plan that was there said of it."""

    plan: PlanThere = field(default_factory=PlanThere)
    faults: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: list[tuple[str, str, str]] = field(default_factory=list)
    roads: RoadNetwork | None = None
    stations: gpd.GeoDataFrame | None = None
    units: pd.DataFrame | None = None
    zones: gpd.GeoDataFrame | None = None
    cad: MappingDraft | None = None
    history: CadHistory | None = None
    mapping: str = ""


@takes
def draft(  # noqa: PLR0913 - one for each kind of input
    folder: str | Path,
    *,
    roads: Source | None = None,
    stations: Source | None = None,
    units: Source | None = None,
    cad: Source | Sequence[Source] | None = None,
    zones: Source | None = None,
    place: str | None = None,
    timezone: str | None = None,
    tell: Callable[[str], None] | None = None,
) -> ProjectDraft:
    """
    Draft a project from whatever there is.

    Every file is read, and all faults of all of them are gathered. Nothing is written, but with `place` the roads.

    Parameters
    ----------
    folder
        The project's folder, which need not be there. Files that are not named below are looked for in it.
    roads, stations, units, cad, zones
        The files, wherever they are; "city.gpkg#stations" names a layer. `cad` may be several files of one layout, or
        one of incidents and one of units. All but the dispatch history may be a table of
        a database, such as "postgresql://host/city#gis.stations".
    place
        Name of a place, such as "Porto, Portugal": its roads are fetched from OpenStreetMap and kept in the folder.
        This asks the network; nothing else does.
    timezone
        IANA zone; left out: that of a plan that is there, else where the stations stand.
    tell
        Called with a few words before each step that takes a while.

    Returns
    -------
    The draft: look at `understood`, `faults`, `questions` and `checklist`, then `write()` it.

    Raises
    ------
    ProjectError
        If two files could be the same input, or a plan.toml in the folder cannot be read.

    Examples
    --------
    >>> found = draft("my_city", roads="city.osm.pbf", stations="stations.csv")  # doctest: +SKIP
    >>> found.understood, found.faults, found.checklist  # doctest: +SKIP
    >>> found.write()  # doctest: +SKIP
    """
    say = tell or (lambda _: None)
    home = Path(folder)
    seen = _Seen(plan=plan_there(home))
    named = {"network": roads, "stations": stations, "units": units, "zones": zones}
    inputs = _inputs(home, {key: source for key, source in named.items() if source is not None}, seen)
    calls = _calls(home, () if cad is None else (cad,) if isinstance(cad, str | Path) else tuple(cad), seen)
    if place is not None:
        say("fetching roads from OpenStreetMap")
        home.mkdir(parents=True, exist_ok=True)
        inputs = {"network": save(from_place(place), home / "roads.npz"), **inputs}
    _read_places(inputs, seen, say)
    zone, told = _zone(seen, given=timezone)
    history = _read_history(calls, home, seen, zone=zone, say=say) if calls else NOTHING
    astray, homeless = _astray(seen)
    seen.notes += _off_the_road(seen)
    return ProjectDraft(
        folder=home,
        inputs={**{key: inputs[key] for key in ROLES if key in inputs}, **history},
        understood=pd.DataFrame(seen.rows, columns=["input", "file", "understood"]),
        faults=tuple(seen.faults),
        questions=tuple(seen.questions),
        notes=tuple(seen.notes),
        astray=astray,
        leave_out=tuple(map(str, seen.plan.stations.leave_out)),
        homeless=homeless,
        timezone=zone,
        cad=seen.cad,
        priorities=_priorities(seen.history),
        timezone_from=told,
        mapping=seen.mapping,
    )


def _inputs(home: Path, named: dict[str, Source], seen: _Seen) -> dict[str, Source]:
    """Gather the files: those named, those of a plan that is there, those that are found in the folder."""
    lost = {key: file_of(Path(), str(source)) for key, source in named.items() if not _is_there(source)}
    seen.faults += [f"{ROLES[key]}: there is no file {quoted(f.name)} in {f.parent}" for key, f in lost.items()]
    named = {key: source for key, source in named.items() if key not in lost}
    planned = _planned(home, seen.plan)
    seen.questions += [
        f"{PLAN_FILE} names {quoted(name_of(planned[key]))} for {ROLES[key]} and keeps it, but"
        f" {quoted(name_of(source))} was read here: change inputs.{key} if it is this one"
        for key, source in named.items()
        if key in planned and not _same_file(source, planned[key])
    ]
    found = files_of(home) if home.is_dir() else None
    known = {**planned, **named}
    if found is None:
        return known
    seen.questions += [q for q in found.questions if not any(ROLES[key] in q for key in known)]
    taken = {file_of(Path(), str(source)).resolve() for source in known.values() if not is_database(source)}
    return {**{key: file for key, file in found.inputs.items() if file.resolve() not in taken}, **known}


def _calls(home: Path, calls: tuple[Source, ...], seen: _Seen) -> tuple[Source, ...]:
    """Gather the files of dispatch history, likewise."""
    there = tuple(file for file in calls if _is_there(file))
    seen.faults += [
        f"{ROLES['cad']}: there is no file {quoted(Path(file).name)} in {Path(file).parent}"
        for file in calls
        if file not in there
    ]
    planned = _planned_calls(home, seen.plan)
    if there and planned and {Path(f).resolve() for f in there} - {Path(f).resolve() for f in planned}:
        names = listed([quoted(name_of(file)) for file in planned])
        seen.questions.append(
            f"{PLAN_FILE} names {names} for {ROLES['cad']} and keeps it, but"
            f" {listed([quoted(name_of(file)) for file in there])} was read here: change inputs.cad if it is this one"
        )
    return there or planned or (files_of(home).calls if home.is_dir() and not calls else ())


def _same_file(one: Source, other: Source) -> bool:
    return str(one) == str(other) or Path(one).resolve() == Path(other).resolve()


def _is_there(source: Source) -> bool:
    return is_database(source) or file_of(Path(), str(source)).exists()


def _planned(home: Path, plan: PlanThere) -> dict[str, Source]:
    """Give the inputs of a plan that is there, but for dispatch history."""
    sources = {key: source_of(home, name) for key in ROLES if key != "cad" and (name := plan.text(key)) is not None}
    return {key: source for key, source in sources.items() if _is_there(source)}


def _planned_calls(home: Path, plan: PlanThere) -> tuple[Source, ...]:
    """Give the files of dispatch history that a plan names."""
    names = plan.inputs.get("cad", ())
    return tuple(home / n for n in ([names] if isinstance(names, str) else names) if (home / str(n)).exists())


def _read_places(inputs: dict[str, Source], seen: _Seen, say: Callable[[str], None]) -> None:
    def network(source: Source) -> str:
        seen.roads = read_network(Path(), str(source), seen.plan.network, seen.plan.vehicle)
        return f"{wording.counted(seen.roads.n_streets, 'street')}, {seen.roads.length_m.sum() / 1000:,.0f} km"

    def stations(source: Source) -> str:
        said = seen.plan.stations
        seen.stations, housed = read_station_table(source, columns=said.columns, crs=said.crs, home=said.home)
        seen.units = complete_units(housed) if len(housed) else None
        names = listed([str(name) for name in seen.stations["name"]], most=MOST_NAMED)
        return f"{wording.counted(len(seen.stations), 'station')} ({names})"

    def units(source: Source) -> str:
        said, without = seen.plan.units.columns, seen.plan.stations.leave_out
        try:
            seen.units = read_units(source, stations=seen.stations, without=without, columns=said)
        except TableError:  # perhaps for units of stations that are not there, which may be left out
            seen.units = read_units(source, columns=said)
        kinds = seen.units["type"].value_counts()
        return f"{wording.counted(len(seen.units), 'unit')}: {', '.join(f'{n} {kind}' for kind, n in kinds.items())}"

    def zones(source: Source) -> str:
        seen.zones = demand.read_zones(source, columns=seen.plan.demand.columns, crs=seen.plan.demand.crs)
        people = f", {wording.count(seen.zones['population'].sum())} people" if "population" in seen.zones else ""
        return f"{wording.counted(len(seen.zones), 'zone')}{people}"

    for key, read in (("network", network), ("stations", stations), ("units", units), ("zones", zones)):
        if key in inputs:
            say(f"reading {ROLES[key]}")
            _try(key, inputs[key], read, seen)


def _try(key: str, source: Source, read: Callable[[Source], str], seen: _Seen) -> None:
    """Read one input; what keeps it from being read is a fault among the others."""
    try:
        understood = read(source)
    except FireplanError as error:
        seen.faults.append(str(error))
        understood = "cannot be read: see the faults"
    table = {"stations": seen.stations, "units": seen.units, "zones": seen.zones}.get(key)
    notes = () if table is None else table.attrs.get("notes", ())
    seen.notes += [f"{name_of(source)}: {note}" for note in notes]
    seen.rows.append((key, name_of(source), understood))


def _zone(seen: _Seen, *, given: str | None) -> tuple[str, str]:
    """Find the zone of the city, and say by what it was told."""
    if given:
        return given, "as it was given"
    if seen.plan.timezone:
        return seen.plan.timezone, f"as {PLAN_FILE} says"
    points, told = None, ""
    if seen.stations is not None:
        points, told = seen.stations.geometry, "by where its stations stand"
    elif seen.roads is not None:
        points = gpd.GeoSeries.from_xy(seen.roads.nodes["x"], seen.roads.nodes["y"], crs=4326)
        told = "by where its roads lie"
    found = "" if points is None else zone_of(points)
    if not found:
        seen.questions.append("which time zone does the city keep? It cannot be told by where it lies: give timezone")
    return found, told


def _read_history(
    calls: tuple[Source, ...], home: Path, seen: _Seen, *, zone: str, say: Callable[[str], None]
) -> dict[str, Source | tuple[Source, ...]]:
    """Read dispatch history; gives the keys of [inputs] that it takes."""
    taken: dict[str, Source | tuple[Source, ...]] = {"cad": calls if len(calls) > 1 else calls[0]}

    def history(source: Source) -> str:
        say("looking at the columns of the dispatch history")
        second = seen.plan.text("cad_responses")
        files = tuple(map(Path, calls))
        parts = HistoryFiles(files, home / second) if second else parted(files, timezone=zone or None)
        taken["cad"] = parts.files if len(parts.files) > 1 else parts.files[0]
        if parts.responses is not None:
            taken["cad_responses"] = parts.responses
        mapping: Path | str | MappingDraft | None = _mapping_there(home, seen)
        if mapping is None:
            mapping = seen.cad = draft_mapping(parts.files[0], responses=parts.responses, timezone=zone or None)
            seen.questions += [f"{parts.files[0].name}: {question}" for question in seen.cad.questions]
        if not zone:
            raise ProjectError(f"{name_of(source)}: its times cannot be placed without a timezone: give one")
        say("reading dispatch history")
        ground = [t for t in (seen.roads.streets if seen.roads else None, seen.zones) if t is not None]
        read = read_cad(
            list(parts.files) if len(parts.files) > 1 else parts.files[0],
            timezone=zone,
            mapping=mapping,
            stamp_timezone=seen.plan.text("cad_timezone"),
            responses=parts.responses,
            units=None if seen.units is None else own_units(seen.units),
            ground=ground or None,
        )
        seen.history = read
        seen.notes += [f"{name_of(source)}: {note}" for note in _strangers(read)]
        when = read.incidents["received"].dropna().dt.tz_convert(zone)
        span = f", {when.min():%Y-%m-%d} to {when.max():%Y-%m-%d}" if len(when) else ""
        return (
            f"{wording.counted(read.rows_in, 'row')}, {wording.count(read.rows_ok)} used,"
            f" {wording.count(read.rows_set_aside)} set aside: {wording.counted(len(read.incidents), 'incident')}{span}"
        )

    _try("cad", calls[0], history, seen)
    return taken


def _strangers(history: CadHistory) -> list[str]:
    """Say how many responses are of units that the table of units does not name: they may be the department's own."""
    if "mutual_aid" not in history.responses:
        return []
    strange = history.responses.loc[history.responses["mutual_aid"], "unit_id"]
    if not len(strange):
        return []
    units = [quoted(unit) for unit in sorted(strange.unique())]
    note = (
        f"{wording.count(len(strange))} of {wording.counted(len(history.responses), 'response')} are of"
        f" {wording.counted(len(units), 'unit')} that the table of units does not name"
        f" ({listed(units, most=MOST_NAMED)}): they are taken for neighbours' and left out of performance; add those"
        " that are yours to the table"
    )
    return [note]


def _mapping_there(home: Path, seen: _Seen) -> Path | str | None:
    """Give the mapping that the plan names, or that lies in the folder; None where one has to be drafted."""
    named = seen.plan.text("cad_mapping")
    if named is None and not (home / MAPPING_FILE).is_file():
        return None
    seen.mapping = named or MAPPING_FILE
    return home / seen.mapping if (home / seen.mapping).is_file() else seen.mapping


def _astray(seen: _Seen) -> tuple[pd.DataFrame, dict[str, str]]:
    """Find stations that a scenario would refuse, and units without a station."""
    astray = pd.DataFrame({"name": [], "offset_m": [], "why": []}, index=pd.Index([], name="station_id"))
    if seen.roads is not None and seen.stations is not None:
        limit_m = seen.plan.network.snap_limit_m
        astray = stations_astray(seen.roads, seen.stations, snap_limit_m=limit_m)
        names = seen.stations["name"]
        seen.questions += [
            f"station {station} ({names[station]}) stands on a road that reaches {wording.share(share)} of the network:"
            " is its place right, and is no connecting road missing?"
            for station, share in stations_on_scraps(seen.roads, seen.stations, snap_limit_m=limit_m).items()
        ]
    homeless: dict[str, str] = {}
    if seen.units is not None and seen.stations is not None:
        away = seen.units[~seen.units["station_id"].isin(seen.stations.index)]
        homeless = {str(unit): str(station) for unit, station in away["station_id"].items()}
    said = {*map(str, seen.plan.stations.leave_out)}
    astray = astray[~astray.index.isin(list(said))]
    homeless = {unit: station for unit, station in homeless.items() if station not in said}
    if not seen.plan.leaves_out:
        return astray, homeless
    # The plan has decided which stations it does without: what it does not name is asked, and left as it is.
    seen.questions += [
        f"station {station} ({row['name']}) {row['why']}: is it to be left out? [stations] leave_out does not name it"
        for station, row in astray.iterrows()
    ]
    seen.questions += [
        f"unit {quoted(unit)} is housed at {quoted(station)}, which is not there: is it to be left out?"
        " [stations] leave_out does not name it"
        for unit, station in homeless.items()
    ]
    return astray.iloc[:0], {}


def _off_the_road(seen: _Seen) -> list[str]:
    """Say how many incidents and zones lie off the road: they count as not reached."""
    tables = {"incident": None if seen.history is None else seen.history.incidents, "zone": seen.zones}
    notes = []
    for name, table in tables.items():
        if seen.roads is None or table is None:
            continue
        here = table.geometry[~(table.geometry.isna() | table.geometry.is_empty)]
        away = snap(seen.roads, here.representative_point(), limit_m=SNAP_LIMIT_M).street < 0
        shapes = here[away].to_crs(seen.roads.crs)
        middles = shapely.get_coordinates(shapes.representative_point().to_numpy())
        off = int((by_own_block(seen.roads, shapes.to_numpy(), middles).street < 0).sum())
        if off:
            counted = f"{wording.count(off)} of {wording.counted(len(here), name)}"
            notes.append(
                f"{counted} lie over {SNAP_LIMIT_M:.0f} m from every road and count as not reached; a study area"
                " ([area] within) leaves out what lies outside it, and says how much that is"
            )
    return notes


def _priorities(history: CadHistory | None) -> dict[str, int]:
    if history is None or "priority" not in history.incidents:
        return {}
    return {str(name): int(n) for name, n in history.incidents["priority"].value_counts().items()}
