"""Tables of an SQL database, PostGIS among them, read whole and with nothing written."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fireplan.errors import InputError, listed, quoted

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 5_000_000
_HEX = re.compile(r"(?:00|01)[0-9A-Fa-f]{8,}")
_TABLE = re.compile(r"[^\s#;\"'`\\]+")


def read_database_table(url: str, table: str | None, *, what: str) -> pd.DataFrame:
    """
    Read one table or view of a database.

    Parameters
    ----------
    url
        Such as "postgresql://reader@host/city". Nothing of it but the host and the database stands in a message.
    table
        Such as "gis.stations".
    what
        What it is, for messages.

    Returns
    -------
    The rows; a GeoDataFrame if a column holds PostGIS geometry, in the CRS of its SRID.

    Raises
    ------
    InputError
        If SQLAlchemy or the driver is not installed, no table is named, or the database refuses.
    """
    try:
        import sqlalchemy as sa  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise InputError(
            f"{what}: reading from a database needs SQLAlchemy: pip install 'fireplan[postgis]', or 'fireplan[sql]'"
        ) from error
    if table is None or not _TABLE.fullmatch(table):
        raise InputError(f"{what}: name the table after '#', as in postgresql://host/city#gis.stations")
    try:
        engine = sa.create_engine(_with_driver(url, sa))
    except (sa.exc.SQLAlchemyError, ImportError, ValueError) as error:
        raise InputError(f"{what}: {_said(error)}") from None  # the cause would show the URL, password and all
    schema, _, name = table.rpartition(".")
    where = _where(engine)
    try:
        with engine.connect() as connection:
            columns, rows = _rows(connection, schema, name, sa)
            connection.rollback()
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        raise InputError(f"{what}: table {quoted(table)} of {where} cannot be read: {_said(error)}") from None
    finally:
        engine.dispose()
    return _with_places(columns, rows, what=what)


def _with_driver(url: str, sa: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's own URL
    """PostgreSQL is spoken to by psycopg, unless the URL names another driver."""
    made = sa.engine.make_url(url)
    return made.set(drivername="postgresql+psycopg") if made.drivername in {"postgresql", "postgres"} else made


def _where(engine: Any) -> str:  # noqa: ANN401 - an Engine
    parts = [engine.url.host, engine.url.database]
    return quoted("/".join(str(p) for p in parts if p) or engine.url.drivername)


def _rows(connection: Any, schema: str, name: str, sa: Any) -> tuple[list[str], list[tuple[Any, ...]]]:  # noqa: ANN401
    """Every row of a table; its name is quoted by SQLAlchemy, so that it can be nothing but a name."""
    selected = sa.select(sa.text("*")).select_from(sa.table(name, schema=schema or None)).limit(MOST_ROWS + 1)
    result = connection.execute(selected)
    rows = [tuple(row) for row in result]
    if len(rows) > MOST_ROWS:
        raise InputError(
            f"table {quoted(name)} has more than {MOST_ROWS:,} rows: name a view of the part that is meant"
        )
    return [str(c) for c in result.keys()], rows  # noqa: SIM118 - the names of a result


def _with_places(columns: list[str], rows: list[tuple[Any, ...]], *, what: str) -> pd.DataFrame:
    """Turn a column of geometry, as PostGIS sends it, into places."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import
    import pandas as pd  # noqa: PLC0415
    import shapely  # noqa: PLC0415

    frame = pd.DataFrame(rows, columns=columns)
    places = [c for c in columns if _is_geometry([v for v in frame[c] if v is not None])]
    if len(places) > 1:
        raise InputError(f"{what}: geometry stands in {listed(map(quoted, places))}: name a view with one of them")
    if not places:
        return frame
    shapes = shapely.from_wkb(frame[places[0]].to_numpy(object), on_invalid="ignore")
    srids = {int(s) for s in shapely.get_srid(shapes[~shapely.is_missing(shapes)])}
    if len(srids) > 1:
        raise InputError(f"{what}: geometry is in several systems (SRID {listed(sorted(srids))}): transform it to one")
    srid = srids.pop() if srids else 0
    table = frame.drop(columns=places)
    placed: pd.DataFrame = gpd.GeoDataFrame(table, geometry=list(shapes), crs=f"EPSG:{srid}" if srid else None)
    return placed


def _is_geometry(values: list[Any]) -> bool:
    """Whether every value is geometry in hexadecimal, as a PostGIS column arrives."""
    import shapely  # noqa: PLC0415 - slow to import

    if not values or not all(isinstance(v, str) and _HEX.fullmatch(v) for v in values):
        return False
    return shapely.from_wkb(values[0], on_invalid="ignore") is not None


def _said(error: Exception) -> str:
    """Tell a complaint by its first line, and nothing of the connection."""
    if isinstance(error, ImportError) or type(error).__name__ == "NoSuchModuleError":
        return "the database's own driver is not installed: pip install 'fireplan[postgis]' brings that of PostgreSQL"
    if type(error).__name__ == "ArgumentError" or isinstance(error, ValueError):
        return "it is no database URL, such as postgresql://host/city#gis.stations"
    first = str(getattr(error, "orig", "") or "").strip().splitlines()
    told = first[0] if first else type(error).__name__
    return quoted("it could not be reached" if "password" in told.casefold() else told, limit=160)
