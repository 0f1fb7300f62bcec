"""The view of what was observed: the 90th percentile of an interval, zone by zone, where there are records enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan._page_kit import style
from fireplan.colours import UNKNOWN
from fireplan.disclosure import PUBLIC_NOTE, Publication
from fireplan.disclosure._page_series import EVERYWHERE, coarse, days_of, enough_for, settled, zone_keys
from fireplan.errors import InputError, UnknownIdError
from fireplan.maps._layers import attribute_tables, vector_layers
from fireplan.maps._layers.legend import Entry, Legend, station_entries
from fireplan.maps._layers.scenario_layers import draw_open_stations, draw_streets
from fireplan.maps._pages.disclosure_profile import for_audience, marked, today
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import Footer, footer_of
from fireplan.response_performance import Attendance, attend
from fireplan.response_performance import performance as perform
from fireplan.response_performance._performance import NO_ANSWER
from fireplan.response_performance._statistics import FEWEST
from fireplan.standards import OBSERVED_INTERVALS
from fireplan.standards._objectives import current_interval

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    import geopandas as gpd

    from fireplan.disclosure import Profile, Publications
    from fireplan.response_performance import History, Policy
    from fireplan.scenario import Scenario

TOO_FEW = f"n below {FEWEST}: no figure"
NO_FIGURE = "too few records for a figure"
HOW = (
    "Observed times of the first unit to arrive at incidents that count; 90th percentile by inverted distribution,"
    " 95 % interval by order statistics."
)


@takes
def performance(
    history: History | Attendance,
    scenario: Scenario,
    *,
    interval: str = "travel_s",
    policy: Policy | None = None,
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
    published: Publications | None = None,
) -> OfflineMap:
    """
    Draw how soon help came: the observed 90th percentile of an interval, zone by zone.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, or a simulation; or what `fireplan.response_performance.attend` made of it with
        this scenario.
    scenario
        The zones incidents are put into, the stations and streets.
    interval
        A key of `fireplan.standards.OBSERVED_INTERVALS`, such as "travel_s" or "total_response_s".
    policy
        What counts, where `history` is no attendance yet; left out: `Policy()`.
    title
        What stands over the map; left out: the interval and the scenario's name.
    basemap
        As in `coverage`.
    profile
        "public": no zone says how many records it has, times are to half a minute, a percentile is shown where at least
        eleven records lie on either side of it, and changes only with eleven new ones; "internal": marked RESTRICTED.
    published
        For a public page: what was published before, from `fireplan.disclosure.read_publications`; the page's
        `publications` are what to record then. Left out: nothing was published before.

    Returns
    -------
    A map of zones by p90. Zones with fewer than ten records are grey, without a figure.

    Raises
    ------
    UnknownIdError
        If there is no such interval.
    """
    interval = current_interval(interval)
    if interval not in OBSERVED_INTERVALS:
        raise UnknownIdError("interval", interval, list(OBSERVED_INTERVALS))
    attendance = history if isinstance(history, Attendance) else attend(history, scenario=scenario, policy=policy)
    whole = perform(attendance)
    if interval.removesuffix("_s") not in whole.index:
        raise InputError(f"{interval} is {NO_ANSWER}")
    overall = whole.T[interval.removesuffix("_s")].to_dict()
    public = profile == "public"
    zones = _zones(attendance, for_audience(scenario, profile), interval)
    if public:
        zones, overall, entries_made = _in_series(zones, overall, attendance, interval, scenario, published, title)
    bands = style.time_bands(*style.round_limits(zones["p90_s"].dropna()), unreachable=False)
    zones["colour"] = style.colours_of(zones["p90_s"], bands)
    called = OBSERVED_INTERVALS[interval]
    records, n_zones = zones["n"].to_numpy(float), len(zones)
    few = zones["p90_s"].isna().to_numpy()

    def held(inside: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> str:
        return "" if public else wording.count(float(records[inside].sum()))

    colours = zones["colour"].to_numpy()
    entries = [Entry(label=b.label, colour=b.colour, note=held((colours == b.colour) & ~few)) for b in bands]
    page = OfflineMap(
        title=title or f"Observed {called}: {scenario.name}",
        subtitle=_public_headline(overall, called) if public else _headline(overall, called),
        footer=_footer(scenario, {**whole.attrs, "start": "", "end": ""} if public else whole.attrs),
        legends=[
            Legend(
                title=f"90th percentile of {called}",
                unit="min:s, by zone; records of the first unit",
                entries=[
                    *entries,
                    Entry(label=NO_FIGURE if public else TOO_FEW, colour=UNKNOWN, note=held(few)),
                    *station_entries("existing"),
                ],
                n=f"{wording.count(n_zones)} zones, each of the days it names; times to half a minute"
                if public
                else f"n = {wording.count(float(records.sum()))} records in {wording.count(n_zones)} zones;"
                f" {wording.count(float(overall['n'] - records.sum()))} more in no zone",
                note="A percentile of few records is uncertain."
                + ("" if public else " Each card gives its n and its 95 % interval."),
            )
        ],
        basemap=basemap,
    )
    draw_streets(page, scenario)
    lines = [("", "zone"), ("90th percentile", "p90_said"), ("Median", "p50_said")]
    lines += [("Days counted", "days_said")] if public else []
    if not public:
        lines += [("95 % interval", "interval_said"), ("Records (n)", "n"), ("Not known", "unknown")]
        lines += attribute_tables.counted_lines(zones)
    name = "Observed p90 by zone"
    vector_layers.polygons(zones, name=name, fill="colour", popup=lines, tooltip="p90_said").add_to(page)
    draw_open_stations(page, scenario)
    if public:
        page.publications = entries_made
    return marked(page, profile, note=PUBLIC_NOTE)


def _in_series(
    zones: gpd.GeoDataFrame,
    overall: Mapping[Hashable, Any],
    attendance: Attendance,
    interval: str,
    scenario: Scenario,
    published: Publications | None,
    title: str,
) -> tuple[gpd.GeoDataFrame, Mapping[Hashable, Any], tuple[Publication, ...]]:
    """Give each zone, and all of them, the figure it may show: of today, or as it was published before."""
    areas, keys = zone_keys(scenario.zones, published)
    counted = attendance.incidents[attendance.incidents["counts"].to_numpy(bool)]
    records = pd.DataFrame(index=counted.index)
    records["day"] = days_of(counted["local"].dt.tz_localize(None), "UTC")
    for name in ("category", "priority"):
        if name in counted:
            records[name] = counted[name]
    row = scenario.zones.index.get_indexer(counted["zone_id"])
    told = [_may_show(*found) for found in zip(zones["p50_s"], zones["p90_s"], zones["n"], strict=True)]
    asked = [(key, row == number, figures) for number, (key, figures) in enumerate(zip(keys, told, strict=True))]
    whole = _may_show(overall["p50_s"], overall["p90_s"], overall["n"])
    asked.append((EVERYWHERE, np.ones(len(records), dtype=bool), whole))
    of = Publication(today(), "performance", title, areas, measure=interval, scenario=scenario.name)
    shown, entries = settled(records, asked, of=of, published=published)
    table = zones[["zone", "geometry"]].assign(n=0, days_said=[s.days() or NO_FIGURE for s in shown[:-1]])
    for column in ("p50_s", "p90_s"):
        table[column] = [float(s.numbers.get(column, np.nan)) for s in shown[:-1]]
    table["p90_said"] = table["p90_s"].map(wording.percentile, na_action="ignore").fillna(NO_FIGURE)
    table["p50_said"] = table["p50_s"].map(wording.clock, na_action="ignore").fillna(NO_FIGURE)
    return table, {"p90_s": shown[-1].numbers.get("p90_s", np.nan), "days": shown[-1].days()}, entries


def _may_show(p50_s: float, p90_s: float, n: float) -> dict[str, float]:
    """Give the percentiles of an area that rest on records enough, to half a minute. [s]"""
    found = {"p50_s": (0.5, p50_s), "p90_s": (0.9, p90_s)}
    return {k: coarse(float(v)) for k, (q, v) in found.items() if n >= enough_for(q) and pd.notna(v)}


def _public_headline(overall: Mapping[Hashable, Any], called: str) -> str:
    """Say the percentile of all records, and of which days."""
    if pd.isna(overall["p90_s"]):
        return f"No figure for {called}: {NO_FIGURE}"
    days = f" ({overall['days']})" if overall["days"] else ""
    return f"90 % within {wording.percentile(overall['p90_s'])} {called}{days}"


def _zones(attendance: Attendance, scenario: Scenario, interval: str) -> gpd.GeoDataFrame:
    """Zones in WGS 84 with what was observed in each, and the words of their cards."""
    table = perform(attendance, by="zone_id").reset_index()
    table = table[(table["measure"] == interval.removesuffix("_s")) & table["zone_id"].notna()].set_index("zone_id")
    zones = attribute_tables.as_areas(scenario.zones, scenario)
    found = table[["n", "unknown", "p50_s", "p90_s", "p90_low_s", "p90_high_s"]].reindex(zones.index)
    zones[["n", "unknown"]] = found[["n", "unknown"]].fillna(0).astype(int)
    for column in ("p50_s", "p90_s"):
        zones[column] = found[column].astype(float)
    zones["zone"] = [f"Zone {z}" for z in zones.index]
    few = zones["p90_s"].isna()
    zones["p50_said"] = zones["p50_s"].map(wording.clock).mask(few, TOO_FEW)
    zones["p90_said"] = [
        TOO_FEW if small else f"{wording.percentile(s)} (n = {wording.count(n)})"
        for s, n, small in zip(zones["p90_s"], zones["n"], few, strict=True)
    ]
    ends = zip(found["p90_low_s"].astype(float), found["p90_high_s"].astype(float), few, strict=True)
    zones["interval_said"] = [TOO_FEW if small else wording.time_interval(low, high) for low, high, small in ends]
    return zones


def _headline(overall: Mapping[Hashable, Any], called: str) -> str:
    """Say the percentile of all records, its interval and its n."""
    n, unknown = int(overall["n"]), int(overall["unknown"])
    count = f"n = {wording.count(n)}, {wording.count(unknown)} not known"
    if pd.isna(overall["p90_s"]):
        return f"No figure for {called}: too few records ({count})"
    ends = wording.time_interval(overall["p90_low_s"], overall["p90_high_s"])
    return f"90 % within {wording.percentile(overall['p90_s'])} {called} (95 % interval {ends}; {count})"


def _footer(scenario: Scenario, attrs: Mapping[object, object]) -> Footer:
    """Say where observed figures come from, and of which time."""
    start, end = str(attrs.get("start", ""))[:10], str(attrs.get("end", ""))[:10]
    modelled = footer_of(scenario, method=HOW)
    basis = "invented" if scenario.provenance == "invented" else attrs["basis"]
    return Footer(
        source=modelled.source,
        data_date=f"incidents received {start} to {end}" if start else scenario.data_date,
        basis=basis,  # type: ignore[arg-type]  # one of the three words
        method=HOW,
    )
