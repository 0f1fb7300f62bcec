"""The streets by which stations say that their engines leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def exit_streets(stations: pd.DataFrame) -> list[str]:
    """Street of each station as text; "" where none is named."""
    if "street" not in stations.columns:
        return [""] * len(stations)
    return [str(s).strip() for s in stations["street"].astype(object).where(stations["street"].notna(), "")]
