"""The view of a change: seconds gained and lost by zone, and what is now reached or no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan.colours import ELSEWHERE, FASTER, SLOWER
from fireplan.comparison import NOTICEABLE_S, paired
from fireplan.errors import InputError, UnknownIdError
from fireplan.maps._layers import attribute_tables, vector_layers
from fireplan.maps._layers.chance_tables import POINT_BANDS, point_colours, whole_points
from fireplan.maps._layers.chance_tables import change_said as point_change_said
from fireplan.maps._layers.chance_words import arrivals_said, chances, known
from fireplan.maps._layers.changed_road_layers import changed_roads_legend, draw_changed_roads
from fireplan.maps._layers.legend import Entry, Legend, band_entries, station_entries
from fireplan.maps._layers.scenario_layers import (
    CHANGE_BANDS,
    METHOD,
    draw_stations,
    draw_streets,
    ground_entries,
    limit_said,
)
from fireplan.maps._pages.disclosure_profile import for_audience, marked
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import footer_of
from fireplan.maps._views.scenario_headings import narrowed
from fireplan.measures._assessment import chosen_objective
from fireplan.standards import INTERVALS

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.comparison import Comparison
    from fireplan.disclosure import Profile, Publications
    from fireplan.measures import Assessment
    from fireplan.standards import Objective

NOW_IN, NOW_OUT = FASTER[-1], SLOWER[-1]
TURNS = (("gained", "Comes within the limit", NOW_IN), ("lost", "Falls out of the limit", NOW_OUT))
MEDIAN_TURNS = (("median comes within the limit", NOW_IN), ("median falls out of it", NOW_OUT))
MOST_OTHERS = 4
"""How many more scenarios a card names."""


@takes
def difference(
    comparison: Comparison,
    *,
    against: str | None = None,
    objective: str | None = None,
    count: str | None = None,
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
    published: Publications | None = None,  # noqa: ARG001 - every view takes it
) -> OfflineMap:
    """
    Draw who would be reached sooner, and who later: the change in arrival, or in its chance, zone by zone.

    Parameters
    ----------
    comparison
        From `fireplan.compare`; the first scenario is the baseline.
    against
        Name of the scenario held against the baseline; left out: the second.
    objective
        Key of the objective whose arrival is compared; left out: the first of the standard.
    title
        What stands over the map; left out: the two names.
    count, basemap
        As in `coverage`.
    profile
        For whom the page is: "public" takes incidents out, "internal" marks it RESTRICTED; left out: neither.
    published
        What was published before, for a public page that counts incidents: this one does not.

    Returns
    -------
    A map of zones, blue where help comes sooner, orange where later, near white where the change is not noticeable,
    grey off the ground of the objective. It leads with how much of what the objective weighs is reached sooner and
    later, comes within the limit and falls out of it, each at its own place: the figures of `Comparison.gains`.
    Roads that were closed, opened, built, or are driven slower or faster are drawn over it. Zones that come within the
    limit or fall out of it are outlined; those newly reached at all, or no longer, have
    colours of their own. Where both are calibrated, colours are by how much likelier help comes within the limit, what
    is gained and lost is expected, and the outlines are drawn where the median crosses the limit; the change of the
    median is switched on in the list of layers.

    Raises
    ------
    UnknownIdError
        If there is no such scenario, or it is the baseline.
    """
    comparison = for_audience(comparison, profile)
    before, after = comparison.baseline, _after(comparison, against)
    goal = chosen_objective(before, objective)
    likely, expected = known(goal, before, after), known(goal, before) or known(goal, after)
    zones = _zones(comparison, after, goal)
    counted = attribute_tables.counted_of(before, goal, count=count)
    gains: Any = comparison.gains().xs((after.scenario.name, goal.key, counted.measure.name), level=(0, 1, 2)).iloc[0]
    class_of = _classes(before, after, goal, counted, likely=likely)
    shown = {*zones["colour"], *class_of[counted.weight > 0]}
    bands = POINT_BANDS if likely else CHANGE_BANDS
    entries = [
        Entry(label=label, colour=colour, note=counted.number(class_of == colour))
        for label, colour in attribute_tables.change_classes(bands).items()
        if colour in shown or label in {b.label for b in bands}
    ]
    turned = zones["turned"].to_numpy()
    on_zones = attribute_tables.zones_said(before, goal)
    if likely:
        turns = [Entry(label=label, colour=colour, sign="line") for label, colour in MEDIAN_TURNS]
    else:
        turns = [
            Entry(label="comes within the limit", colour=NOW_IN, sign="line", note=wording.count(gains["gained"])),
            Entry(label="falls out of it", colour=NOW_OUT, sign="line", note=wording.count(gains["lost"])),
        ]
    entries += [*ground_entries(before, goal), *turns]
    what = f"the chance within {wording.clock(goal.limit_s)}" if likely else "arrival"
    names = f"{after.scenario.name} against {before.scenario.name}"
    page = OfflineMap(
        title=title or f"Gains and losses: {names}{narrowed(before.scenario)}",
        subtitle=_headline(gains, goal, likely=likely, expected=expected),
        footer=footer_of(before.scenario, after.scenario, method=METHOD),
        legends=[
            Legend(
                title=f"Change in {what}, {wording.lower(goal.title)}",
                unit=f"{'percentage points; ' if likely else ''}{INTERVALS[goal.interval]}; {counted.unit}",
                entries=[*entries, *station_entries("existing", "opened", "closed")],
                n=f"n = {attribute_tables.total_said(before.scenario, counted, on_zones)}",
                held_to=limit_said(goal),
                note=_totals(comparison, after, goal, first=counted.measure.name, expected=expected),
            )
        ],
        basemap=basemap,
    )
    draw_streets(page, before.scenario)
    changed = draw_changed_roads(page, before.scenario, after.scenario)
    page.legends = [
        *page.legends,
        *changed_roads_legend([(after.scenario.name, changed)], against=before.scenario.name),
    ]
    attribute_tables.add_counted(zones, before.scenario, counted.measure)
    popup = [
        ("", "zone"),
        ("Change", "said"),
        *([("Change of the median", "median")] if likely else []),
        *_scenario_lines(zones, comparison, after, goal),
        *attribute_tables.counted_lines(zones),
    ]
    name = "Change of chance by zone" if likely else "Change by zone"
    vector_layers.polygons(zones, name=name, fill="colour", popup=popup, tooltip="said").add_to(page)
    if likely:
        vector_layers.polygons(
            zones, name="Change of the median by zone", fill="median_colour", popup=popup, tooltip="median", show=False
        ).add_to(page)
        page.legends.append(
            Legend(
                title="Change of the median",
                unit=f"{INTERVALS[goal.interval]}; switch it on in the list of layers",
                entries=band_entries(CHANGE_BANDS),
                folded=True,
            )
        )
    for kind, name, colour in TURNS:
        if (turned == kind).any():
            outline = zones[turned == kind].dissolve()
            called = f"Median {wording.lower(name)}" if likely else name
            vector_layers.polygons(outline, name=called, fill=None, outline=colour).add_to(page)
    draw_stations(page, after, goal, baseline=before, count=count)
    return marked(page, profile)


def _after(comparison: Comparison, against: str | None) -> Assessment:
    """Give the scenario that is held against the baseline."""
    others = comparison.assessments[1:]
    if not others:
        raise InputError("a difference needs a second scenario beside the baseline")
    if against is None:
        return others[0]
    for other in others:
        if other.scenario.name == against:
            return other
    raise UnknownIdError("scenario", against, list(comparison.names[1:]))


def _zones(comparison: Comparison, after: Assessment, goal: Objective) -> gpd.GeoDataFrame:
    """Zones of the baseline in WGS 84 with their change, its colour and its words."""
    scenario = comparison.baseline.scenario
    old, new = comparison.baseline.zones, after.zones
    zones = attribute_tables.as_areas(old, scenario)
    before_s, after_s = old[f"{goal.key}_s"].to_numpy(float), new[f"{goal.key}_s"].to_numpy(float)
    with np.errstate(invalid="ignore"):
        zones["change_s"] = after_s - before_s
    asked = attribute_tables.asked_here(comparison.baseline, goal)
    zones["colour"] = attribute_tables.change_colours(zones["change_s"], CHANGE_BANDS).mask(~asked, ELSEWHERE)
    off = attribute_tables.ground_said(comparison.baseline, goal)
    zones["said"] = [o or attribute_tables.change_said(s) for s, o in zip(zones["change_s"], off, strict=True)]
    if known(goal, comparison.baseline, after):
        zones["median_colour"], zones["median"] = zones["colour"], zones["said"]
        points = whole_points(chances(comparison.baseline, goal), chances(after, goal))
        colours = pd.Series(point_colours(points, before_s, after_s), index=zones.index, dtype=object)
        zones["colour"] = colours.mask(~asked, ELSEWHERE)
        said = zip(points, before_s, after_s, off, strict=True)
        zones["said"] = [o or point_change_said(*change) for *change, o in said]
    zones["zone"] = [f"Zone {z}" for z in zones.index]
    was, now = old[f"{goal.key}_within"].to_numpy(bool), new[f"{goal.key}_within"].to_numpy(bool)
    zones["turned"] = np.where(asked & now & ~was, "gained", np.where(asked & was & ~now, "lost", ""))
    return zones


def _classes(
    before: Assessment, after: Assessment, goal: Objective, counted: attribute_tables.Counted, *, likely: bool
) -> NDArray[np.object_]:
    """Colour of the class of change at each place of what is counted."""
    first, other = (a.arrival(goal.key, counted.measure.name) for a in (before, after))
    other, _ = paired(first, other)
    was, now = first.arrival_s.astype(float), other.arrival_s.astype(float)
    if likely:
        return point_colours(whole_points(first.chance, other.chance), was, now)
    with np.errstate(invalid="ignore"):
        return attribute_tables.change_colours(pd.Series(now - was), CHANGE_BANDS).to_numpy(object)


def _scenario_lines(
    zones: gpd.GeoDataFrame, comparison: Comparison, after: Assessment, goal: Objective
) -> list[tuple[str, str]]:
    """Add lines for the scenarios to the cards: arrival, in time or why not, who is due; briefly for others."""
    lines = []
    for i, assessment in enumerate((comparison.baseline, after)):
        name = assessment.scenario.name
        zones[f"arrival_{i}"] = arrivals_said(assessment, goal)
        zones[f"in_time_{i}"] = attribute_tables.in_time(assessment, objective=goal.key)
        lines += [(f"{goal.title}: {name}", f"arrival_{i}"), ("In time", f"in_time_{i}")]
        for word in ("first", "second", "third"):
            zones[f"{word}_{i}"] = attribute_tables.due_said(assessment, goal, word)
            lines.append((attribute_tables.due_label(word.capitalize(), goal), f"{word}_{i}"))
    others = [a for a in comparison.assessments[1:] if a is not after][:MOST_OTHERS]
    return lines + attribute_tables.add_others(zones, others, objective=goal.key)


def _headline(gains: pd.Series[Any], goal: Objective, *, likely: bool, expected: bool) -> str:
    """Say for how many help comes sooner and for how many later, and how many come within the limit or fall out."""
    n, unit = float(gains["n"]), gains["unit"]
    if not n > 0:
        return f"{goal.title}: no {unit} to count"
    faster, slower = (
        f"{wording.count(gains[c])} ({attribute_tables.share_in(float(gains[c]), n)})" for c in ("faster", "slower")
    )
    if likely:
        return (
            f"{goal.title} within {wording.clock(goal.limit_s)}: {wording.count(gains['gained'])} gained and"
            f" {wording.count(gains['lost'])} lost of {wording.count(n)} {unit}, expected; the median comes sooner for"
            f" {faster} and later for {slower}, by more than {wording.clock(NOTICEABLE_S)}"
        )
    return (
        f"{goal.title}: sooner for {faster} and later for {slower} of {wording.count(n)} {unit}, by more than"
        f" {wording.clock(NOTICEABLE_S)}; {wording.count(gains['gained'])} come within {wording.clock(goal.limit_s)}"
        f" and {wording.count(gains['lost'])} fall out of it{', expected' if expected else ''}"
    )


def _totals(comparison: Comparison, after: Assessment, goal: Objective, *, first: str, expected: bool) -> str:
    """Say of each thing that is counted how much comes within the limit and falls out of it, at its own places."""
    gains: Any = comparison.gains().xs((after.scenario.name, goal.key), level=(0, 1))
    gains = gains.loc[[first, *(name for name in gains.index if name != first)]]
    said = [
        f"{wording.amount(round(row['gained']), row['unit'])} gained, {wording.count(row['lost'])} lost"
        f" (n = {wording.count(row['n'])})"
        for _, row in gains.iterrows()
    ]
    return f"{'Expected within' if expected else 'Within'} the limit: {'; '.join(said)}."
