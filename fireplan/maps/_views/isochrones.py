"""The view of ground reached: what the open stations together reach within travel times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan import wording
from fireplan._checked import takes
from fireplan._page_kit import style
from fireplan.crs import WGS84, reproject
from fireplan.maps._layers import vector_layers
from fireplan.maps._layers.chance_words import MEDIAN
from fireplan.maps._layers.legend import Legend, band_entries, station_entries
from fireplan.maps._layers.scenario_layers import METHOD, draw_open_stations, draw_streets
from fireplan.maps._pages.disclosure_profile import for_audience, marked
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import footer_of
from fireplan.travel import isochrones as outline_reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fireplan.disclosure import Profile, Publications
    from fireplan.scenario import Scenario


@takes
def isochrones(
    scenario: Scenario,
    *,
    within_s: Sequence[float] = (240, 480),
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
    published: Publications | None = None,  # noqa: ARG001 - every view takes it
) -> OfflineMap:
    """
    Draw the ground that the open stations together reach within each travel time.

    Parameters
    ----------
    scenario
        Stations and roads.
    within_s
        Travel times, without turnout. [s]
    title, basemap
        As in `coverage`.
    profile
        For whom the page is: "public" takes incidents out, "internal" marks it RESTRICTED; left out: neither.
    published
        What was published before, for a public page that counts incidents: this one does not.

    Notes
    -----
    With a calibration times are those of the median drive: half of the drives to the edge of the ground take longer.
    """
    scenario = for_audience(scenario, profile)
    bands = style.time_bands(*sorted(within_s), unreachable=False)[:-1]
    n_open = int(scenario.stations["open"].sum())
    page = OfflineMap(
        title=title or f"Ground reached: {scenario.name}",
        subtitle="By the only open station" if n_open == 1 else f"By the nearest of {n_open} open stations",
        footer=footer_of(scenario, method=METHOD),
        legends=[
            Legend(
                title=f"{'Median travel' if scenario.roads.calibrated else 'Travel'} time from the nearest station",
                entries=[*band_entries(bands), *station_entries("existing")],
                unit="min:s, without turnout",
                note=MEDIAN if scenario.roads.calibrated else "",
            )
        ],
        basemap=basemap,
    )
    draw_streets(page, scenario)
    reached = reproject(outline_reach(scenario, within_s=within_s, dissolve=True), WGS84)
    reached["colour"] = [next(b.colour for b in bands if b.up_to == limit) for limit in reached["within_s"]]
    reached["said"] = ["within " + wording.clock(limit) for limit in reached["within_s"]]
    for _, row in reached.groupby("within_s", sort=False):
        vector_layers.polygons(row, name=f"Reached {row['said'].iloc[0]}", fill="colour", tooltip="said").add_to(page)
    draw_open_stations(page, scenario)
    return marked(page, profile)
