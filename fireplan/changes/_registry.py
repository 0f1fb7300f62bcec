"""Changes read from project files."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

from fireplan._checked import takes
from fireplan.changes._demand import ScaleDemand
from fireplan.changes._roads import CloseRoad, OpenRoad, ScaleSpeeds
from fireplan.changes._stations import (
    AddUnit,
    CloseStation,
    MoveStation,
    MoveUnit,
    OpenStation,
    RemoveUnit,
    SetTurnout,
)
from fireplan.errors import InputError, UnknownIdError, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL = (
    OpenStation, CloseStation, MoveStation, AddUnit, RemoveUnit, MoveUnit, CloseRoad, OpenRoad, ScaleSpeeds,
    SetTurnout, ScaleDemand,
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
    first, *rest = fields(kind)
    what = f"{kind.verb} {quoted(entry[kind.verb])}"
    for key in entry:
        if key != kind.verb and key not in {f.name for f in rest}:
            raise UnknownIdError(f"detail of {kind.verb}", key, [f.name for f in rest])
    missing = [f.name for f in rest if f.default is MISSING and f.name not in entry]
    if missing:
        raise InputError(f"{what}: {listed(missing)} is missing")
    return kind(**{first.name: entry[kind.verb], **{k: v for k, v in entry.items() if k != kind.verb}})
