"""Which part of the demand is asked about: incidents of a kind, at some hours, in some area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan.errors import Faults, UnknownIdError, listed, quoted
from fireplan.roads._speed_periods import DAY_MIN, DAYS
from fireplan.standards._objectives import value_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

COLUMNS = {"category": "category", "call_type": "call type", "priority": "priority"}


@dataclass(frozen=True)
class Selection:
    """
    A part of the demand that a scenario was narrowed to.

    Attributes
    ----------
    words
        Which part, such as "category fire, 22:00 to 06:00".
    incidents, zones
        How many are left, and of how many.
    area
        Ground that everything lies on, in the CRS of the roads; None: no ground was named.
    of_incidents
        Whether incidents were chosen by anything but their place.
    untold
        Incidents of which the record does not say whether they belong to it; they are left out.
    of_period
        Whether incidents were chosen by the hours of a period in which streets are driven otherwise: what a figure
        counts, if nobody says, stays what it was.
    """

    words: str
    incidents: tuple[int, int]
    zones: tuple[int, int]
    area: shapely.Geometry | None = None
    of_incidents: bool = False
    untold: int = 0
    of_period: bool = False

    def __str__(self) -> str:
        """Say what is left, and of how much."""
        parts = []
        if self.zones[0] < self.zones[1]:
            parts.append(f"{wording.count(self.zones[0])} of {wording.counted(self.zones[1], 'zone')}")
        if self.incidents[1]:
            parts.append(f"{wording.count(self.incidents[0])} of {wording.counted(self.incidents[1], 'incident')}")
        untold = f"; of {wording.count(self.untold)} the record does not say, and they are left out"
        return f"only {self.words}: {' and '.join(parts) or 'all'}{untold if self.untold else ''}"


class Chosen(NamedTuple):
    """Which incidents are chosen, in what words, and of how many it cannot be said."""

    mask: NDArray[np.bool_]
    words: list[str]
    untold: int


def choose_incidents(
    table: gpd.GeoDataFrame,
    *,
    incidents: pd.Series[bool] | Iterable[str] | None,
    kinds: Mapping[str, Sequence[object] | str | float | None],
    hours: tuple[float, float] | None,
    weekdays: Sequence[str] | str | None,
    dates: tuple[str, str] | None,
    timezone: str,
) -> Chosen:
    """Choose incidents by id, kind and local time; all faults at once."""
    faults = Faults("only")
    mask = np.ones(len(table), dtype=bool)
    untold = np.zeros(len(table), dtype=bool)
    words: list[str] = []
    if incidents is not None:
        mask &= _by_id(table, incidents, faults)
        words.append("incidents named")
    for column, asked in kinds.items():
        if asked is not None:
            found = _of_kind(table, column, asked, faults)
            if found is not None:
                inside, unknown, said = found
                mask &= inside
                untold |= unknown
                words.append(said)
    if not (hours is None and weekdays is None and dates is None):
        local = _local(table, timezone, faults)
        if local is not None:
            untold |= local.isna().to_numpy()
            mask &= local.notna().to_numpy()
            for inside, said in _at_times(local, hours, weekdays, dates, faults):
                mask &= inside
                words.append(said)
    faults.raise_if_any()
    return Chosen(mask, words, int(untold.sum()))


def _by_id(table: gpd.GeoDataFrame, incidents: pd.Series[bool] | Iterable[str], faults: Faults) -> NDArray[np.bool_]:
    if isinstance(incidents, pd.Series) and pd.api.types.is_bool_dtype(incidents):
        chosen = incidents.reindex(table.index)
        if chosen.isna().any():
            lost = chosen.index[chosen.isna()]
            faults.add(f"incidents says nothing about {listed(map(quoted, lost))}: say True or False of each incident")
        return chosen.fillna(value=False).to_numpy(bool)
    wanted = pd.Index([str(i) for i in incidents])
    for unknown in wanted[~wanted.isin(table.index)][:3]:
        faults.add(str(UnknownIdError("incident", unknown, table.index)))
    return np.asarray(table.index.isin(wanted))


def _of_kind(
    table: gpd.GeoDataFrame, column: str, asked: Sequence[object] | str | float, faults: Faults
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], str] | None:
    if column not in table.columns:
        faults.add(f"the incidents have no column {quoted(column)}: found {listed(table.columns)}")
        return None
    held = kind_texts(table[column])
    known = {text.casefold(): text for text in sorted(set(held.dropna()))}
    wanted = [value_text(v) for v in ([asked] if isinstance(asked, str) or not hasattr(asked, "__iter__") else asked)]
    if not wanted:
        faults.add(f"{column} is empty: name some, or leave it out")
    for value in wanted:
        if value.casefold() not in known:
            faults.add(str(UnknownIdError(COLUMNS[column], value, known.values())))
    chosen = {value.casefold() for value in wanted}
    names = ", ".join(known.get(value.casefold(), value) for value in wanted)
    return held.str.casefold().isin(chosen).to_numpy(bool), held.isna().to_numpy(), f"{COLUMNS[column]} {names}"


def kind_texts(column: pd.Series[Any]) -> pd.Series[str]:
    """Give the values of a column as they are compared: as text, missing where there is none."""
    if column.dtype != object:  # few values, many rows; objects may be equal and written otherwise, as 1 and True
        code, values = pd.factorize(column)
        texts = np.array([*_texts(pd.Series(values)), None], dtype=object)
        return pd.Series(texts[code], index=column.index, name=column.name, dtype="str")
    return _texts(column)


def _texts(values: pd.Series[Any]) -> pd.Series[str]:
    texts = values.astype(object).map(value_text, na_action="ignore")
    return texts.where(texts.notna() & (texts != ""))


def minute_of_week(table: gpd.GeoDataFrame, timezone: str) -> NDArray[np.int64]:
    """Give the minute of the week, from Monday at midnight by the city's clock, of each call; -1: not known."""
    faults = Faults("periods")
    local = _local(table, timezone, faults)
    faults.raise_if_any()
    if local is None:
        return np.full(len(table), -1, dtype=np.int64)
    minute = local.dt.day_of_week * DAY_MIN + local.dt.hour * 60 + local.dt.minute
    return np.asarray(minute.fillna(-1), dtype=np.int64)


def _local(table: gpd.GeoDataFrame, timezone: str, faults: Faults) -> pd.Series[Any] | None:
    """When each incident was received, by the city's own clock."""
    if "received" not in table.columns:
        faults.add("the incidents have no column 'received': hours, weekdays and dates cannot be told")
        return None
    received: pd.Series[Any] = table["received"]
    if not isinstance(received.dtype, pd.DatetimeTZDtype):
        faults.add("column 'received' of the incidents has no time zone: use .dt.tz_localize('America/...')")
        return None
    if not timezone and str(received.dtype.tz) == "UTC":
        faults.add("the scenario names no time zone: give Scenario(..., timezone='America/Los_Angeles')")
        return None
    return received.dt.tz_convert(timezone) if timezone else received


def _at_times(
    local: pd.Series[Any],
    hours: tuple[float, float] | None,
    weekdays: Sequence[str] | str | None,
    dates: tuple[str, str] | None,
    faults: Faults,
) -> list[tuple[NDArray[np.bool_], str]]:
    found = []
    if hours is not None:
        if len(hours) != 2 or not all(0 <= h <= 24 for h in hours) or hours[0] == hours[1]:
            faults.add(f"hours is {hours}: give two different hours of the day from 0 to 24, such as (22, 6)")
        else:
            clock = (local.dt.hour + local.dt.minute / 60 + local.dt.second / 3600).to_numpy(float)
            start, end = hours
            inside = (clock >= start) & (clock < end) if start < end else (clock >= start) | (clock < end)
            found.append((inside, f"{_hour(start)} to {_hour(end)}"))
    if weekdays is not None:
        names = [weekdays] if isinstance(weekdays, str) else list(weekdays)
        days = [[d for d in DAYS if len(n) >= 3 and d.casefold().startswith(n.casefold())] for n in names]
        bad = [n for n, d in zip(names, days, strict=True) if not d]
        if bad or not names:
            faults.add(f"weekdays names {listed(map(quoted, bad))}: use {listed(DAYS)}, or their first three letters")
        else:
            chosen = {d[0] for d in days}
            numbers, said = [DAYS.index(d) for d in chosen], ", ".join(d for d in DAYS if d in chosen)
            day = local.dt.day_of_week.to_numpy(float)
            if hours is not None and hours[0] > hours[1]:  # a night belongs to the day on which it begins
                clock = (local.dt.hour + local.dt.minute / 60 + local.dt.second / 3600).to_numpy(float)
                day = np.where(clock < hours[1], (day - 1) % 7, day)
                said = f"nights that begin on {said}"
            found.append((np.isin(day, numbers), said))
    if dates is not None:
        try:
            first, last = (pd.Timestamp(d).normalize().tz_localize(None) for d in dates)
        except (ValueError, TypeError):
            faults.add(f"dates is {dates!r}: give the first and the last day, such as ('2024-01-01', '2024-03-31')")
            return found
        if last < first:
            faults.add(f"dates end before they start: {first:%Y-%m-%d} to {last:%Y-%m-%d}")
        day = local.dt.tz_localize(None).dt.normalize()
        found.append((((day >= first) & (day <= last)).to_numpy(bool), f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"))
    return found


def _hour(hour: float) -> str:
    minutes = round(hour * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def outline_of(area: Any, *, crs: Any) -> shapely.Geometry:  # noqa: ANN401 - a layer, and a CRS, of any kind
    """Give the ground of a layer as one outline in another CRS."""
    faults = Faults("area")
    if getattr(area, "crs", None) is None:
        faults.add("it has no CRS: give a GeoDataFrame or GeoSeries of outlines, with .set_crs(...)")
        faults.raise_if_any()
    geometry = area.geometry.to_crs(crs).array
    if not (shapely.get_dimensions(geometry) == 2).any():
        faults.add("it has no outline: give polygons")
    faults.raise_if_any()
    return shapely.union_all(shapely.make_valid(geometry[shapely.get_dimensions(geometry) == 2]))
