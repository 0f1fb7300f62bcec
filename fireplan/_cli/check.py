"""Checks one input file and tells what reading it would do: its verdict, its ledger, and the rows set aside."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from fireplan import wording
from fireplan._cli.check_context import MOST_NAMED, WITHOUT, CheckContext, context_of, extent_of
from fireplan._cli.kinds import Kind
from fireplan._cli.terminal import plain
from fireplan._geofiles import is_layer
from fireplan.errors import FireplanError, InputError, TableError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import geopandas as gpd

    from fireplan.operations._events.feed_check import FeedCheck

REFUSED = 1  # exit code
INDENT = 2
GRAPHS = (".graphml", ".graphml.gz", ".pkl", ".pickle", ".joblib")
"""Endings that graphs come under; pickles are refused by name."""

REACHES_NOTHING = "reaches nothing else"
"""By which `travel.station_notes` tells of a station on an island of the network."""


@dataclass(frozen=True)
class Checked:
    """
    What a check found: `verdict` is ACCEPT, REPAIR, QUARANTINE or ERROR; counts are None where rows do not apply.

    Of the messages the first `notes` are in no entry of the ledger. `not_checked` says what the file alone does not
    tell; "" where a project told it.
    """

    verdict: str
    messages: list[str]
    rows_in: int | None = None
    rows_ok: int | None = None
    rows_quarantined: int | None = None
    ledger: pd.DataFrame = field(default_factory=pd.DataFrame)
    quarantine: pd.DataFrame = field(default_factory=pd.DataFrame)
    notes: int = 0
    not_checked: str = ""

    def as_json(self) -> str:
        """Give everything but the tables as JSON."""
        found = {
            "verdict": self.verdict,
            "rows_in": self.rows_in,
            "rows_ok": self.rows_ok,
            "rows_quarantined": self.rows_quarantined,
            "messages": self.messages,
            "not_checked": self.not_checked,
        }
        return json.dumps(found, indent=2)


class CheckedBeside(NamedTuple):
    """What is said beside the file: of a dispatch export how to read it, and the project that a file belongs to."""

    timezone: str | None = None
    mapping: str | None = None
    stamp_timezone: str | None = None
    responses: Path | None = None
    project: Path | None = None


PLAIN = CheckedBeside()


def check_file(file: Path, *, kind: Kind, beside: CheckedBeside = PLAIN) -> Checked:
    """
    Check one file.

    Parameters
    ----------
    file
        A local file.
    kind
        What it should be.
    beside
        Of a dispatch export the IANA zone of the agency, which is needed unless a project has it; the name of a bundled
        mapping of its columns, or the path of a TOML file; the zone of its stamps, where that is another; a second file
        with one row per unit. Of any file the project it belongs to, which knows where the city is and whose units.

    Returns
    -------
    The verdict, in words and counts; never an exception for what a file holds.
    """
    checked = _checked(file, kind, beside)
    if beside.project is not None:
        return checked
    return replace(checked, not_checked=f"not checked: {WITHOUT[kind.value]}; give --project")


def _checked(file: Path, kind: Kind, beside: CheckedBeside) -> Checked:
    try:
        context = None if beside.project is None else context_of(beside.project)
        if kind is Kind.cad:
            return _check_cad(file, beside, context)
        return _CHECKS[kind](file, context)
    except TableError as error:
        rows_in = _rows_of_stations(file, context) if kind is Kind.stations else error.rows_in
        return Checked("ERROR", [str(error), *_how_to_map(file, kind, beside)], rows_in)
    except FireplanError as error:
        return Checked("ERROR", [str(error)])
    except (OSError, RecursionError, MemoryError) as error:
        return Checked("ERROR", [f"the file cannot be read ({type(error).__name__}): check it and its permissions"])
    except Exception as error:  # noqa: BLE001 - whoever checks a file is not to be shown a traceback
        return Checked("ERROR", [f"fireplan failed on this file ({type(error).__name__}): please report it"])


def _check_cad(file: Path, export: CheckedBeside, context: CheckContext | None) -> Checked:
    from fireplan.incidents import read_cad  # noqa: PLC0415 - help does not wait for it

    timezone, mapping, stamps_in = export.timezone, export.mapping, export.stamp_timezone
    more: dict[str, Any] = {}
    if context is not None:
        from fireplan.project._read_project import mapping_of  # noqa: PLC0415 - help does not wait for it

        timezone = timezone or context.plan.timezone or None
        mapping = mapping or mapping_of(context.plan, context.folder)  # type: ignore[assignment]
        stamps_in = stamps_in or context.plan.inputs.cad_timezone
        more = {"units": context.housed[2], "ground": context.ground}
    if timezone is None:
        raise InputError("a dispatch export needs --timezone, such as America/Los_Angeles")
    history = read_cad(
        file, timezone=timezone, mapping=mapping, stamp_timezone=stamps_in, responses=export.responses, **more
    )
    places = history.incidents.geometry.dropna()
    faults: list[str] = []
    notes: list[str] = []
    if context is not None:
        lon, lat = places.x.to_numpy(), places.y.to_numpy()
        if not context.extent.holds(lon, lat).any():  # single ones are told by the reader
            faults, notes = context.extent.odd_places(lon, lat, _named("incident", places.index))
    if faults:
        return Checked("ERROR", faults, history.rows_in)
    aside = history.quarantine
    files = aside["file"] if "file" in aside else [""] * len(aside)
    told = [
        f"{of}{' ' if of else ''}line {line}: {reason}"
        for of, line, reason in zip(files, aside["line"], aside["reason"], strict=True)
    ]
    return Checked(
        "REPAIR" if notes and history.verdict == "ACCEPT" else history.verdict,
        [*notes, *history.messages(), *told],
        history.rows_in,
        history.rows_ok,
        history.rows_set_aside,
        history.ledger,
        history.quarantine,
        notes=len(notes),
    )


def _named(what: str, ids: Iterable[object]) -> list[str]:
    return [f"{what} {quoted(name)}" for name in ids]


def _how_to_map(file: Path, kind: Kind, export: CheckedBeside) -> list[str]:
    """Say how to go on with a dispatch export whose columns were not found: the mapping that fits, or a draft."""
    from fireplan.incidents import draft_mapping  # noqa: PLC0415 - only where a file is refused

    if kind is not Kind.cad or export.mapping is not None:
        return []
    try:
        bundled = draft_mapping(file, timezone=export.timezone).bundled
    except FireplanError:
        return []
    if bundled:
        return [f"the mapping {bundled!r}, which comes with fireplan, fits this file: add --mapping {bundled}"]
    drafts = f"fireplan map {file.name} --timezone {export.timezone} --out mapping.toml drafts a mapping"
    return [f"{drafts}; look at it, then add --mapping mapping.toml here"]


def _check_stations(file: Path, context: CheckContext | None) -> Checked:
    from fireplan.stations import read_stations  # noqa: PLC0415 - help does not wait for it

    said = None if context is None else context.plan.stations
    of_plan = {} if said is None else {"columns": said.columns, "crs": said.crs, "home": said.home}
    stations, units = read_stations(file, **of_plan)  # type: ignore[arg-type]
    notes = [str(note) for note in stations.attrs.get("notes", ())]
    count = len(stations)
    if context is not None:
        points = stations.geometry.to_crs(4326)
        faults, away = context.extent.odd_places(
            points.x.to_numpy(), points.y.to_numpy(), _named("station", stations.index)
        )
        if not faults and not away:
            faults, away = _on_the_road(stations, units, context)
        if faults:
            return Checked("ERROR", [*faults, *away, *notes], count)
        notes = [*away, *notes]
    return Checked("REPAIR" if notes else "ACCEPT", notes, count, count, 0)


def _on_the_road(stations: gpd.GeoDataFrame, units: pd.DataFrame, context: CheckContext) -> tuple[list[str], list[str]]:
    """Put stations on the roads of the project: which stand where nothing can be reached, and which to look at."""
    from fireplan import travel  # noqa: PLC0415 - help does not wait for it
    from fireplan.scenario import Scenario  # noqa: PLC0415

    there = Scenario(context.roads, stations, units, context.zones, snap_limit_m=context.plan.network.snap_limit_m)
    notes = travel.station_notes(there)
    cut_off = [note for note in notes if REACHES_NOTHING in note]
    return cut_off, [note for note in notes if note not in cut_off]


def _rows_of_stations(file: Path, context: CheckContext | None) -> int | None:
    """Count the stations of a file that is refused, None where they cannot be counted."""
    from fireplan._geofiles import read_office_table  # noqa: PLC0415 - only where a file is refused

    given = {} if context is None else context.plan.stations.columns or {}
    try:
        return len(read_office_table(file, what="station file", table="stations", given=given.values()).rows)
    except FireplanError:
        return None


def _check_network(file: Path, context: CheckContext | None) -> Checked:
    from fireplan import roads  # noqa: PLC0415 - help does not wait for it

    graphml = file.name.lower().endswith(GRAPHS)
    read: Callable[[Path], roads.RoadNetwork] = roads.from_lines if is_layer(file) else roads.from_osm
    network = roads.from_graphml(file) if graphml else read(file)
    repairs = [str(note) for note in network.repairs]
    if context is not None:
        stations = context.housed[0].geometry.to_crs(4326)
        lon, lat = stations.x.to_numpy(), stations.y.to_numpy()
        extent = extent_of([network.streets])
        faults, away = extent.odd_places(lon, lat, _named("station", stations.index))
        if not extent.holds(lon, lat).any():
            return Checked("ERROR", [*faults, *away])
        repairs = [*away, *repairs]
    return Checked("REPAIR" if repairs else "ACCEPT", repairs)


def _check_scenario(file: Path, context: CheckContext | None) -> Checked:
    from fireplan.project import read_plan  # noqa: PLC0415 - help does not wait for it

    plan = read_plan(file)
    if context is not None:
        from fireplan.project._read_project import opened  # noqa: PLC0415 - help does not wait for it

        opened(plan, context.folder, file.name)
    warned = [str(note) for note in plan.warnings()]
    return Checked("REPAIR" if warned else "ACCEPT", warned)


def _check_feed(file: Path, context: CheckContext | None) -> Checked:
    from fireplan.operations._events.feed_check import check_feed_file  # noqa: PLC0415 - help does not wait for it

    found = check_feed_file(file)
    notes = [] if context is None else _strangers(found, context)
    verdict = "REPAIR" if notes and found.verdict == "ACCEPT" else found.verdict
    reasons = [r._asdict() for r in found.refusals]
    quarantine = pd.DataFrame(reasons, columns=["line", "event_id", "code", "reason"])
    return Checked(
        verdict,
        [*notes, *found.messages()],
        found.rows_in,
        found.rows_ok,
        found.rows_quarantined,
        quarantine=quarantine,
    )


def _strangers(found: FeedCheck, context: CheckContext) -> list[str]:
    """Name the units and stations of a feed that the project does not have, and places outside of its city."""
    stations, units, own, _ = context.housed
    known = {"unit": {*map(str, units.index), *(own or ())}, "station": {*map(str, stations.index)}}
    heard = {"unit": found.units, "station": found.stations}
    notes = [
        f"{what}s the project does not have: {listed(map(quoted, strange), most=MOST_NAMED)}"
        for what, ids in heard.items()
        if (strange := sorted(ids - known[what]))
    ]
    if found.places:
        lon, lat = np.array([*found.places.values()]).T
        faults, away = context.extent.odd_places(lon, lat, [*found.places])
        notes += [*faults, *away]
    return notes


_CHECKS: dict[Kind, Callable[[Path, CheckContext | None], Checked]] = {
    Kind.stations: _check_stations,
    Kind.network: _check_network,
    Kind.scenario: _check_scenario,
    Kind.feed: _check_feed,
}


def write_tables(checked: Checked, folder: Path) -> None:
    """
    Write `ledger.csv` and `quarantine.csv`, with spreadsheet formulas made harmless.

    Those of dispatch records say RESTRICTED in their names.

    Parameters
    ----------
    checked
        What a check found.
    folder
        Where to; made if it is not there.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    from fireplan.project import write_csv  # noqa: PLC0415 - help does not wait for it
    from fireplan.project._restricted_names import restricted_name  # noqa: PLC0415

    messages = pd.DataFrame({"outcome": checked.verdict, "meaning": checked.messages}, dtype="str")
    ledger = checked.ledger if len(checked.ledger.columns) else messages
    tables = {"ledger.csv": ledger, "quarantine.csv": checked.quarantine}
    if len(checked.ledger.columns):
        tables = {restricted_name(name): table for name, table in tables.items()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            if len(table.columns):
                write_csv(table.set_index(table.columns[0]), folder / name)
    except OSError as error:
        raise InputError(f"the folder cannot be written to ({type(error).__name__}): give another --out") from error


def show_checked(checked: Checked, *, title: str) -> None:
    """Print what a check found: the verdict, the counts, and the ledger."""
    console = Console(highlight=False)
    counts = ""
    if checked.rows_in is not None:
        counts = f": {wording.counted(checked.rows_in, 'row')}"
        if checked.rows_ok is not None:
            counts += f", {wording.count(checked.rows_ok)} used, {wording.count(checked.rows_quarantined)} set aside"
    console.print(Text(plain(f"{checked.verdict} {title}{counts}"), style="bold"), soft_wrap=True)
    for message in checked.messages[: checked.notes] if len(checked.ledger) else checked.messages:
        console.print(Text(plain(f"- {message}")), soft_wrap=True)
    # What an entry means is a sentence: a column of a table would break it into single words.
    entries: list[dict[str, Any]] = checked.ledger.to_dict("records")  # type: ignore[assignment]
    for entry in entries:
        console.print(Text(plain(_heading(entry))), soft_wrap=True)
        if entry["code"] != "rows_used":
            console.print(Padding(Text(plain(entry["meaning"])), (0, 0, 0, INDENT)))
    if checked.not_checked:
        console.print(Text(plain(checked.not_checked[0].upper() + checked.not_checked[1:])), soft_wrap=True)


def _heading(entry: dict[str, Any]) -> str:
    """Say of an entry of the ledger what became of how many rows, which, and of which column."""
    whole = not entry["rows"] and entry["code"] != "rows_used"
    rows = "whole file" if whole else wording.counted(entry["rows"], "row")
    lines = f", {'lines' if ',' in entry['lines'] else 'line'} {entry['lines']}" if entry["lines"] else ""
    column = f" [{entry['column']}]" if entry["column"] else ""
    return f"{entry['outcome']}: {rows}{lines}{column} ({entry['code']})"


def check(file: Path, *, kind: Kind, beside: CheckedBeside, out: Path | None, as_json: bool) -> int:
    """Check a file, write and print what was found; returns the exit code."""
    checked = check_file(file, kind=kind, beside=beside)
    if out is not None:
        try:
            write_tables(checked, out)
        except FireplanError as error:
            checked = Checked("ERROR", [*checked.messages, str(error)])
    if as_json:
        Console(soft_wrap=True, highlight=False, markup=False).print(checked.as_json())
    else:
        show_checked(checked, title=file.name)
    return REFUSED if checked.verdict == "ERROR" else 0
