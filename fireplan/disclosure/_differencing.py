"""What published tables give away, each alone and all together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan._checked import takes
from fireplan.disclosure._marks import SMALLEST
from fireplan.disclosure._public_cells import published
from fireplan.disclosure._publication_scope import EVERYWHERE_ELSE, Slice, exposures
from fireplan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

ALLOWED = frozenset({"incidents", "hexagons", "cells", "geometry"})


@takes
def disclosive(
    *publications: gpd.GeoDataFrame, totals: Sequence[float | None] | None = None, smallest: int = SMALLEST
) -> pd.DataFrame:
    """
    Find the small counts that publications give away, by addition and subtraction of whole tables.

    It trusts nothing that made them: it sees what a reader sees.

    Parameters
    ----------
    publications
        Tables from `fireplan.disclosure.public_cells`, at most 10.
    totals
        Incidents in each, shown or not, as someone may know them from elsewhere; None where nobody does.
    smallest
        Smallest count that may be found.

    Returns
    -------
    A row for each: `area_id` ("elsewhere": outside every area shown), `count` (NaN: not counts, but outlines that
    differ, give it away) and `how`. An empty table: nothing was found.

    Raises
    ------
    InputError
        If a table is none of `public_cells`, or holds a column or a point that no public table may hold.
    """
    if not publications:
        raise InputError("no publication is given: give the tables that public_cells made")
    read = [published(table) for table in publications]
    for table in publications:
        extra = sorted(set(map(str, table.columns)) - ALLOWED)
        points = shapely.get_type_id(table.geometry.to_numpy()) == shapely.GeometryType.POINT
        if extra or points.any():
            raise InputError(f"a public table holds {extra[0] if extra else 'points'}: take it out")
    slices = [p.part for p in read]
    areas = sorted({area for p in read for area in p.counts})
    shown = np.array([[p.counts.get(area, np.nan) for p in read] for area in areas], dtype=float)
    known = np.array([np.nan if t is None else float(t) for t in totals or [None] * len(read)])
    if len(known) != len(read):
        raise InputError(f"{len(known)} totals for {len(read)} publications: give one for each, or None")
    names = {area: area[0] + (f"+{len(area) - 1}" if len(area) > 1 else "") for area in areas}
    rows = [
        ("elsewhere" if e.area == EVERYWHERE_ELSE else names[areas[e.area]], float(e.n), _how(e.signs, slices))
        for e in exposures(slices, shown.reshape(len(areas), len(read)), known, smallest=smallest)
    ]
    rows += [(names[area], np.nan, "overlaps another area without being the same") for area in _overlapping(areas)]
    found = pd.DataFrame(rows, columns=["area_id", "count", "how"])
    return found.astype({"area_id": "str", "count": float, "how": "str"})


def _overlapping(areas: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """List the areas that share a hexagon with another."""
    cells = pd.Series([cell for area in areas for cell in area])
    twice = set(cells[cells.duplicated(keep=False)])
    return [area for area in areas if twice.intersection(area)]


def _how(signs: Sequence[int], slices: Sequence[Slice]) -> str:
    """Say which publications are added and which subtracted."""
    added = [s.told() for s, sign in zip(slices, signs, strict=True) if sign > 0]
    taken = [s.told() for s, sign in zip(slices, signs, strict=True) if sign < 0]
    return "; ".join(added) + (f", less {'; '.join(taken)}" if taken else "")
