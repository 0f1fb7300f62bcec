"""Drafts a project from whatever files there are: the public call, and the order of its steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import geopandas as gpd
import pandas as pd

from fireplan import demand, wording
from fireplan._checked import takes
from fireplan._geofiles import is_database
from fireplan.errors import FireplanError, ProjectError, TableError, listed, quoted
from fireplan.incidents import draft_mapping, read_cad
from fireplan.project._plan import file_of
from fireplan.project._plan_draft.history_files import HistoryFiles, parted
from fireplan.project._plan_draft.input_files import ROLES, files_of
from fireplan.project._plan_draft.place_time_zone import zone_of
from fireplan.project._plan_draft.planned_inputs import PlannedInputs, is_there, planned_of
from fireplan.project._plan_draft.project_draft import MAPPING_FILE, ProjectDraft, name_of
from fireplan.project._read_project import own_units, read_network
from fireplan.roads import SNAP_LIMIT_M, from_place, save, snap
from fireplan.stations import complete_units, read_station_table, read_units
from fireplan.travel._astray import stations_astray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fireplan.incidents import CadHistory, MappingDraft
    from fireplan.roads import RoadNetwork

    Source: TypeAlias = str | Path

MOST_NAMED = 8
NOTHING: dict[str, str | Path | tuple[str | Path, ...]] = {}


@dataclass
class _Seen:
    """What has been read so far."""

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
        IANA zone; left out: where the stations stand.
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
    planned = planned_of(home)
    seen = _Seen()
    named = {"network": roads, "stations": stations, "units": units, "zones": zones}
    calls = () if cad is None else (cad,) if isinstance(cad, str | Path) else tuple(cad)
    inputs = _inputs(home, {key: source for key, source in named.items() if source is not None}, planned, seen)
    calls = _calls(home, calls, planned, seen)
    if place is not None:
        say("fetching roads from OpenStreetMap")
        home.mkdir(parents=True, exist_ok=True)
        inputs = {"network": save(from_place(place), home / "roads.npz"), **inputs}
    _read_places(inputs, planned, seen, say)
    zone = timezone or planned.timezone or _zone(seen)
    history = _read_history(calls, home, planned, seen, zone=zone, say=say) if calls else NOTHING
    astray, homeless = _astray(seen)
    seen.notes += _off_the_road(seen)
    return ProjectDraft(
        folder=home,
        inputs={**{key: inputs[key] for key in ROLES if key in inputs}, **history},
        understood=pd.DataFrame(seen.rows, columns=["input", "file", "understood"]),
        faults=tuple(seen.faults),
        questions=tuple(seen.questions),
        notes=tuple(seen.notes),
        astray=astray.drop(index=list(planned.stations.leave_out), errors="ignore"),
        leave_out=(),
        homeless={u: home for u, home in homeless.items() if home not in planned.stations.leave_out},
        timezone=zone,
        cad=seen.cad,
        priorities=_priorities(seen.history),
    )


def _inputs(home: Path, named: dict[str, Source], planned: PlannedInputs, seen: _Seen) -> dict[str, Source]:
    """Gather the files: those named, those of a plan that is there, those that are found in the folder."""
    lost = {key: file_of(Path(), str(source)) for key, source in named.items() if not is_there(source)}
    seen.faults += [f"{ROLES[key]}: there is no file {quoted(f.name)} in {f.parent}" for key, f in lost.items()]
    named = {key: source for key, source in named.items() if key not in lost}
    found = files_of(home) if home.is_dir() else None
    if found is None:
        return {**planned.sources, **named}
    known = {**planned.sources, **named}
    seen.questions += [q for q in found.questions if not any(ROLES[key] in q for key in known)]
    taken = {file_of(Path(), str(source)).resolve() for source in known.values() if not is_database(source)}
    return {**{key: file for key, file in found.inputs.items() if file.resolve() not in taken}, **known}


def _calls(home: Path, calls: tuple[Source, ...], planned: PlannedInputs, seen: _Seen) -> tuple[Source, ...]:
    """Gather the files of dispatch history, likewise."""
    there = tuple(file for file in calls if is_there(file))
    seen.faults += [
        f"{ROLES['cad']}: there is no file {quoted(Path(file).name)} in {Path(file).parent}"
        for file in calls
        if file not in there
    ]
    return there or planned.calls or (files_of(home).calls if home.is_dir() and not calls else ())


def _read_places(inputs: dict[str, Source], planned: PlannedInputs, seen: _Seen, say: Callable[[str], None]) -> None:
    def network(source: Source) -> str:
        seen.roads = read_network(Path(), str(source), planned.network)
        return f"{wording.counted(seen.roads.n_streets, 'street')}, {seen.roads.length_m.sum() / 1000:,.0f} km"

    def stations(source: Source) -> str:
        asked = planned.stations
        seen.stations, housed = read_station_table(source, columns=asked.columns, crs=asked.crs, home=asked.home)
        seen.units = complete_units(housed) if len(housed) else None
        names = listed([str(name) for name in seen.stations["name"]], most=MOST_NAMED)
        return f"{wording.counted(len(seen.stations), 'station')} ({names})"

    def units(source: Source) -> str:
        try:
            seen.units = read_units(
                source, stations=seen.stations, without=planned.stations.leave_out, columns=planned.units.columns
            )
        except TableError:  # perhaps for units of stations that are not there, which may be left out
            seen.units = read_units(source, columns=planned.units.columns)
        kinds = seen.units["type"].value_counts()
        return f"{wording.counted(len(seen.units), 'unit')}: {', '.join(f'{n} {kind}' for kind, n in kinds.items())}"

    def zones(source: Source) -> str:
        seen.zones = demand.read_zones(source, columns=planned.demand.columns, crs=planned.demand.crs)
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


def _zone(seen: _Seen) -> str:
    points = None
    if seen.stations is not None:
        points = seen.stations.geometry
    elif seen.roads is not None:
        points = gpd.GeoSeries.from_xy(seen.roads.nodes["x"], seen.roads.nodes["y"], crs=4326)
    found = "" if points is None else zone_of(points)
    if not found:
        seen.questions.append("which time zone does the city keep? It cannot be told by where it lies: give timezone")
    return found


def _read_history(
    calls: tuple[Source, ...],
    home: Path,
    planned: PlannedInputs,
    seen: _Seen,
    *,
    zone: str,
    say: Callable[[str], None],
) -> dict[str, Source | tuple[Source, ...]]:
    """Read dispatch history; gives the keys of [inputs] that it takes."""
    taken: dict[str, Source | tuple[Source, ...]] = {"cad": calls if len(calls) > 1 else calls[0]}
    own = home / MAPPING_FILE

    def history(source: Source) -> str:
        say("looking at the columns of the dispatch history")
        parts = HistoryFiles((Path(source),), None)
        if planned.responses is not None:
            parts = HistoryFiles(tuple(map(Path, calls)), planned.responses)
        elif len(calls) > 1:
            parts = parted(tuple(map(Path, calls)), timezone=zone or None)
        taken["cad"] = parts.files if len(parts.files) > 1 else parts.files[0]
        if parts.responses is not None:
            taken["cad_responses"] = parts.responses
        mapping: str | Path | MappingDraft = planned.mapping or own
        if planned.mapping is None and not own.is_file():
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
            units=None if seen.units is None else own_units(seen.units),
            ground=ground or None,
            responses=parts.responses,
            stamp_timezone=planned.stamp_timezone,
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


def _astray(seen: _Seen) -> tuple[pd.DataFrame, dict[str, str]]:
    """Find stations that a scenario would refuse, and units without a station."""
    astray = pd.DataFrame({"name": [], "offset_m": [], "why": []}, index=pd.Index([], name="station_id"))
    if seen.roads is not None and seen.stations is not None:
        astray = stations_astray(seen.roads, seen.stations, snap_limit_m=SNAP_LIMIT_M)
    homeless: dict[str, str] = {}
    if seen.units is not None and seen.stations is not None:
        away = seen.units[~seen.units["station_id"].isin(seen.stations.index)]
        homeless = {str(unit): str(station) for unit, station in away["station_id"].items()}
    return astray, homeless


def _off_the_road(seen: _Seen) -> list[str]:
    """Say how many incidents and zones lie off the road: they count as not reached."""
    tables = {"incident": None if seen.history is None else seen.history.incidents, "zone": seen.zones}
    notes = []
    for name, table in tables.items():
        if seen.roads is None or table is None:
            continue
        here = table.geometry[~(table.geometry.isna() | table.geometry.is_empty)]
        off = int((snap(seen.roads, here.representative_point(), limit_m=SNAP_LIMIT_M).street < 0).sum())
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
