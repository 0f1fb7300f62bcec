"""Demand zones of NFPA 1720: urban, suburban, rural and remote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan.errors import Faults, InputError, listed, quoted
from fireplan.standards._objectives import Objective, Standard

if TYPE_CHECKING:
    from collections.abc import Mapping

URBAN_PER_MI2, RURAL_PER_MI2 = 1000.0, 500.0
"""Of NFPA 1720: more people per square mile than the first is urban, fewer than the second rural."""

REMOTE_MILES = 8.0
"""Ground this far or farther from the station by road is remote. [miles]"""

ZONES = ("urban", "suburban", "rural", "remote")


@takes
def demand_zones(
    people_per_mi2: pd.Series[float],
    *,
    urban_over_per_mi2: float = URBAN_PER_MI2,
    rural_under_per_mi2: float = RURAL_PER_MI2,
    road_miles: pd.Series[float] | None = None,
) -> pd.Series[str]:
    """
    Say which class of density each place is in: by default the demand zones of NFPA 1720.

    Parameters
    ----------
    people_per_mi2
        Density, such as `fireplan.demand.people_per_mi2` gives. [people per square mile]
    urban_over_per_mi2, rural_under_per_mi2
        More than the first is urban, fewer than the second rural, suburban lies between. Cities draw these lines
        themselves: some that follow the CPSE call urban what has over 2,000. [people per square mile]
    road_miles
        Distance by road from the nearest station, on the same index, such as `engine_miles` of
        `fireplan.measures.iso_zones`; left out: nothing is remote. [miles]

    Returns
    -------
    "urban", "suburban", "rural" or "remote"; missing where the density is not known.

    Notes
    -----
    The bounds are those of reprints of NFPA 1720 [1]_ and were not seen in the standard itself. The density is meant of
    an area that a department plans for: single blocks or hexagons scatter, so add up population and area of larger
    areas first.

    References
    ----------
    .. [1] NFPA 1720, table of demand zones and staffing (2004 and later editions, reprinted in studies).

    Examples
    --------
    >>> import pandas as pd, fireplan as fp
    >>> fp.standards.demand_zones(pd.Series([2400.0, 640.0, 35.0])).tolist()
    ['urban', 'suburban', 'rural']
    >>> fp.standards.demand_zones(pd.Series([2400.0, 1640.0]), urban_over_per_mi2=2000).tolist()
    ['urban', 'suburban']
    """
    for name, given in (("people_per_mi2", people_per_mi2), ("road_miles", road_miles)):
        if given is not None and not pd.api.types.is_numeric_dtype(given):
            raise InputError(f"{name} holds {given.dtype}, not numbers: convert it, such as with pd.to_numeric")
    density = people_per_mi2.to_numpy(float, na_value=np.nan)
    faults = Faults("demand zones")
    if (density < 0).any():
        faults.add("people_per_mi2 holds a number below zero: densities are zero or more")
    if not 0 <= rural_under_per_mi2 <= urban_over_per_mi2:
        faults.add(
            f"urban_over_per_mi2 is {urban_over_per_mi2:g} and rural_under_per_mi2 {rural_under_per_mi2:g}: the first"
            " is the greater one, and neither is below zero"
        )
    faults.raise_if_any()
    bounds = [density > urban_over_per_mi2, density >= rural_under_per_mi2, density >= 0]
    found = np.select(bounds, ZONES[:3], default="")
    if road_miles is not None:
        lost = people_per_mi2.index.difference(road_miles.index)
        if len(lost):
            told = listed(map(quoted, lost))
            raise InputError(f"road_miles says nothing about {told}: give every place its distance, on the same index")
        far = (road_miles.reindex(people_per_mi2.index) >= REMOTE_MILES).to_numpy(bool)
        found = np.where(far, "remote", found)
    zones = pd.Series(found, index=people_per_mi2.index, name="demand_zone", dtype="str")
    return zones.where(zones != "")


@takes
def remote_zone(*, limit_s: float, needs: Mapping[str, float] | None = None, source: str = "the agency") -> Standard:
    """
    Write an objective for the remote demand zone of NFPA 1720, for which the standard sets no time.

    Parameters
    ----------
    limit_s
        Turnout and travel time that the agency sets for its distances. [s]
    needs
        What must have arrived; left out: 4 people, from reprints of NFPA 1720.
    source
        Who sets the time.

    Returns
    -------
    A standard with one objective, to 90 %.
    """
    objective = Objective(
        key="remote_force",
        title="4 people" if needs is None else "Remote force",
        limit_s=limit_s,
        interval="turnout_and_travel_s",
        needs=needs or {"people": 4},
        where={"demand_zone": ("remote",)},
        share=0.9,
        applies_to=f"travel of {REMOTE_MILES:g} miles or more",
        source=f"time: {source}; force and share: NFPA 1720, table of demand zones, from reprints",
        edition="2020",
    )
    return Standard("NFPA_1720_REMOTE", "NFPA 1720, volunteer fire departments, remote demand zone", (objective,))
