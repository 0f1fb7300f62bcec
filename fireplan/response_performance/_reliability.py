"""Station reliability: how often the station whose area a call lies in was the one that served it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from fireplan._checked import takes
from fireplan._former_names import former_argument
from fireplan.errors import InputError, UnknownIdError, listed, quoted
from fireplan.response_performance._attendance import NO_UNITS, Attendance, History, attend
from fireplan.response_performance._groups import Shifts, keys_for
from fireplan.response_performance._statistics import FEWEST, TOO_SMALL, share_interval
from fireplan.travel import first_due

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fireplan.response_performance._policy import Policy
    from fireplan.scenario import Scenario

INITIAL_S = 60.0
"""Units dispatched no later than this after the first dispatch were dispatched initially; a figure of our own. [s]"""

MODELLED = "modelled first due"


@former_argument("within_s", now="window_s")
@takes
def reliability(
    history: History | Attendance,
    *,
    scenario: Scenario | None = None,
    area: str | None = None,
    by: str | Sequence[str] = ("station_id",),
    window_s: float = INITIAL_S,
    needs: Mapping[str, float] | None = None,
    policy: Policy | None = None,
    shifts: Shifts | None = None,
) -> pd.DataFrame:
    """
    Measure station reliability, in both usual definitions.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, or a simulation; or what `attend` made of it.
    scenario
        The department; with an `Attendance` the one it was made with. May be left out there if `area` is given.
    area
        Text column that names the station in whose area each incident lies: of the zones, such as "station_area", or
        of the history, such as "first_due". Left out: the station that is first due by the travel model.
    by
        What to break it down by: `station_id`, the station in whose area the incident lies; `hour`, `weekday`,
        `month`, `year`, `shift`; or a column of the incidents as for `performance`. Empty: the department in one row.
    window_s
        Units dispatched no later than this after the first dispatch to the incident were dispatched initially. [s]
    needs
        Kinds of unit that make a station first due, for the travel model; left out: an engine.
    policy
        What counts; left out: `Policy()`: emergency calls in the zones, and the first unit that stops the clock. To
        ask for engines alone: `Policy(first_types=("engine", "quint"))`.
    shifts
        For `by="shift"`.

    Returns
    -------
    By the groups, of incidents that count, lie in the area of a station and were sent any eligible unit: `n`; by the
    first definition `n_first`, at which an eligible unit is known to have arrived, `served_first`, at which the first
    of them was the station's, and `share_first` with its Wilson 95 % interval; by the second `n_initial`, for which the
    dispatch of an eligible unit is known, `served_initial`, for which the station had one among the units initially
    dispatched, and `share_initial` likewise. Shares of fewer than ten incidents are left out, and `note` says so. In
    `attrs`: `area`, where it comes from; `not_placed`, incidents that count but lie in no station's area or at no known
    place; `nobody_eligible`, incidents in an area to which no eligible unit was sent. Observed, if the history is; the
    area is observed or modelled, as it says.

    Raises
    ------
    InputError
        If the history has one row per incident, the units' stations are not known, or there is neither a scenario nor
        an area.
    UnknownIdError
        If `area` or `by` names what is not there, or no value of the area is a station.

    Notes
    -----
    Reliability is the share of incidents in a station's area that the station served: (a) by the unit that arrived
    first, or (b) by any eligible unit that was initially dispatched; emergency calls only [1]_. CPSE asks how often the
    first due is available when called, which (b) comes nearest to. Eligible are the types of the policy, of the
    department's own units and of neighbours', but for units that came upon the call themselves, which nobody sent: a
    call that a neighbour's unit reached first was not served by the station. What a neighbour's unit is, if the history
    does not say, is guessed from the letters of the last word of its id. Definitions of our own: how long after the
    first dispatch a unit still counts as initially dispatched, and that a unit is of the station where the table of
    units houses it, wherever it came from that day.

    A modelled area ends where two stations are as far: near there dispatchers may have sent the other one, and the
    share is too low by what the model has wrong. A drawn area, where there is one, has no such fault.

    References
    ----------
    .. [1] Darkhorse Emergency, documentation: station response reliability; as noted in the project's guide to the
       field, section b.4.
    """
    if window_s < 0 or not np.isfinite(window_s):
        raise InputError(f"window_s is {window_s}: give a number of seconds, from 0")
    attendance = history if isinstance(history, Attendance) else attend(history, scenario=scenario, policy=policy)
    if attendance.grain == "incident":
        raise InputError(NO_UNITS)
    if attendance.responses["station_id"].isna().all():
        raise InputError("the stations of the units are not known: give the scenario")
    by = [by] if isinstance(by, str) else list(dict.fromkeys(by))
    home, source = _areas(attendance, scenario, area, needs)
    counting = attendance.incidents["counts"].to_numpy()
    placed = home.notna().to_numpy() & counting
    served = _served(attendance, home, window_s)
    sent = served["sent"].to_numpy()
    rows = served.assign(station_id=home)[placed & sent].rename_axis("incident_id").reset_index()
    table = _figures(rows, keys_for(attendance, rows, by, shifts=shifts))
    table.attrs = {
        "area": source,
        "not_placed": int((counting & ~placed).sum()),
        "nobody_eligible": int((placed & ~sent).sum()),
        "window_s": window_s,
        "basis": str(getattr(history, "basis", "observed")),
    }
    return table


def _areas(
    attendance: Attendance, scenario: Scenario | None, area: str | None, needs: Mapping[str, float] | None
) -> tuple[pd.Series, str]:
    """Station in whose area each incident lies, missing where there is none; and how that is known."""
    incidents, responses = attendance.incidents, attendance.responses
    if area is None:
        if scenario is None:
            raise InputError("whose area an incident lies in is not known: give the scenario, or name a column as area")
        return _modelled(attendance, scenario, needs), MODELLED
    stations = pd.Index(responses["station_id"].dropna().unique() if scenario is None else scenario.stations.index)
    if area in incidents:
        named = incidents[area]
    elif area in responses:
        named = responses.groupby("incident_id")[area].first().reindex(incidents.index)
    else:
        raise UnknownIdError("column of the area", area, [*incidents.columns, *responses.columns])
    known = named.isin(stations)
    if not known.any():
        raise UnknownIdError(f"station in column {quoted(area)}:", listed(named.dropna().unique(), most=3), stations)
    return named.where(known), f"column {quoted(area)}"


def _modelled(attendance: Attendance, scenario: Scenario, needs: Mapping[str, float] | None) -> pd.Series:
    """Station first due at each incident by the travel model; missing where the incident has no place on the road."""
    points = attendance.incidents.geometry
    located = points[~(points.isna() | points.is_empty)]
    own = scenario.incidents
    if own is None or own.crs != located.crs or not own.geometry.reindex(located.index).geom_equals(located).all():
        scenario = replace(scenario, incidents=located.to_frame("geometry").rename_axis("incident_id"))
    due = first_due(scenario, to="incidents", needs=needs)["first_due"]
    return due.reindex(attendance.incidents.index).astype("str")


def _served(attendance: Attendance, home: pd.Series, window_s: float) -> pd.DataFrame:
    """
    Say by whom each incident was served.

    Returns
    -------
    By `incident_id`: `sent`, any eligible unit was; `arrived`, one is known to have; `dispatched`, one's dispatch is
    known; `first`, the first to arrive was of the station of the area; `initial`, one of that station was dispatched
    initially.
    """
    responses, incidents = attendance.responses, attendance.incidents
    responses = responses[_eligible(attendance)]  # in order of arrival within an incident
    at = incidents.index.get_indexer(pd.Index(responses["incident_id"]))
    responses, at = responses[at >= 0], at[at >= 0]
    of_area = (responses["own"] & (responses["station_id"] == home.iloc[at].to_numpy())).to_numpy(bool)
    arrived = responses["arrived"].notna()
    first = (arrived & ~responses["incident_id"].where(arrived).duplicated()).to_numpy()
    sent = attendance.responses[~_upon(attendance.responses)]
    begun = sent.groupby("incident_id")["dispatched"].min().reindex(responses["incident_id"].to_numpy())
    waited_s = (responses["dispatched"] - begun.set_axis(responses.index)).dt.total_seconds()
    marks = {
        "sent": at,
        "arrived": at[arrived],
        "dispatched": at[responses["dispatched"].notna()],
        "first": at[first & of_area],
        "initial": at[(waited_s <= window_s).to_numpy() & of_area],
    }
    told = {name: np.zeros(len(incidents), dtype=bool) for name in marks}
    for name, rows in marks.items():
        told[name][rows] = True
    return pd.DataFrame(told, index=incidents.index)


def _eligible(attendance: Attendance) -> pd.Series:
    """Which responses are of units that stop the clock, whoever owns them, and that were sent."""
    responses = attendance.responses
    what, sent = responses["unit_type"], ~_upon(responses)
    return sent if what.isna().all() else what.isin(attendance.policy.first_types) & sent


def _upon(responses: pd.DataFrame) -> pd.Series[bool]:
    """Which responses are of units that came upon the call themselves."""
    return responses.get("on_view", pd.Series(data=False, index=responses.index))


def _figures(rows: pd.DataFrame, keys: pd.DataFrame) -> pd.DataFrame:
    """Shares of each group."""
    counts = pd.DataFrame(
        {
            "n": 1,
            "n_first": rows["arrived"],
            "served_first": rows["first"],
            "n_initial": rows["dispatched"],
            "served_initial": rows["initial"],
        }
    ).astype("int64")
    if keys.shape[1]:
        table = pd.concat([keys, counts], axis=1).groupby(list(keys.columns), sort=True, observed=True).sum()
    else:
        table = counts.sum().to_frame().T
    for name in ("first", "initial"):
        shares = [
            share_interval(w, n if n >= FEWEST else 0)
            for w, n in zip(table[f"served_{name}"], table[f"n_{name}"], strict=True)
        ]
        columns = [f"share_{name}", f"share_{name}_low", f"share_{name}_high"]
        table[columns] = np.array(shares, dtype=float).reshape(-1, 3)
    few = (table["n_first"] < FEWEST) | (table["n_initial"] < FEWEST)
    of_first, of_initial = ([c for c in table.columns if c.endswith(n) or f"_{n}_" in c] for n in ("first", "initial"))
    return table[["n", *of_first, *of_initial]].assign(note=np.where(few, TOO_SMALL, ""))
