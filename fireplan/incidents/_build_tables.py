"""The two tables of the history: responses, one row per unit per incident, and incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas.array import GeometryArray

from fireplan.incidents._columns.categories import categories
from fireplan.incidents._columns_and_types import CALL_TIMES, OF_INCIDENTS, TIMES
from fireplan.incidents._ledger.ids import check_incidents, note_lookalikes, note_shared_times
from fireplan.incidents._places.coordinates import check_incident_points
from fireplan.incidents._rows import OrderedRows
from fireplan.incidents._times.stamp_order import (
    check_call_times,
    check_staged,
    check_two_places,
    flag,
    intervals,
    note_outliers,
)

if TYPE_CHECKING:
    from fireplan.incidents._columns_and_types import Ints
    from fireplan.incidents._ledger.ledger import Ledger
    from fireplan.incidents._times.instants import Clocked

INCIDENT_ONLY = ("call_type", "priority", "latitude", "longitude")


def build_responses(table: pd.DataFrame, clocked: Clocked, *, ledger: Ledger) -> OrderedRows:
    """
    Join ids, texts, stamps, intervals and flags, and note what only shows between rows.

    Parameters
    ----------
    table
        Ids, texts, `latitude` and `longitude`, indexed by physical line.
    clocked
        Stamps in order.
    ledger
        Takes the notes.

    Returns
    -------
    The responses, indexed by physical line and sorted so that each incident's first unit dispatched comes first:
    the order of the rows in the file does not matter.
    """
    lines = table.index.to_numpy()
    stamps, more = clocked.stamps, dict(clocked.more)
    off = ~np.isnat(more["cancelled_enroute"]) if "cancelled_enroute" in more else None
    flagged = flag(stamps, clocked.given, lines=lines, ledger=ledger, called_off=off)
    times = {name: stamps[:, n] for n, name in enumerate(TIMES)}
    if "staged" in more:
        more["staged"] = check_staged(stamps, more["staged"], lines, ledger=ledger)
    more = check_call_times(stamps, more, lines, ledger=ledger)
    leading = [name for name in ("incident_id", "unit_id", "unit_type") if name in table]
    rest = [name for name in table.columns if name not in leading]
    parts: dict[str, Any] = {name: table[name] for name in leading}
    parts |= {name: pd.DatetimeIndex(s).tz_localize("UTC") for name, s in (times | more).items()}
    flags = {name: getattr(flagged, name) for name in ("cancelled", "on_view", "already_on_road")}
    lengths = intervals(stamps, flagged)
    note_outliers(lengths, lines, ledger=ledger)
    parts |= lengths | flags | {name: table[name] for name in rest}
    responses = pd.DataFrame(parts, index=table.index)
    del parts, table  # a million rows take room
    keys = ["incident_id", "dispatched", "unit_id", *(name for name in TIMES if name != "dispatched"), *more, *rest]
    rows = in_order(responses, [name for name in keys if name in responses])
    if rows.unit is not None:
        check_two_places(rows, ledger=ledger)
    check_incidents(rows, ledger=ledger)
    note_lookalikes(rows, ledger=ledger)
    note_shared_times(rows, ledger=ledger)
    check_incident_points(rows, ledger=ledger)
    return rows


def in_order(table: pd.DataFrame, keys: list[str]) -> OrderedRows:
    """
    Sort rows by several columns, the first of them the incident, missing values last.

    Most rows are told apart by the first three columns: only those that are not are sorted by the others.
    """
    ranks = [_ranked(table[name]) for name in keys[:3]]
    order = np.lexsort(ranks[::-1])
    alike = np.ones(max(len(order) - 1, 0), dtype=bool)
    for rank in ranks:
        alike &= rank[order[1:]] == rank[order[:-1]]
    alike = np.append(alike, False) | np.append(False, alike)
    if alike.any():
        tied = table.iloc[order[alike]].assign(_place=order[alike]).sort_values(keys, kind="stable")
        order[alike] = tied["_place"].to_numpy()
    unit = ranks[keys.index("unit_id")][order] if "unit_id" in keys[:3] else None
    return OrderedRows(table, order, ranks[0][order], unit)


def _ranked(column: pd.Series[Any]) -> Ints:
    """Number the values of a column in their order, equal ones alike, missing ones last."""
    if column.dtype != "str":
        when = column.astype("int64").to_numpy()
        return np.where(column.isna(), np.iinfo(np.int64).max, when)
    codes, different = pd.factorize(column)
    rank = np.empty(len(different) + 1, dtype=np.int64)
    rank[different.argsort()] = np.arange(len(different))
    rank[-1] = len(different)
    return rank[codes]


def build_incidents(rows: OrderedRows, *, ledger: Ledger) -> gpd.GeoDataFrame:
    """
    Gather the incidents: the earliest received, and else the first that is known in the order of `build_responses`.

    Returns
    -------
    Indexed by `incident_id`, sorted by received; EPSG:4326, geometry None where no row has a usable point.
    """
    own = [name for name in OF_INCIDENTS if name in rows.table]
    firsts: dict[str, Any] = {name: rows.first(name) for name in (*INCIDENT_ONLY, *own)}
    if "mode" in rows.table:
        urgent = np.logical_or.reduceat((rows.column("mode") == "emergency").to_numpy(dtype=bool), rows.starts)
        own.append("mode")
        firsts["mode"] = pd.Series(rows.first("mode")).mask(urgent, "emergency").array
    of_call = [name for name in CALL_TIMES if name in rows.table]
    firsts |= {name: pd.DatetimeIndex(rows.earliest(name)).tz_localize("UTC") for name in ("received", *of_call)}
    lines = np.minimum.reduceat(rows.lines, rows.starts)
    firsts["category"] = categories(pd.Series(firsts["call_type"], index=lines), ledger=ledger).array
    # The incidents stand in the order of their ids: a stable sort leaves those received at once so.
    table = pd.DataFrame(firsts, index=rows.ids).iloc[rows.by_received]
    located = table["latitude"].notna().to_numpy()
    points = np.full(len(table), None, dtype=object)
    points[located] = shapely.points(table["longitude"].to_numpy()[located], table["latitude"].to_numpy()[located])
    columns = table[["call_type", "category", "priority", *own, "received", *of_call]]
    return gpd.GeoDataFrame(columns, geometry=GeometryArray(points, crs=4326), crs=4326)


def finished(rows: OrderedRows) -> pd.DataFrame:
    """Give the responses in the order of the incidents, without what belongs to these."""
    place = np.empty(len(rows.ids), dtype=np.int64)
    place[rows.by_received] = np.arange(len(place))
    order = rows.order[np.argsort(place[rows.incident], kind="stable")]
    own = rows.table.drop(columns=[*INCIDENT_ONLY, *OF_INCIDENTS], errors="ignore")
    return own.reset_index(drop=True).iloc[order].reset_index(drop=True)
