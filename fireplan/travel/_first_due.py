"""Which stations are first, second and third due."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import _kernel as kernel
from fireplan._checked import takes
from fireplan.scenario import held
from fireplan.stations import KINDS
from fireplan.travel._nearest_stations import Origins, nearest_stations, points_of, since
from fireplan.travel._places import Places, places, station_places
from fireplan.travel._suppliers import Suppliers, answer_key, suppliers_of
from fireplan.travel._turnout import told

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.standards import Objective

ONE_ENGINE = {"engine": 1.0}
NTH = ("first", "second", "third")


@takes
def first_due(
    scenario: Scenario,
    *,
    to: str = "zones",
    objective: Objective | None = None,
    needs: Mapping[str, float] | None = None,
    interval: str | None = None,
) -> pd.DataFrame:
    """
    Say which stations are first, second and third due.

    Parameters
    ----------
    scenario
        Stations with the units they house.
    to
        "zones" or "incidents".
    objective
        Take what must arrive, and the interval, from an objective: stations that house none of it are due nowhere.
    needs
        Kinds of unit of which a station must house at least one to count; left out: those of the objective, or an
        engine.
    interval
        "travel_s", or "turnout_and_travel_s" to add the planning turnout of the quickest such unit; left out: that of
        the objective, or "travel_s".

    Returns
    -------
    By `zone_id` or `incident_id`: `first_due`, `first_due_s` [s], and so for second and third; inf and missing where
    there is none.

    Notes
    -----
    All units are taken to be at home and free: who is first due on the map, not who came. If the scenario has no units
    at all, every open station counts, with the usual planning turnout.
    """
    ends = places(scenario, to)
    needs = needs or (ONE_ENGINE if objective is None else objective.needs)
    interval = interval or ("travel_s" if objective is None else objective.interval)
    station, best_s = _nearest_three(scenario, ends, needs, interval)
    names = np.array([*held(scenario).stations.index, None], dtype=object)
    columns: dict[str, object] = {}
    for n, word in enumerate(NTH):
        columns[f"{word}_due"] = names[station[n]]
        columns[f"{word}_due_s"] = best_s[n]
    return pd.DataFrame(columns, index=ends.ids.view())


def first_due_rows(
    scenario: Scenario, ends: Places, *, needs: Mapping[str, float], interval: str = "travel_s"
) -> NDArray[np.int64]:
    """Row in the table of stations of the one that is first due with any of `needs` at each place; -1: none is."""
    station, _ = _nearest_three(scenario, ends, needs, interval)
    return np.asarray(station[0])


def _nearest_three(
    scenario: Scenario, ends: Places, needs: Mapping[str, float], interval: str
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Rows in the table of stations of the nearest three, and their times; each 3 x places."""

    def make() -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        found = suppliers_of(scenario, needs, interval, once=True)
        source, added_s = _three_at(scenario, ends, found)
        row = np.append(held(scenario).stations.index.get_indexer(found.ids), -1)
        return row[source], told(scenario, added_s, interval, needs)

    key = answer_key("nearest three", scenario, ends, needs, interval)
    return scenario.memo.get(key, make)


def _three_at(scenario: Scenario, ends: Places, found: Suppliers) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The nearest three sources of each place; of a scenario that came from another, only where that changed."""
    roads, origins = scenario.roads, found.origins

    def key(of: Origins) -> Hashable:
        return "three at", roads.fingerprint, ends.key, of.key

    def solved(
        table: kernel.NearestSources, rows: NDArray[np.int32] | None = None
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        return kernel.first_at_points(
            table, roads.routing.streets, points_of(scenario, ends, rows), origins.sources, depth=len(NTH)
        )

    def make() -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        for other in found.before():
            known = scenario.memo.known(key(other))
            if known is None:
                continue
            change = since(scenario, other, origins, least=len(NTH))
            if change is None:
                break
            old, old_s = known
            rows = change.rows(scenario, ends, before_s=old_s[-1])
            source, best_s = np.append(change.number, np.int32(-1))[old], old_s.copy()
            source[:, rows], best_s[:, rows] = solved(change.table, rows)
            return source, best_s
        return solved(nearest_stations(scenario, origins, before=found.before).table)

    return scenario.memo.get(key(origins), make)


def reached_by_road(scenario: Scenario, ends: Places) -> NDArray[np.bool_]:
    """Say to which places a road leads from any open station, whatever it houses."""
    starts = station_places(scenario)
    n = len(starts.ids)
    origins = Origins(starts, np.arange(n), np.zeros(n, dtype=np.float32), np.zeros((n, len(KINDS))))
    near = nearest_stations(scenario, origins)
    _, best_s = kernel.first_at_points(
        near.table, scenario.roads.routing.streets, points_of(scenario, ends), origins.sources, depth=1
    )
    return np.asarray(np.isfinite(best_s[0]))
