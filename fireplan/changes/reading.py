"""Changes read from project files."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from fireplan.changes.demand import ScaleDemand
from fireplan.changes.roads import CloseRoad, OpenRoad, ScaleSpeeds
from fireplan.changes.stations import (
    AddUnit,
    CloseStation,
    MoveStation,
    MoveUnit,
    OpenStation,
    RemoveUnit,
    SetTurnout,
)
from fireplan.errors import InputError, UnknownIdError, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL = (
    OpenStation, CloseStation, MoveStation, AddUnit, RemoveUnit, MoveUnit, CloseRoad, OpenRoad, ScaleSpeeds,
    SetTurnout, ScaleDemand,
)  # fmt: skip
"""Every change there is."""


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
    if len(named) != 1:
        raise UnknownIdError("change", next(iter(entry), ""), verbs)
    kind = verbs[named[0]]
    first, *rest = fields(kind)
    details = {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items() if k != kind.verb}
    for key in details:
        if key not in {f.name for f in rest}:
            raise UnknownIdError(f"detail of {kind.verb}", key, [f.name for f in rest])
    try:
        return kind(**{first.name: entry[kind.verb], **details})
    except TypeError as error:
        raise InputError(f"{kind.verb} {quoted(entry[kind.verb])}: {error}") from error
