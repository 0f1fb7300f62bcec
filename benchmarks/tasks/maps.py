"""A page of incidents beside Folium's own markers, GeoJson and heat map; and every view of very many streets."""

from __future__ import annotations

import folium
import geopandas as gpd
import numpy as np
from folium.plugins import HeatMap

import fireplan as fp
from benchmarks.measuring import Contest, DifferenceError, Way
from benchmarks.networks import lanes
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._views.incidents import crowd

SIZES, QUICK_SIZES = (20_000, 100_000, 1_000_000), (2_000,)
MARKERS_RUN = 2_000
"""Folium's markers take seconds for each thousand: so many are run, and the time is said for all."""

STREETS, QUICK_STREETS = 100_000, 5_000
STATIONS = 30

MOST_BYTES = 2_000_000
LEAST_BYTES = 150_000
"""A smaller page lacks Leaflet. [bytes]"""


def contests(*, quick: bool):
    for n in QUICK_SIZES if quick else SIZES:
        points = incidents(n)
        peers = [
            Way(
                "folium HeatMap", lambda points=points: _size(heat(points)), same_work=False, note="no single incident"
            ),
            Way(
                "folium GeoJson",
                lambda points=points: _size(geojson(points)),
                same_work=False,
                note="pages of Folium's load its scripts from the network: that is not in their size",
            ),
            Way(
                "folium CircleMarker",
                lambda points=points: _size(markers(points.iloc[:MARKERS_RUN])),
                share=min(1.0, MARKERS_RUN / n),
                same_work=False,
                note=f"the size is that of {min(n, MARKERS_RUN):,} markers",
            ),
        ]
        yield Contest(
            task="maps",
            title=f"a page of {n:,} incidents",
            place="-",
            ours=Way("fireplan", lambda points=points: len(page(points).to_html().encode())),
            peers=tuple(peers if n <= SIZES[1] else peers[:1]),
            check=sizes,
            most_ms=5_000.0,
            quality="a page under 2 MB that loads nothing",
            judged=not quick,
        )

    yield from _views(QUICK_STREETS if quick else STREETS, judged=not quick)


def _views(n_streets: int, *, judged: bool):
    """Every view of a town of winding lanes; each with its streets thinned, and times found, anew."""
    roads = lanes(n_streets)
    at = np.random.default_rng(3).choice(roads.n_nodes, STATIONS, replace=False)
    stations = gpd.GeoDataFrame(
        {"station_id": [f"S{i}" for i in range(STATIONS)], "name": [f"Station {i}" for i in range(STATIONS)]},
        geometry=gpd.points_from_xy(*roads.node_xy_m[at].T),
        crs=roads.crs,
    ).to_crs(4326)

    def town() -> fp.Scenario:
        return fp.Scenario(roads, stations)

    def pair() -> fp.comparison.Comparison:
        today = town()
        return fp.compare(today, today.apply(fp.changes.CloseStation("S1"), name="without"), standard="NFPA_1710")

    maps = fp.maps
    draw = {
        "coverage": lambda: maps.coverage(fp.assess(town(), standard="NFPA_1710")),
        "gaps": lambda: maps.gaps(fp.assess(town(), standard="NFPA_1710")),
        "first_due": lambda: maps.first_due(town()),
        "isochrones": lambda: maps.isochrones(town()),
        "compare": lambda: maps.compare(pair()),
        "swipe": lambda: maps.swipe(pair()),
        "difference": lambda: maps.difference(pair()),
    }
    for name, view in draw.items():
        yield Contest(
            task="maps",
            title=f"maps.{name} of {roads.n_streets:,} winding streets, {STATIONS} stations, nothing known before",
            place="-",
            ours=Way("fireplan", lambda view=view: len(view().to_html())),
            most_ms=5_000.0,
            judged=judged,
        )


def incidents(n: int, *, seed: int = 0) -> gpd.GeoDataFrame:
    """Points strewn over a city of some 100 km2."""
    rng = np.random.default_rng(seed)
    return gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(rng.normal(-122.44, 0.03, n), rng.normal(37.76, 0.02, n)), crs=4326
    )


def page(points: gpd.GeoDataFrame) -> OfflineMap:
    """Ours: points, or hexagons where there are very many, and Leaflet itself."""
    drawn = OfflineMap(title="Incidents")
    layer, legend, _ = crowd(points, name="Incidents")
    if layer is not None:
        layer.add_to(drawn)
    drawn.legends = [legend]
    return drawn


def heat(points: gpd.GeoDataFrame) -> folium.Map:
    drawn = folium.Map()
    HeatMap(np.column_stack([points.geometry.y, points.geometry.x]).tolist()).add_to(drawn)
    return drawn


def geojson(points: gpd.GeoDataFrame) -> folium.Map:
    drawn = folium.Map(prefer_canvas=True)
    folium.GeoJson(points.to_json(), marker=folium.CircleMarker(radius=2)).add_to(drawn)
    return drawn


def markers(points: gpd.GeoDataFrame) -> folium.Map:
    drawn = folium.Map(prefer_canvas=True)
    for x, y in zip(points.geometry.x, points.geometry.y, strict=True):
        folium.CircleMarker((y, x), radius=2).add_to(drawn)
    return drawn


def _size(drawn: folium.Map) -> int:
    return len(drawn.get_root().render().encode())


def sizes(ours: object, theirs: dict[str, object]) -> tuple[str, bool]:
    """Say how large each page is. [bytes]"""
    if not isinstance(ours, int) or ours < LEAST_BYTES:
        raise DifferenceError("our page is empty")
    said = [f"{name} {size / 1e6:.2f} MB" for name, size in {"fireplan": ours, **theirs}.items()]
    return f"pages: {', '.join(said)}", ours < MOST_BYTES
