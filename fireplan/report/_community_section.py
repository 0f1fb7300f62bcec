"""Who lives here, and what they call for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan import charts, wording
from fireplan._page_kit import style
from fireplan._page_kit.style import Band
from fireplan.colours import LITTLE_TO_MUCH
from fireplan.errors import InputError
from fireplan.measures._demand_measures import measures_of
from fireplan.report._blocks import Block, Heading, Prose, Section, Table, TableColumn, absent, drawn
from fireplan.report._zone_maps import Shading, shaded
from fireplan.response_performance import hour_by_weekday

if TYPE_CHECKING:
    import geopandas as gpd

    from fireplan.measures import Assessment
    from fireplan.report._inputs import Material

MOST_GROUPS = 40
"""Few to many."""
QUARTERS = (0.25, 0.5, 0.75)


def community_section(material: Material) -> Section:
    """Say who and what is protected, and what it asks for."""
    section, baseline = Section("Community risk and demand"), material.baseline
    if baseline is None:
        section.blocks.append(absent("No zones were given, so people and dwellings are not known."))
    else:
        section.blocks += _people(material, baseline)
    section.blocks += _calls(material)
    return section


def _people(material: Material, baseline: Assessment) -> list[Block]:
    zones = baseline.zones
    weights = _weights(baseline)
    blocks: list[Block] = []
    if not weights:
        blocks.append(absent("The zones carry no people, dwellings or incidents: each counts as one."))
    groups = _groups(baseline.scenario.zones)
    if not groups:
        blocks.append(absent("The zones have no column of districts or classes of risk to break demand down by."))
    for group in groups:
        table = zones.groupby(group, dropna=False)[list(weights)].sum()
        table.insert(0, "zones", zones.groupby(group, dropna=False).size())
        total = table.sum()
        for name in weights:
            table[f"{name}_share"] = table[name] / total[name] if total[name] > 0 else np.nan
        columns = [TableColumn(group, wording.capital(wording.named(group))), TableColumn("zones", "zones", "count")]
        for name, head in weights.items():
            columns += [TableColumn(name, head, "count"), TableColumn(f"{name}_share", "share", "share")]
        caption = f"What there is to protect, by {group.replace('_', ' ')}"
        blocks.append(Table(f"demand_by_{len(blocks)}", caption, pd.DataFrame(table), columns, material.basis))
    if "incidents_n" in weights:
        blocks.append(
            Prose("Incidents are those whose place is known and lies in a zone, at their own points.", "note")
        )
    dense = _density(material, zones, weights)
    return [*blocks, *([dense] if dense is not None else [])]


def _weights(baseline: Assessment) -> dict[str, str]:
    """Columns of the zones that are demand, and what each is counted in; incidents at their own points if known."""
    zones, found = baseline.zones, {}
    for measure in measures_of(baseline.scenario):
        column = "incidents_n" if measure.places.kind == "incidents" else measure.name
        if measure.places.kind != "roads" and column in zones:
            found[column] = "dwellings" if measure.name == "dwellings" else measure.unit
    return found


def _groups(zones: gpd.GeoDataFrame) -> list[str]:
    """Text columns with a few values: districts, classes of risk."""
    texts = [c for c in zones.columns if c != zones.geometry.name and not pd.api.types.is_numeric_dtype(zones[c])]
    return [str(c) for c in texts if 2 <= zones[c].nunique() <= MOST_GROUPS][:4]


def _density(material: Material, zones: gpd.GeoDataFrame, weights: dict[str, str]) -> Block | None:
    """Map where demand is dense: incidents if known, else people."""
    name = next((n for n in ("incidents_n", "incidents", "population", *weights) if n in weights), None)
    scenario = material.scenario
    if name is None or scenario is None:
        return None
    area_km2 = zones.to_crs(scenario.roads.crs).area / 1e6
    dense = (zones[name] / area_km2).where(area_km2 > 0)
    some = dense[dense > 0]
    if not len(some):
        return None
    limits = sorted({float(f"{q:.2g}") for q in np.quantile(some, QUARTERS)})
    edges = [0.0, *limits, np.inf]
    bands = [Band(label="none", colour=LITTLE_TO_MUCH[0], up_to=0.0)]
    for low, high, colour in zip(edges, edges[1:], style.ramp(LITTLE_TO_MUCH[1:], len(edges) - 1), strict=False):
        ends = wording.figure(low), wording.figure(high)
        words = f"over {ends[0]}" if np.isinf(high) else f"{ends[0]} to {ends[1]}" if low else f"up to {ends[1]}"
        bands.append(Band(label=f"{words} per km²", colour=colour, above=low, up_to=high))
    unit = weights[name]
    said = f"Classes hold a quarter each of the zones that have any {unit}."
    return shaded(
        "demand_map",
        Shading(dense, bands, zones[name], unit, f"Where {unit} are dense, by zone", said),
        scenario=scenario,
        before=scenario,
        about=material.about(),
        data=pd.DataFrame({unit: zones[name], "area_km2": area_km2, "per_km2": dense}),
    )


def _calls(material: Material) -> list[Block]:
    attendance = material.attendance
    blocks: list[Block] = [Heading("What people call for")]
    if attendance is None:
        untold = "No dispatch history was given, so the calls themselves are not described."
        return [*blocks, absent(material.unless_withheld(untold))]
    calls = attendance.incidents
    calls = calls.assign(year=calls["local"].dt.year.astype("Int64").astype(str))
    if "category" in calls:
        table = pd.crosstab(calls["category"].fillna("not known"), calls["year"])
        table["all"] = table.sum(axis=1)
        table["share"] = table["all"] / table["all"].sum()
        table = table.sort_values("all", ascending=False, kind="stable")
        table.columns = table.columns.astype(str)
        years = [TableColumn(c, c, "count") for c in table.columns if c not in {"all", "share"}]
        columns = [
            TableColumn("category", "Category"),
            *years,
            TableColumn("all", "all", "count"),
            TableColumn("share", "share", "share"),
        ]
        caption = f"Incidents by category and year (n = {wording.counted(len(calls), 'incident')})"
        blocks.append(Table("incidents_by_category", caption, table, columns, material.observed))
    try:
        hours = hour_by_weekday(attendance)
    except InputError as error:
        return [*blocks, absent(f"No hours of the week: {error}.")]
    about = material.about()
    blocks.append(drawn("hour_by_weekday", lambda: charts.hour_by_weekday(hours, about=about), hours))
    return blocks
