"""The view of the week: how much of it each zone is within reach, and when each is worst off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan._page_kit import style
from fireplan.colours import ELSEWHERE
from fireplan.maps._layers import attribute_tables, vector_layers
from fireplan.maps._layers.chance_tables import CHANCE_BANDS
from fireplan.maps._layers.chance_words import chance_said, known
from fireplan.maps._layers.legend import Legend, band_entries, station_entries
from fireplan.maps._layers.scenario_layers import METHOD, draw_open_stations, draw_streets, ground_entries, limit_said
from fireplan.maps._pages.disclosure_profile import for_audience, marked
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import footer_of
from fireplan.maps._views.scenario_headings import named
from fireplan.measures import assess
from fireplan.measures._assessment import chosen_measure, chosen_objective
from fireplan.standards import INTERVALS

if TYPE_CHECKING:
    import geopandas as gpd

    from fireplan.disclosure import Profile, Publications
    from fireplan.measures import WeekOfCover
    from fireplan.standards import Objective

HOURS = 168
ALIKE = 1e-9
"""Chances nearer to each other than this are the same."""


@takes
def cover_by_hour(
    week: WeekOfCover,
    *,
    objective: str | None = None,
    count: str | None = None,
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
    published: Publications | None = None,  # noqa: ARG001 - every view takes it
) -> OfflineMap:
    """
    Draw how much of the week each zone is within reach, where units work by schedules or streets slow down by the hour.

    Parameters
    ----------
    week
        From `fireplan.assess(..., at="by hour")`.
    objective, count, title, basemap
        As in `coverage`.
    profile
        For whom the page is: "public" takes incidents out, so that all hours weigh alike, "internal" marks it
        RESTRICTED; left out: neither.
    published
        What was published before, for a public page that counts incidents: this one does not.

    Returns
    -------
    A map of zones by how likely each is reached in time when a call comes in, over the week: hours weigh as they do in
    `WeekOfCover.summary`. A zone's card says its worst moment and for how many of the 168 hours it is outside; a second
    layer, off until it is switched on, shows each zone at its own worst moment.
    """
    scenario = for_audience(week.scenario, profile)
    if scenario is not week.scenario:
        week = assess(scenario, standard=week.standard, at="by hour")
    first = week.states[0].assessment
    goal = chosen_objective(first, objective)
    measure = chosen_measure(first, goal.key, count=count)
    row: Any = week.summary().loc[(goal.key, measure)]
    zones = _zones(week, goal)
    part = attribute_tables.counted_of(first, goal, count=count)
    attribute_tables.add_counted(zones, first.scenario, part.measure)
    expected = known(goal, first)
    page = OfflineMap(
        title=title or f"Cover over the week: {named(scenario)}",
        subtitle=_said(row, goal, expected=expected),
        footer=footer_of(scenario, method=f"{METHOD} {wording.capital(week.notes()[0])}."),
        legends=[
            Legend(
                title=f"{'Chance that help is there' if expected else 'Part of the week'} within"
                f" {wording.clock(goal.limit_s)}",
                entries=[
                    *band_entries(CHANCE_BANDS, notes=_held(week, goal, part)),
                    *ground_entries(first, goal),
                    *station_entries("existing"),
                ],
                unit=f"{wording.lower(goal.title)}, {INTERVALS[goal.interval]}, over the week; {part.unit}",
                n=attribute_tables.total_said(first.scenario, part, attribute_tables.zones_said(first, goal)),
                held_to=limit_said(goal),
                note="Hours weigh by the calls that come in them." if week.weighed_by == "incidents" else
                "All hours of the week weigh alike.",
            )
        ],
        basemap=basemap,
    )  # fmt: skip
    draw_streets(page, scenario)
    popup = [("", "zone"), ("Over the week", "share_said"), ("At worst", "worst_said")]
    popup += [("Outside", "outside_said"), *attribute_tables.counted_lines(zones)]
    for name, fill, tip, show in (
        ("Over the week, by zone", "colour", "tip", True),
        ("At its worst moment, by zone", "worst_colour", "worst_said", False),
    ):
        layer = vector_layers.polygons(zones, name=name, fill=fill, popup=popup, tooltip=tip, show=show)
        layer.add_to(page)
    draw_open_stations(page, scenario)
    return marked(page, profile)


def _zones(week: WeekOfCover, goal: Objective) -> gpd.GeoDataFrame:
    """Zones in WGS 84 with colours and words of the week."""
    first, key = week.states[0].assessment, goal.key
    of_week = week.zones
    zones = attribute_tables.as_areas(first.zones, first.scenario)
    asked = attribute_tables.asked_here(first, goal)
    never = np.all([np.isinf(s.assessment.zones[f"{key}_s"].to_numpy(float)) for s in week.states], axis=0)
    share, worst, outside_h = (of_week[f"{key}_{name}"].to_numpy(float) for name in ("share", "worst", "outside_h"))
    for column, chance in (("colour", share), ("worst_colour", worst)):
        shown = pd.Series(np.where(never, np.inf, style.whole_percent(chance)), index=zones.index)
        zones[column] = style.colours_of(shown, CHANCE_BANDS).mask(~asked, ELSEWHERE)
    limit = wording.clock(goal.limit_s)
    off = attribute_tables.ground_said(first, goal)
    expected = known(goal, first)
    zones["zone"] = [f"Zone {z}" for z in zones.index]
    said = zip(share, never, off, strict=True)
    zones["share_said"] = [
        text or ("never reached" if out else f"{_chance(part, expected=expected)} within {limit}")
        for part, out, text in said
    ]
    zones["tip"] = zones["share_said"]
    moments = zip(worst, share, of_week[f"{key}_worst_at"], never, off, strict=True)
    zones["worst_said"] = [
        text or ("never reached" if out else _worst(least, part, str(at), expected=expected))
        for least, part, at, out, text in moments
    ]
    about = "about " if expected else ""
    zones["outside_said"] = [
        text or f"{about}{wording.number(h, decimals=1)} of {HOURS} h a week"
        for h, text in zip(outside_h, off, strict=True)
    ]
    return zones


def _chance(part: float, *, expected: bool) -> str:
    """Say how much of the week, or how likely."""
    return f"{chance_said(part)} likely" if expected else f"{wording.share(part)} of the week"


def _worst(least: float, part: float, at: str, *, expected: bool) -> str:
    """Say the worst moment of a zone."""
    if abs(part - least) < ALIKE:
        return "all hours alike"
    return f"from {at}: {f'{chance_said(least)} likely' if expected else 'outside'}"


def _held(week: WeekOfCover, goal: Objective, part: attribute_tables.Counted) -> dict[str, str]:
    """Say how much of what is counted lies in each class, at its own places."""
    arrivals = [s.assessment.arrival(goal.key, part.measure.name) for s in week.states]
    chance = np.array([s.share for s in week.states]) @ np.array([a.chance for a in arrivals])
    never = np.all([np.isinf(a.arrival_s) for a in arrivals], axis=0)
    shown = pd.Series(np.where(never, np.inf, style.whole_percent(chance)))
    colours = style.colours_of(shown, CHANCE_BANDS).to_numpy(object)
    return {band.label: part.number(colours == band.colour) for band in CHANCE_BANDS}


def _said(row: Any, goal: Objective, *, expected: bool) -> str:  # noqa: ANN401 - a row of the summary
    """Say the mean of the week, its worst and its best."""
    share = wording.share_of(row["share"], row["n"], str(row["unit"]), goal=row["required_share"])
    asked = wording.goal_verdict(row["met"], goal=row["required_share"], at_most_outside=row["at_most_outside"])
    what = f"{wording.lower(goal.title)} within {wording.clock(goal.limit_s)}, over the week"
    ends = f"at worst {wording.share(row['worst_share'])} from {row['worst_at']}"
    if abs(row["best_share"] - row["worst_share"]) < ALIKE:
        ends = "all hours alike"
    return f"{share}: {what}{', expected' if expected else ''}{f' ({asked})' if asked else ''}; {ends}"
