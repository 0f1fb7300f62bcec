"""Which station of a layer a table of units means, by its id or by its number."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from fireplan import wording
from fireplan._geofiles.column_names import column_names, squeezed
from fireplan.errors import Faults, listed, quoted

if TYPE_CHECKING:
    import pandas as pd

    from fireplan._geofiles import OfficeTable

ENOUGH = 0.5
"""Share of the units whose homes must be found, for a column to be taken for their station."""


def home_column(table: OfficeTable, stations: pd.DataFrame) -> str | None:
    """
    Find the column that names the stations of a table of units.

    Returns
    -------
    Of the columns that may, that whose values are stations; None where that decides nothing.
    """
    names = {squeezed(n.name) for n in column_names() if (n.table, n.column) == ("units", "station_id")}
    candidates = [c for c in map(str, table.rows.columns) if squeezed(c) in names]
    if any(map(_is_own_name, candidates)) or len(candidates) < 2:
        return None
    ids, numbers = set(stations.index.astype(str)), station_numbers(stations)
    by_id = [sum(text in ids for text in table.texts(c)) for c in candidates]
    if max(by_id) >= ENOUGH * len(table.rows):
        best = [c for c, n in zip(candidates, by_id, strict=True) if n == max(by_id)]
        return best[0] if all(table.texts(c) == table.texts(best[0]) for c in best) else None
    by_number = [sum(_plain(text) in numbers for text in table.texts(c)) for c in candidates]
    return candidates[by_number.index(max(by_number))] if max(by_number) >= ENOUGH * len(table.rows) else None


def housed_at(units: pd.DataFrame, stations: pd.DataFrame, *, column: str, notes: list[str]) -> pd.DataFrame:
    """
    Give each unit the id of its station.

    Parameters
    ----------
    units
        With `station_id` as written in the table.
    stations
        By `station_id`, with `name`.
    column
        Name of the column in the file. What stands under "station_id" is meant word for word.
    notes
        Takes what was done.

    Raises
    ------
    TableError
        If most units are housed at stations that are not there.
    """
    ids = set(stations.index.astype(str))
    homes = units["station_id"].astype(str)
    if not _is_own_name(column):
        _refuse_two_meanings(homes, stations, column)
    if homes.isin(ids).all():
        return units
    found = homes.where(homes.isin(ids))
    word_for_word = _is_own_name(column)
    for known, key, what in (
        (_by_name(stations), str.casefold, "name"),
        (station_numbers(stations), _plain, "number"),
    ):
        told = homes.map(lambda text, known=known, key=key: known.get(key(text)))
        there = found.notna()
        # What is found otherwise must say the same of those that are known already.
        if not word_for_word and not there.all() and (told[there] == found[there]).all() and told.notna().any():
            found = found.where(there, told)
            notes.append(f"the stations of units are found by the {what} in {quoted(column)}")
    lost = found.isna()
    named = [f"{quoted(u)} at {quoted(h)}" for u, h in homes[lost].items()]
    if word_for_word or lost.sum() > ENOUGH * len(units):
        faults = Faults("table 'units'")
        for name in named[:5]:
            faults.add(f"unit {name.replace(' at ', ' is housed at ', 1)}, which is not a station; stations are"
                       f" {listed(stations.index)}")  # fmt: skip
        faults.raise_if_any()
    if lost.any():
        n_lost = wording.counted(lost.sum(), "unit is", "units are")
        notes.append(f"{n_lost} housed at stations that are not there, left out: {listed(named)}")
    housed = units.assign(station_id=found)[~lost]
    housed.attrs["without_station"] = tuple(map(str, units.index[lost]))
    return housed


def _refuse_two_meanings(homes: pd.Series[str], stations: pd.DataFrame, column: str) -> None:
    """Refuse numbers that are ids of some stations and stand in the names of others."""
    ids = set(stations.index.astype(str))
    numbers = station_numbers(stations)
    other = [home for home in homes if home in ids and numbers.get(_plain(home), home) != home]
    if len(other) <= ENOUGH * homes.isin(ids).sum():
        return
    home = other[0]
    by_id, by_number = (stations["name"].astype(str)[i] for i in (home, numbers[_plain(home)]))
    faults = Faults("table 'units'")
    faults.add(
        f"{quoted(home)} in {quoted(column)} may be the id of {quoted(by_id)}, or mean {quoted(by_number)}: name the"
        " column of the stations that holds these numbers as their station_id, or call this one so if ids are meant"
    )
    faults.raise_if_any()


def _is_own_name(column: str) -> bool:
    """Whether a column is called as its own name is, whose values are meant word for word."""
    return squeezed(column) == "stationid"


def _by_name(stations: pd.DataFrame) -> dict[str, str]:
    """Id of each station by its name, in whatever capitals; a name that two stations have is none."""
    names = [str(name).strip().casefold() for name in stations["name"]]
    counts = Counter(names)
    return {n: str(i) for n, i in zip(names, stations.index, strict=True) if n and counts[n] == 1}


def station_numbers(stations: pd.DataFrame) -> dict[str, str]:
    """Id of each station by the number in its name, or else its id; a number that two stations have is none."""
    for texts in (stations["name"].astype(str), stations.index.astype(str)):
        plain = [_plain(text) for text in texts]
        counts = Counter(plain)
        numbers = {n: str(i) for n, i in zip(plain, stations.index, strict=True) if n and counts[n] == 1}
        if len(numbers) >= ENOUGH * len(stations):
            return numbers
    return {}


def _plain(text: str) -> str:
    """A number without leading zeros, from text that holds one."""
    told = re.findall(r"\d+", text)
    return str(int(told[0])) if len(told) == 1 else ""
