"""What several views draw alike: streets, zones by arrival, gaps, stations, and the words beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fireplan import wording
from fireplan._page_kit import style
from fireplan.colours import ELSEWHERE, INK
from fireplan.comparison import NOTICEABLE_S
from fireplan.crs import WGS84, reproject
from fireplan.maps._layers import attribute_tables, chance_tables, chance_words, gap_tables, vector_layers
from fireplan.maps._layers.legend import Entry, Legend, band_entries, station_entries
from fireplan.maps._layers.packed_layer import PackedLayer
from fireplan.maps._layers.station_labels import station_labels
from fireplan.measures import gaps as find_gaps
from fireplan.standards import INTERVALS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import folium
    import geopandas as gpd
    import numpy as np
    from numpy.typing import NDArray

    from fireplan._page_kit.style import Band
    from fireplan.comparison import Comparison
    from fireplan.measures import Assessment
    from fireplan.scenario import Scenario
    from fireplan.standards import Objective

METHOD = "Times along streets with all units at home and free; without call processing."
GAP_COLOUR = INK
STREETS = "Streets"
CHANGE_BANDS = style.change_bands(NOTICEABLE_S, 60, 180)


def draw_arrival(
    page: folium.Map,
    assessment: Assessment,
    goal: Objective,
    bands: Sequence[Band],
    *,
    found: gpd.GeoDataFrame | None,
    baseline: Assessment | None,
    others: Sequence[Assessment] = (),
    count: str | None = None,
) -> None:
    """
    Draw streets, zones by arrival, gaps, and stations.

    Parameters
    ----------
    page
        Where to.
    assessment, goal
        What is drawn.
    bands
        Classes of arrival.
    found
        From `gaps_to_draw`.
    baseline
        What stations are opened or closed against; None: nothing is.
    others
        Scenarios whose first due and time are named on each zone's card as well.
    count
        What is counted; None: see `chosen_measure`.
    """
    draw_streets(page, assessment.scenario)
    zones = attribute_tables.zone_table(assessment, objective=goal.key, bands=bands)
    likely = chance_words.known(goal, assessment, *others)
    measure = attribute_tables.counted_of(assessment, goal, count=count).measure
    attribute_tables.add_counted(zones, assessment.scenario, measure)
    popup = attribute_tables.zone_popup(zones, goal=goal)
    popup += attribute_tables.add_others(zones, others, objective=goal.key)
    if likely:
        chance_tables.add_chances(zones, assessment, goal)
        tip, fill = "chance_tip", "chance_colour"
        vector_layers.polygons(zones, name="Chance by zone", fill=fill, popup=popup, tooltip=tip).add_to(page)
        vector_layers.polygons(
            zones, name="Median arrival by zone", fill="colour", popup=popup, tooltip=tip, show=False
        ).add_to(page)
    else:
        vector_layers.polygons(zones, name="Arrival by zone", fill="colour", popup=popup, tooltip="tip").add_to(page)
    draw_gaps(page, found)
    draw_stations(page, assessment, goal, baseline=baseline, count=count)


def gaps_to_draw(assessment: Assessment, goal: Objective, *, count: str | None = None) -> gpd.GeoDataFrame | None:
    """Find the gaps that a map of arrival outlines; None where zones hold nothing to find them by."""
    weighted = attribute_tables.is_weighted(assessment, goal, count=count)
    return find_gaps(assessment, objective=goal.key, weight=count) if weighted else None


def draw_gaps(page: folium.Map, found: gpd.GeoDataFrame | None, *, colours: Mapping[str, str] | None = None) -> None:
    """Outline gaps, and fill them by their reason if it has a colour; without any, draw nothing."""
    if found is None or not len(found):
        return
    table = gap_tables.gap_table(found)
    if colours is not None:
        table["colour"] = found["reason"].map(colours)
    vector_layers.polygons(
        table,
        name="Gaps",
        fill=None if colours is None else "colour",
        popup=gap_tables.gap_popup(table),
        tooltip="gap_said",
        outline=GAP_COLOUR,
    ).add_to(page)


def draw_open_stations(page: folium.Map, scenario: Scenario) -> None:
    """Draw the open stations by name alone."""
    stations = scenario.stations[scenario.stations["open"]].to_crs(4326)
    stations["short"] = station_labels(stations)
    vector_layers.station_markers(stations, label="short", popup=[("", "name")], tooltip="name").add_to(page)


def draw_stations(
    page: folium.Map,
    assessment: Assessment,
    goal: Objective,
    *,
    baseline: Assessment | None = None,
    count: str | None = None,
) -> None:
    """Draw stations with what becomes of each against a baseline, and what each is first due to under an objective."""
    stations = attribute_tables.station_table(assessment, goal, baseline=baseline, count=count)
    popup = attribute_tables.station_popup(stations)
    vector_layers.station_markers(stations, label="short", status="status", popup=popup, tooltip="name").add_to(page)


def draw_change(page: folium.Map, comparison: Comparison, assessment: Assessment, goal: Objective) -> None:
    """What each zone gains or loses under an objective against the first scenario; off until it is asked for."""
    scenario = comparison.baseline.scenario
    found = comparison.changes(assessment.scenario.name, objective=goal.key)
    changes = attribute_tables.as_areas(found, scenario)
    if chance_words.known(goal, *comparison.assessments):
        table = chance_tables.point_table(changes, comparison.baseline, assessment, goal)
    else:
        asked = attribute_tables.asked_here(comparison.baseline, goal)
        table = attribute_tables.change_table(changes, bands=CHANGE_BANDS, asked=asked, limit_s=goal.limit_s)
    popup = [("", "zone"), ("Change", "said"), ("Before", "before"), ("After", "after")]
    vector_layers.polygons(
        table, name="Gains and losses", fill="colour", popup=popup, tooltip="said", show=False
    ).add_to(page)


def draw_streets(page: folium.Map, scenario: Scenario) -> None:
    """Draw the streets of a scenario; they are thinned out once for all maps of it and of what comes from it."""
    roads = scenario.roads

    def made() -> tuple[dict[str, Any], NDArray[np.float64]]:
        layer = vector_layers.lines(reproject(roads.streets, WGS84), name=STREETS)
        return layer.data, layer.extent

    data, bounds = scenario.memo.get(("streets drawn", roads.geometry_fingerprint, roads.attribute_fingerprint), made)
    PackedLayer("lines", name=STREETS, data=data, bounds=bounds, show=True, control=True).add_to(page)


def arrival_bands(assessment: Assessment, goal: Objective) -> tuple[Band, ...]:
    """Bands at the limits the standard sets for the same interval; one limit alone gets a second at its double."""
    limits = {o.limit_s for o in assessment.standard.planned if o.interval == goal.interval}
    limits |= {2 * goal.limit_s} if len(limits) == 1 else set()
    return style.time_bands(*sorted(limits))


def arrival_legends(
    assessment: Assessment,
    goal: Objective,
    bands: Sequence[Band],
    *,
    statuses: Sequence[str],
    gaps: bool,
    others: Sequence[Assessment] = (),
    count: str | None = None,
) -> list[Legend]:
    """
    Say what the classes of chance and arrival, the gaps, if any are drawn, and the signs mean.

    Parameters
    ----------
    assessment, goal
        What is drawn.
    bands
        Classes of arrival.
    statuses, gaps
        Signs of stations, and whether gaps are outlined.
    others
        What else the page shows: chances are drawn where they are known of all.
    count
        What is counted; None: see `chosen_measure`.
    """
    likely = chance_words.known(goal, assessment, *others)
    gap = "gap: help is likelier late than in time" if likely else "gap: demand outside the limit"
    more = [
        *ground_entries(assessment, goal),
        *([Entry(label=gap, colour=GAP_COLOUR, sign="line")] if gaps else []),
        *station_entries(*statuses),  # type: ignore[arg-type]
    ]
    part = attribute_tables.counted_of(assessment, goal, count=count)
    n = attribute_tables.total_said(assessment.scenario, part, attribute_tables.zones_said(assessment, goal))
    arrival = Legend(
        title=f"{goal.title}{': median' if likely else ','} {INTERVALS[goal.interval]}",
        entries=[*band_entries(bands), *([] if likely else more)],
        unit="min:s" if goal.interval != "travel_s" else "min:s, without turnout",
        n="" if likely else n,
        held_to="" if likely else limit_said(goal),
        note=f"{chance_words.MEDIAN} Switch it on in the list of layers." if likely else "",
        folded=likely,
    )
    if not likely:
        return [arrival]
    alone = not others  # the figures of one scenario cannot stand in a legend of several
    notes = chance_tables.held_by_class(assessment, goal, part) if alone else None
    of = part.unit if alone else ""
    held_to = limit_said(goal)
    return [chance_tables.chance_legend(goal, more=more, n=n, held_to=held_to, notes=notes, of=of), arrival]


def ground_entries(assessment: Assessment, goal: Objective) -> list[Entry]:
    """Say what the grey of zones means that an objective does not speak of; nothing where it speaks of all."""
    asked = attribute_tables.asked_here(assessment, goal)
    return [] if asked.all() else [Entry(label=attribute_tables.NOT_ASKED, colour=ELSEWHERE)]


def limit_said(goal: Objective) -> str:
    """Say an objective with its limit, its share, its ground and its source."""
    share = f" to {wording.goal(goal.share)}" if goal.share is not None else ""
    ground = f", {goal.ground}" if goal.ground else ""
    source = f" ({goal.source.split(':')[0]})" if goal.source else ""
    return f"{goal.title} within {wording.clock(goal.limit_s)}{share}{ground}{source}"
