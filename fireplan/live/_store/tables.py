"""Tables of the store, the same in SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING

import sqlalchemy as sa

from fireplan.operations._events.event import UNIT_TYPES, Event
from fireplan.operations._events.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA_VERSION = 1
PROGRAM = "fireplan"
ABOUT = {"program": PROGRAM, "schema": str(SCHEMA_VERSION)}

FIELDS = tuple(field.name for field in fields(Event))
said = attrgetter(*FIELDS)
STATUS_TYPES = tuple(name for name in UNIT_TYPES if name != "unit.position")
"""Types that say what a unit does; a position does not."""

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
metadata = sa.MetaData()


def _row() -> sa.Column[int]:
    return sa.Column("row", _number, sa.Identity(), primary_key=True, quote=True)


events = sa.Table(
    "events",
    metadata,
    _row(),
    sa.Column("event_id", sa.Text, nullable=False, unique=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("ts_us", sa.BigInteger, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("incident_id", sa.Text),
    sa.Column("unit_id", sa.Text),
    sa.Column("latitude", sa.Double),
    sa.Column("longitude", sa.Double),
    sa.Column("call_type", sa.Text),
    sa.Column("priority", sa.Text),
    sa.Column("address", sa.Text),
    sa.Column("station_id", sa.Text),
    sa.Column("seq", sa.BigInteger),
    sa.Column("received_us", sa.BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
"""Every event once, in the order of arrival. Rows are added, never changed."""

refusals = sa.Table(
    "refusals",
    metadata,
    _row(),
    sa.Column("received_us", sa.BigInteger, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("line", sa.BigInteger),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("event_id", sa.Text),
    sa.Column("text", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)
positions = sa.Table(
    "positions",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("position", sa.Text, nullable=False),
)
about = sa.Table(
    "about",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

# Written out, not bound: only so does a database see that the index of these rows can answer.
says_status = sa.text("type IN (" + ", ".join(f"'{name}'" for name in STATUS_TYPES) + ")")

sa.Index("ix_events_ts", events.c.ts_us, events.c.row)
sa.Index("ix_events_incident", events.c.incident_id, events.c.ts_us, events.c.row)
sa.Index(
    "ix_events_unit", events.c.unit_id, events.c.ts_us, sqlite_where=says_status, postgresql_where=says_status
)  # fmt: skip
sa.Index("ix_refusals_received", refusals.c.received_us)


def refusals_as_rows(chosen: Iterable[Refusal]) -> list[dict[str, object]]:
    """Give refusals as rows of `refusals`; their texts came from outside, and not all text can stand in a database."""
    return [
        {name: storable(value) if isinstance(value, str) else value for name, value in zip(names, refusal, strict=True)}
        for names, refusal in ((Refusal._fields, refusal) for refusal in chosen)
    ]


def storable(text: str) -> str:
    """Leave out zero characters, and turn half surrogate pairs to question marks."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
