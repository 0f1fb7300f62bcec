"""Changes read from project files."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fireplan._checked import takes
from fireplan.changes._demand import ScaleDemand
from fireplan.changes._drawings import ways_drawn
from fireplan.changes._new_roads import BuildRoad
from fireplan.changes._restrictions import BanTurn, SetRestriction
from fireplan.changes._roads import CloseRoad, OpenRoad, ScaleSpeeds
from fireplan.changes._staffing import SetSchedule, SetTurnout, ShareCrew
from fireplan.changes._stations import (
    AddUnit,
    CloseStation,
    MoveStation,
    MoveUnit,
    OpenStation,
    RemoveUnit,
)
from fireplan.errors import InputError, UnknownIdError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ALL = (
    OpenStation, CloseStation, MoveStation, AddUnit, RemoveUnit, MoveUnit, CloseRoad, OpenRoad, BuildRoad,
    ScaleSpeeds, SetRestriction, BanTurn, SetTurnout, SetSchedule, ShareCrew, ScaleDemand,
)  # fmt: skip
"""Every change there is."""


@takes
def from_dict(entry: Mapping[str, Any]) -> Any:  # noqa: ANN401 - one of the changes below
    """
    Read a change from plain values.

    Parameters
    ----------
    entry
        Such as `{"open_station": "S8", "at": [-117.26, 33.11]}`.

    Raises
    ------
    UnknownIdError
        If no key names a change.
    InputError
        If a detail is unknown, missing or of the wrong kind.
    """
    verbs = {c.verb: c for c in ALL}
    named = [k for k in entry if k in verbs]
    if len(named) > 1:
        raise InputError(f"an entry makes one change, this one has {listed(named)}: write an entry for each")
    if not named:
        details = {f.name for c in ALL for f in fields(c)}
        raise UnknownIdError("change", next((k for k in entry if k not in details), ""), verbs)
    kind = verbs[named[0]]
    first, *rest = (f for f in fields(kind) if f.init)
    what = f"{kind.verb} {quoted(entry[kind.verb])}"
    for key in entry:
        if key != kind.verb and key not in {f.name for f in rest}:
            raise UnknownIdError(f"detail of {kind.verb}", key, [f.name for f in rest])
    missing = [f.name for f in rest if f.default is MISSING and f.name not in entry]
    if missing:
        raise InputError(f"{what}: {listed(missing)} is missing")
    return kind(**{first.name: entry[kind.verb], **{k: v for k, v in entry.items() if k != kind.verb}})


@takes
def from_dicts(entries: Iterable[Mapping[str, Any]], *, folder: str | Path = ".") -> tuple[Any, ...]:
    """
    Read changes from plain values, as they stand in plan.toml.

    Parameters
    ----------
    entries
        As `from_dict` takes them; or `{"drawing": "new_road.osm"}`: a road to be built for each new way that was drawn
        in JOSM.
    folder
        Where files that are named there lie: drawings, and those of `area`, `across` and `build_road`.

    Raises
    ------
    UnknownIdError, InputError
        As `from_dict`.
    """
    found: list[Any] = []
    for entry in entries:
        if "drawing" in entry:
            others = sorted(set(entry) - {"drawing"})
            if others:
                raise InputError(f"drawing {quoted(entry['drawing'])}: {listed(others)} stand in the drawing, as tags")
            if not isinstance(entry["drawing"], str | Path):
                raise InputError(f"drawing is {quoted(entry['drawing'])}: give the name of a file that JOSM saved")
            found += [BuildRoad(**way) for way in ways_drawn(_in_folder("drawing", entry["drawing"], folder))]
            continue
        placed = {k: _in_folder(k, v, folder) if k in FILES else v for k, v in entry.items()}
        found.append(from_dict(placed))
    return tuple(found)


FILES = {"area", "across", "build_road"}
"""Details that may name a file."""


def _in_folder(key: str, value: Any, folder: str | Path) -> Any:  # noqa: ANN401 - whatever stands there
    """Put a file name behind its folder; what names none stays as it is."""
    if not isinstance(value, str | Path) or "(" in str(value) or not Path(value).suffix:
        return value
    file = Path(folder) / value
    if "\0" in str(value) or not file.exists():
        raise InputError(f"{key} {quoted(value)} does not exist: check its name; it is sought beside the plan")
    return str(file)
