"""What a simulation found: histories that measures take as they are, and figures over replications."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._checked import takes
from fireplan._kernel.simulation import ADVISED, HOLE_FILLED, OFF_DUTY
from fireplan._limits import last_within
from fireplan._one_release import OfOneRelease
from fireplan.errors import InputError, quoted
from fireplan.response_performance._statistics import FEWEST, USUAL_SHARE, percentile
from fireplan.simulation._simulate._headline import first_arrivals
from fireplan.simulation._simulate._mean_interval import MeanInterval, mean_interval
from fireplan.simulation._simulate._replications import AID, OWN, UNMET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fireplan.response_performance._time_bins import Spans
    from fireplan.scenario import Scenario
    from fireplan.simulation._simulate._headline import Headline
    from fireplan.simulation._simulate._replications import Replication, SimulationModel

OUTCOMES = {OWN: "served", AID: "aid", UNMET: "lost"}
WHY = {ADVISED: "moved up", HOLE_FILLED: "home, as its post is filled", OFF_DUTY: "home, off duty"}
DAY_S = 86_400.0
OF_CALLS = ("call_type", "category", "priority", "mode")
HOUR_S = 3_600.0
MOVING = {
    "moves_a_day": ("Moves between stations", "moves a day"),
    "move_km_a_day": ("Driven on moves, beyond the way back", "km a day"),
    "move_hours_a_day": ("Time on moves, beyond the way back", "hours a day"),
    "recalls_a_day": ("Reserves called in", "recalls a day"),
    "recalled_hours_a_day": ("Reserves in service", "hours a day"),
}


@takes
@dataclass(frozen=True, eq=False)
class SimulatedHistory(OfOneRelease):
    """
    One replication as a history; `performance`, `workload`, `reliability` and `why_missed` take it as they take others.

    Attributes
    ----------
    incidents
        By `incident_id`, calls after the warm-up: as `History` says, and `outcome` ("served", if any unit of the
        department went; "aid"; "lost") and `waited_s`, the longest that a unit that came was waited for [s].
    responses
        One row per unit sent, neighbours' too: as in `CadHistory`, and `waited_s` [s].
    timezone
        IANA zone of local time.
    basis
        "modelled".
    """

    incidents: gpd.GeoDataFrame
    responses: pd.DataFrame
    timezone: str
    basis: str = "modelled"


@takes
@dataclass(frozen=True, eq=False, repr=False)
class Simulation(OfOneRelease):
    """
    What `fireplan.simulate` found.

    It is a history itself, that of its first replication: give it to `performance`, `workload` or `why_missed`.
    `summary` and `utilisation` speak of all replications.

    Attributes
    ----------
    scenario
        The department that was simulated.
    days, warm_up_days, seed
        As given.
    notes
        What it rests on, what was left out, and what was filled in.
    """

    scenario: Scenario
    days: int
    warm_up_days: int
    seed: int
    notes: tuple[str, ...]
    _model: SimulationModel
    _runs: tuple[Replication, ...]
    _units: pd.DataFrame
    _duty: Spans
    _headline: Headline
    _counted: tuple[str, ...]

    def __repr__(self) -> str:
        """Say the figures in a few lines."""
        table = self.summary()
        figures: dict[str, dict[str, Any]] = table.to_dict("index")  # type: ignore[assignment]
        share, n = figures["share_within"], table["mean"].astype(float)
        times = f"{wording.counted(self.days, 'day')} x {wording.counted(self.replications, 'replication')}"
        calls = wording.counted(figures["calls"]["n"], "call")
        ends = [f"{name} {wording.share(n[name] / n['calls'])}" for name in OUTCOMES.values()] if n["calls"] else []
        told = [
            f"Simulation of {quoted(self.scenario.name)}: {times}, {calls}, seed {self.seed}; modelled",
            f"{share['title']}: {_with_interval(share)} of {wording.counted(share['n'], 'call')}",
            f"units committed {_with_interval(figures['utilisation'])} of their time on duty",
            f"calls: {', '.join(ends)}" if ends else "no call came",
            *self.notes,
        ]
        return "\n  ".join(told)

    @property
    def replications(self) -> int:
        """How many there are."""
        return len(self._runs)

    @property
    def timezone(self) -> str:
        """IANA zone of local time."""
        return self._model.clock.timezone

    @property
    def basis(self) -> str:
        """Say that it is modelled."""
        return "modelled"

    @property
    def incidents(self) -> gpd.GeoDataFrame:
        """Calls of the first replication; see `SimulatedHistory`."""
        return self._first.incidents.copy(deep=False)

    @property
    def responses(self) -> pd.DataFrame:
        """Units sent in the first replication; see `SimulatedHistory`."""
        return self._first.responses.copy(deep=False)

    @cached_property
    def _first(self) -> SimulatedHistory:
        return self.replication(1)

    @takes
    def replication(self, number: int) -> SimulatedHistory:
        """
        Give one replication as a history.

        Parameters
        ----------
        number
            From 1.
        """
        if not 1 <= number <= len(self._runs):
            raise InputError(f"number is {number}: replications are numbered from 1 to {len(self._runs)}")
        found = self._runs[number - 1]
        ids = np.array([f"{number:02d}-{i:06d}" for i in range(1, len(found.template) + 1)], dtype=object)
        return SimulatedHistory(self._incidents(found, ids), self._responses(found, ids), self.timezone)

    @property
    def moves(self) -> pd.DataFrame:
        """
        Moves between stations in the first replication.

        Returns
        -------
        In order of time: `unit_id`, `origin` and `to` (stations; origin is that to which it was on its way, if it was),
        `why`, `at` and `arrives` [UTC], `drive_s` and `drive_km`, and of these `extra_s` and `extra_km`: what it would
        not have driven on its way back [s, km]. Empty where no policy moves units.
        """
        found, model = self._runs[0], self._model
        made = found.made
        if made is None:
            at = self._stamps(np.zeros(0))
            columns = ("unit_id", "origin", "to", "why", "at", "arrives", "drive_s", "drive_km", "extra_s", "extra_km")
            return pd.DataFrame({name: at if name in {"at", "arrives"} else np.zeros(0) for name in columns})
        rows = _within(made.at_s, found)
        stations = np.array(model.drives.stations, dtype=object)
        table = pd.DataFrame(
            {
                "unit_id": pd.array(self._units.index.to_numpy(object)[made.unit[rows]], dtype="str"),
                "origin": pd.array(stations[made.origin[rows]], dtype="str"),
                "to": pd.array(stations[made.to[rows]], dtype="str"),
                "why": pd.array([WHY[int(code)] for code in made.why[rows]], dtype="str"),
                "at": self._stamps(made.at_s[rows]),
                "arrives": self._stamps(made.arrives_s[rows]),
                "drive_s": made.drive_s[rows],
                "drive_km": made.drive_m[rows] / 1000,
                "extra_s": made.extra_s[rows],
                "extra_km": made.extra_m[rows] / 1000,
            }
        )
        table.attrs = {"basis": self.basis}
        return table

    @property
    def recalls(self) -> pd.DataFrame:
        """
        Reserves that were called in, in the first replication, or in service still from the warm-up.

        Returns
        -------
        `unit_id`, `called`, `staffed` and `released` [UTC]; of one that was needed no longer before it was staffed the
        latter two are missing. Empty without `backfill`.
        """
        first = self._runs[0]
        unit, called, staffed, released = _recalls(first)
        rows = (np.fmax(called, released) >= first.counted_from_s) & (called < first.until_s)  # or called in before
        return pd.DataFrame(
            {
                "unit_id": pd.array(self._units.index.to_numpy(object)[unit[rows]], dtype="str"),
                "called": self._stamps(called[rows]),
                "staffed": self._stamps(staffed[rows]),
                "released": self._stamps(released[rows]),
            }
        )

    @property
    def headline(self) -> str:
        """What `share_within` is the share of, in words."""
        return self._headline.title

    def by_replication(self) -> pd.DataFrame:
        """
        Give the figures of each replication.

        Returns
        -------
        By `replication`, from 1, the measures of `summary`. The same replication of two scenarios simulated from one
        history with one seed has the same calls, so that differences can be taken row by row.
        """
        rows = []
        for found in self._runs:
            busy_s, duty_s = self._shares(found)
            row = {name: value for name, (value, _) in self._of_run(found).items()}
            rows.append(row | {"utilisation": float(busy_s.sum() / duty_s) if duty_s else float("nan")})
        return pd.DataFrame(rows, index=pd.RangeIndex(1, self.replications + 1, name="replication"))

    def all_responses(self) -> pd.DataFrame:
        """Units sent in all replications, told apart by column `replication`, from 1."""
        tables = [self.replication(i).responses.assign(replication=i) for i in range(1, self.replications + 1)]
        return pd.concat(tables, ignore_index=True)

    def summary(self) -> pd.DataFrame:
        """
        Give figures over replications.

        Returns
        -------
        By `measure`: `title`, `unit`, `mean` over replications with its 95 % interval `low` to `high` (Student's t;
        missing of one replication), `n` calls or units behind it, `replications`, `seed`. `served`, `aid` and `lost`
        add up to `calls`, and `units_sent`, `units_aid` and `units_unmet` to `units_asked`. Percentiles are of the
        calls that a unit of the department reached (inverted_cdf). `share_within` is of all that asked for a unit of a
        kind that the department sent itself in the history, and that was not called off: what was handed on or lost is
        not within.
        """
        rows = [self._of_run(found) for found in self._runs]
        busy = [self._shares(found) for found in self._runs]
        titles = {
            "calls": ("Calls", "calls"),
            "served": ("Calls that units of the department went to", "calls"),
            "aid": ("Calls handed to neighbours", "calls"),
            "lost": ("Calls that nobody went to", "calls"),
            "units_asked": ("Units asked for", "units"),
            "units_sent": ("Units of the department sent", "units"),
            "units_aid": ("Units of neighbours sent", "units"),
            "units_unmet": ("Units asked for that nobody sent", "units"),
            "transports": ("Patients taken to hospital", "units"),
            "wall_h": ("Time that ambulances were held at hospitals", "h"),
            "share_waited": ("Units sent that were waited for", "share of units sent"),
            "wait_mean_s": ("Mean wait for a unit that was sent", "s"),
            "p50_s": ("First arrival, half of calls", "s"),
            "p90_s": ("First arrival, nine of ten calls", "s"),
            "share_within": (self._headline.title, "share of calls"),
            **(MOVING if self._model.movement is not None else {}),
        }
        if self._model.legs is None:
            titles = {name: title for name, title in titles.items() if name not in {"transports", "wall_h"}}
        told = [
            {
                "measure": name,
                "title": title,
                "unit": unit,
                **mean_interval(
                    [values[name][0] for values in rows], least=0.0, most=1.0 if unit.startswith("share") else np.inf
                )._asdict(),
                "n": sum(values[name][1] for values in rows),
            }
            for name, (title, unit) in titles.items()
        ]
        whole = _mean_busy([float(b.sum() / d) if d else float("nan") for b, d in busy])
        sent = sum(values["units_sent"][1] for values in rows)
        told.append(
            {"measure": "utilisation", "title": "Units committed", "unit": "share of time on duty",
             **whole._asdict(), "n": sent}
        )  # fmt: skip
        table = pd.DataFrame(told).set_index("measure").assign(replications=self.replications, seed=self.seed)
        table.attrs = {"basis": self.basis, "notes": list(self.notes)}
        return table

    def utilisation(self) -> pd.DataFrame:
        """
        Say how busy each unit is.

        Returns
        -------
        By `unit_id`: `unit_type`, `station_id`, `utilisation` (share of its time on duty from dispatch to clear, mean
        over replications) with its 95 % interval `low` to `high`, `sent` (in a replication, on average), `duty_h` (on
        duty in a replication) [h], `replications`. Missing of a unit that is never on duty. A unit held over after its
        hours is still committed, so that it may pass 1, as in `workload`.
        """
        units = len(self._units)
        busy = np.array([self._busy_s(found) for found in self._runs])
        duty_s = self._duty_s(self._runs[0])
        reserves = self._model.movement is not None and self._model.movement.reserve.when_out > 0
        each_s = np.array([self._duty_s(found) for found in self._runs]) if reserves else duty_s
        duty_s = each_s.mean(axis=0) if reserves else duty_s
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = busy / each_s
        each = [_mean_busy(shares[:, unit]) for unit in range(units)]
        sent = [np.bincount(f.sent.unit[self._sent_rows(f)], minlength=units) for f in self._runs]
        table = pd.DataFrame(
            {
                "unit_type": self._units["type"],
                "station_id": self._units["station_id"],
                "utilisation": [one.mean for one in each],
                "low": [one.low for one in each],
                "high": [one.high for one in each],
                "sent": np.mean(sent, axis=0),
                "duty_h": duty_s / HOUR_S,
                "replications": self.replications,
            },
            index=self._units.index,
        )
        table.attrs = {"basis": self.basis, "source": "simulation"}
        return table

    def _of_run(self, found: Replication) -> dict[str, tuple[float, int]]:
        """Figures of one replication, each with how many calls or units it rests on."""
        counts = found.counts
        n = int(counts.sum())
        outcome = found.outcome[counts]
        rows = counts[found.call]
        who, waited = found.who[rows], found.waited_s[rows]
        own = who == OWN
        asked, first = self._first_arrivals(found)
        reached = np.sort(first[asked & np.isfinite(first)])
        told = {name: (float((outcome == code).sum()), int((outcome == code).sum())) for code, name in OUTCOMES.items()}
        of_units = {"units_sent": OWN, "units_aid": AID, "units_unmet": UNMET}
        told |= {name: (float((who == code).sum()), int((who == code).sum())) for name, code in of_units.items()}
        nothing = float("nan")
        few = len(reached) < FEWEST
        return {
            **told,
            "calls": (float(n), n),
            "units_asked": (float(len(who)), len(who)),
            **self._at_hospitals(found, rows),
            "share_waited": (float((waited[own] > 0).mean()) if own.any() else nothing, int(own.sum())),
            "wait_mean_s": (float(waited[own].mean()) if own.any() else nothing, int(own.sum())),
            "p50_s": (nothing if few else percentile(reached, 0.5), len(reached)),
            "p90_s": (nothing if few else percentile(reached, USUAL_SHARE), len(reached)),
            "share_within": self._share_within(found),
            **self._moving(found),
        }

    def _moving(self, found: Replication) -> dict[str, tuple[float, int]]:
        """What moving up and calling in cost each day, and how many moves or recalls that is of."""
        made = found.made
        if made is None:
            return {}
        days = (found.until_s - found.counted_from_s) / DAY_S
        rows = _within(made.at_s, found)
        n = int(rows.sum())
        recalled = _within(_recalls(found)[1], found)
        hours = self._recalled_s(found).sum()
        return {
            "moves_a_day": (n / days, n),
            "move_km_a_day": (float(made.extra_m[rows].sum()) / 1000 / days, n),
            "move_hours_a_day": (float(made.extra_s[rows].sum()) / HOUR_S / days, n),
            "recalls_a_day": (int(recalled.sum()) / days, int(recalled.sum())),
            "recalled_hours_a_day": (float(hours) / HOUR_S / days, int(recalled.sum())),
        }

    def _at_hospitals(self, found: Replication, rows: NDArray[np.bool_]) -> dict[str, tuple[float, int]]:
        """Patients that units which came took to hospital, and how long those were held there."""
        legs = self._model.legs
        if legs is None:
            return {}
        took = rows & (found.hospital >= 0) & (found.sent.unit >= 0)
        n = int(took.sum())
        return {"transports": (float(n), n), "wall_h": (float(found.wall_s[took].sum()) / HOUR_S, n)}

    def _share_within(self, found: Replication) -> tuple[float, int]:
        return share_within(self._model, found, self._headline, self._counted)

    def _first_arrivals(self, found: Replication) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        headline = self._headline._replace(since="received", pattern=np.ones_like(self._headline.pattern))
        return first_arrivals(found, headline, self._model.templates.kinds, self._counted)

    def _shares(self, found: Replication) -> tuple[NDArray[np.float64], float]:
        return self._busy_s(found), float(self._duty_s(found).sum())

    def _busy_s(self, found: Replication) -> NDArray[np.float64]:
        """Time from dispatch to clear of each unit, within the period that counts. [s]"""
        rows = found.sent.unit >= 0
        begin = np.clip(found.sent.dispatched_s[rows], found.counted_from_s, found.until_s)
        end = np.clip(found.sent.cleared_s[rows], found.counted_from_s, found.until_s)
        return _sums(found.sent.unit[rows], end - begin, len(self._units))

    def _duty_s(self, found: Replication) -> NDArray[np.float64]:
        """Time on duty of each unit, within the period that counts. [s]"""
        begin, end = ((us - self._model.clock.ends_us[0]) / 1e6 for us in (self._duty.begin_us, self._duty.end_us))
        span = np.clip(end, found.counted_from_s, found.until_s) - np.clip(begin, found.counted_from_s, found.until_s)
        duty_s = _sums(self._duty.owner, span, len(self._units))
        if found.made is not None and self._model.movement is not None:
            reserve = self._model.movement.reserve.unit
            duty_s[reserve] = self._recalled_s(found)[reserve]
        return duty_s

    def _recalled_s(self, found: Replication) -> NDArray[np.float64]:
        """How long each reserve was in service, within its own hours and the period that counts. [s]"""
        unit, _, staffed_s, released_s = _recalls(found)
        begin, end = ((us - self._model.clock.ends_us[0]) / 1e6 for us in (self._duty.begin_us, self._duty.end_us))
        total_s = np.zeros(len(self._units))
        for one in np.unique(unit):
            spans, spells = self._duty.owner == one, (unit == one) & np.isfinite(staffed_s)
            from_s = np.maximum(begin[spans][:, None], np.maximum(staffed_s[spells], found.counted_from_s))
            to_s = np.minimum(end[spans][:, None], np.minimum(released_s[spells], found.until_s))
            total_s[one] = np.maximum(to_s - from_s, 0.0).sum()
        return total_s

    @staticmethod
    def _sent_rows(found: Replication) -> NDArray[np.bool_]:
        return (found.sent.unit >= 0) & found.counts[found.call]

    def _incidents(self, found: Replication, ids: NDArray[np.object_]) -> gpd.GeoDataFrame:
        counts = found.counts
        of = self._model.templates.incidents
        row = found.template[counts]
        columns = {name: of[name].array.take(row) for name in OF_CALLS if name in of}
        waited = np.zeros(len(counts))
        own = found.who == OWN
        np.maximum.at(waited, found.call[own], found.waited_s[own])
        names = np.array([OUTCOMES[code] for code in (OWN, AID, UNMET)])
        return gpd.GeoDataFrame(
            {
                **columns,
                "received": self._stamps(found.received_s[counts]),
                "outcome": names[found.outcome[counts]],
                "waited_s": waited[counts],
            },
            index=pd.Index(ids[counts], name="incident_id", dtype="str"),
            geometry=of.geometry.array.take(row),
            crs=of.crs,
        )

    def _responses(self, found: Replication, ids: NDArray[np.object_]) -> pd.DataFrame:
        rows = np.flatnonzero(found.counts[found.call] & (found.who != UNMET))
        rows = rows[np.lexsort((found.sent.dispatched_s[rows], found.call[rows]))]
        sent, call = found.sent, found.call[rows]
        units = self._units
        unit, aid = sent.unit[rows], found.who[rows] == AID
        drawn = aid & (unit < 0)  # of neighbours that are in no table
        kinds = np.array(self._model.templates.kinds, dtype=object)[found.kind[rows]]
        own_ids, own_types = (_with_none(values) for values in (units.index, units["type"]))
        stations = _with_none(units["station_id"])
        received, dispatched = found.received_s[call], sent.dispatched_s[rows]
        enroute, arrived = sent.enroute_s[rows], sent.arrived_s[rows]
        turnout = enroute - dispatched
        rolling = turnout == 0
        columns: dict[str, object] = {
            "incident_id": pd.array(ids[call], dtype="str"),
            "unit_id": pd.array(np.where(drawn, "AID " + kinds.astype(str), own_ids[unit]), dtype="str"),
            "unit_type": pd.array(np.where(drawn, kinds, own_types[unit]), dtype="str"),
            "station_id": pd.array(stations[unit], dtype="str"),
            "received": self._stamps(received),
            "dispatched": self._stamps(dispatched),
            "enroute": self._stamps(enroute),
            "arrived": self._stamps(arrived),
            "cleared": self._stamps(sent.cleared_s[rows]),
            "call_processing_s": dispatched - received,
            "turnout_s": np.where(rolling, np.nan, turnout),
            "travel_s": arrived - enroute,
            "total_response_s": arrived - received,
            "cancelled": found.off[rows] & np.isnan(arrived),
            "on_view": False,
            "already_on_road": rolling & ~drawn,
            "mutual_aid": aid,
            "waited_s": found.waited_s[rows],
        }
        if self._model.legs is not None:
            hospitals = np.array([*self._model.legs.hospitals.ids, None], dtype=object)
            took = np.where(unit >= 0, found.hospital[rows], -1)
            columns |= {
                "hospital_id": pd.array(hospitals[took], dtype="str"),
                "wall_s": np.where(took >= 0, found.wall_s[rows], np.nan),
            }
        return pd.DataFrame(columns)

    def _stamps(self, seconds: NDArray[np.float64]) -> pd.DatetimeIndex:
        """Instants of seconds since the warm-up began; NaT where they are not known."""
        missing = np.isnan(seconds)
        us = np.round(np.where(missing, 0.0, seconds) * 1e6).astype(np.int64) + self._model.clock.ends_us[0]
        at = us.view("datetime64[us]")
        at[missing] = np.datetime64("NaT")
        return pd.DatetimeIndex(at).tz_localize("UTC")


def _within(at_s: NDArray[np.float64], found: Replication) -> NDArray[np.bool_]:
    """Which moments lie in the period that counts."""
    return np.asarray((at_s >= found.counted_from_s) & (at_s < found.until_s))


def _mean_busy(shares: Sequence[float] | NDArray[np.float64]) -> MeanInterval:
    """Mean of shares of time, above 1 only where units that are held over after their hours are."""
    return mean_interval(shares, least=0.0, most=max(1.0, *(float(s) for s in shares if np.isfinite(s)), 0.0))


def _recalls(
    found: Replication,
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Reserves called in: which, when, and from when until when they were in service, NaN where they never were. [s]"""
    made = found.made
    if made is None:
        nobody = np.zeros(0)
        return np.zeros(0, dtype=np.int32), nobody, nobody, nobody
    return made.recalled, made.called_s, made.staffed_s, made.released_s


def share_within(
    model: SimulationModel, found: Replication, headline: Headline, unit_types: Sequence[str]
) -> tuple[float, int]:
    """Share of calls within the limit of the headline, and how many there are."""
    counts, taken = first_arrivals(found, headline, model.templates.kinds, unit_types)
    n = int(counts.sum())
    return (float((taken[counts] <= last_within(headline.limit_s)).mean()) if n else float("nan")), n


def _sums(row: NDArray[np.signedinteger], seconds: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Sum seconds by row. [s]"""
    return np.asarray(np.bincount(row, weights=seconds, minlength=n), dtype=np.float64)


def _with_none(values: pd.Index | pd.Series) -> NDArray[np.object_]:
    """Give values with None at the end, where row -1 finds it."""
    return np.array([*values, None], dtype=object)


def _with_interval(row: dict[str, Any]) -> str:
    if np.isnan(row["mean"]):
        return "not known"
    told = wording.share(row["mean"])
    return told if np.isnan(row["low"]) else f"{told} ({wording.share(row['low'])} to {wording.share(row['high'])})"
