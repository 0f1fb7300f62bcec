"""A day of units and calls, packed for the script that plays it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fireplan._html_escape import escape
from fireplan._page_kit import coordinate_codec
from fireplan.maps._layers.station_labels import station_labels
from fireplan.response_performance._time_bins import QUARTER_US
from fireplan.response_performance._whereabouts import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from fireplan.response_performance._time_bins import LocalPeriod
    from fireplan.response_performance._whereabouts import Spell, Whereabouts

NOWHERE = -1
COLUMNS = ("unit", "begins", "lasts", "state", "call", "place", "way", "sets_out", "is_there")
"""Of a spell, in the order in which they are packed. Times in seconds: of the period; for how long; since it begins."""

OF_CALLS = ("begins", "lasts", "place", "category", "priority", "reached", "late")
"""Of a call. Times in seconds: of the period; for how long; since it begins."""


def packed_day(
    found: Whereabouts, *, period: LocalPeriod, stations: gpd.GeoDataFrame, units: pd.DataFrame, clocks: pd.DataFrame
) -> dict[str, Any]:
    """
    Pack spells, ways and calls, with the stations and units they are of.

    Parameters
    ----------
    found
        Where units were.
    period
        The hours shown.
    stations
        By `station_id`, in EPSG:4326, with `name`.
    units
        The department's, by `unit_id`, with `type` and `station_id`.
    clocks
        By `incident_id` as in `found.calls`: `reached_us`, when the first unit is there, and
        `late_us`, from when on the call waits longer than the objective allows. Missing: never.
    """
    start, end = period.ends_us
    own = {str(u): i for i, u in enumerate(units.index)}
    of_spell, guests = _rows(found.spells, own)
    home = stations.index.get_indexer(pd.Index(units["station_id"]))
    kinds = [*units["type"].astype(str), *([""] * len(guests))]
    places: dict[tuple[float, float], int] = {}
    ways = {way: i for i, way in enumerate(sorted({s.way for s in found.spells} - {NOWHERE}))}
    spells = [_row(s, row, ways, places, start) for s, row in zip(found.spells, of_spell, strict=True)]
    calls = found.calls
    categories, category = _coded(calls.get("category"), len(calls))
    priorities, priority = _coded(calls.get("priority"), len(calls))
    begins, over = calls["begin_us"].to_numpy(np.int64), calls["end_us"].to_numpy(np.int64)
    at = [
        NOWHERE if np.isnan(lon) else places.setdefault((lon, lat), len(places))
        for lon, lat in zip(calls["lon"].tolist(), calls["lat"].tolist(), strict=True)
    ]
    told = np.column_stack(
        [
            _s(begins - start),
            _s(over - begins),
            np.array(at, dtype=np.int64).reshape(-1),
            category,
            priority,
            *(_since(clocks[name], begins) for name in ("reached_us", "late_us")),
        ]
    )
    lines = [found.ways[way] for way in ways]
    points = stations.geometry
    return {
        "start": start // 1000,
        "length": _s(end - start),
        "clocks": _clocks(period),
        "stations": {
            "names": [escape(name) for name in stations["name"]],
            "labels": [escape(label) for label in station_labels(stations)],
            "open": [bool(o) for o in stations["open"]],
            "points": coordinate_codec.pack_coordinates(np.column_stack([points.x, points.y])),
        },
        "units": {
            "names": [escape(name) for name in [*own, *guests]],
            "types": [escape(kind) for kind in kinds],
            "stations": [*map(int, home), *([NOWHERE] * len(guests))],
        },
        "places": coordinate_codec.pack_coordinates(np.array(list(places), dtype=float).reshape(-1, 2)),
        "ways": {
            "counts": coordinate_codec.pack_integers([len(line) for line in lines]),
            "points": coordinate_codec.pack_coordinates(np.concatenate([*lines, np.zeros((0, 2))])),
        },
        "spells": coordinate_codec.pack_integers(np.array(spells, dtype=np.int64).ravel()),
        "calls": coordinate_codec.pack_integers(told.ravel()),
        "categories": categories,
        "priorities": priorities,
    }


def _rows(spells: Sequence[Spell], own: Mapping[str, int]) -> tuple[list[int], list[str]]:
    """
    Say of each spell which row its unit has, and name those that are not the department's own.

    A name of a neighbour that is at two calls at once stands for two units, or for a pool of them: it has two rows.
    """
    guests: list[str] = []
    until: list[int] = []
    rows = []
    for spell in spells:
        if spell.unit_id in own:
            rows.append(own[spell.unit_id])
            continue
        free = [i for i, name in enumerate(guests) if name == spell.unit_id and until[i] <= spell.begin_us]
        if not free:
            free = [len(guests)]
            guests.append(spell.unit_id)
            until.append(0)
        until[free[0]] = spell.end_us
        rows.append(len(own) + free[0])
    return rows, guests


def _row(
    spell: Spell, unit: int, ways: dict[int, int], places: dict[tuple[float, float], int], start: int
) -> tuple[int, ...]:
    begin = spell.begin_us
    on_way = (0, 0) if spell.way < 0 else (_s(spell.from_us - begin), _s(spell.to_us - begin))
    place = NOWHERE if spell.at is None else places.setdefault(spell.at, len(places))
    way = NOWHERE if spell.way < 0 else ways[spell.way]
    begins = _s(begin - start)
    # From second to second without a gap, whatever is rounded.
    return (unit, begins, _s(spell.end_us - start) - begins, spell.state, spell.call, place, way, *on_way)


def _s(us: Any) -> Any:  # noqa: ANN401 - a number or an array
    return us // SECOND_US


def _since(instant_us: pd.Series, begins: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    known = instant_us.notna().to_numpy()
    us = instant_us.fillna(0).to_numpy(np.int64)
    return np.where(known, np.maximum(_s(us - begins), 0), NOWHERE)


def _coded(texts: pd.Series | None, n: int) -> tuple[list[str], np.ndarray[Any, Any]]:
    """Texts that there are, and which of them each row has; -1: none."""
    if texts is None:
        return [], np.full(n, NOWHERE)
    code, names = pd.factorize(texts, sort=True)
    return [escape(name) for name in names], code


def _clocks(period: LocalPeriod) -> list[list[Any]]:
    """From which second on local clocks are so many minutes ahead of UTC, and what their time is called."""
    start, end = period.ends_us
    quarters = np.append(start, np.arange(start // QUARTER_US * QUARTER_US + QUARTER_US, end, QUARTER_US))
    local = pd.DatetimeIndex(quarters.view("datetime64[us]")).tz_localize("UTC").tz_convert(period.timezone)
    ahead = ((local.tz_localize(None).as_unit("us").asi8 - quarters) // (60 * SECOND_US)).tolist()
    found: list[list[Any]] = []
    for at, minutes, when in zip(quarters.tolist(), ahead, local, strict=True):
        if not found or found[-1][1] != minutes:
            found.append([_s(at - start), minutes, escape(when.strftime("%Z"))])
    return found
