"""Reads dispatch (CAD) history: the one public reader, and the order of its steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan.errors import Faults, InputError, TableError, listed, quoted
from fireplan.incidents._build_tables import build_incidents, build_responses, finished
from fireplan.incidents._columns.categories import check_priority, read_crews, read_modes, read_unit_types, translated
from fireplan.incidents._columns.find_columns import STATUS_TIME
from fireplan.incidents._columns.mapping import CANONICAL_MAPPING, TEXTS, Mapping, load_mapping
from fireplan.incidents._columns.pick_columns import pick_columns, shape_of_file
from fireplan.incidents._drafts.mapping_draft import MappingDraft
from fireplan.incidents._formats.neris_stamps import is_neris, tactic_names, tactics_in
from fireplan.incidents._formats.open_export import read_records
from fireplan.incidents._formats.several_files import read_several
from fireplan.incidents._formats.sql import read_query
from fireplan.incidents._formats.table_at_hand import read_table
from fireplan.incidents._formats.text_table import from_rows, squeezed
from fireplan.incidents._history import CadHistory
from fireplan.incidents._ledger.ids import (
    check_no_log,
    check_one_unit,
    drop_duplicates,
    note_unknown,
    set_aside_bad_ids,
    spelt_alike,
)
from fireplan.incidents._ledger.ledger import Ledger
from fireplan.incidents._places.coordinates import RowCoordinates, read_places
from fireplan.incidents._shapes.one_row_per_unit import one_row_per_unit
from fireplan.incidents._shapes.second_table import joined, moved
from fireplan.incidents._shapes.status_log import LogTimes
from fireplan.incidents._times.clocks_over_midnight import to_next_day
from fireplan.incidents._times.conflicting_rows import counted_once
from fireplan.incidents._times.elapsed_times import read_elapsed
from fireplan.incidents._times.instants import read_stamps
from fireplan.incidents._times.time_columns import boiled_down, read_times
from fireplan.incidents._times.time_zones import both_readings, known_zone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy.engine import Connection, Engine

    from fireplan.incidents._columns.pick_columns import Picked
    from fireplan.incidents._formats.text_table import Records, Shape

    Units = Iterable[str] | pd.DataFrame
    Ground: TypeAlias = gpd.GeoDataFrame | gpd.GeoSeries

NERIS_API = "neris_api"
MOST_FILES_NAMED = 6


@takes(own=("units",))
def read_cad(
    path: str | PathLike[str] | pd.DataFrame | Sequence[str | PathLike[str]],
    *,
    timezone: str,
    mapping: str | PathLike[str] | MappingDraft | None = None,
    units: Units | None = None,
    ground: Sequence[Ground] | None = None,
    stamp_timezone: str | None = None,
    responses: str | PathLike[str] | None = None,
) -> CadHistory:
    """
    Read a dispatch export with one row per unit per incident, or one per incident, or as a mapping says.

    Only the incident's id and the time of the call are needed, by a mapping any one time: whatever else is absent is
    noted with what it costs. Every column is read as text and parsed here, so ids stay what they are. An unusable value
    costs what depends on it: a bad location the maps, a bad stamp its intervals. A row is set aside only when nothing
    is left to measure, its clock is in doubt, or its identity is. Each row and each repair is counted in the ledger.

    Parameters
    ----------
    path
        A CSV file, plain or gzipped (comma, semicolon, tab, bar or another delimiter; any line end; UTF-8, UTF-16 with
        its mark, or Windows-1252); a workbook (xlsx, xls, ods); a Parquet file; JSON: GeoJSON, ArcGIS features, a list
        of records or an object that holds one, a record on each line, or NERIS incidents as its API gives them; a layer
        of a GeoPackage, a shapefile or a file geodatabase, also in a zip archive. The kind is found by the content.
        Several files of one layout, as a list, are read as one; so is a table at hand, a DataFrame or GeoDataFrame.
        docs/formats.md has more.
    timezone
        IANA name of the agency's zone, such as `America/Los_Angeles`: hours of day and week are reported in it, and
        times without an offset are taken in it.
    mapping
        Which column holds what: None if the file has the canonical columns `incident_id`, `unit_id`, `call_type`,
        `priority`, `latitude`, `longitude`, `received`, `dispatched`, `enroute`, `arrived`, `cleared`, or has them
        under names that were seen elsewhere (noted in the ledger; without a column of units the file has one row per
        incident); the name of a bundled mapping (`san_francisco`, `neris`, ...); the path of a TOML mapping file; or
        what `draft_mapping` gave.
        Used where they are there: `answered` and `created` (beside `received`, when the call came in), `staged`,
        `cancelled_enroute`, `unit_type`, `station_id`, `mode`, `crew`, `first_due`, `zone`, `shift`, `aid`. Others are
        ignored, addresses and narratives among them.
    units
        The department's own units: ids, or a table indexed by them or with a column `unit_id`. Responses of others are
        noted and flagged `mutual_aid`. Left out: nothing is said of that.
    ground
        Tables of roads and of zones, such as `[roads.streets, zones]`: a point within 25 km of them is kept however
        far it is from the others. Left out: of the points far from all others, those that stand alone are dropped.
    stamp_timezone
        IANA name of the zone of times without an offset where that is not the agency's, such as `UTC`. Left out: as
        the mapping says, else `timezone`.
    responses
        A second file with one row per unit, where `path` has one per incident; they are joined by `incident_id`, or by
        the key that the mapping names.

    Returns
    -------
    The tables, in UTC and EPSG:4326, with the ledger of what was done to each row.

    Raises
    ------
    TableError
        If the file as a whole cannot be used: columns missing, times in a form that cannot be told, points on the
        wrong side of the globe. All faults found are named at once.
    InputError
        If the file is of no kind that is read, or the time zone or the mapping cannot be used.
    UnknownIdError
        If there is no mapping of that name.

    Notes
    -----
    A call received more than a day after the moment of reading is refused, so reading depends on the clock in this
    one respect. Limits: 1 GB, for JSON 500 MB, and for a gzipped file or a workbook 200 MB unpacked and 100 times its
    size. Lines are physical lines, in a workbook or a Parquet file rows, with the header on line 1, in JSON the numbers
    of the elements.

    Examples
    --------
    >>> history = read_cad("calls.csv.gz", timezone="America/Los_Angeles", mapping="san_francisco")  # doctest: +SKIP
    >>> for line in history.messages():  # doctest: +SKIP
    ...     log.info(line)
    """
    plan = load_mapping(_drafted(mapping) if isinstance(mapping, MappingDraft) else mapping)
    given = _given(timezone, stamp_timezone, plan, units=units, ground=ground)
    if plan.second is not None and responses is None:
        raise InputError("the mapping has [second], a second file with one row per unit: give its path as responses")
    ledger = Ledger()
    shape = _shape(plan)
    records, name = _records(path, shape, ledger=ledger)
    ledger.stands = records.stands
    rows_in = records.rows_in
    partner = None
    if responses is not None:
        records, partner = _with_second(records, responses, plan, shape, name=name, ledger=ledger)
        rows_in = records.rows_in
    try:
        return _history(records, plan, given, name=name, ledger=ledger, partner=partner)
    except TableError as error:
        error.rows_in = rows_in
        raise


@takes(own=("units",))
def read_cad_sql(
    query: str,
    connection: Engine | Connection | str,
    *,
    timezone: str,
    mapping: str | PathLike[str] | None = None,
    units: Units | None = None,
    stamp_timezone: str | None = None,
) -> CadHistory:
    """
    Read dispatch history from a database, by the rules of `read_cad`.

    Parameters
    ----------
    query
        One SELECT. It is given to the database as it is, and whatever it did is rolled back; give it a login that may
        only read all the same.
    connection
        A SQLAlchemy engine or connection, or a database URL. It is never shown in messages.
    timezone, mapping, units, stamp_timezone
        As for `read_cad`. Times with a zone are instants.

    Returns
    -------
    As from `read_cad`; line n + 1 is row n of the result.

    Raises
    ------
    InputError
        If SQLAlchemy is not installed (`pip install 'fireplan[sql]'`), the query does not only read, or the database
        refuses it.
    TableError
        As from `read_cad`.

    Examples
    --------
    >>> history = read_cad_sql("SELECT * FROM calls", "sqlite:///cad.db", timezone="America/Denver")  # doctest: +SKIP
    """
    plan = load_mapping(mapping)
    given = _given(timezone, stamp_timezone, plan, units=units)
    if plan.second is not None:
        raise InputError("the mapping has [second]: join the two tables in the query")
    name = "the CAD query"
    records = read_query(query, connection, shape_of_file(plan), table=name)
    return _history(records, plan, given, name=name, ledger=Ledger())


@takes(own=("units",))
def read_cad_rows(
    rows: Sequence[dict[str, str]], *, timezone: str, units: Units | None = None, name: str = "the rows"
) -> CadHistory:
    """
    Read dispatch history from rows at hand, by the rules of `read_cad`.

    Parameters
    ----------
    rows
        Each the same columns of text, as in a file with the canonical names; at least one.
    timezone, units
        As for `read_cad`.
    name
        What to call the rows in errors.

    Returns
    -------
    As from `read_cad`; line n + 1 is row n.
    """
    plan = load_mapping(None)
    given = _given(timezone, None, plan, units=units)
    if not rows:
        raise TableError(name, ["there are no rows"])
    header = list(rows[0])
    fields = [[row[column] for column in header] for row in rows]
    lines = range(2, len(rows) + 2)
    records = from_rows(header, fields, lines, rows_in=len(rows), places=range(len(header)))
    return _history(records, plan, given, name=name, ledger=Ledger())


class _Given(NamedTuple):
    """What is known beside the file: the agency's zone and that of the stamps, its units, its roads and zones."""

    zone: ZoneInfo
    stamps_in: ZoneInfo
    own: list[str] | None
    ground: list[gpd.GeoSeries]


def _given(
    timezone: str,
    stamp_timezone: str | None,
    plan: Mapping,
    *,
    units: Units | None,
    ground: Sequence[Ground] | None = None,
) -> _Given:
    zone = known_zone(timezone)
    of_stamps = plan.times.zone if stamp_timezone is None else stamp_timezone
    stamps_in = zone if of_stamps is None else known_zone(of_stamps)
    return _Given(zone, stamps_in, _unit_ids(units), _outlines(ground))


def _with_second(
    records: Records, path: str | PathLike[str], plan: Mapping, shape: Shape, *, name: str, ledger: Ledger
) -> tuple[Records, pd.Series[int]]:
    """Read the second file, and join it to the first."""
    file = Path(path).name
    table = f"CAD file {quoted(file)}"
    apart = Ledger()
    second = read_records(path, shape, table=table, ledger=apart)
    ledger.take(apart, file=file)
    return joined(records, moved(second), plan, tables=(name, table), ledger=ledger)


def _drafted(draft: MappingDraft) -> Mapping:
    if draft.mapping is None:
        raise InputError(f"the draft for {quoted(draft.file)} does not suffice: {'; '.join(draft.questions)}")
    return draft.mapping


def _unit_ids(units: Units | None) -> list[str] | None:
    if units is None:
        return None
    if isinstance(units, str):
        raise InputError("units is one text: give a list of unit ids, or a table of units")
    if not isinstance(units, Iterable) or isinstance(units, bytes):
        raise InputError(f"units is of type {type(units).__name__}: give a list of unit ids, or a table of units")
    if isinstance(units, pd.DataFrame):
        return [str(unit) for unit in (units["unit_id"] if "unit_id" in units else units.index)]  # noqa: SIM401
    return [str(unit) for unit in units]


def _outlines(ground: Sequence[Ground] | None) -> list[gpd.GeoSeries]:
    tables = [] if ground is None else list(ground)
    for table in tables:
        if not isinstance(table, gpd.GeoDataFrame | gpd.GeoSeries) or table.crs is None:
            raise InputError("ground: give tables with geometry and a crs, such as [roads.streets, zones]")
    return [table.geometry for table in tables]


def _records(
    path: str | PathLike[str] | pd.DataFrame | Sequence[str | PathLike[str]], shape: Shape, *, ledger: Ledger
) -> tuple[Records, str]:
    """Read a file, several, or a table at hand; and say what to call that in errors."""
    if isinstance(path, pd.DataFrame):
        return read_table(path, shape, table="the table"), "the table"
    if isinstance(path, str | PathLike):
        name = f"CAD file {quoted(Path(path).name)}"
        return read_records(path, shape, table=name, ledger=ledger), name
    paths = list(path)
    if not paths:
        raise InputError("no file is given: give at least one")
    if len(paths) == 1:
        return _records(paths[0], shape, ledger=ledger)

    def read(one: str | PathLike[str], own: Ledger) -> Records:
        return read_records(one, shape, table=f"CAD file {quoted(Path(one).name)}", ledger=own)

    name = f"CAD files {listed((quoted(Path(one).name) for one in paths), most=MOST_FILES_NAMED)}"
    return read_several(paths, read, shape, table=name, ledger=ledger), name


def _shape(plan: Mapping) -> Shape:
    """Say what a file should look like; without a mapping, also as NERIS gives it."""
    shape = shape_of_file(plan)
    if plan is not CANONICAL_MAPPING:
        return shape
    of_neris = shape_of_file(load_mapping(NERIS_API)).accepted | set(map(squeezed, tactic_names()))
    return replace(shape, accepted=shape.accepted | of_neris)


def _recognised(records: Records, plan: Mapping, *, ledger: Ledger) -> Mapping:
    """Take the mapping of NERIS where none is given and the names are its own; times of tactics are carried."""
    if plan is not CANONICAL_MAPPING or not is_neris(records.header):
        return plan
    plan = load_mapping(NERIS_API)
    ledger.add_file("layout_found", detail=quoted(plan.title))
    return plan.model_copy(update={"carry": tactics_in(records.header)})


def _history(
    records: Records,
    plan: Mapping,
    given: _Given,
    *,
    name: str,
    ledger: Ledger,
    partner: pd.Series[int] | None = None,
) -> CadHistory:
    """Go through the steps that every kind of file shares."""
    zone, stamps_in = given.zone, given.stamps_in
    rows_in = records.rows_in
    faults = Faults(name)
    picked = pick_columns(records, _recognised(records, plan, ledger=ledger), table=name, ledger=ledger)
    header, names, plan, elapsed, absent = records.header, picked.names, picked.mapping, picked.elapsed, picked.absent
    del records  # what is not needed any more goes: a million rows take room
    when = _times_of_log(picked, stamps_in, faults=faults) if plan.log is not None else None
    frame, unsaid, clocks = one_row_per_unit(picked, when=when, partner=partner, faults=faults, ledger=ledger)
    del picked, when
    faults.raise_if_any()
    frame, texts = boiled_down(frame)
    has_units = "unit_id" in frame
    if plan.log is None:
        check_no_log(frame, header, faults=faults)
    check_one_unit(frame, faults=faults, ledger=ledger)
    faults.raise_if_any()
    frame, named_again = drop_duplicates(frame, ledger=ledger)
    set_aside_bad_ids(frame, ledger=ledger)
    lines = ledger.lines_of(frame.index)
    passed = read_elapsed(frame, texts, elapsed, names=names, lines=lines, tell=ledger.told, faults=faults)
    stamps = {column: text for column, text in texts.items() if column not in passed}
    written = read_times(
        frame,
        stamps,
        names=names,
        formats=plan.times.formats,
        epoch=plan.times.epoch,
        lines=lines,
        tell=ledger.told,
        faults=faults,
    )
    frame = frame.drop(columns=[*texts])
    written = to_next_day(written, clocks, frame.index, ledger=ledger)
    clocked = read_stamps(frame, written, zone=stamps_in, faults=faults, ledger=ledger, passed=passed, unsaid=unsaid)
    if "arrived" in absent:
        clocked = clocked.without_arrivals()
    if stamps_in.key != zone.key:
        ledger.add_file("stamps_in_zone", detail=f"{stamps_in.key}, reported in {zone.key}")
    del texts, stamps, written, passed
    quarantine = ledger.quarantine(frame)
    kept = ~ledger.is_set_aside(frame.index)
    if not kept.all():
        frame, clocked = frame[kept], clocked.kept(kept)
    places = read_places(
        frame, plan.point, timezone=zone.key, faults=faults, ledger=ledger, ground=given.ground, names=names
    )
    faults.raise_if_any()
    clocked = clocked.ordered(frame.index.to_numpy(), ledger=ledger)
    frame = _described(frame, plan, places=places, own=given.own, ledger=ledger)
    if has_units:
        again = np.isin(frame.index, named_again) | (ledger.count("unit_id_respelled") > 0)
        before = len(frame)
        frame, clocked = counted_once(frame, clocked, again, ledger=ledger)
        if len(frame) < before:
            clocked = clocked.ordered(frame.index.to_numpy(), ledger=ledger)
    rows = build_responses(frame, clocked, ledger=ledger)
    counts = ledger.counts(frame.index)
    del frame, clocked, places
    incidents = build_incidents(rows, ledger=ledger)
    return CadHistory(
        incidents=incidents,
        responses=finished(rows),
        ledger=ledger.frame(rows_ok=counts.ok),
        quarantine=quarantine,
        timezone=zone.key,
        rows_in=rows_in,
        rows_ok=counts.ok,
        rows_set_aside=counts.set_aside,
        rows_duplicate=counts.duplicate,
        grain="unit" if has_units else "incident",
    )


def _times_of_log(picked: Picked, zone: ZoneInfo, *, faults: Faults) -> LogTimes:
    """Read the times of a status log, to order its rows by."""
    numbers, texts = boiled_down(picked.frame[[STATUS_TIME]].rename(columns={STATUS_TIME: "received"}))
    times = picked.mapping.times
    names = {"received": picked.names[STATUS_TIME]}
    written = read_times(numbers, texts, names=names, formats=times.formats, faults=faults, epoch=times.epoch)[
        "received"
    ]
    faults.raise_if_any()
    early, late, _ = both_readings(written.local, zone)
    given = ~np.isnat(written.instant)
    return LogTimes(np.where(given, written.instant, early), np.where(given, written.instant, late))


def _described(
    used: pd.DataFrame, plan: Mapping, *, places: RowCoordinates, own: list[str] | None, ledger: Ledger
) -> pd.DataFrame:
    """Give ids, texts and points: everything of the rows but their times."""
    table = pd.DataFrame({"incident_id": used["incident_id"]})
    if "unit_id" in used:
        table["unit_id"] = spelt_alike(used["unit_id"], ledger=ledger)
        if own is not None:
            table["mutual_aid"] = note_unknown(table["unit_id"], own, ledger=ledger)
    for name in (name for name in (*TEXTS, *plan.carry) if name in used):
        values = plan.translate.get(name, {})
        table[name] = _read_text(used[name], values, name=name, ledger=ledger)
    for name in ("call_type", "priority"):
        if name not in table:
            table[name] = pd.Series(pd.NA, index=used.index, dtype="str")
    if "priority" in used:
        check_priority(table["priority"], mapped="priority" in plan.translate, ledger=ledger)
    if "call_type" in used:
        ledger.add("call_type_missing", used.index[table["call_type"].isna()], column="call_type")
    return table.assign(latitude=places.latitude, longitude=places.longitude)


def _read_text(text: pd.Series[str], values: dict[str, str], *, name: str, ledger: Ledger) -> pd.Series[Any]:
    if name == "mode":
        return read_modes(text, values, ledger=ledger)
    if name == "crew":
        return read_crews(text, ledger=ledger)
    if name == "unit_type":
        return read_unit_types(text, values, ledger=ledger)
    return translated(text, values, column=name, ledger=ledger)
