"""How likely help comes in time, made ready to be drawn: classes, words, and what changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._page_kit import style
from fireplan.colours import ELSEWHERE
from fireplan.maps._layers import attribute_tables
from fireplan.maps._layers.chance_words import chances, likely_said
from fireplan.maps._layers.legend import Entry, Legend, band_entries
from fireplan.standards import INTERVALS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import ArrayLike, NDArray

    from fireplan._page_kit.style import Band
    from fireplan.measures import Assessment
    from fireplan.standards import Objective

CHANCE_BANDS = style.chance_bands()
POINT_BANDS = style.chance_change_bands()
SEVEN_OF_TEN = "70 %: to about seven of ten calls there help comes in time."


def whole_points(before: ArrayLike, after: ArrayLike) -> NDArray[np.float64]:
    """Changes of chance in whole percentage points, halves away from nothing."""
    points = 100 * (np.asarray(after, dtype=float) - np.asarray(before, dtype=float))
    return np.asarray(np.sign(points) * np.floor(np.abs(points) + 0.5))


def points_said(points: float) -> str:
    """
    Say a change of chance.

    Examples
    --------
    >>> points_said(12), points_said(-1), points_said(0)
    ('12 points likelier', '1 point less likely', 'as likely as before')
    """
    if not points:
        return "as likely as before"
    return f"{wording.counted(abs(points), 'point')} {'likelier' if points > 0 else 'less likely'}"


def add_chances(zones: gpd.GeoDataFrame, assessment: Assessment, goal: Objective) -> None:
    """Add `chance_colour` and `chance_tip` to the table of zones: how likely in time, and the median."""
    chance, arrival_s = chances(assessment, goal), zones[f"{goal.key}_s"].to_numpy(float)
    shown = pd.Series(np.where(np.isfinite(arrival_s), style.whole_percent(chance), np.inf), index=zones.index)
    asked = attribute_tables.asked_here(assessment, goal)
    zones["chance_colour"] = style.colours_of(shown, CHANCE_BANDS).mask(~asked, ELSEWHERE)
    off = attribute_tables.ground_said(assessment, goal)
    said = zip(chance, arrival_s, zones["arrival"], off, strict=True)
    zones["chance_tip"] = [", ".join(filter(None, (_tip(p, s, clock, goal.limit_s), out))) for p, s, clock, out in said]


def _tip(chance: float, arrival_s: float, clock: str, limit_s: float) -> str:
    likely = likely_said(chance, arrival_s, limit_s)
    return f"{likely}; median {clock}" if np.isfinite(arrival_s) else likely


def held_by_class(assessment: Assessment, goal: Objective, part: attribute_tables.Counted) -> dict[str, str]:
    """Say how much of what is counted lies in each class of chance, at its own places."""
    arrival = assessment.arrival(goal.key, part.measure.name)
    shown = np.where(np.isfinite(arrival.arrival_s), style.whole_percent(arrival.chance), np.inf)
    colours = style.colours_of(pd.Series(shown), CHANCE_BANDS).to_numpy(object)
    return {band.label: part.number(colours == band.colour) for band in CHANCE_BANDS}


def chance_legend(
    goal: Objective,
    *,
    more: Sequence[Entry],
    n: str,
    held_to: str,
    notes: Mapping[str, str] | None = None,
    of: str = "",
) -> Legend:
    """
    Say what the classes of chance mean, in words for a council.

    Parameters
    ----------
    goal
        Which objective.
    more
        What else is drawn.
    n, held_to
        As in `Legend`.
    notes, of
        How much lies in each class, and of what; none: it is not said.
    """
    return Legend(
        title=f"Chance that help is there within {wording.clock(goal.limit_s)}",
        entries=[*band_entries(CHANCE_BANDS, notes=notes), *more],
        unit=f"{wording.lower(goal.title)}, {INTERVALS[goal.interval]}{f'; {of}' if of else ''}",
        n=n,
        held_to=held_to,
        note=SEVEN_OF_TEN if notes else "",
    )


def point_colours(
    points: ArrayLike, before_s: ArrayLike, after_s: ArrayLike, *, bands: Sequence[Band] = POINT_BANDS
) -> NDArray[np.object_]:
    """Colours of changes of chance; what is reached at all now and was not, or no longer, or never, has its own."""
    was, now = np.isfinite(np.asarray(before_s, float)), np.isfinite(np.asarray(after_s, float))
    colours = style.colours_of(pd.Series(np.asarray(points, dtype=float)), bands).to_numpy(object)
    classes = attribute_tables.change_classes(bands)
    colours[~was & now] = classes[attribute_tables.NEWLY]
    colours[was & ~now] = classes[attribute_tables.NO_LONGER]
    colours[~was & ~now] = classes[attribute_tables.NEVER]
    return np.asarray(colours)


def change_said(points: float, before_s: float, after_s: float) -> str:
    """Say what becomes of a place: how much likelier it is reached in time, or that it is reached at all, or not."""
    if np.isfinite(before_s) and np.isfinite(after_s):
        return points_said(points)
    with np.errstate(invalid="ignore"):
        return attribute_tables.change_said(float(np.subtract(after_s, before_s)))


def point_table(changes: gpd.GeoDataFrame, before: Assessment, after: Assessment, goal: Objective) -> gpd.GeoDataFrame:
    """
    Zones in which the chance changes, each with its card; the others, and those not asked of, as one each.

    Parameters
    ----------
    changes
        From `Comparison.changes`, as areas.
    before, after
        Whose chances are held against each other.
    goal
        The objective.
    """
    asked = attribute_tables.asked_here(before, goal)
    points = whole_points(chances(before, goal), chances(after, goal))
    before_s, after_s = changes["before_s"].to_numpy(float), changes["after_s"].to_numpy(float)
    there = np.isfinite(before_s) | np.isfinite(after_s)
    same = (np.isfinite(before_s) == np.isfinite(after_s)) & there & (np.abs(points) <= style.POINT_STEPS[0]) & asked
    never = ~there & asked
    each = asked & ~same & ~never
    limit_s = goal.limit_s

    def told(assessment: Assessment, arrival_s: NDArray[np.float64]) -> list[str]:
        both = zip(chances(assessment, goal)[each], arrival_s[each], strict=True)
        return [_tip(p, s, wording.clock(s, limit_s=limit_s), limit_s) for p, s in both]

    table = changes[each][["geometry"]].assign(
        zone=lambda t: [f"Zone {z}" for z in t.index],
        said=[change_said(*row) for row in zip(points[each], before_s[each], after_s[each], strict=True)],
        before=told(before, before_s),
        after=told(after, after_s),
        colour=point_colours(points, before_s, after_s)[each],
    )
    classes = attribute_tables.change_classes(POINT_BANDS)
    unchanged = f"up to {style.POINT_STEPS[0]:g} points either way"
    for rest, said in ((same, unchanged), (never, attribute_tables.NEVER), (~asked, attribute_tables.NOT_ASKED)):
        if rest.any():
            whole = changes[rest][["geometry"]].iloc[:1].copy()
            whole.geometry = [changes.geometry[rest].union_all()]
            colour = (
                classes.get(said, ELSEWHERE)  # not asked of here is no class of change
            )
            zones = wording.counted(int(rest.sum()), "zone")
            whole = whole.assign(zone=zones, said=said, before="", after="", colour=colour).set_axis([said])
            table = pd.concat([table, whole]) if len(table) else whole
    return table.set_geometry("geometry", crs=changes.crs)
