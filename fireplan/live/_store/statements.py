"""The store's questions and additions as statements, written once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from fireplan.live._store import tables
from fireplan.operations._events.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fireplan.operations._events.event import Event

ADDED = (*tables.FIELDS, "digest")

SIGN = "sign of life "
"""How the names begin under which services say that they could write."""


class Dialect(NamedTuple):
    """
    What is said differently to SQLite and to PostgreSQL.

    Attributes
    ----------
    known
        Ids and digests of those of the `ids` that are stored.
    add
        Adds events, given as by `values`.
    set_position
        Remembers the `position` of a `source`.
    whole
        Whether `add` takes a batch as one array for each column: PostgreSQL is several times quicker so.
    """

    known: sa.Select[str, str]
    add: sa.Insert
    set_position: sa.Insert
    whole: bool

    def values(self, chosen: Sequence[tuple[Event, str]]) -> list[dict[str, Any]] | dict[str, list[Any]]:
        """Give events and their digests as `add` takes them."""
        rows = ((*tables.said(event), digest) for event, digest in chosen)
        if self.whole:
            return {name: list(column) for name, column in zip(ADDED, zip(*rows, strict=True), strict=True)}
        return [dict(zip(ADDED, row, strict=True)) for row in rows]


def dialect_of(name: str) -> Dialect:
    """Choose by the name that SQLAlchemy has for a database."""
    whole = name == "postgresql"
    upsert = (postgresql if whole else sqlite).insert(tables.positions)
    at = tables.events.c
    ids = (
        at.event_id == sa.any_(_array(at.event_id, "ids"))
        if whole
        else at.event_id.in_(sa.bindparam("ids", expanding=True))
    )
    return Dialect(
        known=sa.select(at.event_id, at.digest).where(ids),
        add=_add_arrays() if whole else tables.events.insert(),
        set_position=upsert.on_conflict_do_update(
            index_elements=["source"], set_={"position": upsert.excluded.position}
        ),
        whole=whole,
    )


def _array(column: sa.Column[Any], name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=postgresql.ARRAY(column.type))


def _add_arrays() -> sa.Insert:
    """Write the addition of a batch whose columns are arrays. Rows are numbered as they stand in them."""
    arrays = [_array(tables.events.c[name], name) for name in ADDED]
    batch = (
        sa.func.unnest(*arrays).table_valued(*ADDED, with_ordinality="place_in_batch", name="batch").render_derived()
    )
    return tables.events.insert().from_select(
        ADDED, sa.select(*(batch.c[name] for name in ADDED)).order_by(batch.c.place_in_batch)
    )


def _last_of_units() -> sa.Select[*tuple[Any, ...]]:
    """
    Write the query of `last_of_units`.

    It steps from unit to unit and looks up the last instant of each, so it reads as many rows as there are units; a
    GROUP BY would read all events.
    """
    at = tables.events.c
    chain = sa.select(sa.func.min(at.unit_id).label("unit_id")).where(tables.says_status).cte("chain", recursive=True)
    following = (
        sa.select(sa.func.min(at.unit_id)).where(tables.says_status, at.unit_id > chain.c.unit_id).scalar_subquery()
    )
    units = chain.union_all(sa.select(following).where(chain.c.unit_id.is_not(None)))
    latest = (
        sa.select(sa.func.max(at.ts_us))
        .where(tables.says_status, at.unit_id == units.c.unit_id, at.ts_us < sa.bindparam("before"))
        .scalar_subquery()
    )
    ends = sa.select(units.c.unit_id, latest.label("ts_us")).where(units.c.unit_id.is_not(None)).cte("ends")
    return sa.select(*(at[name] for name in tables.FIELDS)).where(
        tables.says_status, at.unit_id == ends.c.unit_id, at.ts_us == ends.c.ts_us
    )


ADD_REFUSALS = tables.refusals.insert()
LAST_OF_UNITS = _last_of_units()
KNOWN_OF = sa.select(*(tables.events.c[name] for name in tables.FIELDS)).where(
    tables.events.c.event_id.in_(sa.bindparam("ids", expanding=True))
)
NEWEST_STAMPS = sa.select(tables.events.c.ts_us).order_by(tables.events.c.row.desc()).limit(sa.bindparam("most"))
RECEIPTS = (
    sa.select(tables.events.c.received_us)
    .where(tables.events.c.ts_us >= sa.bindparam("since"))
    .order_by(tables.events.c.row.desc())
    .limit(sa.bindparam("most"))
)
POSITION = sa.select(tables.positions.c.position).where(tables.positions.c.source == sa.bindparam("source"))
REFUSALS = (
    sa.select(*(tables.refusals.c[name] for name in Refusal._fields))
    .order_by(tables.refusals.c.row.desc())
    .limit(sa.bindparam("most"))
)
COUNTS = sa.select(
    sa.select(sa.func.count()).select_from(tables.events).scalar_subquery().label("events"),
    sa.select(sa.func.count()).select_from(tables.refusals).scalar_subquery().label("refused"),
    sa.select(sa.func.count(tables.events.c.incident_id.distinct())).scalar_subquery().label("incidents"),
    sa.select(sa.func.count(tables.events.c.unit_id.distinct())).scalar_subquery().label("units"),
)
SPAN = sa.select(
    sa.select(sa.func.min(tables.events.c.ts_us)).scalar_subquery(),
    sa.select(sa.func.max(tables.events.c.ts_us)).scalar_subquery(),
)
_OLDEST = (
    sa.select(tables.events.c.row)
    .where(tables.events.c.ts_us < sa.bindparam("before"))
    .order_by(tables.events.c.ts_us, tables.events.c.row)
    .limit(sa.bindparam("most"))
)
FORGET_EVENTS = tables.events.delete().where(tables.events.c.row.in_(_OLDEST))
FORGET_SIGNS = tables.positions.delete().where(
    tables.positions.c.source.like(f"{SIGN}%"), tables.positions.c.position < sa.bindparam("before")
)
FORGET_REFUSALS = tables.refusals.delete().where(tables.refusals.c.received_us < sa.bindparam("before"))
