"""The force that a class of risk asks for, from its critical tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fireplan import wording
from fireplan._checked import takes
from fireplan.errors import Faults, quoted
from fireplan.standards._objectives import Objective

if TYPE_CHECKING:
    from collections.abc import Sequence


@takes
def force_for_risk(  # noqa: PLR0913 - a force has this many parts
    risk_class: str,
    *,
    within_s: float,
    tasks: Mapping[str, float] | Sequence[tuple[str, float]] = (),
    people: float | None = None,
    units: Mapping[str, float] | None = None,
    share: float = 0.9,
    interval: str = "travel_s",
    column: str = "risk_class",
    categories: Sequence[str] = (),
    title: str = "",
    source: str = "the agency",
) -> Objective:
    """
    Write the effective response force for a class of risk.

    Parameters
    ----------
    risk_class
        The class, as `column` of the zones writes it: the objective is held to that ground.
    within_s
        Within which time all of it must have arrived. [s]
    tasks
        Critical tasks and the people each takes, in pairs where one stands more than once; the force is their sum.
    people
        The force itself; left out: the sum of the tasks. If both are given they must agree.
    units
        Kinds of unit that must have arrived as well, and how many, such as `{"engine": 3, "truck": 1}`.
    share
        For which share of the ground's demand.
    interval
        "travel_s" or "turnout_and_travel_s".
    column
        Column of the zones that holds the classes.
    categories
        Categories of incident that count; (): all.
    title
        What it is called; left out: made of the class and the force.
    source
        Who says so: the risk assessment, a resolution.

    Returns
    -------
    An objective; put those of an agency into one `Standard`.

    Raises
    ------
    TableError
        If nothing is asked for, or tasks and people do not agree.

    Notes
    -----
    Critical tasks say what has to be done at once at an incident of a class and by how many; together they are the
    effective response force of the CPSE's standards of cover [1]_.

    References
    ----------
    .. [1] Center for Public Safety Excellence, standards of cover, 6th edition (described at cpse.org, 2015-04-16).

    Examples
    --------
    >>> import fireplan as fp
    >>> tasks = {"command": 1, "fire attack": 4, "search": 2, "ventilation": 4, "supply": 1, "rapid intervention": 4}
    >>> print(fp.standards.force_for_risk("moderate", within_s=480, tasks=tasks))
    moderate risk: 16 people within 8:00 travel time to 90 %, where risk_class is moderate
    """
    faults = Faults(f"risk {quoted(risk_class)}")
    pairs = list(tasks.items()) if isinstance(tasks, Mapping) else [(str(task), crew) for task, crew in tasks]
    for task, crew in pairs:
        if not 0 < crew < float("inf"):
            faults.add(f"task {quoted(task)} takes {crew} people: give a number above zero")
    summed = sum(crew for _, crew in pairs)
    if "people" in (units or {}):
        faults.add("units names people: give their number in people, or by tasks")
    if people is not None and pairs and people != summed:
        faults.add(f"people is {people:g}, but the tasks take {summed:g}: leave one of them out, or mend it")
    needs = {**({"people": float(people or summed)} if people or summed else {}), **(units or {})}
    if not needs:
        faults.add("it asks for nothing: give tasks, people or units")
    faults.raise_if_any()
    words = "".join(c if c.isalnum() else "_" for c in f"{risk_class}_{wording.clock(within_s)}".lower())
    return Objective(
        key=f"risk_{words}",
        title=title or f"{risk_class} risk: {wording.force(needs)}",
        limit_s=within_s,
        interval=interval,
        needs=needs,
        share=share,
        where={column: (risk_class,)},
        categories=tuple(categories),
        applies_to="; ".join([f"{risk_class} risk", *(f"{task} {crew:g}" for task, crew in pairs)]),
        source=source,
        edition="local",
        verified=True,
    )
