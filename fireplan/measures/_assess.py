"""Hold a scenario to a standard: at one moment of the week, at its worst, or over all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, overload

from fireplan._checked import takes
from fireplan.measures._assessment import assessed
from fireplan.measures._over_week import over_the_week
from fireplan.standards._library import standard_of

if TYPE_CHECKING:
    from fireplan.measures._assessment import Assessment
    from fireplan.measures._over_week import WeekOfCover
    from fireplan.scenario import Scenario
    from fireplan.standards import Standard

WORST, MEAN, BY_HOUR = "worst", "mean", "by hour"


@overload
def assess(scenario: Scenario, *, standard: Standard | str, at: Literal["mean", "by hour"]) -> WeekOfCover: ...  # type: ignore[overload-overlap]  # other texts are moments
@overload
def assess(scenario: Scenario, *, standard: Standard | str, at: str = "") -> Assessment: ...
@takes
def assess(scenario: Scenario, *, standard: Standard | str, at: str = "") -> Assessment | WeekOfCover:
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

    Returns
    -------
    Shares of people, dwellings, incidents and road within every objective, each with its n: `Assessment`; with "mean"
    or "by hour" a `WeekOfCover`.

    Raises
    ------
    UnreachableStationError
        If an open station is off the road.
    UnknownIdError
        If an objective speaks of a weight that the zones do not have.
    InputError
        If the zones already have a column that the assessment adds, or two objectives would share one; if `at` is no
        moment of the week.

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
    if asked in (MEAN, BY_HOUR, WORST):
        week = over_the_week(scenario, standard)
        return week.worst if asked == WORST else week
    return assessed(scenario.at(at) if asked else scenario, standard)
