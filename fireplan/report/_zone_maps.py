"""Maps of a report: values by zone in classes, over the stations of one scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fireplan._page_kit import style
from fireplan.charts._choropleth import choropleth
from fireplan.colours import UNKNOWN
from fireplan.report._blocks import drawn

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from fireplan._page_kit.style import Band
    from fireplan.charts import About, Chart
    from fireplan.report._blocks import Block
    from fireplan.scenario import Scenario


@dataclass(frozen=True, eq=False)
class Shading:
    """
    What a map shows.

    Attributes
    ----------
    values
        By `zone_id`.
    bands
        Their classes.
    weight, unit
        What the legend counts, by `zone_id`; None: zones.
    title, said, heading
        Words over the map and over its legend.
    missing, missing_colour
        What zones in no class are called, and their colour.
    """

    values: pd.Series[float]
    bands: Sequence[Band]
    weight: pd.Series[float] | None
    unit: str
    title: str
    said: str
    heading: str = ""
    missing: str = "not known"
    missing_colour: str = UNKNOWN


def shaded(
    key: str, shading: Shading, *, scenario: Scenario, before: Scenario, about: About, data: pd.DataFrame
) -> Block:
    """
    Draw a map of one scenario, or say why there is none.

    Parameters
    ----------
    key
        Name of its file.
    shading
        What it shows.
    scenario
        Whose zones, roads and stations.
    before
        What it is compared with: stations that are not there are new.
    about
        For the foot.
    data
        What is attached.
    """
    return drawn(key, lambda: _map(shading, scenario, before, about), data, dots=True)


def _map(shading: Shading, scenario: Scenario, before: Scenario, about: About) -> Chart:
    labels = {band.colour: band.label for band in shading.bands}
    known = set(before.stations.index)
    return choropleth(
        style.colours_of(shading.values, shading.bands).map(labels),
        zones=scenario.zones,
        colours={band.label: band.colour for band in shading.bands},
        weight=shading.weight,
        unit=shading.unit,
        stations=scenario.stations,
        fresh=[s for s in scenario.stations.index if s not in known],
        roads=scenario.roads,
        heading=shading.heading,
        missing=shading.missing,
        missing_colour=shading.missing_colour,
        title=shading.title,
        said=(shading.said,),
        about=about,
    )
