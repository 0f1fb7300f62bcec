"""Calls of a history as patterns for simulated ones: where, what was sent, how long it stayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan.errors import InputError, listed, quoted
from fireplan.response_performance import Policy, attend
from fireplan.response_performance._overlapping import overlapping, overlapping_said
from fireplan.response_performance._policy import NOT_KNOWN
from fireplan.response_performance._time_bins import LONGEST_COMMITTED_S, clock_of
from fireplan.response_performance._unit_ids import refuse_strangers

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.response_performance import Attendance, History
    from fireplan.response_performance._time_bins import LocalPeriod
    from fireplan.scenario import Scenario

LEAST_DAYS = 7
"""A shorter history has no call of some days of the week."""

THIN_DAY, FEWEST_USUAL = 0.25, 8.0
"""The first or last day is left out if it has fewer than a quarter of the calls of a usual one, which has eight."""

DAY_S = 86_400.0
USUAL_STAY_S = 1_200.0
"""At the scene where no record tells; a figure of our own. [s]"""

RunCards = dict[str | tuple[str, str], dict[str, int]]
"""Units by kind, for a category of calls, or for one and a class of risk."""

RISK_CLASS = "risk_class"


class CallTemplates(NamedTuple):
    """
    Calls of a history, in order of time, with what each asks for.

    Attributes
    ----------
    incidents
        What the history says of them, with `local`; all have a place, some of them that of another call.
    day, second
        Local day of each, counted from the first of the period, and seconds of the clock on the wall since midnight.
    category, categories
        Category of each as a number, and their names.
    urgency
        Rank of the priority of each: the less, the more urgent.
    processing_s
        From the call to the dispatch of the first unit. [s]
    item_start
        Units asked for by call k are rows `item_start[k]` to `item_start[k + 1]`, those called off last of their kind.
    kind, kinds
        Kind of each unit asked for as a number, and their names.
    after_s, stay_s, called_off_s
        From the first dispatch to asking for it; from its arrival to clear; from its dispatch to being called off, NaN
        where it was not. [s]
    transported
        Of each unit asked for, whether it took a patient to hospital: 1 or 0; NaN where the history does not say.
    aid_s
        By kind, from dispatch to arrival of neighbours' units, in rising order. [s]
    own
        Responses of the department's own units, to learn from: `row` (call), `unit_id`, `station_id`, `travel_s` (not
        of one that was on the road) [s], `dispatched`, `cleared`.
    own_kinds
        Kinds of unit that the department sent itself.
    period
        The days that the history covers.
    notes
        What was left out or filled in.
    """

    incidents: gpd.GeoDataFrame
    day: NDArray[np.int64]
    second: NDArray[np.float64]
    category: NDArray[np.int64]
    categories: tuple[str, ...]
    urgency: NDArray[np.int64]
    processing_s: NDArray[np.float64]
    item_start: NDArray[np.int64]
    kind: NDArray[np.int64]
    kinds: tuple[str, ...]
    after_s: NDArray[np.float64]
    stay_s: NDArray[np.float64]
    called_off_s: NDArray[np.float64]
    transported: NDArray[np.float64]
    aid_s: Mapping[str, NDArray[np.float64]]
    own: pd.DataFrame
    own_kinds: frozenset[str]
    period: LocalPeriod
    notes: tuple[str, ...]

    @property
    def n_days(self) -> int:
        """Days of the period."""
        return _days_of(self.period)


def call_templates(history: History, scenario: Scenario, *, run_cards: RunCards | None) -> CallTemplates:
    """
    Make patterns of the calls of a history.

    Parameters
    ----------
    history
        With one row per unit per incident.
    scenario
        Says of what type the history's units are: the department of that time.
    run_cards
        What is sent by category, or by category and class of risk, instead of what was.

    Raises
    ------
    InputError
        If there is nothing to learn from it.
    """
    attendance = attend(history, scenario=scenario, policy=Policy(aid_received=True, aid_given=True))
    if attendance.grain == "incident":
        raise InputError(
            "this history has one row per incident, so it is not known which units were sent: give one with a row per"
            " unit per incident"
        )
    if not len(attendance.incidents) or attendance.incidents["local"].isna().all():
        raise InputError("this history has no call whose time is known: there is no demand to draw from")
    incidents, notes = _of_known_units(attendance)
    period, cut = _whole_days(incidents["local"], history.timezone)
    notes += cut
    days = _days_of(period)
    if days < LEAST_DAYS:
        raise InputError(
            f"this history covers {wording.counted(days, 'day')}: calls follow the day of the week, so give one of a"
            " week or more"
        )
    incidents = incidents[(incidents["local"] >= period.start) & (incidents["local"] < period.end)]
    responses = _sent_to(attendance, incidents)
    notes += _placed(incidents)
    row = pd.Series(np.arange(len(incidents)), index=incidents.index)
    at = row.reindex(responses["incident_id"]).to_numpy(np.int64)
    local = incidents["local"].dt.tz_localize(None)
    midnight = local.dt.floor("D")
    first = period.start.tz_convert(period.timezone).tz_localize(None)
    category, categories = pd.factorize(_text(incidents, "category"), sort=True)
    kind, types = pd.factorize(responses["unit_type"].astype("str"), sort=True)
    names, kinds = tuple(map(str, categories)), tuple(map(str, types))
    items, filled = _items(responses, at, kind, category)
    notes += filled
    if run_cards is not None:
        items, kinds = _by_cards(run_cards, items, kinds, category, names, _classes(incidents, run_cards))
    start = np.zeros(len(incidents) + 1, dtype=np.int64)
    np.cumsum(np.bincount(items["call"], minlength=len(incidents)), out=start[1:])
    own = responses["own"].to_numpy(bool)
    notes += overlapping_said(overlapping(responses, pd.unique(responses.loc[own, "unit_id"])))
    if not own.any():
        refuse_strangers(pd.unique(history.responses["unit_id"]), scenario.units.index)
    learn = responses.loc[own, ["unit_id", "station_id", "dispatched", "cleared"]].assign(
        row=at[own],
        travel_s=responses.loc[own, "travel_s"].mask(responses.loc[own, "already_on_road"].astype(bool)),
    )
    return CallTemplates(
        incidents=incidents,
        day=((midnight - first) / pd.Timedelta(days=1)).round().to_numpy(np.int64),
        second=(local - midnight).dt.total_seconds().to_numpy(float),
        category=category.astype(np.int64),
        categories=names,
        urgency=_urgency(incidents),
        processing_s=_processing(responses, at, len(incidents)),
        item_start=start,
        kind=items["kind"].to_numpy(np.int64),
        kinds=kinds,
        after_s=items["after_s"].to_numpy(float),
        stay_s=items["stay_s"].to_numpy(float),
        called_off_s=items["called_off_s"].to_numpy(float),
        transported=items["transported"].to_numpy(float),
        aid_s=_aid(responses, own),
        own=learn,
        own_kinds=frozenset(responses.loc[own, "unit_type"].astype(str)),
        period=period,
        notes=tuple(notes),
    )


def _is_known(responses: pd.DataFrame) -> pd.Series[bool]:
    """Tell responses of which it is known what was sent, and when."""
    return responses["unit_type"].notna() & responses["dispatched"].notna()


def _of_known_units(attendance: Attendance) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Calls with units of known types, in order of time; and how much is left out."""
    notes = []
    known = _is_known(attendance.responses)
    if not known.all():
        n = wording.counted((~known).sum(), "response is", "responses are")
        notes.append(f"{n} left out: what the unit is, or when it was dispatched, is not known")
    incidents = attendance.incidents
    sent = pd.Index(attendance.responses.loc[known, "incident_id"].unique()).get_indexer(incidents.index) >= 0
    sent &= incidents["local"].notna().to_numpy()
    if attendance.responses["dispatched"].isna().all():
        raise InputError("the history does not say when any unit was dispatched (dispatched): give that column")
    if not sent.any():
        raise InputError("no response of this history names a unit whose type is known: mend unit_type")
    if not sent.all():
        n = wording.counted((~sent).sum(), "call is", "calls are")
        notes.append(f"{n} left out: no unit that is known was sent, or the time is not known")
    return incidents[sent].sort_values("local", kind="stable"), notes


def _whole_days(local: pd.Series[pd.Timestamp], timezone: str) -> tuple[LocalPeriod, list[str]]:
    """Give the period of a history without a first or last day that it hardly covers, and say so."""
    period = clock_of(local, timezone, start=None, end=None)
    days = local.dt.tz_localize(None).dt.floor("D")
    count = days.value_counts().sort_index()
    usual = float(count.median())
    thin = (count < THIN_DAY * usual) & (usual >= FEWEST_USUAL)
    cut = [day for day, at_edge in ((count.index[0], thin.iloc[0]), (count.index[-1], thin.iloc[-1])) if at_edge]
    kept = days[~days.isin(cut)]
    if not cut or not len(kept):
        return period, []
    start, end = (str(day) for day in (kept.min(), kept.max() + pd.Timedelta(days=1)))
    told = listed(f"{day:%Y-%m-%d} ({wording.counted(count[day], 'call')})" for day in cut)
    return clock_of(local, timezone, start=start, end=end), [
        f"days that the history hardly covers are left out: {told}"
    ]


def _days_of(period: LocalPeriod) -> int:
    """Days of a period, by the calendar."""
    ends = [t.tz_convert(period.timezone).tz_localize(None) for t in (period.start, period.end)]
    return round((ends[1] - ends[0]) / pd.Timedelta(days=1))


def _sent_to(attendance: Attendance, incidents: gpd.GeoDataFrame) -> pd.DataFrame:
    """Responses of known units to some calls."""
    responses = attendance.responses
    meant = incidents.index.get_indexer(pd.Index(responses["incident_id"])) >= 0
    chosen: pd.DataFrame = responses[_is_known(responses) & meant]
    return chosen


def _placed(incidents: gpd.GeoDataFrame) -> list[str]:
    """Give calls without a place that of another call, the next in time of its category; say how many."""
    missing = (incidents.geometry.isna() | incidents.geometry.is_empty).to_numpy()
    if not missing.any():
        return []
    if missing.all():
        raise InputError("no call of this history has a place: where units would drive is not known")
    shapes = incidents.geometry.mask(missing)
    known = shapes.groupby(_text(incidents, "category").to_numpy()).bfill()
    known = known.groupby(_text(incidents, "category").to_numpy()).ffill().bfill().ffill()
    incidents["geometry"] = known.to_numpy()
    n = wording.counted(missing.sum(), "call has no place: it is", "calls have no place: they are")
    return [f"{n} simulated where the next call of the same category was"]


def _text(incidents: gpd.GeoDataFrame, column: str) -> pd.Series[str]:
    """Give a column of text, "not known" where it is missing."""
    if column not in incidents:
        return pd.Series(NOT_KNOWN, index=incidents.index)
    text: pd.Series[str] = incidents[column].astype("str").fillna(NOT_KNOWN)
    return text


def _urgency(incidents: gpd.GeoDataFrame) -> NDArray[np.int64]:
    """Rank priorities: as numbers where they are, else as text; what is not known comes last."""
    if "priority" not in incidents:
        return np.zeros(len(incidents), dtype=np.int64)
    text = incidents["priority"].astype("str")
    number = pd.to_numeric(text, errors="coerce")
    ranks = number.rank(method="dense") if number.notna().any() else text.rank(method="dense")
    return np.asarray(ranks.fillna(ranks.max() + 1 if ranks.notna().any() else 0).to_numpy(np.int64))


def _processing(responses: pd.DataFrame, at: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    """From the call to its first dispatch; where it is not known the middle one of all. [s]"""
    taken = (responses["dispatched"] - responses["received"]).dt.total_seconds().to_numpy(float)
    first = pd.Series(taken).groupby(at).min().reindex(range(n)).to_numpy(float)
    first = np.where((first >= 0) & (first <= LONGEST_COMMITTED_S), first, np.nan)
    return np.asarray(np.nan_to_num(first, nan=float(np.nanmedian(first)) if np.isfinite(first).any() else 0.0))


def _items(
    responses: pd.DataFrame, at: NDArray[np.int64], kind: NDArray[np.intp], category: NDArray[np.intp]
) -> tuple[pd.DataFrame, list[str]]:
    """What each call asks for, by `call`, in order of asking, with `stay_s` filled in where it is not known."""
    dispatched, arrived, cleared = (responses[name] for name in ("dispatched", "arrived", "cleared"))
    since = dispatched.groupby(at).transform("min")
    stay = (cleared - arrived).dt.total_seconds().to_numpy(float)
    out = (cleared - dispatched).dt.total_seconds().to_numpy(float)
    off = responses["cancelled"].to_numpy(bool) & arrived.isna().to_numpy() & (out >= 0) & (out <= LONGEST_COMMITTED_S)
    items = pd.DataFrame(
        {
            "call": at,
            "kind": np.asarray(kind, dtype=np.int64),
            "after_s": (dispatched - since).dt.total_seconds().clip(0, DAY_S).to_numpy(float),
            "stay_s": np.where((stay >= 0) & (stay <= LONGEST_COMMITTED_S), stay, np.nan),
            "called_off_s": np.where(off, out, np.nan),
            "transported": _transported(responses),
        }
    )
    items["off"] = off
    items = items.sort_values(["call", "after_s", "off", "kind"], kind="stable").drop(columns="off")
    return _stays_filled(items.reset_index(drop=True), category)


def _transported(responses: pd.DataFrame) -> NDArray[np.float64]:
    """Whether each response took a patient to hospital: 1 or 0; NaN where the history does not say."""
    if "transported" not in responses:
        return np.full(len(responses), np.nan)
    given = responses["transported"]
    return np.where(given.isna(), np.nan, given.fillna(0).astype(bool))


def _stays_filled(items: pd.DataFrame, category: NDArray[np.intp]) -> tuple[pd.DataFrame, list[str]]:
    """Give units whose stay is not known that of another, drawn once and for all from their category and kind."""
    missing = items["stay_s"].isna().to_numpy()
    if not missing.any():
        return items, []
    groups = category[items["call"].to_numpy()]
    rng = np.random.default_rng(0)
    items["stay_s"] = _drawn(items["stay_s"].to_numpy(float), groups, items["kind"].to_numpy(), rng)
    lost = int((missing & items["called_off_s"].isna().to_numpy()).sum())
    if not lost:
        return items, []
    n = wording.counted(lost, "response", "responses")
    return items, [f"how long the unit stayed is not known of {n}: drawn from others of the category and kind"]


def _drawn(
    stay_s: NDArray[np.float64], category: NDArray[np.intp], kind: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Fill missing stays from those known of the category and kind, else of the kind, else of all. [s]"""
    found = stay_s.copy()
    level = rng.random(len(found))
    for keys in ((category, kind), (kind,), ()):
        missing = np.isnan(found)
        code = np.zeros(len(found), dtype=np.int64)
        for key in keys:
            code = code * (int(key.max(initial=0)) + 1) + key
        for group in np.unique(code[missing]):
            known = stay_s[(code == group) & ~np.isnan(stay_s)]
            rows = np.flatnonzero(missing & (code == group))
            if len(known):
                found[rows] = known[(level[rows] * len(known)).astype(np.int64)]
    return np.nan_to_num(found, nan=USUAL_STAY_S)


def card_of(key: str | tuple[str, str]) -> str:
    """Name what a run card is for."""
    return f"{quoted(key[0])} of {RISK_CLASS} {quoted(key[1])}" if isinstance(key, tuple) else quoted(key)


def _classes(incidents: gpd.GeoDataFrame, cards: RunCards) -> NDArray[np.object_]:
    """Class of risk of each call's zone, in small letters; refused where cards ask for it and none is known."""
    known = _text(incidents, RISK_CLASS)
    asked = {key[1] for key in cards if isinstance(key, tuple)}
    there = sorted({*known} - {NOT_KNOWN})
    unknown = sorted(name for name in asked if name.casefold() not in {one.casefold() for one in there})
    if unknown:
        have = listed(map(quoted, there)) if there else "none: give the zones a column of it"
        raise InputError(
            f"run_cards name {RISK_CLASS} {listed(map(quoted, unknown))}, but the calls' zones have {have}"
        )
    return known.str.casefold().to_numpy(object)


def _by_cards(
    cards: RunCards,
    items: pd.DataFrame,
    kinds: tuple[str, ...],
    category: NDArray[np.intp],
    names: tuple[str, ...],
    risk: NDArray[np.object_],
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Replace what was sent by what run cards say, where they name the call; stays are drawn from the history."""
    unknown = [name for key in cards if (name := key[0] if isinstance(key, tuple) else key) not in names]
    if unknown:
        raise InputError(
            f"run_cards names {listed(map(quoted, unknown))}, but the categories of the history are"
            f" {listed(map(quoted, names))}"
        )
    every = tuple(sorted({*kinds, *(kind for card in cards.values() for kind in card)}))
    items = items.assign(kind=np.array([every.index(k) for k in kinds], dtype=np.int64)[items["kind"]])
    of = np.full(len(category), -1)  # which card holds for each call: of a class of risk before those of all
    listed_cards = sorted(cards.items(), key=lambda one: isinstance(one[0], tuple))
    for number, (key, _) in enumerate(listed_cards):
        name, wanted = (key[0], key[1].casefold()) if isinstance(key, tuple) else (key, None)
        of[(category == names.index(name)) & ((risk == wanted) if wanted is not None else True)] = number
    carded = of >= 0
    calls, asked = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for number, (_, card) in enumerate(listed_cards):
        rows = np.flatnonzero(of == number)
        one = [every.index(kind) for kind, n in card.items() for _ in range(n)]
        calls.append(np.repeat(rows, len(one)))
        asked.append(np.tile(np.array(one, dtype=np.int64), len(rows)))
    new = pd.DataFrame({"call": np.concatenate(calls), "kind": np.concatenate(asked), "after_s": 0.0})
    whole = pd.concat([items, new.assign(stay_s=np.nan, called_off_s=np.nan, transported=np.nan)], ignore_index=True)
    rng = np.random.default_rng(0)
    whole["stay_s"] = _drawn(
        whole["stay_s"].to_numpy(float), category[whole["call"].to_numpy()], whole["kind"].to_numpy(), rng
    )
    kept = ~carded[whole["call"].to_numpy()] | (np.arange(len(whole)) >= len(items))
    return whole[kept].sort_values("call", kind="stable").reset_index(drop=True), every


def _aid(responses: pd.DataFrame, own: NDArray[np.bool_]) -> dict[str, NDArray[np.float64]]:
    """By kind, how long neighbours' units took from dispatch to arrival, in rising order. [s]"""
    taken = (responses["arrived"] - responses["dispatched"]).dt.total_seconds().where(~own)
    taken = taken[(taken >= 0) & (taken <= LONGEST_COMMITTED_S)]
    groups = taken.groupby(responses.loc[taken.index, "unit_type"].astype("str"))
    return {str(kind): np.sort(values.to_numpy(float)) for kind, values in groups}
