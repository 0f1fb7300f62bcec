"""Hexagons joined until an area holds enough, in a way that its outline gives nothing away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from fireplan import demand
from fireplan.crs import PLACE_GRID_DEG, WGS84

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geopandas import GeoSeries

LEVELS = 2
"""So many steps of the H3 hierarchy hexagons are joined at most: 49 of them."""


def joined(
    places: Mapping[str, int], *, taken: frozenset[str], smallest: int, resolution: int
) -> list[tuple[str, ...]]:
    """
    Join hexagons into areas with enough different places each.

    A hexagon with enough stands alone. The others of the same H3 parent, the empty ones among them, are joined if
    together they have enough; else they go to the next parent, and after `LEVELS` steps they are in no area. Which
    hexagons are joined with which depends on nothing but which have enough: were the empty ones left out, an area of 11
    hexagons with 11 incidents would show where each was.

    Parameters
    ----------
    places
        How many different places hold incidents, by hexagon.
    taken
        Hexagons of areas that are published already, and stay as they are.
    smallest
        Fewest places in an area.
    resolution
        That of the hexagons.

    Returns
    -------
    Hexagons of each area.
    """
    import h3  # noqa: PLC0415 - slow to import

    areas: list[tuple[str, ...]] = []
    settled: set[str] = set()
    gone = set(taken)
    parts: dict[str, tuple[tuple[str, ...], int]] = {
        cell: ((cell,), n) for cell, n in places.items() if cell not in taken
    }
    for cell in [c for c, (_, n) in parts.items() if n >= smallest]:
        areas.append((cell,))
        settled.add(cell)
        gone.add(cell)
        del parts[cell]
    # Upwards through the hierarchy. Invariant: `parts` holds, by cell of the level below, the hexagons in no area yet
    # and the places in them; a parent becomes one area whole, or goes up whole.
    for level in range(resolution - 1, resolution - 1 - LEVELS, -1):
        held = {}
        for parent in sorted({h3.cell_to_parent(cell, level) for cell in parts}):
            members = [
                parts.get(child) or (_free(child, gone, resolution), 0)
                for child in h3.cell_to_children(parent, level + 1)
                if child not in settled
            ]
            members = [(cells, n) for cells, n in members if cells]
            together = tuple(sorted(cell for cells, _ in members for cell in cells))
            n = sum(n for _, n in members)
            # each of them holds fewer than the smallest: so many that each must hold some would show how many
            if smallest <= n <= (smallest - 1) * (len(members) - 1):
                areas.append(together)
                settled.add(parent)
                gone.update(together)
            else:
                held[parent] = (together, n)
        parts = held
    return sorted(areas)


def outlines(areas: Sequence[tuple[str, ...]], *, resolution: int) -> GeoSeries:
    """Draw the areas, in WGS 84."""
    import geopandas as gpd  # noqa: PLC0415 - slow to import
    import h3  # noqa: PLC0415

    cells = [cell for area in areas for cell in area]
    if not cells:
        return gpd.GeoSeries([], crs=WGS84)
    middle = np.array([h3.cell_to_latlng(cell) for cell in cells])
    middles = gpd.GeoDataFrame(geometry=shapely.points(middle[:, ::-1]), crs=WGS84)
    hexagons = demand.hexagons(middles, resolution=resolution).geometry
    shapes = [shapely.union_all(hexagons.loc[list(area)].to_numpy(), grid_size=PLACE_GRID_DEG) for area in areas]
    return gpd.GeoSeries(shapes, crs=WGS84)


def _free(cell: str, gone: set[str], resolution: int) -> tuple[str, ...]:
    """List the hexagons in a cell that are in no area yet."""
    import h3  # noqa: PLC0415 - slow to import

    return tuple(c for c in h3.cell_to_children(cell, resolution) if c not in gone)
