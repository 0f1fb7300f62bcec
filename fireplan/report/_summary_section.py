"""The summary: the figures a council asks for, in plain language, each with its n."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from fireplan import wording
from fireplan.changes._drive_error import errors_said
from fireplan.errors import InputError
from fireplan.measures._assessment import headline_row, untold_said
from fireplan.measures._drives_said import SOURCE, expected_said, is_expected, planned_said, share_ends
from fireplan.measures._gaps import late_told
from fireplan.report._blocks import Prose, Section
from fireplan.report._inputs import is_force
from fireplan.siting._results.siting_words import amount_said, little_said, plan_said
from fireplan.stations._agencies import with_neighbours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fireplan.measures import Assessment
    from fireplan.report._inputs import Material
    from fireplan.standards import Objective

MOST_PLANS = 3
MOST_FORCES = 4
FAR_OFF = 0.1
"""Drives that take so much more or less of the modelled time are said in the summary."""


def summary_section(material: Material) -> Section:
    """Say the whole in a few sentences."""
    return Section("Summary", [Prose(text) for text in _sentences(material) if text])


def _sentences(material: Material) -> Iterator[str]:
    yield _given(material)
    baseline = material.baseline
    if baseline is not None:
        forces = [o for o in baseline.standard.planned if is_force(o)]
        # A force for each class of risk is told for each; of others the first is enough.
        forces = [o for o in forces if o is forces[0] or o.where][:MOST_FORCES]
        for goal in (material.first_unit, *forces):
            if goal is not None:
                yield _reached(baseline, goal, first=goal is material.first_unit)
        yield _timed(material)
    yield _performed(material)
    yield _drives(material)
    yield _gap(material)
    yield _plans(material)
    yield _relied(material)
    yield _sited(material)


def _given(material: Material) -> str:
    parts = []
    if material.scenario is not None:
        scenario = material.scenario
        n_open = wording.counted(int(scenario.stations["open"].sum()), "open station")
        parts.append(with_neighbours(n_open, scenario.stations))
        parts.append(wording.counted(len(scenario.units), "unit"))
        zones = wording.counted(len(scenario.zones), "zone")
        if "population" in scenario.zones:
            parts.append(f"{wording.count(scenario.zones['population'].sum())} people in {zones}")
        else:
            parts.append(zones)
    if material.attendance is not None:
        parts.append(f"{wording.counted(len(material.attendance.incidents), 'incident')} ({material.about().period})")
    invented = " The data are invented: they show what such a report says, not how any real city is served."
    left_out = f" {wording.capital(material.left_out)}." if material.left_out else ""
    return f"This report rests on {wording.joined(parts)}.{left_out}{invented if material.basis == 'invented' else ''}"


def _reached(baseline: Assessment, goal: Objective, *, first: bool) -> str:
    """Say one objective of the plan as it stands."""
    row: Any = headline_row(baseline, goal.key)
    asked = float(row["required_share"])
    ends = share_ends(row)
    verdict = _held(row["met"], asked, **ends)
    if is_expected(row):
        return _expected(row, goal, verdict, ends, first=first)
    if first:
        lead = f"With every unit at home and free, the travel model has the {wording.lower(goal.title)} reach"
    else:
        comma = "," if "," in goal.title else ""
        what = f"A force of {goal.title}" if goal.title[:1].isdigit() else f"The {wording.lower(goal.title)}"
        lead = f"{what}{comma} is modelled to reach"
    return (
        f"{lead} {wording.share_of(row['share'], row['n'], row['unit'], goal=asked)} within"
        f" {wording.clock(goal.limit_s)} ({wording.counted(row['outside'], 'is', 'are')} outside{verdict}"
        f"{f'; {left_out}' if (left_out := untold_said(row)) else ''})."
    )


def _expected(row: Any, goal: Objective, verdict: str, ends: dict[str, float], *, first: bool) -> str:  # noqa: ANN401
    """Say what is expected over drives, which differ; and what is reached at the median drive."""
    home = "With every unit at home and free, " if first else ""
    share = wording.share_of(row["share"], row["n"], row["unit"], goal=row["required_share"], **ends)
    told = f"{home}{share} are expected to be reached by the {_force_said(goal)} within {wording.clock(goal.limit_s)}"
    outside = f"{wording.counted(row['outside'], 'is', 'are')} expected outside{verdict}"
    left_out = f"; {text}" if (text := untold_said(row)) else ""
    return f"{told} ({outside}; {expected_said(row)}{left_out})."


def _force_said(goal: Objective) -> str:
    return f"force of {goal.title}" if goal.title[:1].isdigit() else wording.lower(goal.title)


def _timed(material: Material) -> str:
    """Say what modelled times are: learnt, with their error; or planned, and how such times compare."""
    scenario = material.scenario
    if scenario is None:
        return ""
    if planned := planned_said(scenario):
        return f"{wording.capital(planned)} ({SOURCE})."
    known = scenario.calibration
    if known is None:
        return ""
    error = material.told_of_drives(errors_said(scenario, *(plan.scenario for plan in material.plans)))
    return f"{wording.capital(error)}, learnt from {known.basis} runs. Brackets hold 95 % intervals."


def _held(met: Any, goal: float, **ends: float) -> str:  # noqa: ANN401 - a cell that may be missing
    """Say whether a goal is met; where none is set, nothing."""
    return "" if pd.isna(met) or pd.isna(goal) else f"; {wording.goal_verdict(met, goal=goal, **ends)}"


def _performed(material: Material) -> str:
    table, goal = material.achieved, material.first_unit
    if table is None and material.checked is not None and len(material.checked):
        return _published(material.checked)
    if table is None:
        return material.unless_withheld(
            "No dispatch history was given, so nothing is said of how the department responded."
        )
    total: Any = table.loc["total_response"]
    said = ""
    if total["n"] and math.isfinite(total["p90_s"]):
        said = (
            f"In the records, 90 % of incidents had a first unit {wording.percentile(total['p90_s'])} after the call or"
            f" sooner (95 % interval {wording.time_interval(total['p90_low_s'], total['p90_high_s'])};"
            f" n = {wording.count(total['n'])})"
        )
    row: Any = None if goal is None or goal.key not in table.index else table.loc[goal.key]
    if goal is None or row is None or pd.isna(row["share"]):
        return f"{said}." if said else "Too few records are known for a figure of response performance."
    verdict = _held(row["met"], row["goal"])
    within = (
        f"the {wording.lower(goal.title)} arrived within {wording.clock(goal.limit_s)} at"
        f" {wording.share_of(row['share'], row['n'], 'incidents', goal=row['goal'])}"
        f" (95 % interval {wording.share_interval(row['share_low'], row['share_high'])}{verdict})"
    )
    return f"{said}, and {within}." if said else f"In the records, {within}."


def _published(checked: pd.DataFrame) -> str:
    """Say what is published of the records."""
    row: Any = checked.iloc[0]
    parts = []
    if not pd.isna(row["share"]):
        of = f"{wording.share(row['share'])} of {wording.counted(row['n'], 'record')}"
        parts.append(f"{of} were within {wording.clock(row['limit_s'])}")
    if not pd.isna(row["p90_s"]):
        parts.append(f"90 % took {wording.percentile(row['p90_s'])} or less, to 30 seconds")
    told = "; ".join(parts) or f"{wording.counted(row['n'], 'record')} are known"
    return f"In the records of {checked.attrs['days']} ({row['title']}): {told}. Single calls are left out here."


def _drives(material: Material) -> str:
    """Say that the model is not the road, where it is not."""
    found = material.missed
    if found is None or not math.isfinite(found.drive_ratio) or abs(found.drive_ratio - 1) < FAR_OFF:
        return ""
    told = (
        f"took {wording.number(found.drive_ratio, decimals=2)} times as long as modelled (middle one of"
        f" {wording.count(found.drives)} drives)"
    )
    if found.drive_error:
        return f"Recorded drives to incidents of this objective {told}; the calibration is of all its runs together."
    kind = "flatter" if found.drive_ratio > 1 else "understate"
    return f"Recorded drives {told}: modelled shares {kind} the department until speeds are set right."


def _gap(material: Material) -> str:
    if material.scenario is None or material.first_unit is None:
        return ""
    found = material.holes[material.scenario.name]
    unit, likely = found.attrs["unit"], "elsewhere" in found.attrs
    outside = f"{wording.count(found.attrs['outside'])} of {wording.count(found.attrs['total'])} {unit}"
    if not len(found):
        if likely:
            return f"No gap was found: {outside} are expected outside, scattered or where help is likelier in time."
        return "No gap was found: what lies outside the objective is scattered."
    row: Any = found.iloc[0]
    holds = wording.counted(row[found.attrs["weight"]], wording.singular(unit), unit)
    rest = f"{len(found)} gaps were found; the largest" if len(found) > 1 else "One gap was found; it"
    if likely:
        holds += f" ({wording.count(late_told(found).rows[0])} of them expected late)"
        rest = (
            f"{outside} are expected outside, {wording.count(late_told(found).in_gaps)} of them in"
            f" {wording.counted(len(found), 'gap')}, where help is likelier late than in time;"
            f" {'the largest' if len(found) > 1 else 'it'}"
        )
    if pd.isna(row["nearest_name"]) or math.isinf(row["travel_s"]):
        return f"{rest} holds {holds}, and no station reaches most of it (modelled; reason: {row['reason']})."
    away = wording.clock(row["travel_s"], limit_s=material.first_unit.limit_s)
    return (
        f"{rest} holds {holds}, {away} from {row['nearest_name']} (median travel time,"
        f" modelled; reason: {row['reason']})."
    )


def _plans(material: Material) -> str:
    comparison, goal = material.comparison, material.first_unit
    if comparison is None or not material.plans or goal is None:
        return ""
    measure = headline_row(comparison.baseline, goal.key)
    gains = comparison.gains().xs((goal.key, measure["measure"]), level=("objective", "measure"))
    parts = []
    for plan in material.plans[:MOST_PLANS]:
        name = plan.scenario.name
        row: Any = gains.loc[name]
        parts.append(f"“{name}” brings {wording.count(row['gained'])} within it and loses {wording.count(row['lost'])}")
    over = ", expected over drives" if is_expected(measure) else ""
    more = len(material.plans) - MOST_PLANS
    end = f"; {more} more stand in the chapter on scenarios" if more > 0 else ""
    return (
        f"Of {wording.count(measure['n'])} {measure['unit']}, for the same objective ({wording.lower(goal.title)}"
        f" within {wording.clock(goal.limit_s)}, modelled{over}), {wording.joined(parts)}{end}."
    )


def _relied(material: Material) -> str:
    try:
        table = material.reliable
    except InputError:
        return ""  # the chapter on reliability says why
    if table is None or material.scenario is None:
        return ""
    known = table[table["share_first"].notna()]
    if len(known) < 2:
        return ""
    names = material.scenario.stations["name"]
    ends: list[Any] = [known["share_first"].idxmin(), known["share_first"].idxmax()]
    low, high = (
        f"{wording.share(known.loc[i, 'share_first'])} (n = {wording.count(known.loc[i, 'n_first'])},"
        f" {names.get(i, i)})"
        for i in ends
    )
    return f"A station was itself the first to arrive in its own area at {low} to {high} of incidents."


def _sited(material: Material) -> str:
    found = material.siting
    if found is None or found.objective != found.objective:
        return ""
    sites = wording.joined(plan_said(found)) or "no change"
    near = f"within {wording.share(found.gap)} of the best"
    sure = "proven best among the candidates" if found.status == "optimal" else near
    little = little_said(found)
    return (
        f"Of {wording.counted(len(found.sites), 'site')} tried, the best plan is: {sites}"
        f" ({amount_said(found.objective, found.unit)}; {little[:-1] + '; ' if little else ''}{sure})."
    )
