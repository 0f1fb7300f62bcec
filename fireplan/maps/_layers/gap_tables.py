"""Tables of gaps made ready to be drawn, with words a resident can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan import wording
from fireplan.crs import WGS84, reproject
from fireplan.maps._layers.attribute_tables import NO_STATION, counted_lines
from fireplan.maps._layers.chance_words import chance_said
from fireplan.measures._gaps import late_told

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def gap_table(found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Gaps with words for their cards."""
    table = reproject(found, WGS84)
    table["gap_said"] = [f"Gap {gap}: {reason}" for gap, reason in zip(table.index, table["reason"], strict=True)]
    table["nearest_said"] = table["nearest_name"].fillna(NO_STATION)
    limit_s = found.attrs.get("limit_s")
    for column in ("travel", "worst"):
        table[f"{column}_said"] = [wording.clock(s, limit_s=limit_s) for s in table[f"{column}_s"]]
    # Where no station is the nearest of most of a gap, the time of the rest is not that of the gap.
    table.loc[found["nearest_name"].isna().to_numpy(), "travel_said"] = wording.NOT_REACHED
    table["area_said"] = table["area_km2"].map(wording.area)
    if "late" in table:
        table["late_said"] = [wording.count(n) for n in late_told(found).rows]
        table["chance_said"] = table["chance"].map(chance_said)
    table.attrs = dict(found.attrs)
    return table


def gap_popup(table: pd.DataFrame) -> list[tuple[str, str]]:
    """Lines of a gap's card; what it was found by has its own unit."""
    weight = table.attrs.get("weight")
    own = [(wording.capital(str(table.attrs["unit"])), str(weight))] if weight in table else []
    lines = [("", "gap_said"), *own]
    lines += [line for line in counted_lines(table) if line[1] != weight]
    if "late_said" in table:
        lines += [("Of these expected late", "late_said"), ("In time, on average", "chance_said")]
    lines += [("Zones", "zones"), ("Area", "area_said"), ("Nearest station", "nearest_said")]
    return [*lines, ("Usual travel from it", "travel_said"), ("Longest", "worst_said")]
