"""The view of the parts into which the roads fall, and what would join them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan._page_kit.generalisation import merged_lines
from fireplan._page_kit.style import ROADS
from fireplan.maps._layers.legend import Entry, Legend, station_entries
from fireplan.maps._layers.own_layers import own_layer
from fireplan.maps._layers.scenario_layers import draw_open_stations, draw_streets
from fireplan.maps._pages.disclosure_profile import for_audience, marked
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import footer_of
from fireplan.travel import network_parts as find_parts

if TYPE_CHECKING:
    import geopandas as gpd

    from fireplan.disclosure import Profile, Publications
    from fireplan.scenario import Scenario

MOST_PARTS = 5
"""Parts with a colour of their own, beside the largest; the others share one."""

COUNTED = (("population", "people"), ("dwellings", "dwellings"), ("incidents", "incidents"))
TOLERANCE_M = 4.0
METHOD = "Parts are what no street joins, whatever may be driven; a gap is the shortest way to a part with more street."


@takes
def network_parts(
    scenario: Scenario,
    *,
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
    published: Publications | None = None,  # noqa: ARG001 - every view takes it
) -> OfflineMap:
    """
    Draw the parts of the roads that no street joins; see `fireplan.travel.network_parts`.

    Parameters
    ----------
    scenario
        Stations, roads and zones.
    title, basemap
        As in `coverage`.
    profile
        For whom the page is: "public" takes incidents out, "internal" marks it RESTRICTED; left out: neither.
    published
        What was published before, for a public page that counts incidents: this one does not.
    """
    scenario = for_audience(scenario, profile)
    parts = find_parts(scenario)
    main = parts.iloc[0]
    share = wording.share(main["share_of_km"])
    page = OfflineMap(
        title=title or f"Parts of the roads: {scenario.name}",
        subtitle=(
            "All roads are joined"
            if len(parts) == 1
            else f"{wording.counted(len(parts), 'part')} that no street joins; the largest holds {share} of the roads"
        ),
        footer=footer_of(scenario, method=METHOD, drives=False),
        basemap=basemap,
    )
    draw_streets(page, scenario)
    largest = Entry(label=f"Largest part: {_said(main)}", colour=ROADS[0][0], sign="line")
    legend = Legend(title="Parts of the roads", entries=[largest, *station_entries("existing")])
    if len(parts) > 1:
        shown = _shown(parts.iloc[1:])
        popup = ["Part", *[c for c in ("Gap",) if shown[c].any()]]
        made = own_layer(shown, name="Other parts", column="Part", classes="categories", popup=popup)
        made.make().add_to(page)
        page.groups["Other parts"] = "Base map"
        entries = sorted(
            (replace(e, note="") for e in made.legend.entries), key=lambda e: not e.label.startswith("Part ")
        )
        legend = replace(legend, entries=[largest, *entries, *station_entries("existing")])
    page.legends.append(legend)
    draw_open_stations(page, scenario)
    return marked(page, profile)


def _shown(parts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Parts with a name and a gap in words: the largest by themselves, the others as one."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import
    import shapely  # noqa: PLC0415

    rows = [(f"Part {i}: {_said(row)}", _gap(row), [row.geometry]) for i, row in parts.iloc[:MOST_PARTS].iterrows()]
    rest = parts.iloc[MOST_PARTS:]
    if len(rest):
        whole = pd.Series({c: rest[c].sum() for c in rest.columns if pd.api.types.is_numeric_dtype(rest[c])})
        rows.append((f"{wording.counted(len(rest), 'smaller part')}: {_said(whole)}", "", list(rest.geometry)))
    lines = [
        shapely.multilinestrings(merged_lines(np.array(shapes, dtype=object), tolerance_m=TOLERANCE_M))
        for *_, shapes in rows
    ]
    return gpd.GeoDataFrame({"Part": [r[0] for r in rows], "Gap": [r[1] for r in rows]}, geometry=lines, crs=parts.crs)


def _said(part: pd.Series) -> str:
    """Say what lies on a part: kilometres, people and stations."""
    told = [wording.distance(1000 * float(part["street_km"]))]
    told += [f"{wording.count(part[name])} {unit}" for name, unit in COUNTED if name in part and part[name] > 0][:1]
    stations = int(part["stations"])
    told.append(wording.counted(stations, "station") if stations else "no station")
    return ", ".join(told)


def _gap(part: pd.Series) -> str:
    """Say how near a part comes to a larger one, and where."""
    if not np.isfinite(part["gap_m"]):
        return ""
    ends = [end or "a road without a name" for end in (part["street"], part["nearest_street"])]
    to = "the largest part" if part["nearest_part"] == 0 else f"part {part['nearest_part']}"
    return f"{wording.distance(part['gap_m'])} to {to}, between {ends[0]} and {ends[1]}"
