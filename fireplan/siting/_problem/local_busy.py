"""How busy the units near each place are, from busy shares by unit or by station."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._limits import last_within
from fireplan.errors import Faults, listed, quoted
from fireplan.scenario import held
from fireplan.stations import KINDS, supply
from fireplan.travel._places import station_places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.siting._problem.aims_and_rules import Aim
    from fireplan.siting._problem.prepared_problem import Setting


class LocalBusy(NamedTuple):
    """
    How busy units are.

    Attributes
    ----------
    at_place
        At each place that an aim counts, 0 to below 1.
    told
        The range of them, in words.
    note
        Where they are from, and what was done to have them at places.
    """

    at_place: NDArray[np.float64]
    told: str
    note: str


def local_busy(setting: Setting, aim: Aim, busy: pd.Series[Any]) -> LocalBusy:
    """
    Say how busy the units near each place are.

    Parameters
    ----------
    setting, aim
        Whose units, and within which limit they are near.
    busy
        By `unit_id` or by `station_id`: the share of its time that each is out.

    Notes
    -----
    After the local busy fractions of ReVelle and Hogan (1989): at a place the mean of the units that reach it within
    the limit, by the median drive; where none does, of those of the station that is first.
    """
    by_station, by = _by_station(setting, busy)
    there = setting.sources(aim)
    share = by_station.reindex(there.station).to_numpy(float)
    arrival_s = there.arrival_s()
    near = (arrival_s <= last_within(aim.within_s)) * there.units[:, None].astype(float)
    n = near.sum(axis=0)
    first = share[np.argmin(arrival_s, axis=0)]
    at_place = np.where(n > 0, share @ near / np.where(n > 0, n, 1.0), first)
    lowest, highest = (wording.share(float(v)) for v in (share.min(), share.max()))
    least, most = (wording.share(float(v)) for v in (at_place.min(), at_place.max()))
    basis, when, start, end = (str(busy.attrs.get(name) or "") for name in ("basis", "when", "start", "end"))
    days = f"from {start[:10]} until {end[:10]}" if start and end else ""
    source = ", ".join(filter(None, [str(busy.attrs.get("source", "given")), basis, by, when, days]))
    alone = int((n == 0).sum())
    rest = (
        f"; at {wording.counted(alone, 'place')} that none reaches in time, that of the station that is first"
        if alone
        else ""
    )
    note = (
        f"busy shares: {source}; stations {lowest} to {highest}. A place has the mean of the units that reach it in"
        f" time ({least} to {most}){rest}. New units are taken to be as busy as those, and each to be out whatever the"
        " others do"
    )
    unseen = str(busy.attrs.get("unseen") or "")
    if unseen:
        note += f"; without a response in the history, and so taken to be never out: {unseen}"
    return LocalBusy(at_place, f"{least} to {most}", note)


def _by_station(setting: Setting, busy: pd.Series[Any]) -> tuple[pd.Series[Any], str]:
    """Check busy shares, and give them by station: the mean of its units of the kind asked for."""
    units = held(setting.scenario).units
    kind = setting.rules.unit
    mine = units[supply(units)[:, KINDS.index(kind)] > 0]
    homes = station_places(setting.scenario).ids
    mine = mine[mine["station_id"].isin(homes)]
    names = [*busy.index.names]
    if busy.index.nlevels > 1:
        keep = next((n for n in ("unit_id", "station_id") if n in names), names[0])
        busy = busy.droplevel([n for n in names if n != keep])
    stations = held(setting.scenario).stations.index
    of_stations = busy.index.name == "station_id" or (
        busy.index.name != "unit_id" and not busy.index.isin(units.index).any()
    )
    known, asked = (stations, pd.Index(mine["station_id"].unique())) if of_stations else (units.index, mine.index)
    what = "station" if of_stations else "unit"
    faults = Faults("busy")
    missing = asked.difference(busy.index)
    if len(missing):
        faults.add(f"it says nothing of {listed(map(quoted, missing))}: give each {what} a share of its time, 0 to 1")
    strange = busy.index.difference(known)
    if len(strange):
        faults.add(
            f"it names {listed(map(quoted, strange))}, which are no {what}s of the scenario: those are {listed(known)}"
        )
    if busy.index.has_duplicates:
        faults.add(f"it names {listed(map(quoted, busy.index[busy.index.duplicated()].unique()))} twice")
    values = pd.to_numeric(busy, errors="coerce").astype(float)
    of_asked = values.index.isin(asked)
    bad = values.index[of_asked & ~((values >= 0.0) & (values < 1.0)).to_numpy()]
    if len(bad):
        faults.add(f"of {listed(map(quoted, bad))} it is no share that can be counted on: give a number, 0 to below 1")
    faults.raise_if_any()
    if of_stations:
        return values, "by station"
    mean = values.reindex(mine.index).groupby(mine["station_id"].astype(str)).mean()
    return mean, "by unit"
