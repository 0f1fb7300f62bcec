"""Connections to PostgreSQL that do not wait for ever: a server that stands still sends neither answer nor error."""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from sqlalchemy.engine import Connection

PATIENCE_S = 8.0
"""How long an answer is waited for, longer than the server itself may take. [s]"""

LOOKED_S = 0.1
"""How often it is looked whether the patience is over. [s]"""

NOTICED = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 8000,
}
"""What has the operating system notice a peer that vanished. [s, ms]"""


def patient_connection(_dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> Any:  # noqa: ANN401 - the driver's own
    """Connect as SQLAlchemy would, by a connection that gives up; for the event `do_connect`."""
    return _connection_class().connect(*arguments, **options)


@contextmanager
def waiting_for(connection: Connection, seconds: float) -> Iterator[None]:
    """Let one transaction's questions take longer; where the database is a file nothing changes."""
    if connection.dialect.name != "postgresql":
        yield
        return
    driver: Any = connection.connection.dbapi_connection
    driver.patience_s = seconds
    try:
        connection.exec_driver_sql(f"SET LOCAL statement_timeout TO '{seconds:.0f}s'")
        yield
    finally:
        driver.patience_s = PATIENCE_S


@cache
def _connection_class() -> Any:  # noqa: ANN401 - made when the driver is there
    import psycopg  # noqa: PLC0415 - an extra

    class Patient(psycopg.Connection[Any]):
        """A connection that is given up when no answer comes in time."""

        patience_s = PATIENCE_S

        def wait(self, gen: Any, *more: Any, **named: Any) -> Any:  # noqa: ANN401 - as the driver's
            """Let the driver wait, but not for ever."""
            del more
            return super().wait(self._bounded(gen), **{**named, "interval": LOOKED_S})

        def _bounded(self, steps: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
            ends_s = time.monotonic() + self.patience_s
            try:
                wanted = next(steps)
                while True:
                    ready = yield wanted
                    if time.monotonic() > ends_s:
                        self.pgconn.finish()
                        raise psycopg.OperationalError("no answer came in time")
                    wanted = steps.send(ready)
            except StopIteration as over:
                return over.value

    return Patient
