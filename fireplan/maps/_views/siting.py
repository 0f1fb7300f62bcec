"""The view of a siting question: what every candidate site would gain, the sites of the plan, and what came close."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._checked import takes
from fireplan._page_kit import style
from fireplan.crs import WGS84, reproject
from fireplan.errors import InputError, UnknownIdError, listed
from fireplan.maps._layers import attribute_tables, chance_words, gap_tables, vector_layers
from fireplan.maps._layers.scenario_layers import GAP_COLOUR, METHOD, draw_streets
from fireplan.maps._layers.station_labels import station_labels
from fireplan.maps._pages.disclosure_profile import for_audience, marked
from fireplan.maps._pages.offline_map import OfflineMap
from fireplan.maps._pages.page_frame import footer_of
from fireplan.maps._views.siting_legends import (
    attained,
    next_best_legend,
    notes_legend,
    plan_legend,
    runs_legend,
    score_bands,
    score_legend,
    share_bands,
)
from fireplan.measures import gaps as find_gaps
from fireplan.siting._results.siting_words import SECONDS, amount_said, gain_said, names_of

if TYPE_CHECKING:
    import geopandas as gpd

    from fireplan._page_kit.style import Band
    from fireplan.disclosure import Profile, Publications
    from fireplan.measures import Assessment
    from fireplan.siting._results.siting_result import Siting

ALONE, BESIDE, RUNS, PLAN = "Gain by itself", "Gain beside the plan", "Share of runs", "Stations and plan"
NOT_ASKED = "not asked"
LONE_SITE_RADIUS_M = 60.0
"""A candidate that stands alone on a map is drawn as a disc of this radius. [m]"""


@takes
def siting(
    siting: Siting,
    *,
    title: str = "",
    robustness: pd.DataFrame | None = None,
    assessment: Assessment | None = None,
    basemap: str | None = None,
    profile: Profile | None = None,
    published: Publications | None = None,  # noqa: ARG001 - every view takes it
) -> OfflineMap:
    """
    Draw where stations could go, what each site would gain, and which sites were chosen.

    Parameters
    ----------
    siting
        From `fireplan.siting`.
    title
        What stands over the map; left out: the scenario's name.
    robustness
        By `candidate_id`: `chosen_share`, the share of runs in which a site is chosen (0 to 1), and `n`, how many runs
        there were. Sites that are not there have no disc in that layer.
    assessment
        Of the department as it stands, from `fireplan.assess`: its gaps are drawn.
    basemap
        As in `coverage`.
    profile
        For whom the page is: "public" takes incidents out, "internal" marks it RESTRICTED; left out: neither.
    published
        What was published before, for a public page that counts incidents: this one does not.

    Returns
    -------
    A page with one map. Discs are candidate sites, darker for more; what they add to the others of the plan, and the
    share of runs, are switched on in the list of layers. Diamonds are the sites of the plan, numbered in the best order
    of building them; circles are the stations of today.

    Raises
    ------
    InputError
        If `robustness` lacks a column, or its shares are none.
    UnknownIdError
        If `robustness` names a site that is no candidate.
    """
    if profile == "public" and siting.unit == "incidents":
        raise InputError("scores in incidents give small counts away: site by people for a public page")
    for_audience(siting.scenario, profile)
    assessment = None if assessment is None else for_audience(assessment, profile)
    scenario, sites = siting.scenario, _candidates(siting, robustness)
    bands = score_bands(pd.concat([sites["alone"], sites["beside"]]), siting.score_unit)
    markers = _markers(siting)
    page = OfflineMap(
        title=title or f"Where to put stations: {scenario.name}",
        subtitle=f"{siting.question}: {attained(siting)}",
        footer=footer_of(siting.scenario, method=METHOD),
        legends=[plan_legend(siting), score_legend(siting, bands, markers, gaps=_gap_said(assessment))],
        basemap=basemap,
    )
    draw_streets(page, scenario)
    if assessment is not None:
        _draw_gaps(page, assessment)
    discs = sites.set_geometry(_discs(sites, scenario.roads.crs))
    _draw_scores(page, discs, "alone", bands, name=ALONE, show=True)
    _draw_scores(page, discs, "beside", bands, name=BESIDE, show=False)
    if robustness is not None:
        shares = share_bands()
        _draw_scores(page, discs[discs["runs"] > 0], "chosen_share", shares, name=RUNS, show=False)
        page.legends.append(runs_legend(sites, shares))
    if len(siting.runner_ups):
        page.legends.append(next_best_legend(siting))
    page.legends += [legend for legend in (notes_legend(siting),) if legend]
    vector_layers.station_markers(
        markers, name=PLAN, label="short", status="status", tooltip="heading",
        popup=[
            ("", "heading"), ("Status", "said"), ("Units", "units"), ("By itself", "alone_said"),
            ("Lost without it", "beside_said"),
        ],
    ).add_to(page)  # fmt: skip
    return marked(page, profile, note="")


def _candidates(siting: Siting, robustness: pd.DataFrame | None) -> gpd.GeoDataFrame:
    """Candidates in WGS 84 with words for their cards."""
    sites = siting.sites.to_crs(4326)
    names = names_of(siting)
    order = _order(siting)
    sites["heading"] = [names.get(str(i), str(i)) for i in sites.index]
    for column in ("alone", "beside"):
        sites[f"{column}_said"] = [_scored(float(v), siting.score_unit) for v in sites[column]]
    sites["chosen_said"] = [
        _chosen_words(int(n), order.get(i, [])) for i, n in zip(sites.index, sites["chosen"], strict=True)
    ]
    if robustness is not None:
        runs = _checked(robustness, sites.index)
        sites["runs"] = runs["n"].reindex(sites.index).fillna(0).astype(int)
        sites["chosen_share"] = runs["chosen_share"].reindex(sites.index)
        sites["chosen_share_said"] = [
            wording.share_of(s, n, "runs") if n else wording.NOT_KNOWN
            for s, n in zip(sites["chosen_share"], sites["runs"], strict=True)
        ]
    return sites


def _scored(value: float, unit: str) -> str:
    """Say a score: how much more is reached, or how much sooner."""
    return gain_said(value, unit) if unit == SECONDS else amount_said(value, unit)


def _checked(robustness: pd.DataFrame, known: pd.Index) -> pd.DataFrame:
    missing = [c for c in ("chosen_share", "n") if c not in robustness]
    if missing:
        raise InputError(f"robustness lacks {listed(missing)}: it has {listed(robustness.columns)}")
    strange = robustness.index.difference(known)
    if len(strange):
        raise UnknownIdError("candidate", strange[0], known)
    share = robustness["chosen_share"].dropna()
    if not share.between(0, 1).all() or robustness.index.has_duplicates:
        raise InputError("robustness: chosen_share is a share from 0 to 1, once for each candidate")
    return robustness


def _order(siting: Siting) -> dict[object, list[int]]:
    """When each site of the plan is built: 1 is first."""
    order: dict[object, list[int]] = {}
    for number, site in siting.curve["take"].items():
        if site in siting.sites.index:
            order.setdefault(site, []).append(int(str(number)))
    return order


def _chosen_words(units: int, order: list[int]) -> str:
    if not units:
        return "no"
    many = f", {wording.counted(units, 'unit')}" if units > 1 else ""
    return f"yes{many}, built as number {listed(order)}" if order else f"yes{many}"


def _discs(sites: gpd.GeoDataFrame, metric_crs: object) -> gpd.GeoSeries:
    """Discs that a finger finds when the whole department is on the screen, and that leave each other room."""
    from scipy.spatial import cKDTree  # noqa: PLC0415 - slow to import

    points = sites.geometry.to_crs(metric_crs)
    xy = shapely.get_coordinates(points.array)
    radius_m = LONE_SITE_RADIUS_M
    if len(xy) > 1:
        extent_m = float(np.ptp(xy, axis=0).max())
        apart_m = float(np.median(cKDTree(xy).query(xy, k=2)[0][:, 1]))
        radius_m = max(extent_m / 260, min(0.4 * apart_m, extent_m / 90), 1.0)
    return reproject(points.buffer(radius_m, quad_segs=4), WGS84)


def _draw_scores(
    page: OfflineMap, discs: gpd.GeoDataFrame, column: str, bands: tuple[Band, ...], *, name: str, show: bool
) -> None:
    """Draw a disc for each candidate, what is most on top."""
    table = discs.sort_values(column, kind="stable", na_position="first")
    table["colour"] = style.colours_of(table[column], bands)
    table["tip"] = [f"{what}: {said}" for what, said in zip(table["heading"], table[f"{column}_said"], strict=True)]
    popup = [("", "heading"), ("By itself", "alone_said"), ("Beside the plan", "beside_said")]
    popup += [("In the plan", "chosen_said")]
    popup += [("Chosen in", "chosen_share_said")] if "chosen_share" in table else []
    vector_layers.polygons(table, name=name, fill="colour", popup=popup, tooltip="tip", show=show).add_to(page)


def _gap_said(assessment: Assessment | None) -> str:
    """Say what an outline of a gap stands for; "": none is drawn."""
    if assessment is None:
        return ""
    likely = chance_words.known(assessment.standard.planned[0], assessment)
    return "gap today: help is likelier late than in time" if likely else "gap today"


def _draw_gaps(page: OfflineMap, assessment: Assessment) -> None:
    found = find_gaps(assessment, objective=assessment.standard.planned[0].key)
    if len(found):
        table = gap_tables.gap_table(found)
        popup = gap_tables.gap_popup(table)
        vector_layers.polygons(
            table, name="Gaps today", fill=None, popup=popup, tooltip="gap_said", outline=GAP_COLOUR
        ).add_to(page)


def _markers(siting: Siting) -> gpd.GeoDataFrame:
    """Stations of today and sites of the plan, each with what becomes of it."""
    scenario, chosen = siting.scenario, siting.chosen.to_crs(4326)
    today = scenario.stations[scenario.stations["open"]].to_crs(4326)
    stays = siting.after().stations["open"].reindex(today.index, fill_value=False).to_numpy(bool)
    units = scenario.units.groupby("station_id").groups if len(scenario.units) else {}
    labels = dict(zip(today.index, station_labels(today), strict=True))
    today = today[["geometry"]].assign(
        heading=[wording.called(str(i), str(n)) for i, n in today["name"].items()], short=list(labels.values()),
        status=np.where(stays, "existing", "closed"),
        said=np.where(stays, "station of today", "closed by the plan"),
        units=[", ".join(map(str, units.get(s, []))) or attribute_tables.NO_STATION for s in today.index],
        alone_said=NOT_ASKED, beside_said=NOT_ASKED,
    )  # fmt: skip
    names, order = names_of(siting), _order(siting)
    numbers = [listed(order.get(i, [])) for i in chosen.index]
    chosen = chosen[["geometry"]].assign(
        heading=[names.get(str(i), str(i)) for i in chosen.index],
        short=[f"{n}: {i}" if n else labels.get(i, str(i)) for n, i in zip(numbers, chosen.index, strict=True)],
        status=np.where(chosen.index.isin(today.index), "existing", "opened"),
        said=[f"number {n} of the plan" if n else "in the plan" for n in numbers],
        units=chosen["chosen"].astype(int).astype(str),
        alone_said=[_scored(float(v), siting.score_unit) for v in chosen["alone"]],
        beside_said=[_scored(float(v), siting.score_unit) for v in chosen["beside"]],
    )  # fmt: skip
    return pd.concat([today[~today.index.isin(chosen.index)], chosen])
