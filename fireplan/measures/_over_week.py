"""Cover over the week, where units work by a schedule or streets are driven otherwise by the hour."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._frozen_tables import FrozenTable, freeze_own
from fireplan._one_release import OfOneRelease
from fireplan._selection import minute_of_week
from fireplan.errors import TableError, quoted
from fireplan.measures._assessment import (
    Assessment,
    assessed,
    headline_row,
    headline_table,
    index_in_order,
    verdict_of,
)
from fireplan.measures._drives_said import share_ends
from fireplan.progress import steps
from fireplan.scenario import held
from fireplan.stations._schedules import DAYS, WEEK_MIN, minute_of, moment_said
from fireplan.travel._on_duty import DutyState, duty_states

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.scenario import Scenario
    from fireplan.standards import Standard

HOURS = 168


class StateOfWeek(NamedTuple):
    """
    What is achieved while the same units are on duty, and streets are driven alike.

    Attributes
    ----------
    state
        Which minutes of the week these are.
    assessment
        What is achieved in them.
    share
        The part of the week's calls that come in them.
    """

    state: DutyState
    assessment: Assessment
    share: float


@dataclass(frozen=True, eq=False, repr=False)
class WeekOfCover(OfOneRelease):
    """
    What a scenario achieves over the week; every figure is modelled, with all units on duty at home and free.

    Attributes
    ----------
    scenario, standard
        What was assessed, and against what.
    states
        What is achieved while the same units are on duty, in the order in which they first are.
    weighed_by
        What the hours weigh: "incidents", by how many calls come in them, or "hours", each alike.
    notes_of_week
        What could not be told of the incidents.
    """

    scenario: Scenario
    standard: Standard
    states: tuple[StateOfWeek, ...]
    weighed_by: str
    notes_of_week: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        """Say the mean, and the worst hour."""
        lines = [f"Cover of {quoted(self.scenario.name)} over the week by {self.standard.name} (modelled)"]
        for key, row in self.summary().iterrows():
            told = wording.share_of(row["share"], row["n"], row["unit"], goal=row["required_share"], **share_ends(row))
            worst = f"{wording.share(row['worst_share'])} at {row['worst_at']}"
            objective = key[0] if isinstance(key, tuple) else key
            lines.append(f"{objective}: {told} on average, {worst}")
        return "\n  ".join([*lines, *self.notes()])

    def notes(self) -> list[str]:
        """Say what a reader of the figures has to know."""
        what = (
            "by how many incidents come in them" if self.weighed_by == "incidents" else "alike, as no call has a time"
        )
        most, least = (end(one.state.on_duty for one in self.states) for end in (max, min))
        duty = f"{least} to {most} of" if least < most else "all of"
        units = wording.counted(len(held(self.scenario).units), "unit")
        said = f"hours of the week weigh {what}; {duty} {units} are on duty, in {len(self.states)} states of the week"
        return list(dict.fromkeys([said, *self.notes_of_week, *self.states[0].assessment.notes()[:1]]))

    def summary(self) -> pd.DataFrame:
        """
        Give the figures of the week.

        Returns
        -------
        By `objective` and `measure`: `n` in all, `share` within the limit (of n) on average over the week, each hour
        by its part of the calls: how much is within the limit when a call comes in; `within` and `outside` so;
        `worst_share` and `best_share` with the first moments at which that is so (`worst_at`, `best_at`);
        `required_share`, `met` (on average) and `met_at_worst`; `limit_s` [s], `title`, `unit`, `weighed_by`,
        `basis`, and with a calibration `share_low` and `share_high`, the mean of the ends of the 95 % intervals.
        """
        rows = [self._row(i) for i in range(len(self.states[0].assessment.headlines))]
        columns = [c for c in (rows[0] if rows else {}) if c not in ("objective", "measure")]
        return headline_table(rows, ["objective", "measure"], columns)

    def _row(self, i: int) -> dict[str, Any]:
        rows = [s.assessment.headlines[i] for s in self.states]
        weight = np.array([s.share for s in self.states])
        first, arrival = rows[0], self.states[0].assessment.arrivals[i]
        share = np.array([row["share"] for row in rows], dtype=float)
        n, mean = first["n"], float(weight @ share)
        nothing = not n > 0
        worst, best = (0, 0) if nothing else (int(np.argmin(share)), int(np.argmax(share)))
        one = arrival.objective, arrival.measure
        return {
            **{c: first[c] for c in ("objective", "measure", "title", "limit_s", "interval", "n")},
            "within": 0.0 if nothing else mean * n,
            "outside": 0.0 if nothing else n - mean * n,
            "share": mean,
            "worst_share": share[worst],
            "worst_at": moment_said(self.states[worst].state.minute),
            "best_share": share[best],
            "best_at": moment_said(self.states[best].state.minute),
            "share_low": float(weight @ [row["share_low"] for row in rows]),
            "share_high": float(weight @ [row["share_high"] for row in rows]),
            **{c: first[c] for c in ("unit", "required_share", "at_most_outside", "elsewhere", "untold")},
            "met": verdict_of(*one, n, 0.0 if nothing else mean * n),
            "met_at_worst": rows[worst]["met"],
            "weighed_by": self.weighed_by,
            "basis": "modelled",
        }

    def by_hour(self) -> pd.DataFrame:
        """
        Give the figures hour by hour.

        Returns
        -------
        By `objective`, `measure` and `hour` ("Mon 00:00" to "Sun 23:00"): `weekday`, `clock_hour`, `n`, `within`,
        `share` (of n) and `on_duty`, units; where that changes within an hour, the mean over its minutes.
        """
        part = np.array([s.state.minutes.reshape(HOURS, 60).mean(axis=1) for s in self.states]).T
        on_duty = part @ np.array([s.state.on_duty for s in self.states], dtype=float)
        rows = []
        for i, first in enumerate(self.states[0].assessment.headlines):
            each = pd.DataFrame([s.assessment.headlines[i] for s in self.states])
            rows.append(
                pd.DataFrame(
                    {
                        "objective": first["objective"],
                        "measure": first["measure"],
                        "hour": [moment_said(60 * h) for h in range(HOURS)],
                        "weekday": np.repeat(DAYS, 24),
                        "clock_hour": np.tile(np.arange(24), 7),
                        "n": first["n"],
                        "within": part @ each["within"].to_numpy(float),
                        "share": part @ each["share"].to_numpy(float),
                        "on_duty": on_duty,
                        "unit": first["unit"],
                    }
                )
            )
        table = pd.concat(rows, ignore_index=True)
        keys = ["objective", "measure", "hour"]
        table.index = index_in_order(table[keys].to_dict("records"), keys)
        table = table.drop(columns=keys)
        table.attrs = {"basis": "modelled", "notes": self.notes()}
        return table

    @property
    def zones(self) -> gpd.GeoDataFrame:
        """
        How much of the week each zone is within reach.

        Returns
        -------
        The scenario's zones with, for each objective, `<key>_share`: how likely it is reached in time when a call comes
        in, over the week; `<key>_worst`: at the moment that is worst for this zone, and `<key>_worst_at`, which is
        that; `<key>_outside_h`: for how many of the 168 hours it is not, each hour alike; with a calibration, that is
        to be expected [h].
        """
        return self._zones.view()

    @cached_property
    def _zones(self) -> FrozenTable[gpd.GeoDataFrame]:
        table = self.scenario.zones.copy()
        weight = np.array([s.share for s in self.states])
        hours = HOURS * np.array([s.state.minutes.mean() for s in self.states])
        moments = np.array([moment_said(s.state.minute) for s in self.states], dtype=object)
        for objective in self.standard.planned:
            key = objective.key
            each = []
            for s in self.states:
                zones = s.assessment.zones
                column = f"{key}_chance" if f"{key}_chance" in zones else f"{key}_within"
                each.append(zones[column].to_numpy(float))
            chance = np.array(each)
            worst = chance.argmin(axis=0)
            table[f"{key}_share"] = weight @ chance
            table[f"{key}_worst"] = chance.min(axis=0)
            table[f"{key}_worst_at"] = moments[worst]
            table[f"{key}_outside_h"] = hours @ (1.0 - chance)
        return freeze_own(table)

    def at(self, when: str) -> Assessment:
        """Give the assessment of one moment of the week, such as "Tue 14:00"."""
        minute = minute_of(when)
        return next(s.assessment for s in self.states if s.state.minutes[minute])

    @property
    def worst(self) -> Assessment:
        """The assessment of the moment at which the share of the standard's first objective is least."""
        share = [headline_row(s.assessment)["share"] for s in self.states]
        return self.states[int(np.nanargmin(share)) if np.isfinite(share).any() else 0].assessment


def over_the_week(scenario: Scenario, standard: Standard) -> WeekOfCover:
    """Assess every state of the week; see `assess`."""
    states = duty_states(scenario)
    share, by, notes = _shares(scenario, states)
    found = []
    with steps(len(states), what="hours of the week") as step:
        for state, part in zip(states, share.tolist(), strict=True):
            found.append(StateOfWeek(state, assessed(scenario.at(moment_said(state.minute)), standard), part))
            step()
    return WeekOfCover(scenario, found[0].assessment.standard, tuple(found), by, tuple(notes))


def _shares(scenario: Scenario, states: list[DutyState]) -> tuple[NDArray[np.float64], str, list[str]]:
    """Say which part of the week's calls comes in each state, by what, and what to note."""
    calls, notes = held(scenario).incidents, []
    if calls is not None and len(calls):
        try:
            minute = minute_of_week(calls, scenario.timezone or str(calls.attrs.get("timezone", "")))
        except TableError as error:
            notes.append(f"hours weigh alike: {error}")
        else:
            count = np.bincount(minute[minute >= 0], minlength=WEEK_MIN)
            if (minute < 0).any():
                notes.append(f"{wording.counted(int((minute < 0).sum()), 'incident')} without a time weigh nothing")
            if count.sum():
                n = np.array([count[s.minutes].sum() for s in states])
                return n / n.sum(), "incidents", notes
    return np.array([s.minutes.mean() for s in states]), "hours", notes
