"""Where demand lies outside an objective, grouped into places a person can name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import shapely

from fireplan import wording
from fireplan._checked import takes
from fireplan._frozen_tables import freeze_own
from fireplan._limits import last_within
from fireplan.crs import reproject
from fireplan.errors import InputError
from fireplan.measures._assessment import Assessment, chosen_measure, chosen_objective
from fireplan.measures._demand_measures import in_zones
from fireplan.measures._density_clusters import density_clusters
from fireplan.measures._expected import chances_for
from fireplan.measures._tally import weighted_percentile
from fireplan.stations import KINDS, supply
from fireplan.travel import first_due
from fireplan.travel._first_due import reached_by_road
from fireplan.travel._on_duty import units_on_duty
from fireplan.travel._places import places, zones_m

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.standards import Objective

LINK_M = 500.0
"""Zones whose points are nearer than this belong to one gap. [m]"""

LEAST_SHARE = 0.002
"""A gap holds at least this share of the weight; less is scattered."""

GAP_DISC_RADIUS_M = 100.0
"""A zone without an outline adds a disc of this radius to the area of a gap. [m]"""

WEIGHTS = ("population", "dwellings", "incidents", "incidents_n")

COLUMNS = (
    "zones", "area_km2", "nearest_station", "nearest_name", "travel_s", "worst_s", "straight_km", "reason", "geometry",
)  # fmt: skip

NO_ROAD, FEW_UNITS, BARRIER, TOO_FAR = "no road", "too few units", "barrier", "too far"


@takes
def gaps(
    assessment: Assessment,
    *,
    objective: str | None = None,
    weight: str | None = None,
    at_least: float | None = None,
    link_m: float = LINK_M,
) -> gpd.GeoDataFrame:
    """
    Group what lies outside an objective, or is likelier to be reached late than in time, into gaps.

    Parameters
    ----------
    assessment
        From `fireplan.assess`.
    objective
        Key of the objective; left out: the first.
    weight
        What gaps are ranked by: a counted column of the zones, or "incidents"; left out: what the objective weighs, or
        incidents, where the scenario was narrowed to some, else people, incidents, dwellings.
    at_least
        Weight a gap holds at least within `link_m` of its middle; left out: 0.2 % of all.
    link_m
        Zones whose points are nearer than this belong together. [m]

    Returns
    -------
    One row per gap, the heaviest first, by `gap` (1, 2 ...): the weights it holds, `zones`, `area_km2`,
    `nearest_station` and `nearest_name` (first due to most of the weight), `travel_s` and `worst_s` (median and largest
    arrival by weight) [s], `straight_km` to the nearest station that houses what is asked for, as the crow flies,
    `reason`, and the outline, in the CRS of the zones. `.attrs` holds `objective`, `title`, `limit_s` [s], `weight`,
    `outside` (all weight outside), `scattered` (the part in no gap) and `total`.

    With a calibration a gap is where the median is over the limit, so that help is likelier late than in time. Two
    columns more say `late` (how much of the weight is expected to be reached late there) and `chance` (how likely it is
    reached in time, on average), and gaps are ranked by `late`. `outside` is then all that is expected to be late,
    `scattered` what of it is in no gap but where help is likelier late, and `elsewhere` the rest, where it is likelier
    in time: `late` of all gaps, `scattered` and `elsewhere` add up to `outside`.

    Notes
    -----
    Zones outside the objective are grouped by DBSCAN [1]_ on their points in metres, weighted. The reason is that of
    most of the weight: "no road" if no street leads there; "too few units" if one does, but the force asked for is
    not housed anywhere it could come from; "barrier" if a zone at the same distance would usually be
    reached in time, judged by this city's median speed as the crow flies; "too far" otherwise.

    References
    ----------
    .. [1] M. Ester et al., "A density-based algorithm for discovering clusters in large spatial databases with noise",
       KDD, 1996.
    """
    goal = chosen_objective(assessment, objective)
    column, _ = _weight(assessment, goal, weight)
    key = "gaps", goal.key, column, at_least, link_m
    found = assessment.memo.get(key, lambda: freeze_own(_gaps(assessment, goal, column, at_least, link_m)))
    return found.view()


def _gaps(
    assessment: Assessment, goal: Objective, weight: str, at_least: float | None, link_m: float
) -> gpd.GeoDataFrame:
    import geopandas as gpd  # noqa: PLC0415 - slow to import

    zones = assessment.zones
    column, value = _weight(assessment, goal, weight)
    zones[column] = value
    zones["first_due"] = first_due(assessment.scenario, objective=goal)["first_due"].to_numpy(object)
    outside = ~zones[f"{goal.key}_within"].to_numpy(bool) & (value > 0)
    late = _late(assessment, goal, column)
    if late is not None:
        zones["_late"] = late
    least = LEAST_SHARE * value.sum() if at_least is None else at_least
    if not link_m > 0 or least < 0:
        raise InputError("link_m must be above zero and at_least not below it")
    shapes, points = zones_m(assessment.scenario)
    label = np.full(len(zones), -1)
    if outside.any():
        # In units of what a gap holds at least, as the method is written.
        share = value[outside] / least if least > 0 else np.ones(outside.sum())
        label[outside] = density_clusters(points[outside], share, link_m=link_m, least=1.0)
    why = gap_reasons(assessment, goal)
    rows = [
        _row(assessment, zones[label == k], goal.key, column, shapes[label == k], why[label == k])
        for k in range(label.max(initial=-1) + 1)
    ]
    rows.sort(key=lambda row: -float(row.get("late", row[column])))
    held = [c for c in WEIGHTS if c in zones.columns]
    more = [] if late is None else ["late", "chance"]
    frame = pd.DataFrame(rows, columns=[*dict.fromkeys([*held, column]), *more, *COLUMNS])
    for text in ("nearest_station", "nearest_name"):  # None where there is none, and not a number that is none
        frame[text] = frame[text].astype(object).where(frame[text].notna(), None)
    table = gpd.GeoDataFrame(
        frame,
        geometry="geometry",
        crs=assessment.scenario.roads.crs,
    )
    table.index = pd.RangeIndex(1, len(table) + 1, name="gap")
    table = reproject(table, zones.crs)
    table.attrs = {
        "objective": goal.key,
        "title": goal.title,
        "limit_s": goal.limit_s,
        "weight": column,
        "unit": assessment.arrival(goal.key, "incidents" if column == "incidents_n" else column).measure.unit,
        "outside": float(value[outside].sum()),
        "scattered": float(value[outside & (label < 0)].sum()),
        "total": float(value.sum()),
    }
    if late is not None:
        table.attrs |= {
            "outside": float(late.sum()),
            "scattered": float(late[outside & (label < 0)].sum()),
            "elsewhere": float(late[~outside].sum()),
        }
    return table


class LateToldParts(NamedTuple):
    """
    All that is expected to be reached late, in whole numbers that add up.

    Attributes
    ----------
    rows
        In each gap.
    in_gaps, scattered, elsewhere
        In all of these; in no gap, but where help is likelier late; and where it is likelier in time.
    """

    rows: list[int]
    in_gaps: int
    scattered: int
    elsewhere: int


def late_told(found: pd.DataFrame) -> LateToldParts:
    """Part what is expected late of gaps with a calibration, as every place tells it."""
    *rows, scattered, elsewhere = wording.parted(
        [*found["late"].to_numpy(float), found.attrs.get("scattered", 0.0), found.attrs.get("elsewhere", 0.0)]
    )
    return LateToldParts(rows, sum(rows), scattered, elsewhere)


def _late(assessment: Assessment, goal: Objective, column: str) -> NDArray[np.float64] | None:
    """How much of each zone is expected to be reached late; None: it is not known how drives differ."""
    if chances_for(assessment.scenario, goal) is None:
        return None
    arrival = assessment.arrival(goal.key, "incidents" if column == "incidents_n" else column)
    return in_zones(assessment.scenario, arrival.measure, share=1.0 - arrival.chance)


def _weight(assessment: Assessment, goal: Objective, weight: str | None) -> tuple[str, NDArray[np.float64]]:
    """Name what gaps are ranked by, and say how much of it in each zone the objective speaks of."""
    counted = chosen_measure(assessment, goal.key, count="incidents" if weight == "incidents_n" else weight)
    measure = assessment.arrival(goal.key, counted).measure
    column = "incidents_n" if measure.places.kind == "incidents" else counted
    return column, in_zones(assessment.scenario, measure)


def gap_reasons(assessment: Assessment, goal: Objective) -> pd.DataFrame:
    """For each zone: distance to the nearest station that counts as the crow flies [m], and why it is not in time."""
    found = assessment.memo.get(("gap reasons", goal.key), lambda: freeze_own(_gap_reasons(assessment, goal)))
    return found.view()


def _gap_reasons(assessment: Assessment, goal: Objective) -> pd.DataFrame:
    from scipy.spatial import KDTree  # noqa: PLC0415 - slow to import

    scenario = assessment.scenario
    stations = _counting(scenario, goal).geometry.to_crs(scenario.roads.crs)
    away_m, _ = KDTree(shapely.get_coordinates(stations.array)).query(zones_m(scenario).points)
    arrival_s = assessment.zones[f"{goal.key}_s"].to_numpy(float)
    reached = np.isfinite(arrival_s) & (arrival_s > 0)
    usual_mps = np.median(away_m[reached] / arrival_s[reached]) if reached.any() else 0.0
    in_time = away_m <= last_within(usual_mps * goal.limit_s)
    by_road = reached_by_road(scenario, places(scenario, "zones"))
    never = np.where(by_road, FEW_UNITS, NO_ROAD)
    reason = np.where(~np.isfinite(arrival_s), never, np.where(in_time, BARRIER, TOO_FAR))
    return pd.DataFrame({"straight_m": away_m, "reason": reason})


def _counting(scenario: Scenario, goal: Objective) -> gpd.GeoDataFrame:
    """Open stations that house something the objective asks for; if there are none, all that are open."""
    stations = scenario.stations[scenario.stations["open"]]
    wanted = [KINDS.index(kind) for kind in goal.needs]
    units = units_on_duty(scenario, goal.needs)
    homes = units["station_id"].to_numpy()[(supply(units)[:, wanted] > 0).any(axis=1)]
    found = stations[stations.index.isin(homes)]
    return found if len(found) else stations


def _row(
    assessment: Assessment, zones: pd.DataFrame, key: str, column: str, outline: NDArray[np.object_], why: pd.DataFrame
) -> dict[str, Any]:
    weight = zones[column].to_numpy(float)
    arrival_s = zones[f"{key}_s"].to_numpy(float)
    outline = np.where(shapely.get_dimensions(outline) < 2, shapely.buffer(outline, GAP_DISC_RADIUS_M), outline)
    area = shapely.union_all(shapely.make_valid(outline))
    nearest = _heaviest(zones["first_due"].to_numpy(object), weight)
    names = assessment.scenario.stations["name"]
    row = {c: zones[c].sum() for c in WEIGHTS if c in zones.columns}
    row[column] = weight.sum()
    if "_late" in zones.columns:
        late = float(zones["_late"].sum())
        row |= {"late": late, "chance": 1 - late / weight.sum()}
    return {
        **row,
        "zones": len(zones),
        "area_km2": area.area / 1e6,
        "nearest_station": nearest,
        "nearest_name": names.get(nearest) if nearest is not None else None,
        "travel_s": weighted_percentile(arrival_s, weight, 50),
        "worst_s": float(arrival_s.max()),
        "straight_km": weighted_percentile(why["straight_m"].to_numpy(), weight, 50) / 1000,
        "reason": _heaviest(why["reason"].to_numpy(object), weight),
        "geometry": area,
    }


def _heaviest(values: NDArray[np.object_], weight: NDArray[np.float64]) -> str | None:
    """The value that holds most of the weight; ties go to the first in order of name."""
    held = pd.Series(weight).groupby(pd.Series(values).fillna("")).sum()
    best = held.sort_index().idxmax()
    return str(best) if best != "" else None
