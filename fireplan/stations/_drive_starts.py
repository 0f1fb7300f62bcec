"""What a calibration says of single stations: where their engines leave, and how much later they are at speed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    import geopandas as gpd
    from numpy.typing import NDArray

    class Start(Protocol):
        """What a calibration says of one station."""

        @property
        def later_s(self) -> float: ...
        @property
        def at(self) -> tuple[float, float] | None: ...


EXIT = ("exit_longitude", "exit_latitude")
OF_PLACE = ("street", *EXIT, "later_s")
"""Columns that speak of the place where a station stands: none holds at another."""


def later_starts(stations: pd.DataFrame) -> pd.Series[float]:
    """Say how much later than those of the others each station's engines are at speed; 0 where nothing is known. [s]"""
    if "later_s" not in stations.columns:
        return pd.Series(0.0, index=stations.index)
    return pd.to_numeric(stations["later_s"]).astype(float).fillna(0.0)


def exits(stations: pd.DataFrame) -> NDArray[np.float64]:
    """Longitude and latitude of the place at which each station's engines leave, n x 2; NaN where none is named. [°]"""
    if not all(name in stations.columns for name in EXIT):
        return np.full((len(stations), 2), np.nan)
    return np.column_stack([pd.to_numeric(stations[name]).to_numpy(float, na_value=np.nan) for name in EXIT])


def with_starts(stations: gpd.GeoDataFrame, starts: Mapping[str, Start]) -> gpd.GeoDataFrame:
    """Write down what a calibration says of stations; what they said themselves of their exits gives way to it."""
    known = [starts.get(str(station)) for station in stations.index]
    at = [None if s is None else s.at for s in known]
    table = stations.assign(later_s=[0.0 if s is None else s.later_s for s in known])
    if not any(at):
        return table
    before = exits(stations)
    told = np.array([before[i] if place is None else place for i, place in enumerate(at)])
    return table.assign(**dict(zip(EXIT, told.T, strict=True)))
