"""An agency's own objectives, by program and class of risk, in the manner of the CPSE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fireplan import wording
from fireplan._checked import takes
from fireplan.errors import Faults, listed, quoted
from fireplan.standards._objectives import Objective

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PROGRAMS = {
    "fire": ("fire",),
    "ems": ("ems",),
    "technical rescue": ("rescue",),
    "hazmat": ("hazmat",),
    "wildland": ("wildland",),
}
"""Programs, and the categories of incident that usually belong to each. Dispatch history that does not tell wildland
fires from others has none of that category."""

RISKS = ("low", "moderate", "high", "maximum")
"""Classes of risk."""


@takes
def cpse_objective(  # noqa: PLR0913 - an objective has this many parts
    program: str,
    *,
    risk: str,
    limit_s: float,
    needs: Mapping[str, float] | None = None,
    interval: str = "total_response_s",
    share: float = 0.9,
    title: str = "",
    key: str = "",
    categories: Sequence[str] | None = None,
    source: str = "the agency",
    edition: str = "local",
) -> Objective:
    """
    Write an agency's benchmark for one program and class of risk.

    Parameters
    ----------
    program
        A key of `PROGRAMS`.
    risk
        One of `RISKS`: the objective is held to the ground of that class, as the column `risk_class` of the zones says.
    limit_s
        The benchmark: within which time. There is no usual one; the agency sets it. [s]
    needs
        What must have arrived; left out: one engine. A force for `risk`, such as `{"people": 16}`, measures
        concentration; a first unit measures distribution.
    interval
        Which time; see `OBSERVED_INTERVALS`.
    share
        For which share.
    title
        What is to arrive; left out: said from `needs`.
    key
        Short name; left out: made of program, risk and needs.
    categories
        Categories of incident that count; left out: those of the program in `PROGRAMS`.
    source, edition
        The agency's standards of cover, or the resolution that adopts the benchmark.

    Returns
    -------
    An objective; put those of an agency into one `Standard`.

    Raises
    ------
    InputError
        If program or risk is none of those there are.

    Notes
    -----
    The limit is the benchmark, the agency's goal. The baseline is what is measured: it comes out of
    `fireplan.performance` and stands beside the benchmark in `fireplan.response_performance.baseline_sentences`, and
    is never part of an objective. Objectives by program and class of risk follow the CPSE's standards of cover [1]_,
    which leave the figures to the agency.

    References
    ----------
    .. [1] Center for Public Safety Excellence, standards of cover, 6th edition (described at cpse.org, 2015-04-16).

    Examples
    --------
    >>> import fireplan as fp
    >>> goal = fp.standards.cpse_objective("fire", risk="high", limit_s=600, needs={"people": 16})
    >>> print(goal)
    16 people within 10:00 total response time to arrival to 90 %, where risk_class is high
    >>> goal.key
    'fire_high_16_people'
    """
    faults = Faults("objective")
    if program not in PROGRAMS:
        faults.add(f"program {quoted(program)} is unknown: use {listed(PROGRAMS)}")
    if risk not in RISKS:
        faults.add(f"risk {quoted(risk)} is unknown: use {listed(RISKS)}")
    faults.raise_if_any()
    needs = needs or {"engine": 1}
    what = ", ".join(f"{number:g} {kind}{'s' * (number > 1 and kind != 'people')}" for kind, number in needs.items())
    words = f"{program} {risk} {what}".replace(",", "").replace(".", "_")
    return Objective(
        key=key or words.replace(" ", "_"),
        title=title or wording.force(needs),
        limit_s=limit_s,
        interval=interval,
        needs=needs,
        share=share,
        applies_to=f"{program}, {risk} risk",
        where={"risk_class": (risk,)},
        categories=PROGRAMS[program] if categories is None else tuple(categories),
        source=source,
        edition=edition,
        verified=True,
        program=program,
        risk=risk,
    )
