"""The view of the depth of the force: how many engines, or the whole force, arrive within the limit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan._limits import last_within
from fireplan.colours import ELSEWHERE, FASTER, INK, SLOWER
from fireplan.crs import WGS84, reproject
from fireplan.maps._layers import attribute_tables, vector_layers
from fireplan.maps._layers.chance_words import chance_said, known
from fireplan.maps._layers.legend import Entry, Legend, station_entries
from fireplan.maps._layers.scenario_layers import METHOD, draw_stations, draw_streets, ground_entries, limit_said
from fireplan.maps._pages.disclosure_profile import for_audience, marked
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import footer_of
from fireplan.maps._views.scenario_headings import named
from fireplan.measures._assessment import chosen_objective
from fireplan.measures._expected import chances_for
from fireplan.standards import INTERVALS
from fireplan.travel import erf_areas, force_times, places

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.disclosure import Profile, Publications
    from fireplan.measures import Assessment
    from fireplan.standards import Objective
    from fireplan.travel import Places

ENGINES = 3
"""How many engines are told apart."""

NTH = ("First engine", "Second engine", "Third engine")
WHOLE = "whole force: "
NO_UNITS = "No units are known: each station brings any number."
NONE_COLOUR = SLOWER[2]
DEPTHS = (NONE_COLOUR, *FASTER)


@takes
def erf(
    assessment: Assessment,
    *,
    objective: str | None = None,
    count: str | None = None,
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
    published: Publications | None = None,  # noqa: ARG001 - every view takes it
) -> OfflineMap:
    """
    Draw how deep the force is that arrives in time, zone by zone.

    Parameters
    ----------
    assessment
        From `fireplan.assess`.
    objective
        Key of the objective whose limit counts; left out: the first that asks for more than one engine, else the first.
    title
        What stands over the map; left out: the scenario's name.
    count, basemap
        As in `coverage`.
    profile
        For whom the page is: "public" takes incidents out, "internal" marks it RESTRICTED; left out: neither.
    published
        What was published before, for a public page that counts incidents: this one does not.

    Returns
    -------
    A map of zones in classes: no engine, one, two, three or more engines within the limit, or the whole effective
    response force that the objective asks for. The ground that the whole force reaches is switched on in the list of
    layers.

    Notes
    -----
    An engine counts from where it is housed; a station with two engines brings both. The whole force is complete with
    the arrival that fills its last missing part: see `fireplan.travel.erf_areas`. With a calibration classes are by the
    median, the share is that to be expected, and the cards say how likely each is in time.
    """
    assessment = for_audience(assessment, profile)
    goal = _goal(assessment, objective)
    zones, classes = _depths(assessment, goal)
    counted = attribute_tables.counted_of(assessment, goal, count=count)
    on_zones = attribute_tables.zones_said(assessment, goal)
    depth, _ = _depth_at(assessment, goal, counted.measure.places)
    deepest = depth == len(classes) - 1
    likely = known(goal, assessment)
    inside = _deepest_chance(assessment, goal, counted.measure.places) if likely else deepest.astype(float)
    share = wording.share_of(
        (counted.weight * inside).sum() / (counted.total or 1), counted.total, counted.unit, goal=goal.share
    )
    share += ", expected" if likely and counted.total > 0 else ""
    what = goal.title if classes[-1].startswith(WHOLE) else classes[-1].capitalize()
    page = OfflineMap(
        title=title or f"Depth of force: {named(assessment.scenario)}",
        subtitle=f"{what} within {wording.clock(goal.limit_s)}: {share}" if len(zones) else "There are no zones.",
        footer=footer_of(assessment.scenario, method=METHOD),
        legends=[
            Legend(
                title=f"Within {wording.clock(goal.limit_s)}{' at the median' if likely else ''}",
                unit=f"{INTERVALS[goal.interval]}; {counted.unit}",
                entries=[
                    *(
                        Entry(label=label, colour=DEPTHS[i], note=counted.percent(depth == i))
                        for i, label in enumerate(classes)
                    ),
                    *ground_entries(assessment, goal),
                    *station_entries("existing"),
                ],
                n=f"n = {attribute_tables.total_said(assessment.scenario, counted, on_zones)}",
                held_to=limit_said(goal),
                note=" ".join(
                    filter(
                        None,
                        (
                            "" if len(assessment.scenario.units) else NO_UNITS,
                            "Classes count who is likelier in time than late." if likely else "",
                        ),
                    )
                ),
            )
        ],
        basemap=basemap,
    )
    draw_streets(page, assessment.scenario)
    attribute_tables.add_counted(zones, assessment.scenario, counted.measure)
    popup = [("", "zone"), ("Within the limit", "depth_said"), *((NTH[k], f"engine_{k}") for k in range(ENGINES))]
    popup += [(goal.title, "whole_said")] if "whole_said" in zones else []
    popup += [("In time", "in_time"), *attribute_tables.counted_lines(zones)]
    vector_layers.polygons(zones, name="Depth by zone", fill="colour", popup=popup, tooltip="depth_said").add_to(page)
    _draw_ground(page, assessment, goal)
    draw_stations(page, assessment, goal, count=count)
    return marked(page, profile)


def _goal(assessment: Assessment, objective: str | None) -> Objective:
    """Give the objective of that key; left out: the first for a force."""
    if objective is not None:
        return chosen_objective(assessment, objective)
    return next((o for o in assessment.standard.planned if sum(o.needs.values()) > 1), assessment.standard.planned[0])


def _depths(assessment: Assessment, goal: Objective) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Zones with the class of each (`depth`), their times in words and colours; and what the classes are called."""
    scenario = assessment.scenario
    zones = attribute_tables.as_areas(assessment.zones, scenario)
    depth, engines_s = _depth_at(assessment, goal, places(scenario, "zones"))
    for k, arrival_s in enumerate(engines_s):
        zones[f"engine_{k}"] = _times_said(assessment, replace(goal, needs={"engine": k + 1}), arrival_s)
    classes = ["no engine", "1 engine", "2 engines", f"{ENGINES} engines or more"]
    if _is_whole_force(goal):
        classes.append(f"{WHOLE}{wording.force(goal.needs)}")
        zones["whole_said"] = _times_said(assessment, goal, zones[f"{goal.key}_s"].to_numpy())
    off = attribute_tables.ground_said(assessment, goal)
    zones["depth_said"] = [", ".join(filter(None, (classes[i], out))) for i, out in zip(depth, off, strict=True)]
    colour = pd.Series([DEPTHS[i] for i in depth], index=zones.index, dtype=object)
    zones["colour"] = colour.mask(~attribute_tables.asked_here(assessment, goal), ELSEWHERE)
    zones["zone"] = [f"Zone {z}" for z in zones.index]
    zones["in_time"] = attribute_tables.in_time(assessment, objective=goal.key)
    return zones, classes


def _times_said(assessment: Assessment, goal: Objective, arrival_s: NDArray[np.floating]) -> list[str]:
    """Say when something arrives in each zone, and, where it is known how drives differ, how likely in time."""
    law = chances_for(assessment.scenario, goal)
    said = [wording.clock(s, limit_s=goal.limit_s) for s in arrival_s]
    if law is None:
        return said
    likely = zip(said, law.at(arrival_s), np.isfinite(arrival_s), strict=True)
    return [f"{clock}, {chance_said(p)} likely in time" if there else clock for clock, p, there in likely]


def _deepest_chance(assessment: Assessment, goal: Objective, at: Places) -> NDArray[np.float64]:
    """How likely the whole force, or the last engine that is told apart, is there in time at each place."""
    asked = goal if _is_whole_force(goal) else replace(goal, needs={"engine": ENGINES})
    law = chances_for(assessment.scenario, asked)
    arrival_s = force_times(assessment.scenario, at, needs=asked.needs, interval=asked.interval)
    return (arrival_s <= last_within(asked.limit_s)).astype(float) if law is None else law.at(arrival_s)


def _is_whole_force(goal: Objective) -> bool:
    """Whether an objective asks for more than the engines that are told apart."""
    return set(goal.needs) != {"engine"} or goal.needs["engine"] > ENGINES


def _depth_at(
    assessment: Assessment, goal: Objective, at: Places
) -> tuple[NDArray[np.int64], list[NDArray[np.float32]]]:
    """Class of each place by how much arrives in time, and when the first, second and third engine does. [s]"""
    engines_s = [
        force_times(assessment.scenario, at, needs={"engine": float(k + 1)}, interval=goal.interval)
        for k in range(ENGINES)
    ]
    depth = np.sum([arrival_s <= last_within(goal.limit_s) for arrival_s in engines_s], axis=0).astype(np.int64)
    if _is_whole_force(goal):
        whole_s = force_times(assessment.scenario, at, needs=goal.needs, interval=goal.interval)
        depth[whole_s <= last_within(goal.limit_s)] = ENGINES + 1
    return depth, engines_s


def _draw_ground(page: OfflineMap, assessment: Assessment, goal: Objective) -> None:
    """Outline the ground where what the objective asks for is complete in time; off until it is asked for."""
    found = erf_areas(assessment.scenario, needs=[goal.needs], within_s=[goal.limit_s], interval=goal.interval)
    ground = reproject(found[~found.geometry.is_empty], WGS84)
    if len(ground):
        name = f"Ground: {wording.force(goal.needs)} within {wording.clock(goal.limit_s)}"
        vector_layers.polygons(ground, name=name, fill=None, outline=INK, show=False).add_to(page)
