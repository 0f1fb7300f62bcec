"""Total response as the sum of the distributions of its parts, beside what was observed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan.calibration._shrunk_effects import fit_log_times
from fireplan.calibration._turnout import (
    CLEAR_S,
    FEWEST,
    LONGEST_S,
    Turnouts,
    as_text,
    clear_s,
    day_of,
    learnt,
    turnouts_of,
)
from fireplan.changes._drive_error import error_said
from fireplan.drive_times import LEVELS
from fireplan.errors import Faults, InputError, quoted
from fireplan.response_performance import Attendance, attend
from fireplan.response_performance._missed_drives import drives_in_hours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fireplan.drive_times import TravelSpread
    from fireplan.response_performance import History, Policy
    from fireplan.scenario import Scenario

FOLDS = 5
"""Days are parted into so many sets; each is predicted from the others."""

DRAWS = 40
"""Responses drawn for each incident."""

PARTS = ("handling_s", "turnout_s", "travel_s")
SUMS = {"turnout_and_travel_s": PARTS[1:], "total_response_s": PARTS}
MEASURES = {**{part: (part,) for part in PARTS}, **SUMS}
BY = ("station_id", "category", "hour")


class _Parts(NamedTuple):
    """Quantiles at `LEVELS` of one part for each kind of incident, and which kind each incident is."""

    quantiles_s: NDArray[np.float64]
    of: NDArray[np.int64]


@takes
def total_response(
    history: History | Attendance,
    scenario: Scenario,
    *,
    policy: Policy | None = None,
    by: Literal["", "station_id", "category", "hour"] = "",
    seed: int = 0,
) -> pd.DataFrame:
    """
    Hold the sum of the distributions of handling, turnout and travel against the total that was observed.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, or a simulation; or what `attend` made of it.
    scenario
        The department, calibrated.
    policy
        What counts; left out: `Policy()`. Not looked at when `history` is an `Attendance`.
    by
        What to break it down by: home of the unit, category of incident, or hour of the day; left out: nothing.
    seed
        For the draws.

    Returns
    -------
    By `measure` (`handling_s`, `turnout_s`, `travel_s`, `turnout_and_travel_s`, `total_response_s`), or by group and
    measure: `n` incidents, and of these `observed_p50_s`, `predicted_p50_s`, `observed_p90_s` and `predicted_p90_s`
    [s]. In `.attrs`: `basis`, `drive_error` and `notes`.

    Raises
    ------
    InputError
        If the scenario is not calibrated, or its calibration does not say how drives differ; if the history holds one
        row per incident; or if fewer than 30 incidents can be predicted.

    Notes
    -----
    Incidents that count, by their first counting unit, of which all stamps are known and which set out from an open
    station: not on the road, and clear for at least five minutes. Each of five sets of days is predicted from handling
    and turnout on the others: handling by priority, category and hours, turnout as in `turnout_times`, and the drive
    from the unit's station in the hours of the call, by the calibration as it is. The parts are drawn independently of
    one another, so that what they have in common shows as a difference of the total.

    Where several units are sent, the first to arrive is the luckier one: its parts are then told too long.

    Examples
    --------
    >>> import fireplan as fp
    >>> project = fp.examples.marisol_project()
    >>> policy = fp.Policy(first_types=("engine",), emergency_priorities=("1", "2"))
    >>> found = fp.calibration.total_response(project.history, project.today, policy=policy)
    >>> total = found.loc["total_response_s"]
    >>> bool(abs(total["predicted_p90_s"] - total["observed_p90_s"]) < 8)
    True
    """
    calibration = scenario.calibration
    faults = Faults("total_response")
    if calibration is None or not scenario.roads.calibrated:
        faults.add(f"scenario {quoted(scenario.name)} is not calibrated: give scenario.calibrated(calibration)")
    elif calibration.spread is None:
        faults.add("the calibration does not say how drives differ: it has no spread")
    if by not in ("", *BY):
        faults.add(f"by is {quoted(by)}: give one of {', '.join(BY)}, or leave it out")
    faults.raise_if_any()
    attendance = history if isinstance(history, Attendance) else attend(history, scenario=scenario, policy=policy)
    if attendance.grain == "incident":
        raise InputError(
            "total response cannot be predicted: this history holds one row per incident, not one per unit"
        )
    rows = _responses(attendance, scenario)
    if len(rows) < FEWEST:
        raise InputError(
            f"total response cannot be predicted: of {len(rows)} incidents all is known, and it takes {FEWEST}"
        )
    spread = calibration.spread if calibration is not None else None
    drawn_s = _drawn(rows, turnouts_of(attendance), spread, seed=seed)  # type: ignore[arg-type]
    table = _table(rows, drawn_s, by)
    table.attrs = {
        "basis": f"{attendance.basis} beside modelled",
        "drive_error": error_said(scenario),
        "notes": (
            "handling and turnout are predicted from other days; drives by the calibration, which may rest on these",
        ),
    }
    return table


def _responses(attendance: Attendance, scenario: Scenario) -> pd.DataFrame:
    """By incident: the first unit from quarters, its parts, and the drive from its station at the median."""
    responses = attendance.responses
    clear = clear_s(responses)
    rolling = responses["already_on_road"].fillna(value=False).astype(bool)
    takes_s = responses["turnout_s"]
    good = (responses["nth"] == 1) & responses["measured"] & responses["own"] & ~rolling & ~(clear < CLEAR_S)
    good &= (takes_s > 0) & (takes_s <= LONGEST_S) & (responses["travel_s"] > 0) & responses["handling_s"].notna()
    good &= responses["total_response_s"].notna()
    rows = responses[good].drop_duplicates("incident_id").set_index("incident_id")
    its = attendance.incidents.reindex(rows.index)
    point = its.geometry
    rows = rows[~(point.isna() | point.is_empty).to_numpy()]
    its = its.loc[rows.index]
    rows = rows[["unit_type", "station_id", *PARTS, *SUMS]].assign(
        kind=as_text(rows["unit_type"]),
        category=as_text(its["category"]),
        priority=as_text(its["priority"]) if "priority" in its else "",
        hour=its["local"].dt.hour.to_numpy(dtype=np.int64),
        day=day_of(its["local"]),
    )
    if not len(rows):
        empty: pd.DataFrame = rows.assign(from_home_s=0.0)
        return empty
    types = sorted(set(scenario.units["type"]) & {"engine", "truck", "ambulance"})
    drives = drives_in_hours(rows, scenario, attendance, needs={types[0] if types else "people": 1.0})
    rows["from_home_s"] = drives["from_home_s"]
    found: pd.DataFrame = rows[np.isfinite(rows["from_home_s"].to_numpy(float))]
    return found


def _drawn(
    rows: pd.DataFrame, turnouts: Turnouts, spread: TravelSpread, *, seed: int
) -> dict[str, NDArray[np.float64]]:
    """Draw the parts of each incident, incidents x `DRAWS`. [s]"""
    rng = np.random.default_rng(seed)
    found = {part: np.empty((len(rows), DRAWS)) for part in PARTS}
    drive_s = rows["from_home_s"].to_numpy(float)
    shape = np.array(spread.shape)
    level = rng.integers(0, len(LEVELS), (len(rows), DRAWS))
    found["travel_s"] = drive_s[:, None] * np.exp(spread.upper_at(drive_s)[:, None] * shape[level])
    day = rows["day"].to_numpy()
    for held_out in _folds(day):
        other = ~np.isin(turnouts.day, np.unique(day[held_out]))
        handling = _handling(rows, held_out)
        turnout = _turnout(rows[held_out], turnouts.only(other) if other.sum() >= FEWEST else turnouts)
        for part, quantiles in (("handling_s", handling), ("turnout_s", turnout)):
            level = rng.integers(0, len(LEVELS), (int(held_out.sum()), DRAWS))
            found[part][held_out] = quantiles.quantiles_s[quantiles.of[:, None], level]
    return found


def _folds(day: NDArray[np.int64]) -> Iterator[NDArray[np.bool_]]:
    """Part days into sets; one day alone is its own."""
    days = np.unique(day)
    for fold in range(min(FOLDS, len(days))):
        yield np.isin(day, days[fold::FOLDS])


def _handling(rows: pd.DataFrame, held_out: NDArray[np.bool_]) -> _Parts:
    """Handling of incidents, from those of other days."""
    log_s = np.log(np.maximum(rows["handling_s"].to_numpy(float), 1.0))
    priorities, priority = np.unique(rows["priority"].to_numpy(str), return_inverse=True)
    categories, category = np.unique(rows["category"].to_numpy(str), return_inverse=True)
    groups = [priority, category, rows["hour"].to_numpy(), priority * len(categories) + category]
    sizes = [len(priorities), len(categories), 24, len(priorities) * len(categories)]
    known = ~held_out if (~held_out).sum() >= FEWEST else np.ones(len(rows), dtype=bool)
    found = fit_log_times(log_s[known], [g[known] for g in groups], sizes, first_scale=3)
    here = [g[held_out] for g in groups]
    location, scale = found.location(here), found.scale(here)
    quantiles_s = np.exp(location[:, None] + scale[:, None] * found.shape)
    return _Parts(quantiles_s, np.arange(len(quantiles_s), dtype=np.int64))


def _turnout(rows: pd.DataFrame, turnouts: Turnouts) -> _Parts:
    """Turnout of crews, from that of other days."""
    known = learnt(turnouts)
    keys = ["kind", "category", "hour", "station_id"]
    of = rows.groupby(keys, sort=True).ngroup().to_numpy(dtype=np.int64)
    each = rows[keys].drop_duplicates().sort_values(keys)
    quantiles_s = [
        known.distribution_s([kind], [category], hours=[hour], station=station)
        for kind, category, hour, station in each.itertuples(index=False)
    ]
    return _Parts(np.array(quantiles_s), np.asarray(of, dtype=np.int64))


def _table(rows: pd.DataFrame, drawn_s: dict[str, NDArray[np.float64]], by: str) -> pd.DataFrame:
    """Quantiles of what was observed and of what was drawn."""
    groups = rows[by].to_numpy() if by else np.zeros(len(rows), dtype=np.int64)
    told = []
    for group in np.unique(groups):
        here = groups == group
        for measure, parts in MEASURES.items():
            observed = rows[measure].to_numpy(float)[here]
            predicted = np.sum([drawn_s[part][here] for part in parts], axis=0)
            quantiles = {
                f"{name}_p{level}_s": float(np.quantile(values, level / 100))
                for level in (50, 90)
                for name, values in (("observed", observed), ("predicted", predicted))
            }
            told.append({by: group, "measure": measure, "n": int(here.sum()), **quantiles})
    table = pd.DataFrame(told)
    return table.set_index([by, "measure"] if by else "measure").drop(columns=[] if by else [""])
