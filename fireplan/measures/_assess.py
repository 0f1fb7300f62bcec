"""Hold a scenario to a standard: at one moment of the week, at its worst, or over all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from fireplan._checked import takes
from fireplan.errors import InputError
from fireplan.measures._assessment import assessed
from fireplan.measures._over_week import over_the_week
from fireplan.measures._when_busy import CoverWhenBusy, check_busy
from fireplan.standards._library import standard_of

if TYPE_CHECKING:
    import pandas as pd

    from fireplan.measures._assessment import Assessment
    from fireplan.measures._over_week import WeekOfCover
    from fireplan.scenario import Scenario
    from fireplan.standards import Standard

WORST, MEAN, BY_HOUR = "worst", "mean", "by hour"


@overload
def assess(
    scenario: Scenario, *, standard: Standard | str, at: str = "", availability: pd.Series[Any]
) -> CoverWhenBusy: ...
@overload
def assess(scenario: Scenario, *, standard: Standard | str, at: Literal["mean", "by hour"]) -> WeekOfCover: ...  # type: ignore[overload-overlap]  # other texts are moments
@overload
def assess(scenario: Scenario, *, standard: Standard | str, at: str = "") -> Assessment: ...
@takes
def assess(
    scenario: Scenario, *, standard: Standard | str, at: str = "", availability: pd.Series[Any] | None = None
) -> Assessment | WeekOfCover | CoverWhenBusy:
    """
    Hold a scenario to a standard.

    Parameters
    ----------
    scenario
        What is to be assessed.
    standard
        Its objectives; see `fireplan.standards`. The name of one that comes with fireplan will do, such as "NFPA_1710".
    at
        Which time of the week is asked of. A moment, such as "Tue 14:00": the units on duty then, on streets at the
        speeds of that hour. "worst": the moment at which the share of the first objective is least. "mean" or "by
        hour": all of the week, which gives its mean and every hour. Left out: the scenario as it is; of units that work
        by a schedule those count that are on duty when the fewest are.
    availability
        The share of its time for which each unit is out, by `unit_id`, such as `response_performance.busy_shares` and
        `fireplan.hypercube` give it; left out: all are at home and free.

    Returns
    -------
    Shares of people, dwellings, incidents and road within every objective, each with its n: `Assessment`; with "mean"
    or "by hour" a `WeekOfCover`, with `availability` a `CoverWhenBusy`.

    Raises
    ------
    UnreachableStationError
        If an open station is off the road.
    UnknownIdError
        If an objective speaks of a weight that the zones do not have.
    InputError
        If the zones already have a column that the assessment adds, or two objectives would share one; if `at` is no
        moment of the week; if `availability` names other units than the scenario has, or holds what is no share, or
        the mean of the week is asked for with it.

    Notes
    -----
    Without units an objective that one unit meets is one of the first due station, and objectives of a force, which
    need units, are left out: `Assessment.notes` says so.

    Distribution (a first unit) and concentration (an effective response force) in the sense of the CPSE's standards of
    cover, on the assumption that all units on duty are at home and free. Incidents count at their own points, people
    and dwellings at a point inside their zone, roads in pieces of at most 100 m. What cannot be reached counts as
    outside.

    Examples
    --------
    >>> import fireplan as fp
    >>> town = fp.examples.line_town()
    >>> day = town.apply(fp.AddUnit("E2", to="S1", schedule="08:00-20:00"), fp.RemoveUnit("E1"))
    >>> fp.assess(day, standard="NFPA_1710", at="mean").summary()["share"].round(3).tolist()[:1]
    [0.275]
    """
    standard = standard_of(standard)
    asked = at.strip().lower()
    if availability is not None:
        if asked in (MEAN, BY_HOUR):
            raise InputError(f"at is {at!r}, but busy shares are of one time: ask of a moment, or of none")
        busy = check_busy(scenario, standard, availability)
        return CoverWhenBusy(assess(scenario, standard=standard, at=at), busy)
    if asked in (MEAN, BY_HOUR, WORST):
        week = over_the_week(scenario, standard)
        return week.worst if asked == WORST else week
    return assessed(scenario.at(at) if asked else scenario, standard)
