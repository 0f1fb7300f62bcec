"""Tables of pandas and GeoPandas that are at hand, as tables of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa

from fireplan.errors import InputError, TableError, quoted
from fireplan.incidents._formats.arrow_text import records_of
from fireplan.incidents._formats.cell_text import cell_text
from fireplan.incidents._formats.point_columns import X, Y
from fireplan.incidents._formats.text_table import TEXT, Records, check_header, squeezed

if TYPE_CHECKING:
    from fireplan.incidents._formats.text_table import Shape


def read_table(given: pd.DataFrame, shape: Shape, *, table: str) -> Records:
    """
    Read a table at hand; row n stands on line n + 1, as if the names were on line 1.

    Parameters
    ----------
    given
        Any columns: numbers and times keep what they are. An index with a name is a column. Of a GeoDataFrame the
        points become `longitude` and `latitude`, before columns of these names.
    shape
        The names to look for.
    table
        What to call it in errors.

    Raises
    ------
    InputError
        If its columns have several levels, points have no crs, or a column holds lists or records.
    TableError
        If no column is wanted, two have the same name, or there are no rows.
    """
    if isinstance(given.columns, pd.MultiIndex):
        raise InputError(f"the columns of {table} have several levels: give each one name")
    index = [name for name in given.index.names if name is not None and name not in given.columns]
    plain = pd.DataFrame(given.reset_index(level=index)) if index else pd.DataFrame(given)
    if isinstance(given, gpd.GeoDataFrame):
        plain = _with_points(plain, given, table=table)
    header = [str(name).strip() for name in plain.columns]
    check_header(shape.matches(header), 1, shape, table=table)
    places = shape.places(header)
    twice = [header[place] for place in places if header.count(header[place]) > 1]
    if twice:
        raise TableError(table, [f"column {quoted(twice[0])} stands there twice: rename one"])
    typed = {place: _arrow(plain.iloc[:, place]) for place in places}
    return records_of(header, typed, name=table, table=table)


def _with_points(plain: pd.DataFrame, given: gpd.GeoDataFrame, *, table: str) -> pd.DataFrame:
    if given.active_geometry_name is None or given.geometry.isna().all():
        return plain
    if given.crs is None:
        raise InputError(f"the points of {table} have no crs: set it, as in table.set_crs(4326)")
    points = given.geometry.to_crs(4326)
    is_point = (points.geom_type == "Point") & ~points.is_empty
    at = points.where(is_point)
    taken = {squeezed(X), squeezed(Y)}
    drawn = given.active_geometry_name
    others = [n for n, name in enumerate(plain.columns) if name != drawn and squeezed(str(name)) not in taken]
    return plain.iloc[:, others].assign(**{X: at.x.to_numpy(), Y: at.y.to_numpy()})


def _arrow(column: pd.Series[Any]) -> pa.ChunkedArray:
    """Give a column typed, or as text where its values are of several types."""
    try:
        found = pa.Array.from_pandas(column)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        found = None
    if found is None or pa.types.is_nested(found.type) or pa.types.is_duration(found.type):
        held = [None if value is None or value is pd.NaT or value is pd.NA else value for value in column.tolist()]
        if any(isinstance(value, list | tuple | dict | set) for value in held):
            raise InputError(f"column {quoted(str(column.name))} holds lists or records, not single values")
        found = pa.array([cell_text(value) for value in held], type=TEXT)
    return found if isinstance(found, pa.ChunkedArray) else pa.chunked_array([found])
