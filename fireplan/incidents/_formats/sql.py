"""The rows of an SQL query as a table of text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from fireplan.errors import InputError, quoted
from fireplan.incidents._formats.cell_text import cell_text, is_whole_float
from fireplan.incidents._formats.decode import MAX_ROWS
from fireplan.incidents._formats.text_table import Records, Shape, as_text, check_header, refuse_empty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection, Engine

FETCHED_AT_ONCE = 10_000
_LITERAL = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/", re.DOTALL)
_WRITES = re.compile(
    r"\b(?:insert|update|delete|merge|drop|alter|create|truncate|grant|revoke|call|exec|execute|attach|detach|pragma"
    r"|vacuum|copy|into|lock)\b",
    re.IGNORECASE,
)


def read_query(query: str, connection: Engine | Connection | str, shape: Shape, *, table: str) -> Records:
    """
    Read the rows of a query; whatever it did is rolled back.

    Row n stands on line n + 1, as if the names were on line 1.

    Parameters
    ----------
    query
        One SELECT.
    connection
        A SQLAlchemy engine or connection, or a database URL.
    shape
        The names to look for.
    table
        What to call the query in errors.

    Raises
    ------
    InputError
        If SQLAlchemy is not installed, the query is no SELECT, or the database refuses it.
    TableError
        If no column is wanted, or there are no rows.
    """
    statement = _only_select(query)
    try:
        import sqlalchemy as sa  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise InputError("reading from a database needs SQLAlchemy: pip install 'fireplan[sql]'") from error
    try:
        if isinstance(connection, sa.Connection):
            return _gathered(connection, statement, shape, table=table)
        engine = connection if isinstance(connection, sa.Engine) else sa.create_engine(connection)
        try:
            with engine.connect() as fresh:
                records = _gathered(fresh, statement, shape, table=table)
                fresh.rollback()
                return records
        finally:
            if engine is not connection:
                engine.dispose()
    except (sa.exc.SQLAlchemyError, ImportError, TypeError) as error:
        raise InputError(_said(error, sa)) from error


def _only_select(query: str) -> str:
    """Check that a query is one SELECT, by what stands outside of its literals and comments."""
    bare = _LITERAL.sub(" ", query).strip().rstrip(";").strip()
    word = bare.split(None, 1)[0].casefold() if bare else ""
    if word not in {"select", "with"}:
        raise InputError("the query is no SELECT: only a query that reads is run")
    if ";" in bare:
        raise InputError("the query holds more than one statement: give one SELECT")
    found = _WRITES.search(bare)
    if found:
        raise InputError(f"the query holds {quoted(found[0].upper())}, which writes: only a query that reads is run")
    return query.strip().rstrip(";")


def _gathered(connection: Connection, statement: str, shape: Shape, *, table: str) -> Records:
    nested = connection.begin_nested() if connection.in_transaction() else None
    try:
        # the statement goes to the driver as it is: colons in it are no parameters
        result = connection.execution_options(stream_results=True).exec_driver_sql(statement)
        header = [str(name).strip() for name in list(result.keys())]
        check_header(shape.matches(header), 1, shape, table=table)
        places = shape.places(header)
        texts: dict[int, list[str]] = {place: [] for place in places}
        whole: dict[int, list[bool]] = {place: [] for place in places}
        lines: list[int] = []
        for line, row in enumerate(_fetched(result), start=2):
            if line > MAX_ROWS:
                raise InputError(f"the query gives more than {MAX_ROWS:,} rows: ask for one year at a time")
            if all(value is None or not str(value).strip() for value in row):
                continue
            lines.append(line)
            for place in places:
                texts[place].append(cell_text(row[place]))
                whole[place].append(is_whole_float(row[place]))
    finally:
        if nested is not None:
            nested.rollback()
    refuse_empty(len(lines), table=table)
    numeric = {place: np.array(flags, dtype=bool) for place, flags in whole.items() if any(flags)}
    columns = {place: as_text(values) for place, values in texts.items()}
    return Records(header, columns, np.array(lines, dtype=np.int64), len(lines), numeric)


def _fetched(result: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - a SQLAlchemy result of any columns
    while rows := result.fetchmany(FETCHED_AT_ONCE):
        yield from rows


def _said(error: Exception, sa: Any) -> str:  # noqa: ANN401 - the module
    """Tell a database's complaint, without what it may hold of data or of the connection."""
    if isinstance(error, sa.exc.ArgumentError | TypeError):
        return "the connection is no SQLAlchemy engine, connection or database URL"
    if isinstance(error, ImportError | sa.exc.NoSuchModuleError):
        return "the database's own driver is not installed: install the package that the URL names"
    schema = isinstance(error, sa.exc.OperationalError | sa.exc.ProgrammingError)
    said = f": {quoted(getattr(error, 'orig', ''), limit=160)}" if schema else ""
    return f"the database refused the query ({type(error).__name__}){said}"
