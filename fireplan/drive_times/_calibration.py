"""What was learnt from a dispatch history about drives, as a value that a scenario is given and every result names."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from fireplan import wording
from fireplan._checked import takes
from fireplan._one_release import OfOneRelease
from fireplan.errors import Faults, InputError, listed, quoted
from fireplan.roads import class_speeds
from fireplan.roads._drive_curve import PLAIN
from fireplan.roads._turns import NO_DELAYS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fireplan.drive_times._travel_spread import TravelSpread
    from fireplan.drive_times._turnout_times import TurnoutTimes
    from fireplan.roads import DriveCurve, RoadNetwork, SpeedPeriod, TurnDelays

Model = Literal["planning", "factor", "rand", "rand_fitted", "linear", "class", "full"]
"""The ladder, from the simplest to the fullest."""

MODELS: dict[Model, str] = {
    "planning": "planning speeds as they are",
    "factor": "planning speeds times one factor",
    "rand": "the travel-time curve of RAND, as published, by distance",
    "rand_fitted": "the travel-time curve of RAND, fitted, by distance",
    "linear": "a start and planning speeds times one factor",
    "class": "a start and speeds by class of road",
    "full": "a start, speeds by class of road, delays at turns, and factors of the hour",
}

FACTORS = (0.05, 5.0)
"""Least and largest factor of planning speeds that can be."""


BESIDE = "as planned beside the others"
"""What the speed of a class of road is where runs say little of it."""


class Estimate(NamedTuple):
    """
    A value learnt from runs.

    Attributes
    ----------
    value, low, high
        The value and its 95 % interval, by drawing days anew.
    n
        What it rests on: runs.
    source
        "fitted", or "planning" where too few runs say anything and the planning ratio holds.
    """

    value: float
    low: float
    high: float
    n: int
    source: str = "fitted"


def unlearnt_said(of: Estimate, model: Model, *, held: str = BESIDE) -> str:
    """Say what a value rests on, such as what was planned, where it was not learnt from runs; "": it was."""
    if of.source == "fitted":
        return ""
    return "as published" if model == "rand" else f"{held}, too few runs"


class StationStart(NamedTuple):
    """
    What is particular to the drives from one station.

    Attributes
    ----------
    later_s
        How much later its engines are at speed than those of the others, shrunk by n / (n + 12). [s]
    n
        Runs from there.
    street
        The street by which they leave, where it is not the nearest; "": the nearest.
    at
        Longitude and latitude of the place on it at which they leave [°]; None: the nearest.
    gain, gain_low
        What leaving there rather than by the nearest street adds to the held-out log likelihood of a run, and the lower
        end of its 95 % interval.
    """

    later_s: float
    n: int
    street: str = ""
    at: tuple[float, float] | None = None
    gain: float = 0.0
    gain_low: float = 0.0


class HeldOutError(NamedTuple):
    """
    How wrong modelled drives are where they were not fitted.

    Attributes
    ----------
    n
        Runs.
    held_out
        What was left out of the fit in turn, such as "days".
    bias_s
        Median of predicted less observed. [s]
    median_error_s, p90_error_s
        Median and 90th percentile of the absolute error. [s]
    spearman
        Rank correlation of predicted and observed.
    below_p90
        Share of runs that took no longer than the predicted 90th percentile; NaN where there is none.
    """

    n: int
    held_out: str
    bias_s: float
    median_error_s: float
    p90_error_s: float
    spearman: float
    below_p90: float = float("nan")


class LadderStep(NamedTuple):
    """
    One model of the ladder with its held-out error.

    Attributes
    ----------
    model
        Which.
    error
        Its error, days left out in turn.
    score, score_se
        Mean absolute logarithm of modelled by observed, and its standard error over days; NaN: of one day alone.
    by_station, by_period
        Its error with stations left out in turn, and on the second half of the days from the first; None: it cannot be
        told.
    """

    model: Model
    error: HeldOutError
    score: float
    score_se: float
    by_station: HeldOutError | None = None
    by_period: HeldOutError | None = None


class Draw(NamedTuple):
    """Curve and spread as fitted to days drawn anew."""

    start_s: float
    offset_s: float
    scale: float
    power: float
    upper: float
    slope: float


TENTHS, HUNDREDTHS = 10.0, 100.0

NOT_DRIVEN = {"made", "versions", "notes", "reason", "ledger", "ladder", "by_station", "method"}
"""What a calibration says besides what is driven by it."""

BY_HAND = "values of the calibration were changed by hand: its error is that of others"
"""A note of such a calibration; its headline says so too."""


@takes
@dataclass(frozen=True)
class Calibration(OfOneRelease):
    """
    What a dispatch history says of the drives of a department.

    Made by `fireplan.calibrate`, kept in `calibration.toml`; `Scenario.calibrated` drives by it.

    Attributes
    ----------
    model
        What of the ladder was taken.
    reason
        Why this and no fuller one, and what a fuller one would take.
    error
        Its held-out error, days left out in turn.
    network, history
        Fingerprints of the streets and of the history it was made from.
    times
        Where the network's own times hold, times `factor`: their fingerprint; "" where speeds by class were learnt.
    speeds_kph
        Speed by class of road, averaged over the week [km/h]; {}: the network's own times hold, times `factor`.
    factor
        What the planning speeds of classes that are not in `speeds_kph`, or of all, are multiplied by.
    curve
        From the seconds that streets and turns add up to, to the time of a drive.
    delays, delay_estimates
        What turns cost, and how sure that is, by the names of `TurnDelays`. {}: turns are not reckoned. [s]
    periods, period_estimates
        Hours of the week with their factors of speed, against the mean over the week, and how sure they are, by name.
    week_sd
        Standard deviation of the logarithm of a drive's time over these hours: less than that of the factors, which
        start and turns do not follow.
    start
        The common start of a drive, and how sure it is. [s]
    stations
        What is particular to single stations.
    spread
        How drives differ from one another in the same hours.
    draws
        Curve and spread as fitted to days drawn anew.
    turnouts
        How long crews take to turn out; None: the history does not say.
    ladder, by_station
        Every model on the same folds; and the error of the one taken with stations left out in turn.
    ledger
        Runs left out, by rule.
    runs, first_day, last_day
        How many runs it rests on, and of which days.
    made, versions, seed, method
        When and by what it was made.
    basis
        "observed", or "invented" or "simulated" where the history is.
    notes
        What a reader has to know, and what it must not be used for.
    """

    model: Model
    error: HeldOutError
    network: str
    history: str
    reason: str = ""
    times: str = ""
    speeds_kph: Mapping[str, Estimate] = field(default_factory=dict)
    factor: float = 1.0
    curve: DriveCurve = PLAIN
    delays: TurnDelays = NO_DELAYS
    delay_estimates: Mapping[str, Estimate] = field(default_factory=dict)
    periods: tuple[SpeedPeriod, ...] = ()
    period_estimates: Mapping[str, Estimate] = field(default_factory=dict)
    week_sd: float = 0.0
    start: Estimate | None = None
    stations: Mapping[str, StationStart] = field(default_factory=dict)
    spread: TravelSpread | None = None
    draws: tuple[Draw, ...] = ()
    turnouts: TurnoutTimes | None = None
    ladder: tuple[LadderStep, ...] = ()
    by_station: HeldOutError | None = None
    ledger: tuple[tuple[str, int], ...] = ()
    runs: int = 0
    first_day: str = ""
    last_day: str = ""
    made: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    method: str = ""
    basis: str = "observed"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be driven by."""
        faults = Faults("calibration")
        if self.model not in tuple(MODELS):  # of whatever kind it is
            faults.add(f"model is {quoted(self.model)}: one of {listed(MODELS, most=len(MODELS))}")
        if not FACTORS[0] <= self.factor <= FACTORS[1]:
            faults.add(f"factor is {self.factor!r}: give a number from {FACTORS[0]:g} to {FACTORS[1]:g}")
        for name, speed in self.speeds_kph.items():
            if not 3 <= speed.value <= 200:
                faults.add(f"speeds_kph of {quoted(name)} is {speed.value!r}: give a speed from 3 to 200 km/h")
        faults.raise_if_any()

    @property
    def headline(self) -> str:
        """The error in one line, as it stands in the footer of every map."""
        e = self.error
        return (
            f"drive times: median error {wording.count(e.median_error_s)} s, p90 {wording.count(e.p90_error_s)} s,"
            f" held out, n = {wording.count(e.n)}"
            f"{', before values were changed by hand' if BY_HAND in self.notes else ''}"
        )

    @cached_property
    def fingerprint(self) -> str:
        """Name of what is driven by it: calibrations of the same values have the same one."""
        values = [getattr(self, f.name) for f in fields(self) if f.name not in NOT_DRIVEN]
        return hashlib.sha256(repr(_alike(values)).encode()).hexdigest()[:16]

    def check_network(self, roads: RoadNetwork) -> None:
        """Refuse to be driven on streets that it was not learnt on."""
        here = network_fingerprint(roads)
        if here != self.network:
            raise InputError(
                f"the calibration was made on other streets (network {quoted(self.network)}, here {quoted(here)}):"
                " calibrate anew, by fp.calibrate or `fireplan calibrate`"
            )
        if self.times and times_fingerprint(roads) != self.times:
            raise InputError(
                f"the calibration multiplies planned times, and those were others (times {quoted(self.times)}, here"
                f" {quoted(times_fingerprint(roads))}), as with another vehicle, other speeds or turns: calibrate anew,"
                " by fp.calibrate or `fireplan calibrate`"
            )

    def over_the_week(self) -> TravelSpread | None:
        """How drives differ from one another in all hours together."""
        return None if self.spread is None else self.spread.widened(self.week_sd)


def _alike(value: object) -> object:
    """Write equal values in one way: 1, 1.0 and NumPy's one are the same, as are lists, tuples and named ones."""
    if isinstance(value, Mapping):
        return [(key, _alike(held)) for key, held in sorted(value.items())]
    if isinstance(value, list | tuple):
        return [_alike(held) for held in value]
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        return float(value)
    if is_dataclass(value):
        return [_alike(getattr(value, f.name)) for f in fields(value)]
    return value if value is None else str(value)


def network_fingerprint(roads: RoadNetwork) -> str:
    """
    Name the streets, classes and directions that a calibration is made on, whatever it takes to drive them.

    To a tenth of a metre: other machines project to other last digits, and the streets are the same.
    """
    digest = hashlib.sha256()
    for array in (roads.node_xy_m, roads.length_m):
        digest.update(_rounded(array, TENTHS))
    for part in (roads.first, roads.last, roads.highway, roads.called):
        digest.update(np.ascontiguousarray(part).tobytes())
    digest.update(np.packbits([np.isfinite(roads.there_s), np.isfinite(roads.back_s)]).tobytes())
    digest.update("\0".join(map(str, roads.node_ids)).encode())
    return digest.hexdigest()[:16]


def times_fingerprint(roads: RoadNetwork) -> str:
    """Name how long the streets of a network take as planned, turns and waits included, to a hundredth of a second."""
    digest = hashlib.sha256(f"{roads.turns} {roads.delays if roads.turns != 'none' else ''}".encode())
    for array in (roads.there_s, roads.back_s, roads.wait_s):
        digest.update(_rounded(array, HUNDREDTHS))
    return digest.hexdigest()[:16]


def _rounded(array: NDArray[np.float64], parts: float) -> bytes:
    """Write numbers as so many small parts; what has no end as the largest there is."""
    return (
        np.where(np.isfinite(array), np.rint(np.where(np.isfinite(array), array, 0) * parts), -1)
        .astype(np.int64)
        .tobytes()
    )


def drive_by(roads: RoadNetwork, calibration: Calibration) -> RoadNetwork:
    """Drive the streets of a network by what was learnt."""
    if calibration.speeds_kph:
        kph = np.zeros(roads.n_streets)
        planning = class_speeds()
        known = {name: speed.value for name, speed in calibration.speeds_kph.items()}
        for name in np.unique(roads.highway):
            usual = planning[name].speed_kph if name in planning else planning["residential"].speed_kph
            kph[roads.highway == name] = known.get(name, usual * calibration.factor)
        along_s = roads.length_m / kph * 3.6
        there_s = np.where(np.isfinite(roads.there_s), along_s, np.inf)
        back_s = np.where(np.isfinite(roads.back_s), along_s, np.inf)
    else:
        there_s, back_s = roads.there_s / calibration.factor, roads.back_s / calibration.factor
    driven = roads.with_times(there_s=there_s, back_s=back_s)
    if calibration.delay_estimates:
        driven = driven.with_turns("exact", calibration.delays)
    elif calibration.speeds_kph and driven.turns != "none":
        # Speeds that were learnt without turns hold what those cost.
        driven = driven.with_turns(driven.turns, NO_DELAYS)
    return driven.with_curve(calibration.curve, calibrated=True).with_periods(*calibration.periods)
