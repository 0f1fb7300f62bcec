"""The view of a day: where units were and which calls were open, at any moment of it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan._html_escape import escape
from fireplan._limits import last_within
from fireplan.crs import WGS84, reproject
from fireplan.errors import Faults, InputError, quoted
from fireplan.maps._layers import vector_layers
from fireplan.maps._layers.day_of_units import packed_day
from fireplan.maps._layers.scenario_layers import draw_streets
from fireplan.maps._pages.disclosure_profile import marked
from fireplan.maps._pages.page_frame import Footer, footer_of
from fireplan.maps._pages.playback_map import PlaybackMap
from fireplan.measures._demand_measures import UNITS
from fireplan.response_performance import Attendance, attend
from fireplan.response_performance._attendance import NO_UNITS
from fireplan.response_performance._erf_arrivals import is_alone
from fireplan.response_performance._objective_incidents import spoken_of
from fireplan.response_performance._time_bins import LocalPeriod, clock_of, instants_us, merge
from fireplan.response_performance._whereabouts import SECOND_US, unwrapped, whereabouts
from fireplan.scenario import counted_columns
from fireplan.simulation import Replay, SimulatedHistory, Simulation
from fireplan.standards import OBSERVED_INTERVALS, Objective
from fireplan.stations import KINDS, supply
from fireplan.travel import first_due
from fireplan.travel._on_duty import units_on_duty

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fireplan.disclosure import Profile, Publications
    from fireplan.maps._pages.page_frame import Basis
    from fireplan.response_performance import History, Policy
    from fireplan.response_performance._whereabouts import Whereabouts
    from fireplan.scenario import Scenario

LONGEST = pd.Timedelta(days=7, hours=1)
"""A page plays no more: a week, and the hour that its clocks may be set back."""

LAST = pd.Timestamp("2200-01-01")
"""Later than any call."""

MOST_RESPONSES = 20_000
"""A page carries so many responses at most: about three megabytes of ways."""

RESTRICTED = "RESTRICTED: shows single incidents, and when they were"
ESTIMATED = (
    "Places on the way are estimated: the quickest way by road, driven evenly from leaving to arrival; so is the way"
    " home."
)
OBSERVED = "Observed"
FIRST_ENGINE = Objective("first_engine", "First engine", 240.0)
"""Whose lateness is shown where nobody says: the limit of NFPA 1710 for fires, held to every call."""


@takes
def playback(  # noqa: PLR0913 - what a day can be asked for, each by name
    history: History | Attendance,
    scenario: Scenario,
    *,
    day: str | dt.date | None = None,
    start: str | dt.datetime | None = None,
    end: str | dt.datetime | None = None,
    objective: Objective | None = None,
    policy: Policy | None = None,
    title: str = "",
    basemap: str | None = None,
    profile: Profile | None = None,
    published: Publications | None = None,  # noqa: ARG001 - every view takes it
) -> PlaybackMap:
    """
    Play a day back: a map with a slider for the time, and on it each unit where it was and each call that was open.

    Parameters
    ----------
    history
        From `fireplan.read_cad`, `fireplan.replay` or `fireplan.simulate` (the first replication; others by
        `Simulation.replication`); or what `fireplan.response_performance.attend` made of it with this scenario.
    scenario
        The stations and units, and the roads that they drive on.
    day
        A local date, such as "2025-07-04": from midnight to midnight.
    start, end
        Instead of a day: local times, such as "2025-07-04 18:00", a week apart at most; without an end, 24 hours.
    objective
        For the first unit of one kind: a call that it reaches later looks otherwise. Left out: that of the replay, else
        the first engine within 240 s of travel, whatever the call.
    policy
        Which calls and units count for the objective, where `history` is no attendance yet; left out: that of the
        replay, else `Policy()`.
    title
        What stands over the map; left out: the day and the scenario's name.
    basemap
        As in `coverage`.
    profile
        "internal", or left out: marked RESTRICTED. "public" is refused: a place and a time tell whose call it was.
    published
        What was published before, for a public page that counts incidents: this one does not.

    Returns
    -------
    A page with a map, the slider, and a panel of what the map shows: units by state, calls open, stations without a
    unit in. It says whether what is shown is observed, replayed or simulated. No address, number or type of a call is
    in it; its category and priority are.

    Raises
    ------
    InputError
        If nothing happened in these hours (with the days that there are), they are more than a week, the history holds
        one row per incident, the scenario has no units, or the page is to be public.

    Examples
    --------
    >>> import fireplan as fp
    >>> project = fp.examples.marisol_project()
    >>> page = fp.maps.playback(project.history, project.today, start="2024-07-19 14:00", end="2024-07-19 15:00")
    >>> page.save("one_hour.html")  # doctest: +SKIP
    """
    _check(scenario, day=day, start=start, end=end, objective=objective, profile=profile)
    goal = _objective(history, objective)
    seen = _attended(history, scenario, policy)
    period = _period(seen, day=day, start=start, end=end)
    start_us, end_us = period.ends_us
    sent_us = instants_us(seen.responses["dispatched"])
    many = int(((sent_us >= start_us) & (sent_us < end_us)).sum())
    if many > MOST_RESPONSES:
        raise InputError(
            f"{wording.counted(many, 'response')} in these hours are more than a page carries"
            f" ({wording.count(MOST_RESPONSES)}): ask for fewer hours"
        )
    found = whereabouts(seen, scenario, period)
    if not found.counts["calls"] and not found.counts["responses"]:
        raise InputError(_no_day(seen, period))
    stations = reproject(scenario.stations, WGS84)
    stations["becomes"] = np.where(stations["open"], "existing", "closed")
    clocks = _clocks(seen, goal, found.calls.index)
    kind = _Kind.of(history, seen)
    steps = _steps(found, period)
    footer = footer_of(scenario, method=" ".join([kind.said, *_left_out(found, clocks, goal), ESTIMATED]))
    page = PlaybackMap(
        title=title or f"{_when(period)}, {wording.lower(kind.word)}: {scenario.name}",
        subtitle=_headline(found, period, steps, len(scenario.units)),
        footer=Footer(**{**vars(footer), "notice": RESTRICTED, "basis": kind.basis(scenario)}),
        basemap=basemap,
        bounds=_bounds(stations, found.calls),
        day={
            **packed_day(found, period=period, stations=stations, units=scenario.units, clocks=clocks),
            "out": [steps.at_s.tolist(), steps.n.tolist()],
            "own": len(scenario.units),
            "due": _due(scenario, goal),
            "basis": escape(kind.word),
            "objective": escape(
                f"{goal.title} within {wording.clock(goal.limit_s)} {OBSERVED_INTERVALS[goal.interval]}"
            ),
            "strip": escape(_strip_said(period, steps, len(scenario.units))),
        },
        hours=_hourly(found, period, steps),
    )
    draw_streets(page, scenario)
    vector_layers.station_markers(
        stations, label="name", status="becomes", popup=[("", "name")], tooltip="name", labelled=False
    ).add_to(page)
    return marked(page, profile)


class _Kind(NamedTuple):
    """What a history is: observed, or made, and how that is said."""

    word: str
    said: str

    @classmethod
    def of(cls, history: History | Attendance, seen: Attendance) -> _Kind:
        if isinstance(history, Replay):
            how = "the units that were really sent" if history.sent == "observed" else "the nearest that could be sent"
            return cls(
                "Replayed", f"Replayed, not observed: recorded calls, sent again to {how} (seed {history.seed})."
            )
        past = "the places are those of past calls"
        if isinstance(history, Simulation):
            of = wording.count(history.replications)
            return cls("Simulated", f"Simulated, not observed: replication 1 of {of}, seed {history.seed}; {past}.")
        if isinstance(history, SimulatedHistory):
            return cls("Simulated", f"Simulated, not observed: one replication; {past}.")
        if seen.basis == "observed":
            return cls(OBSERVED, "States by the times of the dispatch records.")
        return cls("Modelled", "Modelled, not observed: a history that was made.")

    def basis(self, scenario: Scenario) -> Basis:
        if scenario.provenance == "invented":
            return "invented"
        return "observed" if self.word == OBSERVED else "modelled"


class _Steps(NamedTuple):
    """How many of the department's units are out: from each second on, until the next. [s of the period]"""

    at_s: NDArray[np.int64]
    n: NDArray[np.int64]


def _check(
    scenario: Scenario,
    *,
    day: object,
    start: object,
    end: object,
    objective: Objective | None,
    profile: Profile | None,
) -> None:
    faults = Faults("playback")
    if profile == "public":
        faults.add(
            "profile is 'public': a call's place and time tell whose it was, so that there is no public page of it;"
            " fireplan.maps.incidents(profile='public') counts them"
        )
    if (day is None) == (start is None):
        faults.add("give day, such as '2025-07-04', or else start, such as '2025-07-04 18:00', and end")
    if end is not None and start is None:
        faults.add(f"end is {quoted(str(end))}: it goes with start; a day is from midnight to midnight")
    if len(scenario.units) == 0:
        faults.add(f"scenario {quoted(scenario.name)} has no units, so that nobody can be shown: add them")
    if objective is not None and (not is_alone(objective) or next(iter(objective.needs)) not in KINDS):
        faults.add(f"objective {quoted(objective.title)} is for a force: give one for the first unit of one kind")
    faults.raise_if_any()


def _objective(history: History | Attendance, objective: Objective | None) -> Objective:
    if objective is not None:
        return objective
    return history.objective if isinstance(history, Replay) else FIRST_ENGINE


def _attended(history: History | Attendance, scenario: Scenario, policy: Policy | None) -> Attendance:
    if policy is None and isinstance(history, Replay) and history.attendance is not None:
        policy = history.attendance.policy
    seen = history if isinstance(history, Attendance) else attend(history, scenario=scenario, policy=policy)
    if seen.grain == "incident":
        raise InputError(f"{NO_UNITS}: a day of units cannot be shown")
    return seen


def _period(seen: Attendance, *, day: object, start: object, end: object) -> LocalPeriod:
    received = seen.incidents["received"]
    if day is not None:
        date = day.date() if isinstance(day, dt.datetime) else day
        try:
            midnight = pd.Timestamp(dt.date.fromisoformat(str(date)))
        except ValueError as error:
            raise InputError(f"day is {quoted(str(day))}: write it as '2025-07-04'") from error
        return clock_of(received, seen.timezone, start=midnight, end=midnight + pd.Timedelta(days=1))
    begins, ends = (pd.Timestamp(t) if isinstance(t, dt.datetime) else str(t) for t in (start, end))
    if end is None:
        first = clock_of(received, seen.timezone, start=begins, end=LAST).start
        return LocalPeriod(first, first + pd.Timedelta(days=1), seen.timezone)
    period = clock_of(received, seen.timezone, start=begins, end=ends)
    if period.end - period.start > LONGEST:
        raise InputError(
            f"end is more than a week after start ({period.end - period.start}): a page plays no more than that"
        )
    return period


def _no_day(seen: Attendance, period: LocalPeriod) -> str:
    """Say that nothing happened, and on which days something did."""
    days = pd.DatetimeIndex(seen.incidents["local"].dropna().dt.tz_localize(None).dt.normalize().unique()).sort_values()
    asked = f"nothing is on record {_when(period)}"
    if not len(days):
        return f"{asked}: no call of this history has a time"
    midnight = period.start.tz_convert(period.timezone).tz_localize(None).normalize()
    near = days[int(np.argmin(np.abs((days - midnight).asi8)))]
    of = wording.counted(len(days), "day")
    return f"{asked}: there are {of} with calls, {days[0].date()} to {days[-1].date()}, the nearest {near.date()}"


def _when(period: LocalPeriod) -> str:
    """Say which hours they are."""
    begin, end = (t.tz_convert(period.timezone) for t in (period.start, period.end))
    if begin.time() == dt.time() and end.time() == dt.time() and (end.date() - begin.date()).days == 1:
        return f"{begin:%A} {_date(begin)}"
    last = f"{end:%H:%M}" if begin.date() == end.date() else f"{_date(end)} {end:%H:%M}"
    return f"{_date(begin)} {begin:%H:%M} to {last}"


def _date(stamp: pd.Timestamp) -> str:
    return f"{stamp.day} {stamp:%B %Y}"


def _clocks(seen: Attendance, goal: Objective, ids: pd.Index) -> pd.DataFrame:
    """
    Say of calls when the first unit was there, and from when on the one that an objective asks for was late.

    Returns
    -------
    By `incident_id`: `held` (the objective speaks of it, and it counts), `reached_us`, `late_us` (missing: never) and
    `known` (the interval is known).
    """
    incidents, responses = seen.incidents, seen.responses
    held = pd.Series(spoken_of(seen, goal).applies & incidents["counts"].to_numpy(bool), index=incidents.index)
    there = responses[responses["incident_id"].isin(ids) & responses["arrived"].notna()]
    ours = there["own"] | seen.policy.aid_received
    rows = there[ours & there["unit_type"].notna()]
    kind = KINDS.index(next(iter(goal.needs)))
    does = supply(pd.DataFrame({"type": rows["unit_type"], "crew": rows["crew"].fillna(1.0)}))[:, kind] > 0
    rows = rows[does].sort_values("arrived", kind="stable").drop_duplicates("incident_id").set_index("incident_id")
    taken_s = rows[goal.interval].astype(float)
    arrived = pd.Series(instants_us(rows["arrived"]), index=rows.index, dtype="float64")
    late = (arrived - (taken_s - goal.limit_s) * SECOND_US).where(taken_s > last_within(goal.limit_s))
    first = pd.Series(instants_us(there["arrived"]), index=pd.Index(there["incident_id"]), dtype="float64")
    table = pd.DataFrame({"held": held.reindex(ids).to_numpy(bool)}, index=ids)
    asked = table["held"]
    table["reached_us"] = first.groupby(level=0).min().reindex(ids)
    table["late_us"] = late.reindex(ids).where(asked)
    table["known"] = taken_s.reindex(ids).notna() & asked
    return table


def _steps(found: Whereabouts, period: LocalPeriod) -> _Steps:
    """Count the units that are out, from second to second."""
    start = period.ends_us[0]
    spans = merge(found.committed)
    at = np.concatenate([[0], (spans.begin_us - start) // SECOND_US, (spans.end_us - start) // SECOND_US])
    step = np.repeat([0, 1, -1], [1, len(spans.owner), len(spans.owner)])
    order = np.argsort(at, kind="stable")
    at, n = at[order], np.cumsum(step[order])
    last = np.append(at[1:] != at[:-1], True)
    at, n = at[last], n[last]
    changed = np.append(True, n[1:] != n[:-1])
    return _Steps(at[changed], n[changed])


def _most(steps: _Steps, period: LocalPeriod) -> tuple[int, str]:
    """The most units out at once, and when first."""
    top = int(np.argmax(steps.n))
    at = (period.start + pd.Timedelta(seconds=int(steps.at_s[top]))).tz_convert(period.timezone)
    return int(steps.n[top]), f"{at:%H:%M}" if len(steps.n) else ""


def _headline(found: Whereabouts, period: LocalPeriod, steps: _Steps, units: int) -> str:
    n, at = _most(steps, period)
    most = f"at most {wording.count(n)} of {wording.counted(units, 'unit')} out at once, first at {at}"
    calls, responses = found.counts["calls"], found.counts["responses"]
    return (
        f"{wording.counted(calls, 'call')} and {wording.counted(responses, 'response')}; {most if n else 'no unit out'}"
    )


def _strip_said(period: LocalPeriod, steps: _Steps, units: int) -> str:
    """Say in words what the strip shows."""
    n, at = _most(steps, period)
    long_s = (period.ends_us[1] - period.ends_us[0]) / SECOND_US
    lasts = np.diff(np.append(steps.at_s, long_s))
    mean = float((steps.n * lasts).sum() / long_s)
    none = float(lasts[steps.n == 0].sum() / long_s)
    return (
        f"Units out through the time shown: {wording.number(mean, decimals=1)} of {wording.counted(units, 'unit')} on"
        f" average, at most {wording.count(n)}{f', first at {at}' if n else ''}; none out for {wording.share(none)} of"
        " the time. Hour by hour in the table below."
    )


def _hourly(found: Whereabouts, period: LocalPeriod, steps: _Steps) -> list[tuple[str, ...]]:
    """Rows of the table hour by hour, and its head."""
    start = period.ends_us[0]
    edges = period.bins(["hour"]).edges_us
    at = start + steps.at_s * SECOND_US
    rows: list[tuple[str, ...]] = [("From", "Calls received", "Units out, most", "Units out, mean")]
    begins = found.calls["begin_us"].to_numpy(np.int64)
    several = (period.end - period.start) > pd.Timedelta(hours=26)
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        cuts = np.concatenate([[low], at[(at > low) & (at < high)], [high]])
        level = steps.n[np.searchsorted(at, cuts[:-1], side="right") - 1]
        local = pd.Timestamp(low, unit="us", tz="UTC").tz_convert(period.timezone)
        name = f"{local:%H:%M}" if not several else f"{local:%a} {local.day} {local:%b %H:%M}"
        calls = int(((begins >= low) & (begins < high)).sum())
        mean = float((level * np.diff(cuts)).sum() / (high - low))
        told = wording.count(calls), wording.count(int(level.max())), wording.number(mean, decimals=1)
        rows.append((name, *told))
    return rows


def _due(scenario: Scenario, goal: Objective) -> dict[str, Any]:
    """Say which units can be first due, and how much of the demand is nearest to each station."""
    units, stations = scenario.units, scenario.stations
    kind = KINDS.index(next(iter(goal.needs)))
    counted = units.index.isin(units_on_duty(scenario, goal.needs).index)  # those of whom some are first due
    rows = np.flatnonzero(counted & (supply(units)[:, kind] > 0)).tolist()
    told = {"units": rows, "kind": escape(next(iter(goal.needs))), "weights": [], "total": 0.0, "unit": ""}
    names = counted_columns(scenario)
    if not rows or not names or not len(scenario.zones):
        return told
    nearest = first_due(scenario, objective=goal)["first_due"]
    weight = scenario.zones[names[0]].groupby(nearest).sum().reindex(stations.index).fillna(0.0)
    total = float(scenario.zones[names[0]].sum())
    if not total > 0:
        return told
    return {
        **told,
        "weights": [round(float(w), 3) for w in weight],
        "total": total,
        "unit": escape(UNITS.get(names[0], names[0])),
    }


def _bounds(stations: Any, calls: pd.DataFrame) -> tuple[float, float, float, float]:  # noqa: ANN401 - a table of points
    """West, south, east and north of the stations and the calls; beyond 180 on the far side of that meridian. [deg]"""
    known = calls[["lon", "lat"]].dropna().to_numpy(float)
    at = unwrapped(np.vstack([np.column_stack([stations.geometry.x, stations.geometry.y]), known]))
    (west, south), (east, north) = at.min(axis=0).tolist(), at.max(axis=0).tolist()
    return west, south, east, north


def _left_out(found: Whereabouts, clocks: pd.DataFrame, goal: Objective) -> list[str]:
    """Say what is shown, what is not, and why; the counts add up."""
    n = found.counts
    said = [
        _parts(n["calls"], "call", {
            "drawn": n["calls"] - n["calls_without_place"] - n["calls_without_end"],
            "without a place, listed only": n["calls_without_place"],
            "without a response with times, left out": n["calls_without_end"],
        }),
        _parts(n["responses"], "response", {
            "of the department's units": n["responses_own"],
            "of others', drawn at the call alone": n["responses_of_neighbours"],
            "that name no unit, left out": n["responses_of_no_unit"],
            "without a time of dispatch, left out": n["responses_without_dispatch"],
        }),
    ]  # fmt: skip
    held = int(clocks["held"].sum())
    late, known = int(clocks["late_us"].notna().sum()), int(clocks["known"].sum())
    about = f"{goal.title} within {wording.clock(goal.limit_s)} {OBSERVED_INTERVALS[goal.interval]}"
    if held:
        parts = {"in time": known - late, "late": late, "without that time": held - known}
        said.append(f"{about}, asked of {_parts(held, 'call', parts)}")
    else:
        said.append(f"{about}: asked of none of these calls.")
    more = {
        "responses_not_arrived": "without a time of arrival drive as long as the model says, or until they are cleared",
        "responses_not_enroute": "without a time of leaving set out as late as the modelled drive allows",
        "responses_not_cleared": "without a time of clearing end with their last stamp",
        "responses_overlapping": "began while the unit was at another call: it is drawn at the one it was sent to last",
    }
    said += [f"{wording.counted(n[key], 'response')} {text}." for key, text in more.items() if n.get(key)]
    if n.get("ways_not_by_road"):
        said.append(f"{wording.counted(n['ways_not_by_road'], 'way')} that no road leads along: drawn straight.")
    return said


def _parts(whole: int, what: str, parts: Mapping[str, int]) -> str:
    """Say what a number is made up of; what there is none of is not said."""
    told = [f"{wording.count(n)} {text}" for text, n in parts.items() if n]
    return f"{wording.counted(whole, what)}: {'; '.join(told) or 'none'}."
