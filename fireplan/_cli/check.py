"""Checks one input file and tells what reading it would do: its verdict, its ledger, and the rows set aside."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from fireplan import wording
from fireplan._cli.kinds import Kind
from fireplan._cli.terminal import plain
from fireplan._geofiles import is_layer
from fireplan.errors import FireplanError, InputError, TableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REFUSED = 1  # exit code
INDENT = 2


@dataclass(frozen=True)
class Checked:
    """What a check found: `verdict` is ACCEPT, REPAIR, QUARANTINE or ERROR; counts are None where rows do not apply."""

    verdict: str
    messages: list[str]
    rows_in: int | None = None
    rows_ok: int | None = None
    rows_quarantined: int | None = None
    ledger: pd.DataFrame = field(default_factory=pd.DataFrame)
    quarantine: pd.DataFrame = field(default_factory=pd.DataFrame)

    def as_json(self) -> str:
        """Give everything but the tables as JSON."""
        found = {
            "verdict": self.verdict,
            "rows_in": self.rows_in,
            "rows_ok": self.rows_ok,
            "rows_quarantined": self.rows_quarantined,
            "messages": self.messages,
        }
        return json.dumps(found, indent=2)


class Export(NamedTuple):
    """What is said of a dispatch export beside the file."""

    timezone: str | None = None
    mapping: str | None = None
    stamp_timezone: str | None = None
    responses: Path | None = None


PLAIN = Export()


def check_file(file: Path, *, kind: Kind, export: Export = PLAIN) -> Checked:
    """
    Check one file.

    Parameters
    ----------
    file
        A local file.
    kind
        What it should be.
    export
        Of a dispatch export the IANA zone of the agency, which is needed; the name of a bundled mapping of its columns,
        or the path of a TOML file; the zone of its stamps, where that is another; a second file with one row per unit.

    Returns
    -------
    The verdict, in words and counts; never an exception for what a file holds.
    """
    try:
        if kind is Kind.cad:
            return _check_cad(file, export)
        return _CHECKS[kind](file)
    except TableError as error:
        return Checked("ERROR", [str(error), *_how_to_map(file, kind, export)])
    except FireplanError as error:
        return Checked("ERROR", [str(error)])
    except (OSError, RecursionError, MemoryError) as error:
        return Checked("ERROR", [f"the file cannot be read ({type(error).__name__}): check it and its permissions"])
    except Exception as error:  # noqa: BLE001 - whoever checks a file is not to be shown a traceback
        return Checked("ERROR", [f"fireplan failed on this file ({type(error).__name__}): please report it"])


def _check_cad(file: Path, export: Export) -> Checked:
    from fireplan.incidents import read_cad  # noqa: PLC0415 - help does not wait for it

    if export.timezone is None:
        raise InputError("a dispatch export needs --timezone, such as America/Los_Angeles")
    history = read_cad(
        file,
        timezone=export.timezone,
        mapping=export.mapping,
        stamp_timezone=export.stamp_timezone,
        responses=export.responses,
    )
    aside = history.quarantine
    files = aside["file"] if "file" in aside else [""] * len(aside)
    told = [
        f"{of}{' ' if of else ''}line {line}: {reason}"
        for of, line, reason in zip(files, aside["line"], aside["reason"], strict=True)
    ]
    return Checked(
        history.verdict,
        [*history.messages(), *told],
        history.rows_in,
        history.rows_ok,
        history.rows_set_aside,
        history.ledger,
        history.quarantine,
    )


def _how_to_map(file: Path, kind: Kind, export: Export) -> list[str]:
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


def _check_stations(file: Path) -> Checked:
    from fireplan.stations import read_stations  # noqa: PLC0415 - help does not wait for it

    stations, _ = read_stations(file)
    notes = [str(note) for note in stations.attrs.get("notes", ())]
    return Checked("REPAIR" if notes else "ACCEPT", notes, len(stations), len(stations), 0)


def _check_network(file: Path) -> Checked:
    from fireplan import roads  # noqa: PLC0415 - help does not wait for it

    graphml = file.name.lower().endswith((".graphml", ".graphml.gz"))
    read: Callable[[Path], roads.RoadNetwork] = roads.from_lines if is_layer(file) else roads.from_osm
    network = roads.from_graphml(file) if graphml else read(file)
    repairs = [str(note) for note in network.repairs]
    return Checked("REPAIR" if repairs else "ACCEPT", repairs)


def _check_scenario(file: Path) -> Checked:
    from fireplan.project import read_plan  # noqa: PLC0415 - help does not wait for it

    warned = [str(note) for note in read_plan(file).warnings()]
    return Checked("REPAIR" if warned else "ACCEPT", warned)


def _check_feed(file: Path) -> Checked:
    from fireplan.operations._events.feed_check import check_feed_file  # noqa: PLC0415 - help does not wait for it

    found = check_feed_file(file)
    reasons = [r._asdict() for r in found.refusals]
    quarantine = pd.DataFrame(reasons, columns=["line", "event_id", "code", "reason"])
    return Checked(
        found.verdict,
        found.messages(),
        found.rows_in,
        found.rows_ok,
        found.rows_quarantined,
        quarantine=quarantine,
    )


_CHECKS: dict[Kind, Callable[[Path], Checked]] = {
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
        counts = (
            f": {wording.counted(checked.rows_in, 'row')}, {wording.count(checked.rows_ok)} used,"
            f" {wording.count(checked.rows_quarantined)} set aside"
        )
    console.print(Text(plain(f"{checked.verdict} {title}{counts}"), style="bold"), soft_wrap=True)
    if not len(checked.ledger):
        for message in checked.messages:
            console.print(Text(plain(f"- {message}")), soft_wrap=True)
        return
    # What an entry means is a sentence: a column of a table would break it into single words.
    entries: list[dict[str, Any]] = checked.ledger.to_dict("records")  # type: ignore[assignment]
    for entry in entries:
        console.print(Text(plain(_heading(entry))), soft_wrap=True)
        if entry["code"] != "rows_used":
            console.print(Padding(Text(plain(entry["meaning"])), (0, 0, 0, INDENT)))


def _heading(entry: dict[str, Any]) -> str:
    """Say of an entry of the ledger what became of how many rows, which, and of which column."""
    whole = not entry["rows"] and entry["code"] != "rows_used"
    rows = "whole file" if whole else wording.counted(entry["rows"], "row")
    lines = f", {'lines' if ',' in entry['lines'] else 'line'} {entry['lines']}" if entry["lines"] else ""
    column = f" [{entry['column']}]" if entry["column"] else ""
    return f"{entry['outcome']}: {rows}{lines}{column} ({entry['code']})"


def check(file: Path, *, kind: Kind, export: Export, out: Path | None, as_json: bool) -> int:
    """Check a file, write and print what was found; returns the exit code."""
    checked = check_file(file, kind=kind, export=export)
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
