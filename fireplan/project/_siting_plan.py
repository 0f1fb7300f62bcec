"""What [siting] of a plan asks, put to `fireplan.siting`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from fireplan import siting
from fireplan._geofiles import local_file, read_vector
from fireplan.errors import InputError, ProjectError, UnknownIdError, quoted
from fireplan.project._plan import MODELS
from fireplan.response_performance import busy_shares
from fireplan.siting._problem.what_counts import default_weight as siting_weight

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import geopandas as gpd

    from fireplan.project._plan import SitingPart
    from fireplan.project._read_project import Project
    from fireplan.siting import Rules, Siting
    from fireplan.standards import Objective

SPACING_M = 500.0
APART_M = 200.0
"""From one grid point, and from one intersection, to the next where the plan does not say. [m]"""

MORE_STATIONS = 3
"""The curve of what each further station buys goes on for so many beyond those asked for, and to five at least."""

HELD_TO_A_GOAL = frozenset({"max_coverage", "relocate"})
"""Models whose objective is what is reached in time, once: a share that a standard may ask for."""

BY_UNIT = frozenset({"expected_coverage", "reliable_coverage"})
"""Models that place units, not stations."""

TWICE = 2.0
"""The far limit of a double standard is so many times the near one where the plan does not say."""

CLOSE_ENOUGH, TRIES = 0.1, 6
"""A grid of about so many points is laid anew, so many times at most, until it is within this part of the number."""


@dataclass(frozen=True, eq=False)
class Question:
    """
    A question about new stations, ready to be asked.

    Attributes
    ----------
    project
        Whose.
    stations
        How many new ones, or how many units.
    candidates
        Where they could stand, by `candidate_id`.
    within_s
        Within which time; NaN where the model has no limit, or one for each kind of unit. [s]
    weight
        What is counted; None: people where they are known, else incidents.
    rules
        Under which rules.
    goal
        Share that the standard asks for within this limit; None: it asks for none.
    """

    project: Project
    stations: int
    candidates: gpd.GeoDataFrame
    within_s: float
    weight: str | None
    rules: Rules
    goal: float | None = None

    @property
    def asked(self) -> SitingPart:
        """The plan's own words."""
        return self.project.plan.siting

    @property
    def covers_most(self) -> bool:
        """Whether as much as possible is to be reached in time, once: other questions have no curve and no runs."""
        return self.asked.model == "max_coverage"

    @property
    def stopping(self) -> dict[str, float]:
        """When a search stops."""
        return {"time_limit_s": self.asked.time_limit_seconds, "gap": self.asked.gap_percent / 100}

    def answer(self) -> Siting:
        """Where to put the stations."""
        today, asked, model = self.project.today, self.asked, self.asked.model
        how: dict[str, Any] = {"candidates": self.candidates, "weight": self.weight, **self.stopping}
        if model == "fleet":
            units = asked.units or {}
            limits = (
                asked.within_seconds if isinstance(asked.within_seconds, dict) else dict.fromkeys(units, self.within_s)
            )
            how |= {"interval": self.rules.interval}
            return siting.fleet(today, stations=self.stations, units=units, within_s=limits, **how)
        how |= {"rules": self.rules, **self._limits()}
        if model != "set_cover":
            how["units" if model in BY_UNIT else "stations"] = self.stations
        call: Callable[..., Siting] = getattr(siting, model)
        return call(today, **how)

    def _limits(self) -> dict[str, Any]:
        """What is particular to the model; what the plan leaves out is left to it."""
        asked, keys = self.asked, MODELS[self.asked.model]
        limits: dict[str, Any] = {"within_s": self.within_s} if "within_seconds" in keys else {}
        limits |= {"goal": self.goal} if asked.model in HELD_TO_A_GOAL else {}
        if "near_seconds" in keys:
            limits = {"near_s": self.within_s, "far_s": asked.far_seconds or TWICE * self.within_s}
        given = {
            "at_most_s": asked.at_most_seconds,
            "share": asked.share_percent and asked.share_percent / 100,
            "reliability": asked.reliability_percent and asked.reliability_percent / 100,
            "busy": self._busy(),
            "first": asked.first,
            "most_at_a_site": asked.most_at_a_site,
            "by": asked.by,
        }
        return limits | {name: value for name, value in given.items() if value is not None}

    def _busy(self) -> float | pd.Series[Any] | None:
        """How busy units are: the plan's figure, or that of each unit in the project's history."""
        when, history = self.asked.busy, self.project.history
        if not isinstance(when, str):
            return when
        if history is None:
            raise ProjectError(
                f"siting.busy is {quoted(when)}, of the dispatch history, and plan.toml names none: give inputs.cad, or"
                " a number such as 0.15"
            )
        return busy_shares(history, self.project.today, when=when)

    def curve(self, found: Siting) -> pd.DataFrame:
        """Say what each further station buys: the best plan for each number, or the best order of building this one."""
        if not self.covers_most:
            return found.curve
        most = min(max(5, self.stations + MORE_STATIONS), len(self.candidates))
        return siting.marginal_curve(
            self.project.today, up_to=most, candidates=self.candidates, within_s=self.within_s, weight=self.weight,
            rules=self.rules, goal=self.goal, **self.stopping,
        )  # fmt: skip

    def robustness(self, found: Siting) -> siting.Robustness | None:
        """Say how often each site is chosen under other assumptions; None: it is not asked for, or nothing to ask."""
        if not (self.covers_most and self.asked.robustness_runs and len(found.chosen)):
            return None
        return siting.robustness(
            found, stations=self.stations, within_s=self.within_s, weight=self.weight, candidates=self.candidates,
            rules=self.rules, runs=self.asked.robustness_runs, seed=self.asked.seed,
        )  # fmt: skip


def siting_question(project: Project, *, stations: int | None = None) -> Question:
    """
    Make ready what [siting] of a project asks.

    Parameters
    ----------
    project
        From `open_project`.
    stations
        How many new ones, instead of `siting.p`.

    Raises
    ------
    ProjectError, TableError, InputError
        If the plan names a station that is not there, or its candidates cannot be used.
    """
    asked, objectives = project.plan.siting, project.standard.planned
    if stations is not None and asked.model == "set_cover":
        raise ProjectError("siting.model set_cover finds how many stations it takes: leave --stations out")
    _check_stations(project)
    goal = objectives[0] if objectives else None
    limit, weight = asked.near_seconds or asked.within_seconds, asked.weight
    interval: str = asked.interval or "travel_s"
    within_s = limit if isinstance(limit, float) else math.nan
    if limit is None and goal is not None:
        within_s, interval, weight = goal.limit_s, asked.interval or goal.interval, weight or goal.weight or None
    elif limit is None and MODELS[asked.model] & {"within_seconds", "near_seconds"}:
        key = "near" if asked.model == "double_standard" else "within"
        raise ProjectError(f"the standard has no limit that a plan can be held to: give siting.{key}_seconds")
    rules = siting.Rules(
        unit=asked.unit,
        interval=interval,
        closable=asked.closable,
        site_cost=asked.site_cost,
        closing_cost=asked.closing_cost,
        budget=math.inf if asked.budget is None else asked.budget,
        apart_m=asked.apart_m,
    )
    share = _goal(objectives, within_s, weight or siting_weight(project.today), rules)
    return Question(project, stations or asked.p, _candidates(project), within_s, weight, rules, share)


def _goal(objectives: tuple[Objective, ...], within_s: float, weight: str, rules: Rules) -> float | None:
    """Find the share that the standard asks for of what is asked here: the same limit, unit, weight, all the ground."""
    for objective in objectives:
        same = (objective.limit_s, objective.interval, dict(objective.needs)) == (
            within_s, rules.interval, {rules.unit: 1},
        )  # fmt: skip
        everywhere = not objective.where and not (objective.calls and weight == "incidents")
        if same and everywhere and objective.weight in {"", weight} and objective.share is not None:
            return objective.share
    return None


def _check_stations(project: Project) -> None:
    asked, known = project.plan.siting, project.today.stations.index
    paid = asked.closing_cost if isinstance(asked.closing_cost, dict) else {}
    for key, named in (("closable", asked.closable), ("closing_cost", paid)):
        for station in named:
            if station not in known:
                raise ProjectError(f"siting.{key} of plan.toml: {UnknownIdError('station', station, known)}")


def _candidates(project: Project) -> gpd.GeoDataFrame:
    """Make or read the candidate sites."""
    asked, today = project.plan.siting, project.today
    within = None if asked.within is None else read_vector(project.folder / asked.within, what="siting.within")
    if asked.candidates == "intersections":
        return siting.intersection_sites(today, within=within, apart_m=asked.spacing_m or APART_M)
    if isinstance(asked.candidates, int):
        return _about(asked.candidates, project, within)
    if asked.candidates is None or asked.candidates == "grid":
        return siting.grid_sites(today, spacing_m=asked.spacing_m or SPACING_M, within=within)
    file = project.folder / asked.candidates
    try:
        if file.suffix.lower() == ".csv":
            return siting.listed_sites(_table(file), today, within=within)
        table = read_vector(file, what="siting.candidates")
        if table.geom_type.isin(["Polygon", "MultiPolygon"]).any():
            return siting.parcel_sites(table, today, within=within)
        return siting.listed_sites(table, today, within=within)
    except InputError as error:
        if file.name in str(error):
            raise
        raise ProjectError(f"siting.candidates {quoted(asked.candidates)}: {error}") from error


def _table(file: Path) -> pd.DataFrame:
    """Read a list of places; every id stays as it is written."""
    try:
        return pd.read_csv(
            local_file(file, what="siting.candidates"), dtype=str, keep_default_na=False, encoding="utf-8-sig"
        )
    except UnicodeDecodeError as error:
        raise InputError(f"siting.candidates {quoted(file.name)} is not UTF-8 text") from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"siting.candidates {quoted(file.name)} cannot be read as CSV: {error}") from error


def _about(number: int, project: Project, within: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame:
    """Lay a grid of about so many sites: points off the road do not count, so the spacing is found by trying."""
    today = project.today
    area = today.zones if within is None else within
    if area.crs is None:
        return siting.grid_sites(today, within=within)  # which says what is wrong with it
    west, south, east, north = area.geometry.to_crs(today.roads.crs).total_bounds
    spacing_m = max(math.sqrt((east - west) * (north - south) / number), 1.0)
    best = siting.grid_sites(today, spacing_m=spacing_m, within=within)
    for _ in range(TRIES - 1):
        if abs(len(best) - number) <= CLOSE_ENOUGH * number:
            break
        spacing_m *= math.sqrt(len(best) / number)
        tried = siting.grid_sites(today, spacing_m=spacing_m, within=within)
        if abs(len(tried) - number) >= abs(len(best) - number):
            break
        best = tried
    return best
