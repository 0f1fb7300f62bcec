"""The two tables of the history: responses, one row per unit per incident, and incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from fireplan.incidents._columns.categories import categories
from fireplan.incidents._columns_and_types import CALL_TIMES, OF_INCIDENTS, TIMES
from fireplan.incidents._ledger.ids import check_incidents
from fireplan.incidents._places.coordinates import check_incident_points
from fireplan.incidents._times.stamp_order import check_call_times, check_staged, check_two_places, flag, intervals

if TYPE_CHECKING:
    from fireplan.incidents._ledger.ledger import Ledger
    from fireplan.incidents._times.instants import Clocked

INCIDENT_ONLY = ("call_type", "priority", "latitude", "longitude")


def build_responses(table: pd.DataFrame, clocked: Clocked, *, ledger: Ledger) -> pd.DataFrame:
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
    parts |= intervals(stamps, flagged) | flags | {name: table[name] for name in rest}
    responses = pd.DataFrame(parts, index=table.index)
    del parts, table  # a million rows take room
    keys = ["incident_id", "dispatched", "unit_id", *(name for name in TIMES if name != "dispatched"), *more, *rest]
    responses = in_order(responses, [name for name in keys if name in responses])
    if "unit_id" in responses:
        check_two_places(responses, ledger=ledger)
    check_incidents(responses, ledger=ledger)
    check_incident_points(responses, ledger=ledger)
    return responses


def in_order(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """
    Sort rows by several columns, missing values last.

    Most rows are told apart by the first three columns: only those that are not are sorted by the others.
    """
    table = table.sort_values(keys[:3], kind="stable")
    alike = table.duplicated(keys[:3], keep=False).to_numpy()
    if alike.any():
        order = np.arange(len(table))
        places = pd.Series(np.flatnonzero(alike), index=table.index[alike])
        tied = table[alike].assign(_place=places.to_numpy()).sort_values(keys, kind="stable")
        order[alike] = tied["_place"].to_numpy()
        table = table.iloc[order]
    return table


def build_incidents(responses: pd.DataFrame, *, ledger: Ledger) -> gpd.GeoDataFrame:
    """
    Gather the incidents: the earliest received, and else the first that is known in the order of `build_responses`.

    Returns
    -------
    Indexed by `incident_id`, sorted by received; EPSG:4326, geometry None where no row has a usable point.
    """
    groups = responses.groupby("incident_id", sort=False)
    own = [name for name in OF_INCIDENTS if name in responses]
    table = groups[[*INCIDENT_ONLY, *own]].first()
    if "mode" in responses:
        urgent = responses["incident_id"][responses["mode"] == "emergency"].unique()
        own.append("mode")
        table["mode"] = groups["mode"].first().mask(table.index.isin(urgent), "emergency")
    of_call = [name for name in CALL_TIMES if name in responses]
    for name in ("received", *of_call):
        table[name] = groups[name].min()
    lines = pd.Series(responses.index, index=responses["incident_id"]).groupby(level=0).min()
    by_line = table["call_type"].set_axis(lines.reindex(table.index).to_numpy())
    table["category"] = categories(by_line, ledger=ledger).array
    table = table.reset_index().sort_values(["received", "incident_id"]).set_index("incident_id")
    located = table["latitude"].notna().to_numpy()
    points = np.full(len(table), None, dtype=object)
    points[located] = gpd.points_from_xy(table["longitude"][located], table["latitude"][located])
    columns = table[["call_type", "category", "priority", *own, "received", *of_call]]
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(points, index=table.index, crs=4326), crs=4326)


def finished(responses: pd.DataFrame, incidents: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give the responses in the order of the incidents, without what belongs to these."""
    place = pd.Series(np.arange(len(incidents)), index=incidents.index)
    rank = place.reindex(responses["incident_id"]).to_numpy()
    ordered = responses.iloc[np.argsort(rank, kind="stable")]
    return ordered.drop(columns=[*INCIDENT_ONLY, *OF_INCIDENTS], errors="ignore").reset_index(drop=True)
