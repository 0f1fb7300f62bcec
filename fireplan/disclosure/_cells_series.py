"""Incidents counted into areas of hexagons, beside all that was published of them before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan.crs import WGS84
from fireplan.demand._zones import HEXAGON
from fireplan.disclosure._areas import joined, outlines
from fireplan.disclosure._marks import SMALLEST
from fireplan.disclosure._page_series import Shown, again, days_of, entry_of
from fireplan.disclosure._public_cells import _located
from fireplan.disclosure._publications import Publication, Publications, PublishedFigure
from fireplan.disclosure._series import (
    COUNT,
    AreaRecords,
    RecordSet,
    Seen,
    asked_of,
    day_of,
    may_be_shown,
    records_of,
    seen_by_area,
)
from fireplan.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

KIND = "incidents"


def cells_in_series(
    incidents: gpd.GeoDataFrame,
    *,
    of: Publication,
    timezone: str = "UTC",
    resolution: int = HEXAGON,
    published: Publications | None,
) -> tuple[gpd.GeoDataFrame, Publication]:
    """
    Count incidents into areas that may be published now.

    Parameters
    ----------
    incidents
        As in `public_cells`.
    of
        The publication, without its figures.
    timezone
        IANA zone in which days begin.
    resolution
        H3 resolution of the hexagons.
    published
        The ledger.

    Returns
    -------
    By `area_id`: `incidents`, `hexagons`, `days` (which were counted) and the outline; and what to record.
    """
    called = f"hexagons {resolution}"
    for entry in published.entries if published is not None else ():
        if entry.kind == KIND and entry.areas != called:
            raise InputError(f"{entry.areas} were published, not {called}: use those, or begin a new series")
    located = _located(incidents, resolution=resolution, timezone=timezone)
    there = incidents[~(incidents.geometry.isna() | incidents.geometry.is_empty)]
    if "received" in there:
        located["day"] = days_of(there["received"], timezone).to_numpy()
    if "priority" in there:
        located["priority"] = there["priority"].astype(object).to_numpy()
    seen = {k: held for k, v in seen_by_area(published).items() if (held := [s for s in v if s.entry.kind == KIND])}
    old = [tuple(key.split()) for key in sorted(seen)]
    places = located.groupby("cell", sort=True)["place"].nunique()
    taken = frozenset(cell for area in old for cell in area)
    new = joined(places.to_dict(), taken=taken, smallest=SMALLEST, resolution=resolution)  # type: ignore[arg-type]
    areas = sorted([*old, *new])
    number = {cell: row for row, area in enumerate(areas) for cell in area}
    located["area"] = located["cell"].map(number).fillna(-1).astype(int)
    asked, everywhere = asked_of(located), records_of(located)
    fresh = _fresh(located, areas, asked, everywhere, seen)
    shown = [
        Shown(
            new=True,
            numbers={COUNT: float((located["area"] == row).sum())},
            start=day_of(asked.start),
            end=day_of(asked.end),
        )
        if row in fresh
        else again(seen.get(" ".join(area), []), asked)
        for row, area in enumerate(areas)
    ]
    figures = [
        PublishedFigure(" ".join(area), s.start, s.end, tuple(s.numbers.items()))
        for area, s in zip(areas, shown, strict=True)
        if s.new
    ]
    return _table(areas, shown, resolution=resolution), entry_of(of, asked, figures, published)


def _fresh(
    located: pd.DataFrame,
    areas: Sequence[tuple[str, ...]],
    asked: RecordSet,
    everywhere: AreaRecords,
    seen: Mapping[str, list[Seen]],
) -> set[int]:
    """Choose the areas whose count of today may be shown, so that what is outside them is no small count either."""
    groups = {int(str(area)): rows for area, rows in located.groupby("area").indices.items()}
    fresh: set[int] = set()
    places = located["place"].to_numpy()
    for row, area in enumerate(areas):
        rows = groups.get(row, np.zeros(0, dtype=np.int64))
        if len(np.unique(places[rows])) >= SMALLEST and may_be_shown(
            asked, everywhere.part(rows), everywhere, seen.get(" ".join(area), [])
        ):
            fresh.add(row)
    row_of = {" ".join(area): row for row, area in enumerate(areas)}
    earlier: dict[RecordSet | None, set[int]] = {None: set(range(len(areas)))}
    for key, held in seen.items():
        for s in held:
            if s.records.start is not None:
                earlier.setdefault(s.records, set()).add(row_of[key])
    area_of = located["area"].to_numpy()
    while (worst := _betrayer(fresh, earlier, area_of, asked, everywhere)) is not None:
        fresh.discard(worst)
    return fresh


def _betrayer(
    fresh: set[int],
    earlier: Mapping[RecordSet | None, set[int]],
    area_of: NDArray[np.int64],
    asked: RecordSet,
    everywhere: AreaRecords,
) -> int | None:
    """
    Name an area that must not be shown, for what lies outside all that are is a small count; None: there is none.

    Outside now, and outside between now and each earlier window, as one sees it who knows all totals.
    """
    for before, told in earlier.items():
        both = fresh & told
        inside = np.isin(area_of, list(both))
        for part in _parts(everywhere, asked, before) if both else ():
            if 0 < (part & ~inside).sum() < SMALLEST:
                held = {row: int((part & (area_of == row)).sum()) for row in both}
                return min(both, key=lambda row, held=held: (held[row] == 0, held[row], row))  # type: ignore[misc]
    return None


def _parts(everywhere: AreaRecords, asked: RecordSet, before: RecordSet | None) -> list[NDArray[np.bool_]]:
    """Flag the records that came since an earlier window, and those that went; all where there is none."""
    if before is None or before.start is None or asked.start is None:
        return [everywhere.of(asked.filter)]
    now = everywhere.of(asked.filter) & everywhere.within(asked.start, asked.end or 0)
    then = everywhere.of(before.filter) & everywhere.within(before.start, before.end or 0)
    return [now & ~then, then & ~now]


def _table(areas: Sequence[tuple[str, ...]], shown: Sequence[Shown], *, resolution: int) -> gpd.GeoDataFrame:
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    kept = [(area, s) for area, s in zip(areas, shown, strict=True) if s.numbers]
    chosen = [area for area, _ in kept]
    ids = [area[0] + (f"+{len(area) - 1}" if len(area) > 1 else "") for area in chosen]
    return gpd.GeoDataFrame(
        {
            "incidents": np.array([int(s.numbers[COUNT]) for _, s in kept], dtype=np.int64),
            "hexagons": np.array([len(area) for area in chosen], dtype=np.int64),
            "days": [s.days() for _, s in kept],
        },
        geometry=outlines(chosen, resolution=resolution).to_numpy(),
        index=pd.Index(ids, name="area_id", dtype="str"),
        crs=WGS84,
    )
