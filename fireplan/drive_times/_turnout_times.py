"""How long crews take to turn out, as a distribution."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from fireplan._checked import takes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray


@takes
@dataclass(frozen=True)
class TurnoutTimes:
    """
    Turnout as observed: quantiles at the middles of a hundred equal shares, and what is particular to stations.

    Attributes
    ----------
    n
        Turnouts it rests on.
    quantiles_s
        Of all of them. [s]
    by_kind
        The same by (kind of unit, category of incident); "" stands for all. [s]
    stations_s
        How much longer the crews of a station take than the others, at the median, shrunk. [s]
    """

    n: int
    quantiles_s: tuple[float, ...]
    by_kind: Mapping[tuple[str, str], tuple[float, ...]] = field(default_factory=dict)
    stations_s: Mapping[str, float] = field(default_factory=dict)

    def distribution_s(self, kinds: Iterable[str] = (), categories: Iterable[str] = ()) -> NDArray[np.float64]:
        """Quantiles of the turnout of some kinds of unit to some categories of incident, of all where none is named."""
        del kinds, categories
        return np.array(self.quantiles_s)

    def of_units(self, units: pd.DataFrame) -> pd.DataFrame:
        """Give units the turnout of their kind and station at the median, in place of a planned one."""
        kinds = {kind: float(np.median(self.distribution_s([kind]))) for kind in units["type"].unique()}
        stations_s = units["station_id"].map(lambda s: self.stations_s.get(s, 0.0)).to_numpy(float)
        return units.assign(turnout_s=np.maximum(units["type"].map(kinds).to_numpy(float) + stations_s, 1.0))
