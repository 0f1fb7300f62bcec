"""The view of incidents: points while a page can carry them, counts by hexagon beyond that."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from fireplan import wording
from fireplan._checked import takes
from fireplan._page_kit import style
from fireplan._page_kit.style import Band
from fireplan.colours import ACCENT, FASTER
from fireplan.demand._zones import HEXAGON, hexagons
from fireplan.disclosure import Publication
from fireplan.disclosure._cells_series import cells_in_series
from fireplan.disclosure._marks import SMALLEST
from fireplan.maps._layers import vector_layers
from fireplan.maps._layers.legend import Entry, Legend, band_entries, station_entries
from fireplan.maps._layers.scenario_layers import draw_open_stations, draw_streets
from fireplan.maps._pages.disclosure_profile import COUNTED_SAFELY, marked, today
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import Footer

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

    from fireplan.disclosure import Profile, Publications
    from fireplan.maps._layers.packed_layer import PackedLayer
    from fireplan.scenario import Scenario

MOST_POINTS = 200_000
"""More points than this are counted into hexagons: a page with them has about a megabyte."""

MOST_CELLS = 12_000
COARSEST = 4
SMALL_CELL = SMALLEST - 1
"""Counts of 1 to this many may point to single persons: the rule of the US Centers for Medicare & Medicaid."""

CLASSES = (0.3, 0.6, 0.85, 0.97)
"""Shares of the cells below which a class of counts ends."""

LOOKS = {50_000: (1.0, 0.25), 5_000: (1.5, 0.3), 0: (2.5, 0.5)}
"""Radius [px] and opacity of a dot, by the least number of points they are for."""

POINTS_NOTICE = "RESTRICTED: shows single incidents"
CELLS_NOTICE = f"RESTRICTED: shows places with {SMALL_CELL} incidents or fewer"


@takes
def incidents(
    scenario: Scenario,
    *,
    table: gpd.GeoDataFrame | None = None,
    most_points: int = MOST_POINTS,
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
    published: Publications | None = None,
) -> OfflineMap:
    """
    Draw where incidents were: as points, or counted into hexagons where there are very many.

    Parameters
    ----------
    scenario
        Streets and stations, and the incidents.
    table
        Incidents with points and a CRS to draw instead, such as those of a history.
    most_points
        More points than this are counted into hexagons; 0: always.
    title
        What stands over the map; left out: the scenario's name.
    basemap
        As in `coverage`.
    profile
        "public": counted into areas of eleven or more, see `fireplan.disclosure.public_cells`; left out, or "internal":
        as they are.
    published
        As in `performance`.

    Returns
    -------
    A map; where it is not public, marked RESTRICTED while it shows single incidents, or places with ten or fewer.
    """
    found = scenario.incidents if table is None else table
    footer = Footer(
        source=scenario.source,
        data_date=scenario.data_date,
        basis=scenario.provenance,  # type: ignore[arg-type]  # one of the three words
        method="Incidents at their recorded places.",
    )
    page = OfflineMap(title=title or f"Incidents: {scenario.name}", footer=footer, basemap=basemap)
    draw_streets(page, scenario)
    if found is None or not len(found):
        page.subtitle = "There are no incidents."
        page.legends = [Legend(title="Incidents", entries=station_entries("existing"), n="n = 0 incidents")]
    elif profile == "public":
        _draw_public(page, found, published, scenario=scenario.name)
    else:
        layer, legend, notice = crowd(found, name="Incidents", most_points=most_points)
        if layer is not None:
            layer.add_to(page)
        page.subtitle, page.legends = legend.n, [legend]
        page.footer = Footer(**{**vars(footer), "notice": notice})
    draw_open_stations(page, scenario)
    return marked(page, profile, note=COUNTED_SAFELY)


def _draw_public(page: OfflineMap, points: gpd.GeoDataFrame, published: Publications | None, *, scenario: str) -> None:
    """Draw counts that may be published beside all that were; what is left out is left blank."""
    of = Publication(today(), "incidents", page.title, "hexagons 9", scenario=scenario)
    cells, entry = cells_in_series(points, of=of, published=published)
    page.publications = (entry,)
    page.footer = replace(page.footer or Footer(), method="Incidents counted into areas of hexagons.", data_date="")
    said = f"n = {wording.count(int(cells['incidents'].sum()))} incidents shown"
    page.subtitle = said
    if not len(cells):
        page.legends = [Legend(title="Incidents", entries=station_entries("existing"), n=said)]
        return
    bands = count_bands(cells["incidents"])
    bands = (replace(bands[0], label=bands[0].label.replace("1 to", f"{SMALLEST} to", 1)), *bands[1:])
    cells = cells.assign(
        colour=style.colours_of(cells["incidents"], bands),
        said=[
            f"{wording.counted(c, 'incident')} in {wording.counted(h, 'hexagon')}{f', {days}' if days else ''}"
            for c, h, days in zip(cells["incidents"], cells["hexagons"], cells["days"], strict=True)
        ],
    )
    vector_layers.polygons(cells, name="Incidents", fill="colour", tooltip="said").add_to(page)
    page.legends = [
        Legend(
            title="Incidents",
            unit="in an area of one hexagon or more",
            entries=[*band_entries(bands), *station_entries("existing")],
            n=f"{said}, in {wording.count(len(cells))} areas, each of the days it names",
            note="No colour: there were none, a few, or more that would give a few away.",
        )
    ]


def crowd(
    points: gpd.GeoDataFrame, *, name: str, most_points: int = MOST_POINTS
) -> tuple[PackedLayer | None, Legend, str]:
    """
    Make a layer of points, or of hexagons where there are too many, with its legend and the notice it needs.

    Parameters
    ----------
    points
        With a CRS; those without a place are counted and left out.
    name
        What the layer is called, such as "Incidents".
    most_points
        As in `incidents`.
    """
    geometry = points.geometry.to_numpy()
    located = points[np.isfinite(shapely.get_x(geometry)) & np.isfinite(shapely.get_y(geometry))]
    lost = len(points) - len(located)
    what = name.lower()
    n = f"n = {wording.count(len(located))} {what}" + (f"; {wording.count(lost)} more without a place" if lost else "")
    if not len(located):
        return None, Legend(title=name, entries=station_entries("existing"), n=n), ""
    if len(located) <= most_points:
        radius_px, opacity = next(look for least, look in LOOKS.items() if len(located) >= least)
        layer = vector_layers.points(located.to_crs(4326), name=name, radius_px=radius_px, opacity=opacity)
        dot = Entry(label=f"one of the {what}", colour=ACCENT, sign="dot")
        note = "Where points overlap they darken."
        return layer, Legend(title=name, entries=[dot, *station_entries("existing")], n=n, note=note), POINTS_NOTICE
    cells = _cells(located)
    counts = cells["incidents"]
    bands = count_bands(counts)
    cells["colour"] = style.colours_of(counts, bands)
    cells["said"] = [f"{wording.count(c)} {what}" for c in counts]
    layer = vector_layers.polygons(cells, name=name, fill="colour", tooltip="said")
    legend = Legend(
        title=name,
        unit=f"in a hexagon of about {wording.area(np.median(_areas_km2(cells)))}",
        entries=[*band_entries(bands), *station_entries("existing")],
        n=f"{n}, in {wording.counted(len(cells), 'hexagon')}",
        note=f"Counted into hexagons, because a page carries {wording.count(most_points)} points at most.",
    )
    return layer, legend, CELLS_NOTICE if counts.min() <= SMALL_CELL else ""


def _cells(points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Counts by hexagon, in the finest that a page carries."""
    cells = hexagons(points, resolution=HEXAGON)
    for resolution in range(HEXAGON - 1, COARSEST - 1, -1):
        if len(cells) <= MOST_CELLS:
            break
        cells = hexagons(points, resolution=resolution)
    return cells


def _areas_km2(cells: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Areas of the cells. [km2]"""
    return np.asarray(cells.geometry.to_crs(6933).area, dtype=float) / 1e6  # equal-area, of the whole earth


def count_bands(counts: ArrayLike) -> tuple[Band, ...]:
    """
    Part counts into classes at limits of 1, 2, 3, 5 or 7 times a power of ten, more the darker.

    Examples
    --------
    >>> [band.label for band in count_bands([1, 1, 2, 3, 40])]
    ['1', '2', '3 to 50']
    """
    x = np.asarray(counts, dtype=float)
    limits = sorted({_rounded_up(float(np.quantile(x, share, method="inverted_cdf"))) for share in CLASSES})
    limits = [limit for limit in limits if limit < x.max()] + [_rounded_up(float(x.max()))]
    ends = [0.0, *limits]
    labels = [
        wording.count(high) if high - low == 1 else f"{wording.count(low + 1)} to {wording.count(high)}"
        for low, high in pairwise(ends)
    ]
    colours = style.ramp(FASTER, len(limits))
    return tuple(
        Band(label=label, colour=colour, above=low, up_to=high)
        for label, colour, (low, high) in zip(labels, colours, pairwise(ends), strict=True)
    )


def _rounded_up(value: float) -> float:
    """Return the next 1, 2, 3, 5 or 7 times a power of ten that is not below a count."""
    power = 10.0 ** np.floor(np.log10(max(value, 1.0)))
    return float(next(step * power for step in (1, 2, 3, 5, 7, 10) if step * power >= value))
