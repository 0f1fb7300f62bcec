"""Shows what each column of a dispatch export seems to hold, and writes the draft of its mapping."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fireplan import wording
from fireplan._cli.terminal import plain
from fireplan._whole_file import write_whole
from fireplan.errors import FireplanError, InputError
from fireplan.incidents import draft_mapping, read_cad

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from fireplan.incidents import CadHistory, MappingDraft

NOT_ENOUGH = 1  # exit code
MOST_UNUSED = 12
MOST_ARE_READ = 0.95


def map_file(file: Path, *, timezone: str | None, out: Path | None, as_json: bool) -> int:
    """Draft the mapping of a file, show it, write it if asked to, and try it; gives the exit code."""
    draft = draft_mapping(file, timezone=timezone)
    if out is not None:
        _write(draft, out)
    if as_json:
        Console(soft_wrap=True, highlight=False, markup=False).print(_as_json(draft))
    else:
        show_draft(draft)
        _show_next(draft, file, timezone=timezone, out=out)
    return 0 if draft.mapping is not None else NOT_ENOUGH


def _write(draft: MappingDraft, out: Path) -> None:
    if out.exists():
        raise InputError(f"{out.name} is there already and may have been edited: give another --out, or delete it")
    write_whole(out, draft.to_toml().encode())


def _as_json(draft: MappingDraft) -> str:
    fields: list[dict[str, Any]] = draft.fields.drop(columns="example").reset_index().to_dict("records")  # type: ignore[assignment]
    found = {
        "file": draft.file,
        "rows": draft.rows,
        "bundled": draft.bundled,
        "fields": fields,
        "absent": draft.absent,
        "questions": draft.questions,
        "unused": draft.unused,
        "mapping": None if draft.mapping is None else draft.to_toml(),
    }
    return json.dumps(found, indent=2)


def show_draft(draft: MappingDraft) -> None:
    """Print what was understood as a table, then what is asked."""
    console = Console(highlight=False)
    title = f"{draft.file}: {wording.counted(draft.rows, 'row')}"
    table = Table(title=Text(plain(title)), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("what", "column"):
        table.add_column(name, overflow="fold", min_width=11)
    table.add_column("filled", justify="right")
    table.add_column("example", overflow="ellipsis", no_wrap=True, max_width=22)
    for field, row in draft.fields.iterrows():
        cells = (field, row["column"], wording.share(row["filled"]), row["example"])
        table.add_row(*(Text(plain(cell)) for cell in cells))
    console.print(table)
    # Sentences, so not in a column of the table, which has no room for them beside long names.
    for field, row in draft.fields.iterrows():
        if said := _to_look_at(row):
            mark = "LOOK AT" if row["certainty"] == "sure" else str(row["certainty"]).upper()
            console.print(Text(plain(f"{mark} {field}: {row['column']}; {said}")), soft_wrap=True)
    if draft.mapping is not None and draft.mapping.responses:
        n = len(draft.mapping.responses)
        console.print(Text(f"Units stand side by side, {n} in a row: each gets a row; the first is shown."))
    if draft.absent:
        console.print(Text(plain(f"Not in the file: {', '.join(draft.absent)}.")), soft_wrap=True)
    if draft.unused:
        more = f" and {len(draft.unused) - MOST_UNUSED} more" if len(draft.unused) > MOST_UNUSED else ""
        names = ", ".join(draft.unused[:MOST_UNUSED])
        console.print(Text(plain(f"Not used: {names}{more}.")), soft_wrap=True)
    for question in draft.questions:
        console.print(Text(plain(f"? {question}")), soft_wrap=True, style="bold")


def _to_look_at(row: pd.Series[Any]) -> str:
    """Say how sure a field is not, what speaks for it, and what else it could be."""
    said = [] if row["certainty"] == "sure" else [str(row["why"])]
    if row["evidence"] < MOST_ARE_READ:
        said.append(f"{wording.share(row['evidence'])} of its values look like one")
    if said and row["others"]:
        said.append(f"or {', '.join(row['others'])}")
    return "; ".join(said)


def _show_next(draft: MappingDraft, file: Path, *, timezone: str | None, out: Path | None) -> None:
    """Say what to do next; with a time zone, what reading by the draft gives."""
    console = Console(highlight=False, soft_wrap=True)
    mapping: str | Path | MappingDraft = out if out is not None else draft.bundled or draft
    if draft.bundled:
        console.print(Text(f"The mapping {draft.bundled!r}, which comes with fireplan, fits this file."))
    if out is not None:
        console.print(Text(plain(f"Written to {out}: answer what is asked there.")))
    elif not draft.bundled:
        console.print(Text("--out mapping.toml writes it as a mapping file, to be edited and given to --mapping."))
    if timezone is None:
        console.print(Text("--timezone America/Denver (or yours) tries it: rows used, set aside and why."))
    elif draft.mapping is not None:
        console.print(Text(plain(_tried(file, timezone=timezone, mapping=mapping))))


def _tried(file: Path, *, timezone: str, mapping: str | Path | MappingDraft) -> str:
    try:
        history: CadHistory = read_cad(file, timezone=timezone, mapping=mapping)
    except FireplanError as error:
        return f"Read by it: {error}"
    return (
        f"Read by it: {history.verdict}, {wording.counted(history.rows_in, 'row')}, {wording.count(history.rows_ok)}"
        f" used, {wording.count(history.rows_set_aside)} set aside, {wording.count(history.rows_duplicate)} twice;"
        f" {wording.counted(len(history.incidents), 'incident')}"
    )
