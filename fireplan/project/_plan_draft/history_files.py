"""Several files of dispatch history: of one layout, or one of incidents and one of units."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fireplan.errors import ProjectError, listed, quoted
from fireplan.incidents import draft_mapping

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fireplan.incidents import MappingDraft

ALIKE = 0.5
"""Share of the columns of two files that both have, from which on they are of one layout."""


class HistoryFiles(NamedTuple):
    """Files of one layout, and the file with one row per unit that belongs to them, if there is one."""

    files: tuple[Path, ...]
    responses: Path | None


def parted(files: Sequence[Path], *, timezone: str | None) -> HistoryFiles:
    """
    Tell whether files are of one layout, or which of them holds the units.

    Raises
    ------
    ProjectError
        If they are of several layouts, and that is not because one has the units.
    """
    if len(files) == 1:
        return HistoryFiles(tuple(files), None)
    drafts = {file: draft_mapping(file, timezone=timezone) for file in files}
    first = files[0]
    like = [file for file in files if _alike(drafts[first], drafts[file])]
    other = [file for file in files if file not in like]
    if not other:
        return HistoryFiles(tuple(files), None)
    with_units = [group for group in (like, other) if all(_has_units(drafts[file]) for file in group)]
    if len(with_units) == 1 and len(with_units[0]) == 1:
        units = with_units[0][0]
        return HistoryFiles(tuple(file for file in files if file != units), units)
    names = listed([quoted(file.name) for file in files])
    raise ProjectError(
        f"{names} are of different layouts, and it cannot be told which holds the incidents and which the units: name"
        " those of one layout, or write inputs.cad and inputs.cad_responses in plan.toml"
    )


def _columns(draft: MappingDraft) -> set[str]:
    used = {part for column in draft.fields["column"] for part in str(column).split(" + ")}
    return {name.casefold() for name in used | set(draft.unused)}


def _alike(one: MappingDraft, other: MappingDraft) -> bool:
    mine, theirs = _columns(one), _columns(other)
    return len(mine & theirs) >= ALIKE * len(mine | theirs)


def _has_units(draft: MappingDraft) -> bool:
    return "unit_id" in draft.fields.index[draft.fields["certainty"] != "question"]
