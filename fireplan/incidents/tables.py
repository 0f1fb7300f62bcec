"""The two tables of the history: responses, one row per unit per incident, and incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from fireplan.incidents.arrays import TIMES, Flags, Stamps
from fireplan.incidents.identity import check_incidents
from fireplan.incidents.order import check_two_places, flag, intervals
from fireplan.incidents.places import check_incident_points
from fireplan.incidents.values import categories

if TYPE_CHECKING:
    from fireplan.incidents.ledger import Ledger

INCIDENT_ONLY = ("call_type", "priority", "latitude", "longitude")


def build_responses(table: pd.DataFrame, stamps: Stamps, *, given: Flags, ledger: Ledger) -> pd.DataFrame:
    """
    Join ids, texts, stamps, intervals and flags, and note what only shows between rows.

    Parameters
    ----------
    table
        Ids, texts, `latitude` and `longitude`, indexed by physical line.
    stamps
        UTC, one column per time, in order. [us]
    given
        Flags the stamps that the file has, dropped ones included.
    ledger
        Takes the notes.

    Returns
    -------
    The responses, indexed by physical line and sorted so that each incident's first unit dispatched comes first:
    the order of the rows in the file does not matter.
    """
    flagged = flag(stamps, given, lines=table.index.to_numpy(), ledger=ledger)
    times = {name: pd.DatetimeIndex(stamps[:, n]).tz_localize("UTC") for n, name in enumerate(TIMES)}
    leading = [name for name in ("incident_id", "unit_id", "unit_type") if name in table]
    rest = [name for name in table.columns if name not in leading]
    parts: dict[str, Any] = {name: table[name] for name in leading} | times | intervals(stamps, flagged)
    flags = {name: getattr(flagged, name) for name in ("cancelled", "on_view", "already_on_road")}
    responses = pd.DataFrame(parts | flags | {name: table[name] for name in rest}, index=table.index)
    order = ["incident_id", "dispatched", "unit_id", *(name for name in TIMES if name != "dispatched"), *rest]
    responses = responses.sort_values(order)
    check_two_places(responses, ledger=ledger)
    check_incidents(responses, ledger=ledger)
    check_incident_points(responses, ledger=ledger)
    return responses


def build_incidents(responses: pd.DataFrame, *, ledger: Ledger) -> gpd.GeoDataFrame:
    """
    Gather the incidents: the earliest received, and else the first that is known in the order of `build_responses`.

    Returns
    -------
    Indexed by `incident_id`, sorted by received; EPSG:4326, geometry None where no row has a usable point.
    """
    groups = responses.groupby("incident_id", sort=False)
    table = groups[[*INCIDENT_ONLY]].first()
    table["received"] = groups["received"].min()
    lines = pd.Series(responses.index, index=responses["incident_id"]).groupby(level=0).min()
    by_line = table["call_type"].set_axis(lines.reindex(table.index).to_numpy())
    table["category"] = categories(by_line, ledger=ledger).array
    table = table.reset_index().sort_values(["received", "incident_id"]).set_index("incident_id")
    located = table["latitude"].notna().to_numpy()
    points = np.full(len(table), None, dtype=object)
    points[located] = gpd.points_from_xy(table["longitude"][located], table["latitude"][located])
    columns = table[["call_type", "category", "priority", "received"]]
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(points, index=table.index, crs=4326), crs=4326)


def finished(responses: pd.DataFrame, incidents: gpd.GeoDataFrame) -> pd.DataFrame:
    """Give the responses in the order of the incidents, without what belongs to these."""
    place = pd.Series(np.arange(len(incidents)), index=incidents.index)
    rank = place.reindex(responses["incident_id"]).to_numpy()
    ordered = responses.iloc[np.argsort(rank, kind="stable")]
    return ordered.drop(columns=[*INCIDENT_ONLY]).reset_index(drop=True)
