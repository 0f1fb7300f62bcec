"""What is said beside modelled shares: what is expected over drives, or that drives were only planned."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fireplan import wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from fireplan.scenario import Scenario

SOURCE = (
    "J. Hassler, T. Andersson Granberg and V. Ceccato, “Socio-spatial inequities of fire and rescue services in"
    " Sweden”, Fire Technology, 2023, https://doi.org/10.1007/s10694-023-01496-3"
)
"""Of how far estimates from maps and real times lie apart."""

PLANNED = (
    "modelled times are planning speeds, not learnt from records, and usually too short, so that shares are too high:"
    " of the events of Sweden's fire services in 2018, estimated response times were shorter than the real ones at"
    " 81.3 %"
)
"""What is said where drives are planned; the source is `SOURCE`."""

MEND = "calibrate them to a dispatch history by fp.calibrate, or `fireplan calibrate`"


def planned_said(scenario: Scenario) -> str:
    """Say that drives are planned, and how such times compare with real ones; nothing where they were calibrated."""
    return "" if scenario.roads.calibrated else f"{PLANNED}; {MEND}"


def is_expected(row: Mapping[Any, Any] | pd.Series[Any]) -> bool:
    """Whether the share of a row of `Assessment.summary` is expected over drives."""
    return math.isfinite(float(row.get("median_share", math.nan)))


def share_ends(row: Mapping[Any, Any] | pd.Series[Any]) -> dict[str, float]:
    """Give the interval of the share of a row, as `fireplan.wording` takes it."""
    return {"low": float(row.get("share_low", math.nan)), "high": float(row.get("share_high", math.nan))}


def expected_said(row: Mapping[Any, Any] | pd.Series[Any]) -> str:
    """Say what stands beside an expected share: yes or no on the median drive, and the time of nine in ten arrivals."""
    if not is_expected(row):
        return ""
    p90_s = float(row["all_p90_s"])
    last = (
        f"90 % of all arrivals by {wording.percentile(p90_s)}"
        if math.isfinite(p90_s)
        else "more than a tenth of arrivals never come"
    )
    return f"yes or no on the median drive: {wording.share(row['median_share'])}; {last}"
