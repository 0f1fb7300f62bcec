"""Shares within objectives by period of the week, and over the whole of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan._selection import minute_of_week
from fireplan.errors import TableError, listed
from fireplan.measures._assess import assess
from fireplan.measures._assessment import index_in_order, verdict_of
from fireplan.measures._demand_measures import measures_of
from fireplan.measures._tally import weighted_percentile
from fireplan.roads._speed_periods import REST, WEEK_MIN, period_of
from fireplan.scenario import held

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fireplan.measures._assessment import Assessment
    from fireplan.scenario import Scenario
    from fireplan.standards import Standard

WHOLE_WEEK = "whole week"
COLUMNS = [
    "when", "title", "limit_s", "interval", "n", "within", "outside", "share", "unreachable", "p90_s", "unit",
    "required_share", "at_most_outside", "met", "week_share", "week_by", "basis",
]  # fmt: skip


@takes
def by_period(scenario: Scenario, standard: Standard | str = "NFPA_1710") -> pd.DataFrame:
    """
    Say what is within each objective in each period of the week, and over the whole of it.

    Parameters
    ----------
    scenario
        Whose roads have `periods`.
    standard
        What it is held to, as in `fireplan.assess`.

    Returns
    -------
    By `objective`, `measure` and `period`, the hours in no period as "rest of the week" and all together as "whole
    week": `when`, and the columns of `Assessment.summary` that speak of one figure (`n`, `within`, `share` of n,
    `p90_s` [s], `met` and others). Incidents are those of the period's own hours. `week_share` is the part of the
    week's calls that come in these hours, and `week_by` what it was counted by: "incidents", or "hours" where the
    scenario has no incidents with times. The whole week adds incidents up; of people and the like it is the mean of the
    periods, each weighing its `week_share`: how many are within the limit when a call comes in. `.attrs` hold
    `basis`, such as "assumed", and `notes`: the periods with their factors, and what could not be told.

    Raises
    ------
    InputError
        If the roads have no periods.

    Notes
    -----
    A figure for the whole day hides its worst hours. How much slower engines are in them differs by city: of 97,000
    ambulance runs those of the rush hour were hardly slower, and those of the night by a fifth [1]_. Factors are
    assumptions until they are learnt from your own records.

    Of calibrated drives `fireplan.assess` speaks of the whole week too, by one spread that holds its hours; here the
    shares of its periods are put together. The two may differ in the last digit: of a full alarm within eight minutes
    59.6 % and 59.7 % of the people of Marisol.

    References
    ----------
    .. [1] "Calculating average driving speeds of emergency vehicles by road type based on emergency call data",
       Proceedings of ISCRAM, https://doi.org/10.59297/a7t70e66.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town().with_periods(fp.roads.SpeedPeriod("pm peak", hours=(16, 19), factor=0.5))
    >>> found = fp.measures.by_period(town, standard="NFPA_1710")
    >>> found.loc[("first_engine", "population"), "share"].round(3).to_dict()
    {'pm peak': 0.275, 'rest of the week': 0.55, 'whole week': 0.516}
    """
    names = scenario.roads.period_names
    share, by, timed, notes = _shares_of_week(scenario, names)
    found = {name: assess(scenario.during(name, incidents=timed), standard=standard) for name in names}
    said = {p.name: p.when for p in scenario.roads.periods} | {REST: "all other hours"}
    rows: list[dict[str, Any]] = []
    for i, arrival in enumerate(next(iter(found.values())).arrivals):
        keys = {"objective": arrival.objective.key, "measure": arrival.measure.name}
        own = [dict(found[name].headlines[i]) for name in names]
        for name, row, part in zip(names, own, share, strict=True):
            rows.append({**row, **keys, "period": name, "when": said[name], "week_share": part, "week_by": by})
        whole = _whole_week(found, i, share, adds_up=timed and arrival.measure.places.kind == "incidents")
        unit = next(m.unit for m in measures_of(scenario, arrival.objective) if m.name == arrival.measure.name)
        rows.append(
            {
                **own[0],
                **keys,
                **whole,
                "unit": unit,
                "period": WHOLE_WEEK,
                "when": "",
                "week_share": 1.0,
                "week_by": by,
            }
        )
    table = pd.DataFrame(rows, columns=COLUMNS)
    table.index = index_in_order(rows, ["objective", "measure", "period"])
    table.attrs["basis"] = listed(sorted({p.basis for p in scenario.roads.periods}))
    table.attrs["notes"] = [*scenario.roads.period_notes, *notes]
    return table


def _shares_of_week(scenario: Scenario, names: list[str]) -> tuple[NDArray[np.float64], str, bool, list[str]]:
    """Say which part of the week's calls comes in each period, by what, whether calls have times, and what to note."""
    periods, calls = scenario.roads.periods, held(scenario).incidents
    notes: list[str] = []
    if calls is not None:
        try:
            minute = minute_of_week(calls, scenario.timezone or str(calls.attrs.get("timezone", "")))
        except TableError as error:
            notes.append(f"all incidents are counted in every period, and periods weigh their hours: {error}")
        else:
            known = minute >= 0
            place = period_of(periods, minute[known])
            n = np.bincount(np.where(place < 0, len(periods), place), minlength=len(periods) + 1)[: len(names)]
            if not known.all():
                notes.append(f"{(~known).sum():,} incidents without a time are in no period")
            if n.sum():
                return n / n.sum(), "incidents", True, notes
    hours = [int(p.minutes.sum()) for p in periods]
    hours += [WEEK_MIN - sum(hours)] if len(names) > len(periods) else []
    return np.array(hours) / WEEK_MIN, "hours", False, notes


def _whole_week(
    found: Mapping[str, Assessment], i: int, share: NDArray[np.float64], *, adds_up: bool
) -> dict[str, object]:
    """Put the figures of the periods together: added up, or each by its part of the week's calls."""
    arrivals = [a.arrivals[i] for a in found.values()]
    rows = [a.headlines[i] for a in found.values()]
    part = np.ones(len(rows)) if adds_up else share
    told: dict[str, Any] = {
        column: float(sum(w * row[column] for w, row in zip(part, rows, strict=True)))
        for column in ("n", "within", "outside", "unreachable")
    }
    weight = [w * np.nan_to_num(a.measure.weight) for w, a in zip(part, arrivals, strict=True)]
    told["p90_s"] = weighted_percentile(np.concatenate([a.arrival_s for a in arrivals]), np.concatenate(weight), 90)
    told["share"] = told["within"] / told["n"] if told["n"] > 0 else np.nan
    told["met"] = verdict_of(arrivals[0].objective, arrivals[0].measure, told["n"], told["within"])
    return told
