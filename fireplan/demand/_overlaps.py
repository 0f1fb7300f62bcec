"""Zones that share ground, where people may be counted twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan.crs import WGS84, metric_crs
from fireplan.errors import listed, quoted

if TYPE_CHECKING:
    import geopandas as gpd

OVERLAP, OVERLAP_M = 0.001, 3.0
"""Zones that share more than this part of the smaller one, in a strip wider than this, overlap; less is how they were
drawn. [m]"""

PEOPLE = {"population": "people", "households": "households", "dwellings": "dwellings"}
"""What is counted of the ground that zones share: the first that they have."""

M2_PER_KM2 = 1e6

LEAST_KM2 = 0.01
"""What would be said as none is said to be less than this. [km²]"""


def overlap_notes(zones: gpd.GeoDataFrame) -> list[str]:
    """Say how much ground zones share, and how many people of one or the other are counted there."""
    flat = zones.geometry[(shapely.get_dimensions(zones.geometry.array) == 2) & zones.geometry.notna()]
    if len(flat) < 2:
        return []
    middle = flat.to_crs(WGS84).representative_point()
    flat = flat.to_crs(metric_crs(middle.x.to_numpy(), middle.y.to_numpy()))
    shapes = flat.to_numpy()
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken])
    # Neighbours that touch, nearly all pairs, are passed over by what is left of each without its rim.
    inner = shapely.buffer(shapes, -OVERLAP_M / 4, quad_segs=1, join_style="mitre")
    inner = np.where(shapely.is_empty(inner), shapes, inner)
    found = np.sort(shapely.STRtree(shapes).query(inner, predicate="intersects"), axis=0)
    one, other = np.unique(found[:, found[0] < found[1]], axis=1)
    shared = shapely.intersection(shapes[one], shapes[other])
    shared_m2, around_m = shapely.area(shared), shapely.length(shared)
    area_m2 = shapely.area(shapes)
    with np.errstate(invalid="ignore", divide="ignore"):
        wide = 2 * shared_m2 > OVERLAP_M * around_m  # as of a strip, of which each long side is half of the way around
        smaller_m2 = np.minimum(area_m2[one], area_m2[other])
        large = (shared_m2 > OVERLAP * smaller_m2) & (wide | (shared_m2 > smaller_m2 / 2))
    if not large.any():
        return []
    one, other, shared_m2 = one[large], other[large], shared_m2[large]
    pairs = [f"{quoted(flat.index[a])} and {quoted(flat.index[b])}" for a, b in zip(one, other, strict=True)]
    counted = next((c for c in PEOPLE if c in zones.columns), None)
    people = ""
    if counted is not None:
        weight = pd.to_numeric(zones.loc[flat.index, counted], errors="coerce").fillna(0).to_numpy(float)
        both = weight[one] * shared_m2 / area_m2[one] + weight[other] * shared_m2 / area_m2[other]
        people = f", with {wording.count(both.sum())} {PEOPLE[counted]} of one or the other, spread evenly"
    km2 = shared_m2.sum() / M2_PER_KM2
    ground = wording.area(km2) if km2 >= LEAST_KM2 / 2 else f"less than {wording.area(LEAST_KM2)}"
    said = f"{wording.counted(len(one), 'pair')} of zones overlap by {ground}{people}"
    return [f"{said}: who lives there may be counted twice ({listed(pairs, most=5)})"]
