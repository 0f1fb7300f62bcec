"""A map that stands still: zones in the colours of their classes, with roads and stations, for print."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.patches import Rectangle
from matplotlib.path import Path
from PIL import Image

from fireplan import wording
from fireplan.charts._chart import About, Chart
from fireplan.charts._chart_layout import EDGE_PT, FONT, LABEL_PT, SMALL_PT, WIDTH_PT, Sheet, Words, drawable, shortened
from fireplan.charts._palette import QUIET
from fireplan.charts._trade_offs import modelled
from fireplan.colours import INK, STILL_MAIN_ROAD, STILL_ROAD, UNKNOWN
from fireplan.crs import WGS84, metric_crs
from fireplan.demand._zones import DISC_RADIUS_M
from fireplan.errors import InputError
from fireplan.roads._classes import MAIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from fireplan.roads import RoadNetwork

LEGEND_PT = 190.0
MOST_PT, LEAST_PT = 520.0, 250.0
"""Height of the ground. [pt]"""
MARGIN = 0.03
ROUND_KM = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
NO_CLASS = "not known"
POLYGON = 3
"""What shapely calls an area."""
ROW_PT = 30.0


@dataclass(frozen=True, eq=False)
class _Ground:
    """What is drawn, in metres."""

    zones: NDArray[np.object_]
    colours: list[str]
    legend: list[tuple[str, str, str]]
    heading: str
    roads: list[tuple[str, float, list[NDArray[np.float64]]]]
    stations: NDArray[np.float64]
    names: list[str]
    open: NDArray[np.bool_]
    fresh: NDArray[np.bool_]


def choropleth(  # noqa: PLR0913 - a map has this many parts
    classes: pd.Series[str],
    *,
    zones: gpd.GeoDataFrame,
    colours: Mapping[str, str],
    weight: pd.Series[float] | None = None,
    unit: str = "zones",
    stations: gpd.GeoDataFrame | None = None,
    fresh: Sequence[str] = (),
    roads: RoadNetwork | None = None,
    heading: str = "",
    missing: str = NO_CLASS,
    missing_colour: str = UNKNOWN,
    title: str = "",
    said: Sequence[str] = (),
    about: About | None = None,
) -> Chart:
    """
    Draw zones in the colours of their classes, as a map for print.

    Parameters
    ----------
    classes
        Class of each zone, by `zone_id`; missing, or a class without a colour: in `missing_colour`.
    zones
        Outlines or points, with a CRS.
    colours
        Colour of each class (`#rrggbb`), in the order of the legend.
    weight
        What the legend counts, by `zone_id`; left out: zones.
    unit
        Unit of the weight, in the plural.
    stations
        With `name` and `open`; closed ones are drawn crossed.
    fresh
        Ids of stations that are new: drawn as squares.
    roads
        Drawn thinly above the zones.
    heading
        What the classes are of, with the unit.
    missing, missing_colour
        What zones of no class are called, and their colour.
    title
        Left out: the heading.
    said
        Sentences under the title.
    about
        Source, date and basis for the foot; left out: modelled.

    Returns
    -------
    A map, north up, with a scale bar and a legend that gives the weight of each class and its share of all.

    Raises
    ------
    InputError
        If there is no zone, or no class has a colour.
    """
    if not len(zones) or not colours:
        raise InputError("a map needs zones, and colours for their classes")
    about = modelled(about, zones)
    middle = zones.geometry.to_crs(WGS84).representative_point()
    place = zones.geometry.to_crs(metric_crs(middle.x, middle.y) if roads is None else roads.crs)
    label_of = classes.reindex(zones.index).astype(object).where(lambda s: s.isin(list(colours)), missing)
    weighed = pd.Series(1.0, index=zones.index) if weight is None else weight.reindex(zones.index)
    counted = np.asarray(weighed.fillna(0), dtype=np.float64)
    legend = _legend(label_of.to_numpy(object), counted, {**colours, missing: missing_colour}, unit, missing=missing)
    shown = _stations(stations, place.crs)
    ground = _Ground(
        _outlines(place), [colours.get(str(c), missing_colour) for c in label_of], legend, heading, _lines(roads),
        shown, _names(stations), _flags(stations, "open"),
        np.array([], bool) if stations is None else stations.index.isin(list(fresh)),
    )  # fmt: skip
    foot = (f"n = {wording.count(counted.sum())} {drawable(unit)}", *about.told())
    notes = ["North is up. Circles: stations" + ("; squares: new ones" if len(fresh) else "") + "; crossed: closed."]
    words = Words(title or heading or "Map", tuple(said), tuple(notes) if stations is not None else (), foot)
    told = "; ".join(f"{name}: {count}" for name, _, count in legend)
    alt = f"Map. {words.alt} {told}."
    return Chart(words.title, alt, lambda: _drawn(ground, words))


def _legend(
    found: NDArray[np.object_], counted: NDArray[np.float64], colours: Mapping[str, str], unit: str, *, missing: str
) -> list[tuple[str, str, str]]:
    """Each class, its colour, and what it holds."""
    total = counted.sum()
    rows = []
    for name, colour in colours.items():
        inside = found == name
        here = counted[inside].sum()
        if name == missing and not inside.any():
            continue
        if name == missing and not here > 0:  # of what is counted there is none: only ground is left to tell
            rows.append((drawable(name), colour, wording.counted(int(inside.sum()), "zone")))
            continue
        part = f" ({wording.share(here / total)})" if total > 0 else ""
        rows.append((drawable(name), colour, f"{wording.count(here)} {drawable(unit)}{part}"))
    return rows


def _outlines(place: gpd.GeoSeries) -> NDArray[np.object_]:
    shapes = place.to_numpy()
    points = shapely.get_dimensions(shapes) == 0
    shapes = shapes.copy()
    shapes[points] = shapely.buffer(shapes[points], DISC_RADIUS_M)
    return np.asarray(shapes, dtype=object)


def _lines(roads: RoadNetwork | None) -> list[tuple[str, float, list[NDArray[np.float64]]]]:
    """Streets as lines: colour, width [pt], vertices."""
    if roads is None:
        return []
    pieces = np.split(roads.xy_m, roads.offsets[1:-1])
    main = [str(h) in MAIN for h in roads.highway]
    local = [p for p, is_main in zip(pieces, main, strict=True) if not is_main]
    wide = [p for p, is_main in zip(pieces, main, strict=True) if is_main]
    return [(STILL_ROAD, 0.3, local), (STILL_MAIN_ROAD, 0.9, wide)]


def _stations(stations: gpd.GeoDataFrame | None, crs: object) -> NDArray[np.float64]:
    return np.empty((0, 2)) if stations is None else shapely.get_coordinates(stations.geometry.to_crs(crs).to_numpy())


def _names(stations: gpd.GeoDataFrame | None) -> list[str]:
    return [] if stations is None else [str(n) for n in stations["name"]]


def _flags(stations: gpd.GeoDataFrame | None, column: str) -> NDArray[np.bool_]:
    return np.array([], bool) if stations is None else stations[column].to_numpy(bool)


def _drawn(ground: _Ground, words: Words) -> Figure:
    bounds = shapely.total_bounds(ground.zones)
    if len(ground.stations):
        least, most = ground.stations.min(axis=0), ground.stations.max(axis=0)
        bounds = np.concatenate([np.minimum(bounds[:2], least), np.maximum(bounds[2:], most)])
    size = np.maximum(bounds[2:] - bounds[:2], 100.0)
    middle = (bounds[2:] + bounds[:2]) / 2
    wide_pt = WIDTH_PT - 2 * EDGE_PT - LEGEND_PT
    height_pt = float(np.clip(wide_pt * size[1] / size[0], LEAST_PT, MOST_PT))
    per_pt = float(max(size[0] / wide_pt, size[1] / height_pt)) * (1 + 2 * MARGIN)
    sheet = Sheet(words, plot_pt=height_pt)
    axes = sheet.axes(left=EDGE_PT, right=EDGE_PT + LEGEND_PT, bottom=0, height=height_pt)
    half = np.array([wide_pt, height_pt]) * per_pt / 2
    axes.set(xlim=(middle[0] - half[0], middle[0] + half[0]), ylim=(middle[1] - half[1], middle[1] + half[1]))
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    _zones(axes, ground)
    for colour, width, pieces in ground.roads:
        axes.add_collection(LineCollection(pieces, colors=colour, linewidths=width, zorder=2), autolim=False)
    _marks(axes, ground)
    side = sheet.axes(left=WIDTH_PT - EDGE_PT - LEGEND_PT, bottom=0, height=height_pt)
    _key(side, ground, height_pt, per_pt)
    return sheet.figure


def _zones(axes: Axes, ground: _Ground) -> None:
    """Draw all zones of one colour as one shape: a hundred times faster than one by one."""
    colours = np.array(ground.colours, dtype=object)
    for colour in sorted(set(ground.colours)):
        parts = shapely.get_parts(ground.zones[colours == colour])
        areas = shapely.orient_polygons(parts[shapely.get_type_id(parts) == POLYGON])
        vertices, ring = shapely.get_coordinates(shapely.get_rings(areas), return_index=True)
        if not len(vertices):
            continue
        codes = np.full(len(vertices), Path.LINETO, dtype=np.uint8)
        first = np.flatnonzero(np.diff(ring, prepend=-1))
        codes[first] = Path.MOVETO
        codes[np.append(first[1:], len(vertices)) - 1] = Path.CLOSEPOLY
        path = Path(vertices, codes)
        drawn = PathCollection([path], facecolors=[colour], edgecolors=[colour], linewidths=[0.2], zorder=1)
        drawn.set_gid("zones")
        axes.add_collection(drawn, autolim=False)


def _marks(axes: Axes, ground: _Ground) -> None:
    """Draw stations and their names."""
    for (x, y), name, is_open, is_fresh in zip(ground.stations, ground.names, ground.open, ground.fresh, strict=True):
        axes.plot(
            x, y, "s" if is_fresh else "o", color="white" if not is_open else INK, markersize=7.5,
            markeredgecolor=INK if not is_open else "white", markeredgewidth=1.3, zorder=4,
        )  # fmt: skip
        if not is_open:
            axes.plot(x, y, "x", color=INK, markersize=5.5, markeredgewidth=1.4, zorder=5)
        axes.annotate(
            shortened(name, size=SMALL_PT, most_pt=120.0), (x, y), xytext=(7, 3), textcoords="offset points",
            color=INK, fontsize=SMALL_PT, weight="bold", fontfamily=FONT, parse_math=False, zorder=6,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.75},
        )  # fmt: skip


def _key(side: Axes, ground: _Ground, height_pt: float, per_pt: float) -> None:
    """Write the legend, the scale bar and the north beside the map. [pt]"""
    side.set(xlim=(0, LEGEND_PT), ylim=(0, height_pt))
    side.set_axis_off()
    y = height_pt - 12
    if ground.heading:
        _say(side, 12, y, shortened(ground.heading, size=LABEL_PT, most_pt=LEGEND_PT - 14), INK, LABEL_PT, bold=True)
        y -= 22
    for name, colour, count in ground.legend:
        side.add_patch(Rectangle((12, y - 9), 16, 16, facecolor=colour, edgecolor=QUIET, linewidth=0.5))
        _say(side, 35, y + 1, shortened(name, size=LABEL_PT, most_pt=LEGEND_PT - 37), INK, LABEL_PT)
        _say(side, 35, y - 10, shortened(count, size=SMALL_PT, most_pt=LEGEND_PT - 37), QUIET, SMALL_PT)
        y -= ROW_PT
    km = max((k for k in ROUND_KM if k * 1000 / per_pt <= LEGEND_PT - 60), default=ROUND_KM[0])
    length = km * 1000 / per_pt
    side.add_patch(Rectangle((12, 12), length, 3.5, facecolor=INK, edgecolor="none", gid="scale"))
    _say(side, 12, 20, f"{wording.figure(km)} km", INK, LABEL_PT)
    _say(side, LEGEND_PT - 22, 12, "N", INK, LABEL_PT, bold=True)
    side.annotate("", (LEGEND_PT - 18, 48), xytext=(LEGEND_PT - 18, 24), arrowprops={"arrowstyle": "-|>", "color": INK})


def _say(axes: Axes, x: float, y: float, text: str, colour: str, size: float, *, bold: bool = False) -> None:
    axes.text(
        x, y, text, color=colour, fontsize=size, fontfamily=FONT, parse_math=False,
        weight="bold" if bold else "normal",
    )  # fmt: skip


def small_png(chart: Chart, *, dpi: float, colours: int = 64) -> bytes:
    """
    Give a map as a PNG of few colours: a third of the size, the colours of its classes exact.

    Parameters
    ----------
    chart
        A map; its areas are of one colour each.
    dpi
        Pixels to an inch; at 96 it is 900 wide.
    colours
        How many, at most 256; what is rarer is drawn in the nearest of them.
    """
    pixels = chart.pixels(dpi=dpi).astype(np.int64)
    packed = (pixels[..., 0] << 16) | (pixels[..., 1] << 8) | pixels[..., 2]
    # By hashing, as sorting a million of a few thousand colours takes most of the time.
    at, hashed = pd.factorize(packed.reshape(-1))
    order = np.argsort(hashed)
    found, count = hashed[order], np.bincount(at)[order]
    at = np.argsort(order)[at]
    kept = found[np.sort(np.argsort(-count, kind="stable")[:colours])]
    apart = (_parts(found)[:, None, :] - _parts(kept)[None, :, :]) ** 2
    small = Image.fromarray(apart.sum(axis=2).argmin(axis=1)[at].reshape(packed.shape).astype(np.uint8))
    small.putpalette(_parts(kept).astype(np.uint8).tobytes())
    written = BytesIO()
    small.save(written, format="PNG", optimize=True)
    return written.getvalue()


def _parts(packed: NDArray[np.int64]) -> NDArray[np.int64]:
    """Red, green and blue."""
    return np.stack([packed >> 16, (packed >> 8) & 255, packed & 255], axis=-1)
