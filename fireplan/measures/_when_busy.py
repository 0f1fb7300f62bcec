"""Cover where units are out for a part of their time: who comes if the nearest is not free."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from fireplan import wording
from fireplan._frozen_tables import FrozenTable, freeze_own
from fireplan._limits import last_within
from fireplan._one_release import OfOneRelease
from fireplan.errors import Faults, InputError, listed, quoted
from fireplan.measures._assessment import Assessment, headline_table, verdict_of
from fireplan.measures._demand_measures import chosen_of
from fireplan.measures._expected import chances_for
from fireplan.progress import steps
from fireplan.scenario import held
from fireplan.stations import KINDS, supply
from fireplan.travel._places import places
from fireplan.travel._unit_arrivals import unit_arrivals

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from fireplan.measures._assessment import Arrival
    from fireplan.scenario import Scenario
    from fireplan.standards import Objective, Standard
    from fireplan.travel._places import Places

BLOCK = 4_000_000
"""So many times are sorted at once."""


class WhenBusy(NamedTuple):
    """
    How likely help comes in time at places, and that no unit of the kind is free.

    Attributes
    ----------
    chance, nobody
        At each place.
    """

    chance: NDArray[np.float64]
    nobody: NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class CoverWhenBusy(OfOneRelease):
    """
    What a scenario achieves with its units out for a part of their time; every figure is modelled.

    Attributes
    ----------
    home
        The assessment with all units at home and free, which it is set beside.
    busy
        The share of its time for which each unit is out, by `unit_id`.
    """

    home: Assessment
    busy: pd.Series[Any]

    def __repr__(self) -> str:
        """Say the shares, beside those with everyone at home."""
        lines = [f"Cover of {quoted(self.home.scenario.name)} by {self.home.standard.name}, units out as {self.source}"]
        for key, row in self.summary().iterrows():
            told = wording.share_of(row["share"], row["n"], row["unit"], goal=row["required_share"])
            lines.append(f"{key[0] if isinstance(key, tuple) else key}: {told}, with all at home"
                         f" {wording.share(row['home_share'], goal=row['required_share'])}")  # fmt: skip
        return "\n  ".join([*lines, *self.notes()])

    @property
    def source(self) -> str:
        """Where the busy shares are from: "history", "hypercube" or what else their `.attrs` say."""
        return str(self.busy.attrs.get("source", "given"))

    @cached_property
    def arrivals(self) -> tuple[Arrival, ...]:
        """Of objectives that one unit meets; those of a force are left out."""
        return tuple(a for a in self.home.arrivals if kind_of(a.objective))

    def notes(self) -> list[str]:
        """Say what a reader of the figures has to know."""
        when, start, end = (str(self.busy.attrs.get(name, "")) for name in ("when", "start", "end"))
        days = f"from {start[:10]} until {end[:10]}" if start and end else ""
        period = ", ".join(filter(None, [when, days]))
        mean = float(self.busy.mean())
        lowest, highest = (wording.share(float(v)) for v in (self.busy.min(), self.busy.max()))
        first = (
            f"modelled; units are out for {wording.share(mean)} of their time on average ({lowest} to {highest}; busy"
            f" shares: {self.source}{f', {period}' if period else ''}), each whatever the others do: where many are out"
            " at once, as in a storm, less is reached"
        )
        notes = [first]
        unknown, unseen = (str(self.busy.attrs.get(k) or "") for k in ("unknown", "unseen"))
        if unknown not in {"", "0"}:
            notes.append(f"{unknown} of the responses have no known end: units are out longer than that")
        if unseen:
            notes.append(f"without a response in the history, and so taken to be never out: {unseen}")
        both = str(self.busy.attrs.get("overlapping") or "0")
        if both != "0":
            notes.append(f"responses of units that were still at another call by the record: {both}, their time once")
        forces = [o.title for o in self.home.standard.planned if not kind_of(o)]
        if forces:
            notes.append(f"left out, as it takes several units: {listed(map(quoted, forces))}")
        return [*notes, *self.home.notes()[1:]]

    def summary(self) -> pd.DataFrame:
        """
        The headline figures.

        Returns
        -------
        By `objective` and `measure`: `n` in all; `within` the limit and `outside` it, on average over who is free;
        `share` (of n); `home_share` with all units at home and free, and `lost_share`, the difference; `nobody_free`,
        the part of n for which no unit of the kind is free, which counts as outside; `limit_s` [s], `required_share`,
        `met`, `title`, `unit`, `source` of the busy shares, and `basis`.
        """
        rows = [self._row(a) for a in self.arrivals]
        columns = [c for c in (rows[0] if rows else {}) if c not in ("objective", "measure")]
        return headline_table(rows, ["objective", "measure"], columns)

    def _row(self, arrival: Arrival) -> dict[str, Any]:
        objective, measure = arrival.objective, arrival.measure
        found = self._at(objective, measure.places)
        weight = np.where(measure.known, measure.weight, 0.0)
        total = float(weight.sum())
        within, home = float(weight @ found.chance), float(weight @ arrival.chance)
        speaks = objective.weight in {"", measure.name}
        share, at_home = ((v / total if total > 0 else np.nan) for v in (within, home))
        return {
            "objective": objective.key,
            "measure": measure.name,
            "title": objective.title,
            "limit_s": objective.limit_s,
            "n": total,
            "within": within,
            "outside": total - within,
            "share": share,
            "home_share": at_home,
            "lost_share": at_home - share,
            "nobody_free": float(weight @ found.nobody) / total if total > 0 else np.nan,
            "unit": measure.unit,
            "required_share": objective.share if speaks and objective.share is not None else np.nan,
            "met": verdict_of(objective, measure, total, within),
            "source": self.source,
            "basis": "modelled",
        }

    @property
    def zones(self) -> gpd.GeoDataFrame:
        """
        How likely each zone is reached in time.

        Returns
        -------
        The scenario's zones with, for each objective that one unit meets, `<key>_chance` with units out, and
        `<key>_home_chance` with all at home and free.
        """
        return self._zones.view()

    @cached_property
    def _zones(self) -> FrozenTable[gpd.GeoDataFrame]:
        table = self.home.scenario.zones.copy()
        at = places(self.home.scenario, "zones")
        for objective in (o for o in self.home.standard.planned if kind_of(o)):
            zones = self.home.zones
            name = f"{objective.key}_chance" if f"{objective.key}_chance" in zones else f"{objective.key}_within"
            table[f"{objective.key}_chance"] = self._at(objective, at).chance
            table[f"{objective.key}_home_chance"] = zones[name].to_numpy(float)
        return freeze_own(table)

    def share(self, objective: str | None = None) -> float:
        """Share of what an objective weighs that is within its limit; left out: the first objective."""
        keys = [a.objective.key for a in self.arrivals]
        key = keys[0] if objective is None else objective
        mine = [a for a in self.arrivals if a.objective.key == key]
        if not mine:
            raise InputError(f"objective is {quoted(key)}: use {listed(dict.fromkeys(keys))}")
        measure = chosen_of(self.home.scenario, [a.measure for a in mine], mine[0].objective).name
        row: Any = self.summary().loc[(key, measure)]
        return float(row["share"])

    def _at(self, objective: Objective, ends: Places) -> WhenBusy:
        key = "when busy", objective.key, ends.key
        return self.home.memo.get(
            (key, self._busy_key), lambda: _when_busy(self.home.scenario, objective, ends, self.busy)
        )

    @cached_property
    def _busy_key(self) -> tuple[tuple[str, float], ...]:
        return tuple(zip(self.busy.index.astype(str), self.busy.to_numpy(float).tolist(), strict=True))


def kind_of(objective: Objective) -> str:
    """The kind of unit of which an objective needs one and nothing else; "": it needs a force."""
    needs = {k: n for k, n in objective.needs.items() if n > 0}
    return next(iter(needs)) if len(needs) == 1 and set(needs.values()) == {1} and set(needs) <= set(KINDS[:-1]) else ""


def _when_busy(scenario: Scenario, objective: Objective, ends: Places, busy: pd.Series[Any]) -> WhenBusy:
    """Add up, over units in the order in which they arrive, how likely each is the first that is free, and in time."""
    found = unit_arrivals(scenario, ends, kind_of(objective), objective.interval)
    share = busy.reindex(found.ids).to_numpy(float)
    law = chances_for(scenario, objective)
    n = found.arrival_s.shape[1]
    chance, nobody = np.zeros(n), np.ones(n)
    step_n = max(BLOCK // max(len(share), 1), 1)
    with steps(-(-n // step_n), what="who is free") as step:
        for begin in range(0, n, step_n):
            here = slice(begin, begin + step_n)
            arrival_s = found.arrival_s[:, here]
            order = np.argsort(arrival_s, axis=0, kind="stable")
            out = share[order]
            sorted_s = np.take_along_axis(arrival_s, order, axis=0)
            before = np.cumprod(np.vstack([np.ones((1, out.shape[1])), out]), axis=0)
            first = before[:-1] * (1.0 - out)
            in_time = (
                law.at(sorted_s) if law is not None else (sorted_s <= last_within(objective.limit_s)).astype(float)
            )
            chance[here] = (first * in_time).sum(axis=0)
            nobody[here] = before[-1]
            step()
    return WhenBusy(chance, nobody)


def check_busy(scenario: Scenario, standard: Standard, busy: pd.Series[Any]) -> pd.Series[Any]:
    """
    Refuse busy shares that are none, or that say nothing of a unit that is asked for.

    They may be by `unit_id` and more, such as the station. They are given in the order of the units; NaN: of a unit of
    another kind than any objective asks for.
    """
    units = held(scenario).units
    if "unit_id" in busy.index.names and busy.index.nlevels > 1:
        attrs, busy = busy.attrs, busy.droplevel([n for n in busy.index.names if n != "unit_id"])
        busy.attrs.update(attrs)
    faults = Faults("availability")
    if not len(units):
        raise InputError(
            "the scenario has no units, so that none can be out: give it some, with unit_id and station_id"
        )
    kinds = [KINDS.index(kind) for kind in {kind_of(o) for o in standard.planned} - {""}]
    asked = units.index[np.flatnonzero((supply(units)[:, kinds] > 0).any(axis=1))]
    missing = asked.difference(busy.index)
    if len(missing):
        faults.add(f"it says nothing of {listed(map(quoted, missing))}: give each unit a share of its time, 0 to 1")
    strange = busy.index.difference(units.index)
    if len(strange):
        faults.add(
            f"it names {listed(map(quoted, strange))}, which are no units of the scenario: those are"
            f" {listed(units.index)}"
        )
    values = pd.to_numeric(busy, errors="coerce")
    bad = busy.index[~values.between(0.0, 1.0)]
    if len(bad):
        faults.add(f"of {listed(map(quoted, bad))} it is no share: give a number from 0, never out, to 1, never free")
    if busy.index.has_duplicates:
        faults.add(f"it names {listed(map(quoted, busy.index[busy.index.duplicated()]))} twice")
    faults.raise_if_any()
    found = values.reindex(units.index).astype(float)
    found.attrs = dict(busy.attrs)
    return found
