"""A model fitted anew to some runs, with everything that it takes from them, and what it says of others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from fireplan.calibration._fitting import FitGround, full_ground, settled
from fireplan.calibration._models import FitMaterial, Learnt, learn
from fireplan.calibration._routes import drive
from fireplan.roads import OnRoad

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fireplan.drive_times._calibration import Model


class LeftOut(NamedTuple):
    """
    What is modelled of runs without their fold; NaN: in no fold.

    Attributes
    ----------
    median_s
        Modelled time. [s]
    added_s
        What start, streets and turns add up to. [s]
    """

    median_s: NDArray[np.float64]
    added_s: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Refits:
    """
    What it takes to fit a model to some runs as if there were no others.

    Attributes
    ----------
    model
        Which.
    ground
        All runs, with the hours and exits that the model takes from them.
    material
        What models are fitted to that choose nothing: neither ways, nor hours, nor exits.
    others
        By which other streets stations might leave.
    whole
        Fitted to all: where fits begin.
    fold
        Of each run, by day.
    seed
        Draws days.
    effects
        Whether stations have something particular to them.
    step
        Called after each fold.
    """

    model: Model
    ground: FitGround
    material: FitMaterial
    others: list[OnRoad]
    whole: Learnt
    fold: NDArray[np.int64]
    seed: int
    effects: bool
    step: Callable[[], None] = lambda: None

    def of(self, rows: NDArray[np.int64]) -> Refits:
        """As if there were no runs but some."""
        return replace(self, ground=self.ground.of(rows), material=self.material.of(rows), fold=self.fold[rows])

    def left_out(self, fold: NDArray[np.int64], *, what: Literal["days", "stations"] = "days") -> LeftOut:
        """
        Model each run without its fold; runs of fold -1 are only fitted to.

        Parameters
        ----------
        fold
            Of each run.
        what
            Whether days are left out or stations. A station that is left out leaves by the nearest street, and
            nothing is particular to any; the hours that are driven alike stay: they are the city's.
        """
        found = LeftOut(np.full(len(fold), np.nan), np.full(len(fold), np.nan))
        for one in np.unique(fold[fold >= 0]):
            rows, tested = np.flatnonzero(fold != one), np.flatnonzero(fold == one)
            told = self._without_days if what == "days" else self._without_stations
            found.median_s[tested], found.added_s[tested] = told(rows, tested)
            self.step()
        return found

    def _without_days(self, rows: NDArray[np.int64], tested: NDArray[np.int64]) -> LeftOut:
        if not len(rows):
            return self._plain(rows, tested)
        if self.model == "full":
            ground, _, learnt = full_ground(
                self.ground.plain().of(rows),
                self.others,
                self.fold[rows],
                seed=self.seed,
                effects=self.effects,
                first=self.whole,
            )
            return self._told(replace(self.ground, exits=ground.exits, bands=ground.bands), learnt, tested)
        if self.model == "class":
            _, learnt = settled(self.ground.of(rows), "class", self.whole, effects=False)
            return self._told(self.ground, learnt, tested)
        return self._plain(rows, tested)

    def _without_stations(self, rows: NDArray[np.int64], tested: NDArray[np.int64]) -> LeftOut:
        if not len(rows) or self.model not in ("class", "full"):
            return self._plain(rows, tested)
        at_default = self.ground.runs.station[tested]
        ground = replace(self.ground, exits=_with(self.ground.exits, at_default, self.ground.runs.exits))
        _, learnt = settled(ground.of(rows), self.model, self.whole._replace(later_s=None), effects=False)
        return self._told(ground, learnt, tested)

    def _plain(self, rows: NDArray[np.int64], tested: NDArray[np.int64]) -> LeftOut:
        """Of models that choose nothing by the runs, and of runs that have no others."""
        learnt = learn(self.model, self.material, rows, first=self.whole, effects=False) if len(rows) else self.whole
        design, station = self.material.designs[self.model].of(tested), self.material.station[tested]
        return LeftOut(learnt.median_s(design, station), learnt.added_s(design, station))

    def _told(self, ground: FitGround, learnt: Learnt, tested: NDArray[np.int64]) -> LeftOut:
        ways, runs = ground.at(learnt), ground.runs.of(tested)
        driven = drive(ways, ground.exits, runs.places, runs.station)
        lost = ~np.isfinite(driven.added_s)
        if lost.any():  # all have a way from where stations leave by default
            driven = drive(ways, _with(ground.exits, runs.station[lost], runs.exits), runs.places, runs.station)
        design = ground.design(self.model, driven, tested)
        return LeftOut(learnt.median_s(design, runs.station), learnt.added_s(design, runs.station))


def _with(exits: OnRoad, stations: NDArray[np.int64], default: OnRoad) -> OnRoad:
    """Let some stations leave as they would if there were no runs of theirs."""
    own = np.isin(np.arange(len(exits)), stations)
    parts = ((getattr(default, name), getattr(exits, name)) for name in ("street", "along", "offset_m"))
    return OnRoad(*(np.where(own, there, here) for there, here in parts))
