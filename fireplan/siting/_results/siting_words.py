"""What a siting answer says in words: figures by their unit, what is gained, how sure it is, what its sites are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

from fireplan import wording
from fireplan.changes._base import told
from fireplan.siting._results.plan_proof import is_text
from fireplan.siting._solvers.incumbent import STATUSES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fireplan.scenario import Change, Scenario

SECONDS, SHARE = "s", "share "
"""Units whose figures are times, and the beginning of those whose figures are shares."""

LITTLE_SHARE = 0.001
"""A plan that gains less than this part of all there is gains next to nothing."""

LITTLE_COUNT, LITTLE_OF = 10, 0.01
"""So does one that gains fewer than so many, unless that is more than this part of all there is (in a hamlet it is)."""

LITTLE_S = 1.0
"""And one that gains less than this. [s]"""

LEAST_POINTS = 0.0005
"""A change of a share below this would be told as none: half of the decimal that points have."""

MET_WITHIN = 1e-12
"""A share that misses its goal by less than this part of it has reached it, as in `fireplan.measures`."""


class Found(Protocol):
    """What there is to be said of a `Siting`."""

    @property
    def objective(self) -> float:
        """What the plan attains."""

    @property
    def before(self) -> float:
        """The same for the department as it stands."""

    @property
    def total(self) -> float:
        """What there is to reach."""

    @property
    def goal(self) -> float:
        """Share of it that is asked for."""

    @property
    def unit(self) -> str:
        """Unit of these."""

    @property
    def status(self) -> str:
        """How the search ended."""

    @property
    def plan(self) -> tuple[Change, ...]:
        """The changes."""

    @property
    def sites(self) -> Any:  # noqa: ANN401 - a table that is handed out by a descriptor
        """The candidates."""

    def after(self) -> Scenario:
        """Give the department with the plan carried out."""


def figure_said(value: float, unit: str) -> str:
    """
    Say a figure alone.

    Examples
    --------
    >>> figure_said(124.9, "s"), figure_said(0.8584, "share reached"), figure_said(113153, "people")
    ('2:05', '85.8 %', '113,153')
    """
    if unit == SECONDS:
        return wording.clock(value)
    return wording.share(value) if unit.startswith(SHARE) else wording.figure(value)


def amount_said(value: float, unit: str) -> str:
    """
    Say a figure with its unit.

    Examples
    --------
    >>> amount_said(124.9, "s"), amount_said(0.8584, "share reached in district A"), amount_said(1, "stations")
    ('2:05', '85.8 % reached in district A', '1 station')
    """
    if unit == SECONDS or math.isnan(value):
        return figure_said(value, unit)
    if unit.startswith(SHARE):
        return f"{wording.share(value)} {unit.removeprefix(SHARE)}"
    return wording.amount(value, unit)


def gain_said(value: float, unit: str) -> str:
    """
    Say what is gained: more of what is counted, or less time.

    Examples
    --------
    >>> gain_said(9660, "people"), gain_said(66.2, "s"), gain_said(0.021, "share reached")
    ('+9,660', '1:06 sooner', '+2.1 points')
    """
    if math.isnan(value):
        return wording.NOT_KNOWN
    if unit == SECONDS:
        if not value:
            return "no sooner"
        return f"{_seconds(abs(value))} {'sooner' if value > 0 else 'later'}"
    if unit.startswith(SHARE):
        return "less than 0.1 points" if 0 < value < LEAST_POINTS else f"{wording.points(value)} points"
    return wording.signed_figure(value)


def apart_said(value: float, unit: str) -> str:
    """
    Say how far two figures are apart.

    Examples
    --------
    >>> apart_said(0.3, "s"), apart_said(130, "people"), apart_said(0.021, "share reached")
    ('less than 0:01', '130 people', '2.1 points')
    """
    if unit == SECONDS:
        return _seconds(value)
    if unit.startswith(SHARE):
        return f"{wording.number(100 * value, decimals=1)} points"
    return wording.amount(value, unit)


def unit_said(unit: str) -> str:
    """
    Say a unit at the head of figures.

    Examples
    --------
    >>> unit_said("s"), unit_said("share reached in the worst-off district"), unit_said("people")
    ('min:s', 'share reached in the worst-off district', 'people')
    """
    return "min:s" if unit == SECONDS else unit


def _seconds(value: float) -> str:
    return "less than 0:01" if 0 < value < 0.5 else wording.clock(value)


def share_said(siting: Found, value: float) -> str:
    """Say the share that a figure is of all there is, held to the goal if the question has one."""
    share = value / siting.total if siting.total > 0 else math.nan
    if math.isnan(siting.goal):
        return wording.share(share)
    asked = wording.goal_verdict(share >= siting.goal * (1 - MET_WITHIN), goal=siting.goal)
    return f"{wording.share(share, goal=siting.goal)}; {asked}"


def attained_said(siting: Found) -> str:
    """Say what the plan attains, and of how much."""
    if math.isnan(siting.total):
        return amount_said(siting.objective, siting.unit)
    whole = wording.amount(siting.total, siting.unit)
    return f"{wording.figure(siting.objective)} of {whole} ({share_said(siting, siting.objective)})"


def before_said(siting: Found) -> str:
    """Say the same of the department as it stands; "": it has no such figure."""
    if math.isnan(siting.before):
        return ""
    held = not math.isnan(siting.goal)
    share = f" ({share_said(siting, siting.before)})" if held else ""
    return figure_said(siting.before, siting.unit) + share


def gain_of(siting: Found) -> float:
    """Work out what the plan gains over the department as it stands; NaN: that cannot be said."""
    change = siting.objective - siting.before
    return -change if siting.unit == SECONDS else change


def little_said(siting: Found) -> str:
    """Say that a plan gains next to nothing, where it does: what cannot be bettered may still not be worth it."""
    gain = gain_of(siting)
    if math.isnan(gain) or not siting.plan:
        return ""
    if siting.unit == SECONDS:
        little = gain < max(LITTLE_S, LITTLE_SHARE * siting.before)
    elif siting.unit.startswith(SHARE):
        little = gain < LITTLE_SHARE
    else:
        little = gain < LITTLE_SHARE * siting.total
        counts = siting.total >= LITTLE_COUNT  # importance times share has no ones to be counted
        little |= counts and gain < min(LITTLE_COUNT, LITTLE_OF * siting.total)
    if not little:
        return ""
    if not gain > 0:
        return "The plan gains nothing over the department as it stands."
    of = ""
    if siting.total == siting.total:
        of = f" of {wording.amount(siting.total, siting.unit)} ({wording.share(gain / siting.total)})"
    said = wording.figure(gain) if of else gain_said(gain, siting.unit)
    return f"The plan gains next to nothing: {said}{of}."


def proof_said(siting: Found) -> str:
    """Say how sure the answer is."""
    return f"{wording.named(siting.status)}: {STATUSES[siting.status]}"


def names_of(siting: Found) -> dict[str, str]:
    """Call each candidate by its own name, else by its place, with its id in brackets; one without either by its id."""
    sites = siting.sites
    found: dict[str, str] = {}
    for column in ("name", "place"):
        if column in sites.columns:
            named = ((str(site), name) for site, name in sites[column].items() if is_text(name))
            found = {site: wording.called(site, name) for site, name in named} | found
    return found


def sites_said(text: str, names: Mapping[str, str]) -> str:
    """Say a list of ids as a table has it ("G0001; G0002") by the names of the sites."""
    return "; ".join(names.get(site, site) for site in text.split("; "))


def plan_said(siting: Found) -> list[str]:
    """Say each change of the plan, stations by their names."""
    return told(siting.plan, siting.after().stations["name"]) if siting.plan else []
