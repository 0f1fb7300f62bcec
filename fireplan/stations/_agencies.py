"""Whose stations they are: the department's own, and those of neighbours, which count in cover."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan.errors import listed, quoted


@takes
def own_stations(stations: pd.DataFrame) -> pd.Series[bool]:
    """
    Say which stations are the department's own.

    Parameters
    ----------
    stations
        By `station_id`, such as `scenario.stations`; `agency` says whose each is.

    Returns
    -------
    True for each station of the department: those whose `agency` is blank or, where none is, those of the agency that
    has the most. Without such a column, or with as many of two, all are its own.
    """
    own = [agency == home_agency(stations) for agency in agencies(stations)]
    return pd.Series(own if any(own) else True, index=stations.index, dtype=bool, name="own")


def agencies(stations: pd.DataFrame) -> list[str]:
    """Agency of each station as text; "" where it is blank."""
    if "agency" not in stations.columns:
        return [""] * len(stations)
    return [str(a).strip() for a in stations["agency"].astype(object).where(stations["agency"].notna(), "")]


def home_agency(stations: pd.DataFrame) -> str | None:
    """Agency whose stations are the department's own: "" where blanks are; None where two have as many."""
    counts = Counter(agencies(stations))
    if "" in counts or not counts:
        return ""
    (first, most), *others = counts.most_common(2)
    return None if others and others[0][1] == most else first


def with_home(stations: pd.DataFrame, home: str | None, notes: list[str]) -> None:
    """Make blank the agency that a user names as the home one, and note whose stations the others are."""
    if home is not None and "agency" in stations.columns:
        stations["agency"] = ["" if a.casefold() == home.casefold() else a for a in agencies(stations)]
    counts = Counter(agencies(stations))
    if len(counts) < 2:
        return
    mine = home_agency(stations)
    others = listed(f"{quoted(a)} ({n})" for a, n in sorted(counts.items()) if a != mine)
    if mine is None:
        notes.append(f"whose stations are the department's own cannot be told, so all count so: {others}; name home")
        return
    called = quoted(mine) if mine else "the department"
    n_own = wording.counted(counts[mine], f"station of {called} is", f"stations of {called} are")
    notes.append(f"{n_own} its own; those of {others} count in cover as neighbours'")


def neighbours_said(stations: pd.DataFrame, units: pd.DataFrame) -> list[str]:
    """Say how many open stations and units are of neighbours, by agency; nothing where there are none."""
    away = stations[~own_stations(stations) & stations["open"]]
    if not len(away):
        return []
    housed = int(units["station_id"].isin(away.index).sum()) if len(units) else 0
    whose = listed(f"{quoted(a)} ({n})" for a, n in sorted(Counter(agencies(away)).items()))
    n_open, n_units = wording.counted(len(away), "open station"), wording.counted(housed, "unit")
    counted = f"{n_open} and {n_units} of neighbours count in cover"
    asked = (
        "a neighbour that comes only on request, or not at all, counts there as if it came at once: close its stations"
        " (CloseStation) for figures without it; simulations take rules of aid"
    )
    return [f"{counted}, and are told apart in tables by station: {whose}", asked]


def with_neighbours(said: str, stations: pd.DataFrame) -> str:
    """Add to a total of open stations how many of them are of neighbours."""
    away = int((~own_stations(stations) & stations["open"]).sum())
    return f"{said} ({away} of neighbours)" if away else said
